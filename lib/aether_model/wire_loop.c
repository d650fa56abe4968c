/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* A plug that connects the port's transmitter to its own receiver. */

#include <errno.h>
#include <stdlib.h>

#include "model_wire.h"

struct loop_wire {
	struct model_wire wire;
	struct model_pace pace;
	struct wire_ring *ring;
};

static unsigned int
loop_peek(struct model_wire *wire, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct loop_wire *w = container_of(wire, struct loop_wire, wire);

	wire_note_time(wire, tsc);
	return wire_ring_peek(w->ring, wire, frames, n);
}

static void
loop_take(struct model_wire *wire, unsigned int n)
{
	wire_ring_take(container_of(wire, struct loop_wire, wire)->ring, n);
}

static unsigned int
loop_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct loop_wire *w = container_of(wire, struct loop_wire, wire);
	unsigned int put;

	n = model_pace_admit(&w->pace, frames, n, tsc);
	put = wire_ring_put(w->ring, frames, n);
	if (wire->lossless || wire->pause_rx)
		return put;
	wire->model->wire_stats.tx_dropped += n - put;
	return n;
}

static bool
loop_link(struct model_wire *wire)
{
	RTE_SET_USED(wire);
	return true;
}

static void
loop_close(struct model_wire *wire)
{
	struct loop_wire *w = container_of(wire, struct loop_wire, wire);

	/* What has been offered and not taken is lost. */
	wire->model->wire_stats.rx_dropped += wire_ring_offered(w->ring);
	free(w->ring);
	free(w);
}

/* The port hears its own pause frames. */
static void
loop_changed(struct model_wire *wire)
{
	struct model_port_counters *port = &wire->model->port;

	if (!wire->pause_rx)
		return;
	port->xoff_rx = port->xoff_tx;
	port->xon_rx = port->xon_tx;
}

/* The far end is the port itself. */
static void
loop_partner(struct model_wire *wire, struct model_link_ability *far)
{
	model_link_ability(wire->model, far);
}

static const struct model_wire_ops loop_ops = {
	.rx_peek = loop_peek,
	.rx_take = loop_take,
	.tx = loop_tx,
	.link = loop_link,
	.close = loop_close,
	.changed = loop_changed,
	.partner = loop_partner,
};

int
wire_loop_open(struct aether_model *model, const struct wire_conf *conf,
	       struct model_wire **wire)
{
	struct loop_wire *w = wire_alloc(model, sizeof(*w));

	if (w == NULL)
		return -ENOMEM;
	w->wire.ops = &loop_ops;
	model_pace_init(&w->pace, conf->pace, conf->pps, model);
	w->ring = wire_ring_create();
	if (w->ring == NULL) {
		MODEL_LOG(ERR, model, "no memory for a loop: %zu bytes", sizeof(*w->ring));
		free(w);
		return -ENOMEM;
	}
	*wire = &w->wire;
	return 0;
}
