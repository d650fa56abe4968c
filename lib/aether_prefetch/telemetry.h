/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_TELEMETRY_H
#define AETHER_PREFETCH_TELEMETRY_H

/*
 * The features of a window, with the reference's roundings in both builds of the arithmetic:
 * they are differences of running sums, in which an error would grow without bound.
 */

#include "energy.h"
#include "host_log.h"
#include "rte_aether_prefetch.h"

#define LN_16	0x1.62e43p1f

enum { DELTA, VELOCITY, VARIANCE, SPECTRUM, HISTORY, CONTEXT };

static inline float
telemetry_variance(struct rte_aether_prefetch *s, float delta)
{
	const float before = delta - s->mean;
	float n;

	s->count++;
	n = (float)s->count;
	s->mean += before / n;
	s->m2 += before * (delta - s->mean);
	return s->count < 2 ? 0.0f : s->m2 / (n - 1.0f);
}

/* log 16 less the mean logarithm of the last deltas. The reference sums in the order of the
 * ring, not of time; before 16 windows it has the logarithm of 0. */
static inline float
telemetry_context(struct rte_aether_prefetch *s, float delta)
{
	float sum = 0.0f, context;
	unsigned int i;

	s->ring[s->ring_next % RTE_AETHER_PREFETCH_RING] =
		exact_host_log(delta > 1e-3f ? delta : 1e-3f);
	s->ring_next = (s->ring_next + 1) % RTE_AETHER_PREFETCH_RING;
	for (i = 0; i < RTE_AETHER_PREFETCH_RING; i++)
		sum += s->ring[i];
	context = LN_16 - sum / 16.0f;
	if (!(context > 0.0f))
		return 0.0f;
	return context < 10.0f ? context : 10.0f;
}

/*
 * After 16 windows of the same delta the ring holds nothing but its logarithm, and neither the
 * ring nor the context changes any more.
 */
static inline void
telemetry_next(struct rte_aether_prefetch *s, const uint64_t *window, size_t n, float t[6])
{
	float delta;

	if (n < 2) {
		for (n = 0; n < 6; n++)
			t[n] = 0.0f;
		return;
	}
	delta = (float)(window[n - 1] - window[0]);
	t[DELTA] = delta;
	t[VELOCITY] = delta * 0.5f;
	t[VARIANCE] = telemetry_variance(s, delta);
	s->energy = energy_next(s->energy, delta - s->last_delta);
	t[SPECTRUM] = energy_root(s->energy);
	t[HISTORY] = 0.8f;
	s->run = delta == s->last_delta ? s->run + (s->run < 1u << 31) : 0;
	s->last_delta = delta;
	if (s->run <= RTE_AETHER_PREFETCH_RING)
		s->context = telemetry_context(s, delta);
	else
		s->ring_next = (s->ring_next + 1) % RTE_AETHER_PREFETCH_RING;
	t[CONTEXT] = s->context;
}

#endif /* AETHER_PREFETCH_TELEMETRY_H */
