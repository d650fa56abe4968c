/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef VFIO_USER_CONN_H
#define VFIO_USER_CONN_H

/**
 * @file
 * A connection to a vfio-user server: one command at a time, and its reply, which has to come in
 * time and to look as a reply to it may. A server that breaks these rules cannot be followed any
 * further: the connection is lost then, for good, and everything fails at once with -ENODEV.
 *
 * Any thread may call; each command holds the connection's lock until its reply is here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>

/** For a server to answer a command, unless told otherwise. */
#define AETHER_VFU_TIMEOUT_MS	10000
/** Largest payload of a reply. */
#define AETHER_VFU_MAX_PAYLOAD	(4096 + 16)

struct aether_vfu_conn;

/** A command, and what its reply may be. */
struct aether_vfu_call {
	uint16_t command;		/* enum vfio_user_command */
	const void *head;		/* the payload, in two parts */
	size_t head_len;
	const void *data;
	size_t data_len;
	int fd;				/* goes along; stays the caller's; -1: none */
	void *reply;			/* room for reply_max bytes */
	size_t reply_min, reply_max;	/* of the reply's payload */
	size_t reply_len;		/* out: what came */
	int *reply_fd;			/* out: a descriptor, the caller's to close, or -1; NULL:
					 * none may come */
};

/**
 * Connect to the socket of a server.
 *
 * @param name of the port, for the log
 * @param timeout_ms for this and for each reply; 0: AETHER_VFU_TIMEOUT_MS
 * @return 0, -ENAMETOOLONG, -ENOENT, -ECONNREFUSED, -ETIMEDOUT (a server is busy with another
 *   client) or other negative errno; the log says why
 */
int aether_vfu_conn_open(const char *name, const char *path, uint32_t timeout_ms,
			 struct aether_vfu_conn **conn);
/** The same with a connected socket, which is taken over also by an error. */
int aether_vfu_conn_adopt(const char *name, int fd, uint32_t timeout_ms,
			  struct aether_vfu_conn **conn);
/**
 * End the connection. The server is given a second to notice, for when it does it lets go of the
 * memory that it was given. NULL: nothing is done.
 */
void aether_vfu_conn_close(struct aether_vfu_conn *conn);

/**
 * Send a command and wait for the reply.
 *
 * @return 0; the server's error, negative; -ENODEV when the connection is or by this is lost
 */
int aether_vfu_conn_call(struct aether_vfu_conn *conn, struct aether_vfu_call *call);
/** What came makes no sense: lose the connection, and log why. @return -ENODEV */
int aether_vfu_conn_refuse(struct aether_vfu_conn *conn, const char *format, ...)
	__rte_format_printf(2, 3);
/** Whether it is lost, as far as is known without asking the server. */
bool aether_vfu_conn_lost(const struct aether_vfu_conn *conn);
/** Becomes readable, and stays so, when the server has gone or the connection is lost. */
int aether_vfu_conn_removal_fd(const struct aether_vfu_conn *conn);
const char *aether_vfu_conn_name(const struct aether_vfu_conn *conn);

#endif /* VFIO_USER_CONN_H */
