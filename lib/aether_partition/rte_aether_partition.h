/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef RTE_AETHER_PARTITION_H
#define RTE_AETHER_PARTITION_H

/**
 * @file
 * Whether the CPUs that an application polls on are left alone: by the kernel's clock tick, by
 * interrupts, by kernel threads and other processes, by power management.
 *
 * The host is read from the kernel's files, judged by a table of rules, and the verdict says for
 * each rule what was found, what was wanted, why, and how to mend it. Nothing is changed.
 *
 * Three ways to use it:
 * - `-a partition:strict` or `-a partition:warn` among EAL's options: while rte_eal_init() runs.
 * - the devarg `partition=enforce|warn|off` of net_aether: when a port is probed.
 * - rte_aether_partition_check(), at any time.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_compat.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How much it matters that a rule is broken. */
enum rte_aether_partition_severity {
	RTE_AETHER_PARTITION_NOTE,	/**< good to know, never a reason to refuse */
	RTE_AETHER_PARTITION_WARNING,	/**< costs latency now and then */
	RTE_AETHER_PARTITION_ERROR,	/**< the CPUs are not the application's alone */
};

/** What came of a rule. */
enum rte_aether_partition_result {
	RTE_AETHER_PARTITION_FINE,
	RTE_AETHER_PARTITION_NOT_APPLICABLE,	/**< there is nothing here that it could break */
	RTE_AETHER_PARTITION_IGNORED,		/**< the user wanted it so */
	RTE_AETHER_PARTITION_UNKNOWN,		/**< a file is missing, or must not be read */
	RTE_AETHER_PARTITION_BROKEN,
};

/** All in all. */
enum rte_aether_partition_overall {
	RTE_AETHER_PARTITION_QUIET,	/**< no rule is broken but for notes */
	RTE_AETHER_PARTITION_WARNED,	/**< rules of severity WARNING are broken */
	RTE_AETHER_PARTITION_UNPROVEN,	/**< whether one of severity ERROR is, cannot be told */
	RTE_AETHER_PARTITION_NOISY,	/**< one of severity ERROR is broken */
};

/** One rule and what came of it. Strings are UTF-8, never NULL, and may be empty. */
struct rte_aether_partition_finding {
	const char *rule;	/**< its name, which does not change: "kernel.nohz_full" */
	const char *title;	/**< what it wants, in a sentence */
	enum rte_aether_partition_severity severity;
	enum rte_aether_partition_result result;
	const char *found;
	const char *wanted;
	const char *why;	/**< why it costs latency */
	const char *document;	/**< the kernel's own about it */
	const char *mend_now;	/**< shell commands, one a line; "": not while the kernel runs */
	const char *mend_boot;	/**< how it is so from the next boot on */
};

/** What was found out about a host. */
struct rte_aether_partition_verdict {
	enum rte_aether_partition_overall overall;
	unsigned int errors, warnings, notes;	/**< broken rules, by severity */
	unsigned int unknown;			/**< rules that could not be judged */
	const char *workers;		/**< CPUs that the application polls on, as a list */
	const char *main_cpus;		/**< of the main lcore */
	const char *housekeeping;	/**< online CPUs that are left for everything else */
	const char *kernel;		/**< its release */
	const char *command_line;	/**< kernel parameters that would satisfy the rules */
	const char *tuned;		/**< the same for TuneD, profile cpu-partitioning */
	unsigned int n_findings;
	const struct rte_aether_partition_finding *findings;	/**< in the order of the table */
};

/** What to check. All zero: this host, EAL's lcores, everything but a device. */
struct rte_aether_partition_conf {
	/** The top of the tree with proc/, sys/ and so on; NULL: this host. */
	const char *root;
	/** The lcores, as EAL's --lcores takes them; NULL: those that EAL has. */
	const char *lcores;
	/** Judge these CPUs, a list as the kernel takes it, and no lcores. */
	const char *workers;
	/** PCI address of the network card, as 0000:18:00.0; NULL: none. */
	const char *device;
	/** Names of rules that are not to count, separated by ',' or ';'; NULL: none. */
	const char *ignore;
	/** Leave out what begins only later: threads of the application. */
	bool before_start;
	/**
	 * Judge for an application that another process starts, wherever it likes: in an isolated
	 * partition of control groups, too, which has the CPUs and this process not.
	 */
	bool for_another;
};

/**
 * Judge a host.
 *
 * May be called at any time after EAL has parsed its options, and without EAL if lcores or workers
 * are named. Reads files, for some milliseconds; not for the data path. Thread-safe.
 *
 * @param conf what to check; NULL: as all zero
 * @param[out] verdict to be given to rte_aether_partition_free()
 * @return 0: there is a verdict, whatever it says; -EINVAL: lcores, workers or ignore name what
 *   there is not; -ENOENT and other negative errno: the root cannot be opened; -ENOMEM
 */
__rte_experimental
int rte_aether_partition_check(const struct rte_aether_partition_conf *conf,
			       struct rte_aether_partition_verdict **verdict);

/** Free a verdict. NULL is fine. */
__rte_experimental
void rte_aether_partition_free(struct rte_aether_partition_verdict *verdict);

/** How much of a verdict to print. */
enum rte_aether_partition_detail {
	RTE_AETHER_PARTITION_BRIEF,	/**< what is broken or unknown, notes left out */
	RTE_AETHER_PARTITION_FULL,	/**< every rule */
};

/** Print for people. */
__rte_experimental
void rte_aether_partition_print(const struct rte_aether_partition_verdict *verdict,
				enum rte_aether_partition_detail detail, FILE *out);

/** Print as one JSON object (docs/aether_partition.md has its members). */
__rte_experimental
void rte_aether_partition_print_json(const struct rte_aether_partition_verdict *verdict,
				     FILE *out);

#ifdef __cplusplus
}
#endif

#endif /* RTE_AETHER_PARTITION_H */
