/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* How much a device logs: a driver that runs wild, reset after reset, must not fill the disk. */

#include <inttypes.h>
#include <time.h>

#include "model_priv.h"

#define LINES_A_MINUTE	200

static void
left_out(struct aether_model *model, uint32_t lines)
{
	if (lines > LINES_A_MINUTE)
		rte_log(RTE_LOG_WARNING, aether_model_logtype, "aether_model %s: %" PRIu32
			" messages were left out\n", model->name, lines - LINES_A_MINUTE);
}

bool
model_log_allowed(struct aether_model *model, uint32_t level)
{
	struct timespec now;
	uint32_t minute, lines;

	/* Who asks for more than the default gets it all. */
	if (model == NULL || level > RTE_LOG_NOTICE)
		return true;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	minute = now.tv_sec / 60;
	/* Any thread may log: at the turn of a minute one of them tells. */
	if (__atomic_exchange_n(&model->log_minute, minute, __ATOMIC_RELAXED) != minute)
		left_out(model, __atomic_exchange_n(&model->log_lines, 0, __ATOMIC_RELAXED));
	lines = __atomic_fetch_add(&model->log_lines, 1, __ATOMIC_RELAXED);
	if (lines == LINES_A_MINUTE)
		rte_log(RTE_LOG_WARNING, aether_model_logtype, "aether_model %s: %u messages in "
			"this minute, the rest of it are left out\n", model->name, LINES_A_MINUTE);
	return lines < LINES_A_MINUTE;
}
