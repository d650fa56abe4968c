/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_FW_H
#define MODEL_FW_H

/**
 * @file
 * The control side of the device: firmware state, admin commands, resets, configuration space.
 * Nothing here is for the engines; model_priv.h has what they may use. All of it is protected by
 * the device's lock.
 */

#include "e810_link_hw.h"
#include "e810_mgmt_hw.h"
#include "model_priv.h"

/* ------------------------------------------------------------------ resets (model_reset.c) -- */

/** What is being reset; each level includes those before it. */
enum model_reset_level {
	MODEL_RESET_NONE,
	MODEL_RESET_PF,		/* PFR or FLR: the function's queues, interrupts, VSIs, rules */
	MODEL_RESET_CORE,	/* CORER: and the counters */
	MODEL_RESET_GLOBAL,	/* GLOBR: and the PHY configuration */
	MODEL_RESET_EMP,	/* EMPR: and the firmware's processor */
	MODEL_RESET_POWER,	/* power on */
};

/** Begin a reset of this function; it takes effect at once and model_reset_step() ends it. One of
 * the whole device begins by model_card_reset(). */
void model_reset_start(struct aether_model *model, enum model_reset_level level);
/** End the reset in progress when its time has come. */
void model_reset_step(struct aether_model *model, uint64_t tsc);
/** Power on: give every register its reset value. */
void model_reset_power_on(struct aether_model *model);

/* ------------------------------------------------------------------ registers (model_regs.c)  */

/** What a read shows, side effects included. */
uint32_t model_reg_read(struct aether_model *model, uint32_t offset);
/** What a write does to a register that showed `old`. */
void model_reg_write(struct aether_model *model, uint32_t offset, uint32_t old, uint32_t value);
/** Whether software cannot change this register. */
bool model_reg_is_read_only(uint32_t offset);
/** GLTSYN_TIME: nanoseconds since some moment. */
uint64_t model_reg_time_ns(const struct aether_model *model);

/* BAR memory mode (model_watch.c). */
int model_watch_create(struct aether_model *model);
void model_watch_free(struct aether_model *model);
/** Apply what the host changed in the watched registers since the last call. */
void model_watch_step(struct aether_model *model, uint64_t tsc);
/** The vector of PFINT_OICR was raised, or enabled again by the host, who has read the causes. */
void model_watch_oicr_raised(struct aether_model *model);
/** These causes have come, perhaps again. */
void model_watch_oicr_again(struct aether_model *model, uint32_t bits);
void model_watch_oicr_read(struct aether_model *model);

/* ------------------------------------------------------------------ interrupts -------------- */

/** The host wrote `value` to GLINT_DYN_CTL of this vector, which showed `old`. */
void model_irq_dyn_ctl_write(struct aether_model *model, unsigned int vector, uint32_t old,
			     uint32_t value);
/** Forget latched causes. */
void model_irq_reset(struct aether_model *model);

/* ------------------------------------------------------------------ configuration space ----- */

/** Fill model->config for power-on. */
void model_config_init(struct aether_model *model);
/** Function level reset of the configuration space itself. */
void model_config_reset(struct aether_model *model);

/* ------------------------------------------------------------------ faults (model_fault.c) -- */

enum model_fault_kind {
	MODEL_FAULT_AQ_OPCODE,	/* this opcode is answered with rc */
	MODEL_FAULT_AQ_NTH,	/* the nth command is answered with rc */
	MODEL_FAULT_AQ_TIMEOUT,	/* this opcode is never answered */
	MODEL_FAULT_RESET_STUCK,
	MODEL_FAULT_LINK_DOWN,
	MODEL_FAULT_LOCK_MS,	/* what: for how long locks are granted */
};

struct model_fault {
	enum model_fault_kind kind;
	uint32_t what;		/* opcode, n or ms */
	uint16_t rc;
};

/** Parse conf->fault into model->faults. @return 0, -EINVAL with the reason logged, -ENOMEM. */
int model_fault_parse(struct aether_model *model, const char *spec);
/** Whether a fault of this kind is injected. */
bool model_fault_active(const struct aether_model *model, enum model_fault_kind kind);
/** The error to answer command number n with opcode, or E810_AQ_RC_OK. */
enum e810_aq_err model_fault_aq(const struct aether_model *model, uint16_t opcode, uint64_t n);
/** For how long locks of the card are granted, in ms, if a fault says so; else ms. */
uint32_t model_fault_lock_ms(const struct aether_model *model, uint32_t ms);
/** Whether this opcode is never to be answered. */
bool model_fault_aq_timeout(const struct aether_model *model, uint16_t opcode);

