/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Segmentation of TCP and UDP (datasheet section 10.5.5): what differs between the headers of the
 * packet and those of its segments. Checksums come last, when everything that they cover is right.
 */

#include "e810_hw.h"
#include "model_pktparse.h"
#include "model_pktsum.h"
#include "model_txoffload.h"

#define IPV4_LENGTH		2
#define IPV4_ID			4
#define IPV6_LENGTH		4
#define UDP_LENGTH		4
#define TCP_SEQ			4
#define TCP_FLAGS		13
#define TCP_FLAG_FIN		0x01
#define TCP_FLAG_PSH		0x08
#define TCP_FLAG_CWR		0x80

static void
put_be16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint32_t
get_be32(const uint8_t *p)
{
	return (uint32_t)pkt_be16(p) << 16 | pkt_be16(p + 2);
}

const char *
model_tso_check(const struct model_tx_offload *want, uint32_t max_len)
{
	const uint16_t iipt = want->cmd & E810_TXD_CMD_IIPT_M;
	const uint16_t l4t = want->cmd & E810_TXD_CMD_L4T_M;

	if (want->mss < E810_TX_MIN_MSS || want->mss > E810_TX_MAX_MSS)
		return "segmentation with an MSS outside of 64 to 9674 bytes";
	if (want->tlen == 0)
		return "segmentation of a packet without payload (TLEN is 0)";
	if (iipt == 0 || want->ip_len < (iipt == E810_TXD_CMD_IIPT_IPV6 ? IPV6_HLEN : IPV4_MIN_HLEN))
		return "segmentation without an IP header (IIPT, IPLEN)";
	if (!(l4t == E810_TXD_CMD_L4T_TCP && want->l4_len >= TCP_MIN_HLEN) &&
	    !(l4t == E810_TXD_CMD_L4T_UDP && want->l4_len == UDP_HLEN))
		return "segmentation without a TCP or UDP header (L4T, L4LEN)";
	if (tx_offload_header(want) + tso_payload(want, 0) > max_len)
		return "segments longer than the maximum frame size";
	return model_tx_check_outer(want);
}

/** @param ip an IP header of segment n, of which `len` bytes are in the frame */
static void
segment_ip(uint8_t *ip, uint32_t len, bool v6, uint32_t id_step)
{
	if (v6) {
		put_be16(ip + IPV6_LENGTH, len - IPV6_HLEN);
		return;
	}
	put_be16(ip + IPV4_LENGTH, len);
	put_be16(ip + IPV4_ID, pkt_be16(ip + IPV4_ID) + id_step);
}

/** Complete a pseudo header sum by the length that it lacks. */
static void
seed_add(uint8_t *field, uint32_t len)
{
	put_be16(field, sum_fold((uint64_t)pkt_be16(field) + len));
}

static void
segment_tcp(uint8_t *tcp, uint32_t len, const struct model_tx_offload *want, uint32_t n)
{
	uint32_t seq = get_be32(tcp + TCP_SEQ) + n * want->mss;

	put_be16(tcp + TCP_SEQ, seq >> 16);
	put_be16(tcp + TCP_SEQ + 2, seq);
	if (n != 0)
		tcp[TCP_FLAGS] &= (uint8_t)~TCP_FLAG_CWR;
	if (n + 1 < tso_segments(want))
		tcp[TCP_FLAGS] &= (uint8_t)~(TCP_FLAG_FIN | TCP_FLAG_PSH);
	seed_add(tcp + TCP_CSUM, len);
}

static void
segment_udp(uint8_t *udp, uint32_t len)
{
	put_be16(udp + UDP_LENGTH, len);
	seed_add(udp + UDP_CSUM, len);
}

/** The outer headers of a tunnel. */
static void
segment_outer(uint8_t *frame, uint32_t len, const struct model_tx_offload *want, uint32_t n)
{
	const uint32_t eipt = want->tunnel & E810_TXD_CTX_QW0_EIPT_M;
	uint8_t *ip = frame + want->mac_len;
	uint8_t *udp = ip + want->outer_ip_len;

	if (eipt == E810_TXD_CTX_QW0_EIPT_NONE)
		return;
	segment_ip(ip, len - want->mac_len, eipt == E810_TXD_CTX_QW0_EIPT_IPV6,
		   (want->tunnel & E810_TXD_CTX_QW0_EIP_NOINC) != 0 ? 0 : n);
	if ((want->tunnel & E810_TXD_CTX_QW0_L4TUNT_M) != E810_TXD_CTX_QW0_L4TUNT_UDP)
		return;
	put_be16(udp + UDP_LENGTH, frame + len - udp);
	/* Without L4T_CS the checksum is the driver's: none, or one that suits every segment. */
	if ((want->tunnel & E810_TXD_CTX_QW0_L4T_CS) != 0)
		seed_add(udp + UDP_CSUM, frame + len - udp);
}

const char *
model_tso_segment(uint8_t *frame, uint32_t len, const struct model_tx_offload *want, uint32_t n)
{
	const uint32_t ip = tx_offload_ip(want), l4 = tx_offload_l4(want);

	segment_outer(frame, len, want, n);
	segment_ip(frame + ip, len - ip,
		   (want->cmd & E810_TXD_CMD_IIPT_M) == E810_TXD_CMD_IIPT_IPV6, n);
	if ((want->cmd & E810_TXD_CMD_L4T_M) == E810_TXD_CMD_L4T_TCP)
		segment_tcp(frame + l4, len - l4, want, n);
	else
		segment_udp(frame + l4, len - l4);
	return model_tx_insert_csum(frame, len, want);
}
