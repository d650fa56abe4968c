/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Control groups: which CPUs this process may use at all, and which are taken out of the
 * scheduler's reach at run time (Documentation/admin-guide/cgroup-v2.rst, "Cpuset", and
 * cgroup-v1/cpusets.rst).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_host.h"
#include "part_text.h"

#define MAX_DEPTH	8
#define MAX_GROUPS	4096	/* of a hierarchy; what has more is unknown */

static const char *const v2_mounts[] = { "sys/fs/cgroup", "sys/fs/cgroup/unified" };
#define V1_MOUNT	"sys/fs/cgroup/cpuset"

/** The group of this process in the hierarchy with this prefix of its line ("0::", ":cpuset:"). */
static bool
own_group(const char *text, const char *prefix, char *group, size_t size)
{
	const char *found = strstr(text, prefix);
	size_t len;

	if (found == NULL || (prefix[0] != ':' && found != text && found[-1] != '\n'))
		return false;
	found += strlen(prefix);
	len = strcspn(found, "\n");
	if (len == 0 || len >= size || found[0] != '/' || memmem(found, len, "..", 2) != NULL)
		return false;
	memcpy(group, found, len);
	/* "/" is "" behind the mount point. */
	group[len == 1 ? 0 : len] = '\0';
	return true;
}

/** The file in the group, or in the nearest group above that has it. */
static void
read_inherited(struct part_root *root, const char *mount, const char *group, const char *file,
	       unsigned int limit, struct part_set *set)
{
	char path[512], at[256], *slash;

	snprintf(at, sizeof(at), "%s", group);
	for (;;) {
		snprintf(path, sizeof(path), "%s%s/%s", mount, at, file);
		part_read_set(root, path, limit, false, set);
		slash = strrchr(at, '/');
		if (set->state != PART_ABSENT || slash == NULL)
			break;
		*slash = '\0';
	}
}

/** Looking for groups below one. */
struct walk {
	struct part_root *root;
	struct part_host *host;
	const char *path;
	unsigned int depth, *groups;
	enum part_state *state;
	void (*look)(struct walk *walk, const char *path);
	struct part_cpus *cpus;
	const struct part_cpus *workers;
};

static bool
walk_into(void *ctx, const char *name)
{
	struct walk *walk = ctx, below = *walk;
	char path[512];
	mode_t mode;

	if (snprintf(path, sizeof(path), "%s/%s", walk->path, name) >= (int)sizeof(path) ||
	    part_mode(walk->root, path, &mode) != PART_KNOWN || (mode & 0170000) != 0040000)
		return true;
	if (++*walk->groups > MAX_GROUPS || walk->depth == MAX_DEPTH) {
		*walk->state = PART_GARBLED;
		return false;
	}
	walk->look(walk, path);
	below.path = path;
	below.depth++;
	part_list(walk->root, path, walk_into, &below);
	return true;
}

/** A v2 group whose CPUs are an isolated partition. @return whether it is one */
static bool
read_partition(struct walk *walk, const char *path, struct part_cpus *cpus)
{
	struct part_set set = { 0 };
	char file[600];

	if (part_read(walk->root, "%s/cpuset.cpus.partition", path) != PART_KNOWN ||
	    strcmp(walk->root->text, "isolated\n") != 0)
		return false;
	snprintf(file, sizeof(file), "%s/cpuset.cpus.effective", path);
	part_read_set(walk->root, file, walk->host->limit, false, &set);
	*cpus = set.cpus;
	return set.state == PART_KNOWN;
}

static void
look_for_partition(struct walk *walk, const char *path)
{
	struct part_cpus cpus;

	if (read_partition(walk, path, &cpus))
		part_cpus_or(walk->cpus, &cpus);
}

/** One that has all the workers. */
static void
look_for_home(struct walk *walk, const char *path)
{
	struct part_cpus cpus;

	if (walk->host->home[0] != '\0' || strlen(path) >= sizeof(walk->host->home) ||
	    !read_partition(walk, path, &cpus) || !part_cpus_within(walk->workers, &cpus))
		return;
	strcpy(walk->host->home, path);
	walk->host->home_cpus = cpus;
}

/** A v1 group among whose CPUs tasks are moved about. */
static void
look_for_balancing(struct walk *walk, const char *path)
{
	struct part_set set = { 0 };
	char file[600];

	if (part_read(walk->root, "%s/cpuset.sched_load_balance", path) == PART_KNOWN &&
	    strcmp(walk->root->text, "0\n") == 0)
		return;
	snprintf(file, sizeof(file), "%s/cpuset.effective_cpus", path);
	part_read_set(walk->root, file, walk->host->limit, false, &set);
	if (set.state == PART_KNOWN)
		part_cpus_or(walk->cpus, &set.cpus);
	else
		*walk->state = set.state;
}

