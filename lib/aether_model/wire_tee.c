/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A capture of any wire: what the port sends, and what it takes off the wire, in a file. Stands
 * before the operations of the wire that is there, which keeps its state. A frame that comes is
 * written when it is taken; until then it may be shown several times.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model_wire.h"

struct wire_tee {
	const struct model_wire_ops *inner;
	struct capture_out out;
	uint64_t shown_tsc;
	unsigned int n_shown;
	struct model_frame shown[MODEL_BURST];	/* by the last rx_peek() */
};

static unsigned int
tee_peek(struct model_wire *wire, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct wire_tee *tee = wire->tee;

	n = tee->inner->rx_peek(wire, frames, n, tsc);
	tee->n_shown = RTE_MIN(n, RTE_DIM(tee->shown));
	tee->shown_tsc = tsc;
	memcpy(tee->shown, frames, tee->n_shown * sizeof(*frames));
	return n;
}

static void
tee_take(struct model_wire *wire, unsigned int n)
{
	struct wire_tee *tee = wire->tee;

	(void)capture_out_put(&tee->out, tee->shown, RTE_MIN(n, tee->n_shown), tee->shown_tsc);
	tee->n_shown = 0;
	tee->inner->rx_take(wire, n);
}

static unsigned int
tee_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct wire_tee *tee = wire->tee;

	n = tee->inner->tx(wire, frames, n, tsc);
	(void)capture_out_put(&tee->out, frames, n, tsc);
	return n;
}

static bool
tee_link(struct model_wire *wire)
{
	return wire->tee->inner->link(wire);
}

static void
tee_close(struct model_wire *wire)
{
	struct wire_tee *tee = wire->tee;

	(void)capture_out_close(&tee->out);
	tee->inner->close(wire);
	free(tee);
}

static void
tee_step(struct model_wire *wire, uint64_t tsc)
{
	(void)capture_out_step(&wire->tee->out, tsc);
	if (wire->tee->inner->step != NULL)
		wire->tee->inner->step(wire, tsc);
}

static void
tee_changed(struct model_wire *wire)
{
	if (wire->tee->inner->changed != NULL)
		wire->tee->inner->changed(wire);
}

static uint64_t
tee_next_due(struct model_wire *wire)
{
	if (wire->tee->inner->next_due == NULL)
		return UINT64_MAX;
	return wire->tee->inner->next_due(wire);
}

static void
tee_partner(struct model_wire *wire, struct model_link_ability *far)
{
	if (wire->tee->inner->partner != NULL)
		wire->tee->inner->partner(wire, far);
}

static const struct model_wire_ops tee_ops = {
	.rx_peek = tee_peek,
	.rx_take = tee_take,
	.tx = tee_tx,
	.link = tee_link,
	.close = tee_close,
	.step = tee_step,
	.changed = tee_changed,
	.next_due = tee_next_due,
	.partner = tee_partner,
};

int
wire_tee_open(struct model_wire *wire, const char *file)
{
	struct wire_tee *tee = wire_alloc(wire->model, sizeof(*tee));
	int ret;

	if (tee == NULL)
		return -ENOMEM;
	capture_out_init(&tee->out);
	ret = capture_out_open(&tee->out, wire->model, file, NULL,
			       "the capture ends here, the traffic goes on");
	if (ret != 0) {
		free(tee);
		return ret;
	}
	tee->inner = wire->ops;
	wire->tee = tee;
	wire->ops = &tee_ops;
	return 0;
}
