/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Registers of BAR 0: what reading and writing them does (datasheet section 13).
 */

#include <inttypes.h>

#include <rte_cycles.h>

#include "model_asked.h"
#include "model_card.h"
#include "model_coverage.h"
#include "model_flex.h"

#define REG_BAD_VALUE		0xDEADBEEF

/** Registers that software cannot change. */
static const uint32_t read_only[] = {
	PF_FUNC_RID, GLGEN_RSTAT, GLNVM_ULD, GLGEN_STAT, GLGEN_CLKSTAT_SRC, GL_PWR_MODE_CTL,
	GL_MNG_FWSM, GLNVM_GENS, GLNVM_FLA, PFINT_OICR, PFLAN_RX_QALLOC, PFLAN_TX_QALLOC,
	GLQF_FD_SIZE, PRTDCB_GENS,
};

/** Registers whose bits software clears by writing ones. */
static const uint32_t write_one_to_clear[] = {
	GL_MDET_RX, GL_MDET_TX_PQM, GL_MDET_TX_TCLAN, GL_MDET_TX_TDPU,
	PF_MDET_RX, PF_MDET_TX_PQM, PF_MDET_TX_TCLAN, PF_MDET_TX_TDPU,
	PFPM_WUS,
};

static bool
reg_in(const uint32_t *offsets, unsigned int n, uint32_t offset)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (offsets[i] == offset)
			return true;
	return false;
}

bool
model_reg_is_read_only(uint32_t offset)
{
	return reg_in(read_only, RTE_DIM(read_only), offset);
}

uint64_t
model_reg_time_ns(const struct aether_model *model)
{
	uint64_t tsc = rte_rdtsc();

	return tsc / model->tsc_hz * 1000000000 +
	       tsc % model->tsc_hz * 1000000000 / model->tsc_hz;
}

/** Index in an array of registers 4 bytes apart, or -1. */
static int
reg_index(uint32_t offset, uint32_t first, unsigned int count)
{
	if (offset < first || offset - first >= 4 * count)
		return -1;
	return (offset - first) / 4;
}

uint32_t
model_reg_read(struct aether_model *model, uint32_t offset)
{
	uint32_t value;

	switch (offset) {
	case PFINT_OICR:
		value = model_reg_get(model, offset);
		model_reg_put(model, offset, 0);
		return value;
	case PFINT_FW_CTL:
	case PFINT_MBX_CTL:
	case PFINT_SB_CTL:
		value = model_reg_get(model, offset);
		model_reg_put(model, offset, value & ~INT_CTL_INTEVENT);
		return value;
	case GLTSYN_TIME_L(0):
	case GLTSYN_TIME_L(1):
		return (uint32_t)model_reg_time_ns(model);
	case GLTSYN_TIME_H(0):
	case GLTSYN_TIME_H(1):
		return (uint32_t)(model_reg_time_ns(model) >> 32);
	case PFGEN_CTRL:
	case GLGEN_RSTAT:
	case GLNVM_ULD:
		/* A host that polls sees time pass without a step in between. */
		model_reset_step(model, rte_rdtsc());
		break;
	default:
		if (model_counter_read(model, offset, &value))
			return value;
		break;
	}
	return model_reg_get(model, offset);
}

/** QRX_CTRL: QENA_STAT follows QENA_REQ once the queue's context has been accepted. */
static void
reg_write_qrx_ctrl(struct aether_model *model, unsigned int q, uint32_t value)
{
	uint32_t show = value & (QRX_CTRL_QENA_REQ | QRX_CTRL_FAST_QDIS | QRX_CTRL_CDE |
				 QRX_CTRL_CDS);

	if ((value & QRX_CTRL_QENA_REQ) != 0) {
		if (!model->rxq[q].enabled && !model->in_reset)
			(void)model_rxq_enable(model, q);
	} else if (model->rxq[q].enabled) {
		model_rxq_disable(model, q);
	}
	if (model->rxq[q].enabled)
		show |= QRX_CTRL_QENA_STAT;
	model_reg_reply(model, QRX_CTRL(q), value, show);
}

static void
reg_write_rtrig(struct aether_model *model, uint32_t value)
{
	model_reg_reply(model, GLGEN_RTRIG, value, 0);
	if ((value & GLGEN_RTRIG_EMPFWR) != 0) {
		model_asked_reset(model, AETHER_MODEL_ASKED_EMPR);
		model_card_reset(model, MODEL_RESET_EMP);
	} else if ((value & GLGEN_RTRIG_GLOBR) != 0) {
		model_asked_reset(model, AETHER_MODEL_ASKED_GLOBR);
		model_card_reset(model, MODEL_RESET_GLOBAL);
	} else if ((value & GLGEN_RTRIG_CORER) != 0) {
		model_asked_reset(model, AETHER_MODEL_ASKED_CORER);
		model_card_reset(model, MODEL_RESET_CORE);
	}
}

