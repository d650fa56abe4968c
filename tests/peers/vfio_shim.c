/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Containers and groups of the VFIO shim, and the system calls that it stands in for: ioctl() and
 * close(). /dev/vfio/vfio and /dev/vfio/<group> are plain files, known by their inodes; opening,
 * mapping and reading them needs no help.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_common.h>

#include "shim.h"

#define MAX_FDS		64
#define PAGE_MASK	UINT64_C(0xfff)

enum file_kind { FILE_OTHER, FILE_CONTAINER, FILE_GROUP, FILE_DEVICE };

struct file_id {
	enum file_kind kind;
	int group;			/* of a group or device */
	struct shim_device *device;
};

/* One container is all that a program with one address space needs. */
struct container {
	int fd;				/* -1: not open */
	bool iommu_set;
	struct shim_map *maps;
	unsigned int n_maps;
	unsigned int n_groups;
};

struct tracked_fd {
	int fd;
	struct file_id id;
	bool attached;			/* group: in the container */
};

/* Recursive: the model closes files of its own inside a call of ours. */
pthread_mutex_t shim_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static struct container container = { .fd = -1 };
static struct tracked_fd tracked[MAX_FDS];
static unsigned int n_tracked;

void
shim_log(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	fprintf(stderr, "vfio_shim: %s\n", line);
}

static bool
same_file(const char *path, const struct stat *st)
{
	struct stat other;

	return stat(path, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

static struct file_id
identify(int fd)
{
	struct file_id id = { .kind = FILE_OTHER };
	char path[64];
	struct stat st;
	unsigned int i;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return id;
	if (same_file("/dev/vfio/vfio", &st)) {
		id.kind = FILE_CONTAINER;
		return id;
	}
	id.device = shim_device_by_file(st.st_dev, st.st_ino);
	if (id.device != NULL) {
		id.kind = FILE_DEVICE;
		id.group = id.device->group;
		return id;
	}
	for (i = 0; i < shim_n_devices; i++) {
		snprintf(path, sizeof(path), "/dev/vfio/%d", shim_devices[i].group);
		if (same_file(path, &st)) {
			id.kind = FILE_GROUP;
			id.group = shim_devices[i].group;
			return id;
		}
	}
	return id;
}

/** The entry of this descriptor, made if need be, so that its close() is noticed. */
static struct tracked_fd *
track(int fd, struct file_id id)
{
	unsigned int i;

	for (i = 0; i < n_tracked; i++)
		if (tracked[i].fd == fd)
			return &tracked[i];
	if (n_tracked == MAX_FDS) {
		shim_log("more than %u VFIO descriptors are open", MAX_FDS);
		return NULL;
	}
	tracked[n_tracked] = (struct tracked_fd){ .fd = fd, .id = id };
	return &tracked[n_tracked++];
}

/* ------------------------------------------------------------------ DMA -------------------- */

/** Give or take the mapping on every powered device; on failure, none has it. */
static int
map_everywhere(const struct shim_map *map)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < shim_n_devices && ret == 0; i++)
		if (shim_devices[i].model != NULL)
			ret = aether_model_dma_map(shim_devices[i].model, map->iova, map->size,
						   map->va, map->writable);
	if (ret == 0)
		return 0;
	for (i--; i > 0; i--)
		if (shim_devices[i - 1].model != NULL)
			aether_model_dma_unmap(shim_devices[i - 1].model, map->iova, map->size);
	return ret;
}

static void
unmap_everywhere(const struct shim_map *map)
{
	unsigned int i;
	int ret;

	for (i = 0; i < shim_n_devices; i++) {
		if (shim_devices[i].model == NULL)
			continue;
		ret = aether_model_dma_unmap(shim_devices[i].model, map->iova, map->size);
		if (ret < 0)
			shim_log("%s: cannot unmap 0x%jx, %ju bytes: %s", shim_devices[i].bdf,
				 (uintmax_t)map->iova, (uintmax_t)map->size, strerror(-ret));
	}
}

