/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include <rte_aether_partition.h>
#include <rte_aether_partition_capture.h>

#ifdef AETHER_PARTITION_RTE_AETHER
#include <rte_aether.h>
#else
#include <rte_version.h>
#endif

#include "capture.h"
#include "fix.h"
#include "options.h"
#include "watch.h"

enum exit_code { EXIT_CODE_QUIET, EXIT_CODE_WARNED, EXIT_CODE_NOISY, EXIT_CODE_UNPROVEN,
	EXIT_CODE_FAILED, EXIT_CODE_USAGE };

/** Aether's, or in a DPDK tree DPDK's. */
static const char *
version(void)
{
#ifdef AETHER_PARTITION_RTE_AETHER
	return rte_aether_version();
#else
	return rte_version();
#endif
}

static enum exit_code
code_of(enum rte_aether_partition_overall overall)
{
	switch (overall) {
	case RTE_AETHER_PARTITION_QUIET:
		return EXIT_CODE_QUIET;
	case RTE_AETHER_PARTITION_WARNED:
		return EXIT_CODE_WARNED;
	case RTE_AETHER_PARTITION_UNPROVEN:
		return EXIT_CODE_UNPROVEN;
	case RTE_AETHER_PARTITION_NOISY:
		break;
	}
	return EXIT_CODE_NOISY;
}

static void
complain(const struct options *opt, int error)
{
	if (error == -EINVAL)
		fprintf(stderr, "aether-partition: found --lcores '%s', --workers '%s', --ignore "
			"'%s'; wanted lcores as EAL takes them, a list of CPUs, names of rules as "
			"check prints them\n", opt->lcores != NULL ? opt->lcores : "",
			opt->workers != NULL ? opt->workers : "",
			opt->ignore != NULL ? opt->ignore : "");
	else
		fprintf(stderr, "aether-partition: %s: %s; wanted the top of a tree with proc/ and "
			"sys/\n", opt->root != NULL ? opt->root : "/", strerror(-error));
}

static enum exit_code
check(const struct options *opt, const struct rte_aether_partition_conf *conf)
{
	struct rte_aether_partition_verdict *verdict;
	enum exit_code code;
	int ret = rte_aether_partition_check(conf, &verdict);

	if (ret != 0) {
		complain(opt, ret);
		return ret == -EINVAL ? EXIT_CODE_USAGE : EXIT_CODE_FAILED;
	}
	code = code_of(verdict->overall);
	if (opt->command == COMMAND_CMDLINE) {
		code = EXIT_CODE_QUIET;
		printf("# The kernel's command line (GRUB_CMDLINE_LINUX in /etc/default/grub)\n%s\n"
		       "\n# Or TuneD: /etc/tuned/cpu-partitioning-variables.conf, then\n"
		       "# tuned-adm profile cpu-partitioning\n%s", verdict->command_line,
		       verdict->tuned);
	} else if (opt->json) {
		rte_aether_partition_print_json(verdict, stdout);
	} else {
		rte_aether_partition_print(verdict, opt->brief ? RTE_AETHER_PARTITION_BRIEF :
					   RTE_AETHER_PARTITION_FULL, stdout);
	}
	rte_aether_partition_free(verdict);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		perror("aether-partition: standard output");
		return EXIT_CODE_FAILED;
	}
	return code;
}

/** Of lcores those that poll are measured. */
static enum exit_code
watch_workers(const struct options *opt, const struct rte_aether_partition_conf *conf)
{
	struct rte_aether_partition_verdict *verdict = NULL;
	int ret = 0;

	if (conf->lcores != NULL)
		ret = rte_aether_partition_check(conf, &verdict);
	if (ret != 0) {
		complain(opt, ret);
		return ret == -EINVAL ? EXIT_CODE_USAGE : EXIT_CODE_FAILED;
	}
	ret = watch(opt, verdict != NULL ? verdict->workers : conf->workers);
	rte_aether_partition_free(verdict);
	return ret < 0 ? EXIT_CODE_FAILED : ret > 0 ? EXIT_CODE_NOISY : EXIT_CODE_QUIET;
}

static enum exit_code
run(const struct options *opt)
{
	struct rte_aether_partition_conf conf = {
		.root = opt->root,
		.lcores = opt->lcores,
		.workers = opt->workers,
		.device = opt->device,
		.ignore = opt->ignore,
		/* Of the application, which is another process. */
		.before_start = true,
		.for_another = true,
	};
	enum exit_code code;
	char *guess = NULL;
	int ret;

	if (opt->command == COMMAND_RESTORE)
		return restore(opt) == 0 ? EXIT_CODE_QUIET : EXIT_CODE_FAILED;
	if (opt->command == COMMAND_FIX) {
		ret = fix(opt, &conf);
		return ret >= 0 ? (enum exit_code)ret : EXIT_CODE_FAILED;
	}
	if (conf.lcores == NULL && conf.workers == NULL) {
		guess = rte_aether_partition_guess(opt->root);
		if (guess == NULL) {
			complain(opt, rte_errno == EINVAL ? -ENOENT : -rte_errno);
			return EXIT_CODE_FAILED;
		}
		conf.workers = guess;
	}
	if (opt->command == COMMAND_WATCH) {
		code = watch_workers(opt, &conf);
	} else if (opt->command == COMMAND_CAPTURE)
		code = capture(&conf, opt->output) == 0 ? EXIT_CODE_QUIET : EXIT_CODE_FAILED;
	else
		code = check(opt, &conf);
	free(guess);
	return code;
}

int
main(int argc, char **argv)
{
	struct options opt;
	char err[512];

	if (options_parse(argc, argv, &opt, err, sizeof(err)) != 0) {
		fprintf(stderr, "aether-partition: %s\n", err);
		return EXIT_CODE_USAGE;
	}
	if (opt.help) {
		options_usage(stdout);
		return EXIT_CODE_QUIET;
	}
	if (opt.version) {
		printf("%s\n", version());
		return EXIT_CODE_QUIET;
	}
	return run(&opt);
}
