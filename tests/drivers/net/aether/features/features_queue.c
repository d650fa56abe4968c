/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Queues: life, interrupts, descriptors, memory. */

#include <string.h>

#include <rte_cycles.h>
#include <rte_epoll.h>
#include <rte_power_intrinsics.h>

#include "../port_util.h"
#include "features.h"

static const struct packet plain;

static enum feature_result
rx_interrupt(struct rig *rig)
{
	struct rte_epoll_event event;
	int ret;

	rig->conf.intr_conf.rxq = 1;
	ret = rig_start(rig, 1);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret != 0)
		return broken(rig, "does not start with Rx interrupts: %d", ret);
	ret = rte_eth_dev_rx_intr_enable(rig->port, 0);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret != 0)
		return broken(rig, "the interrupt cannot be enabled: %d", ret);
	ret = rte_eth_dev_rx_intr_ctl_q(rig->port, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
					NULL);
	if (ret != 0)
		return broken(rig, "the interrupt cannot be waited for: %d", ret);
	if (!rig_send(rig, rig_packet(rig, &plain)))
		return broken(rig, "no packet can be sent");
	ret = rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 2000);
	rte_eth_dev_rx_intr_disable(rig->port, 0);
	rte_eth_dev_rx_intr_ctl_q(rig->port, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_DEL, NULL);
	rte_pktmbuf_free(rig_receive(rig, 2000));
	return ret == 1 ? FEATURE_YES : broken(rig, "a packet wakes nobody: %d", ret);
}

static enum feature_result
lock_free_tx(struct rig *rig)
{
	if ((rig->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MT_LOCKFREE) == 0)
		return FEATURE_NO;
	return broken(rig, "MT_LOCKFREE is advertised, and this test does not try it");
}

/* Send n packets and drop what comes back. */
static bool
exchange(struct rig *rig, unsigned int n)
{
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < n; i++) {
		m = rig_echo(rig, rig_packet(rig, &plain));
		if (m == NULL)
			return false;
		rte_pktmbuf_free(m);
	}
	return true;
}

static enum feature_result
fast_mbuf_free(struct rig *rig)
{
	unsigned int before;
	int ret;

	if ((rig->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) == 0)
		return FEATURE_NO;
	before = rte_mempool_avail_count(test_pool);
	rig->conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	ret = rig_start(rig, 1);
	if (ret != 0 || !exchange(rig, 600))
		return broken(rig, "no traffic with fast free: %d", ret);
	rig_stop(rig);
	rte_eth_dev_close(rig->port);
	return rte_mempool_avail_count(test_pool) == before ? FEATURE_YES :
		broken(rig, "%u mbufs of %u are back", rte_mempool_avail_count(test_pool), before);
}

static enum feature_result
tx_done_cleanup(struct rig *rig)
{
	unsigned int before;
	int ret = rig_start(rig, 1);

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	if (rte_eth_tx_done_cleanup(rig->port, 0, 0) == -ENOTSUP)
		return FEATURE_NO;
	if (!exchange(rig, 100))
		return broken(rig, "no traffic");
	before = rte_mempool_avail_count(test_pool);
	ret = rte_eth_tx_done_cleanup(rig->port, 0, 0);
	if (ret <= 0 || rte_mempool_avail_count(test_pool) != before + (unsigned int)ret)
		return broken(rig, "cleanup says %d and frees %d", ret,
			      (int)(rte_mempool_avail_count(test_pool) - before));
	return FEATURE_YES;
}

static enum feature_result
queue_start_stop(struct rig *rig)
{
	struct rte_mbuf *m;
	int ret = rig_start(rig, 1);

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	ret = rte_eth_dev_rx_queue_stop(rig->port, 0);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret != 0)
		return broken(rig, "an Rx queue does not stop: %d", ret);
	if (!rig_send(rig, rig_packet(rig, &plain)))
		return broken(rig, "no packet can be sent");
	m = rig_receive(rig, 20);
	rte_pktmbuf_free(m);
	ret = rte_eth_dev_rx_queue_start(rig->port, 0);
	if (m != NULL || ret != 0 || !exchange(rig, 10))
		return broken(rig, "a stopped Rx queue receives, or does not start again: %d",
			      ret);
	ret = rte_eth_dev_tx_queue_stop(rig->port, 0);
	if (ret == 0)
		ret = rte_eth_dev_tx_queue_start(rig->port, 0);
	return ret == 0 && exchange(rig, 10) ? FEATURE_YES :
		broken(rig, "a Tx queue does not stop and start: %d", ret);
}

static enum feature_result
runtime_rx_setup(struct rig *rig)
{
	int ret;

	if ((rig->info.dev_capa & RTE_ETH_DEV_CAPA_RUNTIME_RX_QUEUE_SETUP) == 0)
		return FEATURE_NO;
	ret = rig_start(rig, 1);
	if (ret == 0)
		ret = rte_eth_dev_rx_queue_stop(rig->port, 0);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(rig->port, 0, 512, SOCKET_ID_ANY, NULL, test_pool);
	if (ret == 0)
		ret = rte_eth_dev_rx_queue_start(rig->port, 0);
	return ret == 0 && exchange(rig, 10) ? FEATURE_YES :
		broken(rig, "an Rx queue cannot be set up while the port runs: %d", ret);
}