static int
iommu_map(const struct vfio_iommu_type1_dma_map *arg)
{
	const uint32_t access = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	struct shim_map *maps;
	unsigned int i;
	int ret;

	if (arg->argsz < SHIM_SIZE_UP_TO(struct vfio_iommu_type1_dma_map, size) ||
	    (arg->flags & ~access) != 0 || (arg->flags & access) == 0)
		return -EINVAL;
	if (arg->size == 0 || ((arg->iova | arg->vaddr | arg->size) & PAGE_MASK) != 0 ||
	    arg->iova + arg->size - 1 < arg->iova || arg->vaddr + arg->size - 1 < arg->vaddr)
		return -EINVAL;
	for (i = 0; i < container.n_maps; i++)
		if (arg->iova < container.maps[i].iova + container.maps[i].size &&
		    container.maps[i].iova < arg->iova + arg->size)
			return -EEXIST;

	maps = realloc(container.maps, (container.n_maps + 1) * sizeof(*maps));
	if (maps == NULL)
		return -ENOMEM;
	container.maps = maps;
	maps[container.n_maps] = (struct shim_map){
		.iova = arg->iova,
		.size = arg->size,
		.va = (void *)(uintptr_t)arg->vaddr,
		.writable = (arg->flags & VFIO_DMA_MAP_FLAG_WRITE) != 0,
	};
	ret = map_everywhere(&maps[container.n_maps]);
	if (ret == 0)
		container.n_maps++;
	return ret;
}

/** As type 1 v2: all mappings inside the range go, none may lie partly inside. */
static int
iommu_unmap(struct vfio_iommu_type1_dma_unmap *arg)
{
	uint64_t end = arg->iova + arg->size, unmapped = 0;
	unsigned int i, kept = 0;

	if (arg->argsz < SHIM_SIZE_UP_TO(struct vfio_iommu_type1_dma_unmap, size) ||
	    arg->flags != 0)
		return -EINVAL;
	if (arg->size == 0 || ((arg->iova | arg->size) & PAGE_MASK) != 0 || end - 1 < arg->iova)
		return -EINVAL;
	for (i = 0; i < container.n_maps; i++) {
		const struct shim_map *map = &container.maps[i];
		bool overlaps = map->iova < end && arg->iova < map->iova + map->size;

		if (overlaps && (map->iova < arg->iova || map->iova + map->size > end))
			return -EINVAL;
	}
	for (i = 0; i < container.n_maps; i++) {
		const struct shim_map *map = &container.maps[i];

		if (map->iova >= arg->iova && map->iova < end) {
			unmap_everywhere(map);
			unmapped += map->size;
		} else {
			container.maps[kept++] = *map;
		}
	}
	container.n_maps = kept;
	arg->size = unmapped;
	return 0;
}

static void
unmap_all(void)
{
	unsigned int i;

	for (i = 0; i < container.n_maps; i++)
		unmap_everywhere(&container.maps[i]);
	free(container.maps);
	container.maps = NULL;
	container.n_maps = 0;
	container.iommu_set = false;
}

/* ------------------------------------------------------------------ containers and groups -- */

static int
iommu_get_info(struct vfio_iommu_type1_info *arg)
{
	if (arg->argsz < SHIM_SIZE_UP_TO(struct vfio_iommu_type1_info, iova_pgsizes))
		return -EINVAL;
	arg->argsz = SHIM_SIZE_UP_TO(struct vfio_iommu_type1_info, iova_pgsizes);
	arg->flags = VFIO_IOMMU_INFO_PGSIZES;
	arg->iova_pgsizes = ~PAGE_MASK;
	return 0;
}

static int
container_ioctl(unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return (uintptr_t)arg == VFIO_TYPE1_IOMMU;
	case VFIO_SET_IOMMU:
		if ((uintptr_t)arg != VFIO_TYPE1_IOMMU)
			return -ENODEV;
		if (container.n_groups == 0 || container.iommu_set)
			return -EINVAL;
		container.iommu_set = true;
		return 0;
	}
	if (!container.iommu_set)
		return -EINVAL;
	if (arg == NULL)
		return -EFAULT;
	switch (request) {
	case VFIO_IOMMU_GET_INFO:
		return iommu_get_info(arg);
	case VFIO_IOMMU_MAP_DMA:
		return iommu_map(arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return iommu_unmap(arg);
	}
	return -ENOTTY;
}

static int
group_get_status(const struct tracked_fd *group, struct vfio_group_status *arg)
{
	if (arg->argsz < SHIM_SIZE_UP_TO(struct vfio_group_status, flags))
		return -EINVAL;
	arg->flags = VFIO_GROUP_FLAGS_VIABLE;
	if (group->attached)
		arg->flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
	return 0;
}

static int
group_get_device(const struct tracked_fd *group, const char *bdf)
{
	struct shim_device *device;
	unsigned int i;
	int fd;

	if (!group->attached || !container.iommu_set)
		return -EINVAL;
	for (i = 0; i < shim_n_devices; i++) {
		device = &shim_devices[i];
		if (device->group != group->id.group || strcmp(device->bdf, bdf) != 0)
			continue;
		fd = shim_device_open(device, container.maps, container.n_maps);
		if (fd >= 0)
			track(fd, (struct file_id){ FILE_DEVICE, device->group, device });
		return fd;
	}
	shim_log("group %d has no device %s: AETHER_VFIO_DEVICES names it otherwise",
		 group->id.group, bdf);
	return -ENODEV;
}

