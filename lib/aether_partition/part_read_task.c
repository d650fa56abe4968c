/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Processes, their threads and the kernel's threads: /proc/PID/status (proc(5)). */

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_scan.h"
#include "part_text.h"

#define THREADS	4
#define PF_NO_SETAFFINITY	0x04000000	/* include/linux/sched.h; field 9 of stat */
#define KTHREADD	2		/* the process that is every kernel thread's parent */

/** Fields of a status, pointers into its text. */
struct status {
	const char *name, *allowed, *kthread, *threads_text, *parent_text, *pid_text;
	uint64_t threads, parent;
};

static const struct {
	const char *key;
	size_t len, offset;
} fields[] = {
#define FIELD(key, member) \
	{ key ":\t", sizeof(key ":\t") - 1, offsetof(struct status, member) }
	FIELD("Name", name),
	FIELD("Pid", pid_text),
	FIELD("PPid", parent_text),
	FIELD("Kthread", kthread),
	FIELD("Threads", threads_text),
	FIELD("Cpus_allowed_list", allowed),
#undef FIELD
};

/**
 * One pass over the lines, there are thousands of tasks. A name's '\n' is escaped.
 *
 * @return false: a field is there twice, which no kernel writes
 */
static bool
find_fields(const char *text, size_t len, struct status *status)
{
	const char *line, *newline, *end = text + len, **field;
	unsigned int i;

	memset(status, 0, sizeof(*status));
	for (line = text; line < end; line = newline + 1) {
		newline = memchr(line, '\n', end - line);
		if (newline == NULL)
			break;
		for (i = 0; i < RTE_DIM(fields); i++) {
			if (line[0] != fields[i].key[0] ||
			    (size_t)(newline - line) < fields[i].len ||
			    memcmp(line, fields[i].key, fields[i].len) != 0)
				continue;
			field = (const char **)((char *)status + fields[i].offset);
			if (*field != NULL)
				return false;
			*field = line + fields[i].len;
		}
	}
	return true;
}

static bool
parse_status(const struct part_root *root, struct status *status)
{
	return find_fields(root->text, root->len, status) && !root->cut &&
	       strlen(root->text) == root->len && status->name != NULL &&
	       status->allowed != NULL && status->threads_text != NULL &&
	       part_number(status->threads_text, &status->threads) &&
	       status->parent_text != NULL && part_number(status->parent_text, &status->parent);
}

/** Whether a task has ended: its folder is not there either. */
static bool
is_gone(struct part_scan *scan, const char *path)
{
	char folder[96];
	mode_t mode;

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	return part_mode(&scan->root, folder, &mode) == PART_ABSENT;
}

/** Read one status. @return whether it is known; that it is not counts, unless it has ended. */
static bool
read_status(struct part_scan *scan, const char *path, struct status *status)
{
	enum part_state state = part_read_whole(&scan->root, path);

	if (state == PART_ABSENT && is_gone(scan, path))
		return false;
	scan->count.seen++;
	if (state == PART_KNOWN &&
	    (!parse_status(&scan->root, status) ||
	     /* A list may begin on another line; this one does not. */
	     !isdigit((unsigned char)status->allowed[0]) ||
	     part_cpus_parse(status->allowed, scan->limit, &scan->scratch) != 0 ||
	     part_cpus_empty(&scan->scratch)))
		state = PART_GARBLED;
	if (state != PART_KNOWN)
		part_count_unknown(&scan->count, state, "proc/%s%s",
				   strncmp(scan->root.folder, "proc/self", 9) == 0 ? "self/task/" :
				   "", path);
	return state == PART_KNOWN;
}

/** The flags of a task, the ninth field of its stat: behind the name, which may hold anything. */
static bool
is_fixed(struct part_scan *scan, pid_t pid)
{
	char path[64];
	const char *p;
	uint64_t flags;
	unsigned int i;

	snprintf(path, sizeof(path), "%d/stat", pid);
	if (part_read_whole(&scan->root, path) != PART_KNOWN)
		return false;
	p = strrchr(scan->root.text, ')');
	for (i = 2; p != NULL && i < 9; i++)
		p = strchr(p + 1, ' ');
	if (p == NULL)
		return false;
	flags = strtoull(p + 1, NULL, 10);
	return (flags & PF_NO_SETAFFINITY) != 0;
}

/** A shell or the like, which does nothing until this process ends. */
static bool
is_parent(const struct part_scan *scan, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < PART_PARENTS; i++)
		if (scan->parents[i] == pid)
			return true;
	return false;
}

/**
 * Whether a kernel thread is one of those that each CPU has, by its name: "ksoftirqd/3",
 * "kworker/3:1H". Saves asking; most threads of a large host are such.
 */
static bool
is_per_cpu(const char *name, const char *allowed)
{
	static const char *const names[] = {
		"ksoftirqd/", "migration/", "cpuhp/", "kworker/", "rcuc/", "ktimers/", "irq_work/",
		"idle_inject/",
	};
	const size_t digits = strspn(allowed, "0123456789");
	unsigned int i;
	const char *cpu;

	if (digits == 0 || allowed[digits] != '\n')
		return false;
	for (i = 0; i < RTE_DIM(names); i++) {
		cpu = name + strlen(names[i]);
		if (strncmp(name, names[i], strlen(names[i])) == 0 &&
		    strncmp(cpu, allowed, digits) == 0)
			return cpu[digits] == '\n' || cpu[digits] == ':';
	}
	return false;
}

