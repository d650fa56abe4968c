/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PREFETCH_BULK_KERNEL_H
#define AETHER_PREFETCH_BULK_KERNEL_H

/*
 * The decision of fast_stream.h for many streams side by side, VEC of them in a register. Include
 * a vec_*.h first.
 *
 * A decision is a chain of some hundred dependent instructions, longer than what a CPU looks ahead.
 * So a tile of blocks goes through one stage after another: in each, the chains are short, and
 * those of several blocks run side by side.
 *
 * Three things that most calls need not do are behind a branch that goes one way for a whole
 * block: encoding windows that measure as those before (steady), energies that are kept scaled,
 * and the probability, where the threshold lies outside of all it can be.
 */

#include "bulk.h"
#include "energy.h"

#define PI		0x1.921fb6p1f
#define TWO_PI		0x1.921fb6p2f
#define HALF_PI		0x1.921fb6p0f
/* These as in fast_stream.h. */
#define PI_LOW		0x1.777a5cp-24f
#define HALF_PI_LOW	0x1.777a5cp-25f
#define ATAN_LIMIT	0x1.921fb4p0f
#define ROOT_OF_1	0x1.ff221ep-1f
#define HISTORY_ANGLE	0x1.4ba61p-6f
#define SMALLEST_ANGLE	0x1p-26f
#define LN_16		0x1.62e43p1f
#define MAGIC		0x1.8p23f	/* adding it rounds to an integer */

#define TILE		8

/* What a tile's stages tell the next ones. */
struct tile {
	float delta[TILE][LANES];
	float half_theta[TILE][LANES], azimuth[TILE][LANES];
	bool all[TILE];		/* no window of the block is too short */
	bool steady[TILE];
	uint16_t open[TILE];	/* streams whose decision depends on the probability */
} __rte_cache_aligned;

static inline __attribute__((always_inline)) void
store_where(float *p, vm m, vf x, bool all)
{
	v_store(p, all ? x : v_select(m, x, v_load(p)));
}

/* Windows measured, with this one, of streams that are not in step. */
static inline vf
next_counts(struct prefetch_block *b, unsigned int at, vm m)
{
	const unsigned int bits = m_bits(m);
	float n[VEC];
	unsigned int i;

	for (i = 0; i < VEC; i++) {
		b->counts[at + i] += bits >> i & 1;
		n[i] = (float)b->counts[at + i];
	}
	return v_load(n);
}

/* Windows measured: their number, its inverse, and that of the number before. */
struct measured {
	vf n, inverse, inverse_before;
};

static inline __attribute__((always_inline)) vf
next_variance(struct prefetch_block *b, unsigned int at, vf delta, vm m, bool all,
		const struct measured *w)
{
	const vf mean = v_load(b->mean + at), before = v_sub(delta, mean);
	vf q, m2, variance, next;

	/* The quotient, corrected by what the product leaves: rounded as a division. */
	q = v_mul(before, w->inverse);
	q = v_fma(v_fnma(q, w->n, before), w->inverse, q);
	next = v_add(mean, q);
	m2 = v_add(v_load(b->m2 + at), v_mul(before, v_sub(delta, next)));
	variance = v_mul(m2, w->inverse_before); /* m2 is 0 for the first window */

	store_where(b->mean + at, m, next, all);
	store_where(b->m2 + at, m, m2, all);
	return variance;
}

static inline vf
energy_of_scaled(vf energy, vf added, vf kept, vm scaled, vm tiny)
{
	const vf magnitude = v_abs(energy), smallest = v_set(ENERGY_SMALLEST);
	const vf product = v_mul(v_set(0.95f), magnitude);
	const vf rounded = v_sub(v_fma(v_set(0.95f), magnitude, smallest), smallest);
	const vf still = v_select(v_lt(product, smallest), rounded, product);
	const vf normal = v_select(tiny, v_mul(kept, v_set(-0x1p64f)), kept);

	return v_select(scaled,
			v_select(v_lt(v_set(0.0f), added), added, v_sub(v_set(0.0f), still)),
			normal);
}

