/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * rte_flow: rules whose action is RSS, as net_ice offers them for the input set of a kind of
 * packets. A pattern names the kind, the types say what of it is hashed:
 *
 *   pattern eth / ipv4 / udp / end      actions rss types ipv4-udp l3-src-only end / end
 *   pattern end (or eth / end)          actions rss queues 4 5 6 7 end / end
 *
 * The second form is a queue region: what is hashed goes to these queues only. Everything else is
 * refused with the reason.
 */

#include <errno.h>

#include <ethdev_driver.h>
#include <rte_flow.h>
#include <rte_flow_driver.h>

#include "aether_ethdev.h"
#include "aether_rss.h"

/** What a pattern says. */
struct pattern {
	bool eth, ipv4, ipv6;
	uint64_t l4_type;		/* the kind's own type; 0: none was named */
	enum aether_rss_kind l4_kind;
};

/* What testpmd and others mean by all of IPv6. A rule for all packets does without, as a port does
 * that is configured with them.
 */
#define EX_TYPES \
	(RTE_ETH_RSS_IPV6_EX | RTE_ETH_RSS_IPV6_TCP_EX | RTE_ETH_RSS_IPV6_UDP_EX)
#define L4_MODIFIERS	(RTE_ETH_RSS_L4_SRC_ONLY | RTE_ETH_RSS_L4_DST_ONLY)

/* ---------------------------------------------------------------- pattern ------------------- */

static int
take_item(const struct rte_flow_item *item, struct pattern *pattern)
{
	static const struct {
		enum rte_flow_item_type item;
		uint64_t type[2];		/* over IPv4 and IPv6 */
		enum aether_rss_kind kind[2];
	} l4[] = {
		{ RTE_FLOW_ITEM_TYPE_UDP,
		  { RTE_ETH_RSS_NONFRAG_IPV4_UDP, RTE_ETH_RSS_NONFRAG_IPV6_UDP },
		  { AETHER_RSS_IPV4_UDP, AETHER_RSS_IPV6_UDP } },
		{ RTE_FLOW_ITEM_TYPE_TCP,
		  { RTE_ETH_RSS_NONFRAG_IPV4_TCP, RTE_ETH_RSS_NONFRAG_IPV6_TCP },
		  { AETHER_RSS_IPV4_TCP, AETHER_RSS_IPV6_TCP } },
		{ RTE_FLOW_ITEM_TYPE_SCTP,
		  { RTE_ETH_RSS_NONFRAG_IPV4_SCTP, RTE_ETH_RSS_NONFRAG_IPV6_SCTP },
		  { AETHER_RSS_IPV4_SCTP, AETHER_RSS_IPV6_SCTP } },
	};
	const bool ip = pattern->ipv4 || pattern->ipv6;
	unsigned int i;

	switch (item->type) {
	case RTE_FLOW_ITEM_TYPE_ETH:
		if (ip || pattern->eth)
			return -1;
		pattern->eth = true;
		return 0;
	case RTE_FLOW_ITEM_TYPE_IPV4:
		pattern->ipv4 = true;
		return ip ? -1 : 0;
	case RTE_FLOW_ITEM_TYPE_IPV6:
		pattern->ipv6 = true;
		return ip ? -1 : 0;
	default:
		break;
	}
	for (i = 0; i < RTE_DIM(l4); i++) {
		if (l4[i].item != item->type)
			continue;
		if (!ip || pattern->l4_type != 0)
			return -1;
		pattern->l4_type = l4[i].type[pattern->ipv6];
		pattern->l4_kind = l4[i].kind[pattern->ipv6];
		return 0;
	}
	return -1;
}

