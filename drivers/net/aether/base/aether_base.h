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
	uint32_t speed_mbps;		/* AETHER_SPEED_UNKNOWN: up, at a speed without a name */
	uint8_t fec;			/* E810_LINK_25G_*_FEC_EN */
	/* As reported, for aether_link_reason(). */
	uint8_t topo_conflict, cfg_err, info, an_info;
};
#define AETHER_SPEED_UNKNOWN	UINT32_MAX

/** Modes of forward error correction, bits. */
#define AETHER_FEC_NONE		0x1
#define AETHER_FEC_BASER	0x2
#define AETHER_FEC_RS		0x4
#define AETHER_FEC_AUTO		0x8	/* with others: those may be negotiated */

/** What an application asks of the PHY. */
struct aether_phy_wish {
	uint16_t speeds;		/* E810_LINK_SPEED_*; 0: all that port and module do */
	uint8_t fec;			/* AETHER_FEC_*; 0: as it was found */
	bool pause_given;		/* false: as it was found */
	bool pause_tx, pause_rx;
	bool up;
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
	uint32_t ddp_lock_us;		/* another function to download its package [10 s] */
};

/** Addresses that can have a rule: a port's own ones, its multicast list, broadcast. */
#define AETHER_MAX_MAC_RULES	136

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

struct aether_hw;

/** How to come by a DDP package; the caller of aether_hw_init() sets it. */
struct aether_ddp_source {
	/**
	 * Give a package that aether_pkg_parse() takes for hw->device_id.
	 * @param[out] data from malloc(), becomes the caller's
	 * @return 0 or negative errno, after the reason has been logged. NULL: there is none
	 */
	int (*load)(struct aether_hw *hw, void *arg, void **data, size_t *len);
	void *arg;
	bool by_name;			/* the user named it: its absence is always an error */
	bool safe_mode;			/* without a package go on with one queue pair, no RSS */
};

/** The package in force. */
struct aether_ddp {
	bool active;			/* and this driver works with it */
	bool downloaded;		/* by us; else another function had done it */
	uint8_t ver[4];			/* major, minor, update, draft */
	char name[sizeof(((struct e810_aqc_pkg_info *)0)->name) + 1];
	uint32_t track_id;
	bool nvm_known;			/* the flash tells which packages it takes */
	uint8_t nvm_ver[4];
};

/** Profiles of the RSS block that a port can have at a time, and entries that lead to them. */
#define AETHER_FLEX_MAX_PROFILES	16
#define AETHER_FLEX_MAX_ENTRIES		256

/** A set of packet type groups. */
#define AETHER_FLEX_GROUPS		256

/** What is hashed of the packets of some groups. */
struct aether_flex_profile {
	uint64_t groups[AETHER_FLEX_GROUPS / 64];
	struct {
		uint8_t prot_id;	/* E810_PROT_* */
		uint16_t offset;	/* bytes in the header */
	} word[E810_RSS_FV_WORDS];	/* of 16 bits, in the order in which they are hashed */
	uint8_t n_words;
	/** Runs of words that are replaced by their XOR: len from a on, and len from b on. */
	struct {
		uint8_t a, b, len;
	} pair[2];
	uint8_t n_pairs;
};

/** What we hold of the RSS block of the flexible pipeline (aether_flex.c). */
struct aether_flex {
	bool valid;			/* ptg is the table in force */
	uint8_t ptg[E810_PTYPES];	/* packet type group of each packet type */
	uint16_t vsig;			/* of our VSI; 0: none, nothing is hashed */
	uint8_t profile[AETHER_FLEX_MAX_PROFILES];
	uint16_t n_profiles;
	uint16_t entry[AETHER_FLEX_MAX_ENTRIES];	/* of the profile TCAM */
	uint16_t n_entries;
};

/** Kinds of packets that can be hashed in their own way, by outer IP version and upper layer. A
 * tunnel's packets count by their outer IP header and their inner upper layer. */
enum aether_rss_kind {
	AETHER_RSS_IPV4,		/* all but fragments */
	AETHER_RSS_IPV4_FRAG,
	AETHER_RSS_IPV4_OTHER,		/* no TCP, UDP, SCTP */
	AETHER_RSS_IPV4_UDP,
	AETHER_RSS_IPV4_TCP,
	AETHER_RSS_IPV4_SCTP,
	AETHER_RSS_IPV6,
	AETHER_RSS_IPV6_FRAG,
	AETHER_RSS_IPV6_OTHER,
	AETHER_RSS_IPV6_UDP,
	AETHER_RSS_IPV6_TCP,
	AETHER_RSS_IPV6_SCTP,
	AETHER_RSS_KINDS
};

