/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Segmentation: a packet as a driver gives it, and on the wire the segments, which are checked
 * against the payload and by DPDK's checksum functions; nothing of the model's is used for that.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_gre.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "data_fake.h"
#include "model_pktparse.h"

#define CMD(bits)	((uint64_t)(bits) << E810_TXD_QW1_CMD_S)
#define EOP		CMD(E810_TXD_CMD_EOP)
#define RS		CMD(E810_TXD_CMD_RS)
#define VXLAN_HLEN	8
#define VXLAN_PORT	4789
#define FIRST_SEQ	0xFFFFF000u	/* wraps in the middle */
#define FIRST_ID	0xFFFE
#define FLAGS		(RTE_TCP_CWR_FLAG | RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG | RTE_TCP_ACK_FLAG)

/** What a packet consists of, and the request for it. */
struct shape {
	bool v6, udp;
	bool vlan;			/* a tag in the packet */
	bool insert, insert2;		/* tags that the device inserts */
	unsigned int tcp_options;	/* bytes */
	enum { PLAIN, VXLAN, GRE, IPIP } tunnel;
	bool outer_v6, outer_csum, outer_noinc;
	uint32_t mss, tlen;
};

struct packet {
	struct shape shape;
	uint8_t *data;			/* headers and payload, in host memory */
	uint32_t header;
	uint16_t l3[2], l4;		/* outer (when there is a tunnel) and inner */
	uint64_t ctx0, ctx1, data1;	/* descriptor fields */
};

/* ------------------------------------------------------------------ making packets ---------- */

