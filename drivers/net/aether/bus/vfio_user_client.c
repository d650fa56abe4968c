/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <vfio_user.h>

#include "vfio_user_client.h"

#define PAGE			UINT64_C(4096)
#define REGION_INFO_ROOM	4096
/** Of an access; larger ones are made in several. */
#define MAX_ACCESS		4096u
/** PCI has no more. */
#define MAX_MSIX_VECTORS	2048

#define CALL(number, ...)	{ .command = VFIO_USER_ ## number, .fd = -1, ## __VA_ARGS__ }

/* ------------------------------------------------------------------ version, device --------- */

int
aether_vfu_version(struct aether_vfu_conn *conn, struct aether_vfu_caps *caps)
{
	static const char ours[] = "{\"capabilities\":{\"max_msg_fds\":1}}";
	const struct vfio_user_version asked = { VFIO_USER_MAJOR, VFIO_USER_MINOR };
	struct {
		struct vfio_user_version version;
		char caps[AETHER_VFU_MAX_PAYLOAD - sizeof(struct vfio_user_version)];
	} answer;
	struct aether_vfu_call call = CALL(VERSION, .head = &asked, .head_len = sizeof(asked),
		.data = ours, .data_len = sizeof(ours), .reply = &answer,
		.reply_min = sizeof(answer.version), .reply_max = sizeof(answer));
	size_t len;
	int ret;

	ret = aether_vfu_conn_call(conn, &call);
	if (ret != 0)
		return ret;
	if (answer.version.major != VFIO_USER_MAJOR || answer.version.minor > VFIO_USER_MINOR)
		return aether_vfu_conn_refuse(conn, "the server speaks version %u.%u, wanted %u.%u",
					      answer.version.major, answer.version.minor,
					      VFIO_USER_MAJOR, VFIO_USER_MINOR);
	len = call.reply_len - sizeof(answer.version);
	if ((len != 0 && answer.caps[len - 1] != '\0') ||
	    aether_vfu_caps_parse(answer.caps, len != 0 ? len - 1 : 0, caps) != 0)
		return aether_vfu_conn_refuse(conn, "the server's capabilities are no JSON with a "
					      "NUL at its end, or have limits that are none");
	return 0;
}

int
aether_vfu_device_info(struct aether_vfu_conn *conn, struct aether_vfu_device *device)
{
	const struct vfio_user_device_info asked = { .argsz = sizeof(asked) };
	struct vfio_user_device_info answer;
	struct aether_vfu_call call = CALL(DEVICE_GET_INFO, .head = &asked,
		.head_len = sizeof(asked), .reply = &answer, .reply_min = sizeof(answer),
		.reply_max = sizeof(answer));
	int ret;

	ret = aether_vfu_conn_call(conn, &call);
	if (ret != 0)
		return ret;
	device->n_regions = answer.num_regions;
	device->n_irqs = answer.num_irqs;
	device->pci = (answer.flags & VFIO_DEVICE_FLAGS_PCI) != 0;
	device->can_reset = (answer.flags & VFIO_DEVICE_FLAGS_RESET) != 0;
	return 0;
}

int
aether_vfu_reset(struct aether_vfu_conn *conn)
{
	struct aether_vfu_call call = CALL(DEVICE_RESET);

	return aether_vfu_conn_call(conn, &call);
}

/* ------------------------------------------------------------------ regions ----------------- */

/** A region's description with room for what may be behind it. */
union region_info {
	struct vfio_region_info info;
	uint8_t bytes[REGION_INFO_ROOM];
};

/** Take the areas out of their capability, which has len bytes or less. @return whether all is well
 */
static bool
take_areas(const struct vfio_region_info_cap_sparse_mmap *cap, size_t len,
	   struct aether_vfu_region *region)
{
	uint64_t end = 0;
	unsigned int i;

	if (len < sizeof(*cap) || region->n_areas != 0 || cap->header.version != 1 ||
	    cap->nr_areas == 0 || cap->nr_areas > AETHER_VFU_MAX_AREAS ||
	    len - sizeof(*cap) < cap->nr_areas * sizeof(cap->areas[0]))
		return false;
	for (i = 0; i < cap->nr_areas; i++) {
		const uint64_t offset = cap->areas[i].offset, size = cap->areas[i].size;

		if ((offset | size) % PAGE != 0 || size == 0 || offset < end ||
		    offset > region->size || size > region->size - offset)
			return false;
		end = offset + size;
		region->areas[i] = (struct aether_vfu_area){ offset, size };
	}
	region->n_areas = cap->nr_areas;
	return true;
}

