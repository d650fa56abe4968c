/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/aether_internal.h"
#include "fake_e810.h"

static const struct aether_rxq_conf good = {
	.ring_iova = UINT64_C(0x123456780),
	.n_desc = 1024,
	.buf_len = 2048 + 127,
	.max_frame = 1522,
	.rxdid = E810_RXDID_FLEX_NIC,
};

/* ---------------------------------------------------------------- receive ------------------- */

static void
test_rx_registers(void **state)
{
	struct fake_bench *b = *state;
	uint8_t ctx[E810_RLAN_CTX_BYTES];
	/* Base, ring length and buffer, strip CRC, tag to L2TAG1, longest frame, hints,
	 * threshold 1, prefetch: bytes worked out by hand. */
	static const uint8_t expected[E810_RLAN_CTX_BYTES] = {
		[4] = 0xcf, [5] = 0x8a, [6] = 0x46, [7] = 0x02,
		[12] = 0x08, [13] = 0x04, [14] = 0xa0,
		[21] = 0x80, [22] = 0x7c, [23] = 0x01,
		[24] = 0x5e, [25] = 0x02,
	};
	unsigned int i;

	fake_set(b->fake, QRX_TAIL(7), 99);
	assert_int_equal(aether_rxq_start(&b->hw, 7, &good), 0);
	for (i = 0; i < 8; i++) {
		const uint32_t word = fake_get(b->fake, QRX_CONTEXT(i, 7));

		memcpy(ctx + 4 * i, &word, 4);
	}
	assert_memory_equal(ctx, expected, sizeof(ctx));
	assert_int_equal(fake_get(b->fake, QRXFLXP_CNTXT(7)), 2 | 3 << 8);
	assert_int_equal(fake_get(b->fake, QRX_TAIL(7)), 0);
	assert_int_equal(fake_get(b->fake, QRX_CTRL(7)), QRX_CTRL_QENA_REQ | QRX_CTRL_QENA_STAT);

	assert_int_equal(aether_rxq_stop(&b->hw, 7), 0);
	assert_int_equal(fake_get(b->fake, QRX_CTRL(7)), 0);
	assert_int_equal(fake_get(b->fake, QRX_CONTEXT(1, 7)), 0);
	assert_int_equal(aether_rxq_stop(&b->hw, 7), 0);
}

static void
test_rx_options(void **state)
{
	struct fake_bench *b = *state;
	struct aether_rxq_conf conf = good;

	conf.desc32 = true;
	conf.keep_crc = true;
	assert_int_equal(aether_rxq_start(&b->hw, 0, &conf), 0);
	/* Bits 116 and 117 are bits 20 and 21 of word 3. */
	assert_int_equal(fake_get(b->fake, QRX_CONTEXT(3, 0)) >> 20 & 3, 1);
}

static void
rx_refused(struct fake_bench *b, struct aether_rxq_conf conf, const char *words)
{
	char *log;

	test_log_begin();
	assert_int_equal(aether_rxq_start(&b->hw, 0, &conf), -EINVAL);
	log = test_log_end();
	if (strstr(log, words) == NULL)
		fail_msg("\"%s\" is not in the log:\n%s", words, log);
	free(log);
	assert_int_equal(fake_get(b->fake, QRX_CTRL(0)), 0);
}

static void
test_rx_bad_values(void **state)
{
	struct fake_bench *b = *state;
	struct aether_rxq_conf conf;

	conf = good, conf.ring_iova = 0x1040;
	rx_refused(b, conf, "multiple of 128");
	conf = good, conf.ring_iova = 0;
	rx_refused(b, conf, "multiple of 128");
	conf = good, conf.n_desc = 32;
	rx_refused(b, conf, "64 to 8160");
	conf = good, conf.n_desc = 8192;
	rx_refused(b, conf, "64 to 8160");
	conf = good, conf.n_desc = 100;
	rx_refused(b, conf, "multiple of 32");
	conf = good, conf.buf_len = 127;
	rx_refused(b, conf, "buffers of 127");
	conf = good, conf.buf_len = 128 * 128;
	rx_refused(b, conf, "buffers of 16384");
	conf = good, conf.buf_len = 256, conf.max_frame = 1281;
	rx_refused(b, conf, "64 to 1280");
	conf = good, conf.max_frame = 63;
	rx_refused(b, conf, "frames of 63");
	conf = good, conf.buf_len = 4096, conf.max_frame = 9729;
	rx_refused(b, conf, "64 to 9728");
	assert_int_equal(aether_rxq_start(&b->hw, 64, &good), -EINVAL);
	assert_int_equal(aether_rxq_start(&b->hw, UINT16_MAX, &good), -EINVAL);
	assert_int_equal(aether_rxq_stop(&b->hw, UINT16_MAX), 0);
}

