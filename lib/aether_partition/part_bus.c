/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A bus without devices, by which rte_eal_init() asks for a verdict. What a bus's scan or probe
 * returns EAL discards; a devarg that its own bus does not take makes EAL fail. So the verdict is
 * made in parse(), which EAL calls for every devarg of every bus, several times, before there is a
 * log, memory or any thread.
 *
 * parse() gets the name alone, without the keys behind it. Those are in this process's command
 * line, as a rule. An application that makes up EAL's arguments has none there; then the verdict
 * waits for scan(), which sees all of the devargs.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bus_driver.h>
#include <rte_common.h>
#include <rte_debug.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_tailq.h>

#include "part_hook.h"
#include "rte_aether_partition_fix.h"

#define BUS_NAME	"partition"
#define PREFIX		BUS_NAME ":"
#define ARGS_MAX	(1 << 20)

/* What has been decided; EAL asks again. */
static struct {
	char *args;		/* what follows "partition:" */
	bool refused;
} *decided;
static unsigned int n_decided;

/** Print, since there is no log yet. */
static void
say(const char *args, const struct part_request *request,
    const struct rte_aether_partition_verdict *verdict, bool refused)
{
	fprintf(stderr, "aether: -a " PREFIX "%s: ", args);
	rte_aether_partition_print(verdict, request->full ? RTE_AETHER_PARTITION_FULL :
				   RTE_AETHER_PARTITION_BRIEF, stderr);
	if (refused)
		fprintf(stderr, "\naether: so EAL does not start. Mend what is above, or start "
			"with " PREFIX "warn; ignore=<rule[;rule...]> leaves a rule out.\n");
}

/** Repair first. @return whether EAL must not start: it was asked for and has failed */
static bool
repair(const char *args, const struct part_request *request)
{
	const struct rte_aether_partition_fix_conf conf = {
		.check = { .root = request->root, .ignore = request->ignore,
			   .device = request->device },
		.journal = request->journal,
		.cache = request->cache,
		.bandwidth = request->bandwidth,
		.join = true,
		.out = stderr,
	};
	int ret;

	if (!request->fix)
		return false;
	ret = rte_aether_partition_fix(&conf);
	if (ret >= 0)
		fprintf(stderr, "aether: -a " PREFIX "%s: %d settings were changed; they are put "
			"back when this process ends, or by aether-partition restore\n", args, ret);
	else
		fprintf(stderr, "aether: -a " PREFIX "%s: nothing is repaired: %s%s\naether: so EAL "
			"does not start. Mend what is above, or start with " PREFIX "warn\n", args,
			strerror(-ret), request->root != NULL ? "; root= goes with strict and warn" :
			"");
	return ret < 0;
}

/** @return whether EAL must not start */
static bool
judge(const char *args)
{
	struct rte_aether_partition_verdict *verdict;
	struct rte_aether_partition_conf conf = { .before_start = true };
	struct part_request request;
	bool refused;
	char err[512];
	int ret;

	ret = part_request_parse(args, &request, err, sizeof(err));
	if (ret != 0) {
		fprintf(stderr, "aether: -a " PREFIX "%s: %s\n", args, err);
		return true;
	}
	conf.root = request.root;
	conf.ignore = request.ignore;
	conf.device = request.device;
	if (repair(args, &request)) {
		part_request_free(&request);
		return true;
	}
	ret = rte_aether_partition_check(&conf, &verdict);
	if (ret != 0) {
		fprintf(stderr, "aether: -a " PREFIX "%s: the host cannot be judged: %s%s\n", args,
			strerror(-ret), ret == -EINVAL && request.ignore != NULL ?
			"; aether-partition check names the rules that ignore= takes" : "");
		refused = request.strict;
	} else {
		refused = request.strict && verdict->overall >= RTE_AETHER_PARTITION_UNPROVEN;
		say(args, &request, verdict, refused);
		part_telemetry_publish("partition", verdict);
		/* What is refused already need not be measured. */
		if (!refused && part_request_measures(&request))
			refused = part_gate(&request, verdict->workers) && request.strict;
		rte_aether_partition_free(verdict);
	}
	part_request_free(&request);
	return refused;
}

/** The same again gets the same answer, and nothing is printed twice. */
static bool
decide(const char *args)
{
	unsigned int i;
	void *grown;
	char *copy;

	for (i = 0; i < n_decided; i++)
		if (strcmp(decided[i].args, args) == 0)
			return decided[i].refused;
	grown = reallocarray(decided, n_decided + 1, sizeof(*decided));
	copy = strdup(args);
	if (grown != NULL)
		decided = grown;
	if (grown == NULL || copy == NULL) {
		free(copy);
		fputs("aether: no memory for -a " PREFIX "\n", stderr);
		return true;
	}
	decided[n_decided].args = copy;
	decided[n_decided].refused = judge(args);
	return decided[n_decided++].refused;
}

