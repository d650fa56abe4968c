/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/aether_internal.h"
#include "fake_e810.h"

static const struct rte_ether_addr broadcast = {
	.addr_bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
};
static const struct rte_ether_addr alice = {.addr_bytes = {0x00, 0x1b, 0x21, 0x0a, 0x0b, 0x0c}};
static const struct rte_ether_addr group = {.addr_bytes = {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}};

/* ---------------------------------------------------------------- VSI ----------------------- */

static void
test_vsi_properties(void **state)
{
	struct fake_bench *b = *state;
	const struct e810_aqc_vsi_props *props = &b->fake->vsi_props;

	assert_int_equal(aether_vsi_add(&b->hw, 5, 5), 0);
	assert_int_equal(b->hw.vsi_num, 3);
	assert_true(b->fake->vsi[3]);
	assert_int_equal(props->sw_id, 5);
	assert_int_equal(props->sw_flags2, E810_VSI_SW_FLAG_LAN_ENA);
	assert_int_equal(props->q_mapping[0], 0);
	assert_int_equal(props->q_mapping[1], 5);
	/* 2^3 is the first power that holds 5. */
	assert_int_equal(props->tc_mapping[0], 3 << 11);
	assert_true(props->valid_sections & E810_VSI_PROP_RXQ_MAP_VALID);

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), -EEXIST);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
	assert_false(b->fake->vsi[3]);
	assert_int_equal(fake_nodes(b->fake), 0);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
}

static void
test_vsi_queue_count(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_vsi_add(&b->hw, 0, 0), -EINVAL);
	assert_int_equal(aether_vsi_add(&b->hw, 65, 1), -EINVAL);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 49), -EINVAL);
	/* Each number has its own limit, and neither needs the other. */
	assert_int_equal(aether_vsi_add(&b->hw, 64, 2), 0);
	assert_int_equal(b->fake->vsi_props.q_mapping[1], 64);
	assert_int_equal(b->fake->vsi_props.tc_mapping[0], 6 << 11);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
	assert_int_equal(aether_vsi_add(&b->hw, 0, 48), 0);
	assert_int_equal(b->fake->vsi_props.q_mapping[1], 1);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(b->fake->vsi_props.tc_mapping[0], 0);
}

/* Whatever command fails, neither VSI nor nodes stay. */
static void
test_vsi_add_unwinds(void **state)
{
	struct fake_bench *b = *state;
	unsigned int n;

	for (n = 0;; n++) {
		int ret;

		b->fake->fail_nth = b->fake->n_cmds + n;
		ret = aether_vsi_add(&b->hw, 40, 40);
		b->fake->fail_nth = FAKE_NEVER;
		if (ret == 0)
			break;
		assert_int_equal(ret, -EIO);
		assert_false(b->hw.vsi_valid);
		assert_false(b->fake->vsi[3]);
		assert_int_equal(fake_nodes(b->fake), 0);
	}
	/* VSI, four layers of one, one of one, one of five: a command each. */
	assert_int_equal(n, 1 + 4 + 1 + 5);
}

static void
test_vsi_free_goes_on_after_an_error(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_vsi_add(&b->hw, 8, 8), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &alice), 0);
	assert_int_equal(aether_promisc_set(&b->hw, true), 0);
	/* The rules stay, so the fake refuses to free the VSI as well. */
	b->fake->fail_opcode = E810_AQC_REMOVE_SW_RULES;
	assert_int_equal(aether_vsi_free(&b->hw), -EIO);
	b->fake->fail_opcode = 0;
	assert_int_equal(fake_nodes(b->fake), 0);
	assert_false(b->hw.vsi_valid);
	assert_false(b->hw.promisc);
	assert_int_equal(b->hw.n_mac_rules, 0);
}

/* ---------------------------------------------------------------- scheduler ----------------- */

