/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_hook.h"

#define KNOWN	"ignore=<rule[;rule...]>, device=<PCI address>, print=<brief|full>, root=<folder>, " \
		"noise_max_us=<N>, noise_percent=<N>, noise_seconds=<N>, " \
		"journal=<folder>, cache=<percent>, bandwidth=<percent> (of fix)"

/** A key with a positive number. @return 1: it is none of these */
static int
take_number(struct part_request *request, const char *key, const char *value, char *err, size_t size)
{
	double *to = strcmp(key, "noise_max_us") == 0 ? &request->noise_max_us :
		     strcmp(key, "noise_percent") == 0 ? &request->noise_percent :
		     strcmp(key, "noise_seconds") == 0 ? &request->noise_seconds : NULL;
	char *end;

	if (to == NULL)
		return 1;
	*to = strtod(value, &end);
	if (end != value && *end == '\0' && *to > 0 && *to < 1e9)
		return 0;
	snprintf(err, size, "found '%s=%s', wanted a number above 0 and below 1e9", key, value);
	return -EINVAL;
}

/** One of fix's percentages. @return 1: it is none of these */
static int
take_percent(struct part_request *request, const char *key, const char *value, char *err,
	     size_t size)
{
	double *to = strcmp(key, "cache") == 0 ? &request->cache :
		     strcmp(key, "bandwidth") == 0 ? &request->bandwidth : NULL;
	char *end;

	if (to == NULL || !request->fix)
		return 1;
	*to = strtod(value, &end);
	if (end != value && *end == '\0' && *to >= 1 && *to <= 99 && *to == (int)*to)
		return 0;
	snprintf(err, size, "found '%s=%s', wanted a number from 1 to 99", key, value);
	return -EINVAL;
}

bool
part_request_measures(const struct part_request *request)
{
	return request->noise_max_us > 0 || request->noise_percent > 0 ||
	       request->noise_seconds > 0;
}

static int
take_key(struct part_request *request, char *item, char *err, size_t size)
{
	char *value = strchr(item, '='), **to = NULL;
	int ret;

	if (value == NULL || value[1] == '\0') {
		snprintf(err, size, "found '%s', wanted key=value; known are %s", item, KNOWN);
		return -EINVAL;
	}
	*value++ = '\0';
	ret = take_percent(request, item, value, err, size);
	if (ret > 0)
		ret = take_number(request, item, value, err, size);
	if (ret <= 0)
		return ret;
	if (strcmp(item, "ignore") == 0)
		to = &request->ignore;
	else if (strcmp(item, "device") == 0)
		to = &request->device;
	else if (strcmp(item, "root") == 0)
		to = &request->root;
	else if (strcmp(item, "journal") == 0 && request->fix)
		to = &request->journal;
	else if (strcmp(item, "print") == 0 && strcmp(value, "full") == 0)
		request->full = true;
	else if (strcmp(item, "print") != 0 || strcmp(value, "brief") != 0) {
		snprintf(err, size, "found '%s=%s', wanted one of %s", item, value, KNOWN);
		return -EINVAL;
	}
	if (to == NULL)
		return 0;
	if (*to != NULL) {
		snprintf(err, size, "found %s= twice, wanted it once", item);
		return -EINVAL;
	}
	*to = strdup(value);
	return *to == NULL ? -ENOMEM : 0;
}

int
part_request_parse(const char *text, struct part_request *request, char *err, size_t size)
{
	size_t mode = strcspn(text, ",");
	char *copy, *item, *rest;
	int ret = 0;

	memset(request, 0, sizeof(*request));
	if (mode == 6 && strncmp(text, "strict", mode) == 0) {
		request->strict = true;
	} else if (mode == 3 && strncmp(text, "fix", mode) == 0) {
		request->fix = true;
	} else if (mode != 4 || strncmp(text, "warn", mode) != 0) {
		snprintf(err, size, "found mode '%.*s', wanted strict (refuse to start on noisy "
			 "CPUs), warn, or fix (repair, and put back at exit)", (int)mode, text);
		return -ENOENT;
	}
	copy = strdup(text + mode);
	if (copy == NULL)
		return -ENOMEM;
	for (rest = copy; ret == 0 && (item = strtok_r(rest, ",", &rest)) != NULL;)
		ret = take_key(request, item, err, size);
	free(copy);
	if (ret == -ENOMEM)
		snprintf(err, size, "no memory");
	if (ret != 0)
		part_request_free(request);
	return ret;
}

void
part_request_free(struct part_request *request)
{
	free(request->root);
	free(request->ignore);
	free(request->device);
	free(request->journal);
	memset(request, 0, sizeof(*request));
}
