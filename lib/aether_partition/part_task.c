/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Who the other task was, where there are no trace events: of the tasks whose last CPU is the watched
 * one, those that have run meanwhile (proc(5): /proc/<tid>/stat and schedstat). All tasks are looked
 * at as often as that takes little time, so not a program that is gone by then.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "part_noise.h"

#define MOST		4096	/* tasks that are remembered */
#define MOST_HERE	64	/* of this CPU, that are read each time */
#define SELDOM		50	/* of the time at most one part in so many goes into reading all, */
#define LONG		10	/* but for a gap that is so many times longer; */
#define LONGEST_NS	UINT64_C(1000000000)	/* and all are read after so long at the latest */

struct id {
	pid_t process, thread;
};

struct task {
	struct id id;
	struct part_task_stat stat;
	uint64_t ns;		/* that it has run, ever */
	bool exact;		/* by schedstat, else by ticks */
	uint64_t grown;		/* since the read before */
	bool seen;
};

struct part_tasks {
	unsigned int n, n_found;
	struct task all[MOST];
	struct id found[MOST];
	pid_t process;		/* while the folder of its threads is read; 0: that of processes */
	uint64_t next_ns;	/* when all may be read again */
	uint64_t cost_ns;	/* of the last time */
	uint64_t since;		/* ticks since boot, at the last read of all */
};

struct part_tasks *
part_tasks_new(void)
{
	return calloc(1, sizeof(struct part_tasks));
}

void
part_tasks_free(struct part_tasks *tasks)
{
	free(tasks);
}

bool
part_task_parse(const char *text, struct part_task_stat *task)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned long long user, system, start;
	char comm[sizeof(task->comm)];

	memset(task, 0, sizeof(*task));
	if (open == NULL || close == NULL || close < open)
		return false;
	/* Fields 3 to 39, of which those that matter. */
	if (sscanf(close + 1, " %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %llu %llu %*d %*d %*d "
		   "%*d %u %*d %llu %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u "
		   "%*d %u", &task->state, &task->flags, &user, &system, &task->threads,
		   &start, &task->cpu) != 7)
		return false;
	task->tid = strtol(text, NULL, 10);
	task->ticks = user + system;
	task->start = start;
	snprintf(comm, sizeof(comm), "%.*s", (int)RTE_MIN(close - open - 1, (ptrdiff_t)sizeof(comm)),
		 open + 1);
	part_text_copy(task->comm, sizeof(task->comm), comm);
	return task->tid > 0;
}

/** A kworker's name has a '-' or a '+' and behind it the queue that it works for. */
static void
set_who(struct part_who *who, const struct part_task_stat *task)
{
	size_t len = strlen(task->comm);

	memset(who, 0, sizeof(*who));
	who->kind = PART_CAUSE_TASK;
	who->id = task->tid;
	if (strncmp(task->comm, "kworker/", 8) == 0 && (task->flags & PART_TASK_KERNEL) != 0) {
		len = strcspn(task->comm, "-+");
		if (task->comm[len] != '\0')
			part_text_copy(who->detail, sizeof(who->detail), task->comm + len + 1);
	}
	snprintf(who->name, sizeof(who->name), "task %.*s", (int)RTE_MIN(len, (size_t)40), task->comm);
}

unsigned int
part_task_flags(struct part_root *root, struct part_who *who)
{
	struct part_task_stat task;
	struct part_who now;

	if (who->kind != PART_CAUSE_TASK || who->id <= 0 ||
	    part_read(root, "proc/%ld/stat", who->id) != PART_KNOWN ||
	    !part_task_parse(root->text, &task))
		return 0;
	set_who(&now, &task);
	/* Its number may be somebody else's by now. */
	return strcmp(now.name, who->name) == 0 ? task.flags : 0;
}

static int
by_tid(const void *a, const void *b)
{
	const struct task *one = a, *other = b;

	return (one->stat.tid > other->stat.tid) - (one->stat.tid < other->stat.tid);
}

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/** Not /proc/<tid>/stat, which has the times of the whole process. @return false: it is gone */
static bool
read_task(struct part_root *root, struct id id, unsigned int cpu, struct task *task)
{
	const uint64_t tick_ns = UINT64_C(1000000000) / RTE_MAX(sysconf(_SC_CLK_TCK), 1l);
	unsigned long long ns;

	task->id = id;
	if (part_read(root, "proc/%d/task/%d/stat", id.process, id.thread) != PART_KNOWN ||
	    !part_task_parse(root->text, &task->stat) || task->stat.tid != id.thread)
		return false;
	task->ns = task->stat.ticks * tick_ns;
	task->exact = task->stat.cpu == cpu &&
		      part_read(root, "proc/%d/task/%d/schedstat", id.process, id.thread) ==
		      PART_KNOWN && sscanf(root->text, "%llu", &ns) == 1 && ns != 0;
	if (task->exact)
		task->ns = ns;
	return true;
}

