/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef RTE_AETHER_PARTITION_CAPTURE_H
#define RTE_AETHER_PARTITION_CAPTURE_H

/**
 * @file
 * What a check reads, for those who take a host's files elsewhere; and a guess who its workers are.
 */

#include <stddef.h>

#include "rte_aether_partition.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rte_aether_partition_file {
	RTE_AETHER_PARTITION_REGULAR,
	RTE_AETHER_PARTITION_FOLDER,
	RTE_AETHER_PARTITION_LINK,
};

/**
 * Called for each file that is read, folder that is listed and link that is looked at, some more
 * than once.
 *
 * @param path from the top of the tree, without a '/' in front
 * @param mode its permissions; 0 if it must not be read
 * @param data what was read, or where a link points; a NUL is behind it
 */
typedef void (*rte_aether_partition_seen)(void *ctx, enum rte_aether_partition_file kind,
					  const char *path, unsigned int mode, const char *data,
					  size_t len);

/** As rte_aether_partition_check(), and tell of what is read. */
__rte_experimental
int rte_aether_partition_capture(const struct rte_aether_partition_conf *conf,
				 rte_aether_partition_seen seen, void *ctx,
				 struct rte_aether_partition_verdict **verdict);

/**
 * The CPUs that are likely to be the workers of a host: those that are isolated or in nohz_full,
 * else all that are online but the first.
 *
 * @param root as in rte_aether_partition_conf
 * @return a list, to be given to free(); NULL with rte_errno: the root cannot be opened, or there
 *   are none
 */
__rte_experimental
char *rte_aether_partition_guess(const char *root);

#ifdef __cplusplus
}
#endif

#endif /* RTE_AETHER_PARTITION_CAPTURE_H */
