/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Any windows, of 0 to 65,535 addresses of any values, in any order of calls, on streams of any
 * parameters: the reference policy alone and in bulk, and the adaptive one.
 *
 * A record is a byte for the call, a byte for how the addresses are made, two for their number,
 * and eight each of a few addresses; the rest of a window repeats them, going on.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "bulk.h"
#include "prefetch_priv.h"
#include "rte_aether_prefetch_adaptive.h"

#define BULK_STREAMS	19
#define GIVEN		4	/* addresses in a record */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

static void
take(struct input *in, void *to, size_t size)
{
	const size_t n = RTE_MIN(size, in->left);

	memset(to, 0, size);
	if (n != 0)
		memcpy(to, in->data, n);
	in->data += n;
	in->left -= n;
}

static void
check(bool right)
{
	if (!right)
		abort();
}

struct bench {
	struct rte_aether_prefetch exact, fast[3];
	struct rte_aether_prefetch_bulk *bulk;
	struct rte_aether_prefetch_adaptive adaptive;
	struct rte_aether_prefetch_adaptive_params adaptive_params;
	unsigned int n_isa;
};

/* Parameters from outside; the default where those are refused. */
static void
bench_init(struct bench *b, struct input *in, void *memory)
{
	struct rte_aether_prefetch_params params;
	uint8_t isa;
	unsigned int i;

	take(in, &params, sizeof(params));
	if (rte_aether_prefetch_init(&b->exact, &params, RTE_AETHER_PREFETCH_EXACT) != 0) {
		check(rte_aether_prefetch_check(&params) != 0);
		check(rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_DEFAULT, &params) == 0);
		check(rte_aether_prefetch_init(&b->exact, &params, RTE_AETHER_PREFETCH_EXACT) == 0);
	}
	b->n_isa = prefetch_isa() + 1u;
	for (i = 0; i < b->n_isa; i++) {
		check(rte_aether_prefetch_init(&b->fast[i], &params,
				RTE_AETHER_PREFETCH_FAST) == 0);
		b->fast[i].isa = (uint8_t)i;
	}
	check(rte_aether_prefetch_bulk_init(memory, BULK_STREAMS, &params, &b->bulk) == 0);
	take(in, &isa, 1);
	b->bulk->isa = (enum prefetch_isa)(isa % b->n_isa);
	take(in, &b->adaptive_params, sizeof(b->adaptive_params));
	if (rte_aether_prefetch_adaptive_init(&b->adaptive, &b->adaptive_params) != 0) {
		rte_aether_prefetch_adaptive_defaults(&b->adaptive_params);
		check(rte_aether_prefetch_adaptive_init(&b->adaptive, &b->adaptive_params) == 0);
	}
}

static void
check_state(float epsilon, float phi)
{
	check(epsilon >= 0.1f && epsilon <= 0.9f);
	check(fabsf(phi) < 6.2831860f);
}

static void
run_streams(struct bench *b, const uint64_t *window, size_t n, bool alone)
{
	struct rte_aether_prefetch_observation o;
	unsigned int i;

	if (alone) {
		rte_aether_prefetch_telemetry(&b->exact, window, n, o.telemetry);
		return;
	}
	rte_aether_prefetch_observe(&b->exact, window, n, &o);
	check_state(b->exact.epsilon, b->exact.phi);
	for (i = 0; i < b->n_isa; i++) {
		rte_aether_prefetch_decide(&b->fast[i], window, n);
		check_state(b->fast[i].epsilon, b->fast[i].phi);
	}
}

static void
run_bulk(struct bench *b, const uint64_t *window, size_t n, unsigned int call)
{
	float features[4 * 32], epsilon, phi;
	struct rte_aether_prefetch_observation o[BULK_STREAMS];
	uint64_t first[BULK_STREAMS], last[BULK_STREAMS];
	uint16_t lengths[BULK_STREAMS], decisions[2];
	const struct rte_aether_prefetch_spans spans = { first, last, lengths };
	uint32_t i;

	for (i = 0; i < BULK_STREAMS; i++) {
		lengths[i] = (uint16_t)(n >> (i & 1 ? i & 15 : 0));
		first[i] = n == 0 ? i : window[i % n];
		last[i] = n == 0 ? i : window[n - 1];
	}
	if (call == 0)
		rte_aether_prefetch_bulk_decide(b->bulk, &spans, decisions);
	else if (call == 1)
		rte_aether_prefetch_bulk_observe(b->bulk, &spans, decisions, o);
	else
		rte_aether_prefetch_bulk_telemetry(b->bulk, &spans, features);
	for (i = 0; i < BULK_STREAMS && call < 2; i++) {
		rte_aether_prefetch_bulk_state(b->bulk, i, &epsilon, &phi);
		check_state(epsilon, phi);
	}
}

static void
run_adaptive(struct bench *b, const uint64_t *window, size_t n, uint32_t used)
{
	struct rte_aether_prefetch_candidate c[RTE_AETHER_PREFETCH_MAX];
	const unsigned int named = rte_aether_prefetch_adaptive_decide(&b->adaptive, window, n, c);
	unsigned int i, k;

	check(named <= b->adaptive_params.max);
	for (i = 0; i < named; i++) {
		check(c[i].confidence > 0.0f && c[i].confidence <= 1.0f);
		for (k = 0; k < i; k++)
			check(c[k].address != c[i].address);
	}
	if ((used & 0x80) == 0)
		rte_aether_prefetch_adaptive_outcome(&b->adaptive, used);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench b;
	struct input in = { data, size };
	uint64_t given[GIVEN], *window;
	uint8_t call, pattern;
	unsigned int records = 0;
	uint16_t n;
	void *memory;
	size_t i;

	memory = aligned_alloc(RTE_CACHE_LINE_SIZE, rte_aether_prefetch_bulk_size(BULK_STREAMS));
	check(memory != NULL);
	bench_init(&b, &in, memory);
	for (; in.left != 0 && records < 24; records++) {
		take(&in, &call, 1);
		take(&in, &pattern, 1);
		take(&in, &n, 2);
		take(&in, given, sizeof(given));
		if ((pattern & 0x80) == 0)
			n %= 32;
		/* Exactly as large as it is, so that a sanitizer sees what is beyond. */
		window = n == 0 ? NULL : malloc(n * sizeof(*window));
		for (i = 0; i < n; i++)
			window[i] = given[i % (1 + pattern % GIVEN)] + i / 2 * (pattern & 0x70);
		run_streams(&b, window, n, call % 5 == 4);
		run_bulk(&b, window, n, call % 3);
		run_adaptive(&b, window, n, call);
		free(window);
	}
	free(memory);
	return 0;
}