/* ------------------------------------------------------------------ commands (model_aq.c) --- */

/** An admin command while the firmware handles it. The buffer is the firmware's own copy. */
struct fw_cmd {
	struct aether_model *model;
	struct model_fw *fw;
	uint16_t opcode;
	uint16_t buf_len;	/* bytes that the driver offered; 0: no buffer */
	uint16_t resp_len;	/* bytes of buf to hand back; buf_len unless the handler says */
	bool detach;		/* Q shutdown: the queue ends after this command */
	bool answer_buf;	/* the buffer is handed back with an error, too */
	uint8_t *buf;		/* E810_AQ_MAX_BUF_LEN bytes; beyond buf_len they are zero */
	union {
		uint8_t raw[16];
		struct e810_aqc_generic generic;
		struct e810_aqc_get_ver get_ver;
		struct e810_aqc_driver_ver driver_ver;
		struct e810_aqc_q_shutdown q_shutdown;
		struct e810_aqc_req_res req_res;
		struct e810_aqc_list_caps list_caps;
		struct e810_aqc_manage_mac_read mac_read;
		struct e810_aqc_manage_mac_write mac_write;
		struct e810_aqc_clear_pxe clear_pxe;
		struct e810_aqc_get_sw_cfg sw_cfg;
		struct e810_aqc_set_port_params port_params;
		struct e810_aqc_alloc_free_res alloc_res;
		struct e810_aqc_get_allocd_res get_res;
		struct e810_aqc_get_allocd_res_resp get_res_resp;
		struct e810_aqc_vsi_cmd vsi;
		struct e810_aqc_vsi_resp vsi_resp;
		struct e810_aqc_get_vsi_resp get_vsi_resp;
		struct e810_aqc_recipe_cmd recipe;
		struct e810_aqc_recipe_to_profile recipe_profile;
		struct e810_aqc_sw_rules sw_rules;
		struct e810_aqc_get_topo get_topo;
		struct e810_aqc_sched_elem_cmd sched;
		struct e810_aqc_query_port_ets port_ets;
		struct e810_aqc_rl_profile_cmd rl;
		struct e810_aqc_query_node_to_root to_root;
		struct e810_aqc_get_phy_caps phy_caps;
		struct e810_aqc_set_phy_cfg phy_cfg;
		struct e810_aqc_set_mac_cfg mac_cfg;
		struct e810_aqc_restart_an restart_an;
		struct e810_aqc_get_link_status link;
		struct e810_aqc_set_event_mask event_mask;
		struct e810_aqc_set_mac_lb mac_lb;
		struct e810_aqc_set_port_id_led led;
		struct e810_aqc_link_topo topo;
		struct e810_aqc_port_options port_options;
		struct e810_aqc_sensor sensor;
		struct e810_aqc_dnl_call dnl;
		struct e810_aqc_tx_topo tx_topo;
		struct e810_aqc_fw_log fw_log;
		struct e810_aqc_sff_eeprom sff;
		struct e810_aqc_set_health_config health_cfg;
		struct e810_aqc_get_health health;
		struct e810_aqc_nvm nvm;
		struct e810_aqc_nvm_checksum checksum;
		struct e810_aqc_lldp_get_mib get_mib;
		struct e810_aqc_lldp_ctrl lldp;
		struct e810_aqc_rss_key rss_key;
		struct e810_aqc_rss_lut rss_lut;
		struct e810_aqc_add_txqs add_txqs;
		struct e810_aqc_dis_txqs dis_txqs;
		struct e810_aqc_driver_shared_params shared;
		struct e810_aqc_pkg_cmd pkg;
	} p;
};

typedef enum e810_aq_err (*fw_handler)(struct fw_cmd *cmd);

/** One opcode that the firmware knows. */
struct fw_opcode {
	uint16_t opcode;
	uint8_t flags;
#define FW_BUF		0x01	/* needs a buffer */
#define FW_RD		0x02	/* needs a buffer that it reads: BUF and RD in the descriptor */
#define FW_OPT		0x04	/* a buffer is taken if there is one */
	uint16_t min_len;	/* of the buffer, bytes */
	const char *name;
	fw_handler handler;
};

