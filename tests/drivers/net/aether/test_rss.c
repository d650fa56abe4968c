/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * RSS through the public interface: packets of many flows come back by the loop, and each must be
 * on the queue that a Toeplitz hash of our own chooses. Types, key, table, symmetry and queue
 * regions change while the port runs.
 */

#include "port_util.h"

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_flow.h>
#include <rte_ip.h>
#include <rte_sctp.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#define QUEUES		4
#define KEY_LEN		52
#define LUT_MAX		2048
#define FLOWS		24

static uint16_t port;
static struct rte_ether_addr own;

/* ---------------------------------------------------------------- reference ----------------- */

enum { L4_NONE, L4_UDP, L4_TCP, L4_SCTP, L4_FRAG };

struct flow {
	bool ipv6;
	uint8_t l4;
	uint8_t src[16], dst[16];	/* IPv4: the first four bytes */
	uint16_t sport, dport;
};

/** What the port is set to, as we know it. */
static struct {
	uint8_t key[KEY_LEN];
	uint8_t lut[LUT_MAX];
	uint16_t lut_size;
} set;

/** Textbook Toeplitz: for each set bit of the input, the 32 bits of the key from there on. */
static uint32_t
toeplitz(const uint8_t *input, unsigned int len)
{
	uint32_t hash = 0;
	unsigned int i, bit, k;

	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			uint32_t window = 0;

			if (!(input[i] & 0x80 >> bit))
				continue;
			for (k = 0; k < 32; k++) {
				unsigned int at = 8 * i + bit + k;
				bool one = at < 8 * KEY_LEN &&
					(set.key[at / 8] & 0x80 >> at % 8);

				window = window << 1 | one;
			}
			hash ^= window;
		}
	return hash;
}

#define SRC	1
#define DST	2
#define SPORT	4
#define DPORT	8
#define L3	(SRC | DST)
#define L4	(SPORT | DPORT)

static unsigned int
put(uint8_t *to, const void *from, unsigned int len)
{
	memcpy(to, from, len);
	return len;
}

/** The queue that a flow must be on when these fields are hashed; none: the first. */
static uint16_t
queue_of(const struct flow *flow, unsigned int fields, bool symmetric)
{
	const unsigned int addr = flow->ipv6 ? 16 : 4;
	const rte_be16_t sport = rte_cpu_to_be_16(flow->sport);
	const rte_be16_t dport = rte_cpu_to_be_16(flow->dport);
	uint8_t input[64], xored[64];
	unsigned int n = 0, i;

	if (fields == 0)
		return 0;
	if (fields & SRC)
		n += put(input + n, flow->src, addr);
	if (fields & DST)
		n += put(input + n, flow->dst, addr);
	if (fields & SPORT)
		n += put(input + n, &sport, 2);
	if (fields & DPORT)
		n += put(input + n, &dport, 2);
	if (symmetric) {
		/* Source and destination are each replaced by their XOR. */
		assert_int_equal(fields & L3, L3);
		for (i = 0; i < addr; i++)
			xored[i] = xored[addr + i] = input[i] ^ input[addr + i];
		for (i = 2 * addr; i < n; i += 4) {
			xored[i] = xored[i + 2] = input[i] ^ input[i + 2];
			xored[i + 1] = xored[i + 3] = input[i + 1] ^ input[i + 3];
		}
		memcpy(input, xored, n);
	}
	return set.lut[toeplitz(input, n) % set.lut_size];
}

/* ---------------------------------------------------------------- packets ------------------- */

static struct flow
make_flow(bool ipv6, uint8_t l4, unsigned int seed)
{
	struct flow flow = { .ipv6 = ipv6, .l4 = l4 };
	unsigned int i;

	for (i = 0; i < 16; i++) {
		flow.src[i] = 0x20 + seed * 37 + i * 11;
		flow.dst[i] = 0x31 + seed * 71 + i * 29;
	}
	if (!ipv6) {	/* no multicast, no class E */
		flow.src[0] = 10;
		flow.dst[0] = 172;
	}
	flow.sport = 1024 + seed * 977;
	flow.dport = 2048 + seed * 331;
	return flow;
}

static struct flow
reverse(const struct flow *flow)
{
	struct flow back = *flow;

	memcpy(back.src, flow->dst, 16);
	memcpy(back.dst, flow->src, 16);
	back.sport = flow->dport;
	back.dport = flow->sport;
	return back;
}

