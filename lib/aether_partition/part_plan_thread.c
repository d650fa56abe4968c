/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * When a partition is made, or goes, the kernel gives its threads all CPUs that are in none, also
 * those that were bound to a node or to where their interrupt goes (kernel/cgroup/cpuset.c).
 */

#include <stdlib.h>
#include <string.h>

#include "part_plan.h"
#include "part_text.h"

/* Of a task, field 9 of its stat (include/linux/sched.h). */
#define PF_KTHREAD		0x00200000
#define PF_NO_SETAFFINITY	0x04000000

struct look {
	struct part_root *root;
	const struct part_host *host;
	struct part_wants *wants;
};

static bool
look_at(void *ctx, const char *name)
{
	static const char key[] = "\nCpus_allowed_list:\t";
	struct look *look = ctx;
	struct part_cpus cpus;
	uint64_t pid, flags, start;
	const char *line;

	if (!part_number(name, &pid) ||
	    part_read(look->root, "proc/%s/stat", name) != PART_KNOWN)
		return true;
	flags = strtoull(part_text_stat(look->root->text, 9), NULL, 10);
	start = strtoull(part_text_stat(look->root->text, 22), NULL, 10);
	if ((flags & PF_KTHREAD) == 0 || (flags & PF_NO_SETAFFINITY) != 0 ||
	    part_read(look->root, "proc/%s/status", name) != PART_KNOWN)
		return true;
	line = strstr(look->root->text, key);
	if (line == NULL || part_cpus_parse(line + strlen(key), look->host->limit, &cpus) != 0)
		return true;
	/* What partitions have that are there already nobody has, who is not bound, either. */
	part_cpus_or(&cpus, &look->host->sets[PART_SET_CGROUP_ISOLATED].cpus);
	if (!part_cpus_within(&look->host->sets[PART_SET_ONLINE].cpus, &cpus))
		part_want_add(look->wants, PART_KIND_THREAD, "", "proc/%s@%llu", name,
			      (unsigned long long)start);
	return true;
}

void
part_plan_threads(struct part_root *root, const struct part_host *host, struct part_wants *wants)
{
	struct look look = { root, host, wants };

	part_list(root, "proc", look_at, &look);
}
