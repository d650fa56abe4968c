/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The transmit engine: host memory to wire (datasheet section 10.5).
 *
 * A batch of packets is gathered from the ring, offered to the wire, and what the wire took is
 * completed; the rest stays in the ring and is gathered again. A packet in one buffer that needs
 * no change goes to the wire from where it lies; the others are put together in the scratch, for
 * the device never writes into what it sends.
 *
 * Not modelled: segmentation (TSO), a second tag (IL2TAG2) and flow director programming. Such
 * packets are completed, dropped and counted as transmit errors of their VSI.
 */

#include <inttypes.h>

#include <rte_cycles.h>
#include <rte_memcpy.h>
#include <rte_prefetch.h>

#include "model_pktparse.h"
#include "model_priv.h"

#define TX_AHEAD	8	/* packets whose first line is asked for before their turn */
#define CMD(bits)	((uint64_t)(bits) << E810_TXD_QW1_CMD_S)

/* A descriptor that is a whole packet and asks for nothing. */
#define TX_PLAIN_M	(E810_TXD_QW1_DTYPE_M | \
			 CMD(E810_TXD_CMD_EOP | E810_TXD_CMD_IL2TAG1 | E810_TXD_CMD_DUMMY | \
			     E810_TXD_CMD_IIPT_M | E810_TXD_CMD_L4T_M))
#define TX_PLAIN	(E810_TXD_DTYPE_DATA | CMD(E810_TXD_CMD_EOP))

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
	bool plain;			/* packets that ask for nothing may go as they are */
	bool drop_all;			/* the VSI may not send */
	bool checked;			/* what it sends is checked */
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
	struct tx_report reports[MODEL_BURST];
};

/** A packet as its descriptors describe it. */
struct tx_packet {
	uint32_t next;			/* descriptor behind it */
	uint32_t len;
	unsigned int n;			/* buffers */
	unsigned int n_context;
	uint64_t first, last;		/* second quadword of the first and last data descriptor */
	const char *drop;		/* why it will not be sent, or NULL */
	struct {
		uint64_t iova;
		const uint8_t *data;
		uint32_t len;
	} buffers[E810_TX_MAX_DESC_PER_PKT];
};

enum tx_gathered {
	TX_GATHERED,
	TX_INCOMPLETE,			/* the driver has not given all descriptors yet */
	TX_FULL,			/* this batch cannot take the packet, the next can */
	TX_MALICIOUS,
};

static inline uint64_t
desc_qword1(const struct e810_tx_desc *desc)
{
	return rte_le_to_cpu_64(__atomic_load_n(&desc->cmd_type_offset_bsz, __ATOMIC_RELAXED));
}

static inline uint64_t
desc_iova(const struct e810_tx_desc *desc)
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

static enum tx_gathered
malicious(struct tx_batch *batch, enum model_mdd where, enum model_mdd_event event,
	  const char *what)
{
	batch->mdd_where = where;
	batch->mdd_event = event;
	batch->mdd_what = what;
	return TX_MALICIOUS;
}

/* ------------------------------------------------------------------ gather ------------------ */

