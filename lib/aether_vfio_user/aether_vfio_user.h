/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_VFIO_USER_H
#define AETHER_VFIO_USER_H

/**
 * @file
 * The server side of vfio-user: a PCI device of this process, offered to another one (QEMU's
 * vfio-user-pci, a driver) over a unix socket.
 *
 * A server has one device, one socket, and one client at a time; a second client is refused. When
 * a client goes, however it goes, the device is reset, its DMA mappings and eventfds are gone, and
 * the next client finds it as the first did.
 *
 * Nothing a client sends is trusted: a message that is wrong is answered with an errno, one that
 * makes the stream unreadable ends the connection, and neither does more. Work and memory per
 * message are bounded, and nothing here blocks.
 *
 * Threading: one server is driven by one thread; several servers may be driven by one. DPDK's EAL
 * need not be initialised.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Limits of this server; a client is told the first three. */
#define AETHER_VFIO_USER_MAX_FDS	16	/**< file descriptors in one message */
#define AETHER_VFIO_USER_MAX_DATA	65536	/**< bytes in one region access */
#define AETHER_VFIO_USER_MAX_MAPS	65535	/**< DMA mappings of one client, and its share of
						 * those that the process may have */
/** Regions, interrupt types, interrupts of a type, and mappable areas of a region. */
#define AETHER_VFIO_USER_MAX_REGIONS	16
#define AETHER_VFIO_USER_MAX_IRQS	8
#define AETHER_VFIO_USER_MAX_VECTORS	2048
#define AETHER_VFIO_USER_MAX_AREAS	16

/** A part of a region that clients may map; in bytes, multiples of the page size. */
struct aether_vfio_user_area {
	uint64_t offset;
	uint64_t size;
};

/** One region, as VFIO numbers them (VFIO_PCI_BAR0_REGION_INDEX ...). */
struct aether_vfio_user_region {
	uint64_t size;			/**< bytes; 0: there is none */
	bool readable, writable;
	/**
	 * Areas that clients map from fd, whose offset fd_offset + area.offset is the area's
	 * beginning. A client can map all of the file and, if it is not sealed, shrink it: give a
	 * sealed one that holds nothing else. No areas: every access comes to the device.
	 */
	const struct aether_vfio_user_area *areas;
	unsigned int n_areas;
	int fd;
	uint64_t fd_offset;
};

/** One type of interrupt, as VFIO numbers them (VFIO_PCI_INTX_IRQ_INDEX ...). */
struct aether_vfio_user_irq {
	unsigned int count;
	uint32_t flags;			/**< VFIO_IRQ_INFO_* */
};

/**
 * What the device does. ctx is the device's. Calls that return int: 0, or a negative errno that
 * the client gets. All are made by the thread that calls aether_vfio_user_handle() or _destroy().
 */
struct aether_vfio_user_ops {
	/** Access a region; [offset, offset + len) is inside it, len at most
	 * AETHER_VFIO_USER_MAX_DATA and not 0. */
	int (*region_read)(void *ctx, unsigned int region, void *buf, size_t len, uint64_t offset);
	int (*region_write)(void *ctx, unsigned int region, const void *buf, size_t len,
			    uint64_t offset);
	/** Signal an interrupt by this eventfd (-1: by none). It stays open until the next call
	 * for the same vector has returned. It has been made non-blocking; a client can undo that,
	 * and fill it: a device that must not wait polls for POLLOUT before it writes. */
	int (*irq_set)(void *ctx, unsigned int index, unsigned int vector, int eventfd);
	/** Give the device access to the client's memory, or take it away; ranges are page-aligned
	 * and never overlap, and what is taken away was given in the same piece. After dma_unmap
	 * has returned the device does not touch it. */
	int (*dma_map)(void *ctx, uint64_t iova, size_t len, void *va, bool writable);
	void (*dma_unmap)(void *ctx, uint64_t iova, size_t len);
	/** DEVICE_RESET; and the first thing that happens when a client has gone. */
	void (*reset)(void *ctx);
	/** A client that was given a region's fd has gone, and may hold it for ever: put another
	 * file in its place, and into the region, before the next client comes. Called after
	 * reset. NULL: what these areas hold may be shared with former clients. */
	void (*renew)(void *ctx);
};

/** A device. Copied by aether_vfio_user_create(), but for what pointers point to. */
struct aether_vfio_user_device {
	const char *name;		/**< for the log */
	const struct aether_vfio_user_ops *ops;
	void *ctx;
	const struct aether_vfio_user_region *regions;
	unsigned int n_regions;
	const struct aether_vfio_user_irq *irqs;
	unsigned int n_irqs;
};

struct aether_vfio_user;

/**
 * Listen for clients.
 *
 * @param path of the socket, at most 107 characters; made with mode 0600. A socket that is there
 *   and that nobody listens on is replaced.
 * @param device what to serve; everything it points to must outlive the server
 * @return the server, or NULL with rte_errno: EADDRINUSE (a live server has the path), EEXIST
 *   (something else than a socket has it), ENAMETOOLONG, EINVAL (a bad device), or what the
 *   system's calls give; the log says which, and what to do
 */
struct aether_vfio_user *aether_vfio_user_create(const char *path,
						 const struct aether_vfio_user_device *device);

/** Disconnect the client, if there is one, as if it had gone; remove the socket. NULL is fine. */
void aether_vfio_user_destroy(struct aether_vfio_user *server);

/** A file descriptor that is readable (POLLIN) when aether_vfio_user_handle() has work. */
int aether_vfio_user_fd(const struct aether_vfio_user *server);

/** Do what there is to do, up to some messages; never blocks. */
void aether_vfio_user_handle(struct aether_vfio_user *server);

/** What has happened. */
struct aether_vfio_user_stats {
	bool connected;
	uint64_t clients;		/**< that were served */
	uint64_t messages;		/**< commands received */
	uint64_t errors;		/**< of these, answered with an error */
	uint64_t broken;		/**< connections that this side ended */
	uint32_t dma_maps;		/**< in force */
};
void aether_vfio_user_stats_get(const struct aether_vfio_user *server,
				struct aether_vfio_user_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* AETHER_VFIO_USER_H */
