/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Settings are changed in three steps: what they hold and will hold is written to the journal, the
 * journal is put on disk, they are changed. Whoever finds the journal later needs not know how far
 * that came: a setting holds one of the two, or somebody else has changed it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "part_fix.h"
#include "part_judge.h"
#include "part_text.h"

static const struct part_cpus none;

void
part_task_name(struct part_work *work, pid_t pid, char *name, size_t size)
{
	static const char key[] = "Name:\t";

	snprintf(name, size, "?");
	if (part_read(&work->root, "proc/%d/status", pid) == PART_KNOWN &&
	    strncmp(work->root.text, key, strlen(key)) == 0)
		part_text_copy(name, size, work->root.text + strlen(key));
}

/** What a setting is called for people. Good until the next call. */
static const char *
name_of(struct part_work *work, enum part_kind kind, const char *path)
{
	char comm[32];
	int pid;

	if ((kind != PART_KIND_TASK && kind != PART_KIND_THREAD) ||
	    sscanf(path, "proc/%d@", &pid) != 1) {
		snprintf(work->name, sizeof(work->name), "/%s", path);
		return work->name;
	}
	part_task_name(work, pid, comm, sizeof(comm));
	snprintf(work->name, sizeof(work->name), "CPUs of task %d (%s)", pid, comm);
	return work->name;
}

static const char *
name(struct part_work *work, const struct part_knob *knob)
{
	return name_of(work, knob->kind, knob->path);
}

/** Of our own making, named for its owner. */
static bool
is_group(const struct part_knob *knob)
{
	return knob->kind == PART_KIND_GROUP || knob->kind == PART_KIND_RESCTRL;
}

/** CPUs that tasks may run on that are bound to none in particular. */
static void
count_common(struct part_bench *bench)
{
	struct part_set isolated = { 0 };

	bench->common = bench->online;
	part_cpus_without(&bench->common, &bench->grouped);
	part_read_set(bench->root, "sys/fs/cgroup/cpuset.cpus.isolated", PART_MAX_CPUS, false,
		      &isolated);
	part_cpus_without(&bench->common, &isolated.cpus);
}

/** CPUs of all partitions of ours. */
static void
count_grouped(struct part_work *work)
{
	const struct part_journal *journal = &work->journal;
	struct part_cpus cpus;
	unsigned int i;
	char *value;

	part_cpus_zero(&work->bench.grouped);
	for (i = 0; i < journal->n_knobs; i++) {
		const struct part_knob *knob = &journal->knobs[i];

		if (knob->kind != PART_KIND_GROUP)
			continue;
		if (part_cpus_parse(knob->target, PART_MAX_CPUS, &cpus) == 0)
			part_cpus_or(&work->bench.grouped, &cpus);
		if (part_cpus_parse(knob->believed, PART_MAX_CPUS, &cpus) == 0)
			part_cpus_or(&work->bench.grouped, &cpus);
		/* Somebody may have given it others. */
		if (part_group_read(&work->bench, knob->path, &value) != 0)
			continue;
		if (part_cpus_parse(value, PART_MAX_CPUS, &cpus) == 0)
			part_cpus_or(&work->bench.grouped, &cpus);
		free(value);
	}
	count_common(&work->bench);
}

/**
 * Whether a setting holds what it should if nobody else has changed it: one of the two that the
 * journal has, or what was there before it was nobody's any more. What irqbalance tells may be what
 * it had at first at any time, if that is what it looked at last.
 */
static bool
is_ours(const struct part_work *work, const struct part_knob *knob, const char *value)
{
	const struct part_bench *bench = &work->bench;

	/* A group is named for its owner, nobody else makes such. */
	return is_group(knob) ||
	       part_knob_alike(bench, knob, value, knob->believed) ||
	       part_knob_alike(bench, knob, value, knob->target) ||
	       ((knob->n_shares == 0 || knob->kind == PART_KIND_BALANCE) &&
		part_knob_alike(bench, knob, value, knob->original));
}

/**
 * Find out which of the two a setting holds.
 *
 * @return 1: it is believed now; 0: neither, somebody else has changed it, *value is what it holds;
 *   negative errno
 */
