/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A second opinion on when a host is fine, which shares nothing with the library: sets are arrays
 * of bool, text is taken apart by scanf and the C library. The tree has CPUs 2 and 3 as workers,
 * interrupts 16 and 17, tasks 1000 (a daemon) and 1001 (a kernel thread).
 */

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <rte_common.h>

#include "partition_oracle.h"

#define MAX_CPUS	8192

struct bools {
	bool valid;
	bool has[MAX_CPUS];
	unsigned int n;
};

static oracle_get get_file;

static const char *
text_of(const char *path)
{
	const struct oracle_text *text = get_file(path);

	return text == NULL ? "" : text->data;
}

/** The kernel's text ends by a newline, and has no NUL in it. */
static bool
is_text(const char *path)
{
	const struct oracle_text *text = get_file(path);

	return text != NULL && text->len != 0 && text->data[text->len - 1] == '\n' &&
	       strlen(text->data) == text->len;
}

/** A number as one of a list; false: there is none, or it has more than 32 bits. */
static bool
take_number(const char **p, unsigned int limit, uint64_t *value)
{
	char digits[24];
	int n = 0;

	if (**p == 'N') {
		*value = limit - 1;
		++*p;
		return true;
	}
	if (sscanf(*p, "%23[0-9]%n", digits, &n) != 1)
		return false;
	*value = strtoull(digits, NULL, 10);
	*p += n;
	return *value <= UINT32_MAX && !isdigit((unsigned char)**p);
}

static bool
white(char c)
{
	return c != '\0' && strchr(" \t\n\v\f\r\xa0", c) != NULL;
}

/** "used/group" of every group, from first to last. */
static bool
mark(struct bools *set, unsigned int limit, uint64_t first, uint64_t last, uint64_t used,
     uint64_t group)
{
	uint64_t cpu;

	if (first > last || group == 0 || used > group || last >= limit)
		return false;
	for (cpu = first; cpu <= last; cpu++)
		if ((cpu - first) % group < used)
			set->has[cpu] = true;
	return true;
}

static bool
take_region(const char **p, unsigned int limit, struct bools *set)
{
	uint64_t first = 0, last = limit - 1, used, group;
	bool range = true;

	if (strncasecmp(*p, "all", 3) == 0) {
		*p += 3;
	} else {
		if (!take_number(p, limit, &first))
			return false;
		range = **p == '-';
		last = first;
		if (range) {
			++*p;
			if (!take_number(p, limit, &last))
				return false;
		}
	}
	if (**p == '\0' || **p == ',' || white(**p)) {
		/* The kernel adds one to 32 bits here. */
		group = (uint32_t)(last + 1);
		return mark(set, limit, first, last, group, group);
	}
	if (!range || *(*p)++ != ':' || !take_number(p, limit, &used) || *(*p)++ != '/' ||
	    !take_number(p, limit, &group))
		return false;
	return mark(set, limit, first, last, used, group);
}

static bool
take_list(const char *p, unsigned int limit, struct bools *set)
{
	for (;;) {
		while (*p == ',' || white(*p))
			p++;
		if (*p == '\0')
			return true;
		if (!take_region(&p, limit, set))
			return false;
		if (*p == '\0' || *p == '\n')
			return true;
	}
}

static void
sum(struct bools *set)
{
	unsigned int i;

	set->n = 0;
	if (!set->valid)
		memset(set->has, 0, sizeof(set->has));
	for (i = 0; i < MAX_CPUS; i++)
		set->n += set->has[i];
}

static void
list_text(const char *text, unsigned int limit, struct bools *set)
{
	memset(set, 0, sizeof(*set));
	set->valid = take_list(text, limit, set);
	sum(set);
}

static void
list_file(const char *path, unsigned int limit, struct bools *set)
{
	memset(set, 0, sizeof(*set));
	if (!is_text(path))
		return;
	list_text(text_of(path), limit, set);
}

/** Groups of up to 8 digits between commas, the lowest last. */
static void
mask_file(const char *path, unsigned int limit, struct bools *set)
{
	static char copy[4200]; char *group;
	unsigned int base = 0, bit;
	unsigned long value;
	const char *text = text_of(path);

	memset(set, 0, sizeof(*set));
	if (!is_text(path))
		return;
	text += strspn(text, " \t\n\v\f\r");
	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(text, "\n"), text);
	for (;;) {
		group = strrchr(copy, ',');
		group = group == NULL ? copy : group + 1;
		if (strlen(group) == 0 || strlen(group) > 8 ||
		    strspn(group, "0123456789abcdefABCDEF") != strlen(group))
			return;
		value = strtoul(group, NULL, 16);
		for (bit = 0; bit < 32; bit++) {
			if ((value >> bit & 1) == 0)
				continue;
			if (base + bit >= limit)
				return;
			set->has[base + bit] = true;
		}
		base += 32;
		if (group == copy)
			break;
		group[-1] = '\0';
	}
	set->valid = true;
	sum(set);
}

