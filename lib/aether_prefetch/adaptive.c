/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The adaptive policy as the caller sees it: parameters, decisions, outcomes. */

#include <errno.h>
#include <math.h>

#include <rte_branch_prediction.h>

#include "adaptive.h"

#define ONE	65536u

void
rte_aether_prefetch_adaptive_defaults(struct rte_aether_prefetch_adaptive_params *params)
{
	*params = (struct rte_aether_prefetch_adaptive_params){ .cost = 1.0f / 3, .max = 4 };
}

/* Where a prefetch gains nothing and costs nothing. */
static float
break_even(const struct rte_aether_prefetch_adaptive *s)
{
	return s->params.cost / (1.0f + s->params.cost);
}

static float
between(float low, float x, float high)
{
	return x < low ? low : x > high ? high : x;
}

#define CHANCE		0.25f	/* bias that well measured shares may have */
#define THRESHOLD_MAX	0.96f	/* a cost of 20 breaks even at 0.952 */
#define ROTATION	4.0f	/* radians for what is beyond */

/*
 * A proposal that comes true with probability p is the qubit at angle theta with
 * p = sin^2(theta / 2). Measured along the basis rotated by phi it is found useful with
 * probability sin^2((theta - phi) / 2). That is above epsilon where p is above this limit: one
 * comparison for each proposal, whatever the basis.
 */
static void
set_limit(struct rte_aether_prefetch_adaptive *s)
{
	const float half = 0.5f * s->phi, half2 = half * half;
	const float sine = half * (1.0f - half2 * (1.0f / 6 - half2 * (1.0f / 120)));
	const float cosine = 1.0f - half2 * (0.5f - half2 * (1.0f / 24 - half2 * (1.0f / 720)));
	const float yes = sqrtf(s->epsilon), no = sqrtf(1.0f - s->epsilon);
	const float amplitude = yes * cosine + no * sine;

	/* Rotated so far that nothing is above the threshold. */
	if (no * cosine - yes * sine <= 0.0f)
		s->limit = ONE;
	else
		s->limit = (uint32_t)(amplitude * amplitude * (float)ONE);
}

static void
set_basis(struct rte_aether_prefetch_adaptive *s)
{
	s->phi = between(0.0f, ROTATION * (s->bias - CHANCE), 2.0f);
}

int
rte_aether_prefetch_adaptive_init(struct rte_aether_prefetch_adaptive *stream,
		const struct rte_aether_prefetch_adaptive_params *params)
{
	struct rte_aether_prefetch_adaptive_params p;

	rte_aether_prefetch_adaptive_defaults(&p);
	if (params != NULL)
		p = *params;
	if (stream == NULL || isnan(p.cost) || (p.off & ~ADAPTIVE_PARTS) != 0)
		return -EINVAL;
	if (p.cost < 0.05f || p.cost > 20.0f || p.max < 1 || p.max > RTE_AETHER_PREFETCH_MAX)
		return -ERANGE;
	memset(stream, 0, sizeof(*stream));
	stream->params = p;
	stream->epsilon = break_even(stream);
	set_limit(stream);
	sequences_init(stream);
	return 0;
}

/* The most likely first; no address twice. */
static inline unsigned int
propose(struct rte_aether_prefetch_adaptive *s, unsigned int n, uint64_t address, uint32_t share,
		struct rte_aether_prefetch_candidate *c)
{
	unsigned int i, at;

	for (i = 0; i < n; i++)
		if (c[i].address == address)
			return n;
	if (n == s->params.max) {
		if (s->issued[n - 1] >= share)
			return n;
		n--;
	}
	for (at = n; at > 0 && s->issued[at - 1] < share; at--) {
		s->issued[at] = s->issued[at - 1];
		c[at].address = c[at - 1].address;
	}
	s->issued[at] = (uint16_t)share;
	c[at].address = address;
	return n + 1;
}

