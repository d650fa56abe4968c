/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef BUS_VFIO_H
#define BUS_VFIO_H

/**
 * @file
 * Parts of the door through the kernel's VFIO: bus_vfio.c opens and closes, bus_vfio_irq.c has
 * interrupts, bus_vfio_dma.c memory that is not EAL's.
 */

#include <stdint.h>

#include <rte_pci.h>

#include "aether_bus.h"

struct bus_vfio {
	struct aether_bus bus;		/* first: the door's handle is its address */
	char name[64];			/* of the port */
	char bdf[PCI_PRI_STR_SIZE];
	struct bus_vfio *next;		/* of those that this process has open */
	int device_fd;			/* -1: not handed over */
	int removal_fd;			/* eventfd; -1: the kernel tells nothing */
	uint64_t config_offset, config_len;	/* configuration space in the device's file */
	/* The eventfd of each vector, -1: none; how many there are, and are enabled. */
	int *eventfds;
	unsigned int n_vectors, n_enabled;
};

static inline struct bus_vfio *
to_vfio(const struct aether_bus *bus)
{
	return (struct bus_vfio *)(uintptr_t)bus;
}

/* bus_vfio_irq.c */

/** Ask what interrupts there are, and to be told when the kernel wants the device back. */
int bus_vfio_irq_init(struct bus_vfio *bus);
/** No interrupt comes after return. */
void bus_vfio_irq_fini(struct bus_vfio *bus);
int bus_vfio_irq_bind(struct aether_bus *bus, unsigned int vector, int eventfd);

/* bus_vfio_dma.c */

int bus_vfio_dma_map(struct aether_bus *bus, void *va, uint64_t iova, size_t len);
int bus_vfio_dma_unmap(struct aether_bus *bus, void *va, uint64_t iova, size_t len);
/** Give back what the user of this device has mapped and not unmapped. */
void bus_vfio_dma_fini(struct bus_vfio *bus);

#endif /* BUS_VFIO_H */
