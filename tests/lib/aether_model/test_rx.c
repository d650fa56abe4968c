/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>

#include "data_fake.h"
#include "model_pktparse.h"

#define UNICAST		UINT64_C(0x020000000001)
#define MULTICAST	UINT64_C(0x01005E000001)
#define BROADCAST	UINT64_C(0xFFFFFFFFFFFF)
#define TYPE_TEST	0x88B5	/* IEEE local experimental */

static int
setup(void **state)
{
	*state = fake_create();
	return 0;
}

/** After each test: what was offered is delivered, dropped or still on the wire. */
static int
teardown(void **state)
{
	struct fake *fake = *state;
	const struct aether_model_wire_stats *stats = &fake->model->wire_stats;

	assert_int_equal(stats->rx_offered, stats->rx_delivered + stats->rx_dropped +
			 (fake->rx_tail - fake->rx_head));
	fake_destroy(fake);
	return 0;
}

/** The frame's length by the flexible write-back; its buffers' bytes are checked. */
static void
expect_flex(struct fake_rxq *rxq, unsigned int first, const uint8_t *frame, uint32_t len)
{
	uint32_t done = 0;

	for (;; first = (first + 1) % rxq->qlen) {
		const uint64_t *desc = fake_rx_desc(rxq, first);
		uint32_t part = desc[0] >> 32 & E810_RXD_FLEX_PKT_LEN_M;
		bool last = desc[1] & E810_RXD_FLEX_STATUS0_EOF;

		assert_true(desc[1] & E810_RXD_FLEX_STATUS0_DD);
		assert_int_equal(desc[0] & 0xFF, rxq->rxdid);
		assert_true(part <= rxq->dbuf && part <= len - done);
		assert_memory_equal(fake_rx_buffer(rxq, first), frame + done, part);
		done += part;
		if (last)
			break;
		assert_int_equal(part, rxq->dbuf);
	}
	assert_int_equal(done, len);
}

/** All four descriptor layouts over several turns of the ring, lengths from shortest to longest. */
static void
rounds(struct fake *fake, uint8_t dsize, uint8_t rxdid)
{
	const uint64_t no_flow = UINT64_MAX << 32;	/* the OVS layout's flow id */
	enum { ROUNDS = 300 };
	struct fake_rxq rxq = { .dsize = dsize, .rxdid = rxdid };
	struct aether_model *model = fake->model;
	static uint8_t frame[1514];
	unsigned int i, head = 0;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 32);
	for (i = 0; i < ROUNDS; i++) {
		uint32_t len = 60 + i * (1514 - 60) / (ROUNDS - 1);
		uint64_t *desc = fake_rx_desc(&rxq, head);

		fake_frame(frame, len, i % 3 == 0 ? UNICAST : i % 3 == 1 ? MULTICAST : BROADCAST,
			   TYPE_TEST, i);
		fake_arrive(fake, frame, len);
		assert_int_equal(model_rx_step(model, 64, i), 1);
		assert_memory_equal(fake_rx_buffer(&rxq, head), frame, len);
		if (rxdid > E810_RXDID_LEGACY_1) {
			expect_flex(&rxq, head, frame, len);
			assert_int_equal(desc[0] >> 14 & 3, i % 3);
			assert_int_equal(desc[0] >> 16 & E810_RXD_FLEX_PTYPE_M,
					 E810_PTYPE_MAC_PAY);
			assert_int_equal(desc[1], E810_RXD_FLEX_STATUS0_DD |
					 E810_RXD_FLEX_STATUS0_EOF |
					 (rxdid == E810_RXDID_COMMS_OVS ? no_flow : 0));
		} else {
			assert_int_equal(desc[0], 0);
			assert_int_equal(desc[1], E810_RXD_QW1_DD | E810_RXD_QW1_EOF |
					 (uint64_t)(i % 3) << 9 | UINT64_C(1) << 30 |
					 (uint64_t)len << 38);
		}
		if (dsize == 32)
			assert_int_equal(desc[2] | desc[3], 0);
		/* Nothing of the next one is touched. */
		assert_int_equal(fake_rx_desc(&rxq, (head + 1) % 64)[1], 0);
		desc[0] = fake_iova(fake, fake_rx_buffer(&rxq, head));
		desc[1] = 0;
		head = (head + 1) % 64;
		model_reg_set(model, QRX_TAIL(0), (head + 32) % 64);
	}
	assert_int_equal(model->wire_stats.rx_delivered, ROUNDS);
	assert_int_equal(model->wire_stats.rx_dropped, 0);
}

static void
test_flex_32(void **state)
{
	rounds(*state, 32, E810_RXDID_FLEX_NIC);
}

static void
test_flex_16(void **state)
{
	rounds(*state, 16, E810_RXDID_COMMS_OVS);
}

static void
test_legacy_32(void **state)
{
	rounds(*state, 32, E810_RXDID_LEGACY_1);
}

