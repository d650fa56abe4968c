/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What an application asks about and of the PHY, module and registers, on ports joined by a cable;
 * the model behind each port says what became of it.
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include <e810_hw.h>
#include <rte_pmd_aether.h>

#include "port_util.h"

#define NAME_A	"net_aether0"
#define NAME_B	"net_aether1"
#define FEC(mode)	RTE_ETH_FEC_MODE_CAPA_MASK(mode)

static int a = -1, b = -1;
static struct test_resources before;

static struct rte_pmd_aether_model_port
inside(uint16_t port)
{
	struct rte_pmd_aether_model_port state;

	assert_int_equal(rte_pmd_aether_model_port_get(port, &state), 0);
	return state;
}

static int
start(uint16_t port, uint32_t link_speeds)
{
	struct rte_eth_conf conf = { .rxmode.mtu = 1500, .link_speeds = link_speeds };
	int ret;

	ret = rte_eth_dev_configure(port, 1, 1, &conf);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port, 0, 256, SOCKET_ID_ANY, NULL, test_pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port, 0, 256, SOCKET_ID_ANY, NULL);
	return ret == 0 ? rte_eth_dev_start(port) : ret;
}

static struct rte_eth_link
link_of(uint16_t port)
{
	struct rte_eth_link link;

	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	return link;
}

/** Wait for the speed, which a running link may change without going down to be seen. */
static bool
wait_speed(uint16_t port, uint32_t mbps)
{
	unsigned int ms;

	for (ms = 0; ms < 2000; ms++) {
		if (link_of(port).link_status && link_of(port).link_speed == mbps)
			return true;
		rte_delay_us_sleep(1000);
	}
	return false;
}

static void
plug(const char *args_a, const char *args_b)
{
	test_resources_get(&before);
	a = test_plug(NAME_A, args_a);
	assert_true(a >= 0);
	if (args_b == NULL)
		return;
	b = test_plug(NAME_B, args_b);
	assert_true(b >= 0);
}

static void
unplug(void)
{
	if (a >= 0)
		test_unplug(NAME_A);
	if (b >= 0)
		test_unplug(NAME_B);
	a = b = -1;
	test_resources_same(&before);
}

static int
teardown(void **state)
{
	(void)state;
	unplug();
	return 0;
}

/** The first port of a process leaves a few things of DPDK's that stay. */
static int
group_setup(void **state)
{
	if (test_group_setup(state) != 0 || test_plug(NAME_A, "") < 0 || test_plug(NAME_B, "") < 0)
		return -1;
	test_unplug(NAME_A);
	test_unplug(NAME_B);
	return 0;
}

/* ---------------------------------------------------------------- speeds -------------------- */

static void
speed_capabilities(void **state)
{
	static const struct {
		const char *args;
		uint32_t capa;
	} cases[] = {
		{ "speed=25000", RTE_ETH_LINK_SPEED_10G | RTE_ETH_LINK_SPEED_25G },
		{ "media=sr", RTE_ETH_LINK_SPEED_100G },
		{ "media=none,speed=40000", RTE_ETH_LINK_SPEED_10G | RTE_ETH_LINK_SPEED_25G |
		  RTE_ETH_LINK_SPEED_40G },
	};
	struct rte_eth_dev_info info;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		plug(cases[i].args, NULL);
		assert_int_equal(rte_eth_dev_info_get(a, &info), 0);
		assert_int_equal(info.speed_capa, cases[i].capa);
		unplug();
	}
}

