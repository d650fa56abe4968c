/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What a port does between start and stop, each operation by its effect on traffic and counters. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#include <rte_pmd_aether.h>

#include "port_util.h"

static uint16_t port;
static struct rte_ether_addr own;

/** A port on a wire that brings back what it sends. */
static int
setup(void **state)
{
	(void)state;
	port = test_port_plug("wire=loop", &own);
	return 0;
}

static void
start(const struct test_port_conf *conf)
{
	assert_int_equal(test_start(port, conf), 0);
	assert_true(test_wait_link(port, true));
}

/** Whether a frame to dst comes back over the loop. */
static bool
comes_back(const struct rte_ether_addr *dst)
{
	struct rte_mbuf *m;

	assert_true(test_send(port, test_frame(dst, 64, 1)));
	m = test_receive(port, TEST_COMES_MS);
	if (m == NULL)
		return false;
	assert_true(test_is_frame(m, 64, 1));
	rte_pktmbuf_free(m);
	return true;
}

/** Whether it does not. */
static bool
stays_away(const struct rte_ether_addr *dst)
{
	assert_true(test_send(port, test_frame(dst, 64, 1)));
	return test_receive(port, TEST_NONE_MS) == NULL;
}

/* ---------------------------------------------------------------- identity ------------------ */

static void
test_identity(void **state)
{
	struct rte_eth_dev_info info;
	char version[32];

	(void)state;
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_string_equal(info.driver_name, "net_aether");
	assert_true(info.max_rx_queues > 1);		/* the model has a DDP package */
	assert_true(info.max_tx_queues > 1);
	assert_true(info.flow_type_rss_offloads & RTE_ETH_RSS_IPV4);
	assert_int_equal(info.rx_desc_lim.nb_max, 8160);
	assert_int_equal(info.rx_desc_lim.nb_min, 64);
	assert_int_equal(info.rx_desc_lim.nb_align, 32);
	assert_int_equal(info.max_rx_pktlen, 9728);
	assert_true(rte_is_valid_assigned_ether_addr(&own));
	assert_int_equal(rte_eth_dev_fw_version_get(port, version, sizeof(version)), 0);
	assert_true(strlen(version) > 10);
	assert_int_equal(rte_eth_dev_fw_version_get(port, version, 5), strlen(version) + 1);
}

static void
test_given_mac_and_speed(void **state)
{
	static const struct rte_ether_addr given = { .addr_bytes = { 2, 1, 2, 3, 4, 5 } };
	struct rte_eth_link link;

	(void)state;
	test_unplug(TEST_PORT);
	port = test_port_plug("wire=loop,mac=02:01:02:03:04:05,speed=25000", &own);
	assert_true(rte_is_same_ether_addr(&own, &given));
	start(&(struct test_port_conf){0});
	assert_int_equal(rte_eth_link_get(port, &link), 0);
	assert_int_equal(link.link_speed, 25000);
	assert_int_equal(link.link_duplex, RTE_ETH_LINK_FULL_DUPLEX);
	assert_true(comes_back(&given));
}

static void
test_configurations_refused(void **state)
{
	struct rte_eth_conf conf = { .rxmode.mtu = 1500 };
	struct rte_eth_txconf txconf = { .tx_rs_thresh = 33 };

	(void)state;
	conf.lpbk_mode = 1;
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), -ENOTSUP);
	assert_non_null(strstr(test_log(), "lpbk_mode"));
	conf.lpbk_mode = 0;
	conf.rxmode.mq_mode = RTE_ETH_MQ_RX_DCB;
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), -ENOTSUP);
	conf.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
	assert_int_equal(rte_eth_dev_configure(port, 257, 1, &conf), -EINVAL);
	conf.rxmode.offloads = RTE_ETH_RX_OFFLOAD_TCP_LRO;
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), -EINVAL);
	conf.rxmode.offloads = 0;

	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 100, SOCKET_ID_ANY, NULL, test_pool),
			 -EINVAL);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 256, SOCKET_ID_ANY, &txconf), -EINVAL);
	assert_non_null(strstr(test_log(), "tx_rs_thresh 33"));
	assert_int_equal(rte_eth_dev_start(port), -EINVAL);
	assert_non_null(strstr(test_log(), "rte_eth_rx_queue_setup()"));
}

