/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The model's own package: just enough for receive-side scaling, made by code in the format of
 * every other package, and taken through the same loader. Packet type groups are those of the
 * published OS default package, so that a driver finds what it knows.
 */

#include <stddef.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "aether_model.h"
#include "fw_ddp.h"

#define NAME			"Aether model default"
#define TRACK_ID		0xC000AE01u
#define SEG_ID			"ICE Configuration Data"
#define FILE_SEGMENTS		2
#define PROFID_BYPASS		0
#define PROFID_DEFAULT		1
#define TCAM_SPECIAL		4	/* entries before those that drivers may have */
#define HEAD_LEN		(sizeof(struct e810_pkg_buf_hdr) + sizeof(struct e810_pkg_section))
#define ROOM			(E810_PKG_BUF_SIZE - HEAD_LEN)	/* of one section in a buffer */

/** The file as it grows; beyond `size` it is only counted. */
struct builder {
	uint8_t *file;
	size_t size, len;
	uint32_t n_bufs;
};

static void
put(struct builder *b, const void *data, size_t len)
{
	if (b->file != NULL && len != 0 && b->len + len <= b->size)
		memcpy(b->file + b->len, data, len);
	b->len += len;
}

static void
put_le32(struct builder *b, uint32_t value)
{
	value = rte_cpu_to_le_32(value);
	put(b, &value, sizeof(value));
}

/** A buffer with one section: what `head` and `data` hold. */
static void
put_buffer(struct builder *b, uint32_t sid, const void *head, size_t head_len, const void *data,
	   size_t len)
{
	static const uint8_t zero[E810_PKG_BUF_SIZE];
	const struct e810_pkg_buf_hdr hdr = {
		.section_count = rte_cpu_to_le_16(1),
		.data_end = rte_cpu_to_le_16(HEAD_LEN + head_len + len),
	};
	const struct e810_pkg_section sect = {
		.type = rte_cpu_to_le_32(sid), .offset = rte_cpu_to_le_16(HEAD_LEN),
		.size = rte_cpu_to_le_16(head_len + len),
	};

	put(b, &hdr, sizeof(hdr));
	put(b, &sect, sizeof(sect));
	put(b, head, head_len);
	put(b, data, len);
	put(b, zero, ROOM - head_len - len);
	b->n_bufs++;
}

/** A table from its first entry on, in as many sections as it takes. */
static void
put_table(struct builder *b, uint32_t sid, const void *entries, unsigned int n, size_t size)
{
	unsigned int at, part;

	for (at = 0; at < n; at += part) {
		rte_le16_t head[2];

		part = RTE_MIN(n - at, (unsigned int)((ROOM - sizeof(head)) / size));
		head[0] = rte_cpu_to_le_16(part);
		head[1] = rte_cpu_to_le_16(at);
		put_buffer(b, sid, head, sizeof(head), (const uint8_t *)entries + at * size,
			   part * size);
	}
}

/** Entries that say themselves where they belong. */
static void
put_entries(struct builder *b, uint32_t sid, size_t head_len, const void *entries, unsigned int n,
	    size_t size)
{
	unsigned int at, part;

	for (at = 0; at < n; at += part) {
		rte_le16_t head[2] = { 0 };

		part = RTE_MIN(n - at, (unsigned int)((ROOM - head_len) / size));
		head[0] = rte_cpu_to_le_16(part);
		put_buffer(b, sid, head, head_len, (const uint8_t *)entries + at * size,
			   part * size);
	}
}

/* ------------------------------------------------------------------ contents ---------------- */

