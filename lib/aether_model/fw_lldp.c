/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * LLDP and DCB: the firmware's agent is stopped and cannot be started, as where the flash's
 * configuration disables it; what needs it is refused with EPERM. PRTDCB_GENS says "disabled" (7).
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

#define LLDP_FILTER_ACTION_M	0x03
#define LLDP_FILTER_UPDATE	0x02
#define LOCAL_MIB_TYPES_M	0x03
#define TLV_HEADER_BYTES	2
#define TLV_LEN_M		0x01FF		/* of the header, big endian */
#define TLV_TYPE_END		0

static enum e810_aq_err
lldp_stop(struct fw_cmd *cmd)
{
	if ((cmd->p.raw[0] & ~(E810_LLDP_AGENT_SHUTDOWN | E810_LLDP_AGENT_PERSIST_DIS)) != 0)
		return E810_AQ_RC_EINVAL;
	if (!cmd->fw->lldp_running)
		return E810_AQ_RC_EPERM;
	cmd->fw->lldp_running = false;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
lldp_start(struct fw_cmd *cmd)
{
	if ((cmd->p.raw[0] & E810_LLDP_AGENT_START) == 0)
		return E810_AQ_RC_EINVAL;
	return E810_AQ_RC_EPERM;
}

static enum e810_aq_err
lldp_not_running(struct fw_cmd *cmd)
{
	RTE_SET_USED(cmd);
	return E810_AQ_RC_EPERM;
}

/** No CEE configuration. */
static enum e810_aq_err
no_cee(struct fw_cmd *cmd)
{
	RTE_SET_USED(cmd);
	return E810_AQ_RC_ENOENT;
}

/** LLDP frames to this VSI: takes part in nothing, the rules of the switch decide. */
static enum e810_aq_err
lldp_filter(struct fw_cmd *cmd)
{
	if ((cmd->p.lldp.command & LLDP_FILTER_ACTION_M) > LLDP_FILTER_UPDATE)
		return E810_AQ_RC_EINVAL;
	if (fw_vsi_lookup(cmd->fw, rte_le_to_cpu_16(cmd->p.lldp.vsi_num)) < 0)
		return E810_AQ_RC_ENOENT;
	return E810_AQ_RC_OK;
}

/** Whether these bytes are TLVs of IEEE 802.1AB, each inside, up to the end or an end TLV. */
static bool
mib_is_whole(const uint8_t *mib, unsigned int len)
{
	unsigned int at = 0;

	while (at + TLV_HEADER_BYTES <= len) {
		const uint16_t header = mib[at] << 8 | mib[at + 1];

		if (header >> 9 == TLV_TYPE_END)
			return true;
		at += TLV_HEADER_BYTES + (header & TLV_LEN_M);
	}
	return at == len;
}

/** A driver's own DCB configuration is accepted; the port stays with one traffic class. */
static enum e810_aq_err
set_local_mib(struct fw_cmd *cmd)
{
	const unsigned int len = cmd->p.raw[2] | cmd->p.raw[3] << 8;

	if ((cmd->p.raw[0] & ~LOCAL_MIB_TYPES_M) != 0 || len == 0 || len > cmd->buf_len ||
	    !mib_is_whole(cmd->buf, len))
		return E810_AQ_RC_EINVAL;
	memset(cmd->p.raw, 0, sizeof(cmd->p.raw));
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
query_pfc_mode(struct fw_cmd *cmd)
{
	cmd->p.raw[0] = cmd->fw->pfc_mode;
	return E810_AQ_RC_OK;
}

/** Which field tells a frame's priority; it counts once there is more than one traffic class. */
static enum e810_aq_err
set_pfc_mode(struct fw_cmd *cmd)
{
	const uint8_t mode = cmd->p.raw[0];

	if (mode != E810_PFC_MODE_VLAN && mode != E810_PFC_MODE_DSCP)
		return E810_AQ_RC_EINVAL;
	cmd->fw->pfc_mode = mode;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
set_dcb_params(struct fw_cmd *cmd)
{
	RTE_SET_USED(cmd);
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_lldp_opcodes[] = {
	{ E810_AQC_QUERY_PFC_MODE, 0, 0, "Query PFC Mode", query_pfc_mode },
	{ E810_AQC_SET_PFC_MODE, 0, 0, "Set PFC Mode", set_pfc_mode },
	{ E810_AQC_SET_DCB_PARAMS, 0, 0, "Set DCB Parameters", set_dcb_params },
	{ E810_AQC_LLDP_GET_MIB, FW_BUF, 1, "Get LLDP MIB", lldp_not_running },
	{ E810_AQC_LLDP_SET_MIB_CHANGE, 0, 0, "Configure LLDP MIB Change Event",
	  lldp_not_running },
	{ E810_AQC_LLDP_STOP, 0, 0, "Stop LLDP", lldp_stop },
	{ E810_AQC_LLDP_START, 0, 0, "Start LLDP", lldp_start },
	{ E810_AQC_GET_CEE_DCB_CFG, FW_BUF, 1, "Get CEE DCBX Configuration", no_cee },
	{ E810_AQC_LLDP_SET_LOCAL_MIB, FW_RD, 1, "Set Local LLDP MIB", set_local_mib },
	{ E810_AQC_LLDP_STOP_START_AGENT, 0, 0, "Stop or Start DCBX Agent", lldp_not_running },
	{ E810_AQC_LLDP_FILTER_CTRL, 0, 0, "LLDP Filter Control", lldp_filter },
	{ 0, 0, 0, NULL, NULL },
};
