/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_HOOK_H
#define PART_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "rte_aether_partition.h"

/** What the devarg asks for: partition:<mode>[,key=value...] */
struct part_request {
	bool strict;
	bool fix;		/* repair first */
	bool full;		/* print every rule */
	double cache, bandwidth;	/* of fix, per cent; 0: not given */
	double noise_max_us, noise_percent, noise_seconds;	/* 0: not given */
	char *root, *ignore, *device, *journal;
};

/**
 * Parse what follows "partition:".
 *
 * @param[out] request to be given to part_request_free() after success
 * @param err gets the reason
 * @return 0; -ENOENT: the mode is none of ours; -EINVAL: bad keys; -ENOMEM
 */
int part_request_parse(const char *text, struct part_request *request, char *err, size_t size);
void part_request_free(struct part_request *request);

/** Whether the request has the CPUs measured before EAL starts. */
bool part_request_measures(const struct part_request *request);
/** Measure, and say what was found. @return whether it is more than the request allows, or unknown */
bool part_gate(const struct part_request *request, const char *workers);

/** The last verdict that a hook or the application came to, for telemetry. Takes a copy's place. */
void part_telemetry_publish(const char *by, const struct rte_aether_partition_verdict *verdict);

#endif /* PART_HOOK_H */
