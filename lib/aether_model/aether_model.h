/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_MODEL_H
#define AETHER_MODEL_H

/**
 * @file
 * A register-accurate Intel E810 physical function in software.
 *
 * The model is the device side only: it knows registers, the admin queue, descriptor rings, an
 * IOMMU and a wire, and nothing of the driver that uses it. Its work is a step without threads:
 * aether_model_step(); a service thread that calls it is one way to run it.
 *
 * Threading: every call but those documented otherwise may be made from any thread; a lock inside
 * the device serialises them with the step. DPDK's EAL need not be initialised.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct aether_model;

/** How a driver's register accesses reach the model. */
enum aether_model_bar_mode {
	/** By aether_model_reg_read32() and _write32(): exact side effects. */
	AETHER_MODEL_BAR_CALL,
	/**
	 * BAR 0 is plain shared memory that the step watches for changes. Clear-on-read,
	 * write-one-to-clear and same-value writes cannot be exact; docs/fidelity.md lists how.
	 */
	AETHER_MODEL_BAR_MEMORY,
};

/** Dynamic device personalisation that the device starts with. */
enum aether_model_ddp {
	/** As after power-on: a driver has to download a package, or use one queue and no RSS. */
	AETHER_MODEL_DDP_NONE,
	/** As when another function's driver has been there: the model's own package is loaded. */
	AETHER_MODEL_DDP_PRELOADED,
};

/** What aether_model_create() builds. Zero means the default in brackets. */
struct aether_model_conf {
	const char *name;		/**< for logs and cables; unique in the process */
	uint16_t device_id;		/**< PCI device id [E810_DEV_ID_C_QSFP] */
	uint8_t pf_id;			/**< function number, 0-7 */
	/**
	 * Card that the function is on: functions that give the same name share its firmware's
	 * locks, package, serial number and resets [NULL: a card of its own]. Each has a pf_id
	 * and a port (wire) of its own.
	 */
	const char *card;
	uint8_t mac[6];			/**< LAN address [from the name, locally administered] */
	uint64_t serial;		/**< PCIe serial number [derived from mac] */
	/** 10000, 25000, 40000, 50000 or 100000: of the module, which does the slower ones too
	 * [what the device can do] */
	uint32_t speed_mbps;
	enum aether_model_ddp ddp;
	enum aether_model_bar_mode bar_mode;
	/**
	 * BAR 0 memory to use, E810_BAR0_SIZE bytes from offset bar0_offset; 0 or negative: an own
	 * memfd.
	 */
	int bar0_fd;
	uint64_t bar0_offset;
	/** Where to map it if there is room [wherever there is]. */
	void *bar0_hint;
	/**
	 * The wire, for instance "loop", "gen:size=64:pace=5000000", "sink",
	 * "pcap:in=a.pcap:out=b.pcap:pace=lossless", "cable:blue:pace=lossless", "tap:aether0"
	 * ["loop"]; the grammar is aether_model_wire_help()'s.
	 */
	const char *wire;
	/**
	 * File that gets every frame that the port sends or takes off the wire, without FCS,
	 * stamped in ns; overwritten. It may be read while it grows [NULL: none].
	 */
	const char *pcap;
	/**
	 * What sits in the cage: "dac", "sr", "lr", "none", "unsupported" (a module that the port
	 * cannot use), "power" (one that needs too much) ["dac"]. Not for backplane devices.
	 */
	const char *media;
	/** FEC that the flash configures: "auto", "none", "baser", "rs" ["auto"]. */
	const char *fec;
	/**
	 * Say that the card can do RDMA, as cards do. Linux 6.12 warns of one that cannot; but the
	 * protocol engine is not modelled, and a driver that asks for it finds none.
	 */
	bool rdma;
	/**
	 * Faults to inject, for tests ["" : none]; comma-separated:
	 * "aq:<opcode>:<rc>" answers this admin opcode with error rc;
	 * "aq:nth:<n>:<rc>" answers the n-th admin command since power-on (from 0) with rc;
	 * "aq-timeout:<opcode>" never answers it; "reset-stuck" never finishes a reset;
	 * "lock-ms:<n>" grants the locks of the card for n ms only;
	 * "link-down" keeps the link down.
	 */
	const char *fault;
};

