/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* VSIs and the switch: commands, and where frames go. */

#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "ctl_host.h"
#include "model_priv.h"

#define LPORT		0
#define NO_VLAN		0xFFFF

struct rule {
	struct e810_sw_rule_lkup lkup;
	uint8_t hdr[E810_SW_DUMMY_ETH_HDR_LEN];
};

static const uint8_t mac_a[6] = { 0x02, 0xAA, 0, 0, 0, 1 };
static const uint8_t mac_b[6] = { 0x02, 0xBB, 0, 0, 0, 2 };
static const uint8_t mac_multi[6] = { 0x01, 0x00, 0x5E, 0, 0, 1 };
static const uint8_t mac_all[6] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
/* What drivers give for "any unicast" and "any multicast". */
static const uint8_t any_unicast[6] = { 0x02, 0, 0, 0, 0, 0 };
static const uint8_t any_multicast[6] = { 0x03, 0, 0, 0, 0, 0 };

static uint32_t
to_vsi(unsigned int vsi)
{
	return E810_SW_ACT_VSI_FORWARDING | E810_SW_ACT_VALID | vsi << E810_SW_ACT_VSI_ID_S;
}

static struct rule
make_rule(unsigned int type, unsigned int recipe, const uint8_t mac[6], unsigned int vlan,
	  unsigned int etype, uint32_t act, unsigned int src)
{
	struct rule rule = {
		.lkup = {
			.hdr = { .type = type }, .recipe_id = recipe, .src = src, .act = act,
			.hdr_len = sizeof(rule.hdr),
		},
		.hdr = { 0x02, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0x81, 0, 0, 0 },
	};

	if (mac != NULL)
		memcpy(rule.hdr, mac, 6);
	rule.hdr[12] = etype >> 8;
	rule.hdr[13] = etype & 0xFF;
	if (vlan != NO_VLAN) {
		rule.hdr[12] = 0x81;
		rule.hdr[13] = 0;
		rule.hdr[14] = vlan >> 8;
		rule.hdr[15] = vlan & 0xFF;
	}
	return rule;
}

static int
send_rule(struct host *host, uint16_t opcode, struct rule *rule)
{
	struct e810_aqc_sw_rules cmd = { .num_rules = 1 };

	return host_aq(host, opcode, &cmd, rule, sizeof(*rule), true);
}

/** Add a rule that must be accepted. @return its index */
static uint16_t
add(struct host *host, unsigned int type, unsigned int recipe, const uint8_t mac[6],
    unsigned int vlan, unsigned int etype, uint32_t act, unsigned int src)
{
	struct rule rule = make_rule(type, recipe, mac, vlan, etype, act, src);

	assert_int_equal(send_rule(host, E810_AQC_ADD_SW_RULES, &rule), 0);
	assert_int_equal(rule.lkup.hdr.status, 0);
	return rule.lkup.index;
}

static uint16_t
add_mac(struct host *host, const uint8_t mac[6], unsigned int vsi)
{
	return add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC, mac, NO_VLAN, 0, to_vsi(vsi), vsi);
}

static uint16_t
add_promisc(struct host *host, const uint8_t mac[6], unsigned int vsi)
{
	return add(host, E810_SW_RULE_LKUP_RX, E810_SW_LKUP_PROMISC, mac, NO_VLAN, 0, to_vsi(vsi),
		   LPORT);
}

static int
remove_rule(struct host *host, uint16_t index)
{
	struct rule rule = { .lkup = { .index = index } };

	return send_rule(host, E810_AQC_REMOVE_SW_RULES, &rule);
}

static int
lookup(struct host *host, const uint8_t mac[6], unsigned int vlan, unsigned int etype)
{
	uint8_t frame[64] = {0};
	uint32_t at = 12;

	memcpy(frame, mac, 6);
	if (vlan != NO_VLAN) {
		frame[12] = 0x81;
		frame[14] = vlan >> 8;
		frame[15] = vlan & 0xFF;
		at = 16;
	}
	frame[at] = etype >> 8;
	frame[at + 1] = etype & 0xFF;
	return model_switch_lookup(host->model, frame, sizeof(frame));
}

/** Each of these VSIs, a bit each, gets a copy. */
static void
expect_copies(struct host *host, const uint8_t mac[6], unsigned int vlan, uint64_t vsis)
{
	assert_int_equal(lookup(host, mac, vlan, 0x0800), MODEL_SWITCH_COPIES);
	assert_int_equal(model_switch_copies(host->model), vsis);
}

/* ------------------------------------------------------------------ VSIs -------------------- */

