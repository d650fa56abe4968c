/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Link status, and the interrupt that tells of its changes. Vector 0 of the device is bound to an
 * eventfd that EAL's interrupt thread watches; the handler reads the causes, takes the firmware's
 * events, and arms the vector again.
 */

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"

#define LINK_WAIT_MS		1000
#define LINK_POLL_MS		20
/** Events that one interrupt may bring; a device that has more is lying, or interrupts again. */
#define EVENTS_PER_INTERRUPT	64

int
aether_link_publish(struct rte_eth_dev *dev, const struct aether_hw *hw)
{
	struct rte_eth_link link;

	memset(&link, 0, sizeof(link));
	RTE_BUILD_BUG_ON(AETHER_SPEED_UNKNOWN != RTE_ETH_SPEED_NUM_UNKNOWN);
	link.link_speed = hw->link.up ? hw->link.speed_mbps : RTE_ETH_SPEED_NUM_NONE;
	link.link_duplex = RTE_ETH_LINK_FULL_DUPLEX;
	link.link_autoneg = dev->data->dev_conf.link_speeds & RTE_ETH_LINK_SPEED_FIXED ?
			    RTE_ETH_LINK_FIXED : RTE_ETH_LINK_AUTONEG;
	link.link_status = hw->link.up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN;
	aether_link_log(dev, hw);
	return rte_eth_linkstatus_set(dev, &link);
}

int
aether_dev_link_update(struct rte_eth_dev *dev, int wait_to_complete)
{
	unsigned int waited = 0;
	struct aether_hw *hw;
	int ret, changed = -1;

	for (;;) {
		hw = aether_lock(dev);
		/* Events stay asked for: they are once the port is probed. */
		ret = aether_link_update(hw, true);
		if (ret == 0)
			changed = aether_link_publish(dev, hw);
		aether_unlock(dev);
		if (ret != 0 || dev->data->dev_link.link_status == RTE_ETH_LINK_UP ||
		    !wait_to_complete || waited >= LINK_WAIT_MS)
			break;
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
		waited += LINK_POLL_MS;
	}
	return ret != 0 ? ret : changed;
}

/** Take the firmware's events. @return whether one of them was of the link */
static bool
take_events(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	struct e810_aq_desc desc;
	bool link = false;
	unsigned int i;

	for (i = 0; i < EVENTS_PER_INTERRUPT; i++) {
		if (aether_adminq_event(hw, &desc, aether_process(dev)->event) != 1)
			break;
		switch (rte_le_to_cpu_16(desc.opcode)) {
		case E810_AQC_GET_LINK_STATUS:
			link = true;
			break;
		case E810_AQC_GET_HEALTH_STATUS:
			aether_health_log(hw, &desc, aether_process(dev)->event);
			break;
		default:
			AETHER_LOG(DEBUG, "%s: event 0x%04x of the firmware is of no interest",
				   dev->data->name, rte_le_to_cpu_16(desc.opcode));
			break;
		}
	}
	return link;
}

/** What the device stopped a queue for; see datasheet section 9.1.5. Clears the registers. */
static void
log_malicious(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	static const struct {
		const char *unit;
		uint32_t global, function;
		uint32_t function_clear;
	} units[] = {
		{ "Rx", GL_MDET_RX, PF_MDET_RX, UINT16_MAX },
		{ "Tx (PQM)", GL_MDET_TX_PQM, PF_MDET_TX_PQM, UINT16_MAX },
		{ "Tx (TCLAN)", GL_MDET_TX_TCLAN, PF_MDET_TX_TCLAN, UINT16_MAX },
		{ "Tx (TDPU)", GL_MDET_TX_TDPU, PF_MDET_TX_TDPU, UINT16_MAX },
	};
	unsigned int i;
	uint32_t what;

	for (i = 0; i < RTE_DIM(units); i++) {
		if (!(aether_bus_read32(hw->bus, units[i].function) & PF_MDET_VALID))
			continue;
		what = aether_bus_read32(hw->bus, units[i].global);
		AETHER_LOG(ERR, "%s: the device found a malformed request in %s (0x%08x, event %u) "
			   "and stopped the queue; reset the port (rte_eth_dev_reset), and check "
			   "packets by rte_eth_tx_prepare()", dev->data->name, units[i].unit, what,
			   what >> GL_MDET_MAL_TYPE_S & 0x1F);
		aether_bus_write32(hw->bus, units[i].function, units[i].function_clear);
		aether_bus_write32(hw->bus, units[i].global, UINT32_MAX);
	}
}

