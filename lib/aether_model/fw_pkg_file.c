/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A package file, taken as a driver takes it: headers, segments, the buffers of the segment for
 * this device in their order, up to those that are for drivers only.
 */

#include <stddef.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "fw_ddp.h"

#define FILE_SEGMENTS_MAX	64	/* the published packages have up to 5 */

/** A piece of the file that has been checked to lie inside it. */
struct span {
	const uint8_t *data;
	size_t len;
};

static bool
fail(struct fw_pkg_error *error, size_t offset, const char *why)
{
	error->rc = E810_AQ_RC_EBADBUF;
	error->offset = offset;
	error->info = FW_PKG_INFO_FORMAT;
	error->why = why;
	return false;
}

static uint32_t
le32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return rte_le_to_cpu_32(value);
}

static size_t
span_offset(const struct span *file, const struct span *part)
{
	return part->data - file->data;
}

/** Segment i of the file. */
static bool
get_segment(const struct span *file, unsigned int i, struct span *seg, struct fw_pkg_error *error)
{
	const size_t entry = offsetof(struct e810_pkg_hdr, seg_offset) + i * sizeof(uint32_t);
	uint32_t offset = le32(file->data + entry);
	uint32_t size;

	if (offset > file->len || file->len - offset < sizeof(struct e810_pkg_seg_hdr))
		return fail(error, entry, "a segment begins outside the file");
	size = le32(file->data + offset + offsetof(struct e810_pkg_seg_hdr, size));
	if (size < sizeof(struct e810_pkg_seg_hdr) || size > file->len - offset)
		return fail(error, offset, "a segment ends outside the file");
	seg->data = file->data + offset;
	seg->len = size;
	return true;
}

static bool
check_header(const struct span *file, struct fw_pkg_error *error)
{
	static const uint8_t format[] = { 1, 0, 0, 0 };
	uint32_t count;

	if (file->len < sizeof(struct e810_pkg_hdr))
		return fail(error, 0, "the file is shorter than its header");
	if (memcmp(file->data, format, sizeof(format)) != 0)
		return fail(error, 0, "the format of the file is not version 1.0.0.0");
	count = le32(file->data + offsetof(struct e810_pkg_hdr, seg_count));
	if (count < 1 || count > FILE_SEGMENTS_MAX ||
	    file->len < sizeof(struct e810_pkg_hdr) + count * sizeof(uint32_t))
		return fail(error, offsetof(struct e810_pkg_hdr, seg_count),
			    "a file has 1 to 64 segments, and room for their offsets");
	return true;
}

/** The first segment of a type; seg->data is NULL when there is none. */
static bool
find_segment(const struct span *file, uint32_t type, struct span *seg, struct fw_pkg_error *error)
{
	unsigned int i, n = le32(file->data + offsetof(struct e810_pkg_hdr, seg_count));

	for (i = 0; i < n; i++) {
		if (!get_segment(file, i, seg, error))
			return false;
		if (le32(seg->data) == type)
			return true;
	}
	seg->data = NULL;
	seg->len = 0;
	return true;
}

/** Take len bytes off the start of rest. */
static bool
take(struct span *rest, size_t len, const uint8_t **data)
{
	if (len > rest->len)
		return false;
	*data = rest->data;
	rest->data += len;
	rest->len -= len;
	return true;
}

/** Take a table with a leading count off the start of rest: its entries. */
static bool
take_table(struct span *rest, size_t size, uint32_t *count, const uint8_t **entries)
{
	const uint8_t *head;

	if (!take(rest, sizeof(uint32_t), &head))
		return false;
	*count = le32(head);
	return *count <= rest->len / size && take(rest, *count * size, entries);
}

/** Whether a device table has the device: an empty one has all. */
static bool
has_device(const uint8_t *entries, uint32_t count, uint16_t device_id)
{
	struct e810_pkg_device device;
	uint32_t i;

	for (i = 0; i < count; i++) {
		memcpy(&device, entries + i * sizeof(device), sizeof(device));
		if (rte_le_to_cpu_16(device.device_id) == device_id &&
		    rte_le_to_cpu_16(device.vendor_id) == E810_PCI_VENDOR_INTEL)
			return true;
	}
	return count == 0;
}

