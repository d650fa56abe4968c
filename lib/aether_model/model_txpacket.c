/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Packets of the transmit engine that cannot leave as they lie: descriptors are read and checked,
 * and the frames, one or with segmentation many, are made in the scratch.
 *
 * A packet of more segments than a batch takes is read anew for each batch, and goes on with the
 * segment that the queue notes. What the driver changed meanwhile is checked like the rest.
 *
 * Not modelled: flow director programming, a second tag in the inner MAC header of a tunnel, and
 * switching (SWTCH) to other VSIs of the function. Such packets are completed, dropped and counted
 * as transmit errors of their VSI.
 */

#include <rte_memcpy.h>

#include "model_txbatch.h"
#include "model_txoffload.h"

#define TX_HEADROOM	(2 * PKT_VLAN_HLEN)	/* for tags, in front of a frame in the scratch */

/** A packet as its descriptors describe it. */
struct tx_packet {
	struct model_tx_buffer *buffers;
	unsigned int n;			/* buffers */
	unsigned int n_context;
	uint32_t next;			/* descriptor behind it */
	uint32_t len;
	uint64_t first, last;		/* second quadword of the first and last data descriptor */
	const char *drop;		/* why it will not be sent, or NULL */
	bool tagged2;			/* a second tag goes in front of the other */
	uint16_t tag2;
	struct model_tx_offload want;
};

/** A place in the bytes of a packet. */
struct tx_cursor {
	unsigned int buffer;
	uint32_t offset;
};

static enum tx_gathered
malicious(struct tx_batch *batch, enum model_mdd where, enum model_mdd_event event,
	  const char *what)
{
	batch->mdd_where = where;
	batch->mdd_event = event;
	batch->mdd_what = what;
	return TX_MALICIOUS;
}

/* ------------------------------------------------------------------ read -------------------- */

static enum tx_gathered
packet_program(struct tx_batch *batch, struct tx_packet *packet)
{
	if (packet->n != 0 || packet->n_context++ != 0)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_DTYPE,
				 "filter programming descriptor inside of a packet");
	packet->drop = "flow director programming is not modelled";
	return TX_GATHERED;
}

static enum tx_gathered
packet_context(struct tx_batch *batch, struct tx_packet *packet, const struct e810_tx_desc *desc,
	       uint64_t qword1)
{
	uint32_t cmd = (qword1 >> E810_TXD_QW1_CMD_S) & E810_TXD_CTX_CMD_M;
	uint64_t qword0 = desc_qword0(desc);

	if (packet->n != 0 || packet->n_context++ != 0)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_DTYPE,
				 "context descriptor inside of a packet");
	model_tx_offload_context(&packet->want, qword0, qword1);
	if (packet->want.tso && !batch->txq->tso)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_TSO,
				 "segmentation in a queue whose context does not allow it");
	if (cmd & E810_TXD_CTX_CMD_IL2TAG2) {
		packet->tagged2 = true;
		packet->tag2 = (uint16_t)(qword0 >> E810_TXD_CTX_QW0_L2TAG2_S);
	}
	if (cmd & E810_TXD_CTX_CMD_IL2TAG2_IL2H)
		packet->drop = "a tag in the inner MAC header of a tunnel is not modelled";
	if ((cmd & E810_TXD_CTX_CMD_SWTCH_M) > E810_TXD_CTX_CMD_SWTCH_UPLINK)
		packet->drop = "it is for another VSI of the function, which is not modelled";
	return TX_GATHERED;
}

/** Read the first data descriptor's part of the request, and check it as far as it goes. */
static enum tx_gathered
packet_first(struct tx_batch *batch, struct tx_packet *packet, uint64_t qword1)
{
	const char *error;

	packet->first = qword1;
	model_tx_offload_data(&packet->want, qword1);
	if (!packet->want.tso)
		return TX_GATHERED;
	error = model_tso_check(&packet->want, batch->max_len);
	if (error != NULL)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_TSO, error);
	return TX_GATHERED;
}

