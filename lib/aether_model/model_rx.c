/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The receive engine: wire to host memory (datasheet section 10.4).
 *
 * Frames are handled in batches. First all payloads of a batch are written, then all of its
 * descriptors, so that the host core, which polls the descriptors' cache lines, takes each line
 * from this core once. A batch never outlives the step.
 */

#include <rte_bitops.h>
#include <rte_cycles.h>
#include <rte_memcpy.h>
#include <rte_prefetch.h>

#include "model_pktparse.h"
#include "model_priv.h"

#define RX_AHEAD	8	/* buffers whose lines are asked for before their turn */
#define RX_WRITEBACKS	(MODEL_BURST + E810_RLAN_RXMAX_MAX_CHAIN)

/** A descriptor as it will be written. */
struct rx_writeback {
	uint64_t *desc;
	bool wide;			/* 32 bytes */
	uint64_t qword[4];
};

/** Where frames with one Ethernet header go; all that the switch can look at is in it. */
struct rx_route {
	uint64_t header[2];
	bool valid;
	uint64_t copies;		/* VSIs that get one each; 0: vsi gets the frame itself */
	int vsi;			/* -1: no rule forwards it */
	bool mac_control;		/* it is for the MAC: no VSI sees it */
	bool strip;			/* the VSI takes VLAN tags off */
	uint16_t tag_mask;		/* and shows these bits of them in the descriptor */
	struct model_rxq *rxq;		/* its only queue; NULL: each frame decides, or none */
	bool ask;			/* each frame decides: */
	struct model_pkt pkt;		/* what the last one is, */
	struct model_rss_result rss;	/* and its hash; there is none when none decides */
};

struct rx_batch {
	struct aether_model *model;
	uint64_t tsc;
	uint32_t max_frame;		/* bytes without FCS */
	bool lossless;
	struct rx_route route;

	/* Counters, added to the device's once. */
	uint64_t bytes, cast[3], size[7];
	uint64_t vsi_bytes, vsi_cast[3], vsi_no_desc, vsi_errors;
	uint64_t undersize, oversize, delivered, dropped;
	uint64_t xon, xoff;

	unsigned int n_touched;
	struct model_rxq *touched[MODEL_RX_QUEUES];	/* copies: more than there are frames */
	unsigned int n_writebacks;
	struct rx_writeback writebacks[RX_WRITEBACKS];
};

/** Ask for a line to write. Without -mprfchw compilers turn the builtin into a read. */
static inline void
prefetch_write(const void *p)
{
#ifdef RTE_ARCH_X86
	asm volatile("prefetchw %0" : : "m" (*(const char *)p));
#else
	__builtin_prefetch(p, 1, 3);
#endif
}

/* ------------------------------------------------------------------ descriptors ------------- */

static void
rxq_doorbell_moved(struct aether_model *model, struct model_rxq *rxq, uint32_t raw, uint64_t tsc)
{
	uint32_t tail = raw & QRX_TAIL_M;

	rxq->tail_raw = raw;
	if (tail >= rxq->qlen) {
		model_mdd_raise(model, MODEL_MDD_RX, rxq->index, MODEL_MDD_EVENT_TAIL,
				"QRX_TAIL is not below the ring length in the context");
		return;
	}
	rxq->tail = tail & ~QRX_TAIL_IGNORED_M;
	rxq->tail_moved_tsc = tsc;
}

/** @return whether the host moved the tail */
static inline bool
rxq_doorbell(struct aether_model *model, struct model_rxq *rxq, uint64_t tsc)
{
	/* Acquire: the doorbell is read before the descriptors' addresses are. The driver's
	 * release store orders its writes of these addresses before the doorbell. */
	uint32_t raw = __atomic_load_n(rxq->tail_reg, __ATOMIC_ACQUIRE);

	if (likely(raw == rxq->tail_raw))
		return false;
	rxq_doorbell_moved(model, rxq, raw, tsc);
	return true;
}

/** Descriptors that the device may use. */
static inline uint32_t
rxq_available(const struct model_rxq *rxq)
{
	uint32_t n = rxq->tail - rxq->head;

	return rxq->tail >= rxq->head ? n : n + rxq->qlen;
}

