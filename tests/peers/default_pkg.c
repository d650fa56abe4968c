/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * default-pkg <file>: write the model's own DDP package, for drivers that load one from a file.
 */

#include <stdio.h>
#include <stdlib.h>

#include "aether_model.h"

int
main(int argc, char **argv)
{
	const int len = aether_model_ddp_default(NULL, 0);
	uint8_t *package = len > 0 ? malloc(len) : NULL;
	FILE *file = argc == 2 && package != NULL ? fopen(argv[1], "wb") : NULL;
	bool written;

	if (file == NULL) {
		free(package);
		fprintf(stderr, "default-pkg: wanted a file to write\n");
		return EXIT_FAILURE;
	}
	written = aether_model_ddp_default(package, len) == len &&
		fwrite(package, 1, len, file) == (size_t)len;
	free(package);
	return fclose(file) == 0 && written ? EXIT_SUCCESS : EXIT_FAILURE;
}
