/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

/** @file A device that notes what is asked of it. */

#include "vfu_client.h"

#define FAKE_REGION_MEM		0	/* 1 MiB, of which two areas can be mapped */
#define FAKE_REGION_ROM		1	/* 4 KiB, can be read only */
#define FAKE_REGION_NONE	2	/* size 0 */
#define FAKE_REGION_CONFIG	7
#define FAKE_REGIONS		9
#define FAKE_MEM_SIZE		(1u << 20)
#define FAKE_IRQ_INTX		0	/* 1, can be masked */
#define FAKE_IRQ_MSIX		2	/* 40 */
#define FAKE_IRQ_NONE		3	/* of these there are none */
#define FAKE_IRQS		5
#define FAKE_VECTORS		40
#define FAKE_MAX_MAPS		70000

struct fake_map {
	uint64_t iova;
	size_t len;
	uint8_t *va;
	bool writable;
};

struct fake_device {
	struct aether_vfio_user *server;
	char path[64];			/* of its socket */
	int mem_fd;
	uint8_t mem[FAKE_MEM_SIZE];	/* region 0 by message */
	uint8_t config[4096];
	int irq_fd[FAKE_IRQS][FAKE_VECTORS];
	struct fake_map maps[FAKE_MAX_MAPS];
	unsigned int n_maps;
	unsigned int resets;
	unsigned int maps_at_reset;	/* mappings that were there at the last one */
	int fail;			/* what the next call that may fail returns */
};

/** Made in a folder of its own; the server listens in it. */
struct fake_device *fake_device_create(void);
/** Fails the test when the server left something behind. */
void fake_device_destroy(struct fake_device *device);

/** Where the device reaches iova, or NULL. */
uint8_t *fake_device_dma(struct fake_device *device, uint64_t iova);

#endif /* FAKE_DEVICE_H */
