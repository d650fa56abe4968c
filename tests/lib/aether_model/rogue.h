/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef ROGUE_H
#define ROGUE_H

/**
 * @file
 * A driver built to misbehave, and a table of what it does: rogue.c brings a device up as a good
 * driver would, rogue_cases.c then breaks one rule a case. How registers and memory are reached is
 * behind struct rogue_door, so that the same table runs against a model in this process and
 * against one behind a socket.
 *
 * Host memory is a few islands that the device may reach, and moats around them that it may not.
 * All of it holds a pattern, and what the device must not write is compared with it afterwards.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aether_model.h"
#include "e810_hw.h"

#define ROGUE_MOAT		0x10000u	/* bytes before and after each island */
/* Offset in memory, address for the device and size of: all that a driver uses but rings, */
#define ROGUE_MAIN_AT		ROGUE_MOAT
#define ROGUE_MAIN_IOVA		UINT64_C(0x10000000)
#define ROGUE_MAIN_BYTES	0x100000u
/* memory that the device may only read, */
#define ROGUE_RO_AT		(ROGUE_MAIN_AT + ROGUE_MAIN_BYTES + ROGUE_MOAT)
#define ROGUE_RO_IOVA		UINT64_C(0x20000000)
#define ROGUE_RO_BYTES		0x10000u
/* and descriptor rings of LAN queues. */
#define ROGUE_RING_AT		(ROGUE_RO_AT + ROGUE_RO_BYTES + ROGUE_MOAT)
#define ROGUE_RING_IOVA		UINT64_C(0x30000000)
#define ROGUE_RING_BYTES	0x10000u
#define ROGUE_BYTES		(ROGUE_RING_AT + ROGUE_RING_BYTES + ROGUE_MOAT)
#define ROGUE_NOWHERE		UINT64_C(0x50000000)	/* no island is there */

#define ROGUE_RING_LEN		64	/* of LAN queues */
#define ROGUE_AQ_LEN		16
#define ROGUE_QUEUE		5	/* Rx and Tx queue of the function */
#define ROGUE_DBUF		2048

/** How the rogue reaches its device. */
struct rogue_door {
	uint8_t *memory;		/* ROGUE_BYTES, on a page */
	unsigned int settle;		/* runs in which a device does what it would ever do */
	uint32_t (*read)(struct rogue_door *door, uint32_t reg);
	void (*write)(struct rogue_door *door, uint32_t reg, uint32_t value);
	/** Two bytes of PCI configuration space. */
	uint16_t (*config)(struct rogue_door *door, uint32_t offset);
	void (*map)(struct rogue_door *door, uint64_t iova, size_t at, size_t len, bool writable);
	void (*unmap)(struct rogue_door *door, uint64_t iova, size_t len);
	/** Let the device work: a step, or a millisecond. */
	void (*run)(struct rogue_door *door);
	/** What no register shows, or false when the door does not show it either. */
	bool (*stats)(struct rogue_door *door, struct aether_model_stats *stats);
};

struct rogue {
	struct rogue_door *door;
	unsigned int atq_tail;
	uint32_t group;			/* scheduler node that Tx queues hang under */
	uint32_t vsi;
	uint32_t tx_tail, rx_next;
	uint16_t answer;		/* of the last admin command; ROGUE_NO_ANSWER */
	uint8_t *ring_tx, *ring_rx;	/* where the driver finds them */
};
#define ROGUE_NO_ANSWER		0xFFFFu

/** How the device takes it. */
enum rogue_report {
	ROGUE_MDD_RX, ROGUE_MDD_TX_PQM, ROGUE_MDD_TX_TCLAN, ROGUE_MDD_TX_TDPU,
	/* The IOMMU blocks a read: the device is told, by the completion. */
	ROGUE_READ_FAULT,	/* of a packet, or of the ring of a queue that works */
	ROGUE_REFUSED_FAULT,	/* of a ring: the queue does not start */
	ROGUE_AQ_STOPPED_FAULT,	/* of the admin queue's ring */
	/* It blocks a write, of which no device is told. */
	ROGUE_WRITE_FAULT,	/* of a received frame */
	ROGUE_AQ_ADDRESS,	/* of an answer: the command is answered with an error */
	ROGUE_AQ_STOPPED_WRITE,	/* of an event: the admin queue shows a critical error */
	ROGUE_AQ_STOPPED,	/* the admin queue shows a critical error, nothing was blocked */
	ROGUE_NOTHING,		/* refused by an answer or QENA_STAT, or simply nothing happens */
	ROGUE_HARMLESS,		/* no rule is broken: counter-tests */
};

