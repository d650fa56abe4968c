/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What others do that is in the way when a setting is to be put back. */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "part_fix.h"
#include "part_text.h"

#define MOST_NAMED	8	/* processes; of more there is the number */

/** The CPU whose folder a path is in. @return PART_MAX_CPUS: none */
static unsigned int
cpu_of(const char *path)
{
	unsigned int cpu;

	if (sscanf(path, "sys/devices/system/cpu/cpu%u/", &cpu) == 1 ||
	    sscanf(path, "sys/devices/system/cpu/cpufreq/policy%u/", &cpu) == 1 ||
	    sscanf(path, "sys/devices/system/machinecheck/machinecheck%u/", &cpu) == 1)
		return cpu;
	return PART_MAX_CPUS;
}

static bool
is_offline(const struct part_work *work, const struct part_knob *knob)
{
	const unsigned int cpu = cpu_of(knob->path);
	struct part_cpus cpus;

	if (cpu < PART_MAX_CPUS)
		return !part_cpus_has(&work->bench.online, cpu);
	return (knob->kind == PART_KIND_LIST || knob->kind == PART_KIND_TASK) &&
	       part_cpus_parse(knob->target, PART_MAX_CPUS, &cpus) == 0 &&
	       !part_cpus_intersect(&cpus, &work->bench.online);
}

/** Of a folder: whether it has folders in it. */
struct folders {
	struct part_root *root;
	const char *path;
	bool any;
};

static bool
is_folder(void *ctx, const char *name)
{
	struct folders *look = ctx;
	char path[512];
	mode_t mode;

	snprintf(path, sizeof(path), "%s/%s", look->path, name);
	look->any = part_mode(look->root, path, &mode) == PART_KNOWN && S_ISDIR(mode);
	return !look->any;
}

/** An interrupt that is still there, without any driver: each that has it has a folder in its own. */
static bool
is_unhandled(struct part_work *work, const struct part_knob *knob)
{
	char folder[64];
	struct folders look = { .root = &work->root, .path = folder };
	unsigned int irq;

	if (sscanf(knob->path, "proc/irq/%u/", &irq) != 1)
		return false;
	snprintf(folder, sizeof(folder), "proc/irq/%u", irq);
	return part_list(&work->root, folder, is_folder, &look) == PART_KNOWN && !look.any;
}

const char *
part_obstacle(struct part_work *work, const struct part_knob *knob)
{
	return is_offline(work, knob) ? "its CPU is off-line" :
	       is_unhandled(work, knob) ? "no driver has this interrupt" : NULL;
}

struct look {
	struct part_work *work;
	const char *mount;
	bool used;
};

/** Files of a group that say something else than when it was made. */
static bool
has_cpuset(struct part_root *root, const char *mount, const char *group)
{
	static const struct {
		const char *file, *made;
	} files[] = {
		{ "cpuset.cpus", "\n" },
		{ "cpuset.mems", "\n" },
		{ "cpuset.cpus.exclusive", "\n" },
		{ "cpuset.cpus.partition", "member\n" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(files); i++)
		if (part_read(root, "%s/%s/%s", mount, group, files[i].file) == PART_KNOWN &&
		    root->len != 0 && strcmp(root->text, files[i].made) != 0)
			return true;
	return part_read(root, "%s/%s/cgroup.subtree_control", mount, group) == PART_KNOWN &&
	       strstr(root->text, "cpuset") != NULL;
}

static bool
look_at(void *ctx, const char *name)
{
	struct look *look = ctx;
	struct part_root *root = &look->work->root;
	char path[512];
	mode_t mode;

	snprintf(path, sizeof(path), "%s/%s", look->mount, name);
	if (part_journal_knob(&look->work->journal, PART_KIND_GROUP, path) == NULL &&
	    part_mode(root, path, &mode) == PART_KNOWN && S_ISDIR(mode))
		look->used = has_cpuset(root, look->mount, name);
	return !look->used;
}

bool
part_is_used(struct part_work *work, const struct part_knob *controller)
{
	char mount[128];
	struct look look = { .work = work, .mount = mount };

	snprintf(mount, sizeof(mount), "%.*s",
		 (int)(strrchr(controller->path, '/') - controller->path), controller->path);
	part_list(&work->root, mount, look_at, &look);
	return look.used;
}

void
part_say_inside(struct part_work *work, const struct part_knob *group)
{
	char *text, *rest, *word, comm[32];
	unsigned int n = 0;
	uint64_t pid;

	if (part_read(&work->root, "%s/cgroup.procs", group->path) != PART_KNOWN)
		return;
	text = strdup(work->root.text);
	for (rest = text; text != NULL && (word = strtok_r(rest, "\n", &rest)) != NULL;) {
		/* Who puts back at its own end need not be told. */
		if (!part_number(word, &pid) || pid == (uint64_t)getpid() || ++n > MOST_NAMED)
			continue;
		part_task_name(work, pid, comm, sizeof(comm));
		part_say(work, "process %s (%s) is in the partition /%s still: it goes on, but its "
			 "CPUs are everybody's now", word, comm, group->path);
	}
	if (n > MOST_NAMED)
		part_say(work, "and so are %u more", n - MOST_NAMED);
	free(text);
}
