/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_tree.h"

#define PF_KTHREAD	0x00200000
#define PF_NO_SETAFFINITY	0x04000000

const struct host_shape host_small = {
	.cpus = 8, .nodes = 2, .irqs = 6, .tasks = 8,
	.workers = "2-3", .others = "0-1,4-7", .others_mask = "f3",
};

static void
fail(const char *what, const char *path)
{
	fprintf(stderr, "%s %s: %s\n", what, path, strerror(errno));
	abort();
}

static void
make_folders(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			fail("mkdir", path);
		*slash = '/';
	}
}

void
tree_write(const char *top, const char *path, const char *format, ...)
{
	char full[512], text[8192];
	va_list ap;
	int fd, len;

	snprintf(full, sizeof(full), "%s/%s", top, path);
	va_start(ap, format);
	len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0) {
		make_folders(full);
		fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	}
	if (fd < 0 || write(fd, text, len) != len)
		fail("write", full);
	close(fd);
}

void
tree_read(const char *top, const char *path, char *text, size_t size)
{
	char full[1024];
	ssize_t len;
	int fd;

	snprintf(full, sizeof(full), "%s/%s", top, path);
	fd = open(full, O_RDONLY);
	len = fd < 0 ? -1 : read(fd, text, size - 1);
	text[len < 0 ? 0 : len] = '\0';
	if (fd >= 0)
		close(fd);
}

void
tree_folder(const char *top, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s/", top, path);
	make_folders(full);
}

void
tree_link(const char *top, const char *path, const char *target)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	make_folders(full);
	if (symlink(target, full) != 0)
		fail("symlink", full);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	RTE_SET_USED(st);
	RTE_SET_USED(type);
	RTE_SET_USED(ftw);
	return remove(path);
}

void
tree_remove(const char *top, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", top, path);
	if (nftw(full, remove_one, 32, FTW_DEPTH | FTW_PHYS) != 0)
		fail("remove", full);
}

void
tree_task(const char *top, const char *folder, unsigned int pid, const char *name,
	  unsigned int parent, unsigned int threads, const char *allowed, unsigned int flags)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/status", folder);
	tree_write(top, path, "Name:\t%s\nUmask:\t0000\nState:\tS (sleeping)\nTgid:\t%u\nNgid:\t0\n"
		   "Pid:\t%u\nPPid:\t%u\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"
		   "FDSize:\t64\nGroups:\t \nNStgid:\t%u\nNSpid:\t%u\nKthread:\t%d\nThreads:\t%u\n"
		   "SigQ:\t0/96365\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"
		   "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nSeccomp:\t0\n"
		   "Cpus_allowed:\tff\nCpus_allowed_list:\t%s\nMems_allowed:\t00000000,00000003\n"
		   "Mems_allowed_list:\t0-1\nvoluntary_ctxt_switches:\t12\n"
		   "nonvoluntary_ctxt_switches:\t3\n", name, pid, pid, parent, pid, pid,
		   (flags & PF_KTHREAD) != 0, threads, allowed);
	snprintf(path, sizeof(path), "%s/stat", folder);
	tree_write(top, path, "%u (%s) S %u 0 0 0 -1 %u 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0\n", pid, name,
		   parent, flags);
}

static void
make_sets(const char *top, const struct host_shape *s)
{
	static const char *const all[] = {
		"sys/devices/system/cpu/possible", "sys/devices/system/cpu/online",
		"sys/devices/system/cpu/present",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(all); i++)
		tree_write(top, all[i], "0-%u\n", s->cpus - 1);
	tree_write(top, "sys/devices/system/cpu/isolated", "%s\n", s->workers);
	tree_write(top, "sys/devices/system/cpu/nohz_full", "%s\n", s->workers);
	tree_write(top, "proc/irq/default_smp_affinity", "%s\n", s->others_mask);
	tree_write(top, "sys/devices/virtual/workqueue/cpumask", "%s\n", s->others_mask);
	tree_write(top, "sys/devices/virtual/workqueue/writeback/cpumask", "%s\n", s->others_mask);
	tree_folder(top, "sys/devices/virtual/workqueue/power");
	tree_write(top, "proc/sys/kernel/watchdog_cpumask", "%s\n", s->others);
	tree_write(top, "proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda1 password=secret "
		   "isolcpus=managed_irq,domain,%s nohz_full=%s rcu_nocbs=%s irqaffinity=%s "
		   "tsc=reliable quiet\n", s->workers, s->workers, s->workers, s->others);
	tree_write(top, "sys/fs/cgroup/cpuset.cpus.effective", "0-%u\n", s->cpus - 1);
	tree_write(top, "sys/fs/cgroup/cpuset.cpus.isolated", "\n");
	tree_write(top, "proc/self/cgroup", "0::/user.slice\n");
	tree_write(top, "sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-%u\n", s->cpus - 1);
}

