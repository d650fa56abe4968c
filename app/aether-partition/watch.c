/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_aether_partition_noise.h>

#include "watch.h"

#define MOST_CPUS	1024

static volatile sig_atomic_t ended;

static void
end(int signum)
{
	(void)signum;
	ended = 1;
}

/** Once a second; on a terminal in place of what was there. */
static bool
show(void *ctx)
{
	if (*(const bool *)ctx && !ended) {
		fputs("\033[H\033[J", stdout);
		rte_aether_partition_noise_print(stdout);
		fflush(stdout);
	}
	return !ended;
}

/** @return how many CPUs have more than is allowed */
static int
judge(const struct options *opt)
{
	static struct rte_aether_partition_noise_stats stats[MOST_CPUS];
	unsigned int i, n = rte_aether_partition_noise_stats(stats, MOST_CPUS);
	int bad = 0;

	for (i = 0; i < n && i < MOST_CPUS; i++) {
		const bool long_one = opt->max_us > 0 && stats[i].max_us > opt->max_us;
		const bool often = opt->max_percent > 0 &&
				   stats[i].lost_percent > opt->max_percent;

		if (long_one)
			fprintf(stderr, "aether-partition: CPU %u: found a gap of %.1f us, wanted %.1f "
				"at most\n", stats[i].cpu, stats[i].max_us, opt->max_us);
		if (often)
			fprintf(stderr, "aether-partition: CPU %u: found %.5f %% of the time lost, wanted "
				"%.5f at most\n", stats[i].cpu, stats[i].lost_percent,
				opt->max_percent);
		bad += long_one || often;
	}
	return bad;
}

int
watch(const struct options *opt, const char *cpus)
{
	const struct rte_aether_partition_watch_conf conf = { .no_trace = opt->no_trace };
	struct sigaction action = { .sa_handler = end };
	bool live = !opt->json && isatty(STDOUT_FILENO), traced;
	int ret;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	ret = rte_aether_partition_noise_measure(cpus, opt->seconds, opt->threshold_us, &conf, show,
						 &live, &traced);
	if (ret != 0) {
		fprintf(stderr, "aether-partition: CPUs %s cannot be measured: %s; wanted CPUs that are "
			"online, and that this process may use\n", cpus, strerror(-ret));
		return -1;
	}
	if (live)
		fputs("\033[H\033[J", stdout);
	if (opt->json)
		rte_aether_partition_noise_print_json(stdout);
	else
		rte_aether_partition_noise_print(stdout);
	if (!traced && !opt->json && !opt->no_trace)
		puts("\nTrace events would name causes exactly: run as root, with tracefs at "
		     "/sys/kernel/tracing.");
	return judge(opt) != 0;
}