static uint32_t
add_ether(uint8_t *p, bool vlan, uint16_t type)
{
	static const uint8_t addresses[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	uint32_t at = sizeof(addresses);

	memcpy(p, addresses, sizeof(addresses));
	if (vlan) {
		memcpy(p + at, "\x81\x00\x20\x07", 4);
		at += 4;
	}
	p[at] = type >> 8;
	p[at + 1] = type & 0xFF;
	return at + 2;
}

/** An IP header without lengths and checksum, as ice leaves them. */
static uint32_t
add_ip(uint8_t *p, bool v6, uint8_t proto)
{
	struct rte_ipv4_hdr *ip4 = (void *)p;
	struct rte_ipv6_hdr *ip6 = (void *)p;
	unsigned int i;

	memset(p, 0, v6 ? sizeof(*ip6) : sizeof(*ip4));
	if (v6) {
		ip6->vtc_flow = rte_cpu_to_be_32(6u << 28);
		ip6->proto = proto;
		ip6->hop_limits = 64;
		for (i = 0; i < 32; i++)
			p[8 + i] = (uint8_t)(0x20 + i * 5);
		return sizeof(*ip6);
	}
	ip4->version_ihl = 0x45;
	ip4->next_proto_id = proto;
	ip4->time_to_live = 64;
	ip4->packet_id = rte_cpu_to_be_16(FIRST_ID);
	ip4->src_addr = rte_cpu_to_be_32(0x0A000001);
	ip4->dst_addr = rte_cpu_to_be_32(0x0A0000FE);
	return sizeof(*ip4);
}

/** Sum of the pseudo header without a length. */
static uint16_t
seed_of(const uint8_t *ip, bool v6, uint8_t proto)
{
	uint32_t sum = proto, i;

	for (i = v6 ? 8 : 12; i < (v6 ? 40u : 20u); i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return rte_cpu_to_be_16((uint16_t)sum);
}

static uint32_t
add_tunnel(struct packet *packet, uint8_t *p, uint32_t at)
{
	const struct shape *shape = &packet->shape;
	uint8_t proto = shape->tunnel == VXLAN ? IPPROTO_UDP : shape->tunnel == GRE ?
			IPPROTO_GRE : shape->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	uint16_t type = shape->v6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4;
	uint32_t start = at, l4;

	packet->l3[0] = at;
	at += add_ip(p + at, shape->outer_v6, proto);
	l4 = at;
	packet->ctx0 |= shape->outer_v6 ? E810_TXD_CTX_QW0_EIPT_IPV6 :
					  E810_TXD_CTX_QW0_EIPT_IPV4_CSUM;
	packet->ctx0 |= (uint64_t)(at - start) / 4 << E810_TXD_CTX_QW0_EIPLEN_S;
	if (shape->tunnel == VXLAN) {
		struct rte_udp_hdr *udp = (void *)(p + at);

		memset(udp, 0, sizeof(*udp));
		udp->src_port = rte_cpu_to_be_16(49152);
		udp->dst_port = rte_cpu_to_be_16(VXLAN_PORT);
		if (shape->outer_csum) {
			udp->dgram_cksum = seed_of(p + start, shape->outer_v6, IPPROTO_UDP);
			packet->ctx0 |= E810_TXD_CTX_QW0_L4T_CS;
		}
		memcpy(p + at + sizeof(*udp), "\x08\0\0\0\0\0\x01\0", VXLAN_HLEN);
		at += sizeof(*udp) + VXLAN_HLEN;
		at += add_ether(p + at, false, type);
		packet->ctx0 |= E810_TXD_CTX_QW0_L4TUNT_UDP;
	} else if (shape->tunnel == GRE) {
		memset(p + at, 0, 4);
		p[at + 2] = type >> 8;
		p[at + 3] = type & 0xFF;
		at += 4;
		packet->ctx0 |= E810_TXD_CTX_QW0_L4TUNT_GRE;
	}
	if (shape->outer_noinc)
		packet->ctx0 |= E810_TXD_CTX_QW0_EIP_NOINC;
	packet->ctx0 |= (uint64_t)(at - l4) / 2 << E810_TXD_CTX_QW0_NATLEN_S;
	return at;
}

static uint32_t
add_l4(struct packet *packet, uint8_t *p, uint32_t at)
{
	const struct shape *shape = &packet->shape;
	struct rte_tcp_hdr *tcp = (void *)(p + at);
	struct rte_udp_hdr *udp = (void *)(p + at);

	packet->l4 = at;
	if (shape->udp) {
		memset(udp, 0, sizeof(*udp));
		udp->src_port = rte_cpu_to_be_16(1000);
		udp->dst_port = rte_cpu_to_be_16(2000);
		udp->dgram_cksum = seed_of(p + packet->l3[1], shape->v6, IPPROTO_UDP);
		return at + sizeof(*udp);
	}
	memset(tcp, 0, sizeof(*tcp));
	tcp->src_port = rte_cpu_to_be_16(1000);
	tcp->dst_port = rte_cpu_to_be_16(2000);
	tcp->sent_seq = rte_cpu_to_be_32(FIRST_SEQ);
	tcp->data_off = (uint8_t)((20 + shape->tcp_options) / 4 << 4);
	tcp->tcp_flags = FLAGS;
	tcp->cksum = seed_of(p + packet->l3[1], shape->v6, IPPROTO_TCP);
	memset(tcp + 1, 1, shape->tcp_options);
	return at + 20 + shape->tcp_options;
}

static struct packet
make_packet(struct fake *fake, const struct shape *shape)
{
	bool first_v6 = shape->tunnel == PLAIN ? shape->v6 : shape->outer_v6;
	struct packet packet = { .shape = *shape };
	uint8_t *p = fake_alloc(fake, shape->tlen + 512);
	uint32_t at, mac, i;

	at = add_ether(p, shape->vlan, first_v6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
	mac = at;
	if (shape->tunnel != PLAIN)
		at = add_tunnel(&packet, p, at);
	packet.l3[1] = at;
	at += add_ip(p + at, shape->v6, shape->udp ? IPPROTO_UDP : IPPROTO_TCP);
	packet.header = add_l4(&packet, p, at);
	packet.data = p;
	for (i = 0; i < shape->tlen; i++)
		p[packet.header + i] = (uint8_t)(i * 7 + (i >> 8) * 3);
	packet.ctx1 = E810_TXD_DTYPE_CTX | CMD(E810_TXD_CTX_CMD_TSO) |
		      (uint64_t)shape->tlen << E810_TXD_CTX_QW1_TLEN_S |
		      (uint64_t)shape->mss << E810_TXD_CTX_QW1_MSS_S;
	if (shape->insert2) {
		packet.ctx1 |= CMD(E810_TXD_CTX_CMD_IL2TAG2);
		packet.ctx0 |= UINT64_C(0x0456) << E810_TXD_CTX_QW0_L2TAG2_S;
	}
	packet.data1 = CMD(shape->v6 ? E810_TXD_CMD_IIPT_IPV6 : E810_TXD_CMD_IIPT_IPV4_CSUM) |
		       CMD(shape->udp ? E810_TXD_CMD_L4T_UDP : E810_TXD_CMD_L4T_TCP) |
		       (uint64_t)mac / 2 << E810_TXD_QW1_MACLEN_S |
		       (uint64_t)(packet.l4 - packet.l3[1]) / 4 << E810_TXD_QW1_IPLEN_S |
		       (uint64_t)(packet.header - packet.l4) / 4 << E810_TXD_QW1_L4LEN_S;
	if (shape->insert)
		packet.data1 |= CMD(E810_TXD_CMD_IL2TAG1) | UINT64_C(0x0123) <<
				E810_TXD_QW1_L2TAG1_S;
	return packet;
}

static void
put_context(struct fake *fake, struct fake_txq *txq, const struct packet *packet)
{
	uint32_t at = txq->tail;

	fake_tx_put(fake, txq, NULL, 0, packet->ctx1);
	txq->ring[at].buf_addr = packet->ctx0;
}

/** Give the packet in buffers of at most `part` bytes; the first has at least the headers. */
static void
put_packet(struct fake *fake, struct fake_txq *txq, const struct packet *packet, uint32_t part)
{
	uint32_t len = packet->header + packet->shape.tlen, at, now;

	put_context(fake, txq, packet);
	for (at = 0; at < len; at += now) {
		now = RTE_MIN(at == 0 ? RTE_MAX(part, packet->header) : part, len - at);
		fake_tx_put(fake, txq, packet->data + at, now,
			    packet->data1 | (at + now == len ? EOP | RS : 0));
	}
}

/* ------------------------------------------------------------------ checking segments ------- */

static void
check_ip(const uint8_t *ip, bool v6, uint32_t len, uint16_t id)
{
	const struct rte_ipv4_hdr *ip4 = (const void *)ip;
	const struct rte_ipv6_hdr *ip6 = (const void *)ip;
	struct rte_ipv4_hdr copy;

	if (v6) {
		assert_int_equal(rte_be_to_cpu_16(ip6->payload_len), len - sizeof(*ip6));
		return;
	}
	assert_int_equal(rte_be_to_cpu_16(ip4->total_length), len);
	assert_int_equal(rte_be_to_cpu_16(ip4->packet_id), id);
	copy = *ip4;
	copy.hdr_checksum = 0;
	assert_int_equal(ip4->hdr_checksum, rte_ipv4_cksum(&copy));
}

/** The L4 checksum is what DPDK makes of the segment with the field cleared. */
static void
check_l4_sum(const uint8_t *ip, bool v6, uint32_t l4, uint32_t field, uint32_t len)
{
	uint8_t *copy = malloc(len);
	uint16_t sum;

	assert_non_null(copy);
	memcpy(copy, ip, len);
	memset(copy + l4 + field, 0, 2);
	sum = v6 ? rte_ipv6_udptcp_cksum((void *)copy, copy + l4) :
		   rte_ipv4_udptcp_cksum((void *)copy, copy + l4);
	assert_memory_equal(ip + l4 + field, &sum, 2);
	free(copy);
}

static void
check_outer(const struct packet *packet, const uint8_t *p, uint32_t len, unsigned int n)
{
	const struct shape *shape = &packet->shape;
	const uint8_t *ip = p + packet->l3[0];
	uint32_t hlen = shape->outer_v6 ? 40 : 20;
	const struct rte_udp_hdr *udp = (const void *)(ip + hlen);

	len -= packet->l3[0];
	check_ip(ip, shape->outer_v6, len, (uint16_t)(FIRST_ID + (shape->outer_noinc ? 0 : n)));
	if (shape->tunnel != VXLAN)
		return;
	assert_int_equal(rte_be_to_cpu_16(udp->dgram_len), len - hlen);
	assert_int_equal(rte_be_to_cpu_16(udp->dst_port), VXLAN_PORT);
	if (shape->outer_csum)
		check_l4_sum(ip, shape->outer_v6, hlen, 6, len);
	else
		assert_int_equal(udp->dgram_cksum, 0);
}

static void
check_tags(const struct shape *shape, const uint8_t **frame, uint32_t *len, uint8_t *copy)
{
	const uint8_t *p = *frame;
	uint32_t tags = 0;

	if (shape->insert2) {
		assert_memory_equal(p + 12, "\x88\xA8\x04\x56", 4);
		tags += 4;
	}
	if (shape->insert) {
		assert_memory_equal(p + 12 + tags, "\x81\x00\x01\x23", 4);
		tags += 4;
	}
	memcpy(copy, p, 12);
	memcpy(copy + 12, p + 12 + tags, *len - 12 - tags);
	*frame = copy;
	*len -= tags;
}

static void
check_segment(const struct packet *packet, const uint8_t *frame, uint32_t len, unsigned int n)
{
	const struct shape *shape = &packet->shape;
	unsigned int total = (shape->tlen + shape->mss - 1) / shape->mss;
	uint32_t payload = RTE_MIN(shape->tlen - n * shape->mss, shape->mss);
	uint32_t want = packet->header + payload, hlen = shape->v6 ? 40 : 20;
	uint8_t copy[10240];
	const struct rte_tcp_hdr *tcp;
	const uint8_t *ip;
	uint8_t flags = FLAGS;

	check_tags(shape, &frame, &len, copy);
	assert_in_range(len, want, RTE_MAX(want, 60u));
	ip = frame + packet->l3[1];
	tcp = (const void *)(frame + packet->l4);
	if (shape->tunnel != PLAIN)
		check_outer(packet, frame, want, n);
	check_ip(ip, shape->v6, want - packet->l3[1], (uint16_t)(FIRST_ID + n));
	check_l4_sum(ip, shape->v6, hlen, shape->udp ? 6 : 16, want - packet->l3[1]);
	if (shape->udp) {
		assert_int_equal(pkt_be16(frame + packet->l4 + 4), want - packet->l4);
	} else {
		flags &= n == 0 ? 0xFF : ~RTE_TCP_CWR_FLAG;
		flags &= n == total - 1 ? 0xFF : ~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
		assert_int_equal(rte_be_to_cpu_32(tcp->sent_seq), FIRST_SEQ + n * shape->mss);
		assert_int_equal(tcp->tcp_flags, flags);
	}
	assert_memory_equal(frame + packet->header, packet->data + packet->header +
			    n * shape->mss, payload);
}

static void
check_sent(const struct fake *fake, unsigned int first, const struct packet *packet)
{
	unsigned int total = (packet->shape.tlen + packet->shape.mss - 1) / packet->shape.mss, n;

	assert_true(fake->n_tx >= first + total);
	for (n = 0; n < total; n++)
		check_segment(packet, fake->tx_data[first + n], fake->tx_len[first + n], n);
}

static void
run(struct fake *fake)
{
	while (model_tx_step(fake->model, 4096, 1) != 0)
		;
}

static bool
is_done(const struct fake_txq *txq, unsigned int i)
{
	return (txq->ring[i].cmd_type_offset_bsz & E810_TXD_QW1_DTYPE_M) ==
	       E810_TXD_DTYPE_DESC_DONE;
}

/* ------------------------------------------------------------------ tests ------------------- */

/** Every combination of headers; MSS that divides the payload and that does not. */
static void
test_shapes(void **state)
{
	static const uint32_t sizes[][2] = { { 1448, 14480 }, { 536, 10001 }, { 64, 65 },
					     { 8000, 60001 }, { 1000, 999 }, { 700, 700 } };
	unsigned int i, bits, packets = 0;
	(void)state;

	for (bits = 0; bits < 1u << 9; bits++) {
		struct shape shape = {
			.v6 = bits & 1, .udp = bits & 2, .vlan = bits & 4, .insert = bits & 8,
			.insert2 = bits & 16, .tunnel = bits >> 5 & 3, .outer_v6 = bits & 128,
			.outer_csum = bits & 256, .outer_noinc = bits & 256,
			.tcp_options = bits % 3 * 12,
		};
		struct fake *fake = fake_create();
		struct fake_txq txq = { .qlen = 256 };
		struct packet packet;

		assert_int_equal(fake_txq_enable(fake, &txq), 0);
		for (i = 0; i < RTE_DIM(sizes); i++) {
			unsigned int first = fake->n_tx;

			shape.mss = sizes[i][0];
			shape.tlen = sizes[i][1];
			packet = make_packet(fake, &shape);
			put_packet(fake, &txq, &packet, 4000);
			fake_tx_ring(fake, &txq);
			run(fake);
			check_sent(fake, first, &packet);
			assert_int_equal(fake->n_tx, first + (shape.tlen + shape.mss - 1) /
					 shape.mss);
			packets++;
		}
		assert_int_equal(fake->model->stats.mdd_events, 0);
		assert_true(is_done(&txq, txq.tail - 1));
		assert_false(is_done(&txq, 0));
		fake_destroy(fake);
	}
	assert_int_equal(packets, 512 * 6);
}

/** The largest packet, in buffers of many sizes; the host's memory stays as it was. */
static void
test_largest(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .qlen = 4096 };
	struct shape shape = { .mss = 64, .tlen = 0x3FFFF };
	struct packet packet = make_packet(fake, &shape);
	uint32_t len = packet.header + shape.tlen, total = (shape.tlen + 63) / 64;
	uint8_t *copy = malloc(len);

	assert_non_null(copy);
	memcpy(copy, packet.data, len);
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	put_packet(fake, &txq, &packet, 16383);
	put_packet(fake, &txq, &packet, 100);
	fake_tx_ring(fake, &txq);
	run(fake);
	assert_int_equal(fake->n_tx, 2 * total);
	check_sent(fake, 0, &packet);
	check_sent(fake, total, &packet);
	assert_memory_equal(packet.data, copy, len);
	assert_int_equal(model_reg_get(fake->model, QTX_COMM_HEAD(0)), txq.tail);
	free(copy);
}

/** Octets and packets on the wire and of the VSI are those of the segments. */
static void
test_counters(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_txq txq = { .vsi = 4 };
	struct shape shape = { .mss = 1448, .tlen = 10 * 1448, .insert = true };
	struct packet packet = make_packet(fake, &shape);
	uint64_t bytes = 10 * (packet.header + 1448 + 4);

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	model_reg_set(model, QINT_TQCTL(0), INT_CTL_CAUSE_ENA);
	put_packet(fake, &txq, &packet, 16383);
	fake_tx_ring(fake, &txq);
	run(fake);
	assert_int_equal(fake->n_tx, 10);
	assert_int_equal(model->wire_stats.tx_packets, 10);
	assert_int_equal(model->wire_stats.tx_bytes, bytes);
	assert_int_equal(model->port.tx_unicast, 10);
	assert_int_equal(model->port.tx_bytes, bytes + 10 * 4);
	assert_int_equal(model->vsi[4].tx_unicast, 10);
	assert_int_equal(model->vsi[4].tx_bytes, bytes);
	assert_int_equal(model->txq[0].packets, 10);
	assert_int_equal(model->vsi[4].tx_errors, 0);
	assert_int_equal(fake->irqs, 1);	/* one descriptor with RS */
}

/** A wire that takes frames by ones, twos and threes and then none: no segment twice or lost. */
static void
test_paused_wire(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .qlen = 128 };
	struct shape shapes[] = { { .mss = 1000, .tlen = 9999 }, { .mss = 64, .tlen = 64 * 200 },
				  { .mss = 64, .tlen = 60 }, { .mss = 9000, .tlen = 65000 },
				  { .udp = true, .mss = 512, .tlen = 100000 } };
	struct packet packets[RTE_DIM(shapes)];
	unsigned int i, first = 0, before, total = 0, room = 0;
	bool done[RTE_DIM(shapes)] = { false };
	uint32_t end[RTE_DIM(shapes)];

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	for (i = 0; i < RTE_DIM(shapes); i++) {
		packets[i] = make_packet(fake, &shapes[i]);
		put_packet(fake, &txq, &packets[i], 7000);
		total += (shapes[i].tlen + shapes[i].mss - 1) / shapes[i].mss;
		end[i] = txq.tail - 1;
	}
	fake_tx_ring(fake, &txq);
	while (fake->n_tx < total) {
		before = fake->n_tx;
		fake->tx_room = room++ % 4;
		run(fake);
		assert_in_range(fake->n_tx - before, 0, 3);
		assert_int_equal(fake->model->wire_stats.tx_packets, fake->n_tx);
		assert_int_equal(fake->model->port.tx_unicast, fake->n_tx);
		assert_true(room < 4 * total);
	}
	fake->tx_room = 100;
	run(fake);
	assert_int_equal(fake->n_tx, total);
	for (i = 0; i < RTE_DIM(shapes); i++) {
		check_sent(fake, first, &packets[i]);
		first += (shapes[i].tlen + shapes[i].mss - 1) / shapes[i].mss;
		done[i] = is_done(&txq, end[i]);
		assert_true(done[i]);
	}
	assert_int_equal(fake->model->stats.mdd_events, 0);
}

/** DESC_DONE comes when the last segment has left, not before. */
static void
test_completion(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .qlen = 64 };
	struct shape shape = { .mss = 1000, .tlen = 3000 };
	struct packet packet = make_packet(fake, &shape);

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	put_packet(fake, &txq, &packet, 16383);
	fake_tx_ring(fake, &txq);
	fake->tx_room = 2;
	run(fake);
	assert_int_equal(fake->n_tx, 2);
	assert_false(is_done(&txq, 1));
	assert_int_equal(model_reg_get(fake->model, QTX_COMM_HEAD(0)), 0);
	fake->tx_room = 1;
	run(fake);
	assert_int_equal(fake->n_tx, 3);
	assert_true(is_done(&txq, 1));
	assert_int_equal(model_reg_get(fake->model, QTX_COMM_HEAD(0)), 2);
	/* The queue starts anew: nothing of the progress is left. */
	fake->tx_room = 0;
	put_packet(fake, &txq, &packet, 16383);
	put_packet(fake, &txq, &packet, 16383);
	fake_tx_ring(fake, &txq);
	fake->tx_room = 1;
	run(fake);
	model_txq_disable(fake->model, 0);
	txq.tail = 0;
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	put_packet(fake, &txq, &packet, 16383);
	fake_tx_ring(fake, &txq);
	fake->tx_room = 100;
	run(fake);
	assert_int_equal(fake->n_tx, 7);
	check_sent(fake, 4, &packet);
}