static int
resolve(struct part_work *work, struct part_knob *knob, char **value)
{
	int ret = part_knob_read(&work->bench, knob->kind, knob->path, value);

	if (ret != 0)
		return ret;
	/* Threads the kernel binds. */
	if (knob->kind == PART_KIND_THREAD)
		return 1;
	if (!is_ours(work, knob, *value))
		return 0;
	return part_journal_set(&knob->believed, *value) ? 1 : -ENOMEM;
}

static int
retarget(struct part_work *work, struct part_knob *knob)
{
	char *wanted;
	int ret = part_knob_wanted(&work->bench, knob, &wanted);

	if (ret != 0)
		return ret;
	/* What it shows already it may have been told to change: it has to be told again. */
	if (knob->kind == PART_KIND_BALANCE && part_knob_same(knob, wanted, knob->believed) &&
	    !part_knob_same(knob, wanted, knob->target)) {
		free(knob->believed);
		knob->believed = knob->target;
	} else {
		free(knob->target);
	}
	knob->target = wanted;
	return 0;
}

/** A setting that is in the journal by somebody else's repair, and what has become of it. */
static int
adopt_shared(struct part_work *work, struct part_knob *knob)
{
	char *value;
	int ret = resolve(work, knob, &value);

	if (ret == 0) {
		part_say(work, "%s: somebody has set it to '%s' since it was repaired: that is "
			 "taken for the host's own", name(work, knob), value);
		ret = part_journal_set(&knob->original, value) &&
		      part_journal_set(&knob->believed, value) ? 1 : -ENOMEM;
	}
	free(value);
	return ret < 0 ? ret : 0;
}

/**
 * A task that may run wherever no partition of ours is will be allowed all when they have gone: that
 * is the host's own value.
 */
static int
add_grouped(const struct part_work *work, struct part_knob *knob)
{
	struct part_cpus cpus, rest = work->bench.online;
	char *list;

	part_cpus_without(&rest, &work->bench.grouped);
	if (part_cpus_parse(knob->original, PART_MAX_CPUS, &cpus) != 0 ||
	    !part_cpus_within(&rest, &cpus))
		return 0;
	part_cpus_or(&cpus, &work->bench.grouped);
	list = part_list_text(&cpus);
	if (list == NULL)
		return -ENOMEM;
	free(knob->original);
	knob->original = list;
	return 0;
}

static int
adopt_new(struct part_work *work, const struct part_want *want, struct part_knob **knob)
{
	char *value;
	int ret = part_knob_read(&work->bench, want->kind, want->path, &value);

	if (ret == 0 && work->journal.n_knobs == PART_JOURNAL_KNOBS)
		ret = -E2BIG;
	if (ret == 0) {
		*knob = part_journal_add_knob(&work->journal, want->kind, want->path, value);
		ret = *knob == NULL ? -ENOMEM : 0;
	}
	if (ret == 0 && want->kind == PART_KIND_TASK)
		ret = add_grouped(work, *knob);
	free(value);
	return ret;
}

/** Whether it is as it is wanted, or will be when a partition is made that is planned. */
static bool
is_met(const struct part_work *work, const struct part_knob *knob)
{
	return part_knob_is_trimmed(&work->bench, knob) ||
	       (work->dry_run && part_knob_alike(&work->bench, knob, knob->believed,
						 knob->target));
}

static int
adopt(struct part_work *work, const struct part_want *want, unsigned int owner)
{
	struct part_knob *knob = part_journal_knob(&work->journal, want->kind, want->path);
	const bool known = knob != NULL;
	int ret;

	if (knob != NULL && part_knob_share(knob, owner) != NULL)
		return 0;
	ret = knob != NULL ? adopt_shared(work, knob) : adopt_new(work, want, &knob);
	if (ret == 0 && !part_knob_add_share(knob, owner, want->text))
		ret = -ENOMEM;
	if (ret == 0)
		ret = retarget(work, knob);
	/* One that is known has an original that it is to have again some time. */
	if (knob == NULL || (ret == 0 && (knob->kind == PART_KIND_THREAD || known ||
			     !is_met(work, knob))))
		return ret;
	/* It cannot be, or it is so without anybody's doing. */
	part_knob_drop_share(knob, owner);
	return knob->n_shares != 0 || part_journal_set(&knob->target, knob->believed) ? ret :
	       -ENOMEM;
}

