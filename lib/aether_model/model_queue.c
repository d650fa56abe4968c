/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * LAN queues: contexts (datasheet sections 10.4.3.1 and 10.5.3.1), enable and disable, and what
 * happens to a queue whose driver misbehaves (section 9.1.5).
 *
 * Enable and disable run under the lock that a step holds, so no packet is ever in flight here:
 * what the ring still holds when its queue is disabled stays there untouched.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "model_priv.h"

static_assert(offsetof(struct model_rxq, tlb) <= RTE_CACHE_LINE_SIZE,
	      "what the Rx engine touches for each batch is in one line");
static_assert(offsetof(struct model_txq, tlb) <= RTE_CACHE_LINE_SIZE,
	      "what the Tx engine touches for each batch is in one line");

uint64_t
model_ctx_get(const uint8_t *ctx, unsigned int lsb, unsigned int width)
{
	uint64_t value = 0;
	unsigned int done = 0;

	while (done < width) {
		unsigned int bit = (lsb + done) % 8;
		unsigned int n = RTE_MIN(8 - bit, width - done);
		uint64_t part = (ctx[(lsb + done) / 8] >> bit) & ((1u << n) - 1);

		value |= part << done;
		done += n;
	}
	return value;
}

static void
active_add(uint16_t *active, uint16_t *n, unsigned int q)
{
	active[(*n)++] = q;
}

static void
active_remove(uint16_t *active, uint16_t *n, unsigned int q)
{
	unsigned int i;

	for (i = 0; i < *n; i++) {
		if (active[i] != q)
			continue;
		(*n)--;
		memmove(&active[i], &active[i + 1], (*n - i) * sizeof(*active));
		return;
	}
}

/* ------------------------------------------------------------------ contexts ---------------- */

static int
check_range(struct aether_model *model, const char *queue, unsigned int q, const char *field,
	    uint64_t value, uint64_t min, uint64_t max, unsigned int multiple)
{
	if (value >= min && value <= max && value % multiple == 0)
		return 0;
	MODEL_LOG(ERR, model, "%s queue %u: %s in the context is %"PRIu64", want %"PRIu64" to "
		  "%"PRIu64" in steps of %u; the queue stays disabled",
		  queue, q, field, value, min, max, multiple);
	return -EINVAL;
}

static uint8_t *
map_ring(struct aether_model *model, const char *queue, unsigned int q, uint64_t iova, size_t len)
{
	uint8_t *ring = model_dma(model, iova, len, true);

	if (ring == NULL) {
		MODEL_LOG(ERR, model, "%s queue %u: ring of %zu bytes at 0x%"PRIx64" is not "
			  "mapped writable for the device", queue, q, len, iova);
		model_dma_read_failed(model);
	}
	return ring;
}

/** Check what the context of a receive queue says and take it over. */
static int
rxq_decode(struct aether_model *model, struct model_rxq *rxq, const uint8_t *ctx)
{
	unsigned int q = rxq->index;
	uint64_t qlen = model_ctx_get(ctx, E810_RLAN_CTX_QLEN);
	uint64_t head = model_ctx_get(ctx, E810_RLAN_CTX_HEAD);
	uint64_t dbuf = model_ctx_get(ctx, E810_RLAN_CTX_DBUF) * E810_RLAN_DBUF_UNIT;
	uint64_t rxmax = model_ctx_get(ctx, E810_RLAN_CTX_RXMAX);

	if (check_range(model, "Rx", q, "QLEN", qlen, E810_RING_MIN, E810_RING_MAX,
			E810_RING_MULTIPLE) != 0 ||
	    check_range(model, "Rx", q, "HEAD", head, 0, qlen - 1, 1) != 0 ||
	    /* A queue that nothing can be received in starts all the same: Linux 7.3 has such a
	     * one for its control VSI. Every frame is too long for it. */
	    check_range(model, "Rx", q, "DBUF (bytes)", dbuf, 0, UINT16_MAX,
			E810_RLAN_DBUF_UNIT) != 0 ||
	    check_range(model, "Rx", q, "RXMAX", rxmax, 0, MODEL_MAX_FRAME, 1) != 0)
		return -EINVAL;
	if (model_ctx_get(ctx, E810_RLAN_CTX_DTYPE) != 0) {
		MODEL_LOG(ERR, model, "Rx queue %u: DTYPE %"PRIu64" (header split) is not "
			  "modelled, want 0; the queue stays disabled", q,
			  model_ctx_get(ctx, E810_RLAN_CTX_DTYPE));
		return -EINVAL;
	}
	if (model_ctx_get(ctx, E810_RLAN_CTX_PREFENA) != 1)
		MODEL_LOG(WARNING, model, "Rx queue %u: PREFENA is 0 in the context; hardware "
			  "requires 1 and may stall without. The model goes on", q);
	rxq->qlen = qlen;
	rxq->head = head;
	rxq->dbuf = dbuf;
	rxq->rxmax = RTE_MIN(rxmax, dbuf * E810_RLAN_RXMAX_MAX_CHAIN);
	rxq->dsize = model_ctx_get(ctx, E810_RLAN_CTX_DSIZE) ? 32 : 16;
	rxq->crcstrip = model_ctx_get(ctx, E810_RLAN_CTX_CRCSTRIP);
	rxq->l2tsel = model_ctx_get(ctx, E810_RLAN_CTX_L2TSEL);
	rxq->ring_iova = model_ctx_get(ctx, E810_RLAN_CTX_BASE) * E810_RLAN_BASE_UNIT;
	rxq->ring = map_ring(model, "Rx", q, rxq->ring_iova, (size_t)rxq->qlen * rxq->dsize);
	return rxq->ring == NULL ? -EINVAL : 0;
}

