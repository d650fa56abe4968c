/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The measure: addresses named after a window are scored against the next window of the stream.
 * Coverage is the share of its addresses that had been named, accuracy the share of the addresses
 * named that are in it. One that is named twice counts once.
 */

#include <stdbool.h>
#include <stdlib.h>

#include "prefetcher.h"
#include "workload.h"

static bool
contains(const uint64_t *set, size_t n, uint64_t address)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (set[i] == address)
			return true;
	return false;
}

static void
score_window(struct score *s, const uint64_t *named, unsigned int n_named, uint32_t used,
		const uint64_t *window, size_t n)
{
	unsigned int i;
	size_t k;

	s->windows++;
	s->prefetching += n_named != 0;
	s->addresses += n;
	for (k = 0; k < n; k++)
		s->covered += contains(named, n_named, window[k]);
	for (i = 0; i < n_named; i++)
		if (!contains(named, i, named[i])) {
			s->issued++;
			s->used += used >> i & 1;
		}
}

void
score_run(const struct prefetcher *p, const struct workload *w, size_t from, size_t to,
		struct score *score)
{
	uint64_t named[PREFETCHER_K];
	unsigned int n_named = 0, i;
	const uint64_t *window;
	void *self = p->create();
	uint32_t used;
	size_t c, n;

	if (self == NULL)
		abort();
	*score = (struct score){ 0 };
	for (c = 0; c < w->n_windows && c < to; c++) {
		window = w->addresses + w->begin[c];
		n = w->begin[c + 1] - w->begin[c];
		used = 0;
		for (i = 0; i < n_named; i++)
			used |= (uint32_t)contains(window, n, named[i]) << i;
		if (c > from)
			score_window(score, named, n_named, used, window, n);
		if (p->outcome != NULL)
			p->outcome(self, used);
		n_named = p->decide(self, window, n, named);
	}
	free(self);
}

void
score_add(struct score *sum, const struct score *s)
{
	sum->windows += s->windows;
	sum->prefetching += s->prefetching;
	sum->addresses += s->addresses;
	sum->covered += s->covered;
	sum->issued += s->issued;
	sum->used += s->used;
}

static double
share(uint64_t part, uint64_t all)
{
	return all == 0 ? 0 : 100.0 * (double)part / (double)all;
}

double
score_coverage(const struct score *s)
{
	return share(s->covered, s->addresses);
}

double
score_accuracy(const struct score *s)
{
	return share(s->used, s->issued);
}

double
score_f1(const struct score *s)
{
	const double c = score_coverage(s), a = score_accuracy(s);

	return c + a == 0 ? 0 : 2 * c * a / (c + a);
}
