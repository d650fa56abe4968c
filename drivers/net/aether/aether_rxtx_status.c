/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Looking into the rings, without taking anything out: counts and states of descriptors. The ethdev
 * layer, and testpmd, pass the number of any queue on; one that is not set up is NULL here.
 */

#include <errno.h>

#include <ethdev_driver.h>

#include "aether_rxtx.h"

static inline bool
rx_desc_done(const struct aether_rxq *rxq, uint16_t at)
{
	return (__atomic_load_n(&rxq->ring[at].flex.status_error0, __ATOMIC_ACQUIRE) &
		rte_cpu_to_le_16(E810_RXD_FLEX_STATUS0_DD)) != 0;
}

static int
rx_monitor_check(const uint64_t value, const uint64_t opaque[RTE_POWER_MONITOR_OPAQUE_SZ])
{
	RTE_SET_USED(opaque);
	/* There already: do not go to sleep. */
	return value & rte_cpu_to_le_64(E810_RXD_FLEX_STATUS0_DD) ? -1 : 0;
}

int
aether_dev_get_monitor_addr(void *rx_queue, struct rte_power_monitor_cond *cond)
{
	const struct aether_rxq *rxq = rx_queue;

	if (rxq == NULL)
		return -EINVAL;
	cond->addr = &rxq->ring[rxq->next].qword[1];
	cond->size = sizeof(rxq->ring[0].qword[1]);
	cond->fn = rx_monitor_check;
	return 0;
}

aether_queue_count_t
aether_rx_queue_count(void *rx_queue)
{
	const struct aether_rxq *rxq = rx_queue;
	uint16_t low = 0, high, mid;

	if (rxq == NULL)
		return -EINVAL;
	high = rxq->n_desc - rxq->n_empty;
	/* The device completes descriptors in order: search the first that is not done. */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (rx_desc_done(rxq, (rxq->next + mid) % rxq->n_desc))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int
aether_rx_descriptor_status(void *rx_queue, uint16_t offset)
{
	const struct aether_rxq *rxq = rx_queue;

	if (rxq == NULL || offset >= rxq->n_desc)
		return -EINVAL;
	if (offset + AETHER_RX_RESERVE >= rxq->n_desc - rxq->n_empty)
		return RTE_ETH_RX_DESC_UNAVAIL;
	if (rx_desc_done(rxq, (rxq->next + offset) % rxq->n_desc))
		return RTE_ETH_RX_DESC_DONE;
	return RTE_ETH_RX_DESC_AVAIL;
}

/*
 * The device reports by blocks: a descriptor is done when its block is, or has been cleaned.
 * offset counts from the next descriptor to fill.
 */
int
aether_tx_descriptor_status(void *tx_queue, uint16_t offset)
{
	const struct aether_txq *txq = tx_queue;
	uint16_t at, block, report;

	if (txq == NULL || offset >= txq->n_desc)
		return -EINVAL;
	if (offset <= txq->n_free)
		return RTE_ETH_TX_DESC_DONE;
	at = (txq->next + offset) % txq->n_desc;
	block = at / txq->rs_thresh;
	report = txq->rs_at[block] == UINT16_MAX ?
		(block + 1) * txq->rs_thresh - 1 : txq->rs_at[block];
	return aether_tx_done(txq->ring + report) ? RTE_ETH_TX_DESC_DONE : RTE_ETH_TX_DESC_FULL;
}
