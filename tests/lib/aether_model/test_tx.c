/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>

#include "data_fake.h"

#define UNICAST		UINT64_C(0x020000000001)
#define MULTICAST	UINT64_C(0x01005E000001)
#define BROADCAST	UINT64_C(0xFFFFFFFFFFFF)
#define TYPE_TEST	0x88B5	/* IEEE local experimental */

#define CMD(bits)	((uint64_t)(bits) << E810_TXD_QW1_CMD_S)
#define EOP		CMD(E810_TXD_CMD_EOP)
#define RS		CMD(E810_TXD_CMD_RS)
#define CTX		((uint64_t)E810_TXD_DTYPE_CTX)

static unsigned int
step(struct fake *fake)
{
	return model_tx_step(fake->model, 4096, 1);
}

static bool
is_done(const struct fake_txq *txq, unsigned int i)
{
	return (txq->ring[i].cmd_type_offset_bsz & E810_TXD_QW1_DTYPE_M) ==
	       E810_TXD_DTYPE_DESC_DONE;
}

static uint8_t *
new_frame(struct fake *fake, uint32_t len, uint64_t dst, unsigned int seed)
{
	uint8_t *frame = fake_alloc(fake, len);

	fake_frame(frame, len, dst, TYPE_TEST, seed);
	return frame;
}

static void
expect_sent(const struct fake *fake, unsigned int i, const uint8_t *frame, uint32_t len)
{
	assert_true(i < fake->n_tx);
	assert_int_equal(fake->tx_len[i], len);
	assert_memory_equal(fake->tx_data[i], frame, len);
}

/** Several turns of the ring; write-backs where RS asks for them and nowhere else. */
static void
test_single(void **state)
{
	enum { N = 500 };
	struct fake *fake = *state;
	struct fake_txq txq = { .q = 2, .vsi = 3 };
	uint8_t *frames[64];
	unsigned int i, j;

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	model_reg_set(fake->model, QINT_TQCTL(2), INT_CTL_CAUSE_ENA);
	for (i = 0; i < 64; i++)
		frames[i] = new_frame(fake, 60 + i * 22, UNICAST, i);
	for (i = 0; i < N; i += 20) {
		unsigned int first = txq.tail;

		for (j = 0; j < 20; j++)
			fake_tx_put(fake, &txq, frames[(i + j) % 64], 60 + (i + j) % 64 * 22,
				    EOP | (j % 10 == 9 ? RS : 0));
		fake_tx_ring(fake, &txq);
		assert_int_equal(step(fake), 20);
		for (j = 0; j < 20; j++)
			assert_int_equal(is_done(&txq, (first + j) % 64), j % 10 == 9);
		assert_int_equal(model_reg_get(fake->model, QTX_COMM_HEAD(2)), txq.tail);
		assert_int_equal(fake->irqs, i / 20 + 1);
		assert_int_equal(fake->irq_cause, QINT_TQCTL(2));
	}
	assert_int_equal(fake->n_tx, N);
	for (i = 0; i < N; i++) {
		expect_sent(fake, i, frames[i % 64], 60 + i % 64 * 22);
		assert_true(fake->tx_in_place[i]);
	}
	assert_int_equal(fake->model->txq[2].packets, N);
	assert_int_equal(fake->model->wire_stats.tx_packets, N);
	assert_int_equal(step(fake), 0);
}

/** One to eight segments; the device writes nothing into host memory but descriptors. */
static void
test_segments(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	uint32_t len = 9000, n, i, at;
	uint8_t *frame = new_frame(fake, len, UNICAST, 1), *copy = malloc(len);

	assert_non_null(copy);
	memcpy(copy, frame, len);
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	for (n = 1; n <= 8; n++) {
		for (i = 0, at = 0; i < n; i++) {
			uint32_t part = i == n - 1 ? len - at : 1 + i * 300;

			fake_tx_put(fake, &txq, frame + at, part, i == n - 1 ? EOP | RS : 0);
			at += part;
		}
	}
	fake_tx_ring(fake, &txq);
	/* All in one step, though the scratch takes only some jumbo frames at a time. */
	assert_int_equal(step(fake), 8);
	assert_int_equal(fake->n_tx, 8);
	for (n = 0; n < 8; n++)
		expect_sent(fake, n, copy, len);
	assert_true(is_done(&txq, 0) && is_done(&txq, 2) && !is_done(&txq, 1));
	assert_memory_equal(frame, copy, len);
	free(copy);
}

