/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* PHY, link, MAC configuration. */

#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"

static struct e810_aqc_link_status
link_of(struct host *host)
{
	struct e810_aqc_get_link_status cmd = {0};
	struct e810_aqc_link_status status;

	assert_int_equal(host_aq(host, E810_AQC_GET_LINK_STATUS, &cmd, &status, sizeof(status),
				 false), 0);
	return status;
}

static bool
link_is_up(struct host *host)
{
	return (link_of(host).link_info & E810_LINK_UP) != 0;
}

static struct e810_aqc_phy_caps
caps_of(struct host *host, uint16_t mode)
{
	struct e810_aqc_get_phy_caps cmd = { .param0 = mode };
	struct e810_aqc_phy_caps caps;

	assert_int_equal(host_aq(host, E810_AQC_GET_PHY_CAPS, &cmd, &caps, sizeof(caps), false), 0);
	return caps;
}

static struct e810_aqc_phy_cfg
active_config(struct host *host)
{
	struct e810_aqc_phy_caps caps = caps_of(host, E810_PHY_REPORT_ACTIVE_CFG);
	struct e810_aqc_phy_cfg cfg = {
		.phy_type_low = caps.phy_type_low, .caps = caps.caps,
		.link_fec_opt = caps.link_fec_options,
	};

	return cfg;
}

static int
configure(struct host *host, struct e810_aqc_phy_cfg cfg)
{
	struct e810_aqc_set_phy_cfg cmd = {0};

	return host_aq(host, E810_AQC_SET_PHY_CFG, &cmd, &cfg, sizeof(cfg), true);
}

static void
link_at_power_on(void **state)
{
	struct host *host = *state;
	struct e810_aqc_link_status status = link_of(host);

	assert_true((status.link_info & E810_LINK_UP) != 0);
	assert_true((status.link_info & E810_MEDIA_AVAILABLE) != 0);
	assert_int_equal(status.link_speed, E810_LINK_SPEED_100GB);
	assert_int_equal(status.phy_type_low, E810_PHY_LOW_100GBASE_CR4);
	assert_int_equal(status.max_frame_size, E810_MAX_FRAME_SIZE);
}

static void
speeds(void **state)
{
	static const struct {
		uint16_t device;
		uint32_t mbps;
		uint16_t speed;
		uint64_t type;
	} ports[] = {
		{ 0, 0, E810_LINK_SPEED_100GB, E810_PHY_LOW_100GBASE_CR4 },
		{ 0, 50000, E810_LINK_SPEED_50GB, E810_PHY_LOW_50GBASE_CR2 },
		{ 0, 40000, E810_LINK_SPEED_40GB, E810_PHY_LOW_40GBASE_CR4 },
		{ E810_DEV_ID_XXV_SFP, 0, E810_LINK_SPEED_25GB, E810_PHY_LOW_25GBASE_CR },
		{ E810_DEV_ID_C_SFP, 10000, E810_LINK_SPEED_10GB, E810_PHY_LOW_10G_SFI_DA },
	};
	struct aether_model_conf conf = { .name = "speed" };
	struct e810_aqc_link_status status;
	struct host host;
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(ports); i++) {
		conf.device_id = ports[i].device;
		conf.speed_mbps = ports[i].mbps;
		host_open(&host, &conf);
		host_aq_start(&host);
		status = link_of(&host);
		assert_int_equal(status.link_speed, ports[i].speed);
		assert_int_equal(status.phy_type_low, ports[i].type);
		host_close(&host);
	}
}

static void
capabilities(void **state)
{
	struct host *host = *state;
	struct e810_aqc_phy_caps media = caps_of(host, E810_PHY_REPORT_TOPO_MEDIA);
	struct e810_aqc_phy_caps active = caps_of(host, E810_PHY_REPORT_ACTIVE_CFG);
	struct e810_aqc_get_phy_caps cmd = { .param0 = 0x0006 };

	assert_int_equal(sizeof(media), 560);
	assert_true((media.phy_type_low & E810_PHY_LOW_100GBASE_CR4) != 0);
	assert_int_equal(active.phy_type_low & ~media.phy_type_low, 0);
	assert_true((active.caps & E810_PHY_EN_LINK) != 0);
	assert_int_not_equal(media.module_type[0], 0);
	/* A copper cable negotiates: Linux shows that only when both say so. */
	assert_int_equal(media.low_power_ctrl_an, E810_PHY_AN_CLAUSE73);
	assert_int_equal(active.low_power_ctrl_an, E810_PHY_AN_CLAUSE73);
	assert_int_equal(host_aq(host, E810_AQC_GET_PHY_CAPS, &cmd, &media, sizeof(media), false),
			 E810_AQ_RC_EINVAL);
	memset(&cmd, 0, sizeof(cmd));
	cmd.lport_num = 3;
	assert_int_equal(host_aq(host, E810_AQC_GET_PHY_CAPS, &cmd, &media, sizeof(media), false),
			 E810_AQ_RC_EINVAL);
}

