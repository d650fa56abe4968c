/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FW_DDP_H
#define FW_DDP_H

/**
 * @file
 * Dynamic device personalisation: the tables that a package fills, the loader that checks and
 * takes its buffers, and what is in force.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ticketlock.h>

#include "e810_hw.h"

/* ------------------------------------------------------------------ tables (fw_pkg.c) ------- */

/** Tables of a block, as a package's sections have them. */
struct fw_flex_block {
	uint8_t xlt0[E810_XLT0_ENTRIES];
	uint8_t xlt1[E810_XLT1_ENTRIES];
	rte_le16_t xlt2[E810_XLT2_ENTRIES];
	struct e810_prof_tcam_entry tcam[E810_PROF_TCAM_MAX];
	uint8_t redir[E810_PROFILES_MAX];
	struct e810_fv_word fv[E810_PROFILES_MAX * E810_FV_WORDS_MAX];	/* of the block's width */
};

struct fw_flex_tables {
	struct fw_flex_block blk[E810_BLKS];
	uint8_t meta_init[E810_META_INITS][E810_META_INIT_BYTES];
	struct e810_boost_entry boost[E810_BOOST_ENTRIES];
};

/** Words of a field vector of this block. */
unsigned int fw_flex_fv_words(enum e810_blk blk);
unsigned int fw_flex_tcam_entries(enum e810_blk blk);
unsigned int fw_flex_profiles(enum e810_blk blk);

/* ------------------------------------------------------------------ buffers (fw_pkg.c) ------ */

/** What is wrong with a buffer: answered to the driver. Infos are the model's own numbers. */
struct fw_pkg_error {
	enum e810_aq_err rc;
	uint32_t offset;		/* bytes from the start of the buffer (or file) */
	uint32_t info;
	const char *why;
};
enum fw_pkg_info {
	FW_PKG_INFO_BUF_SIZE = 1,	/* the buffer is not as long as it has to be */
	FW_PKG_INFO_SECTION_COUNT,
	FW_PKG_INFO_DATA_END,
	FW_PKG_INFO_SECTION_OFFSET,
	FW_PKG_INFO_SECTION_SIZE,
	FW_PKG_INFO_SECTION_TYPE,	/* a section that has no place in this command */
	FW_PKG_INFO_ENTRIES,		/* more entries than the section or the table has */
	FW_PKG_INFO_HASH,		/* not what the manifest says */
	FW_PKG_INFO_ORDER,		/* buffers missing, repeated or too many */
	FW_PKG_INFO_FORMAT,		/* of the file: headers, segments */
};

/** A package while its buffers arrive, in order. */
struct fw_pkg_image {
	struct fw_flex_tables *tables;
	struct e810_sect_metadata meta;
	bool has_meta;
	unsigned int n_bufs;		/* taken */
	/* Manifest, when the package has one: each later buffer must have the next hash. */
	unsigned int n_hashes, next_hash;
	uint8_t (*hash)[32];
};

/** @return 0 or -ENOMEM */
int fw_pkg_image_init(struct fw_pkg_image *image);
void fw_pkg_image_free(struct fw_pkg_image *image);
/** Take the next buffer of a package: checked as a whole first. @return whether it was taken */
bool fw_pkg_image_buffer(struct fw_pkg_image *image, const uint8_t *buf, size_t len, bool last,
			 struct fw_pkg_error *error);

/** Apply an update buffer to tables: all of its sections, or none. */
bool fw_pkg_update(struct fw_flex_tables *tables, const uint8_t *buf, size_t len,
		   struct fw_pkg_error *error);
/** Fill the sections that a buffer asks for from tables. */
bool fw_pkg_upload(const struct fw_flex_tables *tables, uint8_t *buf, size_t len,
		   struct fw_pkg_error *error);

/* ------------------------------------------------------------------ files (fw_pkg_file.c) --- */

/**
 * Take a whole package file for this device, buffer by buffer as a driver would.
 */
bool fw_pkg_load(struct fw_pkg_image *image, const uint8_t *file, size_t len, uint16_t device_id,
		 struct fw_pkg_error *error);

/**
 * Build the model's own package (fw_pkg_default.c) in buf.
 * @return its length; when that is more than size, nothing was written
 */
size_t fw_pkg_default(uint8_t *buf, size_t size);

/* ------------------------------------------------------------------ in force (fw_ddp.c) ----- */

struct aether_model;

/** Card-wide: the package in force. Its lock is the last to be taken. */
struct fw_ddp {
	rte_ticketlock_t lock;
	bool preload;			/* ddp=preloaded: a reset brings the model's own package */
	uint16_t device_id;
	bool active;
	uint64_t generation;		/* changes whenever another package, or none, is in force */
	bool modified;			/* a function has updated its tables since */
	struct e810_sect_metadata meta;
	struct fw_flex_tables *tables;	/* as downloaded; NULL: never was one */
	/* Download in progress. */
	bool downloading, failed;
	uint64_t held_until;		/* identifies the holding of the lock that it began under */
	struct fw_pkg_image image;
};

/** The card's. The only way to it. */
struct fw_ddp *fw_ddp(struct aether_model *model);
/** Of a card whose first function this is. @return NULL: no memory */
struct fw_ddp *fw_ddp_create(const struct aether_model *model);
void fw_ddp_destroy(struct fw_ddp *ddp);
/** The card is reset: its package is gone; with ddp=preloaded the model's own takes its place. */
void fw_ddp_card_reset(const struct aether_model *model, struct fw_ddp *ddp);
/** Whether a package is in force: full mode. */
bool fw_ddp_active(struct fw_ddp *ddp);
/**
 * This function's working copy of the tables: what was downloaded and its own updates. NULL when
 * no package is in force, or no memory is left.
 */
struct fw_flex_tables *fw_ddp_tables(struct aether_model *model);

/* Resources of the pipeline (fw_ddp_res.c): profiles, and entries of the profile TCAMs. */
/** Whether a resource type is one of these, and how many ids it has: none without a package. */
bool fw_ddp_res_ids(struct aether_model *model, unsigned int type, unsigned int *ids);
/** Whether the package itself uses this one. */
bool fw_ddp_res_taken(struct aether_model *model, unsigned int type, unsigned int id);

#endif /* FW_DDP_H */