/** Descriptors without an end of packet wait for it. */
static void
test_incomplete(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	uint8_t *frame = new_frame(fake, 200, UNICAST, 1);

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, frame, 100, EOP | RS);
	fake_tx_put(fake, &txq, frame, 100, 0);
	fake_tx_ring(fake, &txq);
	assert_int_equal(step(fake), 1);
	assert_int_equal(step(fake), 0);
	assert_int_equal(model_reg_get(fake->model, QTX_COMM_HEAD(0)), 1);
	fake_tx_put(fake, &txq, frame + 100, 100, EOP | RS);
	fake_tx_ring(fake, &txq);
	assert_int_equal(step(fake), 1);
	expect_sent(fake, 1, frame, 200);
	assert_int_equal(fake->model->stats.mdd_events, 0);
}

/** Frames below 60 bytes leave padded with zeros. */
static void
test_padding(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	uint8_t *frame = new_frame(fake, 64, UNICAST, 1), want[64] = { 0 };
	uint32_t len;
	unsigned int n = 0;

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	for (len = 17; len <= 61; len += 4, n++) {
		fake_tx_put(fake, &txq, frame, len, EOP | RS);
		fake_tx_ring(fake, &txq);
		/* What an earlier packet left in the scratch must not leak. */
		memset(fake->model->tx_scratch, 0xEE, 256);
		assert_int_equal(step(fake), 1);
		memset(want, 0, sizeof(want));
		memcpy(want, frame, len);
		expect_sent(fake, n, want, RTE_MAX(len, 60u));
	}
	assert_int_equal(fake->model->port.tx_size[0], 11);
	assert_int_equal(fake->model->port.tx_size[1], 1);
}

/** The wire is paused: what it did not take stays in the ring, uncounted and not written back. */
static void
test_paused_wire(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	struct aether_model *model = fake->model;
	uint8_t *frame = new_frame(fake, 100, UNICAST, 1);
	unsigned int i;

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	for (i = 0; i < 30; i++)
		fake_tx_put(fake, &txq, frame, 60 + i, EOP | RS);
	fake_tx_ring(fake, &txq);
	fake->tx_room = 10;
	assert_int_equal(step(fake), 10);
	assert_int_equal(step(fake), 0);
	assert_int_equal(model->wire_stats.tx_packets, 10);
	assert_int_equal(model->port.tx_unicast, 10);
	for (i = 0; i < 30; i++)
		assert_int_equal(is_done(&txq, i), i < 10);
	fake->tx_room = 1;
	assert_int_equal(step(fake), 1);
	fake->tx_room = 100;
	assert_int_equal(step(fake), 19);
	for (i = 0; i < 30; i++)
		expect_sent(fake, i, frame, 60 + i);
	assert_int_equal(model->port.tx_unicast, 30);
}

/** Bad packets behind a paused wire are met again and again, but count once. */
static void
test_drop_behind_pause(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	struct aether_model *model = fake->model;
	uint8_t *frame = new_frame(fake, 100, UNICAST, 1);
	unsigned int i;

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, frame, 100, EOP | RS);
	fake_tx_put(fake, &txq, NULL, 100, EOP | RS);	/* not mapped */
	fake_tx_put(fake, &txq, frame, 90, EOP | RS);
	fake_tx_ring(fake, &txq);
	fake->tx_room = 0;
	for (i = 0; i < 10; i++)
		assert_int_equal(step(fake), 0);
	assert_int_equal(model->stats.dma_faults, 0);
	fake->tx_room = 1;
	assert_true(step(fake) >= 1);
	for (i = 0; i < 10; i++)
		step(fake);
	assert_int_equal(model->stats.dma_faults, 1);
	assert_int_equal(model->vsi[0].tx_errors, 1);
	assert_true(is_done(&txq, 1));
	fake->tx_room = 1;
	assert_int_equal(step(fake), 1);
	assert_int_equal(fake->n_tx, 2);
	expect_sent(fake, 1, frame, 90);
	assert_int_equal(model->stats.dma_faults, 1);
}

