/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The transmit engine: host memory to wire (datasheet section 10.5).
 *
 * A batch of frames is gathered from the ring, offered to the wire, and what the wire took is
 * completed; the rest stays in the ring and is gathered again. A packet in one buffer that needs
 * no change goes to the wire from where it lies; the others are put together in the scratch
 * (model_txpacket.c), for the device never writes into what it sends.
 */

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "model_txbatch.h"

#define TX_AHEAD	8	/* packets whose first line is asked for before their turn */

/* A descriptor that is a whole packet and asks for nothing. */
#define TX_PLAIN_M	(E810_TXD_QW1_DTYPE_M | \
			 TX_CMD(E810_TXD_CMD_EOP | E810_TXD_CMD_IL2TAG1 | E810_TXD_CMD_DUMMY | \
				E810_TXD_CMD_IIPT_M | E810_TXD_CMD_L4T_M))
#define TX_PLAIN	(E810_TXD_DTYPE_DATA | TX_CMD(E810_TXD_CMD_EOP))

/* ------------------------------------------------------------------ gather ------------------ */

/** A packet that may go from where it lies. @return false: it is not one */
static inline bool
gather_plain(struct tx_batch *batch)
{
	struct model_txq *txq = batch->txq;
	const struct e810_tx_desc *desc = &txq->ring[batch->at];
	uint64_t qword1 = desc_qword1(desc);
	uint32_t len = qword1_len(qword1);
	const uint8_t *data;

	if (unlikely((qword1 & TX_PLAIN_M) != TX_PLAIN || !batch->plain ||
		     len < PKT_MIN_LEN || len > batch->max_len))
		return false;
	data = model_dma_hit(&txq->tlb, desc_qword0(desc), len);
	if (unlikely(data == NULL))
		data = model_dma_try(batch->model, &txq->tlb, desc_qword0(desc), len, false);
	if (unlikely(data == NULL))
		return false;
	batch->at = txq_next(txq, batch->at, 1);
	batch_add_frame(batch, data, len, batch->at, qword1);
	return true;
}

/** Ask for the first line of the packet some places on, and for the descriptors behind. */
static inline void
txq_prefetch(const struct model_txq *txq, uint32_t at, uint32_t available)
{
	uint32_t ahead = txq_next(txq, at, TX_AHEAD);
	const uint8_t *data;

	if (available <= TX_AHEAD)
		return;
	rte_prefetch0(&txq->ring[txq_next(txq, at, 2 * TX_AHEAD)]);
	data = model_dma_hit(&txq->tlb, desc_qword0(&txq->ring[ahead]), 1);
	if (data != NULL)
		rte_prefetch0(data);
}

static void
batch_gather(struct tx_batch *batch, unsigned int limit)
{
	const struct model_txq *txq = batch->txq;
	uint32_t available = txq->tail - txq->head;

	if (txq->tail < txq->head)
		available += txq->qlen;
	batch->limit = limit;
	while (batch->n + batch->n_dropped < limit && batch->at != txq->tail) {
		txq_prefetch(txq, batch->at, available--);
		if (unlikely(!gather_plain(batch)) && tx_gather_packet(batch) != TX_GATHERED)
			return;
	}
}

/* ------------------------------------------------------------------ send -------------------- */

static void
count_sent(struct tx_batch *batch, unsigned int n, bool link)
{
	struct aether_model *model = batch->model;
	struct model_vsi_counters *vsi = &model->vsi[batch->txq->vsi];
	struct model_port_counters *port = &model->port;
	uint64_t bytes = 0, cast[3] = { 0 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		bytes += batch->frames[i].len;
		cast[pkt_cast(batch->frames[i].data)]++;
		if (link)
			port->tx_size[pkt_size_bin(batch->frames[i].len + PKT_FCS_LEN)]++;
	}
	/* The VSI's octets end before the MAC, so they have no FCS; the port's have. */
	vsi->tx_bytes += bytes;
	vsi->tx_unicast += cast[PKT_UNICAST];
	vsi->tx_multicast += cast[PKT_MULTICAST];
	vsi->tx_broadcast += cast[PKT_BROADCAST];
	if (!link) {
		port->tx_dropped_link_down += n;
		return;
	}
	port->tx_bytes += bytes + (uint64_t)n * PKT_FCS_LEN;
	port->tx_unicast += cast[PKT_UNICAST];
	port->tx_multicast += cast[PKT_MULTICAST];
	port->tx_broadcast += cast[PKT_BROADCAST];
	model->wire_stats.tx_packets += n;
	model->wire_stats.tx_bytes += bytes;
}