static uint8_t
protocol(uint8_t l4)
{
	switch (l4) {
	case L4_TCP:
		return IPPROTO_TCP;
	case L4_SCTP:
		return IPPROTO_SCTP;
	case L4_UDP:
	case L4_FRAG:
		return IPPROTO_UDP;
	default:
		return 253;	/* for experiments, RFC 3692 */
	}
}

static struct rte_mbuf *
packet(const struct flow *flow)
{
	const unsigned int len = 128;
	struct rte_mbuf *m = rte_pktmbuf_alloc(test_pool);
	struct rte_ether_hdr *eth;
	rte_be16_t *ports;
	uint8_t *l4;

	assert_non_null(m);
	m->data_len = m->pkt_len = len;
	eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	memset(eth, 0, len);
	eth->dst_addr = own;
	eth->src_addr = (struct rte_ether_addr){ { 2, 0, 0, 0, 0, 9 } };
	if (flow->ipv6) {
		struct rte_ipv6_hdr *ip = (void *)(eth + 1);

		eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
		ip->vtc_flow = RTE_BE32(0x60000000);
		ip->payload_len = rte_cpu_to_be_16(len - sizeof(*eth) - sizeof(*ip));
		ip->proto = protocol(flow->l4);
		ip->hop_limits = 64;
		memcpy(&ip->src_addr, flow->src, 16);
		memcpy(&ip->dst_addr, flow->dst, 16);
		l4 = (void *)(ip + 1);
	} else {
		struct rte_ipv4_hdr *ip = (void *)(eth + 1);

		eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
		ip->version_ihl = 0x45;
		ip->total_length = rte_cpu_to_be_16(len - sizeof(*eth));
		ip->time_to_live = 64;
		ip->next_proto_id = protocol(flow->l4);
		if (flow->l4 == L4_FRAG)
			ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
		memcpy(&ip->src_addr, flow->src, 4);
		memcpy(&ip->dst_addr, flow->dst, 4);
		ip->hdr_checksum = rte_ipv4_cksum(ip);
		l4 = (void *)(ip + 1);
	}
	ports = (void *)l4;
	ports[0] = rte_cpu_to_be_16(flow->sport);
	ports[1] = rte_cpu_to_be_16(flow->dport);
	if (flow->l4 == L4_TCP)
		((struct rte_tcp_hdr *)(void *)l4)->data_off = 0x50;
	if (flow->l4 == L4_UDP)
		((struct rte_udp_hdr *)(void *)l4)->dgram_len =
			rte_cpu_to_be_16(len - (l4 - (uint8_t *)eth));
	return m;
}

/** Send it and see on which queue it comes back. */
static int
comes_on(const struct flow *flow)
{
	const uint64_t end = rte_get_timer_cycles() + rte_get_timer_hz() * TEST_COMES_MS / 1000;
	struct rte_mbuf *m = packet(flow);
	uint16_t q;

	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	while (rte_get_timer_cycles() < end) {
		for (q = 0; q < QUEUES; q++) {
			struct rte_mbuf *back;

			if (rte_eth_rx_burst(port, q, &back, 1) == 0)
				continue;
			rte_pktmbuf_free(back);
			return q;
		}
		rte_delay_us_sleep(20);
	}
	return -1;
}

/** All flows of a kind are where they must be. @return on how many queues they were */
static unsigned int
check_kind(bool ipv6, uint8_t l4, unsigned int fields, bool symmetric)
{
	unsigned int i, queues = 0;

	for (i = 0; i < FLOWS; i++) {
		struct flow flow = make_flow(ipv6, l4, i);
		uint16_t want = queue_of(&flow, fields, symmetric);

		assert_int_equal(comes_on(&flow), want);
		queues |= 1u << want;
		if (!symmetric)
			continue;
		flow = reverse(&flow);
		assert_int_equal(comes_on(&flow), want);
	}
	return __builtin_popcount(queues);
}

/* ---------------------------------------------------------------- the port ------------------ */

static const uint64_t all_types = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6 |
	RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP |
	RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP |
	RTE_ETH_RSS_NONFRAG_IPV4_SCTP | RTE_ETH_RSS_NONFRAG_IPV6_SCTP;

