/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef VFU_CLIENT_H
#define VFU_CLIENT_H

/**
 * @file
 * A vfio-user client for tests: it says what it is told to, right or wrong. Server and client share
 * a thread: whoever waits for a reply lets the server work.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <aether_vfio_user.h>
#include <vfio_user.h>

#include "count_fds.h"

#define CLIENT_MAX	(128 * 1024)
#define CLIENT_MAX_FDS	32

struct vfu_client {
	int fd;
	struct aether_vfio_user *server;	/* that is given time; NULL: has a thread */
	uint16_t next_id;
	/* The last reply. */
	struct vfio_user_header header;
	uint8_t payload[CLIENT_MAX] __attribute__((aligned(8)));
	size_t payload_len;
	int fds[CLIENT_MAX_FDS];
	unsigned int n_fds;
};

/** Connect, without a word. */
void client_connect(struct vfu_client *client, const char *path, struct aether_vfio_user *server);
/** Connect and agree on the version. */
void client_open(struct vfu_client *client, const char *path, struct aether_vfio_user *server);
/** Hang up, and let the server notice. */
void client_close(struct vfu_client *client);
/** Let the server work until it has nothing to do. */
void client_let_work(struct vfu_client *client);

/** Send bytes with descriptors, as they are. */
void client_send_raw(struct vfu_client *client, const void *data, size_t len, const int *fds,
		     unsigned int n_fds);
/** Send a command. @return its id */
uint16_t client_send(struct vfu_client *client, uint16_t command, uint32_t flags,
		     const void *payload, size_t len, const int *fds, unsigned int n_fds);
/** Receive a reply; fails the test when there is none. Descriptors stay open: client_drop_fds(). */
void client_receive(struct vfu_client *client);
/** Whether the server has hung up, after what there was to read. */
bool client_is_cut(struct vfu_client *client);
void client_drop_fds(struct vfu_client *client);

/** Send a command and receive its reply. @return the errno in it, 0: it succeeded */
int client_ask(struct vfu_client *client, uint16_t command, const void *payload, size_t len,
	       const int *fds, unsigned int n_fds);
/** The same of particular commands. */
int client_read(struct vfu_client *client, uint32_t region, uint64_t offset, uint32_t count);
int client_write(struct vfu_client *client, uint32_t region, uint64_t offset, const void *data,
		 uint32_t count);
/** fd -1: without a file. */
int client_map(struct vfu_client *client, uint64_t iova, uint64_t size, int fd, uint64_t offset,
	       uint32_t flags);
int client_unmap(struct vfu_client *client, uint64_t iova, uint64_t size, uint32_t flags);
int client_set_irqs(struct vfu_client *client, uint32_t flags, uint32_t index, uint32_t start,
		    uint32_t count, const void *data, size_t data_len, const int *fds,
		    unsigned int n_fds);

/** A memory file of size bytes. */
int client_memory(size_t size);
/** Memory mappings of this process. */
unsigned int count_mappings(void);

#endif /* VFU_CLIENT_H */
