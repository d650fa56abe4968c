/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_RSS_H
#define AETHER_RSS_H

/**
 * @file
 * A port's RSS as it was asked for: kept while the port is stopped and across resets, and given to
 * the device at each start.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "base/aether_base.h"

/** Types that can be hashed, and what narrows them. */
#define AETHER_RSS_TYPES_IPV4 \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER | \
	 RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV4_TCP | \
	 RTE_ETH_RSS_NONFRAG_IPV4_SCTP)
#define AETHER_RSS_TYPES_IPV6 \
	(RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER | \
	 RTE_ETH_RSS_NONFRAG_IPV6_UDP | RTE_ETH_RSS_NONFRAG_IPV6_TCP | \
	 RTE_ETH_RSS_NONFRAG_IPV6_SCTP)
#define AETHER_RSS_MODIFIERS \
	(RTE_ETH_RSS_L3_SRC_ONLY | RTE_ETH_RSS_L3_DST_ONLY | \
	 RTE_ETH_RSS_L4_SRC_ONLY | RTE_ETH_RSS_L4_DST_ONLY)
#define AETHER_RSS_HF \
	(AETHER_RSS_TYPES_IPV4 | AETHER_RSS_TYPES_IPV6 | AETHER_RSS_MODIFIERS)

#define AETHER_RSS_LUT_MAX	2048
/** What a port begins with, as with net_ice. */
#define AETHER_RSS_LUT_DEFAULT	512

#define AETHER_RSS_MAX_RULES	32

/** A rule of rte_flow: how kinds of packets are hashed, or on which queues they go. */
struct rte_flow {
	bool used;
	uint32_t order;			/* later rules count more */
	struct aether_rss_flow flow[AETHER_RSS_KINDS];
	uint8_t n_flows;
	uint16_t first_queue, n_queues;	/* all hashed packets; n_queues 0: as the table says */
};

struct aether_rss {
	bool enabled;			/* configured with RTE_ETH_MQ_RX_RSS_FLAG */
	bool symmetric;			/* all types of hf */
	bool key_given;
	uint64_t hf;
	uint8_t key[E810_RSS_KEY_BYTES];
	uint16_t lut_size;		/* 0: not configured yet */
	uint16_t lut_queues;		/* queues that it was made for */
	uint8_t lut[AETHER_RSS_LUT_MAX];
	uint32_t next_order;
	struct rte_flow rule[AETHER_RSS_MAX_RULES];
};

/** The flows for these types, at most AETHER_RSS_KINDS. @return how many */
unsigned int aether_rss_flows_from_types(uint64_t types, bool symmetric,
					 struct aether_rss_flow *flow);

struct rte_flow_ops;

/* aether_rss_ops.c */
void aether_rss_infos_get(const struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
/** Take what dev_conf says; the device gets it at the next start. */
int aether_rss_configure(struct rte_eth_dev *dev);
/** Give all of it to the device. Under the lock, with a VSI. */
int aether_rss_start(struct rte_eth_dev *dev, struct aether_hw *hw);
/** Give the device the hash flows, or the table, as they are asked for now. Under the lock. */
int aether_rss_apply_flows(struct rte_eth_dev *dev, struct aether_hw *hw);
int aether_rss_apply_lut(struct rte_eth_dev *dev, struct aether_hw *hw);
int aether_dev_rss_hash_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int aether_dev_rss_hash_conf_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int aether_dev_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
			   uint16_t size);
int aether_dev_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
			  uint16_t size);

/* aether_flow_ops.c */
int aether_dev_flow_ops_get(struct rte_eth_dev *dev, const struct rte_flow_ops **ops);

#endif /* AETHER_RSS_H */
