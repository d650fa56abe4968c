/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A device as vfio-user clients see it: regions, interrupts and DMA of one E810 function.
 *
 * Registers trap: each access comes here by message, and has its exact side effects. The doorbells
 * of Rx and Tx queues are memory. They lie in a file of their own that holds nothing else and
 * cannot be shrunk, because a client maps what it likes of a file that it gets. It keeps what it
 * has mapped when it goes, so the next client gets another file.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <fcntl.h>

#include <linux/vfio.h>

#include <rte_byteorder.h>
#include <rte_errno.h>

#include <e810_hw.h>

#include "device.h"

#define CONFIG_SIZE	4096
#define MSIX_TABLE_SIZE	(E810_BAR3_SIZE / 2)	/* the pending bits are behind it */

/** Doorbells: QRX_TAIL of 2048 queues, QTX_COMM_DBELL of 16384. */
static const struct aether_vfio_user_area doorbells[] = {
	{ QRX_TAIL(0), 4 * 2048 },
	{ QTX_COMM_DBELL(0), 4 * 16384 },
};
#define DOORBELLS_END	(QTX_COMM_DBELL(0) + 4 * 16384)

struct device {
	struct aether_model *model;
	struct aether_vfio_user *server;
	char *name;
	int doorbell_fd;
	struct aether_vfio_user_region regions[VFIO_PCI_NUM_REGIONS];
	struct aether_vfio_user_irq irqs[VFIO_PCI_NUM_IRQS];
	uint8_t msix_table[MSIX_TABLE_SIZE];
};

/* ------------------------------------------------------------------ regions ----------------- */

/** Registers are 32 bits wide; a client's CPU may join two. */
static bool
is_register_access(size_t len, uint64_t offset)
{
	return (len == 4 || len == 8) && offset % 4 == 0;
}

static int
bar0_read(struct device *device, uint8_t *buf, size_t len, uint64_t offset)
{
	uint32_t value;
	size_t i;

	if (!is_register_access(len, offset))
		return -EINVAL;
	for (i = 0; i < len; i += sizeof(value)) {
		value = rte_cpu_to_le_32(aether_model_reg_read32(device->model, offset + i));
		memcpy(buf + i, &value, sizeof(value));
	}
	return 0;
}

static int
bar0_write(struct device *device, const uint8_t *buf, size_t len, uint64_t offset)
{
	uint32_t value;
	size_t i;

	if (!is_register_access(len, offset))
		return -EINVAL;
	for (i = 0; i < len; i += sizeof(value)) {
		memcpy(&value, buf + i, sizeof(value));
		aether_model_reg_write32(device->model, offset + i, rte_le_to_cpu_32(value));
	}
	return 0;
}

/**
 * The MSI-X table is storage: interrupts go by eventfd, and clients keep a table of their own.
 * Nothing is ever pending.
 */
static void
bar3_access(struct device *device, uint8_t *in, const uint8_t *out, size_t len, uint64_t offset)
{
	size_t i;

	for (i = 0; i < len; i++, offset++) {
		if (in != NULL)
			in[i] = offset < MSIX_TABLE_SIZE ? device->msix_table[offset] : 0;
		else if (offset < MSIX_TABLE_SIZE)
			device->msix_table[offset] = out[i];
	}
}

static int
region_read(void *ctx, unsigned int region, void *buf, size_t len, uint64_t offset)
{
	struct device *device = ctx;
	int ret;

	switch (region) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return bar0_read(device, buf, len, offset);
	case VFIO_PCI_BAR3_REGION_INDEX:
		bar3_access(device, buf, NULL, len, offset);
		return 0;
	default:
		ret = aether_model_config_read(device->model, buf, len, offset);
		return RTE_MIN(ret, 0);
	}
}

static int
region_write(void *ctx, unsigned int region, const void *buf, size_t len, uint64_t offset)
{
	struct device *device = ctx;
	int ret;

	switch (region) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return bar0_write(device, buf, len, offset);
	case VFIO_PCI_BAR3_REGION_INDEX:
		bar3_access(device, NULL, buf, len, offset);
		return 0;
	default:
		ret = aether_model_config_write(device->model, buf, len, offset);
		return RTE_MIN(ret, 0);
	}
}

