/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>

#include <rte_aether_partition_fix.h>

#include "fix.h"

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
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
	struct sigaction action = { .sa_handler = pass_on }, before[RTE_DIM(ending)];
	unsigned int i;
	int status;

	for (i = 0; i < RTE_DIM(ending); i++)
		sigaction(ending[i], &action, &before[i]);
	fflush(NULL);
	child = fork();
	if (child < 0) {
		perror("aether-partition: fork");
		return -1;
	}
	if (child == 0) {
		for (i = 0; i < RTE_DIM(ending); i++)
			sigaction(ending[i], &before[i], NULL);
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

/** Which of those that end this process has come while it could not. @return 0: none */
static int
has_come(void)
{
	sigset_t pending;
	unsigned int i;

	sigpending(&pending);
	for (i = 0; i < RTE_DIM(ending); i++)
		if (sigismember(&pending, ending[i]) == 1)
			return ending[i];
	return 0;
}

/** All or nothing, also for who presses Ctrl-C meanwhile, or closes the pipe that is written to. */
static int
repair(const struct rte_aether_partition_fix_conf *conf)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	sigset_t signals, mask;
	unsigned int i;
	int ret, signum;

	sigemptyset(&signals);
	for (i = 0; i < RTE_DIM(ending); i++)
		sigaddset(&signals, ending[i]);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	sigaction(SIGPIPE, &ignore, &before);
	ret = rte_aether_partition_fix(conf);
	signum = has_come();
	/* What is for this process's time is put back at exit(), not by the signal. */
	if (signum != 0 && ret >= 0 && !conf->keep && !conf->dry_run)
		exit(128 + signum);
	if (signum != 0 && ret >= 0 && conf->keep && !conf->dry_run)
		fputs("aether-partition: all was changed when the signal came; aether-partition "
		      "restore puts it back\n", stderr);
	fflush(NULL);
	sigaction(SIGPIPE, &before, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return ret;
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
	int ret = repair(&conf);

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
