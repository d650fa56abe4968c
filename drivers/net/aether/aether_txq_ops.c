/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Transmit queues on the control path: set-up, start, stop, release. */

#include <errno.h>

#include <rte_malloc.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "aether_queue_ops.h"
#include "aether_rxtx.h"

static int
txq_check(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
	  uint16_t rs_thresh, uint16_t free_thresh)
{
	if (!aether_queue_ring_ok(dev, "Tx", queue, n_desc))
		return -EINVAL;
	if (rs_thresh < AETHER_TX_RS_MIN || rs_thresh > n_desc / 2 || n_desc % rs_thresh != 0) {
		AETHER_LOG(ERR, "%s: Tx queue %u: tx_rs_thresh %u; must be %u to %u and divide the "
			   "%u descriptors", dev->data->name, queue, rs_thresh, AETHER_TX_RS_MIN,
			   n_desc / 2, n_desc);
		return -EINVAL;
	}
	if (free_thresh > n_desc - rs_thresh) {
		AETHER_LOG(ERR, "%s: Tx queue %u: tx_free_thresh %u; must be at most %u (%u "
			   "descriptors - tx_rs_thresh)", dev->data->name, queue, free_thresh,
			   n_desc - rs_thresh, n_desc);
		return -EINVAL;
	}
	return 0;
}

