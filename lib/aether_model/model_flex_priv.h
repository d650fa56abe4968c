/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_FLEX_PRIV_H
#define MODEL_FLEX_PRIV_H

/** @file What model_flex.c and model_rss.c have between them. */

#include "model_flex.h"
#include "model_priv.h"

#define RSS_INPUT_BYTES		(E810_RSS_FV_WORDS * 2)

/* Answers of struct model_flex::lookup. */
#define FLEX_UNKNOWN		0
#define FLEX_NONE		1
#define FLEX_FIRST		2	/* and up: profile 0 and up */

struct flex_vsi {
	bool known, hashes;
	/** What a byte at each place of the input adds to the hash, by the VSI's key. */
	uint32_t (*toeplitz)[256];	/* RSS_INPUT_BYTES of them; NULL: not made yet */
};

struct model_flex {
	uint64_t generation;		/* struct fw_ddp::generation that `tables` is of */
	bool in_force;
	struct fw_flex_tables *tables;
	struct flex_vsi vsi[MODEL_VSIS];
	struct flex_profile profile[E810_RSS_PROFILES];
	uint8_t lookup[MODEL_VSIS][E810_PTYPES];
};

#endif /* MODEL_FLEX_PRIV_H */
