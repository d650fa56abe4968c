/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Which VSI receives a frame.
 *
 * The rules are turned into a few numbers and a hash of MAC addresses whenever they change, so
 * that a lookup is one compare while a promiscuous or default rule sends everything to one VSI.
 * A frame goes to one VSI: replication to the members of a list is not modelled, the first
 * member gets it.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

#define ETHER_HDR_LEN		14
#define ETYPE_VLAN		0x8100
#define ETYPE_QINQ		0x88A8
#define NO_VLAN			0xFFFF

enum cast { UNICAST, MULTICAST, BROADCAST };

static enum cast
mac_cast(const uint8_t mac[6])
{
	static const uint8_t all[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

	if (likely((mac[0] & 1) == 0))
		return UNICAST;
	return memcmp(mac, all, sizeof(all)) == 0 ? BROADCAST : MULTICAST;
}

unsigned int
fw_switch_hash(const uint8_t mac[6])
{
	uint32_t high;
	uint16_t low;

	memcpy(&high, mac, sizeof(high));
	memcpy(&low, mac + 4, sizeof(low));
	return ((high ^ (uint32_t)low * 0x9E3779B1u) * 0x85EBCA6Bu >> 16) % FW_SW_HASH;
}

static int
list_first(const struct fw_sw_list *list)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(list->vsis); i++)
		if (list->vsis[i] != 0)
			return i * 64 + __builtin_ctzll(list->vsis[i]);
	return -1;
}

int
fw_switch_action_vsi(const struct model_fw *fw, uint32_t act)
{
	unsigned int id = (act & E810_SW_ACT_VSI_ID_M) >> E810_SW_ACT_VSI_ID_S;

	if ((act & E810_SW_ACT_TYPE_M) != E810_SW_ACT_VSI_FORWARDING ||
	    (act & E810_SW_ACT_DROP) != 0)
		return -1;
	if ((act & E810_SW_ACT_VSI_LIST) != 0)
		return id < FW_SW_LISTS ? list_first(&fw->sw.list[id]) : -1;
	return id < MODEL_VSIS ? (int)id : -1;
}

/* ------------------------------------------------------------------ derive ------------------ */

static void
derive_mac(struct fw_switch *sw, unsigned int index)
{
	unsigned int slot = fw_switch_hash(sw->rule[index].da);

	/* Twice as many slots as rules: there is always an empty one. */
	while (sw->fast.mac_hash[slot] != 0)
		slot = (slot + 1) % FW_SW_HASH;
	sw->fast.mac_hash[slot] = index + 1;
}

/** A VLAN rule with a prune action: the VSIs named take frames of this VLAN. */
static void
derive_prune(struct model_fw *fw, const struct fw_sw_rule *rule)
{
	unsigned int id = (rule->act & E810_SW_ACT_VSI_ID_M) >> E810_SW_ACT_VSI_ID_S;
	unsigned int vsi;
	bool member;

	if (rule->vlan == NO_VLAN)
		return;
	for (vsi = 0; vsi < MODEL_VSIS; vsi++) {
		if ((rule->act & E810_SW_ACT_VSI_LIST) != 0)
			member = (fw->sw.list[id].vsis[vsi / 64] >> (vsi % 64) & 1) != 0;
		else
			member = vsi == id;
		if (member)
			fw->vsi[vsi].vlans[rule->vlan / 64] |= UINT64_C(1) << (rule->vlan % 64);
	}
}

/** Enter one rule. */
static void
derive_rule(struct model_fw *fw, unsigned int index)
{
	struct fw_sw_derived *fast = &fw->sw.fast;
	const struct fw_sw_rule *rule = &fw->sw.rule[index];
	int vsi = fw_switch_action_vsi(fw, rule->act);

	switch (rule->recipe) {
	case E810_SW_LKUP_MAC:
		derive_mac(&fw->sw, index);
		break;
	case E810_SW_LKUP_VLAN:
		if ((rule->act & E810_SW_ACT_TYPE_M) == E810_SW_ACT_PRUNE)
			derive_prune(fw, rule);
		break;
	case E810_SW_LKUP_PROMISC:
		if (rule->rx)
			fast->promisc[mac_cast(rule->da)] = vsi;
		break;
	case E810_SW_LKUP_DFLT:
		if (rule->rx)
			fast->dflt = vsi;
		break;
	default:
		/* Only a MAC and VLAN do not ask which way a frame goes. */
		if (rule->rx || rule->recipe == E810_SW_LKUP_MAC_VLAN)
			fast->special[fast->n_special++] = index;
		break;
	}
}

/** The one VSI that gets every frame, whatever its header, or -1. */
static int
derive_all(const struct model_fw *fw)
{
	const struct fw_sw_derived *fast = &fw->sw.fast;
	const struct fw_sw_rule *rule;
	int all = fast->promisc[UNICAST];
	unsigned int i;

	if (all != fast->promisc[MULTICAST] || all != fast->promisc[BROADCAST])
		all = -1;
	if (all < 0)
		all = fast->dflt;
	if (all < 0 || (fw->vsi[all].props.sw_flags2 & E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA) != 0)
		return -1;
	for (i = 0; i < FW_SW_RULES; i++) {
		rule = &fw->sw.rule[i];
		if (!rule->used || rule->recipe == E810_SW_LKUP_VLAN)
			continue;
		/* Directional rules of the transmit side do not concern received frames. */
		if (!rule->rx && rule->recipe != E810_SW_LKUP_MAC &&
		    rule->recipe != E810_SW_LKUP_MAC_VLAN)
			continue;
		if (fw_switch_action_vsi(fw, rule->act) != all)
			return -1;
	}
	return all;
}

