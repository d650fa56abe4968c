/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Many streams with the same parameters, in blocks of 16. */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "bulk.h"
#include "exact_math.h"

#define MAX_STREAMS	(1u << 24)

static uint32_t
n_blocks(uint32_t n_streams)
{
	return (n_streams + LANES - 1) / LANES;
}

size_t
rte_aether_prefetch_bulk_size(uint32_t n_streams)
{
	if (n_streams == 0 || n_streams > MAX_STREAMS)
		return 0;
	return sizeof(struct rte_aether_prefetch_bulk) +
		n_blocks(n_streams) * sizeof(struct prefetch_block);
}

static void
block_init(struct prefetch_block *b, const struct rte_aether_prefetch_params *params)
{
	unsigned int i;

	memset(b, 0, sizeof(*b));
	for (i = 0; i < LANES; i++) {
		b->phi[i] = params->phi;
		b->epsilon[i] = params->epsilon;
	}
}

int
rte_aether_prefetch_bulk_init(void *memory, uint32_t n_streams,
		const struct rte_aether_prefetch_params *params,
		struct rte_aether_prefetch_bulk **bulk)
{
	struct rte_aether_prefetch_bulk *b = memory;
	const float margin = 1e-5f;
	float slope;
	uint32_t i;
	int ret;

	if (memory == NULL || bulk == NULL || rte_aether_prefetch_bulk_size(n_streams) == 0 ||
	    ((uintptr_t)memory & RTE_CACHE_LINE_MASK) != 0)
		return -EINVAL;
	ret = rte_aether_prefetch_check(params);
	if (ret != 0)
		return ret;

	memset(b, 0, sizeof(*b));
	b->params = *params;
	/* The probability for a spectral observable of 1 and -1, which bound the others. */
	slope = params->lambda[2] < 0 ? -params->lambda[2] : params->lambda[2];
	b->always_below = (1.0f - margin) / exact_host_exp_plus_1(params->bias + slope);
	b->never_above = (1.0f + margin) / exact_host_exp_plus_1(params->bias - slope);
	b->n_streams = n_streams;
	b->n_blocks = n_blocks(n_streams);
	b->isa = prefetch_isa();
	for (i = 0; i < b->n_blocks; i++)
		block_init(&b->blocks[i], params);
	*bulk = b;
	return 0;
}

static bulk_call *
call_of(enum prefetch_isa isa, bulk_call *scalar, bulk_call *avx2, bulk_call *avx512)
{
	return isa == PREFETCH_AVX512 ? avx512 : isa == PREFETCH_AVX2 ? avx2 : scalar;
}

#ifdef CC_AVX512_SUPPORT
#define CALL_AVX512(name)	name ## _avx512
#else
#define CALL_AVX512(name)	NULL
#endif
#ifdef CC_AVX2_SUPPORT
#define CALL_AVX2(name)		name ## _avx2
#else
#define CALL_AVX2(name)		NULL
#endif
#define CALL(bulk, name)	\
	call_of((bulk)->isa, name ## _scalar, CALL_AVX2(name), CALL_AVX512(name))

/* The windows of a block that not all streams of are there: those have an endless constant one. */
struct padded {
	uint64_t first[LANES], last[LANES];
	uint16_t n[LANES];
};

static struct bulk_input
block_input(const struct rte_aether_prefetch_bulk *bulk, uint32_t block,
		const struct rte_aether_prefetch_spans *spans, struct padded *pad)
{
	const uint32_t at = block * LANES, left = bulk->n_streams - at;
	uint32_t i;

	if (left >= LANES)
		return (struct bulk_input){ spans->first + at, spans->last + at, spans->n + at };
	memset(pad, 0, sizeof(*pad));
	for (i = 0; i < LANES; i++)
		pad->n[i] = 2;
	memcpy(pad->first, spans->first + at, left * sizeof(pad->first[0]));
	memcpy(pad->last, spans->last + at, left * sizeof(pad->last[0]));
	memcpy(pad->n, spans->n + at, left * sizeof(pad->n[0]));
	return (struct bulk_input){ pad->first, pad->last, pad->n };
}

/* Bits of the streams of a block that are there. */
static uint16_t
present(const struct rte_aether_prefetch_bulk *bulk, uint32_t block)
{
	const uint32_t left = bulk->n_streams - block * LANES;

	return (uint16_t)(left >= LANES ? UINT16_MAX : (1u << left) - 1);
}

void
rte_aether_prefetch_bulk_decide(struct rte_aether_prefetch_bulk *bulk,
		const struct rte_aether_prefetch_spans *spans, uint16_t *decisions)
{
	bulk_call *call = CALL(bulk, bulk_decide);
	const uint32_t whole = bulk->n_streams / LANES;
	const struct bulk_input in = { spans->first, spans->last, spans->n };
	struct bulk_output out = { .decisions = decisions };
	struct bulk_input tail;
	struct padded pad;

	bulk->rounds++;
	bulk->prefetches += call(bulk, 0, whole, &in, &out);
	if (whole == bulk->n_blocks)
		return;
	tail = block_input(bulk, whole, spans, &pad);
	out.decisions += whole;
	call(bulk, whole, 1, &tail, &out);
	decisions[whole] &= present(bulk, whole);
	bulk->prefetches += (unsigned int)__builtin_popcount(decisions[whole]);
}

static void
copy_observations(struct rte_aether_prefetch_observation *o, uint32_t n,
		float (*telemetry)[LANES], float (*bloch)[LANES], const uint16_t *window_n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		o[i].telemetry[0] = telemetry[0][i];
		o[i].telemetry[1] = telemetry[0][i] * 0.5f;
		o[i].telemetry[2] = telemetry[1][i];
		o[i].telemetry[3] = telemetry[2][i];
		o[i].telemetry[4] = window_n[i] < 2 ? 0.0f : 0.8f;
		o[i].telemetry[5] = telemetry[3][i];
		o[i].bloch[0] = bloch[0][i];
		o[i].bloch[1] = bloch[1][i];
		o[i].bloch[2] = bloch[2][i];
	}
}