static void
walk_groups(struct part_root *root, struct part_host *host, const char *mount,
	    void (*look)(struct walk *walk, const char *path), struct part_set *set)
{
	unsigned int groups = 0;
	struct walk walk = {
		.root = root, .host = host, .path = mount, .groups = &groups,
		.state = &set->state, .look = look, .cpus = &set->cpus,
	};

	part_list(root, mount, walk_into, &walk);
}

/** Since 6.7 the root says which CPUs are in isolated partitions; before, each group does. */
static void
read_isolated_v2(struct part_root *root, struct part_host *host, const char *mount)
{
	struct part_set *set = &host->sets[PART_SET_CGROUP_ISOLATED];
	char path[64];

	snprintf(path, sizeof(path), "%s/cpuset.cpus.isolated", mount);
	part_read_set(root, path, host->limit, false, set);
	set->path = "sys/fs/cgroup/cpuset.cpus.isolated";
	if (set->state != PART_ABSENT)
		return;
	set->state = PART_KNOWN;
	walk_groups(root, host, mount, look_for_partition, set);
}

/** Where an application could be started that may not use the workers' CPUs from here. */
static void
find_home(struct part_root *root, const struct part_cpus *workers, struct part_host *host,
	  const char *mount)
{
	enum part_state state = PART_KNOWN;
	unsigned int groups = 0;
	struct walk walk = {
		.root = root, .host = host, .path = mount, .groups = &groups, .state = &state,
		.look = look_for_home, .workers = workers,
	};

	part_list(root, mount, walk_into, &walk);
}

/** Without load balancing at the top, what no group balances is left alone. */
static void
read_isolated_v1(struct part_root *root, struct part_host *host)
{
	struct part_set *set = &host->sets[PART_SET_CGROUP_ISOLATED];
	struct part_set balanced = { .state = PART_KNOWN };

	set->path = V1_MOUNT "/cpuset.sched_load_balance";
	set->state = part_read(root, "%s", set->path);
	if (set->state != PART_KNOWN || strcmp(root->text, "0\n") != 0)
		return;
	walk_groups(root, host, V1_MOUNT, look_for_balancing, &balanced);
	set->state = balanced.state;
	if (balanced.state != PART_KNOWN)
		return;
	set->cpus = host->sets[PART_SET_ONLINE].cpus;
	part_cpus_without(&set->cpus, &balanced.cpus);
}

void
part_read_cgroups(struct part_root *root, const struct part_cpus *workers, struct part_host *host)
{
	struct part_set *own = &host->sets[PART_SET_CGROUP_OWN];
	char v1[256] = "", v2[256] = "";
	const char *mount = NULL;
	bool has_v1, has_v2;
	unsigned int i;

	own->path = "proc/self/cgroup";
	host->sets[PART_SET_CGROUP_ISOLATED].path = "sys/fs/cgroup/cpuset.cpus.isolated";
	own->state = part_read(root, "proc/self/cgroup");
	has_v1 = own_group(root->text, ":cpuset:", v1, sizeof(v1));
	has_v2 = own_group(root->text, "0::", v2, sizeof(v2));
	for (i = 0; i < 2 && mount == NULL; i++)
		if (part_read(root, "%s/cpuset.cpus.effective", v2_mounts[i]) != PART_ABSENT)
			mount = v2_mounts[i];
	if (mount != NULL) {
		host->cgroup_v2 = true;
		read_isolated_v2(root, host, mount);
		if (has_v2)
			read_inherited(root, mount, v2, "cpuset.cpus.effective", host->limit, own);
		snprintf(host->cgroup, sizeof(host->cgroup), "%s", v2);
		if (workers != NULL && own->state == PART_KNOWN &&
		    !part_cpus_within(workers, &own->cpus))
			find_home(root, workers, host, mount);
	} else {
		read_isolated_v1(root, host);
		if (has_v1)
			read_inherited(root, V1_MOUNT, v1, "cpuset.effective_cpus", host->limit,
				       own);
		snprintf(host->cgroup, sizeof(host->cgroup), "%s", v1);
	}
	own->path = "the cpuset of this process (/proc/self/cgroup)";
	if (mount == NULL ? !has_v1 : !has_v2)
		own->state = own->state == PART_KNOWN ? PART_ABSENT : own->state;
}
