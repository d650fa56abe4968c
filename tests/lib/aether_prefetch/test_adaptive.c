/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The adaptive policy by its measure (bench/score.c): at most four addresses a window, scored
 * against the next one, from window 100 on. Arguments: recordings of the reference (*.bin), traces.
 */

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "bench/prefetcher.h"
#include "bench/workload.h"
#include "golden.h"
#include "rte_aether_prefetch_adaptive.h"

static struct workload golden[32], traces[32];
static unsigned int n_golden, n_traces;

static struct score
pooled(const struct prefetcher *p, const struct workload *w, unsigned int n)
{
	struct score sum = { 0 }, s;
	unsigned int i;

	for (i = 0; i < n; i++) {
		score_run(p, &w[i], WORKLOAD_WARM_UP, SIZE_MAX, &s);
		score_add(&sum, &s);
	}
	return sum;
}

static struct score
on_synthetic(const struct prefetcher *p, const char *name, uint64_t seed)
{
	struct workload w;
	struct score s;
	unsigned int i;

	for (i = 0; i < workload_n_synthetic(); i++) {
		workload_synthetic(&w, i, seed);
		if (strcmp(w.name, name) == 0) {
			score_run(p, &w, WORKLOAD_WARM_UP, SIZE_MAX, &s);
			workload_free(&w);
			return s;
		}
		workload_free(&w);
	}
	fail_msg("no workload is called %s", name);
	return (struct score){ 0 };
}

/* Coverage not below the stride detector's, accuracy 10 points above. */
static void
better_than_a_stride_detector(void **arg __rte_unused)
{
	const struct score stride = pooled(&prefetchers[PREFETCHER_STRIDE_2BIT], golden, n_golden);
	const struct score own = pooled(&prefetcher_adaptive, golden, n_golden);

	assert_true(n_golden > 0);
	assert_true(score_coverage(&own) >= score_coverage(&stride));
	assert_true(score_accuracy(&own) >= score_accuracy(&stride) + 10);
}

static void
better_than_all_on_traces(void **arg __rte_unused)
{
	const struct score own = pooled(&prefetcher_adaptive, traces, n_traces);
	struct score other;
	unsigned int i;

	assert_true(n_traces >= 3);
	for (i = 0; i < n_prefetchers; i++) {
		other = pooled(&prefetchers[i], traces, n_traces);
		if (score_f1(&own) <= score_f1(&other))
			fail_msg("F1 %.2f, %s has %.2f", score_f1(&own), prefetchers[i].name,
					score_f1(&other));
	}
}

static void
sequences_are_told_apart(void **arg __rte_unused)
{
	static const char *const names[] = { "two sequences, in turn",
		"two sequences, at random", "two sequences, a window each", "three strides",
		"stride 2^41", "stride -64", "noisy sequence" };
	uint64_t seed;
	size_t i;

	for (seed = 1; seed <= 3; seed++)
		for (i = 0; i < RTE_DIM(names); i++) {
			const struct score s = on_synthetic(&prefetcher_adaptive, names[i], seed);

			if (score_coverage(&s) <= 35)
				fail_msg("%s: coverage %.1f", names[i], score_coverage(&s));
		}
}

static void
chance_is_left_alone(void **arg __rte_unused)
{
	static const char *const names[] = { "uniform", "pointer chase" };
	uint64_t seed;
	size_t i;

	for (seed = 1; seed <= 5; seed++)
		for (i = 0; i < RTE_DIM(names); i++) {
			const struct score s = on_synthetic(&prefetcher_adaptive, names[i], seed);

			assert_true(s.prefetching * 100 < s.windows);
		}
}

static unsigned int
window_of(uint64_t *at, uint64_t stride, uint64_t *window)
{
	unsigned int i;

	for (i = 0; i < 8; i++, *at += stride)
		window[i] = *at;
	return 8;
}

/* From anything to a sequence of another stride: four right addresses within 16 windows. */
static void
phase_changes_are_followed(void **arg __rte_unused)
{
	static struct rte_aether_prefetch_adaptive s;
	static const uint64_t strides[] = { 1, -1u, 8, 0, 4096, 3, (uint64_t)-64, 1 };
	struct rte_aether_prefetch_candidate c[RTE_AETHER_PREFETCH_MAX];
	uint64_t window[8], seed = 1, at;
	unsigned int n, i, phase, w, right;

	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, NULL), 0);
	for (phase = 0; phase < RTE_DIM(strides); phase++) {
		for (w = 0; w < 300; w++) {
			for (i = 0; i < 8; i++)
				window[i] = golden_random(&seed);
			n = rte_aether_prefetch_adaptive_decide(&s, window, 8, c);
			rte_aether_prefetch_adaptive_outcome(&s, 0);
			if (w >= 16)
				assert_int_equal(n, 0);
		}
		at = golden_random(&seed);
		for (w = 0, right = 0; w < 300; w++) {
			window_of(&at, strides[phase], window);
			n = rte_aether_prefetch_adaptive_decide(&s, window, 8, c);
			right = n == (strides[phase] == 0 ? 1 : 4);
			for (i = 0; i < n && right; i++)
				right = c[i].address == at + strides[phase] * i;
			rte_aether_prefetch_adaptive_outcome(&s, (1u << n) - 1);
			if (w >= 16)
				assert_true(right);
		}
	}
}

