/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Stall windows: times at which a core did not run for more than 20 us, found from the device's
 * side so that any driver can be measured.
 *
 * The model's own core is away when two steps lie that far apart. The host's core is away when it
 * owes the device something for that long: a polling driver that holds HOST_OWES received packets
 * or more returns descriptors as soon as it runs, because drivers refill in batches of 32 or 64.
 * Fewer than that may wait for more traffic, and an idle host holds none. A host that is only too
 * slow keeps moving the tail, and is not away.
 *
 * A window ends when the backlog is gone, or after RECOVERY_GAPS times the gap: what takes longer
 * is overload, not the stall.
 */

#include <inttypes.h>

#include "model_wire.h"

#define STALL_US		20
#define HOST_OWES		96u
#define RECOVERY_GAPS		10
/* A host that is away for longer is not coming back soon: what it misses then is real loss. */
#define HOST_GIVE_UP_S		1

enum host_state { HOST_HERE, HOST_AWAY, HOST_GIVEN_UP };

void
model_stall_init(struct aether_model *model)
{
	model->stall = (struct model_stall){
		.threshold = model->tsc_hz / (US_PER_S / STALL_US),
	};
}

/* ------------------------------------------------------------------ marks ------------------- */

/* Start and end of the windows of devices with a generator, for other devices' sinks: a copy that
 * any thread may read. Each on a line of its own; written at the ends of windows only. */
static struct stall_mark {
	uint64_t start;
	uint64_t end;
	bool used;
} __rte_cache_aligned marks[256];

uint8_t
model_stall_mark_get(struct aether_model *model)
{
	unsigned int i;

	for (i = 1; i < RTE_DIM(marks); i++) {
		if (__atomic_exchange_n(&marks[i].used, true, __ATOMIC_ACQ_REL))
			continue;
		__atomic_store_n(&marks[i].start, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&marks[i].end, 0, __ATOMIC_RELAXED);
		model->stall.mark = (uint8_t)i;
		return (uint8_t)i;
	}
	MODEL_LOG(NOTICE, model, "more than %zu generators: other ports' sinks will not know of "
		  "the stall windows of this one", RTE_DIM(marks) - 1);
	return 0;
}

void
model_stall_mark_put(struct aether_model *model)
{
	if (model->stall.mark != 0)
		__atomic_store_n(&marks[model->stall.mark].used, false, __ATOMIC_RELEASE);
	model->stall.mark = 0;
}

bool
model_mark_in_stall(uint8_t mark, uint64_t tsc)
{
	/* Unordered: whether a packet that leaves in the very moment in which a window opens or
	 * ends was touched is a matter of nanoseconds. */
	return __atomic_load_n(&marks[mark].start, __ATOMIC_RELAXED) != 0 ||
		tsc < __atomic_load_n(&marks[mark].end, __ATOMIC_RELAXED);
}