/** @return 0: it can be left out */
static int
say_not_adopted(struct part_work *work, const struct part_want *want, int error)
{
	const char *what = name_of(work, want->kind, want->path);

	if (error == -ENOMEM)
		return error;
	/* What this kernel does not have, or has no longer, needs no repair. */
	if (error == -ENOENT)
		return 0;
	if (want->kind == PART_KIND_BALANCE && error != -E2BIG) {
		part_say(work, "%s: irqbalance %s: %s; left alone", what, error == -EMSGSIZE ?
			 "takes no list that long" : "does not answer", strerror(-error));
		return 0;
	}
	if (error == -EDOM)
		part_say(work, "%s: no %s would be left", what,
			 part_cache_kind(want->kind) ? "cache" : "CPU");
	else if (error == -E2BIG)
		part_say(work, "more than %u settings would have to be changed, wanted what a "
			 "journal holds: --ignore task.allowed leaves most of them",
			 PART_JOURNAL_KNOBS);
	else
		part_say(work, "%s: cannot be read: %s", what, strerror(-error));
	return error;
}

int
part_adopt(struct part_work *work, const struct part_wants *wants, unsigned int owner)
{
	unsigned int i;
	int ret = 0;

	count_grouped(work);
	for (i = 0; i < wants->n && ret == 0; i++) {
		ret = adopt(work, &wants->all[i], owner);
		if (ret != 0)
			ret = say_not_adopted(work, &wants->all[i], ret);
	}
	/* Those that need no change go, with an owner that needs none. */
	if (ret == 0 && !work->dry_run)
		part_journal_tidy(&work->journal);
	return ret;
}

static bool
is_settled(const struct part_knob *knob)
{
	return part_knob_same(knob, knob->believed, knob->target);
}

/** What irqbalance has been told by others, and does not show yet. */
static bool
is_told_by_others(const struct part_knob *knob, unsigned int owner)
{
	return knob->kind == PART_KIND_BALANCE && part_knob_share(knob, owner) == NULL;
}

static const char *
shown(const struct part_knob *knob, const char *value)
{
	return value[0] != '\0' ? value : is_group(knob) ? "no such group" :
	       knob->kind == PART_KIND_MOUNT ? "not mounted" :
	       knob->kind == PART_KIND_BALANCE ? "none" : "";
}

/** What is about to be changed must still be what the journal says. */
static int
change(struct part_work *work, struct part_knob *knob)
{
	char *value;
	int ret = part_knob_read(&work->bench, knob->kind, knob->path, &value);

	work->bench.pending = false;
	if (ret == 0 && knob->kind != PART_KIND_BALANCE &&
	    part_knob_same(knob, value, knob->target)) {
		free(value);
		return 0;
	}
	if (ret == 0 && !is_group(knob) &&
	    !part_knob_alike(&work->bench, knob, value, knob->believed) &&
	    !(knob->kind == PART_KIND_BALANCE && is_ours(work, knob, value))) {
		part_say(work, "%s: somebody sets it at the same time, to '%s'",
			 name(work, knob), value);
		ret = -EAGAIN;
	}
	if (ret == 0)
		ret = part_knob_change(&work->bench, knob, value, knob->target);
	if (ret == 0) {
		work->changed++;
		part_say(work, "%s: %s -> %s%s", name(work, knob), shown(knob, value),
			 shown(knob, knob->target), work->bench.pending ?
			 "; irqbalance does so when it looks at the interrupts the next time" : "");
	}
	free(value);
	return ret;
}

/** What is believed after a change. @return 0; -ENOMEM */
static int
settle(const struct part_work *work, struct part_knob *knob)
{
	if (knob->kind == PART_KIND_BALANCE && work->bench.pending)
		return 0;
	return part_journal_set(&knob->believed, knob->target) ? 0 : -ENOMEM;
}

