/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Devargs: every key, every bad value, and what the message says. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_log.h>

#include "aether_devargs.c"

int aether_ethdev_logtype;

static char *log_text;
static size_t log_len;
static FILE *log_stream;

static int
collect_log(void **state)
{
	(void)state;
	log_stream = open_memstream(&log_text, &log_len);
	aether_ethdev_logtype = rte_log_register("test");
	return log_stream == NULL ? -1 : rte_openlog_stream(log_stream);
}

static int
drop_log(void **state)
{
	(void)state;
	rte_openlog_stream(NULL);
	fclose(log_stream);
	free(log_text);
	return 0;
}

static int
parse(const char *text, struct aether_devargs *args)
{
	rewind(log_stream);
	return aether_devargs_parse("net_aether0", text, AETHER_DEVARGS_VDEV, args);
}

/** The text is refused, and the message has every one of the words (NULL-terminated). */
static void
refused(const char *text, int error, ...)
{
	struct aether_devargs args;
	const char *word;
	va_list words;

	assert_int_equal(parse(text, &args), error);
	assert_null(args.wire);
	assert_null(args.fault);
	fputc('\0', log_stream);
	fflush(log_stream);
	assert_non_null(strstr(log_text, "net_aether0"));
	va_start(words, error);
	while ((word = va_arg(words, const char *)) != NULL) {
		if (strstr(log_text, word) == NULL)
			fail_msg("'%s' is not in the message for '%s':\n%s", word, text, log_text);
	}
	va_end(words);
}

static void
test_nothing(void **state)
{
	struct aether_devargs args;

	(void)state;
	assert_int_equal(parse(NULL, &args), 0);
	assert_int_equal(parse("", &args), 0);
	assert_null(args.wire);
	assert_null(args.fault);
	assert_int_equal(args.speed_mbps, 0);
	assert_int_equal(args.cpu, -1);
	assert_null(args.card);
	assert_int_equal(args.pf, 0);
	assert_false(args.mac_given);
	aether_devargs_free(&args);
}

static void
test_everything(void **state)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0, 0xaf };
	struct aether_devargs args;

	(void)state;
	assert_int_equal(parse("cpu=1,card=left,pf=7,mac=02:00:00:00:00:af,speed=25000,"
			       "wire=gen:size=64:pace=5000000,fault=aq:0x0601:5;link-down,"
			       "media=lr,fec=baser,device=159B", &args), 0);
	assert_string_equal(args.media, "lr");
	assert_string_equal(args.fec, "baser");
	assert_int_equal(args.device_id, 0x159b);
	assert_int_equal(args.cpu, 1);
	assert_string_equal(args.card, "left");
	assert_int_equal(args.pf, 7);
	assert_true(args.mac_given);
	assert_memory_equal(args.mac.addr_bytes, mac, sizeof(mac));
	assert_int_equal(args.speed_mbps, 25000);
	assert_string_equal(args.wire, "gen:size=64:pace=5000000");
	assert_string_equal(args.fault, "aq:0x0601:5,link-down");
	aether_devargs_free(&args);
	assert_null(args.wire);
}

static void
test_fault_in_brackets(void **state)
{
	struct aether_devargs args;

	(void)state;
	assert_int_equal(parse("fault=[aq:0x0601:5,link-down],cpu=0", &args), 0);
	assert_string_equal(args.fault, "aq:0x0601:5,link-down");
	assert_int_equal(args.cpu, 0);
	aether_devargs_free(&args);
}

static void
test_unknown(void **state)
{
	(void)state;
	refused("wires=loop", -EINVAL, "'wires'", "unknown", "wire=", "speed=", "mac=", "cpu=",
		"fault=", NULL);
	refused("=loop", -EINVAL, "''", "unknown", NULL);
	refused("wire=loop,", -EINVAL, "''", "unknown", NULL);
	refused(",wire=loop", -EINVAL, "''", "unknown", NULL);
	refused("Wire=loop", -EINVAL, "'Wire'", NULL);
}

static void
test_without_value(void **state)
{
	(void)state;
	refused("wire", -EINVAL, "wire has no value", "known are", NULL);
	refused("cpu=", -EINVAL, "cpu has no value", NULL);
}

static void
test_twice(void **state)
{
	(void)state;
	refused("wire=loop,wire=sink", -EINVAL, "wire is given twice", "sink", NULL);
	refused("cpu=0,wire=loop,cpu=0", -EINVAL, "cpu is given twice", NULL);
}

