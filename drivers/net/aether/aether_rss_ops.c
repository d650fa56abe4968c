/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * RSS as applications set it: types, key and table. What is asked for is kept in struct
 * aether_rss; a started port gets changes at once, and keeps what it had if the device refuses.
 */

#include <errno.h>
#include <string.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "aether_rss.h"

/**
 * Key of a port that was given none: Microsoft's published verification key for Toeplitz hashes
 * ("Verifying the RSS Hash Calculation"), and its beginning once more, for the E810's is longer.
 * The same on each start, so that flows stay on their queues.
 */
static const uint8_t default_key[E810_RSS_KEY_BYTES] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43,
	0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb,
	0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01,
	0xfa, 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d,
};

/* ---------------------------------------------------------------- types --------------------- */

/** In this order: the more special kind comes later and so counts more. */
static const struct {
	uint64_t type;
	enum aether_rss_kind kind;
	bool ports;
} types_table[] = {
	{ RTE_ETH_RSS_IPV4, AETHER_RSS_IPV4, false },
	{ RTE_ETH_RSS_IPV6, AETHER_RSS_IPV6, false },
	{ RTE_ETH_RSS_FRAG_IPV4, AETHER_RSS_IPV4_FRAG, false },
	{ RTE_ETH_RSS_FRAG_IPV6, AETHER_RSS_IPV6_FRAG, false },
	{ RTE_ETH_RSS_NONFRAG_IPV4_OTHER, AETHER_RSS_IPV4_OTHER, false },
	{ RTE_ETH_RSS_NONFRAG_IPV6_OTHER, AETHER_RSS_IPV6_OTHER, false },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, AETHER_RSS_IPV4_UDP, true },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, AETHER_RSS_IPV6_UDP, true },
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, AETHER_RSS_IPV4_TCP, true },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, AETHER_RSS_IPV6_TCP, true },
	{ RTE_ETH_RSS_NONFRAG_IPV4_SCTP, AETHER_RSS_IPV4_SCTP, true },
	{ RTE_ETH_RSS_NONFRAG_IPV6_SCTP, AETHER_RSS_IPV6_SCTP, true },
};

/**
 * Fields of one kind under the modifiers, as net_ice has it: one of a layer leaves only its field
 * of that layer; and with one layer narrowed, the other is left out unless it is narrowed too.
 * Kinds without ports know the addresses only.
 */
static uint8_t
fields_of(uint64_t types, bool ports)
{
	const uint64_t l3 = types & (RTE_ETH_RSS_L3_SRC_ONLY | RTE_ETH_RSS_L3_DST_ONLY);
	const uint64_t l4 = types & (RTE_ETH_RSS_L4_SRC_ONLY | RTE_ETH_RSS_L4_DST_ONLY);
	uint8_t fields = 0;

	if (l3 == RTE_ETH_RSS_L3_SRC_ONLY)
		fields |= AETHER_RSS_SRC_ADDR;
	else if (l3 == RTE_ETH_RSS_L3_DST_ONLY)
		fields |= AETHER_RSS_DST_ADDR;
	else if (l4 == 0 || !ports)
		fields |= AETHER_RSS_SRC_ADDR | AETHER_RSS_DST_ADDR;
	if (!ports)
		return fields;
	if (l4 == RTE_ETH_RSS_L4_SRC_ONLY)
		fields |= AETHER_RSS_SRC_PORT;
	else if (l4 == RTE_ETH_RSS_L4_DST_ONLY)
		fields |= AETHER_RSS_DST_PORT;
	else if (l3 == 0)
		fields |= AETHER_RSS_SRC_PORT | AETHER_RSS_DST_PORT;
	return fields;
}