static void
test_legacy_16(void **state)
{
	rounds(*state, 16, E810_RXDID_LEGACY_0);
}

/** One frame over one to five buffers; a chain that wraps the ring. */
static void
test_chain(void **state)
{
	static const uint32_t lengths[] = { 1024, 1025, 2048, 5000, 5 * 1024 - 4 };
	struct fake *fake = *state;
	struct fake_rxq rxq = { .dbuf = 1024, .rxmax = 5 * 1024, .rxdid = E810_RXDID_FLEX_NIC };
	static const unsigned int want[] = { 1, 2, 2, 5, 5 };
	static uint8_t frame[5 * 1024];
	struct aether_model *model = fake->model;
	unsigned int i, round, head = 0;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 32);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < RTE_DIM(lengths); i++) {
			fake_frame(frame, lengths[i], UNICAST, TYPE_TEST, i + round);
			fake_arrive(fake, frame, lengths[i]);
			assert_int_equal(model_rx_step(model, 64, 1), 1);
			expect_flex(&rxq, head, frame, lengths[i]);
			assert_int_equal(model->rxq[0].head, (head + want[i]) % 64);
			for (; head != model->rxq[0].head; head = (head + 1) % 64) {
				fake_rx_desc(&rxq, head)[0] =
					fake_iova(fake, fake_rx_buffer(&rxq, head));
				fake_rx_desc(&rxq, head)[1] = 0;
			}
			model_reg_set(model, QRX_TAIL(0), (head + 48) % 64);
		}
	}
	assert_int_equal(model->wire_stats.rx_delivered, 100);
}

/** A batch whose chains need more write-backs than a batch has packets. */
static void
test_chain_batch(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = {
		.qlen = 512, .dbuf = 128, .rxmax = 640, .rxdid = E810_RXDID_FLEX_NIC,
	};
	uint8_t frames[64][600];
	unsigned int i;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 504);
	for (i = 0; i < 64; i++) {
		fake_frame(frames[i], 600, UNICAST, TYPE_TEST, i);
		fake_arrive(fake, frames[i], 600);
	}
	assert_int_equal(model_rx_step(fake->model, 64, 1), 64);
	for (i = 0; i < 64; i++)
		expect_flex(&rxq, 5 * i, frames[i], 600);
}

/** What is longer than RXMAX, or shorter than Ethernet allows, is dropped and counted. */
static void
test_length_limits(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .rxmax = 1000, .rxdid = E810_RXDID_FLEX_NIC };
	struct aether_model *model = fake->model;
	static uint8_t frame[9800];

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frame, sizeof(frame), UNICAST, TYPE_TEST, 0);
	fake_arrive(fake, frame, 996);	/* RXMAX has the FCS in it */
	fake_arrive(fake, frame, 997);
	fake_arrive(fake, frame, 59);
	fake_arrive(fake, frame, 60);
	fake_arrive(fake, frame, 9725);	/* more than the MAC takes */
	fake_arrive(fake, frame, 0);
	assert_int_equal(model_rx_step(model, 64, 1), 6);
	expect_flex(&rxq, 0, frame, 996);
	expect_flex(&rxq, 1, frame, 60);
	assert_int_equal(model->wire_stats.rx_delivered, 2);
	assert_int_equal(model->wire_stats.rx_dropped, 4);
	assert_int_equal(model->port.rx_oversize, 2);
	assert_int_equal(model->port.rx_undersize, 2);
	assert_int_equal(model->port.rx_unicast, 3);
	assert_int_equal(model->vsi[0].rx_errors, 1);

	model->max_frame = 128;
	fake_arrive(fake, frame, 125);
	fake_arrive(fake, frame, 124);
	assert_int_equal(model_rx_step(model, 64, 1), 2);
	assert_int_equal(model->port.rx_oversize, 3);
	assert_int_equal(model->wire_stats.rx_delivered, 3);
}

static void
test_counters(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	struct aether_model *model = fake->model;
	static uint8_t frames[4][300];

	fake->vsi = 7;
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frames[0], 60, UNICAST, TYPE_TEST, 0);
	fake_frame(frames[1], 61, MULTICAST, TYPE_TEST, 0);
	fake_frame(frames[2], 300, BROADCAST, TYPE_TEST, 0);
	fake_arrive(fake, frames[0], 60);
	fake_arrive(fake, frames[1], 61);
	fake_arrive(fake, frames[1], 61);
	fake_arrive(fake, frames[2], 300);
	assert_int_equal(model_rx_step(model, 64, 1), 4);
	/* Octets have the FCS, as drivers expect that subtract it. */
	assert_int_equal(model->port.rx_bytes, 60 + 61 + 61 + 300 + 4 * 4);
	assert_int_equal(model->port.rx_unicast, 1);
	assert_int_equal(model->port.rx_multicast, 2);
	assert_int_equal(model->port.rx_broadcast, 1);
	assert_int_equal(model->port.rx_size[0], 1);
	assert_int_equal(model->port.rx_size[1], 2);
	assert_int_equal(model->port.rx_size[3], 1);
	assert_int_equal(model->vsi[7].rx_bytes, model->port.rx_bytes);
	assert_int_equal(model->vsi[7].rx_unicast, 1);
	assert_int_equal(model->vsi[7].rx_multicast, 2);
	assert_int_equal(model->vsi[7].rx_broadcast, 1);
	assert_int_equal(model->vsi[7].rx_discards, 0);
	assert_int_equal(model->rxq[0].packets, 4);
}

