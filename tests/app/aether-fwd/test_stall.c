/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "cmocka_all.h"
#include "stall.h"

#define START 1000
#define THRESHOLD 50

static void
even_iterations_are_no_stall(void **state)
{
	struct fwd_stall stall;
	uint64_t now;

	(void)state;
	fwd_stall_start(&stall, THRESHOLD, START);
	for (now = START; now < START + 100 * THRESHOLD; now += THRESHOLD)
		fwd_stall_tick(&stall, now);
	assert_int_equal(stall.count, 0);
	assert_int_equal(stall.total, 0);
	assert_int_equal(stall.longest, 0);
}

static void
gaps_are_counted_once_each(void **state)
{
	struct fwd_stall stall;

	(void)state;
	fwd_stall_start(&stall, THRESHOLD, START);
	fwd_stall_tick(&stall, START + 10);
	fwd_stall_tick(&stall, START + 61);  /* 51: a stall by one */
	fwd_stall_tick(&stall, START + 111); /* 50: exactly at the threshold, none */
	fwd_stall_tick(&stall, START + 311); /* 200 */
	fwd_stall_tick(&stall, START + 371); /* 60 */
	assert_int_equal(stall.count, 3);
	assert_int_equal(stall.total, 51 + 200 + 60);
	assert_int_equal(stall.longest, 200);
}

static void
time_before_the_start_is_none_of_ours(void **state)
{
	struct fwd_stall stall = { .count = 7, .total = 7, .longest = 7 };

	(void)state;
	fwd_stall_start(&stall, THRESHOLD, UINT64_MAX - 5);
	assert_int_equal(stall.count, 0);
	/* The counter wraps: 5 + 10 + 1 cycles later. */
	fwd_stall_tick(&stall, 10);
	assert_int_equal(stall.count, 0);
	fwd_stall_tick(&stall, 100);
	assert_int_equal(stall.count, 1);
	assert_int_equal(stall.total, 90);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even_iterations_are_no_stall),
		cmocka_unit_test(gaps_are_counted_once_each),
		cmocka_unit_test(time_before_the_start_is_none_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
