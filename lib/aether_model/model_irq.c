/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Interrupts: causes, moderation, vectors as eventfds (datasheet section 9.1).
 *
 * A cause is latched for its vector and stays so until the vector is raised: while INTENA is
 * clear, while the ITR that the cause names has not expired, and while the rate limit of the
 * vector (INTRL) holds. Raising a vector clears INTENA (unless GLINT_CTL says otherwise), so the
 * host gets one interrupt until it enables it again.
 */

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "model_fw.h"

#define ITR_INDEXES		3	/* 0-2; 3 means no moderation */
#define ITR_UNIT_US		2	/* granularity above 25 Gb/s */
#define RATE_UNIT_US		4	/* the same of GLINT_RATE */

/** How long after the vector was last raised it may be raised for these causes, a bit an ITR. */
static uint64_t
irq_interval(const struct aether_model *model, unsigned int vector, unsigned int causes)
{
	uint32_t rate = model_reg_get(model, GLINT_RATE(vector));
	uint32_t us = UINT32_MAX, itr;
	unsigned int i;

	if ((causes & 1u << ITR_INDEXES) != 0)
		us = 0;
	for (i = 0; i < ITR_INDEXES; i++) {
		if ((causes & 1u << i) == 0)
			continue;
		itr = model_reg_get(model, GLINT_ITR(i, vector)) & GLINT_ITR_INTERVAL_M;
		us = RTE_MIN(us, itr * ITR_UNIT_US);
	}
	if ((rate & GLINT_RATE_INTRL_ENA) != 0)
		us = RTE_MAX(us, (rate & GLINT_RATE_INTERVAL_M) * RATE_UNIT_US);
	return us == 0 ? 0 : model_us(model, us);
}

static bool
irq_enabled(const struct aether_model *model, unsigned int vector)
{
	return (model_reg_get(model, GLINT_DYN_CTL(vector)) & GLINT_DYN_CTL_INTENA) != 0;
}

/**
 * A full eventfd is readable already: nothing is lost without a write, which would keep a step
 * waiting if the host has made it a blocking one.
 */
static void
irq_signal(struct aether_model *model, unsigned int vector)
{
	struct pollfd poll_fd = { .fd = model->irq_fd[vector], .events = POLLOUT };
	const uint64_t one = 1;

	if (poll_fd.fd < 0 || poll(&poll_fd, 1, 0) != 1 || (poll_fd.revents & POLLOUT) == 0)
		return;
	if (write(poll_fd.fd, &one, sizeof(one)) != sizeof(one) && errno != EAGAIN)
		MODEL_LOG(DEBUG, model, "vector %u: eventfd %d cannot be written", vector,
			  poll_fd.fd);
}

static void
irq_raise(struct aether_model *model, unsigned int vector, uint64_t tsc)
{
	uint32_t ctl = model_reg_get(model, GLINT_DYN_CTL(vector));

	/* In BAR memory mode the host may write this register now; an enable that is lost so is
	 * one that the interrupt raised here answers. */
	if ((model_reg_get(model, GLINT_CTL) & GLINT_CTL_DIS_AUTOMASK) == 0)
		model_reg_put(model, GLINT_DYN_CTL(vector), ctl & ~GLINT_DYN_CTL_INTENA);
	if (vector == (model_reg_get(model, PFINT_OICR_CTL) & INT_CTL_MSIX_INDX_M))
		model_watch_oicr_raised(model);
	model->irq_pending[vector] = 0;
	model->irq_last_tsc[vector] = tsc;
	model->stats.interrupts++;
	irq_signal(model, vector);
}

/** Latch a cause and raise its vector if nothing holds it back. */
static void
irq_cause(struct aether_model *model, unsigned int vector, unsigned int itr, uint64_t tsc)
{
	uint8_t before;

	if (vector >= MODEL_MSIX)
		return;
	before = model->irq_pending[vector];
	model->irq_pending[vector] |= 1u << itr;
	if (!irq_enabled(model, vector))
		return;
	if (tsc - model->irq_last_tsc[vector] >=
	    irq_interval(model, vector, model->irq_pending[vector])) {
		if (before != 0)
			model->irq_n_pending--;
		irq_raise(model, vector, tsc);
		return;
	}
	if (before == 0)
		model->irq_n_pending++;
}

void
model_irq_queue(struct aether_model *model, uint32_t cause_reg, uint64_t tsc)
{
	uint32_t ctl = model_reg_get(model, cause_reg);

	if ((ctl & INT_CTL_CAUSE_ENA) == 0)
		return;
	irq_cause(model, ctl & INT_CTL_MSIX_INDX_M,
		  (ctl & INT_CTL_ITR_INDX_M) >> INT_CTL_ITR_INDX_S, tsc);
}

/** A cause register that keeps INTEVENT until it is read: firmware, mailbox. */
static void
irq_other(struct aether_model *model, uint32_t cause_reg)
{
	uint32_t ctl = model_reg_get(model, cause_reg);

	if ((ctl & INT_CTL_CAUSE_ENA) == 0)
		return;
	if (cause_reg != PFINT_OICR_CTL)
		model_reg_put(model, cause_reg, ctl | INT_CTL_INTEVENT);
	irq_cause(model, ctl & INT_CTL_MSIX_INDX_M,
		  (ctl & INT_CTL_ITR_INDX_M) >> INT_CTL_ITR_INDX_S, rte_rdtsc());
}

