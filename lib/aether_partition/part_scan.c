/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_scan.h"
#include "part_text.h"

#define MAX_THREADS	8
#define WORTH_A_THREAD	256	/* folders: over half a millisecond */

struct numbers {
	uint32_t *all;
	unsigned int n;
	bool failed;
};

struct share {
	struct part_scan scan;
	part_scan_one one;
	const uint32_t *numbers;
	unsigned int n;
	pthread_t thread;
	bool started;
};

static bool
add_number(void *ctx, const char *name)
{
	struct numbers *numbers = ctx;
	size_t digits = strspn(name, "0123456789");
	uint32_t *grown;

	if (digits == 0 || digits > 9 || name[digits] != '\0')
		return true;
	grown = part_array_room(numbers->all, numbers->n, sizeof(*grown));
	if (grown == NULL) {
		numbers->failed = true;
		return false;
	}
	numbers->all = grown;
	grown[numbers->n++] = strtoul(name, NULL, 10);
	return true;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void *
work(void *arg)
{
	struct share *share = arg;
	unsigned int i;

	for (i = 0; i < share->n && !share->scan.failed; i++)
		share->one(&share->scan, share->numbers[i]);
	return NULL;
}

/** Put what a share has found behind what there is. */
static void
join(struct part_scan *total, struct part_scan *scan)
{
	unsigned int i;

	for (i = 0; i < scan->n_irqs && !total->failed; i++) {
		struct part_irq *irqs = part_array_room(total->irqs, total->n_irqs, sizeof(*irqs));

		total->failed = irqs == NULL;
		if (irqs == NULL)
			break;
		total->irqs = irqs;
		irqs[total->n_irqs++] = scan->irqs[i];
	}
	for (i = 0; i < scan->n_tasks && !total->failed; i++) {
		struct part_task *tasks = part_array_room(total->tasks, total->n_tasks,
							  sizeof(*tasks));

		total->failed = tasks == NULL;
		if (tasks == NULL)
			break;
		total->tasks = tasks;
		tasks[total->n_tasks++] = scan->tasks[i];
	}
	total->failed = total->failed || scan->failed;
	total->count.seen += scan->count.seen;
	if (total->count.unknown == 0) {
		total->count.unknown_state = scan->count.unknown_state;
		memcpy(total->count.unknown_path, scan->count.unknown_path,
		       sizeof(total->count.unknown_path));
	}
	total->count.unknown += scan->count.unknown;
	total->kernel_tasks += scan->kernel_tasks;
	if (scan->irqbalance != 0)
		total->irqbalance = scan->irqbalance;
	free(scan->irqs);
	free(scan->tasks);
}

/** Shares of the same size but the last; the caller's thread does the first. */
static void
run_shares(struct share *shares, unsigned int n)
{
	unsigned int i;

	for (i = 1; i < n; i++)
		shares[i].started = pthread_create(&shares[i].thread, NULL, work, &shares[i]) == 0;
	for (i = 0; i < n; i++) {
		if (shares[i].started)
			pthread_join(shares[i].thread, NULL);
		else
			work(&shares[i]);
	}
}

void
part_scan(const struct part_root *root, const char *folder, unsigned int threads,
	  const struct part_scan *like, part_scan_one one, struct part_scan *total)
{
	struct numbers numbers = { 0 };
	struct share *shares;
	unsigned int i, n, each;
	struct part_root *at = &total->root;

	*total = *like;
	total->count.state = part_root_enter(at, root, folder);
	if (total->count.state != PART_KNOWN)
		return;
	total->count.state = part_list(at, ".", add_number, &numbers);
	part_root_close(at);
	if (numbers.n != 0)
		qsort(numbers.all, numbers.n, sizeof(*numbers.all), compare);
	/* A recorder gets all from one thread. */
	n = root->recorder != NULL ? 1 : RTE_MIN(threads, numbers.n / WORTH_A_THREAD + 1);
	n = RTE_MIN(RTE_MAX(n, 1u), (unsigned int)MAX_THREADS);
	each = (numbers.n + n - 1) / n;
	shares = calloc(n, sizeof(*shares));
	total->failed = shares == NULL || numbers.failed;
	for (i = 0; i < n && !total->failed; i++) {
		shares[i].scan = *like;
		shares[i].one = one;
		shares[i].n = RTE_MIN(each, numbers.n - RTE_MIN(numbers.n, i * each));
		shares[i].numbers = numbers.all + RTE_MIN(numbers.n, i * each);
		total->failed = part_root_enter(&shares[i].scan.root, root, folder) != PART_KNOWN;
	}
	if (!total->failed)
		run_shares(shares, n);
	n = i;
	for (i = 0; i < n; i++) {
		part_root_close(&shares[i].scan.root);
		join(total, &shares[i].scan);
	}
	free(shares);
	free(numbers.all);
}
