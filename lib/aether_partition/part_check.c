/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* A verdict, from who is asked about to what came of each rule. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "part_advice.h"
#include "part_hook.h"
#include "part_judge.h"

/** What a verdict is made of: what it points to is behind it or in its findings. */
struct owned {
	struct rte_aether_partition_verdict verdict;
	struct rte_aether_partition_finding findings[];
};

bool
part_names_rule(const char *list, const char *name)
{
	const size_t len = strlen(name);
	size_t n;

	for (; list != NULL && *list != '\0'; list += n + (list[n] != '\0')) {
		n = strcspn(list, ",;");
		if (n == len && strncmp(list, name, n) == 0)
			return true;
	}
	return false;
}

static bool
is_rule(const char *name, size_t len)
{
	const struct part_rule *rule;
	unsigned int i;

	PART_RULES_FOREACH(i, rule)
		if (strlen(rule->id) == len && strncmp(rule->id, name, len) == 0)
			return true;
	return false;
}

int
part_check_names(const char *list)
{
	size_t n;

	for (; list != NULL && *list != '\0'; list += n + (list[n] != '\0')) {
		n = strcspn(list, ",;");
		if (!is_rule(list, n))
			return -EINVAL;
	}
	return 0;
}

int
part_get_lcores(const struct rte_aether_partition_conf *conf, struct part_lcores *lcores)
{
	struct part_cpus *cpus;
	int ret;

	if (conf->lcores != NULL)
		return part_lcores_parse(conf->lcores, lcores);
	if (conf->workers == NULL)
		return part_lcores_from_eal(lcores);
	cpus = malloc(sizeof(*cpus));
	if (cpus == NULL)
		return -ENOMEM;
	ret = part_cpus_parse(conf->workers, PART_MAX_CPUS, cpus);
	if (ret == 0)
		ret = part_lcores_from_cpus(cpus, lcores);
	free(cpus);
	return ret == 0 || ret == -ENOMEM ? ret : -EINVAL;
}

static char *
mask_text(const struct part_cpus *cpus)
{
	size_t size = part_cpus_mask(cpus, NULL, 0) + 1;
	char *text = malloc(size);

	if (text != NULL)
		part_cpus_mask(cpus, text, size);
	return text;
}

static char *
named_text(const struct part_cpus *cpus)
{
	struct part_text text = { 0 };

	part_add_named(&text, cpus);
	return part_text_take(&text);
}

static int
case_init(struct part_case *c, const struct rte_aether_partition_conf *conf,
	  const struct part_host *host, const struct part_lcores *lcores)
{
	struct part_cpus partition = lcores->workers;

	memset(c, 0, sizeof(*c));
	c->host = host;
	c->lcores = lcores;
	c->workers = &lcores->workers;
	c->before_start = conf->before_start;
	c->for_another = conf->for_another;
	c->from_cpus = conf->lcores == NULL && conf->workers != NULL;
	c->housekeeping = host->sets[PART_SET_ONLINE].cpus;
	part_cpus_without(&c->housekeeping, c->workers);
	part_cpus_or(&partition, &lcores->main);
	part_cpus_or(&partition, &lcores->service);
	c->workers_list = part_list_text(c->workers);
	c->housekeeping_list = part_list_text(&c->housekeeping);
	c->housekeeping_mask = mask_text(&c->housekeeping);
	c->partition_list = part_list_text(&partition);
	c->workers_named = named_text(c->workers);
	c->housekeeping_named = named_text(&c->housekeeping);
	return c->workers_list == NULL || c->housekeeping_list == NULL ||
	       c->housekeeping_mask == NULL || c->partition_list == NULL ||
	       c->workers_named == NULL || c->housekeeping_named == NULL ? -ENOMEM : 0;
}

static void
case_free(struct part_case *c)
{
	free(c->workers_list);
	free(c->housekeeping_list);
	free(c->housekeeping_mask);
	free(c->partition_list);
	free(c->workers_named);
	free(c->housekeeping_named);
}

