/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Where packets end: wire-to-wire latency and order of those that a generator has stamped. Also
 * the other half of a generator's wire.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model_wire.h"

/* A stamp older than this is no stamp of this run; it also fits the histogram. */
#define SINK_HORIZON_S		100

void
wire_sink_init(struct wire_sink *sink, const struct aether_model *model)
{
	memset(sink, 0, sizeof(*sink));
	sink->horizon = model->tsc_hz * SINK_HORIZON_S;
}

/* Sequence numbers wrap: what is less than half the circle ahead is ahead. */
static inline void
check_order(struct wire_sink *sink, struct aether_model_wire_stats *stats,
	    const struct wire_stamp *stamp)
{
	uint32_t ahead = stamp->sequence - sink->expected[stamp->source];

	if (likely(ahead == 0)) {
		sink->expected[stamp->source]++;
		return;
	}
	if (!sink->seen[stamp->source]) {
		sink->seen[stamp->source] = true;
	} else if (ahead >= UINT32_C(1) << 31) {
		stats->tx_reordered++;
		return;
	} else {
		stats->tx_missing += ahead;
	}
	sink->expected[stamp->source] = stamp->sequence + 1;
}

void
wire_sink_take(struct wire_sink *sink, struct model_wire *wire,
	       const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct model_latency *latency = wire->model->wire_latency;
	const struct model_stall *stall = &wire->model->stall;
	struct wire_stamp stamp;
	unsigned int i;
	uint64_t age;
	bool touched;

	wire_note_time(wire, tsc);
	/* The lines come from the host's core: ask for all of them before the first is needed. */
	for (i = 0; i < n; i++)
		rte_prefetch0(frames[i].data + WIRE_STAMP_OFFSET);

	for (i = 0; i < n; i++) {
		if (unlikely(frames[i].len < WIRE_STAMP_END))
			continue;
		memcpy(&stamp, frames[i].data + WIRE_STAMP_OFFSET, sizeof(stamp));
		age = tsc - stamp.tsc;
		if (unlikely(stamp.magic != WIRE_STAMP_MAGIC || age > sink->horizon))
			continue;
		touched = model_in_stall(stall, stamp.tsc) ||
			(stamp.source != stall->mark &&
			 model_mark_in_stall(stamp.source, stamp.tsc));
		model_histogram_record(touched ? &latency->touched : &latency->clear, age);
		check_order(sink, &wire->model->wire_stats, &stamp);
	}
}

/* ------------------------------------------------------------------ the kind "sink" --------- */

struct sink_wire {
	struct model_wire wire;
	struct model_pace pace;
	struct wire_sink sink;
};

static unsigned int
sink_peek(struct model_wire *wire, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	RTE_SET_USED(wire);
	RTE_SET_USED(frames);
	RTE_SET_USED(n);
	RTE_SET_USED(tsc);
	return 0;
}

static void
sink_take(struct model_wire *wire, unsigned int n)
{
	RTE_SET_USED(wire);
	RTE_SET_USED(n);
}

static unsigned int
sink_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct sink_wire *w = container_of(wire, struct sink_wire, wire);

	n = model_pace_admit(&w->pace, frames, n, tsc);
	wire_sink_take(&w->sink, wire, frames, n, tsc);
	return n;
}

static bool
sink_link(struct model_wire *wire)
{
	RTE_SET_USED(wire);
	return true;
}

static void
sink_close(struct model_wire *wire)
{
	free(container_of(wire, struct sink_wire, wire));
}

static const struct model_wire_ops sink_ops = {
	.rx_peek = sink_peek,
	.rx_take = sink_take,
	.tx = sink_tx,
	.link = sink_link,
	.close = sink_close,
};

int
wire_sink_open(struct aether_model *model, const struct wire_conf *conf,
	       struct model_wire **wire)
{
	struct sink_wire *w = wire_alloc(model, sizeof(*w));

	if (w == NULL)
		return -ENOMEM;
	w->wire.ops = &sink_ops;
	model_pace_init(&w->pace, conf->pace, conf->pps, model);
	wire_sink_init(&w->sink, model);
	*wire = &w->wire;
	return 0;
}