/* Bring up a card with such a scheduler, add a VSI and check every queue's place. */
static void
check_tree(struct fake_bench *b, unsigned int layers, unsigned int entry, unsigned int siblings,
	   unsigned int n_queues, unsigned int n_nodes)
{
	unsigned int q;

	aether_hw_fini(&b->hw);
	fake_free(b->fake);
	b->fake = fake_new();
	b->fake->ddp_active = true;
	b->fake->layers = layers;
	b->fake->entry_layer = entry;
	b->fake->siblings = siblings;
	b->hw.bus = &b->fake->bus;
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_vsi_add(&b->hw, n_queues, n_queues), 0);
	assert_int_equal(fake_nodes(b->fake), n_nodes);
	/* The fake refuses a queue elsewhere than below a queue group, and one too many there. */
	for (q = 0; q < n_queues; q++)
		assert_int_equal(aether_txq_start(&b->hw, q, 0x1000, 64), 0);
	for (q = 0; q < n_queues; q++)
		assert_int_equal(aether_txq_stop(&b->hw, q), 0);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
	assert_int_equal(fake_nodes(b->fake), 0);
}

static void
test_trees(void **state)
{
	struct fake_bench *b = *state;

	/* Nine layers: VSI in 5, queue groups in 7. Layers 2-5, 6, 7. */
	check_tree(b, 9, 2, 8, 1, 4 + 1 + 1);
	check_tree(b, 9, 2, 8, 8, 4 + 1 + 1);
	check_tree(b, 9, 2, 8, 9, 4 + 1 + 2);
	check_tree(b, 9, 2, 8, 48, 4 + 1 + 6);
	/* Four children: 12 groups below 3 nodes. */
	check_tree(b, 9, 2, 4, 48, 4 + 3 + 12);
	/* Seven layers: VSI in the entry layer. */
	check_tree(b, 7, 4, 8, 20, 1 + 3);
	/* Five: VSI and queue group are one. */
	check_tree(b, 5, 2, 64, 48, 2);
	check_tree(b, 5, 3, 64, 48, 1);
	/* Entry point below where nine layers have the VSI. */
	check_tree(b, 9, 6, 8, 10, 1 + 2);
}

static void
test_too_many_queues_for_the_tree(void **state)
{
	struct fake_bench *b = *state;

	aether_hw_fini(&b->hw);
	b->fake->siblings = 2;	/* 2 x 2 x 2 queues below a VSI of nine layers */
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_vsi_add(&b->hw, 9, 9), -ENOSPC);
	assert_false(b->fake->vsi[3]);
	assert_int_equal(fake_nodes(b->fake), 0);
	assert_int_equal(aether_vsi_add(&b->hw, 8, 8), 0);
}

static void
test_default_nodes_go(void **state)
{
	struct fake_bench *b = *state;
	unsigned int layer;

	for (layer = 0; layer < 9; layer++)
		assert_int_equal(b->fake->node[1 + layer].used, layer < 2);
}

/* A firmware that keeps its default nodes is no reason to refuse the card. */
static void
test_default_nodes_may_stay(void **state)
{
	struct fake_bench *b = *state;

	aether_hw_fini(&b->hw);
	b->fake->fail_opcode = E810_AQC_DELETE_SCHED_ELEMS;
	assert_int_equal(aether_hw_init(&b->hw), 0);
	b->fake->fail_opcode = 0;
	assert_true(b->fake->node[9].used);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_txq_start(&b->hw, 0, 0x1000, 64), 0);
}

/* ---------------------------------------------------------------- switch rules -------------- */