struct rogue_case {
	const char *name;
	void (*misbehave)(struct rogue *rogue, uint64_t a, uint64_t b);
	uint64_t a, b;			/* its parameters */
	enum rogue_report report;
	unsigned int event;		/* MAL_TYPE of ROGUE_MDD_* */
};
extern const struct rogue_case rogue_cases[];
extern const unsigned int rogue_n_cases;

/** Run one case: bring the device up, misbehave, check report and memory, bring it up again. */
void rogue_run(struct rogue_door *door, const struct rogue_case *rogue_case);

/** For a good driver of one's own: fill and map the islands, and check that no byte around them
 * has changed. */
void rogue_map(struct rogue *rogue);
void rogue_check_memory(const struct rogue *rogue);

/* ------------------------------------------------------------------ for the cases ----------- */

static inline uint8_t *
rogue_main(const struct rogue *rogue, uint32_t at)
{
	return rogue->door->memory + ROGUE_MAIN_AT + at;
}

/** Offsets in the main island. */
#define ROGUE_ATQ		0x0u
#define ROGUE_ARQ		0x1000u
#define ROGUE_ARQ_BUFS		0x10000u
#define ROGUE_AQ_BUF		0x30000u
#define ROGUE_TX_BUFS		0x40000u
#define ROGUE_RX_BUFS		0x80000u
/** Offsets in the island of rings. */
#define ROGUE_TX_RING		0x0u
#define ROGUE_RX_RING		0x8000u

/** A good driver's parts. */
void rogue_start(struct rogue *rogue);
/** An admin command. @param buf copied in and, without an error, out; NULL: none.
 * @return retval or ROGUE_NO_ANSWER */
uint16_t rogue_aq(struct rogue *rogue, uint16_t opcode, void *params, void *buf, uint16_t len,
		  bool read);
/** Put one descriptor on the admin queue as it is and ring. @return retval or ROGUE_NO_ANSWER */
uint16_t rogue_aq_raw(struct rogue *rogue, const struct e810_aq_desc *desc);
/** Set up the admin queue: rings at these addresses. */
void rogue_aq_start(struct rogue *rogue, uint64_t atq, uint64_t arq);
/** Enable the Tx queue with the ring at iova. @return retval of the command */
uint16_t rogue_txq_enable(struct rogue *rogue, uint64_t iova, unsigned int qlen);
uint16_t rogue_txq_disable(struct rogue *rogue);
/** A receive queue's context. */
struct rogue_rx_ctx {
	uint64_t iova;
	unsigned int qlen, head, dbuf, rxmax, dtype;
};
struct rogue_rx_ctx rogue_rx_ctx_good(void);
/** @return whether QENA_STAT shows it enabled */
bool rogue_rxq_enable(struct rogue *rogue, const struct rogue_rx_ctx *ctx);
void rogue_rxq_disable(struct rogue *rogue);
/** Give all buffers but one; the one of `slot`, if that is below the ring length, is at iova. */
void rogue_rx_post(struct rogue *rogue, unsigned int slot, uint64_t iova);
/** Write the next Tx descriptor; rogue_tx_ring() tells the device, and does not wait. */
void rogue_tx_put(struct rogue *rogue, uint64_t qword0, uint64_t qword1);
void rogue_tx_ring(struct rogue *rogue);
/** A frame that the device forwards to itself, in a Tx buffer. @return its address */
uint64_t rogue_frame(struct rogue *rogue, uint32_t len);
/** Send a frame of len bytes and receive it. @return whether that happened, in some seconds */
bool rogue_exchange(struct rogue *rogue, uint32_t len);
/** Let the device work for a while: to see that something does not happen. */
void rogue_settle(struct rogue *rogue);
/** Let it work until these bytes are equal. @return whether they are, in some seconds */
bool rogue_wait_equal(struct rogue *rogue, const void *a, const void *b, size_t len);

#endif /* ROGUE_H */