void
fw_switch_derive(struct aether_model *model)
{
	struct model_fw *fw = model->fw;
	struct fw_sw_derived *fast = &fw->sw.fast;
	unsigned int i, seen;

	memset(fast, 0, sizeof(*fast));
	fast->dflt = -1;
	for (i = 0; i < RTE_DIM(fast->promisc); i++)
		fast->promisc[i] = -1;
	for (i = 0; i < MODEL_VSIS; i++)
		memset(fw->vsi[i].vlans, 0, sizeof(fw->vsi[i].vlans));
	for (i = 0, seen = 0; i < FW_SW_RULES && seen < fw->sw.n_rules; i++) {
		if (!fw->sw.rule[i].used)
			continue;
		seen++;
		derive_rule(fw, i);
	}
	fast->all = derive_all(fw);
}

/* ------------------------------------------------------------------ lookup ------------------ */

static bool
special_matches(const struct fw_sw_rule *rule, const uint8_t *da, uint16_t etype, uint16_t vlan)
{
	switch (rule->recipe) {
	case E810_SW_LKUP_MAC_VLAN:
		return rule->vlan == vlan && memcmp(rule->da, da, sizeof(rule->da)) == 0;
	case E810_SW_LKUP_PROMISC_VLAN:
		return rule->vlan == vlan && mac_cast(rule->da) == mac_cast(da);
	case E810_SW_LKUP_ETHERTYPE_MAC:
		return rule->etype == etype && memcmp(rule->da, da, sizeof(rule->da)) == 0;
	default:
		return rule->etype == etype;
	}
}

/** The special rule of this recipe that the frame matches, or NULL. */
static const struct fw_sw_rule *
lookup_special(const struct fw_switch *sw, unsigned int recipe, const uint8_t *da,
	       uint16_t etype, uint16_t vlan)
{
	const struct fw_sw_rule *rule;
	unsigned int i;

	for (i = 0; i < sw->fast.n_special; i++) {
		rule = &sw->rule[sw->fast.special[i]];
		if (rule->recipe == recipe && special_matches(rule, da, etype, vlan))
			return rule;
	}
	return NULL;
}

static const struct fw_sw_rule *
lookup_mac(const struct fw_switch *sw, const uint8_t *da)
{
	unsigned int slot = fw_switch_hash(da);
	const struct fw_sw_rule *rule;

	for (; sw->fast.mac_hash[slot] != 0; slot = (slot + 1) % FW_SW_HASH) {
		rule = &sw->rule[sw->fast.mac_hash[slot] - 1];
		if (memcmp(rule->da, da, sizeof(rule->da)) == 0)
			return rule;
	}
	return NULL;
}

/** The rule that applies: the more exact first; NULL: none but promiscuous and default. */
static const struct fw_sw_rule *
lookup_rule(const struct fw_switch *sw, const uint8_t *da, uint16_t etype, uint16_t vlan)
{
	static const uint8_t before_mac[] = {
		E810_SW_LKUP_ETHERTYPE_MAC, E810_SW_LKUP_ETHERTYPE, E810_SW_LKUP_MAC_VLAN,
	};
	const struct fw_sw_rule *rule = NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(before_mac) && rule == NULL; i++)
		rule = lookup_special(sw, before_mac[i], da, etype, vlan);
	if (rule == NULL)
		rule = lookup_mac(sw, da);
	if (rule == NULL)
		rule = lookup_special(sw, E810_SW_LKUP_PROMISC_VLAN, da, etype, vlan);
	return rule;
}

int
model_switch_lookup(struct aether_model *model, const uint8_t *frame, uint32_t len)
{
	const struct model_fw *fw = model->fw;
	const struct fw_sw_rule *rule;
	uint16_t etype, vlan = 0;
	const struct fw_vsi *v;
	int vsi = fw->sw.fast.all;

	if (likely(vsi >= 0))
		return vsi;
	if (len < ETHER_HDR_LEN)
		return -1;
	memcpy(&etype, frame + 12, sizeof(etype));
	etype = rte_be_to_cpu_16(etype);
	if ((etype == ETYPE_VLAN || etype == ETYPE_QINQ) && len >= ETHER_HDR_LEN + 2)
		vlan = (uint16_t)(frame[14] << 8 | frame[15]) & 0xFFF;

	rule = lookup_rule(&fw->sw, frame, etype, vlan);
	if (rule != NULL) {
		vsi = fw_switch_action_vsi(fw, rule->act);
	} else {
		vsi = fw->sw.fast.promisc[mac_cast(frame)];
		if (vsi < 0)
			vsi = fw->sw.fast.dflt;
	}
	if (vsi < 0)
		return -1;
	v = &fw->vsi[vsi];
	if ((v->props.sw_flags2 & E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA) != 0 &&
	    (v->vlans[vlan / 64] >> (vlan % 64) & 1) == 0)
		return -1;
	return vsi;
}
