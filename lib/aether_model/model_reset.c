/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Resets (datasheet section 4.1): PFR by PFGEN_CTRL.PFSWR, FLR, CORER, GLOBR and EMPR by
 * GLGEN_RTRIG. Their effect is immediate; the done bits follow after a time such as hardware takes.
 */

#include <string.h>

#include <rte_cycles.h>

#include "model_card.h"
#include "model_coverage.h"
#include "model_flex.h"

#define RESET_PF_US		200
#define RESET_CORE_US		1000
#define RESET_GLOBAL_US		3000	/* of the firmware's processor, too */
#define RESET_COUNT_M		3u	/* counters of GLGEN_RSTAT are 2 bits */
#define GRSTDEL_100MS		10
/* Packet flags in a descriptor: fragment, TCP FIN, SYN, RST, in 6 of 8 bits each. */
#define RXDID_FLAGS		0x0C0B0A07

/** Registers 4 bytes apart that a PF reset clears. */
static const struct {
	uint32_t first;
	unsigned int count;
} pf_ranges[] = {
	{ QRX_CTRL(0), MODEL_RX_QUEUES },
	{ QRX_TAIL(0), MODEL_RX_QUEUES },
	{ QRX_ITR(0), MODEL_RX_QUEUES },
	{ QRXFLXP_CNTXT(0), MODEL_RX_QUEUES },
	{ QTX_COMM_DBELL(0), MODEL_TX_QUEUES },
	{ QTX_COMM_HEAD(0), MODEL_TX_QUEUES },
	{ QINT_RQCTL(0), MODEL_RX_QUEUES },
	{ QINT_TQCTL(0), MODEL_TX_QUEUES },
	{ GLINT_DYN_CTL(0), MODEL_MSIX },
	{ GLINT_ITR(0, 0), MODEL_MSIX },
	{ GLINT_ITR(1, 0), MODEL_MSIX },
	{ GLINT_ITR(2, 0), MODEL_MSIX },
};

static const uint32_t pf_registers[] = {
	PF_FW_ATQBAL, PF_FW_ATQBAH, PF_FW_ATQLEN, PF_FW_ATQH, PF_FW_ATQT,
	PF_FW_ARQBAL, PF_FW_ARQBAH, PF_FW_ARQLEN, PF_FW_ARQH, PF_FW_ARQT,
	PF_MBX_ATQBAL, PF_MBX_ATQBAH, PF_MBX_ATQLEN, PF_MBX_ATQH, PF_MBX_ATQT,
	PF_MBX_ARQBAL, PF_MBX_ARQBAH, PF_MBX_ARQLEN, PF_MBX_ARQH, PF_MBX_ARQT,
	PF_SB_ATQBAL, PF_SB_ATQBAH, PF_SB_ATQLEN, PF_SB_ATQH, PF_SB_ATQT,
	PF_SB_ARQBAL, PF_SB_ARQBAH, PF_SB_ARQLEN, PF_SB_ARQH, PF_SB_ARQT,
	PFINT_OICR_ENA, PFINT_FW_CTL, PFINT_MBX_CTL, PFINT_SB_CTL, PFQF_FD_ENA,
	PF_MDET_RX, PF_MDET_TX_PQM, PF_MDET_TX_TCLAN, PF_MDET_TX_TDPU,
};

static void
reset_pf_registers(struct aether_model *model)
{
	unsigned int i, j;

	for (i = 0; i < RTE_DIM(pf_ranges); i++)
		for (j = 0; j < pf_ranges[i].count; j++)
			model_reg_put(model, pf_ranges[i].first + 4 * j, 0);
	for (i = 0; i < QRX_CONTEXT_WORDS; i++)
		for (j = 0; j < MODEL_RX_QUEUES; j++)
			model_reg_put(model, QRX_CONTEXT(i, j), 0);
	for (i = 0; i < RTE_DIM(pf_registers); i++)
		model_reg_put(model, pf_registers[i], 0);
	/*
	 * Vector 0, enabled: drivers exist that use the cause and never write this register
	 * (net_ice), so this is what the device must come up with.
	 */
	model_reg_put(model, PFINT_OICR_CTL, INT_CTL_CAUSE_ENA);
}

