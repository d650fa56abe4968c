/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * bus_vfio_user.c against a server that follows a script and a fake EAL memory: which devices are
 * taken, what is mapped, what an absent server leaves. The file under test is included, with the
 * functions that it calls renamed.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_memory.h>

/* Of linux/memfd.h, which does not go with sys/mman.h. */
#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB	(21u << 26)
#endif

#include "bus/vfio_user_client.h"
#include "count_fds.h"
#include "scripted_server.h"

#define TIMEOUT_MS	40
#define PAGE		4096u
#define MAX_SEGMENTS	8

static struct {
	struct scripted_server server;
	/* EAL's memory. */
	struct rte_memseg_list msl;
	struct rte_memseg ms[MAX_SEGMENTS];
	int fd[MAX_SEGMENTS];		/* -1: EAL knows none */
	size_t offset[MAX_SEGMENTS];
	unsigned int n_ms;
	int locked;
	bool following;
} fake;

static FILE *log_stream;
static char *log_text;
static size_t log_len;
static unsigned int fds_before, maps_before;

/* ---------------------------------------------------------------- fakes --------------------- */

static int
fake_conn_open(const char *name, const char *path, uint32_t timeout_ms,
	       struct aether_vfu_conn **conn)
{
	const int client_fd = fake.server.client_fd;

	fake.server.client_fd = -1;
	assert_string_equal(path, "/run/socket");
	assert_int_equal(timeout_ms, 0);
	return aether_vfu_conn_adopt(name, client_fd, TIMEOUT_MS, conn);
}

static struct rte_memseg *
fake_virt2memseg(const void *va, const struct rte_memseg_list *msl)
{
	unsigned int i;

	(void)msl;
	for (i = 0; i < fake.n_ms; i++)
		if ((uintptr_t)va - (uintptr_t)fake.ms[i].addr < fake.ms[i].len)
			return &fake.ms[i];
	return NULL;
}

static struct rte_memseg_list *
fake_virt2memseg_list(const void *va)
{
	return fake_virt2memseg(va, NULL) != NULL ? &fake.msl : NULL;
}

static int
fake_get_fd(const struct rte_memseg *ms)
{
	assert_int_equal(fake.locked, 1);
	return fake.fd[ms - fake.ms];
}

static int
fake_get_offset(const struct rte_memseg *ms, size_t *offset)
{
	*offset = fake.offset[ms - fake.ms];
	return 0;
}

static void
fake_lock(void)
{
	fake.locked++;
}

static void
fake_unlock(void)
{
	fake.locked--;
}

struct aether_bus_memory;
static int fake_memory_start(struct aether_bus_memory *memory);
static void fake_memory_stop(struct aether_bus_memory *memory);

static void *
fake_place(size_t len)
{
	(void)len;
	return NULL;
}

#define aether_vfu_conn_open			fake_conn_open
#define aether_bus_memory_start			fake_memory_start
#define aether_bus_memory_stop			fake_memory_stop
#define aether_bus_place			fake_place
#define rte_mem_virt2memseg			fake_virt2memseg
#define rte_mem_virt2memseg_list		fake_virt2memseg_list
#define rte_memseg_get_fd_thread_unsafe		fake_get_fd
#define rte_memseg_get_fd_offset_thread_unsafe	fake_get_offset
#define rte_mcfg_mem_read_lock			fake_lock
#define rte_mcfg_mem_read_unlock		fake_unlock
#include "bus/bus_vfio_user.c"

int aether_bus_logtype = RTE_LOGTYPE_USER1;

/** Each segment by itself, as with huge pages. */
static int
fake_memory_start(struct aether_bus_memory *memory)
{
	unsigned int i;
	int ret = 0;

	fake.locked++;
	for (i = 0; i < fake.n_ms && ret == 0; i++)
		ret = memory->map(memory->ctx, fake.ms[i].addr, fake.ms[i].iova, fake.ms[i].len);
	fake.locked--;
	fake.following = ret == 0;
	return ret;
}

static void
fake_memory_stop(struct aether_bus_memory *memory)
{
	(void)memory;
	fake.following = false;
}

/* ---------------------------------------------------------------- script -------------------- */

