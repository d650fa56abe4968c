/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

/**
 * @file
 * What the kinds of wire share: the parsed wire string, pacing, sources that wait for a receiver,
 * the sink, and a ring of frames.
 */

#include <stdio.h>

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "model_latency.h"
#include "model_priv.h"

/** Bytes on the line besides the frame without FCS: FCS, preamble with SFD, interframe gap. */
#define WIRE_FCS_LEN		4
#define WIRE_LINE_OVERHEAD	(WIRE_FCS_LEN + 8 + 12)
/** Shortest frame without FCS (IEEE 802.3, 3.2.8). */
#define WIRE_MIN_FRAME		60
/** Longest frame without FCS that the device can receive. */
#define WIRE_MAX_FRAME		(MODEL_MAX_FRAME - WIRE_FCS_LEN)
#define WIRE_SPEC_MAX		8192

/* ------------------------------------------------------------------ wire string (wire_spec.c) */

enum wire_kind { WIRE_LOOP, WIRE_GEN, WIRE_SINK, WIRE_PCAP, WIRE_CABLE, WIRE_TAP };

enum wire_pace {
	WIRE_PACE_NONE,			/* not given */
	WIRE_PACE_PPS,
	WIRE_PACE_LINE,
	WIRE_PACE_LOSSLESS,		/* as fast as the receiver takes, nothing is dropped */
	WIRE_PACE_REAL,			/* as captured */
};

/** A wire string, parsed. Strings point into text. */
struct wire_conf {
	char text[WIRE_SPEC_MAX];
	enum wire_kind kind;
	const char *name;		/* cable; tap: of the interface */
	enum wire_pace pace;
	uint64_t pps;
	bool lossless;			/* pace=lossless, or the flag */
	uint32_t size;			/* gen: bytes with FCS */
	uint64_t count;			/* gen: 0: endless */
	uint32_t flows;
	uint64_t start_ms;
	bool dst_given, src_given;
	uint8_t dst[6], src[6];
	const char *in, *out;		/* pcap */
	uint64_t loops;			/* pcap: 0: endless */
	bool loop_link;			/* pcap: once for each time that the port can receive */
	bool skip_truncated;
	uint32_t mtu;			/* tap: 0: as Linux has it */
	const char *netns;		/* tap: name or path; NULL: the process's */
};

/** Parse spec. @return 0, or -EINVAL and the reason is logged (model may be NULL). */
int wire_spec_parse(struct aether_model *model, const char *spec, struct wire_conf *conf);

/* ------------------------------------------------------------------ pacing (model_pace.c) --- */

/**
 * An absolute schedule: frame i is due at start + the intervals of all before it, to a fraction of
 * a TSC cycle and without drift.
 */
struct model_pace {
	uint64_t due;			/* TSC at which the next frame is due */
	uint64_t whole;			/* interval after it: whole + part / unit cycles */
	uint64_t part;
	uint64_t carry;			/* fraction of due, in 1 / unit cycles */
	uint64_t unit;
	uint32_t len;			/* frame length that whole and part are for */
	bool limited;			/* false: everything is due at once */
	enum wire_pace mode;
	uint64_t tsc_hz;
	uint64_t credit;		/* TSC cycles that an admission may lag behind */
};

void model_pace_init(struct model_pace *pace, enum wire_pace mode, uint64_t pps,
		     const struct aether_model *model);
/** Compute the interval for frames of len bytes without FCS. */
void model_pace_set_len(struct model_pace *pace, uint32_t len);

/** A frame of len bytes left: when is the next one due? */
static inline void
model_pace_next(struct model_pace *pace, uint32_t len)
{
	if (unlikely(len != pace->len))
		model_pace_set_len(pace, len);
	pace->due += pace->whole;
	pace->carry += pace->part;
	if (pace->carry >= pace->unit) {
		pace->carry -= pace->unit;
		pace->due++;
	}
}

/** Let `ns` pass until the next frame, for captured timing. */
void model_pace_wait(struct model_pace *pace, uint64_t ns);

/** How many of n frames a sender may put on a line of this pace at tsc. */
unsigned int model_pace_admit(struct model_pace *pace, const struct model_frame *frames,
			      unsigned int n, uint64_t tsc);

/* ------------------------------------------------------------------ sources (model_pace.c) -- */

/** Something that brings frames by itself (generator, capture), while the port can receive. */
struct wire_source {
	struct model_pace pace;
	uint64_t delay;			/* TSC cycles between the first receiver and frame 0 */
	uint64_t suspended;		/* TSC at which the receiver went away */
	bool started;
	bool active;			/* link is up and an Rx queue has been filled */
};

void wire_source_init(struct wire_source *source, const struct wire_conf *conf,
		      const struct aether_model *model);