static void
read_set(void)
{
	struct rte_eth_rss_reta_entry64 reta[LUT_MAX / 64];
	struct rte_eth_rss_conf conf = { .rss_key = set.key, .rss_key_len = KEY_LEN };
	struct rte_eth_dev_info info;
	unsigned int i;

	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_int_equal(rte_eth_dev_rss_hash_conf_get(port, &conf), 0);
	assert_int_equal(conf.rss_key_len, KEY_LEN);
	memset(reta, 0xff, sizeof(reta));
	assert_int_equal(rte_eth_dev_rss_reta_query(port, reta, info.reta_size), 0);
	set.lut_size = info.reta_size;
	for (i = 0; i < set.lut_size; i++)
		set.lut[i] = reta[i / 64].reta[i % 64];
}

/** types 0: without the mode. */
static void
start(uint64_t types)
{
	const struct test_port_conf conf = { .n_desc = 128, .n_rx = QUEUES, .rss_hf = types };

	assert_int_equal(test_start(port, &conf), 0);
	assert_true(test_wait_link(port, true));
}

static void
start_port(uint64_t types)
{
	start(types);
	read_set();
}

static int
setup(void **state)
{
	(void)state;
	port = test_port_plug("wire=loop", &own);
	return 0;
}

static void
set_types(uint64_t types)
{
	struct rte_eth_rss_conf conf = { .rss_hf = types };

	assert_int_equal(rte_eth_dev_rss_hash_update(port, &conf), 0);
	assert_int_equal(rte_eth_dev_rss_hash_conf_get(port, &conf), 0);
	assert_int_equal(conf.rss_hf, types);
}

/* ---------------------------------------------------------------- tests --------------------- */

static void
test_types(void **state)
{
	unsigned int v6;

	(void)state;
	start_port(all_types);
	for (v6 = 0; v6 < 2; v6++) {
		assert_true(check_kind(v6, L4_NONE, L3, false) > 1);
		assert_true(check_kind(v6, L4_UDP, L3 | L4, false) > 1);
		assert_true(check_kind(v6, L4_TCP, L3 | L4, false) > 1);
		assert_true(check_kind(v6, L4_SCTP, L3 | L4, false) > 1);
	}
	/* Fragments are a type of their own. */
	assert_int_equal(check_kind(false, L4_FRAG, 0, false), 1);
	set_types(RTE_ETH_RSS_FRAG_IPV4);
	assert_true(check_kind(false, L4_FRAG, L3, false) > 1);
	assert_int_equal(check_kind(false, L4_UDP, 0, false), 1);
	assert_int_equal(check_kind(true, L4_UDP, 0, false), 1);
	set_types(RTE_ETH_RSS_NONFRAG_IPV4_OTHER);
	assert_true(check_kind(false, L4_NONE, L3, false) > 1);
	assert_int_equal(check_kind(false, L4_TCP, 0, false), 1);
	/* IPv4 by addresses, whatever is inside. */
	set_types(RTE_ETH_RSS_IPV4);
	assert_true(check_kind(false, L4_UDP, L3, false) > 1);
	assert_true(check_kind(false, L4_NONE, L3, false) > 1);
	assert_int_equal(check_kind(true, L4_NONE, 0, false), 1);
	set_types(0);
	assert_int_equal(check_kind(false, L4_UDP, 0, false), 1);
}

static void
test_modifiers(void **state)
{
	static const struct {
		uint64_t modifiers;
		unsigned int with_ports, without;
	} cases[] = {
		{ RTE_ETH_RSS_L3_SRC_ONLY, SRC, SRC },
		{ RTE_ETH_RSS_L3_DST_ONLY, DST, DST },
		{ RTE_ETH_RSS_L4_SRC_ONLY, SPORT, L3 },
		{ RTE_ETH_RSS_L4_DST_ONLY, DPORT, L3 },
		{ RTE_ETH_RSS_L3_SRC_ONLY | RTE_ETH_RSS_L4_DST_ONLY, SRC | DPORT, SRC },
		{ RTE_ETH_RSS_L3_DST_ONLY | RTE_ETH_RSS_L4_SRC_ONLY, DST | SPORT, DST },
	};
	unsigned int i;

	(void)state;
	start_port(all_types);
	for (i = 0; i < RTE_DIM(cases); i++) {
		set_types(all_types | cases[i].modifiers);
		check_kind(false, L4_UDP, cases[i].with_ports, false);
		check_kind(true, L4_TCP, cases[i].with_ports, false);
		check_kind(false, L4_NONE, cases[i].without, false);
	}
	set_types(all_types);
	check_kind(false, L4_UDP, L3 | L4, false);
}