static void
complete(struct tx_batch *batch, unsigned int sent, uint64_t tsc)
{
	struct aether_model *model = batch->model;
	struct model_txq *txq = batch->txq;
	uint32_t cause = QINT_TQCTL(txq->index);
	unsigned int i;

	for (i = 0; i < batch->n_reports && batch->reports[i].frames <= sent; i++) {
		const struct tx_report *report = &batch->reports[i];
		rte_le64_t *qword1 = &txq->ring[report->index].cmd_type_offset_bsz;

		/* Release: the packets' bytes are read, by the wire too, before the driver
		 * sees DESC_DONE and writes them anew. */
		__atomic_store_n(qword1, rte_cpu_to_le_64(report->qword1 |
							  E810_TXD_DTYPE_DESC_DONE),
				 __ATOMIC_RELEASE);
	}
	txq->head = batch->head[sent];
	txq->segment = batch->segmented ? batch->segment[sent] : 0;
	txq->packets += sent;
	model->vsi[txq->vsi].tx_errors += batch->n_dropped;
	model_reg_set(model, QTX_COMM_HEAD(txq->index), txq->head & QTX_COMM_HEAD_HEAD_M);
	if (i != 0 && (model_reg_get(model, cause) & INT_CTL_CAUSE_ENA))
		model_irq_queue(model, cause, tsc);
}

/** @return packets done with; fewer than the batch has: the wire is paused */
static unsigned int
batch_send(struct tx_batch *batch, uint64_t tsc)
{
	struct aether_model *model = batch->model;
	unsigned int sent = batch->n;

	if (batch->n != 0) {
		if (likely(model->link))
			sent = model->wire->ops->tx(model->wire, batch->frames, batch->n,
						    rte_rdtsc());
		count_sent(batch, sent, model->link);
	}
	if (sent + batch->n_dropped != 0)
		complete(batch, sent, tsc);
	return sent + batch->n_dropped;
}

/** What the VSI of the queue allows. */
static void
batch_init(struct tx_batch *batch, struct aether_model *model, struct model_txq *txq)
{
	const struct e810_aqc_vsi_props *props = model_vsi_props(model, txq->vsi);

	memset(batch, 0, offsetof(struct tx_batch, frames));
	batch->model = model;
	batch->txq = txq;
	batch->at = txq->head;
	batch->head[0] = txq->head;
	batch->max_len = (model->max_frame != 0 ? model->max_frame : MODEL_MAX_FRAME) -
			 PKT_FCS_LEN;
	batch->drop_all = !model_vsi_tx_allowed(model, txq->vsi);
	if (props != NULL) {
		batch->vlan_flags = props->inner_vlan_flags;
		batch->pvid = rte_le_to_cpu_16(props->port_based_inner_vlan);
		batch->checked = model_switch_tx_is_checked(model, txq->vsi);
	}
	batch->plain = !batch->drop_all && !batch->checked &&
		       (batch->vlan_flags & E810_VSI_INNER_VLAN_INSERT_PVID) == 0 &&
		       ((batch->vlan_flags & E810_VSI_INNER_VLAN_TX_MODE_M) == 0 ||
			(batch->vlan_flags & E810_VSI_INNER_VLAN_TX_MODE_M) ==
			E810_VSI_INNER_VLAN_TX_ALL);
}

static inline bool
txq_doorbell(struct aether_model *model, struct model_txq *txq)
{
	/* Acquire: the doorbell is read before the descriptors are. The driver's release store
	 * orders its writes of descriptors and packets before the doorbell. */
	uint32_t tail = __atomic_load_n(txq->tail_reg, __ATOMIC_ACQUIRE);

	if (unlikely(tail >= txq->qlen)) {
		model_mdd_raise(model, MODEL_MDD_TX_PQM, txq->index, MODEL_MDD_EVENT_TAIL,
				"QTX_COMM_DBELL is not below the ring length in the context");
		return false;
	}
	txq->tail = tail;
	return tail != txq->head;
}

/**
 * One batch of one queue.
 *
 * @param[out] more the batch ended early, without scratch for instance, and left packets
 * @return packets done with
 */
static unsigned int
tx_queue(struct aether_model *model, struct model_txq *txq, unsigned int limit, uint64_t tsc,
	 bool *paused, bool *more)
{
	struct tx_batch batch;
	unsigned int done;

	*more = false;
	if (!txq_doorbell(model, txq))
		return 0;
	batch_init(&batch, model, txq);
	batch_gather(&batch, RTE_MIN(limit, (unsigned int)MODEL_BURST));
	done = batch_send(&batch, tsc);
	*paused = done < batch.n + batch.n_dropped;
	*more = done != 0 && batch.at != txq->tail;
	/* What came before a malicious packet leaves before the queue stops. */
	if (batch.mdd_what != NULL && !*paused)
		model_mdd_raise(model, batch.mdd_where, txq->index, batch.mdd_event,
				batch.mdd_what);
	return done;
}

unsigned int
model_tx_step(struct aether_model *model, unsigned int budget, uint64_t tsc)
{
	unsigned int done = 0, idle = 0;
	bool paused = false;

	while (done < budget && idle < model->n_tx_active && !paused) {
		unsigned int n;
		bool more;

		if (model->tx_next >= model->n_tx_active)
			model->tx_next = 0;
		n = tx_queue(model, &model->txq[model->tx_active[model->tx_next++]],
			     budget - done, tsc, &paused, &more);
		idle = more ? 0 : idle + 1;
		done += n;
	}
	return done;
}
