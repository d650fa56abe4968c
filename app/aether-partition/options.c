/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "options.h"

static const char *const commands[] = {
	[COMMAND_CHECK] = "check",
	[COMMAND_CMDLINE] = "cmdline",
	[COMMAND_CAPTURE] = "capture",
	[COMMAND_FIX] = "fix",
	[COMMAND_RESTORE] = "restore",
	[COMMAND_WATCH] = "watch",
};
#define COMMANDS	"check, cmdline, capture, fix, restore or watch"

enum { OPT_ROOT = 256, OPT_LCORES, OPT_WORKERS, OPT_DEVICE, OPT_IGNORE, OPT_JSON, OPT_BRIEF,
	OPT_HELP, OPT_VERSION, OPT_JOURNAL, OPT_DRY_RUN, OPT_SECONDS, OPT_THRESHOLD,
	OPT_MAX_US, OPT_MAX_PERCENT, OPT_NO_TRACE, OPT_CACHE, OPT_BANDWIDTH, OPT_LOG };

static const struct option table[] = {
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "lcores", required_argument, NULL, OPT_LCORES },
	{ "workers", required_argument, NULL, OPT_WORKERS },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "ignore", required_argument, NULL, OPT_IGNORE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "brief", no_argument, NULL, OPT_BRIEF },
	{ "journal", required_argument, NULL, OPT_JOURNAL },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "threshold-us", required_argument, NULL, OPT_THRESHOLD },
	{ "max-us", required_argument, NULL, OPT_MAX_US },
	{ "max-percent", required_argument, NULL, OPT_MAX_PERCENT },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "no-trace", no_argument, NULL, OPT_NO_TRACE },
	{ "cache", required_argument, NULL, OPT_CACHE },
	{ "bandwidth", required_argument, NULL, OPT_BANDWIDTH },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

/** A positive number. */
static int
take_number(const char *value, double *number)
{
	char *end;

	*number = strtod(value, &end);
	return end != value && *end == '\0' && *number > 0 && *number < 1e9 ? 0 : -EINVAL;
}

/** A whole number from 1 to 99. */
static int
take_percent(const char *value, double *number)
{
	return take_number(value, number) == 0 && *number >= 1 && *number <= 99 &&
	       *number == (int)*number ? 0 : -EINVAL;
}

static int
take(int c, const char *value, struct options *opt)
{
	switch (c) {
	case OPT_ROOT: opt->root = value; break;
	case OPT_LCORES: opt->lcores = value; break;
	case OPT_WORKERS: opt->workers = value; break;
	case OPT_DEVICE: opt->device = value; break;
	case OPT_IGNORE: opt->ignore = value; break;
	case OPT_JSON: opt->json = true; break;
	case OPT_BRIEF: opt->brief = true; break;
	case OPT_JOURNAL: opt->journal = value; break;
	case OPT_SECONDS: return take_number(value, &opt->seconds);
	case OPT_THRESHOLD: return take_number(value, &opt->threshold_us);
	case OPT_MAX_US: return take_number(value, &opt->max_us);
	case OPT_MAX_PERCENT: return take_number(value, &opt->max_percent);
	case OPT_LOG: opt->log = value; break;
	case OPT_NO_TRACE: opt->no_trace = true; break;
	case OPT_CACHE: return take_percent(value, &opt->cache);
	case OPT_BANDWIDTH: return take_percent(value, &opt->bandwidth);
	case OPT_DRY_RUN: opt->dry_run = true; break;
	case OPT_HELP: opt->help = true; break;
	case OPT_VERSION: opt->version = true; break;
	default: return -EINVAL;
	}
	return 0;
}

static int
take_command(int argc, char **argv, struct options *opt, char *err, size_t errlen)
{
	unsigned int i;

	if (optind == argc) {
		snprintf(err, errlen, "found no command, wanted " COMMANDS "; see --help");
		return -EINVAL;
	}
	for (i = 0; i < RTE_DIM(commands); i++)
		if (strcmp(argv[optind], commands[i]) == 0)
			break;
	if (i == RTE_DIM(commands)) {
		snprintf(err, errlen, "found command '%s', wanted " COMMANDS "; see --help",
			 argv[optind]);
		return -EINVAL;
	}
	opt->command = i;
	optind++;
	if (opt->command == COMMAND_CAPTURE && optind < argc)
		opt->output = argv[optind++];
	if (opt->command == COMMAND_CAPTURE && opt->output == NULL) {
		snprintf(err, errlen, "found no file, wanted capture <file.tar>");
		return -EINVAL;
	}
	if (opt->command == COMMAND_FIX && optind < argc && !opt->dry_run)
		opt->run = &argv[optind];
	else if (optind < argc) {
		snprintf(err, errlen, "found '%s', wanted nothing behind %s", argv[optind],
			 commands[i]);
		return -EINVAL;
	}
	return 0;
}

