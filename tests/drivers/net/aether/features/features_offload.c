/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What the device does to packets, and finds out about them. */

#include <string.h>

#include <rte_ip.h>
#include <rte_net_crc.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "features.h"

static bool
has_rx(const struct rig *rig, uint64_t offload)
{
	return (rig->info.rx_offload_capa & offload) == offload;
}

static bool
has_tx(const struct rig *rig, uint64_t offload)
{
	return (rig->info.tx_offload_capa & offload) == offload;
}

/* Not advertised is "no"; what is advertised has to be tried. */
static enum feature_result
not_tried(struct rig *rig, uint64_t rx, uint64_t tx)
{
	if ((rig->info.rx_offload_capa & rx) == 0 && (rig->info.tx_offload_capa & tx) == 0)
		return FEATURE_NO;
	return broken(rig, "the offload is advertised, and this test does not try it");
}

static enum feature_result
start_with(struct rig *rig, uint64_t rx, uint64_t tx)
{
	int ret;

	rig->conf.rxmode.offloads = rx;
	rig->conf.txmode.offloads = tx;
	ret = rig_start(rig, 1);
	return ret == 0 ? FEATURE_YES : broken(rig, "does not start with offloads %#" PRIx64
					       ", %#" PRIx64 ": %d", rx, tx, ret);
}

static enum feature_result
buffer_split(struct rig *rig)
{
	return not_tried(rig, RTE_ETH_RX_OFFLOAD_BUFFER_SPLIT, 0);
}

static enum feature_result
scattered_rx(struct rig *rig)
{
	static const struct packet jumbo = { .payload = 5000 };
	struct rte_mbuf *m;
	unsigned int segments;

	if (!has_rx(rig, RTE_ETH_RX_OFFLOAD_SCATTER))
		return FEATURE_NO;
	rig->conf.rxmode.mtu = 6000;
	if (start_with(rig, RTE_ETH_RX_OFFLOAD_SCATTER,
		       rig->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != FEATURE_YES)
		return FEATURE_BROKEN;
	m = rig_echo(rig, rig_packet(rig, &jumbo));
	if (m == NULL)
		return broken(rig, "a frame of 5042 bytes does not come back");
	segments = m->nb_segs;
	rte_pktmbuf_free(m);
	return segments > 1 ? FEATURE_YES : broken(rig, "5042 bytes in %u mbuf", segments);
}

static enum feature_result
lro(struct rig *rig)
{
	return not_tried(rig, RTE_ETH_RX_OFFLOAD_TCP_LRO, 0);
}

/* 4,000 bytes leave as four segments, each whole by its checksums. */
static enum feature_result
tso(struct rig *rig)
{
	const uint64_t sums = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
	static const struct packet packet = { .tcp = true, .payload = 4000 };
	struct rte_tcp_hdr *tcp;
	struct rte_mbuf *m;
	unsigned int n = 0, good = 0;

	if (!has_tx(rig, RTE_ETH_TX_OFFLOAD_TCP_TSO))
		return FEATURE_NO;
	if (start_with(rig, sums, RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS |
		       RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM) !=
	    FEATURE_YES)
		return FEATURE_BROKEN;
	m = rig_packet(rig, &packet);
	m->ol_flags = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	m->tso_segsz = 1000;
	tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, m->l2_len + m->l3_len);
	tcp->cksum = rte_ipv4_phdr_cksum(rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *,
								 m->l2_len), m->ol_flags);
	for (m = rig_echo(rig, m); m != NULL; m = n < 4 ? rig_receive(rig, 2000) : NULL) {
		n++;
		good += (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD) != 0 &&
			(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_GOOD) != 0 &&
			m->pkt_len == 14 + 20 + 20 + 1000;
		rte_pktmbuf_free(m);
	}
	return n == 4 && good == 4 ? FEATURE_YES :
		broken(rig, "4000 bytes in segments of 1000: %u, %u of them right", n, good);
}

/* DPDK's way with it: the FCS lies behind the packet's bytes, its length does not count. */
static enum feature_result
crc(struct rig *rig)
{
	static const struct packet packet;
	struct rte_mbuf *m;
	uint32_t fcs, wanted;

	if (!has_rx(rig, RTE_ETH_RX_OFFLOAD_KEEP_CRC))
		return FEATURE_NO;
	if (start_with(rig, RTE_ETH_RX_OFFLOAD_KEEP_CRC, 0) != FEATURE_YES)
		return FEATURE_BROKEN;
	m = rig_echo(rig, rig_packet(rig, &packet));
	if (m == NULL)
		return broken(rig, "no packet comes back");
	memcpy(&fcs, rte_pktmbuf_mtod(m, uint8_t *) + m->data_len, sizeof(fcs));
	wanted = rte_net_crc_calc(rte_pktmbuf_mtod(m, void *), m->data_len, RTE_NET_CRC32_ETH);
	rte_pktmbuf_free(m);
	return rte_le_to_cpu_32(fcs) == wanted ? FEATURE_YES :
		broken(rig, "the FCS is %#x, not %#x", fcs, wanted);
}

