/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_PLAN_H
#define AETHER_FWD_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

/** The ports and lcores that EAL found. */
struct fwd_host_view {
	uint16_t ports[RTE_MAX_ETHPORTS];
	unsigned int nb_ports;
	uint16_t workers[RTE_MAX_LCORE]; /**< lcore ids without the main one */
	unsigned int nb_workers;
	uint16_t main_lcore;
};

/** One way from a port's Rx queue 0 to a port's Tx queue 0, and the lcore that walks it. */
struct fwd_plan_stream {
	uint16_t rx_port;
	uint16_t tx_port;
	uint16_t lcore;
};

/** Who forwards what. */
struct fwd_plan {
	struct fwd_plan_stream streams[FWD_MAX_STREAMS];
	unsigned int nb_streams;
	uint16_t ports[RTE_MAX_ETHPORTS]; /**< every port that a stream uses, once */
	unsigned int nb_ports;
};

/**
 * Decide which lcore forwards between which ports.
 *
 * @param opt
 *   The parsed options.
 * @param host
 *   What there is to forward on.
 * @param plan
 *   Filled with the result.
 * @param err
 *   On failure: what was found, what was wanted and what to do.
 * @param errlen
 *   Size of err in bytes.
 * @return
 *   0; -ENODEV without a port; -EINVAL when the options do not fit the host.
 */
int fwd_plan_make(const struct fwd_options *opt, const struct fwd_host_view *host,
		  struct fwd_plan *plan, char *err, size_t errlen);

#endif /* AETHER_FWD_PLAN_H */