/* ------------------------------------------------------------------ the rest ---------------- */

/** The other kinds are accepted and never raised. */
static int
irq_set(void *ctx, unsigned int index, unsigned int vector, int eventfd)
{
	struct device *device = ctx;

	if (index != VFIO_PCI_MSIX_IRQ_INDEX)
		return 0;
	return aether_model_irq_bind(device->model, vector, eventfd);
}

static int
dma_map(void *ctx, uint64_t iova, size_t len, void *va, bool writable)
{
	struct device *device = ctx;

	return aether_model_dma_map(device->model, iova, len, va, writable);
}

static void
dma_unmap(void *ctx, uint64_t iova, size_t len)
{
	struct device *device = ctx;

	(void)aether_model_dma_unmap(device->model, iova, len);
}

static void
reset(void *ctx)
{
	struct device *device = ctx;

	aether_model_flr(device->model);
	memset(device->msix_table, 0, sizeof(device->msix_table));
}

/* ------------------------------------------------------------------ doorbells --------------- */

/** Put zeroed memory under the doorbells: of the file, or of none (-1). */
static int
map_doorbells(struct device *device, int fd)
{
	uint8_t *bar = aether_model_bar0(device->model);
	unsigned int i;

	/* The device may look at them meanwhile: it sees the old or the new. */
	for (i = 0; i < RTE_DIM(doorbells); i++)
		if (mmap(bar + doorbells[i].offset, doorbells[i].size, PROT_READ | PROT_WRITE,
			 MAP_FIXED | MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd,
			 fd < 0 ? 0 : doorbells[i].offset) == MAP_FAILED)
			return -errno;
	return 0;
}

