/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef VFU_PRIV_H
#define VFU_PRIV_H

#include <sys/types.h>

#include <rte_common.h>
#include <rte_log.h>

#include "aether_vfio_user.h"
#include "vfio_user.h"

extern int aether_vfio_user_logtype;
/** Whether the server has not logged too much of late (vfu_log.c). */
bool vfu_log_allowed(struct aether_vfio_user *server, uint32_t level);
#define VFU_LOG(level, server, fmt, ...) do { \
	if (vfu_log_allowed(server, RTE_LOG_ ## level)) \
		rte_log(RTE_LOG_ ## level, aether_vfio_user_logtype, \
			"aether_vfio_user %s: " fmt "\n", (server)->device.name, ## __VA_ARGS__); \
} while (0)

/** The largest message either way: a region access with all the data it may have. */
#define VFU_MAX_MESSAGE	(sizeof(struct vfio_user_header) + \
			 sizeof(struct vfio_user_region_access) + AETHER_VFIO_USER_MAX_DATA)
#define VFU_HANDLE_MESSAGES	64	/* that one aether_vfio_user_handle() answers */
#define VFU_LOG_LINES	200u	/* in a minute, of a server */
#define VFU_PAGE		4096u	/* granularity of DMA mappings, as clients are told */

/* ------------------------------------------------------------------ DMA (vfu_dma.c) --------- */

/** One DMA_MAP. */
struct vfu_map {
	uint64_t iova;
	uint64_t size;
	void *va;			/* NULL: came without a file, the device cannot reach it */
	void *base;			/* the mapping: more than va for huge pages */
	size_t len;
};

struct vfu_dma {
	struct vfu_map *maps;		/* sorted by iova */
	unsigned int n, size;
	unsigned int process_max;	/* mappings that the process may have */
	uint64_t bytes;			/* of addresses that they take */
	uint64_t place;			/* iova ^ place is where its memory is put; vfu_dma.c */
	bool fileless_logged;
};

struct vfu_request;

int vfu_dma_map(struct aether_vfio_user *server, struct vfu_request *request);
int vfu_dma_unmap(struct aether_vfio_user *server, struct vfu_request *request);
void vfu_dma_init(struct aether_vfio_user *server);
/** Mappings that a client may have. */
unsigned int vfu_dma_max(const struct aether_vfio_user *server);
/** Take everything from the device and unmap it. */
void vfu_dma_clear(struct aether_vfio_user *server);

/* ------------------------------------------------------------------ faults (vfu_fault.c) ---- */

/**
 * A client can shrink the file behind a mapping; whoever touches it then gets SIGBUS. While there
 * are servers a handler puts zeroed memory there and marks the server; its client is dropped.
 * A server's maps are changed between vfu_fault_lock() and _unlock(): the handler reads them.
 */
int vfu_fault_register(struct aether_vfio_user *server);
void vfu_fault_unregister(struct aether_vfio_user *server);
/** Servers of the process, at least 1. */
unsigned int vfu_servers(void);
void vfu_fault_lock(void);
void vfu_fault_unlock(void);

/* ------------------------------------------------------------------ interrupts (vfu_irq.c) -- */

int vfu_irq_info(struct aether_vfio_user *server, struct vfu_request *request);
int vfu_irq_set(struct aether_vfio_user *server, struct vfu_request *request);
void vfu_irq_drain(struct aether_vfio_user *server);
void vfu_irq_clear(struct aether_vfio_user *server);
int vfu_irq_create(struct aether_vfio_user *server);
void vfu_irq_free(struct aether_vfio_user *server);

/* ------------------------------------------------------------------ regions (vfu_region.c) -- */

int vfu_region_info(struct aether_vfio_user *server, struct vfu_request *request);
int vfu_region_read(struct aether_vfio_user *server, struct vfu_request *request);
int vfu_region_write(struct aether_vfio_user *server, struct vfu_request *request);

/* ------------------------------------------------------------------ messages (vfu_message.c)  */

/**
 * A command that has arrived, and its reply. A handler takes descriptors over by setting them to
 * -1; what is left is closed.
 */
struct vfu_request {
	const uint8_t *payload;		/* aligned to 8 bytes */
	size_t payload_len;
	int *fds;
	unsigned int n_fds;
	uint8_t *reply;			/* payload, AETHER_VFIO_USER_MAX_DATA + 16 bytes */
	size_t reply_len;
	int reply_fd;			/* to send along; stays its owner's; -1: none */
	bool end;			/* the connection ends once the reply is sent */
};

/** A command is refused with error, and the log says why. @return error */
int vfu_refuse(struct aether_vfio_user *server, int error, const char *format, ...)
	__rte_format_printf(3, 4);

/** Check and execute the command in the server's input, and put the reply into its output. */
void vfu_message_execute(struct aether_vfio_user *server);

/* ------------------------------------------------------------------ connection (vfu_conn.c) - */

/** The stream of messages with one client: at most one command in, and one reply out. */
struct vfu_conn {
	int fd;				/* -1: no client */
	pid_t pid;
	bool versioned;			/* VERSION was agreed on */
	bool fd_given;			/* it has the descriptor of a region */
	bool closing;			/* ends when the reply is sent */
	size_t in_len;			/* bytes of the command so far */
	size_t out_len, out_done;	/* bytes of the reply, and those sent */
	int out_fd;			/* goes with the first byte; -1: none */
	int fds[AETHER_VFIO_USER_MAX_FDS];
	unsigned int n_fds;
	bool fds_lost;			/* more came than there is room for */
	uint64_t errors;
	/* Buffers of VFU_MAX_MESSAGE bytes. */
	uint8_t *in, *out;
};

/**
 * Receive, execute and answer up to VFU_HANDLE_MESSAGES commands.
 * @return 0: the client is there; -ECONNRESET: it has gone; -EPROTO: its stream is unreadable
 */
int vfu_conn_run(struct aether_vfio_user *server);
/** Take a connected socket as the client. @return 0 or negative errno; then it is closed. */
int vfu_conn_open(struct aether_vfio_user *server, int fd);
/** Close it and every descriptor that came with an unfinished command. */
void vfu_conn_close(struct aether_vfio_user *server);

/* ------------------------------------------------------------------ server (vfu_server.c) --- */

struct aether_vfio_user {
	struct aether_vfio_user_device device;
	char *path;			/* NULL: does not listen */
	dev_t path_dev;			/* of the socket that was made there */
	ino_t path_ino;
	int epoll_fd, listen_fd, timer_fd, wake_fd;
	bool deaf;			/* listening is suspended until the timer expires */
	bool sending;			/* a reply waits for the client to read, until then too */
	uint32_t fault;			/* atomic: set by the SIGBUS handler */
	struct vfu_conn conn;
	struct vfu_dma dma;
	int *irq_fds[AETHER_VFIO_USER_MAX_IRQS];	/* a descriptor or -1 a vector */
	struct aether_vfio_user_stats stats;
	uint32_t log_minute, log_lines;
	struct aether_vfio_user *next;	/* of all servers (vfu_fault.c) */
};

/** Serve a client on a connected socket, which is taken over. @return 0, or -EBUSY, -ENOMEM ... */
int vfu_server_adopt(struct aether_vfio_user *server, int fd);

#endif /* VFU_PRIV_H */
