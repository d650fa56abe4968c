/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_RESCTRL_H
#define PART_RESCTRL_H

/* The groups of resctrl, by which CPUs share the last-level cache and the memory's bandwidth. */

#include "part_cpus.h"
#include "part_root.h"
#include "part_schemata.h"

#define PART_RESCTRL	"sys/fs/resctrl"
#define PART_GROUP_NAME	256

enum part_group_mode {
	PART_GROUP_SHAREABLE,
	PART_GROUP_EXCLUSIVE,	/* nobody else may have its ways */
	PART_GROUP_LOCKED,	/* memory is held in its ways; they are nobody's */
};

struct part_cache_group {
	char name[PART_GROUP_NAME];	/* "": the default group, which has what no other has */
	enum part_group_mode mode;
	struct part_schemata schemata;
	struct part_cpus cpus;
};

/** What the hardware can do. */
struct part_cache_info {
	uint32_t mask, shareable;	/* all ways; those that devices use as well */
	uint32_t least;			/* ways of a mask */
	uint32_t groups;		/* that there can be, with the default one */
	bool percent;			/* bandwidth is a percentage */
	uint32_t mb_least, mb_step;
};

struct part_cache {
	struct part_cache_group *groups;	/* the default one first */
	unsigned int n_groups;
	bool has_ways, has_bandwidth;
	struct part_cache_info info;
	/* The file that is not as it should be, without the '/' in front. */
	char where[PART_GROUP_NAME + 64];
	bool failed;				/* no memory */
};

/**
 * Read all groups.
 *
 * @param[out] cache to be given to part_cache_free(), whatever is returned
 * @return PART_KNOWN, without groups where resctrl only watches; PART_ABSENT: it is not mounted, or
 *   something in it is missing; as part_read()
 */
enum part_state part_cache_read(struct part_root *root, struct part_cache *cache);
void part_cache_free(struct part_cache *cache);

/** Read the path of a group's file schemata as the other functions of this header take it. */
void part_cache_path(const struct part_cache_group *group, char *path, size_t size);

/** Whether there is something by that name at /sys/fs/resctrl. */
bool part_resctrl_mounted(struct part_root *root);
/** Whether the kernel has it, and the CPU; by its list of file systems. */
enum part_state part_resctrl_offered(struct part_root *root, bool *offered);

/** The number of the last-level cache of a CPU. @return false: it cannot be told */
bool part_cache_domain(struct part_root *root, unsigned int cpu, uint32_t *domain);

/** Domains of some CPUs. */
struct part_domains {
	bool all;		/* it cannot be told which */
	uint32_t *ids;
	unsigned int n;
};
/** @return false: no memory */
bool part_domains_read(struct part_root *root, const struct part_cpus *cpus,
		       struct part_domains *domains);
bool part_domains_has(const struct part_domains *domains, uint32_t domain);
void part_domains_free(struct part_domains *domains);

#endif /* PART_RESCTRL_H */