static void
test_unicast_rule(void **state)
{
	struct fake_bench *b = *state;
	const struct fake_rule *rule = &b->fake->rule[0];
	static const uint8_t hdr[16] = {
		0x00, 0x1b, 0x21, 0x0a, 0x0b, 0x0c, 0x02, 0, 0, 0, 0, 0, 0x81, 0x00, 0, 0,
	};

	assert_int_equal(aether_mac_rule_add(&b->hw, &alice), -ENODEV);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &alice), 0);
	assert_int_equal(rule->type, E810_SW_RULE_LKUP_TX);
	assert_int_equal(rule->recipe, E810_SW_LKUP_MAC);
	assert_int_equal(rule->src, 3);
	/* Valid, to VSI 3, loopback, not to the wire. */
	assert_int_equal(rule->act, 0x20000 | 3 << 4 | 0x4);
	assert_memory_equal(rule->hdr, hdr, sizeof(hdr));
	/* Once is enough. */
	assert_int_equal(aether_mac_rule_add(&b->hw, &alice), 0);
	assert_int_equal(fake_rules(b->fake), 1);
	assert_int_equal(aether_mac_rule_del(&b->hw, &alice), 0);
	assert_int_equal(fake_rules(b->fake), 0);
	assert_int_equal(aether_mac_rule_del(&b->hw, &alice), -ENOENT);
}

static void
test_group_rules_reach_the_wire(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &broadcast), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &group), 0);
	assert_int_equal(b->fake->rule[0].act, 0x20000 | 3 << 4 | 0x4 | 0x8);
	assert_int_equal(b->fake->rule[1].act, 0x20000 | 3 << 4 | 0x4 | 0x8);
}

static void
test_zero_address_is_refused(void **state)
{
	struct fake_bench *b = *state;
	static const struct rte_ether_addr zero;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &zero), -EINVAL);
}

static void
test_rules_until_full(void **state)
{
	struct fake_bench *b = *state;
	struct rte_ether_addr addr = alice;
	unsigned int i;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	for (i = 0; i < RTE_DIM(b->hw.mac_rules); i++) {
		addr.addr_bytes[5] = i;
		assert_int_equal(aether_mac_rule_add(&b->hw, &addr), 0);
	}
	addr.addr_bytes[5] = i;
	assert_int_equal(aether_mac_rule_add(&b->hw, &addr), -ENOSPC);
	/* One from the middle goes, the others stay reachable. */
	addr.addr_bytes[5] = 20;
	assert_int_equal(aether_mac_rule_del(&b->hw, &addr), 0);
	for (i = 0; i < RTE_DIM(b->hw.mac_rules); i++) {
		addr.addr_bytes[5] = i;
		assert_int_equal(aether_mac_rule_del(&b->hw, &addr), i == 20 ? -ENOENT : 0);
	}
	assert_int_equal(fake_rules(b->fake), 0);
}

static void
test_refused_rule_is_not_kept(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	b->fake->fail_opcode = E810_AQC_ADD_SW_RULES;
	b->fake->fail_rc = E810_AQ_RC_ENOSPC;
	assert_int_equal(aether_mac_rule_add(&b->hw, &alice), -ENOSPC);
	assert_int_equal(aether_promisc_set(&b->hw, true), -ENOSPC);
	b->fake->fail_opcode = 0;
	assert_false(b->hw.promisc);
	assert_int_equal(aether_mac_rule_add(&b->hw, &alice), 0);
	/* A removal that is refused can be tried again. */
	b->fake->fail_opcode = E810_AQC_REMOVE_SW_RULES;
	assert_int_equal(aether_mac_rule_del(&b->hw, &alice), -ENOSPC);
	b->fake->fail_opcode = 0;
	assert_int_equal(aether_mac_rule_del(&b->hw, &alice), 0);
}

/* Which promiscuous rules the device has. */
static void
expect_modes(struct fake_bench *b, bool unicast, bool group)
{
	const struct fake_rule *rule;
	bool found[2] = {false, false};
	unsigned int i;

	for (i = 0; i < FAKE_RULES; i++) {
		rule = &b->fake->rule[i];
		if (!rule->used)
			continue;
		assert_int_equal(rule->type, E810_SW_RULE_LKUP_RX);
		assert_int_equal(rule->recipe, E810_SW_LKUP_PROMISC);
		assert_int_equal(rule->src, 1);	/* the logical port */
		assert_int_equal(rule->act, 0x20000 | 3 << 4);
		assert_false(found[rule->hdr[0] & 1]);
		found[rule->hdr[0] & 1] = true;
	}
	assert_int_equal(found[0], unicast);
	assert_int_equal(found[1], group);
}

