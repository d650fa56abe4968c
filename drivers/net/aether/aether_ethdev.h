/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_ETHDEV_H
#define AETHER_ETHDEV_H

/**
 * @file
 * A port of net_aether: what belongs to it, and where.
 *
 * Shared by all processes (dev->data->dev_private, struct aether_port): configuration, statistics
 * and, behind dev->data->rx_queues and tx_queues, the queues. Of one process only
 * (dev->process_private, struct aether_process): the device with its bus, whose operations are
 * function pointers, its file descriptors and its lock.
 *
 * Doorbells: a queue is shared, and holds the address of its doorbell. So a process that wants to
 * poll queues maps BAR 0 where the primary has it, as DPDK's secondary processes do with all
 * memory and with the BARs of PCI devices; if that address is taken, it must not attach.
 * aether_secondary.h says how secondary processes work.
 *
 * Locking: calls into base/ on one device must not overlap. The ethdev operations, the interrupt
 * handler and the statistics timer all take aether_process::lock around them. Application
 * callbacks are called without it. Bursts never take it.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ethdev_driver.h>
#include <rte_ether.h>
#include <rte_interrupts.h>
#include <rte_log.h>

#include "aether_compat.h"
#include "aether_rss.h"
#include "base/aether_base.h"

extern int aether_ethdev_logtype;
#define AETHER_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_ ## level, aether_ethdev_logtype, "net_aether: " fmt "\n", ## __VA_ARGS__)

/** Addresses of a port: its own and those that applications add. */
#define AETHER_MAX_MAC_ADDRS	64
/** Multicast addresses that an application can list. */
#define AETHER_MAX_MC_ADDRS	64

/** Ethernet header, two VLAN tags and FCS: what a frame has beyond the MTU. */
#define AETHER_FRAME_OVERHEAD	(RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN)
#define AETHER_MAX_MTU		(E810_MAX_FRAME_SIZE - AETHER_FRAME_OVERHEAD)

/** Seconds between two readings of the counters: a 40-bit one wraps in 88 s at 100 Gb/s. */
#define AETHER_STATS_PERIOD_S	20

/** Shared by all processes. */
struct aether_port {
	struct aether_stats_state stats;
	struct rte_ether_addr mac_addr;	/* whose rule stands as the port's own */
	struct rte_ether_addr mc_addrs[AETHER_MAX_MC_ADDRS];
	uint16_t n_mc_addrs;
	struct aether_phy_wish phy;	/* what the application asks of the PHY */
	uint16_t pause_quanta;		/* of the pause frames that it sends; 0: as found */
	bool phy_started;		/* phy.up is the application's word */
	struct aether_rss rss;
	bool needs_reset;		/* a queue could not be stopped: bring the device up anew */
	bool running;			/* bursts of secondary processes may use the queues */
	bool removed;			/* atomic: the device is gone, or about to go */
};

/** What was last logged about the link. */
struct aether_link_told {
	bool known;
	uint8_t fec;
	uint32_t speed_mbps;
	const char *reason;
};

/** Of the process that probed the port. */
struct aether_process {
	struct aether_hw hw;
	pthread_mutex_t lock;
	struct rte_intr_handle *intr;
	struct aether_removal *removal;	/* NULL: the door knows none */
	char *ddp_pkg_file;		/* owned; NULL: search */
	struct aether_link_told link_told;
	uint8_t event[E810_AQ_MAX_BUF_LEN];	/* buffer of the admin event in work */
};

static inline struct aether_port *
aether_port(const struct rte_eth_dev *dev)
{
	return dev->data->dev_private;
}

static inline struct aether_process *
aether_process(const struct rte_eth_dev *dev)
{
	return dev->process_private;
}

/** Take the port's device for calls into base/. */
static inline struct aether_hw *
aether_lock(const struct rte_eth_dev *dev)
{
	struct aether_process *process = aether_process(dev);

	pthread_mutex_lock(&process->lock);
	return &process->hw;
}

static inline void
aether_unlock(const struct rte_eth_dev *dev)
{
	pthread_mutex_unlock(&aether_process(dev)->lock);
}

/** Longest frame in bytes, with FCS, that the MTU of the port implies. */
static inline uint32_t
aether_max_frame(const struct rte_eth_dev *dev)
{
	return dev->data->mtu + AETHER_FRAME_OVERHEAD;
}

/** Whether dev is a port of this driver. */
bool aether_is_port(const struct rte_eth_dev *dev);
/**
 * End all DMA by a reset of the function, and give back the buffers of queues that could not be
 * stopped. The port needs bring-up after it, which its next start does. Must not be called with
 * the lock held.
 *
 * @return 0 or the error of the reset: the device may still write
 */
