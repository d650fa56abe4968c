/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Lists of addresses and VLAN ids: who owns a rule, what a refused change leaves behind. That the
 * filters let through what they should, tests/peers/filter_table.py shows. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_dev.h>
#include <rte_mbuf.h>

#include "port_util.h"

static uint16_t port;
static struct rte_ether_addr own;
static const struct rte_ether_addr group_a = { .addr_bytes = { 1, 0, 0x5e, 0, 0, 1 } };
static const struct rte_ether_addr group_b = { .addr_bytes = { 1, 0, 0x5e, 0, 0, 2 } };
static const struct rte_ether_addr other = { .addr_bytes = { 2, 0, 0, 0, 0, 0x42 } };

static void
start(uint64_t rx_offloads)
{
	assert_int_equal(test_start(port, &(struct test_port_conf){ .rx_offloads = rx_offloads }),
			 0);
	assert_true(test_wait_link(port, true));
}

static void
restart(void)
{
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
}

/** A port on a wire that brings back what it sends. */
static int
setup(void **state)
{
	(void)state;
	port = test_port_plug("wire=loop", &own);
	return 0;
}

static struct rte_mbuf *
tagged_frame(const struct rte_ether_addr *dst, uint16_t id)
{
	struct rte_mbuf *m = test_frame(dst, 64, 1);
	rte_be16_t *tag = rte_pktmbuf_mtod_offset(m, rte_be16_t *, 12);

	tag[0] = rte_cpu_to_be_16(0x8100);
	tag[1] = rte_cpu_to_be_16(id);
	return m;
}

/**
 * Which of these frames come back over the loop: bit i for frame i. An own frame without a tag goes
 * last and ends the wait.
 */
static unsigned int
come_back(struct rte_mbuf **frames, unsigned int n)
{
	unsigned int i, bits = 0;
	struct rte_mbuf *m;
	uint8_t number;

	for (i = 0; i < n; i++) {
		*rte_pktmbuf_mtod_offset(frames[i], uint8_t *, 20) = i;
		assert_true(test_send(port, frames[i]));
	}
	m = test_frame(&own, 64, 1);
	*rte_pktmbuf_mtod_offset(m, uint8_t *, 20) = n;
	assert_true(test_send(port, m));
	do {
		m = test_receive(port, TEST_COMES_MS);
		assert_non_null(m);
		number = *rte_pktmbuf_mtod_offset(m, uint8_t *, 20);
		assert_true(number <= n);
		bits |= 1u << number;
		rte_pktmbuf_free(m);
	} while (number != n);
	return bits & ((1u << n) - 1);
}

static bool
received(const struct rte_ether_addr *dst)
{
	struct rte_mbuf *m = test_frame(dst, 64, 1);

	return come_back(&m, 1) == 1;
}

static bool
received_tagged(uint16_t id)
{
	struct rte_mbuf *m = tagged_frame(&own, id);

	return come_back(&m, 1) == 1;
}

static int
set_list(const struct rte_ether_addr *addrs, uint32_t n)
{
	return rte_eth_dev_set_mc_addr_list(port, (struct rte_ether_addr *)(uintptr_t)addrs, n);
}

static int
add_addr(const struct rte_ether_addr *addr)
{
	return rte_eth_dev_mac_addr_add(port, (struct rte_ether_addr *)(uintptr_t)addr, 0);
}

static int
remove_addr(const struct rte_ether_addr *addr)
{
	return rte_eth_dev_mac_addr_remove(port, (struct rte_ether_addr *)(uintptr_t)addr);
}

/* ---------------------------------------------------------------- addresses ----------------- */

/** An address that is in two lists leaves with the second. */
static void
test_two_owners(void **state)
{
	(void)state;
	start(0);
	assert_int_equal(add_addr(&group_a), 0);
	assert_int_equal(set_list(&group_a, 1), 0);
	assert_int_equal(set_list(NULL, 0), 0);
	assert_true(received(&group_a));
	assert_int_equal(set_list(&group_a, 1), 0);
	assert_int_equal(remove_addr(&group_a), 0);
	assert_true(received(&group_a));
	restart();
	assert_true(received(&group_a));
	assert_int_equal(set_list(NULL, 0), 0);
	assert_false(received(&group_a));
}

/** Nobody takes the broadcast address away. */
static void
test_broadcast_stays(void **state)
{
	static const struct rte_ether_addr broadcast = {
		.addr_bytes = { 255, 255, 255, 255, 255, 255 },
	};

	(void)state;
	start(0);
	assert_int_equal(set_list(&broadcast, 1), 0);
	assert_int_equal(set_list(NULL, 0), 0);
	assert_true(received(&broadcast));
	assert_int_equal(add_addr(&broadcast), 0);
	assert_int_equal(remove_addr(&broadcast), 0);
	assert_true(received(&broadcast));
}

/** Changed for good: the old address can be added, and goes again. */
static void
test_old_address_added(void **state)
{
	const struct rte_ether_addr first = own;

	(void)state;
	start(0);
	assert_int_equal(rte_eth_dev_default_mac_addr_set(port,
			 (struct rte_ether_addr *)(uintptr_t)&other), 0);
	own = other;
	assert_false(received(&first));
	assert_int_equal(add_addr(&first), 0);
	assert_true(received(&first));
	restart();
	assert_true(received(&first));
	assert_int_equal(remove_addr(&first), 0);
	assert_false(received(&first));
}

