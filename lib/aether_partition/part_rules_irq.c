/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Interrupts. */

#include <rte_common.h>

#include "part_judge.h"

#define WHY	"Each interrupt stops the worker for 2 to 20 microseconds, and what it wakes " \
		"may go on after it on the same CPU."

/** Whether an interrupt is one of those that a rule is about. */
typedef bool (*irq_filter)(const struct part_irq *irq);

static bool
is_delivered(const struct part_irq *irq)
{
	return irq->active && irq->effective_hit && irq->requested_hit && !irq->fixed;
}

/** It was told to go elsewhere; hardware that has to be quiet meanwhile does so when it is next. */
static bool
is_leaving(const struct part_irq *irq)
{
	return irq->active && irq->effective_hit && !irq->requested_hit && !irq->fixed;
}

static bool
is_requested(const struct part_irq *irq)
{
	return irq->active && irq->requested_hit && !irq->effective_hit && !irq->fixed;
}

static bool
is_managed(const struct part_irq *irq)
{
	return irq->active && irq->effective_hit && irq->fixed;
}

/** Say which they are. @return how many */
static unsigned int
add_irqs(const struct part_case *c, struct part_finding *f, irq_filter filter)
{
	unsigned int i, n = 0;

	for (i = 0; i < c->host->n_irqs; i++) {
		const struct part_irq *irq = &c->host->irqs[i];

		if (!filter(irq) || n++ >= PART_NAMED)
			continue;
		part_broken(f, "%s%u (%s) goes to %s, may go to %s", n > 1 ? "; " : "interrupt ",
			    irq->number, irq->name, irq->effective, irq->requested);
	}
	if (n > PART_NAMED)
		part_text_add(&f->found, "; and %u more", n - PART_NAMED);
	return n;
}

static void
add_moves(const struct part_case *c, struct part_finding *f, irq_filter filter)
{
	unsigned int i;

	part_text_add(&f->now, "for irq in");
	for (i = 0; i < c->host->n_irqs; i++)
		if (filter(&c->host->irqs[i]))
			part_text_add(&f->now, " %u", c->host->irqs[i].number);
	part_text_add(&f->now, "; do echo %s >/proc/irq/$irq/smp_affinity_list; done\n",
		      c->housekeeping_list);
}

/** None was found: is that because none is there? */
static void
judge_none(const struct part_case *c, struct part_finding *f, const char *text)
{
	const struct part_count *count = &c->host->irq_count;

	if (count->state != PART_KNOWN)
		part_unknown(f, count->state, "proc/irq");
	else if (count->unknown != 0)
		part_unknown(f, count->unknown_state, count->unknown_path);
	else if (count->seen == 0)
		part_unknown(f, PART_GARBLED, "proc/irq");
	else
		part_fine(f, "%s, of %u", text, count->seen);
}

static void
judge_effective(const struct part_case *c, struct part_finding *f)
{
	part_text_add(&f->wanted, "interrupts on %s", c->housekeeping_named);
	part_text_add(&f->boot, "irqaffinity=%s", c->housekeeping_list);
	if (add_irqs(c, f, is_delivered) != 0) {
		add_moves(c, f, is_delivered);
	} else if (add_irqs(c, f, is_leaving) != 0) {
		f->severity = RTE_AETHER_PARTITION_NOTE;
		part_text_add(&f->found, "; it leaves when it is raised the next time");
	} else {
		judge_none(c, f, "no interrupt goes to a worker");
	}
}

static void
judge_requested(const struct part_case *c, struct part_finding *f)
{
	part_text_add(&f->wanted, "interrupts allowed on %s only", c->housekeeping_named);
	part_text_add(&f->boot, "irqaffinity=%s", c->housekeeping_list);
	if (add_irqs(c, f, is_requested) == 0)
		judge_none(c, f, "no other interrupt could be moved to a worker");
	else
		add_moves(c, f, is_requested);
}

static void
judge_managed(const struct part_case *c, struct part_finding *f)
{
	const struct part_cmdline *line = &c->host->cmdline;

	part_text_add(&f->wanted, "managed interrupts kept off %s", c->workers_named);
	part_text_add(&f->boot, "isolcpus=managed_irq,domain,%s", c->workers_list);
	if (add_irqs(c, f, is_managed) == 0) {
		judge_none(c, f, "no interrupt that only the kernel places goes to a worker");
		return;
	}
	/* With the flag such an interrupt stays only if no other CPU will do, and is then raised
	 * by what the worker itself does.
	 */
	if (line->isolcpus_managed_irq && line->params[PART_PARAM_ISOLCPUS].error == 0)
		f->severity = RTE_AETHER_PARTITION_NOTE;
}

