/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef RTE_AETHER_PARTITION_NOISE_H
#define RTE_AETHER_PARTITION_NOISE_H

/**
 * @file
 * What still takes a CPU away, measured and explained.
 *
 * An lcore asks for the time again and again; when more has passed than it should, somebody else has
 * had the CPU: a gap. A helper thread on another CPU finds out what happened meanwhile: by the
 * kernel's trace events where these may be had, else by its counters.
 *
 * In an application: rte_aether_partition_watch_start() once; in each lcore's loop
 * rte_aether_partition_noise_tick() with what rte_aether_partition_noise_start() gave to that lcore.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_compat.h>
#include <rte_cycles.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What an lcore needs for each tick. The rest is the library's. */
struct rte_aether_partition_noise {
	uint64_t last;		/**< TSC of the last tick */
	uint64_t threshold;	/**< TSC cycles between ticks from which on it is a gap */
};

/** A gap was found. Called by the tick. */
__rte_experimental
void rte_aether_partition_noise_gap(struct rte_aether_partition_noise *noise, uint64_t now);

/**
 * Look at the time, where the loop has read it already: compares if nothing has happened. By the
 * thread that called rte_aether_partition_noise_start() alone.
 *
 * @param now the TSC
 */
static inline void
rte_aether_partition_noise_tick_at(struct rte_aether_partition_noise *noise, uint64_t now)
{
	if (unlikely(now - noise->last > noise->threshold))
		rte_aether_partition_noise_gap(noise, now);
	/* The helper reads it. This is a plain store. */
	__atomic_store_n(&noise->last, now, __ATOMIC_RELAXED);
}

/** The same for a loop that has not: one TSC read more. */
static inline void
rte_aether_partition_noise_tick(struct rte_aether_partition_noise *noise)
{
	rte_aether_partition_noise_tick_at(noise, rte_rdtsc());
}

/**
 * What has passed since the last tick is no gap: the loop has slept or waited by its own will, as in
 * rte_power's callbacks, rte_epoll_wait() or a sleep in a quiet hour. To be called behind that. A gap
 * within the wait is not told of, and the time goes for one in which nobody took the CPU away.
 */
static inline void
rte_aether_partition_noise_resume(struct rte_aether_partition_noise *noise)
{
	__atomic_store_n(&noise->last, rte_rdtsc(), __ATOMIC_RELAXED);
}

/**
 * Begin to look, in the calling thread, which should be bound to one CPU.
 *
 * @param threshold_us what is no gap yet, in microseconds: more than a turn of the loop takes
 * @return to be given to rte_aether_partition_noise_stop(); NULL: no memory
 */
__rte_experimental
struct rte_aether_partition_noise *rte_aether_partition_noise_start(double threshold_us);

/** Look no more. What was found stays in reports until rte_aether_partition_watch_stop(). */
__rte_experimental
void rte_aether_partition_noise_stop(struct rte_aether_partition_noise *noise);

/** Who or what had the CPU for a part of a gap. */
struct rte_aether_partition_share {
	const char *kind;	/**< "task", "interrupt", ...: as in JSON */
	const char *name;	/**< as in the table of causes, printable ASCII */
	double us;		/**< how long, in microseconds */
};

/** A gap that was found, and explained. */
struct rte_aether_partition_gap {
	uint64_t begin_ns;	/**< when it began, by CLOCK_MONOTONIC, in nanoseconds */
	unsigned int cpu;
	double us;		/**< its length, in microseconds: what its shares sum up to */
	unsigned int n_shares;	/**< at least 1 */
	const struct rte_aether_partition_share *shares;	/**< most of it first */
};

/** How to find out about causes. All zero will do. */
struct rte_aether_partition_watch_conf {
	const char *cpus;	/**< where the helper thread may run, a list; NULL: where it is put */
	bool no_trace;		/**< by the kernel's counters alone */
	unsigned int interval_ms;	/**< between two looks; 0: 50 */
	/**
	 * Is called for each gap, by the helper thread, within a look or two of its end. What it is
	 * given is there for the call only. It must not call this library. NULL: nobody is.
	 */
	void (*gap)(void *ctx, const struct rte_aether_partition_gap *gap);
	void *gap_ctx;
};

/**
 * Start the helper thread.
 *
 * @param conf NULL: as all zero
 * @param[out] traced whether the kernel's trace events are to be had; NULL: do not tell
 * @return 0; -EALREADY: it runs; -EINVAL: cpus is no list; negative errno
 */
__rte_experimental
int rte_aether_partition_watch_start(const struct rte_aether_partition_watch_conf *conf,
				     bool *traced);

/** End the helper thread, after a last look. @return 0 or -EALREADY: it does not run */
__rte_experimental
int rte_aether_partition_watch_stop(void);

/** What one thread has seen. */
struct rte_aether_partition_noise_stats {
	unsigned int cpu;
	double seconds;		/**< since it began */
	uint64_t gaps;
	double lost_percent;	/**< share of the time that was in gaps */
	double max_us, p50_us, p99_us, p999_us;	/**< of a gap's length */
};

/** @return the number of threads that look or have looked; at most n are written */
__rte_experimental
unsigned int rte_aether_partition_noise_stats(struct rte_aether_partition_noise_stats *stats,
					      unsigned int n);

/** Print a table of threads, a table of causes, and what can be done about them, worst first. */
__rte_experimental
void rte_aether_partition_noise_print(FILE *out);

/** The same as one JSON object. */
__rte_experimental
void rte_aether_partition_noise_print_json(FILE *out);

/**
 * Measure CPUs, with threads of its own that do nothing else, before an application starts.
 *
 * @param cpus a list
 * @param seconds how long
 * @param conf as of rte_aether_partition_watch_start()
 * @param live is called once a second from the calling thread; false ends it. NULL: nobody is
 * @return 0; -EINVAL: cpus is no list, or has what there is not; -EALREADY; other negative errno
 */
__rte_experimental
int rte_aether_partition_noise_measure(const char *cpus, double seconds, double threshold_us,
				       const struct rte_aether_partition_watch_conf *conf,
				       bool (*live)(void *ctx), void *ctx, bool *traced);

/** Forget what was measured, of threads that look no more. */
__rte_experimental
void rte_aether_partition_noise_forget(void);

#ifdef __cplusplus
}
#endif

#endif /* RTE_AETHER_PARTITION_NOISE_H */