/* ---------------------------------------------------------------- addresses ----------------- */

static void
test_unicast_filter(void **state)
{
	struct rte_ether_addr other = { .addr_bytes = { 2, 0, 0, 0, 0, 0x42 } };

	(void)state;
	start(&(struct test_port_conf){0});
	assert_true(comes_back(&own));
	assert_true(stays_away(&other));
	assert_int_equal(rte_eth_dev_mac_addr_add(port, &other, 0), 0);
	assert_true(comes_back(&other));
	assert_int_equal(rte_eth_dev_mac_addr_remove(port, &other), 0);
	assert_true(stays_away(&other));
	assert_int_equal(rte_eth_dev_default_mac_addr_set(port, &other), 0);
	assert_true(comes_back(&other));
	assert_true(stays_away(&own));

	/* All that survives a stop. */
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
	assert_true(comes_back(&other));
	assert_true(stays_away(&own));
}

static void
test_promiscuous(void **state)
{
	struct rte_ether_addr other = { .addr_bytes = { 2, 0, 0, 0, 0, 0x42 } };

	(void)state;
	/* Asked for before the start, it holds from then on. */
	assert_int_equal(rte_eth_promiscuous_enable(port), 0);
	start(&(struct test_port_conf){0});
	assert_true(comes_back(&other));
	assert_int_equal(rte_eth_promiscuous_disable(port), 0);
	assert_true(stays_away(&other));
	assert_true(comes_back(&own));
}

static void
test_group_addresses(void **state)
{
	struct rte_ether_addr broadcast = { .addr_bytes = { 255, 255, 255, 255, 255, 255 } };
	struct rte_ether_addr groups[2] = {
		{ .addr_bytes = { 1, 0, 0x5e, 0, 0, 1 } },
		{ .addr_bytes = { 1, 0, 0x5e, 0, 0, 2 } },
	};

	(void)state;
	start(&(struct test_port_conf){0});
	assert_true(comes_back(&broadcast));
	assert_true(stays_away(&groups[0]));
	assert_int_equal(rte_eth_allmulticast_enable(port), 0);
	assert_true(comes_back(&groups[0]));
	assert_int_equal(rte_eth_allmulticast_disable(port), 0);
	assert_true(stays_away(&groups[0]));

	assert_int_equal(rte_eth_dev_set_mc_addr_list(port, groups, 1), 0);
	assert_true(comes_back(&groups[0]));
	assert_true(stays_away(&groups[1]));
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port, &groups[1], 1), 0);
	assert_true(stays_away(&groups[0]));
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
	assert_true(comes_back(&groups[1]));
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port, NULL, 0), 0);
	assert_true(stays_away(&groups[1]));
}

/* ---------------------------------------------------------------- frames -------------------- */

static struct rte_mbuf *
send_and_receive(struct rte_mbuf *m)
{
	assert_true(test_send(port, m));
	m = test_receive(port, TEST_COMES_MS);
	assert_non_null(m);
	return m;
}

static void
test_mtu(void **state)
{
	uint16_t mtu;

	(void)state;
	start(&(struct test_port_conf){ .mtu = 1000 });
	/* The MTU is that of a frame with two VLAN tags; without any there are 8 bytes to spare. */
	rte_pktmbuf_free(send_and_receive(test_frame(&own, 14 + 1000 + 8, 1)));
	assert_true(test_send(port, test_frame(&own, 14 + 1000 + 9, 2)));
	assert_null(test_receive(port, TEST_NONE_MS));
	assert_int_equal(rte_eth_dev_set_mtu(port, 1500), -EBUSY);
	assert_non_null(strstr(test_log(), "stop it first"));
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_set_mtu(port, 1500), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
	assert_int_equal(rte_eth_dev_get_mtu(port, &mtu), 0);
	assert_int_equal(mtu, 1500);
	rte_pktmbuf_free(send_and_receive(test_frame(&own, 14 + 1500, 3)));
}