static inline uint64_t *
rxq_desc(const struct model_rxq *rxq, uint32_t ahead)
{
	uint32_t at = rxq->head + ahead;

	if (at >= rxq->qlen)
		at -= rxq->qlen;
	return (uint64_t *)(void *)(rxq->ring + (size_t)at * rxq->dsize);
}

static inline uint64_t
rx_buffer(const uint64_t *desc)
{
	return rte_le_to_cpu_64(__atomic_load_n(&desc[0], __ATOMIC_RELAXED));
}

/** Ask for the lines that the frame `ahead` of the next one will be written to. */
static inline void
rxq_prefetch(const struct model_rxq *rxq, uint32_t ahead, uint32_t available)
{
	const uint8_t *buffer;

	if (ahead >= available)
		return;
	buffer = model_dma_hit(&rxq->tlb, rx_buffer(rxq_desc(rxq, ahead)), 1);
	if (buffer != NULL)
		prefetch_write(buffer);
	prefetch_write(rxq_desc(rxq, 2 * ahead < rxq->qlen ? 2 * ahead : ahead));
}

/** Descriptors that a frame takes; its length was checked against the chain's. */
static inline uint32_t
rxq_buffers(const struct model_rxq *rxq, uint32_t len)
{
	uint32_t n = 1, room = rxq->dbuf;

	while (unlikely(len > room)) {
		room += rxq->dbuf;
		n++;
	}
	return n;
}

/** What the last descriptor of a frame says beside its length. */
struct rx_meta {
	struct model_pkt pkt;
	enum pkt_cast cast;
	bool crc;			/* the FCS is part of the payload */
	bool error;			/* the payload could not be written */
	bool hashed;			/* RSS */
	uint32_t hash;
	bool tagged;			/* tag was stripped and is shown */
	uint16_t tag;
};

/** Hash and flow, whose places depend on the layout. @return what goes into quadword 1 */
static inline uint64_t
writeback_hash(struct rx_writeback *wb, const struct model_rxq *rxq, const struct rx_meta *last)
{
	uint64_t status = last->hashed ? E810_RXD_FLEX_STATUS0_RSS_VALID : 0;

	if (rxq->rxdid != E810_RXDID_COMMS_OVS)
		return status | (uint64_t)last->hash << 32;
	wb->qword[3] = last->hash;
	/* No flow director filter has matched. */
	return status | (uint64_t)UINT32_MAX << 32;
}

static void
writeback_flex(struct rx_writeback *wb, const struct model_rxq *rxq, uint32_t len,
	       const struct rx_meta *last)
{
	uint64_t status = E810_RXD_FLEX_STATUS0_DD;
	uint64_t tag1 = 0;

	wb->qword[0] = rxq->rxdid | (uint64_t)len << 32;
	if (last != NULL) {
		wb->qword[0] |= (uint64_t)last->cast << 14 | (uint64_t)last->pkt.ptype << 16;
		status |= E810_RXD_FLEX_STATUS0_EOF | last->pkt.status;
		if (last->crc)
			status |= E810_RXD_FLEX_STATUS0_CRCP;
		if (last->error)
			status |= E810_RXD_FLEX_STATUS0_RXE;
		if (last->tagged && rxq->l2tsel) {
			status |= E810_RXD_FLEX_STATUS0_L2TAG1P;
			tag1 = last->tag;
		} else if (last->tagged) {
			wb->qword[2] = E810_RXD_FLEX_STATUS1_L2TAG2P | (uint64_t)last->tag << 48;
		}
		status |= writeback_hash(wb, rxq, last);
	}
	wb->qword[1] = status | tag1 << 16;
}

