/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef E810_DDP_HW_H
#define E810_DDP_HW_H

/**
 * @file
 * Facts about dynamic device personalisation (DDP) and the flexible pipeline of the E810: the
 * package file, its sections, the tables they fill, the registers beside the tables. Everything
 * in a package is little endian; nothing in it is aligned to more than a byte.
 *
 * Sources: datasheet 613875 chapters 7.6, 7.10 and 9.5.9; the layouts as DPDK's and Linux's base
 * code read them; table sizes and the manifest as the published packages have them.
 * Included from e810_hw.h.
 */

/* ---------------------------------------------------------------- package file -------------- */

struct e810_pkg_ver {
	uint8_t major, minor, update, draft;
};

/** Start of the file: segments follow at seg_offset[] bytes from here. */
struct e810_pkg_hdr {
	struct e810_pkg_ver format_ver;		/* 1.0.0.0 */
	rte_le32_t seg_count;
	rte_le32_t seg_offset[];
};

#define E810_PKG_NAME_SIZE		32
#define E810_PKG_SUPP_MAJOR		1	/* packages that today's drivers take: 1.3.x.y */
#define E810_PKG_SUPP_MINOR		3

struct e810_pkg_seg_hdr {
	rte_le32_t type;
#define E810_PKG_SEG_METADATA		0x00000001
#define E810_PKG_SEG_NOTES		0x00000002
#define E810_PKG_SEG_E810		0x00000010
#define E810_PKG_SEG_RUN_TIME_CFG	0x00000020
#define E810_PKG_SEG_SIGNING		0x00001001
	struct e810_pkg_ver format_ver;
	rte_le32_t size;			/* bytes, this header included */
	char id[E810_PKG_NAME_SIZE];
};

/** E810_PKG_SEG_METADATA. */
struct e810_pkg_seg_metadata {
	struct e810_pkg_seg_hdr hdr;
	struct e810_pkg_ver pkg_ver;
	rte_le32_t reserved;
	char pkg_name[E810_PKG_NAME_SIZE];
};

/**
 * E810_PKG_SEG_E810: then comes the device table, struct e810_pkg_nvm_table and struct
 * e810_pkg_buf_table, each right behind the one before. An empty device table means all devices.
 */
struct e810_pkg_device {
	rte_le16_t device_id, vendor_id;
	rte_le16_t sub_device_id, sub_vendor_id;
};

struct e810_pkg_seg_e810 {
	struct e810_pkg_seg_hdr hdr;
	rte_le32_t device_count;
	struct e810_pkg_device device[];
};

struct e810_pkg_nvm_table {
	rte_le32_t count;
	struct e810_pkg_ver ver[];
};

#define E810_PKG_BUF_SIZE		4096

struct e810_pkg_buf {
	uint8_t data[E810_PKG_BUF_SIZE];	/* struct e810_pkg_buf_hdr */
};

struct e810_pkg_buf_table {
	rte_le32_t count;
	struct e810_pkg_buf buf[];
};

/**
 * E810_PKG_SEG_SIGNING: buffers of its own (manifest and signature) that are downloaded before the
 * buffers of segment signed_seg_idx that it covers, without the last-buffer flag. Packages that
 * have such a segment are downloaded by it; the others have the same three buffers first in the
 * E810 segment.
 */
struct e810_pkg_seg_signing {
	struct e810_pkg_seg_hdr hdr;
	rte_le32_t seg_id;			/* type of what it signs: E810_PKG_SEG_E810 */
	rte_le32_t sign_type;
#define E810_PKG_SIGN_RSA2K		1	/* what the E810 verifies */
#define E810_PKG_SIGN_RSA3K		2
#define E810_PKG_SIGN_RSA3K_SBB		3
	rte_le32_t signed_seg_idx;
	rte_le32_t signed_buf_start;
	rte_le32_t signed_buf_count;
	uint8_t reserved[44];
	struct e810_pkg_buf_table buf_table;
};

/* ---------------------------------------------------------------- buffers and sections ------ */

struct e810_pkg_section {
	rte_le32_t type;			/* E810_SID_*, with E810_PKG_METADATA or without */
	rte_le16_t offset;			/* bytes from the start of the buffer */
	rte_le16_t size;
};

