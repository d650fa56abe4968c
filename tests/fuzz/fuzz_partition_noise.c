/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What the noise's causes are read from, of which tasks and devices write a part. The first byte says
 * what the rest is: 't' a trace of CPU 2, 'i' /proc/interrupts, 's' /proc/softirqs, 'p'
 * /proc/<tid>/stat.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

#define OWN	77

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_name(const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < size && name[i] != '\0'; i++)
		if (name[i] < ' ' || name[i] > '~')
			abort();
	if (i == size)
		abort();
}

/** All of a gap is somebody's, most of it first. */
static void
check_gap(const struct part_events *events, uint64_t begin, uint64_t end)
{
	const struct part_gap gap = { .begin = begin, .end = end };
	static struct part_shares shares;
	char label[PART_LABEL];
	uint64_t sum = 0;
	unsigned int i;

	part_blame(events, &gap, OWN, 10, &shares);
	if (shares.n == 0 || shares.n > PART_SHARES)
		abort();
	for (i = 0; i < shares.n; i++) {
		sum += shares.all[i].cycles;
		if (i != 0 && shares.all[i].cycles > shares.all[i - 1].cycles)
			abort();
		part_who_label(&shares.all[i].who, false, label);
		check_name(label, sizeof(label));
	}
	if (sum != end - begin)
		abort();
}

static void
trace(char *text)
{
	static struct part_events events;
	const size_t size = strlen(text);
	uint64_t first, last;

	events.n = 0;
	if (part_events_take(&events, 2, text) > size)
		abort();
	check_gap(&events, 1000, 5000);
	if (events.n == 0)
		return;
	first = events.all[0].when;
	last = events.all[(events.n - 1) % PART_EVENTS].when;
	if (first <= last && last < UINT64_MAX)
		check_gap(&events, first, last + 1);
}

static void
table(const char *text, bool softirqs)
{
	static struct part_counts counts;
	unsigned int i;

	counts.n = 0;
	part_counts_parse(text, 2, softirqs, &counts);
	if (counts.n > PART_SOURCES)
		abort();
	for (i = 0; i < counts.n; i++)
		check_name(counts.all[i].name, sizeof(counts.all[i].name));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part_task_stat stat;
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 't')
		trace(text);
	else if (data[0] == 'p' && part_task_parse(text, &stat))
		check_name(stat.comm, sizeof(stat.comm));
	else if (data[0] == 'i' || data[0] == 's')
		table(text, data[0] == 's');
	free(text);
	return 0;
}