/** Linux asks without a port, its other functions too: it did not bring up a second port. */
static void
capabilities_of_the_own_port(void **state)
{
	const struct aether_model_conf conf = { .name = "third", .pf_id = 2 };
	static const struct {
		uint8_t lport;
		int rc;
	} cases[] = { { 0, 0 }, { 2, 0 }, { 1, E810_AQ_RC_EINVAL } };
	struct e810_aqc_phy_caps caps;
	struct host host;
	unsigned int i;

	RTE_SET_USED(state);
	host_open(&host, &conf);
	host_aq_start(&host);
	for (i = 0; i < RTE_DIM(cases); i++) {
		struct e810_aqc_get_phy_caps cmd = {
			.lport_num = cases[i].lport, .param0 = E810_PHY_REPORT_ACTIVE_CFG,
		};

		assert_int_equal(host_aq(&host, E810_AQC_GET_PHY_CAPS, &cmd, &caps, sizeof(caps),
					 false), cases[i].rc);
	}
	host_close(&host);
}

static void
link_down_and_up(void **state)
{
	struct host *host = *state;
	struct e810_aqc_phy_cfg cfg = active_config(host);

	cfg.caps = (cfg.caps & ~E810_PHY_EN_LINK) | E810_PHY_ENA_AUTO_LINK_UPDT;
	assert_int_equal(configure(host, cfg), 0);
	assert_false(link_is_up(host));
	assert_int_equal(caps_of(host, E810_PHY_REPORT_ACTIVE_CFG).caps & E810_PHY_EN_LINK, 0);
	/* Without the automatic update it waits for a restart. */
	cfg.caps = (cfg.caps | E810_PHY_EN_LINK) & ~E810_PHY_ENA_AUTO_LINK_UPDT;
	assert_int_equal(configure(host, cfg), 0);
	assert_false(link_is_up(host));
	{
		struct e810_aqc_restart_an an = {
			.cmd_flags = E810_RESTART_AN_LINK_RESTART | E810_RESTART_AN_LINK_ENABLE,
		};

		assert_int_equal(host_aq(host, E810_AQC_RESTART_AN, &an, NULL, 0, false), 0);
	}
	assert_true(link_is_up(host));
	/* The PHY survives a function's reset, not the device's. */
	cfg.caps = (cfg.caps & ~E810_PHY_EN_LINK) | E810_PHY_ENA_AUTO_LINK_UPDT;
	assert_int_equal(configure(host, cfg), 0);
	aether_model_flr(host->model);
	host_aq_start(host);
	assert_false(link_is_up(host));
	host_write(host, GLGEN_RTRIG, GLGEN_RTRIG_GLOBR);
	assert_true(host_reset_done(host));
	host_aq_start(host);
	assert_true(link_is_up(host));
}

static void
slower_by_configuration(void **state)
{
	struct host *host = *state;
	struct e810_aqc_phy_cfg cfg = active_config(host);

	cfg.caps |= E810_PHY_ENA_AUTO_LINK_UPDT;
	cfg.phy_type_low = E810_PHY_LOW_25GBASE_CR | E810_PHY_LOW_10G_SFI_DA;
	assert_int_equal(configure(host, cfg), 0);
	assert_int_equal(link_of(host).link_speed, E810_LINK_SPEED_25GB);
	/* No type at all: no link. */
	cfg.phy_type_low = 0;
	assert_int_equal(configure(host, cfg), 0);
	assert_false(link_is_up(host));
	/* What the module does not do, and bits that do not exist. */
	cfg.phy_type_low = E810_PHY_LOW_100GBASE_SR4;
	assert_int_equal(configure(host, cfg), E810_AQ_RC_EINVAL);
	cfg.phy_type_low = 0;
	cfg.phy_type_high = 1;
	assert_int_equal(configure(host, cfg), E810_AQ_RC_EINVAL);
	cfg.phy_type_high = 0;
	cfg.caps |= 0x10;
	assert_int_equal(configure(host, cfg), E810_AQ_RC_EINVAL);
}

