/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>

#include "aether_internal.h"

/*
 * Transmit scheduler, section 8. The tree has up to nine layers: the port at the top, queues at
 * the bottom. The firmware owns the layers above the "entry point"; below it software puts one
 * chain of nodes for its VSI, and queue groups under that, with queues as leaves:
 *
 *	layer 0        port
 *	...            the firmware's (traffic class)
 *	entry_layer    ours: one node a layer
 *	vsi_layer      ours: the VSI
 *	...            ours: as many as the queue groups need
 *	qgroup_layer   ours: queue groups
 *	n_layers - 1   queues, by Add LAN Tx Queues
 */

#define LAYERS_MIN		3	/* port, queue group, queue */
#define QGROUP_ABOVE_END	2	/* queue groups are in layer n - 2 */
#define VSI_ABOVE_END		4	/* in nine layers, the VSI is in layer n - 4 */

static uint8_t
vsi_layer(const struct aether_sched *sched)
{
	uint8_t layer = sched->entry_layer;

	if (sched->n_layers == E810_SCHED_MAX_LAYERS)
		layer = sched->n_layers - VSI_ABOVE_END;
	else if (sched->n_layers == 5)
		layer = sched->n_layers - QGROUP_ABOVE_END;
	return RTE_MAX(layer, sched->entry_layer);
}

static int
resources_query(struct aether_hw *hw)
{
	struct aether_sched *sched = &hw->sched;
	struct e810_aqc_query_sched_res res;
	struct e810_aq_desc desc;
	unsigned int i, levels;
	int ret;

	aether_aq_fill(&desc, E810_AQC_QUERY_SCHED_RES, NULL);
	ret = aether_adminq_send(hw, &desc, &res, sizeof(res), false);
	if (ret != 0)
		return ret;
	levels = rte_le_to_cpu_16(res.sched.logical_levels);
	if (levels < LAYERS_MIN || levels > E810_SCHED_MAX_LAYERS) {
		AETHER_LOG(ERR, hw, "the transmit scheduler has %u layers; %u to %u are possible",
			   levels, LAYERS_MIN, E810_SCHED_MAX_LAYERS);
		return -EPROTO;
	}
	sched->n_layers = levels;
	sched->qgroup_layer = levels - QGROUP_ABOVE_END;
	/* A node's children form a sibling group of the layer below. */
	for (i = 0; i + 1 < levels; i++) {
		sched->max_children[i] = rte_le_to_cpu_16(res.layer[i + 1].max_sibl_grp_sz);
		if (sched->max_children[i] == 0) {
			AETHER_LOG(ERR, hw, "scheduler layer %u may have no nodes", i + 1);
			return -EPROTO;
		}
	}
	return 0;
}

static int
elem_delete(struct aether_hw *hw, uint32_t parent_teid, uint32_t teid)
{
	struct e810_aqc_sched_elem_cmd cmd = {.num_elem_req = rte_cpu_to_le_16(1)};
	struct {
		struct e810_sched_group_hdr hdr;
		rte_le32_t teid;
	} buf = {
		.hdr.parent_teid = rte_cpu_to_le_32(parent_teid),
		.hdr.num_elems = rte_cpu_to_le_16(1),
		.teid = rte_cpu_to_le_32(teid),
	};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_DELETE_SCHED_ELEMS, &cmd);
	return aether_adminq_send(hw, &desc, &buf, sizeof(buf), true);
}

/* Nodes that the firmware put below the entry point for a port without driver: a queue that
 * nobody feeds and its parents. We make our own; idle ones that stay cost no bandwidth, so a
 * refusal is no reason to give up. The next PF reset brings them back. */
static void
default_nodes_delete(struct aether_hw *hw, const struct e810_aqc_get_topo_elem *branch,
		     unsigned int n_elems)
{
	unsigned int i;

	for (i = n_elems; i-- > hw->sched.entry_layer;) {
		const struct e810_sched_elem_data *elem = &branch->generic[i];

		if (elem->data.elem_type == E810_ELEM_TYPE_TC ||
		    elem->data.elem_type == E810_ELEM_TYPE_ROOT_PORT)
			return;
		if (elem_delete(hw, rte_le_to_cpu_32(elem->parent_teid),
				rte_le_to_cpu_32(elem->node_teid)) != 0) {
			AETHER_LOG(WARNING, hw, "default scheduler node in layer %u stays", i);
			return;
		}
	}
}