int
options_parse(int argc, char **argv, struct options *opt, char *err, size_t errlen)
{
	int c;

	/* 0 makes glibc forget an earlier scan; the leading ':' separates a missing value. */
	optind = 0;
	opterr = 0;
	memset(opt, 0, sizeof(*opt));
	opt->seconds = 10;
	opt->threshold_us = 5;
	while ((c = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (c == ':') {
			snprintf(err, errlen, "found %s without a value, wanted one after it; see "
				 "--help", argv[optind - 1]);
			return -EINVAL;
		}
		if (take(c, optarg, opt) != 0) {
			snprintf(err, errlen, "found '%s', wanted an option of aether-partition, "
				 "and a number above 0 where it takes one (--cache and --bandwidth: 1 "
				 "to 99); see --help", argv[optind - 1]);
			return -EINVAL;
		}
	}
	if (opt->help || opt->version)
		return 0;
	if (opt->lcores != NULL && opt->workers != NULL) {
		snprintf(err, errlen, "found --lcores and --workers, wanted one of them");
		return -EINVAL;
	}
	c = take_command(argc, argv, opt, err, errlen);
	/* A guess is good enough to look at, not to change a host for. */
	if (c == 0 && opt->command == COMMAND_FIX && opt->lcores == NULL && opt->workers == NULL) {
		snprintf(err, errlen, "found no CPUs, wanted fix --lcores <as EAL has them>, or "
			 "--workers <CPUs>");
		c = -EINVAL;
	}
	return c;
}

void
options_usage(FILE *out)
{
	fputs("Usage: aether-partition check|cmdline|capture <file>|fix|restore|watch [options]\n\n"
	      "Whether the CPUs that a DPDK application polls on are left alone by the kernel, by\n"
	      "interrupts and by other programs. Nothing is changed but by fix and restore.\n\n"
	      "  check            judge this host: what is found, wanted, why, and how to mend it\n"
	      "  cmdline          print the kernel parameters, and TuneD's variables, that would do\n"
	      "  capture FILE     pack what check reads into a tar archive, for a report or a test:\n"
	      "                   unpack it and give the folder to --root\n\n"
	      "  fix              repair what can be repaired while the kernel runs, all or nothing;\n"
	      "                   it lasts until restore, or the next boot\n"
	      "  fix -- COMMAND   repair, run the command on these CPUs, and put all back when it ends\n"
	      "  restore          put back what fix has changed, and what processes left behind that\n"
	      "                   were killed; what somebody else has changed since is left alone\n"
	      "  watch            measure the gaps in which a thread on these CPUs does not run, and who\n"
	      "                   has the CPU then; Ctrl-C ends it, and what to do is printed\n\n"
	      "  --lcores LIST    the lcores as EAL's --lcores or -l takes them; the lowest is the\n"
	      "                   main one, the others are the workers\n"
	      "  --workers LIST   the CPUs to judge, as 2-5,8. Without both: those that are\n"
	      "                   isolated, or in nohz_full, else all but the first\n"
	      "  --device ADDRESS the network card, as 0000:18:00.0\n"
	      "  --ignore RULES   names of rules that are not to count, separated by ','\n"
	      "  --root FOLDER    judge the host that was captured there\n"
	      "  --seconds N      of watch: how long; 10 unless told otherwise\n"
	      "  --threshold-us N of watch: what is no gap yet; 5 unless told otherwise\n"
	      "  --max-us N, --max-percent N  of watch: exit code 2 if a gap is longer, or if more of\n"
	      "                   the time is lost\n"
	      "  --log FILE       of watch: write a line for each gap: when it began, in seconds of\n"
	      "                   CLOCK_MONOTONIC, its CPU, its length, and who had the CPU how long;\n"
	      "                   one JSON object a line with --json; '-' is standard output\n"
	      "  --no-trace       of watch: find causes by counters, not by trace events\n"
	      "  --cache PERCENT  of fix: give the workers that much of the last-level cache's ways for\n"
	      "                   their own (resctrl, Intel RDT CAT); all others lose it\n"
	      "  --bandwidth PERCENT  of fix: throttle all others to that much of the memory's\n"
	      "                   bandwidth (resctrl, Intel RDT MBA)\n"
	      "  --dry-run        of fix: print what would be written\n"
	      "  --journal FOLDER of fix and restore: where it is written down what was changed;\n"
	      "                   /run/aether unless told otherwise\n"
	      "  --json           print for programs\n"
	      "  --brief          leave out notes and what is fine\n"
	      "  --help, --version\n\n"
	      "Exit code of check: 0 quiet; 1 mostly quiet (warnings); 2 noisy; 3 not proven, since\n"
	      "what matters could not be read. Of all: 4 it could not be done; 5 bad options.\n"
	      "With a command, fix has that one's exit code.\n", out);
}
