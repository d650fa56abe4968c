/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "part_root.h"

#define FLAGS	(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
/* Of a file from procfs that gives its text in one piece, this much does not come in two. */
#define SURELY_WHOLE	1024
#define BEGINNING_MAX	4096
#define PATIENCE	1000

/** A captured tree is somebody else's: its links must not lead out of it. */
static int
open_in(const struct part_root *root, const char *path, int flags)
{
	struct open_how how = { .flags = flags, .resolve = RESOLVE_IN_ROOT };
	unsigned int i;
	int fd = -1;

	if (root->live)
		return openat(root->fd, path, flags);
	/* A file that is moved or mounted, wherever that is: openat2(2) wants to be asked again. */
	for (i = 0; i < PATIENCE && (i == 0 || (fd < 0 && errno == EAGAIN)); i++)
		fd = syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	return fd;
}

static enum part_state
state_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return PART_DENIED;
	case ENOENT:
	case ENOTDIR:
	case ESRCH:
	case ENODEV:
	case ENXIO:
		return PART_ABSENT;
	default:
		return PART_GARBLED;
	}
}

static void
record(const struct part_root *root, enum rte_aether_partition_file kind, const char *path,
       unsigned int mode)
{
	char full[1024];

	if (root->recorder == NULL)
		return;
	snprintf(full, sizeof(full), "%s%s", root->folder, strcmp(path, ".") == 0 ? "" : path);
	root->recorder->seen(root->recorder->ctx, kind, full, mode, root->text, root->len);
}

/** The mode of a file that is there; what may not be read has none. */
static unsigned int
mode_of(const struct part_root *root, const char *path, enum part_state state)
{
	struct stat st;

	if (root->recorder == NULL || state == PART_DENIED ||
	    fstatat(root->fd, path, &st, 0) != 0)
		return 0;
	return st.st_mode & 0777;
}

int
part_root_open(struct part_root *root, const char *path)
{
	root->live = path == NULL || strcmp(path, "/") == 0;
	root->len = 0;
	root->text[0] = '\0';
	root->folder[0] = '\0';
	root->recorder = NULL;
	root->fd = open(path == NULL ? "/" : path, FLAGS | O_DIRECTORY);
	return root->fd < 0 ? -errno : 0;
}

enum part_state
part_root_enter(struct part_root *at, const struct part_root *root, const char *path)
{
	int len;

	at->fd = -1;
	at->live = root->live;
	at->len = 0;
	at->text[0] = '\0';
	at->recorder = root->recorder;
	len = snprintf(at->folder, sizeof(at->folder), "%s%s/", root->folder, path);
	if (len >= (int)sizeof(at->folder))
		return PART_GARBLED;
	at->fd = open_in(root, path, FLAGS | O_DIRECTORY);
	return at->fd < 0 ? state_of(errno) : PART_KNOWN;
}

void
part_root_close(struct part_root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	root->fd = -1;
}

/** How much of a file is wanted. */
enum extent { ALL, ALL_IN_ONE_PIECE, BEGINNING };

static enum part_state
read_file(struct part_root *root, const char *path, enum extent extent)
{
	const size_t room = extent == BEGINNING ? BEGINNING_MAX : sizeof(root->text) - 1;
	ssize_t got;
	int fd;

	root->len = 0;
	root->cut = false;
	root->text[0] = '\0';
	fd = open_in(root, path, FLAGS);
	if (fd < 0)
		return state_of(errno);
	do {
		got = read(fd, root->text + root->len, room - root->len);
		if (got > 0)
			root->len += got;
	} while ((got > 0 && root->len < room && extent != BEGINNING &&
		  !(extent == ALL_IN_ONE_PIECE && root->len < SURELY_WHOLE)) ||
		 (got < 0 && errno == EINTR));
	if (got < 0)
		root->len = 0;
	root->text[root->len] = '\0';
	root->cut = root->len == room;
	/* Before close(), which may set errno. */
	if (got < 0) {
		enum part_state state = state_of(errno);

		close(fd);
		return state;
	}
	close(fd);
	return PART_KNOWN;
}

static enum part_state
read_recorded(struct part_root *root, const char *path, enum extent extent)
{
	enum part_state state = read_file(root, path, extent);

	if (state == PART_KNOWN || state == PART_DENIED)
		record(root, RTE_AETHER_PARTITION_REGULAR, path, mode_of(root, path, state));
	return state;
}

enum part_state
part_read_whole(struct part_root *root, const char *path)
{
	return read_recorded(root, path, ALL_IN_ONE_PIECE);
}

