/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_ADAPTIVE_H
#define AETHER_PREFETCH_ADAPTIVE_H

#include <stdbool.h>
#include <string.h>

#include "rte_aether_prefetch_adaptive.h"

#define ADAPTIVE_PARTS	0x3fu

/** Rows of s->prior. */
enum { PRIOR_PAUSED, PRIOR_GOING, PRIOR_GUESS, PRIOR_DISPUTED };

static inline bool
adaptive_without(const struct rte_aether_prefetch_adaptive *s, uint32_t part)
{
	return (s->params.off & part) != 0;
}

/** Nothing is known yet. */
void sequences_init(struct rte_aether_prefetch_adaptive *s);

/**
 * Follow a window: what of it had been foreseen, how far each sequence went, what repeats. Then
 * the active sequences and s->chain are proposals for the next window.
 */
void sequences_learn(struct rte_aether_prefetch_adaptive *s, const uint64_t *window, size_t n);

/** The shares that hold for a sequence now. */
static inline uint16_t *
sequence_reach(struct rte_aether_prefetch_adaptive *s, unsigned int i)
{
	if ((s->fresh >> i & 1) != 0)
		return s->prior[PRIOR_GUESS];
	if (s->disputed == i)
		return s->prior[PRIOR_DISPUTED];
	return s->reach[i][s->history[i]];
}

/** Compare a window with the foreseen chain; returns how much of it came true. */
unsigned int repetition_check(struct rte_aether_prefetch_adaptive *s, const uint64_t *window,
		size_t n);
/** Remember what follows what in a window; before is the address before it. */
void repetition_learn(struct rte_aether_prefetch_adaptive *s, uint64_t before,
		const uint64_t *window, size_t n);
/** Foresee what follows an address. */
void repetition_foresee(struct rte_aether_prefetch_adaptive *s, uint64_t address);
/** Remember one successor; whether it was known. */
bool repetition_pair(struct rte_aether_prefetch_adaptive *s, uint64_t address, uint64_t next);

typedef uint16_t adaptive_shares __attribute__((vector_size(2 * RTE_AETHER_PREFETCH_MAX)));

/**
 * Move shares of 65,536 by a part of 2^shift: the first `steps` of them towards all, the others
 * towards none.
 */
static inline void
shares_move(uint16_t *shares, unsigned int steps, unsigned int shift)
{
	const adaptive_shares index = { 0, 1, 2, 3, 4, 5, 6, 7 };
	const adaptive_shares reached = (adaptive_shares)(index < (uint16_t)steps);
	adaptive_shares x;

	memcpy(&x, shares, sizeof(x));
	x ^= reached; /* what rises, falls in the complement */
	x -= x >> shift;
	x ^= reached;
	memcpy(shares, &x, sizeof(x));
}

#endif /* AETHER_PREFETCH_ADAPTIVE_H */
