/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PROBE_H
#define AETHER_PROBE_H

/**
 * @file
 * What the drivers on DPDK's buses have in common: a port from its name and devargs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aether_devargs.h"

struct rte_device;

/**
 * Probe a port: in the primary process open its device, in a secondary one attach to the primary.
 *
 * @param device that the port belongs to, as its bus knows it; gives name and NUMA node
 * @param devargs text, NULL: none
 * @return 0 or negative errno, the reason logged
 */
int aether_probe(struct rte_device *device, const char *devargs, enum aether_devargs_form form);
/** Close the port of that device, if it is still there. @return 0 or negative errno */
int aether_remove(const struct rte_device *device);
/**
 * rte_dev_dma_map() and _unmap(): memory that EAL did not allocate.
 *
 * @return 0, or -1 with rte_errno
 */
int aether_dma(const struct rte_device *device, void *va, uint64_t iova, size_t len, bool map);

#endif /* AETHER_PROBE_H */
