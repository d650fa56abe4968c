/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Decisions of one stream with AVX2 and FMA. */

#include "fast_stream.h"

bool
prefetch_fast_decide_avx2(struct rte_aether_prefetch *s, const uint64_t *window, size_t n)
{
	return fast_decide(s, window, n, NULL);
}

bool
prefetch_fast_observe_avx2(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *o)
{
	return fast_decide(s, window, n, o);
}
