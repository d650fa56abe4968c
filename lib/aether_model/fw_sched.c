/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Transmit scheduler (datasheet section 9.4): a tree of nine layers, from the port down to the
 * queues. The tree is real and checked; bandwidth is not limited by it.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

#define LAYER_ROOT		0
#define LAYER_TC		1
#define MAX_SIBLINGS		8
#define RL_PROFILES		FW_SCHED_RL_PROFILES
#define SRL_PROFILES		16

unsigned int
fw_sched_max_children(unsigned int layer)
{
	return layer < FW_SCHED_LEAF_LAYER ? MAX_SIBLINGS : 0;
}

int
fw_sched_find(const struct fw_sched *sched, uint32_t teid)
{
	uint32_t i = teid - FW_SCHED_TEID_BASE;

	return i < FW_SCHED_NODES && sched->node[i].used ? (int)i : -1;
}

uint32_t
fw_sched_teid(unsigned int node)
{
	return FW_SCHED_TEID_BASE + node;
}

int
fw_sched_add(struct fw_sched *sched, unsigned int parent, const struct e810_sched_elem *elem)
{
	struct fw_sched_node *node;
	unsigned int i, n;

	if (sched->node[parent].children >= fw_sched_max_children(sched->node[parent].layer))
		return -1;
	for (n = 0; n < FW_SCHED_NODES; n++) {
		i = (sched->next + n) % FW_SCHED_NODES;
		if (!sched->node[i].used)
			break;
	}
	if (n == FW_SCHED_NODES)
		return -1;
	/* Numbers are not used again at once: a stale one names nothing for a while. */
	sched->next = (i + 1) % FW_SCHED_NODES;
	node = &sched->node[i];
	memset(node, 0, sizeof(*node));
	node->used = true;
	node->layer = sched->node[parent].layer + 1;
	node->parent = parent;
	node->txq = -1;
	node->elem = *elem;
	sched->node[parent].children++;
	return i;
}

void
fw_sched_remove(struct fw_sched *sched, unsigned int node)
{
	sched->node[sched->node[node].parent].children--;
	sched->node[node].used = false;
}

static struct e810_sched_elem
default_elem(unsigned int layer)
{
	struct e810_sched_elem elem = {
		.elem_type = E810_ELEM_TYPE_SE_GENERIC,
		.valid_sections = E810_ELEM_VALID_GENERIC | E810_ELEM_VALID_CIR |
				  E810_ELEM_VALID_EIR,
		.cir_profile = rte_cpu_to_le_16(E810_SCHED_DFLT_RL_PROF_ID),
		.cir_alloc = rte_cpu_to_le_16(E810_SCHED_DFLT_BW_WT),
		.eir_profile = rte_cpu_to_le_16(E810_SCHED_DFLT_RL_PROF_ID),
		.eir_alloc = rte_cpu_to_le_16(E810_SCHED_DFLT_BW_WT),
	};

	if (layer == LAYER_ROOT)
		elem.elem_type = E810_ELEM_TYPE_ROOT_PORT;
	else if (layer == LAYER_TC)
		elem.elem_type = E810_ELEM_TYPE_TC;
	else if (layer == FW_SCHED_ENTRY_LAYER)
		elem.elem_type = E810_ELEM_TYPE_ENTRY_POINT;
	else if (layer == FW_SCHED_LEAF_LAYER)
		elem.elem_type = E810_ELEM_TYPE_LEAF;
	return elem;
}

void
fw_sched_reset(struct aether_model *model)
{
	struct fw_sched *sched = &model->fw->sched;
	struct e810_sched_elem elem = default_elem(LAYER_ROOT);
	unsigned int layer;
	int parent = 0;

	memset(sched, 0, sizeof(*sched));
	sched->node[0].used = true;
	sched->node[0].txq = -1;
	sched->node[0].elem = elem;
	sched->next = 1;
	for (layer = 1; layer < E810_SCHED_MAX_LAYERS; layer++) {
		elem = default_elem(layer);
		parent = fw_sched_add(sched, parent, &elem);
	}
}

