/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Who the other task was, by what tasks have run; and what is advised against it. */

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>

#include "host_tree.h"
#include "part_noise.h"

#define CPU	2
#define MS	UINT64_C(1000000)

static char *top;
static struct part_root root;
static struct part_tasks *tasks;

static void
write_stat(const char *folder, unsigned int tid, const char *comm, unsigned int flags,
	   unsigned int threads, uint64_t ms, unsigned int cpu, uint64_t start)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%s/stat", folder);
	tree_write(top, path, "%u (%s) R 1 1 1 0 -1 %u 0 0 0 0 %llu 0 0 0 20 0 %u 0 %llu 1000 10 9 "
		   "1 2 3 4 5 6 7 8 9 0 0 0 17 %u 90 1 0 0 0\n", tid, comm, flags,
		   (unsigned long long)ms / 10, threads, (unsigned long long)start, cpu);
	snprintf(path, sizeof(path), "proc/%s/schedstat", folder);
	tree_write(top, path, "%llu 5 6\n", (unsigned long long)(ms * MS));
}

/** A task that has run so many milliseconds by now, on that CPU. */
static void
task(unsigned int pid, unsigned int tid, const char *comm, uint64_t ms, unsigned int cpu)
{
	char folder[48];

	if (pid == tid) {
		snprintf(folder, sizeof(folder), "%u", pid);
		write_stat(folder, pid, comm, 0, pid >= 700 ? 2 : 1, ms, cpu, 50);
	}
	snprintf(folder, sizeof(folder), "%u/task/%u", pid, tid);
	write_stat(folder, tid, comm, 0, pid >= 700 ? 2 : 1, ms, cpu, 50);
}

static void
expect(const char *name, long id, uint64_t all_ms, uint64_t gap_ms)
{
	struct part_who who;

	assert_true(part_tasks_take(tasks, CPU, 77, all_ms * MS, gap_ms * MS, &who));
	assert_string_equal(who.name, name);
	assert_int_equal(who.id, id);
	assert_int_equal(who.kind, PART_CAUSE_TASK);
}

static int
make(void **state)
{
	RTE_SET_USED(state);
	top = host_tree_make(&host_small);
	tasks = part_tasks_new();
	return top == NULL || tasks == NULL ? -1 : part_root_open(&root, top);
}

static int
end(void **state)
{
	RTE_SET_USED(state);
	part_tasks_free(tasks);
	part_root_close(&root);
	host_tree_remove(top);
	return 0;
}

static void
test_who(void **state)
{
	struct part_who who;

	RTE_SET_USED(state);
	task(77, 77, "own", 1000, CPU);
	task(600, 600, "here", 1000, CPU);
	task(601, 601, "elsewhere", 1000, 5);
	task(700, 700, "threads", 1000, 5);
	task(700, 702, "a (b) 1 2 3\033", 1000, CPU);
	part_tasks_read(tasks, &root, CPU, 0);
	assert_false(part_tasks_take(tasks, CPU, 77, 10 * MS, 10 * MS, &who));
	/* One of them has run for about as long as the gap was; the thread itself does not count. */
	task(77, 77, "own", 1900, CPU);
	task(600, 600, "here", 1001, CPU);
	task(601, 601, "elsewhere", 1100, 5);
	task(700, 702, "a (b) 1 2 3\033", 1098, CPU);
	part_tasks_read(tasks, &root, CPU, 100 * MS);
	expect("task a (b) 1 2 3?", 702, 100, 100);
	expect("task here", 600, 1, 1);
	assert_false(part_tasks_take(tasks, CPU, 77, 10 * MS, 10 * MS, &who));
	/* Much longer than the gap is not in it alone. */
	task(600, 600, "here", 5000, CPU);
	task(700, 702, "x", 1107, CPU);
	part_tasks_read(tasks, &root, CPU, 100 * MS);
	expect("task x", 702, 10, 4);
	expect("task x", 702, 6, 6);
	assert_false(part_tasks_take(tasks, CPU, 77, 10 * MS, 10 * MS, &who));
	/* Gone meanwhile. */
	tree_remove(top, "proc/700");
	part_tasks_read(tasks, &root, CPU, 100 * MS);
	assert_false(part_tasks_take(tasks, CPU, 77, 10 * MS, 10 * MS, &who));
}

/** The kernel's own file: the fields are where it has them. */
static void
test_parse(void **state)
{
	static const char *const bad[] = {
		"", "1", "1 (a", "1 a) R", ")(", "1 (a) R 1 1 1", "x (a) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 "
		"0 20 0 1 0 7 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 3",
	};
	struct part_task_stat stat;
	static struct part_root live;
	cpu_set_t before, one;
	unsigned int i;
	int cpu;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_false(part_task_parse(bad[i], &stat));
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	cpu = sched_getcpu();
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	cpu = sched_getcpu();
	assert_int_equal(part_root_open(&live, NULL), 0);
	assert_int_equal(part_read(&live, "proc/self/task/%d/stat", gettid()), PART_KNOWN);
	assert_true(part_task_parse(live.text, &stat));
	assert_int_equal(stat.tid, gettid());
	assert_int_equal(stat.cpu, cpu);
	assert_int_equal(stat.threads, 1);
	assert_int_equal(stat.flags & PART_TASK_KERNEL, 0);
	assert_true(stat.start != 0 && stat.state == 'R');
	part_root_close(&live);
	sched_setaffinity(0, sizeof(before), &before);
}

