/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Writing a capture: a pcap file of the nanosecond kind. It is written here rather than by libpcap
 * so that a disk that fills up leaves whole records and an exact count.
 */

#include <errno.h>
#include <fcntl.h>
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
#define OUT_AGE_MS		2	/* flush what is older, for who reads along */

void
capture_out_init(struct capture_out *out)
{
	memset(out, 0, sizeof(*out));
	out->fd = -1;
}

/* ------------------------------------------------------------------ writing ----------------- */

/* Writing ended after `done` bytes of the buffer: keep the whole records. @return the others */
static unsigned int
out_fail(struct capture_out *out, size_t done)
{
	struct pcap_record_header record;
	unsigned int lost = 0;
	size_t at = 0, whole;
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
		MODEL_LOG(WARNING, out->model, "capture %s: its last record is cut and stays",
			  out->name);
	MODEL_LOG(ERR, out->model, "capture %s: cannot write: %s; %s", out->name, strerror(error),
		  out->when_failed);
	out->used = 0;
	out->failed = true;
	return lost;
}

static unsigned int
out_flush(struct capture_out *out)
{
	size_t done = 0;
	ssize_t ret;

	while (done < out->used) {
		ret = write(out->fd, out->buffer + done, out->used - done);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return out_fail(out, done);
		done += (size_t)ret;
	}
	out->written += (off_t)done;
	out->used = 0;
	return 0;
}

static unsigned int
out_put(struct capture_out *out, const struct model_frame *frame, uint64_t tsc, uint64_t ns)
{
	struct pcap_record_header record = {
		.seconds = (uint32_t)(ns / NS_PER_S),
		.nanoseconds = (uint32_t)(ns % NS_PER_S),
		.captured = frame->len,
		.original = frame->len,
	};
	unsigned int lost = 0;

	if (out->used + sizeof(record) + frame->len > OUT_BUFFER)
		lost = out_flush(out);
	if (out->failed)
		return lost + 1;
	if (out->used == 0)
		out->oldest = tsc;
	memcpy(out->buffer + out->used, &record, sizeof(record));
	memcpy(out->buffer + out->used + sizeof(record), frame->data, frame->len);
	out->used += sizeof(record) + frame->len;
	return lost;
}

unsigned int
capture_out_put(struct capture_out *out, const struct model_frame *frames, unsigned int n,
		uint64_t tsc)
{
	unsigned int i, lost = 0;
	uint64_t ns;

	if (out->fd < 0)
		return 0;
	ns = out->base_ns + (uint64_t)((unsigned __int128)(tsc - out->base_tsc) * NS_PER_S /
				       out->model->tsc_hz);
	for (i = 0; i < n; i++)
		lost += out_put(out, &frames[i], tsc, ns);
	return lost;
}

unsigned int
capture_out_step(struct capture_out *out, uint64_t tsc)
{
	if (out->used != 0 && tsc - out->oldest > out->model->tsc_hz / (MS_PER_S / OUT_AGE_MS))
		return out_flush(out);
	return 0;
}

unsigned int
capture_out_close(struct capture_out *out)
{
	unsigned int lost = 0;

	if (out->fd >= 0 && !out->failed)
		lost = out_flush(out);
	if (out->fd >= 0)
		close(out->fd);
	free(out->buffer);
	free(out->name);
	capture_out_init(out);
	return lost;
}

/* ------------------------------------------------------------------ opening ----------------- */

/* Real time and TSC at once. */
static void
out_set_clock(struct capture_out *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	out->base_tsc = rte_rdtsc();
	out->base_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
	out->oldest = out->base_tsc;
}

static int
out_open(struct capture_out *out, const char *name, const struct stat *in)
{
	struct stat st;
	int ret;

	/* Not blocking: a step never waits, so a FIFO is refused. */
	out->fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
	if (out->fd < 0 || fstat(out->fd, &st) != 0) {
		ret = -errno;
		MODEL_LOG(ERR, out->model, "capture %s: cannot open to write: %s; wanted a file "
			  "that can be written", name, strerror(errno));
		return ret;
	}
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) {
		MODEL_LOG(ERR, out->model, "capture %s is no regular file; wanted one", name);
		return -EINVAL;
	}
	if (in != NULL && st.st_dev == in->st_dev && st.st_ino == in->st_ino) {
		MODEL_LOG(ERR, out->model, "capture %s is both in and out, which would overwrite "
			  "it; give out= another name", name);
		return -EINVAL;
	}
	out->seekable = S_ISREG(st.st_mode);
	if (out->seekable && ftruncate(out->fd, 0) != 0) {
		ret = -errno;
		MODEL_LOG(ERR, out->model, "capture %s: cannot empty it: %s", name,
			  strerror(errno));
		return ret;
	}
	return 0;
}

int
capture_out_open(struct capture_out *out, struct aether_model *model, const char *name,
		 const struct stat *in, const char *when_failed)
{
	const struct pcap_file_header header = {
		.magic = PCAP_MAGIC_NS,
		.major = 2,
		.minor = 4,
		.snaplen = PCAP_SNAPLEN,
		.linktype = PCAP_LINKTYPE_ETHERNET,
	};
	int ret;

	out->model = model;
	out->when_failed = when_failed;
	ret = out_open(out, name, in);
	if (ret == 0) {
		out->name = strdup(name);
		out->buffer = malloc(OUT_BUFFER);
		if (out->name == NULL || out->buffer == NULL) {
			MODEL_LOG(ERR, model, "capture %s: no memory to write it", name);
			ret = -ENOMEM;
		}
	}
	if (ret != 0) {
		out->failed = true;
		(void)capture_out_close(out);
		return ret;
	}
	memcpy(out->buffer, &header, sizeof(header));
	out->used = sizeof(header);
	out_set_clock(out);
	return 0;
}
