/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * mutate_pkg [<copies> [<file>]]: the model's package loader on damaged copies of the model's own
 * package, or of a file. Each is refused or loaded; AddressSanitizer sees the rest. The same
 * copies in each run. A few fields that length arithmetic depends on are hit more often.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw_ddp.h"
#include "splitmix.h"

#define COPIES		5000
#define MAX_FILE	(2u << 20)
#define HEADERS		200	/* bytes of the file's and the segments' headers */
#define BUF_HEADER	24	/* bytes at the start of a buffer: counts and a few sections */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern unsigned long fuzz_loaded;

/** Where to damage: headers, the start of a buffer, or anywhere. */
static size_t
place(size_t size, uint64_t *seed)
{
	uint64_t r = splitmix64(seed);
	size_t at = r >> 8;

	if (r % 4 == 0)
		at %= HEADERS;
	else if (r % 4 != 3)
		at = 156 + at % (size / E810_PKG_BUF_SIZE + 1) * E810_PKG_BUF_SIZE +
		     (r >> 40) % BUF_HEADER;
	return at % size;
}

static void
damage(uint8_t *data, size_t size, uint64_t *seed)
{
	static const uint16_t values[] = {
		0, 1, 2, 11, 12, 0x7F, 0x80, 0xFF, 0x1FF, 0x3FF, 0x400, 4083, 4084, 4085, 4095,
		4096, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF,
	};
	unsigned int n = 1 + splitmix64(seed) % 3;
	uint16_t value;
	size_t at;

	while (n-- != 0) {
		at = place(size - 1, seed);
		value = values[splitmix64(seed) % (sizeof(values) / sizeof(*values))];
		switch (splitmix64(seed) % 3) {
		case 0:
			memcpy(data + at, &value, sizeof(value));
			break;
		case 1:
			data[at] ^= (uint8_t)(1u << splitmix64(seed) % 8);
			break;
		default:
			data[at] = (uint8_t)splitmix64(seed);
		}
	}
}

/** Undone by restoring: a copy of the whole file for each would be most of the time. */
static void
mutate(const uint8_t *file, size_t size, unsigned long copies)
{
	uint8_t *copy = malloc(size);
	uint64_t seed = 20261120;
	unsigned long i;
	size_t len;

	if (copy == NULL)
		abort();
	memcpy(copy, file, size);
	for (i = 0; i < copies; i++) {
		damage(copy, size, &seed);
		/* Now and then it is cut short as well: on memory of exactly that size. */
		if (splitmix64(&seed) % 64 == 0) {
			uint8_t *part = malloc(len = 1 + splitmix64(&seed) % size);

			if (part == NULL)
				abort();
			memcpy(part, copy, len);
			LLVMFuzzerTestOneInput(part, len);
			free(part);
		} else {
			LLVMFuzzerTestOneInput(copy, size);
		}
		if (i % 4 == 3)
			memcpy(copy, file, size);
	}
	free(copy);
}

static size_t
read_file(const char *name, uint8_t *data)
{
	FILE *file = fopen(name, "rb");
	size_t size;

	if (file == NULL) {
		perror(name);
		exit(1);
	}
	size = fread(data, 1, MAX_FILE, file);
	fclose(file);
	return size;
}

int
main(int argc, char **argv)
{
	static uint8_t file[MAX_FILE];
	unsigned long copies = argc > 1 ? strtoul(argv[1], NULL, 10) : COPIES;
	size_t size;

	size = argc > 2 ? read_file(argv[2], file) : fw_pkg_default(file, sizeof(file));
	if (copies == 0 || size < 2) {
		fprintf(stderr, "usage: %s [<copies> [<file>]]\n", argv[0]);
		return 1;
	}
	LLVMFuzzerTestOneInput(file, size);
	if (fuzz_loaded != 1) {
		fprintf(stderr, "the package as it is was refused\n");
		return 1;
	}
	mutate(file, size, copies);
	printf("%lu damaged copies of a package of %zu bytes, %lu of them loaded\n", copies, size,
	       fuzz_loaded - 1);
	/* Some damage is none to the loader, and some is. */
	return fuzz_loaded == 1 || fuzz_loaded == copies + 1;
}