/** Buffers of the segment for the E810. */
static bool
get_buffers(const struct span *file, const struct span *seg, uint16_t device_id,
	    const uint8_t **bufs, uint32_t *count, struct fw_pkg_error *error)
{
	struct span rest = *seg;
	const uint8_t *head, *devices, *vers;
	uint32_t n_devices, n_vers;

	if (!take(&rest, sizeof(struct e810_pkg_seg_hdr), &head) ||
	    !take_table(&rest, sizeof(struct e810_pkg_device), &n_devices, &devices) ||
	    !take_table(&rest, sizeof(struct e810_pkg_ver), &n_vers, &vers) ||
	    !take_table(&rest, E810_PKG_BUF_SIZE, count, bufs))
		return fail(error, span_offset(file, seg),
			    "a table of the E810's segment ends outside it");
	if (!has_device(devices, n_devices, device_id)) {
		fail(error, span_offset(file, seg), "the package is not for this device");
		error->rc = E810_AQ_RC_EINVAL;
		return false;
	}
	if (*count == 0)
		return fail(error, span_offset(file, seg), "the E810's segment has no buffers");
	return true;
}

static bool
is_metadata(const uint8_t *buf)
{
	return (le32(buf + sizeof(struct e810_pkg_buf_hdr)) & E810_PKG_METADATA) != 0;
}

/** Take buffers; the one before the first that is for drivers, or the last, ends the download. */
static bool
take_buffers(struct fw_pkg_image *image, const struct span *file, const uint8_t *bufs,
	     uint32_t count, bool ends, struct fw_pkg_error *error)
{
	const uint8_t *buf = bufs;
	bool last = false;
	uint32_t i;

	if (is_metadata(bufs))
		return fail(error, bufs - file->data, "the first buffer is for drivers only");
	for (i = 0; i < count && !last; i++, buf += E810_PKG_BUF_SIZE) {
		last = i + 1 == count || is_metadata(buf + E810_PKG_BUF_SIZE);
		if (!fw_pkg_image_buffer(image, buf, E810_PKG_BUF_SIZE, last && ends, error)) {
			error->offset += buf - file->data;
			return false;
		}
	}
	return true;
}

/** Take what a signing segment covers: its own buffers, then those that it signs. */
static bool
take_signed(struct fw_pkg_image *image, const struct span *file, const struct span *sign,
	    const uint8_t *bufs, uint32_t count, struct fw_pkg_error *error)
{
	struct e810_pkg_seg_signing head;
	struct span rest = *sign;
	const uint8_t *data, *own;
	uint32_t start, covered, n_own;

	if (!take(&rest, offsetof(struct e810_pkg_seg_signing, buf_table), &data) ||
	    !take_table(&rest, E810_PKG_BUF_SIZE, &n_own, &own) || n_own == 0)
		return fail(error, span_offset(file, sign),
			    "the signing segment is too short, or its buffers end outside it");
	memcpy(&head, data, offsetof(struct e810_pkg_seg_signing, buf_table));
	start = rte_le_to_cpu_32(head.signed_buf_start);
	covered = rte_le_to_cpu_32(head.signed_buf_count);
	if (covered == 0 || start > count || covered > count - start)
		return fail(error, span_offset(file, sign),
			    "the signing segment covers buffers that are not there");
	return take_buffers(image, file, own, n_own, false, error) &&
	       take_buffers(image, file, bufs + (size_t)start * E810_PKG_BUF_SIZE, covered, true,
			    error);
}

bool
fw_pkg_load(struct fw_pkg_image *image, const uint8_t *data, size_t len, uint16_t device_id,
	    struct fw_pkg_error *error)
{
	const struct span file = { .data = data, .len = len };
	struct span seg, sign;
	const uint8_t *bufs;
	uint32_t count;

	memset(error, 0, sizeof(*error));
	if (!check_header(&file, error) ||
	    !find_segment(&file, E810_PKG_SEG_E810, &seg, error) ||
	    !find_segment(&file, E810_PKG_SEG_SIGNING, &sign, error))
		return false;
	if (seg.data == NULL)
		return fail(error, 0, "the file has no segment for the E810");
	if (!get_buffers(&file, &seg, device_id, &bufs, &count, error))
		return false;
	if (sign.data != NULL)
		return take_signed(image, &file, &sign, bufs, count, error);
	return take_buffers(image, &file, bufs, count, true, error);
}