/** Once a step: start, suspend or resume with the receiver; the schedule moves by the gap. */
void wire_source_step(struct wire_source *source, const struct aether_model *model, uint64_t tsc);
/** TSC at which the source's next frame is due; UINT64_MAX: none by schedule. */
uint64_t wire_source_next_due(const struct wire_source *source);

/* ------------------------------------------------------------------ accounting -------------- */

/** Frames shown to the Rx engine for the first time. */
static inline void
wire_count_offered(struct model_wire *wire, unsigned int n, uint64_t bytes)
{
	wire->model->wire_stats.rx_offered += n;
	wire->model->wire_stats.rx_offered_bytes += bytes;
}

/** A scheduled frame left the source at tsc. */
static inline void
wire_count_late(struct model_wire *wire, uint64_t due, uint64_t tsc)
{
	uint64_t late = tsc - due;

	wire->late_sum += late;
	wire->late_count++;
	if (late > wire->late_max)
		wire->late_max = late;
}

/* ------------------------------------------------------------------ stamps and sink --------- */

/**
 * What the generator writes into the UDP payload, at WIRE_STAMP_OFFSET of the frame. Forwarders
 * that swap or rewrite MAC addresses leave it alone. The host's byte order: stamps are not for
 * other machines, whose TSC differs.
 */
struct wire_stamp {
	uint32_t magic;
	uint8_t source;			/* model_stall_mark_get() of the generator's device */
	uint8_t reserved;
	uint32_t sequence;
	uint64_t tsc;			/* when the frame was first shown to the device */
} __rte_packed;

#define WIRE_STAMP_OFFSET	(14 + 20 + 8)
#define WIRE_STAMP_MAGIC	0x72746541u
#define WIRE_STAMP_END		(WIRE_STAMP_OFFSET + sizeof(struct wire_stamp))

struct wire_sink {
	uint64_t horizon;		/* TSC cycles; an older stamp is not one of ours */
	uint32_t expected[256];		/* next sequence number, by source */
	bool seen[256];
};

void wire_sink_init(struct wire_sink *sink, const struct aether_model *model);
/** Record the latency and the order of the stamped ones among frames that left at tsc. */
void wire_sink_take(struct wire_sink *sink, struct model_wire *wire,
		    const struct model_frame *frames, unsigned int n, uint64_t tsc);

/* ------------------------------------------------------------------ stalls (model_stall.c) -- */

/** A device starts; model->tsc_hz is known. */
void model_stall_init(struct aether_model *model);
/** Count the open window as one that ends now. */
void model_stall_close(struct model_stall *stall, uint64_t now);
/** Forget past windows; an open one begins anew. */
void model_stall_reset(struct aether_model *model, uint64_t now);
/** The core was away within the step: open a window up to tsc. */
void model_stall_within_step(struct aether_model *model, uint64_t tsc);

/**
 * It is tsc now. A core is mostly taken away in the middle of a step: what leaves or is dropped in
 * the rest of this step has been touched, too, which the next step would notice too late.
 */
static inline void
wire_note_time(const struct model_wire *wire, uint64_t tsc)
{
	const struct model_stall *stall = &wire->model->stall;

	if (unlikely((int64_t)(tsc - stall->last_step) > (int64_t)stall->threshold) &&
	    stall->last_step != 0)
		model_stall_within_step(wire->model, tsc);
}

/* ------------------------------------------------------------------ frame ring (wire_ring.c)  */

#define WIRE_RING_SLOTS		8192u		/* frames */
#define WIRE_RING_BYTES		(1u << 20)	/* of frames, each on cache lines of its own */
#define WIRE_RING_LINES		(WIRE_RING_BYTES / RTE_CACHE_LINE_SIZE)

/**
 * Frames in flight: one producer and one consumer, which may be different threads. A position
 * counts slots (low half) and cache lines of data (high half), both running freely. A frame is
 * contiguous: what does not fit before the end of the data starts at its beginning.
 */
struct wire_ring {
	uint64_t head __rte_cache_aligned;	/* written by the producer */
	uint64_t tail_seen;			/* producer's copy of tail */
	uint64_t tail __rte_cache_aligned;	/* written by the consumer */
	uint32_t shown;				/* slots that the consumer has shown */
	uint32_t len[WIRE_RING_SLOTS] __rte_cache_aligned;
	uint8_t data[WIRE_RING_BYTES] __rte_cache_aligned;
};

/** @return an empty ring or NULL; free() it. */
struct wire_ring *wire_ring_create(void);
/** Producer: copy up to n frames in. @return how many had room */
unsigned int wire_ring_put(struct wire_ring *ring, const struct model_frame *frames,
			   unsigned int n);
/** Consumer: see up to n of the oldest frames, which stay. New ones are counted as offered. */
unsigned int wire_ring_peek(struct wire_ring *ring, struct model_wire *wire,
			    struct model_frame *frames, unsigned int n);
