/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What is in a journal comes out as it went in; what is none is refused. */

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

#include "part_journal.h"

static void
fill(struct part_journal *journal)
{
	struct part_knob *knob;

	memset(journal, 0, sizeof(*journal));
	strcpy(journal->boot, "5a0f2c3e-0000-4000-8000-1234567890ab");
	assert_non_null(part_journal_add_owner(journal, 1, 4711, 123456, "/user.slice/a b%20"));
	assert_non_null(part_journal_add_owner(journal, 7, 0, 0, ""));
	knob = part_journal_add_knob(journal, PART_KIND_LIST, "proc/irq/16/smp_affinity_list",
				     "0-7");
	assert_non_null(knob);
	assert_true(part_knob_add_share(knob, 1, "2-3"));
	assert_true(part_knob_add_share(knob, 7, "-"));
	assert_true(part_journal_set(&knob->target, "0-1,4-7"));
	assert_non_null(part_journal_add_knob(journal, PART_KIND_GROUP, "sys/fs/cgroup/aether-1",
					      ""));
	assert_non_null(part_journal_add_knob(journal, PART_KIND_TASK, "proc/1@5", "odd\nvalue"));
}

static void
test_round(void **state)
{
	struct part_journal journal, again;
	char *text, *same;
	size_t len, same_len;
	FILE *seed;

	RTE_SET_USED(state);
	fill(&journal);
	text = part_journal_text(&journal, &len);
	assert_int_equal(part_journal_parse(text, len, &again), 0);
	assert_string_equal(again.owners[0].from, "/user.slice/a b%20");
	assert_int_equal(again.owners[0].start, 123456);
	assert_string_equal(again.knobs[0].shares[1].text, "-");
	assert_string_equal(again.knobs[1].original, "");
	assert_string_equal(again.knobs[2].original, "odd\nvalue");
	same = part_journal_text(&again, &same_len);
	assert_string_equal(text, same);
	if (getenv("AETHER_TEST_SEED") != NULL) {
		seed = fopen(getenv("AETHER_TEST_SEED"), "w");
		fwrite(text, 1, len, seed);
		fclose(seed);
	}
	part_journal_free(&journal);
	part_journal_free(&again);
	free(same);
	free(text);
}

/** Any byte that is another, or is missing, is noticed. */
static void
test_damaged(void **state)
{
	struct part_journal journal, again;
	size_t len, at;
	char *text;

	RTE_SET_USED(state);
	fill(&journal);
	text = part_journal_text(&journal, &len);
	part_journal_free(&journal);
	for (at = 0; at < len; at++) {
		text[at] ^= 1;
		assert_int_equal(part_journal_parse(text, len, &again), -EINVAL);
		part_journal_free(&again);
		text[at] ^= 1;
		assert_int_equal(part_journal_parse(text, at, &again), -EINVAL);
		part_journal_free(&again);
	}
	free(text);
}

static void
test_paths(void **state)
{
	static const struct {
		enum part_kind kind;
		const char *path;
	} bad[] = {
		{ PART_KIND_WORD, "etc/shadow" },
		{ PART_KIND_WORD, "proc/sys/kernel/core_pattern" },
		{ PART_KIND_WORD, "/proc/sys/vm/stat_interval" },
		{ PART_KIND_LIST, "proc/irq/../sys/kernel/core_pattern/smp_affinity_list" },
		{ PART_KIND_LIST, "proc/irq/1/2/smp_affinity_list" },
		{ PART_KIND_LIST, "proc/irq/../smp_affinity_list" },
		{ PART_KIND_MASK, "proc/irq/1/smp_affinity_list" },
		{ PART_KIND_GROUP, "sys/fs/cgroup/system.slice" },
		{ PART_KIND_GROUP, "sys/fs/cgroup/aether-1/x" },
		{ PART_KIND_TASK, "proc/1" },
		{ PART_KIND_MOUNT, "sys/fs/cgroup" },
		{ PART_KIND_SCHEMATA, "sys/fs/resctrl/a/b/schemata" },
		{ PART_KIND_SCHEMATA, "sys/fs/resctrl/../schemata" },
		{ PART_KIND_RESCTRL, "sys/fs/resctrl/tenant" },
		{ PART_KIND_RESCTRL, "sys/fs/resctrl/aether-1/mon_groups" },
	};
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(bad); i++)
		assert_false(part_journal_path_fits(bad[i].kind, bad[i].path));
	assert_true(part_journal_path_fits(PART_KIND_WORD, "proc/sys/vm/stat_interval"));
	assert_true(part_journal_path_fits(PART_KIND_LIST, "proc/irq/1/smp_affinity_list"));
	assert_true(part_journal_path_fits(PART_KIND_GROUP, "sys/fs/cgroup/aether-12"));
	assert_true(part_journal_path_fits(PART_KIND_MOUNT, "sys/fs/resctrl"));
	assert_true(part_journal_path_fits(PART_KIND_SCHEMATA, "sys/fs/resctrl/schemata"));
	assert_true(part_journal_path_fits(PART_KIND_SCHEMATA, "sys/fs/resctrl/cos1/schemata"));
	assert_true(part_journal_path_fits(PART_KIND_RESCTRL, "sys/fs/resctrl/aether-12"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
