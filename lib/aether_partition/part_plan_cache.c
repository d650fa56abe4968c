/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Which ways of the last-level cache the workers get, and how much bandwidth is left to others.
 * The workers' group gets some ways that are side by side in each domain that has workers, and all
 * other groups lose them; what nobody loses, as ways that were unused, nobody is changed for.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_fix.h"
#include "part_judge.h"
#include "part_resctrl.h"

#define SHARED_WAY	4096	/* what a way that devices use, too, costs; more than any loss */

/** One repair's look at resctrl. */
struct look {
	struct part_work *work;
	const struct part_aim *aim;
	struct part_cache cache;
	struct part_domains domains;	/* of the workers */
	struct part_schemata out;	/* what others lose */
	struct part_schemata own;	/* what the workers' group gets */
};

static const struct part_knob *
find_knob(const struct look *look, const struct part_cache_group *group)
{
	char path[PART_GROUP_NAME + 64];

	part_cache_path(group, path, sizeof(path));
	return part_journal_knob(&look->work->journal, PART_KIND_SCHEMATA, path);
}

static bool
is_ours(const struct look *look, const struct part_cache_group *group)
{
	char path[PART_GROUP_NAME + 64];

	/* Without a journal a name has to do. */
	if (look->work->dry_run && strncmp(group->name, "aether-", 7) == 0)
		return true;
	snprintf(path, sizeof(path), PART_RESCTRL "/%s", group->name);
	return part_journal_knob(&look->work->journal, PART_KIND_RESCTRL, path) != NULL;
}

static bool
loses(const struct look *look, const struct part_cache_group *group)
{
	return group->mode == PART_GROUP_SHAREABLE && !is_ours(look, group);
}

/** What a group has, or had before repairs took something out. */
static int
read_whole(const struct look *look, const struct part_cache_group *group,
	   struct part_schemata *whole)
{
	const struct part_knob *knob = find_knob(look, group);
	char *now;
	bool ours = false;
	int ret;

	memset(whole, 0, sizeof(*whole));
	now = part_schemata_text(&group->schemata, ' ');
	if (now == NULL)
		return -ENOMEM;
	if (knob != NULL)
		ours = part_knob_same(knob, now, knob->believed) ||
		       part_knob_same(knob, now, knob->target);
	ret = part_schemata_parse(ours ? knob->original : now, whole);
	free(now);
	return ret;
}

/** Ways that cannot be had: of other repairs, and of groups that share none. */
static uint32_t
taken_ways(const struct look *look, uint32_t domain)
{
	uint32_t taken = 0;
	unsigned int i;

	for (i = 0; i < look->cache.n_groups; i++)
		if (!loses(look, &look->cache.groups[i]))
			taken |= part_schemata_ways(&look->cache.groups[i].schemata, domain);
	return taken;
}

/**
 * What it costs a group to lose some ways: those that it then cannot use either, since a mask has
 * no gaps.
 *
 * @return -1: too few would be left
 */
static int
cost_to(const struct look *look, const struct part_schemata *whole, uint32_t domain, uint32_t ways,
	uint32_t taken)
{
	int cost = 0;
	unsigned int i;

	for (i = 0; i < whole->n; i++) {
		const struct part_allot *one = &whole->all[i];
		const uint32_t left = one->value & ~(ways | taken);
		const int most = __builtin_popcount(part_longest_run(left));

		/* One that has none of them stays as it is. */
		if (one->resource == PART_MB || one->domain != domain ||
		    (one->value & ways) == 0)
			continue;
		if (most < (int)look->cache.info.least)
			return -1;
		cost += __builtin_popcount(left) - most;
	}
	return cost;
}

/** The best place for n ways in a domain. @return 0 or negative errno; -ENOSPC: there is none */
static int
choose_ways(const struct look *look, const struct part_schemata *wholes, uint32_t domain,
	    unsigned int n, uint32_t *ways)
{
	const uint32_t taken = taken_ways(look, domain), all = look->cache.info.mask;
	const uint32_t first = n == 32 ? UINT32_MAX : (UINT32_C(1) << n) - 1;
	unsigned int start, i;
	int best = -1, cost, one;

	for (start = 0; start + n <= 32; start++) {
		const uint32_t here = first << start;

		if ((here & ~all) != 0 || (here & taken) != 0)
			continue;
		cost = SHARED_WAY * __builtin_popcount(here & look->cache.info.shareable);
		for (i = 0; i < look->cache.n_groups && cost >= 0; i++) {
			one = loses(look, &look->cache.groups[i]) ?
			      cost_to(look, &wholes[i], domain, here, taken) : 0;
			cost = one < 0 ? -1 : cost + one;
		}
		if (cost >= 0 && (best < 0 || cost < best)) {
			best = cost;
			*ways = here;
		}
	}
	return best < 0 ? -ENOSPC : 0;
}

