/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Settings of the whole host: memory, scheduler and clock. */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_judge.h"

/** A value that is a number, or the finding says that it is unknown. */
static bool
get_number(const struct part_value *value, struct part_finding *f, uint64_t *number)
{
	if (value->state != PART_KNOWN)
		part_unknown(f, value->state, value->path);
	else if (!part_number(value->text, number))
		part_unknown(f, PART_GARBLED, value->path);
	else
		return true;
	return false;
}

/** One number, of which 0 is wanted. */
static void
want_zero(const struct part_case *c, struct part_finding *f, enum part_value_id id)
{
	const struct part_value *value = &c->host->values[id];
	uint64_t number;

	if (!get_number(value, f, &number))
		return;
	if (number == 0) {
		part_fine(f, "0");
		return;
	}
	part_broken(f, "/%s is %s", value->path, value->text);
	part_text_add(&f->now, "echo 0 >/%s\n", value->path);
}

static void
judge_stat_interval(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *value = &c->host->values[PART_VALUE_STAT_INTERVAL];
	uint64_t seconds;

	part_text_add(&f->wanted, "statistics gathered every 10 seconds or less often");
	part_text_add(&f->boot, "vm.stat_interval = 10 in /etc/sysctl.d");
	if (!get_number(value, f, &seconds))
		return;
	if (seconds >= 10) {
		part_fine(f, "every %s seconds", value->text);
		return;
	}
	part_broken(f, "every %s seconds", value->text);
	part_text_add(&f->now, "echo 10 >/proc/sys/vm/stat_interval\n");
}

static void
judge_numa_balancing(const struct part_case *c, struct part_finding *f)
{
	part_text_add(&f->wanted, "automatic NUMA balancing off");
	part_text_add(&f->boot, "numa_balancing=disable");
	if (c->host->nodes_state == PART_KNOWN && c->host->n_nodes == 1)
		part_not_applicable(f, "there is one NUMA node");
	else
		want_zero(c, f, PART_VALUE_NUMA_BALANCING);
}

static void
judge_thp(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *value = &c->host->values[PART_VALUE_THP];

	part_text_add(&f->wanted, "transparent huge pages never, or where a program asks for them "
		      "(madvise)");
	part_text_add(&f->boot, "transparent_hugepage=madvise");
	if (value->state != PART_KNOWN) {
		part_unknown(f, value->state, value->path);
	} else if (strstr(value->text, "[never]") != NULL ||
		   strstr(value->text, "[madvise]") != NULL) {
		part_fine(f, "%s", value->text);
	} else if (strstr(value->text, "[always]") != NULL) {
		part_broken(f, "%s", value->text);
		part_text_add(&f->now, "echo madvise >/sys/kernel/mm/transparent_hugepage/"
			      "enabled\n");
	} else {
		part_unknown(f, PART_GARBLED, value->path);
	}
}

static void
judge_ksm(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *value = &c->host->values[PART_VALUE_KSM];
	uint64_t run;

	part_text_add(&f->wanted, "no merging of equal pages");
	part_text_add(&f->boot, "w /sys/kernel/mm/ksm/run - - - - 0 in /etc/tmpfiles.d");
	/* 2 is off, too: all that was merged is separate again. */
	if (!get_number(value, f, &run))
		return;
	if (run == 0 || run == 2)
		part_fine(f, "%s", value->text);
	else
		want_zero(c, f, PART_VALUE_KSM);
}

static void
judge_rt_throttling(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *runtime = &c->host->values[PART_VALUE_RT_RUNTIME];
	const struct part_value *period = &c->host->values[PART_VALUE_RT_PERIOD];

	part_text_add(&f->wanted, "-1, where lcores run with a real-time priority");
	part_text_add(&f->boot, "kernel.sched_rt_runtime_us = -1 in /etc/sysctl.d");
	if (runtime->state != PART_KNOWN) {
		part_unknown(f, runtime->state, runtime->path);
	} else if (strcmp(runtime->text, "-1") == 0) {
		part_fine(f, "-1");
	} else {
		part_broken(f, "%s us of each %s", runtime->text,
			    period->state == PART_KNOWN ? period->text : "period");
		part_text_add(&f->now, "echo -1 >/proc/sys/kernel/sched_rt_runtime_us\n");
	}
}

/** Whether a word is one of a line of words. */
static bool
has_word(const char *line, const char *word)
{
	size_t len;

	for (; *line != '\0'; line += len) {
		line += strspn(line, " ");
		len = strcspn(line, " ");
		if (len == strlen(word) && strncmp(line, word, len) == 0)
			return true;
	}
	return false;
}

bool
part_has_tsc(const struct part_host *host)
{
	const struct part_value *all = &host->values[PART_VALUE_CLOCKSOURCES];

	return all->state != PART_KNOWN || has_word(all->text, "tsc");
}

