/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_VEC_AVX2_H
#define AETHER_PREFETCH_VEC_AVX2_H

/* What bulk_kernel.h is written in, for 8 lanes of AVX2 and FMA. A mask is a vector. */

#include <immintrin.h>

#include <stdbool.h>

#include "host_log.h"

#define VEC	8

typedef __m256 vf;
typedef __m256i vi;
typedef __m256 vm;

static inline vf v_set(float x) { return _mm256_set1_ps(x); }
static inline vf v_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void v_store(float *p, vf x) { _mm256_storeu_ps(p, x); }
static inline vf v_add(vf a, vf b) { return _mm256_add_ps(a, b); }
static inline vf v_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
static inline vf v_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
/* a * b + c and c - a * b */
static inline vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vf v_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
static inline vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
static inline vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }
static inline vf v_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }

static inline vm v_lt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
static inline vm v_eq(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
static inline vm m_and(vm a, vm b) { return _mm256_and_ps(a, b); }
static inline vm m_or(vm a, vm b) { return _mm256_or_ps(a, b); }
static inline vm m_not(vm a)
{
	return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1)));
}
static inline unsigned int m_bits(vm a) { return (unsigned int)_mm256_movemask_ps(a); }
static inline bool m_all(vm a) { return m_bits(a) == 0xff; }
static inline bool m_any(vm a) { return m_bits(a) != 0; }
/* m ? a : b */
static inline vf v_select(vm m, vf a, vf b) { return _mm256_blendv_ps(b, a, m); }

static inline vi i_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
static inline vi i_load(const void *p) { return _mm256_loadu_si256(p); }
static inline void i_store(void *p, vi x) { _mm256_storeu_si256(p, x); }
static inline vi i_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
static inline vi i_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
static inline vi i_and(vi a, vi b) { return _mm256_and_si256(a, b); }
static inline vi i_bits(vf a) { return _mm256_castps_si256(a); }
static inline vf v_bits(vi a) { return _mm256_castsi256_ps(a); }
static inline vi i_select(vm m, vi a, vi b) { return i_bits(v_select(m, v_bits(a), v_bits(b))); }
static inline vm i_eq(vi a, vi b) { return v_bits(_mm256_cmpeq_epi32(a, b)); }
static inline vm i_below(vi a, vi b)
{
	const vi flip = i_set(0x80000000);

	return v_bits(_mm256_cmpgt_epi32(_mm256_xor_si256(b, flip), _mm256_xor_si256(a, flip)));
}
#define i_srl(a, n) _mm256_srli_epi32(a, n)
#define i_sll(a, n) _mm256_slli_epi32(a, n)
static inline vf v_xor(vf a, vi b) { return v_bits(_mm256_xor_si256(i_bits(a), b)); }
/* To the nearest integer; from an unsigned and a signed one. */
static inline vi i_round(vf a) { return _mm256_cvtps_epi32(a); }
static inline vf v_signed(vi a) { return _mm256_cvtepi32_ps(a); }
static inline vf v_unsigned(vi a)
{
	/* Both halves are exact; so is the product, and the sum is rounded once. */
	return v_fma(v_signed(i_srl(a, 16)), v_set(0x1p16f), v_signed(i_and(a, i_set(0xffff))));
}

/* For a from 1 to 2^64. Division and root of 8 lanes cost less than an estimate and a step. */
static inline vf v_inverse(vf a) { return _mm256_div_ps(v_set(1.0f), a); }
static inline vf v_root(vf a) { return _mm256_sqrt_ps(a); }

/*
 * Four unsigned integers. Above 2^53 the low 11 bits only say that there is something, so that
 * the conversion to double is exact and the one to float rounds once.
 */
static inline __m128
v_delta_half(const uint64_t *first, const uint64_t *last)
{
	const __m256i u = _mm256_sub_epi64(_mm256_loadu_si256((const __m256i *)last),
			_mm256_loadu_si256((const __m256i *)first));
	const __m256i low = _mm256_set1_epi64x(0x7ff), zero = _mm256_setzero_si256();
	const __m256i large = _mm256_cmpgt_epi64(_mm256_srli_epi64(u, 53), zero);
	const __m256i inexact = _mm256_andnot_si256(
			_mm256_cmpeq_epi64(_mm256_and_si256(u, low), zero),
			_mm256_set1_epi64x(0x800));
	const __m256i odd = _mm256_or_si256(_mm256_andnot_si256(low, u), inexact);
	const __m256i v = _mm256_blendv_epi8(u, odd, large);
	/* The halves as fractions of 2^84 and 2^52. */
	const __m256d high = _mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64(v, 32),
			_mm256_castpd_si256(_mm256_set1_pd(0x1p84))));
	const __m256d bottom = _mm256_castsi256_pd(_mm256_blend_epi32(v,
			_mm256_castpd_si256(_mm256_set1_pd(0x1p52)), 0xaa));
	const __m256d excess = _mm256_set1_pd(0x1p84 + 0x1p52);

	return _mm256_cvtpd_ps(_mm256_add_pd(_mm256_sub_pd(high, excess), bottom));
}

static inline vf
v_delta(const uint64_t *first, const uint64_t *last)
{
	return _mm256_set_m128(v_delta_half(first + 4, last + 4), v_delta_half(first, last));
}

/* Windows of two addresses or more. */
static inline vm
v_measured(const uint16_t *n)
{
	const vi wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)n));

	return v_bits(_mm256_cmpgt_epi32(wide, i_set(1)));
}

static inline __m128
v_log_half(__m128 z, __m128i part, __m128i exponent)
{
	const __m256d inverse = _mm256_i32gather_pd(log_inverse, part, 8);
	const __m256d log = _mm256_i32gather_pd(log_value, part, 8);
	const __m256d r = _mm256_fmadd_pd(_mm256_cvtps_pd(z), inverse, _mm256_set1_pd(-1.0));
	const __m256d base = _mm256_fmadd_pd(_mm256_cvtepi32_pd(exponent),
			_mm256_set1_pd(LOG_OF_2), log);
	const __m256d r2 = _mm256_mul_pd(r, r);
	__m256d y = _mm256_fmadd_pd(_mm256_set1_pd(LOG_C1), r, _mm256_set1_pd(LOG_C2));

	y = _mm256_fmadd_pd(_mm256_set1_pd(LOG_C0), r2, y);
	return _mm256_cvtpd_ps(_mm256_fmadd_pd(y, r2, _mm256_add_pd(base, r)));
}

/* exact_host_log() */
static inline vf
v_log(vf x)
{
	const vi above = i_sub(i_bits(x), i_set(LOG_FROM));
	const vf z = v_bits(i_sub(i_bits(x), i_and(above, i_set(0xff800000))));
	const vi exponent = _mm256_srai_epi32(above, 23);
	const vi part = i_and(i_srl(above, 19), i_set(15));

	return _mm256_set_m128(
			v_log_half(_mm256_extractf128_ps(z, 1), _mm256_extracti128_si256(part, 1),
				_mm256_extracti128_si256(exponent, 1)),
			v_log_half(_mm256_castps256_ps128(z), _mm256_castsi256_si128(part),
				_mm256_castsi256_si128(exponent)));
}

#endif /* AETHER_PREFETCH_VEC_AVX2_H */
