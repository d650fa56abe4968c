/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The firmware's log: configuration, registration, lines as events. */

#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"
#include "e810_mgmt_hw.h"

static int
query(struct host *host, struct e810_aqc_fw_log *cmd, struct e810_fw_log_entry *entry)
{
	*cmd = (struct e810_aqc_fw_log){ .flags = E810_FW_LOG_QUERY };
	return host_aq(host, E810_AQC_FW_LOG_QUERY, cmd, entry,
		       E810_FW_LOG_MODULES * sizeof(*entry), false);
}

static int
configure(struct host *host, uint8_t flags, uint16_t resolution, uint16_t module, uint8_t level)
{
	struct e810_fw_log_entry entry = { .module = module, .level = level };
	struct e810_aqc_fw_log cmd = { .flags = flags, .resolution = resolution, .modules = 1 };

	return host_aq(host, E810_AQC_FW_LOG_CONFIG, &cmd, &entry, sizeof(entry), true);
}

static int
enlist(struct host *host, bool on)
{
	struct e810_aqc_fw_log cmd = { .flags = on ? E810_FW_LOG_REGISTER : 0 };

	return host_aq(host, E810_AQC_FW_LOG_REGISTER, &cmd, NULL, 0, false);
}

/** The text of the next event, "" without one. */
static const char *
line(struct host *host)
{
	static char text[65];
	const struct e810_aq_desc *desc;
	const uint8_t *buf;

	aether_model_step(host->model, 1);
	desc = host_event(host, &buf);
	if (desc == NULL)
		return "";
	assert_int_equal(desc->opcode, E810_AQC_FW_LOG_EVENT);
	assert_in_range(desc->datalen, 1, sizeof(text) - 1);
	snprintf(text, sizeof(text), "%.*s", desc->datalen, (const char *)buf);
	return text;
}

/** Linux asks at probe, and warns when there is no answer. */
static void
defaults(void **state)
{
	struct host *host = *state;
	struct e810_fw_log_entry entry[E810_FW_LOG_MODULES];
	struct e810_aqc_fw_log cmd;
	unsigned int i;

	assert_int_equal(query(host, &cmd, entry), 0);
	assert_int_equal(cmd.modules, E810_FW_LOG_MODULES);
	assert_in_range(cmd.resolution, 1, E810_FW_LOG_MAX_RESOLUTION);
	assert_int_equal(cmd.flags, 0);
	for (i = 0; i < RTE_DIM(entry); i++) {
		assert_int_equal(entry[i].module, i);
		assert_int_equal(entry[i].level, E810_FW_LOG_ERROR);
	}
	cmd = (struct e810_aqc_fw_log){0};
	assert_int_equal(host_aq(host, E810_AQC_FW_LOG_QUERY, &cmd, entry, sizeof(entry), false),
			 E810_AQ_RC_EINVAL);
}

static void
configuration(void **state)
{
	const uint8_t ok = E810_FW_LOG_CFG_VALID | E810_FW_LOG_CFG_AQ;
	struct host *host = *state;
	struct e810_fw_log_entry entry[E810_FW_LOG_MODULES];
	struct e810_aqc_fw_log cmd = { .flags = ok, .resolution = 1, .modules = 2 };

	assert_int_equal(configure(host, E810_FW_LOG_CFG_AQ, 1, 2, 3), E810_AQ_RC_EINVAL);
	assert_int_equal(configure(host, ok, 0, 2, 3), E810_AQ_RC_EINVAL);
	assert_int_equal(configure(host, ok, 129, 2, 3), E810_AQ_RC_EINVAL);
	assert_int_equal(configure(host, ok, 1, 32, 3), E810_AQ_RC_EINVAL);
	assert_int_equal(configure(host, ok, 1, 2, 5), E810_AQ_RC_EINVAL);
	/* More entries than the buffer holds. */
	assert_int_equal(host_aq(host, E810_AQC_FW_LOG_CONFIG, &cmd, entry, sizeof(entry[0]), true),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(configure(host, ok, 128, 31, 4), 0);
	assert_int_equal(enlist(host, true), 0);
	assert_int_equal(query(host, &cmd, entry), 0);
	assert_int_equal(cmd.flags, E810_FW_LOG_CFG_AQ | E810_FW_LOG_CFG_REGISTERED);
	assert_int_equal(cmd.resolution, 128);
	assert_int_equal(entry[31].level, 4);
	/* A function's reset ends the registration, not the configuration. */
	aether_model_flr(host->model);
	host_aq_start(host);
	assert_int_equal(query(host, &cmd, entry), 0);
	assert_int_equal(cmd.flags, E810_FW_LOG_CFG_AQ);
	assert_int_equal(entry[31].level, 4);
}

static void
lines(void **state)
{
	const uint8_t ok = E810_FW_LOG_CFG_VALID | E810_FW_LOG_CFG_AQ;
	struct host *host = *state;

	aether_model_link_set(host->model, false);
	assert_string_equal(line(host), "");
	assert_int_equal(configure(host, ok, 1, E810_FW_LOG_MODULE_LINK, E810_FW_LOG_NORMAL), 0);
	aether_model_link_set(host->model, true);
	assert_string_equal(line(host), "");		/* nobody registered */
	assert_int_equal(enlist(host, true), 0);
	aether_model_link_set(host->model, false);
	assert_string_equal(line(host), "port 0: no module or cable");
	aether_model_link_set(host->model, true);
	assert_string_equal(line(host), "port 0: up");
	assert_int_equal(configure(host, ok, 1, E810_FW_LOG_MODULE_LINK, E810_FW_LOG_WARNING), 0);
	aether_model_link_set(host->model, false);
	assert_string_equal(line(host), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(configuration, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(lines, host_setup, host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
