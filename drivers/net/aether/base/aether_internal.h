/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_INTERNAL_H
#define AETHER_INTERNAL_H

/**
 * @file
 * What the files of base/ share with each other and with nobody else.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_log.h>

#include "aether_base.h"

#define AETHER_LOG(level, hw, fmt, ...) \
	rte_log(RTE_LOG_ ## level, aether_base_logtype, "net_aether %s: " fmt "\n", \
		(hw)->name, ## __VA_ARGS__)

/** What a register of a device reads as that is not on the bus any more. */
#define AETHER_ALL_ONES		UINT32_MAX

static inline uint32_t
aether_read(struct aether_hw *hw, uint32_t offset)
{
	return aether_bus_read32(hw->bus, offset);
}

static inline void
aether_write(struct aether_hw *hw, uint32_t offset, uint32_t value)
{
	aether_bus_write32(hw->bus, offset, value);
}

/** Field of a register. Use: aether_field(value, MASK). */
static inline uint32_t
aether_field(uint32_t value, uint32_t mask)
{
	return (value & mask) >> rte_bsf32(mask);
}

/**
 * Wait until (register & mask) == want. The condition is read once more after the time is over:
 * on a busy machine we may have been away for all of it.
 *
 * @return 0, -ETIMEDOUT, or -ENODEV when it reads all ones (the device is gone)
 */
int aether_reg_wait(struct aether_hw *hw, uint32_t offset, uint32_t mask, uint32_t want,
		    uint32_t timeout_us, uint32_t interval_us);
/** Whether the device still answers. */
bool aether_present(struct aether_hw *hw);

/* aether_reset.c */

/** PF reset for the sake of what it leaves behind: nothing of ours runs any more. See
 * aether_hw::reset_ret. */
void aether_reset_leave(struct aether_hw *hw);

/* Admin queue (aether_adminq.c, aether_aq_names.c). */

/** Start a descriptor: opcode and its 16 bytes of parameters (NULL: all zero). */
void aether_aq_fill(struct e810_aq_desc *desc, uint16_t opcode, const void *params);
/** Take the 16 bytes of parameters out of a completed descriptor. */
void aether_aq_params(const struct e810_aq_desc *desc, void *params);
/** aether_adminq_send() that logs a refusal at debug level only, for callers that expect one. */
int aether_adminq_try(struct aether_hw *hw, struct e810_aq_desc *desc, void *buf, uint16_t len,
		      bool rd);
/** Send a command without buffer and parameters. */
int aether_adminq_simple(struct aether_hw *hw, uint16_t opcode);
const char *aether_aq_opcode_name(uint16_t opcode);
const char *aether_aq_err_name(enum e810_aq_err rc);
/** @return negative errno, 0 for E810_AQ_RC_OK */
int aether_aq_err_to_errno(enum e810_aq_err rc);

/* aether_res.c */

/** A resource of the card that one function's driver holds at a time. */
struct aether_res {
	uint16_t id;		/* E810_RES_ID_* */
	uint16_t access;	/* E810_RES_ACCESS_* */
	uint32_t hold_ms;	/* how long we announce to hold it */
	uint32_t wait_us;	/* for another function to release it */
	uint64_t until;		/* TSC: when it is not ours any more; set by aether_res_take() */
};
/** Take it, waiting for others. @return 0, -EBUSY: another function still holds it, -EALREADY
 * (E810_RES_ID_GLBL_LOCK, not taken): a package is in force, -ETIME: its time was over before we
 * knew of it, or the command's error */
int aether_res_take(struct aether_hw *hw, struct aether_res *res);
/** Whether it is still ours: to be asked before each command in its name. */
bool aether_res_held(const struct aether_res *res);
/** Give it back, if it is still ours. */
void aether_res_release(struct aether_hw *hw, struct aether_res *res);

/* aether_ddp.c: keep other functions from changing the package's tables, at most 1 s. */
int aether_change_lock(struct aether_hw *hw, struct aether_res *lock);

/* aether_flex.c */
struct aether_pkg;

