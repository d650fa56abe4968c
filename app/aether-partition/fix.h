/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PARTITION_FIX_H
#define AETHER_PARTITION_FIX_H

#include <rte_aether_partition.h>

#include "options.h"

/** Repair, and run the command if there is one. @return its exit code or 0; -1: it failed */
int fix(const struct options *opt, const struct rte_aether_partition_conf *check);
/** @return 0 or -1 */
int restore(const struct options *opt);

#endif /* AETHER_PARTITION_FIX_H */
