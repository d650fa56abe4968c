/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <math.h>
#include <stdlib.h>

#include "cost.h"
#include "forward.h"

/* With, without; without, with; ...: a machine that gets slower must not favour one of them. */
static bool
looks(uint32_t slice)
{
	return ((slice + 1) & 2) == 0;
}

static void
begin_slice(struct fwd_cost *cost, struct fwd_lcore *lcore, uint64_t now)
{
	cost->began = now;
	cost->next = now + cost->slice;
	cost->received = lcore->received;
	cost->stalls = lcore->stall.count;
	lcore->noise = looks(cost->slices) ? cost->noise : NULL;
	if (lcore->noise != NULL)
		rte_aether_partition_noise_resume(lcore->noise);
}

void
fwd_cost_start(struct fwd_cost *cost, struct fwd_lcore *lcore,
	       struct rte_aether_partition_noise *noise, uint64_t now)
{
	cost->noise = noise;
	cost->next = UINT64_MAX;
	if (noise != NULL)
		begin_slice(cost, lcore, now);
}

/* TSC cycles a packet; 0 where the lcore was away or had nothing to do. */
static float
slice_result(const struct fwd_cost *cost, const struct fwd_lcore *lcore, uint64_t now)
{
	uint64_t packets = lcore->received - cost->received;

	if (packets == 0 || lcore->stall.count != cost->stalls)
		return 0;
	return (float)(now - cost->began) / packets;
}

void
fwd_cost_turn(struct fwd_cost *cost, struct fwd_lcore *lcore, uint64_t now)
{
	bool looked = looks(cost->slices);
	float result = slice_result(cost, lcore, now);

	if (cost->slices++ % 2 == 0) {
		cost->first = result;
	} else if (cost->first != 0 && result != 0) {
		cost->pairs[cost->nb_pairs++] = (struct fwd_cost_pair){
			.with = looked ? result : cost->first,
			.without = looked ? cost->first : result,
		};
	}
	begin_slice(cost, lcore, now);
	if (cost->nb_pairs < FWD_COST_PAIRS)
		return;
	cost->next = UINT64_MAX;
	if (lcore->noise == NULL)
		rte_aether_partition_noise_resume(cost->noise);
	lcore->noise = cost->noise;
}

static int
by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static double
at_rank(const float *sorted, double rank, uint32_t n)
{
	return sorted[(uint32_t)RTE_MIN(RTE_MAX(rank, 0.0), n - 1.0)];
}

void
fwd_cost_evaluate(const struct fwd_cost *cost, struct fwd_cost_report *report)
{
	static float sorted[FWD_COST_PAIRS];
	const struct fwd_cost_pair *pair = cost->pairs;
	const uint32_t n = cost->nb_pairs;
	/* As many as that above the median's rank, of n coins, in 2.5 % of all cases. */
	const double beside = 0.98 * sqrt(n);
	uint32_t i;

	*report = (struct fwd_cost_report){ .nb_pairs = n };
	if (n < FWD_COST_LEAST_PAIRS)
		return;
	for (i = 0; i < n; i++)
		sorted[i] = pair[i].with;
	qsort(sorted, n, sizeof(sorted[0]), by_size);
	report->with = sorted[n / 2];
	for (i = 0; i < n; i++)
		sorted[i] = pair[i].without;
	qsort(sorted, n, sizeof(sorted[0]), by_size);
	report->without = sorted[n / 2];
	/* Packets lost as a share of those without: 1 - without / with. */
	for (i = 0; i < n; i++)
		sorted[i] = 100 * (1 - pair[i].without / pair[i].with);
	qsort(sorted, n, sizeof(sorted[0]), by_size);
	report->percent = at_rank(sorted, n / 2, n);
	report->low = at_rank(sorted, floor(n / 2.0 - beside) - 1, n);
	report->high = at_rank(sorted, ceil(n / 2.0 + beside), n);
}
