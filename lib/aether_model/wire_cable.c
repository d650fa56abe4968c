/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A cable between two ports of the process, which may be stepped by different threads. What both
 * ends touch is a ring of frames each way and a few words; the rest happens at open and close,
 * under a mutex.
 *
 * A frame that left one port is either shown to the other, or counted as dropped by its sender:
 * at once when the far end is not lit or (lossy) its ring is full; in the sender's next step when
 * the far end went away before it took the frame.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "model_wire.h"

#define END_OPEN	0x1u		/* a port has this end */
#define END_LIT		0x2u		/* and sends light */

#define END_TURN	0x100u		/* counts how often the ability changed */

struct cable_end {
	uint32_t state __rte_cache_aligned;	/* written by this end only */
	uint64_t types;			/* ability: written by this end, before state */
	uint64_t asks;			/* module << 16 | caps << 8 | fec */
	uint32_t xoff, xon;		/* pause frames sent; written by this end only */
	uint64_t lost;			/* frames sent that the far end, gone, never took */
	bool lossless;
	char owner[64];			/* name of the port, for messages */
	struct wire_ring *ring;		/* what this end sends */
};

struct cable {
	struct cable *next;
	char *name;
	struct cable_end end[2];
};

struct cable_wire {
	struct model_wire wire;
	struct model_pace pace;
	struct cable *cable;
	struct cable_end *near, *far;
	uint32_t far_state;		/* as this end knows it */
	uint32_t xoff_heard, xon_heard;
	bool paused;			/* what the far end was told */
};

static pthread_mutex_t cables_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct cable *cables;

/* Acquire: an end that is seen to be lit has been set up before. */
static inline bool
end_is(const struct cable_end *end, uint32_t state)
{
	return (__atomic_load_n(&end->state, __ATOMIC_ACQUIRE) & state) != 0;
}

static unsigned int
cable_peek(struct model_wire *wire, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct cable_wire *w = container_of(wire, struct cable_wire, wire);

	wire_note_time(wire, tsc);
	return wire_ring_peek(w->far->ring, wire, frames, n);
}

static void
cable_take(struct model_wire *wire, unsigned int n)
{
	wire_ring_take(container_of(wire, struct cable_wire, wire)->far->ring, n);
}

static unsigned int
cable_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct cable_wire *w = container_of(wire, struct cable_wire, wire);
	unsigned int put;

	n = model_pace_admit(&w->pace, frames, n, tsc);
	if (unlikely(!end_is(w->far, END_LIT))) {
		wire->model->wire_stats.tx_dropped += n;
		return n;
	}
	put = wire_ring_put(w->near->ring, frames, n);
	/* Lossless, or the far end's pause frames are obeyed: what has no room waits here. */
	if (wire->lossless || wire->pause_rx)
		return put;
	wire->model->wire_stats.tx_dropped += n - put;
	return n;
}

static bool
cable_link(struct model_wire *wire)
{
	return end_is(container_of(wire, struct cable_wire, wire)->far, END_LIT);
}

/* Put down what this end brings to the link. @return whether it is news */
static bool
ability_publish(struct cable_wire *w)
{
	struct model_link_ability ability;
	uint64_t asks;

	model_link_ability(w->wire.model, &ability);
	asks = (uint64_t)ability.module << 16 | (uint64_t)ability.caps << 8 | ability.fec;
	if (ability.types == w->near->types && asks == w->near->asks)
		return false;
	__atomic_store_n(&w->near->types, ability.types, __ATOMIC_RELAXED);
	__atomic_store_n(&w->near->asks, asks, __ATOMIC_RELAXED);
	return true;
}

/* An end that reads while the other one writes may see half of it; it looks again, since the state
 * that follows differs from the one that it has seen. */
static void
cable_partner(struct model_wire *wire, struct model_link_ability *far)
{
	const struct cable_end *end = container_of(wire, struct cable_wire, wire)->far;
	const uint64_t asks = __atomic_load_n(&end->asks, __ATOMIC_RELAXED);

	far->types = __atomic_load_n(&end->types, __ATOMIC_RELAXED);
	far->module = (uint32_t)(asks >> 16);
	far->caps = (uint8_t)(asks >> 8);
	far->fec = (uint8_t)asks;
}

/* Tell the far end how this one is. */
static void
cable_changed(struct model_wire *wire)
{
	struct cable_wire *w = container_of(wire, struct cable_wire, wire);
	uint32_t *count, state = w->near->state & ~(END_OPEN | END_LIT);

	if (ability_publish(w))
		state += END_TURN;
	state |= END_OPEN;
	if (model_port_lit(wire->model))
		state |= END_LIT;
	/* Release: whoever sees this state sees the ability that was put down before it. */
	if (state != w->near->state)
		__atomic_store_n(&w->near->state, state, __ATOMIC_RELEASE);
	if (wire->paused != w->paused && wire->pause_tx) {
		w->paused = wire->paused;
		count = wire->paused ? &w->near->xoff : &w->near->xon;
		__atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
	}
}

/* Nobody takes what is in the ring of `end` any more. The caller is its consumer: it holds the
 * mutex, and has the end that takes or knows that nobody has it. */
static void
discard(struct cable_end *end)
{
	unsigned int lost = wire_ring_drain(end->ring);

	if (lost != 0)
		__atomic_fetch_add(&end->lost, lost, __ATOMIC_RELAXED);
}

static void
far_end_gone(struct cable_wire *w)
{
	pthread_mutex_lock(&cables_mutex);
	if (!end_is(w->far, END_OPEN))
		discard(w->near);
	pthread_mutex_unlock(&cables_mutex);
}

