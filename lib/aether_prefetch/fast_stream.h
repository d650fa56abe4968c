/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_FAST_STREAM_H
#define AETHER_PREFETCH_FAST_STREAM_H

/*
 * One decision of one stream in the fast arithmetic. Built once for each set of instructions.
 *
 * A stream whose windows measure the same again and again, as sequential and strided ones do, only
 * has its basis and threshold moved: the point on the sphere and the probability are known.
 *
 * Each function is right to about half a last bit, and sums are made in the reference's order:
 * a threshold that hovers adds up what differs. Where it departs from the reference:
 * - V is half of delta, and both are scaled to the same angle: one arctangent serves both.
 * - The Bloch vector is of length 1 before it is normalised, so the inverse root is a constant.
 * - The azimuth is known when the vector is made, and only its cosine is measured: there is no
 *   arctangent of a quotient, but the angle folded into [0, pi].
 * - The threshold is compared with 1 / (1 + e^u) without dividing.
 *
 * Four arctangents go side by side in one register, then two sines, then the three observables.
 */

#include <immintrin.h>

#include "prefetch_priv.h"
#include "telemetry.h"

#define PI		0x1.921fb6p1f
#define TWO_PI		0x1.921fb6p2f
#define HALF_PI		0x1.921fb6p0f
/* What pi is less than PI, and half of it. */
#define PI_LOW		0x1.777a5cp-24f
#define HALF_PI_LOW	0x1.777a5cp-25f
#define ATAN_LIMIT	0x1.921fb4p0f
/* The inverse root of 1 by the magic constant and one step of Newton. */
#define ROOT_OF_1	0x1.ff221ep-1f
/* Less than that is nothing beside the tolerance, but its fourth power still is no denormal. */
#define SMALLEST_ANGLE	0x1p-26f
/* What H = 0.8 adds to theta: 0.06 atan(0.8). */
#define HISTORY_ANGLE	0x1.4ba61p-5f

static inline __m128
fast_fma(__m128 a, __m128 b, __m128 c)
{
#ifdef __FMA__
	return _mm_fmadd_ps(a, b, c);
#else
	return _mm_add_ps(_mm_mul_ps(a, b), c);
#endif
}

/* mask ? a : b, for a mask of whole lanes. */
static inline __m128
fast_select(__m128 mask, __m128 a, __m128 b)
{
#ifdef __AVX__
	return _mm_blendv_ps(b, a, mask);
#else
	return _mm_or_ps(_mm_and_ps(mask, a), _mm_andnot_ps(mask, b));
#endif
}

/* Any x but NaN; error below 3e-8 before rounding. */
static inline __m128
fast_atan(__m128 x)
{
	const __m128 sign = _mm_and_ps(x, _mm_set1_ps(-0.0f));
	const __m128 a = _mm_xor_ps(x, sign), one = _mm_set1_ps(1.0f);
	const __m128 z = _mm_div_ps(_mm_min_ps(a, one), _mm_max_ps(a, one));
	/* Below that, the polynomial is its first coefficient, and powers would be denormals. */
	const __m128 least = _mm_max_ps(z, _mm_set1_ps(0x1p-12f));
	const __m128 u = _mm_mul_ps(least, least), u2 = _mm_mul_ps(u, u), u4 = _mm_mul_ps(u2, u2);
	__m128 p01, p23, p45, p67, r;

	p01 = fast_fma(_mm_set1_ps(0x1.997e1cp-3f), u, _mm_set1_ps(-0x1.555506p-2f));
	p23 = fast_fma(_mm_set1_ps(0x1.b534dap-4f), u, _mm_set1_ps(-0x1.232414p-3f));
	p45 = fast_fma(_mm_set1_ps(0x1.60097fp-5f), u, _mm_set1_ps(-0x1.3536e4p-4f));
	p67 = fast_fma(_mm_set1_ps(0x1.73776ap-9f), u, _mm_set1_ps(-0x1.080310p-6f));
	r = fast_fma(fast_fma(p67, u2, p45), u4, fast_fma(p23, u2, p01));
	r = fast_fma(_mm_mul_ps(z, u), r, z);
	r = fast_select(_mm_cmpgt_ps(a, one), _mm_sub_ps(_mm_set1_ps(HALF_PI),
			_mm_add_ps(r, _mm_set1_ps(HALF_PI_LOW))), r);
	/* The crate's own limit is a last bit low. */
	r = fast_select(_mm_cmpge_ps(a, _mm_set1_ps(0x1p26f)), _mm_set1_ps(ATAN_LIMIT), r);
	return _mm_xor_ps(r, sign);
}

