/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What groups of resctrl may use, as the kernel and the journal say it: texts with a NUL between them.
 * From the first is taken what the others say. What is left must be what the kernel takes.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "part_schemata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** It comes out as it went in. */
static void
check_text(const struct part_schemata *schemata, char between)
{
	char *text = part_schemata_text(schemata, between), *same;
	struct part_schemata again;

	if (text == NULL || part_schemata_parse(text, &again) != 0 || again.n != schemata->n ||
	    !part_schemata_same(schemata, &again) || !part_schemata_agree(&again, schemata))
		abort();
	same = part_schemata_text(&again, between);
	if (same == NULL || strcmp(text, same) != 0)
		abort();
	part_schemata_free(&again);
	free(same);
	free(text);
}

static void
check_taken(const struct part_schemata *was, const struct part_schemata *is,
	    const struct part_schemata *share)
{
	unsigned int i;

	for (i = 0; i < was->n; i++) {
		const struct part_allot *old = &was->all[i], *new = &is->all[i];
		const bool mb = old->resource == PART_MB;
		const struct part_allot *out = part_schemata_find(share, mb ? PART_MB : PART_L3,
								  old->domain);

		if (new->resource != old->resource || new->domain != old->domain ||
		    (mb ? new->value > old->value : (new->value & ~old->value) != 0))
			abort();
		if (out != NULL && (mb ? new->value > out->value : (new->value & out->value) != 0))
			abort();
	}
}

/** One run, or what it was. */
static void
check_joined(const struct part_schemata *was, const struct part_schemata *is)
{
	unsigned int i;

	for (i = 0; i < was->n; i++) {
		uint32_t mask = is->all[i].value;

		if (is->all[i].resource == PART_MB || mask == was->all[i].value)
			continue;
		if (mask == 0)
			abort();
		for (; (mask & 1) == 0;)
			mask >>= 1;
		if ((mask & (mask + 1)) != 0)
			abort();
	}
}

static void
take(const char *first, const char *rest, const char *end)
{
	struct part_schemata was, is, share;
	const char *p;

	if (part_schemata_parse(first, &was) != 0)
		return;
	check_text(&was, ' ');
	check_text(&was, '\n');
	if (part_schemata_parse(first, &is) != 0)
		abort();
	for (p = rest; p < end; p += strlen(p) + 1) {
		if (part_schemata_parse(p, &share) != 0)
			continue;
		part_schemata_take(&is, &share);
		check_taken(&was, &is, &share);
		part_schemata_free(&share);
	}
	if (part_schemata_join(&is, &was))
		check_joined(&was, &is);
	part_schemata_free(&is);
	part_schemata_free(&was);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	take(text, text + strlen(text) + 1, text + size);
	free(text);
	return 0;
}
