/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What the device does to frames on their way: VLAN tags put in and taken off, by configuration
 * and while packets flow; and what it tells of them in the mbuf: tag, hash, SCTP checksum.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_sctp.h>
#include <rte_udp.h>

#include "port_util.h"

#define TAG		0xa123	/* priority 5, id 0x123 */
#define VLAN_FLAGS	(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)

static uint16_t port;
static struct rte_ether_addr own;

static int
setup(void **state)
{
	(void)state;
	port = test_port_plug("wire=loop", &own);
	return 0;
}

static void
start(uint64_t rx_offloads, uint64_t tx_offloads, uint16_t mtu)
{
	const struct test_port_conf conf = {
		.mtu = mtu, .rx_offloads = rx_offloads, .tx_offloads = tx_offloads,
		.rss_hf = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP,
	};

	assert_int_equal(test_start(port, &conf), 0);
	assert_true(test_wait_link(port, true));
}

static struct rte_mbuf *
send_and_receive(struct rte_mbuf *m)
{
	assert_true(test_send(port, m));
	m = test_receive(port, TEST_COMES_MS);
	assert_non_null(m);
	return m;
}

/** A frame with such a tag in its bytes. */
static struct rte_mbuf *
tagged_frame(uint16_t tpid, uint16_t tag, uint32_t len)
{
	struct rte_mbuf *m = test_frame(&own, len, 5);
	uint8_t *data = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(data + 16, data + 12, len - 16);
	data[12] = tpid >> 8;
	data[13] = tpid & 0xff;
	data[14] = tag >> 8;
	data[15] = tag & 0xff;
	return m;
}

/** 16 bits of a frame, as they are on the wire. */
static uint16_t
word_at(const struct rte_mbuf *m, uint32_t at)
{
	const uint8_t *data = rte_pktmbuf_mtod_offset(m, const uint8_t *, at);

	return (uint16_t)(data[0] << 8 | data[1]);
}

static void
check_tagged(struct rte_mbuf *m, uint16_t tpid, uint16_t tag, uint32_t len)
{
	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->ol_flags & VLAN_FLAGS, 0);
	assert_int_equal(word_at(m, 12), tpid);
	assert_int_equal(word_at(m, 14), tag);
	assert_int_equal(word_at(m, 16), 0x88b5);
	rte_pktmbuf_free(m);
}

static void
check_stripped(struct rte_mbuf *m, uint16_t tag, uint32_t len)
{
	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->ol_flags & VLAN_FLAGS, VLAN_FLAGS);
	assert_int_equal(m->vlan_tci, tag);
	assert_int_equal(word_at(m, 12), 0x88b5);
	rte_pktmbuf_free(m);
}

/* ---------------------------------------------------------------- insert -------------------- */

static void
test_insert(void **state)
{
	struct rte_mbuf *m;
	uint32_t len;

	(void)state;
	start(0, RTE_ETH_TX_OFFLOAD_VLAN_INSERT, 1500);
	for (len = 56; len <= 1518; len += 43) {
		m = test_frame(&own, len, len);
		m->ol_flags = RTE_MBUF_F_TX_VLAN;
		m->vlan_tci = TAG;
		assert_int_equal(rte_eth_tx_prepare(port, 0, &m, 1), 1);
		check_tagged(send_and_receive(m), RTE_ETHER_TYPE_VLAN, TAG, RTE_MAX(len + 4, 60u));
	}
	/* Only what asks for one gets one; a tag in the bytes stays, behind the new one. */
	m = send_and_receive(test_frame(&own, 100, 1));
	assert_true(test_is_frame(m, 100, 1));
	rte_pktmbuf_free(m);
	m = tagged_frame(RTE_ETHER_TYPE_VLAN, 7, 100);
	m->ol_flags = RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = TAG;
	m = send_and_receive(m);
	assert_int_equal(m->pkt_len, 104);
	assert_int_equal(word_at(m, 14), TAG);
	assert_int_equal(word_at(m, 16), RTE_ETHER_TYPE_VLAN);
	assert_int_equal(word_at(m, 18), 7);
	rte_pktmbuf_free(m);
}

static void
test_insert_with_checksum(void **state)
{
	struct rte_mbuf *m = test_frame(&own, 100, 1);
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);

	(void)state;
	start(0, RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM, 1500);
	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF, .total_length = rte_cpu_to_be_16(86),
		.time_to_live = 64, .next_proto_id = 253,
		.src_addr = RTE_BE32(0xC0000201), .dst_addr = RTE_BE32(0xC0000202),
	};
	m->ol_flags = RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	m->l2_len = sizeof(*eth);	/* without the tag that is still to come */
	m->l3_len = sizeof(*ip);
	m->vlan_tci = TAG;
	assert_int_equal(rte_eth_tx_prepare(port, 0, &m, 1), 1);
	m = send_and_receive(m);
	assert_int_equal(m->pkt_len, 104);
	assert_int_equal(word_at(m, 14), TAG);
	ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, sizeof(*eth) + 4);
	assert_int_not_equal(ip->hdr_checksum, 0);
	assert_int_equal(rte_ipv4_cksum(ip), 0);
	rte_pktmbuf_free(m);
}

