/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Other threads that may run on the workers' CPUs. */

#include <string.h>

#include <rte_common.h>

#include "part_judge.h"

typedef bool (*task_filter)(const struct part_task *task);

static bool
is_pinned(const struct part_task *task)
{
	return !task->kernel && task->only;
}

static bool
is_allowed(const struct part_task *task)
{
	return !task->kernel && !task->only;
}

static bool
is_movable_kernel(const struct part_task *task)
{
	return task->kernel && !task->fixed;
}

static unsigned int
add_tasks(struct part_finding *f, const struct part_task *tasks, unsigned int n_tasks,
	  task_filter filter)
{
	unsigned int i, n = 0;

	for (i = 0; i < n_tasks; i++) {
		if (!filter(&tasks[i]) || n++ >= PART_NAMED)
			continue;
		part_broken(f, "%s%d (%s) may run on %s", n > 1 ? "; " : "", tasks[i].pid,
			    tasks[i].name, tasks[i].allowed);
	}
	if (n > PART_NAMED)
		part_text_add(&f->found, "; and %u more", n - PART_NAMED);
	return n;
}

static void
add_moves(const struct part_case *c, struct part_finding *f, const struct part_task *tasks,
	  unsigned int n_tasks, task_filter filter)
{
	unsigned int i;

	part_text_add(&f->now, "for task in");
	for (i = 0; i < n_tasks; i++)
		if (filter(&tasks[i]))
			part_text_add(&f->now, " %d", tasks[i].pid);
	part_text_add(&f->now, "; do taskset -cp %s $task; done\n", c->housekeeping_list);
}

static void
judge_none(const struct part_count *count, struct part_finding *f, const char *folder,
	   const char *text)
{
	if (count->state != PART_KNOWN)
		part_unknown(f, count->state, folder);
	else if (count->unknown != 0)
		part_unknown(f, count->unknown_state, count->unknown_path);
	else
		part_fine(f, "%s, of %u", text, count->seen);
}

static void
judge_pinned(const struct part_case *c, struct part_finding *f)
{
	const struct part_host *host = c->host;

	part_text_add(&f->wanted, "other programs on %s", c->housekeeping_named);
	part_text_add(&f->boot, "CPUAffinity=%s in /etc/systemd/system.conf",
		      c->housekeeping_list);
	if (add_tasks(f, host->tasks, host->n_tasks, is_pinned) == 0)
		judge_none(&host->task_count, f, "proc", "no thread is bound to workers' CPUs");
	else
		add_moves(c, f, host->tasks, host->n_tasks, is_pinned);
}

static void
judge_allowed(const struct part_case *c, struct part_finding *f)
{
	const struct part_host *host = c->host;

	part_text_add(&f->wanted, "other programs on %s", c->housekeeping_named);
	part_text_add(&f->boot, "CPUAffinity=%s in /etc/systemd/system.conf",
		      c->housekeeping_list);
	if (add_tasks(f, host->tasks, host->n_tasks, is_allowed) == 0)
		judge_none(&host->task_count, f, "proc", "no other thread may run there");
	else
		add_moves(c, f, host->tasks, host->n_tasks, is_allowed);
}

static void
judge_kernel_threads(const struct part_case *c, struct part_finding *f)
{
	const struct part_host *host = c->host;

	part_text_add(&f->wanted, "kernel threads that can be moved on %s",
		      c->housekeeping_named);
	part_text_add(&f->boot, "isolcpus= and nohz_full=, which keep most of them away");
	if (add_tasks(f, host->tasks, host->n_tasks, is_movable_kernel) != 0)
		add_moves(c, f, host->tasks, host->n_tasks, is_movable_kernel);
	else if (host->task_count.state == PART_KNOWN && host->kernel_tasks == 0)
		part_unknown(f, PART_ABSENT, "kernel threads are not to be seen in /proc");
	else
		judge_none(&host->task_count, f, "proc", "none that can be moved may run there");
}

/** EAL's threads are where they should be; it calls them so, by version. */
static bool
is_lcore_name(const char *name)
{
	static const char *const names[] = {
		"lcore-worker-", "rte-worker-", "dpdk-worker",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool
is_helper(const struct part_task *task)
{
	return !(task->only && is_lcore_name(task->name));
}

/** The process's first thread is the main lcore, a worker if there is no other. */
static bool
is_main_worker(const struct part_case *c)
{
	return part_cpus_empty(&c->lcores->main);
}

static void
judge_own_threads(const struct part_case *c, struct part_finding *f)
{
	const struct part_host *host = c->host;
	const struct part_task *threads = host->threads;
	unsigned int n = host->n_threads;

	part_text_add(&f->wanted, "the application's other threads on %s",
		      c->housekeeping_named);
	if (c->before_start) {
		part_not_applicable(f, "they are not there yet");
		return;
	}
	/* The first of the list has the lowest number, the process's own. */
	if (is_main_worker(c) && n != 0 && threads[0].only) {
		threads++;
		n--;
	}
	if (add_tasks(f, threads, n, is_helper) == 0)
		judge_none(&host->thread_count, f, "proc/self/task",
			   "none but the lcores' may run there");
	else
		add_moves(c, f, threads, n, is_helper);
}

const struct part_rule part_rules_task[] = {
	{ "task.pinned", RTE_AETHER_PARTITION_ERROR,
	  "No other program is bound to the workers' CPUs",
	  "A thread that may run nowhere else will run there, and takes turns with the worker, "
	  "milliseconds at a time.",
	  "Documentation/admin-guide/cgroup-v2.rst, cpuset; sched_setaffinity(2)", judge_pinned },
	{ "task.allowed", RTE_AETHER_PARTITION_WARNING,
	  "No other program may run on the workers' CPUs",
	  "A thread may be woken on any CPU that its affinity has. Then it takes turns with the "
	  "worker.",
	  "Documentation/admin-guide/cgroup-v2.rst, cpuset; sched_setaffinity(2)", judge_allowed },
	{ "task.kthreads", RTE_AETHER_PARTITION_WARNING,
	  "No kernel thread that can be moved may run there",
	  "The kernel reclaims memory, frees RCU's and handles interrupts in threads of its own. "
	  "Some belong to a CPU and must stay, the others are better elsewhere.",
	  "Documentation/admin-guide/kernel-per-CPU-kthreads.rst", judge_kernel_threads },
	{ "app.threads", RTE_AETHER_PARTITION_WARNING,
	  "The application's helper threads stay off the workers' CPUs",
	  "Control, telemetry and log threads inherit the affinity of who starts them. On a "
	  "worker's CPU they interrupt it.",
	  "sched_setaffinity(2)", judge_own_threads },
	{ .id = NULL },
};
