/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Ports with several queues: whatever their numbers, each packet that is sent on any of them is
 * received once; queues stop and start singly while others carry traffic; and what an application
 * can ask about a queue is true.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "port_util.h"

#define WIRE		"wire=loop:lossless"
#define MAX_QUEUES	256
#define STAT_QUEUES	16u	/* that have counters in struct rte_eth_stats */
#define FLOW_PAYLOAD	18
#define FLOW_HEADERS	(sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr) + \
			 sizeof(struct rte_udp_hdr))
#define FLOW_LEN	(FLOW_HEADERS + FLOW_PAYLOAD)

static uint16_t port;
static struct rte_ether_addr own;
static struct rte_mempool *pool;	/* enough mbufs for all rings of all queues */

static int
setup(void **state)
{
	(void)state;
	pool = rte_pktmbuf_pool_create("queues", MAX_QUEUES * 64 * 2 + 4095, 64, 0,
				       RTE_PKTMBUF_HEADROOM + 256, SOCKET_ID_ANY);
	assert_non_null(pool);
	port = test_port_plug(WIRE, &own);
	return 0;
}

static int
teardown(void **state)
{
	const unsigned int all = pool->size;

	test_port_teardown(state);
	assert_int_equal(rte_mempool_avail_count(pool), all);
	rte_mempool_free(pool);
	return 0;
}

static void
start(uint16_t n_rx, uint16_t n_tx, uint64_t tx_offloads)
{
	const struct test_port_conf conf = {
		.n_desc = 64, .mtu = 200, .n_rx = n_rx, .n_tx = n_tx, .pool = pool,
		.rss_hf = n_rx > 1 ? RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP : 0,
		.tx_offloads = tx_offloads,
	};

	assert_int_equal(test_start(port, &conf), 0);
	assert_true(test_wait_link(port, true));
}

/** A UDP packet of its own flow, with its number inside. */
static struct rte_mbuf *
make_flow(uint32_t number)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *eth;
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;

	assert_non_null(m);
	m->data_len = FLOW_LEN;
	m->pkt_len = FLOW_LEN;
	eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	memset(eth, 0, FLOW_LEN);
	rte_ether_addr_copy(&own, &eth->dst_addr);
	eth->src_addr.addr_bytes[0] = 2;
	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	ip = (struct rte_ipv4_hdr *)(eth + 1);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(FLOW_LEN - sizeof(*eth));
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = rte_cpu_to_be_32(0x0a000000 + number);
	ip->dst_addr = rte_cpu_to_be_32(0x0a800001);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp = (struct rte_udp_hdr *)(ip + 1);
	udp->src_port = rte_cpu_to_be_16(1024 + number % 50000);
	udp->dst_port = rte_cpu_to_be_16(53);
	udp->dgram_len = rte_cpu_to_be_16(sizeof(*udp) + FLOW_PAYLOAD);
	memcpy(udp + 1, &number, sizeof(number));
	return m;
}

static uint32_t
flow_number(const struct rte_mbuf *m)
{
	uint32_t number;

	assert_int_equal(m->pkt_len, FLOW_LEN);
	memcpy(&number, rte_pktmbuf_mtod_offset(m, void *, FLOW_HEADERS), sizeof(number));
	return number;
}

/** What came, by packet and by queue. */
struct seen {
	unsigned int total;
	unsigned int of_queue[MAX_QUEUES];
	uint8_t of_packet[4 * MAX_QUEUES * 4];
};

/** Poll all queues once. @return how many came */
static unsigned int
poll_all(uint16_t n_rx, struct seen *seen)
{
	struct rte_mbuf *pkts[32];
	unsigned int before_all = seen->total;
	uint16_t q, n, i;

	for (q = 0; q < n_rx; q++) {
		n = rte_eth_rx_burst(port, q, pkts, RTE_DIM(pkts));
		for (i = 0; i < n; i++) {
			assert_in_range(flow_number(pkts[i]), 0, sizeof(seen->of_packet) - 1);
			seen->of_packet[flow_number(pkts[i])]++;
			rte_pktmbuf_free(pkts[i]);
		}
		seen->of_queue[q] += n;
		seen->total += n;
	}
	return seen->total - before_all;
}