int
model_rxq_enable(struct aether_model *model, unsigned int q)
{
	uint8_t ctx[E810_RLAN_CTX_BYTES];
	struct model_rxq *rxq;
	unsigned int i;

	if (q >= MODEL_RX_QUEUES) {
		MODEL_LOG(ERR, model, "Rx queue %u does not exist, the function has %u",
			  q, MODEL_RX_QUEUES);
		return -EINVAL;
	}
	model_rxq_disable(model, q);
	for (i = 0; i < E810_RLAN_CTX_BYTES / 4; i++) {
		uint32_t word = rte_cpu_to_le_32(model_reg_get(model, QRX_CONTEXT(i, q)));

		memcpy(ctx + 4 * i, &word, sizeof(word));
	}
	rxq = &model->rxq[q];
	memset(rxq, 0, sizeof(*rxq));
	rxq->index = q;
	if (rxq_decode(model, rxq, ctx) != 0)
		return -EINVAL;
	rxq->rxdid = model_reg_get(model, QRXFLXP_CNTXT(q)) & QRXFLXP_CNTXT_RXDID_IDX_M;
	rxq->tail = rxq->head;
	rxq->tail_raw = rxq->head;
	rxq->tail_reg = (volatile uint32_t *)(void *)(model->bar0 + QRX_TAIL(q));
	rxq->enabled = true;
	active_add(model->rx_active, &model->n_rx_active, q);
	model_reg_put(model, QRX_CTRL(q), QRX_CTRL_QENA_REQ | QRX_CTRL_QENA_STAT);
	return 0;
}

/** Take the queue from the engine; QENA_STAT is the caller's. */
static void
rxq_stop(struct aether_model *model, struct model_rxq *rxq)
{
	if (!rxq->enabled)
		return;
	rxq->enabled = false;
	active_remove(model->rx_active, &model->n_rx_active, rxq->index);
}

void
model_rxq_disable(struct aether_model *model, unsigned int q)
{
	if (q >= MODEL_RX_QUEUES)
		return;
	rxq_stop(model, &model->rxq[q]);
	model_reg_put(model, QRX_CTRL(q),
		      model_reg_get(model, QRX_CTRL(q)) & ~QRX_CTRL_QENA_STAT);
}

int
model_txq_enable(struct aether_model *model, unsigned int q,
		 const uint8_t ctx[E810_TLAN_CTX_BYTES])
{
	uint64_t qlen = model_ctx_get(ctx, E810_TLAN_CTX_QLEN);
	uint64_t vsi = model_ctx_get(ctx, E810_TLAN_CTX_SRC_VSI);
	struct model_txq *txq;

	if (q >= MODEL_TX_QUEUES) {
		MODEL_LOG(ERR, model, "Tx queue %u does not exist, the function has %u",
			  q, MODEL_TX_QUEUES);
		return -EINVAL;
	}
	if (check_range(model, "Tx", q, "QLEN", qlen, E810_RING_MIN, E810_RING_MAX,
			E810_RING_MULTIPLE) != 0 ||
	    check_range(model, "Tx", q, "SRC_VSI", vsi, model->vsi_first,
			model->vsi_first + MODEL_VSIS - 1, 1) != 0)
		return -EINVAL;
	model_txq_disable(model, q);
	txq = &model->txq[q];
	memset(txq, 0, sizeof(*txq));
	txq->index = q;
	txq->qlen = qlen;
	txq->vsi = vsi - model->vsi_first;
	txq->tso = model_ctx_get(ctx, E810_TLAN_CTX_TSO_ENA);
	txq->ring_iova = model_ctx_get(ctx, E810_TLAN_CTX_BASE) * E810_RLAN_BASE_UNIT;
	txq->ring = (void *)map_ring(model, "Tx", q, txq->ring_iova,
				     txq->qlen * sizeof(*txq->ring));
	if (txq->ring == NULL)
		return -EINVAL;
	/* A queue starts empty: the doorbell of an earlier owner does not count. */
	model_reg_set(model, QTX_COMM_DBELL(q), 0);
	model_reg_set(model, QTX_COMM_HEAD(q), 0);
	txq->tail_reg = (volatile uint32_t *)(void *)(model->bar0 + QTX_COMM_DBELL(q));
	txq->enabled = true;
	active_add(model->tx_active, &model->n_tx_active, q);
	return 0;
}