/** No descriptor: dropped where the E810 counts it, and again received when there are some. */
static void
test_no_descriptor(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	struct aether_model *model = fake->model;
	uint8_t frames[100][60];
	unsigned int i;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 16);
	for (i = 0; i < 100; i++) {
		fake_frame(frames[i], 60, UNICAST, TYPE_TEST, i);
		fake_arrive(fake, frames[i], 60);
	}
	assert_int_equal(model_rx_step(model, 256, 1), 100);
	assert_int_equal(model->wire_stats.rx_delivered, 16);
	assert_int_equal(model->wire_stats.rx_dropped, 84);
	assert_int_equal(model->wire_stats.rx_dropped_in_stall, 0);
	assert_int_equal(model->vsi[0].rx_discards, 84);
	assert_int_equal(model->vsi[0].rx_unicast, 100);
	assert_int_equal(model->port.rx_unicast, 100);
	for (i = 0; i < 16; i++)
		expect_flex(&rxq, i, frames[i], 60);
	assert_int_equal(fake_rx_desc(&rxq, 16)[1], 0);
	assert_int_equal(model->port.xoff_tx, 0);

	/* In a stall window they are counted as such, too. */
	model->stall.start = 1;
	fake_arrive(fake, frames[0], 60);
	assert_int_equal(model_rx_step(model, 256, 1), 1);
	assert_int_equal(model->wire_stats.rx_dropped_in_stall, 1);
	model->stall.start = 0;

	model_reg_set(model, QRX_TAIL(0), 24);
	fake_arrive(fake, frames[99], 60);
	assert_int_equal(model_rx_step(model, 256, 1), 1);
	expect_flex(&rxq, 16, frames[99], 60);
}

/** Pause negotiated: the frame waits, XOFF and XON are counted once a turn. */
static void
test_lossless(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .dbuf = 128, .rxmax = 640, .rxdid = E810_RXDID_FLEX_NIC };
	struct aether_model *model = fake->model;
	uint8_t frames[40][300];
	unsigned int i;

	fake->wire.pause_tx = true;
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 16);
	for (i = 0; i < 40; i++) {
		fake_frame(frames[i], 300, UNICAST, TYPE_TEST, i);
		fake_arrive(fake, frames[i], 300);
	}
	/* Three descriptors a frame: five fit, one descriptor is left. */
	assert_int_equal(model_rx_step(model, 256, 1), 5);
	assert_int_equal(model->rxq[0].head, 15);
	assert_true(fake->wire.paused);
	assert_int_equal(model->port.xoff_tx, 1);
	assert_int_equal(fake->link_changes, 1);
	assert_int_equal(model_rx_step(model, 256, 1), 0);
	assert_int_equal(model_rx_step(model, 256, 1), 0);
	assert_int_equal(model->port.xoff_tx, 1);
	assert_int_equal(model->port.xon_tx, 0);

	/* Room for a part of them: still paused. */
	model_reg_set(model, QRX_TAIL(0), 24);
	assert_int_equal(model_rx_step(model, 256, 1), 3);
	assert_int_equal(model->port.xoff_tx, 1);
	for (i = 0; i < 8; i++)
		expect_flex(&rxq, 3 * i, frames[i], 300);
	fake->rx_tail -= 30;	/* the far end takes some back; two are left */
	model->wire_stats.rx_offered -= 30;
	model_reg_set(model, QRX_TAIL(0), 32);
	assert_int_equal(model_rx_step(model, 256, 1), 2);
	assert_false(fake->wire.paused);
	assert_int_equal(model->port.xon_tx, 1);
	assert_int_equal(fake->link_changes, 2);
	assert_int_equal(model->wire_stats.rx_dropped, 0);
	assert_int_equal(model->vsi[0].rx_discards, 0);
	assert_int_equal(model->port.rx_unicast, 10);	/* each frame once */
}