/**
 * Power a device on.
 *
 * @return the device, or NULL with rte_errno: EINVAL (bad conf; the log says which value, and what
 *   is accepted), ENOENT (a capture to read, or a network namespace, does not exist),
 *   EBADMSG (a damaged capture), EPERM and EBUSY (a tap), ENOMEM,
 *   EEXIST (name, cable end, or function of the card taken).
 */
struct aether_model *aether_model_create(const struct aether_model_conf *conf);

/** Power it off: stops nothing of the driver's, forgets mappings, closes wires. NULL is fine. */
void aether_model_destroy(struct aether_model *model);

/** Read or write a 32-bit register of BAR 0. @param offset in bytes, a multiple of 4; a bad one
 * reads 0xdeadbeef and writes nothing, and is logged once. */
uint32_t aether_model_reg_read32(struct aether_model *model, uint32_t offset);
void aether_model_reg_write32(struct aether_model *model, uint32_t offset, uint32_t value);

/**
 * BAR 0 as memory, E810_BAR0_SIZE bytes. In AETHER_MODEL_BAR_CALL mode only the doorbells
 * (QRX_TAIL, QTX_COMM_DBELL) may be written through it, and nothing read.
 */
void *aether_model_bar0(struct aether_model *model);
/** The file behind aether_model_bar0(), for another process to map; owned by the model. */
int aether_model_bar0_fd(const struct aether_model *model);

/** Read or write PCI configuration space (4096 bytes).
 * @return bytes done, or -EINVAL when the range is not inside it. */
int aether_model_config_read(struct aether_model *model, void *buf, size_t len, uint32_t offset);
int aether_model_config_write(struct aether_model *model, const void *buf, size_t len,
			      uint32_t offset);

/**
 * Give the device access to memory: DMA to [iova, iova + len) reaches va.
 *
 * @param writable whether the device may write there too
 * @return 0, -EINVAL (empty or wrapping), -EEXIST (overlaps a mapping), -ENOMEM
 */
int aether_model_dma_map(struct aether_model *model, uint64_t iova, size_t len, void *va,
			 bool writable);
/** Take it away again. After return the device does not touch it.
 * @return 0, or -ENOENT when no mapping lies in the range; mappings only partly inside: -EINVAL. */
int aether_model_dma_unmap(struct aether_model *model, uint64_t iova, size_t len);

/** Bind an interrupt vector to an eventfd (-1: none). @return 0 or -EINVAL (vector). The fd stays
 * the caller's and must stay open until it is unbound or the model destroyed. */
int aether_model_irq_bind(struct aether_model *model, unsigned int vector, int eventfd);
/** Number of MSI-X vectors of the function. */
unsigned int aether_model_irq_count(const struct aether_model *model);

/** Function level reset, as by the PCI express capability. */
void aether_model_flr(struct aether_model *model);

/** Resets of the whole device, with all functions of the card. */
enum aether_model_card_reset {
	AETHER_MODEL_CARD_RESET_CORE = 1,	/**< CORER */
	AETHER_MODEL_CARD_RESET_GLOBAL,		/**< GLOBR */
	AETHER_MODEL_CARD_RESET_EMP,		/**< EMPR: of the firmware's processor, too */
};

/**
 * The device resets itself, as after an error or at the wish of something that is no function.
 * This function is told and reset at once, siblings as soon as they step or their registers are
 * touched.
 */
void aether_model_card_reset(struct aether_model *model, enum aether_model_card_reset reset);

/**
 * Let the device work: firmware, Rx and Tx engines, the wire; never blocks.
 *
 * @param budget packets per engine, at most
 * @return what was done (packets and commands); 0: nothing moved
 */
unsigned int aether_model_step(struct aether_model *model, unsigned int budget);

/* ------------------------------------------------------------------ service thread ---------- */

/**
 * Add the device to the process's service thread, which steps all devices in turn, starting it if
 * this is the first. Named "aether-model".
 *
 * When nothing moves for some 50 us it begins to sleep, up to 64 us at a time: the first packet
 * after an idle time waits that long. It does not sleep through a generator's schedule.
 *
 * @param cpu where the thread runs; -1: chosen on a housekeeping core: a CPU of the process that
 *   none of busy_cpus names, else it shares the first of these
 * @param busy_cpus CPUs that poll (lcores), the busiest last; NULL-able array of n_busy
 * @return 0, -EINVAL (no such cpu, or another cpu than the running thread's), -EBUSY (added
 *   already), -ENOSPC (256 devices), or pthread's error
 */
