/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Arctangent, sine and cosine as crate libm 0.2.1 has them: msun's kernels in double precision for
 * sine and cosine, a polynomial of five coefficients for the arctangent.
 */

#include <stdbool.h>

#include "exact_math.h"
#include "float_bits.h"

/* Where the arctangent's argument is reduced to: atan(x) = atan(c) + atan((x - c) / (1 + c x)),
 * for c = 1/2, 1, 3/2 and infinity; atan(c) in two parts. */
struct atan_part {
	float hi, lo;
};

static const struct atan_part atan_parts[4] = {
	{ 0x1.dac67p-2f, 0x1.586ed2p-28f },
	{ 0x1.921fb4p-1f, 0x1.4442dp-25f },
	{ 0x1.f730bcp-1f, 0x1.281f68p-25f },
	{ 0x1.921fb4p0f, 0x1.4442dp-24f },
};

static float
atan_polynomial(float x)
{
	const float z = x * x;
	const float w = z * z;
	const float odd = z * (3.3333328366e-01f + w * (1.4253635705e-01f + w * 6.1687607318e-02f));
	const float even = w * (-1.9999158382e-01f + w * -1.0648017377e-01f);

	return x * (odd + even);
}

static float
atan_reduced(float x, const struct atan_part *part)
{
	return part->hi - ((atan_polynomial(x) - part->lo) - x);
}

float
exact_atan(float x)
{
	const uint32_t magnitude = bits_of(x) & 0x7fffffff;
	const float a = float_of(magnitude);
	float z;

	if (magnitude < 0x39800000) /* 2^-12 */
		return x;
	if (magnitude < 0x3ee00000) /* 7/16 */
		return x - atan_polynomial(x);
	if (magnitude < 0x3f300000) /* 11/16 */
		z = atan_reduced((2.0f * a - 1.0f) / (2.0f + a), &atan_parts[0]);
	else if (magnitude < 0x3f980000) /* 19/16 */
		z = atan_reduced((a - 1.0f) / (a + 1.0f), &atan_parts[1]);
	else if (magnitude < 0x401c0000) /* 39/16 */
		z = atan_reduced((a - 1.5f) / (1.0f + 1.5f * a), &atan_parts[2]);
	else if (magnitude < 0x4c800000) /* 2^26 */
		z = atan_reduced(-1.0f / a, &atan_parts[3]);
	else /* the low part is lost in the sum, as is the reference's 2^-120 */
		z = atan_parts[3].hi;
	return float_of(bits_of(z) | (bits_of(x) & 0x80000000));
}

static float
sin_kernel(double x)
{
	const double z = x * x;
	const double w = z * z;
	const double r = -0.000198393348360966317347 + z * 0.0000027183114939898219064;
	const double s = z * x;

	return (float)((x + s * (-0.166666666416265235595 + z * 0.0083333293858894631756)) +
		       s * w * r);
}

static float
cos_kernel(double x)
{
	const double z = x * x;
	const double w = z * z;
	const double r = -0.00138867637746099294692 + z * 0.0000243904487962774090654;

	return (float)(((1.0 + z * -0.499999997251031003120) + w * 0.0416666233237390631894) +
		       (w * z) * r);
}

/* x minus the multiple of pi/2 nearest to it; *quadrant gets that multiple. */
static double
reduce(double x, int *quadrant)
{
	/* Adding and subtracting 1.5 * 2^52 rounds to an integer. */
	const double n = x * 6.36619772367581382433e-01 + 0x1.8p52 - 0x1.8p52;

	*quadrant = (int)n;
	return x - n * 0x1.921fb5p0 - n * 0x1.110b4611a6263p-26;
}

/*
 * Up to 9/4 pi the crate subtracts the multiple of pi/2 in one step of double precision, beyond in
 * two; that is another last bit now and then.
 */
static double
reduce_small(double x, int *quadrant)
{
	const double half_pi = 0x1.921fb54442d18p0;
	const uint32_t magnitude = bits_of((float)x) & 0x7fffffff;
	int n;

	if (magnitude > 0x40e231d5) /* 9/4 pi */
		return reduce(x, quadrant);
	n = magnitude > 0x40afeddf ? 4 : magnitude > 0x407b53d1 ? 3 :
		magnitude > 0x4016cbe3 ? 2 : magnitude > 0x3f490fda ? 1 : 0;
	*quadrant = x < 0 ? -n : n;
	return x - *quadrant * half_pi;
}

float
exact_sin(float x)
{
	int quadrant;
	double y;

	if ((bits_of(x) & 0x7fffffff) < 0x39800000) /* 2^-12 */
		return x;
	y = reduce_small((double)x, &quadrant);
	switch (quadrant & 3) {
	case 0:
		return sin_kernel(y);
	case 1:
		return cos_kernel(y);
	case 2:
		return sin_kernel(-y);
	default:
		return -cos_kernel(y);
	}
}

float
exact_cos(float x)
{
	int quadrant;
	double y;

	if ((bits_of(x) & 0x7fffffff) < 0x39800000) /* 2^-12 */
		return 1.0f;
	y = reduce_small((double)x, &quadrant);
	switch (quadrant & 3) {
	case 0:
		return cos_kernel(y);
	case 1:
		return sin_kernel(-y);
	case 2:
		return -cos_kernel(y);
	default:
		return sin_kernel(y);
	}
}
