/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef DATA_FAKE_H
#define DATA_FAKE_H

/**
 * @file
 * A device with the data side of the model alone: no firmware, interrupts or real wire. What the
 * data side asks of them answers from struct fake, and what it tells them is noted there.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_priv.h"

#define FAKE_IOVA	UINT64_C(0x4200000000)	/* where fake.memory lies for the device */
#define FAKE_MEMORY	(8u << 20)
#define FAKE_FRAMES	8192

struct fake {
	struct aether_model *model;
	uint8_t *memory;		/* host memory that the device may reach */
	size_t used;			/* of it, by fake_alloc() */

	/* Answers of the control side. */
	int vsi;			/* of every frame; -1: none */
	uint64_t copies;		/* VSIs that get one each, VSI n in queue n unless queue
					 * is -1; 0: vsi */
	int queue;			/* of every frame; -1: asked frame by frame */
	int (*queue_of)(const uint8_t *frame, uint32_t len);
	bool hashed;			/* and what the hash of those is */
	uint32_t hash;
	bool tx_allowed;
	const char *tx_refused;		/* frames from addresses that begin with 66; NULL: none */
	struct e810_aqc_vsi_props props;

	/* What it was told. */
	unsigned int lookups;
	unsigned int irqs;
	uint32_t irq_cause;
	uint32_t oicr;
	unsigned int stall_calls;
	unsigned int stall_descriptors;
	bool stall_moved;
	unsigned int link_changes;

	/* The wire. */
	struct model_wire wire;
	struct model_frame rx[FAKE_FRAMES];	/* what has arrived */
	unsigned int rx_head, rx_tail;
	unsigned int tx_room;			/* frames that it takes */
	unsigned int n_tx;
	uint8_t *tx_data[FAKE_FRAMES];
	uint32_t tx_len[FAKE_FRAMES];
	bool tx_in_place[FAKE_FRAMES];		/* was lying in host memory */
};

struct fake *fake_create(void);
void fake_destroy(struct fake *fake);
/** Set-up and teardown of a test whose state is such a device. */
int fake_setup(void **state);
int fake_teardown(void **state);
/** Memory that the device may write, aligned to 128 bytes, zeroed. */
void *fake_alloc(struct fake *fake, size_t len);
uint64_t fake_iova(const struct fake *fake, const void *va);
/** Put a frame on the wire; data must stay. */
void fake_arrive(struct fake *fake, const void *data, uint32_t len);

/** Set bits (lsb, width) of a context. Use: fake_ctx_set(ctx, value, E810_...) */
void fake_ctx_set(uint8_t *ctx, uint64_t value, unsigned int lsb, unsigned int width);

/** A receive queue as a driver makes it. */
struct fake_rxq {
	unsigned int q;
	uint16_t qlen, dbuf, rxmax;
	uint8_t dsize, rxdid;
	bool keep_crc, to_l2tag2;
	uint8_t *ring;
	uint8_t *buffers;		/* qlen of them, dbuf apart */
};
/** Write its context and enable it; fields that are 0 get usual values. @return of enable */
int fake_rxq_enable(struct fake *fake, struct fake_rxq *rxq);
/** Fill all descriptors with buffer addresses and set the tail. */
void fake_rxq_post(struct fake *fake, struct fake_rxq *rxq, uint32_t tail);
static inline uint64_t *
fake_rx_desc(const struct fake_rxq *rxq, unsigned int i)
{
	return (uint64_t *)(void *)(rxq->ring + (size_t)i * rxq->dsize);
}
static inline uint8_t *
fake_rx_buffer(const struct fake_rxq *rxq, unsigned int i)
{
	return rxq->buffers + (size_t)i * rxq->dbuf;
}

/** A transmit queue as a driver makes it. */
struct fake_txq {
	unsigned int q;
	uint16_t qlen, vsi;
	bool no_tso;
	struct e810_tx_desc *ring;
	uint32_t tail;
};
int fake_txq_enable(struct fake *fake, struct fake_txq *txq);
/** Write the next descriptor; the doorbell rings with fake_tx_ring(). */
void fake_tx_put(struct fake *fake, struct fake_txq *txq, const void *data, uint32_t len,
		 uint64_t flags);
void fake_tx_ring(struct fake *fake, struct fake_txq *txq);

/** A frame of len bytes with these addresses and type, then bytes that depend on seed. */
void fake_frame(uint8_t *frame, uint32_t len, uint64_t dst, uint16_t type, unsigned int seed);

#endif /* DATA_FAKE_H */
