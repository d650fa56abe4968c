/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Receive queues on the control path: set-up, start, stop, release. */

#include <errno.h>

#include <rte_malloc.h>
#include <rte_mempool.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "aether_queue_ops.h"
#include "aether_rxtx.h"

/** An mbuf as the application shall find it, in the eight bytes from data_off on. */
static uint64_t
rx_mbuf_init(uint16_t port_id)
{
	struct rte_mbuf m = {
		.data_off = RTE_PKTMBUF_HEADROOM,
		.nb_segs = 1,
		.port = port_id,
	};

	rte_mbuf_refcnt_set(&m, 1);
	return *aether_mbuf_rearm(&m);
}

static int
rxq_check(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
	  const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	const unsigned int room = pool == NULL ? 0 : rte_pktmbuf_data_room_size(pool);

	if (!aether_queue_ring_ok(dev, "Rx", queue, n_desc))
		return -EINVAL;
	if (conf->rx_free_thresh > n_desc - AETHER_RX_BLOCK) {
		AETHER_LOG(ERR, "%s: Rx queue %u: rx_free_thresh %u; must be at most %u with %u "
			   "descriptors", dev->data->name, queue, conf->rx_free_thresh,
			   n_desc - AETHER_RX_BLOCK, n_desc);
		return -EINVAL;
	}
	if (room < RTE_PKTMBUF_HEADROOM + E810_RLAN_DBUF_UNIT) {
		AETHER_LOG(ERR, "%s: Rx queue %u: mbufs of pool %s have room for %u bytes; must be "
			   "at least %u (headroom included)", dev->data->name, queue,
			   pool == NULL ? "(none)" : pool->name, room,
			   RTE_PKTMBUF_HEADROOM + E810_RLAN_DBUF_UNIT);
		return -EINVAL;
	}
	return 0;
}

int
aether_dev_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
			  unsigned int socket, const struct rte_eth_rxconf *conf,
			  struct rte_mempool *pool)
{
	struct aether_rxq *rxq;
	int ret;

	ret = rxq_check(dev, queue, n_desc, conf, pool);
	if (ret != 0)
		return ret;
	aether_dev_rx_queue_release(dev, queue);

	rxq = rte_zmalloc_socket("aether_rxq", sizeof(*rxq) + n_desc * sizeof(struct rte_mbuf *),
				 RTE_CACHE_LINE_SIZE, socket);
	if (rxq == NULL)
		goto no_memory;
	rxq->zone = rte_eth_dma_zone_reserve(dev, "rx_ring", queue,
					     n_desc * sizeof(union aether_rx_desc),
					     E810_RLAN_BASE_UNIT, socket);
	if (rxq->zone == NULL)
		goto no_memory;
	rxq->ring = rxq->zone->addr;
	rxq->sw_ring = (struct rte_mbuf **)(rxq + 1);
	rxq->doorbell = aether_bus_doorbell(aether_process(dev)->hw.bus, QRX_TAIL(queue));
	rxq->mbuf_init = rx_mbuf_init(dev->data->port_id);
	rxq->n_desc = n_desc;
	rxq->n_empty = n_desc;
	rxq->pool = pool;
	rxq->queue_id = queue;
	rxq->port_id = dev->data->port_id;
	rxq->buf_len = RTE_ALIGN_FLOOR(RTE_MIN(rte_pktmbuf_data_room_size(pool) -
					       RTE_PKTMBUF_HEADROOM, AETHER_RX_MAX_BUF),
				       E810_RLAN_DBUF_UNIT);
	rxq->conf = *conf;
	rxq->conf.offloads |= dev->data->dev_conf.rxmode.offloads;
	rxq->crc_len = rxq->conf.offloads & RTE_ETH_RX_OFFLOAD_KEEP_CRC ? RTE_ETHER_CRC_LEN : 0;
	if (rxq->conf.rx_free_thresh < AETHER_RX_BLOCK)
		rxq->conf.rx_free_thresh = AETHER_RX_BLOCK;
	dev->data->rx_queues[queue] = rxq;
	return 0;

no_memory:
	AETHER_LOG(ERR, "%s: no memory for Rx queue %u of %u descriptors; give EAL more (-m), or "
		   "ask for fewer", dev->data->name, queue, n_desc);
	rte_free(rxq);
	return -ENOMEM;
}

void
aether_rxq_free_mbufs(struct aether_rxq *rxq)
{
	/* refill is where the empty descriptors begin, so behind them the filled ones. */
	uint16_t at = (rxq->refill + rxq->n_empty) % rxq->n_desc;

	for (; rxq->n_empty < rxq->n_desc; rxq->n_empty++) {
		rte_mbuf_raw_free(rxq->sw_ring[at]);
		if (++at == rxq->n_desc)
			at = 0;
	}
	rte_pktmbuf_free(rxq->first);
	rxq->first = NULL;
	/* A burst on a stopped queue finds no descriptor to look at, and does not refill. */
	rxq->refill_thresh = UINT16_MAX;
	rxq->stuck = false;
}

void
aether_dev_rx_queue_release(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_rxq *rxq = dev->data->rx_queues[queue];

	if (rxq == NULL)
		return;
	if (rxq->started)
		aether_dev_rx_queue_stop(dev, queue);
	if (rxq->stuck && !aether_queue_recover(dev, "Rx", queue)) {
		dev->data->rx_queues[queue] = NULL;
		return;
	}
	aether_rxq_free_mbufs(rxq);
	rte_memzone_free(rxq->zone);
	rte_free(rxq);
	dev->data->rx_queues[queue] = NULL;
}

