/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Which bursts a port uses: those that its configuration allows, or none while it is stopped. */

#include <errno.h>

#include <rte_string_fns.h>

#include <ethdev_driver.h>

#include "aether_rxtx.h"

uint16_t
aether_recv_stopped(void *rx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	RTE_SET_USED(rx_queue);
	RTE_SET_USED(pkts);
	RTE_SET_USED(n);
	return 0;
}

uint16_t
aether_xmit_stopped(void *tx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	RTE_SET_USED(tx_queue);
	RTE_SET_USED(pkts);
	RTE_SET_USED(n);
	return 0;
}

void
aether_clear_bursts(struct rte_eth_dev *dev)
{
	dev->rx_pkt_burst = aether_recv_stopped;
	dev->tx_pkt_burst = aether_xmit_stopped;
	dev->tx_pkt_prepare = aether_xmit_stopped;
}

/** Offloads of a queue for which the full Tx burst is needed. */
#define TX_FULL_OFFLOADS	(~(uint64_t)RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)

void
aether_set_bursts(struct rte_eth_dev *dev)
{
	bool scattered = false, full = false;
	uint16_t q;

	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		const struct aether_rxq *rxq = dev->data->rx_queues[q];

		scattered |= rxq->scattered;
	}
	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		const struct aether_txq *txq = dev->data->tx_queues[q];

		full |= (txq->offloads & TX_FULL_OFFLOADS) != 0;
	}
	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		struct aether_txq *txq = dev->data->tx_queues[q];

		txq->full = full;
	}
	dev->data->scattered_rx = scattered;
	if (scattered)
		dev->rx_pkt_burst = aether_recv_scattered;
	else if (dev->data->dev_conf.rxmode.offloads & AETHER_RX_FLAG_OFFLOADS)
		dev->rx_pkt_burst = aether_recv_offload;
	else
		dev->rx_pkt_burst = aether_recv;
	dev->tx_pkt_burst = full ? aether_xmit_full : aether_xmit;
	dev->tx_pkt_prepare = aether_xmit_prepare;
}

int
aether_dev_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue,
			     struct rte_eth_burst_mode *mode)
{
	const char *info;

	RTE_SET_USED(queue);
	if (dev->rx_pkt_burst == aether_recv)
		info = "Scalar";
	else if (dev->rx_pkt_burst == aether_recv_offload)
		info = "Scalar Offload";
	else if (dev->rx_pkt_burst == aether_recv_scattered)
		info = "Scalar Scattered";
	else
		return -EINVAL;
	rte_strscpy(mode->info, info, sizeof(mode->info));
	return 0;
}

int
aether_dev_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue,
			     struct rte_eth_burst_mode *mode)
{
	const char *info;

	RTE_SET_USED(queue);
	if (dev->tx_pkt_burst == aether_xmit)
		info = "Scalar Simple";
	else if (dev->tx_pkt_burst == aether_xmit_full)
		info = "Scalar";
	else
		return -EINVAL;
	rte_strscpy(mode->info, info, sizeof(mode->info));
	return 0;
}
