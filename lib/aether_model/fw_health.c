/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Health reports: what is wrong with the link, told as an event when it begins, and whenever asked.
 * The model has no other ailments. A module's power is no health code: Get Link Status tells it.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

/** The codes that the model reports. */
static const uint16_t codes[] = {
	E810_HEALTH_MODULE_TYPE, E810_HEALTH_MODULE_ABSENT, E810_HEALTH_INVALID_LINK_CFG,
	E810_HEALTH_PARALLEL_FAULT, E810_HEALTH_LINK_RUNTIME,
};

static uint16_t
link_code(const struct fw_link *link)
{
	switch (link->reason) {
	case FW_LINK_NO_MEDIA:
		return E810_HEALTH_MODULE_ABSENT;
	case FW_LINK_MODULE_UNSUPPORTED:
		return E810_HEALTH_MODULE_TYPE;
	case FW_LINK_NO_TYPE:
		return E810_HEALTH_INVALID_LINK_CFG;
	case FW_LINK_FAULT:
		return E810_HEALTH_LINK_RUNTIME;
	case FW_LINK_OTHER_MODULE:
	case FW_LINK_NO_COMMON_TYPE:
	case FW_LINK_NO_COMMON_FEC:
		return E810_HEALTH_PARALLEL_FAULT;
	default:
		return 0;
	}
}

/** The report that stands. @return how many there are */
static uint16_t
fill_report(const struct fw_health *health, struct e810_health_elem *elem)
{
	if (health->code == 0)
		return 0;
	elem->code = rte_cpu_to_le_16(health->code);
	elem->source = rte_cpu_to_le_16(E810_HEALTH_SOURCE_PORT);
	elem->data[0] = rte_cpu_to_le_32(E810_HEALTH_NO_DATA);
	elem->data[1] = rte_cpu_to_le_32(E810_HEALTH_NO_DATA);
	return 1;
}

void
fw_health_link(struct aether_model *model, const struct fw_link *link)
{
	struct fw_health *health = &model->fw->health;
	struct e810_aqc_get_health params = {0};
	struct e810_health_elem elem;
	const uint16_t code = link_code(link);

	if (code == health->condition)
		return;
	health->condition = code;
	health->code = code;
	if (code == 0 || (health->sources & (E810_HEALTH_PF | E810_HEALTH_ALL_PF)) == 0)
		return;
	params.count = rte_cpu_to_le_16(fill_report(health, &elem));
	model_fw_event(model, E810_AQC_GET_HEALTH_STATUS, &params, &elem, sizeof(elem));
}

static enum e810_aq_err
set_config(struct fw_cmd *cmd)
{
	if ((cmd->p.health_cfg.event_source & ~E810_HEALTH_SOURCES_M) != 0)
		return E810_AQ_RC_EINVAL;
	cmd->fw->health.sources = cmd->p.health_cfg.event_source;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
get_supported(struct fw_cmd *cmd)
{
	rte_le16_t *out = (void *)cmd->buf;
	unsigned int i;

	if (cmd->buf_len < sizeof(codes))
		return E810_AQ_RC_ENOMEM;
	for (i = 0; i < RTE_DIM(codes); i++)
		out[i] = rte_cpu_to_le_16(codes[i]);
	cmd->p.health.count = rte_cpu_to_le_16(RTE_DIM(codes));
	cmd->resp_len = sizeof(codes);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
get_status(struct fw_cmd *cmd)
{
	const uint16_t n = fill_report(&cmd->fw->health, (void *)cmd->buf);

	cmd->p.health.count = rte_cpu_to_le_16(n);
	cmd->resp_len = n * sizeof(struct e810_health_elem);
	return E810_AQ_RC_OK;
}

/** Forget what has been reported; it is reported again when it begins anew. */
static enum e810_aq_err
clear_status(struct fw_cmd *cmd)
{
	cmd->fw->health.code = 0;
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_health_opcodes[] = {
	{ E810_AQC_SET_HEALTH_STATUS_CONFIG, 0, 0, "Set Health Status Configuration",
	  set_config },
	{ E810_AQC_GET_SUPPORTED_HEALTH_CODES, FW_BUF, sizeof(codes),
	  "Get Supported Health Status Codes", get_supported },
	{ E810_AQC_GET_HEALTH_STATUS, FW_BUF, sizeof(struct e810_health_elem),
	  "Get Health Status", get_status },
	{ E810_AQC_CLEAR_HEALTH_STATUS, 0, 0, "Clear Health Status", clear_status },
	{ 0, 0, 0, NULL, NULL },
};
