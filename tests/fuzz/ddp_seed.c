/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Writes the seeds for fuzz_ddp_pkg: ddp_seed <plain> <signed> <the model's own>. */

#include <stdio.h>
#include <stdlib.h>

#include <aether_model.h>

#include "pkg_build.h"

static int
put(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "wb");
	int ret;

	if (file == NULL)
		return 1;
	ret = fwrite(data, 1, len, file) != len;
	return fclose(file) != 0 || ret;
}

int
main(int argc, char **argv)
{
	struct pkg_built plain, with_signature;
	int len = aether_model_ddp_default(NULL, 0);
	void *own = malloc(len);
	int ret;

	if (argc != 4 || own == NULL || aether_model_ddp_default(own, len) != len)
		return 1;
	pkg_build(&(struct pkg_conf){ .device_id = 0x1592 }, &plain);
	pkg_build(&(struct pkg_conf){ .is_signed = true }, &with_signature);
	ret = put(argv[1], plain.data, plain.len) ||
	      put(argv[2], with_signature.data, with_signature.len) || put(argv[3], own, len);
	free(plain.data);
	free(with_signature.data);
	free(own);
	return ret;
}