static void
judge_default(const struct part_case *c, struct part_finding *f)
{
	const struct part_set *set = &c->host->sets[PART_SET_IRQ_DEFAULT];

	part_text_add(&f->wanted, "new interrupts on %s", c->housekeeping_named);
	part_text_add(&f->boot, "irqaffinity=%s", c->housekeeping_list);
	if (set->state != PART_KNOWN) {
		part_unknown(f, set->state, set->path);
		return;
	}
	if (part_cpus_intersect(&set->cpus, c->workers)) {
		part_broken(f, "new ones may go to ");
		part_text_add(&f->now, "echo %s >/proc/irq/default_smp_affinity\n",
			      c->housekeeping_mask);
	} else if (part_cpus_empty(&set->cpus)) {
		part_unknown(f, PART_GARBLED, set->path);
		return;
	} else {
		part_fine(f, "new ones may go to ");
	}
	part_add_named(&f->found, &set->cpus);
}

/**
 * It leaves alone what it was told to, else CPUs that were isolated at boot or are in nohz_full. Of
 * partitions of control groups it knows nothing.
 */
static void
judge_irqbalance(const struct part_case *c, struct part_finding *f)
{
	const struct part_irqbalance *balance = &c->host->irqbalance;
	const struct part_count *tasks = &c->host->task_count;
	struct part_cpus spared = balance->banned;
	bool told;

	part_text_add(&f->wanted, "irqbalance told to leave %s alone, or not running",
		      c->workers_named);
	part_text_add(&f->boot, "IRQBALANCE_BANNED_CPULIST=%s in /etc/default/irqbalance",
		      c->workers_list);
	if (!balance->asked && part_cpus_empty(&spared)) {
		spared = c->host->sets[PART_SET_ISOLATED].cpus;
		part_cpus_or(&spared, &c->host->sets[PART_SET_NOHZ_FULL].cpus);
	}
	told = !part_cpus_within(c->workers, &spared);
	part_cpus_or(&spared, &balance->told);
	if (balance->running && balance->state == PART_GARBLED) {
		part_unknown(f, balance->state, "etc/default/irqbalance");
	} else if (balance->running && !part_cpus_within(c->workers, &spared)) {
		part_broken(f, "irqbalance runs, as process %d, and leaves alone ",
			    balance->pid);
		part_add_named(&f->found, &spared);
		part_text_add(&f->now, "kill %d\n", balance->pid);
	} else if (balance->running) {
		part_fine(f, told ? "it runs, and was told to leave alone " :
			  "it runs, and leaves alone ");
		part_add_named(&f->found, &spared);
	} else if (tasks->state != PART_KNOWN || tasks->unknown != 0) {
		part_unknown(f, tasks->state != PART_KNOWN ? tasks->state : tasks->unknown_state,
			     tasks->state != PART_KNOWN ? "proc" : tasks->unknown_path);
	} else {
		part_fine(f, "it does not run");
	}
}

const struct part_rule part_rules_irq[] = {
	{ "irq.delivered", RTE_AETHER_PARTITION_ERROR,
	  "No interrupt is delivered to a worker's CPU", WHY,
	  "Documentation/core-api/irq/irq-affinity.rst", judge_effective },
	{ "irq.default", RTE_AETHER_PARTITION_ERROR,
	  "No new interrupt may be given to a worker's CPU",
	  "A device that is set up later gets its interrupt where this mask says. " WHY,
	  "Documentation/core-api/irq/irq-affinity.rst, default_smp_affinity", judge_default },
	{ "irq.allowed", RTE_AETHER_PARTITION_WARNING,
	  "No interrupt may move to a worker's CPU",
	  "When a CPU goes offline, a driver starts again or irqbalance runs, an interrupt moves "
	  "to any CPU that its mask has. " WHY,
	  "Documentation/core-api/irq/irq-affinity.rst", judge_requested },
	{ "irq.managed", RTE_AETHER_PARTITION_WARNING,
	  "Interrupts that only the kernel places stay away",
	  "Drivers with a queue for each CPU (NVMe, virtio) have the kernel spread their "
	  "interrupts over all CPUs, and nobody can move them. " WHY,
	  "Documentation/admin-guide/kernel-parameters.txt, isolcpus=managed_irq", judge_managed },
	{ "irq.irqbalance", RTE_AETHER_PARTITION_WARNING,
	  "irqbalance leaves the workers' CPUs alone",
	  "This service moves interrupts between CPUs every ten seconds. " WHY,
	  "Documentation/core-api/irq/irq-affinity.rst", judge_irqbalance },
	{ .id = NULL },
};
