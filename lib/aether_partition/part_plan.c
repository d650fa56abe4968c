/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_balance.h"
#include "part_judge.h"
#include "part_knob.h"
#include "part_plan.h"

#define CPU_FOLDER	"sys/devices/system/cpu/"

void
part_want_add(struct part_wants *wants, enum part_kind kind, const char *text, const char *format,
	      ...)
{
	struct part_want *all, made = { .kind = kind, .text = strdup(text) };
	char path[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	made.path = strdup(path);
	all = part_array_room(wants->all, wants->n, sizeof(*all));
	if (all != NULL)
		wants->all = all;
	if (all == NULL || made.text == NULL || made.path == NULL) {
		wants->failed = true;
		free(made.text);
		free(made.path);
		return;
	}
	wants->all[wants->n++] = made;
}

void
part_wants_free(struct part_wants *wants)
{
	unsigned int i;

	for (i = 0; i < wants->n; i++) {
		free(wants->all[i].path);
		free(wants->all[i].text);
	}
	free(wants->all);
	memset(wants, 0, sizeof(*wants));
}

static bool
wanted(const struct part_aim *aim, const char *rule)
{
	return !part_names_rule(aim->ignore, rule);
}

/** The folder with the group at the top of version 2, if that has cpusets. */
static const char *
find_mount(struct part_root *root)
{
	static const char *const mounts[] = { "sys/fs/cgroup", "sys/fs/cgroup/unified" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(mounts); i++)
		if (part_read(root, "%s/cpuset.cpus.effective", mounts[i]) == PART_KNOWN &&
		    part_read(root, "%s/cgroup.subtree_control", mounts[i]) == PART_KNOWN)
			return mounts[i];
	return NULL;
}

void
part_plan_lcores(const struct part_aim *aim, struct part_cpus *cpus)
{
	*cpus = aim->lcores->workers;
	part_cpus_or(cpus, &aim->lcores->main);
	part_cpus_or(cpus, &aim->lcores->service);
}

/**
 * The CPUs of the partition: those of the lcores, and one more. The process's
 * helper threads must find a CPU in it that they ask for: EAL binds them to those that the process
 * had and no lcore has, if there are any. The last of these, where the embedded model's thread
 * goes, too: interrupts tend to the first.
 */
static void
choose_cpus(const struct part_host *host, const struct part_aim *aim, struct part_cpus *cpus)
{
	struct part_cpus spare = *aim->helpers;
	unsigned int cpu, last = PART_MAX_CPUS;

	part_plan_lcores(aim, cpus);
	part_cpus_without(&spare, cpus);
	part_cpus_and(&spare, &host->sets[PART_SET_ONLINE].cpus);
	PART_CPUS_FOREACH(cpu, &spare)
		last = cpu;
	if (aim->join && last != PART_MAX_CPUS)
		part_cpus_set(cpus, last);
}

/** A partition is there as long as one owner wants it, and what is known of its threads as well. */
static void
plan_home(const struct part_aim *aim, struct part_wants *wants)
{
	unsigned int i;

	for (i = 0; i < aim->journal->n_knobs; i++)
		if (aim->journal->knobs[i].kind == PART_KIND_THREAD)
			part_want_add(wants, PART_KIND_THREAD, "", "%s", aim->journal->knobs[i].path);
	part_want_add(wants, PART_KIND_GROUP, aim->home->target, "%s", aim->home->path);
}

void
part_plan_group(struct part_root *root, const struct part_host *host,
		const struct part_aim *aim, struct part_wants *wants, char *why, size_t size)
{
	struct part_cpus isolated, cpus, left = host->sets[PART_SET_ONLINE].cpus;
	const char *mount;
	char *list;

	why[0] = '\0';
	part_isolated(host, &isolated);
	if (aim->home != NULL && aim->join)
		plan_home(aim, wants);
	if (!wanted(aim, "cpu.isolated") || part_cpus_within(&aim->lcores->workers, &isolated))
		return;
	mount = find_mount(root);
	if (mount == NULL) {
		snprintf(why, size, "there is no cgroup v2 with cpusets at /sys/fs/cgroup");
		return;
	}
	choose_cpus(host, aim, &cpus);
	part_cpus_without(&left, &cpus);
	part_cpus_without(&left, &isolated);
	if (part_cpus_empty(&left)) {
		snprintf(why, size, "with the main lcore's CPU, and one for helper threads, no CPU "
			 "would be left to others; 'aether-partition fix -- <command>' needs none "
			 "for these");
		return;
	}
	list = part_list_text(&cpus);
	if (list == NULL) {
		wants->failed = true;
		return;
	}
	part_plan_threads(root, host, wants);
	part_want_add(wants, PART_KIND_CONTROLLER, "+cpuset", "%s/cgroup.subtree_control", mount);
	part_want_add(wants, PART_KIND_GROUP, list, "%s/aether-%u", mount, aim->owner);
	free(list);
}

static void
plan_irqs(const struct part_host *host, const struct part_aim *aim, const char *out,
	  struct part_wants *wants)
{
	unsigned int i;
	char path[64];

	/* Before what it would move back. */
	if (host->irqbalance.running && wanted(aim, "irq.irqbalance")) {
		part_balance_path(host->irqbalance.pid, path, sizeof(path));
		part_want_add(wants, PART_KIND_BALANCE, out, "%s", path);
	}
	if (wanted(aim, "irq.default"))
		part_want_add(wants, PART_KIND_MASK, out, "proc/irq/default_smp_affinity");
	for (i = 0; i < host->n_irqs; i++) {
		const struct part_irq *irq = &host->irqs[i];

		if (irq->active && !irq->fixed &&
		    wanted(aim, irq->effective_hit ? "irq.delivered" : "irq.allowed"))
			part_want_add(wants, PART_KIND_LIST, out, "proc/irq/%u/smp_affinity_list",
			     irq->number);
	}
}

static void
plan_tasks(struct part_root *root, const struct part_host *host, const struct part_aim *aim,
	   const char *out, struct part_wants *wants)
{
	unsigned int i;

	for (i = 0; i < host->n_tasks; i++) {
		const struct part_task *task = &host->tasks[i];
		uint64_t start;

		if (task->fixed || !wanted(aim, task->kernel ? "task.kthreads" :
					   task->only ? "task.pinned" : "task.allowed"))
			continue;
		start = part_task_start(root, task->pid);
		if (start != 0)
			part_want_add(wants, PART_KIND_TASK, out, "proc/%d@%llu", task->pid,
			     (unsigned long long)start);
	}
}

static void
plan_kernel(const struct part_host *host, const struct part_aim *aim, const char *out,
	    struct part_wants *wants)
{
	if (wanted(aim, "kernel.workqueues")) {
		part_want_add(wants, PART_KIND_MASK, out, "sys/devices/virtual/workqueue/cpumask");
		part_want_add(wants, PART_KIND_MASK, out, "sys/devices/virtual/workqueue/writeback/cpumask");
	}
	if (wanted(aim, "kernel.watchdog"))
		part_want_add(wants, PART_KIND_LIST, out, "proc/sys/kernel/watchdog_cpumask");
	/* The kernel has one switch for all CPUs, whichever's file is written. */
	if (wanted(aim, "kernel.mce"))
		part_want_add(wants, PART_KIND_WORD, "1", "sys/devices/system/machinecheck/machinecheck%u/"
		     "ignore_ce", part_cpus_next(&host->sets[PART_SET_ONLINE].cpus, 0));
}

static bool
is_text(const struct part_host *host, enum part_value_id id, const char *text)
{
	return host->values[id].state == PART_KNOWN && strcmp(host->values[id].text, text) == 0;
}

static void
plan_system(const struct part_host *host, const struct part_aim *aim, struct part_wants *wants)
{
	const struct part_value *thp = &host->values[PART_VALUE_THP];
	uint64_t seconds;

	if (wanted(aim, "memory.numa_balancing") && host->n_nodes != 1)
		part_want_add(wants, PART_KIND_WORD, "0", "proc/sys/kernel/numa_balancing");
	if (wanted(aim, "memory.thp") && strstr(thp->text, "[never]") == NULL)
		part_want_add(wants, PART_KIND_CHOICE, "madvise",
		     "sys/kernel/mm/transparent_hugepage/enabled");
	if (wanted(aim, "memory.ksm") && !is_text(host, PART_VALUE_KSM, "2"))
		part_want_add(wants, PART_KIND_WORD, "0", "sys/kernel/mm/ksm/run");
	if (wanted(aim, "memory.stat_interval") &&
	    (!part_number(host->values[PART_VALUE_STAT_INTERVAL].text, &seconds) || seconds <= 10))
		part_want_add(wants, PART_KIND_WORD, "10", "proc/sys/vm/stat_interval");
	if (wanted(aim, "sched.rt_throttling"))
		part_want_add(wants, PART_KIND_WORD, "-1", "proc/sys/kernel/sched_rt_runtime_us");
}

/** Others of the clocks that are as good may be in use. */
static void
plan_clock_source(const struct part_host *host, const struct part_aim *aim,
		  struct part_wants *wants)
{
	const struct part_value *value = &host->values[PART_VALUE_CLOCKSOURCE];

	if (wanted(aim, "clock.source") && value->state == PART_KNOWN &&
	    (strcmp(value->text, "tsc") == 0 ||
	     (!part_is_good_clock(value->text) && part_has_tsc(host))))
		part_want_add(wants, PART_KIND_WORD, "tsc", "%s", value->path);
}

static void
plan_device(const struct part_host *host, const struct part_aim *aim, struct part_wants *wants)
{
	const struct part_device *device = &host->device;

	if (!device->wanted || device->state != PART_KNOWN)
		return;
	if (wanted(aim, "device.power") && device->values[PART_DEVICE_POWER].state == PART_KNOWN)
		part_want_add(wants, PART_KIND_WORD, "on", "sys/bus/pci/devices/%s/power/control",
			      device->bdf);
	if (wanted(aim, "device.aspm") &&
	    strchr(host->values[PART_VALUE_ASPM].text, '[') != NULL)
		part_want_add(wants, PART_KIND_CHOICE, "performance", PART_ASPM);
}

/** CPUs that share a clock share the files; their folders are links to one place. */
static void
plan_clock(struct part_root *root, const struct part_aim *aim, unsigned int cpu,
	   struct part_wants *wants)
{
	char path[64], folder[128];
	unsigned int policy;

	snprintf(path, sizeof(path), CPU_FOLDER "cpu%u/cpufreq", cpu);
	if (part_read_link(root, path) == PART_KNOWN &&
	    sscanf(root->text, "../cpufreq/policy%u", &policy) == 1)
		snprintf(folder, sizeof(folder), CPU_FOLDER "cpufreq/policy%u", policy);
	else
		snprintf(folder, sizeof(folder), "%s", path);
	/*
	 * This one first, so that it is put back last: under the governor performance the drivers
	 * intel_pstate and amd-pstate refuse any other preference.
	 */
	if (wanted(aim, "power.preference"))
		part_want_add(wants, PART_KIND_WORD, "performance", "%s/energy_performance_preference",
		     folder);
	if (wanted(aim, "power.governor"))
		part_want_add(wants, PART_KIND_WORD, "performance", "%s/scaling_governor", folder);
}

static void
plan_cpus(struct part_root *root, const struct part_host *host, const struct part_aim *aim,
	  struct part_wants *wants)
{
	unsigned int i;

	for (i = 0; i < host->n_workers; i++) {
		const struct part_worker *worker = &host->workers[i];

		plan_clock(root, aim, worker->cpu, wants);
		if (!wanted(aim, "power.sleep") || worker->idle_state != PART_KNOWN ||
		    worker->idle_latency_us <= PART_SHALLOW_US)
			continue;
		/* "n/a" is no latency at all; 0 would be no bound. */
		if (worker->resume_state != PART_ABSENT)
			part_want_add(wants, PART_KIND_WORD, "n/a",
			     CPU_FOLDER "cpu%u/power/pm_qos_resume_latency_us", worker->cpu);
		else
			wants->awake = true;
	}
}

void
part_plan_rest(struct part_root *root, const struct part_host *host, const struct part_aim *aim,
	       struct part_wants *wants)
{
	char *out = part_list_text(&aim->lcores->workers);

	if (out == NULL) {
		wants->failed = true;
		return;
	}
	plan_irqs(host, aim, out, wants);
	plan_tasks(root, host, aim, out, wants);
	plan_kernel(host, aim, out, wants);
	plan_system(host, aim, wants);
	plan_clock_source(host, aim, wants);
	plan_device(host, aim, wants);
	plan_cpus(root, host, aim, wants);
	free(out);
}
