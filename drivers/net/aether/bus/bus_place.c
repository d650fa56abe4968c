/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdint.h>

#include <rte_common.h>
#include <rte_eal_memconfig.h>
#include <rte_memory.h>

#include "bus_place.h"

static int
note_end(const struct rte_memseg_list *msl, void *arg)
{
	uintptr_t *end = arg;

	if (!msl->external)
		*end = RTE_MAX(*end, (uintptr_t)msl->base_va + msl->len);
	return 0;
}

void *
aether_bus_place(size_t len)
{
	static uintptr_t next;
	uintptr_t end = 0;

	rte_memseg_list_walk(note_end, &end);
	end = RTE_MAX(next, RTE_ALIGN(end, RTE_PGSIZE_1G));
	next = end + len;
	return (void *)end;
}
