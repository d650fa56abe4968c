/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef CTL_HOST_H
#define CTL_HOST_H

/**
 * @file
 * A host for the control-side tests: memory that the device may reach, an admin queue as a driver
 * sets it up, and commands. Everything goes through the model's public interface.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aether_model.h"
#include "e810_hw.h"

#define HOST_IOVA		0x100000000ULL
#define HOST_BYTES		(1u << 20)
#define HOST_RING_LEN		16
#define HOST_ATQ_AT		0x0	/* offsets in host memory */
#define HOST_ARQ_AT		0x1000
#define HOST_ARQ_BUFS_AT	0x10000	/* 4 KiB a descriptor */
#define HOST_BUF_AT		0x40000
#define HOST_NO_ANSWER		(-1)

struct host {
	struct aether_model *model;
	uint8_t *mem;
	uint16_t tail;		/* next free descriptor of the ATQ */
	uint16_t arq_next;	/* next descriptor of the ARQ to look at */
	struct e810_aq_desc answer;	/* of the last command */
};

/** Power a device on ("loop" wire) and give it memory. conf NULL: all defaults. */
void host_open(struct host *host, const struct aether_model_conf *conf);
void host_close(struct host *host);
/** Set-up and teardown of a test whose state is a host with a device, admin queue running. */
int host_setup(void **state);
int host_teardown(void **state);

/** Set up the admin queue as a driver does. */
void host_aq_start(struct host *host);

uint32_t host_read(struct host *host, uint32_t reg);
void host_write(struct host *host, uint32_t reg, uint32_t value);

/** Descriptor of the ATQ in host memory. */
struct e810_aq_desc *host_desc(struct host *host, unsigned int index);
/** Put a descriptor on the ring as it is, without telling the device. */
void host_post(struct host *host, const struct e810_aq_desc *desc);
/** Tell it, and step until the ring is done or nothing moves. */
void host_kick(struct host *host);

/**
 * Send one command; a buffer is copied in before and out after, and its flags are set.
 *
 * @param params 16 bytes in and out, NULL: zeroes
 * @param read whether the firmware reads the buffer (flag RD)
 * @return retval, or HOST_NO_ANSWER
 */
int host_aq(struct host *host, uint16_t opcode, void *params, void *buf, uint16_t len, bool read);

/** The next event of the ARQ, NULL: none; the descriptor is given back. *buf is its buffer. */
const struct e810_aq_desc *host_event(struct host *host, const uint8_t **buf);

/** Step until a reset is over, at most for a second. @return whether it is */
bool host_reset_done(struct host *host);

/** Add a VSI of type PF with queues [first, first + n). @return its number */
unsigned int host_add_vsi(struct host *host, unsigned int first, unsigned int n);

#endif /* CTL_HOST_H */
