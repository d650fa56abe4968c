/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "aether_pkg.h"

/* Offsets and sizes of the layouts, by their structures. */
#define AT(type, field)		offsetof(struct type, field)
#define SEG_HDR			sizeof(struct e810_pkg_seg_hdr)

/** A run of bytes that lies in the package. */
struct span {
	const uint8_t *data;
	size_t len;
};

struct parser {
	struct span file;
	uint32_t n_segs;
	struct aether_pkg *pkg;
	char *why;
	size_t why_size;
};

__rte_format_printf(2, 3)
static int
wrong(const struct parser *parser, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(parser->why, parser->why_size, format, args);
	va_end(args);
	return -EINVAL;
}

/* ---------------------------------------------------------------- buffers ------------------- */

bool
aether_pkg_buf_check(const uint8_t *buf)
{
	const uint32_t count = aether_pkg_le16(buf + AT(e810_pkg_buf_hdr, section_count));
	const uint32_t end = aether_pkg_le16(buf + AT(e810_pkg_buf_hdr, data_end));
	const uint32_t table = AT(e810_pkg_buf_hdr, section) +
		count * sizeof(struct e810_pkg_section);
	uint32_t i;

	if (count < E810_PKG_SECTIONS_MIN || count > E810_PKG_SECTIONS_MAX ||
	    end < E810_PKG_DATA_END_MIN || end > E810_PKG_DATA_END_MAX || table > end)
		return false;
	for (i = 0; i < count; i++) {
		const uint8_t *entry = buf + AT(e810_pkg_buf_hdr, section) +
			i * sizeof(struct e810_pkg_section);
		const uint32_t offset = aether_pkg_le16(entry + AT(e810_pkg_section, offset));
		const uint32_t size = aether_pkg_le16(entry + AT(e810_pkg_section, size));

		if (offset < table || size < E810_PKG_SECTION_SIZE_MIN || offset + size > end)
			return false;
	}
	return true;
}

bool
aether_pkg_buf_is_metadata(const uint8_t *buf)
{
	return (aether_pkg_le32(buf + AT(e810_pkg_buf_hdr, section[0].type)) &
		E810_PKG_METADATA) != 0;
}

const uint8_t *
aether_pkg_section(const struct aether_pkg *pkg, struct aether_pkg_iter *iter, uint32_t type,
		   uint16_t *size)
{
	for (; iter->buf < pkg->n_bufs; iter->buf++, iter->section = 0) {
		const uint8_t *buf = pkg->bufs + (size_t)iter->buf * E810_PKG_BUF_SIZE;
		const uint16_t count = aether_pkg_le16(buf + AT(e810_pkg_buf_hdr, section_count));

		while (iter->section < count) {
			const uint8_t *entry = buf + AT(e810_pkg_buf_hdr, section) +
				iter->section++ * sizeof(struct e810_pkg_section);

			if (aether_pkg_le32(entry + AT(e810_pkg_section, type)) != type)
				continue;
			*size = aether_pkg_le16(entry + AT(e810_pkg_section, size));
			return buf + aether_pkg_le16(entry + AT(e810_pkg_section, offset));
		}
	}
	return NULL;
}

/** A table of buffers: a count, then the buffers. */
static int
buf_table(const struct parser *parser, struct span at, const char *of, const uint8_t **bufs,
	  uint32_t *n)
{
	uint32_t i;

	if (at.len < AT(e810_pkg_buf_table, buf))
		return wrong(parser, "is damaged: the %s ends before its buffers", of);
	*n = aether_pkg_le32(at.data);
	*bufs = at.data + AT(e810_pkg_buf_table, buf);
	if (*n == 0 || *n > AETHER_PKG_MAX_BUFS ||
	    *n > (at.len - AT(e810_pkg_buf_table, buf)) / E810_PKG_BUF_SIZE)
		return wrong(parser, "is damaged: the %s has %u buffers in %zu bytes", of, *n,
			     at.len);
	for (i = 0; i < *n; i++)
		if (!aether_pkg_buf_check(*bufs + (size_t)i * E810_PKG_BUF_SIZE))
			return wrong(parser, "is damaged: sections of buffer %u of the %s lie "
				     "outside of it", i, of);
	return 0;
}

/* ---------------------------------------------------------------- segments ------------------ */

static struct span
segment(const struct parser *parser, uint32_t index)
{
	const uint32_t at = aether_pkg_le32(parser->file.data + AT(e810_pkg_hdr, seg_offset) +
					    index * sizeof(rte_le32_t));
	const uint8_t *seg = parser->file.data + at;

	return (struct span){ seg, aether_pkg_le32(seg + AT(e810_pkg_seg_hdr, size)) };
}

static uint32_t
segment_type(struct span seg)
{
	return aether_pkg_le32(seg.data + AT(e810_pkg_seg_hdr, type));
}

