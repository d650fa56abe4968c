/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* --lcores as EAL takes it (DPDK's guide "EAL parameters"). */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <rte_common.h>

#include "part_lcores.h"

static void
test_forms(void **state)
{
	static const struct {
		const char *text, *main, *workers;
		unsigned int n;
	} forms[] = {
		{ "0,2-3", "0", "2-3", 3 },
		{ "2", "", "2", 1 },			/* alone, it does the work */
		{ "0-3", "0", "1-3", 4 },
		{ "3,1", "1", "3", 2 },
		{ "0@4,1@(5-7)", "4", "5-7", 2 },
		{ "(0,6),7-8", "0,6", "0,6-8", 4 },	/* 0 and 6 share both */
		{ "1,2@(5-7),(3-5)@(0,2),(0,6),7-8", "0,6", "0-2,5-8", 9 },
		{ "1@31", "", "31", 1 },
		{ "0-1@3", "3", "3", 2 },
		{ "0, 2", "0", "2", 2 },
		{ "0,2,2@5", "0", "5", 2 },		/* the last word counts */
	};
	struct part_lcores lcores;
	char list[64];
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(forms); i++) {
		assert_int_equal(part_lcores_parse(forms[i].text, &lcores), 0);
		assert_int_equal(lcores.n, forms[i].n);
		part_cpus_list(&lcores.main, list, sizeof(list));
		assert_string_equal(list, forms[i].main);
		part_cpus_list(&lcores.workers, list, sizeof(list));
		assert_string_equal(list, forms[i].workers);
		part_lcores_free(&lcores);
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"", ",", "a", "1,", "1-", "(1", "1)", "()", "1@", "1@@2", "1@(2", "3-1", "1;2",
		"1 2", "2000", "1@9000", "-1", "1@all", "N",
	};
	struct part_lcores lcores;
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(bad); i++) {
		if (part_lcores_parse(bad[i], &lcores) != -EINVAL)
			fail_msg("--lcores '%s' was taken", bad[i]);
		assert_null(lcores.all);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