static int
topology_take(struct aether_hw *hw, const struct e810_aqc_get_topo_elem *branch)
{
	const unsigned int n_elems = rte_le_to_cpu_16(branch->hdr.num_elems);
	struct aether_sched *sched = &hw->sched;
	unsigned int entry;

	if (n_elems < 2 || n_elems > E810_SCHED_MAX_LAYERS) {
		AETHER_LOG(ERR, hw, "the scheduler's default branch has %u nodes; 2 to %u are "
			   "possible", n_elems, E810_SCHED_MAX_LAYERS);
		return -EPROTO;
	}
	for (entry = 1; entry < n_elems; entry++)
		if (branch->generic[entry].data.elem_type == E810_ELEM_TYPE_ENTRY_POINT)
			break;
	if (entry == n_elems || entry > sched->qgroup_layer) {
		AETHER_LOG(ERR, hw, "the scheduler's default topology names no usable entry point "
			   "for software (%u nodes, %u layers): update the card's firmware",
			   n_elems, sched->n_layers);
		return -EPROTO;
	}
	sched->entry_layer = entry;
	sched->vsi_layer = vsi_layer(sched);
	sched->parent_teid = rte_le_to_cpu_32(branch->generic[entry - 1].node_teid);
	default_nodes_delete(hw, branch, n_elems);
	return 0;
}

int
aether_sched_init(struct aether_hw *hw)
{
	struct e810_aqc_get_topo cmd = {.port_num = hw->lport};
	struct e810_aqc_get_topo_elem *branches;
	struct e810_aqc_get_topo resp;
	struct e810_aq_desc desc;
	int ret;

	memset(&hw->sched, 0, sizeof(hw->sched));
	ret = resources_query(hw);
	if (ret != 0)
		return ret;
	branches = calloc(1, E810_AQ_MAX_BUF_LEN);
	if (branches == NULL)
		return -ENOMEM;
	aether_aq_fill(&desc, E810_AQC_GET_DFLT_TOPO, &cmd);
	ret = aether_adminq_send(hw, &desc, branches, E810_AQ_MAX_BUF_LEN, false);
	if (ret == 0) {
		aether_aq_params(&desc, &resp);
		/* More branches are those of more traffic classes; we use the first. */
		if (resp.num_branches >= 1)
			ret = topology_take(hw, &branches[0]);
		else
			ret = -EPROTO;
	}
	free(branches);
	return ret;
}

/* One node below parent. Defaults as section 8 wants them for every node: byte mode, weighted
 * fair queueing, no rate limit, weight 4. */
static int
node_add(struct aether_hw *hw, uint32_t parent_teid)
{
	struct e810_aqc_sched_elem_cmd cmd = {.num_elem_req = rte_cpu_to_le_16(1)};
	struct aether_sched *sched = &hw->sched;
	struct {
		struct e810_sched_group_hdr hdr;
		struct e810_sched_elem_data elem;
	} buf = {
		.hdr.parent_teid = rte_cpu_to_le_32(parent_teid),
		.hdr.num_elems = rte_cpu_to_le_16(1),
		.elem.parent_teid = rte_cpu_to_le_32(parent_teid),
		.elem.data = {
			.elem_type = E810_ELEM_TYPE_SE_GENERIC,
			.valid_sections = E810_ELEM_VALID_GENERIC | E810_ELEM_VALID_CIR |
					  E810_ELEM_VALID_EIR,
			.cir_profile = rte_cpu_to_le_16(E810_SCHED_DFLT_RL_PROF_ID),
			.cir_alloc = rte_cpu_to_le_16(E810_SCHED_DFLT_BW_WT),
			.eir_profile = rte_cpu_to_le_16(E810_SCHED_DFLT_RL_PROF_ID),
			.eir_alloc = rte_cpu_to_le_16(E810_SCHED_DFLT_BW_WT),
		},
	};
	struct e810_aq_desc desc;
	int ret;

	if (sched->n_nodes == RTE_DIM(sched->nodes))
		return -ENOSPC;
	aether_aq_fill(&desc, E810_AQC_ADD_SCHED_ELEMS, &cmd);
	ret = aether_adminq_send(hw, &desc, &buf, sizeof(buf), true);
	if (ret != 0)
		return ret;
	aether_aq_params(&desc, &cmd);
	if (rte_le_to_cpu_16(cmd.num_elem_resp) != 1) {
		AETHER_LOG(ERR, hw, "the firmware added %u of 1 scheduler node",
			   rte_le_to_cpu_16(cmd.num_elem_resp));
		return -EPROTO;
	}
	sched->nodes[sched->n_nodes].parent_teid = parent_teid;
	sched->nodes[sched->n_nodes].teid = rte_le_to_cpu_32(buf.elem.node_teid);
	sched->n_nodes++;
	return 0;
}

