/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A host that no rule finds fault with; then one thing is changed, and the rules that are about it
 * have to say so, and no others.
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>

#include "host_tree.h"
#include "part_root.h"
#include "rte_aether_partition.h"

#define BROKEN	RTE_AETHER_PARTITION_BROKEN
#define UNKNOWN	RTE_AETHER_PARTITION_UNKNOWN
#define FINE	RTE_AETHER_PARTITION_FINE
#define NA	RTE_AETHER_PARTITION_NOT_APPLICABLE
#define CPU(n)	"sys/devices/system/cpu/cpu" #n "/"

/** One change, and what comes of it. */
struct change {
	const char *path, *text;	/* NULL: the file or folder is removed */
	const char *rule;
	enum rte_aether_partition_result result;
	const char *found;		/* in what is found */
	const char *now;		/* in what mends it; NULL: does not matter */
	const char *others;		/* rules that change as well, between commas */
};

static const struct change changes[] = {
	{ "sys/devices/system/cpu/online", "0-2,4-7\n", "cpu.online", BROKEN, "not online: CPU 3",
	  "echo 1 >/sys/devices/system/cpu/cpu3/online", "" },
	{ "sys/devices/system/cpu/online", "2-3\n", "cpu.housekeeping", BROKEN, "every CPU", "", "" },
	{ "sys/devices/system/cpu/online", "garbage\n", "cpu.online", UNKNOWN, "cpu/online", "",
	  "cpu.housekeeping" },
	{ "sys/devices/system/cpu/online", NULL, "cpu.housekeeping", UNKNOWN, "no such file", "",
	  "cpu.online" },
	{ "sys/devices/system/cpu/isolated", "2\n", "cpu.isolated", BROKEN, "isolated: CPU 2",
	  "echo 0,2-3 >/sys/fs/cgroup/aether/cpuset.cpus\n", "" },
	{ "sys/devices/system/cpu/isolated", "\n", "cpu.isolated", BROKEN, "no CPU", NULL, "" },
	{ "sys/devices/system/cpu/isolated", "2-3", "cpu.isolated", UNKNOWN, "isolated", "", "" },
	{ "sys/devices/system/cpu/isolated", NULL, "cpu.isolated", UNKNOWN, "no such file", "", "" },
	{ "sys/devices/system/cpu/isolated", "2-9\n", "cpu.isolated", UNKNOWN, "isolated", "", "" },
	{ CPU(2) "topology/thread_siblings_list", "2,6\n", "cpu.smt", BROKEN, "CPU 6",
	  "echo 0 >/sys/devices/system/cpu/cpu6/online", "" },
	{ CPU(2) "topology/thread_siblings_list", "2-3\n", "cpu.smt", BROKEN,
	  "two workers share a core", "", "" },
	{ CPU(2) "topology/thread_siblings_list", "0,2\n", "cpu.smt", BROKEN, "CPU 0", "", "" },
	{ CPU(3) "topology/thread_siblings_list", NULL, "cpu.smt", UNKNOWN, "no such file", "", "" },
	{ CPU(3) "topology/thread_siblings_list", "5\n", "cpu.smt", BROKEN, "CPU 5", NULL, "" },
	{ "sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-1\n", "app.cpuset", BROKEN,
	  "'/user.slice' may not use CPUs 2-3", "", "" },
	{ "sys/fs/cgroup/user.slice/cpuset.cpus.effective", NULL, "app.cpuset", FINE, "0-7", "",
	  "" },
	{ "proc/self/cgroup", NULL, "app.cpuset", UNKNOWN, "cpuset of this process", "", "" },

	{ "proc/cmdline", "isolcpus=2-9 nohz_full=2-3\n", "kernel.cmdline", BROKEN,
	  "isolcpus=2-9 was ignored: it names a CPU that this host cannot have", "",
	  "clock.watchdog" },
	{ "proc/cmdline", "nohz_full=2-x\n", "kernel.cmdline", BROKEN, "no list of CPUs", "",
	  "clock.watchdog" },
	{ "proc/cmdline", "isolcpus=dom4in,2-3\n", "kernel.cmdline", BROKEN, "isolcpus=dom4in", "",
	  "clock.watchdog" },
	{ "proc/cmdline", "tsc=reliable -- isolcpus=2-9\n", "kernel.cmdline", FINE, "nothing", "",
	  "" },
	{ "proc/cmdline", NULL, "kernel.cmdline", UNKNOWN, "/proc/cmdline", "", "clock.watchdog" },
	{ "sys/devices/system/cpu/nohz_full", "3\n", "kernel.nohz_full", BROKEN, "CPU 3", "", "" },
	{ "sys/devices/system/cpu/nohz_full", "(null)\n", "kernel.nohz_full", BROKEN, "no CPU", "",
	  "" },
	{ "sys/devices/system/cpu/nohz_full", NULL, "kernel.nohz_full", UNKNOWN, "no such file", "",
	  "" },
	{ "sys/devices/virtual/workqueue/cpumask", "ff\n", "kernel.workqueues", BROKEN, "CPUs 0-7",
	  "echo f3 >/sys/devices/virtual/workqueue/cpumask", "" },
	{ "sys/devices/virtual/workqueue/writeback/cpumask", "ff\n", "kernel.workqueues", FINE, "",
	  "", "" },
	{ "sys/devices/virtual/workqueue/cpumask", NULL, "kernel.workqueues", UNKNOWN, "", "", "" },
	{ "sys/devices/virtual/workqueue/cpumask", "0\n", "kernel.workqueues", UNKNOWN, "", "", "" },
	{ "sys/devices/virtual/workqueue/cpumask", "(null)\n", "kernel.workqueues", UNKNOWN, "", "",
	  "" },
	{ "proc/sys/kernel/nmi_watchdog", "1\n", "kernel.watchdog", FINE, "they watch", "", "" },
	{ "proc/sys/kernel/nmi_watchdog", NULL, "kernel.watchdog", FINE, "they watch", "", "" },
	{ "sys/devices/system/machinecheck/machinecheck3/ignore_ce", "0\n", "kernel.mce", BROKEN,
	  "CPU 3", "echo 1 >/sys/devices/system/machinecheck/machinecheck3/ignore_ce", "" },
	{ "sys/devices/system/machinecheck/machinecheck3/ignore_ce", NULL, "kernel.mce", UNKNOWN,
	  "", "", "" },

	/* It has been told to go elsewhere. */
	{ "proc/irq/17/effective_affinity_list", "3\n", "irq.delivered", BROKEN,
	  "17 (eth0-TxRx-1) goes to 3, may go to 0-1,4-7; it leaves when", "", "" },
	{ "proc/irq/17/effective_affinity_list", NULL, "irq.delivered", UNKNOWN,
	  "/proc/irq/17/effective_affinity_list: no such file", "", "irq.allowed,irq.managed" },
	{ "proc/irq/17/effective_affinity_list", "x\n", "irq.managed", UNKNOWN, "", "",
	  "irq.allowed,irq.delivered" },
	{ "proc/irq/17/effective_affinity_list", "\n", "irq.delivered", FINE, "", "", "" },
	{ "proc/irq/17/smp_affinity_list", "0-7\n", "irq.allowed", BROKEN, "may go to 0-7", NULL,
	  "" },
	{ "proc/irq/17/smp_affinity_list", "\n", "irq.allowed", UNKNOWN, "", "",
	  "irq.delivered,irq.managed" },
	{ "proc/irq", NULL, "irq.delivered", UNKNOWN, "", "",
	  "irq.allowed,irq.managed,irq.default" },
	{ "proc/irq/default_smp_affinity", "ff\n", "irq.default", BROKEN, "CPUs 0-7",
	  "echo f3 >/proc/irq/default_smp_affinity", "" },
	{ "proc/irq/default_smp_affinity", "0\n", "irq.default", UNKNOWN, "", "", "" },
	{ "proc/irq/default_smp_affinity", NULL, "irq.default", UNKNOWN, "no such file", "", "" },

	{ "proc/1000/status", "Name:\tx\nPPid:\t1\nThreads:\t1\nCpus_allowed_list:\t2\n",
	  "task.pinned", BROKEN, "1000 (x) may run on 2",
	  "for task in 1000; do taskset -cp 0-1,4-7 $task; done\n", "" },
	{ "proc/1000/status", "Name:\ta\033[31m\nPPid:\t1\nThreads:\t1\nCpus_allowed_list:\t2-4\n",
	  "task.allowed", BROKEN, "1000 (a?[31m) may run on 2-4", NULL, "" },
	/* No kernel writes a field twice. */
	{ "proc/1000/status", "Name:\tx\nPPid:\t1\nThreads:\t1\nCpus_allowed_list:\t2\n"
	  "Cpus_allowed_list:\t0\n", "task.pinned", UNKNOWN, "", "",
	  "task.allowed,task.kthreads,irq.irqbalance" },
	{ "proc/1000/status", "Name:\tx\nPPid:\t1\nThreads:\t1\nCpus_allowed_list:\t\n0-1\n",
	  "task.pinned", UNKNOWN, "", "", "task.allowed,task.kthreads,irq.irqbalance" },
	{ "proc/1000/status", NULL, "task.pinned", UNKNOWN, "/proc/1000/status", "",
	  "task.allowed,task.kthreads,irq.irqbalance" },
	{ "proc/1000/status", "Name:\tx\nThreads:\t1\nCpus_allowed_list:\t\n", "task.allowed",
	  UNKNOWN, "", "", "task.pinned,task.kthreads,irq.irqbalance" },
	/* A name that holds a line of its own; the kernel writes it so. */
	{ "proc/1000/status", "Name:\tx\\nCpus_allowed_list:\t0\nPPid:\t1\nThreads:\t1\n"
	  "Cpus_allowed_list:\t2\n", "task.pinned", BROKEN, "1000", NULL, "" },
	/* What waits for this process does nothing meanwhile: the shell that it was started from. */
	{ "proc/900/status", "Name:\tbash\nPid:\t900\nPPid:\t1\nThreads:\t1\n"
	  "Cpus_allowed_list:\t2-3\n", "task.pinned", FINE, "", "", "" },
	{ "proc/1003/status", "Name:\tkswapd0\nPid:\t1003\nPPid:\t2\nThreads:\t1\n"
	  "Cpus_allowed_list:\t0-3\n", "task.kthreads", BROKEN, "1003 (kswapd0)",
	  "for task in 1003; do taskset -cp 0-1,4-7 $task; done\n", "" },
	{ "proc/1001/status", "Name:\tksoftirqd/2\nPid:\t1001\nPPid:\t2\nThreads:\t1\n"
	  "Cpus_allowed_list:\t2\n", "task.kthreads", FINE, "", "", "" },
	{ "proc/self/task/903/status", "Name:\ttelemetry-v2\nPPid:\t1\nThreads:\t3\n"
	  "Cpus_allowed_list:\t0-7\n", "app.threads", BROKEN, "903 (telemetry-v2)", NULL, "" },
	{ "proc/self/task/902/status", "Name:\trte-worker-2\nPPid:\t1\nThreads:\t3\n"
	  "Cpus_allowed_list:\t0-7\n", "app.threads", BROKEN, "902 (rte-worker-2)", NULL, "" },
	{ "proc/self/task", NULL, "app.threads", UNKNOWN, "", "", "" },

	{ "proc/sys/kernel/numa_balancing", "1\n", "memory.numa_balancing", BROKEN, "",
	  "echo 0 >/proc/sys/kernel/numa_balancing\n", "" },
	{ "proc/sys/kernel/numa_balancing", NULL, "memory.numa_balancing", UNKNOWN, "", "", "" },
	{ "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n", "memory.thp",
	  BROKEN, "[always]", "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled\n", "" },
	{ "sys/kernel/mm/transparent_hugepage/enabled", "always\n", "memory.thp", UNKNOWN, "", "",
	  "" },
	{ "sys/kernel/mm/ksm/run", "1\n", "memory.ksm", BROKEN, "", "echo 0 >/sys/kernel/mm/ksm/run",
	  "" },
	{ "sys/kernel/mm/ksm/run", "2\n", "memory.ksm", FINE, "", "", "" },
	{ "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "0\n",
	  "memory.hugepages", BROKEN, "node 0",
	  "echo 512 >/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages\n", "" },
	{ "sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "0\n",
	  "memory.hugepages", FINE, "", "", "" },
	{ "sys/devices/system/node/node0/hugepages", NULL, "memory.hugepages", UNKNOWN, "", "", "" },
	{ "proc/sys/vm/stat_interval", "1\n", "memory.stat_interval", BROKEN, "every 1",
	  "echo 10 >/proc/sys/vm/stat_interval\n", "" },
	{ "proc/self/limits", "Max locked memory         8388608 8388608 bytes\n", "memory.memlock",
	  BROKEN, "8388608", "ulimit -l unlimited\n", "" },
	{ "sys/fs/resctrl/aether/cpus_list", "2\n", "memory.cache_group", BROKEN, "share",
	  "aether-partition fix --workers 2-3 --cache 25\n", "" },
	{ "sys/fs/resctrl/schemata", "    L3:0=7fe;1=7ff\n", "memory.cache_group", BROKEN,
	  "the default group has some of their ways", "", "" },
	{ "sys/fs/resctrl/schemata", "    L3:0=7fc;1=7ff\n", "memory.cache_group", FINE, "", "", "" },
	{ "sys/fs/resctrl/schemata", "L3:0=7fc;1=\n", "memory.cache_group", UNKNOWN,
	  "/sys/fs/resctrl/schemata", "", "" },
	{ "sys/fs/resctrl/aether/schemata", NULL, "memory.cache_group", BROKEN, "share", NULL, "" },
	{ "sys/fs/resctrl/schemata", NULL, "memory.cache_group", NA, "cannot divide", "", "" },
	{ "sys/fs/resctrl", NULL, "memory.cache_group", BROKEN, "not mounted", NULL, "" },
	{ "sys/fs/resctrl/info/L3/cbm_mask", NULL, "memory.cache_group", UNKNOWN,
	  "/sys/fs/resctrl/info/L3/cbm_mask", "", "" },
	{ "sys/fs/resctrl/aether/mode", "mine\n", "memory.cache_group", UNKNOWN,
	  "/sys/fs/resctrl/aether/mode", "", "" },
	{ "proc/sys/kernel/sched_rt_runtime_us", "950000\n", "sched.rt_throttling", BROKEN,
	  "950000 us of each 1000000", "echo -1 >/proc/sys/kernel/sched_rt_runtime_us\n", "" },
	{ "sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n",
	  "clock.source", BROKEN, "hpet", "echo tsc >", "" },
	{ "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu constant_tsc nonstop_tsc_s3\n",
	  "clock.tsc", BROKEN, "no nonstop_tsc", "", "" },
	{ "proc/cmdline", "quiet\n", "clock.watchdog", BROKEN, "", "", "" },

	{ CPU(3) "cpufreq/scaling_governor", "powersave\n", "power.governor", BROKEN,
	  "powersave on CPU 3", "echo performance >/sys/devices/system/cpu/cpu3/cpufreq/"
	  "scaling_governor\n", "" },
	{ CPU(3) "cpufreq/scaling_governor", NULL, "power.governor", UNKNOWN, "", "", "" },
	{ CPU(3) "cpufreq/energy_performance_preference", "power\n", "power.preference", BROKEN, "",
	  NULL, "" },
	{ CPU(3) "cpufreq/energy_performance_preference", NULL, "power.preference", NA, "", "",
	  "" },
	{ CPU(3) "cpuidle/state2/disable", "0\n", "power.sleep", BROKEN, "up to C6, 133 us, on CPU 3",
	  "echo n/a >/sys/devices/system/cpu/cpu3/power/pm_qos_resume_latency_us\n", "" },

	{ "sys/bus/pci/devices/" TREE_DEVICE, NULL, "device.present", BROKEN, "there is none", "",
	  "device.node,device.iommu,device.power,device.link" },
	{ "sys/bus/pci/devices/" TREE_DEVICE "/numa_node", "1\n", "device.node", BROKEN,
	  "the card is on node 1", "", "" },
	{ "sys/bus/pci/devices/" TREE_DEVICE "/numa_node", "-1\n", "device.node", UNKNOWN, "", "",
	  "" },
	{ "sys/bus/pci/devices/" TREE_DEVICE "/power/control", "auto\n", "device.power", BROKEN,
	  "auto", "echo on >/sys/bus/pci/devices/" TREE_DEVICE "/power/control\n", "" },
	{ "sys/module/pcie_aspm/parameters/policy", "default performance [powersave]\n",
	  "device.aspm", BROKEN, "[powersave]",
	  "echo performance >/sys/module/pcie_aspm/parameters/policy\n", "" },
	{ "sys/bus/pci/devices/" TREE_DEVICE "/current_link_width", "8\n", "device.link", BROKEN,
	  "x8 at 16.0 GT/s PCIe, of x16", "", "" },
	{ "sys/bus/pci/devices/" TREE_DEVICE "/current_link_speed", "2.5 GT/s PCIe\n", "device.link",
	  BROKEN, "2.5 GT/s", "", "" },
	{ "sys/bus/pci/devices/" TREE_DEVICE "/iommu_group", NULL, "device.iommu", BROKEN,
	  "no group", "", "" },
};

