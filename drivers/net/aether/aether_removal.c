/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The device goes while the port is there: it is unplugged, or the process that serves it dies. EAL's
 * interrupt thread watches the bus's descriptor for that. Bursts are stopped and the application is
 * told, once, by RTE_ETH_EVENT_INTR_RMV; what it does with the port then needs no device: stop and
 * close give every buffer back.
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_interrupts.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "aether_rxtx.h"
#include "aether_secondary.h"

struct aether_removal {
	struct rte_intr_handle *intr;
	bool came;			/* atomic */
	pthread_t thread;		/* that handled it, once it came */
};

/**
 * Lcores that poll get functions that touch neither queues nor device. Those in work go on to their
 * end: they find memory and doorbells, which stay until the port is closed.
 */
static void
stop_bursts(struct rte_eth_dev *dev)
{
	struct rte_eth_fp_ops *fp = &rte_eth_fp_ops[dev->data->port_id];

	aether_clear_bursts(dev);
	if (!dev->data->dev_started)
		return;
	fp->rx_pkt_burst = dev->rx_pkt_burst;
	fp->tx_pkt_burst = dev->tx_pkt_burst;
	fp->tx_pkt_prepare = dev->tx_pkt_prepare;
}

/**
 * EAL knows descriptors by their numbers. While it goes through what was ready, a port may be closed
 * and another one opened, with the same numbers.
 */
static bool
is_ready(const struct aether_removal *removal)
{
	struct pollfd fd = { .fd = rte_intr_fd_get(removal->intr), .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static void
removal_handler(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct aether_removal *removal = aether_process(dev)->removal;

	if (!is_ready(removal))
		return;
	/* The descriptor stays readable: this was the last time. */
	rte_intr_callback_unregister_pending(removal->intr, removal_handler, dev, NULL);
	removal->thread = pthread_self();
	/* Release: who sees that it came sees the thread, too. */
	__atomic_store_n(&removal->came, true, __ATOMIC_RELEASE);

	aether_hw_removed(aether_lock(dev));
	__atomic_store_n(&aether_port(dev)->removed, true, __ATOMIC_RELAXED);
	aether_link_publish_lost(dev);
	aether_unlock(dev);
	AETHER_LOG(ERR, "%s: the device is gone, or about to go; stop and close the port, which can "
		   "be attached again once there is a device", dev->data->name);
	stop_bursts(dev);
	aether_serve_removed(dev);

	/* Without the lock: the application may close the port in there, and then it is gone. */
	if (dev->data->dev_conf.intr_conf.rmv)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RMV, NULL);
}

int
aether_removal_init(struct rte_eth_dev *dev)
{
	struct aether_process *process = aether_process(dev);
	const int fd = process->hw.bus->ops->removal_fd(process->hw.bus);
	struct aether_removal *removal;
	int ret;

	if (fd < 0)
		return 0;
	removal = calloc(1, sizeof(*removal));
	if (removal == NULL)
		return -ENOMEM;
	removal->intr = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (removal->intr == NULL) {
		free(removal);
		return -ENOMEM;
	}
	/* The kind of which EAL reads nothing. */
	rte_intr_type_set(removal->intr, RTE_INTR_HANDLE_EXT);
	rte_intr_fd_set(removal->intr, fd);
	/* Before the handler can run. */
	process->removal = removal;
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_RMV;
	ret = rte_intr_callback_register(removal->intr, removal_handler, dev);
	if (ret != 0) {
		AETHER_LOG(ERR, "%s: cannot watch for the removal of the device: %s",
			   dev->data->name, rte_strerror(-ret));
		process->removal = NULL;
		rte_intr_instance_free(removal->intr);
		free(removal);
	}
	return ret;
}

void
aether_removal_fini(struct rte_eth_dev *dev)
{
	struct aether_process *process = aether_process(dev);
	struct aether_removal *removal = process->removal;

	if (removal == NULL)
		return;
	/*
	 * The application may close the port from within the event. Then the handler is the caller,
	 * which cannot wait for itself; it has unregistered, and touches nothing any more.
	 */
	if (!__atomic_load_n(&removal->came, __ATOMIC_ACQUIRE) ||
	    !pthread_equal(removal->thread, pthread_self()))
		rte_intr_callback_unregister_sync(removal->intr, removal_handler, dev);
	process->removal = NULL;
	rte_intr_instance_free(removal->intr);
	free(removal);
}

int
aether_dev_is_removed(struct rte_eth_dev *dev)
{
	return __atomic_load_n(&aether_port(dev)->removed, __ATOMIC_RELAXED);
}