static void
say_failed(struct part_work *work, const struct part_knob *knob, int error)
{
	const char *obstacle = knob->n_shares == 0 ? part_obstacle(work, knob) : NULL;

	if (obstacle != NULL) {
		part_say(work, "%s: %s; aether-partition restore gives it '%s' when that has changed",
			 name(work, knob), obstacle, knob->original);
		return;
	}
	if (knob->kind == PART_KIND_GROUP && knob->target[0] == '\0') {
		part_say(work, "%s: could not be removed: %s%s%s", name(work, knob),
			 strerror(-error), work->bench.why[0] != '\0' ? "; " : "",
			 work->bench.why);
		return;
	}
	part_say(work, "%s: '%s' could not be set: %s%s%s", name(work, knob), knob->target,
		 strerror(-error), work->bench.why[0] != '\0' ? "; " : "", work->bench.why);
	if (error == -EACCES || error == -EPERM)
		part_say(work, "wanted root's rights: CAP_SYS_ADMIN for settings, CAP_SYS_NICE for "
			 "tasks, and /proc and /sys that are not read-only");
}

/** @return 0: it is done, or can be left out; negative errno: the whole repair has failed */
static int
change_for(struct part_work *work, struct part_knob *knob, unsigned int owner)
{
	int ret = change(work, knob);

	if ((ret == -ENOENT || ret == -ESRCH) && !is_group(knob) &&
	    knob->kind != PART_KIND_CONTROLLER && knob->kind != PART_KIND_MOUNT) {
		part_say(work, "%s: has gone", name(work, knob));
	} else if (ret != 0 && part_knob_is_stubborn(knob, ret)) {
		part_say(work, "%s: the kernel lets nobody change it", name(work, knob));
	} else {
		if (ret != 0)
			say_failed(work, knob, ret);
		return ret != 0 ? ret : settle(work, knob);
	}
	part_knob_drop_share(knob, owner);
	return part_journal_set(&knob->target, knob->believed) ? 0 : -ENOMEM;
}

/**
 * A kernel thread gets back the CPUs it was bound to, as far as no partition has them.
 *
 * @return 0 or negative errno
 */
static int
bind_thread(struct part_work *work, struct part_knob *knob, const struct part_cpus *but)
{
	struct part_cpus now, wanted;
	char *value = NULL, list[4096], has[4096];
	int ret;

	if (part_cpus_parse(knob->original, PART_MAX_CPUS, &wanted) != 0)
		return -EINVAL;
	part_cpus_without(&wanted, but);
	part_cpus_list(&wanted, list, sizeof(list));
	work->bench.why[0] = '\0';
	ret = part_knob_read(&work->bench, knob->kind, knob->path, &value);
	if (ret == 0)
		ret = part_cpus_parse(value, PART_MAX_CPUS, &now) == 0 ? 0 : -EINVAL;
	free(value);
	if (ret != 0 || part_cpus_empty(&wanted) || part_cpus_equal(&now, &wanted))
		return ret;
	/* The kernel gives it all there are; what is less was somebody else's doing. */
	if (!part_cpus_within(&work->bench.common, &now)) {
		part_say(work, "%s: bound by somebody else since: left alone", name(work, knob));
		return 0;
	}
	part_cpus_list(&now, has, sizeof(has));
	ret = part_knob_change(&work->bench, knob, NULL, list);
	if (ret == 0)
		part_say(work, "%s: %s -> %s", name(work, knob), has, list);
	return ret;
}

/** After a partition was made. */
static int
bind_threads(struct part_work *work)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < work->journal.n_knobs && ret == 0; i++) {
		struct part_knob *knob = &work->journal.knobs[i];

		if (knob->kind != PART_KIND_THREAD)
			continue;
		ret = bind_thread(work, knob, &work->bench.grouped);
		if (ret == -ENOENT || ret == -ESRCH || ret == -EINVAL)
			ret = 0;
		else if (ret != 0)
			say_failed(work, knob, ret);
	}
	return ret;
}

