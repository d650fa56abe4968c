/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The client's memory. Each DMA_MAP is a piece of a file, which is mapped here and given to the
 * device.
 *
 * Behind a virtual IOMMU a buffer is contiguous in I/O addresses and scattered in the file. So that
 * the device finds it in one piece, memory is put where its I/O address says: what is contiguous
 * there is contiguous here. Servers have 1 TiB of addresses each, as two devices may have the same
 * I/O addresses. Where that place is taken, any other serves.
 */

#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vfu_priv.h"

#define FIRST_SIZE		64
#define USER_ADDRESSES		(UINT64_C(1) << 47)	/* x86-64 and arm64 have as much */
/* Bytes for the servers, which have alike shares of these and of mappings: a client that takes all
 * that it may leaves enough for those of the others. */
#define SHARED_ADDRESSES	(USER_ADDRESSES / 2)
#define DEFAULT_MAP_COUNT	65530	/* vm.max_map_count, where it cannot be read */
#define MAP_COUNT_SPARE		4096	/* of these, for the rest of the process */

/* Mappings of all servers of the process. Atomic: servers may have threads of their own. */
static uint32_t total;

/** Of the process: the kernel's limit, which heap, stacks and libraries have a share in. */
static unsigned int
process_max(void)
{
	unsigned int max = DEFAULT_MAP_COUNT;
	FILE *file = fopen("/proc/sys/vm/max_map_count", "re");

	if (file != NULL) {
		if (fscanf(file, "%u", &max) != 1)
			max = DEFAULT_MAP_COUNT;
		fclose(file);
	}
	return max > 2 * MAP_COUNT_SPARE ? max - MAP_COUNT_SPARE : max / 2;
}

void
vfu_dma_init(struct aether_vfio_user *server)
{
	server->dma.process_max = process_max();
}

unsigned int
vfu_dma_max(const struct aether_vfio_user *server)
{
	return RTE_MIN(server->dma.process_max / vfu_servers(),
		       (unsigned int)AETHER_VFIO_USER_MAX_MAPS);
}

/* ------------------------------------------------------------------ table ------------------- */

