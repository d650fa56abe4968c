/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Admin queue (datasheet section 9.5): rings in host memory, descriptors, buffers, completions
 * and events. What a command does is in the fw_*.c files.
 *
 * The driver is not trusted: each descriptor and buffer is copied before it is looked at, and the
 * handler sees only the copy.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>

#include "model_asked.h"
#include "model_coverage.h"
#include "model_flex.h"
#include "model_fw.h"

#define CTLQ_BASE_ALIGN		64	/* low bits of the base register read 0 */
#define CTLQ_HOLD_US		10000
#define AQ_MAX_PER_STEP		32

static const struct model_ctlq_regs atq_regs = {
	.bal = PF_FW_ATQBAL, .bah = PF_FW_ATQBAH, .len = PF_FW_ATQLEN, .head = PF_FW_ATQH,
	.tail = PF_FW_ATQT,
};

static const struct model_ctlq_regs arq_regs = {
	.bal = PF_FW_ARQBAL, .bah = PF_FW_ARQBAH, .len = PF_FW_ARQLEN, .head = PF_FW_ARQH,
	.tail = PF_FW_ARQT,
};

static const struct model_ctlq_regs mbx_atq_regs = {
	.bal = PF_MBX_ATQBAL, .bah = PF_MBX_ATQBAH, .len = PF_MBX_ATQLEN, .head = PF_MBX_ATQH,
	.tail = PF_MBX_ATQT,
};

static const struct model_ctlq_regs sb_atq_regs = {
	.bal = PF_SB_ATQBAL, .bah = PF_SB_ATQBAH, .len = PF_SB_ATQLEN, .head = PF_SB_ATQH,
	.tail = PF_SB_ATQT,
};

/** The queues as a reset leaves them. */
static const struct fw_ctlq ctlqs[FW_CTLQS] = {
	[FW_ATQ] = { .regs = &atq_regs, .name = "admin transmit", .cause = PFINT_FW_CTL },
	[FW_ARQ] = { .regs = &arq_regs, .name = "admin receive", .cause = PFINT_FW_CTL },
	[FW_MBX_ATQ] = { .regs = &mbx_atq_regs, .name = "mailbox", .cause = PFINT_MBX_CTL },
	[FW_SB_ATQ] = { .regs = &sb_atq_regs, .name = "sideband", .cause = PFINT_SB_CTL },
};

static const struct fw_opcode *const groups[] = {
	fw_generic_opcodes, fw_caps_opcodes, fw_mac_opcodes, fw_res_opcodes, fw_vsi_opcodes,
	fw_recipe_opcodes, fw_switch_opcodes, fw_sched_opcodes, fw_sched_rl_opcodes,
	fw_tx_topo_opcodes, fw_phy_opcodes, fw_board_opcodes, fw_log_opcodes, fw_module_opcodes,
	fw_health_opcodes, fw_nvm_opcodes, fw_lldp_opcodes, fw_rss_opcodes, fw_txq_opcodes,
	fw_ddp_opcodes,
};

/** Opcodes that exist and the firmware of the model does not know, for the log. */
static const struct {
	uint16_t opcode;
	const char *name;
} unmodelled[] = {
	{ 0x0004, "Set PF Context" }, { E810_AQC_GET_EXP_ERR, "Get Expanded AQ Error" },
	{ 0x0260, "Add Mirror Rule" }, { 0x0261, "Delete Mirror Rule" },
	{ 0x0280, "Set Storm Control" }, { 0x0281, "Get Storm Control" },
	{ 0x0301, "PFC Ignore" }, { 0x0419, "Configure Node Attributes" },
	{ 0x06E1, "Get Link Topology Pin" }, { 0x06E2, "Read I2C" }, { 0x06E3, "Write I2C" },
	{ 0x06EC, "Set GPIO" },
	{ 0x06ED, "Get GPIO" }, { 0x0704, "NVM Config Read" }, { 0x0705, "NVM Config Write" },
	{ 0x0709, "NVM Update EMPR" }, { 0x0802, "Send Message to VF" },
	{ E810_AQC_CLEAR_FD_TABLE, "Clear FD Table" },
	{ 0x0C10, "Allocate ACL Table" }, { E810_AQC_MOVE_RECFG_TXQS, "Move LAN Tx Queues" },
	{ 0x0C33, "Add RDMA Tx Queue Set" }, { 0xFF08, "Debug Dump Internal Data" },
};

