/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#ifdef RTE_NET_AETHER
#include <rte_pmd_aether.h>
#endif

#include "options.h"
#include "run.h"
#include "spare.h"

static volatile sig_atomic_t signals;

static void
count_signal(int number)
{
	(void)number;
	if (signals < 2)
		signals++;
}

static void
catch_signals(void)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void
print_help(const char *program)
{
	fwd_options_usage(stdout, program);
#ifdef RTE_NET_AETHER
	printf("\nPorts without hardware: --vdev net_aether0,parameter=value,... before the --.\n"
	       "%s", rte_pmd_aether_help());
#endif
}

/* EAL prints its own options for --help and then calls this. */
static void
usage_after_eal(const char *program)
{
	print_help(program);
}

/* The index of "--", or argc: what is before is EAL's, what follows is ours. */
static int
find_separator(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			break;
	return i;
}

static int
init_eal(int argc, char **argv)
{
	rte_set_application_usage_hook(usage_after_eal);
	if (rte_eal_init(argc, argv) >= 0)
		return 0;
	fprintf(stderr, "aether-fwd: DPDK's EAL did not start (%s); its messages above say why."
		" Without huge pages give --no-huge -m 512; options of aether-fwd itself, such"
		" as --mode, go after --\n", rte_strerror(rte_errno));
	return -1;
}

int
main(int argc, char **argv)
{
	/* Static for its size. */
	static struct fwd_options opt;
	int separator = find_separator(argc, argv);
	int own = separator < argc ? argc - separator : 1;
	char why[512];
	int code;

	/* Before EAL, so that a mistyped option costs no device probe. */
	if (fwd_options_parse(own, separator < argc ? argv + separator : argv, &opt, why,
			      sizeof(why)) != 0) {
		fprintf(stderr, "aether-fwd: %s\n", why);
		return FWD_EXIT_USAGE;
	}
	if (opt.help) {
		print_help(argv[0]);
		return FWD_EXIT_OK;
	}
	fwd_spare_remember();
	if (init_eal(separator, argv) != 0)
		return FWD_EXIT_FAILED;
	catch_signals();
	code = fwd_run(&opt, &signals);
	if (rte_eal_cleanup() != 0) {
		fprintf(stderr, "aether-fwd: EAL could not clean up after itself\n");
		return code != FWD_EXIT_OK ? code : FWD_EXIT_PROBLEM;
	}
	return code;
}