static void
writeback_legacy(struct rx_writeback *wb, const struct model_rxq *rxq, uint32_t len,
		 const struct rx_meta *last)
{
	uint64_t status = E810_RXD_QW1_DD | (uint64_t)len << E810_RXD_QW1_LEN_PBUF_S;

	wb->qword[0] = 0;
	if (last != NULL) {
		status |= E810_RXD_QW1_EOF | (uint64_t)last->cast << E810_RXD_QW1_UMBCAST_S |
			  (uint64_t)last->pkt.ptype << E810_RXD_QW1_PTYPE_S;
		if (last->pkt.status & E810_RXD_FLEX_STATUS0_L3L4P)
			status |= E810_RXD_QW1_L3L4P;
		if (last->pkt.status & E810_RXD_FLEX_STATUS0_IPE)
			status |= E810_RXD_QW1_ERROR_IPE;
		if (last->pkt.status & E810_RXD_FLEX_STATUS0_L4E)
			status |= E810_RXD_QW1_ERROR_L4E;
		if (last->crc)
			status |= E810_RXD_QW1_CRCP;
		if (last->error)
			status |= E810_RXD_QW1_ERROR_RXE;
		if (last->tagged && rxq->l2tsel) {
			status |= E810_RXD_QW1_L2TAG1P;
			wb->qword[0] = (uint64_t)last->tag << 16;
		} else if (last->tagged) {
			wb->qword[2] = E810_RXD_LEGACY_EXT_L2TAG2P | (uint64_t)last->tag << 48;
		}
		if (last->hashed)
			status |= E810_RXD_FLTSTAT_RSS_HASH << E810_RXD_QW1_FLTSTAT_S;
		wb->qword[0] |= (uint64_t)last->hash << 32;
	}
	wb->qword[1] = status;
}

/** Note the write-back of the next descriptor and take it. @param last NULL: more follow */
static inline void
rxq_complete(struct rx_batch *batch, struct model_rxq *rxq, uint32_t len,
	     const struct rx_meta *last)
{
	struct rx_writeback *wb = &batch->writebacks[batch->n_writebacks++];

	wb->desc = rxq_desc(rxq, 0);
	wb->wide = rxq->dsize == 32;
	wb->qword[2] = wb->qword[3] = 0;
	if (likely(rxq->rxdid > E810_RXDID_LEGACY_1))
		writeback_flex(wb, rxq, len, last);
	else
		writeback_legacy(wb, rxq, len, last);
	rxq->head = rxq->head + 1 == rxq->qlen ? 0 : rxq->head + 1;
}

static void
batch_write_back(struct rx_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->n_writebacks; i++) {
		const struct rx_writeback *wb = &batch->writebacks[i];

		__atomic_store_n(&wb->desc[0], rte_cpu_to_le_64(wb->qword[0]), __ATOMIC_RELAXED);
		if (wb->wide) {
			__atomic_store_n(&wb->desc[2], rte_cpu_to_le_64(wb->qword[2]),
					 __ATOMIC_RELAXED);
			__atomic_store_n(&wb->desc[3], rte_cpu_to_le_64(wb->qword[3]),
					 __ATOMIC_RELAXED);
		}
		/* Release: payload and the other quadwords are written before DD, which the
		 * driver reads before it reads them. */
		__atomic_store_n(&wb->desc[1], rte_cpu_to_le_64(wb->qword[1]), __ATOMIC_RELEASE);
	}
	batch->n_writebacks = 0;
}

/* ------------------------------------------------------------------ payload ----------------- */

/** Write payload into as many buffers as it takes. */
static __rte_always_inline void
rx_write(struct rx_batch *batch, struct model_rxq *rxq, const uint8_t *data, uint32_t len,
	 struct rx_meta *meta)
{
	for (;;) {
		uint32_t part = RTE_MIN(len, rxq->dbuf);
		uint8_t *to = model_dma_fast(batch->model, &rxq->tlb,
					     rx_buffer(rxq_desc(rxq, 0)), part, true);

		if (likely(to != NULL))
			rte_memcpy(to, data, part);
		else
			meta->error = true;
		rxq_complete(batch, rxq, part, part == len ? meta : NULL);
		if (part == len)
			return;
		data += part;
		len -= part;
	}
}

/** A frame that the host does not see as it was on the wire: build it in the scratch. */
static const uint8_t *
rx_rebuild(struct rx_batch *batch, const struct model_rxq *rxq, const struct model_frame *frame,
	   uint32_t *len, struct rx_meta *meta)
{
	const uint32_t addresses = 2 * PKT_ETH_ALEN;
	uint8_t *scratch = batch->model->rx_scratch;
	const uint8_t *rest = frame->data + addresses;

	*len = frame->len;
	if (batch->route.strip && pkt_is_tagged(frame->data)) {
		meta->tag = pkt_be16(rest + 2) & batch->route.tag_mask;
		meta->tagged = batch->route.tag_mask != 0;
		rest += PKT_VLAN_HLEN;
		*len -= PKT_VLAN_HLEN;
	}
	memcpy(scratch, frame->data, addresses);
	memcpy(scratch + addresses, rest, *len - addresses);
	if (!rxq->crcstrip) {
		uint32_t fcs = rte_cpu_to_le_32(model_pkt_fcs(frame->data, frame->len));

		memcpy(scratch + *len, &fcs, sizeof(fcs));
		*len += sizeof(fcs);
		meta->crc = true;
	}
	return scratch;
}