static void
test_promiscuous(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_promisc_set(&b->hw, true), -ENODEV);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_promisc_set(&b->hw, false), 0);
	assert_int_equal(aether_promisc_set(&b->hw, true), 0);
	assert_int_equal(aether_promisc_set(&b->hw, true), 0);
	expect_modes(b, true, true);
	assert_int_equal(aether_promisc_set(&b->hw, false), 0);
	expect_modes(b, false, false);
}

static void
test_allmulticast(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_allmulti_set(&b->hw, true), -ENODEV);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_allmulti_set(&b->hw, true), 0);
	expect_modes(b, false, true);
	assert_int_equal(aether_allmulti_set(&b->hw, false), 0);
	expect_modes(b, false, false);
}

/* The rule for groups serves both modes, and goes with the last. */
static void
test_modes_share_a_rule(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_allmulti_set(&b->hw, true), 0);
	assert_int_equal(aether_promisc_set(&b->hw, true), 0);
	expect_modes(b, true, true);
	assert_int_equal(aether_allmulti_set(&b->hw, false), 0);
	expect_modes(b, true, true);
	assert_int_equal(aether_allmulti_set(&b->hw, true), 0);
	assert_int_equal(aether_promisc_set(&b->hw, false), 0);
	expect_modes(b, false, true);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
	expect_modes(b, false, false);
}

/* Half of promiscuous mode is none. */
static void
test_promiscuous_unwinds(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	b->fake->fail_nth = b->fake->n_cmds + 1;
	assert_int_equal(aether_promisc_set(&b->hw, true), -EIO);
	b->fake->fail_nth = FAKE_NEVER;
	expect_modes(b, false, false);
	assert_int_equal(aether_promisc_set(&b->hw, true), 0);
	b->fake->fail_nth = b->fake->n_cmds + 1;
	assert_int_equal(aether_promisc_set(&b->hw, false), -EIO);
	b->fake->fail_nth = FAKE_NEVER;
	expect_modes(b, true, true);
	assert_int_equal(aether_promisc_set(&b->hw, false), 0);
	expect_modes(b, false, false);
}

/* ---------------------------------------------------------------- VLAN filter --------------- */

/* The ids that have a rule, all of them the same kind. */
static void
expect_vlan_rules(struct fake_bench *b, const uint16_t *ids, unsigned int n)
{
	unsigned int i, k, found = 0;

	for (i = 0; i < FAKE_RULES; i++) {
		const struct fake_rule *rule = &b->fake->rule[i];

		if (!rule->used)
			continue;
		assert_int_equal(rule->type, E810_SW_RULE_LKUP_TX);
		assert_int_equal(rule->recipe, E810_SW_LKUP_VLAN);
		assert_int_equal(rule->src, 3);
		/* Prune both ways by VSI list 7; no valid bit. */
		assert_int_equal(rule->act, 0x2 | 0x8000 | 0x10000 | 0x4000 | 7 << 4);
		assert_int_equal(rule->hdr[12] << 8 | rule->hdr[13], 0x8100);
		for (k = 0; k < n && ids[k] != (rule->hdr[14] << 8 | rule->hdr[15]); k++)
			;
		assert_true(k < n);
		found++;
	}
	assert_int_equal(found, n);
}

