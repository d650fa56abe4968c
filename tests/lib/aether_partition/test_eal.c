/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * An application that links the library and makes up EAL's arguments: they are in no command line,
 * so the keys behind the mode are seen late. rte_eal_init() works once a process: each case has one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_lcore.h>

#include "host_tree.h"
#include "rte_aether_partition.h"

static char *top;

/** @return 0: EAL has started; 1: it has not; else what a check after the start missed */
static int
start_eal(const char *devarg, const char *lcores)
{
	char arg[512], prefix[32];
	char *args[] = {
		"app", "--lcores", (char *)(uintptr_t)lcores, "--no-huge", "-m", "32", "--no-pci",
		"--no-telemetry", "--file-prefix", prefix, "-a", arg,
	};
	struct rte_aether_partition_verdict *v;
	struct rte_aether_partition_conf conf = { .root = top };

	snprintf(arg, sizeof(arg), devarg, top);
	snprintf(prefix, sizeof(prefix), "part%d", getpid());
	if (rte_eal_init(RTE_DIM(args), args) < 0)
		return 1;
	/* The lcores are EAL's own now. */
	if (rte_aether_partition_check(&conf, &v) != 0)
		return 2;
	if (strcmp(v->workers, "0") != 0 || strcmp(v->main_cpus, "0") != 0)
		return 3;
	rte_aether_partition_free(v);
	rte_eal_cleanup();
	return 0;
}

/** In a process of its own. @return its exit code; what it has said is in `said` */
static int
in_child(const char *devarg, char *said, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	fflush(NULL);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ends[0]);
		dup2(ends[1], STDERR_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		/* Every machine has that CPU. The tree's host has it for its own. */
		_exit(start_eal(devarg, "0@0,1@0"));
	}
	close(ends[1]);
	while (len < size - 1 && (got = read(ends[0], said + len, size - 1 - len)) > 0)
		len += got;
	said[len] = '\0';
	close(ends[0]);
	if (getenv("AETHER_TEST_SAYS") != NULL)
		fputs(said, stderr);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static unsigned int
count(const char *text, const char *word)
{
	unsigned int n = 0;

	for (text = strstr(text, word); text != NULL; text = strstr(text + 1, word))
		n++;
	return n;
}

static char said[1 << 18];

static int
make_tree(void **state)
{
	RTE_SET_USED(state);
	top = host_tree_make(&host_small);
	return 0;
}

static int
remove_tree(void **state)
{
	RTE_SET_USED(state);
	host_tree_remove(top);
	return 0;
}

static void
test_strict(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(in_child("partition:strict,root=%s", said, sizeof(said)), 1);
	assert_int_equal(count(said, "so EAL does not start"), 1);
	assert_int_equal(count(said, " lcore.shared\n"), 1);
	assert_int_equal(count(said, "initialize tailq: REFUSED_BY_AETHER_PARTITION"), 1);
}

static void
test_warn(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(in_child("partition:warn,root=%s", said, sizeof(said)), 0);
	assert_int_equal(count(said, "NOISY"), 1);
}

/** The CPU that every machine has is measured; no machine has a gap of no length. */
static void
test_measured(void **state)
{
	static const char quiet[] = "partition:strict,root=%s,ignore=lcore.shared,noise_seconds=0.3,";
	struct host_shape shape = host_small;
	char devarg[256], *usual = top;

	RTE_SET_USED(state);
	shape.workers = "0";
	shape.others = "1-7";
	shape.others_mask = "fe";
	top = host_tree_make(&shape);
	snprintf(devarg, sizeof(devarg), "%snoise_percent=100", quiet);
	assert_int_equal(in_child(devarg, said, sizeof(said)), 0);
	assert_int_equal(count(said, "P99.9 us"), 1);
	snprintf(devarg, sizeof(devarg), "%snoise_max_us=0.000001", quiet);
	assert_int_equal(in_child(devarg, said, sizeof(said)), 1);
	assert_int_equal(count(said, "wanted noise_max_us=1e-06"), 1);
	assert_int_equal(in_child("partition:warn,root=%s,noise_percent=much", said, sizeof(said)), 1);
	assert_int_equal(count(said, "wanted a number above 0"), 1);
	host_tree_remove(top);
	top = usual;
}

static void
test_bad(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(in_child("partition:strict,root=%s,colour=red", said, sizeof(said)), 1);
	assert_int_equal(count(said, "found 'colour=red'"), 1);
	/* A tree is no host that could be repaired; EAL then does not start on what it is. */
	assert_int_equal(in_child("partition:fix,root=%s", said, sizeof(said)), 1);
	assert_int_equal(count(said, "nothing is repaired"), 1);
	assert_int_equal(in_child("partition:warn,root=%s,journal=x", said, sizeof(said)), 1);
	assert_int_equal(count(said, "found 'journal=x'"), 1);
	assert_int_equal(in_child("partition:warn,root=%s,cache=25", said, sizeof(said)), 1);
	assert_int_equal(count(said, "found 'cache=25'"), 1);
	assert_int_equal(in_child("partition:fix,root=%s,bandwidth=100", said, sizeof(said)), 1);
	assert_int_equal(count(said, "found 'bandwidth=100', wanted a number from 1 to 99"), 1);
	assert_int_equal(in_child("partition:fix,root=%s,cache=12.5", said, sizeof(said)), 1);
	assert_int_equal(count(said, "found 'cache=12.5', wanted a number from 1 to 99"), 1);
	assert_int_equal(in_child("partition:loose", said, sizeof(said)), 1);
	assert_int_equal(count(said, "found mode 'loose'"), 1);
}

/** What is nobody's is left to EAL, without a word. */
static void
test_foreign(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(in_child("nobody:strict", said, sizeof(said)), 1);
	assert_int_equal(count(said, "aether"), 0);
	assert_int_equal(in_child("0000:00:00.0", said, sizeof(said)), 0);
	assert_int_equal(count(said, "aether"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_warn),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
