/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Interrupts and memory of the VFIO door against a fake kernel: which vectors are enabled when,
 * and that memory which two devices were given stays until both have given it back. The files
 * under test are included, with the calls that leave the process renamed.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_vfio.h>

#include "bus/bus_vfio.h"

#define DEVICE_FD	77
#define MAX_VECTORS	2048

static struct {
	/* interrupts */
	unsigned int n_msix;		/* that the device has */
	unsigned int n_host;		/* that the machine can give */
	unsigned int n_request;		/* 0 or 1 */
	int request_errno;		/* of SET_IRQS for that */
	unsigned int n_enabled, n_enables;
	int fds[MAX_VECTORS];
	int request_fd;
	/* memory */
	unsigned int n_mapped, n_maps, n_unmaps;
	int map_errno;
} kernel;

static int
set_msix(const struct vfio_irq_set *set)
{
	const int *fds = (const int *)set->data;
	unsigned int i;

	if (set->count == 0) {
		kernel.n_enabled = 0;
		memset(kernel.fds, 0xff, sizeof(kernel.fds));
		return 0;
	}
	assert_true(set->flags & VFIO_IRQ_SET_DATA_EVENTFD);
	if (kernel.n_enabled == 0) {
		if (set->start + set->count > kernel.n_host)
			return kernel.n_host;	/* as Linux answers */
		kernel.n_enabled = set->start + set->count;
		kernel.n_enables++;
	}
	if (set->start + set->count > kernel.n_enabled) {
		errno = EINVAL;
		return -1;
	}
	for (i = 0; i < set->count; i++)
		kernel.fds[set->start + i] = fds[i];
	return 0;
}

static int
fake_set_irqs(const struct vfio_irq_set *set)
{
	assert_true(set->argsz >= sizeof(*set));
	if (set->index == VFIO_PCI_MSIX_IRQ_INDEX)
		return set_msix(set);
	assert_int_equal(set->index, VFIO_PCI_REQ_IRQ_INDEX);
	if (kernel.request_errno != 0 && set->count > 0) {
		errno = kernel.request_errno;
		return -1;
	}
	kernel.request_fd = set->count == 0 ? -1 : *(const int *)set->data;
	return 0;
}

static int
fake_ioctl(int fd, unsigned long request, void *arg)
{
	struct vfio_irq_info *info = arg;

	assert_int_equal(fd, DEVICE_FD);
	if (request == VFIO_DEVICE_SET_IRQS)
		return fake_set_irqs(arg);
	assert_int_equal(request, VFIO_DEVICE_GET_IRQ_INFO);
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	info->count = info->index == VFIO_PCI_MSIX_IRQ_INDEX ? kernel.n_msix : kernel.n_request;
	return 0;
}

static int
fake_map(int container, uint64_t va, uint64_t iova, uint64_t len)
{
	assert_int_equal(container, RTE_VFIO_DEFAULT_CONTAINER_FD);
	assert_int_equal(va, iova);
	assert_true(len > 0);
	if (kernel.map_errno != 0) {
		errno = kernel.map_errno;
		return -1;
	}
	kernel.n_maps++;
	kernel.n_mapped++;
	return 0;
}

static int
fake_unmap(int container, uint64_t va, uint64_t iova, uint64_t len)
{
	assert_int_equal(container, RTE_VFIO_DEFAULT_CONTAINER_FD);
	assert_int_equal(va, iova);
	assert_true(len > 0);
	assert_true(kernel.n_mapped > 0);
	kernel.n_unmaps++;
	kernel.n_mapped--;
	return 0;
}

#define ioctl				fake_ioctl
#define rte_vfio_container_dma_map	fake_map
#define rte_vfio_container_dma_unmap	fake_unmap
#include "bus/bus_vfio_irq.c"
#include "bus/bus_vfio_dma.c"

int aether_bus_logtype;

