/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>

#include "wire_fake.h"

#define START	(5 * FAKE_HZ)

static struct aether_model *model;
static struct model_rxq *rxq;

static int
setup(void **state)
{
	RTE_SET_USED(state);
	model = fake_open("a", "gen:pace=1000000");
	rxq = &model->rxq[0];
	return 0;
}

static int
teardown(void **state)
{
	RTE_SET_USED(state);
	fake_close(model);
	return 0;
}

static struct aether_model_wire_stats
stats(void)
{
	struct aether_model_wire_stats now;

	aether_model_wire_stats_get(model, &now);
	return now;
}

/* A step of the model at t; the wire's packets are taken and delivered. */
static void
step(uint64_t t)
{
	model_stall_step(model, t);
	fake_receive(model, UINT32_MAX, t, NULL);
}

/* What the Rx engine tells: the device has `descriptors` of 512, the host has moved the tail. */
static void
host(uint64_t t, bool moved, unsigned int descriptors)
{
	rxq->head = (rxq->tail + rxq->qlen - descriptors) % rxq->qlen;
	if (moved)
		rxq->tail_moved_tsc = t;
	model_stall_host(model, rxq, t, moved, descriptors);
}

static void
test_model_gap(void **state)
{
	uint64_t t = START;

	RTE_SET_USED(state);
	for (; t < START + FAKE_MS; t += 20 * FAKE_US)
		step(t);
	assert_int_equal(stats().stall_windows, 0);
	assert_false(model_in_stall(&model->stall, t));

	/* 100 us away since the last step; the generator's backlog is taken in this step. */
	t += 80 * FAKE_US;
	model_stall_step(model, t);
	assert_true(model_in_stall(&model->stall, t));
	fake_receive(model, UINT32_MAX, t, NULL);
	step(t + FAKE_US);
	assert_int_equal(model->stall.start, 0);
	assert_int_equal(stats().stall_windows, 1);
	assert_int_equal(stats().stall_ns, 101000);
	assert_int_equal(stats().stall_max_ns, 101000);
	assert_int_equal(stats().stall_recovery_ns, 1000);
	/* Touched: what entered before its end. */
	assert_true(model_in_stall(&model->stall, t + FAKE_US - 1));
	assert_false(model_in_stall(&model->stall, t + FAKE_US));
}

static void
test_sleep_is_no_gap(void **state)
{
	RTE_SET_USED(state);
	step(START);
	model_stall_sleep(model);
	step(START + FAKE_HZ);
	assert_int_equal(model->stall.start, 0);
	assert_int_equal(stats().stall_windows, 0);
}

/* The window stays open while the generator is late, and while the ring is over half used. */
static void
test_recovery(void **state)
{
	uint64_t t = START;

	RTE_SET_USED(state);
	step(t);
	t += FAKE_MS;
	model_stall_step(model, t);
	fake_receive(model, 900, t, NULL);
	t += FAKE_US;
	model_stall_step(model, t);
	assert_true(model->stall.start != 0);
	fake_receive(model, UINT32_MAX, t, NULL);
	rxq->head = (rxq->tail + rxq->qlen - 255) % rxq->qlen;
	t += FAKE_US;
	model_stall_step(model, t);
	assert_true(model->stall.start != 0);
	rxq->head = (rxq->tail + rxq->qlen - 256) % rxq->qlen;
	t += FAKE_US;
	model_stall_step(model, t);
	assert_true(model->stall.start == 0);
	assert_int_equal(stats().stall_ns, t - START);
	assert_int_equal(stats().stall_recovery_ns, 3000);
}

/* What does not recover in ten times the gap is overload, not stall. */
static void
test_recovery_is_bounded(void **state)
{
	uint64_t t = START, back = START + 100 * FAKE_US;

	RTE_SET_USED(state);
	step(t);
	rxq->head = rxq->tail;
	for (t = back; t < back + 1000 * FAKE_US; t += 10 * FAKE_US) {
		model_stall_step(model, t);
		assert_true(model->stall.start != 0);
	}
	model_stall_step(model, t);
	assert_true(model->stall.start == 0);
	assert_int_equal(stats().stall_ns, 1100000);
}

