/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Health reports, and the LED, which is as little to do with traffic. */

#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"
#include "e810_link_hw.h"

static struct host host;

static void
start(const char *media, const char *fault)
{
	const struct aether_model_conf conf = {
		.name = "health", .media = media, .fault = fault,
	};

	host_open(&host, &conf);
	host_aq_start(&host);
}

static int
ask_for_events(uint8_t sources)
{
	struct e810_aqc_set_health_config cmd = { .event_source = sources };

	return host_aq(&host, E810_AQC_SET_HEALTH_STATUS_CONFIG, &cmd, NULL, 0, false);
}

/** The code that stands; 0: none. */
static uint16_t
report(void)
{
	struct e810_aqc_get_health cmd = {0};
	struct e810_health_elem elem[4];

	assert_int_equal(host_aq(&host, E810_AQC_GET_HEALTH_STATUS, &cmd, elem, sizeof(elem),
				 false), 0);
	assert_in_range(cmd.count, 0, 1);
	assert_int_equal(host.answer.datalen, cmd.count * sizeof(elem[0]));
	if (cmd.count == 0)
		return 0;
	assert_int_equal(elem[0].source, E810_HEALTH_SOURCE_PORT);
	return elem[0].code;
}

/** The code of the next event; 0: there is none. */
static uint16_t
event(void)
{
	const struct e810_health_elem *elem;
	const struct e810_aq_desc *desc;
	const uint8_t *buf;

	aether_model_step(host.model, 1);
	desc = host_event(&host, &buf);
	if (desc == NULL)
		return 0;
	assert_int_equal(desc->opcode, E810_AQC_GET_HEALTH_STATUS);
	assert_int_equal(desc->datalen, sizeof(*elem));
	elem = (const void *)buf;
	return elem->code;
}

static void
standing_reports(void **state)
{
	static const struct {
		const char *media, *fault;
		uint16_t code;
	} cases[] = {
		{ "dac", NULL, 0 }, { "none", NULL, 0x106 }, { "unsupported", NULL, 0x102 },
		{ "dac", "link-down", 0x116 }, { "power", NULL, 0 },
	};
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(cases); i++) {
		start(cases[i].media, cases[i].fault);
		assert_int_equal(report(), cases[i].code);
		host_close(&host);
	}
}

static void
events(void **state)
{
	struct e810_aqc_set_phy_cfg set = {0};
	struct e810_aqc_phy_cfg cfg = { .caps = E810_PHY_EN_LINK | E810_PHY_ENA_AUTO_LINK_UPDT };

	RTE_SET_USED(state);
	start(NULL, NULL);
	/* Nobody asked. */
	aether_model_link_set(host.model, false);
	assert_int_equal(event(), 0);
	assert_int_equal(report(), 0x106);
	aether_model_link_set(host.model, true);
	assert_int_equal(report(), 0);

	assert_int_equal(ask_for_events(E810_HEALTH_PF), 0);
	aether_model_link_set(host.model, false);
	assert_int_equal(event(), 0x106);
	assert_int_equal(event(), 0);		/* once */
	aether_model_link_set(host.model, true);
	assert_int_equal(event(), 0);
	/* A configuration of no type at all. */
	assert_int_equal(host_aq(&host, E810_AQC_SET_PHY_CFG, &set, &cfg, sizeof(cfg), true), 0);
	assert_int_equal(event(), 0x10B);
	assert_int_equal(host_aq(&host, E810_AQC_CLEAR_HEALTH_STATUS, NULL, NULL, 0, false), 0);
	assert_int_equal(report(), 0);
	/* No more of them. */
	assert_int_equal(ask_for_events(0), 0);
	aether_model_link_set(host.model, false);
	assert_int_equal(event(), 0);
	assert_int_equal(ask_for_events(0x08), E810_AQ_RC_EINVAL);
	host_close(&host);
}

static void
supported_codes(void **state)
{
	struct e810_aqc_get_health cmd = {0};
	uint16_t codes[32];
	unsigned int i, found = 0;

	RTE_SET_USED(state);
	start(NULL, NULL);
	assert_int_equal(host_aq(&host, E810_AQC_GET_SUPPORTED_HEALTH_CODES, &cmd, codes,
				 sizeof(codes), false), 0);
	assert_in_range(cmd.count, 1, RTE_DIM(codes));
	for (i = 0; i < cmd.count; i++)
		found += codes[i] == 0x106 || codes[i] == 0x110;
	assert_int_equal(found, 2);
	host_close(&host);
}

static void
led(void **state)
{
	struct e810_aqc_set_port_id_led cmd = { .ident_mode = 1 };
	struct aether_model_port port;

	RTE_SET_USED(state);
	start(NULL, NULL);
	assert_int_equal(host_aq(&host, E810_AQC_SET_PORT_ID_LED, &cmd, NULL, 0, false), 0);
	aether_model_port_get(host.model, &port);
	assert_true(port.led_blinks);
	/* A function's reset leaves the lamp alone. */
	aether_model_flr(host.model);
	host_aq_start(&host);
	aether_model_port_get(host.model, &port);
	assert_true(port.led_blinks);
	cmd.ident_mode = 2;
	assert_int_equal(host_aq(&host, E810_AQC_SET_PORT_ID_LED, &cmd, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	cmd = (struct e810_aqc_set_port_id_led){ .lport_num = 5, .lport_num_valid = 1 };
	assert_int_equal(host_aq(&host, E810_AQC_SET_PORT_ID_LED, &cmd, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	cmd = (struct e810_aqc_set_port_id_led){0};
	assert_int_equal(host_aq(&host, E810_AQC_SET_PORT_ID_LED, &cmd, NULL, 0, false), 0);
	aether_model_port_get(host.model, &port);
	assert_false(port.led_blinks);
	host_close(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standing_reports), cmocka_unit_test(events),
		cmocka_unit_test(supported_codes), cmocka_unit_test(led),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