static enum tx_gathered
packet_data(struct tx_batch *batch, struct tx_packet *packet, const struct e810_tx_desc *desc,
	    uint64_t qword1)
{
	struct model_tx_buffer *buffer = &packet->buffers[packet->n];
	uint32_t len = qword1_len(qword1);

	if (len == 0)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_BUFFER,
				 "data descriptor with a buffer of 0 bytes");
	if (packet->n == E810_TX_MAX_DESC_PER_PKT && !packet->want.tso)
		return malicious(batch, MODEL_MDD_TX_TCLAN, MODEL_MDD_EVENT_SEGMENTS,
				 "packet with more than 8 data descriptors");
	if (packet->n == 0 && packet_first(batch, packet, qword1) != TX_GATHERED)
		return TX_MALICIOUS;
	packet->last = qword1;
	buffer->iova = desc_qword0(desc);
	buffer->len = len;
	buffer->data = model_dma_try(batch->model, &batch->txq->tlb, buffer->iova, len, false);
	if (buffer->data == NULL)
		packet->drop = "a buffer is not mapped for the device";
	packet->n++;
	packet->len += len;
	if (packet->want.tso && packet->len > tx_offload_header(&packet->want) + packet->want.tlen)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_TSO,
				 "packet to segment is longer than its headers and TLEN");
	if (qword1 & TX_CMD(E810_TXD_CMD_DUMMY))
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
			ret = packet_context(batch, packet, &txq->ring[at], qword1);
			break;
		case E810_TXD_DTYPE_FLTR_PROG:
			ret = packet_program(batch, packet);
			break;
		default:
			ret = malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_DTYPE,
					"reserved descriptor type");
		}
		if (ret != TX_GATHERED)
			return ret;
		if (packet->n != 0 && (qword1 & TX_CMD(E810_TXD_CMD_EOP))) {
			packet->next = txq_next(txq, at, 1);
			return TX_GATHERED;
		}
	}
	/* A driver leaves one descriptor free, so this can never be completed. */
	if (packet->n + packet->n_context == txq->qlen - 1u)
		return malicious(batch, MODEL_MDD_TX_TCLAN, MODEL_MDD_EVENT_SEGMENTS,
				 "one packet without end fills the ring");
	return TX_INCOMPLETE;
}

/* ------------------------------------------------------------------ check ------------------- */

/** Go on by len bytes, which are copied unless `to` is NULL. @return buffers that they lie in */
static unsigned int
packet_walk(const struct tx_packet *packet, struct tx_cursor *cursor, uint8_t *to, uint32_t len)
{
	unsigned int touched = 0;

	while (len > 0) {
		const struct model_tx_buffer *buffer = &packet->buffers[cursor->buffer];
		uint32_t part = RTE_MIN(len, buffer->len - cursor->offset);

		if (to != NULL) {
			rte_memcpy(to, buffer->data + cursor->offset, part);
			to += part;
		}
		len -= part;
		cursor->offset += part;
		touched++;
		if (cursor->offset == buffer->len) {
			cursor->buffer++;
			cursor->offset = 0;
		}
	}
	return touched;
}

static enum tx_gathered
packet_check_tso(struct tx_batch *batch, const struct tx_packet *packet)
{
	const struct model_tx_offload *want = &packet->want;
	struct tx_cursor cursor = { 0 };
	unsigned int n_header, i;

	if (packet->len != tx_offload_header(want) + want->tlen)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_TSO,
				 "packet to segment is shorter than its headers and TLEN");
	n_header = packet_walk(packet, &cursor, NULL, tx_offload_header(want));
	if (n_header > E810_TX_MAX_TSO_HEADER_DESC)
		return malicious(batch, MODEL_MDD_TX_TCLAN, MODEL_MDD_EVENT_SEGMENTS,
				 "headers to segment that span more than 3 data descriptors");
	/* A buffer with header and payload is read, and counts, once for each. */
	for (i = 0; i < tso_segments(want); i++)
		if (n_header + packet_walk(packet, &cursor, NULL, tso_payload(want, i)) >
		    E810_TX_MAX_DESC_PER_PKT)
			return malicious(batch, MODEL_MDD_TX_TCLAN, MODEL_MDD_EVENT_SEGMENTS,
					 "segment that spans more than 8 data descriptors");
	return TX_GATHERED;
}

