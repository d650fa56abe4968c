/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The numbers of the reference, as they were recorded from it: exact arithmetic gives the same
 * bits, fast arithmetic stays within 2e-6 and decides the same, with each set of instructions and
 * in bulk. And no decision makes or reads a denormal, or minds how the caller treats those.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <immintrin.h>

#include <cmocka.h>

#include <rte_common.h>

#include "bulk.h"
#include "golden.h"
#include "prefetch_priv.h"

#define TOLERANCE	2e-6

static struct golden *files;
static unsigned int n_files;

static void
check_close(const struct golden *g, uint32_t preset, uint32_t cycle,
		const struct rte_aether_prefetch_observation *o, float epsilon, float phi,
		bool prefetch)
{
	struct rte_aether_prefetch_observation wanted;
	struct golden_state state;
	unsigned int i;

	golden_observed(g, cycle, &wanted);
	golden_state(g, preset, cycle, &state);
	for (i = 0; o != NULL && i < 6; i++)
		if (golden_error(o->telemetry[i], wanted.telemetry[i], true) > TOLERANCE)
			fail_msg("%s preset %u cycle %u: telemetry %u is %a, not %a", g->name,
					preset, cycle, i, (double)o->telemetry[i],
					(double)wanted.telemetry[i]);
	for (i = 0; o != NULL && i < 3; i++)
		if (golden_error(o->bloch[i], wanted.bloch[i], false) > TOLERANCE)
			fail_msg("%s preset %u cycle %u: bloch %u is %a, not %a", g->name, preset,
					cycle, i, (double)o->bloch[i], (double)wanted.bloch[i]);
	if (golden_error(epsilon, state.epsilon, false) > TOLERANCE ||
	    golden_error(phi, state.phi, false) > TOLERANCE)
		fail_msg("%s preset %u cycle %u: epsilon and phi are %a %a, not %a %a", g->name,
				preset, cycle, (double)epsilon, (double)phi,
				(double)state.epsilon, (double)state.phi);
	if (prefetch != state.prefetch)
		fail_msg("%s preset %u cycle %u: decided %d", g->name, preset, cycle, prefetch);
}

static void
check_same(const struct golden *g, uint32_t preset, uint32_t cycle,
		const struct rte_aether_prefetch_observation *o,
		const struct rte_aether_prefetch *s, bool prefetch)
{
	struct rte_aether_prefetch_observation wanted;
	struct golden_state state;

	golden_observed(g, cycle, &wanted);
	golden_state(g, preset, cycle, &state);
	if (memcmp(o, &wanted, sizeof(wanted)) != 0 ||
	    memcmp(&s->epsilon, &state.epsilon, sizeof(float)) != 0 ||
	    memcmp(&s->phi, &state.phi, sizeof(float)) != 0 || prefetch != state.prefetch)
		fail_msg("%s preset %u cycle %u: not the reference's bits", g->name, preset, cycle);
}

static void
exact_is_the_reference(void **arg __rte_unused)
{
	struct rte_aether_prefetch_observation o;
	struct rte_aether_prefetch_stats stats;
	struct rte_aether_prefetch s;
	uint32_t f, p, i, n;
	const uint64_t *at;
	uint64_t yes;
	bool prefetch;

	for (f = 0; f < n_files; f++) {
		for (p = 0; p < GOLDEN_PRESETS; p++) {
			assert_int_equal(rte_aether_prefetch_init(&s, &golden_presets[p],
					RTE_AETHER_PREFETCH_EXACT), 0);
			at = files[f].lba;
			yes = 0;
			for (i = 0; i < files[f].cycles; i++, at += n) {
				n = files[f].length[i];
				prefetch = rte_aether_prefetch_observe(&s, at, n, &o);
				check_same(&files[f], p, i, &o, &s, prefetch);
				yes += prefetch;
			}
			rte_aether_prefetch_stats_get(&s, &stats);
			assert_int_equal(stats.cycles, files[f].cycles);
			assert_int_equal(stats.prefetches, yes);
		}
	}
}

/* observe: how often, in decisions; those between are made without, as users make them. */
static void
run_fast(const struct golden *g, uint32_t preset, enum prefetch_isa isa, uint32_t observe)
{
	struct rte_aether_prefetch_observation o;
	const uint64_t *at = g->lba;
	struct rte_aether_prefetch s;
	uint32_t i, n;
	bool seen, prefetch;

	assert_int_equal(rte_aether_prefetch_init(&s, &golden_presets[preset],
			RTE_AETHER_PREFETCH_FAST), 0);
	s.isa = (uint8_t)isa;
	for (i = 0; i < g->cycles; i++, at += n) {
		n = g->length[i];
		seen = i % observe == 0;
		prefetch = seen ? rte_aether_prefetch_observe(&s, at, n, &o) :
			rte_aether_prefetch_decide(&s, at, n);
		if (preset != GOLDEN_CHAOS)
			check_close(g, preset, i, seen ? &o : NULL, s.epsilon, s.phi, prefetch);
	}
}

