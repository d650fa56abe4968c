/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Buffers of a package: what the firmware checks in each, and the tables that its sections fill.
 * Sections of tables that the model does not have (the parsers' instructions, since its parser is
 * its own) are checked for their place in the buffer and passed over.
 */

#include <errno.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "fw_ddp.h"

#define COUNT_LEN	2		/* a section's first word: entries that follow */
#define RANGE_LEN	4		/* count and first entry */

/** How the entries of a section find their place in the table. */
enum layout {
	LAYOUT_RANGE,			/* count, offset, entries */
	LAYOUT_TCAM,			/* count, entries with an address */
	LAYOUT_ADDR,			/* count, reserved, entries with an address */
};

/** Where in struct fw_flex_tables a section's entries go. */
struct table {
	enum layout layout;
	unsigned int entries, size;	/* of the table; bytes of an entry */
	size_t at;
};

static const uint16_t fv_words[E810_BLKS] = E810_FV_WORDS;
static const uint16_t tcam_entries[E810_BLKS] = E810_PROF_TCAM_ENTRIES;
static const uint16_t profiles[E810_BLKS] = E810_PROFILES;

unsigned int
fw_flex_fv_words(enum e810_blk blk)
{
	return fv_words[blk];
}

unsigned int
fw_flex_tcam_entries(enum e810_blk blk)
{
	return tcam_entries[blk];
}

unsigned int
fw_flex_profiles(enum e810_blk blk)
{
	return profiles[blk];
}

static bool
block_table(enum e810_blk blk, unsigned int which, struct table *table)
{
	const size_t base = offsetof(struct fw_flex_tables, blk) +
			    blk * sizeof(struct fw_flex_block);

	table->layout = LAYOUT_RANGE;
	switch (which) {
	case E810_TBL_XLT0:
		table->entries = E810_XLT0_ENTRIES;
		table->size = sizeof(uint8_t);
		table->at = base + offsetof(struct fw_flex_block, xlt0);
		return true;
	case E810_TBL_XLT1:
		table->entries = E810_XLT1_ENTRIES;
		table->size = sizeof(uint8_t);
		table->at = base + offsetof(struct fw_flex_block, xlt1);
		return true;
	case E810_TBL_XLT2:
		table->entries = E810_XLT2_ENTRIES;
		table->size = sizeof(uint16_t);
		table->at = base + offsetof(struct fw_flex_block, xlt2);
		return true;
	case E810_TBL_PROFID_TCAM:
		table->layout = LAYOUT_TCAM;
		table->entries = tcam_entries[blk];
		table->size = sizeof(struct e810_prof_tcam_entry);
		table->at = base + offsetof(struct fw_flex_block, tcam);
		return true;
	case E810_TBL_PROFID_REDIR:
		table->entries = profiles[blk];
		table->size = sizeof(uint8_t);
		table->at = base + offsetof(struct fw_flex_block, redir);
		return true;
	case E810_TBL_FLD_VEC:
		table->entries = profiles[blk];
		table->size = fv_words[blk] * sizeof(struct e810_fv_word);
		table->at = base + offsetof(struct fw_flex_block, fv);
		return true;
	default:
		return false;
	}
}

/** The table of a section type; false when the model has none of that type. */
static bool
find_table(uint32_t sid, struct table *table)
{
	unsigned int blk;

	for (blk = 0; blk < E810_BLKS; blk++)
		if (sid >= E810_SID(blk, 0) && sid < E810_SID(blk, E810_TBLS))
			return block_table(blk, sid - E810_SID(blk, 0), table);
	if (sid == E810_SID_RXPARSER_METADATA_INIT) {
		table->layout = LAYOUT_RANGE;
		table->entries = E810_META_INITS;
		table->size = E810_META_INIT_BYTES;
		table->at = offsetof(struct fw_flex_tables, meta_init);
		return true;
	}
	if (sid == E810_SID_RXPARSER_BOOST_TCAM) {
		table->layout = LAYOUT_ADDR;
		table->entries = E810_BOOST_ENTRIES;
		table->size = sizeof(struct e810_boost_entry);
		table->at = offsetof(struct fw_flex_tables, boost);
		return true;
	}
	return false;
}

static uint16_t
le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static bool
fail(struct fw_pkg_error *error, size_t offset, enum fw_pkg_info info, const char *why)
{
	error->rc = E810_AQ_RC_EBADBUF;
	error->offset = offset;
	error->info = info;
	error->why = why;
	return false;
}