static unsigned int
limit_of_host(void)
{
	static struct bools set;
	unsigned int i, limit = 0;

	list_file("sys/devices/system/cpu/possible", MAX_CPUS, &set);
	for (i = 0; i < MAX_CPUS; i++)
		if (set.has[i])
			limit = i + 1;
	return set.valid && limit != 0 ? limit : MAX_CPUS;
}

static bool
first_line_is(const char *path, const char *wanted)
{
	const char *text = text_of(path);

	return get_file(path) != NULL && strcspn(text, "\n") == strlen(wanted) &&
	       strncmp(text, wanted, strlen(wanted)) == 0;
}

/** The first line is digits alone; -1: no. */
static long long
number_of(const char *path)
{
	const char *text = text_of(path);
	size_t n = strspn(text, "0123456789");

	return n != 0 && n <= 18 && (text[n] == '\n' || text[n] == '\0') ? atoll(text) : -1;
}

static bool
has_workers(const struct bools *set)
{
	return set->has[2] && set->has[3];
}

static bool
hits_workers(const struct bools *set)
{
	return set->has[2] || set->has[3];
}

/** One line of a status, of which there must be one. */
static bool
status_field(const char *text, const char *key, char *value, size_t size)
{
	const char *p, *found = NULL;
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "%s:\t", key);
	for (p = strstr(text, wanted); p != NULL; p = strstr(p + 1, wanted)) {
		if (p != text && p[-1] != '\n')
			continue;
		if (found != NULL || strchr(p, '\n') == NULL)
			return false;
		found = p + strlen(wanted);
	}
	if (found == NULL)
		return false;
	snprintf(value, size, "%.*s", (int)strcspn(found, "\n"), found);
	return true;
}

/** A kernel thread that is named for the one CPU that it may run on. */
static bool
belongs_to_cpu(const char *name, const char *allowed)
{
	static const char *const names[] = {
		"ksoftirqd", "migration", "cpuhp", "kworker", "rcuc", "ktimers", "irq_work",
		"idle_inject",
	};
	char wanted[64];
	unsigned int i;

	if (strspn(allowed, "0123456789") != strlen(allowed) || *allowed == '\0')
		return false;
	for (i = 0; i < RTE_DIM(names); i++) {
		snprintf(wanted, sizeof(wanted), "%s/%.32s", names[i], allowed);
		if (strncmp(name, wanted, strlen(wanted)) == 0 &&
		    (name[strlen(wanted)] == '\0' || name[strlen(wanted)] == ':'))
			return true;
	}
	return false;
}

enum task_kind { USER_BOUND, USER_ALLOWED, KERNEL_MOVABLE, NONE, BAD };

/** What a task is to the workers. */
static enum task_kind
kind_of(unsigned int pid)
{
	static char name[PATH_MAX], allowed[PATH_MAX], kthread[PATH_MAX], parent[PATH_MAX];
	static struct bools set;
	char path[64];
	const char *text;
	unsigned int i;
	bool kernel, elsewhere = false;

	snprintf(path, sizeof(path), "proc/%u/status", pid);
	text = text_of(path);
	if (get_file(path) == NULL || strlen(text) != get_file(path)->len ||
	    !status_field(text, "Name", name, sizeof(name)) ||
	    !status_field(text, "PPid", parent, sizeof(parent)) ||
	    !status_field(text, "Cpus_allowed_list", allowed, sizeof(allowed)))
		return BAD;
	list_text(allowed, limit_of_host(), &set);
	if (!set.valid || set.n == 0)
		return BAD;
	kernel = status_field(text, "Kthread", kthread, sizeof(kthread)) ? kthread[0] == '1' :
		 strtoul(parent, NULL, 10) == 2;
	if (!hits_workers(&set))
		return NONE;
	for (i = 0; i < MAX_CPUS; i++)
		elsewhere = elsewhere || (set.has[i] && i != 2 && i != 3);
	if (kernel)
		return belongs_to_cpu(name, allowed) ? NONE : KERNEL_MOVABLE;
	return elsewhere ? USER_ALLOWED : USER_BOUND;
}