static void
cable_step(struct model_wire *wire, uint64_t tsc)
{
	struct cable_wire *w = container_of(wire, struct cable_wire, wire);
	struct model_port_counters *port = &wire->model->port;
	uint32_t state = __atomic_load_n(&w->far->state, __ATOMIC_ACQUIRE);
	uint32_t xoff = __atomic_load_n(&w->far->xoff, __ATOMIC_RELAXED);
	uint32_t xon = __atomic_load_n(&w->far->xon, __ATOMIC_RELAXED);

	RTE_SET_USED(tsc);
	cable_changed(wire);
	/* An end that obeys no pause frames does not count them as such, either. */
	if (wire->pause_rx) {
		port->xoff_rx += xoff - w->xoff_heard;
		port->xon_rx += xon - w->xon_heard;
	}
	w->xoff_heard = xoff;
	w->xon_heard = xon;
	if (unlikely((state & END_OPEN) == 0 && wire_ring_count(w->near->ring) != 0))
		far_end_gone(w);
	if (unlikely(__atomic_load_n(&w->near->lost, __ATOMIC_RELAXED) != 0))
		wire->model->wire_stats.tx_dropped +=
			__atomic_exchange_n(&w->near->lost, 0, __ATOMIC_RELAXED);
	if (unlikely(state != w->far_state)) {
		w->far_state = state;
		model_fw_link_update(wire->model);
	}
}

/* ------------------------------------------------------------------ making one -------------- */

static void
cable_free(struct cable *cable)
{
	free(cable->end[0].ring);
	free(cable->end[1].ring);
	free(cable->name);
	free(cable);
}

/* Mutex held. */
static struct cable *
cable_create(struct aether_model *model, const char *name)
{
	struct cable *cable = wire_alloc(model, sizeof(*cable));

	if (cable == NULL)
		return NULL;
	cable->name = strdup(name);
	cable->end[0].ring = wire_ring_create();
	cable->end[1].ring = wire_ring_create();
	if (cable->name == NULL || cable->end[0].ring == NULL || cable->end[1].ring == NULL) {
		MODEL_LOG(ERR, model, "no memory for the cable '%s': %zu bytes", name,
			  2 * sizeof(struct wire_ring));
		cable_free(cable);
		return NULL;
	}
	cable->next = cables;
	cables = cable;
	return cable;
}

/* Mutex held. A cable without ends goes. */
static void
cable_release(struct cable *cable)
{
	struct cable **link = &cables;

	if (end_is(&cable->end[0], END_OPEN) || end_is(&cable->end[1], END_OPEN))
		return;
	while (*link != cable)
		link = &(*link)->next;
	*link = cable->next;
	cable_free(cable);
}

/* Mutex held: plug the wire into a free end of its cable. */
static int
cable_plug(struct cable_wire *w, struct aether_model *model, const struct wire_conf *conf)
{
	struct cable *cable = cables;
	unsigned int side;

	while (cable != NULL && strcmp(cable->name, conf->name) != 0)
		cable = cable->next;
	if (cable == NULL)
		cable = cable_create(model, conf->name);
	if (cable == NULL)
		return -ENOMEM;
	side = end_is(&cable->end[0], END_OPEN);
	w->near = &cable->end[side];
	w->far = &cable->end[!side];
	if (end_is(w->near, END_OPEN)) {
		MODEL_LOG(ERR, model, "cable '%s' already connects %s and %s; a cable has two "
			  "ends, use another name", conf->name, w->near->owner, w->far->owner);
		return -EEXIST;
	}
	if (end_is(w->far, END_OPEN) && w->far->lossless != conf->lossless) {
		MODEL_LOG(ERR, model, "cable '%s' is %s at %s's end but not at this one; give both "
			  "ends the same pace", conf->name, conf->lossless ? "lossy" : "lossless",
			  w->far->owner);
		return -EINVAL;
	}
	discard(w->far);
	w->cable = cable;
	w->near->lossless = conf->lossless;
	w->near->lost = 0;
	w->xoff_heard = __atomic_load_n(&w->far->xoff, __ATOMIC_RELAXED);
	w->xon_heard = __atomic_load_n(&w->far->xon, __ATOMIC_RELAXED);
	snprintf(w->near->owner, sizeof(w->near->owner), "%s", model->name);
	/* Unlit: the first step, which finds the firmware running, tells. The count goes on, so
	 * that the far end tells this port from the one that was here before. */
	__atomic_store_n(&w->near->state, (w->near->state + END_TURN) | END_OPEN,
			 __ATOMIC_RELEASE);
	return 0;
}

static void
cable_close(struct model_wire *wire)
{
	struct cable_wire *w = container_of(wire, struct cable_wire, wire);

	pthread_mutex_lock(&cables_mutex);
	__atomic_store_n(&w->near->state, w->near->state & ~(END_OPEN | END_LIT),
			 __ATOMIC_RELEASE);
	cable_release(w->cable);
	pthread_mutex_unlock(&cables_mutex);
	free(w);
}

static const struct model_wire_ops cable_ops = {
	.rx_peek = cable_peek,
	.rx_take = cable_take,
	.tx = cable_tx,
	.link = cable_link,
	.close = cable_close,
	.step = cable_step,
	.changed = cable_changed,
	.partner = cable_partner,
};

int
wire_cable_open(struct aether_model *model, const struct wire_conf *conf,
		struct model_wire **wire)
{
	struct cable_wire *w = wire_alloc(model, sizeof(*w));
	int ret;

	if (w == NULL)
		return -ENOMEM;
	w->wire.ops = &cable_ops;
	model_pace_init(&w->pace, conf->pace, conf->pps, model);
	pthread_mutex_lock(&cables_mutex);
	ret = cable_plug(w, model, conf);
	pthread_mutex_unlock(&cables_mutex);
	if (ret != 0) {
		free(w);
		return ret;
	}
	*wire = &w->wire;
	return 0;
}
