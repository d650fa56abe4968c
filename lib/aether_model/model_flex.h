/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_FLEX_H
#define MODEL_FLEX_H

/**
 * @file
 * The flexible pipeline of one function: its working copy of the package's tables, and for
 * receive-side scaling which fields of a packet are hashed (model_flex.c) and what becomes of the
 * hash (model_rss.c). Everything here is under the model's lock.
 */

#include <stdbool.h>
#include <stdint.h>

#include "fw_ddp.h"
#include "model_pktparse.h"

struct aether_model;

/** Registers beside the tables: VSIQF_HASH_CTL, GLQF_HINSET, _HSYMM, _HMASK, _HMASK_SEL. */
#define MODEL_FLEX_REG_FIRST	VSIQF_HASH_CTL(0)
#define MODEL_FLEX_REG_END	GLQF_HMASK_SEL(E810_RSS_PROFILES)

/** A word of a profile's field vector, ready for use. */
struct flex_word {
	uint8_t pos;			/* word of the hash input, 0: first */
	uint8_t hdr;			/* enum pkt_hdr */
	uint16_t off;			/* bytes in that header */
	uint16_t mask;			/* bits that are hashed, of the big endian word */
	uint8_t xor;			/* word of the input that is XORed in; own pos: none */
};

struct flex_profile {
	bool compiled;
	bool symmetric;			/* some word is XORed with another */
	uint8_t n;
	struct flex_word word[E810_RSS_FV_WORDS];
};

/** Make and free a function's part. @return 0 or -ENOMEM */
int model_flex_create(struct aether_model *model);
void model_flex_free(struct aether_model *model);
/** The function is reset: its own updates are gone. */
void model_flex_reset(struct aether_model *model);
/** A table, a register beside the tables or a VSI changed: forget what was derived of them. */
void model_flex_changed(struct aether_model *model);
/** What fw_ddp_tables() answers, while it holds the package still. */
struct fw_flex_tables *model_flex_sync(struct aether_model *model,
				       const struct fw_flex_tables *base, uint64_t generation);
/** Once a step: another package may be in force, or none. */
void model_flex_step(struct aether_model *model);

/** Whether frames of this VSI may be hashed: some profile has fields for it. */
bool model_flex_hashes(struct aether_model *model, unsigned int vsi);
/** The profile for packets of this type to this VSI; NULL: there is none, or it has no fields. */
const struct flex_profile *model_flex_lookup(struct aether_model *model, unsigned int vsi,
					     uint16_t ptype);

/** The key of a VSI changed. */
void model_rss_key_changed(struct aether_model *model, unsigned int vsi);
/** The VSI was given these properties: show them in its hash control register. */
void model_rss_vsi_changed(struct aether_model *model, unsigned int vsi);

#endif /* MODEL_FLEX_H */