/* ------------------------------------------------------------------ sections ---------------- */

/** A section of a buffer that has been checked. */
struct section {
	uint32_t type;
	unsigned int offset, size;
};

static unsigned int
n_sections(const uint8_t *buf)
{
	return le16(buf);
}

static struct section
get_section(const uint8_t *buf, unsigned int i)
{
	struct e810_pkg_section entry;

	memcpy(&entry, buf + sizeof(struct e810_pkg_buf_hdr) + i * sizeof(entry), sizeof(entry));
	return (struct section){
		.type = rte_le_to_cpu_32(entry.type), .offset = rte_le_to_cpu_16(entry.offset),
		.size = rte_le_to_cpu_16(entry.size),
	};
}

/** Whether a section lies behind the section table and before the end of the data. */
static bool
check_section(const struct section *sect, unsigned int table_end, unsigned int data_end,
	      size_t at, struct fw_pkg_error *error)
{
	if (sect->offset < table_end || sect->offset > E810_PKG_SECTION_OFF_MAX)
		return fail(error, at, FW_PKG_INFO_SECTION_OFFSET,
			    "a section begins outside the data of its buffer");
	if (sect->size < E810_PKG_SECTION_SIZE_MIN || sect->size > E810_PKG_SECTION_SIZE_MAX ||
	    sect->offset + sect->size > data_end)
		return fail(error, at, FW_PKG_INFO_SECTION_SIZE,
			    "a section ends outside the data of its buffer");
	return true;
}

/** Check a buffer's header and section table. */
static bool
check_buffer(const uint8_t *buf, size_t len, struct fw_pkg_error *error)
{
	unsigned int i, n, data_end, table_end;
	struct section sect;

	if (len < E810_PKG_DATA_END_MIN || len > E810_PKG_BUF_SIZE)
		return fail(error, 0, FW_PKG_INFO_BUF_SIZE, "a buffer has 12 to 4096 bytes");
	n = n_sections(buf);
	data_end = le16(buf + 2);
	table_end = sizeof(struct e810_pkg_buf_hdr) + n * sizeof(struct e810_pkg_section);
	if (n < E810_PKG_SECTIONS_MIN || n > E810_PKG_SECTIONS_MAX || table_end > len)
		return fail(error, 0, FW_PKG_INFO_SECTION_COUNT,
			    "a buffer has 1 to 511 sections, and room for their table");
	if (data_end < E810_PKG_DATA_END_MIN || data_end > len || data_end < table_end)
		return fail(error, 2, FW_PKG_INFO_DATA_END,
			    "the data of a buffer ends behind its section table, in the buffer");
	for (i = 0; i < n; i++) {
		sect = get_section(buf, i);
		if (!check_section(&sect, table_end, data_end, sizeof(struct e810_pkg_buf_hdr) +
				   i * sizeof(struct e810_pkg_section), error))
			return false;
	}
	return true;
}

static unsigned int
header_len(const struct table *table)
{
	return table->layout == LAYOUT_TCAM ? COUNT_LEN : RANGE_LEN;
}

/** Whether a section's entries are all there and have a place in its table. */
static bool
check_entries(const struct table *table, const uint8_t *buf, const struct section *sect,
	      struct fw_pkg_error *error)
{
	const uint8_t *data = buf + sect->offset;
	unsigned int head = header_len(table), count, first, i;

	if (sect->size < head)
		return fail(error, sect->offset, FW_PKG_INFO_ENTRIES,
			    "a section is too short for its header");
	count = le16(data);
	if ((size_t)count * table->size > sect->size - head)
		return fail(error, sect->offset, FW_PKG_INFO_ENTRIES,
			    "a section counts more entries than it has bytes for");
	if (table->layout == LAYOUT_RANGE) {
		first = le16(data + COUNT_LEN);
		if (count > table->entries || first > table->entries - count)
			return fail(error, sect->offset, FW_PKG_INFO_ENTRIES,
				    "a section has entries beyond the end of its table");
		return true;
	}
	for (i = 0; i < count; i++)
		if (le16(data + head + i * table->size) >= table->entries)
			return fail(error, sect->offset + head + i * table->size,
				    FW_PKG_INFO_ENTRIES,
				    "an entry's address is beyond the end of its table");
	return true;
}

