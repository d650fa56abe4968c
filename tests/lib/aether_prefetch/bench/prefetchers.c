/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What the policies of lib/aether_prefetch are compared with. */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "prefetcher.h"
#include "rte_aether_prefetch.h"

static unsigned int
steps(uint64_t from, uint64_t stride, uint64_t *out)
{
	unsigned int i;

	for (i = 0; i < PREFETCHER_K; i++)
		out[i] = from + stride * (i + 1);
	return PREFETCHER_K;
}

/* The last address, and how far it was from the one before. */
struct last {
	uint64_t address, stride;
	unsigned int confidence;
	struct rte_aether_prefetch povm;
};

static void *
last_create(void)
{
	struct rte_aether_prefetch_params params;
	struct last *l = calloc(1, sizeof(*l));

	if (rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_DEFAULT, &params) != 0)
		abort();
	if (l != NULL && rte_aether_prefetch_init(&l->povm, &params,
			RTE_AETHER_PREFETCH_EXACT) != 0)
		abort();
	return l;
}

static unsigned int
never(void *self __rte_unused, const uint64_t *window __rte_unused, size_t n __rte_unused,
		uint64_t *out __rte_unused)
{
	return 0;
}

static unsigned int
next_line(void *self __rte_unused, const uint64_t *window, size_t n, uint64_t *out)
{
	return n == 0 ? 0 : steps(window[n - 1], 1, out);
}

static unsigned int
always(void *self, const uint64_t *window, size_t n, uint64_t *out)
{
	struct last *l = self;
	size_t i;

	for (i = 0; i < n; i++) {
		l->stride = window[i] - l->address;
		l->address = window[i];
	}
	return n == 0 ? 0 : steps(l->address, l->stride, out);
}

static unsigned int
reference(void *self, const uint64_t *window, size_t n, uint64_t *out)
{
	struct last *l = self;
	const bool yes = rte_aether_prefetch_decide(&l->povm, window, n);
	const unsigned int named = always(self, window, n, out);

	return yes ? named : 0;
}

/* A counter of two bits: the stride changes when it is low, prefetching is for when it is high. */
static unsigned int
stride_2bit(void *self, const uint64_t *window, size_t n, uint64_t *out)
{
	struct last *l = self;
	uint64_t stride;
	size_t i;

	for (i = 0; i < n; i++) {
		stride = window[i] - l->address;
		if (stride == l->stride)
			l->confidence += l->confidence < 3;
		else if (l->confidence >= 2)
			l->confidence--;
		else {
			l->confidence = 0;
			l->stride = stride;
		}
		l->address = window[i];
	}
	return n == 0 || l->confidence < 2 ? 0 : steps(l->address, l->stride, out);
}

/*
 * Leap (Al Maruf, Chowdhury: Effectively Prefetching Remote Memory with Leap, USENIX ATC 2020).
 * The trend is the delta that has the majority of the last 8, else 16, else 32 accesses; the
 * number prefetched grows with the hits on what was prefetched before and shrinks without.
 */
#define LEAP_HISTORY	32

struct leap {
	uint64_t address, deltas[LEAP_HISTORY], trend;
	unsigned int next, hits, size;
	uint64_t issued[PREFETCHER_K];
	unsigned int n_issued;
	bool has_trend;
};

static void *
leap_create(void)
{
	return calloc(1, sizeof(struct leap));
}

static bool
leap_majority(const struct leap *l, unsigned int width, uint64_t *delta)
{
	unsigned int i, votes = 0, count = 0;
	uint64_t candidate = 0, d;

	for (i = 0; i < width; i++) {
		d = l->deltas[(l->next + LEAP_HISTORY - 1 - i) % LEAP_HISTORY];
		if (votes == 0)
			candidate = d;
		votes += d == candidate ? 1 : -1u;
	}
	for (i = 0; i < width; i++)
		count += l->deltas[(l->next + LEAP_HISTORY - 1 - i) % LEAP_HISTORY] == candidate;
	*delta = candidate;
	return count > width / 2;
}

static void
leap_access(struct leap *l, uint64_t address)
{
	unsigned int i;

	l->deltas[l->next] = address - l->address;
	l->next = (l->next + 1) % LEAP_HISTORY;
	l->address = address;
	for (i = 0; i < l->n_issued; i++)
		if (l->issued[i] == address) {
			l->issued[i] = l->issued[--l->n_issued];
			l->hits++;
			break;
		}
}

