/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Devices served as the program serves them: clients, the thread that answers, the one that does
 * the devices' work, and one that asks for counters, as telemetry does, all at once.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>

#include <e810_hw.h>

#include "device.h"
#include "serve.h"
#include "vfu_client.h"

#define DEVICES		2
#define RW		(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define IOVA		UINT64_C(0xFFF00000)
#define MEMORY		(256 * 4096)
#define RING		64
#define VECTOR		3
#define PATIENCE_MS	20000

struct bench {
	char folder[32];
	char path[DEVICES][64];
	struct device *devices[DEVICES];
	int stop_fd;
	uint32_t stop;
	pthread_t answering, asking;
};

static void *
answer(void *arg)
{
	struct bench *bench = arg;

	assert_int_equal(serve_devices(bench->devices, DEVICES, bench->stop_fd), 0);
	return NULL;
}

static void *
ask(void *arg)
{
	struct aether_model_wire_stats wire;
	struct aether_model_stats stats;
	struct bench *bench = arg;
	unsigned int i;

	while (__atomic_load_n(&bench->stop, __ATOMIC_RELAXED) == 0) {
		for (i = 0; i < DEVICES; i++) {
			aether_model_stats_get(device_model(bench->devices[i]), &stats);
			aether_model_wire_stats_get(device_model(bench->devices[i]), &wire);
			aether_model_link_set(device_model(bench->devices[i]), true);
		}
		usleep(1000);
	}
	return NULL;
}

/* By the test itself: cmocka puts its own handlers in place, for SIGBUS too, between set-up and
 * test. */
static struct bench *
begin(void)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct device_args args;
	char name[16];
	unsigned int i;

	assert_non_null(bench);
	strcpy(bench->folder, "/tmp/aether-dev-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	for (i = 0; i < DEVICES; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		snprintf(bench->path[i], sizeof(bench->path[i]), "%s/%s", bench->folder, name);
		args = (struct device_args){ .name = name, .socket = bench->path[i],
					     .wire = "cable:one" };
		bench->devices[i] = device_create(&args);
		assert_non_null(bench->devices[i]);
		assert_int_equal(aether_model_service_add(device_model(bench->devices[i]), -1, NULL,
							  0), 0);
	}
	bench->stop_fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(pthread_create(&bench->answering, NULL, answer, bench), 0);
	assert_int_equal(pthread_create(&bench->asking, NULL, ask, bench), 0);
	return bench;
}

static void
end(struct bench *bench)
{
	const uint64_t one = 1;
	unsigned int i;

	__atomic_store_n(&bench->stop, 1, __ATOMIC_RELAXED);
	assert_int_equal(write(bench->stop_fd, &one, sizeof(one)), sizeof(one));
	pthread_join(bench->answering, NULL);
	pthread_join(bench->asking, NULL);
	for (i = 0; i < DEVICES; i++) {
		aether_model_service_remove(device_model(bench->devices[i]));
		device_destroy(bench->devices[i]);
	}
	close(bench->stop_fd);
	assert_int_equal(rmdir(bench->folder), 0);
	free(bench);
}

/* ------------------------------------------------------------------ a driver ---------------- */

static uint32_t
reg_read(struct vfu_client *client, uint32_t offset)
{
	uint32_t value;

	assert_int_equal(client_read(client, 0, offset, sizeof(value)), 0);
	memcpy(&value, client->payload + sizeof(struct vfio_user_region_access), sizeof(value));
	return value;
}

static void
reg_write(struct vfu_client *client, uint32_t offset, uint32_t value)
{
	assert_int_equal(client_write(client, 0, offset, &value, sizeof(value)), 0);
}

/* Page by page, scattered in the file: only their I/O addresses are in order. */
static void
map_scattered(struct vfu_client *client, int memory)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		assert_int_equal(client_map(client, IOVA + i * 4096, 4096, memory,
					    (200 - 3 * i) * 4096, RW), 0);
}

