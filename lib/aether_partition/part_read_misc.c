/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Workqueues, irqbalance, the clock, and limits of this process. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "part_balance.h"
#include "part_host.h"
#include "part_store.h"
#include "part_text.h"

#define WORKQUEUES	"sys/devices/virtual/workqueue"
#define MSR_SMI_COUNT	0x34	/* Intel SDM vol. 4: MSR_SMI_COUNT, bits 31:0 */

/** Folders are looked at one by one. */
struct each {
	struct part_root *root;
	struct part_host *host;
	const struct part_cpus *workers;
};

/** A workqueue has a mask of its own if it is unbound. */
static bool
look_at_workqueue(void *ctx, const char *name)
{
	struct each *each = ctx;
	struct part_host *host = each->host;
	struct part_workqueue *queues;
	struct part_set set = { 0 };
	char path[160];

	if (snprintf(path, sizeof(path), WORKQUEUES "/%s/cpumask", name) >= (int)sizeof(path))
		return true;
	part_read_set(each->root, path, host->limit, true, &set);
	/* A file of the folder, or a workqueue whose work stays where it was queued. */
	if (set.state == PART_ABSENT)
		return true;
	host->workqueue_count.seen++;
	if (set.state != PART_KNOWN)
		part_count_unknown(&host->workqueue_count, set.state, "%s", path);
	if (!part_cpus_intersect(&set.cpus, each->workers))
		return true;
	queues = part_array_room(host->workqueues, host->n_workqueues, sizeof(*queues));
	if (queues == NULL) {
		host->failed = true;
		return false;
	}
	host->workqueues = queues;
	part_text_copy(queues[host->n_workqueues].name, PART_NAME, name);
	part_cpus_list(&set.cpus, queues[host->n_workqueues].mask, PART_SHORT);
	host->n_workqueues++;
	return true;
}

void
part_read_workqueues(struct part_root *root, const struct part_cpus *workers,
		     struct part_host *host)
{
	struct each each = { .root = root, .host = host, .workers = workers };

	part_read_set(root, WORKQUEUES "/cpumask", host->limit, true,
		      &host->sets[PART_SET_WORKQUEUE]);
	host->workqueue_count.state = part_list(root, WORKQUEUES, look_at_workqueue, &each);
}

/** What follows "key=" on a line of its own, quotes taken off. */
static bool
shell_value(const char *text, const char *key, char *value, size_t size)
{
	const size_t len = strlen(key);
	const char *line = text;

	while (line != NULL) {
		line += strspn(line, " \t\n");
		if (strncmp(line, "export ", 7) == 0)
			line += 7;
		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			line += len + 1;
			line += strspn(line, "\"'");
			snprintf(value, size, "%.*s", (int)strcspn(line, "\"'\n"), line);
			return value[0] != '\0';
		}
		line = strchr(line, '\n');
	}
	return false;
}

static void
read_irqbalance_file(struct part_root *root, struct part_host *host)
{
	static const char *const files[] = { "etc/default/irqbalance", "etc/sysconfig/irqbalance" };
	struct part_irqbalance *balance = &host->irqbalance;
	char value[PART_LINE];
	unsigned int i;
	int ret = 0;

	balance->state = PART_ABSENT;
	for (i = 0; i < 2 && balance->state == PART_ABSENT; i++)
		balance->state = part_read(root, "%s", files[i]);
	if (balance->state != PART_KNOWN)
		return;
	if (shell_value(root->text, "IRQBALANCE_BANNED_CPULIST", value, sizeof(value)))
		ret = part_cpus_parse(value, host->limit, &balance->banned);
	else if (shell_value(root->text, "IRQBALANCE_BANNED_CPUS", value, sizeof(value)))
		ret = part_cpus_parse_mask(value, host->limit, &balance->banned);
	if (ret != 0)
		balance->state = PART_GARBLED;
}