unsigned int
aether_rss_flows_from_types(uint64_t types, bool symmetric, struct aether_rss_flow *flow)
{
	unsigned int i, n = 0;

	/* Both of a layer are the same as none. */
	types = rte_eth_rss_hf_refine(types);
	for (i = 0; i < RTE_DIM(types_table); i++) {
		if (!(types & types_table[i].type))
			continue;
		flow[n].kind = types_table[i].kind;
		flow[n].fields = fields_of(types, types_table[i].ports);
		flow[n].symmetric = symmetric;
		n++;
	}
	return n;
}

/* ---------------------------------------------------------------- to the device ------------- */

/** Append the rules' flows, the oldest rule first. */
static unsigned int
append_rules(const struct aether_rss *rss, struct aether_rss_flow *flow, unsigned int n)
{
	uint32_t order = 0;

	for (;;) {
		const struct rte_flow *next = NULL;
		unsigned int i;

		for (i = 0; i < AETHER_RSS_MAX_RULES; i++)
			if (rss->rule[i].used && rss->rule[i].order >= order &&
			    (next == NULL || rss->rule[i].order < next->order))
				next = &rss->rule[i];
		if (next == NULL)
			return n;
		memcpy(flow + n, next->flow, next->n_flows * sizeof(*flow));
		n += next->n_flows;
		order = next->order + 1;
	}
}

int
aether_rss_apply_flows(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	const struct aether_rss *rss = &aether_port(dev)->rss;
	struct aether_rss_flow flow[(AETHER_RSS_MAX_RULES + 1) * AETHER_RSS_KINDS];
	unsigned int n;

	n = aether_rss_flows_from_types(rss->hf, rss->symmetric, flow);
	n = append_rules(rss, flow, n);
	return aether_rss_flows_set(hw, flow, n);
}

int
aether_rss_apply_lut(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	const struct aether_rss *rss = &aether_port(dev)->rss;
	uint8_t lut[AETHER_RSS_LUT_MAX];
	unsigned int i, k;

	memcpy(lut, rss->lut, rss->lut_size);
	for (i = 0; i < AETHER_RSS_MAX_RULES; i++) {
		const struct rte_flow *rule = &rss->rule[i];

		if (!rule->used || rule->n_queues == 0)
			continue;
		for (k = 0; k < rss->lut_size; k++)
			lut[k] = rule->first_queue + k % rule->n_queues;
	}
	return aether_rss_lut_set(hw, lut, rss->lut_size);
}

int
aether_rss_start(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	const struct aether_rss *rss = &aether_port(dev)->rss;
	int ret;

	if (!rss->enabled || hw->caps.safe_mode || dev->data->nb_rx_queues == 0)
		return 0;
	ret = aether_rss_key_set(hw, rss->key);
	if (ret == 0)
		ret = aether_rss_apply_lut(dev, hw);
	if (ret == 0)
		ret = aether_rss_apply_flows(dev, hw);
	return ret;
}

/* ---------------------------------------------------------------- information, configure ---- */

/** Longest table that the function can have. */
static uint16_t
lut_max(const struct aether_hw *hw)
{
	return RTE_MIN(hw->caps.rss_table_size, (uint16_t)AETHER_RSS_LUT_MAX);
}

void
aether_rss_infos_get(const struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	const struct aether_hw *hw = &aether_process(dev)->hw;
	const struct aether_rss *rss = &aether_port(dev)->rss;

	if (hw->caps.safe_mode)
		return;
	info->flow_type_rss_offloads = AETHER_RSS_HF;
	info->hash_key_size = E810_RSS_KEY_BYTES;
	info->reta_size = rss->lut_size != 0 ? rss->lut_size :
		RTE_MIN(lut_max(hw), (uint16_t)AETHER_RSS_LUT_DEFAULT);
	info->dev_capa |= RTE_ETH_DEV_CAPA_FLOW_RULE_KEEP;
	aether_rss_info_algorithms(info);
}

static int
check_key(const struct rte_eth_dev *dev, const struct rte_eth_rss_conf *conf)
{
	if (conf->rss_key == NULL || conf->rss_key_len == E810_RSS_KEY_BYTES)
		return 0;
	AETHER_LOG(ERR, "%s: RSS key of %u bytes; must be %u bytes (or NULL to leave it)",
		   dev->data->name, conf->rss_key_len, E810_RSS_KEY_BYTES);
	return -EINVAL;
}

