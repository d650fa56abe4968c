/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* rte_flow: which items and actions a rule can have. */

#include <rte_flow.h>

#include "features.h"

static int
start_rss(struct rig *rig)
{
	rig->conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rig->conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4 &
		rig->info.flow_type_rss_offloads;
	return rig_start(rig, RTE_MIN(rig->info.max_rx_queues, (uint16_t)4));
}

/* Make the rule and take it away. */
static enum feature_result
create(struct rig *rig, const struct rte_flow_item *pattern,
       const struct rte_flow_action *action)
{
	const struct rte_flow_attr attr = { .ingress = 1 };
	const struct rte_flow_action actions[] = { *action, { .type = RTE_FLOW_ACTION_TYPE_END } };
	struct rte_flow_error error = { 0 };
	struct rte_flow *flow;
	int ret = start_rss(rig);

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	flow = rte_flow_create(rig->port, &attr, pattern, actions, &error);
	if (flow == NULL)
		return FEATURE_NO;
	ret = rte_flow_destroy(rig->port, flow, &error);
	return ret == 0 ? FEATURE_YES : broken(rig, "a rule cannot be destroyed: %d", ret);
}

/* A rule for packets with these headers, of which RSS hashes the types. */
static enum feature_result
item(struct rig *rig, enum rte_flow_item_type l2, enum rte_flow_item_type l3,
     enum rte_flow_item_type l4, uint64_t types)
{
	const struct rte_flow_action_rss rss = { .types = types };
	const struct rte_flow_action action = {
		.type = RTE_FLOW_ACTION_TYPE_RSS, .conf = &rss,
	};
	const struct rte_flow_item pattern[] = {
		{ .type = RTE_FLOW_ITEM_TYPE_ETH }, { .type = l2 }, { .type = l3 }, { .type = l4 },
		{ .type = RTE_FLOW_ITEM_TYPE_END },
	};

	return create(rig, pattern, &action);
}

#define VOID	RTE_FLOW_ITEM_TYPE_VOID

static enum feature_result
item_eth(struct rig *rig)
{
	static const uint16_t queues[] = { 0, 1 };
	const struct rte_flow_action_rss rss = { .queue_num = 2, .queue = queues };
	const struct rte_flow_action action = {
		.type = RTE_FLOW_ACTION_TYPE_RSS, .conf = &rss,
	};
	const struct rte_flow_item pattern[] = {
		{ .type = RTE_FLOW_ITEM_TYPE_ETH }, { .type = RTE_FLOW_ITEM_TYPE_END },
	};

	return create(rig, pattern, &action);
}

static enum feature_result
item_vlan(struct rig *rig)
{
	return item(rig, RTE_FLOW_ITEM_TYPE_VLAN, RTE_FLOW_ITEM_TYPE_IPV4, VOID, RTE_ETH_RSS_IPV4);
}

static enum feature_result
item_ipv4(struct rig *rig)
{
	return item(rig, VOID, RTE_FLOW_ITEM_TYPE_IPV4, VOID, RTE_ETH_RSS_IPV4);
}

static enum feature_result
item_ipv6(struct rig *rig)
{
	return item(rig, VOID, RTE_FLOW_ITEM_TYPE_IPV6, VOID, RTE_ETH_RSS_IPV6);
}

static enum feature_result
item_udp(struct rig *rig)
{
	return item(rig, VOID, RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_UDP,
		    RTE_ETH_RSS_NONFRAG_IPV4_UDP);
}

static enum feature_result
item_tcp(struct rig *rig)
{
	return item(rig, VOID, RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_TCP,
		    RTE_ETH_RSS_NONFRAG_IPV4_TCP);
}

static enum feature_result
item_sctp(struct rig *rig)
{
	return item(rig, VOID, RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_SCTP,
		    RTE_ETH_RSS_NONFRAG_IPV4_SCTP);
}

/* An action for IPv4 packets. */
static enum feature_result
action(struct rig *rig, enum rte_flow_action_type type, const void *conf)
{
	const struct rte_flow_action action = { .type = type, .conf = conf };
	const struct rte_flow_item pattern[] = {
		{ .type = RTE_FLOW_ITEM_TYPE_ETH }, { .type = RTE_FLOW_ITEM_TYPE_IPV4 },
		{ .type = RTE_FLOW_ITEM_TYPE_END },
	};

	return create(rig, pattern, &action);
}

static enum feature_result
action_rss(struct rig *rig)
{
	static const struct rte_flow_action_rss rss = {
		.types = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_L3_SRC_ONLY,
	};

	return action(rig, RTE_FLOW_ACTION_TYPE_RSS, &rss);
}

static enum feature_result
action_queue(struct rig *rig)
{
	static const struct rte_flow_action_queue queue = { .index = 1 };

	return action(rig, RTE_FLOW_ACTION_TYPE_QUEUE, &queue);
}

static enum feature_result
action_drop(struct rig *rig)
{
	return action(rig, RTE_FLOW_ACTION_TYPE_DROP, NULL);
}

static enum feature_result
action_mark(struct rig *rig)
{
	static const struct rte_flow_action_mark mark = { .id = 1 };

	return action(rig, RTE_FLOW_ACTION_TYPE_MARK, &mark);
}

static enum feature_result
action_count(struct rig *rig)
{
	static const struct rte_flow_action_count count;

	return action(rig, RTE_FLOW_ACTION_TYPE_COUNT, &count);
}

const struct feature features_flow[] = {
	{ "rte_flow item eth", "a region of two queues for all packets", item_eth },
	{ "rte_flow item vlan", "eth / vlan / ipv4 with RSS", item_vlan },
	{ "rte_flow item ipv4", "eth / ipv4 with RSS", item_ipv4 },
	{ "rte_flow item ipv6", "eth / ipv6 with RSS", item_ipv6 },
	{ "rte_flow item udp", "eth / ipv4 / udp with RSS", item_udp },
	{ "rte_flow item tcp", "eth / ipv4 / tcp with RSS", item_tcp },
	{ "rte_flow item sctp", "eth / ipv4 / sctp with RSS", item_sctp },
	{ "rte_flow action rss", "of source addresses, for IPv4", action_rss },
	{ "rte_flow action queue", "one queue, for IPv4", action_queue },
	{ "rte_flow action drop", "for IPv4", action_drop },
	{ "rte_flow action mark", "for IPv4", action_mark },
	{ "rte_flow action count", "for IPv4", action_count },
	{ NULL, NULL, NULL },
};