/** A frame of several mbufs of at most seg bytes. */
static struct rte_mbuf *
make_chain(uint32_t len, uint16_t seg, uint32_t seed)
{
	uint8_t *whole = malloc(len);
	struct rte_mbuf *first = NULL, *m;
	uint32_t at, n;

	assert_non_null(whole);
	for (at = 0; at < len; at++)
		whole[at] = at < 6 ? own.addr_bytes[at] : seed + at * 7 + at / 256;
	for (at = 0; at < len; at += n) {
		n = RTE_MIN(len - at, seg);
		m = rte_pktmbuf_alloc(test_pool);
		assert_non_null(m);
		memcpy(rte_pktmbuf_append(m, n), whole + at, n);
		if (first == NULL)
			first = m;
		else
			assert_int_equal(rte_pktmbuf_chain(first, m), 0);
	}
	free(whole);
	return first;
}

static bool
is_chain(const struct rte_mbuf *m, uint32_t len, uint32_t seed)
{
	uint32_t at;
	uint8_t byte;

	rte_mbuf_sanity_check(m, 1);
	if (m->pkt_len != len)
		return false;
	for (at = 6; at < len; at++) {
		if (*(const uint8_t *)rte_pktmbuf_read(m, at, 1, &byte) !=
		    (uint8_t)(seed + at * 7 + at / 256))
			return false;
	}
	return true;
}

static void
test_scattered(void **state)
{
	static const uint32_t lengths[] = { 60, 2047, 2048, 2049, 4096, 4097, 9000, 9702 + 14 };
	struct rte_eth_burst_mode mode;
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	start(&(struct test_port_conf){ .mtu = 9702,
		.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	assert_int_equal(rte_eth_rx_burst_mode_get(port, 0, &mode), 0);
	assert_string_equal(mode.info, "Scalar Scattered");
	for (i = 0; i < RTE_DIM(lengths); i++) {
		m = send_and_receive(make_chain(lengths[i], 1500, i));
		assert_int_equal(m->nb_segs, (lengths[i] + 2047) / 2048);
		assert_true(is_chain(m, lengths[i], i));
		rte_pktmbuf_free(m);
	}
}

static void
test_jumbo_without_scatter(void **state)
{
	(void)state;
	assert_int_equal(test_start(port, &(struct test_port_conf){ .mtu = 9000 }), -EINVAL);
	assert_non_null(strstr(test_log(), "scatter offload"));
	/* And with it, all is well. */
	assert_int_equal(test_start(port, &(struct test_port_conf){ .mtu = 9000,
			 .rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER }), 0);
}

static void
test_keep_crc(void **state)
{
	static const uint64_t offloads[] = {
		RTE_ETH_RX_OFFLOAD_KEEP_CRC,
		RTE_ETH_RX_OFFLOAD_KEEP_CRC | RTE_ETH_RX_OFFLOAD_SCATTER,
	};
	struct rte_mbuf *m;
	unsigned int i;
	uint32_t len;

	(void)state;
	for (i = 0; i < RTE_DIM(offloads); i++) {
		start(&(struct test_port_conf){ .rx_offloads = offloads[i],
						.mtu = i == 0 ? 1500 : 9000 });
		/* The FCS is behind the data, and neither in its length nor in the counters. */
		for (len = 60; len < (i == 0 ? 100 : 2060); len += i == 0 ? 1 : 400) {
			m = send_and_receive(test_frame(&own, len, len));
			assert_true(test_is_frame(m, len, len));
			rte_pktmbuf_free(m);
		}
		assert_int_equal(rte_eth_dev_stop(port), 0);
	}
	/* Where the FCS straddles two buffers, or has one of its own. */
	start(&(struct test_port_conf){ .mtu = 9000, .rx_offloads = offloads[1],
					.tx_offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS });
	for (len = 2042; len < 2052; len++) {
		m = send_and_receive(make_chain(len, 1400, len));
		assert_int_equal(m->nb_segs, len > 2048 ? 2 : 1);
		assert_true(is_chain(m, len, len));
		rte_pktmbuf_free(m);
	}
}

/* ---------------------------------------------------------------- checksums ----------------- */

static struct rte_mbuf *
make_udp(uint16_t payload, uint64_t flags)
{
	const uint16_t ip_len = sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_udp_hdr) + payload;
	struct rte_mbuf *m = test_frame(&own, sizeof(struct rte_ether_hdr) + ip_len, payload);
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(ip_len),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = RTE_BE32(0xC0000201),	/* 192.0.2.1 */
		.dst_addr = RTE_BE32(0xC0000202),
	};
	*udp = (struct rte_udp_hdr){
		.src_port = rte_cpu_to_be_16(1000),
		.dst_port = rte_cpu_to_be_16(2000),
		.dgram_len = rte_cpu_to_be_16(sizeof(*udp) + payload),
	};
	m->ol_flags = flags;
	m->l2_len = sizeof(*eth);
	m->l3_len = sizeof(*ip);
	return m;
}

