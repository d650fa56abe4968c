/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_host.h"
#include "part_text.h"

static const struct {
	const char *path;
	bool mask;
} sets[PART_SETS] = {
	[PART_SET_POSSIBLE] = { "sys/devices/system/cpu/possible", false },
	[PART_SET_ONLINE] = { "sys/devices/system/cpu/online", false },
	[PART_SET_ISOLATED] = { "sys/devices/system/cpu/isolated", false },
	[PART_SET_NOHZ_FULL] = { "sys/devices/system/cpu/nohz_full", false },
	[PART_SET_IRQ_DEFAULT] = { "proc/irq/default_smp_affinity", true },
	[PART_SET_WORKQUEUE] = { "sys/devices/virtual/workqueue/cpumask", true },
	[PART_SET_WATCHDOG] = { "proc/sys/kernel/watchdog_cpumask", false },
};

static const char *const values[PART_VALUES] = {
	[PART_VALUE_RELEASE] = "proc/sys/kernel/osrelease",
	[PART_VALUE_VERSION] = "proc/sys/kernel/version",
	[PART_VALUE_REALTIME] = "sys/kernel/realtime",
	[PART_VALUE_NMI_WATCHDOG] = "proc/sys/kernel/nmi_watchdog",
	[PART_VALUE_SOFT_WATCHDOG] = "proc/sys/kernel/soft_watchdog",
	[PART_VALUE_NUMA_BALANCING] = "proc/sys/kernel/numa_balancing",
	[PART_VALUE_TIMER_MIGRATION] = "proc/sys/kernel/timer_migration",
	[PART_VALUE_RT_RUNTIME] = "proc/sys/kernel/sched_rt_runtime_us",
	[PART_VALUE_RT_PERIOD] = "proc/sys/kernel/sched_rt_period_us",
	[PART_VALUE_STAT_INTERVAL] = "proc/sys/vm/stat_interval",
	[PART_VALUE_THP] = "sys/kernel/mm/transparent_hugepage/enabled",
	[PART_VALUE_KSM] = "sys/kernel/mm/ksm/run",
	[PART_VALUE_CLOCKSOURCE] =
		"sys/devices/system/clocksource/clocksource0/current_clocksource",
	[PART_VALUE_CLOCKSOURCES] =
		"sys/devices/system/clocksource/clocksource0/available_clocksource",
	[PART_VALUE_SMT] = "sys/devices/system/cpu/smt/active",
	[PART_VALUE_IDLE_DRIVER] = "sys/devices/system/cpu/cpuidle/current_driver",
	[PART_VALUE_ASPM] = "sys/module/pcie_aspm/parameters/policy",
};

void
part_count_unknown(struct part_count *count, enum part_state state, const char *format, ...)
{
	va_list ap;

	if (count->unknown++ != 0)
		return;
	count->unknown_state = state;
	va_start(ap, format);
	vsnprintf(count->unknown_path, sizeof(count->unknown_path), format, ap);
	va_end(ap);
}

bool
part_number(const char *text, uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 18 || (text[digits] != '\0' && text[digits] != '\n'))
		return false;
	*number = strtoull(text, NULL, 10);
	return true;
}

void
part_read_set(struct part_root *root, const char *path, unsigned int limit, bool mask,
	      struct part_set *set)
{
	int ret;

	set->path = path;
	part_cpus_zero(&set->cpus);
	set->state = part_read(root, "%s", path);
	if (set->state != PART_KNOWN)
		return;
	/* The kernel ends what it prints by a newline: without one it is not all there. */
	if (root->cut || root->len == 0 || root->text[root->len - 1] != '\n' ||
	    strlen(root->text) != root->len)
		ret = -EINVAL;
	else if (mask)
		ret = part_cpus_parse_mask(root->text, limit, &set->cpus);
	else
		ret = part_cpus_parse(root->text, limit, &set->cpus);
	if (ret != 0)
		set->state = PART_GARBLED;
}

void
part_read_value(struct part_root *root, const char *path, struct part_value *value)
{
	value->path = path;
	value->state = part_read(root, "%s", path);
	part_text_copy(value->text, sizeof(value->text), root->text);
	if (value->state == PART_KNOWN && value->text[0] == '\0')
		value->state = PART_GARBLED;
}