static void
say_no_ways(const struct look *look, uint32_t domain, unsigned int n)
{
	struct part_text text = { 0 };
	unsigned int i;
	char *names;

	for (i = 1; i < look->cache.n_groups; i++) {
		char name[64];

		part_text_copy(name, sizeof(name), look->cache.groups[i].name);
		part_text_add(&text, "%s%s", i == 1 ? ", and these groups are there: " : ", ",
			      name);
	}
	names = part_text_take(&text);
	part_say(look->work, "/" PART_RESCTRL ": found no %u ways of cache %u, of %u, side by side "
		 "that every group could lose and still have %u%s; wanted --cache with less, or "
		 "groups that are not needed removed by rmdir", n, domain,
		 __builtin_popcount(look->cache.info.mask), look->cache.info.least,
		 names == NULL ? "" : names);
	free(names);
}

static bool
add_ways(struct look *look, uint32_t domain, uint32_t ways)
{
	const struct part_schemata *has = &look->cache.groups[0].schemata;
	unsigned int i;

	if (!part_schemata_add(&look->out, PART_L3, domain, ways))
		return false;
	for (i = PART_L3; i <= PART_L3DATA; i++)
		if (part_schemata_find(has, i, domain) != NULL &&
		    !part_schemata_add(&look->own, i, domain, ways))
			return false;
	return true;
}

static int
plan_ways_of(struct look *look, const struct part_schemata *wholes, unsigned int n)
{
	const struct part_schemata *has = &look->cache.groups[0].schemata;
	unsigned int i;
	uint32_t ways;
	int ret = 0;

	for (i = 0; i < has->n && ret == 0; i++) {
		const uint32_t domain = has->all[i].domain;

		if (has->all[i].resource == PART_MB || !part_domains_has(&look->domains, domain) ||
		    part_schemata_find(&look->out, PART_L3, domain) != NULL)
			continue;
		ret = choose_ways(look, wholes, domain, n, &ways);
		if (ret == -ENOSPC)
			say_no_ways(look, domain, n);
		else if (ret == 0 && !add_ways(look, domain, ways))
			ret = -ENOMEM;
	}
	return ret;
}

static int
plan_ways(struct look *look)
{
	const struct part_cache_info *info = &look->cache.info;
	const unsigned int all = __builtin_popcount(info->mask);
	struct part_schemata *wholes = calloc(look->cache.n_groups, sizeof(*wholes));
	unsigned int i, n;
	int ret = wholes == NULL ? -ENOMEM : 0;

	/* The nearest number of ways, and one that the hardware takes. */
	n = RTE_MAX((all * look->aim->cache + 50) / 100, info->least);
	for (i = 0; i < look->cache.n_groups && ret == 0; i++)
		ret = read_whole(look, &look->cache.groups[i], &wholes[i]);
	if (ret == 0)
		ret = plan_ways_of(look, wholes, n);
	for (i = 0; wholes != NULL && i < look->cache.n_groups; i++)
		part_schemata_free(&wholes[i]);
	free(wholes);
	return ret;
}

/** The kernel rounds up to a step. */
static int
plan_bandwidth(struct look *look)
{
	const struct part_schemata *has = &look->cache.groups[0].schemata;
	const struct part_cache_info *info = &look->cache.info;
	const uint32_t asked = RTE_MAX((uint32_t)look->aim->bandwidth, info->mb_least);
	const uint32_t percent = RTE_MIN((asked + info->mb_step - 1) / info->mb_step *
					 info->mb_step, 100u);
	unsigned int i, j;

	for (i = 0; i < look->cache.n_groups; i++)
		for (j = 0; j < look->cache.groups[i].schemata.n; j++)
			if (look->cache.groups[i].schemata.all[j].resource == PART_MB &&
			    look->cache.groups[i].schemata.all[j].value > 100) {
				part_say(look->work, "/" PART_RESCTRL ": found memory bandwidth in "
					 "MB/s, wanted per cent: not mounted with mba_MBps");
				return -ENOTSUP;
			}
	if (percent != look->aim->bandwidth)
		part_say(look->work, "memory bandwidth of others: %u %%, the next that this CPU "
			 "can", percent);
	for (i = 0; i < has->n; i++)
		if (has->all[i].resource == PART_MB &&
		    part_domains_has(&look->domains, has->all[i].domain) &&
		    !part_schemata_add(&look->out, PART_MB, has->all[i].domain, percent))
			return -ENOMEM;
	return 0;
}

