/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Mempools on --no-huge memory.
 *
 * There DPDK keeps each object within one page of 4 KiB, in case the pages are scattered in IOVA
 * space. An mbuf with the usual 2 KiB of data leaves no room for a second, so each one begins a
 * page: all headers fall into the same L1 set, and every mbuf costs a TLB entry.
 *
 * That need not be. This driver works with IOVA as VA only, where pages that are adjacent stay so.
 * "aether_packed" is the usual pool (a ring) with its objects packed, and spread over the cache
 * sets and memory channels by the padding that the mempool library adds. As the platform's choice
 * it serves every mbuf pool that is created after the first port is probed, in applications that
 * know nothing of it, unless --mbuf-pool-ops-name asks for another. docs/net_aether.md has what
 * this brings, and why transparent huge pages are out of reach.
 */

#include <errno.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "aether_ethdev.h"

#define PACKED_OPS	"aether_packed"

static int
packed_alloc(struct rte_mempool *mp)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	if (snprintf(name, sizeof(name), "MP_%s", mp->name) >= (int)sizeof(name)) {
		rte_errno = ENAMETOOLONG;
		return -rte_errno;
	}
	ring = rte_ring_create(name, rte_align32pow2(mp->size + 1), mp->socket_id, 0);
	if (ring == NULL)
		return -rte_errno;
	mp->pool_data = ring;
	return 0;
}

static void
packed_free(struct rte_mempool *mp)
{
	rte_ring_free(mp->pool_data);
}

static int
packed_enqueue(struct rte_mempool *mp, void * const *objects, unsigned int n)
{
	return rte_ring_mp_enqueue_bulk(mp->pool_data, objects, n, NULL) == 0 ? -ENOBUFS : 0;
}

static int
packed_dequeue(struct rte_mempool *mp, void **objects, unsigned int n)
{
	return rte_ring_mc_dequeue_bulk(mp->pool_data, objects, n, NULL) == 0 ? -ENOBUFS : 0;
}

static unsigned int
packed_count(const struct rte_mempool *mp)
{
	return rte_ring_count(mp->pool_data);
}

static ssize_t
packed_calc_mem_size(const struct rte_mempool *mp, uint32_t n, uint32_t page_shift,
		     size_t *min_chunk, size_t *align)
{
	RTE_SET_USED(page_shift);
	return rte_mempool_op_calc_mem_size_helper(mp, n, 0, 0, min_chunk, align);
}

static int
packed_populate(struct rte_mempool *mp, unsigned int max, void *va, rte_iova_t iova, size_t len,
		rte_mempool_populate_obj_cb_t *init, void *init_arg)
{
	const size_t object = mp->header_size + mp->elt_size + mp->trailer_size;
	size_t at = mp->header_size;
	unsigned int i;

	for (i = 0; i < max && (i + 1) * object <= len; i++, at += object) {
		void *obj = RTE_PTR_ADD(va, at);

		init(mp, init_arg, obj, iova == RTE_BAD_IOVA ? RTE_BAD_IOVA : iova + at);
		rte_mempool_ops_enqueue_bulk(mp, &obj, 1);
	}
	return i;
}

static const struct rte_mempool_ops packed_ops = {
	.name = PACKED_OPS,
	.alloc = packed_alloc,
	.free = packed_free,
	.enqueue = packed_enqueue,
	.dequeue = packed_dequeue,
	.get_count = packed_count,
	.calc_mem_size = packed_calc_mem_size,
	.populate = packed_populate,
};

RTE_MEMPOOL_REGISTER_OPS(packed_ops);

void
aether_mempool_prepare(void)
{
	const char *platform = rte_mbuf_platform_mempool_ops();

	if (rte_eal_has_hugepages() || rte_eal_iova_mode() != RTE_IOVA_VA)
		return;
	if (platform != NULL) {
		if (strcmp(platform, PACKED_OPS) != 0)
			AETHER_LOG(NOTICE, "mbuf pools are of kind %s, and with --no-huge each "
				   "mbuf begins a page: slow; --mbuf-pool-ops-name=" PACKED_OPS
				   " packs them", platform);
		return;
	}
	if (rte_mbuf_set_platform_mempool_ops(PACKED_OPS) != 0)
		AETHER_LOG(NOTICE, "mbuf pools stay as they are, and with --no-huge each mbuf "
			   "begins a page: slow; --mbuf-pool-ops-name=" PACKED_OPS " packs them");
}
