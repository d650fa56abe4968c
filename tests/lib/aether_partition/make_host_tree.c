/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* host-tree <folder> <workers> <others> <others as a mask>: a quiet host of 8 CPUs, for scripts. */

#include <stdio.h>

#include "host_tree.h"

int
main(int argc, char **argv)
{
	struct host_shape shape = host_small;

	if (argc != 5) {
		fprintf(stderr, "usage: %s <folder> <workers> <others> <others' mask>\n", argv[0]);
		return 1;
	}
	shape.workers = argv[2];
	shape.others = argv[3];
	shape.others_mask = argv[4];
	host_tree_fill(argv[1], &shape);
	return 0;
}