/** Paused, and the wire ran dry: the pause must end, or nobody would ever send again. */
static void
test_lossless_resumes_when_dry(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	uint8_t frame[60];

	fake->wire.lossless = true;
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 0);
	fake_frame(frame, 60, UNICAST, TYPE_TEST, 0);
	fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(fake->model, 64, 1), 0);
	assert_true(fake->wire.paused);
	/* The wire holds the frame by itself: no pause frame is sent. */
	assert_int_equal(fake->model->port.xoff_tx, 0);
	model_reg_set(fake->model, QRX_TAIL(0), 8);
	assert_int_equal(model_rx_step(fake->model, 1, 1), 1);	/* all of the budget */
	assert_int_equal(model_rx_step(fake->model, 1, 1), 0);
	assert_false(fake->wire.paused);
}

/** The hardware ignores the low three bits of QRX_TAIL. */
static void
test_tail_granularity(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	struct aether_model *model = fake->model;
	uint8_t frame[60];
	unsigned int i;

	fake->wire.lossless = true;
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 63);
	fake_frame(frame, 60, UNICAST, TYPE_TEST, 0);
	for (i = 0; i < 60; i++)
		fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(model, 256, 1), 56);
	model_reg_set(model, QRX_TAIL(0), 7);
	assert_int_equal(model_rx_step(model, 256, 1), 4);
}

static void
test_bad_tail(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .q = 1, .rxdid = E810_RXDID_FLEX_NIC };
	struct fake_rxq other = { .q = 4, .rxdid = E810_RXDID_FLEX_NIC };
	struct aether_model *model = fake->model;
	uint8_t frame[60];

	fake->queue = 1;
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	assert_int_equal(fake_rxq_enable(fake, &other), 0);
	fake_rxq_post(fake, &rxq, 64);
	fake_rxq_post(fake, &other, 8);
	fake_frame(frame, 60, UNICAST, TYPE_TEST, 0);
	fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(model, 64, 1), 1);
	assert_int_equal(model->stats.mdd_events, 1);
	assert_int_equal(model->n_rx_active, 1);
	assert_int_equal(model->wire_stats.rx_dropped, 1);
	assert_int_equal(model_reg_get(model, GL_MDET_RX) & 0x7FFF, 1);

	/* The other queue lives on; and stops when its doorbell goes bad between two frames. */
	fake->queue = 4;
	fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(model, 64, 1), 1);
	assert_int_equal(model->wire_stats.rx_delivered, 1);
	model_reg_set(model, QRX_TAIL(4), 0x1FFF);
	assert_int_equal(model_rx_step(model, 64, 1), 0);
	assert_int_equal(model->n_rx_active, 0);
}

static void
test_filter_and_queues(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	struct aether_model *model = fake->model;
	uint8_t frames[2][60];
	unsigned int i;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frames[0], 60, UNICAST, TYPE_TEST, 0);
	fake_frame(frames[1], 60, UNICAST + 1, TYPE_TEST, 0);

	/* One look at the rules for frames with one header in a batch. */
	for (i = 0; i < 10; i++)
		fake_arrive(fake, frames[0], 60);
	fake_arrive(fake, frames[1], 60);
	assert_int_equal(model_rx_step(model, 64, 1), 11);
	assert_int_equal(fake->lookups, 2);

	/* But never beyond a batch: rules may have changed. */
	fake->vsi = -1;
	fake_arrive(fake, frames[1], 60);
	assert_int_equal(model_rx_step(model, 64, 1), 1);
	assert_int_equal(model->wire_stats.rx_delivered, 11);
	assert_int_equal(model->wire_stats.rx_dropped, 1);
	assert_int_equal(model->port.rx_unicast, 12);
	assert_int_equal(model->vsi[0].rx_unicast, 11);

	fake->vsi = MODEL_VSIS;	/* a firmware gone mad must not break the engine */
	fake_arrive(fake, frames[1], 60);
	assert_int_equal(model_rx_step(model, 64, 1), 1);
	fake->vsi = 0;
	fake->queue = 200;	/* not enabled */
	fake_arrive(fake, frames[1], 60);
	assert_int_equal(model_rx_step(model, 64, 1), 1);
	assert_int_equal(model->wire_stats.rx_dropped, 3);
	assert_int_equal(model->vsi[0].rx_discards, 1);
}

static int
queue_by_byte(const uint8_t *frame, uint32_t len)
{
	assert_true(len >= 60);
	return frame[20] % 4;
}

/** PAUSE frames end in the MAC, whatever the switch says of others. */
static void
test_pause_frame(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	static uint8_t frame[60];

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 32);
	fake_frame(frame, sizeof(frame), UINT64_C(0x0180C2000001), 0x8808, 0);
	frame[14] = 0;
	frame[15] = 1;
	frame[16] = 0xFF;
	fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, 64, 0), 1);
	frame[16] = frame[17] = 0;
	fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, 64, 0), 1);
	assert_int_equal(model->port.xoff_rx, 1);
	assert_int_equal(model->port.xon_rx, 1);
	assert_int_equal(model->port.rx_multicast, 0);
	assert_int_equal(model->wire_stats.rx_dropped, 2);
	assert_false(fake_rx_desc(&rxq, 0)[1] & E810_RXD_FLEX_STATUS0_DD);
	/* Another opcode is a frame like any other. */
	frame[15] = 2;
	fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, 64, 0), 1);
	expect_flex(&rxq, 0, frame, sizeof(frame));
}