/* Tables of the groups, each ended by an entry without a handler. */
extern const struct fw_opcode fw_generic_opcodes[];
extern const struct fw_opcode fw_caps_opcodes[];
extern const struct fw_opcode fw_mac_opcodes[];
extern const struct fw_opcode fw_res_opcodes[];
extern const struct fw_opcode fw_vsi_opcodes[];
extern const struct fw_opcode fw_recipe_opcodes[];
extern const struct fw_opcode fw_switch_opcodes[];
extern const struct fw_opcode fw_sched_opcodes[];
extern const struct fw_opcode fw_sched_rl_opcodes[];
extern const struct fw_opcode fw_tx_topo_opcodes[];
extern const struct fw_opcode fw_phy_opcodes[];
extern const struct fw_opcode fw_board_opcodes[];
extern const struct fw_opcode fw_log_opcodes[];
extern const struct fw_opcode fw_module_opcodes[];
extern const struct fw_opcode fw_health_opcodes[];
extern const struct fw_opcode fw_nvm_opcodes[];
extern const struct fw_opcode fw_lldp_opcodes[];
extern const struct fw_opcode fw_rss_opcodes[];
extern const struct fw_opcode fw_txq_opcodes[];
extern const struct fw_opcode fw_ddp_opcodes[];

/** Offsets of a control queue's registers. */
struct model_ctlq_regs {
	uint32_t bal, bah, len, head, tail;
};

/** Admin transmit or receive queue. */
struct fw_ctlq {
	const struct model_ctlq_regs *regs;
	const char *name;
	uint32_t cause;		/* register of its interrupt */
	uint16_t head;		/* next descriptor to use */
	bool stopped;		/* critical error or fault: until the host writes LEN again */
	uint64_t hold_until;	/* head and tail are being rewritten; 0: no */
};

/** Nothing is ever received from mailbox and sideband: these have no receive side here. */
enum fw_ctlq_id { FW_ATQ, FW_ARQ, FW_MBX_ATQ, FW_SB_ATQ, FW_CTLQS };

#define FW_EVENTS		16
#define FW_EVENT_MAX_BUF	64

struct fw_event {
	uint16_t opcode;
	uint16_t buf_len;
	uint8_t params[16];
	uint8_t buf[FW_EVENT_MAX_BUF];
};

/** Queue an event for the admin receive queue; with no room it is dropped and OVFL shown. */
void model_fw_event(struct aether_model *model, uint16_t opcode, const void *params,
		    const void *buf, uint16_t buf_len);
/** The host wrote a control queue's head, tail or length register. */
void model_ctlq_write(struct aether_model *model, uint32_t offset, uint32_t value);
/** Whether this register belongs to a control queue (admin, mailbox, sideband). */
bool model_ctlq_is_reg(uint32_t offset);
/** Whether it is a command of the hardware, known to the model's firmware or not. */
bool model_fw_opcode_known(uint16_t opcode);
/** The n-th of these commands. @return whether there is one */
bool model_fw_opcode_get(unsigned int n, uint16_t *opcode, const char **name, bool *modelled);
/** Name of an opcode, known to the firmware or not. */
const char *model_fw_opcode_name(uint16_t opcode);

/* ------------------------------------------------------------------ firmware state ---------- */

/** NVM (fw_nvm.c). The flash reads 0xFF where no part of it lies. */
#define FW_SR_BYTES		(64 * 1024)
#define FW_FLASH_BYTES		(8 * 1024 * 1024)
#define FW_NVM_PARTS		4

struct fw_nvm_part {
	uint32_t offset;	/* in the flash */
	uint32_t len;
	uint8_t *data;
};

struct fw_nvm {
	uint8_t *sr;			/* shadow RAM, FW_SR_BYTES */
	struct fw_nvm_part part[FW_NVM_PARTS];
	unsigned int n_parts;
	uint64_t writes_refused;
};

/** VSI (fw_vsi.c). */
struct fw_vsi {
	bool allocated;
	uint8_t type;
	int rx_queue;			/* first Rx queue of TC 0, -1: none */
	struct e810_aqc_vsi_props props;
	uint8_t rss_key[E810_RSS_KEY_BYTES];
	uint8_t rss_lut[64];
	uint64_t vlans[4096 / 64];	/* prune list: those that pass */
};