/** Flexible descriptor profiles that are there without a package: a driver asks by their flags. */
static void
reset_descriptor_profiles(struct aether_model *model)
{
	static const uint8_t profiles[] = {
		E810_RXDID_FLEX_NIC, E810_RXDID_FLEX_NIC_2, E810_RXDID_COMMS_OVS,
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(profiles); i++)
		model_reg_put(model, GLFLXP_RXDID_FLAGS(profiles[i], 0), RXDID_FLAGS);
}

/** What belongs to the device and not to the function. */
static void
reset_core_registers(struct aether_model *model)
{
	static const uint32_t zero[] = {
		GLINT_CTL, GLGEN_RTRIG, GL_MDET_RX, GL_MDET_TX_PQM, GL_MDET_TX_TCLAN,
		GL_MDET_TX_TDPU,
	};
	unsigned int i;
	uint32_t reg;

	for (i = 0; i < RTE_DIM(zero); i++)
		model_reg_put(model, zero[i], 0);
	model_reg_put(model, GLLAN_RCTL_0, GLLAN_RCTL_0_PXE_MODE);
	reset_descriptor_profiles(model);
	for (reg = MODEL_FLEX_REG_FIRST; reg < MODEL_FLEX_REG_END; reg += sizeof(uint32_t))
		model_reg_put(model, reg, 0);
}

static uint64_t
reset_duration(const struct aether_model *model, enum model_reset_level level)
{
	switch (level) {
	case MODEL_RESET_CORE:
		return model_us(model, RESET_CORE_US);
	case MODEL_RESET_GLOBAL:
	case MODEL_RESET_EMP:
		return model_us(model, RESET_GLOBAL_US);
	default:
		return model_us(model, RESET_PF_US);
	}
}

/** The device goes out of service: say so before anything is cleared. */
static void
reset_announce(struct aether_model *model, enum model_reset_level level)
{
	uint32_t rstat = model_reg_get(model, GLGEN_RSTAT);
	uint32_t uld = model_reg_get(model, GLNVM_ULD);

	model_irq_oicr(model, PFINT_OICR_GRST);
	rstat &= ~(GLGEN_RSTAT_DEVSTATE_M | GLGEN_RSTAT_RESET_TYPE_M);
	rstat |= 1 | (level - MODEL_RESET_CORE + 1u) << GLGEN_RSTAT_RESET_TYPE_S;
	uld &= ~GLNVM_ULD_CORER_DONE;
	if (level >= MODEL_RESET_GLOBAL)
		uld &= ~GLNVM_ULD_GLOBR_DONE;
	model_reg_put(model, GLGEN_RSTAT, rstat);
	model_reg_put(model, GLNVM_ULD, uld);
}

void
model_reset_start(struct aether_model *model, enum model_reset_level level)
{
	if (model->in_reset && level <= model->reset_level)
		return;
	model_coverage_storage(model);
	model->in_reset = true;
	model->reset_level = level;
	if (level >= MODEL_RESET_CORE) {
		reset_announce(model, level);
	} else {
		model_reg_put(model, PFINT_OICR, 0);
		model_card_function_reset(model);
	}

	model_queues_reset(model);
	model_irq_reset(model);
	reset_pf_registers(model);
	model_fw_reset(model, level);
	if (level >= MODEL_RESET_CORE) {
		reset_core_registers(model);
		memset(&model->port, 0, sizeof(model->port));
		memset(model->vsi, 0, sizeof(model->vsi));
	}
	model_fw_link_update(model);
	model->reset_done_tsc = rte_rdtsc() + reset_duration(model, level);
	if (model->reset_stuck) {
		MODEL_LOG(NOTICE, model, "fault: this reset never finishes");
		model->reset_done_tsc = UINT64_MAX;
	}
}

