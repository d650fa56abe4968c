/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The server: its socket, who may be its client, and what is left behind when a client goes.
 *
 * One epoll descriptor gathers what a server waits for: its socket, the client, a timer, and the
 * SIGBUS handler's call. An application waits for that one.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_errno.h>

#include "vfu_priv.h"

RTE_LOG_REGISTER_DEFAULT(aether_vfio_user_logtype, NOTICE);

#define BACKLOG		8
#define SEND_TIMEOUT_S	10	/* for a client to read a reply that its socket has no room for */
#define DEAF_TIME_S	1	/* without listening, when the process is out of descriptors */

enum source { SOURCE_LISTEN, SOURCE_CLIENT, SOURCE_TIMER, SOURCE_WAKE, SOURCES };

/* ------------------------------------------------------------------ waiting ----------------- */

static int
watch(struct aether_vfio_user *server, int op, int fd, enum source source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u32 = source };

	return epoll_ctl(server->epoll_fd, op, fd, &event) == 0 ? 0 : -errno;
}

static void
timer_set(struct aether_vfio_user *server, unsigned int seconds)
{
	const struct itimerspec time = { .it_value.tv_sec = seconds };

	timerfd_settime(server->timer_fd, 0, &time, NULL);
}

/** Wait for the client to read while a reply is left, else for its next command. */
static void
watch_client(struct aether_vfio_user *server)
{
	bool sending = server->conn.out_len != 0;

	if (sending == server->sending)
		return;
	server->sending = sending;
	(void)watch(server, EPOLL_CTL_MOD, server->conn.fd, SOURCE_CLIENT,
		    sending ? EPOLLOUT : EPOLLIN);
	if (!server->deaf)
		timer_set(server, sending ? SEND_TIMEOUT_S : 0);
}

/* ------------------------------------------------------------------ client ------------------ */

/** The client is gone, or has to: the device becomes what it was before it came. */
static void
disconnect(struct aether_vfio_user *server)
{
	if (server->conn.fd < 0)
		return;
	vfu_irq_drain(server);
	/* First the reset: a device at rest does not run into memory that is taken away. */
	server->device.ops->reset(server->device.ctx);
	if (server->conn.fd_given && server->device.ops->renew != NULL)
		server->device.ops->renew(server->device.ctx);
	vfu_dma_clear(server);
	vfu_irq_clear(server);
	vfu_conn_close(server);
	server->sending = false;
	server->stats.connected = false;
	__atomic_store_n(&server->fault, 0, __ATOMIC_RELAXED);
}

static pid_t
peer_pid(int fd)
{
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 ? cred.pid : 0;
}

int
vfu_server_adopt(struct aether_vfio_user *server, int fd)
{
	int ret;

	if (server->conn.fd >= 0) {
		VFU_LOG(WARNING, server, "process %d is refused: process %d is the client, and "
			"there is one at a time; end that one, or give the other a device of its "
			"own", peer_pid(fd), server->conn.pid);
		close(fd);
		return -EBUSY;
	}
	ret = vfu_conn_open(server, fd);
	if (ret == 0)
		ret = watch(server, EPOLL_CTL_ADD, fd, SOURCE_CLIENT, EPOLLIN);
	if (ret != 0) {
		VFU_LOG(ERR, server, "a client cannot be served: %s", strerror(-ret));
		vfu_conn_close(server);
		return ret;
	}
	server->conn.pid = peer_pid(fd);
	server->stats.connected = true;
	server->stats.clients++;
	VFU_LOG(NOTICE, server, "process %d is the client", server->conn.pid);
	return 0;
}

static void
run_client(struct aether_vfio_user *server)
{
	pid_t pid = server->conn.pid;
	int ret = vfu_conn_run(server);

	if (ret == 0) {
		watch_client(server);
		return;
	}
	if (ret == -EPROTO)
		server->stats.broken++;
	disconnect(server);
	VFU_LOG(NOTICE, server, "the client, process %d, has %s", pid,
		ret == -EPROTO ? "been disconnected" : "gone");
}

static void
drop_client(struct aether_vfio_user *server, const char *why)
{
	if (server->conn.fd < 0)
		return;
	VFU_LOG(ERR, server, "the client, process %d, is disconnected: %s", server->conn.pid, why);
	server->stats.broken++;
	disconnect(server);
}