static void
test_counters(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .vsi = 9 };
	struct aether_model *model = fake->model;

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, new_frame(fake, 60, UNICAST, 1), 60, EOP);
	fake_tx_put(fake, &txq, new_frame(fake, 1518, MULTICAST, 1), 1518, EOP);
	fake_tx_put(fake, &txq, new_frame(fake, 1519, BROADCAST, 1), 1519, EOP);
	fake_tx_put(fake, &txq, new_frame(fake, 200, BROADCAST, 1), 200, EOP);
	fake_tx_ring(fake, &txq);
	assert_int_equal(step(fake), 4);
	assert_int_equal(model->port.tx_bytes, 60 + 1518 + 1519 + 200 + 4 * 4);
	assert_int_equal(model->vsi[9].tx_bytes, 60 + 1518 + 1519 + 200);
	assert_int_equal(model->wire_stats.tx_bytes, 60 + 1518 + 1519 + 200);
	assert_int_equal(model->port.tx_unicast, 1);
	assert_int_equal(model->port.tx_multicast, 1);
	assert_int_equal(model->port.tx_broadcast, 2);
	assert_int_equal(model->vsi[9].tx_broadcast, 2);
	assert_int_equal(model->port.tx_size[0], 1);
	assert_int_equal(model->port.tx_size[2], 1);
	assert_int_equal(model->port.tx_size[5], 1);
	assert_int_equal(model->port.tx_size[6], 1);
	assert_int_equal(fake->irqs, 0);	/* no RS, no event */
}

static void
test_link_down(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	struct aether_model *model = fake->model;
	uint8_t *frame = new_frame(fake, 100, UNICAST, 1);

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, frame, 100, EOP | RS);
	fake_tx_put(fake, &txq, frame, 100, EOP | RS);
	fake_tx_ring(fake, &txq);
	model->link = false;
	assert_int_equal(step(fake), 2);
	assert_int_equal(fake->n_tx, 0);
	assert_int_equal(model->port.tx_dropped_link_down, 2);
	assert_int_equal(model->port.tx_unicast, 0);
	assert_int_equal(model->wire_stats.tx_packets, 0);
	assert_true(is_done(&txq, 1));
}

static void
test_vsi_not_allowed(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .vsi = 1 };
	uint8_t *frame = new_frame(fake, 100, UNICAST, 1);

	fake->tx_allowed = false;
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, frame, 100, EOP | RS);
	fake_tx_ring(fake, &txq);
	assert_int_equal(step(fake), 1);
	assert_int_equal(fake->n_tx, 0);
	assert_int_equal(fake->model->vsi[1].tx_errors, 1);
	assert_true(is_done(&txq, 0));
}

/** What the switch refuses is dropped, counted and completed; the packets around it leave. */
static void
test_refused_by_switch(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .vsi = 1 };
	uint8_t *good = new_frame(fake, 100, UNICAST, 1), *bad = new_frame(fake, 100, UNICAST, 2);

	bad[6] = 0x66;
	fake->tx_refused = "for this test";
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, good, 100, EOP | RS);
	fake_tx_put(fake, &txq, bad, 100, EOP | RS);
	fake_tx_put(fake, &txq, good, 100, EOP | RS);
	fake_tx_ring(fake, &txq);
	while (step(fake) != 0)
		;
	assert_int_equal(fake->n_tx, 2);
	assert_memory_equal(fake->tx_data[0], good, 100);
	assert_memory_equal(fake->tx_data[1], good, 100);
	assert_int_equal(fake->model->vsi[1].tx_errors, 1);
	assert_int_equal(fake->model->vsi[1].tx_unicast, 2);
	assert_true(is_done(&txq, 1) && is_done(&txq, 2));
}

/** What the model cannot do is dropped, counted and completed; the packets around it leave. */
static void
test_not_modelled(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	uint8_t *frame = new_frame(fake, 200, UNICAST, 1);

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, frame, 60, EOP);
	fake_tx_put(fake, &txq, frame, 0, CTX | CMD(E810_TXD_CTX_CMD_SWTCH_LOCAL));
	fake_tx_put(fake, &txq, frame, 200, EOP | RS);
	fake_tx_put(fake, &txq, frame, 0, CTX | CMD(E810_TXD_CTX_CMD_IL2TAG2_IL2H));
	fake_tx_put(fake, &txq, frame, 100, 0);
	fake_tx_put(fake, &txq, frame, 100, EOP | RS);
	fake_tx_put(fake, &txq, frame, 0, E810_TXD_DTYPE_FLTR_PROG);
	fake_tx_put(fake, &txq, frame, 100, EOP | CMD(E810_TXD_CMD_DUMMY));
	fake_tx_put(fake, &txq, frame, 0, CTX | CMD(E810_TXD_CTX_CMD_TSYN));	/* plain */
	fake_tx_put(fake, &txq, frame, 61, EOP);
	fake_tx_ring(fake, &txq);
	while (step(fake) != 0)
		;
	assert_int_equal(fake->n_tx, 2);
	expect_sent(fake, 0, frame, 60);
	expect_sent(fake, 1, frame, 61);
	assert_int_equal(fake->model->vsi[0].tx_errors, 3);
	assert_true(is_done(&txq, 2) && is_done(&txq, 5));
	assert_int_equal(model_reg_get(fake->model, QTX_COMM_HEAD(0)), 10);
	assert_int_equal(fake->model->stats.mdd_events, 0);
}

