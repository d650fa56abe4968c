/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_BASE_H
#define AETHER_BASE_H

/**
 * @file
 * The E810 as a device: reset, admin queue, NVM, capabilities, scheduler, switch, VSI, queues.
 * Knows registers and DMA through bus/, and no ethdev.
 *
 * Control path of one process (the primary). Calls on one device must not overlap: the caller
 * serialises them. All functions return 0 or negative errno unless said otherwise; an error of
 * the firmware is logged with opcode, name and code, and mapped to an errno.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_memzone.h>

#include <e810_hw.h>

#include "../bus/aether_bus.h"

#define AETHER_MAX_QUEUES	256

/** Versions that the device reports. */
struct aether_versions {
	uint8_t fw_major, fw_minor, fw_patch;
	uint32_t fw_build;
	uint8_t api_major, api_minor, api_patch;
	uint8_t nvm_major, nvm_minor;
	uint32_t eetrack;
};

/** What the function may use, from the capabilities; safe mode cuts queues to one. */
struct aether_caps {
	uint16_t rx_queues, tx_queues;
	uint16_t rx_first, tx_first;	/* first queue's absolute number */
	uint16_t msix_vectors;
	uint16_t vsis;
	uint16_t rss_table_size;
	uint16_t max_mtu;
	uint8_t functions;		/* valid functions of the card, bitmap */
	bool safe_mode;			/* no DDP package: one queue pair, no RSS */
};

/** Link as the firmware last reported it. */
struct aether_link {
	bool up;
	bool media;			/* a module or cable is present */
	bool autoneg;
	bool pause_rx, pause_tx;
	uint32_t speed_mbps;
	uint8_t fec;			/* E810_LINK_25G_*_FEC_EN */
};

/** Descriptors of either admin ring; each has a buffer of E810_AQ_MAX_BUF_LEN bytes. */
#define AETHER_ADMINQ_LEN	32

/** Admin queue: a send ring with one buffer a descriptor, and a receive ring for events. */
struct aether_adminq {
	const struct rte_memzone *mz;	/* rings and buffers, one zone */
	struct e810_aq_desc *atq, *arq;
	uint8_t *atq_buf, *arq_buf;
	rte_iova_t atq_buf_iova, arq_buf_iova;
	uint16_t atq_next, arq_next;
	enum e810_aq_err last_rc;	/* of the last command that the firmware completed */
	bool alive;			/* false: not set up, device gone, or a command timed out */
};

/** How long to wait for the device, in microseconds; 0: the default in brackets. */
struct aether_timing {
	uint32_t reset_us;		/* a reset [GRSTDEL + 1 s, as the device says] */
	uint32_t adminq_us;		/* a command [1 s, section 9.5] */
	uint32_t queue_us;		/* a receive queue's enable or disable [10 ms] */
	uint32_t nvm_lock_us;		/* another function to release the flash [5 s] */
};

/** A node that we added to the transmit scheduler's tree. */
struct aether_sched_node {
	uint32_t teid;
	uint32_t parent_teid;
};

/** Enough for AETHER_MAX_QUEUES at 8 queues a group, and the layers above. */
#define AETHER_SCHED_MAX_NODES	80

/** Transmit scheduler: layers from the port (0) to the queues (n_layers - 1), section 8. */
struct aether_sched {
	uint8_t n_layers;
	uint8_t entry_layer;		/* first layer that software may fill */
	uint8_t vsi_layer;		/* the one node that stands for our VSI */
	uint8_t qgroup_layer;		/* queue groups: parents of queues */
	uint16_t max_children[E810_SCHED_MAX_LAYERS];	/* of a node in this layer */
	uint32_t parent_teid;		/* the firmware's node above entry_layer */
	struct aether_sched_node nodes[AETHER_SCHED_MAX_NODES];	/* parents before children */
	uint16_t n_nodes;
	uint16_t first_qgroup;		/* index in nodes; the groups are the last ones */
	uint16_t n_qgroups;
};

/** The device. */
struct aether_hw {
	struct aether_bus *bus;
	char name[32];			/* for logs */
	uint16_t device_id;
	uint8_t pf_id;
	uint8_t lport;			/* logical port, from the switch configuration */
	uint16_t sw_id;
	uint64_t serial;
	struct aether_adminq aq;
	struct aether_versions versions;
	struct aether_caps caps;
	struct rte_ether_addr perm_mac;
	struct aether_link link;
	struct aether_timing timing;

	struct aether_sched sched;

	/* The one VSI of the port. */
	uint16_t vsi_num;
	bool vsi_valid;
	uint32_t epoch, vsi_epoch;	/* how often device and VSI were brought up */
	bool rxq_on[AETHER_MAX_QUEUES];
	struct {
		uint32_t parent_teid;
		bool on;
	} txq[AETHER_MAX_QUEUES];

