/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The life of a port, over and over, with everything that can go wrong on the way: bad devargs,
 * missing files, no memory, and firmware that refuses each command in turn. Whatever happens, the
 * answer is an error with a message, and nothing is left behind.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "port_util.h"

#define ROUNDS	40	/* unless the first argument is another number */

static uint32_t rounds = ROUNDS;
#define PORT	"net_aether0"

/** One frame out and, over the loop, in again. */
static void
exchange(uint16_t port, uint32_t seed)
{
	struct rte_ether_addr own;
	struct rte_mbuf *m;

	assert_int_equal(rte_eth_macaddr_get(port, &own), 0);
	assert_true(test_send(port, test_frame(&own, 60 + seed % 1400, seed)));
	m = test_receive(port, TEST_COMES_MS);
	assert_non_null(m);
	assert_true(test_is_frame(m, 60 + seed % 1400, seed));
	rte_pktmbuf_free(m);
}

static void
whole_life(uint32_t round)
{
	const int port = test_plug(PORT, "wire=loop");

	assert_true(port >= 0);
	assert_int_equal(test_start(port, &(struct test_port_conf){0}), 0);
	assert_true(test_wait_link(port, true));
	exchange(port, round);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	/* An application may close the port, or leave it to the removal of the device. */
	if (round % 2 == 0)
		assert_int_equal(rte_eth_dev_close(port), 0);
	test_unplug(PORT);
}

static void
test_probe_many_times(void **state)
{
	struct test_resources first;
	uint32_t i;

	(void)state;
	whole_life(0);
	test_resources_get(&first);
	for (i = 1; i <= rounds; i++) {
		whole_life(i);
		test_resources_same(&first);
	}
}

static void
test_start_many_times(void **state)
{
	struct test_resources before, first;
	uint32_t i;
	int port;

	(void)state;
	test_resources_get(&before);
	port = test_plug(PORT, "wire=loop");
	assert_true(port >= 0);
	for (i = 0; i < rounds; i++) {
		assert_int_equal(test_start(port, &(struct test_port_conf){
				 .n_desc = i % 3 == 0 ? 64 : 1024 }), 0);
		exchange(port, i);
		/* With packets in the rings of both directions. */
		test_send(port, test_frame(&(struct rte_ether_addr){ .addr_bytes = { 2 } }, 64, i));
		assert_int_equal(rte_eth_dev_stop(port), 0);
		if (i == 0)
			test_resources_get(&first);
		else if (i % 3 == 0)
			test_resources_same(&first);
	}
	assert_int_equal(rte_eth_dev_close(port), 0);
	test_unplug(PORT);
	test_resources_same(&before);
}

/** More queues of one kind than of the other, and in between as many as come. */
static void
test_start_many_queues(void **state)
{
	struct test_resources before, first, now;
	uint32_t i;
	int port;

	(void)state;
	test_resources_get(&before);
	port = test_plug(PORT, "wire=loop");
	assert_true(port >= 0);
	for (i = 0; i < rounds / 4; i++) {
		const bool same = i % 2 == 0;

		assert_int_equal(test_start(port, &(struct test_port_conf){ .n_desc = 64,
				 .n_rx = same ? 3 : 1 + i % 9, .n_tx = same ? 11 : 1 + i % 17,
				 .rx_intr = same || i % 3 == 0 }), 0);
		exchange(port, i);
		test_send(port, test_frame(&(struct rte_ether_addr){ .addr_bytes = { 2 } }, 64, i));
		if (i % 5 == 0)
			assert_int_equal(rte_eth_dev_tx_queue_stop(port, 0), 0);
		if (i % 7 == 0)
			assert_int_equal(rte_eth_dev_rx_queue_stop(port, 0), 0);
		assert_int_equal(rte_eth_dev_stop(port), 0);
		/* Of the heap, what a queue takes depends on what was there before. */
		test_resources_get(&now);
		if (i == 0)
			first = now;
		assert_int_equal(now.mbufs, first.mbufs);
		assert_int_equal(now.fds, first.fds);
		if (same)
			assert_int_equal(now.memzones, first.memzones);
	}
	assert_int_equal(rte_eth_dev_close(port), 0);
	test_unplug(PORT);
	test_resources_same(&before);
}

/* ---------------------------------------------------------------- devargs ------------------- */

static char capture_path[64];

/** A capture whose last packet is cut off. */
static int
make_truncated_capture(void **state)
{
	static const uint8_t capture[] = {
		0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 0, 1, 2, 3, 4,
	};
	FILE *file;

	(void)state;
	snprintf(capture_path, sizeof(capture_path), "truncated_%d.pcap", (int)getpid());
	file = fopen(capture_path, "wb");
	if (file == NULL || fwrite(capture, sizeof(capture), 1, file) != 1)
		return -1;
	return fclose(file);
}

static int
remove_truncated_capture(void **state)
{
	(void)state;
	return unlink(capture_path);
}

