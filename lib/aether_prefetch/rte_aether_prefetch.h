/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef RTE_AETHER_PREFETCH_H
#define RTE_AETHER_PREFETCH_H

/**
 * @file
 * Whether to prefetch, decided by the POVM policy of aether-link 0.2.0 (here: the reference).
 *
 * A stream is a sequence of windows, each a few addresses (logical block addresses, in the order
 * of access). For each window the policy extracts six features, encodes them as a point on the
 * Bloch sphere, measures that with three observables along a basis that follows the measurements,
 * and compares a probability with a threshold that follows them too.
 *
 * Two builds of the arithmetic: exact, which gives the reference's numbers bit for bit, and fast,
 * which stays within 2e-6 of them. Neither depends on the C library, on the caller's MXCSR (no
 * denormal is ever made or read: the one value that decays without end is kept scaled), or on
 * anything but its arguments; floating point must round to nearest. Nothing is allocated, no call
 * blocks or fails after initialisation, and there is no global state: any lcore may use any
 * stream, one at a time. A stream is plain data and may be copied, or lie in shared memory.
 *
 * The reference's decision settles on a constant for each stream (docs/aether_prefetch.md). What
 * to prefetch, learnt from what earlier prefetches were good for: rte_aether_prefetch_adaptive.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Streams that are decided together by rte_aether_prefetch_bulk_decide(). */
#define RTE_AETHER_PREFETCH_LANES	16
/** Deltas of a stream that the feature "context" looks back on. */
#define RTE_AETHER_PREFETCH_RING	16

/** Build of the arithmetic. */
enum rte_aether_prefetch_arithmetic {
	RTE_AETHER_PREFETCH_EXACT,	/**< the reference's, bit for bit */
	RTE_AETHER_PREFETCH_FAST,	/**< within 2e-6 of it */
};

/** Presets of the reference. */
enum rte_aether_prefetch_preset {
	RTE_AETHER_PREFETCH_DEFAULT,
	RTE_AETHER_PREFETCH_HFT,
	RTE_AETHER_PREFETCH_GAMING,
};

/**
 * What a stream begins with. Each value is finite, and 0 or at least 2^-40 in magnitude.
 */
struct rte_aether_prefetch_params {
	float epsilon;		/**< threshold of the probability, 0 to 1; clamped to [0.1, 0.9]
				 * when the first window has been measured */
	float phi;		/**< angle of the basis in radians, -64 to 64 */
	float lambda[3];	/**< rates of threshold and basis, slope of the probability;
				 * -64 to 64 each */
	float bias;		/**< of the probability, -64 to 64 */
};

/** What one window was measured as. */
struct rte_aether_prefetch_observation {
	float telemetry[6];	/**< delta, velocity, variance, spectrum, history, context */
	float bloch[3];		/**< rx, ry, rz */
};

/** Counters of a stream. */
struct rte_aether_prefetch_stats {
	uint64_t cycles;	/**< windows decided */
	uint64_t prefetches;	/**< of these, decided to prefetch */
};

/**
 * One stream. Private but for its size; set up by rte_aether_prefetch_init().
 */
struct rte_aether_prefetch {
	/* The next decision waits for phi: not beside epsilon, with which it would be stored, and
	 * loaded after both are known. */
	float phi;
	float lambda[3];
	float bias;
	float epsilon;
	float mean;		/* of the deltas */
	float m2;		/* sum of squared deviations from it */
	float last_delta;
	float energy;		/* negative: scaled by 2^64, so that it is never a denormal */
	/* What the last window was measured as, for the next if it measures the same. */
	float variance;
	float spectrum;
	float context;
	float theta;
	float odds;		/* 1 / probability */
	uint32_t run;		/* windows in a row whose delta was the same, at most 2^31 */
	uint32_t ring_next;
	uint8_t arithmetic;
	uint8_t isa;
	uint8_t reserved[2];
	uint64_t count;		/* windows of two addresses or more */
	uint64_t cycles;
	uint64_t prefetches;
	float ring[RTE_AETHER_PREFETCH_RING];	/* logarithms of the last deltas */
};

/**
 * The parameters of a preset.
 *
 * @param preset
 *   One of enum rte_aether_prefetch_preset.
 * @param params
 *   Where they go.
 * @return
 *   0, or -EINVAL: params is NULL, or there is no such preset.
 */
__rte_experimental
int
rte_aether_prefetch_preset(enum rte_aether_prefetch_preset preset,
		struct rte_aether_prefetch_params *params);

/**
 * Whether a stream can begin with these parameters.
 *
 * @return
 *   0; -EINVAL: params is NULL, or a value is a NaN or infinite; -ERANGE: a value is outside of
 *   the range that struct rte_aether_prefetch_params names.
 */
__rte_experimental
int
rte_aether_prefetch_check(const struct rte_aether_prefetch_params *params);

/**
 * Begin a stream.
 *
 * @param stream
 *   The stream, of any content.
 * @param params
 *   What it begins with.
 * @param arithmetic
 *   Build of the arithmetic.
 * @return
 *   0, or -EINVAL or -ERANGE as rte_aether_prefetch_check(); -EINVAL also if stream is NULL or
 *   there is no such build. The stream is untouched then.
 */
__rte_experimental
int
rte_aether_prefetch_init(struct rte_aether_prefetch *stream,
		const struct rte_aether_prefetch_params *params,
		enum rte_aether_prefetch_arithmetic arithmetic);

/**
 * Decide for the next window of a stream.
 *
 * @param stream
 *   The stream.
 * @param window
 *   Addresses in the order of access, of any values. Only the first and the last are read.
 * @param n
 *   Number of addresses, any. With fewer than two there is nothing to measure: the features are 0
 *   and the stream's statistics stay, but basis and threshold move, as in the reference.
 * @return
 *   Whether to prefetch.
 */
