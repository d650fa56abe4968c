/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/* Interrupts, section 9.1. */

/** GLINT_DYN_CTL's ITR index 3: this write changes no interval. */
#define ITR_NONE		3
/** The shortest interval that still moderates, in units that GLINT_CTL sets by speed. */
#define ITR_SHORTEST		1
#define ITR_UNIT_US		2	/* above 10 Gb/s */

/** Other causes that we want to hear of. Link changes come as admin events. */
#define OICR_CAUSES		(PFINT_OICR_ECC_ERR | PFINT_OICR_MAL_DETECT | PFINT_OICR_GRST | \
				 PFINT_OICR_PCI_EXCEPTION | PFINT_OICR_HMC_ERR | \
				 PFINT_OICR_PE_CRITERR | PFINT_OICR_VFLR)

void
aether_irq0_enable(struct aether_hw *hw)
{
	/* Causes first, vector last: whatever came meanwhile then raises it at once. The register
	 * of causes is not read here, for that would clear what nobody has seen. */
	aether_write(hw, PFINT_OICR_ENA, OICR_CAUSES);
	aether_write(hw, PFINT_OICR_CTL, INT_CTL_CAUSE_ENA);
	aether_write(hw, PFINT_FW_CTL, INT_CTL_CAUSE_ENA);
	aether_write(hw, GLINT_DYN_CTL(0), GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA |
					   ITR_NONE << GLINT_DYN_CTL_ITR_INDX_S);
}

void
aether_irq0_disable(struct aether_hw *hw)
{
	aether_write(hw, GLINT_DYN_CTL(0), ITR_NONE << GLINT_DYN_CTL_ITR_INDX_S);
	aether_write(hw, PFINT_FW_CTL, 0);
	aether_write(hw, PFINT_OICR_CTL, 0);
	aether_write(hw, PFINT_OICR_ENA, 0);
}

uint32_t
aether_irq0_cause(struct aether_hw *hw)
{
	return aether_read(hw, PFINT_OICR);
}

void
aether_rxq_irq_bind(struct aether_hw *hw, uint16_t q, uint16_t vector)
{
	/*
	 * Without this a single packet's descriptor waits for company: up to 16 us with the usual
	 * interval. NO_EXPR writes it back as the interval ends.
	 */
	aether_write(hw, QRX_ITR(q), QRX_ITR_NO_EXPR);
	aether_write(hw, QINT_RQCTL(q), (vector & INT_CTL_MSIX_INDX_M) | INT_CTL_CAUSE_ENA);
}

void
aether_txq_irq_bind(struct aether_hw *hw, uint16_t q, uint16_t vector)
{
	aether_write(hw, QINT_TQCTL(q), (vector & INT_CTL_MSIX_INDX_M) | INT_CTL_CAUSE_ENA);
}

/** The interval of vectors whose queues are polled, in units. */
static uint16_t
poll_interval(const struct aether_hw *hw)
{
	return hw->writeback_given ? hw->writeback_us / ITR_UNIT_US : ITR_SHORTEST;
}

void
aether_vector_poll(struct aether_hw *hw, uint16_t vector)
{
	aether_write(hw, GLINT_ITR(0, vector), poll_interval(hw));
	/* WB_ON_ITR writes back though the vector is off. INTENA_MSK leaves the vector's enable as
	 * it is, which matters when it is vector 0. */
	aether_write(hw, GLINT_DYN_CTL(vector), GLINT_DYN_CTL_WB_ON_ITR |
						GLINT_DYN_CTL_INTENA_MSK |
						ITR_NONE << GLINT_DYN_CTL_ITR_INDX_S);
}

/** The bits of GLINT_DYN_CTL that set the interval of ITR 0, in units of 2 us. */
static uint32_t
itr0_interval(uint16_t units)
{
	return (uint32_t)units << GLINT_DYN_CTL_INTERVAL_S & GLINT_DYN_CTL_INTERVAL_M;
}

void
aether_vector_arm(struct aether_hw *hw, uint16_t vector, uint16_t interval_us)
{
	/* WB_ON_ITR goes: with INTENA the interrupt does the write-back. */
	aether_write(hw, GLINT_DYN_CTL(vector), GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA |
						itr0_interval(interval_us / ITR_UNIT_US));
}

void
aether_vector_disarm(struct aether_hw *hw, uint16_t vector)
{
	aether_write(hw, GLINT_DYN_CTL(vector), GLINT_DYN_CTL_WB_ON_ITR |
						itr0_interval(poll_interval(hw)));
}
