/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_balance.h"
#include "part_knob.h"
#include "part_text.h"

#define WORKQUEUES	"sys/devices/virtual/workqueue/cpumask"

int
part_bench_step(struct part_bench *bench, const char *what)
{
	return bench->hands->step == NULL ? 0 : bench->hands->step(bench->hands->ctx, what);
}

int
part_bench_write(struct part_bench *bench, const char *path, const char *text)
{
	int ret = part_bench_step(bench, path);

	return ret != 0 ? ret : bench->hands->write(bench->hands->ctx, bench->root, path, text);
}

static int
error_of(enum part_state state)
{
	return state == PART_KNOWN ? 0 : state == PART_ABSENT ? -ENOENT :
	       state == PART_DENIED ? -EACCES : -EIO;
}

static int
copy_out(const char *from, size_t len, char **value)
{
	*value = strndup(from, len);
	return *value == NULL ? -ENOMEM : 0;
}

/** The word in brackets. */
static int
read_choice(const char *text, char **value)
{
	const char *open = strchr(text, '['), *close = open == NULL ? NULL : strchr(open, ']');

	return close == NULL ? -EIO : copy_out(open + 1, close - open - 1, value);
}

static bool
has_word(const char *text, const char *word)
{
	const size_t len = strlen(word);
	const char *found = strstr(text, word);

	for (; found != NULL; found = strstr(found + 1, word))
		if ((found == text || found[-1] == ' ') &&
		    (found[len] == '\0' || found[len] == ' ' || found[len] == '\n'))
			return true;
	return false;
}

uint64_t
part_task_start(struct part_root *root, pid_t pid)
{
	if (part_read(root, "proc/%d/stat", pid) != PART_KNOWN)
		return 0;
	return strtoull(part_text_stat(root->text, 22), NULL, 10);
}

static bool
parse_task(const char *path, pid_t *pid, uint64_t *start)
{
	long long number, since;
	int end = 0;

	if (sscanf(path, "proc/%lld@%lld%n", &number, &since, &end) != 2 || path[end] != '\0' ||
	    number <= 0 || number > INT32_MAX || since < 0)
		return false;
	*pid = number;
	*start = since;
	return true;
}

static int
read_task(struct part_bench *bench, const char *path, char **value)
{
	static const char key[] = "\nCpus_allowed_list:\t";
	enum part_state state;
	const char *line;
	uint64_t start;
	pid_t pid;

	if (!parse_task(path, &pid, &start))
		return -EINVAL;
	if (part_task_start(bench->root, pid) != start)
		return -ENOENT;
	state = part_read(bench->root, "proc/%d/status", pid);
	if (state != PART_KNOWN)
		return error_of(state);
	line = strstr(bench->root->text, key);
	if (line == NULL)
		return -EIO;
	line += strlen(key);
	return copy_out(line, strcspn(line, "\n"), value);
}

static int
cpus_text(enum part_kind kind, const struct part_cpus *cpus, char **value)
{
	size_t (*print)(const struct part_cpus *, char *, size_t) =
		kind == PART_KIND_MASK ? part_cpus_mask : part_cpus_list;
	size_t size = print(cpus, NULL, 0) + 1;

	*value = malloc(size);
	if (*value == NULL)
		return -ENOMEM;
	print(cpus, *value, size);
	return 0;
}

static int
ask_balance(struct part_bench *bench, const char *path, const char *request, char **answer)
{
	int ret;

	*answer = malloc(PART_BALANCE_ANSWER);
	if (*answer == NULL)
		return -ENOMEM;
	ret = bench->hands->ask(bench->hands->ctx, bench->root, path, request, *answer,
				PART_BALANCE_ANSWER);
	return ret < 0 ? ret : 0;
}

static int
read_balance(struct part_bench *bench, const char *path, char **value)
{
	struct part_cpus banned;
	char *answer;
	int ret = ask_balance(bench, path, "setup", &answer);

	if (ret == 0)
		ret = part_balance_parse(answer, &banned) != 0 ? -EPROTO :
		      cpus_text(PART_KIND_BALANCE, &banned, value);
	free(answer);
	return ret;
}

/** That it does not answer in time is no failure: it has it, and reads it when it goes on. */
static int
tell_balance(struct part_bench *bench, const char *path, const char *list)
{
	char request[PART_BALANCE_REQUEST], *answer;
	int ret = part_bench_step(bench, path);

	if (ret != 0)
		return ret;
	snprintf(request, sizeof(request), "settings cpus %s", list[0] != '\0' ? list : "NULL");
	ret = ask_balance(bench, path, request, &answer);
	free(answer);
	return ret == -ETIMEDOUT ? 0 : ret;
}

