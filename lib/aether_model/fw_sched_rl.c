/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Rate limit profiles of the transmit scheduler: kept and checked, not enforced.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

#define RL_TYPES		3

/** A profile by its number; number 0 is "no limit" and always there. */
static bool
rl_exists(const struct fw_sched *sched, unsigned int layer, unsigned int type, unsigned int id)
{
	return id == E810_SCHED_DFLT_RL_PROF_ID ||
	       (id < FW_SCHED_RL_PROFILES && sched->rl[layer][type][id].used);
}

bool
fw_sched_rl_valid(const struct fw_sched *sched, unsigned int layer,
		  const struct e810_sched_elem *elem)
{
	if ((elem->valid_sections & E810_ELEM_VALID_CIR) != 0 &&
	    !rl_exists(sched, layer, E810_RL_PROFILE_TYPE_CIR, rte_le_to_cpu_16(elem->cir_profile)))
		return false;
	if ((elem->valid_sections & E810_ELEM_VALID_EIR) != 0 &&
	    !rl_exists(sched, layer, E810_RL_PROFILE_TYPE_EIR, rte_le_to_cpu_16(elem->eir_profile)))
		return false;
	if ((elem->valid_sections & E810_ELEM_VALID_SHARED) != 0 &&
	    !rl_exists(sched, layer, E810_RL_PROFILE_TYPE_SRL, rte_le_to_cpu_16(elem->srl_id)))
		return false;
	return true;
}

/** Profiles of the layer and type that an element names, or NULL. */
static struct fw_sched_rl *
rl_table(struct fw_sched *sched, const struct e810_rl_profile *profile)
{
	unsigned int type = profile->flags & E810_RL_PROFILE_TYPE_M;

	/* Layers count from 1 here. */
	if (profile->level == 0 || profile->level > E810_SCHED_MAX_LAYERS || type >= RL_TYPES)
		return NULL;
	return sched->rl[profile->level - 1][type];
}

static enum e810_aq_err
rl_add_one(struct fw_sched_rl *table, struct e810_rl_profile *profile)
{
	unsigned int id;

	for (id = 1; id < FW_SCHED_RL_PROFILES && table[id].used; id++)
		;
	if (id == FW_SCHED_RL_PROFILES)
		return E810_AQ_RC_ENOSPC;
	profile->profile_id = rte_cpu_to_le_16(id);
	table[id].used = true;
	table[id].profile = *profile;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
rl_one(struct fw_cmd *cmd, struct fw_sched_rl *table, struct e810_rl_profile *profile)
{
	unsigned int id = rte_le_to_cpu_16(profile->profile_id);

	if (cmd->opcode == E810_AQC_ADD_RL_PROFILES)
		return rl_add_one(table, profile);
	if (id == 0 || id >= FW_SCHED_RL_PROFILES || !table[id].used) {
		if (cmd->opcode != E810_AQC_QUERY_RL_PROFILES)
			return E810_AQ_RC_ENOENT;
		profile->flags |= E810_RL_PROFILE_INVAL;
		return E810_AQ_RC_OK;
	}
	if (cmd->opcode == E810_AQC_QUERY_RL_PROFILES)
		*profile = table[id].profile;
	else
		table[id].used = false;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
rl_profiles(struct fw_cmd *cmd)
{
	struct e810_rl_profile *profile = (void *)cmd->buf;
	unsigned int n = rte_le_to_cpu_16(cmd->p.rl.num_profiles);
	struct fw_sched_rl *table;
	enum e810_aq_err rc;
	unsigned int i;

	if (n == 0 || n > cmd->buf_len / sizeof(*profile))
		return E810_AQ_RC_EINVAL;
	for (i = 0; i < n; i++) {
		table = rl_table(&cmd->fw->sched, &profile[i]);
		if (table == NULL)
			return E810_AQ_RC_EINVAL;
		rc = rl_one(cmd, table, &profile[i]);
		if (rc != E810_AQ_RC_OK)
			return rc;
		cmd->p.rl.num_processed = rte_cpu_to_le_16(i + 1);
	}
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_sched_rl_opcodes[] = {
	{ E810_AQC_ADD_RL_PROFILES, FW_RD, sizeof(struct e810_rl_profile), "Add RL Profiles",
	  rl_profiles },
	{ E810_AQC_QUERY_RL_PROFILES, FW_RD, sizeof(struct e810_rl_profile), "Query RL Profiles",
	  rl_profiles },
	{ E810_AQC_REMOVE_RL_PROFILES, FW_RD, sizeof(struct e810_rl_profile), "Remove RL Profiles",
	  rl_profiles },
	{ 0, 0, 0, NULL, NULL },
};
