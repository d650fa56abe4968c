/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * RSS keys and tables. They are kept and read back; without a package nothing hashes, and
 * receive always uses the first queue of the VSI.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

static struct fw_vsi *
rss_vsi(struct fw_cmd *cmd, uint16_t field)
{
	int vsi = (field & E810_RSS_VSI_VALID) != 0 ? fw_vsi_lookup(cmd->fw, field) : -1;

	return vsi < 0 ? NULL : &cmd->fw->vsi[vsi];
}

static enum e810_aq_err
rss_key(struct fw_cmd *cmd)
{
	struct fw_vsi *vsi = rss_vsi(cmd, rte_le_to_cpu_16(cmd->p.rss_key.vsi_id));

	if (vsi == NULL)
		return E810_AQ_RC_ENOENT;
	if (cmd->opcode == E810_AQC_SET_RSS_KEY)
		memcpy(vsi->rss_key, cmd->buf, sizeof(vsi->rss_key));
	else
		memcpy(cmd->buf, vsi->rss_key, sizeof(vsi->rss_key));
	cmd->resp_len = sizeof(vsi->rss_key);
	return E810_AQ_RC_OK;
}

/** Entries of a PF table of this size code, 0: no such size. */
static unsigned int
lut_size(uint16_t flags)
{
	static const uint16_t sizes[] = { 128, 512, 2048, 0 };

	return sizes[(flags & E810_RSS_LUT_SIZE_M) >> E810_RSS_LUT_SIZE_S];
}

static enum e810_aq_err
rss_lut(struct fw_cmd *cmd)
{
	uint16_t flags = rte_le_to_cpu_16(cmd->p.rss_lut.flags);
	struct fw_vsi *vsi = rss_vsi(cmd, rte_le_to_cpu_16(cmd->p.rss_lut.vsi_id));
	unsigned int size;
	uint8_t *lut;

	if (vsi == NULL)
		return E810_AQ_RC_ENOENT;
	switch (flags & E810_RSS_LUT_TYPE_M) {
	case E810_RSS_LUT_TYPE_VSI:
		lut = vsi->rss_lut;
		size = sizeof(vsi->rss_lut);
		break;
	case E810_RSS_LUT_TYPE_PF:
		lut = cmd->fw->pf_lut;
		size = lut_size(flags);
		break;
	default:
		return E810_AQ_RC_EINVAL;
	}
	if (size == 0 || cmd->buf_len < size)
		return E810_AQ_RC_EINVAL;
	if (cmd->opcode == E810_AQC_SET_RSS_LUT)
		memcpy(lut, cmd->buf, size);
	else
		memcpy(cmd->buf, lut, size);
	cmd->resp_len = size;
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_rss_opcodes[] = {
	{ E810_AQC_SET_RSS_KEY, FW_RD, E810_RSS_KEY_BYTES, "Set RSS Key", rss_key },
	{ E810_AQC_GET_RSS_KEY, FW_BUF, E810_RSS_KEY_BYTES, "Get RSS Key", rss_key },
	{ E810_AQC_SET_RSS_LUT, FW_RD, 1, "Set RSS LUT", rss_lut },
	{ E810_AQC_GET_RSS_LUT, FW_BUF, 1, "Get RSS LUT", rss_lut },
	{ 0, 0, 0, NULL, NULL },
};
