/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The door through the kernel's VFIO: a PCI function, by its address, wherever DPDK's PCI bus is or
 * is not. EAL hands the function over in its own container, where all its memory is mapped;
 * regions and interrupts are then ours.
 *
 * A device that is gone reads all ones, in registers and in configuration space. What is made of
 * that is the business of the driver above; nothing here waits for a device.
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bus_driver.h>
#include <bus_pci_driver.h>
#include <dev_driver.h>
#include <rte_byteorder.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_io.h>
#include <rte_memory.h>
#include <rte_pci.h>
#include <rte_string_fns.h>
#include <rte_vfio.h>

#include "bus_log.h"
#include "bus_place.h"
#include "bus_vfio.h"
#include "vfio_check.h"

/** Addresses for BAR 0 that are tried before the kernel chooses one. */
#define PLACE_TRIES	8
#define SMALL_PAGE	4096
/** Bytes of BAR 0 that registers and doorbells take; a card has more. */
#define BAR0_LEAST	(8u << 20)

/* Linux 4.17; an older kernel takes the address for a hint, which serves as well. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif

/* What this process has open. */
static pthread_mutex_t opened_lock = PTHREAD_MUTEX_INITIALIZER;
static struct bus_vfio *opened;

/* ---------------------------------------------------------------- the door's operations ----- */

/* Registers are the device's memory: rte_read32() is done before what follows it, rte_write32()
 * after what comes before, DMA memory that the write tells the device to look at included. */
static uint32_t
vfio_reg_read(struct aether_bus *bus, uint32_t offset)
{
	return rte_le_to_cpu_32(rte_read32(bus->bar0 + offset));
}

static void
vfio_reg_write(struct aether_bus *bus, uint32_t offset, uint32_t value)
{
	rte_write32(rte_cpu_to_le_32(value), bus->bar0 + offset);
}

static int
vfio_config_read(struct aether_bus *handle, void *buf, size_t len, uint32_t offset)
{
	const struct bus_vfio *bus = to_vfio(handle);
	ssize_t ret;

	if (offset >= bus->config_len || len > bus->config_len - offset)
		return -EINVAL;
	ret = pread(bus->device_fd, buf, len, bus->config_offset + offset);
	return ret < 0 ? -errno : (int)ret;
}

static unsigned int
vfio_irq_count(const struct aether_bus *bus)
{
	return to_vfio(bus)->n_vectors;
}

static int
vfio_removal_fd(const struct aether_bus *bus)
{
	return to_vfio(bus)->removal_fd;
}

/* ---------------------------------------------------------------- regions ------------------- */

static int
region_info(const struct bus_vfio *bus, uint32_t index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	return ioctl(bus->device_fd, VFIO_DEVICE_GET_REGION_INFO, info) < 0 ? -errno : 0;
}

static int
map_bar0(struct bus_vfio *bus)
{
	struct vfio_region_info info;
	unsigned int i;
	void *at;
	int ret;

	ret = region_info(bus, VFIO_PCI_BAR0_REGION_INDEX, &info);
	if (ret == 0 && (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP) || info.size == 0))
		ret = -ENOTSUP;
	if (ret != 0) {
		BUS_LOG(ERR, bus, "BAR 0 of %s (0x%" PRIx64 " bytes) cannot be mapped: %s; has the "
			"machine given it an address: lspci -vv -s %s", bus->bdf,
			(uint64_t)info.size, strerror(-ret), bus->bdf);
		return ret;
	}
	/* What is not mapped must not be reached for. */
	if (info.size < BAR0_LEAST) {
		BUS_LOG(ERR, bus, "BAR 0 of %s has 0x%" PRIx64 " bytes, wanted an E810's, at least "
			"0x%x; is it one: lspci -vv -s %s", bus->bdf, (uint64_t)info.size,
			BAR0_LEAST, bus->bdf);
		return -ENODEV;
	}
	for (i = 0, at = MAP_FAILED; i < PLACE_TRIES && at == MAP_FAILED; i++)
		at = mmap(aether_bus_place(info.size), info.size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED_NOREPLACE, bus->device_fd, info.offset);
	if (at == MAP_FAILED)
		at = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, bus->device_fd,
			  info.offset);
	if (at == MAP_FAILED) {
		ret = -errno;
		BUS_LOG(ERR, bus, "BAR 0 of %s cannot be mapped: %s", bus->bdf, strerror(-ret));
		return ret;
	}
	bus->bus.bar0 = at;
	bus->bus.bar0_len = info.size;
	bus->bus.bar0_fd = bus->device_fd;
	bus->bus.bar0_offset = info.offset;
	return 0;
}

