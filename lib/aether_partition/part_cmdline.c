/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The kernel's command line: what was asked of it at boot, and whether it took that. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "part_host.h"
#include "part_text.h"

static const char *const names[PART_PARAMS] = {
	[PART_PARAM_ISOLCPUS] = "isolcpus",
	[PART_PARAM_NOHZ_FULL] = "nohz_full",
	[PART_PARAM_RCU_NOCBS] = "rcu_nocbs",
	[PART_PARAM_IRQAFFINITY] = "irqaffinity",
};

/**
 * isolcpus=[flag,...]list: what begins by a letter is a flag. One that is not known is skipped; one
 * with other characters than letters and '_' makes the kernel ignore all of it. None: domain.
 */
static const char *
skip_flags(const char *value, struct part_cmdline *line, int *error)
{
	bool managed = false, nohz = false;
	size_t len, letters;

	line->isolcpus_domain = false;
	while (isalpha((unsigned char)value[0])) {
		len = strcspn(value, ",");
		letters = strspn(value, "abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (letters < len)
			*error = -EINVAL;
		if (len == 6 && strncmp(value, "domain", len) == 0)
			line->isolcpus_domain = true;
		else if (len == 11 && strncmp(value, "managed_irq", len) == 0)
			managed = true;
		else if (len == 4 && strncmp(value, "nohz", len) == 0)
			nohz = true;
		value += len;
		if (*value == ',')
			value++;
	}
	if (!managed && !nohz)
		line->isolcpus_domain = true;
	line->isolcpus_managed_irq = managed;
	return value;
}

static void
take_param(struct part_cmdline *line, enum part_param_id id, const char *value,
	   unsigned int limit)
{
	struct part_param *param = &line->params[id];
	int error = 0;

	param->given = true;
	part_text_copy(param->text, sizeof(param->text), value);
	if (id == PART_PARAM_ISOLCPUS)
		value = skip_flags(value, line, &error);
	param->error = error != 0 ? error : part_cpus_parse(value, limit, &param->cpus);
}

static void
take_word(struct part_cmdline *line, const char *word, unsigned int limit)
{
	size_t len = strcspn(word, "=");
	unsigned int i;

	for (i = 0; i < PART_PARAMS; i++)
		if (strlen(names[i]) == len && strncmp(names[i], word, len) == 0 &&
		    word[len] == '=')
			take_param(line, i, word + len + 1, limit);
	if (strcmp(word, "tsc=reliable") == 0 || strcmp(word, "tsc=nowatchdog") == 0)
		line->tsc_reliable = true;
	if (strncmp(word, "nosmt", 5) == 0)
		line->nosmt = true;
}

void
part_read_cmdline(struct part_root *root, struct part_host *host)
{
	struct part_cmdline *line = &host->cmdline;
	char *word, *rest = root->text;
	unsigned int i;

	for (i = 0; i < PART_PARAMS; i++)
		line->params[i].name = names[i];
	line->state = part_read(root, "proc/cmdline");
	if (line->state == PART_KNOWN && (root->cut || strlen(root->text) != root->len))
		line->state = PART_GARBLED;
	if (line->state != PART_KNOWN)
		return;
	/* What follows "--" is for init. */
	while ((word = strtok_r(rest, " \t\n", &rest)) != NULL && strcmp(word, "--") != 0)
		take_word(line, word, host->limit);
}
