/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>

#include "fake_device.h"

static const struct aether_vfio_user_area areas[] = { { 0x1000, 0x2000 }, { 0x10000, 0x1000 } };

static const struct aether_vfio_user_region regions[FAKE_REGIONS] = {
	[FAKE_REGION_ROM] = { .size = 4096, .readable = true, .fd = -1 },
	[FAKE_REGION_NONE] = { .readable = true, .writable = true, .fd = -1 },
	[FAKE_REGION_CONFIG] = { .size = 4096, .readable = true, .writable = true, .fd = -1 },
};

static const struct aether_vfio_user_irq irqs[FAKE_IRQS] = {
	[FAKE_IRQ_INTX] = { 1, VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE },
	[FAKE_IRQ_MSIX] = { FAKE_VECTORS, VFIO_IRQ_INFO_EVENTFD },
};

static int
failure(struct fake_device *device)
{
	int fail = device->fail;

	device->fail = 0;
	return fail;
}

static uint8_t *
memory(struct fake_device *device, unsigned int region)
{
	return region == FAKE_REGION_MEM ? device->mem : device->config;
}

static int
region_read(void *ctx, unsigned int region, void *buf, size_t len, uint64_t offset)
{
	struct fake_device *device = ctx;

	memcpy(buf, memory(device, region) + offset, len);
	return failure(device);
}

static int
region_write(void *ctx, unsigned int region, const void *buf, size_t len, uint64_t offset)
{
	struct fake_device *device = ctx;

	memcpy(memory(device, region) + offset, buf, len);
	return failure(device);
}

static int
irq_set(void *ctx, unsigned int index, unsigned int vector, int eventfd)
{
	struct fake_device *device = ctx;
	int ret = failure(device);

	if (ret == 0)
		device->irq_fd[index][vector] = eventfd;
	return ret;
}

static int
dma_map(void *ctx, uint64_t iova, size_t len, void *va, bool writable)
{
	struct fake_device *device = ctx;
	int ret = failure(device);

	if (ret == 0)
		device->maps[device->n_maps++] = (struct fake_map){ iova, len, va, writable };
	return ret;
}

static void
dma_unmap(void *ctx, uint64_t iova, size_t len)
{
	struct fake_device *device = ctx;
	unsigned int i;

	for (i = device->n_maps; i-- != 0;) {
		if (device->maps[i].iova == iova && device->maps[i].len == len) {
			device->maps[i] = device->maps[--device->n_maps];
			return;
		}
	}
	fail_msg("0x%lx is unmapped and was not mapped", (unsigned long)iova);
}

static void
reset(void *ctx)
{
	struct fake_device *device = ctx;

	device->resets++;
	device->maps_at_reset = device->n_maps;
}

static const struct aether_vfio_user_ops ops = {
	.region_read = region_read,
	.region_write = region_write,
	.irq_set = irq_set,
	.dma_map = dma_map,
	.dma_unmap = dma_unmap,
	.reset = reset,
};

struct fake_device *
fake_device_create(void)
{
	/* What the server points to outlives it. */
	static struct aether_vfio_user_region all[FAKE_REGIONS];
	struct fake_device *device = calloc(1, sizeof(*device));
	char folder[] = "/tmp/aether-vfu-XXXXXX";
	struct aether_vfio_user_device offered = {
		.name = "fake", .ops = &ops, .ctx = device,
		.regions = all, .n_regions = FAKE_REGIONS,
		.irqs = irqs, .n_irqs = FAKE_IRQS,
	};

	assert_non_null(device);
	memset(device->irq_fd, 0xFF, sizeof(device->irq_fd));
	device->mem_fd = client_memory(FAKE_MEM_SIZE);
	memcpy(all, regions, sizeof(all));
	all[FAKE_REGION_MEM] = (struct aether_vfio_user_region){
		.size = FAKE_MEM_SIZE, .readable = true, .writable = true,
		.areas = areas, .n_areas = RTE_DIM(areas), .fd = device->mem_fd,
	};
	assert_non_null(mkdtemp(folder));
	snprintf(device->path, sizeof(device->path), "%s/socket", folder);
	device->server = aether_vfio_user_create(device->path, &offered);
	assert_non_null(device->server);
	return device;
}

void
fake_device_destroy(struct fake_device *device)
{
	char *slash = strrchr(device->path, '/');
	unsigned int i, j;

	aether_vfio_user_destroy(device->server);
	assert_int_equal(device->n_maps, 0);
	for (i = 0; i < FAKE_IRQS; i++)
		for (j = 0; j < FAKE_VECTORS; j++)
			assert_int_equal(device->irq_fd[i][j], -1);
	assert_int_equal(access(device->path, F_OK), -1);
	*slash = '\0';
	assert_int_equal(rmdir(device->path), 0);
	close(device->mem_fd);
	free(device);
}

uint8_t *
fake_device_dma(struct fake_device *device, uint64_t iova)
{
	unsigned int i;

	for (i = 0; i < device->n_maps; i++)
		if (iova - device->maps[i].iova < device->maps[i].len)
			return device->maps[i].va + (iova - device->maps[i].iova);
	return NULL;
}
