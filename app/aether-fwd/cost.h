/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_COST_H
#define AETHER_FWD_COST_H

#include <stdint.h>

/**
 * What it costs an lcore to look for gaps (--noise-us), measured while it forwards: it looks in
 * every other slice of time, and neighbours are compared. A slice is so short that both of a pair
 * meet the same machine, and so many that what one of them meets alone does not count.
 */

struct fwd_lcore;
struct rte_aether_partition_noise;

/** A slice's length. The loop turns some thousand times in it. */
#define FWD_COST_SLICE_US 200
/** Pairs that are measured; from then on gaps are looked for all the time. */
#define FWD_COST_PAIRS 16384
/** Fewer pairs than that say nothing. */
#define FWD_COST_LEAST_PAIRS 11

/** TSC cycles a packet in two neighbouring slices. */
struct fwd_cost_pair {
	float with;
	float without;
};

/** One lcore's measurement. Written by that lcore. */
struct fwd_cost {
	struct rte_aether_partition_noise *noise;
	uint64_t next;     /**< TSC at which the slice ends */
	uint64_t slice;    /**< TSC cycles */
	uint64_t began;    /**< TSC of the first turn in the slice */
	uint64_t received; /**< the lcore's, when the slice began */
	uint64_t stalls;   /**< the same */
	uint32_t slices;   /**< that have ended */
	uint32_t nb_pairs;
	float first;       /**< of the pair's first slice; 0: it is of no use */
	struct fwd_cost_pair pairs[FWD_COST_PAIRS];
};

/** What was found. */
struct fwd_cost_report {
	uint32_t nb_pairs;      /**< below FWD_COST_LEAST_PAIRS: the rest is 0 */
	double percent;         /**< fewer packets when looking; the median of the pairs */
	double low, high;       /**< with 95 % the true median is between these */
	double with, without;   /**< TSC cycles a packet, medians */
};

/**
 * Begin with the first slice. By the lcore, before its loop.
 *
 * @param cost
 *   slice is set, the rest zero.
 * @param noise
 *   What rte_aether_partition_noise_start() gave to the lcore; NULL: nothing is measured.
 */
void fwd_cost_start(struct fwd_cost *cost, struct fwd_lcore *lcore,
		    struct rte_aether_partition_noise *noise, uint64_t now);

/** End a slice and begin the next. By the lcore, in its loop, when cost->next has come. */
void fwd_cost_turn(struct fwd_cost *cost, struct fwd_lcore *lcore, uint64_t now);

/** Say what the pairs say. For one thread at a time. */
void fwd_cost_evaluate(const struct fwd_cost *cost, struct fwd_cost_report *report);

#endif /* AETHER_FWD_COST_H */