bool
part_is_good_clock(const char *name)
{
	static const char *const good[] = {
		"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(good); i++)
		if (strcmp(name, good[i]) == 0)
			return true;
	return false;
}

static void
judge_clock_source(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *value = &c->host->values[PART_VALUE_CLOCKSOURCE];

	part_text_add(&f->wanted, "tsc");
	part_text_add(&f->boot, "clocksource=tsc tsc=reliable");
	if (value->state != PART_KNOWN) {
		part_unknown(f, value->state, value->path);
		return;
	}
	if (part_is_good_clock(value->text)) {
		part_fine(f, "%s", value->text);
		return;
	}
	part_broken(f, "%s", value->text);
	if (part_has_tsc(c->host))
		part_text_add(&f->now, "echo tsc >/%s\n", value->path);
	else
		part_text_add(&f->found, "; the kernel has given the TSC up, and offers %s",
			      c->host->values[PART_VALUE_CLOCKSOURCES].text);
}

static void
judge_tsc(const struct part_case *c, struct part_finding *f)
{
	const struct part_host *host = c->host;

	part_text_add(&f->wanted, "the flags constant_tsc and nonstop_tsc");
	if (host->tsc_state != PART_KNOWN)
		part_unknown(f, host->tsc_state, "proc/cpuinfo");
	else if (host->tsc_constant && host->tsc_nonstop)
		part_fine(f, "constant_tsc and nonstop_tsc");
	else
		part_broken(f, "%s", host->tsc_constant ? "no nonstop_tsc" :
			    host->tsc_nonstop ? "no constant_tsc" : "neither of both");
}

static void
judge_clock_watchdog(const struct part_case *c, struct part_finding *f)
{
	const struct part_cmdline *line = &c->host->cmdline;

	part_text_add(&f->wanted, "tsc=reliable");
	part_text_add(&f->boot, "tsc=reliable");
	if (line->state != PART_KNOWN)
		part_unknown(f, line->state, "proc/cmdline");
	else if (line->tsc_reliable)
		part_fine(f, "the TSC is trusted, by tsc= at boot");
	else
		part_broken(f, "tsc= was not given at boot");
}

/** What is unknown about the huge pages of a worker's node. */
static enum part_state
huge_state(const struct part_host *host, const struct part_worker *worker)
{
	if (worker->node != PART_NO_NODE)
		return host->nodes[worker->node]->state;
	return host->nodes_state == PART_KNOWN ? PART_ABSENT : host->nodes_state;
}

static void
judge_huge_pages(const struct part_case *c, struct part_finding *f)
{
	const struct part_host *host = c->host;
	const struct part_set *online = &host->sets[PART_SET_ONLINE];
	enum part_state state = PART_KNOWN;
	bool looked[PART_NODES] = { false };
	unsigned int i, n = 0;
	uint64_t kb = 0;

	part_text_add(&f->wanted, "huge pages on each node that has workers");
	part_text_add(&f->boot, "hugepages=512, or more: what the application needs");
	for (i = 0; i < host->n_workers; i++) {
		const struct part_worker *worker = &host->workers[i];

		/* A node does not list CPUs that are offline. */
		if (online->state == PART_KNOWN && !part_cpus_has(&online->cpus, worker->cpu))
			continue;
		if (huge_state(host, worker) != PART_KNOWN) {
			state = huge_state(host, worker);
			continue;
		}
		if (looked[worker->node])
			continue;
		looked[worker->node] = true;
		kb += host->nodes[worker->node]->huge_kb;
		if (host->nodes[worker->node]->huge_kb != 0)
			continue;
		part_broken(f, n++ == 0 ? "none on node %d" : ", %d", worker->node);
		part_text_add(&f->now, "echo 512 >/sys/devices/system/node/node%d/hugepages/"
			      "hugepages-2048kB/nr_hugepages\n", worker->node);
	}
	if (n == 0 && (state != PART_KNOWN || kb == 0))
		part_unknown(f, state == PART_KNOWN ? PART_ABSENT : state,
			     "sys/devices/system/node");
	else if (n == 0)
		part_fine(f, "%llu MB", (unsigned long long)kb / 1024);
}

static void
judge_memlock(const struct part_case *c, struct part_finding *f)
{
	const struct part_host *host = c->host;

	part_text_add(&f->wanted, "unlimited, for a card by VFIO in the hands of a user who is "
		      "not root");
	part_text_add(&f->boot, "LimitMEMLOCK=infinity in the service's unit, or memlock in "
		      "/etc/security/limits.d");
	if (host->memlock_state != PART_KNOWN) {
		part_unknown(f, host->memlock_state, "proc/self/limits");
	} else if (strcmp(host->memlock, "unlimited") == 0) {
		part_fine(f, "unlimited");
	} else {
		part_broken(f, "%s bytes", host->memlock);
		part_text_add(&f->now, "ulimit -l unlimited\n");
	}
}

/** A quarter: what is left must do for all others. */
static void
advise_cache(const struct part_case *c, struct part_finding *f)
{
	part_text_add(&f->now, "aether-partition fix --workers %s --cache 25\n", c->workers_list);
}

static void
judge_resctrl(const struct part_case *c, struct part_finding *f)
{
	const struct part_resctrl *resctrl = &c->host->resctrl;

	part_text_add(&f->wanted, "%s in a resctrl group with cache of its own",
		      c->workers_named);
	if (resctrl->state == PART_ABSENT && resctrl->offered_state != PART_KNOWN) {
		part_unknown(f, resctrl->offered_state, "proc/filesystems");
	} else if (resctrl->state == PART_ABSENT && !resctrl->offered) {
		part_not_applicable(f, "this CPU, or this kernel, cannot divide the cache (resctrl)");
	} else if (resctrl->state == PART_ABSENT) {
		part_broken(f, "they share the last-level cache with all others; resctrl is not "
			    "mounted");
		advise_cache(c, f);
	} else if (resctrl->state != PART_KNOWN) {
		part_unknown(f, resctrl->state, resctrl->path);
	} else if (!resctrl->has_ways) {
		part_not_applicable(f, "this CPU cannot divide its last-level cache");
	} else if (!resctrl->own_group) {
		part_broken(f, "they share the last-level cache with all others");
		advise_cache(c, f);
	} else if (resctrl->shared) {
		part_broken(f, "they are in groups of their own, but %s has some of their ways",
			    resctrl->shared_with);
	} else {
		part_fine(f, "they are in groups of their own, with ways that no other has");
	}
}

const struct part_rule part_rules_system[] = {
	{ "memory.numa_balancing", RTE_AETHER_PARTITION_WARNING,
	  "The kernel does not move pages between NUMA nodes by itself",
	  "To learn who uses a page the kernel unmaps it now and then. The worker's next access "
	  "is a page fault, and the page may be copied meanwhile.",
	  "Documentation/admin-guide/sysctl/kernel.rst, numa_balancing", judge_numa_balancing },
	{ "memory.thp", RTE_AETHER_PARTITION_WARNING,
	  "The kernel does not build huge pages by itself",
	  "A kernel thread copies pages together into huge ones; a worker that touches one "
	  "meanwhile waits, and every CPU's address translations are flushed by an interrupt.",
	  "Documentation/admin-guide/mm/transhuge.rst", judge_thp },
	{ "memory.ksm", RTE_AETHER_PARTITION_WARNING,
	  "The kernel does not merge equal pages",
	  "A thread compares pages and makes equal ones read-only. The next write is a page fault "
	  "and a copy.",
	  "Documentation/admin-guide/mm/ksm.rst", judge_ksm },
	{ "memory.hugepages", RTE_AETHER_PARTITION_WARNING,
	  "There are huge pages where the workers are",
	  "With pages of 4 KB a translation is missed at every other packet; memory of another "
	  "node takes twice as long.",
	  "Documentation/admin-guide/mm/hugetlbpage.rst", judge_huge_pages },
	{ "memory.stat_interval", RTE_AETHER_PARTITION_NOTE,
	  "Memory statistics are gathered seldom",
	  "A work item on each CPU sums up counters, every second unless told otherwise.",
	  "Documentation/admin-guide/sysctl/vm.rst, stat_interval", judge_stat_interval },
	{ "memory.memlock", RTE_AETHER_PARTITION_NOTE,
	  "The application may lock its memory",
	  "VFIO locks all memory that a card may reach. Beyond the limit the mapping fails.",
	  "Documentation/driver-api/vfio.rst", judge_memlock },
	{ "memory.cache_group", RTE_AETHER_PARTITION_NOTE,
	  "The workers have cache of their own",
	  "Programs on other CPUs evict the worker's lines from the last-level cache.",
	  "Documentation/filesystems/resctrl.rst", judge_resctrl },
	{ "sched.rt_throttling", RTE_AETHER_PARTITION_NOTE,
	  "A real-time thread is not made to pause",
	  "A thread of real-time priority that polls is stopped for what is left of each period, "
	  "50 ms a second unless told otherwise. Of no matter for threads of normal priority.",
	  "Documentation/scheduler/sched-rt-group.rst", judge_rt_throttling },
	{ "clock.source", RTE_AETHER_PARTITION_WARNING,
	  "Time is read from the CPU",
	  "Another clock is read through a system call and a device, which takes a microsecond "
	  "instead of 20 nanoseconds.",
	  "Documentation/timers/timekeeping.rst", judge_clock_source },
	{ "clock.tsc", RTE_AETHER_PARTITION_NOTE,
	  "The CPU's counter runs evenly",
	  "Latency is measured by the TSC. If it stops or changes its pace so do the results.",
	  "Documentation/virt/kvm/x86/timekeeping.rst", judge_tsc },
	{ "clock.watchdog", RTE_AETHER_PARTITION_NOTE,
	  "Nothing checks the TSC on the workers' CPUs",
	  "Where the kernel does not trust the TSC, a timer that goes from CPU to CPU compares it "
	  "with another clock twice a second.",
	  "Documentation/admin-guide/kernel-parameters.txt, tsc=", judge_clock_watchdog },
	{ .id = NULL },
};