/* For |x| from SMALLEST_ANGLE to pi/2, and 0. */
static inline __m128
fast_sin_small(__m128 x)
{
	const __m128 u = _mm_mul_ps(x, x), u2 = _mm_mul_ps(u, u);
	__m128 p01, p23;

	p01 = fast_fma(_mm_set1_ps(0x1.110e6ap-7f), u, _mm_set1_ps(-0x1.555548p-3f));
	p23 = fast_fma(_mm_set1_ps(0x1.5cf8aep-19f), u, _mm_set1_ps(-0x1.9f5fecp-13f));
	return fast_fma(_mm_mul_ps(x, u), fast_fma(p23, u2, p01), x);
}

/* For |x| up to 0.9984: from the arcsine of |x| up to 1/2, or of the root of (1 - |x|) / 2. */
static inline float
fast_acos(float x)
{
	const float a = fabsf(x);
	const bool middle = a <= 0.5f;
	const float half = 0.5f * (1.0f - a), least = a > SMALLEST_ANGLE ? a : SMALLEST_ANGLE;
	const float z = middle ? least * least : half;
	const float s = middle ? a : _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(half)));
	const __m128 vz = _mm_set_ss(z);
	__m128 p = fast_fma(_mm_set_ss(0x1.59dac2p-5f), vz, _mm_set_ss(0x1.8ba25ep-6f));
	float r;

	p = fast_fma(p, vz, _mm_set_ss(0x1.748c64p-5f));
	p = fast_fma(p, vz, _mm_set_ss(0x1.33014ep-4f));
	p = fast_fma(p, vz, _mm_set_ss(0x1.5555cap-3f));
	r = _mm_cvtss_f32(fast_fma(_mm_set_ss(s * z), p, _mm_set_ss(s)));
	if (middle)
		return HALF_PI - (HALF_PI_LOW + (x < 0 ? -r : r));
	return x < 0 ? PI - (PI_LOW + 2.0f * r) : 2.0f * r;
}

/* n * pi - x, for a difference of a few pi. */
static inline __m128
fast_subtract_pi(__m128 n, __m128 x)
{
	x = _mm_xor_ps(x, _mm_set1_ps(-0.0f));
#ifdef __FMA__
	x = fast_fma(n, _mm_set1_ps(PI), x);
	return fast_fma(n, _mm_set1_ps(-PI_LOW), x);
#else
	/* Parts of pi that an n of a few bits multiplies exactly. */
	x = fast_fma(n, _mm_set1_ps(0x1.92p1f), x);
	x = fast_fma(n, _mm_set1_ps(0x1.fb4p-11f), x);
	return fast_fma(n, _mm_set1_ps(0x1.4442d2p-23f), x);
#endif
}

/*
 * For |x| up to some hundred. As the sine of what is left to the nearest odd multiple of pi/2,
 * which is as right for small cosines as for large.
 */
static inline __m128
fast_cos(__m128 x)
{
	const __m128 magic = _mm_set1_ps(0x1.8p23f);
	const __m128 t = fast_fma(_mm_sub_ps(x, _mm_set1_ps(HALF_PI)),
			_mm_set1_ps(0x1.45f306p-2f), magic);
	const __m128 n = _mm_add_ps(_mm_sub_ps(t, magic), _mm_set1_ps(0.5f));
	const __m128 odd = _mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(t), 31));

	return _mm_xor_ps(fast_sin_small(fast_subtract_pi(n, x)), odd);
}

/*
 * For |x| up to some hundred. What the basis has converged to gives small ones, and this is what
 * the next decision waits for: reduce only if need be.
 */