int aether_stop_dma(struct rte_eth_dev *dev);

/* aether_ethdev.c: the ends of a port's life */
struct aether_devargs;

/** Open the port's device and bring it up. What has been done by an error is undone by
 * aether_port_release(). @return 0 or negative errno, the reason logged */
int aether_port_init(struct rte_eth_dev *dev, const struct aether_devargs *args);
/** Undo whatever of aether_port_init() has been done. A second time does nothing. */
void aether_port_release(struct rte_eth_dev *dev);

/* aether_ddp_source.c */

/** Tell bring-up where its DDP package comes from, before aether_hw_init(). */
int aether_ddp_source_init(struct aether_process *process, const struct aether_devargs *args);
void aether_ddp_source_fini(struct aether_process *process);

/* aether_link.c */

/** Handle the device's interrupts from now on. */
int aether_intr_init(struct rte_eth_dev *dev);
/** No handler runs after return. Must not be called with the lock held. */
void aether_intr_fini(struct rte_eth_dev *dev);
int aether_dev_link_update(struct rte_eth_dev *dev, int wait_to_complete);
/** Tell the ethdev what hw->link says, under the lock. @return 0 changed, -1 the same */
int aether_link_publish(struct rte_eth_dev *dev, const struct aether_hw *hw);

/** No link, and no question why. Under the lock. @return whether that is news */
bool aether_link_publish_lost(struct rte_eth_dev *dev);

/* aether_removal.c */

/** Watch for the removal of the device from now on, if the door can tell. */
int aether_removal_init(struct rte_eth_dev *dev);
/** No handler runs after return, unless it is the caller. Must not be called with the lock held. */
void aether_removal_fini(struct rte_eth_dev *dev);
int aether_dev_is_removed(struct rte_eth_dev *dev);

/* aether_rx_intr.c */

/** Whether the function has the vectors that the configuration of the port asks for. */
int aether_rx_intr_check(const struct rte_eth_dev *dev);
/** Vector of a receive queue, and the one that all polled queues share. */
uint16_t aether_rx_vector(const struct rte_eth_dev *dev, uint16_t queue);
uint16_t aether_poll_vector(const struct rte_eth_dev *dev);
/** Give every receive queue's vector an eventfd, if the configuration asks for it. Under the lock,
 * before queues start. @return 0 or negative errno: nothing is left then */
int aether_rx_intr_start(struct rte_eth_dev *dev);
/** Undo it, once the queues are stopped. Under the lock. */
void aether_rx_intr_stop(struct rte_eth_dev *dev);
int aether_dev_rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t queue);
int aether_dev_rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t queue);

/* aether_phy_ops.c */
int aether_dev_set_link_up(struct rte_eth_dev *dev);
int aether_dev_set_link_down(struct rte_eth_dev *dev);
int aether_dev_fec_get_capability(struct rte_eth_dev *dev, struct rte_eth_fec_capa *capa,
				  unsigned int num);
int aether_dev_fec_get(struct rte_eth_dev *dev, uint32_t *capa);
int aether_dev_fec_set(struct rte_eth_dev *dev, uint32_t capa);
int aether_dev_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);
int aether_dev_flow_ctrl_set(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf);
int aether_dev_led_on(struct rte_eth_dev *dev);
int aether_dev_led_off(struct rte_eth_dev *dev);
/** RTE_ETH_LINK_SPEED_* that port and module can do. */
uint32_t aether_speed_capa(const struct aether_hw *hw);
/** Whether the port can do what its link_speeds say. @return 0, or -EINVAL and the reason logged */
int aether_check_link_speeds(const struct rte_eth_dev *dev);
/** Bring about all that the application has asked of the PHY, link on or off. Under the lock. */
int aether_phy_start(struct rte_eth_dev *dev, struct aether_hw *hw, bool up);
/** Log what the link is or why it is not, if that is news. Under the lock. */
void aether_link_log(struct rte_eth_dev *dev, const struct aether_hw *hw);

/* aether_module_ops.c */
int aether_dev_get_module_info(struct rte_eth_dev *dev, struct rte_eth_dev_module_info *info);
int aether_dev_get_module_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info);
int aether_dev_get_eeprom_length(struct rte_eth_dev *dev);
int aether_dev_get_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info);

/* aether_regs.c */
int aether_dev_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info);
int aether_dev_xstats_get_by_id(struct rte_eth_dev *dev, const uint64_t *ids, uint64_t *values,
				unsigned int n);
