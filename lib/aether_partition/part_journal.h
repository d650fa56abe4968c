/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_JOURNAL_H
#define PART_JOURNAL_H

/*
 * Who has changed what on this host, and what was there before. All processes that repair share
 * one journal; who holds its lock is alone. It is on disk before anything else is changed, so
 * whoever comes next can put back what a process has left behind.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define PART_JOURNAL_MAX	(16 << 20)	/* bytes; what is longer is none */
#define PART_JOURNAL_KNOBS	65536		/* settings; what would have more is not begun */
#define PART_BOOT_LEN		64

/** What a setting is like: how it is read, compared and written. */
enum part_kind {
	PART_KIND_LIST,		/* a file with a list of CPUs; repairs take CPUs out */
	PART_KIND_MASK,		/* the same as a mask */
	PART_KIND_WORD,		/* a file with one word */
	PART_KIND_CHOICE,	/* a file with all words there are, the one in force in brackets */
	PART_KIND_TASK,		/* the CPUs of a task, "proc/PID@START"; repairs take CPUs out */
	PART_KIND_THREAD,	/* the same of a kernel thread, which a partition changes by itself */
	PART_KIND_CONTROLLER,	/* whether groups below the top of cgroup v2 have cpusets */
	PART_KIND_GROUP,	/* a cgroup of our own, an isolated partition of some CPUs */
	PART_KIND_MOUNT,	/* whether resctrl is mounted */
	PART_KIND_SCHEMATA,	/* what a resctrl group may use; repairs take ways and bandwidth out */
	PART_KIND_RESCTRL,	/* a resctrl group of our own: CPUs, and ways that no other group has */
	PART_KIND_BALANCE,	/* the CPUs that irqbalance leaves alone; repairs put CPUs in. What it
				 * is told shows later: it is believed to hold what it did when it was
				 * told, until it is seen to hold what it was told
				 */
	PART_KINDS
};

/** One process that wants a setting. */
struct part_share {
	unsigned int owner;
	char *text;		/* CPUs to be taken out or put in, or the word that is wanted */
};

/** One setting. */
struct part_knob {
	enum part_kind kind;
	char *path;		/* without the '/' in front */
	char *original;		/* what the host had */
	char *believed;		/* what it holds if nobody else has changed it, unless... */
	char *target;		/* ...it holds this already: what it is being changed to */
	struct part_share *shares;
	unsigned int n_shares;
};

/** A process that has repaired. pid 0: somebody at a shell, until told otherwise. */
struct part_owner {
	unsigned int id;
	pid_t pid;
	uint64_t start;		/* clock ticks since boot, as in /proc/PID/stat: pids come again */
	char *from;		/* the cgroup it was in; "" unknown */
};

struct part_journal {
	char boot[PART_BOOT_LEN];	/* of the kernel that holds all this; "" none yet */
	struct part_owner *owners;
	unsigned int n_owners;
	struct part_knob *knobs;	/* in the order in which they were changed */
	unsigned int n_knobs;
};

/**
 * Read a journal's text. It may say anything: a path that is none of those that are repaired is an
 * error as is a checksum that does not fit.
 *
 * @param[out] journal to be given to part_journal_free(), whatever is returned
 * @return 0; -EINVAL: it is no journal, or damaged; -ENOMEM
 */
int part_journal_parse(const char *text, size_t len, struct part_journal *journal);
/** @return the text, to be given to free(); NULL: no memory */
char *part_journal_text(const struct part_journal *journal, size_t *len);
void part_journal_free(struct part_journal *journal);

/** Whether a setting of that kind may have that path. */
bool part_journal_path_fits(enum part_kind kind, const char *path);

struct part_owner *part_journal_owner(const struct part_journal *journal, unsigned int id);
/** @return the new one; NULL: no memory */
struct part_owner *part_journal_add_owner(struct part_journal *journal, unsigned int id, pid_t pid,
					  uint64_t start, const char *from);
struct part_knob *part_journal_knob(const struct part_journal *journal, enum part_kind kind,
				    const char *path);
/** A setting without shares, believed to be as it was. @return NULL: no memory */
struct part_knob *part_journal_add_knob(struct part_journal *journal, enum part_kind kind,
					const char *path, const char *original);
/** @return false: no memory */
bool part_knob_add_share(struct part_knob *knob, unsigned int owner, const char *text);
struct part_share *part_knob_share(const struct part_knob *knob, unsigned int owner);
void part_knob_drop_share(struct part_knob *knob, unsigned int owner);
/** Replace a text. @return false: no memory, it is as it was */
bool part_journal_set(char **text, const char *to);
/** Take out settings that nobody wants and that are as they were, and owners that want none. */
void part_journal_tidy(struct part_journal *journal);

#endif /* PART_JOURNAL_H */