static void
take_task(struct part_scan *scan, pid_t pid, const struct status *status, bool kernel)
{
	struct part_task *tasks;
	bool per_cpu;
	struct part_task task = {
		.pid = pid,
		.kernel = kernel,
		.only = part_cpus_within(&scan->scratch, scan->workers),
	};

	if (!part_cpus_intersect(&scan->scratch, scan->workers) || is_parent(scan, pid))
		return;
	/* Before the text they point into is read over. */
	per_cpu = kernel && is_per_cpu(status->name, status->allowed);
	part_text_copy(task.name, sizeof(task.name), status->name);
	part_text_copy(task.allowed, sizeof(task.allowed), status->allowed);
	/* What belongs to one CPU stays there. Only kernel threads are asked, there are many. */
	if (kernel)
		task.fixed = per_cpu || is_fixed(scan, pid);
	tasks = part_array_room(scan->tasks, scan->n_tasks, sizeof(*tasks));
	if (tasks == NULL) {
		scan->failed = true;
		return;
	}
	scan->tasks = tasks;
	tasks[scan->n_tasks++] = task;
}

struct sibling {
	struct part_scan *scan;
	unsigned int process;
};

static bool
read_sibling(void *ctx, const char *name)
{
	struct sibling *sibling = ctx;
	struct part_scan *scan = sibling->scan;
	struct status status;
	char path[96];
	uint64_t tid;

	if (!part_number(name, &tid) || tid == sibling->process)
		return true;
	snprintf(path, sizeof(path), "%u/task/%s/status", sibling->process, name);
	if (read_status(scan, path, &status))
		take_task(scan, tid, &status, false);
	return !scan->failed;
}

static void
read_process(struct part_scan *scan, unsigned int pid)
{
	struct sibling sibling = { scan, pid };
	struct status status;
	char path[64];
	bool kernel;

	if ((pid_t)pid == scan->self)
		return;
	snprintf(path, sizeof(path), "%u/status", pid);
	if (!read_status(scan, path, &status))
		return;
	kernel = status.kthread != NULL ? status.kthread[0] == '1' :
		 pid == KTHREADD || status.parent == KTHREADD;
	if (kernel)
		scan->kernel_tasks++;
	else if (strncmp(status.name, "irqbalance\n", 11) == 0)
		scan->irqbalance = pid;
	take_task(scan, pid, &status, kernel);
	if (status.threads > 1 && !kernel) {
		snprintf(path, sizeof(path), "%u/task", pid);
		part_list(&scan->root, path, read_sibling, &sibling);
	}
}

/** This process and what waits for it, as the tree's /proc says; 0: unknown. */
static void
read_self(struct part_root *root, struct part_scan *scan)
{
	struct status status;
	unsigned int n = 0;
	uint64_t pid;

	if (part_read(root, "proc/self/status") != PART_KNOWN ||
	    !find_fields(root->text, root->len, &status))
		return;
	if (status.pid_text != NULL && part_number(status.pid_text, &pid))
		scan->self = pid;
	while (n < PART_PARENTS && status.parent_text != NULL &&
	       part_number(status.parent_text, &pid) && pid > 1) {
		scan->parents[n++] = pid;
		if (part_read(root, "proc/%d/status", (int)pid) != PART_KNOWN ||
		    !find_fields(root->text, root->len, &status))
			break;
	}
}

void
part_read_tasks(struct part_root *root, const struct part_cpus *workers, struct part_host *host)
{
	struct part_scan *scan = calloc(2, sizeof(*scan));

	if (scan == NULL) {
		host->failed = true;
		return;
	}
	scan[1].workers = workers;
	scan[1].limit = host->limit;
	read_self(root, &scan[1]);
	part_scan(root, "proc", THREADS, &scan[1], read_process, &scan[0]);
	host->tasks = scan->tasks;
	host->n_tasks = scan->n_tasks;
	host->task_count = scan->count;
	host->kernel_tasks = scan->kernel_tasks;
	host->irqbalance.running = scan->irqbalance != 0;
	host->irqbalance.pid = scan->irqbalance;
	host->failed = host->failed || scan->failed;
	free(scan);
}

static void
read_thread(struct part_scan *scan, unsigned int tid)
{
	struct status status;
	char path[64];

	snprintf(path, sizeof(path), "%u/status", tid);
	if (read_status(scan, path, &status))
		take_task(scan, tid, &status, false);
}

void
part_read_threads(struct part_root *root, const struct part_cpus *workers, struct part_host *host)
{
	struct part_scan *scan = calloc(2, sizeof(*scan));

	if (scan == NULL) {
		host->failed = true;
		return;
	}
	scan[1].workers = workers;
	scan[1].limit = host->limit;
	part_scan(root, "proc/self/task", 1, &scan[1], read_thread, &scan[0]);
	host->threads = scan->tasks;
	host->n_threads = scan->n_tasks;
	host->thread_count = scan->count;
	host->failed = host->failed || scan->failed;
	free(scan);
}
