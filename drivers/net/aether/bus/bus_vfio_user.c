/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The vfio-user door: the device belongs to a server in another process. Registers are messages.
 * Doorbells are memory in a file of the server's, which it must not be able to shrink: a store to
 * what is not in the file would end this process. DMA is the server's to do, in the files behind
 * EAL's memory, which it gets: it has to be trusted with all of that.
 *
 * When the server goes, registers read all ones and doorbells ring unheard.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* seals of files */
#endif

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_eal_memconfig.h>
#include <rte_memory.h>

#include <e810_hw.h>

#include "aether_bus.h"
#include "bus_log.h"
#include "bus_memory.h"
#include "bus_place.h"
#include "vfio_user_client.h"

#define PCI_CONFIG_BYTES	256	/* a device has that many, or 4096 */
#define PCI_COMMAND_OFFSET	4
#define PCI_COMMAND_WANTED	0x0006	/* answer to memory accesses, be bus master */

/** Doorbells that the driver may ring: of so many queues. */
#define DOORBELL_QUEUES		256
static const struct aether_vfu_area doorbells[] = {
	{ QRX_TAIL(0), 4 * DOORBELL_QUEUES },
	{ QTX_COMM_DBELL(0), 4 * DOORBELL_QUEUES },
};

struct bus_vfio_user {
	struct aether_bus bus;		/* first: the door's handle is its address */
	char name[64];
	struct aether_vfu_conn *conn;
	struct aether_vfu_caps caps;
	struct aether_vfu_region bar0;
	unsigned int n_vectors;
	struct aether_bus_memory memory;
	uint32_t n_maps;		/* atomic: memory events come on any thread */
};

static inline struct bus_vfio_user *
to_vfio_user(const struct aether_bus *bus)
{
	return (struct bus_vfio_user *)(uintptr_t)bus;
}

/* ---------------------------------------------------------------- registers ----------------- */

/** A device whose registers cannot be accessed is none. */
static void
register_refused(struct bus_vfio_user *bus, uint32_t offset, int ret)
{
	aether_vfu_conn_refuse(bus->conn, "the server refuses access to register 0x%" PRIx32 ": %s",
			       offset, strerror(-ret));
}

static uint32_t
vfio_user_reg_read(struct aether_bus *handle, uint32_t offset)
{
	struct bus_vfio_user *bus = to_vfio_user(handle);
	uint32_t value;
	int ret;

	ret = aether_vfu_region_read(bus->conn, VFIO_PCI_BAR0_REGION_INDEX, offset, &value,
				     sizeof(value));
	if (ret == 0)
		return rte_le_to_cpu_32(value);
	register_refused(bus, offset, ret);
	return UINT32_MAX;
}

/* Waits until the write is done, for a doorbell that rings after it is no message, and would
 * overtake it. */
static void
vfio_user_reg_write(struct aether_bus *handle, uint32_t offset, uint32_t value)
{
	struct bus_vfio_user *bus = to_vfio_user(handle);
	int ret;

	value = rte_cpu_to_le_32(value);
	ret = aether_vfu_region_write(bus->conn, VFIO_PCI_BAR0_REGION_INDEX, offset, &value,
				      sizeof(value));
	if (ret != 0)
		register_refused(bus, offset, ret);
}

static int
vfio_user_config_read(struct aether_bus *handle, void *buf, size_t len, uint32_t offset)
{
	const int ret = aether_vfu_region_read(to_vfio_user(handle)->conn,
					       VFIO_PCI_CONFIG_REGION_INDEX, offset, buf, len);

	return ret == 0 ? (int)len : ret;
}

static int
vfio_user_irq_bind(struct aether_bus *handle, unsigned int vector, int eventfd)
{
	return aether_vfu_irq_set(to_vfio_user(handle)->conn, VFIO_PCI_MSIX_IRQ_INDEX, vector,
				  eventfd);
}

static unsigned int
vfio_user_irq_count(const struct aether_bus *handle)
{
	return to_vfio_user(handle)->n_vectors;
}

static int
vfio_user_removal_fd(const struct aether_bus *handle)
{
	return aether_vfu_conn_removal_fd(to_vfio_user(handle)->conn);
}

/* ---------------------------------------------------------------- memory -------------------- */

/**
 * The file behind memory, where EAL knows one. EAL's memory is locked.
 *
 * @param[out] offset of va in the file
 * @return a descriptor of EAL's, or -ENOTSUP
 */