/** What a repair has told it, as far as that is in the journal at the usual place. */
static void
read_told(struct part_root *root, const char *path, struct part_cpus *told)
{
	const struct part_knob *knob;
	struct part_journal journal;

	if (part_store_peek(root, &journal) != 0)
		return;
	knob = part_journal_knob(&journal, PART_KIND_BALANCE, path);
	/* What is from before the last boot is of another process. */
	if (knob != NULL && part_read(root, "proc/sys/kernel/random/boot_id") == PART_KNOWN &&
	    strlen(journal.boot) == strcspn(root->text, "\n") &&
	    strncmp(journal.boot, root->text, strlen(journal.boot)) == 0)
		part_cpus_parse(knob->target, PART_MAX_CPUS, told);
	part_journal_free(&journal);
}

/** The process itself, which answers root. */
static void
ask_irqbalance(struct part_root *root, struct part_irqbalance *balance)
{
	const struct part_recorder *recorder = root->recorder;
	char *answer = malloc(PART_BALANCE_ANSWER), path[64];
	struct part_cpus banned;

	part_balance_path(balance->pid, path, sizeof(path));
	if (answer != NULL && part_balance_ask(root, path, PART_BALANCE_LOOK_MS, "setup", answer,
					       PART_BALANCE_ANSWER) >= 0 &&
	    part_balance_parse(answer, &banned) == 0) {
		balance->asked = true;
		balance->state = PART_KNOWN;
		balance->banned = banned;
	}
	free(answer);
	/* Of no use to who judges a captured tree. */
	root->recorder = NULL;
	read_told(root, path, &balance->told);
	root->recorder = recorder;
}

void
part_read_irqbalance(struct part_root *root, struct part_host *host)
{
	read_irqbalance_file(root, host);
	if (root->live && host->irqbalance.running)
		ask_irqbalance(root, &host->irqbalance);
}

/** Whether a word is in the flags of the first CPU. */
static bool
has_flag(const char *text, const char *flag)
{
	const char *line = strstr(text, "\nflags"), *end, *found;
	const size_t len = strlen(flag);

	if (line == NULL)
		return false;
	end = line + 1 + strcspn(line + 1, "\n");
	for (found = strstr(line, flag); found != NULL && found < end;
	     found = strstr(found + 1, flag))
		if (found[-1] == ' ' && (found[len] == ' ' || found[len] == '\n'))
			return true;
	return false;
}

static void
read_memlock(struct part_root *root, struct part_host *host)
{
	const char *line;

	host->memlock_state = part_read(root, "proc/self/limits");
	if (host->memlock_state != PART_KNOWN)
		return;
	line = strstr(root->text, "Max locked memory");
	if (line == NULL) {
		host->memlock_state = PART_GARBLED;
		return;
	}
	line += strlen("Max locked memory");
	line += strspn(line, " ");
	snprintf(host->memlock, sizeof(host->memlock), "%.*s", (int)strcspn(line, " \n"), line);
	if (host->memlock[0] == '\0' || host->memlock[strspn(host->memlock, "0123456789")] != '\0')
		if (strcmp(host->memlock, "unlimited") != 0)
			host->memlock_state = PART_GARBLED;
}

void
part_read_clock(struct part_root *root, struct part_host *host)
{
	uint64_t smi = 0;
	char path[64];

	/* Tens of thousands of lines on large hosts; the first CPU's are enough. */
	host->tsc_state = part_read_beginning(root, "proc/cpuinfo");
	if (host->tsc_state == PART_KNOWN && strstr(root->text, "\nflags") == NULL)
		host->tsc_state = PART_GARBLED;
	host->tsc_constant = has_flag(root->text, "constant_tsc");
	host->tsc_nonstop = has_flag(root->text, "nonstop_tsc");
	host->latency_state = part_read_at(root, "dev/cpu_dma_latency", 0, &host->latency_us,
					   sizeof(host->latency_us));
	snprintf(path, sizeof(path), "dev/cpu/%u/msr",
		 host->n_workers != 0 ? host->workers[0].cpu : 0);
	host->smi_state = part_read_at(root, path, MSR_SMI_COUNT, &smi, sizeof(smi));
	host->smi_count = smi;
	read_memlock(root, host);
}
