/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_kernel.h"
#include "fake_resctrl.h"
#include "part_text.h"

#define CGROUP	"sys/fs/cgroup"
#define PENDING	"run/irqbalance/pending"
#define CLOCKS	"sys/devices/system/clocksource/clocksource0"

static bool
ends(const char *path, const char *with)
{
	const size_t len = strlen(path), tail = strlen(with);

	return len >= tail && strcmp(path + len - tail, with) == 0;
}

static int
bind_task(void *ctx, const struct part_root *root, pid_t pid, const struct part_cpus *cpus)
{
	const char *top = ((struct fake_kernel *)ctx)->top;
	static const char key[] = "Cpus_allowed_list:\t";
	char path[64], text[4096], list[64], *at;

	RTE_SET_USED(root);
	snprintf(path, sizeof(path), "proc/%d/status", pid);
	tree_read(top, path, text, sizeof(text));
	at = strstr(text, key);
	if (at == NULL)
		return -ESRCH;
	part_cpus_list(cpus, list, sizeof(list));
	tree_write(top, path, "%.*s%s%s", (int)(at + strlen(key) - text), text, list,
		   strchr(at, '\n'));
	return 0;
}

/** Groups that are partitions take their CPUs from all others. */
static void
set_partition(void *ctx, const char *path, const char *text)
{
	static const pid_t threads[] = { 1003, 1004, 1007 };
	const char *top = ((struct fake_kernel *)ctx)->top;
	struct part_cpus left = { 0 }, taken = { 0 }, cpus;
	char list[64], file[256];
	unsigned int i;

	tree_write(top, path, "%s\n", text);
	for (i = 1; i < 8; i++) {
		snprintf(file, sizeof(file), CGROUP "/aether-%u/cpuset.cpus.partition", i);
		tree_read(top, file, list, sizeof(list));
		if (strcmp(list, "isolated\n") != 0)
			continue;
		snprintf(file, sizeof(file), CGROUP "/aether-%u/cpuset.cpus", i);
		tree_read(top, file, list, sizeof(list));
		if (part_cpus_parse(list, PART_MAX_CPUS, &cpus) == 0)
			part_cpus_or(&taken, &cpus);
	}
	part_cpus_list(&taken, list, sizeof(list));
	tree_write(top, CGROUP "/cpuset.cpus.isolated", "%s\n", list);
	/* All threads of the kernel that may move get what is left. */
	part_cpus_set_range(&left, 0, host_small.cpus - 1);
	part_cpus_without(&left, &taken);
	for (i = 0; i < RTE_DIM(threads); i++)
		bind_task(ctx, NULL, threads[i], &left);
}

/** One process at most is in a group of ours; where it is otherwise does not matter. */
static void
move_process(const char *top, const char *path, const char *pid)
{
	char file[128], text[64];
	unsigned int i;

	for (i = 1; i < 8; i++) {
		snprintf(file, sizeof(file), CGROUP "/aether-%u/cgroup.procs", i);
		tree_read(top, file, text, sizeof(text));
		if (text[0] != '\0' && strtol(text, NULL, 10) == strtol(pid, NULL, 10))
			tree_write(top, file, "%s", "");
	}
	if (strstr(path, "/aether-") != NULL)
		tree_write(top, path, "%s\n", pid);
}

/** The kernel has one flag for what every CPU has a file of. */
static void
set_machine_check(const char *top, const char *text)
{
	char path[128];
	unsigned int cpu;

	for (cpu = 0; cpu < host_small.cpus; cpu++) {
		snprintf(path, sizeof(path), "sys/devices/system/machinecheck/machinecheck%u/"
			 "ignore_ce", cpu);
		tree_write(top, path, "%s\n", text);
	}
}

static int
step(void *ctx, const char *what)
{
	struct fake_kernel *kernel = ctx;

	RTE_SET_USED(what);
	if (++kernel->steps != kernel->at)
		return 0;
	if (kernel->error == 0)
		raise(SIGKILL);
	return kernel->error;
}

/** Drivers that choose the clock rate themselves know one preference under this governor. */
static bool
is_preset(const char *top, const char *path, const char *text)
{
	char file[256], governor[64];

	if (!ends(path, "/energy_performance_preference") || strcmp(text, "performance") == 0)
		return false;
	snprintf(file, sizeof(file), "%.*s/scaling_governor", (int)(strrchr(path, '/') - path),
		 path);
	tree_read(top, file, governor, sizeof(governor));
	return strcmp(governor, "performance\n") == 0;
}

