/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "cmocka_all.h"
#include "options.c"

#define MAX_ARGS 32

static struct fwd_options opt;
static char err[512];

/* Parse a command line given as one string; words are separated by one blank. */
static int
parse(const char *line)
{
	static char text[1024];
	char *argv[MAX_ARGS + 1] = { "aether-fwd" };
	char *word, *rest = text;
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	while ((word = strtok_r(rest, " ", &rest)) != NULL && argc < MAX_ARGS)
		argv[argc++] = word;
	err[0] = '\0';
	return fwd_options_parse(argc, argv, &opt, err, sizeof(err));
}

static void
defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(opt.mode, FWD_MODE_IO);
	assert_int_equal(opt.burst, 32);
	assert_int_equal(opt.nb_map, 0);
	assert_int_equal(opt.tx_retry, FWD_TX_RETRY_FOREVER);
	assert_int_equal(opt.stall_us, 20);
	assert_true(opt.promiscuous);
	assert_null(opt.json);
	/* The port's number is the last byte of the default destination. */
	assert_int_equal(opt.eth_dest[3].addr_bytes[0], 0x02);
	assert_int_equal(opt.eth_dest[3].addr_bytes[5], 3);
}

static void
every_option(void **state)
{
	(void)state;
	assert_int_equal(parse("--mode mac --burst 64 --rxd 512 --txd=256 --mbufs 9000"
			       " --mtu 9000 --duration 7 --packets 18446744073709551615"), 0);
	assert_int_equal(opt.mode, FWD_MODE_MAC);
	assert_int_equal(opt.burst, 64);
	assert_int_equal(opt.rxd, 512);
	assert_int_equal(opt.txd, 256);
	assert_int_equal(opt.mbufs, 9000);
	assert_int_equal(opt.mtu, 9000);
	assert_int_equal(opt.duration_s, 7);
	assert_true(opt.packets == UINT64_MAX);

	assert_int_equal(parse("--max-pkt-len 9618 --idle-exit-ms 50 --tx-retry 0 --stall-us 5"
			       " --stats-interval 0 --json - --promiscuous off --mode macswap"), 0);
	assert_int_equal(opt.max_pkt_len, 9618);
	assert_int_equal(opt.idle_exit_ms, 50);
	assert_int_equal(opt.tx_retry, 0);
	assert_int_equal(opt.stall_us, 5);
	assert_int_equal(opt.stats_interval_ms, 0);
	assert_string_equal(opt.json, "-");
	assert_false(opt.promiscuous);
	assert_int_equal(opt.mode, FWD_MODE_MACSWAP);
	assert_false(opt.noise_cost);

	assert_int_equal(parse("--noise-us 7 --noise-cost"), 0);
	assert_int_equal(opt.noise_us, 7);
	assert_true(opt.noise_cost);
}

static void
pairs_go_both_ways(void **state)
{
	(void)state;
	assert_int_equal(parse("--pairs 0-1,5"), 0);
	assert_int_equal(opt.nb_map, 3);
	assert_int_equal(opt.map[0].rx_port, 0);
	assert_int_equal(opt.map[0].tx_port, 1);
	assert_int_equal(opt.map[1].rx_port, 1);
	assert_int_equal(opt.map[1].tx_port, 0);
	assert_int_equal(opt.map[1].pair, 0);
	assert_int_equal(opt.map[2].rx_port, 5);
	assert_int_equal(opt.map[2].tx_port, 5);
	assert_int_equal(opt.map[2].pair, 1);
}

static void
portmap_finds_its_pairs(void **state)
{
	(void)state;
	assert_int_equal(parse("--portmap 0:1,2:2,1:0"), 0);
	assert_int_equal(opt.nb_map, 3);
	assert_int_equal(opt.map[0].pair, 0);
	assert_int_equal(opt.map[1].pair, 1);
	assert_int_equal(opt.map[2].pair, 0);
	/* Not each other's reverse: two pairs. */
	assert_int_equal(parse("--portmap 0:2,1:2"), 0);
	assert_int_equal(opt.map[1].pair, 1);
}

static void
assignments(void **state)
{
	(void)state;
	assert_int_equal(parse("--assign 0=3,1=2"), 0);
	assert_int_equal(opt.nb_assign, 2);
	assert_int_equal(opt.assign[1].pair, 1);
	assert_int_equal(opt.assign[1].lcore, 2);
}

