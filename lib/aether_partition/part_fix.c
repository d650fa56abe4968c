/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Repair and restore, from who asks to what is reported. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "part_fix.h"
#include "part_judge.h"
#include "part_own.h"

/* What this process has repaired, to be put back when it ends. */
static struct {
	pid_t pid;		/* 0: nothing; a child that was forked has not repaired */
	char *journal;
} mine;
static pthread_mutex_t mine_lock = PTHREAD_MUTEX_INITIALIZER;

void
part_say(const struct part_work *work, const char *format, ...)
{
	va_list ap;

	if (work->out == NULL)
		return;
	va_start(ap, format);
	vfprintf(work->out, format, ap);
	va_end(ap);
	fputc('\n', work->out);
}

static bool
is_alive(const struct part_work *work, const struct part_owner *owner)
{
	/* Reading changes the root's text alone. */
	return part_owner_lives((struct part_root *)(uintptr_t)&work->here, owner);
}

static bool
has_died(const struct part_work *work, const struct part_owner *owner)
{
	return owner->pid != 0 && !is_alive(work, owner);
}

static bool
is_own(const struct part_work *work, const struct part_owner *owner)
{
	return owner->pid == getpid() && is_alive(work, owner);
}

static bool
is_over(const struct part_work *work, const struct part_owner *owner)
{
	return owner->pid != 0 && (!is_alive(work, owner) || is_own(work, owner));
}

static bool
is_over_or_kept(const struct part_work *work, const struct part_owner *owner)
{
	return owner->pid == 0 || is_over(work, owner);
}

static bool
is_repairing(const struct part_work *work, const struct part_owner *owner)
{
	return owner->id == work->owner;
}

static void
close_work(struct part_work *work)
{
	part_journal_free(&work->journal);
	part_store_close(&work->store);
	part_root_close(&work->root);
	part_root_close(&work->here);
	free(work);
}

static void
read_boot(struct part_work *work, char boot[PART_BOOT_LEN])
{
	part_read(&work->here, "proc/sys/kernel/random/boot_id");
	part_text_copy(boot, PART_BOOT_LEN, work->here.text);
}

/** What was changed before the last boot is no more. */
static void
check_boot(struct part_work *work)
{
	char boot[PART_BOOT_LEN];

	read_boot(work, boot);
	if (work->journal.n_knobs != 0 && strcmp(work->journal.boot, boot) != 0) {
		part_say(work, "the journal is from before the last boot, which has put all back");
		part_journal_free(&work->journal);
	}
	strcpy(work->journal.boot, boot);
}

static int
open_roots(struct part_work *work, const char *root)
{
	struct part_set online = { 0 };
	int ret;

	work->root.fd = work->here.fd = -1;
	work->store.folder = work->store.lock = -1;
	ret = part_root_open(&work->root, root);
	if (ret == 0)
		ret = part_root_open(&work->here, NULL);
	if (ret != 0)
		return ret;
	part_read_set(&work->root, "sys/devices/system/cpu/online", PART_MAX_CPUS, false, &online);
	work->bench.online = online.cpus;
	return online.state == PART_KNOWN ? 0 : -EIO;
}

static int
open_journal(struct part_work *work, const char *folder)
{
	int ret;

	if (folder == NULL)
		folder = PART_STORE_FOLDER;
	ret = part_store_open(&work->store, folder, work->bench.hands);
	if (ret == -EPERM || ret == -EACCES || ret == -EROFS)
		part_say(work, "the journal's folder %s: %s; wanted one that root alone may write "
			 "to. Repairs are made by root: sudo aether-partition ...", folder,
			 strerror(-ret));
	else if (ret != 0)
		part_say(work, "the journal's folder %s: %s", folder, strerror(-ret));
	return ret;
}

/** @return NULL: *ret says why */
static struct part_work *
open_work(const char *journal, const char *root, const struct part_hands *hands, FILE *out,
	  bool dry_run, int *ret)
{
	struct part_work *work = calloc(1, sizeof(*work));

	*ret = -ENOMEM;
	if (work == NULL)
		return NULL;
	work->bench.root = &work->root;
	work->bench.hands = hands;
	work->bench.journal = &work->journal;
	work->out = out;
	work->dry_run = dry_run;
	*ret = open_roots(work, root);
	if (*ret == 0 && !dry_run)
		*ret = open_journal(work, journal);
	if (*ret == 0)
		return work;
	close_work(work);
	return NULL;
}

