/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_HOST_H
#define PART_HOST_H

/*
 * What the kernel's files say of a host, with respect to some CPUs: the workers. Nothing here is
 * an opinion; part_judge.h has those.
 */

#include <sys/types.h>

#include "part_cpus.h"
#include "part_root.h"

#define PART_LINE	128	/* of a value's first line */
#define PART_NAME	32
#define PART_SHORT	48	/* of a CPU list that is shown, not computed with */
#define PART_NO_NODE	(-1)
#define PART_SHALLOW_US	2	/* to leave C1; to leave the next state takes 10 and more */
#define PART_SIBLINGS	8	/* of one CPU: SMT8 is the most there is */

/** The first line of a file. */
struct part_value {
	enum part_state state;
	const char *path;	/* without the '/' in front */
	char text[PART_LINE];
};

/** A file that holds a set of CPUs. */
struct part_set {
	enum part_state state;
	const char *path;
	struct part_cpus cpus;	/* empty unless the state is PART_KNOWN */
};

/** Files with one set. */
enum part_set_id {
	PART_SET_POSSIBLE, PART_SET_ONLINE, PART_SET_ISOLATED, PART_SET_NOHZ_FULL,
	PART_SET_IRQ_DEFAULT, PART_SET_WORKQUEUE, PART_SET_WATCHDOG,
	PART_SET_CGROUP_ISOLATED, PART_SET_CGROUP_OWN,
	PART_SETS
};

/** Files with one value for the whole host. */
enum part_value_id {
	PART_VALUE_RELEASE, PART_VALUE_VERSION, PART_VALUE_REALTIME,
	PART_VALUE_NMI_WATCHDOG, PART_VALUE_SOFT_WATCHDOG,
	PART_VALUE_NUMA_BALANCING, PART_VALUE_TIMER_MIGRATION, PART_VALUE_RT_RUNTIME,
	PART_VALUE_RT_PERIOD, PART_VALUE_STAT_INTERVAL, PART_VALUE_THP, PART_VALUE_KSM,
	PART_VALUE_CLOCKSOURCE, PART_VALUE_CLOCKSOURCES, PART_VALUE_SMT,
	PART_VALUE_IDLE_DRIVER, PART_VALUE_ASPM,
	PART_VALUES
};

/** A parameter of the kernel's command line whose value is a CPU list. */
struct part_param {
	const char *name;
	bool given;
	int error;		/* what the kernel's parser says; it ignores the parameter then */
	char text[PART_LINE];
	struct part_cpus cpus;
};

enum part_param_id {
	PART_PARAM_ISOLCPUS, PART_PARAM_NOHZ_FULL, PART_PARAM_RCU_NOCBS, PART_PARAM_IRQAFFINITY,
	PART_PARAMS
};

struct part_cmdline {
	enum part_state state;
	struct part_param params[PART_PARAMS];
	bool isolcpus_domain, isolcpus_managed_irq;	/* flags of isolcpus= */
	bool tsc_reliable, nosmt;
};

/** One worker CPU. */
struct part_worker {
	unsigned int cpu;
	int node;
	enum part_state siblings_state;
	unsigned int n_siblings;
	uint16_t siblings[PART_SIBLINGS];	/* others of the same core */
	enum part_state governor_state, epp_state, idle_state, ignore_ce_state, interval_state;
	enum part_state resume_state;		/* of pm_qos_resume_latency_us, if it matters */
	char governor[PART_NAME], epp[PART_NAME];
	/** The deepest C-state that is not disabled. */
	char idle_name[PART_NAME];
	unsigned int idle_number, idle_latency_us;
	bool resume_bounded;			/* by pm_qos_resume_latency_us */
	unsigned int resume_latency_us;
	bool ignore_ce, polls_mce;
};

/** An interrupt that has to do with a worker CPU. */
struct part_irq {
	unsigned int number;
	bool requested_hit, effective_hit;
	bool active;		/* somebody handles it */
	bool fixed;		/* its affinity cannot be set: a managed interrupt */
	char name[PART_NAME];
	char requested[PART_SHORT], effective[PART_SHORT];
};

/** How many were looked at, and of how many something could not be found out. */
struct part_count {
	enum part_state state;		/* of the folder that lists them */
	unsigned int seen, unknown;
	enum part_state unknown_state;	/* of the first that is unknown */
	char unknown_path[PART_LINE];
};

/** A task that may run on a worker CPU. */
struct part_task {
	pid_t pid;
	bool kernel;
	bool fixed;		/* its affinity cannot be set */
	bool only;		/* it may run nowhere else */
	char name[PART_NAME];
	char allowed[PART_SHORT];
};

/** A workqueue with a mask of its own that has worker CPUs. */
struct part_workqueue {
	char name[PART_NAME];
	char mask[PART_SHORT];
};

struct part_irqbalance {
	bool running;
	pid_t pid;
	enum part_state state;		/* of its list of banned CPUs in a file */
	bool asked;			/* the list is its own answer */
	struct part_cpus banned;
	struct part_cpus told;		/* by a repair, which it may not have looked at yet */
};

/** Huge pages of one node. */
struct part_node {
	enum part_state state;
	uint64_t huge_kb, huge_free_kb;
	struct part_cpus cpus;
};