/** Consumer: let the oldest n frames go. */
void wire_ring_take(struct wire_ring *ring, unsigned int n);
/** Consumer: let all frames go. @return how many */
unsigned int wire_ring_drain(struct wire_ring *ring);
/** Consumer: frames that it has seen and not let go. */
unsigned int wire_ring_offered(const struct wire_ring *ring);
/** Either side: frames in it. */
unsigned int wire_ring_count(const struct wire_ring *ring);

/* ------------------------------------------------------------------ captures (wire_pcap.c) -- */

struct capture_frame {
	uint64_t offset;		/* into data */
	uint32_t len;
	uint64_t ns;			/* time since the frame before it */
};

/** A whole capture in memory. */
struct capture {
	uint8_t *data;
	size_t bytes, data_size;
	struct capture_frame *frames;
	size_t n_frames, frames_size;
	uint64_t skipped;		/* truncated packets left out */
};

/**
 * Read the capture in `file`, which is closed in every case. `name` is for messages.
 * @return 0; -EBADMSG: damaged or holds what is no Ethernet frame; -EINVAL: another link type;
 *   -EFBIG: over 1 GiB of frames; -ENOMEM. The reason is logged.
 */
int capture_load(struct aether_model *model, FILE *file, const char *name, bool skip_truncated,
		 struct capture *capture);
void capture_free(struct capture *capture);

/* ------------------------------------------------------------------ (wire_capture_out.c) ---- */

struct stat;

/** A capture that is written. Functions that return a count return frames that were lost. */
struct capture_out {
	struct aether_model *model;
	int fd;				/* -1: none, and all is accepted and forgotten */
	char *name;
	const char *when_failed;	/* what a failure means, for the log; a constant */
	uint8_t *buffer;
	size_t used;
	int64_t written;		/* bytes of whole records in the file */
	bool seekable;
	bool failed;			/* a write failed: nothing more goes in */
	uint64_t oldest;		/* TSC of the first record in the buffer */
	uint64_t base_tsc, base_ns;	/* one moment by TSC and since 1970 */
};

void capture_out_init(struct capture_out *out);
/** Make or empty the file. `in`: the one that is played, which must be another, or NULL.
 * @return 0, or negative errno with the reason logged */
int capture_out_open(struct capture_out *out, struct aether_model *model, const char *name,
		     const struct stat *in, const char *when_failed);
/** Write frames that passed at tsc. Those that fit are in the file within milliseconds. */
unsigned int capture_out_put(struct capture_out *out, const struct model_frame *frames,
			     unsigned int n, uint64_t tsc);
/** Once a step. */
unsigned int capture_out_step(struct capture_out *out, uint64_t tsc);
/** Write what is left, and close. One that is closed, or has not been opened, is fine. */
unsigned int capture_out_close(struct capture_out *out);

/** From now on capture both ways of a wire of any kind. (wire_tee.c)
 * @return 0, or negative errno with the reason logged */
int wire_tee_open(struct model_wire *wire, const char *file);

/* ------------------------------------------------------------------ taps (wire_tap_if.c) ---- */

/** A tap interface of Linux, and a thread that does what may wait for the kernel's locks. */
struct tap_if;

/** Make or attach the interface that conf names, bring it up, without carrier. @param[out] fd not
 * blocking, one frame a read or write, without FCS; closed by tap_if_close()
 * @return 0, or negative errno with the reason logged */
int tap_if_open(struct aether_model *model, const struct wire_conf *conf, struct tap_if **tap,
		int *fd);
/** Tell Linux whether there is a carrier. Does not wait. */
void tap_if_set_carrier(struct tap_if *tap, bool on);
/** An interface that tap_if_open() made goes. */
void tap_if_close(struct tap_if *tap);

/* ------------------------------------------------------------------ the kinds --------------- */

/* Each makes a wire of its kind: 0 and *wire, or negative errno with the reason logged. */
typedef int (*wire_open_fn)(struct aether_model *model, const struct wire_conf *conf,
			    struct model_wire **wire);
int wire_loop_open(struct aether_model *model, const struct wire_conf *conf,
		   struct model_wire **wire);
int wire_gen_open(struct aether_model *model, const struct wire_conf *conf,
		  struct model_wire **wire);
int wire_sink_open(struct aether_model *model, const struct wire_conf *conf,
		   struct model_wire **wire);
int wire_pcap_open(struct aether_model *model, const struct wire_conf *conf,
		   struct model_wire **wire);
int wire_cable_open(struct aether_model *model, const struct wire_conf *conf,
		    struct model_wire **wire);
int wire_tap_open(struct aether_model *model, const struct wire_conf *conf,
		  struct model_wire **wire);

/** calloc() on cache lines. @return size zeroed bytes or NULL, which is logged */
void *wire_alloc(struct aether_model *model, size_t size);

#endif /* MODEL_WIRE_H */
