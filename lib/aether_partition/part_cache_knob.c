/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The settings of resctrl: that it is mounted, what a group may use, and a group of our own. What
 * the kernel takes and in which order is fs/resctrl's rdtgroup.c and ctrlmondata.c in its source.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_judge.h"
#include "part_knob.h"
#include "part_resctrl.h"
#include "part_text.h"

bool
part_cache_kind(enum part_kind kind)
{
	return kind == PART_KIND_SCHEMATA || kind == PART_KIND_RESCTRL || kind == PART_KIND_MOUNT;
}

static int
error_of(enum part_state state)
{
	return state == PART_KNOWN ? 0 : state == PART_ABSENT ? -ENOENT :
	       state == PART_DENIED ? -EACCES : -EIO;
}

static int
read_schemata(struct part_bench *bench, const char *path, struct part_schemata *schemata)
{
	int ret = error_of(part_read(bench->root, "%s", path));

	if (ret != 0)
		return ret;
	ret = bench->root->cut ? -EINVAL : part_schemata_parse(bench->root->text, schemata);
	return ret == -EINVAL ? -EIO : ret;
}

/** The words of one file. */
static int
read_words(struct part_bench *bench, const char *path, char **value)
{
	struct part_schemata schemata;
	int ret = read_schemata(bench, path, &schemata);

	if (ret != 0)
		return ret;
	*value = part_schemata_text(&schemata, ' ');
	part_schemata_free(&schemata);
	return *value == NULL ? -ENOMEM : 0;
}

/** "2-3 L3:0=3", or "" if there is no such group. */
static int
read_group(struct part_bench *bench, const char *path, char **value)
{
	struct part_text text = { 0 };
	char file[256], *schemata = NULL;
	struct part_cpus cpus;
	mode_t mode;
	int ret;

	if (part_mode(bench->root, path, &mode) == PART_ABSENT) {
		*value = strdup(PART_GROUP_ABSENT);
		return *value == NULL ? -ENOMEM : 0;
	}
	if (part_read(bench->root, "%s/cpus_list", path) != PART_KNOWN ||
	    part_cpus_parse(bench->root->text, PART_MAX_CPUS, &cpus) != 0)
		part_cpus_zero(&cpus);
	snprintf(file, sizeof(file), "%s/schemata", path);
	ret = read_words(bench, file, &schemata);
	/* Whatever is in it, it is ours to be removed. */
	if (ret == -ENOMEM)
		return ret;
	part_add_list(&text, &cpus);
	if (ret == 0 && schemata[0] != '\0')
		part_text_add(&text, " %s", schemata);
	free(schemata);
	*value = part_text_take(&text);
	return *value == NULL ? -ENOMEM : 0;
}

static int
read_mount(struct part_bench *bench, const char *path, char **value)
{
	mode_t mode;

	if (part_mode(bench->root, path, &mode) != PART_KNOWN)
		return -ENOENT;
	*value = strdup(part_resctrl_mounted(bench->root) ? PART_MOUNTED : "");
	return *value == NULL ? -ENOMEM : 0;
}

int
part_cache_knob_read(struct part_bench *bench, enum part_kind kind, const char *path, char **value)
{
	return kind == PART_KIND_SCHEMATA ? read_words(bench, path, value) :
	       kind == PART_KIND_RESCTRL ? read_group(bench, path, value) :
	       read_mount(bench, path, value);
}

/** The part of a value behind the CPUs, if the kind has these. */
static const char *
behind_cpus(enum part_kind kind, const char *value)
{
	const size_t len = strcspn(value, " ");

	return kind == PART_KIND_SCHEMATA ? value : value[len] == '\0' ? "" : value + len + 1;
}