/** Poll until `wanted` have come, or nothing more comes for three seconds: the model's thread may
 * wait for a CPU, with all the other tests. */
static void
poll_until(uint16_t n_rx, struct seen *seen, unsigned int wanted)
{
	uint64_t last = rte_rdtsc();

	while (seen->total < wanted && rte_rdtsc() - last < 3 * rte_get_tsc_hz()) {
		if (poll_all(n_rx, seen) != 0)
			last = rte_rdtsc();
		else
			rte_delay_us_sleep(20);
	}
}

static void
send_one(uint16_t queue, uint32_t number)
{
	struct rte_mbuf *m = make_flow(number);
	unsigned int tries;

	for (tries = 0; rte_eth_tx_burst(port, queue, &m, 1) != 1; tries++) {
		assert_true(tries < 10000);
		rte_delay_us_sleep(100);
	}
}

static void
queue_xstat(char *name, size_t len, const char *direction, uint16_t queue)
{
	snprintf(name, len, "%s_q%u_packets", direction, queue);
}

/* ---------------------------------------------------------------- numbers of queues --------- */

/** Send on every Tx queue, receive on every Rx queue; all arrive once, and are counted. */
static void
check_numbers(uint16_t n_rx, uint16_t n_tx)
{
	static struct seen seen;
	struct rte_eth_stats stats;
	const unsigned int each = n_tx * 4 >= 256 ? 4 : 256 / n_tx;
	unsigned int q, i, used = 0;
	char name[RTE_ETH_XSTATS_NAME_SIZE];

	memset(&seen, 0, sizeof(seen));
	start(n_rx, n_tx, 0);
	assert_int_equal(rte_eth_stats_reset(port), 0);
	for (i = 0; i < each; i++) {
		for (q = 0; q < n_tx; q++)
			send_one(q, i * n_tx + q);
		poll_all(n_rx, &seen);
	}
	poll_until(n_rx, &seen, each * n_tx);
	if (seen.total != each * n_tx)
		fail_msg("%u of %u packets came; sent %u, offered %u, delivered %u, dropped %u",
			 seen.total, each * n_tx, (unsigned int)test_xstat(port, "wire_tx_packets"),
			 (unsigned int)test_xstat(port, "wire_rx_offered"),
			 (unsigned int)test_xstat(port, "wire_rx_delivered"),
			 (unsigned int)test_xstat(port, "wire_rx_dropped"));
	for (i = 0; i < each * n_tx; i++)
		assert_int_equal(seen.of_packet[i], 1);
	for (q = 0; q < n_rx; q++)
		used += seen.of_queue[q] != 0;
	print_message("%3u Rx, %3u Tx queues: %u packets, on %u Rx queues\n", n_rx, n_tx,
		      each * n_tx, used);
	/* 256 flows or more leave no queue of a few without any. */
	assert_true(n_rx > 16 ? used > 16 : used == n_rx);

	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.ipackets, each * n_tx);
	assert_int_equal(stats.opackets, each * n_tx);
	assert_int_equal(stats.imissed + stats.ierrors + stats.oerrors, 0);
	for (q = 0; q < RTE_MIN(n_tx, STAT_QUEUES); q++) {
		assert_int_equal(stats.q_opackets[q], each);
		queue_xstat(name, sizeof(name), "tx", q);
		assert_int_equal(test_xstat(port, name), each);
	}
	for (q = 0; q < RTE_MIN(n_rx, STAT_QUEUES); q++) {
		assert_int_equal(stats.q_ipackets[q], seen.of_queue[q]);
		queue_xstat(name, sizeof(name), "rx", q);
		assert_int_equal(test_xstat(port, name), seen.of_queue[q]);
	}
	assert_int_equal(test_xstat(port, "model_mdd_events"), 0);
	assert_int_equal(test_xstat(port, "model_dma_faults"), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
}

