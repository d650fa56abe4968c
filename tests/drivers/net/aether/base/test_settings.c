/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Do no harm: whatever is asked of PHY, MAC, LED and health reports, a driver that leaves puts it
 * back as it was found. The device model outlives the driver here, and says what it was told.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <aether_model.h>
#include <e810_link_hw.h>

#include "base/aether_internal.h"
#include "fake_e810.h"

struct bench {
	struct aether_bus *bus;
	struct aether_model *model;
	struct aether_hw hw;
};

static int
setup(void **state)
{
	static struct bench b;
	const struct aether_bus_model_conf conf = {
		.name = "settings", .wire = "loop", .fec = "rs", .cpu = -1,
	};

	memset(&b, 0, sizeof(b));
	assert_int_equal(aether_bus_model_open(&conf, &b.bus), 0);
	b.model = aether_bus_model_get(b.bus);
	b.hw.bus = b.bus;
	b.hw.ddp_source.safe_mode = true;
	snprintf(b.hw.name, sizeof(b.hw.name), "settings");
	*state = &b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	aether_hw_fini(&b->hw);
	b->bus->ops->close(b->bus);
	return 0;
}

/** The settings; what the link makes of them may take a moment. */
static struct aether_model_port
settings_of(const struct bench *b)
{
	struct aether_model_port port;

	aether_model_port_get(b->model, &port);
	return port;
}

/** refused: Clear PXE Mode, which the second bring-up finds done. */
static void
assert_as_found(const struct bench *b, const struct aether_model_port *found,
		unsigned int refused)
{
	const struct aether_model_port now = settings_of(b);
	struct aether_model_stats stats;

	assert_int_equal(now.phy_types, found->phy_types);
	assert_int_equal(now.phy_caps, found->phy_caps);
	assert_int_equal(now.phy_fec, found->phy_fec);
	assert_int_equal(now.max_frame, found->max_frame);
	assert_int_equal(now.pause_quanta, found->pause_quanta);
	assert_int_equal(now.led_blinks, found->led_blinks);
	assert_int_equal(now.health_sources, found->health_sources);
	assert_string_equal(now.fec, found->fec);
	assert_int_equal(now.link, found->link);
	/* Not one command that the firmware did not like. */
	aether_model_stats_get(b->model, &stats);
	assert_int_equal(stats.aq_errors, refused);
	assert_int_equal(stats.aq_unmodelled, 0);
}

static void
test_all_put_back(void **state)
{
	const struct aether_phy_wish wish = {
		.speeds = E810_LINK_SPEED_25GB | E810_LINK_SPEED_10GB,
		.fec = AETHER_FEC_BASER, .pause_given = true, .pause_tx = true, .pause_rx = true,
		.up = true,
	};
	struct aether_model_port found, now;
	struct bench *b = *state;

	found = settings_of(b);
	/* The model allows all types; a driver sees, and puts back, those of the module. */
	assert_int_equal(aether_hw_init(&b->hw), 0);
	aether_hw_fini(&b->hw);
	assert_as_found(b, &found, 0);

	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_phy_apply(&b->hw, &wish), 0);
	found.phy_types = rte_le_to_cpu_64(b->hw.phy_found.phy_type_low);
	assert_int_equal(aether_pause_quanta_set(&b->hw, 0x100), 0);
	assert_int_equal(aether_led_set(&b->hw, true), 0);
	now = settings_of(b);
	assert_int_equal(now.speed_mbps, 25000);
	assert_string_equal(now.fec, "BASE-R");
	assert_true(now.pause_tx && now.pause_rx);
	assert_int_equal(now.pause_quanta, 0x100);
	assert_true(now.led_blinks);
	assert_int_equal(now.health_sources, E810_HEALTH_PF);
	aether_hw_fini(&b->hw);
	assert_as_found(b, &found, 1);
}

static void
test_link_off_put_back(void **state)
{
	const struct aether_phy_wish off = { .up = false };
	struct aether_model_port found;
	struct bench *b = *state;

	found = settings_of(b);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_phy_apply(&b->hw, &off), 0);
	found.phy_types = rte_le_to_cpu_64(b->hw.phy_found.phy_type_low);
	assert_false(settings_of(b).link);
	aether_hw_fini(&b->hw);
	assert_as_found(b, &found, 0);
	assert_true(settings_of(b).link);
}

/** A wish that is in force already costs no configuration, so the link is not disturbed. */
static void
test_nothing_to_do(void **state)
{
	const struct aether_phy_wish wish = { .up = true };
	struct bench *b = *state;

	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_phy_apply(&b->hw, &wish), 0);
	assert_false(b->hw.phy_changed);
}

static void
test_bad_wishes(void **state)
{
	const struct aether_phy_wish slow = { .speeds = E810_LINK_SPEED_1000MB, .up = true };
	uint8_t byte;
	struct bench *b = *state;

	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_phy_apply(&b->hw, &slow), -EINVAL);
	assert_false(b->hw.phy_changed);
	assert_true(settings_of(b).link);
	assert_int_equal(aether_module_read(&b->hw, SFF_I2C_ADDR, -1, 255, &byte, 2), -EINVAL);
	assert_int_equal(aether_module_read(&b->hw, SFF_I2C_ADDR_DIAG, -1, 0, &byte, 1), -ENXIO);
}

/** An event's counts are the device's word, and its buffer is not longer for it. */
static void
test_health_event_lies(void **state)
{
	static uint8_t buf[E810_AQ_MAX_BUF_LEN];
	struct e810_aqc_get_health params = { .count = rte_cpu_to_le_16(UINT16_MAX) };
	struct e810_aq_desc desc;
	struct bench *b = *state;

	aether_aq_fill(&desc, E810_AQC_GET_HEALTH_STATUS, &params);
	desc.datalen = rte_cpu_to_le_16(7);
	aether_health_log(&b->hw, &desc, buf);
	desc.datalen = rte_cpu_to_le_16(UINT16_MAX);
	aether_health_log(&b->hw, &desc, buf);
	assert_string_equal(aether_health_text(0x106), "no module");
	assert_non_null(aether_health_text(0xFFFF));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(test_all_put_back), T(test_link_off_put_back), T(test_nothing_to_do),
		T(test_bad_wishes), T(test_health_event_lies),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