/** Let the device answer and do DMA, or only answer. */
static int
bus_master(const struct bus_vfio *bus, bool on)
{
	const off_t at = bus->config_offset + PCI_COMMAND;
	rte_le16_t raw;
	uint16_t command;

	if (pread(bus->device_fd, &raw, sizeof(raw), at) != sizeof(raw))
		return -EIO;
	command = rte_le_to_cpu_16(raw) | PCI_COMMAND_MEMORY;
	command = on ? command | PCI_COMMAND_MASTER : command & ~PCI_COMMAND_MASTER;
	raw = rte_cpu_to_le_16(command);
	return pwrite(bus->device_fd, &raw, sizeof(raw), at) == sizeof(raw) ? 0 : -EIO;
}

static int
open_config(struct bus_vfio *bus)
{
	struct vfio_region_info info;
	uint32_t ids;
	int ret;

	ret = region_info(bus, VFIO_PCI_CONFIG_REGION_INDEX, &info);
	if (ret == 0) {
		bus->config_offset = info.offset;
		bus->config_len = info.size;
		ret = vfio_config_read(&bus->bus, &ids, sizeof(ids), PCI_VENDOR_ID) ==
			sizeof(ids) ? 0 : -EIO;
	}
	if (ret == 0 && ids == UINT32_MAX)
		ret = -ENODEV;
	if (ret == 0)
		ret = bus_master(bus, true);
	if (ret != 0)
		BUS_LOG(ERR, bus, "the configuration space of %s does not answer: %s; check slot and "
			"power, and the kernel's messages: dmesg | tail", bus->bdf, strerror(-ret));
	return ret;
}

/* ---------------------------------------------------------------- open and close ------------ */

/** Take the name, once a process. */
static int
claim(struct bus_vfio *bus)
{
	const struct bus_vfio *other;

	pthread_mutex_lock(&opened_lock);
	for (other = opened; other != NULL; other = other->next) {
		if (strcmp(other->bdf, bus->bdf) == 0)
			break;
	}
	if (other == NULL) {
		bus->next = opened;
		opened = bus;
	}
	pthread_mutex_unlock(&opened_lock);
	if (other == NULL)
		return 0;
	BUS_LOG(ERR, bus, "%s is open already, as port %s; give each port a function of its own",
		bus->bdf, other->name);
	return -EBUSY;
}

static void
unclaim(struct bus_vfio *bus)
{
	struct bus_vfio **at;

	pthread_mutex_lock(&opened_lock);
	for (at = &opened; *at != NULL && *at != bus; at = &(*at)->next)
		;
	if (*at == bus)
		*at = bus->next;
	pthread_mutex_unlock(&opened_lock);
}

/**
 * EAL closes the file and, with the last function of a group, the group. A function that the
 * kernel has taken out of sysfs meanwhile it does not find.
 */
static void
hand_back(struct bus_vfio *bus)
{
	int group;

	if (rte_vfio_get_group_num(rte_pci_get_sysfs_path(), bus->bdf, &group) <= 0)
		close(bus->device_fd);
	else if (rte_vfio_release_device(rte_pci_get_sysfs_path(), bus->bdf, bus->device_fd) != 0)
		BUS_LOG(WARNING, bus, "%s was not handed back in order; the end of the process does "
			"so", bus->bdf);
	bus->device_fd = -1;
}

