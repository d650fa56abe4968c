/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The loop against two ports that the test plays: rte_eth_rx_burst(), rte_eth_tx_burst() and the
 * clock are replaced, so that a full Tx ring and a quiet wire come exactly when the test wants.
 */
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>

#include "cmocka_all.h"

#define MAX_PACKETS 4096
#define AWAY 10000000

static struct {
	uint64_t clock;        /* TSC; each read moves it by one */
	unsigned int rx_left;  /* packets that the wire still brings */
	unsigned int rx_calls;
	unsigned int away_every; /* calls; then the clock is found far ahead. 0: never */
	unsigned int tx_room;  /* packets that the Tx ring takes, in all */
	unsigned int tx_most;  /* packets that it takes in one call */
	unsigned int received;
	unsigned int sent;
	unsigned int freed;
	struct rte_mbuf *order[MAX_PACKETS];
} fake;

static struct rte_mbuf packets[MAX_PACKETS];

static uint64_t
fake_rdtsc(void)
{
	return ++fake.clock;
}

static uint16_t
fake_rx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	assert_int_equal(port, 3);
	assert_int_equal(queue, 0);
	fake.rx_calls++;
	if (fake.away_every != 0 && fake.rx_calls % fake.away_every == 0)
		fake.clock += AWAY;
	n = RTE_MIN(n, fake.rx_left);
	for (i = 0; i < n; i++)
		pkts[i] = &packets[fake.received++];
	fake.rx_left -= n;
	return n;
}

static uint16_t
fake_tx_burst(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	assert_int_equal(port, 4);
	assert_int_equal(queue, 0);
	n = RTE_MIN(n, RTE_MIN(fake.tx_room, fake.tx_most));
	for (i = 0; i < n; i++)
		fake.order[fake.sent++] = pkts[i];
	fake.tx_room -= n;
	return n;
}

static void
fake_free_bulk(struct rte_mbuf **pkts, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		assert_true(pkts[i] >= packets && pkts[i] < packets + MAX_PACKETS);
	fake.freed += n;
}

#define rte_rdtsc fake_rdtsc
#define rte_eth_rx_burst fake_rx_burst
#define rte_eth_tx_burst fake_tx_burst
#define rte_pktmbuf_free_bulk fake_free_bulk
#include "cost.c"
#include "forward.c"

static struct fwd_control control;
static struct fwd_stream stream;
static struct fwd_lcore lcore;

/* Stands for main: stops the run when the test's wire has been quiet for a while. */
static unsigned int housekeeps;
static enum fwd_stop stop_with;
static unsigned int stop_after;

static void
stop_soon(void *arg)
{
	(void)arg;
	if (++housekeeps == stop_after)
		fwd_request_stop(&control, stop_with);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.tx_room = MAX_PACKETS;
	fake.tx_most = MAX_PACKETS;
	control = (struct fwd_control){
		.go = 1, .packet_limit = UINT64_MAX, .drain_quiet = 50, .drain_bound = 1000,
	};
	memset(&stream, 0, sizeof(stream));
	stream.rx_port = 3;
	stream.tx_port = 4;
	stream.burst = 32;
	stream.max_tries = FWD_TX_RETRY_FOREVER;
	memset(&lcore, 0, sizeof(lcore));
	lcore.control = &control;
	lcore.mode = FWD_MODE_IO;
	lcore.nb_streams = 1;
	lcore.streams[0] = &stream;
	lcore.stall.threshold = 20;
	lcore.housekeep = stop_soon;
	housekeeps = 0;
	stop_after = 100;
	stop_with = FWD_STOP_SIGNAL;
	return 0;
}

static void
expect_in_order(unsigned int n)
{
	unsigned int i;

	assert_int_equal(fake.sent, n);
	for (i = 0; i < n; i++)
		assert_ptr_equal(fake.order[i], &packets[i]);
}