/* ------------------------------------------------------------------ listening --------------- */

static void
accept_client(struct aether_vfio_user *server)
{
	int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		vfu_server_adopt(server, fd);
		return;
	}
	if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS)
		return;
	VFU_LOG(ERR, server, "a client cannot be accepted: %s; tried again every %u s",
		strerror(errno), DEAF_TIME_S);
	server->deaf = true;
	(void)watch(server, EPOLL_CTL_MOD, server->listen_fd, SOURCE_LISTEN, 0);
	timer_set(server, DEAF_TIME_S);
}

static void
timer_expired(struct aether_vfio_user *server)
{
	uint64_t times;

	if (read(server->timer_fd, &times, sizeof(times)) != sizeof(times))
		return;
	if (server->deaf) {
		server->deaf = false;
		(void)watch(server, EPOLL_CTL_MOD, server->listen_fd, SOURCE_LISTEN, EPOLLIN);
		if (server->sending)
			timer_set(server, SEND_TIMEOUT_S);
	} else if (server->sending) {
		drop_client(server, "it does not read its replies");
	}
}

void
aether_vfio_user_handle(struct aether_vfio_user *server)
{
	struct epoll_event events[SOURCES];
	bool ready[SOURCES] = { false };
	uint64_t calls;
	int i, n = epoll_wait(server->epoll_fd, events, SOURCES, 0);

	for (i = 0; i < n; i++)
		ready[events[i].data.u32] = true;
	if (ready[SOURCE_WAKE] && read(server->wake_fd, &calls, sizeof(calls)) == sizeof(calls) &&
	    __atomic_load_n(&server->fault, __ATOMIC_RELAXED) != 0)
		drop_client(server, "memory that it has mapped for DMA is no longer in the file "
			    "behind it; it must not shrink that file");
	else if (ready[SOURCE_CLIENT])
		run_client(server);
	if (ready[SOURCE_TIMER])
		timer_expired(server);
	/* After the client: one that has gone makes room for the next. */
	if (ready[SOURCE_LISTEN])
		accept_client(server);
}

int
aether_vfio_user_fd(const struct aether_vfio_user *server)
{
	return server->epoll_fd;
}

/* ------------------------------------------------------------------ socket ------------------ */

/** Whether somebody answers at the address. */
static bool
is_live(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool live;

	if (fd < 0)
		return true;
	/* EAGAIN: its queue of clients is full. */
	live = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno == EAGAIN;
	close(fd);
	return live;
}

/** Make way for the socket. */
static int
clear_path(struct aether_vfio_user *server, const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(address->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode)) {
		VFU_LOG(ERR, server, "socket %s: there is something else of that name; give "
			"another path, or remove it", address->sun_path);
		return -EEXIST;
	}
	if (is_live(address)) {
		VFU_LOG(ERR, server, "socket %s: a server listens there; end it, or give another "
			"path", address->sun_path);
		return -EADDRINUSE;
	}
	VFU_LOG(INFO, server, "socket %s: left by a server that has ended, replaced",
		address->sun_path);
	return unlink(address->sun_path) == 0 ? 0 : -errno;
}