static void
vsi_life(void **state)
{
	struct host *host = *state;
	struct e810_aqc_vsi_cmd cmd = {0};
	struct e810_aqc_vsi_props props, back;
	unsigned int vsi = host_add_vsi(host, 1, 255);

	assert_int_equal(((struct e810_aqc_vsi_resp *)(void *)host->answer.params)->vsi_used, 1);
	assert_int_equal(((struct e810_aqc_vsi_resp *)(void *)host->answer.params)->vsi_free, 63);
	assert_int_equal(model_vsi_only_rx_queue(host->model, vsi), 1);
	assert_true(model_vsi_tx_allowed(host->model, vsi));
	/* An update takes the valid sections and nothing else. */
	memset(&props, 0xFF, sizeof(props));
	props.valid_sections = E810_VSI_PROP_VLAN_VALID;
	props.inner_vlan_flags = E810_VSI_INNER_VLAN_EMODE_NOTHING;
	cmd.vsi_num = vsi | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true), 0);
	cmd.vsi_num = vsi | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_GET_VSI, &cmd, &back, sizeof(back), false), 0);
	assert_int_equal(back.inner_vlan_flags, E810_VSI_INNER_VLAN_EMODE_NOTHING);
	assert_int_equal(back.sw_flags2, E810_VSI_SW_FLAG_LAN_ENA);
	assert_int_equal(back.q_mapping[1], 255);
	/* Tx is off when LAN is. */
	memset(&props, 0, sizeof(props));
	props.valid_sections = E810_VSI_PROP_SW_VALID;
	cmd.vsi_num = vsi | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true), 0);
	assert_false(model_vsi_tx_allowed(host->model, vsi));
	cmd.vsi_num = vsi | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_FREE_VSI, &cmd, NULL, 0, false), 0);
	cmd.vsi_num = vsi | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_FREE_VSI, &cmd, NULL, 0, false), E810_AQ_RC_ENOENT);
	cmd.vsi_num = vsi | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true),
			 E810_AQ_RC_ENOENT);
	assert_int_equal(model_vsi_only_rx_queue(host->model, vsi), -1);
	assert_null(model_vsi_props(host->model, vsi));
	assert_null(model_vsi_props(host->model, 100000));
}

static void
vsi_queue_maps(void **state)
{
	struct host *host = *state;
	struct e810_aqc_vsi_cmd cmd = { .vsi_flags = E810_VSI_TYPE_PF };
	struct e810_aqc_vsi_props props = {
		.valid_sections = E810_VSI_PROP_RXQ_MAP_VALID, .q_mapping = { 1, 256 },
	};

	/* One queue too many; then by name, one that is not there. */
	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true),
			 E810_AQ_RC_EINVAL);
	memset(&props, 0, sizeof(props));
	props.valid_sections = E810_VSI_PROP_RXQ_MAP_VALID;
	props.mapping_flags = E810_VSI_Q_MAP_NONCONTIG;
	props.q_mapping[3] = 256;
	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true),
			 E810_AQ_RC_EINVAL);
	props.q_mapping[3] = 9;
	props.tc_mapping[0] = 3;
	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true), 0);
	assert_int_equal(model_vsi_only_rx_queue(host->model, cmd.vsi_num), 9);
	/* A traffic class beyond the map has no queue. */
	cmd.vsi_num = 0;
	cmd.vsi_flags = E810_VSI_TYPE_PF;
	props.tc_mapping[0] = 2047;
	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true), 0);
	assert_int_equal(model_vsi_only_rx_queue(host->model, cmd.vsi_num), -1);
}

/** Linux marks nothing of what it adds a VSI with; an update is by sections. */
static void
vsi_added_as_a_whole(void **state)
{
	struct host *host = *state;
	struct e810_aqc_vsi_cmd cmd = { .vsi_flags = E810_VSI_TYPE_PF };
	struct e810_aqc_vsi_props props = {
		.sw_flags2 = E810_VSI_SW_FLAG_LAN_ENA, .q_mapping = { 5, 2 },
		.q_opt_rss = E810_VSI_Q_OPT_RSS_LUT_PF,
	};
	const struct e810_aqc_vsi_props *now;
	unsigned int vsi;

	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true), 0);
	vsi = cmd.vsi_num;
	assert_true(model_vsi_tx_allowed(host->model, vsi));
	assert_int_equal(model_vsi_only_rx_queue(host->model, vsi), 5);
	now = model_vsi_props(host->model, vsi);
	assert_int_equal(now->q_opt_rss, E810_VSI_Q_OPT_RSS_LUT_PF);
	memset(&props, 0, sizeof(props));
	props.valid_sections = E810_VSI_PROP_Q_OPT_VALID;
	cmd = (struct e810_aqc_vsi_cmd){ .vsi_num = vsi | E810_VSI_IS_VALID };
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true), 0);
	assert_true(model_vsi_tx_allowed(host->model, vsi));
	assert_int_equal(now->q_opt_rss, 0);
}

