/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rte_common.h>

#include "part_resctrl.h"
#include "part_text.h"

#define MAX_GROUPS	4096	/* hardware has some dozens */

void
part_cache_path(const struct part_cache_group *group, char *path, size_t size)
{
	snprintf(path, size, PART_RESCTRL "%s%s/schemata", group->name[0] != '\0' ? "/" : "",
		 group->name);
}

bool
part_resctrl_mounted(struct part_root *root)
{
	/* The first is there always, but in kernels before 4.15. */
	return part_read(root, PART_RESCTRL "/info/last_cmd_status") != PART_ABSENT ||
	       part_read(root, PART_RESCTRL "/schemata") != PART_ABSENT;
}

enum part_state
part_resctrl_offered(struct part_root *root, bool *offered)
{
	enum part_state state = part_read(root, "proc/filesystems");
	const char *found = strstr(root->text, "\tresctrl\n");

	*offered = found != NULL;
	return state;
}

/** A file of one number. */
static enum part_state
read_number(struct part_root *root, struct part_cache *cache, int base, uint32_t *number,
	    const char *format, ...)
{
	enum part_state state;
	unsigned long long value;
	va_list ap;
	char *end;

	va_start(ap, format);
	vsnprintf(cache->where, sizeof(cache->where), format, ap);
	va_end(ap);
	state = part_read(root, "%s", cache->where);
	if (state != PART_KNOWN)
		return state;
	errno = 0;
	value = strtoull(root->text, &end, base);
	if (errno != 0 || end == root->text || !isxdigit((unsigned char)root->text[0]) ||
	    strcmp(end, "\n") != 0 || value > UINT32_MAX)
		return PART_GARBLED;
	*number = value;
	return PART_KNOWN;
}

static enum part_state
read_ways(struct part_root *root, const char *resource, struct part_cache *cache)
{
	struct part_cache_info *info = &cache->info;
	enum part_state state;

	/* Kernels before 4.19 do not tell; 0 is the most common answer. */
	state = read_number(root, cache, 16, &info->shareable,
			    PART_RESCTRL "/info/%s/shareable_bits", resource);
	if (state == PART_KNOWN || state == PART_ABSENT)
		state = read_number(root, cache, 16, &info->mask, PART_RESCTRL "/info/%s/cbm_mask",
				    resource);
	if (state == PART_KNOWN)
		state = read_number(root, cache, 10, &info->least,
				    PART_RESCTRL "/info/%s/min_cbm_bits", resource);
	if (state == PART_KNOWN)
		state = read_number(root, cache, 10, &info->groups,
				    PART_RESCTRL "/info/%s/num_closids", resource);
	if (state == PART_KNOWN && (info->mask == 0 || info->least > 32 || info->groups == 0))
		state = PART_GARBLED;
	info->least = RTE_MAX(info->least, 1u);
	return state;
}

static enum part_state
read_bandwidth(struct part_root *root, struct part_cache *cache)
{
	struct part_cache_info *info = &cache->info;
	uint32_t linear = 0, groups = 0;
	enum part_state state;

	state = read_number(root, cache, 10, &groups, PART_RESCTRL "/info/MB/num_closids");
	if (state == PART_KNOWN)
		state = read_number(root, cache, 10, &linear, PART_RESCTRL "/info/MB/delay_linear");
	if (state == PART_KNOWN)
		state = read_number(root, cache, 10, &info->mb_least,
				    PART_RESCTRL "/info/MB/min_bandwidth");
	if (state == PART_KNOWN)
		state = read_number(root, cache, 10, &info->mb_step,
				    PART_RESCTRL "/info/MB/bandwidth_gran");
	if (state == PART_KNOWN && (groups == 0 || info->mb_step == 0))
		state = PART_GARBLED;
	/* AMD's, which the kernel does not call linear, is in eighths of a GB/s. */
	info->percent = linear == 1 && info->mb_least <= 100 && info->mb_step <= 100;
	if (state == PART_KNOWN)
		info->groups = info->groups == 0 ? groups : RTE_MIN(info->groups, groups);
	return state;
}