/* The steps of a sequence that are above the limit: the shares do not rise with the step. */
static inline unsigned int
propose_sequence(struct rte_aether_prefetch_adaptive *s, unsigned int n, unsigned int i,
		struct rte_aether_prefetch_candidate *c)
{
	const uint16_t *reach = sequence_reach(s, i);
	/* A sequence has not seen its own end yet; others have. */
	const uint16_t *others = reach == s->reach[i][s->history[i]] ?
		s->prior[s->history[i] & 1] : reach;
	const uint64_t stride = s->stride[i];
	const unsigned int most = stride == 0 ? 1 : s->params.max;
	const unsigned int all = adaptive_without(s, RTE_AETHER_PREFETCH_NO_DEPTH) ? 0 : ~0u;
	uint64_t address = s->next[i];
	unsigned int k;
	uint32_t share;

	for (k = 0; k < most; k++) {
		share = ((uint32_t)reach[k & all] + others[k & all]) / 2;
		if (share <= s->limit)
			break;
		n = propose(s, n, address, share, c);
		address += stride;
	}
	return n;
}

unsigned int
rte_aether_prefetch_adaptive_decide(struct rte_aether_prefetch_adaptive *stream,
		const uint64_t *window, size_t n, struct rte_aether_prefetch_candidate *candidates)
{
	unsigned int count = 0, i;
	uint32_t left;

	/* Where nothing is issued nothing is learnt of outcomes: try again by and by. */
	if (unlikely(stream->n_issued == 0 && stream->phi > 0.0f)) {
		stream->bias -= stream->bias * (1.0f / 1024);
		set_basis(stream);
		set_limit(stream);
	}
	sequences_learn(stream, window, n);
	for (left = stream->active; left != 0; left &= left - 1)
		count = propose_sequence(stream, count, (unsigned int)__builtin_ctz(left),
				candidates);
	for (i = 0; i < stream->chain_length && stream->chain_reach[i] > stream->limit; i++)
		count = propose(stream, count, stream->chain[i], stream->chain_reach[i],
				candidates);
	for (i = 0; i < count; i++)
		candidates[i].confidence = (float)stream->issued[i] * (1.0f / (float)ONE);
	stream->n_issued = count;
	stream->stats.windows++;
	stream->stats.prefetching += count != 0;
	stream->stats.issued += count;
	return count;
}

/*
 * Outcomes rotate the basis until what is measured is what happens, and move the threshold by
 * what became of the proposals just above it: at rest those are worth what they cost.
 */
void
rte_aether_prefetch_adaptive_outcome(struct rte_aether_prefetch_adaptive *stream, uint32_t used)
{
	const float worth = break_even(stream), marginal = (float)stream->limit + 0.2f * (float)ONE;
	const float epsilon = stream->epsilon, phi = stream->phi, n = (float)stream->n_issued;
	const uint32_t issued = (1u << stream->n_issued) - 1;
	const unsigned int hits = (unsigned int)__builtin_popcount(used & issued);
	uint32_t expected = 0, i;

	if (stream->n_issued == 0)
		return;
	for (i = 0; i < stream->n_issued; i++) {
		expected += stream->issued[i];
		if ((float)stream->issued[i] < marginal &&
		    !adaptive_without(stream, RTE_AETHER_PREFETCH_NO_THRESHOLD))
			stream->epsilon += 0.02f * (worth - (float)(used >> i & 1));
	}
	stream->epsilon = between(worth, stream->epsilon, THRESHOLD_MAX);
	if (!adaptive_without(stream, RTE_AETHER_PREFETCH_NO_BASIS)) {
		stream->bias += (((float)expected * (1.0f / (float)ONE) - (float)hits) / n -
				 stream->bias) * (1.0f / 16);
		set_basis(stream);
	}
	if (stream->epsilon != epsilon || stream->phi != phi)
		set_limit(stream);
	stream->stats.reported += stream->n_issued;
	stream->stats.used += hits;
}

void
rte_aether_prefetch_adaptive_stats_get(const struct rte_aether_prefetch_adaptive *stream,
		struct rte_aether_prefetch_adaptive_stats *stats)
{
	*stats = stream->stats;
}

void
rte_aether_prefetch_adaptive_stats_reset(struct rte_aether_prefetch_adaptive *stream)
{
	memset(&stream->stats, 0, sizeof(stream->stats));
}
