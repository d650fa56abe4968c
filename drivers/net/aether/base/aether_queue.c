/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_ctx.h"
#include "aether_internal.h"

#define QUEUE_US		(10 * 1000)	/* 10 us are enough, says section 10.4.3 */
#define QUEUE_POLL_US		10
#define RXDID_PRIO		3	/* over the profile that the parser would pick (1) */
#define LRXQTHRESH		1	/* 64 descriptors left: write back at once */
#define Q_DIS_TIMEOUT		5	/* 500 us, then the pipe is flushed */

static int
ring_check(struct aether_hw *hw, const char *kind, uint16_t q, uint16_t n_queues,
	   uint64_t iova, uint16_t n_desc)
{
	if (q >= n_queues) {
		AETHER_LOG(ERR, hw, "%s queue %u: there are %u", kind, q, n_queues);
		return -EINVAL;
	}
	if (iova == 0 || iova % E810_RLAN_BASE_UNIT != 0) {
		AETHER_LOG(ERR, hw, "%s queue %u: ring at 0x%" PRIx64 ", must be a multiple of %u",
			   kind, q, iova, E810_RLAN_BASE_UNIT);
		return -EINVAL;
	}
	if (n_desc < E810_RING_MIN || n_desc > E810_RING_MAX || n_desc % E810_RING_MULTIPLE != 0) {
		AETHER_LOG(ERR, hw, "%s queue %u: ring of %u descriptors, must be %u to %u and a "
			   "multiple of %u", kind, q, n_desc, E810_RING_MIN, E810_RING_MAX,
			   E810_RING_MULTIPLE);
		return -EINVAL;
	}
	return 0;
}

static int
rxq_check(struct aether_hw *hw, uint16_t q, const struct aether_rxq_conf *conf)
{
	const unsigned int dbuf = RTE_ALIGN_FLOOR(conf->buf_len, E810_RLAN_DBUF_UNIT);
	const unsigned int longest = E810_RLAN_RXMAX_MAX_CHAIN * dbuf;
	int ret;

	ret = ring_check(hw, "Rx", q, hw->caps.rx_queues, conf->ring_iova, conf->n_desc);
	if (ret != 0)
		return ret;
	if (dbuf == 0 || dbuf / E810_RLAN_DBUF_UNIT > 0x7f) {
		AETHER_LOG(ERR, hw, "Rx queue %u: buffers of %u bytes, must be %u to %u", q,
			   conf->buf_len, E810_RLAN_DBUF_UNIT, 0x7f * E810_RLAN_DBUF_UNIT);
		return -EINVAL;
	}
	if (conf->max_frame < RTE_ETHER_MIN_LEN || conf->max_frame > E810_MAX_FRAME_SIZE ||
	    conf->max_frame > longest) {
		AETHER_LOG(ERR, hw, "Rx queue %u: frames of %u bytes, must be %u to %u (%u buffers "
			   "of %u)", q, conf->max_frame, RTE_ETHER_MIN_LEN,
			   RTE_MIN(longest, (unsigned int)E810_MAX_FRAME_SIZE),
			   E810_RLAN_RXMAX_MAX_CHAIN, dbuf);
		return -EINVAL;
	}
	return 0;
}

static void
rxq_context_fill(const struct aether_rxq_conf *conf, uint8_t ctx[E810_RLAN_CTX_BYTES])
{
	memset(ctx, 0, E810_RLAN_CTX_BYTES);
	aether_ctx_set(ctx, E810_RLAN_CTX_BASE, conf->ring_iova / E810_RLAN_BASE_UNIT);
	aether_ctx_set(ctx, E810_RLAN_CTX_QLEN, conf->n_desc);
	aether_ctx_set(ctx, E810_RLAN_CTX_DBUF, conf->buf_len / E810_RLAN_DBUF_UNIT);
	aether_ctx_set(ctx, E810_RLAN_CTX_DSIZE, conf->desc32);
	aether_ctx_set(ctx, E810_RLAN_CTX_CRCSTRIP, !conf->keep_crc);
	aether_ctx_set(ctx, E810_RLAN_CTX_L2TSEL, 1);
	aether_ctx_set(ctx, E810_RLAN_CTX_RXMAX, conf->max_frame);
	/* Hints that let the root complex put descriptors and data into a cache. */
	aether_ctx_set(ctx, E810_RLAN_CTX_TPHRDESC_ENA, 1);
	aether_ctx_set(ctx, E810_RLAN_CTX_TPHWDESC_ENA, 1);
	aether_ctx_set(ctx, E810_RLAN_CTX_TPHDATA_ENA, 1);
	aether_ctx_set(ctx, E810_RLAN_CTX_TPHHEAD_ENA, 1);
	aether_ctx_set(ctx, E810_RLAN_CTX_LRXQTHRESH, LRXQTHRESH);
	aether_ctx_set(ctx, E810_RLAN_CTX_PREFENA, 1);
}