static void
test_checksums(void **state)
{
	const uint64_t ask = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM;
	const uint64_t good = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	struct rte_ipv4_hdr *ip;
	struct rte_mbuf *m;

	(void)state;
	start(&(struct test_port_conf){ .rx_offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM,
		.tx_offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM });
	m = make_udp(77, ask);
	assert_int_equal(rte_eth_tx_prepare(port, 0, &m, 1), 1);
	m = send_and_receive(m);
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, sizeof(struct rte_ether_hdr));
	assert_int_not_equal(ip->hdr_checksum, 0);
	assert_int_equal(rte_ipv4_cksum(ip), 0);	/* with its own in place */
	assert_int_equal(rte_ipv4_udptcp_cksum_verify(ip, ip + 1), 0);
	assert_int_equal(m->ol_flags, good);
	assert_int_equal(m->packet_type, RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
			 RTE_PTYPE_L4_UDP);

	/* Sent again with a wrong byte in the payload, then in the header, as it is. */
	m->ol_flags = 0;
	rte_pktmbuf_mtod(m, uint8_t *)[m->pkt_len - 1] ^= 1;
	m = send_and_receive(m);
	assert_int_equal(m->ol_flags, RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD);
	m->ol_flags = 0;
	rte_pktmbuf_mtod(m, uint8_t *)[m->pkt_len - 1] ^= 1;
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, sizeof(struct rte_ether_hdr));
	ip->time_to_live--;
	m = send_and_receive(m);
	assert_int_equal(m->ol_flags, RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	rte_pktmbuf_free(m);
}

/* ---------------------------------------------------------------- counters ------------------ */

static void
test_statistics(void **state)
{
	struct rte_ether_addr broadcast = { .addr_bytes = { 255, 255, 255, 255, 255, 255 } };
	struct rte_eth_stats stats;
	uint64_t bytes = 0;
	uint32_t i;

	(void)state;
	start(&(struct test_port_conf){0});
	for (i = 0; i < 10; i++) {
		rte_pktmbuf_free(send_and_receive(test_frame(&own, 60 + 100 * i, i)));
		bytes += 60 + 100 * i;
	}
	rte_pktmbuf_free(send_and_receive(test_frame(&broadcast, 60, i)));
	bytes += 60;
	/* One that the port does not want, and one that no E810 can send. */
	assert_true(test_send(port, test_frame(&(struct rte_ether_addr){ .addr_bytes = { 2 } }, 60,
					       0)));
	assert_null(test_receive(port, TEST_NONE_MS));
	assert_true(test_send(port, test_frame(&own, 16, 0)));

	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.ipackets, 11);
	assert_int_equal(stats.ibytes, bytes);
	assert_int_equal(stats.opackets, 12);
	assert_int_equal(stats.obytes, bytes + 60);
	assert_int_equal(stats.imissed, 0);
	assert_int_equal(stats.ierrors, 0);
	assert_int_equal(stats.oerrors, 1);
	assert_int_equal(stats.q_ipackets[0], 11);
	assert_int_equal(stats.q_ibytes[0], bytes);
	assert_int_equal(stats.q_opackets[0], 12);
	assert_int_equal(test_xstat(port, "rx_unicast_packets"), 10);
	assert_int_equal(test_xstat(port, "rx_broadcast_packets"), 1);
	assert_int_equal(test_xstat(port, "tx_unicast_packets"), 11);
	assert_int_equal(test_xstat(port, "rx_size_64_packets"), 3);
	assert_int_equal(test_xstat(port, "rx_size_512_to_1023_packets"), 5);
	assert_int_equal(test_xstat(port, "tx_malformed_packets"), 1);
	assert_int_equal(test_xstat(port, "model_dma_faults"), 0);
	assert_int_equal(test_xstat(port, "model_mdd_events"), 0);

	/* They survive a stop, and reset means reset. */
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.ipackets, 11);
	assert_int_equal(rte_eth_stats_reset(port), 0);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.ipackets + stats.opackets + stats.ibytes + stats.obytes +
			 stats.oerrors + stats.q_ipackets[0] + stats.q_opackets[0], 0);
	assert_int_equal(test_xstat(port, "rx_size_64_packets"), 0);
	assert_true(test_wait_link(port, true));
	assert_true(comes_back(&own));
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.ipackets, 1);
	assert_int_equal(stats.opackets, 1);
}

