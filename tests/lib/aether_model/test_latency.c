/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire_fake.h"

static struct model_histogram histogram, other;

static int
setup(void **state)
{
	RTE_SET_USED(state);
	model_histogram_reset(&histogram);
	model_histogram_reset(&other);
	return 0;
}

/* splitmix64: the same values in every run. */
static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static void
test_empty(void **state)
{
	struct aether_model_latency summary;

	RTE_SET_USED(state);
	memset(&summary, 0xFF, sizeof(summary));
	model_histogram_summary(&histogram, &other, 1.0, &summary);
	assert_int_equal(summary.count, 0);
	assert_int_equal(summary.min, 0);
	assert_int_equal(summary.p9999, 0);
	assert_int_equal(summary.max, 0);
	assert_true(summary.mean == 0 && summary.stddev == 0);
}

static void
test_one_value(void **state)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 255, 256, 257, 1000003,
		UINT64_C(100000000000), (UINT64_C(1) << 40) - 1, UINT64_C(1) << 40,
		UINT64_C(1) << 50 };
	struct aether_model_latency summary;
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(values); i++) {
		model_histogram_reset(&histogram);
		model_histogram_record(&histogram, values[i]);
		model_histogram_summary(&histogram, NULL, 1.0, &summary);
		assert_int_equal(summary.count, 1);
		assert_int_equal(summary.min, values[i]);
		assert_int_equal(summary.p50, values[i]);
		assert_int_equal(summary.p9999, values[i]);
		assert_int_equal(summary.max, values[i]);
	}
}

/* Neighbours in different buckets differ by less than 1 %, and buckets follow each other. */
static void
test_bucket_width(void **state)
{
	uint64_t value, seed = 1;
	unsigned int shift, i;

	RTE_SET_USED(state);
	for (value = 0; value < 100000; value++) {
		unsigned int step = model_histogram_index(value + 1) - model_histogram_index(value);

		assert_true(step <= 1);
	}
	for (i = 0; i < 100000; i++) {
		shift = next_random(&seed) % 40;
		value = (next_random(&seed) >> 24) >> shift;
		if (value >= 128)
			assert_true(model_histogram_index(value + value / 127 + 1) >
				    model_histogram_index(value) || value >> 39 != 0);
		assert_true(model_histogram_index(value) < MODEL_HISTOGRAM_BUCKETS);
	}
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
assert_percentile(const uint64_t *sorted, unsigned int n, double percentile, uint64_t found)
{
	uint64_t exact = sorted[(unsigned int)ceil(percentile / 100 * n) - 1];

	if (found < exact || (double)found > (double)exact * 1.01)
		fail_msg("P%g is %lu, exactly %lu", percentile, found, exact);
}

/* Latencies from 1 ns to 100 s, against the sorted values. */
static void
test_percentiles(void **state)
{
	enum { N = 50000 };
	uint64_t *values = calloc(N, sizeof(*values)), seed = 42;
	struct aether_model_latency summary;
	double mean = 0, variance = 0;
	unsigned int i;

	RTE_SET_USED(state);
	assert_non_null(values);
	for (i = 0; i < N; i++) {
		values[i] = (uint64_t)pow(10, 11.0 * (next_random(&seed) >> 11) / (1ull << 53));
		model_histogram_record(i % 3 == 0 ? &other : &histogram, values[i]);
		mean += values[i];
	}
	mean /= N;
	for (i = 0; i < N; i++)
		variance += (values[i] - mean) * (values[i] - mean) / N;
	qsort(values, N, sizeof(*values), compare);

	model_histogram_summary(&histogram, &other, 1.0, &summary);
	assert_int_equal(summary.count, N);
	assert_int_equal(summary.min, values[0]);
	assert_int_equal(summary.max, values[N - 1]);
	assert_percentile(values, N, 50, summary.p50);
	assert_percentile(values, N, 90, summary.p90);
	assert_percentile(values, N, 99, summary.p99);
	assert_percentile(values, N, 99.9, summary.p999);
	assert_percentile(values, N, 99.99, summary.p9999);
	assert_true(fabs(summary.mean - mean) < mean * 1e-9);
	assert_true(fabs(summary.stddev - sqrt(variance)) < sqrt(variance) * 0.01);
	free(values);
}

/* Cycles in, nanoseconds out. */
static void
test_units(void **state)
{
	struct aether_model_latency summary;
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < 100; i++)
		model_histogram_record(&histogram, 26000);
	model_histogram_summary(&histogram, NULL, 1 / 2.6, &summary);
	assert_int_equal(summary.p50, 10000);
	assert_int_equal(summary.max, 10000);
	assert_true(fabs(summary.mean - 10000) < 1e-6);
	assert_true(summary.stddev < 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_empty, setup),
		cmocka_unit_test_setup(test_one_value, setup),
		cmocka_unit_test_setup(test_bucket_width, setup),
		cmocka_unit_test_setup(test_percentiles, setup),
		cmocka_unit_test_setup(test_units, setup),
	};

	return cmocka_run_group_tests_name("latency", tests, NULL, NULL);
}
