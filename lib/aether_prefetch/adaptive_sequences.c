/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Sequences of any stride, several at a time. */

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "adaptive.h"

#define SEQUENCES	RTE_AETHER_PREFETCH_SEQUENCES
#define FOLLOWED	2	/* trust from which on a sequence is */
#define TRUST_MAX	3
#define NEAR		(UINT64_C(1) << 14)	/* addresses so close may be of one sequence */
#define SKIP		16	/* strides that a sequence may leave out */
#define SURPRISES	4	/* addresses of a window that are looked at in depth */
#define PATIENCE	16	/* windows of which nothing is foreseen, before most are skimmed */
#define LIFETIME	64	/* windows that a sequence may pause */
#define LEARNING	3	/* a window moves shares by 1/8 */

void
sequences_init(struct rte_aether_prefetch_adaptive *s)
{
	unsigned int i;

	for (i = 0; i < RTE_AETHER_PREFETCH_MAX; i++) {
		s->prior[PRIOR_PAUSED][i] = (uint16_t)(16000 >> i);
		s->prior[PRIOR_GOING][i] = (uint16_t)(60000 - 2000 * i);
		s->prior[PRIOR_GUESS][i] = (uint16_t)(24000 - 2000 * i);
		s->prior[PRIOR_DISPUTED][i] = (uint16_t)(24000 - 2000 * i);
		s->chain_reach[i] = (uint16_t)(30000 - 2000 * i);
	}
	s->disputed = UINT32_MAX;
}

/* The address `back` before the i-th of a window; at most as many before it as are remembered. */
static inline uint64_t
address_before(const struct rte_aether_prefetch_adaptive *s, const uint64_t *window, size_t i,
		size_t back)
{
	return back <= i ? window[i - back] : s->past[RTE_DIM(s->past) + i - back];
}

static inline void
remember_window(struct rte_aether_prefetch_adaptive *s, const uint64_t *window, size_t n)
{
	uint64_t both[2 * RTE_DIM(s->past)];
	size_t i;

	if (n >= RTE_DIM(s->past)) {
		memcpy(s->past, &window[n - RTE_DIM(s->past)], sizeof(s->past));
		return;
	}
	memcpy(both, s->past, sizeof(s->past));
	for (i = 0; i < n; i++)
		both[RTE_DIM(s->past) + i] = window[i];
	memcpy(s->past, &both[n], sizeof(s->past));
}

/* The sequence that an address continues, or SEQUENCES. */
static inline unsigned int
find_next(const struct rte_aether_prefetch_adaptive *s, uint64_t address)
{
	unsigned int i, found = 0;

	for (i = 0; i < SEQUENCES; i++)
		found |= (unsigned int)(s->next[i] == address) << i;
	found &= s->trusted;
	return found == 0 ? SEQUENCES : (unsigned int)__builtin_ctz(found);
}

static inline void
add_steps(struct rte_aether_prefetch_adaptive *s, unsigned int i, size_t steps)
{
	s->advance[i] = (uint8_t)RTE_MIN(s->advance[i] + steps, (size_t)UINT8_MAX);
}

/* Sequence i goes on with the first of these addresses; returns with how many. */
static inline size_t
advance(struct rte_aether_prefetch_adaptive *s, unsigned int i, const uint64_t *window, size_t n)
{
	const uint64_t stride = s->stride[i];
	uint64_t next = s->next[i];
	size_t steps = 0;

	do {
		next += stride;
		steps++;
	} while (steps < n && window[steps] == next);
	s->last[i] = next - stride;
	s->next[i] = next;
	s->seen[i] = s->window;
	add_steps(s, i, steps);
	s->trust[i] = (uint8_t)RTE_MIN(s->trust[i] + steps, (size_t)TRUST_MAX);
	s->active |= 1u << i;
	s->recent = i;
	return steps;
}

/* The least trusted, of these the one that has not gone on for longest. */
static unsigned int
replaceable(const struct rte_aether_prefetch_adaptive *s)
{
	unsigned int i, best = 0;

	if (adaptive_without(s, RTE_AETHER_PREFETCH_NO_INTERLEAVING))
		return 0;
	for (i = 1; i < SEQUENCES; i++)
		if (s->trust[i] < s->trust[best] || (s->trust[i] == s->trust[best] &&
				s->window - s->seen[i] > s->window - s->seen[best]))
			best = i;
	return best;
}