static void
test_numbers(void **state)
{
	static const uint16_t numbers[][2] = {
		{ 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 }, { 5, 5 }, { 8, 8 }, { 9, 9 }, { 16, 16 },
		{ 64, 64 }, { 256, 256 }, { 1, 16 }, { 7, 1 }, { 3, 12 }, { 256, 2 }, { 1, 1 },
	};
	struct rte_eth_dev_info info;
	unsigned int i;

	(void)state;
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_int_equal(info.max_rx_queues, 256);
	assert_int_equal(info.max_tx_queues, 256);
	for (i = 0; i < RTE_DIM(numbers); i++)
		check_numbers(numbers[i][0], numbers[i][1]);
}

/** Safe mode: one of each, and no offload that takes a package. */
static void
test_safe_mode(void **state)
{
	const uint64_t parsed = RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH;
	struct rte_eth_dev_info info;

	(void)state;
	test_unplug(TEST_PORT);
	port = test_plug(TEST_PORT, WIRE ",ddp=none,safe-mode=1");
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_int_equal(info.max_rx_queues, 1);
	assert_int_equal(info.max_tx_queues, 1);
	assert_int_equal(info.rx_offload_capa & parsed, 0);
	assert_int_equal(info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_STRIP,
			 RTE_ETH_RX_OFFLOAD_VLAN_STRIP);
	assert_int_equal(test_start(port, &(struct test_port_conf){ .n_rx = 2, .n_tx = 1 }),
			 -EINVAL);
	start(1, 1, 0);
	assert_int_equal(rte_eth_macaddr_get(port, &own), 0);
}

/* ---------------------------------------------------------------- single queues ------------- */

/** Wait until the device has sent all that was given to it. */
static void
wait_sent(uint64_t packets)
{
	unsigned int ms;

	for (ms = 0; ms < 5000 && test_xstat(port, "wire_tx_packets") < packets; ms++)
		rte_delay_us_sleep(1000);
	assert_int_equal(test_xstat(port, "wire_tx_packets"), packets);
}

