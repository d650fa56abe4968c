/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_EXACT_MATH_H
#define AETHER_PREFETCH_EXACT_MATH_H

/*
 * The elementary functions of the reference, bit for bit. It takes arctangent, sine and cosine of
 * the measurement from the Rust crate libm 0.2.1 (msun's single precision functions, shortened),
 * everything else from the C library, glibc 2.36 there. Both are here as functions of their own,
 * so that neither the C library's version nor its choice of instructions matters. Constants and
 * the order of operations are those libraries': that is what "bit for bit" needs.
 *
 * Compile with -ffp-contract=off. Rounding to nearest is assumed. None of these makes or takes a
 * denormal for the arguments they are documented for, so MXCSR's DAZ and FTZ do not matter.
 */

/** crate libm 0.2.1: any x but NaN. */
float exact_atan(float x);
/** crate libm 0.2.1: |x| below 2^28. */
float exact_sin(float x);
float exact_cos(float x);

/** glibc 2.36: |x| below 120. */
float exact_host_sin(float x);
float exact_host_cos(float x);
/** glibc 2.36: |x| at most 1. */
float exact_host_acos(float x);
/** glibc 2.36: x is finite and not 0; y finite; not both tiny. */
float exact_host_atan2(float y, float x);
/** 1 + e^x, e^x being glibc 2.36's: |x| at most 128. */
float exact_host_exp_plus_1(float x);
/** Remainder of x / y with the sign of x: |x| at most 2^20 |y|. Exact, as C wants it. */
float exact_remainder(float x, float y);

#endif /* AETHER_PREFETCH_EXACT_MATH_H */
