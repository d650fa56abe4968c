/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Repair and restore on a host that is made up: what was changed is put back whatever happens
 * between, and what somebody else has changed is not.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>

#include "fake_kernel.h"
#include "part_fix.h"
#include "part_text.h"

#define MANY	400	/* more steps than a repair has */
#define MANY_IRQS	4096
#define MANY_TASKS	12500
#define CPU3	"sys/devices/system/cpu/cpu3/cpufreq/"
#define THP	"sys/kernel/mm/transparent_hugepage/enabled"

static struct fake_kernel kernel;
static char folder[64], *before, *said;
static size_t said_len;

static int
set_up(void **state)
{
	RTE_SET_USED(state);
	fake_kernel_start(&kernel);
	snprintf(folder, sizeof(folder), "/dev/shm/aether-journal-XXXXXX");
	assert_non_null(mkdtemp(folder));
	before = fake_kernel_snapshot(&kernel);
	return 0;
}

static int
tear_down(void **state)
{
	RTE_SET_USED(state);
	tree_remove(folder, "");
	fake_kernel_stop(&kernel);
	free(before);
	free(said);
	said = NULL;
	return 0;
}

/** One step, the at-th of what is run next, fails with an error, or the process ends in it. */
static void
fail_at(unsigned int at, int error)
{
	kernel.at = at;
	kernel.steps = 0;
	kernel.error = error;
}

static int
fix_as(struct rte_aether_partition_fix_conf *conf)
{
	int ret;

	free(said);
	conf->journal = folder;
	conf->out = open_memstream(&said, &said_len);
	ret = part_fix(conf, kernel.top, &kernel.hands);
	fclose(conf->out);
	return ret;
}

static int
fix(const char *workers, bool keep, const char *ignore)
{
	struct rte_aether_partition_fix_conf conf = {
		.check = { .workers = workers, .ignore = ignore, .device = TREE_DEVICE },
		.keep = keep, .join = !keep, .cache = 25, .bandwidth = 30,
	};

	return fix_as(&conf);
}

/** As long as this process runs. @param exec: it has yet to start EAL */
static int
fix_for(const char *workers, bool exec)
{
	struct rte_aether_partition_fix_conf conf = {
		.check = { .workers = workers }, .join = true, .exec = exec,
	};

	return fix_as(&conf);
}

static int
restore_some(bool kept)
{
	FILE *out;
	int ret;

	free(said);
	out = open_memstream(&said, &said_len);
	ret = part_restore(folder, kernel.top, &kernel.hands, kept, out);
	fclose(out);
	return ret;
}

static int
restore(void)
{
	return restore_some(true);
}

static void
assert_restored(int least)
{
	int ret = restore();

	if (ret < least)
		fail_msg("after step %u restore() gives %d, wanted %d; it says:\n%s", kernel.at, ret,
			 least, said);
}

