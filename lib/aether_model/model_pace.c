/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "model_wire.h"

/* How long a sender may have been unable to send and still catch up: the time between two steps
 * of the model. */
#define ADMIT_CREDIT_US		20

void
model_pace_set_len(struct model_pace *pace, uint32_t len)
{
	uint64_t bits, cycles;

	pace->len = len;
	if (pace->mode != WIRE_PACE_LINE)
		return;
	/* unit is the line's bits per second; 9752 bytes at 10 GHz stay far below 2^64. */
	bits = (RTE_MAX(len, (uint32_t)WIRE_MIN_FRAME) + WIRE_LINE_OVERHEAD) * UINT64_C(8);
	cycles = bits * pace->tsc_hz;
	pace->whole = cycles / pace->unit;
	pace->part = cycles % pace->unit;
}

void
model_pace_init(struct model_pace *pace, enum wire_pace mode, uint64_t pps,
		const struct aether_model *model)
{
	*pace = (struct model_pace){
		.unit = 1,
		.mode = mode,
		.limited = mode != WIRE_PACE_NONE && mode != WIRE_PACE_LOSSLESS,
		.tsc_hz = model->tsc_hz,
		.credit = model->tsc_hz / (US_PER_S / ADMIT_CREDIT_US),
	};
	if (mode == WIRE_PACE_PPS) {
		pace->unit = pps;
		pace->whole = pace->tsc_hz / pps;
		pace->part = pace->tsc_hz % pps;
	} else if (mode == WIRE_PACE_LINE) {
		pace->unit = (uint64_t)model->conf.speed_mbps * 1000000;
	} else if (mode == WIRE_PACE_REAL) {
		pace->unit = NS_PER_S;
	}
}

void
model_pace_wait(struct model_pace *pace, uint64_t ns)
{
	unsigned __int128 cycles = (unsigned __int128)ns * pace->tsc_hz + pace->carry;

	pace->due += (uint64_t)(cycles / NS_PER_S);
	pace->carry = (uint64_t)(cycles % NS_PER_S);
}

unsigned int
model_pace_admit(struct model_pace *pace, const struct model_frame *frames, unsigned int n,
		 uint64_t tsc)
{
	unsigned int i;

	if (!pace->limited)
		return n;
	if (pace->due + pace->credit < tsc)
		pace->due = tsc - pace->credit;
	for (i = 0; i < n && pace->due <= tsc; i++)
		model_pace_next(pace, frames[i].len);
	return i;
}

/* ------------------------------------------------------------------ sources ----------------- */

void
wire_source_init(struct wire_source *source, const struct wire_conf *conf,
		 const struct aether_model *model)
{
	*source = (struct wire_source){
		.delay = conf->start_ms * (model->tsc_hz / MS_PER_S),
	};
	model_pace_init(&source->pace, conf->pace, conf->pps, model);
}

/* Link is up, and an Rx queue has had descriptors since it was enabled: drivers enable a queue
 * before they fill it, and packets in between would only be lost. */
static bool
can_receive(const struct aether_model *model)
{
	unsigned int i;

	for (i = 0; model->link && i < model->n_rx_active; i++)
		if (model->rxq[model->rx_active[i]].tail_moved_tsc != 0)
			return true;
	return false;
}

void
wire_source_step(struct wire_source *source, const struct aether_model *model, uint64_t tsc)
{
	bool active = can_receive(model);

	if (likely(active == source->active))
		return;
	source->active = active;
	if (!active) {
		source->suspended = tsc;
	} else if (!source->started) {
		source->started = true;
		source->pace.due = tsc + source->delay;
	} else {
		source->pace.due += tsc - source->suspended;
	}
}

uint64_t
wire_source_next_due(const struct wire_source *source)
{
	return source->active && source->pace.limited ? source->pace.due : UINT64_MAX;
}
