/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_resctrl.h"
#include "host_tree.h"
#include "part_cpus.h"

#define ALL		0x7ffu
#define DEVICES		0x600u
#define DOMAINS		2
#define LINES		4

/* Values of a group, by line and domain; a line without a name is the end. */
struct values {
	char name[LINES + 1][16];
	unsigned int value[LINES][DOMAINS];
};

static int
status(const char *top, int error, const char *text)
{
	tree_write(top, RESCTRL "/info/last_cmd_status", "%s\n", text);
	return error;
}

static bool
is_bandwidth(const char *name)
{
	return strcmp(name, "MB") == 0;
}

static void
get_values(const char *top, const char *folder, struct values *values)
{
	char path[600], text[1024], *line, *rest = text;
	unsigned int i = 0;

	memset(values, 0, sizeof(*values));
	snprintf(path, sizeof(path), "%s/schemata", folder);
	tree_read(top, path, text, sizeof(text));
	while ((line = strsep(&rest, "\n")) != NULL && line[0] != '\0') {
		if (sscanf(line, is_bandwidth(line + strspn(line, " ")) ||
			   strstr(line, "MB:") != NULL ? " %15[^:]:0=%u;1=%u" :
			   " %15[^:]:0=%x;1=%x", values->name[i], &values->value[i][0],
			   &values->value[i][1]) != 3)
			abort();
		i++;
	}
}

/** Names are as wide as the widest, masks have zeros in front, percentages blanks. */
static void
put_values(const char *top, const char *folder, const struct values *values)
{
	char path[600], text[1024] = "";
	size_t len = 0;
	unsigned int i;

	for (i = 0; values->name[i][0] != '\0'; i++)
		len += snprintf(text + len, sizeof(text) - len,
				is_bandwidth(values->name[i]) ? "%6s:0=%4u;1=%4u\n" :
				"%6s:0=%04x;1=%04x\n", values->name[i], values->value[i][0],
				values->value[i][1]);
	snprintf(path, sizeof(path), "%s/schemata", folder);
	tree_write(top, path, "%s", text);
}

static bool
is_mode(const char *top, const char *folder, const char *mode)
{
	char path[600], text[64];

	snprintf(path, sizeof(path), "%s/mode", folder);
	tree_read(top, path, text, sizeof(text));
	return strncmp(text, mode, strlen(mode)) == 0;
}

/** Call each with the default group's folder and all others'; until one returns true. */
static bool
any_group(const char *top, bool (*each)(const char *top, const char *folder, void *ctx), void *ctx)
{
	char folder[512];
	struct dirent *entry;
	bool found;
	DIR *dir;

	found = each(top, RESCTRL, ctx);
	snprintf(folder, sizeof(folder), "%s/" RESCTRL, top);
	dir = opendir(folder);
	while (!found && dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    strcmp(entry->d_name, "info") == 0 || strncmp(entry->d_name, "mon_", 4) == 0)
			continue;
		snprintf(folder, sizeof(folder), RESCTRL "/%.200s", entry->d_name);
		found = each(top, folder, ctx);
	}
	closedir(dir);
	return found;
}

struct overlap {
	const char *folder;
	unsigned int domain, mask;
	bool exclusive;
};

static bool
overlaps(const char *top, const char *folder, void *ctx)
{
	const struct overlap *overlap = ctx;
	struct values values;
	unsigned int i;

	if (strcmp(folder, overlap->folder) == 0 ||
	    (!overlap->exclusive && !is_mode(top, folder, "exclusive")))
		return false;
	get_values(top, folder, &values);
	for (i = 0; values.name[i][0] != '\0'; i++)
		if (!is_bandwidth(values.name[i]) &&
		    (values.value[i][overlap->domain] & overlap->mask) != 0)
			return true;
	return false;
}

static int
take_mask(const char *top, const char *folder, unsigned int domain, const char *text,
	  unsigned int *value)
{
	struct overlap overlap = { .folder = folder, .domain = domain };
	unsigned int low;
	char *end;

	*value = strtoul(text, &end, 16);
	if (*end != '\0' || end == text)
		return status(top, -EINVAL, "Non-hex character in the mask");
	if (*value == 0 || *value > ALL)
		return status(top, -EINVAL, "Mask out of range");
	for (low = *value; (low & 1) == 0;)
		low >>= 1;
	if ((low & (low + 1)) != 0)
		return status(top, -EINVAL, "The mask has non-consecutive 1-bits");
	overlap.mask = *value;
	overlap.exclusive = is_mode(top, folder, "exclusive");
	return any_group(top, overlaps, &overlap) ?
	       status(top, -EINVAL, "Overlaps with exclusive group") : 0;
}

