/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* A forwarder whose costs are known, slice by slice, and what is found of them. */

#include <string.h>

#include "cmocka_all.h"
#include "cost.c"

#define SLICE 100000

static struct fwd_lcore lcore;
static struct fwd_cost cost;
static struct fwd_cost_report report;
static struct rte_aether_partition_noise noise;
static uint64_t now;

static int
set_up(void **state)
{
	(void)state;
	memset(&lcore, 0, sizeof(lcore));
	memset(&cost, 0, sizeof(cost));
	cost.slice = SLICE;
	now = 1000;
	fwd_cost_start(&cost, &lcore, &noise, now);
	return 0;
}

/* Forward for a slice, at so many cycles a packet, and a turn longer than it should last. */
static void
slice(double cycles, uint64_t stalls)
{
	uint64_t packets = SLICE / 64;

	assert_true(cost.next == now + SLICE);
	lcore.received += packets;
	lcore.stall.count += stalls;
	/* A packet's cost times the packets: a turn may end a little late. */
	now += cycles * packets;
	fwd_cost_turn(&cost, &lcore, now);
}

static void
the_difference_is_found(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		slice(lcore.noise != NULL ? 103 : 100, 0);
	fwd_cost_evaluate(&cost, &report);
	assert_int_equal(report.nb_pairs, 500);
	assert_float_equal(report.percent, 100.0 * 3 / 103, 0.01);
	assert_float_equal(report.low, report.percent, 0.01);
	assert_float_equal(report.high, report.percent, 0.01);
	assert_float_equal(report.with, 103, 0.1);
	assert_float_equal(report.without, 100, 0.1);
}

/* A machine that gets slower and faster again is no cost, nor is what takes half of the slices. */
static void
the_machine_is_not(void **state)
{
	unsigned int i;
	double base = 100;

	(void)state;
	srand(7);
	for (i = 0; i < 4000; i++) {
		base *= i % 1000 < 500 ? 1.001 : 0.999;
		slice(base * (lcore.noise != NULL ? 1.01 : 1) * (1 + 0.2 * (rand() % 2)), 0);
	}
	fwd_cost_evaluate(&cost, &report);
	assert_int_equal(report.nb_pairs, 2000);
	assert_float_equal(report.percent, 1, 0.2);
	assert_true(report.low < report.percent && report.percent < report.high);
}

/* 95 of a hundred intervals have the truth in them. */
static void
the_interval_has_the_truth(void **state)
{
	unsigned int i, run, inside = 0;
	double noisy;

	srand(11);
	for (run = 0; run < 200; run++) {
		set_up(state);
		for (i = 0; i < 400; i++) {
			noisy = 1 + (rand() % 1000 + rand() % 1000) * 1e-4;
			slice(200 * noisy * (lcore.noise != NULL ? 1.02 : 1), 0);
		}
		fwd_cost_evaluate(&cost, &report);
		inside += report.low <= 100 * 0.02 / 1.02 && report.high >= 100 * 0.02 / 1.02;
	}
	assert_in_range(inside, 180, 199);
}

static void
slices_with_stalls_do_not_count(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 400; i++)
		slice(i % 4 == 1 ? 5000 : 100, i % 4 == 1);
	fwd_cost_evaluate(&cost, &report);
	assert_int_equal(report.nb_pairs, 100);
	assert_float_equal(report.percent, 0, 0.01);
}

static void
without_packets_nothing_is_said(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now += SLICE;
		fwd_cost_turn(&cost, &lcore, now);
	}
	for (i = 0; i < 2 * (FWD_COST_LEAST_PAIRS - 1); i++)
		slice(100, 0);
	fwd_cost_evaluate(&cost, &report);
	assert_int_equal(report.nb_pairs, FWD_COST_LEAST_PAIRS - 1);
	assert_float_equal(report.without, 0, 0);
	slice(100, 0);
	slice(100, 0);
	fwd_cost_evaluate(&cost, &report);
	assert_int_equal(report.nb_pairs, FWD_COST_LEAST_PAIRS);
	assert_float_equal(report.without, 100, 0.1);
}

/* A slice that nobody looked in is no gap, and in the end all of the time is looked at. */
static void
when_full_it_looks_for_ever(void **state)
{
	uint64_t before = rte_rdtsc();
	unsigned int i, without = 0;

	(void)state;
	for (i = 0; i < 2 * FWD_COST_PAIRS; i++) {
		without += lcore.noise == NULL;
		noise.last = 0;
		slice(100, 0);
		assert_true(lcore.noise == NULL || noise.last >= before);
	}
	assert_int_equal(without, FWD_COST_PAIRS);
	assert_ptr_equal(lcore.noise, &noise);
	assert_true(cost.next == UINT64_MAX);
	fwd_cost_evaluate(&cost, &report);
	assert_int_equal(report.nb_pairs, FWD_COST_PAIRS);
}

static void
without_noise_there_is_no_cost(void **state)
{
	(void)state;
	fwd_cost_start(&cost, &lcore, NULL, now);
	assert_true(cost.next == UINT64_MAX);
	fwd_cost_evaluate(&cost, &report);
	assert_int_equal(report.nb_pairs, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_difference_is_found, set_up),
		cmocka_unit_test_setup(the_machine_is_not, set_up),
		cmocka_unit_test_setup(the_interval_has_the_truth, set_up),
		cmocka_unit_test_setup(slices_with_stalls_do_not_count, set_up),
		cmocka_unit_test_setup(without_packets_nothing_is_said, set_up),
		cmocka_unit_test_setup(when_full_it_looks_for_ever, set_up),
		cmocka_unit_test_setup(without_noise_there_is_no_cost, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
