/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Which CPUs the application has, and who else may be put on them. */

#include <stdlib.h>

#include <rte_common.h>

#include "part_judge.h"

static void
judge_online(const struct part_case *c, struct part_finding *f)
{
	const struct part_set *online = &c->host->sets[PART_SET_ONLINE];
	const struct part_set *possible = &c->host->sets[PART_SET_POSSIBLE];
	struct part_cpus missing = *c->workers, none = *c->workers;

	part_text_add(&f->wanted, "%s there and online", c->workers_named);
	if (online->state != PART_KNOWN) {
		part_unknown(f, online->state, online->path);
		return;
	}
	part_cpus_without(&missing, &online->cpus);
	if (part_cpus_empty(&missing)) {
		part_fine(f, "all of them are online");
		return;
	}
	part_broken(f, "not online: ");
	part_add_named(&f->found, &missing);
	if (possible->state == PART_KNOWN) {
		part_cpus_without(&none, &possible->cpus);
		if (!part_cpus_empty(&none)) {
			part_text_add(&f->found, "; this host cannot have: ");
			part_add_named(&f->found, &none);
		}
		part_cpus_and(&missing, &possible->cpus);
	}
	part_add_writes(&f->now, "1", "/sys/devices/system/cpu/cpu%u/online", &missing);
}

static void
judge_housekeeping(const struct part_case *c, struct part_finding *f)
{
	const struct part_set *online = &c->host->sets[PART_SET_ONLINE];

	part_text_add(&f->wanted, "at least one online CPU that no lcore polls on: start the "
		      "application on fewer (-l, --lcores)");
	if (online->state != PART_KNOWN) {
		part_unknown(f, online->state, online->path);
	} else if (part_cpus_empty(&c->housekeeping)) {
		part_broken(f, "the application polls on every CPU");
	} else {
		part_fine(f, "left for everything else: %s", c->housekeeping_named);
	}
}

/** The run-time equal of isolcpus=: the main lcore is taken in, one group holds a whole process. */
static void
add_partition(const struct part_case *c, struct part_text *now)
{
	const struct part_host *host = c->host;

	if (!host->cgroup_v2) {
		/* Where the older hierarchy has the cpusets, this one cannot have them. */
		if (host->sets[PART_SET_CGROUP_ISOLATED].state != PART_ABSENT ||
		    host->cgroup[0] != '\0')
			return;
		part_text_add(now, "mount -t cgroup2 cgroup2 /sys/fs/cgroup\n");
	}
	part_text_add(now, "echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control\n"
		      "mkdir -p /sys/fs/cgroup/aether\n"
		      "echo %s >/sys/fs/cgroup/aether/cpuset.cpus\n"
		      "echo isolated >/sys/fs/cgroup/aether/cpuset.cpus.partition\n"
		      "echo $$ >/sys/fs/cgroup/aether/cgroup.procs\n", c->partition_list);
}

static void
judge_isolated(const struct part_case *c, struct part_finding *f)
{
	const struct part_set *boot = &c->host->sets[PART_SET_ISOLATED];
	const struct part_set *group = &c->host->sets[PART_SET_CGROUP_ISOLATED];
	struct part_cpus isolated;

	part_isolated(c->host, &isolated);
	part_text_add(&f->wanted, "%s isolated", c->workers_named);
	part_text_add(&f->boot, "isolcpus=managed_irq,domain,%s", c->workers_list);
	if (part_cpus_within(c->workers, &isolated)) {
		part_fine(f, "isolated at boot: ");
		part_add_list(&f->found, &boot->cpus);
		part_text_add(&f->found, "; by control groups: ");
		part_add_list(&f->found, &group->cpus);
		return;
	}
	if (boot->state != PART_KNOWN) {
		part_unknown(f, boot->state, boot->path);
		return;
	}
	if (group->state == PART_DENIED || group->state == PART_GARBLED) {
		part_unknown(f, group->state, group->path);
		return;
	}
	part_broken(f, "isolated: ");
	part_add_named(&f->found, &isolated);
	add_partition(c, &f->now);
	if (f->now.len != 0)
		part_text_add(&f->wanted, " (the last line of what mends it moves the shell that "
			      "it is typed into: start the application from there)");
}

