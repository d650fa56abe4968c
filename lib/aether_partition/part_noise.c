/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Threads that look for gaps, and what they have found. */

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "part_noise.h"

pthread_mutex_t part_noise_lock = PTHREAD_MUTEX_INITIALIZER;
struct part_noise *part_noise_all;

uint64_t
part_tsc_hz(void)
{
	static uint64_t measured;
	struct timespec from, to, wait = { .tv_nsec = 20000000 };
	uint64_t begin, end, ns;

	/* EAL knows, once it has started. */
	if (rte_get_tsc_hz() != 0)
		return rte_get_tsc_hz();
	if (__atomic_load_n(&measured, __ATOMIC_RELAXED) != 0)
		return measured;
	clock_gettime(CLOCK_MONOTONIC_RAW, &from);
	begin = rte_rdtsc();
	nanosleep(&wait, NULL);
	clock_gettime(CLOCK_MONOTONIC_RAW, &to);
	end = rte_rdtsc();
	ns = (to.tv_sec - from.tv_sec) * UINT64_C(1000000000) + to.tv_nsec - from.tv_nsec;
	__atomic_store_n(&measured, (uint64_t)((end - begin) * 1e9 / RTE_MAX(ns, 1u)),
			 __ATOMIC_RELAXED);
	return measured;
}

/* One writer, and readers that may be one gap late: no order is needed but for the ring's head. */
static void
add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static uint64_t
get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/** Exact below PART_SUB, else PART_SUB of the same width for each power of two: 3 % at most. */
unsigned int
part_noise_bucket(uint64_t cycles)
{
	unsigned int power, bucket;

	if (cycles < PART_SUB)
		return cycles;
	power = 63 - __builtin_clzll(cycles);
	bucket = (power - 4) * PART_SUB + ((cycles >> (power - 5)) & (PART_SUB - 1));
	return RTE_MIN(bucket, PART_BUCKETS - 1u);
}

uint64_t
part_noise_bucket_end(unsigned int bucket)
{
	const unsigned int power = bucket / PART_SUB + 4;

	if (bucket < PART_SUB)
		return bucket;
	return ((uint64_t)(PART_SUB + bucket % PART_SUB + 1) << (power - 5)) - 1;
}

void
rte_aether_partition_noise_gap(struct rte_aether_partition_noise *hot, uint64_t now)
{
	struct part_noise *noise = (struct part_noise *)hot;
	const uint64_t cycles = now - hot->last;
	struct part_gap *gap = &noise->gaps[noise->head % PART_GAPS];

	__atomic_store_n(&gap->begin, hot->last, __ATOMIC_RELAXED);
	__atomic_store_n(&gap->end, now, __ATOMIC_RELAXED);
	__atomic_store_n(&gap->before, noise->cycles, __ATOMIC_RELAXED);
	/* The gap is there before the head says so. */
	__atomic_store_n(&noise->head, noise->head + 1, __ATOMIC_RELEASE);
	add(&noise->n_gaps, 1);
	add(&noise->cycles, cycles);
	add(&noise->buckets[part_noise_bucket(cycles)], 1);
	if (cycles > noise->longest)
		__atomic_store_n(&noise->longest, cycles, __ATOMIC_RELAXED);
}

struct rte_aether_partition_noise *
rte_aether_partition_noise_start(double threshold_us)
{
	struct part_noise *noise = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*noise));

	if (noise == NULL)
		return NULL;
	memset(noise, 0, sizeof(*noise));
	noise->before = calloc(1, sizeof(*noise->before));
	noise->after = calloc(1, sizeof(*noise->after));
	if (noise->before == NULL || noise->after == NULL) {
		free(noise->before);
		free(noise->after);
		free(noise);
		return NULL;
	}
	noise->cpu = sched_getcpu();
	noise->tid = gettid();
	noise->hot.threshold = threshold_us * 1e-6 * part_tsc_hz();
	noise->began = rte_rdtsc();
	pthread_mutex_lock(&part_noise_lock);
	noise->next = part_noise_all;
	part_noise_all = noise;
	pthread_mutex_unlock(&part_noise_lock);
	noise->hot.last = rte_rdtsc();
	return &noise->hot;
}

void
part_noise_restart(struct rte_aether_partition_noise *hot, uint64_t now)
{
	struct part_noise *noise = (struct part_noise *)hot;

	__atomic_store_n(&noise->began, now, __ATOMIC_RELAXED);
	__atomic_store_n(&hot->last, now, __ATOMIC_RELAXED);
}

void
rte_aether_partition_noise_stop(struct rte_aether_partition_noise *hot)
{
	struct part_noise *noise = (struct part_noise *)hot;

	if (noise != NULL)
		__atomic_store_n(&noise->ended, rte_rdtsc(), __ATOMIC_RELAXED);
}

void
rte_aether_partition_noise_forget(void)
{
	struct part_noise **link, *noise;

	pthread_mutex_lock(&part_noise_lock);
	for (link = &part_noise_all; (noise = *link) != NULL;) {
		if (get(&noise->ended) == 0) {
			link = &noise->next;
			continue;
		}
		*link = noise->next;
		part_tasks_free(noise->tasks);
		free(noise->before);
		free(noise->after);
		free(noise);
	}
	pthread_mutex_unlock(&part_noise_lock);
}

uint64_t
part_noise_percentile(const struct part_noise *noise, double percent)
{
	uint64_t all = get(&noise->n_gaps), seen = 0, wanted;
	unsigned int i;

	if (all == 0)
		return 0;
	wanted = all * percent / 100;
	wanted += wanted < all * percent / 100;
	for (i = 0; i < PART_BUCKETS; i++) {
		seen += get(&noise->buckets[i]);
		if (seen >= wanted)
			return RTE_MIN(part_noise_bucket_end(i), get(&noise->longest));
	}
	return get(&noise->longest);
}

static void
get_stats(const struct part_noise *noise, struct rte_aether_partition_noise_stats *stats)
{
	const double us = 1e6 / part_tsc_hz();
	const uint64_t ended = get(&noise->ended);
	const uint64_t time = RTE_MAX((ended != 0 ? ended : rte_rdtsc()) - get(&noise->began), 1u);

	*stats = (struct rte_aether_partition_noise_stats){
		.cpu = noise->cpu,
		.seconds = time * us * 1e-6,
		.gaps = get(&noise->n_gaps),
		.lost_percent = 100.0 * get(&noise->cycles) / time,
		.max_us = get(&noise->longest) * us,
		.p50_us = part_noise_percentile(noise, 50) * us,
		.p99_us = part_noise_percentile(noise, 99) * us,
		.p999_us = part_noise_percentile(noise, 99.9) * us,
	};
}

unsigned int
rte_aether_partition_noise_stats(struct rte_aether_partition_noise_stats *stats, unsigned int n)
{
	const struct part_noise *noise;
	unsigned int i = 0;

	pthread_mutex_lock(&part_noise_lock);
	for (noise = part_noise_all; noise != NULL; noise = noise->next, i++)
		if (i < n)
			get_stats(noise, &stats[i]);
	pthread_mutex_unlock(&part_noise_lock);
	return i;
}
