/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "model_priv.h"
#include "rogue.h"

#define CMD(bits)	((uint64_t)(bits) << E810_TXD_QW1_CMD_S)
#define LEN(n)		((uint64_t)(n) << E810_TXD_QW1_BUF_SZ_S)
#define EOP		CMD(E810_TXD_CMD_EOP | E810_TXD_CMD_RS)
#define MAIN_END	(ROGUE_MAIN_IOVA + ROGUE_MAIN_BYTES)
#define RING_END	(ROGUE_RING_IOVA + ROGUE_RING_BYTES)
#define RO_END		(ROGUE_RO_IOVA + ROGUE_RO_BYTES)

static void
write_reg(struct rogue *rogue, uint64_t reg, uint64_t value)
{
	rogue->door->write(rogue->door, (uint32_t)reg, (uint32_t)value);
}

/* ------------------------------------------------------------------ Tx: one packet ---------- */

/** A packet of b bytes at address a. */
static void
tx_address(struct rogue *rogue, uint64_t a, uint64_t b)
{
	rogue_tx_put(rogue, a, EOP | LEN(b));
	rogue_tx_ring(rogue);
}

/** The last of eight buffers. */
static void
tx_last_address(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t good = rogue_frame(rogue, 1000);
	unsigned int i;

	for (i = 0; i < 7; i++)
		rogue_tx_put(rogue, good + 100 * i, LEN(100));
	rogue_tx_put(rogue, a, EOP | LEN(b));
	rogue_tx_ring(rogue);
}

/** One descriptor whose second quadword is a, with the length b. */
static void
tx_descriptor(struct rogue *rogue, uint64_t a, uint64_t b)
{
	rogue_tx_put(rogue, rogue_frame(rogue, 1000), a | LEN(b));
	rogue_tx_ring(rogue);
}

/** a descriptors of b bytes without end of packet. */
static void
tx_endless(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t good = rogue_frame(rogue, 1000);

	while (a-- > 0)
		rogue_tx_put(rogue, good, LEN(b));
	rogue_tx_ring(rogue);
}

/** a buffers of b bytes, which is a whole packet. */
static void
tx_scattered(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t good = rogue_frame(rogue, 1000);

	while (a-- > 0)
		rogue_tx_put(rogue, good, LEN(b) | (a == 0 ? EOP : 0));
	rogue_tx_ring(rogue);
}

/** Two context descriptors; or one inside of a packet. */
static void
tx_contexts(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t good = rogue_frame(rogue, 1000);

	RTE_SET_USED(b);
	rogue_tx_put(rogue, good, a);
	rogue_tx_put(rogue, 0, E810_TXD_DTYPE_CTX);
	rogue_tx_put(rogue, good, EOP | LEN(100));
	rogue_tx_ring(rogue);
}

/** A context descriptor of these two quadwords before a good packet. */
static void
tx_context(struct rogue *rogue, uint64_t a, uint64_t b)
{
	rogue_tx_put(rogue, a, b);
	rogue_tx_put(rogue, rogue_frame(rogue, 1000), EOP | LEN(1000));
	rogue_tx_ring(rogue);
}

/* ------------------------------------------------------------------ Tx: segmentation -------- */

#define TSO(mss, tlen)	(E810_TXD_DTYPE_CTX | CMD(E810_TXD_CTX_CMD_TSO) | \
			 (uint64_t)(mss) << E810_TXD_CTX_QW1_MSS_S | \
			 (uint64_t)(tlen) << E810_TXD_CTX_QW1_TLEN_S)
#define TCP4(header)	(CMD(E810_TXD_CMD_IIPT_IPV4_CSUM | E810_TXD_CMD_L4T_TCP) | \
			 UINT64_C(7) << E810_TXD_QW1_MACLEN_S | \
			 UINT64_C(5) << E810_TXD_QW1_IPLEN_S | \
			 (uint64_t)((header) - 34) / 4 << E810_TXD_QW1_L4LEN_S)

