/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_VEC_AVX512_H
#define AETHER_PREFETCH_VEC_AVX512_H

/* What bulk_kernel.h is written in, for 16 lanes of AVX-512. */

#include <immintrin.h>

#include <stdbool.h>

#include "host_log.h"

#define VEC	16

typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vm;

static inline vf v_set(float x) { return _mm512_set1_ps(x); }
static inline vf v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void v_store(float *p, vf x) { _mm512_storeu_ps(p, x); }
static inline vf v_add(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf v_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf v_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
/* a * b + c and c - a * b */
static inline vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vf v_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
static inline vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf v_abs(vf a) { return _mm512_abs_ps(a); }

static inline vm v_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static inline vm v_eq(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
static inline vm m_and(vm a, vm b) { return (vm)(a & b); }
static inline vm m_or(vm a, vm b) { return (vm)(a | b); }
static inline vm m_not(vm a) { return (vm)~a; }
static inline unsigned int m_bits(vm a) { return a; }
static inline bool m_all(vm a) { return a == 0xffff; }
static inline bool m_any(vm a) { return a != 0; }
/* m ? a : b */
static inline vf v_select(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }

static inline vi i_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
static inline vi i_load(const void *p) { return _mm512_loadu_si512(p); }
static inline void i_store(void *p, vi x) { _mm512_storeu_si512(p, x); }
static inline vi i_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
static inline vi i_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
static inline vi i_and(vi a, vi b) { return _mm512_and_si512(a, b); }
static inline vi i_select(vm m, vi a, vi b) { return _mm512_mask_blend_epi32(m, b, a); }
static inline vm i_eq(vi a, vi b) { return _mm512_cmpeq_epi32_mask(a, b); }
static inline vm i_below(vi a, vi b) { return _mm512_cmplt_epu32_mask(a, b); }
#define i_srl(a, n) _mm512_srli_epi32(a, n)
#define i_sll(a, n) _mm512_slli_epi32(a, n)
static inline vi i_bits(vf a) { return _mm512_castps_si512(a); }
static inline vf v_bits(vi a) { return _mm512_castsi512_ps(a); }
static inline vf v_xor(vf a, vi b) { return v_bits(_mm512_xor_si512(i_bits(a), b)); }
/* To the nearest integer; from an unsigned and a signed one. */
static inline vi i_round(vf a) { return _mm512_cvtps_epi32(a); }
static inline vf v_unsigned(vi a) { return _mm512_cvtepu32_ps(a); }
static inline vf v_signed(vi a) { return _mm512_cvtepi32_ps(a); }

/* For a from 1 to 2^64: error about one last bit. */
static inline vf
v_inverse(vf a)
{
	const vf r = _mm512_rcp14_ps(a);

	return v_fma(r, v_fnma(a, r, v_set(1.0f)), r);
}

/* For a from 2^-10 to 1: error about one last bit. */
static inline vf
v_root(vf a)
{
	const vf y = _mm512_rsqrt14_ps(a), s = v_mul(a, y);

	return v_fma(v_mul(s, v_set(0.5f)), v_fnma(s, y, v_set(1.0f)), s);
}

static inline vf
v_delta(const uint64_t *first, const uint64_t *last)
{
	const __m512i low = _mm512_sub_epi64(_mm512_loadu_si512(last), _mm512_loadu_si512(first));
	const __m512i high = _mm512_sub_epi64(_mm512_loadu_si512(last + 8),
			_mm512_loadu_si512(first + 8));

	return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtepu64_ps(low)),
			_mm512_cvtepu64_ps(high), 1);
}

/* Windows of two addresses or more. */
static inline vm
v_measured(const uint16_t *n)
{
	return _mm256_cmpgt_epu16_mask(_mm256_loadu_si256((const __m256i *)n),
			_mm256_set1_epi16(1));
}

static inline __m256
v_log_half(__m256 z, __m256i part, __m256i exponent)
{
	const __m512i i = _mm512_cvtepi32_epi64(part);
	const __m512d inverse = _mm512_permutex2var_pd(_mm512_loadu_pd(log_inverse), i,
			_mm512_loadu_pd(log_inverse + 8));
	const __m512d log = _mm512_permutex2var_pd(_mm512_loadu_pd(log_value), i,
			_mm512_loadu_pd(log_value + 8));
	const __m512d r = _mm512_fmadd_pd(_mm512_cvtps_pd(z), inverse, _mm512_set1_pd(-1.0));
	const __m512d base = _mm512_fmadd_pd(_mm512_cvtepi32_pd(exponent),
			_mm512_set1_pd(LOG_OF_2), log);
	const __m512d r2 = _mm512_mul_pd(r, r);
	__m512d y = _mm512_fmadd_pd(_mm512_set1_pd(LOG_C1), r, _mm512_set1_pd(LOG_C2));

	y = _mm512_fmadd_pd(_mm512_set1_pd(LOG_C0), r2, y);
	return _mm512_cvtpd_ps(_mm512_fmadd_pd(y, r2, _mm512_add_pd(base, r)));
}

/* exact_host_log() */
static inline vf
v_log(vf x)
{
	const vi above = i_sub(i_bits(x), i_set(LOG_FROM));
	const vf z = v_bits(i_sub(i_bits(x), i_and(above, i_set(0xff800000))));
	const vi exponent = _mm512_srai_epi32(above, 23);
	const vi part = i_and(i_srl(above, 19), i_set(15));
	const __m256 low = v_log_half(_mm512_castps512_ps256(z), _mm512_castsi512_si256(part),
			_mm512_castsi512_si256(exponent));
	const __m256 high = v_log_half(_mm512_extractf32x8_ps(z, 1),
			_mm512_extracti32x8_epi32(part, 1), _mm512_extracti32x8_epi32(exponent, 1));

	return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
}

#endif /* AETHER_PREFETCH_VEC_AVX512_H */