/** Follow the capabilities. Each lies behind the one before, so there is an end. */
static bool
take_caps(const union region_info *answer, size_t len, struct aether_vfu_region *region)
{
	size_t at = answer->info.cap_offset, last = sizeof(answer->info) - 1;
	const struct vfio_info_cap_header *header;

	while (at != 0) {
		if (at <= last || at % sizeof(uint64_t) != 0 || at > len ||
		    len - at < sizeof(*header))
			return false;
		header = (const void *)(answer->bytes + at);
		if (header->id == VFIO_REGION_INFO_CAP_SPARSE_MMAP &&
		    !take_areas((const void *)header, len - at, region))
			return false;
		last = at;
		at = header->next;
	}
	return true;
}

static int
check_region(struct aether_vfu_conn *conn, uint32_t index, const union region_info *answer,
	     size_t len, struct aether_vfu_region *region)
{
	const bool mappable = (answer->info.flags & VFIO_REGION_INFO_FLAG_MMAP) != 0;

	if (answer->info.index != index)
		return aether_vfu_conn_refuse(conn, "region %" PRIu32 " is described where %" PRIu32
					      " was asked for", answer->info.index, index);
	if (answer->info.argsz > REGION_INFO_ROOM)
		return aether_vfu_conn_refuse(conn, "the description of region %" PRIu32 " has %"
					      PRIu32 " bytes, wanted at most %u", index,
					      answer->info.argsz, REGION_INFO_ROOM);
	if ((answer->info.flags & VFIO_REGION_INFO_FLAG_CAPS) != 0 &&
	    !take_caps(answer, len, region))
		return aether_vfu_conn_refuse(conn, "the capabilities of region %" PRIu32 " are "
					      "damaged, or its areas are not pages inside of it, "
					      "in order, %u at most", index, AETHER_VFU_MAX_AREAS);
	if (mappable != (region->fd >= 0))
		return aether_vfu_conn_refuse(conn, "region %" PRIu32 " can%s be mapped and came "
					      "with %s file", index, mappable ? "" : "not",
					      mappable ? "no" : "a");
	if (mappable && region->n_areas == 0) {
		/* Without areas it is all of it. */
		if (region->size == 0 || region->size % PAGE != 0)
			return aether_vfu_conn_refuse(conn, "region %" PRIu32 " of 0x%" PRIx64
						      " bytes can be mapped, wanted pages", index,
						      region->size);
		region->n_areas = 1;
		region->areas[0] = (struct aether_vfu_area){ 0, region->size };
	}
	return 0;
}

int
aether_vfu_region_info(struct aether_vfu_conn *conn, uint32_t index,
		       struct aether_vfu_region *region)
{
	const struct vfio_region_info asked = { .argsz = REGION_INFO_ROOM, .index = index };
	union region_info answer;
	struct aether_vfu_call call = CALL(DEVICE_GET_REGION_INFO, .head = &asked,
		.head_len = sizeof(asked), .reply = &answer, .reply_min = sizeof(answer.info),
		.reply_max = sizeof(answer), .reply_fd = &region->fd);
	int ret;

	ret = aether_vfu_conn_call(conn, &call);
	if (ret != 0)
		return ret;
	region->size = answer.info.size;
	region->readable = (answer.info.flags & VFIO_REGION_INFO_FLAG_READ) != 0;
	region->writable = (answer.info.flags & VFIO_REGION_INFO_FLAG_WRITE) != 0;
	region->fd_offset = answer.info.offset;
	region->n_areas = 0;
	ret = check_region(conn, index, &answer, call.reply_len, region);
	if (ret != 0 && region->fd >= 0) {
		close(region->fd);
		region->fd = -1;
	}
	return ret;
}

/** One access. data: what to write, NULL: read into buf. */
static int
access_once(struct aether_vfu_conn *conn, const struct vfio_user_region_access *access, void *buf,
	    const void *data)
{
	struct {
		struct vfio_user_region_access access;
		uint8_t data[MAX_ACCESS];
	} answer;
	const size_t len = sizeof(*access) + (data == NULL ? access->count : 0);
	struct aether_vfu_call call = CALL(REGION_READ, .head = access, .head_len = sizeof(*access),
		.reply = &answer, .reply_min = len, .reply_max = len);
	int ret;

	if (data != NULL) {
		call.command = VFIO_USER_REGION_WRITE;
		call.data = data;
		call.data_len = access->count;
	}
	ret = aether_vfu_conn_call(conn, &call);
	if (ret != 0)
		return ret;
	if (answer.access.offset != access->offset || answer.access.region != access->region ||
	    answer.access.count != access->count)
		return aether_vfu_conn_refuse(conn, "%" PRIu32 " bytes at 0x%" PRIx64 " of region %"
					      PRIu32 " were accessed; asked for were %" PRIu32
					      " at 0x%" PRIx64 " of region %" PRIu32,
					      answer.access.count, answer.access.offset,
					      answer.access.region, access->count, access->offset,
					      access->region);
	if (data == NULL)
		memcpy(buf, answer.data, access->count);
	return 0;
}

