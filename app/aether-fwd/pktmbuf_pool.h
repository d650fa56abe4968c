/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_PKTMBUF_POOL_H
#define AETHER_FWD_PKTMBUF_POOL_H

#include <stdint.h>

#include <rte_mempool.h>

/** Number of distinct 64-byte lines in a 4 KiB page: the sets of an L1 cache of 64 sets. */
#define FWD_POOL_SETS 64

/**
 * Create a packet buffer pool whose mbuf headers use all sets of the L1 cache.
 *
 * With huge pages, or where devices see physical addresses, this is rte_pktmbuf_pool_create().
 * With neither (--no-huge, IOVA = VA) that call would start every 2 KiB buffer at a page
 * boundary, so that all headers fall into one L1 set in 64; there the buffers are packed
 * without regard to page boundaries instead, which IOVA = VA permits.
 *
 * @param name
 *   Unique name.
 * @param n
 *   Number of buffers.
 * @param cache_size
 *   Buffers that an lcore may keep for itself.
 * @param data_room
 *   Bytes of a buffer, headroom included.
 * @param socket
 *   NUMA node or SOCKET_ID_ANY.
 * @return
 *   The pool, or NULL with rte_errno set as by rte_pktmbuf_pool_create().
 */
struct rte_mempool *fwd_pktmbuf_pool_create(const char *name, unsigned int n,
					    unsigned int cache_size, uint16_t data_room,
					    int socket);

/**
 * Count over how many L1 sets (address bits 6 to 11) the pool's mbuf headers are spread.
 *
 * @return
 *   1 (all headers in one set: slow) to FWD_POOL_SETS.
 */
unsigned int fwd_pktmbuf_pool_spread(struct rte_mempool *pool);

#endif /* AETHER_FWD_PKTMBUF_POOL_H */