static inline float
fast_sin(float x)
{
	const __m128 magic = _mm_set_ss(0x1.8p23f);
	__m128 v = _mm_set_ss(x), odd = _mm_setzero_ps(), t;

	if (__builtin_expect(fabsf(x) > HALF_PI, 0)) {
		t = fast_fma(v, _mm_set_ss(0x1.45f306p-2f), magic);
		v = fast_subtract_pi(_mm_sub_ss(t, magic), v);
		odd = _mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(t), 31));
		odd = _mm_xor_ps(odd, _mm_set_ss(-0.0f)); /* the difference was from above */
	}
	return _mm_cvtss_f32(_mm_xor_ps(fast_sin_small(v), odd));
}

/* e^x for |x| up to 128, infinite from 88 on. */
static inline float
fast_exp(float x)
{
	const float clamped = x > 88.0f ? 88.0f : x < -80.0f ? -80.0f : x;
	const __m128 v = _mm_set_ss(clamped), magic = _mm_set_ss(0x1.8p23f);
	const __m128 t = fast_fma(v, _mm_set_ss(0x1.715476p0f), magic), n = _mm_sub_ss(t, magic);
	const __m128 hi = fast_fma(n, _mm_set_ss(-0x1.62e4p-1f), v);
	const __m128 r = fast_fma(n, _mm_set_ss(-0x1.7f7d1cp-20f), hi);
	__m128 p = fast_fma(_mm_set_ss(0x1.6dcf28p-10f), r, _mm_set_ss(0x1.126ee0p-7f)), y;

	p = fast_fma(p, r, _mm_set_ss(0x1.555544p-5f));
	p = fast_fma(p, r, _mm_set_ss(0x1.555406p-3f));
	p = fast_fma(p, r, _mm_set_ss(0.5f));
	p = fast_fma(p, r, _mm_set_ss(1.0f));
	y = fast_fma(p, r, _mm_set_ss(1.0f));

	return _mm_cvtss_f32(_mm_castsi128_ps(_mm_add_epi32(_mm_castps_si128(y),
			_mm_slli_epi32(_mm_castps_si128(t), 23))));
}

/* Half of theta, and the azimuth, in the first two lanes. */
static inline __m128
fast_angles(const float f[6], bool measured)
{
	const __m128 scaled = _mm_mul_ps(
			_mm_setr_ps(f[DELTA], f[VARIANCE], f[SPECTRUM], f[CONTEXT] - 1.0f),
			_mm_setr_ps(1.0f / 64, 1.0f / 128, 1.0f / 16, 1.0f / 4));
	/* Beyond that, the arctangent is pi/2, and the inverse's cube would be a denormal. */
	const __m128 angle = fast_atan(_mm_min_ps(scaled, _mm_set1_ps(0x1p60f)));
	const __m128 two = _mm_add_ps(angle, angle);
	float t[4], w[4], theta, azimuth;

	_mm_storeu_ps(t, two);
	_mm_storeu_ps(w, _mm_mul_ps(two, _mm_setr_ps(0.5f, 0.1f, 0.05f, 0.02f)));
	theta = w[0] + t[0] * 0.3f + w[1] + w[2] + (measured ? HISTORY_ANGLE : 0.0f) + w[3];
	azimuth = (t[0] * 0.6f + t[0] * 0.3f + t[2] * 0.1f) / 0.85f;
	azimuth = azimuth > SMALLEST_ANGLE ? azimuth : SMALLEST_ANGLE;
	return _mm_setr_ps(theta * 0.5f, azimuth, 0.0f, 0.0f);
}

/* Sines of half of theta, in [0, pi/2], and of the azimuth, in [0, 3.7]. */
static inline __m128
fast_sines(__m128 angles)
{
	const __m128 folded = _mm_sub_ps(_mm_sub_ps(_mm_set1_ps(PI), angles),
			_mm_set1_ps(PI_LOW));

	return fast_sin_small(_mm_min_ps(angles, folded));
}

static inline void
fast_bloch(__m128 angles, __m128 sines, float bloch[3])
{
	const __m128 cosines = fast_cos(angles);
	float s[4], c[4];

	_mm_storeu_ps(s, sines);
	_mm_storeu_ps(c, cosines);
	bloch[0] = s[0] * c[1] * ROOT_OF_1;
	bloch[1] = s[0] * s[1] * ROOT_OF_1;
	bloch[2] = c[0] * ROOT_OF_1;
}