bool
part_cache_knob_same(const struct part_knob *knob, const char *a, const char *b)
{
	struct part_schemata one, other;
	size_t cpus = knob->kind == PART_KIND_RESCTRL ? strcspn(a, " ") : 0;
	bool same;

	if (strcmp(a, b) == 0)
		return true;
	if (knob->kind == PART_KIND_MOUNT || a[0] == '\0' || b[0] == '\0' ||
	    (cpus != 0 && (strncmp(a, b, cpus) != 0 || (b[cpus] != '\0' && b[cpus] != ' '))) ||
	    part_schemata_parse(behind_cpus(knob->kind, a), &one) != 0)
		return false;
	if (part_schemata_parse(behind_cpus(knob->kind, b), &other) != 0) {
		part_schemata_free(&one);
		return false;
	}
	/* A group of our own is told about some domains only. */
	same = knob->kind == PART_KIND_RESCTRL ? part_schemata_agree(&one, &other) :
	       part_schemata_same(&one, &other);
	part_schemata_free(&one);
	part_schemata_free(&other);
	return same;
}

static int
take_shares(const struct part_knob *knob, struct part_schemata *schemata)
{
	struct part_schemata share;
	unsigned int i;
	int ret;

	for (i = 0; i < knob->n_shares; i++) {
		ret = part_schemata_parse(knob->shares[i].text, &share);
		if (ret != 0)
			return ret;
		part_schemata_take(schemata, &share);
		part_schemata_free(&share);
	}
	return 0;
}

int
part_cache_knob_wanted(const struct part_knob *knob, char **value)
{
	struct part_schemata was, schemata;
	int ret;

	if (knob->kind != PART_KIND_SCHEMATA || knob->n_shares == 0) {
		*value = strdup(knob->n_shares == 0 ? knob->original : knob->shares[0].text);
		return *value == NULL ? -ENOMEM : 0;
	}
	ret = part_schemata_parse(knob->original, &was);
	if (ret != 0)
		return ret;
	ret = part_schemata_parse(knob->original, &schemata);
	if (ret == 0)
		ret = take_shares(knob, &schemata);
	if (ret == 0 && !part_schemata_join(&schemata, &was))
		ret = -EDOM;
	*value = ret == 0 ? part_schemata_text(&schemata, ' ') : NULL;
	part_schemata_free(&schemata);
	part_schemata_free(&was);
	return ret == 0 && *value == NULL ? -ENOMEM : ret;
}

/** Why the kernel has not taken what was written last. */
static int
ask_why(struct part_bench *bench, int error)
{
	if (error != 0 && part_read(bench->root, PART_RESCTRL "/info/last_cmd_status") ==
	    PART_KNOWN && strcmp(bench->root->text, "ok\n") != 0)
		part_text_copy(bench->why, sizeof(bench->why), bench->root->text);
	return error;
}

/**
 * Write what differs, all in one piece, of which the kernel takes all or nothing. Domains that are
 * not there, since their CPUs are offline, begin anew when they come back.
 */
static int
write_schemata(struct part_bench *bench, const char *path, const char *to)
{
	struct part_schemata now, wanted, changed = { 0 };
	struct part_text text = { 0 };
	const struct part_allot *is;
	unsigned int i;
	char *lines;
	int ret = read_schemata(bench, path, &now);

	if (ret != 0)
		return ret;
	ret = part_schemata_parse(to, &wanted);
	for (i = 0; ret == 0 && i < wanted.n; i++) {
		is = part_schemata_find(&now, wanted.all[i].resource, wanted.all[i].domain);
		if (is != NULL && is->value != wanted.all[i].value &&
		    !part_schemata_add(&changed, is->resource, is->domain, wanted.all[i].value))
			ret = -ENOMEM;
	}
	part_schemata_free(&now);
	part_schemata_free(&wanted);
	if (ret == 0 && changed.n != 0) {
		lines = part_schemata_text(&changed, '\n');
		part_text_add(&text, "%s\n", lines == NULL ? "" : lines);
		free(lines);
		lines = part_text_take(&text);
		ret = lines == NULL ? -ENOMEM :
		      ask_why(bench, part_bench_write(bench, path, lines));
		free(lines);
	}
	part_schemata_free(&changed);
	return ret;
}

