/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Which VSIs receive a frame.
 *
 * The rules are turned into a few numbers and a hash of MAC addresses whenever they change, so
 * that a lookup is one compare while a promiscuous or default rule sends everything to one VSI.
 *
 * Which rules win is not written in the datasheet; this is what drivers rely on. A rule by
 * EtherType decides alone. Otherwise every recipe forwards for itself, and each VSI that one of
 * them names gets a copy: a promiscuous VSI sees what goes to another's address, too. The default
 * VSI gets what nothing else takes. Pruning by VLAN comes last, and for each VSI by itself.
 */

#include <string.h>

#include <rte_bitops.h>
#include <rte_byteorder.h>

#include "model_fw.h"
#include "model_pktparse.h"


unsigned int
fw_switch_hash(const uint8_t mac[6])
{
	uint32_t high;
	uint16_t low;

	memcpy(&high, mac, sizeof(high));
	memcpy(&low, mac + 4, sizeof(low));
	return ((high ^ (uint32_t)low * 0x9E3779B1u) * 0x85EBCA6Bu >> 16) % FW_SW_HASH;
}

uint64_t
fw_switch_action_vsis(const struct model_fw *fw, uint32_t act)
{
	unsigned int id = (act & E810_SW_ACT_VSI_ID_M) >> E810_SW_ACT_VSI_ID_S;

	if ((act & E810_SW_ACT_VSI_LIST) != 0)
		return id < FW_SW_LISTS ? fw->sw.list[id].vsis : 0;
	id -= fw->vsi_first;
	return id < MODEL_VSIS ? UINT64_C(1) << id : 0;
}

