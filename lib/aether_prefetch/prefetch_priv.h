/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_PRIV_H
#define AETHER_PREFETCH_PRIV_H

#include "rte_aether_prefetch.h"

/** Instructions that a stream or bulk is decided with. */
enum prefetch_isa {
	PREFETCH_SCALAR,
	PREFETCH_AVX2,		/* and FMA */
	PREFETCH_AVX512,	/* F, DQ, BW, VL */
};

/** The best that CPU, EAL and compiler allow. */
enum prefetch_isa prefetch_isa(void);

bool prefetch_exact_decide(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *o);
void prefetch_exact_telemetry(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		float telemetry[6]);

bool prefetch_fast_decide_scalar(struct rte_aether_prefetch *s, const uint64_t *window, size_t n);
bool prefetch_fast_observe_scalar(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *o);
bool prefetch_fast_decide_avx2(struct rte_aether_prefetch *s, const uint64_t *window, size_t n);
bool prefetch_fast_observe_avx2(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *o);
bool prefetch_fast_decide_avx512(struct rte_aether_prefetch *s, const uint64_t *window, size_t n);
bool prefetch_fast_observe_avx512(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *o);

#endif /* AETHER_PREFETCH_PRIV_H */
