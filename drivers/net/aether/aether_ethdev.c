/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The life of a port: probe, configure, start, stop, reset, close.
 *
 * A failure at any step undoes the steps before it. The device's VSI, with its rules and
 * queues, lives from start to stop; everything else of the device from probe to close.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_malloc.h>
#include <rte_string_fns.h>

#include <ethdev_driver.h>

#include "aether_devargs.h"
#include "aether_ethdev.h"
#include "aether_open.h"
#include "aether_rxtx.h"
#include "aether_secondary.h"

#define RX_OFFLOADS \
	(RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_KEEP_CRC | \
	 RTE_ETH_RX_OFFLOAD_VLAN_FILTER | RTE_ETH_RX_OFFLOAD_VLAN_STRIP)
#define TX_OFFLOADS \
	(RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE | \
	 RTE_ETH_TX_OFFLOAD_VLAN_INSERT)
/* What takes a parser that knows more than Ethernet: not in safe mode. */
#define RX_PARSED_OFFLOADS	(RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH)
#define TX_PARSED_OFFLOADS \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_SCTP_CKSUM)

#define DEFAULT_BURST	32
#define DEFAULT_RING	1024

RTE_LOG_REGISTER_DEFAULT(aether_ethdev_logtype, NOTICE);

/* ---------------------------------------------------------------- information --------------- */

static int
dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct aether_caps *caps = &aether_process(dev)->hw.caps;
	const struct rte_eth_desc_lim limits = {
		.nb_max = E810_RING_MAX,
		.nb_min = E810_RING_MIN,
		.nb_align = E810_RING_MULTIPLE,
	};

	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = AETHER_MAX_MTU;
	info->min_rx_bufsize = E810_RLAN_DBUF_UNIT;
	info->max_rx_pktlen = E810_MAX_FRAME_SIZE;
	info->max_rx_queues = RTE_MIN(caps->rx_queues, AETHER_MAX_QUEUES);
	info->max_tx_queues = RTE_MIN(caps->tx_queues, AETHER_MAX_QUEUES);
	info->max_mac_addrs = AETHER_MAX_MAC_ADDRS;
	info->rx_offload_capa = RX_OFFLOADS;
	info->tx_offload_capa = TX_OFFLOADS;
	if (!caps->safe_mode) {
		info->rx_offload_capa |= RX_PARSED_OFFLOADS;
		info->tx_offload_capa |= TX_PARSED_OFFLOADS;
	}
	info->tx_queue_offload_capa = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	info->speed_capa = aether_speed_capa(&aether_process(dev)->hw);

	info->rx_desc_lim = limits;
	info->rx_desc_lim.nb_seg_max = E810_RLAN_RXMAX_MAX_CHAIN;
	info->rx_desc_lim.nb_mtu_seg_max = E810_RLAN_RXMAX_MAX_CHAIN;
	info->tx_desc_lim = limits;
	info->tx_desc_lim.nb_seg_max = E810_TX_MAX_DESC_PER_PKT;
	info->tx_desc_lim.nb_mtu_seg_max = E810_TX_MAX_DESC_PER_PKT;

	/* What goes wrong inside the device is told by RTE_ETH_EVENT_INTR_RESET. */
	info->err_handle_mode = RTE_ETH_ERROR_HANDLE_MODE_PASSIVE;

	info->default_rxconf.rx_free_thresh = AETHER_RX_BLOCK;
	info->default_txconf.tx_rs_thresh = AETHER_TX_RS_THRESH;
	info->default_txconf.tx_free_thresh = AETHER_TX_FREE_THRESH;
	info->default_rxportconf.burst_size = DEFAULT_BURST;
	info->default_txportconf.burst_size = DEFAULT_BURST;
	info->default_rxportconf.ring_size = DEFAULT_RING;
	info->default_txportconf.ring_size = DEFAULT_RING;
	aether_rss_infos_get(dev, info);
	info->default_rxportconf.nb_queues = 1;
	info->default_txportconf.nb_queues = 1;
	return 0;
}