static const struct fw_opcode *
aq_find(uint16_t opcode)
{
	const struct fw_opcode *op;
	unsigned int i;

	for (i = 0; i < RTE_DIM(groups); i++)
		for (op = groups[i]; op->handler != NULL; op++)
			if (op->opcode == opcode)
				return op;
	return NULL;
}

const char *
model_fw_opcode_name(uint16_t opcode)
{
	const struct fw_opcode *op = aq_find(opcode);
	unsigned int i;

	if (op != NULL)
		return op->name;
	for (i = 0; i < RTE_DIM(unmodelled); i++)
		if (unmodelled[i].opcode == opcode)
			return unmodelled[i].name;
	return "no known command";
}

bool
model_fw_opcode_known(uint16_t opcode)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(unmodelled); i++)
		if (unmodelled[i].opcode == opcode)
			return true;
	return aq_find(opcode) != NULL;
}

bool
model_fw_opcode_get(unsigned int n, uint16_t *opcode, const char **name, bool *modelled)
{
	const struct fw_opcode *op;
	unsigned int i;

	for (i = 0; i < RTE_DIM(groups); i++) {
		for (op = groups[i]; op->handler != NULL; op++) {
			if (n-- != 0)
				continue;
			*opcode = op->opcode;
			*name = op->name;
			*modelled = true;
			return true;
		}
	}
	if (n >= RTE_DIM(unmodelled))
		return false;
	*opcode = unmodelled[n].opcode;
	*name = unmodelled[n].name;
	*modelled = false;
	return true;
}

/* ------------------------------------------------------------------ rings ------------------- */

static uint32_t
ctlq_len(const struct aether_model *model, const struct fw_ctlq *q)
{
	return model_reg_get(model, q->regs->len) & PF_CTLQ_LEN_M;
}

static bool
ctlq_enabled(const struct aether_model *model, const struct fw_ctlq *q)
{
	return (model_reg_get(model, q->regs->len) & PF_CTLQ_LEN_ENABLE) != 0 && !q->stopped;
}

/** Stop a queue and show why in its LEN register, until the host sets it up again. */
static void
ctlq_error(struct aether_model *model, struct fw_ctlq *q, uint32_t bit, const char *why)
{
	MODEL_LOG(ERR, model, "%s queue stopped: %s (base 0x%08x%08x len 0x%08x head %u tail %u)",
		  q->name, why,
		  model_reg_get(model, q->regs->bah), model_reg_get(model, q->regs->bal),
		  model_reg_get(model, q->regs->len), q->head, model_reg_get(model, q->regs->tail));
	q->stopped = true;
	model_reg_put(model, q->regs->len, model_reg_get(model, q->regs->len) | bit);
}

/** Descriptor at index, or NULL: the queue is stopped then. */
static struct e810_aq_desc *
ctlq_desc(struct aether_model *model, struct fw_ctlq *q, unsigned int index)
{
	uint64_t base = (uint64_t)model_reg_get(model, q->regs->bah) << 32 |
			(model_reg_get(model, q->regs->bal) & ~(CTLQ_BASE_ALIGN - 1u));
	struct e810_aq_desc *desc;

	desc = model_dma(model, base + index * sizeof(*desc), sizeof(*desc), true);
	if (desc == NULL) {
		ctlq_error(model, q, PF_CTLQ_LEN_CRIT, "its ring is not in mapped memory");
		model_dma_read_failed(model);
	}
	return desc;
}

static void
ctlq_advance(struct aether_model *model, struct fw_ctlq *q)
{
	q->head = q->head + 1u >= ctlq_len(model, q) ? 0 : q->head + 1;
	if (model->watch != NULL)
		model->watch->shadow[q->regs->head / 4] = q->head;
	/* Orders the descriptor's and buffer's bytes before the head that tells the host to look
	 * at them. */
	__atomic_store_n((uint32_t *)(void *)(model->bar0 + q->regs->head), q->head,
			 __ATOMIC_RELEASE);
}

/** Tail of an enabled queue that may be worked on; head when there is nothing to do. */
static unsigned int
ctlq_tail(struct aether_model *model, struct fw_ctlq *q)
{
	uint32_t len, tail;

	if (!ctlq_enabled(model, q))
		return q->head;
	if (unlikely(q->hold_until != 0)) {
		if (rte_rdtsc() < q->hold_until)
			return q->head;
		q->hold_until = 0;
	}
	len = ctlq_len(model, q);
	/* Pairs with the host's barrier between descriptor and tail: acquire, so that the
	 * descriptor is read after the tail. */
	tail = __atomic_load_n((const uint32_t *)(const void *)(model->bar0 + q->regs->tail),
			       __ATOMIC_ACQUIRE);
	if (likely(tail == q->head))
		return q->head;
	if (tail >= len || q->head >= len) {
		ctlq_error(model, q, PF_CTLQ_LEN_CRIT, "head or tail lies beyond its length");
		return q->head;
	}
	return tail;
}

