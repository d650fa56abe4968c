/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_OWN_H
#define PART_OWN_H

/*
 * What a process that repairs has for itself: the kernel takes it back when the process ends,
 * however it does, so no journal is needed.
 */

#include "part_knob.h"

/**
 * Keep all CPUs from sleeping deeply, for as long as this process lives or until it lets go.
 *
 * @return 0, also if it does so already; negative errno
 */
int part_own_awake(struct part_bench *bench);
/** Let them sleep again, if this process has kept them from it. */
void part_own_release(void);

/** Let this process, and what it executes, lock all of its memory, if it may. */
void part_own_memlock(void);

#endif /* PART_OWN_H */