static void
test_rx_limits_are_accepted(void **state)
{
	struct fake_bench *b = *state;
	struct aether_rxq_conf conf = good;

	conf.n_desc = 8160, conf.buf_len = 2048, conf.max_frame = 9728;
	assert_int_equal(aether_rxq_start(&b->hw, 63, &conf), 0);
	conf.n_desc = 64, conf.buf_len = 128, conf.max_frame = 640;
	assert_int_equal(aether_rxq_start(&b->hw, 0, &conf), 0);
}

static void
test_rx_does_not_start(void **state)
{
	struct fake_bench *b = *state;

	b->fake->rxq_stuck = true;
	assert_int_equal(aether_rxq_start(&b->hw, 0, &good), -ETIMEDOUT);
	/* It was asked for back, so that it cannot come up later. */
	assert_int_equal(fake_get(b->fake, QRX_CTRL(0)) & QRX_CTRL_QENA_REQ, 0);
	assert_false(b->hw.rxq_on[0]);
}

static void
test_rx_does_not_stop(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_rxq_start(&b->hw, 0, &good), 0);
	b->fake->rxq_stuck = true;
	assert_int_equal(aether_rxq_stop(&b->hw, 0), -ETIMEDOUT);
	assert_true(b->hw.rxq_on[0]);
	b->fake->rxq_stuck = false;
	assert_int_equal(aether_rxq_stop(&b->hw, 0), 0);
	assert_false(b->hw.rxq_on[0]);
}

/* ---------------------------------------------------------------- transmit ------------------ */

static void
test_tx_context(void **state)
{
	struct fake_bench *b = *state;
	/* Base 0x2468ACF, port 1 (bit 57), function 1 (bit 65), type PF = 2 (bit 78), VSI 3
	 * (bit 80), 512 descriptors (bit 135 + 9 = 144), TSO on (bit 152) with state 6 (bit 153),
	 * legacy interface (bit 164). */
	static const uint8_t expected[E810_TLAN_CTX_BYTES] = {
		[0] = 0xcf, [1] = 0x8a, [2] = 0x46, [3] = 0x02,
		[7] = 0x02, [8] = 0x02, [9] = 0x80, [10] = 0x03,
		[18] = 0x01, [19] = 0x0d, [20] = 0x10,
	};

	assert_int_equal(aether_txq_start(&b->hw, 6, 0x123456780, 512), -ENODEV);
	assert_int_equal(aether_vsi_add(&b->hw, 8, 8), 0);
	fake_set(b->fake, QTX_COMM_DBELL(6), 77);
	assert_int_equal(aether_txq_start(&b->hw, 6, 0x123456780, 512), 0);
	assert_true(b->fake->txq[6]);
	assert_memory_equal(b->fake->txq_ctx[6], expected, sizeof(expected));
	assert_int_equal(fake_get(b->fake, QTX_COMM_DBELL(6)), 0);

	assert_int_equal(aether_txq_stop(&b->hw, 6), 0);
	assert_false(b->fake->txq[6]);
	assert_int_equal(aether_txq_stop(&b->hw, 6), 0);
	assert_int_equal(fake_count(b->fake, E810_AQC_DIS_TXQS), 1);
}

static void
test_tx_bad_values(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_vsi_add(&b->hw, 8, 8), 0);
	assert_int_equal(aether_txq_start(&b->hw, 0, 0x1001, 64), -EINVAL);
	assert_int_equal(aether_txq_start(&b->hw, 0, 0x1000, 48), -EINVAL);
	assert_int_equal(aether_txq_start(&b->hw, 0, 0x1000, 8192), -EINVAL);
	assert_int_equal(aether_txq_start(&b->hw, 48, 0x1000, 64), -EINVAL);
	assert_int_equal(fake_count(b->fake, E810_AQC_ADD_TXQS), 0);
}

static void
test_tx_refused(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	b->fake->fail_opcode = E810_AQC_ADD_TXQS;
	assert_int_equal(aether_txq_start(&b->hw, 0, 0x1000, 64), -EIO);
	assert_false(b->hw.txq[0].on);
	b->fake->fail_opcode = E810_AQC_DIS_TXQS;
	assert_int_equal(aether_txq_start(&b->hw, 0, 0x1000, 64), 0);
	assert_int_equal(aether_txq_stop(&b->hw, 0), -EIO);
	assert_true(b->hw.txq[0].on);
	b->fake->fail_opcode = 0;
	assert_int_equal(aether_txq_stop(&b->hw, 0), 0);
}