static int
fw_version_get(struct rte_eth_dev *dev, char *version, size_t size)
{
	const struct aether_versions *v = &aether_process(dev)->hw.versions;
	int len;

	/* testpmd, for one, has room for 31 characters. */
	len = snprintf(version, size, "%x.%02x 0x%08x %u.%u.%u", v->nvm_major, v->nvm_minor,
		       v->eetrack, v->fw_major, v->fw_minor, v->fw_patch);
	if (len < 0)
		return -EINVAL;
	return (size_t)len < size ? 0 : len + 1;
}

/* ---------------------------------------------------------------- bring-up ------------------ */

/** Everything of the device that lives from probe to close. Under the lock. */
static int
bring_up(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	struct aether_port *port = aether_port(dev);
	int ret;

	ret = aether_hw_init(hw);
	if (ret != 0)
		return ret;
	port->needs_reset = false;
	/* Counters stand where an earlier driver left them: note where. */
	aether_stats_update(hw, &port->stats);
	/* From here on the firmware tells of changes of the link. */
	ret = aether_link_update(hw, true);
	if (ret != 0) {
		aether_hw_fini(hw);
		return ret;
	}
	aether_link_publish(dev, hw);
	return 0;
}

/** Give the device back; what it counted is kept. Under the lock.
 * @return 0 when the device touches no memory any more */
static int
device_leave(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	aether_stats_update(hw, &aether_port(dev)->stats);
	return aether_hw_fini(hw);
}

/** Give the device back and bring it up anew; all queues are stopped. Under the lock. */
static int
bring_up_again(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	int ret;

	aether_port(dev)->needs_reset = true;
	ret = device_leave(dev, hw);
	if (ret != 0)
		return ret;
	aether_queues_reclaim(dev);
	ret = bring_up(dev, hw);
	if (ret == 0)
		aether_irq0_enable(hw);
	return ret;
}

int
aether_stop_dma(struct rte_eth_dev *dev)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret;

	aether_port(dev)->needs_reset = true;
	ret = device_leave(dev, hw);
	if (ret == 0)
		aether_queues_reclaim(dev);
	aether_unlock(dev);
	return ret;
}

/* ---------------------------------------------------------------- configure, start, stop ---- */

static int
dev_configure(struct rte_eth_dev *dev)
{
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	int ret;

	if (aether_check_link_speeds(dev) != 0)
		return -EINVAL;
	if (conf->lpbk_mode != 0) {
		AETHER_LOG(ERR, "%s: loopback mode %u is not available; configure the port with "
			   "lpbk_mode = 0 (the wire=loop devarg loops outside of the device)",
			   dev->data->name, conf->lpbk_mode);
		return -ENOTSUP;
	}
	if ((conf->rxmode.mq_mode & ~RTE_ETH_MQ_RX_RSS_FLAG) != 0 ||
	    conf->txmode.mq_mode != RTE_ETH_MQ_TX_NONE) {
		AETHER_LOG(ERR, "%s: multi-queue modes 0x%x (Rx) and 0x%x (Tx); available are "
			   "none and RSS for Rx, none for Tx", dev->data->name,
			   conf->rxmode.mq_mode, conf->txmode.mq_mode);
		return -ENOTSUP;
	}
	ret = aether_rss_configure(dev);
	if (ret != 0)
		return ret;
	return aether_rx_intr_check(dev);
}

static int
check_queues(const struct rte_eth_dev *dev)
{
	uint16_t q;

	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		if (dev->data->rx_queues[q] == NULL) {
			AETHER_LOG(ERR, "%s: Rx queue %u of %u is not set up; call "
				   "rte_eth_rx_queue_setup()", dev->data->name, q,
				   dev->data->nb_rx_queues);
			return -EINVAL;
		}
	}
	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		if (dev->data->tx_queues[q] == NULL) {
			AETHER_LOG(ERR, "%s: Tx queue %u of %u is not set up; call "
				   "rte_eth_tx_queue_setup()", dev->data->name, q,
				   dev->data->nb_tx_queues);
			return -EINVAL;
		}
	}
	return 0;
}

/** Free the VSI; what it counted is kept. Under the lock. */
static int
leave_vsi(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	aether_stats_update(hw, &aether_port(dev)->stats);
	return aether_vsi_free(hw);
}