/** A kernel thread that the kernel lets forget its CPUs when the partition is made. */
static void
pretend_to_bind(struct part_work *work, struct part_knob *knob)
{
	struct part_cpus wanted;
	char *list;

	if (part_cpus_parse(knob->original, PART_MAX_CPUS, &wanted) != 0)
		return;
	part_cpus_without(&wanted, &work->bench.grouped);
	list = part_list_text(&wanted);
	if (list != NULL && list[0] != '\0' && !part_cpus_equal(&wanted, &work->bench.common))
		part_say(work, "would write '%s' to %s, which the kernel moves when it makes the "
			 "partition", list, name(work, knob));
	free(list);
}

/** Each is said once: what is done in the first of two looks at the host is so in the second. */
static int
pretend(struct part_work *work)
{
	unsigned int i;

	count_grouped(work);
	for (i = 0; i < work->journal.n_knobs; i++) {
		struct part_knob *knob = &work->journal.knobs[i];

		if (knob->kind == PART_KIND_THREAD && knob->believed[0] != '\0') {
			pretend_to_bind(work, knob);
			if (!part_journal_set(&knob->believed, ""))
				return -ENOMEM;
		}
		if (knob->kind == PART_KIND_THREAD || is_settled(knob))
			continue;
		if (knob->kind == PART_KIND_MOUNT)
			part_say(work, "would mount %s at %s", knob->target, name(work, knob));
		else
			part_say(work, "would write '%s' to %s, which has '%s'", knob->target,
				 name(work, knob), shown(knob, knob->believed));
		if (!part_journal_set(&knob->believed, knob->target))
			return -ENOMEM;
	}
	return 0;
}

int
part_forward(struct part_work *work, unsigned int owner)
{
	struct part_journal *journal = &work->journal;
	unsigned int i;
	int ret = 0;

	if (work->dry_run)
		return pretend(work);
	ret = part_store_save(&work->store, journal);
	if (ret != 0)
		part_say(work, "the journal could not be written: %s; wanted a folder with space, "
			 "that root may write to", strerror(-ret));
	count_grouped(work);
	/* Those that nobody wants any more could not be put back. */
	for (i = 0; i < journal->n_knobs && ret == 0; i++)
		if (journal->knobs[i].n_shares != 0 && !is_settled(&journal->knobs[i]) &&
		    !is_told_by_others(&journal->knobs[i], owner))
			ret = change_for(work, &journal->knobs[i], owner);
	return ret != 0 ? ret : bind_threads(work);
}

/**
 * Take out the shares of owners that are over.
 *
 * @return whether there were any, or who put it back was killed: the setting was nobody's before, or
 *   is not what the others want
 */
static bool
drop_shares(struct part_work *work, struct part_knob *knob,
	    bool (*is_over)(const struct part_work *work, const struct part_owner *owner))
{
	const unsigned int before = knob->n_shares;
	unsigned int i;

	for (i = 0; i < work->journal.n_owners; i++)
		if (is_over(work, &work->journal.owners[i]))
			part_knob_drop_share(knob, work->journal.owners[i].id);
	/* What somebody has left could not be put back then, and others want the rest of it. */
	return before == 0 || knob->n_shares != before ||
	       (knob->kind != PART_KIND_THREAD && !is_settled(knob));
}

/** Whether it is to be left alone, since others depend on it or have changed it. */
static bool
is_others(struct part_work *work, struct part_knob *knob, const char *value, bool changed)
{
	if (changed)
		part_say(work, "%s: changed by somebody else since, to '%s' (was made '%s', the "
			 "host's own was '%s'): left alone", name(work, knob), value, knob->target,
			 knob->original);
	else if (knob->kind == PART_KIND_CONTROLLER && knob->n_shares == 0 &&
		 strcmp(value, knob->original) != 0 && part_is_used(work, knob))
		part_say(work, "%s: others have begun to use cpusets since, which '%s' would take from "
			 "them: left alone", name(work, knob), knob->original);
	else
		return false;
	return true;
}