static void
test_bad_values(void **state)
{
	(void)state;
	refused("wire=string", -EINVAL, "wire=string", "accepted", "loop", "cable", NULL);
	refused("wire=gen:size=1", -EINVAL, "gen:size=1", NULL);
	refused("media=fibre", -EINVAL, "media=fibre", "dac", "unsupported", NULL);
	refused("fec=RS", -EINVAL, "fec=RS", "auto", "baser", NULL);
	refused("device=0x1592", -EINVAL, "device=0x1592", "159b", NULL);
	refused("wires=loop", -EINVAL, "  media=<module>", "  fec=<mode>", "cable:<name>", NULL);
	refused("speed=0", -EINVAL, "speed=0", "100000", NULL);
	refused("speed=1000", -EINVAL, "speed=1000", "10000", NULL);
	refused("speed=100000000000", -EINVAL, "speed=", NULL);
	refused("speed=100G", -EINVAL, "speed=100G", NULL);
	refused("speed=-1", -EINVAL, "speed=-1", NULL);
	refused("mac=02:00:00:00:00", -EINVAL, "mac=02:00:00:00:00", "unicast", NULL);
	refused("mac=00:00:00:00:00:00", -EINVAL, "mac=", NULL);
	refused("mac=ff:ff:ff:ff:ff:ff", -EINVAL, "mac=", NULL);
	refused("mac=01:00:00:00:00:01", -EINVAL, "mac=", NULL);
	refused("mac=02:00:00:00:00:0g", -EINVAL, "mac=", NULL);
	refused("cpu=-1", -EINVAL, "cpu=-1", "from 0", NULL);
	refused("cpu=one", -EINVAL, "cpu=one", NULL);
	refused("cpu=1 ", -EINVAL, "cpu=1", NULL);
	refused("cpu=9999999", -EINVAL, "cpu=9999999", NULL);
	refused("pf=8", -EINVAL, "pf=8", "0 to 7", NULL);
	refused("pf=-1", -EINVAL, "pf=-1", NULL);
	refused("card=0123456789012345678901234567890123456789012345678901234567890123",
		-EINVAL, "card=", "63 characters", NULL);
	/* What was good before it is not kept. */
	refused("wire=loop,fault=link-down,cpu=one", -EINVAL, "cpu=one", NULL);
}

static void
test_bdf(void **state)
{
	struct aether_devargs args;

	(void)state;
	assert_int_equal(parse("bdf=0000:18:00.0", &args), 0);
	assert_string_equal(args.bdf, "0000:18:00.0");
	assert_null(args.vfio_user);
	assert_false(args.noiommu);
	aether_devargs_free(&args);
	/* Without a domain, and in capitals, it is the same function. */
	assert_int_equal(parse("bdf=AF:1f.7,noiommu=1,safe-mode=1", &args), 0);
	assert_string_equal(args.bdf, "0000:af:1f.7");
	assert_true(args.noiommu);
	aether_devargs_free(&args);
	refused("bdf=18:00", -EINVAL, "18:00 is not", "bdf=", "0000:18:00.0", NULL);
	refused("bdf=0000:18:00.0x", -EINVAL, "0000:18:00.0x", "lspci -D", NULL);
	refused("bdf=../../etc", -EINVAL, "../../etc", NULL);
	refused("bdf=eth0", -EINVAL, "eth0", NULL);
	refused("noiommu=yes,bdf=18:00.0", -EINVAL, "noiommu=yes", "0", NULL);
	refused("noiommu=1", -EINVAL, "noiommu=", "bdf=", NULL);
}

static void
test_vfio_user(void **state)
{
	struct aether_devargs args;
	char text[256] = "vfio-user=/";

	(void)state;
	assert_int_equal(parse("vfio-user=/run/e810.sock,ddp_pkg_file=a.pkg", &args), 0);
	assert_string_equal(args.vfio_user, "/run/e810.sock");
	assert_null(args.bdf);
	aether_devargs_free(&args);
	memset(text + strlen(text), 's', 107);
	refused(text, -EINVAL, "vfio-user=", "107 characters", NULL);
	refused("vfio-user=/run/x,noiommu=0", -EINVAL, "noiommu=", NULL);
}

/* Keys that name or describe different devices. */
static void
test_doors_mixed(void **state)
{
	static const char *const model[] = {
		"wire=loop", "pcap=x", "speed=10000", "device=1592", "media=dac", "fec=rs",
		"mac=02:00:00:00:00:01", "cpu=0", "card=a", "pf=1", "fault=link-down", "ddp=none",
	};
	char text[128], key[16];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(model); i++) {
		snprintf(key, sizeof(key), "%.*s=", (int)strcspn(model[i], "="), model[i]);
		snprintf(text, sizeof(text), "%s,bdf=18:00.0", model[i]);
		refused(text, -EINVAL, key, "in-process model", "bdf=", NULL);
		snprintf(text, sizeof(text), "vfio-user=/run/x,%s", model[i]);
		refused(text, -EINVAL, key, "in-process model", "vfio-user=", NULL);
	}
	refused("bdf=18:00.0,vfio-user=/run/x", -EINVAL, "two devices", "0000:18:00.0", NULL);
	refused("pmd=aether", -EINVAL, "pmd=", "-a <BDF>", NULL);
}

static void
refused_pci(const char *text, const char *word)
{
	struct aether_devargs args;

	rewind(log_stream);
	assert_int_equal(aether_devargs_parse("0000:18:00.0", text, AETHER_DEVARGS_PCI, &args),
			 -EINVAL);
	fputc('\0', log_stream);
	fflush(log_stream);
	assert_non_null(strstr(log_text, word));
}

