/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PARTITION_TAR_H
#define AETHER_PARTITION_TAR_H

#include <stddef.h>
#include <stdio.h>

/* Archives as POSIX describes them (ustar, pax(1)); members are owned by nobody, of no time. */

/** Types of members. */
#define TAR_FILE	'0'
#define TAR_LINK	'2'
#define TAR_FOLDER	'5'

/**
 * Add a member.
 *
 * @param data a file's content, or where a link points
 * @return 0; -ENAMETOOLONG: the format cannot hold the path; -EIO
 */
int tar_add(FILE *out, char type, const char *path, unsigned int mode, const char *data,
	    size_t len);

/** End the archive. @return 0 or -EIO */
int tar_end(FILE *out);

#endif /* AETHER_PARTITION_TAR_H */
