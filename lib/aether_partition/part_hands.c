/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>

#include "part_balance.h"
#include "part_hands.h"

static int
write_file(void *ctx, const struct part_root *root, const char *path, const char *text)
{
	const size_t len = strlen(text);
	ssize_t done;
	int fd, ret = 0;

	RTE_SET_USED(ctx);
	fd = openat(root->fd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	/* The kernel takes what one call brings as the whole value. */
	do {
		done = write(fd, text, len);
	} while (done < 0 && errno == EINTR);
	if (done != (ssize_t)len)
		ret = done < 0 ? -errno : -EIO;
	close(fd);
	return ret;
}

static int
make_folder(void *ctx, const struct part_root *root, const char *path)
{
	RTE_SET_USED(ctx);
	return mkdirat(root->fd, path, 0755) == 0 ? 0 : -errno;
}

static int
remove_folder(void *ctx, const struct part_root *root, const char *path)
{
	RTE_SET_USED(ctx);
	return unlinkat(root->fd, path, AT_REMOVEDIR) == 0 ? 0 : -errno;
}

static int
bind_task(void *ctx, const struct part_root *root, pid_t pid, const struct part_cpus *cpus)
{
	/* The kernel reads a mask of any size, and takes missing words for 0. */
	RTE_SET_USED(ctx);
	RTE_SET_USED(root);
	return sched_setaffinity(pid, sizeof(cpus->words), (const cpu_set_t *)cpus->words) == 0 ?
	       0 : -errno;
}

static int
mount_one(void *ctx, const struct part_root *root, const char *path, const char *type)
{
	char at[64];

	RTE_SET_USED(ctx);
	/* There is no mount relative to an open folder. */
	snprintf(at, sizeof(at), "/proc/self/fd/%d/%.32s", root->fd, path);
	if (type == NULL)
		return umount2(at, UMOUNT_NOFOLLOW) == 0 ? 0 : -errno;
	return mount(type, at, type, MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 ? 0 : -errno;
}

static int
ask_balance(void *ctx, const struct part_root *root, const char *path, const char *request,
	    char *answer, size_t size)
{
	RTE_SET_USED(ctx);
	/* What is in a captured tree is no socket of that host. */
	return !root->live ? -ENOENT :
	       part_balance_ask(root, path, PART_BALANCE_CHANGE_MS, request, answer, size);
}

static int
hold_file(void *ctx, const struct part_root *root, const char *path, const void *bytes, size_t len)
{
	int fd = openat(root->fd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t done;
	int ret;

	RTE_SET_USED(ctx);
	if (fd < 0)
		return -errno;
	do {
		done = write(fd, bytes, len);
	} while (done < 0 && errno == EINTR);
	if (done == (ssize_t)len)
		return fd;
	ret = done < 0 ? -errno : -EIO;
	close(fd);
	return ret;
}

const struct part_hands part_hands_live = {
	.write = write_file,
	.make_folder = make_folder,
	.remove_folder = remove_folder,
	.bind = bind_task,
	.mount = mount_one,
	.ask = ask_balance,
	.hold = hold_file,
};