/* The caller's word counts for more than what would have come true. */
static void
harm_stops_it(void **arg __rte_unused)
{
	static struct rte_aether_prefetch_adaptive s;
	struct rte_aether_prefetch_candidate c[RTE_AETHER_PREFETCH_MAX];
	unsigned int n, w, issued = 0;
	uint64_t window[8], at = 0;

	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, NULL), 0);
	for (w = 0; w < 1000; w++) {
		window_of(&at, 1, window);
		n = rte_aether_prefetch_adaptive_decide(&s, window, 8, c);
		rte_aether_prefetch_adaptive_outcome(&s, 0);
		issued += w >= 100 && n != 0;
	}
	/* A try now and then. */
	assert_true(issued < 900 / 8);
	for (w = 0; w < 2000; w++) {
		window_of(&at, 1, window);
		n = rte_aether_prefetch_adaptive_decide(&s, window, 8, c);
		rte_aether_prefetch_adaptive_outcome(&s, (1u << n) - 1);
	}
	assert_int_equal(n, 4);
}

static void
a_loop_is_learnt(void **arg __rte_unused)
{
	static const uint64_t window[] = { 100, 101, 102, 105, 110, 200, 205 };
	static struct rte_aether_prefetch_adaptive s;
	struct rte_aether_prefetch_candidate c[RTE_AETHER_PREFETCH_MAX];
	struct rte_aether_prefetch_adaptive_stats stats;
	unsigned int n = 0, w;

	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, NULL), 0);
	for (w = 0; w < 32; w++) {
		n = rte_aether_prefetch_adaptive_decide(&s, window, RTE_DIM(window), c);
		rte_aether_prefetch_adaptive_outcome(&s, (1u << n) - 1);
	}
	assert_int_equal(n, 4);
	for (w = 0; w < 4; w++) {
		assert_int_equal(c[w].address, window[w]);
		assert_true(c[w].confidence > 0.5f && c[w].confidence <= 1.0f);
	}
	rte_aether_prefetch_adaptive_stats_get(&s, &stats);
	assert_int_equal(stats.windows, 32);
	assert_int_equal(stats.used, stats.issued);
	rte_aether_prefetch_adaptive_stats_reset(&s);
	rte_aether_prefetch_adaptive_stats_get(&s, &stats);
	assert_int_equal(stats.issued, 0);
}

/* Any windows and outcomes; what comes out is in bounds, in order and without doubles. */
static void
any_window_is_safe(void **arg __rte_unused)
{
	static struct rte_aether_prefetch_adaptive s;
	struct rte_aether_prefetch_adaptive_params params;
	struct rte_aether_prefetch_candidate c[RTE_AETHER_PREFETCH_MAX];
	uint64_t *window = malloc(65535 * sizeof(*window)), seed = 9;
	unsigned int n, i, k, round;
	size_t size, j;

	assert_non_null(window);
	rte_aether_prefetch_adaptive_defaults(&params);
	for (round = 0; round < 3000; round++) {
		if (round % 500 == 0) {
			params.max = 1 + (uint32_t)(golden_random(&seed) % RTE_AETHER_PREFETCH_MAX);
			params.off = (uint32_t)(golden_random(&seed) & 0x3f);
			assert_int_equal(rte_aether_prefetch_adaptive_init(&s, &params), 0);
		}
		size = round % 97 == 0 ? golden_random(&seed) % 65536 : golden_random(&seed) % 20;
		for (j = 0; j < size; j++)
			window[j] = golden_random(&seed) >> golden_random(&seed) % 64;
		n = rte_aether_prefetch_adaptive_decide(&s, window, size, c);
		assert_true(n <= params.max);
		for (i = 0; i < n; i++) {
			assert_true(c[i].confidence > 0.0f && c[i].confidence <= 1.0f);
			for (k = 0; k < i; k++) {
				assert_true(c[i].address != c[k].address);
				assert_true(c[i].confidence <= c[k].confidence);
			}
		}
		if (golden_random(&seed) % 3 != 0)
			rte_aether_prefetch_adaptive_outcome(&s, (uint32_t)golden_random(&seed));
	}
	free(window);
}

static void
parameters_are_checked(void **arg __rte_unused)
{
	static struct rte_aether_prefetch_adaptive s;
	struct rte_aether_prefetch_adaptive_params good, p;

	rte_aether_prefetch_adaptive_defaults(&good);
	assert_int_equal(rte_aether_prefetch_adaptive_init(NULL, NULL), -EINVAL);
	p = good;
	p.cost = NAN;
	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, &p), -EINVAL);
	p.cost = INFINITY;
	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, &p), -ERANGE);
	p.cost = -1.0f;
	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, &p), -ERANGE);
	p = good;
	p.max = 0;
	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, &p), -ERANGE);
	p.max = RTE_AETHER_PREFETCH_MAX + 1;
	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, &p), -ERANGE);
	p = good;
	p.off = 0x40;
	assert_int_equal(rte_aether_prefetch_adaptive_init(&s, &p), -EINVAL);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(better_than_a_stride_detector),
		cmocka_unit_test(better_than_all_on_traces),
		cmocka_unit_test(sequences_are_told_apart),
		cmocka_unit_test(chance_is_left_alone),
		cmocka_unit_test(phase_changes_are_followed),
		cmocka_unit_test(harm_stops_it),
		cmocka_unit_test(a_loop_is_learnt),
		cmocka_unit_test(any_window_is_safe),
		cmocka_unit_test(parameters_are_checked),
	};
	unsigned int i;
	int ret, a;

	for (a = 1; a < argc; a++)
		if (strstr(argv[a], ".bin") != NULL ?
		    n_golden == RTE_DIM(golden) ||
				workload_golden(&golden[n_golden++], argv[a]) != 0 :
		    n_traces == RTE_DIM(traces) ||
				workload_trace(&traces[n_traces++], argv[a], 8) != 0)
			return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	for (i = 0; i < n_golden; i++)
		workload_free(&golden[i]);
	for (i = 0; i < n_traces; i++)
		workload_free(&traces[i]);
	return ret;
}
