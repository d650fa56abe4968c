/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What a link becomes between two ports on a cable: speed, FEC, pause, and why there is none. */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_errno.h>

#include "ctl_host.h"
#include "e810_link_hw.h"
#include "model_priv.h"

static struct host a, b;

static void
open_end(struct host *host, const char *name, struct aether_model_conf conf)
{
	conf.name = name;
	conf.wire = conf.wire != NULL ? conf.wire : "cable:link";
	host_open(host, &conf);
	host_aq_start(host);
}

/** Let both ends hear of each other. */
static void
settle(void)
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		aether_model_step(a.model, 1);
		aether_model_step(b.model, 1);
	}
}

static void
join(struct aether_model_conf end_a, struct aether_model_conf end_b)
{
	open_end(&a, "a", end_a);
	open_end(&b, "b", end_b);
	settle();
}

static void
part(void)
{
	host_close(&a);
	host_close(&b);
}

static struct aether_model_port
port_of(struct host *host)
{
	struct aether_model_port port;

	aether_model_port_get(host->model, &port);
	return port;
}

static struct e810_aqc_link_status
status_of(struct host *host)
{
	struct e810_aqc_get_link_status cmd = {0};
	struct e810_aqc_link_status status;

	assert_int_equal(host_aq(host, E810_AQC_GET_LINK_STATUS, &cmd, &status, sizeof(status),
				 false), 0);
	return status;
}

/** Apply at once: types, caps and FEC; what is 0 stays as it is. */
static void
configure(struct host *host, uint64_t types, uint8_t caps, int fec)
{
	struct e810_aqc_get_phy_caps get = { .param0 = E810_PHY_REPORT_ACTIVE_CFG };
	struct e810_aqc_set_phy_cfg set = {0};
	struct e810_aqc_phy_caps now;
	struct e810_aqc_phy_cfg cfg;

	assert_int_equal(host_aq(host, E810_AQC_GET_PHY_CAPS, &get, &now, sizeof(now), false), 0);
	memset(&cfg, 0, sizeof(cfg));
	cfg.phy_type_low = types != 0 ? types : now.phy_type_low;
	cfg.caps = (caps != 0 ? caps : now.caps) | E810_PHY_ENA_AUTO_LINK_UPDT;
	cfg.link_fec_opt = fec >= 0 ? fec : now.link_fec_options;
	assert_int_equal(host_aq(host, E810_AQC_SET_PHY_CFG, &set, &cfg, sizeof(cfg), true), 0);
	settle();
}

#define CONF(...)	((struct aether_model_conf){ __VA_ARGS__ })

static void
alike(void **state)
{
	struct e810_aqc_link_status status;

	RTE_SET_USED(state);
	join(CONF(0), CONF(0));
	assert_int_equal(port_of(&a).speed_mbps, 100000);
	assert_int_equal(port_of(&b).speed_mbps, 100000);
	assert_string_equal(port_of(&a).fec, "RS");
	status = status_of(&a);
	assert_true((status.an_info & E810_AN_COMPLETED) != 0);
	assert_true((status.an_info & E810_FEC_EN) != 0);
	assert_int_equal(status.cfg, E810_LINK_25G_RS_528_FEC_EN);
	part();
}

/** Each end says the same of it, in the fields that drivers read. */
static void
no_link(struct aether_model_conf end_a, struct aether_model_conf end_b, const char *reason,
	uint8_t topo, uint8_t an_info, uint8_t link_info)
{
	struct host *ends[] = { &a, &b };
	struct e810_aqc_link_status status;
	unsigned int i;

	join(end_a, end_b);
	for (i = 0; i < RTE_DIM(ends); i++) {
		assert_false(port_of(ends[i]).link);
		if (strstr(port_of(ends[i]).reason, reason) == NULL)
			fail_msg("'%s' is not why: %s", reason, port_of(ends[i]).reason);
		status = status_of(ends[i]);
		assert_int_equal(status.link_info & E810_LINK_UP, 0);
		assert_int_equal(status.link_speed, 0);
		assert_true((status.link_info & E810_SIGNAL_DETECT) != 0);
		assert_int_equal(status.topo_media_conflict, topo);
		assert_int_equal(status.an_info & E810_PD_FAULT, an_info);
		assert_int_equal(status.link_info & E810_LINK_FAULT_RX, link_info);
	}
	part();
}

