/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Causes by the kernel's counters, where there are no trace events: what was counted meanwhile. */

#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

#define MOST_WAITS	5	/* for gaps that go on, before others are told */
#define TRIES		3	/* to read counters without a gap meanwhile */
#define MOST_NAMED	16	/* tasks of one look */
#define PART_OF_ALL	4	/* of the other tasks' time; less is no good part of it */

/** What is to be told of the gaps of one look. */
struct told {
	struct part_gap gap;
	const struct part_source *source;	/* NULL: nothing was counted */
	const struct part_who *task;		/* NULL: none is known */
};

static int
longest_first(const void *a, const void *b)
{
	const struct part_gap *one = &((const struct told *)a)->gap;
	const struct part_gap *other = &((const struct told *)b)->gap;
	const uint64_t l = one->end - one->begin, r = other->end - other->begin;

	return (l < r) - (l > r);
}

static int
first_first(const void *a, const void *b)
{
	const struct part_gap *one = &((const struct told *)a)->gap;
	const struct part_gap *other = &((const struct told *)b)->gap;

	return (one->begin > other->begin) - (one->begin < other->begin);
}

static uint64_t
length_ns(const struct part_gap *gap)
{
	return (gap->end - gap->begin) * 1e9 / part_tsc_hz();
}

/**
 * Who the other tasks were: all of them together have run as long as their gaps took, or less where
 * somebody below had the CPU. One that is alone, and has run for a good part of it, had all of them.
 */
static void
choose_tasks(struct part_noise *noise, struct told *told, unsigned int n)
{
	static struct part_who tasks[MOST_NAMED];
	uint64_t all_ns = 0, left_ns, named_ns = 0;
	unsigned int i, named = 0;

	for (i = 0; i < n; i++)
		all_ns += length_ns(&told[i].gap);
	left_ns = all_ns;
	for (i = 0; i < n && named < MOST_NAMED; i++) {
		const uint64_t ns = length_ns(&told[i].gap);

		if (!part_tasks_take(noise->tasks, noise->cpu, noise->tid, left_ns, ns,
				     &tasks[named]))
			break;
		told[i].task = &tasks[named++];
		named_ns += ns;
		left_ns -= ns;
	}
	for (i = 1; i < named; i++)
		if (tasks[i].id != tasks[0].id)
			return;
	for (i = named; named != 0 && named_ns >= all_ns / PART_OF_ALL && i < n; i++)
		told[i].task = &tasks[0];
}

/** The longest gaps are taken to be of what takes longest, which is another task. */
static void
choose(struct part_root *root, struct part_noise *noise, struct told *told, unsigned int n)
{
	unsigned int i, n_tasks = part_counts_of(noise->after, PART_ANOTHER);

	n_tasks = RTE_MIN(n_tasks, n);
	qsort(told, n, sizeof(*told), longest_first);
	/* Which is the most telling count of all, so these are the first. */
	for (i = 0; i < n; i++) {
		told[i].source = part_counts_take(noise->after);
		told[i].task = NULL;
	}
	if (noise->tasks == NULL)
		noise->tasks = part_tasks_new();
	if (noise->tasks != NULL) {
		part_tasks_read(noise->tasks, root, noise->cpu,
				n_tasks != 0 ? length_ns(&told[0].gap) : 0);
		choose_tasks(noise, told, n_tasks);
	}
	qsort(told, n, sizeof(*told), first_first);
}

static void
explain(struct part_root *root, struct part_noise *noise, uint64_t until)
{
	static struct told told[PART_GAPS];
	struct part_shares shares;
	unsigned int i, n = 0;

	while (n < PART_GAPS && part_watch_next_gap(noise, until, &told[n].gap))
		n++;
	choose(root, noise, told, n);
	for (i = 0; i < n; i++) {
		const struct part_source *source = told[i].source;

		if (source == NULL)
			part_blame_one(&told[i].gap, PART_CAUSE_UNKNOWN, PART_NOBODY, 0, &shares);
		else
			part_blame_one(&told[i].gap, source->kind, source->name, source->id,
				       &shares);
		if (told[i].task != NULL)
			shares.all[0].who = *told[i].task;
		part_watch_tell(noise, &told[i].gap, &shares);
	}
}

/** A gap that is not over: what is counted may be its cause. */
static bool
goes_on(const struct part_noise *noise)
{
	const uint64_t last = __atomic_load_n(&noise->hot.last, __ATOMIC_RELAXED);
	const uint64_t now = rte_rdtsc();

	return __atomic_load_n(&noise->ended, __ATOMIC_RELAXED) == 0 && now > last &&
	       now - last > noise->hot.threshold;
}

/** As long as it is one and the same gap, and a while in others. */
static bool
may_wait(struct part_noise *noise)
{
	const uint64_t last = __atomic_load_n(&noise->hot.last, __ATOMIC_RELAXED);

	if (last != noise->waits_for)
		noise->waits++;
	noise->waits_for = last;
	return noise->waits <= MOST_WAITS;
}

/**
 * Read what is counted, in a moment in which there is no gap: one that begins or ends meanwhile is
 * counted or is not.
 *
 * @return when that was; 0: it can wait
 */
static uint64_t
read_counts(struct part_root *root, struct part_noise *noise, bool last)
{
	uint64_t head, now = 0;
	unsigned int i;

	for (i = 0; i < TRIES; i++) {
		head = __atomic_load_n(&noise->head, __ATOMIC_ACQUIRE);
		now = rte_rdtsc();
		part_counts_read(root, noise->cpu, noise->tid, noise->after);
		if (!goes_on(noise) && head == __atomic_load_n(&noise->head, __ATOMIC_ACQUIRE))
			return now;
	}
	return !last && goes_on(noise) && may_wait(noise) ? 0 : now;
}

void
part_counted_look(struct part_root *root, struct part_noise *noise, bool last)
{
	const uint64_t now = read_counts(root, noise, last);
	struct part_counts *all;

	if (now == 0 && noise->before->n != 0)
		return;
	noise->waits = 0;
	all = malloc(sizeof(*all));
	if (all == NULL)
		return;
	*all = *noise->after;
	part_counts_difference(noise->before, noise->after);
	explain(root, noise, now);
	*noise->before = *all;
	free(all);
}
