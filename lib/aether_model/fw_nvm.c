/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * NVM commands: reading is real, writing is refused and counted.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

/** Bytes of the flash as it is laid out: erased where no part lies. */
static void
flash_read(const struct fw_nvm *nvm, uint32_t offset, uint32_t len, uint8_t *out)
{
	const struct fw_nvm_part *part;
	uint32_t from, to;
	unsigned int i;

	memset(out, 0xFF, len);
	for (i = 0; i < nvm->n_parts; i++) {
		part = &nvm->part[i];
		from = RTE_MAX(offset, part->offset);
		to = RTE_MIN(offset + len, part->offset + part->len);
		if (from < to)
			memcpy(out + (from - offset), part->data + (from - part->offset),
			       to - from);
	}
}

static uint16_t
sr_word(const struct fw_nvm *nvm, unsigned int at)
{
	uint16_t value;

	memcpy(&value, nvm->sr + 2 * at, sizeof(value));
	return rte_le_to_cpu_16(value);
}

/** Byte offset of a module of the preserved field area, from its length word on. */
static bool
pfa_module_base(const struct fw_nvm *nvm, uint16_t type, uint32_t *base)
{
	const unsigned int first = sr_word(nvm, E810_SR_PFA_PTR);
	const unsigned int end = first + sr_word(nvm, first) - 1;
	unsigned int at;

	for (at = first + 1; at + 1 < end; at += 2u + sr_word(nvm, at + 1)) {
		if (sr_word(nvm, at) == type) {
			*base = 2 * (at + 1);
			return true;
		}
	}
	return false;
}

/** Byte offset of the module that the preserved fields have, or whose pointer is shadow RAM word
 * typeid; false: there is none. */
static bool
module_base(const struct fw_nvm *nvm, uint16_t typeid, uint32_t *base)
{
	uint16_t pointer;

	if (pfa_module_base(nvm, typeid, base))
		return true;
	if (2u * typeid + 1 >= FW_SR_BYTES)
		return false;
	pointer = sr_word(nvm, typeid);
	if (pointer == 0 || pointer == UINT16_MAX)
		return false;
	if ((pointer & E810_SR_PTR_4KB_UNITS) != 0)
		*base = (uint32_t)(pointer & ~E810_SR_PTR_4KB_UNITS) * E810_NVM_SECTOR_SIZE;
	else
		*base = 2u * pointer;
	return true;
}

static enum e810_aq_err
nvm_read(struct fw_cmd *cmd)
{
	const struct e810_aqc_nvm *req = &cmd->p.nvm;
	const struct fw_nvm *nvm = &cmd->fw->nvm;
	uint32_t offset = rte_le_to_cpu_16(req->offset_low) | (uint32_t)req->offset_high << 16;
	uint32_t len = rte_le_to_cpu_16(req->length);
	uint16_t typeid = rte_le_to_cpu_16(req->module_typeid);
	uint32_t base = 0;
	bool flash = (req->cmd_flags & E810_NVM_FLASH_ONLY) != 0;

	if (len == 0 || len > cmd->buf_len)
		return E810_AQ_RC_EINVAL;
	if (typeid != 0) {
		if (!module_base(nvm, typeid, &base))
			return E810_AQ_RC_ENOENT;
		flash = true;
	}
	offset += base;
	if (offset / E810_NVM_SECTOR_SIZE != (offset + len - 1) / E810_NVM_SECTOR_SIZE)
		return E810_AQ_RC_EINVAL;	/* not across sectors */
	if (!flash) {
		if (offset >= FW_SR_BYTES || len > FW_SR_BYTES - offset)
			return E810_AQ_RC_EINVAL;
		memcpy(cmd->buf, nvm->sr + offset, len);
	} else {
		if (offset >= FW_FLASH_BYTES || len > FW_FLASH_BYTES - offset)
			return E810_AQ_RC_EINVAL;
		flash_read(nvm, offset, len, cmd->buf);
	}
	cmd->resp_len = len;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
nvm_write(struct fw_cmd *cmd)
{
	cmd->fw->nvm.writes_refused++;
	MODEL_LOG(ERR, cmd->model, "0x%04x %s refused: the device's NVM is read-only (%" PRIu64
		  " so far)", cmd->opcode, model_fw_opcode_name(cmd->opcode),
		  cmd->fw->nvm.writes_refused);
	return E810_AQ_RC_EPERM;
}

/** Sum over the shadow RAM without the modules that may change in the field. */
static uint16_t
sr_sum(const struct fw_nvm *nvm)
{
	uint16_t sum = 0;
	unsigned int i;

	for (i = 0; i < FW_SR_BYTES / 2; i++)
		sum += sr_word(nvm, i);
	return sum;
}

static enum e810_aq_err
nvm_checksum(struct fw_cmd *cmd)
{
	if ((cmd->p.checksum.flags & E810_NVM_CHECKSUM_VERIFY) == 0)
		return nvm_write(cmd);		/* to recalculate is to write */
	cmd->p.checksum.checksum = rte_cpu_to_le_16(sr_sum(&cmd->fw->nvm));
	return E810_AQ_RC_OK;
}

int
fw_nvm_create(struct aether_model *model)
{
	struct fw_nvm *nvm = &model->fw->nvm;
	uint16_t checksum;

	if (fw_nvm_image(model) != 0)
		return -ENOMEM;
	/* All words together make the base. */
	memset(nvm->sr + 2 * E810_SR_SW_CHECKSUM_WORD, 0, sizeof(checksum));
	checksum = rte_cpu_to_le_16((uint16_t)(E810_SR_CHECKSUM_BASE - sr_sum(nvm)));
	memcpy(nvm->sr + 2 * E810_SR_SW_CHECKSUM_WORD, &checksum, sizeof(checksum));
	return 0;
}

void
fw_nvm_free(struct aether_model *model)
{
	struct fw_nvm *nvm = &model->fw->nvm;
	unsigned int i;

	/* Part 0 is the shadow RAM itself. */
	for (i = 1; i < nvm->n_parts; i++)
		free(nvm->part[i].data);
	free(nvm->sr);
	nvm->n_parts = 0;
	nvm->sr = NULL;
}

const struct fw_opcode fw_nvm_opcodes[] = {
	{ E810_AQC_NVM_READ, FW_BUF, 1, "NVM Read", nvm_read },
	{ E810_AQC_NVM_ERASE, 0, 0, "NVM Erase", nvm_write },
	{ E810_AQC_NVM_WRITE, FW_OPT, 0, "NVM Write", nvm_write },
	{ E810_AQC_NVM_CHECKSUM, 0, 0, "NVM Checksum", nvm_checksum },
	{ E810_AQC_NVM_WRITE_ACTIVATE, 0, 0, "NVM Write Activate", nvm_write },
	{ 0, 0, 0, NULL, NULL },
};
