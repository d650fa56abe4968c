/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "workload.h"

#define MAX_WINDOW	16
#define STREAMS		3

/* splitmix64 */
static uint64_t
next_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static void
allocate(struct workload *w, size_t n_windows, size_t n_addresses)
{
	w->begin = calloc(n_windows + 1, sizeof(*w->begin));
	w->addresses = calloc(n_addresses + 1, sizeof(*w->addresses));
	if (w->begin == NULL || w->addresses == NULL)
		abort();
	w->n_windows = n_windows;
}

void
workload_free(struct workload *w)
{
	free(w->begin);
	free(w->addresses);
}

/* The state of a synthetic stream: where each of its parts is. */
struct source {
	uint64_t at[STREAMS];
	uint64_t seed, count, window;
	uint64_t loop[64];
	unsigned int turn;
};

typedef uint64_t next_address(struct source *s);

static uint64_t
step(struct source *s, unsigned int i, uint64_t stride)
{
	s->at[i] += stride;
	return s->at[i];
}

static uint64_t two_in_turn(struct source *s) { return step(s, s->turn++ % 2, 1); }
static uint64_t two_at_random(struct source *s) { return step(s, next_random(&s->seed) % 2, 1); }
static uint64_t two_by_window(struct source *s) { return step(s, s->window % 2, 1); }
static uint64_t
three_strides(struct source *s)
{
	static const uint64_t strides[STREAMS] = { 3, (uint64_t)-7, 4096 };
	const unsigned int i = s->turn++ % STREAMS;

	return step(s, i, strides[i]);
}
static uint64_t huge_stride(struct source *s) { return step(s, 0, UINT64_C(1) << 41); }
static uint64_t descending_by_64(struct source *s) { return step(s, 0, (uint64_t)-64); }
static uint64_t
phases(struct source *s)
{
	switch (s->window / 200 % 5) {
	case 0:
		return step(s, 0, 1);
	case 1:
		return next_random(&s->seed) >> 24;
	case 2:
		return step(s, 1, (uint64_t)-8);
	case 3:
		return two_in_turn(s);
	default:
		return step(s, 2, 512);
	}
}
static uint64_t
noisy(struct source *s)
{
	return next_random(&s->seed) % 5 == 0 ? next_random(&s->seed) >> 30 : step(s, 0, 1);
}
static uint64_t uniform(struct source *s) { return next_random(&s->seed) >> 34; }
/* A full-period walk over 2^20 nodes of 8 addresses. */
static uint64_t
chase(struct source *s)
{
	s->at[0] = (s->at[0] * 1664525 + 1013904223) & 0xfffff;
	return s->at[0] * 8;
}
/* Half of the accesses to 64 addresses, half of these to 8, and so on. */
static uint64_t
hot(struct source *s)
{
	uint64_t size = UINT64_C(1) << 24;

	while (size > 1 && next_random(&s->seed) % 2 == 0)
		size >>= 3;
	return next_random(&s->seed) % size * UINT64_C(0x9E3779B1) & 0xffffff;
}
static uint64_t
loop(struct source *s)
{
	if (s->count == 0)
		for (unsigned int i = 0; i < RTE_DIM(s->loop); i++)
			s->loop[i] = next_random(&s->seed) >> 30;
	return s->loop[s->count % 40];
}
/* Pages of a sequence with gaps, as a scan of a sparse index makes. */
static uint64_t gaps(struct source *s) { return step(s, 0, 1 + (next_random(&s->seed) % 8 == 0)); }

static const struct {
	const char *name;
	next_address *next;
} synthetic[] = {
	{ "two sequences, in turn", two_in_turn },
	{ "two sequences, at random", two_at_random },
	{ "two sequences, a window each", two_by_window },
	{ "three strides", three_strides },
	{ "stride 2^41", huge_stride },
	{ "stride -64", descending_by_64 },
	{ "phases", phases },
	{ "noisy sequence", noisy },
	{ "sequence with gaps", gaps },
	{ "loop of 40", loop },
	{ "hot set", hot },
	{ "uniform", uniform },
	{ "pointer chase", chase },
};

unsigned int
workload_n_synthetic(void)
{
	return RTE_DIM(synthetic);
}

void
workload_synthetic(struct workload *w, unsigned int i, uint64_t seed)
{
	struct source s = { .seed = seed };
	size_t n = 0, k;

	w->name = synthetic[i].name;
	allocate(w, WORKLOAD_WINDOWS, WORKLOAD_WINDOWS * MAX_WINDOW);
	for (k = 0; k < STREAMS; k++)
		s.at[k] = next_random(&s.seed) >> 24;
	for (s.window = 0; s.window < WORKLOAD_WINDOWS; s.window++) {
		w->begin[s.window] = n;
		for (k = 2 + next_random(&s.seed) % (MAX_WINDOW - 1); k != 0; k--, s.count++)
			w->addresses[n++] = synthetic[i].next(&s);
	}
	w->begin[s.window] = n;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int
workload_golden(struct workload *w, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint32_t head[6];
	uint8_t *length;
	size_t i;

	if (f == NULL || fread(head, sizeof(head), 1, f) != 1 ||
	    memcmp(head, "ALGV0001", 8) != 0) {
		fprintf(stderr, "%s is no recording of the reference\n", path);
		return -1;
	}
	w->name = base_name(path);
	allocate(w, head[2], head[4]);
	length = malloc(head[2]);
	if (length == NULL || fread(length, 1, head[2], f) != head[2] ||
	    fread(w->addresses, 8, head[4], f) != head[4]) {
		fprintf(stderr, "%s is cut short\n", path);
		return -1;
	}
	for (i = 0; i < head[2]; i++)
		w->begin[i + 1] = w->begin[i] + length[i];
	free(length);
	fclose(f);
	return 0;
}

int
workload_trace(struct workload *w, const char *path, size_t n)
{
	FILE *f = fopen(path, "r");
	size_t lines = 0, i;
	uint64_t address;
	char line[64];

	if (f == NULL) {
		perror(path);
		return -1;
	}
	while (fgets(line, sizeof(line), f) != NULL)
		lines++;
	rewind(f);
	w->name = base_name(path);
	allocate(w, lines / n, lines);
	for (i = 0; fgets(line, sizeof(line), f) != NULL; i++) {
		if (sscanf(line, "%" SCNx64, &address) != 1) {
			fprintf(stderr, "%s: line %zu is no address in hexadecimal\n", path, i + 1);
			return -1;
		}
		w->addresses[i] = address;
	}
	for (i = 0; i <= w->n_windows; i++)
		w->begin[i] = i * n;
	fclose(f);
	return 0;
}