/* ------------------------------------------------------------------ VLAN tags --------------- */

static enum feature_result
vlan_strip(struct rig *rig)
{
	static const struct packet tagged = { .tagged = true, .tci = 0x6123 };
	struct rte_mbuf *m;
	bool right;

	if (!has_rx(rig, RTE_ETH_RX_OFFLOAD_VLAN_STRIP))
		return FEATURE_NO;
	if (start_with(rig, RTE_ETH_RX_OFFLOAD_VLAN_STRIP, 0) != FEATURE_YES)
		return FEATURE_BROKEN;
	/* A VLAN that no filter keeps out, whether there is one or not. */
	rte_eth_dev_vlan_filter(rig->port, 0x123, 1);
	m = rig_echo(rig, rig_packet(rig, &tagged));
	if (m == NULL)
		return broken(rig, "a tagged frame does not come back");
	right = (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && m->vlan_tci == 0x6123 &&
		rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type ==
		rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	rte_pktmbuf_free(m);
	return right ? FEATURE_YES : broken(rig, "a tag is not stripped into the mbuf");
}

static enum feature_result
vlan_insert(struct rig *rig)
{
	static const struct packet plain;
	struct rte_vlan_hdr *vlan;
	struct rte_mbuf *m;
	bool right;

	if (!has_tx(rig, RTE_ETH_TX_OFFLOAD_VLAN_INSERT))
		return FEATURE_NO;
	if (start_with(rig, 0, RTE_ETH_TX_OFFLOAD_VLAN_INSERT) != FEATURE_YES)
		return FEATURE_BROKEN;
	rte_eth_dev_vlan_filter(rig->port, 0x123, 1);
	m = rig_packet(rig, &plain);
	m->ol_flags |= RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = 0x6123;
	m = rig_echo(rig, m);
	if (m == NULL)
		return broken(rig, "a frame to be tagged does not come back");
	vlan = rte_pktmbuf_mtod_offset(m, struct rte_vlan_hdr *, RTE_ETHER_HDR_LEN);
	right = rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type ==
		rte_cpu_to_be_16(RTE_ETHER_TYPE_VLAN) &&
		vlan->vlan_tci == rte_cpu_to_be_16(0x6123);
	rte_pktmbuf_free(m);
	return right ? FEATURE_YES : broken(rig, "no tag is inserted");
}

/* Both halves of a feature. */
static enum feature_result
both(struct rig *rig, enum feature_result one, enum feature_result two, const char *one_name,
     const char *two_name)
{
	if (one == FEATURE_BROKEN || two == FEATURE_BROKEN)
		return FEATURE_BROKEN;
	if (one == two)
		return one;
	snprintf(rig->note, sizeof(rig->note), "%s only", one == FEATURE_YES ? one_name : two_name);
	return FEATURE_PARTIAL;
}

static enum feature_result
vlan(struct rig *rig)
{
	enum feature_result strip = vlan_strip(rig);

	return both(rig, strip, vlan_insert(rig), "stripping", "inserting");
}

static enum feature_result
qinq_strip(struct rig *rig)
{
	static const struct packet tagged = {
		.outer_tpid = RTE_ETHER_TYPE_QINQ, .outer_tci = 0x123, .tagged = true,
		.tci = 0x456,
	};
	struct rte_mbuf *m;
	bool right;

	if (!has_rx(rig, RTE_ETH_RX_OFFLOAD_QINQ_STRIP))
		return FEATURE_NO;
	if (start_with(rig, RTE_ETH_RX_OFFLOAD_QINQ_STRIP | RTE_ETH_RX_OFFLOAD_VLAN_STRIP |
		       (rig->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_EXTEND), 0) !=
	    FEATURE_YES)
		return FEATURE_BROKEN;
	m = rig_echo(rig, rig_packet(rig, &tagged));
	if (m == NULL)
		return broken(rig, "a frame with two tags does not come back");
	right = (m->ol_flags & RTE_MBUF_F_RX_QINQ_STRIPPED) != 0 && m->vlan_tci_outer == 0x123 &&
		m->vlan_tci == 0x456;
	rte_pktmbuf_free(m);
	return right ? FEATURE_YES : broken(rig, "two tags are not stripped into the mbuf");
}

static enum feature_result
qinq_insert(struct rig *rig)
{
	static const struct packet plain;
	const rte_be16_t *words;
	struct rte_mbuf *m;
	bool right;

	if (!has_tx(rig, RTE_ETH_TX_OFFLOAD_QINQ_INSERT))
		return FEATURE_NO;
	if (start_with(rig, rig->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_EXTEND,
		       RTE_ETH_TX_OFFLOAD_QINQ_INSERT | RTE_ETH_TX_OFFLOAD_VLAN_INSERT) !=
	    FEATURE_YES)
		return FEATURE_BROKEN;
	m = rig_packet(rig, &plain);
	m->ol_flags |= RTE_MBUF_F_TX_QINQ | RTE_MBUF_F_TX_VLAN;
	m->vlan_tci_outer = 0x123;
	m->vlan_tci = 0x456;
	m = rig_echo(rig, m);
	if (m == NULL)
		return broken(rig, "a frame to get two tags does not come back");
	words = rte_pktmbuf_mtod_offset(m, const rte_be16_t *, 2 * RTE_ETHER_ADDR_LEN);
	right = words[1] == rte_cpu_to_be_16(0x123) && words[3] == rte_cpu_to_be_16(0x456);
	rte_pktmbuf_free(m);
	return right ? FEATURE_YES : broken(rig, "two tags are not inserted");
}

static enum feature_result
qinq(struct rig *rig)
{
	enum feature_result strip = qinq_strip(rig);

	return both(rig, strip, qinq_insert(rig), "stripping", "inserting");
}

/* ------------------------------------------------------------------ checksums --------------- */

#define RX_SUMS	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | \
		 RTE_ETH_RX_OFFLOAD_TCP_CKSUM)