static inline __attribute__((always_inline)) vf
next_energy(struct prefetch_block *b, unsigned int at, vf delta, vm m, bool all)
{
	const vf difference = v_sub(delta, v_load(b->last_delta + at));
	const vf added = v_mul(v_mul(v_set(0.05f), difference), difference);
	const vf energy = v_load(b->energy + at), least = v_set(ENERGY_SCALED_BELOW);
	vf next = v_add(v_mul(v_set(0.95f), energy), added);

	if (m_any(v_lt(v_min(energy, next), least)))
		next = energy_of_scaled(energy, added, next, v_lt(energy, v_set(0.0f)),
				m_and(v_lt(v_set(0.0f), next), v_lt(next, least)));
	store_where(b->energy + at, m, next, all);
	store_where(b->last_delta + at, m, delta, all);
	return next;
}

/* energy_root_scaled() */
static inline vf
root_of_scaled(vf scaled)
{
	const vf smallest = v_set(ENERGY_SMALLEST), half = v_mul(v_set(0.5f), scaled);
	const vi small_bits = i_and(i_bits(v_add(scaled, smallest)), i_set(0x7fffff));
	const vi bits = i_select(v_lt(scaled, smallest), small_bits,
			i_sub(i_bits(scaled), i_set(64u << 23)));
	const vf rounded = v_select(v_lt(half, smallest),
			v_sub(v_add(half, smallest), smallest), half);
	const vf y = v_bits(i_sub(i_set(0x5f3759df), i_srl(bits, 1)));
	const vf product = v_mul(v_mul(v_mul(rounded, v_set(0x1p-32f)),
			v_mul(y, v_set(0x1p-32f))), y);
	const vf r = v_mul(y, v_sub(v_set(1.5f), product));

	return v_mul(v_mul(scaled, v_set(0x1p-32f)), v_mul(r, v_set(0x1p-32f)));
}

static inline vf
root_of_energy(vf energy)
{
	const vm scaled = v_lt(energy, v_set(0.0f));
	const vf magnitude = v_abs(energy);
	const vf y = v_bits(i_sub(i_set(0x5f3759df), i_srl(i_bits(magnitude), 1)));
	const vf product = v_mul(v_mul(v_mul(v_set(0.5f), magnitude), y), y);
	const vf root = v_mul(magnitude, v_mul(y, v_sub(v_set(1.5f), product)));

	return m_any(scaled) ? v_select(scaled, root_of_scaled(magnitude), root) : root;
}

/* The new logarithms go into the ring; those that they replace come back. */
static inline __attribute__((always_inline)) vf
ring_exchange(struct prefetch_block *b, unsigned int at, vf log, vm m)
{
	float next[VEC], old[VEC];
	unsigned int i, slot;

	if (likely(!b->apart)) {
		const vf row = v_load(b->ring[b->next] + at);

		v_store(b->ring[b->next] + at, log);
		return row;
	}
	v_store(next, log);
	for (i = 0; i < VEC; i++) {
		old[i] = next[i];
		if ((m_bits(m) >> i & 1) == 0)
			continue;
		slot = b->ring_next[at + i];
		old[i] = b->ring[slot][at + i];
		b->ring[slot][at + i] = next[i];
		b->ring_next[at + i] = (slot + 1) % RTE_AETHER_PREFETCH_RING;
	}
	return v_load(old);
}

/* exact: with the roundings of the reference, which sums in the order of the ring. */
static inline __attribute__((always_inline)) vf
next_context(struct prefetch_block *b, unsigned int at, vf delta, vf n, vm m, bool exact)
{
	const vf log = v_log(v_max(delta, v_set(1e-3f)));
	const vf old = ring_exchange(b, at, log, m);
	const vf per_unit = v_set(1.0f / LOG_UNIT);
	const vi sum = i_add(i_load(b->log_sum + at),
			i_sub(i_round(v_mul(log, per_unit)), i_round(v_mul(old, per_unit))));
	vf context, total = v_set(0.0f);
	unsigned int i;

	i_store(b->log_sum + at, sum);
	if (exact) {
		for (i = 0; i < RTE_AETHER_PREFETCH_RING; i++)
			total = v_add(total, v_load(b->ring[i] + at));
		context = v_sub(v_set(LN_16), v_mul(total, v_set(1.0f / 16)));
	} else {
		context = v_fnma(v_signed(sum), v_set(LOG_UNIT / 16), v_set(LN_16));
	}
	context = v_min(v_max(context, v_set(0.0f)), v_set(10.0f));
	/* Before that, the reference has logarithms of 0 in the ring. */
	return v_select(v_lt(n, v_set(16.0f)), v_set(10.0f), context);
}

