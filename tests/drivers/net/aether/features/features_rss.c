/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Which queue a packet gets: compared with DPDK's own Toeplitz hash. */

#include <string.h>

#include <rte_cycles.h>
#include <rte_thash.h>

#include "features.h"

#define FLOWS		64
#define RETA_MAX	2048
#define KEY_MAX		64

static uint16_t reta[RETA_MAX];
static uint8_t key[KEY_MAX];

/* Several queues with RSS over UDP; FEATURE_YES: the port runs. */
static enum feature_result
start_rss(struct rig *rig)
{
	const uint16_t n = RTE_MIN(rig->info.max_rx_queues, (uint16_t)4);
	int ret;

	if (n < 2 || rig->info.reta_size == 0 ||
	    (rig->info.flow_type_rss_offloads & RTE_ETH_RSS_NONFRAG_IPV4_UDP) == 0)
		return FEATURE_NO;
	rig->conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rig->conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP;
	rig->conf.rxmode.offloads = rig->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH;
	ret = rig_start(rig, n);
	return ret == 0 ? FEATURE_YES : broken(rig, "does not start with RSS: %d", ret);
}

static int
get_reta(struct rig *rig)
{
	static struct rte_eth_rss_reta_entry64 entries[RETA_MAX / RTE_ETH_RETA_GROUP_SIZE];
	uint16_t i, size = rig->info.reta_size;
	int ret;

	if (size > RETA_MAX)
		return -E2BIG;
	memset(entries, 0xFF, sizeof(entries));
	ret = rte_eth_dev_rss_reta_query(rig->port, entries, size);
	for (i = 0; ret == 0 && i < size; i++)
		reta[i] = entries[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
	return ret;
}

static int
get_key(struct rig *rig)
{
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = sizeof(key) };

	if (rig->info.hash_key_size > sizeof(key))
		return -E2BIG;
	return rte_eth_dev_rss_hash_conf_get(rig->port, &conf);
}

static uint32_t
expected_hash(uint32_t flow)
{
	union rte_thash_tuple tuple = {
		.v4.src_addr = RTE_IPV4(10, 0, flow >> 8, flow & 0xFF),
		.v4.dst_addr = RTE_IPV4(10, 1, 0, 1),
		.v4.sport = 1024 + flow,
		.v4.dport = 9,
	};

	return rte_softrss((uint32_t *)&tuple, RTE_THASH_V4_L4_LEN, key);
}

/* All flows where table and key say, with the hash in the mbuf where that is an offload. */
static enum feature_result
check_flows(struct rig *rig)
{
	bool in_mbuf = (rig->conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH) != 0;
	unsigned int used = 0;
	uint32_t flow, hash;
	uint16_t queue;

	for (flow = 0; flow < FLOWS; flow++) {
		const struct packet packet = { .flow = flow };
		struct rte_mbuf *m = rig_echo(rig, rig_packet(rig, &packet));
		bool hash_right;

		if (m == NULL)
			return broken(rig, "flow %u does not come back", flow);
		hash = expected_hash(flow);
		queue = reta[hash % rig->info.reta_size];
		hash_right = !in_mbuf || ((m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0 &&
					  m->hash.rss == hash);
		if (!hash_right || rig->queue != queue) {
			broken(rig, "flow %u: queue %u, hash %#x; wanted %u, %#x", flow,
			       rig->queue, m->hash.rss, queue, hash);
			rte_pktmbuf_free(m);
			return FEATURE_BROKEN;
		}
		used |= 1u << queue;
		rte_pktmbuf_free(m);
	}
	rig->queue = used;
	return FEATURE_YES;
}

static enum feature_result
rss_hash(struct rig *rig)
{
	enum feature_result result = start_rss(rig);
	int ret;

	if (result != FEATURE_YES)
		return result;
	ret = get_key(rig);
	if (ret == 0)
		ret = get_reta(rig);
	if (ret != 0)
		return broken(rig, "key or table cannot be read: %d", ret);
	result = check_flows(rig);
	if (result == FEATURE_YES && rig->queue != (1u << rig->n_queues) - 1)
		return broken(rig, "%u flows use queues %#x", FLOWS, rig->queue);
	return result;
}

static enum feature_result
key_update(struct rig *rig)
{
	enum feature_result result = start_rss(rig);
	struct rte_eth_rss_conf conf = {
		.rss_key = key,
		.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP,
	};
	unsigned int i;
	int ret;

	if (result != FEATURE_YES)
		return result;
	for (i = 0; i < sizeof(key); i++)
		key[i] = i * 37 + 11;
	conf.rss_key_len = rig->info.hash_key_size;
	ret = rte_eth_dev_rss_hash_update(rig->port, &conf);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret == 0)
		ret = get_reta(rig);
	return ret == 0 ? check_flows(rig) : broken(rig, "the key cannot be set: %d", ret);
}

static enum feature_result
reta_update(struct rig *rig)
{
	static struct rte_eth_rss_reta_entry64 entries[RETA_MAX / RTE_ETH_RETA_GROUP_SIZE];
	enum feature_result result = start_rss(rig);
	uint16_t i, size = rig->info.reta_size;
	int ret;

	if (result != FEATURE_YES)
		return result;
	for (i = 0; i < size; i++) {
		entries[i / RTE_ETH_RETA_GROUP_SIZE].mask = UINT64_MAX;
		entries[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
			(i / 3) % (rig->n_queues - 1);
	}
	ret = rte_eth_dev_rss_reta_update(rig->port, entries, size);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret == 0)
		ret = get_reta(rig);
	if (ret == 0)
		ret = get_key(rig);
	if (ret != 0)
		return broken(rig, "the table cannot be set: %d", ret);
	for (i = 0; i < size; i++)
		if (reta[i] != (i / 3) % (rig->n_queues - 1))
			return broken(rig, "entry %u of the table is %u", i, reta[i]);
	return check_flows(rig);
}

static enum feature_result
inner_rss(struct rig *rig)
{
	if ((rig->info.flow_type_rss_offloads & RTE_ETH_RSS_LEVEL_MASK) == 0)
		return FEATURE_NO;
	return broken(rig, "RSS levels are advertised, and this test does not try them");
}

const struct feature features_rss[] = {
	{ "RSS hash", "64 UDP flows: queue and hash as DPDK's Toeplitz has them", rss_hash },
	{ "RSS key update", "another key while the port runs, and the same flows", key_update },
	{ "RSS reta update", "another table while the port runs, and the same flows", reta_update },
	{ "Inner RSS", "the level flags", inner_rss },
	{ NULL, NULL, NULL },
};
