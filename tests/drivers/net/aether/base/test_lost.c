/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * base/ on a device that is reset by somebody else: it notices, waits for nobody, believes no
 * counter, and comes up again as it was.
 */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <rte_cycles.h>

#include <aether_model.h>

#include "base/aether_internal.h"
#include "fake_e810.h"

struct bench {
	struct aether_bus *bus;
	struct aether_model *sibling;
	struct aether_hw hw;
};

static int
setup(void **state)
{
	static struct bench b;
	const struct aether_bus_model_conf conf = {
		.name = "lost", .wire = "loop", .cpu = -1, .card = "c", .pf = 3,
		.ddp_preloaded = true, .fault = "aq-timeout:0x06e9",
	};
	const struct aether_model_conf sibling = { .name = "sibling", .card = "c" };

	memset(&b, 0, sizeof(b));
	assert_int_equal(aether_bus_model_open(&conf, &b.bus), 0);
	b.sibling = aether_model_create(&sibling);
	assert_non_null(b.sibling);
	b.hw.bus = b.bus;
	snprintf(b.hw.name, sizeof(b.hw.name), "lost");
	assert_int_equal(aether_hw_init(&b.hw), 0);
	*state = &b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	aether_hw_fini(&b->hw);
	b->bus->ops->close(b->bus);
	aether_model_destroy(b->sibling);
	return 0;
}

static void
test_noticed(void **state)
{
	struct bench *b = *state;
	struct rte_ether_addr addr = { .addr_bytes = { 2, 0, 0, 0, 0, 7 } };
	uint64_t start;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_false(aether_hw_lost(&b->hw));
	assert_false(aether_hw_reset_announced(&b->hw));
	aether_model_reg_write32(b->sibling, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
	assert_true(aether_hw_lost(&b->hw));
	assert_false(b->hw.link.up);
	/* Commands fail, and at once: nobody would answer them. */
	start = rte_rdtsc();
	assert_true(aether_mac_rule_add(&b->hw, &addr) < 0);
	assert_true(aether_link_update(&b->hw, true) < 0);
	assert_true(rte_rdtsc() - start < rte_get_tsc_hz() / 2);
	/* It stays so until the device is brought up again. */
	rte_delay_us_sleep(20000);
	assert_true(aether_hw_lost(&b->hw));
	assert_int_equal(aether_hw_fini(&b->hw), 0);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_false(aether_hw_lost(&b->hw));
	assert_true(b->hw.link.up);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &addr), 0);
	/* An announcement that was not read before is an old one now. */
	assert_false(aether_hw_reset_announced(&b->hw));
}

static void *
reset_soon(void *arg)
{
	rte_delay_us_sleep(50000);
	aether_model_card_reset(arg, AETHER_MODEL_CARD_RESET_CORE);
	return NULL;
}

/** A command under way (one that the model never answers) ends with the reset, which is noticed. */
static void
test_command_is_cut_off(void **state)
{
	struct bench *b = *state;
	uint64_t start = rte_rdtsc();
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, reset_soon, b->sibling), 0);
	assert_int_equal(aether_led_set(&b->hw, true), -EIO);
	assert_true(rte_rdtsc() - start < rte_get_tsc_hz() * 3 / 4);
	pthread_join(thread, NULL);
	/* Though the reset is over by then, its announcement counts. */
	rte_delay_us_sleep(20000);
	assert_true(aether_hw_reset_announced(&b->hw));
}

/** The announcement counts while the reset is on, though the registers may still stand. */
static void
test_announced(void **state)
{
	struct bench *b = *state;

	aether_model_card_reset(b->sibling, AETHER_MODEL_CARD_RESET_GLOBAL);
	assert_true(aether_hw_reset_announced(&b->hw));
	assert_true(aether_hw_lost(&b->hw));
}

/** As long as the device answers it is left in order; but nothing begins on it any more. */
static void
test_removal_announced(void **state)
{
	struct bench *b = *state;
	struct rte_ether_addr addr = { .addr_bytes = { 2, 0, 0, 0, 0, 7 } };

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &addr), 0);
	aether_hw_removed(&b->hw);
	assert_false(aether_hw_lost(&b->hw));
	assert_int_equal(aether_mac_rule_del(&b->hw, &addr), 0);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
	assert_int_equal(aether_hw_fini(&b->hw), 0);
	assert_int_equal(aether_hw_init(&b->hw), -ENODEV);
	/* For the teardown, which knows a device that is up. */
	b->hw.removed = false;
	assert_int_equal(aether_hw_init(&b->hw), 0);
}

static void
test_counters_are_not_believed(void **state)
{
	struct bench *b = *state;
	struct aether_stats_state stats, before;

	memset(&stats, 0, sizeof(stats));
	aether_stats_update(&b->hw, &stats);
	/* As if there had been traffic: the registers read 0 after a reset, which is no wrap. */
	stats.last.rx_bytes = 1000;
	stats.last.rx_unicast = 10;
	stats.total.rx_bytes = 1000;
	before = stats;
	aether_model_card_reset(b->sibling, AETHER_MODEL_CARD_RESET_CORE);
	aether_stats_update(&b->hw, &stats);
	assert_memory_equal(&stats, &before, sizeof(stats));
	assert_int_equal(aether_hw_fini(&b->hw), 0);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	aether_stats_update(&b->hw, &stats);
	assert_int_equal(stats.total.rx_bytes, 1000);
}

/** What a core reset leaves as we have set it is put back at the end as it was found. */
static void
test_phy_is_put_back(void **state)
{
	struct bench *b = *state;
	const struct e810_aqc_phy_cfg found = b->hw.phy_found;

	assert_int_equal(aether_link_set(&b->hw, false), 0);
	assert_true(b->hw.phy_changed);
	aether_model_card_reset(b->sibling, AETHER_MODEL_CARD_RESET_CORE);
	assert_true(aether_hw_lost(&b->hw));
	assert_int_equal(aether_hw_fini(&b->hw), 0);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_memory_equal(&b->hw.phy_found, &found, sizeof(found));
	assert_true(memcmp(&b->hw.phy_now, &found, sizeof(found)) != 0);
	assert_int_equal(aether_hw_fini(&b->hw), 0);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_memory_equal(&b->hw.phy_now, &found, sizeof(found));
	assert_false(b->hw.phy_changed);
}

#define BENCH(test)	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH(test_noticed),
		BENCH(test_command_is_cut_off),
		BENCH(test_announced),
		BENCH(test_removal_announced),
		BENCH(test_counters_are_not_believed),
		BENCH(test_phy_is_put_back),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
