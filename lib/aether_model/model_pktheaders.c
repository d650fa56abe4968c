/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Where the headers of a classified frame begin. model_pkt_parse() decides what a frame is; this
 * only walks what its packet type says is there, so that both cannot disagree.
 */

#include <rte_common.h>

#include "e810_hw.h"
#include "model_pktparse.h"

#define ETHERTYPE_IPV4		0x0800
#define ETHERTYPE_IPV6		0x86DD
#define MAX_VLAN_TAGS		2
#define IPV4_MIN_HLEN		20
#define IPV6_HLEN		40
#define IPV6_NEXT		6
#define IPV6_MAX_EXT		8
#define EXT_HOPOPTS		0
#define EXT_ROUTING		43
#define EXT_FRAGMENT		44
#define EXT_DSTOPTS		60

/** Header behind IP of these packet types; PKT_HDRS: none that is parsed. */
static enum pkt_hdr
l4_header(uint16_t ptype)
{
	switch (ptype) {
	case E810_PTYPE_IPV4_UDP:
	case E810_PTYPE_IPV6_UDP:
		return PKT_HDR_UDP;
	case E810_PTYPE_IPV4_TCP:
	case E810_PTYPE_IPV6_TCP:
		return PKT_HDR_TCP;
	case E810_PTYPE_IPV4_SCTP:
	case E810_PTYPE_IPV6_SCTP:
		return PKT_HDR_SCTP;
	case E810_PTYPE_IPV4_ICMP:
		return PKT_HDR_ICMP;
	case E810_PTYPE_IPV6_ICMP:
		return PKT_HDR_ICMPV6;
	default:
		return PKT_HDRS;
	}
}

/** Addresses, tags and Ethertype. @return where what is behind them begins; 0: cut off */
static uint32_t
walk_l2(const uint8_t *frame, uint32_t len, struct model_pkt_headers *h, uint16_t *type)
{
	uint32_t at = PKT_ETH_HLEN;
	unsigned int tags;

	h->at[PKT_HDR_MAC] = 0;
	*type = pkt_be16(frame + at - 2);
	for (tags = 0; tags < MAX_VLAN_TAGS; tags++) {
		if (*type != PKT_ETHERTYPE_VLAN && *type != PKT_ETHERTYPE_QINQ)
			break;
		if (len - at < PKT_VLAN_HLEN)
			return 0;
		/* A tag's header begins with its control information. With two, the first is
		 * the external one. */
		if (tags == 1)
			h->at[PKT_HDR_EVLAN] = h->at[PKT_HDR_VLAN];
		h->at[PKT_HDR_VLAN] = at;
		at += PKT_VLAN_HLEN;
		*type = pkt_be16(frame + at - 2);
	}
	h->at[PKT_HDR_ETYPE] = at - 2;
	return at;
}

/** Past the extension headers of IPv6. @return where layer 4 begins; 0: cut off */
static uint32_t
walk_ipv6(const uint8_t *frame, uint32_t l3, uint32_t len, struct model_pkt_headers *h)
{
	uint8_t next = frame[l3 + IPV6_NEXT];
	uint32_t at = l3 + IPV6_HLEN;
	unsigned int i;

	for (i = 0; i < IPV6_MAX_EXT; i++) {
		if (next == EXT_FRAGMENT)
			h->at[PKT_HDR_IPV6_FRAG] = at;
		if (next != EXT_HOPOPTS && next != EXT_ROUTING && next != EXT_DSTOPTS)
			break;
		if (len - at < 8)
			return 0;
		next = frame[at];
		at += (frame[at + 1] + 1) * 8;
		if (at > len)
			return 0;
	}
	return at;
}

void
model_pkt_headers(const uint8_t *frame, uint32_t len, uint16_t ptype, struct model_pkt_headers *h)
{
	enum pkt_hdr l4 = l4_header(ptype);
	uint32_t l3, at = 0;
	uint16_t type;

	memset(h->at, 0xFF, sizeof(h->at));
	if (len < PKT_ETH_HLEN)
		return;
	l3 = walk_l2(frame, len, h, &type);
	if (l3 == 0 || ptype == E810_PTYPE_MAC_PAY)
		return;
	if (type == ETHERTYPE_IPV4 && len - l3 >= IPV4_MIN_HLEN) {
		h->at[PKT_HDR_IPV4] = l3;
		at = l3 + (frame[l3] & 15) * 4;
	} else if (type == ETHERTYPE_IPV6 && len - l3 >= IPV6_HLEN) {
		h->at[PKT_HDR_IPV6] = l3;
		at = walk_ipv6(frame, l3, len, h);
	}
	if (l4 != PKT_HDRS && at != 0 && at < len)
		h->at[l4] = at;
}
