/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_SCHEMATA_H
#define PART_SCHEMATA_H

/*
 * What a group of resctrl may use, as its file "schemata" says it: which ways of the last-level
 * cache and how much memory bandwidth, in each domain, which is the CPUs that share one such cache
 * (Documentation/filesystems/resctrl.rst). Level 2 and what else there may be is passed over.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** With code and data prioritization (CDP) the cache has a mask for each of these. */
enum part_resource { PART_L3, PART_L3CODE, PART_L3DATA, PART_MB, PART_RESOURCES };

#define PART_SCHEMATA_MAX	1024	/* of a file: domains times resources */

struct part_allot {
	enum part_resource resource;
	uint32_t domain;
	uint32_t value;		/* a mask of ways, a bit each; of MB a percentage, or MB/s */
};

struct part_schemata {
	struct part_allot *all;
	unsigned int n;
};

/**
 * Read "L3:0=7ff;1=7ff" and "MB:0=100;1=100", lines or words.
 *
 * @param[out] schemata to be given to part_schemata_free() after success
 * @return 0; -EINVAL: no schemata; -ENOMEM
 */
int part_schemata_parse(const char *text, struct part_schemata *schemata);
void part_schemata_free(struct part_schemata *schemata);

/** As the kernel takes them, with that between two resources. To be freed; NULL: no memory. */
char *part_schemata_text(const struct part_schemata *schemata, char between);

/** @return false: no memory */
bool part_schemata_add(struct part_schemata *schemata, enum part_resource resource, uint32_t domain,
		       uint32_t value);
/** @return NULL: it has none for this resource and domain */
const struct part_allot *part_schemata_find(const struct part_schemata *schemata,
					    enum part_resource resource, uint32_t domain);
bool part_schemata_has(const struct part_schemata *schemata, enum part_resource resource);
/** All ways of a domain that any mask has. */
uint32_t part_schemata_ways(const struct part_schemata *schemata, uint32_t domain);

/** Whether the resources are the same, and the values where both have the domain. */
bool part_schemata_same(const struct part_schemata *a, const struct part_schemata *b);
/** Whether the values are the same where both have the resource and the domain. */
bool part_schemata_agree(const struct part_schemata *a, const struct part_schemata *b);

/** The most bits that are side by side, the lowest of equals: Intel's masks have no gaps. */
uint32_t part_longest_run(uint32_t mask);

/**
 * Take a share out: ways, under the name L3 whatever the masks are called, and all bandwidth above
 * a value.
 */
void part_schemata_take(struct part_schemata *from, const struct part_schemata *share);
/** Leave the longest run of each mask that is not what it was. @return false: one is empty */
bool part_schemata_join(struct part_schemata *schemata, const struct part_schemata *was);

#endif /* PART_SCHEMATA_H */
