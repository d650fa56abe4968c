/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What the kernel counts: /proc/interrupts, /proc/softirqs, the thread's switches and faults
 * (proc(5)).
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

/* Rows of /proc/interrupts without a number, as arch/x86/kernel/irq.c prints them. */
static const struct {
	const char *row;
	enum part_cause_kind kind;
	const char *name;
} rows[] = {
	{ "NMI", PART_CAUSE_FIRMWARE, "NMI" },
	{ "LOC", PART_CAUSE_TIMER, "local timer" },
	{ "PMI", PART_CAUSE_FIRMWARE, "performance counter" },
	{ "IWI", PART_CAUSE_IPI, "IPI: irq work" },
	{ "RES", PART_CAUSE_IPI, "IPI: reschedule" },
	{ "CAL", PART_CAUSE_IPI, "IPI: function call" },
	{ "TLB", PART_CAUSE_IPI, "IPI: TLB shootdown" },
	{ "TRM", PART_CAUSE_FIRMWARE, "thermal event" },
	{ "THR", PART_CAUSE_FIRMWARE, "threshold of corrected errors" },
	{ "DFR", PART_CAUSE_FIRMWARE, "deferred error" },
	{ "MCE", PART_CAUSE_FIRMWARE, "machine check" },
	{ "MCP", PART_CAUSE_FIRMWARE, "machine check poll" },
};

static struct part_source *
add(struct part_counts *counts, enum part_cause_kind kind, const char *name, uint64_t count)
{
	struct part_source *source;

	if (counts->n == PART_SOURCES)
		return NULL;
	source = &counts->all[counts->n++];
	source->kind = kind;
	source->id = 0;
	source->count = count;
	part_text_copy(source->name, sizeof(source->name), name);
	return source;
}

/** What a row is about, behind the columns: the chip, the line's own number, who handles it. */
static void
add_line(struct part_counts *counts, const char *row, size_t row_len, const char *rest, uint64_t count)
{
	char name[PART_CAUSE], line[256];
	struct part_source *source;
	const char *last;
	size_t len = strcspn(rest, "\n");

	snprintf(line, sizeof(line), "%.*s", (int)RTE_MIN(len, sizeof(line) - 1), rest);
	/* Names have no spaces; several are separated by ", ". */
	last = strrchr(line, ' ');
	while (last != NULL && last > line && last[-1] == ',') {
		const char *before = last - 1;

		while (before > line && *before != ' ')
			before--;
		if (*before != ' ')
			break;
		last = before;
	}
	snprintf(name, sizeof(name), "interrupt %.*s %.40s", (int)RTE_MIN(row_len, 8u), row,
		 last == NULL ? line : last + 1);
	source = add(counts, PART_CAUSE_DEVICE, name, count);
	if (source != NULL)
		source->id = strtol(row, NULL, 10);
}

static void
take_row(struct part_counts *counts, const char *row, size_t row_len, const char *rest, uint64_t count,
	 bool softirqs)
{
	char name[PART_CAUSE];
	unsigned int i;

	if (softirqs) {
		snprintf(name, sizeof(name), "softirq %.*s", (int)row_len, row);
		add(counts, PART_CAUSE_SOFTIRQ, name, count);
		return;
	}
	if (isdigit((unsigned char)row[0])) {
		add_line(counts, row, row_len, rest, count);
		return;
	}
	for (i = 0; i < RTE_DIM(rows); i++)
		if (strlen(rows[i].row) == row_len && strncmp(rows[i].row, row, row_len) == 0)
			add(counts, rows[i].kind, rows[i].name, count);
}

/** The column of a CPU, by the first line: CPUs that are offline have none. @return -1: none */
static int
find_column(const char *text, unsigned int cpu)
{
	const char *end = text + strcspn(text, "\n"), *p = text;
	int column;

	for (column = 0;; column++) {
		p += strspn(p, " ");
		if (p >= end || strncmp(p, "CPU", 3) != 0)
			return -1;
		if (strtoul(p + 3, NULL, 10) == cpu)
			return column;
		p += strcspn(p, " \n");
	}
}

