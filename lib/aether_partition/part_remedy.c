/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What can be done about a cause. Whoever reads it types it in as root: commands have numbers and
 * lists of CPUs in them that are made here, and nothing that a task or a device is called.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

#define CANNOT	"cannot be mended from here"

static void
add_list(struct part_text *text, const struct part_cpus *cpus)
{
	char list[512];

	if (part_cpus_list(cpus, list, sizeof(list)) >= sizeof(list))
		strcpy(list, "<CPUs>");
	part_text_add(text, "%s", list);
}

static void
add_fix(struct part_text *text, const struct part_cpus *watched)
{
	part_text_add(text, "aether-partition fix --workers ");
	add_list(text, watched);
}

/** Where a task that does not run for long came from, nobody knows here. */
static void
add_tasks(const struct part_cause *cause, const struct part_cpus *watched,
	  const struct part_cpus *others, struct part_text *text)
{
	add_fix(text, watched);
	part_text_add(text, " keeps programs away, isolcpus=managed_irq,domain,");
	add_list(text, watched);
	part_text_add(text, " at boot as well");
	if (cause->who.id == 0 || cause->several || part_cpus_empty(others))
		return;
	part_text_add(text, "; this one alone: taskset -cp ");
	add_list(text, others);
	part_text_add(text, " %ld", cause->who.id);
}