static void
link_speeds(void **state)
{
	(void)state;
	plug("wire=cable:s", "wire=cable:s");
	assert_int_equal(start(a, RTE_ETH_LINK_SPEED_AUTONEG), 0);
	assert_int_equal(start(b, RTE_ETH_LINK_SPEED_10G | RTE_ETH_LINK_SPEED_25G), 0);
	assert_true(wait_speed(a, 25000));
	assert_int_equal(link_of(a).link_autoneg, RTE_ETH_LINK_AUTONEG);
	assert_int_equal(link_of(a).link_duplex, RTE_ETH_LINK_FULL_DUPLEX);
	/* One end fixed at what the other has not. */
	assert_int_equal(rte_eth_dev_stop(a), 0);
	test_log();
	assert_int_equal(start(a, RTE_ETH_LINK_SPEED_FIXED | RTE_ETH_LINK_SPEED_100G), 0);
	assert_true(test_wait_link(a, false));
	assert_true(test_log_says("no common speed with the far end"));
	assert_int_equal(link_of(a).link_speed, RTE_ETH_SPEED_NUM_NONE);
	assert_int_equal(rte_eth_dev_stop(b), 0);
	assert_int_equal(start(b, RTE_ETH_LINK_SPEED_FIXED | RTE_ETH_LINK_SPEED_100G), 0);
	assert_true(wait_speed(b, 100000));
	assert_int_equal(link_of(b).link_autoneg, RTE_ETH_LINK_FIXED);
	assert_int_equal(rte_eth_dev_stop(a), 0);
	/* What cannot be. */
	assert_int_equal(start(a, RTE_ETH_LINK_SPEED_1G), -EINVAL);
	assert_int_equal(start(a, RTE_ETH_LINK_SPEED_FIXED), -EINVAL);
	assert_int_equal(start(a, RTE_ETH_LINK_SPEED_FIXED | RTE_ETH_LINK_SPEED_25G |
			       RTE_ETH_LINK_SPEED_10G), -EINVAL);
	assert_int_equal(rte_eth_dev_stop(b), 0);
}

static void
far_end_of_another_speed(void **state)
{
	char log[4096];

	(void)state;
	plug("wire=cable:s,speed=25000", "wire=cable:s");
	assert_int_equal(start(a, 0), 0);
	assert_int_equal(start(b, 0), 0);
	assert_true(test_wait_link(a, false));
	rte_delay_us_sleep(20000);
	(void)link_of(a);
	snprintf(log, sizeof(log), "%s", test_log());
	assert_non_null(strstr(log, "the far end has a module of another kind or speed"));
	/* Said once, however often it is looked at. */
	(void)link_of(a);
	(void)link_of(a);
	assert_null(strstr(test_log(), "link down"));
	/* The firmware's own word, by an event. */
	if (strstr(log, "0x110") == NULL)
		fail_msg("no health report in:\n%s", log);
}