/* Whether VEC streams measure as before. */
static inline bool
as_before(const struct prefetch_block *b, unsigned int at, vf variance, vf spectrum)
{
	const vf before = v_load(b->spectrum + at), small = v_set(0x1p-30f);

	return m_all(m_and(v_eq(variance, v_load(b->variance + at)),
			m_or(v_eq(spectrum, before), v_lt(v_max(spectrum, before), small))));
}

/* What the features of a block's streams have in common. */
struct common {
	bool all;	/* no window is too short */
	bool same;	/* each ring holds one value, which stays: so does the context */
	bool exact;	/* the context has to have the reference's roundings */
};

/* VEC streams of a block. Nothing is changed for those whose window is too short. */
static inline __attribute__((always_inline)) bool
next_features(struct prefetch_block *b, unsigned int at, const struct bulk_input *in, vf delta,
		const struct common *is, const struct measured *w)
{
	const vm m = v_measured(in->n + at);
	vf variance = next_variance(b, at, delta, m, is->all, w);
	vf spectrum = root_of_energy(next_energy(b, at, delta, m, is->all)), context;
	bool steady = false;

	if (is->same) {
		steady = as_before(b, at, variance, spectrum);
	} else {
		context = next_context(b, at, delta, w->n, m, is->exact);
		if (!is->all) {
			context = v_select(m, context, v_set(0.0f));
			variance = v_select(m, variance, v_set(0.0f));
			spectrum = v_select(m, spectrum, v_set(0.0f));
		}
		v_store(b->context + at, context);
	}
	v_store(b->variance + at, variance);
	v_store(b->spectrum + at, spectrum);
	return steady;
}

/* Streams of the block do not stay in step any more. */
static __attribute__((noinline)) void
fall_apart(struct prefetch_block *b)
{
	unsigned int i;

	b->apart = true;
	for (i = 0; i < LANES; i++) {
		b->ring_next[i] = b->next;
		b->counts[i] = b->count;
	}
}

/* Whether another window of the same deltas would leave the statistics as they are. */
static inline bool
has_settled(const struct prefetch_block *b)
{
	const float least = 11 * 0x1p-85f; /* 0.95 times 10 units is rounded to 10 again */
	bool settled = true;
	unsigned int i;

	for (i = 0; i < LANES; i++)
		settled &= b->mean[i] == b->last_delta[i] && b->m2[i] == 0.0f &&
			b->energy[i] <= 0.0f && b->energy[i] > -least;
	return settled;
}

static inline __attribute__((always_inline)) bool
lanes_features(struct prefetch_block *b, const struct bulk_input *in, const float *delta,
		const struct common *is)
{
	const float n = (float)b->count, before = n > 1.0f ? n - 1.0f : 1.0f;
	struct measured w = { v_set(n), v_set(1.0f / n), v_set(1.0f / before) };
	bool steady = true;
	unsigned int at;

	for (at = 0; at < LANES; at += VEC) {
		if (unlikely(b->apart)) {
			const vf one = v_set(1.0f);

			w.n = v_max(next_counts(b, at, v_measured(in->n + at)), one);
			w.inverse = v_inverse(w.n);
			w.inverse_before = v_inverse(v_max(v_sub(w.n, one), one));
		}
		steady &= next_features(b, at, in, v_load(delta + at), is, &w);
	}
	return steady;
}

/* Sets *all; returns whether the block's windows measure as those before. */
static inline __attribute__((always_inline)) bool
block_features(struct prefetch_block *b, const struct bulk_input *in, bool exact, float *delta,
		bool *all)
{
	struct common is = { .all = true, .exact = exact };
	bool same = true, steady;
	unsigned int at;

	for (at = 0; at < LANES; at += VEC) {
		const vf d = v_delta(in->first + at, in->last + at);

		v_store(delta + at, d);
		is.all = is.all && m_all(v_measured(in->n + at));
		same = same && m_all(v_eq(v_load(b->last_delta + at), d));
	}
	*all = is.all;
	if (unlikely(!is.all && !b->apart))
		fall_apart(b);
	b->count++;
	is.same = is.all && same && b->run >= RTE_AETHER_PREFETCH_RING && b->exact >= exact;
	if (is.same && b->settled && !b->apart) {
		b->next = (b->next + 1) % RTE_AETHER_PREFETCH_RING;
		return b->encoded;
	}
	if (likely(is.all)) {
		is.all = true; /* for the compiler: a copy of the code without the masks */
		steady = lanes_features(b, in, delta, &is);
	} else {
		is.all = is.same = false;
		steady = lanes_features(b, in, delta, &is);
	}
	if (!is.same)
		b->exact = exact;
	b->settled = is.same && has_settled(b);
	b->run = is.all && same ? b->run + (b->run < RTE_AETHER_PREFETCH_RING) : 0;
	b->next = (b->next + 1) % RTE_AETHER_PREFETCH_RING;
	return steady && is.same && b->encoded;
}

