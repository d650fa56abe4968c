/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "options.h"

/* Where a parser writes its complaint. */
struct complaint {
	char *text;
	size_t size;
};

struct option_spec;
typedef int (*parse_fn)(const struct option_spec *spec, const char *value,
			struct fwd_options *opt, struct complaint *err);

/*
 * One option: how it is parsed and how it is explained, side by side, so that the help text
 * and the check cannot drift apart. Numbers name the field they fill by offset and width.
 */
struct option_spec {
	const char *name;
	const char *arg; /* NULL: takes no value */
	parse_fn parse;
	uint64_t min;
	uint64_t max;
	size_t offset;
	size_t width;
	const char *help;
};

static const char *const mode_names[] = {
	[FWD_MODE_IO] = "io",
	[FWD_MODE_MAC] = "mac",
	[FWD_MODE_MACSWAP] = "macswap",
};

const char *
fwd_mode_name(enum fwd_mode mode)
{
	return mode_names[mode];
}

static int __rte_format_printf(2, 3)
complain(struct complaint *err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err->text, err->size, format, ap);
	va_end(ap);
	return -EINVAL;
}

/* strtoull() takes a sign, blanks and an empty string for numbers; a decimal digit must lead. */
static int
read_number(const char *text, const char **end, uint64_t max, uint64_t *value)
{
	char *stop;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &stop, 10);
	if (errno != 0 || *value > max)
		return -ERANGE;
	*end = stop;
	return 0;
}

static int
parse_number(const struct option_spec *spec, const char *value, struct fwd_options *opt,
	     struct complaint *err)
{
	char *field = (char *)opt + spec->offset;
	const char *end = "";
	uint64_t number = 0;

	if (read_number(value, &end, spec->max, &number) != 0 || *end != '\0' ||
	    number < spec->min)
		return complain(err, "--%s: found '%s', wanted a whole number from %" PRIu64
				" to %" PRIu64, spec->name, value, spec->min, spec->max);

	switch (spec->width) {
	case sizeof(uint16_t):
		*(uint16_t *)field = number;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)field = number;
		break;
	default:
		*(uint64_t *)field = number;
		break;
	}
	return 0;
}

static int
parse_mode(const struct option_spec *spec, const char *value, struct fwd_options *opt,
	   struct complaint *err)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(mode_names); i++) {
		if (strcmp(value, mode_names[i]) == 0) {
			opt->mode = i;
			return 0;
		}
	}
	return complain(err, "--%s: found '%s', wanted one of io, mac, macswap", spec->name,
			value);
}

static int
add_stream(const struct option_spec *spec, struct fwd_options *opt, uint16_t rx, uint16_t tx,
	   uint16_t pair, struct complaint *err)
{
	unsigned int i;

	for (i = 0; i < opt->nb_map; i++)
		if (opt->map[i].rx_port == rx)
			return complain(err, "--%s: port %u receives twice, wanted each port once"
					" on the receiving side; remove one of them", spec->name,
					rx);
	opt->map[opt->nb_map++] = (struct fwd_map_entry){ rx, tx, pair };
	return 0;
}

/* The pair number of a one-way entry: its reverse's when that was named, else a new one. */
static uint16_t
pair_of(const struct fwd_options *opt, uint16_t rx, uint16_t tx, uint16_t *next)
{
	unsigned int i;

	for (i = 0; i < opt->nb_map; i++)
		if (opt->map[i].rx_port == tx && opt->map[i].tx_port == rx)
			return opt->map[i].pair;
	return (*next)++;
}

/* "A<sep>B", B optional where lone is set (then B = A). Returns what follows, NULL if malformed. */
static const char *
read_two(const char *text, char sep, bool lone, uint64_t max, uint64_t *a, uint64_t *b)
{
	if (read_number(text, &text, max, a) != 0)
		return NULL;
	*b = *a;
	if (*text == sep) {
		if (read_number(text + 1, &text, max, b) != 0)
			return NULL;
	} else if (!lone) {
		return NULL;
	}
	if (*text == ',')
		return text[1] == '\0' ? NULL : text + 1;
	return *text == '\0' ? text : NULL;
}

static int
map_given_twice(const struct option_spec *spec, const struct fwd_options *opt,
		struct complaint *err)
{
	if (opt->nb_map == 0)
		return 0;
	return complain(err, "--%s: the port map was already given, wanted --pairs or --portmap"
			" once; remove one of them", spec->name);
}

static int
parse_pairs(const struct option_spec *spec, const char *value, struct fwd_options *opt,
	    struct complaint *err)
{
	const char *next = value;
	uint16_t pair = 0;
	uint64_t a, b;
	int ret;

