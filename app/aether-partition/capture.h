/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PARTITION_CAPTURE_H
#define AETHER_PARTITION_CAPTURE_H

#include <rte_aether_partition.h>

/**
 * Pack what a check reads of a host into an archive. Of the kernel's command line and of each
 * process only that goes in which a rule looks at.
 *
 * @return 0 or negative errno, after a message
 */
int capture(const struct rte_aether_partition_conf *conf, const char *path);

#endif /* AETHER_PARTITION_CAPTURE_H */