/** The device does not come up, the message has all words, and nothing is left. */
static void
refused(const char *args, const char *word1, const char *word2)
{
	struct test_resources before;
	const char *log;
	int port;

	test_resources_get(&before);
	port = test_plug(PORT, args);
	log = test_log();
	if (port >= 0)
		fail_msg("'%s' was accepted", args);
	if (strstr(log, word1) == NULL || strstr(log, word2) == NULL)
		fail_msg("'%s' or '%s' is not in the message for '%s':\n%s", word1, word2, args,
			 log);
	test_resources_same(&before);
}

static void
test_bad_devargs(void **state)
{
	char args[128];

	(void)state;
	refused("wires=loop", "'wires' is unknown", "speed=");
	refused("wire=loop,wire=loop", "wire is given twice", "once");
	refused("wire=tin-can", "tin-can", "accepted");
	refused("wire=gen:size=63", "63", "64");
	refused("wire=gen:speed=1", "speed", "gen");
	refused("wire=cable", "cable", "name");
	refused("wire=pcap:in=/nonexistent.pcap", "/nonexistent.pcap", "No such file");
	snprintf(args, sizeof(args), "wire=pcap:in=%s", capture_path);
	refused(args, capture_path, "truncated");
	refused("wire=pcap:out=/nonexistent/out.pcap", "/nonexistent/out.pcap", "No such file");
	refused("speed=42", "speed=42", "100000");
	refused("mac=03:00:00:00:00:00", "03:00:00:00:00:00", "unicast");
	refused("cpu=4096", "CPU 4096", "not probed");
	refused("fault=no-such-fault", "no-such-fault", "reset-stuck");
	refused("fault=aq:0x0001", "aq:0x0001", "aq:<opcode>:<rc>");
	refused("bdf=ffff:ff:1f.7", "no PCI function ffff:ff:1f.7", "lspci -D");
	refused("vfio-user=/run/x", "no server there", "/run/x");
	refused("safe-mode=2", "safe-mode=2", "accepted: 1");
	refused("ddp=some", "ddp=some", "preloaded");
	refused("ddp=none,ddp_pkg_file=/nonexistent.pkg", "/nonexistent.pkg: is not there",
		"not probed");
}

static void
test_cable_end_taken(void **state)
{
	struct test_resources before;

	(void)state;
	test_resources_get(&before);
	assert_true(test_plug("net_aether1", "wire=cable:x") >= 0);
	assert_true(test_plug("net_aether2", "wire=cable:x") >= 0);
	assert_true(test_plug("net_aether3", "wire=cable:x") < 0);
	assert_non_null(strstr(test_log(), "x"));
	test_unplug("net_aether1");
	test_unplug("net_aether2");
	test_resources_same(&before);
}

/* ---------------------------------------------------------------- memory -------------------- */

/** All of EAL's heap in one hand. */
static unsigned int
hoard_heap(void **pieces, unsigned int max)
{
	size_t size = 64 << 20;
	unsigned int n = 0;

	while (size >= 64 && n < max) {
		pieces[n] = rte_malloc(NULL, size, 0);
		if (pieces[n] != NULL)
			n++;
		else
			size /= 2;
	}
	return n;
}

static void
test_no_memory_to_probe(void **state)
{
	static void *pieces[4096];
	struct test_resources before;
	unsigned int n, i;
	int port;

	(void)state;
	test_resources_get(&before);
	n = hoard_heap(pieces, RTE_DIM(pieces));
	assert_in_range(n, 1, RTE_DIM(pieces) - 1);
	/* Give back so much that each allocation of a probe once is the first to fail. */
	for (i = n; i-- > 0;) {
		port = test_plug(PORT, "wire=loop");
		if (port >= 0)
			break;
		assert_non_null(strstr(test_log(), "net_aether"));
		rte_free(pieces[i]);
	}
	assert_true(port >= 0);
	while (i-- > 0)
		rte_free(pieces[i]);
	test_unplug(PORT);
	for (i = 0; i < n; i++)
		pieces[i] = NULL;
}

