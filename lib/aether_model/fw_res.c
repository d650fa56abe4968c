/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Resources that a function allocates: VSI lists, recipes, counters, profiles.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "fw_ddp.h"
#include "model_fw.h"

/** Elements that the buffer of Allocate or Free Resources holds. */
static unsigned int
res_elems(const struct fw_cmd *cmd)
{
	return (cmd->buf_len - sizeof(struct e810_aqc_alloc_free_res_elem)) / sizeof(uint16_t);
}

static bool
res_is_list(unsigned int type)
{
	return type == E810_RES_TYPE_VSI_LIST_REP || type == E810_RES_TYPE_VSI_LIST_PRUNE;
}

/** Flow Director entries are reserved by number: a function may have what it was promised. */
static bool
res_is_count(unsigned int type)
{
	return type == E810_RES_TYPE_FDIR_GUARANTEED || type == E810_RES_TYPE_FDIR_SHARED;
}

/** Ids of a type that there are. */
static unsigned int
res_ids(struct aether_model *model, unsigned int type)
{
	unsigned int ids;

	if (fw_ddp_res_ids(model, type, &ids))
		return ids;
	return FW_RES_IDS_OTHERS;
}

/** @param bottom look for the highest id that is free, not the lowest */
static int
res_alloc_one(struct aether_model *model, unsigned int type, bool bottom)
{
	struct model_fw *fw = model->fw;
	uint64_t *used = fw->res.used[type];
	unsigned int ids = res_ids(model, type), i, id;

	if (res_is_list(type))
		return fw_switch_list_alloc(&fw->sw, type == E810_RES_TYPE_VSI_LIST_PRUNE);
	for (i = 0; i < ids; i++) {
		id = bottom ? ids - 1 - i : i;
		if ((used[id / 64] & UINT64_C(1) << (id % 64)) == 0 &&
		    !fw_ddp_res_taken(model, type, id)) {
			used[id / 64] |= UINT64_C(1) << (id % 64);
			return id;
		}
	}
	return -1;
}

static bool
res_free_one(struct model_fw *fw, unsigned int type, unsigned int id)
{
	uint64_t bit = UINT64_C(1) << (id % 64);

	if (res_is_list(type))
		return fw_switch_list_free(&fw->sw, id, type == E810_RES_TYPE_VSI_LIST_PRUNE);
	if (id >= FW_RES_IDS || (fw->res.used[type][id / 64] & bit) == 0)
		return false;
	fw->res.used[type][id / 64] &= ~bit;
	return true;
}

static enum e810_aq_err
res_check(struct fw_cmd *cmd, unsigned int *type, unsigned int *n)
{
	const struct e810_aqc_alloc_free_res_elem *elem = (void *)cmd->buf;

	*type = rte_le_to_cpu_16(elem->res_type) & E810_RES_TYPE_M;
	*n = rte_le_to_cpu_16(elem->num_elems);
	if (cmd->p.alloc_res.num_entries != rte_cpu_to_le_16(1))
		return E810_AQ_RC_EINVAL;
	if (*n == 0 || (!res_is_count(*type) && *n > res_elems(cmd)))
		return E810_AQ_RC_EINVAL;
	return E810_AQ_RC_OK;
}