/** VSIs get copies: each its own buffer and counters; the wire counts one frame. */
static void
test_copies(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_rxq rxq[3] = { { .q = 0 }, { .q = 1, .rxmax = 1000 }, { .q = 2 } };
	static uint8_t frame[1514];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		rxq[i].rxdid = E810_RXDID_FLEX_NIC;
		assert_int_equal(fake_rxq_enable(fake, &rxq[i]), 0);
		fake_rxq_post(fake, &rxq[i], 32);
	}
	fake_frame(frame, sizeof(frame), UNICAST, TYPE_TEST, 1);
	fake->copies = 0x7;
	fake_arrive(fake, frame, 100);
	assert_int_equal(model_rx_step(model, 64, 0), 1);
	for (i = 0; i < 3; i++) {
		expect_flex(&rxq[i], 0, frame, 100);
		assert_int_equal(model->vsi[i].rx_unicast, 1);
		assert_int_equal(model->vsi[i].rx_bytes, 104);
	}
	assert_int_equal(model->wire_stats.rx_delivered, 1);
	assert_int_equal(model->port.rx_unicast, 1);

	/* Too long for one of them. */
	fake_arrive(fake, frame, 1000);
	assert_int_equal(model_rx_step(model, 64, 0), 1);
	expect_flex(&rxq[0], 1, frame, 1000);
	assert_false(fake_rx_desc(&rxq[1], 1)[1] & E810_RXD_FLEX_STATUS0_DD);
	expect_flex(&rxq[2], 1, frame, 1000);
	assert_int_equal(model->vsi[1].rx_errors, 1);
	assert_int_equal(model->vsi[1].rx_unicast, 1);
	assert_int_equal(model->port.rx_oversize, 0);
	assert_int_equal(model->wire_stats.rx_delivered, 2);

	/* Back to one VSI: counters do not run into each other. */
	fake->copies = 0;
	fake->vsi = 2;
	fake->queue = 2;
	frame[5]++;
	fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(model, 64, 0), 1);
	assert_int_equal(model->vsi[0].rx_unicast, 2);
	assert_int_equal(model->vsi[1].rx_unicast, 1);
	assert_int_equal(model->vsi[2].rx_unicast, 3);
	assert_int_equal(model->wire_stats.rx_delivered, 3);
	assert_int_equal(model->wire_stats.rx_dropped, 0);
}

/** One of two has no descriptors: it misses its copy, or a lossless wire keeps the frame. */
static void
test_copies_no_room(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_rxq rxq[2] = { { .q = 0 }, { .q = 1 } };
	static uint8_t frame[60];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		rxq[i].rxdid = E810_RXDID_FLEX_NIC;
		assert_int_equal(fake_rxq_enable(fake, &rxq[i]), 0);
	}
	fake_rxq_post(fake, &rxq[0], 32);
	fake_frame(frame, sizeof(frame), MULTICAST, TYPE_TEST, 1);
	fake->copies = 0x3;
	fake->wire.lossless = true;
	fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, 64, 0), 0);
	assert_int_equal(model->vsi[0].rx_multicast, 0);
	fake->wire.lossless = false;
	assert_int_equal(model_rx_step(model, 64, 0), 1);
	expect_flex(&rxq[0], 0, frame, sizeof(frame));
	assert_int_equal(model->vsi[0].rx_discards, 0);
	assert_int_equal(model->vsi[1].rx_discards, 1);
	assert_int_equal(model->vsi[1].rx_multicast, 1);
	assert_int_equal(model->wire_stats.rx_delivered, 1);
	assert_int_equal(model->wire_stats.rx_dropped, 0);
	assert_int_equal(model->port.rx_multicast, 1);
}

/** Any of the first 80 queues, the next one each time. */
static int
queue_by_turn(const uint8_t *frame, uint32_t len)
{
	static unsigned int turn;

	(void)frame;
	(void)len;
	return turn++ % 80;
}

/** Copies that spread: a burst of frames wakes more queues than it has frames. */
static void
test_copies_spread(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_rxq rxq[80];
	static uint8_t frame[60];
	unsigned int i;

	for (i = 0; i < RTE_DIM(rxq); i++) {
		rxq[i] = (struct fake_rxq){ .q = i, .dbuf = 1024, .rxdid = E810_RXDID_FLEX_NIC };
		assert_int_equal(fake_rxq_enable(fake, &rxq[i]), 0);
		fake_rxq_post(fake, &rxq[i], 32);
		model_reg_set(model, QINT_RQCTL(i), INT_CTL_CAUSE_ENA);
	}
	fake_frame(frame, sizeof(frame), MULTICAST, TYPE_TEST, 1);
	fake->copies = 0xF;
	fake->queue = -1;
	fake->queue_of = queue_by_turn;
	for (i = 0; i < MODEL_BURST; i++)
		fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, MODEL_BURST, 0), MODEL_BURST);
	assert_int_equal(model->wire_stats.rx_delivered, MODEL_BURST);
	assert_int_equal(fake->irqs, RTE_DIM(rxq));
	for (i = 0; i < RTE_DIM(rxq); i++)
		assert_false(model->rxq[i].touched);
}

