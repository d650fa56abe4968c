/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef RTE_AETHER_PREFETCH_ADAPTIVE_H
#define RTE_AETHER_PREFETCH_ADAPTIVE_H

/**
 * @file
 * What to prefetch, learnt from what prefetching was good for.
 *
 * For each window of addresses the policy names up to RTE_AETHER_PREFETCH_MAX addresses of the next
 * one, with a confidence each; none, where it expects none to be worth it. The caller prefetches
 * them, and tells with rte_aether_prefetch_adaptive_outcome() which were used.
 *
 * Two sources propose addresses: arithmetic sequences, of any stride, several at a time in any
 * order (each continues, pauses and returns as it has been seen to do), and repetitions, that is
 * addresses that have followed one another before. How often each proposal comes true is measured
 * on every window, whether it was issued or not. That share is encoded as a qubit, and measured
 * along a basis that outcomes rotate; what is above a threshold, which outcomes move too, is
 * issued (docs/aether_prefetch.md).
 *
 * As in rte_aether_prefetch.h: plain data, no allocation, no global state, nothing blocks.
 */

#include <stddef.h>
#include <stdint.h>

#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Addresses that one decision can name. */
#define RTE_AETHER_PREFETCH_MAX		8
/** Sequences that are followed at a time. */
#define RTE_AETHER_PREFETCH_SEQUENCES	8
/** Addresses whose successor is remembered. */
#define RTE_AETHER_PREFETCH_SUCCESSORS	4096

/** What is worth a prefetch, and what learns. */
struct rte_aether_prefetch_adaptive_params {
	float cost;		/**< of a prefetch that is not used, in those that are: 0.05 to 20.
				 * At 1 what comes true half of the time is worth it, at 1/3 a
				 * quarter */
	uint32_t max;		/**< addresses a decision, 1 to RTE_AETHER_PREFETCH_MAX */
	uint32_t off;		/**< RTE_AETHER_PREFETCH_NO_*: parts to do without */
};

/** Parts of the policy, to find out what each contributes. */
#define RTE_AETHER_PREFETCH_NO_BASIS		0x01u	/**< outcomes do not rotate the basis */
#define RTE_AETHER_PREFETCH_NO_THRESHOLD	0x02u	/**< outcomes do not move the threshold */
#define RTE_AETHER_PREFETCH_NO_DEPTH		0x04u	/**< a sequence is worth all or nothing */
#define RTE_AETHER_PREFETCH_NO_PAUSES		0x08u	/**< it is not learnt when one pauses */
#define RTE_AETHER_PREFETCH_NO_INTERLEAVING	0x10u	/**< one sequence at a time */
#define RTE_AETHER_PREFETCH_NO_REPETITION	0x20u	/**< successors are not remembered */

/** An address to prefetch. */
struct rte_aether_prefetch_candidate {
	uint64_t address;
	float confidence;	/**< share of such proposals that come true, 0 to 1 */
};

/** Counters. */
struct rte_aether_prefetch_adaptive_stats {
	uint64_t windows;	/**< decisions */
	uint64_t prefetching;	/**< of these, with an address or more */
	uint64_t issued;	/**< addresses */
	uint64_t reported;	/**< of these, with an outcome */
	uint64_t used;		/**< of these, used */
};

/** The successor of an address. Private. */
struct rte_aether_prefetch_successor {
	uint64_t address, next;
};

