/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_QUEUE_OPS_H
#define AETHER_QUEUE_OPS_H

/**
 * @file
 * Queues on the control path, among themselves. A queue owns mbufs only while it is started; if
 * the device does not let go of a queue (stuck), until the device has been reset.
 *
 * What takes hw is called under the lock of the port.
 */

#include <stdbool.h>
#include <stdint.h>

struct aether_hw;
struct aether_rxq;
struct aether_txq;
struct rte_eth_dev;

/* aether_queue_ops.c */

/** Log that a stuck queue cannot start. @param kind "Rx" or "Tx" @return -EBUSY */
int aether_queue_busy(const struct rte_eth_dev *dev, const char *kind, uint16_t queue);
/** Whether an E810 can have a ring of n_desc descriptors; logs it if not. */
bool aether_queue_ring_ok(const struct rte_eth_dev *dev, const char *kind, uint16_t queue,
			  uint16_t n_desc);
/**
 * Get a stuck queue's buffers back from the device, by a reset. Without the lock.
 *
 * @return false: the device still owns them, so that they must not be freed
 */
bool aether_queue_recover(struct rte_eth_dev *dev, const char *kind, uint16_t queue);

/* aether_rxq_ops.c */

/**
 * A frame longer than a buffer needs several, which the application must have asked for.
 *
 * @return 0, or -EINVAL: frames of the port's MTU do not fit, as is logged
 */
int aether_rxq_choose_scatter(struct rte_eth_dev *dev, struct aether_rxq *rxq);
/** The device gets no descriptors yet: that takes aether_rx_give().
 * @return 0, or negative errno: the queue is stopped then, or stuck */
int aether_rx_queue_start_locked(struct rte_eth_dev *dev, struct aether_hw *hw,
				 struct aether_rxq *rxq);
/** Stop it if it runs. @return 0, or the error of the device: it is stuck */
int aether_rx_queue_stop_locked(struct rte_eth_dev *dev, struct aether_hw *hw,
				struct aether_rxq *rxq);
/** Give back every mbuf that the queue holds. The device must not own them any more. */
void aether_rxq_free_mbufs(struct aether_rxq *rxq);

/* aether_txq_ops.c */

/** Start the queues of a list, all or (but for an error) none. */
int aether_tx_queues_start_locked(struct rte_eth_dev *dev, struct aether_hw *hw,
				  const uint16_t *queues, uint16_t n);
/** Stop those of a list that run. @return 0 or the first error: what did not stop is stuck */
int aether_tx_queues_stop_locked(struct rte_eth_dev *dev, struct aether_hw *hw,
				 const uint16_t *queues, uint16_t n);
/** Give back every mbuf that the queue holds, sent or not. The device must be done with them. */
void aether_txq_free_mbufs(struct aether_txq *txq);

#endif /* AETHER_QUEUE_OPS_H */