/** Learn the tables in force: from the package, or from the device when pkg is NULL. */
int aether_flex_init(struct aether_hw *hw, const struct aether_pkg *pkg);
/** Let our VSI's packets be hashed by these profiles instead of those before; n may be 0. All or
 * nothing. */
int aether_flex_rss_set(struct aether_hw *hw, const struct aether_flex_profile *profile,
			unsigned int n);

/* aether_pci.c */

/** Read ids and serial number from configuration space; -ENODEV when it is no E810. */
int aether_pci_identify(struct aether_hw *hw);

/* aether_versions.c */

/** Refuse firmware whose admin queue interface is too old or too new. @return 0, -EPROTONOSUPPORT */
int aether_api_check(struct aether_hw *hw);
/** Tell of a flash image that is not in the table. */
void aether_versions_report(struct aether_hw *hw);

/* aether_phy.c: take down the settings as they are; put them back. */
int aether_phy_remember(struct aether_hw *hw);
/** Read abilities and the configuration in force into hw. */
int aether_phy_read(struct aether_hw *hw);
/** Put a configuration into force. */
int aether_phy_cfg_send(struct aether_hw *hw, struct e810_aqc_phy_cfg cfg);
void aether_phy_restore(struct aether_hw *hw);
/** aether_health.c: have health reports sent, and not any more. */
int aether_health_ask(struct aether_hw *hw);
void aether_health_leave(struct aether_hw *hw);
int aether_link_first(struct aether_hw *hw);
void aether_link_leave(struct aether_hw *hw);
int aether_mac_jumbo(struct aether_hw *hw);
void aether_mac_restore(struct aether_hw *hw);

/* Switch rules and the VSI (aether_switch.c, aether_vsi.c, aether_vlan.c). */

/** A lookup rule, in the host's byte order. */
struct aether_rule {
	uint16_t type;			/* E810_SW_RULE_LKUP_* */
	uint16_t recipe;		/* E810_SW_LKUP_* */
	uint16_t src;			/* Rx: logical port; Tx: VSI */
	uint32_t act;
	const struct rte_ether_addr *dst;	/* NULL: the recipe has no address */
	uint16_t vlan;			/* id, for recipes that have one */
};
/** @param[out] index what names the rule, to remove it */
int aether_rule_add(struct aether_hw *hw, const struct aether_rule *rule, uint16_t *index);
int aether_rule_remove(struct aether_hw *hw, uint16_t type, uint16_t recipe, uint16_t index);

/** Change the sections of our VSI's properties that are marked valid in *props. */
int aether_vsi_update(struct aether_hw *hw, const struct e810_aqc_vsi_props *props);
/** Fill the switch section (E810_VSI_PROP_SW_VALID) as our VSI has it. */
void aether_vsi_switch_section(const struct aether_hw *hw, bool vlan_pruning,
			       struct e810_aqc_vsi_props *props);
/** Remove all VLAN ids and their VSI list; what cannot be removed is forgotten.
 * @return the first error */
int aether_vlan_clear(struct aether_hw *hw);

/* aether_sched.c */

/** Learn the layers of the tree and clear the default nodes that software replaces. */
int aether_sched_init(struct aether_hw *hw);
/** Add the nodes for a VSI with n_queues transmit queues. All or nothing. */
int aether_sched_vsi_add(struct aether_hw *hw, uint16_t n_queues);
/** Delete them, leaves first. @return the first error; all are forgotten in any case */
int aether_sched_vsi_free(struct aether_hw *hw);
/** The queue group under which Tx queue q goes: its place among the groups, and its node. */
uint16_t aether_sched_queue_group(const struct aether_hw *hw, uint16_t q);
uint32_t aether_sched_queue_parent(const struct aether_hw *hw, uint16_t q);

/* aether_switch.c */
int aether_switch_config_read(struct aether_hw *hw);
/** Remove every rule that we own. @return the first error; all are forgotten in any case */
int aether_switch_clear(struct aether_hw *hw);

/* aether_vsi.c, aether_queue.c: undo what the caller left behind. */
void aether_queues_stop_all(struct aether_hw *hw);

#endif /* AETHER_INTERNAL_H */
