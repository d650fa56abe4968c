/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Packet types and checksums, against DPDK's own arithmetic (rte_ip.h, rte_hash_crc.h), which
 * the model does not use.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_sctp.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "data_fake.h"
#include "model_pktparse.h"
#include "model_txoffload.h"

#define L3L4P	E810_RXD_FLEX_STATUS0_L3L4P
#define IPE	E810_RXD_FLEX_STATUS0_IPE
#define L4E	E810_RXD_FLEX_STATUS0_L4E

/** A packet under construction; lengths in bytes. */
struct packet {
	uint8_t data[2048];
	uint32_t l3, l4, len;		/* len without padding */
	uint8_t proto;
	bool v6;
};

static uint32_t
l4_header(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_UDP:
		return 8;
	case IPPROTO_SCTP:
		return 12;
	}
	return 0;
}

/** What DPDK computes over the packet as it stands, its checksum field zero. */
static void
seal(struct packet *p)
{
	uint8_t *l4 = p->data + p->l4;
	void *ip = p->data + p->l3;
	static uint64_t aligned[2048 / 8];
	uint16_t csum;
	uint32_t crc;

	if (!p->v6) {
		((struct rte_ipv4_hdr *)ip)->hdr_checksum = 0;
		((struct rte_ipv4_hdr *)ip)->hdr_checksum = rte_ipv4_cksum(ip);
	}
	switch (p->proto) {
	case IPPROTO_SCTP:
		memset(l4 + 8, 0, 4);
		memcpy(aligned, l4, p->len - p->l4);	/* rte_hash_crc() reads whole words */
		crc = ~rte_hash_crc(aligned, p->len - p->l4, UINT32_MAX);
		memcpy(l4 + 8, &crc, 4);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (p->len - p->l4 < 4)
			break;
		memset(l4 + 2, 0, 2);
		/* rte_ipv6_udptcp_cksum() takes the protocol from the header. */
		csum = p->v6 ? rte_ipv6_udptcp_cksum(ip, l4) :
			       (uint16_t)~rte_raw_cksum(l4, p->len - p->l4);
		memcpy(l4 + 2, &csum, 2);
		break;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		memset(l4 + (p->proto == IPPROTO_TCP ? 16 : 6), 0, 2);
		csum = p->v6 ? rte_ipv6_udptcp_cksum(ip, l4) : rte_ipv4_udptcp_cksum(ip, l4);
		memcpy(l4 + (p->proto == IPPROTO_TCP ? 16 : 6), &csum, 2);
		break;
	}
}

static void
build(struct packet *p, bool v6, uint8_t proto, unsigned int tags, uint32_t payload,
      unsigned int seed)
{
	uint32_t i, at = 12;

	memset(p, 0, sizeof(*p));
	p->v6 = v6;
	p->proto = proto;
	for (i = 0; i < sizeof(p->data); i++)
		p->data[i] = (uint8_t)rand_r(&seed);
	for (i = 0; i < tags; i++, at += 4) {
		p->data[at] = i == 0 && tags == 2 ? 0x88 : 0x81;
		p->data[at + 1] = i == 0 && tags == 2 ? 0xA8 : 0x00;
	}
	p->data[at] = v6 ? 0x86 : 0x08;
	p->data[at + 1] = v6 ? 0xDD : 0x00;
	p->l3 = at + 2;
	p->l4 = p->l3 + (v6 ? 40 : 20);
	p->len = p->l4 + l4_header(proto) + payload;
	if (v6) {
		struct rte_ipv6_hdr *ip = (void *)(p->data + p->l3);

		ip->vtc_flow = rte_cpu_to_be_32(6u << 28);
		ip->payload_len = rte_cpu_to_be_16(p->len - p->l4);
		ip->proto = proto;
	} else {
		struct rte_ipv4_hdr *ip = (void *)(p->data + p->l3);

		ip->version_ihl = 0x45;
		ip->total_length = rte_cpu_to_be_16(p->len - p->l3);
		ip->fragment_offset = 0;
		ip->next_proto_id = proto;
	}
	if (proto == IPPROTO_TCP)
		p->data[p->l4 + 12] = 0x50;
	seal(p);
}

static void
expect(const struct packet *p, uint32_t len, uint16_t ptype, uint16_t status)
{
	struct model_pkt pkt = model_pkt_parse(p->data, len);

	assert_int_equal(pkt.ptype, ptype);
	assert_int_equal(pkt.status, status);
}