/** Nobody receives: what the ring cannot take is counted as missed, to the packet. */
static void
test_missed(void **state)
{
	struct rte_pmd_aether_wire_stats wire;
	struct rte_eth_stats stats;
	struct rte_mbuf *m;
	uint32_t i, got = 0;

	(void)state;
	start(&(struct test_port_conf){ .n_desc = 64 });
	for (i = 0; i < 100; i++) {
		while (!test_send(port, test_frame(&own, 60, i)))
			rte_delay_us_sleep(100);
	}
	do {
		rte_delay_us_sleep(1000);
		assert_int_equal(rte_pmd_aether_wire_stats_get(port, &wire), 0);
	} while (wire.rx_delivered + wire.rx_dropped < 100);
	while ((m = test_receive(port, TEST_NONE_MS)) != NULL) {
		assert_true(test_is_frame(m, 60, got));
		rte_pktmbuf_free(m);
		got++;
	}
	assert_int_equal(got, 64 - 8);		/* eight descriptors never go to the device */
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.opackets, 100);
	assert_int_equal(stats.ipackets, got);
	assert_int_equal(stats.imissed, 100 - got);
	assert_int_equal(test_xstat(port, "rx_dropped_packets"), 100 - got);
	assert_int_equal(rte_pmd_aether_wire_stats_get(port, &wire), 0);
	assert_int_equal(wire.rx_offered, 100);
	assert_int_equal(wire.rx_delivered, got);
	assert_int_equal(wire.rx_dropped, 100 - got);
	assert_int_equal(wire.tx_packets, 100);
}

/* ---------------------------------------------------------------- link ---------------------- */

static volatile unsigned int link_events;
static volatile int link_seen;

static int
on_link(uint16_t id, enum rte_eth_event_type type, void *arg, void *ret)
{
	struct rte_eth_link link;

	(void)type;
	(void)arg;
	(void)ret;
	/* What an application does in there: ask. */
	if (rte_eth_link_get_nowait(id, &link) == 0)
		link_seen = link.link_status;
	link_events++;
	return 0;
}

static bool
wait_events(unsigned int n)
{
	unsigned int ms;

	for (ms = 0; ms < 2000 && link_events < n; ms++)
		rte_delay_us_sleep(1000);
	return link_events == n;
}

static void
test_link_interrupt(void **state)
{
	(void)state;
	link_events = 0;
	assert_int_equal(rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_link, NULL),
			 0);
	start(&(struct test_port_conf){ .lsc = true });
	rte_delay_us_sleep(20000);
	link_events = 0;
	assert_int_equal(rte_pmd_aether_link_set(port, false), 0);
	assert_true(wait_events(1));
	assert_int_equal(link_seen, RTE_ETH_LINK_DOWN);
	assert_int_equal(rte_pmd_aether_link_set(port, true), 0);
	assert_true(wait_events(2));
	assert_int_equal(link_seen, RTE_ETH_LINK_UP);
	assert_true(comes_back(&own));
	/* So do changes that the application makes. */
	assert_int_equal(rte_eth_dev_set_link_down(port), 0);
	assert_true(wait_events(3));
	assert_int_equal(link_seen, RTE_ETH_LINK_DOWN);
	assert_int_equal(rte_eth_dev_set_link_up(port), 0);
	assert_true(wait_events(4));
	assert_int_equal(link_seen, RTE_ETH_LINK_UP);
	assert_int_equal(rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_LSC, on_link,
							 NULL), 0);
}

static void
test_link_set(void **state)
{
	(void)state;
	start(&(struct test_port_conf){0});
	assert_int_equal(rte_eth_dev_set_link_down(port), 0);
	assert_true(test_wait_link(port, false));
	assert_true(test_send(port, test_frame(&own, 60, 0)));
	assert_null(test_receive(port, TEST_NONE_MS));
	assert_int_equal(test_xstat(port, "tx_link_down_dropped"), 1);
	assert_int_equal(rte_eth_dev_set_link_up(port), 0);
	assert_true(test_wait_link(port, true));
	assert_true(comes_back(&own));
}

