/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef HOST_TREE_H
#define HOST_TREE_H

/* A host's files, made up, in memory: one that no rule finds fault with. Tests break it. */

#include <rte_common.h>

struct host_shape {
	unsigned int cpus, nodes, irqs, tasks;
	const char *workers, *others;		/* lists */
	const char *others_mask;
};

/** 8 CPUs on 2 nodes; workers are 2 and 3, of node 0. The card is TREE_DEVICE. */
extern const struct host_shape host_small;
#define TREE_DEVICE	"0000:18:00.0"
#define TREE_LCORES	"0,2-3"

/** Fill a folder that is there. */
void host_tree_fill(const char *top, const struct host_shape *shape);
/** @return the top of the tree, to be given to host_tree_remove() */
char *host_tree_make(const struct host_shape *shape);
void host_tree_remove(char *top);

/** Write a file, and the folders it is in. */
void tree_write(const char *top, const char *path, const char *format, ...)
	__rte_format_printf(3, 4);
void tree_folder(const char *top, const char *path);
void tree_link(const char *top, const char *path, const char *target);
/** What a file has, cut to size; "" if it cannot be read. */
void tree_read(const char *top, const char *path, char *text, size_t size);
/** Remove a file, or a folder with all that is in it. */
void tree_remove(const char *top, const char *path);
/** A task's status, and its stat with these flags. */
void tree_task(const char *top, const char *folder, unsigned int pid, const char *name,
	       unsigned int parent, unsigned int threads, const char *allowed, unsigned int flags);

#endif /* HOST_TREE_H */
