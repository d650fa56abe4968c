/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Whether a process that has repaired is still there. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "part_fix.h"
#include "part_text.h"

#define PF_EXITING	0x4	/* include/linux/sched.h */
#define PATIENCE	200	/* times 10 ms that are given to a process that is ending */

enum life {
	GONE,
	ENDING,
	ALIVE,
};

/** Whether SIGKILL is on its way: who sends it does not wait until it has come. */
static bool
is_killed(struct part_root *here, pid_t pid)
{
	const char *line;

	if (part_read(here, "proc/%d/status", pid) != PART_KNOWN)
		return false;
	line = strstr(here->text, "\nSigPnd:\t");
	return line != NULL && (strtoull(line + 9, NULL, 16) >> (SIGKILL - 1) & 1) != 0;
}

static enum life
look(struct part_root *here, const struct part_owner *owner)
{
	unsigned long long flags;
	bool zombie;

	if (part_read(here, "proc/%d/stat", owner->pid) != PART_KNOWN ||
	    strtoull(part_text_stat(here->text, 22), NULL, 10) != owner->start)
		return GONE;
	flags = strtoull(part_text_stat(here->text, 9), NULL, 10);
	zombie = part_text_stat(here->text, 3)[0] == 'Z';
	/* A zombie whose threads go on is a process whose main() has left it to them. */
	if (zombie && strtoull(part_text_stat(here->text, 20), NULL, 10) <= 1)
		return GONE;
	return zombie || (flags & PF_EXITING) != 0 || is_killed(here, owner->pid) ? ENDING : ALIVE;
}

bool
part_owner_lives(struct part_root *here, const struct part_owner *owner)
{
	enum life life = owner->pid == 0 ? GONE : look(here, owner);
	unsigned int i;

	for (i = 0; i < PATIENCE && life == ENDING; i++) {
		usleep(10000);
		life = look(here, owner);
	}
	return life != GONE;
}