static int
file_find(const void *va, uint64_t *offset)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(va);
	struct rte_memseg *ms = msl == NULL ? NULL : rte_mem_virt2memseg(va, msl);
	size_t start;
	int fd;

	if (ms == NULL || msl->external)
		return -ENOTSUP;
	fd = rte_memseg_get_fd_thread_unsafe(ms);
	if (fd < 0 || rte_memseg_get_fd_offset_thread_unsafe(ms, &start) != 0)
		return -ENOTSUP;
	*offset = start + RTE_PTR_DIFF(va, ms->addr);
	return fd;
}

/** The same for all of [va, va + len), which has to be one piece of one file. */
static int
range_file_find(const void *va, size_t len, uint64_t *offset)
{
	const int fd = file_find(va, offset);
	uint64_t last;

	if (fd < 0 || file_find(RTE_PTR_ADD(va, len - 1), &last) != fd ||
	    last - *offset != len - 1)
		return -ENOTSUP;
	return fd;
}

static int
too_many_maps(const struct bus_vfio_user *bus)
{
	BUS_LOG(ERR, bus, "the server takes %" PRIu32 " pieces of memory, and EAL has more, for "
		"each of its pages is one: give EAL larger pages (1 GB), or less memory (-m), or "
		"run with --no-huge, where all of it is one piece", bus->caps.max_dma_maps);
	return -ENOSPC;
}

/* EAL's memory is locked, so its pages stay what they are. */
static int
memory_map(void *ctx, void *va, uint64_t iova, size_t len)
{
	struct bus_vfio_user *bus = ctx;
	uint64_t offset;
	int fd, ret;

	fd = range_file_find(va, len, &offset);
	if (fd < 0) {
		BUS_LOG(ERR, bus, "%zu bytes at %p have no file that EAL knows, and the device is "
			"in another process, which can reach memory through a file only: external "
			"memory cannot be used with this device; use EAL's", len, va);
		return fd;
	}
	if (__atomic_fetch_add(&bus->n_maps, 1, __ATOMIC_RELAXED) >= bus->caps.max_dma_maps)
		ret = too_many_maps(bus);
	else
		ret = aether_vfu_dma_map(bus->conn, iova, len, fd, offset);
	if (ret != 0)
		__atomic_fetch_sub(&bus->n_maps, 1, __ATOMIC_RELAXED);
	return ret;
}

static int
memory_unmap(void *ctx, void *va, uint64_t iova, size_t len)
{
	struct bus_vfio_user *bus = ctx;
	int ret;

	RTE_SET_USED(va);
	ret = aether_vfu_dma_unmap(bus->conn, iova, len);
	if (ret == 0)
		__atomic_fetch_sub(&bus->n_maps, 1, __ATOMIC_RELAXED);
	/* A server that has gone has nothing mapped any more. */
	return aether_vfu_conn_lost(bus->conn) ? 0 : ret;
}

static int
vfio_user_dma_map(struct aether_bus *handle, void *va, uint64_t iova, size_t len)
{
	int ret;

	if (len == 0)
		return -EINVAL;
	rte_mcfg_mem_read_lock();
	ret = memory_map(to_vfio_user(handle), va, iova, len);
	rte_mcfg_mem_read_unlock();
	return ret;
}

static int
vfio_user_dma_unmap(struct aether_bus *handle, void *va, uint64_t iova, size_t len)
{
	return memory_unmap(to_vfio_user(handle), va, iova, len);
}

/* ---------------------------------------------------------------- BAR 0 --------------------- */

static bool
is_covered(const struct aether_vfu_region *region, const struct aether_vfu_area *wanted)
{
	unsigned int i;

	for (i = 0; i < region->n_areas; i++) {
		const struct aether_vfu_area *area = &region->areas[i];

		if (wanted->offset >= area->offset &&
		    wanted->offset + wanted->size <= area->offset + area->size)
			return true;
	}
	return false;
}