/** Switch (fw_switch.c). */
#define FW_SW_RULES		4608	/* room for every VLAN id, and addresses */
#define FW_SW_LISTS		128
#define FW_SW_HASH		16384	/* at least 2 x FW_SW_RULES, a power of two */

struct fw_sw_rule {
	bool used;
	bool rx;		/* LKUP_RX; else LKUP_TX */
	uint8_t recipe;
	uint16_t src;
	uint16_t vlan;		/* 0 also when the header has no tag */
	uint16_t etype;
	uint32_t act;
	uint8_t da[6];
	uint8_t hdr[E810_SW_DUMMY_ETH_HDR_LEN];
};

struct fw_sw_list {
	bool allocated;
	bool prune;
	uint64_t vsis;		/* bit per VSI of the function */
};
_Static_assert(MODEL_VSIS <= 64, "a set of VSIs is one uint64_t");

/** What model_switch_lookup() uses; derived from the rules. Sets of VSIs, 0: no such rule. */
struct fw_sw_derived {
	int all;		/* the VSI that every frame goes to; -1: look */
	uint64_t dflt;		/* default port VSI */
	uint64_t promisc[3];	/* unicast, multicast, broadcast */
	/* Rules by Ethertype or VLAN are few, and looked through one by one. */
	unsigned int n_special;
	uint16_t special[FW_SW_RULES];
	uint16_t mac_hash[FW_SW_HASH];	/* rule index + 1, 0: empty */
};

struct fw_switch {
	struct fw_sw_rule rule[FW_SW_RULES];
	unsigned int n_rules;
	struct fw_sw_list list[FW_SW_LISTS];
	struct fw_sw_derived fast;
	uint64_t copies;	/* VSIs that the last frame looked up goes to */
	bool stale;		/* fast is to be derived anew */
};

/** Resources that are only counted or numbered (fw_res.c). */
#define FW_RES_TYPES		128
#define FW_RES_IDS		512
#define FW_RES_IDS_OTHERS	256	/* of types whose number is not known */

struct fw_res {
	uint64_t used[FW_RES_TYPES][FW_RES_IDS / 64];
	uint16_t fd_guaranteed, fd_shared;	/* flow director entries, taken */
};

/** Transmit scheduler (fw_sched.c). */
#define FW_SCHED_NODES		2048
#define FW_SCHED_TEID_BASE	0x100
#define FW_SCHED_LEAF_LAYER	(E810_SCHED_MAX_LAYERS - 1)
#define FW_SCHED_ENTRY_LAYER	2	/* where software may begin to build */
#define FW_SCHED_RL_PROFILES	64	/* a layer and type */

struct fw_sched_node {
	bool used;
	uint8_t layer;
	uint16_t children;
	uint16_t parent;	/* index; of the root: its own */
	int16_t txq;		/* leaf: the LAN queue, -1: none */
	struct e810_sched_elem elem;
};

struct fw_sched_rl {
	bool used;
	struct e810_rl_profile profile;
};

struct fw_sched {
	struct fw_sched_node node[FW_SCHED_NODES];
	uint16_t next;		/* where to look for a free node */
	struct fw_sched_rl rl[E810_SCHED_MAX_LAYERS][3][FW_SCHED_RL_PROFILES];
};

/** Reset the tree to the default topology. */
void fw_sched_reset(struct aether_model *model);
/** Children a node of this layer may have. */
unsigned int fw_sched_max_children(unsigned int layer);
/** Index of the node with this TEID, or -1. */
int fw_sched_find(const struct fw_sched *sched, uint32_t teid);
uint32_t fw_sched_teid(unsigned int node);
/** Add a node under parent. @return its index, or -1: no room */
int fw_sched_add(struct fw_sched *sched, unsigned int parent, const struct e810_sched_elem *elem);
void fw_sched_remove(struct fw_sched *sched, unsigned int node);
/** Whether the profiles that elem names exist for the layer. */
bool fw_sched_rl_valid(const struct fw_sched *sched, unsigned int layer,
		       const struct e810_sched_elem *elem);

/** What sits in the cage (fw_module.c). */
enum fw_media {
	FW_MEDIA_DAC,			/* passive copper */
	FW_MEDIA_SR,
	FW_MEDIA_LR,
	FW_MEDIA_BACKPLANE,		/* of the devices that have no cage */
	FW_MEDIA_NONE,
	FW_MEDIA_UNSUPPORTED,		/* a module that the port cannot use */
	FW_MEDIA_POWER,			/* one that needs more power than the port gives */
};