/** VSIs that a forwarding action hands a frame to. */
static uint64_t
forward_vsis(const struct model_fw *fw, const struct fw_sw_rule *rule)
{
	if ((rule->act & E810_SW_ACT_TYPE_M) != E810_SW_ACT_VSI_FORWARDING ||
	    (rule->act & E810_SW_ACT_DROP) != 0)
		return 0;
	return fw_switch_action_vsis(fw, rule->act);
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

const struct fw_sw_rule *
fw_switch_mac_rule(const struct fw_switch *sw, const uint8_t *da)
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

/** A VLAN rule with a prune action: the VSIs named take frames of this VLAN. No other rule is for
 * it. */
void
fw_switch_derive_prune(struct model_fw *fw, const struct fw_sw_rule *rule, bool added)
{
	uint64_t vsis = fw_switch_action_vsis(fw, rule->act);
	uint64_t bit = UINT64_C(1) << (rule->vlan % 64);

	if ((rule->act & E810_SW_ACT_TYPE_M) != E810_SW_ACT_PRUNE)
		return;
	for (; vsis != 0; vsis &= vsis - 1) {
		uint64_t *vlans = &fw->vsi[rte_bsf64(vsis)].vlans[rule->vlan / 64];

		*vlans = added ? *vlans | bit : *vlans & ~bit;
	}
}

/** Enter one rule. */
static void
derive_rule(struct model_fw *fw, unsigned int index)
{
	struct fw_sw_derived *fast = &fw->sw.fast;
	const struct fw_sw_rule *rule = &fw->sw.rule[index];

	switch (rule->recipe) {
	case E810_SW_LKUP_MAC:
		derive_mac(&fw->sw, index);
		break;
	case E810_SW_LKUP_VLAN:
		fw_switch_derive_prune(fw, rule, true);
		break;
	case E810_SW_LKUP_PROMISC:
		if (rule->rx)
			fast->promisc[pkt_cast(rule->da)] = forward_vsis(fw, rule);
		break;
	case E810_SW_LKUP_DFLT:
		if (rule->rx)
			fast->dflt = forward_vsis(fw, rule);
		break;
	default:
		/* Only a MAC and VLAN do not ask which way a frame goes. */
		if (rule->rx || rule->recipe == E810_SW_LKUP_MAC_VLAN)
			fast->special[fast->n_special++] = index;
		break;
	}
}

/** Whether any received frame can go elsewhere than to the VSIs in `all`. */
static bool
leads_elsewhere(const struct model_fw *fw, const struct fw_sw_rule *rule, uint64_t all)
{
	if (!rule->used || rule->recipe == E810_SW_LKUP_VLAN)
		return false;
	/* Directional rules of the transmit side do not concern received frames. */
	if (!rule->rx && rule->recipe != E810_SW_LKUP_MAC && rule->recipe != E810_SW_LKUP_MAC_VLAN)
		return false;
	return forward_vsis(fw, rule) != all;
}

/** The one VSI that gets every frame, whatever its header, or -1. */
static int
derive_all(const struct model_fw *fw)
{
	static const uint8_t broadcast[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	const struct fw_sw_derived *fast = &fw->sw.fast;
	const struct fw_sw_rule *to_all = fw_switch_mac_rule(&fw->sw, broadcast);
	uint64_t all = fast->promisc[PKT_UNICAST], others = fast->promisc[PKT_BROADCAST];
	unsigned int i;
	int vsi;

	if (to_all != NULL)
		others |= forward_vsis(fw, to_all);
	if (all != fast->promisc[PKT_MULTICAST] || all != others)
		all = 0;
	if (all == 0)
		all = fast->dflt;
	if (__builtin_popcountll(all) != 1)
		return -1;
	vsi = rte_bsf64(all);
	if ((fw->vsi[vsi].props.sw_flags2 & E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA) != 0)
		return -1;
	for (i = 0; i < FW_SW_RULES; i++)
		if (leads_elsewhere(fw, &fw->sw.rule[i], all))
			return -1;
	return vsi;
}

void
fw_switch_derive(struct aether_model *model)
{
	struct model_fw *fw = model->fw;
	struct fw_sw_derived *fast = &fw->sw.fast;
	unsigned int i, seen;

	memset(fast, 0, sizeof(*fast));
	for (i = 0; i < MODEL_VSIS; i++)
		memset(fw->vsi[i].vlans, 0, sizeof(fw->vsi[i].vlans));
	for (i = 0, seen = 0; i < FW_SW_RULES && seen < fw->sw.n_rules; i++) {
		if (!fw->sw.rule[i].used)
			continue;
		seen++;
		derive_rule(fw, i);
	}
	fast->all = derive_all(fw);
	fw->sw.stale = false;
}

/* ------------------------------------------------------------------ lookup ------------------ */

static bool
special_matches(const struct fw_sw_rule *rule, const uint8_t *da, uint16_t etype, uint16_t vlan)
{
	switch (rule->recipe) {
	case E810_SW_LKUP_MAC_VLAN:
		return rule->vlan == vlan && memcmp(rule->da, da, sizeof(rule->da)) == 0;
	case E810_SW_LKUP_PROMISC_VLAN:
		return rule->vlan == vlan && pkt_cast(rule->da) == pkt_cast(da);
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

/** Add what a rule forwards. @return whether there is one */
static bool
forward(const struct model_fw *fw, const struct fw_sw_rule *rule, uint64_t *vsis)
{
	if (rule == NULL)
		return false;
	*vsis |= forward_vsis(fw, rule);
	return true;
}

/** VSIs that the rules hand a frame to, before pruning. */
static uint64_t
lookup_vsis(const struct model_fw *fw, const uint8_t *da, uint16_t etype, uint16_t vlan)
{
	const struct fw_switch *sw = &fw->sw;
	uint64_t vsis = 0;
	bool hit;

	if (forward(fw, lookup_special(sw, E810_SW_LKUP_ETHERTYPE_MAC, da, etype, vlan), &vsis) ||
	    forward(fw, lookup_special(sw, E810_SW_LKUP_ETHERTYPE, da, etype, vlan), &vsis))
		return vsis;
	hit = forward(fw, lookup_special(sw, E810_SW_LKUP_MAC_VLAN, da, etype, vlan), &vsis);
	hit |= forward(fw, fw_switch_mac_rule(sw, da), &vsis);
	/* A rule that drops what goes to an address does so for everybody. */
	if (hit && vsis == 0)
		return 0;
	forward(fw, lookup_special(sw, E810_SW_LKUP_PROMISC_VLAN, da, etype, vlan), &vsis);
	vsis |= sw->fast.promisc[pkt_cast(da)];
	return vsis != 0 ? vsis : sw->fast.dflt;
}

bool
fw_switch_pruned(const struct fw_vsi *vsi, uint16_t vlan)
{
	return (vsi->vlans[vlan / 64] >> (vlan % 64) & 1) == 0;
}

uint16_t
fw_switch_frame_vlan(const uint8_t *frame, uint32_t len, uint16_t *etype)
{
	*etype = pkt_be16(frame + 2 * PKT_ETH_ALEN);
	/* The outermost tag, whatever its type: single VLAN mode. */
	if ((*etype == PKT_ETHERTYPE_VLAN || *etype == PKT_ETHERTYPE_QINQ) &&
	    len >= PKT_ETH_HLEN + 2)
		return pkt_be16(frame + PKT_ETH_HLEN) & 0xFFF;
	return 0;
}

int
model_switch_lookup(struct aether_model *model, const uint8_t *frame, uint32_t len)
{
	struct model_fw *fw = model->fw;
	uint64_t vsis, rest;
	uint16_t etype, vlan;
	int vsi = fw->sw.fast.all;

	if (likely(vsi >= 0))
		return vsi;
	if (len < PKT_ETH_HLEN)
		return -1;
	vlan = fw_switch_frame_vlan(frame, len, &etype);
	vsis = lookup_vsis(fw, frame, etype, vlan);
	for (rest = vsis; rest != 0; rest &= rest - 1) {
		vsi = rte_bsf64(rest);
		if ((fw->vsi[vsi].props.sw_flags2 & E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA) != 0 &&
		    fw_switch_pruned(&fw->vsi[vsi], vlan))
			vsis &= ~(UINT64_C(1) << vsi);
	}
	if (vsis == 0)
		return -1;
	fw->sw.copies = vsis;
	return (vsis & (vsis - 1)) == 0 ? (int)rte_bsf64(vsis) : MODEL_SWITCH_COPIES;
}

uint64_t
model_switch_copies(const struct aether_model *model)
{
	return model->fw->sw.copies;
}
