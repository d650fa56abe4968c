/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_JUDGE_H
#define PART_JUDGE_H

/* Rules: what each finds in a host, and how it says so. */

#include "part_host.h"
#include "part_lcores.h"
#include "part_text.h"
#include "rte_aether_partition.h"

/* How many of a kind are named in a text before it says "and N more". */
#define PART_NAMED	8

/** What rules are given. */
struct part_case {
	const struct part_host *host;
	const struct part_lcores *lcores;
	const struct part_cpus *workers;	/* of lcores */
	struct part_cpus housekeeping;		/* online, and no worker's */
	bool before_start, for_another;
	bool from_cpus;				/* there are no lcores, only CPUs */
	/* The sets as the kernel takes them. */
	char *workers_list, *housekeeping_list, *housekeeping_mask, *partition_list;
	/* As people call them: "CPU 3", "CPUs 2-5". */
	char *workers_named, *housekeeping_named;
};

struct part_finding {
	enum rte_aether_partition_severity severity;
	enum rte_aether_partition_result result;
	struct part_text found, wanted, now, boot;
};

struct part_rule {
	const char *id;
	enum rte_aether_partition_severity severity;
	const char *title, *why, *document;
	void (*judge)(const struct part_case *c, struct part_finding *f);
};

/** The table, in pieces that end with a rule without id. */
extern const struct part_rule part_rules_cpu[], part_rules_kernel[], part_rules_irq[],
	part_rules_task[], part_rules_system[], part_rules_power[], part_rules_device[];
extern const struct part_rule *const part_rules[];
extern const unsigned int part_n_rules;

#define PART_RULES_FOREACH(i, rule) \
	for ((i) = 0; (i) < part_n_rules; (i)++) \
		for ((rule) = part_rules[i]; (rule)->id != NULL; (rule)++)

/* Results. What a rule says last counts; texts are added to. */
void part_fine(struct part_finding *f, const char *format, ...) __rte_format_printf(2, 3);
void part_broken(struct part_finding *f, const char *format, ...) __rte_format_printf(2, 3);
void part_unknown(struct part_finding *f, enum part_state state, const char *path);
void part_not_applicable(struct part_finding *f, const char *format, ...)
	__rte_format_printf(2, 3);

/** A set as a list, "none" if it is empty. Given to free(); NULL: no memory. */
char *part_list_text(const struct part_cpus *cpus);
/** A set as a list at the end of a text. */
void part_add_list(struct part_text *text, const struct part_cpus *cpus);
/** As people call it: "no CPU", "CPU 3", "CPUs 2-5". */
void part_add_named(struct part_text *text, const struct part_cpus *cpus);
/** "echo <value> ><path>" for each of these CPUs; the path has one %u. */
void part_add_writes(struct part_text *text, const char *value, const char *path,
		     const struct part_cpus *cpus);

/** Whether a list of rules (names between ',' or ';') has this one; NULL has none. */
bool part_names_rule(const char *list, const char *name);
/** @return 0; -EINVAL: it names what is no rule */
int part_check_names(const char *list);
/** Who is asked about. @return as rte_aether_partition_check(); lcores to be freed after success */
int part_get_lcores(const struct rte_aether_partition_conf *conf, struct part_lcores *lcores);

/** Whether a clock is read without a call into the kernel, and without a device's register. */
bool part_is_good_clock(const char *name);
/** Whether the kernel trusts the TSC enough to offer it, as far as that is known. */
bool part_has_tsc(const struct part_host *host);

/** The CPUs that are taken out of the scheduler's reach, as far as that is known. */
void part_isolated(const struct part_host *host, struct part_cpus *isolated);

#endif /* PART_JUDGE_H */