static enum part_state
read_info(struct part_root *root, struct part_cache *cache)
{
	const struct part_schemata *schemata = &cache->groups[0].schemata;
	enum part_state state = PART_KNOWN;

	cache->has_bandwidth = part_schemata_has(schemata, PART_MB);
	if (part_schemata_has(schemata, PART_L3))
		state = read_ways(root, "L3", cache);
	else if (part_schemata_has(schemata, PART_L3DATA))
		state = read_ways(root, "L3DATA", cache);
	if (state == PART_KNOWN)
		cache->has_ways = cache->info.mask != 0;
	if (state == PART_KNOWN && cache->has_bandwidth)
		state = read_bandwidth(root, cache);
	return state;
}

static enum part_state
read_mode(struct part_root *root, const char *folder, struct part_cache *cache,
	  struct part_cache_group *group, bool *setup)
{
	static const struct {
		const char *text;
		enum part_group_mode mode;
	} modes[] = {
		{ "shareable\n", PART_GROUP_SHAREABLE }, { "exclusive\n", PART_GROUP_EXCLUSIVE },
		{ "pseudo-locked\n", PART_GROUP_LOCKED },
		{ "pseudo-locksetup\n", PART_GROUP_LOCKED },
	};
	enum part_state state;
	unsigned int i;

	*setup = false;
	snprintf(cache->where, sizeof(cache->where), "%s/mode", folder);
	state = part_read(root, "%s", cache->where);
	/* Before 4.19 all are shareable. */
	if (state == PART_ABSENT)
		return PART_KNOWN;
	for (i = 0; state == PART_KNOWN && i < RTE_DIM(modes); i++) {
		if (strcmp(root->text, modes[i].text) != 0)
			continue;
		group->mode = modes[i].mode;
		*setup = i == 3;
		return PART_KNOWN;
	}
	return state == PART_KNOWN ? PART_GARBLED : state;
}

static enum part_state
read_group(struct part_root *root, struct part_cache *cache, struct part_cache_group *group)
{
	char folder[PART_GROUP_NAME + 16];
	enum part_state state;
	bool setup;
	int ret;

	snprintf(folder, sizeof(folder), PART_RESCTRL "%s%s", group->name[0] != '\0' ? "/" : "",
		 group->name);
	state = read_mode(root, folder, cache, group, &setup);
	if (state != PART_KNOWN)
		return state;
	snprintf(cache->where, sizeof(cache->where), "%s/cpus_list", folder);
	state = part_read(root, "%s", cache->where);
	if (state == PART_KNOWN && part_cpus_parse(root->text, PART_MAX_CPUS, &group->cpus) != 0)
		state = PART_GARBLED;
	/* Its CPUs are those that nobody else has. */
	if (state == PART_ABSENT && group->name[0] == '\0')
		state = PART_KNOWN;
	/* One that is being set up has no ways yet. */
	if (state != PART_KNOWN || setup)
		return state;
	part_cache_path(group, cache->where, sizeof(cache->where));
	state = part_read(root, "%s", cache->where);
	if (state != PART_KNOWN)
		return state;
	ret = root->cut ? -EINVAL : part_schemata_parse(root->text, &group->schemata);
	cache->failed = cache->failed || ret == -ENOMEM;
	return ret == 0 ? PART_KNOWN : PART_GARBLED;
}

/** Names, which are read when the folder is closed: one root has one text. */
struct names {
	struct part_root *root;
	char (*all)[PART_GROUP_NAME];
	unsigned int n;
	bool failed;
};

static bool
take_name(void *ctx, const char *name)
{
	struct names *names = ctx;
	char path[PART_GROUP_NAME + 64], (*all)[PART_GROUP_NAME];
	mode_t mode;

	if (strcmp(name, "info") == 0 || strcmp(name, "mon_groups") == 0 ||
	    strcmp(name, "mon_data") == 0 || strlen(name) >= PART_GROUP_NAME)
		return true;
	snprintf(path, sizeof(path), PART_RESCTRL "/%s", name);
	if (part_mode(names->root, path, &mode) != PART_KNOWN || !S_ISDIR(mode))
		return true;
	all = names->n == MAX_GROUPS ? NULL :
	      part_array_room(names->all, names->n, sizeof(*all));
	if (all == NULL) {
		names->failed = true;
		return false;
	}
	names->all = all;
	strcpy(all[names->n++], name);
	return true;
}

