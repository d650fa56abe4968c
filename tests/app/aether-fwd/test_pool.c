/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The buffer pool on a real EAL without huge pages, where plain pools fall into one L1 set. */
#include <string.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "cmocka_all.h"
#include "pktmbuf_pool.h"

#define NB 1023

static void
plain_pools_share_one_set(void **state)
{
	struct rte_mempool *plain;

	(void)state;
	plain = rte_pktmbuf_pool_create("plain", NB, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					SOCKET_ID_ANY);
	assert_non_null(plain);
	/* What the other tests would not show if it ceased to be so: the reason for all this. */
	assert_true(fwd_pktmbuf_pool_spread(plain) <= 4);
	rte_mempool_free(plain);
}

static void
ours_uses_all_sets(void **state)
{
	struct rte_mempool *pool;
	unsigned int i;

	(void)state;
	/* Also with long buffers, and again after a free: nothing of a pool stays behind. */
	for (i = 0; i < 50; i++) {
		pool = fwd_pktmbuf_pool_create("packed", NB, 32, i % 2 ? 9728 + 128 :
					       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
		assert_non_null(pool);
		assert_int_equal(fwd_pktmbuf_pool_spread(pool), FWD_POOL_SETS);
		rte_mempool_free(pool);
	}
}

static void
buffers_are_good_ones(void **state)
{
	struct rte_mempool *pool;
	struct rte_mbuf *m[NB];
	unsigned int i;

	(void)state;
	pool = fwd_pktmbuf_pool_create("packed", NB, 32, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_int_equal(rte_pktmbuf_data_room_size(pool), RTE_MBUF_DEFAULT_BUF_SIZE);
	/* A driver that is told that a pool is not for I/O refuses it. */
	assert_int_equal(pool->flags & RTE_MEMPOOL_F_NON_IO, 0);

	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, m, NB), 0);
	assert_null(rte_pktmbuf_alloc(pool));
	for (i = 0; i < NB; i++) {
		rte_mbuf_sanity_check(m[i], 1);
		assert_int_equal(rte_mbuf_data_iova(m[i]), rte_pktmbuf_mtod(m[i], uintptr_t));
		assert_int_equal(rte_pktmbuf_tailroom(m[i]), RTE_MBUF_DEFAULT_DATAROOM);
		memset(rte_pktmbuf_append(m[i], RTE_MBUF_DEFAULT_DATAROOM), i,
		       RTE_MBUF_DEFAULT_DATAROOM);
	}
	/* Written to the brim, no buffer has touched another. */
	for (i = 0; i < NB; i++) {
		assert_int_equal(*rte_pktmbuf_mtod(m[i], uint8_t *), (uint8_t)i);
		assert_int_equal(*rte_pktmbuf_mtod_offset(m[i], uint8_t *,
							  RTE_MBUF_DEFAULT_DATAROOM - 1),
				 (uint8_t)i);
	}
	rte_pktmbuf_free_bulk(m, NB);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	rte_mempool_free(pool);
}

static void
too_much_is_refused_without_a_leak(void **state)
{
	struct rte_mempool *pool;
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_null(fwd_pktmbuf_pool_create("huge", 1 << 20, 256,
						    RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY));
	pool = fwd_pktmbuf_pool_create("huge", NB, 32, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(pool);
	rte_mempool_free(pool);
}

int
main(int argc, char **argv)
{
	char *eal[] = { argv[0], "--no-huge", "-m", "64", "--no-pci", "--no-telemetry",
			"--no-shconf", "--iova-mode=va", "-l", "0", "--log-level=error" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_pools_share_one_set),
		cmocka_unit_test(ours_uses_all_sets),
		cmocka_unit_test(buffers_are_good_ones),
		cmocka_unit_test(too_much_is_refused_without_a_leak),
	};
	int ret;

	(void)argc;
	if (rte_eal_init(RTE_DIM(eal), eal) < 0)
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	rte_eal_cleanup();
	return ret;
}
