/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "part_cpus.h"

/** What one item of a list stands for: of each group of CPUs in [first, last] the first `used`. */
struct region {
	unsigned int first, last, used, group;
};

static bool
ends_list(char c)
{
	return c == '\0' || c == '\n';
}

static bool
separates(char c)
{
	/* To the kernel the no-break space of Latin-1 is white, too. */
	return c == ',' || isspace((unsigned char)c) || (unsigned char)c == 0xA0;
}

static bool
ends_region(char c)
{
	return separates(c) || ends_list(c);
}

/** A decimal number, or N. Moves *text behind it. */
static int
parse_number(const char **text, unsigned int limit, unsigned int *number)
{
	const char *p = *text;
	uint64_t value = 0;

	if (*p == 'N') {
		*number = limit - 1;
		*text = p + 1;
		return 0;
	}
	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++)
		if (value <= UINT32_MAX)
			value = value * 10 + (unsigned int)(*p - '0');
	if (value > UINT32_MAX)
		return -EOVERFLOW;
	*number = value;
	*text = p;
	return 0;
}

/** ":used/group". What follows the group is the next region, even without a separator. */
static int
parse_pattern(const char **text, unsigned int limit, struct region *region)
{
	int ret;

	if (*(*text)++ != ':')
		return -EINVAL;
	ret = parse_number(text, limit, &region->used);
	if (ret != 0)
		return ret;
	if (*(*text)++ != '/')
		return -EINVAL;
	return parse_number(text, limit, &region->group);
}

static int
parse_region(const char **text, unsigned int limit, struct region *region)
{
	int ret;

	if (strncasecmp(*text, "all", 3) == 0) {
		region->first = 0;
		region->last = limit - 1;
		*text += 3;
	} else {
		ret = parse_number(text, limit, &region->first);
		if (ret != 0)
			return ret;
		region->last = region->first;
		if (!ends_region(**text)) {
			if (*(*text)++ != '-')
				return -EINVAL;
			ret = parse_number(text, limit, &region->last);
			if (ret != 0)
				return ret;
		}
	}
	if (!ends_region(**text))
		return parse_pattern(text, limit, region);
	/* One group of all. */
	region->used = region->last + 1;
	region->group = region->last + 1;
	return 0;
}

static int
add_region(const struct region *region, unsigned int limit, struct part_cpus *cpus)
{
	uint64_t start, end;

	if (region->first > region->last || region->group == 0 || region->used > region->group)
		return -EINVAL;
	if (region->last >= limit)
		return -ERANGE;
	if (region->used == 0)
		return 0;
	for (start = region->first; start <= region->last; start += region->group) {
		end = start + region->used - 1;
		part_cpus_set_range(cpus, start, end < region->last ? end : region->last);
	}
	return 0;
}

static int
parse_list(const char *text, unsigned int limit, struct part_cpus *cpus)
{
	struct region region;
	int ret;

	for (;;) {
		while (separates(*text))
			text++;
		if (ends_list(*text))
			return 0;
		ret = parse_region(&text, limit, &region);
		if (ret == 0)
			ret = add_region(&region, limit, cpus);
		if (ret != 0)
			return ret;
		/* A newline ends the list behind a region; before one it is white space. */
		if (ends_list(*text))
			return 0;
	}
}

