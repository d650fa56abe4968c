/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * RSS keys and tables. They are kept and read back; what uses them is in model_rss.c.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_flex.h"
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
	if (cmd->opcode == E810_AQC_SET_RSS_KEY) {
		memcpy(vsi->rss_key, cmd->buf, sizeof(vsi->rss_key));
		model_rss_key_changed(cmd->model, vsi - cmd->fw->vsi);
	} else {
		memcpy(cmd->buf, vsi->rss_key, sizeof(vsi->rss_key));
	}
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

/** A table that a command names. */
struct rss_table {
	uint8_t *entry;
	unsigned int max;
	uint16_t *size;			/* as it was last set; NULL: it is always max */
};

static enum e810_aq_err
find_table(struct fw_cmd *cmd, struct rss_table *table)
{
	const uint16_t flags = rte_le_to_cpu_16(cmd->p.rss_lut.flags);
	struct fw_vsi *vsi = rss_vsi(cmd, rte_le_to_cpu_16(cmd->p.rss_lut.vsi_id));
	struct fw_gbl_lut *gbl = &cmd->fw->gbl_lut[(flags & E810_RSS_LUT_GLOBAL_M) >>
						   E810_RSS_LUT_GLOBAL_S];

	RTE_BUILD_BUG_ON(FW_GBL_LUTS <= E810_RSS_LUT_GLOBAL_M >> E810_RSS_LUT_GLOBAL_S);
	if (vsi == NULL)
		return E810_AQ_RC_ENOENT;
	switch (flags & E810_RSS_LUT_TYPE_M) {
	case E810_RSS_LUT_TYPE_VSI:
		*table = (struct rss_table){ vsi->rss_lut, sizeof(vsi->rss_lut), NULL };
		return E810_AQ_RC_OK;
	case E810_RSS_LUT_TYPE_PF:
		*table = (struct rss_table){ cmd->fw->pf_lut, sizeof(cmd->fw->pf_lut),
					     &cmd->fw->pf_lut_size };
		return E810_AQ_RC_OK;
	case E810_RSS_LUT_TYPE_GLOBAL:
		*table = (struct rss_table){ gbl->entry, sizeof(gbl->entry), &gbl->size };
		return E810_AQ_RC_OK;
	default:
		return E810_AQ_RC_EINVAL;
	}
}

static enum e810_aq_err
set_rss_lut(struct fw_cmd *cmd)
{
	struct rss_table table;
	enum e810_aq_err rc = find_table(cmd, &table);
	unsigned int size;

	if (rc != E810_AQ_RC_OK)
		return rc;
	size = table.size == NULL ? table.max : lut_size(rte_le_to_cpu_16(cmd->p.rss_lut.flags));
	if (size == 0 || size > table.max || cmd->buf_len < size)
		return E810_AQ_RC_EINVAL;
	memcpy(table.entry, cmd->buf, size);
	if (table.size != NULL)
		*table.size = size;
	return E810_AQ_RC_OK;
}

/** The table as it was set: the size in the command is not looked at. */
static enum e810_aq_err
get_rss_lut(struct fw_cmd *cmd)
{
	struct rss_table table;
	enum e810_aq_err rc = find_table(cmd, &table);
	unsigned int size;

	if (rc != E810_AQ_RC_OK)
		return rc;
	size = table.size == NULL ? table.max : *table.size;
	size = RTE_MIN(size, (unsigned int)cmd->buf_len);
	memcpy(cmd->buf, table.entry, size);
	cmd->resp_len = size;
	return E810_AQ_RC_OK;
}

void
fw_rss_reset(struct aether_model *model)
{
	struct model_fw *fw = model->fw;
	unsigned int i;

	memset(fw->pf_lut, 0, sizeof(fw->pf_lut));
	memset(fw->gbl_lut, 0, sizeof(fw->gbl_lut));
	fw->pf_lut_size = sizeof(fw->pf_lut);
	for (i = 0; i < FW_GBL_LUTS; i++)
		fw->gbl_lut[i].size = sizeof(fw->gbl_lut[i].entry);
}

const struct fw_opcode fw_rss_opcodes[] = {
	{ E810_AQC_SET_RSS_KEY, FW_RD, E810_RSS_KEY_BYTES, "Set RSS Key", rss_key },
	{ E810_AQC_GET_RSS_KEY, FW_BUF, E810_RSS_KEY_BYTES, "Get RSS Key", rss_key },
	{ E810_AQC_SET_RSS_LUT, FW_RD, 1, "Set RSS LUT", set_rss_lut },
	{ E810_AQC_GET_RSS_LUT, FW_BUF, 1, "Get RSS LUT", get_rss_lut },
	{ 0, 0, 0, NULL, NULL },
};
