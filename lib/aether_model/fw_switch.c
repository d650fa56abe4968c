/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Switch commands (datasheet section 7.8): configuration, rules, VSI lists.
 */

#include <stddef.h>
#include <string.h>

#include <rte_byteorder.h>

#include "fw_ddp.h"
#include "model_fw.h"
#include "model_pktparse.h"

#define SWITCH_ID		1
#define ETYPE_VLAN		0x8100
#define ETYPE_QINQ		0x88A8

/* ------------------------------------------------------------------ configuration ----------- */

static enum e810_aq_err
get_sw_cfg(struct fw_cmd *cmd)
{
	struct e810_aqc_get_sw_cfg_elem *elem = (void *)cmd->buf;
	unsigned int room = cmd->buf_len / sizeof(*elem);
	unsigned int first = rte_le_to_cpu_16(cmd->p.sw_cfg.element);
	unsigned int seen = 0, n = 0, next = 0;
	uint16_t what;
	int vsi;

	/* The port, then the VSIs; `first` counts elements from 0. */
	for (vsi = -1; vsi < MODEL_VSIS; vsi++) {
		if (vsi >= 0 && !cmd->fw->vsi[vsi].allocated)
			continue;
		if (seen++ < first)
			continue;
		if (n == room) {
			next = seen - 1;
			break;
		}
		what = vsi < 0 ? E810_SW_CFG_PHYS_PORT << E810_SW_CFG_TYPE_S | cmd->model->lport :
			E810_SW_CFG_VSI << E810_SW_CFG_TYPE_S | (cmd->fw->vsi_first + vsi);
		elem[n].vsi_port_num = rte_cpu_to_le_16(what);
		elem[n].swid = rte_cpu_to_le_16(SWITCH_ID);
		elem[n].pf_vf_num = rte_cpu_to_le_16(cmd->model->conf.pf_id);
		n++;
	}
	cmd->p.sw_cfg.element = rte_cpu_to_le_16(next);
	cmd->p.sw_cfg.num_elems = rte_cpu_to_le_16(n);
	cmd->resp_len = n * sizeof(*elem);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
clear_pf_cfg(struct fw_cmd *cmd)
{
	fw_switch_reset(cmd->model);
	return E810_AQ_RC_OK;
}

/** Single VLAN mode, which is the only one that is modelled. */
static enum e810_aq_err
get_vlan_mode(struct fw_cmd *cmd)
{
	struct e810_aqc_vlan_mode *mode = (void *)cmd->buf;

	memset(mode, 0, sizeof(*mode));
	cmd->resp_len = sizeof(*mode);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
set_vlan_mode(struct fw_cmd *cmd)
{
	const struct e810_aqc_vlan_mode *mode = (void *)cmd->buf;

	return mode->rdma_packet == E810_VLAN_MODE_RDMA_SVM && fw_ddp_active(fw_ddp(cmd->model)) ?
		E810_AQ_RC_OK : E810_AQ_RC_EPERM;
}

/* ------------------------------------------------------------------ VSI lists --------------- */

int
fw_switch_list_alloc(struct fw_switch *sw, bool prune)
{
	unsigned int id;

	for (id = 0; id < FW_SW_LISTS; id++) {
		if (sw->list[id].allocated)
			continue;
		memset(&sw->list[id], 0, sizeof(sw->list[id]));
		sw->list[id].allocated = true;
		sw->list[id].prune = prune;
		return id;
	}
	return -1;
}

bool
fw_switch_list_free(struct fw_switch *sw, unsigned int id, bool prune)
{
	if (id >= FW_SW_LISTS || !sw->list[id].allocated || sw->list[id].prune != prune)
		return false;
	sw->list[id].allocated = false;
	return true;
}

static enum e810_aq_err
rule_vsi_list(struct fw_cmd *cmd, unsigned int type, const uint8_t *elem, size_t len)
{
	bool set = type == E810_SW_RULE_VSI_LIST_SET || type == E810_SW_RULE_PRUNE_LIST_SET;
	bool prune = type >= E810_SW_RULE_PRUNE_LIST_SET;
	struct e810_sw_rule_vsi_list head;
	struct fw_sw_list *list;
	unsigned int n, i, id;
	uint16_t field;
	int vsi;

	memcpy(&head, elem, sizeof(head));
	id = rte_le_to_cpu_16(head.index);
	n = rte_le_to_cpu_16(head.number_vsi);
	if (n > (len - sizeof(head)) / sizeof(field))
		return E810_AQ_RC_EINVAL;
	if (id >= FW_SW_LISTS || !cmd->fw->sw.list[id].allocated ||
	    cmd->fw->sw.list[id].prune != prune)
		return E810_AQ_RC_ENOENT;
	list = &cmd->fw->sw.list[id];
	cmd->fw->sw.stale = true;
	for (i = 0; i < n; i++) {
		memcpy(&field, elem + sizeof(head) + i * sizeof(field), sizeof(field));
		vsi = fw_vsi_lookup(cmd->fw, rte_le_to_cpu_16(field));
		if (vsi < 0)
			return E810_AQ_RC_ENOENT;
		if (set)
			list->vsis |= UINT64_C(1) << vsi;
		else
			list->vsis &= ~(UINT64_C(1) << vsi);
	}
	return E810_AQ_RC_OK;
}

/* ------------------------------------------------------------------ rules ------------------- */

/** Whether an action names what exists. */
static bool
action_ok(const struct model_fw *fw, uint32_t act)
{
	unsigned int id = (act & E810_SW_ACT_VSI_ID_M) >> E810_SW_ACT_VSI_ID_S;

	switch (act & E810_SW_ACT_TYPE_M) {
	case E810_SW_ACT_VSI_FORWARDING:
		if ((act & E810_SW_ACT_DROP) != 0)
			return true;
		/* fallthrough */
	case E810_SW_ACT_PRUNE:
		if ((act & E810_SW_ACT_VSI_LIST) != 0)
			return id < FW_SW_LISTS && fw->sw.list[id].allocated;
		return fw_vsi_lookup(fw, id) >= 0;
	default:
		return false;
	}
}

static bool
recipe_ok(unsigned int recipe)
{
	return recipe <= E810_SW_LKUP_DFLT || recipe == E810_SW_LKUP_ETHERTYPE_MAC ||
	       recipe == E810_SW_LKUP_PROMISC_VLAN;
}

/** Recipes that do not ask which way a frame goes. */
static bool
recipe_both_ways(unsigned int recipe)
{
	return recipe == E810_SW_LKUP_MAC || recipe == E810_SW_LKUP_MAC_VLAN ||
	       recipe == E810_SW_LKUP_VLAN;
}

static bool
rule_same(const struct fw_sw_rule *a, const struct fw_sw_rule *b)
{
	if (a->recipe != b->recipe)
		return false;
	if (!recipe_both_ways(a->recipe) && (a->rx != b->rx || a->src != b->src))
		return false;
	switch (a->recipe) {
	case E810_SW_LKUP_DFLT:
		return true;
	case E810_SW_LKUP_ETHERTYPE:
		return a->etype == b->etype;
	case E810_SW_LKUP_VLAN:
		return a->vlan == b->vlan;
	case E810_SW_LKUP_ETHERTYPE_MAC:
		return a->etype == b->etype && memcmp(a->da, b->da, sizeof(a->da)) == 0;
	case E810_SW_LKUP_MAC:
		return memcmp(a->da, b->da, sizeof(a->da)) == 0;
	case E810_SW_LKUP_PROMISC:
	case E810_SW_LKUP_PROMISC_VLAN:
		if (a->recipe == E810_SW_LKUP_PROMISC_VLAN && a->vlan != b->vlan)
			return false;
		return pkt_cast(a->da) == pkt_cast(b->da);
	default:
		return a->vlan == b->vlan && memcmp(a->da, b->da, sizeof(a->da)) == 0;
	}
}

/** What the dummy header of a rule says. */
static void
rule_parse_header(struct fw_sw_rule *rule)
{
	uint16_t etype, tci;

	memcpy(rule->da, rule->hdr + E810_SW_DUMMY_ETH_DA_OFFSET, sizeof(rule->da));
	memcpy(&etype, rule->hdr + E810_SW_DUMMY_ETH_ETYPE_OFFSET, sizeof(etype));
	memcpy(&tci, rule->hdr + E810_SW_DUMMY_ETH_TCI_OFFSET, sizeof(tci));
	rule->etype = rte_be_to_cpu_16(etype);
	/* A header without a tag is that of an untagged frame: id 0. */
	rule->vlan = 0;
	if (rule->etype == ETYPE_VLAN || rule->etype == ETYPE_QINQ)
		rule->vlan = rte_be_to_cpu_16(tci) & 0xFFF;
}

static enum e810_aq_err
rule_check(const struct fw_cmd *cmd, const struct fw_sw_rule *rule)
{
	const struct fw_switch *sw = &cmd->fw->sw;
	unsigned int i, seen;

	if (!recipe_ok(rule->recipe))
		return E810_AQ_RC_ENOENT;
	if (rule->rx ? rule->src != cmd->model->lport : fw_vsi_lookup(cmd->fw, rule->src) < 0)
		return E810_AQ_RC_EINVAL;
	if (!action_ok(cmd->fw, rule->act))
		return E810_AQ_RC_EINVAL;
	for (i = 0, seen = 0; seen < sw->n_rules && i < FW_SW_RULES; i++) {
		if (!sw->rule[i].used)
			continue;
		seen++;
		if (rule_same(&sw->rule[i], rule))
			return E810_AQ_RC_EEXIST;
	}
	return E810_AQ_RC_OK;
}

static void
rule_changed(struct model_fw *fw, const struct fw_sw_rule *rule, bool added)
{
	if (rule->recipe == E810_SW_LKUP_VLAN)
		fw_switch_derive_prune(fw, rule, added);
	else
		fw->sw.stale = true;
}

static enum e810_aq_err
rule_add(struct fw_cmd *cmd, unsigned int type, uint8_t *elem, size_t len)
{
	struct fw_switch *sw = &cmd->fw->sw;
	struct e810_sw_rule_lkup lkup;
	struct fw_sw_rule rule = { .used = true, .rx = type == E810_SW_RULE_LKUP_RX };
	enum e810_aq_err rc;
	unsigned int i;

	memcpy(&lkup, elem, sizeof(lkup));
	if (rte_le_to_cpu_16(lkup.hdr_len) != sizeof(rule.hdr) ||
	    len < sizeof(lkup) + sizeof(rule.hdr))
		return E810_AQ_RC_EINVAL;
	memcpy(rule.hdr, elem + sizeof(lkup), sizeof(rule.hdr));
	rule_parse_header(&rule);
	rule.src = rte_le_to_cpu_16(lkup.src);
	rule.act = rte_le_to_cpu_32(lkup.act);
	/* A recipe number that does not fit must not become one that exists. */
	rule.recipe = RTE_MIN(rte_le_to_cpu_16(lkup.recipe_id), UINT8_MAX);
	rc = rule_check(cmd, &rule);
	if (rc != E810_AQ_RC_OK)
		return rc;
	for (i = 0; i < FW_SW_RULES && sw->rule[i].used; i++)
		;
	if (i == FW_SW_RULES)
		return E810_AQ_RC_ENOSPC;
	sw->rule[i] = rule;
	sw->n_rules++;
	rule_changed(cmd->fw, &rule, true);
	lkup.index = rte_cpu_to_le_16(i);
	memcpy(elem, &lkup, sizeof(lkup));
	return E810_AQ_RC_OK;
}

/** The rule that an update, a removal or a query names, or NULL. @param[out] lkup its words */
static struct fw_sw_rule *
rule_find(struct fw_cmd *cmd, const uint8_t *elem, struct e810_sw_rule_lkup *lkup)
{
	unsigned int i;

	memcpy(lkup, elem, sizeof(*lkup));
	i = rte_le_to_cpu_16(lkup->index);
	return i < FW_SW_RULES && cmd->fw->sw.rule[i].used ? &cmd->fw->sw.rule[i] : NULL;
}

static enum e810_aq_err
rule_update(struct fw_cmd *cmd, const uint8_t *elem)
{
	struct e810_sw_rule_lkup lkup;
	struct fw_sw_rule *rule = rule_find(cmd, elem, &lkup);

	if (rule == NULL)
		return E810_AQ_RC_ENOENT;
	if (!action_ok(cmd->fw, rte_le_to_cpu_32(lkup.act)))
		return E810_AQ_RC_EINVAL;
	rule->act = rte_le_to_cpu_32(lkup.act);
	cmd->fw->sw.stale = true;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
rule_remove(struct fw_cmd *cmd, const uint8_t *elem)
{
	struct e810_sw_rule_lkup lkup;
	struct fw_sw_rule *rule = rule_find(cmd, elem, &lkup);

	if (rule == NULL)
		return E810_AQ_RC_ENOENT;
	rule->used = false;
	cmd->fw->sw.n_rules--;
	rule_changed(cmd->fw, rule, false);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
rule_get(struct fw_cmd *cmd, uint8_t *elem, size_t len)
{
	struct e810_sw_rule_lkup lkup;
	const struct fw_sw_rule *rule = rule_find(cmd, elem, &lkup);

	if (rule == NULL)
		return E810_AQ_RC_ENOENT;
	lkup.hdr.type = rte_cpu_to_le_16(rule->rx ? E810_SW_RULE_LKUP_RX : E810_SW_RULE_LKUP_TX);
	lkup.recipe_id = rte_cpu_to_le_16(rule->recipe);
	lkup.src = rte_cpu_to_le_16(rule->src);
	lkup.act = rte_cpu_to_le_32(rule->act);
	lkup.hdr_len = 0;
	if (len >= sizeof(lkup) + sizeof(rule->hdr)) {
		lkup.hdr_len = rte_cpu_to_le_16(sizeof(rule->hdr));
		memcpy(elem + sizeof(lkup), rule->hdr, sizeof(rule->hdr));
	}
	memcpy(elem, &lkup, sizeof(lkup));
	return E810_AQ_RC_OK;
}

/** Bytes of the element at elem, 0 when it does not fit into len. */
static size_t
element_size(const uint8_t *elem, size_t len)
{
	struct e810_sw_rule_vsi_list list;
	struct e810_sw_rule_lkup lkup;
	size_t size;

	if (len < sizeof(list))
		return 0;
	memcpy(&list, elem, sizeof(list));
	switch (rte_le_to_cpu_16(list.hdr.type)) {
	case E810_SW_RULE_LKUP_RX:
	case E810_SW_RULE_LKUP_TX:
		if (len < sizeof(lkup))
			return 0;
		memcpy(&lkup, elem, sizeof(lkup));
		size = sizeof(lkup) + rte_le_to_cpu_16(lkup.hdr_len);
		break;
	default:
		size = sizeof(list) + 2 * (size_t)rte_le_to_cpu_16(list.number_vsi);
		break;
	}
	return size <= len ? size : 0;
}

static enum e810_aq_err
element_run(struct fw_cmd *cmd, uint8_t *elem, size_t size, size_t left)
{
	struct e810_sw_rule_hdr hdr;
	unsigned int type;

	memcpy(&hdr, elem, sizeof(hdr));
	type = rte_le_to_cpu_16(hdr.type);
	switch (type) {
	case E810_SW_RULE_LKUP_RX:
	case E810_SW_RULE_LKUP_TX:
		if (cmd->opcode == E810_AQC_ADD_SW_RULES)
			return rule_add(cmd, type, elem, size);
		if (cmd->opcode == E810_AQC_UPDATE_SW_RULES)
			return rule_update(cmd, elem);
		if (cmd->opcode == E810_AQC_REMOVE_SW_RULES)
			return rule_remove(cmd, elem);
		return rule_get(cmd, elem, left);
	case E810_SW_RULE_VSI_LIST_SET:
	case E810_SW_RULE_VSI_LIST_CLEAR:
	case E810_SW_RULE_PRUNE_LIST_SET:
	case E810_SW_RULE_PRUNE_LIST_CLEAR:
		if (cmd->opcode == E810_AQC_GET_SW_RULES)
			return E810_AQ_RC_EINVAL;
		return rule_vsi_list(cmd, type, elem, size);
	default:
		return E810_AQ_RC_EINVAL;
	}
}

/** Add, update, remove and get: elements are handled in order up to the first that fails. */
static enum e810_aq_err
sw_rules(struct fw_cmd *cmd)
{
	unsigned int n = rte_le_to_cpu_16(cmd->p.sw_rules.num_rules);
	enum e810_aq_err rc = E810_AQ_RC_OK;
	size_t offset = 0, size;
	uint16_t status;

	if (n == 0)
		return E810_AQ_RC_EINVAL;
	while (n-- > 0 && rc == E810_AQ_RC_OK) {
		size = element_size(cmd->buf + offset, cmd->buf_len - offset);
		if (size == 0) {
			rc = E810_AQ_RC_EINVAL;
			break;
		}
		rc = element_run(cmd, cmd->buf + offset, size, cmd->buf_len - offset);
		status = rte_cpu_to_le_16(rc);
		memcpy(cmd->buf + offset + offsetof(struct e810_sw_rule_hdr, status), &status,
		       sizeof(status));
		offset += size;
	}
	if (cmd->fw->sw.stale)
		fw_switch_derive(cmd->model);
	return rc;
}

void
fw_switch_forget_vsi(struct aether_model *model, unsigned int vsi)
{
	struct fw_switch *sw = &model->fw->sw;
	unsigned int i;

	for (i = 0; i < FW_SW_LISTS; i++)
		sw->list[i].vsis &= ~(UINT64_C(1) << vsi);
	for (i = 0; i < FW_SW_RULES; i++) {
		if (!sw->rule[i].used || (sw->rule[i].act & E810_SW_ACT_VSI_LIST) != 0 ||
		    (sw->rule[i].act & E810_SW_ACT_VSI_ID_M) >> E810_SW_ACT_VSI_ID_S !=
		    model->fw->vsi_first + vsi)
			continue;
		sw->rule[i].used = false;
		sw->n_rules--;
	}
	fw_switch_derive(model);
}

void
fw_switch_reset(struct aether_model *model)
{
	memset(&model->fw->sw, 0, sizeof(model->fw->sw));
	fw_switch_derive(model);
}

const struct fw_opcode fw_switch_opcodes[] = {
	{ E810_AQC_GET_SW_CFG, FW_BUF, sizeof(struct e810_aqc_get_sw_cfg_elem),
	  "Get Switch Configuration", get_sw_cfg },
	{ E810_AQC_CLEAR_PF_CFG, 0, 0, "Clear PF Configuration", clear_pf_cfg },
	{ E810_AQC_SET_VLAN_MODE, FW_RD, sizeof(struct e810_aqc_vlan_mode), "Set VLAN Mode",
	  set_vlan_mode },
	{ E810_AQC_GET_VLAN_MODE, FW_BUF, sizeof(struct e810_aqc_vlan_mode), "Get VLAN Mode",
	  get_vlan_mode },
	{ E810_AQC_ADD_SW_RULES, FW_RD, sizeof(struct e810_sw_rule_vsi_list), "Add Switch Rules",
	  sw_rules },
	{ E810_AQC_UPDATE_SW_RULES, FW_RD, sizeof(struct e810_sw_rule_vsi_list),
	  "Update Switch Rules", sw_rules },
	{ E810_AQC_REMOVE_SW_RULES, FW_RD, sizeof(struct e810_sw_rule_vsi_list),
	  "Remove Switch Rules", sw_rules },
	{ E810_AQC_GET_SW_RULES, FW_RD, sizeof(struct e810_sw_rule_lkup), "Get Switch Rules",
	  sw_rules },
	{ 0, 0, 0, NULL, NULL },
};