static const struct {
	bool v6;
	uint8_t proto;
	uint16_t ptype;
} kinds[] = {
	{ false, IPPROTO_UDP, E810_PTYPE_IPV4_UDP },
	{ false, IPPROTO_TCP, E810_PTYPE_IPV4_TCP },
	{ false, IPPROTO_SCTP, E810_PTYPE_IPV4_SCTP },
	{ false, IPPROTO_ICMP, E810_PTYPE_IPV4_ICMP },
	{ false, IPPROTO_GRE, E810_PTYPE_IPV4 },
	{ true, IPPROTO_UDP, E810_PTYPE_IPV6_UDP },
	{ true, IPPROTO_TCP, E810_PTYPE_IPV6_TCP },
	{ true, IPPROTO_SCTP, E810_PTYPE_IPV6_SCTP },
	{ true, IPPROTO_ICMPV6, E810_PTYPE_IPV6_ICMP },
	{ true, IPPROTO_GRE, E810_PTYPE_IPV6 },
};

/** Good packets of every kind and length; then one with a bit turned, somewhere it counts. */
static void
test_receive_checksums(void **state)
{
	unsigned int i, round, seed = 99;
	struct packet p;

	(void)state;
	for (round = 0; round < 300; round++) {
		for (i = 0; i < RTE_DIM(kinds); i++) {
			bool sum = kinds[i].proto != IPPROTO_GRE;
			uint32_t at;

			build(&p, kinds[i].v6, kinds[i].proto, round % 3, round * 5, seed++);
			expect(&p, p.len, kinds[i].ptype, L3L4P);
			expect(&p, p.len + 11, kinds[i].ptype, L3L4P);	/* padding */
			if (p.len == p.l4)
				continue;
			at = p.l4 + rand_r(&seed) % (p.len - p.l4);
			p.data[at] ^= 1 << rand_r(&seed) % 8;
			/* Not the one that says that there is no checksum. */
			if (kinds[i].proto == IPPROTO_UDP && pkt_be16(p.data + p.l4 + 6) == 0)
				continue;
			expect(&p, p.len, kinds[i].ptype, L3L4P | (sum ? L4E : 0));
			if (kinds[i].v6)
				continue;
			p.data[p.l3 + 12 + rand_r(&seed) % 8] ^= 0x20;	/* an address */
			expect(&p, p.len, E810_PTYPE_IPV4, L3L4P | IPE);
		}
	}
}

static void
test_receive_kinds(void **state)
{
	struct packet p;

	(void)state;
	build(&p, false, IPPROTO_UDP, 0, 100, 1);
	memset(p.data + p.l4 + 6, 0, 2);
	expect(&p, p.len, E810_PTYPE_IPV4_UDP, L3L4P);		/* no checksum is fine */

	build(&p, false, IPPROTO_UDP, 0, 100, 1);
	p.data[p.l3 + 6] = 0x20;				/* more fragments */
	((struct rte_ipv4_hdr *)(p.data + p.l3))->hdr_checksum = 0;
	((struct rte_ipv4_hdr *)(p.data + p.l3))->hdr_checksum =
		rte_ipv4_cksum((void *)(p.data + p.l3));
	expect(&p, p.len, E810_PTYPE_IPV4_FRAG, L3L4P);

	build(&p, false, IPPROTO_UDP, 0, 100, 1);
	expect(&p, p.len - 1, E810_PTYPE_IPV4, L3L4P | IPE);	/* cut off */
	p.data[p.l3] = 0x44;
	expect(&p, p.len, E810_PTYPE_IPV4, L3L4P | IPE);	/* header of 16 bytes */
	p.data[p.l3] = 0x65;
	expect(&p, p.len, E810_PTYPE_MAC_PAY, 0);

	p.data[12] = 0x08;
	p.data[13] = 0x06;
	expect(&p, p.len, E810_PTYPE_MAC_ARP, 0);
	p.data[12] = 0x88;
	p.data[13] = 0xB5;
	expect(&p, p.len, E810_PTYPE_MAC_PAY, 0);

	/* IPv6: a hop-by-hop header before UDP; a fragment; a routing header. */
	build(&p, true, IPPROTO_UDP, 0, 100, 1);
	memmove(p.data + p.l4 + 8, p.data + p.l4, p.len - p.l4);
	memset(p.data + p.l4, 0, 8);
	p.data[p.l4] = IPPROTO_UDP;
	p.data[p.l3 + 6] = 0;
	p.data[p.l3 + 5] += 8;
	expect(&p, p.len + 8, E810_PTYPE_IPV6_UDP, L3L4P);
	p.data[p.len - 1] ^= 1;
	expect(&p, p.len + 8, E810_PTYPE_IPV6_UDP, L3L4P | L4E);
	p.data[p.l3 + 6] = 44;
	expect(&p, p.len + 8, E810_PTYPE_IPV6_FRAG, L3L4P);
	p.data[p.l3 + 6] = 43;
	expect(&p, p.len + 8, E810_PTYPE_IPV6_UDP, L3L4P | E810_RXD_FLEX_STATUS0_IPV6EXADD);
	p.data[p.l4 + 1] = 0xFF;				/* longer than the packet */
	expect(&p, p.len + 8, E810_PTYPE_IPV6, L3L4P | E810_RXD_FLEX_STATUS0_IPV6EXADD);
}