int
aether_vfu_region_read(struct aether_vfu_conn *conn, uint32_t region, uint64_t offset, void *buf,
		       uint32_t len)
{
	uint32_t done, n;
	int ret = 0;

	for (done = 0; done < len && ret == 0; done += n) {
		n = RTE_MIN(len - done, MAX_ACCESS);
		ret = access_once(conn, &(struct vfio_user_region_access){ offset + done, region, n },
				  (uint8_t *)buf + done, NULL);
	}
	return ret;
}

int
aether_vfu_region_write(struct aether_vfu_conn *conn, uint32_t region, uint64_t offset,
			const void *buf, uint32_t len)
{
	uint32_t done, n;
	int ret = 0;

	for (done = 0; done < len && ret == 0; done += n) {
		n = RTE_MIN(len - done, MAX_ACCESS);
		ret = access_once(conn, &(struct vfio_user_region_access){ offset + done, region, n },
				  NULL, (const uint8_t *)buf + done);
	}
	return ret;
}

/* ------------------------------------------------------------------ interrupts -------------- */

int
aether_vfu_irq_info(struct aether_vfu_conn *conn, uint32_t index, uint32_t *count)
{
	const struct vfio_irq_info asked = { .argsz = sizeof(asked), .index = index };
	struct vfio_irq_info answer;
	struct aether_vfu_call call = CALL(DEVICE_GET_IRQ_INFO, .head = &asked,
		.head_len = sizeof(asked), .reply = &answer, .reply_min = sizeof(answer),
		.reply_max = sizeof(answer));
	int ret;

	ret = aether_vfu_conn_call(conn, &call);
	if (ret != 0)
		return ret;
	if (answer.index != index || answer.count > MAX_MSIX_VECTORS)
		return aether_vfu_conn_refuse(conn, "%" PRIu32 " interrupts of type %" PRIu32
					      " are described; wanted type %" PRIu32 ", and at "
					      "most %u", answer.count, answer.index, index,
					      MAX_MSIX_VECTORS);
	*count = (answer.flags & VFIO_IRQ_INFO_EVENTFD) != 0 ? answer.count : 0;
	return 0;
}

int
aether_vfu_irq_set(struct aether_vfu_conn *conn, uint32_t index, uint32_t vector, int eventfd)
{
	const struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index,
		.start = vector,
		.count = 1,
	};
	struct aether_vfu_call call = CALL(DEVICE_SET_IRQS, .head = &set, .head_len = sizeof(set));

	call.fd = eventfd;
	return aether_vfu_conn_call(conn, &call);
}

/* ------------------------------------------------------------------ DMA --------------------- */

int
aether_vfu_dma_map(struct aether_vfu_conn *conn, uint64_t iova, uint64_t len, int fd,
		   uint64_t offset)
{
	const struct vfio_user_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.offset = offset,
		.iova = iova,
		.size = len,
	};
	struct aether_vfu_call call = CALL(DMA_MAP, .head = &map, .head_len = sizeof(map));

	call.fd = fd;
	return aether_vfu_conn_call(conn, &call);
}

int
aether_vfu_dma_unmap(struct aether_vfu_conn *conn, uint64_t iova, uint64_t len)
{
	const struct vfio_user_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = len,
	};
	struct vfio_user_dma_unmap answer;
	struct aether_vfu_call call = CALL(DMA_UNMAP, .head = &unmap, .head_len = sizeof(unmap),
		.reply = &answer, .reply_min = sizeof(answer), .reply_max = sizeof(answer));
	int ret;

	ret = aether_vfu_conn_call(conn, &call);
	if (ret != 0)
		return ret;
	if (answer.iova != iova || answer.size != len)
		return aether_vfu_conn_refuse(conn, "0x%" PRIx64 " bytes at I/O address 0x%" PRIx64
					      " were unmapped; asked for were 0x%" PRIx64 " at 0x%"
					      PRIx64, answer.size, answer.iova, len, iova);
	return 0;
}
