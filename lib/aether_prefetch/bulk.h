/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_BULK_H
#define AETHER_PREFETCH_BULK_H

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "prefetch_priv.h"

#define LANES	RTE_AETHER_PREFETCH_LANES

/* Logarithms are summed in units of 2^-20, so that the sum never drifts. */
#define LOG_UNIT	0x1p-20f

/*
 * The state of 16 streams, an array a property. A steady block reads and writes the first part
 * alone; the ring is last, and a decision touches one row of it.
 */
struct prefetch_block {
	float phi[LANES];
	float epsilon[LANES];
	float mean[LANES];
	float m2[LANES];
	float last_delta[LANES];
	float energy[LANES];		/* as in struct rte_aether_prefetch */
	float variance[LANES];
	float spectrum[LANES];
	float theta[LANES];
	float azimuth[LANES];		/* in [0, pi] */
	float context[LANES];
	int32_t log_sum[LANES];		/* of the ring, in LOG_UNIT */
	/* Used once a stream has fallen behind the others; until then count and next are. */
	uint64_t counts[LANES];
	uint32_t ring_next[LANES];
	uint64_t count;			/* windows measured */
	uint32_t next;
	uint32_t run;			/* calls in a row with each delta the same as before */
	bool apart;			/* a stream has fallen behind: a window was too short */
	bool encoded;			/* theta and azimuth are of the last windows */
	bool settled;			/* and the statistics do not move as long as deltas stay */
	bool exact;			/* context has the reference's roundings */
	/* Logarithms; 0 where there was none. A row is a line, or each access would be two. */
	float ring[RTE_AETHER_PREFETCH_RING][LANES] __rte_cache_aligned;
} __rte_cache_aligned;

struct rte_aether_prefetch_bulk {
	struct rte_aether_prefetch_params params;
	/* Thresholds at and beyond which the decision is known without the probability. */
	float always_below, never_above;
	uint32_t n_streams;
	uint32_t n_blocks;
	enum prefetch_isa isa;
	uint64_t rounds;
	uint64_t prefetches;
	struct prefetch_block blocks[];
} __rte_cache_aligned;

/** The windows of consecutive blocks: first and last addresses, numbers of addresses. */
struct bulk_input {
	const uint64_t *first, *last;
	const uint16_t *n;
};

/** What a call is to give; each block's 16 lanes follow the block's before. NULL: not that. */
struct bulk_output {
	uint16_t *decisions;
	float *telemetry[4];	/* delta, variance, spectrum, context; the latter two calls */
	float *bloch[3];	/* rx, ry, rz */
};

/** Decide blocks from one on; returns how many streams prefetch. */
typedef unsigned int bulk_call(struct rte_aether_prefetch_bulk *bulk, unsigned int from,
		unsigned int blocks, const struct bulk_input *in, const struct bulk_output *out);

bulk_call bulk_decide_scalar, bulk_decide_avx2, bulk_decide_avx512;
/** And tell what the windows were measured as. */
bulk_call bulk_observe_scalar, bulk_observe_avx2, bulk_observe_avx512;
/** The features alone. */
bulk_call bulk_telemetry_scalar, bulk_telemetry_avx2, bulk_telemetry_avx512;

#endif /* AETHER_PREFETCH_BULK_H */
