/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_STATUS_H
#define AETHER_FWD_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/** The line that is rewritten while a run goes on; silent unless standard error is a terminal. */
struct fwd_status {
	bool on;
	bool shown;
	uint64_t every; /**< TSC cycles */
	uint64_t began; /**< TSC */
	uint64_t next;  /**< TSC */
	uint64_t last;  /**< TSC of the previous line */
	uint64_t last_tx;
};

/** Begin; interval_ms 0 keeps it silent. */
void fwd_status_start(struct fwd_status *status, uint32_t interval_ms, uint64_t now);

/** Is the line due? One comparison, for callers that must first add up the counters. */
static inline bool
fwd_status_due(const struct fwd_status *status, uint64_t now)
{
	return status->on && now >= status->next;
}

/** Write the line: totals so far and the rate since the line before. */
void fwd_status_show(struct fwd_status *status, uint64_t now, uint64_t rx, uint64_t tx,
		     uint64_t dropped);

/** Wipe the line. */
void fwd_status_end(struct fwd_status *status);

#endif /* AETHER_FWD_STATUS_H */