static void
vsi_numbers(void **state)
{
	struct host *host = *state;
	struct e810_aqc_vsi_cmd cmd = {0};
	struct e810_aqc_vsi_props props = {0};
	unsigned int i;

	for (i = 0; i < MODEL_VSIS; i++)
		assert_int_equal(host_add_vsi(host, 0, 1), i);
	cmd.vsi_flags = E810_VSI_TYPE_PF;
	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true),
			 E810_AQ_RC_ENOSPC);
	cmd.vsi_num = 3 | E810_VSI_IS_VALID;
	cmd.vsi_flags = E810_VSI_TYPE_PF;
	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true),
			 E810_AQ_RC_EEXIST);
	cmd.vsi_num = 900 | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_GET_VSI, &cmd, &props, sizeof(props), false),
			 E810_AQ_RC_ENOENT);
	/* There are no virtual functions. */
	memset(&cmd, 0, sizeof(cmd));
	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, 127, true),
			 E810_AQ_RC_EINVAL);
}

static void
switch_configuration(void **state)
{
	struct host *host = *state;
	struct e810_aqc_get_sw_cfg_elem elem[2];
	struct e810_aqc_get_sw_cfg cmd = {0};
	unsigned int i, n = 0;

	for (i = 0; i < 4; i++)
		host_add_vsi(host, i, 1);
	for (i = 0; i < 10; i++) {
		assert_int_equal(host_aq(host, E810_AQC_GET_SW_CFG, &cmd, elem, sizeof(elem),
					 false), 0);
		if (n == 0) {
			assert_int_equal(elem[0].vsi_port_num, LPORT);
			assert_int_equal(elem[0].pf_vf_num, 0);
		}
		n += cmd.num_elems;
		if (cmd.element == 0)
			break;
	}
	assert_int_equal(n, 5);
	assert_int_equal(elem[0].vsi_port_num, E810_SW_CFG_VSI << E810_SW_CFG_TYPE_S | 3);
}

/* ------------------------------------------------------------------ frames ------------------ */

static void
mac_rules(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);
	uint16_t a, b;

	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), -1);
	a = add_mac(host, mac_a, v0);
	b = add_mac(host, mac_b, v1);
	assert_int_not_equal(a, b);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), v0);
	assert_int_equal(lookup(host, mac_b, 100, 0x0800), v1);
	assert_int_equal(lookup(host, mac_all, NO_VLAN, 0x0800), -1);
	assert_int_equal(remove_rule(host, a), 0);
	assert_int_equal(remove_rule(host, a), E810_AQ_RC_ENOENT);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), -1);
	assert_int_equal(lookup(host, mac_b, NO_VLAN, 0x0800), v1);
	assert_int_equal(remove_rule(host, UINT16_MAX), E810_AQ_RC_ENOENT);
}

static void
promiscuous(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);
	uint16_t uc, mc, other;

	uc = add_promisc(host, any_unicast, v0);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), v0);
	assert_int_equal(lookup(host, mac_multi, NO_VLAN, 0x0800), -1);
	mc = add_promisc(host, any_multicast, v0);
	assert_int_equal(lookup(host, mac_multi, NO_VLAN, 0x0800), v0);
	assert_int_equal(lookup(host, mac_all, NO_VLAN, 0x0800), -1);
	add_promisc(host, mac_all, v0);
	assert_int_equal(lookup(host, mac_all, NO_VLAN, 0x0800), v0);
	/* It hears what goes to another's address, who gets it all the same. */
	other = add_mac(host, mac_b, v1);
	expect_copies(host, mac_b, NO_VLAN, UINT64_C(1) << v0 | UINT64_C(1) << v1);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), v0);
	assert_int_equal(remove_rule(host, other), 0);
	assert_int_equal(remove_rule(host, mc), 0);
	assert_int_equal(lookup(host, mac_multi, NO_VLAN, 0x0800), -1);
	assert_int_equal(remove_rule(host, uc), 0);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), -1);
	/* A rule for what the VSI sends does not concern what arrives. */
	add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_PROMISC, any_unicast, NO_VLAN, 0, to_vsi(v0),
	    v0);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), -1);
}

