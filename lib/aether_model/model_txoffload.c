/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <rte_byteorder.h>
#include <rte_common.h>

#include "e810_hw.h"
#include "model_pktparse.h"
#include "model_pktsum.h"
#include "model_txoffload.h"

/* ------------------------------------------------------------------ descriptors ------------- */

void
model_tx_offload_data(struct model_tx_offload *want, uint64_t qword1)
{
	want->mac_len = ((qword1 >> E810_TXD_QW1_MACLEN_S) & 0x7F) * 2;
	want->ip_len = ((qword1 >> E810_TXD_QW1_IPLEN_S) & 0x7F) * 4;
	want->l4_len = ((qword1 >> E810_TXD_QW1_L4LEN_S) & 0xF) * 4;
	want->cmd = (qword1 >> E810_TXD_QW1_CMD_S) & (E810_TXD_CMD_IIPT_M | E810_TXD_CMD_L4T_M);
}

void
model_tx_offload_context(struct model_tx_offload *want, uint64_t qword0, uint64_t qword1)
{
	if ((qword0 & E810_TXD_CTX_QW0_EIPT_M) != E810_TXD_CTX_QW0_EIPT_NONE) {
		want->tunnel = (uint32_t)qword0 &
			       (E810_TXD_CTX_QW0_EIPT_M | E810_TXD_CTX_QW0_L4TUNT_M |
				E810_TXD_CTX_QW0_EIP_NOINC | E810_TXD_CTX_QW0_L4T_CS);
		want->outer_ip_len = ((qword0 >> E810_TXD_CTX_QW0_EIPLEN_S) & 0x7F) * 4;
		want->tunnel_len = ((qword0 >> E810_TXD_CTX_QW0_NATLEN_S) & 0x7F) * 2;
	}
	if (((qword1 >> E810_TXD_QW1_CMD_S) & E810_TXD_CTX_CMD_TSO) != 0) {
		want->tso = true;
		want->tlen = (qword1 >> E810_TXD_CTX_QW1_TLEN_S) & E810_TXD_CTX_QW1_TLEN_M;
		want->mss = (qword1 >> E810_TXD_CTX_QW1_MSS_S) & E810_TXD_CTX_QW1_MSS_M;
	}
}

/* ------------------------------------------------------------------ checksums --------------- */

/** End of the payload of the IP header at `ip`, by its own length: padding lies behind it. */
static uint32_t
ip_payload_end(const uint8_t *frame, uint32_t len, uint32_t ip, uint32_t ip_len, bool v6)
{
	uint32_t end = len;

	if (v6 && ip_len >= IPV6_HLEN)
		end = ip + IPV6_HLEN + pkt_be16(frame + ip + 4);
	else if (!v6 && ip_len >= IPV4_MIN_HLEN)
		end = ip + pkt_be16(frame + ip + 2);
	return end < ip + ip_len || end > len ? len : end;
}

static void
put_sum(uint8_t *field, uint64_t sum, bool udp)
{
	uint16_t csum = (uint16_t)~sum_fold(sum);

	/* A UDP checksum of 0 would mean that there is none. */
	if (udp && csum == 0)
		csum = UINT16_MAX;
	memcpy(field, &csum, sizeof(csum));
}

static void
put_ipv4_sum(uint8_t *ip, uint32_t ip_len)
{
	memset(ip + IPV4_CSUM, 0, sizeof(uint16_t));
	put_sum(ip + IPV4_CSUM, sum_add(0, ip, ip_len), false);
}

static const char *
insert_l4(uint8_t *frame, uint32_t end, const struct model_tx_offload *want)
{
	uint32_t at = tx_offload_l4(want);
	uint8_t *l4 = frame + at;
	uint32_t crc;

	switch (want->cmd & E810_TXD_CMD_L4T_M) {
	case E810_TXD_CMD_L4T_TCP:
		if (end - at < TCP_MIN_HLEN)
			return "TCP checksum wanted, but no TCP header fits behind MACLEN + IPLEN";
		put_sum(l4 + TCP_CSUM, sum_add(0, l4, end - at), false);
		break;
	case E810_TXD_CMD_L4T_UDP:
		if (end - at < UDP_HLEN)
			return "UDP checksum wanted, but no UDP header fits behind MACLEN + IPLEN";
		put_sum(l4 + UDP_CSUM, sum_add(0, l4, end - at), true);
		break;
	case E810_TXD_CMD_L4T_SCTP:
		if (end - at < SCTP_HLEN)
			return "SCTP CRC wanted, but no SCTP header fits behind MACLEN + IPLEN";
		crc = rte_cpu_to_le_32(model_pkt_sctp_crc(l4, end - at));
		memcpy(l4 + SCTP_CSUM, &crc, sizeof(crc));
		break;
	}
	return NULL;
}