int
part_cpus_parse(const char *text, unsigned int limit, struct part_cpus *cpus)
{
	int ret;

	part_cpus_zero(cpus);
	if (limit == 0 || limit > PART_MAX_CPUS)
		return -EINVAL;
	ret = parse_list(text, limit, cpus);
	if (ret != 0)
		part_cpus_zero(cpus);
	return ret;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/** From the last digit to the first. */
static int
parse_mask(const char *text, size_t len, unsigned int limit, struct part_cpus *cpus)
{
	unsigned int at = 0, digits = 0, bit;
	int value;

	while (len-- != 0) {
		if (text[len] == ',') {
			if (digits == 0)
				return -EINVAL;
			at += 32 - 4 * digits;
			digits = 0;
			continue;
		}
		value = hex_digit(text[len]);
		if (value < 0 || digits == 8)
			return -EINVAL;
		for (bit = 0; bit < 4; bit++) {
			if ((value >> bit & 1) == 0)
				continue;
			if (at + bit >= limit)
				return -ERANGE;
			part_cpus_set(cpus, at + bit);
		}
		at += 4;
		digits++;
	}
	return digits == 0 ? -EINVAL : 0;
}

int
part_cpus_parse_mask(const char *text, unsigned int limit, struct part_cpus *cpus)
{
	size_t len;
	int ret;

	part_cpus_zero(cpus);
	if (limit == 0 || limit > PART_MAX_CPUS)
		return -EINVAL;
	while (isspace((unsigned char)*text))
		text++;
	len = strcspn(text, "\n");
	ret = parse_mask(text, len, limit, cpus);
	if (ret != 0)
		part_cpus_zero(cpus);
	return ret;
}

/** snprintf() behind what is in the buffer. */
#define APPEND(buf, size, len, ...) \
	((len) += snprintf((buf) + ((len) < (size) ? (len) : (size)), \
			   (len) < (size) ? (size) - (len) : 0, __VA_ARGS__))

size_t
part_cpus_list(const struct part_cpus *cpus, char *buf, size_t size)
{
	unsigned int first, last;
	size_t len = 0;

	if (size != 0)
		buf[0] = '\0';
	for (first = part_cpus_next(cpus, 0); first < PART_MAX_CPUS;
	     first = part_cpus_next(cpus, last + 1)) {
		for (last = first; part_cpus_has(cpus, last + 1);)
			last++;
		if (last == first)
			APPEND(buf, size, len, "%s%u", len != 0 ? "," : "", first);
		else
			APPEND(buf, size, len, "%s%u-%u", len != 0 ? "," : "", first, last);
	}
	return len;
}

size_t
part_cpus_mask(const struct part_cpus *cpus, char *buf, size_t size)
{
	bool begun = false;
	size_t len = 0;
	uint32_t word;
	int i;

	for (i = PART_MAX_CPUS / 32 - 1; i >= 0; i--) {
		word = cpus->words[i / 2] >> (i % 2 * 32);
		if (!begun && word == 0 && i != 0)
			continue;
		if (begun)
			APPEND(buf, size, len, ",%08x", word);
		else
			APPEND(buf, size, len, "%x", word);
		begun = true;
	}
	return len;
}

void
part_cpus_zero(struct part_cpus *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
}

void
part_cpus_set(struct part_cpus *cpus, unsigned int cpu)
{
	cpus->words[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

bool
part_cpus_has(const struct part_cpus *cpus, unsigned int cpu)
{
	return cpu < PART_MAX_CPUS && (cpus->words[cpu / 64] >> cpu % 64 & 1) != 0;
}

void
part_cpus_set_range(struct part_cpus *cpus, unsigned int first, unsigned int last)
{
	unsigned int i;

	for (i = first / 64; first <= last && i <= last / 64; i++) {
		uint64_t word = UINT64_MAX;

		if (i == first / 64)
			word &= UINT64_MAX << first % 64;
		if (i == last / 64)
			word &= UINT64_MAX >> (63 - last % 64);
		cpus->words[i] |= word;
	}
}

bool
part_cpus_empty(const struct part_cpus *cpus)
{
	return part_cpus_next(cpus, 0) == PART_MAX_CPUS;
}

unsigned int
part_cpus_count(const struct part_cpus *cpus)
{
	unsigned int i, n = 0;

	for (i = 0; i < PART_CPU_WORDS; i++)
		n += __builtin_popcountll(cpus->words[i]);
	return n;
}

unsigned int
part_cpus_next(const struct part_cpus *cpus, unsigned int from)
{
	unsigned int i;
	uint64_t word;

	if (from >= PART_MAX_CPUS)
		return PART_MAX_CPUS;
	word = cpus->words[from / 64] & UINT64_MAX << from % 64;
	for (i = from / 64; word == 0; word = cpus->words[i])
		if (++i == PART_CPU_WORDS)
			return PART_MAX_CPUS;
	return i * 64 + __builtin_ctzll(word);
}

bool
part_cpus_intersect(const struct part_cpus *a, const struct part_cpus *b)
{
	uint64_t common = 0;
	unsigned int i;

	for (i = 0; i < PART_CPU_WORDS; i++)
		common |= a->words[i] & b->words[i];
	return common != 0;
}

bool
part_cpus_within(const struct part_cpus *a, const struct part_cpus *b)
{
	uint64_t outside = 0;
	unsigned int i;

	for (i = 0; i < PART_CPU_WORDS; i++)
		outside |= a->words[i] & ~b->words[i];
	return outside == 0;
}

bool
part_cpus_equal(const struct part_cpus *a, const struct part_cpus *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void
part_cpus_or(struct part_cpus *to, const struct part_cpus *with)
{
	unsigned int i;

	for (i = 0; i < PART_CPU_WORDS; i++)
		to->words[i] |= with->words[i];
}

void
part_cpus_and(struct part_cpus *to, const struct part_cpus *with)
{
	unsigned int i;

	for (i = 0; i < PART_CPU_WORDS; i++)
		to->words[i] &= with->words[i];
}

void
part_cpus_without(struct part_cpus *to, const struct part_cpus *these)
{
	unsigned int i;

	for (i = 0; i < PART_CPU_WORDS; i++)
		to->words[i] &= ~these->words[i];
}