static struct rte_aether_partition_verdict *
check_tree(const char *top)
{
	const struct rte_aether_partition_conf conf = {
		.root = top, .lcores = TREE_LCORES, .device = TREE_DEVICE,
	};
	struct rte_aether_partition_verdict *verdict = NULL;

	assert_int_equal(rte_aether_partition_check(&conf, &verdict), 0);
	assert_non_null(verdict);
	return verdict;
}

static const struct rte_aether_partition_finding *
find(const struct rte_aether_partition_verdict *v, const char *rule)
{
	unsigned int i;

	for (i = 0; i < v->n_findings; i++)
		if (strcmp(v->findings[i].rule, rule) == 0)
			return &v->findings[i];
	fail_msg("there is no rule %s", rule);
	return NULL;
}

static bool
has_name(const char *list, const char *name)
{
	const size_t len = strlen(name);
	const char *p;

	for (p = strstr(list, name); p != NULL; p = strstr(p + 1, name))
		if ((p == list || p[-1] == ',') && (p[len] == ',' || p[len] == '\0'))
			return true;
	return false;
}

/** Results of a quiet host that are not FINE: nothing tells them in a made-up tree. */
#define CLOCKS	"sys/devices/system/clocksource/clocksource0/"
#define NOT_TOLD	"power.smi"

