/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Cache and memory bandwidth for the workers, on a made-up resctrl: who gets what, that it is put
 * back whatever happens between, and that what others do there is left alone. What test_fix.c does
 * with all settings at once, these among them, is not done again but for the mount.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>

#include "fake_kernel.h"
#include "fake_resctrl.h"
#include "part_fix.h"
#include "part_resctrl.h"

#define MANY	100	/* more steps than this has */
#define ALL_ELSE "cpu.isolated,irq.default,irq.delivered,irq.allowed,irq.irqbalance,task.kthreads," \
		 "task.pinned,task.allowed,kernel.workqueues,kernel.watchdog,kernel.mce," \
		 "memory.numa_balancing,memory.thp,memory.ksm,memory.stat_interval," \
		 "sched.rt_throttling,clock.source,power.governor,power.preference,power.sleep"

static struct fake_kernel kernel;
static char folder[64], *before, *said;
static size_t said_len;

static void
look_before(void)
{
	free(before);
	before = fake_kernel_snapshot(&kernel);
}

static void
run(int ret)
{
	assert_int_equal(ret, 0);
}

static void
make(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), RESCTRL "/%s", name);
	run(fake_resctrl_make(kernel.top, path));
}

static int
set_up(void **state)
{
	RTE_SET_USED(state);
	fake_kernel_start(&kernel);
	snprintf(folder, sizeof(folder), "/dev/shm/aether-journal-XXXXXX");
	assert_non_null(mkdtemp(folder));
	look_before();
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
	before = said = NULL;
	return 0;
}

static int
fix_by(struct rte_aether_partition_fix_conf *conf)
{
	int ret;

	free(said);
	conf->journal = folder;
	conf->check.ignore = ALL_ELSE;
	conf->out = open_memstream(&said, &said_len);
	ret = part_fix(conf, kernel.top, &kernel.hands);
	fclose(conf->out);
	return ret;
}

static int
fix(const char *workers, unsigned int cache, unsigned int bandwidth)
{
	struct rte_aether_partition_fix_conf conf = {
		.check = { .workers = workers }, .cache = cache, .bandwidth = bandwidth,
		.keep = true,
	};

	return fix_by(&conf);
}