int
part_knob_read(struct part_bench *bench, enum part_kind kind, const char *path, char **value)
{
	enum part_state state;
	const char *text = bench->root->text;

	*value = NULL;
	if (kind == PART_KIND_TASK || kind == PART_KIND_THREAD)
		return read_task(bench, path, value);
	if (kind == PART_KIND_GROUP)
		return part_group_read(bench, path, value);
	if (part_cache_kind(kind))
		return part_cache_knob_read(bench, kind, path, value);
	if (kind == PART_KIND_BALANCE)
		return read_balance(bench, path, value);
	state = part_read(bench->root, "%s", path);
	if (state != PART_KNOWN)
		return error_of(state);
	if (kind == PART_KIND_CHOICE)
		return read_choice(text, value);
	if (kind == PART_KIND_CONTROLLER)
		return copy_out(has_word(text, "cpuset") ? "+cpuset" : "-cpuset", 7, value);
	return copy_out(text, strcspn(text, "\n"), value);
}

static bool
is_cpus(enum part_kind kind)
{
	return kind == PART_KIND_LIST || kind == PART_KIND_MASK || kind == PART_KIND_TASK ||
	       kind == PART_KIND_THREAD || kind == PART_KIND_BALANCE;
}

static int
parse_cpus(enum part_kind kind, const char *text, struct part_cpus *cpus)
{
	int ret = kind == PART_KIND_MASK ? part_cpus_parse_mask(text, PART_MAX_CPUS, cpus) :
		  part_cpus_parse(text, PART_MAX_CPUS, cpus);

	return ret == 0 ? 0 : -EINVAL;
}

bool
part_knob_same(const struct part_knob *knob, const char *a, const char *b)
{
	struct part_cpus one, other;

	if (strcmp(a, b) == 0)
		return true;
	if (part_cache_kind(knob->kind))
		return part_cache_knob_same(knob, a, b);
	return is_cpus(knob->kind) && parse_cpus(knob->kind, a, &one) == 0 &&
	       parse_cpus(knob->kind, b, &other) == 0 && part_cpus_equal(&one, &other);
}

/** Whether the kernel itself takes CPUs out of it that are in a partition. */
static bool
is_taken_from(const struct part_knob *knob)
{
	return knob->kind == PART_KIND_TASK || knob->kind == PART_KIND_THREAD ||
	       strcmp(knob->path, WORKQUEUES) == 0;
}

bool
part_knob_is_trimmed(const struct part_bench *bench, const struct part_knob *knob)
{
	struct part_cpus has, wanted;

	if (part_knob_same(knob, knob->believed, knob->target))
		return true;
	if (!is_taken_from(knob) || parse_cpus(knob->kind, knob->believed, &has) != 0 ||
	    parse_cpus(knob->kind, knob->target, &wanted) != 0)
		return false;
	part_cpus_without(&wanted, &bench->grouped);
	return part_cpus_equal(&has, &wanted);
}

bool
part_knob_alike(const struct part_bench *bench, const struct part_knob *knob, const char *a,
		const char *b)
{
	const bool task = knob->kind == PART_KIND_TASK || knob->kind == PART_KIND_THREAD;
	struct part_cpus one, other;

	if (part_knob_same(knob, a, b))
		return true;
	if (!is_taken_from(knob) || parse_cpus(knob->kind, a, &one) != 0 ||
	    parse_cpus(knob->kind, b, &other) != 0)
		return false;
	part_cpus_and(&one, &bench->common);
	part_cpus_and(&other, &bench->common);
	/* A task none of whose CPUs is left gets all there are. */
	if (task && (part_cpus_empty(&one) || part_cpus_empty(&other)))
		part_cpus_or(part_cpus_empty(&one) ? &one : &other, &bench->common);
	return part_cpus_equal(&one, &other);
}

/** The CPUs of all shares. */
static int
add_shares(const struct part_knob *knob, struct part_cpus *cpus)
{
	struct part_cpus share;
	unsigned int i;

	for (i = 0; i < knob->n_shares; i++) {
		if (part_cpus_parse(knob->shares[i].text, PART_MAX_CPUS, &share) != 0)
			return -EINVAL;
		part_cpus_or(cpus, &share);
	}
	return 0;
}