/** @return whether the host has got the frame */
static __rte_always_inline bool
rx_deliver(struct rx_batch *batch, struct model_rxq *rxq, const struct model_frame *frame,
	   enum pkt_cast cast)
{
	struct rx_meta meta = { .cast = cast };
	const uint8_t *data = frame->data;
	uint32_t len = frame->len;

	if (unlikely(batch->route.ask)) {
		meta.pkt = batch->route.pkt;
		meta.hashed = batch->route.rss.hashed;
		meta.hash = meta.hashed ? batch->route.rss.hash : 0;
	} else {
		meta.pkt = model_pkt_parse(frame->data, frame->len);
	}
	if (unlikely(!rxq->crcstrip || (batch->route.strip && pkt_is_tagged(data))))
		data = rx_rebuild(batch, rxq, frame, &len, &meta);
	if (unlikely(batch->n_writebacks > RX_WRITEBACKS - E810_RLAN_RXMAX_MAX_CHAIN))
		batch_write_back(batch);
	rx_write(batch, rxq, data, len, &meta);
	if (!rxq->touched) {
		rxq->touched = true;
		batch->touched[batch->n_touched++] = rxq;
	}
	if (unlikely(meta.error)) {
		batch->vsi_errors++;
		return false;
	}
	rxq->packets++;
	return true;
}

/* ------------------------------------------------------------------ filter ------------------ */

static void
batch_count_vsi(struct rx_batch *batch)
{
	struct model_vsi_counters *vsi;

	if (batch->route.vsi < 0)
		return;
	vsi = &batch->model->vsi[batch->route.vsi];
	vsi->rx_bytes += batch->vsi_bytes;
	vsi->rx_unicast += batch->vsi_cast[PKT_UNICAST];
	vsi->rx_multicast += batch->vsi_cast[PKT_MULTICAST];
	vsi->rx_broadcast += batch->vsi_cast[PKT_BROADCAST];
	vsi->rx_discards += batch->vsi_no_desc;
	vsi->rx_no_desc += batch->vsi_no_desc;
	vsi->rx_errors += batch->vsi_errors;
	batch->vsi_bytes = batch->vsi_no_desc = batch->vsi_errors = 0;
	memset(batch->vsi_cast, 0, sizeof(batch->vsi_cast));
}

/** How the VSI wants VLAN tags (section 9.5.4, Add VSI, inner VLAN flags). */
static void
route_vlan(struct rx_route *route, const struct e810_aqc_vsi_props *props)
{
	route->strip = false;
	if (props == NULL)
		return;
	route->strip = true;
	switch (props->inner_vlan_flags & E810_VSI_INNER_VLAN_EMODE_M) {
	case E810_VSI_INNER_VLAN_EMODE_STR_BOTH:
		route->tag_mask = UINT16_MAX;
		break;
	case E810_VSI_INNER_VLAN_EMODE_STR_UP:
		route->tag_mask = 7 << 13;	/* the priority */
		break;
	case E810_VSI_INNER_VLAN_EMODE_STR:
		route->tag_mask = 0;
		break;
	default:
		route->strip = false;
	}
}

static struct model_rxq *
enabled_queue(struct aether_model *model, int q)
{
	if (q < 0 || q >= MODEL_RX_QUEUES || !model->rxq[q].enabled)
		return NULL;
	return &model->rxq[q];
}

/** What is to be known of a VSI that frames go to; -1: they go nowhere. */
static __rte_always_inline void
route_vsi(struct rx_batch *batch, int vsi)
{
	struct aether_model *model = batch->model;
	struct rx_route *route = &batch->route;
	int q;

	/* Nothing of a VSI changes within a batch. */
	if (likely(vsi == route->vsi))
		return;
	batch_count_vsi(batch);
	route->vsi = vsi;
	if (vsi < 0)
		return;
	q = model_vsi_only_rx_queue(model, vsi);
	route->ask = q < 0;
	route->rss.hashed = false;
	route->rxq = enabled_queue(model, q);
	route_vlan(route, model_vsi_props(model, vsi));
}