/** A packet of 1054 bytes with a context descriptor a; its first buffer has b bytes. */
static void
tso_packet(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t good = rogue_frame(rogue, 1054);

	rogue_tx_put(rogue, 0, a);
	if (b < 1054)
		rogue_tx_put(rogue, good, TCP4(54) | LEN(b));
	rogue_tx_put(rogue, good + b % 1054, TCP4(54) | EOP | LEN(1054 - b % 1054));
	rogue_tx_ring(rogue);
}

/** Headers in pieces of a bytes. */
static void
tso_torn_header(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t good = rogue_frame(rogue, 1054);
	uint32_t at;

	RTE_SET_USED(b);
	rogue_tx_put(rogue, 0, TSO(500, 1000));
	for (at = 0; at < 54; at += (uint32_t)a)
		rogue_tx_put(rogue, good + at, TCP4(54) | LEN(a));
	rogue_tx_put(rogue, good + at, TCP4(54) | EOP | LEN(1054 - at));
	rogue_tx_ring(rogue);
}

/** Payload in pieces of a bytes, the whole ring full of them, and no end. */
static void
tso_endless(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t good = rogue_frame(rogue, 1054);
	unsigned int i;

	RTE_SET_USED(b);
	/* Start where the ring does, to give every descriptor that can be given. */
	rogue_tx_put(rogue, 0, TSO(500, 0x3FFFF));
	rogue_tx_put(rogue, good, TCP4(54) | LEN(54));
	for (i = 0; i < ROGUE_RING_LEN - 3; i++)
		rogue_tx_put(rogue, good + 54, TCP4(54) | LEN(a));
	rogue_tx_ring(rogue);
}

/** Payload, the last buffer of which is at a. */
static void
tso_address(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t good = rogue_frame(rogue, 1054);

	rogue_tx_put(rogue, 0, TSO(500, 500 + b));
	rogue_tx_put(rogue, good, TCP4(54) | LEN(554));
	rogue_tx_put(rogue, a, TCP4(54) | EOP | LEN(b));
	rogue_tx_ring(rogue);
}

/* ------------------------------------------------------------------ Tx: queues -------------- */

/** Enable it with the ring at a, of length b. */
static void
tx_ring(struct rogue *rogue, uint64_t a, uint64_t b)
{
	assert_int_equal(rogue_txq_disable(rogue), 0);
	assert_int_equal(rogue_txq_enable(rogue, a, (unsigned int)b), E810_AQ_RC_EINVAL);
	/* A doorbell of a queue that is not enabled. */
	write_reg(rogue, QTX_COMM_DBELL(ROGUE_QUEUE), 10);
}

static void
ring_unmapped(struct rogue *rogue, uint64_t a, uint64_t b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	rogue->door->unmap(rogue->door, ROGUE_RING_IOVA, ROGUE_RING_BYTES);
	write_reg(rogue, QTX_COMM_DBELL(ROGUE_QUEUE), 20);
	write_reg(rogue, QRX_TAIL(ROGUE_QUEUE), 24);
	rogue_settle(rogue);
	rogue->door->map(rogue->door, ROGUE_RING_IOVA, ROGUE_RING_AT, ROGUE_RING_BYTES, true);
}

/* ------------------------------------------------------------------ Rx ---------------------- */

/** The next buffer is at a; a frame of b bytes arrives. */
static void
rx_address(struct rogue *rogue, uint64_t a, uint64_t b)
{
	rogue_rx_post(rogue, rogue->rx_next, a);
	tx_address(rogue, rogue_frame(rogue, (uint32_t)b), b);
}