static void
reasons(void **state)
{
	static const struct {
		const char *args, *words;
	} cases[] = {
		{ "media=none", "no module or cable" },
		{ "media=unsupported", "type that the port cannot use" },
		{ "media=power", "more power than the port gives" },
		{ "fault=link-down", "the port has a fault" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		plug(cases[i].args, NULL);
		assert_int_equal(start(a, 0), 0);
		assert_false(link_of(a).link_status);
		if (!test_log_says(cases[i].words))
			fail_msg("'%s' is not told", cases[i].words);
		assert_int_equal(rte_eth_dev_stop(a), 0);
		unplug();
	}
}

static void
module_comes_and_goes(void **state)
{
	struct rte_eth_dev_info info;

	(void)state;
	plug("wire=loop,media=sr,speed=25000", NULL);
	assert_int_equal(start(a, 0), 0);
	assert_true(test_wait_link(a, true));
	test_log();
	assert_int_equal(rte_pmd_aether_link_set(a, false), 0);
	assert_true(test_wait_link(a, false));
	assert_true(test_log_says("no module or cable is in the port "
				  "(asked for: FEC auto, RS, all speeds)"));
	assert_int_equal(rte_eth_dev_info_get(a, &info), 0);
	assert_true((info.speed_capa & RTE_ETH_LINK_SPEED_25G) != 0);
	assert_int_equal(rte_pmd_aether_link_set(a, true), 0);
	assert_true(wait_speed(a, 25000));
	assert_int_equal(rte_eth_dev_set_link_down(a), 0);
	assert_true(test_wait_link(a, false));
	assert_string_equal(inside(a).reason, "switched off by the driver");
	assert_int_equal(rte_eth_dev_set_link_up(a), 0);
	assert_true(test_wait_link(a, true));
}

/* ---------------------------------------------------------------- FEC ----------------------- */

static void
fec_capabilities(void **state)
{
	struct rte_eth_fec_capa capa[8];
	int n, i;

	(void)state;
	plug("", NULL);
	n = rte_eth_fec_get_capability(a, NULL, 0);
	assert_int_equal(n, 5);
	assert_int_equal(rte_eth_fec_get_capability(a, capa, 8), n);
	for (i = 0; i < n; i++) {
		switch (capa[i].speed) {
		case RTE_ETH_SPEED_NUM_10G:
			assert_int_equal(capa[i].capa, FEC(NOFEC));
			break;
		case RTE_ETH_SPEED_NUM_25G:
			assert_int_equal(capa[i].capa,
					 FEC(NOFEC) | FEC(AUTO) | FEC(BASER) | FEC(RS));
			break;
		case RTE_ETH_SPEED_NUM_100G:
			assert_int_equal(capa[i].capa, FEC(NOFEC) | FEC(AUTO) | FEC(RS));
			break;
		default:
			break;
		}
	}
}

static void
fec_modes(void **state)
{
	uint32_t fec;

	(void)state;
	plug("wire=cable:f,speed=25000", "wire=cable:f,speed=25000");
	assert_int_equal(start(a, 0), 0);
	assert_int_equal(start(b, 0), 0);
	assert_true(test_wait_link(a, true));
	assert_int_equal(rte_eth_fec_get(a, &fec), 0);
	assert_int_equal(fec, FEC(RS));
	/* The two do not agree. */
	test_log();
	assert_int_equal(rte_eth_fec_set(a, FEC(NOFEC)), 0);
	assert_true(test_wait_link(a, false));
	assert_true(test_wait_link(b, false));
	assert_true(test_log_says("check the FEC of both ends"));
	assert_int_equal(rte_eth_fec_get(a, &fec), 0);
	assert_int_equal(fec, FEC(NOFEC));
	assert_int_equal(rte_eth_fec_get(b, &fec), 0);
	assert_int_equal(fec, FEC(AUTO));
	/* Nor will they, unless one of them gives way. */
	assert_int_equal(rte_eth_fec_set(b, FEC(AUTO) | FEC(NOFEC) | FEC(RS)), 0);
	assert_true(test_wait_link(a, true));
	assert_int_equal(rte_eth_fec_get(b, &fec), 0);
	assert_int_equal(fec, FEC(NOFEC));
	assert_int_equal(rte_eth_fec_set(a, FEC(BASER)), 0);
	assert_int_equal(rte_eth_fec_set(b, FEC(BASER)), 0);
	assert_true(test_wait_link(a, true));
	assert_string_equal(inside(a).fec, "BASE-R");
	/* A reset of the port keeps what was asked for. */
	assert_int_equal(rte_eth_dev_stop(a), 0);
	assert_int_equal(rte_eth_dev_reset(a), 0);
	assert_int_equal(start(a, 0), 0);
	assert_true(test_wait_link(a, true));
	assert_string_equal(inside(a).fec, "BASE-R");
	/* What cannot be. */
	assert_int_equal(rte_eth_fec_set(a, FEC(RS) | FEC(BASER)), -EINVAL);
	assert_int_equal(rte_eth_dev_stop(a), 0);
	assert_int_equal(start(a, RTE_ETH_LINK_SPEED_FIXED | RTE_ETH_LINK_SPEED_10G), 0);
	assert_int_equal(rte_eth_fec_set(a, FEC(RS)), -EINVAL);
}

/** A mode that the link's speed does not have is not in force, and that is said. */
static void
fec_without_effect(void **state)
{
	uint32_t fec;

	(void)state;
	plug("wire=loop", NULL);
	assert_int_equal(start(a, 0), 0);
	test_log();
	assert_int_equal(rte_eth_fec_set(a, FEC(BASER)), 0);
	assert_true(test_wait_link(a, true));
	assert_int_equal(rte_eth_fec_get(a, &fec), 0);
	assert_int_equal(fec, FEC(NOFEC));
	assert_true(test_log_says("FEC BASE-R was asked for and none is in force"));
}

/* ---------------------------------------------------------------- flow control -------------- */

static int
set_pause(uint16_t port, enum rte_eth_fc_mode mode)
{
	struct rte_eth_fc_conf conf;

	assert_int_equal(rte_eth_dev_flow_ctrl_get(port, &conf), 0);
	conf.mode = mode;
	return rte_eth_dev_flow_ctrl_set(port, &conf);
}

static enum rte_eth_fc_mode
pause_of(uint16_t port)
{
	struct rte_eth_fc_conf conf;

	assert_int_equal(rte_eth_dev_flow_ctrl_get(port, &conf), 0);
	return conf.mode;
}

static bool
wait_pause(uint16_t port, enum rte_eth_fc_mode mode)
{
	unsigned int ms;

	for (ms = 0; ms < 2000 && pause_of(port) != mode; ms++)
		rte_delay_us_sleep(1000);
	return pause_of(port) == mode;
}

static void
pause_modes(void **state)
{
	struct rte_eth_fc_conf conf, bad;

	(void)state;
	plug("wire=cable:p", "wire=cable:p");
	assert_int_equal(start(a, 0), 0);
	assert_int_equal(start(b, 0), 0);
	assert_true(test_wait_link(a, true));
	assert_int_equal(pause_of(a), RTE_ETH_FC_NONE);
	assert_int_equal(set_pause(a, RTE_ETH_FC_FULL), 0);
	assert_int_equal(set_pause(b, RTE_ETH_FC_FULL), 0);
	assert_true(wait_pause(a, RTE_ETH_FC_FULL));
	assert_true(wait_pause(b, RTE_ETH_FC_FULL));
	assert_int_equal(set_pause(b, RTE_ETH_FC_RX_PAUSE), 0);
	assert_true(wait_pause(a, RTE_ETH_FC_TX_PAUSE));
	assert_int_equal(set_pause(b, RTE_ETH_FC_NONE), 0);
	assert_true(wait_pause(a, RTE_ETH_FC_NONE));

	assert_int_equal(rte_eth_dev_flow_ctrl_get(a, &conf), 0);
	assert_int_equal(conf.pause_time, 0xFFFF);
	conf.pause_time = 0x1234;
	assert_int_equal(rte_eth_dev_flow_ctrl_set(a, &conf), 0);
	assert_int_equal(inside(a).pause_quanta, 0x1234);
	/* What the device does not have. */
	bad = conf;
	bad.high_water = 1000;
	assert_int_equal(rte_eth_dev_flow_ctrl_set(a, &bad), -ENOTSUP);
	bad = conf;
	bad.mac_ctrl_frame_fwd = 1;
	assert_int_equal(rte_eth_dev_flow_ctrl_set(a, &bad), -ENOTSUP);
	bad = conf;
	bad.autoneg = 0;
	assert_int_equal(rte_eth_dev_flow_ctrl_set(a, &bad), 0);
	bad.mode = RTE_ETH_FC_FULL;
	assert_int_equal(rte_eth_dev_flow_ctrl_set(a, &bad), -ENOTSUP);
}

/** A receiver that does not take: with pause nothing is lost, and the counters tell. */
static void
pause_at_work(void **state)
{
	struct rte_eth_stats stats;
	struct rte_ether_addr dst;
	unsigned int i, sent = 0, received = 0;
	struct rte_mbuf *m;

	(void)state;
	plug("wire=cable:p", "wire=cable:p");
	assert_int_equal(start(a, 0), 0);
	assert_int_equal(start(b, 0), 0);
	assert_int_equal(set_pause(a, RTE_ETH_FC_FULL), 0);
	assert_int_equal(set_pause(b, RTE_ETH_FC_FULL), 0);
	assert_true(wait_pause(a, RTE_ETH_FC_FULL));
	assert_true(wait_pause(b, RTE_ETH_FC_FULL));
	assert_int_equal(rte_eth_macaddr_get(b, &dst), 0);
	for (i = 0; i < 1000; i++) {
		sent += test_send(a, test_frame(&dst, 64, i));
		rte_delay_us_sleep(10);
	}
	assert_true(sent > 300);
	assert_true(test_wait_xstat(b, "tx_xoff_packets", 1));
	assert_true(test_wait_xstat(a, "rx_xoff_packets", 1));
	while ((m = test_receive(b, received < sent ? TEST_COMES_MS : TEST_NONE_MS)) != NULL) {
		rte_pktmbuf_free(m);
		received++;
	}
	assert_int_equal(received, sent);
	assert_int_equal(rte_eth_stats_get(b, &stats), 0);
	assert_int_equal(stats.imissed, 0);
	assert_true(test_xstat(b, "tx_xon_packets") > 0);
}

/* ---------------------------------------------------------------- module, flash ------------- */

static void
modules(void **state)
{
	static const struct {
		const char *args;
		uint32_t type, len;
		uint8_t id;
		uint16_t vendor;	/* where its name stands */
	} cases[] = {
		{ "", RTE_ETH_MODULE_SFF_8636, 640, 0x11, 148 },
		{ "media=sr", RTE_ETH_MODULE_SFF_8636, 640, 0x11, 148 },
		{ "device=159b,media=lr", RTE_ETH_MODULE_SFF_8472, 512, 0x03, 20 },
		{ "device=159b", RTE_ETH_MODULE_SFF_8079, 256, 0x03, 20 },
	};
	struct rte_eth_dev_module_info info;
	struct rte_dev_eeprom_info part;
	uint8_t whole[640], some[40];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		plug(cases[i].args, NULL);
		assert_int_equal(rte_eth_dev_get_module_info(a, &info), 0);
		assert_int_equal(info.type, cases[i].type);
		assert_int_equal(info.eeprom_len, cases[i].len);
		part = (struct rte_dev_eeprom_info){ .data = whole, .length = info.eeprom_len };
		memset(whole, 0xEE, sizeof(whole));
		assert_int_equal(rte_eth_dev_get_module_eeprom(a, &part), 0);
		assert_int_equal(whole[0], cases[i].id);
		assert_memory_equal(whole + cases[i].vendor, "Aether model    ", 16);
		if (cases[i].len == 640) {
			assert_int_equal(whole[300], 0);	/* page 1 is not there */
			/* Thresholds on page 3, where there are any. */
			assert_int_equal(whole[128 + 3 * 128] != 0, i == 1);
		} else if (cases[i].len == 512) {
			assert_int_not_equal(whole[256 + 96], 0);	/* temperature */
		}
		/* A part, across the border of the halves. */
		part = (struct rte_dev_eeprom_info){ .data = some, .offset = 117,
						     .length = sizeof(some) };
		assert_int_equal(rte_eth_dev_get_module_eeprom(a, &part), 0);
		assert_memory_equal(some, whole + 117, sizeof(some));
		part.offset = cases[i].len - 1;
		assert_int_equal(rte_eth_dev_get_module_eeprom(a, &part), -EINVAL);
		unplug();
	}
	plug("media=none", NULL);
	test_log();
	assert_int_equal(rte_eth_dev_get_module_info(a, &info), -ENXIO);
	assert_true(test_log_says("no module"));
}