static void
route_find(struct rx_batch *batch, const struct model_frame *frame)
{
	struct rx_route *route = &batch->route;
	int vsi = -1;

	memcpy(route->header, frame->data, sizeof(route->header));
	route->valid = true;
	route->mac_control = pkt_is_pause(frame->data);
	if (likely(!route->mac_control))
		vsi = model_switch_lookup(batch->model, frame->data, frame->len);
	route->copies = vsi == MODEL_SWITCH_COPIES ? model_switch_copies(batch->model) : 0;
	route_vsi(batch, vsi >= 0 && vsi < MODEL_VSIS ? vsi : -1);
}

/** The queue of a VSI whose frames decide. */
static inline void
route_queue(struct rx_batch *batch, const struct model_frame *frame)
{
	struct rx_route *route = &batch->route;

	route->pkt = model_pkt_parse(frame->data, frame->len);
	route->rss = model_rss(batch->model, route->vsi, frame->data, frame->len,
			       route->pkt.ptype);
	route->rxq = enabled_queue(batch->model, route->rss.queue);
}

/** Find out where the frame goes; frames with the header of the one before go its way. */
static inline void
route_frame(struct rx_batch *batch, const struct model_frame *frame)
{
	struct rx_route *route = &batch->route;
	uint64_t header[2];

	memcpy(header, frame->data, sizeof(header));
	if (unlikely(!route->valid || ((header[0] ^ route->header[0]) |
				       (header[1] ^ route->header[1])) != 0))
		route_find(batch, frame);
	if (unlikely(route->ask && route->vsi >= 0))
		route_queue(batch, frame);
}

/* ------------------------------------------------------------------ one frame --------------- */

/** Whether the queue has descriptors for the frame. */
static __rte_always_inline bool
rxq_has_room(struct rx_batch *batch, struct model_rxq *rxq, uint32_t len)
{
	uint32_t need = rxq_buffers(rxq, rxq->crcstrip ? len : len + PKT_FCS_LEN);

	if (likely(rxq_available(rxq) >= need))
		return true;
	return rxq_doorbell(batch->model, rxq, batch->tsc) && rxq->enabled &&
	       rxq_available(rxq) >= need;
}

static inline enum pkt_cast
batch_count_port_frame(struct rx_batch *batch, const struct model_frame *frame)
{
	enum pkt_cast cast = pkt_cast(frame->data);
	uint32_t len = frame->len + PKT_FCS_LEN;

	batch->bytes += len;
	batch->cast[cast]++;
	batch->size[pkt_size_bin(len)]++;
	return cast;
}

/** Why a queue does not take a frame. */
enum rx_fate { RX_FITS, RX_NO_QUEUE, RX_TOO_LONG, RX_NO_ROOM };

static __rte_always_inline enum rx_fate
rxq_fate(struct rx_batch *batch, struct model_rxq *rxq, const struct model_frame *frame)
{
	if (unlikely(rxq == NULL || !rxq->enabled))
		return RX_NO_QUEUE;
	if (unlikely(frame->len + PKT_FCS_LEN > rxq->rxmax))
		return RX_TOO_LONG;
	if (likely(rxq_has_room(batch, rxq, frame->len)))
		return RX_FITS;
	return rxq->enabled ? RX_NO_ROOM : RX_NO_QUEUE;	/* a bad doorbell stops the queue */
}

/** A frame for the VSI that the route leads to, which the port has counted.
 * @return whether the host has got it */
static __rte_always_inline bool
rx_vsi(struct rx_batch *batch, const struct model_frame *frame, enum pkt_cast cast,
       enum rx_fate fate)
{
	if (unlikely(fate == RX_TOO_LONG)) {
		/* As one that the MAC stops: it never was a frame of the VSI. */
		batch->vsi_errors++;
		return false;
	}
	batch->vsi_bytes += frame->len + PKT_FCS_LEN;
	batch->vsi_cast[cast]++;
	if (likely(fate == RX_FITS))
		return rx_deliver(batch, batch->route.rxq, frame, cast);
	batch->vsi_no_desc++;
	return false;
}

