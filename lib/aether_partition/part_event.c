/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Lines of the kernel's trace, of those events that say who has the CPU: who gets it, and, where the
 * kernel tells, when it is given back. Tasks choose their own names, and these stand in the lines as
 * they are: nothing is taken for what it says only because it stands in a name.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

#define LONGEST_NMI	INT64_C(1000000000000)	/* ns; it is a number that could be anything */
#define COMM	15	/* characters of a task's name, at most (TASK_COMM_LEN) */

/** Copy what stands behind a key, up to what ends it, if that is there, else to the line's end. */
static bool
value_of(const char *text, const char *key, const char *stop, const char *prefix,
	 struct part_event *event)
{
	char value[PART_CAUSE];
	const char *found = strstr(text, key), *end;
	size_t len;

	if (found == NULL)
		return false;
	found += strlen(key);
	end = stop == NULL ? NULL : strstr(found, stop);
	len = end == NULL ? strlen(found) : (size_t)(end - found);
	while (len > 0 && found[len - 1] == ' ')
		len--;
	if (len == 0)
		return false;
	snprintf(value, sizeof(value), "%s%.*s", prefix, (int)RTE_MIN(len, sizeof(value)), found);
	part_text_copy(event->name, sizeof(event->name), value);
	return true;
}

static const char *
find_last(const char *from, const char *end, const char *what)
{
	const size_t len = strlen(what);
	const char *at;

	for (at = end - len; at >= from; at--)
		if (strncmp(at, what, len) == 0)
			return at;
	return NULL;
}

/**
 * prev_comm=A prev_pid=1 prev_prio=120 prev_state=R ==> next_comm=B next_pid=2 next_prio=120
 *
 * Each name may hold any of these words; numbers cannot, so what matters is found from behind.
 */
static bool
take_switch(const char *text, struct part_event *event)
{
	static const char arrow[] = " ==> next_comm=", next[] = " next_pid=", prev[] = " prev_pid=",
		state[] = " prev_state=";
	const char *next_pid = find_last(text, text + strlen(text), next);
	const char *comm = next_pid == NULL ? NULL : find_last(text, next_pid, arrow);
	const char *prev_pid = comm == NULL ? NULL : find_last(text, comm, prev);
	const char *prev_state = comm == NULL ? NULL : find_last(text, comm, state);
	char name[COMM + 1];

	if (prev_pid == NULL || prev_state == NULL)
		return false;
	event->from = strtol(prev_pid + strlen(prev), NULL, 10);
	event->to = strtol(next_pid + strlen(next), NULL, 10);
	event->state = prev_state[strlen(state)];
	comm += strlen(arrow);
	snprintf(name, sizeof(name), "%.*s", (int)RTE_MIN(next_pid - comm, COMM), comm);
	part_text_copy(name, sizeof(name), name);
	snprintf(event->name, sizeof(event->name), "task %s", name);
	return true;
}

static bool
take_interrupt(const char *text, struct part_event *event)
{
	const char *number = strstr(text, "irq=");
	char prefix[32];

	if (number == NULL)
		return false;
	event->to = strtol(number + 4, NULL, 10);
	snprintf(prefix, sizeof(prefix), "interrupt %d ", event->to);
	return value_of(text, " name=", NULL, prefix, event);
}

static bool
take_softirq(const char *text, struct part_event *event)
{
	return value_of(text, "[action=", "]", "softirq ", event);
}

static bool
take_timer(const char *text, struct part_event *event)
{
	if (!value_of(text, " function=", " now=", "timer: ", event))
		return false;
	/* tick_sched_timer before 6.8, tick_nohz_handler since. */
	if (strncmp(event->name, "timer: tick_", 12) == 0)
		strcpy(event->name, "timer: clock tick");
	return true;
}

/** What another CPU wants done here. */
static bool
take_call(const char *text, struct part_event *event)
{
	if (!value_of(text, "func=", ", csd=", "IPI: function call ", event))
		return false;
	if (strstr(event->name, "flush_tlb") != NULL || strstr(event->name, "range_flush") != NULL)
		strcpy(event->name, "IPI: TLB shootdown");
	else if (strstr(event->name, "sched_ttwu_pending") != NULL)
		strcpy(event->name, "IPI: reschedule");
	return true;
}

/** One that the thread does itself is told apart by the reason. */
static bool
take_flush(const char *text, struct part_event *event)
{
	strcpy(event->name, "IPI: TLB shootdown");
	event->from = strstr(text, "(0)") == NULL;	/* "flush on task switch (0)" */
	return true;
}