/** Write a section's entries, which have been checked, into its table. */
static void
apply_entries(struct fw_flex_tables *tables, const struct table *table, const uint8_t *data)
{
	uint8_t *to = (uint8_t *)tables + table->at;
	const uint8_t *entry = data + header_len(table);
	unsigned int count = le16(data), i;

	if (table->layout == LAYOUT_RANGE) {
		memcpy(to + (size_t)le16(data + COUNT_LEN) * table->size, entry,
		       (size_t)count * table->size);
		return;
	}
	for (i = 0; i < count; i++, entry += table->size)
		memcpy(to + (size_t)le16(entry) * table->size, entry, table->size);
}

/** Read a section's entries from its table; those with an address: from the one given on. */
static void
read_entries(const struct fw_flex_tables *tables, const struct table *table, uint8_t *data)
{
	const uint8_t *from = (const uint8_t *)tables + table->at;
	uint8_t *entry = data + header_len(table);
	unsigned int count = le16(data), i;

	if (table->layout == LAYOUT_RANGE) {
		memcpy(entry, from + (size_t)le16(data + COUNT_LEN) * table->size,
		       (size_t)count * table->size);
		return;
	}
	for (i = 0; i < count; i++, entry += table->size)
		memcpy(entry, from + (size_t)le16(entry) * table->size, table->size);
}

/* ------------------------------------------------------------------ updates, uploads -------- */

bool
fw_pkg_update(struct fw_flex_tables *tables, const uint8_t *buf, size_t len,
	      struct fw_pkg_error *error)
{
	struct section sect;
	struct table table;
	unsigned int i;

	if (!check_buffer(buf, len, error))
		return false;
	for (i = 0; i < n_sections(buf); i++) {
		sect = get_section(buf, i);
		if ((sect.type & E810_PKG_METADATA) != 0 || sect.type <= E810_SID_MANIFEST)
			return fail(error, sect.offset, FW_PKG_INFO_SECTION_TYPE,
				    "an update holds sections of tables only");
		if (find_table(sect.type, &table) && !check_entries(&table, buf, &sect, error))
			return false;
	}
	for (i = 0; i < n_sections(buf); i++) {
		sect = get_section(buf, i);
		if (find_table(sect.type, &table))
			apply_entries(tables, &table, buf + sect.offset);
	}
	return true;
}

bool
fw_pkg_upload(const struct fw_flex_tables *tables, uint8_t *buf, size_t len,
	      struct fw_pkg_error *error)
{
	struct section sect;
	struct table table;
	unsigned int i;

	if (!check_buffer(buf, len, error))
		return false;
	for (i = 0; i < n_sections(buf); i++) {
		sect = get_section(buf, i);
		if (!find_table(sect.type, &table)) {
			fail(error, sect.offset, FW_PKG_INFO_SECTION_TYPE,
			     "the tables of this section type cannot be read");
			error->rc = E810_AQ_RC_ENOENT;
			return false;
		}
		if (!check_entries(&table, buf, &sect, error))
			return false;
	}
	for (i = 0; i < n_sections(buf); i++) {
		sect = get_section(buf, i);
		/* Checked again: what was read may overlie the header of an overlapping section. */
		if (!find_table(sect.type, &table) || !check_entries(&table, buf, &sect, error))
			return false;
		read_entries(tables, &table, buf + sect.offset);
	}
	return true;
}

/* ------------------------------------------------------------------ downloads --------------- */

int
fw_pkg_image_init(struct fw_pkg_image *image)
{
	memset(image, 0, sizeof(*image));
	image->tables = calloc(1, sizeof(*image->tables));
	return image->tables == NULL ? -ENOMEM : 0;
}

void
fw_pkg_image_free(struct fw_pkg_image *image)
{
	free(image->tables);
	free(image->hash);
	memset(image, 0, sizeof(*image));
}

static bool
take_manifest(struct fw_pkg_image *image, const uint8_t *buf, const struct section *sect,
	      struct fw_pkg_error *error)
{
	const uint8_t *data = buf + sect->offset;
	uint32_t count;
	void *hash;

	if (sect->size < sizeof(count))
		return fail(error, sect->offset, FW_PKG_INFO_ENTRIES, "a manifest has no count");
	memcpy(&count, data, sizeof(count));
	count = rte_le_to_cpu_32(count);
	/* What lies behind the hashes of the first manifest is an empty second one. */
	if (count == 0)
		return true;
	if (count > (sect->size - sizeof(count)) / sizeof(*image->hash) || image->n_hashes != 0)
		return fail(error, sect->offset, FW_PKG_INFO_ENTRIES,
			    "a manifest counts more hashes than it holds, or there are two");
	hash = malloc(count * sizeof(*image->hash));
	if (hash == NULL) {
		fail(error, sect->offset, FW_PKG_INFO_ENTRIES, "no memory");
		error->rc = E810_AQ_RC_ENOMEM;
		return false;
	}
	memcpy(hash, data + sizeof(count), count * sizeof(*image->hash));
	image->hash = hash;
	image->n_hashes = count;
	return true;
}

