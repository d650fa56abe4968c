/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "probe.h"

#define UDP_DST_PORT	0xAE7E
#define UDP_BYTES	114		/* of the whole frame */
#define IP_SRC		UINT32_C(0xC6120001)	/* 198.18.0.1; RFC 2544: for benchmarks */
#define IP_DST		UINT32_C(0xC6120002)

/** Nobody has this address: locally administered, unicast. */
static const struct rte_ether_addr nobody = { .addr_bytes = { 0x02, 0xAE, 0x7E, 0, 0, 0xFF } };

/** What stands behind the Ethernet header. */
struct payload {
	char magic[8];
	rte_be32_t number;
	uint8_t from;
	uint8_t fill[];
} __rte_packed;

static const char magic[8] = "aether?";

struct rte_mbuf *
probe_frame(const struct probe *probe, const struct probe_port *from, uint32_t number)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(probe->pool);
	struct rte_ether_hdr *eth;
	struct payload *payload;
	unsigned int i;

	if (m == NULL)
		return NULL;
	eth = (void *)rte_pktmbuf_append(m, probe->size);
	rte_ether_addr_copy(&nobody, &eth->dst_addr);
	rte_ether_addr_copy(&from->mac, &eth->src_addr);
	eth->ether_type = rte_cpu_to_be_16(PROBE_ETHERTYPE);
	payload = (void *)(eth + 1);
	memcpy(payload->magic, magic, sizeof(magic));
	payload->number = rte_cpu_to_be_32(number);
	payload->from = from - probe->port;
	for (i = 0; i < probe->size - sizeof(*eth) - sizeof(*payload); i++)
		payload->fill[i] = number + i;
	return m;
}

bool
probe_is_frame(const struct probe *probe, const struct rte_mbuf *m, unsigned int *from,
	       uint32_t *number)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct payload *payload = (const void *)(eth + 1);
	unsigned int i;

	if (m->nb_segs != 1 || m->data_len != probe->size ||
	    eth->ether_type != rte_cpu_to_be_16(PROBE_ETHERTYPE) ||
	    memcmp(payload->magic, magic, sizeof(magic)) != 0 || payload->from >= probe->n_ports)
		return false;
	*from = payload->from;
	*number = rte_be_to_cpu_32(payload->number);
	for (i = 0; i < probe->size - sizeof(*eth) - sizeof(*payload); i++)
		if (payload->fill[i] != (uint8_t)(*number + i))
			return false;
	return true;
}

struct rte_mbuf *
probe_udp(const struct probe *probe, const struct probe_port *from, const struct probe_port *to,
	  uint16_t src_port)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(probe->pool);
	struct rte_ether_hdr *eth;
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;

	if (m == NULL)
		return NULL;
	eth = (void *)rte_pktmbuf_append(m, UDP_BYTES);
	memset(eth, 0, UDP_BYTES);
	/* A card may take a frame to its own address for an attack. */
	rte_ether_addr_copy(from == to ? &nobody : &to->mac, &eth->dst_addr);
	rte_ether_addr_copy(&from->mac, &eth->src_addr);
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip = (void *)(eth + 1);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(UDP_BYTES - sizeof(*eth));
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(IP_SRC);
	ip->dst_addr = rte_cpu_to_be_32(IP_DST);
	udp = (void *)(ip + 1);
	udp->src_port = rte_cpu_to_be_16(src_port);
	udp->dst_port = RTE_BE16(UDP_DST_PORT);
	udp->dgram_len = rte_cpu_to_be_16(UDP_BYTES - sizeof(*eth) - sizeof(*ip));
	memset(udp + 1, 0x5A, 32);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
	m->l2_len = sizeof(*eth);
	m->l3_len = sizeof(*ip);
	m->l4_len = sizeof(*udp);
	return m;
}

bool
probe_is_udp(const struct rte_mbuf *m, uint16_t *src_port)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const void *)(eth + 1);
	const struct rte_udp_hdr *udp = (const void *)(ip + 1);

	if (m->nb_segs != 1 || m->data_len != UDP_BYTES ||
	    eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    ip->src_addr != rte_cpu_to_be_32(IP_SRC) || udp->dst_port != RTE_BE16(UDP_DST_PORT))
		return false;
	*src_port = rte_be_to_cpu_16(udp->src_port);
	return true;
}

bool
probe_udp_is_right(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *,
					sizeof(struct rte_ether_hdr));
	struct rte_ipv4_hdr header = *ip;

	header.hdr_checksum = 0;
	return rte_ipv4_cksum(&header) == ip->hdr_checksum &&
	       rte_ipv4_udptcp_cksum_verify(ip, ip + 1) == 0;
}