/* All queues of a group go with one command, and as many groups as its buffer takes. */
static void
test_tx_lists(void **state)
{
	struct aether_txq_conf confs[48];
	struct fake_bench *b = *state;
	uint16_t qs[48];
	unsigned int i;

	for (i = 0; i < 48; i++) {
		/* Backwards: the order of the list is the caller's. */
		confs[i] = (struct aether_txq_conf){ .q = 47 - i, .n_desc = 64,
						     .ring_iova = 0x100000 + 0x1000 * i };
		qs[i] = i;
	}
	assert_int_equal(aether_vsi_add(&b->hw, 1, 48), 0);
	assert_int_equal(aether_txqs_start(&b->hw, confs, 48), 0);
	for (i = 0; i < 48; i++) {
		assert_true(b->fake->txq[i]);
		assert_true(b->hw.txq[i].on);
	}
	/* 48 queues of 48 bytes, and six groups of 8. */
	assert_int_equal(fake_count(b->fake, E810_AQC_ADD_TXQS), 1);
	assert_int_equal(aether_txqs_start(&b->hw, confs, 1), -EBUSY);

	/* One of them stops and starts again alone. */
	assert_int_equal(aether_txq_stop(&b->hw, 9), 0);
	assert_false(b->fake->txq[9]);
	assert_int_equal(aether_txqs_start(&b->hw, &confs[47 - 9], 1), 0);
	assert_true(b->fake->txq[9]);
	assert_int_equal(fake_count(b->fake, E810_AQC_DIS_TXQS), 1);

	assert_int_equal(aether_txqs_stop(&b->hw, qs, 48), 0);
	for (i = 0; i < 48; i++)
		assert_false(b->fake->txq[i]);
	assert_int_equal(fake_count(b->fake, E810_AQC_DIS_TXQS), 1 + 6);
	assert_int_equal(aether_txqs_stop(&b->hw, qs, 48), 0);
	assert_int_equal(fake_count(b->fake, E810_AQC_DIS_TXQS), 1 + 6);
}

/* More than one buffer takes: the list is cut within a group. */
static void
test_tx_long_lists(void **state)
{
	static struct aether_txq_conf confs[FAKE_QUEUES];
	struct fake_bench *b = *state;
	uint16_t qs[FAKE_QUEUES];
	unsigned int i;

	aether_hw_fini(&b->hw);
	b->fake->cap_txqs = FAKE_QUEUES;
	b->fake->siblings = 64;
	assert_int_equal(aether_hw_init(&b->hw), 0);
	for (i = 0; i < FAKE_QUEUES; i++) {
		confs[i] = (struct aether_txq_conf){ .q = i, .n_desc = 64, .ring_iova = 0x1000 };
		qs[i] = i;
	}
	assert_int_equal(aether_vsi_add(&b->hw, 1, FAKE_QUEUES), 0);
	assert_int_equal(aether_txqs_start(&b->hw, confs, FAKE_QUEUES), 0);
	for (i = 0; i < FAKE_QUEUES; i++)
		assert_true(b->fake->txq[i]);
	/* 4096 bytes hold 85 queues of 48 and the heads of two groups. */
	assert_int_equal(fake_count(b->fake, E810_AQC_ADD_TXQS), 4);
	assert_int_equal(aether_txqs_stop(&b->hw, qs, FAKE_QUEUES), 0);
	for (i = 0; i < FAKE_QUEUES; i++)
		assert_false(b->fake->txq[i]);
}

/* What cannot be stopped counts as running, the rest is stopped all the same. */
static void
test_tx_lists_refused(void **state)
{
	static const uint16_t qs[] = { 0, 1, 2, 3 };
	struct aether_txq_conf confs[4];
	struct fake_bench *b = *state;
	unsigned int i;

	for (i = 0; i < 4; i++)
		confs[i] = (struct aether_txq_conf){ .q = i, .n_desc = 64, .ring_iova = 0x1000 };
	assert_int_equal(aether_vsi_add(&b->hw, 1, 16), 0);	/* two groups: even and odd */
	confs[3].n_desc = 65;
	assert_int_equal(aether_txqs_start(&b->hw, confs, 4), -EINVAL);
	assert_int_equal(fake_count(b->fake, E810_AQC_ADD_TXQS), 0);
	confs[3].n_desc = 64;
	b->fake->fail_opcode = E810_AQC_ADD_TXQS;
	assert_int_equal(aether_txqs_start(&b->hw, confs, 4), -EIO);
	b->fake->fail_opcode = 0;
	assert_false(b->hw.txq[0].on);

	assert_int_equal(aether_txqs_start(&b->hw, confs, 4), 0);
	b->fake->fail_nth = b->fake->n_cmds;		/* the first group's */
	assert_int_equal(aether_txqs_stop(&b->hw, qs, 4), -EIO);
	assert_true(b->hw.txq[0].on && b->hw.txq[2].on);
	assert_false(b->hw.txq[1].on || b->hw.txq[3].on);
	b->fake->fail_nth = FAKE_NEVER;
	assert_int_equal(aether_txqs_stop(&b->hw, qs, 4), 0);
	assert_false(b->hw.txq[0].on || b->hw.txq[2].on);
}

