/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_TRANSFORM_H
#define AETHER_FWD_TRANSFORM_H

#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#ifdef RTE_ARCH_X86
#include <rte_vect.h>
#endif

/** Packets whose headers are asked for ahead of the one being changed. */
#define FWD_PREFETCH_AHEAD 4

/** The two addresses that mac mode writes. */
struct fwd_mac_rewrite {
	struct rte_ether_addr dst;
	struct rte_ether_addr src;
};

/**
 * Exchange destination and source MAC of a frame of at least RTE_ETHER_HDR_LEN bytes.
 *
 * On x86 one 16-byte load, shuffle and store, which rewrites the two bytes after the header with
 * themselves; they are inside the mbuf's buffer even when the frame ends before them.
 */
static __rte_always_inline void
fwd_swap_addresses(struct rte_ether_hdr *eth)
{
#ifdef RTE_ARCH_X86
	const __m128i swap = _mm_setr_epi8(6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15);
	__m128i head = _mm_loadu_si128((const __m128i *)eth);

	_mm_storeu_si128((__m128i *)eth, _mm_shuffle_epi8(head, swap));
#else
	struct rte_ether_addr dst = eth->dst_addr;

	eth->dst_addr = eth->src_addr;
	eth->src_addr = dst;
#endif
}

static __rte_always_inline void
fwd_rewrite_addresses(struct rte_ether_hdr *eth, const struct fwd_mac_rewrite *mac)
{
	eth->dst_addr = mac->dst;
	eth->src_addr = mac->src;
}

/**
 * Change the addresses of n packets.
 *
 * A packet whose first segment does not hold a whole Ethernet header is left as it is: swapping
 * would put stale bytes of the buffer onto the wire.
 *
 * @param mac
 *   The addresses to write, or NULL to exchange those that are there.
 * @return
 *   How many packets were too short and left alone.
 */
static __rte_always_inline uint16_t
fwd_transform(struct rte_mbuf **pkts, uint16_t n, const struct fwd_mac_rewrite *mac)
{
	uint16_t i, ahead, runts = 0;
	struct rte_ether_hdr *eth;

	for (i = 0; i < RTE_MIN(n, FWD_PREFETCH_AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		ahead = i + FWD_PREFETCH_AHEAD;
		if (ahead < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[ahead], void *));
		if (unlikely(pkts[i]->data_len < RTE_ETHER_HDR_LEN)) {
			runts++;
			continue;
		}
		eth = rte_pktmbuf_mtod(pkts[i], struct rte_ether_hdr *);
		if (mac != NULL)
			fwd_rewrite_addresses(eth, mac);
		else
			fwd_swap_addresses(eth);
	}
	return runts;
}

#endif /* AETHER_FWD_TRANSFORM_H */