/* ---------------------------------------------------------------- queues -------------------- */

static void
test_queue_stop_and_start(void **state)
{
	const unsigned int all = rte_mempool_avail_count(test_pool);
	struct rte_eth_rxq_info info;

	(void)state;
	start(&(struct test_port_conf){0});
	assert_int_equal(rte_mempool_avail_count(test_pool), all - 256);
	assert_true(comes_back(&own));
	assert_int_equal(rte_eth_dev_rx_queue_stop(port, 0), 0);
	assert_int_equal(rte_eth_rx_queue_info_get(port, 0, &info), 0);
	assert_int_equal(info.queue_state, RTE_ETH_QUEUE_STATE_STOPPED);
	assert_true(stays_away(&own));
	assert_int_equal(rte_eth_dev_tx_queue_stop(port, 0), 0);
	assert_int_equal(rte_mempool_avail_count(test_pool), all);
	assert_false(test_send(port, test_frame(&own, 60, 0)));
	assert_int_equal(rte_eth_dev_tx_queue_start(port, 0), 0);
	assert_int_equal(rte_eth_dev_rx_queue_start(port, 0), 0);
	assert_true(comes_back(&own));
}

static void
test_deferred_start(void **state)
{
	struct rte_eth_conf conf = { .rxmode.mtu = 1500 };
	struct rte_eth_rxconf rxconf = { .rx_deferred_start = 1 };
	struct rte_eth_txconf txconf = { .tx_deferred_start = 1 };

	(void)state;
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 256, SOCKET_ID_ANY, &rxconf, test_pool),
			 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 256, SOCKET_ID_ANY, &txconf), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
	assert_false(test_send(port, test_frame(&own, 60, 0)));
	assert_int_equal(rte_eth_dev_tx_queue_start(port, 0), 0);
	assert_int_equal(rte_eth_dev_rx_queue_start(port, 0), 0);
	assert_true(comes_back(&own));
}

/** Bursts of all sizes through the smallest rings: order, content, and no packet lost. */
static void
test_many(void **state)
{
	struct rte_mbuf *pkts[48];
	uint32_t sent = 0, received = 0;
	unsigned int i, idle = 0;
	uint16_t n, done;

	(void)state;
	test_unplug(TEST_PORT);
	port = test_port_plug("wire=loop:lossless", &own);
	start(&(struct test_port_conf){ .n_desc = 64,
					.tx_offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE });
	srand(1);
	while (received < 20000 && idle < 10000) {
		n = sent < 20000 ? RTE_MIN(rand() % 40, 20000 - (int)sent) : 0;
		for (i = 0; i < n; i++)
			pkts[i] = test_frame(&own, 60 + (sent + i) % 1400, sent + i);
		done = rte_eth_tx_burst(port, 0, pkts, n);
		rte_pktmbuf_free_bulk(pkts + done, n - done);
		sent += done;
		n = rte_eth_rx_burst(port, 0, pkts, rand() % RTE_DIM(pkts));
		for (i = 0; i < n; i++, received++) {
			assert_true(test_is_frame(pkts[i], 60 + received % 1400, received));
			rte_pktmbuf_free(pkts[i]);
		}
		idle = n != 0 || done != 0 ? 0 : idle + 1;
		if (n == 0)
			rte_delay_us_sleep(20);
	}
	assert_int_equal(sent, 20000);
	assert_int_equal(received, 20000);
	assert_int_equal(test_xstat(port, "rx_dropped_packets"), 0);
}

static void
test_reset(void **state)
{
	(void)state;
	start(&(struct test_port_conf){0});
	assert_true(comes_back(&own));
	assert_int_equal(rte_eth_dev_reset(port), 0);
	start(&(struct test_port_conf){0});
	assert_true(comes_back(&own));
}

/* ---------------------------------------------------------------- beyond ethdev ------------- */