/** Whether the buffer is the next of the manifest. */
static bool
check_hash(struct fw_pkg_image *image, const uint8_t *buf, size_t len, struct fw_pkg_error *error)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	unsigned int i;
	SHA2_CTX sha;

	if (image->next_hash == image->n_hashes)
		return fail(error, 0, FW_PKG_INFO_ORDER,
			    "the package has more buffers than its manifest");
	SHA256Init(&sha);
	SHA256Update(&sha, buf, len);
	SHA256Final(hash, &sha);
	for (i = 0; i < sizeof(hash); i++)
		if (hash[i] != image->hash[image->next_hash][sizeof(hash) - 1 - i])
			return fail(error, 0, FW_PKG_INFO_HASH,
				    "the buffer's SHA-256 is not the one that the manifest has "
				    "for it: it was changed, or buffers are out of order");
	image->next_hash++;
	return true;
}

/** Check all sections of a buffer before any of them takes effect. */
static bool
check_sections(const uint8_t *buf, struct fw_pkg_error *error)
{
	struct section sect;
	struct table table;
	unsigned int i;

	for (i = 0; i < n_sections(buf); i++) {
		sect = get_section(buf, i);
		if ((sect.type & E810_PKG_METADATA) != 0)
			return fail(error, sect.offset, FW_PKG_INFO_SECTION_TYPE,
				    "a section for drivers only is in what is downloaded");
		if (sect.type == E810_SID_METADATA && sect.size < sizeof(struct e810_sect_metadata))
			return fail(error, sect.offset, FW_PKG_INFO_ENTRIES,
				    "the section of version and name is too short");
		if (find_table(sect.type, &table) && !check_entries(&table, buf, &sect, error))
			return false;
	}
	return true;
}

/** Manifest and signature come in buffers of their own: those have no hash in the manifest. */
static bool
is_security(const uint8_t *buf)
{
	unsigned int i;
	uint32_t type;

	for (i = 0; i < n_sections(buf); i++) {
		type = get_section(buf, i).type;
		if (type != E810_SID_SIGNATURE && type != E810_SID_MANIFEST)
			return false;
	}
	return true;
}

static bool
take_sections(struct fw_pkg_image *image, const uint8_t *buf, struct fw_pkg_error *error)
{
	struct section sect;
	struct table table;
	unsigned int i;

	for (i = 0; i < n_sections(buf); i++) {
		sect = get_section(buf, i);
		if (sect.type == E810_SID_METADATA) {
			memcpy(&image->meta, buf + sect.offset, sizeof(image->meta));
			image->meta.name[sizeof(image->meta.name) - 1] = '\0';
			image->has_meta = true;
		} else if (sect.type == E810_SID_MANIFEST) {
			if (!take_manifest(image, buf, &sect, error))
				return false;
		} else if (find_table(sect.type, &table)) {
			apply_entries(image->tables, &table, buf + sect.offset);
		}
	}
	return true;
}

bool
fw_pkg_image_buffer(struct fw_pkg_image *image, const uint8_t *buf, size_t len, bool last,
		    struct fw_pkg_error *error)
{
	if (len != E810_PKG_BUF_SIZE)
		return fail(error, 0, FW_PKG_INFO_BUF_SIZE,
			    "a package is downloaded in buffers of 4096 bytes");
	if (!check_buffer(buf, len, error) || !check_sections(buf, error))
		return false;
	if (is_security(buf)) {
		if (image->next_hash > 0)
			return fail(error, 0, FW_PKG_INFO_ORDER,
				    "a manifest comes before what it is about");
	} else if (image->n_hashes != 0 && !check_hash(image, buf, len, error)) {
		return false;
	}
	if (!take_sections(image, buf, error))
		return false;
	image->n_bufs++;
	if (!last)
		return true;
	if (image->next_hash != image->n_hashes)
		return fail(error, 0, FW_PKG_INFO_ORDER,
			    "the last buffer came before those that the manifest still has");
	if (!image->has_meta)
		return fail(error, 0, FW_PKG_INFO_ORDER, "the package has no version and name");
	return true;
}
