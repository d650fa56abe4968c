/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Interrupts: what there is, and which eventfd signals which. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vfu_priv.h"

#define SET_DATA_M	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | \
			 VFIO_IRQ_SET_DATA_EVENTFD)
#define SET_ACTION_M	(VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK | \
			 VFIO_IRQ_SET_ACTION_TRIGGER)

int
vfu_irq_info(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_irq_info *asked = (const void *)request->payload;
	struct vfio_irq_info *answer = (void *)request->reply;

	if (asked->argsz < sizeof(*answer))
		return vfu_refuse(server, -EINVAL, "argsz is %" PRIu32 ", wanted %zu or more",
				  asked->argsz, sizeof(*answer));
	if (asked->index >= server->device.n_irqs)
		return vfu_refuse(server, -EINVAL, "there is no interrupt type %" PRIu32 ", wanted "
				  "below %u", asked->index, server->device.n_irqs);
	*answer = (struct vfio_irq_info){
		.argsz = sizeof(*answer),
		.flags = server->device.irqs[asked->index].flags,
		.index = asked->index,
		.count = server->device.irqs[asked->index].count,
	};
	request->reply_len = sizeof(*answer);
	return 0;
}

/* ------------------------------------------------------------------ eventfds ---------------- */

/** Let the vector be signalled by fd, which is taken over, or by nothing (-1). */
static int
assign(struct aether_vfio_user *server, unsigned int index, unsigned int vector, int fd)
{
	int *slot = &server->irq_fds[index][vector];
	int ret;

	if (fd < 0 && *slot < 0)
		return 0;
	ret = server->device.ops->irq_set(server->device.ctx, index, vector, fd);
	if (ret != 0) {
		if (fd >= 0)
			close(fd);
		return ret;
	}
	/* The device has let go of the old one. */
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
	return 0;
}

static void
clear_type(struct aether_vfio_user *server, unsigned int index)
{
	unsigned int i;

	for (i = 0; i < server->device.irqs[index].count; i++)
		(void)assign(server, index, i, -1);
}

/** Empty what a client has filled: who waits to write there goes on. */
void
vfu_irq_drain(struct aether_vfio_user *server)
{
	struct pollfd poll_fd = { .events = POLLIN };
	unsigned int i, j;
	uint64_t count;

	for (i = 0; i < server->device.n_irqs; i++) {
		for (j = 0; j < server->device.irqs[i].count; j++) {
			poll_fd.fd = server->irq_fds[i][j];
			if (poll_fd.fd >= 0 && poll(&poll_fd, 1, 0) == 1 &&
			    (poll_fd.revents & POLLIN) != 0 &&
			    read(poll_fd.fd, &count, sizeof(count)) < 0)
				VFU_LOG(DEBUG, server, "vector %u cannot be emptied", j);
		}
	}
}

void
vfu_irq_clear(struct aether_vfio_user *server)
{
	unsigned int i;

	for (i = 0; i < server->device.n_irqs; i++)
		clear_type(server, i);
}