	ret = map_given_twice(spec, opt, err);
	for (; ret == 0; pair++) {
		next = read_two(next, '-', true, RTE_MAX_ETHPORTS - 1, &a, &b);
		if (next == NULL)
			return complain(err, "--%s: found '%s', wanted port pairs with ports from"
					" 0 to %u, for example 0-1,2-3 or 0 (to itself)",
					spec->name, value, RTE_MAX_ETHPORTS - 1);
		ret = add_stream(spec, opt, a, b, pair, err);
		if (ret == 0 && a != b)
			ret = add_stream(spec, opt, b, a, pair, err);
		if (*next == '\0')
			break;
	}
	return ret;
}

static int
parse_portmap(const struct option_spec *spec, const char *value, struct fwd_options *opt,
	      struct complaint *err)
{
	const char *next = value;
	uint16_t pairs = 0;
	uint64_t rx, tx;
	int ret;

	ret = map_given_twice(spec, opt, err);
	while (ret == 0) {
		next = read_two(next, ':', false, RTE_MAX_ETHPORTS - 1, &rx, &tx);
		if (next == NULL)
			return complain(err, "--%s: found '%s', wanted RX:TX ports from 0 to %u,"
					" for example 0:1,1:0", spec->name, value,
					RTE_MAX_ETHPORTS - 1);
		ret = add_stream(spec, opt, rx, tx, pair_of(opt, rx, tx, &pairs), err);
		if (*next == '\0')
			break;
	}
	return ret;
}

static int
parse_assign(const struct option_spec *spec, const char *value, struct fwd_options *opt,
	     struct complaint *err)
{
	const char *next = value;
	uint64_t pair, lcore;
	unsigned int i;

	do {
		next = read_two(next, '=', false, RTE_MAX_LCORE - 1, &pair, &lcore);
		if (next == NULL || pair >= FWD_MAX_STREAMS)
			return complain(err, "--%s: found '%s', wanted PAIR=LCORE with the first"
					" pair being 0, for example 0=1,1=2", spec->name, value);
		for (i = 0; i < opt->nb_assign; i++)
			if (opt->assign[i].pair == pair)
				return complain(err, "--%s: pair %" PRIu64 " is assigned twice,"
						" wanted one lcore for each pair; remove one",
						spec->name, pair);
		opt->assign[opt->nb_assign++] = (struct fwd_assign){ pair, lcore };
	} while (*next != '\0');
	return 0;
}

static int
parse_tx_retry(const struct option_spec *spec, const char *value, struct fwd_options *opt,
	       struct complaint *err)
{
	const char *end = "";
	uint64_t number = 0;

	if (strcmp(value, "forever") == 0) {
		opt->tx_retry = FWD_TX_RETRY_FOREVER;
		return 0;
	}
	if (read_number(value, &end, spec->max, &number) != 0 || *end != '\0')
		return complain(err, "--%s: found '%s', wanted 'forever' or a whole number from 0"
				" to %" PRIu64, spec->name, value, spec->max);
	opt->tx_retry = number;
	return 0;
}

static int
parse_eth_dest(const struct option_spec *spec, const char *value, struct fwd_options *opt,
	       struct complaint *err)
{
	struct rte_ether_addr addr;
	const char *mac = NULL;
	uint64_t port = 0;

	if (read_number(value, &mac, RTE_MAX_ETHPORTS - 1, &port) != 0 || *mac++ != ',' ||
	    rte_ether_unformat_addr(mac, &addr) != 0)
		return complain(err, "--%s: found '%s', wanted PORT,XX:XX:XX:XX:XX:XX, for example"
				" 1,02:00:00:00:00:01 (PORT is the transmitting port, 0 to %u)",
				spec->name, value, RTE_MAX_ETHPORTS - 1);
	opt->eth_dest[port] = addr;
	opt->eth_dest_set[port] = true;
	return 0;
}

static int
parse_json(const struct option_spec *spec, const char *value, struct fwd_options *opt,
	   struct complaint *err)
{
	if (*value == '\0')
		return complain(err, "--%s: found an empty name, wanted a file or - for standard"
				" output", spec->name);
	opt->json = value;
	return 0;
}

static int
parse_promiscuous(const struct option_spec *spec, const char *value, struct fwd_options *opt,
		  struct complaint *err)
{
	if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
		return complain(err, "--%s: found '%s', wanted on or off", spec->name, value);
	opt->promiscuous = value[1] == 'n';
	return 0;
}

