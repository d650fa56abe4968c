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

/* The longest lists that one command takes. */
#define TXQ_ADD_BUF	E810_AQ_MAX_BUF_LEN
#define TXQ_DIS_BUF	256

/** Commands that take lists of groups of queues, filled until a buffer is full. */
struct txq_list {
	uint8_t buf[TXQ_ADD_BUF];
	uint16_t len;
	uint8_t n_groups;
	uint8_t *n_in_group;		/* count of the group at the end */
	uint16_t q[E810_AQ_MAX_BUF_LEN / sizeof(struct e810_aqc_add_txqs_perq)];
	uint16_t n_q;
};

static int
txq_check(struct aether_hw *hw, const struct aether_txq_conf *conf)
{
	int ret = ring_check(hw, "Tx", conf->q, hw->caps.tx_queues, conf->ring_iova,
			     conf->n_desc);

	if (ret != 0)
		return ret;
	if (!hw->vsi_valid)
		return -ENODEV;
	return hw->txq[conf->q].on ? -EBUSY : 0;
}

/* Room for one queue more of the group at the end, or of a new one. NULL: the buffer is full. */
static struct e810_aqc_add_txqs_perq *
add_list_room(struct txq_list *list, uint32_t parent, bool new_group)
{
	struct e810_aqc_add_txqs_perq *perq;
	struct e810_aqc_add_tx_qgrp *group;

	if (list->len + (new_group ? sizeof(*group) : 0) + sizeof(*perq) > sizeof(list->buf) ||
	    (new_group && list->n_groups == UINT8_MAX))
		return NULL;
	if (new_group) {
		group = (void *)(list->buf + list->len);
		memset(group, 0, sizeof(*group));
		group->parent_teid = rte_cpu_to_le_32(parent);
		list->n_in_group = &group->num_txqs;
		list->n_groups++;
		list->len += sizeof(*group);
	}
	perq = (void *)(list->buf + list->len);
	memset(perq, 0, sizeof(*perq));
	list->len += sizeof(*perq);
	(*list->n_in_group)++;
	return perq;
}

static int
add_list_send(struct aether_hw *hw, struct txq_list *list)
{
	struct e810_aqc_add_txqs cmd = {.num_qgrps = list->n_groups};
	struct e810_aq_desc desc;
	uint16_t i;
	int ret = 0;

	if (list->n_groups > 0) {
		aether_aq_fill(&desc, E810_AQC_ADD_TXQS, &cmd);
		ret = aether_adminq_send(hw, &desc, list->buf, list->len, true);
	}
	for (i = 0; i < list->n_q && ret == 0; i++)
		hw->txq[list->q[i]].on = true;
	list->len = 0;
	list->n_groups = 0;
	list->n_q = 0;
	return ret;
}

static int
add_list_queue(struct aether_hw *hw, struct txq_list *list, const struct aether_txq_conf *conf,
	       bool new_group)
{
	const uint32_t parent = aether_sched_queue_parent(hw, conf->q);
	struct e810_aqc_add_txqs_perq *perq;
	int ret;

	perq = add_list_room(list, parent, new_group || list->n_groups == 0);
	if (perq == NULL) {
		ret = add_list_send(hw, list);
		if (ret != 0)
			return ret;
		perq = add_list_room(list, parent, true);
	}
	perq->txq_id = rte_cpu_to_le_16(conf->q);
	txq_context_fill(hw, conf->q, conf->ring_iova, conf->n_desc, perq->txq_ctx);
	perq->info.valid_sections =
		E810_ELEM_VALID_GENERIC | E810_ELEM_VALID_CIR | E810_ELEM_VALID_EIR;
	perq->info.cir_alloc = rte_cpu_to_le_16(E810_SCHED_DFLT_BW_WT);
	perq->info.eir_alloc = rte_cpu_to_le_16(E810_SCHED_DFLT_BW_WT);
	/* The doorbell keeps its value over a stop; the queue starts at 0. */
	aether_write(hw, QTX_COMM_DBELL(conf->q), 0);
	hw->txq[conf->q].parent_teid = parent;
	list->q[list->n_q++] = conf->q;
	return 0;
}

