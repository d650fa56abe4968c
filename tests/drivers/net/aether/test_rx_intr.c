/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Receive queue interrupts, used as power-saving applications do: sleep in rte_epoll_wait(), be
 * woken by a packet, poll until nothing more comes, arm again, sleep.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>

#include <rte_pmd_aether.h>

#include "port_util.h"

#define INTERVAL_US	20	/* that the driver keeps between two interrupts of a queue */

static uint16_t port;
static struct rte_ether_addr own;

static int
setup(void **state)
{
	(void)state;
	port = test_port_plug("wire=loop:lossless", &own);
	return 0;
}

static void *
idle_thread(void *arg)
{
	return arg;
}

/** The first port of a process, the first thread beside its own, and a thread's first epoll leave
 * things that stay. */
static int
group_setup(void **state)
{
	struct rte_epoll_event event;
	pthread_t thread;

	if (test_group_setup(state) != 0 || test_plug(TEST_PORT, "") < 0)
		return -1;
	if (pthread_create(&thread, NULL, idle_thread, NULL) != 0 ||
	    pthread_join(thread, NULL) != 0)
		return -1;
	test_unplug(TEST_PORT);
	rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 0);
	return 0;
}

static void
watch(uint16_t queue, bool on)
{
	assert_int_equal(rte_eth_dev_rx_intr_ctl_q(port, queue, RTE_EPOLL_PER_THREAD,
				on ? RTE_INTR_EVENT_ADD : RTE_INTR_EVENT_DEL,
				(void *)(uintptr_t)(100 + queue)), 0);
}

static void
start(uint16_t n_rx, bool lsc)
{
	const struct test_port_conf conf = {
		.n_rx = n_rx, .n_tx = 2, .rx_intr = true, .lsc = lsc,
	};
	uint16_t q;

	assert_int_equal(test_start(port, &conf), 0);
	assert_true(test_wait_link(port, true));
	for (q = 0; q < n_rx; q++)
		watch(q, true);
}

/** @return the queue that woke, -1 when none did in so many ms */
static int
sleep_for(int ms)
{
	struct rte_epoll_event event;
	int n = rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, ms);

	assert_in_range(n, 0, 1);
	return n == 0 ? -1 : (int)(uintptr_t)event.epdata.data - 100;
}

static void
arm(uint16_t queue)
{
	assert_int_equal(rte_eth_dev_rx_intr_enable(port, queue), 0);
}

static void
disarm(uint16_t queue)
{
	assert_int_equal(rte_eth_dev_rx_intr_disable(port, queue), 0);
}

/** Free all that queue 0 has. @return how many packets */
static unsigned int
drain(void)
{
	struct rte_mbuf *pkts[32];
	unsigned int total = 0;
	uint16_t n;

	while ((n = rte_eth_rx_burst(port, 0, pkts, RTE_DIM(pkts))) != 0) {
		rte_pktmbuf_free_bulk(pkts, n);
		total += n;
	}
	return total;
}

static void
send_frames(unsigned int n)
{
	while (n-- > 0) {
		while (!test_send(port, test_frame(&own, 64, n)))
			rte_delay_us_sleep(50);
	}
}

/** Until the device has put so many into the ring: it may wait for a CPU. */
static void
wait_received(unsigned int n)
{
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * TEST_COMES_MS;

	while (rte_eth_rx_descriptor_status(port, 0, n - 1) != RTE_ETH_RX_DESC_DONE) {
		assert_true(rte_rdtsc() < end);
		rte_delay_us_sleep(50);
	}
}

static void
test_refused(void **state)
{
	struct rte_eth_conf conf = { .rxmode.mtu = 1500, .intr_conf.rxq = 1 };

	(void)state;
	/* 257 vectors: one for events, one for Tx. */
	assert_int_equal(rte_eth_dev_configure(port, 256, 1, &conf), -ENOSPC);
	assert_non_null(strstr(test_log(), "at most 255 receive queues"));
	assert_int_equal(rte_eth_dev_configure(port, 255, 1, &conf), 0);
	/* Without having been asked for they are not there. */
	assert_int_equal(test_start(port, &(struct test_port_conf){0}), 0);
	assert_int_equal(rte_eth_dev_rx_intr_enable(port, 0), -ENOTSUP);
	assert_int_equal(rte_eth_dev_rx_intr_disable(port, 0), -ENOTSUP);
	assert_true(rte_eth_dev_rx_intr_ctl_q(port, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
					      NULL) < 0);
}

static void
test_wake(void **state)
{
	(void)state;
	start(1, false);
	/* Not armed: no packet wakes anybody, and polling works. */
	send_frames(3);
	wait_received(3);
	assert_int_equal(sleep_for(20), -1);
	assert_int_equal(drain(), 3);
	/* What came before the arming has been polled, but the device cannot know: one wake. */
	arm(0);
	assert_int_equal(sleep_for(5000), 0);
	assert_int_equal(drain(), 0);
	/* From now on there is none without a packet. */
	arm(0);
	assert_int_equal(sleep_for(50), -1);
	send_frames(1);
	assert_int_equal(sleep_for(5000), 0);
	/* Off until it is armed again. */
	send_frames(5);
	wait_received(6);
	assert_int_equal(sleep_for(20), -1);
	disarm(0);
	assert_int_equal(drain(), 6);
	/* A packet between the last poll and the arming is not slept over. */
	send_frames(1);
	wait_received(1);
	arm(0);
	assert_int_equal(sleep_for(5000), 0);
	assert_int_equal(drain(), 1);
	/* Completions of Tx alone wake nobody: these come back to no queue. */
	arm(0);
	assert_true(test_send(port, test_frame(&(struct rte_ether_addr){ .addr_bytes = { 2 } }, 64,
					       0)));
	assert_int_equal(sleep_for(20), -1);
	watch(0, false);
}

