/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Ports as PCI devices: -a <BDF>,pmd=aether.
 *
 * Another driver (net_ice) takes the same functions, so this one asks to be named. The bus maps
 * nothing for it: the door does that, as it does for --vdev net_aether0,bdf=<BDF>. Nor does it say
 * that it wants IOVA as VA: the bus would keep a function from the other driver in a process that
 * has it otherwise.
 */

#include <sys/queue.h>

#include <bus_pci_driver.h>
#include <rte_bus_vdev.h>
#include <rte_devargs.h>
#include <rte_eal.h>

#include <e810_hw.h>

#include "aether_compat.h"
#include "aether_open.h"
#include "aether_probe.h"

static int
pci_probe(struct rte_pci_driver *driver, struct rte_pci_device *pci)
{
	const struct rte_devargs *devargs = pci->device.devargs;

	RTE_SET_USED(driver);
	/* Not for this driver: the bus asks the next. */
	if (devargs == NULL || !aether_devargs_ours(devargs->args))
		return 1;
	return aether_probe(&pci->device, devargs->args, AETHER_DEVARGS_PCI);
}

static int
pci_remove(struct rte_pci_device *pci)
{
	return aether_remove(&pci->device);
}

static int
pci_dma_map(struct rte_pci_device *pci, void *va, uint64_t iova, size_t len)
{
	return aether_dma(&pci->device, va, iova, len, true);
}

static int
pci_dma_unmap(struct rte_pci_device *pci, void *va, uint64_t iova, size_t len)
{
	return aether_dma(&pci->device, va, iova, len, false);
}

static const struct rte_pci_id pci_ids[] = {
	{ RTE_PCI_DEVICE(E810_PCI_VENDOR_INTEL, E810_DEV_ID_C_BACKPLANE) },
	{ RTE_PCI_DEVICE(E810_PCI_VENDOR_INTEL, E810_DEV_ID_C_QSFP) },
	{ RTE_PCI_DEVICE(E810_PCI_VENDOR_INTEL, E810_DEV_ID_C_SFP) },
	{ RTE_PCI_DEVICE(E810_PCI_VENDOR_INTEL, E810_DEV_ID_XXV_BACKPLANE) },
	{ RTE_PCI_DEVICE(E810_PCI_VENDOR_INTEL, E810_DEV_ID_XXV_QSFP) },
	{ RTE_PCI_DEVICE(E810_PCI_VENDOR_INTEL, E810_DEV_ID_XXV_SFP) },
	{ .vendor_id = 0 },
};

static struct rte_pci_driver aether_pci_driver = {
	.id_table = pci_ids,
	.probe = pci_probe,
	.remove = pci_remove,
	.dma_map = pci_dma_map,
	.dma_unmap = pci_dma_unmap,
};

/** One -a: what the bus passes over is still ours to explain. */
static void
explain_unbound(const struct rte_devargs *devargs)
{
	struct aether_devargs args;
	struct rte_pci_addr addr;
	char name[PCI_PRI_STR_SIZE];

	if (!aether_devargs_ours(devargs->args) || rte_pci_addr_parse(devargs->name, &addr) != 0)
		return;
	rte_pci_device_name(&addr, name, sizeof(name));
	if (aether_devargs_parse(name, devargs->args, AETHER_DEVARGS_PCI, &args) != 0)
		return;
	aether_open_explain_unbound(name, &args);
	aether_devargs_free(&args);
}

/**
 * The PCI bus drops functions that no driver of the kernel has before it asks any of DPDK's, and
 * says nothing. So this is called when the other bus looks around, which is at the start of EAL.
 */
static void
explain_all(void *arg)
{
	const struct rte_devargs *devargs;
	static bool done;

	RTE_SET_USED(arg);
	if (done || rte_eal_process_type() != RTE_PROC_PRIMARY)
		return;
	done = true;
	RTE_EAL_DEVARGS_FOREACH("pci", devargs)
		explain_unbound(devargs);
}

RTE_TAILQ_HEAD(driver_list, AETHER_PCI_LISTED_TAG);

/**
 * Before all drivers that are there already: net_ice, which many applications are linked with,
 * takes devargs that it does not know for an error, after which the bus asks nobody else.
 *
 * The bus does not show its list. The end of it is known to its head and to nobody else, so the
 * head is found by going back from the last, which is the one just registered: as TAILQ_PREV()
 * does, for links and heads have the same form.
 */
RTE_INIT(aether_pci_register_first)
{
	AETHER_PCI_LISTED_TYPE *const self = AETHER_PCI_LISTED(&aether_pci_driver);
	struct driver_list *list;

	aether_pci_driver.driver.name = "net_aether";
	rte_pci_register(&aether_pci_driver);
	rte_vdev_add_custom_scan(explain_all, NULL);
	list = (struct driver_list *)(void *)self->next.tqe_prev;
	while (list->tqh_last != &self->next.tqe_next)
		list = (struct driver_list *)(void *)list->tqh_last;
	TAILQ_REMOVE(list, self, next);
	TAILQ_INSERT_HEAD(list, self, next);
}

/* The name and the devargs are exported beside the driver of the same name on the vdev bus. */
RTE_PMD_REGISTER_PCI_TABLE(net_aether, pci_ids);
RTE_PMD_REGISTER_KMOD_DEP(net_aether, "* vfio-pci");