static void
ends_that_differ(void **state)
{
	RTE_SET_USED(state);
	no_link(CONF(.speed_mbps = 25000), CONF(0), "another kind", E810_LINK_MEDIA_CONFLICT,
		E810_PD_FAULT, 0);
	no_link(CONF(.media = "sr"), CONF(.media = "lr"), "another kind",
		E810_LINK_MEDIA_CONFLICT, E810_PD_FAULT, 0);
	no_link(CONF(.fec = "none"), CONF(.fec = "rs"), "no FEC", 0, 0, E810_LINK_FAULT_RX);
	/* Automatic FEC does not fall back to none. */
	no_link(CONF(.fec = "none"), CONF(0), "no FEC", 0, 0, E810_LINK_FAULT_RX);
	no_link(CONF(.fec = "baser", .speed_mbps = 25000), CONF(.fec = "rs", .speed_mbps = 25000),
		"no FEC", 0, 0, E810_LINK_FAULT_RX);
}

static void
fec_of_both(void **state)
{
	static const struct {
		const char *fec_a, *fec_b, *in_force;
		uint32_t mbps;
		uint8_t cfg;
	} cases[] = {
		{ "auto", "auto", "RS", 25000, E810_LINK_25G_RS_528_FEC_EN },
		{ "auto", "baser", "BASE-R", 25000, E810_LINK_25G_KR_FEC_EN },
		{ "rs", "auto", "RS", 50000, E810_LINK_25G_RS_528_FEC_EN },
		{ "none", "none", "none", 100000, 0 },
		{ "auto", "auto", "BASE-R", 40000, E810_LINK_25G_KR_FEC_EN },
		/* 10 Gb/s over copper has none, whatever is asked for. */
		{ "rs", "none", "none", 10000, 0 },
	};
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(cases); i++) {
		join(CONF(.fec = cases[i].fec_a, .speed_mbps = cases[i].mbps),
		     CONF(.fec = cases[i].fec_b, .speed_mbps = cases[i].mbps));
		assert_int_equal(port_of(&a).speed_mbps, cases[i].mbps);
		assert_string_equal(port_of(&a).fec, cases[i].in_force);
		assert_string_equal(port_of(&b).fec, cases[i].in_force);
		assert_int_equal(status_of(&b).cfg, cases[i].cfg);
		part();
	}
}

/** A configuration of one end takes the link away and brings it back, at both. */
static void
speeds_by_configuration(void **state)
{
	RTE_SET_USED(state);
	join(CONF(0), CONF(0));
	configure(&a, E810_PHY_LOW_25GBASE_CR | E810_PHY_LOW_10G_SFI_DA, 0, -1);
	assert_int_equal(port_of(&b).speed_mbps, 25000);
	configure(&b, E810_PHY_LOW_10G_SFI_DA, 0, -1);
	assert_int_equal(port_of(&a).speed_mbps, 10000);
	configure(&a, E810_PHY_LOW_100GBASE_CR4, 0, -1);
	assert_false(port_of(&a).link);
	assert_false(port_of(&b).link);
	assert_int_equal(status_of(&b).an_info & E810_PD_FAULT, E810_PD_FAULT);
	configure(&b, E810_PHY_LOW_100GBASE_CR4, 0, -1);
	assert_int_equal(port_of(&a).speed_mbps, 100000);
	/* The far end goes dark: no signal, and nothing else is wrong. */
	configure(&b, 0, E810_PHY_EN_AUTO_FEC, -1);
	assert_string_equal(port_of(&a).reason, "no signal from the far end");
	assert_int_equal(status_of(&a).link_info, E810_MEDIA_AVAILABLE);
	part();
}

static void
media(void **state)
{
	struct e810_aqc_link_status status;

	RTE_SET_USED(state);
	open_end(&a, "a", CONF(.wire = "loop", .media = "none"));
	assert_int_equal(status_of(&a).link_info, 0);
	host_close(&a);

	open_end(&a, "a", CONF(.wire = "loop", .media = "unsupported"));
	status = status_of(&a);
	assert_int_equal(status.topo_media_conflict, E810_LINK_TOPO_UNSUPP_MEDIA);
	assert_int_equal(status.an_info & E810_QUALIFIED_MODULE, 0);
	assert_true((status.link_info & E810_MEDIA_AVAILABLE) != 0);
	assert_int_equal(status.link_info & E810_LINK_UP, 0);
	host_close(&a);

	open_end(&a, "a", CONF(.wire = "loop", .media = "power"));
	status = status_of(&a);
	assert_int_equal(status.link_cfg_err, E810_LINK_MODULE_POWER_UNSUPPORTED);
	assert_int_equal(status.link_info & E810_LINK_UP, 0);
	host_close(&a);

	open_end(&a, "a", CONF(.wire = "loop", .fault = "link-down"));
	status = status_of(&a);
	assert_int_equal(status.link_info & (E810_LINK_UP | E810_LINK_FAULT), E810_LINK_FAULT);
	host_close(&a);

	open_end(&a, "a", CONF(.wire = "loop", .media = "sr", .speed_mbps = 25000));
	status = status_of(&a);
	assert_int_equal(status.phy_type_low, E810_PHY_LOW_25GBASE_SR);
	assert_int_equal(status.an_info & E810_AN_COMPLETED, 0);	/* optics do not */
	host_close(&a);

	open_end(&a, "a", CONF(.wire = "loop", .device_id = E810_DEV_ID_C_BACKPLANE));
	assert_int_equal(status_of(&a).phy_type_low, E810_PHY_LOW_100GBASE_KR4);
	host_close(&a);
}