static void
test_key(void **state)
{
	uint8_t key[KEY_LEN];
	struct rte_eth_rss_conf conf = {
		.rss_hf = all_types, .rss_key = key, .rss_key_len = KEY_LEN,
	};
	unsigned int i;

	(void)state;
	start_port(all_types);
	for (i = 0; i < KEY_LEN; i++)
		key[i] = 3 + 5 * i;
	assert_int_equal(rte_eth_dev_rss_hash_update(port, &conf), 0);
	read_set();
	assert_memory_equal(set.key, key, KEY_LEN);
	assert_true(check_kind(true, L4_UDP, L3 | L4, false) > 1);
	conf.rss_key_len = 40;
	assert_int_equal(rte_eth_dev_rss_hash_update(port, &conf), -EINVAL);
	assert_non_null(strstr(test_log(), "must be 52 bytes"));
	check_kind(true, L4_UDP, L3 | L4, false);
	/* A key that was not given stays. */
	conf.rss_key = NULL;
	assert_int_equal(rte_eth_dev_rss_hash_update(port, &conf), 0);
	check_kind(false, L4_TCP, L3 | L4, false);
}

static void
test_table(void **state)
{
	struct rte_eth_rss_reta_entry64 reta[LUT_MAX / 64];
	unsigned int i;

	(void)state;
	start_port(all_types);
	assert_int_equal(set.lut_size, 512);
	memset(reta, 0, sizeof(reta));
	/* Odd entries only: all to the last queue. */
	for (i = 0; i < set.lut_size; i++) {
		reta[i / 64].mask |= i % 2 ? RTE_BIT64(i % 64) : 0;
		reta[i / 64].reta[i % 64] = QUEUES - 1;
		if (i % 2)
			set.lut[i] = QUEUES - 1;
	}
	assert_int_equal(rte_eth_dev_rss_reta_update(port, reta, set.lut_size), 0);
	assert_true(check_kind(false, L4_UDP, L3 | L4, false) > 1);
	assert_int_equal(rte_eth_dev_rss_reta_update(port, reta, 256), -EINVAL);
	assert_int_equal(rte_eth_dev_rss_reta_query(port, reta, 128), -EINVAL);
	/* A longer table. */
	for (i = 0; i < 2048; i++) {
		reta[i / 64].mask = UINT64_MAX;
		set.lut[i] = reta[i / 64].reta[i % 64] = (i / 512 + i) % QUEUES;
	}
	assert_int_equal(rte_eth_dev_rss_reta_update(port, reta, 2048), 0);
	set.lut_size = 2048;
	assert_true(check_kind(true, L4_TCP, L3 | L4, false) > 1);
	read_set();
	assert_int_equal(set.lut_size, 2048);
	check_kind(true, L4_TCP, L3 | L4, false);
}

/** A rule on these items with this RSS action. */
static struct rte_flow *
rule(const enum rte_flow_item_type *items, const struct rte_flow_action_rss *rss,
     struct rte_flow_error *error)
{
	const struct rte_flow_attr attr = { .ingress = 1 };
	const struct rte_flow_action actions[] = {
		{ RTE_FLOW_ACTION_TYPE_RSS, rss }, { RTE_FLOW_ACTION_TYPE_END, NULL },
	};
	struct rte_flow_item pattern[6];
	unsigned int i = 0;

	memset(pattern, 0, sizeof(pattern));
	do
		pattern[i].type = items[i];
	while (items[i++] != RTE_FLOW_ITEM_TYPE_END);
	if (rte_flow_validate(port, &attr, pattern, actions, error) != 0)
		return NULL;
	return rte_flow_create(port, &attr, pattern, actions, error);
}

#define ITEMS(...) \
	((const enum rte_flow_item_type[]){ __VA_ARGS__, RTE_FLOW_ITEM_TYPE_END })
#define ETH	RTE_FLOW_ITEM_TYPE_ETH
#define IPV4	RTE_FLOW_ITEM_TYPE_IPV4
#define IPV6	RTE_FLOW_ITEM_TYPE_IPV6
#define UDP	RTE_FLOW_ITEM_TYPE_UDP
#define TCP	RTE_FLOW_ITEM_TYPE_TCP