static void
fast_is_close(void **arg __rte_unused)
{
	enum prefetch_isa isa;
	uint32_t f, p;

	for (isa = PREFETCH_SCALAR; isa <= prefetch_isa(); isa++)
		for (f = 0; f < n_files; f++)
			for (p = 0; p < GOLDEN_PRESETS; p++) {
				run_fast(&files[f], p, isa, 1);
				run_fast(&files[f], p, isa, 7);
			}
}

/* As many streams as do not fill the last block, each with a file's windows. */
#define STREAMS	41

static void
next_windows(struct rte_aether_prefetch_spans *spans, uint64_t *first, uint64_t *last, uint16_t *n,
		size_t *at, uint32_t cycle)
{
	const struct golden *g;
	uint32_t i;

	for (i = 0; i < STREAMS; i++) {
		g = &files[i % n_files];
		n[i] = g->length[cycle];
		/* What is not read must not be: no window has these. */
		first[i] = last[i] = UINT64_C(0xDEADBEEF) << i % 32;
		if (n[i] != 0) {
			first[i] = g->lba[at[i]];
			last[i] = g->lba[at[i] + n[i] - 1];
		}
		at[i] += n[i];
	}
	*spans = (struct rte_aether_prefetch_spans){ first, last, n };
}

static void
run_bulk(uint32_t preset, enum prefetch_isa isa, uint32_t observe)
{
	struct rte_aether_prefetch_observation o[STREAMS];
	uint64_t first[STREAMS], last[STREAMS], yes = 0;
	struct rte_aether_prefetch_stats stats;
	struct rte_aether_prefetch_spans spans;
	uint16_t n[STREAMS], decisions[STREAMS / 16 + 1];
	struct rte_aether_prefetch_bulk *bulk;
	size_t at[STREAMS] = { 0 };
	float epsilon, phi;
	uint32_t c, i;
	void *memory;
	bool seen;

	memory = aligned_alloc(RTE_CACHE_LINE_SIZE, rte_aether_prefetch_bulk_size(STREAMS));
	assert_non_null(memory);
	assert_int_equal(rte_aether_prefetch_bulk_init(memory, STREAMS, &golden_presets[preset],
			&bulk), 0);
	bulk->isa = isa;
	for (c = 0; c < files[0].cycles; c++) {
		next_windows(&spans, first, last, n, at, c);
		seen = c % observe == 0;
		if (seen)
			rte_aether_prefetch_bulk_observe(bulk, &spans, decisions, o);
		else
			rte_aether_prefetch_bulk_decide(bulk, &spans, decisions);
		assert_int_equal(decisions[STREAMS / 16] >> STREAMS % 16, 0);
		for (i = 0; i < STREAMS; i++) {
			rte_aether_prefetch_bulk_state(bulk, i, &epsilon, &phi);
			yes += decisions[i / 16] >> i % 16 & 1;
			if (preset != GOLDEN_CHAOS)
				check_close(&files[i % n_files], preset, c, seen ? &o[i] : NULL,
						epsilon, phi, decisions[i / 16] >> i % 16 & 1);
		}
	}
	rte_aether_prefetch_bulk_stats_get(bulk, &stats);
	assert_int_equal(stats.cycles, (uint64_t)STREAMS * files[0].cycles);
	assert_int_equal(stats.prefetches, yes);
	free(memory);
}

static void
bulk_is_close(void **arg __rte_unused)
{
	enum prefetch_isa isa;
	uint32_t p;

	for (isa = PREFETCH_SCALAR; isa <= prefetch_isa(); isa++)
		for (p = 0; p < GOLDEN_PRESETS; p++) {
			run_bulk(p, isa, 1);
			run_bulk(p, isa, 1u << 31);
			run_bulk(p, isa, 5);
		}
}

#define MXCSR_DENORMAL	0x0002	/* an operand was one */
#define MXCSR_UNDERFLOW	0x0010	/* a result was */
#define MXCSR_DAZ_FTZ	0x8040

