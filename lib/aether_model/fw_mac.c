/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * MAC addresses, PXE mode, port parameters.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_card.h"

#define PORT_PARAMS_DOUBLE_VLAN	0x4

static enum e810_aq_err
mac_read(struct fw_cmd *cmd)
{
	static const uint8_t none[6];
	struct e810_aqc_manage_mac_read_resp *resp = (void *)cmd->buf;
	const uint8_t *mac = cmd->model->conf.mac;

	if (memcmp(cmd->fw->laa, none, sizeof(none)) != 0)
		mac = cmd->fw->laa;
	resp->lport_num = cmd->model->lport;
	resp->addr_type = E810_MAN_MAC_ADDR_TYPE_LAN;
	memcpy(resp->mac_addr, mac, sizeof(resp->mac_addr));
	cmd->p.mac_read.flags = rte_cpu_to_le_16(E810_MAN_MAC_LAN_ADDR_VALID |
						 E810_MAN_MAC_PORT_ADDR_VALID);
	cmd->p.mac_read.num_addr = 1;
	cmd->resp_len = sizeof(*resp);
	return E810_AQ_RC_OK;
}

/** The address holds until a reset; the NVM keeps the one that the device was made with. */
static enum e810_aq_err
mac_write(struct fw_cmd *cmd)
{
	static const uint8_t none[6];
	const struct e810_aqc_manage_mac_write *mac = &cmd->p.mac_write;

	if ((mac->mac_addr[0] & 1) != 0 || memcmp(mac->mac_addr, none, sizeof(none)) == 0)
		return E810_AQ_RC_EINVAL;
	memcpy(cmd->fw->laa, mac->mac_addr, sizeof(cmd->fw->laa));
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
clear_pxe(struct fw_cmd *cmd)
{
	struct aether_model *model = cmd->model;
	struct model_card *card = model->card;
	enum e810_aq_err rc = E810_AQ_RC_OK;

	rte_rwlock_write_lock(&card->lock);
	/* The second driver of a card finds it done. */
	if (!card->pxe_mode)
		rc = E810_AQ_RC_EEXIST;
	else if (cmd->p.clear_pxe.rx_cnt != E810_CLEAR_PXE_RX_CNT)
		rc = E810_AQ_RC_EINVAL;
	else
		card->pxe_mode = false;
	rte_rwlock_write_unlock(&card->lock);
	if (rc != E810_AQ_RC_EINVAL)
		model_reg_put(model, GLLAN_RCTL_0,
			      model_reg_get(model, GLLAN_RCTL_0) & ~GLLAN_RCTL_0_PXE_MODE);
	return rc;
}

/** Bad and short frames are dropped whatever is asked; double VLAN mode needs a package. */
static enum e810_aq_err
port_params(struct fw_cmd *cmd)
{
	if ((rte_le_to_cpu_16(cmd->p.port_params.cmd_flags) & PORT_PARAMS_DOUBLE_VLAN) != 0)
		return E810_AQ_RC_EPERM;
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_mac_opcodes[] = {
	{ E810_AQC_MANAGE_MAC_READ, FW_BUF, sizeof(struct e810_aqc_manage_mac_read_resp),
	  "Manage MAC Address Read", mac_read },
	{ E810_AQC_MANAGE_MAC_WRITE, 0, 0, "Manage MAC Address Write", mac_write },
	{ E810_AQC_CLEAR_PXE_MODE, 0, 0, "Clear PXE Mode", clear_pxe },
	{ E810_AQC_SET_PORT_PARAMS, 0, 0, "Set Port Parameters", port_params },
	{ 0, 0, 0, NULL, NULL },
};
