/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The firmware's log: what is logged is chosen a module, and comes as events to who registered.
 * Real firmware logs in a code that Intel decodes; here a line is text, and only links and resets
 * have something to say.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

#define DEFAULT_RESOLUTION	10

void
fw_log_reset(struct aether_model *model, enum model_reset_level level)
{
	struct fw_log *log = &model->fw->log;

	log->registered = false;
	if (level < MODEL_RESET_GLOBAL)
		return;
	log->flags = 0;
	log->resolution = DEFAULT_RESOLUTION;
	memset(log->level, E810_FW_LOG_ERROR, sizeof(log->level));
}

void
fw_log(struct aether_model *model, unsigned int module, unsigned int level, const char *format, ...)
{
	const struct fw_log *log = &model->fw->log;
	const uint64_t now = model_reg_time_ns(model);
	struct e810_aqc_fw_log params = {
		.modules = rte_cpu_to_le_16(1),
		.time_high = rte_cpu_to_le_16((uint16_t)(now >> 32)),
	};
	char line[FW_EVENT_MAX_BUF];
	va_list args;
	int len;

	if (!log->registered || (log->flags & E810_FW_LOG_CFG_AQ) == 0 ||
	    level > log->level[module])
		return;
	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	model_fw_event(model, E810_AQC_FW_LOG_EVENT, &params, line,
		       RTE_MIN((size_t)len, sizeof(line) - 1));
}

static enum e810_aq_err
config(struct fw_cmd *cmd)
{
	const struct e810_fw_log_entry *entry = (const void *)cmd->buf;
	const struct e810_aqc_fw_log *req = &cmd->p.fw_log;
	const unsigned int n = rte_le_to_cpu_16(req->modules);
	const uint16_t resolution = rte_le_to_cpu_16(req->resolution);
	struct fw_log *log = &cmd->fw->log;
	unsigned int i;

	if ((req->flags & E810_FW_LOG_CFG_VALID) == 0 || n > cmd->buf_len / sizeof(*entry) ||
	    resolution == 0 || resolution > E810_FW_LOG_MAX_RESOLUTION)
		return E810_AQ_RC_EINVAL;
	for (i = 0; i < n; i++)
		if (rte_le_to_cpu_16(entry[i].module) >= E810_FW_LOG_MODULES ||
		    entry[i].level > E810_FW_LOG_VERBOSE)
			return E810_AQ_RC_EINVAL;
	for (i = 0; i < n; i++)
		log->level[rte_le_to_cpu_16(entry[i].module)] = entry[i].level;
	log->flags = req->flags & (E810_FW_LOG_CFG_UART | E810_FW_LOG_CFG_AQ);
	log->resolution = resolution;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
enlist(struct fw_cmd *cmd)
{
	cmd->fw->log.registered = (cmd->p.fw_log.flags & E810_FW_LOG_REGISTER) != 0;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
query(struct fw_cmd *cmd)
{
	struct e810_fw_log_entry *entry = (void *)cmd->buf;
	const struct fw_log *log = &cmd->fw->log;
	unsigned int i;

	if ((cmd->p.fw_log.flags & E810_FW_LOG_QUERY) == 0)
		return E810_AQ_RC_EINVAL;
	for (i = 0; i < E810_FW_LOG_MODULES; i++)
		entry[i] = (struct e810_fw_log_entry){
			.module = rte_cpu_to_le_16(i), .level = log->level[i],
		};
	cmd->p.fw_log.flags = log->flags | (log->registered ? E810_FW_LOG_CFG_REGISTERED : 0);
	cmd->p.fw_log.resolution = rte_cpu_to_le_16(log->resolution);
	cmd->p.fw_log.modules = rte_cpu_to_le_16(E810_FW_LOG_MODULES);
	cmd->resp_len = E810_FW_LOG_MODULES * sizeof(*entry);
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_log_opcodes[] = {
	{ E810_AQC_FW_LOG_CONFIG, FW_RD, sizeof(struct e810_fw_log_entry),
	  "Configure Firmware Log", config },
	{ E810_AQC_FW_LOG_REGISTER, 0, 0, "Register for Firmware Log", enlist },
	{ E810_AQC_FW_LOG_QUERY, FW_BUF, E810_FW_LOG_MODULES * sizeof(struct e810_fw_log_entry),
	  "Query Firmware Log", query },
	{ 0, 0, 0, NULL, NULL },
};