static void
rxq_context_write(struct aether_hw *hw, uint16_t q, const uint8_t ctx[E810_RLAN_CTX_BYTES])
{
	unsigned int i;

	for (i = 0; i < QRX_CONTEXT_WORDS; i++) {
		rte_le32_t word;

		memcpy(&word, ctx + 4 * i, sizeof(word));
		aether_write(hw, QRX_CONTEXT(i, q), rte_le_to_cpu_32(word));
	}
}

static int
rxq_switch(struct aether_hw *hw, uint16_t q, bool on)
{
	const uint32_t timeout_us =
		hw->timing.queue_us != 0 ? hw->timing.queue_us : QUEUE_US;
	uint32_t ctrl = aether_read(hw, QRX_CTRL(q));
	int ret;

	if (ctrl == AETHER_ALL_ONES)
		return -ENODEV;
	ctrl = on ? ctrl | QRX_CTRL_QENA_REQ : ctrl & ~QRX_CTRL_QENA_REQ;
	aether_write(hw, QRX_CTRL(q), ctrl);
	ret = aether_reg_wait(hw, QRX_CTRL(q), QRX_CTRL_QENA_STAT, on ? QRX_CTRL_QENA_STAT : 0,
			      timeout_us, QUEUE_POLL_US);
	if (ret != 0)
		AETHER_LOG(ERR, hw, "Rx queue %u was not %sabled within %u us (QRX_CTRL 0x%08x): "
			   "reset the port", q, on ? "en" : "dis", timeout_us,
			   aether_read(hw, QRX_CTRL(q)));
	return ret;
}

int
aether_rxq_start(struct aether_hw *hw, uint16_t q, const struct aether_rxq_conf *conf)
{
	uint8_t ctx[E810_RLAN_CTX_BYTES];
	int ret;

	ret = rxq_check(hw, q, conf);
	if (ret != 0)
		return ret;
	/* Section 10.4.3: descriptor profile and context while the queue is off, then the tail,
	 * then the enable. */
	aether_write(hw, QRXFLXP_CNTXT(q), (conf->rxdid & QRXFLXP_CNTXT_RXDID_IDX_M) |
					   RXDID_PRIO << QRXFLXP_CNTXT_RXDID_PRIO_S);
	rxq_context_fill(conf, ctx);
	rxq_context_write(hw, q, ctx);
	aether_write(hw, QRX_TAIL(q), 0);
	hw->rxq_on[q] = true;
	ret = rxq_switch(hw, q, true);
	/* A queue that did not come up in time may still: ask for it back. */
	if (ret != 0)
		aether_rxq_stop(hw, q);
	return ret;
}

int
aether_rxq_stop(struct aether_hw *hw, uint16_t q)
{
	static const uint8_t empty[E810_RLAN_CTX_BYTES];
	int ret;

	if (q >= AETHER_MAX_QUEUES || !hw->rxq_on[q])
		return 0;
	ret = rxq_switch(hw, q, false);
	/* While it does not stop it counts as running: it may still write to memory. */
	if (ret != 0 && ret != -ENODEV)
		return ret;
	if (ret == 0)
		rxq_context_write(hw, q, empty);
	hw->rxq_on[q] = false;
	return ret;
}