static void
test_external_memory(void **state)
{
	const size_t page = 4096;
	struct rte_mbuf_ext_shared_info *info;
	struct rte_eth_dev_info dev_info;
	struct rte_mbuf *m, *extra;
	uint16_t len = page;
	void *va;

	(void)state;
	start(&(struct test_port_conf){0});
	va = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(va, MAP_FAILED);
	assert_int_equal(rte_eth_dev_info_get(port, &dev_info), 0);
	assert_int_equal(rte_extmem_register(va, page, NULL, 0, page), 0);
	assert_int_equal(rte_dev_dma_map(dev_info.device, va, (uint64_t)(uintptr_t)va, page), 0);

	extra = test_frame(&own, 100, 9);
	m = rte_pktmbuf_alloc(test_pool);
	info = rte_zmalloc(NULL, sizeof(*info), 0);
	assert_non_null(info);
	rte_mbuf_ext_refcnt_set(info, 2);	/* kept: this test owns the memory */
	rte_pktmbuf_attach_extbuf(m, va, (rte_iova_t)(uintptr_t)va, len, info);
	memcpy(rte_pktmbuf_append(m, 100), rte_pktmbuf_mtod(extra, void *), 100);
	rte_pktmbuf_free(extra);
	m = send_and_receive(m);
	assert_true(test_is_frame(m, 100, 9));
	rte_pktmbuf_free(m);
	assert_int_equal(test_xstat(port, "model_dma_faults"), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_dev_dma_unmap(dev_info.device, va, (uint64_t)(uintptr_t)va, page), 0);
	assert_int_equal(rte_extmem_unregister(va, page), 0);
	munmap(va, page);
	rte_free(info);
}

static volatile unsigned int reset_events;

static int
on_reset(uint16_t id, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)id;
	(void)type;
	(void)arg;
	(void)ret;
	reset_events++;
	return 0;
}

static void
listen_for_reset(bool on)
{
	reset_events = 0;
	assert_int_equal((on ? rte_eth_dev_callback_register :
			  rte_eth_dev_callback_unregister)(port, RTE_ETH_EVENT_INTR_RESET,
							   on_reset, NULL), 0);
}

/** Wait until a statistic is not zero any more, at most a second. */
static uint64_t
wait_xstat(const char *name)
{
	unsigned int ms;
	uint64_t value = 0;

	for (ms = 0; ms < 1000 && value == 0; ms++) {
		rte_delay_us_sleep(1000);
		value = test_xstat(port, name);
	}
	return value;
}

/** A buffer that nobody mapped: blocked and counted, and the port recovers. */
static void
test_stray_dma(void **state)
{
	static uint8_t stray[256];
	struct rte_mbuf_ext_shared_info info;
	struct rte_mbuf *m;

	(void)state;
	start(&(struct test_port_conf){0});
	m = rte_pktmbuf_alloc(test_pool);
	rte_mbuf_ext_refcnt_set(&info, 2);	/* kept: this is no heap memory */
	rte_pktmbuf_attach_extbuf(m, stray, (rte_iova_t)(uintptr_t)stray, sizeof(stray), &info);
	assert_non_null(rte_pktmbuf_append(m, 100));
	assert_true(test_send(port, m));
	assert_true(wait_xstat("model_dma_faults") > 0);
	assert_null(test_receive(port, TEST_NONE_MS));
	assert_int_equal(rte_eth_dev_reset(port), 0);
	start(&(struct test_port_conf){0});
	assert_true(comes_back(&own));
}

