/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>

#include <rte_aether_partition_fix.h>

#include "fix.h"

static volatile sig_atomic_t child;

/** What ends this process is for the command; when that has ended all is put back. */
static void
pass_on(int signum)
{
	if (child > 0)
		kill(child, signum);
}

static int
run(char **command)
{
	static const int passed[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = pass_on }, before[RTE_DIM(passed)];
	unsigned int i;
	int status;

	for (i = 0; i < RTE_DIM(passed); i++)
		sigaction(passed[i], &action, &before[i]);
	fflush(NULL);
	child = fork();
	if (child < 0) {
		perror("aether-partition: fork");
		return -1;
	}
	if (child == 0) {
		for (i = 0; i < RTE_DIM(passed); i++)
			sigaction(passed[i], &before[i], NULL);
		execvp(command[0], command);
		fprintf(stderr, "aether-partition: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	child = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
fix(const struct options *opt, const struct rte_aether_partition_conf *check)
{
	const struct rte_aether_partition_fix_conf conf = {
		.check = *check,
		.journal = opt->journal,
		.dry_run = opt->dry_run,
		.keep = opt->run == NULL,
		.join = opt->run != NULL,
		.exec = opt->run != NULL,
		.cache = opt->cache,
		.bandwidth = opt->bandwidth,
		.out = opt->run == NULL ? stdout : stderr,
	};
	int ret = rte_aether_partition_fix(&conf);

	if (ret < 0) {
		fprintf(stderr, "aether-partition: nothing is repaired: %s%s\n", strerror(-ret),
			ret == -EINVAL ? "; wanted CPUs and rules that there are, and no --root but "
			"with --dry-run" : "");
		return -1;
	}
	if (opt->dry_run) {
		puts("nothing was changed");
		return 0;
	}
	if (opt->run != NULL)
		return run(opt->run);
	printf("%d settings were changed; aether-partition restore puts them back\n", ret);
	return 0;
}

int
restore(const struct options *opt)
{
	int ret = rte_aether_partition_restore(opt->journal, stdout);

	if (ret < 0) {
		fprintf(stderr, "aether-partition: not all is put back: %s\n", strerror(-ret));
		return -1;
	}
	printf("%d settings were put back\n", ret);
	return 0;
}