/** Causes other than admin events. @return whether the application should reset the port */
static bool
take_causes(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	const uint32_t causes = aether_irq0_cause(hw);

	if (causes == UINT32_MAX) {
		AETHER_LOG(ERR, "%s: the device is gone: its registers read all ones",
			   dev->data->name);
		return false;
	}
	if (causes & PFINT_OICR_MAL_DETECT)
		log_malicious(dev, hw);
	if (causes & PFINT_OICR_GRST && aether_hw_reset_announced(hw)) {
		AETHER_LOG(ERR, "%s: the whole device is being reset, by another function or the "
			   "firmware; reset the port (rte_eth_dev_reset)", dev->data->name);
		return true;
	}
	if (causes & (PFINT_OICR_ECC_ERR | PFINT_OICR_HMC_ERR | PFINT_OICR_PCI_EXCEPTION))
		AETHER_LOG(ERR, "%s: hardware error, causes 0x%08x; reset the port "
			   "(rte_eth_dev_reset)", dev->data->name, causes);
	return (causes & (PFINT_OICR_MAL_DETECT | PFINT_OICR_ECC_ERR | PFINT_OICR_HMC_ERR |
			  PFINT_OICR_PCI_EXCEPTION)) != 0;
}

bool
aether_link_publish_lost(struct rte_eth_dev *dev)
{
	const struct rte_eth_link link = {
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = dev->data->dev_link.link_autoneg,
	};

	return rte_eth_linkstatus_set(dev, &link) == 0;
}

static void
interrupt_handler(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct aether_process *process = aether_process(dev);
	bool link_changed = false, reset;
	struct aether_hw *hw;
	uint64_t count;

	/* Before the causes are read: one that comes later leaves the eventfd ready again. */
	if (read(rte_intr_fd_get(process->intr), &count, sizeof(count)) != sizeof(count))
		return;
	hw = aether_lock(dev);
	reset = take_causes(dev, hw);
	if (hw->lost)
		link_changed = aether_link_publish_lost(dev);
	else if (take_events(dev, hw) && aether_link_update(hw, true) == 0)
		link_changed = aether_link_publish(dev, hw) == 0;
	/* A device in reset has nothing more to tell, until it is brought up. */
	if (!hw->lost)
		aether_irq0_enable(hw);
	aether_unlock(dev);

	/* Without the lock: what the application does in there may need it. */
	if (link_changed && dev->data->dev_conf.intr_conf.lsc)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
	if (reset)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RESET, NULL);
}

int
aether_intr_init(struct rte_eth_dev *dev)
{
	struct aether_process *process = aether_process(dev);
	struct aether_bus *bus = process->hw.bus;
	int fd, ret;

	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	process->intr = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (process->intr == NULL) {
		ret = -ENOMEM;
		goto close_fd;
	}
	/* The kind whose handler does the reading, and whose queues' eventfds EAL reads. */
	rte_intr_type_set(process->intr, RTE_INTR_HANDLE_VDEV);
	rte_intr_efd_counter_size_set(process->intr, sizeof(uint64_t));
	rte_intr_fd_set(process->intr, fd);
	ret = rte_intr_callback_register(process->intr, interrupt_handler, dev);
	if (ret != 0)
		goto free_intr;
	ret = bus->ops->irq_bind(bus, 0, fd);
	if (ret != 0)
		goto unregister;
	dev->intr_handle = process->intr;
	aether_irq0_enable(aether_lock(dev));
	aether_unlock(dev);
	return 0;

unregister:
	rte_intr_callback_unregister_sync(process->intr, interrupt_handler, dev);
free_intr:
	rte_intr_instance_free(process->intr);
	process->intr = NULL;
close_fd:
	close(fd);
	return ret;
}

void
aether_intr_fini(struct rte_eth_dev *dev)
{
	struct aether_process *process = aether_process(dev);
	struct aether_bus *bus = process->hw.bus;
	int fd;

	if (process->intr == NULL)
		return;
	aether_irq0_disable(aether_lock(dev));
	aether_unlock(dev);
	bus->ops->irq_bind(bus, 0, -1);
	fd = rte_intr_fd_get(process->intr);
	rte_intr_callback_unregister_sync(process->intr, interrupt_handler, dev);
	rte_intr_instance_free(process->intr);
	process->intr = NULL;
	dev->intr_handle = NULL;
	close(fd);
}
