/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_cpus.h"
#include "part_journal.h"
#include "part_text.h"

/* Any file name but "..": FNM_PATHNAME keeps a '*' between two '/'. */
static const struct {
	enum part_kind kind;
	const char *pattern;
} paths[] = {
	{ PART_KIND_LIST, "proc/irq/*/smp_affinity_list" },
	{ PART_KIND_LIST, "proc/sys/kernel/watchdog_cpumask" },
	{ PART_KIND_MASK, "proc/irq/default_smp_affinity" },
	{ PART_KIND_MASK, "sys/devices/virtual/workqueue/cpumask" },
	{ PART_KIND_MASK, "sys/devices/virtual/workqueue/writeback/cpumask" },
	{ PART_KIND_WORD, "sys/devices/system/machinecheck/machinecheck*/ignore_ce" },
	{ PART_KIND_WORD, "sys/devices/system/cpu/cpu*/cpufreq/scaling_governor" },
	{ PART_KIND_WORD, "sys/devices/system/cpu/cpu*/cpufreq/energy_performance_preference" },
	{ PART_KIND_WORD, "sys/devices/system/cpu/cpufreq/policy*/scaling_governor" },
	{ PART_KIND_WORD, "sys/devices/system/cpu/cpufreq/policy*/energy_performance_preference" },
	{ PART_KIND_WORD, "sys/devices/system/cpu/cpu*/power/pm_qos_resume_latency_us" },
	{ PART_KIND_WORD, "proc/sys/kernel/numa_balancing" },
	{ PART_KIND_WORD, "proc/sys/kernel/sched_rt_runtime_us" },
	{ PART_KIND_WORD, "proc/sys/vm/stat_interval" },
	{ PART_KIND_WORD, "sys/kernel/mm/ksm/run" },
	{ PART_KIND_WORD, "sys/devices/system/clocksource/clocksource0/current_clocksource" },
	{ PART_KIND_WORD, "sys/bus/pci/devices/*/power/control" },
	{ PART_KIND_CHOICE, "sys/kernel/mm/transparent_hugepage/enabled" },
	{ PART_KIND_CHOICE, "sys/module/pcie_aspm/parameters/policy" },
	{ PART_KIND_TASK, "proc/*@*" },
	{ PART_KIND_THREAD, "proc/*@*" },
	{ PART_KIND_CONTROLLER, "sys/fs/cgroup/cgroup.subtree_control" },
	{ PART_KIND_CONTROLLER, "sys/fs/cgroup/unified/cgroup.subtree_control" },
	{ PART_KIND_GROUP, "sys/fs/cgroup/aether-*" },
	{ PART_KIND_GROUP, "sys/fs/cgroup/unified/aether-*" },
	{ PART_KIND_MOUNT, "sys/fs/resctrl" },
	{ PART_KIND_SCHEMATA, "sys/fs/resctrl/schemata" },
	{ PART_KIND_SCHEMATA, "sys/fs/resctrl/*/schemata" },
	{ PART_KIND_RESCTRL, "sys/fs/resctrl/aether-*" },
	{ PART_KIND_BALANCE, "run/irqbalance/irqbalance*.sock" },
};

static const char *const kinds[PART_KINDS] = {
	[PART_KIND_LIST] = "list",
	[PART_KIND_MASK] = "mask",
	[PART_KIND_WORD] = "word",
	[PART_KIND_CHOICE] = "choice",
	[PART_KIND_TASK] = "task",
	[PART_KIND_THREAD] = "thread",
	[PART_KIND_CONTROLLER] = "controller",
	[PART_KIND_GROUP] = "group",
	[PART_KIND_MOUNT] = "mount",
	[PART_KIND_SCHEMATA] = "schemata",
	[PART_KIND_RESCTRL] = "resctrl",
	[PART_KIND_BALANCE] = "balance",
};

bool
part_journal_path_fits(enum part_kind kind, const char *path)
{
	unsigned int i;

	if (strstr(path, "..") != NULL)
		return false;
	for (i = 0; i < RTE_DIM(paths); i++)
		if (paths[i].kind == kind && fnmatch(paths[i].pattern, path, FNM_PATHNAME) == 0)
			return true;
	return false;
}

