/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Whether the workers share the last-level cache with others. */

#include <stdio.h>
#include <string.h>

#include "part_host.h"
#include "part_resctrl.h"
#include "part_text.h"

/** Ways of a domain that groups with workers have. */
static uint32_t
worker_ways(const struct part_cache *cache, const struct part_cpus *workers, uint32_t domain)
{
	uint32_t ways = 0;
	unsigned int i;

	for (i = 1; i < cache->n_groups; i++)
		if (part_cpus_intersect(&cache->groups[i].cpus, workers))
			ways |= part_schemata_ways(&cache->groups[i].schemata, domain);
	return ways;
}

/** Whether a group without workers has ways that these have. */
static bool
has_theirs(const struct part_cache *cache, const struct part_domains *domains,
	   const struct part_cpus *workers, const struct part_cache_group *group)
{
	unsigned int i;

	for (i = 0; i < group->schemata.n; i++) {
		const struct part_allot *one = &group->schemata.all[i];

		if (one->resource != PART_MB && part_domains_has(domains, one->domain) &&
		    (worker_ways(cache, workers, one->domain) & one->value) != 0)
			return true;
	}
	return false;
}

/** Whether the workers' groups have any, in each cache that these use. */
static bool
have_ways(const struct part_cache *cache, const struct part_domains *domains,
	  const struct part_cpus *workers)
{
	const struct part_schemata *all = &cache->groups[0].schemata;
	unsigned int i;

	for (i = 0; i < domains->n && !domains->all; i++)
		if (worker_ways(cache, workers, domains->ids[i]) == 0)
			return false;
	for (i = 0; i < all->n && domains->all; i++)
		if (worker_ways(cache, workers, all->all[i].domain) == 0)
			return false;
	return true;
}

static void
look_at_groups(const struct part_cache *cache, const struct part_domains *domains,
	       const struct part_cpus *workers, struct part_resctrl *resctrl)
{
	struct part_cpus grouped = { 0 };
	unsigned int i;

	for (i = 0; i < cache->n_groups; i++) {
		const struct part_cache_group *group = &cache->groups[i];

		if (i > 0)
			part_cpus_or(&grouped, &group->cpus);
		if (resctrl->shared || (i > 0 && part_cpus_intersect(&group->cpus, workers)))
			continue;
		resctrl->shared = has_theirs(cache, domains, workers, group);
		if (resctrl->shared)
			part_text_copy(resctrl->shared_with, sizeof(resctrl->shared_with),
				       i == 0 ? "the default group" : group->name);
	}
	resctrl->own_group = part_cpus_within(workers, &grouped) &&
			     have_ways(cache, domains, workers);
}

void
part_read_resctrl(struct part_root *root, const struct part_cpus *workers, struct part_host *host)
{
	struct part_resctrl *resctrl = &host->resctrl;
	struct part_domains domains = { 0 };
	struct part_cache cache;

	if (!part_resctrl_mounted(root)) {
		resctrl->offered_state = part_resctrl_offered(root, &resctrl->offered);
		return;
	}
	resctrl->state = part_cache_read(root, &cache);
	/* What is missing in it is no answer. */
	if (resctrl->state == PART_ABSENT)
		resctrl->state = PART_GARBLED;
	part_text_copy(resctrl->path, sizeof(resctrl->path), cache.where);
	host->failed = host->failed || cache.failed;
	resctrl->has_ways = cache.has_ways;
	if (resctrl->has_ways && !part_domains_read(root, workers, &domains))
		host->failed = true;
	if (resctrl->state == PART_KNOWN && resctrl->has_ways)
		look_at_groups(&cache, &domains, workers, resctrl);
	part_domains_free(&domains);
	part_cache_free(&cache);
}
