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

int
aether_rule_add(struct aether_hw *hw, const struct aether_rule *rule, uint16_t *index)
{
	static const struct rte_ether_addr any = {.addr_bytes = {RTE_ETHER_LOCAL_ADMIN_ADDR}};
	struct e810_aqc_sw_rules cmd = {.num_rules = rte_cpu_to_le_16(1)};
	struct lookup_rule elem;
	struct e810_aq_desc desc;
	int ret;

	memset(&elem, 0, sizeof(elem));
	elem.lkup.hdr.type = rte_cpu_to_le_16(rule->type);
	elem.lkup.recipe_id = rte_cpu_to_le_16(rule->recipe);
	elem.lkup.src = rte_cpu_to_le_16(rule->src);
	elem.lkup.act = rte_cpu_to_le_32(rule->act);
	elem.lkup.hdr_len = rte_cpu_to_le_16(E810_SW_DUMMY_ETH_HDR_LEN);
	/* The header has a VLAN tag, so that every recipe finds its fields; what a recipe does not
	 * look at does not matter. */
	memcpy(&elem.hdr[E810_SW_DUMMY_ETH_DA_OFFSET], rule->dst != NULL ? rule->dst : &any,
	       sizeof(any));
	elem.hdr[E810_SW_DUMMY_ETH_SA_OFFSET] = RTE_ETHER_LOCAL_ADMIN_ADDR;
	elem.hdr[E810_SW_DUMMY_ETH_ETYPE_OFFSET] = RTE_ETHER_TYPE_VLAN >> 8;
	elem.hdr[E810_SW_DUMMY_ETH_ETYPE_OFFSET + 1] = RTE_ETHER_TYPE_VLAN & 0xff;
	elem.hdr[E810_SW_DUMMY_ETH_TCI_OFFSET] = rule->vlan >> 8;
	elem.hdr[E810_SW_DUMMY_ETH_TCI_OFFSET + 1] = rule->vlan & 0xff;

	aether_aq_fill(&desc, E810_AQC_ADD_SW_RULES, &cmd);
	ret = aether_adminq_send(hw, &desc, &elem, sizeof(elem), true);
	if (ret == 0)
		*index = rte_le_to_cpu_16(elem.lkup.index);
	return ret;
}

int
aether_rule_remove(struct aether_hw *hw, uint16_t type, uint16_t recipe, uint16_t index)
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

/** The action that hands a frame to our VSI. */
static uint32_t
forward_to_vsi(const struct aether_hw *hw)
{
	return E810_SW_ACT_VSI_FORWARDING | E810_SW_ACT_VALID |
		(uint32_t)hw->vsi_num << E810_SW_ACT_VSI_ID_S;
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
	struct aether_rule rule = {
		.type = E810_SW_RULE_LKUP_TX,
		.recipe = E810_SW_LKUP_MAC,
		.src = hw->vsi_num,
		.act = forward_to_vsi(hw) | E810_SW_ACT_LB_ENABLE,
		.dst = addr,
	};
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
		rule.act |= E810_SW_ACT_LAN_ENABLE;
	ret = aether_rule_add(hw, &rule, &index);
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
	ret = aether_rule_remove(hw, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC,
				 hw->mac_rules[i].index);
	if (ret == 0)
		hw->mac_rules[i] = hw->mac_rules[--hw->n_mac_rules];
	return ret;
}

/* Turn a promiscuous rule on or off. It is about what the wire brings: one for the other direction
 * would only hand us what sibling VSIs send, and we have none. */
static int
cast_set(struct aether_hw *hw, struct aether_mode_rule *cast, bool on, uint8_t group_bit)
{
	/* The promiscuous recipe looks at the group bit of the destination alone. */
	const struct rte_ether_addr dst = {
		.addr_bytes = {RTE_ETHER_LOCAL_ADMIN_ADDR | group_bit},
	};
	const struct aether_rule rule = {
		.type = E810_SW_RULE_LKUP_RX,
		.recipe = E810_SW_LKUP_PROMISC,
		.src = hw->lport,
		.act = forward_to_vsi(hw),
		.dst = &dst,
	};
	int ret;

	if (cast->on == on)
		return 0;
	if (on)
		ret = aether_rule_add(hw, &rule, &cast->index);
	else
		ret = aether_rule_remove(hw, rule.type, rule.recipe, cast->index);
	if (ret == 0)
		cast->on = on;
	return ret;
}

/* Both modes want every multicast frame: its rule goes with the last of them. */
static int
group_update(struct aether_hw *hw, bool promisc, bool allmulti)
{
	return cast_set(hw, &hw->any_group, promisc || allmulti, RTE_ETHER_GROUP_ADDR);
}

int
aether_promisc_set(struct aether_hw *hw, bool on)
{
	int ret;

	if (!hw->vsi_valid)
		return -ENODEV;
	ret = cast_set(hw, &hw->any_unicast, on, 0);
	if (ret != 0)
		return ret;
	ret = group_update(hw, on, hw->allmulti);
	if (ret == 0)
		hw->promisc = on;
	else
		cast_set(hw, &hw->any_unicast, hw->promisc, 0);
	return ret;
}

int
aether_allmulti_set(struct aether_hw *hw, bool on)
{
	int ret;

	if (!hw->vsi_valid)
		return -ENODEV;
	ret = group_update(hw, hw->promisc, on);
	if (ret == 0)
		hw->allmulti = on;
	return ret;
}

int
aether_switch_clear(struct aether_hw *hw)
{
	int ret, first_error;

	first_error = aether_vlan_clear(hw);
	ret = aether_promisc_set(hw, false);
	if (first_error == 0)
		first_error = ret;
	ret = aether_allmulti_set(hw, false);
	if (first_error == 0)
		first_error = ret;
	while (hw->n_mac_rules > 0) {
		hw->n_mac_rules--;
		ret = aether_rule_remove(hw, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC,
					 hw->mac_rules[hw->n_mac_rules].index);
		if (first_error == 0)
			first_error = ret;
	}
	hw->any_unicast.on = false;
	hw->any_group.on = false;
	hw->promisc = false;
	hw->allmulti = false;
	return first_error;
}
