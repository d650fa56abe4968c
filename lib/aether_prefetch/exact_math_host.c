/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What the reference takes from the C library, as glibc 2.36 computes it on x86-64: logarithm,
 * exponential, sine and cosine by polynomials in double precision, arc functions by fdlibm's in
 * single precision.
 */

#include <math.h>

#include "exact_math.h"
#include "float_bits.h"

/* 2^(i/32), less i in the exponent's place. */
static const uint64_t exp_table[32] = {
	0x3ff0000000000000, 0x3fefd9b0d3158574, 0x3fefb5586cf9890f, 0x3fef9301d0125b51,
	0x3fef72b83c7d517b, 0x3fef54873168b9aa, 0x3fef387a6e756238, 0x3fef1e9df51fdee1,
	0x3fef06fe0a31b715, 0x3feef1a7373aa9cb, 0x3feedea64c123422, 0x3feece086061892d,
	0x3feebfdad5362a27, 0x3feeb42b569d4f82, 0x3feeab07dd485429, 0x3feea47eb03a5585,
	0x3feea09e667f3bcd, 0x3fee9f75e8ec5f74, 0x3feea11473eb0187, 0x3feea589994cce13,
	0x3feeace5422aa0db, 0x3feeb737b0cdc5e5, 0x3feec49182a3f090, 0x3feed503b23e255d,
	0x3feee89f995ad3ad, 0x3feeff76f2fb5e47, 0x3fef199bdd85529c, 0x3fef3720dcef9069,
	0x3fef5818dcfba487, 0x3fef7c97337b9b5f, 0x3fefa4afa2a490da, 0x3fefd0765b6e4540,
};

float
exact_host_exp_plus_1(float x)
{
	double z, k, r, y, scale;
	uint64_t n;

	/* Beyond these, the sum is 1, or so large that its inverse is a denormal or 0: below any
	 * threshold either way. */
	if (x < -20.0f)
		return 1.0f;
	if (x > 88.0f)
		return INFINITY;
	z = 0x1.71547652b82fep+5 * (double)x;
	k = z + 0x1.8p52;
	n = bits_of_double(k);
	k -= 0x1.8p52;
	r = z - k;
	scale = double_of(exp_table[n % 32] + (n << 47));
	z = 0x1.c6af84b912394p-20 * r + 0x1.ebfce50fac4f3p-13;
	y = 0x1.62e42ff0c52d6p-6 * r + 1.0;
	y = z * (r * r) + y;
	return 1.0f + (float)(y * scale);
}

static double
host_sin_kernel(double x, double x2)
{
	const double x3 = x * x2;
	const double high = 0x1.1107605230bc4p-7 + x2 * -0x1.994eb3774cf24p-13;
	const double low = x + x3 * -0x1.555545995a603p-3;

	return low + x3 * x2 * high;
}

static double
host_cos_kernel(double x2)
{
	const double x4 = x2 * x2;
	const double high = -0x1.6c087e89a359dp-10 + x2 * 0x1.99343027bf8c3p-16;
	const double low = 1.0 + x2 * -0x1.ffffffd0c621cp-2 + x4 * 0x1.55553e1068f19p-5;

	return low + x4 * x2 * high;
}

static double
host_reduce(float x, int *quadrant)
{
	const double scaled = (double)x * 0x1.45F306DC9C883p+23; /* in quadrants, times 2^24 */

	*quadrant = ((int32_t)scaled + 0x800000) >> 24;
	return (double)x - *quadrant * 0x1.921FB54442D18p0;
}

/* Quadrants 0 to 3, counted from that of the sine: sin, cos, -sin, -cos. */
static float
host_sin_of(double x, int quadrant)
{
	const double y = (quadrant & 1) != 0 ? host_cos_kernel(x * x) : host_sin_kernel(x, x * x);

	return (float)((quadrant & 2) != 0 ? -y : y);
}

/* glibc compares no more than sign, exponent and three bits of the fraction. */
static unsigned int
coarse(float x)
{
	return bits_of(x) >> 20 & 0x7ff;
}

float
exact_host_sin(float x)
{
	int quadrant = 0;
	double y = (double)x;

	if (coarse(x) < coarse(0x1p-12f))
		return x;
	if (coarse(x) >= coarse(0x1.921FB6p-1f))
		y = host_reduce(x, &quadrant);
	return host_sin_of(y, quadrant);
}

float
exact_host_cos(float x)
{
	int quadrant = 0;
	double y = (double)x;

	if (coarse(x) < coarse(0x1p-12f))
		return 1.0f;
	if (coarse(x) >= coarse(0x1.921FB6p-1f))
		y = host_reduce(x, &quadrant);
	return host_sin_of(y, quadrant + 1);
}

/* asin(sqrt(z)) / sqrt(z) - 1, for z up to 1/4. */
static float
asin_ratio(float z)
{
	const float p = z * (1.6666667163e-01f + z * (-3.2556581497e-01f + z * (2.0121252537e-01f +
			z * (-4.0055535734e-02f + z * (7.9153501429e-04f +
			z * 3.4793309169e-05f)))));
	const float q = 1.0f + z * (-2.4033949375e+00f + z * (2.0209457874e+00f +
			z * (-6.8828397989e-01f + z * 7.7038154006e-02f)));

	return p / q;
}

