/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/* Section 7.8: one VSI for the port, with all queues in traffic class 0. */

/** User priorities map to themselves: eight fields of three bits, 7 6 5 4 3 2 1 0. */
#define UP_ONE_TO_ONE	0x00FAC688u

void
aether_vsi_switch_section(const struct aether_hw *hw, bool vlan_pruning,
			  struct e810_aqc_vsi_props *props)
{
	props->sw_id = hw->sw_id;
	/* What we send comes back neither by broadcast nor by a sibling's loopback. */
	props->sw_flags = E810_VSI_SW_FLAG_LOCAL_LB | E810_VSI_SW_FLAG_SRC_PRUNE;
	props->sw_flags2 = E810_VSI_SW_FLAG_LAN_ENA;
	if (vlan_pruning)
		props->sw_flags2 |= E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA;
}

/** The VLAN section: frames are sent with their tags as they are, tagged or not. */
static void
vlan_section(bool strip, struct e810_aqc_vsi_props *props)
{
	props->inner_vlan_flags = E810_VSI_INNER_VLAN_TX_ALL |
		(strip ? E810_VSI_INNER_VLAN_EMODE_STR_BOTH : E810_VSI_INNER_VLAN_EMODE_NOTHING);
}

/** RSS: the function's table, which is the longest. The scheme is the one that pairs words where a
 * profile says so (GLQF_HSYMM), and else is plain Toeplitz. */
static void
rss_section(struct e810_aqc_vsi_props *props)
{
	props->valid_sections |= rte_cpu_to_le_16(E810_VSI_PROP_Q_OPT_VALID);
	props->q_opt_rss = E810_VSI_Q_OPT_RSS_LUT_PF |
		E810_HASH_SYM_TOEPLITZ << E810_VSI_Q_OPT_RSS_HASH_S;
}

static void
props_fill(const struct aether_hw *hw, uint16_t n_rx, struct e810_aqc_vsi_props *props)
{
	/* A traffic class has a power of two of queues: the first that holds all. What there is
	 * beyond the last is never chosen, because no entry of a lookup table names it. */
	const uint16_t log2_queues = rte_log2_u32(n_rx);

	memset(props, 0, sizeof(*props));
	props->valid_sections = rte_cpu_to_le_16(E810_VSI_PROP_SW_VALID |
						 E810_VSI_PROP_SECURITY_VALID |
						 E810_VSI_PROP_VLAN_VALID |
						 E810_VSI_PROP_INGRESS_UP_VALID |
						 E810_VSI_PROP_EGRESS_UP_VALID |
						 E810_VSI_PROP_RXQ_MAP_VALID);
	aether_vsi_switch_section(hw, false, props);
	vlan_section(false, props);
	props->ingress_table = rte_cpu_to_le_32(UP_ONE_TO_ONE);
	props->egress_table = rte_cpu_to_le_32(UP_ONE_TO_ONE);
	props->outer_up_table = rte_cpu_to_le_32(UP_ONE_TO_ONE);
	props->mapping_flags = rte_cpu_to_le_16(E810_VSI_Q_MAP_CONTIG);
	props->q_mapping[0] = 0;	/* relative to the function */
	props->q_mapping[1] = rte_cpu_to_le_16(n_rx);
	props->tc_mapping[0] = rte_cpu_to_le_16(log2_queues << E810_VSI_TC_Q_NUM_S);
	if (!hw->caps.safe_mode)
		rss_section(props);
}

static int
vsi_create(struct aether_hw *hw, uint16_t n_rx)
{
	struct e810_aqc_vsi_cmd cmd = {.vsi_flags = rte_cpu_to_le_16(E810_VSI_TYPE_PF)};
	struct e810_aqc_vsi_props props;
	struct e810_aqc_vsi_resp resp;
	struct e810_aq_desc desc;
	int ret;

	props_fill(hw, n_rx, &props);
	aether_aq_fill(&desc, E810_AQC_ADD_VSI, &cmd);
	ret = aether_adminq_send(hw, &desc, &props, sizeof(props), true);
	if (ret != 0)
		return ret;
	aether_aq_params(&desc, &resp);
	hw->vsi_num = rte_le_to_cpu_16(resp.vsi_num) & E810_VSI_NUM_M;
	if (hw->vsi_num >= E810_MAX_VSI) {
		AETHER_LOG(ERR, hw, "the firmware gave VSI %u; there are %u", hw->vsi_num,
			   E810_MAX_VSI);
		return -EPROTO;
	}
	return 0;
}

int
aether_vsi_update(struct aether_hw *hw, const struct e810_aqc_vsi_props *props)
{
	struct e810_aqc_vsi_cmd cmd = {
		.vsi_num = rte_cpu_to_le_16(hw->vsi_num | E810_VSI_IS_VALID),
	};
	struct e810_aqc_vsi_props buf = *props;	/* the firmware answers in it */
	struct e810_aq_desc desc;

	if (!hw->vsi_valid)
		return -ENODEV;
	aether_aq_fill(&desc, E810_AQC_UPDATE_VSI, &cmd);
	return aether_adminq_send(hw, &desc, &buf, sizeof(buf), true);
}

static int
vsi_delete(struct aether_hw *hw)
{
	struct e810_aqc_vsi_cmd cmd = {
		.vsi_num = rte_cpu_to_le_16(hw->vsi_num | E810_VSI_IS_VALID),
	};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_FREE_VSI, &cmd);
	return aether_adminq_send(hw, &desc, NULL, 0, false);
}

int
aether_vsi_add(struct aether_hw *hw, uint16_t n_rx, uint16_t n_tx)
{
	int ret;

	if (hw->vsi_valid)
		return -EEXIST;
	if (n_rx > hw->caps.rx_queues || n_tx > hw->caps.tx_queues || n_rx + n_tx == 0) {
		AETHER_LOG(ERR, hw, "a VSI with %u Rx and %u Tx queues was asked for; this "
			   "function has %u and %u", n_rx, n_tx, hw->caps.rx_queues,
			   hw->caps.tx_queues);
		return -EINVAL;
	}
	/* With none of a kind: a map must name a queue, and a branch must end in a queue group. */
	ret = vsi_create(hw, RTE_MAX(n_rx, 1));
	if (ret != 0)
		return ret;
	ret = aether_sched_vsi_add(hw, RTE_MAX(n_tx, 1));
	if (ret != 0) {
		vsi_delete(hw);
		return ret;
	}
	hw->vsi_valid = true;
	hw->vsi_epoch++;
	return 0;
}

int
aether_vsi_free(struct aether_hw *hw)
{
	int ret, first_error;

	if (!hw->vsi_valid)
		return 0;
	/* In the order in which one refers to the other: rules, RSS, nodes, VSI. */
	first_error = aether_switch_clear(hw);
	ret = hw->aq.alive ? aether_rss_flows_set(hw, NULL, 0) : -EIO;
	if (first_error == 0)
		first_error = ret;
	ret = aether_sched_vsi_free(hw);
	if (first_error == 0)
		first_error = ret;
	ret = hw->aq.alive ? vsi_delete(hw) : -EIO;
	if (first_error == 0)
		first_error = ret;
	hw->vsi_valid = false;
	return first_error;
}

int
aether_vsi_vlan_strip(struct aether_hw *hw, bool strip)
{
	struct e810_aqc_vsi_props props = {
		.valid_sections = rte_cpu_to_le_16(E810_VSI_PROP_VLAN_VALID),
	};

	vlan_section(strip, &props);
	return aether_vsi_update(hw, &props);
}
