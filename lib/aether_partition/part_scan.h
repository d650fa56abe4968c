/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_SCAN_H
#define PART_SCAN_H

/*
 * Looking at thousands of folders named by numbers (/proc/irq/N, /proc/PID), a share of them by
 * each of a few threads.
 */

#include "part_host.h"

#define PART_PARENTS	16

/** What one thread has found; the pieces are put together in the order of the numbers. */
struct part_scan {
	struct part_root root;		/* the folder with the numbers */
	const struct part_cpus *workers;
	unsigned int limit;
	bool failed;
	struct part_count count;
	struct part_irq *irqs;
	unsigned int n_irqs;
	struct part_task *tasks;
	unsigned int n_tasks;
	unsigned int kernel_tasks;
	pid_t irqbalance;
	pid_t self;
	pid_t parents[PART_PARENTS];	/* of this process, 0 behind the last */
	struct part_cpus scratch;
};

/** Look at one of them. */
typedef void (*part_scan_one)(struct part_scan *scan, unsigned int number);

/**
 * Look at all numbers in a folder.
 *
 * @param threads at most; one does it without starting any
 * @param[out] total what was found, its arrays to be freed by the caller; root is not open
 */
void part_scan(const struct part_root *root, const char *folder, unsigned int threads,
	       const struct part_scan *like, part_scan_one one, struct part_scan *total);

#endif /* PART_SCAN_H */
