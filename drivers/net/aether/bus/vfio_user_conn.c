/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <rte_log.h>

#include <vfio_user.h>

#include "vfio_user_conn.h"

RTE_LOG_REGISTER_SUFFIX(aether_vfu_logtype, bus.vfio_user, NOTICE);
#define VFU_LOG(level, name, fmt, ...) \
	rte_log(RTE_LOG_ ## level, aether_vfu_logtype, "net_aether %s: vfio-user: " fmt "\n", \
		name, ## __VA_ARGS__)

#define CONNECT_RETRY_MS	20
/** For the server to notice that the connection has ended: as long as for a reply, or this. */
#define PARTING_MS		1000u
/** Descriptors that can come with some bytes; more are the kernel's to drop. */
#define MAX_FDS			16

union fd_control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(int) * MAX_FDS)];
};

/** A reply that is being received. */
struct incoming {
	struct vfio_user_header header;
	int fds[MAX_FDS];
	unsigned int n_fds;
	bool fds_lost;			/* there were more */
};

struct aether_vfu_conn {
	char name[64];
	pthread_mutex_t lock;		/* held from a command to its reply */
	int fd, removal_fd;
	uint32_t timeout_ms;
	uint16_t next_id;
	bool lost;			/* atomic: read without the lock */
};

/* ------------------------------------------------------------------ time -------------------- */

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}

/** Wait until the socket is ready. @return 0 or -ETIMEDOUT */
static int
wait_ready(int fd, short events, uint64_t deadline)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	uint64_t now;

	for (;;) {
		now = now_ms();
		switch (poll(&poll_fd, 1, now >= deadline ? 0 : (int)(deadline - now))) {
		case 1:
			return 0;
		case 0:
			return -ETIMEDOUT;
		default:
			/* Interrupted; also then time goes by. */
			if (now >= deadline)
				return -ETIMEDOUT;
		}
	}
}

/* ------------------------------------------------------------------ the end ----------------- */

/**
 * Say goodbye and wait for the server to hang up. It holds our memory until then: buffers must not
 * be used for something else while it may still write to them.
 */
static void
part(struct aether_vfu_conn *conn)
{
	shutdown(conn->fd, SHUT_WR);
	if (wait_ready(conn->fd, POLLRDHUP, now_ms() + RTE_MIN(conn->timeout_ms, PARTING_MS)) != 0)
		VFU_LOG(WARNING, conn->name, "the server does not hang up: it may still write to "
			"this process's memory; end it");
	/* Makes the removal descriptor readable also if it did not. */
	shutdown(conn->fd, SHUT_RDWR);
}

/** Under the lock. @return -ENODEV */
static int
lose(struct aether_vfu_conn *conn, const char *why)
{
	if (__atomic_load_n(&conn->lost, __ATOMIC_RELAXED))
		return -ENODEV;
	VFU_LOG(ERR, conn->name, "%s; the device is gone", why);
	part(conn);
	__atomic_store_n(&conn->lost, true, __ATOMIC_RELEASE);
	return -ENODEV;
}

static int
refuse(struct aether_vfu_conn *conn, const char *format, va_list args)
{
	char why[256];

	vsnprintf(why, sizeof(why), format, args);
	return lose(conn, why);
}

/** A reply is none that can be. Under the lock. @return -ENODEV */
static int __rte_format_printf(2, 3)
refuse_reply(struct aether_vfu_conn *conn, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = refuse(conn, format, args);
	va_end(args);
	return ret;
}

int
aether_vfu_conn_refuse(struct aether_vfu_conn *conn, const char *format, ...)
{
	va_list args;
	int ret;

	pthread_mutex_lock(&conn->lock);
	va_start(args, format);
	ret = refuse(conn, format, args);
	va_end(args);
	pthread_mutex_unlock(&conn->lock);
	return ret;
}

bool
aether_vfu_conn_lost(const struct aether_vfu_conn *conn)
{
	return __atomic_load_n(&conn->lost, __ATOMIC_ACQUIRE);
}

int
aether_vfu_conn_removal_fd(const struct aether_vfu_conn *conn)
{
	return conn->removal_fd;
}

const char *
aether_vfu_conn_name(const struct aether_vfu_conn *conn)
{
	return conn->name;
}

/* ------------------------------------------------------------------ sending ----------------- */

static int
send_failed(struct aether_vfu_conn *conn, int err)
{
	if (err == EPIPE || err == ECONNRESET)
		return lose(conn, "the server has gone");
	return refuse_reply(conn, "a command cannot be sent: %s", strerror(err));
}