static void
assert_no_denormal(const char *what)
{
	if ((_mm_getcsr() & (MXCSR_DENORMAL | MXCSR_UNDERFLOW)) != 0)
		fail_msg("%s: a denormal", what);
}

static void
decide_all(const struct golden *g, uint32_t preset, int arithmetic, enum prefetch_isa isa)
{
	const uint64_t *at = g->lba;
	struct rte_aether_prefetch s;
	uint32_t i;

	assert_int_equal(rte_aether_prefetch_init(&s, &golden_presets[preset], arithmetic), 0);
	s.isa = (uint8_t)isa;
	for (i = 0; i < g->cycles; at += g->length[i++]) {
		rte_aether_prefetch_decide(&s, at, g->length[i]);
		if ((_mm_getcsr() & (MXCSR_DENORMAL | MXCSR_UNDERFLOW)) != 0)
			fail_msg("%s preset %u cycle %u, arithmetic %d, isa %d: a denormal",
					g->name, preset, i, arithmetic, isa);
	}
	/* Beyond the recording: a constant delta until nothing decays any more. */
	for (i = 0; i < 3000; i++)
		rte_aether_prefetch_decide(&s, (const uint64_t[]){ 100, 205 }, 2);
}

static void
decide_bulk(const struct golden *g, uint32_t preset, enum prefetch_isa isa)
{
	uint64_t first[16], last[16];
	struct rte_aether_prefetch_spans spans;
	struct rte_aether_prefetch_bulk *bulk;
	const uint64_t *at = g->lba;
	uint16_t n[16], decisions[1];
	uint32_t i, k, length;
	void *memory;

	memory = aligned_alloc(RTE_CACHE_LINE_SIZE, rte_aether_prefetch_bulk_size(16));
	assert_non_null(memory);
	assert_int_equal(rte_aether_prefetch_bulk_init(memory, 16, &golden_presets[preset], &bulk),
			0);
	bulk->isa = isa;
	spans = (struct rte_aether_prefetch_spans){ first, last, n };
	for (i = 0; i < g->cycles + 3000; i++) {
		length = i < g->cycles ? g->length[i] : 2;
		for (k = 0; k < 16; k++) {
			n[k] = (uint16_t)length;
			first[k] = length == 0 ? 0 : i < g->cycles ? at[0] : 100;
			/* One lane of another kind than the others. */
			last[k] = length == 0 ? 0 : i < g->cycles ? at[length - 1] : 205;
			if (k == 5)
				last[k] = first[k] + (i & 7);
		}
		rte_aether_prefetch_bulk_decide(bulk, &spans, decisions);
		at += i < g->cycles ? length : 0;
	}
	free(memory);
}

/* A constant window's spectrum decays below the normal numbers, in each of the builds. */
static void
no_denormals(void **arg __rte_unused)
{
	const unsigned int before = _mm_getcsr();
	const uint32_t preset = 2;
	enum prefetch_isa isa;
	uint32_t f;

	_mm_setcsr(before & ~0x3fu);
	for (f = 0; f < n_files; f++) {
		decide_all(&files[f], preset, RTE_AETHER_PREFETCH_EXACT, PREFETCH_SCALAR);
		assert_no_denormal("exact");
		for (isa = PREFETCH_SCALAR; isa <= prefetch_isa(); isa++) {
			decide_all(&files[f], preset, RTE_AETHER_PREFETCH_FAST, isa);
			assert_no_denormal("fast");
			decide_bulk(&files[f], preset, isa);
			assert_no_denormal("bulk");
		}
	}
	_mm_setcsr(before);
}

static void
mxcsr_does_not_matter(void **arg)
{
	const unsigned int before = _mm_getcsr();

	_mm_setcsr(before | MXCSR_DAZ_FTZ);
	exact_is_the_reference(arg);
	assert_int_equal(_mm_getcsr() & MXCSR_DAZ_FTZ, MXCSR_DAZ_FTZ);
	fast_is_close(arg);
	_mm_setcsr(before);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_is_the_reference),
		cmocka_unit_test(fast_is_close),
		cmocka_unit_test(bulk_is_close),
		cmocka_unit_test(no_denormals),
		cmocka_unit_test(mxcsr_does_not_matter),
	};
	int i, ret;

	n_files = (unsigned int)argc - 1;
	files = calloc(n_files, sizeof(*files));
	if (n_files == 0 || files == NULL)
		return 1;
	for (i = 0; i < argc - 1; i++)
		golden_open(&files[i], argv[i + 1]);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	for (i = 0; i < argc - 1; i++)
		golden_close(&files[i]);
	free(files);
	return ret;
}
