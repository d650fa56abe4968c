/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_TEXT_H
#define PART_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <rte_common.h>

/** Text that grows. After a failed allocation nothing more is added, and `failed` is set. */
struct part_text {
	char *data;		/* NULL: nothing yet */
	size_t len, size;
	bool failed;
};

void part_text_add(struct part_text *text, const char *format, ...) __rte_format_printf(2, 3);

/** What it holds, to be given to free(); NULL after a failure. The text is empty then. */
char *part_text_take(struct part_text *text);

/**
 * Make room for one more in an array that this has made (NULL at first) and that has n elements.
 *
 * @return the array, its element n zeroed; NULL: no memory, the array is as it was
 */
void *part_array_room(void *array, unsigned int n, size_t size);

/**
 * Copy what an outsider has named: up to the end or a newline, cut to size; what is no printable
 * ASCII becomes '?', so that it can neither forge a line nor drive a terminal.
 */
void part_text_copy(char *to, size_t size, const char *from);

/**
 * A field of a task's stat, as proc(5) counts them, from the third on: the second, a name, may hold
 * anything.
 *
 * @return where it begins; "": there is none
 */
const char *part_text_stat(const char *stat, unsigned int n);

#endif /* PART_TEXT_H */
