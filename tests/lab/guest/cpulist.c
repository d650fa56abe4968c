/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * cpulist <CPUs>: reads CPU lists, one a line, each byte as \xHH, and prints what the library takes
 * them for, as the kernel prints it; "error" for what is none.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../lib/aether_partition/part_cpus.c"

int
main(int argc, char **argv)
{
	const unsigned int limit = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	static char line[65536], text[16384], list[65536];
	struct part_cpus cpus;
	unsigned int byte;
	size_t n;
	char *p;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		for (n = 0, p = line; sscanf(p, "\\x%2x", &byte) == 1; p += 4)
			text[n++] = byte;
		text[n] = '\0';
		if (part_cpus_parse(text, limit, &cpus) != 0)
			snprintf(list, sizeof(list), "error");
		else
			part_cpus_list(&cpus, list, sizeof(list));
		printf("%s\n", list);
	}
	return 0;
}
