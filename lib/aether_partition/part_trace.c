/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The kernel's trace events, from an instance of tracefs of our own, so that nobody else's tracing
 * is disturbed (Documentation/trace/ftrace.rst). Its clock is the TSC: an event and a gap can be
 * compared as they are.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "part_noise.h"

#define EVENTS		4096	/* of one CPU that are kept; 2^n */
#define CHUNK		65536

/* Those that say who took the CPU. A kernel that lacks one does without. */
static const char *const wanted[] = {
	"sched/sched_switch", "irq/irq_handler_entry", "irq/softirq_entry",
	"irq_vectors/local_timer_entry", "irq_vectors/reschedule_entry",
	"irq_vectors/call_function_entry", "irq_vectors/call_function_single_entry",
	"irq_vectors/irq_work_entry", "irq_vectors/thermal_apic_entry",
	"irq_vectors/threshold_apic_entry", "irq_vectors/error_apic_entry",
	"exceptions/page_fault_user", "exceptions/page_fault_kernel", "tlb/tlb_flush",
	"nmi/nmi_handler", "mce/mce_record", "timer/hrtimer_expire_entry",
};

struct event {
	uint64_t when;
	enum part_cause_kind kind;
	char name[PART_CAUSE];
};

struct cpu {
	unsigned int cpu;
	int pipe;
	uint64_t n;		/* events, ever */
	struct event events[EVENTS];
	size_t len;		/* of a line that is not all there yet */
	char line[CHUNK * 2];
};

struct part_trace {
	char folder[128];
	unsigned int n_cpus;
	struct cpu *cpus;
};

static bool
write_to(const struct part_trace *trace, const char *file, const char *text)
{
	char path[256];
	ssize_t done = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", trace->folder, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		done = write(fd, text, strlen(text));
		close(fd);
	}
	return done >= 0;
}

/** A name as "aether-123" whose process was killed. */
static bool
remove_stale(void *ctx, const char *name)
{
	char path[256];
	int pid;

	if (sscanf(name, "aether-%d", &pid) == 1 && pid > 0 && kill(pid, 0) != 0 &&
	    errno == ESRCH) {
		snprintf(path, sizeof(path), "%s/%s", (const char *)ctx, name);
		rmdir(path);
	}
	return true;
}

static bool
make_instance(struct part_trace *trace)
{
	static char places[][40] = { "/sys/kernel/tracing/instances",
		"/sys/kernel/debug/tracing/instances" };
	struct part_root *root = malloc(sizeof(*root));
	unsigned int i;
	bool made = false;

	if (root == NULL || part_root_open(root, NULL) != 0) {
		free(root);
		return false;
	}
	for (i = 0; i < RTE_DIM(places) && !made; i++) {
		part_list(root, places[i] + 1, remove_stale, places[i]);
		snprintf(trace->folder, sizeof(trace->folder), "%s/aether-%d", places[i],
			 getpid());
		made = mkdir(trace->folder, 0700) == 0;
	}
	part_root_close(root);
	free(root);
	return made;
}

static bool
set_up(struct part_trace *trace, const struct part_cpus *cpus)
{
	char mask[PART_MAX_CPUS / 4 + PART_MAX_CPUS / 32], path[128];
	unsigned int i;
	bool any = false;

	part_cpus_mask(cpus, mask, sizeof(mask));
	if (!write_to(trace, "trace_clock", "x86-tsc") || !write_to(trace, "tracing_cpumask", mask))
		return false;
	write_to(trace, "buffer_size_kb", "1024");
	for (i = 0; i < RTE_DIM(wanted); i++) {
		snprintf(path, sizeof(path), "events/%s/enable", wanted[i]);
		any = write_to(trace, path, "1") || any;
	}
	return any && write_to(trace, "tracing_on", "1");
}

static bool
open_pipes(struct part_trace *trace, const struct part_cpus *cpus)
{
	char path[256];
	unsigned int cpu;

	trace->cpus = calloc(part_cpus_count(cpus) + 1, sizeof(*trace->cpus));
	if (trace->cpus == NULL)
		return false;
	PART_CPUS_FOREACH(cpu, cpus) {
		struct cpu *one = &trace->cpus[trace->n_cpus];

		snprintf(path, sizeof(path), "%s/per_cpu/cpu%u/trace_pipe", trace->folder, cpu);
		one->cpu = cpu;
		one->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (one->pipe < 0)
			return false;
		trace->n_cpus++;
	}
	return true;
}

