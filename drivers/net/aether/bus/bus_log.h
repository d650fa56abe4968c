/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef BUS_LOG_H
#define BUS_LOG_H

#include <rte_log.h>

extern int aether_bus_logtype;

/** @param bus something with a name: that of the port */
#define BUS_LOG(level, bus, fmt, ...) \
	rte_log(RTE_LOG_ ## level, aether_bus_logtype, "net_aether %s: " fmt "\n", \
		(bus)->name, ## __VA_ARGS__)

#endif /* BUS_LOG_H */