static void
take_key(struct aether_rss *rss, const struct rte_eth_rss_conf *conf)
{
	if (conf->rss_key != NULL) {
		memcpy(rss->key, conf->rss_key, sizeof(rss->key));
		rss->key_given = true;
	} else if (!rss->key_given) {
		memcpy(rss->key, default_key, sizeof(rss->key));
	}
}

/** All queues in turn. A table that the application changed stays as long as the number of queues
 * does, so that a port that is configured anew after a reset has it again. */
static void
spread(struct aether_rss *rss, uint16_t size, uint16_t n_queues)
{
	unsigned int i;

	if (n_queues == 0 || (rss->lut_queues == n_queues && rss->lut_size == size))
		return;
	for (i = 0; i < size; i++)
		rss->lut[i] = i % n_queues;
	rss->lut_size = size;
	rss->lut_queues = n_queues;
}

static int
check_rules(const struct rte_eth_dev *dev, const struct aether_rss *rss)
{
	unsigned int i;

	for (i = 0; i < AETHER_RSS_MAX_RULES; i++) {
		const struct rte_flow *rule = &rss->rule[i];

		if (!rule->used || rule->first_queue + rule->n_queues <= dev->data->nb_rx_queues)
			continue;
		AETHER_LOG(ERR, "%s: a flow rule sends to queues %u to %u, and the port is "
			   "configured with %u; destroy the rule first", dev->data->name,
			   rule->first_queue, rule->first_queue + rule->n_queues - 1,
			   dev->data->nb_rx_queues);
		return -EBUSY;
	}
	return 0;
}

int
aether_rss_configure(struct rte_eth_dev *dev)
{
	const struct rte_eth_rss_conf *conf = &dev->data->dev_conf.rx_adv_conf.rss_conf;
	const struct aether_hw *hw = &aether_process(dev)->hw;
	struct aether_rss *rss = &aether_port(dev)->rss;
	int ret;

	ret = check_rules(dev, rss);
	if (ret != 0)
		return ret;
	rss->enabled = (dev->data->dev_conf.rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG) != 0;
	if (!rss->enabled || hw->caps.safe_mode)
		return 0;
	ret = check_key(dev, conf);
	if (ret != 0)
		return ret;
	take_key(rss, conf);
	rss->hf = conf->rss_hf;
	rss->symmetric = aether_rss_conf_is_symmetric(conf);
	spread(rss, rss->lut_size != 0 ? rss->lut_size :
	       RTE_MIN(lut_max(hw), (uint16_t)AETHER_RSS_LUT_DEFAULT), dev->data->nb_rx_queues);
	return 0;
}

/* ---------------------------------------------------------------- types and key ------------- */

static int
refuse(const struct rte_eth_dev *dev)
{
	const bool safe = aether_process(dev)->hw.caps.safe_mode;

	AETHER_LOG(ERR, "%s: the port has no RSS: %s", dev->data->name, safe ?
		   "it is in safe mode, which has one queue; give it a DDP package" :
		   "configure it with the multi-queue mode RTE_ETH_MQ_RX_RSS");
	return -ENOTSUP;
}

/** Give the device the new key and types. On an error what was there before stays. */
static int
hash_apply(struct rte_eth_dev *dev, struct aether_hw *hw, const struct aether_rss *before)
{
	struct aether_rss *rss = &aether_port(dev)->rss;
	int ret = 0;

	if (!hw->vsi_valid)
		return 0;
	if (rss->hf != before->hf || rss->symmetric != before->symmetric)
		ret = aether_rss_apply_flows(dev, hw);
	if (ret == 0 && memcmp(rss->key, before->key, sizeof(rss->key)) != 0) {
		ret = aether_rss_key_set(hw, rss->key);
		if (ret != 0) {
			*rss = *before;
			aether_rss_apply_flows(dev, hw);
		}
	}
	return ret;
}