static char *
advice(enum part_cause_kind kind, long id, const char *name, const char *detail, unsigned int flags)
{
	struct part_cause cause = { .who = { .kind = kind, .id = id }, .flags = flags };
	struct part_cpus watched, others;
	struct part_text text = { 0 };

	strcpy(cause.who.name, name);
	strcpy(cause.who.detail, detail);
	part_cpus_parse("2-3", 8, &watched);
	part_cpus_parse("0-1,4-7", 8, &others);
	part_cause_advice(&cause, &watched, &others, &text);
	return part_text_take(&text);
}

static void
test_advice(void **state)
{
	static const struct {
		enum part_cause_kind kind;
		long id;
		const char *name, *detail;
		unsigned int flags;
		const char *with, *without;
	} cases[] = {
		{ PART_CAUSE_TASK, 33, "task x;reboot", "", 0x400000, "taskset -cp 0-1,4-7 33", "reboot" },
		{ PART_CAUSE_TASK, 0, "another task", "", 0, "fix --workers 2-3", "taskset" },
		{ PART_CAUSE_DEVICE, 24, "interrupt 24 $(x)", "", 0,
		  "echo 0-1,4-7 >/proc/irq/24/smp_affinity_list", "$" },
		{ PART_CAUSE_TASK, 9, "task kworker/2:1", "vmstat_update", PART_TASK_KERNEL |
		  PART_TASK_BOUND, "vm.stat_interval", "taskset -cp" },
		{ PART_CAUSE_TASK, 9, "task kworker/2:1", "$(x)", 0, "cannot be mended", "$" },
		{ PART_CAUSE_TASK, 9, "task kworker/u8:1", "events", PART_TASK_KERNEL,
		  "echo f3 >/sys/devices/virtual/workqueue/cpumask", "taskset" },
		{ PART_CAUSE_TASK, 9, "task ksoftirqd/2", "", PART_TASK_KERNEL | PART_TASK_BOUND,
		  "does not move it", "taskset -cp" },
		{ PART_CAUSE_TASK, 9, "task migration/2", "", PART_TASK_KERNEL | PART_TASK_BOUND,
		  "cannot be mended", "taskset -cp" },
		{ PART_CAUSE_TASK, 9, "task card/2", "", PART_TASK_KERNEL | PART_TASK_BOUND,
		  "bound to this CPU", "taskset" },
		{ PART_CAUSE_TASK, 9, "task rcu_preempt", "", PART_TASK_KERNEL, "taskset -cp 0-1,4-7 9",
		  "bound" },
		/* A program may be called as a kernel thread is. */
		{ PART_CAUSE_TASK, 9, "task kworker/2:1", "", 0x400000, "taskset -cp 0-1,4-7 9",
		  "queued" },
		{ PART_CAUSE_TIMER, 0, "timer: clock tick", "", 0, "nohz_full=2-3", "fix" },
		{ PART_CAUSE_TIMER, 0, "timer: watchdog_timer_fn", "", 0,
		  "kernel.watchdog_cpumask=0-1,4-7", "nohz" },
		{ PART_CAUSE_UNKNOWN, 0, PART_NOBODY, "", 0, "cannot be mended from here", "fix" },
	};
	unsigned int i;
	char *text;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(cases); i++) {
		text = advice(cases[i].kind, cases[i].id, cases[i].name, cases[i].detail,
			      cases[i].flags);
		assert_non_null(text);
		if (strstr(text, cases[i].with) == NULL || strstr(text, cases[i].without) != NULL)
			fail_msg("%s: %s", cases[i].name, text);
		free(text);
	}
	for (i = 0; i < PART_CAUSE_KINDS; i++) {
		text = advice(i, 5, "x", "", 0);
		assert_non_null(text);
		assert_non_null(part_cause_kind_name(i));
		free(text);
	}
}

/** Scripts start hundreds of programs: they are one cause, and what is too much is not lost. */
static void
test_sums(void **state)
{
	struct part_causes *causes = calloc(1, sizeof(*causes));
	struct part_who who = { .kind = PART_CAUSE_TASK };
	char label[PART_LABEL];
	uint64_t sum = 0;
	unsigned int i;

	RTE_SET_USED(state);
	strcpy(who.name, "task true");
	for (i = 0; i < 300; i++) {
		who.id = 1000 + i;
		part_cause_add(causes, &who, 2, 10);
	}
	assert_int_equal(causes->n, 1);
	assert_int_equal(causes->all[0].gaps, 300);
	part_who_label(&causes->all[0].who, causes->all[0].several, label);
	assert_string_equal(label, "task true (1299 and others)");
	for (i = 0; i < 2 * PART_SOURCES; i++) {
		snprintf(who.name, sizeof(who.name), "task %u", i);
		part_cause_add(causes, &who, 2, 10);
	}
	assert_int_equal(causes->n, PART_SOURCES);
	assert_string_equal(causes->all[PART_SOURCES - 1].who.name, PART_OTHERS);
	for (i = 0; i < causes->n; i++)
		sum += causes->all[i].cycles;
	assert_int_equal(sum, 10 * (300 + 2 * PART_SOURCES));
	free(causes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, make, end);
}