/** Queues with packets to segment and with others share the wire. */
static void
test_queues_take_turns(void **state)
{
	enum { QUEUES = 64 };
	struct fake *fake = *state;
	struct fake_txq txqs[QUEUES];
	struct shape shape = { .mss = 500, .tlen = 5000 };
	struct packet packet = make_packet(fake, &shape);
	unsigned int i, q, seen[QUEUES] = { 0 };

	for (q = 0; q < QUEUES; q++) {
		txqs[q] = (struct fake_txq){ .q = q * 3, .qlen = 64 };
		assert_int_equal(fake_txq_enable(fake, &txqs[q]), 0);
		for (i = 0; i < 3; i++)
			put_packet(fake, &txqs[q], &packet, 2000);
		fake_tx_ring(fake, &txqs[q]);
	}
	while (fake->n_tx < QUEUES * 30) {
		unsigned int before = fake->n_tx;

		fake->tx_room = 7;
		assert_int_not_equal(model_tx_step(fake->model, 64, 1), 0);
		assert_int_equal(fake->n_tx - before, RTE_MIN(7u, QUEUES * 30 - before));
	}
	for (q = 0; q < QUEUES; q++) {
		assert_int_equal(fake->model->txq[q * 3].packets, 30);
		seen[q] = is_done(&txqs[q], txqs[q].tail - 1);
		assert_true(seen[q]);
	}
}

