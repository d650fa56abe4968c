/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The journal of repairs, as it is found on a disk. What is taken must come out as it went in, and
 * name nothing but what is repaired. The checksum is put right, or nothing would get past it.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define END	"end 0123456789abcdef\n"

/** Behind what is given, in place of a last line that may be there. */
static char *
with_checksum(const uint8_t *data, size_t size, size_t *len)
{
	uint64_t sum = 0xcbf29ce484222325;
	char *text;
	size_t i;

	if (size > strlen(END) && memcmp(data + size - strlen(END), "end ", 4) == 0)
		size -= strlen(END);
	text = malloc(size + sizeof(END));
	if (text == NULL)
		abort();
	memcpy(text, data, size);
	for (i = 0; i < size; i++)
		sum = (sum ^ data[i]) * 0x100000001b3;
	*len = size + snprintf(text + size, sizeof(END), "end %016llx\n", (unsigned long long)sum);
	return text;
}

static void
check(const struct part_journal *journal)
{
	struct part_journal again;
	char *text, *same;
	size_t len, same_len;
	unsigned int i;

	for (i = 0; i < journal->n_knobs; i++) {
		const char *path = journal->knobs[i].path;

		if (strstr(path, "..") != NULL || path[0] == '/' ||
		    (strncmp(path, "proc/", 5) != 0 && strncmp(path, "sys/", 4) != 0 &&
		     strncmp(path, "run/irqbalance/irqbalance", 25) != 0))
			abort();
	}
	text = part_journal_text(journal, &len);
	if (text == NULL || part_journal_parse(text, len, &again) != 0)
		abort();
	same = part_journal_text(&again, &same_len);
	if (same == NULL || same_len != len || memcmp(text, same, len) != 0)
		abort();
	part_journal_free(&again);
	free(same);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part_journal journal;
	size_t len;
	char *text = with_checksum(data, size, &len);

	if (part_journal_parse((const char *)data, size, &journal) == 0)
		check(&journal);
	part_journal_free(&journal);
	if (part_journal_parse(text, len, &journal) == 0)
		check(&journal);
	part_journal_free(&journal);
	free(text);
	return 0;
}
