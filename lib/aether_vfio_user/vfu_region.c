/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Regions: what they are, and access to them by message. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "vfu_priv.h"

/** The areas that can be mapped, as a capability behind the region's description. */
static size_t
put_areas(uint8_t *at, const struct aether_vfio_user_region *region)
{
	struct vfio_region_info_cap_sparse_mmap *cap = (void *)at;
	unsigned int i;

	*cap = (struct vfio_region_info_cap_sparse_mmap){
		.header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP,
		.header.version = 1,
		.nr_areas = region->n_areas,
	};
	for (i = 0; i < region->n_areas; i++) {
		cap->areas[i].offset = region->areas[i].offset;
		cap->areas[i].size = region->areas[i].size;
	}
	return sizeof(*cap) + region->n_areas * sizeof(cap->areas[0]);
}

int
vfu_region_info(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_region_info *asked = (const void *)request->payload;
	struct vfio_region_info *answer = (void *)request->reply;
	const struct aether_vfio_user_region *region;
	size_t caps = 0;

	if (asked->argsz < sizeof(*answer))
		return vfu_refuse(server, -EINVAL, "argsz is %" PRIu32 ", wanted %zu or more",
				  asked->argsz, sizeof(*answer));
	if (asked->index >= server->device.n_regions)
		return vfu_refuse(server, -EINVAL, "there is no region %" PRIu32 ", wanted below "
				  "%u", asked->index, server->device.n_regions);
	region = &server->device.regions[asked->index];
	*answer = (struct vfio_region_info){
		.index = asked->index,
		.size = region->size,
	};
	request->reply_len = sizeof(*answer);
	if (region->size != 0 && region->readable)
		answer->flags |= VFIO_REGION_INFO_FLAG_READ;
	if (region->size != 0 && region->writable)
		answer->flags |= VFIO_REGION_INFO_FLAG_WRITE;
	if (region->n_areas != 0) {
		answer->flags |= VFIO_REGION_INFO_FLAG_MMAP;
		answer->offset = region->fd_offset;
		caps = put_areas(request->reply + sizeof(*answer), region);
	}
	answer->argsz = sizeof(*answer) + caps;
	/*
	 * A client with too little room asks again, and takes a descriptor each time: it gets one
	 * with the whole answer only.
	 */
	if (caps != 0 && asked->argsz >= answer->argsz) {
		answer->flags |= VFIO_REGION_INFO_FLAG_CAPS;
		answer->cap_offset = sizeof(*answer);
		request->reply_len += caps;
		request->reply_fd = region->fd;
		server->conn.fd_given = true;
	}
	return 0;
}

/** Whether the access lies in a region that allows it. */
static int
check_access(struct aether_vfio_user *server, const struct vfio_user_region_access *access,
	     bool write)
{
	const struct aether_vfio_user_region *region;

	if (access->region >= server->device.n_regions)
		return vfu_refuse(server, -EINVAL, "there is no region %" PRIu32 ", wanted below "
				  "%u", access->region, server->device.n_regions);
	region = &server->device.regions[access->region];
	if (access->count == 0 || access->count > AETHER_VFIO_USER_MAX_DATA)
		return vfu_refuse(server, -EINVAL, "count is %" PRIu32 ", wanted 1 to %u",
				  access->count, AETHER_VFIO_USER_MAX_DATA);
	if (access->offset > region->size || access->count > region->size - access->offset)
		return vfu_refuse(server, -EINVAL, "%" PRIu32 " bytes at 0x%" PRIx64 " are outside "
				  "of region %" PRIu32 ", which has 0x%" PRIx64, access->count,
				  access->offset, access->region, region->size);
	if (write ? !region->writable : !region->readable)
		return vfu_refuse(server, -EPERM, "region %" PRIu32 " cannot be %s",
				  access->region, write ? "written" : "read");
	return 0;
}

int
vfu_region_read(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_user_region_access *access = (const void *)request->payload;
	uint8_t *data = request->reply + sizeof(*access);
	int ret;

	ret = check_access(server, access, false);
	if (ret != 0)
		return ret;
	/* What a device leaves out must not be what the buffer held before. */
	memset(data, 0, access->count);
	ret = server->device.ops->region_read(server->device.ctx, access->region, data,
					      access->count, access->offset);
	if (ret != 0)
		return vfu_refuse(server, ret, "the device refused %" PRIu32 " bytes at 0x%" PRIx64
				  " of region %" PRIu32, access->count, access->offset,
				  access->region);
	memcpy(request->reply, access, sizeof(*access));
	request->reply_len = sizeof(*access) + access->count;
	return 0;
}

int
vfu_region_write(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_user_region_access *access = (const void *)request->payload;
	int ret;

	ret = check_access(server, access, true);
	if (ret != 0)
		return ret;
	if (request->payload_len != sizeof(*access) + access->count)
		return vfu_refuse(server, -EINVAL, "count is %" PRIu32 ", and %zu bytes of data "
				  "came", access->count, request->payload_len - sizeof(*access));
	ret = server->device.ops->region_write(server->device.ctx, access->region,
					       request->payload + sizeof(*access), access->count,
					       access->offset);
	if (ret != 0)
		return vfu_refuse(server, ret, "the device refused %" PRIu32 " bytes at 0x%" PRIx64
				  " of region %" PRIu32, access->count, access->offset,
				  access->region);
	memcpy(request->reply, access, sizeof(*access));
	request->reply_len = sizeof(*access);
	return 0;
}