/** A port that did not ask for it leaves the request alone, and prepare refuses it. */
static void
test_insert_not_configured(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	start(0, RTE_ETH_TX_OFFLOAD_MULTI_SEGS, 1500);
	m = test_frame(&own, 100, 1);
	m->ol_flags = RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = TAG;
	assert_int_equal(rte_eth_tx_prepare(port, 0, &m, 1), 0);
	assert_int_equal(rte_errno, ENOTSUP);
	rte_pktmbuf_free(m);
}

/* ---------------------------------------------------------------- strip --------------------- */

static void
check_strip_cases(void)
{
	check_stripped(send_and_receive(tagged_frame(RTE_ETHER_TYPE_VLAN, TAG, 100)), TAG, 96);
	check_stripped(send_and_receive(tagged_frame(RTE_ETHER_TYPE_VLAN, 0xffff, 64)), 0xffff, 60);
	check_stripped(send_and_receive(tagged_frame(RTE_ETHER_TYPE_VLAN, 0, 1000)), 0, 996);
}

static void
test_strip(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	start(RTE_ETH_RX_OFFLOAD_VLAN_STRIP, 0, 1500);
	check_strip_cases();
	/* No tag, nothing to tell; a service tag is none that is stripped. */
	m = send_and_receive(test_frame(&own, 100, 1));
	assert_true(test_is_frame(m, 100, 1));
	assert_int_equal(m->ol_flags & VLAN_FLAGS, 0);
	rte_pktmbuf_free(m);
	check_tagged(send_and_receive(tagged_frame(RTE_ETHER_TYPE_QINQ, TAG, 100)),
		     RTE_ETHER_TYPE_QINQ, TAG, 100);
	assert_int_equal(rte_eth_dev_get_vlan_offload(port), RTE_ETH_VLAN_STRIP_OFFLOAD);

	/* It holds over a stop. */
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
	check_strip_cases();
}

static void
test_strip_and_insert(void **state)
{
	struct rte_mbuf *m = test_frame(&own, 100, 3);

	(void)state;
	start(RTE_ETH_RX_OFFLOAD_VLAN_STRIP, RTE_ETH_TX_OFFLOAD_VLAN_INSERT, 1500);
	m->ol_flags = RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = TAG;
	m = send_and_receive(m);
	assert_int_equal(m->ol_flags & VLAN_FLAGS, VLAN_FLAGS);
	assert_int_equal(m->vlan_tci, TAG);
	assert_true(test_is_frame(m, 100, 3));
	rte_pktmbuf_free(m);
}

static void
test_strip_scattered(void **state)
{
	(void)state;
	start(RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_SCATTER, 0, 9000);
	check_strip_cases();
}

/** On and off while the port runs with the burst that looks at nothing. */
static void
test_strip_at_run_time(void **state)
{
	struct rte_eth_burst_mode mode;
	struct rte_eth_rxq_info info;
	unsigned int i;

	(void)state;
	start(0, 0, 1500);
	assert_int_equal(rte_eth_rx_burst_mode_get(port, 0, &mode), 0);
	assert_string_equal(mode.info, "Scalar");
	for (i = 0; i < 3; i++) {
		assert_int_equal(rte_eth_rx_queue_info_get(port, 0, &info), 0);
		assert_int_equal(info.conf.offloads, 0);
		check_tagged(send_and_receive(tagged_frame(RTE_ETHER_TYPE_VLAN, TAG, 100)),
			     RTE_ETHER_TYPE_VLAN, TAG, 100);
		assert_int_equal(rte_eth_dev_set_vlan_offload(port, RTE_ETH_VLAN_STRIP_OFFLOAD), 0);
		check_strip_cases();
		assert_int_equal(rte_eth_rx_queue_info_get(port, 0, &info), 0);
		assert_int_equal(info.conf.offloads, RTE_ETH_RX_OFFLOAD_VLAN_STRIP);
		assert_int_equal(rte_eth_dev_set_vlan_offload(port, 0), 0);
	}
	/* Switched while the port is stopped it holds from the start. */
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_set_vlan_offload(port, RTE_ETH_VLAN_STRIP_OFFLOAD), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
	check_strip_cases();
}

