/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_BUS_H
#define AETHER_BUS_H

/**
 * @file
 * How registers and DMA reach a device. One interface, several doors (kernel VFIO, a vfio-user
 * socket, the in-process model); none knows what an E810 is.
 *
 * A bus handle belongs to one process: it holds function pointers and mappings.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aether_bus;

/** What a door provides. Unless said otherwise 0 or negative errno is returned. */
struct aether_bus_ops {
	const char *name;
	uint32_t (*reg_read)(struct aether_bus *bus, uint32_t offset);
	void (*reg_write)(struct aether_bus *bus, uint32_t offset, uint32_t value);
	/** PCI configuration space; returns bytes read. */
	int (*config_read)(struct aether_bus *bus, void *buf, size_t len, uint32_t offset);
	/** Give the device access to [va, va + len) at iova, for external memory. */
	int (*dma_map)(struct aether_bus *bus, void *va, uint64_t iova, size_t len);
	int (*dma_unmap)(struct aether_bus *bus, void *va, uint64_t iova, size_t len);
	/** Route interrupt vector to an eventfd (-1: none). */
	int (*irq_bind)(struct aether_bus *bus, unsigned int vector, int eventfd);
	unsigned int (*irq_count)(const struct aether_bus *bus);
	/**
	 * A descriptor that becomes readable when the device is about to go, or gone, and stays so
	 * whoever reads it; -1: this door has none. It is the bus's own.
	 */
	int (*removal_fd)(const struct aether_bus *bus);
	/** Give everything back; bus is freed. */
	void (*close)(struct aether_bus *bus);
};

struct aether_bus {
	const struct aether_bus_ops *ops;
	/** BAR 0 as memory, for doorbells only (MMIO on hardware, shared memory on the model). */
	uint8_t *bar0;
	size_t bar0_len;
	/** The file behind bar0, and where in it BAR 0 begins: a secondary process maps that at
	 * the same address. The bus's own; -1: there is none. */
	int bar0_fd;
	uint64_t bar0_offset;
};

static inline uint32_t
aether_bus_read32(struct aether_bus *bus, uint32_t offset)
{
	return bus->ops->reg_read(bus, offset);
}

static inline void
aether_bus_write32(struct aether_bus *bus, uint32_t offset, uint32_t value)
{
	bus->ops->reg_write(bus, offset, value);
}

/** Address of a doorbell register, for the data path to store to. */
static inline volatile uint32_t *
aether_bus_doorbell(struct aether_bus *bus, uint32_t offset)
{
	return (volatile uint32_t *)(void *)(bus->bar0 + offset);
}

/** Options of the in-process door, as devargs give them; NULL strings mean the default. */
struct aether_bus_model_conf {
	const char *name;
	const char *wire;
	const char *pcap;		/* NULL: none */
	const char *fault;
	uint16_t device_id;		/**< 0: the model's default */
	const char *media, *fec;
	uint32_t speed_mbps;
	int cpu;			/**< of the service thread; -1: chosen */
	const uint8_t *mac;		/**< NULL: derived from the name */
	const char *card;		/**< NULL: a card of its own */
	uint8_t pf;			/**< function of the card */
	bool ddp_preloaded;		/**< else the driver has to download a package */
};

/**
 * Open the in-process model: power it on, map all EAL memory (and what comes later) for DMA, add
 * it to the service thread.
 *
 * @param[out] bus the open door
 * @return 0 or negative errno (aether_model_create()'s, or of the memory walk)
 */
int aether_bus_model_open(const struct aether_bus_model_conf *conf, struct aether_bus **bus);

struct aether_model;
/** The model behind an open door, NULL when the bus is another. */
struct aether_model *aether_bus_model_get(struct aether_bus *bus);

/** What the door through the kernel's VFIO opens. */
struct aether_bus_vfio_conf {
	const char *name;		/**< of the port, for the log */
	const char *bdf;		/**< of the PCI function, as 0000:18:00.0 */
	bool noiommu;			/**< without an IOMMU, if the kernel offers that */
	/** Whether the driver above has use for such a function: what it has not is not touched. */
	bool (*known)(uint16_t vendor, uint16_t device);
};

/**
 * Open a PCI function that is bound to vfio-pci. EAL's memory is mapped for it, and what EAL adds.
 *
 * @param[out] bus the open door
 * @return 0 or negative errno, the reason and what to do about it logged
 */
int aether_bus_vfio_open(const struct aether_bus_vfio_conf *conf, struct aether_bus **bus);
/**
 * Log why a PCI function cannot be opened, if no driver of the kernel has it, or it is of another
 * kind. DPDK's PCI bus passes over such a one without a word.
 */
void aether_bus_vfio_explain_unbound(const struct aether_bus_vfio_conf *conf);
/** NUMA node of a PCI function, as sysfs has it; -1: not known. */
int aether_bus_vfio_numa_node(const char *bdf);

/** What the door through a vfio-user socket opens. */
struct aether_bus_vfio_user_conf {
	const char *name;		/**< of the port, for the log */
	const char *socket;		/**< path of the server's socket */
};

/**
 * Open the device of a vfio-user server: reset it, let it be bus master, give it all of EAL's
 * memory and what comes later. The server must be trusted with that memory.
 *
 * @param[out] bus the open door
 * @return 0 or negative errno, the reason logged: of the connection, -ENODEV (no E810, or a server
 *   that cannot be followed), -ENOTSUP (doorbells are no memory, or EAL's memory has no files),
 *   -EPERM (doorbells that could go away), -ENOSPC (the server takes less memory)
 */
int aether_bus_vfio_user_open(const struct aether_bus_vfio_user_conf *conf,
			      struct aether_bus **bus);

#endif /* AETHER_BUS_H */