static bool
is_worker(const struct part_case *c, unsigned int cpu)
{
	return part_cpus_has(c->workers, cpu);
}

/** Other threads of the workers' cores: those that are workers, and those that are not. */
static enum part_state
find_siblings(const struct part_case *c, struct part_cpus *shared, struct part_cpus *others)
{
	enum part_state state = PART_KNOWN;
	unsigned int i, j;

	part_cpus_zero(shared);
	part_cpus_zero(others);
	for (i = 0; i < c->host->n_workers; i++) {
		const struct part_worker *worker = &c->host->workers[i];

		if (worker->siblings_state != PART_KNOWN)
			state = worker->siblings_state;
		for (j = 0; j < worker->n_siblings; j++)
			part_cpus_set(is_worker(c, worker->siblings[j]) ? shared : others,
				      worker->siblings[j]);
	}
	return state;
}

static void
judge_smt(const struct part_case *c, struct part_finding *f)
{
	struct part_cpus shared, others, spare;
	enum part_state state = find_siblings(c, &shared, &others);

	part_text_add(&f->wanted, "each worker alone on its core");
	part_text_add(&f->boot, "nosmt");
	if (part_cpus_empty(&shared) && part_cpus_empty(&others)) {
		if (state != PART_KNOWN)
			part_unknown(f, state, "sys/devices/system/cpu/cpu*/topology/"
				     "thread_siblings_list");
		else
			part_fine(f, "no other thread of their cores is online");
		return;
	}
	part_broken(f, "on their cores also run ");
	part_add_named(&f->found, &others);
	if (!part_cpus_empty(&shared)) {
		part_text_add(&f->found, "; two workers share a core, among them: ");
		part_add_named(&f->found, &shared);
	}
	/* The main and service lcores are the application's. */
	spare = others;
	part_cpus_without(&spare, &c->lcores->main);
	part_cpus_without(&spare, &c->lcores->service);
	part_add_writes(&f->now, "0", "/sys/devices/system/cpu/cpu%u/online", &spare);
}

static void
judge_shared(const struct part_case *c, struct part_finding *f)
{
	const struct part_lcores *lcores = c->lcores;
	struct part_cpus seen = { 0 }, twice = { 0 }, overlap;
	unsigned int i;

	part_text_add(&f->wanted, "a CPU of its own for each worker lcore: other --lcores");
	if (c->from_cpus) {
		part_not_applicable(f, "no lcores are known");
		return;
	}
	for (i = 0; i < lcores->n; i++) {
		overlap = seen;
		part_cpus_and(&overlap, &lcores->all[i].cpus);
		part_cpus_or(&twice, &overlap);
		part_cpus_or(&seen, &lcores->all[i].cpus);
	}
	/* Service and main lcores may share what they have. */
	part_cpus_and(&twice, c->workers);
	if (part_cpus_empty(&twice)) {
		part_fine(f, "each has one that no other lcore may use");
		return;
	}
	part_broken(f, "used by several lcores: ");
	part_add_named(&f->found, &twice);
}

static void
judge_floating(const struct part_case *c, struct part_finding *f)
{
	const struct part_lcores *lcores = c->lcores;
	unsigned int i, n = 0;

	part_text_add(&f->wanted, "one CPU for each worker lcore: other --lcores");
	if (c->from_cpus) {
		part_not_applicable(f, "no lcores are known");
		return;
	}
	for (i = 0; i < lcores->n; i++) {
		const struct part_lcore *lcore = &lcores->all[i];

		if (lcore->role != PART_ROLE_WORKER || part_cpus_count(&lcore->cpus) == 1)
			continue;
		if (n++ < PART_NAMED) {
			part_broken(f, "%slcore %u may run on ", n > 1 ? "; " : "",
				    lcore->id);
			part_add_named(&f->found, &lcore->cpus);
		}
	}
	if (n > PART_NAMED)
		part_text_add(&f->found, "; and %u more", n - PART_NAMED);
	if (n == 0)
		part_fine(f, "each is bound to one");
}

