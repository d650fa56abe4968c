/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_PORTS_H
#define AETHER_FWD_PORTS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "options.h"
#include "plan.h"
#include "wire.h"

/** A port of the run, from its opening to the report. */
struct fwd_port {
	uint16_t id;
	char name[RTE_ETH_NAME_MAX_LEN];
	char driver[64];
	struct rte_ether_addr mac;
	int socket;
	uint16_t mtu;
	uint16_t rxd;
	uint16_t txd;
	bool configured;
	bool started;
	bool link_up;
	uint32_t link_mbps;
	uint64_t rx_capa;
	uint64_t tx_capa;
	uint32_t frame; /**< longest frame at this MTU, bytes */
	struct rte_eth_stats stats; /**< of the device; valid after fwd_ports_read_tx() */
	struct fwd_wire wire;       /**< likewise */
};

/** All ports of the run and the buffers that they share. */
struct fwd_ports {
	struct fwd_port port[RTE_MAX_ETHPORTS];
	unsigned int nb;
	struct rte_mempool *pool;
	uint32_t pool_size;     /**< buffers */
	unsigned int pool_sets; /**< L1 sets over which the mbuf headers are spread, of 64 */
	uint16_t data_room;
	bool scatter;           /**< packets may span several mbufs */
};

/**
 * Configure every port of the plan and set up its queues, with one buffer pool for all.
 *
 * @param ports
 *   Zeroed by the caller; on failure fwd_ports_close() frees what was made.
 * @return
 *   0, or a negative errno after a message on standard error.
 */
int fwd_ports_open(struct fwd_ports *ports, const struct fwd_plan *plan,
		   const struct fwd_options *opt);

/**
 * Start every port, its device counters at zero.
 *
 * @return
 *   0, or a negative errno after a message on standard error.
 */
int fwd_ports_start(struct fwd_ports *ports, const struct fwd_options *opt);

/**
 * Wait for the links of all ports, at most timeout_ms or until *interrupt is non-zero.
 *
 * A port whose link stays down is named on standard error; the run goes on.
 */
void fwd_ports_wait_link(struct fwd_ports *ports, unsigned int timeout_ms,
			 const volatile sig_atomic_t *interrupt);

/**
 * Read what device and wire have received, when the port is polled for the last time: an endless
 * source goes on, and what it brings after that is not the run's.
 */
void fwd_port_read_rx(struct fwd_port *port);

/** Read what devices and wires have sent, once that has settled, into each port's counters. */
void fwd_ports_read_tx(struct fwd_ports *ports);

/**
 * Wait until the devices have counted every packet as sent, or their counts stand still.
 *
 * @param sent
 *   Packets that the drivers took for sending, over all ports.
 */
void fwd_ports_settle_tx(struct fwd_ports *ports, uint64_t sent);

/** Stop every started port. Returns 0, or the first error after a message. */
int fwd_ports_stop(struct fwd_ports *ports);

/**
 * Close every port and free the pool.
 *
 * @return
 *   The number of buffers that did not come back to the pool: 0 unless something leaked.
 */
unsigned int fwd_ports_close(struct fwd_ports *ports);

#endif /* AETHER_FWD_PORTS_H */