static void
test_no_mbufs_to_start(void **state)
{
	struct rte_mbuf *hoard[4095];
	struct test_resources before;
	unsigned int n = 0;
	int port;

	(void)state;
	port = test_plug(PORT, "wire=loop");
	assert_true(port >= 0);
	/* Queues and their rings exist from now on. */
	assert_int_equal(test_start(port, &(struct test_port_conf){0}), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	while (n < RTE_DIM(hoard) - 100 && (hoard[n] = rte_pktmbuf_alloc(test_pool)) != NULL)
		n++;
	test_resources_get(&before);
	test_log();
	assert_int_equal(rte_eth_dev_start(port), -ENOMEM);
	assert_non_null(strstr(test_log(), "test_pool"));
	test_resources_same(&before);
	rte_pktmbuf_free_bulk(hoard, n);
	assert_int_equal(rte_eth_dev_start(port), 0);
	exchange(port, 1);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	test_unplug(PORT);
}

/* ---------------------------------------------------------------- firmware ------------------ */

/**
 * A life with faults: every call may fail, and what can be called after a failure is.
 *
 * @return the first error, 0 when all went well
 */
static int
life_with(const char *faults)
{
	struct test_resources before;
	struct rte_ether_addr addr = { .addr_bytes = { 2, 0, 0, 0, 0, 9 } };
	char args[128];
	int port, ret, err;

	test_resources_get(&before);
	snprintf(args, sizeof(args), "wire=loop,fault=%s", faults);
	port = test_plug(PORT, args);
	if (port < 0) {
		assert_non_null(strstr(test_log(), "net_aether0: not probed"));
		test_resources_same(&before);
		return port;
	}
	/* Rx queues with interrupts, and Tx queues of more than one group of the scheduler. */
	ret = test_start(port, &(struct test_port_conf){
			 .n_desc = 64, .n_rx = 3, .n_tx = 9, .rx_intr = true,
			 .rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP });
	if (ret == 0) {
		/* A queue by itself. */
		ret = rte_eth_dev_tx_queue_stop(port, 8);
		if (ret == 0)
			ret = rte_eth_dev_tx_queue_start(port, 8);
	}
	if (ret == 0) {
		ret = rte_eth_dev_mac_addr_add(port, &addr, 0);
		err = rte_eth_promiscuous_enable(port);
		ret = ret != 0 ? ret : err;
		err = rte_eth_allmulticast_enable(port);
		ret = ret != 0 ? ret : err;
		err = rte_eth_dev_set_link_down(port);
		ret = ret != 0 ? ret : err;
		assert_int_equal(rte_eth_dev_stop(port), 0);
	}
	/* A second start takes up whatever the first has left. */
	err = rte_eth_dev_start(port);
	ret = ret != 0 ? ret : err;
	if (err == 0) {
		if (test_wait_link(port, true))
			exchange(port, 5);
		assert_int_equal(rte_eth_dev_stop(port), 0);
	}
	err = rte_eth_dev_close(port);
	ret = ret != 0 ? ret : err;
	test_unplug(PORT);
	test_resources_same(&before);
	return ret;
}

static void
test_each_command_refused(void **state)
{
	unsigned int n, failed = 0, in_row = 0;
	char fault[32];

	(void)state;
	/* Until commands are refused that are never sent: then 20 lives in a row go well. */
	for (n = 0; n < 400 && in_row < 20; n++) {
		snprintf(fault, sizeof(fault), "aq:nth:%u:12", n);	/* EBUSY */
		if (life_with(fault) != 0) {
			failed++;
			in_row = 0;
		} else {
			in_row++;
		}
	}
	print_message("%u of %u commands refused were errors to the application\n", failed, n);
	assert_true(n < 400);
	assert_true(failed >= 30);
}

static void
test_each_opcode_refused(void **state)
{
	static const unsigned int opcodes[] = {
		0x0001, 0x0002, 0x0008, 0x000a, 0x0107, 0x0200, 0x0210, 0x02a0, 0x0400, 0x0401,
		0x0412, 0x0600, 0x0601, 0x0603, 0x0607, 0x0701, 0x0c30,
	};
	char fault[32];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(opcodes); i++) {
		snprintf(fault, sizeof(fault), "aq:0x%04x:14", opcodes[i]);	/* EINVAL */
		if (life_with(fault) == 0)
			fail_msg("opcode 0x%04x was refused and nobody noticed", opcodes[i]);
	}
	/* What undoes things may fail without anybody's caring. */
	life_with("aq:0x0003:14");
	life_with("aq:0x0213:14");
	life_with("aq:0x02a2:14");
	life_with("aq:0x040f:14");
	life_with("aq:0x0c31:14");
	life_with("aq:0x0213:14;aq:0x0c31:14;aq:0x02a2:14");
}

static void
test_commands_not_answered(void **state)
{
	(void)state;
	assert_true(life_with("aq-timeout:0x0001") < 0);
	assert_true(life_with("aq-timeout:0x0210") < 0);
	assert_true(life_with("aq-timeout:0x0c30") < 0);
	life_with("aq-timeout:0x0c31");
}

static void
test_reset_stuck(void **state)
{
	(void)state;
	assert_true(life_with("reset-stuck") < 0);
}

static void
test_link_stays_down(void **state)
{
	struct rte_eth_link link;
	int port;

	(void)state;
	port = test_plug(PORT, "wire=loop,fault=link-down");
	assert_true(port >= 0);
	assert_int_equal(test_start(port, &(struct test_port_conf){0}), 0);
	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_DOWN);
	assert_int_equal(link.link_speed, RTE_ETH_SPEED_NUM_NONE);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	test_unplug(PORT);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe_many_times),
		cmocka_unit_test(test_start_many_times),
		cmocka_unit_test(test_start_many_queues),
		cmocka_unit_test_setup_teardown(test_bad_devargs, make_truncated_capture,
						remove_truncated_capture),
		cmocka_unit_test(test_cable_end_taken),
		cmocka_unit_test(test_no_memory_to_probe),
		cmocka_unit_test(test_no_mbufs_to_start),
		cmocka_unit_test(test_each_command_refused),
		cmocka_unit_test(test_each_opcode_refused),
		cmocka_unit_test(test_commands_not_answered),
		cmocka_unit_test(test_reset_stuck),
		cmocka_unit_test(test_link_stays_down),
	};

	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, test_group_setup, test_group_teardown);
}