void
model_irq_oicr(struct aether_model *model, uint32_t bits)
{
	uint32_t ena = model_reg_get(model, PFINT_OICR_ENA);
	uint32_t cause = model_reg_get(model, PFINT_OICR) | bits;

	if ((bits & ena) != 0)
		cause |= PFINT_OICR_INTEVENT;
	model_watch_oicr_again(model, bits);
	model_reg_put(model, PFINT_OICR, cause);
	if ((bits & ena) != 0)
		irq_other(model, PFINT_OICR_CTL);
}

void
model_irq_ctlq(struct aether_model *model, uint32_t cause_reg)
{
	irq_other(model, cause_reg);
}

void
model_irq_step(struct aether_model *model, uint64_t tsc)
{
	unsigned int vector, left = 0;

	if (likely(model->irq_n_pending == 0))
		return;
	for (vector = 0; vector < MODEL_MSIX; vector++) {
		if (model->irq_pending[vector] == 0 || !irq_enabled(model, vector))
			continue;
		if (tsc - model->irq_last_tsc[vector] <
		    irq_interval(model, vector, model->irq_pending[vector])) {
			left++;
			continue;
		}
		irq_raise(model, vector, tsc);
	}
	/* Counted anew: in BAR memory mode a host writes INTENA at times when nobody looks, and a
	 * count that went wrong then would keep the service thread from its sleep for ever. */
	model->irq_n_pending = left;
}

/**
 * GLINT_DYN_CTL: INTENA is written unless INTENA_MSK is set; CLEARPBA and SWINT_TRIG clear
 * themselves; a software interrupt of the vector of other causes shows there. ITR_INDX other than
 * 3 has its interval set, to 0 too. A cause that came while INTENA was clear is not lost by
 * CLEARPBA, which only concerns the MSI-X pending bits: it is raised when the vector is enabled.
 */
void
model_irq_dyn_ctl_write(struct aether_model *model, unsigned int vector, uint32_t old,
			uint32_t value)
{
	uint32_t reg = GLINT_DYN_CTL(vector);
	uint32_t itr = (value & GLINT_DYN_CTL_ITR_INDX_M) >> GLINT_DYN_CTL_ITR_INDX_S;
	uint32_t keep = value & ~(GLINT_DYN_CTL_CLEARPBA | GLINT_DYN_CTL_SWINT_TRIG |
				  GLINT_DYN_CTL_INTENA_MSK);
	bool is_oicr = vector == (model_reg_get(model, PFINT_OICR_CTL) & INT_CTL_MSIX_INDX_M);
	bool was_enabled = (old & GLINT_DYN_CTL_INTENA) != 0;
	bool enabled;

	if ((value & GLINT_DYN_CTL_INTENA_MSK) != 0)
		keep = (keep & ~GLINT_DYN_CTL_INTENA) | (old & GLINT_DYN_CTL_INTENA);
	model_reg_reply(model, reg, value, keep);
	if (itr < ITR_INDEXES)
		model_reg_set(model, GLINT_ITR(itr, vector),
			      (value & GLINT_DYN_CTL_INTERVAL_M) >> GLINT_DYN_CTL_INTERVAL_S);

	enabled = (keep & GLINT_DYN_CTL_INTENA) != 0;
	if (enabled && is_oicr)
		model_watch_oicr_read(model);
	if (model->irq_pending[vector] != 0 && enabled != was_enabled)
		model->irq_n_pending += enabled ? 1 : -1;
	if ((value & GLINT_DYN_CTL_SWINT_TRIG) == 0)
		return;
	if (is_oicr)
		model_reg_put(model, PFINT_OICR, model_reg_get(model, PFINT_OICR) |
			      PFINT_OICR_SWINT);
	irq_cause(model, vector, (value & GLINT_DYN_CTL_SW_ITR_INDX_ENA) != 0 ?
		  (value >> GLINT_DYN_CTL_SW_ITR_INDX_S) & 3 : ITR_INDEXES, rte_rdtsc());
}

void
model_irq_reset(struct aether_model *model)
{
	unsigned int vector;

	for (vector = 0; vector < MODEL_MSIX; vector++) {
		model->irq_pending[vector] = 0;
		model->irq_last_tsc[vector] = 0;
	}
	model->irq_n_pending = 0;
}

int
aether_model_irq_bind(struct aether_model *model, unsigned int vector, int eventfd)
{
	if (vector >= MODEL_MSIX)
		return -EINVAL;
	rte_ticketlock_lock(&model->lock);
	model->irq_fd[vector] = eventfd < 0 ? -1 : eventfd;
	rte_ticketlock_unlock(&model->lock);
	return 0;
}

unsigned int
aether_model_irq_count(const struct aether_model *model)
{
	RTE_SET_USED(model);
	return MODEL_MSIX;
}
