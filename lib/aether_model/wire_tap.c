/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A network interface of Linux on the wire: what Linux sends through it arrives at the port, and
 * what the port sends arrives there.
 *
 * Frames that the host has no descriptor for stay here, and behind them in the interface's own
 * queue (txqueuelen), where Linux drops and counts what is too much. A frame is a system call
 * here, and a frame sent runs Linux's receive path inside it; neither waits.
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model_wire.h"

#define TAP_SLOTS		MODEL_BURST
/* A frame and one byte more, which tells that it is too long. The stride is an odd number of
 * cache lines, so that the beginnings of frames spread over all sets. */
#define TAP_SLOT_LINES \
	(RTE_CACHE_LINE_ROUNDUP(WIRE_MAX_FRAME + 1) / RTE_CACHE_LINE_SIZE | 1)
#define TAP_SLOT_SIZE		(TAP_SLOT_LINES * RTE_CACHE_LINE_SIZE)

/* An empty queue is not asked again at once: a system call a step would slow other wires. */
#define TAP_QUIET_US		2
/* How often the interface's state is looked at. */
#define TAP_LINK_MS		10

struct tap_wire {
	struct model_wire wire;
	int fd;
	bool up;			/* the interface is */
	bool gone;			/* somebody deleted it */
	bool lit;			/* carrier, as Linux was told */
	struct model_pace pace;		/* of sending */
	uint64_t quiet;			/* TSC cycles in TAP_QUIET_US */
	uint64_t read_next;		/* TSC of the next look into the queue */
	uint64_t link_next;		/* TSC of the next look at the interface */
	uint32_t first;			/* slot of the oldest frame that waits */
	uint32_t waiting;		/* frames shown and not taken */
	struct tap_if *tap;
	char name[16];
	uint32_t len[TAP_SLOTS];
	uint8_t data[TAP_SLOTS][TAP_SLOT_SIZE] __rte_cache_aligned;
};

/* Not our interface any more. The next look at the link tells the firmware. */
static void
tap_gone(struct tap_wire *w)
{
	if (!w->gone)
		MODEL_LOG(ERR, w->wire.model, "interface %s was deleted: the link stays down; "
			  "close the port and create it anew to have the interface again",
			  w->name);
	w->gone = true;
	w->link_next = 0;
}

/* Read until n frames wait, or there are no more. */
static void
read_frames(struct tap_wire *w, unsigned int n, uint64_t tsc)
{
	uint64_t new_bytes = 0;
	unsigned int fresh = 0, slot;
	ssize_t len;

	while (w->waiting < n) {
		slot = (w->first + w->waiting) % TAP_SLOTS;
		len = read(w->fd, w->data[slot], WIRE_MAX_FRAME + 1);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0) {
			if (len < 0 && errno == EBADFD)
				tap_gone(w);
			w->read_next = tsc + w->quiet;
			break;
		}
		if (len < WIRE_MIN_FRAME) {
			memset(w->data[slot] + len, 0, WIRE_MIN_FRAME - (size_t)len);
			len = WIRE_MIN_FRAME;
		}
		w->len[slot] = (uint32_t)len;
		w->waiting++;
		fresh++;
		new_bytes += (uint64_t)len;
	}
	if (fresh != 0)
		wire_count_offered(&w->wire, fresh, new_bytes);
}

static unsigned int
tap_peek(struct model_wire *wire, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct tap_wire *w = container_of(wire, struct tap_wire, wire);
	unsigned int i, slot;

	wire_note_time(wire, tsc);
	if (w->waiting < n && tsc >= w->read_next && !w->gone)
		read_frames(w, n, tsc);
	n = RTE_MIN(n, w->waiting);
	for (i = 0; i < n; i++) {
		slot = (w->first + i) % TAP_SLOTS;
		frames[i].data = w->data[slot];
		frames[i].len = w->len[slot];
	}
	return n;
}

static void
tap_take(struct model_wire *wire, unsigned int n)
{
	struct tap_wire *w = container_of(wire, struct tap_wire, wire);

	w->first = (w->first + n) % TAP_SLOTS;
	w->waiting -= n;
}

static unsigned int
tap_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct tap_wire *w = container_of(wire, struct tap_wire, wire);
	unsigned int i;
	ssize_t ret;

	n = model_pace_admit(&w->pace, frames, n, tsc);
	for (i = 0; i < n; i++) {
		do {
			ret = write(w->fd, frames[i].data, frames[i].len);
		} while (ret < 0 && errno == EINTR);
		/* Linux has too much of ours in flight: the rest waits in the Tx ring. */
		if (ret < 0 && errno == EAGAIN)
			return i;
		/* Else the interface is down or gone (the next look at it tells), or Linux has
		 * no memory for the frame. */
		if (ret < 0)
			wire->model->wire_stats.tx_dropped++;
	}
	return n;
}

/*
 * Whether the interface is up (IFF_UP): a tap can be written then and only then, and reports an
 * error once it was deleted. Asked by its descriptor, so a rename or a move to another network
 * namespace makes no difference, and without rtnl_lock, for which others may keep us waiting.
 */
static void
look_at_link(struct tap_wire *w)
{
	struct pollfd pollfd = { .fd = w->fd, .events = POLLOUT };
	bool up = w->up;

	if (poll(&pollfd, 1, 0) >= 0) {
		if ((pollfd.revents & (POLLERR | POLLNVAL)) != 0)
			tap_gone(w);
		up = !w->gone && (pollfd.revents & POLLOUT) != 0;
	}
	if (up == w->up)
		return;
	w->up = up;
	model_fw_link_update(w->wire.model);
}

static void
tap_changed(struct model_wire *wire)
{
	struct tap_wire *w = container_of(wire, struct tap_wire, wire);
	bool lit = model_port_lit(wire->model);

	if (lit == w->lit)
		return;
	w->lit = lit;
	tap_if_set_carrier(w->tap, lit);
}

static void
tap_step(struct model_wire *wire, uint64_t tsc)
{
	struct tap_wire *w = container_of(wire, struct tap_wire, wire);

	tap_changed(wire);
	if (tsc < w->link_next)
		return;
	w->link_next = tsc + wire->model->tsc_hz / (MS_PER_S / TAP_LINK_MS);
	look_at_link(w);
}

static bool
tap_link(struct model_wire *wire)
{
	return container_of(wire, struct tap_wire, wire)->up;
}

static void
tap_close(struct model_wire *wire)
{
	struct tap_wire *w = container_of(wire, struct tap_wire, wire);

	tap_if_close(w->tap);
	free(w);
}

static const struct model_wire_ops tap_ops = {
	.rx_peek = tap_peek,
	.rx_take = tap_take,
	.tx = tap_tx,
	.link = tap_link,
	.close = tap_close,
	.step = tap_step,
	.changed = tap_changed,
};

int
wire_tap_open(struct aether_model *model, const struct wire_conf *conf,
	      struct model_wire **wire)
{
	struct tap_wire *w = wire_alloc(model, sizeof(*w));
	int ret;

	if (w == NULL)
		return -ENOMEM;
	w->wire.ops = &tap_ops;
	w->quiet = model->tsc_hz / (US_PER_S / TAP_QUIET_US);
	snprintf(w->name, sizeof(w->name), "%s", conf->name);
	model_pace_init(&w->pace, conf->pace, conf->pps, model);
	ret = tap_if_open(model, conf, &w->tap, &w->fd);
	if (ret != 0) {
		free(w);
		return ret;
	}
	*wire = &w->wire;
	return 0;
}