static int
put_in(const struct part_knob *knob, char **value)
{
	struct part_cpus cpus;

	if (parse_cpus(knob->kind, knob->original, &cpus) != 0 || add_shares(knob, &cpus) != 0)
		return -EINVAL;
	/* With what is before and behind it. */
	if (part_cpus_list(&cpus, NULL, 0) + sizeof("settings cpus ") >= PART_BALANCE_REQUEST)
		return -EMSGSIZE;
	return cpus_text(knob->kind, &cpus, value);
}

/** What was allowed without the CPUs that are taken out; if that is none, any other. */
static int
take_out(const struct part_bench *bench, const struct part_knob *knob, char **value)
{
	struct part_cpus cpus, out = { 0 };

	if (parse_cpus(knob->kind, knob->original, &cpus) != 0 || add_shares(knob, &out) != 0)
		return -EINVAL;
	part_cpus_without(&cpus, &out);
	if (!part_cpus_intersect(&cpus, &bench->online)) {
		cpus = bench->online;
		part_cpus_without(&cpus, &out);
	}
	return part_cpus_empty(&cpus) ? -EDOM : cpus_text(knob->kind, &cpus, value);
}

int
part_knob_wanted(const struct part_bench *bench, const struct part_knob *knob, char **value)
{
	*value = NULL;
	if (part_cache_kind(knob->kind))
		return part_cache_knob_wanted(knob, value);
	if (knob->n_shares == 0 || knob->kind == PART_KIND_THREAD)
		return copy_out(knob->original, strlen(knob->original), value);
	if (knob->kind == PART_KIND_BALANCE)
		return put_in(knob, value);
	if (is_cpus(knob->kind))
		return take_out(bench, knob, value);
	return copy_out(knob->shares[0].text, strlen(knob->shares[0].text), value);
}

static int
bind_task(struct part_bench *bench, const char *path, const char *list)
{
	struct part_cpus cpus;
	uint64_t start;
	pid_t pid;
	int ret;

	if (!parse_task(path, &pid, &start) || parse_cpus(PART_KIND_TASK, list, &cpus) != 0 ||
	    part_cpus_empty(&cpus))
		return -EINVAL;
	ret = part_bench_step(bench, path);
	return ret != 0 ? ret : bench->hands->bind(bench->hands->ctx, bench->root, pid, &cpus);
}

int
part_knob_change(struct part_bench *bench, const struct part_knob *knob, const char *from,
		 const char *to)
{
	char *now;
	int ret;

	bench->why[0] = '\0';
	bench->pending = false;
	if (knob->kind == PART_KIND_GROUP)
		return to[0] == '\0' ? part_group_remove(bench, knob) :
		       part_group_make(bench, knob->path, to);
	if (part_cache_kind(knob->kind))
		ret = part_cache_knob_change(bench, knob, to);
	else if (knob->kind == PART_KIND_BALANCE)
		ret = tell_balance(bench, knob->path, to);
	else if (knob->kind == PART_KIND_TASK || knob->kind == PART_KIND_THREAD)
		ret = bind_task(bench, knob->path, to);
	else
		ret = part_bench_write(bench, knob->path, to);
	if (ret != 0)
		return ret;
	ret = part_knob_read(bench, knob->kind, knob->path, &now);
	if (knob->kind == PART_KIND_BALANCE)
		bench->pending = ret == -ETIMEDOUT ||
				 (ret == 0 && !part_knob_same(knob, now, to) &&
				  part_knob_same(knob, now, from));
	if (bench->pending) {
		ret = 0;
	} else if (ret == 0 && !part_knob_alike(bench, knob, now, to)) {
		snprintf(bench->why, sizeof(bench->why), "the kernel took it for '%s'", now);
		ret = -EIO;
	}
	free(now);
	return ret;
}

/*
 * Interrupts that only the kernel places, and those that belong to one CPU, answer EIO, on later
 * kernels EPERM. A task's own cpuset may have none of the CPUs, and some kernel threads must stay.
 * Where the firmware has kept ASPM to itself its policy answers EPERM.
 */
bool
part_knob_is_stubborn(const struct part_knob *knob, int error)
{
	if (knob->kind == PART_KIND_TASK || knob->kind == PART_KIND_THREAD)
		return error == -EINVAL;
	if (knob->kind == PART_KIND_LIST && strncmp(knob->path, "proc/irq/", 9) == 0)
		return error == -EIO || error == -EPERM;
	return error == -EPERM && strcmp(knob->path, PART_ASPM) == 0;
}