void
rte_aether_prefetch_bulk_observe(struct rte_aether_prefetch_bulk *bulk,
		const struct rte_aether_prefetch_spans *spans, uint16_t *decisions,
		struct rte_aether_prefetch_observation *observations)
{
	bulk_call *call = CALL(bulk, bulk_observe);
	float t[4][LANES] __rte_cache_aligned, bloch[3][LANES] __rte_cache_aligned;
	struct bulk_output out = {
		.telemetry = { t[0], t[1], t[2], t[3] },
		.bloch = { bloch[0], bloch[1], bloch[2] },
	};
	struct bulk_input in;
	struct padded pad;
	uint32_t i;

	bulk->rounds++;
	for (i = 0; i < bulk->n_blocks; i++) {
		in = block_input(bulk, i, spans, &pad);
		out.decisions = &decisions[i];
		call(bulk, i, 1, &in, &out);
		decisions[i] &= present(bulk, i);
		bulk->prefetches += (unsigned int)__builtin_popcount(decisions[i]);
		copy_observations(&observations[i * LANES],
				RTE_MIN(bulk->n_streams - i * LANES, (uint32_t)LANES), t, bloch,
				in.n);
	}
}

void
rte_aether_prefetch_bulk_telemetry(struct rte_aether_prefetch_bulk *bulk,
		const struct rte_aether_prefetch_spans *spans, float *telemetry)
{
	bulk_call *call = CALL(bulk, bulk_telemetry);
	const uint32_t whole = bulk->n_streams / LANES;
	const struct bulk_input in = { spans->first, spans->last, spans->n };
	struct bulk_output out;
	struct bulk_input tail;
	struct padded pad;
	unsigned int k;

	memset(&out, 0, sizeof(out));
	for (k = 0; k < 4; k++)
		out.telemetry[k] = telemetry + (size_t)k * bulk->n_blocks * LANES;
	call(bulk, 0, whole, &in, &out);
	if (whole == bulk->n_blocks)
		return;
	tail = block_input(bulk, whole, spans, &pad);
	for (k = 0; k < 4; k++)
		out.telemetry[k] += whole * LANES;
	call(bulk, whole, 1, &tail, &out);
}

void
rte_aether_prefetch_bulk_state(const struct rte_aether_prefetch_bulk *bulk, uint32_t i,
		float *epsilon, float *phi)
{
	*epsilon = bulk->blocks[i / LANES].epsilon[i % LANES];
	*phi = bulk->blocks[i / LANES].phi[i % LANES];
}

void
rte_aether_prefetch_bulk_stats_get(const struct rte_aether_prefetch_bulk *bulk,
		struct rte_aether_prefetch_stats *stats)
{
	stats->cycles = bulk->rounds * bulk->n_streams;
	stats->prefetches = bulk->prefetches;
}

void
rte_aether_prefetch_bulk_stats_reset(struct rte_aether_prefetch_bulk *bulk)
{
	bulk->rounds = 0;
	bulk->prefetches = 0;
}

const char *
rte_aether_prefetch_bulk_isa(const struct rte_aether_prefetch_bulk *bulk)
{
	return bulk->isa == PREFETCH_AVX512 ? "avx512" :
		bulk->isa == PREFETCH_AVX2 ? "avx2" : "scalar";
}
