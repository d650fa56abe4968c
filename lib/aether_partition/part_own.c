/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "part_own.h"

/* Open for as long as the bound is to hold (Documentation/power/pm_qos_interface.rst). */
static int held = -1;

int
part_own_awake(struct part_bench *bench)
{
	static const char path[] = "dev/cpu_dma_latency";
	const int32_t us = 0;
	int ret;

	if (held >= 0)
		return 0;
	ret = part_bench_step(bench, path);
	if (ret == 0)
		ret = bench->hands->hold(bench->hands->ctx, bench->root, path, &us, sizeof(us));
	if (ret < 0)
		return ret;
	held = ret;
	return 0;
}

void
part_own_release(void)
{
	if (held >= 0)
		close(held);
	held = -1;
}

void
part_own_memlock(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit most;

	/* Without CAP_SYS_RESOURCE up to its own bound. */
	if (setrlimit(RLIMIT_MEMLOCK, &all) == 0 || getrlimit(RLIMIT_MEMLOCK, &most) != 0)
		return;
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_MEMLOCK, &most);
}
