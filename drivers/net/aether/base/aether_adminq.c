/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <rte_io.h>

#include "aether_internal.h"

/*
 * Section 9.5. Both rings and all buffers live in one zone:
 *   send descriptors | receive descriptors | send buffers | receive buffers
 * Each descriptor slot has its own buffer, so a command that completes late, after we gave up on
 * it, never writes into another one's.
 */
#define RING_BYTES	(AETHER_ADMINQ_LEN * sizeof(struct e810_aq_desc))
#define BUFS_BYTES	((size_t)AETHER_ADMINQ_LEN * E810_AQ_MAX_BUF_LEN)
#define ZONE_ALIGN	4096

#define ADMINQ_US	(1000 * 1000)
#define POLL_US		20
#define LOST_CHECK_US		10000u	/* a reset of the device cuts a command off */

struct ring_regs {
	uint32_t bal, bah, len, head, tail;
};

static const struct ring_regs atq_regs = {
	PF_FW_ATQBAL, PF_FW_ATQBAH, PF_FW_ATQLEN, PF_FW_ATQH, PF_FW_ATQT
};
static const struct ring_regs arq_regs = {
	PF_FW_ARQBAL, PF_FW_ARQBAH, PF_FW_ARQLEN, PF_FW_ARQH, PF_FW_ARQT
};

void
aether_aq_fill(struct e810_aq_desc *desc, uint16_t opcode, const void *params)
{
	memset(desc, 0, sizeof(*desc));
	desc->opcode = rte_cpu_to_le_16(opcode);
	if (params != NULL)
		memcpy(desc->params, params, sizeof(desc->params));
}

void
aether_aq_params(const struct e810_aq_desc *desc, void *params)
{
	memcpy(params, desc->params, sizeof(desc->params));
}

static void
desc_set_buf(struct e810_aq_desc *desc, rte_iova_t iova, uint16_t len)
{
	struct e810_aqc_generic generic;

	memcpy(&generic, desc->params, sizeof(generic));
	generic.addr_high = rte_cpu_to_le_32(iova >> 32);
	generic.addr_low = rte_cpu_to_le_32((uint32_t)iova);
	memcpy(desc->params, &generic, sizeof(generic));
	desc->datalen = rte_cpu_to_le_16(len);
	desc->flags |= rte_cpu_to_le_16(E810_AQ_FLAG_BUF);
	if (len > E810_AQ_LARGE_BUF)
		desc->flags |= rte_cpu_to_le_16(E810_AQ_FLAG_LB);
}

int
aether_adminq_alloc(struct aether_hw *hw)
{
	struct aether_adminq *aq = &hw->aq;
	char name[RTE_MEMZONE_NAMESIZE];
	uint8_t *va;

	/* hw's address is unique among the devices of all processes, names may be too long. */
	snprintf(name, sizeof(name), "aether_aq_%" PRIxPTR, (uintptr_t)hw);
	aq->mz = rte_memzone_reserve_aligned(name, 2 * (RING_BYTES + BUFS_BYTES), SOCKET_ID_ANY,
					     RTE_MEMZONE_IOVA_CONTIG, ZONE_ALIGN);
	if (aq->mz == NULL) {
		AETHER_LOG(ERR, hw, "no %zu KiB of contiguous DMA memory for the admin queue: "
			   "give EAL more memory (-m, --socket-mem)",
			   2 * (RING_BYTES + BUFS_BYTES) / 1024);
		return -ENOMEM;
	}
	va = aq->mz->addr;
	aq->atq = (struct e810_aq_desc *)(void *)va;
	aq->arq = aq->atq + AETHER_ADMINQ_LEN;
	aq->atq_buf = va + 2 * RING_BYTES;
	aq->arq_buf = aq->atq_buf + BUFS_BYTES;
	aq->atq_buf_iova = aq->mz->iova + 2 * RING_BYTES;
	aq->arq_buf_iova = aq->atq_buf_iova + BUFS_BYTES;
	return 0;
}