/** A port that is promiscuous as drivers make it has its frames routed without a look at them. */
static void
promiscuous_is_fast(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1;
	uint16_t vlan;

	add_mac(host, mac_a, v0);
	add_mac(host, mac_all, v0);
	add_promisc(host, any_unicast, v0);
	assert_int_equal(model_switch_lookup(host->model, mac_b, 0), -1);
	add_promisc(host, any_multicast, v0);
	assert_int_equal(model_switch_lookup(host->model, mac_b, 0), v0);
	/* VLAN rules decide only once the VSI prunes. */
	vlan = add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_VLAN, NULL, 5, 0,
		   to_vsi(v0) | E810_SW_ACT_PRUNE, v0);
	assert_int_equal(model_switch_lookup(host->model, mac_b, 0), v0);
	assert_int_equal(remove_rule(host, vlan), 0);
	/* Another VSI has an address: each frame is looked at. */
	v1 = host_add_vsi(host, 1, 1);
	add_mac(host, mac_b, v1);
	assert_int_equal(model_switch_lookup(host->model, mac_b, 0), -1);
	expect_copies(host, mac_b, NO_VLAN, UINT64_C(1) << v0 | UINT64_C(1) << v1);
}

static void
default_port(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);

	add(host, E810_SW_RULE_LKUP_RX, E810_SW_LKUP_DFLT, NULL, NO_VLAN, 0, to_vsi(v0), LPORT);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), v0);
	add_mac(host, mac_a, v1);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), v1);
	assert_int_equal(lookup(host, mac_multi, NO_VLAN, 0x0800), v0);
}

static void
ethertypes(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);

	add_mac(host, mac_a, v0);
	add(host, E810_SW_RULE_LKUP_RX, E810_SW_LKUP_ETHERTYPE, NULL, NO_VLAN, 0x88CC, to_vsi(v1),
	    LPORT);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), v0);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x88CC), v1);
	/* Dropped. */
	add(host, E810_SW_RULE_LKUP_RX, E810_SW_LKUP_ETHERTYPE, NULL, NO_VLAN, 0x8808,
	    E810_SW_ACT_DROP | E810_SW_ACT_VALID, LPORT);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x8808), -1);
}

static void
vlan_pruning(void **state)
{
	struct host *host = *state;
	unsigned int vsi = host_add_vsi(host, 0, 1);
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = vsi | E810_VSI_IS_VALID };
	struct e810_aqc_vsi_props props = {
		.valid_sections = E810_VSI_PROP_SW_VALID,
		.sw_flags2 = E810_VSI_SW_FLAG_LAN_ENA | E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA,
	};
	uint16_t rule;

	add_promisc(host, any_unicast, vsi);
	assert_int_equal(lookup(host, mac_a, 5, 0x0800), vsi);
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true), 0);
	assert_int_equal(lookup(host, mac_a, 5, 0x0800), -1);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), -1);
	rule = add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_VLAN, NULL, 5, 0,
		   E810_SW_ACT_PRUNE | vsi << E810_SW_ACT_VSI_ID_S, vsi);
	add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_VLAN, NULL, 0, 0,
	    E810_SW_ACT_PRUNE | vsi << E810_SW_ACT_VSI_ID_S, vsi);
	assert_int_equal(lookup(host, mac_a, 5, 0x0800), vsi);
	assert_int_equal(lookup(host, mac_a, 6, 0x0800), -1);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), vsi);
	assert_int_equal(remove_rule(host, rule), 0);
	assert_int_equal(lookup(host, mac_a, 5, 0x0800), -1);
}

/** Everything promiscuous, but pruned by VLAN: no short cut may let it through. */
static void
pruning_beats_the_short_cut(void **state)
{
	struct host *host = *state;
	unsigned int vsi = host_add_vsi(host, 0, 1);
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = vsi | E810_VSI_IS_VALID };
	struct e810_aqc_vsi_props props = {
		.valid_sections = E810_VSI_PROP_SW_VALID,
		.sw_flags2 = E810_VSI_SW_FLAG_LAN_ENA | E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA,
	};

	add_promisc(host, any_unicast, vsi);
	add_promisc(host, any_multicast, vsi);
	add_promisc(host, mac_all, vsi);
	assert_int_equal(lookup(host, mac_a, 5, 0x0800), vsi);
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true), 0);
	assert_int_equal(lookup(host, mac_a, 5, 0x0800), -1);
}

static void
short_frames(void **state)
{
	struct host *host = *state;
	uint8_t frame[16] = {0};
	unsigned int len;

	add_mac(host, mac_a, host_add_vsi(host, 0, 1));
	memcpy(frame, mac_a, 6);
	frame[12] = 0x81;
	for (len = 0; len < 14; len++)
		assert_int_equal(model_switch_lookup(host->model, frame, len), -1);
	assert_int_equal(model_switch_lookup(host->model, frame, 14), 0);
}

