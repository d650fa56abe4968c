/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Each command that describes or accesses the device, as it should be and as it should not. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_device.h"

static struct fake_device *device;
static struct vfu_client client;

static int
setup(void **state)
{
	(void)state;
	device = fake_device_create();
	client_open(&client, device->path, device->server);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	client_close(&client);
	fake_device_destroy(device);
	return 0;
}

/* ------------------------------------------------------------------ header, VERSION --------- */

static int
ask_version(struct vfu_client *who, uint16_t major, uint16_t minor, const char *text, size_t len)
{
	uint8_t message[256];
	const struct vfio_user_version version = { major, minor };

	memcpy(message, &version, sizeof(version));
	memcpy(message + sizeof(version), text, len);
	return client_ask(who, VFIO_USER_VERSION, message, sizeof(version) + len, NULL, 0);
}

static void
test_version(void **state)
{
	static const char caps[] = "{\"capabilities\":{\"max_msg_fds\":8,\"pgsizes\":4096}}";
	const struct vfio_user_version *answer = (const void *)client.payload;
	const char *text = (const char *)(answer + 1);

	(void)state;
	client_close(&client);
	client_connect(&client, device->path, device->server);
	/* Nothing else before it. */
	assert_int_equal(client_read(&client, FAKE_REGION_CONFIG, 0, 4), EPROTO);
	/* A lower minor than proposed is right, a higher one is not. */
	assert_int_equal(ask_version(&client, 0, 7, caps, sizeof(caps)), 0);
	assert_int_equal(answer->major, 0);
	assert_int_equal(answer->minor, 0);
	assert_int_equal(client.payload[client.payload_len - 1], '\0');
	assert_int_equal(strlen(text), client.payload_len - sizeof(*answer) - 1);
	assert_non_null(strstr(text, "\"max_msg_fds\":16"));
	assert_non_null(strstr(text, "\"max_data_xfer_size\":65536"));
	assert_non_null(strstr(text, "\"max_dma_maps\":"));
	/* QEMU takes more than this for a lie. */
	assert_in_range(strtoul(strstr(text, "max_dma_maps\":") + 14, NULL, 10), 1, 65535);
	assert_int_equal(ask_version(&client, 0, 0, "", 0), EINVAL);
	assert_int_equal(client_read(&client, FAKE_REGION_CONFIG, 0, 4), 0);
}

static void
test_version_bad(void **state)
{
	(void)state;
	client_close(&client);
	client_connect(&client, device->path, device->server);
	/* Capabilities without their NUL. */
	assert_int_equal(ask_version(&client, 0, 0, "{}", 2), EINVAL);
	assert_int_equal(client_ask(&client, VFIO_USER_VERSION, "", 1, NULL, 0), EINVAL);
	/* Another protocol: an answer, and the end. */
	assert_int_equal(ask_version(&client, 1, 0, "", 0), ENOTSUP);
	assert_true(client_is_cut(&client));
}

static void
test_header(void **state)
{
	const struct vfio_user_region_access access = { 0, FAKE_REGION_CONFIG, 4 };
	static const uint16_t unknown[] = { 0, 6, 11, 12, 14, 15, 16, 17, 0x7FFF, 0xFFFF };
	unsigned int i;
	uint16_t id;

	(void)state;
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(client_ask(&client, unknown[i], &access, sizeof(access), NULL, 0),
				 ENOTSUP);
	/* Flags that are not a command's. */
	client_send(&client, VFIO_USER_REGION_READ, VFIO_USER_F_ERROR, &access, sizeof(access),
		    NULL, 0);
	client_receive(&client);
	assert_int_equal(client.header.error, EINVAL);
	client_send(&client, VFIO_USER_REGION_READ, 0x40, &access, sizeof(access), NULL, 0);
	client_receive(&client);
	assert_int_equal(client.header.error, EINVAL);
	/* No reply to these two, good and bad; then there is one. */
	client_send(&client, VFIO_USER_REGION_READ, VFIO_USER_F_NO_REPLY, &access, sizeof(access),
		    NULL, 0);
	client_send(&client, 999, VFIO_USER_F_NO_REPLY, NULL, 0, NULL, 0);
	id = client_send(&client, VFIO_USER_REGION_READ, 0, &access, sizeof(access), NULL, 0);
	client_receive(&client);
	assert_int_equal(client.header.id, id);
}

/* Every command with every size from nothing to more than it has: an errno, never a crash. */
static void
test_sizes(void **state)
{
	static const struct {
		uint16_t command;
		size_t size;		/* the only right one, */
		size_t most;		/* or the largest of them */
	} sizes[] = {
		{ VFIO_USER_DMA_MAP, 32, 32 }, { VFIO_USER_DMA_UNMAP, 24, 24 },
		{ VFIO_USER_DEVICE_GET_INFO, 16, 4096 },
		{ VFIO_USER_DEVICE_GET_REGION_INFO, 32, 4096 },
		{ VFIO_USER_DEVICE_GET_IRQ_INFO, 16, 4096 },
		{ VFIO_USER_DEVICE_SET_IRQS, 20, 4096 }, { VFIO_USER_REGION_READ, 16, 16 },
		{ VFIO_USER_REGION_WRITE, 17, 4096 }, { VFIO_USER_DEVICE_RESET, 0, 0 },
	};
	static uint8_t payload[128];
	unsigned int i;
	size_t len;

	(void)state;
	memset(payload, 0xFF, sizeof(payload));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (len = 0; len < sizeof(payload); len++)
			if (len < sizes[i].size || len > sizes[i].most)
				assert_int_equal(client_ask(&client, sizes[i].command, payload, len,
							    NULL, 0), EINVAL);
	assert_int_equal(device->resets, 0);
}