void
aether_adminq_free(struct aether_hw *hw)
{
	rte_memzone_free(hw->aq.mz);
	memset(&hw->aq, 0, sizeof(hw->aq));
}

static void
arq_post(struct aether_adminq *aq, unsigned int slot)
{
	aether_aq_fill(&aq->arq[slot], 0, NULL);
	desc_set_buf(&aq->arq[slot], aq->arq_buf_iova + (rte_iova_t)slot * E810_AQ_MAX_BUF_LEN,
		     E810_AQ_MAX_BUF_LEN);
}

static int
ring_enable(struct aether_hw *hw, const struct ring_regs *regs, rte_iova_t iova)
{
	aether_write(hw, regs->head, 0);
	aether_write(hw, regs->tail, 0);
	aether_write(hw, regs->len, AETHER_ADMINQ_LEN | PF_CTLQ_LEN_ENABLE);
	aether_write(hw, regs->bal, (uint32_t)iova);
	aether_write(hw, regs->bah, iova >> 32);

	/* What cannot be read back did not arrive: the function is not ours to program. */
	if (aether_read(hw, regs->bal) != (uint32_t)iova) {
		AETHER_LOG(ERR, hw, "admin queue register 0x%08x reads 0x%08x after 0x%08x was "
			   "written: the device is gone, or another driver holds this function",
			   regs->bal, aether_read(hw, regs->bal), (uint32_t)iova);
		return -EIO;
	}
	return 0;
}

static void
ring_disable(struct aether_hw *hw, const struct ring_regs *regs)
{
	aether_write(hw, regs->len, 0);
	aether_write(hw, regs->head, 0);
	aether_write(hw, regs->tail, 0);
	aether_write(hw, regs->bal, 0);
	aether_write(hw, regs->bah, 0);
}

int
aether_adminq_init(struct aether_hw *hw)
{
	struct aether_adminq *aq = &hw->aq;
	unsigned int i;
	int ret;

	memset(aq->mz->addr, 0, aq->mz->len);
	aq->atq_next = 0;
	aq->arq_next = 0;
	for (i = 0; i < AETHER_ADMINQ_LEN; i++)
		arq_post(aq, i);

	ret = ring_enable(hw, &atq_regs, aq->mz->iova);
	if (ret == 0)
		ret = ring_enable(hw, &arq_regs, aq->mz->iova + RING_BYTES);
	if (ret != 0) {
		aether_adminq_fini(hw, false);
		return ret;
	}
	/* Posted descriptors must be in memory before the tail that gives them to the device. */
	rte_io_wmb();
	aether_write(hw, PF_FW_ARQT, AETHER_ADMINQ_LEN - 1);
	aq->alive = true;
	return 0;
}

void
aether_adminq_fini(struct aether_hw *hw, bool unloading)
{
	struct e810_aqc_q_shutdown cmd = {.driver_unloading = unloading};
	struct e810_aq_desc desc;

	if (hw->aq.alive) {
		aether_aq_fill(&desc, E810_AQC_Q_SHUTDOWN, &cmd);
		aether_adminq_send(hw, &desc, NULL, 0, false);
	}
	hw->aq.alive = false;
	ring_disable(hw, &atq_regs);
	ring_disable(hw, &arq_regs);
}

/* The firmware did not answer: say what it says about itself. Later commands fail at once, for
 * the rings' state is not known any more; a reset and aether_adminq_init() bring them back. */
static int
no_answer(struct aether_hw *hw, uint16_t opcode, int ret, uint32_t timeout_us)
{
	const uint32_t atq_len = aether_read(hw, PF_FW_ATQLEN);
	const uint32_t arq_len = aether_read(hw, PF_FW_ARQLEN);

	if (aether_hw_lost(hw)) {
		AETHER_LOG(ERR, hw, "admin command 0x%04x (%s) was cut off by a reset of the "
			   "device: reset the port", opcode, aether_aq_opcode_name(opcode));
		return -EIO;
	}
	hw->aq.alive = false;
	if (ret == -ENODEV) {
		AETHER_LOG(ERR, hw, "admin command 0x%04x (%s): registers read all ones, the "
			   "device is gone from the bus", opcode, aether_aq_opcode_name(opcode));
		return ret;
	}
	AETHER_LOG(ERR, hw, "admin command 0x%04x (%s) was not completed within %u ms%s (ATQLEN "
		   "0x%08x, ARQLEN 0x%08x): close and probe the port again, which resets it",
		   opcode, aether_aq_opcode_name(opcode), timeout_us / 1000,
		   (atq_len | arq_len) & PF_CTLQ_LEN_CRIT ? ", critical firmware error" : "",
		   atq_len, arq_len);
	return ret;
}