static bool
is_mode(const char *name)
{
	return strcmp(name, "strict") == 0 || strcmp(name, "warn") == 0 ||
	       strcmp(name, "fix") == 0;
}

/** All arguments of this process, each ends by NUL, one more behind the last. NULL: no memory. */
static char *
read_arguments(void)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	char *text = calloc(1, ARGS_MAX + 2);
	ssize_t got = 1;
	size_t len = 0;

	while (fd >= 0 && text != NULL && got > 0 && len < ARGS_MAX) {
		got = read(fd, text + len, ARGS_MAX - len);
		if (got > 0)
			len += got;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

/** The argument with this mode, with or without keys: "-a X", "--allow=X", "-aX". */
static const char *
find_argument(const char *arguments, const char *mode)
{
	const size_t len = strlen(mode);
	const char *at, *arg;

	for (arg = arguments; *arg != '\0'; arg += strlen(arg) + 1) {
		at = arg;
		if (strncmp(at, "--allow=", 8) == 0)
			at += 8;
		else if (strncmp(at, "-a", 2) == 0)
			at += 2;
		if (strncmp(at, PREFIX, strlen(PREFIX)) != 0)
			continue;
		at += strlen(PREFIX);
		if (strncmp(at, mode, len) == 0 && (at[len] == '\0' || at[len] == ','))
			return at;
	}
	return NULL;
}

static int
partition_parse(const char *name, void *addr)
{
	char *arguments;
	const char *args;
	bool refused = false;

	RTE_SET_USED(addr);
	/* With the prefix, EAL did not find the rest to be ours: either refused, or no mode. */
	if (strncmp(name, PREFIX, strlen(PREFIX)) == 0) {
		if (!is_mode(name + strlen(PREFIX)))
			decide(name + strlen(PREFIX));
		return -EINVAL;
	}
	if (!is_mode(name))
		return -EINVAL;
	arguments = read_arguments();
	args = arguments != NULL ? find_argument(arguments, name) : NULL;
	if (args != NULL)
		refused = decide(args);
	free(arguments);
	return refused ? -EPERM : 0;
}

/**
 * Make rte_eal_init() return -1 after all: it does so when a queue of an object cannot be made, and
 * there is room for RTE_MAX_TAILQ of them. What EAL logs is the name.
 */
static void
refuse_late(void)
{
	struct rte_tailq_elem *elems = calloc(RTE_MAX_TAILQ + 1, sizeof(*elems));
	unsigned int i;

	if (elems == NULL)
		rte_exit(EXIT_FAILURE, "aether: -a " PREFIX "strict refuses, without memory\n");
	for (i = 0; i <= RTE_MAX_TAILQ; i++) {
		char name[RTE_TAILQ_NAMESIZE];

		snprintf(name, sizeof(name), "REFUSED_BY_AETHER_PARTITION_%u", i);
		memcpy((char *)&elems[i] + offsetof(struct rte_tailq_elem, name), name,
		       sizeof(name));
		rte_eal_tailq_register(&elems[i]);
	}
}

static int
partition_scan(void)
{
	static bool refused;
	struct rte_devargs *devargs;
	char args[1024];

	RTE_EAL_DEVARGS_FOREACH(BUS_NAME, devargs) {
		snprintf(args, sizeof(args), "%s%s%s", devargs->name,
			 devargs->data != NULL && devargs->data[0] != '\0' ? "," : "",
			 devargs->data != NULL ? devargs->data : "");
		/* Scans come again with each device that is plugged in. */
		if (decide(args) && !refused) {
			refused = true;
			refuse_late();
		}
	}
	return 0;
}

static int
partition_probe(void)
{
	return 0;
}

static struct rte_device *
partition_find_device(void)
{
	return NULL;
}

/* From DPDK 26.07 on these get the bus as an argument; ours look at none. */
#define CALLBACK(member, function) \
	.member = (__typeof__(((struct rte_bus *)NULL)->member))(uintptr_t)(function)

static struct rte_bus partition_bus = {
	CALLBACK(scan, partition_scan),
	CALLBACK(probe, partition_probe),
	CALLBACK(find_device, partition_find_device),
	.parse = partition_parse,
};

RTE_REGISTER_BUS(partition, partition_bus);