/* ------------------------------------------------------------------ malicious --------------- */

/** A good packet, then `n` bad descriptors: the good one leaves, the queue stops. */
static void
mdd_case(struct fake *fake, unsigned int n, uint32_t len, uint64_t flags, uint64_t last,
	 uint32_t reg, unsigned int event)
{
	struct aether_model *model = fake->model;
	struct fake_txq txq = { .q = 3 };
	uint8_t *frame = new_frame(fake, 10000, UNICAST, 1);
	size_t used = fake->used;
	unsigned int i, sent = fake->n_tx;

	model->stats.mdd_events = 0;
	model_reg_set(model, reg, 0);
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, frame, 60, EOP | RS);
	for (i = 0; i < n; i++)
		fake_tx_put(fake, &txq, frame, len, i == n - 1 ? flags | last : flags);
	fake_tx_put(fake, &txq, frame, 60, EOP | RS);
	fake_tx_ring(fake, &txq);
	fake->tx_room = 0;
	assert_int_equal(step(fake), 0);	/* not before what precedes it is sent */
	assert_int_equal(model->stats.mdd_events, 0);
	fake->tx_room = 100;
	step(fake);
	assert_int_equal(model->stats.mdd_events, 1);
	assert_int_equal(fake->n_tx, sent + 1);
	assert_true(is_done(&txq, 0));
	assert_int_equal(model->n_tx_active, 0);
	assert_int_equal(model_reg_get(model, reg), 1u << 31 | event << 26 | 3);
	assert_int_equal(step(fake), 0);
	fake->used = used;
}

static void
test_malicious(void **state)
{
	struct fake *fake = *state;

	mdd_case(fake, 1, 0, EOP, 0, GL_MDET_TX_TDPU, MODEL_MDD_EVENT_BUFFER);
	mdd_case(fake, 1, 16, EOP, 0, GL_MDET_TX_TDPU, MODEL_MDD_EVENT_LENGTH);
	mdd_case(fake, 1, 9725, EOP, 0, GL_MDET_TX_TDPU, MODEL_MDD_EVENT_LENGTH);
	mdd_case(fake, 2, 5000, 0, EOP, GL_MDET_TX_TDPU, MODEL_MDD_EVENT_LENGTH);
	mdd_case(fake, 9, 100, 0, EOP, GL_MDET_TX_TCLAN, MODEL_MDD_EVENT_SEGMENTS);
	mdd_case(fake, 20, 100, 0, 0, GL_MDET_TX_TCLAN, MODEL_MDD_EVENT_SEGMENTS);
	mdd_case(fake, 1, 100, EOP | 2, 0, GL_MDET_TX_TDPU, MODEL_MDD_EVENT_DTYPE);
	mdd_case(fake, 1, 100, EOP | 0xF, 0, GL_MDET_TX_TDPU, MODEL_MDD_EVENT_DTYPE);
	mdd_case(fake, 2, 0, CTX, 0, GL_MDET_TX_TDPU, MODEL_MDD_EVENT_DTYPE);
	/* A UDP checksum where no UDP header fits. */
	mdd_case(fake, 1, 60, EOP | CMD(E810_TXD_CMD_L4T_UDP) |
		 UINT64_C(7) << E810_TXD_QW1_MACLEN_S | UINT64_C(10) << E810_TXD_QW1_IPLEN_S, 0,
		 GL_MDET_TX_TDPU, MODEL_MDD_EVENT_OFFSETS);
	mdd_case(fake, 1, 60, EOP | CMD(E810_TXD_CMD_IIPT_IPV4_CSUM) |
		 UINT64_C(127) << E810_TXD_QW1_MACLEN_S | UINT64_C(127) << E810_TXD_QW1_IPLEN_S,
		 0, GL_MDET_TX_TDPU, MODEL_MDD_EVENT_OFFSETS);
}

