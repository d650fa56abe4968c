/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

/** A stream of windows. */
struct workload {
	const char *name;
	size_t n_windows;
	size_t *begin;		/* of each window in addresses, and the end of the last */
	uint64_t *addresses;
};

#define WORKLOAD_WINDOWS	2000
/** Windows before this one are not scored. */
#define WORKLOAD_WARM_UP	100

/** Made here; aborts without memory. */
unsigned int workload_n_synthetic(void);
void workload_synthetic(struct workload *w, unsigned int i, uint64_t seed);
/** A golden file, see tests/data/README.md. Returns 0, or -1 with a message. */
int workload_golden(struct workload *w, const char *path);
/** A trace: a text file, an address in hexadecimal a line, in windows of n addresses. */
int workload_trace(struct workload *w, const char *path, size_t n);
void workload_free(struct workload *w);

/** What a prefetcher is worth on a workload. */
struct score {
	uint64_t windows, prefetching;	/* scored; of these, with a prefetch */
	uint64_t addresses, covered;	/* of scored windows; of these, prefetched */
	uint64_t issued, used;		/* distinct addresses a window; of these, in the next */
};

struct prefetcher;
void score_run(const struct prefetcher *p, const struct workload *w, size_t from, size_t to,
		struct score *score);
void score_add(struct score *sum, const struct score *score);
double score_coverage(const struct score *s);
double score_accuracy(const struct score *s);
double score_f1(const struct score *s);

#endif /* WORKLOAD_H */