	/* Switch rules that we own, to remove. */
	struct aether_mac_rule {
		struct rte_ether_addr addr;
		uint16_t index;
	} mac_rules[64];
	uint8_t n_mac_rules;
	struct aether_mode_rule {
		uint16_t index;
		bool on;
	} promisc, allmulti;

	/* Settings as we found them, to put back at close (design.md 13). */
	struct e810_aqc_phy_cfg phy_found;
	uint64_t phy_types_low, phy_types_high;	/* that port and media can do */
	uint16_t mac_frame_found;	/* bytes; 0: not known */
	bool phy_changed, mac_changed;

	uint16_t init_done;		/* steps of aether_hw_init() that are to be undone */
	int reset_ret;			/* of the last PF reset; 0 also when the device is gone */
};

/* Bring-up (aether_init.c): the datasheet's sequence, one call a step. */

/**
 * Bring the device from whatever state it is in to "ready for queues". On error everything that
 * was taken is given back, and the log says which step failed.
 *
 * @param hw zeroed, but for bus, name and (optionally) timing, which the caller sets; or given
 *   back by aether_hw_fini()
 */
int aether_hw_init(struct aether_hw *hw);
/**
 * Undo it: queues, rules, VSI, scheduler nodes, settings that we changed, admin queue; a PF reset
 * comes last and leaves the function as the firmware started it. Idempotent.
 *
 * @return 0: the device touches no memory any more (it was reset, is gone, or was not up); else
 *   the error of the reset: rings and buffers of queues that could not be stopped are still its
 */
int aether_hw_fini(struct aether_hw *hw);

/* aether_reset.c */
/** PF reset; waits for it, at most GRSTDEL + 1 s. -ETIMEDOUT when it never ends. */
int aether_reset_pf(struct aether_hw *hw);

/* aether_adminq.c */

/** Rings and buffers: taken before the device is touched, given back once it was reset. */
int aether_adminq_alloc(struct aether_hw *hw);
void aether_adminq_free(struct aether_hw *hw);
/** Show them to the device, post the buffers for events. */
int aether_adminq_init(struct aether_hw *hw);
/** Tell the firmware (and whether the driver leaves for good), then switch both rings off. */
void aether_adminq_fini(struct aether_hw *hw, bool unloading);
/**
 * Send one command and wait for its completion (at most 1 s).
 *
 * @param desc opcode and parameters in, completion out
 * @param buf  indirect buffer or NULL; read and/or written
 * @param len  bytes of buf, at most E810_AQ_MAX_BUF_LEN
 * @param rd   the firmware reads buf (sets RD)
 * @return 0, -EIO / mapped errno when the firmware refuses (hw->aq.last_rc), -ETIMEDOUT,
 *   -ENODEV when the device is gone (registers read all ones)
 */
int aether_adminq_send(struct aether_hw *hw, struct e810_aq_desc *desc, void *buf, uint16_t len,
		       bool rd);
/** Take one event. @return 1 an event was stored, 0 none, -ENODEV the device is gone. buf has
 * E810_AQ_MAX_BUF_LEN bytes; desc->datalen says how many are valid. */
int aether_adminq_event(struct aether_hw *hw, struct e810_aq_desc *desc, void *buf);

/* aether_nvm.c */
int aether_nvm_read_versions(struct aether_hw *hw);
/** Read the flash's shadow RAM. offset and len in bytes.
 * @return 0, -EINVAL (not inside the shadow RAM), -EBUSY (another function holds the flash) */
int aether_nvm_read(struct aether_hw *hw, uint32_t offset, uint32_t len, void *buf);

/* aether_caps.c */
int aether_caps_read(struct aether_hw *hw);
/** Whether a DDP package is active: decides safe mode. */
int aether_ddp_state(struct aether_hw *hw, bool *active);

/* aether_phy.c */

/** Read the link into hw->link. enable_events asks the firmware for an event (opcode
 * E810_AQC_GET_LINK_STATUS) at the next change; it must be asked again after each event. */
int aether_link_update(struct aether_hw *hw, bool enable_events);
/** Enable or disable the PHY's link; aether_hw_fini() puts it back as it was found. */
int aether_link_set(struct aether_hw *hw, bool up);
/** Longest frame that the MAC passes, in bytes with FCS, at most E810_MAX_FRAME_SIZE (which
 * aether_hw_init() sets: the queues' own limit is what counts). */
int aether_mac_cfg(struct aether_hw *hw, uint16_t max_frame);

/* aether_vsi.c and aether_switch.c */

/** Create the port's VSI with queues 0 to n_queues - 1 of the function, Rx and Tx, and its part of
 * the scheduler tree. @return 0, -EEXIST (there is one), -EINVAL (more queues than caps allow) */
int aether_vsi_add(struct aether_hw *hw, uint16_t n_queues);
/** Remove it with its rules; queues must be stopped. Nothing to do: 0. What cannot be removed is
 * logged and forgotten, the first error returned. */