struct part_trace *
part_trace_open(const struct part_cpus *cpus)
{
	struct part_trace *trace = calloc(1, sizeof(*trace));

	if (trace == NULL || !make_instance(trace)) {
		free(trace);
		return NULL;
	}
	if (set_up(trace, cpus) && open_pipes(trace, cpus))
		return trace;
	part_trace_close(trace);
	return NULL;
}

void
part_trace_close(struct part_trace *trace)
{
	unsigned int i;

	if (trace == NULL)
		return;
	write_to(trace, "tracing_on", "0");
	for (i = 0; i < trace->n_cpus; i++)
		close(trace->cpus[i].pipe);
	rmdir(trace->folder);
	free(trace->cpus);
	free(trace);
}

/** The word behind a key, up to a space or the end. */
static bool
value_of(const char *text, const char *key, char *value, size_t size)
{
	const char *found = strstr(text, key);

	if (found == NULL)
		return false;
	found += strlen(key);
	snprintf(value, size, "%.*s", (int)RTE_MIN(strcspn(found, " \n"), size - 1), found);
	return true;
}

/** Names of tasks may have spaces: what stands before the next key is the name. */
static bool
switched_to(const char *text, pid_t tid, char name[PART_CAUSE])
{
	static const char comm[] = "next_comm=", pid[] = " next_pid=";
	const char *from = strstr(text, comm), *to = from == NULL ? NULL : strstr(from, pid);
	long next;

	if (to == NULL)
		return false;
	next = strtol(to + strlen(pid), NULL, 10);
	if (next == 0 || next == tid)
		return false;
	from += strlen(comm);
	snprintf(name, PART_CAUSE, "task %.*s (%ld)", (int)RTE_MIN(to - from, 32), from, next);
	return true;
}

static bool
classify(const char *event, const char *rest, pid_t tid, enum part_cause_kind *kind,
	 char name[PART_CAUSE])
{
	static const struct {
		const char *event;
		enum part_cause_kind kind;
		const char *name;
	} fixed[] = {
		{ "local_timer_entry", PART_CAUSE_TIMER, "local timer" },
		{ "reschedule_entry", PART_CAUSE_IPI, "IPI: reschedule" },
		{ "call_function_entry", PART_CAUSE_IPI, "IPI: function call" },
		{ "call_function_single_entry", PART_CAUSE_IPI, "IPI: function call" },
		{ "irq_work_entry", PART_CAUSE_IPI, "IPI: irq work" },
		{ "tlb_flush", PART_CAUSE_IPI, "IPI: TLB shootdown" },
		{ "thermal_apic_entry", PART_CAUSE_FIRMWARE, "thermal event" },
		{ "threshold_apic_entry", PART_CAUSE_FIRMWARE, "threshold of corrected errors" },
		{ "error_apic_entry", PART_CAUSE_FIRMWARE, "APIC error" },
		{ "nmi_handler", PART_CAUSE_FIRMWARE, "NMI" },
		{ "mce_record", PART_CAUSE_FIRMWARE, "machine check" },
		{ "page_fault_user", PART_CAUSE_FAULT, "page fault" },
		{ "page_fault_kernel", PART_CAUSE_FAULT, "page fault" },
	};
	char one[32] = "", other[40] = "";
	unsigned int i;

	for (i = 0; i < RTE_DIM(fixed); i++) {
		if (strcmp(event, fixed[i].event) == 0) {
			*kind = fixed[i].kind;
			strcpy(name, fixed[i].name);
			return true;
		}
	}
	if (strcmp(event, "sched_switch") == 0) {
		*kind = PART_CAUSE_TASK;
		return switched_to(rest, tid, name);
	}
	if (strcmp(event, "irq_handler_entry") == 0 && value_of(rest, "irq=", one, sizeof(one)) &&
	    value_of(rest, "name=", other, sizeof(other))) {
		*kind = PART_CAUSE_DEVICE;
		snprintf(name, PART_CAUSE, "interrupt %.10s %s", one, other);
		return true;
	}
	if (strcmp(event, "softirq_entry") == 0 && value_of(rest, "[action=", one, sizeof(one))) {
		*kind = PART_CAUSE_SOFTIRQ;
		snprintf(name, PART_CAUSE, "softirq %.*s", (int)strcspn(one, "]"), one);
		return true;
	}
	if (strcmp(event, "hrtimer_expire_entry") == 0 &&
	    value_of(rest, "function=", other, sizeof(other))) {
		*kind = PART_CAUSE_TIMER;
		/* tick_sched_timer before 6.8, tick_nohz_handler since. */
		if (strncmp(other, "tick_", 5) == 0)
			strcpy(name, "timer: clock tick");
		else
			snprintf(name, PART_CAUSE, "timer: %s", other);
		return true;
	}
	return false;
}