/* How many nodes each layer of ours needs for n queues: one down to the VSI, and below it what
 * the number of children that a node may have asks for. */
static int
layers_plan(struct aether_hw *hw, uint16_t n_queues, uint16_t n[E810_SCHED_MAX_LAYERS])
{
	const struct aether_sched *sched = &hw->sched;
	unsigned int layer, want = n_queues;

	for (layer = sched->qgroup_layer; layer > sched->vsi_layer; layer--) {
		want = (want + sched->max_children[layer] - 1) / sched->max_children[layer];
		n[layer] = want;
	}
	for (layer = sched->entry_layer; layer <= sched->vsi_layer; layer++)
		n[layer] = 1;
	if (want <= sched->max_children[sched->vsi_layer])
		return 0;
	AETHER_LOG(ERR, hw, "%u transmit queues do not fit below one VSI of the scheduler: "
		   "configure fewer", n_queues);
	return -ENOSPC;
}

/* Add n nodes, spread evenly over the n_parents nodes from nodes[parent] on. */
static int
layer_add(struct aether_hw *hw, unsigned int n, unsigned int parent, unsigned int n_parents)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++) {
		const uint32_t teid = n_parents == 0 ? hw->sched.parent_teid :
				      hw->sched.nodes[parent + i * n_parents / n].teid;

		ret = node_add(hw, teid);
	}
	return ret;
}

int
aether_sched_vsi_add(struct aether_hw *hw, uint16_t n_queues)
{
	struct aether_sched *sched = &hw->sched;
	uint16_t n[E810_SCHED_MAX_LAYERS];
	unsigned int layer, parent = 0, n_parents = 0;
	int ret;

	ret = layers_plan(hw, n_queues, n);
	for (layer = sched->entry_layer; layer <= sched->qgroup_layer && ret == 0; layer++) {
		const unsigned int first = sched->n_nodes;

		ret = layer_add(hw, n[layer], parent, n_parents);
		parent = first;
		n_parents = n[layer];
	}
	if (ret != 0) {
		aether_sched_vsi_free(hw);
		return ret;
	}
	sched->first_qgroup = parent;
	sched->n_qgroups = n_parents;
	return 0;
}

int
aether_sched_vsi_free(struct aether_hw *hw)
{
	struct aether_sched *sched = &hw->sched;
	int first_error = 0;

	while (sched->n_nodes > 0) {
		const struct aether_sched_node *node = &sched->nodes[--sched->n_nodes];
		int ret;

		/* A dead firmware answers none of them; the reset that follows deletes all. */
		ret = hw->aq.alive ? elem_delete(hw, node->parent_teid, node->teid) : -EIO;
		if (first_error == 0)
			first_error = ret;
	}
	sched->n_qgroups = 0;
	return first_error;
}

uint16_t
aether_sched_queue_group(const struct aether_hw *hw, uint16_t q)
{
	return q % hw->sched.n_qgroups;
}

uint32_t
aether_sched_queue_parent(const struct aether_hw *hw, uint16_t q)
{
	const struct aether_sched *sched = &hw->sched;

	return sched->nodes[sched->first_qgroup + aether_sched_queue_group(hw, q)].teid;
}
