/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FAKE_RESCTRL_H
#define FAKE_RESCTRL_H

/*
 * A made-up /sys/fs/resctrl that behaves as the kernel's: two caches of 11 ways, of which devices use
 * the upper two, and memory bandwidth in steps of 10 %. CPUs 0-3 have one, 4-7 the other.
 */

#include <stdbool.h>

#define RESCTRL		"sys/fs/resctrl"
#define RESCTRL_GROUPS	5	/* with the default one */

/** @param type "resctrl"; NULL: unmount. @return 0 or negative errno, as all of these */
int fake_resctrl_mount(const char *top, const char *type);
/** The same with code and data apart. */
void fake_resctrl_mount_cdp(const char *top);
/** Whether a path is one of these files or folders. */
bool fake_resctrl_has(const char *path);
int fake_resctrl_write(const char *top, const char *path, const char *text);
int fake_resctrl_make(const char *top, const char *path);
int fake_resctrl_remove(const char *top, const char *path);

#endif /* FAKE_RESCTRL_H */
