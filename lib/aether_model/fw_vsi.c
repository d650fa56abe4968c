/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Virtual station interfaces (datasheet section 7.8): properties, queue mapping.
 */

#include <stddef.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_flex.h"
#include "model_fw.h"

/** Parts of the properties, each written when its section is marked valid. */
static const struct {
	uint16_t section;
	size_t offset, end;
} sections[] = {
#define SECTION(flag, first, after) { flag, offsetof(struct e810_aqc_vsi_props, first), \
				      offsetof(struct e810_aqc_vsi_props, after) }
	SECTION(E810_VSI_PROP_SW_VALID, sw_id, sec_flags),
	SECTION(E810_VSI_PROP_SECURITY_VALID, sec_flags, port_based_inner_vlan),
	SECTION(E810_VSI_PROP_VLAN_VALID, port_based_inner_vlan, ingress_table),
	SECTION(E810_VSI_PROP_INGRESS_UP_VALID, ingress_table, egress_table),
	SECTION(E810_VSI_PROP_EGRESS_UP_VALID, egress_table, port_based_outer_vlan),
	SECTION(E810_VSI_PROP_OUTER_TAG_VALID, port_based_outer_vlan, mapping_flags),
	SECTION(E810_VSI_PROP_RXQ_MAP_VALID, mapping_flags, q_opt_rss),
	SECTION(E810_VSI_PROP_Q_OPT_VALID, q_opt_rss, outer_up_table),
	SECTION(E810_VSI_PROP_OUTER_UP_VALID, outer_up_table, acl_def_act),
	SECTION(E810_VSI_PROP_ACL_VALID, acl_def_act, fd_options),
	SECTION(E810_VSI_PROP_FLOW_DIR_VALID, fd_options, pasid_id),
	SECTION(E810_VSI_PROP_PASID_VALID, pasid_id, reserved),
#undef SECTION
};

int
fw_vsi_lookup(const struct model_fw *fw, uint16_t field)
{
	/* What lies before the function's first wraps around, and is too much as well. */
	unsigned int vsi = (unsigned int)(field & E810_VSI_NUM_M) - fw->vsi_first;

	return vsi < MODEL_VSIS && fw->vsi[vsi].allocated ? (int)vsi : -1;
}

/** Whether the queues that the properties name are queues of this function. */
static bool
vsi_map_ok(const struct e810_aqc_vsi_props *props)
{
	uint16_t n, i;

	if ((rte_le_to_cpu_16(props->mapping_flags) & E810_VSI_Q_MAP_NONCONTIG) == 0) {
		n = rte_le_to_cpu_16(props->q_mapping[1]);
		return rte_le_to_cpu_16(props->q_mapping[0]) + n <= MODEL_RX_QUEUES;
	}
	for (i = 0; i < RTE_DIM(props->q_mapping); i++) {
		n = rte_le_to_cpu_16(props->q_mapping[i]);
		if (n >= MODEL_RX_QUEUES && n != UINT16_MAX)
			return false;
	}
	return true;
}

int
fw_vsi_queue(const struct fw_vsi *vsi, unsigned int n)
{
	const struct e810_aqc_vsi_props *props = &vsi->props;
	unsigned int offset = n + (rte_le_to_cpu_16(props->tc_mapping[0]) &
				   E810_VSI_TC_Q_OFFSET_M);
	unsigned int q;

	if ((rte_le_to_cpu_16(props->valid_sections) & E810_VSI_PROP_RXQ_MAP_VALID) == 0)
		return -1;
	if ((rte_le_to_cpu_16(props->mapping_flags) & E810_VSI_Q_MAP_NONCONTIG) == 0) {
		if (offset >= rte_le_to_cpu_16(props->q_mapping[1]))
			return -1;
		q = rte_le_to_cpu_16(props->q_mapping[0]) + offset;
	} else {
		if (offset >= RTE_DIM(props->q_mapping))
			return -1;
		q = rte_le_to_cpu_16(props->q_mapping[offset]);
	}
	return q < MODEL_RX_QUEUES ? (int)q : -1;
}