/** The packet that ends before `next` is in the batch; it is over when batch->n frames are sent. */
static inline void
batch_add(struct tx_batch *batch, uint32_t next, uint64_t qword1)
{
	batch->head[batch->n] = next;
	if (qword1 & CMD(E810_TXD_CMD_RS)) {
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

/**
 * A packet that will not be sent. Only while the batch has no frame, which the wire might not
 * take: then this packet would be met, and counted, again.
 */
static enum tx_gathered
batch_add_drop(struct tx_batch *batch, const struct tx_packet *packet)
{
	struct aether_model *model = batch->model;
	uint64_t before = model->vsi[batch->txq->vsi].tx_errors + batch->n_dropped;
	unsigned int i;

	if (batch->n != 0)
		return TX_FULL;
	for (i = 0; i < packet->n; i++)	/* counts the faults */
		if (packet->buffers[i].data == NULL)
			model_dma(model, packet->buffers[i].iova, packet->buffers[i].len, false);
	if ((before & (before - 1)) == 0)
		MODEL_LOG(WARNING, model, "Tx queue %u: packet dropped, %s (%"PRIu64" dropped by "
			  "this VSI before)", batch->txq->index, packet->drop, before);
	batch->n_dropped++;
	batch_add(batch, packet->next, packet->last);
	return TX_GATHERED;
}

static enum tx_gathered
packet_context(struct tx_batch *batch, struct tx_packet *packet, uint64_t qword1)
{
	uint32_t cmd = (qword1 >> E810_TXD_QW1_CMD_S) & E810_TXD_CTX_CMD_M;

	if (packet->n != 0 || packet->n_context++ != 0)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_DTYPE,
				 "context descriptor inside of a packet");
	if (cmd & E810_TXD_CTX_CMD_TSO)
		packet->drop = "segmentation (TSO) is not modelled";
	else if (cmd & E810_TXD_CTX_CMD_IL2TAG2)
		packet->drop = "insertion of a second tag (IL2TAG2) is not modelled";
	return TX_GATHERED;
}

static enum tx_gathered
packet_data(struct tx_batch *batch, struct tx_packet *packet, const struct e810_tx_desc *desc,
	    uint64_t qword1)
{
	uint32_t len = qword1_len(qword1);

	if (len == 0)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_BUFFER,
				 "data descriptor with a buffer of 0 bytes");
	if (packet->n == E810_TX_MAX_DESC_PER_PKT)
		return malicious(batch, MODEL_MDD_TX_TCLAN, MODEL_MDD_EVENT_SEGMENTS,
				 "packet with more than 8 data descriptors");
	if (packet->n == 0)
		packet->first = qword1;
	packet->last = qword1;
	packet->buffers[packet->n].iova = desc_iova(desc);
	packet->buffers[packet->n].len = len;
	packet->buffers[packet->n].data = model_dma_try(batch->model, &batch->txq->tlb,
							desc_iova(desc), len, false);
	if (packet->buffers[packet->n].data == NULL)
		packet->drop = "a buffer is not mapped for the device";
	packet->n++;
	packet->len += len;
	if (qword1 & CMD(E810_TXD_CMD_DUMMY))
		packet->drop = "it is a dummy packet";
	return TX_GATHERED;
}

/** Read descriptors from batch->at to the end of a packet. */
static enum tx_gathered
packet_read(struct tx_batch *batch, struct tx_packet *packet)
{
	const struct model_txq *txq = batch->txq;
	enum tx_gathered ret;
	uint32_t at;

	for (at = batch->at; at != txq->tail; at = txq_next(txq, at, 1)) {
		uint64_t qword1 = desc_qword1(&txq->ring[at]);

		switch (qword1 & E810_TXD_QW1_DTYPE_M) {
		case E810_TXD_DTYPE_DATA:
			ret = packet_data(batch, packet, &txq->ring[at], qword1);
			break;
		case E810_TXD_DTYPE_CTX:
			ret = packet_context(batch, packet, qword1);
			break;
		case E810_TXD_DTYPE_FLTR_PROG:
			ret = packet_context(batch, packet, 0);
			packet->drop = "flow director programming is not modelled";
			break;
		default:
			ret = malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_DTYPE,
					"reserved descriptor type");
		}
		if (ret != TX_GATHERED)
			return ret;
		if (packet->n != 0 && (qword1 & CMD(E810_TXD_CMD_EOP))) {
			packet->next = txq_next(txq, at, 1);
			return TX_GATHERED;
		}
	}
	return TX_INCOMPLETE;
}

static enum tx_gathered
packet_check(struct tx_batch *batch, const struct tx_packet *packet)
{
	if (packet->drop != NULL)
		return TX_GATHERED;
	if (packet->len < E810_TX_MIN_LEN)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_LENGTH,
				 "packet shorter than 17 bytes");
	if (packet->len > batch->max_len)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_LENGTH,
				 "packet longer than the maximum frame size");
	return TX_GATHERED;
}

/* ------------------------------------------------------------------ offloads ---------------- */

/** Copy the buffers of a packet together. */
static void
packet_copy(const struct tx_packet *packet, uint8_t *to)
{
	unsigned int i;

	for (i = 0; i < packet->n; i++) {
		rte_memcpy(to, packet->buffers[i].data, packet->buffers[i].len);
		to += packet->buffers[i].len;
	}
}

static enum tx_gathered
packet_checksums(struct tx_batch *batch, const struct tx_packet *packet, uint8_t *frame)
{
	struct model_tx_csum want = {
		.mac_len = ((packet->first >> E810_TXD_QW1_MACLEN_S) & 0x7F) * 2,
		.ip_len = ((packet->first >> E810_TXD_QW1_IPLEN_S) & 0x7F) * 4,
		.cmd = (packet->first >> E810_TXD_QW1_CMD_S) &
		       (E810_TXD_CMD_IIPT_M | E810_TXD_CMD_L4T_M),
	};
	const char *error = NULL;

	if (want.cmd != 0)
		error = model_pkt_insert_csum(frame, packet->len, &want);
	if (error != NULL)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_OFFSETS, error);
	return TX_GATHERED;
}