bool
model_ctlq_is_reg(uint32_t offset)
{
	return (offset >= PF_FW_ATQBAL && offset <= PF_FW_ARQT) ||
	       (offset >= PF_MBX_ATQBAL && offset <= PF_MBX_ARQT) ||
	       (offset >= PF_SB_ATQBAL && offset <= PF_SB_ARQT);
}

void
model_ctlq_write(struct aether_model *model, uint32_t offset, uint32_t value)
{
	struct fw_ctlq *q;
	uint32_t show = value;
	unsigned int i;

	for (i = 0; i < FW_CTLQS; i++) {
		q = &model->fw->ctlq[i];
		if (offset == q->regs->bal) {
			show = value & ~(CTLQ_BASE_ALIGN - 1u);
		} else if (offset == q->regs->head) {
			q->head = value & PF_CTLQ_HEAD_M;
			/* The tail is still the old one: what lies before it is no command. Where
			 * writes are only seen in memory, the tail may have come first. */
			q->hold_until = model->watch == NULL ? UINT64_MAX :
					rte_rdtsc() + model_us(model, CTLQ_HOLD_US);
		} else if (offset == q->regs->tail) {
			q->hold_until = 0;
		} else if (offset == q->regs->len) {
			q->stopped = false;
			q->hold_until = 0;
		}
	}
	model_reg_reply(model, offset, value, show);
}

/* ------------------------------------------------------------------ commands ---------------- */

static enum e810_aq_err
aq_check_buffer(struct aether_model *model, const struct fw_opcode *op, uint16_t flags,
		uint16_t len)
{
	bool buf = (flags & E810_AQ_FLAG_BUF) != 0;

	if (!buf && (op->flags & (FW_BUF | FW_RD)) != 0) {
		MODEL_LOG(INFO, model, "0x%04x %s: no buffer", op->opcode, op->name);
		return E810_AQ_RC_EINVAL;
	}
	if (!buf)
		return E810_AQ_RC_OK;
	if (len > E810_AQ_MAX_BUF_LEN ||
	    (len > E810_AQ_LARGE_BUF && (flags & E810_AQ_FLAG_LB) == 0)) {
		MODEL_LOG(INFO, model, "0x%04x %s: buffer of %u bytes, wanted up to %u, and flag "
			  "LB for more than %u", op->opcode, op->name, len, E810_AQ_MAX_BUF_LEN,
			  E810_AQ_LARGE_BUF);
		return E810_AQ_RC_EINVAL;
	}
	if ((op->flags & FW_RD) != 0 && (flags & E810_AQ_FLAG_RD) == 0) {
		MODEL_LOG(INFO, model, "0x%04x %s: flag RD is missing", op->opcode, op->name);
		return E810_AQ_RC_EINVAL;
	}
	if ((op->flags & (FW_BUF | FW_RD)) != 0 && len < op->min_len) {
		MODEL_LOG(INFO, model, "0x%04x %s: buffer of %u bytes, wanted %u or more",
			  op->opcode, op->name, len, op->min_len);
		return E810_AQ_RC_EINVAL;
	}
	return E810_AQ_RC_OK;
}

/** What the model does not know is the firmware's "not implemented", and is logged once. */
static enum e810_aq_err
aq_unmodelled(struct aether_model *model, uint16_t opcode)
{
	uint64_t bit = UINT64_C(1) << (opcode % 64);
	uint64_t *logged = &model->fw->opcode_logged[opcode / 64];

	model->stats.aq_unmodelled++;
	if ((*logged & bit) == 0)
		MODEL_LOG(WARNING, model, "admin command 0x%04x (%s) is not modelled: answered "
			  "with ENOSYS", opcode, model_fw_opcode_name(opcode));
	*logged |= bit;
	return E810_AQ_RC_ENOSYS;
}