unsigned int
part_read_limit(struct part_root *root)
{
	struct part_set possible = { 0 };
	unsigned int cpu, limit = 0;

	part_read_set(root, sets[PART_SET_POSSIBLE].path, PART_MAX_CPUS, false, &possible);
	PART_CPUS_FOREACH(cpu, &possible.cpus)
		limit = cpu + 1;
	return limit != 0 ? limit : PART_MAX_CPUS;
}

void
part_read_sets(struct part_root *root, struct part_host *host)
{
	unsigned int i;

	host->limit = part_read_limit(root);
	for (i = 0; i < PART_SETS; i++) {
		if (sets[i].path == NULL)
			continue;
		part_read_set(root, sets[i].path, host->limit, sets[i].mask, &host->sets[i]);
		/* How the kernel prints a mask that it has not allocated: without the parameter. */
		if (i == PART_SET_NOHZ_FULL && host->sets[i].state == PART_GARBLED &&
		    strcmp(root->text, "(null)\n") == 0)
			host->sets[i].state = PART_KNOWN;
	}
}

void
part_read_values(struct part_root *root, struct part_host *host)
{
	unsigned int i;

	for (i = 0; i < PART_VALUES; i++)
		part_read_value(root, values[i], &host->values[i]);
}

static void
read_all(struct part_root *root, const struct part_host_conf *conf, struct part_host *host)
{
	const struct part_cpus *workers = &conf->workers;

	part_read_sets(root, host);
	part_read_values(root, host);
	part_read_cmdline(root, host);
	part_read_nodes(root, host);
	part_read_cgroups(root, workers, host);
	part_read_workers(root, workers, host);
	part_read_irqs(root, workers, host);
	part_read_tasks(root, workers, host);
	if (conf->own_threads)
		part_read_threads(root, workers, host);
	part_read_workqueues(root, workers, host);
	part_read_irqbalance(root, host);
	part_read_resctrl(root, workers, host);
	part_read_clock(root, host);
	if (conf->device != NULL)
		part_read_device(root, conf->device, host);
}

int
part_host_read(const struct part_host_conf *conf, struct part_host *host)
{
	struct part_root *root = malloc(sizeof(*root));
	int ret;

	memset(host, 0, sizeof(*host));
	if (root == NULL)
		return -ENOMEM;
	ret = part_root_open(root, conf->root);
	if (ret == 0) {
		root->recorder = conf->recorder;
		host->live = root->live;
		read_all(root, conf, host);
		part_root_close(root);
		ret = host->failed ? -ENOMEM : 0;
		if (ret != 0)
			part_host_free(host);
	}
	free(root);
	return ret;
}

void
part_host_free(struct part_host *host)
{
	unsigned int i;

	for (i = 0; i < PART_NODES; i++)
		free(host->nodes[i]);
	free(host->workers);
	free(host->irqs);
	free(host->tasks);
	free(host->threads);
	free(host->workqueues);
	memset(host, 0, sizeof(*host));
}

int
part_host_guess(const char *path, struct part_cpus *workers)
{
	struct part_host *host = calloc(1, sizeof(*host));
	struct part_root *root = malloc(sizeof(*root));
	int ret = -ENOMEM;

	part_cpus_zero(workers);
	if (host != NULL && root != NULL)
		ret = part_root_open(root, path);
	if (ret == 0) {
		part_read_sets(root, host);
		part_read_cgroups(root, NULL, host);
		part_root_close(root);
		part_cpus_or(workers, &host->sets[PART_SET_ISOLATED].cpus);
		part_cpus_or(workers, &host->sets[PART_SET_CGROUP_ISOLATED].cpus);
		part_cpus_or(workers, &host->sets[PART_SET_NOHZ_FULL].cpus);
		if (part_cpus_empty(workers)) {
			struct part_cpus first = { 0 };

			*workers = host->sets[PART_SET_ONLINE].cpus;
			part_cpus_set(&first, part_cpus_next(workers, 0) % PART_MAX_CPUS);
			if (part_cpus_count(workers) > 1)
				part_cpus_without(workers, &first);
		}
	}
	free(root);
	free(host);
	return ret;
}
