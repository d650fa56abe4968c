/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_text.h"

static bool
make_room(struct part_text *text, size_t more)
{
	size_t size = text->size == 0 ? 128 : text->size;
	char *data;

	if (text->failed)
		return false;
	while (size - text->len <= more)
		size *= 2;
	if (size == text->size)
		return true;
	data = realloc(text->data, size);
	if (data == NULL) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->size = size;
	return true;
}

void
part_text_add(struct part_text *text, const char *format, ...)
{
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0 || !make_room(text, len))
		return;
	va_start(ap, format);
	vsnprintf(text->data + text->len, text->size - text->len, format, ap);
	va_end(ap);
	text->len += len;
}

char *
part_text_take(struct part_text *text)
{
	char *data;

	part_text_add(text, "%s", "");
	data = text->data;
	if (text->failed) {
		free(data);
		data = NULL;
	}
	memset(text, 0, sizeof(*text));
	return data;
}

/* Doubles at each power of two, so that the capacity need not be kept. */
void *
part_array_room(void *array, unsigned int n, size_t size)
{
	const unsigned int first = 16;

	if (n == 0 || (n >= first && (n & (n - 1)) == 0))
		array = reallocarray(array, n == 0 ? first : (size_t)n * 2, size);
	if (array != NULL)
		memset((char *)array + n * size, 0, size);
	return array;
}

void
part_text_copy(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i] != '\0' && from[i] != '\n'; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

const char *
part_text_stat(const char *stat, unsigned int n)
{
	const char *p = strrchr(stat, ')');
	unsigned int i;

	for (i = 2; p != NULL && i < n; i++) {
		p = strchr(p, ' ');
		p = p == NULL ? NULL : p + 1;
	}
	return p == NULL ? "" : p;
}
