/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Streams that no recording has: any parameters, windows of any values, streams that settle and
 * move again, short windows now and then. Fast arithmetic, alone and in bulk, against the exact.
 */

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "bulk.h"
#include "golden.h"
#include "prefetch_priv.h"

#define TOLERANCE	4e-6	/* twice what the reference's presets are held to */
#define STREAMS		37
#define CYCLES		3000

/* The window of a stream in a cycle: what it is like changes every few hundred cycles. */
static uint16_t
next_window(uint32_t stream, uint32_t cycle, uint64_t *seed, uint64_t *first, uint64_t *last)
{
	const uint32_t kind = (stream + cycle / (200 + 37 * stream)) % 8;
	const uint64_t r = golden_random(seed);

	*first = r >> 20;
	switch (kind) {
	case 0:
		*last = *first + 105;
		return 7;
	case 1:
		*last = *first + (r & 0xfff);
		return 9;
	case 2:
		*last = *first - 15;
		return 16;
	case 3:
		*last = golden_random(seed);
		return 2;
	case 4:
		*last = *first + (r & 3);
		return r % 5 == 0 ? 1 : 4;
	case 5:
		*last = *first;
		return 3;
	case 6:
		*first = 0;
		*last = cycle % 2 != 0 ? UINT64_MAX : 0;
		return 2;
	default:
		*last = *first + 15;
		return r % 97 == 0 ? 0 : 16;
	}
}

struct bench {
	struct rte_aether_prefetch exact[STREAMS], fast[STREAMS];
	struct rte_aether_prefetch_bulk *bulk;
	void *memory;
	double drift;		/* at most, of epsilon and phi */
	uint64_t different;	/* decisions */
};

static void
bench_init(struct bench *b, enum prefetch_isa isa)
{
	struct rte_aether_prefetch_params params;
	uint32_t i;

	assert_int_equal(rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_DEFAULT, &params), 0);
	for (i = 0; i < STREAMS; i++) {
		assert_int_equal(rte_aether_prefetch_init(&b->exact[i], &params,
				RTE_AETHER_PREFETCH_EXACT), 0);
		assert_int_equal(rte_aether_prefetch_init(&b->fast[i], &params,
				RTE_AETHER_PREFETCH_FAST), 0);
		b->fast[i].isa = (uint8_t)isa;
	}
	b->memory = aligned_alloc(RTE_CACHE_LINE_SIZE, rte_aether_prefetch_bulk_size(STREAMS));
	assert_non_null(b->memory);
	assert_int_equal(rte_aether_prefetch_bulk_init(b->memory, STREAMS, &params, &b->bulk), 0);
	b->bulk->isa = isa;
	b->drift = 0;
	b->different = 0;
}

static void
compare(struct bench *b, uint32_t i, bool wanted, bool fast, bool bulk)
{
	float epsilon, phi;

	rte_aether_prefetch_bulk_state(b->bulk, i, &epsilon, &phi);
	b->different += (wanted != fast) + (wanted != bulk);
	b->drift = RTE_MAX(b->drift, golden_error(epsilon, b->exact[i].epsilon, false));
	b->drift = RTE_MAX(b->drift, golden_error(phi, b->exact[i].phi, false));
	b->drift = RTE_MAX(b->drift,
			golden_error(b->fast[i].epsilon, b->exact[i].epsilon, false));
	b->drift = RTE_MAX(b->drift, golden_error(b->fast[i].phi, b->exact[i].phi, false));
}

/* Which of the calls a cycle makes: they may be mixed as one likes. */
static bool
calls_telemetry(uint32_t cycle, bool mixed)
{
	return mixed && cycle % 11 == 5;
}