/** Put a file under the doorbells that a client may have. */
static int
open_doorbells(struct device *device)
{
	device->doorbell_fd = memfd_create("aether-model-doorbells",
					   MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (device->doorbell_fd < 0 || ftruncate(device->doorbell_fd, DOORBELLS_END) != 0 ||
	    fcntl(device->doorbell_fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return -errno;
	return map_doorbells(device, device->doorbell_fd);
}

static void
describe_doorbells(struct device *device)
{
	struct aether_vfio_user_region *bar0 = &device->regions[VFIO_PCI_BAR0_REGION_INDEX];

	bar0->fd = device->doorbell_fd;
	bar0->areas = doorbells;
	/* Without a file they are registers like the others. */
	bar0->n_areas = bar0->fd < 0 ? 0 : RTE_DIM(doorbells);
}

/** The file that the last client had is no longer the device's. */
static void
renew(void *ctx)
{
	struct device *device = ctx;
	int ret;

	close(device->doorbell_fd);
	ret = open_doorbells(device);
	if (ret != 0) {
		fprintf(stderr, "%s: no new memory for the doorbells (%s): the next client has to "
			"write them by message, which is slower\n", device->name, strerror(-ret));
		if (device->doorbell_fd >= 0)
			close(device->doorbell_fd);
		device->doorbell_fd = -1;
		if (map_doorbells(device, -1) != 0)
			fprintf(stderr, "%s: the client that has gone can still ring them; "
				"restart aether-model\n", device->name);
	}
	describe_doorbells(device);
}

/* ------------------------------------------------------------------ life -------------------- */

static const struct aether_vfio_user_ops ops = {
	.region_read = region_read,
	.region_write = region_write,
	.irq_set = irq_set,
	.dma_map = dma_map,
	.dma_unmap = dma_unmap,
	.reset = reset,
	.renew = renew,
};

static void
describe(struct device *device)
{
	struct aether_vfio_user_region *bar0 = &device->regions[VFIO_PCI_BAR0_REGION_INDEX];
	struct aether_vfio_user_region *bar3 = &device->regions[VFIO_PCI_BAR3_REGION_INDEX];
	struct aether_vfio_user_region *config = &device->regions[VFIO_PCI_CONFIG_REGION_INDEX];
	unsigned int i;

	for (i = 0; i < RTE_DIM(device->regions); i++) {
		device->regions[i].readable = device->regions[i].writable = true;
		device->regions[i].fd = -1;
	}
	bar0->size = E810_BAR0_SIZE;
	describe_doorbells(device);
	bar3->size = E810_BAR3_SIZE;
	config->size = CONFIG_SIZE;

	for (i = 0; i < RTE_DIM(device->irqs); i++)
		device->irqs[i] = (struct aether_vfio_user_irq){ 1, VFIO_IRQ_INFO_EVENTFD };
	device->irqs[VFIO_PCI_INTX_IRQ_INDEX].flags |= VFIO_IRQ_INFO_MASKABLE |
		VFIO_IRQ_INFO_AUTOMASKED;
	device->irqs[VFIO_PCI_MSIX_IRQ_INDEX].count = aether_model_irq_count(device->model);
}

static int
serve(struct device *device, const char *path)
{
	const struct aether_vfio_user_device offered = {
		.name = device->name,
		.ops = &ops,
		.ctx = device,
		.regions = device->regions,
		.n_regions = RTE_DIM(device->regions),
		.irqs = device->irqs,
		.n_irqs = RTE_DIM(device->irqs),
	};

	describe(device);
	device->server = aether_vfio_user_create(path, &offered);
	return device->server != NULL ? 0 : -rte_errno;
}

static int
power_on(struct device *device, const struct device_args *args)
{
	struct aether_model_conf conf = {
		.name = args->name,
		.device_id = args->device_id,
		.pf_id = args->pf,
		.card = args->card,
		.speed_mbps = args->speed_mbps,
		.ddp = args->ddp_preloaded ? AETHER_MODEL_DDP_PRELOADED : AETHER_MODEL_DDP_NONE,
		.wire = args->wire,
		.pcap = args->pcap,
		.media = args->media,
		.fec = args->fec,
		.fault = args->fault,
		.rdma = args->rdma,
	};

	memcpy(conf.mac, args->mac, sizeof(conf.mac));
	device->name = strdup(args->name);
	if (device->name == NULL)
		return -ENOMEM;
	device->model = aether_model_create(&conf);
	return device->model != NULL ? 0 : -rte_errno;
}

struct device *
device_create(const struct device_args *args)
{
	struct device *device = calloc(1, sizeof(*device));
	int ret;

	if (device == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	device->doorbell_fd = -1;
	ret = power_on(device, args);
	if (ret == 0)
		ret = open_doorbells(device);
	if (ret == 0)
		ret = serve(device, args->socket);
	if (ret != 0) {
		device_destroy(device);
		rte_errno = -ret;
		return NULL;
	}
	return device;
}

void
device_destroy(struct device *device)
{
	if (device == NULL)
		return;
	aether_vfio_user_destroy(device->server);
	aether_model_destroy(device->model);
	if (device->doorbell_fd >= 0)
		close(device->doorbell_fd);
	free(device->name);
	free(device);
}

const char *
device_name(const struct device *device)
{
	return device->name;
}

struct aether_model *
device_model(struct device *device)
{
	return device->model;
}

struct aether_vfio_user *
device_server(struct device *device)
{
	return device->server;
}

void
device_print_summary(struct device *device, FILE *out)
{
	struct aether_model_wire_stats wire;
	struct aether_vfio_user_stats server;
	struct aether_model_stats model;

	aether_model_wire_stats_get(device->model, &wire);
	aether_model_stats_get(device->model, &model);
	aether_vfio_user_stats_get(device->server, &server);
	fprintf(out, "%s: rx %" PRIu64 " packets, %" PRIu64 " dropped; tx %" PRIu64 " packets, %"
		PRIu64 " dropped\n", device->name, wire.rx_delivered, wire.rx_dropped,
		wire.tx_packets, wire.tx_dropped);
	fprintf(out, "%s: admin commands %" PRIu64 ", errors %" PRIu64 ", unmodelled %" PRIu64
		"; interrupts %" PRIu64 "; DMA faults %" PRIu64 "; MDD events %" PRIu64 "\n",
		device->name, model.aq_commands, model.aq_errors, model.aq_unmodelled,
		model.interrupts, model.dma_faults, model.mdd_events);
	fprintf(out, "%s: clients %" PRIu64 ", disconnected %" PRIu64 "; messages %" PRIu64
		", refused %" PRIu64 "\n", device->name, server.clients, server.broken,
		server.messages, server.errors);
}