/* What makes room for another one has gone as far as it will: only who goes on would be counted. */
static void
retire(struct rte_aether_prefetch_adaptive *s, unsigned int i)
{
	if ((s->fresh >> i & 1) != 0 || s->disputed == i)
		shares_move(sequence_reach(s, i), s->advance[i], LEARNING + 1);
	else if (s->trust[i] >= FOLLOWED && s->seen[i] != s->window)
		shares_move(s->prior[s->history[i] & 1], 0, LEARNING + 2);
	if (s->disputed == i)
		s->disputed = UINT32_MAX;
}

static void
begin(struct rte_aether_prefetch_adaptive *s, unsigned int i, uint64_t address, uint64_t stride,
		uint8_t trust)
{
	unsigned int h;

	retire(s, i);
	s->last[i] = address;
	s->stride[i] = stride;
	s->next[i] = address + stride;
	s->seen[i] = s->window;
	s->trust[i] = trust;
	s->history[i] = 0;
	s->advance[i] = trust >= FOLLOWED;
	s->fresh &= ~(1u << i);
	s->active |= 1u << i;
	s->trusted |= 1u << i;
	if (trust < FOLLOWED)
		return;
	for (h = 0; h < 4; h++)
		memcpy(s->reach[i][h], s->prior[h & 1], sizeof(s->reach[i][h]));
	s->recent = i;
}

/*
 * Three addresses at the same distance, with up to three others between: that is a sequence,
 * whatever the stride. So are the same addresses again and again, with stride 0.
 */
static bool
begin_regular(struct rte_aether_prefetch_adaptive *s, const uint64_t *window, size_t i)
{
	const size_t most = adaptive_without(s, RTE_AETHER_PREFETCH_NO_INTERLEAVING) ? 1 : 4;
	uint64_t middle;
	size_t lag;

	for (lag = 1; lag <= most; lag++) {
		middle = address_before(s, window, i, lag);
		if (window[i] - middle == middle - address_before(s, window, i, 2 * lag)) {
			begin(s, replaceable(s), window[i], window[i] - middle, FOLLOWED);
			return true;
		}
	}
	return false;
}

static inline uint64_t
distance(uint64_t a, uint64_t b)
{
	return a - b < b - a ? a - b : b - a;
}

/* A sequence that leaves some out is the same, but trusted less. */
static void
skip(struct rte_aether_prefetch_adaptive *s, unsigned int i, uint64_t address)
{
	s->last[i] = address;
	s->next[i] = address + s->stride[i];
	s->seen[i] = s->window;
	add_steps(s, i, 1);
	s->trust[i]--;
	s->recent = i;
}

/* What an address may be of: the nearest sequence, from another place on, or one of its own. */
static void
begin_tentative(struct rte_aether_prefetch_adaptive *s, uint64_t address)
{
	uint64_t nearest = NEAR, d;
	unsigned int i, best = SEQUENCES;

	for (i = 0; i < SEQUENCES; i++) {
		d = distance(address, s->last[i]);
		if (d < nearest && (s->trusted >> i & 1) != 0) {
			nearest = d;
			best = i;
		}
	}
	if (best == SEQUENCES)
		begin(s, replaceable(s), address, 1, 1);
	else if (s->trust[best] < FOLLOWED)
		begin(s, best, address, address - s->last[best], 1);
	else if (nearest <= SKIP * distance(s->stride[best], 0))
		skip(s, best, address);
	else
		/* It may go on at a new place: as a second one, until it is trusted itself. */
		begin(s, replaceable(s), address, s->stride[best], 1);
}

/* Returns how many addresses nothing had foreseen. */
static unsigned int
follow(struct rte_aether_prefetch_adaptive *s, const uint64_t *window, size_t n)
{
	unsigned int surprises = 0, q;
	size_t i = 0;

	while (i < n) {
		q = s->recent;
		if (unlikely(s->next[q] != window[i] || (s->trusted >> q & 1) == 0))
			q = find_next(s, window[i]);
		if (likely(q != SEQUENCES)) {
			i += advance(s, q, &window[i], n - i);
			continue;
		}
		if (surprises++ < SURPRISES && !begin_regular(s, window, i))
			begin_tentative(s, window[i]);
		i++;
	}
	return surprises;
}

