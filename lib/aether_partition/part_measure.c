/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* CPUs measured by threads that do nothing else. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include <rte_pause.h>

#include "part_noise.h"

struct looker {
	pthread_t thread;
	double threshold_us;
	const uint64_t *go;	/* TSC from which on it is measured; 0: not yet */
	const bool *stop;
	bool ready, failed;
};

static void
sleep_ms(unsigned int ms)
{
	const struct timespec time = { .tv_nsec = ms * 1000000L };

	nanosleep(&time, NULL);
}

static void *
look(void *arg)
{
	struct looker *looker = arg;
	struct rte_aether_partition_noise *noise =
		rte_aether_partition_noise_start(looker->threshold_us);

	uint64_t go;

	looker->failed = noise == NULL;
	/*
	 * What happens until it is traced nobody can tell the cause of. No sleep here: who is late
	 * then has been kept from the CPU, which is a gap.
	 */
	__atomic_store_n(&looker->ready, true, __ATOMIC_RELEASE);
	while ((go = __atomic_load_n(looker->go, __ATOMIC_ACQUIRE)) == 0)
		rte_pause();
	if (noise != NULL)
		part_noise_restart(noise, RTE_MIN(go, rte_rdtsc()));
	while (noise != NULL && !__atomic_load_n(looker->stop, __ATOMIC_RELAXED))
		rte_aether_partition_noise_tick(noise);
	/* It may have been away when it was told to stop. */
	if (noise != NULL)
		rte_aether_partition_noise_tick(noise);
	rte_aether_partition_noise_stop(noise);
	return NULL;
}

static int
start(struct looker *looker, unsigned int cpu)
{
	struct part_cpus cpus = { 0 };
	pthread_attr_t attr;
	int ret;

	part_cpus_set(&cpus, cpu);
	ret = pthread_attr_init(&attr);
	if (ret == 0)
		ret = pthread_attr_setaffinity_np(&attr, sizeof(cpus.words),
						  (const cpu_set_t *)cpus.words);
	if (ret == 0)
		ret = pthread_create(&looker->thread, &attr, look, looker);
	pthread_attr_destroy(&attr);
	return -ret;
}

static void
wait_for(double seconds, bool (*live)(void *ctx), void *ctx)
{
	struct timespec step;

	while (seconds > 0) {
		const double now = RTE_MIN(seconds, 1.0);

		step.tv_sec = now;
		step.tv_nsec = (now - step.tv_sec) * 1e9;
		/* A signal ends the wait, and who is called decides about the rest. */
		nanosleep(&step, NULL);
		seconds -= now;
		if (live != NULL && !live(ctx))
			break;
	}
}

/** Where the helper may run: where this thread may, but for the CPUs that are measured. */
static char *
others(const struct part_cpus *measured)
{
	struct part_cpus cpus = { 0 };
	char *list;
	size_t size;

	sched_getaffinity(0, sizeof(cpus.words), (cpu_set_t *)cpus.words);
	part_cpus_without(&cpus, measured);
	if (part_cpus_empty(&cpus))
		return NULL;
	size = part_cpus_list(&cpus, NULL, 0) + 1;
	list = malloc(size);
	if (list != NULL)
		part_cpus_list(&cpus, list, size);
	return list;
}

int
rte_aether_partition_noise_measure(const char *cpus, double seconds, double threshold_us,
				   const struct rte_aether_partition_watch_conf *conf,
				   bool (*live)(void *ctx), void *ctx, bool *traced)
{
	struct rte_aether_partition_watch_conf own = { 0 };
	struct part_cpus measured;
	struct looker *lookers;
	unsigned int cpu, i, n = 0;
	uint64_t go = 0;
	bool stop = false;
	char *list = NULL;
	int ret;

	if (part_cpus_parse(cpus, PART_MAX_CPUS, &measured) != 0 || part_cpus_empty(&measured))
		return -EINVAL;
	lookers = calloc(part_cpus_count(&measured), sizeof(*lookers));
	if (lookers == NULL)
		return -ENOMEM;
	if (conf != NULL)
		own = *conf;
	if (own.cpus == NULL)
		own.cpus = list = others(&measured);
	/* Its frequency is known before anybody who looks asks for it. */
	part_tsc_hz();
	ret = 0;
	PART_CPUS_FOREACH(cpu, &measured) {
		lookers[n].threshold_us = threshold_us;
		lookers[n].go = &go;
		lookers[n].stop = &stop;
		ret = start(&lookers[n], cpu);
		if (ret != 0)
			break;
		n++;
	}
	for (i = 0; i < n; i++)
		while (!__atomic_load_n(&lookers[i].ready, __ATOMIC_ACQUIRE))
			sleep_ms(1);
	if (ret == 0)
		ret = rte_aether_partition_watch_start(&own, traced);
	__atomic_store_n(&go, rte_rdtsc(), __ATOMIC_RELEASE);
	if (ret == 0)
		wait_for(seconds, live, ctx);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < n; i++) {
		pthread_join(lookers[i].thread, NULL);
		ret = ret == 0 && lookers[i].failed ? -ENOMEM : ret;
	}
	if (ret == 0)
		rte_aether_partition_watch_stop();
	free(lookers);
	free(list);
	return ret;
}
