/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Parameters, set-up and counters of a stream, and which code decides it. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cpuflags.h>
#include <rte_vect.h>

#include "prefetch_priv.h"

#define ANY_LIMIT	64.0f
/* Products with an observable, which is 0 or some 1e-8 at least, are no denormals. */
#define SMALLEST	0x1p-40f

int
rte_aether_prefetch_preset(enum rte_aether_prefetch_preset preset,
		struct rte_aether_prefetch_params *params)
{
	static const struct rte_aether_prefetch_params presets[] = {
		[RTE_AETHER_PREFETCH_DEFAULT] = { 0.5f, 0.1f, { 0.1f, 0.2f, 0.3f }, 0.05f },
		[RTE_AETHER_PREFETCH_HFT] = { 0.65f, 0.05f, { 0.03f, 0.08f, 0.15f }, -0.02f },
		[RTE_AETHER_PREFETCH_GAMING] = { 0.4f, 0.2f, { 0.15f, 0.25f, 0.35f }, 0.05f },
	};

	if (params == NULL || (unsigned int)preset >= RTE_DIM(presets))
		return -EINVAL;
	*params = presets[preset];
	return 0;
}

static int
check_value(float x, float low, float high)
{
	if (!isfinite(x))
		return -EINVAL;
	if (x < low || x > high || (x != 0 && fabsf(x) < SMALLEST))
		return -ERANGE;
	return 0;
}

int
rte_aether_prefetch_check(const struct rte_aether_prefetch_params *params)
{
	int ret, i;

	if (params == NULL)
		return -EINVAL;
	ret = check_value(params->epsilon, 0.0f, 1.0f);
	if (ret == 0)
		ret = check_value(params->phi, -ANY_LIMIT, ANY_LIMIT);
	for (i = 0; ret == 0 && i < 3; i++)
		ret = check_value(params->lambda[i], -ANY_LIMIT, ANY_LIMIT);
	if (ret == 0)
		ret = check_value(params->bias, -ANY_LIMIT, ANY_LIMIT);
	return ret;
}

enum prefetch_isa
prefetch_isa(void)
{
	uint16_t width = rte_vect_get_max_simd_bitwidth();

	/* 0 before rte_eal_init(), which then is nobody's wish. */
	if (width == 0)
		width = RTE_VECT_SIMD_MAX;
#ifdef CC_AVX512_SUPPORT
	if (width >= RTE_VECT_SIMD_512 && rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512F) == 1 &&
	    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512DQ) == 1 &&
	    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512BW) == 1 &&
	    rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512VL) == 1)
		return PREFETCH_AVX512;
#endif
#ifdef CC_AVX2_SUPPORT
	if (width >= RTE_VECT_SIMD_256 && rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) == 1 &&
	    rte_cpu_get_flag_enabled(RTE_CPUFLAG_FMA) == 1)
		return PREFETCH_AVX2;
#endif
	return PREFETCH_SCALAR;
}

int
rte_aether_prefetch_init(struct rte_aether_prefetch *stream,
		const struct rte_aether_prefetch_params *params,
		enum rte_aether_prefetch_arithmetic arithmetic)
{
	unsigned int i;
	int ret;

	if (stream == NULL || (unsigned int)arithmetic > RTE_AETHER_PREFETCH_FAST)
		return -EINVAL;
	ret = rte_aether_prefetch_check(params);
	if (ret != 0)
		return ret;

	memset(stream, 0, sizeof(*stream));
	stream->phi = params->phi;
	memcpy(stream->lambda, params->lambda, sizeof(stream->lambda));
	stream->bias = params->bias;
	stream->epsilon = params->epsilon;
	stream->variance = -1.0f; /* no window is as the one before the first */
	stream->arithmetic = (uint8_t)arithmetic;
	stream->isa = (uint8_t)prefetch_isa();
	for (i = 0; i < RTE_AETHER_PREFETCH_RING; i++)
		stream->ring[i] = -INFINITY;
	return 0;
}

bool
rte_aether_prefetch_decide(struct rte_aether_prefetch *stream, const uint64_t *window, size_t n)
{
	struct rte_aether_prefetch_observation o;

	if (stream->arithmetic == RTE_AETHER_PREFETCH_EXACT)
		return prefetch_exact_decide(stream, window, n, &o);
	switch (stream->isa) {
#ifdef CC_AVX512_SUPPORT
	case PREFETCH_AVX512:
		return prefetch_fast_decide_avx512(stream, window, n);
#endif
#ifdef CC_AVX2_SUPPORT
	case PREFETCH_AVX2:
		return prefetch_fast_decide_avx2(stream, window, n);
#endif
	default:
		return prefetch_fast_decide_scalar(stream, window, n);
	}
}

bool
rte_aether_prefetch_observe(struct rte_aether_prefetch *stream, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *observation)
{
	if (stream->arithmetic == RTE_AETHER_PREFETCH_EXACT)
		return prefetch_exact_decide(stream, window, n, observation);
	switch (stream->isa) {
#ifdef CC_AVX512_SUPPORT
	case PREFETCH_AVX512:
		return prefetch_fast_observe_avx512(stream, window, n, observation);
#endif
#ifdef CC_AVX2_SUPPORT
	case PREFETCH_AVX2:
		return prefetch_fast_observe_avx2(stream, window, n, observation);
#endif
	default:
		return prefetch_fast_observe_scalar(stream, window, n, observation);
	}
}

void
rte_aether_prefetch_telemetry(struct rte_aether_prefetch *stream, const uint64_t *window,
		size_t n, float telemetry[6])
{
	/* The same in both builds. What the fast one remembers is not of this window. */
	prefetch_exact_telemetry(stream, window, n, telemetry);
	stream->variance = -1.0f;
}

void
rte_aether_prefetch_stats_get(const struct rte_aether_prefetch *stream,
		struct rte_aether_prefetch_stats *stats)
{
	stats->cycles = stream->cycles;
	stats->prefetches = stream->prefetches;
}

void
rte_aether_prefetch_stats_reset(struct rte_aether_prefetch *stream)
{
	stream->cycles = 0;
	stream->prefetches = 0;
}
