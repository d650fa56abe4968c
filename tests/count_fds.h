/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef COUNT_FDS_H
#define COUNT_FDS_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

/** Open descriptors of this process, give or take always the same: to see whether one is lost. */
static inline unsigned int
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	if (dir == NULL) {
		perror("/proc/self/fd");
		abort();
	}
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

#endif /* COUNT_FDS_H */
