/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>

#include "aether_flex_update.h"
#include "aether_internal.h"
#include "aether_pkg.h"

/*
 * The RSS block of the flexible pipeline, section 7.10: packet type -> group (XLT1), VSI -> group
 * (XLT2), both -> profile (TCAM), profile -> field vector.
 */

static void
xlt1_copy(struct aether_flex *flex, const uint8_t *section, uint16_t size)
{
	const struct e810_sect_xlt1 *none = NULL;
	uint32_t count, offset;

	if (size < sizeof(*none))
		return;
	count = aether_pkg_le16(section);
	offset = aether_pkg_le16(section + 2);
	count = RTE_MIN(count, (uint32_t)size - (uint32_t)sizeof(*none));
	if (offset >= E810_PTYPES)
		return;
	/* The table is longer than the packet types that there are. */
	memcpy(flex->ptg + offset, section + sizeof(*none), RTE_MIN(count, E810_PTYPES - offset));
}

static void
xlt1_from_package(struct aether_hw *hw, const struct aether_pkg *pkg)
{
	struct aether_pkg_iter iter = { 0 };
	const uint8_t *section;
	uint16_t size;

	for (;;) {
		section = aether_pkg_section(pkg, &iter, E810_SID(E810_BLK_RSS, E810_TBL_XLT1),
					     &size);
		if (section == NULL)
			return;
		xlt1_copy(&hw->flex, section, size);
	}
}

/** Ask the firmware for the table: a buffer with one section to be filled. */
static int
xlt1_from_device(struct aether_hw *hw)
{
	struct {
		rte_le16_t section_count, data_end;
		struct e810_pkg_section section;
		rte_le16_t count, offset;
		uint8_t value[E810_PTYPES];
	} *table;
	const uint16_t at = 4 + sizeof(table->section);
	const uint16_t size = 4 + E810_PTYPES;
	struct e810_aq_desc desc;
	struct aether_res lock;
	uint8_t *buf;
	int ret;

	buf = calloc(1, E810_PKG_BUF_SIZE);
	if (buf == NULL)
		return -ENOMEM;
	table = (void *)buf;
	table->section_count = rte_cpu_to_le_16(1);
	table->data_end = rte_cpu_to_le_16(at + size);
	table->section.type = rte_cpu_to_le_32(E810_SID(E810_BLK_RSS, E810_TBL_XLT1));
	table->section.offset = rte_cpu_to_le_16(at);
	table->section.size = rte_cpu_to_le_16(size);
	table->count = rte_cpu_to_le_16(E810_PTYPES);

	ret = aether_change_lock(hw, &lock);
	if (ret == 0) {
		aether_aq_fill(&desc, E810_AQC_UPLOAD_SECTION, NULL);
		ret = aether_adminq_send(hw, &desc, buf, E810_PKG_BUF_SIZE, true);
		aether_res_release(hw, &lock);
	}
	if (ret == 0)
		memcpy(hw->flex.ptg, table->value, sizeof(hw->flex.ptg));
	else
		AETHER_LOG(ERR, hw, "the DDP package's tables cannot be read from the card: give "
			   "the file of the package in force, %s %u.%u.%u.%u, as ddp_pkg_file=",
			   hw->ddp.name, hw->ddp.ver[0], hw->ddp.ver[1], hw->ddp.ver[2],
			   hw->ddp.ver[3]);
	free(buf);
	return ret;
}

int
aether_flex_init(struct aether_hw *hw, const struct aether_pkg *pkg)
{
	int ret = 0;

	memset(&hw->flex, 0, sizeof(hw->flex));
	if (pkg != NULL)
		xlt1_from_package(hw, pkg);
	else
		ret = xlt1_from_device(hw);
	hw->flex.valid = ret == 0;
	return ret;
}

/* ---------------------------------------------------------------- resources ----------------- */