/** Groups of all packet types that the model's parser has. */
static void
fill_xlt1(uint8_t xlt1[E810_PTYPES])
{
	memset(xlt1, E810_RSS_PTG_DEFAULT, E810_PTYPES);
	xlt1[E810_PTYPE_IPV4_FRAG] = E810_RSS_PTG_IPV4_FRAG;
	xlt1[E810_PTYPE_IPV4] = xlt1[E810_PTYPE_IPV4_ICMP] = E810_RSS_PTG_IPV4_OTHER;
	xlt1[E810_PTYPE_IPV4_UDP] = E810_RSS_PTG_IPV4_UDP;
	xlt1[E810_PTYPE_IPV4_TCP] = E810_RSS_PTG_IPV4_TCP;
	xlt1[E810_PTYPE_IPV4_SCTP] = E810_RSS_PTG_IPV4_SCTP;
	xlt1[E810_PTYPE_IPV6_FRAG] = E810_RSS_PTG_IPV6_FRAG;
	xlt1[E810_PTYPE_IPV6] = xlt1[E810_PTYPE_IPV6_ICMP] = E810_RSS_PTG_IPV6_OTHER;
	xlt1[E810_PTYPE_IPV6_UDP] = E810_RSS_PTG_IPV6_UDP;
	xlt1[E810_PTYPE_IPV6_TCP] = E810_RSS_PTG_IPV6_TCP;
	xlt1[E810_PTYPE_IPV6_SCTP] = E810_RSS_PTG_IPV6_SCTP;
}

/** Packet types that the parser may answer with: those with a group, and two without. */
static void
put_marker_ptypes(struct builder *b, const uint8_t xlt1[E810_PTYPES])
{
	struct e810_marker_ptype entry[E810_PTYPES];
	unsigned int ptype, n = 0;

	memset(entry, 0, sizeof(entry));
	for (ptype = 0; ptype < E810_PTYPES; ptype++) {
		if (xlt1[ptype] == E810_RSS_PTG_DEFAULT && ptype != E810_PTYPE_MAC_PAY &&
		    ptype != E810_PTYPE_MAC_ARP)
			continue;
		entry[n].addr = rte_cpu_to_le_16(n);
		entry[n++].ptype = rte_cpu_to_le_16(ptype);
	}
	put_entries(b, E810_SID_RXPARSER_MARKER_PTYPE, 2 * sizeof(rte_le16_t), entry, n,
		    sizeof(*entry));
}

/** Make a TCAM entry that only looks at one bit of the packet's flags, and wants it set. */
static void
want_flag(struct e810_prof_tcam_entry *entry, unsigned int flag)
{
	entry->key[flag / 8] &= ~(1u << (flag % 8));
}

/**
 * The profile TCAM as drivers expect to find it: packets that bypass, default profile for what
 * carries flag 0 and, last, for everything; in between entries that never match.
 */
static void
put_tcam(struct builder *b)
{
	struct e810_prof_tcam_entry entry[E810_PROF_TCAM_MAX];
	unsigned int i;

	for (i = 0; i < RTE_DIM(entry); i++) {
		entry[i].addr = rte_cpu_to_le_16(i);
		entry[i].prof_id = i < TCAM_SPECIAL - 1 ? PROFID_BYPASS : PROFID_DEFAULT;
		memset(entry[i].key, 0xFF, sizeof(entry[i].key));
		if (i < TCAM_SPECIAL - 1) {
			want_flag(&entry[i], 15 - i);
		} else if (i < RTE_DIM(entry) - 1) {
			want_flag(&entry[i], 0);
			if (i >= TCAM_SPECIAL)		/* neither 0 nor 1 */
				entry[i].key[E810_TCAM_KEY_HALF] &= ~1u;
		}
	}
	put_entries(b, E810_SID(E810_BLK_RSS, E810_TBL_PROFID_TCAM), sizeof(rte_le16_t), entry,
		    RTE_DIM(entry), sizeof(*entry));
}

static void
put_profiles(struct builder *b)
{
	struct e810_fv_word fv[E810_RSS_PROFILES * E810_RSS_FV_WORDS];
	uint8_t redir[E810_RSS_PROFILES];
	unsigned int i;

	for (i = 0; i < RTE_DIM(redir); i++)
		redir[i] = i;
	for (i = 0; i < RTE_DIM(fv); i++)
		fv[i] = (struct e810_fv_word){
			.prot_id = E810_PROT_INVALID, .off = rte_cpu_to_le_16(E810_FV_OFF_INVALID),
		};
	put_table(b, E810_SID(E810_BLK_RSS, E810_TBL_PROFID_REDIR), redir, RTE_DIM(redir),
		  sizeof(*redir));
	put_table(b, E810_SID(E810_BLK_RSS, E810_TBL_FLD_VEC), fv, E810_RSS_PROFILES,
		  E810_RSS_FV_WORDS * sizeof(*fv));
}

