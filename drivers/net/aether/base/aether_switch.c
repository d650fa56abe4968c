/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/* The embedded switch, section 7.8: which frames come to our VSI. */

#define SW_CFG_ELEMS	(E810_AQ_MAX_BUF_LEN / sizeof(struct e810_aqc_get_sw_cfg_elem) / 2)
/** Rounds that the list of switch elements may take: beyond, the firmware goes in circles. */
#define SW_CFG_ROUNDS	16

/** A lookup rule with its dummy Ethernet header. */
struct lookup_rule {
	struct e810_sw_rule_lkup lkup;
	uint8_t hdr[E810_SW_DUMMY_ETH_HDR_LEN];
};

static bool
port_take(struct aether_hw *hw, const struct e810_aqc_get_sw_cfg_elem *elem)
{
	const uint16_t num = rte_le_to_cpu_16(elem->vsi_port_num);

	if (num >> E810_SW_CFG_TYPE_S != E810_SW_CFG_PHYS_PORT ||
	    (num & E810_SW_CFG_NUM_M) >= E810_MAX_PORTS)
		return false;
	hw->lport = num & E810_SW_CFG_NUM_M;
	hw->sw_id = rte_le_to_cpu_16(elem->swid);
	return true;
}

/* One round of the list. *found is set once our port was in it; *next is where to go on. */
static int
config_round(struct aether_hw *hw, uint16_t *next, bool *found)
{
	struct e810_aqc_get_sw_cfg cmd = {.element = rte_cpu_to_le_16(*next)};
	struct e810_aqc_get_sw_cfg_elem elems[SW_CFG_ELEMS];
	struct e810_aq_desc desc;
	unsigned int i, n;
	int ret;

	aether_aq_fill(&desc, E810_AQC_GET_SW_CFG, &cmd);
	ret = aether_adminq_send(hw, &desc, elems, sizeof(elems), false);
	if (ret != 0)
		return ret;
	aether_aq_params(&desc, &cmd);
	n = RTE_MIN(rte_le_to_cpu_16(cmd.num_elems), SW_CFG_ELEMS);
	for (i = 0; i < n && !*found; i++)
		*found = port_take(hw, &elems[i]);
	*next = rte_le_to_cpu_16(cmd.element);
	return 0;
}

int
aether_switch_config_read(struct aether_hw *hw)
{
	unsigned int round;
	uint16_t next = 0;
	bool found = false;
	int ret;

	for (round = 0; round < SW_CFG_ROUNDS && !found; round++) {
		ret = config_round(hw, &next, &found);
		if (ret != 0)
			return ret;
		if (next == 0)
			break;
	}
	if (found)
		return 0;
	AETHER_LOG(ERR, hw, "the switch configuration names no physical port for this function: "
		   "enable a port for it in the card's configuration");
	return -ENODEV;
}

static int
rule_add(struct aether_hw *hw, uint16_t type, uint16_t recipe, uint16_t src, uint32_t act,
	 const struct rte_ether_addr *dst, uint16_t *index)
{
	struct e810_aqc_sw_rules cmd = {.num_rules = rte_cpu_to_le_16(1)};
	struct lookup_rule rule;
	struct e810_aq_desc desc;
	int ret;

	memset(&rule, 0, sizeof(rule));
	rule.lkup.hdr.type = rte_cpu_to_le_16(type);
	rule.lkup.recipe_id = rte_cpu_to_le_16(recipe);
	rule.lkup.src = rte_cpu_to_le_16(src);
	rule.lkup.act = rte_cpu_to_le_32(act | E810_SW_ACT_VSI_FORWARDING | E810_SW_ACT_VALID |
					 (uint32_t)hw->vsi_num << E810_SW_ACT_VSI_ID_S);
	rule.lkup.hdr_len = rte_cpu_to_le_16(E810_SW_DUMMY_ETH_HDR_LEN);
	/* The header has a VLAN tag, so that every recipe finds its fields; what a recipe does not
	 * look at does not matter. */
	rule.hdr[E810_SW_DUMMY_ETH_DA_OFFSET] = RTE_ETHER_LOCAL_ADMIN_ADDR;
	rule.hdr[E810_SW_DUMMY_ETH_SA_OFFSET] = RTE_ETHER_LOCAL_ADMIN_ADDR;
	rule.hdr[E810_SW_DUMMY_ETH_ETYPE_OFFSET] = RTE_ETHER_TYPE_VLAN >> 8;
	rule.hdr[E810_SW_DUMMY_ETH_ETYPE_OFFSET + 1] = RTE_ETHER_TYPE_VLAN & 0xff;
	if (dst != NULL)
		memcpy(&rule.hdr[E810_SW_DUMMY_ETH_DA_OFFSET], dst, sizeof(*dst));

	aether_aq_fill(&desc, E810_AQC_ADD_SW_RULES, &cmd);
	ret = aether_adminq_send(hw, &desc, &rule, sizeof(rule), true);
	if (ret == 0)
		*index = rte_le_to_cpu_16(rule.lkup.index);
	return ret;
}

