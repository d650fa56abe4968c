/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <string.h>

#include "data_fake.h"

/** Fields at any place and of any width come out of the bit string as they went in. */
static void
test_ctx_get(void **state)
{
	uint8_t ctx[32];
	unsigned int lsb, width;

	(void)state;
	for (lsb = 0; lsb < 100; lsb++) {
		for (width = 1; width <= 64; width++) {
			uint64_t value = UINT64_C(0xA5C396F00F6D1B78) >> (64 - width);

			memset(ctx, 0xFF, sizeof(ctx));
			fake_ctx_set(ctx, value, lsb, width);
			assert_int_equal(model_ctx_get(ctx, lsb, width), value);
			memset(ctx, 0, sizeof(ctx));
			fake_ctx_set(ctx, value, lsb, width);
			assert_int_equal(model_ctx_get(ctx, lsb, width), value);
		}
	}
}

static void
test_rx_enable(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_rxq rxq = {
		.q = 3, .qlen = 8160, .dbuf = 128, .rxmax = 9728, .dsize = 16,
		.rxdid = E810_RXDID_COMMS_OVS, .keep_crc = true, .to_l2tag2 = true,
	};

	model_reg_set(model, QRX_CTRL(3), QRX_CTRL_QENA_REQ);
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	assert_int_equal(model_reg_get(model, QRX_CTRL(3)),
			 QRX_CTRL_QENA_REQ | QRX_CTRL_QENA_STAT);
	assert_int_equal(model->n_rx_active, 1);
	assert_int_equal(model->rx_active[0], 3);
	assert_ptr_equal(model->rxq[3].ring, rxq.ring);
	assert_int_equal(model->rxq[3].qlen, 8160);
	assert_int_equal(model->rxq[3].dbuf, 128);
	assert_int_equal(model->rxq[3].rxmax, 5 * 128);	/* five buffers a packet */
	assert_int_equal(model->rxq[3].dsize, 16);
	assert_int_equal(model->rxq[3].rxdid, E810_RXDID_COMMS_OVS);
	assert_false(model->rxq[3].crcstrip);
	assert_false(model->rxq[3].l2tsel);

	/* Again, while enabled: still once in the list. */
	assert_int_equal(model_rxq_enable(model, 3), 0);
	assert_int_equal(model->n_rx_active, 1);

	model_rxq_disable(model, 3);
	assert_int_equal(model_reg_get(model, QRX_CTRL(3)) & QRX_CTRL_QENA_STAT, 0);
	assert_int_equal(model->n_rx_active, 0);
	model_rxq_disable(model, 3);
	assert_int_equal(model->n_rx_active, 0);
	assert_int_equal(model_rxq_enable(model, MODEL_RX_QUEUES), -EINVAL);
}

/** Enable a queue with one field of a good context changed. @return what came of it */
static int
rx_enable_with(struct fake *fake, uint64_t value, unsigned int lsb, unsigned int width)
{
	struct aether_model *model = fake->model;
	uint8_t ctx[E810_RLAN_CTX_BYTES];
	uint32_t good[QRX_CONTEXT_WORDS], word;
	struct fake_rxq rxq = { 0 };
	unsigned int i;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	for (i = 0; i < QRX_CONTEXT_WORDS; i++) {
		good[i] = model_reg_get(model, QRX_CONTEXT(i, 0));
		memcpy(ctx + 4 * i, &good[i], 4);
	}
	fake_ctx_set(ctx, value, lsb, width);
	for (i = 0; i < QRX_CONTEXT_WORDS; i++) {
		memcpy(&word, ctx + 4 * i, 4);
		model_reg_set(model, QRX_CONTEXT(i, 0), word);
	}
	return model_rxq_enable(model, 0);
}