static const struct e810_sect_metadata metadata = {
	.ver = { E810_PKG_SUPP_MAJOR, E810_PKG_SUPP_MINOR, 0, 1 },
	.name = NAME,
	.track_id = RTE_LE32(TRACK_ID),
};

static void
put_buffers(struct builder *b)
{
	static const uint8_t meta_init[E810_META_INITS][E810_META_INIT_BYTES];
	static const rte_le16_t xlt2[E810_XLT2_ENTRIES];
	uint8_t xlt1[E810_PTYPES];

	fill_xlt1(xlt1);
	put_buffer(b, E810_SID_METADATA, &metadata, sizeof(metadata), NULL, 0);
	put_table(b, E810_SID(E810_BLK_RSS, E810_TBL_XLT1), xlt1, RTE_DIM(xlt1), sizeof(*xlt1));
	put_table(b, E810_SID(E810_BLK_RSS, E810_TBL_XLT2), xlt2, RTE_DIM(xlt2), sizeof(*xlt2));
	put_tcam(b);
	put_profiles(b);
	put_table(b, E810_SID_RXPARSER_METADATA_INIT, meta_init, RTE_DIM(meta_init),
		  sizeof(*meta_init));
	put_marker_ptypes(b, xlt1);
}

static void
put_segment_header(struct builder *b, uint32_t type, struct e810_pkg_ver format, size_t size,
		   const char *id)
{
	struct e810_pkg_seg_hdr hdr = {
		.type = rte_cpu_to_le_32(type), .format_ver = format,
		.size = rte_cpu_to_le_32(size),
	};

	strncpy(hdr.id, id, sizeof(hdr.id) - 1);
	put(b, &hdr, sizeof(hdr));
}

/** Everything before the buffers, of which there are n_bufs. */
static void
put_headers(struct builder *b, uint32_t n_bufs)
{
	const size_t meta_at = sizeof(struct e810_pkg_hdr) + FILE_SEGMENTS * sizeof(uint32_t);
	const size_t seg_at = meta_at + sizeof(struct e810_pkg_seg_metadata);
	const size_t seg_len = sizeof(struct e810_pkg_seg_hdr) + 3 * sizeof(uint32_t) +
			       (size_t)n_bufs * E810_PKG_BUF_SIZE;
	const struct e810_pkg_ver format = { 1, 0, 0, 0 };
	const char name[E810_PKG_NAME_SIZE] = NAME;

	put(b, &format, sizeof(format));
	put_le32(b, FILE_SEGMENTS);
	put_le32(b, meta_at);
	put_le32(b, seg_at);
	put_segment_header(b, E810_PKG_SEG_METADATA, format,
			   sizeof(struct e810_pkg_seg_metadata), "Global Metadata");
	put(b, &metadata.ver, sizeof(metadata.ver));
	put_le32(b, 0);
	put(b, name, sizeof(name));
	put_segment_header(b, E810_PKG_SEG_E810, (struct e810_pkg_ver){ 1, 0, 1, 0 }, seg_len,
			   SEG_ID);
	put_le32(b, 0);				/* devices: all */
	put_le32(b, 0);				/* NVM versions: all */
	put_le32(b, n_bufs);
}

size_t
fw_pkg_default(uint8_t *file, size_t size)
{
	struct builder count = { .size = 0 }, b = { .file = file };

	put_buffers(&count);
	put_headers(&count, count.n_bufs);
	if (size < count.len)
		return count.len;
	b.size = size;
	put_headers(&b, count.n_bufs);
	put_buffers(&b);
	return b.len;
}

int
aether_model_ddp_default(void *buf, size_t size)
{
	return (int)fw_pkg_default(buf, size);
}
