/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Causes: their sums, their order, and what can be done about them. */

#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

static const struct {
	const char *name, *advice;
} kinds[PART_CAUSE_KINDS] = {
	[PART_CAUSE_TASK] = { "task",
		"take the CPUs out of the scheduler's reach: aether-partition fix, or isolcpus= at "
		"boot; move this one now: taskset -cp <others> <pid>" },
	[PART_CAUSE_FIRMWARE] = { "firmware",
		"the firmware's setup (power management, memory patrol, USB legacy support), or "
		"mce=ignore_ce nowatchdog at boot; no command helps" },
	[PART_CAUSE_DEVICE] = { "interrupt",
		"echo <others> >/proc/irq/<number>/smp_affinity_list, or aether-partition fix; a "
		"managed one takes isolcpus=managed_irq,... at boot" },
	[PART_CAUSE_IPI] = { "ipi",
		"another CPU asks this one to do something: fewer unmaps and mprotects in the same "
		"process, huge pages locked in memory (mlockall), THP, KSM and NUMA balancing off: "
		"aether-partition fix" },
	[PART_CAUSE_FAULT] = { "page fault",
		"touch and lock memory before it matters: mlockall(MCL_CURRENT | MCL_FUTURE), huge "
		"pages; THP and NUMA balancing off: aether-partition fix" },
	[PART_CAUSE_TIMER] = { "timer",
		"nohz_full=<workers> at boot takes the clock tick away; another timer belongs to "
		"who armed it on this CPU" },
	[PART_CAUSE_SOFTIRQ] = { "softirq",
		"it follows an interrupt or a timer on this CPU: keep these away, rcu_nocbs= at boot "
		"for RCU" },
	[PART_CAUSE_UNKNOWN] = { "unknown",
		"nothing that the kernel knows of: a hypervisor that runs something else, the other "
		"thread of the core, an SMI that is not counted, memory or PCIe that stalls; cannot "
		"be mended from here" },
};

const char *
part_cause_kind_name(enum part_cause_kind kind)
{
	return kinds[kind].name;
}

void
part_cause_add(struct part_causes *causes, enum part_cause_kind kind, const char *name,
	       uint64_t cycles)
{
	struct part_cause *cause;
	unsigned int i;

	for (i = 0; i < causes->n; i++)
		if (strcmp(causes->all[i].name, name) == 0)
			break;
	/* The last one takes what there is no room for. */
	if (i == RTE_DIM(causes->all)) {
		i--;
		strcpy(causes->all[i].name, "others");
	}
	cause = &causes->all[i];
	if (i == causes->n) {
		causes->n++;
		memset(cause, 0, sizeof(*cause));
		cause->kind = kind;
		part_text_copy(cause->name, sizeof(cause->name), name);
	}
	cause->gaps++;
	cause->cycles += cycles;
	cause->longest = RTE_MAX(cause->longest, cycles);
}

static int
compare(const void *a, const void *b)
{
	const struct part_cause *one = a, *other = b;

	return one->cycles < other->cycles ? 1 : one->cycles > other->cycles ? -1 :
	       strcmp(one->name, other->name);
}

void
part_causes_sort(struct part_causes *causes)
{
	qsort(causes->all, causes->n, sizeof(causes->all[0]), compare);
}

void
part_cause_advice(const struct part_cause *cause, struct part_text *text)
{
	unsigned int irq;

	if (cause->kind == PART_CAUSE_DEVICE && sscanf(cause->name, "interrupt %u", &irq) == 1)
		part_text_add(text, "echo <others> >/proc/irq/%u/smp_affinity_list, or "
			      "aether-partition fix; a managed one takes isolcpus=managed_irq,... "
			      "at boot", irq);
	else
		part_text_add(text, "%s", kinds[cause->kind].advice);
}