/** Allocate or free one profile id or entry. */
static int
resource(struct aether_hw *hw, uint16_t opcode, uint16_t type, uint16_t *id)
{
	struct e810_aqc_alloc_free_res cmd = {.num_entries = rte_cpu_to_le_16(1)};
	struct {
		struct e810_aqc_alloc_free_res_elem elem;
		rte_le16_t id;
	} buf = {
		.elem.res_type = rte_cpu_to_le_16(type),
		.elem.num_elems = rte_cpu_to_le_16(1),
		.id = rte_cpu_to_le_16(*id),
	};
	struct e810_aq_desc desc;
	int ret;

	aether_aq_fill(&desc, opcode, &cmd);
	ret = aether_adminq_send(hw, &desc, &buf, sizeof(buf), true);
	if (ret == 0 && opcode == E810_AQC_ALLOC_RES)
		*id = rte_le_to_cpu_16(buf.id);
	return ret;
}

static int
profile_alloc(struct aether_hw *hw, struct aether_flex *flex)
{
	uint16_t id = 0;
	int ret;

	ret = resource(hw, E810_AQC_ALLOC_RES, E810_RES_TYPE_RSS_PROFID |
		       E810_RES_TYPE_FLAG_IGNORE_INDEX, &id);
	if (ret != 0)
		return ret;
	if (id >= E810_RSS_PROFILES) {
		AETHER_LOG(ERR, hw, "the firmware gave RSS profile %u; there are %u", id,
			   E810_RSS_PROFILES);
		return -EPROTO;
	}
	flex->profile[flex->n_profiles++] = id;
	return 0;
}

/** Entries without conditions on the packet's flags stand at the table's end, as lower addresses
 * win. */
static int
entry_alloc(struct aether_hw *hw, struct aether_flex *flex)
{
	uint16_t id = 0;
	int ret;

	if (flex->n_entries == AETHER_FLEX_MAX_ENTRIES)
		return -ENOSPC;
	ret = resource(hw, E810_AQC_ALLOC_RES, E810_RES_TYPE_RSS_TCAM |
		       E810_RES_TYPE_FLAG_IGNORE_INDEX | E810_RES_TYPE_FLAG_SCAN_BOTTOM, &id);
	if (ret != 0)
		return ret;
	if (id >= E810_PROF_TCAM_MAX) {
		AETHER_LOG(ERR, hw, "the firmware gave entry %u of the profile table; there are "
			   "%u", id, E810_PROF_TCAM_MAX);
		return -EPROTO;
	}
	flex->entry[flex->n_entries++] = id;
	return 0;
}

static void
resources_free(struct aether_hw *hw, const struct aether_flex *flex)
{
	uint16_t i, id;

	/* What cannot be freed is logged; a reset of the function frees it. */
	for (i = 0; i < flex->n_entries; i++) {
		id = flex->entry[i];
		resource(hw, E810_AQC_FREE_RES, E810_RES_TYPE_RSS_TCAM, &id);
	}
	for (i = 0; i < flex->n_profiles; i++) {
		id = flex->profile[i];
		resource(hw, E810_AQC_FREE_RES, E810_RES_TYPE_RSS_PROFID, &id);
	}
}

/* ---------------------------------------------------------------- sections ------------------ */

/** One vector: the words from the last one downwards, as this block counts them. */
static int
add_vector(struct aether_update *update, const struct aether_flex_profile *profile, uint8_t id)
{
	struct e810_sect_fv *fv;
	unsigned int i;

	fv = (void *)aether_update_section(update, E810_SID(E810_BLK_RSS, E810_TBL_FLD_VEC),
					   sizeof(*fv) + E810_RSS_FV_WORDS * sizeof(fv->word[0]));
	if (fv == NULL)
		return -ENOSPC;
	fv->count = rte_cpu_to_le_16(1);
	fv->offset = rte_cpu_to_le_16(id);
	for (i = 0; i < E810_RSS_FV_WORDS; i++) {
		struct e810_fv_word *word = &fv->word[E810_RSS_FV_WORDS - 1 - i];
		const bool used = i < profile->n_words;

		word->prot_id = used ? profile->word[i].prot_id : E810_PROT_INVALID;
		word->off = rte_cpu_to_le_16(used ? profile->word[i].offset :
					     E810_FV_OFF_INVALID);
	}
	return 0;
}