/** Whether a store to the areas always finds memory: the file has them, and cannot shrink. */
static int
check_file(const struct bus_vfio_user *bus)
{
	const struct aether_vfu_area *last = &bus->bar0.areas[bus->bar0.n_areas - 1];
	const uint64_t end = last->offset + last->size;
	const int seals = fcntl(bus->bar0.fd, F_GET_SEALS);
	struct statfs fs;
	struct stat st;

	if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
		BUS_LOG(ERR, bus, "the server's file for doorbells can shrink, which would end "
			"this process (SIGBUS); wanted a memfd with F_SEAL_SHRINK");
		return -EPERM;
	}
	if (fstat(bus->bar0.fd, &st) != 0 || fstatfs(bus->bar0.fd, &fs) != 0)
		return -errno;
	/* Holes can be made all the same. In small pages they are filled at the next store. */
	if (fs.f_type == HUGETLBFS_MAGIC) {
		BUS_LOG(ERR, bus, "the server's file for doorbells has huge pages, which it could "
			"take away, and end this process so (SIGBUS); wanted a memfd of small ones");
		return -EPERM;
	}
	if (bus->bar0.fd_offset > (uint64_t)st.st_size ||
	    end > (uint64_t)st.st_size - bus->bar0.fd_offset) {
		BUS_LOG(ERR, bus, "the server's file for doorbells has 0x%" PRIx64 " bytes; "
			"wanted 0x%" PRIx64 " from 0x%" PRIx64 " on", (uint64_t)st.st_size, end,
			bus->bar0.fd_offset);
		return -EINVAL;
	}
	return 0;
}

static int
check_bar0(const struct bus_vfio_user *bus)
{
	unsigned int i;

	if (bus->bar0.size < E810_BAR0_SIZE || !bus->bar0.readable || !bus->bar0.writable) {
		BUS_LOG(ERR, bus, "BAR 0 of the server's device has 0x%" PRIx64 " bytes to %s%s; "
			"wanted an E810, which has 0x%x to read and write", bus->bar0.size,
			bus->bar0.readable ? "read" : "", bus->bar0.writable ? "write" : "",
			E810_BAR0_SIZE);
		return -ENODEV;
	}
	for (i = 0; i < RTE_DIM(doorbells); i++) {
		if (is_covered(&bus->bar0, &doorbells[i]))
			continue;
		BUS_LOG(ERR, bus, "the server does not offer the doorbells at 0x%" PRIx64 " of BAR "
			"0 as memory, and by message they would be too slow; restart it, or use "
			"another one (aether-model)", doorbells[i].offset);
		return -ENOTSUP;
	}
	return check_file(bus);
}

/** BAR 0 is addresses with no memory, but for the server's where there are doorbells. */
static int
map_bar0(struct bus_vfio_user *bus)
{
	void *bar0;
	unsigned int i;

	bar0 = mmap(aether_bus_place(E810_BAR0_SIZE), E810_BAR0_SIZE, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bar0 == MAP_FAILED)
		return -errno;
	bus->bus.bar0 = bar0;
	bus->bus.bar0_len = E810_BAR0_SIZE;
	for (i = 0; i < bus->bar0.n_areas; i++) {
		const struct aether_vfu_area *area = &bus->bar0.areas[i];

		if (area->offset >= E810_BAR0_SIZE)
			break;
		if (mmap(bus->bus.bar0 + area->offset,
			 RTE_MIN(area->size, E810_BAR0_SIZE - area->offset),
			 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, bus->bar0.fd,
			 bus->bar0.fd_offset + area->offset) == MAP_FAILED) {
			const int ret = -errno;

			BUS_LOG(ERR, bus, "the server's file for doorbells cannot be mapped: %s",
				strerror(-ret));
			return ret;
		}
	}
	bus->bus.bar0_fd = bus->bar0.fd;
	bus->bus.bar0_offset = bus->bar0.fd_offset;
	return 0;
}

static int
open_bar0(struct bus_vfio_user *bus)
{
	int ret;

	ret = aether_vfu_region_info(bus->conn, VFIO_PCI_BAR0_REGION_INDEX, &bus->bar0);
	if (ret != 0)
		return ret;
	ret = check_bar0(bus);
	return ret == 0 ? map_bar0(bus) : ret;
}

/* ---------------------------------------------------------------- life ---------------------- */

/* What is not there yet is skipped, so that it serves a failed open too. */
static void
vfio_user_close(struct aether_bus *handle)
{
	struct bus_vfio_user *bus = to_vfio_user(handle);

	aether_bus_memory_stop(&bus->memory);
	/* The server lets go of memory and doorbells. */
	aether_vfu_conn_close(bus->conn);
	if (bus->bus.bar0 != NULL)
		munmap(bus->bus.bar0, bus->bus.bar0_len);
	if (bus->bar0.fd >= 0)
		close(bus->bar0.fd);
	free(bus);
}

static const struct aether_bus_ops vfio_user_ops = {
	.name = "vfio-user server",
	.reg_read = vfio_user_reg_read,
	.reg_write = vfio_user_reg_write,
	.config_read = vfio_user_config_read,
	.dma_map = vfio_user_dma_map,
	.dma_unmap = vfio_user_dma_unmap,
	.irq_bind = vfio_user_irq_bind,
	.irq_count = vfio_user_irq_count,
	.removal_fd = vfio_user_removal_fd,
	.close = vfio_user_close,
};