/** Run one command on copies; *host is where its buffer lies, NULL without one. */
static enum e810_aq_err
aq_run(struct fw_cmd *cmd, const struct e810_aq_desc *desc, uint8_t **host)
{
	struct aether_model *model = cmd->model;
	uint16_t flags = rte_le_to_cpu_16(desc->flags);
	uint16_t len = rte_le_to_cpu_16(desc->datalen);
	const struct fw_opcode *op;
	enum e810_aq_err rc;
	uint64_t addr;

	op = aq_find(cmd->opcode);
	if (op == NULL)
		return aq_unmodelled(model, cmd->opcode);
	rc = aq_check_buffer(model, op, flags, len);
	if (rc != E810_AQ_RC_OK)
		return rc;

	if ((flags & E810_AQ_FLAG_BUF) != 0 && len != 0 &&
	    (op->flags & (FW_BUF | FW_RD | FW_OPT)) != 0) {
		addr = (uint64_t)rte_le_to_cpu_32(cmd->p.generic.addr_high) << 32 |
		       rte_le_to_cpu_32(cmd->p.generic.addr_low);
		*host = model_dma(model, addr, len, true);
		if (*host == NULL)
			return E810_AQ_RC_BAD_ADDR;
		cmd->buf_len = cmd->resp_len = len;
		memset(cmd->buf, 0, E810_AQ_MAX_BUF_LEN);
		if ((flags & E810_AQ_FLAG_RD) != 0)
			memcpy(cmd->buf, *host, len);
	}
	return op->handler(cmd);
}

/**
 * What is sent by mailbox is for virtual functions, of which there are none. The sideband queue
 * reaches what the admin queue reaches by the same request, and nothing else.
 */
static enum e810_aq_err
message_answer(struct fw_cmd *cmd, const struct fw_ctlq *q, const struct e810_aq_desc *desc,
	       uint8_t **host)
{
	enum e810_aq_err rc = E810_AQ_RC_ENOSYS;

	if (q == &cmd->fw->ctlq[FW_MBX_ATQ])
		rc = E810_AQ_RC_ENOENT;
	else if (cmd->opcode == E810_AQC_NEIGHBOUR_REQ)
		rc = aq_run(cmd, desc, host);
	model_coverage_answer(cmd->model, q == &cmd->fw->ctlq[FW_MBX_ATQ] ?
			      MODEL_COVERAGE_MAILBOX : MODEL_COVERAGE_SIDEBAND, cmd->opcode, rc);
	return rc;
}

/** The answer to an admin command, or the fault that is injected in place of it. */
static enum e810_aq_err
aq_answer(struct fw_cmd *cmd, const struct e810_aq_desc *desc, uint8_t **host)
{
	struct aether_model *model = cmd->model;
	enum e810_aq_err rc = model_fault_aq(model, cmd->opcode, model->fw->n_commands++);

	model->stats.aq_commands++;
	if (rc != E810_AQ_RC_OK) {
		model->stats.aq_errors++;
		MODEL_LOG(NOTICE, model, "fault: 0x%04x %s answered with %d", cmd->opcode,
			  model_fw_opcode_name(cmd->opcode), rc);
		return rc;
	}
	rc = aq_run(cmd, desc, host);
	if (rc != E810_AQ_RC_OK)
		model->stats.aq_errors++;
	model_coverage_answer(model, MODEL_COVERAGE_COMMAND, cmd->opcode, rc);
	return rc;
}

/** Write the answer into host memory. */
static void
aq_complete(struct fw_cmd *cmd, struct e810_aq_desc *ring, const struct e810_aq_desc *desc,
	    uint8_t *host, enum e810_aq_err rc)
{
	uint16_t flags = rte_le_to_cpu_16(desc->flags) & ~E810_AQ_FLAG_ERR;

	if (host != NULL && (rc == E810_AQ_RC_OK || cmd->answer_buf)) {
		memcpy(host, cmd->buf, RTE_MIN(cmd->resp_len, cmd->buf_len));
		ring->datalen = rte_cpu_to_le_16(RTE_MIN(cmd->resp_len, cmd->buf_len));
	}
	memcpy(ring->params, cmd->p.raw, sizeof(ring->params));
	ring->retval = rte_cpu_to_le_16(rc);
	flags |= E810_AQ_FLAG_DD | E810_AQ_FLAG_CMP;
	if (rc != E810_AQ_RC_OK)
		flags |= E810_AQ_FLAG_ERR;
	/* Orders the answer before the DD bit: a host may poll either this or the head. */
	__atomic_store_n(&ring->flags, rte_cpu_to_le_16(flags), __ATOMIC_RELEASE);
}