/** Fields of a flow, for aether_rss_flow::fields. */
#define AETHER_RSS_SRC_ADDR	0x1
#define AETHER_RSS_DST_ADDR	0x2
#define AETHER_RSS_SRC_PORT	0x4
#define AETHER_RSS_DST_PORT	0x8

/** How one kind is hashed. */
struct aether_rss_flow {
	enum aether_rss_kind kind;
	uint8_t fields;			/* 0: not at all */
	bool symmetric;			/* both directions of a flow have one hash */
};

/** The longest interval of an ITR: 12 bits of 2 us, and as much as drivers of other systems use. */
#define AETHER_WRITEBACK_MAX_US	8160

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

	/** Of polled queues, instead of the default; set by the caller of aether_hw_init(). */
	bool writeback_given;
	uint16_t writeback_us;		/* at most AETHER_WRITEBACK_MAX_US, even */

	struct aether_ddp_source ddp_source;
	struct aether_ddp ddp;
	struct aether_flex flex;

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
	} mac_rules[AETHER_MAX_MAC_RULES];
	uint16_t n_mac_rules;
	struct aether_mode_rule {
		uint16_t index;
		bool on;
	} any_unicast, any_group;
	bool promisc, allmulti;		/* what the two are on for */
	struct aether_vlan_rules {
		uint64_t ids[4096 / 64];	/* bit per id that has a rule */
		uint16_t index[4096];
		uint16_t list;		/* the VSI list with our VSI that all of them name */
		bool has_list;
		bool filtering;		/* the VSI prunes what no rule is for */
	} vlan;

	/* Settings as we found them, to put back at close (design.md 13). */
	struct e810_aqc_phy_cfg phy_found;
	struct e810_aqc_phy_cfg phy_now;	/* in force, as last read or set */
	uint64_t phy_types_low, phy_types_high;	/* that port and module can do; without a module:
						 * that the port can do */
	uint8_t phy_fec_able;		/* E810_PHY_FEC_*_EN */
	uint16_t mac_frame_found;	/* bytes; 0: not known */
	uint16_t pause_quanta_found, pause_refresh_found;
	bool phy_changed, mac_changed, led_on;	/* until it is put back */
	bool health_asked;

	uint16_t init_done;		/* steps of aether_hw_init() that are to be undone */
	int reset_ret;			/* of the last PF reset; 0 also when the device is gone */
	bool lost;			/* reset by somebody else, or gone; until aether_hw_init() */
	bool removed;			/* gone, or about to go: for good */
};

/** Whether these PCI ids are those of a device that aether_hw_init() takes. */
bool aether_pci_known(uint16_t vendor, uint16_t device);

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
/**
 * The same for good: settings that aether_hw_fini() could not put back, because somebody else was
 * resetting the device or it did not answer, are put back now, since no later bring-up will.
 */
int aether_hw_close(struct aether_hw *hw);

/* aether_reset.c */
/** PF reset; waits for it, at most GRSTDEL + 1 s. -ETIMEDOUT when it never ends. */
int aether_reset_pf(struct aether_hw *hw);
/**
 * Whether a reset that we did not ask for (of the whole device, by a sibling function or by the
 * device itself) has taken away what we set up. Then nothing in the device is ours any more, and
 * only aether_hw_fini() and aether_hw_init() help: commands fail at once, and counters, which
 * have begun anew, are not read.
 */
bool aether_hw_lost(struct aether_hw *hw);
/**
 * The bus says that the device is gone, or about to go. As long as it answers it can be left in
 * order; once it does not, it counts as lost. It is not brought up again.
 */
void aether_hw_removed(struct aether_hw *hw);
/**
 * The device has announced such a reset (PFINT_OICR_GRST): it is as good as done.
 *
 * @return aether_hw_lost(); false: the announcement is an old one, and we are past that reset
 */
bool aether_hw_reset_announced(struct aether_hw *hw);

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

/* aether_versions.c */

/** A flash image that is known, and what DPDK's validation used with it. */
struct aether_nvm_known {
	uint8_t major, minor;		/* of the image: 4, 1 is 4.10 to 4.19 */
	uint8_t pkg[3], comms_pkg[3];	/* DDP packages: default and telecommunications */
	const char *dpdk;		/* first release that lists it */
};
/** The entry for what was found, or NULL. */
const struct aether_nvm_known *aether_nvm_lookup(const struct aether_versions *v);
/** The i-th, oldest first; NULL: there is none. */
const struct aether_nvm_known *aether_nvm_known_get(unsigned int i);

/* aether_nvm.c */
int aether_nvm_read_versions(struct aether_hw *hw);
/** Read the flash's shadow RAM. offset and len in bytes.
 * @return 0, -EINVAL (not inside the shadow RAM), -EBUSY (another function holds the flash) */