static int
connect_server(struct bus_vfio_user *bus, const char *socket)
{
	int ret;

	ret = aether_vfu_conn_open(bus->name, socket, 0, &bus->conn);
	if (ret != 0)
		return ret;
	ret = aether_vfu_version(bus->conn, &bus->caps);
	if (ret != 0)
		BUS_LOG(ERR, bus, "socket %s: the server does not agree to be used: %s; it may have "
			"another client, and has one at a time", socket, strerror(-ret));
	return ret;
}

/** Whether it is a PCI function with interrupts that can be had. */
static int
check_device(struct bus_vfio_user *bus, const struct aether_vfu_device *device)
{
	struct aether_vfu_region config;
	int ret;

	if (!device->pci || device->n_regions <= VFIO_PCI_CONFIG_REGION_INDEX ||
	    device->n_irqs <= VFIO_PCI_MSIX_IRQ_INDEX) {
		BUS_LOG(ERR, bus, "the server's device is no PCI function, or has neither "
			"configuration space nor MSI-X (%" PRIu32 " regions, %" PRIu32 " kinds of "
			"interrupts); wanted an E810", device->n_regions, device->n_irqs);
		return -ENODEV;
	}
	ret = aether_vfu_region_info(bus->conn, VFIO_PCI_CONFIG_REGION_INDEX, &config);
	if (ret != 0)
		return ret;
	if (config.fd >= 0)
		close(config.fd);
	if (config.size < PCI_CONFIG_BYTES || !config.readable || !config.writable) {
		BUS_LOG(ERR, bus, "the server's device has 0x%" PRIx64 " bytes of configuration "
			"space, wanted %u or more, to read and write", config.size,
			PCI_CONFIG_BYTES);
		return -ENODEV;
	}
	ret = aether_vfu_irq_info(bus->conn, VFIO_PCI_MSIX_IRQ_INDEX, &bus->n_vectors);
	if (ret == 0 && bus->n_vectors == 0) {
		BUS_LOG(ERR, bus, "the server's device has no MSI-X interrupts that an eventfd "
			"can signal; wanted an E810, which has some");
		ret = -ENODEV;
	}
	return ret;
}

/** As firmware and kernel leave a PCI function that a driver gets. */
static int
enable_device(struct bus_vfio_user *bus, const struct aether_vfu_device *device)
{
	uint16_t command;
	int ret;

	ret = device->can_reset ? aether_vfu_reset(bus->conn) : 0;
	if (ret == 0)
		ret = aether_vfu_region_read(bus->conn, VFIO_PCI_CONFIG_REGION_INDEX,
					     PCI_COMMAND_OFFSET, &command, sizeof(command));
	if (ret != 0)
		return ret;
	command |= rte_cpu_to_le_16(PCI_COMMAND_WANTED);
	return aether_vfu_region_write(bus->conn, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND_OFFSET,
				       &command, sizeof(command));
}

static int
open_device(struct bus_vfio_user *bus)
{
	struct aether_vfu_device device;
	int ret;

	ret = aether_vfu_device_info(bus->conn, &device);
	if (ret == 0)
		ret = check_device(bus, &device);
	if (ret == 0)
		ret = open_bar0(bus);
	if (ret == 0)
		ret = enable_device(bus, &device);
	return ret;
}

int
aether_bus_vfio_user_open(const struct aether_bus_vfio_user_conf *conf, struct aether_bus **handle)
{
	struct bus_vfio_user *bus = calloc(1, sizeof(*bus));
	int ret;

	if (bus == NULL)
		return -ENOMEM;
	bus->bus.ops = &vfio_user_ops;
	bus->bus.bar0_fd = -1;
	bus->bar0.fd = -1;
	snprintf(bus->name, sizeof(bus->name), "%s", conf->name);
	bus->memory = (struct aether_bus_memory){
		.name = bus->name, .map = memory_map, .unmap = memory_unmap, .ctx = bus,
	};
	ret = connect_server(bus, conf->socket);
	if (ret == 0)
		ret = open_device(bus);
	if (ret == 0)
		ret = aether_bus_memory_start(&bus->memory);
	if (ret != 0) {
		vfio_user_close(&bus->bus);
		return ret;
	}
	*handle = &bus->bus;
	return 0;
}