struct e810_pkg_buf_hdr {
	rte_le16_t section_count;
	rte_le16_t data_end;			/* first byte after the last section */
	struct e810_pkg_section section[];
};
#define E810_PKG_SECTIONS_MIN		1
#define E810_PKG_SECTIONS_MAX		511
#define E810_PKG_DATA_END_MIN		12
#define E810_PKG_DATA_END_MAX		4096
#define E810_PKG_SECTION_OFF_MIN	12
#define E810_PKG_SECTION_OFF_MAX	4095
#define E810_PKG_SECTION_SIZE_MIN	1
#define E810_PKG_SECTION_SIZE_MAX	4084
/** In a section's type: for drivers only. The first buffer with it ends what is downloaded. */
#define E810_PKG_METADATA		0x80000000u

/* Blocks of the pipeline; E810_SID(block, table) is the type of the section of a table. */
enum e810_blk { E810_BLK_SW, E810_BLK_ACL, E810_BLK_FD, E810_BLK_RSS, E810_BLK_PE, E810_BLKS };
enum e810_blk_table {
	E810_TBL_XLT0, E810_TBL_KEY_BUILDER, E810_TBL_XLT1, E810_TBL_XLT2, E810_TBL_PROFID_TCAM,
	E810_TBL_PROFID_REDIR, E810_TBL_FLD_VEC, E810_TBL_CDID_KEY_BUILDER, E810_TBL_CDID_REDIR,
	E810_TBLS
};
#define E810_SID_BASE(blk)		((blk) == E810_BLK_PE ? 80u : 10u * ((blk) + 1u))
#define E810_SID(blk, table)		(E810_SID_BASE(blk) + (table))

#define E810_SID_METADATA		1	/* struct e810_sect_metadata */
#define E810_SID_SIGNATURE		2	/* CSS header, key and signature */
#define E810_SID_MANIFEST		3	/* struct e810_sect_manifest */
#define E810_SID_RXPARSER_CAM		50
#define E810_SID_RXPARSER_NOMATCH_CAM	51
#define E810_SID_RXPARSER_IMEM		52
#define E810_SID_RXPARSER_XLT0_BUILDER	53
#define E810_SID_RXPARSER_NODE_PTYPE	54
#define E810_SID_RXPARSER_MARKER_PTYPE	55	/* struct e810_sect_marker_ptype */
#define E810_SID_RXPARSER_BOOST_TCAM	56	/* struct e810_sect_boost */
#define E810_SID_RXPARSER_PROTO_GRP	57
#define E810_SID_RXPARSER_METADATA_INIT	58	/* struct e810_sect_meta_init */
#define E810_SID_RXPARSER_XLT0		59
/** The transmit parser's sections are numbered the same, 10 higher. */
#define E810_SID_TXPARSER_BOOST_TCAM	66
#define E810_SID_TXPARSER_METADATA_INIT	68

/* Label sections (struct e810_sect_label): names of what the other sections number. */
#define E810_SID_LBL_PTYPE		0x80000016u
#define E810_SID_LBL_PROTOCOL_ID	0x80000017u
#define E810_SID_LBL_RXPARSER_TMEM	0x80000018u	/* tunnels: TNL_VXLAN_PF0 ... */
#define E810_SID_LBL_RSS_PROFID_TCAM	0x80000021u
#define E810_SID_LBL_FLAG		0x80000023u
#define E810_SID_LBL_RSS_PTG		0x80000028u
#define E810_SID_LBL_RSS_VSIG		0x8000002Du
#define E810_SID_LBL_RSS_PROFID		0x80000033u

/** E810_SID_METADATA: what Get Package Info List then shows as active. */
struct e810_sect_metadata {
	struct e810_pkg_ver ver;
	char name[28];
	rte_le32_t track_id;
};

/** E810_SID_MANIFEST: SHA-256 of each buffer that follows, in order, last byte first. */
struct e810_sect_manifest {
	rte_le32_t count;
	uint8_t hash[][32];
};

/** XLT1: a value a packet type. */
struct e810_sect_xlt1 {
	rte_le16_t count;
	rte_le16_t offset;			/* first entry of the table */
	uint8_t value[];			/* packet type groups (PTG) */
};

struct e810_sect_xlt2 {
	rte_le16_t count;
	rte_le16_t offset;
	rte_le16_t value[];			/* VSI groups (VSIG), by VSI */
};

