/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * LAN transmit queues (datasheet section 10.5.3): leaves of the scheduler.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

/** The enabled leaf of a queue, or -1. */
static int
txq_leaf(const struct fw_sched *sched, unsigned int txq)
{
	unsigned int i;

	for (i = 0; i < FW_SCHED_NODES; i++)
		if (sched->node[i].used && sched->node[i].txq == (int)txq)
			return i;
	return -1;
}

static enum e810_aq_err
add_one(struct fw_cmd *cmd, int parent, struct e810_aqc_add_txqs_perq *perq)
{
	struct fw_sched *sched = &cmd->fw->sched;
	unsigned int txq = rte_le_to_cpu_16(perq->txq_id);
	struct e810_sched_elem elem = perq->info;
	int leaf;

	if (txq >= MODEL_TX_QUEUES)
		return E810_AQ_RC_EINVAL;
	if ((elem.valid_sections & E810_ELEM_VALID_GENERIC) == 0 ||
	    !fw_sched_rl_valid(sched, FW_SCHED_LEAF_LAYER, &elem))
		return E810_AQ_RC_EINVAL;
	if (txq_leaf(sched, txq) >= 0)
		return E810_AQ_RC_EEXIST;
	if (fw_vsi_lookup(cmd->fw, model_ctx_get(perq->txq_ctx, E810_TLAN_CTX_SRC_VSI)) < 0)
		return E810_AQ_RC_EINVAL;
	elem.elem_type = E810_ELEM_TYPE_LEAF;
	leaf = fw_sched_add(sched, parent, &elem);
	if (leaf < 0)
		return E810_AQ_RC_ENOSPC;
	if (model_txq_enable(cmd->model, txq, perq->txq_ctx) != 0) {
		fw_sched_remove(sched, leaf);
		return E810_AQ_RC_EINVAL;
	}
	sched->node[leaf].txq = txq;
	cmd->model->txq[txq].teid = fw_sched_teid(leaf);
	perq->q_teid = rte_cpu_to_le_32(fw_sched_teid(leaf));
	return E810_AQ_RC_OK;
}

/** Whether queues may hang under this node: it is in the layer above the leaves. */
static bool
group_parent_ok(const struct fw_sched *sched, int parent)
{
	return parent >= 0 && sched->node[parent].layer == FW_SCHED_LEAF_LAYER - 1 &&
	       sched->node[parent].txq < 0;
}

static enum e810_aq_err
add_txqs(struct fw_cmd *cmd)
{
	struct e810_aqc_add_tx_qgrp head;
	struct e810_aqc_add_txqs_perq perq;
	unsigned int groups = cmd->p.add_txqs.num_qgrps;
	enum e810_aq_err rc;
	size_t at = 0;
	int parent;

	if (groups == 0)
		return E810_AQ_RC_EINVAL;
	while (groups-- > 0) {
		if (cmd->buf_len - at < sizeof(head))
			return E810_AQ_RC_EINVAL;
		memcpy(&head, cmd->buf + at, sizeof(head));
		at += sizeof(head);
		if (head.num_txqs == 0 || (cmd->buf_len - at) / sizeof(perq) < head.num_txqs)
			return E810_AQ_RC_EINVAL;
		parent = fw_sched_find(&cmd->fw->sched, rte_le_to_cpu_32(head.parent_teid));
		if (!group_parent_ok(&cmd->fw->sched, parent))
			return E810_AQ_RC_EINVAL;
		for (; head.num_txqs > 0; head.num_txqs--, at += sizeof(perq)) {
			memcpy(&perq, cmd->buf + at, sizeof(perq));
			rc = add_one(cmd, parent, &perq);
			if (rc != E810_AQ_RC_OK)
				return rc;
			memcpy(cmd->buf + at, &perq, sizeof(perq));
		}
	}
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
disable_one(struct fw_cmd *cmd, uint32_t parent_teid, unsigned int txq)
{
	struct fw_sched *sched = &cmd->fw->sched;
	int leaf = txq < MODEL_TX_QUEUES ? txq_leaf(sched, txq) : -1;

	if (leaf < 0)
		return E810_AQ_RC_ENOENT;
	if (fw_sched_teid(sched->node[leaf].parent) != parent_teid)
		return E810_AQ_RC_EINVAL;
	model_txq_disable(cmd->model, txq);
	fw_sched_remove(sched, leaf);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
disable_txqs(struct fw_cmd *cmd)
{
	struct e810_aqc_dis_txq_item item;
	unsigned int items = cmd->p.dis_txqs.num_entries;
	enum e810_aq_err rc;
	size_t at = 0, size;
	unsigned int i;
	uint16_t txq;

	/* A VF or VM reset without a list: we have neither. */
	if ((cmd->p.dis_txqs.cmd_type & E810_Q_DIS_CMD_M) != E810_Q_DIS_CMD_NO_FUNC_RESET ||
	    items == 0)
		return E810_AQ_RC_EINVAL;
	while (items-- > 0) {
		if (cmd->buf_len - at < sizeof(item))
			return E810_AQ_RC_EINVAL;
		memcpy(&item, cmd->buf + at, sizeof(item));
		size = sizeof(item) + item.num_qs * sizeof(txq);
		if (item.num_qs == 0 || size > cmd->buf_len - at)
			return E810_AQ_RC_EINVAL;
		for (i = 0; i < item.num_qs; i++) {
			memcpy(&txq, cmd->buf + at + sizeof(item) + i * sizeof(txq), sizeof(txq));
			rc = disable_one(cmd, rte_le_to_cpu_32(item.parent_teid),
					 rte_le_to_cpu_16(txq));
			if (rc != E810_AQ_RC_OK)
				return rc;
		}
		if (item.num_qs % 2 == 0)	/* padded to a multiple of 4 bytes */
			size += sizeof(txq);
		at += RTE_MIN(size, cmd->buf_len - at);
	}
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_txq_opcodes[] = {
	{ E810_AQC_ADD_TXQS, FW_RD, sizeof(struct e810_aqc_add_tx_qgrp), "Add LAN Tx Queues",
	  add_txqs },
	{ E810_AQC_DIS_TXQS, FW_RD, sizeof(struct e810_aqc_dis_txq_item), "Disable LAN Tx Queues",
	  disable_txqs },
	{ 0, 0, 0, NULL, NULL },
};
