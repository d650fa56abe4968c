/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Causes: their sums, their order, how they are called. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

const char *
part_cause_kind_name(enum part_cause_kind kind)
{
	static const char *const names[PART_CAUSE_KINDS] = {
		[PART_CAUSE_TASK] = "task",
		[PART_CAUSE_OWN] = "own",
		[PART_CAUSE_FIRMWARE] = "firmware",
		[PART_CAUSE_DEVICE] = "interrupt",
		[PART_CAUSE_IPI] = "ipi",
		[PART_CAUSE_FAULT] = "page fault",
		[PART_CAUSE_TIMER] = "timer",
		[PART_CAUSE_SOFTIRQ] = "softirq",
		[PART_CAUSE_UNKNOWN] = "unknown",
	};

	return names[kind];
}

/** Programs of one name are one cause, since scripts start hundreds of them. */
static struct part_cause *
find(struct part_causes *causes, const struct part_who *who)
{
	unsigned int i;

	for (i = 0; i < causes->n; i++)
		if (causes->all[i].who.kind == who->kind &&
		    strcmp(causes->all[i].who.name, who->name) == 0 &&
		    strcmp(causes->all[i].who.detail, who->detail) == 0)
			return &causes->all[i];
	return NULL;
}

struct part_cause *
part_cause_add(struct part_causes *causes, const struct part_who *who, unsigned int cpu,
	       uint64_t cycles)
{
	static const struct part_who others = { .kind = PART_CAUSE_UNKNOWN, .name = PART_OTHERS };
	struct part_cause *cause = find(causes, who);

	/* The last place is for what there is no room for. */
	if (cause == NULL && causes->n >= RTE_DIM(causes->all) - 1) {
		who = &others;
		cause = find(causes, who);
	}
	if (cause == NULL) {
		cause = &causes->all[causes->n++];
		memset(cause, 0, sizeof(*cause));
		cause->who = *who;
	}
	cause->several = cause->several || cause->who.id != who->id;
	cause->who.id = who->id;
	cause->cpu = cpu;
	cause->gaps++;
	cause->cycles += cycles;
	cause->longest = RTE_MAX(cause->longest, cycles);
	return cause;
}

static int
compare(const void *a, const void *b)
{
	const struct part_cause *one = a, *other = b;

	return one->cycles < other->cycles ? 1 : one->cycles > other->cycles ? -1 :
	       strcmp(one->who.name, other->who.name);
}

void
part_causes_sort(struct part_causes *causes)
{
	qsort(causes->all, causes->n, sizeof(causes->all[0]), compare);
}

void
part_who_label(const struct part_who *who, bool several, char label[PART_LABEL])
{
	int len = snprintf(label, PART_LABEL, "%s", who->name);

	/* An interrupt has its number in its name. */
	if (who->kind == PART_CAUSE_TASK && who->id != 0)
		len += snprintf(label + len, PART_LABEL - len, several ? " (%ld and others)" :
				" (%ld)", who->id);
	if (who->detail[0] != '\0')
		snprintf(label + len, PART_LABEL - len, ", %s", who->detail);
}
