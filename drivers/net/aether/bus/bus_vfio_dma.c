/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Memory that an application registered by itself, in the IOMMU. EAL's own memory is there
 * already, and what EAL adds later comes by itself.
 *
 * All devices of a process share EAL's container, so a range is mapped once for all of them, while
 * applications map it once for each port, and may unmap it for one of them and use the other.
 * Mappings are therefore counted.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_vfio.h>

#include "bus_log.h"
#include "bus_vfio.h"

/** A range that a device was given. */
struct range {
	struct range *next;
	const struct bus_vfio *bus;
	uint64_t va, iova, len;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct range *ranges;

/** Where the pointer is to the same range, of that device or (NULL) of any. */
static struct range **
find(const struct bus_vfio *bus, const struct range *wanted)
{
	struct range **at;

	for (at = &ranges; *at != NULL; at = &(*at)->next) {
		if ((bus == NULL || (*at)->bus == bus) && (*at)->va == wanted->va &&
		    (*at)->iova == wanted->iova && (*at)->len == wanted->len)
			break;
	}
	return at;
}

/** The error of EAL's, which tells it in one of two places. */
static int
eal_error(void)
{
	if (rte_errno != 0)
		return -rte_errno;
	return errno != 0 ? -errno : -EIO;
}

static int
container_map(const struct bus_vfio *bus, const struct range *range)
{
	int ret;

	rte_errno = 0;
	errno = 0;
	if (rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD, range->va, range->iova,
				       range->len) == 0)
		return 0;
	ret = eal_error();
	BUS_LOG(ERR, bus, "cannot map %" PRIu64 " bytes at 0x%" PRIx64 " (IOVA 0x%" PRIx64 ") for "
		"DMA: %s; wanted: whole pages, under the limits of locked memory (ulimit -l) and "
		"of mappings (/sys/module/vfio_iommu_type1/parameters/dma_entry_limit)", range->len,
		range->va, range->iova, strerror(-ret));
	return ret;
}

static int
container_unmap(const struct bus_vfio *bus, const struct range *range)
{
	int ret;

	rte_errno = 0;
	errno = 0;
	if (rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD, range->va, range->iova,
					 range->len) == 0)
		return 0;
	ret = eal_error();
	BUS_LOG(ERR, bus, "cannot unmap %" PRIu64 " bytes at 0x%" PRIx64 " (IOVA 0x%" PRIx64 "): "
		"%s", range->len, range->va, range->iova, strerror(-ret));
	return ret;
}

int
bus_vfio_dma_map(struct aether_bus *handle, void *va, uint64_t iova, size_t len)
{
	struct bus_vfio *bus = to_vfio(handle);
	struct range *range = malloc(sizeof(*range));
	int ret = 0;

	if (range == NULL)
		return -ENOMEM;
	*range = (struct range){ .bus = bus, .va = (uintptr_t)va, .iova = iova, .len = len };
	pthread_mutex_lock(&lock);
	if (*find(NULL, range) == NULL)
		ret = container_map(bus, range);
	if (ret == 0) {
		range->next = ranges;
		ranges = range;
	}
	pthread_mutex_unlock(&lock);
	if (ret != 0)
		free(range);
	return ret;
}

/** Take the range at this place out; the last one's memory leaves the IOMMU. Under the lock. */
static int
drop(const struct bus_vfio *bus, struct range **at)
{
	struct range *range = *at;
	int ret = 0;

	*at = range->next;
	if (*find(NULL, range) == NULL)
		ret = container_unmap(bus, range);
	free(range);
	return ret;
}

int
bus_vfio_dma_unmap(struct aether_bus *handle, void *va, uint64_t iova, size_t len)
{
	const struct range wanted = { .va = (uintptr_t)va, .iova = iova, .len = len };
	struct bus_vfio *bus = to_vfio(handle);
	struct range **at;
	int ret = -ENOENT;

	pthread_mutex_lock(&lock);
	at = find(bus, &wanted);
	if (*at != NULL)
		ret = drop(bus, at);
	pthread_mutex_unlock(&lock);
	return ret;
}

void
bus_vfio_dma_fini(struct bus_vfio *bus)
{
	struct range **at;

	pthread_mutex_lock(&lock);
	for (at = &ranges; *at != NULL;) {
		if ((*at)->bus == bus)
			drop(bus, at);
		else
			at = &(*at)->next;
	}
	pthread_mutex_unlock(&lock);
}