/** Checksums in and around tunnels without segmentation. */
static void
test_tunnel_checksums(void **state)
{
	unsigned int bits;
	(void)state;

	for (bits = 0; bits < 1u << 6; bits++) {
		struct shape shape = {
			.v6 = bits & 1, .udp = bits & 2, .outer_v6 = bits & 4,
			.outer_csum = bits & 8, .tunnel = bits >> 4, .mss = 1000, .tlen = 500,
		};
		struct fake *fake = fake_create();
		struct fake_txq txq = { 0 };
		struct packet one, sent;

		if (shape.tunnel == PLAIN) {
			fake_destroy(fake);
			continue;
		}
		/* What one segment looks like is the packet, its sums without the length. */
		assert_int_equal(fake_txq_enable(fake, &txq), 0);
		one = make_packet(fake, &shape);
		put_packet(fake, &txq, &one, 4000);
		fake_tx_ring(fake, &txq);
		run(fake);
		check_sent(fake, 0, &one);
		sent = one;
		memcpy(sent.data, fake->tx_data[0], fake->tx_len[0]);
		/* Now as a driver without segmentation gives it: sums with the length. */
		sent.ctx1 = E810_TXD_DTYPE_CTX;
		memset(sent.data + sent.l3[1] + 10, shape.v6 ? sent.data[sent.l3[1] + 10] : 0, 1);
		if (shape.udp) {
			uint16_t sum = shape.v6 ?
				rte_ipv6_phdr_cksum((void *)(sent.data + sent.l3[1]), 0) :
				rte_ipv4_phdr_cksum((void *)(sent.data + sent.l3[1]), 0);

			memcpy(sent.data + sent.l4 + 6, &sum, 2);
		} else {
			uint16_t sum = shape.v6 ?
				rte_ipv6_phdr_cksum((void *)(sent.data + sent.l3[1]), 0) :
				rte_ipv4_phdr_cksum((void *)(sent.data + sent.l3[1]), 0);

			memcpy(sent.data + sent.l4 + 16, &sum, 2);
		}
		if (shape.tunnel == VXLAN && shape.outer_csum) {
			uint8_t *ip = sent.data + sent.l3[0];
			uint16_t sum = shape.outer_v6 ? rte_ipv6_phdr_cksum((void *)ip, 0) :
							rte_ipv4_phdr_cksum((void *)ip, 0);

			memcpy(ip + (shape.outer_v6 ? 40 : 20) + 6, &sum, 2);
		}
		if (!shape.outer_v6)
			memset(sent.data + sent.l3[0] + 10, 0x5A, 2);
		put_packet(fake, &txq, &sent, 4000);
		fake_tx_ring(fake, &txq);
		run(fake);
		assert_int_equal(fake->n_tx, 2);
		assert_int_equal(fake->tx_len[1], fake->tx_len[0]);
		assert_memory_equal(fake->tx_data[1], fake->tx_data[0], fake->tx_len[0]);
		fake_destroy(fake);
	}
}

