/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Any bytes in the kernel's files: the check must survive them, and no rule may say "fine" unless a
 * second opinion agrees.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_log.h>

#include "host_tree.h"
#include "partition.h"
#include "partition_oracle.h"
#include "rte_aether_partition.h"

#define CPU(n)	"sys/devices/system/cpu/cpu" #n "/"
#define STATUS(name, parent, kernel, allowed) \
	"Name:\t" name "\nUmask:\t0022\nPid:\t1000\nPPid:\t" parent "\nKthread:\t" kernel \
	"\nThreads:\t1\nCpus_allowed:\tff\nCpus_allowed_list:\t" allowed "\nMems_allowed:\t1\n"

const struct partition_file partition_files[] = {
	{ "sys/devices/system/cpu/possible", "0-7\n", "0-3\n" },
	{ "sys/devices/system/cpu/online", "0-7\n", "0-2,4-7\n" },
	{ "sys/devices/system/cpu/isolated", "2-3\n", "\n" },
	{ "sys/devices/system/cpu/nohz_full", "2-3\n", "(null)\n" },
	{ "sys/fs/cgroup/cpuset.cpus.isolated", "\n", "3\n" },
	{ "proc/irq/default_smp_affinity", "f3\n", "ff\n" },
	{ "sys/devices/virtual/workqueue/cpumask", "f3\n", "ff\n" },
	{ "proc/sys/kernel/watchdog_cpumask", "0-1,4-7\n", "0-7\n" },
	{ "proc/sys/kernel/nmi_watchdog", "0\n", "1\n" },
	{ "proc/sys/kernel/soft_watchdog", "0\n", "1\n" },
	{ "proc/cmdline", "quiet rcu_nocbs=2-3 isolcpus=managed_irq,domain,2-3 -- x\n",
	  "isolcpus=2-9 rcu_nocbs=all:1/2\n" },
	{ "proc/irq/16/smp_affinity_list", "0-1,4-7\n", "0-7\n" },
	{ "proc/irq/16/effective_affinity_list", "0\n", "2\n" },
	{ "proc/irq/17/smp_affinity_list", "0-1,4-7\n", "2-3\n" },
	{ "proc/irq/17/effective_affinity_list", "1\n", "3\n" },
	{ "proc/1000/status", STATUS("daemon", "1", "0", "0-1,4-7"),
	  STATUS("daemon", "1", "0", "2-3") },
	{ "proc/1001/status", STATUS("kworker/3:1-events", "2", "1", "3"),
	  STATUS("kswapd0", "2", "1", "0-7") },
	{ CPU(2) "topology/thread_siblings_list", "2\n", "2,6\n" },
	{ CPU(3) "topology/thread_siblings_list", "3\n", "2-3\n" },
	{ CPU(2) "cpufreq/scaling_governor", "performance\n", "powersave\n" },
	{ CPU(3) "cpufreq/scaling_governor", "performance\n", "schedutil\n" },
	{ CPU(3) "cpuidle/state2/disable", "1\n", "0\n" },
	{ CPU(3) "cpuidle/state1/latency", "2\n", "99\n" },
	{ "sys/devices/system/machinecheck/machinecheck3/ignore_ce", "1\n", "0\n" },
	{ "sys/devices/system/machinecheck/machinecheck3/check_interval", "0\n", "12c\n" },
	{ "sys/kernel/mm/ksm/run", "0\n", "1\n" },
	{ "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n",
	  "[always] madvise never\n" },
	{ "proc/sys/vm/stat_interval", "10\n", "1\n" },
	{ "proc/sys/kernel/sched_rt_runtime_us", "-1\n", "950000\n" },
	{ "sys/devices/system/node/online", "0-1\n", "0\n" },
	{ "sys/devices/system/node/node0/cpulist", "0-3\n", "4-7\n" },
	{ "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "512\n", "0\n" },
	{ "proc/self/cgroup", "0::/user.slice\n", "1:cpuset:/\n0::/../x\n" },
	{ "sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-7\n", "0-1\n" },
	{ "proc/self/limits", "Max locked memory         unlimited            unlimited bytes\n",
	  "Max locked memory         65536                65536                bytes\n" },
	{ "etc/default/irqbalance", "IRQBALANCE_BANNED_CPULIST=2-3\n",
	  "# x\nexport IRQBALANCE_BANNED_CPUS=\"f\"\n" },
	{ "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu constant_tsc nonstop_tsc\n",
	  "flags: constant_tscx\n" },
	{ "sys/fs/resctrl/schemata", "    L3:0=7fc;1=7fc\n", "    L3:0=7ff;1=7ff\n" },
	{ "sys/fs/resctrl/aether/schemata", "    L3:0=003;1=003\n",
	  "L3CODE:0=4;1=1\nL2:0=f\nL3DATA:0=2;1=1\n" },
	{ "sys/fs/resctrl/aether/cpus_list", "2-3\n", "2\n" },
	{ "sys/fs/resctrl/aether/mode", "shareable\n", "pseudo-locksetup\n" },
	{ "sys/fs/resctrl/info/L3/cbm_mask", "7ff\n", "fffff\n" },
	{ CPU(2) "cache/index3/id", "0\n", "1\n" },
	{ "proc/self/status", "Name:\tx\nPid:\t901\nPPid:\t900\n", "Pid:\t1000\nPPid:\t1001\n" },
};
const unsigned int partition_n_files = RTE_DIM(partition_files);

uint64_t partition_checks, partition_fine, partition_other;

static char *top;
static struct {
	int fd;
	char data[PARTITION_MAX_FILE + 1];
	struct oracle_text text;
} files[RTE_DIM(partition_files)];

static const struct oracle_text *
get(const char *path)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(partition_files); i++)
		if (strcmp(partition_files[i].path, path) == 0)
			return &files[i].text;
	return NULL;
}

