/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* How much a server logs: clients that come and go all day must not fill the disk. */

#include <inttypes.h>
#include <time.h>

#include "vfu_priv.h"

bool
vfu_log_allowed(struct aether_vfio_user *server, uint32_t level)
{
	struct timespec now;
	uint32_t minute;

	/* Who asks for more than the default gets it all. */
	if (level > RTE_LOG_NOTICE)
		return true;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	minute = now.tv_sec / 60;
	if (minute != server->log_minute && server->log_lines > VFU_LOG_LINES)
		rte_log(RTE_LOG_WARNING, aether_vfio_user_logtype, "aether_vfio_user %s: %" PRIu32
			" messages were left out\n", server->device.name,
			server->log_lines - VFU_LOG_LINES);
	if (minute != server->log_minute)
		server->log_lines = 0;
	server->log_minute = minute;
	if (server->log_lines == VFU_LOG_LINES)
		rte_log(RTE_LOG_WARNING, aether_vfio_user_logtype, "aether_vfio_user %s: %u "
			"messages in this minute, the rest of it are left out\n",
			server->device.name, VFU_LOG_LINES);
	return server->log_lines++ < VFU_LOG_LINES;
}
