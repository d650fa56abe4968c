/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_FLOAT_BITS_H
#define AETHER_PREFETCH_FLOAT_BITS_H

#include <stdint.h>
#include <string.h>

static inline uint32_t
bits_of(float x)
{
	uint32_t u;

	memcpy(&u, &x, sizeof(u));
	return u;
}

static inline float
float_of(uint32_t u)
{
	float x;

	memcpy(&x, &u, sizeof(x));
	return x;
}

static inline double
double_of(uint64_t u)
{
	double x;

	memcpy(&x, &u, sizeof(x));
	return x;
}

static inline uint64_t
bits_of_double(double x)
{
	uint64_t u;

	memcpy(&u, &x, sizeof(u));
	return u;
}

#endif /* AETHER_PREFETCH_FLOAT_BITS_H */