int aether_dev_xstats_get_names_by_id(struct rte_eth_dev *dev, const uint64_t *ids,
				      struct rte_eth_xstat_name *names, unsigned int n);

/* aether_stats_ops.c */
int aether_stats_init(struct rte_eth_dev *dev);
/** No timer runs after return. Must not be called with the lock held. */
void aether_stats_fini(struct rte_eth_dev *dev);
int aether_dev_stats_get(AETHER_STATS_GET_PARAMS);
int aether_dev_stats_reset(struct rte_eth_dev *dev);
int aether_dev_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
int aether_dev_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
				unsigned int n);

/* aether_mac_ops.c */
int aether_dev_promiscuous_enable(struct rte_eth_dev *dev);
int aether_dev_promiscuous_disable(struct rte_eth_dev *dev);
int aether_dev_allmulticast_enable(struct rte_eth_dev *dev);
int aether_dev_allmulticast_disable(struct rte_eth_dev *dev);
int aether_dev_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *addr, uint32_t index,
			    uint32_t pool);
void aether_dev_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index);
int aether_dev_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *addr);
int aether_dev_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs,
				uint32_t n);
/** Rules that a port has from its start: its address, broadcast, the multicast list, modes that
 * have been asked for. Under the lock, with a VSI. */
int aether_mac_start(struct rte_eth_dev *dev, struct aether_hw *hw);

/* aether_vlan_ops.c */
int aether_dev_vlan_filter_set(struct rte_eth_dev *dev, uint16_t id, int on);
int aether_dev_vlan_offload_set(struct rte_eth_dev *dev, int mask);
/** VLAN filter and ids that a port has from its start. Under the lock, with a VSI. */
int aether_vlan_start(struct rte_eth_dev *dev, struct aether_hw *hw);

/* aether_rxq_ops.c, aether_txq_ops.c, aether_queue_ops.c */
int aether_dev_rx_queue_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
			      unsigned int socket, const struct rte_eth_rxconf *conf,
			      struct rte_mempool *pool);
void aether_dev_rx_queue_release(struct rte_eth_dev *dev, uint16_t queue);
int aether_dev_tx_queue_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t n_desc,
			      unsigned int socket, const struct rte_eth_txconf *conf);
void aether_dev_tx_queue_release(struct rte_eth_dev *dev, uint16_t queue);
int aether_dev_rx_queue_start(struct rte_eth_dev *dev, uint16_t queue);
int aether_dev_rx_queue_stop(struct rte_eth_dev *dev, uint16_t queue);
int aether_dev_tx_queue_start(struct rte_eth_dev *dev, uint16_t queue);
int aether_dev_tx_queue_stop(struct rte_eth_dev *dev, uint16_t queue);
void aether_dev_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue,
			     struct rte_eth_rxq_info *info);
void aether_dev_txq_info_get(struct rte_eth_dev *dev, uint16_t queue,
			     struct rte_eth_txq_info *info);
/** Start every queue that is not deferred; under the lock. On error none is left running. */
int aether_queues_start(struct rte_eth_dev *dev, struct aether_hw *hw);
/** Give the device the descriptors of the Rx queues that run: from now on it receives. */
void aether_queues_give(struct rte_eth_dev *dev);
/** Stop every queue and give its mbufs back; under the lock.
 * @return 0, or the first error: the device may still own the buffers of that queue, so they are
 *   kept until it is reset or closed */
int aether_queues_stop(struct rte_eth_dev *dev, struct aether_hw *hw);
/**
 * Switch the stripping of VLAN tags, of all receive queues; also while they run. Under the lock.
 * Without a VSI (the port is stopped) nothing is done: a start takes what dev_conf says.
 *
 * @return 0 or the error of the device: all is as it was then
 */
int aether_rx_vlan_strip_set(struct rte_eth_dev *dev, struct aether_hw *hw, bool strip);
/** The device does not know the queues any more, or will not soon: they are stopped, and keep their
 * buffers until a reset is over and aether_queues_reclaim() is called. Under the lock. */
void aether_queues_abandon(struct rte_eth_dev *dev);
/** After a reset of the device, which ends all DMA: give back what aether_queues_stop() kept. */
void aether_queues_reclaim(struct rte_eth_dev *dev);

/* aether_mempool.c */

/** Make mempools that are created from now on fit for --no-huge memory; when EAL has huge pages
 * nothing is done. */
void aether_mempool_prepare(void);

#endif /* AETHER_ETHDEV_H */