static void
test_rules(void **state)
{
	struct rte_flow_action_rss rss = {
		.types = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_L3_SRC_ONLY,
	};
	struct rte_flow_error error;
	struct rte_flow *udp, *ip;

	(void)state;
	start_port(all_types);
	udp = rule(ITEMS(ETH, IPV4, UDP), &rss, &error);
	assert_non_null(udp);
	check_kind(false, L4_UDP, SRC, false);
	check_kind(false, L4_TCP, L3 | L4, false);
	check_kind(true, L4_UDP, L3 | L4, false);
	/* The later rule counts, for all of IPv4. */
	rss.types = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_L3_DST_ONLY;
	ip = rule(ITEMS(ETH, IPV4), &rss, &error);
	assert_non_null(ip);
	check_kind(false, L4_UDP, DST, false);
	check_kind(false, L4_TCP, DST, false);
	assert_int_equal(rte_flow_destroy(port, ip, &error), 0);
	check_kind(false, L4_UDP, SRC, false);
	check_kind(false, L4_TCP, L3 | L4, false);
	assert_int_equal(rte_flow_destroy(port, udp, &error), 0);
	check_kind(false, L4_UDP, L3 | L4, false);
	assert_int_equal(rte_flow_destroy(port, udp, &error), -ENOENT);
	/* Addresses only, of packets with ports. */
	rss.types = RTE_ETH_RSS_IPV6;
	assert_non_null(rule(ITEMS(ETH, IPV6, TCP), &rss, &error));
	check_kind(true, L4_TCP, L3, false);
	check_kind(true, L4_UDP, L3 | L4, false);
	assert_int_equal(rte_flow_flush(port, &error), 0);
	check_kind(true, L4_TCP, L3 | L4, false);
}

static void
test_symmetric(void **state)
{
	struct rte_flow_action_rss rss = {
		.func = RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ,
		.types = RTE_ETH_RSS_NONFRAG_IPV4_UDP,
	};
	struct rte_flow_error error;

	(void)state;
	start_port(all_types);
	assert_non_null(rule(ITEMS(ETH, IPV4, UDP), &rss, &error));
	assert_true(check_kind(false, L4_UDP, L3 | L4, true) > 1);
	check_kind(false, L4_TCP, L3 | L4, false);
	rss.types = RTE_ETH_RSS_IPV6;
	assert_non_null(rule(ITEMS(ETH, IPV6), &rss, &error));
	assert_true(check_kind(true, L4_NONE, L3, true) > 1);
	assert_true(check_kind(true, L4_TCP, L3, true) > 1);
	assert_int_equal(rte_flow_flush(port, &error), 0);
	check_kind(false, L4_UDP, L3 | L4, false);
	check_kind(true, L4_NONE, L3, false);
}

static void
test_region(void **state)
{
	static const uint16_t queues[] = { 2, 3 }, gap[] = { 0, 2 }, three[] = { 0, 1, 2 };
	struct rte_flow_action_rss rss = { .queue = queues, .queue_num = 2 };
	const struct rte_flow_action_rss with_gap = { .queue = gap, .queue_num = 2 };
	const struct rte_flow_action_rss not_power = { .queue = three, .queue_num = 3 };
	struct rte_flow_error error;
	struct rte_flow *region;
	unsigned int i;

	(void)state;
	start_port(all_types);
	assert_null(rule(ITEMS(ETH), &with_gap, &error));
	assert_non_null(strstr(error.message, "run"));
	assert_null(rule(ITEMS(ETH), &not_power, &error));
	assert_null(rule(ITEMS(ETH, IPV4), &rss, &error));
	region = rule(ITEMS(ETH), &rss, &error);
	assert_non_null(region);
	assert_null(rule(ITEMS(ETH), &rss, &error));
	for (i = 0; i < set.lut_size; i++)
		set.lut[i] = 2 + i % 2;
	assert_int_equal(check_kind(false, L4_UDP, L3 | L4, false), 2);
	assert_int_equal(rte_flow_destroy(port, region, &error), 0);
	read_set();
	assert_true(check_kind(false, L4_UDP, L3 | L4, false) > 2);
	/* testpmd fills types in, those of extension headers among them. */
	rss.types = RTE_ETH_RSS_IP;
	assert_non_null(rule(ITEMS(ETH), &rss, &error));
	assert_int_equal(rte_flow_flush(port, &error), 0);
	rss.types = RTE_ETH_RSS_IPV6_EX;
	assert_null(rule(ITEMS(ETH, IPV6), &rss, &error));
}