/** Any other kind of file could keep the device waiting when it writes. */
static bool
is_eventfd(int fd)
{
	char path[32], target[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return strcmp(target, "anon_inode:[eventfd]") == 0;
}

static int
set_eventfds(struct aether_vfio_user *server, const struct vfio_irq_set *set,
	     struct vfu_request *request)
{
	unsigned int i;
	int fd, ret;

	if (request->n_fds != 0 && request->n_fds != set->count)
		return vfu_refuse(server, -EINVAL, "%u eventfds came for %" PRIu32 " interrupts, "
				  "wanted one each or none at all", request->n_fds, set->count);
	for (i = 0; i < request->n_fds; i++)
		if (!is_eventfd(request->fds[i]))
			return vfu_refuse(server, -EINVAL, "descriptor %u is no eventfd (or /proc "
					  "is not mounted)", i);
	for (i = 0; i < set->count; i++) {
		fd = -1;
		if (request->n_fds != 0) {
			fd = request->fds[i];
			request->fds[i] = -1;
			(void)fcntl(fd, F_SETFL, O_NONBLOCK | O_RDWR);
		}
		ret = assign(server, set->index, set->start + i, fd);
		if (ret != 0)
			return vfu_refuse(server, ret, "the device refused vector %" PRIu32,
					  set->start + i);
	}
	return 0;
}

/** As if the device had raised it. */
static void
trigger(struct aether_vfio_user *server, unsigned int index, unsigned int vector)
{
	struct pollfd poll_fd = { .fd = server->irq_fds[index][vector], .events = POLLOUT };
	const uint64_t one = 1;

	/* A full eventfd, which has been signalled more than enough, would make this wait. */
	if (poll_fd.fd < 0 || poll(&poll_fd, 1, 0) != 1 || (poll_fd.revents & POLLOUT) == 0)
		return;
	if (write(poll_fd.fd, &one, sizeof(one)) != sizeof(one))
		VFU_LOG(DEBUG, server, "vector %u cannot be signalled", vector);
}

/* ------------------------------------------------------------------ SET_IRQS ---------------- */

static bool
is_one_bit(uint32_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static int
check_set(struct aether_vfio_user *server, const struct vfio_irq_set *set, size_t data_len)
{
	const struct aether_vfio_user_irq *irq;
	size_t wanted = (set->flags & VFIO_IRQ_SET_DATA_BOOL) != 0 ? set->count : 0;

	if (set->argsz < sizeof(*set))
		return vfu_refuse(server, -EINVAL, "argsz is %" PRIu32 ", wanted %zu or more",
				  set->argsz, sizeof(*set));
	if (!is_one_bit(set->flags & SET_DATA_M) || !is_one_bit(set->flags & SET_ACTION_M) ||
	    (set->flags & ~(SET_DATA_M | SET_ACTION_M)) != 0)
		return vfu_refuse(server, -EINVAL, "flags are 0x%" PRIx32 ", wanted one kind of "
				  "data and one action", set->flags);
	if (set->index >= server->device.n_irqs)
		return vfu_refuse(server, -EINVAL, "there is no interrupt type %" PRIu32 ", wanted "
				  "below %u", set->index, server->device.n_irqs);
	irq = &server->device.irqs[set->index];
	if (set->start > irq->count || set->count > irq->count - set->start)
		return vfu_refuse(server, -EINVAL, "%" PRIu32 " interrupts from %" PRIu32 " on, "
				  "wanted some of the %u of type %" PRIu32, set->count, set->start,
				  irq->count, set->index);
	if (data_len != wanted)
		return vfu_refuse(server, -EINVAL, "%zu bytes of data came for %" PRIu32
				  " interrupts, wanted %zu", data_len, set->count, wanted);
	if ((set->flags & VFIO_IRQ_SET_ACTION_TRIGGER) == 0 &&
	    ((irq->flags & VFIO_IRQ_INFO_MASKABLE) == 0 ||
	     (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0))
		return vfu_refuse(server, -ENOTSUP, "interrupts of type %" PRIu32 " cannot be "
				  "masked, or not by an eventfd", set->index);
	return 0;
}

int
vfu_irq_set(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_irq_set *set = (const void *)request->payload;
	unsigned int i;
	int ret;

	ret = check_set(server, set, request->payload_len - sizeof(*set));
	if (ret != 0)
		return ret;
	if ((set->flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0)
		return set_eventfds(server, set, request);
	if (request->n_fds != 0)
		return vfu_refuse(server, -EINVAL, "%u eventfds came, wanted none", request->n_fds);
	if (set->count == 0) {
		if (set->start != 0 || (set->flags & VFIO_IRQ_SET_ACTION_TRIGGER) == 0 ||
		    (set->flags & VFIO_IRQ_SET_DATA_NONE) == 0)
			return vfu_refuse(server, -EINVAL, "no interrupts from %" PRIu32 " on, "
					  "flags 0x%" PRIx32 "; wanted 0 and 0x%x to disable all",
					  set->start, set->flags, VFIO_IRQ_SET_DATA_NONE |
					  VFIO_IRQ_SET_ACTION_TRIGGER);
		clear_type(server, set->index);
		return 0;
	}
	/* Nothing here raises what can be masked, so masking it needs nothing. */
	if ((set->flags & VFIO_IRQ_SET_ACTION_TRIGGER) == 0)
		return 0;
	for (i = 0; i < set->count; i++)
		if ((set->flags & VFIO_IRQ_SET_DATA_NONE) != 0 || set->data[i] != 0)
			trigger(server, set->index, set->start + i);
	return 0;
}

/* ------------------------------------------------------------------ life -------------------- */

int
vfu_irq_create(struct aether_vfio_user *server)
{
	unsigned int i, count;

	for (i = 0; i < server->device.n_irqs; i++) {
		count = server->device.irqs[i].count;
		if (count == 0)
			continue;
		server->irq_fds[i] = malloc(count * sizeof(int));
		if (server->irq_fds[i] == NULL)
			return -ENOMEM;
		memset(server->irq_fds[i], 0xFF, count * sizeof(int));	/* -1 */
	}
	return 0;
}

void
vfu_irq_free(struct aether_vfio_user *server)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(server->irq_fds); i++)
		free(server->irq_fds[i]);
}