static void
describe(const struct fw_sched *sched, unsigned int node, struct e810_sched_elem_data *data)
{
	bool root = sched->node[node].layer == LAYER_ROOT;

	data->parent_teid = rte_cpu_to_le_32(root ? E810_INVAL_TEID :
					     fw_sched_teid(sched->node[node].parent));
	data->node_teid = rte_cpu_to_le_32(fw_sched_teid(node));
	data->data = sched->node[node].elem;
}

/* ------------------------------------------------------------------ queries ----------------- */

static enum e810_aq_err
query_sched_res(struct fw_cmd *cmd)
{
	struct e810_aqc_query_sched_res *res = (void *)cmd->buf;
	unsigned int layer;

	memset(res, 0, sizeof(*res));
	res->sched.phys_levels = rte_cpu_to_le_16(E810_SCHED_MAX_LAYERS);
	res->sched.logical_levels = rte_cpu_to_le_16(E810_SCHED_MAX_LAYERS);
	res->sched.max_device_cgds = 32;
	res->sched.max_pf_cgds = 32;
	for (layer = 0; layer < E810_SCHED_MAX_LAYERS; layer++) {
		struct e810_sched_layer_props *props = &res->layer[layer];

		props->logical_layer = layer;
		props->chunk_size = MAX_SIBLINGS;
		props->max_device_nodes = rte_cpu_to_le_16(FW_SCHED_NODES);
		props->max_pf_nodes = rte_cpu_to_le_16(FW_SCHED_NODES);
		props->max_sibl_grp_sz = rte_cpu_to_le_16(layer == LAYER_ROOT ? 1 : MAX_SIBLINGS);
		props->max_cir_rl_profiles = rte_cpu_to_le_16(RL_PROFILES);
		props->max_eir_rl_profiles = rte_cpu_to_le_16(RL_PROFILES);
		props->max_srl_profiles = rte_cpu_to_le_16(SRL_PROFILES);
	}
	cmd->resp_len = sizeof(*res);
	return E810_AQ_RC_OK;
}