/** filename=/usr/bin/true pid=5 old_pid=5: the file's name becomes the task's. */
static bool
take_exec(const char *text, struct part_event *event)
{
	static const char file[] = "filename=", pid[] = " pid=";
	const char *end = find_last(text, text + strlen(text), pid), *from = strstr(text, file);
	const char *slash;
	char name[COMM + 1];

	if (from == NULL || end == NULL || end < from + strlen(file))
		return false;
	event->to = strtol(end + strlen(pid), NULL, 10);
	slash = find_last(from, end, "/");
	from = slash == NULL ? from + strlen(file) : slash + 1;
	snprintf(name, sizeof(name), "%.*s", (int)RTE_MIN(end - from, COMM), from);
	part_text_copy(name, sizeof(name), name);
	snprintf(event->name, sizeof(event->name), "task %s", name);
	return true;
}

static bool
take_work(const char *text, struct part_event *event)
{
	return value_of(text, ": function ", NULL, "", event);
}

/** A timer may be another CPU's, if this one has no clock tick: what comes is its signal. */
static bool
take_signal(const char *text, struct part_event *event)
{
	const char *number = strstr(text, "sig="), *code = strstr(text, " code=");
	long why;

	if (number == NULL || code == NULL)
		return false;
	why = strtol(code + 6, NULL, 10);
	if (why == SI_TIMER)
		event->kind = PART_CAUSE_TIMER;
	snprintf(event->name, sizeof(event->name), "%s %d", why == SI_TIMER ?
		 "timer: its own, signal" : "signal", (int)strtol(number + 4, NULL, 10));
	return true;
}

static bool
take_nmi(const char *text, struct part_event *event)
{
	const char *delta = strstr(text, " delta_ns: ");

	if (delta != NULL)
		event->ns = strtoll(delta + 11, NULL, 10);
	event->ns = RTE_MIN(RTE_MAX(event->ns, 0), LONGEST_NMI);
	return value_of(text, " ", "()", "NMI: ", event);
}

#define VECTOR(event, kind, name) \
	{ event "_entry", PART_EVENT_ENTER, PART_FRAME_VECTOR, kind, name, NULL }, \
	{ event "_exit", PART_EVENT_EXIT, PART_FRAME_VECTOR, kind, NULL, NULL }

static const struct {
	const char *event;
	enum part_event_type type;
	enum part_frame frame;
	enum part_cause_kind kind;
	const char *name;
	bool (*take)(const char *text, struct part_event *event);
} events[] = {
	{ "sched_switch", PART_EVENT_SWITCH, 0, PART_CAUSE_TASK, NULL, take_switch },
	{ "sched_process_exec", PART_EVENT_EXEC, 0, PART_CAUSE_TASK, NULL, take_exec },
	{ "workqueue_execute_start", PART_EVENT_WORK, 0, PART_CAUSE_TASK, NULL, take_work },
	{ "irq_handler_entry", PART_EVENT_ENTER, PART_FRAME_INTERRUPT, PART_CAUSE_DEVICE, NULL,
	  take_interrupt },
	{ "irq_handler_exit", PART_EVENT_EXIT, PART_FRAME_INTERRUPT, PART_CAUSE_DEVICE, NULL, NULL },
	{ "softirq_entry", PART_EVENT_ENTER, PART_FRAME_SOFTIRQ, PART_CAUSE_SOFTIRQ, NULL,
	  take_softirq },
	{ "softirq_exit", PART_EVENT_EXIT, PART_FRAME_SOFTIRQ, PART_CAUSE_SOFTIRQ, NULL, NULL },
	{ "hrtimer_expire_entry", PART_EVENT_ENTER, PART_FRAME_HRTIMER, PART_CAUSE_TIMER, NULL,
	  take_timer },
	{ "hrtimer_expire_exit", PART_EVENT_EXIT, PART_FRAME_HRTIMER, PART_CAUSE_TIMER, NULL, NULL },
	{ "timer_expire_entry", PART_EVENT_ENTER, PART_FRAME_TIMER, PART_CAUSE_TIMER, NULL,
	  take_timer },
	{ "timer_expire_exit", PART_EVENT_EXIT, PART_FRAME_TIMER, PART_CAUSE_TIMER, NULL, NULL },
	{ "csd_function_entry", PART_EVENT_ENTER, PART_FRAME_CALL, PART_CAUSE_IPI, NULL, take_call },
	{ "csd_function_exit", PART_EVENT_EXIT, PART_FRAME_CALL, PART_CAUSE_IPI, NULL, NULL },
	{ "tlb_flush", PART_EVENT_FLUSH, 0, PART_CAUSE_IPI, NULL, take_flush },
	{ "page_fault_user", PART_EVENT_OWN, 0, PART_CAUSE_FAULT, "page fault", NULL },
	{ "page_fault_kernel", PART_EVENT_OWN, 0, PART_CAUSE_FAULT, "page fault", NULL },
	{ "signal_deliver", PART_EVENT_OWN, 0, PART_CAUSE_OWN, NULL, take_signal },
	{ "mce_record", PART_EVENT_OWN, 0, PART_CAUSE_FIRMWARE, "machine check", NULL },
	{ "nmi_handler", PART_EVENT_NMI, 0, PART_CAUSE_FIRMWARE, NULL, take_nmi },
	VECTOR("local_timer", PART_CAUSE_TIMER, "local timer"),
	VECTOR("reschedule", PART_CAUSE_IPI, "IPI: reschedule"),
	VECTOR("call_function", PART_CAUSE_IPI, "IPI: function call"),
	VECTOR("call_function_single", PART_CAUSE_IPI, "IPI: function call"),
	VECTOR("irq_work", PART_CAUSE_IPI, "IPI: irq work"),
	VECTOR("x86_platform_ipi", PART_CAUSE_IPI, "IPI: platform"),
	VECTOR("thermal_apic", PART_CAUSE_FIRMWARE, "thermal event"),
	VECTOR("threshold_apic", PART_CAUSE_FIRMWARE, "threshold of corrected errors"),
	VECTOR("deferred_error_apic", PART_CAUSE_FIRMWARE, "deferred error"),
	VECTOR("error_apic", PART_CAUSE_FIRMWARE, "APIC error"),
	VECTOR("spurious_apic", PART_CAUSE_FIRMWARE, "spurious interrupt"),
};

