/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_CTX_H
#define AETHER_CTX_H

/**
 * @file
 * Queue contexts are little-endian bit strings; a field is (first bit, width) in them.
 */

#include <stdint.h>

/** Set a field of at most 64 bits; bits of value above width are ignored. ctx must hold it. */
static inline void
aether_ctx_put(uint8_t *ctx, unsigned int lsb, unsigned int width, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < width; i++) {
		const unsigned int bit = lsb + i;
		const uint8_t mask = 1u << (bit % 8);

		if (value >> i & 1)
			ctx[bit / 8] |= mask;
		else
			ctx[bit / 8] &= (uint8_t)~mask;
	}
}

/** The same with a field of e810_hw.h: aether_ctx_set(ctx, E810_RLAN_CTX_QLEN, 512). The extra
 * step lets the field's two numbers become two arguments. */
#define aether_ctx_set(ctx, ...)	aether_ctx_put(ctx, __VA_ARGS__)

#endif /* AETHER_CTX_H */
