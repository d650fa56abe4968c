/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * MSI-X vectors as eventfds. Vectors are enabled as a range from 0 on, and each of them then gets
 * and loses its eventfd by itself. Kernels before 6.5 enable more only after disabling all; a port
 * that needs many asks for its first ones before, so the range starts with room for most and grows
 * for the rest.
 */

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_common.h>

#include "bus_log.h"
#include "bus_vfio.h"

/** Vectors that are enabled at first: each takes one of the host's, which are few. */
#define FIRST_VECTORS	16u

/** @param fds n of them, NULL: disable the whole index
 * @return 0; the number of vectors that there are when n are too many; or negative errno */
static int
set_irqs(const struct bus_vfio *bus, uint32_t index, unsigned int start, unsigned int n,
	 const int *fds)
{
	const size_t size = sizeof(struct vfio_irq_set) + n * sizeof(int32_t);
	struct vfio_irq_set *set = calloc(1, size);
	int ret;

	if (set == NULL)
		return -ENOMEM;
	set->argsz = size;
	set->flags = VFIO_IRQ_SET_ACTION_TRIGGER |
		(fds != NULL ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE);
	set->index = index;
	set->start = start;
	set->count = fds != NULL ? n : 0;
	if (fds != NULL)
		memcpy(set->data, fds, n * sizeof(int32_t));
	ret = ioctl(bus->device_fd, VFIO_DEVICE_SET_IRQS, set);
	if (ret < 0)
		ret = -errno;
	free(set);
	return ret;
}

/** @return how many interrupts an index has, or negative errno */
static int
irq_count(const struct bus_vfio *bus, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(bus->device_fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0)
		return -errno;
	return info.flags & VFIO_IRQ_INFO_EVENTFD ? (int)info.count : 0;
}

/** Without that interrupt all else works: the port is then not told of a removal. */
static void
removal_init(struct bus_vfio *bus)
{
	int ret = irq_count(bus, VFIO_PCI_REQ_IRQ_INDEX);

	if (ret > 0) {
		bus->removal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		ret = bus->removal_fd < 0 ? -errno :
			set_irqs(bus, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, &bus->removal_fd);
		if (ret == 0)
			return;
	}
	BUS_LOG(NOTICE, bus, "the kernel does not tell when it wants %s back (%s): its removal will "
		"wait until the port is closed", bus->bdf,
		ret == 0 ? "no request interrupt" : strerror(abs(ret)));
	if (bus->removal_fd >= 0)
		close(bus->removal_fd);
	bus->removal_fd = -1;
}

int
bus_vfio_irq_init(struct bus_vfio *bus)
{
	const int n = irq_count(bus, VFIO_PCI_MSIX_IRQ_INDEX);
	int i;

	if (n <= 0) {
		BUS_LOG(ERR, bus, "%s has no MSI-X interrupts (%s); see: lspci -vv -s %s", bus->bdf,
			n < 0 ? strerror(-n) : "none", bus->bdf);
		return n < 0 ? n : -ENOTSUP;
	}
	bus->eventfds = malloc(n * sizeof(*bus->eventfds));
	if (bus->eventfds == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		bus->eventfds[i] = -1;
	bus->n_vectors = n;
	removal_init(bus);
	return 0;
}

void
bus_vfio_irq_fini(struct bus_vfio *bus)
{
	if (bus->n_enabled > 0)
		set_irqs(bus, VFIO_PCI_MSIX_IRQ_INDEX, 0, 0, NULL);
	bus->n_enabled = 0;
	free(bus->eventfds);
	bus->eventfds = NULL;
	if (bus->removal_fd >= 0) {
		set_irqs(bus, VFIO_PCI_REQ_IRQ_INDEX, 0, 0, NULL);
		close(bus->removal_fd);
	}
	bus->removal_fd = -1;
}

/** Enable the first n vectors, with the eventfds that they have. */
static int
enable(struct bus_vfio *bus, unsigned int n)
{
	int ret;

	if (bus->n_enabled > 0)
		set_irqs(bus, VFIO_PCI_MSIX_IRQ_INDEX, 0, 0, NULL);
	ret = set_irqs(bus, VFIO_PCI_MSIX_IRQ_INDEX, 0, n, bus->eventfds);
	bus->n_enabled = ret == 0 ? n : 0;
	return ret > 0 ? -ENOSPC : ret;
}

/** Let the range reach this vector, whose eventfd is set. */
static int
grow(struct bus_vfio *bus, unsigned int vector)
{
	const unsigned int before = bus->n_enabled;
	unsigned int i, n = FIRST_VECTORS;
	int ret;

	while (n <= vector)
		n *= 2;
	ret = enable(bus, RTE_MIN(n, bus->n_vectors));
	if (ret != 0)
		ret = enable(bus, vector + 1);
	if (ret != 0) {
		BUS_LOG(ERR, bus, "%s gets no %u interrupts (%s); use fewer Rx queues with "
			"interrupts, or see who has them: cat /proc/interrupts", bus->bdf,
			vector + 1, strerror(-ret));
		bus->eventfds[vector] = -1;
		if (before > 0)
			enable(bus, before);
	}
	/* What came while they were off is lost: who waits looks for himself. */
	for (i = 0; i < before && i < bus->n_enabled; i++) {
		if (bus->eventfds[i] >= 0)
			eventfd_write(bus->eventfds[i], 1);
	}
	return ret;
}

int
bus_vfio_irq_bind(struct aether_bus *handle, unsigned int vector, int eventfd)
{
	struct bus_vfio *bus = to_vfio(handle);
	int ret;

	if (vector >= bus->n_vectors)
		return -EINVAL;
	if (eventfd < 0 && vector >= bus->n_enabled)
		return 0;
	bus->eventfds[vector] = RTE_MAX(eventfd, -1);
	if (vector >= bus->n_enabled)
		return grow(bus, vector);
	ret = set_irqs(bus, VFIO_PCI_MSIX_IRQ_INDEX, vector, 1, &bus->eventfds[vector]);
	if (ret != 0)
		bus->eventfds[vector] = -1;
	return ret;
}