/* How far a sequence went, by how it had gone on before. */
static inline void
measure(struct rte_aether_prefetch_adaptive *s, unsigned int i)
{
	const unsigned int history = s->history[i], steps = s->advance[i], bit = 1u << i;

	if (unlikely((s->fresh & bit) != 0 || s->disputed == i)) {
		shares_move(sequence_reach(s, i), steps, LEARNING + 1);
		if ((s->fresh & bit) != 0 && s->trust[i] >= FOLLOWED)
			for (unsigned int h = 0; h < 4; h++)
				memcpy(s->reach[i][h], s->prior[h & 1], sizeof(s->reach[i][h]));
	} else if (s->trust[i] >= FOLLOWED) {
		shares_move(s->reach[i][history], steps, LEARNING);
		shares_move(s->prior[history & 1], steps, LEARNING + 2);
	}
	s->history[i] = (uint8_t)((history << 1 | (steps != 0)) & 3);
	if (unlikely(adaptive_without(s, RTE_AETHER_PREFETCH_NO_PAUSES)))
		s->history[i] = PRIOR_GOING;
	s->advance[i] = 0;
}

static void
measure_all(struct rte_aether_prefetch_adaptive *s)
{
	uint32_t left, fresh = 0, bit;
	unsigned int i;

	for (left = s->active; left != 0; left &= left - 1) {
		i = (unsigned int)__builtin_ctz(left);
		bit = 1u << i;
		measure(s, i);
		if (s->trust[i] < FOLLOWED && s->seen[i] == s->window)
			fresh |= bit;
		else if (s->trust[i] < FOLLOWED || s->window - s->seen[i] > LIFETIME)
			s->active &= ~bit;
		if (unlikely(s->window - s->seen[i] > LIFETIME)) {
			s->trust[i] = 0;
			s->trusted &= ~bit;
		}
	}
	s->fresh = fresh;
}

/*
 * Where nothing has been foreseen for long, most windows only get a look that is worth its time:
 * whether the last addresses are regular, near to each other, or have followed one another before.
 */
static bool
is_hopeless(struct rte_aether_prefetch_adaptive *s, const uint64_t *window, size_t n)
{
	const uint64_t a = window[n - 1], b = address_before(s, window, n - 1, 1);
	size_t back;

	if (s->idle < PATIENCE || s->window % PATIENCE == 0)
		return false;
	if (repetition_pair(s, b, a))
		return false;
	for (back = 1; back <= 4; back++)
		if (distance(a, address_before(s, window, n - 1, back)) <= SKIP)
			return false;
	for (back = 1; back <= 3; back++) {
		const uint64_t middle = address_before(s, window, n - 1, back);

		if (a - middle == middle - address_before(s, window, n - 1, 2 * back))
			return false;
	}
	return true;
}

/* What repeats, where sequences do not tell everything. */
static void
foresee(struct rte_aether_prefetch_adaptive *s, uint64_t before, const uint64_t *window, size_t n,
		unsigned int surprises)
{
	const uint64_t last = window[n - 1];
	const unsigned int q = s->recent;

	if (surprises != 0)
		repetition_learn(s, before, window, n);
	repetition_foresee(s, last);
	if (s->chain_length != 0 && s->last[q] == last && s->next[q] != s->chain[0])
		s->disputed = q;
}

void
sequences_learn(struct rte_aether_prefetch_adaptive *s, const uint64_t *window, size_t n)
{
	const bool repetition = !adaptive_without(s, RTE_AETHER_PREFETCH_NO_REPETITION);
	const uint64_t before = s->past[RTE_DIM(s->past) - 1];
	unsigned int surprises, foreseen = 0;

	s->window++;
	if (n == 0)
		return;
	if (unlikely(s->idle >= PATIENCE && is_hopeless(s, window, n))) {
		s->active = s->fresh = 0;
		s->chain_length = 0;
		remember_window(s, window, n);
		return;
	}
	if (repetition && s->chain_length != 0)
		foreseen = repetition_check(s, window, n);
	surprises = follow(s, window, n);
	measure_all(s);
	s->idle = surprises >= n && foreseen == 0 ? s->idle + 1 : 0;
	s->chain_length = 0;
	s->disputed = UINT32_MAX;
	if (repetition)
		foresee(s, before, window, n, surprises);
	remember_window(s, window, n);
}
