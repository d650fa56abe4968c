/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The command line: what it takes, and what it says of what it does not take. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_log.h>

#include <aether_model.h>

#include "options.h"

#define P0	"name=p0,socket=/tmp/p0"

static struct options opt;
static char err[1024];

static int
parse(const char *first, ...)
{
	char *argv[80] = { (char *)(uintptr_t)"aether-model" };
	const char *arg;
	int argc = 1;
	va_list ap;

	va_start(ap, first);
	for (arg = first; arg != NULL; arg = va_arg(ap, const char *))
		argv[argc++] = (char *)(uintptr_t)arg;
	va_end(ap);
	err[0] = '\0';
	return options_parse(argc, argv, &opt, err, sizeof(err));
}

static void
assert_refused(const char *device, const char *found, const char *wanted)
{
	assert_int_equal(parse("--device", device, NULL), -EINVAL);
	if (strstr(err, found) == NULL || strstr(err, wanted) == NULL)
		fail_msg("'%s' and '%s' are not both in: %s", found, wanted, err);
	assert_int_equal(opt.n_devices, 0);
}

static void
test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("--device", P0, NULL), 0);
	assert_int_equal(opt.n_devices, 1);
	assert_string_equal(opt.devices[0].name, "p0");
	assert_string_equal(opt.devices[0].socket, "/tmp/p0");
	assert_null(opt.devices[0].wire);
	assert_null(opt.devices[0].pcap);
	assert_false(opt.devices[0].ddp_preloaded);
	assert_true(opt.devices[0].rdma);
	assert_int_equal(opt.cpu, -1);
	assert_string_equal(opt.file_prefix, "aether-model");
	options_free(&opt);
}

static void
test_all_keys(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	const struct device_args *args = &opt.devices[0];

	(void)state;
	assert_int_equal(parse("--cpu", "1", "--log-level", "lib.aether_model:debug",
			       "--log-level=*:error", "--file-prefix", "other",
			       "--device", P0 ",wire=gen:size=64:pace=1000,card=c,pf=3,"
			       "ddp=preloaded,rdma=0,"
			       "device=159b,mac=02:00:00:00:00:09,media=sr,fec=rs,speed=25000,"
			       "fault=aq:0x0601:5;link-down,pcap=/tmp/x.pcap",
			       "--device", "name=p1,socket=/tmp/p1,device=0x1592,"
			       "fault=[link-down,reset-stuck]", NULL), 0);
	assert_int_equal(opt.cpu, 1);
	assert_int_equal(opt.n_log_levels, 2);
	assert_string_equal(opt.file_prefix, "other");
	assert_string_equal(args->wire, "gen:size=64:pace=1000");
	assert_string_equal(args->card, "c");
	assert_int_equal(args->pf, 3);
	assert_true(args->ddp_preloaded);
	assert_false(args->rdma);
	assert_int_equal(args->device_id, 0x159b);
	assert_memory_equal(args->mac, mac, 6);
	assert_string_equal(args->media, "sr");
	assert_string_equal(args->fec, "rs");
	assert_int_equal(args->speed_mbps, 25000);
	assert_string_equal(args->fault, "aq:0x0601:5,link-down");
	assert_string_equal(args->pcap, "/tmp/x.pcap");
	assert_int_equal(opt.devices[1].device_id, 0x1592);
	assert_string_equal(opt.devices[1].fault, "link-down,reset-stuck");
	options_free(&opt);
}

/* Commas in brackets are the value's. */
static void
test_brackets(void **state)
{
	(void)state;
	assert_int_equal(parse("--device", P0 ",pcap=/tmp/[a,b],pf=1", NULL), 0);
	assert_string_equal(opt.devices[0].pcap, "/tmp/[a,b]");
	assert_int_equal(opt.devices[0].pf, 1);
	options_free(&opt);
}

