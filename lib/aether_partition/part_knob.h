/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_KNOB_H
#define PART_KNOB_H

/* One setting: what it holds, what it should hold, and how it gets there. */

#include "part_hands.h"
#include "part_journal.h"

/* Of this one the kernel's own bound may say that nobody can change it. */
#define PART_ASPM	"sys/module/pcie_aspm/parameters/policy"

/** Of a cgroup of our own that is not there. */
#define PART_GROUP_ABSENT	""

/** What is needed to deal with settings. */
struct part_bench {
	struct part_root *root;
	const struct part_hands *hands;
	const struct part_journal *journal;
	struct part_cpus online;
	struct part_cpus grouped;	/* CPUs of the journal's partitions: the kernel itself takes
					 * these from masks and tasks
					 */
	struct part_cpus common;	/* those online that no isolated partition has: what the kernel
					 * leaves to tasks that ask for more
					 */
	char why[256];			/* of the last failure, beyond its number; "" nothing more */
	bool pending;			/* the last change is made, and shows later */
};

/**
 * Read what a setting holds, in the form in which it is written.
 *
 * @param[out] value to be given to free()
 * @return 0; -ENOENT: it is gone; other negative errno
 */
int part_knob_read(struct part_bench *bench, enum part_kind kind, const char *path, char **value);

/** Whether two values come to the same. */
bool part_knob_same(const struct part_knob *knob, const char *a, const char *b);
/** Whether it holds what is wanted, or as much of it as partitions leave to it. */
bool part_knob_is_trimmed(const struct part_bench *bench, const struct part_knob *knob);
/** Whether they do but for CPUs that the kernel itself takes out: in a partition, or off-line. */
bool part_knob_alike(const struct part_bench *bench, const struct part_knob *knob, const char *a,
		     const char *b);

/**
 * What it should hold with the shares it has: the original without any.
 *
 * @param[out] value to be given to free()
 * @return 0; -EDOM: no CPU would be left; -EMSGSIZE: more than irqbalance takes; -EINVAL: a share or the
 *   original makes no sense; -ENOMEM
 */
int part_knob_wanted(const struct part_bench *bench, const struct part_knob *knob, char **value);

/** Change what it holds from one value to another, and see that it is so, or will be: pending. */
int part_knob_change(struct part_bench *bench, const struct part_knob *knob, const char *from,
		     const char *to);

/** Whether an error means that the thing cannot be changed by anybody, and the others still can. */
bool part_knob_is_stubborn(const struct part_knob *knob, int error);

/** The start time of a task, which its number alone does not tell apart. @return 0: unknown */
uint64_t part_task_start(struct part_root *root, pid_t pid);

/* The cgroup that is a partition: part_group.c. */
int part_group_read(struct part_bench *bench, const char *path, char **value);
int part_group_make(struct part_bench *bench, const char *path, const char *cpus);
int part_group_remove(struct part_bench *bench, const struct part_knob *knob);

/* The kinds of resctrl: part_cache_knob.c. */
#define PART_MOUNTED	"resctrl"
bool part_cache_kind(enum part_kind kind);
int part_cache_knob_read(struct part_bench *bench, enum part_kind kind, const char *path,
			 char **value);
bool part_cache_knob_same(const struct part_knob *knob, const char *a, const char *b);
/** @return as part_knob_wanted(); -EDOM: no way would be left */
int part_cache_knob_wanted(const struct part_knob *knob, char **value);
int part_cache_knob_change(struct part_bench *bench, const struct part_knob *knob, const char *to);

/** Ask, then write. */
int part_bench_write(struct part_bench *bench, const char *path, const char *text);
int part_bench_step(struct part_bench *bench, const char *what);

#endif /* PART_KNOB_H */