/* Odd polynomials for the arctangent, of as many terms as the weight of the angle needs. */
static const float atan_8[] = { 0x1.73776ap-9f, -0x1.080310p-6f, 0x1.60097fp-5f, -0x1.3536e4p-4f,
	0x1.b534dap-4f, -0x1.232414p-3f, 0x1.997e1cp-3f, -0x1.555506p-2f };
static const float atan_7[] = { -0x1.1d6f90p-8f, 0x1.797d50p-6f, -0x1.d947fcp-5f, 0x1.912bfcp-4f,
	-0x1.1e3d8ap-3f, 0x1.98d610p-3f, -0x1.5550f2p-2f };
static const float atan_6[] = { 0x1.e34396p-8f, -0x1.22fab4p-5f, 0x1.508f34p-4f, -0x1.126850p-3f,
	0x1.96c554p-3f, -0x1.554086p-2f };
static const float atan_5[] = { -0x1.a3b4acp-7f, 0x1.c92a28p-5f, -0x1.eac746p-4f, 0x1.8fbc0cp-3f,
	-0x1.54f508p-2f };

/* For x from -1 to 2^64; tiny: from 0 on, and so small that its cube may be a denormal. */
static inline __attribute__((always_inline)) vf
v_atan(vf x, const float *c, unsigned int terms, bool tiny)
{
	const vf one = v_set(1.0f);
	const vm big = v_lt(one, x);
	const vf z = v_select(big, v_inverse(v_max(x, one)), x);
	const vf least = tiny ? v_max(z, v_set(0x1p-12f)) : z, u = v_mul(least, least);
	vf p = v_set(c[0]);
	unsigned int i;

	for (i = 1; i < terms; i++)
		p = v_fma(p, u, v_set(c[i]));
	p = v_fma(v_mul(z, u), p, z);
	return v_select(big, v_sub(v_set(HALF_PI), v_add(p, v_set(HALF_PI_LOW))), p);
}

/* For |x| from SMALLEST_ANGLE to pi/2, and 0. */
static inline vf
v_sin_small(vf x)
{
	const vf u = v_mul(x, x);
	vf p = v_fma(v_set(0x1.5cf8aep-19f), u, v_set(-0x1.9f5fecp-13f));

	p = v_fma(p, u, v_set(0x1.110e6ap-7f));
	p = v_fma(p, u, v_set(-0x1.555548p-3f));
	return v_fma(v_mul(x, u), p, x);
}

/* n * pi - x, for a difference of a few pi. */
static inline vf
v_subtract_pi(vf n, vf x)
{
	return v_fnma(n, v_set(PI_LOW), v_fma(n, v_set(PI), v_sub(v_set(0.0f), x)));
}

/* As the sine of what is left to the nearest odd multiple of pi/2. */
static inline vf
v_cos(vf x)
{
	const vf magic = v_set(MAGIC);
	const vf t = v_fma(v_sub(x, v_set(HALF_PI)), v_set(0x1.45f306p-2f), magic);
	const vf n = v_add(v_sub(t, magic), v_set(0.5f));

	return v_xor(v_sin_small(v_subtract_pi(n, x)), i_sll(i_bits(t), 31));
}

/* What a basis near to its limit gives is small, and most often all lanes are. */
static inline vf
v_sin(vf x)
{
	const vf magic = v_set(MAGIC);
	vf t;

	if (likely(m_all(v_lt(v_abs(x), v_set(HALF_PI)))))
		return v_sin_small(x);
	t = v_fma(x, v_set(0x1.45f306p-2f), magic);
	return v_sub(v_set(0.0f), v_xor(v_sin_small(v_subtract_pi(v_sub(t, magic), x)),
			i_sll(i_bits(t), 31)));
}

