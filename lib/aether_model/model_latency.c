/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "model_latency.h"

/* The last value that falls into a bucket. */
static uint64_t
bucket_top(unsigned int index)
{
	unsigned int shift = index >> MODEL_HISTOGRAM_SUB_BITS;
	uint64_t mantissa;

	if (shift <= 1)
		return index;
	shift--;
	mantissa = index - (shift << MODEL_HISTOGRAM_SUB_BITS);
	return ((mantissa + 1) << shift) - 1;
}

static double
bucket_middle(unsigned int index)
{
	uint64_t top = bucket_top(index);
	uint64_t below = index == 0 ? 0 : bucket_top(index - 1) + 1;

	return ((double)top + (double)below) / 2;
}

static uint64_t
count_at(const struct model_histogram *a, const struct model_histogram *b, unsigned int index)
{
	return a->bucket[index] + (b == NULL ? 0 : b->bucket[index]);
}

void
model_histogram_reset(struct model_histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	histogram->min = UINT64_MAX;
}

struct model_latency *
model_latency_create(void)
{
	struct model_latency *latency;
	size_t size = RTE_CACHE_LINE_ROUNDUP(sizeof(*latency));

	latency = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (latency != NULL)
		model_latency_reset(latency);
	return latency;
}

void
model_latency_reset(struct model_latency *latency)
{
	model_histogram_reset(&latency->clear);
	model_histogram_reset(&latency->touched);
}

/* Percentiles in rising order, by one walk over the buckets. */
static void
find_percentiles(const struct model_histogram *a, const struct model_histogram *b,
		 uint64_t count, const double *percentile, uint64_t *value, unsigned int n)
{
	uint64_t seen = 0;
	unsigned int i, p = 0;

	for (i = 0; i < MODEL_HISTOGRAM_BUCKETS && p < n; i++) {
		seen += count_at(a, b, i);
		while (p < n && seen != 0 && seen >= (uint64_t)ceil(percentile[p] / 100 * count))
			value[p++] = i == MODEL_HISTOGRAM_BUCKETS - 1 ? UINT64_MAX : bucket_top(i);
	}
}

static double
find_stddev(const struct model_histogram *a, const struct model_histogram *b, uint64_t count,
	    double mean)
{
	double sum = 0, distance;
	unsigned int i;
	uint64_t n;

	for (i = 0; i < MODEL_HISTOGRAM_BUCKETS; i++) {
		n = count_at(a, b, i);
		if (n == 0)
			continue;
		distance = bucket_middle(i) - mean;
		sum += (double)n * distance * distance;
	}
	return sqrt(sum / (double)count);
}

void
model_histogram_summary(const struct model_histogram *a, const struct model_histogram *b,
			double ns_per_unit, struct aether_model_latency *summary)
{
	static const double percentile[] = { 50, 90, 99, 99.9, 99.99 };
	uint64_t value[RTE_DIM(percentile)], min = a->min, max = a->max, sum = a->sum;
	uint64_t count = 0;
	unsigned int i;
	double mean;

	memset(summary, 0, sizeof(*summary));
	if (b != NULL) {
		min = RTE_MIN(min, b->min);
		max = RTE_MAX(max, b->max);
		sum += b->sum;
	}
	for (i = 0; i < MODEL_HISTOGRAM_BUCKETS; i++)
		count += count_at(a, b, i);
	if (count == 0)
		return;

	find_percentiles(a, b, count, percentile, value, RTE_DIM(percentile));
	for (i = 0; i < RTE_DIM(percentile); i++) {
		value[i] = RTE_MAX(RTE_MIN(value[i], max), min);
		value[i] = (uint64_t)llround((double)value[i] * ns_per_unit);
	}
	mean = (double)sum / (double)count;
	summary->count = count;
	summary->min = (uint64_t)llround((double)min * ns_per_unit);
	summary->p50 = value[0];
	summary->p90 = value[1];
	summary->p99 = value[2];
	summary->p999 = value[3];
	summary->p9999 = value[4];
	summary->max = (uint64_t)llround((double)max * ns_per_unit);
	summary->mean = mean * ns_per_unit;
	summary->stddev = find_stddev(a, b, count, mean) * ns_per_unit;
}