/** FNV-1a, 64 bits: damage is to be seen, nobody is kept out. */
static uint64_t
checksum(const char *text, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325;
	size_t i;

	for (i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3;
	return sum;
}

/** A word without spaces; "-" stands for an empty one. */
static void
add_word(struct part_text *text, const char *word)
{
	const char *p;

	if (word[0] == '\0')
		part_text_add(text, " -");
	else
		part_text_add(text, " ");
	for (p = word; *p != '\0'; p++) {
		if (isgraph((unsigned char)*p) && *p != '%' && !(p == word && *p == '-'))
			part_text_add(text, "%c", *p);
		else
			part_text_add(text, "%%%02x", (unsigned char)*p);
	}
}

char *
part_journal_text(const struct part_journal *journal, size_t *len)
{
	struct part_text text = { 0 };
	unsigned int i, j;

	part_text_add(&text, "aether-partition 1\nboot");
	add_word(&text, journal->boot);
	for (i = 0; i < journal->n_owners; i++) {
		const struct part_owner *owner = &journal->owners[i];

		part_text_add(&text, "\nowner %u %d %llu", owner->id, owner->pid,
			      (unsigned long long)owner->start);
		add_word(&text, owner->from);
	}
	for (i = 0; i < journal->n_knobs; i++) {
		const struct part_knob *knob = &journal->knobs[i];

		part_text_add(&text, "\nknob %s", kinds[knob->kind]);
		add_word(&text, knob->path);
		add_word(&text, knob->original);
		add_word(&text, knob->believed);
		add_word(&text, knob->target);
		for (j = 0; j < knob->n_shares; j++) {
			part_text_add(&text, "\nshare %u", knob->shares[j].owner);
			add_word(&text, knob->shares[j].text);
		}
	}
	part_text_add(&text, "\n");
	if (!text.failed)
		part_text_add(&text, "end %016llx\n",
			      (unsigned long long)checksum(text.data, text.len));
	*len = text.len;
	return part_text_take(&text);
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** Undo add_word() in place. @return false: it was not made by that */
static bool
unescape(char *word)
{
	char *to = word;

	if (word[0] == '\0')
		return false;
	if (strcmp(word, "-") == 0) {
		word[0] = '\0';
		return true;
	}
	for (; *word != '\0'; word++) {
		int high, low;

		if (*word != '%') {
			*to++ = *word;
			continue;
		}
		high = hex(word[1]);
		low = high < 0 ? -1 : hex(word[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = high << 4 | low;
		word += 2;
	}
	*to = '\0';
	return true;
}

/** The next word of a line, unescaped. NULL: there is none. */
static char *
next_word(char **rest)
{
	char *word = strsep(rest, " ");

	return word != NULL && unescape(word) ? word : NULL;
}

static bool
next_number(char **rest, uint64_t max, uint64_t *number)
{
	char *word = next_word(rest);
	size_t digits = word == NULL ? 0 : strspn(word, "0123456789");

	if (digits == 0 || digits > 18 || word[digits] != '\0')
		return false;
	*number = strtoull(word, NULL, 10);
	return *number <= max;
}

static int
parse_owner(struct part_journal *journal, char *rest)
{
	uint64_t id, pid, start;
	char *from;

	if (!next_number(&rest, UINT32_MAX, &id) || !next_number(&rest, INT32_MAX, &pid) ||
	    !next_number(&rest, INT64_MAX, &start))
		return -EINVAL;
	from = next_word(&rest);
	if (from == NULL || rest != NULL || strstr(from, "..") != NULL ||
	    (from[0] != '\0' && from[0] != '/') || part_journal_owner(journal, id) != NULL)
		return -EINVAL;
	return part_journal_add_owner(journal, id, pid, start, from) == NULL ? -ENOMEM : 0;
}

static int
parse_knob(struct part_journal *journal, char *rest)
{
	const char *name = next_word(&rest), *path = next_word(&rest);
	const char *original = next_word(&rest), *believed = next_word(&rest);
	const char *target = next_word(&rest);
	struct part_knob *knob;
	unsigned int kind;

	if (name == NULL || path == NULL || original == NULL || believed == NULL ||
	    target == NULL || rest != NULL)
		return -EINVAL;
	for (kind = 0; kind < PART_KINDS; kind++)
		if (strcmp(name, kinds[kind]) == 0)
			break;
	if (kind == PART_KINDS || journal->n_knobs == PART_JOURNAL_KNOBS ||
	    !part_journal_path_fits(kind, path) ||
	    part_journal_knob(journal, kind, path) != NULL)
		return -EINVAL;
	knob = part_journal_add_knob(journal, kind, path, original);
	return knob == NULL || !part_journal_set(&knob->believed, believed) ||
	       !part_journal_set(&knob->target, target) ? -ENOMEM : 0;
}

static int
parse_share(struct part_journal *journal, char *rest)
{
	struct part_knob *knob;
	uint64_t owner;
	char *text;

	if (journal->n_knobs == 0 || !next_number(&rest, UINT32_MAX, &owner))
		return -EINVAL;
	knob = &journal->knobs[journal->n_knobs - 1];
	text = next_word(&rest);
	if (text == NULL || rest != NULL || part_journal_owner(journal, owner) == NULL ||
	    part_knob_share(knob, owner) != NULL)
		return -EINVAL;
	return part_knob_add_share(knob, owner, text) ? 0 : -ENOMEM;
}

static int
parse_line(struct part_journal *journal, char *line, unsigned int number)
{
	char *rest = line, *word = strsep(&rest, " "), *boot;

	if (number == 0)
		return strcmp(word, "aether-partition") == 0 && rest != NULL &&
		       strcmp(rest, "1") == 0 ? 0 : -EINVAL;
	if (number == 1) {
		boot = strcmp(word, "boot") == 0 ? next_word(&rest) : NULL;
		if (boot == NULL || rest != NULL || strlen(boot) >= sizeof(journal->boot))
			return -EINVAL;
		strcpy(journal->boot, boot);
		return 0;
	}
	if (strcmp(word, "owner") == 0)
		return parse_owner(journal, rest);
	if (strcmp(word, "knob") == 0)
		return parse_knob(journal, rest);
	if (strcmp(word, "share") == 0)
		return parse_share(journal, rest);
	return -EINVAL;
}

/** The last line has a checksum of all before it. @return where it begins; NULL: damaged */
static const char *
find_end(const char *text, size_t len)
{
	const size_t last = sizeof("end 0123456789abcdef\n") - 1;
	char want[32];

	if (len < last || len > PART_JOURNAL_MAX || memchr(text, '\0', len) != NULL)
		return NULL;
	snprintf(want, sizeof(want), "end %016llx\n",
		 (unsigned long long)checksum(text, len - last));
	return memcmp(text + len - last, want, last) == 0 ? text + len - last : NULL;
}

int
part_journal_parse(const char *text, size_t len, struct part_journal *journal)
{
	const char *end = find_end(text, len);
	char *copy, *rest, *line;
	unsigned int number = 0;
	int ret = 0;

	memset(journal, 0, sizeof(*journal));
	if (end == NULL || end == text || end[-1] != '\n')
		return -EINVAL;
	/* Without the newline before it. The text has no NUL. */
	copy = malloc(end - text);
	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, text, end - text);
	copy[end - text - 1] = '\0';
	for (rest = copy; ret == 0 && (line = strsep(&rest, "\n")) != NULL;)
		ret = parse_line(journal, line, number++);
	free(copy);
	return ret == 0 && number < 2 ? -EINVAL : ret;
}

static void
free_knob(struct part_knob *knob)
{
	unsigned int i;

	for (i = 0; i < knob->n_shares; i++)
		free(knob->shares[i].text);
	free(knob->shares);
	free(knob->path);
	free(knob->original);
	free(knob->believed);
	free(knob->target);
}

void
part_journal_free(struct part_journal *journal)
{
	unsigned int i;

	for (i = 0; i < journal->n_owners; i++)
		free(journal->owners[i].from);
	for (i = 0; i < journal->n_knobs; i++)
		free_knob(&journal->knobs[i]);
	free(journal->owners);
	free(journal->knobs);
	memset(journal, 0, sizeof(*journal));
}

struct part_owner *
part_journal_owner(const struct part_journal *journal, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < journal->n_owners; i++)
		if (journal->owners[i].id == id)
			return &journal->owners[i];
	return NULL;
}

struct part_owner *
part_journal_add_owner(struct part_journal *journal, unsigned int id, pid_t pid, uint64_t start,
		       const char *from)
{
	struct part_owner *owners;
	char *copy = strdup(from);

	owners = copy == NULL ? NULL :
		 part_array_room(journal->owners, journal->n_owners, sizeof(*owners));
	if (owners == NULL) {
		free(copy);
		return NULL;
	}
	journal->owners = owners;
	owners += journal->n_owners++;
	*owners = (struct part_owner){ .id = id, .pid = pid, .start = start, .from = copy };
	return owners;
}

struct part_knob *
part_journal_knob(const struct part_journal *journal, enum part_kind kind, const char *path)
{
	unsigned int i;

	for (i = 0; i < journal->n_knobs; i++)
		if (journal->knobs[i].kind == kind && strcmp(journal->knobs[i].path, path) == 0)
			return &journal->knobs[i];
	return NULL;
}

struct part_knob *
part_journal_add_knob(struct part_journal *journal, enum part_kind kind, const char *path,
		      const char *original)
{
	struct part_knob knob = {
		.kind = kind,
		.path = strdup(path),
		.original = strdup(original),
		.believed = strdup(original),
		.target = strdup(original),
	}, *knobs = NULL;

	if (knob.path != NULL && knob.original != NULL && knob.believed != NULL &&
	    knob.target != NULL)
		knobs = part_array_room(journal->knobs, journal->n_knobs, sizeof(*knobs));
	if (knobs == NULL) {
		free_knob(&knob);
		return NULL;
	}
	journal->knobs = knobs;
	knobs[journal->n_knobs] = knob;
	return &knobs[journal->n_knobs++];
}

struct part_share *
part_knob_share(const struct part_knob *knob, unsigned int owner)
{
	unsigned int i;

	for (i = 0; i < knob->n_shares; i++)
		if (knob->shares[i].owner == owner)
			return &knob->shares[i];
	return NULL;
}

bool
part_knob_add_share(struct part_knob *knob, unsigned int owner, const char *text)
{
	struct part_share *shares;
	char *copy = strdup(text);

	shares = copy == NULL ? NULL :
		 part_array_room(knob->shares, knob->n_shares, sizeof(*shares));
	if (shares == NULL) {
		free(copy);
		return false;
	}
	knob->shares = shares;
	shares[knob->n_shares++] = (struct part_share){ owner, copy };
	return true;
}

void
part_knob_drop_share(struct part_knob *knob, unsigned int owner)
{
	struct part_share *share = part_knob_share(knob, owner);

	if (share == NULL)
		return;
	free(share->text);
	*share = knob->shares[--knob->n_shares];
}

bool
part_journal_set(char **text, const char *to)
{
	char *copy = strdup(to);

	if (copy == NULL)
		return false;
	free(*text);
	*text = copy;
	return true;
}

static bool
has_share(const struct part_journal *journal, unsigned int owner)
{
	unsigned int i;

	for (i = 0; i < journal->n_knobs; i++)
		if (part_knob_share(&journal->knobs[i], owner) != NULL)
			return true;
	return false;
}

void
part_journal_tidy(struct part_journal *journal)
{
	unsigned int i, n = 0;

	for (i = 0; i < journal->n_knobs; i++) {
		if (journal->knobs[i].n_shares != 0 ||
		    strcmp(journal->knobs[i].believed, journal->knobs[i].target) != 0)
			journal->knobs[n++] = journal->knobs[i];
		else
			free_knob(&journal->knobs[i]);
	}
	journal->n_knobs = n;
	for (i = 0, n = 0; i < journal->n_owners; i++) {
		if (has_share(journal, journal->owners[i].id))
			journal->owners[n++] = journal->owners[i];
		else
			free(journal->owners[i].from);
	}
	journal->n_owners = n;
}