static enum tx_gathered
packet_check(struct tx_batch *batch, const struct tx_packet *packet)
{
	if (packet->drop != NULL)
		return TX_GATHERED;
	if (packet->want.tso)
		return packet_check_tso(batch, packet);
	if (packet->len < E810_TX_MIN_LEN)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_LENGTH,
				 "packet shorter than 17 bytes");
	if (packet->len > batch->max_len)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_LENGTH,
				 "packet longer than the maximum frame size");
	return TX_GATHERED;
}

/* ------------------------------------------------------------------ tags -------------------- */

/** Why the VSI's VLAN mode refuses the packet, or NULL. */
static const char *
packet_vlan_refused(const struct tx_batch *batch, const struct tx_packet *packet,
		    const uint8_t *frame)
{
	bool tagged = (packet->first & TX_CMD(E810_TXD_CMD_IL2TAG1)) || packet->tagged2 ||
		      pkt_is_tagged(frame);

	switch (batch->vlan_flags & E810_VSI_INNER_VLAN_TX_MODE_M) {
	case E810_VSI_INNER_VLAN_TX_UNTAGGED:
		return tagged ? "the VSI may only send untagged packets" : NULL;
	case E810_VSI_INNER_VLAN_TX_TAGGED:
		return tagged ? NULL : "the VSI may only send tagged packets";
	}
	return NULL;
}

static uint8_t *
frame_tag(uint8_t *frame, uint32_t *len, uint16_t type, uint16_t tag)
{
	memmove(frame - PKT_VLAN_HLEN, frame, 2 * PKT_ETH_ALEN);
	frame -= PKT_VLAN_HLEN;
	frame[12] = type >> 8;
	frame[13] = type & 0xFF;
	frame[14] = tag >> 8;
	frame[15] = tag & 0xFF;
	*len += PKT_VLAN_HLEN;
	return frame;
}

/** Insert the tags that descriptor or VSI ask for, into the headroom. */
static uint8_t *
packet_tag(const struct tx_batch *batch, const struct tx_packet *packet, uint8_t *frame,
	   uint32_t *len)
{
	if (packet->first & TX_CMD(E810_TXD_CMD_IL2TAG1))
		frame = frame_tag(frame, len, PKT_ETHERTYPE_VLAN,
				  (uint16_t)(packet->first >> E810_TXD_QW1_L2TAG1_S));
	else if (batch->vlan_flags & E810_VSI_INNER_VLAN_INSERT_PVID)
		frame = frame_tag(frame, len, PKT_ETHERTYPE_VLAN, batch->pvid);
	if (packet->tagged2)
		frame = frame_tag(frame, len, PKT_ETHERTYPE_QINQ, packet->tag2);
	return frame;
}

/* ------------------------------------------------------------------ frames ------------------ */

/** Room in the scratch for a frame of len bytes, with headroom before it, or NULL. */
static uint8_t *
batch_room(struct tx_batch *batch, uint32_t len)
{
	uint32_t need = RTE_CACHE_LINE_ROUNDUP(RTE_MAX(len, (uint32_t)PKT_MIN_LEN) + TX_HEADROOM);
	uint8_t *room = batch->model->tx_scratch + batch->scratch_used;

	if (need > MODEL_TX_SCRATCH - batch->scratch_used)
		return NULL;
	batch->scratch_used += need;
	return room + TX_HEADROOM;
}

/**
 * A frame has its bytes: tag and pad it and add it to the batch, unless it is not to be sent
 * (packet->drop). @param next, qword1 of batch_add()
 */
static void
frame_finish(struct tx_batch *batch, struct tx_packet *packet, uint8_t *frame, uint32_t len,
	     uint32_t next, uint64_t qword1)
{
	frame = packet_tag(batch, packet, frame, &len);
	if (batch->checked)
		packet->drop = model_switch_tx_refused(batch->model, batch->txq->vsi, frame, len);
	if (packet->drop != NULL)
		return;
	if (len < PKT_MIN_LEN) {
		memset(frame + len, 0, PKT_MIN_LEN - len);
		len = PKT_MIN_LEN;
	}
	batch_add_frame(batch, frame, len, next, qword1);
}