/** Move a text into a finding. @return whether there was memory for it */
static bool
take(const char **to, struct part_text *text)
{
	*to = part_text_take(text);
	return *to != NULL;
}

static int
judge(const struct part_case *c, const struct part_rule *rule, bool ignored,
      struct rte_aether_partition_finding *finding)
{
	struct part_finding f = { .severity = rule->severity };
	bool whole = true;

	rule->judge(c, &f);
	/* Where no CPU is left to move things to there is no command either. */
	if (f.result != RTE_AETHER_PARTITION_BROKEN || part_cpus_empty(&c->housekeeping))
		f.now.len = 0;
	if (f.now.len == 0 && f.now.data != NULL)
		f.now.data[0] = '\0';
	finding->rule = rule->id;
	finding->title = rule->title;
	finding->why = rule->why;
	finding->document = rule->document;
	finding->severity = f.severity;
	finding->result = ignored && (f.result == RTE_AETHER_PARTITION_BROKEN ||
				      f.result == RTE_AETHER_PARTITION_UNKNOWN) ?
			  RTE_AETHER_PARTITION_IGNORED : f.result;
	whole = take(&finding->found, &f.found) && whole;
	whole = take(&finding->wanted, &f.wanted) && whole;
	whole = take(&finding->mend_now, &f.now) && whole;
	whole = take(&finding->mend_boot, &f.boot) && whole;
	return whole ? 0 : -ENOMEM;
}

static void
sum_up(struct rte_aether_partition_verdict *v)
{
	enum rte_aether_partition_overall is;
	unsigned int i;

	for (i = 0; i < v->n_findings; i++) {
		const struct rte_aether_partition_finding *f = &v->findings[i];

		is = RTE_AETHER_PARTITION_QUIET;
		if (f->result == RTE_AETHER_PARTITION_UNKNOWN) {
			v->unknown++;
			if (f->severity == RTE_AETHER_PARTITION_ERROR)
				is = RTE_AETHER_PARTITION_UNPROVEN;
		} else if (f->result == RTE_AETHER_PARTITION_BROKEN) {
			v->errors += f->severity == RTE_AETHER_PARTITION_ERROR;
			v->warnings += f->severity == RTE_AETHER_PARTITION_WARNING;
			v->notes += f->severity == RTE_AETHER_PARTITION_NOTE;
			is = f->severity == RTE_AETHER_PARTITION_ERROR ?
			     RTE_AETHER_PARTITION_NOISY :
			     f->severity == RTE_AETHER_PARTITION_WARNING ?
			     RTE_AETHER_PARTITION_WARNED : RTE_AETHER_PARTITION_QUIET;
		}
		v->overall = RTE_MAX(v->overall, is);
	}
}

static int
judge_all(const struct part_case *c, const char *ignore, struct owned *owned)
{
	struct rte_aether_partition_verdict *v = &owned->verdict;
	const struct part_value *release = &c->host->values[PART_VALUE_RELEASE];
	const struct part_rule *rule;
	unsigned int i;
	int ret = 0;

	v->findings = owned->findings;
	PART_RULES_FOREACH(i, rule) {
		if (judge(c, rule, part_names_rule(ignore, rule->id),
			  &owned->findings[v->n_findings++]) != 0)
			ret = -ENOMEM;
	}
	v->workers = strdup(c->workers_list);
	v->housekeeping = strdup(c->housekeeping_list);
	v->main_cpus = part_list_text(&c->lcores->main);
	v->kernel = strdup(release->state == PART_KNOWN ? release->text : "unknown");
	v->command_line = part_advice_command_line(c);
	v->tuned = part_advice_tuned(c);
	if (v->workers == NULL || v->housekeeping == NULL || v->main_cpus == NULL ||
	    v->kernel == NULL || v->command_line == NULL || v->tuned == NULL)
		ret = -ENOMEM;
	sum_up(v);
	return ret;
}

static unsigned int
count_rules(void)
{
	const struct part_rule *rule;
	unsigned int i, n = 0;

	PART_RULES_FOREACH(i, rule)
		n++;
	return n;
}

