/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/* Section 7.8: one VSI for the port, with all queues in traffic class 0. */

/** User priorities map to themselves: eight fields of three bits, 7 6 5 4 3 2 1 0. */
#define UP_ONE_TO_ONE	0x00FAC688u

static void
props_fill(const struct aether_hw *hw, uint16_t n_queues, struct e810_aqc_vsi_props *props)
{
	const uint16_t log2_queues = rte_log2_u32(n_queues);

	memset(props, 0, sizeof(*props));
	props->valid_sections = rte_cpu_to_le_16(E810_VSI_PROP_SW_VALID |
						 E810_VSI_PROP_SECURITY_VALID |
						 E810_VSI_PROP_VLAN_VALID |
						 E810_VSI_PROP_INGRESS_UP_VALID |
						 E810_VSI_PROP_EGRESS_UP_VALID |
						 E810_VSI_PROP_RXQ_MAP_VALID);
	props->sw_id = hw->sw_id;
	/* What we send comes back neither by broadcast nor by a sibling's loopback. */
	props->sw_flags = E810_VSI_SW_FLAG_LOCAL_LB | E810_VSI_SW_FLAG_SRC_PRUNE;
	props->sw_flags2 = E810_VSI_SW_FLAG_LAN_ENA;
	/* Frames pass with their VLAN tags as they are, tagged or not. */
	props->inner_vlan_flags = E810_VSI_INNER_VLAN_TX_ALL | E810_VSI_INNER_VLAN_EMODE_NOTHING;
	props->ingress_table = rte_cpu_to_le_32(UP_ONE_TO_ONE);
	props->egress_table = rte_cpu_to_le_32(UP_ONE_TO_ONE);
	props->outer_up_table = rte_cpu_to_le_32(UP_ONE_TO_ONE);
	props->mapping_flags = rte_cpu_to_le_16(E810_VSI_Q_MAP_CONTIG);
	props->q_mapping[0] = 0;	/* relative to the function */
	props->q_mapping[1] = rte_cpu_to_le_16(n_queues);
	props->tc_mapping[0] = rte_cpu_to_le_16(log2_queues << E810_VSI_TC_Q_NUM_S);
}

static int
vsi_create(struct aether_hw *hw, uint16_t n_queues)
{
	struct e810_aqc_vsi_cmd cmd = {.vsi_flags = rte_cpu_to_le_16(E810_VSI_TYPE_PF)};
	struct e810_aqc_vsi_props props;
	struct e810_aqc_vsi_resp resp;
	struct e810_aq_desc desc;
	int ret;

	props_fill(hw, n_queues, &props);
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
aether_vsi_add(struct aether_hw *hw, uint16_t n_queues)
{
	int ret;

	if (hw->vsi_valid)
		return -EEXIST;
	if (n_queues == 0 || n_queues > RTE_MAX(hw->caps.rx_queues, hw->caps.tx_queues)) {
		AETHER_LOG(ERR, hw, "a VSI with %u queues was asked for; this function has 1 to %u",
			   n_queues, RTE_MAX(hw->caps.rx_queues, hw->caps.tx_queues));
		return -EINVAL;
	}
	ret = vsi_create(hw, n_queues);
	if (ret != 0)
		return ret;
	ret = aether_sched_vsi_add(hw, RTE_MIN(n_queues, hw->caps.tx_queues));
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
	/* In the order in which one refers to the other: rules, nodes, VSI. */
	first_error = aether_switch_clear(hw);
	ret = aether_sched_vsi_free(hw);
	if (first_error == 0)
		first_error = ret;
	ret = hw->aq.alive ? vsi_delete(hw) : -EIO;
	if (first_error == 0)
		first_error = ret;
	hw->vsi_valid = false;
	return first_error;
}