static void
destination_of_a_port(void **state)
{
	const uint8_t wanted[6] = { 0x0a, 1, 2, 3, 4, 0xff };

	(void)state;
	assert_int_equal(parse("--mode mac --eth-dest 2,0a:01:02:03:04:ff"), 0);
	assert_memory_equal(opt.eth_dest[2].addr_bytes, wanted, 6);
	assert_int_equal(opt.eth_dest[1].addr_bytes[5], 1);
}

/* A refusal names the option, what was found and what is wanted. */
static void
refused(const char *line, const char *found)
{
	assert_int_equal(parse(line), -EINVAL);
	if (strstr(err, found) == NULL || strstr(err, "wanted") == NULL)
		fail_msg("'%s' is refused with: %s", line, err);
}

static void
bad_numbers(void **state)
{
	(void)state;
	refused("--burst 0", "'0'");
	refused("--burst 513", "'513'");
	refused("--burst -1", "'-1'");
	refused("--burst 32x", "'32x'");
	refused("--burst +32", "'+32'");
	refused("--burst 0x20", "'0x20'");
	refused("--rxd 65536", "'65536'");
	refused("--duration 4294967296", "'4294967296'");
	refused("--packets 18446744073709551616", "'18446744073709551616'");
	refused("--mtu 67", "'67'");
	refused("--max-pkt-len 63", "'63'");
	refused("--stall-us 0", "'0'");
	refused("--tx-retry never", "'never'");
	refused("--tx-retry 4294967295", "'4294967295'");
}

static void
bad_maps(void **state)
{
	(void)state;
	refused("--pairs 0-", "'0-'");
	refused("--pairs 0-1,", "'0-1,'");
	refused("--pairs ,0", "',0'");
	refused("--pairs 0-1-2", "'0-1-2'");
	refused("--pairs 0-32", "'0-32'");
	refused("--pairs 0-1,1-2", "port 1 receives twice");
	refused("--portmap 0", "'0'");
	refused("--portmap 0:1,0:2", "port 0 receives twice");
	refused("--pairs 0-1 --portmap 2:3", "already given");
	refused("--assign 0", "'0'");
	refused("--assign 0=1,0=2", "pair 0 is assigned twice");
	refused("--assign 0=128", "'0=128'");
}

static void
bad_words(void **state)
{
	(void)state;
	refused("--mode swap", "'swap'");
	refused("--promiscuous maybe", "'maybe'");
	refused("--json=", "empty name");
	refused("--bogus", "'--bogus'");
	refused("-x", "'-x'");
	refused("--mode", "--mode without a value");
	refused("capture.pcap", "'capture.pcap'");
	refused("--mode mac --eth-dest 02:00:00:00:00:01", "'02:00:00:00:00:01'");
	refused("--mode mac --eth-dest 1,02:00:00:00:00", "'1,02:00:00:00:00'");
	refused("--eth-dest 1,02:00:00:00:00:01", "mode io");
	refused("--mtu 1500 --max-pkt-len 1518", "--max-pkt-len");
	refused("--noise-cost", "without --noise-us");
}

/* The most entries that a line can bring must fit, and one line must not leak into the next. */
static void
many_entries(void **state)
{
	char line[2048] = "--pairs ";
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_MAX_ETHPORTS; i++)
		sprintf(line + strlen(line), "%s%u", i ? "," : "", i);
	assert_int_equal(parse(line), 0);
	assert_int_equal(opt.nb_map, RTE_MAX_ETHPORTS);
	assert_int_equal(parse("--pairs 0-1"), 0);
	assert_int_equal(opt.nb_map, 2);
}

static void
help_names_every_option(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char name[64];
	unsigned int i;

	(void)state;
	assert_int_equal(parse("--help"), 0);
	assert_true(opt.help);
	assert_non_null(out);
	fwd_options_usage(out, "aether-fwd");
	fclose(out);
	for (i = 0; i < RTE_DIM(specs); i++) {
		snprintf(name, sizeof(name), "\n  --%s", specs[i].name);
		assert_non_null(strstr(text, name));
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(pairs_go_both_ways),
		cmocka_unit_test(portmap_finds_its_pairs),
		cmocka_unit_test(assignments),
		cmocka_unit_test(destination_of_a_port),
		cmocka_unit_test(bad_numbers),
		cmocka_unit_test(bad_maps),
		cmocka_unit_test(bad_words),
		cmocka_unit_test(many_entries),
		cmocka_unit_test(help_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