void
model_txq_disable(struct aether_model *model, unsigned int q)
{
	if (q >= MODEL_TX_QUEUES || !model->txq[q].enabled)
		return;
	model->txq[q].enabled = false;
	active_remove(model->tx_active, &model->n_tx_active, q);
	model->tx_next = 0;
}

void
model_queues_reset(struct aether_model *model)
{
	unsigned int q, i;

	for (q = 0; q < MODEL_RX_QUEUES; q++) {
		rxq_stop(model, &model->rxq[q]);
		memset(&model->rxq[q], 0, sizeof(model->rxq[q]));
		for (i = 0; i < QRX_CONTEXT_WORDS; i++)
			model_reg_set(model, QRX_CONTEXT(i, q), 0);
		model_reg_put(model, QRX_CTRL(q), 0);
		model_reg_set(model, QRX_TAIL(q), 0);
		model_reg_set(model, QRXFLXP_CNTXT(q), 0);
		model_reg_set(model, QINT_RQCTL(q), 0);
	}
	for (q = 0; q < MODEL_TX_QUEUES; q++) {
		model_txq_disable(model, q);
		memset(&model->txq[q], 0, sizeof(model->txq[q]));
		model_reg_set(model, QTX_COMM_DBELL(q), 0);
		model_reg_set(model, QTX_COMM_HEAD(q), 0);
		model_reg_set(model, QINT_TQCTL(q), 0);
	}
}

/* ------------------------------------------------------------------ misbehaviour ------------ */

static void
ring_gone(struct aether_model *model, const char *queue, unsigned int q, uint64_t iova)
{
	MODEL_LOG(ERR, model, "%s queue %u: its ring at 0x%"PRIx64" was unmapped while the queue "
		  "is enabled; the queue is stopped. Disable queues before unmapping their rings",
		  queue, q, iova);
	model_dma_read_failed(model);
}

void
model_queues_remap(struct aether_model *model)
{
	unsigned int i;

	/* Backwards: stopping a queue moves those after it. */
	for (i = model->n_rx_active; i-- > 0; ) {
		struct model_rxq *rxq = &model->rxq[model->rx_active[i]];

		rxq->ring = model_dma(model, rxq->ring_iova, (size_t)rxq->qlen * rxq->dsize,
				      true);
		if (rxq->ring == NULL) {
			rxq_stop(model, rxq);
			ring_gone(model, "Rx", rxq->index, rxq->ring_iova);
		}
	}
	for (i = model->n_tx_active; i-- > 0; ) {
		struct model_txq *txq = &model->txq[model->tx_active[i]];

		txq->ring = model_dma(model, txq->ring_iova, txq->qlen * sizeof(*txq->ring),
				      true);
		if (txq->ring == NULL) {
			model_txq_disable(model, txq->index);
			ring_gone(model, "Tx", txq->index, txq->ring_iova);
		}
	}
}

void
model_mdd_raise(struct aether_model *model, enum model_mdd where, unsigned int queue,
		unsigned int event, const char *what)
{
	static const struct {
		const char *unit;
		uint32_t global, function;
		uint8_t queue_shift, pf_shift;
	} units[] = {
		[MODEL_MDD_RX] = { "Rx", GL_MDET_RX, PF_MDET_RX,
			GL_MDET_QNUM_S, GL_MDET_PF_NUM_S },
		[MODEL_MDD_TX_PQM] = { "Tx PQM", GL_MDET_TX_PQM, PF_MDET_TX_PQM,
			GL_MDET_TX_PQM_QNUM_S, GL_MDET_TX_PQM_PF_NUM_S },
		[MODEL_MDD_TX_TCLAN] = { "Tx TCLAN", GL_MDET_TX_TCLAN, PF_MDET_TX_TCLAN,
			GL_MDET_QNUM_S, GL_MDET_PF_NUM_S },
		[MODEL_MDD_TX_TDPU] = { "Tx TDPU", GL_MDET_TX_TDPU, PF_MDET_TX_TDPU,
			GL_MDET_QNUM_S, GL_MDET_PF_NUM_S },
	};
	uint32_t detail = GL_MDET_VALID | event << GL_MDET_MAL_TYPE_S |
			  queue << units[where].queue_shift |
			  (uint32_t)model->conf.pf_id << units[where].pf_shift;

	MODEL_LOG(ERR, model, "malicious driver detection, %s, queue %u: %s; the queue is stopped "
		  "until it is disabled and enabled again", units[where].unit, queue, what);
	if (where == MODEL_MDD_RX)
		rxq_stop(model, &model->rxq[queue]);
	else
		model_txq_disable(model, queue);
	/* The first event stays until the driver clears it. */
	if ((model_reg_get(model, units[where].global) & GL_MDET_VALID) == 0)
		model_reg_put(model, units[where].global, detail);
	model_reg_put(model, units[where].function, PF_MDET_VALID);
	model->stats.mdd_events++;
	model_irq_oicr(model, PFINT_OICR_MAL_DETECT);
}