/** Buffers that were good are taken away. */
static void
rx_unmapped(struct rogue *rogue, uint64_t a, uint64_t b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	rogue->door->map(rogue->door, ROGUE_NOWHERE, ROGUE_MAIN_AT + ROGUE_RX_BUFS, 0x1000, true);
	rogue_rx_post(rogue, rogue->rx_next, ROGUE_NOWHERE);
	rogue_settle(rogue);
	rogue->door->unmap(rogue->door, ROGUE_NOWHERE, 0x1000);
	tx_address(rogue, rogue_frame(rogue, 500), 500);
}

/** Enable the queue with one field of its context, at offset a of the structure, being b. */
static void
rx_context(struct rogue *rogue, uint64_t a, uint64_t b)
{
	struct rogue_rx_ctx ctx = rogue_rx_ctx_good();

	if (a == offsetof(struct rogue_rx_ctx, iova))
		ctx.iova = b;
	else
		*(unsigned int *)(void *)((uint8_t *)&ctx + a) = (unsigned int)b;
	rogue_rxq_disable(rogue);
	/* A queue without room starts, and receives nothing. */
	assert_int_equal(rogue_rxq_enable(rogue, &ctx), ctx.dbuf == 0 || ctx.rxmax == 0);
	rogue_rx_post(rogue, ROGUE_RING_LEN, 0);
	tx_address(rogue, rogue_frame(rogue, 500), 500);
}

/** The longest frame that RXMAX allows into buffers at the very end of the island. */
static void
rx_end(struct rogue *rogue, uint64_t a, uint64_t b)
{
	rogue_rx_post(rogue, rogue->rx_next, a);
	tx_address(rogue, rogue_frame(rogue, (uint32_t)b), b);
	assert_true(rogue_wait_equal(rogue, rogue_main(rogue, (uint32_t)(a - ROGUE_MAIN_IOVA)),
				     rogue_main(rogue, ROGUE_TX_BUFS), b));
}

/* ------------------------------------------------------------------ admin queue ------------- */

/** Its rings are at a and b; a command is sent. */
static void
aq_rings(struct rogue *rogue, uint64_t a, uint64_t b)
{
	struct e810_aq_desc desc = { .opcode = E810_AQC_GET_VER, .flags = E810_AQ_FLAG_SI };

	rogue_aq_start(rogue, a, b);
	assert_int_equal(rogue_aq_raw(rogue, &desc), ROGUE_NO_ANSWER);
}

/** Ask for events and cause one: the link goes down, and up again. */
static void
cause_event(struct rogue *rogue)
{
	struct e810_aqc_get_link_status get = { .cmd_flags = rte_cpu_to_le_16(E810_LSE_ENA) };
	struct e810_aqc_restart_an down = { .cmd_flags = E810_RESTART_AN_LINK_RESTART };
	struct e810_aqc_restart_an up = {
		.cmd_flags = E810_RESTART_AN_LINK_RESTART | E810_RESTART_AN_LINK_ENABLE,
	};
	uint8_t status[64] = { 0 };

	assert_int_equal(rogue_aq(rogue, E810_AQC_GET_LINK_STATUS, &get, status, sizeof(status),
				  false), 0);
	assert_int_equal(rogue_aq(rogue, E810_AQC_RESTART_AN, &down, NULL, 0, false), 0);
	assert_int_equal(rogue_aq(rogue, E810_AQC_RESTART_AN, &up, NULL, 0, false), 0);
}

/** Events have their ring at a. */
static void
arq_ring(struct rogue *rogue, uint64_t a, uint64_t b)
{
	RTE_SET_USED(b);
	rogue_aq_start(rogue, ROGUE_MAIN_IOVA + ROGUE_ATQ, a);
	cause_event(rogue);
}

/** The first event's buffer is at a, and has b bytes. */
static void
arq_buffer(struct rogue *rogue, uint64_t a, uint64_t b)
{
	struct e810_aq_desc *desc = (void *)rogue_main(rogue, ROGUE_ARQ);
	uint32_t addr[2] = { a >> 32, (uint32_t)a };

	rogue_aq_start(rogue, ROGUE_MAIN_IOVA + ROGUE_ATQ, ROGUE_MAIN_IOVA + ROGUE_ARQ);
	desc->datalen = (uint16_t)b;
	memcpy(desc->params + 8, addr, sizeof(addr));
	cause_event(rogue);
}

