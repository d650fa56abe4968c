/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_FIX_H
#define PART_FIX_H

#include "part_knob.h"
#include "part_plan.h"
#include "part_store.h"
#include "rte_aether_partition_fix.h"

/** One repair, or one restoring. */
struct part_work {
	struct part_bench bench;
	struct part_root root;		/* of the host that is changed */
	struct part_root here;		/* of the processes that change it: "/" */
	struct part_journal journal;
	struct part_store store;
	FILE *out;
	bool dry_run;
	unsigned int owner;		/* who repairs; 0: nobody */
	unsigned int changed;
	char name[600];			/* of a setting that is talked about */
	bool mounting;			/* resctrl, in the first of two looks at the host */
	bool cache_planned;
};

/** As the public functions, with other hands. @param root the host; NULL: "/" */
int part_fix(const struct rte_aether_partition_fix_conf *conf, const char *root,
	     const struct part_hands *hands);
/** @param kept: what was to be kept until now as well */
int part_restore(const char *journal, const char *root, const struct part_hands *hands, bool kept,
		 FILE *out);

/** A line for the user. */
void part_say(const struct part_work *work, const char *format, ...) __rte_format_printf(2, 3);

/**
 * Cache and bandwidth: part_plan_cache.c. Called for both looks at the host: what has to be mounted
 * is looked at in the second.
 *
 * @return 0; negative errno, which has been said: it cannot be had
 */
int part_plan_cache(struct part_work *work, const struct part_aim *aim, struct part_wants *wants);

/**
 * Whether a process is still there. One that is ending is waited for, up to two seconds; one whose
 * parent has not asked yet how it ended has ended.
 */
bool part_owner_lives(struct part_root *here, const struct part_owner *owner);

/* part_obstacle.c */

/** Why a setting cannot be put back for the time being. @return NULL: nothing is known of */
const char *part_obstacle(struct part_work *work, const struct part_knob *knob);
/** Whether groups that are not ours have cpusets of their own: these would go with the controller. */
bool part_is_used(struct part_work *work, const struct part_knob *controller);
/** Name the processes that are still in a partition that is about to go. */
void part_say_inside(struct part_work *work, const struct part_knob *group);

/* part_left.c */

/** What is still broken, and what the user can do about it. */
void part_say_left(const struct part_work *work, const struct rte_aether_partition_conf *asked,
		   const char *root, unsigned int owner);

/* part_apply.c */

/** The name of a task; "?" if it has gone. */
void part_task_name(struct part_work *work, pid_t pid, char *name, size_t size);
/** Enter wants into the journal, in memory, as shares of an owner. @return 0 or negative errno */
int part_adopt(struct part_work *work, const struct part_wants *wants, unsigned int owner);
/** Put the journal on disk, then make all settings what they should be, the first one first. */
int part_forward(struct part_work *work, unsigned int owner);
/**
 * Take owners' shares out and put back what nobody else wants, the last one first. What cannot be
 * put back stays in the journal.
 *
 * @param is_over of an owner
 * @return 0; -EBUSY: some could not be put back
 */
int part_backward(struct part_work *work, bool (*is_over)(const struct part_work *work,
							  const struct part_owner *owner));

#endif /* PART_FIX_H */
