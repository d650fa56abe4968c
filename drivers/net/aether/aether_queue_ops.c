/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* All queues of a port at once, and what receive and transmit queues have in common. */

#include <errno.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "aether_queue_ops.h"
#include "aether_rxtx.h"

int
aether_queue_busy(const struct rte_eth_dev *dev, const char *kind, uint16_t queue)
{
	AETHER_LOG(ERR, "%s: %s queue %u cannot start: the device has not let go of it since it "
		   "was stopped; call rte_eth_dev_reset(), or stop and start the port",
		   dev->data->name, kind, queue);
	return -EBUSY;
}

bool
aether_queue_ring_ok(const struct rte_eth_dev *dev, const char *kind, uint16_t queue,
		     uint16_t n_desc)
{
	if (n_desc >= E810_RING_MIN && n_desc <= E810_RING_MAX && n_desc % E810_RING_MULTIPLE == 0)
		return true;
	AETHER_LOG(ERR, "%s: %s queue %u of %u descriptors; must be %u to %u and a multiple of %u",
		   dev->data->name, kind, queue, n_desc, E810_RING_MIN, E810_RING_MAX,
		   E810_RING_MULTIPLE);
	return false;
}

bool
aether_queue_recover(struct rte_eth_dev *dev, const char *kind, uint16_t queue)
{
	if (aether_stop_dma(dev) == 0)
		return true;
	/* Better lost than written to by the device after somebody else has got it. */
	AETHER_LOG(ERR, "%s: %s queue %u keeps its memory: the device still owns it",
		   dev->data->name, kind, queue);
	return false;
}

int
aether_queues_start(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	uint16_t queues[AETHER_MAX_QUEUES] = {0};
	uint16_t q, n = 0;
	int ret;

	ret = aether_rx_intr_start(dev);
	if (ret != 0)
		return ret;
	aether_vector_poll(hw, aether_poll_vector(dev));
	for (q = 0; q < dev->data->nb_rx_queues; q++)
		aether_vector_poll(hw, aether_rx_vector(dev, q));
	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		struct aether_txq *txq = dev->data->tx_queues[q];

		if (!txq->conf.tx_deferred_start)
			queues[n++] = q;
	}
	ret = aether_tx_queues_start_locked(dev, hw, queues, n);
	for (q = 0; q < dev->data->nb_rx_queues && ret == 0; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq->conf.rx_deferred_start)
			ret = aether_rxq_choose_scatter(dev, rxq);
		else
			ret = aether_rx_queue_start_locked(dev, hw, rxq);
	}
	if (ret != 0)
		aether_queues_stop(dev, hw);
	return ret;
}

void
aether_queues_give(struct rte_eth_dev *dev)
{
	uint16_t q;

	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq->started)
			aether_rx_give(rxq);
	}
}

int
aether_queues_stop(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	uint16_t queues[AETHER_MAX_QUEUES] = {0};
	uint16_t q;
	int ret, err;

	for (q = 0; q < dev->data->nb_tx_queues; q++)
		queues[q] = q;
	ret = aether_tx_queues_stop_locked(dev, hw, queues, dev->data->nb_tx_queues);
	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		err = aether_rx_queue_stop_locked(dev, hw, dev->data->rx_queues[q]);
		ret = ret != 0 ? ret : err;
	}
	aether_rx_intr_stop(dev);
	return ret;
}

void
aether_queues_abandon(struct rte_eth_dev *dev)
{
	uint16_t q;

	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		struct aether_txq *txq = dev->data->tx_queues[q];

		if (txq == NULL || !txq->started)
			continue;
		txq->started = false;
		txq->stuck = true;
		dev->data->tx_queue_state[q] = RTE_ETH_QUEUE_STATE_STOPPED;
	}
	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq == NULL || !rxq->started)
			continue;
		rxq->started = false;
		rxq->stuck = true;
		dev->data->rx_queue_state[q] = RTE_ETH_QUEUE_STATE_STOPPED;
	}
	aether_rx_intr_stop(dev);
}

void
aether_queues_reclaim(struct rte_eth_dev *dev)
{
	uint16_t q;

	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		struct aether_txq *txq = dev->data->tx_queues[q];

		if (txq != NULL && txq->stuck)
			aether_txq_free_mbufs(txq);
	}
	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq != NULL && rxq->stuck)
			aether_rxq_free_mbufs(rxq);
	}
}