/** Behind " [002] ": flags, time, event. @return false: these do not stand there */
static bool
take_event(const char *p, struct part_event *event)
{
	char *end;
	size_t len;
	unsigned int i;

	p += strcspn(p, " ");
	p += strspn(p, " ");
	event->when = strtoull(p, &end, 10);
	if (end == p || end[0] != ':' || end[1] != ' ')
		return false;
	p = end + 2;
	len = strcspn(p, ":");
	if (p[len] != ':')
		return false;
	for (i = 0; i < RTE_DIM(events); i++)
		if (strlen(events[i].event) == len && strncmp(events[i].event, p, len) == 0)
			break;
	if (i == RTE_DIM(events))
		return false;
	event->type = events[i].type;
	event->frame = events[i].frame;
	event->kind = events[i].kind;
	if (events[i].name != NULL)
		strcpy(event->name, events[i].name);
	return events[i].take == NULL || events[i].take(p + len + 1, event);
}

bool
part_event_parse(const char *line, unsigned int cpu, struct part_event *event)
{
	char mark[16];
	const char *p = line;

	/* "CPU:2 [LOST 12 EVENTS]": those are missing between the line before and the next. */
	if (strncmp(line, "CPU:", 4) == 0 && strstr(line, " [LOST ") != NULL) {
		memset(event, 0, sizeof(*event));
		event->type = PART_EVENT_LOST;
		event->kind = PART_CAUSE_UNKNOWN;
		strcpy(event->name, "not told: the kernel has lost trace events");
		return true;
	}
	snprintf(mark, sizeof(mark), " [%03u] ", cpu);
	while ((p = strstr(p, mark)) != NULL) {
		p += strlen(mark) - 1;
		memset(event, 0, sizeof(*event));
		if (take_event(p + 1, event))
			return true;
	}
	return false;
}

/** A task's name has a newline in it, and the next line is the rest of this one. */
static bool
cut(const char *line)
{
	return strstr(line, ": sched_switch: ") != NULL && strstr(line, " next_prio=") == NULL;
}

size_t
part_events_take(struct part_events *events, unsigned int cpu, char *text)
{
	char *line = text, *from = text, *newline;
	struct part_event *event;
	uint64_t last;

	while ((newline = strchr(from, '\n')) != NULL) {
		*newline = '\0';
		from = newline + 1;
		if (cut(line)) {
			*newline = '?';
			continue;
		}
		last = events->n == 0 ? 0 : events->all[(events->n - 1) % PART_EVENTS].when;
		event = &events->all[events->n % PART_EVENTS];
		if (part_event_parse(line, cpu, event)) {
			/* They were lost behind the one before. */
			if (event->type == PART_EVENT_LOST)
				event->when = last;
			events->n++;
		}
		line = from;
	}
	return line - text;
}