/** Point the route to one of the VSIs that get a copy. */
static __rte_noinline __rte_cold void
route_copy(struct rx_batch *batch, const struct model_frame *frame, uint64_t vsis)
{
	route_vsi(batch, rte_bsf64(vsis));
	if (batch->route.ask)
		route_queue(batch, frame);
}

/**
 * Each VSI that the switch names gets a copy, in a queue of its own, and counts it; on the wire the
 * frame counts once, as delivered when one of them got it.
 *
 * Not inlined, so that the way of a single frame is.
 *
 * @return false: a lossless wire keeps it until all have room
 */
static __rte_noinline __rte_cold bool
rx_copies(struct rx_batch *batch, const struct model_frame *frame)
{
	const uint64_t vsis = batch->route.copies;
	unsigned int n = 0, n_long = 0;
	bool delivered = false;
	enum pkt_cast cast;
	enum rx_fate fate;
	uint64_t rest;

	for (rest = vsis; rest != 0; rest &= rest - 1, n++) {
		route_copy(batch, frame, rest);
		fate = rxq_fate(batch, batch->route.rxq, frame);
		n_long += fate == RX_TOO_LONG;
		if (batch->lossless && fate == RX_NO_ROOM)
			return false;
	}
	batch->oversize += n_long == n;
	cast = batch_count_port_frame(batch, frame);
	for (rest = vsis; rest != 0; rest &= rest - 1) {
		route_copy(batch, frame, rest);
		fate = rxq_fate(batch, batch->route.rxq, frame);
		delivered |= rx_vsi(batch, frame, cast, fate);
	}
	batch->delivered += delivered;
	batch->dropped += !delivered;
	return true;
}

/** A frame that the MAC takes from the wire. @return false: it must wait there */
static inline bool
rx_frame(struct rx_batch *batch, const struct model_frame *frame)
{
	bool delivered = false;
	enum pkt_cast cast;
	enum rx_fate fate;

	if (unlikely(frame->len < PKT_MIN_LEN)) {
		batch->undersize++;
		batch->dropped++;
		return true;
	}
	if (unlikely(frame->len > batch->max_frame)) {
		batch->oversize++;
		batch->dropped++;
		return true;
	}
	route_frame(batch, frame);
	if (unlikely(batch->route.copies != 0))
		return rx_copies(batch, frame);
	if (likely(batch->route.vsi >= 0)) {
		fate = rxq_fate(batch, batch->route.rxq, frame);
		if (unlikely(fate == RX_NO_ROOM && batch->lossless))
			return false;
		batch->oversize += fate == RX_TOO_LONG;
		cast = batch_count_port_frame(batch, frame);
		delivered = rx_vsi(batch, frame, cast, fate);
	} else if (batch->route.mac_control) {
		/* Ends in the MAC and is no frame to any of the other counters. */
		if (pkt_be16(frame->data + PKT_PAUSE_QUANTA) != 0)
			batch->xoff++;
		else
			batch->xon++;
	} else {
		batch_count_port_frame(batch, frame);
	}
	if (likely(delivered))
		batch->delivered++;
	else
		batch->dropped++;
	return true;
}

/* ------------------------------------------------------------------ batches ----------------- */

static void
batch_count_port(struct rx_batch *batch)
{
	struct aether_model *model = batch->model;
	struct model_port_counters *port = &model->port;
	unsigned int i;

	port->rx_bytes += batch->bytes;
	port->rx_unicast += batch->cast[PKT_UNICAST];
	port->rx_multicast += batch->cast[PKT_MULTICAST];
	port->rx_broadcast += batch->cast[PKT_BROADCAST];
	for (i = 0; i < RTE_DIM(batch->size); i++)
		port->rx_size[i] += batch->size[i];
	port->rx_undersize += batch->undersize;
	port->rx_oversize += batch->oversize;
	port->xon_rx += batch->xon;
	port->xoff_rx += batch->xoff;
	model->wire_stats.rx_delivered += batch->delivered;
	model->wire_stats.rx_dropped += batch->dropped;
	if (model_in_stall(&model->stall, batch->tsc))
		model->wire_stats.rx_dropped_in_stall += batch->dropped;
}