/** Register a is written with b. */
static void
aq_register(struct rogue *rogue, uint64_t a, uint64_t b)
{
	write_reg(rogue, a, b);
	/* A head of the rogue's is only looked at when there is something to do. */
	if (a == PF_FW_ATQH)
		write_reg(rogue, PF_FW_ATQT, 1);
}

/** A command whose buffer of b bytes is at a. */
static void
aq_buffer(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint32_t addr[2] = { a >> 32, (uint32_t)a };
	struct e810_aq_desc desc = {
		.opcode = E810_AQC_LIST_FUNC_CAPS, .datalen = (uint16_t)b,
		.flags = E810_AQ_FLAG_SI | E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB,
	};

	memcpy(desc.params + 8, addr, sizeof(addr));
	assert_int_equal(rogue_aq_raw(rogue, &desc), E810_AQ_RC_BAD_ADDR);
}

static void
aq_long_buffer(struct rogue *rogue, uint64_t a, uint64_t b)
{
	uint64_t iova = ROGUE_MAIN_IOVA + ROGUE_AQ_BUF;
	uint32_t addr[2] = { iova >> 32, (uint32_t)iova };
	struct e810_aq_desc desc = {
		.opcode = (uint16_t)a, .datalen = (uint16_t)b,
		.flags = E810_AQ_FLAG_SI | E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB | E810_AQ_FLAG_RD,
	};

	memcpy(desc.params + 8, addr, sizeof(addr));
	assert_int_equal(rogue_aq_raw(rogue, &desc), E810_AQ_RC_EINVAL);
}

/* ------------------------------------------------------------------ the table --------------- */

#define TDPU(type)	ROGUE_MDD_TX_TDPU, MODEL_MDD_EVENT_ ## type
#define TCLAN		ROGUE_MDD_TX_TCLAN, MODEL_MDD_EVENT_SEGMENTS
#define FAULT		ROGUE_READ_FAULT, 0
#define DROPPED		ROGUE_WRITE_FAULT, 0
#define BAD_ADDR	ROGUE_AQ_ADDRESS, 0
#define NOTHING		ROGUE_NOTHING, 0
#define HARMLESS	ROGUE_HARMLESS, 0
#define REFUSED		ROGUE_NOTHING, 0
#define REFUSED_FAULT	ROGUE_REFUSED_FAULT, 0
#define RX_FIELD(f)	offsetof(struct rogue_rx_ctx, f)