int aether_nvm_read(struct aether_hw *hw, uint32_t offset, uint32_t len, void *buf);
/** Size of the shadow RAM in bytes. */
uint32_t aether_nvm_size(struct aether_hw *hw);

/* aether_caps.c */
int aether_caps_read(struct aether_hw *hw);

/* aether_ddp.c */

/** Bring a DDP package into force, if none is: hw->ddp tells the result. Without one, 0 only when
 * hw->ddp_source allows safe mode. */
int aether_ddp_init(struct aether_hw *hw);

/* aether_phy.c */

/** Read the link into hw->link. enable_events asks the firmware for an event (opcode
 * E810_AQC_GET_LINK_STATUS) at the next change; it must be asked again after each event. */
int aether_link_update(struct aether_hw *hw, bool enable_events);
/** Enable or disable the PHY's link; aether_hw_fini() puts it back as it was found. */
int aether_link_set(struct aether_hw *hw, bool up);
/** Why the link is down, as a phrase; NULL: it is up. */
const char *aether_link_reason(const struct aether_hw *hw);
/** Time of the pause frames that the port sends, in quanta of 512 bit times (802.3x); put back by
 * aether_hw_fini(). */
int aether_pause_quanta_set(struct aether_hw *hw, uint16_t quanta);
uint16_t aether_pause_quanta_get(struct aether_hw *hw);

/* aether_phy_cfg.c */

/** Speeds that port and module (or, without one, the port) can do: E810_LINK_SPEED_*. */
uint16_t aether_phy_speeds(const struct aether_hw *hw);
/** AETHER_FEC_* that can be had at one of these speeds. */
uint8_t aether_phy_fec_able(const struct aether_hw *hw, uint16_t speeds);
/** AETHER_FEC_* that the configuration in force asks for. */
uint8_t aether_phy_fec_asked(const struct aether_hw *hw);
/** Bring about what is wished for; aether_hw_fini() puts everything back as it was found.
 * @return 0, -EINVAL (none of the speeds is one of the module's), or the command's error */
int aether_phy_apply(struct aether_hw *hw, const struct aether_phy_wish *wish);
/** Let the port's LED blink, or not; put back by aether_hw_fini(). */
int aether_led_set(struct aether_hw *hw, bool on);

/* aether_module.c */

/**
 * Read the module's memory.
 *
 * @param addr SFF_I2C_ADDR or SFF_I2C_ADDR_DIAG
 * @param page upper page to select; -1: leave it
 * @param at offset of the first byte; at + len at most SFF_MEMORY
 * @return 0, -EINVAL (outside), -ENXIO (no module, or none of its memories), -EBUSY, -ENODEV
 */
int aether_module_read(struct aether_hw *hw, uint8_t addr, int page, uint16_t at, void *buf,
		       uint16_t len);

/* aether_health.c */

/** Log what an event E810_AQC_GET_HEALTH_STATUS says; buf has E810_AQ_MAX_BUF_LEN bytes. */
void aether_health_log(struct aether_hw *hw, const struct e810_aq_desc *desc, const void *buf);
/** What a health code means. */
const char *aether_health_text(uint16_t code);
/** Longest frame that the MAC passes, in bytes with FCS, at most E810_MAX_FRAME_SIZE (which
 * aether_hw_init() sets: the queues' own limit is what counts). */
int aether_mac_cfg(struct aether_hw *hw, uint16_t max_frame);

/* aether_vsi.c and aether_switch.c */

/** Create the port's VSI with Rx queues 0 to n_rx - 1 and Tx queues 0 to n_tx - 1 of the function,
 * and its part of the scheduler tree. One number may be 0. Frames keep their VLAN tags.
 * @return 0, -EEXIST (there is one), -EINVAL (more queues than caps allow) */
int aether_vsi_add(struct aether_hw *hw, uint16_t n_rx, uint16_t n_tx);
/** Take the outermost VLAN tag (TPID 0x8100) off received frames, and show it in L2TAG1 of their
 * descriptors. All queues of the VSI do, or none. @return 0, -ENODEV (no VSI), or the error of the
 * admin command: all is as it was then */
int aether_vsi_vlan_strip(struct aether_hw *hw, bool strip);
/** Remove it with its rules; queues must be stopped. Nothing to do: 0. What cannot be removed is
 * logged and forgotten, the first error returned. */
int aether_vsi_free(struct aether_hw *hw);

/** Receive frames to this address, unicast, multicast or broadcast (which is no default).
 * @return 0 (also when it was there), -ENOSPC, -ENODEV (no VSI) */