/* For |x| up to 0.9984. */
static inline vf
v_acos(vf x)
{
	const vf a = v_abs(x);
	vf p = v_fma(v_set(-0x1.79bb88p-10f), a, v_set(0x1.dabaaep-8f)), r;

	p = v_fma(p, a, v_set(-0x1.23c01cp-6f));
	p = v_fma(p, a, v_set(0x1.00b0e2p-5f));
	p = v_fma(p, a, v_set(-0x1.9c28dep-5f));
	p = v_fma(p, a, v_set(0x1.6c8a72p-4f));
	p = v_fma(p, a, v_set(-0x1.b78026p-3f));
	p = v_fma(p, a, v_set(0x1.921fb6p0f));
	r = v_mul(v_root(v_sub(v_set(1.0f), a)), p);
	return v_select(v_lt(x, v_set(0.0f)), v_sub(v_set(PI), v_add(r, v_set(PI_LOW))), r);
}

/* 1 + e^x, for |x| up to 128. */
static inline vf
v_exp_plus_1(vf x)
{
	const vf one = v_set(1.0f), c = v_min(v_max(x, v_set(-80.0f)), v_set(88.0f));
	const vf t = v_fma(c, v_set(0x1.715476p0f), v_set(MAGIC)), n = v_sub(t, v_set(MAGIC));
	const vf r = v_fnma(n, v_set(0x1.7f7d1cp-20f), v_fnma(n, v_set(0x1.62e4p-1f), c));
	vf p = v_fma(v_set(0x1.6dcf28p-10f), r, v_set(0x1.126ee0p-7f));

	p = v_fma(p, r, v_set(0x1.555544p-5f));
	p = v_fma(p, r, v_set(0x1.555406p-3f));
	p = v_fma(p, r, v_set(0.5f));
	p = v_fma(p, r, one);
	p = v_fma(p, r, one);
	return v_add(v_bits(i_add(i_bits(p), i_sll(i_bits(t), 23))), one);
}

/* Half of theta, and the azimuth. */
static inline __attribute__((always_inline)) void
encode_angles(const struct prefetch_block *b, unsigned int at, const struct bulk_input *in,
		bool all, float *half_theta, float *azimuth)
{
	const vm m = v_measured(in->n + at);
	const vf variance = v_min(v_load(b->variance + at), v_set(0x1p60f)), zero = v_set(0.0f);
	vf delta = v_load(b->last_delta + at), theta = v_set(HISTORY_ANGLE);
	vf delta_angle, variance_angle, spectrum_angle, context_angle;

	if (!all) {
		delta = v_select(m, delta, zero);
		theta = v_select(m, theta, zero);
	}
	delta = v_mul(delta, v_set(1.0f / 64));
	delta_angle = v_select(v_lt(delta, v_set(0x1p26f)), v_atan(delta, atan_8, 8, true),
			v_set(ATAN_LIMIT));
	variance_angle = v_atan(v_mul(variance, v_set(1.0f / 128)), atan_6, 6, true);
	spectrum_angle = v_atan(v_mul(v_load(b->spectrum + at), v_set(1.0f / 16)), atan_7, 7,
			true);
	context_angle = v_atan(v_fma(v_load(b->context + at), v_set(0.25f), v_set(-0.25f)),
			atan_5, 5, false);
	theta = v_fma(context_angle, v_set(0.02f), theta);
	theta = v_fma(spectrum_angle, v_set(0.05f), theta);
	theta = v_fma(variance_angle, v_set(0.1f), theta);
	v_store(half_theta, v_fma(delta_angle, v_set(0.8f), theta));
	v_store(azimuth, v_max(v_set(SMALLEST_ANGLE), v_fma(spectrum_angle, v_set(0.2f / 0.85f),
			v_mul(delta_angle, v_set(1.8f / 0.85f)))));
}

/* The angles that are measured: to the y axis, and the azimuth folded. */
static inline __attribute__((always_inline)) void
encode_point(struct prefetch_block *b, unsigned int at, const struct bulk_input *in, bool all,
		vf half_theta, vf azimuth, float *const bloch[3])
{
	const vf folded = v_min(azimuth, v_sub(v_sub(v_set(PI), azimuth), v_set(PI_LOW)));
	const vf radius = v_mul(v_sin_small(half_theta), v_set(ROOT_OF_1));
	const vf y = v_mul(radius, v_sin_small(folded));
	vf measured = v_min(azimuth, v_sub(v_set(TWO_PI), azimuth));

	/* A window of fewer than two addresses is a point on the other side of the axis. */
	if (!all)
		measured = v_select(v_measured(in->n + at), measured, v_set(PI));
	v_store(b->theta + at, v_acos(y));
	v_store(b->azimuth + at, measured);
	if (bloch[0] == NULL)
		return;
	v_store(bloch[0] + at, v_mul(radius, v_cos(azimuth)));
	v_store(bloch[1] + at, y);
	v_store(bloch[2] + at, v_mul(v_cos(half_theta), v_set(ROOT_OF_1)));
}