/** @return how many columns the first line has */
static int
count_columns(const char *text)
{
	const char *end = text + strcspn(text, "\n"), *p = text;
	int n = 0;

	for (p += strspn(p, " "); p < end; p += strspn(p, " "), n++)
		p += strcspn(p, " \n");
	return n;
}

void
part_counts_parse(const char *text, unsigned int cpu, bool softirqs, struct part_counts *counts)
{
	const int column = find_column(text, cpu), columns = count_columns(text);
	const char *line = strchr(text, '\n');

	for (; column >= 0 && line != NULL; line = strchr(line, '\n')) {
		const char *row = ++line, *colon;
		uint64_t count = 0;
		int i;

		row += strspn(row, " ");
		colon = row + strcspn(row, ":\n");
		if (*colon != ':')
			continue;
		line = colon + 1;
		for (i = 0; i < columns; i++) {
			line += strspn(line, " ");
			/* ERR and MIS have one number for all CPUs. */
			if (!isdigit((unsigned char)*line))
				break;
			if (i == column)
				count = strtoull(line, NULL, 10);
			line += strspn(line, "0123456789");
		}
		if (i == columns)
			take_row(counts, row, colon - row, line, count, softirqs);
	}
}

/** A field of /proc/self/task/TID/status. */
static void
add_field(struct part_counts *counts, const char *text, const char *key, enum part_cause_kind kind,
	  const char *name)
{
	const char *found = strstr(text, key);

	if (found != NULL)
		add(counts, kind, name, strtoull(found + strlen(key), NULL, 10));
}

static void
read_faults(struct part_root *root, pid_t tid, struct part_counts *counts)
{
	unsigned long long minor, major;
	const char *p;

	/* Behind the name: state, five numbers and flags, then minflt cminflt majflt. */
	if (part_read(root, "proc/self/task/%d/stat", tid) != PART_KNOWN)
		return;
	p = strrchr(root->text, ')');
	if (p == NULL || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %llu %*u %llu", &minor,
				&major) != 2)
		return;
	add(counts, PART_CAUSE_FAULT, "page fault", minor);
	add(counts, PART_CAUSE_FAULT, "page fault, from disk", major);
}

void
part_counts_read(struct part_root *root, unsigned int cpu, pid_t tid, struct part_counts *counts)
{
	counts->n = 0;
	if (part_read(root, "proc/self/task/%d/status", tid) == PART_KNOWN) {
		add_field(counts, root->text, "\nnonvoluntary_ctxt_switches:\t", PART_CAUSE_TASK,
			  PART_ANOTHER);
		add_field(counts, root->text, "\nvoluntary_ctxt_switches:\t", PART_CAUSE_OWN,
			  "its own waiting");
	}
	read_faults(root, tid, counts);
	if (part_read(root, "proc/interrupts") == PART_KNOWN)
		part_counts_parse(root->text, cpu, false, counts);
	if (part_read(root, "proc/softirqs") == PART_KNOWN)
		part_counts_parse(root->text, cpu, true, counts);
}

void
part_counts_difference(const struct part_counts *before, struct part_counts *after)
{
	unsigned int i, j, n = 0;

	for (i = 0; i < after->n; i++) {
		struct part_source source = after->all[i];

		/* In the same order, as a rule. */
		for (j = 0; j < before->n; j++) {
			const struct part_source *old = &before->all[(i + j) % before->n];

			if (strcmp(old->name, source.name) != 0)
				continue;
			source.count = source.count >= old->count ? source.count - old->count : 0;
			break;
		}
		/* One that is new is counted from now on. */
		if (j < before->n && source.count != 0)
			after->all[n++] = source;
	}
	after->n = n;
}

struct part_source *
part_counts_take(struct part_counts *difference)
{
	struct part_source *best = NULL;
	unsigned int i;

	for (i = 0; i < difference->n; i++) {
		struct part_source *source = &difference->all[i];

		if (source->count != 0 && (best == NULL || source->kind < best->kind))
			best = source;
	}
	if (best != NULL)
		best->count--;
	return best;
}

uint64_t
part_counts_of(const struct part_counts *difference, const char *name)
{
	unsigned int i;

	for (i = 0; i < difference->n; i++)
		if (strcmp(difference->all[i].name, name) == 0)
			return difference->all[i].count;
	return 0;
}
