/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef VFIO_USER_CLIENT_H
#define VFIO_USER_CLIENT_H

/**
 * @file
 * The commands of a vfio-user client, on a connection (vfio_user_conn.h). What a server answers is
 * checked here; whether it is a device that one can work with is for the caller to judge.
 *
 * Unless said otherwise 0 or negative errno is returned: the server's own error, or -ENODEV once
 * the connection is lost.
 */

#include <stdbool.h>

#include "vfio_user_caps.h"
#include "vfio_user_conn.h"

/** Areas of a region that can be mapped; a server that has more is refused. */
#define AETHER_VFU_MAX_AREAS	16

/** A device, as its server describes it. */
struct aether_vfu_device {
	uint32_t n_regions, n_irqs;
	bool pci, can_reset;
};

/** A region. Areas lie inside of it, are aligned to pages, in order, and do not overlap. */
struct aether_vfu_region {
	uint64_t size;
	bool readable, writable;
	int fd;				/**< the file of the areas, the caller's to close; -1: none */
	uint64_t fd_offset;		/**< where in it the region begins */
	unsigned int n_areas;
	struct aether_vfu_area {
		uint64_t offset, size;	/**< in the region, bytes */
	} areas[AETHER_VFU_MAX_AREAS];
};

/** Agree on the version, which comes first. @param[out] caps the server's limits */
int aether_vfu_version(struct aether_vfu_conn *conn, struct aether_vfu_caps *caps);
int aether_vfu_device_info(struct aether_vfu_conn *conn, struct aether_vfu_device *device);
/** @param[out] region when 0 is returned, its fd has to be closed */
int aether_vfu_region_info(struct aether_vfu_conn *conn, uint32_t index,
			   struct aether_vfu_region *region);
/** Read or write len bytes (any number) of a region. */
int aether_vfu_region_read(struct aether_vfu_conn *conn, uint32_t region, uint64_t offset,
			   void *buf, uint32_t len);
int aether_vfu_region_write(struct aether_vfu_conn *conn, uint32_t region, uint64_t offset,
			    const void *buf, uint32_t len);
/** @param[out] count interrupts of this type that an eventfd can signal */
int aether_vfu_irq_info(struct aether_vfu_conn *conn, uint32_t index, uint32_t *count);
/** Let an interrupt be signalled by an eventfd, or by nothing (-1). */
int aether_vfu_irq_set(struct aether_vfu_conn *conn, uint32_t index, uint32_t vector, int eventfd);
/** Let the device reach len bytes of a file, from offset on, at iova. */
int aether_vfu_dma_map(struct aether_vfu_conn *conn, uint64_t iova, uint64_t len, int fd,
		       uint64_t offset);
int aether_vfu_dma_unmap(struct aether_vfu_conn *conn, uint64_t iova, uint64_t len);
int aether_vfu_reset(struct aether_vfu_conn *conn);

#endif /* VFIO_USER_CLIENT_H */