static void
pulled_cable(void **state)
{
	struct host *host = *state;
	struct e810_aqc_link_status status;

	aether_model_link_set(host->model, false);
	status = link_of(host);
	assert_int_equal(status.link_info, 0);
	assert_int_equal(status.link_speed, 0);
	aether_model_link_set(host->model, true);
	assert_true(link_is_up(host));
}

/** Older drivers take 16 bytes of link status. */
static void
short_link_status(void **state)
{
	struct e810_aqc_get_link_status cmd = {0};
	struct e810_aqc_link_status status;
	struct host *host = *state;

	memset(&status, 0, sizeof(status));
	assert_int_equal(host_aq(host, E810_AQC_GET_LINK_STATUS, &cmd, &status, 16, false), 0);
	assert_int_equal(host->answer.datalen, 16);
	assert_int_equal(status.link_speed, E810_LINK_SPEED_100GB);
	assert_int_equal(status.phy_type_low, 0);
	assert_int_equal(host_aq(host, E810_AQC_GET_LINK_STATUS, &cmd, &status, 15, false),
			 E810_AQ_RC_EINVAL);
}

static void
frame_size(void **state)
{
	struct e810_aqc_set_mac_cfg cfg = { .max_frame_size = 1522 };
	struct host *host = *state;

	assert_int_equal(host_aq(host, E810_AQC_SET_MAC_CFG, &cfg, NULL, 0, false), 0);
	assert_int_equal(link_of(host).max_frame_size, 1522);
	cfg.max_frame_size = 9729;
	assert_int_equal(host_aq(host, E810_AQC_SET_MAC_CFG, &cfg, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	cfg.max_frame_size = 63;
	assert_int_equal(host_aq(host, E810_AQC_SET_MAC_CFG, &cfg, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(link_of(host).max_frame_size, 1522);
}

static void
module_eeprom(void **state)
{
	struct e810_aqc_sff_eeprom cmd = { .i2c_bus_addr = 0x50 };
	struct host *host = *state;
	uint8_t buf[256];

	assert_int_equal(host_aq(host, E810_AQC_SFF_EEPROM, &cmd, buf, 1, false), 0);
	assert_int_equal(buf[0], 0x11);		/* QSFP28 */
	cmd.i2c_mem_addr = 255;
	assert_int_equal(host_aq(host, E810_AQC_SFF_EEPROM, &cmd, buf, 2, false),
			 E810_AQ_RC_EINVAL);
	cmd.i2c_mem_addr = UINT16_MAX;
	assert_int_equal(host_aq(host, E810_AQC_SFF_EEPROM, &cmd, buf, 1, false),
			 E810_AQ_RC_EINVAL);
	cmd.i2c_mem_addr = 0;
	cmd.i2c_bus_addr |= E810_SFF_IS_WRITE;
	assert_int_equal(host_aq(host, E810_AQC_SFF_EEPROM, &cmd, buf, 1, false),
			 E810_AQ_RC_EACCES);
	aether_model_link_set(host->model, false);
	cmd.i2c_bus_addr = 0x50;
	assert_int_equal(host_aq(host, E810_AQC_SFF_EEPROM, &cmd, buf, 1, false), E810_AQ_RC_ENXIO);
}

/** Linux's self-test loops the port back for a while; a reset ends it, whoever forgot. */
static void
mac_loopback(void **state)
{
	struct host *host = *state;
	struct e810_aqc_set_mac_lb cmd = { .lb_mode = E810_MAC_LB_EN };

	assert_int_equal(host_aq(host, E810_AQC_SET_MAC_LB, &cmd, NULL, 0, false), 0);
	assert_int_equal(link_of(host).lb_status, E810_LINK_LB_MAC);
	assert_true(link_is_up(host));
	cmd = (struct e810_aqc_set_mac_lb){0};
	assert_int_equal(host_aq(host, E810_AQC_SET_MAC_LB, &cmd, NULL, 0, false), 0);
	assert_int_equal(link_of(host).lb_status, 0);
	cmd.lb_mode = E810_MAC_LB_EN;
	assert_int_equal(host_aq(host, E810_AQC_SET_MAC_LB, &cmd, NULL, 0, false), 0);
	aether_model_flr(host->model);
	host_aq_start(host);
	assert_int_equal(link_of(host).lb_status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)
		T(link_at_power_on), T(capabilities), cmocka_unit_test(capabilities_of_the_own_port),
		T(link_down_and_up),
		T(slower_by_configuration), T(pulled_cable), T(short_link_status), T(frame_size),
		T(module_eeprom), T(mac_loopback), cmocka_unit_test(speeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