static void
test_rules_refused(void **state)
{
	static const struct rte_flow_item_ipv4 spec = { .hdr.src_addr = RTE_BE32(0x0a000001) };
	const struct rte_flow_attr egress = { .egress = 1 };
	const struct rte_flow_attr prio = { .ingress = 1, .priority = 1 };
	const struct rte_flow_attr ingress = { .ingress = 1 };
	struct rte_flow_action_rss rss = { .types = RTE_ETH_RSS_IPV4 };
	const struct rte_flow_action actions[] = {
		{ RTE_FLOW_ACTION_TYPE_RSS, &rss }, { RTE_FLOW_ACTION_TYPE_END, NULL },
	};
	const struct rte_flow_action drop[] = {
		{ RTE_FLOW_ACTION_TYPE_DROP, NULL }, { RTE_FLOW_ACTION_TYPE_END, NULL },
	};
	struct rte_flow_item items[] = {
		{ .type = ETH }, { .type = IPV4 }, { .type = RTE_FLOW_ITEM_TYPE_END },
	};
	struct rte_flow_error error;

	(void)state;
	start_port(all_types);
	assert_int_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	assert_int_not_equal(rte_flow_validate(port, &egress, items, actions, &error), 0);
	assert_int_not_equal(rte_flow_validate(port, &prio, items, actions, &error), 0);
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, drop, &error), 0);
	items[1].spec = &spec;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	assert_non_null(strstr(error.message, "leave spec"));
	items[1].spec = NULL;
	rss.func = RTE_ETH_HASH_FUNCTION_SIMPLE_XOR;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	rss.func = RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ;
	rss.types = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_L3_SRC_ONLY;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	rss.func = RTE_ETH_HASH_FUNCTION_DEFAULT;
	rss.types = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_L4_SRC_ONLY;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	rss.types = RTE_ETH_RSS_NONFRAG_IPV4_UDP;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	rss.types = RTE_ETH_RSS_IPV4;
	rss.level = 2;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	rss.level = 0;
	rss.key_len = 52;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	rss.key_len = 0;
	items[0].type = UDP;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	rss.types = 0;
	items[0].type = items[1].type = ETH;
	assert_int_not_equal(rte_flow_validate(port, &ingress, items, actions, &error), 0);
	assert_non_null(strstr(error.message, "can be a pattern"));
}

/* Types, key, table and rules are there again after stop and start, and after a reset. */
static void
test_survives(void **state)
{
	struct rte_flow_action_rss rss = {
		.types = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_L3_SRC_ONLY,
	};
	struct rte_eth_rss_reta_entry64 reta[LUT_MAX / 64];
	struct rte_flow_error error;
	unsigned int i, round;

	(void)state;
	start_port(all_types);
	assert_non_null(rule(ITEMS(ETH, IPV4, UDP), &rss, &error));
	for (i = 0; i < set.lut_size; i++) {
		reta[i / 64].mask = UINT64_MAX;
		set.lut[i] = reta[i / 64].reta[i % 64] = (i / 3) % QUEUES;
	}
	assert_int_equal(rte_eth_dev_rss_reta_update(port, reta, set.lut_size), 0);
	set_types(all_types | RTE_ETH_RSS_L4_DST_ONLY);
	for (round = 0; round < 3; round++) {
		check_kind(false, L4_UDP, SRC, false);
		check_kind(false, L4_TCP, DPORT, false);
		assert_int_equal(rte_eth_dev_stop(port), 0);
		if (round == 1)
			assert_int_equal(rte_eth_dev_reset(port), 0);
		assert_int_equal(rte_eth_dev_start(port), 0);
		assert_true(test_wait_link(port, true));
	}
}