int
aether_txqs_start(struct aether_hw *hw, const struct aether_txq_conf *confs, uint16_t n)
{
	struct txq_list list = {.n_groups = 0};
	uint16_t i, group;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++)
		ret = txq_check(hw, &confs[i]);
	/* The firmware wants the queues of a group in one piece. */
	for (group = 0; group < hw->sched.n_qgroups && ret == 0; group++) {
		bool new_group = true;

		for (i = 0; i < n && ret == 0; i++) {
			if (aether_sched_queue_group(hw, confs[i].q) != group)
				continue;
			ret = add_list_queue(hw, &list, &confs[i], new_group);
			new_group = false;
		}
	}
	if (ret == 0)
		ret = add_list_send(hw, &list);
	return ret;
}

int
aether_txq_start(struct aether_hw *hw, uint16_t q, uint64_t ring_iova, uint16_t n_desc)
{
	const struct aether_txq_conf conf = {.q = q, .n_desc = n_desc, .ring_iova = ring_iova};

	return aether_txqs_start(hw, &conf, 1);
}

/* Stop queues of one group, at most as many as fit into TXQ_DIS_BUF. */
static int
group_stop(struct aether_hw *hw, const uint16_t *qs, uint16_t n)
{
	struct e810_aqc_dis_txqs cmd = {
		.cmd_type = E810_Q_DIS_CMD_NO_FUNC_RESET | E810_Q_DIS_CMD_FLUSH_PIPE,
		.num_entries = 1,
		.vmvf_and_timeout = rte_cpu_to_le_16(Q_DIS_TIMEOUT << E810_Q_DIS_TIMEOUT_S),
	};
	uint8_t buf[TXQ_DIS_BUF] = {0};
	struct e810_aqc_dis_txq_item *item = (void *)buf;
	struct e810_aq_desc desc;
	uint16_t i, len;
	int ret;

	item->parent_teid = rte_cpu_to_le_32(hw->txq[qs[0]].parent_teid);
	item->num_qs = n;
	for (i = 0; i < n; i++)
		item->q_id[i] = rte_cpu_to_le_16(qs[i]);
	aether_aq_fill(&desc, E810_AQC_DIS_TXQS, &cmd);
	/* Lists are multiples of four bytes: with an even number two bytes follow. */
	len = RTE_ALIGN_CEIL(sizeof(*item) + n * sizeof(item->q_id[0]), 4);
	ret = aether_adminq_send(hw, &desc, buf, len, true);
	/* While one does not stop all count as running: they may still read from memory. */
	for (i = 0; i < n && (ret == 0 || ret == -ENODEV); i++)
		hw->txq[qs[i]].on = false;
	return ret;
}

int
aether_txqs_stop(struct aether_hw *hw, const uint16_t *qs, uint16_t n)
{
	uint16_t list[(TXQ_DIS_BUF - sizeof(struct e810_aqc_dis_txq_item)) / sizeof(uint16_t)];
	bool asked[AETHER_MAX_QUEUES] = {false};
	uint16_t i, j, k;
	int ret, first_error = 0;

	for (i = 0; i < n; i++) {
		for (j = i, k = 0; j < n && k < RTE_DIM(list); j++) {
			const uint16_t q = qs[j];

			if (q >= AETHER_MAX_QUEUES || !hw->txq[q].on || asked[q] ||
			    (k > 0 && hw->txq[q].parent_teid != hw->txq[list[0]].parent_teid))
				continue;
			asked[q] = true;
			list[k++] = q;
		}
		if (k == 0)
			break;
		ret = group_stop(hw, list, k);
		first_error = first_error != 0 ? first_error : ret;
	}
	return first_error;
}

int
aether_txq_stop(struct aether_hw *hw, uint16_t q)
{
	return aether_txqs_stop(hw, &q, 1);
}

void
aether_queues_stop_all(struct aether_hw *hw)
{
	uint16_t q, qs[AETHER_MAX_QUEUES];

	for (q = 0; q < AETHER_MAX_QUEUES; q++) {
		qs[q] = q;
		aether_rxq_stop(hw, q);
	}
	aether_txqs_stop(hw, qs, AETHER_MAX_QUEUES);
}