#define TX_SUMS	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
		 RTE_ETH_TX_OFFLOAD_TCP_CKSUM)

/* What the port says of a packet (RTE_MBUF_F_RX_*), sent as it is or summed by the port. */
static bool
sums_are(struct rig *rig, const struct packet *packet, uint64_t tx_flags, uint64_t mask,
	 uint64_t wanted)
{
	struct rte_mbuf *m = rig_packet(rig, packet);
	uint64_t flags;

	m->ol_flags |= tx_flags;
	if (tx_flags != 0) {
		uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, m->l2_len);
		uint16_t sum = packet->ipv6 ? rte_ipv6_phdr_cksum((void *)ip, tx_flags) :
			rte_ipv4_phdr_cksum((void *)ip, tx_flags);

		if ((tx_flags & RTE_MBUF_F_TX_L4_MASK) != 0)
			memcpy(ip + m->l3_len + (packet->tcp ? 16 : 6), &sum, sizeof(sum));
		if ((tx_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0)
			memset(ip + 10, 0, 2);
	}
	m = rig_echo(rig, m);
	if (m == NULL) {
		broken(rig, "a packet does not come back");
		return false;
	}
	flags = m->ol_flags & mask;
	rte_pktmbuf_free(m);
	if (flags != wanted)
		broken(rig, "checksums: %#" PRIx64 ", not %#" PRIx64, flags, wanted);
	return flags == wanted;
}

static enum feature_result
l3_checksum(struct rig *rig)
{
	static const struct packet good, bad = { .bad_l3 = true };
	const uint64_t mask = RTE_MBUF_F_RX_IP_CKSUM_MASK;

	if (!has_rx(rig, RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) &&
	    !has_tx(rig, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM))
		return FEATURE_NO;
	if (start_with(rig, RX_SUMS, TX_SUMS) != FEATURE_YES)
		return FEATURE_BROKEN;
	return sums_are(rig, &good, 0, mask, RTE_MBUF_F_RX_IP_CKSUM_GOOD) &&
		sums_are(rig, &bad, 0, mask, RTE_MBUF_F_RX_IP_CKSUM_BAD) &&
		sums_are(rig, &bad, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM, mask,
			 RTE_MBUF_F_RX_IP_CKSUM_GOOD) ? FEATURE_YES : FEATURE_BROKEN;
}

static enum feature_result
l4_checksum(struct rig *rig)
{
	const uint64_t mask = RTE_MBUF_F_RX_L4_CKSUM_MASK;
	unsigned int i;

	if (!has_rx(rig, RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM) &&
	    !has_tx(rig, RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM))
		return FEATURE_NO;
	if (start_with(rig, RX_SUMS, TX_SUMS) != FEATURE_YES)
		return FEATURE_BROKEN;
	for (i = 0; i < 4; i++) {
		const struct packet good = { .ipv6 = i / 2, .tcp = i % 2 };
		struct packet bad = good;
		uint64_t tx = (good.tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM) |
			(good.ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);

		bad.bad_l4 = true;
		if (!sums_are(rig, &good, 0, mask, RTE_MBUF_F_RX_L4_CKSUM_GOOD) ||
		    !sums_are(rig, &bad, 0, mask, RTE_MBUF_F_RX_L4_CKSUM_BAD) ||
		    !sums_are(rig, &bad, tx, mask, RTE_MBUF_F_RX_L4_CKSUM_GOOD))
			return FEATURE_BROKEN;
	}
	return FEATURE_YES;
}

