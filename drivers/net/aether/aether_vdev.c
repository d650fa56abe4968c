/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Ports as virtual devices: --vdev net_aether<n>[,<devargs>]. */

#include <bus_vdev_driver.h>

#include "aether_probe.h"

static int
vdev_probe(struct rte_vdev_device *vdev)
{
	return aether_probe(&vdev->device, rte_vdev_device_args(vdev), AETHER_DEVARGS_VDEV);
}

static int
vdev_remove(struct rte_vdev_device *vdev)
{
	return aether_remove(&vdev->device);
}

static int
vdev_dma_map(struct rte_vdev_device *vdev, void *va, uint64_t iova, size_t len)
{
	return aether_dma(&vdev->device, va, iova, len, true);
}

static int
vdev_dma_unmap(struct rte_vdev_device *vdev, void *va, uint64_t iova, size_t len)
{
	return aether_dma(&vdev->device, va, iova, len, false);
}

static struct rte_vdev_driver aether_vdev_driver = {
	.probe = vdev_probe,
	.remove = vdev_remove,
	.dma_map = vdev_dma_map,
	.dma_unmap = vdev_dma_unmap,
	.drv_flags = RTE_VDEV_DRV_NEED_IOVA_AS_VA,
};

RTE_PMD_REGISTER_VDEV(net_aether, aether_vdev_driver);
RTE_PMD_REGISTER_PARAM_STRING(net_aether, AETHER_DEVARGS_PARAM_STRING " pmd=aether");
