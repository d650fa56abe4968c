/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * bench-prefetch-speed [recording ...]: what a decision costs: one stream, call after call and
 * single calls, with each set of instructions; many streams by their number; the adaptive policy
 * on each kind of stream. Figures are medians over alternating rounds, so that what else runs on
 * the machine hits all alike; the ratio is to the exact build in the same rounds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>

#include "bulk.h"
#include "prefetch_priv.h"
#include "rte_aether_prefetch_adaptive.h"
#include "workload.h"

#define ROUNDS		41	/* alternating, odd */
#define BATCH		2000	/* calls between two looks at the clock: less than a time slice */
#define WARM_UP_NS	1e9
#define SINGLE_CALLS	200000
#define MAX_STREAMS	4096
#define WINDOWS		64

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
quantile(double *sample, size_t n, double q)
{
	qsort(sample, n, sizeof(*sample), compare_doubles);
	return sample[(size_t)(q * (double)(n - 1))];
}

/* Kept from being optimised away. */
static inline void
use(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

/*
 * One stream.
 */

/* Windows as they come: one and the same, of varying lengths in a sequence, or random. */
enum kind { CONSTANT, SEQUENTIAL, RANDOM, KINDS };
static const char *const kind_names[] = { "constant", "sequence", "random" };

static uint64_t windows[KINDS][WINDOWS][16];
static size_t lengths[KINDS][WINDOWS];

static void
make_windows(void)
{
	static const uint64_t readme[] = { 100, 101, 102, 105, 110, 200, 205 };
	uint64_t at = 1000;
	unsigned int i, k;

	srand(1);
	for (i = 0; i < WINDOWS; i++) {
		memcpy(windows[CONSTANT][i], readme, sizeof(readme));
		lengths[CONSTANT][i] = RTE_DIM(readme);
		lengths[SEQUENTIAL][i] = lengths[RANDOM][i] = 2 + (size_t)rand() % 15;
		for (k = 0; k < 16; k++) {
			windows[SEQUENTIAL][i][k] = at + k;
			windows[RANDOM][i][k] = (uint64_t)rand() << 20 ^ (uint64_t)rand();
		}
		at += lengths[SEQUENTIAL][i];
	}
}

/* Builds of the arithmetic. */
#define N_BUILDS	4
static const char *const build_names[] = { "exact", "fast, SSE", "fast, AVX2", "fast, AVX-512" };

static void
stream_init(struct rte_aether_prefetch *s, unsigned int build)
{
	struct rte_aether_prefetch_params params;

	if (rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_DEFAULT, &params) != 0 ||
	    rte_aether_prefetch_init(s, &params, build == 0 ? RTE_AETHER_PREFETCH_EXACT :
			RTE_AETHER_PREFETCH_FAST) != 0)
		abort();
	if (build != 0)
		s->isa = (uint8_t)(build - 1);
}

static double
run_batch(struct rte_aether_prefetch *s, enum kind kind)
{
	const double begin = now();
	unsigned int i;
	bool yes;

	for (i = 0; i < BATCH; i++) {
		yes = rte_aether_prefetch_decide(s, windows[kind][i % WINDOWS],
				lengths[kind][i % WINDOWS]);
		use(&yes);
	}
	return (now() - begin) / BATCH;
}

/* A CPU that was idle, or whose other half still ends a build, is slow for a while: it was seen to
 * take 28 ns at first for what takes 17 from then on. */
static void
warm_up(void)
{
	static struct rte_aether_prefetch s;
	const double end = now() + WARM_UP_NS;

	stream_init(&s, 1);
	while (now() < end)
		run_batch(&s, CONSTANT);
}

static void
one_stream(enum kind kind)
{
	static struct rte_aether_prefetch s[N_BUILDS];
	static double ns[N_BUILDS][ROUNDS], ratio[N_BUILDS][ROUNDS];
	const unsigned int n = 2u + prefetch_isa();
	unsigned int b, r;

	for (b = 0; b < n; b++) {
		stream_init(&s[b], b);
		for (r = 0; r < 3; r++)
			run_batch(&s[b], kind);
	}
	for (r = 0; r < ROUNDS; r++)
		for (b = 0; b < n; b++) {
			ns[b][r] = run_batch(&s[b], kind);
			ratio[b][r] = ns[b][r] / ns[0][r];
		}
	for (b = 0; b < n; b++)
		printf("| %-8s | %-13s | %6.1f | %6.1f | %6.1f | %5.3f |\n", kind_names[kind],
				build_names[b], quantile(ns[b], ROUNDS, 0.5),
				quantile(ns[b], ROUNDS, 0.1), quantile(ns[b], ROUNDS, 0.9),
				quantile(ratio[b], ROUNDS, 0.5));
}