/** One Tx queue stops and starts, over and over; the others never pause, and nothing is lost. */
static void
test_tx_queue_under_traffic(void **state)
{
	static struct seen seen;
	uint32_t sent = 0, round, i;
	uint16_t q;

	(void)state;
	memset(&seen, 0, sizeof(seen));
	start(4, 4, RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
	for (round = 0; round < 40; round++) {
		for (q = 0; q < 4; q++)
			for (i = 0; i < 8; i++, sent++)
				send_one(q, sent);
		/* What it has been given must leave first: a stop throws away what has not. */
		wait_sent(sent);
		assert_int_equal(rte_eth_dev_tx_queue_stop(port, 2), 0);
		for (q = 0; q < 4; q++) {
			struct rte_mbuf *m;

			if (q != 2) {
				send_one(q, sent++);
				continue;
			}
			m = make_flow(0);
			assert_int_equal(rte_eth_tx_burst(port, q, &m, 1), 0);
			rte_pktmbuf_free(m);
		}
		assert_int_equal(rte_eth_dev_tx_queue_start(port, 2), 0);
		poll_all(4, &seen);
	}
	poll_until(4, &seen, sent);
	assert_int_equal(seen.total, sent);
	for (i = 0; i < sent; i++)
		assert_int_equal(seen.of_packet[i], 1);
}

/** The same with an Rx queue: what is meant for it while it is stopped counts as missed. */
static void
test_rx_queue_under_traffic(void **state)
{
	static struct seen seen;
	struct rte_eth_stats stats;
	uint32_t sent = 0, round;
	unsigned int others;

	(void)state;
	memset(&seen, 0, sizeof(seen));
	start(4, 4, 0);
	for (round = 0; round < 100; round++) {
		uint16_t q = round % 4;

		assert_int_equal(rte_eth_dev_rx_queue_stop(port, 2), 0);
		for (; sent < (round + 1) * 32; sent++)
			send_one(q, sent);
		others = seen.of_queue[2];
		poll_all(4, &seen);
		assert_int_equal(seen.of_queue[2], others);
		assert_int_equal(rte_eth_dev_rx_queue_start(port, 2), 0);
	}
	poll_until(4, &seen, sent);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	/* Some were in the ring when the queue stopped, and went with it: received by the device,
	 * by no burst. */
	assert_int_equal(stats.ipackets + stats.imissed, sent);
	assert_in_range(seen.total, sent / 2, stats.ipackets);
	assert_true(stats.imissed > 0);
	assert_int_equal(stats.ierrors, 0);
	/* Now it is as good as the others. */
	others = seen.of_queue[2];
	for (round = 0; round < 64; round++)
		send_one(0, round);
	poll_until(4, &seen, seen.total + 64);
	assert_true(seen.of_queue[2] > others);
}

static void
test_deferred_and_states(void **state)
{
	struct rte_eth_conf conf = { .rxmode.mtu = 200 };
	struct rte_eth_rxconf rxconf = { .rx_deferred_start = 1, .rx_free_thresh = 32 };
	struct rte_eth_txconf txconf = { .tx_deferred_start = 1, .tx_rs_thresh = 16,
					 .tx_free_thresh = 8 };
	struct rte_eth_rxq_info rx_info;
	struct rte_eth_txq_info tx_info;
	struct rte_mbuf *m;
	uint16_t q;

	(void)state;
	assert_int_equal(rte_eth_dev_configure(port, 3, 3, &conf), 0);
	for (q = 0; q < 3; q++) {
		assert_int_equal(rte_eth_rx_queue_setup(port, q, 64 + 32 * q, SOCKET_ID_ANY,
							q == 1 ? &rxconf : NULL, pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port, q, 64 + 32 * q, SOCKET_ID_ANY,
							q == 2 ? &txconf : NULL), 0);
	}
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
	for (q = 0; q < 3; q++) {
		assert_int_equal(rte_eth_rx_queue_info_get(port, q, &rx_info), 0);
		assert_int_equal(rx_info.nb_desc, 64 + 32 * q);
		assert_ptr_equal(rx_info.mp, pool);
		assert_int_equal(rx_info.rx_buf_size, 256);
		assert_int_equal(rx_info.conf.rx_deferred_start, q == 1);
		assert_int_equal(rx_info.queue_state, q == 1 ? RTE_ETH_QUEUE_STATE_STOPPED :
				 RTE_ETH_QUEUE_STATE_STARTED);
		assert_int_equal(rte_eth_tx_queue_info_get(port, q, &tx_info), 0);
		assert_int_equal(tx_info.nb_desc, 64 + 32 * q);
		assert_int_equal(tx_info.conf.tx_rs_thresh, q == 2 ? 16 : 32);
		assert_int_equal(tx_info.queue_state, q == 2 ? RTE_ETH_QUEUE_STATE_STOPPED :
				 RTE_ETH_QUEUE_STATE_STARTED);
	}
	m = make_flow(0);
	assert_int_equal(rte_eth_tx_burst(port, 2, &m, 1), 0);
	assert_int_equal(rte_eth_rx_queue_count(port, 1), 0);
	assert_int_equal(rte_eth_dev_tx_queue_start(port, 2), 0);
	assert_int_equal(rte_eth_dev_rx_queue_start(port, 1), 0);
	assert_int_equal(rte_eth_tx_burst(port, 2, &m, 1), 1);
	/* Twice is once. */
	assert_int_equal(rte_eth_dev_tx_queue_start(port, 2), 0);
	assert_int_equal(rte_eth_dev_rx_queue_stop(port, 1), 0);
	assert_int_equal(rte_eth_dev_rx_queue_stop(port, 1), 0);
	m = test_receive(port, TEST_COMES_MS);
	assert_non_null(m);
	rte_pktmbuf_free(m);
	assert_int_equal(rte_eth_dev_rx_queue_start(port, 3), -EINVAL);
}

/* ---------------------------------------------------------------- looking into rings -------- */

static void
test_counts_and_statuses(void **state)
{
	struct rte_power_monitor_cond cond;
	struct rte_mbuf *m[8];
	uint32_t i;

	(void)state;
	start(1, 2, 0);
	assert_int_equal(rte_eth_get_monitor_addr(port, 0, &cond), 0);
	assert_int_equal(cond.size, 8);
	assert_int_equal(cond.fn(*(volatile uint64_t *)cond.addr, cond.opaque), 0);
	assert_int_equal(rte_eth_rx_queue_count(port, 0), 0);
	assert_int_equal(rte_eth_rx_descriptor_status(port, 0, 0), RTE_ETH_RX_DESC_AVAIL);
	assert_int_equal(rte_eth_rx_descriptor_status(port, 0, 64), -EINVAL);
	for (i = 0; i < 5; i++)
		send_one(1, i);
	wait_sent(5);
	for (i = 0; i < 1000 && rte_eth_rx_queue_count(port, 0) < 5; i++)
		rte_delay_us_sleep(1000);
	assert_int_equal(rte_eth_rx_queue_count(port, 0), 5);
	assert_true(cond.fn(*(volatile uint64_t *)cond.addr, cond.opaque) < 0);
	assert_int_equal(rte_eth_rx_descriptor_status(port, 0, 4), RTE_ETH_RX_DESC_DONE);
	assert_int_equal(rte_eth_rx_descriptor_status(port, 0, 5), RTE_ETH_RX_DESC_AVAIL);
	/* The device has 56 of 64, five of them used. */
	assert_int_equal(rte_eth_rx_descriptor_status(port, 0, 55), RTE_ETH_RX_DESC_AVAIL);
	assert_int_equal(rte_eth_rx_descriptor_status(port, 0, 56), RTE_ETH_RX_DESC_UNAVAIL);
	assert_int_equal(rte_eth_rx_burst(port, 0, m, 3), 3);
	rte_pktmbuf_free_bulk(m, 3);
	assert_int_equal(rte_eth_rx_queue_count(port, 0), 2);
	assert_int_equal(rte_eth_rx_descriptor_status(port, 0, 1), RTE_ETH_RX_DESC_DONE);
	assert_int_equal(rte_eth_rx_descriptor_status(port, 0, 2), RTE_ETH_RX_DESC_AVAIL);
	assert_int_equal(rte_eth_rx_burst(port, 0, m, 8), 2);
	rte_pktmbuf_free_bulk(m, 2);
	/* Of the block that is being filled the device has not told yet; the rest is free. */
	assert_int_equal(rte_eth_tx_descriptor_status(port, 1, 0), RTE_ETH_TX_DESC_DONE);
	assert_int_equal(rte_eth_tx_descriptor_status(port, 1, 63), RTE_ETH_TX_DESC_FULL);
	assert_int_equal(rte_eth_tx_descriptor_status(port, 1, 64), -EINVAL);
	assert_int_equal(rte_eth_tx_descriptor_status(port, 0, 63), RTE_ETH_TX_DESC_DONE);
	/* Queues that were not set up. */
	assert_int_equal(rte_eth_rx_queue_count(port, 1), -EINVAL);
	assert_int_equal(rte_eth_rx_descriptor_status(port, 1, 0), -EINVAL);
	assert_int_equal(rte_eth_tx_descriptor_status(port, 2, 0), -EINVAL);
}

/** Blocks of 32: given back once the device has reported them, and never more than asked for. */
static void
check_cleanup(uint64_t offloads)
{
	static struct seen seen;
	unsigned int there;
	uint32_t i;
	int cleaned;

	memset(&seen, 0, sizeof(seen));
	start(1, 3, offloads);
	assert_int_equal(rte_eth_tx_done_cleanup(port, 2, 0), 0);
	/* One block, so that no burst looks for what could be cleaned. */
	for (i = 0; i < 32; i++)
		send_one(2, i);
	wait_sent(32);
	poll_until(1, &seen, 32);
	assert_int_equal(seen.total, 32);
	there = rte_mempool_avail_count(pool);
	assert_int_equal(rte_eth_tx_done_cleanup(port, 2, 31), 0);
	assert_int_equal(rte_mempool_avail_count(pool), there);
	assert_int_equal(rte_eth_tx_done_cleanup(port, 2, 32), 32);
	assert_int_equal(rte_mempool_avail_count(pool), there + 32);
	assert_int_equal(rte_eth_tx_done_cleanup(port, 2, 0), 0);
	/* The queue goes on as before, over the end of its ring. */
	for (; i < 200; i++) {
		send_one(2, i);
		poll_all(1, &seen);
	}
	wait_sent(200);
	poll_until(1, &seen, 200);
	assert_int_equal(seen.total, 200);
	there = rte_mempool_avail_count(pool);
	/* Bursts cleaned all but the newest blocks; the last 8 are in one that is not full. */
	cleaned = rte_eth_tx_done_cleanup(port, 2, 0);
	assert_true(cleaned == 0 || cleaned == 32);
	assert_int_equal(rte_mempool_avail_count(pool), there + cleaned);
	assert_int_equal(rte_eth_tx_done_cleanup(port, 2, 0), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
}

static void
test_tx_done_cleanup(void **state)
{
	(void)state;
	check_cleanup(RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
	test_unplug(TEST_PORT);
	port = test_plug(TEST_PORT, WIRE);
	assert_int_equal(rte_eth_macaddr_get(port, &own), 0);
	check_cleanup(RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
}

static void
test_burst_modes(void **state)
{
	static const struct {
		uint64_t rx, tx;
		const char *rx_mode, *tx_mode;
	} modes[] = {
		{ 0, 0, "Scalar", "Scalar Simple" },
		{ RTE_ETH_RX_OFFLOAD_CHECKSUM, RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE,
		  "Scalar Offload", "Scalar Simple" },
		{ RTE_ETH_RX_OFFLOAD_VLAN_STRIP, RTE_ETH_TX_OFFLOAD_VLAN_INSERT,
		  "Scalar Offload", "Scalar" },
		{ RTE_ETH_RX_OFFLOAD_SCATTER, RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
		  "Scalar Scattered", "Scalar" },
	};
	struct rte_eth_burst_mode mode;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(modes); i++) {
		const struct test_port_conf conf = {
			.n_rx = 2, .n_tx = 2, .mtu = modes[i].rx & RTE_ETH_RX_OFFLOAD_SCATTER ?
				9000 : 1500,
			.rx_offloads = modes[i].rx, .tx_offloads = modes[i].tx,
		};

		assert_int_equal(test_start(port, &conf), 0);
		assert_int_equal(rte_eth_rx_burst_mode_get(port, 1, &mode), 0);
		assert_string_equal(mode.info, modes[i].rx_mode);
		assert_int_equal(rte_eth_tx_burst_mode_get(port, 1, &mode), 0);
		assert_string_equal(mode.info, modes[i].tx_mode);
		assert_int_equal(rte_eth_dev_stop(port), 0);
	}
}

/** What a queue cannot have for itself is refused, by name. */
static void
test_queue_offloads(void **state)
{
	struct rte_eth_conf conf = { .rxmode.mtu = 200 };
	struct rte_eth_rxconf rxconf = { .offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP };
	struct rte_eth_txconf txconf = { .offloads = RTE_ETH_TX_OFFLOAD_VLAN_INSERT };

	(void)state;
	assert_int_equal(rte_eth_dev_configure(port, 2, 2, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, SOCKET_ID_ANY, &rxconf, pool),
			 -EINVAL);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 64, SOCKET_ID_ANY, &txconf), -EINVAL);
	txconf.offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 64, SOCKET_ID_ANY, &txconf), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_numbers),
		TEST(test_safe_mode),
		TEST(test_tx_queue_under_traffic),
		TEST(test_rx_queue_under_traffic),
		TEST(test_deferred_and_states),
		TEST(test_counts_and_statuses),
		TEST(test_tx_done_cleanup),
		TEST(test_burst_modes),
		TEST(test_queue_offloads),
	};

	return cmocka_run_group_tests(tests, test_group_setup_port, test_group_teardown);
}