static void
run_cycle(struct bench *b, uint32_t cycle, bool mixed, uint64_t *seed)
{
	static const unsigned int bulk_feature[4] = { 0, 2, 3, 5 };
	static float features[4 * (STREAMS + 15)];
	const uint32_t padded = RTE_ALIGN_CEIL(STREAMS, 16);
	uint64_t first[STREAMS], last[STREAMS], window[2];
	uint16_t n[STREAMS], decisions[padded / 16];
	struct rte_aether_prefetch_spans spans = { first, last, n };
	struct rte_aether_prefetch_observation o[STREAMS], exact, fast;
	bool wanted, got;
	uint32_t i, k;

	for (i = 0; i < STREAMS; i++)
		n[i] = next_window(i, cycle, seed, &first[i], &last[i]);
	if (calls_telemetry(cycle, mixed))
		rte_aether_prefetch_bulk_telemetry(b->bulk, &spans, features);
	else if (mixed && cycle % 7 == 3)
		rte_aether_prefetch_bulk_observe(b->bulk, &spans, decisions, o);
	else
		rte_aether_prefetch_bulk_decide(b->bulk, &spans, decisions);
	for (i = 0; i < STREAMS; i++) {
		uint64_t long_window[16] = { 0 };

		window[0] = long_window[0] = first[i];
		window[1] = last[i];
		if (n[i] > 1)
			long_window[n[i] - 1] = last[i];
		if (calls_telemetry(cycle, mixed)) {
			rte_aether_prefetch_telemetry(&b->exact[i], long_window, n[i],
					exact.telemetry);
			rte_aether_prefetch_telemetry(&b->fast[i], long_window, n[i],
					fast.telemetry);
			assert_memory_equal(exact.telemetry, fast.telemetry,
					sizeof(exact.telemetry));
			for (k = 0; k < 4; k++)
				assert_true(golden_error(features[k * padded + i],
						exact.telemetry[bulk_feature[k]], true) <= 2e-6);
			continue;
		}
		wanted = rte_aether_prefetch_observe(&b->exact[i], long_window, n[i], &exact);
		/* Only the ends of a window count. */
		got = rte_aether_prefetch_decide(&b->fast[i], window, n[i] < 2 ? n[i] : 2);
		compare(b, i, wanted, got, decisions[i / 16] >> i % 16 & 1);
		if (mixed && cycle % 7 == 3) {
			for (k = 0; k < 6; k++)
				assert_true(golden_error(o[i].telemetry[k], exact.telemetry[k],
						true) <= 2e-6);
			for (k = 0; k < 3; k++)
				assert_true(golden_error(o[i].bloch[k], exact.bloch[k],
						false) <= 2e-6);
		}
	}
}

static void
fast_follows_exact(void **arg __rte_unused)
{
	static struct bench b;
	enum prefetch_isa isa;
	uint64_t seed = 1;
	uint32_t c, mixed;

	for (isa = PREFETCH_SCALAR; isa <= prefetch_isa(); isa++)
		for (mixed = 0; mixed < 2; mixed++) {
			bench_init(&b, isa);
			for (c = 0; c < CYCLES; c++)
				run_cycle(&b, c, mixed, &seed);
			free(b.memory);
			print_message("epsilon and phi drift by %.2g at most, "
					"%lu decisions differ\n", b.drift, b.different);
			assert_true(b.drift < TOLERANCE);
			assert_int_equal(b.different, 0);
		}
}

/* A block that has settled, and is not steady any more: 16 streams alike. */
static void
settled_streams_move_again(void **arg __rte_unused)
{
	struct rte_aether_prefetch_params params;
	struct rte_aether_prefetch_observation exact_o, o[16];
	uint64_t first[16] = { 0 }, last[16];
	struct rte_aether_prefetch_bulk *bulk;
	struct rte_aether_prefetch exact;
	uint16_t n[16], decisions[1];
	struct rte_aether_prefetch_spans spans = { first, last, n };
	enum prefetch_isa isa;
	uint64_t window[2];
	uint32_t c, i, k;
	void *memory;

	assert_int_equal(rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_GAMING, &params), 0);
	memory = aligned_alloc(RTE_CACHE_LINE_SIZE, rte_aether_prefetch_bulk_size(16));
	assert_non_null(memory);
	for (isa = PREFETCH_SCALAR; isa <= prefetch_isa(); isa++) {
		assert_int_equal(rte_aether_prefetch_bulk_init(memory, 16, &params, &bulk), 0);
		assert_int_equal(rte_aether_prefetch_init(&exact, &params,
				RTE_AETHER_PREFETCH_EXACT), 0);
		bulk->isa = isa;
		for (c = 0; c < 5100; c++) {
			window[0] = 0;
			window[1] = c < 5000 ? 105 : 100 + c;
			for (i = 0; i < 16; i++) {
				last[i] = window[1];
				n[i] = 2;
			}
			if (c < 5002)
				rte_aether_prefetch_bulk_decide(bulk, &spans, decisions);
			else
				rte_aether_prefetch_bulk_observe(bulk, &spans, decisions, o);
			assert_int_equal(decisions[0] != 0,
					rte_aether_prefetch_observe(&exact, window, 2, &exact_o));
			for (i = 0; c >= 5002 && i < 16; i++)
				for (k = 0; k < 6; k++)
					assert_true(golden_error(o[i].telemetry[k],
							exact_o.telemetry[k], true) <= 2e-6);
			if (c == 4999)
				assert_true(bulk->blocks[0].settled);
		}
	}
	free(memory);
}