int aether_mac_rule_add(struct aether_hw *hw, const struct rte_ether_addr *addr);
/** @return 0, or -ENOENT when it is not there */
int aether_mac_rule_del(struct aether_hw *hw, const struct rte_ether_addr *addr);
/** Receive every unicast and multicast frame, whatever else is on. VLAN filtering still holds. */
int aether_promisc_set(struct aether_hw *hw, bool on);
/** Receive every multicast frame. */
int aether_allmulti_set(struct aether_hw *hw, bool on);

/* aether_vlan.c */

/**
 * Drop received frames of VLANs that aether_vlan_rule_add() was not called for; frames without a
 * tag and those of id 0 (a priority alone) always pass. The outermost tag counts, whatever its
 * TPID (single VLAN mode). Off: the ids are kept.
 *
 * @return 0, -ENODEV (no VSI), or the error of an admin command: all is as it was then
 */
int aether_vlan_filter_set(struct aether_hw *hw, bool on);
/** @param id 1 to 4095 @return 0 (also when it was there), -EINVAL, -ENODEV (no VSI), -ENOSPC */
int aether_vlan_rule_add(struct aether_hw *hw, uint16_t id);
/** @return 0, -EINVAL, or -ENOENT when it is not there */
int aether_vlan_rule_del(struct aether_hw *hw, uint16_t id);

/* aether_rss.c: only outside of safe mode, with a VSI. */

/** Set the VSI's key, E810_RSS_KEY_BYTES. */
int aether_rss_key_set(struct aether_hw *hw, const uint8_t *key);
/** Set the function's table. @param size 128, 512 or 2048; entries are the VSI's queues */
int aether_rss_lut_set(struct aether_hw *hw, const uint8_t *lut, uint16_t size);
/**
 * Hash these kinds of packets in these ways and no others; of two flows for a packet the later one
 * counts. Packets on the way meet the old set or the new one, never a mixture.
 *
 * @param n 0: nothing is hashed, all packets go to the VSI's first queue
 * @return 0, or an error: the old set is still in force. -ENOSPC: the card has no profile or entry
 *   left
 */
int aether_rss_flows_set(struct aether_hw *hw, const struct aether_rss_flow *flow, unsigned int n);

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
/** What a transmit queue needs. */
struct aether_txq_conf {
	uint64_t ring_iova;		/* multiple of 128 */
	uint16_t q;			/* relative to the function */
	uint16_t n_desc;		/* 64-8160, multiple of 32 */
};
/**
 * Start several transmit queues with as few commands as their lists fit into, each queue below its
 * queue group of the scheduler.
 *
 * @return 0, -EINVAL (a value out of range; the log says which), -EBUSY (one is running), -ENODEV
 *   (no VSI, or the device is gone), or the error of the command. After an error queues of earlier
 *   commands may run: stop all
 */
int aether_txqs_start(struct aether_hw *hw, const struct aether_txq_conf *confs, uint16_t n);
/**
 * Stop several, group by group; those that do not run are passed over. After 0 and -ENODEV rings
 * and buffers are the caller's again.
 *
 * @return the first error; what hw->txq[q].on says is still the device's until that succeeds or the
 *   function is reset
 */
int aether_txqs_stop(struct aether_hw *hw, const uint16_t *qs, uint16_t n);
int aether_txq_start(struct aether_hw *hw, uint16_t q, uint64_t ring_iova, uint16_t n_desc);
int aether_txq_stop(struct aether_hw *hw, uint16_t q);

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

/** Bind a receive queue's cause to a vector, by ITR 0 and with write-back as soon as that ends. */
void aether_rxq_irq_bind(struct aether_hw *hw, uint16_t q, uint16_t vector);
/** The same for a transmit queue. */
void aether_txq_irq_bind(struct aether_hw *hw, uint16_t q, uint16_t vector);
/** A vector whose queues are polled: it raises no interrupt and descriptors are written back after
 * 2 us, or hw->writeback_us. Vector 0 keeps the enable that aether_irq0_enable() gave it. */
void aether_vector_poll(struct aether_hw *hw, uint16_t vector);
/** From now on the vector raises one interrupt when a queue bound to it has written back (also when
 * that was while the vector was off), not before interval_us have passed since its last interrupt
 * (2 to 8190; above 10 Gb/s in steps of 2, else of 4 and twice as long). It is off again then.
 * A single register write: needs no lock. */
void aether_vector_arm(struct aether_hw *hw, uint16_t vector, uint16_t interval_us);
/** Back to polling. A single register write: needs no lock. */
void aether_vector_disarm(struct aether_hw *hw, uint16_t vector);

extern int aether_base_logtype;

#endif /* AETHER_BASE_H */