int aether_model_service_add(struct aether_model *model, int cpu, const unsigned int *busy_cpus,
			     unsigned int n_busy);
/** Remove it; the last removal ends the thread. The step of this device is over on return. */
void aether_model_service_remove(struct aether_model *model);

/* ------------------------------------------------------------------ what happened ----------- */

/** Events in the model that no register shows. */
struct aether_model_stats {
	uint64_t dma_faults;		/**< accesses outside the map, or writes to read-only */
	uint64_t dma_fault_iova;	/**< the last one's address */
	uint64_t aq_commands;
	uint64_t aq_errors;		/**< answered with an error */
	uint64_t aq_unmodelled;		/**< opcodes the model does not know */
	uint64_t mdd_events;		/**< malicious driver detections */
	uint64_t interrupts;
	uint64_t steps;
};
void aether_model_stats_get(struct aether_model *model, struct aether_model_stats *stats);

/** Latency summary in nanoseconds; all zero when count is. */
struct aether_model_latency {
	uint64_t count;
	uint64_t min, p50, p90, p99, p999, p9999, max;
	double mean, stddev;
};

/** What the wire of a port has done. Packets are counted once, bytes without FCS. */
struct aether_model_wire_stats {
	/* Wire to device (Rx). offered = delivered + the drops. */
	uint64_t rx_offered;		/**< packets that the wire brought (gen: due by schedule) */
	uint64_t rx_offered_bytes;
	uint64_t rx_delivered;		/**< put into host memory */
	uint64_t rx_dropped;		/**< not: no descriptor, link down, filtered, error */
	uint64_t rx_dropped_in_stall;	/**< of these, those inside stall windows */
	uint64_t rx_pending;		/**< lossless: waiting on the wire at this moment */
	/* Device to wire (Tx). */
	uint64_t tx_packets;		/**< that left the port */
	uint64_t tx_bytes;
	uint64_t tx_dropped;		/**< of these: far end full or gone, capture not writable */
	uint64_t tx_missing;		/**< stamped packets: sequence numbers skipped */
	uint64_t tx_reordered;		/**< stamped packets: older than one seen before */
	/* Generator schedule. */
	uint64_t gen_late_max_ns;	/**< how late a packet left, at worst */
	uint64_t gen_late_mean_ns;
	/* Stall windows: a core (the model's or the host's polling core) away for over 20 us,
	 * until the backlog that it left is gone. */
	uint64_t stall_windows;
	uint64_t stall_ns;		/**< total */
	uint64_t stall_max_ns;		/**< longest */
	uint64_t stall_recovery_ns;	/**< of stall_ns: core back, backlog not yet gone */
	uint64_t elapsed_ns;		/**< since creation or reset: the share is stall_ns of it */
	/* Wire-to-wire latency of stamped packets that left through this port. */
	struct aether_model_latency latency;		/**< all of them */
	struct aether_model_latency latency_clear;	/**< those not touched by a stall window */
	bool finished;			/**< the source (capture, count=) has no more to bring */
};
void aether_model_wire_stats_get(struct aether_model *model,
				 struct aether_model_wire_stats *stats);
/** Zero them; a schedule in progress goes on. */
void aether_model_wire_stats_reset(struct aether_model *model);

/** The port as its firmware sees it, for tests. Strings are constants. */
struct aether_model_port {
	bool link;
	const char *reason;		/**< why there is no link; "up" */
	uint32_t speed_mbps;		/**< 0: no link */
	const char *fec;		/**< in force: "none", "BASE-R", "RS" */
	bool pause_tx, pause_rx;	/**< as negotiated */
	bool led_blinks;		/**< Set Port Identification LED */
	uint64_t phy_types;		/**< the configuration in force: E810_PHY_LOW_* */
	uint8_t phy_caps;		/**< E810_PHY_EN_* */
	uint8_t phy_fec;		/**< E810_PHY_FEC_* */
	uint16_t max_frame;		/**< Set MAC Configuration, bytes with FCS */
	uint16_t pause_quanta, pause_refresh;
	uint16_t event_mask;		/**< Set Event Mask: link events that are not sent */
	uint8_t health_sources;		/**< Set Health Status Configuration */
	bool lldp_agent;		/**< the firmware's runs */
	uint8_t pfc_mode;		/**< E810_PFC_MODE_* */
};
void aether_model_port_get(struct aether_model *model, struct aether_model_port *port);