/** What the server says of its device; a test changes what it is about. */
static struct {
	struct vfio_user_device_info device;
	struct vfio_region_info config;
	struct vfio_irq_info msix;
	struct {
		struct vfio_region_info info;
		struct vfio_region_info_cap_sparse_mmap cap;
		struct vfio_region_sparse_mmap_area areas[2];
	} bar0;
	char caps[128];
	int bar0_fd;
	unsigned int bar0_fds;
} script;

/* Where areas end, as aether-model has them. */
#define FILE_BYTES	(QTX_COMM_DBELL(0) + 4 * 16384)

static int
doorbell_file(size_t len, int seals)
{
	const int fd = memfd_create("doorbells", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, len), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void
script_default(void)
{
	memset(&script, 0, sizeof(script));
	strcpy(script.caps, "{}");
	script.device = (struct vfio_user_device_info){ 16, VFIO_DEVICE_FLAGS_PCI |
		VFIO_DEVICE_FLAGS_RESET, 9, 5 };
	script.config = (struct vfio_region_info){ .argsz = sizeof(script.config), .size = 4096,
		.index = VFIO_PCI_CONFIG_REGION_INDEX, .flags = 3 };
	script.msix = (struct vfio_irq_info){ 16, VFIO_IRQ_INFO_EVENTFD, 2, 33 };
	script.bar0.info = (struct vfio_region_info){
		.argsz = sizeof(script.bar0), .size = E810_BAR0_SIZE,
		.flags = 3 | VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
		.cap_offset = sizeof(struct vfio_region_info),
	};
	script.bar0.cap.header = (struct vfio_info_cap_header){ 1, 1, 0 };
	script.bar0.cap.nr_areas = 2;
	script.bar0.areas[0].offset = QRX_TAIL(0);
	script.bar0.areas[0].size = 4 * 2048;
	script.bar0.areas[1].offset = QTX_COMM_DBELL(0);
	script.bar0.areas[1].size = 4 * 16384;
	script.bar0_fd = doorbell_file(FILE_BYTES, F_SEAL_SHRINK);
	script.bar0_fds = 1;
}

static void
say(uint16_t command, const void *payload, size_t len)
{
	assert_int_equal(server_good(&fake.server, command, payload, len), 0);
}

static void
say_access(uint16_t command, uint32_t region, uint64_t offset, uint32_t count, uint32_t value)
{
	struct {
		struct vfio_user_region_access access;
		uint32_t value;
	} answer = { { offset, region, count }, value };

	say(command, &answer, sizeof(answer.access) +
	    (command == VFIO_USER_REGION_READ ? count : 0));
}

/** All that an open asks for, in its order, and n_maps answers to DMA_MAP. */
static void
say_all(unsigned int n_maps)
{
	struct {
		struct vfio_user_version version;
		char caps[128];
	} version = { { 0, 0 }, "" };

	strcpy(version.caps, script.caps);
	say(VFIO_USER_VERSION, &version, sizeof(version.version) + strlen(script.caps) + 1);
	say(VFIO_USER_DEVICE_GET_INFO, &script.device, sizeof(script.device));
	say(VFIO_USER_DEVICE_GET_REGION_INFO, &script.config, sizeof(script.config));
	say(VFIO_USER_DEVICE_GET_IRQ_INFO, &script.msix, sizeof(script.msix));
	assert_int_equal(server_reply(&fake.server, &(struct scripted_reply){
		.command = VFIO_USER_DEVICE_GET_REGION_INFO, .fds = &script.bar0_fd,
		.n_fds = script.bar0_fds }, &script.bar0, sizeof(script.bar0)), 0);
	if (script.device.flags & VFIO_DEVICE_FLAGS_RESET)
		say(VFIO_USER_DEVICE_RESET, NULL, 0);
	say_access(VFIO_USER_REGION_READ, VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 0x0400);
	say_access(VFIO_USER_REGION_WRITE, VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 0);
	while (n_maps-- > 0)
		say(VFIO_USER_DMA_MAP, NULL, 0);
}

static int
open_door(struct aether_bus **bus)
{
	const struct aether_bus_vfio_user_conf conf = { "net_aether0", "/run/socket" };

	return aether_bus_vfio_user_open(&conf, bus);
}

/** Skip what the client has said up to the command. @return its payload */
static const void *
said(uint16_t command)
{
	static struct {
		struct vfio_user_header header;
		uint8_t payload[4096];
	} message;

	do {
		if (recv(fake.server.fd, &message.header, sizeof(message.header), 0) !=
		    sizeof(message.header))
			fail_msg("command %u was not said", command);
		if (message.header.size > sizeof(message.header))
			assert_true(recv(fake.server.fd, message.payload, message.header.size -
					 sizeof(message.header), 0) > 0);
	} while (message.header.command != command);
	return message.payload;
}

static unsigned int
count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned int n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, "memfd:doorbells") != NULL;
	fclose(file);
	return n;
}