/** Take over the sections in `valid`. */
static enum e810_aq_err
vsi_apply(struct fw_cmd *cmd, struct fw_vsi *vsi, uint16_t valid)
{
	const struct e810_aqc_vsi_props *given = (void *)cmd->buf;
	unsigned int i;

	if ((valid & E810_VSI_PROP_RXQ_MAP_VALID) != 0 && !vsi_map_ok(given)) {
		MODEL_LOG(INFO, cmd->model, "VSI queue map beyond %u queues refused",
			  MODEL_RX_QUEUES);
		return E810_AQ_RC_EINVAL;
	}
	for (i = 0; i < RTE_DIM(sections); i++)
		if ((valid & sections[i].section) != 0)
			memcpy((uint8_t *)&vsi->props + sections[i].offset,
			       (const uint8_t *)given + sections[i].offset,
			       sections[i].end - sections[i].offset);
	vsi->props.valid_sections |= rte_cpu_to_le_16(valid);
	vsi->rx_queue = fw_vsi_queue(vsi, 0);	/* where what is not hashed goes */
	if ((valid & E810_VSI_PROP_Q_OPT_VALID) != 0)
		model_rss_vsi_changed(cmd->model, vsi - cmd->fw->vsi);
	memcpy(cmd->buf, &vsi->props, sizeof(vsi->props));
	fw_switch_derive(cmd->model);
	return E810_AQ_RC_OK;
}

static void
vsi_counts(const struct model_fw *fw, rte_le16_t *used, rte_le16_t *left)
{
	unsigned int i, n = 0;

	for (i = 0; i < MODEL_VSIS; i++)
		n += fw->vsi[i].allocated;
	*used = rte_cpu_to_le_16(n);
	*left = rte_cpu_to_le_16(MODEL_VSIS - n);
}

static void
vsi_respond(struct fw_cmd *cmd, unsigned int vsi)
{
	struct e810_aqc_vsi_resp *resp = &cmd->p.vsi_resp;

	resp->vsi_num = rte_cpu_to_le_16(cmd->fw->vsi_first + vsi);
	resp->ext_status = 0;
	vsi_counts(cmd->fw, &resp->vsi_used, &resp->vsi_free);
}

