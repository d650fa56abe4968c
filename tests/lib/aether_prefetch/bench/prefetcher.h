/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PREFETCHER_H
#define PREFETCHER_H

#include <stddef.h>
#include <stdint.h>

/** Addresses a decision, as the measure has it. */
#define PREFETCHER_K	4

/** Something that names addresses of the next window. */
struct prefetcher {
	const char *name;
	const char *what;	/* in a few words, or its paper */
	void *(*create)(void);	/* free() ends it */
	/** Returns how many addresses; at most PREFETCHER_K, possibly the same more than once. */
	unsigned int (*decide)(void *self, const uint64_t *window, size_t n, uint64_t *out);
	/** What became of the last decision's; may be NULL. */
	void (*outcome)(void *self, uint32_t used);
};

extern const struct prefetcher prefetchers[];
extern const unsigned int n_prefetchers;
/** Where they are in there. */
enum { PREFETCHER_STRIDE_2BIT = 3 };

/** The adaptive policy without some of its parts, RTE_AETHER_PREFETCH_NO_*. */
extern const struct prefetcher ablations[];
extern const unsigned int n_ablations;
extern const struct prefetcher prefetcher_adaptive;

#endif /* PREFETCHER_H */