/** The part of a start that talks to the device. Under the lock. */
static int
start_device(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	int ret;

	if (hw->removed || aether_port(dev)->needs_reset || aether_hw_lost(hw)) {
		ret = bring_up_again(dev, hw);
		if (ret != 0)
			return ret;
	}
	ret = aether_vsi_add(hw, dev->data->nb_rx_queues, dev->data->nb_tx_queues);
	if (ret != 0)
		return ret;
	/* So that the VSI's counters count from here. */
	aether_stats_update(hw, &aether_port(dev)->stats);
	ret = aether_rss_start(dev, hw);
	if (ret != 0)
		goto free_vsi;
	ret = aether_rx_vlan_strip_set(dev, hw, (dev->data->dev_conf.rxmode.offloads &
						 RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0);
	if (ret != 0)
		goto free_vsi;
	ret = aether_queues_start(dev, hw);
	if (ret != 0)
		goto free_vsi;
	/* Nothing is received before all is set up that decides what is, and where to. */
	ret = aether_mac_start(dev, hw);
	if (ret == 0)
		ret = aether_vlan_start(dev, hw);
	if (ret != 0)
		goto stop_queues;
	aether_queues_give(dev);
	ret = aether_phy_start(dev, hw, true);
	if (ret != 0)
		goto stop_queues;
	ret = aether_link_update(hw, true);
	if (ret != 0)
		goto stop_queues;
	aether_link_publish(dev, hw);
	return 0;

stop_queues:
	if (aether_queues_stop(dev, hw) != 0)
		aether_port(dev)->needs_reset = true;
free_vsi:
	if (leave_vsi(dev, hw) != 0)
		aether_port(dev)->needs_reset = true;
	return ret;
}

static int
dev_start(struct rte_eth_dev *dev)
{
	struct aether_hw *hw;
	int ret;

	ret = check_queues(dev);
	if (ret != 0)
		return ret;
	hw = aether_lock(dev);
	ret = start_device(dev, hw);
	aether_unlock(dev);
	if (ret != 0) {
		AETHER_LOG(ERR, "%s: not started: %s; the messages before this say why",
			   dev->data->name, rte_strerror(-ret));
		/* Nothing must be left with the device. */
		if (aether_port(dev)->needs_reset)
			aether_stop_dma(dev);
		return ret;
	}
	aether_set_bursts(dev);
	aether_serve_running(dev, true);
	return 0;
}

/**
 * Stop a port whose device has been reset by somebody else. That reset may still be under way, so
 * buffers are given back after one of our own, which waits for it.
 */
static void
stop_lost(struct rte_eth_dev *dev)
{
	if (aether_dev_is_removed(dev))
		AETHER_LOG(NOTICE, "%s: stopped; its device is gone: close the port",
			   dev->data->name);
	else
		AETHER_LOG(NOTICE, "%s: stopped after a reset of the whole device; "
			   "rte_eth_dev_reset() or a start brings it up again", dev->data->name);
	if (aether_stop_dma(dev) != 0)
		AETHER_LOG(ERR, "%s: the reset does not end; close the port, power the device off",
			   dev->data->name);
}

static int
dev_stop(struct rte_eth_dev *dev)
{
	struct aether_hw *hw;
	int ret, err;

	aether_clear_bursts(dev);
	aether_serve_running(dev, false);
	dev->data->dev_started = 0;
	hw = aether_lock(dev);
	if (aether_hw_lost(hw)) {
		aether_queues_abandon(dev);
		aether_unlock(dev);
		stop_lost(dev);
		return 0;
	}
	ret = aether_queues_stop(dev, hw);
	err = leave_vsi(dev, hw);
	aether_unlock(dev);
	if (ret == 0 && err == 0)
		return 0;
	/*
	 * The port is stopped all the same, so that the application can go on to close or start
	 * it: a reset of the function ends what the firmware would not.
	 */
	AETHER_LOG(WARNING, "%s: the device did not stop in order (%s): it is reset",
		   dev->data->name, rte_strerror(ret != 0 ? -ret : -err));
	if (aether_stop_dma(dev) != 0)
		AETHER_LOG(ERR, "%s: the reset failed, too; close the port, power the device off",
			   dev->data->name);
	return 0;
}

static int
dev_reset(struct rte_eth_dev *dev)
{
	struct aether_hw *hw;
	int ret;

	hw = aether_lock(dev);
	ret = bring_up_again(dev, hw);
	aether_unlock(dev);
	return ret;
}

static int
mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	RTE_SET_USED(mtu);
	if (dev->data->dev_started) {
		AETHER_LOG(ERR, "%s: the MTU of a started port cannot change; stop it first",
			   dev->data->name);
		return -EBUSY;
	}
	/* The ethdev layer has checked the range and notes it; queues get it when they start. */
	return 0;
}

