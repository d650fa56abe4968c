/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vfu_client.h"

#define PATIENCE_MS	5000

static bool
is_ready(int fd, short events, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	return poll(&poll_fd, 1, timeout_ms) == 1;
}

void
client_let_work(struct vfu_client *client)
{
	unsigned int rounds = 0;

	while (client->server != NULL && is_ready(aether_vfio_user_fd(client->server), POLLIN, 0)) {
		aether_vfio_user_handle(client->server);
		if (++rounds > 100000)
			fail_msg("the server finds no end of work");
	}
}

void
client_connect(struct vfu_client *client, const char *path, struct aether_vfio_user *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memset(client, 0, sizeof(*client));
	client->server = server;
	client->next_id = 1;
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(client->fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	client_let_work(client);
}

void
client_open(struct vfu_client *client, const char *path, struct aether_vfio_user *server)
{
	static const struct vfio_user_version version;

	client_connect(client, path, server);
	assert_int_equal(client_ask(client, VFIO_USER_VERSION, &version, sizeof(version), NULL, 0),
			 0);
}

void
client_close(struct vfu_client *client)
{
	client_drop_fds(client);
	close(client->fd);
	client_let_work(client);
}

void
client_send_raw(struct vfu_client *client, const void *data, size_t len, const int *fds,
		unsigned int n_fds)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int) * 64)];
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
	/* Large ones take several turns. */
	while (iov.iov_len != 0) {
		ssize_t n = sendmsg(client->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			client_let_work(client);
			assert_true(is_ready(client->fd, POLLOUT, PATIENCE_MS));
			continue;
		}
		if (n < 0)
			fail_msg("cannot send: %s", strerror(errno));
		iov.iov_base = (uint8_t *)iov.iov_base + n;
		iov.iov_len -= n;
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
	}
}

uint16_t
client_send(struct vfu_client *client, uint16_t command, uint32_t flags, const void *payload,
	    size_t len, const int *fds, unsigned int n_fds)
{
	static uint8_t message[CLIENT_MAX];
	struct vfio_user_header header = {
		.id = client->next_id++,
		.command = command,
		.size = sizeof(header) + len,
		.flags = flags,
	};

	assert_true(sizeof(header) + len <= sizeof(message));
	memcpy(message, &header, sizeof(header));
	if (len != 0)
		memcpy(message + sizeof(header), payload, len);
	client_send_raw(client, message, header.size, fds, n_fds);
	return header.id;
}

static void
take_fds(struct vfu_client *client, struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	unsigned int n;

	if (cmsg == NULL)
		return;
	assert_int_equal(msg->msg_flags & MSG_CTRUNC, 0);
	n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	assert_true(client->n_fds + n <= CLIENT_MAX_FDS);
	memcpy(&client->fds[client->n_fds], CMSG_DATA(cmsg), n * sizeof(int));
	client->n_fds += n;
}

/* Exactly len bytes. */
static void
receive_bytes(struct vfu_client *client, void *buf, size_t len)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int) * CLIENT_MAX_FDS)];
	} control;

	while (len != 0) {
		struct iovec iov = { buf, len };
		struct msghdr msg = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
		};
		ssize_t n;

		client_let_work(client);
		if (!is_ready(client->fd, POLLIN, PATIENCE_MS))
			fail_msg("there is no reply");
		n = recvmsg(client->fd, &msg, MSG_CMSG_CLOEXEC);
		if (n <= 0)
			fail_msg("the server hung up instead of replying");
		take_fds(client, &msg);
		buf = (uint8_t *)buf + n;
		len -= n;
	}
}

void
client_receive(struct vfu_client *client)
{
	client_drop_fds(client);
	receive_bytes(client, &client->header, sizeof(client->header));
	assert_in_range(client->header.size, sizeof(client->header), CLIENT_MAX);
	client->payload_len = client->header.size - sizeof(client->header);
	receive_bytes(client, client->payload, client->payload_len);
	assert_int_equal(client->header.flags & VFIO_USER_F_TYPE, VFIO_USER_F_REPLY);
	if ((client->header.flags & VFIO_USER_F_ERROR) != 0) {
		assert_int_equal(client->payload_len, 0);
		assert_int_not_equal(client->header.error, 0);
		assert_int_equal(client->n_fds, 0);
	} else {
		assert_int_equal(client->header.error, 0);
	}
}

bool
client_is_cut(struct vfu_client *client)
{
	uint8_t rest[256];
	ssize_t n;

	do {
		client_let_work(client);
		if (!is_ready(client->fd, POLLIN, client->server != NULL ? 0 : PATIENCE_MS))
			return false;
		n = recv(client->fd, rest, sizeof(rest), MSG_DONTWAIT);
	} while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

void
client_drop_fds(struct vfu_client *client)
{
	while (client->n_fds != 0)
		close(client->fds[--client->n_fds]);
}

int
client_ask(struct vfu_client *client, uint16_t command, const void *payload, size_t len,
	   const int *fds, unsigned int n_fds)
{
	uint16_t id = client_send(client, command, 0, payload, len, fds, n_fds);

	client_receive(client);
	assert_int_equal(client->header.id, id);
	assert_int_equal(client->header.command, command);
	return client->header.error;
}

int
client_read(struct vfu_client *client, uint32_t region, uint64_t offset, uint32_t count)
{
	const struct vfio_user_region_access access = { offset, region, count };

	return client_ask(client, VFIO_USER_REGION_READ, &access, sizeof(access), NULL, 0);
}

int
client_write(struct vfu_client *client, uint32_t region, uint64_t offset, const void *data,
	     uint32_t count)
{
	static uint8_t message[CLIENT_MAX];
	const struct vfio_user_region_access access = { offset, region, count };

	memcpy(message, &access, sizeof(access));
	memcpy(message + sizeof(access), data, count);
	return client_ask(client, VFIO_USER_REGION_WRITE, message, sizeof(access) + count, NULL, 0);
}

int
client_map(struct vfu_client *client, uint64_t iova, uint64_t size, int fd, uint64_t offset,
	   uint32_t flags)
{
	const struct vfio_user_dma_map map = { sizeof(map), flags, offset, iova, size };

	return client_ask(client, VFIO_USER_DMA_MAP, &map, sizeof(map), &fd, fd < 0 ? 0 : 1);
}

int
client_unmap(struct vfu_client *client, uint64_t iova, uint64_t size, uint32_t flags)
{
	const struct vfio_user_dma_unmap unmap = { sizeof(unmap), flags, iova, size };

	return client_ask(client, VFIO_USER_DMA_UNMAP, &unmap, sizeof(unmap), NULL, 0);
}

int
client_set_irqs(struct vfu_client *client, uint32_t flags, uint32_t index, uint32_t start,
		uint32_t count, const void *data, size_t data_len, const int *fds,
		unsigned int n_fds)
{
	uint8_t message[4096];
	const struct vfio_irq_set set = {
		.argsz = sizeof(set) + data_len,
		.flags = flags,
		.index = index,
		.start = start,
		.count = count,
	};

	assert_true(sizeof(set) + data_len <= sizeof(message));
	memcpy(message, &set, sizeof(set));
	if (data_len != 0)
		memcpy(message + sizeof(set), data, data_len);
	return client_ask(client, VFIO_USER_DEVICE_SET_IRQS, message, sizeof(set) + data_len, fds,
			  n_fds);
}

int
client_memory(size_t size)
{
	int fd = memfd_create("client", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

unsigned int
count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned int n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, "memfd:client") != NULL;
	fclose(file);
	return n;
}
