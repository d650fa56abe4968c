/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_TXBATCH_H
#define MODEL_TXBATCH_H

/**
 * @file
 * A batch of the transmit engine, between the engine (model_tx.c) and what makes frames of packets
 * that cannot leave as they lie (model_txpacket.c).
 */

#include <inttypes.h>

#include "model_pktparse.h"
#include "model_priv.h"

#define TX_CMD(bits)	((uint64_t)(bits) << E810_TXD_QW1_CMD_S)

/** A descriptor whose completion the driver wants to see. */
struct tx_report {
	uint16_t index;
	uint16_t frames;		/* written when the wire has taken so many of the batch */
	uint64_t qword1;
};

struct tx_batch {
	struct aether_model *model;
	struct model_txq *txq;
	uint32_t max_len;		/* longest packet, bytes without FCS */
	uint32_t at;			/* next descriptor to look at */
	unsigned int limit;		/* frames and drops of this batch */
	bool plain;			/* packets that ask for nothing may go as they are */
	bool drop_all;			/* the VSI may not send */
	bool checked;			/* what it sends is checked */
	bool segmented;			/* segment[] is filled */
	uint8_t vlan_flags;		/* E810_VSI_INNER_VLAN_* */
	uint16_t pvid;

	const char *mdd_what;		/* the packet at `at` is malicious */
	enum model_mdd mdd_where;
	enum model_mdd_event mdd_event;

	uint32_t scratch_used;
	unsigned int n;			/* frames */
	unsigned int n_dropped;		/* packets before the first frame that will not be sent */
	unsigned int n_reports;
	struct model_frame frames[MODEL_BURST];
	uint16_t head[MODEL_BURST + 1];	/* of the ring when the wire has taken i frames */
	uint16_t segment[MODEL_BURST + 1];	/* struct model_txq::segment then */
	struct tx_report reports[MODEL_BURST];
};

enum tx_gathered {
	TX_GATHERED,
	TX_INCOMPLETE,			/* the driver has not given all descriptors yet */
	TX_FULL,			/* this batch cannot take (all of) the packet, the next can */
	TX_MALICIOUS,
};

/** Gather the packet at batch->at, which is not one that may go from where it lies. */
enum tx_gathered tx_gather_packet(struct tx_batch *batch);

static inline uint64_t
desc_qword1(const struct e810_tx_desc *desc)
{
	return rte_le_to_cpu_64(__atomic_load_n(&desc->cmd_type_offset_bsz, __ATOMIC_RELAXED));
}

/** First quadword: the buffer's address, or a context descriptor's fields. */
static inline uint64_t
desc_qword0(const struct e810_tx_desc *desc)
{
	return rte_le_to_cpu_64(__atomic_load_n(&desc->buf_addr, __ATOMIC_RELAXED));
}

static inline uint32_t
qword1_len(uint64_t qword1)
{
	return (qword1 & E810_TXD_QW1_BUF_SZ_M) >> E810_TXD_QW1_BUF_SZ_S;
}

static inline uint32_t
txq_next(const struct model_txq *txq, uint32_t at, uint32_t n)
{
	at += n;
	return at >= txq->qlen ? at - txq->qlen : at;
}

/** The packet that ends before `next` is in the batch; it is over when batch->n frames are sent. */
static inline void
batch_add(struct tx_batch *batch, uint32_t next, uint64_t qword1)
{
	batch->head[batch->n] = next;
	if (qword1 & TX_CMD(E810_TXD_CMD_RS)) {
		struct tx_report *report = &batch->reports[batch->n_reports++];

		report->index = (next == 0 ? batch->txq->qlen : next) - 1;
		report->frames = batch->n;
		report->qword1 = qword1;
	}
}

static inline void
batch_add_frame(struct tx_batch *batch, const uint8_t *data, uint32_t len, uint32_t next,
		uint64_t qword1)
{
	batch->frames[batch->n].data = data;
	batch->frames[batch->n].len = len;
	batch->n++;
	batch_add(batch, next, qword1);
}

#endif /* MODEL_TXBATCH_H */