/* ---------------------------------------------------------------- close --------------------- */

void
aether_port_release(struct rte_eth_dev *dev)
{
	struct aether_process *process = aether_process(dev);
	uint16_t q;

	if (process == NULL)
		return;
	aether_serve_fini(dev);
	if (process->hw.bus != NULL) {
		aether_removal_fini(dev);
		aether_stats_fini(dev);
		aether_intr_fini(dev);
		aether_stats_update(aether_lock(dev), &aether_port(dev)->stats);
		aether_hw_close(&process->hw);
		process->hw.bus->ops->close(process->hw.bus);
		process->hw.bus = NULL;
		aether_unlock(dev);
	}
	/* The door is shut: no device can reach memory through it, so all buffers are ours. */
	aether_queues_reclaim(dev);
	for (q = 0; q < dev->data->nb_rx_queues; q++)
		aether_dev_rx_queue_release(dev, q);
	for (q = 0; q < dev->data->nb_tx_queues; q++)
		aether_dev_tx_queue_release(dev, q);
	pthread_mutex_destroy(&process->lock);
	aether_ddp_source_fini(process);
	free(process);
	dev->process_private = NULL;
}

static int
dev_close(struct rte_eth_dev *dev)
{
	if (dev->data->dev_started)
		dev_stop(dev);
	aether_port_release(dev);
	return 0;
}

static const struct eth_dev_ops aether_eth_dev_ops = {
	.dev_configure = dev_configure,
	.dev_start = dev_start,
	.dev_stop = dev_stop,
	.dev_close = dev_close,
	.dev_reset = dev_reset,
	.is_removed = aether_dev_is_removed,
	.dev_infos_get = dev_infos_get,
	.fw_version_get = fw_version_get,
	.dev_supported_ptypes_get = aether_dev_supported_ptypes_get,
	.mtu_set = mtu_set,
	.link_update = aether_dev_link_update,
	.dev_set_link_up = aether_dev_set_link_up,
	.dev_set_link_down = aether_dev_set_link_down,
	.promiscuous_enable = aether_dev_promiscuous_enable,
	.promiscuous_disable = aether_dev_promiscuous_disable,
	.allmulticast_enable = aether_dev_allmulticast_enable,
	.allmulticast_disable = aether_dev_allmulticast_disable,
	.mac_addr_add = aether_dev_mac_addr_add,
	.mac_addr_remove = aether_dev_mac_addr_remove,
	.mac_addr_set = aether_dev_mac_addr_set,
	.set_mc_addr_list = aether_dev_set_mc_addr_list,
	.vlan_filter_set = aether_dev_vlan_filter_set,
	.vlan_offload_set = aether_dev_vlan_offload_set,
	.stats_get = aether_dev_stats_get,
	.stats_reset = aether_dev_stats_reset,
	.xstats_get = aether_dev_xstats_get,
	.xstats_get_names = aether_dev_xstats_get_names,
	.xstats_get_by_id = aether_dev_xstats_get_by_id,
	.xstats_get_names_by_id = aether_dev_xstats_get_names_by_id,
	.fec_get_capability = aether_dev_fec_get_capability,
	.fec_get = aether_dev_fec_get,
	.fec_set = aether_dev_fec_set,
	.flow_ctrl_get = aether_dev_flow_ctrl_get,
	.flow_ctrl_set = aether_dev_flow_ctrl_set,
	.get_module_info = aether_dev_get_module_info,
	.get_module_eeprom = aether_dev_get_module_eeprom,
	.get_eeprom_length = aether_dev_get_eeprom_length,
	.get_eeprom = aether_dev_get_eeprom,
	.dev_led_on = aether_dev_led_on,
	.dev_led_off = aether_dev_led_off,
	.get_reg = aether_dev_get_reg,
	.xstats_reset = aether_dev_stats_reset,
	.rss_hash_update = aether_dev_rss_hash_update,
	.rss_hash_conf_get = aether_dev_rss_hash_conf_get,
	.reta_update = aether_dev_reta_update,
	.reta_query = aether_dev_reta_query,
	.flow_ops_get = aether_dev_flow_ops_get,
	.rx_queue_setup = aether_dev_rx_queue_setup,
	.rx_queue_release = aether_dev_rx_queue_release,
	.rx_queue_start = aether_dev_rx_queue_start,
	.rx_queue_stop = aether_dev_rx_queue_stop,
	.rxq_info_get = aether_dev_rxq_info_get,
	.rx_burst_mode_get = aether_dev_rx_burst_mode_get,
	.rx_queue_intr_enable = aether_dev_rx_queue_intr_enable,
	.rx_queue_intr_disable = aether_dev_rx_queue_intr_disable,
	.tx_queue_setup = aether_dev_tx_queue_setup,
	.tx_queue_release = aether_dev_tx_queue_release,
	.tx_queue_start = aether_dev_tx_queue_start,
	.tx_queue_stop = aether_dev_tx_queue_stop,
	.txq_info_get = aether_dev_txq_info_get,
	.tx_burst_mode_get = aether_dev_tx_burst_mode_get,
	.tx_done_cleanup = aether_dev_tx_done_cleanup,
	.get_monitor_addr = aether_dev_get_monitor_addr,
};

