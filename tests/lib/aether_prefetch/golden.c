/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"

#define HEADER		24
#define OBSERVED	9	/* floats a cycle */
#define MAX_SIZE	(1 << 20)

const struct rte_aether_prefetch_params golden_presets[GOLDEN_PRESETS] = {
	{ 0.65f, 0.05f, { 0.03f, 0.08f, 0.15f }, -0.02f },
	{ 0.4f, 0.2f, { 0.15f, 0.25f, 0.35f }, 0.05f },
	{ 0.5f, 0.1f, { 0.1f, 0.2f, 0.3f }, 0.05f },
	{ 0.5f, 0.1f, { 0.0f, 0.2f, 0.3f }, 0.0f },
	{ 0.5f, -3.0f, { 0.05f, 9.0f, 1.0f }, -0.1f },
};

void
golden_open(struct golden *g, const char *path)
{
	const char *slash = strrchr(path, '/');
	FILE *f = fopen(path, "rb");
	uint32_t head[4];
	size_t size;

	assert_non_null(f);
	g->name = slash == NULL ? path : slash + 1;
	g->bytes = malloc(MAX_SIZE);
	assert_non_null(g->bytes);
	size = fread(g->bytes, 1, MAX_SIZE, f);
	fclose(f);
	assert_true(size > HEADER);
	assert_memory_equal(g->bytes, "ALGV0001", 8);
	memcpy(head, g->bytes + 8, sizeof(head));
	g->cycles = head[0];
	g->presets = head[1];
	assert_int_equal(g->presets, GOLDEN_PRESETS);
	assert_int_equal(size, HEADER + g->cycles + 8ul * head[2] + 4ul * OBSERVED * g->cycles +
			9ul * g->cycles * g->presets);
	g->length = g->bytes + HEADER;
	g->addresses = g->length + g->cycles;
	g->observed = g->addresses + 8ul * head[2];
	g->decided = g->observed + 4ul * OBSERVED * g->cycles;
	g->lba = malloc(8ul * head[2] + 1);
	assert_non_null(g->lba);
	memcpy(g->lba, g->addresses, 8ul * head[2]);
}

void
golden_close(struct golden *g)
{
	free(g->bytes);
	free(g->lba);
}

void
golden_observed(const struct golden *g, uint32_t cycle, struct rte_aether_prefetch_observation *o)
{
	memcpy(o, g->observed + 4ul * OBSERVED * cycle, 4ul * OBSERVED);
}

void
golden_state(const struct golden *g, uint32_t preset, uint32_t cycle, struct golden_state *state)
{
	const uint8_t *p = g->decided + 9ul * g->cycles * preset;

	memcpy(&state->epsilon, p + 4ul * cycle, 4);
	memcpy(&state->phi, p + 4ul * g->cycles + 4ul * cycle, 4);
	state->prefetch = p[8ul * g->cycles + cycle] != 0;
}

double
golden_error(float a, float b, bool relative)
{
	const double error = fabs((double)a - (double)b);

	/* A NaN is no small error; infinities of the same sign are equal. */
	if (a == b)
		return 0;
	if (isnan(error))
		return INFINITY;
	return relative && b != 0 ? error / fabs((double)b) : error;
}

uint64_t
golden_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}