/** The device refuses the change: an error, and all is as it was. */
static void
test_strip_refused(void **state)
{
	(void)state;
	test_unplug(TEST_PORT);
	port = test_plug(TEST_PORT, "wire=loop,fault=aq:0x0211:12");
	assert_int_equal(rte_eth_macaddr_get(port, &own), 0);
	assert_int_not_equal(test_start(port, &(struct test_port_conf){
			     .rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP }), 0);
}

/* ---------------------------------------------------------------- more ---------------------- */

/** An IPv4 packet of such a protocol. */
static struct rte_mbuf *
make_ip(uint8_t protocol, uint16_t payload)
{
	const uint32_t len = sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr) + payload;
	struct rte_mbuf *m = test_frame(&own, len, payload);
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(eth + 1);

	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(sizeof(*ip) + payload),
		.time_to_live = 64, .next_proto_id = protocol,
		.src_addr = RTE_BE32(0xC0000201), .dst_addr = RTE_BE32(0xC0000202),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	m->l2_len = sizeof(*eth);
	m->l3_len = sizeof(*ip);
	return m;
}

/** CRC32c, bit by bit: RFC 9260 appendix A. */
static uint32_t
crc32c(const uint8_t *data, uint32_t len)
{
	uint32_t crc = UINT32_MAX;
	unsigned int bit;

	while (len-- > 0) {
		crc ^= *data++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
	}
	return ~crc;
}

static void
test_sctp(void **state)
{
	const uint32_t sctp_at = sizeof(struct rte_ether_hdr) + sizeof(struct rte_ipv4_hdr);
	struct rte_sctp_hdr *sctp;
	struct rte_mbuf *m;
	uint32_t crc;

	(void)state;
	start(RTE_ETH_RX_OFFLOAD_CHECKSUM, RTE_ETH_TX_OFFLOAD_SCTP_CKSUM, 1500);
	m = make_ip(IPPROTO_SCTP, 100);
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_SCTP_CKSUM;
	sctp = rte_pktmbuf_mtod_offset(m, struct rte_sctp_hdr *, sctp_at);
	sctp->cksum = 0;
	assert_int_equal(rte_eth_tx_prepare(port, 0, &m, 1), 1);
	m = send_and_receive(m);
	assert_int_equal(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	assert_int_equal(m->packet_type & RTE_PTYPE_L4_MASK, RTE_PTYPE_L4_SCTP);
	sctp = rte_pktmbuf_mtod_offset(m, struct rte_sctp_hdr *, sctp_at);
	crc = rte_le_to_cpu_32(sctp->cksum);
	sctp->cksum = 0;
	assert_int_equal(crc, crc32c((const uint8_t *)sctp, 100));
	/* Sent again without asking, the checksum is as wrong as it is. */
	m->ol_flags = 0;
	m = send_and_receive(m);
	assert_int_equal(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_BAD);
	rte_pktmbuf_free(m);
}

/** A hash where a profile hashes, none elsewhere; the same for the same flow, and beside a tag. */
static void
test_hash(void **state)
{
	struct rte_mbuf *m;
	uint32_t hash;

	(void)state;
	start(RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_VLAN_STRIP,
	      RTE_ETH_TX_OFFLOAD_VLAN_INSERT, 1500);
	m = send_and_receive(make_ip(IPPROTO_UDP, 40));
	assert_int_equal(m->ol_flags & (RTE_MBUF_F_RX_RSS_HASH | VLAN_FLAGS),
			 RTE_MBUF_F_RX_RSS_HASH);
	hash = m->hash.rss;
	assert_int_not_equal(hash, 0);
	m->ol_flags = RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = TAG;
	m = send_and_receive(m);
	assert_int_equal(m->ol_flags & (RTE_MBUF_F_RX_RSS_HASH | VLAN_FLAGS),
			 RTE_MBUF_F_RX_RSS_HASH | VLAN_FLAGS);
	assert_int_equal(m->hash.rss, hash);
	assert_int_equal(m->vlan_tci, TAG);
	/* Other ports, another hash. */
	m->ol_flags = 0;
	rte_pktmbuf_mtod(m, uint8_t *)[14 + 20] ^= 1;
	m = send_and_receive(m);
	assert_int_equal(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH, RTE_MBUF_F_RX_RSS_HASH);
	assert_int_not_equal(m->hash.rss, hash);
	rte_pktmbuf_free(m);
	m = send_and_receive(test_frame(&own, 100, 1));
	assert_int_equal(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH, 0);
	rte_pktmbuf_free(m);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, test_port_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_insert),
		TEST(test_insert_with_checksum),
		TEST(test_insert_not_configured),
		TEST(test_strip),
		TEST(test_strip_and_insert),
		TEST(test_strip_scattered),
		TEST(test_strip_at_run_time),
		TEST(test_strip_refused),
		TEST(test_sctp),
		TEST(test_hash),
	};

	return cmocka_run_group_tests(tests, test_group_setup_port, test_group_teardown);
}