static void
test_quiet(void **state)
{
	char *top = host_tree_make(&host_small);
	struct rte_aether_partition_verdict *v = check_tree(top);
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < v->n_findings; i++)
		if (v->findings[i].result != FINE && !has_name(NOT_TOLD, v->findings[i].rule))
			fail_msg("%s: %d: %s", v->findings[i].rule, v->findings[i].result,
				 v->findings[i].found);
	assert_int_equal(v->overall, RTE_AETHER_PARTITION_QUIET);
	assert_string_equal(v->workers, "2-3");
	assert_string_equal(v->main_cpus, "0");
	assert_string_equal(v->housekeeping, "0-1,4-7");
	assert_string_equal(v->kernel, "6.12.48+deb13-amd64");
	assert_non_null(strstr(v->command_line, "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 "
			       "rcu_nocbs=2-3 irqaffinity=0-1,4-7 "));
	assert_non_null(strstr(v->tuned, "isolated_cores=2-3\n"));
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

static void
test_changes(void **state)
{
	struct rte_aether_partition_verdict *v, *quiet;
	const struct rte_aether_partition_finding *f;
	unsigned int i, j;
	char *top;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(changes); i++) {
		const struct change *c = &changes[i];

		top = host_tree_make(&host_small);
		quiet = check_tree(top);
		if (c->text != NULL)
			tree_write(top, c->path, "%s", c->text);
		else
			tree_remove(top, c->path);
		v = check_tree(top);
		f = find(v, c->rule);
		if (f->result != c->result || strstr(f->found, c->found) == NULL)
			fail_msg("%s = '%s': %s is %d: '%s'; wanted %d: '%s'", c->path,
				 c->text != NULL ? c->text : "(removed)", c->rule, f->result,
				 f->found, c->result, c->found);
		if (c->now != NULL && (c->now[0] != '\0' ? strstr(f->mend_now, c->now) == NULL :
				       f->mend_now[0] != '\0'))
			fail_msg("%s: mend by '%s', wanted '%s'", c->rule, f->mend_now, c->now);
		for (j = 0; j < v->n_findings; j++)
			if (v->findings[j].result != quiet->findings[j].result &&
			    &v->findings[j] != f && !has_name(c->others, v->findings[j].rule))
				fail_msg("%s = '%s' changes %s to %d: %s", c->path,
					 c->text != NULL ? c->text : "(removed)",
					 v->findings[j].rule, v->findings[j].result,
					 v->findings[j].found);
		rte_aether_partition_free(v);
		rte_aether_partition_free(quiet);
		host_tree_remove(top);
	}
}

