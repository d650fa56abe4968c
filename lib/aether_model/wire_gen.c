/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Generated packets on an absolute TSC schedule (open loop): packet i is due at start + i / rate
 * whatever became of those before it. A late packet leaves at once, and its lateness is recorded;
 * none is skipped. What the port sends goes to a sink.
 *
 * A packet is stamped with the time at which it is first shown to the device. In a lossless wire
 * that is also when it begins to wait for a descriptor.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_wire.h"

/* Frames that may be shown and not yet taken; each has a slot that is written in place. */
#define GEN_SLOTS		MODEL_BURST

/* Addresses of the benchmarking range 198.18.0.0/15 (RFC 2544, C.2.2). */
#define GEN_SRC_NET		0xC6120000u
#define GEN_DST_ADDR		0xC6130001u
#define GEN_FIRST_PORT		1024
#define GEN_PORTS_BITS		15		/* ports to use before the next address */
#define GEN_DST_PORT		9		/* discard */

#define GEN_TTL			64
#define GEN_PROTO_UDP		17
#define GEN_ETHERTYPE_IPV4	0x0800

struct gen_header {
	uint8_t dst[6], src[6];
	rte_be16_t ethertype;
	uint8_t version_ihl, tos;
	rte_be16_t total_len, id, fragment;
	uint8_t ttl, proto;
	uint16_t checksum;
	rte_be32_t src_addr, dst_addr;
	rte_be16_t src_port, dst_port, udp_len, udp_checksum;
	struct wire_stamp stamp;
} __rte_packed;

static_assert(offsetof(struct gen_header, stamp) == WIRE_STAMP_OFFSET,
	      "the sink looks for the stamp where the generator puts it");
static_assert(sizeof(struct gen_header) == WIRE_MIN_FRAME,
	      "the shortest frame holds the stamp");

struct gen_wire {
	struct model_wire wire;
	struct wire_source source;
	uint8_t *slots;
	uint32_t stride;		/* bytes between slots */
	uint32_t len;			/* of a frame without FCS */
	uint32_t shown, taken;		/* frames; run freely */
	uint32_t sequence;
	uint32_t flow, flows;
	uint32_t sum;			/* of the IPv4 header without the flow's part */
	uint64_t left;			/* frames not yet shown; UINT64_MAX: endless */
	struct wire_sink sink;
};

static inline struct gen_header *
gen_slot(const struct gen_wire *w, uint32_t frame)
{
	return (void *)(w->slots + (size_t)(frame % GEN_SLOTS) * w->stride);
}

/* One's complement sum (RFC 1071) to the checksum that goes into the header. */
static inline uint16_t
finish_checksum(uint32_t sum)
{
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return rte_cpu_to_be_16((uint16_t)~sum);
}

static inline void
write_flow(struct gen_wire *w, struct gen_header *header)
{
	uint32_t host = w->flow >> GEN_PORTS_BITS;

	header->src_port = rte_cpu_to_be_16(GEN_FIRST_PORT +
					    (w->flow & ((1 << GEN_PORTS_BITS) - 1)));
	header->src_addr = rte_cpu_to_be_32(GEN_SRC_NET | (host + 1));
	header->checksum = finish_checksum(w->sum + host + 1);
	if (++w->flow == w->flows)
		w->flow = 0;
}

static unsigned int
gen_peek(struct model_wire *wire, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct gen_wire *w = container_of(wire, struct gen_wire, wire);
	struct model_pace *pace = &w->source.pace;
	uint32_t waiting = w->shown - w->taken, i;
	struct gen_header *header;

	wire_note_time(wire, tsc);
	n = RTE_MIN(n, (unsigned int)GEN_SLOTS);
	for (i = 0; i < n; i++) {
		header = gen_slot(w, w->taken + i);
		if (i >= waiting) {
			if (w->left == 0 || !w->source.active || pace->due > tsc)
				break;
			header->stamp.sequence = w->sequence++;
			header->stamp.tsc = tsc;
			if (w->flows > 1)
				write_flow(w, header);
			if (pace->limited) {
				wire_count_late(wire, pace->due, tsc);
				model_pace_next(pace, w->len);
			}
			if (w->left != UINT64_MAX)
				w->left--;
		}
		frames[i].data = (const uint8_t *)header;
		frames[i].len = w->len;
	}
	if (i > waiting) {
		w->shown = w->taken + i;
		wire_count_offered(wire, i - waiting, (uint64_t)(i - waiting) * w->len);
	}
	return i;
}

