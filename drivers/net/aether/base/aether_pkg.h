/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_PKG_H
#define AETHER_PKG_H

/**
 * @file
 * A DDP package in memory: what is in it, after every offset and count has been checked. Knows
 * neither device nor file. Layout: e810_ddp_hw.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <e810_hw.h>

/** Most buffers of one segment: a package has some 160. */
#define AETHER_PKG_MAX_BUFS	2048
/** Signing segments, each with the buffers that it covers. */
#define AETHER_PKG_MAX_PARTS	16

/** Buffers that are downloaded one after the other. */
struct aether_pkg_part {
	const uint8_t *bufs;		/* n times E810_PKG_BUF_SIZE bytes */
	uint32_t n;
	bool config;			/* ends with the last-buffer flag; else a signature */
};

/** A package that is worth a try. Points into the bytes that were parsed. */
struct aether_pkg {
	struct e810_pkg_ver ver;
	char name[sizeof(((struct e810_sect_metadata *)0)->name) + 1];
	uint32_t track_id;
	struct e810_pkg_ver seg_ver;	/* format of the segment; the flash's one must match */
	const uint8_t *bufs;		/* all buffers of the E810's segment */
	uint32_t n_bufs;
	bool is_signed;			/* by segments of their own */
	struct aether_pkg_part part[AETHER_PKG_MAX_PARTS];
	unsigned int n_parts;
};

/**
 * Check a package and find its parts.
 *
 * @param data  borrowed; must live as long as pkg is used
 * @param len   bytes of data
 * @param device_id of the E810 for which it is wanted
 * @param[out] pkg filled on success
 * @param[out] why what is wrong with it, as the end of a sentence that begins with its name
 * @return 0; -EINVAL: damaged, or no package; -ENOTSUP: a sound package, but not for this device
 *   or driver
 */
int aether_pkg_parse(const void *data, size_t len, uint16_t device_id, struct aether_pkg *pkg,
		     char *why, size_t why_size);

/** A place in the sections of one type, which zeroes begin. */
struct aether_pkg_iter {
	uint32_t buf;
	uint32_t section;
};

/** The next section of this type, or NULL. @param[out] size in bytes, at least 1 */
const uint8_t *aether_pkg_section(const struct aether_pkg *pkg, struct aether_pkg_iter *iter,
				  uint32_t type, uint16_t *size);

/** Check one buffer: its sections lie in it and behind its table. @return whether it is sound */
bool aether_pkg_buf_check(const uint8_t *buf);

/** Whether the buffer, which was checked, is for drivers only and not to be downloaded. */
bool aether_pkg_buf_is_metadata(const uint8_t *buf);

/* Nothing in a package is aligned. */
static inline uint16_t
aether_pkg_le16(const uint8_t *p)
{
	return p[0] | (uint16_t)p[1] << 8;
}

static inline uint32_t
aether_pkg_le32(const uint8_t *p)
{
	return aether_pkg_le16(p) | (uint32_t)aether_pkg_le16(p + 2) << 16;
}

#endif /* AETHER_PKG_H */