static void
make_values(const char *top)
{
	static const struct {
		const char *path, *text;
	} values[] = {
		{ "proc/sys/kernel/osrelease", "6.12.48+deb13-amd64" },
		{ "proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1" },
		{ "proc/sys/kernel/nmi_watchdog", "0" },
		{ "proc/sys/kernel/soft_watchdog", "0" },
		{ "proc/sys/kernel/numa_balancing", "0" },
		{ "proc/sys/kernel/timer_migration", "1" },
		{ "proc/sys/kernel/sched_rt_runtime_us", "-1" },
		{ "proc/sys/kernel/sched_rt_period_us", "1000000" },
		{ "proc/sys/vm/stat_interval", "10" },
		{ "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never" },
		{ "sys/kernel/mm/ksm/run", "0" },
		{ "sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc" },
		{ "sys/devices/system/clocksource/clocksource0/available_clocksource",
		  "tsc hpet acpi_pm " },
		{ "sys/devices/system/cpu/smt/active", "0" },
		{ "sys/devices/system/cpu/cpuidle/current_driver", "intel_idle" },
		{ "sys/module/pcie_aspm/parameters/policy",
		  "default [performance] powersave powersupersave " },
		{ "etc/default/irqbalance", "# nothing is set" },
		{ "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu tsc constant_tsc nonstop_tsc" },
		{ "proc/self/limits", "Limit                     Soft Limit           Hard Limit\n"
		  "Max locked memory         unlimited            unlimited            bytes" },
		{ "proc/filesystems", "nodev\tsysfs\nnodev\tresctrl\n\text4" },
		{ "sys/fs/resctrl/info/last_cmd_status", "ok" },
		{ "sys/fs/resctrl/info/L3/cbm_mask", "7ff" },
		{ "sys/fs/resctrl/info/L3/min_cbm_bits", "1" },
		{ "sys/fs/resctrl/info/L3/shareable_bits", "600" },
		{ "sys/fs/resctrl/info/L3/num_closids", "16" },
		{ "sys/fs/resctrl/mode", "shareable" },
		{ "sys/fs/resctrl/aether/mode", "shareable" },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(values); i++)
		tree_write(top, values[i].path, "%s\n", values[i].text);
}

static void
make_nodes(const char *top, const struct host_shape *s)
{
	const unsigned int each = s->cpus / s->nodes;
	char path[128];
	unsigned int i;

	tree_write(top, "sys/devices/system/node/online", "0-%u\n", s->nodes - 1);
	for (i = 0; i < s->nodes; i++) {
		snprintf(path, sizeof(path), "sys/devices/system/node/node%u/cpulist", i);
		tree_write(top, path, "%u-%u\n", i * each, (i + 1) * each - 1);
		snprintf(path, sizeof(path), "sys/devices/system/node/node%u/hugepages/"
			 "hugepages-2048kB/nr_hugepages", i);
		tree_write(top, path, "512\n");
		snprintf(path, sizeof(path), "sys/devices/system/node/node%u/hugepages/"
			 "hugepages-2048kB/free_hugepages", i);
		tree_write(top, path, "512\n");
	}
}

/** The workers have two ways of each cache. */
static void
make_caches(const char *top, const struct host_shape *s)
{
	static const char *const groups[] = { "schemata", "aether/schemata" };
	static const char *const masks[] = { "7fc", "003" };
	char path[128], text[4096];
	unsigned int i, j;
	size_t len;

	for (i = 0; i < s->cpus; i++) {
		snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/cache/index3/level", i);
		tree_write(top, path, "3\n");
		snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/cache/index3/id", i);
		tree_write(top, path, "%u\n", i / (s->cpus / s->nodes));
	}
	for (i = 0; i < RTE_DIM(groups); i++) {
		for (j = 0, len = 0; j < s->nodes; j++)
			len += snprintf(text + len, sizeof(text) - len, "%s%u=%s", j == 0 ? "" : ";",
					j, masks[i]);
		snprintf(path, sizeof(path), "sys/fs/resctrl/%s", groups[i]);
		tree_write(top, path, "    L3:%s\n", text);
	}
	tree_write(top, "sys/fs/resctrl/cpus_list", "%s\n", s->others);
	tree_write(top, "sys/fs/resctrl/aether/cpus_list", "%s\n", s->workers);
}

static void
make_cpus(const char *top, const struct host_shape *s)
{
	static const struct {
		const char *file, *text;
	} files[] = {
		{ "cpufreq/scaling_governor", "performance" },
		{ "cpufreq/energy_performance_preference", "performance" },
		{ "cpuidle/state0/name", "POLL" }, { "cpuidle/state0/latency", "0" },
		{ "cpuidle/state0/disable", "0" },
		{ "cpuidle/state1/name", "C1" }, { "cpuidle/state1/latency", "2" },
		{ "cpuidle/state1/disable", "0" },
		{ "cpuidle/state2/name", "C6" }, { "cpuidle/state2/latency", "133" },
		{ "cpuidle/state2/disable", "1" },
		{ "power/pm_qos_resume_latency_us", "0" },
	};
	char path[128];
	unsigned int i, j;

	for (i = 0; i < s->cpus; i++) {
		snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/topology/"
			 "thread_siblings_list", i);
		tree_write(top, path, "%u\n", i);
		for (j = 0; j < RTE_DIM(files); j++) {
			snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u/%s", i,
				 files[j].file);
			tree_write(top, path, "%s\n", files[j].text);
		}
		snprintf(path, sizeof(path), "sys/devices/system/machinecheck/machinecheck%u/"
			 "ignore_ce", i);
		tree_write(top, path, "1\n");
		snprintf(path, sizeof(path), "sys/devices/system/machinecheck/machinecheck%u/"
			 "check_interval", i);
		tree_write(top, path, "12c\n");
	}
}