static int
load(struct part_work *work)
{
	int ret;

	if (work->dry_run)
		return 0;
	ret = part_store_load(&work->store, &work->journal);
	if (ret == -EINVAL)
		part_say(work, "the journal is damaged; aether-partition restore sets it aside");
	else if (ret != 0)
		part_say(work, "the journal cannot be read: %s", strerror(-ret));
	else
		check_boot(work);
	return ret;
}

static int
save(struct part_work *work)
{
	part_journal_tidy(&work->journal);
	return work->dry_run ? 0 : part_store_save(&work->store, &work->journal);
}

static void
say_owners(struct part_work *work, const char *what,
	   bool (*which)(const struct part_work *work, const struct part_owner *owner))
{
	unsigned int i;

	for (i = 0; i < work->journal.n_owners; i++)
		if (which(work, &work->journal.owners[i]))
			part_say(work, "process %d %s", work->journal.owners[i].pid, what);
}

/** Where this process is in the unified hierarchy. */
static void
own_group(struct part_work *work, char *group, size_t size)
{
	const char *line;

	group[0] = '\0';
	if (part_read(&work->here, "proc/self/cgroup") != PART_KNOWN)
		return;
	line = strstr(work->here.text, "0::/");
	if (line == NULL || (line != work->here.text && line[-1] != '\n'))
		return;
	snprintf(group, size, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
	if (strstr(group, "..") != NULL)
		group[0] = '\0';
}

/** A number that neither an owner has nor a group that is there. */
static unsigned int
free_id(struct part_work *work)
{
	unsigned int i, id = 1;
	char path[64];
	mode_t mode;

	for (i = 0; i < work->journal.n_owners; i++)
		id = RTE_MAX(id, work->journal.owners[i].id + 1);
	for (;; id++) {
		snprintf(path, sizeof(path), "sys/fs/cgroup/aether-%u", id);
		if (part_mode(&work->root, path, &mode) == PART_KNOWN)
			continue;
		snprintf(path, sizeof(path), "sys/fs/resctrl/aether-%u", id);
		if (part_mode(&work->root, path, &mode) != PART_KNOWN)
			return id;
	}
}

static int
add_owner(struct part_work *work, bool keep, unsigned int *id)
{
	pid_t pid = keep ? 0 : getpid();
	uint64_t start = keep ? 0 : part_task_start(&work->here, pid);
	char from[256];

	if (!keep && start == 0) {
		part_say(work, "/proc/%d/stat cannot be read: who has repaired could not be told "
			 "later", pid);
		return -EIO;
	}
	own_group(work, from, sizeof(from));
	*id = free_id(work);
	work->owner = *id;
	return part_journal_add_owner(&work->journal, *id, pid, start, from) == NULL ? -ENOMEM : 0;
}

/** Where no worker has a bound for sleep of its own, all CPUs get one while somebody holds it. */
static int
stay_awake(struct part_work *work, const struct part_aim *aim)
{
	static const char path[] = "/dev/cpu_dma_latency";
	int ret;

	if (aim->keep || work->dry_run) {
		part_say(work, "%s: %s", path, aim->keep ? "left alone: a bound for sleep lasts for "
			 "as long as a process holds it: aether-partition fix ... -- <command>" :
			 "would be held with 0 us");
		return 0;
	}
	ret = part_own_awake(&work->bench);
	if (ret == 0)
		part_say(work, "%s: held with 0 us until this process ends", path);
	else if (ret != -ENOENT)
		part_say(work, "%s: cannot be held: %s", path, strerror(-ret));
	return ret == -ENOENT ? 0 : ret;
}

/** One look at the host, and what follows from it. */
static int
repair_once(struct part_work *work, const struct part_host_conf *host_conf,
	    const struct part_aim *aim, bool group)
{
	struct part_host *host = malloc(sizeof(*host));
	struct part_wants wants = { 0 };
	char why[256] = "";
	int ret = host == NULL ? -ENOMEM : part_host_read(host_conf, host);

	if (ret != 0) {
		free(host);
		return ret;
	}
	if (group)
		part_plan_group(&work->root, host, aim, &wants, why, sizeof(why));
	else
		part_plan_rest(&work->root, host, aim, &wants);
	if (why[0] != '\0')
		part_say(work, "no partition is made: %s. What may run on the CPUs is moved, what "
			 "begins later is not kept away", why);
	part_host_free(host);
	free(host);
	ret = part_plan_cache(work, aim, &wants);
	if (ret == 0)
		ret = wants.failed ? -ENOMEM : part_adopt(work, &wants, aim->owner);
	if (ret == 0)
		ret = part_forward(work, aim->owner);
	if (ret == 0 && wants.awake)
		ret = stay_awake(work, aim);
	part_wants_free(&wants);
	return ret;
}

/** The partition that an owner wants. @return NULL: none */
static const struct part_knob *
group_of(const struct part_work *work, unsigned int owner)
{
	unsigned int i;

	for (i = 0; i < work->journal.n_knobs; i++)
		if (work->journal.knobs[i].kind == PART_KIND_GROUP &&
		    part_knob_share(&work->journal.knobs[i], owner) != NULL)
			return &work->journal.knobs[i];
	return NULL;
}

/** Into the partition, if there is one. */
static int
join(struct part_work *work, unsigned int owner)
{
	const struct part_knob *group = group_of(work, owner);
	char file[128], pid[16];
	int ret;

	if (group == NULL)
		return 0;
	snprintf(file, sizeof(file), "%s/cgroup.procs", group->path);
	snprintf(pid, sizeof(pid), "%d", getpid());
	ret = part_bench_write(&work->bench, file, pid);
	if (ret != 0)
		part_say(work, "/%s: process %s could not be moved there: %s", file, pid,
			 strerror(-ret));
	return ret;
}

/** Whether a partition that an earlier repair has made is there, and has all these CPUs. */
static bool
is_home(struct part_work *work, const struct part_knob *knob, const struct part_cpus *cpus)
{
	struct part_cpus has;
	mode_t mode;

	return knob->kind == PART_KIND_GROUP && knob->n_shares != 0 &&
	       part_cpus_parse(knob->target, PART_MAX_CPUS, &has) == 0 &&
	       part_cpus_within(cpus, &has) &&
	       part_mode(&work->root, knob->path, &mode) == PART_KNOWN;
}

/**
 * Where the lcores' CPUs are already. Whoever goes there and lives already has chosen the CPUs of
 * its helper threads: there must be one of them.
 */
static int
find_home(struct part_work *work, struct part_aim *aim)
{
	struct part_cpus lcores, spare = *aim->helpers, has;
	unsigned int i;

	part_plan_lcores(aim, &lcores);
	for (i = 0; i < work->journal.n_knobs && aim->home == NULL; i++)
		if (is_home(work, &work->journal.knobs[i], &lcores))
			aim->home = &work->journal.knobs[i];
	part_cpus_without(&spare, &lcores);
	if (aim->home == NULL || !aim->join || part_cpus_empty(&spare) ||
	    (part_cpus_parse(aim->home->target, PART_MAX_CPUS, &has) == 0 &&
	     part_cpus_intersect(&spare, &has)))
		return 0;
	part_say(work, "the lcores' CPUs are in the partition /%s already, which has none for EAL's "
		 "helper threads: start the application in it, by aether-partition fix --lcores ... "
		 "-- <command>, or put it back first: aether-partition restore", aim->home->path);
	return -EBUSY;
}

/** Who starts the application later has to know where. */
static void
say_where(const struct part_work *work, const struct rte_aether_partition_fix_conf *conf,
	  unsigned int owner)
{
	const struct part_knob *group = group_of(work, owner);

	if (group != NULL && conf->keep && !conf->dry_run)
		part_say(work, "CPUs %s are in the partition /%s now; start the application in it: "
			 "aether-partition fix %s %s -- <command>", group->target, group->path,
			 conf->check.lcores != NULL ? "--lcores" : "--workers",
			 conf->check.lcores != NULL ? conf->check.lcores :
			 conf->check.workers != NULL ? conf->check.workers : group->target);
}

static void
own_cpus(struct part_cpus *cpus)
{
	part_cpus_zero(cpus);
	sched_getaffinity(0, sizeof(cpus->words), (cpu_set_t *)cpus->words);
}

/** What processes have left behind that were killed. */
static int
clear_up(struct part_work *work)
{
	unsigned int i, n = 0;
	int ret;

	for (i = 0; i < work->journal.n_owners; i++)
		n += has_died(work, &work->journal.owners[i]);
	/* Who was putting these back was killed. */
	for (i = 0; i < work->journal.n_knobs; i++)
		n += work->journal.knobs[i].n_shares == 0 ||
		     !part_knob_same(&work->journal.knobs[i], work->journal.knobs[i].believed,
				     work->journal.knobs[i].target);
	if (n == 0)
		return 0;
	say_owners(work, "has ended without putting back what it changed", has_died);
	ret = part_backward(work, has_died);
	/* What is in the way need not be in the way of what is repaired now. */
	if (ret == -EBUSY)
		part_say(work, "that is left to aether-partition restore");
	if (ret == 0 || ret == -EBUSY)
		ret = save(work);
	if (ret != 0)
		part_say(work, "that could not be put back now: %s", strerror(-ret));
	return ret;
}

/** What can be told before anything is changed. */
static int
check_workers(struct part_work *work, const struct part_cpus *workers)
{
	struct part_cpus missing = *workers;
	struct part_text text = { 0 };
	struct part_set possible;
	char *said;

	if (part_cpus_within(&work->bench.online, workers)) {
		part_say(work, "found workers on every online CPU, wanted one left for all else");
		return -EINVAL;
	}
	part_cpus_without(&missing, &work->bench.online);
	if (part_cpus_empty(&missing))
		return 0;
	part_read_set(&work->root, "sys/devices/system/cpu/possible", PART_MAX_CPUS, false,
		      &possible);
	part_add_named(&text, &missing);
	part_text_add(&text, " not online, wanted workers that are");
	if (!part_cpus_within(&missing, &possible.cpus)) {
		part_text_add(&text, "; this host can have ");
		part_add_named(&text, &possible.cpus);
	} else {
		part_text_add(&text, ": ");
		part_add_writes(&text, "1", "/sys/devices/system/cpu/cpu%u/online", &missing);
	}
	said = part_text_take(&text);
	if (said != NULL)
		part_say(work, "found %.*s", (int)strcspn(said, "\n"), said);
	free(said);
	return -EINVAL;
}

/** After all has gone well. */
static void
finish(struct part_work *work, const struct rte_aether_partition_fix_conf *conf, const char *root,
       unsigned int owner)
{
	if (work->dry_run)
		return;
	if (!conf->keep && !part_names_rule(conf->check.ignore, "memory.memlock"))
		part_own_memlock();
	/* While EAL starts a verdict follows. */
	if (!conf->join || conf->exec)
		part_say_left(work, &conf->check, root, owner);
}

static int
repair(struct part_work *work, const struct rte_aether_partition_fix_conf *conf, const char *root,
       const struct part_lcores *lcores)
{
	struct part_host_conf *host_conf = calloc(1, sizeof(*host_conf));
	struct part_cpus helpers;
	struct part_aim aim = {
		.lcores = lcores, .ignore = conf->check.ignore, .helpers = &helpers,
		.join = conf->join, .keep = conf->keep, .journal = &work->journal,
		.cache = conf->cache, .bandwidth = conf->bandwidth,
	};
	int ret = host_conf == NULL ? -ENOMEM : load(work), error;

	if (ret == 0)
		ret = check_workers(work, &lcores->workers);
	if (ret == 0)
		ret = clear_up(work);
	part_cpus_zero(&helpers);
	if (!conf->exec)
		own_cpus(&helpers);
	if (ret == 0)
		ret = find_home(work, &aim);
	if (ret == 0)
		ret = add_owner(work, conf->keep, &aim.owner);
	if (ret != 0) {
		free(host_conf);
		return ret;
	}
	work->changed = 0;
	host_conf->root = root;
	host_conf->workers = lcores->workers;
	host_conf->device = conf->check.device;
	/* The partition first: the kernel then moves most tasks and work away by itself. */
	ret = repair_once(work, host_conf, &aim, true);
	/* The journal has grown, and may be elsewhere. */
	aim.home = NULL;
	if (ret == 0 && !work->dry_run &&
	    part_journal_owner(&work->journal, aim.owner) == NULL)
		ret = add_owner(work, conf->keep, &aim.owner);
	if (ret == 0)
		ret = repair_once(work, host_conf, &aim, false);
	if (ret == 0 && conf->join && !work->dry_run)
		ret = join(work, aim.owner);
	if (ret == 0)
		say_where(work, conf, aim.owner);
	if (ret == 0)
		finish(work, conf, root, aim.owner);
	free(host_conf);
	if (ret != 0 && !work->dry_run) {
		part_say(work, "so all that was changed is put back");
		part_own_release();
		part_backward(work, is_repairing);
	}
	error = save(work);
	/* What is on disk is from before the changes, and enough to restore from. */
	if (error != 0)
		part_say(work, "the journal could not be written again: %s", strerror(-error));
	return ret != 0 ? ret : (int)work->changed;
}

int
part_fix(const struct rte_aether_partition_fix_conf *conf, const char *root,
	 const struct part_hands *hands)
{
	struct part_lcores lcores;
	struct part_work *work;
	int ret = conf->cache > 99 || conf->bandwidth > 99 ? -EINVAL :
		  part_check_names(conf->check.ignore);

	if (ret == 0)
		ret = part_get_lcores(&conf->check, &lcores);
	if (ret != 0)
		return ret;
	work = open_work(conf->journal, root, hands, conf->out, conf->dry_run, &ret);
	if (work != NULL) {
		ret = part_cpus_empty(&lcores.workers) ? -EINVAL :
		      repair(work, conf, root, &lcores);
		close_work(work);
	}
	part_lcores_free(&lcores);
	return ret;
}

int
part_restore(const char *journal, const char *root, const struct part_hands *hands, bool kept,
	     FILE *out)
{
	struct part_work *work;
	int ret, error;

	work = open_work(journal, root, hands, out, false, &ret);
	if (work == NULL)
		return ret;
	ret = load(work);
	if (ret == -EINVAL) {
		error = part_store_set_aside(&work->store);
		part_say(work, error != 0 ? "it could not be set aside" :
			 "it is partition.journal.damaged in the same folder now, and tells for "
			 "people what was changed");
	}
	if (ret == 0) {
		part_own_release();
		ret = part_backward(work, kept ? is_over_or_kept : is_over);
		error = save(work);
		if (error != 0)
			part_say(work, "the journal could not be written: %s", strerror(-error));
		say_owners(work, "goes on, and what it has changed stays", is_alive);
		ret = ret != 0 ? ret : error != 0 ? error : (int)work->changed;
	}
	close_work(work);
	return ret;
}

int
rte_aether_partition_fix(const struct rte_aether_partition_fix_conf *conf)
{
	const bool lasting = conf->keep || conf->dry_run;
	int ret;

	if (conf->check.root != NULL && strcmp(conf->check.root, "/") != 0 && !conf->dry_run)
		return -EINVAL;
	pthread_mutex_lock(&mine_lock);
	if (!lasting && mine.pid == getpid()) {
		ret = -EALREADY;
	} else {
		ret = part_fix(conf, conf->check.root, &part_hands_live);
		if (ret >= 0 && !lasting) {
			mine.pid = getpid();
			free(mine.journal);
			mine.journal = conf->journal == NULL ? NULL : strdup(conf->journal);
		}
	}
	pthread_mutex_unlock(&mine_lock);
	return ret;
}

int
rte_aether_partition_restore(const char *journal, FILE *out)
{
	int ret;

	pthread_mutex_lock(&mine_lock);
	ret = part_restore(journal, NULL, &part_hands_live, true, out);
	if (ret >= 0 && mine.pid == getpid())
		mine.pid = 0;
	pthread_mutex_unlock(&mine_lock);
	return ret;
}

/** At exit(), whoever calls it. After SIGKILL the next process does it. */
RTE_FINI(part_fix_fini)
{
	if (mine.pid != getpid())
		return;
	part_restore(mine.journal, NULL, &part_hands_live, false, stderr);
	mine.pid = 0;
}
