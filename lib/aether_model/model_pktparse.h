/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_PKTPARSE_H
#define MODEL_PKTPARSE_H

/**
 * @file
 * What the device reads in a frame: packet type, checksums, tags, FCS. Pure functions of bytes;
 * any frame is safe to give to any of them.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PKT_ETH_HLEN		14	/* addresses and type */
#define PKT_ETH_ALEN		6
#define PKT_VLAN_HLEN		4
#define PKT_FCS_LEN		4
#define PKT_MIN_LEN		60	/* shortest frame without FCS (IEEE 802.3 clause 4A.4.2) */
#define PKT_ETHERTYPE_VLAN	0x8100
#define PKT_ETHERTYPE_QINQ	0x88A8
#define PKT_ETHERTYPE_MAC_CONTROL 0x8808
#define PKT_PAUSE_OPCODE	0x0001
#define PKT_PAUSE_QUANTA	16	/* offset: 0 ends a pause */

/** What the receive descriptor says of a frame. */
struct model_pkt {
	uint16_t ptype;			/* E810_PTYPE_* */
	uint16_t status;		/* of E810_RXD_FLEX_STATUS0_*: L3L4P IPE L4E IPV6EXADD */
};

/** Classify a received frame and verify its checksums. */
struct model_pkt model_pkt_parse(const uint8_t *frame, uint32_t len);

/** Headers that fields are taken of; of each kind that the device tells apart there is one. */
enum pkt_hdr {
	PKT_HDR_MAC, PKT_HDR_ETYPE, PKT_HDR_EVLAN, PKT_HDR_VLAN, PKT_HDR_IPV4, PKT_HDR_IPV4_IL,
	PKT_HDR_IPV6, PKT_HDR_IPV6_IL, PKT_HDR_IPV6_FRAG, PKT_HDR_GRE, PKT_HDR_TCP, PKT_HDR_UDP,
	PKT_HDR_SCTP, PKT_HDR_ICMP, PKT_HDR_ICMPV6,
	PKT_HDRS
};

/** Where they begin, in bytes from the start of the frame. */
struct model_pkt_headers {
	uint16_t at[PKT_HDRS];
#define PKT_HDR_ABSENT		UINT16_MAX
};

/** Find the headers of a frame (model_pktheaders.c). @param ptype model_pkt_parse()'s */
void model_pkt_headers(const uint8_t *frame, uint32_t len, uint16_t ptype,
		       struct model_pkt_headers *headers);

/** Frame check sequence of a frame, as its four bytes are sent (little endian value). */
uint32_t model_pkt_fcs(const uint8_t *frame, uint32_t len);
/** CRC32c of an SCTP packet, of at least 12 bytes, as if its checksum field were zero. */
uint32_t model_pkt_sctp_crc(const uint8_t *l4, uint32_t len);

static inline uint16_t
pkt_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/** Whether the first tag of a frame of at least 18 bytes is a C-VLAN's. */
static inline bool
pkt_is_tagged(const uint8_t *frame)
{
	return pkt_be16(frame + 2 * PKT_ETH_ALEN) == PKT_ETHERTYPE_VLAN;
}

/** Whether this is an 802.3x PAUSE frame (IEEE 802.3 annex 31B); it has at least 16 bytes. */
static inline bool
pkt_is_pause(const uint8_t *frame)
{
	static const uint8_t to_mac[PKT_ETH_ALEN] = { 0x01, 0x80, 0xC2, 0x00, 0x00, 0x01 };

	return pkt_be16(frame + 2 * PKT_ETH_ALEN) == PKT_ETHERTYPE_MAC_CONTROL &&
		pkt_be16(frame + PKT_ETH_HLEN) == PKT_PAUSE_OPCODE &&
		memcmp(frame, to_mac, sizeof(to_mac)) == 0;
}

/** Cast of a destination address, in the numbers of the descriptors' UMBCAST field. */
enum pkt_cast { PKT_UNICAST, PKT_MULTICAST, PKT_BROADCAST };

static inline enum pkt_cast
pkt_cast(const uint8_t *frame)
{
	static const uint8_t all[PKT_ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if ((frame[0] & 1) == 0)
		return PKT_UNICAST;
	return memcmp(frame, all, sizeof(all)) == 0 ? PKT_BROADCAST : PKT_MULTICAST;
}

/** Place of a frame in the GLPRT_PRC* and _PTC* counters. @param len with FCS, at least 64 */
static inline unsigned int
pkt_size_bin(uint32_t len)
{
	if (len <= 64)
		return 0;
	if (len < 1024)
		return 26 - (unsigned int)__builtin_clz(len);	/* 65-127: 1 ... 512-1023: 4 */
	return len <= 1522 ? 5 : 6;
}

#endif /* MODEL_PKTPARSE_H */