/** One more reset of the type that begins at bit `shift`. */
static uint32_t
reset_counted(uint32_t rstat, unsigned int shift)
{
	uint32_t count = (rstat >> shift) + 1;

	return (rstat & ~(RESET_COUNT_M << shift)) | (count & RESET_COUNT_M) << shift;
}

void
model_reset_step(struct aether_model *model, uint64_t tsc)
{
	uint32_t rstat;

	if (likely(!model->in_reset) || tsc < model->reset_done_tsc)
		return;
	rstat = model_reg_get(model, GLGEN_RSTAT);
	if (model->reset_level == MODEL_RESET_CORE)
		rstat = reset_counted(rstat, GLGEN_RSTAT_CORERCNT_S);
	else if (model->reset_level == MODEL_RESET_GLOBAL)
		rstat = reset_counted(rstat, GLGEN_RSTAT_GLOBRCNT_S);
	else if (model->reset_level == MODEL_RESET_EMP)
		rstat = reset_counted(rstat, GLGEN_RSTAT_EMPRCNT_S);
	model->in_reset = false;
	model->reset_level = MODEL_RESET_NONE;
	model_reg_put(model, GLGEN_RSTAT, rstat & ~GLGEN_RSTAT_DEVSTATE_M);
	model_reg_put(model, GLNVM_ULD, GLNVM_ULD_DONE_M | GLNVM_ULD_PE_DONE);
	model_reg_put(model, PFGEN_CTRL, model_reg_get(model, PFGEN_CTRL) & ~PFGEN_CTRL_PFSWR);
	model_fw_link_update(model);
}

void
model_reset_power_on(struct aether_model *model)
{
	unsigned int log2_kib = 0;

	while ((1024u << log2_kib) < FW_SR_BYTES)
		log2_kib++;
	reset_pf_registers(model);
	reset_core_registers(model);
	model_reg_put(model, PF_FUNC_RID, model->conf.pf_id);
	model_reg_put(model, PFGEN_CTRL, 0);
	model_reg_put(model, PFINT_OICR, 0);
	model_reg_put(model, GLGEN_RSTCTL, GRSTDEL_100MS);
	model_reg_put(model, GLGEN_RSTAT, 0);
	model_reg_put(model, GLNVM_ULD, GLNVM_ULD_DONE_M | GLNVM_ULD_PE_DONE);
	model_reg_put(model, GLNVM_GENS, GLNVM_GENS_NVM_PRES | log2_kib << GLNVM_GENS_SR_SIZE_S);
	model_reg_put(model, GLNVM_FLA, GLNVM_FLA_LOCKED);
	model_reg_put(model, GL_MNG_FWSM, 0);
	/* Bandwidth class: 0 200G, 1 100G, 2 50G, 3 25G. Up to 2 the ITR counts in 2 us. */
	model_reg_put(model, GL_PWR_MODE_CTL, 1u << GL_PWR_MODE_CTL_CAR_MAX_BW_S);
	model_reg_put(model, GLGEN_CLKSTAT_SRC, 2u << GLGEN_CLKSTAT_SRC_PSM_CLK_SRC_S);
	model_reg_put(model, PFLAN_RX_QALLOC, PFLAN_QALLOC_VALID |
		      (MODEL_RX_QUEUES - 1) << PFLAN_QALLOC_LASTQ_S);
	model_reg_put(model, PFLAN_TX_QALLOC, PFLAN_QALLOC_VALID |
		      (MODEL_TX_QUEUES - 1) << PFLAN_QALLOC_LASTQ_S);
	model_reg_put(model, PRTDCB_GENS, 7);	/* DCBX disabled */
	model_reg_put(model, GLQF_FD_SIZE,
		      MODEL_FD_SHARED << GLQF_FD_SIZE_BSIZE_S | MODEL_FD_GUARANTEED);
}