/* In the reverse order of opening; what is not there yet is skipped, so that it serves a failed
 * open too. The device does no DMA any more before memory leaves the IOMMU. */
static void
vfio_close(struct aether_bus *handle)
{
	struct bus_vfio *bus = to_vfio(handle);

	if (bus->device_fd >= 0) {
		bus_vfio_irq_fini(bus);
		if (bus->config_len > 0)
			bus_master(bus, false);
		bus_vfio_dma_fini(bus);
		if (bus->bus.bar0 != NULL)
			munmap(bus->bus.bar0, bus->bus.bar0_len);
		hand_back(bus);
	}
	unclaim(bus);
	free(bus);
}

static const struct aether_bus_ops vfio_ops = {
	.name = "kernel VFIO",
	.reg_read = vfio_reg_read,
	.reg_write = vfio_reg_write,
	.config_read = vfio_config_read,
	.dma_map = bus_vfio_dma_map,
	.dma_unmap = bus_vfio_dma_unmap,
	.irq_bind = bus_vfio_irq_bind,
	.irq_count = vfio_irq_count,
	.removal_fd = vfio_removal_fd,
	.close = vfio_close,
};

/** The bus calls a function what the user called it, with the domain or without. */
static int
other_function(const struct rte_device *device, const void *bdf)
{
	struct rte_pci_addr theirs, ours;

	if (rte_pci_addr_parse(device->name, &theirs) != 0 || rte_pci_addr_parse(bdf, &ours) != 0)
		return 1;
	return rte_pci_addr_cmp(&theirs, &ours);
}

/** Another driver of this process may have the function, which the kernel would not mind. */
static int
check_process(const struct bus_vfio *bus)
{
	struct rte_bus *pci = rte_bus_find_by_name("pci");
	const struct rte_device *device;

	device = pci == NULL ? NULL : pci->find_device(NULL, other_function, bus->bdf);
	if (device == NULL || !rte_dev_is_probed(device))
		return 0;
	BUS_LOG(ERR, bus, "%s is in use already in this process, by the driver %s; keep DPDK's PCI bus "
		"from it: -b %s (or --no-pci, or -a with other functions only)", bus->bdf,
		device->driver != NULL ? device->driver->name : "(unnamed)", bus->bdf);
	return -EBUSY;
}

/** VFIO is there for EAL only if it was when EAL began. */
static int
check_eal(const struct bus_vfio *bus)
{
	if (rte_vfio_is_enabled("vfio"))
		return 0;
	BUS_LOG(ERR, bus, "EAL has no VFIO (its messages at the start say why, with "
		"--log-level=lib.eal:debug); as root, run: modprobe vfio-pci; "
		"chmod 0666 /dev/vfio/vfio; then start this process again");
	return -ENOTSUP;
}

static int
check_iova(const struct bus_vfio *bus, const struct vfio_check *check)
{
	if (!check->without_iommu)
		return 0;
	if (rte_eal_iova_mode() == RTE_IOVA_PA) {
		BUS_LOG(WARNING, bus, "%s has no IOMMU: what it is told wrong, it writes to any "
			"memory of the machine", bus->bdf);
		return 0;
	}
	BUS_LOG(ERR, bus, "%s has no IOMMU and sees physical addresses, and this process runs on "
		"virtual ones; as root, with huge pages, run it with: --iova-mode=pa "
		"-a %s,pmd=aether,noiommu=1", bus->bdf, bus->bdf);
	return -ENOTSUP;
}

static bool
may_lock_all(void)
{
	char line[128];
	uint64_t caps = 0;
	FILE *file = fopen("/proc/self/status", "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "CapEff: %" SCNx64, &caps) == 1)
			break;
	}
	if (file != NULL)
		fclose(file);
	return caps & UINT64_C(1) << CAP_IPC_LOCK;
}