int
aether_dev_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
			  unsigned int socket, const struct rte_eth_txconf *conf)
{
	const uint16_t rs_thresh = conf->tx_rs_thresh != 0 ? conf->tx_rs_thresh :
		AETHER_TX_RS_THRESH;
	const uint16_t free_thresh = conf->tx_free_thresh != 0 ? conf->tx_free_thresh :
		AETHER_TX_FREE_THRESH;
	struct aether_txq *txq;
	int ret;

	ret = txq_check(dev, queue, n_desc, rs_thresh, free_thresh);
	if (ret != 0)
		return ret;
	aether_dev_tx_queue_release(dev, queue);

	txq = rte_zmalloc_socket("aether_txq", sizeof(*txq) + n_desc * sizeof(struct rte_mbuf *) +
				 n_desc / rs_thresh * sizeof(uint16_t),
				 RTE_CACHE_LINE_SIZE, socket);
	if (txq == NULL)
		goto no_memory;
	txq->zone = rte_eth_dma_zone_reserve(dev, "tx_ring", queue,
					     n_desc * sizeof(struct e810_tx_desc),
					     E810_RLAN_BASE_UNIT, socket);
	if (txq->zone == NULL)
		goto no_memory;
	txq->ring = txq->zone->addr;
	txq->sw_ring = (struct rte_mbuf **)(txq + 1);
	txq->rs_at = (uint16_t *)(txq->sw_ring + n_desc);
	txq->doorbell = aether_bus_doorbell(aether_process(dev)->hw.bus, QTX_COMM_DBELL(queue));
	txq->n_desc = n_desc;
	txq->rs_thresh = rs_thresh;
	txq->free_thresh = free_thresh;
	txq->queue_id = queue;
	txq->port_id = dev->data->port_id;
	txq->offloads = conf->offloads | dev->data->dev_conf.txmode.offloads;
	txq->fast_free = (txq->offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
	txq->conf = *conf;
	txq->conf.offloads = txq->offloads;
	txq->conf.tx_rs_thresh = rs_thresh;
	txq->conf.tx_free_thresh = free_thresh;
	dev->data->tx_queues[queue] = txq;
	return 0;

no_memory:
	AETHER_LOG(ERR, "%s: no memory for Tx queue %u of %u descriptors; give EAL more (-m), or "
		   "ask for fewer", dev->data->name, queue, n_desc);
	rte_free(txq);
	return -ENOMEM;
}

void
aether_txq_free_mbufs(struct aether_txq *txq)
{
	uint16_t at = txq->clean;

	/* From the oldest block to the descriptor that would be filled next. */
	while (at != txq->next) {
		if (txq->sw_ring[at] != NULL)
			rte_pktmbuf_free_seg(txq->sw_ring[at]);
		txq->sw_ring[at] = NULL;
		if (++at == txq->n_desc)
			at = 0;
	}
	txq->clean = txq->next;
	/* A burst on a stopped queue finds no room, and no report that would give it some; what
	 * gave mbufs back before leaves no pointers to them. */
	memset(txq->sw_ring, 0, txq->n_desc * sizeof(*txq->sw_ring));
	memset(txq->ring, 0, txq->n_desc * sizeof(*txq->ring));
	memset(txq->rs_at, 0xff, txq->n_desc / txq->rs_thresh * sizeof(*txq->rs_at));
	txq->next = 0;
	txq->clean = 0;
	txq->n_free = 0;
	txq->stuck = false;
}

void
aether_dev_tx_queue_release(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_txq *txq = dev->data->tx_queues[queue];

	if (txq == NULL)
		return;
	if (txq->started)
		aether_dev_tx_queue_stop(dev, queue);
	if (txq->stuck && !aether_queue_recover(dev, "Tx", queue)) {
		dev->data->tx_queues[queue] = NULL;
		return;
	}
	aether_txq_free_mbufs(txq);
	rte_memzone_free(txq->zone);
	rte_free(txq);
	dev->data->tx_queues[queue] = NULL;
}

int
aether_tx_queues_start_locked(struct rte_eth_dev *dev, struct aether_hw *hw,
			      const uint16_t *queues, uint16_t n)
{
	struct aether_txq_conf confs[AETHER_MAX_QUEUES];
	struct aether_txq *txq;
	uint16_t i;
	int ret;

	if (n == 0)
		return 0;
	for (i = 0; i < n; i++) {
		txq = dev->data->tx_queues[queues[i]];
		if (txq->stuck)
			return aether_queue_busy(dev, "Tx", txq->queue_id);
		aether_txq_free_mbufs(txq);
		aether_txq_irq_bind(hw, txq->queue_id, aether_poll_vector(dev));
		confs[i].q = txq->queue_id;
		confs[i].ring_iova = txq->zone->iova;
		confs[i].n_desc = txq->n_desc;
	}
	ret = aether_txqs_start(hw, confs, n);
	if (ret != 0) {
		/* Nothing has been given to those that may run. */
		if (aether_txqs_stop(hw, queues, n) != 0)
			aether_port(dev)->needs_reset = true;
		return ret;
	}
	for (i = 0; i < n; i++) {
		txq = dev->data->tx_queues[queues[i]];
		txq->next_rs = txq->rs_thresh - 1;
		txq->n_free = txq->n_desc - 1;
		txq->started = true;
		dev->data->tx_queue_state[txq->queue_id] = RTE_ETH_QUEUE_STATE_STARTED;
	}
	return 0;
}

int
aether_tx_queues_stop_locked(struct rte_eth_dev *dev, struct aether_hw *hw,
			     const uint16_t *queues, uint16_t n)
{
	const int ret = aether_txqs_stop(hw, queues, n);
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct aether_txq *txq = dev->data->tx_queues[queues[i]];

		if (!txq->started)
			continue;
		txq->started = false;
		dev->data->tx_queue_state[txq->queue_id] = RTE_ETH_QUEUE_STATE_STOPPED;
		txq->stuck = ret == -ENODEV ? false : hw->txq[queues[i]].on;
		if (!txq->stuck)
			aether_txq_free_mbufs(txq);
	}
	return ret;
}

int
aether_dev_tx_queue_start(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = aether_tx_queues_start_locked(dev, hw, &queue, 1);

	aether_unlock(dev);
	return ret;
}

int
aether_dev_tx_queue_stop(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = aether_tx_queues_stop_locked(dev, hw, &queue, 1);

	if (ret != 0)
		aether_port(dev)->needs_reset = true;
	aether_unlock(dev);
	return ret;
}

void
aether_dev_txq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_txq_info *info)
{
	const struct aether_txq *txq = dev->data->tx_queues[queue];

	info->nb_desc = txq->n_desc;
	info->conf = txq->conf;
}
