/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Interrupts: /proc/irq/N (Documentation/core-api/irq/irq-affinity.rst). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rte_common.h>

#include "part_scan.h"
#include "part_text.h"

#define THREADS	4

/** A folder in /proc/irq/N is named for who handles the interrupt. */
static bool
take_name(void *ctx, const char *name)
{
	static const char *const files[] = {
		"affinity_hint", "effective_affinity", "effective_affinity_list", "node",
		"smp_affinity", "smp_affinity_list", "spurious",
	};
	struct part_irq *irq = ctx;
	unsigned int i;

	for (i = 0; i < RTE_DIM(files); i++)
		if (strcmp(name, files[i]) == 0)
			return true;
	irq->active = true;
	part_text_copy(irq->name, sizeof(irq->name), name);
	return false;
}

/**
 * Read one of its lists.
 *
 * @return PART_KNOWN, or why not. *hit: whether it has workers; an interrupt that nobody handles
 *   has an empty effective one
 */
static enum part_state
read_affinity(struct part_scan *scan, unsigned int number, const char *file, bool may_be_empty,
	      bool *hit, char shown[PART_SHORT])
{
	struct part_root *root = &scan->root;
	enum part_state state;
	char path[64];

	snprintf(path, sizeof(path), "%u/%s", number, file);
	state = part_read_whole(root, path);
	if (state == PART_KNOWN &&
	    (root->len == 0 || root->text[root->len - 1] != '\n' ||
	     strlen(root->text) != root->len ||
	     part_cpus_parse(root->text, scan->limit, &scan->scratch) != 0 ||
	     (!may_be_empty && part_cpus_empty(&scan->scratch))))
		state = PART_GARBLED;
	if (state != PART_KNOWN) {
		part_count_unknown(&scan->count, state, "proc/irq/%s", path);
		return state;
	}
	*hit = part_cpus_intersect(&scan->scratch, scan->workers);
	part_text_copy(shown, PART_SHORT, root->text);
	return PART_KNOWN;
}

static void
read_irq(struct part_scan *scan, unsigned int number)
{
	struct part_irq irq = { .number = number }, *irqs;
	mode_t mode;
	char path[64];

	/* It may have gone since the folder was listed: then nothing is unknown about it. */
	snprintf(path, sizeof(path), "%u", number);
	if (read_affinity(scan, number, "smp_affinity_list", false, &irq.requested_hit,
			  irq.requested) == PART_ABSENT &&
	    part_mode(&scan->root, path, &mode) == PART_ABSENT) {
		scan->count.unknown--;
		return;
	}
	scan->count.seen++;
	read_affinity(scan, number, "effective_affinity_list", true, &irq.effective_hit,
		      irq.effective);
	if (!irq.requested_hit && !irq.effective_hit)
		return;
	if (part_list(&scan->root, path, take_name, &irq) != PART_KNOWN)
		irq.active = true;
	/* Nobody may write the affinity of a managed interrupt; since 6.12 at least the mode tells. */
	snprintf(path, sizeof(path), "%u/smp_affinity_list", number);
	irq.fixed = part_mode(&scan->root, path, &mode) == PART_KNOWN && (mode & S_IWUSR) == 0;
	irqs = part_array_room(scan->irqs, scan->n_irqs, sizeof(*irqs));
	if (irqs == NULL) {
		scan->failed = true;
		return;
	}
	scan->irqs = irqs;
	irqs[scan->n_irqs++] = irq;
}

void
part_read_irqs(struct part_root *root, const struct part_cpus *workers, struct part_host *host)
{
	struct part_scan *scan = calloc(2, sizeof(*scan));

	if (scan == NULL) {
		host->failed = true;
		return;
	}
	scan[1].workers = workers;
	scan[1].limit = host->limit;
	part_scan(root, "proc/irq", THREADS, &scan[1], read_irq, &scan[0]);
	host->irqs = scan->irqs;
	host->n_irqs = scan->n_irqs;
	host->irq_count = scan->count;
	host->failed = host->failed || scan->failed;
	free(scan);
}