static int
judge_host(const struct rte_aether_partition_conf *conf, const struct part_host *host,
	   const struct part_lcores *lcores, struct rte_aether_partition_verdict **verdict)
{
	const unsigned int n = count_rules();
	struct owned *owned = calloc(1, sizeof(*owned) + n * sizeof(owned->findings[0]));
	struct part_case *c = malloc(sizeof(*c));
	int ret = -ENOMEM;

	if (owned != NULL && c != NULL) {
		ret = case_init(c, conf, host, lcores);
		if (ret == 0)
			ret = judge_all(c, conf->ignore, owned);
		case_free(c);
	}
	free(c);
	if (ret != 0) {
		rte_aether_partition_free(owned == NULL ? NULL : &owned->verdict);
		return ret;
	}
	*verdict = &owned->verdict;
	return 0;
}

static int
check(const struct rte_aether_partition_conf *conf, const struct part_recorder *recorder,
      struct rte_aether_partition_verdict **verdict)
{
	struct part_host_conf *host_conf;
	struct part_lcores lcores;
	struct part_host *host;
	int ret = part_check_names(conf->ignore);

	if (ret == 0)
		ret = part_get_lcores(conf, &lcores);
	if (ret != 0)
		return ret;
	host_conf = calloc(1, sizeof(*host_conf));
	host = malloc(sizeof(*host));
	if (host_conf == NULL || host == NULL) {
		ret = -ENOMEM;
	} else {
		host_conf->root = conf->root;
		host_conf->workers = lcores.workers;
		host_conf->device = conf->device;
		host_conf->own_threads = !conf->before_start;
		host_conf->recorder = recorder;
		ret = part_host_read(host_conf, host);
	}
	if (ret == 0) {
		ret = judge_host(conf, host, &lcores, verdict);
		part_host_free(host);
	}
	free(host);
	free(host_conf);
	part_lcores_free(&lcores);
	return ret;
}

static const struct rte_aether_partition_conf all_zero;

int
rte_aether_partition_check(const struct rte_aether_partition_conf *conf,
			   struct rte_aether_partition_verdict **verdict)
{
	int ret;

	if (conf == NULL)
		conf = &all_zero;
	ret = check(conf, NULL, verdict);
	if (ret == 0 && conf->root == NULL && conf->lcores == NULL && conf->workers == NULL)
		part_telemetry_publish("application", *verdict);
	return ret;
}

int
rte_aether_partition_capture(const struct rte_aether_partition_conf *conf,
			     rte_aether_partition_seen seen, void *ctx,
			     struct rte_aether_partition_verdict **verdict)
{
	const struct part_recorder recorder = { ctx, seen };

	return check(conf == NULL ? &all_zero : conf, &recorder, verdict);
}

char *
rte_aether_partition_guess(const char *root)
{
	struct part_cpus *cpus = malloc(sizeof(*cpus));
	char *list = NULL;

	rte_errno = ENOMEM;
	if (cpus != NULL) {
		rte_errno = -part_host_guess(root, cpus);
		if (rte_errno == 0 && part_cpus_empty(cpus))
			rte_errno = EINVAL;
		else if (rte_errno == 0)
			list = part_list_text(cpus);
	}
	free(cpus);
	return list;
}

void
rte_aether_partition_free(struct rte_aether_partition_verdict *verdict)
{
	unsigned int i;

	if (verdict == NULL)
		return;
	for (i = 0; i < verdict->n_findings; i++) {
		const struct rte_aether_partition_finding *f = &verdict->findings[i];

		free((char *)(uintptr_t)f->found);
		free((char *)(uintptr_t)f->wanted);
		free((char *)(uintptr_t)f->mend_now);
		free((char *)(uintptr_t)f->mend_boot);
	}
	free((char *)(uintptr_t)verdict->workers);
	free((char *)(uintptr_t)verdict->main_cpus);
	free((char *)(uintptr_t)verdict->housekeeping);
	free((char *)(uintptr_t)verdict->kernel);
	free((char *)(uintptr_t)verdict->command_line);
	free((char *)(uintptr_t)verdict->tuned);
	free(verdict);
}
