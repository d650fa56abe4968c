/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * BAR memory mode: the host's register writes are stores to shared memory that the step finds by
 * comparing the registers that have side effects with what they showed last.
 *
 * What cannot be exact is in docs/fidelity.md: a write of the value that is there already is not
 * seen, of two writes between two steps only the last is, and a read has no side effect
 * (PFINT_OICR is cleared when the host enables its vector again).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model_coverage.h"
#include "model_flex_priv.h"
#include "model_fw.h"

#define WATCH_SLOW_US		100	/* counters and clocks are refreshed so often */

/**
 * Single registers, in the order in which they are looked at. A tail before its head: whoever
 * rewrites both writes the head first, so an old tail beside a new head is possible here and
 * waits (fw_ctlq.hold_until), a new tail beside an old head is not.
 */
static const uint32_t watched[] = {
	PF_FW_ATQT, PF_FW_ATQH, PF_FW_ATQLEN,
	PF_FW_ARQT, PF_FW_ARQH, PF_FW_ARQLEN,
	PFGEN_CTRL, GLGEN_RTRIG,
	GL_MDET_RX, GL_MDET_TX_PQM, GL_MDET_TX_TCLAN, GL_MDET_TX_TDPU,
	PF_MDET_RX, PF_MDET_TX_PQM, PF_MDET_TX_TCLAN, PF_MDET_TX_TDPU,
};

static const uint32_t restored[] = {
	PF_FUNC_RID, GLGEN_RSTAT, GLNVM_ULD, GLNVM_GENS, GLNVM_FLA, PFINT_OICR, PFLAN_RX_QALLOC,
	PFLAN_TX_QALLOC,
};

int
model_watch_create(struct aether_model *model)
{
	struct model_watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return -ENOMEM;
	/* Zeroed memory of this size is not backed before it is written. */
	watch->shadow = calloc(1, E810_BAR0_SIZE);
	if (watch->shadow == NULL) {
		free(watch);
		return -ENOMEM;
	}
	model->watch = watch;
	return 0;
}

void
model_watch_free(struct aether_model *model)
{
	if (model->watch == NULL)
		return;
	free(model->watch->shadow);
	free(model->watch);
	model->watch = NULL;
}

static void
watch_register(struct aether_model *model, uint32_t offset)
{
	uint32_t *shadow = &model->watch->shadow[offset / 4];
	/* Acquire: what the host stored before this register (rings, other registers) is seen by
	 * the loads that follow. */
	uint32_t value = __atomic_load_n((const uint32_t *)(const void *)(model->bar0 + offset),
					 __ATOMIC_ACQUIRE);
	uint32_t old = *shadow;

	if (likely(value == old))
		return;
	*shadow = value;
	model_coverage_register(model, offset, true);
	model_reg_write(model, offset, old, value);
}

/** Registers 4 bytes apart: one comparison while nothing changes. */
static void
watch_range(struct aether_model *model, uint32_t first, unsigned int count)
{
	unsigned int i;

	if (likely(memcmp(model->bar0 + first, &model->watch->shadow[first / 4], 4 * count) == 0))
		return;
	for (i = 0; i < count; i++)
		watch_register(model, first + 4 * i);
}

static void
watch_slow(struct aether_model *model)
{
	uint64_t ns = model_reg_time_ns(model);
	unsigned int i;

	for (i = 0; i < RTE_DIM(restored); i++)
		model_reg_set(model, restored[i], model->watch->shadow[restored[i] / 4]);
	for (i = 0; i < 2; i++) {
		model_reg_set(model, GLTSYN_TIME_L(i), (uint32_t)ns);
		model_reg_set(model, GLTSYN_TIME_H(i), (uint32_t)(ns >> 32));
	}
	model_counters_publish(model);
	if (model->flex->in_force)
		watch_range(model, MODEL_FLEX_REG_FIRST,
			    (MODEL_FLEX_REG_END - MODEL_FLEX_REG_FIRST) / sizeof(uint32_t));
}

void
model_watch_step(struct aether_model *model, uint64_t tsc)
{
	unsigned int i;

	if (likely(model->watch == NULL))
		return;
	for (i = 0; i < RTE_DIM(watched); i++)
		watch_register(model, watched[i]);
	watch_range(model, QRX_CTRL(0), MODEL_RX_QUEUES);
	watch_range(model, GLINT_DYN_CTL(0), MODEL_MSIX);
	if (tsc >= model->watch->slow_next) {
		model->watch->slow_next = tsc + model_us(model, WATCH_SLOW_US);
		model_coverage_look(model, tsc);
		watch_slow(model);
	}
}

void
model_watch_oicr_raised(struct aether_model *model)
{
	if (model->watch != NULL)
		model->watch->oicr_told = model_reg_get(model, PFINT_OICR);
}

/** Whether the host read the causes before or after this one is not known: it gets it once more. */
void
model_watch_oicr_again(struct aether_model *model, uint32_t bits)
{
	if (model->watch != NULL)
		model->watch->oicr_told &= ~bits;
}

/**
 * The host enables the vector of PFINT_OICR: it has read the causes that were there when the
 * vector was raised. Those that came since stay, and raise it again.
 */
void
model_watch_oicr_read(struct aether_model *model)
{
	struct model_watch *watch = model->watch;
	uint32_t left;

	if (watch == NULL || watch->oicr_told == 0)
		return;
	left = model_reg_get(model, PFINT_OICR) & ~watch->oicr_told;
	watch->oicr_told = 0;
	model_reg_put(model, PFINT_OICR, 0);
	model_reg_put(model, PFINT_FW_CTL,
		      model_reg_get(model, PFINT_FW_CTL) & ~INT_CTL_INTEVENT);
	if (left != 0)
		model_irq_oicr(model, left);
}