bool
aether_is_port(const struct rte_eth_dev *dev)
{
	return dev->dev_ops == &aether_eth_dev_ops && dev->process_private != NULL;
}

/* ---------------------------------------------------------------- probe --------------------- */

static int
init_process(struct rte_eth_dev *dev, const struct aether_devargs *args)
{
	struct aether_process *process = calloc(1, sizeof(*process));
	int ret;

	if (process == NULL)
		return -ENOMEM;
	pthread_mutex_init(&process->lock, NULL);
	rte_strscpy(process->hw.name, dev->data->name, sizeof(process->hw.name));
	dev->process_private = process;
	process->hw.writeback_given = args->writeback_us >= 0;
	process->hw.writeback_us = RTE_MAX(args->writeback_us, 0);
	ret = aether_ddp_source_init(process, args);
	if (ret != 0)
		return ret;
	ret = aether_open(dev->data->name, args, &process->hw.bus);
	if (ret != 0)
		process->hw.bus = NULL;
	return ret;
}

static int
init_addresses(struct rte_eth_dev *dev)
{
	struct aether_port *port = aether_port(dev);

	dev->data->mac_addrs = rte_zmalloc("aether_mac_addrs", AETHER_MAX_MAC_ADDRS *
					   sizeof(*dev->data->mac_addrs), 0);
	if (dev->data->mac_addrs == NULL)
		return -ENOMEM;
	rte_ether_addr_copy(&aether_process(dev)->hw.perm_mac, &port->mac_addr);
	rte_ether_addr_copy(&port->mac_addr, &dev->data->mac_addrs[0]);
	return 0;
}

int
aether_port_init(struct rte_eth_dev *dev, const struct aether_devargs *args)
{
	int ret;

	dev->dev_ops = &aether_eth_dev_ops;
	dev->rx_queue_count = aether_rx_queue_count;
	dev->rx_descriptor_status = aether_rx_descriptor_status;
	dev->tx_descriptor_status = aether_tx_descriptor_status;
	aether_clear_bursts(dev);
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;

	ret = init_process(dev, args);
	if (ret != 0)
		return ret;
	ret = bring_up(dev, aether_lock(dev));
	aether_unlock(dev);
	if (ret != 0)
		return ret;
	ret = init_addresses(dev);
	if (ret != 0)
		return ret;
	ret = aether_stats_init(dev);
	if (ret != 0)
		return ret;
	ret = aether_intr_init(dev);
	if (ret != 0)
		return ret;
	ret = aether_serve_init(dev);
	if (ret != 0)
		return ret;
	return aether_removal_init(dev);
}