/* ---------------------------------------------------------------- interrupts ---------------- */

static void
test_immediate_write_back(void **state)
{
	struct fake_bench *b = *state;
	const uint32_t dyn = GLINT_DYN_CTL_WB_ON_ITR | GLINT_DYN_CTL_INTENA_MSK | 3 << 3;

	aether_vector_poll(&b->hw, 9);
	aether_rxq_irq_bind(&b->hw, 4, 9);
	aether_txq_irq_bind(&b->hw, 4, 9);
	assert_int_equal(fake_get(b->fake, GLINT_ITR(0, 9)), 1);
	b->hw.writeback_given = true;
	b->hw.writeback_us = 64;
	aether_vector_poll(&b->hw, 9);
	assert_int_equal(fake_get(b->fake, GLINT_ITR(0, 9)), 32);
	b->hw.writeback_us = 0;
	aether_vector_poll(&b->hw, 9);
	assert_int_equal(fake_get(b->fake, GLINT_ITR(0, 9)), 0);
	b->hw.writeback_given = false;
	assert_int_equal(fake_get(b->fake, QRX_ITR(4)), QRX_ITR_NO_EXPR);
	assert_int_equal(fake_get(b->fake, QINT_RQCTL(4)), 9 | INT_CTL_CAUSE_ENA);
	assert_int_equal(fake_get(b->fake, QINT_TQCTL(4)), 9 | INT_CTL_CAUSE_ENA);
	assert_int_equal(fake_get(b->fake, GLINT_DYN_CTL(9)), dyn);
}

static void
test_arming(void **state)
{
	struct fake_bench *b = *state;
	const uint32_t interval = 10 << GLINT_DYN_CTL_INTERVAL_S;	/* of ITR 0 */

	aether_vector_arm(&b->hw, 3, 20);
	assert_int_equal(fake_get(b->fake, GLINT_DYN_CTL(3)),
			 GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA | interval);
	aether_vector_disarm(&b->hw, 3);
	assert_int_equal(fake_get(b->fake, GLINT_DYN_CTL(3)),
			 GLINT_DYN_CTL_WB_ON_ITR | 1 << GLINT_DYN_CTL_INTERVAL_S);
	/* The longest that the field takes, and nothing beyond it. */
	aether_vector_arm(&b->hw, 3, UINT16_MAX);
	assert_int_equal(fake_get(b->fake, GLINT_DYN_CTL(3)) & ~GLINT_DYN_CTL_INTERVAL_M,
			 GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA);
}

static void
test_other_causes(void **state)
{
	struct fake_bench *b = *state;

	fake_set(b->fake, PFINT_OICR, PFINT_OICR_GRST);
	aether_irq0_enable(&b->hw);
	assert_int_equal(fake_get(b->fake, PFINT_OICR_CTL), INT_CTL_CAUSE_ENA);
	assert_int_equal(fake_get(b->fake, PFINT_FW_CTL), INT_CTL_CAUSE_ENA);
	assert_true(fake_get(b->fake, PFINT_OICR_ENA) & PFINT_OICR_MAL_DETECT);
	assert_int_equal(fake_get(b->fake, GLINT_DYN_CTL(0)),
			 GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA | 3 << 3);
	/* Enabling has not swallowed the cause; reading it does. */
	assert_int_equal(aether_irq0_cause(&b->hw), PFINT_OICR_GRST);
	assert_int_equal(aether_irq0_cause(&b->hw), 0);

	aether_irq0_disable(&b->hw);
	assert_int_equal(fake_get(b->fake, GLINT_DYN_CTL(0)) & GLINT_DYN_CTL_INTENA, 0);
	assert_int_equal(fake_get(b->fake, PFINT_OICR_ENA), 0);
	assert_int_equal(fake_get(b->fake, PFINT_FW_CTL), 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, fake_bench_up, fake_bench_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rx_registers),
		TEST(test_rx_options),
		TEST(test_rx_bad_values),
		TEST(test_rx_limits_are_accepted),
		TEST(test_rx_does_not_start),
		TEST(test_rx_does_not_stop),
		TEST(test_tx_context),
		TEST(test_tx_bad_values),
		TEST(test_tx_refused),
		TEST(test_tx_lists),
		TEST(test_tx_long_lists),
		TEST(test_tx_lists_refused),
		TEST(test_arming),
		TEST(test_immediate_write_back),
		TEST(test_other_causes),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