int
aether_dev_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct aether_rss *rss = &aether_port(dev)->rss;
	struct aether_rss before = *rss;
	struct aether_hw *hw;
	int ret;

	if (!rss->enabled || aether_process(dev)->hw.caps.safe_mode)
		return refuse(dev);
	ret = check_key(dev, conf);
	if (ret != 0)
		return ret;
	hw = aether_lock(dev);
	take_key(rss, conf);
	rss->hf = conf->rss_hf;
	rss->symmetric = aether_rss_conf_is_symmetric(conf);
	ret = hash_apply(dev, hw, &before);
	if (ret != 0)
		*rss = before;
	aether_unlock(dev);
	return ret;
}

int
aether_dev_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	const struct aether_rss *rss = &aether_port(dev)->rss;

	if (!rss->enabled) {
		conf->rss_hf = 0;
		return 0;
	}
	conf->rss_hf = rss->hf;
	if (conf->rss_key != NULL && conf->rss_key_len >= E810_RSS_KEY_BYTES)
		memcpy(conf->rss_key, rss->key, sizeof(rss->key));
	conf->rss_key_len = E810_RSS_KEY_BYTES;
	aether_rss_conf_set_symmetric(conf, rss->symmetric);
	return 0;
}

/* ---------------------------------------------------------------- table --------------------- */

static int
check_size(const struct rte_eth_dev *dev, uint16_t size, uint16_t max)
{
	if ((size == 128 || size == 512 || size == 2048) && size <= max)
		return 0;
	AETHER_LOG(ERR, "%s: RSS table of %u entries; must be 128, 512 or 2048, and at most %u",
		   dev->data->name, size, max);
	return -EINVAL;
}

int
aether_dev_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
		       uint16_t size)
{
	struct aether_rss *rss = &aether_port(dev)->rss;
	struct aether_rss before = *rss;
	struct aether_hw *hw;
	unsigned int i;
	int ret;

	if (!rss->enabled || aether_process(dev)->hw.caps.safe_mode)
		return refuse(dev);
	ret = check_size(dev, size, lut_max(&aether_process(dev)->hw));
	if (ret != 0)
		return ret;
	hw = aether_lock(dev);
	/* What a longer table has more repeats the old one. */
	for (i = rss->lut_size; i < size; i++)
		rss->lut[i] = rss->lut[i - rss->lut_size];
	rss->lut_size = size;
	for (i = 0; i < size; i++) {
		const struct rte_eth_rss_reta_entry64 *group = &reta[i / RTE_ETH_RETA_GROUP_SIZE];
		const unsigned int at = i % RTE_ETH_RETA_GROUP_SIZE;

		if (group->mask & RTE_BIT64(at))
			rss->lut[i] = group->reta[at];
	}
	ret = hw->vsi_valid ? aether_rss_apply_lut(dev, hw) : 0;
	if (ret != 0)
		*rss = before;
	aether_unlock(dev);
	return ret;
}

int
aether_dev_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
		      uint16_t size)
{
	const struct aether_rss *rss = &aether_port(dev)->rss;
	unsigned int i;

	if (!rss->enabled || aether_process(dev)->hw.caps.safe_mode)
		return refuse(dev);
	if (size != rss->lut_size) {
		AETHER_LOG(ERR, "%s: RSS table of %u entries asked for; it has %u",
			   dev->data->name, size, rss->lut_size);
		return -EINVAL;
	}
	for (i = 0; i < size; i++) {
		struct rte_eth_rss_reta_entry64 *group = &reta[i / RTE_ETH_RETA_GROUP_SIZE];
		const unsigned int at = i % RTE_ETH_RETA_GROUP_SIZE;

		if (group->mask & RTE_BIT64(at))
			group->reta[at] = rss->lut[i];
	}
	return 0;
}