/* ------------------------------------------------------------------ descriptions ------------ */

static void
test_device_info(void **state)
{
	struct vfio_user_device_info info = { .argsz = sizeof(info) };
	const struct vfio_user_device_info *answer = (const void *)client.payload;
	uint8_t later[32] = { 32 };

	(void)state;
	assert_int_equal(client_ask(&client, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), NULL,
				    0), 0);
	assert_int_equal(client.payload_len, sizeof(*answer));
	assert_int_equal(answer->argsz, sizeof(*answer));
	assert_int_equal(answer->flags, VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(answer->num_regions, FAKE_REGIONS);
	assert_int_equal(answer->num_irqs, FAKE_IRQS);
	/* A client that knows more fields. */
	assert_int_equal(client_ask(&client, VFIO_USER_DEVICE_GET_INFO, later, sizeof(later), NULL,
				    0), 0);
	assert_int_equal(client.payload_len, sizeof(*answer));
	info.argsz = sizeof(info) - 1;
	assert_int_equal(client_ask(&client, VFIO_USER_DEVICE_GET_INFO, &info, sizeof(info), NULL,
				    0), EINVAL);
}

static int
ask_region(uint32_t index, uint32_t argsz)
{
	const struct vfio_region_info info = { .argsz = argsz, .index = index };

	return client_ask(&client, VFIO_USER_DEVICE_GET_REGION_INFO, &info, sizeof(info), NULL, 0);
}

/* As QEMU asks: first without room for the areas, then with; a descriptor comes once. */
static void
test_region_info(void **state)
{
	const struct vfio_region_info *answer = (const void *)client.payload;
	const struct vfio_region_info_cap_sparse_mmap *areas;
	uint8_t *mem;

	(void)state;
	assert_int_equal(ask_region(FAKE_REGION_MEM, sizeof(*answer)), 0);
	assert_int_equal(client.payload_len, sizeof(*answer));
	assert_int_equal(client.n_fds, 0);
	assert_int_equal(answer->argsz, sizeof(*answer) + sizeof(*areas) + 32);
	assert_int_equal(answer->flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			 VFIO_REGION_INFO_FLAG_MMAP);
	assert_int_equal(ask_region(FAKE_REGION_MEM, answer->argsz), 0);
	assert_int_equal(client.payload_len, answer->argsz);
	assert_int_equal(client.n_fds, 1);
	assert_true((answer->flags & VFIO_REGION_INFO_FLAG_CAPS) != 0);
	assert_int_equal(answer->size, FAKE_MEM_SIZE);
	areas = (const void *)(client.payload + answer->cap_offset);
	assert_int_equal(areas->header.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	assert_int_equal(areas->header.version, 1);
	assert_int_equal(areas->header.next, 0);
	assert_int_equal(areas->nr_areas, 2);
	assert_int_equal(areas->areas[1].offset, 0x10000);
	assert_int_equal(areas->areas[1].size, 0x1000);
	mem = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED, client.fds[0],
		   answer->offset + areas->areas[1].offset);
	assert_true(mem != MAP_FAILED);
	munmap(mem, 0x1000);

	assert_int_equal(ask_region(FAKE_REGION_ROM, 4096), 0);
	assert_int_equal(client.payload_len, sizeof(*answer));
	assert_int_equal(answer->flags, VFIO_REGION_INFO_FLAG_READ);
	assert_int_equal(client.n_fds, 0);
	assert_int_equal(ask_region(FAKE_REGION_NONE, 4096), 0);
	assert_int_equal(answer->flags, 0);
	assert_int_equal(answer->size, 0);
	assert_int_equal(ask_region(FAKE_REGIONS, 4096), EINVAL);
	assert_int_equal(ask_region(UINT32_MAX, 4096), EINVAL);
	assert_int_equal(ask_region(0, sizeof(*answer) - 1), EINVAL);
}

static void
test_irq_info(void **state)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = FAKE_IRQ_MSIX };
	const struct vfio_irq_info *answer = (const void *)client.payload;

	(void)state;
	assert_int_equal(client_ask(&client, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info),
				    NULL, 0), 0);
	assert_int_equal(client.payload_len, sizeof(*answer));
	assert_int_equal(answer->count, FAKE_VECTORS);
	assert_int_equal(answer->flags, VFIO_IRQ_INFO_EVENTFD);
	info.index = FAKE_IRQS;
	assert_int_equal(client_ask(&client, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info),
				    NULL, 0), EINVAL);
	info = (struct vfio_irq_info){ .argsz = sizeof(info) - 1 };
	assert_int_equal(client_ask(&client, VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info),
				    NULL, 0), EINVAL);
}