/* Wait for the firmware's head to reach our tail, but not for a firmware that has been reset. */
static int
head_wait(struct aether_hw *hw, uint32_t timeout_us)
{
	int ret = -ETIMEDOUT;
	uint32_t slice_us;

	while (ret == -ETIMEDOUT && timeout_us > 0 && !aether_hw_lost(hw)) {
		slice_us = RTE_MIN(timeout_us, LOST_CHECK_US);
		ret = aether_reg_wait(hw, PF_FW_ATQH, PF_CTLQ_HEAD_M, hw->aq.atq_next, slice_us,
				      POLL_US);
		timeout_us -= slice_us;
	}
	return ret;
}

/* Hand one descriptor to the firmware and wait until its head has passed it. */
static int
post_and_wait(struct aether_hw *hw, const struct e810_aq_desc *desc)
{
	struct aether_adminq *aq = &hw->aq;
	const uint32_t timeout_us =
		hw->timing.adminq_us != 0 ? hw->timing.adminq_us : ADMINQ_US;
	int ret;

	aq->atq[aq->atq_next] = *desc;
	aq->atq_next = (aq->atq_next + 1) % AETHER_ADMINQ_LEN;
	/* Descriptor and buffer must be in memory before the tail that shows them to the device. */
	rte_io_wmb();
	aether_write(hw, PF_FW_ATQT, aq->atq_next);

	ret = head_wait(hw, timeout_us);
	if (ret != 0)
		return no_answer(hw, rte_le_to_cpu_16(desc->opcode), ret, timeout_us);
	/* The head was read before the completion that it announces. */
	rte_io_rmb();
	return 0;
}

/* Copy the completion out and judge it. buf keeps what was sent beyond what came back, unless
 * nothing was sent: then the rest is zeroed. */
static int
completion_take(struct aether_hw *hw, unsigned int slot, struct e810_aq_desc *desc, void *buf,
		uint16_t len, bool rd)
{
	const uint16_t opcode = rte_le_to_cpu_16(desc->opcode);
	uint16_t returned;

	*desc = hw->aq.atq[slot];
	returned = rte_le_to_cpu_16(desc->datalen);
	if (!(desc->flags & rte_cpu_to_le_16(E810_AQ_FLAG_DD)) ||
	    rte_le_to_cpu_16(desc->opcode) != opcode || (buf != NULL && returned > len)) {
		AETHER_LOG(ERR, hw, "admin command 0x%04x (%s): damaged completion (flags 0x%04x, "
			   "opcode 0x%04x, %u bytes for a buffer of %u)", opcode,
			   aether_aq_opcode_name(opcode), rte_le_to_cpu_16(desc->flags),
			   rte_le_to_cpu_16(desc->opcode), returned, len);
		return -EIO;
	}
	if (buf != NULL) {
		memcpy(buf, hw->aq.atq_buf + (size_t)slot * E810_AQ_MAX_BUF_LEN, returned);
		if (!rd)
			memset((uint8_t *)buf + returned, 0, len - returned);
	}
	/* The high byte is the firmware's own detail. */
	hw->aq.last_rc = (enum e810_aq_err)(rte_le_to_cpu_16(desc->retval) & 0xff);
	return aether_aq_err_to_errno(hw->aq.last_rc);
}

