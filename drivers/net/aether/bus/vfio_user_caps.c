/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A reader of JSON that keeps three numbers and steps over the rest. It knows where the text ends,
 * and how deep it is in it.
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <rte_common.h>

#include "vfio_user_caps.h"

#define MAX_DEPTH	8

/* The specification's, for a server that does not say. */
static const struct aether_vfu_caps defaults = {
	.max_msg_fds = 1,
	.max_data_xfer_size = 1 << 20,
	.max_dma_maps = 65535,
};

struct reader {
	const char *at, *end;
	unsigned int depth;
	bool in_capabilities;		/* and in nothing that stands in them */
	struct aether_vfu_caps *caps;
};

/** A string, as it stands between its quotes. */
struct token {
	const char *text;
	size_t len;
};

static int read_value(struct reader *reader, const struct token *key);

static void
skip_space(struct reader *reader)
{
	while (reader->at < reader->end && *reader->at != '\0' &&
	       strchr(" \t\r\n", *reader->at) != NULL)
		reader->at++;
}

/** Take c if it comes next. */
static bool
take(struct reader *reader, char c)
{
	skip_space(reader);
	if (reader->at == reader->end || *reader->at != c)
		return false;
	reader->at++;
	return true;
}

static int
read_string(struct reader *reader, struct token *token)
{
	if (!take(reader, '"'))
		return -EINVAL;
	token->text = reader->at;
	for (; reader->at < reader->end; reader->at++) {
		if (*reader->at == '"') {
			token->len = reader->at++ - token->text;
			return 0;
		}
		if (*reader->at == '\\' && ++reader->at == reader->end)
			break;
	}
	return -EINVAL;
}

static bool
is(const struct token *token, const char *word)
{
	return token->len == strlen(word) && memcmp(token->text, word, token->len) == 0;
}

/** Where a number of that name in "capabilities" goes; NULL: nowhere. */
static uint32_t *
limit_find(const struct reader *reader, const struct token *key)
{
	if (!reader->in_capabilities || key == NULL)
		return NULL;
	if (is(key, "max_msg_fds"))
		return &reader->caps->max_msg_fds;
	if (is(key, "max_data_xfer_size"))
		return &reader->caps->max_data_xfer_size;
	if (is(key, "max_dma_maps"))
		return &reader->caps->max_dma_maps;
	return NULL;
}

static int
read_limit(struct reader *reader, uint32_t *limit)
{
	uint64_t value = 0;

	skip_space(reader);
	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9' &&
	       value <= UINT32_MAX)
		value = value * 10 + (*reader->at++ - '0');
	if (value == 0 || value > UINT32_MAX)
		return -EINVAL;
	*limit = value;
	return 0;
}

/** A number, true, false or null: the reader cares for neither. */
static int
skip_word(struct reader *reader)
{
	const char *begin = reader->at;

	while (reader->at < reader->end && *reader->at != '\0' &&
	       strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *reader->at) != NULL)
		reader->at++;
	return reader->at == begin ? -EINVAL : 0;
}

/** What stands between the brackets of an object or an array. */
static int
read_members(struct reader *reader, bool object)
{
	struct token key;
	int ret = 0;

	if (take(reader, object ? '}' : ']'))
		return 0;
	do {
		if (object)
			ret = read_string(reader, &key);
		if (ret == 0 && object && !take(reader, ':'))
			ret = -EINVAL;
		if (ret == 0)
			ret = read_value(reader, object ? &key : NULL);
	} while (ret == 0 && take(reader, ','));
	if (ret == 0 && !take(reader, object ? '}' : ']'))
		ret = -EINVAL;
	return ret;
}

/** An object or an array, whose bracket comes next; key is what it is called. */
static int
read_nested(struct reader *reader, const struct token *key)
{
	const bool object = *reader->at++ == '{', outside = reader->in_capabilities;
	int ret;

	if (reader->depth == MAX_DEPTH)
		return -EINVAL;
	reader->in_capabilities = object && reader->depth == 1 && key != NULL &&
		is(key, "capabilities");
	reader->depth++;
	ret = read_members(reader, object);
	reader->depth--;
	reader->in_capabilities = outside;
	return ret;
}

static int
read_value(struct reader *reader, const struct token *key)
{
	uint32_t *limit = limit_find(reader, key);
	struct token token;

	if (limit != NULL)
		return read_limit(reader, limit);
	skip_space(reader);
	if (reader->at == reader->end)
		return -EINVAL;
	switch (*reader->at) {
	case '"':
		return read_string(reader, &token);
	case '{':
	case '[':
		return read_nested(reader, key);
	default:
		return skip_word(reader);
	}
}

int
aether_vfu_caps_parse(const char *text, size_t len, struct aether_vfu_caps *caps)
{
	struct reader reader = { .at = text, .end = text + len, .caps = caps };
	int ret;

	*caps = defaults;
	if (len == 0)
		return 0;
	skip_space(&reader);
	if (reader.at == reader.end || *reader.at != '{')
		return -EINVAL;
	ret = read_value(&reader, NULL);
	skip_space(&reader);
	return ret == 0 && reader.at != reader.end ? -EINVAL : ret;
}