/** As long as this process runs. */
static int
fix_for(const char *workers, unsigned int cache)
{
	struct rte_aether_partition_fix_conf conf = {
		.check = { .workers = workers }, .cache = cache,
	};

	return fix_by(&conf);
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
assert_as_before(void)
{
	char *now = fake_kernel_snapshot(&kernel);
	size_t at, line = 0;

	for (at = 0; now[at] != '\0' && now[at] == before[at]; at++)
		if (now[at] == '\n' && now[at + 1] == '/')
			line = at + 1;
	if (strcmp(now, before) != 0)
		fail_msg("after step %u there is '%.300s', was '%.300s'; said was:\n%s",
			 kernel.at, now + line, before + line, said == NULL ? "" : said);
	free(now);
}

/** What a group may use: "L3:0=7ff MB:0=100". */
static void
assert_has(const char *group, const char *wanted)
{
	struct part_root *root = malloc(sizeof(*root));
	struct part_schemata schemata;
	char *text;

	assert_int_equal(part_root_open(root, kernel.top), 0);
	assert_int_equal(part_read(root, RESCTRL "%s/schemata", group), PART_KNOWN);
	assert_int_equal(part_schemata_parse(root->text, &schemata), 0);
	text = part_schemata_text(&schemata, ' ');
	if (strcmp(text, wanted) != 0)
		fail_msg("%s has '%s', wanted '%s'; said was:\n%s", group, text, wanted, said);
	free(text);
	part_schemata_free(&schemata);
	part_root_close(root);
	free(root);
}

static void
assert_cpus(const char *group, const char *list)
{
	struct part_root *root = malloc(sizeof(*root));

	assert_int_equal(part_root_open(root, kernel.top), 0);
	assert_int_equal(part_read(root, RESCTRL "%s/cpus_list", group), PART_KNOWN);
	root->text[strcspn(root->text, "\n")] = '\0';
	assert_string_equal(root->text, list);
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

/** Refused, with a reason, and nothing is changed. */
static void
assert_refused(int ret, int error, const char *text)
{
	assert_int_equal(ret, error);
	assert_true(has_said(text));
	assert_as_before();
}

static void
judge(const char *workers, enum rte_aether_partition_result result, const char *found,
      const char *now)
{
	struct rte_aether_partition_conf conf = { .root = kernel.top, .workers = workers };
	struct rte_aether_partition_verdict *v;
	unsigned int i;

	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	for (i = 0; i < v->n_findings; i++)
		if (strcmp(v->findings[i].rule, "memory.cache_group") == 0)
			break;
	assert_in_range(i, 0, v->n_findings - 1);
	assert_int_equal(v->findings[i].result, result);
	assert_non_null(strstr(v->findings[i].found, found));
	if (now[0] != '\0')
		assert_string_equal(v->findings[i].mend_now, now);
	rte_aether_partition_free(v);
}

/** A quarter of 11 ways is 3. Devices use the two at the top, and the other cache has no workers. */
static void
test_given(void **state)
{
	RTE_SET_USED(state);
	make("tenant");
	run(fake_resctrl_write(kernel.top, RESCTRL "/tenant/schemata", "L3:0=ff;1=f0\nMB:1=20\n"));
	run(fake_resctrl_write(kernel.top, RESCTRL "/tenant/cpus_list", "6\n"));
	look_before();
	judge("2-3", RTE_AETHER_PARTITION_BROKEN, "share the last-level cache",
	      "aether-partition fix --workers 2-3 --cache 25\n");
	assert_int_equal(fix("2-3", 25, 0), 3);
	assert_has("", "L3:0=7f8;1=7ff MB:0=100;1=100");
	assert_has("/tenant", "L3:0=f8;1=f0 MB:0=100;1=20");
	assert_has("/aether-1", "L3:0=7;1=7ff MB:0=100;1=100");
	assert_cpus("", "0-1,4-5,7");
	assert_cpus("/aether-1", "2-3");
	judge("2-3", RTE_AETHER_PARTITION_FINE, "no other has", "");
	judge("2,4", RTE_AETHER_PARTITION_BROKEN, "share", "");
	assert_int_equal(restore(), 3);
	assert_as_before();
	/* The nearest number of ways, and both. */
	assert_int_equal(fix("2-3", 50, 25), 3);
	assert_true(has_said("memory bandwidth of others: 30 %"));
	assert_has("", "L3:0=7c0;1=7ff MB:0=30;1=100");
	assert_has("/tenant", "L3:0=c0;1=f0 MB:0=30;1=20");
	assert_int_equal(restore(), 3);
	assert_as_before();
	/* Bandwidth alone. */
	assert_int_equal(fix("3-4", 0, 40), 3);
	assert_has("", "L3:0=7ff;1=7ff MB:0=40;1=40");
	assert_has("/tenant", "L3:0=ff;1=f0 MB:0=40;1=20");
	assert_int_equal(restore(), 3);
	assert_as_before();
}

/** Workers of both caches; then it cannot be told which. */
static void
test_domains(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(fix("3-4", 10, 0), 2);
	assert_has("", "L3:0=7fe;1=7fe MB:0=100;1=100");
	assert_has("/aether-1", "L3:0=1;1=1 MB:0=100;1=100");
	assert_int_equal(restore(), 2);
	assert_as_before();
	tree_remove(kernel.top, "sys/devices/system/cpu/cpu3/cache");
	assert_int_equal(fix("3", 10, 0), 2);
	assert_has("", "L3:0=7fe;1=7fe MB:0=100;1=100");
	assert_int_equal(restore(), 2);
	/* One that is not in schemata. */
	tree_write(kernel.top, "sys/devices/system/cpu/cpu3/cache/index3/level", "3\n");
	tree_write(kernel.top, "sys/devices/system/cpu/cpu3/cache/index3/id", "7\n");
	look_before();
	assert_refused(fix("3", 10, 0), -EIO, "found none of the caches");
}

/** What others have is gone round: exclusive groups, and devices where possible. */
static void
test_places(void **state)
{
	RTE_SET_USED(state);
	make("alone");
	run(fake_resctrl_write(kernel.top, RESCTRL "/schemata", "L3:0=7f0;1=7f0\n"));
	run(fake_resctrl_write(kernel.top, RESCTRL "/alone/schemata", "L3:0=0f;1=0f\n"));
	run(fake_resctrl_write(kernel.top, RESCTRL "/alone/mode", "exclusive\n"));
	look_before();
	assert_int_equal(fix("2-3", 30, 50), 3);
	assert_has("", "L3:0=780;1=7f0 MB:0=50;1=100");
	assert_has("/alone", "L3:0=f;1=f MB:0=50;1=100");
	assert_has("/aether-1", "L3:0=70;1=7f0 MB:0=100;1=100");
	assert_int_equal(restore(), 3);
	assert_as_before();
	/* With devices if there is no other way; everybody keeps a way. */
	assert_int_equal(fix("2-3", 50, 0), 2);
	assert_has("/aether-1", "L3:0=3f0;1=7f0 MB:0=100;1=100");
	assert_int_equal(restore(), 2);
	assert_refused(fix("2-3", 60, 0), -ENOSPC, "these groups are there: alone");
	/* Ways of nobody's: nobody loses any. */
	run(fake_resctrl_write(kernel.top, RESCTRL "/schemata", "L3:0=700;1=7f0\n"));
	look_before();
	assert_int_equal(fix("2-3", 25, 0), 1);
	assert_has("/aether-1", "L3:0=70;1=7f0 MB:0=100;1=100");
	assert_int_equal(restore(), 1);
	assert_as_before();
}

/** Where code and data have masks of their own both lose the ways. */
static void
test_code_and_data(void **state)
{
	RTE_SET_USED(state);
	fake_resctrl_mount_cdp(kernel.top);
	run(fake_resctrl_write(kernel.top, RESCTRL "/schemata", "L3CODE:0=3f\n"));
	look_before();
	assert_int_equal(fix("2-3", 25, 20), 2);
	assert_has("", "L3CODE:0=38;1=7ff L3DATA:0=7f8;1=7ff MB:0=20;1=100");
	assert_has("/aether-1", "L3CODE:0=7;1=7ff L3DATA:0=7;1=7ff MB:0=100;1=100");
	judge("2-3", RTE_AETHER_PARTITION_FINE, "no other has", "");
	assert_int_equal(restore(), 2);
	assert_as_before();
}

/** Another process repairs for CPU 2, until it is told to end. */
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
		c = fix_for("2", 20) > 0;
		if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(restore_some(false) > 0 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 1);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	*tell = go[1];
	return pid;
}

static void
end_process(pid_t pid, int tell)
{
	int status;

	assert_int_equal(write(tell, "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(tell);
}

/** Two at once have different ways, and the last one gives all back. */
static void
two_processes(bool mounted, bool other_first)
{
	int tell;
	pid_t pid;

	run(fake_resctrl_mount(kernel.top, mounted ? "resctrl" : NULL));
	look_before();
	pid = other_process(&tell);
	assert_true(fix_for("3", 30) > 0);
	assert_has("", "L3:0=7e0;1=7ff MB:0=100;1=100");
	assert_has("/aether-1", "L3:0=3;1=7ff MB:0=100;1=100");
	assert_has("/aether-2", "L3:0=1c;1=7ff MB:0=100;1=100");
	judge("2-3", RTE_AETHER_PARTITION_FINE, "no other has", "");
	if (other_first) {
		end_process(pid, tell);
		/* A mask has no gaps: what the first had waits for the second, or for a third. */
		assert_has("", "L3:0=7e0;1=7ff MB:0=100;1=100");
		assert_int_equal(fix("1", 10, 0), 1);
		assert_has("/aether-3", "L3:0=1;1=7ff MB:0=100;1=100");
		assert_true(restore() > 0);
	} else {
		assert_true(restore() > 0);
		assert_has("", "L3:0=7fc;1=7ff MB:0=100;1=100");
		end_process(pid, tell);
	}
	assert_as_before();
}

static void
test_two_processes(void **state)
{
	RTE_SET_USED(state);
	two_processes(true, false);
	two_processes(true, true);
	two_processes(false, false);
	two_processes(false, true);
}

/** One for the workers that have a group already shares that, for as long as one of the two is. */
static void
test_same_workers(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(fix("2-3", 25, 30), 2);
	assert_int_equal(fix("2-3", 50, 0), 0);
	assert_true(has_said("/sys/fs/resctrl/aether-1: the workers are in this group"));
	assert_int_equal(fix_for("3", 25), 0);
	assert_has("/aether-1", "L3:0=7;1=7ff MB:0=100;1=100");
	assert_int_equal(restore_some(false), 0);
	assert_has("", "L3:0=7f8;1=7ff MB:0=30;1=100");
	assert_int_equal(fix("3-4", 25, 0), -EBUSY);
	assert_true(has_said("found workers' CPUs in this group"));
	assert_has("", "L3:0=7f8;1=7ff MB:0=30;1=100");
	assert_int_equal(restore(), 2);
	assert_as_before();
}

/** What somebody has changed since stays, and goes on to be that one's. */
static void
test_changed_since(void **state)
{
	RTE_SET_USED(state);
	make("tenant");
	look_before();
	assert_int_equal(fix("2-3", 25, 0), 3);
	run(fake_resctrl_write(kernel.top, RESCTRL "/tenant/schemata", "L3:0=700\n"));
	make("later");
	assert_has("/later", "L3:0=7ff;1=7ff MB:0=100;1=100");
	judge("2-3", RTE_AETHER_PARTITION_BROKEN, "but later has some of their ways", "");
	run(fake_resctrl_write(kernel.top, RESCTRL "/aether-1/schemata", "L3:0=3\n"));
	assert_int_equal(restore(), 2);
	assert_true(has_said("/sys/fs/resctrl/tenant/schemata: changed by somebody else since, to "
			     "'L3:0=700;1=7ff MB:0=100;1=100'"));
	assert_has("/later", "L3:0=7ff;1=7ff MB:0=100;1=100");
	run(fake_resctrl_remove(kernel.top, RESCTRL "/later"));
	run(fake_resctrl_write(kernel.top, RESCTRL "/tenant/schemata", "L3:0=7ff\n"));
	assert_as_before();
	/* A second repair sees what was made since as any other's. */
	assert_int_equal(fix("2", 25, 0), 3);
	make("later");
	assert_int_equal(fix("3", 25, 0), 4);
	assert_has("/later", "L3:0=7c0;1=7ff MB:0=100;1=100");
	assert_int_equal(restore(), 5);
	assert_has("/later", "L3:0=7ff;1=7ff MB:0=100;1=100");
	run(fake_resctrl_remove(kernel.top, RESCTRL "/later"));
	assert_as_before();
	/* A group that has gone, and one that is unmounted with all the others. */
	assert_int_equal(fix("2-3", 25, 0), 3);
	run(fake_resctrl_remove(kernel.top, RESCTRL "/tenant"));
	assert_int_equal(restore(), 2);
	run(fake_resctrl_mount(kernel.top, "resctrl"));
	look_before();
	assert_int_equal(fix("2-3", 25, 0), 2);
	run(fake_resctrl_mount(kernel.top, NULL));
	assert_int_equal(restore(), 0);
	run(fake_resctrl_mount(kernel.top, "resctrl"));
	assert_as_before();
	/* Mounted anew, it is as at first; in another way, it is somebody else's. */
	assert_int_equal(fix("2-3", 25, 0), 2);
	run(fake_resctrl_mount(kernel.top, "resctrl"));
	assert_int_equal(restore(), 0);
	assert_as_before();
	assert_int_equal(fix("2-3", 25, 0), 2);
	fake_resctrl_mount_cdp(kernel.top);
	look_before();
	assert_int_equal(restore(), 0);
	assert_true(has_said("changed by somebody else since"));
	assert_as_before();
}

static void
test_refused(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(fix("2-3", 100, 0), -EINVAL);
	assert_int_equal(fix("2-3", 0, 100), -EINVAL);
	make("tenant");
	run(fake_resctrl_write(kernel.top, RESCTRL "/tenant/schemata", "L3:0=1\n"));
	run(fake_resctrl_write(kernel.top, RESCTRL "/tenant/cpus_list", "3\n"));
	look_before();
	assert_refused(fix("2-3", 25, 0), -EBUSY, "resctrl/tenant: found workers' CPUs in this group");
	run(fake_resctrl_write(kernel.top, RESCTRL "/tenant/cpus_list", "6\n"));
	look_before();
	/* Its only way stays with it. */
	assert_int_equal(fix("2-3", 10, 0), 2);
	assert_has("/aether-1", "L3:0=2;1=7ff MB:0=100;1=100");
	assert_int_equal(restore(), 2);
	assert_refused(fix("2-3", 99, 0), -ENOSPC, "found no 11 ways of cache 0, of 11, side by side");
	tree_write(kernel.top, RESCTRL "/info/L3/min_cbm_bits", "2\n");
	look_before();
	/* One that has fewer than there must be is nobody's doing; no other may become such. */
	assert_refused(fix("2-3", 90, 0), -ENOSPC, "still have 2");
	make("two");
	make("three");
	make("four");
	look_before();
	assert_refused(fix("2-3", 25, 0), -ENOSPC, "as many as this CPU can have");
	tree_write(kernel.top, RESCTRL "/info/L3/num_closids", "16\n");
	look_before();
	/* As it would be if they were made between the look and the change. */
	assert_refused(fix("2-3", 25, 0), -ENOSPC, "Out of CLOSIDs");
	run(fake_resctrl_remove(kernel.top, RESCTRL "/two"));
	make("a b");
	look_before();
	assert_refused(fix("2-3", 25, 0), -EINVAL, "group by the name 'a b'");
}

static void
test_unable(void **state)
{
	RTE_SET_USED(state);
	tree_write(kernel.top, RESCTRL "/info/MB/delay_linear", "0\n");
	look_before();
	assert_refused(fix("2-3", 25, 50), -ENOTSUP, "not in per cent");
	tree_write(kernel.top, RESCTRL "/info/MB/delay_linear", "1\n");
	tree_write(kernel.top, RESCTRL "/schemata", "L3:0=7ff;1=7ff\nMB:0=4294967295;1=4294967295\n");
	look_before();
	assert_refused(fix("2-3", 25, 50), -ENOTSUP, "mba_MBps");
	tree_write(kernel.top, RESCTRL "/schemata", "L3:0=7ff;1=7ff\n");
	look_before();
	assert_refused(fix("2-3", 25, 50), -ENOTSUP, "found no MB");
	tree_write(kernel.top, RESCTRL "/schemata", "L2:0=ff;1=ff\nMB:0=100;1=100\n");
	look_before();
	assert_refused(fix("2-3", 25, 50), -ENOTSUP, "found no L3");
	judge("2-3", RTE_AETHER_PARTITION_NOT_APPLICABLE, "cannot divide its last-level cache", "");
	tree_remove(kernel.top, RESCTRL "/schemata");
	look_before();
	assert_refused(fix("2-3", 25, 0), -ENOTSUP, "found no L3");
	assert_refused(fix("2-3", 0, 50), -ENOTSUP, "found no MB");
	judge("2-3", RTE_AETHER_PARTITION_NOT_APPLICABLE, "cannot divide its last-level cache", "");
	tree_write(kernel.top, RESCTRL "/schemata", "L3:0=7ff;1=7fx\n");
	look_before();
	assert_refused(fix("2-3", 25, 0), -EIO, "/sys/fs/resctrl/schemata: it does not say");
	judge("2-3", RTE_AETHER_PARTITION_UNKNOWN, "resctrl/schemata: it does not say", "");
	run(fake_resctrl_mount(kernel.top, NULL));
	look_before();
	judge("2-3", RTE_AETHER_PARTITION_BROKEN, "not mounted",
	      "aether-partition fix --workers 2-3 --cache 25\n");
	tree_write(kernel.top, "proc/filesystems", "nodev\tsysfs\n");
	look_before();
	assert_refused(fix("2-3", 25, 0), -ENOTSUP, "found no resctrl in /proc/filesystems");
	judge("2-3", RTE_AETHER_PARTITION_NOT_APPLICABLE, "cannot divide the cache", "");
	tree_remove(kernel.top, "proc/filesystems");
	judge("2-3", RTE_AETHER_PARTITION_UNKNOWN, "proc/filesystems", "");
}

static int
write_wrong(void *ctx, const struct part_root *root, const char *path, const char *text)
{
	RTE_SET_USED(root);
	return fake_resctrl_write(((struct fake_kernel *)ctx)->top, path,
				  strstr(path, "/schemata") != NULL ? "L3:0=505\n" : text);
}

/** What the kernel says of it is handed on. */
static void
test_why(void **state)
{
	RTE_SET_USED(state);
	kernel.hands.write = write_wrong;
	assert_int_equal(fix("2-3", 25, 0), -EINVAL);
	assert_true(has_said("/sys/fs/resctrl/schemata: 'L3:0=7f8;1=7ff MB:0=100;1=100' could not be "
			     "set: Invalid argument; The mask has non-consecutive 1-bits"));
	tree_write(kernel.top, RESCTRL "/info/last_cmd_status", "ok\n");
	assert_as_before();
}

static int
fix_two(void)
{
	return fix_for("2-3", 25);
}

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

static void
fail_at(unsigned int at, int error)
{
	kernel.at = at;
	kernel.steps = 0;
	kernel.error = error;
}

/** Not mounted at first: mounted by a repair, killed or failing at each step, and unmounted. */
static void
test_mounted(void **state)
{
	static const int errors[] = { 0, -EROFS, -EBUSY };
	unsigned int at, i;
	bool over;

	RTE_SET_USED(state);
	run(fake_resctrl_mount(kernel.top, NULL));
	look_before();
	assert_int_equal(fix("2-3", 25, 30), 3);
	assert_has("/aether-1", "L3:0=7;1=7ff MB:0=100;1=100");
	assert_int_equal(restore(), 3);
	assert_as_before();
	for (i = 0; i < RTE_DIM(errors); i++) {
		for (at = 1, over = false; at < MANY && !over; at++) {
			fail_at(at, errors[i]);
			if (errors[i] == 0)
				over = !dies(fix_two);
			else
				over = fix("2-3", 25, 0) > 0 && kernel.steps < at;
			fail_at(0, 0);
			assert_true(restore() >= 0);
			kernel.at = at;
			assert_as_before();
		}
		assert_in_range(at, 12, MANY - 1);
	}
	for (at = 1; at < MANY; at++) {
		fail_at(0, 0);
		assert_int_equal(fix("2-3", 25, 0), 3);
		fail_at(at, 0);
		if (!dies(restore))
			break;
		fail_at(0, 0);
		assert_true(restore() >= 0);
		kernel.at = at;
		assert_as_before();
	}
	assert_in_range(at, 6, MANY - 1);
}

static int
fix_other(void)
{
	return fix_for("2", 20);
}

static int
restore_own(void)
{
	return restore_some(false);
}

/** Beside a repair that goes on: killed or failing at each step, what that one has stays. */
static void
test_beside(void **state)
{
	unsigned int at;
	bool over = false;

	RTE_SET_USED(state);
	make("tenant");
	assert_int_equal(fix("3", 25, 40), 3);
	look_before();
	for (at = 1; at < MANY && !over; at++) {
		fail_at(at, 0);
		over = !dies(fix_other);
		fail_at(0, 0);
		assert_true(restore_own() >= 0);
		kernel.at = at;
		assert_as_before();
	}
	assert_in_range(at, 10, MANY - 1);
	for (at = 1, over = false; at < MANY && !over; at++) {
		fail_at(at, -EROFS);
		over = fix_other() > 0 && kernel.steps < at;
		fail_at(0, 0);
		assert_true(restore_own() >= 0);
		kernel.at = at;
		assert_as_before();
	}
	assert_in_range(at, 10, MANY - 1);
	for (at = 1; at < MANY; at++) {
		fail_at(0, 0);
		assert_true(fix_other() > 0);
		fail_at(at, -EROFS);
		restore_own();
		over = kernel.steps < at;
		fail_at(0, 0);
		assert_true(restore_own() >= 0);
		kernel.at = at;
		assert_as_before();
		if (over)
			break;
	}
	assert_in_range(at, 6, MANY - 1);
}

/** Others make use of it meanwhile: it stays. */
static void
test_stays_mounted(void **state)
{
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < 3; i++) {
		run(fake_resctrl_mount(kernel.top, NULL));
		assert_int_equal(fix("2-3", 25, 0), 3);
		if (i == 0)
			make("later");
		else if (i == 1)
			tree_folder(kernel.top, RESCTRL "/mon_groups/seen");
		else
			run(fake_resctrl_write(kernel.top, RESCTRL "/schemata", "L3:1=7f0\n"));
		assert_int_equal(restore(), i == 2 ? 1 : 2);
		assert_true(has_said(i == 0 ? "stays mounted: others have made groups in it: later" :
				     i == 1 ? "groups in it: mon_groups/seen" :
				     "stays mounted: somebody has changed its schemata"));
		assert_int_equal(restore(), 0);
		assert_cpus("", "0-7");
	}
	/* What was mounted before is not unmounted. */
	run(fake_resctrl_mount(kernel.top, "resctrl"));
	look_before();
	assert_int_equal(fix("2-3", 25, 0), 2);
	assert_int_equal(restore(), 2);
	assert_as_before();
}

static void
test_dry_run(void **state)
{
	struct rte_aether_partition_fix_conf conf = {
		.check = { .workers = "2-3" }, .cache = 25, .bandwidth = 30, .dry_run = true,
	};

	RTE_SET_USED(state);
	assert_int_equal(fix_by(&conf), 0);
	assert_true(has_said("would write 'L3:0=7f8;1=7ff MB:0=30;1=100' to /sys/fs/resctrl/schemata, "
			     "which has 'L3:0=7ff;1=7ff MB:0=100;1=100'\n"));
	assert_true(has_said("would write '2-3 L3:0=7' to /sys/fs/resctrl/aether-1, which has 'no such "
			     "group'\n"));
	assert_as_before();
	run(fake_resctrl_mount(kernel.top, NULL));
	look_before();
	assert_int_equal(fix_by(&conf), 0);
	assert_true(has_said("would mount resctrl at /sys/fs/resctrl\n"));
	assert_true(has_said("what is written there can be told once it is mounted"));
	assert_as_before();
}

static bool
is_mounted(const char *path)
{
	struct stat here, below;
	char up[128];

	snprintf(up, sizeof(up), "%s/..", path);
	return stat(path, &below) == 0 && stat(up, &here) == 0 && below.st_dev != here.st_dev;
}

/** @return 0; 1: no namespace of mounts can be had; 2: it is not as it should be */
static int
mount_live(void)
{
	const struct part_hands *hands = &part_hands_live;
	struct part_root *root = malloc(sizeof(*root));
	char path[128];
	int ret, fd;

	if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return 1;
	snprintf(path, sizeof(path), "%s/" RESCTRL, kernel.top);
	if (part_root_open(root, kernel.top) != 0 || is_mounted(path))
		return 2;
	ret = hands->mount(hands->ctx, root, RESCTRL, "no-such-file-system") != -ENODEV ||
	      hands->mount(hands->ctx, root, RESCTRL, "tmpfs") != 0 || !is_mounted(path);
	fd = open(path, O_RDONLY);
	ret = ret || hands->mount(hands->ctx, root, RESCTRL, NULL) != -EBUSY;
	close(fd);
	return ret || hands->mount(hands->ctx, root, RESCTRL, NULL) != 0 || is_mounted(path) ||
	       hands->mount(hands->ctx, root, RESCTRL, NULL) != -EINVAL ? 2 : 0;
}

/** By the hands that change a host, in a namespace of its own, with another file system. */
static void
test_mount_live(void **state)
{
	int status;
	pid_t pid;

	RTE_SET_USED(state);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(mount_live());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 1) {
		fprintf(stderr, "skipped: no namespace of mounts can be made here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_schemata(void **state)
{
	static const char *const bad[] = {
		"L3", "L3:", "L3:0", "L3:0=", "L3:=1", "L3:0=g", "L3:0=1;", "L3:0=1,1=1", "L3:0=-1",
		"L3:0=0x1", "L3:0=100000000", "L3:4294967296=1", "L3:0=1;0=1", "L3:0=1\nL3:0=1",
		"MB:0=a", "MB:0=1x", ":0=1", "L3:uninitialized", "L3:0=1 x",
	};
	static const struct {
		uint32_t mask, run;
	} runs[] = {
		{ 0, 0 }, { 1, 1 }, { UINT32_MAX, UINT32_MAX }, { 0x7f3, 0x7f0 }, { 0x333, 0x003 },
		{ 0xf0000007, 0xf0000000 }, { 0x80000001, 1 },
	};
	struct part_schemata schemata;
	unsigned int i;
	char *text;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(bad); i++)
		if (part_schemata_parse(bad[i], &schemata) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
	run(part_schemata_parse("    MB:0= 100;1=  90\n    L2:0=ff\nL3DATA:0=00007f;12=1\n", &schemata));
	text = part_schemata_text(&schemata, '\n');
	assert_string_equal(text, "L3DATA:0=7f;12=1\nMB:0=100;1=90");
	assert_int_equal(part_schemata_ways(&schemata, 0), 0x7f);
	assert_int_equal(part_schemata_ways(&schemata, 1), 0);
	free(text);
	part_schemata_free(&schemata);
	for (i = 0; i < RTE_DIM(runs); i++)
		assert_int_equal(part_longest_run(runs[i].mask), runs[i].run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemata),
		cmocka_unit_test_setup_teardown(test_given, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_domains, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_places, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_code_and_data, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_processes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_same_workers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changed_since, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mounted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_beside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stays_mounted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_dry_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mount_live, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
