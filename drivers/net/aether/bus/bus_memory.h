/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef BUS_MEMORY_H
#define BUS_MEMORY_H

/**
 * @file
 * EAL's memory, given to a device: all that there is, and what comes and goes later. Doors differ
 * in how a piece of it is mapped.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_memory.h>

/** Who follows EAL's memory. */
struct aether_bus_memory {
	const char *name;		/**< of the port, for the log */
	/** Called with EAL's memory locked. 0 or negative errno is returned, which is logged. */
	int (*map)(void *ctx, void *va, uint64_t iova, size_t len);
	int (*unmap)(void *ctx, void *va, uint64_t iova, size_t len);
	void *ctx;
	/* Private. */
	char event[RTE_MEM_EVENT_CALLBACK_NAME_LEN];
	bool following;
};

/**
 * Map all memory, also that of external heaps, and what EAL adds from now on. Memory that an
 * application has registered by itself (rte_extmem_register()) is left to rte_dev_dma_map().
 *
 * @return 0, or the first error of map(): what has been mapped stays so; or of EAL
 */
int aether_bus_memory_start(struct aether_bus_memory *memory);
/** map() and unmap() are not called any more. What is mapped stays so. */
void aether_bus_memory_stop(struct aether_bus_memory *memory);

#endif /* BUS_MEMORY_H */
