/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PARTITION_OPTIONS_H
#define AETHER_PARTITION_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum command { COMMAND_CHECK, COMMAND_CMDLINE, COMMAND_CAPTURE, COMMAND_FIX, COMMAND_RESTORE,
	COMMAND_WATCH };

struct options {
	enum command command;
	const char *root, *lcores, *workers, *device, *ignore;	/* NULL: not given */
	const char *output;		/* of capture */
	const char *journal;		/* its folder */
	const char *log;		/* of watch; "-": standard output */
	char **run;			/* of fix: what follows "--"; NULL: nothing */
	double cache, bandwidth;	/* of fix, per cent; 0: not given */
	double seconds, threshold_us, max_us, max_percent;	/* of watch */
	bool json, brief, help, version, dry_run, no_trace;
};

/**
 * Parse the command line.
 *
 * @param err gets the reason, with what was found and what is wanted
 * @return 0 or -EINVAL
 */
int options_parse(int argc, char **argv, struct options *opt, char *err, size_t errlen);
void options_usage(FILE *out);

#endif /* AETHER_PARTITION_OPTIONS_H */
