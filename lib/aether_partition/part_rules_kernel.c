/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What is decided at boot: the kernel's own work on a CPU. */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "part_judge.h"

static const char *
why_refused(int error)
{
	return error == -ERANGE ? "it names a CPU that this host cannot have" :
	       error == -EOVERFLOW ? "a number in it is too large" : "it is no list of CPUs";
}

static void
judge_cmdline(const struct part_case *c, struct part_finding *f)
{
	const struct part_cmdline *line = &c->host->cmdline;
	unsigned int i, given = 0, n = 0;

	part_text_add(&f->wanted, "lists of CPUs from 0 to %u", c->host->limit - 1);
	if (line->state != PART_KNOWN) {
		part_unknown(f, line->state, "proc/cmdline");
		return;
	}
	for (i = 0; i < PART_PARAMS; i++) {
		const struct part_param *param = &line->params[i];

		given += param->given;
		if (param->error != 0)
			part_broken(f, "%s%s=%s was ignored: %s", n++ != 0 ? "; " : "",
				    param->name, param->text, why_refused(param->error));
	}
	if (n == 0)
		part_fine(f, given != 0 ? "what was given at boot was taken" :
			  "nothing about CPUs was given at boot");
}

static void
judge_nohz_full(const struct part_case *c, struct part_finding *f)
{
	const struct part_set *set = &c->host->sets[PART_SET_NOHZ_FULL];

	part_text_add(&f->wanted, "%s in nohz_full", c->workers_named);
	part_text_add(&f->boot, "nohz_full=%s", c->workers_list);
	if (set->state != PART_KNOWN) {
		if (set->state == PART_ABSENT)
			part_text_add(&f->boot, ", by a kernel built with CONFIG_NO_HZ_FULL");
		part_unknown(f, set->state, set->path);
		return;
	}
	if (part_cpus_within(c->workers, &set->cpus))
		part_fine(f, "in nohz_full: ");
	else
		part_broken(f, "in nohz_full: ");
	part_add_named(&f->found, &set->cpus);
}

static void
judge_rcu(const struct part_case *c, struct part_finding *f)
{
	const struct part_set *nohz = &c->host->sets[PART_SET_NOHZ_FULL];
	const struct part_cmdline *line = &c->host->cmdline;
	struct part_cpus offloaded = nohz->cpus;

	part_cpus_or(&offloaded, &line->params[PART_PARAM_RCU_NOCBS].cpus);
	part_text_add(&f->wanted, "%s in rcu_nocbs or nohz_full", c->workers_named);
	part_text_add(&f->boot, "rcu_nocbs=%s", c->workers_list);
	if (part_cpus_within(c->workers, &offloaded)) {
		part_fine(f, "offloaded are ");
		part_add_named(&f->found, &offloaded);
	} else if (line->state != PART_KNOWN) {
		part_unknown(f, line->state, "proc/cmdline");
	} else if (nohz->state != PART_KNOWN) {
		part_unknown(f, nohz->state, nohz->path);
	} else {
		part_broken(f, "offloaded are ");
		part_add_named(&f->found, &offloaded);
	}
}

/** Unbound work runs on what both masks have; the global one is enough to keep it away. */
static void
judge_workqueues(const struct part_case *c, struct part_finding *f)
{
	const struct part_set *set = &c->host->sets[PART_SET_WORKQUEUE];
	unsigned int i;

	part_text_add(&f->wanted, "work that is bound to no CPU done on %s",
		      c->housekeeping_named);
	part_text_add(&f->boot, "workqueue.unbound_cpus=%s, or isolcpus= and nohz_full=",
		      c->housekeeping_list);
	if (set->state != PART_KNOWN || part_cpus_empty(&set->cpus)) {
		part_unknown(f, set->state == PART_KNOWN ? PART_GARBLED : set->state, set->path);
		return;
	}
	if (!part_cpus_intersect(&set->cpus, c->workers)) {
		part_fine(f, "it may be done on ");
		part_add_named(&f->found, &set->cpus);
		return;
	}
	part_broken(f, "it may be done on ");
	part_add_named(&f->found, &set->cpus);
	for (i = 0; i < RTE_MIN(c->host->n_workqueues, (unsigned int)PART_NAMED); i++)
		part_text_add(&f->found, "%s%s", i == 0 ? "; among it: " : ", ",
			      c->host->workqueues[i].name);
	part_text_add(&f->now, "echo %s >/sys/devices/virtual/workqueue/cpumask\n",
		      c->housekeeping_mask);
}

static bool
is_off(const struct part_value *value)
{
	return value->state == PART_KNOWN && strcmp(value->text, "0") == 0;
}

static void
judge_watchdog(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *nmi = &c->host->values[PART_VALUE_NMI_WATCHDOG];
	const struct part_value *soft = &c->host->values[PART_VALUE_SOFT_WATCHDOG];
	const struct part_set *mask = &c->host->sets[PART_SET_WATCHDOG];

	part_text_add(&f->wanted, "no lockup detector on %s", c->workers_named);
	part_text_add(&f->boot, "nowatchdog");
	if (is_off(nmi) && is_off(soft)) {
		part_fine(f, "both detectors are off");
	} else if (mask->state == PART_KNOWN && !part_cpus_intersect(&mask->cpus, c->workers)) {
		part_fine(f, "they watch ");
		part_add_named(&f->found, &mask->cpus);
	} else if (mask->state != PART_KNOWN) {
		part_unknown(f, mask->state, mask->path);
	} else if (nmi->state != PART_KNOWN || soft->state != PART_KNOWN) {
		const struct part_value *first = nmi->state != PART_KNOWN ? nmi : soft;

		part_unknown(f, first->state, first->path);
	} else {
		part_broken(f, "nmi_watchdog %s, soft_watchdog %s, on ", nmi->text,
			    soft->text);
		part_add_named(&f->found, &mask->cpus);
		part_text_add(&f->now, "echo %s >/proc/sys/kernel/watchdog_cpumask\n",
			      c->housekeeping_list);
	}
}