/** Key of an entry: packets of this group for VSIs of this one, whatever their flags. */
static void
entry_key(uint8_t *key, uint8_t group, uint16_t vsig)
{
	struct e810_prof_key want = {
		.ptg = group,
		.vsig_cdid = rte_cpu_to_le_16(vsig),
	};
	struct e810_prof_key any = { .flags = 0xffff };
	const uint8_t *value = (const uint8_t *)&want;
	const uint8_t *care_not = (const uint8_t *)&any;
	unsigned int i;

	for (i = 0; i < E810_TCAM_KEY_HALF; i++) {
		key[i] = (uint8_t)~value[i] | care_not[i];
		key[E810_TCAM_KEY_HALF + i] = value[i] | care_not[i];
	}
}

/** The entries of one profile's groups, from `first` of ours on. */
static int
add_entries(struct aether_update *update, const struct aether_flex_profile *profile, uint8_t id,
	    uint16_t vsig, const uint16_t *entry, unsigned int n)
{
	struct e810_sect_prof_tcam *tcam;
	unsigned int group, i = 0;

	if (n == 0)
		return 0;
	tcam = (void *)aether_update_section(update, E810_SID(E810_BLK_RSS, E810_TBL_PROFID_TCAM),
					     sizeof(*tcam) + n * sizeof(tcam->entry[0]));
	if (tcam == NULL)
		return -ENOSPC;
	tcam->count = rte_cpu_to_le_16(n);
	for (group = 0; group < AETHER_FLEX_GROUPS && i < n; group++) {
		if (!(profile->groups[group / 64] & RTE_BIT64(group % 64)))
			continue;
		tcam->entry[i].addr = rte_cpu_to_le_16(entry[i]);
		tcam->entry[i].prof_id = id;
		entry_key(tcam->entry[i].key, group, vsig);
		i++;
	}
	return 0;
}

static int
add_vsi_group(struct aether_update *update, uint16_t vsi, uint16_t vsig)
{
	struct e810_sect_xlt2 *xlt2;

	xlt2 = (void *)aether_update_section(update, E810_SID(E810_BLK_RSS, E810_TBL_XLT2),
					     sizeof(*xlt2) + sizeof(xlt2->value[0]));
	if (xlt2 == NULL)
		return -ENOSPC;
	xlt2->count = rte_cpu_to_le_16(1);
	xlt2->offset = rte_cpu_to_le_16(vsi);
	xlt2->value[0] = rte_cpu_to_le_16(vsig);
	return 0;
}

/* ---------------------------------------------------------------- registers ----------------- */

/** The words that are XORed with each other, and no masks: an earlier owner may have left both. */
static void
registers_write(struct aether_hw *hw, const struct aether_flex_profile *profile, uint8_t id)
{
	uint8_t partner[E810_RSS_FV_WORDS] = { 0 };
	const unsigned int last = E810_RSS_FV_WORDS - 1;
	unsigned int i, k;

	for (i = 0; i < profile->n_pairs; i++) {
		for (k = 0; k < profile->pair[i].len; k++) {
			/* Counted as the vector is, downwards from its last word. */
			const unsigned int a = last - profile->pair[i].a - k;
			const unsigned int b = last - profile->pair[i].b - k;

			partner[a] = GLQF_HWORD_ENA | b;
			partner[b] = GLQF_HWORD_ENA | a;
		}
	}
	for (i = 0; i < E810_RSS_FV_WORDS / 4; i++)
		aether_write(hw, GLQF_HSYMM(id, i), aether_pkg_le32(&partner[4 * i]));
	aether_write(hw, GLQF_HMASK_SEL(id), 0);
}