/** After an error with FE set, the commands queued behind it are answered EFLUSHED. */
static void
aq_flush(struct aether_model *model, struct fw_ctlq *q, unsigned int tail)
{
	const uint16_t done = E810_AQ_FLAG_DD | E810_AQ_FLAG_CMP | E810_AQ_FLAG_ERR;
	struct e810_aq_desc *ring;

	while (q->head != tail) {
		ring = ctlq_desc(model, q, q->head);
		if (ring == NULL)
			return;
		ring->retval = rte_cpu_to_le_16(E810_AQ_RC_EFLUSHED);
		/* Orders the answer before the DD bit. */
		__atomic_store_n(&ring->flags, ring->flags | rte_cpu_to_le_16(done),
				 __ATOMIC_RELEASE);
		ctlq_advance(model, q);
	}
}

/** Handle the command at the head. @return false when the queue goes no further now */
static bool
aq_command(struct aether_model *model, struct fw_ctlq *q, unsigned int tail)
{
	struct model_fw *fw = model->fw;
	struct fw_cmd cmd = { .model = model, .fw = fw, .buf = fw->buf };
	struct e810_aq_desc *ring = ctlq_desc(model, q, q->head);
	const bool admin = q == &fw->ctlq[FW_ATQ];
	struct e810_aq_desc desc;
	enum e810_aq_err rc;
	uint16_t flags;
	uint8_t *host = NULL;

	if (ring == NULL)
		return false;
	memcpy(&desc, ring, sizeof(desc));
	flags = rte_le_to_cpu_16(desc.flags);
	cmd.opcode = rte_le_to_cpu_16(desc.opcode);
	memcpy(cmd.p.raw, desc.params, sizeof(cmd.p.raw));
	if (admin)
		model_asked_command(model, cmd.opcode, desc.params);
	if (admin && model_fault_aq_timeout(model, cmd.opcode)) {
		MODEL_LOG(NOTICE, model, "fault: 0x%04x %s is never answered", cmd.opcode,
			  model_fw_opcode_name(cmd.opcode));
		q->stopped = true;
		return false;
	}

	rc = admin ? aq_answer(&cmd, &desc, &host) : message_answer(&cmd, q, &desc, &host);
	if (admin)
		model_asked_answer(model, rc);
	MODEL_LOG(DEBUG, model, "%s queue, 0x%04x %s: %d", q->name, cmd.opcode,
		  model_fw_opcode_name(cmd.opcode), rc);
	aq_complete(&cmd, ring, &desc, host, rc);
	ctlq_advance(model, q);
	if ((flags & E810_AQ_FLAG_SI) == 0 ||
	    (rc != E810_AQ_RC_OK && (flags & E810_AQ_FLAG_EI) != 0))
		model_irq_ctlq(model, q->cause);
	if (rc != E810_AQ_RC_OK && (flags & E810_AQ_FLAG_FE) != 0) {
		aq_flush(model, q, tail);
		return false;
	}
	return !cmd.detach;
}

/* ------------------------------------------------------------------ events ------------------ */

void
model_fw_event(struct aether_model *model, uint16_t opcode, const void *params, const void *buf,
	       uint16_t buf_len)
{
	struct model_fw *fw = model->fw;
	struct fw_event *event;

	if (!ctlq_enabled(model, &fw->ctlq[FW_ARQ]))
		return;
	if (fw->n_events == FW_EVENTS) {
		model_reg_put(model, PF_FW_ARQLEN,
			      model_reg_get(model, PF_FW_ARQLEN) | PF_CTLQ_LEN_OVFL);
		return;
	}
	event = &fw->event[(fw->event_first + fw->n_events++) % FW_EVENTS];
	event->opcode = opcode;
	event->buf_len = RTE_MIN(buf_len, sizeof(event->buf));
	memcpy(event->params, params, sizeof(event->params));
	memcpy(event->buf, buf, event->buf_len);
}

