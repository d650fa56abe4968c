/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_schemata.h"
#include "part_text.h"

static const char *const names[PART_RESOURCES] = {
	[PART_L3] = "L3", [PART_L3CODE] = "L3CODE", [PART_L3DATA] = "L3DATA", [PART_MB] = "MB",
};

void
part_schemata_free(struct part_schemata *schemata)
{
	free(schemata->all);
	memset(schemata, 0, sizeof(*schemata));
}

bool
part_schemata_add(struct part_schemata *schemata, enum part_resource resource, uint32_t domain,
		  uint32_t value)
{
	struct part_allot *all = part_array_room(schemata->all, schemata->n, sizeof(*all));

	if (all == NULL)
		return false;
	schemata->all = all;
	all[schemata->n++] = (struct part_allot){ resource, domain, value };
	return true;
}

const struct part_allot *
part_schemata_find(const struct part_schemata *schemata, enum part_resource resource,
		   uint32_t domain)
{
	unsigned int i;

	for (i = 0; i < schemata->n; i++)
		if (schemata->all[i].resource == resource && schemata->all[i].domain == domain)
			return &schemata->all[i];
	return NULL;
}

bool
part_schemata_has(const struct part_schemata *schemata, enum part_resource resource)
{
	unsigned int i;

	for (i = 0; i < schemata->n; i++)
		if (schemata->all[i].resource == resource)
			return true;
	return false;
}

uint32_t
part_schemata_ways(const struct part_schemata *schemata, uint32_t domain)
{
	uint32_t ways = 0;
	unsigned int i;

	for (i = 0; i < schemata->n; i++)
		if (schemata->all[i].resource != PART_MB && schemata->all[i].domain == domain)
			ways |= schemata->all[i].value;
	return ways;
}

/** A number of 32 bits; the kernel pads it with blanks or zeros. */
static bool
take_number(const char **p, int base, uint32_t *number)
{
	unsigned long long value;
	char *end;

	if (base == 16 ? !isxdigit((unsigned char)**p) : !isdigit((unsigned char)**p))
		return false;
	/* "0x" is no hexadecimal number here. */
	if (base == 16 && **p == '0' && ((*p)[1] | 0x20) == 'x')
		return false;
	errno = 0;
	value = strtoull(*p, &end, base);
	if (errno != 0 || value > UINT32_MAX)
		return false;
	*p = end;
	*number = value;
	return true;
}

/** What follows the name: "0=7ff;1=7ff" */
static int
parse_domains(const char **p, enum part_resource resource, struct part_schemata *schemata)
{
	uint32_t domain, value;

	for (;; ++*p) {
		if (!take_number(p, 10, &domain) || **p != '=')
			return -EINVAL;
		++*p;
		*p += strspn(*p, " ");
		if (!take_number(p, resource == PART_MB ? 10 : 16, &value) ||
		    schemata->n == PART_SCHEMATA_MAX ||
		    part_schemata_find(schemata, resource, domain) != NULL)
			return -EINVAL;
		if (!part_schemata_add(schemata, resource, domain, value))
			return -ENOMEM;
		if (**p != ';')
			return **p == '\0' || **p == ' ' || **p == '\n' ? 0 : -EINVAL;
	}
}

static int
parse(const char *p, struct part_schemata *schemata)
{
	size_t len;
	unsigned int i;
	int ret = 0;

	for (p += strspn(p, " \n"); ret == 0 && *p != '\0'; p += strspn(p, " \n")) {
		len = strcspn(p, ":\n");
		if (len == 0 || p[len] != ':')
			return -EINVAL;
		for (i = 0; i < PART_RESOURCES; i++)
			if (strlen(names[i]) == len && strncmp(p, names[i], len) == 0)
				break;
		p += len + 1;
		if (i < PART_RESOURCES)
			ret = parse_domains(&p, i, schemata);
		else
			p += strcspn(p, "\n");
	}
	return ret;
}

int
part_schemata_parse(const char *text, struct part_schemata *schemata)
{
	int ret;

	memset(schemata, 0, sizeof(*schemata));
	ret = parse(text, schemata);
	if (ret != 0)
		part_schemata_free(schemata);
	return ret;
}

char *
part_schemata_text(const struct part_schemata *schemata, char between)
{
	struct part_text text = { 0 };
	unsigned int resource, i;
	bool first = true, named;

	for (resource = 0; resource < PART_RESOURCES; resource++) {
		named = false;
		for (i = 0; i < schemata->n; i++) {
			const struct part_allot *one = &schemata->all[i];

			if (one->resource != resource)
				continue;
			if (!named && !first)
				part_text_add(&text, "%c", between);
			part_text_add(&text, "%s%s", named ? ";" : names[resource],
				      named ? "" : ":");
			part_text_add(&text, resource == PART_MB ? "%u=%u" : "%u=%x", one->domain,
				      one->value);
			named = true;
			first = false;
		}
	}
	return part_text_take(&text);
}

bool
part_schemata_agree(const struct part_schemata *a, const struct part_schemata *b)
{
	const struct part_allot *other;
	unsigned int i;

	for (i = 0; i < a->n; i++) {
		other = part_schemata_find(b, a->all[i].resource, a->all[i].domain);
		if (other != NULL && other->value != a->all[i].value)
			return false;
	}
	return true;
}

bool
part_schemata_same(const struct part_schemata *a, const struct part_schemata *b)
{
	unsigned int i;

	for (i = 0; i < PART_RESOURCES; i++)
		if (part_schemata_has(a, i) != part_schemata_has(b, i))
			return false;
	return part_schemata_agree(a, b);
}

uint32_t
part_longest_run(uint32_t mask)
{
	uint32_t best = 0, run;

	while (mask != 0) {
		/* Adding the lowest bit carries through the lowest run. */
		run = mask & ~(mask + (mask & -mask));
		if (__builtin_popcount(run) > __builtin_popcount(best))
			best = run;
		mask &= ~run;
	}
	return best;
}

void
part_schemata_take(struct part_schemata *from, const struct part_schemata *share)
{
	const struct part_allot *out;
	unsigned int i;

	for (i = 0; i < from->n; i++) {
		struct part_allot *one = &from->all[i];

		out = part_schemata_find(share, one->resource == PART_MB ? PART_MB : PART_L3,
					 one->domain);
		if (out == NULL)
			continue;
		one->value = one->resource != PART_MB ? one->value & ~out->value :
			     RTE_MIN(one->value, out->value);
	}
}

bool
part_schemata_join(struct part_schemata *schemata, const struct part_schemata *was)
{
	const struct part_allot *old;
	unsigned int i;

	for (i = 0; i < schemata->n; i++) {
		struct part_allot *one = &schemata->all[i];

		old = part_schemata_find(was, one->resource, one->domain);
		if (one->resource == PART_MB || (old != NULL && old->value == one->value))
			continue;
		one->value = part_longest_run(one->value);
		if (one->value == 0)
			return false;
	}
	return true;
}
