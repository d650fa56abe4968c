/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Capture files on the wire: `in` is played from memory, `out` gets what the port sends as a pcap
 * file of the nanosecond kind. The file is written here rather than by libpcap so that a disk that
 * fills up leaves whole records and an exact count.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "model_wire.h"

/* The file format: draft-ietf-opsawg-pcap, sections 4 and 5. Host's byte order. */
#define PCAP_MAGIC_NS		0xA1B23C4Du
#define PCAP_SNAPLEN		262144
#define PCAP_LINKTYPE_ETHERNET	1

struct pcap_file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t snaplen, linktype;
};

struct pcap_record_header {
	uint32_t seconds, nanoseconds;
	uint32_t captured, original;
};

#define OUT_BUFFER		(256u * 1024)
#define OUT_IDLE_MS		2	/* flush when nothing was sent for so long */

/* The capture that is written. */
struct pcap_out {
	int fd;				/* -1: none */
	char *name;
	uint8_t *buffer;
	size_t used;
	off_t written;			/* bytes of whole records in the file */
	bool seekable;
	bool failed;			/* a write failed: nothing more goes in */
	uint64_t last_tsc;
	uint64_t base_tsc, base_ns;	/* one moment by TSC and since 1970 */
};

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
	struct pcap_out out;
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

/* Writing ended after `done` bytes of the buffer: keep the whole records, count the others. */
static void
out_fail(struct pcap_wire *w, size_t done)
{
	struct pcap_out *out = &w->out;
	struct pcap_record_header record;
	size_t at = 0, whole;
	uint64_t lost = 0;
	int error = errno;

	/* The buffer begins with a record, or, before the first flush, with the file header. */
	if (out->written == 0)
		at = sizeof(struct pcap_file_header);
	whole = done >= at ? at : 0;
	for (; at < out->used; at += sizeof(record) + record.captured) {
		memcpy(&record, out->buffer + at, sizeof(record));
		if (at + sizeof(record) + record.captured <= done)
			whole = at + sizeof(record) + record.captured;
		else
			lost++;
	}
	out->written += whole;
	if (out->seekable && ftruncate(out->fd, out->written) != 0)
		MODEL_LOG(WARNING, w->wire.model, "capture %s: its last record is cut and stays",
			  out->name);
	MODEL_LOG(ERR, w->wire.model, "capture %s: cannot write: %s; packets from here on are "
		  "counted as dropped", out->name, strerror(error));
	w->wire.model->wire_stats.tx_dropped += lost;
	out->used = 0;
	out->failed = true;
}

static void
out_flush(struct pcap_wire *w)
{
	struct pcap_out *out = &w->out;
	size_t done = 0;
	ssize_t ret;

	while (done < out->used) {
		ret = write(out->fd, out->buffer + done, out->used - done);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0) {
			out_fail(w, done);
			return;
		}
		done += (size_t)ret;
	}
	out->written += (off_t)done;
	out->used = 0;
}

static void
out_put(struct pcap_wire *w, const struct model_frame *frame, uint64_t ns)
{
	struct pcap_out *out = &w->out;
	struct pcap_record_header record = {
		.seconds = (uint32_t)(ns / NS_PER_S),
		.nanoseconds = (uint32_t)(ns % NS_PER_S),
		.captured = frame->len,
		.original = frame->len,
	};

	if (out->used + sizeof(record) + frame->len > OUT_BUFFER)
		out_flush(w);
	if (out->failed) {
		w->wire.model->wire_stats.tx_dropped++;
		return;
	}
	memcpy(out->buffer + out->used, &record, sizeof(record));
	memcpy(out->buffer + out->used + sizeof(record), frame->data, frame->len);
	out->used += sizeof(record) + frame->len;
}

static unsigned int
pcap_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);
	struct pcap_out *out = &w->out;
	unsigned int i;
	uint64_t ns;

	if (w->in.n_frames == 0)
		n = model_pace_admit(&w->source.pace, frames, n, tsc);
	if (out->fd < 0)
		return n;
	ns = out->base_ns + (uint64_t)((unsigned __int128)(tsc - out->base_tsc) * NS_PER_S /
				       wire->model->tsc_hz);
	for (i = 0; i < n; i++)
		out_put(w, &frames[i], ns);
	out->last_tsc = tsc;
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
	if (w->out.used != 0 &&
	    tsc - w->out.last_tsc > wire->model->tsc_hz / (MS_PER_S / OUT_IDLE_MS))
		out_flush(w);
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
	if (w->out.fd >= 0)
		close(w->out.fd);
	free(w->out.buffer);
	free(w->out.name);
	free(w);
}

static void
pcap_close_wire(struct model_wire *wire)
{
	struct pcap_wire *w = container_of(wire, struct pcap_wire, wire);

	if (w->out.fd >= 0 && !w->out.failed)
		out_flush(w);
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

/* Real time and TSC at once. */
static void
out_set_clock(struct pcap_out *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	out->base_tsc = rte_rdtsc();
	out->base_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int
open_out(struct pcap_wire *w, struct aether_model *model, const struct wire_conf *conf,
	 const struct stat *in_stat)
{
	const struct pcap_file_header header = {
		.magic = PCAP_MAGIC_NS,
		.major = 2,
		.minor = 4,
		.snaplen = PCAP_SNAPLEN,
		.linktype = PCAP_LINKTYPE_ETHERNET,
	};
	struct pcap_out *out = &w->out;
	struct stat st;
	int ret;

	/* Not blocking: a step never waits, so a FIFO is refused. */
	out->fd = open(conf->out, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
	if (out->fd < 0 || fstat(out->fd, &st) != 0) {
		ret = -errno;
		MODEL_LOG(ERR, model, "capture %s: cannot open to write: %s; out= takes a file "
			  "that can be written", conf->out, strerror(errno));
		return ret;
	}
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) {
		MODEL_LOG(ERR, model, "capture %s is no regular file; out= takes one", conf->out);
		return -EINVAL;
	}
	if (conf->in != NULL && st.st_dev == in_stat->st_dev && st.st_ino == in_stat->st_ino) {
		MODEL_LOG(ERR, model, "capture %s is both in and out, which would overwrite it; "
			  "give out= another name", conf->out);
		return -EINVAL;
	}
	out->seekable = S_ISREG(st.st_mode);
	if (out->seekable && ftruncate(out->fd, 0) != 0) {
		ret = -errno;
		MODEL_LOG(ERR, model, "capture %s: cannot empty it: %s", conf->out,
			  strerror(errno));
		return ret;
	}
	out->name = strdup(conf->out);
	out->buffer = malloc(OUT_BUFFER);
	if (out->name == NULL || out->buffer == NULL) {
		MODEL_LOG(ERR, model, "capture %s: no memory to write it", conf->out);
		return -ENOMEM;
	}
	memcpy(out->buffer, &header, sizeof(header));
	out->used = sizeof(header);
	out_set_clock(out);
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
	w->out.fd = -1;
	wire_source_init(&w->source, conf, model);
	if (conf->in != NULL)
		ret = open_in(w, model, conf, &in_stat);
	if (ret == 0 && conf->out != NULL)
		ret = open_out(w, model, conf, &in_stat);
	if (ret != 0) {
		pcap_free(w);
		return ret;
	}
	w->wire.finished = w->rounds_left == 0;
	*wire = &w->wire;
	return 0;
}
