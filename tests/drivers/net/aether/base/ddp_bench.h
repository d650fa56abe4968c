/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef DDP_BENCH_H
#define DDP_BENCH_H

/**
 * @file
 * A function of a device model without a package, and a package from memory for its bring-up.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/aether_base.h"

struct ddp_bench {
	struct aether_bus *bus;
	struct aether_model *model;
	struct aether_hw hw;
	/* What the source gives. */
	const void *data;
	size_t len;
	unsigned int loads;		/* how often it was asked */
};

/** card: NULL for one of its own. data NULL: the source has none (-ENOENT). */
void ddp_bench_open(struct ddp_bench *b, const char *card, uint8_t pf, const char *fault,
		    const void *data, size_t len);
void ddp_bench_close(struct ddp_bench *b);

#endif /* DDP_BENCH_H */