float
exact_host_acos(float x)
{
	const float half_pi_hi = 0x1.921fb4p0f, half_pi_lo = 0x1.4442dp-24f, pi = 0x1.921fb4p1f;
	const uint32_t magnitude = bits_of(x) & 0x7fffffff;
	float z, s, high, correction;

	if (magnitude >= 0x3f800000)
		return x > 0 ? 0.0f : pi + 2.0f * half_pi_lo;
	if (magnitude <= 0x32800000) /* 2^-26 */
		return half_pi_hi + half_pi_lo;
	if (magnitude < 0x3f000000)
		return half_pi_hi - (x - (half_pi_lo - x * asin_ratio(x * x)));
	if (x < 0) {
		z = (1.0f + x) * 0.5f;
		s = sqrtf(z);
		return pi - 2.0f * (s + (asin_ratio(z) * s - half_pi_lo));
	}
	z = (1.0f - x) * 0.5f;
	s = sqrtf(z);
	high = float_of(bits_of(s) & 0xfffff000);
	correction = (z - high * high) / (s + high);
	return 2.0f * (high + (asin_ratio(z) * s + correction));
}

static const struct {
	float hi, lo;
} host_atan_parts[4] = {
	{ 0x1.dac67p-2f, 0x1.586ed2p-28f },
	{ 0x1.921fb4p-1f, 0x1.4442dp-25f },
	{ 0x1.f730bcp-1f, 0x1.281f68p-25f },
	{ 0x1.921fb4p0f, 0x1.4442dp-24f },
};

static float
host_atan_polynomial(float x)
{
	const float z = x * x;
	const float w = z * z;
	const float odd = z * (3.3333334327e-01f + w * (1.4285714924e-01f + w * (9.0908870101e-02f +
			w * (6.6610731184e-02f + w * (4.9768779427e-02f +
			w * 1.6285819933e-02f)))));
	const float even = w * (-2.0000000298e-01f + w * (-1.1111110449e-01f +
			w * (-7.6918758452e-02f + w * (-5.8335702866e-02f +
			w * -3.6531571299e-02f))));

	return x * (odd + even);
}

/* x is not negative. */
static float
host_atan(float x)
{
	const uint32_t magnitude = bits_of(x);
	unsigned int part;

	if (magnitude < 0x31000000) /* 2^-29 */
		return x;
	if (magnitude < 0x3ee00000) /* 7/16 */
		return x - host_atan_polynomial(x);
	if (magnitude >= 0x4c000000) /* 2^25 */
		return host_atan_parts[3].hi + host_atan_parts[3].lo;
	if (magnitude < 0x3f300000) { /* 11/16 */
		part = 0;
		x = (2.0f * x - 1.0f) / (2.0f + x);
	} else if (magnitude < 0x3f980000) { /* 19/16 */
		part = 1;
		x = (x - 1.0f) / (x + 1.0f);
	} else if (magnitude < 0x401c0000) { /* 39/16 */
		part = 2;
		x = (x - 1.5f) / (1.0f + 1.5f * x);
	} else {
		part = 3;
		x = -1.0f / x;
	}
	return host_atan_parts[part].hi -
		((host_atan_polynomial(x) - host_atan_parts[part].lo) - x);
}

/* The angle of the point mirrored into the first quadrant. */
static float
first_quadrant(uint32_t y, uint32_t x, float half_pi, float pi_lo)
{
	const int apart = ((int32_t)y - (int32_t)x) >> 23; /* in powers of two */

	if (apart > 60)
		return half_pi + 0.5f * pi_lo;
	return host_atan(float_of(y) / float_of(x));
}

float
exact_host_atan2(float y, float x)
{
	const float pi = 0x1.921fb6p1f, half_pi = 0x1.921fb6p0f, pi_lo = -0x1.777a5cp-24f;
	const uint32_t ay = bits_of(y) & 0x7fffffff, ax = bits_of(x) & 0x7fffffff;
	float z;

	if (x < 0 && (ay == 0 || ((int32_t)ay - (int32_t)ax) >> 23 < -60)) {
		z = pi; /* what pi_lo and less than 2^-60 take from it is lost */
	} else if (ay == 0) {
		return y;
	} else {
		z = first_quadrant(ay, ax, half_pi, pi_lo);
		if (x < 0)
			z = pi - (z - pi_lo);
	}
	return float_of(bits_of(z) | (bits_of(y) & 0x80000000));
}

float
exact_remainder(float x, float y)
{
	const double a = fabs((double)x), b = fabs((double)y);
	double r;

	if (a < b)
		return x;
	/* Both have 24 bits and the quotient 20: neither product nor difference is rounded. A
	 * quotient that rounds up to an integer takes the multiple once too often. */
	r = a - (double)(int64_t)(a / b) * b;
	if (r < 0)
		r += b;
	return float_of(bits_of((float)r) | (bits_of(x) & 0x80000000));
}
