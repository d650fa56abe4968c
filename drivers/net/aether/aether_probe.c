/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* A port comes and goes, whichever of DPDK's buses its device is on. */

#include <errno.h>

#include <bus_driver.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "aether_open.h"
#include "aether_partition.h"
#include "aether_probe.h"
#include "aether_secondary.h"

static struct rte_eth_dev *
port_allocate(struct rte_device *device, int numa_node)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocate(device->name);

	if (dev == NULL)
		return NULL;
	/* A node may have no memory, or none that EAL was let have. */
	dev->data->dev_private = rte_zmalloc_socket("aether_port", sizeof(struct aether_port), 0,
						    numa_node);
	if (dev->data->dev_private == NULL)
		dev->data->dev_private = rte_zmalloc("aether_port", sizeof(struct aether_port), 0);
	if (dev->data->dev_private == NULL) {
		rte_eth_dev_release_port(dev);
		return NULL;
	}
	dev->device = device;
	dev->data->numa_node = numa_node;
	return dev;
}

/** A device at another socket works, and costs time that nobody sees why. */
static void
check_numa_node(const struct rte_eth_dev *dev)
{
	const int node = dev->data->numa_node;
	unsigned int lcore;

	if (node < 0)
		return;
	RTE_LCORE_FOREACH(lcore) {
		if ((int)rte_lcore_to_socket_id(lcore) == node)
			return;
	}
	AETHER_LOG(NOTICE, "%s: on NUMA node %d, and no lcore is: every packet crosses the sockets; "
		   "give lcores of that node (-l with CPUs of "
		   "/sys/devices/system/node/node%d/cpulist)", dev->data->name, node, node);
}

static void
log_probed(const struct rte_eth_dev *dev)
{
	const struct aether_hw *hw = &aether_process(dev)->hw;

	if (hw->caps.safe_mode)
		AETHER_LOG(NOTICE, "%s: safe mode: the device has no DDP package, so there is one "
			   "queue pair and no RSS", dev->data->name);
	AETHER_LOG(INFO, "%s: E810 %04x on the %s, " RTE_ETHER_ADDR_PRT_FMT, dev->data->name,
		   hw->device_id, hw->bus->ops->name,
		   RTE_ETHER_ADDR_BYTES(&dev->data->mac_addrs[0]));
}

static int
probe_primary(struct rte_device *device, const char *devargs, enum aether_devargs_form form)
{
	struct aether_devargs args;
	struct rte_eth_dev *dev;
	int ret, numa_node;

	ret = aether_devargs_parse(device->name, devargs, form, &args);
	if (ret != 0)
		return ret;
	ret = aether_partition_admit(device->name, &args);
	if (ret != 0)
		goto free_args;
	aether_mempool_prepare();
	numa_node = aether_open_numa_node(&args);
	dev = port_allocate(device, numa_node < 0 ? device->numa_node : numa_node);
	if (dev == NULL) {
		AETHER_LOG(ERR, "%s: no memory for a port, or none left of the %u that DPDK was "
			   "built for", device->name, RTE_MAX_ETHPORTS);
		ret = -ENOMEM;
		goto free_args;
	}
	ret = aether_port_init(dev, &args);
	if (ret != 0) {
		AETHER_LOG(ERR, "%s: not probed: %s; the messages before this say why",
			   device->name, rte_strerror(-ret));
		aether_port_release(dev);
		rte_eth_dev_release_port(dev);
		goto free_args;
	}
	log_probed(dev);
	check_numa_node(dev);
	rte_eth_dev_probing_finish(dev);

free_args:
	aether_devargs_free(&args);
	return ret;
}

int
aether_probe(struct rte_device *device, const char *devargs, enum aether_devargs_form form)
{
	int ret;

	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		ret = probe_primary(device, devargs, form);
	else
		ret = aether_secondary_probe(device, device->name);
	/* EAL takes that for "this device has been probed already", which is a success to it. */
	return ret == -EEXIST ? -EBUSY : ret;
}

int
aether_remove(const struct rte_device *device)
{
	struct rte_eth_dev *dev;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return aether_secondary_remove(device->name);
	dev = rte_eth_dev_allocated(device->name);
	/* The application may have closed it already. */
	if (dev == NULL)
		return 0;
	dev->dev_ops->dev_close(dev);
	return rte_eth_dev_release_port(dev);
}

int
aether_dma(const struct rte_device *device, void *va, uint64_t iova, size_t len, bool map)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(device->name);
	struct aether_bus *bus;
	int ret;

	if (dev == NULL) {
		rte_errno = ENODEV;
		return -1;
	}
	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		AETHER_LOG(ERR, "%s: memory of a secondary process cannot be mapped for the "
			   "device, which the primary has open; map it there", dev->data->name);
		rte_errno = ENOTSUP;
		return -1;
	}
	/* With IOVA as VA, mbufs carry their address; testpmd says 0 for it. */
	if (iova == 0 && rte_eal_iova_mode() == RTE_IOVA_VA)
		iova = (uintptr_t)va;
	bus = aether_lock(dev)->bus;
	ret = map ? bus->ops->dma_map(bus, va, iova, len) :
		bus->ops->dma_unmap(bus, va, iova, len);
	aether_unlock(dev);
	rte_errno = -ret;
	return ret == 0 ? 0 : -1;
}
