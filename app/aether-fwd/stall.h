/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_STALL_H
#define AETHER_FWD_STALL_H

#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

/**
 * Finds the times at which an lcore was away from its loop, whoever took it: the kernel, the
 * hypervisor, or a burst that was too long. All times are TSC cycles. Written by one lcore.
 */
struct fwd_stall {
	uint64_t last;      /**< TSC of the previous iteration */
	uint64_t threshold; /**< a longer gap is a stall */
	uint64_t count;
	uint64_t total;     /**< sum of the stalls' lengths */
	uint64_t longest;
};

/** Begin watching at TSC time now. */
static inline void
fwd_stall_start(struct fwd_stall *stall, uint64_t threshold, uint64_t now)
{
	*stall = (struct fwd_stall){ .last = now, .threshold = threshold };
}

/** Report one loop iteration, at TSC time now. */
static __rte_always_inline void
fwd_stall_tick(struct fwd_stall *stall, uint64_t now)
{
	uint64_t gap = now - stall->last;

	stall->last = now;
	if (likely(gap <= stall->threshold))
		return;
	stall->count++;
	stall->total += gap;
	stall->longest = RTE_MAX(stall->longest, gap);
}

#endif /* AETHER_FWD_STALL_H */