/* ------------------------------------------------------------------ rules ------------------- */

static void
bad_rules(void **state)
{
	struct host *host = *state;
	unsigned int vsi = host_add_vsi(host, 0, 1);
	struct e810_aqc_sw_rules cmd;
	struct rule good = make_rule(E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC, mac_a, NO_VLAN, 0,
				     to_vsi(vsi), vsi);
	struct rule rule;

#define BAD(change, rc) do { rule = good; change; \
		assert_int_equal(send_rule(host, E810_AQC_ADD_SW_RULES, &rule), rc); } while (0)
	BAD(rule.lkup.recipe_id = 6, E810_AQ_RC_ENOENT);
	BAD(rule.lkup.recipe_id = 257, E810_AQ_RC_ENOENT);	/* 1 in 8 bits */
	BAD(rule.lkup.src = 63, E810_AQ_RC_EINVAL);
	BAD(rule.lkup.act = to_vsi(63), E810_AQ_RC_EINVAL);
	BAD(rule.lkup.act = to_vsi(1023), E810_AQ_RC_EINVAL);
	BAD(rule.lkup.act = E810_SW_ACT_VSI_LIST | E810_SW_ACT_VALID, E810_AQ_RC_EINVAL);
	BAD(rule.lkup.act = E810_SW_ACT_OTHER, E810_AQ_RC_EINVAL);
	BAD(rule.lkup.hdr_len = 14, E810_AQ_RC_EINVAL);
	BAD(rule.lkup.hdr_len = 17, E810_AQ_RC_EINVAL);
	BAD(rule.lkup.hdr_len = UINT16_MAX, E810_AQ_RC_EINVAL);
	BAD(rule.lkup.hdr.type = E810_SW_RULE_LG_ACT, E810_AQ_RC_EINVAL);
	BAD(rule.lkup.hdr.type = 99, E810_AQ_RC_EINVAL);
	BAD((rule.lkup.hdr.type = E810_SW_RULE_LKUP_RX, rule.lkup.src = LPORT + 1),
	    E810_AQ_RC_EINVAL);
#undef BAD
	/* More rules than the buffer holds, none, and a buffer that ends in a rule. */
	rule = good;
	memset(&cmd, 0, sizeof(cmd));
	cmd.num_rules = 2;
	assert_int_equal(host_aq(host, E810_AQC_ADD_SW_RULES, &cmd, &rule, sizeof(rule), true),
			 E810_AQ_RC_EINVAL);
	/* The first of the two is in. */
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0), vsi);
	assert_int_equal(send_rule(host, E810_AQC_ADD_SW_RULES, &rule), E810_AQ_RC_EEXIST);
	memset(&cmd, 0, sizeof(cmd));
	assert_int_equal(host_aq(host, E810_AQC_ADD_SW_RULES, &cmd, &rule, sizeof(rule), true),
			 E810_AQ_RC_EINVAL);
	memset(&cmd, 0, sizeof(cmd));
	cmd.num_rules = 1;
	assert_int_equal(host_aq(host, E810_AQC_ADD_SW_RULES, &cmd, &rule, 15, true),
			 E810_AQ_RC_EINVAL);
}

static void
update_and_get(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);
	uint16_t index = add_mac(host, mac_a, v0);
	struct rule rule = { .lkup = { .index = index, .act = to_vsi(v1) } };

	assert_int_equal(send_rule(host, E810_AQC_UPDATE_SW_RULES, &rule), 0);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0), v1);
	memset(&rule, 0, sizeof(rule));
	rule.lkup.index = index;
	assert_int_equal(send_rule(host, E810_AQC_GET_SW_RULES, &rule), 0);
	assert_int_equal(rule.lkup.act, to_vsi(v1));
	assert_memory_equal(rule.hdr, mac_a, 6);
	rule.lkup.index = index + 1;
	assert_int_equal(send_rule(host, E810_AQC_GET_SW_RULES, &rule), E810_AQ_RC_ENOENT);
	rule.lkup.hdr_len = 0;
	rule.lkup.act = to_vsi(1000);
	rule.lkup.index = index;
	assert_int_equal(send_rule(host, E810_AQC_UPDATE_SW_RULES, &rule), E810_AQ_RC_EINVAL);
}