static int
group_ioctl(struct tracked_fd *group, unsigned long request, void *arg)
{
	if (request == VFIO_GROUP_UNSET_CONTAINER) {
		if (!group->attached)
			return -EINVAL;
		group->attached = false;
		if (--container.n_groups == 0)
			unmap_all();
		return 0;
	}
	if (arg == NULL)
		return -EFAULT;
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		return group_get_status(group, arg);
	case VFIO_GROUP_SET_CONTAINER:
		if (group->attached || identify(*(const int *)arg).kind != FILE_CONTAINER)
			return -EINVAL;
		group->attached = true;
		container.n_groups++;
		return 0;
	case VFIO_GROUP_GET_DEVICE_FD:
		return group_get_device(group, arg);
	}
	return -ENOTTY;
}

/* ------------------------------------------------------------------ system calls ----------- */

static int
vfio_ioctl(int fd, struct file_id id, unsigned long request, void *arg)
{
	struct tracked_fd *entry = track(fd, id);

	if (entry == NULL)
		return -EMFILE;
	switch (id.kind) {
	case FILE_CONTAINER:
		if (container.fd >= 0 && container.fd != fd) {
			shim_log("a second container was opened; the shim has one");
			return -EBUSY;
		}
		container.fd = fd;
		return container_ioctl(request, arg);
	case FILE_GROUP:
		return group_ioctl(entry, request, arg);
	case FILE_DEVICE:
		return shim_device_ioctl(id.device, request, arg);
	default:
		return -ENOTTY;
	}
}

/** Public: the preloaded ioctl(). */
int
ioctl(int fd, unsigned long request, ...)
{
	struct file_id id;
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);

	/* The C library passes 32 bits of the request, some callers sign-extend them. */
	request = (uint32_t)request;
	if (_IOC_TYPE(request) != VFIO_TYPE || _IOC_NR(request) < VFIO_BASE)
		return syscall(SYS_ioctl, fd, request, arg);

	pthread_mutex_lock(&shim_lock);
	id = identify(fd);
	ret = id.kind == FILE_OTHER ? 0 : vfio_ioctl(fd, id, request, arg);
	pthread_mutex_unlock(&shim_lock);
	if (id.kind == FILE_OTHER)
		return syscall(SYS_ioctl, fd, request, arg);
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
}

static void
forget(unsigned int i)
{
	struct tracked_fd entry = tracked[i];

	tracked[i] = tracked[--n_tracked];
	switch (entry.id.kind) {
	case FILE_CONTAINER:
		container.fd = -1;
		break;
	case FILE_GROUP:
		if (entry.attached && --container.n_groups == 0)
			unmap_all();
		break;
	case FILE_DEVICE:
		shim_device_closed(entry.id.device);
		break;
	default:
		break;
	}
}

/** Whether it may be one of ours; without the lock, for nearly every close() is not. */
static bool
is_tracked(int fd)
{
	unsigned int i, n = __atomic_load_n(&n_tracked, __ATOMIC_RELAXED);

	for (i = 0; i < n; i++)
		if (__atomic_load_n(&tracked[i].fd, __ATOMIC_RELAXED) == fd)
			return true;
	return false;
}

/** Public: the preloaded close(). What the kernel does on last close happens before it. */
int
close(int fd)
{
	unsigned int i;

	if (is_tracked(fd)) {
		pthread_mutex_lock(&shim_lock);
		for (i = 0; i < n_tracked; i++) {
			if (tracked[i].fd == fd) {
				forget(i);
				break;
			}
		}
		pthread_mutex_unlock(&shim_lock);
	}
	return syscall(SYS_close, fd);
}

static void __attribute__((constructor))
shim_init(void)
{
	const char *spec = getenv("AETHER_VFIO_DEVICES");

	if (spec == NULL) {
		shim_log("AETHER_VFIO_DEVICES is not set: no device to offer");
		return;
	}
	if (shim_conf_parse(spec) < 0)
		exit(EXIT_FAILURE);
}

static void __attribute__((destructor))
shim_exit(void)
{
	unsigned int i;

	pthread_mutex_lock(&shim_lock);
	for (i = 0; i < shim_n_devices; i++)
		shim_device_power_off(&shim_devices[i]);
	pthread_mutex_unlock(&shim_lock);
}