static void
flash(void **state)
{
	struct rte_dev_eeprom_info info = {0};
	uint8_t word[2];
	int size;

	(void)state;
	plug("", NULL);
	size = rte_eth_dev_get_eeprom_length(a);
	assert_int_equal(size, 64 * 1024);
	info.data = word;
	info.length = sizeof(word);
	assert_int_equal(rte_eth_dev_get_eeprom(a, &info), 0);
	assert_int_equal(info.magic, 0x15928086);
	assert_int_equal(word[0] >> 6, 1);	/* control word: the image is valid */
	info.offset = size - 1;
	assert_int_equal(rte_eth_dev_get_eeprom(a, &info), -EINVAL);
	/* This driver never writes it. */
	info.offset = 0;
	assert_int_equal(rte_eth_dev_set_eeprom(a, &info), -ENOTSUP);
}

/* ---------------------------------------------------------------- LED, registers, counters -- */

static void
led(void **state)
{
	(void)state;
	plug("", NULL);
	assert_false(inside(a).led_blinks);
	assert_int_equal(rte_eth_led_on(a), 0);
	assert_true(inside(a).led_blinks);
	assert_int_equal(rte_eth_led_off(a), 0);
	assert_false(inside(a).led_blinks);
}

static void
registers(void **state)
{
	struct rte_dev_reg_info info = {0};
	uint32_t values[256], one;

	(void)state;
	plug("wire=loop", NULL);
	assert_int_equal(start(a, 0), 0);
	assert_int_equal(rte_eth_dev_get_reg_info(a, &info), 0);
	assert_int_equal(info.width, 4);
	assert_in_range(info.length, 20, 256);
	info.data = values;
	assert_int_equal(rte_eth_dev_get_reg_info(a, &info), 0);
	assert_int_equal(info.version, 0x1592);
	/* The last but five: tail of the only Rx queue is what was posted. */
	assert_int_equal(values[info.length - 6], QRX_CTRL_QENA_REQ | QRX_CTRL_QENA_STAT);
	assert_true(values[info.length - 5] > 0);
	info.offset = 5;
	info.length = 1;
	info.data = &one;
	assert_int_equal(rte_eth_dev_get_reg_info(a, &info), 0);
	assert_int_equal(one, values[5]);
	info.offset = 4096;
	assert_int_equal(rte_eth_dev_get_reg_info(a, &info), -EINVAL);
	/* A look changes nothing. */
	assert_true(test_wait_link(a, true));
}