struct part_resctrl {
	enum part_state state;		/* PART_ABSENT: it is not mounted */
	char path[PART_LINE];		/* of what is not known; "": state tells of schemata */
	enum part_state offered_state;
	bool offered;			/* the kernel and the CPU have it, mounted or not */
	bool has_ways;			/* the last-level cache can be divided */
	bool own_group;			/* all workers are in groups other than the default */
	bool shared;			/* a group without workers has ways of theirs */
	char shared_with[PART_NAME];	/* its name */
};

enum part_device_value {
	PART_DEVICE_NODE, PART_DEVICE_POWER, PART_DEVICE_SPEED, PART_DEVICE_SPEED_MAX,
	PART_DEVICE_WIDTH, PART_DEVICE_WIDTH_MAX,
	PART_DEVICE_VALUES
};

/** The network card. */
struct part_device {
	bool wanted;
	char bdf[PART_NAME];
	enum part_state state;		/* whether there is such a device */
	struct part_value values[PART_DEVICE_VALUES];
	enum part_state group_state;
	char group[PART_NAME];
	unsigned int group_devices;
};

#define PART_NODES	1024	/* MAX_NUMNODES of x86 */

struct part_host {
	unsigned int limit;		/* CPUs there can be */
	bool live;
	struct part_set sets[PART_SETS];
	struct part_value values[PART_VALUES];
	struct part_cmdline cmdline;
	struct part_worker *workers;
	unsigned int n_workers;
	enum part_state nodes_state;
	unsigned int n_nodes;		/* with CPUs or memory */
	struct part_node *nodes[PART_NODES];	/* NULL: there is none of this number */
	struct part_irq *irqs;
	unsigned int n_irqs;
	struct part_count irq_count;
	struct part_task *tasks;	/* of others */
	unsigned int n_tasks;
	struct part_count task_count;
	unsigned int kernel_tasks;	/* of those seen; 0: a container hides them */
	struct part_task *threads;	/* of this process; lcores' are told by their names */
	unsigned int n_threads;
	struct part_count thread_count;
	struct part_workqueue *workqueues;
	unsigned int n_workqueues;
	struct part_count workqueue_count;
	struct part_irqbalance irqbalance;
	struct part_resctrl resctrl;
	struct part_device device;
	enum part_state tsc_state;
	bool tsc_constant, tsc_nonstop;
	enum part_state latency_state;	/* of /dev/cpu_dma_latency */
	int32_t latency_us;
	enum part_state smi_state;
	uint32_t smi_count;
	enum part_state memlock_state;
	char memlock[PART_NAME];	/* "unlimited" or bytes */
	char cgroup[256];		/* of this process, for messages; "" unknown */
	bool cgroup_v2;			/* the cpuset controller is in the unified hierarchy */
	char home[256];			/* an isolated partition with the workers, where this
					 * process's group lacks them; "" none
					 */
	struct part_cpus home_cpus;	/* of it */
	bool failed;			/* no memory */
};

/** What to read. */
struct part_host_conf {
	const char *root;		/* NULL: "/" */
	struct part_cpus workers;
	const char *device;		/* PCI address; NULL: none */
	bool own_threads;
	const struct part_recorder *recorder;
};

/**
 * Read a host.
 *
 * @param[out] host to be given to part_host_free() after success
 * @return 0; negative errno: the root cannot be opened, or no memory
 */
int part_host_read(const struct part_host_conf *conf, struct part_host *host);
void part_host_free(struct part_host *host);

/**
 * The CPUs of a host that has none named: those that are isolated or in nohz_full, else all
 * online but the first.
 */
int part_host_guess(const char *root, struct part_cpus *workers);

/** The CPUs of a host that can be online, from its files. @return limit, at least 1 */
unsigned int part_read_limit(struct part_root *root);

/* The parts of part_host_read(), each in a file of its own. */
void part_read_sets(struct part_root *root, struct part_host *host);
void part_read_values(struct part_root *root, struct part_host *host);
void part_read_cmdline(struct part_root *root, struct part_host *host);
void part_read_nodes(struct part_root *root, struct part_host *host);
void part_read_workers(struct part_root *root, const struct part_cpus *workers,
		       struct part_host *host);
void part_read_irqs(struct part_root *root, const struct part_cpus *workers,
		    struct part_host *host);
void part_read_tasks(struct part_root *root, const struct part_cpus *workers,
		     struct part_host *host);
void part_read_threads(struct part_root *root, const struct part_cpus *workers,
		       struct part_host *host);
void part_read_workqueues(struct part_root *root, const struct part_cpus *workers,
			  struct part_host *host);
/** @param workers NULL: not known yet */
void part_read_cgroups(struct part_root *root, const struct part_cpus *workers,
		       struct part_host *host);
void part_read_irqbalance(struct part_root *root, struct part_host *host);
void part_read_resctrl(struct part_root *root, const struct part_cpus *workers,
		       struct part_host *host);
void part_read_clock(struct part_root *root, struct part_host *host);
void part_read_device(struct part_root *root, const char *bdf, struct part_host *host);

/** Read a file as a set of CPUs. */
void part_read_set(struct part_root *root, const char *path, unsigned int limit, bool mask,
		   struct part_set *set);
/** Read a file's first line. */
void part_read_value(struct part_root *root, const char *path, struct part_value *value);
/** A value that is one unsigned decimal number. @return whether it is */
bool part_number(const char *text, uint64_t *number);
/** Count one whose file is unknown. */
void part_count_unknown(struct part_count *count, enum part_state state, const char *format, ...)
	__rte_format_printf(3, 4);

#endif /* PART_HOST_H */