static enum part_state
read_groups(struct part_root *root, const struct names *names, struct part_cache *cache)
{
	enum part_state state = PART_KNOWN;
	unsigned int i;

	cache->groups = calloc(names->n + 1, sizeof(*cache->groups));
	if (cache->groups == NULL) {
		cache->failed = true;
		return PART_GARBLED;
	}
	for (i = 0; i <= names->n && state == PART_KNOWN; i++) {
		struct part_cache_group *group = &cache->groups[cache->n_groups];

		if (i > 0)
			strcpy(group->name, names->all[i - 1]);
		state = read_group(root, cache, group);
		/* Removed meanwhile. */
		if (state == PART_ABSENT && i > 0) {
			part_schemata_free(&group->schemata);
			memset(group, 0, sizeof(*group));
			state = PART_KNOWN;
			continue;
		}
		cache->n_groups++;
	}
	return state;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum part_state
part_cache_read(struct part_root *root, struct part_cache *cache)
{
	struct names names = { .root = root };
	enum part_state state;

	memset(cache, 0, sizeof(*cache));
	snprintf(cache->where, sizeof(cache->where), PART_RESCTRL "/schemata");
	state = part_read(root, "%s", cache->where);
	/* A CPU that can count what is used, and not divide it. */
	if (state == PART_ABSENT && part_resctrl_mounted(root))
		return PART_KNOWN;
	if (state != PART_KNOWN)
		return state;
	state = part_list(root, PART_RESCTRL, take_name, &names);
	if (state == PART_KNOWN && !names.failed) {
		/* The kernel's order is that of a hash. */
		if (names.n > 1)
			qsort(names.all, names.n, sizeof(*names.all), compare);
		state = read_groups(root, &names, cache);
	}
	cache->failed = cache->failed || names.failed;
	free(names.all);
	return state == PART_KNOWN ? read_info(root, cache) : state;
}

void
part_cache_free(struct part_cache *cache)
{
	unsigned int i;

	for (i = 0; i < cache->n_groups; i++)
		part_schemata_free(&cache->groups[i].schemata);
	free(cache->groups);
	memset(cache, 0, sizeof(*cache));
}

bool
part_cache_domain(struct part_root *root, unsigned int cpu, uint32_t *domain)
{
	char *end;
	unsigned long id;

	if (part_read(root, "sys/devices/system/cpu/cpu%u/cache/index3/level", cpu) != PART_KNOWN ||
	    strcmp(root->text, "3\n") != 0 ||
	    part_read(root, "sys/devices/system/cpu/cpu%u/cache/index3/id", cpu) != PART_KNOWN ||
	    !isdigit((unsigned char)root->text[0]))
		return false;
	id = strtoul(root->text, &end, 10);
	*domain = id;
	return strcmp(end, "\n") == 0 && id <= UINT32_MAX;
}

bool
part_domains_read(struct part_root *root, const struct part_cpus *cpus,
		  struct part_domains *domains)
{
	unsigned int cpu;
	uint32_t *ids, id;

	memset(domains, 0, sizeof(*domains));
	PART_CPUS_FOREACH(cpu, cpus) {
		if (!part_cache_domain(root, cpu, &id)) {
			domains->all = true;
			return true;
		}
		if (part_domains_has(domains, id))
			continue;
		ids = part_array_room(domains->ids, domains->n, sizeof(*ids));
		if (ids == NULL)
			return false;
		domains->ids = ids;
		ids[domains->n++] = id;
	}
	return true;
}

bool
part_domains_has(const struct part_domains *domains, uint32_t domain)
{
	unsigned int i;

	for (i = 0; i < domains->n; i++)
		if (domains->ids[i] == domain)
			return true;
	return domains->all;
}

void
part_domains_free(struct part_domains *domains)
{
	free(domains->ids);
	memset(domains, 0, sizeof(*domains));
}
