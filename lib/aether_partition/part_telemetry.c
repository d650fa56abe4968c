/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* /aether/partition/verdict: what was found out last, by whom; and /aether/partition/check: now. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "part_hook.h"
#include "part_names.h"

/** What is told of a verdict: rules that are fine or do not apply are not named. */
struct told {
	char rule[32];
	enum rte_aether_partition_severity severity;
	enum rte_aether_partition_result result;
	char *found;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char by[64], workers[128], housekeeping[128];
	enum rte_aether_partition_overall overall;
	unsigned int errors, warnings, notes, unknown, n;
	struct told *told;
} last;

static void
forget(void)
{
	unsigned int i;

	for (i = 0; i < last.n; i++)
		free(last.told[i].found);
	free(last.told);
	memset(&last, 0, sizeof(last));
}

static bool
is_told(const struct rte_aether_partition_finding *f)
{
	return f->result >= RTE_AETHER_PARTITION_IGNORED;
}

static void
keep(const char *by, const struct rte_aether_partition_verdict *v)
{
	unsigned int i;

	last.told = calloc(v->n_findings + 1, sizeof(*last.told));
	if (last.told == NULL)
		return;
	snprintf(last.by, sizeof(last.by), "%s", by);
	snprintf(last.workers, sizeof(last.workers), "%s", v->workers);
	snprintf(last.housekeeping, sizeof(last.housekeeping), "%s", v->housekeeping);
	last.overall = v->overall;
	last.errors = v->errors;
	last.warnings = v->warnings;
	last.notes = v->notes;
	last.unknown = v->unknown;
	for (i = 0; i < v->n_findings; i++) {
		const struct rte_aether_partition_finding *f = &v->findings[i];

		if (!is_told(f))
			continue;
		snprintf(last.told[last.n].rule, sizeof(last.told[0].rule), "%s", f->rule);
		last.told[last.n].severity = f->severity;
		last.told[last.n].result = f->result;
		last.told[last.n++].found = strdup(f->found);
	}
}

void
part_telemetry_publish(const char *by, const struct rte_aether_partition_verdict *verdict)
{
	pthread_mutex_lock(&lock);
	forget();
	keep(by, verdict);
	pthread_mutex_unlock(&lock);
}

/** Names of members must not have a '.', as those of rules do: the rules are an array of texts. */
static void
add_rule(struct rte_tel_data *data, const struct told *told)
{
	char text[512];

	snprintf(text, sizeof(text), "%s: %s (%s): %s", told->rule,
		 part_result_name(told->result), part_severity_name(told->severity),
		 told->found != NULL ? told->found : "");
	rte_tel_data_add_array_string(data, text);
}

static void
add_last(struct rte_tel_data *data)
{
	struct rte_tel_data *rules = rte_tel_data_alloc();
	unsigned int i;

	rte_tel_data_add_dict_string(data, "by", last.by);
	rte_tel_data_add_dict_string(data, "overall", part_overall_name(last.overall));
	rte_tel_data_add_dict_int(data, "errors", last.errors);
	rte_tel_data_add_dict_int(data, "warnings", last.warnings);
	rte_tel_data_add_dict_int(data, "notes", last.notes);
	rte_tel_data_add_dict_int(data, "unknown", last.unknown);
	rte_tel_data_add_dict_string(data, "workers", last.workers);
	rte_tel_data_add_dict_string(data, "housekeeping", last.housekeeping);
	if (rules == NULL)
		return;
	rte_tel_data_start_array(rules, RTE_TEL_STRING_VAL);
	for (i = 0; i < last.n; i++)
		add_rule(rules, &last.told[i]);
	rte_tel_data_add_dict_container(data, "rules", rules, 0);
}

/** Without a verdict so far one is made: a monitor need not know whether a hook was used. */
static int
answer(const char *cmd, const char *params, struct rte_tel_data *data)
{
	struct rte_aether_partition_verdict *verdict;
	bool known;

	RTE_SET_USED(cmd);
	pthread_mutex_lock(&lock);
	known = last.told != NULL;
	pthread_mutex_unlock(&lock);
	rte_tel_data_start_dict(data);
	if (!known || (params != NULL && strcmp(params, "now") == 0)) {
		if (rte_aether_partition_check(NULL, &verdict) != 0)
			return -1;
		part_telemetry_publish("telemetry", verdict);
		rte_aether_partition_free(verdict);
	}
	pthread_mutex_lock(&lock);
	add_last(data);
	pthread_mutex_unlock(&lock);
	return 0;
}

RTE_INIT(part_telemetry_init)
{
	rte_telemetry_register_cmd("/aether/partition/verdict", answer,
			"Returns whether the lcores' CPUs are left alone. Parameters: none (the "
			"last verdict) or now (judge again)");
}
