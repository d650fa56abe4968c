/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdbool.h>
#include <stdint.h>

#include "rte_aether_prefetch.h"

/** A file of tests/data/povm: windows, and what the reference made of them. */
struct golden {
	const char *name;
	uint32_t cycles, presets;
	uint8_t *bytes;
	const uint8_t *length, *addresses, *observed, *decided;
	uint64_t *lba;		/* of all windows, aligned */
};

/** What a preset's state is after a cycle, and what it decided. */
struct golden_state {
	float epsilon, phi;
	bool prefetch;
};

#define GOLDEN_PRESETS	5
#define GOLDEN_CHAOS	4	/* only bit-exact arithmetic follows this one */

extern const struct rte_aether_prefetch_params golden_presets[GOLDEN_PRESETS];

/** Fails the test if the file is not as it should be. */
void golden_open(struct golden *g, const char *path);
void golden_close(struct golden *g);
void golden_observed(const struct golden *g, uint32_t cycle,
		struct rte_aether_prefetch_observation *o);
void golden_state(const struct golden *g, uint32_t preset, uint32_t cycle,
		struct golden_state *state);

/** |a - b|, relative to b for telemetry. */
double golden_error(float a, float b, bool relative);

/** splitmix64 */
uint64_t golden_random(uint64_t *seed);

#endif /* GOLDEN_H */