static void
put(unsigned int i, const void *data, size_t len)
{
	memcpy(files[i].data, data, len);
	files[i].data[len] = '\0';
	files[i].text.data = files[i].data;
	files[i].text.len = len;
	if (pwrite(files[i].fd, data, len, 0) != (ssize_t)len || ftruncate(files[i].fd, len) != 0)
		abort();
}

static void
remove_tree(void)
{
	host_tree_remove(top);
}

/** A small quiet host. What oracles do not know of is as quiet hosts have it. */
static void
make_tree(void)
{
	const struct host_shape shape = {
		.cpus = 8, .nodes = 2, .irqs = 2, .tasks = 2,
		.workers = "2-3", .others = "0-1,4-7", .others_mask = "f3",
	};
	unsigned int i;
	char path[512];

	top = host_tree_make(&shape);
	atexit(remove_tree);
	/* Its name alone tells whether a kernel thread belongs to a CPU: by its flags it does not. */
	tree_task(top, "proc/1001", 1001, "kworker/3:1-events", 2, 1, "3", 0x00200000);
	for (i = 0; i < RTE_DIM(partition_files); i++) {
		tree_write(top, partition_files[i].path, "%s", partition_files[i].good);
		snprintf(path, sizeof(path), "%s/%s", top, partition_files[i].path);
		files[i].fd = open(path, O_WRONLY);
		if (files[i].fd < 0)
			abort();
		put(i, partition_files[i].good, strlen(partition_files[i].good));
	}
}

static void
check(void)
{
	const struct rte_aether_partition_conf conf = {
		.root = top, .lcores = TREE_LCORES, .device = TREE_DEVICE,
	};
	struct rte_aether_partition_verdict *v;
	unsigned int i;
	int ret = rte_aether_partition_check(&conf, &v);

	if (ret != 0)
		abort();
	partition_checks++;
	for (i = 0; i < v->n_findings; i++) {
		const struct rte_aether_partition_finding *f = &v->findings[i];

		if (f->result != RTE_AETHER_PARTITION_FINE) {
			partition_other++;
			continue;
		}
		partition_fine++;
		if (!oracle_may_be_fine(f->rule, get)) {
			fprintf(stderr, "%s is fine: %s\n", f->rule, f->found);
			for (i = 0; i < RTE_DIM(partition_files); i++)
				fprintf(stderr, "%s: '%s'\n", partition_files[i].path,
					files[i].data);
			remove_tree();
			abort();
		}
	}
	rte_aether_partition_free(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool changed[RTE_DIM(partition_files)] = { false };
	unsigned int i;
	size_t len;

	if (top == NULL)
		make_tree();
	while (size >= 3) {
		i = data[0] % RTE_DIM(partition_files);
		len = data[1] | (size_t)data[2] << 8;
		len = RTE_MIN(RTE_MIN(len, size - 3), (size_t)PARTITION_MAX_FILE);
		put(i, data + 3, len);
		changed[i] = true;
		data += 3 + len;
		size -= 3 + len;
	}
	check();
	for (i = 0; i < RTE_DIM(partition_files); i++)
		if (changed[i])
			put(i, partition_files[i].good, strlen(partition_files[i].good));
	return 0;
}
