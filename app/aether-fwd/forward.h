/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_FORWARD_H
#define AETHER_FWD_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#include <rte_aether_partition_noise.h>

#include "cost.h"
#include "options.h"
#include "stall.h"
#include "transform.h"

/** After a signal, receive must be quiet for this long before an lcore leaves. */
#define FWD_DRAIN_QUIET_MS 50
/** An lcore leaves this long after the stop, whatever still arrives or waits. */
#define FWD_DRAIN_BOUND_MS 1000

/** Why a run ended. */
enum fwd_stop {
	FWD_STOP_NONE,
	FWD_STOP_SIGNAL,
	FWD_STOP_DURATION,
	FWD_STOP_PACKETS,
	FWD_STOP_IDLE,
};

/** What main and the lcores tell each other. Read each iteration, written once or twice a run. */
struct __rte_cache_aligned fwd_control {
	uint32_t go;             /**< non-zero: the ports are started, poll them */
	uint32_t stop;           /**< enum fwd_stop; the first reason stays */
	uint32_t abort;          /**< non-zero: leave at once, without draining */
	uint64_t packet_limit;   /**< an lcore that received this many asks for the stop */
	uint64_t drain_quiet;    /**< TSC cycles */
	uint64_t drain_bound;    /**< TSC cycles */
};

/** Counters of a stream: written by its lcore only, read by main at any time. */
struct __rte_cache_aligned fwd_counters {
	uint64_t rx;
	uint64_t tx;
	uint64_t tx_dropped; /**< freed because the Tx ring stayed full */
	uint64_t runts;      /**< forwarded unchanged: no whole Ethernet header */
	uint64_t first_tsc;  /**< iteration that received the first packet, 0: none yet */
	uint64_t last_tsc;   /**< latest iteration that moved a packet */
};

_Static_assert(sizeof(struct fwd_counters) == RTE_CACHE_LINE_SIZE,
	       "main's reads of the counters must cost the lcore one cache line only");

/** One way from a port's Rx queue 0 to a port's Tx queue 0. */
struct __rte_cache_aligned fwd_stream {
	uint16_t rx_port;
	uint16_t tx_port;
	uint16_t burst;
	uint16_t waiting;    /**< packets in pkts[] that Tx has not taken yet */
	uint16_t next;       /**< index of the first of them */
	uint32_t tries;      /**< iterations they have waited */
	uint32_t max_tries;
	struct fwd_mac_rewrite mac;
	struct rte_mbuf *pkts[FWD_MAX_BURST];
	struct fwd_counters counters;
};

/** An lcore's share of the work and what it saw. */
struct __rte_cache_aligned fwd_lcore {
	struct fwd_stall stall;
	struct rte_aether_partition_noise *noise; /**< NULL: gaps are not looked for */
	uint64_t received;
	uint64_t last_moved;     /**< TSC */
	uint64_t drain_start;    /**< TSC at which the stop was seen; 0: not yet */
	uint64_t due;            /**< TSC at which something beside forwarding is to be done */
	uint64_t housekeep_next; /**< TSC; UINT64_MAX where another thread does it */
	uint64_t housekeep_every;
	void (*housekeep)(void *arg);
	void (*leaving)(void *arg, const struct fwd_lcore *lcore); /**< called after the last Rx */
	void *arg;               /**< of both */
	struct fwd_cost *cost;   /**< NULL: what noise costs is not measured */
	struct fwd_control *control;
	uint16_t nb_streams;
	uint16_t id;
	uint32_t noise_us;       /**< from which gap on to look for causes; 0: never */
	enum fwd_mode mode;
	uint64_t start_tsc;
	uint64_t end_tsc;
	struct fwd_stream *streams[FWD_MAX_STREAMS];
};

/**
 * Ask all lcores to drain and leave. Callable from any thread; not from a signal handler.
 *
 * @param reason
 *   Kept if it is the first one.
 */
void fwd_request_stop(struct fwd_control *control, enum fwd_stop reason);

/**
 * Wait for control's go, then forward on this lcore until control says stop and the drain is
 * over. A stop that comes before the go returns at once.
 *
 * @param arg
 *   The lcore's struct fwd_lcore.
 * @return
 *   0
 */
int fwd_lcore_run(void *arg);

/** Read a counter that its lcore may be writing. */
static inline uint64_t
fwd_counter_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif /* AETHER_FWD_FORWARD_H */
