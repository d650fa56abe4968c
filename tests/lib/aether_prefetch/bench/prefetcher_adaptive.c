/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The adaptive policy, whole and without one part each. */

#include <stdlib.h>

#include <rte_common.h>

#include "prefetcher.h"
#include "rte_aether_prefetch_adaptive.h"

static void *
create(uint32_t off)
{
	struct rte_aether_prefetch_adaptive *s = malloc(sizeof(*s));
	struct rte_aether_prefetch_adaptive_params params;

	rte_aether_prefetch_adaptive_defaults(&params);
	params.max = PREFETCHER_K;
	params.off = off;
	if (s != NULL && rte_aether_prefetch_adaptive_init(s, &params) != 0)
		abort();
	return s;
}

static unsigned int
decide(void *self, const uint64_t *window, size_t n, uint64_t *out)
{
	struct rte_aether_prefetch_candidate c[PREFETCHER_K];
	const unsigned int named = rte_aether_prefetch_adaptive_decide(self, window, n, c);
	unsigned int i;

	for (i = 0; i < named; i++)
		out[i] = c[i].address;
	return named;
}

static void
outcome(void *self, uint32_t used)
{
	rte_aether_prefetch_adaptive_outcome(self, used);
}

#define WITHOUT(part)	static void *without_ ## part(void)	\
{								\
	return create(RTE_AETHER_PREFETCH_NO_ ## part);	\
}
WITHOUT(BASIS)
WITHOUT(THRESHOLD)
WITHOUT(DEPTH)
WITHOUT(PAUSES)
WITHOUT(INTERLEAVING)
WITHOUT(REPETITION)

static void *
whole(void)
{
	return create(0);
}

const struct prefetcher prefetcher_adaptive = { "adaptive", "", whole, decide, outcome };
const struct prefetcher ablations[] = {
	{ "without basis", "", without_BASIS, decide, outcome },
	{ "without threshold", "", without_THRESHOLD, decide, outcome },
	{ "without depth", "", without_DEPTH, decide, outcome },
	{ "without pauses", "", without_PAUSES, decide, outcome },
	{ "without interleaving", "", without_INTERLEAVING, decide, outcome },
	{ "without repetition", "", without_REPETITION, decide, outcome },
	{ "without outcomes", "", whole, decide, NULL },
};
const unsigned int n_ablations = RTE_DIM(ablations);