void
model_reg_write(struct aether_model *model, uint32_t offset, uint32_t old, uint32_t value)
{
	uint32_t counter;
	int i;

	if (model_reg_is_read_only(offset)) {
		MODEL_LOG(DEBUG, model, "write of 0x%08x to read-only register 0x%06x ignored",
			  value, offset);
		model_reg_reply(model, offset, value, old);
		return;
	}
	if (offset == PFGEN_CTRL) {
		model_reg_reply(model, offset, value, value);
		if ((value & PFGEN_CTRL_PFSWR) != 0) {
			model_asked_reset(model, AETHER_MODEL_ASKED_PFR);
			model_reset_start(model, MODEL_RESET_PF);
		}
	} else if (offset == GLGEN_RTRIG) {
		reg_write_rtrig(model, value);
	} else if ((i = reg_index(offset, QRX_CTRL(0), MODEL_RX_QUEUES)) >= 0) {
		reg_write_qrx_ctrl(model, i, value);
	} else if ((i = reg_index(offset, GLINT_DYN_CTL(0), MODEL_MSIX)) >= 0) {
		model_irq_dyn_ctl_write(model, i, old, value);
	} else if (model_ctlq_is_reg(offset)) {
		model_ctlq_write(model, offset, value);
	} else if (reg_in(write_one_to_clear, RTE_DIM(write_one_to_clear), offset)) {
		model_reg_reply(model, offset, value, old & ~value);
	} else if ((i = reg_index(offset, GLV_REPC(model->vsi_first), MODEL_VSIS)) >= 0) {
		/* Any write clears these two, which drivers add up themselves. */
		model->vsi[i].rx_no_desc = 0;
		model->vsi[i].rx_errors = 0;
	} else if (!model_counter_read(model, offset, &counter)) {
		model_reg_reply(model, offset, value, value);
		if (offset >= MODEL_FLEX_REG_FIRST && offset < MODEL_FLEX_REG_END)
			model_flex_changed(model);
	}
}

/** Whether a register lies at offset; a bad one is logged once. */
static bool
reg_offset_ok(struct aether_model *model, uint32_t offset, const char *what)
{
	if (likely(offset < E810_BAR0_SIZE && (offset & 3) == 0))
		return true;
	if (!model->reg_warned)
		MODEL_LOG(ERR, model, "%s of register 0x%x: wanted a multiple of 4 below 0x%x; "
			  "later ones are not logged", what, offset, E810_BAR0_SIZE);
	model->reg_warned = true;
	return false;
}

/* How long the end of a reset may be overdue, fractions of a second. */
#define RESET_OVERDUE_1_S	10

/*
 * Firmware and resets have processors of their own on a card. Here it is whichever thread gets to
 * run: a host that waits for one of them lends its own, lest a service thread that other programs
 * keep off its CPU for a second (seen with 16 of them on two CPUs) is taken for a dead card.
 */
static void
lend_cpu(struct aether_model *model, uint32_t offset)
{
	if (model->watch != NULL)
		return;
	if ((offset == PF_FW_ATQH || offset == PF_MBX_ATQH || offset == PF_SB_ATQH) &&
	    !model->in_reset)
		model_aq_step(model);
	else if (unlikely(model->in_reset) && rte_rdtsc() >
		 model->reset_done_tsc + model->tsc_hz / RESET_OVERDUE_1_S)
		model_reset_step(model, rte_rdtsc());
}

uint32_t
aether_model_reg_read32(struct aether_model *model, uint32_t offset)
{
	uint32_t value = REG_BAD_VALUE;

	rte_ticketlock_lock(&model->lock);
	model_card_follow(model);
	lend_cpu(model, offset);
	if (reg_offset_ok(model, offset, "read")) {
		model_coverage_register(model, offset, false);
		value = model_reg_read(model, offset);
	}
	rte_ticketlock_unlock(&model->lock);
	return value;
}

void
aether_model_reg_write32(struct aether_model *model, uint32_t offset, uint32_t value)
{
	uint32_t old;

	rte_ticketlock_lock(&model->lock);
	model_card_follow(model);
	if (reg_offset_ok(model, offset, "write")) {
		model_coverage_register(model, offset, true);
		old = model_reg_get(model, offset);
		/* In BAR memory mode a write is a store first, and what it does comes after. */
		if (model->watch != NULL)
			model_reg_set(model, offset, value);
		model_reg_write(model, offset, old, value);
	}
	rte_ticketlock_unlock(&model->lock);
}
