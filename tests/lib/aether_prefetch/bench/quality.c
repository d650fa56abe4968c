/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * bench-prefetch-quality [--traces N] file ...: what each prefetcher is worth, on the recordings of
 * the reference's workloads (*.bin), on traces (other files, in windows of N addresses) and on
 * streams made here. A table a kind, and the adaptive policy without one part each.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prefetcher.h"
#include "workload.h"

#define MAX_WORKLOADS	64

static struct workload workloads[MAX_WORKLOADS];

static void
print_score(const char *name, const struct score *s)
{
	printf("| %-22s | %6.2f | %6.2f | %6.2f | %6.2f |\n", name, score_coverage(s),
			score_accuracy(s), score_f1(s),
			s->windows == 0 ? 0 :
			100.0 * (double)s->prefetching / (double)s->windows);
}

static void
print_head(const char *title)
{
	printf("\n%s\n\n| %-22s | cover%% | accur%% |   F1   | wind.%% |\n", title, "");
	printf("|------------------------|--------|--------|--------|--------|\n");
}

static void
run_pooled(const struct prefetcher *p, unsigned int from, unsigned int to)
{
	struct score sum = { 0 }, s;
	unsigned int i;

	for (i = from; i < to; i++) {
		score_run(p, &workloads[i], WORKLOAD_WARM_UP, SIZE_MAX, &s);
		score_add(&sum, &s);
	}
	print_score(p->name, &sum);
}

static void
compare(const char *title, unsigned int from, unsigned int to)
{
	unsigned int i;

	print_head(title);
	for (i = 0; i < n_prefetchers; i++)
		run_pooled(&prefetchers[i], from, to);
	run_pooled(&prefetcher_adaptive, from, to);
}

static void
compare_kind(const char *title, unsigned int from, unsigned int to)
{
	char name[128];
	unsigned int i;

	if (from == to)
		return;
	snprintf(name, sizeof(name), "## %s, pooled", title);
	compare(name, from, to);
	print_head("Without one part each:");
	for (i = 0; i < n_ablations; i++)
		run_pooled(&ablations[i], from, to);
	for (i = from; i < to; i++)
		compare(workloads[i].name, i, i + 1);
}

int
main(int argc, char **argv)
{
	unsigned int n = 0, golden, traces, i;
	size_t window = 8;
	int a;

	for (a = 1; a < argc; a++)
		if (strcmp(argv[a], "--traces") == 0 && a + 1 < argc)
			window = strtoul(argv[++a], NULL, 10);
		else if (strstr(argv[a], ".bin") != NULL && n < MAX_WORKLOADS &&
				workload_golden(&workloads[n++], argv[a]) != 0)
			return 1;
	golden = n;
	for (a = 1; a < argc; a++)
		if (strcmp(argv[a], "--traces") == 0)
			a++;
		else if (strstr(argv[a], ".bin") == NULL && n < MAX_WORKLOADS &&
				(window == 0 ||
				 workload_trace(&workloads[n++], argv[a], window) != 0))
			return 1;
	traces = n;
	for (i = 0; i < workload_n_synthetic() && n < MAX_WORKLOADS; i++)
		workload_synthetic(&workloads[n++], i, 1);
	printf("4 addresses a window at most, scored against the next one, from window %u on\n",
			WORKLOAD_WARM_UP);
	compare_kind("The reference's workloads", 0, golden);
	compare_kind("Traces", golden, traces);
	compare_kind("Made here", traces, n);
	for (i = 0; i < n; i++)
		workload_free(&workloads[i]);
	return 0;
}
