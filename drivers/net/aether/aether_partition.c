/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Whether a port comes up on CPUs that are not left alone. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_aether_partition.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "aether_ethdev.h"
#include "aether_partition.h"

static enum aether_devargs_partition
mode_of(const struct aether_devargs *args)
{
	if (args->partition != AETHER_DEVARGS_PARTITION_DEFAULT)
		return args->partition;
	return args->bdf != NULL ? AETHER_DEVARGS_PARTITION_WARN : AETHER_DEVARGS_PARTITION_OFF;
}

/** The names of what matters most, for one line. */
static void
name_rules(const struct rte_aether_partition_verdict *v, char *text, size_t size)
{
	size_t len = 0;
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < v->n_findings && len < size; i++) {
		const struct rte_aether_partition_finding *f = &v->findings[i];

		if (f->severity == RTE_AETHER_PARTITION_ERROR &&
		    (f->result == RTE_AETHER_PARTITION_BROKEN ||
		     f->result == RTE_AETHER_PARTITION_UNKNOWN))
			len += snprintf(text + len, size - len, "%s%s%s", len != 0 ? ", " : "",
					f->rule, f->result == RTE_AETHER_PARTITION_UNKNOWN ?
					" (unknown)" : "");
	}
}

static int
refuse(const char *name, const struct rte_aether_partition_verdict *v)
{
	FILE *out = rte_log_get_stream();

	AETHER_LOG(ERR, "%s: partition=enforce, and the lcores' CPUs are not left alone; mend what "
		   "follows, or give partition=warn:", name);
	if (rte_log_can_log(aether_ethdev_logtype, RTE_LOG_ERR)) {
		rte_aether_partition_print(v, RTE_AETHER_PARTITION_BRIEF, out);
		fflush(out);
	}
	return -EPERM;
}

static void
warn(const char *name, const struct aether_devargs *args,
     const struct rte_aether_partition_verdict *v)
{
	char rules[512];

	name_rules(v, rules, sizeof(rules));
	AETHER_LOG(WARNING, "%s: the CPUs of the lcores (%s) are not left alone: %s; why, and what "
		   "mends it, tells: aether-partition check --workers %s%s%s", name, v->workers,
		   rules, v->workers, args->bdf != NULL ? " --device " : "",
		   args->bdf != NULL ? args->bdf : "");
}

int
aether_partition_admit(const char *name, const struct aether_devargs *args)
{
	const struct rte_aether_partition_conf conf = { .device = args->bdf };
	const enum aether_devargs_partition mode = mode_of(args);
	struct rte_aether_partition_verdict *verdict;
	int ret;

	if (mode == AETHER_DEVARGS_PARTITION_OFF)
		return 0;
	ret = rte_aether_partition_check(&conf, &verdict);
	if (ret != 0) {
		AETHER_LOG(WARNING, "%s: whether the lcores' CPUs are left alone cannot be told: %s",
			   name, rte_strerror(-ret));
		return mode == AETHER_DEVARGS_PARTITION_ENFORCE ? ret : 0;
	}
	if (verdict->overall < RTE_AETHER_PARTITION_UNPROVEN)
		AETHER_LOG(INFO, "%s: the CPUs of the lcores (%s) are left alone; %u warnings",
			   name, verdict->workers, verdict->warnings);
	else if (mode == AETHER_DEVARGS_PARTITION_ENFORCE)
		ret = refuse(name, verdict);
	else
		warn(name, args, verdict);
	rte_aether_partition_free(verdict);
	return ret;
}
