/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_HOST_LOG_H
#define AETHER_PREFETCH_HOST_LOG_H

/*
 * The logarithm of glibc 2.36, bit for bit. The fast arithmetic needs it as much as the exact one:
 * "context" is a small difference of large sums of logarithms, and a last bit in each is more than
 * the tolerance.
 */

#include "float_bits.h"

/* 1/c and log(c) for c near the middle of each sixteenth of [0.7, 1.4). */
static const double log_inverse[16] = {
	0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0, 0x1.3c995b0b80385p+0,
	0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0, 0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
	0x1.0953f419900a7p+0, 0x1p+0, 0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
	0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1, 0x1.767dcf5534862p-1,
};

static const double log_value[16] = {
	-0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2, -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3,
	-0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3, -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4,
	-0x1.252f438e10c1ep-5, 0x0p+0, 0x1.aa5aa5df25984p-5, 0x1.c5e53aa362eb4p-4,
	0x1.526e57720db08p-3, 0x1.bc2860d22477p-3, 0x1.1058bc8a07ee1p-2, 0x1.4043057b6ee09p-2,
};

#define LOG_FROM	0x3f330000	/* 0.7 */
#define LOG_OF_2	0x1.62e42fefa39efp-1
#define LOG_C0		-0x1.00ea348b88334p-2
#define LOG_C1		0x1.5575b0be00b6ap-2
#define LOG_C2		-0x1.ffffef20a4123p-2

/* glibc 2.36: x is normal and positive. */
static inline float
exact_host_log(float x)
{
	const uint32_t above = bits_of(x) - LOG_FROM;
	const int exponent = (int32_t)above >> 23;
	const unsigned int i = above >> 19 & 15;
	const double z = (double)float_of(bits_of(x) - (above & 0xff800000));
	const double r = z * log_inverse[i] - 1.0;
	const double base = log_value[i] + exponent * LOG_OF_2;
	const double r2 = r * r;
	double y = LOG_C1 * r + LOG_C2;

	y = LOG_C0 * r2 + y;
	return (float)(y * r2 + (base + r));
}

#endif /* AETHER_PREFETCH_HOST_LOG_H */