static int
ask(void *ctx, const struct part_root *root, const char *path, const char *request, char *answer,
    size_t size)
{
	static const char settings[] = "settings cpus ";
	struct fake_kernel *kernel = ctx;
	char text[256], mask[64];
	struct part_cpus cpus;

	RTE_SET_USED(root);
	answer[0] = '\0';
	tree_read(kernel->top, path, text, sizeof(text));
	if (text[0] == '\0')
		return -ENOENT;
	if (kernel->silent)
		return -ETIMEDOUT;
	if (strcmp(request, "setup") == 0) {
		part_cpus_parse(text, PART_MAX_CPUS, &cpus);
		part_cpus_mask(&cpus, mask, sizeof(mask));
		return snprintf(answer, size, "SLEEP 10 IRQ 5 LOAD 0 DIFF 0 CLASS 0 BANNED %s",
				mask);
	}
	if (strncmp(request, settings, strlen(settings)) != 0)
		abort();
	request += strlen(settings);
	tree_write(kernel->top, kernel->lags ? PENDING : path, "%s\n",
		   strcmp(request, "NULL") == 0 ? "" : request);
	return 0;
}

void
fake_kernel_look(struct fake_kernel *kernel)
{
	char text[256];

	tree_read(kernel->top, PENDING, text, sizeof(text));
	if (text[0] == '\0')
		return;
	tree_remove(kernel->top, PENDING);
	tree_write(kernel->top, FAKE_BALANCE, "%s", text);
}

static int
hold(void *ctx, const struct part_root *root, const char *path, const void *bytes, size_t len)
{
	struct fake_kernel *kernel = ctx;
	char full[256];

	RTE_SET_USED(root);
	snprintf(full, sizeof(full), "%s/%s", kernel->top, path);
	kernel->held = open(full, O_WRONLY | O_CLOEXEC);
	if (kernel->held < 0)
		return -errno;
	return write(kernel->held, bytes, len) == (ssize_t)len ? kernel->held : -EIO;
}

static int
write_file(void *ctx, const struct part_root *root, const char *path, const char *text)
{
	const char *top = ((struct fake_kernel *)ctx)->top;
	char full[512], old[256];

	RTE_SET_USED(root);
	snprintf(full, sizeof(full), "%s/%s", top, path);
	if (access(full, F_OK) != 0)
		return -ENOENT;
	if (fake_resctrl_has(path))
		return fake_resctrl_write(top, path, text);
	tree_read(top, path, old, sizeof(old));
	if (is_preset(top, path, text))
		return -EBUSY;
	if (ends(path, "pcie_aspm/parameters/policy"))
		tree_write(top, path, strcmp(text, "performance") == 0 ?
			   "default [performance] powersave powersupersave \n" :
			   "default performance [powersave] powersupersave \n");
	else if (ends(path, "transparent_hugepage/enabled"))
		tree_write(top, path, strcmp(text, "always") == 0 ? "[always] madvise never\n" :
			   "always [madvise] never\n");
	else if (ends(path, "cgroup.subtree_control"))
		tree_write(top, path, strcmp(text, "+cpuset") == 0 ? "cpuset cpu memory\n" :
			   "cpu memory\n");
	else if (ends(path, "cpuset.cpus.partition"))
		set_partition(ctx, path, text);
	else if (ends(path, "cgroup.procs"))
		move_process(top, path, text);
	else if (ends(path, "ignore_ce"))
		set_machine_check(top, text);
	else
		tree_write(top, path, "%s\n", text);
	return 0;
}

static int
make_folder(void *ctx, const struct part_root *root, const char *path)
{
	const char *top = ((struct fake_kernel *)ctx)->top;
	static const char *const files[] = {
		"cpuset.cpus", "cpuset.cpus.partition", "cpuset.cpus.effective", "cgroup.procs",
	};
	char file[256];
	unsigned int i;

	RTE_SET_USED(root);
	snprintf(file, sizeof(file), "%s/%s", top, path);
	if (access(file, F_OK) == 0)
		return -EEXIST;
	if (fake_resctrl_has(path))
		return fake_resctrl_make(top, path);
	for (i = 0; i < RTE_DIM(files); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		tree_write(top, file, "%s", i == 1 ? "member\n" : i == 2 ? "0-7\n" : i == 0 ? "\n" :
			   "");
	}
	return 0;
}

static int
remove_folder(void *ctx, const struct part_root *root, const char *path)
{
	const char *top = ((struct fake_kernel *)ctx)->top;
	char file[256], text[256];

	RTE_SET_USED(root);
	if (fake_resctrl_has(path))
		return fake_resctrl_remove(top, path);
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	tree_read(top, file, text, sizeof(text));
	if (text[0] != '\0')
		return -EBUSY;
	tree_remove(top, path);
	return 0;
}

