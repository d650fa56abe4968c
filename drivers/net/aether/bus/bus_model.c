/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The in-process door: the device is a software model in this process. Registers are calls into
 * it, DMA goes through the table of mappings that its IOMMU keeps, vectors are eventfds.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* cpu sets */
#endif

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_memory.h>

#include <aether_model.h>
#include <e810_hw.h>

#include "aether_bus.h"
#include "bus_log.h"
#include "bus_place.h"

RTE_LOG_REGISTER_SUFFIX(aether_bus_logtype, bus, NOTICE);

struct bus_model {
	struct aether_bus bus;		/* first: the door's handle is its address */
	struct aether_model *model;
	char name[64];
	char mem_event[RTE_MEM_EVENT_CALLBACK_NAME_LEN];
	bool mem_event_registered;
	bool in_service;
};

/** Memory that is contiguous on both sides and waits to be mapped in one piece. */
struct mapping {
	struct bus_model *bus;
	uint8_t *va;
	uint64_t iova;
	size_t len;
	int ret;		/* first error */
};

static inline struct bus_model *
to_model(const struct aether_bus *bus)
{
	return (struct bus_model *)(uintptr_t)bus;
}

static uint32_t
model_reg_read(struct aether_bus *bus, uint32_t offset)
{
	return aether_model_reg_read32(to_model(bus)->model, offset);
}

static void
model_reg_write(struct aether_bus *bus, uint32_t offset, uint32_t value)
{
	aether_model_reg_write32(to_model(bus)->model, offset, value);
}

static int
model_config_read(struct aether_bus *bus, void *buf, size_t len, uint32_t offset)
{
	return aether_model_config_read(to_model(bus)->model, buf, len, offset);
}

static int
model_dma_map(struct aether_bus *bus, void *va, uint64_t iova, size_t len)
{
	return aether_model_dma_map(to_model(bus)->model, iova, len, va, true);
}

static int
model_dma_unmap(struct aether_bus *bus, void *va, uint64_t iova, size_t len)
{
	RTE_SET_USED(va);
	return aether_model_dma_unmap(to_model(bus)->model, iova, len);
}

static int
model_irq_bind(struct aether_bus *bus, unsigned int vector, int eventfd)
{
	return aether_model_irq_bind(to_model(bus)->model, vector, eventfd);
}

static unsigned int
model_irq_count(const struct aether_bus *bus)
{
	return aether_model_irq_count(to_model(bus)->model);
}

/** The model goes with its process. */
static int
model_removal_fd(const struct aether_bus *bus)
{
	RTE_SET_USED(bus);
	return -1;
}

static void
model_mem_event(enum rte_mem_event type, const void *addr, size_t len, void *arg);

/* In the reverse order of opening; what is not there yet is skipped, so that it serves a failed
 * open too. The service thread is out of the device before its memory goes. */
static void
model_close(struct aether_bus *handle)
{
	struct bus_model *bus = to_model(handle);

	if (bus->in_service)
		aether_model_service_remove(bus->model);
	if (bus->mem_event_registered)
		rte_mem_event_callback_unregister(bus->mem_event, bus);
	aether_model_destroy(bus->model);
	free(bus);
}

static const struct aether_bus_ops model_ops = {
	.name = "model",
	.reg_read = model_reg_read,
	.reg_write = model_reg_write,
	.config_read = model_config_read,
	.dma_map = model_dma_map,
	.dma_unmap = model_dma_unmap,
	.irq_bind = model_irq_bind,
	.irq_count = model_irq_count,
	.removal_fd = model_removal_fd,
	.close = model_close,
};

