/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_BALANCE_H
#define PART_BALANCE_H

/*
 * irqbalance, which moves interrupts between CPUs, by its socket (irqbalance(1), API). What it is
 * told it takes up when it looks at the interrupts the next time, every 10 seconds unless it is set
 * otherwise; until then it tells what was before. Versions before 1.9.4 do not answer while they
 * wait after such a change, for that time once more.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "part_cpus.h"
#include "part_root.h"

#define PART_BALANCE_ANSWER	65536	/* bytes of the longest answer, with a NUL */
#define PART_BALANCE_REQUEST	500	/* before 1.9.5 it reads no more of what it is told */
#define PART_BALANCE_LOOK_MS	1000	/* how long to wait for an answer, to judge... */
#define PART_BALANCE_CHANGE_MS	15000	/* ...and to change */

/** The name of a process's socket, without the '/' in front; of older versions it is elsewhere. */
void part_balance_path(pid_t pid, char *path, size_t size);
/** @return whether the path is such a name */
bool part_balance_pid(const char *path, pid_t *pid);

/**
 * Ask, or tell. Who answers must be that process, and root's.
 *
 * @param path as part_balance_path() gives it
 * @param request "setup" or "settings cpus <list>"
 * @param[out] answer NUL-terminated
 * @return its length; -ENOENT: nobody is there; -EACCES; -ETIMEDOUT; -EMSGSIZE: it is too long;
 *   other negative errno
 */
int part_balance_ask(const struct part_root *root, const char *path, unsigned int patience_ms,
		     const char *request, char *answer, size_t size);

/**
 * Read what "setup" is answered with.
 *
 * @param[out] banned the CPUs that it leaves alone; none after an error
 * @return 0; -EINVAL: that is no such answer
 */
int part_balance_parse(const char *answer, struct part_cpus *banned);

#endif /* PART_BALANCE_H */
