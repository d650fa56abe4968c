/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef VFIO_USER_H
#define VFIO_USER_H

/**
 * @file
 * The vfio-user protocol on the wire: numbers and layouts (vfio-user specification, "Protocol
 * Specification"). All fields are in the host's byte order. What the protocol takes over from VFIO
 * as it is (device, region and interrupt descriptions) is in <linux/vfio.h>.
 */

#include <stdint.h>

#include <linux/vfio.h>

/** The version spoken here. A reply has the proposed major and at most the proposed minor. */
#define VFIO_USER_MAJOR		0
#define VFIO_USER_MINOR		0

/** Commands; all but DMA_READ and DMA_WRITE go from client to server. */
enum vfio_user_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_DEVICE_GET_INFO = 4,
	VFIO_USER_DEVICE_GET_REGION_INFO = 5,
	VFIO_USER_DEVICE_GET_REGION_IO_FDS = 6,
	VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
	VFIO_USER_DEVICE_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DMA_READ = 11,
	VFIO_USER_DMA_WRITE = 12,
	VFIO_USER_DEVICE_RESET = 13,
	VFIO_USER_REGION_WRITE_MULTI = 15,
};

/** Every message begins with this. */
struct vfio_user_header {
	uint16_t id;			/**< the sender's; a reply has the command's */
	uint16_t command;
	uint32_t size;			/**< of the whole message in bytes, this header included */
	uint32_t flags;			/**< VFIO_USER_F_* */
	uint32_t error;			/**< errno of a reply that has VFIO_USER_F_ERROR */
};

#define VFIO_USER_F_TYPE	0x0Fu
#define VFIO_USER_F_COMMAND	0x00u
#define VFIO_USER_F_REPLY	0x01u
#define VFIO_USER_F_NO_REPLY	0x10u	/**< of a command: no reply is wanted */
#define VFIO_USER_F_ERROR	0x20u	/**< of a reply: it failed, and the header is all */

/** VERSION, both ways; followed by JSON with a terminating NUL, or by nothing. */
struct vfio_user_version {
	uint16_t major;
	uint16_t minor;
};

/** DMA_MAP, with the file that backs the range, if it has one. No payload in the reply. */
struct vfio_user_dma_map {
	uint32_t argsz;			/**< of this structure */
	uint32_t flags;			/**< VFIO_DMA_MAP_FLAG_READ, _WRITE */
	uint64_t offset;		/**< in the file */
	uint64_t iova;
	uint64_t size;
};

/** DMA_UNMAP, both ways. */
struct vfio_user_dma_unmap {
	uint32_t argsz;
	uint32_t flags;			/**< VFIO_DMA_UNMAP_FLAG_ALL */
	uint64_t iova;
	uint64_t size;
};

/** DEVICE_GET_INFO, both ways: the first fields of struct vfio_device_info. */
struct vfio_user_device_info {
	uint32_t argsz;
	uint32_t flags;			/**< VFIO_DEVICE_FLAGS_RESET, _PCI */
	uint32_t num_regions;
	uint32_t num_irqs;
};

/** REGION_READ and REGION_WRITE, both ways; data follows in a write and in a read's reply. */
struct vfio_user_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

#endif /* VFIO_USER_H */