static int
take_bandwidth(const char *top, const char *text, unsigned int *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	if (*end != '\0' || end == text || *value < 10 || *value > 100)
		return status(top, -EINVAL, "MB value out of range [10,100]");
	*value = (*value + 9) / 10 * 10;
	return 0;
}

static int
take_line(const char *top, const char *folder, char *line, struct values *values)
{
	char *rest = line, *name = strsep(&rest, ":"), *item, *id, *end;
	unsigned int i, domain;
	int ret = 0;

	for (i = 0; values->name[i][0] != '\0' && strcmp(values->name[i], name) != 0;)
		i++;
	if (rest == NULL || rest[0] == '\0' || values->name[i][0] == '\0')
		return status(top, -EINVAL, rest == NULL ? "Missing ':'" :
			      "Unknown or unsupported resource name");
	while (ret == 0 && (item = strsep(&rest, ";")) != NULL) {
		id = strsep(&item, "=");
		domain = strtoul(id, &end, 10);
		if (item == NULL || *end != '\0' || domain >= DOMAINS)
			return status(top, -EINVAL, "Missing '=' or non-numeric domain");
		ret = is_bandwidth(name) ? take_bandwidth(top, item, &values->value[i][domain]) :
		      take_mask(top, folder, domain, item, &values->value[i][domain]);
	}
	return ret;
}

/** All that is written at once is taken, or nothing. */
static int
write_schemata(const char *top, const char *folder, const char *text)
{
	char copy[1024], *rest = copy, *line;
	struct values values;
	size_t len = strlen(text);
	int ret;

	if (len == 0 || text[len - 1] != '\n' || len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len - 1] = '\0';
	get_values(top, folder, &values);
	while ((line = strsep(&rest, "\n")) != NULL) {
		ret = take_line(top, folder, line, &values);
		if (ret != 0)
			return ret;
	}
	put_values(top, folder, &values);
	return status(top, 0, "ok");
}

static void
get_cpus(const char *top, const char *folder, struct part_cpus *cpus)
{
	char path[600], text[256];

	snprintf(path, sizeof(path), "%s/cpus_list", folder);
	tree_read(top, path, text, sizeof(text));
	if (part_cpus_parse(text, PART_MAX_CPUS, cpus) != 0)
		abort();
}

static void
put_cpus(const char *top, const char *folder, const struct part_cpus *cpus)
{
	char path[600], text[256];

	snprintf(path, sizeof(path), "%s/cpus_list", folder);
	part_cpus_list(cpus, text, sizeof(text));
	tree_write(top, path, "%s\n", text);
}

static bool
take_out(const char *top, const char *folder, void *ctx)
{
	struct part_cpus cpus;

	get_cpus(top, folder, &cpus);
	part_cpus_without(&cpus, ctx);
	put_cpus(top, folder, &cpus);
	return false;
}

/** A CPU is in one group; what none has is the default group's. */
static int
write_cpus(const char *top, const char *folder, const char *text)
{
	struct part_cpus cpus, had, all = { 0 };

	part_cpus_set_range(&all, 0, host_small.cpus - 1);
	if (part_cpus_parse(text, PART_MAX_CPUS, &cpus) != 0)
		return status(top, -EINVAL, "Bad CPU list/mask");
	if (!part_cpus_within(&cpus, &all))
		return status(top, -EINVAL, "Can only assign online CPUs");
	get_cpus(top, folder, &had);
	any_group(top, take_out, &cpus);
	part_cpus_without(&had, &cpus);
	put_cpus(top, folder, &cpus);
	get_cpus(top, RESCTRL, &all);
	part_cpus_or(&all, &had);
	put_cpus(top, RESCTRL, &all);
	return status(top, 0, "ok");
}

static int
write_mode(const char *top, const char *folder, const char *text)
{
	struct overlap overlap = { .folder = folder, .exclusive = true };
	struct values values;
	char path[600];
	unsigned int i;

	get_values(top, folder, &values);
	for (i = 0; strcmp(text, "exclusive\n") == 0 && values.name[i][0] != '\0'; i++)
		for (overlap.domain = 0; overlap.domain < DOMAINS; overlap.domain++) {
			overlap.mask = values.value[i][overlap.domain];
			if (!is_bandwidth(values.name[i]) && (overlap.mask & DEVICES) == 0 &&
			    !any_group(top, overlaps, &overlap))
				continue;
			if (!is_bandwidth(values.name[i]))
				return status(top, -EINVAL, "Schemata overlaps");
		}
	snprintf(path, sizeof(path), "%s/mode", folder);
	tree_write(top, path, "%s", text);
	return status(top, 0, "ok");
}

bool
fake_resctrl_has(const char *path)
{
	return strncmp(path, RESCTRL "/", strlen(RESCTRL) + 1) == 0;
}