static enum e810_aq_err
add_vsi(struct fw_cmd *cmd)
{
	uint16_t field = rte_le_to_cpu_16(cmd->p.vsi.vsi_num);
	unsigned int type = rte_le_to_cpu_16(cmd->p.vsi.vsi_flags) & E810_VSI_TYPE_M;
	unsigned int n = (unsigned int)(field & E810_VSI_NUM_M) - cmd->fw->vsi_first;
	enum e810_aq_err rc;
	struct fw_vsi *vsi;

	if (type == E810_VSI_TYPE_VF)		/* the function has no VFs */
		return E810_AQ_RC_EINVAL;
	if ((field & E810_VSI_IS_VALID) != 0) {
		if (n >= MODEL_VSIS || cmd->fw->vsi[n].allocated)
			return E810_AQ_RC_EEXIST;
	} else {
		for (n = 0; n < MODEL_VSIS && cmd->fw->vsi[n].allocated; n++)
			;
		if (n == MODEL_VSIS)
			return E810_AQ_RC_ENOSPC;
	}
	vsi = &cmd->fw->vsi[n];
	memset(vsi, 0, sizeof(*vsi));
	vsi->type = type;
	vsi->rx_queue = -1;
	vsi->allocated = true;
	model_rss_key_changed(cmd->model, n);
	model_rss_vsi_changed(cmd->model, n);
	/*
	 * A new VSI is what the whole buffer says: Linux ice and net_ice mark next to nothing of
	 * what they fill in (queues, RSS table, whether it may send), and rely on all of it.
	 */
	rc = vsi_apply(cmd, vsi, E810_VSI_PROP_ALL);
	if (rc != E810_AQ_RC_OK) {
		vsi->allocated = false;
		return rc;
	}
	vsi_respond(cmd, n);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
update_vsi(struct fw_cmd *cmd)
{
	const struct e810_aqc_vsi_props *given = (void *)cmd->buf;
	int n = fw_vsi_lookup(cmd->fw, rte_le_to_cpu_16(cmd->p.vsi.vsi_num));
	enum e810_aq_err rc;

	if (n < 0)
		return E810_AQ_RC_ENOENT;
	rc = vsi_apply(cmd, &cmd->fw->vsi[n], rte_le_to_cpu_16(given->valid_sections));
	if (rc == E810_AQ_RC_OK)
		vsi_respond(cmd, n);
	return rc;
}

static enum e810_aq_err
get_vsi(struct fw_cmd *cmd)
{
	int n = fw_vsi_lookup(cmd->fw, rte_le_to_cpu_16(cmd->p.vsi.vsi_num));
	struct e810_aqc_get_vsi_resp *resp = &cmd->p.get_vsi_resp;

	if (n < 0)
		return E810_AQ_RC_ENOENT;
	memcpy(cmd->buf, &cmd->fw->vsi[n].props, sizeof(cmd->fw->vsi[n].props));
	cmd->resp_len = sizeof(cmd->fw->vsi[n].props);
	resp->vsi_num = rte_cpu_to_le_16(cmd->fw->vsi_first + n);
	resp->vf_id = 0;
	resp->vsi_flags = cmd->fw->vsi[n].type;
	vsi_counts(cmd->fw, &resp->vsi_used, &resp->vsi_free);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
free_vsi(struct fw_cmd *cmd)
{
	int n = fw_vsi_lookup(cmd->fw, rte_le_to_cpu_16(cmd->p.vsi.vsi_num));
	unsigned int q;

	if (n < 0)
		return E810_AQ_RC_ENOENT;
	/* Queues that still send from this VSI: the driver has to disable them first. */
	for (q = 0; q < MODEL_TX_QUEUES; q++)
		if (cmd->model->txq[q].enabled && cmd->model->txq[q].vsi == n)
			return E810_AQ_RC_EBUSY;
	cmd->fw->vsi[n].allocated = false;
	fw_switch_forget_vsi(cmd->model, n);
	vsi_respond(cmd, n);
	return E810_AQ_RC_OK;
}

void
fw_vsi_reset(struct aether_model *model)
{
	unsigned int i;

	memset(model->fw->vsi, 0, sizeof(model->fw->vsi));
	for (i = 0; i < MODEL_VSIS; i++)
		model->fw->vsi[i].rx_queue = -1;
}

int
model_vsi_only_rx_queue(struct aether_model *model, unsigned int vsi)
{
	if (vsi >= MODEL_VSIS || !model->fw->vsi[vsi].allocated || model_flex_hashes(model, vsi))
		return -1;
	return model->fw->vsi[vsi].rx_queue;
}

const struct e810_aqc_vsi_props *
model_vsi_props(struct aether_model *model, unsigned int vsi)
{
	if (vsi >= MODEL_VSIS || !model->fw->vsi[vsi].allocated)
		return NULL;
	return &model->fw->vsi[vsi].props;
}

bool
model_vsi_tx_allowed(struct aether_model *model, unsigned int vsi)
{
	return vsi < MODEL_VSIS && model->fw->vsi[vsi].allocated &&
	       (model->fw->vsi[vsi].props.sw_flags2 & E810_VSI_SW_FLAG_LAN_ENA) != 0;
}

const struct fw_opcode fw_vsi_opcodes[] = {
	{ E810_AQC_ADD_VSI, FW_RD, sizeof(struct e810_aqc_vsi_props), "Add VSI", add_vsi },
	{ E810_AQC_UPDATE_VSI, FW_RD, sizeof(struct e810_aqc_vsi_props), "Update VSI", update_vsi },
	{ E810_AQC_GET_VSI, FW_BUF, sizeof(struct e810_aqc_vsi_props), "Get VSI Parameters",
	  get_vsi },
	{ E810_AQC_FREE_VSI, 0, 0, "Free VSI", free_vsi },
	{ 0, 0, 0, NULL, NULL },
};