/** EAL says only that it did not work. */
static int
explain_failure(const struct bus_vfio *bus, struct vfio_check *check)
{
	struct vfio_dma_wish wish = {
		.error = errno,
		.bytes = rte_eal_get_physmem_size(),
		.hugepages = rte_eal_has_hugepages(),
		.memlock_limit = UINT64_MAX,
	};
	const struct bus_vfio *other;
	bool ours = false;
	struct rlimit limit;
	int ret, group;

	wish.pages = wish.bytes / SMALL_PAGE;
	if (!may_lock_all() && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		wish.memlock_limit = limit.rlim_cur;
	pthread_mutex_lock(&opened_lock);
	for (other = opened; other != NULL; other = other->next) {
		if (other != bus && rte_vfio_get_group_num(rte_pci_get_sysfs_path(), other->bdf,
							   &group) > 0)
			ours |= group == check->group;
	}
	pthread_mutex_unlock(&opened_lock);
	ret = vfio_check_failed(check, &wish, ours);
	BUS_LOG(ERR, bus, "%s", check->reason);
	return ret;
}

static struct vfio_check
check_of(const struct aether_bus_vfio_conf *conf)
{
	return (struct vfio_check){
		.paths = { rte_pci_get_sysfs_path(), "/sys/module", "/dev/vfio" },
		.bdf = conf->bdf,
		.noiommu = conf->noiommu,
		.known = conf->known,
	};
}

static int
take_over(struct bus_vfio *bus, const struct aether_bus_vfio_conf *conf)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_check check = check_of(conf);
	int ret;

	ret = check_process(bus);
	if (ret != 0)
		return ret;
	ret = vfio_check(&check);
	if (ret != 0) {
		BUS_LOG(ERR, bus, "%s", check.reason);
		return ret;
	}
	ret = check_eal(bus);
	if (ret == 0)
		ret = check_iova(bus, &check);
	if (ret != 0)
		return ret;
	errno = 0;
	if (rte_vfio_setup_device(rte_pci_get_sysfs_path(), bus->bdf, &bus->device_fd,
				  &info) != 0) {
		bus->device_fd = -1;
		return explain_failure(bus, &check);
	}
	return 0;
}

int
aether_bus_vfio_open(const struct aether_bus_vfio_conf *conf, struct aether_bus **handle)
{
	struct bus_vfio *bus;
	int ret;

	bus = calloc(1, sizeof(*bus));
	if (bus == NULL)
		return -ENOMEM;
	bus->bus.ops = &vfio_ops;
	bus->bus.bar0_fd = -1;
	bus->device_fd = -1;
	bus->removal_fd = -1;
	rte_strscpy(bus->name, conf->name, sizeof(bus->name));
	rte_strscpy(bus->bdf, conf->bdf, sizeof(bus->bdf));

	ret = claim(bus);
	if (ret == 0)
		ret = take_over(bus, conf);
	if (ret == 0)
		ret = open_config(bus);
	if (ret == 0)
		ret = map_bar0(bus);
	if (ret == 0)
		ret = bus_vfio_irq_init(bus);
	if (ret != 0) {
		vfio_close(&bus->bus);
		return ret;
	}
	*handle = &bus->bus;
	return 0;
}

void
aether_bus_vfio_explain_unbound(const struct aether_bus_vfio_conf *conf)
{
	struct vfio_check check = check_of(conf);
	const int ret = vfio_check(&check);

	/* With another driver of the kernel the port is probed, and says so. */
	if (ret != 0 && (ret == -ENODEV || !vfio_is_bound(&check.paths, conf->bdf)))
		BUS_LOG(ERR, conf, "%s", check.reason);
}

int
aether_bus_vfio_numa_node(const char *bdf)
{
	const struct vfio_paths paths = { .pci = rte_pci_get_sysfs_path() };

	return vfio_numa_node(&paths, bdf);
}
