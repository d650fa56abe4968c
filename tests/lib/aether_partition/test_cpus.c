/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* CPU lists as the kernel reads them; tests/lab compares with a kernel's own answers. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "part_cpus.h"

struct list_case {
	const char *text;
	unsigned int limit;
	int error;
	const char *list;	/* as the kernel prints the result */
};

static const struct list_case cases[] = {
	{ "", 8, 0, "" },
	{ "\n", 8, 0, "" },
	{ " \t ", 8, 0, "" },
	{ ",,", 8, 0, "" },
	{ "0", 8, 0, "0" },
	{ "0\n", 8, 0, "0" },
	{ "0-3", 8, 0, "0-3" },
	{ "3,1,2", 8, 0, "1-3" },
	{ " 1 , 3-4 ", 8, 0, "1,3-4" },
	{ "1 3", 8, 0, "1,3" },
	{ "1\v3\f5\r7", 8, 0, "1,3,5,7" },
	{ "1\xa0" "3", 8, 0, "1,3" },
	{ "007", 8, 0, "7" },
	{ "N", 8, 0, "7" },
	{ "0-N", 8, 0, "0-7" },
	{ "N-N", 8, 0, "7" },
	{ "all", 8, 0, "0-7" },
	{ "ALL", 8, 0, "0-7" },
	{ "all:1/2", 8, 0, "0,2,4,6" },
	{ "1-N:1/2", 8, 0, "1,3,5,7" },
	{ "0-7:2/4", 8, 0, "0-1,4-5" },
	{ "2-7:3/4", 8, 0, "2-4,6-7" },
	{ "0-7:0/4", 8, 0, "" },
	{ "0-7:4/4", 8, 0, "0-7" },
	{ "0-7:N/N", 8, 0, "0-7" },
	{ "0-4095:7/8", 8192, 0, NULL },
	{ "0-7:1/4294967295", 8, 0, "0" },
	/* A newline behind a region ends the list; one before it is white space. */
	{ "\n1", 8, 0, "1" },
	{ "1\n3", 8, 0, "1" },
	{ "1,\n3", 8, 0, "1,3" },
	/* Behind a pattern no separator is asked for. */
	{ "0-3:1/25", 8, 0, "0" },
	{ "0-3:1/2all", 8, 0, "0-7" },
	{ "0-3:1/2N", 8, 0, "0,2,7" },
	{ "8", 8, -ERANGE, "" },
	{ "0-8", 8, -ERANGE, "" },
	{ "1,8", 8, -ERANGE, "" },
	{ "8192", 8192, -ERANGE, "" },
	{ "4294967294", 8, -ERANGE, "" },
	/* A group of one more than that has no size. */
	{ "4294967295", 8, -EINVAL, "" },
	{ "4294967296", 8, -EOVERFLOW, "" },
	{ "99999999999999999999999999", 8, -EOVERFLOW, "" },
	{ "-1", 8, -EINVAL, "" },
	{ "1-", 8, -EINVAL, "" },
	{ "1--2", 8, -EINVAL, "" },
	{ "3-1", 8, -EINVAL, "" },
	{ "0x3", 8, -EINVAL, "" },
	{ "1:1/2", 8, -EINVAL, "" },
	{ "0-3:", 8, -EINVAL, "" },
	{ "0-3:1", 8, -EINVAL, "" },
	{ "0-3:1/", 8, -EINVAL, "" },
	{ "0-3:1/0", 8, -EINVAL, "" },
	{ "0-3:3/2", 8, -EINVAL, "" },
	{ "0-3/2", 8, -EINVAL, "" },
	{ "n", 8, -EINVAL, "" },
	{ "al", 8, -EINVAL, "" },
	{ "1;2", 8, -EINVAL, "" },
	{ "all", 0, -EINVAL, "" },
};

static void
test_lists(void **state)
{
	struct part_cpus cpus, same;
	char list[8192];
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(cases); i++) {
		const struct list_case *c = &cases[i];
		int ret = part_cpus_parse(c->text, c->limit, &cpus);

		part_cpus_list(&cpus, list, sizeof(list));
		if (ret != c->error)
			fail_msg("'%s' gives %d, wanted %d", c->text, ret, c->error);
		if (c->list != NULL)
			assert_string_equal(list, c->list);
		if (c->limit != 0) {
			assert_int_equal(part_cpus_parse(list, c->limit, &same), 0);
			assert_true(part_cpus_equal(&cpus, &same));
		}
	}
	assert_int_equal(part_cpus_parse("0-4095:7/8", 8192, &cpus), 0);
	assert_int_equal(part_cpus_count(&cpus), 4096 / 8 * 7);
	assert_false(part_cpus_has(&cpus, 7));
	assert_true(part_cpus_has(&cpus, 4094));
	assert_false(part_cpus_has(&cpus, 4095));
}

