/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The stream of messages with one client.
 *
 * A message is read in two pieces, header and rest, and never beyond its end: what descriptors
 * arrive with its bytes are its own. While a reply has not left, nothing more is read, so a client
 * that does not read has one reply's memory here and no more.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfu_priv.h"

union fd_control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(int) * AETHER_VFIO_USER_MAX_FDS)];
};

/** Keep the descriptors that came with some bytes; those without room are closed. */
static void
take_fds(struct vfu_conn *conn, struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	size_t i, n;
	int fd;

	/* Those that did not fit the buffer the kernel has dropped. */
	if ((msg->msg_flags & MSG_CTRUNC) != 0)
		conn->fds_lost = true;
	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
			if (conn->n_fds < AETHER_VFIO_USER_MAX_FDS) {
				conn->fds[conn->n_fds++] = fd;
			} else {
				close(fd);
				conn->fds_lost = true;
			}
		}
	}
}

static void
close_fds(struct vfu_conn *conn)
{
	unsigned int i;

	for (i = 0; i < conn->n_fds; i++)
		if (conn->fds[i] >= 0)
			close(conn->fds[i]);
	conn->n_fds = 0;
	conn->fds_lost = false;
}

/** Whether the stream can be followed past this header. */
static int
check_header(struct aether_vfio_user *server)
{
	const struct vfio_user_header *header = (const void *)server->conn.in;

	if (header->size < sizeof(*header) || header->size > VFU_MAX_MESSAGE) {
		VFU_LOG(ERR, server, "a message says that it has %" PRIu32 " bytes, wanted %zu to "
			"%zu; the connection ends", header->size, sizeof(*header), VFU_MAX_MESSAGE);
		return -EPROTO;
	}
	if ((header->flags & VFIO_USER_F_TYPE) != VFIO_USER_F_COMMAND) {
		VFU_LOG(ERR, server, "a message is of type %u, wanted a command (0): nothing was "
			"asked of the client; the connection ends",
			header->flags & VFIO_USER_F_TYPE);
		return -EPROTO;
	}
	return 0;
}

/** Bytes of the command that are still to come, as far as is known. */
static size_t
missing(const struct vfu_conn *conn)
{
	const struct vfio_user_header *header = (const void *)conn->in;

	if (conn->in_len < sizeof(*header))
		return sizeof(*header) - conn->in_len;
	return header->size - conn->in_len;
}

/** @return 1: a whole command is in, 0: the rest has to be waited for, or negative errno */
static int
receive(struct aether_vfio_user *server)
{
	struct vfu_conn *conn = &server->conn;
	union fd_control control;
	struct iovec iov;
	struct msghdr msg;
	ssize_t n;

	do {
		iov = (struct iovec){ conn->in + conn->in_len, missing(conn) };
		msg = (struct msghdr){
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
		};
		n = recvmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -ECONNRESET;
		take_fds(conn, &msg);
		if (n == 0)
			return -ECONNRESET;
		if (conn->in_len < sizeof(struct vfio_user_header) &&
		    conn->in_len + n >= sizeof(struct vfio_user_header) &&
		    check_header(server) != 0)
			return -EPROTO;
		conn->in_len += n;
	} while (missing(conn) != 0);
	return 1;
}

/** @return 1: the reply is out, 0: its rest has to wait, or negative errno */
static int
send_reply(struct vfu_conn *conn)
{
	union fd_control control = { 0 };
	struct iovec iov;
	struct msghdr msg;
	struct cmsghdr *cmsg;
	ssize_t n;

	while (conn->out_done < conn->out_len) {
		iov = (struct iovec){ conn->out + conn->out_done, conn->out_len - conn->out_done };
		msg = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
		if (conn->out_fd >= 0) {
			msg.msg_control = control.bytes;
			msg.msg_controllen = CMSG_SPACE(sizeof(int));
			cmsg = CMSG_FIRSTHDR(&msg);
			cmsg->cmsg_level = SOL_SOCKET;
			cmsg->cmsg_type = SCM_RIGHTS;
			cmsg->cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(cmsg), &conn->out_fd, sizeof(int));
		}
		n = sendmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -ECONNRESET;
		conn->out_fd = -1;
		conn->out_done += n;
	}
	conn->out_len = conn->out_done = 0;
	return 1;
}

int
vfu_conn_run(struct aether_vfio_user *server)
{
	struct vfu_conn *conn = &server->conn;
	unsigned int i;
	int ret;

	for (i = 0; i < VFU_HANDLE_MESSAGES; i++) {
		ret = send_reply(conn);
		if (ret <= 0)
			return ret;
		if (conn->closing)
			return -EPROTO;
		ret = receive(server);
		if (ret <= 0)
			return ret;
		vfu_message_execute(server);
		close_fds(conn);
		conn->in_len = 0;
	}
	ret = send_reply(conn);
	return RTE_MIN(ret, 0);
}

int
vfu_conn_open(struct aether_vfio_user *server, int fd)
{
	struct vfu_conn *conn = &server->conn;

	memset(conn, 0, sizeof(*conn));
	conn->fd = fd;
	conn->out_fd = -1;
	conn->in = malloc(VFU_MAX_MESSAGE);
	conn->out = malloc(VFU_MAX_MESSAGE);
	return conn->in == NULL || conn->out == NULL ? -ENOMEM : 0;
}

void
vfu_conn_close(struct aether_vfio_user *server)
{
	struct vfu_conn *conn = &server->conn;

	close_fds(conn);
	close(conn->fd);
	free(conn->in);
	free(conn->out);
	memset(conn, 0, sizeof(*conn));
	conn->fd = -1;
}