static void
any_window_is_safe(void **arg __rte_unused)
{
	static uint64_t window[65535];
	struct rte_aether_prefetch_params params;
	struct rte_aether_prefetch_observation o;
	struct rte_aether_prefetch s[2];
	uint64_t seed = 3;
	uint32_t i, k;
	size_t n;

	assert_int_equal(rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_HFT, &params), 0);
	for (k = 0; k < 2; k++)
		assert_int_equal(rte_aether_prefetch_init(&s[k], &params, k), 0);
	assert_false(rte_aether_prefetch_decide(&s[0], NULL, 0) &&
			rte_aether_prefetch_decide(&s[1], NULL, 0));
	for (i = 0; i < 2000; i++) {
		n = golden_random(&seed) % 65536;
		if (n != 0) {
			window[0] = golden_random(&seed) >> golden_random(&seed) % 64;
			window[n - 1] = golden_random(&seed) >> golden_random(&seed) % 64;
		}
		for (k = 0; k < 2; k++) {
			rte_aether_prefetch_observe(&s[k], window, n, &o);
			assert_true(s[k].epsilon >= 0.1f && s[k].epsilon <= 0.9f);
			assert_true(fabsf(s[k].phi) < 6.2831860f);
		}
	}
}

static void
parameters_are_checked(void **arg __rte_unused)
{
	const float bad[] = { NAN, INFINITY, -INFINITY };
	const float far[] = { 65.0f, -65.0f, 1e-30f, 1e-45f };
	struct rte_aether_prefetch_params params, good;
	struct rte_aether_prefetch s;
	float *value[6] = { &params.epsilon, &params.phi, &params.lambda[0], &params.lambda[1],
		&params.lambda[2], &params.bias };
	uint32_t i, k;

	assert_int_equal(rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_DEFAULT, &good), 0);
	assert_int_equal(rte_aether_prefetch_preset((enum rte_aether_prefetch_preset)3, &params),
			-EINVAL);
	assert_int_equal(rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_HFT, NULL), -EINVAL);
	assert_int_equal(rte_aether_prefetch_check(NULL), -EINVAL);
	for (i = 0; i < 6; i++) {
		for (k = 0; k < RTE_DIM(bad); k++) {
			params = good;
			*value[i] = bad[k];
			assert_int_equal(rte_aether_prefetch_check(&params), -EINVAL);
		}
		for (k = 0; k < RTE_DIM(far); k++) {
			params = good;
			*value[i] = far[k];
			assert_int_equal(rte_aether_prefetch_init(&s, &params,
					RTE_AETHER_PREFETCH_FAST), -ERANGE);
		}
		params = good;
		*value[i] = 0.0f;
		assert_int_equal(rte_aether_prefetch_check(&params), 0);
	}
	params = good;
	params.epsilon = 1.01f;
	assert_int_equal(rte_aether_prefetch_check(&params), -ERANGE);
	params.epsilon = -0.01f;
	assert_int_equal(rte_aether_prefetch_check(&params), -ERANGE);
	assert_int_equal(rte_aether_prefetch_init(NULL, &good, RTE_AETHER_PREFETCH_FAST), -EINVAL);
	assert_int_equal(rte_aether_prefetch_init(&s, &good,
			(enum rte_aether_prefetch_arithmetic)2), -EINVAL);
}

static void
bulk_arguments_are_checked(void **arg __rte_unused)
{
	struct rte_aether_prefetch_params params;
	struct rte_aether_prefetch_bulk *bulk;
	char *memory;

	assert_int_equal(rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_DEFAULT, &params), 0);
	assert_int_equal(rte_aether_prefetch_bulk_size(0), 0);
	assert_int_equal(rte_aether_prefetch_bulk_size(UINT32_MAX), 0);
	assert_int_equal(rte_aether_prefetch_bulk_size(1), rte_aether_prefetch_bulk_size(16));
	memory = aligned_alloc(RTE_CACHE_LINE_SIZE, rte_aether_prefetch_bulk_size(16));
	assert_non_null(memory);
	assert_int_equal(rte_aether_prefetch_bulk_init(memory + 4, 1, &params, &bulk), -EINVAL);
	assert_int_equal(rte_aether_prefetch_bulk_init(NULL, 1, &params, &bulk), -EINVAL);
	assert_int_equal(rte_aether_prefetch_bulk_init(memory, 0, &params, &bulk), -EINVAL);
	assert_int_equal(rte_aether_prefetch_bulk_init(memory, 1, NULL, &bulk), -EINVAL);
	params.bias = NAN;
	assert_int_equal(rte_aether_prefetch_bulk_init(memory, 1, &params, &bulk), -EINVAL);
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fast_follows_exact),
		cmocka_unit_test(settled_streams_move_again),
		cmocka_unit_test(any_window_is_safe),
		cmocka_unit_test(parameters_are_checked),
		cmocka_unit_test(bulk_arguments_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
