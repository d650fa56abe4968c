/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Queues on the control path: set-up, start, stop, release. A queue owns mbufs only while it is
 * started; if the device does not let go of a queue (stuck), until the device has been reset.
 */

#include <errno.h>

#include <rte_malloc.h>
#include <rte_mempool.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "aether_rxtx.h"

static int
queue_busy(const struct rte_eth_dev *dev, const char *kind, uint16_t queue)
{
	AETHER_LOG(ERR, "%s: %s queue %u cannot start: the device has not let go of it since it "
		   "was stopped; call rte_eth_dev_reset(), or stop and start the port",
		   dev->data->name, kind, queue);
	return -EBUSY;
}

/* ---------------------------------------------------------------- receive ------------------- */

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

	if (n_desc < E810_RING_MIN || n_desc > E810_RING_MAX || n_desc % E810_RING_MULTIPLE != 0) {
		AETHER_LOG(ERR, "%s: Rx queue %u of %u descriptors; must be %u to %u and a "
			   "multiple of %u", dev->data->name, queue, n_desc, E810_RING_MIN,
			   E810_RING_MAX, E810_RING_MULTIPLE);
		return -EINVAL;
	}
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

/** Give back every mbuf that the queue holds. The device must not own them any more. */
static void
rxq_free_mbufs(struct aether_rxq *rxq)
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
	if (rxq->stuck && aether_stop_dma(dev) != 0) {
		/* Better lost than written to by the device after somebody else has got it. */
		AETHER_LOG(ERR, "%s: Rx queue %u keeps its memory: the device still owns it",
			   dev->data->name, queue);
		dev->data->rx_queues[queue] = NULL;
		return;
	}
	rxq_free_mbufs(rxq);
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

/** A frame longer than a buffer needs several, which the application must have asked for. */
static int
rxq_choose_scatter(struct rte_eth_dev *dev, struct aether_rxq *rxq)
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

static int
rxq_start(struct rte_eth_dev *dev, struct aether_hw *hw, struct aether_rxq *rxq)
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
		return queue_busy(dev, "Rx", rxq->queue_id);
	ret = rxq_choose_scatter(dev, rxq);
	if (ret != 0)
		return ret;
	rxq_rewind(rxq);
	/* Before the first packet, so that none comes without its interrupt. */
	aether_rxq_irq_bind(hw, rxq->queue_id, aether_rx_vector(dev, rxq->queue_id));
	ret = aether_rxq_start(hw, rxq->queue_id, &conf);
	if (ret != 0)
		return ret;
	aether_rx_refill(rxq);
	if (rxq->n_empty != 0) {
		AETHER_LOG(ERR, "%s: Rx queue %u: pool %s of %u mbufs has not the %u for the ring; "
			   "make it larger, or the ring smaller", dev->data->name, rxq->queue_id,
			   rxq->pool->name, rxq->pool->size, rxq->n_desc);
		rxq->stuck = aether_rxq_stop(hw, rxq->queue_id) != 0;
		if (!rxq->stuck)
			rxq_free_mbufs(rxq);
		return -ENOMEM;
	}
	rxq->started = true;
	dev->data->rx_queue_state[rxq->queue_id] = RTE_ETH_QUEUE_STATE_STARTED;
	return 0;
}

static int
rxq_stop(struct rte_eth_dev *dev, struct aether_hw *hw, struct aether_rxq *rxq)
{
	int ret;

	if (!rxq->started)
		return 0;
	ret = aether_rxq_stop(hw, rxq->queue_id);
	rxq->started = false;
	dev->data->rx_queue_state[rxq->queue_id] = RTE_ETH_QUEUE_STATE_STOPPED;
	rxq->stuck = ret != 0;
	if (!rxq->stuck)
		rxq_free_mbufs(rxq);
	return ret;
}

/* ---------------------------------------------------------------- transmit ------------------ */