/** Header lengths beyond the packet: the device stops the queue, and says so. */
static void
test_malicious_request(void **state)
{
	const struct test_port_conf conf = { .tx_offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM };
	struct rte_mbuf *m;

	(void)state;
	listen_for_reset(true);
	start(&conf);
	m = make_udp(20, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	m->l3_len = 252;
	test_log();
	assert_true(test_send(port, m));
	assert_int_equal(wait_xstat("model_mdd_events"), 1);
	assert_null(test_receive(port, TEST_NONE_MS));
	assert_int_equal(reset_events, 1);
	assert_true(test_log_says("malformed request in Tx"));
	assert_int_equal(rte_eth_dev_reset(port), 0);
	start(&conf);
	assert_true(comes_back(&own));
	listen_for_reset(false);
}

static void
test_pmd_interface(void **state)
{
	struct rte_pmd_aether_wire_stats wire;
	struct rte_pmd_aether_model_stats model;

	(void)state;
	assert_true(rte_pmd_aether_is_model(port));
	assert_false(rte_pmd_aether_is_model(port + 1));
	assert_int_equal(rte_pmd_aether_wire_stats_get(port + 1, &wire), -ENODEV);
	assert_int_equal(rte_pmd_aether_wire_stats_get(port, NULL), -EINVAL);
	assert_int_equal(rte_pmd_aether_wire_stats_reset(RTE_MAX_ETHPORTS), -ENODEV);
	assert_int_equal(rte_pmd_aether_wire_finished(port + 1), -ENODEV);
	assert_int_equal(rte_pmd_aether_link_set(port + 1, true), -ENODEV);
	assert_int_equal(rte_pmd_aether_model_stats_get(port + 1, &model), -ENODEV);
	assert_int_equal(rte_pmd_aether_model_stats_get(port, NULL), -EINVAL);

	start(&(struct test_port_conf){0});
	assert_true(comes_back(&own));
	assert_int_equal(rte_pmd_aether_wire_stats_get(port, &wire), 0);
	assert_int_equal(wire.tx_packets, 1);
	assert_int_equal(wire.tx_bytes, 64);
	assert_int_equal(wire.rx_offered, 1);
	assert_int_equal(wire.rx_offered_bytes, 64);
	assert_int_equal(wire.rx_delivered, 1);
	assert_true(wire.elapsed_ns > 0);
	assert_int_equal(rte_pmd_aether_wire_stats_reset(port), 0);
	assert_int_equal(rte_pmd_aether_wire_stats_get(port, &wire), 0);
	assert_int_equal(wire.tx_packets + wire.rx_offered + wire.rx_delivered, 0);
	assert_int_equal(rte_pmd_aether_model_stats_get(port, &model), 0);
	assert_true(model.aq_commands > 10);
	assert_int_equal(model.aq_unmodelled, 0);
	assert_int_equal(model.dma_faults, 0);
}

static void
test_generator_finishes(void **state)
{
	unsigned int got = 0;
	struct rte_mbuf *m;

	(void)state;
	test_unplug(TEST_PORT);
	port = test_port_plug("wire=gen:count=100:size=64:pace=lossless", &own);
	assert_int_equal(rte_pmd_aether_wire_finished(port), 0);
	start(&(struct test_port_conf){0});
	while ((m = test_receive(port, TEST_NONE_MS)) != NULL) {
		rte_pktmbuf_free(m);
		got++;
	}
	assert_int_equal(got, 100);
	assert_int_equal(rte_pmd_aether_wire_finished(port), 1);
}

/** Pools of an application that knows nothing of us are packed, and their headers spread. */
static void
test_pools_are_packed(void **state)
{
	struct rte_mempool *pool;
	struct rte_mbuf *a, *b;
	ptrdiff_t distance;

	(void)state;
	pool = rte_pktmbuf_pool_create("packed", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	assert_non_null(pool);
	a = rte_pktmbuf_alloc(pool);
	b = rte_pktmbuf_alloc(pool);
	distance = (uintptr_t)b - (uintptr_t)a;
	assert_int_equal(distance, pool->header_size + pool->elt_size + pool->trailer_size);
	assert_true(distance < 4096);
	rte_pktmbuf_free(a);
	rte_pktmbuf_free(b);
	rte_mempool_free(pool);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, test_port_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_identity),
		TEST(test_given_mac_and_speed),
		TEST(test_configurations_refused),
		TEST(test_unicast_filter),
		TEST(test_promiscuous),
		TEST(test_group_addresses),
		TEST(test_mtu),
		TEST(test_scattered),
		TEST(test_jumbo_without_scatter),
		TEST(test_keep_crc),
		TEST(test_checksums),
		TEST(test_statistics),
		TEST(test_missed),
		TEST(test_link_interrupt),
		TEST(test_link_set),
		TEST(test_queue_stop_and_start),
		TEST(test_deferred_start),
		TEST(test_many),
		TEST(test_reset),
		TEST(test_external_memory),
		TEST(test_stray_dma),
		TEST(test_malicious_request),
		TEST(test_pmd_interface),
		TEST(test_generator_finishes),
		TEST(test_pools_are_packed),
	};

	return cmocka_run_group_tests(tests, test_group_setup_port, test_group_teardown);
}
