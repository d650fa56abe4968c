/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PARTITION_WATCH_H
#define AETHER_PARTITION_WATCH_H

#include "options.h"

/** Measure CPUs. @return 0; 1: more noise than was allowed; -1: it could not be done */
int watch(const struct options *opt, const char *cpus);

#endif /* AETHER_PARTITION_WATCH_H */