static int
parse_noise_cost(const struct option_spec *spec __rte_unused, const char *value __rte_unused,
		 struct fwd_options *opt, struct complaint *err __rte_unused)
{
	opt->noise_cost = true;
	return 0;
}

static int
parse_help(const struct option_spec *spec __rte_unused, const char *value __rte_unused,
	   struct fwd_options *opt, struct complaint *err __rte_unused)
{
	opt->help = true;
	return 0;
}

#define NUMBER(field, lo, hi) \
	.parse = parse_number, .min = (lo), .max = (hi), \
	.offset = offsetof(struct fwd_options, field), \
	.width = sizeof(((struct fwd_options *)0)->field)

static const struct option_spec specs[] = {
	{ .name = "mode", .arg = "io|mac|macswap", .parse = parse_mode,
	  .help = "io: as received (default); mac: source becomes the Tx port's address,\n"
		  "destination --eth-dest; macswap: source and destination exchanged" },
	{ .name = "pairs", .arg = "A-B[,C-D|,E...]", .parse = parse_pairs,
	  .help = "forward both ways between A and B; a lone port forwards to itself\n"
		  "(default: 0-1,2-3,... over all ports, a last odd one to itself)" },
	{ .name = "portmap", .arg = "RX:TX[,RX:TX...]", .parse = parse_portmap,
	  .help = "the same one way at a time; two entries that are each other's reverse\n"
		  "make one pair" },
	{ .name = "assign", .arg = "PAIR=LCORE[,...]", .parse = parse_assign,
	  .help = "which lcore forwards a pair, pairs counted from 0 (default: one worker\n"
		  "lcore a pair; the main lcore joins in when workers are too few)" },
	{ .name = "burst", .arg = "N", NUMBER(burst, 1, FWD_MAX_BURST),
	  .help = "packets asked for at a time (default 32)" },
	{ .name = "rxd", .arg = "N", NUMBER(rxd, 1, UINT16_MAX),
	  .help = "Rx descriptors a port; adjusted to what the driver takes (default 1024)" },
	{ .name = "txd", .arg = "N", NUMBER(txd, 1, UINT16_MAX),
	  .help = "Tx descriptors a port; adjusted to what the driver takes (default 1024)" },
	{ .name = "mbufs", .arg = "N", NUMBER(mbufs, 1, 1u << 30),
	  .help = "packet buffers in all (default: what rings, caches and bursts can hold)" },
	{ .name = "mtu", .arg = "BYTES", NUMBER(mtu, RTE_ETHER_MIN_MTU, UINT16_MAX),
	  .help = "MTU of every port (default 1500, or the driver's limit if smaller)" },
	{ .name = "max-pkt-len", .arg = "BYTES",
	  NUMBER(max_pkt_len, RTE_ETHER_MIN_LEN, UINT16_MAX),
	  .help = "the same said as the longest frame, with Ethernet header and CRC" },
	{ .name = "duration", .arg = "SECONDS", NUMBER(duration_s, 1, UINT32_MAX),
	  .help = "stop after this time" },
	{ .name = "packets", .arg = "N", NUMBER(packets, 1, UINT64_MAX),
	  .help = "stop receiving at N packets, or up to a burst an lcore later" },
	{ .name = "idle-exit-ms", .arg = "N", NUMBER(idle_exit_ms, 1, UINT32_MAX),
	  .help = "stop when no packet moved for N ms (for captures); the first one may\n"
		  "take 10 s longer" },
	{ .name = "tx-retry", .arg = "N|forever", .parse = parse_tx_retry,
	  .max = FWD_TX_RETRY_FOREVER - 1,
	  .help = "loop iterations that packets wait for a full Tx ring before they are\n"
		  "dropped and counted; while they wait their port does not receive\n"
		  "(default forever: nothing is dropped here; 0: drop at once)" },
	{ .name = "eth-dest", .arg = "PORT,MAC", .parse = parse_eth_dest,
	  .help = "mac mode: destination of what PORT transmits; may be repeated\n"
		  "(default 02:00:00:00:00:PORT)" },
	{ .name = "promiscuous", .arg = "on|off", .parse = parse_promiscuous,
	  .help = "receive every unicast address (default on)" },
	{ .name = "stall-us", .arg = "N", NUMBER(stall_us, 1, 1000000),
	  .help = "a loop iteration that comes later than this is a stall (default 20)" },
	{ .name = "noise-us", .arg = "N", NUMBER(noise_us, 1, 1000000),
	  .help = "find out who took the lcore away when an iteration comes later than this,\n"
		  "and print it behind the report (default: do not look)" },
	{ .name = "noise-cost", .parse = parse_noise_cost,
	  .help = "with --noise-us: find out what that costs, by looking in every other slice\n"
		  "of time only, until enough is known" },
	{ .name = "stats-interval", .arg = "MS", NUMBER(stats_interval_ms, 0, 3600000),
	  .help = "refresh of the status line, only on a terminal; 0: none (default 1000)" },
	{ .name = "json", .arg = "FILE", .parse = parse_json,
	  .help = "write the report as JSON too; -: to standard output, and the table to\n"
		  "standard error" },
	{ .name = "help", .parse = parse_help, .help = "this text" },
};