static void
test_list_refused(void **state)
{
	static struct rte_ether_addr many[65];
	struct rte_ether_addr mixed[2] = { group_b, other };
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(many); i++) {
		many[i] = group_b;
		many[i].addr_bytes[5] = 100 + i;
	}
	start(0);
	assert_int_equal(set_list(&group_a, 1), 0);
	assert_int_equal(set_list(many, RTE_DIM(many)), -ENOSPC);
	assert_non_null(strstr(test_log(), "at most 64"));
	assert_int_equal(set_list(mixed, 2), -EINVAL);
	assert_non_null(strstr(test_log(), "no group address"));
	assert_true(received(&group_a));
	assert_false(received(&group_b));
	assert_int_equal(set_list(many, RTE_DIM(many) - 1), 0);
	assert_true(received(&many[0]));
	assert_true(received(&many[63]));
	assert_false(received(&group_a));
}

/** The firmware refuses the second rule of three: the list is as it was. */
static void
test_list_half_refused(void **state)
{
	struct rte_ether_addr three[3] = { group_b, group_b, group_b };
	char args[64];
	uint64_t n;

	(void)state;
	three[1].addr_bytes[5] = 0x33;
	three[2].addr_bytes[5] = 0x34;
	start(0);
	assert_int_equal(set_list(&group_a, 1), 0);
	n = test_xstat(port, "model_aq_commands");
	test_unplug(TEST_PORT);
	snprintf(args, sizeof(args), "wire=loop,fault=aq:nth:%" PRIu64 ":16", n + 2);
	port = test_port_plug(args, &own);
	start(0);
	assert_int_equal(set_list(&group_a, 1), 0);
	assert_int_equal(set_list(three, 3), -ENOSPC);
	assert_true(received(&group_a));
	assert_false(received(&three[0]));
	assert_false(received(&three[1]));
	assert_false(received(&three[2]));
	assert_int_equal(set_list(three, 3), 0);
	assert_true(received(&three[2]));
	assert_false(received(&group_a));
}

/* ---------------------------------------------------------------- VLAN filter --------------- */

static void
test_vlan_needs_the_offload(void **state)
{
	(void)state;
	start(0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 1), -ENOSYS);
	assert_true(received_tagged(5));
	assert_int_equal(rte_eth_dev_set_vlan_offload(port, RTE_ETH_VLAN_FILTER_OFFLOAD), 0);
	assert_false(received_tagged(5));
	assert_true(received(&own));
	assert_int_equal(rte_eth_dev_set_vlan_offload(port, 0), 0);
	assert_true(received_tagged(5));
}

static void
test_vlan_ids(void **state)
{
	(void)state;
	start(RTE_ETH_RX_OFFLOAD_VLAN_FILTER);
	assert_false(received_tagged(5));
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 1), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 1), 0);
	assert_true(received_tagged(5));
	/* Id 0 is neither added nor removed. */
	assert_int_equal(rte_eth_dev_vlan_filter(port, 0, 0), 0);
	assert_true(received_tagged(0));
	assert_int_equal(rte_eth_dev_vlan_filter(port, 6, 0), -ENOENT);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 4096, 1), -EINVAL);

	/* What is asked for while stopped holds from the start. */
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 0), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 0), -ENOENT);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 7, 1), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
	assert_false(received_tagged(5));
	assert_true(received_tagged(7));
}

/** Filter and strip are asked for together, and the device refuses the second: both stay off. */
static void
test_vlan_half_refused(void **state)
{
	const int both = RTE_ETH_VLAN_FILTER_OFFLOAD | RTE_ETH_VLAN_STRIP_OFFLOAD;
	uint64_t commands;

	(void)state;
	start(0);
	commands = test_xstat(port, "model_aq_commands");
	assert_int_equal(rte_eth_dev_set_vlan_offload(port, both), 0);
	commands = test_xstat(port, "model_aq_commands") - commands;
	test_unplug(TEST_PORT);
	port = test_port_plug("wire=loop,fault=aq:nth:999:16", &own);
	start(0);
	/* Counted from 0. */
	test_use_commands(port, 999 + 1 - commands);
	assert_int_not_equal(rte_eth_dev_set_vlan_offload(port, both), 0);
	assert_int_equal(rte_eth_dev_get_vlan_offload(port), 0);
	assert_true(received_tagged(5));
	assert_int_equal(rte_eth_dev_set_vlan_offload(port, both), 0);
	assert_false(received_tagged(5));
}

/** Every id at once has a rule, also over a restart. */
static void
test_vlan_all_ids(void **state)
{
	uint16_t id;

	(void)state;
	start(RTE_ETH_RX_OFFLOAD_VLAN_FILTER);
	for (id = 1; id <= 4095; id++)
		assert_int_equal(rte_eth_dev_vlan_filter(port, id, 1), 0);
	assert_true(received_tagged(1));
	assert_true(received_tagged(2048));
	assert_true(received_tagged(4095));
	assert_int_equal(rte_eth_dev_vlan_filter(port, 2048, 0), 0);
	restart();
	assert_true(received_tagged(2047));
	assert_false(received_tagged(2048));
	assert_true(received_tagged(4095));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, test_port_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_two_owners),
		TEST(test_broadcast_stays),
		TEST(test_old_address_added),
		TEST(test_list_refused),
		TEST(test_list_half_refused),
		TEST(test_vlan_needs_the_offload),
		TEST(test_vlan_ids),
		TEST(test_vlan_half_refused),
		TEST(test_vlan_all_ids),
	};

	return cmocka_run_group_tests(tests, test_group_setup_port, test_group_teardown);
}
