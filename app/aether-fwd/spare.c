/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <sched.h>
#include <stdio.h>

#include <rte_lcore.h>

#include "spare.h"

static cpu_set_t allowed;

void
fwd_spare_remember(void)
{
	/* More CPUs than the set has room for: then none is known to be spare. */
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		CPU_ZERO(&allowed);
}

const char *
fwd_spare_list(void)
{
	static char list[CPU_SETSIZE * sizeof("1023")];
	cpu_set_t spare = allowed, taken;
	unsigned int lcore, cpu;
	size_t len = 0;

	RTE_LCORE_FOREACH(lcore) {
		taken = rte_lcore_cpuset(lcore);
		/* What is in both is taken out. */
		CPU_AND(&taken, &taken, &spare);
		CPU_XOR(&spare, &spare, &taken);
	}
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &spare))
			len += snprintf(list + len, sizeof(list) - len, "%s%u",
					len == 0 ? "" : ",", cpu);
	return len == 0 ? NULL : list;
}
