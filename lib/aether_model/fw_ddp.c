/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Dynamic device personalisation: this device has no package and takes none.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

static enum e810_aq_err
get_pkg_info_list(struct fw_cmd *cmd)
{
	memset(cmd->buf, 0, sizeof(uint32_t));	/* count: 0 */
	cmd->resp_len = sizeof(uint32_t);
	return E810_AQ_RC_OK;
}

/**
 * Packages are not modelled: ENOSYS, and not a signature error, so that nobody looks for a fault
 * in the file. A driver goes on in safe mode.
 */
static enum e810_aq_err
refuse_pkg(struct fw_cmd *cmd)
{
	MODEL_LOG(WARNING, cmd->model, "0x%04x: this device takes no DDP package; drivers have to "
		  "run in safe mode", cmd->opcode);
	return E810_AQ_RC_ENOSYS;
}

const struct fw_opcode fw_ddp_opcodes[] = {
	{ E810_AQC_DOWNLOAD_PKG, FW_RD, 1, "Download Package", refuse_pkg },
	{ E810_AQC_UPLOAD_SECTION, FW_RD, 1, "Upload Section", refuse_pkg },
	{ E810_AQC_UPDATE_PKG, FW_RD, 1, "Update Package", refuse_pkg },
	{ E810_AQC_GET_PKG_INFO_LIST, FW_BUF, sizeof(uint32_t), "Get Package Info List",
	  get_pkg_info_list },
	{ 0, 0, 0, NULL, NULL },
};
