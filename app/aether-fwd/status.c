/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "status.h"

/* ECMA-48: carriage return, erase to the end of the line. */
#define WIPE "\r\033[K"

void
fwd_status_start(struct fwd_status *status, uint32_t interval_ms, uint64_t now)
{
	*status = (struct fwd_status){
		.on = interval_ms != 0 && isatty(STDERR_FILENO),
		.every = rte_get_tsc_hz() / 1000 * interval_ms,
		.began = now,
		.last = now,
	};
	status->next = now + status->every;
}

void
fwd_status_show(struct fwd_status *status, uint64_t now, uint64_t rx, uint64_t tx,
		uint64_t dropped)
{
	double hz = rte_get_tsc_hz();
	double rate = (tx - status->last_tx) / ((now - status->last) / hz) / 1e6;

	fprintf(stderr, WIPE "%.0f s  rx %" PRIu64 "  tx %" PRIu64 "  dropped %" PRIu64
		"  %.3f Mpps", (now - status->began) / hz, rx, tx, dropped, rate);
	fflush(stderr);
	status->shown = true;
	status->last = now;
	status->last_tx = tx;
	status->next = now + status->every;
}

void
fwd_status_end(struct fwd_status *status)
{
	if (status->shown)
		fputs(WIPE, stderr);
	status->on = false;
}
