/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PKG_BUILD_H
#define PKG_BUILD_H

/**
 * @file
 * A small DDP package for tests, made field by field, and where its fields are.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <e810_hw.h>

#define PKG_BUFS	4	/* version, packet type groups, signature, labels */

struct pkg_built {
	uint8_t *data;		/* from malloc() */
	size_t len;
	/* Offsets of what a test may want to change. */
	size_t seg_table;	/* of the file's offsets of segments, 32 bits each */
	size_t signing;		/* segment; 0: none */
	size_t config;		/* segment of the E810 */
	size_t devices;		/* count of the device table */
	size_t versions;	/* count of the table of flash versions */
	size_t buf_count;
	size_t buf[PKG_BUFS];
	size_t meta;		/* struct e810_sect_metadata */
};

/** What a package shall be. */
struct pkg_conf {
	bool is_signed;
	uint16_t device_id;	/* the only one listed; 0: an empty list, for all devices */
	const char *name;	/* NULL: "Test package" */
	uint8_t ver[4];		/* zeroes: 1.3.7.2 */
};

void pkg_build(const struct pkg_conf *conf, struct pkg_built *pkg);

/* Little endian, at any address. */
void pkg_put16(uint8_t *at, uint16_t value);
void pkg_put32(uint8_t *at, uint32_t value);

#endif /* PKG_BUILD_H */