int aether_vsi_free(struct aether_hw *hw);

/** Receive frames to this address, unicast, multicast or broadcast (which is no default).
 * @return 0 (also when it was there), -ENOSPC, -ENODEV (no VSI) */
int aether_mac_rule_add(struct aether_hw *hw, const struct rte_ether_addr *addr);
/** @return 0, or -ENOENT when it is not there */
int aether_mac_rule_del(struct aether_hw *hw, const struct rte_ether_addr *addr);
/** Receive everything that no other function's rule takes. */
int aether_promisc_set(struct aether_hw *hw, bool on);
/** Receive every multicast frame. */
int aether_allmulti_set(struct aether_hw *hw, bool on);

/* aether_queue.c */

/** What a receive queue needs. Lengths in bytes. */
struct aether_rxq_conf {
	uint64_t ring_iova;		/* multiple of 128 */
	uint16_t n_desc;		/* 64-8160, multiple of 32 */
	uint16_t buf_len;		/* data room a buffer, rounded down to 128 */
	uint16_t max_frame;		/* at most 5 buffers */
	bool desc32;			/* 32-byte descriptors */
	bool keep_crc;
	uint8_t rxdid;
};
/** q is relative to the function. Enables the queue with tail 0; the ring may be filled before,
 * the tail register must be written after.
 * @return 0, -EINVAL (a value out of range; the log says which), -ETIMEDOUT, -ENODEV */
int aether_rxq_start(struct aether_hw *hw, uint16_t q, const struct aether_rxq_conf *conf);
/**
 * Stop a queue. After 0 and -ENODEV (the device is gone) ring and buffers are the caller's again;
 * after another error the device may still use them, until the call succeeds or the function is
 * reset. A queue that is not running: 0.
 */
int aether_rxq_stop(struct aether_hw *hw, uint16_t q);
int aether_txq_start(struct aether_hw *hw, uint16_t q, uint64_t ring_iova, uint16_t n_desc);
int aether_txq_stop(struct aether_hw *hw, uint16_t q);
/** Bind both queue causes to a vector with the immediate write-back setting (ITR 1, NO_EXPR).
 * The vector itself raises no interrupt: the queues are polled. */
void aether_queue_irq_setup(struct aether_hw *hw, uint16_t q, uint16_t vector);

/* aether_stats.c */

/** Counters of the port and its VSI, as 64-bit totals since aether_stats_reset(). Octets include
 * the FCS, but for vsi_tx_bytes: a frame gets its FCS after the VSI, in the MAC. */
struct aether_hw_stats {
	uint64_t rx_bytes, rx_unicast, rx_multicast, rx_broadcast;
	uint64_t tx_bytes, tx_unicast, tx_multicast, tx_broadcast;
	uint64_t rx_size[7], tx_size[7];
	uint64_t rx_undersize, rx_oversize, rx_fragments, rx_jabber;
	uint64_t crc_errors, illegal_bytes, length_errors, local_faults, remote_faults;
	uint64_t xon_rx, xoff_rx, xon_tx, xoff_tx;
	uint64_t tx_dropped_link_down;
	uint64_t rx_no_buffer;
	uint64_t vsi_rx_bytes, vsi_rx_unicast, vsi_rx_multicast, vsi_rx_broadcast;
	uint64_t vsi_rx_discards, vsi_rx_no_desc, vsi_rx_errors;
	uint64_t vsi_tx_bytes, vsi_tx_unicast, vsi_tx_multicast, vsi_tx_broadcast, vsi_tx_errors;
};

/** Accumulator: last raw register values and totals; zero-initialise. */
struct aether_stats_state {
	struct aether_hw_stats total;
	struct aether_hw_stats last;	/* raw */
	uint32_t epoch, vsi_epoch;	/* of the device and VSI that last was read from */
};
/**
 * Read the registers and add what they moved, at their width with wrap. Must run more often than
 * a counter can wrap (40-bit octets: 88 s at 100 Gb/s).
 *
 * The hardware never clears a counter, so the first call after aether_hw_init() (for the VSI's,
 * after aether_vsi_add()) only notes where they stand: call it right then, and once more before
 * aether_vsi_free() and aether_hw_fini(). Does nothing when the device is gone.
 */
void aether_stats_update(struct aether_hw *hw, struct aether_stats_state *state);
void aether_stats_reset(struct aether_hw *hw, struct aether_stats_state *state);

/* aether_irq.c */
/** Vector 0: admin events and other causes. The device masks the vector as it fires; call this
 * again once aether_irq0_cause() and the events are handled. */
void aether_irq0_enable(struct aether_hw *hw);
void aether_irq0_disable(struct aether_hw *hw);
/** Read and clear the other-cause register (PFINT_OICR_*); UINT32_MAX: the device is gone. */
uint32_t aether_irq0_cause(struct aether_hw *hw);

extern int aether_base_logtype;

#endif /* AETHER_BASE_H */
