/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* CPUs measured before EAL starts: settings can all be right, and a CPU be noisy. */

#include <stdlib.h>
#include <string.h>

#include "part_hook.h"
#include "rte_aether_partition_noise.h"

#define SECONDS		2
#define THRESHOLD_US	5
#define MOST		1024

static bool
is_noisy(const struct part_request *request, const struct rte_aether_partition_noise_stats *stats)
{
	const bool longer = request->noise_max_us > 0 && stats->max_us > request->noise_max_us;
	const bool more = request->noise_percent > 0 &&
			  stats->lost_percent > request->noise_percent;

	if (longer)
		fprintf(stderr, "aether: CPU %u: found a gap of %.1f us, wanted noise_max_us=%g\n",
			stats->cpu, stats->max_us, request->noise_max_us);
	if (more)
		fprintf(stderr, "aether: CPU %u: found %.5f %% of the time lost, wanted "
			"noise_percent=%g\n", stats->cpu, stats->lost_percent,
			request->noise_percent);
	return longer || more;
}

bool
part_gate(const struct part_request *request, const char *workers)
{
	struct rte_aether_partition_noise_stats *stats = calloc(MOST, sizeof(*stats));
	const double seconds = request->noise_seconds > 0 ? request->noise_seconds : SECONDS;
	unsigned int i, n;
	bool noisy = false;
	int ret;

	ret = stats == NULL ? -1 : rte_aether_partition_noise_measure(workers, seconds,
			THRESHOLD_US, NULL, NULL, NULL, NULL);
	if (ret != 0) {
		fprintf(stderr, "aether: CPUs %s cannot be measured: %s\n", workers, strerror(-ret));
		free(stats);
		return true;
	}
	n = rte_aether_partition_noise_stats(stats, MOST);
	for (i = 0; i < n && i < MOST; i++)
		noisy = is_noisy(request, &stats[i]) || noisy;
	rte_aether_partition_noise_print(stderr);
	rte_aether_partition_noise_forget();
	free(stats);
	return noisy;
}