/** A packet that is one frame. */
static enum tx_gathered
packet_frame(struct tx_batch *batch, struct tx_packet *packet)
{
	uint8_t *frame = batch_room(batch, packet->len);
	struct tx_cursor cursor = { 0 };
	const char *error = NULL;

	if (frame == NULL)
		return TX_FULL;
	packet_walk(packet, &cursor, frame, packet->len);
	packet->drop = packet_vlan_refused(batch, packet, frame);
	if (packet->drop != NULL)
		return TX_GATHERED;
	if ((packet->want.cmd | packet->want.tunnel) != 0)
		error = model_tx_insert_csum(frame, packet->len, &packet->want);
	if (error != NULL)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_OFFSETS, error);
	frame_finish(batch, packet, frame, packet->len, packet->next, packet->last);
	return TX_GATHERED;
}

/** The queue goes on with this segment when the wire has taken what the batch has by now. */
static void
batch_set_segment(struct tx_batch *batch, uint32_t n)
{
	if (!batch->segmented)
		memset(batch->segment, 0, sizeof(batch->segment));
	batch->segmented = true;
	batch->segment[batch->n] = n;
}

/** One segment, which begins at the cursor. */
static enum tx_gathered
packet_segment(struct tx_batch *batch, struct tx_packet *packet, struct tx_cursor *cursor,
	       uint32_t n)
{
	const struct model_tx_offload *want = &packet->want;
	uint32_t header = tx_offload_header(want), payload = tso_payload(want, n);
	uint8_t *frame = batch_room(batch, header + payload);
	bool last = n + 1 == tso_segments(want);
	struct tx_cursor start = { 0 };
	const char *error;

	if (frame == NULL)
		return TX_FULL;
	packet_walk(packet, &start, frame, header);
	packet_walk(packet, cursor, frame + header, payload);
	packet->drop = packet_vlan_refused(batch, packet, frame);
	if (packet->drop != NULL)
		return TX_GATHERED;
	error = model_tso_segment(frame, header + payload, want, n);
	if (error != NULL)
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_OFFSETS, error);
	frame_finish(batch, packet, frame, header + payload, last ? packet->next : batch->at,
		     last ? packet->last : 0);
	if (packet->drop == NULL)
		batch_set_segment(batch, last ? 0 : n + 1);
	return TX_GATHERED;
}

/** A packet to segment: those that this batch has room for. */
static enum tx_gathered
packet_segments(struct tx_batch *batch, struct tx_packet *packet)
{
	const struct model_tx_offload *want = &packet->want;
	const struct model_txq *txq = batch->txq;
	uint32_t n = batch->at == txq->head ? txq->segment : 0;
	enum tx_gathered ret = TX_GATHERED;
	struct tx_cursor cursor = { 0 };

	if (n >= tso_segments(want))
		return malicious(batch, MODEL_MDD_TX_TDPU, MODEL_MDD_EVENT_TSO,
				 "packet that became shorter while it was being sent");
	packet_walk(packet, &cursor, NULL, tx_offload_header(want) + n * want->mss);
	for (; n < tso_segments(want) && ret == TX_GATHERED && packet->drop == NULL; n++) {
		if (batch->n + batch->n_dropped >= batch->limit)
			return TX_FULL;
		ret = packet_segment(batch, packet, &cursor, n);
	}
	return ret;
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

enum tx_gathered
tx_gather_packet(struct tx_batch *batch)
{
	struct tx_packet packet = { .buffers = batch->model->tx_buffers };
	enum tx_gathered ret = packet_read(batch, &packet);

	if (ret == TX_GATHERED)
		ret = packet_check(batch, &packet);
	if (ret != TX_GATHERED)
		return ret;
	if (batch->drop_all)
		packet.drop = "its VSI may not send to the LAN";
	if (packet.drop == NULL)
		ret = packet.want.tso ? packet_segments(batch, &packet) :
					packet_frame(batch, &packet);
	if (ret == TX_GATHERED && packet.drop != NULL)
		ret = batch_add_drop(batch, &packet);
	if (ret == TX_GATHERED)
		batch->at = packet.next;
	return ret;
}
