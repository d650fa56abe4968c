/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The socket's file, and who may be the client. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_errno.h>

#include "fake_device.h"
#include "vfu_priv.h"

static struct fake_device *device;
static struct vfu_client client, second;

static int
setup(void **state)
{
	(void)state;
	device = fake_device_create();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fake_device_destroy(device);
	return 0;
}

static struct aether_vfio_user *
create(const char *path)
{
	rte_errno = 0;
	return aether_vfio_user_create(path, &device->server->device);
}

static void
test_mode(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(device->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_taken(void **state)
{
	(void)state;
	assert_null(create(device->path));
	assert_int_equal(rte_errno, EADDRINUSE);
	/* The one who has it is not disturbed. */
	client_open(&client, device->path, device->server);
	client_close(&client);
}

/* What a server that was killed has left is replaced; other files are not. */
static void
test_stale(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct aether_vfio_user *server;
	char path[80];
	FILE *file;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s2", device->path);
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	server = create(path);
	assert_non_null(server);
	client_open(&client, path, server);
	client_close(&client);
	aether_vfio_user_destroy(server);
	assert_int_equal(access(path, F_OK), -1);

	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_null(create(path));
	assert_int_equal(rte_errno, EEXIST);
	assert_int_equal(unlink(path), 0);
}

static void
test_bad_paths(void **state)
{
	char path[200];

	(void)state;
	assert_null(create(""));
	assert_int_equal(rte_errno, EINVAL);
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[108] = '\0';
	assert_null(create(path));
	assert_int_equal(rte_errno, ENAMETOOLONG);
	snprintf(path, sizeof(path), "%s/below/a/socket", device->path);
	assert_null(create(path));
	assert_int_equal(rte_errno, ENOTDIR);
	assert_null(create("/nonexistent/socket"));
	assert_int_equal(rte_errno, ENOENT);
}

static void
test_bad_devices(void **state)
{
	struct aether_vfio_user_device bad = device->server->device;
	struct aether_vfio_user_region regions[FAKE_REGIONS];
	struct aether_vfio_user_area area = { 0, 4096 };
	struct aether_vfio_user_irq irq = { AETHER_VFIO_USER_MAX_VECTORS + 1, 0 };

	(void)state;
	assert_null(aether_vfio_user_create(NULL, NULL));
	bad.name = NULL;
	assert_null(aether_vfio_user_create(NULL, &bad));
	bad = device->server->device;
	bad.irqs = &irq;
	bad.n_irqs = 1;
	assert_null(aether_vfio_user_create(NULL, &bad));
	bad = device->server->device;
	memcpy(regions, bad.regions, sizeof(regions));
	bad.regions = regions;
	regions[0].areas = &area;
	regions[0].n_areas = 1;
	area.size = 4095;
	assert_null(aether_vfio_user_create(NULL, &bad));
	area.size = FAKE_MEM_SIZE + 4096;
	assert_null(aether_vfio_user_create(NULL, &bad));
	area = (struct aether_vfio_user_area){ FAKE_MEM_SIZE, 4096 };
	assert_null(aether_vfio_user_create(NULL, &bad));
	area.offset = FAKE_MEM_SIZE - 4096;
	regions[0].fd = -1;
	assert_null(aether_vfio_user_create(NULL, &bad));
	assert_int_equal(rte_errno, EINVAL);
}

/* A path that somebody else has taken meanwhile is not removed. */
static void
test_replaced(void **state)
{
	struct aether_vfio_user *server;
	char path[80];
	FILE *file;

	(void)state;
	snprintf(path, sizeof(path), "%s2", device->path);
	server = create(path);
	assert_non_null(server);
	assert_int_equal(unlink(path), 0);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	aether_vfio_user_destroy(server);
	assert_int_equal(unlink(path), 0);
}

static void
test_second_client(void **state)
{
	unsigned int fds;

	(void)state;
	client_open(&client, device->path, device->server);
	fds = count_fds();
	client_connect(&second, device->path, device->server);
	assert_true(client_is_cut(&second));
	client_close(&second);
	assert_int_equal(count_fds(), fds);
	/* The first has not noticed. */
	assert_int_equal(client_read(&client, FAKE_REGION_CONFIG, 0, 4), 0);
	assert_int_equal(device->resets, 0);
	/* One that goes makes room at once, although the server sees both only now. */
	client.server = NULL;
	client_close(&client);
	client_open(&client, device->path, device->server);
	assert_int_equal(device->resets, 1);
	client_close(&client);
}

static void
test_reconnect(void **state)
{
	unsigned int i, fds = count_fds();
	struct aether_vfio_user_stats stats;

	(void)state;
	for (i = 0; i < 100; i++) {
		client_open(&client, device->path, device->server);
		assert_int_equal(client_read(&client, FAKE_REGION_CONFIG, 0, 4), 0);
		client_close(&client);
	}
	assert_int_equal(device->resets, 100);
	assert_int_equal(count_fds(), fds);
	aether_vfio_user_stats_get(device->server, &stats);
	assert_int_equal(stats.clients, 100);
	assert_int_equal(stats.broken, 0);
	assert_false(stats.connected);
}

/* Ended while there is a client: it is let go as if it had gone. */
static void
test_destroy_connected(void **state)
{
	struct aether_vfio_user *server;
	unsigned int fds = count_fds();
	char path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s2", device->path);
	server = create(path);
	client_open(&client, path, server);
	aether_vfio_user_destroy(server);
	client.server = NULL;
	assert_int_equal(device->resets, 1);
	assert_true(client_is_cut(&client));
	client_close(&client);
	assert_int_equal(count_fds(), fds);
}

/* Without descriptors left nobody is accepted, but later, and the server does not spin. */
static void
test_out_of_descriptors(void **state)
{
	struct rlimit limit, none;
	unsigned int i;

	(void)state;
	client_connect(&second, device->path, NULL);	/* waits in the queue */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (i = 0; i < 10; i++)
		aether_vfio_user_handle(device->server);
	assert_true(device->server->deaf);
	second.server = device->server;
	client_let_work(&second);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	/* A second later it is heard. */
	usleep(1100000);
	client_let_work(&second);
	assert_false(device->server->deaf);
	assert_int_equal(device->server->stats.clients, 1);
	client_close(&second);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(test_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_client, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reconnect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_destroy_connected, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_descriptors, setup, teardown),
	};

	return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