/** Whether the hardware has what is asked for. */
static int
check_able(const struct look *look)
{
	if (look->aim->cache != 0 && !look->cache.has_ways)
		part_say(look->work, "/" PART_RESCTRL "/schemata: found no L3, wanted a CPU that "
			 "divides its last-level cache (cat_l3 in /proc/cpuinfo) for --cache");
	else if (look->aim->bandwidth != 0 && !look->cache.has_bandwidth)
		part_say(look->work, "/" PART_RESCTRL "/schemata: found no MB, wanted a CPU that "
			 "throttles memory bandwidth (mba in /proc/cpuinfo) for --bandwidth");
	else if (look->aim->bandwidth != 0 && !look->cache.info.percent)
		part_say(look->work, "/" PART_RESCTRL "/info/MB: found a bandwidth that is not in "
			 "per cent, wanted Intel's for --bandwidth");
	else
		return 0;
	return -ENOTSUP;
}

/** Whether there can be a group more, and the kernel's names can be written down. */
static int
check_groups(const struct look *look)
{
	const struct part_cache *cache = &look->cache;
	char path[PART_GROUP_NAME + 64], name[64];
	unsigned int i;
	const char *p;

	if (cache->n_groups >= cache->info.groups) {
		part_say(look->work, "/" PART_RESCTRL ": found %u groups with the default one, as "
			 "many as this CPU can have (num_closids in info); wanted one removed by "
			 "rmdir",
			 cache->n_groups);
		return -ENOSPC;
	}
	for (i = 1; i < cache->n_groups; i++) {
		part_cache_path(&cache->groups[i], path, sizeof(path));
		for (p = path; *p != '\0' && isgraph((unsigned char)*p); p++)
			continue;
		if (*p == '\0' && part_journal_path_fits(PART_KIND_SCHEMATA, path))
			continue;
		part_text_copy(name, sizeof(name), cache->groups[i].name);
		part_say(look->work, "/" PART_RESCTRL ": found a group by the name '%s', wanted "
			 "one without blanks and '..'", name);
		return -EINVAL;
	}
	return 0;
}

/** The workers' group of an earlier repair: it stays for as long as one of the two does. */
static void
share_group(const struct look *look, const struct part_knob *group, struct part_wants *wants)
{
	const struct part_journal *journal = &look->work->journal;
	const struct part_share *share;
	unsigned int i;

	for (i = 0; i < journal->n_knobs; i++) {
		share = journal->knobs[i].kind != PART_KIND_SCHEMATA ? NULL :
			part_knob_share(&journal->knobs[i], group->shares[0].owner);
		if (share != NULL)
			part_want_add(wants, PART_KIND_SCHEMATA, share->text, "%s",
				      journal->knobs[i].path);
	}
	part_want_add(wants, PART_KIND_RESCTRL, group->shares[0].text, "%s", group->path);
}

/**
 * Workers that are in a group already: one of an earlier repair's is shared; of somebody else's
 * nobody would know whether to take them out.
 *
 * @return 1: there is nothing more to do
 */
static int
check_cpus(const struct look *look, struct part_wants *wants)
{
	const struct part_cpus *workers = &look->aim->lcores->workers;
	char name[64], path[PART_GROUP_NAME + 64];
	const struct part_knob *knob;
	unsigned int i;

	for (i = 1; i < look->cache.n_groups; i++) {
		const struct part_cache_group *group = &look->cache.groups[i];

		if (!part_cpus_intersect(&group->cpus, workers))
			continue;
		part_text_copy(name, sizeof(name), group->name);
		if (!is_ours(look, group) || !part_cpus_within(workers, &group->cpus)) {
			part_say(look->work, "/" PART_RESCTRL "/%s: found workers' CPUs in this "
				 "group, wanted all of them in none; %s", name,
				 is_ours(look, group) ?
				 "aether-partition restore removes it when its repair is over" :
				 "it is not of our making: rmdir removes it");
			return -EBUSY;
		}
		snprintf(path, sizeof(path), PART_RESCTRL "/%s", group->name);
		knob = part_journal_knob(&look->work->journal, PART_KIND_RESCTRL, path);
		part_say(look->work, "/" PART_RESCTRL "/%s: the workers are in this group of an "
			 "earlier repair, which stays as it is", name);
		if (knob != NULL && knob->n_shares != 0)
			share_group(look, knob, wants);
		return 1;
	}
	return 0;
}

/** What all others lose. A group that shares no ways loses bandwidth. */
static void
want_from_others(const struct look *look, struct part_wants *wants)
{
	char *out = part_schemata_text(&look->out, ' '), path[PART_GROUP_NAME + 64];
	const char *bandwidth = out == NULL ? NULL : strstr(out, "MB:");
	unsigned int i;

	wants->failed = wants->failed || out == NULL;
	for (i = 0; i < look->cache.n_groups && !wants->failed; i++) {
		const struct part_cache_group *group = &look->cache.groups[i];
		const char *share = loses(look, group) ? out :
				    group->mode == PART_GROUP_EXCLUSIVE ? bandwidth : NULL;

		if (share == NULL || is_ours(look, group))
			continue;
		part_cache_path(group, path, sizeof(path));
		part_want_add(wants, PART_KIND_SCHEMATA, share, "%s", path);
	}
	free(out);
}

