/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

/* A made-up tree whose files behave as the kernel's do when they are written. */

#include "host_tree.h"
#include "part_hands.h"

struct fake_kernel {
	char *top;
	struct part_hands hands;
	/* Step number `at`, from 1, does this; 0: none does. */
	unsigned int at, steps;
	int error;		/* it fails with that; 0: the process ends there, as by SIGKILL */
	bool lags;		/* irqbalance does what it is told at its next look only... */
	bool silent;		/* ...or does not answer */
	int held;		/* the descriptor that was given out last */
};

/** Process 1010 of it is irqbalance. What it leaves alone, as a list: */
#define FAKE_BALANCE	"run/irqbalance/irqbalance1010.sock"
/** It looks at the interrupts. */
void fake_kernel_look(struct fake_kernel *kernel);

/** A host of 8 CPUs where nothing was ever tuned, with cgroup v2. */
void fake_kernel_start(struct fake_kernel *kernel);
void fake_kernel_stop(struct fake_kernel *kernel);

/** All files and what they hold, to be given to free(). */
char *fake_kernel_snapshot(const struct fake_kernel *kernel);

#endif /* FAKE_KERNEL_H */