/** Send all of it; the descriptor goes with the first byte. */
static int
send_all(struct aether_vfu_conn *conn, struct iovec *iov, unsigned int n, int fd, uint64_t deadline)
{
	union fd_control control = { 0 };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
	struct cmsghdr *cmsg;
	ssize_t sent;

	if (fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	}
	while (msg.msg_iovlen > 0) {
		sent = sendmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN) {
			if (wait_ready(conn->fd, POLLOUT, deadline) != 0)
				return refuse_reply(conn, "the server takes no command for %" PRIu32
						    " ms", conn->timeout_ms);
			continue;
		}
		if (sent < 0)
			return send_failed(conn, errno);
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
		while (msg.msg_iovlen > 0 && (size_t)sent >= msg.msg_iov->iov_len) {
			sent -= msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (msg.msg_iovlen > 0) {
			msg.msg_iov->iov_base = (uint8_t *)msg.msg_iov->iov_base + sent;
			msg.msg_iov->iov_len -= sent;
		}
	}
	return 0;
}

/* ------------------------------------------------------------------ receiving --------------- */

static void
take_fds(struct incoming *in, struct msghdr *msg)
{
	struct cmsghdr *cmsg;
	size_t i, n;
	int fd;

	if ((msg->msg_flags & MSG_CTRUNC) != 0)
		in->fds_lost = true;
	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
			if (in->n_fds < MAX_FDS) {
				in->fds[in->n_fds++] = fd;
			} else {
				close(fd);
				in->fds_lost = true;
			}
		}
	}
}

static void
close_fds(struct incoming *in)
{
	while (in->n_fds > 0)
		close(in->fds[--in->n_fds]);
}

/** Exactly len bytes. */
static int
receive_all(struct aether_vfu_conn *conn, struct incoming *in, void *buf, size_t len,
	    uint64_t deadline)
{
	union fd_control control;
	ssize_t n;

	while (len > 0) {
		struct iovec iov = { buf, len };
		struct msghdr msg = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
		};

		n = recvmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (wait_ready(conn->fd, POLLIN, deadline) != 0)
				return refuse_reply(conn, "the server does not answer in %" PRIu32
						    " ms", conn->timeout_ms);
			continue;
		}
		if (n < 0)
			return refuse_reply(conn, "no reply: %s", strerror(errno));
		take_fds(in, &msg);
		if (n == 0)
			return lose(conn, "the server has gone");
		buf = (uint8_t *)buf + n;
		len -= n;
	}
	return 0;
}

/** Whether it is the reply to this command, and of a size that can be read. */
static int
check_header(struct aether_vfu_conn *conn, const struct vfio_user_header *header, uint16_t id,
	     const struct aether_vfu_call *call)
{
	const size_t len = header->size - sizeof(*header);

	if ((header->flags & VFIO_USER_F_TYPE) != VFIO_USER_F_REPLY ||
	    (header->flags & ~(VFIO_USER_F_TYPE | VFIO_USER_F_ERROR)) != 0)
		return refuse_reply(conn, "a message has flags 0x%" PRIx32 " where a reply (0x%x) "
				    "to command %u was wanted", header->flags, VFIO_USER_F_REPLY,
				    call->command);
	if (header->id != id || header->command != call->command)
		return refuse_reply(conn, "a reply is to command %u, id %u; wanted was one to "
				    "command %u, id %u", header->command, header->id, call->command,
				    id);
	if (header->size < sizeof(*header))
		return refuse_reply(conn, "the reply to command %u says it has %" PRIu32 " bytes, "
				    "which is less than its header", call->command, header->size);
	if ((header->flags & VFIO_USER_F_ERROR) != 0) {
		if (len != 0 || header->error == 0)
			return refuse_reply(conn, "command %u failed with error %" PRIu32 " and "
					    "%zu bytes; wanted were an errno and none",
					    call->command, header->error, len);
		return 0;
	}
	if (len < call->reply_min || len > call->reply_max)
		return refuse_reply(conn, "the reply to command %u has %zu bytes after the header, "
				    "wanted %zu to %zu", call->command, len, call->reply_min,
				    call->reply_max);
	return 0;
}

/** Hand over the reply's descriptor, if it may have one. */
static int
check_fds(struct aether_vfu_conn *conn, struct incoming *in, struct aether_vfu_call *call)
{
	const bool failed = (in->header.flags & VFIO_USER_F_ERROR) != 0;
	const unsigned int max = call->reply_fd != NULL && !failed ? 1 : 0;

	if (in->fds_lost || in->n_fds > max)
		return refuse_reply(conn, "the reply to command %u came with %u descriptors%s, "
				    "wanted at most %u", call->command, in->n_fds,
				    in->fds_lost ? " and more" : "", max);
	if (in->n_fds == 1) {
		*call->reply_fd = in->fds[0];
		in->n_fds = 0;
	}
	return 0;
}

