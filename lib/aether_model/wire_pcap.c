/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Capture files on the wire: `in` is played from memory, `out` gets what the port sends.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model_wire.h"

struct pcap_wire {
	struct model_wire wire;
	struct wire_source source;	/* of in; of out alone it paces sending */
	struct capture in;
	size_t next;			/* frame to show next, in this round */
	size_t taken;			/* frame to take next */
	uint32_t waiting;		/* shown and not taken */
	uint64_t rounds_left;		/* of showing; UINT64_MAX: endless */
	bool each_link;			/* a new round each time that the port can receive again */
	bool again;			/* it is due, once what waits of the last one is gone */
	struct capture_out out;
};

/* ------------------------------------------------------------------ in ---------------------- */

/* The frame at `next` leaves the capture at tsc. */
static void
leave(struct pcap_wire *w, uint64_t tsc)
{
	struct model_pace *pace = &w->source.pace;
	uint32_t len = w->in.frames[w->next].len;

	if (pace->limited)
		wire_count_late(&w->wire, pace->due, tsc);
	if (++w->next == w->in.n_frames) {
		w->next = 0;
		if (w->rounds_left != UINT64_MAX)
			w->rounds_left--;
	}
	if (pace->mode == WIRE_PACE_REAL)
		model_pace_wait(pace, w->in.frames[w->next].ns);
	else if (pace->limited)
		model_pace_next(pace, len);
}

static unsigned int
pcap_peek(struct model_wire *wire, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);
	const struct capture_frame *frame;
	uint64_t new_bytes = 0;
	size_t at = w->taken;
	unsigned int i, fresh;

	wire_note_time(wire, tsc);
	for (i = 0; i < n; i++) {
		if (i >= w->waiting) {
			if (w->rounds_left == 0 || !w->source.active || w->source.pace.due > tsc)
				break;
			new_bytes += w->in.frames[at].len;
			leave(w, tsc);
		}
		frame = &w->in.frames[at];
		frames[i].data = w->in.data + frame->offset;
		frames[i].len = frame->len;
		if (++at == w->in.n_frames)
			at = 0;
	}
	if (i > w->waiting) {
		fresh = i - w->waiting;
		w->waiting = i;
		wire_count_offered(wire, fresh, new_bytes);
	}
	return i;
}

static void
pcap_take(struct model_wire *wire, unsigned int n)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);

	if (n == 0)
		return;
	w->waiting -= n;
	w->taken = (w->taken + n) % w->in.n_frames;
	wire->finished = w->rounds_left == 0 && w->waiting == 0;
}

static uint64_t
pcap_next_due(struct model_wire *wire)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);

	return w->rounds_left == 0 ? UINT64_MAX : wire_source_next_due(&w->source);
}

/* ------------------------------------------------------------------ out --------------------- */

static unsigned int
pcap_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);

	if (w->in.n_frames == 0)
		n = model_pace_admit(&w->source.pace, frames, n, tsc);
	wire->model->wire_stats.tx_dropped += capture_out_put(&w->out, frames, n, tsc);
	return n;
}

/* The port could not receive: the round is over, and the next one is to be a whole one. */
static void
end_round(struct pcap_wire *w)
{
	w->rounds_left = 0;
	w->again = true;
}

static void
begin_round(struct pcap_wire *w)
{
	w->next = 0;
	w->taken = 0;
	w->rounds_left = 1;
	w->again = false;
	w->wire.finished = false;
}

/* A link may go and come back before the next step sees it. */
static void
pcap_changed(struct model_wire *wire)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);

	if (w->each_link && !model_port_lit(wire->model))
		end_round(w);
}

static void
pcap_step(struct model_wire *wire, uint64_t tsc)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);
	bool was_active = w->source.active;

	if (w->in.n_frames != 0)
		wire_source_step(&w->source, wire->model, tsc);
	if (w->each_link && w->source.active && !was_active)
		end_round(w);
	if (w->again && w->source.active && w->waiting == 0)
		begin_round(w);
	wire->model->wire_stats.tx_dropped += capture_out_step(&w->out, tsc);
}

static bool
pcap_link(struct model_wire *wire)
{
	RTE_SET_USED(wire);
	return true;
}

static void
pcap_free(struct pcap_wire *w)
{
	capture_free(&w->in);
	free(w);
}

static void
pcap_close_wire(struct model_wire *wire)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);

	wire->model->wire_stats.tx_dropped += capture_out_close(&w->out);
	pcap_free(w);
}

static const struct model_wire_ops pcap_ops = {
	.rx_peek = pcap_peek,
	.rx_take = pcap_take,
	.tx = pcap_tx,
	.link = pcap_link,
	.close = pcap_close_wire,
	.step = pcap_step,
	.changed = pcap_changed,
	.next_due = pcap_next_due,
};

/* ------------------------------------------------------------------ opening ----------------- */

static int
open_in(struct pcap_wire *w, struct aether_model *model, const struct wire_conf *conf,
	struct stat *in_stat)
{
	/* Not blocking: a FIFO is refused below, not waited for. */
	int fd = open(conf->in, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *file;
	int ret;

	if (fd < 0 || fstat(fd, in_stat) != 0) {
		ret = -errno;
		MODEL_LOG(ERR, model, "capture %s: cannot open: %s; in= takes a file that can be "
			  "read", conf->in, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	if (!S_ISREG(in_stat->st_mode)) {
		MODEL_LOG(ERR, model, "capture %s is %s; in= takes a regular file", conf->in,
			  S_ISDIR(in_stat->st_mode) ? "a directory" : "no regular file");
		close(fd);
		return S_ISDIR(in_stat->st_mode) ? -EISDIR : -EINVAL;
	}
	file = fdopen(fd, "rb");
	if (file == NULL) {
		MODEL_LOG(ERR, model, "capture %s: no memory to read it", conf->in);
		close(fd);
		return -ENOMEM;
	}
	ret = capture_load(model, file, conf->in, conf->skip_truncated, &w->in);
	if (ret != 0)
		return ret;
	w->rounds_left = conf->loops == 0 ? UINT64_MAX : conf->loops;
	w->each_link = conf->loop_link;
	if (w->in.n_frames == 0) {
		MODEL_LOG(NOTICE, model, "capture %s has no packets to play", conf->in);
		w->rounds_left = 0;
		w->each_link = false;
	}
	return 0;
}

int
wire_pcap_open(struct aether_model *model, const struct wire_conf *conf,
	       struct model_wire **wire)
{
	struct pcap_wire *w = wire_alloc(model, sizeof(*w));
	struct stat in_stat = { 0 };
	int ret = 0;

	if (w == NULL)
		return -ENOMEM;
	w->wire.ops = &pcap_ops;
	capture_out_init(&w->out);
	wire_source_init(&w->source, conf, model);
	if (conf->in != NULL)
		ret = open_in(w, model, conf, &in_stat);
	if (ret == 0 && conf->out != NULL)
		ret = capture_out_open(&w->out, model, conf->out,
				       conf->in != NULL ? &in_stat : NULL,
				       "packets from here on are counted as dropped");
	if (ret != 0) {
		pcap_free(w);
		return ret;
	}
	w->wire.finished = w->rounds_left == 0;
	*wire = &w->wire;
	return 0;
}
