/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_log.h>

#include "fake_e810.h"

static FILE *log_stream;
static char *log_text;
static size_t log_len;

int
test_eal_init(void **state)
{
	static char prefix[64];
	char *argv[] = {
		(char *)(uintptr_t)"test", (char *)(uintptr_t)"--no-huge",
		(char *)(uintptr_t)"-m64", (char *)(uintptr_t)"--no-pci",
		(char *)(uintptr_t)"--no-telemetry", (char *)(uintptr_t)"--no-shconf",
		(char *)(uintptr_t)"-l0", prefix,
		/* Tests provoke errors by the hundred; those that look at them collect them. */
		(char *)(uintptr_t)"--log-level=*:critical", NULL,
	};

	(void)state;
	snprintf(prefix, sizeof(prefix), "--file-prefix=aether_base_%d", (int)getpid());
	return rte_eal_init(RTE_DIM(argv) - 1, argv) >= 0 ? 0 : -1;
}

int
test_eal_cleanup(void **state)
{
	(void)state;
	return rte_eal_cleanup();
}

static void
count_memzone(const struct rte_memzone *mz, void *arg)
{
	(void)mz;
	(*(unsigned int *)arg)++;
}

unsigned int
test_memzones(void)
{
	unsigned int n = 0;

	rte_memzone_walk(count_memzone, &n);
	return n;
}

void
test_log_begin(void)
{
	log_stream = open_memstream(&log_text, &log_len);
	assert_non_null(log_stream);
	assert_int_equal(rte_openlog_stream(log_stream), 0);
	rte_log_set_level_pattern("pmd.net.aether.base", RTE_LOG_DEBUG);
}

char *
test_log_end(void)
{
	rte_log_set_level_pattern("pmd.net.aether.base", RTE_LOG_CRIT);
	rte_openlog_stream(NULL);
	fclose(log_stream);
	return log_text;
}

void
test_hw(struct aether_hw *hw, struct fake_e810 *fake)
{
	memset(hw, 0, sizeof(*hw));
	hw->bus = &fake->bus;
	snprintf(hw->name, sizeof(hw->name), "fake0");
	hw->timing.reset_us = 3000;
	hw->timing.adminq_us = 2000;
	hw->timing.queue_us = 500;
	hw->timing.nvm_lock_us = 50000;
	hw->ddp_source.safe_mode = true;
}

int
fake_bench_new(void **state)
{
	struct fake_bench *b = calloc(1, sizeof(*b));

	b->fake = fake_new();
	b->memzones = test_memzones();
	test_hw(&b->hw, b->fake);
	*state = b;
	return 0;
}

int
fake_bench_up(void **state)
{
	struct fake_bench *b;

	fake_bench_new(state);
	b = *state;
	b->fake->ddp_active = true;
	return aether_hw_init(&b->hw);
}

int
fake_bench_free(void **state)
{
	struct fake_bench *b = *state;

	aether_hw_fini(&b->hw);
	assert_int_equal(test_memzones(), b->memzones);
	fake_free(b->fake);
	free(b);
	return 0;
}
