/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <string.h>

#include "cmocka_all.h"
#include "transform.h"

#define NB 9 /* more than FWD_PREFETCH_AHEAD, not a multiple of it */
#define ROOM 64

static struct rte_mbuf mbufs[NB];
static struct rte_mbuf *pkts[NB];
static uint8_t data[NB][ROOM], before[NB][ROOM];

/* Every byte of every packet differs from its neighbours; data_len from 14 up. */
static int
set_up(void **state)
{
	unsigned int i, j;

	(void)state;
	memset(mbufs, 0, sizeof(mbufs));
	for (i = 0; i < NB; i++) {
		for (j = 0; j < ROOM; j++)
			data[i][j] = i * 37 + j * 5 + 1;
		mbufs[i].buf_addr = data[i];
		mbufs[i].data_len = RTE_ETHER_HDR_LEN + i;
		pkts[i] = &mbufs[i];
	}
	memcpy(before, data, sizeof(data));
	return 0;
}

static void
swap_exchanges_twelve_bytes_only(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(fwd_transform(pkts, NB, NULL), 0);
	for (i = 0; i < NB; i++) {
		assert_memory_equal(data[i], before[i] + 6, 6);
		assert_memory_equal(data[i] + 6, before[i], 6);
		assert_memory_equal(data[i] + 12, before[i] + 12, ROOM - 12);
	}
	fwd_transform(pkts, NB, NULL);
	assert_memory_equal(data, before, sizeof(data));
}

static void
rewrite_writes_both_addresses(void **state)
{
	const struct fwd_mac_rewrite mac = {
		.dst = { { 2, 0, 0, 0, 0, 7 } }, .src = { { 0x3c, 0xfd, 1, 2, 3, 4 } },
	};
	unsigned int i;

	(void)state;
	assert_int_equal(fwd_transform(pkts, NB, &mac), 0);
	for (i = 0; i < NB; i++) {
		assert_memory_equal(data[i], mac.dst.addr_bytes, 6);
		assert_memory_equal(data[i] + 6, mac.src.addr_bytes, 6);
		assert_memory_equal(data[i] + 12, before[i] + 12, ROOM - 12);
	}
}

/* Swapping a frame of 13 bytes would send a byte that the frame never had. */
static void
runts_are_left_alone(void **state)
{
	const struct fwd_mac_rewrite mac = { .dst = { { 2, 0, 0, 0, 0, 7 } } };

	(void)state;
	mbufs[0].data_len = 0;
	mbufs[4].data_len = RTE_ETHER_HDR_LEN - 1;
	mbufs[8].data_len = 1;
	assert_int_equal(fwd_transform(pkts, NB, NULL), 3);
	assert_memory_equal(data[0], before[0], ROOM);
	assert_memory_equal(data[4], before[4], ROOM);
	assert_memory_equal(data[8], before[8], ROOM);
	assert_memory_equal(data[5], before[5] + 6, 6);
	assert_int_equal(fwd_transform(pkts, NB, &mac), 3);
	assert_memory_equal(data[4], before[4], ROOM);
}

static void
any_number_of_packets(void **state)
{
	unsigned int n, i;

	for (n = 0; n <= NB; n++) {
		set_up(state);
		fwd_transform(pkts, n, NULL);
		for (i = 0; i < NB; i++)
			assert_memory_equal(data[i], before[i] + (i < n ? 6 : 0), 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(swap_exchanges_twelve_bytes_only, set_up),
		cmocka_unit_test_setup(rewrite_writes_both_addresses, set_up),
		cmocka_unit_test_setup(runts_are_left_alone, set_up),
		cmocka_unit_test(any_number_of_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