int
fake_resctrl_write(const char *top, const char *path, const char *text)
{
	const char *file = strrchr(path, '/') + 1;
	char folder[256];

	snprintf(folder, sizeof(folder), "%.*s", (int)(file - 1 - path), path);
	return strcmp(file, "schemata") == 0 ? write_schemata(top, folder, text) :
	       strcmp(file, "cpus_list") == 0 ? write_cpus(top, folder, text) :
	       strcmp(file, "mode") == 0 ? write_mode(top, folder, text) : -EPERM;
}

struct count {
	unsigned int n;
	struct values usable, used;	/* ways that may be shared, and that somebody has */
};

static bool
count_one(const char *top, const char *folder, void *ctx)
{
	struct count *count = ctx;
	struct values values;
	unsigned int i, j;

	count->n++;
	get_values(top, folder, &values);
	for (i = 0; values.name[i][0] != '\0'; i++)
		for (j = 0; j < DOMAINS; j++) {
			count->used.value[i][j] |= values.value[i][j];
			if (is_mode(top, folder, "shareable"))
				count->usable.value[i][j] |= values.value[i][j];
		}
	return false;
}

/** A new group has what can be shared and what nobody has, as far as that is one run. */
int
fake_resctrl_make(const char *top, const char *path)
{
	struct count count = { 0 };
	struct values values;
	unsigned int i, j, mask, low;
	char file[600];

	any_group(top, count_one, &count);
	if (count.n >= RESCTRL_GROUPS)
		return status(top, -ENOSPC, "Out of CLOSIDs");
	get_values(top, RESCTRL, &values);
	for (i = 0; values.name[i][0] != '\0'; i++)
		for (j = 0; j < DOMAINS; j++) {
			mask = DEVICES | count.usable.value[i][j] | (ALL & ~count.used.value[i][j]);
			low = mask & -mask;
			values.value[i][j] = is_bandwidth(values.name[i]) ? 100 :
					     mask & ~(mask + low);
		}
	snprintf(file, sizeof(file), "%s/cpus_list", path);
	tree_write(top, file, "\n");
	snprintf(file, sizeof(file), "%s/tasks", path);
	tree_write(top, file, "%s", "");
	snprintf(file, sizeof(file), "%s/mode", path);
	tree_write(top, file, "shareable\n");
	put_values(top, path, &values);
	return status(top, 0, "ok");
}

int
fake_resctrl_remove(const char *top, const char *path)
{
	struct part_cpus cpus, all;

	get_cpus(top, path, &cpus);
	get_cpus(top, RESCTRL, &all);
	part_cpus_or(&all, &cpus);
	put_cpus(top, RESCTRL, &all);
	tree_remove(top, path);
	return status(top, 0, "ok");
}

static void
fill(const char *top, bool cdp)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "mode", "shareable" }, { "cpus_list", "0-7" }, { "tasks", "1" },
		{ "info/last_cmd_status", "ok" },
		{ "info/MB/num_closids", "8" }, { "info/MB/delay_linear", "1" },
		{ "info/MB/min_bandwidth", "10" }, { "info/MB/bandwidth_gran", "10" },
	}, ways[] = {
		{ "cbm_mask", "7ff" }, { "min_cbm_bits", "1" }, { "shareable_bits", "600" },
		{ "num_closids", "5" },
	};
	static const struct values plain = {
		.name = { "L3", "MB" }, .value = { { ALL, ALL }, { 100, 100 } },
	}, apart = {
		.name = { "L3DATA", "L3CODE", "MB" },
		.value = { { ALL, ALL }, { ALL, ALL }, { 100, 100 } },
	};
	char path[600];
	unsigned int i;

	for (i = 0; i < RTE_DIM(files); i++) {
		snprintf(path, sizeof(path), RESCTRL "/%s", files[i].path);
		tree_write(top, path, "%s\n", files[i].text);
	}
	for (i = 0; i < RTE_DIM(ways); i++) {
		snprintf(path, sizeof(path), RESCTRL "/info/%s/%s", cdp ? "L3DATA" : "L3",
			 ways[i].path);
		tree_write(top, path, "%s\n", ways[i].text);
	}
	tree_folder(top, RESCTRL "/mon_groups");
	tree_folder(top, RESCTRL "/mon_data");
	put_values(top, RESCTRL, cdp ? &apart : &plain);
}

int
fake_resctrl_mount(const char *top, const char *type)
{
	tree_remove(top, RESCTRL);
	tree_folder(top, RESCTRL);
	if (type != NULL)
		fill(top, false);
	return 0;
}

void
fake_resctrl_mount_cdp(const char *top)
{
	tree_remove(top, RESCTRL);
	tree_folder(top, RESCTRL);
	fill(top, true);
}