static void
everything_is_forwarded_in_order(void **state)
{
	(void)state;
	fake.rx_left = 1000;
	fwd_lcore_run(&lcore);
	expect_in_order(1000);
	assert_int_equal(stream.counters.rx, 1000);
	assert_int_equal(stream.counters.tx, 1000);
	assert_int_equal(stream.counters.tx_dropped, 0);
	assert_true(stream.counters.last_tsc > stream.counters.first_tsc);
}

/* A ring that takes 5 at a time: packets wait their turn, and Rx waits with them. */
static void
a_full_ring_holds_rx_back(void **state)
{
	(void)state;
	fake.rx_left = 320;
	fake.tx_most = 5;
	fwd_lcore_run(&lcore);
	expect_in_order(320);
	assert_int_equal(fake.freed, 0);
	assert_int_equal(stream.counters.tx, 320);
}

static void
retry_zero_drops_at_once(void **state)
{
	(void)state;
	fake.rx_left = 64;
	fake.tx_room = 40;
	stream.max_tries = 0;
	fwd_lcore_run(&lcore);
	assert_int_equal(stream.counters.rx, 64);
	assert_int_equal(stream.counters.tx, 40);
	assert_int_equal(stream.counters.tx_dropped, 24);
	assert_int_equal(fake.freed, 24);
}

static void
retries_are_limited(void **state)
{
	(void)state;
	fake.rx_left = 32;
	fake.tx_room = 0;
	stream.max_tries = 7;
	fwd_lcore_run(&lcore);
	assert_int_equal(fake.freed, 32);
	assert_int_equal(stream.counters.tx_dropped, 32);
	assert_int_equal(stream.tries, 0);
	/* Six iterations waited without receiving, the seventh dropped and received again. The
	 * last iteration leaves before its housekeeping.
	 */
	assert_int_equal(housekeeps + 1 - fake.rx_calls, 6);
}

/* Nothing may stay behind, even when Tx never takes it. */
static void
a_dead_ring_ends_in_counted_drops(void **state)
{
	(void)state;
	fake.rx_left = 100;
	fake.tx_room = 10;
	fwd_lcore_run(&lcore);
	assert_int_equal(stream.counters.rx, 32);
	assert_int_equal(stream.counters.tx, 10);
	assert_int_equal(stream.counters.tx_dropped, 22);
	assert_int_equal(fake.freed, 22);
	assert_true(fake.clock > control.drain_bound);
}

static void
a_second_signal_does_not_wait(void **state)
{
	(void)state;
	fake.rx_left = 100;
	fake.tx_room = 0;
	control.abort = 1;
	control.drain_bound = UINT64_MAX;
	fwd_lcore_run(&lcore);
	assert_int_equal(stream.counters.tx_dropped, 32);
}

static void
a_signal_drains_an_endless_source_for_its_bound(void **state)
{
	uint64_t stopped_at;

	(void)state;
	stream.burst = 1;
	fake.rx_left = UINT32_MAX;
	control.drain_bound = 300;
	stop_after = 10;
	fwd_lcore_run(&lcore);
	stopped_at = lcore.drain_start;
	assert_true(lcore.end_tsc - stopped_at > 300);
	assert_true(lcore.end_tsc - stopped_at < 310);
	assert_int_equal(stream.counters.rx, stream.counters.tx);
}

/* A limit ends an endless source at once, not after the drain's bound. */
static void
packet_limit_stops_within_a_burst(void **state)
{
	(void)state;
	fake.rx_left = UINT32_MAX;
	control.packet_limit = 1000;
	stop_after = UINT32_MAX;
	fwd_lcore_run(&lcore);
	assert_int_equal(control.stop, FWD_STOP_PACKETS);
	assert_int_equal(stream.counters.rx, 1024);
	assert_int_equal(stream.counters.tx, 1024);
}