static inline uint64_t
cycles(void)
{
	uint32_t low, high;

	/* Waits for what is before, and keeps what is after from beginning. */
	__asm__ volatile("rdtscp\n\tlfence" : "=a"(low), "=d"(high) : : "rcx", "memory");
	return (uint64_t)high << 32 | low;
}

static double
ns_a_cycle(void)
{
	const double begin = now();
	const uint64_t c = cycles();

	while (now() - begin < 5e7)
		;
	return (now() - begin) / (double)(cycles() - c);
}

/* build: one of the builds, or N_BUILDS for nothing at all between two looks at the clock. */
static void
single_calls(unsigned int build, double scale)
{
	static double ns[SINGLE_CALLS];
	struct rte_aether_prefetch s;
	uint64_t begin;
	unsigned int i;
	bool yes;

	stream_init(&s, build % N_BUILDS);
	run_batch(&s, CONSTANT);
	for (i = 0; i < SINGLE_CALLS; i++) {
		begin = cycles();
		if (build != N_BUILDS) {
			yes = rte_aether_prefetch_decide(&s, windows[CONSTANT][0],
					lengths[CONSTANT][0]);
			use(&yes);
		}
		ns[i] = (double)(cycles() - begin) * scale;
	}
	printf("| %-13s | %6.1f | %6.1f | %7.1f | %9.1f |\n",
			build == N_BUILDS ? "nothing" : build_names[build],
			quantile(ns, SINGLE_CALLS, 0.5), quantile(ns, SINGLE_CALLS, 0.99),
			quantile(ns, SINGLE_CALLS, 0.999),
			quantile(ns, SINGLE_CALLS, 0.99) - quantile(ns, SINGLE_CALLS, 0.5));
}

/*
 * Many streams.
 */

static uint64_t first[WINDOWS][MAX_STREAMS], last[WINDOWS][MAX_STREAMS];
static uint16_t counts[MAX_STREAMS];

static void
make_spans(enum kind kind, uint32_t streams)
{
	uint32_t w, i;

	for (i = 0; i < streams; i++)
		counts[i] = 7;
	for (w = 0; w < WINDOWS; w++)
		for (i = 0; i < streams; i++) {
			const uint64_t random = (uint64_t)rand();

			first[w][i] = random << 8;
			last[w][i] = first[w][i] + (kind == CONSTANT ? 105 :
				kind == SEQUENTIAL ? 1 + random % 15 : (uint64_t)rand() << 10);
		}
}

/* All windows once; ns a stream for each. */
static void
run_bulk(struct rte_aether_prefetch_bulk *bulk, bool telemetry, double *ns)
{
	static uint16_t decisions[MAX_STREAMS / 16];
	static float features[4 * MAX_STREAMS];
	double begin;
	uint32_t w;

	for (w = 0; w < WINDOWS; w++) {
		const struct rte_aether_prefetch_spans spans = { first[w], last[w], counts };

		begin = now();
		if (telemetry)
			rte_aether_prefetch_bulk_telemetry(bulk, &spans, features);
		else
			rte_aether_prefetch_bulk_decide(bulk, &spans, decisions);
		ns[w] = (now() - begin) / bulk->n_streams;
	}
}

static void
many_streams(enum kind kind, uint32_t streams, bool telemetry)
{
	static double ns[3][ROUNDS * WINDOWS];
	struct rte_aether_prefetch_params params;
	struct rte_aether_prefetch_bulk *bulk[3];
	const unsigned int n = prefetch_isa() + 1u;
	unsigned int i, r;
	void *memory[3];

	make_spans(kind, streams);
	if (rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_DEFAULT, &params) != 0)
		abort();
	for (i = 0; i < n; i++) {
		memory[i] = aligned_alloc(RTE_CACHE_LINE_SIZE,
				rte_aether_prefetch_bulk_size(streams));
		if (memory[i] == NULL || rte_aether_prefetch_bulk_init(memory[i], streams, &params,
				&bulk[i]) != 0)
			abort();
		bulk[i]->isa = (enum prefetch_isa)i;
		for (r = 0; r < 40; r++) /* until constant windows have settled */
			run_bulk(bulk[i], telemetry, ns[i]);
	}
	for (r = 0; r < ROUNDS; r++)
		for (i = 0; i < n; i++)
			run_bulk(bulk[i], telemetry, &ns[i][r * WINDOWS]);
	printf("| %-9s | %-8s | %5u |", telemetry ? "telemetry" : "decision", kind_names[kind],
			streams);
	for (i = 0; i < 3; i++)
		printf(" %6.2f |", i < n ? quantile(ns[i], ROUNDS * WINDOWS, 0.5) : 0);
	printf("\n");
	for (i = 0; i < n; i++)
		free(memory[i]);
}