static int
mount_one(void *ctx, const struct part_root *root, const char *path, const char *type)
{
	RTE_SET_USED(root);
	return strcmp(path, RESCTRL) != 0 ? -ENODEV :
	       fake_resctrl_mount(((struct fake_kernel *)ctx)->top, type);
}

static void
spoil(const char *top)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "sys/devices/system/cpu/isolated", "" },
		{ "sys/devices/system/cpu/nohz_full", "(null)" },
		{ "proc/cmdline", "quiet" },
		{ "proc/irq/default_smp_affinity", "ff" },
		{ "sys/devices/virtual/workqueue/cpumask", "ff" },
		{ "sys/devices/virtual/workqueue/writeback/cpumask", "ff" },
		{ "proc/sys/kernel/watchdog_cpumask", "0-7" },
		{ "proc/sys/kernel/soft_watchdog", "1" },
		{ "proc/sys/kernel/numa_balancing", "1" },
		{ "proc/sys/kernel/sched_rt_runtime_us", "950000" },
		{ "proc/sys/vm/stat_interval", "1" },
		{ "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never" },
		{ "sys/kernel/mm/ksm/run", "1" },
		{ CGROUP "/cgroup.subtree_control", "cpu memory" },
		{ CGROUP "/cgroup.procs", "1" },
		{ CGROUP "/user.slice/cgroup.procs", "901" },
		{ "proc/irq/16/smp_affinity_list", "0-7" },
		{ "proc/irq/16/effective_affinity_list", "0" },
		{ "proc/irq/17/smp_affinity_list", "2-3" },
		{ "proc/irq/17/effective_affinity_list", "1" },
		{ "sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "powersave" },
		{ "sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "schedutil" },
		{ "sys/devices/system/cpu/cpu3/cpufreq/energy_performance_preference", "power" },
		{ "sys/devices/system/cpu/cpu2/cpuidle/state2/disable", "0" },
		{ CLOCKS "/current_clocksource", "hpet" },
		{ "sys/bus/pci/devices/" TREE_DEVICE "/power/control", "auto" },
		{ "sys/module/pcie_aspm/parameters/policy",
		  "default performance [powersave] powersupersave " },
		{ FAKE_BALANCE, "7" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(files); i++)
		tree_write(top, files[i].path, "%s\n", files[i].text);
	fake_resctrl_mount(top, "resctrl");
	set_machine_check(top, "0");
	tree_task(top, "proc/1", 1, "systemd", 0, 1, "0-7", 0x400100);
	tree_task(top, "proc/1000", 1000, "daemon", 1, 1, "2-3", 0x400000);
	tree_task(top, "proc/1003", 1003, "kswapd0", 2, 1, "3-7", 0x00200000);
	tree_task(top, "proc/1004", 1004, "kcompactd0", 2, 1, "0-7", 0x00200000);
	tree_task(top, "proc/1010", 1010, "irqbalance", 1, 1, "0-1,4-7", 0x400000);
	tree_task(top, "proc/1007", 1007, "irq/9-acpi", 2, 1, "5", 0x00200000);
}

void
fake_kernel_start(struct fake_kernel *kernel)
{
	memset(kernel, 0, sizeof(*kernel));
	kernel->top = host_tree_make(&host_small);
	kernel->hands = (struct part_hands){ kernel, step, write_file, make_folder,
					     remove_folder, bind_task, mount_one, ask, hold };
	spoil(kernel->top);
}

void
fake_kernel_stop(struct fake_kernel *kernel)
{
	host_tree_remove(kernel->top);
}

/* nftw() has no argument to hand on; folders come in any order, and lines are sorted. */
static struct {
	char *lines[4096];
	unsigned int n;
	size_t skip;
} seen;

static int
see(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct part_text line = { 0 };
	char text[8192] = "";

	RTE_SET_USED(st);
	RTE_SET_USED(ftw);
	if (type == FTW_F)
		tree_read("", path, text, sizeof(text));
	part_text_add(&line, "%s: %s\n", path + seen.skip, text);
	seen.lines[seen.n++] = part_text_take(&line);
	return seen.n == RTE_DIM(seen.lines);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *
fake_kernel_snapshot(const struct fake_kernel *kernel)
{
	struct part_text text = { 0 };
	unsigned int i;

	seen.n = 0;
	seen.skip = strlen(kernel->top);
	if (nftw(kernel->top, see, 32, FTW_PHYS) != 0)
		abort();
	qsort(seen.lines, seen.n, sizeof(seen.lines[0]), compare);
	for (i = 0; i < seen.n; i++) {
		part_text_add(&text, "%s", seen.lines[i]);
		free(seen.lines[i]);
	}
	return part_text_take(&text);
}
