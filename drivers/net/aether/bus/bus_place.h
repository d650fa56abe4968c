/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef BUS_PLACE_H
#define BUS_PLACE_H

#include <stddef.h>

/**
 * Where BAR 0 shall be. A secondary process must map it at the same address, so it lies behind
 * EAL's memory, which they all have at the same place, and far from where libraries and stacks
 * are put at random. Each call gives the place behind the one before; DPDK's buses probe one
 * device at a time.
 */
void *aether_bus_place(size_t len);

#endif /* BUS_PLACE_H */