static unsigned int
leap(void *self, const uint64_t *window, size_t n, uint64_t *out)
{
	struct leap *l = self;
	unsigned int size, width;
	bool follows;
	size_t i;

	if (n == 0)
		return 0;
	for (i = 0; i < n; i++)
		leap_access(l, window[i]);
	follows = l->has_trend &&
		l->deltas[(l->next + LEAP_HISTORY - 1) % LEAP_HISTORY] == l->trend;
	size = l->hits == 0 ? (follows ? 1 : 0) :
		l->hits + 1 >= PREFETCHER_K ? PREFETCHER_K : rte_align32pow2(l->hits + 1);
	if (size < l->size / 2)
		size = l->size / 2;
	l->hits = 0;
	l->size = size;
	l->has_trend = false;
	for (width = 8; width <= LEAP_HISTORY && !l->has_trend; width *= 2)
		l->has_trend = leap_majority(l, width, &l->trend);
	l->n_issued = 0;
	for (i = 0; i < size; i++) /* without a trend, speculatively along the last one */
		out[i] = l->issued[l->n_issued++] = l->address + l->trend * (i + 1);
	return size;
}

/*
 * Best-offset (Michaud: Best-Offset Hardware Prefetching, HPCA 2016). Offsets are tested in turn
 * against a table of recent addresses; the one that scores best in a round is used. For each of
 * the last addresses of the window, the one at that offset is prefetched.
 */
#define BO_RECENT	256
#define BO_SCORE_MAX	31
#define BO_ROUNDS	100
#define BO_BAD		1

static const int64_t bo_offsets[] = {
	1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 15, 16, 18, 20, 24, 25, 27, 30, 32, 36, 40, 45, 48, 50, 54,
	60, 64, 72, 75, 80, 81, 90, 96, 100, 108, 120, 125, 128, 135, 144, 150, 160, 162, 180, 192,
	200, 216, 225, 240, 243, 250, 256,
	-1, -2, -3, -4, -5, -6, -8, -9, -10, -12, -15, -16, -32, -64, -128, -256,
};

struct best_offset {
	uint64_t recent[BO_RECENT];
	unsigned int score[RTE_DIM(bo_offsets)];
	unsigned int tested, round;
	int64_t offset;
	bool on;
};

static void *
best_offset_create(void)
{
	struct best_offset *b = calloc(1, sizeof(*b));

	if (b != NULL) {
		b->offset = 1;
		b->on = true;
	}
	return b;
}

static unsigned int
bo_place(uint64_t address)
{
	return (unsigned int)(address * UINT64_C(0x9E3779B97F4A7C15) >> 56) % BO_RECENT;
}

static void
best_offset_access(struct best_offset *b, uint64_t address)
{
	const uint64_t base = address - (uint64_t)bo_offsets[b->tested];
	unsigned int i, best = 0;

	b->score[b->tested] += b->recent[bo_place(base)] == base;
	if (b->score[b->tested] < BO_SCORE_MAX && ++b->tested == RTE_DIM(bo_offsets)) {
		b->tested = 0;
		b->round++;
	}
	if (b->round == BO_ROUNDS || b->score[b->tested] == BO_SCORE_MAX) {
		for (i = 1; i < RTE_DIM(bo_offsets); i++)
			if (b->score[i] > b->score[best])
				best = i;
		b->offset = bo_offsets[best];
		b->on = b->score[best] > BO_BAD;
		memset(b->score, 0, sizeof(b->score));
		b->tested = b->round = 0;
	}
	b->recent[bo_place(address)] = address;
}

static unsigned int
best_offset(void *self, const uint64_t *window, size_t n, uint64_t *out)
{
	struct best_offset *b = self;
	const size_t k = RTE_MIN(n, (size_t)PREFETCHER_K);
	size_t i;

	for (i = 0; i < n; i++)
		best_offset_access(b, window[i]);
	for (i = 0; b->on && i < k; i++)
		out[i] = window[n - 1 - i] + (uint64_t)b->offset;
	return b->on ? (unsigned int)k : 0;
}

const struct prefetcher prefetchers[] = {
	{ "never", "", last_create, never, NULL },
	{ "always", "the last stride, on and on", last_create, always, NULL },
	{ "next-line", "the next four", last_create, next_line, NULL },
	{ "2-bit stride", "a saturating counter", last_create, stride_2bit, NULL },
	{ "reference", "always, when the POVM policy says yes", last_create, reference, NULL },
	{ "best-offset", "Michaud, HPCA 2016", best_offset_create, best_offset, NULL },
	{ "Leap", "Al Maruf and Chowdhury, ATC 2020", leap_create, leap, NULL },
};
const unsigned int n_prefetchers = RTE_DIM(prefetchers);