/*
 * Basis and threshold move; what is left is to compare. odds: 1 / probability, or 0 for a
 * measurement of which it is not known yet.
 */
static inline float
fast_measure(struct rte_aether_prefetch *s, float theta, float azimuth, float odds)
{
	const float temporal = fast_sin(theta * 0.5f - s->phi);
	const __m128 cosines = fast_cos(_mm_setr_ps(theta + s->phi, theta * azimuth, 0.0f, 0.0f));
	const float spatial = _mm_cvtss_f32(cosines);
	const float spectral = _mm_cvtss_f32(_mm_shuffle_ps(cosines, cosines, 1));
	float phi = s->phi + s->lambda[1] * temporal;
	__m128 epsilon;

	if (__builtin_expect(fabsf(phi) >= TWO_PI, 0))
		phi -= TWO_PI * (float)(int)(phi * (1.0f / TWO_PI));
	epsilon = _mm_set_ss(s->epsilon + s->lambda[0] * spatial);
	epsilon = _mm_min_ss(_mm_max_ss(epsilon, _mm_set_ss(0.1f)), _mm_set_ss(0.9f));
	s->phi = phi;
	s->epsilon = _mm_cvtss_f32(epsilon);
	return odds > 0.0f ? odds : 1.0f + fast_exp(s->lambda[2] * spectral + s->bias);
}

/* Whether a window is measured as the one before, as far as the angles can tell. */
static inline bool
fast_is_steady(const struct rte_aether_prefetch *s, const float f[6])
{
	const float small = 0x1p-30f; /* turns the angles by less than their last bit */

	return s->run > RTE_AETHER_PREFETCH_RING && f[VARIANCE] == s->variance &&
		(f[SPECTRUM] == s->spectrum || (f[SPECTRUM] < small && s->spectrum < small));
}

/* The angle to the axis of the first two observables, and the azimuth that the third takes. */
static inline void
fast_encode(const float f[6], bool measured, float *theta, float *azimuth,
		struct rte_aether_prefetch_observation *o)
{
	const __m128 angles = fast_angles(f, measured);
	const __m128 sines = fast_sines(angles);
	const __m128 az = _mm_shuffle_ps(angles, angles, _MM_SHUFFLE(1, 1, 1, 1));
	const float ry = _mm_cvtss_f32(sines) *
		_mm_cvtss_f32(_mm_shuffle_ps(sines, sines, _MM_SHUFFLE(1, 1, 1, 1))) * ROOT_OF_1;

	*theta = fast_acos(ry);
	/* A window of fewer than two addresses is a point on the other side of the axis. */
	*azimuth = measured ?
		_mm_cvtss_f32(_mm_min_ss(az, _mm_sub_ss(_mm_set_ss(TWO_PI), az))) : PI;
	if (o != NULL) {
		memcpy(o->telemetry, f, sizeof(o->telemetry));
		fast_bloch(angles, sines, o->bloch);
	}
}

static inline __attribute__((always_inline)) bool
fast_decide(struct rte_aether_prefetch *s, const uint64_t *window, size_t n,
		struct rte_aether_prefetch_observation *o)
{
	float f[6], theta = s->theta, azimuth = 0.0f, odds = s->odds;
	bool prefetch;

	telemetry_next(s, window, n, f);
	if (n < 2 || o != NULL || !fast_is_steady(s, f)) {
		fast_encode(f, n >= 2, &theta, &azimuth, o);
		s->theta = theta;
		s->variance = n < 2 ? -1.0f : f[VARIANCE]; /* no other window is as a short one */
		s->spectrum = f[SPECTRUM];
		odds = 0.0f;
	}
	odds = fast_measure(s, theta, azimuth, odds);
	s->odds = odds;
	prefetch = s->epsilon * odds < 1.0f;
	s->cycles++;
	s->prefetches += prefetch;
	return prefetch;
}

#endif /* AETHER_PREFETCH_FAST_STREAM_H */