/* Angles of many times 2 pi: only rates beyond the presets' make them. */
static __attribute__((noinline)) void
wrap_basis(float *phi)
{
	unsigned int i;

	for (i = 0; i < VEC; i++)
		phi[i] -= TWO_PI * (float)(int)(phi[i] * (1.0f / TWO_PI));
}

/* Threshold and basis move; bits of the streams that prefetch, and of those where that is open. */
static inline __attribute__((always_inline)) unsigned int
measure(const struct rte_aether_prefetch_bulk *bulk, struct prefetch_block *b, unsigned int at,
		unsigned int *open)
{
	const struct rte_aether_prefetch_params *p = &bulk->params;
	const vf phi = v_load(b->phi + at), theta = v_load(b->theta + at);
	const vf spatial = v_cos(v_add(theta, phi));
	const vf temporal = v_sin(v_sub(v_mul(theta, v_set(0.5f)), phi));
	const vf next = v_add(phi, v_mul(v_set(p->lambda[1]), temporal));
	vf epsilon = v_add(v_load(b->epsilon + at), v_mul(v_set(p->lambda[0]), spatial));
	vm prefetch;

	epsilon = v_min(v_max(epsilon, v_set(0.1f)), v_set(0.9f));
	v_store(b->epsilon + at, epsilon);
	v_store(b->phi + at, next);
	if (unlikely(m_any(m_not(v_lt(v_abs(next), v_set(TWO_PI))))))
		wrap_basis(b->phi + at);

	prefetch = v_lt(epsilon, v_set(bulk->always_below));
	*open |= m_bits(m_not(m_or(prefetch, v_lt(v_set(bulk->never_above), epsilon)))) << at;
	return m_bits(prefetch) << at;
}

/* Bits of the streams whose probability is above the threshold. */
static inline __attribute__((always_inline)) unsigned int
probable(const struct rte_aether_prefetch_bulk *bulk, const struct prefetch_block *b,
		unsigned int at)
{
	const struct rte_aether_prefetch_params *p = &bulk->params;
	const vf spectral = v_cos(v_mul(v_load(b->theta + at), v_load(b->azimuth + at)));
	const vf odds = v_exp_plus_1(v_fma(v_set(p->lambda[2]), spectral, v_set(p->bias)));

	return m_bits(v_lt(v_mul(v_load(b->epsilon + at), odds), v_set(1.0f))) << at;
}

static inline struct bulk_input
input_of(const struct bulk_input *in, unsigned int i)
{
	return (struct bulk_input){
		in->first + i * LANES, in->last + i * LANES, in->n + i * LANES
	};
}

static inline __attribute__((always_inline)) void
tile_features(struct prefetch_block *b, unsigned int blocks, const struct bulk_input *in,
		bool exact, struct tile *t)
{
	struct bulk_input own;
	unsigned int i;

	for (i = 0; i < blocks; i++) {
		own = input_of(in, i);
		t->steady[i] = block_features(&b[i], &own, exact, t->delta[i], &t->all[i]);
	}
}

static inline __attribute__((always_inline)) void
tile_encode(struct prefetch_block *b, unsigned int blocks, const struct bulk_input *in,
		bool observe, const struct bulk_output *out, struct tile *t)
{
	float *bloch[3] = { NULL, NULL, NULL };
	struct bulk_input own;
	unsigned int i, at, k;

	for (i = 0; i < blocks; i++) {
		if (t->steady[i] && !observe)
			continue;
		own = input_of(in, i);
		for (at = 0; at < LANES; at += VEC)
			encode_angles(&b[i], at, &own, t->all[i], &t->half_theta[i][at],
					&t->azimuth[i][at]);
	}
	for (i = 0; i < blocks; i++) {
		if (t->steady[i] && !observe)
			continue;
		own = input_of(in, i);
		for (k = 0; observe && k < 3; k++)
			bloch[k] = out->bloch[k] + i * LANES;
		for (at = 0; at < LANES; at += VEC)
			encode_point(&b[i], at, &own, t->all[i], v_load(&t->half_theta[i][at]),
					v_load(&t->azimuth[i][at]), bloch);
		b[i].encoded = true;
	}
}

