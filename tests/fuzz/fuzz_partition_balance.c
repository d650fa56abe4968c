/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What irqbalance, or who is taken for it, answers. A set that is taken must be the one that a
 * second, simpler reader finds in it: the last word, in hexadecimal.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "part_balance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Digits from the last on, four CPUs each; a comma stands where eight are over. */
static void
check(const char *answer, const struct part_cpus *banned)
{
	const char *word = strrchr(answer, ' ') + 1;
	size_t i, digits = strlen(word);
	unsigned int cpu = 0, bit, n = 0;
	char one[2] = "";
	unsigned long value;

	for (i = digits; i-- > 0;) {
		if (word[i] == ',') {
			cpu = (cpu + 31) / 32 * 32;
			continue;
		}
		one[0] = word[i];
		value = strtoul(one, NULL, 16);
		for (bit = 0; bit < 4; bit++, cpu++) {
			if ((value >> bit & 1) == 0)
				continue;
			if (!part_cpus_has(banned, cpu))
				abort();
			n++;
		}
	}
	if (n != part_cpus_count(banned))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct part_cpus banned;
	pid_t pid;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (part_balance_parse(text, &banned) == 0)
		check(text, &banned);
	else if (!part_cpus_empty(&banned))
		abort();
	if (part_balance_pid(text, &pid) && pid <= 0)
		abort();
	free(text);
	return 0;
}