/*
 * The adaptive policy.
 */

static void
adaptive(const struct workload *w)
{
	static struct rte_aether_prefetch_adaptive s;
	static double decide[WORKLOAD_WINDOWS], both[WORKLOAD_WINDOWS];
	struct rte_aether_prefetch_candidate c[RTE_AETHER_PREFETCH_MAX];
	const size_t batch = 100;
	size_t n = 0, from, i;
	unsigned int pass, named;
	double begin;

	for (pass = 0; pass < 2; pass++) {
		if (rte_aether_prefetch_adaptive_init(&s, NULL) != 0)
			abort();
		for (from = 0, n = 0; from + batch <= w->n_windows; from += batch, n++) {
			begin = now();
			for (i = from; i < from + batch; i++) {
				named = rte_aether_prefetch_adaptive_decide(&s,
						w->addresses + w->begin[i],
						w->begin[i + 1] - w->begin[i], c);
				if (pass == 1)
					rte_aether_prefetch_adaptive_outcome(&s, (1u << named) - 1);
			}
			(pass == 0 ? decide : both)[n] = (now() - begin) / (double)batch;
		}
	}
	printf("| %-30s | %6.1f | %6.1f |\n", w->name, quantile(decide, n, 0.5),
			quantile(both, n, 0.5));
}

/* The window of the reference's own benchmark, moving on: a sequence of windows of seven. */
static void
adaptive_steady(void)
{
	struct workload w = { .name = "sequence, windows of 7", .n_windows = WORKLOAD_WINDOWS };
	size_t i;

	w.begin = calloc(w.n_windows + 1, sizeof(*w.begin));
	w.addresses = calloc(w.n_windows * 7, sizeof(*w.addresses));
	if (w.begin == NULL || w.addresses == NULL)
		abort();
	for (i = 0; i < w.n_windows * 7; i++)
		w.addresses[i] = i;
	for (i = 0; i <= w.n_windows; i++)
		w.begin[i] = i * 7;
	adaptive(&w);
	workload_free(&w);
}

int
main(int argc, char **argv)
{
	static const uint32_t streams[] = { 16, 64, 256, 1024, 4096 };
	const double scale = ns_a_cycle();
	struct workload w;
	unsigned int i, k;

	make_windows();
	warm_up();
	printf("## One stream, call after call: ns a decision\n\n"
		"| windows  | build         | median |  P10   |  P90   | ratio |\n"
		"|----------|---------------|--------|--------|--------|-------|\n");
	for (k = 0; k < KINDS; k++)
		one_stream((enum kind)k);
	printf("\n## Single calls, the constant window: ns with the timer's own\n\n"
		"| build         |  P50   |  P99   |  P99.9  | P99 - P50 |\n"
		"|---------------|--------|--------|---------|-----------|\n");
	single_calls(N_BUILDS, scale);
	for (i = 0; i < 2u + prefetch_isa(); i++)
		single_calls(i, scale);
	printf("\n## Many streams: ns a stream, medians\n\n"
		"| what      | windows  | count | scalar | AVX2   | AVX-512 |\n"
		"|-----------|----------|-------|--------|--------|--------|\n");
	for (k = 0; k < KINDS; k++)
		for (i = 0; i < RTE_DIM(streams); i++)
			many_streams((enum kind)k, streams[i], false);
	for (k = 0; k < KINDS; k++)
		many_streams((enum kind)k, 1024, true);
	printf("\n## The adaptive policy: ns a window, without and with its outcome\n\n"
		"| stream                         | decide | both   |\n"
		"|--------------------------------|--------|--------|\n");
	adaptive_steady();
	for (i = 1; i < (unsigned int)argc; i++) {
		if (workload_golden(&w, argv[i]) != 0)
			return 1;
		adaptive(&w);
		workload_free(&w);
	}
	for (i = 0; i < workload_n_synthetic(); i++) {
		workload_synthetic(&w, i, 1);
		adaptive(&w);
		workload_free(&w);
	}
	return 0;
}