/* Away between two parts of one step: what leaves or is dropped in its rest has been touched. */
static void
test_gap_within_step(void **state)
{
	struct wire_stamp stamp = { .magic = WIRE_STAMP_MAGIC, .tsc = START };
	uint8_t frame[60] = { 0 };

	RTE_SET_USED(state);
	memcpy(frame + WIRE_STAMP_OFFSET, &stamp, sizeof(stamp));
	model_stall_step(model, START);
	fake_send(model, frame, sizeof(frame), START + 20 * FAKE_US);
	assert_int_equal(model->stall.start, 0);
	assert_int_equal(stats().latency_clear.count, 1);
	fake_send(model, frame, sizeof(frame), START + 500 * FAKE_US);
	assert_int_equal(model->stall.start, START);
	assert_int_equal(stats().latency.count, 2);
	assert_int_equal(stats().latency_clear.count, 1);
	/* It is one window, however it was found. */
	model_stall_step(model, START + 501 * FAKE_US);
	assert_int_equal(stats().stall_windows, 1);
	assert_int_equal(stats().stall_ns, 501000);
}

static void
test_drops_within_step(void **state)
{
	RTE_SET_USED(state);
	model_stall_step(model, START);
	fake_receive(model, 1, START, NULL);
	assert_false(model_in_stall(&model->stall, START));
	fake_receive(model, 1, START + FAKE_MS, NULL);
	assert_true(model_in_stall(&model->stall, START + FAKE_MS));
}

/* Small gaps in a row are one window each, never overlapping. */
static void
test_windows_do_not_overlap(void **state)
{
	uint64_t t = START, gaps = 0;

	RTE_SET_USED(state);
	step(t);
	for (; gaps < 100; gaps++) {
		step(t += 30 * FAKE_US);
		step(t += FAKE_US);
	}
	assert_int_equal(stats().stall_windows, 100);
	assert_int_equal(stats().stall_ns, t - START);
	step(t += 30 * FAKE_US);
	step(t += 30 * FAKE_US);
	step(t += FAKE_US);
	assert_int_equal(stats().stall_windows, 101);
	assert_int_equal(stats().stall_ns, t - START);
}

/* The host stops with its ring filling up: away since it owed descriptors, back when it moves. */
static void
test_host_away(void **state)
{
	uint64_t t = START, due = 0;
	unsigned int held;

	RTE_SET_USED(state);
	for (held = 0; held < 512; held++, t += FAKE_US) {
		model_stall_step(model, t);
		host(t, false, 512 - held);
		if (held == 96)
			due = t;
		assert_int_equal(model->stall.start != 0, held >= 96 + 21);
	}
	assert_int_equal(model->stall.start, due);
	host(t, true, 511);
	fake_receive(model, UINT32_MAX, t, NULL);
	model_stall_step(model, t + FAKE_US);
	assert_int_equal(model->stall.start, 0);
	assert_int_equal(stats().stall_windows, 1);
	assert_int_equal(stats().stall_ns, t + FAKE_US - due);
	assert_int_equal(stats().stall_recovery_ns, 1000);
}