static void
open_queue(struct vfu_client *client)
{
	reg_write(client, PF_FW_ATQH, 0);
	reg_write(client, PF_FW_ATQT, 0);
	reg_write(client, PF_FW_ATQBAL, (uint32_t)IOVA);
	reg_write(client, PF_FW_ATQBAH, (uint32_t)(IOVA >> 32));
	reg_write(client, PF_FW_ATQLEN, UINT32_C(1) << 31 | RING);
}

/* Get Version: the device reads the command and writes the answer. */
static void
command(struct vfu_client *client, uint8_t *memory, unsigned int i)
{
	struct e810_aq_desc *desc = (void *)(memory + 200 * 4096 + i * sizeof(*desc));
	unsigned int waited = 0;

	memset(desc, 0, sizeof(*desc));
	desc->opcode = E810_AQC_GET_VER;
	reg_write(client, PF_FW_ATQT, i + 1);
	while (reg_read(client, PF_FW_ATQH) != i + 1) {
		usleep(1000);
		assert_true(++waited < PATIENCE_MS);
	}
	assert_true((__atomic_load_n(&desc->flags, __ATOMIC_ACQUIRE) & E810_AQ_FLAG_DD) != 0);
	assert_int_equal(desc->retval, 0);
}

/* ------------------------------------------------------------------ tests ------------------- */

/* Clients come, work and go, while the devices' thread runs. */
static void
test_clients(void **state)
{
	static struct vfu_client client;
	struct bench *bench = begin();
	int memory = client_memory(MEMORY);
	uint8_t *seen = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	struct aether_model_stats stats;
	unsigned int i, j;

	(void)state;
	assert_true(seen != MAP_FAILED);
	for (i = 0; i < 20; i++) {
		client_open(&client, bench->path[i % DEVICES], NULL);
		map_scattered(&client, memory);
		open_queue(&client);
		for (j = 0; j < 5; j++)
			command(&client, seen, j);
		/* In the midst of one, every second time. */
		if (i % 2 == 0)
			reg_write(&client, PF_FW_ATQT, 10);
		if (i % 4 < 2)
			assert_int_equal(client_unmap(&client, 0, UINT64_C(1) << 47, 0), 0);
		client_close(&client);
	}
	aether_model_stats_get(device_model(bench->devices[1]), &stats);
	assert_true(stats.aq_commands >= 50);
	munmap(seen, MEMORY);
	close(memory);
	end(bench);
}

static void
test_interrupts(void **state)
{
	static struct vfu_client client;
	struct bench *bench = begin();
	struct pollfd poll_fd = { .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .events = POLLIN };
	uint64_t count;
	unsigned int i;

	(void)state;
	client_open(&client, bench->path[0], NULL);
	assert_int_equal(client_set_irqs(&client, VFIO_IRQ_SET_DATA_EVENTFD |
					 VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_MSIX_IRQ_INDEX,
					 VECTOR, 1, NULL, 0, &poll_fd.fd, 1), 0);
	for (i = 0; i < 20; i++) {
		reg_write(&client, GLINT_DYN_CTL(VECTOR), GLINT_DYN_CTL_INTENA |
			  GLINT_DYN_CTL_SWINT_TRIG);
		assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
		assert_int_equal(read(poll_fd.fd, &count, sizeof(count)), sizeof(count));
		assert_int_equal(count, 1);
	}
	client_close(&client);
	close(poll_fd.fd);
	end(bench);
}

/* Memory goes while the device uses it; the other device's client does not notice. */
static void
test_shrinking(void **state)
{
	static struct vfu_client client, other;
	struct bench *bench = begin();
	unsigned int i;
	int memory;

	(void)state;
	client_open(&other, bench->path[1], NULL);
	for (i = 0; i < 10; i++) {
		memory = client_memory(MEMORY);
		client_open(&client, bench->path[0], NULL);
		map_scattered(&client, memory);
		open_queue(&client);
		reg_write(&client, PF_FW_ATQT, RING - 1);
		assert_int_equal(ftruncate(memory, 0), 0);
		client_close(&client);
		close(memory);
		assert_int_equal(reg_read(&other, PF_FW_ATQLEN), 0);
	}
	client_close(&other);
	end(bench);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_shrinking),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