static void
make_irqs(const char *top, const struct host_shape *s)
{
	char path[128];
	unsigned int i;

	for (i = 0; i < s->irqs; i++) {
		snprintf(path, sizeof(path), "proc/irq/%u/smp_affinity_list", 16 + i);
		tree_write(top, path, "%s\n", s->others);
		snprintf(path, sizeof(path), "proc/irq/%u/effective_affinity_list", 16 + i);
		tree_write(top, path, "%lu\n", strtoul(s->others, NULL, 10) + i % 2);
		snprintf(path, sizeof(path), "proc/irq/%u/eth0-TxRx-%u", 16 + i, i);
		tree_folder(top, path);
	}
}

/** Half of them are the kernel's, and of these half belong to one CPU. */
static void
make_tasks(const char *top, const struct host_shape *s)
{
	char folder[64], cpu[16];
	unsigned int i, pid;

	tree_task(top, "proc/1", 1, "systemd", 0, 1, s->others, 0x400100);
	tree_task(top, "proc/2", 2, "kthreadd", 0, 1, s->others, PF_KTHREAD);
	tree_task(top, "proc/900", 900, "bash", 1, 1, s->others, 0x400000);
	tree_task(top, "proc/901", 901, "testpmd", 900, 3, s->others, 0x400000);
	tree_task(top, "proc/self", 901, "testpmd", 900, 3, s->others, 0x400000);
	tree_task(top, "proc/self/task/901", 901, "testpmd", 900, 3, "0", 0x400000);
	tree_task(top, "proc/self/task/902", 902, "rte-worker-2", 900, 3, "2", 0x400000);
	tree_task(top, "proc/self/task/903", 903, "telemetry-v2", 900, 3, s->others, 0x400000);
	for (i = 0; i < s->tasks; i++) {
		pid = 1000 + i;
		snprintf(folder, sizeof(folder), "proc/%u", pid);
		snprintf(cpu, sizeof(cpu), "%u", i / 4 % s->cpus);
		if (i % 2 == 0)
			tree_task(top, folder, pid, "daemon", 1, 1, s->others, 0x400000);
		else if (i % 4 == 1)
			tree_task(top, folder, pid, "kworker/3:1-events", 2, 1, cpu,
				  PF_KTHREAD | PF_NO_SETAFFINITY);
		else
			tree_task(top, folder, pid, "kswapd0", 2, 1, s->others, PF_KTHREAD);
	}
}

static void
make_device(const char *top)
{
	static const struct {
		const char *file, *text;
	} files[] = {
		{ "numa_node", "0" }, { "power/control", "on" },
		{ "current_link_speed", "16.0 GT/s PCIe" }, { "max_link_speed", "16.0 GT/s PCIe" },
		{ "current_link_width", "16" }, { "max_link_width", "16" },
	};
	static const char folder[] = "sys/devices/pci0000:17/0000:17:00.0/" TREE_DEVICE;
	char path[256];
	unsigned int i;

	for (i = 0; i < RTE_DIM(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i].file);
		tree_write(top, path, "%s\n", files[i].text);
	}
	tree_link(top, "sys/bus/pci/devices/" TREE_DEVICE,
		  "../../../devices/pci0000:17/0000:17:00.0/" TREE_DEVICE);
	snprintf(path, sizeof(path), "%s/iommu_group", folder);
	tree_link(top, path, "../../../../kernel/iommu_groups/42");
	tree_link(top, "sys/kernel/iommu_groups/42/devices/" TREE_DEVICE,
		  "../../../../devices/pci0000:17/0000:17:00.0/" TREE_DEVICE);
}

void
host_tree_fill(const char *top, const struct host_shape *shape)
{
	make_sets(top, shape);
	make_values(top);
	make_nodes(top, shape);
	make_cpus(top, shape);
	make_irqs(top, shape);
	make_tasks(top, shape);
	make_device(top);
	make_caches(top, shape);
}

char *
host_tree_make(const struct host_shape *shape)
{
	char *top = strdup("/dev/shm/aether-host-XXXXXX");

	if (top == NULL || mkdtemp(top) == NULL)
		fail("mkdtemp", top != NULL ? top : "");
	host_tree_fill(top, shape);
	return top;
}

void
host_tree_remove(char *top)
{
	tree_remove(top, "");
	free(top);
}