/** Why the VSI's VLAN mode refuses the packet, or NULL. */
static const char *
packet_vlan_refused(const struct tx_batch *batch, const struct tx_packet *packet,
		    const uint8_t *frame)
{
	bool tagged = (packet->first & CMD(E810_TXD_CMD_IL2TAG1)) || pkt_is_tagged(frame);

	switch (batch->vlan_flags & E810_VSI_INNER_VLAN_TX_MODE_M) {
	case E810_VSI_INNER_VLAN_TX_UNTAGGED:
		return tagged ? "the VSI may only send untagged packets" : NULL;
	case E810_VSI_INNER_VLAN_TX_TAGGED:
		return tagged ? NULL : "the VSI may only send tagged packets";
	}
	return NULL;
}

/** Insert the tag that descriptor or VSI ask for, into the 4 bytes of room before the frame. */
static uint8_t *
packet_tag(const struct tx_batch *batch, const struct tx_packet *packet, uint8_t *frame,
	   uint32_t *len)
{
	uint16_t tag;

	if (packet->first & CMD(E810_TXD_CMD_IL2TAG1))
		tag = packet->first >> E810_TXD_QW1_L2TAG1_S;
	else if (batch->vlan_flags & E810_VSI_INNER_VLAN_INSERT_PVID)
		tag = batch->pvid;
	else
		return frame;
	memmove(frame - PKT_VLAN_HLEN, frame, 2 * PKT_ETH_ALEN);
	frame -= PKT_VLAN_HLEN;
	frame[12] = PKT_ETHERTYPE_VLAN >> 8;
	frame[13] = PKT_ETHERTYPE_VLAN & 0xFF;
	frame[14] = tag >> 8;
	frame[15] = tag & 0xFF;
	*len += PKT_VLAN_HLEN;
	return frame;
}

/** Make the frame of a packet in the scratch. */
static enum tx_gathered
packet_build(struct tx_batch *batch, struct tx_packet *packet)
{
	uint8_t *frame = batch->model->tx_scratch + batch->scratch_used + PKT_VLAN_HLEN;
	uint32_t len = packet->len;
	enum tx_gathered ret;

	if (batch->scratch_used + MODEL_SCRATCH_FRAME > MODEL_TX_SCRATCH)
		return TX_FULL;
	packet_copy(packet, frame);
	packet->drop = packet_vlan_refused(batch, packet, frame);
	if (packet->drop != NULL)
		return TX_GATHERED;
	ret = packet_checksums(batch, packet, frame);
	if (ret != TX_GATHERED)
		return ret;
	frame = packet_tag(batch, packet, frame, &len);
	if (batch->checked)
		packet->drop = model_switch_tx_refused(batch->model, batch->txq->vsi, frame, len);
	if (packet->drop != NULL)
		return TX_GATHERED;
	if (len < PKT_MIN_LEN) {
		memset(frame + len, 0, PKT_MIN_LEN - len);
		len = PKT_MIN_LEN;
	}
	batch->scratch_used += RTE_CACHE_LINE_ROUNDUP(len + 2 * PKT_VLAN_HLEN);
	batch_add_frame(batch, frame, len, packet->next, packet->last);
	return TX_GATHERED;
}

/** Any packet that does not lie ready in one buffer. */
static enum tx_gathered
gather_packet(struct tx_batch *batch)
{
	struct tx_packet packet = { 0 };
	enum tx_gathered ret = packet_read(batch, &packet);

	if (ret == TX_GATHERED)
		ret = packet_check(batch, &packet);
	if (ret != TX_GATHERED)
		return ret;
	if (batch->drop_all)
		packet.drop = "its VSI may not send to the LAN";
	if (packet.drop == NULL)
		ret = packet_build(batch, &packet);
	if (ret == TX_GATHERED && packet.drop != NULL)
		ret = batch_add_drop(batch, &packet);
	if (ret == TX_GATHERED)
		batch->at = packet.next;
	return ret;
}

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
	data = model_dma_hit(&txq->tlb, desc_iova(desc), len);
	if (unlikely(data == NULL))
		data = model_dma_try(batch->model, &txq->tlb, desc_iova(desc), len, false);
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
	data = model_dma_hit(&txq->tlb, desc_iova(&txq->ring[ahead]), 1);
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
	while (batch->n + batch->n_dropped < limit && batch->at != txq->tail) {
		txq_prefetch(txq, batch->at, available--);
		if (unlikely(!gather_plain(batch)) && gather_packet(batch) != TX_GATHERED)
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
