/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_LATENCY_H
#define MODEL_LATENCY_H

/**
 * @file
 * Latency histograms: log-linear buckets as in HdrHistogram, one increment a value. A value is
 * known to less than 1 part in 128 over the whole range; units are the caller's (TSC cycles).
 */

#include <stdint.h>

#include "aether_model.h"

/** Buckets an octave: 2^7, so that a bucket is at most 1/128 of its value wide. */
#define MODEL_HISTOGRAM_SUB_BITS	7
/** Values below 2^40 are kept apart: 219 s at 5 GHz, for latencies up to 100 s. */
#define MODEL_HISTOGRAM_VALUE_BITS	40
#define MODEL_HISTOGRAM_BUCKETS \
	((MODEL_HISTOGRAM_VALUE_BITS - MODEL_HISTOGRAM_SUB_BITS + 1) << MODEL_HISTOGRAM_SUB_BITS)

struct model_histogram {
	uint64_t sum;
	uint64_t min;			/* ~0 when empty */
	uint64_t max;
	uint64_t bucket[MODEL_HISTOGRAM_BUCKETS];
};

/** Wire-to-wire latencies of one port; together they are all packets. */
struct model_latency {
	struct model_histogram clear;	/* no stall window touched these */
	struct model_histogram touched;	/* a stall window did */
};

/** The bucket of a value: exact below 256, then 128 to an octave. */
static inline unsigned int
model_histogram_index(uint64_t value)
{
	unsigned int shift;

	if (value >> MODEL_HISTOGRAM_VALUE_BITS != 0)
		return MODEL_HISTOGRAM_BUCKETS - 1;
	shift = 63 - MODEL_HISTOGRAM_SUB_BITS -
		__builtin_clzll(value | ((2 << MODEL_HISTOGRAM_SUB_BITS) - 1));
	return (shift << MODEL_HISTOGRAM_SUB_BITS) + (unsigned int)(value >> shift);
}

static inline void
model_histogram_record(struct model_histogram *histogram, uint64_t value)
{
	histogram->bucket[model_histogram_index(value)]++;
	histogram->sum += value;
	if (value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
}

void model_histogram_reset(struct model_histogram *histogram);

/**
 * Sum up the values of both histograms (b may be NULL).
 *
 * A percentile p is the upper end of the bucket in which the value of rank ceil(p * count) lies,
 * cut to the exact minimum and maximum: at most 0.8 % too high, never too low.
 *
 * @param ns_per_unit nanoseconds in one unit of the values
 */
void model_histogram_summary(const struct model_histogram *a, const struct model_histogram *b,
			     double ns_per_unit, struct aether_model_latency *summary);

/** @return an empty pair, or NULL: no memory. free() it. */
struct model_latency *model_latency_create(void);
void model_latency_reset(struct model_latency *latency);

#endif /* MODEL_LATENCY_H */