/** Index of the first mapping that ends after iova; n when there is none. */
static unsigned int
find(const struct vfu_dma *dma, uint64_t iova)
{
	unsigned int low = 0, high = dma->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (dma->maps[middle].iova + (dma->maps[middle].size - 1) < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
grow(struct vfu_dma *dma)
{
	unsigned int size = dma->size == 0 ? FIRST_SIZE : 2 * dma->size;
	struct vfu_map *maps;

	if (dma->n < dma->size)
		return 0;
	vfu_fault_lock();
	maps = realloc(dma->maps, size * sizeof(*maps));
	if (maps != NULL) {
		dma->maps = maps;
		dma->size = size;
	}
	vfu_fault_unlock();
	return maps == NULL ? -ENOMEM : 0;
}

static void
insert(struct vfu_dma *dma, unsigned int at, const struct vfu_map *map)
{
	vfu_fault_lock();
	memmove(&dma->maps[at + 1], &dma->maps[at], (dma->n - at) * sizeof(*map));
	dma->maps[at] = *map;
	dma->n++;
	vfu_fault_unlock();
}

static void
release(struct aether_vfio_user *server, const struct vfu_map *map)
{
	if (map->base == NULL)
		return;
	if (munmap(map->base, map->len) != 0)
		VFU_LOG(ERR, server, "%zu bytes at %p cannot be unmapped: %s", map->len, map->base,
			strerror(errno));
	server->dma.bytes -= map->len;
	__atomic_fetch_sub(&total, 1, __ATOMIC_RELAXED);
}

/** Take mappings [at, at + count) from the device and forget them. */
static void
take_away(struct aether_vfio_user *server, unsigned int at, unsigned int count)
{
	struct vfu_dma *dma = &server->dma;
	struct vfu_map map;

	/* The last first, so that a table that is emptied is not moved each time. */
	while (count-- != 0) {
		map = dma->maps[at + count];
		if (map.va != NULL)
			server->device.ops->dma_unmap(server->device.ctx, map.iova, map.size);
		vfu_fault_lock();
		memmove(&dma->maps[at + count], &dma->maps[at + count + 1],
			(dma->n - (at + count + 1)) * sizeof(map));
		dma->n--;
		vfu_fault_unlock();
		release(server, &map);
	}
}

void
vfu_dma_clear(struct aether_vfio_user *server)
{
	take_away(server, 0, server->dma.n);
	server->dma.fileless_logged = false;
}

/* ------------------------------------------------------------------ files ------------------- */

/**
 * Whether the file holds the range. Only files in memory: with any other, a client could keep who
 * touches it waiting. @param[out] page granularity in which it can be mapped
 */
static int
check_file(struct aether_vfio_user *server, const struct vfio_user_dma_map *asked, int fd,
	   uint64_t *page)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) != 0 || fstatfs(fd, &fs) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) ||
	    ((uint32_t)fs.f_type != TMPFS_MAGIC && (uint32_t)fs.f_type != HUGETLBFS_MAGIC))
		return vfu_refuse(server, -EINVAL, "the file is not one in memory, wanted a memfd "
				  "or a file of a tmpfs or hugetlbfs (QEMU: memory-backend-memfd)");
	if (asked->offset > (uint64_t)st.st_size ||
	    asked->size > (uint64_t)st.st_size - asked->offset)
		return vfu_refuse(server, -EINVAL, "0x%" PRIx64 " bytes from 0x%" PRIx64 " on are "
				  "not in the file, which has 0x%" PRIx64, asked->size,
				  asked->offset, (uint64_t)st.st_size);
	*page = (uint32_t)fs.f_type == HUGETLBFS_MAGIC ? (uint64_t)fs.f_bsize :
		(uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

/** Map [first, first + len) of the file so that `lead` bytes in comes the memory for iova. */
static void *
place(const struct vfu_dma *dma, uint64_t iova, uint64_t lead, size_t len, int prot, int fd,
      uint64_t first)
{
	uint64_t wanted = (iova ^ dma->place) - lead;
	void *base = MAP_FAILED;

	if (dma->place != 0 && iova < USER_ADDRESSES)
		base = mmap((void *)(uintptr_t)wanted, len, prot,
			    MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE, fd, first);
	/* Taken, or not of the file's alignment. */
	if (base == MAP_FAILED)
		base = mmap(NULL, len, prot, MAP_SHARED | MAP_NORESERVE, fd, first);
	return base;
}

static int
map_file(struct aether_vfio_user *server, const struct vfio_user_dma_map *asked, int fd,
	 struct vfu_map *map)
{
	int prot = PROT_READ | ((asked->flags & VFIO_DMA_MAP_FLAG_WRITE) != 0 ? PROT_WRITE : 0);
	uint64_t page = VFU_PAGE, lead, share;
	int ret;

	ret = check_file(server, asked, fd, &page);
	if (ret != 0)
		return ret;
	lead = asked->offset % page;
	map->len = RTE_ALIGN_CEIL(lead + asked->size, page);
	share = SHARED_ADDRESSES / vfu_servers();
	if (server->dma.bytes > share || map->len > share - server->dma.bytes)
		return vfu_refuse(server, -ENOSPC, "0x%" PRIx64 " bytes beside 0x%" PRIx64 " that "
				  "are mapped, wanted at most 0x%" PRIx64 " in all", asked->size,
				  server->dma.bytes, share);
	if (__atomic_add_fetch(&total, 1, __ATOMIC_RELAXED) > server->dma.process_max) {
		__atomic_fetch_sub(&total, 1, __ATOMIC_RELAXED);
		return vfu_refuse(server, -ENOSPC, "this process has %u mappings, all that it may; "
				  "use larger pages, or raise vm.max_map_count",
				  server->dma.process_max);
	}
	map->base = place(&server->dma, asked->iova, lead, map->len, prot, fd,
			  asked->offset - lead);
	if (map->base == MAP_FAILED) {
		ret = -errno;
		map->base = NULL;
		__atomic_fetch_sub(&total, 1, __ATOMIC_RELAXED);
		return vfu_refuse(server, ret, "0x%" PRIx64 " bytes cannot be mapped: %s",
				  asked->size, strerror(-ret));
	}
	map->va = (uint8_t *)map->base + lead;
	server->dma.bytes += map->len;
	return 0;
}

/* ------------------------------------------------------------------ commands ---------------- */

static int
check_map(struct aether_vfio_user *server, const struct vfio_user_dma_map *asked, bool file)
{
	const struct vfu_dma *dma = &server->dma;
	unsigned int at;

	if (asked->argsz < sizeof(*asked))
		return vfu_refuse(server, -EINVAL, "argsz is %" PRIu32 ", wanted %zu",
				  asked->argsz, sizeof(*asked));
	if ((asked->flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)) != 0 ||
	    (asked->flags & VFIO_DMA_MAP_FLAG_READ) == 0)
		return vfu_refuse(server, -EINVAL, "flags are 0x%" PRIx32 ", wanted readable (1), "
				  "or readable and writable (3)", asked->flags);
	if (asked->size == 0 || (asked->iova | asked->size) % VFU_PAGE != 0 ||
	    asked->iova + (asked->size - 1) < asked->iova ||
	    (file && asked->offset % VFU_PAGE != 0))
		return vfu_refuse(server, -EINVAL, "0x%" PRIx64 " bytes at I/O address 0x%" PRIx64
				  ", 0x%" PRIx64 " of the file; wanted multiples of %u and no end "
				  "beyond 2^64", asked->size, asked->iova, asked->offset, VFU_PAGE);
	at = find(dma, asked->iova);
	if (at < dma->n && dma->maps[at].iova <= asked->iova + (asked->size - 1))
		return vfu_refuse(server, -EEXIST, "0x%" PRIx64 " bytes at I/O address 0x%" PRIx64
				  " overlap a mapping", asked->size, asked->iova);
	if (dma->n >= vfu_dma_max(server))
		return vfu_refuse(server, -ENOSPC, "there are %u mappings, wanted no more", dma->n);
	return 0;
}

