/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef RTE_AETHER_PARTITION_FIX_H
#define RTE_AETHER_PARTITION_FIX_H

/**
 * @file
 * Repair of what rte_aether_partition_check() finds broken and what can be repaired while the
 * kernel runs; and putting it back.
 *
 * All that is changed is written to a journal before it is changed. It is put back when the process
 * ends; if it was killed, by the next process that repairs, or by rte_aether_partition_restore().
 * What somebody else has changed since is reported and left alone. Several processes can repair for
 * different CPUs at once: what they share is put back by the last of them. A process that repairs for
 * its own time also has its limit for locked memory raised, and a bound for sleep held where workers
 * have none of their own.
 */

#include <stdbool.h>
#include <stdio.h>

#include "rte_aether_partition.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What to repair, and for how long. */
struct rte_aether_partition_fix_conf {
	/**
	 * Whose CPUs, and which card; rules in `ignore` are not repaired. lcores or workers, else
	 * EAL's lcores. `root` goes with dry_run only.
	 */
	struct rte_aether_partition_conf check;
	const char *journal;	/**< its folder; NULL: /run/aether */
	bool dry_run;		/**< say what would be changed, change nothing */
	bool keep;		/**< until rte_aether_partition_restore(), not until this process ends */
	bool join;		/**< move this process into the partition that is made for the CPUs */
	bool exec;		/**< and with it what it executes then, which has yet to start EAL */
	/**
	 * Percentage of the last-level cache's ways for the workers, which all others lose; and what
	 * others are throttled to of the memory's bandwidth: 1 to 99, 0 leaves them. By resctrl, for
	 * the caches that workers use.
	 */
	unsigned int cache, bandwidth;
	FILE *out;		/**< gets a line for each change and for what went wrong; NULL: none */
};

/**
 * Repair: all of it, or nothing. What was done is taken back if something fails. Once a process,
 * unless `keep` is set.
 *
 * @return the number of settings that were changed; -EALREADY: this process has repaired; -EINVAL:
 *   the CPUs, rules, percentages or root cannot be, or the journal is damaged; -ENOTSUP: the CPU
 *   or kernel cannot give cache or bandwidth; -EBUSY, -ENOSPC: others have it; -EACCES, -EPERM, -EROFS, -ENOSPC
 *   and other negative errno of the change or the journal that failed
 */
__rte_experimental
int rte_aether_partition_fix(const struct rte_aether_partition_fix_conf *conf);

/**
 * Put back what this process has changed, what was to be kept until now, and what processes have
 * left behind that are gone. What a living process uses stays.
 *
 * @param journal its folder; NULL: /run/aether
 * @param out as in rte_aether_partition_fix_conf
 * @return the number of settings that were put back; -EINVAL: the journal was damaged, and is set
 *   aside; -EBUSY: some could not be put back, and are still in the journal; other negative errno
 */
__rte_experimental
int rte_aether_partition_restore(const char *journal, FILE *out);

#ifdef __cplusplus
}
#endif

#endif /* RTE_AETHER_PARTITION_FIX_H */