static int
setup(void **state)
{
	(void)state;
	rewind(log_stream);
	memset(&fake, 0, sizeof(fake));
	fds_before = count_fds();
	maps_before = count_mappings();
	assert_int_equal(server_open(&fake.server), 0);
	script_default();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close(fake.server.fd);
	if (fake.server.client_fd >= 0)
		close(fake.server.client_fd);
	close(script.bar0_fd);
	assert_int_equal(count_fds(), fds_before);
	assert_int_equal(count_mappings(), maps_before);
	assert_int_equal(fake.locked, 0);
	assert_false(fake.following);
	return 0;
}

/** Nothing is handed out, the log says why, and the next one gets a new server. */
static void
refused(int ret, const char *word)
{
	struct aether_bus *bus = (struct aether_bus *)(uintptr_t)1;

	server_hang_up(&fake.server);
	assert_int_equal(open_door(&bus), ret);
	assert_ptr_equal(bus, (struct aether_bus *)(uintptr_t)1);
	fputc('\0', log_stream);
	fflush(log_stream);
	if (strstr(log_text, word) == NULL)
		fail_msg("'%s' is not in: %s", word, log_text);
	teardown(NULL);
	setup(NULL);
}

static void
add_segment(uintptr_t va, int fd, size_t offset)
{
	struct rte_memseg *ms = &fake.ms[fake.n_ms];

	ms->addr = (void *)va;
	ms->iova = va;
	ms->len = PAGE;
	fake.fd[fake.n_ms] = fd;
	fake.offset[fake.n_ms++] = offset;
}

/* ---------------------------------------------------------------- tests --------------------- */

static void
test_open(void **state)
{
	const struct vfio_user_region_access *access;
	const struct vfio_user_dma_map *map;
	struct aether_bus *bus;
	uint32_t *file;

	(void)state;
	add_segment(0x10000, script.bar0_fd, 0x3000);
	say_all(1);
	assert_int_equal(open_door(&bus), 0);
	assert_true(fake.following);
	assert_int_equal(bus->ops->irq_count(bus), 33);
	assert_int_equal(bus->bar0_len, E810_BAR0_SIZE);
	assert_int_equal(bus->bar0_offset, 0);
	/* A doorbell is the file's, in both directions. */
	*aether_bus_doorbell(bus, QRX_TAIL(5)) = 0x1234;
	*aether_bus_doorbell(bus, QTX_COMM_DBELL(255)) = 0x5678;
	file = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, bus->bar0_fd, bus->bar0_offset);
	assert_true(file != MAP_FAILED);
	assert_int_equal(file[QRX_TAIL(5) / 4], 0x1234);
	assert_int_equal(file[QTX_COMM_DBELL(255) / 4], 0x5678);
	munmap(file, FILE_BYTES);

	/* Bus master and memory were switched on, what else was there stays. */
	access = said(VFIO_USER_REGION_WRITE);
	assert_int_equal(access->region, VFIO_PCI_CONFIG_REGION_INDEX);
	assert_int_equal(access->offset, 4);
	assert_memory_equal(access + 1, "\x06\x04", 2);
	map = said(VFIO_USER_DMA_MAP);
	assert_int_equal(map->iova, 0x10000);
	assert_int_equal(map->size, PAGE);
	assert_int_equal(map->offset, 0x3000);
	server_hang_up(&fake.server);
	bus->ops->close(bus);
}