/** Refused, and the queue's state bit says so. */
static void
rx_refused(struct fake *fake, uint64_t value, unsigned int lsb, unsigned int width)
{
	struct aether_model *model = fake->model;
	size_t used = fake->used;

	assert_int_equal(rx_enable_with(fake, value, lsb, width), -EINVAL);
	assert_int_equal(model_reg_get(model, QRX_CTRL(0)) & QRX_CTRL_QENA_STAT, 0);
	assert_int_equal(model->n_rx_active, 0);
	fake->used = used;
}

static void
test_rx_enable_refuses(void **state)
{
	struct fake *fake = *state;

	rx_refused(fake, 32, E810_RLAN_CTX_QLEN);
	rx_refused(fake, 65, E810_RLAN_CTX_QLEN);
	rx_refused(fake, 8191, E810_RLAN_CTX_QLEN);
	rx_refused(fake, 64, E810_RLAN_CTX_HEAD);
	rx_refused(fake, 9729, E810_RLAN_CTX_RXMAX);
	rx_refused(fake, 1, E810_RLAN_CTX_DTYPE);
	rx_refused(fake, 2, E810_RLAN_CTX_DTYPE);
	rx_refused(fake, 0, E810_RLAN_CTX_BASE);
	rx_refused(fake, UINT64_MAX >> 7, E810_RLAN_CTX_BASE);
	/* The ring's last descriptor is one byte out of the mapping. */
	rx_refused(fake, (FAKE_IOVA + FAKE_MEMORY) / 128 - 15, E810_RLAN_CTX_BASE);
}

/** A queue that nothing fits into starts: Linux 7.3 has one for its control VSI. */
static void
test_rx_no_room(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(rx_enable_with(fake, 0, E810_RLAN_CTX_DBUF), 0);
	assert_int_equal(fake->model->rxq[0].rxmax, 0);
	model_rxq_disable(fake->model, 0);
	assert_int_equal(rx_enable_with(fake, 0, E810_RLAN_CTX_RXMAX), 0);
	assert_int_not_equal(model_reg_get(fake->model, QRX_CTRL(0)) & QRX_CTRL_QENA_STAT, 0);
}

/** Hardware says that PREFENA must be 1; the model only warns. */
static void
test_rx_prefena(void **state)
{
	struct fake *fake = *state;
	struct fake_rxq rxq = { 0 };
	uint32_t word;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	word = model_reg_get(fake->model, QRX_CONTEXT(201 / 32, 0));
	assert_true(word & 1u << 201 % 32);
	model_reg_set(fake->model, QRX_CONTEXT(201 / 32, 0), word & ~(1u << 201 % 32));
	assert_int_equal(model_rxq_enable(fake->model, 0), 0);
}

static void
test_tx_enable(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_txq txq = { .q = 5, .qlen = 8160, .vsi = 7 };
	uint8_t ctx[E810_TLAN_CTX_BYTES] = { 0 };

	/* The doorbell that a queue's earlier owner left does not count. */
	model_reg_set(model, QTX_COMM_DBELL(5), 99);
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	assert_int_equal(model_reg_get(model, QTX_COMM_DBELL(5)), 0);
	assert_int_equal(model_tx_step(model, 64, 1), 0);
	assert_int_equal(model->stats.mdd_events, 0);
	assert_int_equal(model->n_tx_active, 1);
	assert_ptr_equal(model->txq[5].ring, txq.ring);
	assert_int_equal(model->txq[5].vsi, 7);

	fake_ctx_set(ctx, FAKE_IOVA / 128, E810_TLAN_CTX_BASE);
	fake_ctx_set(ctx, 64, E810_TLAN_CTX_QLEN);
	assert_int_equal(model_txq_enable(model, MODEL_TX_QUEUES, ctx), -EINVAL);
	assert_int_equal(model_txq_enable(model, 6, ctx), 0);
	assert_int_equal(model->n_tx_active, 2);
	fake_ctx_set(ctx, MODEL_VSIS, E810_TLAN_CTX_SRC_VSI);
	assert_int_equal(model_txq_enable(model, 7, ctx), -EINVAL);
	fake_ctx_set(ctx, 0, E810_TLAN_CTX_SRC_VSI);
	fake_ctx_set(ctx, 96 + 1, E810_TLAN_CTX_QLEN);
	assert_int_equal(model_txq_enable(model, 7, ctx), -EINVAL);
	fake_ctx_set(ctx, 96, E810_TLAN_CTX_QLEN);
	fake_ctx_set(ctx, (FAKE_IOVA + FAKE_MEMORY) / 128, E810_TLAN_CTX_BASE);
	assert_int_equal(model_txq_enable(model, 7, ctx), -EINVAL);
	assert_int_equal(model->n_tx_active, 2);
	model_txq_disable(model, 5);
	assert_int_equal(model->n_tx_active, 1);
	assert_int_equal(model->tx_active[0], 6);
}