static int
rule_remove(struct aether_hw *hw, uint16_t type, uint16_t recipe, uint16_t index)
{
	struct e810_aqc_sw_rules cmd = {.num_rules = rte_cpu_to_le_16(1)};
	struct e810_sw_rule_lkup rule = {
		.hdr.type = rte_cpu_to_le_16(type),
		.recipe_id = rte_cpu_to_le_16(recipe),
		.index = rte_cpu_to_le_16(index),
	};
	struct e810_aq_desc desc;

	if (!hw->aq.alive)
		return -EIO;
	aether_aq_fill(&desc, E810_AQC_REMOVE_SW_RULES, &cmd);
	return aether_adminq_send(hw, &desc, &rule, sizeof(rule), true);
}

static unsigned int
mac_rule_find(const struct aether_hw *hw, const struct rte_ether_addr *addr)
{
	unsigned int i;

	for (i = 0; i < hw->n_mac_rules; i++)
		if (rte_is_same_ether_addr(&hw->mac_rules[i].addr, addr))
			break;
	return i;
}

int
aether_mac_rule_add(struct aether_hw *hw, const struct rte_ether_addr *addr)
{
	/* The MAC recipe knows no direction, yet its rules are of the transmit type with our VSI
	 * as source. They catch what a sibling VSI sends (loopback) and what the wire brings.
	 * Group addresses go out to the wire as well. */
	uint32_t act = E810_SW_ACT_LB_ENABLE;
	uint16_t index;
	int ret;

	if (!hw->vsi_valid)
		return -ENODEV;
	if (rte_is_zero_ether_addr(addr))
		return -EINVAL;
	if (mac_rule_find(hw, addr) < hw->n_mac_rules)
		return 0;
	if (hw->n_mac_rules == RTE_DIM(hw->mac_rules))
		return -ENOSPC;
	if (rte_is_multicast_ether_addr(addr))
		act |= E810_SW_ACT_LAN_ENABLE;
	ret = rule_add(hw, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC, hw->vsi_num, act, addr, &index);
	if (ret != 0)
		return ret;
	hw->mac_rules[hw->n_mac_rules].addr = *addr;
	hw->mac_rules[hw->n_mac_rules].index = index;
	hw->n_mac_rules++;
	return 0;
}

int
aether_mac_rule_del(struct aether_hw *hw, const struct rte_ether_addr *addr)
{
	const unsigned int i = mac_rule_find(hw, addr);
	int ret;

	if (i == hw->n_mac_rules)
		return -ENOENT;
	ret = rule_remove(hw, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC, hw->mac_rules[i].index);
	if (ret == 0)
		hw->mac_rules[i] = hw->mac_rules[--hw->n_mac_rules];
	return ret;
}

/* Turn a rule on what the wire of our port brings on or off. */
static int
mode_set(struct aether_hw *hw, struct aether_mode_rule *mode, bool on, uint16_t recipe,
	 const struct rte_ether_addr *dst)
{
	int ret;

	if (!hw->vsi_valid)
		return -ENODEV;
	if (mode->on == on)
		return 0;
	if (on)
		ret = rule_add(hw, E810_SW_RULE_LKUP_RX, recipe, hw->lport, 0, dst, &mode->index);
	else
		ret = rule_remove(hw, E810_SW_RULE_LKUP_RX, recipe, mode->index);
	if (ret == 0)
		mode->on = on;
	return ret;
}

int
aether_promisc_set(struct aether_hw *hw, bool on)
{
	/* The default VSI gets what matches no other rule. A rule for the transmit direction would
	 * only bring back what sibling VSIs send, and we have none. */
	return mode_set(hw, &hw->promisc, on, E810_SW_LKUP_DFLT, NULL);
}

int
aether_allmulti_set(struct aether_hw *hw, bool on)
{
	/* The promiscuous recipe looks at the group bit of the destination alone. */
	static const struct rte_ether_addr any_group = {
		.addr_bytes = {RTE_ETHER_LOCAL_ADMIN_ADDR | RTE_ETHER_GROUP_ADDR},
	};

	return mode_set(hw, &hw->allmulti, on, E810_SW_LKUP_PROMISC, &any_group);
}

int
aether_switch_clear(struct aether_hw *hw)
{
	int ret, first_error = 0;

	ret = aether_promisc_set(hw, false);
	first_error = ret;
	ret = aether_allmulti_set(hw, false);
	if (first_error == 0)
		first_error = ret;
	while (hw->n_mac_rules > 0) {
		hw->n_mac_rules--;
		ret = rule_remove(hw, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC,
				  hw->mac_rules[hw->n_mac_rules].index);
		if (first_error == 0)
			first_error = ret;
	}
	hw->promisc.on = false;
	hw->allmulti.on = false;
	return first_error;
}