/** Every segment lies in the file. */
static int
check_segments(struct parser *parser)
{
	const uint8_t *data = parser->file.data;
	const size_t len = parser->file.len;
	size_t table;
	uint32_t i;

	if (len < AT(e810_pkg_hdr, seg_offset))
		return wrong(parser, "has %zu bytes, which is no package", len);
	if (data[0] != 1 || data[1] != 0 || data[2] != 0 || data[3] != 0)
		return wrong(parser, "is no DDP package (format %u.%u.%u.%u instead of 1.0.0.0)",
			     data[0], data[1], data[2], data[3]);
	parser->n_segs = aether_pkg_le32(data + AT(e810_pkg_hdr, seg_count));
	if (parser->n_segs == 0 || parser->n_segs >
	    (len - AT(e810_pkg_hdr, seg_offset)) / sizeof(rte_le32_t))
		return wrong(parser, "is damaged: %u segments in %zu bytes", parser->n_segs, len);
	table = AT(e810_pkg_hdr, seg_offset) + parser->n_segs * sizeof(rte_le32_t);
	for (i = 0; i < parser->n_segs; i++) {
		const uint32_t at = aether_pkg_le32(data + AT(e810_pkg_hdr, seg_offset) +
						    i * sizeof(rte_le32_t));
		uint32_t size;

		if (at < table || at > len || len - at < SEG_HDR)
			return wrong(parser, "is damaged: segment %u begins at byte %u of %zu", i,
				     at, len);
		size = aether_pkg_le32(data + at + AT(e810_pkg_seg_hdr, size));
		if (size < SEG_HDR || size > len - at)
			return wrong(parser, "is damaged: segment %u at byte %u has %u bytes of "
				     "%zu", i, at, size, len);
	}
	return 0;
}

/** Whether the device table, which is in the segment, names the device. */
static bool
device_listed(const uint8_t *table, uint32_t n, uint16_t device_id)
{
	uint32_t i;

	/* Doubt: what the sub-ids of an entry stand for is not documented, and the published
	 * packages have no entries at all. They are not looked at. */
	for (i = 0; i < n; i++, table += sizeof(struct e810_pkg_device))
		if (aether_pkg_le16(table + AT(e810_pkg_device, device_id)) == device_id &&
		    aether_pkg_le16(table + AT(e810_pkg_device, vendor_id)) ==
		    E810_PCI_VENDOR_INTEL)
			return true;
	return n == 0;
}

/** The E810's segment: device table, table of flash versions, buffers. */
static int
take_config(struct parser *parser, struct span seg, uint16_t device_id)
{
	struct aether_pkg *pkg = parser->pkg;
	size_t at = AT(e810_pkg_seg_e810, device);
	uint32_t devices, versions;

	memcpy(&pkg->seg_ver, seg.data + AT(e810_pkg_seg_hdr, format_ver), sizeof(pkg->seg_ver));
	if (seg.len < at)
		return wrong(parser, "is damaged: the E810's segment has %zu bytes", seg.len);
	devices = aether_pkg_le32(seg.data + AT(e810_pkg_seg_e810, device_count));
	if (devices > (seg.len - at) / sizeof(struct e810_pkg_device))
		return wrong(parser, "is damaged: %u devices listed in %zu bytes", devices,
			     seg.len);
	if (!device_listed(seg.data + at, devices, device_id)) {
		wrong(parser, "is for other devices (none of the %u listed is 8086:%04x)",
		      devices, device_id);
		return -ENOTSUP;
	}
	at += devices * sizeof(struct e810_pkg_device);
	if (seg.len - at < AT(e810_pkg_nvm_table, ver))
		return wrong(parser, "is damaged: the E810's segment ends in its device table");
	versions = aether_pkg_le32(seg.data + at);
	at += AT(e810_pkg_nvm_table, ver);
	if (versions > (seg.len - at) / sizeof(struct e810_pkg_ver))
		return wrong(parser, "is damaged: %u flash versions listed in %zu bytes",
			     versions, seg.len);
	at += versions * sizeof(struct e810_pkg_ver);
	return buf_table(parser, (struct span){ seg.data + at, seg.len - at }, "E810's segment",
			 &pkg->bufs, &pkg->n_bufs);
}

static int
find_config(struct parser *parser, uint16_t device_id, uint32_t *index)
{
	uint32_t i;

	for (i = 0; i < parser->n_segs; i++) {
		const struct span seg = segment(parser, i);

		if (segment_type(seg) == E810_PKG_SEG_E810) {
			*index = i;
			return take_config(parser, seg, device_id);
		}
	}
	wrong(parser, "has no segment for the E810");
	return -ENOTSUP;
}