/** Empty ring, and nothing posted. */
static void
rxq_rewind(struct aether_rxq *rxq)
{
	memset(rxq->ring, 0, rxq->n_desc * sizeof(*rxq->ring));
	rxq->next = 0;
	rxq->refill = 0;
	rxq->n_empty = rxq->n_desc;
	rxq->refill_thresh = rxq->conf.rx_free_thresh;
	rxq->offload = (rxq->conf.offloads & AETHER_RX_FLAG_OFFLOADS) != 0;
}

int
aether_rxq_choose_scatter(struct rte_eth_dev *dev, struct aether_rxq *rxq)
{
	const uint32_t frame = aether_max_frame(dev);

	rxq->scattered = (rxq->conf.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0 &&
		frame > rxq->buf_len;
	if (frame <= rxq->buf_len)
		return 0;
	if (!rxq->scattered) {
		AETHER_LOG(ERR, "%s: Rx queue %u: frames of %u bytes (MTU %u) do not fit buffers "
			   "of %u; enable the scatter offload (testpmd: --enable-scatter), or use "
			   "larger mbufs, or a smaller MTU", dev->data->name, rxq->queue_id, frame,
			   dev->data->mtu, rxq->buf_len);
		return -EINVAL;
	}
	if (frame > E810_RLAN_RXMAX_MAX_CHAIN * rxq->buf_len) {
		AETHER_LOG(ERR, "%s: Rx queue %u: frames of %u bytes (MTU %u) do not fit %u "
			   "buffers of %u; use larger mbufs, or a smaller MTU", dev->data->name,
			   rxq->queue_id, frame, dev->data->mtu, E810_RLAN_RXMAX_MAX_CHAIN,
			   rxq->buf_len);
		return -EINVAL;
	}
	return 0;
}

int
aether_rx_queue_start_locked(struct rte_eth_dev *dev, struct aether_hw *hw,
			     struct aether_rxq *rxq)
{
	struct aether_rxq_conf conf = {
		.ring_iova = rxq->zone->iova,
		.n_desc = rxq->n_desc,
		.buf_len = rxq->buf_len,
		.max_frame = aether_max_frame(dev),
		.keep_crc = rxq->crc_len != 0,
		.rxdid = E810_RXDID_FLEX_NIC,
	};
	int ret;

	if (rxq->stuck)
		return aether_queue_busy(dev, "Rx", rxq->queue_id);
	ret = aether_rxq_choose_scatter(dev, rxq);
	if (ret != 0)
		return ret;
	rxq_rewind(rxq);
	/* Before the first packet, so that none comes without its interrupt. */
	aether_rxq_irq_bind(hw, rxq->queue_id, aether_rx_vector(dev, rxq->queue_id));
	ret = aether_rxq_start(hw, rxq->queue_id, &conf);
	if (ret != 0)
		return ret;
	aether_rx_fill(rxq);
	if (rxq->n_empty != 0) {
		AETHER_LOG(ERR, "%s: Rx queue %u: pool %s of %u mbufs has not the %u for the ring; "
			   "make it larger, or the ring smaller", dev->data->name, rxq->queue_id,
			   rxq->pool->name, rxq->pool->size, rxq->n_desc);
		rxq->stuck = aether_rxq_stop(hw, rxq->queue_id) != 0;
		if (!rxq->stuck)
			aether_rxq_free_mbufs(rxq);
		return -ENOMEM;
	}
	rxq->started = true;
	dev->data->rx_queue_state[rxq->queue_id] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;
}

int
aether_rx_queue_stop_locked(struct rte_eth_dev *dev, struct aether_hw *hw,
			    struct aether_rxq *rxq)
{
	int ret;

	if (!rxq->started)
		return 0;
	ret = aether_rxq_stop(hw, rxq->queue_id);
	rxq->started = false;
	dev->data->rx_queue_state[rxq->queue_id] = RTE_ETH_QUEUE_STATE_STOPPED;
	rxq->stuck = ret != 0;
	if (!rxq->stuck)
		aether_rxq_free_mbufs(rxq);
	return ret;
}

int
aether_dev_rx_queue_start(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = aether_rx_queue_start_locked(dev, hw, dev->data->rx_queues[queue]);

	if (ret == 0)
		aether_rx_give(dev->data->rx_queues[queue]);
	aether_unlock(dev);
	return ret;
}

int
aether_dev_rx_queue_stop(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = aether_rx_queue_stop_locked(dev, hw, dev->data->rx_queues[queue]);

	if (ret != 0)
		aether_port(dev)->needs_reset = true;
	aether_unlock(dev);
	return ret;
}

void
aether_dev_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_rxq_info *info)
{
	const struct aether_rxq *rxq = dev->data->rx_queues[queue];

	info->mp = rxq->pool;
	info->scattered_rx = dev->data->scattered_rx;
	info->nb_desc = rxq->n_desc;
	info->rx_buf_size = rxq->buf_len;
	info->conf = rxq->conf;
}

int
aether_rx_vlan_strip_set(struct rte_eth_dev *dev, struct aether_hw *hw, bool strip)
{
	uint16_t q;
	int ret;

	/*
	 * Bursts look at the descriptors' tags from before the first one is stripped. They go on
	 * when it ends: what is in the rings has been stripped.
	 */
	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq != NULL && strip)
			rxq->offload = true;
	}
	ret = hw->vsi_valid ? aether_vsi_vlan_strip(hw, strip) : 0;
	for (q = 0; q < dev->data->nb_rx_queues && ret == 0; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq != NULL && strip)
			rxq->conf.offloads |= RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
		else if (rxq != NULL)
			rxq->conf.offloads &= ~RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	}
	return ret;
}
