/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The reference policy in the reference's arithmetic. Each expression rounds where the reference
 * rounds: keep the order of operations, and compile with -ffp-contract=off.
 *
 * What it computes is stranger than its names. V is half of delta and H a constant; delta is
 * unsigned, so a descending window spans almost 2^64; the exponent of the sigmoid is negated
 * twice; rz is not measured; the weights of the azimuth sum to 1 and are divided by 0.85; and a
 * window of fewer than two addresses is measured as the point that features of 0 encode.
 */

#include "exact_math.h"
#include "prefetch_priv.h"
#include "telemetry.h"

#define TWO_PI	0x1.921fb6p2f

enum { RX, RY, RZ };

void
prefetch_exact_telemetry(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		float telemetry[6])
{
	telemetry_next(s, window, n, telemetry);
}

static float
inverse_root(float x)
{
	const float y = float_of(0x5f3759df - (bits_of(x) >> 1));

	return y * (1.5f - 0.5f * x * y * y);
}

/* A square that is lost when it is added to one of the others'; a tiny one would be a denormal. */
static float
square(float x)
{
	return fabsf(x) < 0x1p-50f ? 0.0f : x * x;
}

static void
encode(const float f[6], float bloch[3])
{
	const float t0 = exact_atan(f[DELTA] / 64.0f) * 2.0f;
	const float t1 = exact_atan(f[VELOCITY] / 32.0f) * 2.0f;
	const float t2 = exact_atan(f[VARIANCE] / 128.0f) * 2.0f;
	const float t3 = exact_atan(f[SPECTRUM] / 16.0f) * 2.0f;
	const float t4 = exact_atan(f[HISTORY]) * 2.0f;
	const float t5 = exact_atan((f[CONTEXT] - 1.0f) / 4.0f) * 2.0f;
	const float theta = (t0 * 0.5f + t1 * 0.3f + t2 * 0.1f + t3 * 0.05f + t4 * 0.03f +
			     t5 * 0.02f) / (0.5f + 0.3f + 0.1f + 0.05f + 0.03f + 0.02f);
	const float azimuth = (t0 * 0.6f + t1 * 0.3f + t3 * 0.1f) / (0.5f + 0.3f + 0.05f);
	const float sin_theta = exact_host_sin(theta * 0.5f);
	const float rx = sin_theta * exact_host_cos(azimuth);
	const float ry = sin_theta * exact_host_sin(azimuth);
	const float rz = exact_host_cos(theta * 0.5f);
	const float norm = square(rx) + square(ry) + square(rz);
	const float inverse = inverse_root(norm); /* about 1: the reference's test for 0 is idle */

	bloch[RX] = rx * inverse;
	bloch[RY] = ry * inverse;
	bloch[RZ] = rz * inverse;
}

bool
prefetch_exact_decide(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *o)
{
	float theta, azimuth, spatial, temporal, spectral, p;
	bool prefetch;

	telemetry_next(s, window, n, o->telemetry);
	encode(o->telemetry, o->bloch);

	theta = exact_host_acos(o->bloch[RY]);
	azimuth = exact_host_atan2(o->bloch[RY], o->bloch[RX]);
	spatial = exact_cos(theta + s->phi);
	temporal = exact_sin(theta * 0.5f - s->phi);
	spectral = exact_cos(theta * azimuth);

	s->phi = exact_remainder(s->phi + s->lambda[1] * temporal, TWO_PI);
	s->epsilon += s->lambda[0] * spatial;
	if (s->epsilon < 0.1f)
		s->epsilon = 0.1f;
	if (s->epsilon > 0.9f)
		s->epsilon = 0.9f;
	p = 1.0f / exact_host_exp_plus_1(s->lambda[2] * spectral + s->bias);
	prefetch = p > s->epsilon;
	s->cycles++;
	s->prefetches += prefetch;
	return prefetch;
}
