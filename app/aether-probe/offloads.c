/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Offloads, by frames whose right treatment is known: a frame goes out of one port and is looked at
 * as it comes in at the other.
 */

#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "probe.h"

#define VLAN_ID		0x2A5
#define FLOWS		256
#define SRC_PORT	1000

/** One frame, from a port to its peer. @return as it came, or NULL; queue: where */
static struct rte_mbuf *
exchange(struct probe *probe, struct probe_port *from, struct rte_mbuf *m, uint16_t *queue)
{
	struct probe_port *to = &probe->port[from->peer];
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * PROBE_COMES_MS;
	uint16_t src_port;

	if (!probe_send(from, m))
		return NULL;
	do {
		while ((m = probe_receive(to, queue)) != NULL) {
			if (probe_is_udp(m, &src_port))
				return m;
			probe_foreign(to, m);
			rte_pktmbuf_free(m);
		}
	} while (rte_rdtsc() < end);
	return NULL;
}

static json_t *
verdict(const char *why)
{
	return why == NULL ? json_pack("{s:s}", "result", "pass") :
	       json_pack("{s:s, s:s}", "result", "fail", "why", why);
}

static json_t *
not_run(const char *why)
{
	return json_pack("{s:s, s:s}", "result", "not run", "why", why);
}

static struct rte_udp_hdr *
udp_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, sizeof(struct rte_ether_hdr) +
				       sizeof(struct rte_ipv4_hdr));
}

/** The device fills in what we leave out. */
static json_t *
tx_checksum(struct probe *probe, struct probe_port *from)
{
	const uint64_t wanted = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	struct rte_mbuf *m;
	struct rte_ipv4_hdr *ip;
	uint16_t queue;
	bool right;

	if ((from->tx_offloads & wanted) != wanted)
		return not_run("the port does not offer it");
	m = probe_udp(probe, from, &probe->port[from->peer], SRC_PORT);
	if (m == NULL)
		return not_run("no buffers");
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM;
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, sizeof(struct rte_ether_hdr));
	ip->hdr_checksum = 0;
	udp_of(m)->dgram_cksum = rte_ipv4_phdr_cksum(ip, m->ol_flags);
	m = exchange(probe, from, m, &queue);
	if (m == NULL)
		return verdict("the frame did not arrive");
	right = probe_udp_is_right(m);
	rte_pktmbuf_free(m);
	return verdict(right ? NULL : "the frame arrived with wrong checksums");
}

/** A right frame is called right, a wrong one wrong. */
static json_t *
rx_checksum(struct probe *probe, struct probe_port *from)
{
	struct probe_port *to = &probe->port[from->peer];
	const char *why = NULL;
	unsigned int bad;

	if ((to->rx_offloads & RTE_ETH_RX_OFFLOAD_CHECKSUM) != RTE_ETH_RX_OFFLOAD_CHECKSUM &&
	    (to->rx_offloads & RTE_ETH_RX_OFFLOAD_UDP_CKSUM) == 0)
		return not_run("the port does not offer it");
	for (bad = 0; bad < 2 && why == NULL; bad++) {
		struct rte_mbuf *m = probe_udp(probe, from, to, SRC_PORT);
		uint64_t ip, l4;
		uint16_t queue;

		if (m == NULL)
			return not_run("no buffers");
		if (bad)
			udp_of(m)->dgram_cksum ^= RTE_BE16(0x0101);
		m = exchange(probe, from, m, &queue);
		if (m == NULL)
			return verdict(bad ? "a frame with a wrong checksum did not arrive" :
				       "the frame did not arrive");
		ip = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
		l4 = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
		rte_pktmbuf_free(m);
		if (ip != RTE_MBUF_F_RX_IP_CKSUM_GOOD)
			why = "a right IPv4 checksum is not called good";
		else if (!bad && l4 != RTE_MBUF_F_RX_L4_CKSUM_GOOD)
			why = "a right UDP checksum is not called good";
		else if (bad && l4 != RTE_MBUF_F_RX_L4_CKSUM_BAD)
			why = "a wrong UDP checksum is not called bad";
	}
	return verdict(why);
}

static json_t *
vlan(struct probe *probe, struct probe_port *from)
{
	struct probe_port *to = &probe->port[from->peer];
	struct rte_mbuf *m;
	const char *why = NULL;
	uint16_t queue;

	if ((from->tx_offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT) == 0 ||
	    (to->rx_offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) == 0)
		return not_run("the ports do not offer to insert and strip tags");
	m = probe_udp(probe, from, to, SRC_PORT);
	if (m == NULL)
		return not_run("no buffers");
	m->ol_flags |= RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = VLAN_ID;
	m = exchange(probe, from, m, &queue);
	if (m == NULL)
		return verdict("the frame did not arrive, or with its tag");
	if ((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0)
		why = "no tag was stripped";
	else if (m->vlan_tci != VLAN_ID)
		why = "the tag has another VLAN id than was sent";
	rte_pktmbuf_free(m);
	return verdict(why);
}

/** Many flows spread over the queues, and each stays on its own. */
static json_t *
rss(struct probe *probe, struct probe_port *from)
{
	struct probe_port *to = &probe->port[from->peer];
	unsigned int i, q, hits[PROBE_QUEUES] = {0}, used = 0;
	const char *why = NULL;
	json_t *result, *spread;

	if (to->n_rxq < 2)
		return not_run("the port has one queue");
	for (i = 0; i < FLOWS && why == NULL; i++) {
		uint16_t first = 0, second = 0;
		struct rte_mbuf *m;

		m = exchange(probe, from, probe_udp(probe, from, to, SRC_PORT + i), &first);
		if (m == NULL)
			return verdict("a frame did not arrive");
		if ((to->rx_offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH) != 0 &&
		    (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) == 0)
			why = "a frame came without its hash";
		rte_pktmbuf_free(m);
		m = exchange(probe, from, probe_udp(probe, from, to, SRC_PORT + i), &second);
		if (m == NULL || first != second)
			why = "a flow changed its queue";
		rte_pktmbuf_free(m);
		hits[first]++;
	}
	spread = json_array();
	for (q = 0; q < to->n_rxq; q++) {
		json_array_append_new(spread, json_integer(hits[q]));
		/* Of 256 flows and 4 queues 64 each; under 16 is no spreading. */
		used += hits[q] >= FLOWS / to->n_rxq / 4;
	}
	if (why == NULL && used < to->n_rxq)
		why = "flows do not spread over all queues";
	result = verdict(why);
	json_object_set_new(result, "flows_per_queue", spread);
	return result;
}

static void
add(json_t *list, const char *name, unsigned int from, json_t *result)
{
	json_object_set_new(result, "name", json_string(name));
	json_object_set_new(result, "from", json_integer(from));
	json_array_append_new(list, result);
}

json_t *
probe_offloads(struct probe *probe)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < probe->n_ports; i++) {
		struct probe_port *from = &probe->port[i];

		if (from->peer < 0)
			continue;
		add(list, "transmit checksums", i, tx_checksum(probe, from));
		add(list, "receive checksums", i, rx_checksum(probe, from));
		add(list, "VLAN tags", i, vlan(probe, from));
		add(list, "RSS", i, rss(probe, from));
	}
	return list;
}