/* ------------------------------------------------------------------ misuse ------------------ */

/** How a request is spoiled, and what the device says to it. */
static const struct bad {
	const char *what;
	uint64_t ctx1_clear, ctx1_set, data1_clear, data1_set, ctx0_set;
	uint32_t part;			/* bytes a buffer; 0: usual */
	int32_t tlen_off;		/* payload given beyond TLEN */
	uint32_t reg;
	unsigned int event;
} bads[] = {
#define MSS(n)	((uint64_t)(n) << E810_TXD_CTX_QW1_MSS_S)
#define TDPU	.reg = GL_MDET_TX_TDPU, .event = MODEL_MDD_EVENT_TSO
#define TCLAN	.reg = GL_MDET_TX_TCLAN, .event = MODEL_MDD_EVENT_SEGMENTS
	{ "MSS 0", MSS(0x3FFF), 0, TDPU },
	{ "MSS 63", MSS(0x3FFF), MSS(63), TDPU },
	{ "MSS 9675", MSS(0x3FFF), MSS(9675), TDPU },
	{ "MSS beyond the frame size", MSS(0x3FFF), MSS(9671), TDPU },
	{ "TLEN 0", E810_TXD_CTX_QW1_TLEN_M << E810_TXD_CTX_QW1_TLEN_S, 0, TDPU },
	{ "TLEN too long", .tlen_off = -1, TDPU },
	{ "TLEN too short", .tlen_off = 1, TDPU },
	{ "no IP header", .data1_clear = CMD(E810_TXD_CMD_IIPT_M), TDPU },
	{ "no L4 header", .data1_clear = CMD(E810_TXD_CMD_L4T_M), TDPU },
	{ "SCTP", .data1_clear = CMD(E810_TXD_CMD_L4T_M),
	  .data1_set = CMD(E810_TXD_CMD_L4T_SCTP), TDPU },
	{ "IPLEN 0", .data1_clear = UINT64_C(0x7F) << E810_TXD_QW1_IPLEN_S, TDPU },
	{ "L4LEN 0", .data1_clear = UINT64_C(0xF) << E810_TXD_QW1_L4LEN_S, TDPU },
	{ "headers longer than the packet", .data1_set = UINT64_C(0x7F) << E810_TXD_QW1_MACLEN_S |
	  UINT64_C(0x7F) << E810_TXD_QW1_IPLEN_S, TDPU },
	{ "outer IP header of 0 bytes", .ctx0_set = E810_TXD_CTX_QW0_EIPT_IPV4_CSUM, TDPU },
	{ "UDP tunnel without UDP header", .ctx0_set = E810_TXD_CTX_QW0_EIPT_IPV4_CSUM |
	  5 << E810_TXD_CTX_QW0_EIPLEN_S | E810_TXD_CTX_QW0_L4TUNT_UDP, TDPU },
	{ "headers in four buffers", .part = 16, TCLAN },
	{ "segments in nine buffers", .part = 150, TCLAN },
};

