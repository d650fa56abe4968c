/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>

#include "pkg_build.h"

#define SEG_HDR		44
#define MAX_LEN		(64 * 1024)
#define DATA_AT		12	/* of the only section in a buffer */

void
pkg_put16(uint8_t *at, uint16_t value)
{
	at[0] = value;
	at[1] = value >> 8;
}

void
pkg_put32(uint8_t *at, uint32_t value)
{
	pkg_put16(at, value);
	pkg_put16(at + 2, value >> 16);
}

static void
add32(struct pkg_built *pkg, uint32_t value)
{
	pkg_put32(pkg->data + pkg->len, value);
	pkg->len += 4;
}

/** A buffer with one section of zeroes. @return the section's offset in the file */
static size_t
add_buf(struct pkg_built *pkg, uint32_t type, uint16_t size)
{
	uint8_t *buf = pkg->data + pkg->len;

	pkg_put16(buf, 1);
	pkg_put16(buf + 2, DATA_AT + size);
	pkg_put32(buf + 4, type);
	pkg_put16(buf + 8, DATA_AT);
	pkg_put16(buf + 10, size);
	pkg->len += E810_PKG_BUF_SIZE;
	return pkg->len - E810_PKG_BUF_SIZE + DATA_AT;
}

static size_t
begin_segment(struct pkg_built *pkg, unsigned int index, uint32_t type)
{
	const size_t at = pkg->len;

	pkg_put32(pkg->data + pkg->seg_table + 4 * index, at);
	pkg_put32(pkg->data + at, type);
	pkg->data[at + 4] = 1;
	strcpy((char *)pkg->data + at + 12, "test segment");
	pkg->len += SEG_HDR;
	return at;
}

static void
end_segment(struct pkg_built *pkg, size_t at)
{
	pkg_put32(pkg->data + at + 8, pkg->len - at);
}

static void
add_signing(struct pkg_built *pkg)
{
	pkg->signing = begin_segment(pkg, 0, E810_PKG_SEG_SIGNING);
	add32(pkg, E810_PKG_SEG_E810);
	add32(pkg, E810_PKG_SIGN_RSA2K);
	add32(pkg, 1);			/* segment */
	add32(pkg, 0);			/* buffers from */
	add32(pkg, PKG_BUFS);
	pkg->len += 44;
	add32(pkg, 1);
	add_buf(pkg, E810_SID_SIGNATURE, 800);
	end_segment(pkg, pkg->signing);
}

static void
add_config(struct pkg_built *pkg, const struct pkg_conf *conf)
{
	static const uint8_t ver[4] = { 1, 3, 7, 2 };
	unsigned int i;
	size_t at;

	pkg->config = begin_segment(pkg, conf->is_signed ? 1 : 0, E810_PKG_SEG_E810);
	pkg->devices = pkg->len;
	add32(pkg, conf->device_id != 0);
	if (conf->device_id != 0) {
		add32(pkg, conf->device_id | 0x8086u << 16);
		add32(pkg, 0);
	}
	pkg->versions = pkg->len;
	add32(pkg, 1);
	add32(pkg, 1);
	pkg->buf_count = pkg->len;
	add32(pkg, PKG_BUFS);

	pkg->buf[0] = pkg->len;
	pkg->meta = add_buf(pkg, E810_SID_METADATA, sizeof(struct e810_sect_metadata));
	memcpy(pkg->data + pkg->meta, conf->ver[0] != 0 ? conf->ver : ver, 4);
	strcpy((char *)pkg->data + pkg->meta + 4,
	       conf->name != NULL ? conf->name : "Test package");
	pkg_put32(pkg->data + pkg->meta + 32, 0xC0000042);

	pkg->buf[1] = pkg->len;
	at = add_buf(pkg, E810_SID(E810_BLK_RSS, E810_TBL_XLT1), 4 + E810_PTYPES);
	pkg_put16(pkg->data + at, E810_PTYPES);
	for (i = 1; i < 200; i++)
		pkg->data[at + 4 + i] = i;

	pkg->buf[2] = pkg->len;
	at = add_buf(pkg, E810_SID(E810_BLK_RSS, E810_TBL_XLT2), 4 + 2);
	pkg_put16(pkg->data + at, 1);

	pkg->buf[3] = pkg->len;
	add_buf(pkg, E810_SID_LBL_PTYPE, 2);
	end_segment(pkg, pkg->config);
}

void
pkg_build(const struct pkg_conf *conf, struct pkg_built *pkg)
{
	memset(pkg, 0, sizeof(*pkg));
	pkg->data = calloc(1, MAX_LEN);
	if (pkg->data == NULL)
		abort();
	pkg->data[0] = 1;
	pkg_put32(pkg->data + 4, conf->is_signed ? 2 : 1);
	pkg->seg_table = 8;
	pkg->len = pkg->seg_table + (conf->is_signed ? 8 : 4);
	if (conf->is_signed)
		add_signing(pkg);
	add_config(pkg, conf);
	/* Exactly as long as it is, so that a read behind it is seen. */
	pkg->data = realloc(pkg->data, pkg->len);
	if (pkg->data == NULL)
		abort();
}