/** @return whether it died by SIGKILL */
static bool
dies(int (*what)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(what() >= 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static int
fix_two(void)
{
	return fix("2-3", false, NULL);
}

static bool
has_journal(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/partition.journal.new", folder);
	if (access(path, F_OK) == 0)
		return true;
	snprintf(path, sizeof(path), "%s/partition.journal", folder);
	return access(path, F_OK) == 0;
}

static void
assert_as_before(void)
{
	char *now = fake_kernel_snapshot(&kernel);
	size_t at, line = 0;

	for (at = 0; now[at] != '\0' && now[at] == before[at]; at++)
		if (now[at] == '\n' && now[at + 1] == '/')
			line = at + 1;
	if (strcmp(now, before) != 0)
		fail_msg("after step %u there is '%.700s', was '%.700s'; said was:\n%s",
			 kernel.at, now + line, before + line, said == NULL ? "" : said);
	free(now);
	assert_false(has_journal());
}

static void
assert_holds(const char *path, const char *text)
{
	struct part_root *root = malloc(sizeof(*root));

	assert_int_equal(part_root_open(root, kernel.top), 0);
	assert_int_equal(part_read(root, "%s", path), PART_KNOWN);
	assert_string_equal(root->text, text);
	part_root_close(root);
	free(root);
}

static void
assert_allowed(const char *path, const char *list)
{
	struct part_root *root = malloc(sizeof(*root));
	char want[64];

	assert_int_equal(part_root_open(root, kernel.top), 0);
	assert_int_equal(part_read(root, "%s", path), PART_KNOWN);
	snprintf(want, sizeof(want), "\nCpus_allowed_list:\t%s\n", list);
	assert_non_null(strstr(root->text, want));
	part_root_close(root);
	free(root);
}

static bool
has_said(const char *text)
{
	if (strstr(said, text) == NULL)
		fprintf(stderr, "not said: '%s', but:\n%s\n", text, said);
	return strstr(said, text) != NULL;
}

static enum rte_aether_partition_result
result_of(const struct rte_aether_partition_verdict *v, const char *rule)
{
	unsigned int i;

	for (i = 0; i < v->n_findings; i++)
		if (strcmp(v->findings[i].rule, rule) == 0)
			return v->findings[i].result;
	fail_msg("no rule %s", rule);
	return RTE_AETHER_PARTITION_UNKNOWN;
}

/** What is broken afterwards is what only a boot can mend. */
static void
test_repaired(void **state)
{
	static const char boot_only[] =
		" kernel.nohz_full kernel.rcu clock.watchdog ";
	struct rte_aether_partition_conf conf = {
		.root = kernel.top, .workers = "2-3", .device = TREE_DEVICE,
		/* Who judges a tree cannot ask it. */
		.ignore = "irq.irqbalance",
	};
	struct rte_aether_partition_verdict *v;
	char name[64];
	unsigned int i;

	RTE_SET_USED(state);
	assert_true(fix("2-3", true, NULL) > 15);
	assert_true(has_journal());
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	for (i = 0; i < v->n_findings; i++) {
		const struct rte_aether_partition_finding *f = &v->findings[i];

		snprintf(name, sizeof(name), " %s ", f->rule);
		if (f->result == RTE_AETHER_PARTITION_BROKEN && strstr(boot_only, name) == NULL)
			fail_msg("%s: %s", f->rule, f->found);
	}
	rte_aether_partition_free(v);
	assert_holds("proc/irq/16/smp_affinity_list", "0-1,4-7\n");
	/* It had none but workers. */
	assert_holds("proc/irq/17/smp_affinity_list", "0-1,4-7\n");
	assert_holds("sys/fs/cgroup/cpuset.cpus.isolated", "2-3\n");
	assert_holds(FAKE_BALANCE, "2-3,7\n");
	/* Threads of the kernel are where they were, but not on the partition's CPUs. */
	assert_allowed("proc/1003/status", "4-7");
	assert_allowed("proc/1007/status", "5");
	assert_restored(16);
	assert_as_before();
	assert_int_equal(restore(), 0);
}

static void
test_ignored(void **state)
{
	RTE_SET_USED(state);
	assert_true(fix("2-3", true, "memory.thp,cpu.isolated,irq.allowed") > 0);
	assert_holds(THP, "[always] madvise never\n");
	assert_holds("proc/irq/16/smp_affinity_list", "0-7\n");
	assert_holds("sys/fs/cgroup/cpuset.cpus.isolated", "\n");
	assert_int_equal(fix("2-3", true, "no.rule"), -EINVAL);
	assert_restored(1);
	assert_as_before();
}

static void
test_dry_run(void **state)
{
	struct rte_aether_partition_fix_conf conf = {
		.check = { .workers = "2-3" }, .journal = "/nowhere/at/all", .dry_run = true,
	};

	RTE_SET_USED(state);
	conf.out = open_memstream(&said, &said_len);
	assert_int_equal(part_fix(&conf, kernel.top, &kernel.hands), 0);
	fclose(conf.out);
	assert_true(has_said("would write 'madvise' to /" THP ", which has 'always'\n"));
	assert_true(has_said("would write '2-3' to /sys/fs/cgroup/aether-1, which has 'no such"));
	/* Once, though the host is looked at twice. */
	assert_null(strstr(strstr(said, "fs/cgroup/aether-1") + 1, "fs/cgroup/aether-1"));
	/* What may move the kernel itself takes out of a partition; bound threads are bound again. */
	assert_null(strstr(said, "task 1000"));
	assert_true(has_said("would write '5' to CPUs of task 1007 (irq/9-acpi), which the kernel"));
	assert_true(has_said("would write '2-3,7' to /" FAKE_BALANCE ", which has '7'"));
	assert_true(has_said("current_clocksource, which has 'hpet'"));
	/* The card was not named. */
	assert_null(strstr(said, "pcie_aspm"));
	assert_as_before();
}

static void
look(void)
{
	fake_kernel_look(&kernel);
}

static void
test_irqbalance(void **state)
{
	RTE_SET_USED(state);
	assert_true(fix("2", true, NULL) > 0);
	assert_true(fix("3", true, NULL) > 0);
	assert_holds(FAKE_BALANCE, "2-3,7\n");
	/* Somebody has it leave alone others. */
	tree_write(kernel.top, FAKE_BALANCE, "5\n");
	assert_restored(1);
	assert_true(has_said("/" FAKE_BALANCE ": changed by somebody else since, to '5'"));
	assert_holds(FAKE_BALANCE, "5\n");
	tree_write(kernel.top, FAKE_BALANCE, "7\n");
	assert_as_before();
	/* Its process has ended. */
	assert_true(fix("2-3", true, NULL) > 0);
	tree_remove(kernel.top, FAKE_BALANCE);
	assert_restored(1);
	tree_write(kernel.top, FAKE_BALANCE, "7\n");
	assert_as_before();
	assert_true(fix("2-3", true, "irq.irqbalance") > 0);
	assert_holds(FAKE_BALANCE, "7\n");
	assert_restored(1);
	assert_as_before();
}

/** It leaves nobody alone at first: there is no list for that, but a word. */
static void
test_irqbalance_none(void **state)
{
	RTE_SET_USED(state);
	tree_write(kernel.top, FAKE_BALANCE, "\n");
	free(before);
	before = fake_kernel_snapshot(&kernel);
	assert_true(fix("2-3", true, NULL) > 0);
	assert_true(has_said("/" FAKE_BALANCE ": none -> 2-3"));
	assert_restored(1);
	assert_as_before();
}

static void
test_irqbalance_silent(void **state)
{
	RTE_SET_USED(state);
	kernel.silent = true;
	assert_true(fix("2-3", true, NULL) > 0);
	assert_true(has_said("irqbalance does not answer"));
	assert_true(has_said("left to you: irq.irqbalance: kill 1010"));
	assert_restored(1);
	assert_as_before();
	/* What cannot be put back now can be later. */
	kernel.silent = false;
	assert_true(fix("2-3", true, NULL) > 0);
	assert_null(strstr(said, "irq.irqbalance"));
	kernel.silent = true;
	assert_int_equal(restore(), -EBUSY);
	kernel.silent = false;
	assert_int_equal(restore(), 1);
	assert_as_before();
}

/** After all was put back irqbalance still has to look. */
static void
assert_restored_late(void)
{
	assert_restored(0);
	look();
	assert_restored(0);
	assert_as_before();
}

/** It says what was before until it looks, whatever it was told. */
static void
test_irqbalance_lags(void **state)
{
	RTE_SET_USED(state);
	kernel.lags = true;
	assert_true(fix("2-3", true, NULL) > 0);
	assert_true(has_said("/" FAKE_BALANCE ": 7 -> 2-3,7; irqbalance does so when"));
	assert_holds(FAKE_BALANCE, "7\n");
	/* Put back before it has looked. */
	assert_restored_late();
	/* And after; then repaired again before it has looked. */
	assert_true(fix("2-3", true, NULL) > 0);
	look();
	assert_holds(FAKE_BALANCE, "2-3,7\n");
	assert_restored(1);
	assert_true(fix("2-3", true, NULL) > 0);
	look();
	assert_holds(FAKE_BALANCE, "2-3,7\n");
	assert_restored_late();
	/* Two, quickly, and one of them ends. */
	assert_true(fix("2", true, NULL) > 0);
	look();
	assert_true(fix("3", false, NULL) > 0);
	assert_int_equal(part_restore(folder, kernel.top, &kernel.hands, false, NULL) > 0, 1);
	look();
	assert_holds(FAKE_BALANCE, "2,7\n");
	assert_true(fix("3", true, NULL) > 0);
	assert_null(strstr(said, "somebody"));
	look();
	assert_holds(FAKE_BALANCE, "2-3,7\n");
	assert_restored_late();
}

static void
test_irqbalance_lags_killed(void **state)
{
	unsigned int at;

	RTE_SET_USED(state);
	kernel.lags = true;
	for (at = 1; at < MANY; at++) {
		fail_at(at, 0);
		if (!dies(fix_two))
			break;
		fail_at(0, 0);
		if (at % 2 == 0)
			look();
		assert_restored_late();
	}
	assert_in_range(at, 30, MANY - 1);
	fail_at(0, 0);
	assert_restored_late();
}

/** The kernel bounds sleep for all CPUs while somebody holds a file open. */
static void
test_awake(void **state)
{
	struct rte_aether_partition_conf conf = { .root = kernel.top, .workers = "2-3" };
	struct rte_aether_partition_verdict *v;
	int held;

	RTE_SET_USED(state);
	tree_remove(kernel.top, "sys/devices/system/cpu/cpu2/power");
	tree_write(kernel.top, "dev/cpu_dma_latency", "late");
	free(before);
	before = fake_kernel_snapshot(&kernel);
	assert_true(fix("2-3", true, NULL) > 0);
	assert_true(has_said("/dev/cpu_dma_latency: left alone"));
	assert_true(has_said("left to you: power.sleep: exec 9>/dev/cpu_dma_latency; "
			     "printf '\\0\\0\\0\\0' >&9\n"));
	assert_holds("dev/cpu_dma_latency", "late");
	assert_restored(1);
	assert_as_before();
	assert_true(fix("2-3", false, NULL) > 0);
	assert_true(has_said("/dev/cpu_dma_latency: held with 0 us"));
	held = kernel.held;
	assert_true(fcntl(held, F_GETFD) >= 0);
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	assert_int_equal(result_of(v, "power.sleep"), RTE_AETHER_PARTITION_FINE);
	rte_aether_partition_free(v);
	assert_restored(1);
	assert_int_equal(fcntl(held, F_GETFD), -1);
	tree_write(kernel.top, "dev/cpu_dma_latency", "late");
	assert_as_before();
}

static void
test_offline(void **state)
{
	RTE_SET_USED(state);
	tree_write(kernel.top, "sys/devices/system/cpu/online", "0-2,4-7\n");
	free(before);
	before = fake_kernel_snapshot(&kernel);
	assert_int_equal(fix("2-3", true, NULL), -EINVAL);
	assert_true(has_said("found CPU 3 not online, wanted workers that are: echo 1 "
			     ">/sys/devices/system/cpu/cpu3/online\n"));
	assert_int_equal(fix("2,8", true, NULL), -EINVAL);
	assert_true(has_said("found CPU 8 not online, wanted workers that are; this host can have "
			     "CPUs 0-7\n"));
	assert_as_before();
}

/** A clock that is as good, one that is not, and no TSC. */
static void
test_clock(void **state)
{
	static const char current[] =
		"sys/devices/system/clocksource/clocksource0/current_clocksource";

	RTE_SET_USED(state);
	assert_true(fix("2-3", true, NULL) > 0);
	assert_holds(current, "tsc\n");
	assert_restored(1);
	assert_holds(current, "hpet\n");
	tree_write(kernel.top, current, "kvm-clock\n");
	assert_true(fix("2-3", true, NULL) > 0);
	assert_holds(current, "kvm-clock\n");
	assert_restored(1);
	tree_write(kernel.top, current, "hpet\n");
	tree_write(kernel.top, "sys/devices/system/clocksource/clocksource0/available_clocksource",
		   "hpet acpi_pm \n");
	assert_true(fix("2-3", true, NULL) > 0);
	assert_holds(current, "hpet\n");
	assert_null(strstr(said, "clock.source"));
	assert_restored(1);
}

/** What nobody but the user can decide is told with its command. */
static void
test_left(void **state)
{
	RTE_SET_USED(state);
	tree_write(kernel.top, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
		   "nr_hugepages", "0\n");
	tree_write(kernel.top, "sys/devices/system/cpu/cpu2/topology/thread_siblings_list",
		   "2,6\n");
	assert_true(fix("2-3", true, NULL) > 0);
	assert_true(has_said("left to you: memory.hugepages: echo 512 >/sys/devices/system/node/"
			     "node0/hugepages/hugepages-2048kB/nr_hugepages\n"));
	assert_true(has_said("left to you: cpu.smt: echo 0 >/sys/devices/system/cpu/cpu6/online\n"));
	assert_null(strstr(said, "left to you: memory.thp"));
	assert_restored(1);
	assert_true(fix("2-3", true, "cpu.smt") > 0);
	assert_null(strstr(said, "left to you: cpu.smt"));
	assert_restored(1);
}

static void
test_stubborn(void **state)
{
	const struct part_knob irq = {
		.kind = PART_KIND_LIST, .path = (char *)(uintptr_t)"proc/irq/9/smp_affinity_list",
	}, policy = { .kind = PART_KIND_CHOICE, .path = (char *)(uintptr_t)PART_ASPM },
	thp = { .kind = PART_KIND_CHOICE, .path = (char *)(uintptr_t)THP };

	RTE_SET_USED(state);
	assert_true(part_knob_is_stubborn(&irq, -EIO));
	assert_true(part_knob_is_stubborn(&irq, -EPERM));
	assert_false(part_knob_is_stubborn(&irq, -EROFS));
	assert_true(part_knob_is_stubborn(&policy, -EPERM));
	assert_false(part_knob_is_stubborn(&policy, -EACCES));
	assert_false(part_knob_is_stubborn(&thp, -EPERM));
}

/** Killed at each step in turn: who restores finds all as it was at first. */
static void
test_killed(void **state)
{
	unsigned int at;

	RTE_SET_USED(state);
	for (at = 1; at < MANY; at++) {
		fail_at(at, 0);
		if (!dies(fix_two))
			break;
		fail_at(0, 0);
		assert_restored(0);
		kernel.at = at;
		assert_as_before();
	}
	assert_in_range(at, 30, MANY - 1);
	/* The last one has ended without putting back: the process is gone. */
	fail_at(0, 0);
	assert_restored(16);
	assert_as_before();
}

/** The next repair does it as well, before its own. */
static void
test_killed_then_fixed(void **state)
{
	unsigned int at;

	RTE_SET_USED(state);
	for (at = 1; at < MANY; at += 3) {
		fail_at(at, 0);
		if (!dies(fix_two))
			break;
		fail_at(0, 0);
		assert_true(fix("3", false, NULL) > 0);
		assert_restored(1);
		kernel.at = at;
		assert_as_before();
	}
	assert_true(at < MANY);
}

/** Restoring is killed at each step, and comes again. */
static void
test_restore_killed(void **state)
{
	unsigned int at;

	RTE_SET_USED(state);
	for (at = 1; at < MANY; at++) {
		fail_at(0, 0);
		assert_true(fix("2-3", true, NULL) > 15);
		fail_at(at, 0);
		if (!dies(restore))
			break;
		fail_at(0, 0);
		assert_restored(0);
		kernel.at = at;
		assert_as_before();
	}
	assert_in_range(at, 20, MANY - 1);
	assert_as_before();
}

/** One step fails: all or nothing. */
static void
test_failing(void **state)
{
	static const int errors[] = { -EROFS, -ENOSPC, -EIO, -EACCES, -EBUSY };
	unsigned int at, i;
	int ret;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(errors); i++) {
		for (at = 1; at < MANY; at++) {
			fail_at(at, errors[i]);
			ret = fix("2-3", true, NULL);
			if (kernel.steps < at)
				break;
			/* An interrupt that nobody may move is left out. */
			if (ret < 0)
				assert_true(has_said(strerror(-errors[i])));
			else
				assert_true((errors[i] == -EIO && strstr(said, "lets nobody change"
					     " it") != NULL) || has_said("journal"));
			fail_at(0, 0);
			if (ret >= 0)
				assert_restored(1);
			kernel.at = at;
			assert_as_before();
		}
		assert_in_range(at, 30, MANY - 1);
		fail_at(0, 0);
		assert_restored(1);
	}
}

/** What cannot be put back stays in the journal until it can. */
static void
test_restore_fails(void **state)
{
	unsigned int at;
	int ret;

	RTE_SET_USED(state);
	for (at = 1; at < MANY; at++) {
		fail_at(0, 0);
		assert_true(fix("2-3", true, NULL) > 15);
		fail_at(at, -EROFS);
		ret = restore();
		if (kernel.steps < at)
			break;
		fail_at(0, 0);
		assert_true(ret >= 0 || has_said(strerror(EROFS)) || has_said("journal"));
		assert_restored(0);
		kernel.at = at;
		assert_as_before();
	}
	assert_in_range(at, 20, MANY - 1);
}

/** Between the look and the change it goes. */
static void
test_vanished(void **state)
{
	unsigned int at;

	RTE_SET_USED(state);
	for (at = 3; at < MANY; at++) {
		fail_at(at, -ENOENT);
		fix("2-3", true, NULL);
		if (kernel.steps < at)
			break;
		fail_at(0, 0);
		assert_restored(0);
		kernel.at = at;
		assert_as_before();
	}
	fail_at(0, 0);
	assert_restored(1);
	/* An interrupt, a task and a CPU that are gone when it is put back. */
	assert_true(fix("2-3", true, NULL) > 15);
	tree_remove(kernel.top, "proc/irq/16");
	tree_remove(kernel.top, "proc/1000");
	tree_remove(kernel.top, "sys/devices/system/cpu/cpu3/cpufreq");
	tree_write(kernel.top, "sys/devices/system/cpu/online", "0-2,4-7\n");
	assert_int_equal(restore(), -EBUSY);
	assert_true(has_said("cpu3/cpufreq/scaling_governor: its CPU is off-line; aether-"));
	assert_holds("proc/irq/17/smp_affinity_list", "2-3\n");
	/* The CPU comes back as it went. */
	assert_int_equal(restore(), -EBUSY);
	tree_write(kernel.top, "sys/devices/system/cpu/online", "0-7\n");
	tree_write(kernel.top, CPU3 "scaling_governor", "performance\n");
	tree_write(kernel.top, CPU3 "energy_performance_preference", "performance\n");
	assert_restored(2);
	assert_false(has_journal());
	assert_holds(CPU3 "scaling_governor", "schedutil\n");
}

/** What cannot be read when it is to be put back is not forgotten, nor is it in anybody's way. */
static void
test_unreadable(void **state)
{
	RTE_SET_USED(state);
	assert_true(fix("2-3", true, NULL) > 15);
	tree_remove(kernel.top, THP);
	tree_write(kernel.top, THP "/x", "a folder\n");
	assert_int_equal(restore(), -EBUSY);
	assert_int_equal(restore(), -EBUSY);
	if (fix("2", true, "memory.thp") <= 0)
		fail_msg("%s", said);
	tree_remove(kernel.top, THP);
	tree_write(kernel.top, THP, "always [madvise] never\n");
	/* Wanted once more, it is still to become what it was at first. */
	assert_true(fix("3", true, NULL) > 0);
	assert_holds(THP, "always [madvise] never\n");
	assert_restored(1);
	assert_as_before();
}

/** A process that has ended and whose parent has not yet asked how. */
static void
test_zombie(void **state)
{
	siginfo_t info;
	pid_t pid;

	RTE_SET_USED(state);
	pid = fork();
	if (pid == 0)
		_exit(fix("2-3", false, NULL) > 0 ? 0 : 1);
	assert_int_equal(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(info.si_status, 0);
	assert_restored(16);
	assert_as_before();
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/** What others do with control groups while there is a partition of ours. */
static void
test_groups_of_others(void **state)
{
	RTE_SET_USED(state);
	assert_true(fix("2-3", true, NULL) > 15);
	tree_write(kernel.top, "sys/fs/cgroup/aether-1/cgroup.procs", "1000\n");
	tree_write(kernel.top, "sys/fs/cgroup/other/cpuset.cpus", "5\n");
	assert_restored(15);
	assert_true(has_said("process 1000 (daemon) is in the partition"));
	assert_true(has_said("others have begun to use cpusets since"));
	assert_holds("sys/fs/cgroup/cgroup.subtree_control", "cpuset cpu memory\n");
	tree_write(kernel.top, "sys/fs/cgroup/cgroup.subtree_control", "cpu memory\n");
	tree_remove(kernel.top, "sys/fs/cgroup/other");
	assert_as_before();
}

/** A task from which the kernel has taken the CPUs of another's partition may have all. */
static void
test_beside_partition(void **state)
{
	RTE_SET_USED(state);
	assert_true(fix("1-2", true, NULL) > 15);
	tree_task(kernel.top, "proc/2000", 2000, "late", 1, 1, "0,3-7", 0x400000);
	if (fix("5", true, "cpu.isolated,memory.cache_group") <= 0)
		fail_msg("%s", said);
	assert_allowed("proc/2000/status", "0-4,6-7");
	/* One of its CPUs goes, and the kernel takes that from it. */
	tree_write(kernel.top, "sys/devices/system/cpu/online", "0-3,5-7\n");
	tree_task(kernel.top, "proc/2000", 2000, "late", 1, 1, "0,3,6-7", 0x400000);
	assert_restored(15);
	assert_allowed("proc/2000/status", "0-7");
	tree_write(kernel.top, "sys/devices/system/cpu/online", "0-7\n");
	tree_remove(kernel.top, "proc/2000");
	assert_as_before();
}

static void
test_changed_since(void **state)
{
	RTE_SET_USED(state);
	assert_true(fix("2-3", true, NULL) > 15);
	tree_write(kernel.top, THP, "always madvise [never]\n");
	tree_write(kernel.top, "proc/irq/16/smp_affinity_list", "5\n");
	assert_restored(11);
	assert_true(has_said("/" THP ": changed by somebody else since, to 'never'"));
	assert_true(has_said("left alone"));
	assert_holds(THP, "always madvise [never]\n");
	assert_holds("proc/irq/16/smp_affinity_list", "5\n");
	tree_write(kernel.top, THP, "[always] madvise never\n");
	tree_write(kernel.top, "proc/irq/16/smp_affinity_list", "0-7\n");
	assert_as_before();
	/* Never twice: what looks like ours now is not. */
	tree_write(kernel.top, THP, "always [madvise] never\n");
	assert_int_equal(restore(), 0);
	assert_holds(THP, "always [madvise] never\n");
}

/** Another process repairs for CPU 2, and ends when told. */
static pid_t
other_process(int *tell)
{
	int ready[2], go[2];
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(go[1]);
		c = fix("2", false, NULL) > 0;
		if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(restore() > 0 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 1);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	*tell = go[1];
	return pid;
}

/** @param killed: it does not put back itself */
static void
two_processes(bool killed, bool other_first)
{
	int tell, status;
	pid_t pid = other_process(&tell);

	assert_true(fix("3", false, NULL) > 0);
	assert_holds("proc/irq/16/smp_affinity_list", "0-1,4-7\n");
	assert_holds("proc/irq/default_smp_affinity", "f3\n");
	if (!other_first) {
		assert_restored(1);
		assert_true(has_said("goes on, and what it has changed stays"));
		assert_holds("proc/irq/16/smp_affinity_list", "0-1,3-7\n");
		assert_holds(THP, "always [madvise] never\n");
	}
	if (killed)
		kill(pid, SIGKILL);
	else
		assert_int_equal(write(tell, "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
	close(tell);
	if (other_first && !killed) {
		assert_holds("proc/irq/16/smp_affinity_list", "0-2,4-7\n");
		assert_holds(THP, "always [madvise] never\n");
	}
	assert_restored(0);
	assert_as_before();
}

static void
test_two_processes(void **state)
{
	RTE_SET_USED(state);
	two_processes(false, false);
	two_processes(false, true);
	two_processes(true, false);
	two_processes(true, true);
}

/** What a repair that lasts has made is used by who comes later, and stays as long as either. */
static void
test_joins(void **state)
{
	static const char procs[] = "sys/fs/cgroup/aether-1/cgroup.procs";
	char own[32];

	RTE_SET_USED(state);
	snprintf(own, sizeof(own), "%d\n", getpid());
	assert_true(fix("2-3", true, NULL) > 15);
	assert_true(has_said("start the application in it: aether-partition fix --workers 2-3 --"));
	assert_true(fix_for("2-3", true) >= 0);
	assert_holds(procs, own);
	/* What ends with this process is not what was to last. */
	assert_true(restore_some(false) >= 0);
	assert_holds("sys/fs/cgroup/cpuset.cpus.isolated", "2-3\n");
	assert_holds(THP, "always [madvise] never\n");
	assert_restored(16);
	assert_as_before();
	assert_true(fix("2-3", true, NULL) > 15);
	assert_true(fix_for("2-3", true) >= 0);
	assert_restored(1);
	assert_as_before();
	/* By a process that has chosen its helpers' CPUs, none of which is there. */
	assert_true(fix("2-3", true, NULL) > 15);
	assert_int_equal(fix_for("2-3", false), -EBUSY);
	assert_true(has_said("/sys/fs/cgroup/aether-1 already, which has none for EAL's helper"));
	assert_holds(procs, "");
	assert_restored(16);
	assert_as_before();
}

/** Somebody puts back what was to be kept while a process uses it: that one keeps it. */
static void
test_joined_stays(void **state)
{
	int ready[2], go[2], status;
	char c = 0;
	pid_t pid;

	RTE_SET_USED(state);
	assert_true(fix("2-3", true, NULL) > 15);
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(go[1]);
		c = fix_for("2-3", true) >= 0;
		if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(restore() > 0 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 1);
	assert_restored(0);
	assert_true(has_said("goes on, and what it has changed stays"));
	assert_holds("sys/fs/cgroup/cpuset.cpus.isolated", "2-3\n");
	assert_holds(THP, "always [madvise] never\n");
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	close(go[1]);
	assert_restored(0);
	assert_as_before();
}

/** A host with more settings to change than any: repaired and put back in a time one waits for. */
static void
test_large(void **state)
{
	struct timespec from, to;
	char path[64];
	unsigned int i;
	int changed;

	RTE_SET_USED(state);
	for (i = 0; i < MANY_IRQS; i++) {
		snprintf(path, sizeof(path), "proc/irq/%u/smp_affinity_list", 100 + i);
		tree_write(kernel.top, path, "0-7\n");
		snprintf(path, sizeof(path), "proc/irq/%u/effective_affinity_list", 100 + i);
		tree_write(kernel.top, path, "0\n");
		snprintf(path, sizeof(path), "proc/irq/%u/eth0-%u", 100 + i, i);
		tree_folder(kernel.top, path);
	}
	for (i = 0; i < MANY_TASKS; i++) {
		snprintf(path, sizeof(path), "proc/%u", 10000 + i);
		tree_task(kernel.top, path, 10000 + i, "daemon", 1, 1, "0-7", 0x400000);
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	changed = fix("2-3", true, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%d settings changed in %.0f ms\n", changed, (to.tv_sec - from.tv_sec) * 1e3 +
	       (to.tv_nsec - from.tv_nsec) / 1e6);
	assert_true(changed > MANY_IRQS + MANY_TASKS);
	assert_holds("proc/irq/4000/smp_affinity_list", "0-1,4-7\n");
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_restored(changed);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("put back in %.0f ms\n", (to.tv_sec - from.tv_sec) * 1e3 +
	       (to.tv_nsec - from.tv_nsec) / 1e6);
	assert_holds("proc/irq/4000/smp_affinity_list", "0-7\n");
	assert_allowed("proc/19000/status", "0-7");
	assert_false(has_journal());
}

static void
write_journal(const char *text, size_t len)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/partition.journal", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

static void
test_damaged(void **state)
{
	struct part_journal journal = { .boot = "x" };
	char *text;
	size_t len;

	RTE_SET_USED(state);
	write_journal("nonsense", 8);
	assert_int_equal(fix("2", true, NULL), -EINVAL);
	assert_true(has_said("restore sets it aside"));
	assert_int_equal(restore(), -EINVAL);
	assert_true(has_said("partition.journal.damaged"));
	assert_as_before();
	/* From before the last boot. */
	assert_non_null(part_journal_add_owner(&journal, 1, 0, 0, ""));
	assert_non_null(part_journal_add_knob(&journal, PART_KIND_CHOICE, THP, "never"));
	assert_true(part_knob_add_share(&journal.knobs[0], 1, "madvise"));
	assert_true(part_journal_set(&journal.knobs[0].target, "always"));
	text = part_journal_text(&journal, &len);
	write_journal(text, len);
	free(text);
	part_journal_free(&journal);
	assert_int_equal(restore(), 0);
	assert_true(has_said("before the last boot"));
	assert_as_before();
}

/** A journal of which the end is missing, or a bit is another, is refused, and changes nothing. */
static void
test_torn(void **state)
{
	static char text[65536];
	char path[128];
	size_t len, at;
	FILE *file;

	RTE_SET_USED(state);
	assert_true(fix("2-3", true, NULL) > 15);
	snprintf(path, sizeof(path), "%s/partition.journal", folder);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_in_range(len, 500, sizeof(text) - 1);
	kernel.steps = 0;
	for (at = 0; at < 2 * len; at++) {
		if (at < len) {
			write_journal(text, at);
		} else {
			text[at - len] ^= 1 << at % 8;
			write_journal(text, len);
			text[at - len] ^= 1 << at % 8;
		}
		assert_int_equal(fix("2", true, NULL), -EINVAL);
		assert_int_equal(restore(), -EINVAL);
		assert_false(has_journal());
	}
	assert_int_equal(kernel.steps, 0);
	write_journal(text, len);
	assert_restored(16);
	assert_as_before();
}

static void
test_refused(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(fix("0-7", true, NULL), -EINVAL);
	assert_true(has_said("wanted one left for all else"));
	/* Others could write into the journal what root would then write. */
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(fix("2", true, NULL), -EPERM);
	assert_true(has_said("root alone"));
	assert_int_equal(restore(), -EPERM);
	assert_int_equal(chmod(folder, 0755), 0);
	assert_as_before();
	assert_int_equal(chmod(kernel.top, 0755), 0);
	if (geteuid() == 0 && fork() == 0) {
		/* Another user, and no folder of that one's. */
		_exit(setuid(65534) != 0 || fix("2", true, NULL) != -EPERM);
	} else if (geteuid() == 0) {
		int status;

		wait(&status);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_as_before();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_repaired, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ignored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dry_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_irqbalance, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_irqbalance_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_irqbalance_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_irqbalance_lags, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_irqbalance_lags_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_awake, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_offline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_left, set_up, tear_down),
		cmocka_unit_test(test_stubborn),
		cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed_then_fixed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_restore_killed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_restore_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vanished, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unreadable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_zombie, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_groups_of_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_beside_partition, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changed_since, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_joins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_joined_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_processes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_torn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