__rte_experimental
bool
rte_aether_prefetch_decide(struct rte_aether_prefetch *stream, const uint64_t *window, size_t n);

/**
 * Decide for the next window of a stream, and tell what it was measured as.
 *
 * @param observation
 *   Gets the measurement.
 * @see rte_aether_prefetch_decide() for the others.
 */
__rte_experimental
bool
rte_aether_prefetch_observe(struct rte_aether_prefetch *stream, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *observation);

/**
 * The features of the next window alone: the stream's statistics move, its basis, threshold and
 * counters stay.
 *
 * @param telemetry
 *   Gets delta, velocity, variance, spectrum, history and context.
 * @see rte_aether_prefetch_decide() for the others.
 */
__rte_experimental
void
rte_aether_prefetch_telemetry(struct rte_aether_prefetch *stream, const uint64_t *window,
		size_t n, float telemetry[6]);

/** The threshold of a stream now, and the angle of its basis in radians. */
static inline void
rte_aether_prefetch_state(const struct rte_aether_prefetch *stream, float *epsilon, float *phi)
{
	*epsilon = stream->epsilon;
	*phi = stream->phi;
}

/** Read the counters of a stream. */
__rte_experimental
void
rte_aether_prefetch_stats_get(const struct rte_aether_prefetch *stream,
		struct rte_aether_prefetch_stats *stats);

/** Set the counters of a stream to 0; what it has learnt stays. */
__rte_experimental
void
rte_aether_prefetch_stats_reset(struct rte_aether_prefetch *stream);

/**
 * Many streams with the same parameters, decided together with the fast arithmetic: AVX-512 or
 * AVX2 where CPU and EAL (--force-max-simd-bitwidth) allow it. Private but for its address.
 */
struct rte_aether_prefetch_bulk;

/** The windows of one bulk decision, an array a property; element i belongs to stream i. */
struct rte_aether_prefetch_spans {
	const uint64_t *first;	/**< first address of each window */
	const uint64_t *last;	/**< last address of each window */
	const uint16_t *n;	/**< addresses in each window; first and last count from 2 on */
};

/**
 * Bytes that a number of streams needs, aligned to a cache line; 0 if n_streams is 0 or too large.
 */
__rte_experimental
size_t
rte_aether_prefetch_bulk_size(uint32_t n_streams);

/**
 * Begin streams in memory of the caller's.
 *
 * @param memory
 *   rte_aether_prefetch_bulk_size() bytes, aligned to a cache line (RTE_CACHE_LINE_SIZE).
 * @param n_streams
 *   Number of streams, 1 or more.
 * @param params
 *   What each begins with.
 * @param bulk
 *   Gets the streams; they are in that memory and nowhere else.
 * @return
 *   0; -EINVAL: a pointer is NULL, the memory is not aligned, n_streams is 0 or too large;
 *   otherwise as rte_aether_prefetch_check().
 */
__rte_experimental
int
rte_aether_prefetch_bulk_init(void *memory, uint32_t n_streams,
		const struct rte_aether_prefetch_params *params,
		struct rte_aether_prefetch_bulk **bulk);

/**
 * Decide for the next window of each stream.
 *
 * @param bulk
 *   The streams.
 * @param spans
 *   One window a stream.
 * @param decisions
 *   Gets a bit a stream, stream i in bit i % 16 of element i / 16; bits beyond the last stream
 *   are 0.
 */
__rte_experimental
void
rte_aether_prefetch_bulk_decide(struct rte_aether_prefetch_bulk *bulk,
		const struct rte_aether_prefetch_spans *spans, uint16_t *decisions);

/**
 * As rte_aether_prefetch_bulk_decide(), and tell what each window was measured as.
 *
 * @param observations
 *   Gets one for each stream.
 */
__rte_experimental
void
rte_aether_prefetch_bulk_observe(struct rte_aether_prefetch_bulk *bulk,
		const struct rte_aether_prefetch_spans *spans, uint16_t *decisions,
		struct rte_aether_prefetch_observation *observations);

/**
 * The features of the next window of each stream alone, as rte_aether_prefetch_telemetry().
 *
 * @param telemetry
 *   Gets four arrays of a multiple of 16 floats, at least n_streams, one after another: delta,
 *   variance, spectrum, context. Velocity is delta / 2 and history 0.8 (both 0 for a window of
 *   fewer than two addresses).
 */
__rte_experimental
void
rte_aether_prefetch_bulk_telemetry(struct rte_aether_prefetch_bulk *bulk,
		const struct rte_aether_prefetch_spans *spans, float *telemetry);

/** The threshold of one stream of many, and the angle of its basis; i is below n_streams. */
__rte_experimental
void
rte_aether_prefetch_bulk_state(const struct rte_aether_prefetch_bulk *bulk, uint32_t i,
		float *epsilon, float *phi);

/** The counters of all streams together. */
__rte_experimental
void
rte_aether_prefetch_bulk_stats_get(const struct rte_aether_prefetch_bulk *bulk,
		struct rte_aether_prefetch_stats *stats);

/** Set the counters to 0. */
__rte_experimental
void
rte_aether_prefetch_bulk_stats_reset(struct rte_aether_prefetch_bulk *bulk);

/** The name of the instructions that bulk decisions are made with: "avx512", "avx2", "scalar". */
__rte_experimental
const char *
rte_aether_prefetch_bulk_isa(const struct rte_aether_prefetch_bulk *bulk);

#ifdef __cplusplus
}
#endif

#endif /* RTE_AETHER_PREFETCH_H */