static void
test_several_queues(void **state)
{
	uint16_t q;

	(void)state;
	start(5, false);
	/* Frames that no profile hashes go to the first queue; only its vector wakes. */
	for (q = 0; q < 5; q++)
		arm(q);
	send_frames(1);
	assert_int_equal(sleep_for(5000), 0);
	assert_int_equal(sleep_for(20), -1);
	assert_int_equal(drain(), 1);
	assert_true(rte_eth_dev_rx_intr_ctl_q_get_fd(port, 4) >= 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	/* Fewer queues, then none that interrupts; nothing of before is left. */
	start(2, false);
	arm(0);
	send_frames(1);
	assert_int_equal(sleep_for(5000), 0);
	assert_int_equal(drain(), 1);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(test_start(port, &(struct test_port_conf){ .n_rx = 5 }), 0);
	send_frames(1);
	assert_int_equal(sleep_for(20), -1);
	assert_int_equal(drain(), 1);
}

#define BURSTS	300

static void *
sender(void *arg)
{
	unsigned int *sent = arg;
	unsigned int i, n;

	srand(7);
	for (i = 0; i < BURSTS; i++) {
		n = 1 + rand() % 20;
		send_frames(n);
		*sent += n;
		rte_delay_us_sleep(rand() % 2000);
	}
	return NULL;
}

/** Bursts at random times: all are received, by few wakes. */
static void
test_sleeper(void **state)
{
	unsigned int sent = 0, received = 0, wakes = 0;
	uint64_t interrupts;
	pthread_t thread;

	(void)state;
	start(1, false);
	interrupts = test_xstat(port, "model_interrupts");
	assert_int_equal(pthread_create(&thread, NULL, sender, &sent), 0);
	do {
		arm(0);
		if (sleep_for(2000) < 0)
			break;
		wakes++;
		disarm(0);
		received += drain();
	} while (wakes < 100000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	received += drain();
	interrupts = test_xstat(port, "model_interrupts") - interrupts;
	print_message("%u packets in %u bursts: %u wakes, %u interrupts\n", sent, BURSTS, wakes,
		      (unsigned int)interrupts);
	assert_int_equal(received, sent);
	assert_int_equal(interrupts, wakes);
	/* One a packet at most: none without. */
	assert_in_range(wakes, 1, sent);
}

/** An application that arms at once after each wake still has a pause between two interrupts. */
static void
test_moderation(void **state)
{
	unsigned int wakes = 0, sent = 0, received = 0;
	uint64_t begin, us;

	(void)state;
	start(1, false);
	begin = rte_rdtsc();
	arm(0);
	while (sent < 20000) {
		struct rte_mbuf *m = test_frame(&own, 64, sent);

		if (test_send(port, m))
			sent++;
		if (sleep_for(0) == 0) {
			wakes++;
			arm(0);
		}
		received += drain();
	}
	while (received < sent && sleep_for(2000) == 0) {
		wakes++;
		arm(0);
		received += drain();
	}
	us = (rte_rdtsc() - begin) * US_PER_S / rte_get_tsc_hz();
	print_message("%u packets in %u us: %u wakes\n", sent, (unsigned int)us, wakes);
	assert_int_equal(received, sent);
	assert_in_range(wakes, 1, us / INTERVAL_US + 1);
}

/* ---------------------------------------------------------------- beside others ------------- */

static volatile unsigned int link_events;

static int
on_link(uint16_t id, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)id;
	(void)type;
	(void)arg;
	(void)ret;
	link_events++;
	return 0;
}

static bool
wait_link_events(unsigned int n)
{
	unsigned int ms;

	for (ms = 0; ms < 2000 && link_events < n; ms++)
		rte_delay_us_sleep(1000);
	return link_events == n;
}

static void
test_with_link_events(void **state)
{
	(void)state;
	assert_int_equal(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_link,
						       NULL), 0);
	start(3, true);
	rte_delay_us_sleep(20000);
	link_events = 0;
	arm(0);
	assert_int_equal(rte_pmd_aether_link_set(port, false), 0);
	assert_true(wait_link_events(1));
	/* That was vector 0's: no receiver woke. */
	assert_int_equal(sleep_for(20), -1);
	assert_int_equal(rte_pmd_aether_link_set(port, true), 0);
	assert_true(wait_link_events(2));
	assert_true(test_wait_link(port, true));
	send_frames(1);
	assert_int_equal(sleep_for(5000), 0);
	assert_int_equal(drain(), 1);
	assert_int_equal(link_events, 2);
	assert_int_equal(rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_LSC, on_link,
							 NULL), 0);
}

/** After a reset of the port eventfds are there again and as many as before. */
static void
test_restarts(void **state)
{
	struct test_resources first, now;
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		start(1 + i % 4, i % 2 != 0);
		arm(0);
		send_frames(1);
		assert_int_equal(sleep_for(5000), 0);
		assert_int_equal(drain(), 1);
		if (i % 3 == 0)
			assert_int_equal(rte_eth_dev_reset(port), 0);
		else
			assert_int_equal(rte_eth_dev_stop(port), 0);
		test_resources_get(i == 0 ? &first : &now);
		if (i > 0)
			assert_int_equal(now.fds, first.fds);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, test_port_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_refused),
		TEST(test_wake),
		TEST(test_several_queues),
		TEST(test_sleeper),
		TEST(test_moderation),
		TEST(test_with_link_events),
		TEST(test_restarts),
	};

	return cmocka_run_group_tests(tests, group_setup, test_group_teardown);
}