static void
statistics_by_number(void **state)
{
	struct rte_eth_xstat_name names[2];
	uint64_t ids[2], values[2];

	(void)state;
	plug("wire=loop", NULL);
	assert_int_equal(start(a, 0), 0);
	assert_true(test_wait_link(a, true));
	assert_int_equal(rte_eth_xstats_get_id_by_name(a, "tx_size_64_packets", &ids[0]), 0);
	assert_int_equal(rte_eth_xstats_get_id_by_name(a, "rx_size_64_packets", &ids[1]), 0);
	assert_true(test_send(a, test_frame(&(struct rte_ether_addr){ .addr_bytes = {
			2, 9, 9, 9, 9, 9 } }, 60, 1)));
	assert_true(test_wait_xstat(a, "rx_size_64_packets", 1));
	assert_int_equal(rte_eth_xstats_get_by_id(a, ids, values, 2), 2);
	assert_int_equal(values[0], 1);
	assert_int_equal(values[1], 1);
	assert_int_equal(rte_eth_xstats_get_names_by_id(a, names, 2, ids), 2);
	assert_string_equal(names[0].name, "tx_size_64_packets");
	assert_string_equal(names[1].name, "rx_size_64_packets");
	ids[1] = UINT32_MAX;
	assert_true(rte_eth_xstats_get_by_id(a, ids, values, 2) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_teardown(f, teardown)
		T(speed_capabilities), T(link_speeds), T(far_end_of_another_speed), T(reasons),
		T(module_comes_and_goes), T(fec_capabilities), T(fec_modes),
		T(fec_without_effect), T(pause_modes), T(pause_at_work), T(modules), T(flash),
		T(led), T(registers), T(statistics_by_number),
	};

	return cmocka_run_group_tests(tests, group_setup, test_group_teardown);
}