/** What a task has run since it was looked at last. */
static void
compare(const struct part_tasks *tasks, const struct task *before, struct task *now)
{
	now->grown = 0;
	if (before != NULL && before->stat.start == now->stat.start) {
		if (before->exact == now->exact && now->ns > before->ns)
			now->grown = now->ns - before->ns;
		else if (now->stat.ticks > before->stat.ticks)
			now->grown = (now->stat.ticks - before->stat.ticks) * UINT64_C(10000000);
	} else if (tasks->since != 0 && now->stat.start >= tasks->since) {
		now->grown = now->ns;
	}
}

static bool
note_tid(void *ctx, const char *name)
{
	struct part_tasks *tasks = ctx;
	char *end;
	const long tid = strtol(name, &end, 10);

	if (*end == '\0' && tid > 0 && tid <= INT32_MAX && tid != tasks->process &&
	    tasks->n_found < MOST) {
		tasks->found[tasks->n_found].process = tasks->process != 0 ? tasks->process : tid;
		tasks->found[tasks->n_found++].thread = tid;
	}
	return true;
}

/** @return how many threads its process has; 0: it is gone */
static unsigned int
add_task(struct part_tasks *tasks, struct part_root *root, unsigned int cpu, struct id id,
	 unsigned int n_before)
{
	struct task now = { .seen = true }, *before;

	if (!read_task(root, id, cpu, &now))
		return 0;
	before = bsearch(&now, tasks->all, n_before, sizeof(now), by_tid);
	compare(tasks, before, &now);
	if (before != NULL)
		*before = now;
	else if (tasks->n < MOST)
		tasks->all[tasks->n++] = now;
	return now.stat.threads;
}

static void
read_all(struct part_tasks *tasks, struct part_root *root, unsigned int cpu)
{
	const unsigned int n_before = tasks->n;
	const uint64_t began = now_ns(CLOCK_THREAD_CPUTIME_ID);
	unsigned int i, processes, n = 0;
	struct timespec boot;
	char path[32];

	clock_gettime(CLOCK_BOOTTIME, &boot);
	for (i = 0; i < tasks->n; i++)
		tasks->all[i].seen = false;
	tasks->n_found = 0;
	tasks->process = 0;
	part_list(root, "proc", note_tid, tasks);
	processes = tasks->n_found;
	for (i = 0; i < tasks->n_found; i++) {
		if (add_task(tasks, root, cpu, tasks->found[i], n_before) <= 1 || i >= processes)
			continue;
		tasks->process = tasks->found[i].process;
		snprintf(path, sizeof(path), "proc/%d/task", tasks->process);
		part_list(root, path, note_tid, tasks);
	}
	for (i = 0; i < tasks->n; i++)
		if (tasks->all[i].seen)
			tasks->all[n++] = tasks->all[i];
	tasks->n = n;
	qsort(tasks->all, tasks->n, sizeof(tasks->all[0]), by_tid);
	tasks->since = boot.tv_sec * sysconf(_SC_CLK_TCK) +
		       boot.tv_nsec / (1000000000 / RTE_MAX(sysconf(_SC_CLK_TCK), 1l));
	tasks->cost_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - began;
	tasks->next_ns = now_ns(CLOCK_MONOTONIC) + tasks->cost_ns * SELDOM;
}

void
part_tasks_read(struct part_tasks *tasks, struct part_root *root, unsigned int cpu,
		uint64_t longest_ns)
{
	const uint64_t now = now_ns(CLOCK_MONOTONIC);
	unsigned int i, n = 0;

	if (now >= tasks->next_ns + LONGEST_NS ||
	    (longest_ns != 0 && (now >= tasks->next_ns || longest_ns > tasks->cost_ns * LONG))) {
		read_all(tasks, root, cpu);
		return;
	}
	for (i = 0; i < tasks->n; i++) {
		struct task *task = &tasks->all[i], fresh = { .seen = true };

		task->grown = 0;
		if (task->stat.cpu != cpu || ++n > MOST_HERE ||
		    !read_task(root, task->id, cpu, &fresh))
			continue;
		compare(tasks, task, &fresh);
		*task = fresh;
	}
}

/** How well what a task has run fits: no more than there was, as much of that as can be. */
static uint64_t
fit(uint64_t grown, uint64_t ns)
{
	return grown <= ns ? grown : grown < 2 * ns ? 2 * ns - grown : 0;
}

bool
part_tasks_take(struct part_tasks *tasks, unsigned int cpu, pid_t own, uint64_t all_ns, uint64_t ns,
		struct part_who *who)
{
	struct task *best = NULL;
	unsigned int i;

	for (i = 0; i < tasks->n; i++) {
		struct task *task = &tasks->all[i];

		if (task->stat.cpu == cpu && task->stat.tid != own &&
		    fit(task->grown, all_ns) != 0 &&
		    (best == NULL || fit(task->grown, all_ns) > fit(best->grown, all_ns)))
			best = task;
	}
	if (best == NULL)
		return false;
	set_who(who, &best->stat);
	best->grown -= RTE_MIN(best->grown, ns);
	return true;
}