/** Put the oldest event into the next descriptor of the receive queue. */
static bool
arq_deliver(struct aether_model *model, const struct fw_event *event)
{
	struct fw_ctlq *q = &model->fw->ctlq[FW_ARQ];
	struct e810_aq_desc *ring = ctlq_desc(model, q, q->head);
	uint16_t flags = E810_AQ_FLAG_DD | E810_AQ_FLAG_CMP;
	uint16_t room, len;
	uint8_t *host;
	uint64_t addr;

	if (ring == NULL)
		return false;
	room = rte_le_to_cpu_16(ring->datalen);
	len = RTE_MIN(room, event->buf_len);
	memcpy(&addr, ring->params + 8, sizeof(addr));
	addr = rte_le_to_cpu_64(addr);
	addr = addr << 32 | addr >> 32;		/* the high half comes first */
	host = len == 0 ? NULL : model_dma(model, addr, len, true);
	if (len < event->buf_len || (len != 0 && host == NULL)) {
		ctlq_error(model, q, PF_CTLQ_LEN_CRIT, "an event has no room in its buffer");
		return false;
	}
	if (host != NULL) {
		memcpy(host, event->buf, len);
		flags |= E810_AQ_FLAG_BUF;
	}
	ring->opcode = rte_cpu_to_le_16(event->opcode);
	ring->datalen = rte_cpu_to_le_16(len);
	ring->retval = 0;
	memcpy(ring->params, event->params, 8);
	/* Orders the event before its DD bit. */
	__atomic_store_n(&ring->flags, rte_cpu_to_le_16(flags), __ATOMIC_RELEASE);
	ctlq_advance(model, q);
	model_coverage_answer(model, MODEL_COVERAGE_EVENT, event->opcode, 0);
	return true;
}

static unsigned int
arq_step(struct aether_model *model)
{
	struct model_fw *fw = model->fw;
	unsigned int n = 0;

	while (fw->n_events > 0 && ctlq_tail(model, &fw->ctlq[FW_ARQ]) != fw->ctlq[FW_ARQ].head) {
		if (!arq_deliver(model, &fw->event[fw->event_first]))
			break;
		fw->event_first = (fw->event_first + 1) % FW_EVENTS;
		fw->n_events--;
		n++;
	}
	if (n > 0)
		model_irq_ctlq(model, PFINT_FW_CTL);
	return n;
}

/** Handle what the host has sent. */
static unsigned int
atq_step(struct aether_model *model, struct fw_ctlq *q)
{
	unsigned int n = 0;
	unsigned int tail;

	for (;;) {
		tail = ctlq_tail(model, q);
		if (likely(tail == q->head) || n == AQ_MAX_PER_STEP)
			break;
		n++;
		if (!aq_command(model, q, tail))
			break;
	}
	return n;
}

unsigned int
model_aq_step(struct aether_model *model)
{
	struct fw_ctlq *ctlq = model->fw->ctlq;
	unsigned int n = atq_step(model, &ctlq[FW_ATQ]) + arq_step(model);

	/* As memory their registers are not watched: what a driver sets up anew is not seen. */
	if (model->watch == NULL)
		n += atq_step(model, &ctlq[FW_MBX_ATQ]) + atq_step(model, &ctlq[FW_SB_ATQ]);
	return n;
}

/* ------------------------------------------------------------------ the firmware as a whole - */

int
model_fw_create(struct aether_model *model)
{
	struct model_fw *fw = calloc(1, sizeof(*fw));

	if (fw == NULL)
		return -ENOMEM;
	model->fw = fw;
	fw->vsi_first = model->vsi_first;
	memcpy(fw->ctlq, ctlqs, sizeof(fw->ctlq));
	fw->buf = malloc(E810_AQ_MAX_BUF_LEN);
	if (fw->buf == NULL || fw_nvm_create(model) != 0) {
		model_fw_free(model);
		return -ENOMEM;
	}
	return 0;
}

void
model_fw_free(struct aether_model *model)
{
	struct model_fw *fw = model->fw;

	if (fw == NULL)
		return;
	fw_nvm_free(model);
	free(fw->buf);
	free(fw);
	model->fw = NULL;
}

void
model_fw_reset(struct aether_model *model, enum model_reset_level level)
{
	struct model_fw *fw = model->fw;

	memcpy(fw->ctlq, ctlqs, sizeof(fw->ctlq));
	fw->n_events = 0;
	(void)model_wire_loopback(model, false);
	memset(fw->laa, 0, sizeof(fw->laa));
	memset(&fw->res, 0, sizeof(fw->res));
	fw_rss_reset(model);
	model_flex_reset(model);
	fw_switch_reset(model);
	fw_vsi_reset(model);
	fw_sched_reset(model);
	fw->phy.lse = false;
	fw->health.sources = 0;
	fw->phy.event_mask = 0;
	fw_log_reset(model, level);
	if (level >= MODEL_RESET_CORE)
		model->max_frame = 0;
	if (level >= MODEL_RESET_GLOBAL) {
		fw->lldp_running = false;
		fw->pfc_mode = 0;
		fw_phy_reset(model);
	}
}