static void
publish(const struct model_stall *stall)
{
	if (stall->mark == 0)
		return;
	__atomic_store_n(&marks[stall->mark].start, stall->start, __ATOMIC_RELAXED);
	__atomic_store_n(&marks[stall->mark].end, stall->end, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ windows ----------------- */

/* A core was away from `since` to `now`. */
static void
open_window(struct model_stall *stall, uint64_t since, uint64_t now)
{
	uint64_t limit = now + RECOVERY_GAPS * (now - since);

	if (stall->start == 0) {
		stall->start = RTE_MAX(since, stall->end);
		stall->limit = limit;
		publish(stall);
	}
	stall->back = now;
	stall->limit = RTE_MAX(stall->limit, limit);
}

void
model_stall_close(struct model_stall *stall, uint64_t now)
{
	uint64_t length = now - stall->start;

	stall->windows++;
	stall->total += length;
	stall->recovery += now - stall->back;
	stall->longest = RTE_MAX(stall->longest, length);
	stall->start = 0;
	stall->end = now;
}

static bool
host_away(const struct aether_model *model)
{
	unsigned int i;

	for (i = 0; i < model->n_rx_active; i++)
		if (model->rxq[model->rx_active[i]].host_state == HOST_AWAY)
			return true;
	return false;
}

/* The wire is on time again, and each Rx queue has half of its descriptors or more. */
static bool
backlog_gone(const struct aether_model *model, uint64_t tsc)
{
	uint64_t due = model_wire_next_due(model);
	const struct model_rxq *rxq;
	unsigned int i, available;

	if (due < tsc && tsc - due > model->stall.threshold)
		return false;
	for (i = 0; i < model->n_rx_active; i++) {
		rxq = &model->rxq[model->rx_active[i]];
		available = (rxq->tail + rxq->qlen - rxq->head) % rxq->qlen;
		if (available < rxq->qlen / 2u)
			return false;
	}
	return true;
}

void
model_stall_step(struct aether_model *model, uint64_t tsc)
{
	struct model_stall *stall = &model->stall;
	uint64_t last = stall->last_step;

	stall->last_step = tsc;
	if (last != 0 && tsc > last && tsc - last > stall->threshold) {
		open_window(stall, last, tsc);
		return;
	}
	if (likely(stall->start == 0) || host_away(model))
		return;
	if (tsc >= stall->limit || backlog_gone(model, tsc)) {
		model_stall_close(stall, RTE_MAX(tsc, stall->back));
		publish(stall);
	}
}

void
model_stall_within_step(struct aether_model *model, uint64_t tsc)
{
	open_window(&model->stall, model->stall.last_step, tsc);
	model->stall.last_step = tsc;
}

void
model_stall_sleep(struct aether_model *model)
{
	model->stall.last_step = 0;
}

void
model_stall_reset(struct aether_model *model, uint64_t now)
{
	struct model_stall *stall = &model->stall;
	unsigned int i;

	stall->windows = 0;
	stall->total = 0;
	stall->longest = 0;
	stall->recovery = 0;
	for (i = 0; i < model->n_rx_active; i++)
		model->rxq[model->rx_active[i]].host_due_dropped = 0;
	/* The rest of an open window belongs to the new period. */
	if (stall->start != 0) {
		stall->start = now;
		stall->back = RTE_MAX(stall->back, now);
	}
}

/* ------------------------------------------------------------------ host -------------------- */

static uint64_t
drops_outside(const struct aether_model *model)
{
	return model->wire_stats.rx_dropped - model->wire_stats.rx_dropped_in_stall;
}

static void
host_left(struct aether_model *model, struct model_rxq *rxq, uint64_t tsc)
{
	uint64_t outside = drops_outside(model);

	rxq->host_state = HOST_AWAY;
	open_window(&model->stall, rxq->host_due_tsc, tsc);
	/* Known only now, but away since then: the drops in between belong to the window. */
	if (outside > rxq->host_due_dropped)
		model->wire_stats.rx_dropped_in_stall += outside - rxq->host_due_dropped;
}

static void
host_here(struct aether_model *model, struct model_rxq *rxq, uint64_t tsc, bool owes)
{
	if (rxq->host_state == HOST_AWAY)
		open_window(&model->stall, rxq->host_due_tsc, tsc);
	rxq->host_state = HOST_HERE;
	rxq->host_due_tsc = owes ? tsc : 0;
	rxq->host_due_dropped = drops_outside(model);
}

void
model_stall_host(struct aether_model *model, struct model_rxq *rxq, uint64_t tsc,
		 bool tail_moved, unsigned int descriptors)
{
	unsigned int held = rxq->qlen - descriptors;
	bool owes = held >= RTE_MIN(HOST_OWES, rxq->qlen * 3u / 4);
	uint64_t away;

	if (tail_moved || !owes || rxq->host_due_tsc == 0 ||
	    rxq->tail_moved_tsc > rxq->host_due_tsc) {
		host_here(model, rxq, tsc, owes);
		return;
	}
	away = tsc - rxq->host_due_tsc;
	if (likely(away <= model->stall.threshold))
		return;
	if (rxq->host_state == HOST_HERE)
		host_left(model, rxq, tsc);
	else if (rxq->host_state == HOST_AWAY && away > model->tsc_hz * HOST_GIVE_UP_S)
		rxq->host_state = HOST_GIVEN_UP;
}