/** The media by name, NULL or "": the device's own. @return 0, or -EINVAL with the reason logged */
int fw_module_parse(struct aether_model *model, const char *name);
/** The kind of media that counts for PHY types. */
enum fw_media fw_module_media(const struct aether_model *model);
bool fw_module_present(const struct aether_model *model);
bool fw_module_is_backplane(const struct aether_model *model);
bool fw_module_is_qsfp(const struct aether_model *model);
/** Module type bytes of Get PHY Capabilities. */
void fw_module_type(const struct aether_model *model, uint8_t type[3]);

/** Forward error correction, bits. */
#define FW_FEC_NONE		0x1
#define FW_FEC_BASER		0x2
#define FW_FEC_RS		0x4
#define FW_PAUSE		(E810_PHY_EN_TX_LINK_PAUSE | E810_PHY_EN_RX_LINK_PAUSE)

struct fw_phy_type {
	uint32_t mbps;
	uint16_t speed;			/* E810_LINK_SPEED_* */
	uint8_t media;
	uint8_t fec;			/* FW_FEC_* that it knows */
	uint64_t bit;			/* of phy_type_low */
};

enum fw_link_reason {
	FW_LINK_UP,
	FW_LINK_RESET,
	FW_LINK_NO_MEDIA,
	FW_LINK_MODULE_UNSUPPORTED,
	FW_LINK_MODULE_POWER,
	FW_LINK_ADMIN_DOWN,
	FW_LINK_FAULT,			/* fault link-down */
	FW_LINK_NO_TYPE,		/* nothing that is configured fits the module */
	FW_LINK_NO_SIGNAL,		/* this end is lit, the far end is not */
	FW_LINK_OTHER_MODULE,
	FW_LINK_NO_COMMON_TYPE,
	FW_LINK_NO_COMMON_FEC,
};

/** What the link is, or why it is not (fw_link.c). */
struct fw_link {
	enum fw_link_reason reason;
	const struct fw_phy_type *type;	/* when negotiation came that far */
	uint8_t fec;			/* FW_FEC_*, one */
	bool pause_tx, pause_rx;
};

void fw_link_resolve(const struct aether_model *model, struct fw_link *link);
/** The i-th of the PHY types, the fastest first; NULL: no more. */
const struct fw_phy_type *fw_phy_type_get(unsigned int index);
/** phy_type_low: what the module does; what the port does with any module. */
uint64_t fw_link_module_types(const struct aether_model *model);
uint64_t fw_link_port_types(const struct aether_model *model);
const char *fw_link_reason_name(enum fw_link_reason reason);
const char *fw_fec_name(uint8_t fec);

/** PHY and link (fw_phy.c). */
struct fw_phy {
	struct e810_aqc_phy_cfg cfg;	/* in force */
	struct e810_aqc_phy_cfg pending;	/* set, waits for restart */
	struct fw_link link;
	struct e810_aqc_link_status told;	/* as the link was when it last changed */
	bool lse;			/* link status events enabled */
	bool led_blinks;
	uint16_t event_mask;
};

/** FEC by name, NULL or "": auto. @return 0, or -EINVAL with the reason logged */
int fw_phy_fec_parse(struct aether_model *model, const char *name);

/** Module memory (fw_module.c). */
struct fw_module {
	uint8_t page;			/* selected by the page byte */
	uint8_t tx_disable;		/* QSFP: lanes */
	uint8_t power_control;
};

/** Health reports (fw_health.c). */
struct fw_health {
	uint8_t sources;		/* whose reports are wanted as events */
	uint16_t condition;		/* code of the link's problem; 0: none */
	uint16_t code;			/* the same, until it is cleared */
};

/** The link changed: report what is wrong with it now. */
void fw_health_link(struct aether_model *model, const struct fw_link *link);

/** The firmware's log (fw_log.c). */
struct fw_log {
	uint8_t level[E810_FW_LOG_MODULES];	/* E810_FW_LOG_*: up to which it logs */
	uint8_t flags;				/* E810_FW_LOG_CFG_UART, _AQ */
	uint16_t resolution;
	bool registered;
};

void fw_log_reset(struct aether_model *model, enum model_reset_level level);
/** Log a line of a module (E810_FW_LOG_MODULE_*) at a level, if somebody wants to know. */
__rte_format_printf(4, 5)
void fw_log(struct aether_model *model, unsigned int module, unsigned int level,
	    const char *format, ...);

