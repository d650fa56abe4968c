/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What there is per CPU and per NUMA node. Of CPUs only the workers are looked at. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_host.h"
#include "part_text.h"

#define MAX_IDLE_STATES	16	/* CPUIDLE_STATE_MAX is 10 */

/** The CPUs of a node, and huge pages of all sizes. */
struct huge {
	struct part_root *root;
	struct part_node *node;
};

static bool
add_huge(void *ctx, const char *name)
{
	struct huge *huge = ctx;
	uint64_t kb, pages;

	if (strncmp(name, "hugepages-", 10) != 0 || !part_number(name + 10, &kb)) {
		/* The size is followed by "kB". */
		char size[PART_NAME];

		snprintf(size, sizeof(size), "%.*s", (int)strcspn(name, "k"), name);
		if (strncmp(size, "hugepages-", 10) != 0 || !part_number(size + 10, &kb))
			return true;
	}
	if (part_read(huge->root, "hugepages/%s/nr_hugepages", name) == PART_KNOWN &&
	    part_number(huge->root->text, &pages))
		huge->node->huge_kb += kb * pages;
	else
		huge->node->state = PART_GARBLED;
	if (part_read(huge->root, "hugepages/%s/free_hugepages", name) == PART_KNOWN &&
	    part_number(huge->root->text, &pages))
		huge->node->huge_free_kb += kb * pages;
	return true;
}

static void
read_node(struct part_root *root, unsigned int number, struct part_host *host)
{
	struct part_node *node = calloc(1, sizeof(*node));
	struct part_root *at = malloc(sizeof(*at));
	struct part_set cpus = { 0 };
	char path[64];

	if (node == NULL || at == NULL) {
		host->failed = true;
		free(node);
		free(at);
		return;
	}
	snprintf(path, sizeof(path), "sys/devices/system/node/node%u", number);
	node->state = part_root_enter(at, root, path);
	if (node->state == PART_KNOWN) {
		struct huge huge = { at, node };
		enum part_state listed;

		part_read_set(at, "cpulist", host->limit, false, &cpus);
		node->cpus = cpus.cpus;
		if (cpus.state != PART_KNOWN)
			host->nodes_state = cpus.state;
		listed = part_list(at, "hugepages", add_huge, &huge);
		if (listed != PART_KNOWN)
			node->state = listed;
		part_root_close(at);
	}
	free(at);
	host->nodes[number] = node;
	host->n_nodes++;
}

void
part_read_nodes(struct part_root *root, struct part_host *host)
{
	struct part_set nodes = { 0 };
	unsigned int number;

	part_read_set(root, "sys/devices/system/node/online", PART_NODES, false, &nodes);
	host->nodes_state = nodes.state;
	PART_CPUS_FOREACH(number, &nodes.cpus)
		read_node(root, number, host);
}

static int
node_of(const struct part_host *host, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < PART_NODES; i++)
		if (host->nodes[i] != NULL && part_cpus_has(&host->nodes[i]->cpus, cpu))
			return i;
	return PART_NO_NODE;
}

static void
read_siblings(struct part_root *at, unsigned int limit, struct part_worker *worker)
{
	struct part_set set = { 0 };
	unsigned int cpu;

	part_read_set(at, "topology/thread_siblings_list", limit, false, &set);
	worker->siblings_state = set.state;
	/* It names itself. */
	if (set.state == PART_KNOWN && !part_cpus_has(&set.cpus, worker->cpu))
		worker->siblings_state = PART_GARBLED;
	PART_CPUS_FOREACH(cpu, &set.cpus)
		if (cpu != worker->cpu && worker->n_siblings < PART_SIBLINGS)
			worker->siblings[worker->n_siblings++] = cpu;
}

static enum part_state
read_word(struct part_root *at, const char *path, char word[PART_NAME])
{
	enum part_state state = part_read(at, "%s", path);

	part_text_copy(word, PART_NAME, at->text);
	return state == PART_KNOWN && word[0] == '\0' ? PART_GARBLED : state;
}

