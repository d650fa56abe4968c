/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_HANDS_H
#define PART_HANDS_H

/*
 * How a host is changed. A test has hands of its own, which make a made-up tree behave as the
 * kernel's files do, and which can fail or die at any step.
 */

#include <sys/types.h>

#include "part_cpus.h"
#include "part_root.h"

/** Each returns 0 or negative errno. Paths are below the root, without the '/' in front. */
struct part_hands {
	void *ctx;
	/** Called before each change, of the journal as well. NULL: nobody is asked. */
	int (*step)(void *ctx, const char *what);
	int (*write)(void *ctx, const struct part_root *root, const char *path, const char *text);
	int (*make_folder)(void *ctx, const struct part_root *root, const char *path);
	int (*remove_folder)(void *ctx, const struct part_root *root, const char *path);
	int (*bind)(void *ctx, const struct part_root *root, pid_t pid,
		    const struct part_cpus *cpus);
	/** Mount a file system of the kernel's own; NULL: unmount what is there. */
	int (*mount)(void *ctx, const struct part_root *root, const char *path, const char *type);
	/** As part_balance_ask(), of the host alone that this runs on. */
	int (*ask)(void *ctx, const struct part_root *root, const char *path, const char *request,
		   char *answer, size_t size);
	/** Write some bytes to a file and keep it open. @return a descriptor or negative errno */
	int (*hold)(void *ctx, const struct part_root *root, const char *path, const void *bytes,
		    size_t len);
};

/** Those that change the host this runs on. */
extern const struct part_hands part_hands_live;

#endif /* PART_HANDS_H */