static void
batch_interrupts(struct rx_batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->n_touched; i++) {
		uint32_t cause = QINT_RQCTL(batch->touched[i]->index);

		batch->touched[i]->touched = false;
		if (model_reg_get(batch->model, cause) & INT_CTL_CAUSE_ENA)
			model_irq_queue(batch->model, cause, batch->tsc);
	}
}

/** Everything that has arrived while the link is down is lost. */
static void
batch_drop(struct aether_model *model, unsigned int n, uint64_t tsc)
{
	model->wire_stats.rx_dropped += n;
	if (model_in_stall(&model->stall, tsc))
		model->wire_stats.rx_dropped_in_stall += n;
}

/** @return how many of the frames are done with; the rest must wait on the wire */
static unsigned int
rx_batch_run(struct aether_model *model, const struct model_frame *frames, unsigned int n,
	     uint64_t tsc)
{
	struct rx_batch batch;
	struct model_rxq *rxq;
	unsigned int i;

	memset(&batch, 0, offsetof(struct rx_batch, touched));
	batch.n_writebacks = 0;
	batch.model = model;
	batch.tsc = tsc;
	batch.lossless = model->wire->lossless || model->wire->pause_tx;
	batch.max_frame = (model->max_frame != 0 ? model->max_frame : MODEL_MAX_FRAME) -
			  PKT_FCS_LEN;
	batch.route.vsi = -1;
	rxq = model->n_rx_active == 1 ? &model->rxq[model->rx_active[0]] : NULL;
	if (rxq != NULL)
		for (i = 1; i < RX_AHEAD && i < n; i++)
			rxq_prefetch(rxq, i, rxq_available(rxq));
	for (i = 0; i < n; i++) {
		if (rxq != NULL && i + RX_AHEAD < n)
			rxq_prefetch(rxq, RX_AHEAD, rxq_available(rxq));
		if (i + RX_AHEAD < n)
			rte_prefetch0(frames[i + RX_AHEAD].data);
		if (!rx_frame(&batch, &frames[i]))
			break;
	}
	batch_write_back(&batch);
	batch_count_vsi(&batch);
	batch_count_port(&batch);
	batch_interrupts(&batch);
	return i;
}

/** 802.3x towards the far end: XOFF when a frame must wait, XON when none does any more. */
static void
rx_pause(struct aether_model *model, bool pause)
{
	struct model_wire *wire = model->wire;

	if (likely(wire->paused == pause))
		return;
	wire->paused = pause;
	/* A lossless wire holds frames by itself: no pause frame is sent for that. */
	if (!wire->pause_tx)
		return;
	if (pause)
		model->port.xoff_tx++;
	else
		model->port.xon_tx++;
	model_wire_link_changed(model);
}

static void
rx_doorbells(struct aether_model *model, uint64_t tsc)
{
	unsigned int i;

	/* Backwards: a queue that is stopped here leaves the list. */
	for (i = model->n_rx_active; i-- > 0; ) {
		struct model_rxq *rxq = &model->rxq[model->rx_active[i]];
		bool moved = rxq_doorbell(model, rxq, tsc);
		unsigned int available;

		if (!rxq->enabled)
			continue;
		available = rxq_available(rxq);
		if (moved || available < rxq->qlen - 1u)
			model_stall_host(model, rxq, tsc, moved, available);
	}
}

unsigned int
model_rx_step(struct aether_model *model, unsigned int budget, uint64_t tsc)
{
	struct model_wire *wire = model->wire;
	struct model_frame frames[MODEL_BURST];
	unsigned int done = 0;

	rx_doorbells(model, tsc);
	while (done < budget) {
		unsigned int want = RTE_MIN(budget - done, (unsigned int)MODEL_BURST);
		unsigned int n = wire->ops->rx_peek(wire, frames, want, rte_rdtsc());
		unsigned int taken = n;

		if (n == 0)
			break;
		if (likely(model->link))
			taken = rx_batch_run(model, frames, n, tsc);
		else
			batch_drop(model, n, tsc);
		if (taken != 0)
			wire->ops->rx_take(wire, taken);
		done += taken;
		if (taken < n) {
			rx_pause(model, true);
			return done;
		}
		if (n < want)
			break;
	}
	if (done < budget)
		rx_pause(model, false);
	return done;
}