/** A number that is all of a field of this process's status; 0: none. */
static unsigned long
self_field(const char *key)
{
	static char value[PATH_MAX];

	if (!status_field(text_of("proc/self/status"), key, value, sizeof(value)) ||
	    strspn(value, "0123456789") != strlen(value) || strlen(value) > 18)
		return 0;
	return strtoul(value, NULL, 10);
}

static bool
tasks_fine(enum task_kind broken)
{
	static const unsigned int pids[] = { 1000, 1001 };
	/* Who waits for this process does not count. It is 900 that waits, or not. */
	const bool strange = self_field("PPid") != 900;
	unsigned int i;

	for (i = 0; i < RTE_DIM(pids); i++) {
		enum task_kind kind = kind_of(pids[i]);

		if (self_field("Pid") == pids[i] || (strange && kind != BAD))
			continue;
		if (kind == BAD || kind == broken)
			return false;
	}
	return true;
}

static bool
irqs_fine(bool requested)
{
	static struct bools may, does;
	char path[64];
	unsigned int irq;

	for (irq = 16; irq <= 17; irq++) {
		snprintf(path, sizeof(path), "proc/irq/%u/smp_affinity_list", irq);
		list_file(path, limit_of_host(), &may);
		snprintf(path, sizeof(path), "proc/irq/%u/effective_affinity_list", irq);
		list_file(path, limit_of_host(), &does);
		if (!may.valid || may.n == 0 || !does.valid)
			return false;
		if (requested ? hits_workers(&may) && !hits_workers(&does) : hits_workers(&does))
			return false;
	}
	return true;
}

static bool
isolated_fine(void)
{
	static struct bools boot, group;

	list_file("sys/devices/system/cpu/isolated", limit_of_host(), &boot);
	list_file("sys/fs/cgroup/cpuset.cpus.isolated", limit_of_host(), &group);
	return (boot.has[2] || group.has[2]) && (boot.has[3] || group.has[3]);
}

static bool
watchdog_fine(void)
{
	static struct bools mask;

	if (first_line_is("proc/sys/kernel/nmi_watchdog", "0") &&
	    first_line_is("proc/sys/kernel/soft_watchdog", "0"))
		return true;
	list_file("proc/sys/kernel/watchdog_cpumask", limit_of_host(), &mask);
	return mask.valid && !hits_workers(&mask);
}

/** The CPUs of a parameter of the kernel; those of several of that name together. */
static void
param(const char *name, struct bools *all)
{
	static struct bools one;
	char copy[4200], *word, *rest = copy;
	unsigned int i;

	memset(all, 0, sizeof(*all));
	if (strlen(text_of("proc/cmdline")) != get_file("proc/cmdline")->len)
		return;
	snprintf(copy, sizeof(copy), "%s", text_of("proc/cmdline"));
	while ((word = strtok_r(rest, " \t\n", &rest)) != NULL && strcmp(word, "--") != 0) {
		if (strncmp(word, name, strlen(name)) != 0 || word[strlen(name)] != '=')
			continue;
		list_text(word + strlen(name) + 1, limit_of_host(), &one);
		for (i = 0; i < MAX_CPUS; i++)
			all->has[i] = all->has[i] || one.has[i];
	}
}

static bool
rcu_fine(void)
{
	static struct bools nohz, rcu;

	list_file("sys/devices/system/cpu/nohz_full", limit_of_host(), &nohz);
	param("rcu_nocbs", &rcu);
	return (nohz.has[2] || rcu.has[2]) && (nohz.has[3] || rcu.has[3]);
}

static bool
siblings_fine(void)
{
	static struct bools set;
	char path[80];
	unsigned int cpu;

	for (cpu = 2; cpu <= 3; cpu++) {
		snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/topology/"
			 "thread_siblings_list", cpu);
		list_file(path, limit_of_host(), &set);
		if (!set.valid || set.n != 1 || !set.has[cpu])
			return false;
	}
	return true;
}

static bool
thp_fine(void)
{
	char line[128];
	const char *text = text_of("sys/kernel/mm/transparent_hugepage/enabled");

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	return strstr(line, "[never]") != NULL || strstr(line, "[madvise]") != NULL;
}

static bool
online_fine(bool workers)
{
	static struct bools set;

	list_file("sys/devices/system/cpu/online", limit_of_host(), &set);
	return set.valid && (workers ? has_workers(&set) :
			      set.n > (unsigned int)(set.has[2] + set.has[3]));
}

static bool
masks_fine(const char *path)
{
	static struct bools set;

	mask_file(path, limit_of_host(), &set);
	return set.valid && !hits_workers(&set) && set.n != 0;
}

