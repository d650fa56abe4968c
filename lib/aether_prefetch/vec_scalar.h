/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_VEC_SCALAR_H
#define AETHER_PREFETCH_VEC_SCALAR_H

/* What bulk_kernel.h is written in, for one lane of plain C. */

#include <math.h>

#include <stdbool.h>

#include "host_log.h"

#define VEC	1

typedef float vf;
typedef uint32_t vi;
typedef bool vm;

static inline vf v_set(float x) { return x; }
static inline vf v_load(const float *p) { return *p; }
static inline void v_store(float *p, vf x) { *p = x; }
static inline vf v_add(vf a, vf b) { return a + b; }
static inline vf v_sub(vf a, vf b) { return a - b; }
static inline vf v_mul(vf a, vf b) { return a * b; }
/* a * b + c and c - a * b, rounded once: the product of two floats is exact in double. */
static inline vf v_fma(vf a, vf b, vf c) { return (float)((double)a * (double)b + (double)c); }
static inline vf v_fnma(vf a, vf b, vf c) { return (float)((double)c - (double)a * (double)b); }
static inline vf v_min(vf a, vf b) { return a < b ? a : b; }
static inline vf v_max(vf a, vf b) { return a > b ? a : b; }
static inline vf v_abs(vf a) { return fabsf(a); }

static inline vm v_lt(vf a, vf b) { return a < b; }
static inline vm v_eq(vf a, vf b) { return a == b; }
static inline vm m_and(vm a, vm b) { return a && b; }
static inline vm m_or(vm a, vm b) { return a || b; }
static inline vm m_not(vm a) { return !a; }
static inline unsigned int m_bits(vm a) { return a; }
static inline bool m_all(vm a) { return a; }
static inline bool m_any(vm a) { return a; }
/* m ? a : b */
static inline vf v_select(vm m, vf a, vf b) { return m ? a : b; }

static inline vi i_set(uint32_t x) { return x; }
static inline vi i_load(const void *p) { return *(const vi *)p; }
static inline void i_store(void *p, vi x) { *(vi *)p = x; }
static inline vi i_add(vi a, vi b) { return a + b; }
static inline vi i_sub(vi a, vi b) { return a - b; }
static inline vi i_and(vi a, vi b) { return a & b; }
static inline vi i_select(vm m, vi a, vi b) { return m ? a : b; }
static inline vm i_eq(vi a, vi b) { return a == b; }
static inline vm i_below(vi a, vi b) { return a < b; }
static inline vi i_srl(vi a, unsigned int n) { return a >> n; }
static inline vi i_sll(vi a, unsigned int n) { return a << n; }
static inline vi i_bits(vf a) { return bits_of(a); }
static inline vf v_bits(vi a) { return float_of(a); }
static inline vf v_xor(vf a, vi b) { return float_of(bits_of(a) ^ b); }
/* To the nearest integer, |a| below 2^31; from an unsigned and a signed one. */
static inline vi i_round(vf a)
{
	return (uint32_t)(int32_t)((double)a + 0x1.8p52 - 0x1.8p52);
}
static inline vf v_unsigned(vi a) { return (float)a; }
static inline vf v_signed(vi a) { return (float)(int32_t)a; }

static inline vf v_inverse(vf a) { return 1.0f / a; }
static inline vf v_root(vf a) { return sqrtf(a); }
static inline vf v_delta(const uint64_t *first, const uint64_t *last)
{
	return (float)(*last - *first);
}
/* Windows of two addresses or more. */
static inline vm v_measured(const uint16_t *n) { return *n > 1; }
static inline vf v_log(vf x) { return exact_host_log(x); }

#endif /* AETHER_PREFETCH_VEC_SCALAR_H */