/** Frames of one header that spread over queues; queue 3 is not enabled. */
static void
test_spread(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxqs[3] = {
		{ .q = 0, .rxdid = E810_RXDID_FLEX_NIC },
		{ .q = 1, .rxdid = E810_RXDID_LEGACY_1 },
		{ .q = 2, .rxdid = E810_RXDID_FLEX_NIC, .dsize = 16 },
	};
	struct aether_model *model = fake->model;
	unsigned int next[3] = { 0 }, i;
	uint8_t frames[64][60];

	fake->queue = -1;
	fake->queue_of = queue_by_byte;
	for (i = 0; i < 3; i++) {
		assert_int_equal(fake_rxq_enable(fake, &rxqs[i]), 0);
		fake_rxq_post(fake, &rxqs[i], 56);
		model_reg_set(model, QINT_RQCTL(i), i == 1 ? 0 : INT_CTL_CAUSE_ENA | 1);
	}
	for (i = 0; i < 64; i++) {
		fake_frame(frames[i], 60, UNICAST, TYPE_TEST, 0);
		frames[i][20] = i * 37 >> 2;
		frames[i][21] = i;
		fake_arrive(fake, frames[i], 60);
	}
	assert_int_equal(model_rx_step(model, 64, 1), 64);
	for (i = 0; i < 64; i++) {
		unsigned int q = frames[i][20] % 4;

		if (q < 3)
			assert_memory_equal(fake_rx_buffer(&rxqs[q], next[q]++), frames[i], 60);
	}
	assert_int_equal(next[0] + next[1] + next[2], model->wire_stats.rx_delivered);
	assert_int_equal(64 - model->wire_stats.rx_delivered, model->vsi[0].rx_discards);
	assert_true(model->vsi[0].rx_discards > 0);
	/* One interrupt a batch and queue whose cause is enabled. */
	assert_int_equal(fake->irqs, 2);
}

static int
queue_by_index(const uint8_t *frame, uint32_t len)
{
	assert_int_equal(len, 60);
	return frame[20];
}

/** Where each layout shows the hash, and that one without says so. */
static void
test_hash(void **state)
{
	static const struct {
		uint8_t rxdid, qword, shift;
		uint64_t valid;
	} layouts[] = {
		{ E810_RXDID_FLEX_NIC, 1, 32, E810_RXD_FLEX_STATUS0_RSS_VALID },
		{ E810_RXDID_COMMS_OVS, 3, 0, E810_RXD_FLEX_STATUS0_RSS_VALID },
		{ E810_RXDID_LEGACY_1, 0, 32, UINT64_C(3) << E810_RXD_QW1_FLTSTAT_S },
	};
	struct fake *fake = *state;
	struct fake_rxq rxq[RTE_DIM(layouts)] = {{0}};
	uint8_t frame[60];
	unsigned int i, turn;
	uint64_t *desc;

	fake->queue = -1;
	fake->queue_of = queue_by_index;
	fake->hash = 0x89ABCDEF;
	fake_frame(frame, 60, UNICAST, TYPE_TEST, 0);
	for (i = 0; i < RTE_DIM(layouts); i++) {
		rxq[i].q = i;
		rxq[i].dsize = 32;
		rxq[i].rxdid = layouts[i].rxdid;
		assert_int_equal(fake_rxq_enable(fake, &rxq[i]), 0);
		fake_rxq_post(fake, &rxq[i], 56);
		frame[20] = i;
		for (turn = 0; turn < 2; turn++) {
			fake->hashed = turn == 0;
			fake_arrive(fake, frame, 60);
			assert_int_equal(model_rx_step(fake->model, 64, 1), 1);
			desc = fake_rx_desc(&rxq[i], turn);
			assert_int_equal(desc[1] & layouts[i].valid,
					 turn == 0 ? layouts[i].valid : 0);
			assert_int_equal((uint32_t)(desc[layouts[i].qword] >> layouts[i].shift),
					 turn == 0 ? fake->hash : 0);
		}
	}
}