static int
parse_pattern(const struct rte_flow_item *item, struct pattern *pattern,
	      struct rte_flow_error *error)
{
	memset(pattern, 0, sizeof(*pattern));
	if (item == NULL)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ITEM_NUM, NULL,
					  "no pattern is given; \"end\" alone means all packets");
	for (; item->type != RTE_FLOW_ITEM_TYPE_END; item++) {
		if (item->type == RTE_FLOW_ITEM_TYPE_VOID)
			continue;
		if (item->spec != NULL || item->mask != NULL || item->last != NULL)
			return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM_SPEC,
						  item, "fields cannot be matched: RSS rules are "
						  "for all packets of a kind; leave spec, mask "
						  "and last out");
		if (take_item(item, pattern) != 0)
			return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ITEM, item,
						  "only eth / ipv4 or ipv6 / udp, tcp or sctp, or "
						  "the beginning of it, can be a pattern");
	}
	return 0;
}

static int
check_attr(const struct rte_flow_attr *attr, struct rte_flow_error *error)
{
	if (attr == NULL || !attr->ingress || attr->egress || attr->transfer)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR, attr,
					  "only ingress rules can be made");
	if (attr->group != 0 || attr->priority != 0)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ATTR, attr,
					  "group and priority must be 0: a later rule counts "
					  "before an earlier one");
	return 0;
}

/* ---------------------------------------------------------------- action -------------------- */

static const struct rte_flow_action_rss *
find_rss(const struct rte_flow_action *action, struct rte_flow_error *error)
{
	const struct rte_flow_action_rss *rss = NULL;

	if (action == NULL) {
		rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, NULL,
				   "no action is given");
		return NULL;
	}
	for (; action->type != RTE_FLOW_ACTION_TYPE_END; action++) {
		if (action->type == RTE_FLOW_ACTION_TYPE_VOID)
			continue;
		if (action->type != RTE_FLOW_ACTION_TYPE_RSS || rss != NULL ||
		    action->conf == NULL) {
			rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION, action,
					   "one RSS action is all that a rule can have");
			return NULL;
		}
		rss = action->conf;
	}
	if (rss == NULL)
		rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_NUM, NULL,
				   "an RSS action is needed");
	return rss;
}

static int
check_rss(const struct rte_flow_action_rss *rss, struct rte_flow_error *error)
{
	const char *why = NULL;

	if (rss->func != RTE_ETH_HASH_FUNCTION_DEFAULT &&
	    rss->func != RTE_ETH_HASH_FUNCTION_TOEPLITZ &&
	    rss->func != RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ)
		why = "the hash function must be default, toeplitz or symmetric_toeplitz";
	else if (rss->level > 1)
		why = "the RSS level must be 0 or 1: outer addresses are hashed";
	else if (rss->key_len != 0)
		why = "a rule has no key of its own; set the port's by "
			"rte_eth_dev_rss_hash_update()";
	else if (rss->types & ~(AETHER_RSS_HF | EX_TYPES))
		why = "the RSS types must be of IPv4 and IPv6, and modifiers l3-src-only, "
			"l3-dst-only, l4-src-only, l4-dst-only; leave others out";
	else if (rss->func == RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ &&
		 (rte_eth_rss_hf_refine(rss->types) & AETHER_RSS_MODIFIERS) != 0)
		why = "a hash of source or destination alone cannot be symmetric";
	if (why == NULL)
		return 0;
	return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, rss, why);
}

/** The queues of a region: a run of a power of two. */
static int
parse_queues(const struct rte_eth_dev *dev, const struct rte_flow_action_rss *rss,
	     struct rte_flow *rule, struct rte_flow_error *error)
{
	uint32_t i;

	if (rss->queue_num == 0)
		return 0;
	if (rss->queue == NULL || !rte_is_power_of_2(rss->queue_num) ||
	    rss->queue_num > dev->data->nb_rx_queues)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, rss,
					  "a queue region has 1, 2, 4 ... queues of the port");
	for (i = 0; i < rss->queue_num; i++)
		if (rss->queue[i] >= dev->data->nb_rx_queues ||
		    rss->queue[i] != rss->queue[0] + i)
			return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF,
						  rss, "a queue region is a run of the port's "
						  "queues, in rising order");
	rule->first_queue = rss->queue[0];
	rule->n_queues = rss->queue_num;
	return 0;
}