static void
txq_context_fill(const struct aether_hw *hw, uint16_t q, uint64_t ring_iova, uint16_t n_desc,
		 uint8_t ctx[E810_TLAN_CTX_BYTES])
{
	memset(ctx, 0, E810_TLAN_CTX_BYTES);
	aether_ctx_set(ctx, E810_TLAN_CTX_BASE, ring_iova / E810_RLAN_BASE_UNIT);
	aether_ctx_set(ctx, E810_TLAN_CTX_PORT_NUM, hw->lport);
	aether_ctx_set(ctx, E810_TLAN_CTX_PF_NUM, hw->pf_id);
	aether_ctx_set(ctx, E810_TLAN_CTX_VMVF_TYPE, E810_TLAN_VMVF_TYPE_PF);
	aether_ctx_set(ctx, E810_TLAN_CTX_SRC_VSI, hw->vsi_num);
	aether_ctx_set(ctx, E810_TLAN_CTX_QLEN, n_desc);
	aether_ctx_set(ctx, E810_TLAN_CTX_TSO_ENA, 1);
	aether_ctx_set(ctx, E810_TLAN_CTX_TSO_QNUM, q);
	aether_ctx_set(ctx, E810_TLAN_CTX_LEGACY_INT, 1);
}

int
aether_txq_start(struct aether_hw *hw, uint16_t q, uint64_t ring_iova, uint16_t n_desc)
{
	struct e810_aqc_add_txqs cmd = {.num_qgrps = 1};
	struct {
		struct e810_aqc_add_tx_qgrp group;
		struct e810_aqc_add_txqs_perq txq;
	} buf;
	struct e810_aq_desc desc;
	uint32_t parent;
	int ret;

	ret = ring_check(hw, "Tx", q, hw->caps.tx_queues, ring_iova, n_desc);
	if (ret != 0)
		return ret;
	if (!hw->vsi_valid)
		return -ENODEV;
	parent = aether_sched_queue_parent(hw, q);
	memset(&buf, 0, sizeof(buf));
	buf.group.parent_teid = rte_cpu_to_le_32(parent);
	buf.group.num_txqs = 1;
	buf.txq.txq_id = rte_cpu_to_le_16(q);
	txq_context_fill(hw, q, ring_iova, n_desc, buf.txq.txq_ctx);
	buf.txq.info.valid_sections =
		E810_ELEM_VALID_GENERIC | E810_ELEM_VALID_CIR | E810_ELEM_VALID_EIR;
	buf.txq.info.cir_alloc = rte_cpu_to_le_16(E810_SCHED_DFLT_BW_WT);
	buf.txq.info.eir_alloc = rte_cpu_to_le_16(E810_SCHED_DFLT_BW_WT);

	/* The doorbell keeps its value over a stop; the queue starts at 0. */
	aether_write(hw, QTX_COMM_DBELL(q), 0);
	aether_aq_fill(&desc, E810_AQC_ADD_TXQS, &cmd);
	ret = aether_adminq_send(hw, &desc, &buf, sizeof(buf), true);
	if (ret != 0)
		return ret;
	hw->txq[q].parent_teid = parent;
	hw->txq[q].on = true;
	return 0;
}

int
aether_txq_stop(struct aether_hw *hw, uint16_t q)
{
	struct e810_aqc_dis_txqs cmd = {
		.cmd_type = E810_Q_DIS_CMD_NO_FUNC_RESET | E810_Q_DIS_CMD_FLUSH_PIPE,
		.num_entries = 1,
		.vmvf_and_timeout = rte_cpu_to_le_16(Q_DIS_TIMEOUT << E810_Q_DIS_TIMEOUT_S),
	};
	struct {
		struct e810_aqc_dis_txq_item item;
		rte_le16_t q_id;
	} __rte_packed buf;
	struct e810_aq_desc desc;
	int ret;

	if (q >= AETHER_MAX_QUEUES || !hw->txq[q].on)
		return 0;
	memset(&buf, 0, sizeof(buf));
	buf.item.parent_teid = rte_cpu_to_le_32(hw->txq[q].parent_teid);
	buf.item.num_qs = 1;
	buf.q_id = rte_cpu_to_le_16(q);
	aether_aq_fill(&desc, E810_AQC_DIS_TXQS, &cmd);
	ret = aether_adminq_send(hw, &desc, &buf, sizeof(buf), true);
	/* While it does not stop it counts as running: it may still read from memory. */
	if (ret == 0 || ret == -ENODEV)
		hw->txq[q].on = false;
	return ret;
}

void
aether_queues_stop_all(struct aether_hw *hw)
{
	uint16_t q;

	for (q = 0; q < AETHER_MAX_QUEUES; q++) {
		aether_txq_stop(hw, q);
		aether_rxq_stop(hw, q);
	}
}
