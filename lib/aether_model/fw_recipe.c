/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Switch recipes: the ones that the device has without a package, read-only.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

static const uint8_t recipes[] = {
	E810_SW_LKUP_ETHERTYPE, E810_SW_LKUP_MAC, E810_SW_LKUP_MAC_VLAN, E810_SW_LKUP_PROMISC,
	E810_SW_LKUP_VLAN, E810_SW_LKUP_DFLT, E810_SW_LKUP_ETHERTYPE_MAC,
	E810_SW_LKUP_PROMISC_VLAN,
};

static enum e810_aq_err
get_recipe(struct fw_cmd *cmd)
{
	struct e810_aqc_recipe_elem *elem = (void *)cmd->buf;
	uint16_t rid = rte_le_to_cpu_16(cmd->p.recipe.index);
	unsigned int i;

	for (i = 0; i < RTE_DIM(recipes) && recipes[i] != rid; i++)
		;
	if (i == RTE_DIM(recipes))
		return E810_AQ_RC_ENOENT;
	memset(elem, 0, sizeof(*elem));
	elem->index = rid;
	elem->rid = rid | E810_RECIPE_IS_ROOT;
	elem->bitmap[rid / 8] = 1u << (rid % 8);
	/* Word 0 is the switch id; which others a recipe matches is not shown. */
	elem->mask[0] = rte_cpu_to_le_16(0x00FF);
	for (i = 1; i < RTE_DIM(elem->lkup_index); i++)
		elem->lkup_index[i] = E810_RECIPE_LKUP_IGNORE;
	cmd->p.recipe.num_sub_recipes = rte_cpu_to_le_16(1);
	cmd->resp_len = sizeof(*elem);
	return E810_AQ_RC_OK;
}

/** Which recipes a profile has: none but the device's own are modelled. */
static enum e810_aq_err
get_recipe_to_profile(struct fw_cmd *cmd)
{
	RTE_SET_USED(cmd);
	return E810_AQ_RC_ENOENT;
}

static enum e810_aq_err
refuse_recipe(struct fw_cmd *cmd)
{
	MODEL_LOG(INFO, cmd->model, "0x%04x: recipes need a package", cmd->opcode);
	return E810_AQ_RC_EPERM;
}

const struct fw_opcode fw_recipe_opcodes[] = {
	{ E810_AQC_ADD_RECIPE, FW_RD, sizeof(struct e810_aqc_recipe_elem), "Add Recipe",
	  refuse_recipe },
	{ E810_AQC_RECIPE_TO_PROFILE, 0, 0, "Set Recipes to Profile", refuse_recipe },
	{ E810_AQC_GET_RECIPE, FW_BUF, sizeof(struct e810_aqc_recipe_elem), "Get Recipe",
	  get_recipe },
	{ E810_AQC_GET_RECIPE_TO_PROFILE, 0, 0, "Get Recipes to Profile", get_recipe_to_profile },
	{ 0, 0, 0, NULL, NULL },
};