/** The kind that an IP pattern and its types name, and what of it is hashed. */
static int
parse_types(const struct pattern *pattern, const struct rte_flow_action_rss *rss,
	    struct rte_flow *rule, struct rte_flow_error *error)
{
	const bool symmetric = rss->func == RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ;
	const uint64_t l3 = pattern->ipv6 ? RTE_ETH_RSS_IPV6 : RTE_ETH_RSS_IPV4;
	const uint64_t frag = pattern->ipv6 ? RTE_ETH_RSS_FRAG_IPV6 : RTE_ETH_RSS_FRAG_IPV4;
	const uint64_t modifiers = rss->types & AETHER_RSS_MODIFIERS;
	uint64_t types = rss->types & ~AETHER_RSS_MODIFIERS;

	if (types == 0)
		types = pattern->l4_type != 0 ? pattern->l4_type : l3;
	/* Exactly one: what the kind is (its ports included), or its addresses only. */
	if (types != l3 && types != (pattern->l4_type != 0 ? pattern->l4_type : frag))
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, rss,
					  "the types must be one that belongs to the pattern: its "
					  "own (as ipv4-udp, ipv4-frag), or ipv4 / ipv6 for the "
					  "addresses only");
	if (types != pattern->l4_type && (modifiers & L4_MODIFIERS) != 0)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF, rss,
					  "l4-src-only and l4-dst-only need a type with ports");
	rule->n_flows = aether_rss_flows_from_types(types | modifiers, symmetric, rule->flow);
	/* The addresses only, of packets with ports. */
	if (pattern->l4_type != 0)
		rule->flow[0].kind = pattern->l4_kind;
	return 0;
}

static int
parse(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
      const struct rte_flow_item *item, const struct rte_flow_action *action,
      struct rte_flow *rule, struct rte_flow_error *error)
{
	const struct rte_flow_action_rss *rss;
	struct pattern pattern;
	int ret;

	memset(rule, 0, sizeof(*rule));
	if (!aether_port(dev)->rss.enabled || aether_process(dev)->hw.caps.safe_mode)
		return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
					  "the port has no RSS: it needs a DDP package, and the "
					  "multi-queue mode RTE_ETH_MQ_RX_RSS");
	ret = check_attr(attr, error);
	if (ret == 0)
		ret = parse_pattern(item, &pattern, error);
	if (ret != 0)
		return ret;
	rss = find_rss(action, error);
	if (rss == NULL)
		return -rte_errno;
	ret = check_rss(rss, error);
	if (ret == 0)
		ret = parse_queues(dev, rss, rule, error);
	if (ret != 0)
		return ret;
	if (pattern.ipv4 || pattern.ipv6) {
		if (rule->n_queues != 0)
			return rte_flow_error_set(error, ENOTSUP, RTE_FLOW_ERROR_TYPE_ACTION_CONF,
						  rss, "a queue region is for all packets: the "
						  "pattern must be \"end\" or \"eth / end\"");
		return parse_types(&pattern, rss, rule, error);
	}
	rule->n_flows = aether_rss_flows_from_types(rss->types, rss->func ==
						    RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ,
						    rule->flow);
	if (rule->n_flows == 0 && rule->n_queues == 0)
		return rte_flow_error_set(error, EINVAL, RTE_FLOW_ERROR_TYPE_ACTION_CONF, rss,
					  "the rule says nothing: give types, or queues");
	return 0;
}

/* ---------------------------------------------------------------- operations ---------------- */

static int
flow_validate(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
	      const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
	      struct rte_flow_error *error)
{
	struct rte_flow rule;

	return parse(dev, attr, pattern, actions, &rule, error);
}