static void
test_vlan_filter(void **state)
{
	static const uint16_t some[] = {5, 4095, 0};
	struct fake_bench *b = *state;

	assert_int_equal(aether_vlan_filter_set(&b->hw, true), -ENODEV);
	assert_int_equal(aether_vlan_rule_add(&b->hw, 5), -ENODEV);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_vlan_filter_set(&b->hw, false), 0);
	assert_int_equal(b->fake->vsi_updates, 0);
	assert_int_equal(aether_vlan_rule_add(&b->hw, 0), -EINVAL);
	assert_int_equal(aether_vlan_rule_add(&b->hw, 4096), -EINVAL);
	assert_int_equal(aether_vlan_rule_del(&b->hw, 5), -ENOENT);
	assert_int_equal(aether_vlan_rule_add(&b->hw, 5), 0);
	assert_int_equal(aether_vlan_rule_add(&b->hw, 5), 0);
	assert_int_equal(aether_vlan_rule_add(&b->hw, 4095), 0);
	expect_vlan_rules(b, some, 2);
	assert_int_equal(b->fake->prune_vsi, 3);
	assert_int_equal(b->fake->vsi_props.sw_flags2, E810_VSI_SW_FLAG_LAN_ENA);

	/* Pruning brings the rule for untagged frames along, and takes it away. */
	assert_int_equal(aether_vlan_filter_set(&b->hw, true), 0);
	expect_vlan_rules(b, some, 3);
	assert_int_equal(b->fake->vsi_props.sw_flags2, E810_VSI_SW_FLAG_LAN_ENA |
			 E810_VSI_SW_FLAG_RX_VLAN_PRUNE_ENA);
	assert_int_equal(b->fake->vsi_props.sw_flags, E810_VSI_SW_FLAG_LOCAL_LB |
			 E810_VSI_SW_FLAG_SRC_PRUNE);
	assert_int_equal(b->fake->vsi_props.sw_id, 5);
	assert_int_equal(aether_vlan_rule_del(&b->hw, 0), -EINVAL);
	assert_int_equal(aether_vlan_filter_set(&b->hw, false), 0);
	expect_vlan_rules(b, some, 2);
	assert_int_equal(b->fake->vsi_props.sw_flags2, E810_VSI_SW_FLAG_LAN_ENA);
	assert_int_equal(aether_vlan_rule_del(&b->hw, 4095), 0);
	expect_vlan_rules(b, some, 1);

	/* The VSI takes all with it. */
	assert_int_equal(aether_vlan_filter_set(&b->hw, true), 0);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
	expect_vlan_rules(b, some, 0);
	assert_false(b->fake->prune_list);
	assert_false(b->hw.vlan.filtering);
}

/* Whatever command fails, the filter is off and nothing is left behind. */
static void
test_vlan_filter_unwinds(void **state)
{
	static const uint16_t untagged[] = {0};
	struct fake_bench *b = *state;
	unsigned int n;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	for (n = 0;; n++) {
		int ret;

		b->fake->fail_nth = b->fake->n_cmds + n;
		ret = aether_vlan_filter_set(&b->hw, true);
		b->fake->fail_nth = FAKE_NEVER;
		if (ret == 0)
			break;
		assert_int_equal(ret, -EIO);
		expect_vlan_rules(b, untagged, 0);
		assert_false(b->hw.vlan.filtering);
		assert_int_equal(b->fake->vsi_props.sw_flags2, E810_VSI_SW_FLAG_LAN_ENA);
		assert_int_equal(aether_vlan_clear(&b->hw), 0);
		assert_false(b->fake->prune_list);
	}
	/* The list, our VSI in it, the rule, the VSI. */
	assert_int_equal(n, 4);
	expect_vlan_rules(b, untagged, 1);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, fake_bench_up, fake_bench_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vsi_properties),
		TEST(test_vsi_queue_count),
		TEST(test_vsi_add_unwinds),
		TEST(test_vsi_free_goes_on_after_an_error),
		TEST(test_trees),
		TEST(test_too_many_queues_for_the_tree),
		TEST(test_default_nodes_go),
		TEST(test_default_nodes_may_stay),
		TEST(test_unicast_rule),
		TEST(test_group_rules_reach_the_wire),
		TEST(test_zero_address_is_refused),
		TEST(test_rules_until_full),
		TEST(test_refused_rule_is_not_kept),
		TEST(test_promiscuous),
		TEST(test_allmulticast),
		TEST(test_modes_share_a_rule),
		TEST(test_promiscuous_unwinds),
		TEST(test_vlan_filter),
		TEST(test_vlan_filter_unwinds),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