const struct rogue_case rogue_cases[] = {
	{ "Tx buffer outside of all mappings", tx_address, ROGUE_NOWHERE, 100, FAULT },
	{ "Tx buffer at address 0", tx_address, 0, 100, FAULT },
	{ "Tx buffer that begins before a mapping", tx_address, ROGUE_MAIN_IOVA - 8, 100, FAULT },
	{ "Tx buffer that ends behind a mapping", tx_address, MAIN_END - 99, 100, FAULT },
	{ "Tx buffer at the last byte of all addresses", tx_address, UINT64_MAX, 100, FAULT },
	{ "Tx buffer that wraps to address 0", tx_address, UINT64_MAX - 99, 101, FAULT },
	{ "Tx buffer, the last of eight, outside", tx_last_address, ROGUE_NOWHERE, 100, FAULT },
	{ "Tx buffer, the last of eight, behind the end", tx_last_address, MAIN_END - 1, 2, FAULT },
	{ "Tx buffer up to the end of a mapping", tx_address, MAIN_END - 100, 100,
	  HARMLESS },
	{ "Tx buffer in memory to be read only", tx_address, RO_END - 100, 100,
	  HARMLESS },
	{ "Tx buffer of 0 bytes", tx_descriptor, EOP, 0, TDPU(BUFFER) },
	{ "Tx packet of 16 bytes", tx_descriptor, EOP, 16, TDPU(LENGTH) },
	{ "Tx packet beyond the longest frame", tx_descriptor, EOP, 9725, TDPU(LENGTH) },
	{ "Tx buffer of the longest length", tx_descriptor, EOP, 16383, TDPU(LENGTH) },
	{ "Tx packet of two buffers beyond the longest frame", tx_scattered, 2, 5000,
	  TDPU(LENGTH) },
	{ "Tx packet in nine buffers", tx_scattered, 9, 100, TCLAN },
	{ "Tx packet without end, the whole ring", tx_endless, ROGUE_RING_LEN - 1, 100, TCLAN },
	{ "Tx packet without end in eight buffers", tx_endless, 8, 100, NOTHING },
	{ "Tx descriptor type 2", tx_descriptor, EOP | 2, 100, TDPU(DTYPE) },
	{ "Tx descriptor type 15, as if it were done", tx_descriptor, EOP | 15, 100,
	  TDPU(DTYPE) },
	{ "Tx descriptor of ones", tx_descriptor, UINT64_MAX, 0x3FFF, TDPU(DTYPE) },
	{ "two context descriptors", tx_contexts, E810_TXD_DTYPE_CTX, 0, TDPU(DTYPE) },
	{ "context descriptor inside of a packet", tx_contexts, LEN(100), 0, TDPU(DTYPE) },
	{ "context descriptor of ones", tx_context, UINT64_MAX,
	  (UINT64_MAX & ~E810_TXD_QW1_DTYPE_M) | E810_TXD_DTYPE_CTX, TDPU(TSO) },
	{ "context descriptor with outer headers that are not there", tx_context,
	  E810_TXD_CTX_QW0_EIPT_IPV4_CSUM, E810_TXD_DTYPE_CTX, TDPU(OFFSETS) },
	{ "checksum beyond the end of the packet", tx_descriptor,
	  EOP | CMD(E810_TXD_CMD_IIPT_IPV4_CSUM) | UINT64_C(0x7F) << E810_TXD_QW1_MACLEN_S |
	  UINT64_C(0x7F) << E810_TXD_QW1_IPLEN_S, 100, TDPU(OFFSETS) },
	{ "TSO with MSS 0", tso_packet, TSO(0, 1000), 54, TDPU(TSO) },
	{ "TSO with MSS 63", tso_packet, TSO(63, 1000), 54, TDPU(TSO) },
	{ "TSO with MSS 9675", tso_packet, TSO(9675, 1000), 54, TDPU(TSO) },
	{ "TSO with TLEN 0", tso_packet, TSO(500, 0), 54, TDPU(TSO) },
	{ "TSO with a byte more than TLEN", tso_packet, TSO(500, 999), 54, TDPU(TSO) },
	{ "TSO with a byte less than TLEN", tso_packet, TSO(500, 1001), 54, TDPU(TSO) },
	{ "TSO with TLEN 256 KiB of a small packet", tso_packet, TSO(500, 0x3FFFF), 54,
	  TDPU(TSO) },
	{ "TSO with the whole packet in one buffer", tso_packet, TSO(500, 1000), 1054,
	  HARMLESS },
	{ "TSO with headers longer than the first buffer, two buffers", tso_packet, TSO(500, 1000),
	  30, HARMLESS },
	{ "TSO with headers in six buffers", tso_torn_header, 9, 0, TCLAN },
	{ "TSO with payload in single bytes, without end", tso_endless, 1, 0, TCLAN },
	{ "TSO with payload outside of all mappings", tso_address, ROGUE_NOWHERE, 1000, FAULT },
	{ "TSO with payload that ends behind a mapping", tso_address, MAIN_END - 999, 1000,
	  FAULT },

	{ "Tx doorbell at the ring length", write_reg, QTX_COMM_DBELL(ROGUE_QUEUE),
	  ROGUE_RING_LEN, ROGUE_MDD_TX_PQM, MODEL_MDD_EVENT_TAIL },
	{ "Tx doorbell of ones", write_reg, QTX_COMM_DBELL(ROGUE_QUEUE), UINT32_MAX,
	  ROGUE_MDD_TX_PQM, MODEL_MDD_EVENT_TAIL },
	{ "Tx ring outside of all mappings", tx_ring, ROGUE_NOWHERE, 64, REFUSED_FAULT },
	{ "Tx ring that ends behind a mapping", tx_ring, RING_END - 896, 64, REFUSED_FAULT },
	{ "Tx ring in memory to be read only", tx_ring, ROGUE_RO_IOVA, 64, REFUSED_FAULT },
	{ "Tx ring at the end of all addresses", tx_ring, UINT64_MAX - 127, 64, REFUSED_FAULT },
	{ "Tx ring of 0 descriptors", tx_ring, ROGUE_RING_IOVA, 0, REFUSED },
	{ "Tx ring of 32 descriptors", tx_ring, ROGUE_RING_IOVA, 32, REFUSED },
	{ "Tx ring of 65 descriptors", tx_ring, ROGUE_RING_IOVA, 65, REFUSED },
	{ "Tx ring of 8191 descriptors", tx_ring, ROGUE_RING_IOVA, 8191, REFUSED },
	{ "rings unmapped while the queues are enabled", ring_unmapped, 0, 0, FAULT },

	{ "Rx buffer outside of all mappings", rx_address, ROGUE_NOWHERE, 100, DROPPED },
	{ "Rx buffer at address 0", rx_address, 0, 100, DROPPED },
	{ "Rx buffer that begins before a mapping", rx_address, ROGUE_MAIN_IOVA - 8, 100, DROPPED },
	{ "Rx buffer that ends behind a mapping", rx_address, MAIN_END - 99, 100, DROPPED },
	{ "Rx buffer at the last byte of all addresses", rx_address, UINT64_MAX, 100, DROPPED },
	{ "Rx buffer that wraps to address 0", rx_address, UINT64_MAX - 99, 101, DROPPED },
	{ "Rx buffer in memory to be read only", rx_address, ROGUE_RO_IOVA + 64, 100, DROPPED },
	{ "Rx buffer that was taken away", rx_unmapped, 0, 0, DROPPED },
	{ "Rx buffer up to the end of a mapping", rx_end, MAIN_END - 100, 100,
	  HARMLESS },
	{ "Rx tail at the ring length", write_reg, QRX_TAIL(ROGUE_QUEUE), ROGUE_RING_LEN,
	  ROGUE_MDD_RX, MODEL_MDD_EVENT_TAIL },
	{ "Rx tail of ones", write_reg, QRX_TAIL(ROGUE_QUEUE), UINT32_MAX,
	  ROGUE_MDD_RX, MODEL_MDD_EVENT_TAIL },
	{ "Rx ring outside of all mappings", rx_context, RX_FIELD(iova), ROGUE_NOWHERE,
	  REFUSED_FAULT },
	{ "Rx ring that ends behind a mapping", rx_context, RX_FIELD(iova), RING_END - 1920,
	  REFUSED_FAULT },
	{ "Rx ring in memory to be read only", rx_context, RX_FIELD(iova), ROGUE_RO_IOVA,
	  REFUSED_FAULT },
	{ "Rx ring at the end of all addresses", rx_context, RX_FIELD(iova), UINT64_MAX - 127,
	  REFUSED_FAULT },
	{ "Rx ring of 0 descriptors", rx_context, RX_FIELD(qlen), 0, REFUSED },
	{ "Rx ring of 33 descriptors", rx_context, RX_FIELD(qlen), 33, REFUSED },
	{ "Rx ring of 8191 descriptors", rx_context, RX_FIELD(qlen), 8191, REFUSED },
	{ "Rx head at the ring length", rx_context, RX_FIELD(head), ROGUE_RING_LEN, REFUSED },
	{ "Rx buffers of 0 bytes", rx_context, RX_FIELD(dbuf), 0, NOTHING },
	{ "Rx frames of 0 bytes", rx_context, RX_FIELD(rxmax), 0, NOTHING },
	{ "Rx frames beyond the longest", rx_context, RX_FIELD(rxmax), 0x3FFF, REFUSED },
	{ "Rx header split", rx_context, RX_FIELD(dtype), 1, REFUSED },

	{ "admin ring outside of all mappings", aq_rings, ROGUE_NOWHERE,
	  ROGUE_MAIN_IOVA + ROGUE_ARQ, ROGUE_AQ_STOPPED_FAULT, 0 },
	{ "admin ring in memory to be read only", aq_rings, ROGUE_RO_IOVA,
	  ROGUE_MAIN_IOVA + ROGUE_ARQ, ROGUE_AQ_STOPPED_FAULT, 0 },
	{ "admin ring that begins before a mapping", aq_rings, ROGUE_MAIN_IOVA - 64,
	  ROGUE_MAIN_IOVA + ROGUE_ARQ, ROGUE_AQ_STOPPED_FAULT, 0 },
	{ "admin ring at the end of all addresses", aq_rings, UINT64_MAX - 63,
	  ROGUE_MAIN_IOVA + ROGUE_ARQ, ROGUE_AQ_STOPPED_FAULT, 0 },
	{ "event ring outside of all mappings", arq_ring, ROGUE_NOWHERE, 0,
	  ROGUE_AQ_STOPPED_FAULT, 0 },
	{ "event ring in memory to be read only", arq_ring, ROGUE_RO_IOVA, 0,
	  ROGUE_AQ_STOPPED_FAULT, 0 },
	{ "event buffer outside of all mappings", arq_buffer, ROGUE_NOWHERE, 4096,
	  ROGUE_AQ_STOPPED_WRITE, 0 },
	{ "event buffer that ends behind a mapping", arq_buffer, MAIN_END - 1, 4096,
	  ROGUE_AQ_STOPPED_WRITE, 0 },
	{ "event buffer in memory to be read only", arq_buffer, ROGUE_RO_IOVA, 4096,
	  ROGUE_AQ_STOPPED_WRITE, 0 },
	{ "event buffer of 1 byte", arq_buffer, ROGUE_MAIN_IOVA + ROGUE_ARQ_BUFS, 1,
	  ROGUE_AQ_STOPPED, 0 },
	{ "admin tail at the ring length", aq_register, PF_FW_ATQT, ROGUE_AQ_LEN,
	  ROGUE_AQ_STOPPED, 0 },
	{ "admin tail of ones", aq_register, PF_FW_ATQT, UINT32_MAX, ROGUE_AQ_STOPPED, 0 },
	{ "admin head beyond the ring", aq_register, PF_FW_ATQH, 700, ROGUE_AQ_STOPPED, 0 },
	{ "admin buffer outside of all mappings", aq_buffer, ROGUE_NOWHERE, 1024, BAD_ADDR },
	{ "admin buffer that ends behind a mapping", aq_buffer, MAIN_END - 1023, 1024, BAD_ADDR },
	{ "admin buffer in memory to be read only", aq_buffer, ROGUE_RO_IOVA, 1024, BAD_ADDR },
	{ "admin buffer at the last byte of all addresses", aq_buffer, UINT64_MAX, 1024,
	  BAD_ADDR },
	{ "admin buffer of 4097 bytes", aq_long_buffer, E810_AQC_ADD_VSI, 4097, REFUSED },
	{ "admin buffer shorter than the command's", aq_long_buffer, E810_AQC_ADD_VSI, 10, REFUSED },
};
const unsigned int rogue_n_cases = RTE_DIM(rogue_cases);