/** A VSI that prunes gets no copy of a VLAN that it has no rule for; the other does. */
static void
copies_are_pruned(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = v1 | E810_VSI_IS_VALID };
	struct e810_aqc_vsi_props props = {
		.valid_sections = E810_VSI_PROP_SW_VALID,
		.sw_flags2 = E810_VSI_SW_FLAG_LAN_ENA | E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA,
	};
	const uint64_t both = UINT64_C(1) << v0 | UINT64_C(1) << v1;
	uint32_t prune = to_vsi(v1) | E810_SW_ACT_PRUNE;
	struct rule zero;

	add_mac(host, mac_a, v1);
	add_promisc(host, any_unicast, v0);
	add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_VLAN, NULL, 5, 0, prune, v1);
	/* No tag in the header, as some drivers write it: untagged frames. */
	zero = make_rule(E810_SW_RULE_LKUP_TX, E810_SW_LKUP_VLAN, NULL, NO_VLAN, 0, prune, v1);
	assert_int_equal(send_rule(host, E810_AQC_ADD_SW_RULES, &zero), 0);
	zero = make_rule(E810_SW_RULE_LKUP_TX, E810_SW_LKUP_VLAN, NULL, 0, 0, prune, v1);
	assert_int_equal(send_rule(host, E810_AQC_ADD_SW_RULES, &zero), E810_AQ_RC_EEXIST);
	expect_copies(host, mac_a, 6, both);
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true), 0);
	expect_copies(host, mac_a, 5, both);
	expect_copies(host, mac_a, 0, both);
	expect_copies(host, mac_a, NO_VLAN, both);
	assert_int_equal(lookup(host, mac_a, 6, 0x0800), v0);
}

static const char *
tx_refused(struct host *host, unsigned int vsi, const uint8_t src[6], unsigned int vlan)
{
	uint8_t frame[64] = { 0x02, 1, 2, 3, 4, 5 };

	memcpy(frame + 6, src, 6);
	frame[12] = 0x81;
	frame[14] = vlan >> 8;
	frame[15] = vlan & 0xFF;
	return model_switch_tx_refused(host->model, vsi, frame, sizeof(frame));
}

/** A VSI with these flags sends from its own addresses and in its own VLANs only. */
static void
security(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = v1 | E810_VSI_IS_VALID };
	struct e810_aqc_vsi_props props = {
		.valid_sections = E810_VSI_PROP_SECURITY_VALID,
		.sec_flags = E810_VSI_SEC_FLAG_MAC_ANTI_SPOOF,
	};

	add_mac(host, mac_a, v0);
	add_mac(host, mac_b, v1);
	add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_VLAN, NULL, 5, 0,
	    to_vsi(v1) | E810_SW_ACT_PRUNE, v1);
	assert_false(model_switch_tx_is_checked(host->model, v1));
	assert_null(tx_refused(host, v1, mac_a, 6));
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true), 0);
	assert_true(model_switch_tx_is_checked(host->model, v1));
	assert_false(model_switch_tx_is_checked(host->model, v0));
	assert_null(tx_refused(host, v1, mac_b, 6));
	assert_non_null(strstr(tx_refused(host, v1, mac_a, 6), "anti-spoof"));
	assert_non_null(strstr(tx_refused(host, v1, mac_multi, 6), "anti-spoof"));
	props.sec_flags = E810_VSI_SEC_TX_VLAN_PRUNE_ENA;
	assert_int_equal(host_aq(host, E810_AQC_UPDATE_VSI, &cmd, &props, sizeof(props), true), 0);
	assert_null(tx_refused(host, v1, mac_a, 5));
	assert_non_null(strstr(tx_refused(host, v1, mac_b, 6), "VLAN"));
}

/** Dropped is dropped, also for who is promiscuous; one promiscuous rule a kind of address. */
static void
drop_wins(void **state)
{
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);
	static const uint8_t other_unicast[6] = { 0x00, 1, 2, 3, 4, 5 };
	struct rule rule;

	add_promisc(host, any_unicast, v0);
	rule = make_rule(E810_SW_RULE_LKUP_RX, E810_SW_LKUP_PROMISC, other_unicast, NO_VLAN, 0,
			 to_vsi(v1), LPORT);
	assert_int_equal(send_rule(host, E810_AQC_ADD_SW_RULES, &rule), E810_AQ_RC_EEXIST);
	add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC, mac_a, NO_VLAN, 0,
	    E810_SW_ACT_VALID | E810_SW_ACT_DROP, v0);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0x0800), -1);
	assert_int_equal(lookup(host, mac_b, NO_VLAN, 0x0800), v0);
}

