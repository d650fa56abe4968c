/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_device.h"
#include "vfu_priv.h"

#define RW	(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define RO	VFIO_DMA_MAP_FLAG_READ
#define PAGE	UINT64_C(4096)
#define PAGES	64
#define IOVA	UINT64_C(0xFFF00000)

static struct fake_device *device;
static struct vfu_client client;
static int memory;
static uint8_t *seen;		/* memory, as the client sees it */

static int
setup(void **state)
{
	(void)state;
	device = fake_device_create();
	client_open(&client, device->path, device->server);
	memory = client_memory(PAGES * PAGE);
	seen = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	return seen == MAP_FAILED ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	client_close(&client);
	munmap(seen, PAGES * PAGE);
	close(memory);
	fake_device_destroy(device);
	assert_int_equal(count_mappings(), 0);
	return 0;
}

static void
test_map(void **state)
{
	unsigned int fds = count_fds();

	(void)state;
	assert_int_equal(client_map(&client, IOVA, 4 * PAGE, memory, 8 * PAGE, RW), 0);
	assert_int_equal(client.payload_len, 0);
	assert_int_equal(device->n_maps, 1);
	assert_true(device->maps[0].writable);
	strcpy((char *)seen + 9 * PAGE, "from the client");
	assert_string_equal((char *)fake_device_dma(device, IOVA + PAGE), "from the client");
	strcpy((char *)fake_device_dma(device, IOVA + 2 * PAGE), "from the device");
	assert_string_equal((char *)seen + 10 * PAGE, "from the device");
	/* The mapping is kept, the descriptor is not. */
	assert_int_equal(count_fds(), fds);
	assert_int_equal(client_unmap(&client, IOVA, 4 * PAGE, 0), 0);
	assert_int_equal(client.payload_len, sizeof(struct vfio_user_dma_unmap));
	assert_int_equal(device->n_maps, 0);
	assert_int_equal(count_mappings(), 1);
}

/* Pages in any order of the file are in one piece where their I/O addresses are. */
static void
test_contiguous(void **state)
{
	unsigned int i;

	(void)state;
#if defined(__SANITIZE_THREAD__)
	skip();		/* its address space is not ours to choose from */
#endif
	for (i = 0; i < PAGES; i++)
		assert_int_equal(client_map(&client, IOVA + i * PAGE, PAGE, memory,
					    i * 37 % PAGES * PAGE, RW), 0);
	for (i = 0; i < PAGES; i++) {
		assert_ptr_equal(fake_device_dma(device, IOVA + i * PAGE),
				 fake_device_dma(device, IOVA) + i * PAGE);
		*fake_device_dma(device, IOVA + i * PAGE) = i + 1;
		assert_int_equal(seen[i * 37 % PAGES * PAGE], i + 1);
	}
	/* One in the middle goes and comes back. */
	assert_int_equal(client_unmap(&client, IOVA + 5 * PAGE, PAGE, 0), 0);
	assert_int_equal(client_map(&client, IOVA + 5 * PAGE, PAGE, memory, 0, RW), 0);
	assert_ptr_equal(fake_device_dma(device, IOVA + 5 * PAGE),
			 fake_device_dma(device, IOVA) + 5 * PAGE);
	/* All at once. */
	assert_int_equal(client_unmap(&client, 0, UINT64_C(1) << 47, 0), 0);
	assert_int_equal(device->n_maps, 0);
	assert_int_equal(count_mappings(), 1);
}

/* Two devices, the same I/O addresses: each has its own in one piece. */
static void
test_two_servers(void **state)
{
	struct fake_device *other = fake_device_create();
	struct vfu_client *second = calloc(1, sizeof(*second));
	unsigned int i;

	(void)state;
	client_open(second, other->path, other->server);
	for (i = 0; i < 4; i++) {
		assert_int_equal(client_map(&client, IOVA + i * PAGE, PAGE, memory,
					    (8 - 2 * i) * PAGE, RW), 0);
		assert_int_equal(client_map(second, IOVA + i * PAGE, PAGE, memory,
					    (9 - 2 * i) * PAGE, RW), 0);
	}
#if !defined(__SANITIZE_THREAD__)
	assert_ptr_equal(fake_device_dma(device, IOVA + 3 * PAGE),
			 fake_device_dma(device, IOVA) + 3 * PAGE);
	assert_ptr_equal(fake_device_dma(other, IOVA + 3 * PAGE),
			 fake_device_dma(other, IOVA) + 3 * PAGE);
#endif
	client_close(second);
	fake_device_destroy(other);
	free(second);
	*fake_device_dma(device, IOVA) = 1;
}

