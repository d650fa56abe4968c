/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memzone.h>

#include "pktmbuf_pool.h"

static void
free_zone(struct rte_mempool_memhdr *chunk __rte_unused, void *zone)
{
	rte_memzone_free(zone);
}

/* Memory for all objects end to end, with the space between them that mempool itself adds. */
static const struct rte_memzone *
reserve_zone(const struct rte_mempool *pool, const char *name, int socket)
{
	size_t object = pool->header_size + pool->elt_size + pool->trailer_size;
	char zone_name[RTE_MEMZONE_NAMESIZE];

	if (snprintf(zone_name, sizeof(zone_name), "%s_packed", name) >= (int)sizeof(zone_name)) {
		rte_errno = ENAMETOOLONG;
		return NULL;
	}
	return rte_memzone_reserve_aligned(zone_name, object * pool->size, socket, 0,
					   RTE_MEMPOOL_ALIGN);
}

/*
 * NO_IOVA_CONTIG is what makes mempool ignore page boundaries. The objects are contiguous for a
 * device all the same, since IOVA = VA, so each keeps its real IOVA, and NON_IO (which would tell
 * drivers that the pool holds no packets) is taken back before they hear of the pool.
 */
static int
populate_packed(struct rte_mempool *pool, const char *name, int socket)
{
	const struct rte_memzone *zone;
	int ret;

	ret = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
	if (ret != 0)
		return ret;
	rte_pktmbuf_pool_init(pool, NULL);

	zone = reserve_zone(pool, name, socket);
	if (zone == NULL)
		return -rte_errno;
	pool->flags &= ~RTE_MEMPOOL_F_NON_IO;
	ret = rte_mempool_populate_iova(pool, zone->addr, (uintptr_t)zone->addr, zone->len,
					free_zone, (void *)(uintptr_t)zone);
	if (ret <= 0) {
		rte_memzone_free(zone);
		return ret < 0 ? ret : -ENOBUFS;
	}
	if (pool->populated_size != pool->size)
		return -ENOBUFS;
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return 0;
}

static struct rte_mempool *
create_packed(const char *name, unsigned int n, unsigned int cache_size, uint16_t data_room,
	      int socket)
{
	struct rte_mempool *pool;
	int ret;

	pool = rte_mempool_create_empty(name, n, sizeof(struct rte_mbuf) + data_room, cache_size,
					sizeof(struct rte_pktmbuf_pool_private), socket,
					RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (pool == NULL)
		return NULL;
	ret = populate_packed(pool, name, socket);
	if (ret != 0) {
		rte_mempool_free(pool);
		rte_errno = -ret;
		return NULL;
	}
	return pool;
}

struct rte_mempool *
fwd_pktmbuf_pool_create(const char *name, unsigned int n, unsigned int cache_size,
			uint16_t data_room, int socket)
{
	if (rte_eal_has_hugepages() || rte_eal_iova_mode() != RTE_IOVA_VA)
		return rte_pktmbuf_pool_create(name, n, cache_size, 0, data_room, socket);
	return create_packed(name, n, cache_size, data_room, socket);
}

static void
mark_set(struct rte_mempool *pool __rte_unused, void *mask, void *object,
	 unsigned int index __rte_unused)
{
	*(uint64_t *)mask |= UINT64_C(1) << (((uintptr_t)object >> 6) % FWD_POOL_SETS);
}

unsigned int
fwd_pktmbuf_pool_spread(struct rte_mempool *pool)
{
	uint64_t mask = 0;

	rte_mempool_obj_iter(pool, mark_set, &mask);
	return __builtin_popcountll(mask);
}