/** As many rules as there are, all found, all removable. */
static void
full_table(void **state)
{
	struct host *host = *state;
	unsigned int vsi = host_add_vsi(host, 0, 1), i;
	uint8_t mac[6] = { 0x02 };
	struct rule rule;

	for (i = 0; i < 4608; i++) {
		mac[4] = i >> 8;
		mac[5] = i & 0xFF;
		assert_int_equal(add_mac(host, mac, vsi), i);
	}
	mac[3] = 1;
	rule = make_rule(E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC, mac, NO_VLAN, 0, to_vsi(vsi), vsi);
	assert_int_equal(send_rule(host, E810_AQC_ADD_SW_RULES, &rule), E810_AQ_RC_ENOSPC);
	assert_int_equal(lookup(host, mac, NO_VLAN, 0), -1);
	mac[3] = 0;
	for (i = 0; i < 4608; i++) {
		mac[4] = i >> 8;
		mac[5] = i & 0xFF;
		assert_int_equal(lookup(host, mac, NO_VLAN, 0), vsi);
		assert_int_equal(remove_rule(host, i), 0);
		assert_int_equal(lookup(host, mac, NO_VLAN, 0), -1);
	}
}

static int
list_command(struct host *host, uint16_t opcode, unsigned int type, unsigned int id, uint16_t n,
	     uint16_t first)
{
	struct { struct e810_sw_rule_vsi_list h; uint16_t vsi[4]; } list = {
		.h = { .hdr = { .type = type }, .index = id, .number_vsi = n },
		.vsi = { first, first + 1, first + 2, first + 3 },
	};
	struct e810_aqc_sw_rules cmd = { .num_rules = 1 };

	return host_aq(host, opcode, &cmd, &list, sizeof(list), true);
}

static void
vsi_lists(void **state)
{
	struct { struct e810_aqc_alloc_free_res_elem h; rte_le16_t id; } res = {
		.h = { .res_type = E810_RES_TYPE_VSI_LIST_REP, .num_elems = 1 },
	};
	struct e810_aqc_alloc_free_res cmd = { .num_entries = 1 };
	struct e810_aqc_vsi_cmd vsi_cmd;
	struct host *host = *state;
	unsigned int v0 = host_add_vsi(host, 0, 1), v1 = host_add_vsi(host, 1, 1);
	uint16_t id;

	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, sizeof(res), true), 0);
	id = res.id;
	assert_int_equal(list_command(host, E810_AQC_ADD_SW_RULES, E810_SW_RULE_VSI_LIST_SET, id, 2,
				      v0), 0);
	add(host, E810_SW_RULE_LKUP_TX, E810_SW_LKUP_MAC, mac_all, NO_VLAN, 0,
	    E810_SW_ACT_VSI_LIST | E810_SW_ACT_VALID | (uint32_t)id << E810_SW_ACT_VSI_ID_S, v0);
	expect_copies(host, mac_all, NO_VLAN, UINT64_C(1) << v0 | UINT64_C(1) << v1);
	assert_int_equal(list_command(host, E810_AQC_UPDATE_SW_RULES, E810_SW_RULE_VSI_LIST_CLEAR,
				      id, 1, v0), 0);
	assert_int_equal(lookup(host, mac_all, NO_VLAN, 0), v1);
	/* The last member goes with its VSI. */
	memset(&vsi_cmd, 0, sizeof(vsi_cmd));
	vsi_cmd.vsi_num = v1 | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_FREE_VSI, &vsi_cmd, NULL, 0, false), 0);
	assert_int_equal(lookup(host, mac_all, NO_VLAN, 0), -1);
	/* Wrong kind, wrong list, wrong member, wrong count. */
	assert_int_equal(list_command(host, E810_AQC_ADD_SW_RULES, E810_SW_RULE_PRUNE_LIST_SET, id,
				      1, v0), E810_AQ_RC_ENOENT);
	assert_int_equal(list_command(host, E810_AQC_ADD_SW_RULES, E810_SW_RULE_VSI_LIST_SET,
				      id + 1, 1, v0), E810_AQ_RC_ENOENT);
	assert_int_equal(list_command(host, E810_AQC_ADD_SW_RULES, E810_SW_RULE_VSI_LIST_SET,
				      UINT16_MAX, 1, v0), E810_AQ_RC_ENOENT);
	assert_int_equal(list_command(host, E810_AQC_ADD_SW_RULES, E810_SW_RULE_VSI_LIST_SET, id, 1,
				      1000), E810_AQ_RC_ENOENT);
	assert_int_equal(list_command(host, E810_AQC_ADD_SW_RULES, E810_SW_RULE_VSI_LIST_SET, id, 5,
				      v0), E810_AQ_RC_EINVAL);
	/* Freed under a rule that names it: the frame goes nowhere, and nothing breaks. */
	assert_int_equal(list_command(host, E810_AQC_ADD_SW_RULES, E810_SW_RULE_VSI_LIST_SET, id, 1,
				      v0), 0);
	res.id = id;
	assert_int_equal(host_aq(host, E810_AQC_FREE_RES, &cmd, &res, sizeof(res), true), 0);
	lookup(host, mac_all, NO_VLAN, 0);
}