/* ------------------------------------------------------------------ access ------------------ */

static void
test_access(void **state)
{
	static uint8_t data[AETHER_VFIO_USER_MAX_DATA];
	const struct vfio_user_region_access *answer = (const void *)client.payload;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + 1;
	assert_int_equal(client_write(&client, FAKE_REGION_MEM, 0x800, data, sizeof(data)), 0);
	assert_int_equal(client.payload_len, sizeof(*answer));
	assert_int_equal(answer->count, sizeof(data));
	assert_memory_equal(device->mem + 0x800, data, sizeof(data));
	assert_int_equal(client_read(&client, FAKE_REGION_MEM, 0x800, sizeof(data)), 0);
	assert_int_equal(client.payload_len, sizeof(*answer) + sizeof(data));
	assert_int_equal(answer->offset, 0x800);
	assert_int_equal(answer->region, FAKE_REGION_MEM);
	assert_memory_equal(answer + 1, data, sizeof(data));
	/* To the last byte. */
	assert_int_equal(client_read(&client, FAKE_REGION_MEM, FAKE_MEM_SIZE - 1, 1), 0);
	assert_int_equal(client_read(&client, FAKE_REGION_ROM, 0, 4096), 0);
}

static void
test_access_bad(void **state)
{
	static const struct {
		uint32_t region;
		uint64_t offset;
		uint32_t count;
	} bad[] = {
		{ FAKE_REGION_MEM, 0, 0 },
		{ FAKE_REGION_MEM, FAKE_MEM_SIZE, 1 },
		{ FAKE_REGION_MEM, FAKE_MEM_SIZE - 1, 2 },
		{ FAKE_REGION_MEM, UINT64_MAX, 1 },
		{ FAKE_REGION_MEM, UINT64_MAX - 3, 4 },
		{ FAKE_REGION_MEM, 0, AETHER_VFIO_USER_MAX_DATA + 1 },
		{ FAKE_REGION_MEM, 0, UINT32_MAX },
		{ FAKE_REGION_NONE, 0, 1 },
		{ FAKE_REGION_CONFIG, 4096, 4 },
		{ FAKE_REGIONS, 0, 4 },
		{ UINT32_MAX, 0, 4 },
	};
	struct vfio_user_region_access access = { 0, FAKE_REGION_MEM, 8 };
	uint8_t message[64] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		access = (struct vfio_user_region_access){ bad[i].offset, bad[i].region,
							   bad[i].count };
		assert_int_equal(client_read(&client, access.region, access.offset, access.count),
				 EINVAL);
		memcpy(message, &access, sizeof(access));
		assert_int_equal(client_ask(&client, VFIO_USER_REGION_WRITE, message,
					    sizeof(message), NULL, 0), EINVAL);
	}
	/* Less data, and more, than count says. */
	access = (struct vfio_user_region_access){ 0, FAKE_REGION_MEM, 8 };
	memcpy(message, &access, sizeof(access));
	assert_int_equal(client_ask(&client, VFIO_USER_REGION_WRITE, message, sizeof(access) + 7,
				    NULL, 0), EINVAL);
	assert_int_equal(client_ask(&client, VFIO_USER_REGION_WRITE, message, sizeof(access) + 9,
				    NULL, 0), EINVAL);
	assert_int_equal(client_write(&client, FAKE_REGION_ROM, 0, message, 4), EPERM);
	/* What the device says reaches the client. */
	device->fail = -EIO;
	assert_int_equal(client_read(&client, FAKE_REGION_MEM, 0, 4), EIO);
	device->fail = -EBUSY;
	assert_int_equal(client_write(&client, FAKE_REGION_MEM, 0, message, 4), EBUSY);
}

static void
test_reset(void **state)
{
	(void)state;
	assert_int_equal(client_ask(&client, VFIO_USER_DEVICE_RESET, NULL, 0, NULL, 0), 0);
	assert_int_equal(device->resets, 1);
}

static void
test_stats(void **state)
{
	struct aether_vfio_user_stats stats;

	(void)state;
	assert_int_equal(client_read(&client, FAKE_REGION_NONE, 0, 4), EINVAL);
	aether_vfio_user_stats_get(device->server, &stats);
	assert_true(stats.connected);
	assert_int_equal(stats.clients, 1);
	assert_int_equal(stats.messages, 2);
	assert_int_equal(stats.errors, 1);
	assert_int_equal(stats.broken, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_version_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_device_info, setup, teardown),
		cmocka_unit_test_setup_teardown(test_region_info, setup, teardown),
		cmocka_unit_test_setup_teardown(test_irq_info, setup, teardown),
		cmocka_unit_test_setup_teardown(test_access, setup, teardown),
		cmocka_unit_test_setup_teardown(test_access_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stats, setup, teardown),
	};

	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
