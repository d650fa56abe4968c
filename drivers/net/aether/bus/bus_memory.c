/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>

#include "bus_log.h"
#include "bus_memory.h"

/** Memory that is contiguous on both sides and waits to be mapped in one piece. */
struct mapping {
	struct aether_bus_memory *memory;
	uint8_t *va;
	uint64_t iova;
	size_t len;
	int ret;		/* first error */
};

static void
mapping_flush(struct mapping *run)
{
	int ret;

	if (run->len == 0)
		return;
	ret = run->memory->map(run->memory->ctx, run->va, run->iova, run->len);
	if (ret != 0)
		BUS_LOG(ERR, run->memory, "cannot map %zu bytes at %p (IOVA 0x%" PRIx64 ") for "
			"DMA: %s", run->len, (void *)run->va, run->iova, strerror(-ret));
	if (run->ret == 0)
		run->ret = ret;
	run->len = 0;
}

/* Add a segment to the run, or start a new one. A mapping can only be taken away whole, so pages
 * that EAL may free one by one are mapped one by one. Without huge pages it frees none, and there
 * can be a million. */
static void
mapping_add(struct mapping *run, void *va, uint64_t iova, size_t len)
{
	if (rte_eal_has_hugepages() || run->va + run->len != (uint8_t *)va ||
	    run->iova + run->len != iova)
		mapping_flush(run);
	if (run->len == 0) {
		run->va = va;
		run->iova = iova;
	}
	run->len += len;
}

static int
memseg_map(const struct rte_memseg_list *msl, const struct rte_memseg *ms, void *arg)
{
	/* Memory that an application registered is not EAL's: rte_dev_dma_map() brings it. */
	if ((msl->external && !msl->heap) || ms->iova == RTE_BAD_IOVA)
		return 0;
	mapping_add(arg, ms->addr, ms->iova, ms->len);
	return ((struct mapping *)arg)->ret;
}

/** @param[inout] failed whether one before has failed, which was logged then */
static void
segment_unmap(struct aether_bus_memory *memory, const struct rte_memseg *ms, bool *failed)
{
	const int ret = memory->unmap(memory->ctx, ms->addr, ms->iova, ms->len);

	if (ret != 0 && !*failed)
		BUS_LOG(ERR, memory, "cannot unmap %zu bytes at %p (IOVA 0x%" PRIx64 "): %s",
			ms->len, ms->addr, ms->iova, strerror(-ret));
	*failed |= ret != 0;
}

static void
memory_event(enum rte_mem_event type, const void *addr, size_t len, void *arg)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	struct aether_bus_memory *memory = arg;
	struct mapping run = {.memory = memory};
	bool unmap_failed = false;
	size_t done = 0;

	/* A heap can have a million pages: what fails for one is not tried, or told, for each. */
	while (msl != NULL && done < len && run.ret == 0) {
		const struct rte_memseg *ms = rte_mem_virt2memseg(RTE_PTR_ADD(addr, done), msl);

		if (ms == NULL || ms->len == 0)
			break;
		if (ms->iova != RTE_BAD_IOVA) {
			if (type == RTE_MEM_EVENT_ALLOC)
				mapping_add(&run, ms->addr, ms->iova, ms->len);
			else
				segment_unmap(memory, ms, &unmap_failed);
		}
		done += ms->len;
	}
	if (run.ret == 0)
		mapping_flush(&run);
	else
		BUS_LOG(ERR, memory, "%zu bytes that came with it are not tried: what the device "
			"is told to do there fails", len - done + run.len);
}

/* Huge pages and external heaps may come and go while the application runs, unless it said
 * --legacy-mem: then EAL has no events. */
static int
memory_follow(struct aether_bus_memory *memory)
{
	int ret;

	snprintf(memory->event, sizeof(memory->event), "aether_bus_%p", (void *)memory);
	ret = rte_mem_event_callback_register(memory->event, memory_event, memory);
	if (ret == 0) {
		memory->following = true;
		return 0;
	}
	if (rte_errno == ENOTSUP)
		return 0;
	BUS_LOG(ERR, memory, "cannot follow memory that EAL adds: %s", rte_strerror(rte_errno));
	return rte_errno != 0 ? -rte_errno : -EIO;
}

/* The memory lock keeps pages from coming and going between the walk and the registration. */
int
aether_bus_memory_start(struct aether_bus_memory *memory)
{
	struct mapping run = {.memory = memory};
	int ret;

	rte_mcfg_mem_read_lock();
	rte_memseg_walk_thread_unsafe(memseg_map, &run);
	mapping_flush(&run);
	ret = run.ret;
	if (ret == 0)
		ret = memory_follow(memory);
	rte_mcfg_mem_read_unlock();
	return ret;
}

void
aether_bus_memory_stop(struct aether_bus_memory *memory)
{
	if (memory->following)
		rte_mem_event_callback_unregister(memory->event, memory);
	memory->following = false;
}