static int
open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void
door(struct bus_vfio *bus)
{
	memset(bus, 0, sizeof(*bus));
	bus->device_fd = DEVICE_FD;
	bus->removal_fd = -1;
	strcpy(bus->name, "test");
	strcpy(bus->bdf, "0000:18:00.0");
}

static int
setup(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	memset(kernel.fds, 0xff, sizeof(kernel.fds));
	kernel.n_msix = 1024;
	kernel.n_host = MAX_VECTORS;
	kernel.n_request = 1;
	kernel.request_fd = -1;
	return 0;
}

/* ---------------------------------------------------------------- interrupts ---------------- */

static void
test_vectors(void **state)
{
	struct bus_vfio bus;

	(void)state;
	door(&bus);
	assert_int_equal(bus_vfio_irq_init(&bus), 0);
	assert_int_equal(bus.n_vectors, 1024);
	/* Enabled once, with room for those to come. */
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 0, 100), 0);
	assert_int_equal(kernel.n_enabled, 16);
	assert_int_equal(kernel.fds[0], 100);
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 15, 115), 0);
	assert_int_equal(kernel.fds[15], 115);
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 15, -1), 0);
	assert_int_equal(kernel.fds[15], -1);
	assert_int_equal(kernel.n_enables, 1);
	/* What was never bound need not be enabled to be unbound. */
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 900, -1), 0);
	assert_int_equal(kernel.n_enables, 1);
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 1024, 5), -EINVAL);
	bus_vfio_irq_fini(&bus);
	assert_int_equal(kernel.n_enabled, 0);
}

static void
test_vectors_grow(void **state)
{
	const int admin = eventfd(0, EFD_NONBLOCK), before = open_fds();
	struct bus_vfio bus;
	uint64_t count;

	(void)state;
	door(&bus);
	assert_int_equal(bus_vfio_irq_init(&bus), 0);
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 0, admin), 0);
	assert_int_equal(read(admin, &count, sizeof(count)), -1);
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 16, 116), 0);
	assert_int_equal(kernel.n_enabled, 32);
	assert_int_equal(kernel.fds[0], admin);
	assert_int_equal(kernel.fds[16], 116);
	/* What came while all were off is lost, so those that were on are woken. */
	assert_int_equal(read(admin, &count, sizeof(count)), sizeof(count));
	bus_vfio_irq_fini(&bus);
	assert_int_equal(open_fds(), before);
	close(admin);
}

static void
test_host_has_few_vectors(void **state)
{
	struct bus_vfio bus;

	(void)state;
	door(&bus);
	kernel.n_host = 5;
	assert_int_equal(bus_vfio_irq_init(&bus), 0);
	/* As many as are asked for, if not room for more. */
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 0, 100), 0);
	assert_int_equal(kernel.n_enabled, 1);
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 4, 104), 0);
	assert_int_equal(kernel.n_enabled, 5);
	/* One too many is refused, and takes nothing from the others. */
	assert_int_equal(bus_vfio_irq_bind(&bus.bus, 5, 105), -ENOSPC);
	assert_int_equal(kernel.n_enabled, 5);
	assert_int_equal(kernel.fds[0], 100);
	assert_int_equal(kernel.fds[4], 104);
	bus_vfio_irq_fini(&bus);
}

static void
test_no_vectors(void **state)
{
	struct bus_vfio bus;

	(void)state;
	door(&bus);
	kernel.n_msix = 0;
	assert_int_equal(bus_vfio_irq_init(&bus), -ENOTSUP);
	bus_vfio_irq_fini(&bus);
}