static void
gen_take(struct model_wire *wire, unsigned int n)
{
	struct gen_wire *w = container_of(wire, struct gen_wire, wire);

	w->taken += n;
	wire->finished = w->left == 0 && w->taken == w->shown;
}

static unsigned int
gen_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct gen_wire *w = container_of(wire, struct gen_wire, wire);

	wire_sink_take(&w->sink, wire, frames, n, tsc);
	return n;
}

static bool
gen_link(struct model_wire *wire)
{
	RTE_SET_USED(wire);
	return true;
}

static void
gen_close(struct model_wire *wire)
{
	struct gen_wire *w = container_of(wire, struct gen_wire, wire);

	model_stall_mark_put(wire->model);
	free(w->slots);
	free(w);
}

static void
gen_step(struct model_wire *wire, uint64_t tsc)
{
	struct gen_wire *w = container_of(wire, struct gen_wire, wire);

	wire_source_step(&w->source, wire->model, tsc);
}

static uint64_t
gen_next_due(struct model_wire *wire)
{
	struct gen_wire *w = container_of(wire, struct gen_wire, wire);

	return w->left == 0 ? UINT64_MAX : wire_source_next_due(&w->source);
}

static const struct model_wire_ops gen_ops = {
	.rx_peek = gen_peek,
	.rx_take = gen_take,
	.tx = gen_tx,
	.link = gen_link,
	.close = gen_close,
	.step = gen_step,
	.next_due = gen_next_due,
};

/* ------------------------------------------------------------------ making one -------------- */

/* Sum of the IPv4 header, its checksum and source host taken as 0 (RFC 1071). */
static uint32_t
sum_header(const struct gen_header *header)
{
	const uint8_t *ip = &header->version_ihl;
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	return sum;
}

/* A frame of the first flow; everything but stamp and flow stays as it is. */
static void
write_template(struct gen_wire *w, const struct aether_model *model,
	       const struct wire_conf *conf, struct gen_header *header)
{
	uint8_t *payload = (uint8_t *)(header + 1);
	unsigned int i;

	memcpy(header->dst, conf->dst_given ? conf->dst : model->conf.mac, sizeof(header->dst));
	memcpy(header->src, conf->src, sizeof(header->src));
	if (!conf->src_given) {
		const uint8_t src[] = { 0x02, 0xAE, 0x7E, 0, 0, model->stall.mark };

		memcpy(header->src, src, sizeof(src));
	}
	header->ethertype = RTE_BE16(GEN_ETHERTYPE_IPV4);
	header->version_ihl = 0x45;
	header->total_len = rte_cpu_to_be_16(w->len - offsetof(struct gen_header, version_ihl));
	header->ttl = GEN_TTL;
	header->proto = GEN_PROTO_UDP;
	header->src_addr = RTE_BE32(GEN_SRC_NET);
	header->dst_addr = RTE_BE32(GEN_DST_ADDR);
	w->sum = sum_header(header);
	header->dst_port = RTE_BE16(GEN_DST_PORT);
	header->udp_len = rte_cpu_to_be_16(w->len - offsetof(struct gen_header, src_port));
	header->stamp.magic = WIRE_STAMP_MAGIC;
	header->stamp.source = model->stall.mark;
	for (i = 0; i < w->len - sizeof(*header); i++)
		payload[i] = (uint8_t)i;
	write_flow(w, header);
}

int
wire_gen_open(struct aether_model *model, const struct wire_conf *conf,
	      struct model_wire **wire)
{
	struct gen_wire *w = wire_alloc(model, sizeof(*w));
	unsigned int i;

	if (w == NULL)
		return -ENOMEM;
	w->wire.ops = &gen_ops;
	w->len = conf->size - WIRE_FCS_LEN;
	w->stride = RTE_CACHE_LINE_ROUNDUP(w->len);
	w->flows = conf->flows;
	w->left = conf->count == 0 ? UINT64_MAX : conf->count;
	w->slots = wire_alloc(model, (size_t)w->stride * GEN_SLOTS);
	if (w->slots == NULL) {
		free(w);
		return -ENOMEM;
	}
	model->stall.mark = model_stall_mark_get(model);
	wire_source_init(&w->source, conf, model);
	model_pace_set_len(&w->source.pace, w->len);
	wire_sink_init(&w->sink, model);
	for (i = 0; i < GEN_SLOTS; i++)
		write_template(w, model, conf, gen_slot(w, i));
	w->flow = 0;
	*wire = &w->wire;
	return 0;
}