/** Its CPUs last: until then nobody uses what it has. */
static int
make_group(struct part_bench *bench, const char *path, const char *to)
{
	struct part_text cpus = { 0 };
	char file[256], *list;
	int ret = part_bench_step(bench, path);

	if (ret == 0)
		ret = ask_why(bench, bench->hands->make_folder(bench->hands->ctx, bench->root,
							       path));
	if (ret == -EEXIST)
		ret = 0;
	snprintf(file, sizeof(file), "%s/schemata", path);
	if (ret == 0 && behind_cpus(PART_KIND_RESCTRL, to)[0] != '\0')
		ret = write_schemata(bench, file, behind_cpus(PART_KIND_RESCTRL, to));
	snprintf(file, sizeof(file), "%s/cpus_list", path);
	part_text_add(&cpus, "%.*s\n", (int)strcspn(to, " "), to);
	list = part_text_take(&cpus);
	if (ret == 0)
		ret = list == NULL ? -ENOMEM : ask_why(bench, part_bench_write(bench, file, list));
	free(list);
	return ret;
}

/** The kernel gives its CPUs, and tasks that somebody has put into it, to the default group. */
static int
remove_group(struct part_bench *bench, const char *path)
{
	int ret = part_bench_step(bench, path);

	if (ret == 0)
		ret = bench->hands->remove_folder(bench->hands->ctx, bench->root, path);
	return ret == -ENOENT ? 0 : ret;
}

static bool
take_first(void *ctx, const char *name)
{
	char *first = ctx;

	part_text_copy(first, 64, name);
	return false;
}

/** What others have made of it, which would be gone. */
static bool
is_used(struct part_bench *bench)
{
	char first[64] = "";
	struct part_cache cache;
	unsigned int i;

	if (part_cache_read(bench->root, &cache) != PART_KNOWN)
		snprintf(bench->why, sizeof(bench->why), "/%.160s: cannot be read", cache.where);
	else if (cache.n_groups > 1)
		snprintf(bench->why, sizeof(bench->why), "others have made groups in it: %.64s",
			 cache.groups[1].name);
	for (i = 0; bench->why[0] == '\0' && cache.n_groups != 0 &&
	     i < cache.groups[0].schemata.n; i++) {
		const struct part_allot *one = &cache.groups[0].schemata.all[i];

		if (one->resource == PART_MB ? one->value < 100 : one->value != cache.info.mask)
			snprintf(bench->why, sizeof(bench->why),
				 "somebody has changed its schemata");
	}
	part_cache_free(&cache);
	if (bench->why[0] == '\0' &&
	    part_list(bench->root, PART_RESCTRL "/mon_groups", take_first, first) == PART_KNOWN &&
	    first[0] != '\0')
		snprintf(bench->why, sizeof(bench->why), "others have made groups in it: "
			 "mon_groups/%s", first);
	return bench->why[0] != '\0';
}

static int
change_mount(struct part_bench *bench, const char *path, bool mounted)
{
	int ret;

	if (!mounted && is_used(bench))
		return -EBUSY;
	ret = part_bench_step(bench, path);
	if (ret == 0)
		ret = bench->hands->mount(bench->hands->ctx, bench->root, path,
					  mounted ? PART_MOUNTED : NULL);
	if (ret == -EBUSY)
		snprintf(bench->why, sizeof(bench->why), mounted ?
			 "it may be mounted elsewhere: grep resctrl /proc/mounts" :
			 "somebody uses it");
	return ret;
}

int
part_cache_knob_change(struct part_bench *bench, const struct part_knob *knob, const char *to)
{
	if (knob->kind == PART_KIND_SCHEMATA)
		return write_schemata(bench, knob->path, to);
	if (knob->kind == PART_KIND_MOUNT)
		return change_mount(bench, knob->path, to[0] != '\0');
	return to[0] != '\0' ? make_group(bench, knob->path, to) :
	       remove_group(bench, knob->path);
}