/** Take or give back n entries. */
static enum e810_aq_err
res_count(struct fw_cmd *cmd, unsigned int type, unsigned int n, bool take)
{
	bool shared = type == E810_RES_TYPE_FDIR_SHARED;
	uint16_t *held = shared ? &cmd->fw->res.fd_shared : &cmd->fw->res.fd_guaranteed;
	unsigned int all = shared ? MODEL_FD_SHARED : MODEL_FD_GUARANTEED;

	if (take && n > all - *held)
		return E810_AQ_RC_ENOSPC;
	if (!take && n > *held)
		return E810_AQ_RC_EINVAL;
	*held = take ? *held + n : *held - n;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
alloc_res(struct fw_cmd *cmd)
{
	struct e810_aqc_alloc_free_res_elem *elem = (void *)cmd->buf;
	unsigned int type, n, i;
	enum e810_aq_err rc;
	bool bottom;
	int id;

	rc = res_check(cmd, &type, &n);
	if (rc != E810_AQ_RC_OK)
		return rc;
	if (res_is_count(type))
		return res_count(cmd, type, n, true);
	bottom = (rte_le_to_cpu_16(elem->res_type) & E810_RES_TYPE_FLAG_SCAN_BOTTOM) != 0;
	for (i = 0; i < n; i++) {
		id = res_alloc_one(cmd->model, type, bottom);
		if (id < 0) {
			while (i-- > 0)
				res_free_one(cmd->fw, type, rte_le_to_cpu_16(elem->elem[i]));
			return E810_AQ_RC_ENOSPC;
		}
		elem->elem[i] = rte_cpu_to_le_16(id);
	}
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
free_res(struct fw_cmd *cmd)
{
	const struct e810_aqc_alloc_free_res_elem *elem = (void *)cmd->buf;
	unsigned int type, n, i;
	enum e810_aq_err rc;

	rc = res_check(cmd, &type, &n);
	if (rc != E810_AQ_RC_OK)
		return rc;
	if (res_is_count(type))
		return res_count(cmd, type, n, false);
	for (i = 0; i < n; i++)
		if (!res_free_one(cmd->fw, type, rte_le_to_cpu_16(elem->elem[i])))
			return E810_AQ_RC_EINVAL;
	if (res_is_list(type))
		fw_switch_derive(cmd->model);
	return E810_AQ_RC_OK;
}

/** Which ids of a type this function holds. */
static enum e810_aq_err
get_allocd_res(struct fw_cmd *cmd)
{
	unsigned int type = rte_le_to_cpu_16(cmd->p.get_res.res_type) & E810_RES_TYPE_M;
	unsigned int first = rte_le_to_cpu_16(cmd->p.get_res.first_desc);
	unsigned int room = cmd->buf_len / sizeof(uint16_t);
	uint16_t *out = (void *)cmd->buf;
	unsigned int id, seen = 0, n = 0, next = 0;
	bool held;

	for (id = 0; id < FW_RES_IDS; id++) {
		if (res_is_list(type))
			held = id < FW_SW_LISTS && cmd->fw->sw.list[id].allocated &&
			       cmd->fw->sw.list[id].prune == (type == E810_RES_TYPE_VSI_LIST_PRUNE);
		else
			held = (cmd->fw->res.used[type][id / 64] >> (id % 64) & 1) != 0;
		/* Descriptors count from 1; 0 means from the start too. */
		if (!held || ++seen < first)
			continue;
		if (n == room) {
			next = seen;
			break;
		}
		out[n++] = rte_cpu_to_le_16(id);
	}
	cmd->p.get_res_resp.next_desc = rte_cpu_to_le_16(next);
	cmd->p.get_res_resp.num_desc = rte_cpu_to_le_16(n);
	cmd->p.get_res_resp.reserved = 0;
	cmd->resp_len = n * sizeof(*out);
	return E810_AQ_RC_OK;
}

/** How many there are of each type: type, guaranteed, total, in use, 16 bits each. */
static enum e810_aq_err
get_res_alloc(struct fw_cmd *cmd)
{
	struct { rte_le16_t type, total, held, free; } *out = (void *)cmd->buf;
	static const uint8_t types[] = {
		E810_RES_TYPE_VSI_LIST_REP, E810_RES_TYPE_VSI_LIST_PRUNE, E810_RES_TYPE_RECIPE,
		E810_RES_TYPE_FDIR_COUNTER_BLOCK,
	};
	unsigned int i, id, held, total;

	if (cmd->buf_len < sizeof(*out) * RTE_DIM(types))
		return E810_AQ_RC_ENOMEM;
	for (i = 0; i < RTE_DIM(types); i++) {
		total = res_is_list(types[i]) ? FW_SW_LISTS : FW_RES_IDS_OTHERS;
		for (id = 0, held = 0; id < total; id++)
			held += res_is_list(types[i]) ? cmd->fw->sw.list[id].allocated :
				(cmd->fw->res.used[types[i]][id / 64] >> (id % 64) & 1);
		out[i].type = rte_cpu_to_le_16(types[i]);
		out[i].total = rte_cpu_to_le_16(total);
		out[i].held = rte_cpu_to_le_16(held);
		out[i].free = rte_cpu_to_le_16(total - held);
	}
	cmd->p.generic.param0 = rte_cpu_to_le_32(RTE_DIM(types));
	cmd->resp_len = sizeof(*out) * RTE_DIM(types);
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_res_opcodes[] = {
	{ E810_AQC_GET_RES_ALLOC, FW_BUF, 0, "Get Resource Allocation", get_res_alloc },
	{ E810_AQC_ALLOC_RES, FW_RD, sizeof(struct e810_aqc_alloc_free_res_elem) + 2,
	  "Allocate Resources", alloc_res },
	{ E810_AQC_FREE_RES, FW_RD, sizeof(struct e810_aqc_alloc_free_res_elem) + 2,
	  "Free Resources", free_res },
	{ E810_AQC_GET_ALLOCD_RES_DESC, FW_BUF, 2, "Get Allocated Resource Descriptors",
	  get_allocd_res },
	{ 0, 0, 0, NULL, NULL },
};