static void
test_interrupt(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .q = 6, .rxdid = E810_RXDID_FLEX_NIC };
	uint8_t frame[60];
	unsigned int i;

	fake->queue = 6;
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frame, 60, UNICAST, TYPE_TEST, 0);
	fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(fake->model, 64, 1), 1);
	assert_int_equal(fake->irqs, 0);
	model_reg_set(fake->model, QINT_RQCTL(6), INT_CTL_CAUSE_ENA);
	assert_int_equal(model_rx_step(fake->model, 64, 1), 0);
	assert_int_equal(fake->irqs, 0);
	for (i = 0; i < 20; i++)
		fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(fake->model, 64, 1), 20);
	assert_int_equal(fake->irqs, 1);
	assert_int_equal(fake->irq_cause, QINT_RQCTL(6));
}

static void
test_link_down(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	uint8_t frame[60];

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frame, 60, UNICAST, TYPE_TEST, 0);
	fake->model->link = false;
	fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(fake->model, 64, 1), 1);
	assert_int_equal(fake->model->wire_stats.rx_dropped, 1);
	assert_int_equal(fake->model->port.rx_unicast, 0);
	assert_int_equal(fake_rx_desc(&rxq, 0)[1], 0);
}

/** A buffer that is not mapped: nothing is written, the descriptor says error. */
static void
test_dma_fault(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .dbuf = 128, .rxmax = 640, .rxdid = E810_RXDID_FLEX_NIC };
	struct aether_model *model = fake->model;
	uint8_t frame[300];

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_rx_desc(&rxq, 1)[0] = 0x1234;
	fake_frame(frame, 300, UNICAST, TYPE_TEST, 0);
	fake_arrive(fake, frame, 300);
	fake_arrive(fake, frame, 300);
	assert_int_equal(model_rx_step(model, 64, 1), 2);
	assert_int_equal(model->stats.dma_faults, 1);
	assert_int_equal(model->stats.dma_fault_iova, 0x1234);
	assert_int_equal(model->wire_stats.rx_dropped, 1);
	assert_int_equal(model->wire_stats.rx_delivered, 1);
	assert_int_equal(model->vsi[0].rx_errors, 1);
	assert_true(fake_rx_desc(&rxq, 2)[1] & E810_RXD_FLEX_STATUS0_RXE);
	assert_true(fake_rx_desc(&rxq, 2)[1] & E810_RXD_FLEX_STATUS0_EOF);
	expect_flex(&rxq, 3, frame, 300);
}

/** CRC stripping off: the FCS follows the frame; known answer of CRC-32. */
static void
test_keep_crc(void **state)
{
	static const uint8_t digits[] = "123456789";
	struct fake *fake = *state;
	struct fake_rxq rxq = { .dbuf = 128, .keep_crc = true, .rxdid = E810_RXDID_FLEX_NIC };
	uint8_t frame[160];
	uint32_t fcs;

	assert_int_equal(model_pkt_fcs(digits, 9), 0xCBF43926);
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frame, 126, UNICAST, TYPE_TEST, 3);
	fcs = model_pkt_fcs(frame, 126);
	fake_arrive(fake, frame, 126);
	assert_int_equal(model_rx_step(fake->model, 64, 1), 1);
	memcpy(frame + 126, &fcs, 4);
	expect_flex(&rxq, 0, frame, 130);	/* the FCS is split over two buffers */
	assert_true(fake_rx_desc(&rxq, 1)[1] & E810_RXD_FLEX_STATUS0_CRCP);
	/* A frame with its FCS has this remainder (IEEE 802.3). */
	assert_int_equal(model_pkt_fcs(frame, 130), 0x2144DF1C);
}

static void
vlan_case(struct fake *fake, uint8_t mode, bool tag2, uint8_t rxdid, uint16_t tci, bool stripped,
	  uint16_t shown, bool show)
{
	struct fake_rxq rxq = { .to_l2tag2 = tag2, .rxdid = rxdid };
	bool flex = rxdid > E810_RXDID_LEGACY_1;
	uint8_t frame[100], want[100];
	const uint64_t *desc;
	uint64_t tag1, tag2_field, present1, present2;
	size_t used = fake->used;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake->props.inner_vlan_flags = mode | E810_VSI_INNER_VLAN_TX_ALL;
	fake_frame(frame, 100, UNICAST, 0x8100, 9);
	frame[14] = tci >> 8;
	frame[15] = (uint8_t)tci;
	memcpy(want, frame, 12);
	memcpy(want + 12, frame + 16, 84);
	fake_arrive(fake, frame, 100);
	assert_int_equal(model_rx_step(fake->model, 64, 1), 1);
	desc = fake_rx_desc(&rxq, 0);
	assert_memory_equal(fake_rx_buffer(&rxq, 0), stripped ? want : frame, stripped ? 96 : 100);
	assert_int_equal(flex ? desc[0] >> 32 & 0x3FFF : desc[1] >> 38 & 0x3FFF,
			 stripped ? 96 : 100);
	tag1 = (flex ? desc[1] : desc[0]) >> 16 & 0xFFFF;
	present1 = desc[1] & (flex ? E810_RXD_FLEX_STATUS0_L2TAG1P : E810_RXD_QW1_L2TAG1P);
	tag2_field = desc[2] >> 48;
	present2 = desc[2] & (flex ? E810_RXD_FLEX_STATUS1_L2TAG2P : E810_RXD_LEGACY_EXT_L2TAG2P);
	assert_int_equal(present1 != 0, show && !tag2);
	assert_int_equal(present2 != 0, show && tag2);
	assert_int_equal(tag1, show && !tag2 ? shown : 0);
	assert_int_equal(tag2_field, show && tag2 ? shown : 0);
	fake->used = used;
}

