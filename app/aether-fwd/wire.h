/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_WIRE_H
#define AETHER_FWD_WIRE_H

#include <stdbool.h>
#include <stdint.h>

/** A latency distribution, in nanoseconds. */
struct fwd_latency {
	uint64_t count; /**< packets measured; 0: the rest is meaningless */
	uint64_t min;
	uint64_t p50;
	uint64_t p90;
	uint64_t p99;
	uint64_t p999;
	uint64_t p9999;
	uint64_t max;
	double mean;
	double jitter;  /**< standard deviation */
};

/** What the wire of a port has seen, when the port's driver has a wire that counts and stamps. */
struct fwd_wire {
	bool available;  /**< false: the rest is meaningless */
	bool on_model;   /**< the device is the embedded model, not hardware */
	bool finished;   /**< the wire's source has nothing more to bring */
	uint64_t rx_offered;
	uint64_t rx_delivered;
	uint64_t rx_dropped;
	uint64_t rx_dropped_in_stall;
	uint64_t rx_pending;
	uint64_t tx_packets;
	uint64_t tx_dropped;
	uint64_t late_max_ns;
	uint64_t late_mean_ns;
	uint64_t stall_windows;
	uint64_t stall_ns;
	uint64_t stall_max_ns;
	uint64_t elapsed_ns;
	uint64_t dma_faults; /**< accesses that the device's IOMMU blocked */
	uint64_t mdd_events; /**< malicious driver detections */
	struct fwd_latency all;   /**< every stamped packet that left through the port */
	struct fwd_latency clear; /**< those that no stall window touched */
};

/** Ask the port's driver what its wire has seen; wire->available says whether it could tell. */
void fwd_wire_read(uint16_t port, struct fwd_wire *wire);

/**
 * Put back what the wire had brought, and the stalls that it had seen, at an earlier time.
 *
 * @param wire
 *   Read later; keeps what left through the port and how long that took.
 * @param before
 *   Read earlier from the same port.
 */
void fwd_wire_put_back_rx(struct fwd_wire *wire, const struct fwd_wire *before);

/**
 * Is each packet that the wire offered either delivered, counted as dropped, or still on it?
 *
 * @return
 *   offered - (delivered + dropped + pending); 0 when it adds up.
 */
int64_t fwd_wire_unaccounted(const struct fwd_wire *wire);

#endif /* AETHER_FWD_WIRE_H */