static void
set_defaults(struct fwd_options *opt)
{
	unsigned int i;

	*opt = (struct fwd_options){
		.mode = FWD_MODE_IO,
		.burst = 32,
		.rxd = 1024,
		.txd = 1024,
		.tx_retry = FWD_TX_RETRY_FOREVER,
		.stall_us = 20,
		.stats_interval_ms = 1000,
		.promiscuous = true,
	};
	/* 02: locally administered, so no vendor's address is taken. */
	for (i = 0; i < RTE_MAX_ETHPORTS; i++)
		opt->eth_dest[i] = (struct rte_ether_addr){ { 0x02, 0, 0, 0, 0, i } };
}

static int
check_together(const struct fwd_options *opt, struct complaint *err)
{
	unsigned int i;

	if (opt->mtu != 0 && opt->max_pkt_len != 0)
		return complain(err, "found --mtu and --max-pkt-len, wanted one: they set the same"
				" thing; remove one");
	if (opt->noise_cost && opt->noise_us == 0)
		return complain(err, "found --noise-cost without --noise-us, wanted both: the cost is"
				" that of --noise-us; add it, for example --noise-us 20");
	for (i = 0; i < RTE_MAX_ETHPORTS; i++)
		if (opt->eth_dest_set[i] && opt->mode != FWD_MODE_MAC)
			return complain(err, "--eth-dest: found mode %s, wanted --mode mac, the"
					" only mode that writes a destination; add it or remove"
					" --eth-dest", fwd_mode_name(opt->mode));
	return 0;
}

static int
parse_all(int argc, char **argv, const struct option *table, struct fwd_options *opt,
	  struct complaint *err)
{
	int index, ret, c;

	/* 0 makes glibc forget an earlier scan; the leading ':' separates a missing value. */
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", table, &index)) != -1) {
		if (c == ':')
			return complain(err, "found %s without a value, wanted one after it; see"
					" --help", argv[optind - 1]);
		if (c != 0)
			return complain(err, "found '%s', wanted an option of aether-fwd; see"
					" --help (EAL options go before --)", argv[optind - 1]);
		ret = specs[index].parse(&specs[index], optarg, opt, err);
		if (ret != 0)
			return ret;
	}
	if (optind < argc)
		return complain(err, "found '%s', wanted only options, which begin with --; see"
				" --help", argv[optind]);
	return check_together(opt, err);
}

int
fwd_options_parse(int argc, char **argv, struct fwd_options *opt, char *err, size_t errlen)
{
	struct option table[RTE_DIM(specs) + 1] = { 0 };
	struct complaint complaint = { err, errlen };
	unsigned int i;

	for (i = 0; i < RTE_DIM(specs); i++) {
		table[i].name = specs[i].name;
		table[i].has_arg = specs[i].arg != NULL ? required_argument : no_argument;
	}
	set_defaults(opt);
	return parse_all(argc, argv, table, opt, &complaint);
}

void
fwd_options_usage(FILE *out, const char *program)
{
	const char *line;
	unsigned int i;
	int length;

	fprintf(out, "Usage: %s [EAL options] -- [options]\n\n"
		"Forwards packets between DPDK ports and measures what that costs.\n"
		"EAL options (ports, lcores, memory) are listed by: %s --help\n\n", program,
		program);
	for (i = 0; i < RTE_DIM(specs); i++) {
		fprintf(out, "  --%s%s%s\n", specs[i].name, specs[i].arg != NULL ? " " : "",
			specs[i].arg != NULL ? specs[i].arg : "");
		for (line = specs[i].help; *line != '\0'; line += length + (line[length] != '\0')) {
			length = strcspn(line, "\n");
			fprintf(out, "        %.*s\n", length, line);
		}
	}
	fprintf(out, "\nSIGINT and SIGTERM end the run: forwarding goes on until the receive side"
		" is quiet\n(at most 1 s), then the report is printed. A second one ends that"
		" wait.\n\nExit code: 0 the run was made and all adds up; 1 it could not be made;"
		" 2 bad options;\n3 it was made, but packets or buffers are unaccounted for (the"
		" report says which).\n");
}