static void
test_vlan(void **state)
{
	struct fake *fake = *state;
	uint8_t both = E810_VSI_INNER_VLAN_EMODE_STR_BOTH;
	uint8_t frame[64];
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };

	vlan_case(fake, E810_VSI_INNER_VLAN_EMODE_NOTHING, false, 2, 0xA123, false, 0, false);
	vlan_case(fake, both, false, E810_RXDID_FLEX_NIC, 0xA123, true, 0xA123, true);
	vlan_case(fake, both, true, E810_RXDID_FLEX_NIC, 0xA123, true, 0xA123, true);
	vlan_case(fake, both, false, E810_RXDID_LEGACY_1, 0xA123, true, 0xA123, true);
	vlan_case(fake, both, true, E810_RXDID_LEGACY_1, 0xA123, true, 0xA123, true);
	vlan_case(fake, E810_VSI_INNER_VLAN_EMODE_STR_UP, false, 2, 0xA123, true, 0xA000, true);
	vlan_case(fake, E810_VSI_INNER_VLAN_EMODE_STR, false, 2, 0xA123, true, 0, false);

	/* Stripping on, and no tag: as it was. */
	fake->props.inner_vlan_flags = both;
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frame, 64, UNICAST, TYPE_TEST, 9);
	fake_arrive(fake, frame, 64);
	assert_int_equal(model_rx_step(fake->model, 64, 1), 1);
	expect_flex(&rxq, 0, frame, 64);
	assert_int_equal(fake_rx_desc(&rxq, 0)[1] & E810_RXD_FLEX_STATUS0_L2TAG1P, 0);
}

/** The stall watch learns of the host's progress once a step. */
static void
test_stall_hook(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	uint8_t frame[60];

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frame, 60, UNICAST, TYPE_TEST, 0);
	model_rx_step(fake->model, 64, 100);
	assert_int_equal(fake->stall_calls, 1);
	assert_true(fake->stall_moved);
	assert_int_equal(fake->stall_descriptors, 56);
	assert_int_equal(fake->model->rxq[0].tail_moved_tsc, 100);
	fake_arrive(fake, frame, 60);
	model_rx_step(fake->model, 64, 200);
	model_rx_step(fake->model, 64, 300);
	assert_int_equal(fake->stall_calls, 3);
	assert_false(fake->stall_moved);
	assert_int_equal(fake->stall_descriptors, 55);
	assert_int_equal(fake->model->rxq[0].tail_moved_tsc, 100);
}

/** A step never does more than its budget. */
static void
test_budget(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { .qlen = 256, .rxdid = E810_RXDID_FLEX_NIC };
	uint8_t frame[60];
	unsigned int i;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 248);
	fake_frame(frame, 60, UNICAST, TYPE_TEST, 0);
	for (i = 0; i < 200; i++)
		fake_arrive(fake, frame, 60);
	assert_int_equal(model_rx_step(fake->model, 0, 1), 0);
	assert_int_equal(model_rx_step(fake->model, 100, 1), 100);
	assert_int_equal(model_rx_step(fake->model, 3, 1), 3);
	assert_int_equal(model_rx_step(fake->model, 1000, 1), 97);
}

#define RX_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RX_TEST(test_flex_32),
		RX_TEST(test_flex_16),
		RX_TEST(test_legacy_32),
		RX_TEST(test_legacy_16),
		RX_TEST(test_chain),
		RX_TEST(test_chain_batch),
		RX_TEST(test_length_limits),
		RX_TEST(test_counters),
		RX_TEST(test_no_descriptor),
		RX_TEST(test_lossless),
		RX_TEST(test_lossless_resumes_when_dry),
		RX_TEST(test_tail_granularity),
		RX_TEST(test_bad_tail),
		RX_TEST(test_filter_and_queues),
		RX_TEST(test_pause_frame),
		RX_TEST(test_copies),
		RX_TEST(test_copies_no_room),
		RX_TEST(test_copies_spread),
		RX_TEST(test_spread),
		RX_TEST(test_hash),
		RX_TEST(test_interrupt),
		RX_TEST(test_link_down),
		RX_TEST(test_dma_fault),
		RX_TEST(test_keep_crc),
		RX_TEST(test_vlan),
		RX_TEST(test_stall_hook),
		RX_TEST(test_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
