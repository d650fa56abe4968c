/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Receive queue interrupts: an application sleeps until packets come, instead of polling.
 *
 * Vector 0 has the admin events (aether_link.c). With intr_conf.rxq each Rx queue has a vector of
 * its own from 1 on, as an eventfd that rte_epoll_wait() watches; Tx queues share the one behind
 * them, which is never armed, so that no completion wakes a receiver. Without, all queues are
 * polled and share vector 1. The application arms a vector (rte_eth_dev_rx_intr_enable), sleeps,
 * is woken once, disarms and polls; what arrived between its last poll and the arming wakes it
 * at once, so that nothing is slept over.
 */

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_interrupts.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"

#define FIRST_QUEUE_VECTOR	1
/** Shortest time between two interrupts of a queue, in microseconds: at most 50,000 a second. */
#define RX_INTERVAL_US		20

static bool
wanted(const struct rte_eth_dev *dev)
{
	return dev->data->dev_conf.intr_conf.rxq != 0;
}

int
aether_rx_intr_check(const struct rte_eth_dev *dev)
{
	const unsigned int have = aether_process(dev)->hw.caps.msix_vectors;
	/* Besides the queues' own: one for admin events, one for Tx. */
	const unsigned int need = dev->data->nb_rx_queues + 2;

	if (!wanted(dev) || need <= have)
		return 0;
	AETHER_LOG(ERR, "%s: interrupts of %u receive queues need %u vectors, and the function has "
		   "%u; configure at most %u receive queues, or intr_conf.rxq = 0", dev->data->name,
		   dev->data->nb_rx_queues, need, have, have - RTE_MIN(have, 2u));
	return -ENOSPC;
}

uint16_t
aether_rx_vector(const struct rte_eth_dev *dev, uint16_t queue)
{
	if (wanted(dev))
		return FIRST_QUEUE_VECTOR + queue;
	return aether_poll_vector(dev);
}

uint16_t
aether_poll_vector(const struct rte_eth_dev *dev)
{
	/* With a single vector it serves the (polled) queues as well. */
	if (aether_process(dev)->hw.caps.msix_vectors <= FIRST_QUEUE_VECTOR)
		return 0;
	return FIRST_QUEUE_VECTOR + (wanted(dev) ? dev->data->nb_rx_queues : 0);
}

/** Give a queue's vector an eventfd. What has been done is undone by aether_rx_intr_stop(). */
static int
bind_queue(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_process *process = aether_process(dev);
	struct aether_bus *bus = process->hw.bus;
	int fd, ret;

	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0) {
		ret = -errno;
		AETHER_LOG(ERR, "%s: no eventfd for the interrupt of Rx queue %u: %s; allow the "
			   "process more files (ulimit -n)", dev->data->name, queue,
			   rte_strerror(-ret));
		return ret;
	}
	if (rte_intr_efds_index_set(process->intr, queue, fd) != 0) {
		close(fd);
		return -EINVAL;
	}
	/* From here on aether_rx_intr_stop() closes it. */
	if (rte_intr_nb_efd_set(process->intr, queue + 1) != 0 ||
	    rte_intr_max_intr_set(process->intr, queue + 2) != 0 ||
	    rte_intr_vec_list_index_set(process->intr, queue, RTE_INTR_VEC_RXTX_OFFSET + queue))
		return -EINVAL;
	return bus->ops->irq_bind(bus, FIRST_QUEUE_VECTOR + queue, fd);
}

int
aether_rx_intr_start(struct rte_eth_dev *dev)
{
	struct aether_process *process = aether_process(dev);
	uint16_t q;
	int ret;

	if (!wanted(dev) || dev->data->nb_rx_queues == 0)
		return 0;
	ret = aether_rx_intr_check(dev);
	if (ret != 0)
		return ret;
	if (rte_intr_vec_list_alloc(process->intr, "aether_vectors", dev->data->nb_rx_queues) != 0)
		return -ENOMEM;
	for (q = 0; q < dev->data->nb_rx_queues && ret == 0; q++)
		ret = bind_queue(dev, q);
	if (ret != 0)
		aether_rx_intr_stop(dev);
	return ret;
}

void
aether_rx_intr_stop(struct rte_eth_dev *dev)
{
	struct aether_process *process = aether_process(dev);
	struct aether_bus *bus = process->hw.bus;
	const int n = rte_intr_nb_efd_get(process->intr);
	int q;

	if (!rte_intr_dp_is_en(process->intr)) {
		rte_intr_vec_list_free(process->intr);
		return;
	}
	for (q = 0; q < n; q++) {
		aether_vector_disarm(&process->hw, FIRST_QUEUE_VECTOR + q);
		bus->ops->irq_bind(bus, FIRST_QUEUE_VECTOR + q, -1);
	}
	rte_intr_efd_disable(process->intr);
	rte_intr_vec_list_free(process->intr);
}

int
aether_dev_rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t queue)
{
	if (!rte_intr_dp_is_en(aether_process(dev)->intr))
		return -ENOTSUP;
	aether_vector_arm(&aether_process(dev)->hw, FIRST_QUEUE_VECTOR + queue, RX_INTERVAL_US);
	return 0;
}

int
aether_dev_rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t queue)
{
	if (!rte_intr_dp_is_en(aether_process(dev)->intr))
		return -ENOTSUP;
	aether_vector_disarm(&aether_process(dev)->hw, FIRST_QUEUE_VECTOR + queue);
	return 0;
}