/** What is known of work that the kernel itself queues. */
static bool
add_work(const char *work, const struct part_cpus *watched, struct part_text *text)
{
	static const struct {
		const char *work, *remedy;
	} known[] = {
		{ "vmstat_", "it sums up counters of memory: sysctl -w vm.stat_interval=86400" },
		{ "mm_percpu_wq", "it sums up counters of memory: sysctl -w vm.stat_interval=86400" },
		{ "refresh_vm_stats", "somebody reads /proc/sys/vm/stat_refresh; " CANNOT
		  ": find out who" },
		{ "lru_add_drain", "memory is moved or locked: THP, KSM, NUMA balancing and "
		  "compaction off" },
		{ "drain_local_pages", "memory is moved or taken off-line" },
		{ "dbs_work_handler", "the governor: performance in cpufreq/scaling_governor" },
		{ "cache_reap", "the allocator's caches, of a kernel with CONFIG_SLAB; " CANNOT },
		{ "mce_", "machine checks: mce=ignore_ce at boot" },
		{ "flush_to_ldisc", "input from a terminal or a serial line: its interrupt to "
		  "another CPU" },
		{ "psi_avgs_work", "pressure stall information: psi=0 at boot" },
		{ "rcu", "callbacks of RCU: rcu_nocbs= at boot" },
		{ "srcu", "callbacks of RCU: rcu_nocbs= at boot" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(known); i++) {
		if (strstr(work, known[i].work) == NULL)
			continue;
		part_text_add(text, "%s; ", known[i].remedy);
		add_fix(text, watched);
		return true;
	}
	return false;
}

/** Work that is bound to the CPU, or to none. */
static void
add_kworker(const struct part_cause *cause, const struct part_cpus *watched,
	    const struct part_cpus *others, struct part_text *text)
{
	char mask[PART_MAX_CPUS / 4 + PART_MAX_CPUS / 32];

	if (strncmp(cause->who.name, "task kworker/u", 14) == 0) {
		part_text_add(text, "work that may run elsewhere: ");
		if (part_cpus_mask(others, mask, sizeof(mask)) < 512 && !part_cpus_empty(others))
			part_text_add(text, "echo %s >/sys/devices/virtual/workqueue/cpumask, or ",
				      mask);
		add_fix(text, watched);
		return;
	}
	part_text_add(text, "work that was queued for this CPU; taskset does not move it. ");
	if (add_work(cause->who.detail, watched, text))
		return;
	if (cause->who.detail[0] == '\0')
		part_text_add(text, "What it does is behind the '-' of its name in "
			      "/proc/%ld/comm; ", cause->who.id);
	part_text_add(text, "it belongs to who queues it, as a rule a driver whose interrupt "
		      "or caller is on this CPU: move these (");
	add_fix(text, watched);
	part_text_add(text, "); else it " CANNOT);
}

/** Threads that the kernel has on each CPU. @return false: it is none */
static bool
add_per_cpu(const struct part_cause *cause, const struct part_cpus *watched,
	    struct part_text *text)
{
	static const struct {
		const char *name, *remedy;
	} threads[] = {
		{ "ksoftirqd/", "softirqs of this CPU that were too many to be done at once: they "
		  "follow its interrupts and timers, which have to go" },
		{ "ktimers/", "timers of this CPU: nohz_full= at boot, and who arms them "
		  "elsewhere" },
		{ "migration/", "a task is moved off this CPU, or all CPUs are stopped for a change "
		  "of code (modules, BPF, tracing, perf): isolated CPUs have no tasks to move; "
		  "else it " CANNOT },
		{ "rcuc/", "callbacks of RCU: rcu_nocbs= at boot" },
		{ "cpuhp/", "a CPU goes on-line or off-line; " CANNOT },
		{ "idle_inject/", "power capping or a thermal limit: cooling, or the power limit" },
		{ "watchdog/", "the watchdog: nowatchdog at boot" },
		{ "backlog_napi/", "packets for this CPU: RPS off (rps_cpus of the interface)" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(threads); i++) {
		if (strncmp(cause->who.name + strlen("task "), threads[i].name,
			    strlen(threads[i].name)) != 0)
			continue;
		part_text_add(text, "a thread that the kernel has on each CPU; taskset does not "
			      "move it. %s; ", threads[i].remedy);
		add_fix(text, watched);
		return true;
	}
	return false;
}

static void
add_task(const struct part_cause *cause, const struct part_cpus *watched,
	 const struct part_cpus *others, struct part_text *text)
{
	/* Whoever is called so and is no kernel thread only looks like one. */
	const bool kernel = cause->flags == 0 || (cause->flags & PART_TASK_KERNEL) != 0;

	if (strncmp(cause->who.name, "throttled", 9) == 0) {
		part_text_add(text, "sysctl -w kernel.sched_rt_runtime_us=-1, and no cpu.max for "
			      "the control group");
	} else if (kernel && strncmp(cause->who.name, "task kworker/", 13) == 0) {
		add_kworker(cause, watched, others, text);
	} else if (kernel && add_per_cpu(cause, watched, text)) {
		return;
	} else if ((cause->flags & PART_TASK_BOUND) != 0) {
		part_text_add(text, "a kernel thread that is bound to this CPU; " CANNOT
			      ": it belongs to who started it");
	} else {
		add_tasks(cause, watched, others, text);
	}
}

static void
add_interrupt(const struct part_cause *cause, const struct part_cpus *watched,
	      const struct part_cpus *others, struct part_text *text)
{
	if (!part_cpus_empty(others)) {
		part_text_add(text, "echo ");
		add_list(text, others);
		part_text_add(text, " >/proc/irq/%ld/smp_affinity_list, or ", cause->who.id);
	}
	add_fix(text, watched);
	part_text_add(text, "; where that is refused, isolcpus=managed_irq,domain,");
	add_list(text, watched);
	part_text_add(text, " at boot");
}

/** What a timer's function says of who has armed it. */
static void
add_timer(const struct part_cause *cause, const struct part_cpus *watched,
	  const struct part_cpus *others, struct part_text *text)
{
	static const char *const programs[] = {
		"posix_timer_fn", "it_real_fn", "hrtimer_wakeup", "timerfd_", "alarmtimer_",
		"process_timeout",
	};
	unsigned int i;

	if (strcmp(cause->who.name, "local timer") == 0 ||
	    strcmp(cause->who.name, "timer: clock tick") == 0) {
		part_text_add(text, "nohz_full=");
		add_list(text, watched);
		part_text_add(text, " at boot; what ticks in spite of it was armed on this CPU");
		return;
	}
	if (strstr(cause->who.name, "sched_rt_period_timer") != NULL) {
		part_text_add(text, "throttling of real-time tasks: sysctl -w "
			      "kernel.sched_rt_runtime_us=-1");
		return;
	}
	if (strstr(cause->who.name, "watchdog_timer_fn") != NULL && !part_cpus_empty(others)) {
		part_text_add(text, "the watchdog: sysctl -w kernel.watchdog_cpumask=");
		add_list(text, others);
		part_text_add(text, ", or ");
		add_fix(text, watched);
		return;
	}
	for (i = 0; i < RTE_DIM(programs); i++)
		if (strstr(cause->who.name, programs[i]) != NULL)
			break;
	if (i != RTE_DIM(programs))
		part_text_add(text, "a timer, sleep or time limit of a program, set on this CPU: move "
			      "the program, or do without if it is the application itself; ");
	else
		part_text_add(text, "armed by the kernel on this CPU, for a task or an interrupt that "
			      "was there: move these; ");
	add_fix(text, watched);
}

void
part_cause_advice(const struct part_cause *cause, const struct part_cpus *watched,
		  const struct part_cpus *others, struct part_text *text)
{
	switch (cause->who.kind) {
	case PART_CAUSE_TASK:
		add_task(cause, watched, others, text);
		break;
	case PART_CAUSE_DEVICE:
		add_interrupt(cause, watched, others, text);
		break;
	case PART_CAUSE_TIMER:
		add_timer(cause, watched, others, text);
		break;
	case PART_CAUSE_OWN:
		part_text_add(text, "the application's own doing: no system calls, sleeps or signals "
			      "in the loop");
		break;
	case PART_CAUSE_FIRMWARE:
		part_text_add(text, "the firmware's setup (power management, memory patrol, USB "
			      "legacy support), or mce=ignore_ce nowatchdog at boot; it " CANNOT);
		break;
	case PART_CAUSE_IPI:
		part_text_add(text, "another CPU asks this one to do something: fewer unmaps and "
			      "mprotects in the same process, huge pages locked in memory "
			      "(mlockall), THP, KSM and NUMA balancing off: ");
		add_fix(text, watched);
		break;
	case PART_CAUSE_FAULT:
		part_text_add(text, "touch and lock memory before it matters: mlockall(MCL_CURRENT "
			      "| MCL_FUTURE), huge pages; THP and NUMA balancing off: ");
		add_fix(text, watched);
		break;
	case PART_CAUSE_SOFTIRQ:
		part_text_add(text, "it follows an interrupt or a timer on this CPU: keep these "
			      "away (");
		add_fix(text, watched);
		part_text_add(text, "), rcu_nocbs=");
		add_list(text, watched);
		part_text_add(text, " at boot for RCU");
		break;
	case PART_CAUSE_UNKNOWN:
	case PART_CAUSE_KINDS:
		if (strcmp(cause->who.name, PART_NOBODY) == 0)
			part_text_add(text, "nothing that the kernel knows of: a hypervisor that "
				      "runs something else, the other thread of the core, an SMI "
				      "that is not counted, memory or PCIe that stalls; it "
				      CANNOT);
		else
			part_text_add(text, "too much at once to be told: look at fewer CPUs, or "
				      "take a higher --threshold-us; as it is it " CANNOT);
		break;
	}
}