static void
test_misuse(void **state)
{
	unsigned int i;
	(void)state;

	for (i = 0; i < RTE_DIM(bads); i++) {
		const struct bad *bad = &bads[i];
		struct fake *fake = fake_create();
		struct fake_txq txq = { .q = 3, .qlen = 1024 };
		struct shape shape = { .mss = 1400, .tlen = 14000 };
		struct packet packet = make_packet(fake, &shape), good = packet;
		uint32_t part = bad->part != 0 ? bad->part : 4000, len, at, now;

		packet.ctx0 |= bad->ctx0_set;
		packet.ctx1 = (packet.ctx1 & ~bad->ctx1_clear) | bad->ctx1_set;
		packet.data1 = (packet.data1 & ~bad->data1_clear) | bad->data1_set;
		assert_int_equal(fake_txq_enable(fake, &txq), 0);
		put_packet(fake, &txq, &good, 4000);
		put_context(fake, &txq, &packet);
		len = packet.header + shape.tlen + bad->tlen_off;
		for (at = 0; at < len; at += now) {
			now = RTE_MIN(part, len - at);
			fake_tx_put(fake, &txq, packet.data + at, now,
				    packet.data1 | (at + now == len ? EOP | RS : 0));
		}
		fake_tx_ring(fake, &txq);
		run(fake);
		if (fake->model->stats.mdd_events != 1)
			print_error("%s: %"PRIu64" events\n", bad->what,
				    fake->model->stats.mdd_events);
		assert_int_equal(fake->model->stats.mdd_events, 1);
		assert_int_equal(model_reg_get(fake->model, bad->reg),
				 1u << 31 | bad->event << 26 | 3);
		assert_int_equal(fake->n_tx, 10);	/* the good one alone */
		check_sent(fake, 0, &good);
		fake_destroy(fake);
	}
}

