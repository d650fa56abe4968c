/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef SCRIPTED_SERVER_H
#define SCRIPTED_SERVER_H

/**
 * @file
 * A vfio-user server that has said all it has to say before it is asked: replies wait in the
 * socket. It shares the thread of the client under test. Reply n is to the client's command n.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vfio_user.h>

#define SERVER_MAX_FDS	32

struct scripted_server {
	int fd;
	int client_fd;			/* the client takes it over */
	uint16_t next_id;
};

/** What a reply begins with, and what comes along; with zeroes a good one. */
struct scripted_reply {
	uint16_t command;
	uint16_t id_off;		/* added to the id */
	uint32_t size;			/* 0: the truth */
	uint32_t flags;			/* 0: of a reply */
	uint32_t error;
	const int *fds;
	unsigned int n_fds;
};

static inline int
server_open(struct scripted_server *server)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	*server = (struct scripted_server){ .fd = pair[0], .client_fd = pair[1] };
	return 0;
}

static inline int
server_send(struct scripted_server *server, const void *data, size_t len, const int *fds,
	    unsigned int n_fds)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int) * SERVER_MAX_FDS)];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (n_fds != 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * n_fds);
	}
	return sendmsg(server->fd, &msg, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

static inline int
server_reply(struct scripted_server *server, const struct scripted_reply *reply,
	     const void *payload, size_t len)
{
	struct {
		struct vfio_user_header header;
		uint8_t payload[8192];
	} message = {
		.header = {
			.id = server->next_id++ + reply->id_off,
			.command = reply->command,
			.size = reply->size != 0 ? reply->size : sizeof(message.header) + len,
			.flags = reply->flags != 0 ? reply->flags : VFIO_USER_F_REPLY,
			.error = reply->error,
		},
	};

	if (len != 0)
		memcpy(message.payload, payload, len);
	return server_send(server, &message, sizeof(message.header) + len, reply->fds,
			   reply->n_fds);
}

/** A good reply without descriptors. */
static inline int
server_good(struct scripted_server *server, uint16_t command, const void *payload, size_t len)
{
	return server_reply(server, &(struct scripted_reply){ .command = command }, payload, len);
}

/** Nothing more will come. */
static inline void
server_hang_up(struct scripted_server *server)
{
	shutdown(server->fd, SHUT_WR);
}

#endif /* SCRIPTED_SERVER_H */