static void
test_bad_doorbell(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .q = 3 }, other = { .q = 1 };
	struct aether_model *model = fake->model;
	uint8_t *frame = new_frame(fake, 60, UNICAST, 1);

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	assert_int_equal(fake_txq_enable(fake, &other), 0);
	model_reg_set(model, QTX_COMM_DBELL(3), 64);
	fake_tx_put(fake, &other, frame, 60, EOP);
	fake_tx_ring(fake, &other);
	step(fake);
	step(fake);
	assert_int_equal(model->stats.mdd_events, 1);
	assert_int_equal(model_reg_get(model, GL_MDET_TX_PQM),
			 1u << 31 | MODEL_MDD_EVENT_TAIL << 26 | 3 << 12);
	assert_int_equal(fake->n_tx, 1);
	assert_int_equal(model->n_tx_active, 1);
}

/** Rings of random bits: no fault but the counted ones, no touch outside (sanitizers watch). */
static void
test_random_descriptors(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { .qlen = 128 };
	unsigned int seed = 1, round, i;

	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	for (round = 0; round < 3000; round++) {
		uint8_t ctx[E810_TLAN_CTX_BYTES] = { 0 };

		fake_ctx_set(ctx, fake_iova(fake, txq.ring) / 128, E810_TLAN_CTX_BASE);
		fake_ctx_set(ctx, txq.qlen, E810_TLAN_CTX_QLEN);
		assert_int_equal(model_txq_enable(fake->model, 0, ctx), 0);
		for (i = 0; i < txq.qlen; i++) {
			uint64_t bits = (uint64_t)rand_r(&seed) << 62 ^
					(uint64_t)rand_r(&seed) << 31 ^ (uint64_t)rand_r(&seed);

			txq.ring[i].buf_addr = FAKE_IOVA - 4096 +
				(uint64_t)rand_r(&seed) % (FAKE_MEMORY + 8192);
			if (rand_r(&seed) % 8 != 0)
				bits &= ~E810_TXD_QW1_DTYPE_M;
			if (rand_r(&seed) % 4 != 0)
				bits &= ~(UINT64_C(0x3C00) << E810_TXD_QW1_BUF_SZ_S);
			txq.ring[i].cmd_type_offset_bsz = bits;
		}
		model_reg_set(fake->model, QTX_COMM_DBELL(0), rand_r(&seed) % 128);
		for (i = 0; i < 4; i++)
			step(fake);
		for (i = 0; i < fake->n_tx; i++)
			free(fake->tx_data[i]);
		fake->n_tx = 0;
	}
	assert_true(fake->model->stats.mdd_events > 0);
	assert_true(fake->model->wire_stats.tx_packets > 0);
}

/* ------------------------------------------------------------------ tags -------------------- */

static void
test_vlan_insert(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	uint8_t *frame = new_frame(fake, 100, UNICAST, 1), want[108];
	uint64_t tag = UINT64_C(0xA123) << E810_TXD_QW1_L2TAG1_S;

	memcpy(want, frame, 12);
	memcpy(want + 12, "\x81\x00\xA1\x23", 4);
	memcpy(want + 16, frame + 12, 88);
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_tx_put(fake, &txq, frame, 100, EOP | CMD(E810_TXD_CMD_IL2TAG1) | tag);
	fake_tx_put(fake, &txq, frame, 100, EOP | tag);	/* not asked for */
	fake_tx_put(fake, &txq, frame, 40, CMD(E810_TXD_CMD_IL2TAG1) | tag);
	fake_tx_put(fake, &txq, frame + 40, 60, EOP | CMD(E810_TXD_CMD_IL2TAG1) | tag);
	fake_tx_ring(fake, &txq);
	assert_int_equal(step(fake), 3);
	expect_sent(fake, 0, want, 104);
	expect_sent(fake, 1, frame, 100);
	expect_sent(fake, 2, want, 104);
	assert_int_equal(fake->model->port.tx_bytes, 104 + 100 + 104 + 3 * 4);

	/* The second tag, from a context descriptor, goes in front of the first. */
	memcpy(want + 12, "\x88\xA8\xB4\x56", 4);
	memcpy(want + 16, "\x81\x00\xA1\x23", 4);
	memcpy(want + 20, frame + 12, 88);
	fake_tx_put(fake, &txq, NULL, 0, CTX | CMD(E810_TXD_CTX_CMD_IL2TAG2));
	txq.ring[4].buf_addr = rte_cpu_to_le_64(UINT64_C(0xB456) << E810_TXD_CTX_QW0_L2TAG2_S);
	fake_tx_put(fake, &txq, frame, 100, EOP | CMD(E810_TXD_CMD_IL2TAG1) | tag);
	fake_tx_ring(fake, &txq);
	assert_int_equal(step(fake), 1);
	expect_sent(fake, 3, want, 108);

	/* Port VLAN: the VSI's tag, whatever the descriptor says of none. */
	fake->props.inner_vlan_flags |= E810_VSI_INNER_VLAN_INSERT_PVID;
	fake->props.port_based_inner_vlan = rte_cpu_to_le_16(0xA123);
	fake_tx_put(fake, &txq, frame, 100, EOP);
	fake_tx_ring(fake, &txq);
	assert_int_equal(step(fake), 1);
	memcpy(want + 12, "\x81\x00\xA1\x23", 4);
	memcpy(want + 16, frame + 12, 88);
	expect_sent(fake, 4, want, 104);
}

