/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_ENERGY_H
#define AETHER_PREFETCH_ENERGY_H

/*
 * The running energy of a stream's delta differences, and its root by the magic constant.
 *
 * With a constant delta the energy only decays, in the reference into the denormals, where it
 * stays for good and makes each operation some hundred cycles slower. Here a value below 2^-80 is
 * kept scaled by 2^64, which the sign tells, as an energy has none; and what the reference rounds
 * to a multiple of the smallest denormal is rounded to that multiple. So results are the
 * reference's, bit for bit, without a denormal and whatever MXCSR says.
 */

#include <math.h>

#include "float_bits.h"

#define ENERGY_SCALED_BELOW	0x1p-80f
/* Scaled by 2^64: the smallest normal number; adding it leaves multiples of the smallest
 * denormal in the fraction. */
#define ENERGY_SMALLEST		0x1p-62f

/* 0.95 times a scaled energy, as the reference rounds it. */
static inline float
energy_decay_scaled(float scaled)
{
	const double product = (double)0.95f * (double)scaled; /* exact */

	if (product >= (double)ENERGY_SMALLEST)
		return (float)product;
	/* Adding and subtracting rounds to a multiple of 2^-85. */
	return (float)((product + 0x1.8p-33) - 0x1.8p-33);
}

static inline float
energy_next(float energy, float difference)
{
	/* 0, or at least 0.05: deltas are integers. */
	const float added = 0.05f * difference * difference;
	float kept;

	if (energy < 0)
		return added > 0 ? added : -energy_decay_scaled(-energy);
	kept = 0.95f * energy + added;
	return kept < ENERGY_SCALED_BELOW && kept > 0 ? kept * -0x1p64f : kept;
}

/* Root of a scaled energy. */
static inline float
energy_root_scaled(float scaled)
{
	float half = 0.5f * scaled, y, r;
	uint32_t bits;

	if (scaled < ENERGY_SMALLEST)
		bits = bits_of(scaled + ENERGY_SMALLEST) & 0x7fffff;
	else
		bits = bits_of(scaled) - (64u << 23);
	if (half < ENERGY_SMALLEST)
		half = (half + ENERGY_SMALLEST) - ENERGY_SMALLEST;
	y = float_of(0x5f3759df - (bits >> 1));
	r = y * (1.5f - (half * 0x1p-32f) * (y * 0x1p-32f) * y);
	return (scaled * 0x1p-32f) * (r * 0x1p-32f);
}

static inline float
energy_root(float energy)
{
	float y;

	if (energy < 0)
		return energy_root_scaled(-energy);
	y = float_of(0x5f3759df - (bits_of(energy) >> 1));
	return energy * (y * (1.5f - 0.5f * energy * y * y));
}

#endif /* AETHER_PREFETCH_ENERGY_H */