static enum feature_result
runtime_tx_setup(struct rig *rig)
{
	int ret;

	if ((rig->info.dev_capa & RTE_ETH_DEV_CAPA_RUNTIME_TX_QUEUE_SETUP) == 0)
		return FEATURE_NO;
	ret = rig_start(rig, 1);
	if (ret == 0)
		ret = rte_eth_dev_tx_queue_stop(rig->port, 0);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(rig->port, 0, 512, SOCKET_ID_ANY, NULL);
	if (ret == 0)
		ret = rte_eth_dev_tx_queue_start(rig->port, 0);
	return ret == 0 && exchange(rig, 10) ? FEATURE_YES :
		broken(rig, "a Tx queue cannot be set up while the port runs: %d", ret);
}

static enum feature_result
shared_rxq(struct rig *rig)
{
	if ((rig->info.dev_capa & RTE_ETH_DEV_CAPA_RXQ_SHARE) == 0)
		return FEATURE_NO;
	return broken(rig, "RXQ_SHARE is advertised, and this test does not try it");
}

static enum feature_result
burst_mode(struct rig *rig)
{
	struct rte_eth_burst_mode rx, tx;
	int ret = rig_start(rig, 1);

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	memset(&rx, 0, sizeof(rx));
	memset(&tx, 0, sizeof(tx));
	ret = rte_eth_rx_burst_mode_get(rig->port, 0, &rx);
	if (ret == 0)
		ret = rte_eth_tx_burst_mode_get(rig->port, 0, &tx);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret != 0 || rx.info[0] == '\0' || tx.info[0] == '\0')
		return broken(rig, "burst mode: %d, '%s', '%s'", ret, rx.info, tx.info);
	return FEATURE_YES;
}

/* What a core that sleeps on the address asks before, and what a packet changes. */
static enum feature_result
monitor_address(struct rig *rig)
{
	struct rte_power_monitor_cond cond;
	unsigned int ms;
	bool sleep;
	int ret = rig_start(rig, 1);

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	memset(&cond, 0, sizeof(cond));
	ret = rte_eth_get_monitor_addr(rig->port, 0, &cond);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret != 0 || cond.addr == NULL || cond.fn == NULL)
		return broken(rig, "no address to monitor: %d", ret);
#define WOULD_SLEEP()	(cond.fn(cond.size == 8 ? *(volatile uint64_t *)cond.addr : \
			 cond.size == 4 ? *(volatile uint32_t *)cond.addr : \
			 cond.size == 2 ? *(volatile uint16_t *)cond.addr : \
			 *(volatile uint8_t *)cond.addr, cond.opaque) == 0)
	sleep = WOULD_SLEEP();
	if (!rig_send(rig, rig_packet(rig, &plain)))
		return broken(rig, "no packet can be sent");
	for (ms = 0; ms < 2000 && WOULD_SLEEP(); ms++)
		rte_delay_us_sleep(1000);
	if (!sleep || WOULD_SLEEP())
		return broken(rig, "a core would %s", sleep ? "sleep on" : "never sleep");
	rte_pktmbuf_free(rig_receive(rig, 2000));
	return FEATURE_YES;
}

static enum feature_result
rx_descriptor_status(struct rig *rig)
{
	int ret = rig_start(rig, 1), before;
	unsigned int ms;

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	before = rte_eth_rx_descriptor_status(rig->port, 0, 0);
	if (before == -ENOTSUP)
		return FEATURE_NO;
	if (!rig_send(rig, rig_packet(rig, &plain)))
		return broken(rig, "no packet can be sent");
	for (ms = 0; ms < 2000; ms++) {
		ret = rte_eth_rx_descriptor_status(rig->port, 0, 0);
		if (ret != before)
			break;
		rte_delay_us_sleep(1000);
	}
	rte_pktmbuf_free(rig_receive(rig, 2000));
	return before == RTE_ETH_RX_DESC_AVAIL && ret == RTE_ETH_RX_DESC_DONE ? FEATURE_YES :
		broken(rig, "descriptor: %d, and with a packet %d", before, ret);
}

static enum feature_result
tx_descriptor_status(struct rig *rig)
{
	int ret = rig_start(rig, 1), i;

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	ret = rte_eth_tx_descriptor_status(rig->port, 0, 0);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	/* With so many sent, reports of several blocks have come. */
	if (ret != RTE_ETH_TX_DESC_DONE || !exchange(rig, 200))
		return broken(rig, "an empty ring has a descriptor of status %d", ret);
	for (i = 0; i < 256; i++) {
		ret = rte_eth_tx_descriptor_status(rig->port, 0, i);
		if (ret != RTE_ETH_TX_DESC_DONE && ret != RTE_ETH_TX_DESC_FULL)
			return broken(rig, "descriptor %d: %d", i, ret);
	}
	return FEATURE_YES;
}

const struct feature features_queue[] = {
	{ "Rx interrupt", "a packet wakes who waits by epoll", rx_interrupt },
	{ "Lock-free Tx queue", "the offload flag", lock_free_tx },
	{ "Fast mbuf free", "600 packets, and all mbufs are back", fast_mbuf_free },
	{ "Free Tx mbuf on demand", "frees as many as it says", tx_done_cleanup },
	{ "Queue start/stop", "one Rx queue, one Tx queue, with traffic", queue_start_stop },
	{ "Runtime Rx queue setup", "another ring while the port runs", runtime_rx_setup },
	{ "Runtime Tx queue setup", "another ring while the port runs", runtime_tx_setup },
	{ "Shared Rx queue", "the capability flag", shared_rxq },
	{ "Burst mode info", "of both directions", burst_mode },
	{ "Power mgmt address monitor", "a packet ends the sleep", monitor_address },
	{ "Rx descriptor status", "available, then done", rx_descriptor_status },
	{ "Tx descriptor status", "of a whole ring, after 200 packets", tx_descriptor_status },
	{ NULL, NULL, NULL },
};