enum part_state
part_read_beginning(struct part_root *root, const char *path)
{
	return read_recorded(root, path, BEGINNING);
}

enum part_state
part_read(struct part_root *root, const char *format, ...)
{
	char path[512];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		root->len = 0;
		root->text[0] = '\0';
		return PART_GARBLED;
	}
	return read_recorded(root, path, ALL);
}

enum part_state
part_read_at(struct part_root *root, const char *path, uint64_t offset, void *to, size_t len)
{
	enum part_state state;
	ssize_t got;
	int fd = open_in(root, path, FLAGS);

	if (fd < 0)
		return state_of(errno);
	got = pread(fd, to, len, offset);
	/* A device that has no positions. */
	if (got < 0 && errno == ESPIPE)
		got = read(fd, to, len);
	if (got < 0)
		state = state_of(errno);
	else
		state = (size_t)got == len ? PART_KNOWN : PART_GARBLED;
	close(fd);
	return state;
}

/** The thing itself, be it a link. */
static int
open_path(const struct part_root *root, const char *path)
{
	return open_in(root, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

enum part_state
part_read_link(struct part_root *root, const char *path)
{
	int fd = open_path(root, path);
	ssize_t len;

	root->len = 0;
	root->text[0] = '\0';
	if (fd < 0)
		return state_of(errno);
	len = readlinkat(fd, "", root->text, sizeof(root->text) - 1);
	close(fd);
	if (len <= 0)
		return PART_GARBLED;
	root->len = len;
	root->text[len] = '\0';
	record(root, RTE_AETHER_PARTITION_LINK, path, 0777);
	return PART_KNOWN;
}

enum part_state
part_mode(struct part_root *root, const char *path, mode_t *mode)
{
	int fd = open_path(root, path);
	struct stat st;

	if (fd < 0)
		return state_of(errno);
	if (fstat(fd, &st) != 0)
		st.st_mode = 0;
	close(fd);
	*mode = st.st_mode;
	return PART_KNOWN;
}

/**
 * That a folder or link is there says something, as in /proc/irq/N. Links of /proc (self) are what
 * is read through, and what has a number for a name may be a task that ends before it is read.
 */
static void
record_entry(struct part_root *root, const char *folder, const struct dirent *entry)
{
	const bool in_proc = strncmp(root->folder, "proc/", 5) == 0;
	char path[512];

	if (root->recorder == NULL || entry->d_name[strspn(entry->d_name, "0123456789")] == '\0')
		return;
	snprintf(path, sizeof(path), "%s%s%s", strcmp(folder, ".") == 0 ? "" : folder,
		 strcmp(folder, ".") == 0 ? "" : "/", entry->d_name);
	if (entry->d_type == DT_DIR)
		record(root, RTE_AETHER_PARTITION_FOLDER, path, 0755);
	else if (entry->d_type == DT_LNK && !in_proc)
		part_read_link(root, path);
	root->len = 0;
	root->text[0] = '\0';
}

enum part_state
part_list(struct part_root *root, const char *path, bool (*visit)(void *ctx, const char *name),
	  void *ctx)
{
	enum part_state state = PART_KNOWN;
	struct dirent *entry;
	DIR *folder;
	int fd = open_in(root, path, FLAGS | O_DIRECTORY);

	if (fd < 0)
		return state_of(errno);
	folder = fdopendir(fd);
	if (folder == NULL) {
		close(fd);
		return PART_GARBLED;
	}
	root->len = 0;
	root->text[0] = '\0';
	record(root, RTE_AETHER_PARTITION_FOLDER, path, 0755);
	for (errno = 0; (entry = readdir(folder)) != NULL; errno = 0) {
		if (entry->d_name[0] == '.')
			continue;
		record_entry(root, path, entry);
		if (!visit(ctx, entry->d_name))
			break;
	}
	if (entry == NULL && errno != 0)
		state = state_of(errno);
	closedir(folder);
	return state;
}

const char *
part_state_text(enum part_state state, const char *path)
{
	switch (state) {
	case PART_KNOWN:
		return "known";
	case PART_ABSENT:
		return "no such file: this kernel was built without it, or it is not mounted here";
	case PART_GARBLED:
		return "it does not say what such a file says";
	case PART_DENIED:
		break;
	}
	if (strncmp(path, "dev/cpu/", 8) == 0)
		return "it must not be read: CAP_SYS_RAWIO would tell";
	if (strncmp(path, "proc/", 5) == 0)
		return "it must not be read: CAP_SYS_PTRACE would tell";
	return "it must not be read: CAP_DAC_READ_SEARCH would tell";
}
