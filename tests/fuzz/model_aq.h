/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_AQ_H
#define MODEL_AQ_H

/**
 * @file
 * What a hostile driver does, as a file: records that follow each other, little-endian. The fuzz
 * target runs them (fuzz_model_aq.c), mutate_aq.c damages them, tests/fuzz/model_aq/ has those of
 * real drivers. What does not make a record ends the file.
 */

#include <stdint.h>

/** First byte of a record. */
enum aq_record {
	/** A command: struct aq_command, then its buffer's first bytes; the others are 0. */
	AQ_COMMAND,
	/** Write a register: offset, value (4 bytes each). */
	AQ_WRITE,
	/** Read a register: offset. */
	AQ_READ,
	/** Store to a doorbell, as memory: offset, value. */
	AQ_DOORBELL,
	/** Configuration space: offset (2 bytes), value (4): read, then write. */
	AQ_CONFIG,
	/** Take a part of the memory away, or give it back: which (1 byte). */
	AQ_MEMORY,
	/** Reset: which (1 byte): function level reset, core, global, EMP. */
	AQ_RESET,
	AQ_RECORDS,
};

struct aq_command {
	uint8_t queue;		/* enum aq_queue, modulo */
	uint8_t where;		/* enum aq_where, modulo */
	uint8_t together;	/* odd: put on the ring, the next one tells the device */
	uint8_t opcode[2];
	uint8_t flags[2];
	uint8_t datalen[2];
	uint8_t params[16];	/* the last 8 bytes: the buffer's address, unless where says */
	uint8_t n[2];		/* bytes of buffer that follow */
};

/** Queues that take descriptors of this layout. */
enum aq_queue { AQ_ADMIN, AQ_MAILBOX, AQ_SIDEBAND, AQ_QUEUES };

/** The buffer's address. */
enum aq_where {
	AQ_GOOD,		/* where the driver has one */
	AQ_GIVEN,		/* as the parameters say */
	AQ_READ_ONLY,		/* mapped, but the device may not write there */
	AQ_EDGE,		/* its last bytes lie beyond the mapping */
	AQ_BEFORE,		/* its first ones before it */
	AQ_RING,		/* the ring itself */
	AQ_WHERES,
};

/* I/O virtual addresses. */
#define AQ_IOVA			UINT64_C(0x100000000)
#define AQ_BYTES		(512u << 10)
#define AQ_READ_ONLY_IOVA	UINT64_C(0x200000000)
#define AQ_READ_ONLY_BYTES	(64u << 10)
#define AQ_LAN_RINGS_AT		0x60000	/* free for rings of LAN queues */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/** So many commands were answered since the start, and so many of them well. */
extern unsigned long aq_answered, aq_well;

#endif /* MODEL_AQ_H */