static void
test_reset(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_rxq rxq = { .q = 1 };
	struct fake_txq txq = { .q = 1 };

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	fake_rxq_post(fake, &rxq, 32);
	model_reg_set(model, QTX_COMM_DBELL(1), 8);
	model_queues_reset(model);
	assert_int_equal(model->n_rx_active, 0);
	assert_int_equal(model->n_tx_active, 0);
	assert_int_equal(model_reg_get(model, QRX_CTRL(1)), 0);
	assert_int_equal(model_reg_get(model, QRX_TAIL(1)), 0);
	assert_int_equal(model_reg_get(model, QTX_COMM_DBELL(1)), 0);
	assert_int_equal(model_reg_get(model, QRX_CONTEXT(1, 1)), 0);
}

/** Registers of a malicious driver event: the first one's detail stays until it is cleared. */
static void
test_mdd(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_txq txq = { .q = 9 };
	struct fake_rxq rxq = { .q = 2 };

	model->conf.pf_id = 5;
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	model_mdd_raise(model, MODEL_MDD_TX_TDPU, 9, MODEL_MDD_EVENT_LENGTH, "test");
	assert_int_equal(model_reg_get(model, GL_MDET_TX_TDPU),
			 1u << 31 | MODEL_MDD_EVENT_LENGTH << 26 | 5 << 23 | 9);
	assert_int_equal(model_reg_get(model, PF_MDET_TX_TDPU), 1);
	assert_int_equal(model->n_tx_active, 0);
	assert_int_equal(model->n_rx_active, 1);
	assert_int_equal(fake->oicr, PFINT_OICR_MAL_DETECT);
	assert_int_equal(model->stats.mdd_events, 1);

	model_mdd_raise(model, MODEL_MDD_TX_TDPU, 4, MODEL_MDD_EVENT_BUFFER, "test");
	assert_int_equal(model_reg_get(model, GL_MDET_TX_TDPU) & 0x7FFF, 9);
	assert_int_equal(model->stats.mdd_events, 2);

	model_mdd_raise(model, MODEL_MDD_TX_PQM, 0x63, MODEL_MDD_EVENT_TAIL, "test");
	assert_int_equal(model_reg_get(model, GL_MDET_TX_PQM),
			 1u << 31 | MODEL_MDD_EVENT_TAIL << 26 | 0x63 << 12 | 5);
	model_mdd_raise(model, MODEL_MDD_RX, 2, MODEL_MDD_EVENT_TAIL, "test");
	assert_int_equal(model_reg_get(model, PF_MDET_RX), 1);
	assert_int_equal(model->n_rx_active, 0);

	/* Disabled and enabled again, the queue works. */
	assert_int_equal(model_rxq_enable(model, 2), 0);
	assert_int_equal(model->n_rx_active, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ctx_get),
		cmocka_unit_test_setup_teardown(test_rx_enable, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_rx_enable_refuses, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_rx_no_room, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_rx_prefena, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_tx_enable, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_reset, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_mdd, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