static inline __attribute__((always_inline)) unsigned int
tile_measure(const struct rte_aether_prefetch_bulk *bulk, struct prefetch_block *b,
		unsigned int blocks, uint16_t *decisions, struct tile *t)
{
	unsigned int i, at, bits, open, prefetches = 0;

	for (i = 0; i < blocks; i++) {
		bits = open = 0;
		for (at = 0; at < LANES; at += VEC)
			bits |= measure(bulk, &b[i], at, &open);
		decisions[i] = (uint16_t)bits;
		t->open[i] = (uint16_t)open;
	}
	for (i = 0; i < blocks; i++) {
		if (t->open[i] != 0) {
			bits = 0;
			for (at = 0; at < LANES; at += VEC)
				bits |= probable(bulk, &b[i], at);
			decisions[i] |= (uint16_t)(t->open[i] & bits);
		}
		prefetches += (unsigned int)__builtin_popcount(decisions[i]);
	}
	return prefetches;
}

/* What the features are is still in the blocks. */
static inline void
tile_telemetry(const struct prefetch_block *b, unsigned int blocks, const struct bulk_input *in,
		float *const telemetry[4], unsigned int first)
{
	struct bulk_input own;
	unsigned int i, at, to;

	for (i = 0; i < blocks; i++) {
		own = input_of(in, i);
		for (at = 0; at < LANES; at += VEC) {
			to = (first + i) * LANES + at;
			v_store(telemetry[0] + to, v_select(v_measured(own.n + at),
					v_load(b[i].last_delta + at), v_set(0.0f)));
			v_store(telemetry[1] + to, v_load(b[i].variance + at));
			v_store(telemetry[2] + to, v_load(b[i].spectrum + at));
			v_store(telemetry[3] + to, v_load(b[i].context + at));
		}
	}
}

static inline __attribute__((always_inline)) unsigned int
bulk_run(struct rte_aether_prefetch_bulk *bulk, unsigned int from, unsigned int blocks,
		const struct bulk_input *in, const struct bulk_output *out, bool observe,
		bool decide)
{
	unsigned int done, now, i, k, prefetches = 0;
	struct bulk_output own = { .decisions = NULL };
	struct prefetch_block *b;
	struct bulk_input windows;
	struct tile t;

	for (done = 0; done < blocks; done += now) {
		now = RTE_MIN(blocks - done, (unsigned int)TILE);
		b = &bulk->blocks[from + done];
		windows = input_of(in, done);
		tile_features(b, now, &windows, observe, &t);
		if (observe)
			tile_telemetry(b, now, &windows, out->telemetry, done);
		if (!decide) {
			for (i = 0; i < now; i++)
				b[i].encoded = false;
			continue;
		}
		for (k = 0; observe && k < 3; k++)
			own.bloch[k] = out->bloch[k] + done * LANES;
		tile_encode(b, now, &windows, observe, &own, &t);
		prefetches += tile_measure(bulk, b, now, out->decisions + done, &t);
	}
	return prefetches;
}

#define BULK_FUNCTIONS(isa)									\
unsigned int											\
bulk_decide_ ## isa(struct rte_aether_prefetch_bulk *bulk, unsigned int from,			\
		unsigned int blocks, const struct bulk_input *in, const struct bulk_output *out) \
{												\
	return bulk_run(bulk, from, blocks, in, out, false, true);				\
}												\
												\
unsigned int											\
bulk_observe_ ## isa(struct rte_aether_prefetch_bulk *bulk, unsigned int from,			\
		unsigned int blocks, const struct bulk_input *in, const struct bulk_output *out) \
{												\
	return bulk_run(bulk, from, blocks, in, out, true, true);				\
}												\
												\
unsigned int											\
bulk_telemetry_ ## isa(struct rte_aether_prefetch_bulk *bulk, unsigned int from,		\
		unsigned int blocks, const struct bulk_input *in, const struct bulk_output *out) \
{												\
	return bulk_run(bulk, from, blocks, in, out, true, false);				\
}

#endif /* AETHER_PREFETCH_BULK_KERNEL_H */
