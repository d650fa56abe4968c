/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What followed an address before, and may again. */

#include <rte_common.h>

#include "adaptive.h"

#define SUCCESSORS	RTE_AETHER_PREFETCH_SUCCESSORS
#define LEARNING	3	/* a window moves shares by 1/8 */

static inline unsigned int
place_of(uint64_t address)
{
	return (unsigned int)(address * UINT64_C(0x9E3779B97F4A7C15) >>
			(64 - __builtin_ctz(SUCCESSORS)));
}

unsigned int
repetition_check(struct rte_aether_prefetch_adaptive *s, const uint64_t *window, size_t n)
{
	unsigned int right = 0, i;
	uint16_t before[RTE_AETHER_PREFETCH_MAX];

	while (right < s->chain_length && right < n && window[right] == s->chain[right])
		right++;
	memcpy(before, s->chain_reach, sizeof(before));
	shares_move(s->chain_reach, right, LEARNING);
	/* Nothing was said of what is beyond the chain's end. */
	for (i = s->chain_length; i < RTE_AETHER_PREFETCH_MAX; i++)
		s->chain_reach[i] = before[i];
	return right;
}

bool
repetition_pair(struct rte_aether_prefetch_adaptive *s, uint64_t address, uint64_t next)
{
	const unsigned int place = place_of(address);
	struct rte_aether_prefetch_successor *successor = &s->successors[place];

	if (successor->address == address && successor->next == next) {
		s->confirmed[place] = (uint8_t)RTE_MIN(s->confirmed[place] + 1, 3);
		return true;
	}
	if (successor->address == address || s->confirmed[place] == 0) {
		s->confirmed[place] = 0;
		successor->address = address;
		successor->next = next;
	} else {
		s->confirmed[place]--;
	}
	return false;
}

void
repetition_learn(struct rte_aether_prefetch_adaptive *s, uint64_t before, const uint64_t *window,
		size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		repetition_pair(s, before, window[i]);
		before = window[i];
	}
}

void
repetition_foresee(struct rte_aether_prefetch_adaptive *s, uint64_t address)
{
	unsigned int place, i;

	for (i = 0; i < s->params.max; i++) {
		place = place_of(address);
		if (s->successors[place].address != address || s->confirmed[place] == 0)
			break;
		address = s->successors[place].next;
		s->chain[i] = address;
	}
	s->chain_length = i;
}
