/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_judge.h"

const struct part_rule *const part_rules[] = {
	part_rules_cpu, part_rules_kernel, part_rules_irq, part_rules_task, part_rules_system,
	part_rules_power, part_rules_device,
};
const unsigned int part_n_rules = RTE_DIM(part_rules);

static void
add(struct part_text *text, const char *format, va_list ap)
{
	char line[1024];

	vsnprintf(line, sizeof(line), format, ap);
	part_text_add(text, "%s", line);
}

#define PUT(f, how) do { \
	va_list ap; \
	va_start(ap, format); \
	(f)->result = (how); \
	add(&(f)->found, format, ap); \
	va_end(ap); \
} while (0)

void
part_fine(struct part_finding *f, const char *format, ...)
{
	PUT(f, RTE_AETHER_PARTITION_FINE);
}

void
part_broken(struct part_finding *f, const char *format, ...)
{
	PUT(f, RTE_AETHER_PARTITION_BROKEN);
}

void
part_not_applicable(struct part_finding *f, const char *format, ...)
{
	PUT(f, RTE_AETHER_PARTITION_NOT_APPLICABLE);
}

void
part_unknown(struct part_finding *f, enum part_state state, const char *path)
{
	f->result = RTE_AETHER_PARTITION_UNKNOWN;
	part_text_add(&f->found, "%s%s: %s", strchr(path, ' ') == NULL ? "/" : "", path,
		      part_state_text(state, path));
}

char *
part_list_text(const struct part_cpus *cpus)
{
	struct part_text text = { 0 };

	part_add_list(&text, cpus);
	return part_text_take(&text);
}

void
part_add_list(struct part_text *text, const struct part_cpus *cpus)
{
	char small[256], *large;
	size_t len = part_cpus_list(cpus, small, sizeof(small));

	if (len < sizeof(small)) {
		part_text_add(text, "%s", len != 0 ? small : "none");
		return;
	}
	large = malloc(len + 1);
	if (large == NULL) {
		text->failed = true;
		return;
	}
	part_cpus_list(cpus, large, len + 1);
	part_text_add(text, "%s", large);
	free(large);
}

void
part_add_named(struct part_text *text, const struct part_cpus *cpus)
{
	const unsigned int n = part_cpus_count(cpus);

	if (n == 0) {
		part_text_add(text, "no CPU");
		return;
	}
	part_text_add(text, n == 1 ? "CPU " : "CPUs ");
	part_add_list(text, cpus);
}

void
part_add_writes(struct part_text *text, const char *value, const char *path,
		const struct part_cpus *cpus)
{
	const char *number = strstr(path, "%u");
	unsigned int cpu, n = part_cpus_count(cpus);

	if (n == 0 || number == NULL)
		return;
	if (n == 1) {
		part_text_add(text, "echo %s >%.*s%u%s\n", value, (int)(number - path), path,
			      part_cpus_next(cpus, 0), number + 2);
		return;
	}
	part_text_add(text, "for cpu in");
	PART_CPUS_FOREACH(cpu, cpus)
		part_text_add(text, " %u", cpu);
	part_text_add(text, "; do echo %s >%.*s$cpu%s; done\n", value, (int)(number - path), path,
		      number + 2);
}

void
part_isolated(const struct part_host *host, struct part_cpus *isolated)
{
	*isolated = host->sets[PART_SET_ISOLATED].cpus;
	part_cpus_or(isolated, &host->sets[PART_SET_CGROUP_ISOLATED].cpus);
}