/** Give the device what the rules are now. Under the lock. */
static int
rules_apply(struct rte_eth_dev *dev, struct aether_hw *hw, const struct rte_flow *changed)
{
	int ret = 0;

	/* Rules outlive a configuration without RSS, which has no use for them. */
	if (!hw->vsi_valid || !aether_port(dev)->rss.enabled)
		return 0;
	if (changed->n_flows != 0)
		ret = aether_rss_apply_flows(dev, hw);
	if (ret == 0 && changed->n_queues != 0)
		ret = aether_rss_apply_lut(dev, hw);
	return ret;
}

/** A free place. With a region there must be no other one, or which counts would be unclear. */
static struct rte_flow *
place_for(struct aether_rss *rss, const struct rte_flow *rule, struct rte_flow_error *error)
{
	struct rte_flow *place = NULL;
	unsigned int i;

	for (i = 0; i < AETHER_RSS_MAX_RULES; i++) {
		if (!rss->rule[i].used) {
			place = &rss->rule[i];
		} else if (rule->n_queues != 0 && rss->rule[i].n_queues != 0) {
			rte_flow_error_set(error, EEXIST, RTE_FLOW_ERROR_TYPE_ACTION_CONF, NULL,
					   "there is a queue region already; destroy it first");
			return NULL;
		}
	}
	if (place == NULL)
		rte_flow_error_set(error, ENOSPC, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL,
				   "the port has 32 rules, and takes no more; destroy one first");
	return place;
}

static struct rte_flow *
flow_create(struct rte_eth_dev *dev, const struct rte_flow_attr *attr,
	    const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
	    struct rte_flow_error *error)
{
	struct aether_rss *rss = &aether_port(dev)->rss;
	struct rte_flow rule, *place;
	struct aether_hw *hw;
	int ret;

	if (parse(dev, attr, pattern, actions, &rule, error) != 0)
		return NULL;
	hw = aether_lock(dev);
	place = place_for(rss, &rule, error);
	if (place != NULL) {
		rule.used = true;
		rule.order = rss->next_order++;
		*place = rule;
		ret = rules_apply(dev, hw, place);
		if (ret != 0) {
			place->used = false;
			/* What of it the device has taken goes again. */
			rules_apply(dev, hw, place);
			rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_HANDLE, NULL,
					   "the device refuses the rule; the log says why");
			place = NULL;
		}
	}
	aether_unlock(dev);
	return place;
}

static int
flow_destroy(struct rte_eth_dev *dev, struct rte_flow *flow, struct rte_flow_error *error)
{
	struct aether_rss *rss = &aether_port(dev)->rss;
	struct aether_hw *hw;
	int ret;

	if (flow < rss->rule || flow >= rss->rule + AETHER_RSS_MAX_RULES || !flow->used)
		return rte_flow_error_set(error, ENOENT, RTE_FLOW_ERROR_TYPE_HANDLE, flow,
					  "no such rule");
	hw = aether_lock(dev);
	flow->used = false;
	ret = rules_apply(dev, hw, flow);
	flow->used = ret != 0;
	if (ret != 0)
		rules_apply(dev, hw, flow);
	aether_unlock(dev);
	if (ret != 0)
		return rte_flow_error_set(error, -ret, RTE_FLOW_ERROR_TYPE_HANDLE, flow,
					  "the device refuses it; the log says why");
	return 0;
}

static int
flow_flush(struct rte_eth_dev *dev, struct rte_flow_error *error)
{
	struct aether_rss *rss = &aether_port(dev)->rss;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < AETHER_RSS_MAX_RULES && ret == 0; i++)
		if (rss->rule[i].used)
			ret = flow_destroy(dev, &rss->rule[i], error);
	return ret;
}

static const struct rte_flow_ops flow_ops = {
	.validate = flow_validate,
	.create = flow_create,
	.destroy = flow_destroy,
	.flush = flow_flush,
};

int
aether_dev_flow_ops_get(struct rte_eth_dev *dev, const struct rte_flow_ops **ops)
{
	/* Without a package there is nothing that a rule could ask for. */
	*ops = aether_process(dev)->hw.caps.safe_mode ? NULL : &flow_ops;
	return 0;
}
