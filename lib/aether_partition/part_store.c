/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "part_store.h"

#define FILE_NAME	"partition.journal"
#define NEW_NAME	"partition.journal.new"
#define DAMAGED_NAME	"partition.journal.damaged"
#define LOCK_NAME	"partition.lock"

static int
step(struct part_store *store, const char *what)
{
	return store->hands->step == NULL ? 0 : store->hands->step(store->hands->ctx, what);
}

/** What is in it is written to the kernel by root: nobody else may have a say. */
static int
check_folder(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	return st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? -EPERM : 0;
}

int
part_store_open(struct part_store *store, const char *folder, const struct part_hands *hands)
{
	int ret;

	*store = (struct part_store){ .folder = -1, .lock = -1, .hands = hands };
	if (mkdir(folder, 0755) != 0 && errno != EEXIST)
		return -errno;
	store->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->folder < 0)
		return -errno;
	ret = check_folder(store->folder);
	if (ret == 0) {
		store->lock = openat(store->folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC |
				     O_NOFOLLOW, 0600);
		ret = store->lock < 0 ? -errno : 0;
	}
	while (ret == 0 && flock(store->lock, LOCK_EX) != 0)
		if (errno != EINTR)
			ret = -errno;
	if (ret != 0)
		part_store_close(store);
	return ret;
}

void
part_store_close(struct part_store *store)
{
	if (store->lock >= 0)
		close(store->lock);
	if (store->folder >= 0)
		close(store->folder);
	store->lock = store->folder = -1;
}

static int
read_journal(int folder, struct part_journal *journal)
{
	struct stat st;
	size_t len = 0;
	ssize_t got = 1;
	char *text;
	int fd, ret;

	memset(journal, 0, sizeof(*journal));
	fd = openat(folder, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	ret = fstat(fd, &st) != 0 ? -errno : !S_ISREG(st.st_mode) ||
	      st.st_size > PART_JOURNAL_MAX ? -EINVAL : 0;
	text = ret != 0 ? NULL : malloc(st.st_size + 1);
	if (ret == 0 && text == NULL)
		ret = -ENOMEM;
	while (ret == 0 && got > 0 && len < (size_t)st.st_size) {
		got = read(fd, text + len, st.st_size - len);
		if (got < 0)
			ret = -errno;
		else
			len += got;
	}
	close(fd);
	if (ret == 0)
		ret = part_journal_parse(text, len, journal);
	free(text);
	if (ret != 0)
		part_journal_free(journal);
	return ret;
}

int
part_store_load(struct part_store *store, struct part_journal *journal)
{
	/* Of who was killed in writing it. */
	unlinkat(store->folder, NEW_NAME, 0);
	return read_journal(store->folder, journal);
}

int
part_store_peek(const struct part_root *root, struct part_journal *journal)
{
	int folder = openat(root->fd, PART_STORE_FOLDER + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	memset(journal, 0, sizeof(*journal));
	if (folder < 0)
		return -errno;
	ret = check_folder(folder);
	if (ret == 0)
		ret = read_journal(folder, journal);
	close(folder);
	return ret;
}

static int
write_new(struct part_store *store, const char *text, size_t len)
{
	ssize_t done = 0;
	int fd, ret = 0;

	fd = openat(store->folder, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return -errno;
	for (; ret == 0 && len != 0; text += done, len -= done) {
		done = write(fd, text, len);
		if (done < 0 && errno != EINTR)
			ret = -errno;
		if (done < 0)
			done = 0;
	}
	if (ret == 0 && fsync(fd) != 0)
		ret = -errno;
	close(fd);
	return ret;
}

/** A name is as much on disk as its folder is. */
static int
sync_folder(struct part_store *store)
{
	return fsync(store->folder) == 0 ? 0 : -errno;
}

static int
forget(struct part_store *store)
{
	int ret = step(store, "remove the journal");

	if (ret == 0 && unlinkat(store->folder, FILE_NAME, 0) != 0 && errno != ENOENT)
		ret = -errno;
	return ret == 0 ? sync_folder(store) : ret;
}

int
part_store_save(struct part_store *store, const struct part_journal *journal)
{
	size_t len;
	char *text;
	int ret;

	if (journal->n_knobs == 0)
		return forget(store);
	text = part_journal_text(journal, &len);
	ret = text == NULL ? -ENOMEM : len > PART_JOURNAL_MAX ? -EFBIG :
	      step(store, "write the journal");
	if (ret == 0)
		ret = write_new(store, text, len);
	free(text);
	if (ret == 0)
		ret = step(store, "put the journal in place");
	if (ret == 0 && renameat(store->folder, NEW_NAME, store->folder, FILE_NAME) != 0)
		ret = -errno;
	if (ret != 0) {
		unlinkat(store->folder, NEW_NAME, 0);
		return ret;
	}
	return sync_folder(store);
}

int
part_store_set_aside(struct part_store *store)
{
	return renameat(store->folder, FILE_NAME, store->folder, DAMAGED_NAME) == 0 ?
	       sync_folder(store) : -errno;
}
