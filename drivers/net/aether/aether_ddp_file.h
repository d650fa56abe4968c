/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_DDP_FILE_H
#define AETHER_DDP_FILE_H

/**
 * @file
 * The DDP package as a file: where it is looked for, and how it is read.
 */

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/** Longest package that is read, in bytes, and what one may become by decompression. Those that
 * Intel ships have less than 1 MiB. */
#define AETHER_DDP_FILE_MAX	(16u << 20)

/** A package file in memory. */
struct aether_ddp_file {
	void *data;			/* owned; NULL: none */
	size_t len;			/* bytes */
	char path[PATH_MAX];		/* where it came from */
};

/** What to look for. */
struct aether_ddp_search {
	const char *port;		/* for the log */
	const char *path;		/* the one file that was asked for by name; NULL: search */
	uint64_t serial;		/* of the card; 0: not known */
	/** Judge a file that could be read. @return 0: it will do; else why says what is wrong */
	int (*check)(const void *data, size_t len, void *arg, char *why, size_t why_size);
	void *arg;			/* for check */
};

/**
 * Find and read a package. With a path only that file is tried. Else, as the kernel looks for
 * firmware: intel/ice/ddp/ice-<serial, 16 hexadecimal digits>.pkg, then intel/ice/ddp/ice.pkg, then
 * the highest version of intel/ice/ddp/ice-*.pkg, each in the folder of
 * /sys/module/firmware_class/parameters/path, /lib/firmware/updates/<release>,
 * /lib/firmware/updates, /lib/firmware/<release> and /lib/firmware, each also with .xz and .zst.
 * Compression is told by a file's first bytes, whatever its name says.
 *
 * @param[out] file filled on success; to be given to aether_ddp_file_free()
 * @return 0; -ENOENT: none will do, and the log names each path that was tried with the reason;
 *   -ENOMEM
 */
int aether_ddp_file_find(const struct aether_ddp_search *search, struct aether_ddp_file *file);
void aether_ddp_file_free(struct aether_ddp_file *file);

/** For tests: a folder that stands for "/" in the search (not for a path that was asked for by
 * name); NULL: the real one. The string must stay valid. */
void aether_ddp_file_set_root(const char *root);

/* aether_ddp_unpack.c */

/**
 * Decompress what begins with the marks of xz or Zstandard; anything else is left alone.
 *
 * @param[in,out] file data and len; the compressed bytes are freed
 * @return 0; -EINVAL: damaged, or longer than AETHER_DDP_FILE_MAX; -ENOTSUP: this build cannot;
 *   -ENOMEM; in these cases file is as before and why says what is wrong
 */
int aether_ddp_unpack(struct aether_ddp_file *file, char *why, size_t why_size);

#endif /* AETHER_DDP_FILE_H */
