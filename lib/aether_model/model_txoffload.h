/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_TXOFFLOAD_H
#define MODEL_TXOFFLOAD_H

/**
 * @file
 * What descriptors ask the device to do to a packet before it leaves: checksums
 * (model_txoffload.c) and segmentation (model_tso.c). Pure functions of bytes; any frame and any
 * request is safe to give to them unless a comment wants it checked before.
 */

#include <stdbool.h>
#include <stdint.h>

/**
 * The headers of a packet and the request, lengths in bytes. Without a tunnel outer_ip_len and
 * tunnel_len are 0 and the inner headers are the only ones.
 */
struct model_tx_offload {
	uint16_t mac_len;		/* MACLEN: of what precedes the (outer) IP header */
	uint16_t outer_ip_len;		/* EIPLEN */
	uint16_t tunnel_len;		/* NATLEN: from the outer IP header to the inner one */
	uint16_t ip_len;		/* IPLEN */
	uint16_t l4_len;		/* L4LEN */
	uint16_t cmd;			/* E810_TXD_CMD_IIPT_* and _L4T_* */
	uint32_t tunnel;		/* E810_TXD_CTX_QW0_*: kind of the outer headers */
	uint16_t mss;			/* with tso: payload of a segment, */
	uint32_t tlen;			/* and of the packet */
	bool tso;
};

/** Read the fields of a packet's first data descriptor. @param qword1 its second quadword */
void model_tx_offload_data(struct model_tx_offload *want, uint64_t qword1);
/** Read the fields of a context descriptor. */
void model_tx_offload_context(struct model_tx_offload *want, uint64_t qword0, uint64_t qword1);

/** Where the IP header is that checksums and segmentation work on: the inner one of a tunnel. */
static inline uint32_t
tx_offload_ip(const struct model_tx_offload *want)
{
	return (uint32_t)want->mac_len + want->outer_ip_len + want->tunnel_len;
}

static inline uint32_t
tx_offload_l4(const struct model_tx_offload *want)
{
	return tx_offload_ip(want) + want->ip_len;
}

/** Length of all headers, of which each segment gets a copy. */
static inline uint32_t
tx_offload_header(const struct model_tx_offload *want)
{
	return tx_offload_l4(want) + want->l4_len;
}

/**
 * Insert the checksums that a descriptor asks for, as the device does: for TCP and UDP the field
 * must hold the sum of the pseudo header, and everything from there to the end of the IP payload
 * is added. The same goes for the outer UDP header of a tunnel.
 *
 * @return NULL, or what is wrong with the request; the frame is as it was then
 */
const char *model_tx_insert_csum(uint8_t *frame, uint32_t len,
				 const struct model_tx_offload *want);

/** What is wrong with the outer headers of a tunnel, as far as the request alone says, or NULL. */
const char *model_tx_check_outer(const struct model_tx_offload *want);

/* ------------------------------------------------------------------ segmentation ------------ */

/** Segments that a packet becomes: at least 1. want->mss is not 0. */
static inline uint32_t
tso_segments(const struct model_tx_offload *want)
{
	return want->tlen == 0 ? 1 : (want->tlen + want->mss - 1u) / want->mss;
}

/** Payload of segment n. */
static inline uint32_t
tso_payload(const struct model_tx_offload *want, uint32_t n)
{
	uint32_t left = want->tlen - n * want->mss;

	return left < want->mss ? left : want->mss;
}

/**
 * Whether the device can segment this at all. @param max_len longest frame, bytes without FCS
 * @return NULL, or what is wrong
 */
const char *model_tso_check(const struct model_tx_offload *want, uint32_t max_len);

/**
 * Make a frame of segment n: it has the packet's headers as the driver wrote them, then its own
 * payload. Lengths, IPv4 identification, TCP sequence number and flags, and checksums become the
 * segment's; the driver's checksum fields hold the sum of the pseudo header without a length.
 * model_tso_check() found nothing wrong, and the frame is longer than the headers.
 *
 * @return NULL, or what is wrong
 */
const char *model_tso_segment(uint8_t *frame, uint32_t len, const struct model_tx_offload *want,
			      uint32_t n);

#endif /* MODEL_TXOFFLOAD_H */