struct e810_sect_redir {
	rte_le16_t count;
	rte_le16_t offset;
	uint8_t value[];			/* profiles, by what the TCAM answers */
};

/** Word of a field vector. */
struct e810_fv_word {
	uint8_t prot_id;			/* E810_PROT_* */
	rte_le16_t off;				/* byte offset in the header, even or odd */
	uint8_t reserved;
} __rte_packed;
#define E810_FV_OFF_INVALID		0x1FF	/* with E810_PROT_INVALID: the word is not used */

/** A profile has e810_fv_words of its block, one vector after the other. */
struct e810_sect_fv {
	rte_le16_t count;			/* vectors */
	rte_le16_t offset;			/* first profile */
	struct e810_fv_word word[];
};

/**
 * Entry of a profile TCAM. key holds two halves of 5 bytes, K and I, a bit pair for each bit of
 * what is looked up: K=1 I=0 matches 0, K=0 I=1 matches 1, K=1 I=1 matches both, K=0 I=0 never
 * matches. The entry with the lowest address wins.
 */
#define E810_TCAM_KEY_HALF		5
struct e810_prof_tcam_entry {
	rte_le16_t addr;
	uint8_t key[2 * E810_TCAM_KEY_HALF];	/* K, then I; each as struct e810_prof_key */
	uint8_t prof_id;
} __rte_packed;

/** What is looked up. */
struct e810_prof_key {
	rte_le16_t flags;			/* of the packet; 15, 14, 13: bypass; 0: defaults */
	uint8_t ptg;
	rte_le16_t vsig_cdid;			/* VSIG; the top bits are the control domain when
						 * the block's key builder says so (RSS: not) */
} __rte_packed;

struct e810_sect_prof_tcam {
	rte_le16_t count;
	struct e810_prof_tcam_entry entry[];
} __rte_packed;

/** A VSIG: [12:0] index, 0: default group; [15:13] function. */
#define E810_VSIG_IDX_M			0x1FFF
#define E810_VSIG_PF_S			13

struct e810_boost_key {
	uint8_t remaining_hv_key[15];
	rte_le16_t hv_dst_port_key;
	rte_le16_t hv_src_port_key;
	uint8_t tcam_search_key;
} __rte_packed;

struct e810_boost_entry {
	rte_le16_t addr;
	rte_le16_t reserved;
	struct e810_boost_key key, key_inv;	/* bit pairs as in struct e810_prof_tcam_entry */
	uint8_t hit_index_group;
	uint8_t bit_fields[43];
} __rte_packed;

struct e810_sect_boost {
	rte_le16_t count;
	rte_le16_t reserved;
	struct e810_boost_entry entry[];
} __rte_packed;

struct e810_marker_ptype {
	rte_le16_t addr;
	rte_le16_t ptype;
	uint8_t keys[20];
};

struct e810_sect_marker_ptype {
	rte_le16_t count;
	rte_le16_t reserved;
	struct e810_marker_ptype entry[];
};

#define E810_META_INIT_BYTES		24
#define E810_META_INIT_FLAG_S		123	/* bit of an entry where packet flag 0 stands */
#define E810_META_INIT_FLAG_DVM		60	/* entry 0: the package knows double VLAN mode */
struct e810_sect_meta_init {
	rte_le16_t count;
	rte_le16_t offset;
	uint8_t entry[][E810_META_INIT_BYTES];
};

struct e810_pkg_label {
	rte_le16_t value;
	char name[64];
};

struct e810_sect_label {
	rte_le16_t count;
	struct e810_pkg_label label[];
};

/* ---------------------------------------------------------------- table sizes --------------- */

#define E810_XLT0_ENTRIES		2048
#define E810_XLT1_ENTRIES		8192	/* drivers use those of packet types 0 to 1023 */
#define E810_XLT2_ENTRIES		1024	/* VSIs 0 to 767 */
#define E810_PTYPES			1024
#define E810_PROF_TCAM_MAX		512
#define E810_PROFILES_MAX		256
#define E810_FV_WORDS_MAX		48
#define E810_BOOST_ENTRIES		256
#define E810_MARKER_PTYPES		1024
#define E810_META_INITS			16