static void
a_limit_still_sends_what_waits(void **state)
{
	(void)state;
	fake.rx_left = UINT32_MAX;
	fake.tx_most = 3;
	control.packet_limit = 32;
	stop_after = UINT32_MAX;
	fwd_lcore_run(&lcore);
	expect_in_order(32);
	assert_int_equal(stream.counters.tx_dropped, 0);
}

static void
the_first_reason_stays(void **state)
{
	(void)state;
	fwd_request_stop(&control, FWD_STOP_IDLE);
	fwd_request_stop(&control, FWD_STOP_SIGNAL);
	assert_int_equal(control.stop, FWD_STOP_IDLE);
}

/* The ports failed to start: the lcores must leave without touching them. */
static void
a_stop_before_the_go_polls_nothing(void **state)
{
	(void)state;
	control.go = 0;
	control.stop = FWD_STOP_SIGNAL;
	fwd_lcore_run(&lcore);
	assert_int_equal(fake.rx_calls, 0);
}

/* The tables of stalls and of gaps are about the same times. */
static void
a_gap_is_a_stall(void **state)
{
	struct rte_aether_partition_noise_stats stats;

	(void)state;
	rte_aether_partition_noise_forget();
	lcore.noise_us = 1;
	lcore.stall.threshold = 1000;
	fake.away_every = 30;
	control.drain_quiet = 0;
	fwd_lcore_run(&lcore);
	assert_int_equal(lcore.stall.count, 3);
	assert_int_equal(rte_aether_partition_noise_stats(&stats, 1), 1);
	assert_int_equal(stats.gaps, 3);
	rte_aether_partition_noise_forget();
}

/* The cost is measured beside the housekeeping, and gaps are looked for half of the time. */
static void
slices_and_housekeeping(void **state)
{
	static struct fwd_cost cost = { .slice = 60 };
	struct rte_aether_partition_noise_stats stats;

	(void)state;
	rte_aether_partition_noise_forget();
	lcore.noise_us = 1;
	lcore.cost = &cost;
	lcore.housekeep_every = 100;
	lcore.stall.threshold = 1000;
	stop_after = 20;
	stream.burst = 1;
	fake.rx_left = UINT32_MAX;
	stop_with = FWD_STOP_DURATION;
	fwd_lcore_run(&lcore);
	assert_int_equal(housekeeps, 20);
	/* Two housekeepings are 100 cycles apart, and a turn more at most. */
	assert_in_range(lcore.end_tsc - lcore.start_tsc, 1900, 2000);
	assert_in_range(cost.slices, (lcore.end_tsc - lcore.start_tsc) / 63,
			(lcore.end_tsc - lcore.start_tsc) / 60);
	assert_int_equal(cost.nb_pairs, cost.slices / 2);
	assert_int_equal(rte_aether_partition_noise_stats(&stats, 1), 1);
	assert_int_equal(stats.gaps, 0);
	rte_aether_partition_noise_forget();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(everything_is_forwarded_in_order, set_up),
		cmocka_unit_test_setup(a_full_ring_holds_rx_back, set_up),
		cmocka_unit_test_setup(retry_zero_drops_at_once, set_up),
		cmocka_unit_test_setup(retries_are_limited, set_up),
		cmocka_unit_test_setup(a_dead_ring_ends_in_counted_drops, set_up),
		cmocka_unit_test_setup(a_second_signal_does_not_wait, set_up),
		cmocka_unit_test_setup(a_signal_drains_an_endless_source_for_its_bound, set_up),
		cmocka_unit_test_setup(packet_limit_stops_within_a_burst, set_up),
		cmocka_unit_test_setup(a_limit_still_sends_what_waits, set_up),
		cmocka_unit_test_setup(the_first_reason_stays, set_up),
		cmocka_unit_test_setup(a_stop_before_the_go_polls_nothing, set_up),
		cmocka_unit_test_setup(a_gap_is_a_stall, set_up),
		cmocka_unit_test_setup(slices_and_housekeeping, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
