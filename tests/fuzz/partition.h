/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FUZZ_PARTITION_H
#define FUZZ_PARTITION_H

#include <stddef.h>
#include <stdint.h>

/*
 * An input is records: which file (of those below, modulo their number), the length of what it is
 * to hold, low byte first, and that many bytes.
 */
struct partition_file {
	const char *path;
	const char *good, *bad;		/* what a quiet and a noisy host have there */
};
extern const struct partition_file partition_files[];
extern const unsigned int partition_n_files;
#define PARTITION_MAX_FILE	4096

/** Counts since the start: checks, rules that were fine in them, and that were not. */
extern uint64_t partition_checks, partition_fine, partition_other;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* FUZZ_PARTITION_H */