static int
part_add(struct parser *parser, const uint8_t *bufs, uint32_t n, bool config)
{
	struct aether_pkg *pkg = parser->pkg;

	if (pkg->n_parts == AETHER_PKG_MAX_PARTS)
		return wrong(parser, "has more signing segments than the %u that this driver "
			     "downloads", AETHER_PKG_MAX_PARTS / 2);
	pkg->part[pkg->n_parts++] = (struct aether_pkg_part){
		.bufs = bufs, .n = n, .config = config,
	};
	return 0;
}

/** A signing segment that an E810 verifies: its own buffers, then those that it covers. */
static int
take_signing(struct parser *parser, struct span seg, uint32_t config_index)
{
	const struct aether_pkg *pkg = parser->pkg;
	const size_t at = AT(e810_pkg_seg_signing, buf_table);
	uint32_t index, start, count, n;
	const uint8_t *bufs;
	int ret;

	index = aether_pkg_le32(seg.data + AT(e810_pkg_seg_signing, signed_seg_idx));
	start = aether_pkg_le32(seg.data + AT(e810_pkg_seg_signing, signed_buf_start));
	count = aether_pkg_le32(seg.data + AT(e810_pkg_seg_signing, signed_buf_count));
	if (index != config_index)
		return wrong(parser, "is damaged: segment %u is signed, the E810's is %u", index,
			     config_index);
	if (count == 0 || start >= pkg->n_bufs || count > pkg->n_bufs - start)
		return wrong(parser, "is damaged: buffers %u to %u are signed, there are %u",
			     start, start + count - 1, pkg->n_bufs);
	ret = buf_table(parser, (struct span){ seg.data + at, seg.len - at }, "signing segment",
			&bufs, &n);
	if (ret == 0)
		ret = part_add(parser, bufs, n, false);
	if (ret == 0)
		ret = part_add(parser, pkg->bufs + (size_t)start * E810_PKG_BUF_SIZE, count, true);
	return ret;
}

static int
find_signing(struct parser *parser, uint32_t config_index)
{
	struct aether_pkg *pkg = parser->pkg;
	uint32_t i;
	int ret;

	for (i = 0; i < parser->n_segs; i++) {
		const struct span seg = segment(parser, i);

		if (segment_type(seg) != E810_PKG_SEG_SIGNING)
			continue;
		pkg->is_signed = true;
		if (seg.len < AT(e810_pkg_seg_signing, buf_table))
			return wrong(parser, "is damaged: signing segment %u has %zu bytes", i,
				     seg.len);
		if (aether_pkg_le32(seg.data + AT(e810_pkg_seg_signing, seg_id)) !=
		    E810_PKG_SEG_E810 ||
		    aether_pkg_le32(seg.data + AT(e810_pkg_seg_signing, sign_type)) !=
		    E810_PKG_SIGN_RSA2K)
			continue;
		ret = take_signing(parser, seg, config_index);
		if (ret != 0)
			return ret;
	}
	if (!pkg->is_signed)
		return part_add(parser, pkg->bufs, pkg->n_bufs, true);
	if (pkg->n_parts == 0) {
		wrong(parser, "has no signature that an E810 verifies (RSA 2048)");
		return -ENOTSUP;
	}
	return 0;
}

/** Version and name, as the device will report them. */
static int
take_metadata(struct parser *parser)
{
	struct aether_pkg *pkg = parser->pkg;
	struct aether_pkg_iter iter = { 0 };
	struct e810_sect_metadata meta;
	const uint8_t *section;
	uint16_t size;

	section = aether_pkg_section(pkg, &iter, E810_SID_METADATA, &size);
	if (section == NULL || size < sizeof(meta))
		return wrong(parser, "is damaged: it does not tell its version");
	memcpy(&meta, section, sizeof(meta));
	pkg->ver = meta.ver;
	memcpy(pkg->name, meta.name, sizeof(meta.name));
	pkg->track_id = rte_le_to_cpu_32(meta.track_id);
	if (pkg->ver.major == E810_PKG_SUPP_MAJOR && pkg->ver.minor == E810_PKG_SUPP_MINOR)
		return 0;
	wrong(parser, "has version %u.%u.%u.%u; this driver takes %u.%u.x.x",
	      pkg->ver.major, pkg->ver.minor, pkg->ver.update, pkg->ver.draft,
	      E810_PKG_SUPP_MAJOR, E810_PKG_SUPP_MINOR);
	return -ENOTSUP;
}

int
aether_pkg_parse(const void *data, size_t len, uint16_t device_id, struct aether_pkg *pkg,
		 char *why, size_t why_size)
{
	struct parser parser = {
		.file = { data, len },
		.pkg = pkg,
		.why = why,
		.why_size = why_size,
	};
	uint32_t index;
	int ret;

	memset(pkg, 0, sizeof(*pkg));
	ret = check_segments(&parser);
	if (ret == 0)
		ret = find_config(&parser, device_id, &index);
	if (ret == 0)
		ret = take_metadata(&parser);
	if (ret == 0)
		ret = find_signing(&parser, index);
	return ret;
}