static void
judge_cpuset(const struct part_case *c, struct part_finding *f)
{
	const struct part_set *own = &c->host->sets[PART_SET_CGROUP_OWN];
	struct part_cpus missing = *c->workers;

	part_text_add(&f->wanted, "%s in the cpuset of this process", c->workers_named);
	if (own->state != PART_KNOWN) {
		/* EAL finds out, when it pins its threads. */
		f->severity = RTE_AETHER_PARTITION_WARNING;
		part_unknown(f, own->state, own->path);
		return;
	}
	part_cpus_without(&missing, &own->cpus);
	if (part_cpus_empty(&missing)) {
		part_fine(f, "its cpuset has ");
		part_add_named(&f->found, &own->cpus);
		return;
	}
	part_broken(f, "control group '%s' may not use ",
		    c->host->cgroup[0] != '\0' ? c->host->cgroup : "/");
	part_add_named(&f->found, &missing);
	if (c->host->home[0] != '\0' && part_cpus_within(&c->lcores->main, &c->host->home_cpus) &&
	    part_cpus_within(&c->lcores->service, &c->host->home_cpus)) {
		part_text_add(&f->found, ": they are in the isolated partition /%s", c->host->home);
		part_text_add(&f->wanted, ": start the application in that group, by "
			      "aether-partition fix ... -- <command>, or from a shell that is in it");
		part_text_add(&f->now, "echo $$ >/%s/cgroup.procs\n", c->host->home);
		if (c->for_another)
			f->severity = RTE_AETHER_PARTITION_NOTE;
	} else if (part_cpus_intersect(&missing, &c->host->sets[PART_SET_CGROUP_ISOLATED].cpus)) {
		part_text_add(&f->found, ": they are in an isolated partition that has not all of the "
			      "lcores' CPUs");
	}
}

const struct part_rule part_rules_cpu[] = {
	{ "cpu.online", RTE_AETHER_PARTITION_ERROR,
	  "The workers' CPUs are there",
	  "EAL cannot put an lcore on a CPU that is offline.",
	  "Documentation/core-api/cpu_hotplug.rst", judge_online },
	{ "cpu.housekeeping", RTE_AETHER_PARTITION_ERROR,
	  "A CPU is left for everything else",
	  "Interrupts, the kernel's own work and other programs must run somewhere. If no CPU is "
	  "left to them they run on the workers, however isolated these are.",
	  "Documentation/admin-guide/kernel-per-CPU-kthreads.rst", judge_housekeeping },
	{ "cpu.isolated", RTE_AETHER_PARTITION_ERROR,
	  "The scheduler puts no other program on the workers' CPUs",
	  "The scheduler spreads programs over all CPUs that are not isolated. Each time it gives "
	  "a worker's CPU to another program, for milliseconds, packets wait or are lost.",
	  "Documentation/admin-guide/kernel-parameters.txt, isolcpus=; "
	  "Documentation/admin-guide/cgroup-v2.rst, cpuset.cpus.partition", judge_isolated },
	{ "cpu.smt", RTE_AETHER_PARTITION_WARNING,
	  "No worker shares its core",
	  "The two hardware threads of a core share its caches and execution units. What runs on "
	  "one slows the other down, at times to half.",
	  "Documentation/admin-guide/cputopology.rst", judge_smt },
	{ "lcore.shared", RTE_AETHER_PARTITION_ERROR,
	  "No two lcores poll on one CPU",
	  "Two threads that never sleep take turns on one CPU, a few milliseconds each. Packets "
	  "of the one wait while the other runs.",
	  "Documentation/scheduler/sched-design-CFS.rst", judge_shared },
	{ "lcore.floating", RTE_AETHER_PARTITION_WARNING,
	  "Each worker lcore stays on one CPU",
	  "An lcore that may run on several CPUs is moved between them. Each move costs it its "
	  "caches.",
	  "Documentation/scheduler/sched-domains.rst", judge_floating },
	{ "app.cpuset", RTE_AETHER_PARTITION_ERROR,
	  "The application may use the workers' CPUs",
	  "A thread cannot be put on a CPU that the cpuset of its control group lacks: EAL fails, "
	  "or the thread runs elsewhere.",
	  "Documentation/admin-guide/cgroup-v2.rst, cpuset.cpus.effective", judge_cpuset },
	{ .id = NULL },
};