static void
test_pci_form(void **state)
{
	struct aether_devargs args;

	(void)state;
	assert_int_equal(aether_devargs_parse("0000:18:00.0", "pmd=aether,noiommu=1,safe-mode=1",
					      AETHER_DEVARGS_PCI, &args), 0);
	assert_string_equal(args.bdf, "0000:18:00.0");
	assert_true(args.noiommu);
	assert_true(args.safe_mode);
	aether_devargs_free(&args);
	/* EAL calls a function what the user called it. */
	assert_int_equal(aether_devargs_parse("AF:00.1", "pmd=aether", AETHER_DEVARGS_PCI, &args),
			 0);
	assert_string_equal(args.bdf, "0000:af:00.1");
	aether_devargs_free(&args);
	refused_pci("pmd=aether,wire=loop", "wire=");
	refused_pci("pmd=aether,bdf=18:00.0", "bdf=");
	refused_pci("pmd=aether,vfio-user=/run/x", "vfio-user=");
	refused_pci("pmd=ice", "pmd=ice");

	assert_true(aether_devargs_ours("pmd=aether"));
	assert_true(aether_devargs_ours("safe-mode=1,pmd=aether,noiommu=0"));
	assert_false(aether_devargs_ours(NULL));
	assert_false(aether_devargs_ours(""));
	assert_false(aether_devargs_ours("pmd=aethernet"));
	assert_false(aether_devargs_ours("xpmd=aether"));
	assert_false(aether_devargs_ours("safe-mode-support=1"));
}

static void
test_ddp(void **state)
{
	struct aether_devargs args;

	(void)state;
	assert_int_equal(parse("", &args), 0);
	assert_false(args.ddp_none);
	assert_false(args.safe_mode);
	assert_null(args.ddp_pkg_file);
	assert_int_equal(parse("ddp=none,ddp_pkg_file=/a b/c=d.pkg,safe-mode=1", &args), 0);
	assert_true(args.ddp_none);
	assert_true(args.safe_mode);
	assert_string_equal(args.ddp_pkg_file, "/a b/c=d.pkg");
	aether_devargs_free(&args);
	assert_int_equal(parse("ddp=preloaded,safe-mode=0", &args), 0);
	assert_false(args.ddp_none);
	assert_false(args.safe_mode);
	refused("ddp=loaded", -EINVAL, "ddp=loaded", "preloaded", NULL);
	refused("writeback-us=1", -EINVAL, "writeback-us=1", "even", NULL);
	refused("writeback-us=8162", -EINVAL, "writeback-us=8162", "8160", NULL);
	refused("writeback-us=", -EINVAL, "writeback-us", NULL);
	refused("writeback-us=-2", -EINVAL, "writeback-us=-2", NULL);
	assert_int_equal(parse("", &args), 0);
	assert_int_equal(args.writeback_us, -1);
	aether_devargs_free(&args);
	assert_int_equal(parse("bdf=0000:18:00.0,writeback-us=8160", &args), 0);
	assert_int_equal(args.writeback_us, 8160);
	aether_devargs_free(&args);
	assert_int_equal(parse("writeback-us=0", &args), 0);
	assert_int_equal(args.writeback_us, 0);
	aether_devargs_free(&args);
	refused("safe-mode=yes", -EINVAL, "safe-mode=yes", "0", NULL);
	refused("safe-mode=10", -EINVAL, "safe-mode=10", NULL);
	refused("ddp_pkg_file=", -EINVAL, "ddp_pkg_file", NULL);
}

static void
test_partition(void **state)
{
	struct aether_devargs args;

	RTE_SET_USED(state);
	assert_int_equal(parse("wire=loop", &args), 0);
	assert_int_equal(args.partition, AETHER_DEVARGS_PARTITION_DEFAULT);
	aether_devargs_free(&args);
	assert_int_equal(parse("partition=enforce", &args), 0);
	assert_int_equal(args.partition, AETHER_DEVARGS_PARTITION_ENFORCE);
	aether_devargs_free(&args);
	assert_int_equal(parse("bdf=0000:18:00.0,partition=warn", &args), 0);
	assert_int_equal(args.partition, AETHER_DEVARGS_PARTITION_WARN);
	aether_devargs_free(&args);
	assert_int_equal(aether_devargs_parse("0000:18:00.0", "pmd=aether,partition=off",
					      AETHER_DEVARGS_PCI, &args), 0);
	assert_int_equal(args.partition, AETHER_DEVARGS_PARTITION_OFF);
	aether_devargs_free(&args);
	refused("partition=strict", -EINVAL, "partition=strict", "enforce", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_fault_in_brackets),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_without_value),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_bdf),
		cmocka_unit_test(test_vfio_user),
		cmocka_unit_test(test_doors_mixed),
		cmocka_unit_test(test_pci_form),
		cmocka_unit_test(test_ddp),
		cmocka_unit_test(test_partition),
	};

	return cmocka_run_group_tests(tests, collect_log, drop_log);
}