static void
test_bad_devices(void **state)
{
	(void)state;
	rte_log_set_global_level(RTE_LOG_EMERG);
	assert_refused("socket=/tmp/p0", "no name=", "name=<name>,socket=<path>");
	assert_refused("name=p0", "no socket=", "name=<name>,socket=<path>");
	assert_refused("", "key ''", "wanted one of: name, socket");
	assert_refused(P0 ",", "key ''", "wanted one of");
	assert_refused(P0 ",colour=red", "'colour'", "wanted one of");
	assert_refused(P0 ",wire", "wire without a value", "wire=<wire>");
	assert_refused(P0 ",wire=", "wire without a value", "wire=<wire>");
	assert_refused(P0 ",wire=rope", "'rope'", "wanted a wire");
	assert_refused(P0 ",pf=1,pf=2", "pf a second time", "once");
	assert_refused(P0 ",pf=8", "'8'", "0 to 7");
	assert_refused(P0 ",pf=-1", "'-1'", "0 to 7");
	assert_refused(P0 ",pf=1x", "'1x'", "0 to 7");
	assert_refused(P0 ",speed=fast", "'fast'", "100000");
	assert_refused(P0 ",speed=99999999999", "'99999999999'", "100000");
	assert_refused(P0 ",device=xyz", "'xyz'", "1592");
	assert_refused(P0 ",device=12345", "'12345'", "1592");
	assert_refused(P0 ",mac=00:00:00:00:00:00", "'00:00:00:00:00:00'", "unicast");
	assert_refused(P0 ",mac=01:00:00:00:00:01", "'01:00:00:00:00:01'", "unicast");
	assert_refused(P0 ",media=copper", "'copper'", "dac, sr, lr");
	assert_refused(P0 ",fec=best", "'best'", "auto, none, baser, rs");
	assert_refused(P0 ",ddp=maybe", "'maybe'", "none or preloaded");
	assert_refused(P0 ",rdma=yes", "'yes'", "0 or 1");
	/* The device is named, so that one of many is found. */
	assert_refused(P0 ",pf=9", "--device p0: pf", "0 to 7");
}

static void
test_bad_options(void **state)
{
	(void)state;
	assert_int_equal(parse(NULL), -EINVAL);
	assert_non_null(strstr(err, "found no --device, wanted at least one"));
	assert_int_equal(parse("--device", NULL), -EINVAL);
	assert_non_null(strstr(err, "without a value"));
	assert_int_equal(parse("--verbose", NULL), -EINVAL);
	assert_non_null(strstr(err, "'--verbose'"));
	assert_int_equal(parse("p0", NULL), -EINVAL);
	assert_non_null(strstr(err, "'p0'"));
	assert_int_equal(parse("--device", P0, "--cpu", "two", NULL), -EINVAL);
	assert_non_null(strstr(err, "'two'"));
	assert_int_equal(parse("--device", P0, "--cpu", "", NULL), -EINVAL);
	assert_int_equal(parse("--device", P0, "--file-prefix", "a/b", NULL), -EINVAL);
	assert_non_null(strstr(err, "'a/b'"));
	assert_int_equal(parse("--device", P0, "--log-level", "loud", NULL), -EINVAL);
	assert_non_null(strstr(err, "'loud'"));
	assert_int_equal(parse("--device", P0, "--log-level", "lib.aether_model:9", NULL), -EINVAL);
	assert_int_equal(parse("--device", P0, "--log-level", "lib.aether_model:", NULL), -EINVAL);
	assert_int_equal(parse("--device", P0, "--log-level", ":debug", NULL), -EINVAL);
	assert_int_equal(parse("--device", P0, "--log-level", "7", "--log-level", "err", NULL), 0);
	options_free(&opt);
	assert_int_equal(parse("--device", P0, "--device", "name=p1,socket=/tmp/p0", NULL),
			 -EINVAL);
	assert_non_null(strstr(err, "another than that of p0"));
	assert_int_equal(opt.n_devices, 0);
}

static void
test_too_many(void **state)
{
	char text[OPTIONS_MAX_DEVICES + 1][64], *argv[2 * OPTIONS_MAX_DEVICES + 4];
	int argc = 0, i;

	(void)state;
	argv[argc++] = (char *)(uintptr_t)"aether-model";
	for (i = 0; i <= OPTIONS_MAX_DEVICES; i++) {
		snprintf(text[i], sizeof(text[i]), "name=p%d,socket=/tmp/p%d", i, i);
		argv[argc++] = (char *)(uintptr_t)"--device";
		argv[argc++] = text[i];
	}
	argv[argc] = NULL;
	assert_int_equal(options_parse(argc - 2, argv, &opt, err, sizeof(err)), 0);
	options_free(&opt);
	assert_int_equal(options_parse(argc, argv, &opt, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "more than"));
}

/* The help has every key, telemetry and the grammar of wires. */
static void
test_usage(void **state)
{
	static const char *const wanted[] = {
		"--device", "name=", "socket=", "wire=", "pcap=", "speed=", "device=", "media=",
		"fec=", "mac=", "ddp=", "rdma=", "card=", "pf=", "fault=", "--cpu", "--log-level",
		"--file-prefix", "--version", "/aether/model/list", "/aether/model/stats",
		"/aether/model/port", "/aether/model/link", "vfio-user-pci", "SIGTERM",
	};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	unsigned int i;

	(void)state;
	options_usage(out);
	fclose(out);
	for (i = 0; i < RTE_DIM(wanted); i++)
		if (strstr(text, wanted[i]) == NULL)
			fail_msg("%s is not in the help", wanted[i]);
	assert_non_null(strstr(text, aether_model_wire_help()));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_bad_devices),
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
