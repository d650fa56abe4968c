/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What the check adds to rte_eal_init(), on hosts that are made up in memory. The shortest of some
 * runs: others take the CPUs away for milliseconds at times.
 */

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <rte_common.h>

#include "host_tree.h"
#include "part_cpus.h"
#include "rte_aether_partition.h"

#define RUNS	15

static double
now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/** A host of which the upper half works; each of its folders has something in it. */
static void
measure(unsigned int cpus, unsigned int nodes, unsigned int irqs, unsigned int tasks,
	double limit_ms)
{
	char workers[32], others[32], mask[512], lcores[64];
	struct host_shape shape = {
		.cpus = cpus, .nodes = nodes, .irqs = irqs, .tasks = tasks,
		.workers = workers, .others = others, .others_mask = mask,
	};
	struct rte_aether_partition_conf conf = {
		.lcores = lcores, .before_start = true,
	};
	struct rte_aether_partition_verdict *v;
	struct part_cpus set;
	double took[RUNS], cpu[RUNS], began, began_cpu, shares;
	cpu_set_t allowed;
	unsigned int i;
	char *top;

	snprintf(workers, sizeof(workers), "%u-%u", cpus / 2, cpus - 1);
	snprintf(others, sizeof(others), "0-%u", cpus / 2 - 1);
	snprintf(lcores, sizeof(lcores), "0,%s", workers);
	assert_int_equal(part_cpus_parse(others, PART_MAX_CPUS, &set), 0);
	part_cpus_mask(&set, mask, sizeof(mask));
	top = host_tree_make(&shape);
	conf.root = top;
	for (i = 0; i < RUNS; i++) {
		began = now_ms(CLOCK_MONOTONIC);
		began_cpu = now_ms(CLOCK_PROCESS_CPUTIME_ID);
		assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
		took[i] = now_ms(CLOCK_MONOTONIC) - began;
		cpu[i] = now_ms(CLOCK_PROCESS_CPUTIME_ID) - began_cpu;
		assert_int_equal(v->errors, 0);
		rte_aether_partition_free(v);
	}
	host_tree_remove(top);
	qsort(took, RUNS, sizeof(took[0]), compare);
	qsort(cpu, RUNS, sizeof(cpu[0]), compare);
	printf("%u CPUs, %u nodes, %u interrupts, %u tasks: %.1f ms, median %.1f ms; %.1f ms of CPU, "
	       "median %.1f ms\n", cpus, nodes, irqs, tasks, took[0], took[RUNS / 2], cpu[0],
	       cpu[RUNS / 2]);
	/* Where others use the CPUs: the threads' share of the work, had they been alone. */
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	shares = RTE_MIN(CPU_COUNT(&allowed), 1 + (int)(tasks / 256));
	shares = RTE_MIN(shares, 4);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(took[0] < limit_ms || cpu[0] / shares < limit_ms);
#else
	RTE_SET_USED(limit_ms);
	RTE_SET_USED(shares);
#endif
}

static void
test_large(void **state)
{
	RTE_SET_USED(state);
	measure(512, 8, 4096, 10000, 50);
}

static void
test_usual(void **state)
{
	RTE_SET_USED(state);
	measure(64, 2, 256, 800, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
