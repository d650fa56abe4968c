/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A cgroup of our own that is an isolated partition: what isolcpus= does, while the kernel runs
 * (Documentation/admin-guide/cgroup-v2.rst, cpuset.cpus.partition).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "part_knob.h"
#include "part_text.h"

#define PATIENCE	64	/* times that new processes of the group are moved out of it */

int
part_group_read(struct part_bench *bench, const char *path, char **value)
{
	enum part_state state = part_read(bench->root, "%s/cpuset.cpus", path);
	mode_t mode;

	if (state == PART_KNOWN)
		bench->root->text[strcspn(bench->root->text, "\n")] = '\0';
	else if (part_mode(bench->root, path, &mode) == PART_ABSENT)
		bench->root->text[0] = '\0';
	/* One that has no CPUs yet is still to be removed. */
	*value = strdup(state == PART_KNOWN && bench->root->text[0] == '\0' ? "none" :
			state == PART_KNOWN ? bench->root->text :
			part_mode(bench->root, path, &mode) == PART_KNOWN ? "none" :
			PART_GROUP_ABSENT);
	return *value == NULL ? -ENOMEM : 0;
}

static int
check_partition(struct part_bench *bench, const char *path)
{
	if (part_read(bench->root, "%s/cpuset.cpus.partition", path) != PART_KNOWN)
		return -EIO;
	if (strcmp(bench->root->text, "isolated\n") == 0)
		return 0;
	part_text_copy(bench->why, sizeof(bench->why), bench->root->text);
	return -EBUSY;
}

int
part_group_make(struct part_bench *bench, const char *path, const char *cpus)
{
	char file[256];
	int ret = part_bench_step(bench, path);

	if (ret == 0)
		ret = bench->hands->make_folder(bench->hands->ctx, bench->root, path);
	if (ret == -EEXIST)
		ret = 0;
	snprintf(file, sizeof(file), "%s/cpuset.cpus", path);
	if (ret == 0)
		ret = part_bench_write(bench, file, cpus);
	snprintf(file, sizeof(file), "%s/cpuset.cpus.partition", path);
	if (ret == 0)
		ret = part_bench_write(bench, file, "isolated");
	return ret != 0 ? ret : check_partition(bench, path);
}

/** Move one process to where the owner was, else to the top. */
static int
move_out(struct part_bench *bench, const char *mount, const char *from, const char *pid)
{
	char file[512];
	int ret = -ENOENT;

	snprintf(file, sizeof(file), "%s%s/cgroup.procs", mount, from);
	if (from[0] != '\0')
		ret = part_bench_write(bench, file, pid);
	if (ret != 0 && ret != -ESRCH) {
		snprintf(file, sizeof(file), "%s/cgroup.procs", mount);
		ret = part_bench_write(bench, file, pid);
	}
	return ret == -ESRCH ? 0 : ret;
}

static int
evacuate(struct part_bench *bench, const char *path, const char *from)
{
	char mount[128], *text, *rest, *pid;
	int ret = 0;

	snprintf(mount, sizeof(mount), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (part_read(bench->root, "%s/cgroup.procs", path) != PART_KNOWN ||
	    bench->root->len == 0)
		return -ENOENT;
	text = strdup(bench->root->text);
	if (text == NULL)
		return -ENOMEM;
	for (rest = text; ret == 0 && (pid = strtok_r(rest, "\n", &rest)) != NULL;)
		ret = move_out(bench, mount, from, pid);
	free(text);
	return ret;
}

/** Groups are named for their owners. */
static const char *
from_of(const struct part_journal *journal, const char *path)
{
	const char *name = strrchr(path, '/');
	const struct part_owner *owner = NULL;
	unsigned int id;

	if (name != NULL && sscanf(name, "/aether-%u", &id) == 1)
		owner = part_journal_owner(journal, id);
	return owner == NULL ? "" : owner->from;
}

struct nested {
	struct part_bench *bench;
	const char *path;
};

static bool
look_at(void *ctx, const char *name)
{
	const struct nested *look = ctx;
	char path[512];
	mode_t mode;

	snprintf(path, sizeof(path), "%s/%s", look->path, name);
	if (part_mode(look->bench->root, path, &mode) != PART_KNOWN || !S_ISDIR(mode))
		return true;
	snprintf(look->bench->why, sizeof(look->bench->why), "somebody has made the group '%.64s' in "
		 "it: remove that (rmdir), then aether-partition restore", name);
	return false;
}

/** Say what keeps a group from being removed. */
static void
explain_busy(struct part_bench *bench, const char *path)
{
	struct nested look = { bench, path };

	snprintf(bench->why, sizeof(bench->why), "processes in it begin others faster than they are "
		 "moved out");
	part_list(bench->root, path, look_at, &look);
}

int
part_group_remove(struct part_bench *bench, const struct part_knob *knob)
{
	const char *from = from_of(bench->journal, knob->path);
	unsigned int i;
	char file[256];
	int ret;

	snprintf(file, sizeof(file), "%s/cpuset.cpus.partition", knob->path);
	ret = part_bench_write(bench, file, "member");
	/* It was about to be made when its owner ended: there may be no such file in it yet. */
	if (ret != 0 && ret != -ENOENT)
		return ret;
	for (i = 0; i < PATIENCE; i++) {
		ret = evacuate(bench, knob->path, from);
		if (ret != 0 && ret != -ENOENT)
			return ret;
		ret = part_bench_step(bench, knob->path);
		if (ret == 0)
			ret = bench->hands->remove_folder(bench->hands->ctx, bench->root,
							  knob->path);
		if (ret != -EBUSY)
			break;
		/* A process that has just begun there, or has not quite ended. */
		usleep(1000);
	}
	if (ret == -EBUSY)
		explain_busy(bench, knob->path);
	return ret == -ENOENT ? 0 : ret;
}