/**
 * A range without a file could be reached by messages to the client alone. QEMU gives such ranges
 * for its firmware and for other devices' registers, and does not start when they are refused: they
 * are noted, and the device finds nothing there.
 */
static void
note_fileless(struct aether_vfio_user *server, const struct vfu_map *map)
{
	rte_log(server->dma.fileless_logged ? RTE_LOG_DEBUG : RTE_LOG_INFO,
		aether_vfio_user_logtype, "aether_vfio_user %s: 0x%" PRIx64 " bytes at I/O address "
		"0x%" PRIx64 " come without a file: the device cannot reach them\n",
		server->device.name, map->size, map->iova);
	server->dma.fileless_logged = true;
}

int
vfu_dma_map(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_user_dma_map *asked = (const void *)request->payload;
	struct vfu_map map = { .iova = asked->iova, .size = asked->size };
	int ret;

	ret = check_map(server, asked, request->n_fds != 0);
	if (ret == 0)
		ret = grow(&server->dma);
	if (ret != 0)
		return ret;
	if (request->n_fds == 0) {
		note_fileless(server, &map);
		insert(&server->dma, find(&server->dma, map.iova), &map);
		return 0;
	}
	ret = map_file(server, asked, request->fds[0], &map);
	if (ret != 0)
		return ret;
	/* Known to the SIGBUS handler before the device can touch it. */
	insert(&server->dma, find(&server->dma, map.iova), &map);
	ret = server->device.ops->dma_map(server->device.ctx, map.iova, map.size, map.va,
					  (asked->flags & VFIO_DMA_MAP_FLAG_WRITE) != 0);
	if (ret != 0) {
		server->dma.maps[find(&server->dma, map.iova)].va = NULL;
		take_away(server, find(&server->dma, map.iova), 1);
		return vfu_refuse(server, ret, "the device refused 0x%" PRIx64 " bytes at I/O "
				  "address 0x%" PRIx64, asked->size, asked->iova);
	}
	return 0;
}

int
vfu_dma_unmap(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_user_dma_unmap *asked = (const void *)request->payload;
	struct vfu_dma *dma = &server->dma;
	uint64_t last = asked->iova + (asked->size - 1);
	unsigned int at, end;

	if (asked->argsz < sizeof(*asked) || (asked->flags & ~VFIO_DMA_UNMAP_FLAG_ALL) != 0)
		return vfu_refuse(server, -EINVAL, "argsz is %" PRIu32 " and flags are 0x%" PRIx32
				  ", wanted %zu or more, and none but 0x%x", asked->argsz,
				  asked->flags, sizeof(*asked), VFIO_DMA_UNMAP_FLAG_ALL);
	memcpy(request->reply, asked, sizeof(*asked));
	request->reply_len = sizeof(*asked);
	if ((asked->flags & VFIO_DMA_UNMAP_FLAG_ALL) != 0) {
		take_away(server, 0, dma->n);
		return 0;
	}
	if (asked->size == 0 || last < asked->iova)
		return vfu_refuse(server, -EINVAL, "0x%" PRIx64 " bytes at I/O address 0x%" PRIx64
				  ", wanted some, with no end beyond 2^64", asked->size,
				  asked->iova);
	at = find(dma, asked->iova);
	for (end = at; end < dma->n && dma->maps[end].iova <= last; end++)
		if (dma->maps[end].iova < asked->iova ||
		    dma->maps[end].iova + (dma->maps[end].size - 1) > last)
			return vfu_refuse(server, -EINVAL, "0x%" PRIx64 " bytes at I/O address 0x%"
					  PRIx64 " cut a mapping in two, wanted whole ones",
					  asked->size, asked->iova);
	/* Nothing there is as good: QEMU unmaps whatever may once have been mapped. */
	take_away(server, at, end - at);
	return 0;
}