static void
test_registers(void **state)
{
	const struct vfio_user_region_access *access;
	struct aether_bus *bus;
	uint8_t config[4];

	(void)state;
	say_all(0);
	assert_int_equal(open_door(&bus), 0);
	say_access(VFIO_USER_REGION_READ, 0, 0xB8188, 4, 0xCAFEF00D);
	assert_int_equal(aether_bus_read32(bus, 0xB8188), 0xCAFEF00D);
	say_access(VFIO_USER_REGION_WRITE, 0, 0x80080, 4, 0);
	said(VFIO_USER_REGION_WRITE);
	aether_bus_write32(bus, 0x80080, 0x01020304);
	access = said(VFIO_USER_REGION_WRITE);
	assert_int_equal(access->offset, 0x80080);
	assert_memory_equal(access + 1, "\4\3\2\1", 4);
	say_access(VFIO_USER_REGION_READ, VFIO_PCI_CONFIG_REGION_INDEX, 0, 4, 0x15928086);
	assert_int_equal(bus->ops->config_read(bus, config, 4, 0), 4);
	assert_memory_equal(config, "\x86\x80\x92\x15", 4);
	server_hang_up(&fake.server);
	bus->ops->close(bus);
}

/* All ones, dropped writes, doorbells that ring unheard, and nothing that waits. */
static void
test_server_gone(void **state)
{
	struct pollfd removal = { .events = POLLIN };
	struct aether_bus *bus;
	uint8_t config[4];

	(void)state;
	add_segment(0x10000, script.bar0_fd, 0);
	say_all(1);
	assert_int_equal(open_door(&bus), 0);
	removal.fd = bus->ops->removal_fd(bus);
	assert_int_equal(poll(&removal, 1, 0), 0);
	close(fake.server.fd);
	fake.server.fd = -1;
	assert_int_equal(poll(&removal, 1, 0), 1);
	assert_int_equal(aether_bus_read32(bus, 0xB8188), UINT32_MAX);
	aether_bus_write32(bus, 0x80080, 1);
	assert_int_equal(bus->ops->config_read(bus, config, 4, 0), -ENODEV);
	assert_int_equal(bus->ops->irq_bind(bus, 0, -1), -ENODEV);
	*aether_bus_doorbell(bus, QRX_TAIL(0)) = 1;
	/* EAL's pages go on coming and going. */
	assert_int_equal(bus->ops->dma_unmap(bus, (void *)0x10000, 0x10000, PAGE), 0);
	bus->ops->close(bus);
}

/* A server that does not let registers be read is no device, which shows as its removal. */
static void
test_register_refused(void **state)
{
	struct pollfd removal = { .events = POLLIN };
	struct aether_bus *bus;

	(void)state;
	say_all(0);
	assert_int_equal(open_door(&bus), 0);
	server_reply(&fake.server, &(struct scripted_reply){ .command = VFIO_USER_REGION_READ,
		.flags = VFIO_USER_F_REPLY | VFIO_USER_F_ERROR, .error = EPERM }, NULL, 0);
	assert_int_equal(aether_bus_read32(bus, 0xB8188), UINT32_MAX);
	removal.fd = bus->ops->removal_fd(bus);
	assert_int_equal(poll(&removal, 1, 0), 1);
	bus->ops->close(bus);
}

static void
test_wrong_devices(void **state)
{
	(void)state;
	script.device.flags = 0;
	say_all(0);
	refused(-ENODEV, "no PCI function");
	script.device.num_regions = 7;
	say_all(0);
	refused(-ENODEV, "7 regions");
	script.device.num_irqs = 2;
	say_all(0);
	refused(-ENODEV, "2 kinds of");
	script.config.size = 64;
	say_all(0);
	refused(-ENODEV, "0x40 bytes of configuration");
	script.msix.flags = 0;
	say_all(0);
	refused(-ENODEV, "no MSI-X interrupts");
	script.bar0.info.size = E810_BAR0_SIZE / 2;
	say_all(0);
	refused(-ENODEV, "0x1000000 bytes");
	script.bar0.info.flags &= ~VFIO_REGION_INFO_FLAG_WRITE;
	say_all(0);
	refused(-ENODEV, "wanted an E810");
	/* It hangs up at once: it has another client. */
	refused(-ENODEV, "another client");
}

static void
test_wrong_doorbells(void **state)
{
	(void)state;
	script.bar0.info.flags = 3;
	script.bar0_fds = 0;
	say_all(0);
	refused(-ENOTSUP, "doorbells at 0x290000");
	script.bar0.cap.nr_areas = 1;
	say_all(0);
	refused(-ENOTSUP, "doorbells at 0x2c0000");
	/* Too few of them. */
	script.bar0.areas[0].size = 0;
	script.bar0.areas[0].offset = QRX_TAIL(0) + 4096;
	script.bar0.areas[0].size = 4096;
	say_all(0);
	refused(-ENOTSUP, "doorbells at 0x290000");
}