/* Where the place for it is taken, or is no address of a process, another one is found. */
static void
test_anywhere(void **state)
{
	(void)state;
	assert_int_equal(client_map(&client, UINT64_C(1) << 60, PAGE, memory, 0, RW), 0);
	assert_int_equal(client_map(&client, 0 - PAGE, PAGE, memory, PAGE, RW), 0);
	assert_int_equal(client_map(&client, 0, PAGE, memory, 2 * PAGE, RW), 0);
	assert_int_equal(client_map(&client, (uintptr_t)seen, PAGES * PAGE, memory, 0, RW), 0);
	memset(fake_device_dma(device, 0 - PAGE), 7, PAGE);
	assert_int_equal(seen[PAGE], 7);
	memset(fake_device_dma(device, (uintptr_t)seen), 9, PAGES * PAGE);
	assert_int_equal(seen[PAGE], 9);
	assert_int_equal(client_unmap(&client, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
	assert_int_equal(device->n_maps, 0);
}

static void
test_read_only(void **state)
{
	int read_only;
	char path[32];

	(void)state;
	assert_int_equal(client_map(&client, IOVA, PAGE, memory, 0, RO), 0);
	assert_false(device->maps[0].writable);
	/* A file that is open to read can be mapped to read. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	read_only = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read_only >= 0);
	assert_int_equal(client_map(&client, IOVA + PAGE, PAGE, read_only, 0, RW), EACCES);
	assert_int_equal(client_map(&client, IOVA + PAGE, PAGE, read_only, 0, RO), 0);
	close(read_only);
}

/* Pieces of huge pages, at any 4 KiB of them. */
static void
test_huge_pages(void **state)
{
	const size_t huge = 2u << 20;
	int file = memfd_create("client", MFD_CLOEXEC | MFD_HUGETLB | MFD_HUGE_2MB);
	uint8_t *view = MAP_FAILED;

	(void)state;
	if (file >= 0 && ftruncate(file, huge) == 0)
		view = mmap(NULL, huge, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (view == MAP_FAILED) {
		print_message("SKIP: there is no free 2 MiB page: echo 1 > "
			      "/proc/sys/vm/nr_hugepages\n");
		close(file);
		skip();
	}
	assert_int_equal(client_map(&client, IOVA, PAGE, file, 5 * PAGE, RW), 0);
	assert_int_equal(client_map(&client, IOVA + PAGE, 3 * PAGE, file, 508 * PAGE, RW), 0);
	assert_int_equal(client_map(&client, UINT64_C(1) << 30, huge, file, 0, RW), 0);
	assert_int_equal(client_map(&client, UINT64_C(1) << 31, 2 * huge, file, 0, RW), EINVAL);
	*fake_device_dma(device, IOVA) = 1;
	*fake_device_dma(device, IOVA + 3 * PAGE) = 2;
	*fake_device_dma(device, (UINT64_C(1) << 30) + 7 * PAGE) = 3;
	assert_int_equal(view[5 * PAGE], 1);
	assert_int_equal(view[510 * PAGE], 2);
	assert_int_equal(view[7 * PAGE], 3);
	assert_int_equal(client_unmap(&client, 0, UINT64_C(1) << 47, 0), 0);
	munmap(view, huge);
	close(file);
}

static void
test_map_bad(void **state)
{
	static const struct {
		uint64_t iova, size, offset;
		uint32_t flags, argsz;
		int error;
	} bad[] = {
		{ IOVA, PAGE, 0, RW, 31, EINVAL },
		{ IOVA, PAGE, 0, 0, 32, EINVAL },
		{ IOVA, PAGE, 0, VFIO_DMA_MAP_FLAG_WRITE, 32, EINVAL },
		{ IOVA, PAGE, 0, RW | 4, 32, EINVAL },
		{ IOVA, 0, 0, RW, 32, EINVAL },
		{ IOVA, PAGE + 1, 0, RW, 32, EINVAL },
		{ IOVA + 512, PAGE, 0, RW, 32, EINVAL },
		{ IOVA, PAGE, 512, RW, 32, EINVAL },
		/* Beyond the end of addresses, of the file, of numbers. */
		{ 0 - PAGE, 2 * PAGE, 0, RW, 32, EINVAL },
		{ IOVA, 0 - PAGE, 0, RW, 32, EINVAL },
		{ IOVA, PAGE, PAGES * PAGE, RW, 32, EINVAL },
		{ IOVA, 2 * PAGE, (PAGES - 1) * PAGE, RW, 32, EINVAL },
		{ IOVA, (PAGES + 1) * PAGE, 0, RW, 32, EINVAL },
		{ IOVA, 2 * PAGE, 0 - PAGE, RW, 32, EINVAL },
		/* Over what is there. */
		{ IOVA - PAGE, 2 * PAGE, 0, RW, 32, EEXIST },
		{ IOVA - PAGE, 8 * PAGE, 0, RW, 32, EEXIST },
		{ IOVA + PAGE, PAGE, 0, RW, 32, EEXIST },
		{ IOVA + PAGE, 4 * PAGE, 0, RW, 32, EEXIST },
	};
	struct vfio_user_dma_map map;
	unsigned int i, fds = count_fds();

	(void)state;
	assert_int_equal(client_map(&client, IOVA, 2 * PAGE, memory, 0, RW), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (bad[i].error == EINVAL)
			assert_int_equal(client_unmap(&client, IOVA, 2 * PAGE, 0), 0);
		map = (struct vfio_user_dma_map){ bad[i].argsz, bad[i].flags, bad[i].offset,
						  bad[i].iova, bad[i].size };
		if (client_ask(&client, VFIO_USER_DMA_MAP, &map, sizeof(map), &memory, 1) !=
		    bad[i].error)
			fail_msg("case %u: error %u", i, client.header.error);
		if (bad[i].error == EINVAL)
			assert_int_equal(client_map(&client, IOVA, 2 * PAGE, memory, 0, RW), 0);
		assert_int_equal(device->n_maps, 1);
	}
	assert_int_equal(count_fds(), fds);
	assert_int_equal(count_mappings(), 2);
}

/* Descriptors that are no memory, and too many. */
static void
test_map_no_memory(void **state)
{
	const struct vfio_user_dma_map map = { sizeof(map), RW, 0, IOVA, PAGE };
	int pipe_fds[2], zero = open("/dev/zero", O_RDWR | O_CLOEXEC), two[2] = { memory, memory };
	/* No file in memory: who reads it may have to wait. */
	int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	unsigned int fds;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	fds = count_fds();
	assert_int_equal(client_map(&client, IOVA, PAGE, pipe_fds[0], 0, RW), EINVAL);
	assert_int_equal(client_map(&client, IOVA, PAGE, zero, 0, RW), EINVAL);
	assert_int_equal(client_map(&client, IOVA, PAGE, client.fd, 0, RW), EINVAL);
	assert_int_equal(client_map(&client, IOVA, PAGE, status, 0, RO), EINVAL);
	assert_int_equal(client_ask(&client, VFIO_USER_DMA_MAP, &map, sizeof(map), two, 2), EINVAL);
	assert_int_equal(count_fds(), fds);
	device->fail = -ENOMEM;
	assert_int_equal(client_map(&client, IOVA, PAGE, memory, 0, RW), ENOMEM);
	assert_int_equal(count_mappings(), 1);
	assert_int_equal(client_map(&client, IOVA, PAGE, memory, 0, RW), 0);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(zero);
	close(status);
}

/* As QEMU gives its firmware: noted, so that it overlaps and goes; out of the device's reach. */
static void
test_map_without_file(void **state)
{
	(void)state;
	assert_int_equal(client_map(&client, IOVA, 2 * PAGE, -1, 0, RW), 0);
	assert_int_equal(device->n_maps, 0);
	assert_int_equal(client_map(&client, IOVA + PAGE, PAGE, memory, 0, RW), EEXIST);
	assert_int_equal(client_unmap(&client, IOVA, 2 * PAGE, 0), 0);
	assert_int_equal(client_map(&client, IOVA + PAGE, PAGE, memory, 0, RW), 0);
}

static void
test_unmap_bad(void **state)
{
	const struct vfio_user_dma_unmap small = { 23, 0, IOVA, PAGE };

	(void)state;
	assert_int_equal(client_map(&client, IOVA, 4 * PAGE, memory, 0, RW), 0);
	assert_int_equal(client_unmap(&client, IOVA, PAGE, 0), EINVAL);
	assert_int_equal(client_unmap(&client, IOVA + PAGE, 3 * PAGE, 0), EINVAL);
	assert_int_equal(client_unmap(&client, IOVA - PAGE, 2 * PAGE, 0), EINVAL);
	assert_int_equal(client_unmap(&client, IOVA, 0, 0), EINVAL);
	assert_int_equal(client_unmap(&client, IOVA, 0 - IOVA + 1, 0), EINVAL);
	assert_int_equal(client_unmap(&client, IOVA, 4 * PAGE, 1), EINVAL);
	assert_int_equal(client_unmap(&client, IOVA, 4 * PAGE, 4), EINVAL);
	assert_int_equal(client_ask(&client, VFIO_USER_DMA_UNMAP, &small, sizeof(small), NULL, 0),
			 EINVAL);
	assert_int_equal(device->n_maps, 1);
	/* What was never mapped goes without a word, up to the end of addresses. */
	assert_int_equal(client_unmap(&client, IOVA + 4 * PAGE, 1 << 20, 0), 0);
	assert_int_equal(client_unmap(&client, UINT64_C(1) << 63, UINT64_C(1) << 63, 0), 0);
	assert_int_equal(device->n_maps, 1);
}

/* When the client goes, the device is reset before its memory is taken away. */
static void
test_client_gone(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(client_map(&client, IOVA + 2 * i * PAGE, PAGE, memory, 0, RW), 0);
	client_close(&client);
	assert_int_equal(device->resets, 1);
	assert_int_equal(device->maps_at_reset, 10);
	assert_int_equal(device->n_maps, 0);
	assert_int_equal(count_mappings(), 1);
	client_open(&client, device->path, device->server);
}

/* A client may fill the table, and no more; then the process can still work. */
static void
test_limit(void **state)
{
	unsigned int i, n = vfu_dma_max(device->server);
	void *still;

	(void)state;
	for (i = 0; i < n; i++)
		if (client_map(&client, i * 2 * PAGE, PAGE, memory, i % 2 * PAGE, RW) != 0)
			fail_msg("mapping %u: %s", i, strerror(client.header.error));
	assert_int_equal(client_map(&client, UINT64_C(1) << 40, PAGE, memory, 0, RW), ENOSPC);
	still = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, memory, 0);
	assert_true(still != MAP_FAILED);
	munmap(still, PAGE);
	assert_int_equal(client_unmap(&client, 0, PAGE, 0), 0);
	assert_int_equal(client_map(&client, UINT64_C(1) << 40, PAGE, memory, 0, RW), 0);
	assert_int_equal(client_unmap(&client, 0, UINT64_C(1) << 47, 0), 0);
	assert_int_equal(device->n_maps, 0);
}

/* Who takes all the addresses and mappings that it may leaves another server's client its own. */
static void
test_shares(void **state)
{
	struct fake_device *other = fake_device_create();
	struct vfu_client *second = calloc(1, sizeof(*second));
	int sparse = client_memory(UINT64_C(1) << 47);
	unsigned int i, n = vfu_dma_max(device->server);
	uint64_t size, at = 0;

	(void)state;
	client_open(second, other->path, other->server);
	assert_true(n <= device->server->dma.process_max / 2);
	for (size = UINT64_C(1) << 47; size >= 1 << 30; size /= 2)
		for (; client_map(&client, at, size, sparse, 0, RW) == 0; at += size)
			;
	assert_int_equal(client.header.error, ENOSPC);
	assert_int_equal(client_map(second, 0, UINT64_C(1) << 43, sparse, 0, RW), 0);
	assert_int_equal(client_unmap(second, 0, UINT64_C(1) << 43, 0), 0);
	assert_int_equal(client_unmap(&client, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL), 0);
	for (i = 0; i < n; i++)
		assert_int_equal(client_map(&client, i * 2 * PAGE, PAGE, memory, 0, RW), 0);
	assert_int_equal(client_map(&client, i * 2 * PAGE, PAGE, memory, 0, RW), ENOSPC);
	for (i = 0; i < n; i++)
		assert_int_equal(client_map(second, i * 2 * PAGE, PAGE, memory, 0, RW), 0);
	client_close(second);
	fake_device_destroy(other);
	free(second);
	close(sparse);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_map, setup, teardown),
		cmocka_unit_test_setup_teardown(test_contiguous, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_servers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_anywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_huge_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_map_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_map_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_map_without_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unmap_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_client_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shares, setup, teardown),
	};

	return cmocka_run_group_tests_name("dma", tests, NULL, NULL);
}