static int
want_all(const struct look *look, struct part_wants *wants)
{
	char *own = part_schemata_text(&look->own, ' ');
	char *list = part_list_text(&look->aim->lcores->workers), *group;
	struct part_text text = { 0 };

	want_from_others(look, wants);
	part_text_add(&text, "%s%s%s", list == NULL ? "" : list,
		      own != NULL && own[0] != '\0' ? " " : "", own == NULL ? "" : own);
	group = part_text_take(&text);
	wants->failed = wants->failed || own == NULL || list == NULL || group == NULL;
	if (!wants->failed)
		part_want_add(wants, PART_KIND_RESCTRL, group, PART_RESCTRL "/aether-%u",
			      look->aim->owner);
	free(group);
	free(list);
	free(own);
	return wants->failed ? -ENOMEM : 0;
}

static int
plan(struct look *look, struct part_wants *wants)
{
	enum part_state state = part_cache_read(&look->work->root, &look->cache);
	int ret;

	if (look->cache.failed)
		return -ENOMEM;
	if (state != PART_KNOWN) {
		char where[128];

		part_text_copy(where, sizeof(where), look->cache.where);
		part_say(look->work, "/%s: %s", where, part_state_text(state, where));
		return state == PART_DENIED ? -EACCES : -EIO;
	}
	ret = check_able(look);
	if (ret == 0 && look->cache.n_groups == 0)
		ret = -ENOTSUP;
	if (ret == 0)
		ret = check_cpus(look, wants);
	if (ret != 0)
		return RTE_MIN(ret, 0);
	ret = check_groups(look);
	if (ret == 0 && !part_domains_read(&look->work->root, &look->aim->lcores->workers,
					   &look->domains))
		ret = -ENOMEM;
	if (ret == 0 && look->aim->cache != 0)
		ret = plan_ways(look);
	if (ret == 0 && look->aim->bandwidth != 0)
		ret = plan_bandwidth(look);
	if (ret == 0 && look->out.n == 0) {
		part_say(look->work, "/" PART_RESCTRL "/schemata: found none of the caches that "
			 "the workers' CPUs have by /sys/devices/system/cpu/cpu*/cache/index3/id");
		ret = -EIO;
	}
	return ret == 0 ? want_all(look, wants) : ret;
}

/** It is there, or can be mounted. @return 1: not before the next look */
static int
plan_mount(struct part_work *work, struct part_wants *wants)
{
	const bool mounted = part_resctrl_mounted(&work->root);
	bool offered;

	if (!mounted && work->mounting) {
		part_say(work, "/" PART_RESCTRL ": %s: mount -t resctrl resctrl /" PART_RESCTRL,
			 work->dry_run ? "what is written there can be told once it is mounted" :
			 "found nothing mounted, wanted resctrl");
		return work->dry_run ? 1 : -EIO;
	}
	/* Who has mounted it shares that with all who need it. */
	if (!mounted || part_journal_knob(&work->journal, PART_KIND_MOUNT, PART_RESCTRL) != NULL)
		part_want_add(wants, PART_KIND_MOUNT, PART_MOUNTED, PART_RESCTRL);
	if (mounted)
		return 0;
	work->mounting = true;
	if (part_resctrl_offered(&work->root, &offered) == PART_KNOWN && offered)
		return 1;
	part_say(work, "found no resctrl in /proc/filesystems, wanted a CPU that divides cache or "
		 "bandwidth (rdt_a in /proc/cpuinfo) and a kernel with CONFIG_X86_CPU_RESCTRL for "
		 "--cache and --bandwidth");
	return -ENOTSUP;
}

int
part_plan_cache(struct part_work *work, const struct part_aim *aim, struct part_wants *wants)
{
	struct look look = { .work = work, .aim = aim };
	int ret;

	if ((aim->cache == 0 && aim->bandwidth == 0) || work->cache_planned ||
	    part_names_rule(aim->ignore, "memory.cache_group"))
		return 0;
	ret = plan_mount(work, wants);
	work->cache_planned = ret == 0;
	if (ret == 0)
		ret = plan(&look, wants);
	part_cache_free(&look.cache);
	part_domains_free(&look.domains);
	part_schemata_free(&look.out);
	part_schemata_free(&look.own);
	return RTE_MIN(ret, 0);
}
