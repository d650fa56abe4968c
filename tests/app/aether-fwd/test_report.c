/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The checks that decide the exit code, and the JSON that machines read. */
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#include "cmocka_all.h"

/* EAL is not started here, so nothing has measured the TSC. */
#define rte_get_tsc_hz() UINT64_C(1000)
#include "json.c"
#include "report.c"
#include "wire.c"

static struct fwd_options opt;
static struct fwd_ports ports;
static struct fwd_wire *const wire = &ports.port[0].wire;
static struct fwd_stream stream;
static struct fwd_lcore lcore;
static struct fwd_lcore *lcores[] = { &lcore };
static struct fwd_report report;

/* A run that adds up: 1000 offered, 900 delivered and forwarded, 100 dropped by the wire. */
static int
set_up(void **state)
{
	(void)state;
	memset(&report, 0, sizeof(report));
	memset(&ports, 0, sizeof(ports));
	ports.nb = 1;
	ports.port[0].id = 5;
	stream = (struct fwd_stream){
		.rx_port = 5, .tx_port = 5,
		.counters = { .rx = 900, .tx = 900, .first_tsc = 100, .last_tsc = 1100 },
	};
	memset(&lcore, 0, sizeof(lcore));
	lcore.nb_streams = 1;
	lcore.streams[0] = &stream;
	lcore.start_tsc = 0;
	lcore.end_tsc = 2000;
	lcore.stall = (struct fwd_stall){ .count = 2, .total = 500, .longest = 400 };
	*wire = (struct fwd_wire){
		.available = true, .on_model = true, .rx_offered = 1000, .rx_delivered = 900,
		.rx_dropped = 100, .tx_packets = 900,
		.all = { .count = 900, .p50 = 1500, .max = 9000 },
	};
	report.opt = &opt;
	report.ports = &ports;
	return 0;
}

static unsigned int
problems(void)
{
	fwd_report_gather(&report, lcores, 1);
	fwd_report_check(&report);
	return report.nb_problems;
}

static void
a_run_that_adds_up(void **state)
{
	(void)state;
	assert_int_equal(problems(), 0);
	assert_int_equal(report.rx, 900);
	assert_int_equal(report.tx, 900);
	assert_int_equal(report.port[0].rx, 900);
	assert_true(report.on_model);
	assert_float_equal(report.active_s, 1.0, 1e-9);
	assert_float_equal(report.mpps, 900e-6, 1e-9);
	assert_float_equal(report.lcore[0].stall_share, 0.25, 1e-9);
	assert_int_equal(report.lcore[0].stalls, 2);
}

static void
a_lost_packet_on_the_wire(void **state)
{
	(void)state;
	wire->rx_offered = 1001;
	assert_int_equal(problems(), 1);
	assert_non_null(strstr(report.problem[0], "1 fewer"));
}

static void
a_packet_from_nowhere(void **state)
{
	(void)state;
	wire->rx_delivered = 899;
	wire->rx_dropped = 101;
	assert_int_equal(problems(), 1);
	assert_non_null(strstr(report.problem[0], "delivered only 899"));
}

static void
a_packet_lost_after_tx(void **state)
{
	(void)state;
	wire->tx_packets = 899;
	assert_int_equal(problems(), 1);
	set_up(state);
	wire->tx_packets = 899;
	wire->tx_dropped = 1;
	assert_int_equal(problems(), 0);
}

static void
a_packet_lost_in_the_application(void **state)
{
	(void)state;
	stream.counters.tx = 899;
	wire->tx_packets = 899;
	assert_int_equal(problems(), 1);
	set_up(state);
	stream.counters.tx = 899;
	stream.counters.tx_dropped = 1;
	wire->tx_packets = 899;
	assert_int_equal(problems(), 0);
}

static void
a_blocked_dma_access(void **state)
{
	(void)state;
	wire->dma_faults = 1;
	assert_int_equal(problems(), 1);
	set_up(state);
	wire->mdd_events = 1;
	assert_int_equal(problems(), 1);
}

/* What an endless source brings after the last poll is not the run's. */
static void
later_packets_are_not_counted(void **state)
{
	struct fwd_wire later = *wire;

	(void)state;
	later.rx_offered = 5000;
	later.rx_dropped = 4100;
	later.stall_ns = 77;
	later.tx_packets = 901;
	later.all.count = 901;
	fwd_wire_put_back_rx(&later, wire);
	assert_int_equal(later.rx_offered, 1000);
	assert_int_equal(fwd_wire_unaccounted(&later), 0);
	assert_int_equal(later.stall_ns, 0);
	assert_int_equal(later.tx_packets, 901);
	assert_int_equal(later.all.count, 901);
}

static void
leaked_buffers(void **state)
{
	(void)state;
	report.leaked = 3;
	assert_int_equal(problems(), 1);
	assert_non_null(strstr(report.problem[0], "3 buffers"));
}

/* More problems than there is room for are not written past the end. */
static void
many_problems(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++)
		fwd_report_problem(&report, "problem %u", i);
	assert_int_equal(report.nb_problems, RTE_DIM(report.problem));
}

static void
one_burst_has_no_rate(void **state)
{
	(void)state;
	stream.counters.last_tsc = stream.counters.first_tsc;
	assert_int_equal(problems(), 0);
	assert_float_equal(report.mpps, 0, 0);
}

