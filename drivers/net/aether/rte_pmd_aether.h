/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef RTE_PMD_AETHER_H
#define RTE_PMD_AETHER_H

/**
 * @file
 * What a net_aether port offers beyond rte_eth_*: the wire of the embedded device model, seen
 * from outside the device. Everything here is measured on the device model, never on hardware.
 *
 * All calls are for the control path: they take the lock of the model and may wait for the step
 * in progress, some microseconds. They may be made from any thread while bursts run, in the
 * process that probed the port.
 *
 * Errors that all of them share: -ENODEV, no such port; -ENOTSUP, the port is not driven by
 * net_aether, is not on the embedded model, or belongs to another process.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A latency distribution in nanoseconds. All fields are zero when count is. */
struct rte_pmd_aether_latency {
	uint64_t count;		/**< packets measured */
	uint64_t min;
	uint64_t p50;
	uint64_t p90;
	uint64_t p99;
	uint64_t p999;		/**< 99.9th percentile */
	uint64_t p9999;		/**< 99.99th percentile */
	uint64_t max;
	double mean;
	double stddev;
};

/**
 * What the wire of a port has done since it was made or since the last reset. A packet is counted
 * once, bytes do not include the FCS.
 */
struct rte_pmd_aether_wire_stats {
	/*
	 * From the wire to the port (Rx). At any moment
	 * rx_offered = rx_delivered + rx_dropped + rx_pending.
	 */
	uint64_t rx_offered;		/**< packets that the wire brought (for gen: were due) */
	uint64_t rx_offered_bytes;
	uint64_t rx_delivered;		/**< put into buffers of the application */
	uint64_t rx_dropped;		/**< no descriptor, link down, filtered, or an error */
	uint64_t rx_dropped_in_stall;	/**< of rx_dropped, those inside stall windows */
	uint64_t rx_pending;		/**< on the wire now; only a lossless one waits */
	/* From the port to the wire (Tx). */
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t tx_dropped;		/**< far end full or down, or the capture not writable */
	/* Lateness of the generator against its own schedule, in nanoseconds. */
	uint64_t gen_late_max_ns;
	uint64_t gen_late_mean_ns;
	/*
	 * Stall windows: a core (the model's, or the one that polls the port) was away for more
	 * than 20 us, until the backlog that it left is gone.
	 */
	uint64_t stall_windows;		/**< how many */
	uint64_t stall_ns;		/**< total length; their share is stall_ns / elapsed_ns */
	uint64_t stall_max_ns;		/**< the longest */
	uint64_t elapsed_ns;		/**< since the wire was made or reset */
	/* Wire to wire, of the stamped packets that left through this port. */
	struct rte_pmd_aether_latency latency;		/**< all of them */
	struct rte_pmd_aether_latency latency_clear;	/**< those that no stall window touched */
	bool finished;			/**< the source has nothing more to bring */
};

/** What happened inside the device model that no register of an E810 shows. */
struct rte_pmd_aether_model_stats {
	uint64_t dma_faults;		/**< accesses outside the mapped memory; all were blocked */
	uint64_t dma_fault_iova;	/**< address of the last one */
	uint64_t aq_commands;		/**< admin commands handled */
	uint64_t aq_errors;		/**< of these, answered with an error */
	uint64_t aq_unmodelled;		/**< of these, with an opcode unknown to the model */
	uint64_t mdd_events;		/**< malicious driver detections */
	uint64_t interrupts;
	uint64_t steps;
};

/**
 * Whether a port is driven by net_aether on the embedded model, in this process: whether the
 * other calls here work on it.
 *
 * @param port_id
 *   Any number; a port that does not exist is not supported.
 */
__rte_experimental
bool rte_pmd_aether_is_model(uint16_t port_id);

/**
 * Read what the wire of a port has done.
 *
 * @param port_id
 *   Port of net_aether on the embedded model.
 * @param[out] stats
 *   Filled on success.
 * @return
 *   0, -ENODEV, -ENOTSUP (see above), or -EINVAL when stats is NULL.
 */
__rte_experimental
int rte_pmd_aether_wire_stats_get(uint16_t port_id, struct rte_pmd_aether_wire_stats *stats);

/**
 * Start counting from zero. A schedule in progress goes on, and so do the counters that the
 * device itself keeps (rte_eth_stats_get()).
 *
 * @param port_id
 *   Port of net_aether on the embedded model.
 * @return
 *   0, -ENODEV or -ENOTSUP (see above).
 */
__rte_experimental
int rte_pmd_aether_wire_stats_reset(uint16_t port_id);

/**
 * Whether the source of the wire (a capture, a generator with count=) has nothing more to bring
 * and nothing of it waits on the wire.
 *
 * @param port_id
 *   Port of net_aether on the embedded model.
 * @return
 *   1 or 0, -ENODEV or -ENOTSUP (see above).
 */
__rte_experimental
int rte_pmd_aether_wire_finished(uint16_t port_id);

/**
 * Pull the cable out of a port, or plug it in again. The port sees its link change as it would on
 * hardware: by an event of the firmware.
 *
 * @param port_id
 *   Port of net_aether on the embedded model.
 * @param up
 *   false pulls, true plugs.
 * @return
 *   0, -ENODEV or -ENOTSUP (see above).
 */
__rte_experimental
int rte_pmd_aether_link_set(uint16_t port_id, bool up);

/**
 * Read what happened inside the device model.
 *
 * @param port_id
 *   Port of net_aether on the embedded model.
 * @param[out] stats
 *   Filled on success.
 * @return
 *   0, -ENODEV, -ENOTSUP (see above), or -EINVAL when stats is NULL.
 */
__rte_experimental
int rte_pmd_aether_model_stats_get(uint16_t port_id, struct rte_pmd_aether_model_stats *stats);

/** A port as the firmware of the device model sees it. Strings are constants. */
struct rte_pmd_aether_model_port {
	const char *reason;	/**< why there is no link; "up" */
	const char *fec;	/**< in force: "none", "BASE-R", "RS" */
	bool led_blinks;	/**< the port identifies itself */
	uint16_t pause_quanta;	/**< time of a pause frame, in 512 bit times */
};

/**
 * Read what the firmware of the device model made of the settings of a port.
 *
 * @param port_id
 *   Port of net_aether on the embedded model.
 * @param[out] state
 *   Filled on success.
 * @return
 *   0, -ENODEV, -ENOTSUP (see above), or -EINVAL when state is NULL.
 */
__rte_experimental
int rte_pmd_aether_model_port_get(uint16_t port_id, struct rte_pmd_aether_model_port *state);

/**
 * The devargs of a port on the embedded model, and the grammar of its wires, for a help text.
 *
 * @return
 *   Lines of text, a constant.
 */
__rte_experimental
const char *rte_pmd_aether_help(void);

#ifdef __cplusplus
}
#endif

#endif /* RTE_PMD_AETHER_H */
