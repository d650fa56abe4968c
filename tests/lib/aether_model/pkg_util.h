/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PKG_UTIL_H
#define PKG_UTIL_H

/**
 * @file
 * Package buffers as a driver builds them, and the commands that take them.
 */

#include "ctl_host.h"

/** A buffer as it grows: one section after the other, behind a table for a few of them. */
struct pkg_buf {
	uint8_t data[E810_PKG_BUF_SIZE];
};

void pkg_buf_init(struct pkg_buf *buf);
/** Add a section of these bytes. @return where its data is, to be changed */
uint8_t *pkg_buf_add(struct pkg_buf *buf, uint32_t sid, const void *data, size_t len);
/** Add a section with count and first entry before the entries. */
uint8_t *pkg_buf_add_range(struct pkg_buf *buf, uint32_t sid, uint16_t first, uint16_t count,
			   const void *entries, size_t size);
/** Length of what is in it. */
uint16_t pkg_buf_len(const struct pkg_buf *buf);

/** The buffers of the model's own package. @param n their number @return to be freed */
struct pkg_buf *pkg_default_bufs(unsigned int *n);

/** Take or release a lock. @return the answer; of the global lock: its status when it is 0 */
int pkg_lock(struct host *host, uint16_t res);
void pkg_unlock(struct host *host, uint16_t res);
/** Download Package, one buffer. @param error what is in the buffer afterwards, may be NULL */
int pkg_download_buf(struct host *host, const struct pkg_buf *buf, bool last,
		     struct e810_pkg_error *error);
/** The whole download under its lock. @return the first error */
int pkg_download(struct host *host, const struct pkg_buf *bufs, unsigned int n);
/** Update Package under the change lock. */
int pkg_update(struct host *host, const struct pkg_buf *buf);
/** Upload Section: buf says what and gets it. */
int pkg_upload(struct host *host, struct pkg_buf *buf);

/**
 * A key of the profile TCAM.
 * @param ptg group of packet types, or negative: any
 * @param vsig group of VSIs, or negative: any
 */
void pkg_tcam_key(struct e810_prof_tcam_entry *entry, int ptg, int vsig);

/** A field that a profile hashes: `words` words of a protocol from an offset on. */
struct pkg_field {
	uint8_t prot;
	uint16_t off;
	unsigned int words;
};
/**
 * Make RSS profile `prof` of these fields, hashed in this order, for packet types of group ptg
 * (negative: any) to VSIs of group vsig, by TCAM entry `addr`.
 */
void pkg_add_profile(struct host *host, unsigned int prof, unsigned int addr, int ptg, int vsig,
		     const struct pkg_field *fields, unsigned int n);
/** Put a VSI into a group. */
void pkg_set_vsig(struct host *host, unsigned int vsi, uint16_t vsig);

#endif /* PKG_UTIL_H */
