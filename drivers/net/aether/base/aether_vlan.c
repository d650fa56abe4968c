/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/*
 * VLAN filtering, section 7.8: a VSI that prunes takes only frames whose VLAN has a pruning rule
 * that names it. Such rules name VSIs by a list alone, and one list, with our VSI in it, serves
 * for all ids. Untagged frames are looked up as id 0.
 */

#define VLAN_IDS	4096

/** Alloc Resources and Free Resources with one element. */
struct one_resource {
	struct e810_aqc_alloc_free_res_elem head;
	rte_le16_t id;
};

/** A VSI list element with one VSI. */
struct one_vsi {
	struct e810_sw_rule_vsi_list head;
	rte_le16_t vsi;
};

static int
list_resource(struct aether_hw *hw, uint16_t opcode, uint16_t *id)
{
	struct e810_aqc_alloc_free_res cmd = {.num_entries = rte_cpu_to_le_16(1)};
	struct one_resource buf = {
		.head.res_type = rte_cpu_to_le_16(E810_RES_TYPE_VSI_LIST_PRUNE),
		.head.num_elems = rte_cpu_to_le_16(1),
		.id = rte_cpu_to_le_16(*id),
	};
	struct e810_aq_desc desc;
	int ret;

	aether_aq_fill(&desc, opcode, &cmd);
	ret = aether_adminq_send(hw, &desc, &buf, sizeof(buf), true);
	if (ret == 0)
		*id = rte_le_to_cpu_16(buf.id);
	return ret;
}

/** Make our VSI a member of the list. It leaves with the list. */
static int
list_join(struct aether_hw *hw, uint16_t id)
{
	struct e810_aqc_sw_rules cmd = {.num_rules = rte_cpu_to_le_16(1)};
	struct one_vsi buf = {
		.head.hdr.type = rte_cpu_to_le_16(E810_SW_RULE_PRUNE_LIST_SET),
		.head.index = rte_cpu_to_le_16(id),
		.head.number_vsi = rte_cpu_to_le_16(1),
		.vsi = rte_cpu_to_le_16(hw->vsi_num),
	};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_ADD_SW_RULES, &cmd);
	return aether_adminq_send(hw, &desc, &buf, sizeof(buf), true);
}

static int
list_prepare(struct aether_hw *hw)
{
	uint16_t id = 0;
	int ret;

	if (hw->vlan.has_list)
		return 0;
	ret = list_resource(hw, E810_AQC_ALLOC_RES, &id);
	if (ret != 0)
		return ret;
	ret = list_join(hw, id);
	if (ret != 0) {
		list_resource(hw, E810_AQC_FREE_RES, &id);
		return ret;
	}
	hw->vlan.list = id;
	hw->vlan.has_list = true;
	return 0;
}

static bool
has_rule(const struct aether_hw *hw, uint16_t id)
{
	return (hw->vlan.ids[id / 64] >> (id % 64) & 1) != 0;
}

static int
rule_add(struct aether_hw *hw, uint16_t id)
{
	struct aether_rule rule = {
		.type = E810_SW_RULE_LKUP_TX,
		.recipe = E810_SW_LKUP_VLAN,
		.src = hw->vsi_num,
		.vlan = id,
	};
	int ret;

	if (has_rule(hw, id))
		return 0;
	ret = list_prepare(hw);
	if (ret != 0)
		return ret;
	rule.act = E810_SW_ACT_PRUNE | E810_SW_ACT_PRUNE_EGRESS | E810_SW_ACT_PRUNE_INGRESS |
		E810_SW_ACT_VSI_LIST | (uint32_t)hw->vlan.list << E810_SW_ACT_VSI_ID_S;
	ret = aether_rule_add(hw, &rule, &hw->vlan.index[id]);
	if (ret == 0)
		hw->vlan.ids[id / 64] |= UINT64_C(1) << (id % 64);
	return ret;
}

static int
rule_del(struct aether_hw *hw, uint16_t id)
{
	int ret = aether_rule_remove(hw, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_VLAN,
				     hw->vlan.index[id]);

	if (ret == 0)
		hw->vlan.ids[id / 64] &= ~(UINT64_C(1) << (id % 64));
	return ret;
}

static int
pruning_set(struct aether_hw *hw, bool on)
{
	struct e810_aqc_vsi_props props = {
		.valid_sections = rte_cpu_to_le_16(E810_VSI_PROP_SW_VALID),
	};
	int ret;

	aether_vsi_switch_section(hw, on, &props);
	ret = aether_vsi_update(hw, &props);
	if (ret == 0)
		hw->vlan.filtering = on;
	return ret;
}

int
aether_vlan_filter_set(struct aether_hw *hw, bool on)
{
	int ret;

	if (!hw->vsi_valid)
		return -ENODEV;
	if (hw->vlan.filtering == on)
		return 0;
	/* The rule for untagged frames is there whenever the VSI prunes: none is lost. */
	if (!on) {
		ret = pruning_set(hw, false);
		return ret != 0 || !has_rule(hw, 0) ? ret : rule_del(hw, 0);
	}
	ret = rule_add(hw, 0);
	if (ret != 0)
		return ret;
	ret = pruning_set(hw, true);
	if (ret != 0)
		rule_del(hw, 0);
	return ret;
}

int
aether_vlan_rule_add(struct aether_hw *hw, uint16_t id)
{
	if (id == 0 || id >= VLAN_IDS)
		return -EINVAL;
	return hw->vsi_valid ? rule_add(hw, id) : -ENODEV;
}

int
aether_vlan_rule_del(struct aether_hw *hw, uint16_t id)
{
	if (id == 0 || id >= VLAN_IDS)
		return -EINVAL;
	return has_rule(hw, id) ? rule_del(hw, id) : -ENOENT;
}

int
aether_vlan_clear(struct aether_hw *hw)
{
	int ret, first_error = 0;
	uint16_t id;

	for (id = 0; id < VLAN_IDS; id++) {
		if (!has_rule(hw, id))
			continue;
		ret = rule_del(hw, id);
		if (first_error == 0)
			first_error = ret;
	}
	if (hw->vlan.has_list) {
		ret = hw->aq.alive ? list_resource(hw, E810_AQC_FREE_RES, &hw->vlan.list) : -EIO;
		if (first_error == 0)
			first_error = ret;
	}
	memset(&hw->vlan, 0, sizeof(hw->vlan));
	return first_error;
}