/** Headers may lie in up to three buffers, and a segment with them in eight. */
static void
test_limits(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .qlen = 1024 };
	struct shape shape = { .mss = 1400, .tlen = 14000 };
	struct packet packet = make_packet(fake, &shape);
	uint32_t len = packet.header + shape.tlen, at, now, third = packet.header / 3;

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	put_context(fake, &txq, &packet);
	for (at = 0; at < len; at += now) {
		now = at < 2 * third ? third : at < packet.header ? packet.header - at : 350;
		now = RTE_MIN(now, len - at);
		fake_tx_put(fake, &txq, packet.data + at, now,
			    packet.data1 | (at + now == len ? EOP | RS : 0));
	}
	fake_tx_ring(fake, &txq);
	run(fake);
	assert_int_equal(fake->model->stats.mdd_events, 0);
	check_sent(fake, 0, &packet);
}

static void
test_not_allowed_by_context(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .no_tso = true };
	struct shape shape = { .mss = 1400, .tlen = 14000 };
	struct packet packet = make_packet(fake, &shape);

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	put_packet(fake, &txq, &packet, 4000);
	fake_tx_ring(fake, &txq);
	run(fake);
	assert_int_equal(fake->model->stats.mdd_events, 1);
	assert_int_equal(fake->n_tx, 0);
}