static int
txq_check(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
	  uint16_t rs_thresh, uint16_t free_thresh)
{
	if (n_desc < E810_RING_MIN || n_desc > E810_RING_MAX || n_desc % E810_RING_MULTIPLE != 0) {
		AETHER_LOG(ERR, "%s: Tx queue %u of %u descriptors; must be %u to %u and a "
			   "multiple of %u", dev->data->name, queue, n_desc, E810_RING_MIN,
			   E810_RING_MAX, E810_RING_MULTIPLE);
		return -EINVAL;
	}
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

/** Give back every mbuf that the queue holds, sent or not. The device must be done with them. */
static void
txq_free_mbufs(struct aether_txq *txq)
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
	/* A burst on a stopped queue finds no room, and no report that would give it some. */
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
	if (txq->stuck && aether_stop_dma(dev) != 0) {
		/* Better lost than written to by the device after somebody else has got it. */
		AETHER_LOG(ERR, "%s: Tx queue %u keeps its memory: the device still owns it",
			   dev->data->name, queue);
		dev->data->tx_queues[queue] = NULL;
		return;
	}
	txq_free_mbufs(txq);
	rte_memzone_free(txq->zone);
	rte_free(txq);
	dev->data->tx_queues[queue] = NULL;
}

/** Start the queues of a list, all or (but for an error) none. */
static int
txqs_start(struct rte_eth_dev *dev, struct aether_hw *hw, const uint16_t *queues, uint16_t n)
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
			return queue_busy(dev, "Tx", txq->queue_id);
		txq_free_mbufs(txq);
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

/** Stop those of a list that run. @return 0 or the first error: what did not stop is stuck */
static int
txqs_stop(struct rte_eth_dev *dev, struct aether_hw *hw, const uint16_t *queues, uint16_t n)
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
			txq_free_mbufs(txq);
	}
	return ret;
}

/* ---------------------------------------------------------------- single queues ------------- */

int
aether_dev_rx_queue_start(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = rxq_start(dev, hw, dev->data->rx_queues[queue]);

	aether_unlock(dev);
	return ret;
}

int
aether_dev_rx_queue_stop(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = rxq_stop(dev, hw, dev->data->rx_queues[queue]);

	if (ret != 0)
		aether_port(dev)->needs_reset = true;
	aether_unlock(dev);
	return ret;
}

int
aether_dev_tx_queue_start(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = txqs_start(dev, hw, &queue, 1);

	aether_unlock(dev);
	return ret;
}

int
aether_dev_tx_queue_stop(struct rte_eth_dev *dev, uint16_t queue)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = txqs_stop(dev, hw, &queue, 1);

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

void
aether_dev_txq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_txq_info *info)
{
	const struct aether_txq *txq = dev->data->tx_queues[queue];

	info->nb_desc = txq->n_desc;
	info->conf = txq->conf;
}

/* ---------------------------------------------------------------- all queues ---------------- */

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
	ret = txqs_start(dev, hw, queues, n);
	for (q = 0; q < dev->data->nb_rx_queues && ret == 0; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq->conf.rx_deferred_start)
			ret = rxq_choose_scatter(dev, rxq);
		else
			ret = rxq_start(dev, hw, rxq);
	}
	if (ret != 0)
		aether_queues_stop(dev, hw);
	return ret;
}

int
aether_queues_stop(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	uint16_t queues[AETHER_MAX_QUEUES] = {0};
	uint16_t q;
	int ret, err;

	for (q = 0; q < dev->data->nb_tx_queues; q++)
		queues[q] = q;
	ret = txqs_stop(dev, hw, queues, dev->data->nb_tx_queues);
	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		err = rxq_stop(dev, hw, dev->data->rx_queues[q]);
		ret = ret != 0 ? ret : err;
	}
	aether_rx_intr_stop(dev);
	return ret;
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
			txq_free_mbufs(txq);
	}
	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq != NULL && rxq->stuck)
			rxq_free_mbufs(rxq);
	}
}
