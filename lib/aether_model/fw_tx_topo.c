/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The transmit topology: nine layers, the default. Packages can bring one of five layers; the
 * scheduler of the model has none, so that setting it is refused.
 */

#include <string.h>

#include "model_fw.h"

static enum e810_aq_err
get_tx_topo(struct fw_cmd *cmd)
{
	memset(&cmd->p.tx_topo, 0, sizeof(cmd->p.tx_topo));
	cmd->resp_len = 0;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
set_tx_topo(struct fw_cmd *cmd)
{
	return (cmd->p.tx_topo.set_flags & E810_TX_TOPO_LOAD_NEW) != 0 ? E810_AQ_RC_EPERM :
		E810_AQ_RC_OK;
}

const struct fw_opcode fw_tx_topo_opcodes[] = {
	{ E810_AQC_SET_TX_TOPO, FW_OPT, 0, "Set Tx Topology", set_tx_topo },
	{ E810_AQC_GET_TX_TOPO, FW_RD, 1, "Get Tx Topology", get_tx_topo },
	{ 0, 0, 0, NULL, NULL },
};
