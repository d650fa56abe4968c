/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Messages as a stream of bytes: in pieces, many at once, descriptors at odd places, cut off. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>

#include "fake_device.h"
#include "vfu_priv.h"

#define RW	(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)

struct map_message {
	struct vfio_user_header header;
	struct vfio_user_dma_map map;
};

struct read_message {
	struct vfio_user_header header;
	struct vfio_user_region_access access;
};

static struct fake_device *device;
static struct vfu_client client;
static int memory;
static unsigned int fds_before;

static int
setup(void **state)
{
	(void)state;
	device = fake_device_create();
	client_open(&client, device->path, device->server);
	memory = client_memory(1 << 20);
	fds_before = count_fds();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	client_close(&client);
	fake_device_destroy(device);
	close(memory);
	return 0;
}

static struct map_message
map_message(uint16_t id, uint64_t iova)
{
	return (struct map_message){
		.header = { .id = id, .command = VFIO_USER_DMA_MAP,
			    .size = sizeof(struct map_message) },
		.map = { .argsz = sizeof(struct vfio_user_dma_map), .flags = RW, .iova = iova,
			 .size = 4096 },
	};
}

static struct read_message
read_message(uint16_t id)
{
	return (struct read_message){
		.header = { .id = id, .command = VFIO_USER_REGION_READ,
			    .size = sizeof(struct read_message) },
		.access = { 0, FAKE_REGION_CONFIG, 4 },
	};
}

/* Byte by byte. */
static void
test_pieces(void **state)
{
	struct map_message message = map_message(7, 0x10000);
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(message); i++) {
		client_send_raw(&client, (uint8_t *)&message + i, 1, &memory, i == 20);
		client_let_work(&client);
	}
	client_receive(&client);
	assert_int_equal(client.header.id, 7);
	assert_int_equal(client.header.error, 0);
	/* In two pieces, parted anywhere, the descriptor with either. */
	for (cut = 1; cut < sizeof(message); cut++) {
		message = map_message(cut, 0x100000 + cut * 4096);
		client_send_raw(&client, &message, cut, &memory, cut % 2);
		client_let_work(&client);
		client_send_raw(&client, (uint8_t *)&message + cut, sizeof(message) - cut, &memory,
				1 - cut % 2);
		client_receive(&client);
		assert_int_equal(client.header.error, 0);
	}
	assert_int_equal(device->n_maps, sizeof(message));
	assert_int_equal(count_fds(), fds_before);
}

/* Many messages in one piece: each gets its descriptor and its reply, in order. */
static void
test_pipeline(void **state)
{
	struct read_message reads[100];
	struct map_message maps[2];
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++)
		reads[i] = read_message(i);
	client_send_raw(&client, reads, sizeof(reads), NULL, 0);
	/* As QEMU does: two maps without waiting. */
	for (i = 0; i < 2; i++) {
		maps[i] = map_message(100 + i, 0x10000 + i * 4096);
		client_send_raw(&client, &maps[i], sizeof(maps[i]), &memory, 1);
	}
	for (i = 0; i < 102; i++) {
		client_receive(&client);
		assert_int_equal(client.header.id, i);
		assert_int_equal(client.header.error, 0);
	}
	assert_int_equal(device->n_maps, 2);
	assert_int_equal(count_fds(), fds_before);
}

/* Descriptors that come with a command which has no use for them, or too many of them. */
static void
test_surplus_fds(void **state)
{
	const struct read_message message = read_message(1);
	int many[40];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(many); i++)
		many[i] = memory;
	client_send_raw(&client, &message, sizeof(message), many, 1);
	client_receive(&client);
	assert_int_equal(client.header.error, EINVAL);
	client_send_raw(&client, &message, sizeof(message), many, 40);
	client_receive(&client);
	assert_int_equal(client.header.error, EINVAL);
	/* More and more with the pieces of one message. */
	for (i = 0; i < sizeof(message); i++)
		client_send_raw(&client, (const uint8_t *)&message + i, 1, many, 10);
	client_receive(&client);
	assert_int_equal(client.header.error, EINVAL);
	assert_int_equal(count_fds(), fds_before);
	/* It was that message's fault alone. */
	client_send_raw(&client, &message, sizeof(message), NULL, 0);
	client_receive(&client);
	assert_int_equal(client.header.error, 0);
}