/** Documentation/ABI/testing/sysfs-devices-power: 0 is no bound, "n/a" no latency at all. */
static void
read_bound(struct part_root *at, struct part_worker *worker)
{
	uint64_t latency;

	worker->resume_state = part_read(at, "power/pm_qos_resume_latency_us");
	if (worker->resume_state != PART_KNOWN)
		return;
	if (strcmp(at->text, "n/a\n") == 0) {
		worker->resume_bounded = true;
	} else if (part_number(at->text, &latency) && latency != 0 && latency < UINT32_MAX) {
		worker->resume_bounded = true;
		worker->resume_latency_us = latency;
	}
}

/**
 * C-states are numbered from the shallowest, the polling loop. There may be hundreds of workers:
 * nothing is read that cannot matter.
 */
static void
read_idle(struct part_root *at, struct part_worker *worker)
{
	uint64_t latency, disabled;
	unsigned int i;

	worker->idle_state = PART_ABSENT;
	for (i = 0; i < MAX_IDLE_STATES; i++) {
		if (part_read(at, "cpuidle/state%u/latency", i) != PART_KNOWN)
			break;
		worker->idle_state = PART_GARBLED;
		if (!part_number(at->text, &latency))
			break;
		if (latency > worker->idle_latency_us) {
			if (part_read(at, "cpuidle/state%u/disable", i) != PART_KNOWN ||
			    !part_number(at->text, &disabled))
				break;
			if (disabled == 0) {
				worker->idle_latency_us = RTE_MIN(latency, UINT32_MAX);
				worker->idle_number = i;
			}
		}
		worker->idle_state = PART_KNOWN;
	}
	if (worker->idle_latency_us <= PART_SHALLOW_US)
		return;
	part_read(at, "cpuidle/state%u/name", worker->idle_number);
	part_text_copy(worker->idle_name, sizeof(worker->idle_name), at->text);
	read_bound(at, worker);
}

static void
read_machine_check(struct part_root *root, struct part_worker *worker)
{
	uint64_t value;

	worker->ignore_ce_state = part_read(root, "sys/devices/system/machinecheck/machinecheck%u/"
					    "ignore_ce", worker->cpu);
	if (worker->ignore_ce_state != PART_KNOWN)
		return;
	if (part_number(root->text, &value))
		worker->ignore_ce = value != 0;
	else
		worker->ignore_ce_state = PART_GARBLED;
	if (worker->ignore_ce)
		return;
	/* Hexadecimal in seconds; 0: never. */
	worker->interval_state = part_read(root, "sys/devices/system/machinecheck/machinecheck%u/"
					   "check_interval", worker->cpu);
	worker->polls_mce = strcmp(root->text, "0\n") != 0;
}

static void
read_worker(struct part_root *root, struct part_root *at, struct part_host *host,
	    struct part_worker *worker)
{
	char path[64];

	worker->node = node_of(host, worker->cpu);
	read_machine_check(root, worker);
	snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%u", worker->cpu);
	if (part_root_enter(at, root, path) != PART_KNOWN)
		return;
	read_siblings(at, host->limit, worker);
	worker->governor_state = read_word(at, "cpufreq/scaling_governor", worker->governor);
	worker->epp_state = read_word(at, "cpufreq/energy_performance_preference", worker->epp);
	read_idle(at, worker);
	part_root_close(at);
}

void
part_read_workers(struct part_root *root, const struct part_cpus *workers, struct part_host *host)
{
	struct part_root *at = malloc(sizeof(*at));
	unsigned int cpu;

	host->workers = calloc(part_cpus_count(workers) + 1, sizeof(*host->workers));
	if (at == NULL || host->workers == NULL) {
		host->failed = true;
		free(at);
		return;
	}
	PART_CPUS_FOREACH(cpu, workers) {
		struct part_worker *worker = &host->workers[host->n_workers++];

		worker->cpu = cpu;
		read_worker(root, at, host, worker);
	}
	free(at);
}