/* ---------------------------------------------------------------- change -------------------- */

static unsigned int
groups_count(const struct aether_flex_profile *profile)
{
	unsigned int i, n = 0;

	for (i = 0; i < RTE_DIM(profile->groups); i++)
		n += __builtin_popcountll(profile->groups[i]);
	return n;
}

/** Take what the profiles need, and put it into sections. */
static int
next_build(struct aether_hw *hw, struct aether_flex *next, struct aether_update *update,
	   const struct aether_flex_profile *profile, unsigned int n)
{
	unsigned int i, k;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++) {
		const uint16_t first = next->n_entries;

		ret = profile_alloc(hw, next);
		for (k = groups_count(&profile[i]); k > 0 && ret == 0; k--)
			ret = entry_alloc(hw, next);
		if (ret != 0)
			break;
		registers_write(hw, &profile[i], next->profile[i]);
		ret = add_vector(update, &profile[i], next->profile[i]);
		if (ret == 0)
			ret = add_entries(update, &profile[i], next->profile[i], next->vsig,
					  &next->entry[first], next->n_entries - first);
	}
	/* Last: with this the VSI changes over. */
	if (ret == 0)
		ret = add_vsi_group(update, hw->vsi_num, next->vsig);
	return ret;
}

/** Entries that match nothing: whether the firmware clears those that are freed is not
 * documented. */
static void
entries_clear(struct aether_hw *hw, const struct aether_flex *old)
{
	struct e810_sect_prof_tcam *tcam;
	struct aether_update update;
	uint16_t i;

	if (old->n_entries == 0 || aether_update_begin(&update) != 0)
		return;
	tcam = (void *)aether_update_section(&update,
					     E810_SID(E810_BLK_RSS, E810_TBL_PROFID_TCAM),
					     sizeof(*tcam) +
					     old->n_entries * sizeof(tcam->entry[0]));
	if (tcam != NULL) {
		tcam->count = rte_cpu_to_le_16(old->n_entries);
		for (i = 0; i < old->n_entries; i++) {
			tcam->entry[i].addr = rte_cpu_to_le_16(old->entry[i]);
			/* One bit that never matches is enough; more cost power. */
			memset(tcam->entry[i].key, 0xff, sizeof(tcam->entry[i].key));
			tcam->entry[i].key[0] &= ~1;
			tcam->entry[i].key[E810_TCAM_KEY_HALF] &= ~1;
		}
		aether_update_send(hw, &update);
	}
	aether_update_end(&update);
}

int
aether_flex_rss_set(struct aether_hw *hw, const struct aether_flex_profile *profile,
		    unsigned int n)
{
	struct aether_flex *flex = &hw->flex;
	struct aether_flex next = *flex;
	struct aether_update update;
	int ret;

	if (n > AETHER_FLEX_MAX_PROFILES)
		return -ENOSPC;
	if (n == 0 && flex->vsig == 0)
		return 0;
	/* Make before break, by two groups in turn. Group numbers hold the function's, so no other
	 * function has them. */
	next.n_profiles = 0;
	next.n_entries = 0;
	next.vsig = n == 0 ? 0 : hw->pf_id << E810_VSIG_PF_S |
		((flex->vsig & E810_VSIG_IDX_M) == 1 ? 2 : 1);
	ret = aether_update_begin(&update);
	if (ret != 0)
		return ret;
	ret = next_build(hw, &next, &update, profile, n);
	if (ret == 0)
		ret = aether_update_send(hw, &update);
	aether_update_end(&update);
	if (ret != 0) {
		entries_clear(hw, &next);
		resources_free(hw, &next);
		return ret;
	}
	entries_clear(hw, flex);
	resources_free(hw, flex);
	*flex = next;
	return 0;
}