/* ------------------------------------------------------------------ what was asked of it ---- */

/** Locks of the card that a driver takes by Request Resource Ownership. */
enum aether_model_lock {
	AETHER_MODEL_LOCK_NVM,
	AETHER_MODEL_LOCK_SDP,
	AETHER_MODEL_LOCK_CHANGE,	/**< writes to the package's tables */
	AETHER_MODEL_LOCK_GLOBAL,	/**< package download */
	AETHER_MODEL_LOCKS,
};

/** What the driver of a function did with one of them. */
struct aether_model_lock_use {
	uint64_t granted;
	uint64_t busy;			/**< asked for while another function held it */
	uint64_t released;
	uint64_t expired;		/**< of those granted: held until their time was over */
	uint64_t dropped;		/**< of those granted: lost by a reset */
	uint64_t not_held;		/**< used, or released, without being held */
	uint64_t held_ns_max;		/**< longest time from grant to release */
	bool held;			/**< now */
};

/** Resets that a function's driver asked for. */
enum aether_model_asked_reset {
	AETHER_MODEL_ASKED_PFR,		/**< PFGEN_CTRL */
	AETHER_MODEL_ASKED_FLR,		/**< PCI express */
	AETHER_MODEL_ASKED_CORER,	/**< GLGEN_RTRIG, as those below: of the whole device */
	AETHER_MODEL_ASKED_GLOBR,
	AETHER_MODEL_ASKED_EMPR,
	AETHER_MODEL_ASKED_RESETS,
};

/** What the driver of a function asked for since power-on; no reset clears it. */
struct aether_model_asked {
	uint64_t commands;
	/** Commands that would change the flash: erase, write, activate, a new checksum. */
	uint64_t nvm_changes;
	uint64_t resets[AETHER_MODEL_ASKED_RESETS];
	/** Of those of the whole device: while a sibling's driver was at work. */
	uint64_t resets_with_sibling;
	/** Resets of the whole device that another function, or the device itself, began. */
	uint64_t resets_suffered;
	struct aether_model_lock_use lock[AETHER_MODEL_LOCKS];
};
void aether_model_asked_get(struct aether_model *model, struct aether_model_asked *asked);

/** One thing that was asked for, in order. */
struct aether_model_asked_entry {
	uint64_t number;		/**< from 0, since power-on */
	uint64_t tsc;
	bool is_reset;			/**< what: enum aether_model_asked_reset; else: an opcode */
	uint16_t what;
	uint16_t rc;			/**< of the command; UINT16_MAX: not answered */
	uint8_t params[16];		/**< of the command, as it was sent */
};
/**
 * Copy entries, oldest first; of those that are long past only the last 1024 are kept.
 *
 * @param from number of the first that is of interest
 * @return how many were copied, at most max
 */
unsigned int aether_model_asked_list(struct aether_model *model, uint64_t from,
				     struct aether_model_asked_entry *entries, unsigned int max);
/** How often a command was asked for. */
uint64_t aether_model_asked_command(struct aether_model *model, uint16_t opcode);
/**
 * The n-th opcode that was asked for.
 *
 * @param[out] name of the command, a constant
 * @return how often; 0: there is no n-th
 */
uint64_t aether_model_asked_opcode(struct aether_model *model, unsigned int n, uint16_t *opcode,
				   const char **name);

/** Pull or plug the cable: link status changes and its event is sent. */
void aether_model_link_set(struct aether_model *model, bool up);

/** All parameters of a model as devargs of net_aether take them, and the wire grammar. */
const char *aether_model_help(void);

/** The wire grammar, for --help texts. */
const char *aether_model_wire_help(void);

/** Check a wire string without opening anything. @return 0 or -EINVAL with the reason logged. */
int aether_model_wire_check(const char *wire);

/**
 * The DDP package file that AETHER_MODEL_DDP_PRELOADED loads, in the format of Intel's packages.
 *
 * @param buf where to put it; may be NULL when size is 0
 * @param size bytes there
 * @return the file's length in bytes; when that is more than size, nothing was written
 */
int aether_model_ddp_default(void *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* AETHER_MODEL_H */
