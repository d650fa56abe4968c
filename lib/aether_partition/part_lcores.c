/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_lcore.h>

#include "part_lcores.h"
#include "part_text.h"

/** The lcore of this number, which may be in the list already: the last word counts. */
static struct part_lcore *
add_lcore(struct part_lcores *lcores, unsigned int id)
{
	struct part_lcore *all;
	unsigned int i;

	for (i = 0; i < lcores->n; i++)
		if (lcores->all[i].id == id)
			return &lcores->all[i];
	all = part_array_room(lcores->all, lcores->n, sizeof(*all));
	if (all == NULL)
		return NULL;
	lcores->all = all;
	all[lcores->n].id = id;
	return &all[lcores->n++];
}

static int
compare(const void *a, const void *b)
{
	const struct part_lcore *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/** Roles are known: sum up. An application that has the main lcore only works on that. */
static void
complete(struct part_lcores *lcores)
{
	unsigned int i, workers = 0;

	if (lcores->n != 0)
		qsort(lcores->all, lcores->n, sizeof(*lcores->all), compare);
	for (i = 0; i < lcores->n; i++)
		workers += lcores->all[i].role == PART_ROLE_WORKER;
	for (i = 0; i < lcores->n; i++) {
		struct part_lcore *lcore = &lcores->all[i];

		if (workers == 0 && lcore->role == PART_ROLE_MAIN)
			lcore->role = PART_ROLE_WORKER;
		part_cpus_or(lcore->role == PART_ROLE_WORKER ? &lcores->workers :
			     lcore->role == PART_ROLE_MAIN ? &lcores->main : &lcores->service,
			     &lcore->cpus);
	}
}

/** A number, a range, or a group in parentheses. Moves *text behind it. */
static int
parse_set(const char **text, struct part_cpus *set, bool *group)
{
	size_t len;
	char list[1024];

	*group = **text == '(';
	if (*group)
		++*text;
	len = *group ? strcspn(*text, ")") : strspn(*text, "0123456789-");
	if (len == 0 || len >= sizeof(list) || (*group && (*text)[len] != ')') ||
	    strspn(*text, "0123456789-, ") < len)
		return -EINVAL;
	memcpy(list, *text, len);
	list[len] = '\0';
	*text += len + *group;
	if (part_cpus_parse(list, PART_MAX_CPUS, set) != 0 || part_cpus_empty(set))
		return -EINVAL;
	return 0;
}

/** One item. Without '@' a number or range has its own CPUs, and a group shares all of its. */
static int
parse_item(const char **text, struct part_lcores *lcores)
{
	struct part_cpus ids, cpus;
	bool group, ignored, assigned = false;
	struct part_lcore *lcore;
	unsigned int id;

	if (parse_set(text, &ids, &group) != 0)
		return -EINVAL;
	cpus = ids;
	if (**text == '@') {
		++*text;
		assigned = true;
		if (parse_set(text, &cpus, &ignored) != 0)
			return -EINVAL;
	}
	PART_CPUS_FOREACH(id, &ids) {
		if (id >= PART_MAX_LCORES)
			return -EINVAL;
		lcore = add_lcore(lcores, id);
		if (lcore == NULL)
			return -ENOMEM;
		lcore->role = PART_ROLE_WORKER;
		if (assigned || group) {
			lcore->cpus = cpus;
		} else {
			part_cpus_zero(&lcore->cpus);
			part_cpus_set(&lcore->cpus, id);
		}
	}
	return 0;
}

int
part_lcores_parse(const char *text, struct part_lcores *lcores)
{
	unsigned int i, lowest = 0;
	int ret;

	memset(lcores, 0, sizeof(*lcores));
	do {
		text += strspn(text, " ");
		ret = parse_item(&text, lcores);
		text += strspn(text, " ");
	} while (ret == 0 && *text++ == ',');
	if (ret == 0 && text[-1] != '\0')
		ret = -EINVAL;
	if (ret != 0) {
		part_lcores_free(lcores);
		return ret;
	}
	for (i = 1; i < lcores->n; i++)
		if (lcores->all[i].id < lcores->all[lowest].id)
			lowest = i;
	lcores->all[lowest].role = PART_ROLE_MAIN;
	complete(lcores);
	return 0;
}

int
part_lcores_from_eal(struct part_lcores *lcores)
{
	unsigned int id, cpu;

	memset(lcores, 0, sizeof(*lcores));
	for (id = 0; id < RTE_MAX_LCORE; id++) {
		enum rte_lcore_role_t role = rte_eal_lcore_role(id);
		struct part_lcore *lcore;
		rte_cpuset_t set;

		if (role != ROLE_RTE && role != ROLE_SERVICE)
			continue;
		lcore = add_lcore(lcores, id);
		if (lcore == NULL) {
			part_lcores_free(lcores);
			return -ENOMEM;
		}
		lcore->role = role == ROLE_SERVICE ? PART_ROLE_SERVICE :
			      id == rte_get_main_lcore() ? PART_ROLE_MAIN : PART_ROLE_WORKER;
		set = rte_lcore_cpuset(id);
		for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
			if (CPU_ISSET(cpu, &set))
				part_cpus_set(&lcore->cpus, cpu);
	}
	complete(lcores);
	return lcores->n == 0 ? -EINVAL : 0;
}

int
part_lcores_from_cpus(const struct part_cpus *cpus, struct part_lcores *lcores)
{
	struct part_lcore *lcore;
	unsigned int cpu;

	memset(lcores, 0, sizeof(*lcores));
	PART_CPUS_FOREACH(cpu, cpus) {
		lcore = add_lcore(lcores, cpu);
		if (lcore == NULL) {
			part_lcores_free(lcores);
			return -ENOMEM;
		}
		lcore->role = PART_ROLE_WORKER;
		part_cpus_set(&lcore->cpus, cpu);
	}
	complete(lcores);
	return lcores->n == 0 ? -EINVAL : 0;
}

void
part_lcores_free(struct part_lcores *lcores)
{
	free(lcores->all);
	memset(lcores, 0, sizeof(*lcores));
}
