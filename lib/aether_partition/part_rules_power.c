/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Clock rates, sleep states and the firmware. */

#include <string.h>

#include <rte_common.h>

#include "part_judge.h"

static void
judge_governor(const struct part_case *c, struct part_finding *f)
{
	enum part_state state = PART_KNOWN;
	struct part_cpus slow = { 0 };
	const char *other = "";
	unsigned int i;

	part_text_add(&f->wanted, "governor performance on %s", c->workers_named);
	part_text_add(&f->boot, "cpufreq.default_governor=performance");
	for (i = 0; i < c->host->n_workers; i++) {
		const struct part_worker *worker = &c->host->workers[i];

		if (worker->governor_state != PART_KNOWN) {
			state = worker->governor_state;
		} else if (strcmp(worker->governor, "performance") != 0) {
			other = worker->governor;
			part_cpus_set(&slow, worker->cpu);
		}
	}
	if (!part_cpus_empty(&slow)) {
		part_broken(f, "%s on ", other);
		part_add_named(&f->found, &slow);
		part_add_writes(&f->now, "performance",
				"/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", &slow);
	} else if (state != PART_KNOWN) {
		part_unknown(f, state, "sys/devices/system/cpu/cpu*/cpufreq/scaling_governor");
	} else {
		part_fine(f, "performance");
	}
}

static void
judge_epp(const struct part_case *c, struct part_finding *f)
{
	enum part_state state = PART_KNOWN;
	struct part_cpus saving = { 0 };
	const char *other = "";
	bool governed = true;
	unsigned int i;

	part_text_add(&f->wanted, "the preference performance on %s", c->workers_named);
	for (i = 0; i < c->host->n_workers; i++) {
		const struct part_worker *worker = &c->host->workers[i];

		governed = governed && worker->governor_state == PART_KNOWN;
		if (worker->epp_state != PART_KNOWN) {
			state = worker->epp_state;
		} else if (strcmp(worker->epp, "performance") != 0 &&
			   strcmp(worker->epp, "0") != 0) {
			other = worker->epp;
			part_cpus_set(&saving, worker->cpu);
		}
	}
	if (!part_cpus_empty(&saving)) {
		part_broken(f, "%s on ", other);
		part_add_named(&f->found, &saving);
		part_add_writes(&f->now, "performance", "/sys/devices/system/cpu/cpu%u/cpufreq/"
				"energy_performance_preference", &saving);
	} else if (state == PART_ABSENT && governed) {
		part_not_applicable(f, "the driver of the clock rate has no such preference");
	} else if (state != PART_KNOWN) {
		part_unknown(f, state, "sys/devices/system/cpu/cpu*/cpufreq/"
			     "energy_performance_preference");
	} else {
		part_fine(f, "performance");
	}
}

/** The latency that sleeping must not exceed, of the CPU or of all. 0 us means no sleep. */
static bool
is_bounded(const struct part_case *c, const struct part_worker *worker)
{
	const struct part_host *host = c->host;

	return (worker->resume_bounded && worker->resume_latency_us <= PART_SHALLOW_US) ||
	       (host->latency_state == PART_KNOWN && host->latency_us >= 0 &&
		host->latency_us <= PART_SHALLOW_US);
}

/** @param bare: they have no bounds of their own; all CPUs have one while a file is open */
static void
add_bounds(struct part_finding *f, const struct part_cpus *deep, bool bare)
{
	/* "n/a" is no latency at all; 0 would be no bound. */
	if (!bare)
		part_add_writes(&f->now, "n/a",
				"/sys/devices/system/cpu/cpu%u/power/pm_qos_resume_latency_us",
				deep);
	else
		part_text_add(&f->now, "exec 9>/dev/cpu_dma_latency; printf '\\0\\0\\0\\0' >&9\n");
}

static void
judge_sleep(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *driver = &c->host->values[PART_VALUE_IDLE_DRIVER];
	const struct part_worker *deepest = NULL;
	enum part_state state = PART_KNOWN;
	struct part_cpus deep = { 0 };
	bool bare = false;
	unsigned int i;

	part_text_add(&f->wanted, "no sleep that takes over %u us to end on %s", PART_SHALLOW_US,
		      c->workers_named);
	part_text_add(&f->boot, "intel_idle.max_cstate=1 processor.max_cstate=1");
	for (i = 0; i < c->host->n_workers; i++) {
		const struct part_worker *worker = &c->host->workers[i];

		if (is_bounded(c, worker))
			continue;
		if (worker->idle_state != PART_KNOWN) {
			state = worker->idle_state;
		} else if (worker->idle_latency_us > PART_SHALLOW_US) {
			part_cpus_set(&deep, worker->cpu);
			bare = bare || worker->resume_state == PART_ABSENT;
			if (deepest == NULL || deepest->idle_latency_us < worker->idle_latency_us)
				deepest = worker;
		}
	}
	if (deepest != NULL) {
		part_broken(f, "up to %s, %u us, on ", deepest->idle_name,
			    deepest->idle_latency_us);
		part_add_named(&f->found, &deep);
		add_bounds(f, &deep, bare);
	} else if (state == PART_ABSENT && driver->state == PART_KNOWN &&
		   strcmp(driver->text, "none") == 0) {
		part_not_applicable(f, "the kernel has no choice of sleep states here");
	} else if (state != PART_KNOWN) {
		part_unknown(f, state, "sys/devices/system/cpu/cpu*/cpuidle");
	} else {
		part_fine(f, "none");
	}
}

static void
judge_smi(const struct part_case *c, struct part_finding *f)
{
	part_text_add(&f->wanted, "a count that stays the same");
	if (c->host->smi_state != PART_KNOWN)
		part_unknown(f, c->host->smi_state, "dev/cpu/*/msr");
	else
		part_fine(f, "%u since the machine was switched on", c->host->smi_count);
}

const struct part_rule part_rules_power[] = {
	{ "power.governor", RTE_AETHER_PARTITION_WARNING,
	  "The workers' CPUs run at full clock rate",
	  "Other governors lower the clock rate; the same work then takes longer, and a change "
	  "stops the core for tens of microseconds.",
	  "Documentation/admin-guide/pm/cpufreq.rst", judge_governor },
	{ "power.preference", RTE_AETHER_PARTITION_WARNING,
	  "The processor prefers speed to saving power",
	  "Processors that choose the clock rate themselves follow this preference.",
	  "Documentation/admin-guide/pm/intel_pstate.rst", judge_epp },
	{ "power.sleep", RTE_AETHER_PARTITION_NOTE,
	  "The workers' CPUs do not sleep deeply",
	  "A core that sleeps takes its time to wake up. It matters where lcores wait for "
	  "interrupts; what polls never sleeps.",
	  "Documentation/admin-guide/pm/cpuidle.rst", judge_sleep },
	{ "power.smi", RTE_AETHER_PARTITION_NOTE,
	  "The firmware does not stop the CPUs",
	  "System management interrupts stop all CPUs for up to milliseconds, and no kernel can "
	  "help it. Firmware raises them for power capping, memory errors and emulated devices.",
	  "Documentation/trace/hwlat_detector.rst", judge_smi },
	{ .id = NULL },
};