static void
test_vlan_modes(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txq = { 0 };
	uint8_t *plain = new_frame(fake, 100, UNICAST, 1);
	uint8_t *tagged = new_frame(fake, 100, UNICAST, 2);

	tagged[12] = 0x81;
	tagged[13] = 0x00;
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake->props.inner_vlan_flags = E810_VSI_INNER_VLAN_TX_UNTAGGED;
	fake_tx_put(fake, &txq, plain, 100, EOP);
	fake_tx_put(fake, &txq, tagged, 100, EOP);
	fake_tx_put(fake, &txq, plain, 100, EOP | CMD(E810_TXD_CMD_IL2TAG1));
	fake_tx_ring(fake, &txq);
	while (step(fake) != 0)
		;
	assert_int_equal(fake->n_tx, 1);
	expect_sent(fake, 0, plain, 100);
	assert_int_equal(fake->model->vsi[0].tx_errors, 2);

	fake->props.inner_vlan_flags = E810_VSI_INNER_VLAN_TX_TAGGED;
	fake_tx_put(fake, &txq, plain, 100, EOP);
	fake_tx_put(fake, &txq, tagged, 100, EOP);
	fake_tx_ring(fake, &txq);
	while (step(fake) != 0)
		;
	assert_int_equal(fake->n_tx, 2);
	expect_sent(fake, 1, tagged, 100);
	assert_int_equal(fake->model->vsi[0].tx_errors, 3);
}

/** Two queues share the budget. */
static void
test_queues_take_turns(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txqs[2] = { { .q = 0, .qlen = 1024 }, { .q = 7, .qlen = 1024 } };
	uint8_t *frame = new_frame(fake, 60, UNICAST, 1);
	unsigned int i, q;

	for (q = 0; q < 2; q++) {
		assert_int_equal(fake_txq_enable(fake, &txqs[q]), 0);
		for (i = 0; i < 1000; i++)
			fake_tx_put(fake, &txqs[q], frame, 60, EOP);
		fake_tx_ring(fake, &txqs[q]);
	}
	assert_int_equal(model_tx_step(fake->model, 512, 1), 512);
	assert_int_equal(fake->model->txq[0].packets, 256);
	assert_int_equal(fake->model->txq[7].packets, 256);
	assert_int_equal(model_tx_step(fake->model, 10, 1), 10);
	assert_int_equal(step(fake), 2000 - 522);
}

#define TX_TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TX_TEST(test_single),
		TX_TEST(test_segments),
		TX_TEST(test_incomplete),
		TX_TEST(test_padding),
		TX_TEST(test_paused_wire),
		TX_TEST(test_drop_behind_pause),
		TX_TEST(test_counters),
		TX_TEST(test_link_down),
		TX_TEST(test_vsi_not_allowed),
		TX_TEST(test_refused_by_switch),
		TX_TEST(test_not_modelled),
		TX_TEST(test_malicious),
		TX_TEST(test_bad_doorbell),
		TX_TEST(test_random_descriptors),
		TX_TEST(test_vlan_insert),
		TX_TEST(test_vlan_modes),
		TX_TEST(test_queues_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
