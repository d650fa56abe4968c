/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FUZZ_PARTITION_ORACLE_H
#define FUZZ_PARTITION_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

/** What a file holds. */
struct oracle_text {
	const char *data;	/* a NUL is behind it */
	size_t len;
};

/** @return what a file of the tree holds; NULL: there is none of this path */
typedef const struct oracle_text *(*oracle_get)(const char *path);

/** Whether a rule may say "fine" of the tree. Rules that the oracle does not know may. */
bool oracle_may_be_fine(const char *rule, oracle_get get);

#endif /* FUZZ_PARTITION_ORACLE_H */