static void
rules_go_with_their_vsi(void **state)
{
	struct host *host = *state;
	unsigned int vsi = host_add_vsi(host, 0, 1);
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = vsi | E810_VSI_IS_VALID };

	add_mac(host, mac_a, vsi);
	add_promisc(host, any_unicast, vsi);
	add_promisc(host, any_multicast, vsi);
	add_promisc(host, mac_all, vsi);
	assert_int_equal(host_aq(host, E810_AQC_FREE_VSI, &cmd, NULL, 0, false), 0);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0), -1);
	/* And with a reset. */
	vsi = host_add_vsi(host, 0, 1);
	add_mac(host, mac_a, vsi);
	aether_model_flr(host->model);
	assert_int_equal(lookup(host, mac_a, NO_VLAN, 0), -1);
}

static void
recipes(void **state)
{
	struct host *host = *state;
	struct e810_aqc_recipe_elem elem;
	struct e810_aqc_recipe_cmd cmd = { .index = E810_SW_LKUP_MAC };

	assert_int_equal(sizeof(elem), 64);
	assert_int_equal(host_aq(host, E810_AQC_GET_RECIPE, &cmd, &elem, sizeof(elem), false), 0);
	assert_int_equal(cmd.num_sub_recipes, 1);
	assert_int_equal(elem.rid, E810_SW_LKUP_MAC | E810_RECIPE_IS_ROOT);
	cmd.index = 40;
	assert_int_equal(host_aq(host, E810_AQC_GET_RECIPE, &cmd, &elem, sizeof(elem), false),
			 E810_AQ_RC_ENOENT);
	assert_int_equal(host_aq(host, E810_AQC_ADD_RECIPE, NULL, &elem, sizeof(elem), true),
			 E810_AQ_RC_EPERM);
}

static void
rss_tables(void **state)
{
	struct host *host = *state;
	unsigned int vsi = host_add_vsi(host, 0, 1);
	struct e810_aqc_rss_lut lut = {
		.vsi_id = vsi | E810_RSS_VSI_VALID,
		.flags = E810_RSS_LUT_TYPE_PF | 2 << E810_RSS_LUT_SIZE_S,
	};
	struct e810_aqc_rss_key key = { .vsi_id = vsi | E810_RSS_VSI_VALID };
	uint8_t table[2048], back[2048];
	unsigned int i;

	for (i = 0; i < sizeof(table); i++)
		table[i] = i * 7;
	assert_int_equal(host_aq(host, E810_AQC_SET_RSS_LUT, &lut, table, sizeof(table), true), 0);
	assert_int_equal(host_aq(host, E810_AQC_GET_RSS_LUT, &lut, back, sizeof(back), false), 0);
	assert_memory_equal(table, back, sizeof(back));
	assert_int_equal(host_aq(host, E810_AQC_SET_RSS_LUT, &lut, table, 2047, true),
			 E810_AQ_RC_EINVAL);
	lut.flags = E810_RSS_LUT_TYPE_PF | 3 << E810_RSS_LUT_SIZE_S;
	assert_int_equal(host_aq(host, E810_AQC_SET_RSS_LUT, &lut, table, sizeof(table), true),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(host_aq(host, E810_AQC_SET_RSS_KEY, &key, table, 52, true), 0);
	assert_int_equal(host_aq(host, E810_AQC_GET_RSS_KEY, &key, back, 52, false), 0);
	assert_memory_equal(table, back, 52);
	key.vsi_id = (vsi + 1) | E810_RSS_VSI_VALID;
	assert_int_equal(host_aq(host, E810_AQC_SET_RSS_KEY, &key, table, 52, true),
			 E810_AQ_RC_ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)
		T(vsi_life), T(vsi_queue_maps), T(vsi_added_as_a_whole), T(vsi_numbers),
		T(switch_configuration),
		T(mac_rules), T(promiscuous), T(promiscuous_is_fast), T(default_port),
		T(ethertypes), T(vlan_pruning), T(pruning_beats_the_short_cut), T(short_frames),
		T(bad_rules), T(update_and_get), T(copies_are_pruned), T(drop_wins), T(security),
		T(full_table), T(vsi_lists), T(rules_go_with_their_vsi), T(recipes), T(rss_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