/** What is to become of a setting that an owner has left. */
static int
leave(struct part_work *work, struct part_knob *knob)
{
	char *value;
	int ret;

	work->bench.why[0] = '\0';
	ret = resolve(work, knob, &value);
	if (ret >= 0 && is_others(work, knob, value, ret == 0))
		ret = part_journal_set(&knob->original, value) &&
		      part_journal_set(&knob->believed, value) &&
		      part_journal_set(&knob->target, value) ? 0 : -ENOMEM;
	else if (ret > 0)
		ret = retarget(work, knob);
	else if (ret == -ENOENT && part_obstacle(work, knob) == NULL)
		/* An interrupt or a task that has gone has no setting. */
		ret = part_journal_set(&knob->target, knob->believed) ? 0 : -ENOMEM;
	else if (retarget(work, knob) != 0)
		/* It is still to be put back when it can be read. */
		ret = -ENOMEM;
	free(value);
	return ret;
}

/** Take shares out, and say in the journal what is to be put back. */
static int
leave_all(struct part_work *work, bool *left,
	  bool (*is_over)(const struct part_work *work, const struct part_owner *owner))
{
	struct part_journal *journal = &work->journal;
	unsigned int i;
	int ret = 0, error;

	for (i = 0; i < journal->n_knobs; i++) {
		left[i] = drop_shares(work, &journal->knobs[i], is_over);
		error = left[i] ? leave(work, &journal->knobs[i]) : 0;
		if (error == 0)
			continue;
		say_failed(work, &journal->knobs[i], error);
		left[i] = false;
		ret = -EBUSY;
	}
	return ret;
}

/** Whether a partition is still there that should not be. */
static bool
has_group(const struct part_journal *journal)
{
	unsigned int i;

	for (i = 0; i < journal->n_knobs; i++)
		if (journal->knobs[i].kind == PART_KIND_GROUP && journal->knobs[i].n_shares == 0 &&
		    !is_settled(&journal->knobs[i]))
			return true;
	return false;
}

/** One setting. What is believed of it tells afterwards whether that is still to be done. */
static int
put_back(struct part_work *work, struct part_knob *knob)
{
	const bool thread = knob->kind == PART_KIND_THREAD;
	int ret = 0;

	work->bench.pending = false;
	/* When the partition goes the kernel lets them forget once more. */
	if (thread && has_group(&work->journal))
		return part_journal_set(&knob->believed, "") ? 0 : -ENOMEM;
	if (knob->kind == PART_KIND_GROUP && !is_settled(knob))
		part_say_inside(work, knob);
	if (thread)
		ret = bind_thread(work, knob, &none);
	else if (!is_settled(knob))
		ret = change(work, knob);
	if (ret != 0 && !thread && part_obstacle(work, knob) != NULL)
		return ret;
	if (part_knob_is_stubborn(knob, ret))
		part_say(work, "%s: the kernel does not take '%s' any more: left alone",
			 name(work, knob), knob->target);
	if (ret == -ENOENT || ret == -ESRCH || part_knob_is_stubborn(knob, ret))
		ret = 0;
	if (ret == -EBUSY && knob->kind == PART_KIND_MOUNT) {
		part_say(work, "/%s: stays mounted: %s", knob->path, work->bench.why);
		ret = 0;
	}
	if (ret != 0)
		return thread && !part_journal_set(&knob->believed, "") ? -ENOMEM : ret;
	return settle(work, knob);
}

int
part_backward(struct part_work *work, bool (*is_over)(const struct part_work *work,
						      const struct part_owner *owner))
{
	struct part_journal *journal = &work->journal;
	bool *left = calloc(journal->n_knobs + 1, sizeof(*left));
	unsigned int i;
	int ret, error;

	if (left == NULL)
		return -ENOMEM;
	count_grouped(work);
	ret = leave_all(work, left, is_over);
	/* If that fails the one on disk still is enough to restore from, all by itself. */
	if (journal->n_knobs != 0 && part_store_save(&work->store, journal) != 0)
		part_say(work, "the journal could not be written; going on with the one there is");
	for (i = journal->n_knobs; i-- > 0;) {
		struct part_knob *knob = &journal->knobs[i];

		error = left[i] ? put_back(work, knob) : 0;
		if (error == 0)
			continue;
		say_failed(work, knob, error);
		ret = -EBUSY;
	}
	free(left);
	return ret;
}
