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
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>

#include <aether_model.h>
#include <e810_hw.h>

#include "aether_bus.h"
#include "bus_log.h"
#include "bus_memory.h"
#include "bus_place.h"

RTE_LOG_REGISTER_SUFFIX(aether_bus_logtype, bus, NOTICE);

struct bus_model {
	struct aether_bus bus;		/* first: the door's handle is its address */
	struct aether_model *model;
	char name[64];
	struct aether_bus_memory memory;
	bool in_service;
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

/* In the reverse order of opening; what is not there yet is skipped, so that it serves a failed
 * open too. The service thread is out of the device before its memory goes. */
static void
model_close(struct aether_bus *handle)
{
	struct bus_model *bus = to_model(handle);

	if (bus->in_service)
		aether_model_service_remove(bus->model);
	aether_bus_memory_stop(&bus->memory);
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

static int
memory_piece_map(void *model, void *va, uint64_t iova, size_t len)
{
	return aether_model_dma_map(model, iova, len, va, true);
}

static int
memory_piece_unmap(void *model, void *va, uint64_t iova, size_t len)
{
	RTE_SET_USED(va);
	return aether_model_dma_unmap(model, iova, len);
}

static int
memory_map(struct bus_model *bus)
{
	bus->memory.name = bus->name;
	bus->memory.map = memory_piece_map;
	bus->memory.unmap = memory_piece_unmap;
	bus->memory.ctx = bus->model;
	return aether_bus_memory_start(&bus->memory);
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