static int
receive_reply(struct aether_vfu_conn *conn, struct aether_vfu_call *call, uint16_t id,
	      uint64_t deadline)
{
	struct incoming in = { .n_fds = 0 };
	int ret;

	ret = receive_all(conn, &in, &in.header, sizeof(in.header), deadline);
	if (ret == 0)
		ret = check_header(conn, &in.header, id, call);
	if (ret == 0) {
		call->reply_len = in.header.size - sizeof(in.header);
		ret = receive_all(conn, &in, call->reply, call->reply_len, deadline);
	}
	if (ret == 0)
		ret = check_fds(conn, &in, call);
	close_fds(&in);
	if (ret == 0 && (in.header.flags & VFIO_USER_F_ERROR) != 0)
		ret = in.header.error < 4096 ? -(int)in.header.error : -EIO;
	return ret;
}

int
aether_vfu_conn_call(struct aether_vfu_conn *conn, struct aether_vfu_call *call)
{
	struct vfio_user_header header = {
		.command = call->command,
		.size = sizeof(header) + call->head_len + call->data_len,
		.flags = VFIO_USER_F_COMMAND,
	};
	struct iovec iov[] = {
		{ &header, sizeof(header) },
		{ (void *)(uintptr_t)call->head, call->head_len },
		{ (void *)(uintptr_t)call->data, call->data_len },
	};
	uint64_t deadline;
	int ret;

	if (call->reply_fd != NULL)
		*call->reply_fd = -1;
	pthread_mutex_lock(&conn->lock);
	if (aether_vfu_conn_lost(conn)) {
		pthread_mutex_unlock(&conn->lock);
		return -ENODEV;
	}
	deadline = now_ms() + conn->timeout_ms;
	header.id = conn->next_id++;
	ret = send_all(conn, iov, RTE_DIM(iov), call->fd, deadline);
	if (ret == 0)
		ret = receive_reply(conn, call, header.id, deadline);
	pthread_mutex_unlock(&conn->lock);
	return ret;
}

/* ------------------------------------------------------------------ life -------------------- */

/**
 * A descriptor that EAL's interrupt thread can wait for. It would wait for data as well, and take
 * replies for the end: this one is ready for the end alone.
 */
static int
removal_open(int fd)
{
	struct epoll_event event = { .events = EPOLLRDHUP };
	int ret, epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_fd < 0)
		return -errno;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
		return epoll_fd;
	ret = -errno;
	close(epoll_fd);
	return ret;
}

int
aether_vfu_conn_adopt(const char *name, int fd, uint32_t timeout_ms, struct aether_vfu_conn **out)
{
	struct aether_vfu_conn *conn = calloc(1, sizeof(*conn));
	int ret = -ENOMEM;

	if (conn == NULL)
		goto close_fd;
	snprintf(conn->name, sizeof(conn->name), "%s", name);
	conn->fd = fd;
	conn->timeout_ms = timeout_ms != 0 ? timeout_ms : AETHER_VFU_TIMEOUT_MS;
	conn->removal_fd = removal_open(fd);
	if (conn->removal_fd < 0) {
		ret = conn->removal_fd;
		goto free_conn;
	}
	pthread_mutex_init(&conn->lock, NULL);
	*out = conn;
	return 0;

free_conn:
	free(conn);
close_fd:
	VFU_LOG(ERR, name, "cannot be connected: %s", strerror(-ret));
	close(fd);
	return ret;
}

void
aether_vfu_conn_close(struct aether_vfu_conn *conn)
{
	if (conn == NULL)
		return;
	if (!aether_vfu_conn_lost(conn))
		part(conn);
	close(conn->removal_fd);
	close(conn->fd);
	pthread_mutex_destroy(&conn->lock);
	free(conn);
}

/** A server whose queue of clients is full makes EAGAIN at once: it gets its time. */
static int
connect_in_time(int fd, const struct sockaddr_un *address, uint32_t timeout_ms)
{
	const struct timespec pause = { .tv_nsec = CONNECT_RETRY_MS * 1000000 };
	const uint64_t deadline = now_ms() + timeout_ms;

	while (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int
aether_vfu_conn_open(const char *name, const char *path, uint32_t timeout_ms,
		     struct aether_vfu_conn **conn)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, ret;

	if (*path == '\0' || strlen(path) >= sizeof(address.sun_path)) {
		VFU_LOG(ERR, name, "socket '%s': wanted a path of 1 to %zu characters; give a "
			"shorter one", path, sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = fd < 0 ? -errno : connect_in_time(fd, &address, timeout_ms != 0 ? timeout_ms :
						AETHER_VFU_TIMEOUT_MS);
	if (ret != 0) {
		VFU_LOG(ERR, name, "socket %s: no server there: %s; start one (aether-model "
			"--device name=%s,socket=%s), or give its socket", path, strerror(-ret),
			name, path);
		if (fd >= 0)
			close(fd);
		return ret;
	}
	return aether_vfu_conn_adopt(name, fd, timeout_ms, conn);
}