/** A stream. Private but for its size; set up by rte_aether_prefetch_adaptive_init(). */
struct rte_aether_prefetch_adaptive {
	struct rte_aether_prefetch_adaptive_params params;
	float bias;			/* how much more is expected than happens */
	float phi;			/* rotation of the basis for that, in radians */
	float epsilon;			/* threshold */
	uint32_t limit;			/* of the proposals' shares, as both say; of 65,536 */
	uint32_t window;		/* number of this one */
	uint32_t idle;			/* windows in a row of which nothing was foreseen */
	uint32_t active;		/* bit i: sequence i is followed, or a fresh guess */
	uint32_t trusted;		/* bit i: sequence i has any trust */
	uint32_t fresh;			/* bit i: it began in the last window, and is a guess */
	uint32_t recent;		/* sequence that went on last */
	uint32_t disputed;		/* sequence that the chain leaves; none: UINT32_MAX */
	uint32_t chain_length;
	uint32_t n_issued;		/* in the last decision */
	struct rte_aether_prefetch_adaptive_stats stats;
	uint64_t past[8];		/* the last addresses, the latest last */
	/* Sequences, an array a property. Trust is 0 to 3, from 2 on one is followed; history has
	 * in which of the last two windows it went on; advance its steps in this window. */
	uint64_t next[RTE_AETHER_PREFETCH_SEQUENCES];
	uint64_t last[RTE_AETHER_PREFETCH_SEQUENCES];
	uint64_t stride[RTE_AETHER_PREFETCH_SEQUENCES];
	uint32_t seen[RTE_AETHER_PREFETCH_SEQUENCES];	/* window in which it went on last */
	uint8_t trust[RTE_AETHER_PREFETCH_SEQUENCES];
	uint8_t history[RTE_AETHER_PREFETCH_SEQUENCES];
	uint8_t advance[RTE_AETHER_PREFETCH_SEQUENCES];
	/* By history: share of windows in which it went on for 1, 2, ... steps, of 65,536. */
	uint16_t reach[RTE_AETHER_PREFETCH_SEQUENCES][4][RTE_AETHER_PREFETCH_MAX];
	/* Reach of sequences that are not known yet, after a pause and after going on; of guesses;
	 * of a sequence at whose end something else has followed before. */
	uint16_t prior[4][RTE_AETHER_PREFETCH_MAX];
	uint16_t chain_reach[RTE_AETHER_PREFETCH_MAX];
	uint16_t issued[RTE_AETHER_PREFETCH_MAX];	/* shares, in the last decision */
	uint64_t chain[RTE_AETHER_PREFETCH_MAX];	/* foreseen repetition */
	struct rte_aether_prefetch_successor successors[RTE_AETHER_PREFETCH_SUCCESSORS];
	uint8_t confirmed[RTE_AETHER_PREFETCH_SUCCESSORS];	/* times seen again, up to 3 */
};

/** The parameters that are used where none are given: cost 1/3, 4 addresses, every part. */
__rte_experimental
void
rte_aether_prefetch_adaptive_defaults(struct rte_aether_prefetch_adaptive_params *params);

/**
 * Begin a stream.
 *
 * @param stream
 *   The stream, of any content.
 * @param params
 *   What it begins with; NULL: the defaults.
 * @return
 *   0; -EINVAL: stream is NULL, the cost is a NaN, or a part is unknown; -ERANGE: cost or max
 *   outside of their ranges.
 */
__rte_experimental
int
rte_aether_prefetch_adaptive_init(struct rte_aether_prefetch_adaptive *stream,
		const struct rte_aether_prefetch_adaptive_params *params);

/**
 * Name addresses of the next window.
 *
 * @param stream
 *   The stream.
 * @param window
 *   Addresses in the order of access, of any values.
 * @param n
 *   Number of addresses, any.
 * @param candidates
 *   Gets the addresses to prefetch, no two the same, the most likely first; params.max elements.
 * @return
 *   Number of addresses.
 */
__rte_experimental
unsigned int
rte_aether_prefetch_adaptive_decide(struct rte_aether_prefetch_adaptive *stream,
		const uint64_t *window, size_t n, struct rte_aether_prefetch_candidate *candidates);

/**
 * Tell what became of the addresses of the last decision. Best called before the next one; may be
 * left out. A prefetch that came too late, or was evicted before its use, was not used.
 *
 * @param stream
 *   The stream.
 * @param used
 *   Bit i: candidate i was used.
 */
__rte_experimental
void
rte_aether_prefetch_adaptive_outcome(struct rte_aether_prefetch_adaptive *stream, uint32_t used);

/** Read the counters of a stream. */
__rte_experimental
void
rte_aether_prefetch_adaptive_stats_get(const struct rte_aether_prefetch_adaptive *stream,
		struct rte_aether_prefetch_adaptive_stats *stats);

/** Set the counters of a stream to 0; what it has learnt stays. */
__rte_experimental
void
rte_aether_prefetch_adaptive_stats_reset(struct rte_aether_prefetch_adaptive *stream);

#ifdef __cplusplus
}
#endif

#endif /* RTE_AETHER_PREFETCH_ADAPTIVE_H */