/** The driver changes a packet of which segments have left: checked anew, never sent twice. */
static void
test_changed_midway(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct shape shape = { .mss = 1000, .tlen = 10000 };
	struct packet packet = make_packet(fake, &shape);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct fake_txq txq = { 0 };
		unsigned int before = fake->n_tx;

		model->stats.mdd_events = model->stats.dma_faults = 0;
		assert_int_equal(fake_txq_enable(fake, &txq), 0);
		put_packet(fake, &txq, &packet, 16383);
		fake_tx_ring(fake, &txq);
		fake->tx_room = 5;
		run(fake);
		switch (i) {
		case 0:	/* fewer segments than have left */
			txq.ring[0].cmd_type_offset_bsz =
				(packet.ctx1 & ~MSS(0x3FFF)) | MSS(5000);
			break;
		case 1:	/* no packet to segment any more */
			txq.ring[0].cmd_type_offset_bsz = E810_TXD_DTYPE_CTX;
			break;
		case 2:	/* not mapped */
			txq.ring[1].buf_addr = 0x1000;
			break;
		case 3:	/* another length */
			txq.ring[1].cmd_type_offset_bsz += UINT64_C(1) << E810_TXD_QW1_BUF_SZ_S;
			break;
		}
		fake->tx_room = 100;
		run(fake);
		assert_int_equal(fake->n_tx - before, 5);
		assert_int_equal(model->stats.mdd_events, i == 2 ? 0 : 1);
		assert_int_equal(model->stats.dma_faults, i == 2 ? 1 : 0);
	}
}

/** Good packets with some bits of their descriptors wrong (sanitizers watch). */
static void
test_mutated(void **state)
{
	struct fake *fake = *state;
	struct shape shape = { .tunnel = VXLAN, .outer_csum = true, .mss = 500, .tlen = 3000 };
	struct packet packet = make_packet(fake, &shape);
	unsigned int seed = 11, round, i, sent = 0;
	size_t used = fake->used;

	for (round = 0; round < 5000; round++) {
		struct fake_txq txq = { 0 };

		fake->used = used;
		assert_int_equal(fake_txq_enable(fake, &txq), 0);
		put_packet(fake, &txq, &packet, 700);
		for (i = rand_r(&seed) % 4; i > 0; i--) {
			struct e810_tx_desc *desc = &txq.ring[rand_r(&seed) % txq.tail];
			uint64_t bit = UINT64_C(1) << rand_r(&seed) % 64;

			if (rand_r(&seed) % 3 == 0)
				desc->buf_addr ^= bit;
			else
				desc->cmd_type_offset_bsz ^= bit;
		}
		fake_tx_ring(fake, &txq);
		for (i = 0; i < 10; i++) {
			fake->tx_room = rand_r(&seed) % 5;
			model_tx_step(fake->model, 4096, 1);
		}
		sent += fake->n_tx;
		for (i = 0; i < fake->n_tx; i++)
			free(fake->tx_data[i]);
		fake->n_tx = 0;
	}
	assert_true(fake->model->stats.mdd_events > 0);
	assert_true(sent > 5000);
}

#define TSO_TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		TSO_TEST(test_largest),
		TSO_TEST(test_counters),
		TSO_TEST(test_paused_wire),
		TSO_TEST(test_completion),
		TSO_TEST(test_queues_take_turns),
		cmocka_unit_test(test_tunnel_checksums),
		cmocka_unit_test(test_misuse),
		TSO_TEST(test_limits),
		TSO_TEST(test_not_allowed_by_context),
		TSO_TEST(test_changed_midway),
		TSO_TEST(test_mutated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