bool
part_trace_parse(const char *line, unsigned int cpu, pid_t tid, uint64_t *when,
		 enum part_cause_kind *kind, char name[PART_CAUSE])
{
	const size_t column = 17;	/* behind the task's name, which may hold anything */
	char mark[16], event[48];
	const char *p;
	char *end;
	size_t len;

	if (strlen(line) < column)
		return false;
	snprintf(mark, sizeof(mark), " [%03u] ", cpu);
	p = strstr(line + column - 1, mark);
	if (p == NULL)
		return false;
	p += strlen(mark);
	p += strcspn(p, " ");
	p += strspn(p, " ");
	*when = strtoull(p, &end, 10);
	if (end == p || end[0] != ':' || end[1] != ' ')
		return false;
	p = end + 2;
	len = strcspn(p, ":");
	if (len >= sizeof(event) || p[len] != ':')
		return false;
	memcpy(event, p, len);
	event[len] = '\0';
	return classify(event, p + len + 1, tid, kind, name);
}

static struct cpu *
find_cpu(const struct part_trace *trace, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < trace->n_cpus; i++)
		if (trace->cpus[i].cpu == cpu)
			return &trace->cpus[i];
	return NULL;
}

static void
take_lines(struct cpu *one)
{
	char *line = one->line, *newline;
	struct event *event;

	for (; (newline = strchr(line, '\n')) != NULL; line = newline + 1) {
		*newline = '\0';
		event = &one->events[one->n % EVENTS];
		/* Which thread was left is told when it is explained: its number is not known here. */
		if (part_trace_parse(line, one->cpu, -1, &event->when, &event->kind, event->name))
			one->n++;
	}
	one->len = strlen(line);
	memmove(one->line, line, one->len + 1);
	if (one->len >= CHUNK)
		one->len = 0;
}

void
part_trace_read(struct part_trace *trace, unsigned int cpu)
{
	struct cpu *one = find_cpu(trace, cpu);
	ssize_t got = 1;

	while (one != NULL && got > 0) {
		got = read(one->pipe, one->line + one->len, CHUNK);
		if (got <= 0)
			break;
		one->line[one->len + got] = '\0';
		/* There is no NUL in text; behind one nothing is read. */
		take_lines(one);
	}
}

/** Less is more telling: of one kind what says why before what says that. */
static unsigned int
rank(const struct event *event)
{
	static const char *const vague[] = {
		"IPI: function call", "timer: clock tick", "local timer",
	};
	unsigned int i, within = 0;

	for (i = 0; i < RTE_DIM(vague); i++)
		if (strcmp(event->name, vague[i]) == 0)
			within = i + 1;
	return event->kind * (RTE_DIM(vague) + 1) + within;
}

bool
part_trace_explain(const struct part_trace *trace, unsigned int cpu, const struct part_gap *gap,
		   pid_t tid, enum part_cause_kind *kind, char name[PART_CAUSE])
{
	const struct cpu *one = find_cpu(trace, cpu);
	const struct event *best = NULL;
	char own[32];
	uint64_t i, n;

	if (one == NULL)
		return false;
	/* A switch back to the thread that looks is the end of the gap, not its cause. */
	snprintf(own, sizeof(own), " (%d)", tid);
	n = RTE_MIN(one->n, (uint64_t)EVENTS);
	for (i = one->n - n; i < one->n; i++) {
		const struct event *event = &one->events[i % EVENTS];

		if (event->when < gap->begin || event->when > gap->end ||
		    (event->kind == PART_CAUSE_TASK && strstr(event->name, own) != NULL))
			continue;
		if (best == NULL || rank(event) < rank(best))
			best = event;
	}
	if (best == NULL)
		return false;
	*kind = best->kind;
	strcpy(name, best->name);
	return true;
}
