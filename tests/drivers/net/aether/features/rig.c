/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The port that a feature is tried on, and its packets. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "../port_util.h"
#include "features.h"

#define RIG_NAME	"net_aether0"
#define N_DESC		256
#define WAIT_MS		2000	/* for what must come; the machine may be busy */

enum feature_result
broken(const struct rig *rig, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "port %u: ", rig->port);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return FEATURE_BROKEN;
}

/* ------------------------------------------------------------------ the port ---------------- */

void
rig_stop(struct rig *rig)
{
	if (rig->started)
		rte_eth_dev_stop(rig->port);
	rig->started = false;
}

int
rig_start(struct rig *rig, uint16_t n_queues)
{
	uint16_t q;
	int ret;

	rig_stop(rig);
	if (rig->conf.rxmode.mtu == 0)
		rig->conf.rxmode.mtu = RTE_ETHER_MTU;
	ret = rte_eth_dev_configure(rig->port, n_queues, n_queues, &rig->conf);
	for (q = 0; ret == 0 && q < n_queues; q++) {
		ret = rte_eth_rx_queue_setup(rig->port, q, N_DESC, SOCKET_ID_ANY, NULL, test_pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(rig->port, q, N_DESC, SOCKET_ID_ANY, NULL);
	}
	if (ret == 0)
		ret = rte_eth_dev_start(rig->port);
	if (ret != 0)
		return ret;
	rig->started = true;
	rig->n_queues = n_queues;
	return test_wait_link(rig->port, true) ? 0 : -ETIMEDOUT;
}

static int
count_event(uint16_t port, enum rte_eth_event_type event, void *count, void *ret_param)
{
	RTE_SET_USED(port);
	RTE_SET_USED(event);
	RTE_SET_USED(ret_param);
	__atomic_fetch_add((unsigned int *)count, 1, __ATOMIC_RELAXED);
	return 0;
}

void
rig_count_events(struct rig *rig, enum rte_eth_event_type event)
{
	__atomic_store_n(&rig->events, 0, __ATOMIC_RELAXED);
	rig->event = event;
	rte_eth_dev_callback_register(rig->port, event, count_event, &rig->events);
}

bool
rig_wait_event(const struct rig *rig)
{
	unsigned int ms;

	for (ms = 0; ms < WAIT_MS; ms++) {
		if (__atomic_load_n(&rig->events, __ATOMIC_RELAXED) != 0)
			return true;
		rte_delay_us_sleep(1000);
	}
	return false;
}

int
rig_plug(struct rig *rig)
{
	int port = test_plug(RIG_NAME, "wire=loop");

	memset(rig, 0, sizeof(*rig));
	rig->event = RTE_ETH_EVENT_MAX;
	if (port < 0)
		return port;
	rig->port = port;
	rte_eth_macaddr_get(rig->port, &rig->mac);
	return rte_eth_dev_info_get(rig->port, &rig->info);
}

void
rig_unplug(struct rig *rig)
{
	if (rig->event != RTE_ETH_EVENT_MAX)
		rte_eth_dev_callback_unregister(rig->port, rig->event, count_event, &rig->events);
	rig_stop(rig);
	test_unplug(RIG_NAME);
}

/* ------------------------------------------------------------------ packets ----------------- */

uint32_t
packet_l2_len(const struct packet *packet)
{
	return RTE_ETHER_HDR_LEN + (packet->outer_tpid != 0 ? RTE_VLAN_HLEN : 0) +
		(packet->tagged ? RTE_VLAN_HLEN : 0);
}

static void *
put16(uint8_t *at, uint16_t value)
{
	rte_be16_t be = rte_cpu_to_be_16(value);

	memcpy(at, &be, sizeof(be));
	return at + sizeof(be);
}

static uint8_t *
put_l2(const struct rig *rig, const struct packet *packet, uint8_t *at)
{
	static const uint8_t src[RTE_ETHER_ADDR_LEN] = { 2, 0, 0, 0, 0, 1 };

	memcpy(at, packet->dst != NULL ? packet->dst : &rig->mac, RTE_ETHER_ADDR_LEN);
	memcpy(at + RTE_ETHER_ADDR_LEN, src, sizeof(src));
	at += 2 * RTE_ETHER_ADDR_LEN;
	if (packet->outer_tpid != 0)
		at = put16(put16(at, packet->outer_tpid), packet->outer_tci);
	if (packet->tagged)
		at = put16(put16(at, RTE_ETHER_TYPE_VLAN), packet->tci);
	return put16(at, packet->ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
}

static void
put_ip(const struct packet *packet, uint8_t *at, uint32_t l4_len)
{
	const uint8_t proto = packet->tcp ? IPPROTO_TCP : IPPROTO_UDP;

	if (packet->ipv6) {
		struct rte_ipv6_hdr ip = {
			.vtc_flow = rte_cpu_to_be_32(6u << 28),
			.payload_len = rte_cpu_to_be_16(l4_len),
			.proto = proto,
			.hop_limits = 64,
		};
		uint8_t *src = (uint8_t *)&ip + offsetof(struct rte_ipv6_hdr, src_addr);
		uint8_t *dst = (uint8_t *)&ip + offsetof(struct rte_ipv6_hdr, dst_addr);

		src[0] = dst[0] = 0xFD;
		src[12] = packet->flow >> 8;
		src[15] = packet->flow;
		dst[15] = 1;
		memcpy(at, &ip, sizeof(ip));
	} else {
		struct rte_ipv4_hdr ip = {
			.version_ihl = 0x45,
			.total_length = rte_cpu_to_be_16(sizeof(ip) + l4_len),
			.time_to_live = 64,
			.next_proto_id = proto,
			.src_addr = rte_cpu_to_be_32(RTE_IPV4(10, 0, packet->flow >> 8,
							      packet->flow & 0xFF)),
			.dst_addr = rte_cpu_to_be_32(RTE_IPV4(10, 1, 0, 1)),
		};

		ip.hdr_checksum = rte_ipv4_cksum(&ip);
		if (packet->bad_l3)
			ip.hdr_checksum ^= 0x5555;
		memcpy(at, &ip, sizeof(ip));
	}
}

static void
put_l4(const struct packet *packet, const uint8_t *ip, uint8_t *at, uint32_t len)
{
	const uint16_t port = 1024 + packet->flow % 50000;
	rte_be16_t sum;
	size_t sum_at;

	memset(at, 0, packet->tcp ? sizeof(struct rte_tcp_hdr) : sizeof(struct rte_udp_hdr));
	put16(put16(at, port), 9);
	if (packet->tcp) {
		at[12] = sizeof(struct rte_tcp_hdr) / 4 << 4;
		at[13] = RTE_TCP_ACK_FLAG;
		sum_at = offsetof(struct rte_tcp_hdr, cksum);
	} else {
		put16(at + offsetof(struct rte_udp_hdr, dgram_len), len);
		sum_at = offsetof(struct rte_udp_hdr, dgram_cksum);
	}
	sum = packet->ipv6 ? rte_ipv6_udptcp_cksum((const void *)ip, at) :
		rte_ipv4_udptcp_cksum((const void *)ip, at);
	if (packet->bad_l4)
		sum ^= 0x5555;
	memcpy(at + sum_at, &sum, sizeof(sum));
}

/* Bytes in a chain of mbufs. */
static struct rte_mbuf *
to_mbufs(const uint8_t *data, uint32_t len)
{
	struct rte_mbuf *first = NULL, *m;
	uint32_t done, part;

	for (done = 0; done < len; done += part) {
		m = rte_pktmbuf_alloc(test_pool);
		if (m == NULL) {
			rte_pktmbuf_free(first);
			return NULL;
		}
		part = RTE_MIN(len - done, (uint32_t)rte_pktmbuf_tailroom(m));
		memcpy(rte_pktmbuf_append(m, part), data + done, part);
		if (first == NULL)
			first = m;
		else
			rte_pktmbuf_chain(first, m);
	}
	return first;
}

struct rte_mbuf *
rig_packet(const struct rig *rig, const struct packet *packet)
{
	const uint32_t l4_hdr = packet->tcp ? sizeof(struct rte_tcp_hdr) :
		sizeof(struct rte_udp_hdr);
	const uint32_t l3_len = packet->ipv6 ? sizeof(struct rte_ipv6_hdr) :
		sizeof(struct rte_ipv4_hdr);
	const uint32_t l4_len = l4_hdr + (packet->payload != 0 ? packet->payload : 18);
	/* Aligned, for rte_ip.h reads words. */
	static uint8_t frame[2 + RTE_ETHER_MAX_JUMBO_FRAME_LEN] __rte_aligned(8);
	uint8_t *ip = put_l2(rig, packet, frame + 2);
	struct rte_mbuf *m;
	uint32_t i;

	for (i = l4_hdr; i < l4_len; i++)
		ip[l3_len + i] = i * 7 + packet->flow;
	put_ip(packet, ip, l4_len);
	put_l4(packet, ip, ip + l3_len, l4_len);
	m = to_mbufs(frame + 2, ip - (frame + 2) + l3_len + l4_len);
	if (m != NULL) {
		m->l2_len = packet_l2_len(packet);
		m->l3_len = l3_len;
		m->l4_len = l4_hdr;
	}
	return m;
}

struct rte_mbuf *
rig_receive(struct rig *rig, unsigned int ms)
{
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * ms;
	struct rte_mbuf *m;
	uint16_t q;

	do {
		for (q = 0; q < rig->n_queues; q++) {
			if (rte_eth_rx_burst(rig->port, q, &m, 1) == 1) {
				rig->queue = q;
				return m;
			}
		}
		rte_delay_us_sleep(20);
	} while (rte_rdtsc() < end);
	return NULL;
}

bool
rig_send(const struct rig *rig, struct rte_mbuf *m)
{
	if (m == NULL)
		return false;
	if (rte_eth_tx_burst(rig->port, 0, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

struct rte_mbuf *
rig_echo(struct rig *rig, struct rte_mbuf *m)
{
	return rig_send(rig, m) ? rig_receive(rig, WAIT_MS) : NULL;
}

bool
rig_passes(struct rig *rig, const struct packet *packet)
{
	const struct packet last = { .flow = 77, .payload = 77 };
	struct rte_mbuf *m;
	bool passed = false;
	uint32_t len;

	if (!rig_send(rig, rig_packet(rig, packet)))
		return false;
	m = rig_echo(rig, rig_packet(rig, &last));
	while (m != NULL) {
		len = m->pkt_len;
		rte_pktmbuf_free(m);
		if (len == RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr) +
		    sizeof(struct rte_udp_hdr) + last.payload)
			return passed;
		passed = true;
		m = rig_receive(rig, WAIT_MS);
	}
	/* The one that must come did not: nothing is known. */
	broken(rig, "a frame to the port's own address does not come back");
	return false;
}