static bool
nohz_fine(void)
{
	static struct bools set;

	list_file("sys/devices/system/cpu/nohz_full", limit_of_host(), &set);
	return has_workers(&set);
}

/** All ways that a file gives of one cache. */
static unsigned int
ways_of(const char *path, unsigned int wanted)
{
	unsigned int ways = 0, domain, value;
	const char *p = text_of(path);
	static char name[4200];
	int n = 0;

	while (p += strspn(p, " \n"), sscanf(p, "%4199[^:\n]:%n", name, &n) == 1 && n != 0) {
		p += n;
		n = 0;
		if (strcmp(name, "L3") != 0 && strcmp(name, "L3CODE") != 0 &&
		    strcmp(name, "L3DATA") != 0 && strcmp(name, "MB") != 0) {
			p += strcspn(p, "\n");
			continue;
		}
		while (sscanf(p, name[0] == 'M' ? "%u=%u%n" : "%u=%x%n", &domain, &value, &n) == 2) {
			if (name[0] != 'M' && domain == wanted)
				ways |= value;
			p += n;
			p += *p == ';';
		}
	}
	return ways;
}

static bool
has_ways(unsigned int domain)
{
	const unsigned int own = ways_of("sys/fs/resctrl/aether/schemata", domain);

	return own != 0 && (ways_of("sys/fs/resctrl/schemata", domain) & own) == 0;
}

/** Both workers in the group, whose ways the default one has not, in the caches of CPUs 2 and 3. */
static bool
cache_fine(void)
{
	static const char path[] = "sys/devices/system/cpu/cpu2/cache/index3/id";
	const char *text = text_of(path);
	const long long id = is_text(path) && strcmp(text + strspn(text, "0123456789"), "\n") == 0 ?
			     number_of(path) : -1;
	static struct bools set;

	list_text(text_of("sys/fs/resctrl/aether/cpus_list"), MAX_CPUS, &set);
	if (!set.valid || !set.has[2] || !set.has[3])
		return false;
	/* If it cannot be told which cache it is, each that there is. */
	return id >= 0 && id <= UINT32_MAX ? has_ways(0) && has_ways(id) :
	       (ways_of("sys/fs/resctrl/schemata", 0) == 0 || has_ways(0)) &&
	       (ways_of("sys/fs/resctrl/schemata", 1) == 0 || has_ways(1));
}

static bool
governors_fine(void)
{
	return first_line_is("sys/devices/system/cpu/cpu2/cpufreq/scaling_governor",
			     "performance") &&
	       first_line_is("sys/devices/system/cpu/cpu3/cpufreq/scaling_governor",
			     "performance");
}

bool
oracle_may_be_fine(const char *rule, oracle_get get)
{
	const long long ksm = (get_file = get, number_of("sys/kernel/mm/ksm/run"));

#define RULE(name, fine) \
	if (strcmp(rule, name) == 0) \
		return fine
	RULE("cpu.online", online_fine(true));
	RULE("cpu.housekeeping", online_fine(false));
	RULE("cpu.isolated", isolated_fine());
	RULE("cpu.smt", siblings_fine());
	RULE("kernel.nohz_full", nohz_fine());
	RULE("kernel.rcu", rcu_fine());
	RULE("kernel.workqueues", masks_fine("sys/devices/virtual/workqueue/cpumask"));
	RULE("kernel.watchdog", watchdog_fine());
	RULE("kernel.mce", number_of("sys/devices/system/machinecheck/machinecheck3/ignore_ce") > 0 ||
	     strcmp(text_of("sys/devices/system/machinecheck/machinecheck3/check_interval"),
		    "0\n") == 0);
	RULE("irq.delivered", irqs_fine(false));
	RULE("irq.allowed", irqs_fine(true));
	RULE("irq.default", masks_fine("proc/irq/default_smp_affinity"));
	RULE("task.pinned", tasks_fine(USER_BOUND));
	RULE("task.allowed", tasks_fine(USER_ALLOWED));
	RULE("task.kthreads", tasks_fine(KERNEL_MOVABLE));
	RULE("memory.ksm", ksm == 0 || ksm == 2);
	RULE("memory.thp", thp_fine());
	RULE("memory.stat_interval", number_of("proc/sys/vm/stat_interval") >= 10);
	RULE("sched.rt_throttling", first_line_is("proc/sys/kernel/sched_rt_runtime_us", "-1"));
	RULE("memory.cache_group", cache_fine());
	RULE("power.governor", governors_fine());
	return true;
}