static void
test_removal(void **state)
{
	const int before = open_fds();
	struct bus_vfio bus;

	(void)state;
	door(&bus);
	assert_int_equal(bus_vfio_irq_init(&bus), 0);
	assert_true(bus.removal_fd >= 0);
	assert_int_equal(kernel.request_fd, bus.removal_fd);
	bus_vfio_irq_fini(&bus);
	assert_int_equal(kernel.request_fd, -1);
	/* Without it the device is opened all the same. */
	kernel.request_errno = ENOTTY;
	assert_int_equal(bus_vfio_irq_init(&bus), 0);
	assert_int_equal(bus.removal_fd, -1);
	bus_vfio_irq_fini(&bus);
	kernel.n_request = 0;
	assert_int_equal(bus_vfio_irq_init(&bus), 0);
	assert_int_equal(bus.removal_fd, -1);
	bus_vfio_irq_fini(&bus);
	assert_int_equal(open_fds(), before);
}

/* ---------------------------------------------------------------- memory -------------------- */

static void
test_memory_is_shared(void **state)
{
	void *const va = (void *)0x10000;
	struct bus_vfio left, right;

	(void)state;
	door(&left);
	door(&right);
	assert_int_equal(bus_vfio_dma_map(&left.bus, va, 0x10000, 0x1000), 0);
	assert_int_equal(bus_vfio_dma_map(&right.bus, va, 0x10000, 0x1000), 0);
	assert_int_equal(kernel.n_maps, 1);
	assert_int_equal(bus_vfio_dma_unmap(&left.bus, va, 0x10000, 0x1000), 0);
	assert_int_equal(kernel.n_mapped, 1);
	/* What it has not, it cannot give back for the other. */
	assert_int_equal(bus_vfio_dma_unmap(&left.bus, va, 0x10000, 0x1000), -ENOENT);
	assert_int_equal(bus_vfio_dma_unmap(&right.bus, va, 0x10000, 0x800), -ENOENT);
	assert_int_equal(kernel.n_mapped, 1);
	assert_int_equal(bus_vfio_dma_unmap(&right.bus, va, 0x10000, 0x1000), 0);
	assert_int_equal(kernel.n_mapped, 0);
}

static void
test_memory_of_a_closed_port(void **state)
{
	struct bus_vfio left, right;

	(void)state;
	door(&left);
	door(&right);
	assert_int_equal(bus_vfio_dma_map(&left.bus, (void *)0x1000, 0x1000, 0x1000), 0);
	assert_int_equal(bus_vfio_dma_map(&left.bus, (void *)0x1000, 0x1000, 0x1000), 0);
	assert_int_equal(bus_vfio_dma_map(&right.bus, (void *)0x1000, 0x1000, 0x1000), 0);
	assert_int_equal(bus_vfio_dma_map(&left.bus, (void *)0x8000, 0x8000, 0x1000), 0);
	assert_int_equal(kernel.n_mapped, 2);
	bus_vfio_dma_fini(&left);
	assert_int_equal(kernel.n_mapped, 1);
	bus_vfio_dma_fini(&right);
	assert_int_equal(kernel.n_mapped, 0);
	assert_null(ranges);
}

static void
test_memory_is_refused(void **state)
{
	struct bus_vfio bus;

	(void)state;
	door(&bus);
	kernel.map_errno = ENOSPC;
	assert_int_equal(bus_vfio_dma_map(&bus.bus, (void *)0x1000, 0x1000, 0x1000), -ENOSPC);
	assert_int_equal(bus_vfio_dma_unmap(&bus.bus, (void *)0x1000, 0x1000, 0x1000), -ENOENT);
	kernel.map_errno = 0;
	assert_int_equal(bus_vfio_dma_map(&bus.bus, (void *)0x1000, 0x1000, 0x1000), 0);
	bus_vfio_dma_fini(&bus);
	assert_int_equal(kernel.n_unmaps, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_vectors, setup),
		cmocka_unit_test_setup(test_vectors_grow, setup),
		cmocka_unit_test_setup(test_host_has_few_vectors, setup),
		cmocka_unit_test_setup(test_no_vectors, setup),
		cmocka_unit_test_setup(test_removal, setup),
		cmocka_unit_test_setup(test_memory_is_shared, setup),
		cmocka_unit_test_setup(test_memory_of_a_closed_port, setup),
		cmocka_unit_test_setup(test_memory_is_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
