/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Profiles and TCAM entries that drivers may have: those that the package does not use itself.
 */

#include <rte_common.h>

#include "fw_ddp.h"

/** Resource types of a block. */
static const struct {
	uint8_t profid, tcam;
} types[E810_BLKS] = {
	[E810_BLK_SW] = { E810_RES_TYPE_SW_PROFID, E810_RES_TYPE_SW_TCAM },
	[E810_BLK_ACL] = { E810_RES_TYPE_ACL_PROFID, E810_RES_TYPE_ACL_TCAM },
	[E810_BLK_FD] = { E810_RES_TYPE_FD_PROFID, E810_RES_TYPE_FD_TCAM },
	[E810_BLK_RSS] = { E810_RES_TYPE_RSS_PROFID, E810_RES_TYPE_RSS_TCAM },
	[E810_BLK_PE] = { E810_RES_TYPE_PE_PROFID, E810_RES_TYPE_PE_TCAM },
};

/** The block of a resource type; E810_BLKS: it is of no block. */
static enum e810_blk
block_of(unsigned int type, bool *tcam)
{
	unsigned int blk;

	for (blk = 0; blk < E810_BLKS; blk++) {
		*tcam = types[blk].tcam == type;
		if (*tcam || types[blk].profid == type)
			break;
	}
	return blk;
}

bool
fw_ddp_res_ids(struct aether_model *model, unsigned int type, unsigned int *ids)
{
	enum e810_blk blk;
	bool tcam;

	blk = block_of(type, &tcam);
	if (blk == E810_BLKS)
		return false;
	*ids = tcam ? fw_flex_tcam_entries(blk) : fw_flex_profiles(blk);
	if (fw_ddp_tables(model) == NULL)
		*ids = 0;
	return true;
}

/** Whether some packet may match an entry: no pair of bits says never. */
static bool
may_match(const struct e810_prof_tcam_entry *entry)
{
	unsigned int i;

	for (i = 0; i < E810_TCAM_KEY_HALF; i++)
		if ((entry->key[i] | entry->key[E810_TCAM_KEY_HALF + i]) != UINT8_MAX)
			return false;
	return true;
}

bool
fw_ddp_res_taken(struct aether_model *model, unsigned int type, unsigned int id)
{
	const struct fw_flex_tables *tables = fw_ddp_tables(model);
	const struct fw_flex_block *block;
	enum e810_blk blk;
	unsigned int i;
	bool tcam;

	blk = block_of(type, &tcam);
	if (blk == E810_BLKS || tables == NULL)
		return false;
	block = &tables->blk[blk];
	if (tcam)
		return may_match(&block->tcam[id]);
	for (i = 0; i < fw_flex_tcam_entries(blk); i++)
		if (block->tcam[i].prof_id == id && may_match(&block->tcam[i]))
			return true;
	return false;
}