static int
command_run(struct aether_hw *hw, struct e810_aq_desc *desc, void *buf, uint16_t len, bool rd)
{
	struct aether_adminq *aq = &hw->aq;
	const unsigned int slot = aq->atq_next;
	int ret;

	if ((buf == NULL) != (len == 0) || len > E810_AQ_MAX_BUF_LEN)
		return -EINVAL;
	if (!aq->alive)
		return aether_present(hw) ? -EIO : -ENODEV;
	/* Polled: the vector of the admin queue is for events only. */
	desc->flags |= rte_cpu_to_le_16(E810_AQ_FLAG_SI);
	if (buf != NULL) {
		memcpy(aq->atq_buf + (size_t)slot * E810_AQ_MAX_BUF_LEN, buf, len);
		desc_set_buf(desc, aq->atq_buf_iova + (rte_iova_t)slot * E810_AQ_MAX_BUF_LEN, len);
		if (rd)
			desc->flags |= rte_cpu_to_le_16(E810_AQ_FLAG_RD);
	}
	ret = post_and_wait(hw, desc);
	if (ret != 0)
		return ret;
	return completion_take(hw, slot, desc, buf, len, rd);
}

static void
log_refusal(struct aether_hw *hw, uint32_t level, uint16_t opcode, uint16_t retval)
{
	rte_log(level, aether_base_logtype,
		"net_aether %s: the firmware refused admin command 0x%04x (%s): %s (%u, "
		"detail %u)\n", hw->name, opcode, aether_aq_opcode_name(opcode),
		aether_aq_err_name(hw->aq.last_rc), retval & 0xff, retval >> 8);
}

/** Send a command; a refusal is logged at this level. */
static int
command_send(struct aether_hw *hw, struct e810_aq_desc *desc, void *buf, uint16_t len, bool rd,
	     uint32_t level)
{
	int ret;

	hw->aq.last_rc = E810_AQ_RC_OK;
	ret = command_run(hw, desc, buf, len, rd);
	if (hw->aq.last_rc != E810_AQ_RC_OK)
		log_refusal(hw, level, rte_le_to_cpu_16(desc->opcode),
			    rte_le_to_cpu_16(desc->retval));
	return ret;
}

int
aether_adminq_send(struct aether_hw *hw, struct e810_aq_desc *desc, void *buf, uint16_t len,
		   bool rd)
{
	return command_send(hw, desc, buf, len, rd, RTE_LOG_ERR);
}

int
aether_adminq_try(struct aether_hw *hw, struct e810_aq_desc *desc, void *buf, uint16_t len,
		  bool rd)
{
	return command_send(hw, desc, buf, len, rd, RTE_LOG_DEBUG);
}

int
aether_adminq_simple(struct aether_hw *hw, uint16_t opcode)
{
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, opcode, NULL);
	return aether_adminq_send(hw, &desc, NULL, 0, false);
}

int
aether_adminq_event(struct aether_hw *hw, struct e810_aq_desc *desc, void *buf)
{
	struct aether_adminq *aq = &hw->aq;
	const unsigned int slot = aq->arq_next;
	uint16_t len;
	uint32_t head;

	if (!aq->alive)
		return 0;
	head = aether_read(hw, PF_FW_ARQH);
	if (head == AETHER_ALL_ONES) {
		aq->alive = false;
		return -ENODEV;
	}
	if ((head & PF_CTLQ_HEAD_M) == slot)
		return 0;
	/* The head was read before the event that it announces. */
	rte_io_rmb();

	*desc = aq->arq[slot];
	len = RTE_MIN(rte_le_to_cpu_16(desc->datalen), E810_AQ_MAX_BUF_LEN);
	desc->datalen = rte_cpu_to_le_16(len);
	memcpy(buf, aq->arq_buf + (size_t)slot * E810_AQ_MAX_BUF_LEN, len);

	arq_post(aq, slot);
	aq->arq_next = (slot + 1) % AETHER_ADMINQ_LEN;
	/* The descriptor must be whole again before the tail gives it back. */
	rte_io_wmb();
	aether_write(hw, PF_FW_ARQT, slot);
	return 1;
}