static void
judge_machine_check(const struct part_case *c, struct part_finding *f)
{
	struct part_cpus polled = { 0 };
	enum part_state state = PART_KNOWN;
	unsigned int i;

	part_text_add(&f->wanted, "no timer that polls for corrected errors on %s",
		      c->workers_named);
	part_text_add(&f->boot, "mce=ignore_ce");
	for (i = 0; i < c->host->n_workers; i++) {
		const struct part_worker *worker = &c->host->workers[i];

		if (worker->ignore_ce_state != PART_KNOWN)
			state = worker->ignore_ce_state;
		else if (!worker->ignore_ce && worker->interval_state != PART_KNOWN)
			state = worker->interval_state;
		else if (!worker->ignore_ce && worker->polls_mce)
			part_cpus_set(&polled, worker->cpu);
	}
	if (!part_cpus_empty(&polled)) {
		part_broken(f, "polled every few minutes: ");
		part_add_named(&f->found, &polled);
		part_add_writes(&f->now, "1", "/sys/devices/system/machinecheck/machinecheck%u/"
				"ignore_ce", &polled);
	} else if (state != PART_KNOWN) {
		part_unknown(f, state, "sys/devices/system/machinecheck/machinecheck*/ignore_ce");
	} else {
		part_fine(f, "nothing polls");
	}
}

static void
judge_realtime(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *rt = &c->host->values[PART_VALUE_REALTIME];
	const struct part_value *version = &c->host->values[PART_VALUE_VERSION];

	if (rt->state == PART_KNOWN && strcmp(rt->text, "1") == 0)
		part_fine(f, "PREEMPT_RT: interrupts are handled by threads (irq/...), which "
			  "task.kthreads judges, too");
	else if (version->state == PART_KNOWN)
		part_fine(f, "%s", version->text);
	else
		part_unknown(f, version->state, version->path);
}

static void
judge_timer_migration(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *value = &c->host->values[PART_VALUE_TIMER_MIGRATION];

	if (value->state != PART_KNOWN)
		part_unknown(f, value->state, value->path);
	else
		part_fine(f, "%s", value->text);
}

const struct part_rule part_rules_kernel[] = {
	{ "kernel.cmdline", RTE_AETHER_PARTITION_WARNING,
	  "The kernel took its isolation parameters",
	  "A list with one CPU too many is ignored as a whole, and all that is said of it is a "
	  "line in the kernel's log.",
	  "Documentation/admin-guide/kernel-parameters.rst, cpu lists", judge_cmdline },
	{ "kernel.nohz_full", RTE_AETHER_PARTITION_ERROR,
	  "The kernel's clock tick is off on the workers' CPUs",
	  "100 to 1000 times a second the kernel interrupts every CPU for its own bookkeeping, "
	  "for 1 to 10 microseconds or more. On CPUs in nohz_full it leaves that out while one "
	  "thread runs alone.",
	  "Documentation/timers/no_hz.rst", judge_nohz_full },
	{ "kernel.rcu", RTE_AETHER_PARTITION_WARNING,
	  "RCU's callbacks run elsewhere",
	  "The kernel frees memory late, by callbacks that run where they were queued, in "
	  "interrupts. Offloaded, threads on other CPUs do that.",
	  "Documentation/admin-guide/kernel-parameters.txt, rcu_nocbs=", judge_rcu },
	{ "kernel.workqueues", RTE_AETHER_PARTITION_WARNING,
	  "Deferred work stays off the workers' CPUs",
	  "Drivers and file systems defer work (writing back files, for one) to threads that the "
	  "kernel places on any CPU that this mask has.",
	  "Documentation/core-api/workqueue.rst, Affinity Scopes", judge_workqueues },
	{ "kernel.watchdog", RTE_AETHER_PARTITION_WARNING,
	  "No lockup detector runs on the workers' CPUs",
	  "The detectors wake a thread of the highest priority every few seconds, and a "
	  "performance counter raises non-maskable interrupts.",
	  "Documentation/admin-guide/lockup-watchdogs.rst", judge_watchdog },
	{ "kernel.mce", RTE_AETHER_PARTITION_WARNING,
	  "Nothing polls the workers' CPUs for corrected errors",
	  "Every few minutes a timer on each CPU reads all its machine-check banks.",
	  "Documentation/ABI/testing/sysfs-mce", judge_machine_check },
	{ "kernel.preemption", RTE_AETHER_PARTITION_NOTE,
	  "The kernel's preemption model",
	  "Only told: either will do for a thread that polls.",
	  "Documentation/core-api/real-time/index.rst", judge_realtime },
	{ "kernel.timer_migration", RTE_AETHER_PARTITION_NOTE,
	  "Whether idle CPUs hand their timers on",
	  "Only told: distributions set it either way, with reasons for each.",
	  "Documentation/admin-guide/sysctl/kernel.rst", judge_timer_migration },
	{ .id = NULL },
};
