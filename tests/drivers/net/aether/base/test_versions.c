/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Versions of flash images and of the admin queue's interface: known ones are silent, unknown ones
 * are told of with what to do, and those that cannot work are refused.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/aether_internal.h"
#include "fake_e810.h"

static int
table_is_sorted(const struct aether_nvm_known *a, const struct aether_nvm_known *b)
{
	return a->major * 16 + a->minor < b->major * 16 + b->minor;
}

static void
test_table(void **state)
{
	const struct aether_nvm_known *entry, *before = NULL;
	struct aether_versions v = {0};
	unsigned int i;

	(void)state;
	for (i = 0; (entry = aether_nvm_known_get(i)) != NULL; i++) {
		assert_true(before == NULL || table_is_sorted(before, entry));
		before = entry;
		assert_int_equal(entry->pkg[0], 1);
		assert_int_equal(entry->pkg[1], 3);
		assert_int_equal(strlen(entry->dpdk), 5);
		v.nvm_major = entry->major;
		v.nvm_minor = entry->minor << 4;
		assert_ptr_equal(aether_nvm_lookup(&v), entry);
		v.nvm_minor += 9;	/* a revision of it */
		assert_ptr_equal(aether_nvm_lookup(&v), entry);
	}
	assert_in_range(i, 10, 100);
	v.nvm_major = 1;
	assert_null(aether_nvm_lookup(&v));
	v = (struct aether_versions){ .nvm_major = 4, .nvm_minor = 0x10 };
	assert_string_equal(aether_nvm_lookup(&v)->dpdk, "22.11");
}

/** Bring a card with this image up. @return what was said at NOTICE or above, to be freed */
static char *
said(struct fake_bench *b, uint16_t starter)
{
	char *log;

	b->fake->sr[E810_SR_NVM_DEV_STARTER_VER] = starter;
	test_log_begin();
	rte_log_set_level_pattern("pmd.net.aether.base", RTE_LOG_NOTICE);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	aether_hw_fini(&b->hw);
	log = test_log_end();
	return log;
}

static void
test_reported(void **state)
{
	static const struct {
		uint16_t starter;
		const char *words;	/* NULL: not a word */
	} cases[] = {
		{ 0x4010, NULL }, { 0x2030, NULL }, { 0x4099, NULL },
		{ 0x1050, "flash image 1.50 (0x80015678, firmware 7.3.4) is older than" },
		{ 0x2099, "flash image 2.99 (0x80015678, firmware 7.3.4) is in a gap of" },
		{ 0x5001, "flash image 5.01 (0x80015678, firmware 7.3.4) is newer than" },
	};
	struct fake_bench *b = *state;
	unsigned int i;
	char *log;

	for (i = 0; i < RTE_DIM(cases); i++) {
		log = said(b, cases[i].starter);
		if (cases[i].words == NULL) {
			if (strstr(log, "flash image") != NULL)
				fail_msg("0x%04x is known, and was told of:\n%s", cases[i].starter,
					 log);
		} else if (strstr(log, cases[i].words) == NULL ||
			   strstr(log, "nvmupdate64e") == NULL ||
			   strstr(log, "docs/hcl.md") == NULL ||
			   strstr(log, "scripts/hw-acceptance") == NULL) {
			fail_msg("0x%04x: '%s' and what to do are not in:\n%s", cases[i].starter,
				 cases[i].words, log);
		}
		free(log);
	}
}

static void
test_interface(void **state)
{
	static const struct {
		uint8_t major, minor;
		const char *words;	/* NULL: works */
	} cases[] = {
		{ 1, 5, NULL }, { 1, 7, NULL }, { 1, 200, NULL },
		{ 0, 9, "interface 0.9, this driver 1.5 and later ones of 1.x: update the card's" },
		{ 1, 4, "interface 1.4, this driver 1.5 and later ones of 1.x: update the card's" },
		{ 2, 0, "interface 2.0, this driver 1.5 and later ones of 1.x: update the driver" },
	};
	struct fake_bench *b = *state;
	unsigned int i;
	char *log;
	int ret;

	for (i = 0; i < RTE_DIM(cases); i++) {
		b->fake->api_major = cases[i].major;
		b->fake->api_minor = cases[i].minor;
		test_log_begin();
		ret = aether_hw_init(&b->hw);
		log = test_log_end();
		assert_int_equal(ret, cases[i].words == NULL ? 0 : -EPROTONOSUPPORT);
		if (cases[i].words != NULL && strstr(log, cases[i].words) == NULL)
			fail_msg("'%s' is not in:\n%s", cases[i].words, log);
		free(log);
		aether_hw_fini(&b->hw);
		fake_assert_clean(b->fake);
	}
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, fake_bench_new, fake_bench_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), TEST(test_reported), TEST(test_interface),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