static void
test_masks(void **state)
{
	static const struct {
		const char *text;
		unsigned int limit;
		int error;
		const char *list;
	} masks[] = {
		{ "f\n", 8, 0, "0-3" },
		{ "0\n", 8, 0, "" },
		{ "00000000,00000003", 64, 0, "0-1" },
		{ "ff,ffffffff\n", 40, 0, "0-39" },
		{ "1,00000000,80000000", 128, 0, "31,64" },
		{ "A5", 8, 0, "0,2,5,7" },
		{ "1ff", 8, -ERANGE, "" },
		{ "1,00000000", 32, -ERANGE, "" },
		{ "", 8, -EINVAL, "" },
		{ "\n", 8, -EINVAL, "" },
		{ "fg", 8, -EINVAL, "" },
		{ "f,", 8, -EINVAL, "" },
		{ ",f", 8, -EINVAL, "" },
		{ "123456789", 64, -EINVAL, "" },
	};
	struct part_cpus cpus, same;
	char text[4096];
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(masks); i++) {
		int ret = part_cpus_parse_mask(masks[i].text, masks[i].limit, &cpus);

		if (ret != masks[i].error)
			fail_msg("mask '%s' gives %d, wanted %d", masks[i].text, ret,
				 masks[i].error);
		part_cpus_list(&cpus, text, sizeof(text));
		assert_string_equal(text, masks[i].list);
		part_cpus_mask(&cpus, text, sizeof(text));
		assert_int_equal(part_cpus_parse_mask(text, PART_MAX_CPUS, &same), 0);
		assert_true(part_cpus_equal(&cpus, &same));
	}
	part_cpus_zero(&cpus);
	part_cpus_set(&cpus, 35);
	part_cpus_set(&cpus, 0);
	part_cpus_mask(&cpus, text, sizeof(text));
	assert_string_equal(text, "8,00000001");
}

/** Writing stays within the buffer and tells what it wanted, as snprintf(). */
static void
test_cut(void **state)
{
	struct part_cpus cpus;
	char text[8];
	size_t len;

	RTE_SET_USED(state);
	assert_int_equal(part_cpus_parse("all:1/2", PART_MAX_CPUS, &cpus), 0);
	memset(text, 'x', sizeof(text));
	len = part_cpus_list(&cpus, text, 6);
	assert_int_equal(len, 5 * 2 + 45 * 3 + 450 * 4 + 3596 * 5 - 1);
	assert_string_equal(text, "0,2,4");
	assert_int_equal(text[6], 'x');
	assert_true(part_cpus_mask(&cpus, NULL, 0) > 2000);
}

static void
test_sets(void **state)
{
	struct part_cpus a, b;
	unsigned int cpu, n = 0;

	RTE_SET_USED(state);
	assert_int_equal(part_cpus_parse("0-3,63-64,8191", PART_MAX_CPUS, &a), 0);
	assert_int_equal(part_cpus_parse("3-64", PART_MAX_CPUS, &b), 0);
	assert_int_equal(part_cpus_count(&a), 7);
	PART_CPUS_FOREACH(cpu, &a)
		n++;
	assert_int_equal(n, 7);
	assert_int_equal(part_cpus_next(&a, 4), 63);
	assert_int_equal(part_cpus_next(&a, 65), 8191);
	assert_int_equal(part_cpus_next(&a, 8192), PART_MAX_CPUS);
	assert_true(part_cpus_intersect(&a, &b));
	assert_false(part_cpus_within(&a, &b));
	part_cpus_and(&a, &b);
	assert_true(part_cpus_within(&a, &b));
	assert_int_equal(part_cpus_count(&a), 3);
	part_cpus_without(&b, &a);
	assert_false(part_cpus_intersect(&a, &b));
	part_cpus_or(&a, &b);
	assert_int_equal(part_cpus_count(&a), 62);
	part_cpus_zero(&a);
	assert_true(part_cpus_empty(&a));
	assert_false(part_cpus_has(&a, 9000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