/* By block: E810_BLK_SW, _ACL, _FD, _RSS, _PE. */
#define E810_PROF_TCAM_ENTRIES		{ 512, 512, 512, 512, 64 }
#define E810_PROFILES			{ 256, 128, 128, 128, 32 }
#define E810_FV_WORDS			{ 48, 32, 24, 24, 32 }
#define E810_RSS_PROFILES		128
#define E810_RSS_FV_WORDS		24

/* ---------------------------------------------------------------- admin commands ------------ */

/** 0x0C40, 0x0C41 and 0x0C42: the buffer is a struct e810_pkg_buf. */
struct e810_aqc_pkg_cmd {
	uint8_t flags;
#define E810_PKG_CMD_LAST_BUF		0x01
	uint8_t reserved[7];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** Start of the buffer after 0x0C40 or 0x0C42 failed. */
struct e810_pkg_error {
	rte_le32_t offset;			/* of what is wrong, bytes into the buffer */
	rte_le32_t info;
};

/** 0x0C43, buffer: struct e810_aqc_pkg_info (e810_hw.h) follow. */
struct e810_pkg_info_list {
	rte_le32_t count;
};

/* Resource types of Allocate Resources: profiles, and entries of the profile TCAM. */
#define E810_RES_TYPE_SW_PROFID		0x48
#define E810_RES_TYPE_SW_TCAM		0x49
#define E810_RES_TYPE_ACL_PROFID	0x50
#define E810_RES_TYPE_ACL_TCAM		0x51
#define E810_RES_TYPE_FD_PROFID		0x58
#define E810_RES_TYPE_FD_TCAM		0x59
#define E810_RES_TYPE_RSS_PROFID	0x60
#define E810_RES_TYPE_RSS_TCAM		0x61
#define E810_RES_TYPE_PE_PROFID		0x68
#define E810_RES_TYPE_PE_TCAM		0x69

/* ---------------------------------------------------------------- protocol ids -------------- */

#define E810_PROT_MAC_OF_OR_S		1	/* outermost, or single */
#define E810_PROT_MAC_IL		4	/* inner */
#define E810_PROT_ETYPE_OL		9	/* Ethertype behind the last tag */
#define E810_PROT_ETYPE_IL		10
#define E810_PROT_PAY			15
#define E810_PROT_EVLAN_O		16	/* outer tag of two, Ethertype first */
#define E810_PROT_VLAN_O		17	/* inner or only tag */
#define E810_PROT_VLAN_IF		18
#define E810_PROT_IPV4_OF_OR_S		32
#define E810_PROT_IPV4_IL		33
#define E810_PROT_IPV6_OF_OR_S		40
#define E810_PROT_IPV6_IL		41
#define E810_PROT_IPV6_FRAG		47
#define E810_PROT_TCP_IL		49
#define E810_PROT_UDP_OF		52	/* of a tunnel */
#define E810_PROT_UDP_IL_OR_S		53
#define E810_PROT_GRE_OF		64
#define E810_PROT_ESP_F			88
#define E810_PROT_ESP_2			89
#define E810_PROT_SCTP_IL		96
#define E810_PROT_ICMP_IL		98
#define E810_PROT_ICMPV6_IL		100
#define E810_PROT_PPPOE			103
#define E810_PROT_L2TPV3		104
#define E810_PROT_ARP_OF		118
#define E810_PROT_META			255	/* metadata of the packet, with a valid offset */
#define E810_PROT_INVALID		255	/* with E810_FV_OFF_INVALID */

/* ---------------------------------------------------------------- packet types -------------- */

/* More packet types than e810_hw.h's, by the names of the published packages. */
#define E810_PTYPE_IPV4_IPV4_FRAG	29
#define E810_PTYPE_IPV4_IPV4		30
#define E810_PTYPE_IPV4_IPV4_UDP	31
#define E810_PTYPE_IPV4_IPV4_TCP	33
#define E810_PTYPE_IPV4_IPV4_SCTP	34
#define E810_PTYPE_IPV4_IPV4_ICMP	35
#define E810_PTYPE_IPV4_IPV6_FRAG	36
#define E810_PTYPE_IPV4_IPV6		37
#define E810_PTYPE_IPV4_IPV6_UDP	38
#define E810_PTYPE_IPV4_IPV6_TCP	40
#define E810_PTYPE_IPV4_IPV6_SCTP	41
#define E810_PTYPE_IPV4_IPV6_ICMP	42
#define E810_PTYPE_IPV4_TUN_PAY		43	/* +1..+14: as 29..42, behind GRE or VXLAN */
#define E810_PTYPE_IPV4_TUN_MAC_PAY	58	/* +1..+14: the same behind an inner MAC */
#define E810_PTYPE_IPV6_IPV4_FRAG	95	/* ..108: as 29..42, in IPv6 */
#define E810_PTYPE_IPV6_TUN_PAY		109
#define E810_PTYPE_IPV6_TUN_MAC_PAY	124

/* PTGs of the RSS block in Intel's OS default package, which the model's own follows. */
enum e810_rss_ptg {
	E810_RSS_PTG_DEFAULT, E810_RSS_PTG_IPV4_TCP, E810_RSS_PTG_IPV4_UDP,
	E810_RSS_PTG_IPV4_SCTP, E810_RSS_PTG_IPV4_FRAG, E810_RSS_PTG_IPV4_OTHER,
	E810_RSS_PTG_IPV6_TCP, E810_RSS_PTG_IPV6_UDP, E810_RSS_PTG_IPV6_SCTP,
	E810_RSS_PTG_IPV6_FRAG, E810_RSS_PTG_IPV6_OTHER,
};

/* ---------------------------------------------------------------- registers ----------------- */

/*
 * Beside a profile p of the RSS block (0..127). Words are counted as in the field vector, whose
 * last word (23) is hashed first; net_ice and Linux write GLQF_HSYMM so.
 */
#define GLQF_HINSET(p, j)		(0x0040E000 + 4 * (p) + 512 * (j))	/* j = 0..5 */
#define GLQF_HSYMM(p, j)		(0x0040F000 + 4 * (p) + 512 * (j))	/* j = 0..5 */
/** Byte k of register j is for word 4 j + k: which word is taken (HINSET) or XORed (HSYMM). */
#define GLQF_HWORD_IDX_M		0x1F
#define GLQF_HWORD_ENA			0x80
#define GLQF_HMASK(i)			(0x0040FC00 + 4 * (i))	/* i = 0..31 */
#define GLQF_HMASK_MSK_INDEX_M		E810_MASK(5, 0)
#define GLQF_HMASK_MASK_S		16	/* bits that are hashed */
#define GLQF_HMASK_SEL(p)		(0x00410000 + 4 * (p))	/* bit i: mask i is used */
#define GLQF_HMASKS			32
#define GLQF_FDMASK(i)			(0x00410800 + 4 * (i))
#define GLQF_FDMASK_SEL(p)		(0x00410400 + 4 * (p))
#define GLQF_HKEY(i)			(0x00456000 + 4 * (i))
#define GLQF_HLUT(i, j)			(0x00438000 + 4 * (i) + 512 * (j))	/* 16 global LUTs */
#define GLQF_HLUT_SIZE(j)		(0x00455400 + 4 * (j))
#define GLQF_PROF2TC(p, j)		(0x0044D000 + 4 * (p) + 512 * (j))
#define PFQF_HLUT_SIZE			0x00455480
#define VSIQF_HASH_CTL_LUT_SEL_M	E810_MASK(2, 0)	/* as E810_VSI_Q_OPT_RSS_LUT_* */
#define VSIQF_HASH_CTL_GLOB_LUT_S	2		/* 4 bits */
#define VSIQF_HASH_CTL_SCHEME_S		6
#define VSIQF_HASH_CTL_SCHEME_M		E810_MASK(2, 6)
/** Schemes, also in E810_VSI_Q_OPT_RSS_HASH_S. */
#define E810_HASH_TOEPLITZ		0
#define E810_HASH_SYM_TOEPLITZ		1
#define E810_HASH_XOR			2
#define E810_HASH_JENKINS		3
#define VSIQF_TC_REGION(i, v)		(0x00448000 + 4096 * (i) + 4 * (v))

/* What a download is followed by: input mask of the switch block, 48 bits in two. */
#define GL_PREEXT_L2_PMASK0(i)		(0x0020F0FC + 4 * (i))	/* i = 0..2 */
#define GL_PREEXT_L2_PMASK1(i)		(0x0020F108 + 4 * (i))	/* i = 0..2 */

#endif /* E810_DDP_HW_H */
