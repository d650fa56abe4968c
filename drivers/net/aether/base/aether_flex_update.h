/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FLEX_UPDATE_H
#define AETHER_FLEX_UPDATE_H

/**
 * @file
 * Changes of the package's tables: sections in buffers, sent under the change lock.
 */

#include "aether_base.h"

#define AETHER_UPDATE_MAX_BUFS		8
/** Sections that a buffer's table has room for. */
#define AETHER_UPDATE_MAX_SECTIONS	32

struct aether_update {
	uint8_t *data;			/* AETHER_UPDATE_MAX_BUFS buffers */
	unsigned int n_bufs;
};

int aether_update_begin(struct aether_update *update);
/** Append a section of zeroes. @return its bytes, or NULL: no room */
uint8_t *aether_update_section(struct aether_update *update, uint32_t type, uint16_t size);
/** Send it all, in the order of the sections. */
int aether_update_send(struct aether_hw *hw, struct aether_update *update);
void aether_update_end(struct aether_update *update);

#endif /* AETHER_FLEX_UPDATE_H */