#define FW_GBL_LUTS		16	/* RSS tables that VSIs share */

/** All of the firmware. */
struct model_fw {
	struct fw_ctlq ctlq[FW_CTLQS];
	uint8_t *buf;			/* bounce buffer of the command in progress */
	struct fw_event event[FW_EVENTS];
	unsigned int event_first, n_events;
	uint64_t n_commands;		/* since power-on */
	uint64_t opcode_logged[65536 / 64];

	bool lldp_running;
	uint8_t pfc_mode;	/* E810_PFC_MODE_*, 0: never set */
	uint8_t laa[6];			/* address that the driver set; all zero: none */
	uint8_t pf_lut[2048];
	uint16_t pf_lut_size;	/* 128, 512 or 2048: as it was last set */
	struct fw_gbl_lut {
		uint16_t size;	/* 128 or 512 */
		uint8_t entry[512];
	} gbl_lut[FW_GBL_LUTS];

	struct fw_nvm nvm;
	uint16_t vsi_first;		/* struct aether_model::vsi_first */
	struct fw_vsi vsi[MODEL_VSIS];
	struct fw_switch sw;
	struct fw_res res;
	struct fw_sched sched;
	struct fw_phy phy;
	struct fw_module module;
	struct fw_health health;
	struct fw_log log;
};

/** Make the firmware: NVM image and all. @return 0 or -ENOMEM (nothing is left then). */
int model_fw_create(struct aether_model *model);
void model_fw_free(struct aether_model *model);
/** Reset what this level resets. */
void model_fw_reset(struct aether_model *model, enum model_reset_level level);

/* Parts of model_fw_create(), _free() and _reset(), a group each. */
int fw_nvm_create(struct aether_model *model);
/** Build the flash contents (fw_nvm_image.c). @return 0 or -ENOMEM */
int fw_nvm_image(struct aether_model *model);
void fw_nvm_free(struct aether_model *model);
void fw_phy_reset(struct aether_model *model);
void fw_vsi_reset(struct aether_model *model);
void fw_rss_reset(struct aether_model *model);
void fw_switch_reset(struct aether_model *model);
/** The rules or a VSI changed: derive anew what lookups use (fw_switch_lookup.c). */
void fw_switch_derive(struct aether_model *model);
/** The same for a VLAN pruning rule alone, of which there can be thousands: it came or went. */
void fw_switch_derive_prune(struct model_fw *fw, const struct fw_sw_rule *rule, bool added);
/** Hash of a MAC address, for fw_sw_derived.mac_hash. */
unsigned int fw_switch_hash(const uint8_t mac[6]);
/** The rule of the MAC recipe for an address, or NULL. */
const struct fw_sw_rule *fw_switch_mac_rule(const struct fw_switch *sw, const uint8_t *mac);
/** The VSIs that an action names, whatever it does with them. */
uint64_t fw_switch_action_vsis(const struct model_fw *fw, uint32_t act);
/** The VLAN id of a frame of at least 14 bytes, 0 without a tag, and its (outer) EtherType. */
uint16_t fw_switch_frame_vlan(const uint8_t *frame, uint32_t len, uint16_t *etype);
/** Whether no pruning rule lets this VLAN through to, or from, the VSI. */
bool fw_switch_pruned(const struct fw_vsi *vsi, uint16_t vlan);
/** Allocate or free VSI lists, for fw_res.c. @return id or -1 / whether it was there */
int fw_switch_list_alloc(struct fw_switch *sw, bool prune);
bool fw_switch_list_free(struct fw_switch *sw, unsigned int id, bool prune);
/** Detach everything that refers to this VSI: rules and list members. */
void fw_switch_forget_vsi(struct aether_model *model, unsigned int vsi);

/**
 * Drivers name a VSI by its number on the card; here each function counts its own from 0.
 *
 * @return the function's VSI that a command field names, or -1 when none is allocated there
 */
int fw_vsi_lookup(const struct model_fw *fw, uint16_t field);

/** The function's Rx queue that is the n-th of the VSI's first traffic class, -1: it has none. */
int fw_vsi_queue(const struct fw_vsi *vsi, unsigned int n);

/** TSC cycles in so many microseconds. */
static inline uint64_t
model_us(const struct aether_model *model, uint64_t us)
{
	return us * (model->tsc_hz / 1000000);
}

#endif /* MODEL_FW_H */
