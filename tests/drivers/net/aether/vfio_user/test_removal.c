/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Ports on aether-model in another process, which is killed: the application is told in time and
 * once, goes on, gets every buffer back, and has a port again when there is a server again.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_malloc.h>

#include "port_util.h"

#define RMV_MS		1000	/* for the event to come */
#define AT_ONCE_MS	1000	/* for what must not wait for a device that is gone */
#define STORM_ROUNDS	12

static char folder[] = "/tmp/aether_removal_XXXXXX";
static char socket_path[64], args[128];
static pid_t server;
static struct test_resources before;

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---------------------------------------------------------------- the server ---------------- */

static bool
is_listening(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool listening;

	assert_true(fd >= 0);
	strcpy(address.sun_path, socket_path);
	listening = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return listening;
}

static void
server_start(void)
{
	char program[256], device[128], prefix[64], log[96];
	const uint64_t start = now_ms();

	snprintf(program, sizeof(program), "%s/aether-model", getenv("AETHER_BUILD"));
	snprintf(device, sizeof(device), "name=p0,socket=%s,ddp=preloaded", socket_path);
	snprintf(prefix, sizeof(prefix), "aether_removal_model_%d", (int)getpid());
	snprintf(log, sizeof(log), "%s/log", folder);
	fflush(NULL);
	server = fork();
	assert_true(server >= 0);
	if (server == 0) {
		/* What is killed has no record to write. */
		unsetenv("AETHER_MODEL_COVERAGE");
		if (freopen(log, "a", stdout) == NULL || dup2(1, 2) < 0)
			_exit(126);
		execl(program, program, "--file-prefix", prefix, "--device", device, NULL);
		_exit(127);
	}
	while (!is_listening()) {
		if (waitpid(server, NULL, WNOHANG) != 0 || now_ms() - start > 30000)
			fail_msg("aether-model does not listen; see %s", log);
		rte_delay_us_sleep(10000);
	}
}

static void
server_kill(void)
{
	const pid_t pid = server;

	if (pid <= 0)
		return;
	/* What the event does may start another one. */
	server = 0;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---------------------------------------------------------------- the event ----------------- */

static uint32_t events;			/* atomic */
static uint64_t event_ms;		/* of the last, before it was counted */
static bool close_in_event, attach_in_event;

static void attach_again(void);

static int
on_removal(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)arg;
	(void)ret;
	assert_int_equal(type, RTE_ETH_EVENT_INTR_RMV);
	event_ms = now_ms();
	if (close_in_event) {
		assert_int_equal(rte_eth_dev_stop(port), 0);
		assert_int_equal(rte_eth_dev_close(port), 0);
	}
	if (attach_in_event) {
		attach_in_event = false;
		attach_again();
	}
	__atomic_fetch_add(&events, 1, __ATOMIC_RELEASE);
	return 0;
}

static uint32_t
events_seen(void)
{
	return __atomic_load_n(&events, __ATOMIC_ACQUIRE);
}

static void
wait_event(void)
{
	const uint64_t start = now_ms();

	while (events_seen() == 0) {
		if (now_ms() - start > 10 * RMV_MS)
			fail_msg("there was no event");
		rte_delay_us_sleep(1000);
	}
}

/* ---------------------------------------------------------------- ports --------------------- */

static int
plug_started(bool rmv)
{
	struct rte_eth_conf conf = { .intr_conf.rmv = rmv };
	const int port = test_plug(TEST_PORT, args);

	if (port < 0)
		return port;
	assert_int_equal(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_RMV, on_removal,
						       NULL), 0);
	if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
	    rte_eth_rx_queue_setup(port, 0, 256, SOCKET_ID_ANY, NULL, test_pool) != 0 ||
	    rte_eth_tx_queue_setup(port, 0, 256, SOCKET_ID_ANY, NULL) != 0 ||
	    rte_eth_dev_start(port) != 0)
		return -EIO;
	return port;
}