/* A file that could go away under a store, or does not have what it says. */
static void
test_wrong_files(void **state)
{
	(void)state;
	close(script.bar0_fd);
	script.bar0_fd = doorbell_file(FILE_BYTES, 0);
	say_all(0);
	refused(-EPERM, "F_SEAL_SHRINK");
	close(script.bar0_fd);
	script.bar0_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	say_all(0);
	refused(-EPERM, "F_SEAL_SHRINK");
	close(script.bar0_fd);
	script.bar0_fd = doorbell_file(FILE_BYTES - 4096, F_SEAL_SHRINK);
	say_all(0);
	refused(-EINVAL, "0x2cf000 bytes");
	script.bar0.info.offset = 4096;
	say_all(0);
	refused(-EINVAL, "from 0x1000 on");
	script.bar0.info.offset = UINT64_MAX - 4095;
	say_all(0);
	refused(-EINVAL, "from 0xfffffffffffff000 on");
	close(script.bar0_fd);
	script.bar0_fd = doorbell_file(FILE_BYTES, F_SEAL_SHRINK | F_SEAL_WRITE);
	say_all(0);
	refused(-EPERM, "cannot be mapped");
}

/* Huge pages can be taken out of a file that cannot shrink, and then there may be none for it. */
static void
test_file_of_huge_pages(void **state)
{
	const size_t huge = 2 << 20;
	int fd;

	(void)state;
	fd = memfd_create("doorbells", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB |
			  MFD_HUGE_2MB);
	if (fd < 0) {
		print_message("no files of huge pages here: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(ftruncate(fd, 2 * huge), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	close(script.bar0_fd);
	script.bar0_fd = fd;
	script.bar0.cap.nr_areas = 1;
	script.bar0.areas[0].offset = huge;
	script.bar0.areas[0].size = huge;
	say_all(0);
	refused(-EPERM, "huge pages");
}

static void
test_memory_without_file(void **state)
{
	(void)state;
	add_segment(0x10000, -1, 0);
	say_all(0);
	refused(-ENOTSUP, "no file that EAL knows");
	add_segment(0x10000, script.bar0_fd, 0);
	fake.msl.external = 1;
	say_all(0);
	refused(-ENOTSUP, "external memory");
}

static void
test_memory_by_hand(void **state)
{
	const struct vfio_user_dma_map *map;
	struct aether_bus *bus;

	(void)state;
	say_all(0);
	assert_int_equal(open_door(&bus), 0);
	add_segment(0x10000, script.bar0_fd, 0x7000);
	add_segment(0x11000, script.bar0_fd, 0x8000);
	add_segment(0x12000, script.bar0_fd, 0xA000);	/* elsewhere in the file */
	assert_int_equal(bus->ops->dma_map(bus, (void *)0x10000, 0x10000, 3 * PAGE), -ENOTSUP);
	assert_int_equal(bus->ops->dma_map(bus, (void *)0x10000, 0x10000, 0), -EINVAL);
	assert_int_equal(bus->ops->dma_map(bus, (void *)0x40000, 0x40000, PAGE), -ENOTSUP);
	say(VFIO_USER_DMA_MAP, NULL, 0);
	assert_int_equal(bus->ops->dma_map(bus, (void *)0x10000, 0x10000, 2 * PAGE), 0);
	map = said(VFIO_USER_DMA_MAP);
	assert_int_equal(map->size, 2 * PAGE);
	assert_int_equal(map->offset, 0x7000);
	server_hang_up(&fake.server);
	bus->ops->close(bus);
}

/* More pages than the server takes: said before it has to. */
static void
test_too_many_maps(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++)
		add_segment(0x10000 + i * 0x2000, script.bar0_fd, 0);
	strcpy(script.caps, "{\"capabilities\":{\"max_dma_maps\":3}}");
	say_all(3);
	refused(-ENOSPC, "takes 3 pieces of memory");
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open),
		TEST(test_registers),
		TEST(test_server_gone),
		TEST(test_register_refused),
		TEST(test_wrong_devices),
		TEST(test_wrong_doorbells),
		TEST(test_wrong_files),
		TEST(test_file_of_huge_pages),
		TEST(test_memory_without_file),
		TEST(test_memory_by_hand),
		TEST(test_too_many_maps),
	};

	log_stream = open_memstream(&log_text, &log_len);
	rte_openlog_stream(log_stream);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