/** A rule of which the device refuses the last part leaves nothing of the others. */
static void
test_rule_half_refused(void **state)
{
	static const uint16_t queues[] = { 2, 3 };
	struct rte_flow_action_rss rss = {
		.types = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_L3_SRC_ONLY,
		.queue = queues, .queue_num = 2,
	};
	struct rte_flow_error error;
	uint64_t commands;

	(void)state;
	start_port(all_types);
	commands = test_xstat(port, "model_aq_commands");
	assert_non_null(rule(ITEMS(ETH), &rss, &error));
	commands = test_xstat(port, "model_aq_commands") - commands;
	test_unplug(TEST_PORT);
	port = test_port_plug("wire=loop,fault=aq:nth:999:16", &own);
	start_port(all_types);
	/* Counted from 0. */
	test_use_commands(port, 999 + 1 - commands);
	assert_null(rule(ITEMS(ETH), &rss, &error));
	assert_true(check_kind(false, L4_UDP, L3 | L4, false) > 2);
	/* Once is no reason not to try again. */
	assert_non_null(rule(ITEMS(ETH), &rss, &error));
}

/* A port without the mode hashes nothing and says why it refuses. */
static void
test_without_rss(void **state)
{
	struct rte_eth_rss_reta_entry64 reta[LUT_MAX / 64] = { 0 };
	struct rte_flow_action_rss rss = { .types = RTE_ETH_RSS_IPV4 };
	struct rte_flow_error error;

	(void)state;
	start(0);
	assert_int_equal(check_kind(false, L4_UDP, 0, false), 1);
	assert_int_not_equal(rte_eth_dev_rss_reta_update(port, reta, 512), 0);
	assert_null(rule(ITEMS(ETH, IPV4), &rss, &error));
	assert_non_null(strstr(error.message, "RTE_ETH_MQ_RX_RSS"));
}

/* Rules of a port that is configured anew, without the mode, rest, and go without a trace. */
static void
test_rules_rest(void **state)
{
	static const uint16_t queues[] = { 2, 3 };
	struct rte_flow_action_rss rss = {
		.types = RTE_ETH_RSS_NONFRAG_IPV4_UDP, .queue = queues, .queue_num = 2,
	};
	struct rte_flow_error error;

	(void)state;
	start_port(all_types);
	assert_non_null(rule(ITEMS(ETH), &rss, &error));
	assert_int_equal(rte_eth_dev_stop(port), 0);
	start(0);
	assert_int_equal(check_kind(false, L4_UDP, 0, false), 1);
	assert_int_equal(rte_flow_flush(port, &error), 0);
	assert_int_equal(check_kind(false, L4_UDP, 0, false), 1);
	assert_int_equal(check_kind(false, L4_TCP, 0, false), 1);
}

/* Profiles and entries are given back: far more changes than the card has of either. */
static void
test_many_changes(void **state)
{
	unsigned int i;

	(void)state;
	start_port(all_types);
	for (i = 0; i < 300; i++)
		set_types(i % 2 ? all_types : RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP |
			  (i % 4 ? RTE_ETH_RSS_L3_SRC_ONLY : 0));
	set_types(all_types);
	check_kind(false, L4_UDP, L3 | L4, false);
}

/* With ddp=none, and nothing that brings a package. */
static void
test_no_package(void **state)
{
	struct rte_eth_dev_info info;
	int id;

	(void)state;
	test_unplug(TEST_PORT);
	test_log();
	assert_true(test_plug(TEST_PORT,
			      "wire=loop,ddp=none,ddp_pkg_file=/nonexistent/ice.pkg") < 0);
	assert_non_null(strstr(test_log(), "/nonexistent/ice.pkg: is not there"));
	assert_true(test_plug(TEST_PORT, "wire=loop,ddp=none,safe-mode=1,"
			      "ddp_pkg_file=/nonexistent/ice.pkg") < 0);
	test_log();
	assert_true(test_plug(TEST_PORT, "wire=loop,ddp=none,ddp_pkg_file=/") < 0);
	assert_non_null(strstr(test_log(), "is a folder"));
	id = test_plug(TEST_PORT, "wire=loop");
	assert_true(id >= 0);
	port = id;
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_true(info.max_rx_queues >= QUEUES);
	assert_int_equal(info.hash_key_size, KEY_LEN);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, test_port_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_types),
		TEST(test_modifiers),
		TEST(test_key),
		TEST(test_table),
		TEST(test_rules),
		TEST(test_symmetric),
		TEST(test_region),
		TEST(test_rules_refused),
		TEST(test_survives),
		TEST(test_rule_half_refused),
		TEST(test_without_rss),
		TEST(test_rules_rest),
		TEST(test_many_changes),
		TEST(test_no_package),
	};

	return cmocka_run_group_tests(tests, test_group_setup_port, test_group_teardown);
}
