/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_ROOT_H
#define PART_ROOT_H

/*
 * The kernel's files, below "/" or below the top of a captured tree. Nothing is read outside of
 * it, symbolic links in it notwithstanding.
 */

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <rte_common.h>

#include "rte_aether_partition_capture.h"

/** What is known of a file or of what it says. Only PART_KNOWN lets a rule say "fine". */
enum part_state {
	PART_ABSENT,		/* there is no such file */
	PART_DENIED,		/* it must not be read */
	PART_GARBLED,		/* it does not say what such a file says */
	PART_KNOWN,
};

#define PART_FILE_MAX	65536	/* bytes that are read of a file, with the NUL behind them */

/** A folder and what has been read of a file in it last. Each thread has one of its own. */
struct part_root {
	int fd;
	bool live;		/* the root is "/": links need not be kept inside */
	size_t len;
	bool cut;		/* there is more in the file than was read */
	char text[PART_FILE_MAX];
	/* Told of each file, folder and link that was looked at; NULL: nobody. */
	const struct part_recorder *recorder;
	char folder[256];	/* from the top of the tree, for the recorder; "" or ends in '/' */
};

/** Gets what was read, for capture. */
struct part_recorder {
	void *ctx;
	rte_aether_partition_seen seen;
};

/** @param path the top; NULL: "/". @return 0 or negative errno */
int part_root_open(struct part_root *root, const char *path);
/** A folder in it as a root of its own. `at` gets all fields. @return as part_read() */
enum part_state part_root_enter(struct part_root *at, const struct part_root *root,
				const char *path);
void part_root_close(struct part_root *root);

/**
 * Read a file into root->text, NUL-terminated, root->len bytes.
 *
 * @param format of the path, without a '/' in front
 * @return PART_KNOWN, or why not: root->text is empty then
 */
enum part_state part_read(struct part_root *root, const char *format, ...)
	__rte_format_printf(2, 3);

/** As part_read(), for files that the kernel gives in one piece: saves a read for the end. */
enum part_state part_read_whole(struct part_root *root, const char *path);

/** What one read gives of the beginning, at most 4 KB of it. */
enum part_state part_read_beginning(struct part_root *root, const char *path);

/** Read bytes at an offset, for what is no text. @return PART_KNOWN if all were there */
enum part_state part_read_at(struct part_root *root, const char *path, uint64_t offset, void *to,
			     size_t len);

/** Where a symbolic link points, in root->text. */
enum part_state part_read_link(struct part_root *root, const char *path);

/** The file's mode bits. */
enum part_state part_mode(struct part_root *root, const char *path, mode_t *mode);

/**
 * Call visit() with each name in a folder but those that begin with '.', until it returns false.
 *
 * @return PART_KNOWN, or why the folder cannot be listed
 */
enum part_state part_list(struct part_root *root, const char *path,
			  bool (*visit)(void *ctx, const char *name), void *ctx);

/** "no such file", "needs CAP_...", for a file that is in this state. */
const char *part_state_text(enum part_state state, const char *path);

#endif /* PART_ROOT_H */