static enum feature_result
inner_l3(struct rig *rig)
{
	return not_tried(rig, RTE_ETH_RX_OFFLOAD_OUTER_IPV4_CKSUM,
			 RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM);
}

static enum feature_result
inner_l4(struct rig *rig)
{
	return not_tried(rig, RTE_ETH_RX_OFFLOAD_OUTER_UDP_CKSUM,
			 RTE_ETH_TX_OFFLOAD_OUTER_UDP_CKSUM);
}

/* ------------------------------------------------------------------ the rest ---------------- */

static enum feature_result
timestamp(struct rig *rig)
{
	return not_tried(rig, RTE_ETH_RX_OFFLOAD_TIMESTAMP, 0);
}

static enum feature_result
macsec(struct rig *rig)
{
	return not_tried(rig, RTE_ETH_RX_OFFLOAD_MACSEC_STRIP, RTE_ETH_TX_OFFLOAD_MACSEC_INSERT);
}

static enum feature_result
security(struct rig *rig)
{
	if (rte_eth_dev_get_sec_ctx(rig->port) != NULL)
		return broken(rig, "there is a security context, and this test does not try it");
	return not_tried(rig, RTE_ETH_RX_OFFLOAD_SECURITY, RTE_ETH_TX_OFFLOAD_SECURITY);
}

static enum feature_result
ip_reassembly(struct rig *rig)
{
	struct rte_eth_ip_reassembly_params capa;
	int ret = rig_start(rig, 1);

	if (ret == 0)
		ret = rte_eth_ip_reassembly_capability_get(rig->port, &capa);
	return ret == -ENOTSUP ? FEATURE_NO :
		broken(rig, "IP reassembly answers %d, and this test does not try it", ret);
}

static enum feature_result
packet_types(struct rig *rig)
{
	uint32_t known[64];
	unsigned int i;
	int ret;

	ret = rte_eth_dev_get_supported_ptypes(rig->port, RTE_PTYPE_ALL_MASK, known,
					       RTE_DIM(known));
	if (ret <= 0)
		return FEATURE_NO;
	ret = rig_start(rig, 1);
	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	for (i = 0; i < 4; i++) {
		const struct packet packet = { .ipv6 = i / 2, .tcp = i % 2 };
		struct rte_mbuf *m = rig_echo(rig, rig_packet(rig, &packet));
		uint32_t type;

		if (m == NULL)
			return broken(rig, "a packet does not come back");
		type = m->packet_type;
		rte_pktmbuf_free(m);
		if (!(packet.ipv6 ? RTE_ETH_IS_IPV6_HDR(type) : RTE_ETH_IS_IPV4_HDR(type)) ||
		    (type & RTE_PTYPE_L4_MASK) !=
		    (packet.tcp ? RTE_PTYPE_L4_TCP : RTE_PTYPE_L4_UDP))
			return broken(rig, "a packet's type is %#x", type);
	}
	return FEATURE_YES;
}

const struct feature features_offload[] = {
	{ "Buffer split on Rx", "the offload flag", buffer_split },
	{ "Scattered Rx", "a frame of 5042 bytes in several mbufs", scattered_rx },
	{ "LRO", "the offload flag", lro },
	{ "TSO", "4000 bytes in four segments, their checksums right", tso },
	{ "CRC offload", "a frame with its FCS, which is right", crc },
	{ "VLAN offload", "a tag stripped into the mbuf, one inserted", vlan },
	{ "QinQ offload", "two tags stripped into the mbuf, two inserted", qinq },
	{ "L3 checksum offload", "IPv4: good, bad, computed", l3_checksum },
	{ "L4 checksum offload", "UDP and TCP over IPv4 and IPv6: good, bad, computed",
	  l4_checksum },
	{ "Inner L3 checksum", "the offload flags", inner_l3 },
	{ "Inner L4 checksum", "the offload flags", inner_l4 },
	{ "Timestamp offload", "the offload flag", timestamp },
	{ "MACsec offload", "the offload flags", macsec },
	{ "Inline crypto", "a security context", security },
	{ "Inline protocol", "a security context", security },
	{ "IP reassembly", "the call for its capability", ip_reassembly },
	{ "Packet type parsing", "UDP and TCP over IPv4 and IPv6", packet_types },
	{ NULL, NULL, NULL },
};