/** The tree that a reset leaves: one branch with one node a layer. */
static enum e810_aq_err
get_dflt_topo(struct fw_cmd *cmd)
{
	struct e810_aqc_get_topo_elem *topo = (void *)cmd->buf;
	const struct fw_sched *sched = &cmd->fw->sched;
	unsigned int layer, i;

	if (cmd->p.get_topo.port_num != cmd->model->lport)
		return E810_AQ_RC_EINVAL;
	memset(topo, 0, sizeof(*topo));
	topo->hdr.parent_teid = rte_cpu_to_le_32(E810_INVAL_TEID);
	/* Nodes 0 to 8 are the default branch until a driver deletes them. */
	for (layer = 0, i = 0; layer < E810_SCHED_MAX_LAYERS; layer++)
		if (sched->node[layer].used && sched->node[layer].layer == layer)
			describe(sched, layer, &topo->generic[i++]);
	topo->hdr.num_elems = rte_cpu_to_le_16(i);
	cmd->p.get_topo.num_branches = 1;
	cmd->resp_len = sizeof(*topo);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
get_sched_elems(struct fw_cmd *cmd)
{
	struct e810_sched_elem_data *data = (void *)cmd->buf;
	unsigned int n = rte_le_to_cpu_16(cmd->p.sched.num_elem_req);
	unsigned int i;
	int node;

	if (n == 0 || n > cmd->buf_len / sizeof(*data))
		return E810_AQ_RC_EINVAL;
	for (i = 0; i < n; i++) {
		node = fw_sched_find(&cmd->fw->sched, rte_le_to_cpu_32(data[i].node_teid));
		if (node < 0)
			break;
		describe(&cmd->fw->sched, node, &data[i]);
	}
	cmd->p.sched.num_elem_resp = rte_cpu_to_le_16(i);
	return i == 0 ? E810_AQ_RC_ENOENT : E810_AQ_RC_OK;
}

static enum e810_aq_err
query_node_to_root(struct fw_cmd *cmd)
{
	const struct fw_sched *sched = &cmd->fw->sched;
	struct e810_sched_elem_data *data = (void *)cmd->buf;
	int node = fw_sched_find(sched, rte_le_to_cpu_32(cmd->p.to_root.teid));
	unsigned int n = 0;

	if (node < 0)
		return E810_AQ_RC_ENOENT;
	for (;;) {
		if ((n + 1) * sizeof(*data) > cmd->buf_len)
			return E810_AQ_RC_ENOMEM;
		describe(sched, node, &data[n++]);
		if (sched->node[node].layer == LAYER_ROOT)
			break;
		node = sched->node[node].parent;
	}
	cmd->p.to_root.num_nodes = rte_cpu_to_le_32(n);
	cmd->resp_len = n * sizeof(*data);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
query_port_ets(struct fw_cmd *cmd)
{
	const struct fw_sched *sched = &cmd->fw->sched;
	struct e810_aqc_port_ets *ets = (void *)cmd->buf;
	int root = fw_sched_find(sched, rte_le_to_cpu_32(cmd->p.port_ets.port_teid));
	unsigned int i;

	if (root < 0 || sched->node[root].layer != LAYER_ROOT)
		return E810_AQ_RC_ENOENT;
	memset(ets, 0, sizeof(*ets));
	ets->tc_valid_bits = 1;
	ets->tc_bw_share[0] = 100;
	for (i = 0; i < RTE_DIM(ets->tc_node_teid); i++)
		ets->tc_node_teid[i] = rte_cpu_to_le_32(E810_INVAL_TEID);
	for (i = 0; i < FW_SCHED_NODES; i++)
		if (sched->node[i].used && sched->node[i].layer == LAYER_TC)
			ets->tc_node_teid[0] = rte_cpu_to_le_32(fw_sched_teid(i));
	cmd->resp_len = sizeof(*ets);
	return E810_AQ_RC_OK;
}

/* ------------------------------------------------------------------ changes ----------------- */

/** Whether a driver may add this element under this parent. */
static enum e810_aq_err
check_new(const struct fw_sched *sched, unsigned int parent,
	  const struct e810_sched_elem_data *data)
{
	unsigned int layer = sched->node[parent].layer + 1;

	if (layer < FW_SCHED_ENTRY_LAYER || layer >= FW_SCHED_LEAF_LAYER)
		return E810_AQ_RC_EINVAL;
	if (rte_le_to_cpu_32(data->parent_teid) != fw_sched_teid(parent))
		return E810_AQ_RC_EINVAL;
	if (data->data.elem_type != E810_ELEM_TYPE_SE_GENERIC &&
	    data->data.elem_type != E810_ELEM_TYPE_SE_PADDED)
		return E810_AQ_RC_EINVAL;
	if ((data->data.valid_sections & E810_ELEM_VALID_GENERIC) == 0 ||
	    !fw_sched_rl_valid(sched, layer, &data->data))
		return E810_AQ_RC_EINVAL;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
add_sched_elems(struct fw_cmd *cmd)
{
	struct e810_aqc_add_elem *group = (void *)cmd->buf;
	struct fw_sched *sched = &cmd->fw->sched;
	unsigned int n = rte_le_to_cpu_16(group->hdr.num_elems);
	int parent = fw_sched_find(sched, rte_le_to_cpu_32(group->hdr.parent_teid));
	enum e810_aq_err rc;
	unsigned int i;
	int node;

	/* One group a command, as every driver sends it. */
	if (cmd->p.sched.num_elem_req != rte_cpu_to_le_16(1) || n == 0 ||
	    n > (cmd->buf_len - sizeof(group->hdr)) / sizeof(group->generic[0]))
		return E810_AQ_RC_EINVAL;
	if (parent < 0)
		return E810_AQ_RC_ENOENT;
	if (sched->node[parent].children + n > fw_sched_max_children(sched->node[parent].layer))
		return E810_AQ_RC_ENOSPC;
	for (i = 0; i < n; i++) {
		rc = check_new(sched, parent, &group->generic[i]);
		if (rc != E810_AQ_RC_OK)
			return rc;
	}
	for (i = 0; i < n; i++) {
		node = fw_sched_add(sched, parent, &group->generic[i].data);
		if (node < 0) {
			while (i-- > 0)
				fw_sched_remove(sched, fw_sched_find(sched,
					rte_le_to_cpu_32(group->generic[i].node_teid)));
			return E810_AQ_RC_ENOSPC;
		}
		group->generic[i].node_teid = rte_cpu_to_le_32(fw_sched_teid(node));
	}
	cmd->p.sched.num_elem_resp = rte_cpu_to_le_16(1);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
check_delete(const struct fw_sched *sched, uint32_t parent_teid, int node)
{
	if (node < 0)
		return E810_AQ_RC_ENOENT;
	if (sched->node[node].layer < FW_SCHED_ENTRY_LAYER ||
	    fw_sched_teid(sched->node[node].parent) != parent_teid)
		return E810_AQ_RC_EINVAL;
	/* A node with children, and a queue that is enabled, cannot go. */
	if (sched->node[node].children != 0 || sched->node[node].txq >= 0)
		return E810_AQ_RC_EBUSY;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
delete_sched_elems(struct fw_cmd *cmd)
{
	const struct e810_aqc_delete_elem *group = (void *)cmd->buf;
	struct fw_sched *sched = &cmd->fw->sched;
	unsigned int n = rte_le_to_cpu_16(group->hdr.num_elems);
	enum e810_aq_err rc;
	unsigned int i;
	int node;

	if (cmd->p.sched.num_elem_req != rte_cpu_to_le_16(1) || n == 0 ||
	    n > (cmd->buf_len - sizeof(group->hdr)) / sizeof(group->teid[0]))
		return E810_AQ_RC_EINVAL;
	for (i = 0; i < n; i++) {
		node = fw_sched_find(sched, rte_le_to_cpu_32(group->teid[i]));
		rc = check_delete(sched, rte_le_to_cpu_32(group->hdr.parent_teid), node);
		if (rc != E810_AQ_RC_OK)
			return rc;
		fw_sched_remove(sched, node);
	}
	cmd->p.sched.num_elem_resp = rte_cpu_to_le_16(1);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
cfg_sched_elems(struct fw_cmd *cmd)
{
	const struct e810_sched_elem_data *data = (void *)cmd->buf;
	struct fw_sched *sched = &cmd->fw->sched;
	unsigned int n = rte_le_to_cpu_16(cmd->p.sched.num_elem_req);
	struct fw_sched_node *node;
	unsigned int i;
	uint8_t type;
	int at;

	if (n == 0 || n > cmd->buf_len / sizeof(*data))
		return E810_AQ_RC_EINVAL;
	for (i = 0; i < n; i++) {
		at = fw_sched_find(sched, rte_le_to_cpu_32(data[i].node_teid));
		if (at < 0)
			return E810_AQ_RC_ENOENT;
		node = &sched->node[at];
		if (!fw_sched_rl_valid(sched, node->layer, &data[i].data))
			return E810_AQ_RC_EINVAL;
		type = node->elem.elem_type;
		node->elem = data[i].data;
		node->elem.elem_type = type;
		cmd->p.sched.num_elem_resp = rte_cpu_to_le_16(i + 1);
	}
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
suspend_resume(struct fw_cmd *cmd)
{
	const uint32_t *teid = (void *)cmd->buf;
	unsigned int n = rte_le_to_cpu_16(cmd->p.sched.num_elem_req);
	unsigned int i;
	int node;

	if (n == 0 || n > cmd->buf_len / sizeof(*teid))
		return E810_AQ_RC_EINVAL;
	for (i = 0; i < n; i++) {
		node = fw_sched_find(&cmd->fw->sched, rte_le_to_cpu_32(teid[i]));
		if (node < 0)
			return E810_AQ_RC_ENOENT;
		if (cmd->opcode == E810_AQC_SUSPEND_SCHED_ELEMS)
			cmd->fw->sched.node[node].elem.flags |= E810_ELEM_FLAG_SUSPEND;
		else
			cmd->fw->sched.node[node].elem.flags &= ~E810_ELEM_FLAG_SUSPEND;
		cmd->p.sched.num_elem_resp = rte_cpu_to_le_16(i + 1);
	}
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
move_sched_elems(struct fw_cmd *cmd)
{
	const struct e810_aqc_move_elem *move = (void *)cmd->buf;
	struct fw_sched *sched = &cmd->fw->sched;
	unsigned int n = rte_le_to_cpu_16(move->num_elems);
	int src = fw_sched_find(sched, rte_le_to_cpu_32(move->src_parent_teid));
	int dest = fw_sched_find(sched, rte_le_to_cpu_32(move->dest_parent_teid));
	unsigned int i;
	int node;

	if (cmd->p.sched.num_elem_req != rte_cpu_to_le_16(1) || n == 0 ||
	    n > (cmd->buf_len - sizeof(*move)) / sizeof(move->teid[0]))
		return E810_AQ_RC_EINVAL;
	if (src < 0 || dest < 0)
		return E810_AQ_RC_ENOENT;
	if (sched->node[src].layer != sched->node[dest].layer)
		return E810_AQ_RC_EINVAL;
	if (sched->node[dest].children + n > fw_sched_max_children(sched->node[dest].layer))
		return E810_AQ_RC_ENOSPC;
	for (i = 0; i < n; i++) {
		node = fw_sched_find(sched, rte_le_to_cpu_32(move->teid[i]));
		if (node < 0 || sched->node[node].layer < FW_SCHED_ENTRY_LAYER ||
		    sched->node[node].parent != src)
			return E810_AQ_RC_ENOENT;
		sched->node[src].children--;
		sched->node[node].parent = dest;
		sched->node[dest].children++;
	}
	cmd->p.sched.num_elem_resp = rte_cpu_to_le_16(1);
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_sched_opcodes[] = {
	{ E810_AQC_GET_DFLT_TOPO, FW_BUF, sizeof(struct e810_aqc_get_topo_elem),
	  "Get Default Topology", get_dflt_topo },
	{ E810_AQC_ADD_SCHED_ELEMS, FW_RD, sizeof(struct e810_sched_group_hdr),
	  "Add Scheduling Elements", add_sched_elems },
	{ E810_AQC_CFG_SCHED_ELEMS, FW_RD, sizeof(struct e810_sched_elem_data),
	  "Configure Scheduling Elements", cfg_sched_elems },
	{ E810_AQC_GET_SCHED_ELEMS, FW_RD, sizeof(struct e810_sched_elem_data),
	  "Get Scheduling Elements", get_sched_elems },
	{ E810_AQC_MOVE_SCHED_ELEMS, FW_RD, sizeof(struct e810_aqc_move_elem),
	  "Move Scheduling Elements", move_sched_elems },
	{ E810_AQC_SUSPEND_SCHED_ELEMS, FW_RD, sizeof(uint32_t), "Suspend Scheduling Elements",
	  suspend_resume },
	{ E810_AQC_RESUME_SCHED_ELEMS, FW_RD, sizeof(uint32_t), "Resume Scheduling Elements",
	  suspend_resume },
	{ E810_AQC_QUERY_PORT_ETS, FW_BUF, sizeof(struct e810_aqc_port_ets), "Query Port ETS",
	  query_port_ets },
	{ E810_AQC_DELETE_SCHED_ELEMS, FW_RD, sizeof(struct e810_sched_group_hdr),
	  "Delete Scheduling Elements", delete_sched_elems },
	{ E810_AQC_QUERY_SCHED_RES, FW_BUF, sizeof(struct e810_aqc_query_sched_res),
	  "Query Scheduler Resource Allocation", query_sched_res },
	{ E810_AQC_QUERY_NODE_TO_ROOT, FW_BUF, sizeof(struct e810_sched_elem_data),
	  "Query Node to Root Topology", query_node_to_root },
	{ 0, 0, 0, NULL, NULL },
};