const char *
model_tx_check_outer(const struct model_tx_offload *want)
{
	uint32_t eipt = want->tunnel & E810_TXD_CTX_QW0_EIPT_M;

	if (eipt == E810_TXD_CTX_QW0_EIPT_NONE)
		return NULL;
	if (want->outer_ip_len < (eipt == E810_TXD_CTX_QW0_EIPT_IPV6 ? IPV6_HLEN : IPV4_MIN_HLEN))
		return "EIPLEN is too short for the outer IP header";
	if ((want->tunnel & E810_TXD_CTX_QW0_L4TUNT_M) == E810_TXD_CTX_QW0_L4TUNT_UDP &&
	    want->tunnel_len < UDP_HLEN)
		return "a UDP tunnel whose NATLEN has no room for a UDP header";
	if ((want->tunnel & E810_TXD_CTX_QW0_L4T_CS) != 0 &&
	    (want->tunnel & E810_TXD_CTX_QW0_L4TUNT_M) != E810_TXD_CTX_QW0_L4TUNT_UDP)
		return "an outer UDP checksum (L4T_CS) is wanted without a UDP tunnel";
	return NULL;
}

/** The outer headers' checksums, which cover the inner headers: those are right by now. */
static void
insert_outer(uint8_t *frame, uint32_t outer_end, const struct model_tx_offload *want)
{
	uint8_t *ip = frame + want->mac_len;
	uint8_t *udp = ip + want->outer_ip_len;
	uint32_t udp_len = frame + outer_end - udp;

	/* An outer IP header may lie about its length; NATLEN has room for a UDP header. */
	if ((want->tunnel & E810_TXD_CTX_QW0_L4T_CS) != 0)
		put_sum(udp + UDP_CSUM, sum_add(0, udp, RTE_MAX(udp_len, (uint32_t)UDP_HLEN)),
			true);
	if ((want->tunnel & E810_TXD_CTX_QW0_EIPT_M) == E810_TXD_CTX_QW0_EIPT_IPV4_CSUM)
		put_ipv4_sum(ip, want->outer_ip_len);
}

const char *
model_tx_insert_csum(uint8_t *frame, uint32_t len, const struct model_tx_offload *want)
{
	const uint32_t ip = tx_offload_ip(want);
	const uint16_t iipt = want->cmd & E810_TXD_CMD_IIPT_M;
	const uint32_t eipt = want->tunnel & E810_TXD_CTX_QW0_EIPT_M;
	uint32_t end, outer_end;
	const char *error;

	if (tx_offload_l4(want) > len)
		return "MACLEN + IPLEN (and those of a tunnel) are beyond the end of the packet";
	if (iipt == E810_TXD_CMD_IIPT_IPV4_CSUM && want->ip_len < IPV4_MIN_HLEN)
		return "IPv4 checksum wanted, but IPLEN is below 20 bytes";
	error = model_tx_check_outer(want);
	if (error != NULL)
		return error;
	outer_end = ip_payload_end(frame, len, want->mac_len, want->outer_ip_len,
				   eipt == E810_TXD_CTX_QW0_EIPT_IPV6);
	end = ip_payload_end(frame, len, ip, want->ip_len, iipt == E810_TXD_CMD_IIPT_IPV6);
	error = insert_l4(frame, end, want);
	if (error != NULL)
		return error;
	if (iipt == E810_TXD_CMD_IIPT_IPV4_CSUM)
		put_ipv4_sum(frame + ip, want->ip_len);
	insert_outer(frame, outer_end, want);
	return NULL;
}