static int
bind_path(struct aether_vfio_user *server, const struct sockaddr_un *address)
{
	struct stat st;

	server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listen_fd < 0)
		return -errno;
	/* Linux gives the file the mode of the socket, so there is no moment with another. */
	if (fchmod(server->listen_fd, 0600) != 0 ||
	    bind(server->listen_fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
		return -errno;
	server->path = strdup(address->sun_path);
	if (server->path == NULL) {
		unlink(address->sun_path);
		return -ENOMEM;
	}
	if (lstat(server->path, &st) != 0 || listen(server->listen_fd, BACKLOG) != 0)
		return -errno;
	server->path_dev = st.st_dev;
	server->path_ino = st.st_ino;
	return watch(server, EPOLL_CTL_ADD, server->listen_fd, SOURCE_LISTEN, EPOLLIN);
}

static int
start_listening(struct aether_vfio_user *server, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ret;

	if (*path == '\0' || strlen(path) >= sizeof(address.sun_path)) {
		VFU_LOG(ERR, server, "socket '%s': wanted a path of 1 to %zu characters; give a "
			"shorter one", path, sizeof(address.sun_path) - 1);
		return *path == '\0' ? -EINVAL : -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	ret = clear_path(server, &address);
	if (ret == -EEXIST || ret == -EADDRINUSE)
		return ret;
	if (ret == 0)
		ret = bind_path(server, &address);
	if (ret != 0)
		VFU_LOG(ERR, server, "socket %s: cannot be made: %s; its folder must exist and be "
			"writable", path, strerror(-ret));
	return ret;
}

/** Remove the socket, unless somebody else's is there by now. */
static void
stop_listening(struct aether_vfio_user *server)
{
	struct stat st;

	if (server->listen_fd >= 0)
		close(server->listen_fd);
	if (server->path != NULL && lstat(server->path, &st) == 0 &&
	    st.st_dev == server->path_dev && st.st_ino == server->path_ino)
		unlink(server->path);
	free(server->path);
}

/* ------------------------------------------------------------------ life -------------------- */

static bool
region_ok(const struct aether_vfio_user_region *region)
{
	unsigned int i;

	if (region->n_areas > AETHER_VFIO_USER_MAX_AREAS ||
	    (region->n_areas != 0 && (region->fd < 0 || region->areas == NULL)))
		return false;
	for (i = 0; i < region->n_areas; i++) {
		const struct aether_vfio_user_area *area = &region->areas[i];

		if (area->size == 0 || area->offset > region->size ||
		    area->size > region->size - area->offset ||
		    (area->offset | area->size) % VFU_PAGE != 0)
			return false;
	}
	return true;
}

static bool
device_ok(const struct aether_vfio_user_device *device)
{
	const struct aether_vfio_user_ops *ops;
	unsigned int i;

	if (device == NULL || device->name == NULL || device->ops == NULL ||
	    device->n_regions > AETHER_VFIO_USER_MAX_REGIONS ||
	    device->n_irqs > AETHER_VFIO_USER_MAX_IRQS)
		return false;
	ops = device->ops;
	if (ops->region_read == NULL || ops->region_write == NULL || ops->irq_set == NULL ||
	    ops->dma_map == NULL || ops->dma_unmap == NULL || ops->reset == NULL)
		return false;
	for (i = 0; i < device->n_regions; i++)
		if (!region_ok(&device->regions[i]))
			return false;
	for (i = 0; i < device->n_irqs; i++)
		if (device->irqs[i].count > AETHER_VFIO_USER_MAX_VECTORS)
			return false;
	return true;
}

static int
open_sources(struct aether_vfio_user *server)
{
	int ret;

	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->epoll_fd < 0 || server->timer_fd < 0 || server->wake_fd < 0)
		return -errno;
	ret = watch(server, EPOLL_CTL_ADD, server->timer_fd, SOURCE_TIMER, EPOLLIN);
	if (ret == 0)
		ret = watch(server, EPOLL_CTL_ADD, server->wake_fd, SOURCE_WAKE, EPOLLIN);
	return ret;
}

struct aether_vfio_user *
aether_vfio_user_create(const char *path, const struct aether_vfio_user_device *device)
{
	struct aether_vfio_user *server;
	int ret;

	if (!device_ok(device)) {
		rte_errno = EINVAL;
		return NULL;
	}
	server = calloc(1, sizeof(*server));
	if (server == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	server->device = *device;
	server->epoll_fd = server->listen_fd = server->timer_fd = server->wake_fd = -1;
	server->conn.fd = -1;
	vfu_dma_init(server);
	ret = vfu_irq_create(server);
	if (ret == 0)
		ret = open_sources(server);
	if (ret == 0)
		ret = vfu_fault_register(server);
	if (ret == 0 && path != NULL)
		ret = start_listening(server, path);
	if (ret != 0) {
		aether_vfio_user_destroy(server);
		rte_errno = -ret;
		return NULL;
	}
	return server;
}

void
aether_vfio_user_destroy(struct aether_vfio_user *server)
{
	if (server == NULL)
		return;
	stop_listening(server);
	disconnect(server);
	vfu_fault_unregister(server);
	vfu_irq_free(server);
	if (server->timer_fd >= 0)
		close(server->timer_fd);
	if (server->wake_fd >= 0)
		close(server->wake_fd);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	free(server->dma.maps);
	free(server);
}

void
aether_vfio_user_stats_get(const struct aether_vfio_user *server,
			   struct aether_vfio_user_stats *stats)
{
	*stats = server->stats;
	stats->dma_maps = server->dma.n;
}