static void
mapping_flush(struct mapping *run)
{
	int ret;

	if (run->len == 0)
		return;
	ret = aether_model_dma_map(run->bus->model, run->iova, run->len, run->va, true);
	if (ret != 0)
		BUS_LOG(ERR, run->bus, "cannot map %zu bytes at %p (IOVA 0x%" PRIx64 ") for "
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

/* Huge pages and external heaps may come and go while the application runs, unless it said
 * --legacy-mem: then EAL has no events. */
static int
memory_follow(struct bus_model *bus)
{
	int ret;

	snprintf(bus->mem_event, sizeof(bus->mem_event), "aether_bus_%p", (void *)bus);
	ret = rte_mem_event_callback_register(bus->mem_event, model_mem_event, bus);
	if (ret == 0) {
		bus->mem_event_registered = true;
		return 0;
	}
	if (rte_errno == ENOTSUP)
		return 0;
	BUS_LOG(ERR, bus, "cannot follow memory that EAL adds: %s", rte_strerror(rte_errno));
	return rte_errno != 0 ? -rte_errno : -EIO;
}

/* The memory lock keeps pages from coming and going between the walk and the registration. */
static int
memory_map(struct bus_model *bus)
{
	struct mapping run = {.bus = bus};
	int ret;

	rte_mcfg_mem_read_lock();
	rte_memseg_walk_thread_unsafe(memseg_map, &run);
	mapping_flush(&run);
	ret = run.ret;
	if (ret == 0)
		ret = memory_follow(bus);
	rte_mcfg_mem_read_unlock();
	return ret;
}

static void
segment_unmap(struct bus_model *bus, const struct rte_memseg *ms)
{
	const int ret = aether_model_dma_unmap(bus->model, ms->iova, ms->len);

	if (ret != 0)
		BUS_LOG(ERR, bus, "cannot unmap %zu bytes at %p (IOVA 0x%" PRIx64 "): %s", ms->len,
			ms->addr, ms->iova, strerror(-ret));
}

static void
model_mem_event(enum rte_mem_event type, const void *addr, size_t len, void *arg)
{
	const struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	struct bus_model *bus = arg;
	struct mapping run = {.bus = bus};
	size_t done = 0;

	while (msl != NULL && done < len) {
		const struct rte_memseg *ms = rte_mem_virt2memseg(RTE_PTR_ADD(addr, done), msl);

		if (ms == NULL || ms->len == 0)
			break;
		if (ms->iova != RTE_BAD_IOVA) {
			if (type == RTE_MEM_EVENT_ALLOC)
				mapping_add(&run, ms->addr, ms->iova, ms->len);
			else
				segment_unmap(bus, ms);
		}
		done += ms->len;
	}
	mapping_flush(&run);
}

/*
 * The CPUs that lcores run on: where the service thread must not go by itself. Those of the main
 * lcore alone come first: they are the last resort, since main mostly waits where there are
 * workers.
 */
static unsigned int
busy_cpus_list(unsigned int cpus[CPU_SETSIZE])
{
	rte_cpuset_t workers, mains;
	unsigned int lcore, cpu, n = 0;

	CPU_ZERO(&workers);
	RTE_LCORE_FOREACH_WORKER(lcore) {
		rte_cpuset_t set = rte_lcore_cpuset(lcore);

		CPU_OR(&workers, &workers, &set);
	}
	mains = rte_lcore_cpuset(rte_get_main_lcore());
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &mains) && !CPU_ISSET(cpu, &workers))
			cpus[n++] = cpu;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &workers))
			cpus[n++] = cpu;
	return n;
}

static int
service_start(struct bus_model *bus, int cpu)
{
	unsigned int busy[CPU_SETSIZE];
	const unsigned int n = busy_cpus_list(busy);
	int ret;

	ret = aether_model_service_add(bus->model, cpu, busy, n);
	if (ret != 0)
		BUS_LOG(ERR, bus, "cannot run the model on CPU %d: %s", cpu, strerror(abs(ret)));
	else
		bus->in_service = true;
	return -abs(ret);
}

static int
model_power_on(struct bus_model *bus, const struct aether_bus_model_conf *conf)
{
	struct aether_model_conf model_conf = {
		.name = conf->name,
		.speed_mbps = conf->speed_mbps,
		.device_id = conf->device_id,
		.media = conf->media,
		.fec = conf->fec,
		.ddp = conf->ddp_preloaded ? AETHER_MODEL_DDP_PRELOADED :
			AETHER_MODEL_DDP_NONE,
		.bar_mode = AETHER_MODEL_BAR_CALL,
		.bar0_fd = -1,
		.bar0_hint = aether_bus_place(E810_BAR0_SIZE),
		.wire = conf->wire,
		.pcap = conf->pcap,
		.fault = conf->fault,
		.card = conf->card,
		.pf_id = conf->pf,
	};

	if (conf->mac != NULL)
		memcpy(model_conf.mac, conf->mac, sizeof(model_conf.mac));
	rte_errno = 0;
	bus->model = aether_model_create(&model_conf);
	if (bus->model == NULL)
		return rte_errno != 0 ? -rte_errno : -ENODEV;
	bus->bus.bar0 = aether_model_bar0(bus->model);
	bus->bus.bar0_len = E810_BAR0_SIZE;
	bus->bus.bar0_fd = aether_model_bar0_fd(bus->model);
	return 0;
}

int
aether_bus_model_open(const struct aether_bus_model_conf *conf, struct aether_bus **handle)
{
	struct bus_model *bus;
	int ret;

	bus = calloc(1, sizeof(*bus));
	if (bus == NULL)
		return -ENOMEM;
	bus->bus.ops = &model_ops;
	snprintf(bus->name, sizeof(bus->name), "%s", conf->name);

	ret = model_power_on(bus, conf);
	if (ret == 0)
		ret = memory_map(bus);
	if (ret == 0)
		ret = service_start(bus, conf->cpu);
	if (ret != 0) {
		model_close(&bus->bus);
		return ret;
	}
	*handle = &bus->bus;
	return 0;
}

struct aether_model *
aether_bus_model_get(struct aether_bus *bus)
{
	return bus->ops == &model_ops ? to_model(bus)->model : NULL;
}