/* Headers after which nothing can be made of the stream. */
static void
test_unreadable(void **state)
{
	static const struct vfio_user_header bad[] = {
		{ .command = VFIO_USER_REGION_READ, .size = 0 },
		{ .command = VFIO_USER_REGION_READ, .size = 15 },
		{ .command = VFIO_USER_REGION_READ, .size = VFU_MAX_MESSAGE + 1 },
		{ .command = VFIO_USER_REGION_READ, .size = UINT32_MAX },
		{ .command = VFIO_USER_REGION_READ, .size = 32, .flags = VFIO_USER_F_REPLY },
		{ .command = VFIO_USER_REGION_READ, .size = 32, .flags = 0xF },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		client_send_raw(&client, &bad[i], sizeof(bad[i]), &memory, 1);
		assert_true(client_is_cut(&client));
		assert_int_equal(device->resets, i + 1);
		client_close(&client);
		client_open(&client, device->path, device->server);
	}
	assert_int_equal(device->server->stats.broken, RTE_DIM(bad));
	assert_int_equal(count_fds(), fds_before);
}

/* The client dies at each byte of a message, with a descriptor on its way. */
static void
test_death(void **state)
{
	const struct map_message message = map_message(1, 0x10000);
	size_t cut;

	(void)state;
	for (cut = 0; cut <= sizeof(message); cut++) {
		if (cut != 0)
			client_send_raw(&client, &message, cut, &memory, 1);
		if (cut % 2 == 0)
			client_let_work(&client);
		client_close(&client);
		assert_int_equal(device->resets, cut + 1);
		assert_int_equal(device->n_maps, 0);
		client_open(&client, device->path, device->server);
	}
	assert_int_equal(count_fds(), fds_before);
}

/* A client that asks and never reads holds one reply's memory, and is dropped in the end. */
static void
test_never_reads(void **state)
{
	struct read_message message = read_message(1);
	unsigned int sent = 0;
	uint64_t messages;
	time_t start = time(NULL);

	(void)state;
	message.access = (struct vfio_user_region_access){ 0, FAKE_REGION_MEM,
							   AETHER_VFIO_USER_MAX_DATA };
	while (send(client.fd, &message, sizeof(message), MSG_DONTWAIT) == sizeof(message)) {
		client_let_work(&client);
		assert_true(++sent < 100000);
	}
	assert_int_equal(errno, EAGAIN);
	messages = device->server->stats.messages;
	client_let_work(&client);
	assert_int_equal(device->server->stats.messages, messages);
	/* One that begins to read in time goes on. */
	for (sent = 0; sent < 4; sent++)
		client_receive(&client);
	client_let_work(&client);
	assert_true(device->server->stats.messages > messages);
	assert_true(device->server->sending);
	while (device->server->stats.connected && time(NULL) < start + 15) {
		client_let_work(&client);
		usleep(20000);
	}
	assert_false(device->server->stats.connected);
	assert_in_range(time(NULL) - start, 9, 13);
	assert_int_equal(device->resets, 1);
	client_close(&client);
	client_open(&client, device->path, device->server);
}

/* Replies larger than what the socket takes at once arrive whole. */
static void
test_large_replies(void **state)
{
	struct read_message message = read_message(1);
	int small = 4096;
	unsigned int i;

	(void)state;
	assert_int_equal(setsockopt(device->server->conn.fd, SOL_SOCKET, SO_SNDBUF, &small,
				    sizeof(small)), 0);
	for (i = 0; i < FAKE_MEM_SIZE; i++)
		device->mem[i] = i * 13;
	message.access = (struct vfio_user_region_access){ 64, FAKE_REGION_MEM,
							   AETHER_VFIO_USER_MAX_DATA };
	for (i = 0; i < 20; i++)
		client_send_raw(&client, &message, sizeof(message), NULL, 0);
	for (i = 0; i < 20; i++) {
		client_receive(&client);
		assert_int_equal(client.header.error, 0);
		assert_memory_equal(client.payload + sizeof(message.access), device->mem + 64,
				    AETHER_VFIO_USER_MAX_DATA);
	}
}

/* Garbage of many kinds; whatever comes of it, the next client is served and nothing is left. */
static void
test_garbage(void **state)
{
	uint32_t garbage[64];
	unsigned int i, j;

	(void)state;
	srand(1);
	for (i = 0; i < 2000; i++) {
		for (j = 0; j < RTE_DIM(garbage); j++)
			garbage[j] = rand() % 4 == 0 ? rand() : rand() % 64;
		garbage[1] = rand() % 300;
		if (send(client.fd, garbage, sizeof(garbage), MSG_NOSIGNAL) < 0 || i % 5 == 0) {
			client_close(&client);
			client_open(&client, device->path, device->server);
		}
		client_let_work(&client);
	}
	client_close(&client);
	client_open(&client, device->path, device->server);
	assert_int_equal(client_read(&client, FAKE_REGION_CONFIG, 0, 4), 0);
	assert_int_equal(count_fds(), fds_before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pipeline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_surplus_fds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_death, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_replies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
