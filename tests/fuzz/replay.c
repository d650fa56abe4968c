/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Runs a fuzz target without a fuzzer: on each file named, on its beginnings, and on some thousand
 * damaged copies of it, the same ones in each run. The fast tests do this under AddressSanitizer.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "splitmix.h"

#define DAMAGED_COPIES	4000
#define BYTES_A_FILE	(48u << 20)	/* bounds the time for large files */
#define BEGINNINGS	300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* On memory of exactly that size, so that reading beyond it is seen. */
static void
run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

/* Overwrite a few places, the beginning more often, with values that break length arithmetic. */
static void
damage(uint8_t *data, size_t size, uint64_t *seed)
{
	static const uint8_t values[] = { 0, 1, 13, ':', '=', '\\', 0x7F, 0x80, 0xFF };
	unsigned int n = 1 + splitmix64(seed) % 4;
	size_t at, range;

	while (n-- != 0) {
		range = splitmix64(seed) % 2 != 0 && size > 64 ? 64 : size;
		at = splitmix64(seed) % range;
		if (splitmix64(seed) % 2 != 0)
			data[at] = values[splitmix64(seed) % sizeof(values)];
		else
			data[at] ^= (uint8_t)(1u << splitmix64(seed) % 8);
	}
}

static void
replay(const uint8_t *data, size_t size)
{
	size_t copies = BYTES_A_FILE / (size + 1), i;
	uint8_t *copy = malloc(size + 1);
	uint64_t seed = size;

	if (copy == NULL)
		abort();
	run(data, size);
	for (i = 0; i < BEGINNINGS && i < size; i++)
		run(data, size < BEGINNINGS ? i : i * size / BEGINNINGS);
	if (copies > DAMAGED_COPIES)
		copies = DAMAGED_COPIES;
	for (i = 0; size != 0 && i < copies; i++) {
		memcpy(copy, data, size);
		damage(copy, size, &seed);
		run(copy, size);
	}
	free(copy);
}

int
main(int argc, char **argv)
{
	static uint8_t data[1 << 20];
	FILE *file;
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: %s <seed file>...\n", argv[0]);
		return 1;
	}
	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "rb");
		if (file == NULL) {
			perror(argv[i]);
			return 1;
		}
		replay(data, fread(data, 1, sizeof(data), file));
		fclose(file);
	}
	printf("%d seeds replayed\n", argc - 1);
	return 0;
}
