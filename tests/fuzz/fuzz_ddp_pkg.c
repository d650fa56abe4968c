/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Any bytes as a DDP package, as the driver finds it in a file. */

#include <stdlib.h>
#include <string.h>

#include "aether_pkg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Whether n bytes from p on lie in the package. */
static void
must_lie_in(const uint8_t *p, size_t n, const uint8_t *data, size_t size)
{
	if (p < data || n > size || (size_t)(p - data) > size - n)
		abort();
}

/** Read all sections of a type to their last byte. */
static unsigned int
read_sections(const struct aether_pkg *pkg, uint32_t type, const uint8_t *data, size_t size)
{
	struct aether_pkg_iter iter = { 0 };
	const uint8_t *section;
	unsigned int sum = 0;
	uint16_t n, i;

	while ((section = aether_pkg_section(pkg, &iter, type, &n)) != NULL) {
		if (n == 0)
			abort();
		must_lie_in(section, n, data, size);
		for (i = 0; i < n; i++)
			sum += section[i];
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static volatile unsigned int sink;
	struct aether_pkg pkg;
	char why[256] = "";
	unsigned int i;
	uint32_t type;

	if (aether_pkg_parse(data, size, 0x1592, &pkg, why, sizeof(why)) != 0) {
		/* A refusal has a reason. */
		if (why[0] == '\0' || memchr(why, '\0', sizeof(why)) == NULL)
			abort();
		return 0;
	}
	/* What the download relies on. */
	if (pkg.n_parts == 0 || pkg.n_parts > AETHER_PKG_MAX_PARTS || pkg.n_bufs == 0)
		abort();
	for (i = 0; i < pkg.n_parts; i++)
		must_lie_in(pkg.part[i].bufs, (size_t)pkg.part[i].n * E810_PKG_BUF_SIZE, data,
			    size);
	for (type = 0; type < 128; type++)
		sink += read_sections(&pkg, type, data, size);
	return 0;
}
