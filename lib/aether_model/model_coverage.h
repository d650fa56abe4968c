/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_COVERAGE_H
#define MODEL_COVERAGE_H

/**
 * @file
 * What a host used of the device: admin commands with their answers, register blocks, PCI
 * capabilities. docs/fidelity.md is made of such records.
 *
 * They are kept when the environment variable AETHER_MODEL_COVERAGE names a directory. There each
 * process that has devices leaves one file, in which they are added up; AETHER_MODEL_WITNESS says
 * who the host was. Without the variable all that is left is a test for NULL in control paths.
 *
 * Data paths are not touched: doorbells are found in the registers' storage when a device is reset
 * or ends. In BAR memory mode reads cannot be seen, and writes are found by looking for what the
 * host changed: block by block all the time, and at those times.
 */

#include "model_priv.h"

/** How much of the hardware stands behind a block of registers. */
enum model_block_kind {
	MODEL_BLOCK_ACTS,	/* what the host writes or reads here means something */
	MODEL_BLOCK_SHOWS,	/* the device writes it by itself: contents say nothing of the host */
	MODEL_BLOCK_STORES,	/* reads what was written last, 0 before: not modelled */
};

/** Registers of one name, or of names that belong together. */
struct model_block {
	uint32_t first, end;		/* bytes from the start of BAR 0 */
	enum model_block_kind kind;
	const char *name;		/* the same for all parts of a block */
};

/** All of them, sorted, not overlapping (model_coverage_map.c). */
extern const struct model_block model_blocks[];
extern const unsigned int model_n_blocks;
/** PCI capabilities, and the parts of the standard header. */
extern const struct model_block model_config_blocks[];
extern const unsigned int model_n_config_blocks;

/** Queues on which messages come. */
enum model_coverage_queue {
	MODEL_COVERAGE_COMMAND,	/* admin commands */
	MODEL_COVERAGE_EVENT,	/* delivered to the admin receive queue */
	MODEL_COVERAGE_MAILBOX,
	MODEL_COVERAGE_SIDEBAND,
};

/** A device comes: keep records of it if that is asked for. */
void model_coverage_start(struct aether_model *model);
/** It goes: add its records to those of the process, which are written. */
void model_coverage_stop(struct aether_model *model);

/* The functions below, for devices of which records are kept. Under the model's lock. */
void model_coverage_note_register(struct model_coverage *coverage, uint32_t offset, bool write);
void model_coverage_note_config(struct model_coverage *coverage, uint32_t offset, size_t len,
				bool write);
void model_coverage_note_answer(struct model_coverage *coverage, enum model_coverage_queue queue,
				uint16_t opcode, unsigned int rc);
void model_coverage_note_storage(struct aether_model *model);
void model_coverage_note_next(struct aether_model *model, uint64_t tsc);

/** The host read or wrote a register. */
static inline void
model_coverage_register(struct aether_model *model, uint32_t offset, bool write)
{
	if (unlikely(model->coverage != NULL))
		model_coverage_note_register(model->coverage, offset, write);
}

/** The host read or wrote configuration space. */
static inline void
model_coverage_config(struct aether_model *model, uint32_t offset, size_t len, bool write)
{
	if (unlikely(model->coverage != NULL))
		model_coverage_note_config(model->coverage, offset, len, write);
}

/** A message was answered (rc 0: well) or delivered. */
static inline void
model_coverage_answer(struct aether_model *model, enum model_coverage_queue queue,
		      uint16_t opcode, unsigned int rc)
{
	if (unlikely(model->coverage != NULL))
		model_coverage_note_answer(model->coverage, queue, opcode, rc);
}

/** Registers are about to be cleared: note what the host left there. */
static inline void
model_coverage_storage(struct aether_model *model)
{
	if (unlikely(model->coverage != NULL))
		model_coverage_note_storage(model);
}

/** BAR memory mode, now and then: the same, for a part of them. */
static inline void
model_coverage_look(struct aether_model *model, uint64_t tsc)
{
	if (unlikely(model->coverage != NULL))
		model_coverage_note_next(model, tsc);
}

#endif /* MODEL_COVERAGE_H */