static void
bad_parameters(void **state)
{
	const struct aether_model_conf bad[] = {
		{ .name = "bad", .media = "copper" }, { .name = "bad", .fec = "fire" },
		{ .name = "bad", .media = "sr", .device_id = E810_DEV_ID_C_BACKPLANE },
	};
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(bad); i++) {
		rte_errno = 0;
		assert_null(aether_model_create(&bad[i]));
		assert_int_equal(rte_errno, EINVAL);
	}
}

/** One sends what the other obeys: 802.3x by the settings of both. */
static void
pause_of_both(void **state)
{
	static const struct {
		uint8_t a, b;		/* E810_PHY_EN_*_LINK_PAUSE */
		bool a_tx, a_rx;
	} cases[] = {
		{ 0, 0, false, false }, { 3, 3, true, true }, { 3, 0, false, false },
		{ 1, 2, true, false }, { 2, 1, false, true }, { 1, 1, false, false },
		{ 3, 1, false, true },
	};
	const uint8_t base = E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC;
	struct aether_model_port port;
	unsigned int i;

	RTE_SET_USED(state);
	join(CONF(0), CONF(0));
	assert_false(port_of(&a).pause_tx || port_of(&a).pause_rx);
	for (i = 0; i < RTE_DIM(cases); i++) {
		configure(&a, 0, base | cases[i].a, -1);
		configure(&b, 0, base | cases[i].b, -1);
		port = port_of(&a);
		assert_true(port.link);
		assert_int_equal(port.pause_tx, cases[i].a_tx);
		assert_int_equal(port.pause_rx, cases[i].a_rx);
		assert_int_equal(port_of(&b).pause_rx, cases[i].a_tx);
		assert_int_equal(port_of(&b).pause_tx, cases[i].a_rx);
		assert_int_equal(a.model->wire->pause_tx, cases[i].a_tx);
		assert_int_equal((status_of(&a).an_info & E810_LINK_PAUSE_RX) != 0,
				 cases[i].a_rx);
	}
	part();
}

/** Without pause a lossy cable drops what the far end has no room for; with it, it waits. */
static void
pause_holds(void **state)
{
	const uint8_t on = E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC | E810_PHY_EN_TX_LINK_PAUSE |
			   E810_PHY_EN_RX_LINK_PAUSE;
	static const uint8_t data[64];
	const struct model_frame frame = { .data = data, .len = 60 };
	struct aether_model_wire_stats wire;
	struct model_wire *near;
	unsigned int i, taken = 0;

	RTE_SET_USED(state);
	join(CONF(0), CONF(0));
	near = a.model->wire;
	for (i = 0; i < 20000; i++)
		taken += near->ops->tx(near, &frame, 1, rte_rdtsc());
	assert_int_equal(taken, 20000);
	aether_model_wire_stats_get(a.model, &wire);
	assert_true(wire.tx_dropped > 0);
	aether_model_wire_stats_reset(a.model);
	for (i = 0; i < 2000; i++)		/* the far end has no queue: it drops them */
		aether_model_step(b.model, 64);

	configure(&a, 0, on, -1);
	configure(&b, 0, on, -1);
	for (taken = 0, i = 0; i < 20000; i++)
		taken += near->ops->tx(near, &frame, 1, rte_rdtsc());
	assert_in_range(taken, 1, 19999);
	aether_model_wire_stats_get(a.model, &wire);
	assert_int_equal(wire.tx_dropped, 0);
	part();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alike), cmocka_unit_test(ends_that_differ),
		cmocka_unit_test(fec_of_both), cmocka_unit_test(speeds_by_configuration),
		cmocka_unit_test(media), cmocka_unit_test(bad_parameters),
		cmocka_unit_test(pause_of_both), cmocka_unit_test(pause_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