/** The device's sum over a seeded field is what DPDK computes over the whole. */
static void
test_transmit_checksums(void **state)
{
	unsigned int i, round, seed = 5;
	struct packet p, want;

	(void)state;
	for (round = 0; round < 200; round++) {
		for (i = 0; i < RTE_DIM(kinds); i++) {
			uint32_t pad = round % 2 * 9;
			struct model_tx_offload csum;
			uint16_t phdr = 0;
			void *ip;

			if (l4_header(kinds[i].proto) == 0)
				continue;
			build(&want, kinds[i].v6, kinds[i].proto, round % 2, round * 7, seed++);
			p = want;
			ip = p.data + p.l3;
			csum = (struct model_tx_offload){
				.mac_len = p.l3, .ip_len = p.l4 - p.l3,
				.cmd = p.v6 ? E810_TXD_CMD_IIPT_IPV6 : E810_TXD_CMD_IIPT_IPV4_CSUM,
			};
			if (!p.v6)
				memset(p.data + p.l3 + 10, 0x5A, 2);	/* whatever is there */
			if (p.proto != IPPROTO_SCTP)
				phdr = p.v6 ? rte_ipv6_phdr_cksum(ip, 0) :
					      rte_ipv4_phdr_cksum(ip, 0);
			switch (p.proto) {
			case IPPROTO_TCP:
				csum.cmd |= E810_TXD_CMD_L4T_TCP;
				memcpy(p.data + p.l4 + 16, &phdr, 2);
				break;
			case IPPROTO_UDP:
				csum.cmd |= E810_TXD_CMD_L4T_UDP;
				memcpy(p.data + p.l4 + 6, &phdr, 2);
				break;
			default:
				csum.cmd |= E810_TXD_CMD_L4T_SCTP;
				memset(p.data + p.l4 + 8, 0x77, 4);
			}
			assert_null(model_tx_insert_csum(p.data, p.len + pad, &csum));
			assert_memory_equal(p.data, want.data, p.len + pad);
		}
	}
}

/** Any bytes, any length: no access outside (each is in memory of its own size). */
static void
test_random_bytes(void **state)
{
	unsigned int round, seed = 7, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		static const uint8_t types[][2] = { { 8, 0 }, { 0x86, 0xDD }, { 0x81, 0 } };
		uint32_t len = 14 + rand_r(&seed) % 120;
		uint8_t *frame = malloc(len);
		struct model_tx_offload csum = {
			.mac_len = rand_r(&seed) % 128 * 2, .ip_len = rand_r(&seed) % 128 * 4,
			.cmd = rand_r(&seed) & 0x3E0,
		};

		assert_non_null(frame);
		for (i = 0; i < len; i++)
			frame[i] = (uint8_t)rand_r(&seed);
		memcpy(frame + 12, types[round % 3], 2);
		if (len > 14 && round % 3 < 2)
			frame[14] = round % 3 == 0 ? 0x45 : 0x60;
		if (len > 24 && rand_r(&seed) % 2) {
			frame[20] = rand_r(&seed) % 2 ? 0 : 43;
			frame[23] = 17;
			frame[16] = frame[18] = 0;
		}
		model_pkt_parse(frame, len);
		model_tx_insert_csum(frame, len, &csum);
		free(frame);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive_checksums),
		cmocka_unit_test(test_receive_kinds),
		cmocka_unit_test(test_transmit_checksums),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
