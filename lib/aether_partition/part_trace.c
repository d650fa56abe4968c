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

#define CHUNK		65536

/*
 * Those that say who has the CPU, and until when, as part_event.c knows them. A kernel that lacks one
 * does without.
 */
static const char *const wanted[] = {
	"sched/sched_switch", "sched/sched_process_exec", "workqueue/workqueue_execute_start",
	"irq/irq_handler_entry", "irq/irq_handler_exit", "irq/softirq_entry", "irq/softirq_exit",
	"timer/hrtimer_expire_entry", "timer/hrtimer_expire_exit", "timer/timer_expire_entry",
	"timer/timer_expire_exit", "csd/csd_function_entry", "csd/csd_function_exit",
	"exceptions/page_fault_user", "exceptions/page_fault_kernel", "tlb/tlb_flush",
	"nmi/nmi_handler", "mce/mce_record", "signal/signal_deliver",
};
/* Of irq_vectors/, each with an _entry and an _exit. */
static const char *const vectors[] = {
	"local_timer", "reschedule", "call_function", "call_function_single", "irq_work",
	"x86_platform_ipi", "thermal_apic", "threshold_apic", "deferred_error_apic", "error_apic",
	"spurious_apic",
};

struct cpu {
	unsigned int cpu;
	int pipe;
	struct part_events events;
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
enable(struct part_trace *trace, const char *event)
{
	char path[128];

	snprintf(path, sizeof(path), "events/%s/enable", event);
	return write_to(trace, path, "1");
}

static bool
set_up(struct part_trace *trace, const struct part_cpus *cpus)
{
	char mask[PART_MAX_CPUS / 4 + PART_MAX_CPUS / 32], vector[64], path[64];
	unsigned int cpu, i;
	bool any = false;

	part_cpus_mask(cpus, mask, sizeof(mask));
	if (!write_to(trace, "trace_clock", "x86-tsc"))
		return false;
	/* Nobody is there yet: it is known that tracing is to be had. */
	if (part_cpus_empty(cpus))
		return true;
	if (!write_to(trace, "tracing_cpumask", mask))
		return false;
	/* All CPUs of the host have a buffer; those that are not traced need none. */
	write_to(trace, "buffer_size_kb", "4");
	PART_CPUS_FOREACH(cpu, cpus) {
		snprintf(path, sizeof(path), "per_cpu/cpu%u/buffer_size_kb", cpu);
		write_to(trace, path, "2048");
	}
	for (i = 0; i < RTE_DIM(wanted); i++)
		any = enable(trace, wanted[i]) || any;
	for (i = 0; i < RTE_DIM(vectors); i++) {
		snprintf(vector, sizeof(vector), "irq_vectors/%s_entry", vectors[i]);
		enable(trace, vector);
		snprintf(vector, sizeof(vector), "irq_vectors/%s_exit", vectors[i]);
		enable(trace, vector);
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

static struct cpu *
find_cpu(const struct part_trace *trace, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < trace->n_cpus; i++)
		if (trace->cpus[i].cpu == cpu)
			return &trace->cpus[i];
	return NULL;
}

/** What is left is a line that is not all there yet. */
static void
take_lines(struct cpu *one)
{
	const size_t used = part_events_take(&one->events, one->cpu, one->line);

	one->len = strlen(one->line + used);
	memmove(one->line, one->line + used, one->len + 1);
	if (one->len >= CHUNK)
		one->len = 0;
}

bool
part_trace_read(struct part_trace *trace, unsigned int cpu)
{
	struct cpu *one = find_cpu(trace, cpu);
	ssize_t got = one == NULL ? -1 : read(one->pipe, one->line + one->len, CHUNK);

	if (got <= 0)
		return false;
	one->line[one->len + got] = '\0';
	/* There is no NUL in text; behind one nothing is read. */
	take_lines(one);
	return true;
}

const struct part_events *
part_trace_events(const struct part_trace *trace, unsigned int cpu)
{
	const struct cpu *one = find_cpu(trace, cpu);

	return one == NULL ? NULL : &one->events;
}
