/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_PRIV_H
#define MODEL_PRIV_H

/**
 * @file
 * The model's own structures. Everything here is protected by struct aether_model::lock, which
 * a step holds throughout and every control call takes, unless a comment says otherwise.
 */

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_log.h>
#include <rte_ticketlock.h>

#include "aether_model.h"
#include "e810_hw.h"

extern int aether_model_logtype;
/** Whether the device has not logged too much of late (model_log.c). By any thread. */
bool model_log_allowed(struct aether_model *model, uint32_t level);
#define MODEL_LOG(level, model, fmt, ...) do { \
	if (model_log_allowed((struct aether_model *)(uintptr_t)(model), RTE_LOG_ ## level)) \
		rte_log(RTE_LOG_ ## level, aether_model_logtype, "aether_model %s: " fmt "\n", \
			(model) != NULL ? (model)->name : "-", ## __VA_ARGS__); \
} while (0)

/** Queues that one function of the model offers; the hardware's 2048 are shared by functions. */
#define MODEL_RX_QUEUES		256
#define MODEL_TX_QUEUES		256
#define MODEL_VSIS		64	/* of a function; the card's numbers: see vsi_first */
#define MODEL_MSIX		257
/* Flow director entries, which firmware counts. No filter can be programmed. */
#define MODEL_FD_GUARANTEED	2048
#define MODEL_FD_SHARED		14336
#define MODEL_MAX_FRAME		E810_MAX_FRAME_SIZE
#define MODEL_BURST		64	/* packets that an engine handles as one batch */
#define MODEL_SCRATCH_FRAME	(16 * 1024)	/* any frame, and what the engines add to it */
#define MODEL_TX_SCRATCH	(4 * MODEL_SCRATCH_FRAME)

/* ------------------------------------------------------------------ IOMMU (model_iommu.c) --- */

struct model_iommu_map {
	uint64_t iova;
	uint64_t end;			/* first address after the mapping */
	uint8_t *va;
	bool writable;
};

struct model_iommu {
	struct model_iommu_map *maps;	/* as they were made, sorted by iova */
	struct model_iommu_map *spans;	/* the same, merged where adjacent in both address spaces */
	unsigned int n_maps;
	unsigned int n_spans;		/* never more than n_maps */
	unsigned int size;		/* of both arrays */
	unsigned int last;		/* the span that served the last lookup */
};

/** Power off, engines at rest: forget all mappings and free the table. */
void model_iommu_free(struct aether_model *model);

/**
 * Where the device may reach [iova, iova + len), or NULL, which is counted and logged once in a
 * while as a fault. `write` needs a writable mapping. A range may not span two mappings unless
 * they are adjacent in both address spaces (they are merged then).
 */
void *model_dma(struct aether_model *model, uint64_t iova, size_t len, bool write);
/** The same, and on success *tlb becomes the span that served it (model_dma_fast()). */
void *model_dma_fill(struct aether_model *model, struct model_iommu_map *tlb, uint64_t iova,
		     size_t len, bool write);

/** As model_dma_fill(), but a miss is no access: nothing is counted. */
void *model_dma_try(struct aether_model *model, struct model_iommu_map *tlb, uint64_t iova,
		    size_t len, bool write);

/**
 * The IOMMU blocked a read. A device learns of that, by a completion without success; of a blocked
 * write it does not, for nothing answers writes. model_dma() for reads calls this itself.
 */
void model_dma_read_failed(struct aether_model *model);
/** Show in the PCI status register that a read got no success (model_config.c). */
void model_config_master_abort(struct aether_model *model);

/** Where a queue's last span has [iova, iova + len), or NULL when it has not. */
static inline uint8_t *
model_dma_hit(const struct model_iommu_map *tlb, uint64_t iova, size_t len)
{
	if (likely(iova >= tlb->iova && iova < tlb->end && len <= tlb->end - iova))
		return tlb->va + (iova - tlb->iova);
	return NULL;
}

/** model_dma() for queues: the common case costs a compare. A tlb serves one kind of access. */
static inline uint8_t *
model_dma_fast(struct aether_model *model, struct model_iommu_map *tlb, uint64_t iova, size_t len,
	       bool write)
{
	uint8_t *va = model_dma_hit(tlb, iova, len);

	return likely(va != NULL) ? va : model_dma_fill(model, tlb, iova, len, write);
}

/* ------------------------------------------------------------------ queues (model_queue.c) -- */

/** An enabled receive queue, from its context. */
struct model_rxq {
	/* First line: what the engine touches for each batch. */
	uint8_t *ring;			/* descriptor ring in host memory */
	volatile uint32_t *tail_reg;	/* doorbell in BAR 0 memory */
	uint32_t tail;			/* last doorbell value seen, masked and checked */
	uint32_t tail_raw;		/* the same as the host wrote it */
	uint32_t head;			/* next descriptor to use */
	uint16_t qlen;
	uint16_t dbuf;			/* bytes a buffer holds */
	uint16_t rxmax;			/* longest frame accepted, bytes */
	uint8_t dsize;			/* bytes a descriptor: 16 or 32 */
	uint8_t rxdid;
	bool enabled;
	bool crcstrip;
	bool l2tsel;			/* a stripped tag goes to L2TAG1, else to L2TAG2 */
	bool touched;			/* in the batch at hand */
	uint16_t index;			/* of the queue in the function */

	struct model_iommu_map tlb;	/* last mapping that served a buffer; .end = 0: none */
	uint64_t tail_moved_tsc;	/* when the host last gave descriptors */
	/* model_stall.c: since when the host owes a tail move (0: it owes none), and
	 * rx_dropped - rx_dropped_in_stall at that time. */
	uint64_t host_due_tsc;
	uint64_t host_due_dropped;
	uint8_t host_state;		/* model_stall.c: here, away, or given up on */
	uint64_t packets;
	uint64_t ring_iova;
} __rte_cache_aligned;

/** An enabled transmit queue, from its context. */
struct model_txq {
	struct e810_tx_desc *ring;
	volatile uint32_t *tail_reg;
	uint32_t tail;
	uint32_t head;
	uint16_t qlen;
	bool enabled;
	bool tso;			/* its context allows segmentation */
	uint16_t index;
	uint16_t vsi;
	uint16_t segment;		/* of the packet at head: the next to send */

	struct model_iommu_map tlb;
	uint32_t teid;			/* its leaf in the scheduler */
	uint64_t packets;
	uint64_t ring_iova;
} __rte_cache_aligned;

/** A data buffer of the packet that is being read. */
struct model_tx_buffer {
	uint64_t iova;
	const uint8_t *data;		/* NULL: not mapped for the device */
	uint32_t len;
};

/** Read the context of Rx queue q from its registers and enable it.
 * @return 0, or -EINVAL and the log says which field; QENA_STAT stays clear then. */
int model_rxq_enable(struct aether_model *model, unsigned int q);
void model_rxq_disable(struct aether_model *model, unsigned int q);
/** Enable Tx queue q with the 22-byte context of Add LAN Tx Queues. @return 0 or -EINVAL. */
int model_txq_enable(struct aether_model *model, unsigned int q,
		     const uint8_t ctx[E810_TLAN_CTX_BYTES]);
void model_txq_disable(struct aether_model *model, unsigned int q);
/** The host took memory away: look the rings up again, stop queues whose ring is gone. */
void model_queues_remap(struct aether_model *model);
/** PF reset: disable every queue, forget contexts, zero doorbells. */
void model_queues_reset(struct aether_model *model);
/** Field (lsb, width) of a little-endian bit string. Use: model_ctx_get(ctx, E810_...) */
uint64_t model_ctx_get(const uint8_t *ctx, unsigned int lsb, unsigned int width);

/* ------------------------------------------------------------------ counters (model_stats.c)  */

/** Port counters, at full width; registers show the low 40 or 32 bits. */
struct model_port_counters {
	uint64_t rx_bytes, rx_unicast, rx_multicast, rx_broadcast;
	uint64_t tx_bytes, tx_unicast, tx_multicast, tx_broadcast;
	uint64_t rx_size[7], tx_size[7];	/* 64, 127, 255, 511, 1023, 1522, 9522 */
	uint64_t rx_undersize, rx_oversize, rx_fragments, rx_jabber;
	uint64_t crc_errors, illegal_bytes, length_errors, local_faults, remote_faults;
	uint64_t xon_rx, xoff_rx, xon_tx, xoff_tx;
	uint64_t tx_dropped_link_down;
	uint64_t rx_no_buffer;			/* PRTRPB_RDPC */
};

/** VSI counters. */
struct model_vsi_counters {
	uint64_t rx_bytes, rx_unicast, rx_multicast, rx_broadcast;
	uint64_t rx_discards;			/* GLV_RDPC: no descriptor */
	uint64_t rx_no_desc, rx_errors;		/* GLV_REPC, 16 bits each */
	uint64_t tx_bytes, tx_unicast, tx_multicast, tx_broadcast;
	uint64_t tx_errors;
};

/** Value of the statistics register at `offset`; false when there is none there. */
bool model_counter_read(struct aether_model *model, uint32_t offset, uint32_t *value);
/** BAR memory mode: write every counter to its register. */
void model_counters_publish(struct aether_model *model);

/* ------------------------------------------------------------------ wire (model_wire.c) ----- */

/**
 * One frame without FCS: whole and contiguous. Ethernet's shortest is 60 bytes, and whoever puts
 * a frame on the wire pads it (the Tx engine does, a capture's reader must); the Rx engine drops
 * a shorter one as undersize. A wire counts rx_offered, rx_offered_bytes, rx_pending and
 * tx_dropped; the engines count rx_delivered, rx_dropped*, tx_packets and tx_bytes (frames that
 * the wire's tx() took, what it then dropped included).
 */
struct model_frame {
	const uint8_t *data;
	uint32_t len;
};

struct model_wire;

/** What one end of a link can do and asks for. */
struct model_link_ability {
	uint64_t types;			/* phy_type_low that module and configuration allow */
	uint32_t module;		/* kind of module: must be the far end's, too */
	uint8_t caps;			/* E810_PHY_EN_*: pause and automatic FEC count */
	uint8_t fec;			/* E810_PHY_FEC_* */
};

/**
 * A kind of wire. Called under the lock of the device at this end; whoever has two ends (cable)
 * synchronises them itself (single producer, single consumer).
 *
 * A frame counts as offered when the wire first shows it; the Rx engine counts each frame that it
 * takes as either delivered or dropped. Each tsc is rte_rdtsc(), read just before the call:
 * latencies are computed from it.
 */
struct model_wire_ops {
	/**
	 * Show up to n (at most MODEL_BURST) frames that have arrived by tsc, oldest first, without
	 * taking them. They stay valid until rx_take().
	 */
	unsigned int (*rx_peek)(struct model_wire *wire, struct model_frame *frames,
				unsigned int n, uint64_t tsc);
	/** Take the oldest n frames off the wire. */
	void (*rx_take)(struct model_wire *wire, unsigned int n);
	/**
	 * Send up to n frames at tsc; data is only valid during the call.
	 * @return how many the wire took; fewer than n: it is paused, try the rest again later
	 */
	unsigned int (*tx)(struct model_wire *wire, const struct model_frame *frames,
			   unsigned int n, uint64_t tsc);
	/** Whether the far end is there (a cable's other port is up). */
	bool (*link)(struct model_wire *wire);
	void (*close)(struct model_wire *wire);
	/* These may be NULL. */
	/** Once a step, before the engines: the far end's news, files to flush. */
	void (*step)(struct model_wire *wire, uint64_t tsc);
	/** Link or pause state at this end changed. */
	void (*changed)(struct model_wire *wire);
	/** TSC at which the next frame is due by schedule; UINT64_MAX: none is scheduled. */
	uint64_t (*next_due)(struct model_wire *wire);
	/** What the far end brings to the link; `far` holds what a wire without this has. */
	void (*partner)(struct model_wire *wire, struct model_link_ability *far);
};

/** Common to all wires; a kind embeds it as its first member. */
struct model_wire {
	const struct model_wire_ops *ops;
	struct aether_model *model;
	struct wire_tee *tee;		/* that captures it; NULL: none (wire_tee.c) */
	/*
	 * Hold frames rather than drop them, whatever the ports negotiated: a property of the wire.
	 * Without it a port holds what waits for it when pause_tx, and waits itself when pause_rx.
	 */
	bool lossless;
	bool pause_tx, pause_rx;	/* 802.3x as negotiated: this end sends XOFF, obeys it */
	bool paused;			/* a frame waits for this end; XOFF was sent if pause_tx */
	bool finished;			/* the source has nothing more to bring */
	uint64_t late_sum, late_count, late_max;	/* scheduled sources, TSC cycles */
	uint64_t stats_since;		/* TSC of creation or of the last reset of statistics */
};

/** Make the wire that `spec` describes. @return 0, or negative errno with the reason logged. */
int model_wire_open(struct aether_model *model, const char *spec);
void model_wire_close(struct aether_model *model);
/**
 * Connect the port's transmitter to its own receiver instead of the wire, or to the wire again. What
 * the wire brings meanwhile waits there. @return 0 or -ENOMEM
 */
int model_wire_loopback(struct aether_model *model, bool on);
/** model_port_lit() or ->paused may have changed; a cable tells its far end. */
void model_wire_link_changed(struct aether_model *model);
/** Once a step, after model_stall_step() and before the engines, link up or not. */
void model_wire_step(struct aether_model *model, uint64_t tsc);
/** TSC at which the wire's schedule brings the next frame; UINT64_MAX: nothing is scheduled. */
uint64_t model_wire_next_due(const struct aether_model *model);
/*
 * Also in model_wire.c: aether_model_wire_stats_get() and _reset(), aether_model_wire_help() and
 * _check(). aether_model_service_*() are in model_service.c.
 */

/* ------------------------------------------------------------------ stalls (model_stall.c) -- */

/**
 * Stall windows (design.md 12): a core was away for over 20 us, until its backlog is gone. `end`
 * decides what a packet or a drop belongs to: one that entered before the last window's end is
 * counted as touched by it.
 */
struct model_stall {
	uint64_t threshold;		/* TSC cycles in 20 us */
	uint64_t start;			/* of the open window; 0: none is open */
	uint64_t end;			/* of the last closed window */
	uint64_t windows, total, longest;	/* TSC cycles */
	uint64_t recovery;		/* of total: after the core was back */
	uint64_t last_step;		/* TSC of the previous step; 0: was asleep, no gap counts */
	uint64_t back;			/* open window: when the core was last seen to be back */
	uint64_t limit;			/* open window: closes then, whatever the backlog */
	uint8_t mark;			/* model_stall_mark_get(), 0: none */
};

/**
 * A generator's windows, for the sinks of other devices: packets carry the mark of the device
 * whose wire made them. Marks are 1 to 255; without a free one the answer is 0, which stands for
 * a device that never stalls.
 */
uint8_t model_stall_mark_get(struct aether_model *model);
void model_stall_mark_put(struct aether_model *model);
/** model_in_stall() by mark; any thread. */
bool model_mark_in_stall(uint8_t mark, uint64_t tsc);

/** At the start of each step. */
void model_stall_step(struct aether_model *model, uint64_t tsc);
/** The model's own core goes to sleep because nothing moves: the gap that follows is no stall. */
void model_stall_sleep(struct aether_model *model);
/**
 * Once a step for each Rx queue that holds written-back descriptors: has the host moved the tail,
 * and how many descriptors does the device still have of qlen?
 */
void model_stall_host(struct aether_model *model, struct model_rxq *rxq, uint64_t tsc,
		      bool tail_moved, unsigned int descriptors);
/** Whether what entered at tsc falls into a stall window. */
static inline bool
model_in_stall(const struct model_stall *stall, uint64_t tsc)
{
	return stall->start != 0 || tsc < stall->end;
}

/* ------------------------------------------------------------------ engines ----------------- */

/** Take up to budget packets from the wire into host memory (model_rx.c). @return packets moved */
unsigned int model_rx_step(struct aether_model *model, unsigned int budget, uint64_t tsc);
/** Take up to budget packets from host memory to the wire (model_tx.c). */
unsigned int model_tx_step(struct aether_model *model, unsigned int budget, uint64_t tsc);

/** Malicious driver event (model_queue.c): stop the queue, set the MDET registers and OICR. */
enum model_mdd { MODEL_MDD_RX, MODEL_MDD_TX_PQM, MODEL_MDD_TX_TCLAN, MODEL_MDD_TX_TDPU };
/** MAL_TYPE in the MDET registers. The datasheet does not number them; these are the model's. */
enum model_mdd_event {
	MODEL_MDD_EVENT_TAIL = 1,	/* doorbell beyond the ring */
	MODEL_MDD_EVENT_DTYPE,		/* reserved descriptor type */
	MODEL_MDD_EVENT_BUFFER,		/* buffer of no length */
	MODEL_MDD_EVENT_SEGMENTS,	/* too many descriptors for one packet */
	MODEL_MDD_EVENT_LENGTH,		/* packet too short or too long */
	MODEL_MDD_EVENT_OFFSETS,	/* header lengths that do not fit the packet */
	MODEL_MDD_EVENT_TSO,		/* segmentation parameters */
};
void model_mdd_raise(struct aether_model *model, enum model_mdd where, unsigned int queue,
		     unsigned int event, const char *what);

/* ------------------------------------------------------------------ firmware ---------------- */

struct model_fw;

#define MODEL_SWITCH_COPIES	(-2)
/** Switch: the VSI that receives this frame, -1 when no rule forwards it, MODEL_SWITCH_COPIES when
 * several do (fw_switch_lookup.c). */
int model_switch_lookup(struct aether_model *model, const uint8_t *frame, uint32_t len);
/** The VSIs that each get a copy of the frame that was looked up last: a bit per VSI. */
uint64_t model_switch_copies(const struct aether_model *model);
/** The one Rx queue that gets every frame of this VSI; -1: the frame decides, ask each time. */
int model_vsi_only_rx_queue(struct aether_model *model, unsigned int vsi);
/** What receive-side scaling (model_rss.c) makes of a frame of a VSI whose frames decide. */
struct model_rss_result {
	int queue;			/* of the function, -1: the VSI has none */
	bool hashed;
	uint32_t hash;
};
struct model_rss_result model_rss(struct aether_model *model, unsigned int vsi,
				  const uint8_t *frame, uint32_t len, uint16_t ptype);
/** Properties in force of this VSI, or NULL when it does not exist. */
const struct e810_aqc_vsi_props *model_vsi_props(struct aether_model *model, unsigned int vsi);
/** Whether what the VSI sends is checked; then: why this frame may not go out, or NULL. An existing
 * VSI; at least 14 bytes (fw_switch_tx.c). */
bool model_switch_tx_is_checked(const struct aether_model *model, unsigned int vsi);
const char *model_switch_tx_refused(const struct aether_model *model, unsigned int vsi,
				    const uint8_t *frame, uint32_t len);
/** Whether Tx from this VSI to the LAN is allowed. */
bool model_vsi_tx_allowed(struct aether_model *model, unsigned int vsi);

/** Admin queue (model_aq.c): handle new commands and deliver events. @return commands handled */
unsigned int model_aq_step(struct aether_model *model);
/** Carrier at this port: model_port_lit(), the wire's link() (its far end is lit), and both ends
 * agree (fw_link.c). */
bool model_link_up(const struct aether_model *model);
/** This end alone: PHY enabled by the driver, a module that works, no fault injected. */
bool model_port_lit(const struct aether_model *model);
/** What this end brings to a link. */
void model_link_ability(const struct aether_model *model, struct model_link_ability *ability);
/**
 * Something that model_link_up() depends on may have changed: if so, cache it in ->link and tell
 * the driver (event, registers). Wires call it when the far end changes.
 */
void model_fw_link_update(struct aether_model *model);

/* ------------------------------------------------------------------ interrupts (model_irq.c)  */

/** A queue event (write-back) on a cause register's vector: raise it subject to ITR and enable. */
void model_irq_queue(struct aether_model *model, uint32_t cause_reg, uint64_t tsc);
/** Set bits in PFINT_OICR and raise its vector if enabled. */
void model_irq_oicr(struct aether_model *model, uint32_t bits);
/** Raise the vector of a control queue's cause: PFINT_FW_CTL, _MBX_CTL or _SB_CTL. */
void model_irq_ctlq(struct aether_model *model, uint32_t cause_reg);
/** Deliver what moderation held back. */
void model_irq_step(struct aether_model *model, uint64_t tsc);

/* ------------------------------------------------------------------ the device -------------- */

struct model_watch;
struct model_asked;
struct model_coverage;
struct model_fault;
struct model_card;
struct model_flex;

#define MODEL_RESET_LEVELS	6	/* of enum model_reset_level */

struct aether_model {
	/* Engines; one cache line and the arrays that it points to. */
	rte_ticketlock_t lock;
	uint8_t *bar0;			/* E810_BAR0_SIZE of shared memory: register storage */
	struct model_wire *wire;
	struct model_wire *outer_wire;	/* the port's own while it loops back; else NULL */
	uint16_t n_rx_active;
	uint16_t n_tx_active;
	bool link;			/* model_link_up(), cached by the firmware */
	bool in_reset;
	uint8_t lport;			/* logical port: index of the GLPRT_* counters */
	uint16_t vsi_first;		/* VSI 0 of the function has this number on the card */
	uint16_t max_frame;		/* Set MAC Config, bytes with FCS; 0: MODEL_MAX_FRAME */
	uint16_t tx_next;		/* place in tx_active whose turn is next */
	uint64_t tsc_hz;

	struct model_iommu iommu;
	struct model_stall stall;
	struct model_port_counters port;
	uint16_t rx_active[MODEL_RX_QUEUES];	/* enabled queues, indices */
	uint16_t tx_active[MODEL_TX_QUEUES];
	struct model_rxq rxq[MODEL_RX_QUEUES];
	struct model_txq txq[MODEL_TX_QUEUES];
	struct model_vsi_counters vsi[MODEL_VSIS];
	struct aether_model_wire_stats wire_stats;	/* counts; latency: wire_latency */
	struct model_latency *wire_latency;		/* histograms (model_latency.c) */

	/* Everything below is control path. */
	char name[64];
	struct aether_model_conf conf;	/* strings are the model's own copies */
	struct aether_model_stats stats;
	struct model_fw *fw;		/* admin queue, NVM, VSIs, scheduler, switch, PHY */
	struct model_flex *flex;	/* tables of the DDP package, RSS (model_flex.h) */
	struct model_card *card;	/* what it shares with other functions (model_card.h) */
	uint32_t card_resets;		/* struct model_card::resets that this function has seen */
	uint32_t card_resets_of[MODEL_RESET_LEVELS];
	int bar0_fd;
	bool bar0_fd_owned;
	bool cable_up;			/* aether_model_link_set() */
	uint8_t media;			/* enum fw_media: what sits in the cage */
	uint8_t fec_default;		/* FW_FEC_*, 0: automatic; what the flash configures */
	uint8_t config[4096];		/* PCI configuration space */
	int irq_fd[MODEL_MSIX];
	uint64_t irq_last_tsc[MODEL_MSIX];	/* for ITR moderation */
	uint8_t irq_pending[MODEL_MSIX];	/* latched causes wait: a bit for each ITR index */
	unsigned int irq_n_pending;	/* latched and enabled: only the ITR holds them back */
	uint64_t reset_done_tsc;	/* when the reset in progress ends */
	bool reset_stuck;		/* fault "reset-stuck" */
	uint8_t reset_level;		/* enum model_reset_level of the reset in progress */
	bool reg_warned;		/* a bad register offset has been logged */
	uint32_t log_minute, log_lines;	/* lines in this minute; atomic */
	bool vsi_published[MODEL_VSIS];	/* BAR memory mode: counters that registers show */
	struct model_watch *watch;	/* BAR memory mode: what the registers showed last */
	struct model_coverage *coverage;	/* what the host used (model_coverage.h); NULL: not kept */
	struct model_asked *asked;	/* what the host asked for (model_asked.h) */
	struct model_fault *faults;	/* conf.fault, parsed */
	unsigned int n_faults;

	/* Frames that cannot lie in host memory as they are: tags, FCS, segments (engines). */
	uint8_t rx_scratch[MODEL_SCRATCH_FRAME];
	uint8_t tx_scratch[MODEL_TX_SCRATCH];
	struct model_tx_buffer tx_buffers[E810_RING_MAX];
};

/* Register storage: the value in BAR 0 memory. The engines poll doorbells there. */
static inline uint32_t
model_reg_get(const struct aether_model *model, uint32_t offset)
{
	return __atomic_load_n((const uint32_t *)(const void *)(model->bar0 + offset),
			       __ATOMIC_RELAXED);
}

static inline void
model_reg_set(struct aether_model *model, uint32_t offset, uint32_t value)
{
	__atomic_store_n((uint32_t *)(void *)(model->bar0 + offset), value, __ATOMIC_RELAXED);
}

/** BAR memory mode: what each register showed when the model last looked or wrote. */
struct model_watch {
	uint32_t *shadow;	/* E810_BAR0_SIZE; pages are only there where used */
	uint64_t slow_next;	/* TSC of the next slow round */
	uint32_t oicr_told;	/* causes in PFINT_OICR when its vector was last raised */
};

/** The device by itself writes a register that the host writes too. */
static inline void
model_reg_put(struct aether_model *model, uint32_t offset, uint32_t value)
{
	if (model->watch != NULL)
		model->watch->shadow[offset / 4] = value;
	model_reg_set(model, offset, value);
}

/**
 * What a register shows after the host wrote `seen` to it. In BAR memory mode the host may have
 * written again meanwhile: that is not overwritten, and the next look finds it.
 */
static inline void
model_reg_reply(struct aether_model *model, uint32_t offset, uint32_t seen, uint32_t value)
{
	if (model->watch == NULL) {
		model_reg_set(model, offset, value);
		return;
	}
	model->watch->shadow[offset / 4] = value;
	if (seen != value)
		__atomic_compare_exchange_n((uint32_t *)(void *)(model->bar0 + offset), &seen,
					    value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

#endif /* MODEL_PRIV_H */