/** What needs two files changed. */
static void
test_together(void **state)
{
	const struct rte_aether_partition_finding *f;
	struct rte_aether_partition_verdict *v;
	char *top = host_tree_make(&host_small);

	RTE_SET_USED(state);
	/* RCU is offloaded by either parameter. */
	tree_write(top, "sys/devices/system/cpu/nohz_full", "\n");
	v = check_tree(top);
	assert_int_equal(find(v, "kernel.rcu")->result, FINE);
	assert_int_equal(v->overall, RTE_AETHER_PARTITION_NOISY);
	rte_aether_partition_free(v);
	tree_write(top, "proc/cmdline", "rcu_nocbs=2\n");
	v = check_tree(top);
	assert_int_equal(find(v, "kernel.rcu")->result, BROKEN);
	rte_aether_partition_free(v);

	/* A control group's partition is as good as isolcpus=, by either way the kernel tells. */
	tree_write(top, "sys/devices/system/cpu/isolated", "\n");
	tree_write(top, "sys/fs/cgroup/cpuset.cpus.isolated", "2-3\n");
	v = check_tree(top);
	assert_int_equal(find(v, "cpu.isolated")->result, FINE);
	rte_aether_partition_free(v);
	tree_remove(top, "sys/fs/cgroup/cpuset.cpus.isolated");
	tree_write(top, "sys/fs/cgroup/aether/cpuset.cpus.partition", "isolated\n");
	tree_write(top, "sys/fs/cgroup/aether/cpuset.cpus.effective", "2-3\n");
	v = check_tree(top);
	assert_int_equal(find(v, "cpu.isolated")->result, FINE);
	rte_aether_partition_free(v);
	tree_write(top, "sys/fs/cgroup/aether/cpuset.cpus.partition", "isolated invalid (x)\n");
	v = check_tree(top);
	assert_int_equal(find(v, "cpu.isolated")->result, BROKEN);
	rte_aether_partition_free(v);

	/* A node does not list a CPU that is offline; the other worker's node is looked at. */
	tree_write(top, "sys/devices/system/cpu/online", "0-2,4-7\n");
	tree_write(top, "sys/devices/system/node/node0/cpulist", "0-2\n");
	v = check_tree(top);
	assert_int_equal(find(v, "memory.hugepages")->result, FINE);
	rte_aether_partition_free(v);
	tree_write(top, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages",
		   "0\n");
	v = check_tree(top);
	assert_int_equal(find(v, "memory.hugepages")->result, BROKEN);
	assert_string_equal(find(v, "memory.hugepages")->found, "none on node 0");
	rte_aether_partition_free(v);

	/* Detectors that run, on all CPUs. */
	tree_write(top, "proc/sys/kernel/nmi_watchdog", "1\n");
	tree_write(top, "proc/sys/kernel/watchdog_cpumask", "0-7\n");
	v = check_tree(top);
	f = find(v, "kernel.watchdog");
	assert_int_equal(f->result, BROKEN);
	assert_string_equal(f->mend_now,
			    "echo 0-1,4-7 >/proc/sys/kernel/watchdog_cpumask\n");
	rte_aether_partition_free(v);

	/* irqbalance keeps from isolated and nohz_full CPUs, of which there are none any more. */
	tree_task(top, "proc/1000", 1000, "irqbalance", 1, 1, "0-1", 0);
	v = check_tree(top);
	f = find(v, "irq.irqbalance");
	assert_int_equal(f->result, BROKEN);
	assert_string_equal(f->mend_now, "kill 1000\n");
	rte_aether_partition_free(v);
	tree_write(top, "etc/default/irqbalance", "IRQBALANCE_BANNED_CPULIST=\"2-3\"\n");
	v = check_tree(top);
	assert_int_equal(find(v, "irq.irqbalance")->result, FINE);
	rte_aether_partition_free(v);
	tree_write(top, "etc/default/irqbalance", "IRQBALANCE_BANNED_CPUS=8\n");
	v = check_tree(top);
	assert_int_equal(find(v, "irq.irqbalance")->result, BROKEN);
	rte_aether_partition_free(v);
	/* It knows what was isolated at boot, and nothing of partitions. */
	tree_write(top, "etc/default/irqbalance", "# nothing\n");
	tree_write(top, "sys/fs/cgroup/cpuset.cpus.isolated", "2-3\n");
	v = check_tree(top);
	assert_int_equal(find(v, "cpu.isolated")->result, FINE);
	assert_int_equal(find(v, "irq.irqbalance")->result, BROKEN);
	rte_aether_partition_free(v);
	tree_write(top, "sys/devices/system/cpu/isolated", "2-3\n");
	v = check_tree(top);
	assert_int_equal(find(v, "irq.irqbalance")->result, FINE);
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

/** There is a command only where the kernel would take it. */
static void
test_no_tsc(void **state)
{
	char *top = host_tree_make(&host_small);
	struct rte_aether_partition_verdict *v;
	const struct rte_aether_partition_finding *f;

	RTE_SET_USED(state);
	tree_write(top, CLOCKS "current_clocksource", "hpet\n");
	tree_write(top, CLOCKS "available_clocksource", "hpet tsc-early acpi_pm \n");
	v = check_tree(top);
	f = find(v, "clock.source");
	assert_int_equal(f->result, BROKEN);
	assert_string_equal(f->mend_now, "");
	assert_non_null(strstr(f->found, "the kernel has given the TSC up"));
	rte_aether_partition_free(v);
	tree_write(top, CLOCKS "available_clocksource", "hpet tsc \n");
	v = check_tree(top);
	assert_string_equal(find(v, "clock.source")->mend_now,
			    "echo tsc >/" CLOCKS "current_clocksource\n");
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

static void
test_interrupts(void **state)
{
	const struct rte_aether_partition_finding *f;
	struct rte_aether_partition_verdict *v;
	char *top = host_tree_make(&host_small);

	RTE_SET_USED(state);
	/* On its way to another CPU: no reason to refuse. */
	tree_write(top, "proc/irq/17/effective_affinity_list", "3\n");
	v = check_tree(top);
	f = find(v, "irq.delivered");
	assert_int_equal(f->severity, RTE_AETHER_PARTITION_NOTE);
	assert_int_equal(v->overall, RTE_AETHER_PARTITION_QUIET);
	rte_aether_partition_free(v);
	tree_write(top, "proc/irq/17/smp_affinity_list", "2-4\n");
	tree_write(top, "proc/irq/18/smp_affinity_list", "0,3\n");
	tree_write(top, "proc/irq/18/effective_affinity_list", "3\n");
	v = check_tree(top);
	f = find(v, "irq.delivered");
	assert_int_equal(f->result, BROKEN);
	assert_int_equal(f->severity, RTE_AETHER_PARTITION_ERROR);
	assert_non_null(strstr(f->found, "17 (eth0-TxRx-1) goes to 3, may go to 2-4; 18 "));
	assert_string_equal(f->mend_now, "for irq in 17 18; do echo 0-1,4-7 "
			    ">/proc/irq/$irq/smp_affinity_list; done\n");
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

/** CPUs that only an isolated partition has: an error for who is outside of it and cannot move. */
static void
test_home(void **state)
{
	struct rte_aether_partition_conf conf = { .lcores = "0,2-3", .before_start = true };
	struct rte_aether_partition_verdict *v;
	const struct rte_aether_partition_finding *f;
	char *top = host_tree_make(&host_small);
	unsigned int i;

	RTE_SET_USED(state);
	conf.root = top;
	tree_write(top, "sys/fs/cgroup/user.slice/cpuset.cpus.effective", "1,4-7\n");
	tree_write(top, "sys/fs/cgroup/cpuset.cpus.isolated", "0,2-3\n");
	tree_write(top, "sys/fs/cgroup/a/b/cpuset.cpus.partition", "isolated\n");
	tree_write(top, "sys/fs/cgroup/a/b/cpuset.cpus.effective", "0,2-3\n");
	for (i = 0; i < 2; i++) {
		conf.for_another = i != 0;
		assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
		f = find(v, "app.cpuset");
		assert_int_equal(f->result, BROKEN);
		assert_int_equal(f->severity, i == 0 ? RTE_AETHER_PARTITION_ERROR :
				 RTE_AETHER_PARTITION_NOTE);
		assert_non_null(strstr(f->found, "isolated partition /sys/fs/cgroup/a/b"));
		assert_string_equal(f->mend_now, "echo $$ >/sys/fs/cgroup/a/b/cgroup.procs\n");
		rte_aether_partition_free(v);
	}
	/* One that has not all of them, or is not in force, is of no use to anybody. */
	tree_write(top, "sys/fs/cgroup/a/b/cpuset.cpus.effective", "2-3\n");
	for (i = 0; i < 2; i++) {
		assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
		f = find(v, "app.cpuset");
		assert_int_equal(f->severity, RTE_AETHER_PARTITION_ERROR);
		assert_string_equal(f->mend_now, "");
		rte_aether_partition_free(v);
		tree_write(top, "sys/fs/cgroup/a/b/cpuset.cpus.effective", "0,2-3\n");
		tree_write(top, "sys/fs/cgroup/a/b/cpuset.cpus.partition", "member\n");
	}
	host_tree_remove(top);
}

/** The older control groups: what no group balances is isolated. */
static void
test_cgroup_v1(void **state)
{
	struct rte_aether_partition_verdict *v;
	char *top = host_tree_make(&host_small);

	RTE_SET_USED(state);
	tree_remove(top, "sys/fs/cgroup");
	tree_write(top, "sys/devices/system/cpu/isolated", "\n");
	tree_write(top, "proc/self/cgroup", "3:cpuset:/app\n0::/\n");
	tree_write(top, "sys/fs/cgroup/cpuset/cpuset.sched_load_balance", "0\n");
	tree_write(top, "sys/fs/cgroup/cpuset/cpuset.effective_cpus", "0-7\n");
	tree_write(top, "sys/fs/cgroup/cpuset/rest/cpuset.sched_load_balance", "1\n");
	tree_write(top, "sys/fs/cgroup/cpuset/rest/cpuset.effective_cpus", "0-1,4-7\n");
	tree_write(top, "sys/fs/cgroup/cpuset/app/cpuset.sched_load_balance", "0\n");
	tree_write(top, "sys/fs/cgroup/cpuset/app/cpuset.effective_cpus", "0,2-3\n");
	v = check_tree(top);
	assert_int_equal(find(v, "cpu.isolated")->result, FINE);
	assert_int_equal(find(v, "app.cpuset")->result, FINE);
	rte_aether_partition_free(v);
	tree_write(top, "sys/fs/cgroup/cpuset/rest/cpuset.effective_cpus", "0-2\n");
	tree_write(top, "sys/fs/cgroup/cpuset/app/cpuset.effective_cpus", "0,3\n");
	v = check_tree(top);
	assert_int_equal(find(v, "cpu.isolated")->result, BROKEN);
	/* The newer hierarchy cannot have cpusets then. */
	assert_string_equal(find(v, "cpu.isolated")->mend_now, "");
	assert_int_equal(find(v, "app.cpuset")->result, BROKEN);
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

static void
test_managed(void **state)
{
	const struct rte_aether_partition_finding *f;
	struct rte_aether_partition_verdict *v;
	char *top = host_tree_make(&host_small), path[256];

	RTE_SET_USED(state);
	tree_write(top, "proc/irq/18/smp_affinity_list", "2-3\n");
	tree_write(top, "proc/irq/18/effective_affinity_list", "2\n");
	snprintf(path, sizeof(path), "%s/proc/irq/18/smp_affinity_list", top);
	assert_int_equal(chmod(path, 0444), 0);
	v = check_tree(top);
	f = find(v, "irq.managed");
	assert_int_equal(f->result, BROKEN);
	/* With isolcpus=managed_irq it is what the worker itself does that raises it. */
	assert_int_equal(f->severity, RTE_AETHER_PARTITION_NOTE);
	assert_int_equal(find(v, "irq.delivered")->result, FINE);
	rte_aether_partition_free(v);
	tree_write(top, "proc/cmdline", "isolcpus=domain,2-3\n");
	v = check_tree(top);
	assert_int_equal(find(v, "irq.managed")->severity, RTE_AETHER_PARTITION_WARNING);
	rte_aether_partition_free(v);
	/* One that nobody handles is not raised. */
	tree_remove(top, "proc/irq/18/eth0-TxRx-2");
	v = check_tree(top);
	assert_int_equal(find(v, "irq.managed")->result, FINE);
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

static void
test_lcore_rules(void **state)
{
	struct rte_aether_partition_conf conf = { .device = TREE_DEVICE };
	struct rte_aether_partition_verdict *v;
	char *top = host_tree_make(&host_small);

	RTE_SET_USED(state);
	conf.root = top;
	conf.lcores = "0,2@(2-3),3@3";
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	assert_int_equal(find(v, "lcore.shared")->result, BROKEN);
	assert_int_equal(find(v, "lcore.floating")->result, BROKEN);
	rte_aether_partition_free(v);
	conf.lcores = "0@2,1@2,2@3";
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	assert_int_equal(find(v, "lcore.shared")->result, BROKEN);
	assert_int_equal(find(v, "lcore.floating")->result, FINE);
	rte_aether_partition_free(v);
	/* Some workers are on the card's node. */
	conf.lcores = "0,3-4";
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	assert_int_equal(find(v, "device.node")->result, BROKEN);
	assert_int_equal(find(v, "device.node")->severity, RTE_AETHER_PARTITION_WARNING);
	rte_aether_partition_free(v);
	conf.lcores = NULL;
	conf.workers = "2-3";
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	assert_int_equal(find(v, "lcore.shared")->result, NA);
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

static void
test_ignored(void **state)
{
	struct rte_aether_partition_conf conf = { .lcores = TREE_LCORES };
	struct rte_aether_partition_verdict *v;
	char *top = host_tree_make(&host_small);

	RTE_SET_USED(state);
	tree_write(top, "sys/devices/system/cpu/nohz_full", "\n");
	tree_remove(top, "sys/devices/system/cpu/isolated");
	conf.root = top;
	conf.ignore = "kernel.nohz_full";
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	assert_int_equal(find(v, "kernel.nohz_full")->result, RTE_AETHER_PARTITION_IGNORED);
	assert_int_equal(v->overall, RTE_AETHER_PARTITION_UNPROVEN);
	rte_aether_partition_free(v);
	conf.ignore = "kernel.nohz_full;cpu.isolated,cpu.online";
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	assert_int_equal(v->overall, RTE_AETHER_PARTITION_QUIET);
	assert_int_equal(find(v, "cpu.online")->result, FINE);
	rte_aether_partition_free(v);
	conf.ignore = "kernel.nohz";
	assert_int_equal(rte_aether_partition_check(&conf, &v), -EINVAL);
	conf.ignore = NULL;
	conf.lcores = "x";
	assert_int_equal(rte_aether_partition_check(&conf, &v), -EINVAL);
	conf.lcores = NULL;
	conf.workers = "";
	assert_int_equal(rte_aether_partition_check(&conf, &v), -EINVAL);
	conf.workers = "2";
	conf.root = "/nowhere";
	assert_int_equal(rte_aether_partition_check(&conf, &v), -ENOENT);
	host_tree_remove(top);
}

/** A captured tree is somebody else's; what it links to outside is not read. */
/** Anybody who moves a file makes the kernel unsure for a moment where a link's ".." leads. */
static void
test_links_beside_moves(void **state)
{
	char *top = host_tree_make(&host_small), one[128], other[128];
	struct part_root *root = malloc(sizeof(*root));
	unsigned int i, unknown = 0;
	pid_t pid;

	RTE_SET_USED(state);
	snprintf(one, sizeof(one), "%s/one", top);
	snprintf(other, sizeof(other), "%s/other", top);
	tree_write(top, "one", "x");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (pid == 0)
		if (rename(one, other) != 0 || rename(other, one) != 0)
			_exit(1);
	assert_int_equal(part_root_open(root, top), 0);
	for (i = 0; i < 20000; i++)
		unknown += part_read(root, "sys/bus/pci/devices/" TREE_DEVICE "/numa_node") !=
			   PART_KNOWN;
	part_root_close(root);
	free(root);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	host_tree_remove(top);
	assert_int_equal(unknown, 0);
}

static void
test_links_stay_inside(void **state)
{
	struct rte_aether_partition_verdict *v;
	char *top = host_tree_make(&host_small);

	RTE_SET_USED(state);
	tree_remove(top, "proc/sys/kernel/osrelease");
	tree_link(top, "proc/sys/kernel/osrelease", "/proc/sys/kernel/osrelease");
	v = check_tree(top);
	assert_string_equal(v->kernel, "unknown");
	rte_aether_partition_free(v);
	tree_remove(top, "proc/sys/kernel/osrelease");
	tree_link(top, "proc/sys/kernel/osrelease",
		  "../../../../../../../../proc/sys/kernel/version");
	/* That is the tree's own, since nothing is above its top. */
	v = check_tree(top);
	assert_non_null(strstr(v->kernel, "Debian 6.12.48-1"));
	rte_aether_partition_free(v);
	/* Opening one must not wait for somebody to write. */
	tree_remove(top, "proc/sys/kernel/osrelease");
	{
		char path[256];

		snprintf(path, sizeof(path), "%s/proc/sys/kernel/osrelease", top);
		assert_int_equal(mkfifo(path, 0644), 0);
	}
	v = check_tree(top);
	assert_string_equal(v->kernel, "unknown");
	rte_aether_partition_free(v);
	host_tree_remove(top);
}

/** What may not be read is not fine, and the capability that would tell is named. */
static void
test_denied(void **state)
{
	const struct rte_aether_partition_finding *f;
	struct rte_aether_partition_verdict *v;
	char *top = host_tree_make(&host_small), path[256];

	RTE_SET_USED(state);
	tree_folder(top, "dev/cpu/2");
	tree_write(top, "dev/cpu/2/msr", "%060d", 0);
	snprintf(path, sizeof(path), "%s/dev/cpu/2/msr", top);
	assert_int_equal(chmod(path, 0), 0);
	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/isolated", top);
	assert_int_equal(chmod(path, 0), 0);
	snprintf(path, sizeof(path), "%s/proc/1000/status", top);
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(top, 0755), 0);
	/* Root reads everything. */
	assert_int_equal(seteuid(geteuid() == 0 ? 65534 : geteuid()), 0);
	v = check_tree(top);
	f = find(v, "power.smi");
	assert_int_equal(f->result, UNKNOWN);
	assert_non_null(strstr(f->found, "CAP_SYS_RAWIO"));
	f = find(v, "cpu.isolated");
	assert_int_equal(f->result, UNKNOWN);
	assert_non_null(strstr(f->found, "CAP_DAC_READ_SEARCH"));
	f = find(v, "task.pinned");
	assert_int_equal(f->result, UNKNOWN);
	assert_non_null(strstr(f->found, "/proc/1000/status"));
	assert_non_null(strstr(f->found, "CAP_SYS_PTRACE"));
	assert_int_equal(v->overall, RTE_AETHER_PARTITION_UNPROVEN);
	rte_aether_partition_free(v);
	assert_int_equal(seteuid(getuid()), 0);
	host_tree_remove(top);
}

/** The host that this runs on, whatever it is like. */
static void
test_here(void **state)
{
	const struct rte_aether_partition_conf conf = { .workers = "0" };
	struct rte_aether_partition_verdict *v;
	FILE *out = fopen("/dev/null", "w");

	RTE_SET_USED(state);
	assert_non_null(out);
	assert_int_equal(rte_aether_partition_check(&conf, &v), 0);
	assert_int_equal(find(v, "cpu.online")->result, FINE);
	rte_aether_partition_print(v, RTE_AETHER_PARTITION_FULL, out);
	rte_aether_partition_free(v);
	fclose(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_no_tsc),
		cmocka_unit_test(test_home),
		cmocka_unit_test(test_cgroup_v1),
		cmocka_unit_test(test_managed),
		cmocka_unit_test(test_lcore_rules),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_links_beside_moves),
		cmocka_unit_test(test_links_stay_inside),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
