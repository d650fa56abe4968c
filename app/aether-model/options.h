/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_MODEL_OPTIONS_H
#define AETHER_MODEL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "device_args.h"

#define OPTIONS_MAX_DEVICES	64
#define OPTIONS_MAX_LOG_LEVELS	16

struct options {
	struct device_args devices[OPTIONS_MAX_DEVICES];
	unsigned int n_devices;
	int cpu;			/* of the service thread; -1: chosen */
	const char *file_prefix;	/* EAL's */
	const char *log_levels[OPTIONS_MAX_LOG_LEVELS];	/* as EAL takes them */
	unsigned int n_log_levels;
	bool help, version;
};

/**
 * Parse the command line.
 *
 * @param err gets the reason, with what was found and what is wanted
 * @return 0, or negative errno; opt holds nothing then
 */
int options_parse(int argc, char **argv, struct options *opt, char *err, size_t errlen);
void options_free(struct options *opt);
void options_usage(FILE *out);

#endif /* AETHER_MODEL_OPTIONS_H */
