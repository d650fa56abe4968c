/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_device.h"

#define NONE_TRIGGER	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
#define BOOL_TRIGGER	(VFIO_IRQ_SET_DATA_BOOL | VFIO_IRQ_SET_ACTION_TRIGGER)
#define FD_TRIGGER	(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NONE_MASK	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK)

static struct fake_device *device;
static struct vfu_client client;
static int fds[17];
static unsigned int fds_before;

static int
setup(void **state)
{
	unsigned int i;

	(void)state;
	device = fake_device_create();
	client_open(&client, device->path, device->server);
	for (i = 0; i < 17; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	fds_before = count_fds();
	return 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	(void)state;
	client_close(&client);
	fake_device_destroy(device);
	for (i = 0; i < 17; i++)
		close(fds[i]);
	return 0;
}

static int
set(uint32_t flags, uint32_t index, uint32_t start, uint32_t count, unsigned int n_fds)
{
	return client_set_irqs(&client, flags, index, start, count, NULL, 0, fds, n_fds);
}

static uint64_t
signals(unsigned int i)
{
	uint64_t n = 0;

	return read(fds[i], &n, sizeof(n)) == sizeof(n) ? n : 0;
}

/* The device writes to the descriptor that it was given: the client's eventfd. */
static void
assert_signalled_by(unsigned int vector, unsigned int i)
{
	const uint64_t one = 1;
	int fd = device->irq_fd[FAKE_IRQ_MSIX][vector];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
	assert_int_equal(signals(i), 1);
}

static void
test_assign(void **state)
{
	(void)state;
	assert_int_equal(set(FD_TRIGGER, FAKE_IRQ_MSIX, 0, 16, 16), 0);
	assert_int_equal(set(FD_TRIGGER, FAKE_IRQ_MSIX, 39, 1, 1), 0);
	assert_signalled_by(3, 3);
	assert_signalled_by(39, 0);
	assert_int_equal(count_fds(), fds_before + 17);
	/* Another one in its place; the old one is let go. */
	assert_int_equal(client_set_irqs(&client, FD_TRIGGER, FAKE_IRQ_MSIX, 3, 1, NULL, 0,
					 &fds[16], 1), 0);
	assert_signalled_by(3, 16);
	assert_int_equal(count_fds(), fds_before + 17);
	/* No descriptors: these three are signalled by nothing. */
	assert_int_equal(set(FD_TRIGGER, FAKE_IRQ_MSIX, 2, 3, 0), 0);
	assert_int_equal(device->irq_fd[FAKE_IRQ_MSIX][3], -1);
	assert_signalled_by(5, 5);
	assert_int_equal(count_fds(), fds_before + 14);
	/* Count 0: all of the type. */
	assert_int_equal(set(NONE_TRIGGER, FAKE_IRQ_MSIX, 0, 0, 0), 0);
	assert_int_equal(device->irq_fd[FAKE_IRQ_MSIX][39], -1);
	assert_int_equal(count_fds(), fds_before);
}

static void
test_client_gone(void **state)
{
	(void)state;
	assert_int_equal(set(FD_TRIGGER, FAKE_IRQ_MSIX, 0, 16, 16), 0);
	assert_int_equal(set(FD_TRIGGER, FAKE_IRQ_INTX, 0, 1, 1), 0);
	client_close(&client);
	assert_int_equal(device->irq_fd[FAKE_IRQ_MSIX][0], -1);
	assert_int_equal(device->irq_fd[FAKE_IRQ_INTX][0], -1);
	/* Less the two ends of the connection. */
	assert_int_equal(count_fds(), fds_before - 2);
	client_open(&client, device->path, device->server);
}

/* The client raises interrupts itself. */
static void
test_trigger(void **state)
{
	static const uint8_t which[4] = { 1, 0, 1, 0 };

	(void)state;
	assert_int_equal(set(FD_TRIGGER, FAKE_IRQ_MSIX, 0, 4, 4), 0);
	assert_int_equal(set(NONE_TRIGGER, FAKE_IRQ_MSIX, 1, 2, 0), 0);
	assert_int_equal(signals(0), 0);
	assert_int_equal(signals(1), 1);
	assert_int_equal(signals(2), 1);
	assert_int_equal(client_set_irqs(&client, BOOL_TRIGGER, FAKE_IRQ_MSIX, 0, 4, which, 4, NULL,
					 0), 0);
	assert_int_equal(signals(0), 1);
	assert_int_equal(signals(1), 0);
	assert_int_equal(signals(2), 1);
	/* Of one that has no eventfd, nothing comes. */
	assert_int_equal(set(NONE_TRIGGER, FAKE_IRQ_MSIX, 10, 2, 0), 0);
}

/* A full eventfd that would block is not written to. */
static void
test_trigger_full(void **state)
{
	int full = eventfd(0, EFD_CLOEXEC);
	uint64_t most = UINT64_MAX - 1;

	(void)state;
	assert_int_equal(write(full, &most, sizeof(most)), sizeof(most));
	assert_int_equal(client_set_irqs(&client, FD_TRIGGER, FAKE_IRQ_MSIX, 0, 1, NULL, 0, &full,
					 1), 0);
	/* The device would not be kept waiting either. */
	assert_int_equal(fcntl(full, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(set(NONE_TRIGGER, FAKE_IRQ_MSIX, 0, 1, 0), 0);
	/* Blocking again, against the rules. */
	assert_int_equal(fcntl(full, F_SETFL, O_RDWR), 0);
	assert_int_equal(set(NONE_TRIGGER, FAKE_IRQ_MSIX, 0, 1, 0), 0);
	/* Who waits is let go when the client is. */
	client_close(&client);
	assert_int_equal(fcntl(full, F_SETFL, O_NONBLOCK | O_RDWR), 0);
	assert_int_equal(read(full, &most, sizeof(most)), -1);
	assert_int_equal(errno, EAGAIN);
	client_open(&client, device->path, device->server);
	close(full);
}

static void
test_mask(void **state)
{
	(void)state;
	assert_int_equal(set(NONE_MASK, FAKE_IRQ_INTX, 0, 1, 0), 0);
	assert_int_equal(set(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK, FAKE_IRQ_INTX, 0,
			     1, 0), 0);
	assert_int_equal(set(NONE_MASK, FAKE_IRQ_MSIX, 0, 1, 0), ENOTSUP);
	assert_int_equal(set(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK, FAKE_IRQ_INTX,
			     0, 1, 1), ENOTSUP);
	assert_int_equal(count_fds(), fds_before);
}

static void
test_bad(void **state)
{
	static const struct {
		uint32_t flags, index, start, count;
		unsigned int n_fds;
	} bad[] = {
		{ 0, FAKE_IRQ_MSIX, 0, 1, 0 },
		{ VFIO_IRQ_SET_DATA_NONE, FAKE_IRQ_MSIX, 0, 1, 0 },
		{ VFIO_IRQ_SET_ACTION_TRIGGER, FAKE_IRQ_MSIX, 0, 1, 0 },
		{ FD_TRIGGER | VFIO_IRQ_SET_DATA_NONE, FAKE_IRQ_MSIX, 0, 1, 1 },
		{ FD_TRIGGER | VFIO_IRQ_SET_ACTION_MASK, FAKE_IRQ_MSIX, 0, 1, 1 },
		{ FD_TRIGGER | 0x40, FAKE_IRQ_MSIX, 0, 1, 1 },
		{ FD_TRIGGER, FAKE_IRQS, 0, 1, 1 },
		{ FD_TRIGGER, UINT32_MAX, 0, 1, 1 },
		{ FD_TRIGGER, FAKE_IRQ_NONE, 0, 1, 1 },
		{ FD_TRIGGER, FAKE_IRQ_MSIX, FAKE_VECTORS, 1, 1 },
		{ FD_TRIGGER, FAKE_IRQ_MSIX, FAKE_VECTORS - 1, 2, 2 },
		{ FD_TRIGGER, FAKE_IRQ_MSIX, UINT32_MAX, 2, 2 },
		{ FD_TRIGGER, FAKE_IRQ_MSIX, 1, UINT32_MAX, 1 },
		{ NONE_TRIGGER, FAKE_IRQ_MSIX, 0, FAKE_VECTORS + 1, 0 },
		{ NONE_TRIGGER, FAKE_IRQ_MSIX, 1, 0, 0 },
		{ VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, FAKE_IRQ_INTX, 0, 0, 0 },
		{ BOOL_TRIGGER, FAKE_IRQ_MSIX, 0, 0, 0 },
		/* Descriptors that do not match. */
		{ FD_TRIGGER, FAKE_IRQ_MSIX, 0, 2, 1 },
		{ FD_TRIGGER, FAKE_IRQ_MSIX, 0, 1, 2 },
		{ FD_TRIGGER, FAKE_IRQ_MSIX, 0, 0, 1 },
		{ NONE_TRIGGER, FAKE_IRQ_MSIX, 0, 1, 1 },
		{ FD_TRIGGER, FAKE_IRQ_MSIX, 0, 17, 17 },
		/* Data that is not there. */
		{ BOOL_TRIGGER, FAKE_IRQ_MSIX, 0, 2, 0 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (set(bad[i].flags, bad[i].index, bad[i].start, bad[i].count, bad[i].n_fds) !=
		    EINVAL)
			fail_msg("case %u is not refused", i);
	/* Too much data. */
	assert_int_equal(client_set_irqs(&client, BOOL_TRIGGER, FAKE_IRQ_MSIX, 0, 2, "abc", 3, NULL,
					 0), EINVAL);
	assert_int_equal(client_set_irqs(&client, NONE_TRIGGER, FAKE_IRQ_MSIX, 0, 2, "abc", 3, NULL,
					 0), EINVAL);
	for (i = 0; i < FAKE_VECTORS; i++)
		assert_int_equal(device->irq_fd[FAKE_IRQ_MSIX][i], -1);
	assert_int_equal(count_fds(), fds_before);
}

/* A pipe that nobody reads would stop the device in the midst of its work. */
static void
test_no_eventfd(void **state)
{
	int pipe_fds[2], both[2];

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	both[0] = fds[0];
	both[1] = pipe_fds[1];
	assert_int_equal(client_set_irqs(&client, FD_TRIGGER, FAKE_IRQ_MSIX, 0, 2, NULL, 0, both,
					 2), EINVAL);
	assert_int_equal(device->irq_fd[FAKE_IRQ_MSIX][0], -1);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	assert_int_equal(count_fds(), fds_before);
}

static void
test_device_refuses(void **state)
{
	(void)state;
	device->fail = -ENOSPC;
	assert_int_equal(set(FD_TRIGGER, FAKE_IRQ_MSIX, 0, 2, 2), ENOSPC);
	assert_int_equal(device->irq_fd[FAKE_IRQ_MSIX][0], -1);
	assert_int_equal(count_fds(), fds_before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_assign, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trigger, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trigger_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_eventfd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_device_refuses, setup, teardown),
	};

	return cmocka_run_group_tests_name("irq", tests, NULL, NULL);
}