/** In the event: descriptors of the new port have the numbers of the old one's. */
static void
attach_again(void)
{
	test_unplug(TEST_PORT);
	server_start();
	assert_true(plug_started(true) >= 0);
}

/** Packets that go round. */
struct load {
	pthread_t thread;
	uint16_t port;
	uint32_t stop;			/* atomic */
	uint64_t received;		/* atomic */
};

static void *
forward(void *arg)
{
	struct rte_mbuf *pkts[32];
	struct load *load = arg;
	uint16_t n, sent;

	while (!__atomic_load_n(&load->stop, __ATOMIC_RELAXED)) {
		n = rte_eth_rx_burst(load->port, 0, pkts, RTE_DIM(pkts));
		sent = rte_eth_tx_burst(load->port, 0, pkts, n);
		rte_pktmbuf_free_bulk(pkts + sent, n - sent);
		__atomic_fetch_add(&load->received, n, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void
load_start(struct load *load, uint16_t port)
{
	struct rte_ether_addr own;
	unsigned int i;

	*load = (struct load){ .port = port };
	if (rte_eth_macaddr_get(port, &own) != 0)
		fail_msg("no address");
	for (i = 0; i < 128; i++)
		test_send(port, test_frame(&own, 60, i));
	assert_int_equal(pthread_create(&load->thread, NULL, forward, load), 0);
}

static void
load_wait(struct load *load, uint64_t n)
{
	const uint64_t start = now_ms();

	while (__atomic_load_n(&load->received, __ATOMIC_RELAXED) < n) {
		if (now_ms() - start > 20000)
			fail_msg("%lu packets in 20 s", (unsigned long)load->received);
		rte_delay_us_sleep(1000);
	}
}

static void
load_stop(struct load *load)
{
	__atomic_store_n(&load->stop, 1, __ATOMIC_RELAXED);
	pthread_join(load->thread, NULL);
}

/** Bursts and operations on a port without a device. */
static void
check_lifeless(uint16_t port)
{
	struct rte_ether_addr own;
	struct rte_mbuf *m;
	struct rte_eth_stats stats;
	struct rte_eth_link link;
	const uint64_t start = now_ms();
	unsigned int i;

	assert_int_equal(rte_eth_dev_is_removed(port), 1);
	assert_int_equal(rte_eth_macaddr_get(port, &own), 0);
	for (i = 0; i < 100; i++) {
		assert_int_equal(rte_eth_rx_burst(port, 0, &m, 1), 0);
		assert_false(test_send(port, test_frame(&own, 60, i)));
	}
	/* The counters that were read last are there, and those alone. */
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_true(stats.ipackets < UINT32_MAX && stats.opackets < UINT32_MAX);
	assert_int_equal(rte_eth_link_get(port, &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_DOWN);
	assert_int_equal(rte_eth_promiscuous_enable(port), -EIO);
	assert_true(now_ms() - start < AT_ONCE_MS);
}

static void
unplug_at_once(void)
{
	const uint64_t start = now_ms();

	test_unplug(TEST_PORT);
	assert_true(now_ms() - start < AT_ONCE_MS);
	test_resources_same(&before);
}

/* ---------------------------------------------------------------- tests --------------------- */

static void
test_killed_under_load(void **state)
{
	struct load load;
	uint64_t killed;
	int port, round;

	(void)state;
	for (round = 0; round < 3; round++) {
		events = 0;
		port = plug_started(true);
		assert_true(port >= 0);
		load_start(&load, port);
		load_wait(&load, 20000);
		assert_int_equal(events_seen(), 0);
		assert_int_equal(rte_eth_dev_is_removed(port), 0);

		killed = now_ms();
		server_kill();
		wait_event();
		printf("killed under load: the event came after %lu ms\n",
		       (unsigned long)(event_ms - killed));
		assert_true(event_ms - killed <= RMV_MS);
		/* Nobody told the lcore. */
		rte_delay_us_sleep(100000);
		load_stop(&load);
		check_lifeless(port);
		killed = now_ms();
		assert_int_equal(rte_eth_dev_stop(port), 0);
		assert_true(now_ms() - killed < AT_ONCE_MS);
		assert_int_equal(rte_mempool_avail_count(test_pool), before.mbufs);
		/* Not without a device. */
		assert_int_equal(rte_eth_dev_start(port), -EIO);
		assert_int_equal(events_seen(), 1);
		unplug_at_once();

		/* There is none to attach to; then there is. */
		assert_true(test_plug(TEST_PORT, args) < 0);
		assert_non_null(strstr(test_log(), "no server there"));
		server_start();
	}
	port = plug_started(true);
	assert_true(port >= 0);
	load_start(&load, port);
	load_wait(&load, 20000);
	load_stop(&load);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	unplug_at_once();
}

/** As the event is delivered: on the thread that would have to be waited for. */
static void
test_closed_in_event(void **state)
{
	(void)state;
	assert_true(plug_started(true) >= 0);
	close_in_event = true;
	server_kill();
	wait_event();
	close_in_event = false;
	unplug_at_once();
	assert_int_equal(events_seen(), 1);
}

/** As the event is delivered: what EAL has from the old port does not reach the new one. */
static void
test_attached_in_event(void **state)
{
	uint16_t port;

	(void)state;
	assert_true(plug_started(true) >= 0);
	close_in_event = true;
	attach_in_event = true;
	server_kill();
	wait_event();
	close_in_event = false;
	rte_delay_us_sleep(50000);
	assert_int_equal(events_seen(), 1);
	assert_int_equal(rte_eth_dev_get_port_by_name(TEST_PORT, &port), 0);
	assert_int_equal(rte_eth_dev_is_removed(port), 0);
	/* The one that counts is seen, too. */
	events = 0;
	server_kill();
	wait_event();
	assert_int_equal(rte_eth_dev_is_removed(port), 1);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	unplug_at_once();
}

static void
test_event_not_asked_for(void **state)
{
	const int port = plug_started(false);

	(void)state;
	assert_true(port >= 0);
	server_kill();
	assert_true(test_log_says("the device is gone, or about to go"));
	rte_delay_us_sleep(50000);
	check_lifeless(port);
	assert_int_equal(events_seen(), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	unplug_at_once();
}

/** Before it is configured, and before it is started. */
static void
test_idle_port(void **state)
{
	struct rte_eth_conf conf = { .intr_conf.rmv = 1 };
	int port;

	(void)state;
	port = test_plug(TEST_PORT, args);
	assert_true(port >= 0);
	server_kill();
	assert_true(test_log_says("the device is gone, or about to go"));
	assert_true(rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
		    rte_eth_dev_start(port) != 0);
	unplug_at_once();

	server_start();
	port = plug_started(true);
	assert_true(port >= 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	server_kill();
	wait_event();
	assert_int_equal(rte_eth_dev_start(port), -EIO);
	unplug_at_once();
}

static void *
kill_later(void *arg)
{
	rte_delay_us_sleep(*(unsigned int *)arg);
	server_kill();
	return NULL;
}

/** Whatever the port is about to do. */
static void
test_storm(void **state)
{
	unsigned int round, delay_us;
	struct rte_eth_stats stats;
	pthread_t killer;
	int port, ret;

	(void)state;
	for (round = 0; round < STORM_ROUNDS; round++) {
		events = 0;
		delay_us = round * round * 2500;
		assert_int_equal(pthread_create(&killer, NULL, kill_later, &delay_us), 0);
		port = plug_started(true);
		while (port >= 0 && events_seen() == 0) {
			ret = rte_eth_stats_get(port, &stats);
			assert_true(ret == 0 || ret == -EIO);
			assert_true(stats.ipackets < UINT32_MAX);
			rte_eth_dev_stop(port);
			rte_eth_dev_start(port);
		}
		pthread_join(killer, NULL);
		if (rte_eth_dev_get_port_by_name(TEST_PORT, (uint16_t *)&port) == 0)
			test_unplug(TEST_PORT);
		test_resources_same(&before);
		server_start();
	}
}

/** A server that hangs is found out by who wants something of it, in the time that a reply has. */
static void
test_hanging_server(void **state)
{
	struct rte_eth_stats stats;
	uint64_t start;
	int port;

	(void)state;
	port = plug_started(true);
	assert_true(port >= 0);
	assert_int_equal(kill(server, SIGSTOP), 0);
	rte_delay_us_sleep(500000);
	assert_int_equal(events_seen(), 0);
	start = now_ms();
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_in_range(now_ms() - start, 10000, 12000);
	assert_true(stats.ipackets < UINT32_MAX);
	assert_non_null(strstr(test_log(), "does not answer in 10000 ms"));
	wait_event();
	check_lifeless(port);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	unplug_at_once();
}

/** The server has one client at a time. */
static void
test_second_client(void **state)
{
	(void)state;
	assert_true(plug_started(true) >= 0);
	assert_true(test_plug("net_aether1", args) < 0);
	assert_non_null(strstr(test_log(), "another client"));
	rte_eth_dev_stop(0);
	unplug_at_once();
}

/** Memory without a file cannot be reached from the server's process. */
static void
test_external_memory(void **state)
{
	const size_t len = 1 << 21;
	struct rte_eth_dev_info info;
	void *memory = NULL;
	int port;

	(void)state;
	port = test_plug(TEST_PORT, args);
	assert_true(port >= 0);
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_int_equal(posix_memalign(&memory, len, len), 0);
	assert_int_equal(rte_extmem_register(memory, len, NULL, 0, 4096), 0);
	test_log();
	assert_int_equal(rte_dev_dma_map(info.device, memory, (uintptr_t)memory, len), -1);
	assert_non_null(strstr(test_log(), "external memory cannot be used with this device"));
	assert_int_equal(rte_extmem_unregister(memory, len), 0);
	free(memory);
	unplug_at_once();
}

/** A door that cannot tell does not say that it can. */
static void
test_model_has_no_removal(void **state)
{
	struct rte_eth_conf conf = { .intr_conf.rmv = 1 };
	struct rte_eth_dev_info info;
	int port;

	(void)state;
	port = test_plug(TEST_PORT, "wire=loop");
	assert_true(port >= 0);
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_int_equal(*info.dev_flags & RTE_ETH_DEV_INTR_RMV, 0);
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), -EINVAL);
	assert_int_equal(rte_eth_dev_is_removed(port), 0);
	test_unplug(TEST_PORT);
}

/* ---------------------------------------------------------------- life ---------------------- */

static int
group_setup(void **state)
{
	if (getenv("AETHER_BUILD") == NULL || mkdtemp(folder) == NULL)
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	snprintf(args, sizeof(args), "vfio-user=%s", socket_path);
	return test_group_setup_port(state);
}

static int
group_teardown(void **state)
{
	char path[96];

	unlink(socket_path);
	snprintf(path, sizeof(path), "%s/log", folder);
	unlink(path);
	rmdir(folder);
	return test_group_teardown(state);
}

static int
setup(void **state)
{
	static bool warm;

	(void)state;
	events = 0;
	server_start();
	/* The first port leaves a few things of DPDK's that stay. */
	if (!warm) {
		if (plug_started(true) < 0)
			return -1;
		test_unplug(TEST_PORT);
		warm = true;
	}
	test_resources_get(&before);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	server_kill();
	return 0;
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest slow_tests[] = {
		TEST(test_hanging_server),
	};
	const struct CMUnitTest tests[] = {
		TEST(test_killed_under_load),
		TEST(test_closed_in_event),
		TEST(test_attached_in_event),
		TEST(test_event_not_asked_for),
		TEST(test_idle_port),
		TEST(test_storm),
		TEST(test_second_client),
		TEST(test_external_memory),
		TEST(test_model_has_no_removal),
	};

	if (argc > 1 && strcmp(argv[1], "slow") == 0)
		return cmocka_run_group_tests(slow_tests, group_setup, group_teardown);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