static void
json_holds_the_report(void **state)
{
	json_t *root;
	json_int_t rx, p50, offered, port;
	const char *device;
	int on_model;

	(void)state;
	/* A name that is no UTF-8 must not cost the report. */
	snprintf(ports.port[0].name, sizeof(ports.port[0].name), "net_\xff");
	assert_int_equal(problems(), 0);
	root = from_report(&report);
	assert_non_null(root);
	assert_int_equal(json_unpack(root, "{s:I, s:b, s:[{s:I, s:s, s:{s:{s:I}, s:{s:I}}}]}",
				     "rx_packets", &rx, "measured_on_device_model", &on_model,
				     "ports", "port", &port, "device", &device, "wire",
				     "rx", "offered", &offered,
				     "latency", "p50_ns", &p50), 0);
	assert_int_equal(rx, 900);
	assert_int_equal(on_model, 1);
	assert_int_equal(port, 5);
	assert_string_equal(device, "net_?");
	assert_int_equal(offered, 1000);
	assert_int_equal(p50, 1500);
	json_decref(root);
}

static void
json_says_null_where_nothing_was_measured(void **state)
{
	json_t *root, *port_wire;

	(void)state;
	wire->available = false;
	assert_int_equal(problems(), 0);
	root = from_report(&report);
	assert_int_equal(json_unpack(root, "{s:[{s:o}]}", "ports", "wire", &port_wire), 0);
	assert_true(json_is_null(port_wire));
	json_decref(root);
}

/* Three in a hundred cycles more for each packet, and half of the slices were looked at. */
static void
json_says_what_noise_costs(void **state)
{
	static struct fwd_cost cost;
	double percent, with;
	json_t *root, *none;
	unsigned int i;
	int pairs;

	(void)state;
	report.host.tsc_hz = 1000000000;
	root = (problems(), from_report(&report));
	assert_int_equal(json_unpack(root, "{s:[{s:o}]}", "lcores", "noise_cost", &none), 0);
	assert_true(json_is_null(none));
	assert_true(json_is_null(json_object_get(root, "noise")));
	json_decref(root);

	set_up(state);
	report.host.tsc_hz = 1000000000;
	lcore.cost = &cost;
	cost.nb_pairs = 20;
	for (i = 0; i < 20; i++)
		cost.pairs[i] = (struct fwd_cost_pair){ .with = 103, .without = 100 };
	root = (problems(), from_report(&report));
	assert_int_equal(json_unpack(root, "{s:[{s:{s:f, s:f, s:i}}]}", "lcores", "noise_cost",
				     "percent", &percent, "with_ns_per_packet", &with,
				     "pairs", &pairs), 0);
	assert_float_equal(percent, 100.0 * 3 / 103, 0.001);
	assert_float_equal(with, 103, 0.001);
	assert_int_equal(pairs, 20);
	json_decref(root);
}

static void
json_survives_what_is_no_number(void **state)
{
	json_t *root;

	(void)state;
	wire->all.mean = NAN;
	wire->clear = (struct fwd_latency){ .count = 1, .jitter = INFINITY };
	assert_int_equal(problems(), 0);
	root = from_report(&report);
	assert_non_null(root);
	json_decref(root);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A run that fails leaves an older report as it was, and no empty file where there was none. */
static void
a_failed_run_keeps_the_old_report(void **state)
{
	char dir[] = "aether_fwd_json_XXXXXX", path[64], text[16] = "";
	struct fwd_json json = { 0 };
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/r.json", dir);

	assert_int_equal(fwd_json_open(&json, path), 0);
	fwd_json_discard(&json);
	assert_int_equal(access(path, F_OK), -1);

	write_file(path, "old report");
	assert_int_equal(fwd_json_open(&json, path), 0);
	fwd_json_discard(&json);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "old report");

	unlink(path);
	rmdir(dir);
}

/* A longer old report must not show behind the new one. */
static void
a_new_report_replaces_the_old_one(void **state)
{
	char dir[] = "aether_fwd_json_XXXXXX", path[64], *long_text = malloc(65536);
	struct fwd_json json = { 0 };
	json_error_t error;
	json_t *root;

	(void)state;
	assert_non_null(long_text);
	memset(long_text, 'x', 65535);
	long_text[65535] = '\0';
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/r.json", dir);
	write_file(path, long_text);
	free(long_text);

	assert_int_equal(problems(), 0);
	assert_int_equal(fwd_json_open(&json, path), 0);
	assert_int_equal(fwd_json_write(&json, &report), 0);
	root = json_load_file(path, 0, &error);
	if (root == NULL)
		fail_msg("%s", error.text);
	json_decref(root);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_run_that_adds_up, set_up),
		cmocka_unit_test_setup(a_lost_packet_on_the_wire, set_up),
		cmocka_unit_test_setup(a_packet_from_nowhere, set_up),
		cmocka_unit_test_setup(a_packet_lost_after_tx, set_up),
		cmocka_unit_test_setup(a_packet_lost_in_the_application, set_up),
		cmocka_unit_test_setup(a_blocked_dma_access, set_up),
		cmocka_unit_test_setup(later_packets_are_not_counted, set_up),
		cmocka_unit_test_setup(leaked_buffers, set_up),
		cmocka_unit_test_setup(many_problems, set_up),
		cmocka_unit_test_setup(one_burst_has_no_rate, set_up),
		cmocka_unit_test_setup(json_holds_the_report, set_up),
		cmocka_unit_test_setup(json_says_null_where_nothing_was_measured, set_up),
		cmocka_unit_test_setup(json_says_what_noise_costs, set_up),
		cmocka_unit_test_setup(json_survives_what_is_no_number, set_up),
		cmocka_unit_test_setup(a_failed_run_keeps_the_old_report, set_up),
		cmocka_unit_test_setup(a_new_report_replaces_the_old_one, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