/* Drops from the time at which the host left, though that is known only 20 us later. */
static void
test_host_away_drops(void **state)
{
	uint64_t t = START;

	RTE_SET_USED(state);
	model->wire_stats.rx_offered = 100;
	model->wire_stats.rx_dropped = 7;	/* before */
	host(t, true, 511);
	model->wire_stats.rx_dropped += 2;
	host(t += FAKE_US, false, 10);
	model->wire_stats.rx_dropped += 5;
	host(t += 19 * FAKE_US, false, 0);
	assert_int_equal(stats().rx_dropped_in_stall, 0);
	model->wire_stats.rx_dropped += 6;
	host(t += 2 * FAKE_US, false, 0);
	assert_int_equal(stats().rx_dropped_in_stall, 11);
	host(t += FAKE_US, true, 511);

	/* A reset of the statistics in between takes the drops before it away, no others. */
	host(t += FAKE_US, false, 10);
	model->wire_stats.rx_dropped += 5;
	aether_model_wire_stats_reset(model);
	model->wire_stats.rx_offered += 3;
	model->wire_stats.rx_dropped += 3;
	model->stall.start = 0;
	host(t += 21 * FAKE_US, false, 0);
	assert_int_equal(stats().rx_dropped, 3);
	assert_int_equal(stats().rx_dropped_in_stall, 3);
}

/* Busy, slow and idle hosts are there. */
static void
test_host_here(void **state)
{
	uint64_t t;
	unsigned int held = 0;

	RTE_SET_USED(state);
	/* One packet every 100 us; the driver refills in batches of 64. */
	for (t = START; t < START + 50 * FAKE_MS; t += FAKE_US) {
		model_stall_step(model, t);
		if ((t - START) % (100 * FAKE_US) == 0)
			held++;
		host(t, held == 64, 512 - held % 64);
		held %= 64;
		fake_receive(model, UINT32_MAX, t, NULL);
	}
	/* Silence with 95 held. */
	for (; t < START + 60 * FAKE_MS; t += 10 * FAKE_US) {
		step(t);
		host(t, false, 512 - 95);
	}
	/* Overload: the ring is full all the time, and the host returns 32 each 15 us. */
	for (held = 0; t < START + 70 * FAKE_MS; t += FAKE_US, held++) {
		model_stall_step(model, t);
		host(t, held % 15 == 0, 20);
	}
	assert_int_equal(model->stall.start, 0);
	assert_int_equal(stats().stall_windows, 0);
}

/* A host that does not come back is no stall for ever. */
static void
test_host_gone(void **state)
{
	uint64_t t;

	RTE_SET_USED(state);
	for (t = START; t < START + 2 * FAKE_HZ; t += 10 * FAKE_US) {
		step(t);
		host(t, false, 0);
	}
	assert_int_equal(model->stall.start, 0);
	assert_int_equal(stats().stall_windows, 1);
	assert_in_range(stats().stall_ns, FAKE_HZ, FAKE_HZ + FAKE_HZ / 1000);
	/* It does: the next time counts again. */
	host(t, true, 511);
	host(t, false, 100);
	host(t + 30 * FAKE_US, false, 100);
	assert_true(model->stall.start != 0);
}

/* A small ring cannot owe 96. */
static void
test_host_small_ring(void **state)
{
	RTE_SET_USED(state);
	rxq->qlen = 64;
	rxq->tail = 63;
	model_stall_host(model, rxq, START, false, 16);
	model_stall_host(model, rxq, START + 30 * FAKE_US, false, 16);
	assert_true(model->stall.start != 0);
}

static void
test_reset(void **state)
{
	struct aether_model_wire_stats now;
	uint64_t before, passed;

	RTE_SET_USED(state);
	step(START);
	step(START + FAKE_MS);
	before = rte_rdtsc();
	aether_model_wire_stats_reset(model);
	now = stats();
	passed = rte_rdtsc() - before;
	/* The open window goes on, from the reset, which is by the real clock. */
	assert_int_equal(now.stall_windows, 1);
	assert_in_range(now.stall_ns, 0, passed);
	assert_in_range(now.elapsed_ns, now.stall_ns, passed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_model_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sleep_is_no_gap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recovery, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recovery_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gap_within_step, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drops_within_step, setup, teardown),
		cmocka_unit_test_setup_teardown(test_windows_do_not_overlap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_away_drops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_here, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_small_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
	};

	return cmocka_run_group_tests_name("stall", tests, NULL, NULL);
}
