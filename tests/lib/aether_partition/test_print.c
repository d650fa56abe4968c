/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What a verdict looks like, for people and for programs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <rte_common.h>

#include "host_tree.h"
#include "rte_aether_partition.h"

/** A host with an error, a warning, a note and something unknown. */
static struct rte_aether_partition_verdict *
broken_host(char **top)
{
	struct rte_aether_partition_conf conf = { .lcores = TREE_LCORES };
	struct rte_aether_partition_verdict *v;

	*top = host_tree_make(&host_small);
	tree_write(*top, "sys/devices/system/cpu/isolated", "\n");
	tree_write(*top, "sys/kernel/mm/ksm/run", "1\n");
	tree_write(*top, "proc/sys/vm/stat_interval", "1\n");
	tree_remove(*top, "proc/irq/default_smp_affinity");
	tree_write(*top, "proc/1000/status", "Name:\t\"\\\033x\xc3\xa9\nPPid:\t1\nThreads:\t1\n"
		   "Cpus_allowed_list:\t2\n");
	conf.root = *top;
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	return v;
}

static char *
printed(const struct rte_aether_partition_verdict *v, int detail)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (detail < 0)
		rte_aether_partition_print_json(v, out);
	else
		rte_aether_partition_print(v, detail, out);
	fclose(out);
	return text;
}

static void
test_text(void **state)
{
	struct rte_aether_partition_verdict *v;
	char *top, *text, *line, *rest;

	RTE_SET_USED(state);
	v = broken_host(&top);
	text = printed(v, RTE_AETHER_PARTITION_BRIEF);
	assert_non_null(strstr(text, "NOISY"));
	assert_non_null(strstr(text, " cpu.isolated\n"));
	assert_non_null(strstr(text, " memory.ksm\n"));
	assert_null(strstr(text, " memory.stat_interval\n"));
	assert_non_null(strstr(text, " irq.default\n"));
	assert_non_null(strstr(text, "echo isolated >/sys/fs/cgroup/aether/cpuset.cpus.partition"));
	assert_non_null(strstr(text, "isolcpus=managed_irq,domain,2-3"));
	/* Errors first. */
	assert_true(strstr(text, " cpu.isolated\n") < strstr(text, " memory.ksm\n"));
	/* Nothing in it that drives a terminal, and what is no command fits a line. */
	for (line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		assert_null(strchr(line, '\033'));
		if (strstr(line, "echo") == NULL && strstr(line, "isolcpus=") == NULL &&
		    strstr(line, "taskset") == NULL)
			assert_true(strlen(line) <= 100);
	}
	free(text);
	text = printed(v, RTE_AETHER_PARTITION_FULL);
	assert_non_null(strstr(text, " memory.stat_interval\n"));
	assert_non_null(strstr(text, "  fine    kernel.nohz_full"));
	free(text);
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

static const char *
member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	assert_non_null(text);
	return text;
}

static void
test_json(void **state)
{
	static const char *const texts[] = {
		"rule", "severity", "result", "title", "found", "wanted", "why", "document",
		"mend_now", "mend_boot",
	};
	struct rte_aether_partition_verdict *v;
	json_t *root, *findings, *f;
	json_error_t error;
	char *top, *text;
	size_t i, j;

	RTE_SET_USED(state);
	v = broken_host(&top);
	text = printed(v, -1);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		fail_msg("line %d: %s", error.line, error.text);
	assert_int_equal(json_integer_value(json_object_get(root, "format_version")), 1);
	assert_string_equal(member(root, "overall"), "noisy");
	assert_string_equal(member(root, "workers"), "2-3");
	assert_string_equal(member(root, "tuned"), v->tuned);
	assert_int_equal(json_integer_value(json_object_get(root, "errors")), v->errors);
	findings = json_object_get(root, "findings");
	assert_int_equal(json_array_size(findings), v->n_findings);
	for (i = 0; i < v->n_findings; i++) {
		f = json_array_get(findings, i);
		for (j = 0; j < RTE_DIM(texts); j++)
			member(f, texts[j]);
		assert_string_equal(member(f, "rule"), v->findings[i].rule);
		assert_string_equal(member(f, "found"), v->findings[i].found);
		assert_string_equal(member(f, "mend_now"), v->findings[i].mend_now);
		assert_true(strlen(member(f, "why")) > 20);
		assert_true(strlen(member(f, "document")) > 10);
	}
	json_decref(root);
	free(text);
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
