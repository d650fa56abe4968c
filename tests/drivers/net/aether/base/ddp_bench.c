/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/aether_bus.h"
#include "ddp_bench.h"

static int
load(struct aether_hw *hw, void *arg, void **data, size_t *len)
{
	struct ddp_bench *b = arg;

	(void)hw;
	b->loads++;
	if (b->data == NULL)
		return -ENOENT;
	/* As long as it is and not a byte more. */
	*data = malloc(b->len);
	assert_non_null(*data);
	memcpy(*data, b->data, b->len);
	*len = b->len;
	return 0;
}

void
ddp_bench_open(struct ddp_bench *b, const char *card, uint8_t pf, const char *fault,
	       const void *data, size_t len)
{
	char name[16];
	const struct aether_bus_model_conf conf = {
		.name = name, .wire = "sink", .fault = fault, .speed_mbps = 100000, .cpu = -1,
		.card = card, .pf = pf,
	};

	memset(b, 0, sizeof(*b));
	snprintf(name, sizeof(name), "ddp_test%u", pf);
	assert_int_equal(aether_bus_model_open(&conf, &b->bus), 0);
	b->model = aether_bus_model_get(b->bus);
	b->hw.bus = b->bus;
	snprintf(b->hw.name, sizeof(b->hw.name), "%s", name);
	b->hw.ddp_source.load = load;
	b->hw.ddp_source.arg = b;
	b->data = data;
	b->len = len;
}

void
ddp_bench_close(struct ddp_bench *b)
{
	aether_hw_fini(&b->hw);
	b->bus->ops->close(b->bus);
}
