/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A driver that misbehaves (rogue_cases.c) against a model in this process. Beside what every door
 * shows, counters are compared here, and under AddressSanitizer the moats around the memory that
 * was mapped are poisoned, so that a stray read is found too.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "rogue.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define __asan_poison_memory_region(p, len)	RTE_SET_USED(p)
#define __asan_unpoison_memory_region(p, len)	RTE_SET_USED(p)
#endif

struct local_door {
	struct rogue_door door;
	struct aether_model *model;
};

static struct aether_model *
model_of(struct rogue_door *door)
{
	return ((struct local_door *)door)->model;
}

static uint32_t
local_read(struct rogue_door *door, uint32_t reg)
{
	return aether_model_reg_read32(model_of(door), reg);
}

static void
local_write(struct rogue_door *door, uint32_t reg, uint32_t value)
{
	aether_model_reg_write32(model_of(door), reg, value);
}

static uint16_t
local_config(struct rogue_door *door, uint32_t offset)
{
	uint8_t bytes[2];

	assert_int_equal(aether_model_config_read(model_of(door), bytes, 2, offset), 2);
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void
local_map(struct rogue_door *door, uint64_t iova, size_t at, size_t len, bool writable)
{
	assert_int_equal(aether_model_dma_map(model_of(door), iova, len, door->memory + at,
					      writable), 0);
}

static void
local_unmap(struct rogue_door *door, uint64_t iova, size_t len)
{
	assert_int_equal(aether_model_dma_unmap(model_of(door), iova, len), 0);
}

/** The device works with poisoned moats; the test looks at them without. */
static void
local_run(struct rogue_door *door)
{
	static const size_t moats[] = {
		0, ROGUE_MAIN_AT + ROGUE_MAIN_BYTES, ROGUE_RO_AT + ROGUE_RO_BYTES,
		ROGUE_RING_AT + ROGUE_RING_BYTES,
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(moats); i++)
		__asan_poison_memory_region(door->memory + moats[i], ROGUE_MOAT);
	aether_model_step(model_of(door), 64);
	for (i = 0; i < RTE_DIM(moats); i++)
		__asan_unpoison_memory_region(door->memory + moats[i], ROGUE_MOAT);
}

static bool
local_stats(struct rogue_door *door, struct aether_model_stats *stats)
{
	aether_model_stats_get(model_of(door), stats);
	return true;
}

/* ------------------------------------------------------------------ tests ------------------- */

static struct local_door local = {
	.door = {
		.settle = 20, .read = local_read, .write = local_write, .config = local_config,
		.map = local_map, .unmap = local_unmap, .run = local_run, .stats = local_stats,
	},
};

static int
setup(void **state)
{
	const struct aether_model_conf conf = { .name = "victim" };

	RTE_SET_USED(state);
	local.door.memory = aligned_alloc(4096, ROGUE_BYTES);
	local.model = aether_model_create(&conf);
	return local.door.memory == NULL || local.model == NULL;
}

static int
teardown(void **state)
{
	RTE_SET_USED(state);
	aether_model_destroy(local.model);
	free(local.door.memory);
	return 0;
}

static void
test_case(void **state)
{
	rogue_run(&local.door, *state);
}

int
main(void)
{
	struct CMUnitTest *tests = calloc(rogue_n_cases, sizeof(*tests));
	unsigned int i;
	int ret;

	if (tests == NULL)
		return 1;
	for (i = 0; i < rogue_n_cases; i++) {
		tests[i].name = rogue_cases[i].name;
		tests[i].test_func = test_case;
		tests[i].setup_func = setup;
		tests[i].teardown_func = teardown;
		tests[i].initial_state = (void *)(uintptr_t)&rogue_cases[i];
	}
	ret = _cmocka_run_group_tests("rogue", tests, rogue_n_cases, NULL, NULL);
	free(tests);
	return ret;
}
