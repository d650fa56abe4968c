/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * As many queues as a driver makes on a large machine: one pair a CPU and one more for XDP, each
 * with an interrupt cause of its own, traffic in all of them at once.
 */

#include <string.h>

#include "data_fake.h"

#define QUEUES		200
#define ROUNDS		20
#define LEN		100
#define CMD(bits)	((uint64_t)(bits) << E810_TXD_QW1_CMD_S)

/** The frame names its queue. */
static int
queue_of(const uint8_t *frame, uint32_t len)
{
	(void)len;
	return frame[20];
}

static void
make_frame(uint8_t *frame, unsigned int q, unsigned int n)
{
	fake_frame(frame, LEN, UINT64_C(0x020000000001), 0x88B5, q * 31 + n);
	frame[20] = (uint8_t)q;
	frame[21] = (uint8_t)n;
}

static void
test_receive(void **state)
{
	static uint8_t frames[QUEUES][LEN];
	struct fake *fake = *state;
	struct fake_rxq rxqs[QUEUES];
	unsigned int q, n;

	fake->queue = -1;
	fake->queue_of = queue_of;
	for (q = 0; q < QUEUES; q++) {
		rxqs[q] = (struct fake_rxq){ .q = q, .qlen = 64, .dbuf = 256, .rxdid = 2 };
		assert_int_equal(fake_rxq_enable(fake, &rxqs[q]), 0);
		fake_rxq_post(fake, &rxqs[q], 56);
		model_reg_set(fake->model, QINT_RQCTL(q), INT_CTL_CAUSE_ENA | q);
	}
	for (n = 0; n < ROUNDS; n++) {
		for (q = 0; q < QUEUES; q++) {
			make_frame(frames[q], q, n);
			fake_arrive(fake, frames[q], LEN);
		}
		while (model_rx_step(fake->model, 64, 1) != 0)
			;
	}
	assert_int_equal(fake->model->wire_stats.rx_delivered, QUEUES * ROUNDS);
	assert_int_equal(fake->irqs, QUEUES * ROUNDS);	/* each batch has a frame of each */
	for (q = 0; q < QUEUES; q++)
		for (n = 0; n < ROUNDS; n++) {
			make_frame(frames[0], q, n);
			assert_memory_equal(fake_rx_buffer(&rxqs[q], n), frames[0], LEN);
			assert_true(fake_rx_desc(&rxqs[q], n)[1] & E810_RXD_FLEX_STATUS0_DD);
		}
	for (q = 0; q < QUEUES; q++)
		assert_false(fake_rx_desc(&rxqs[q], ROUNDS)[1] & E810_RXD_FLEX_STATUS0_DD);
}

static void
test_transmit(void **state)
{
	struct fake *fake = *state;
	struct fake_txq txqs[QUEUES];
	unsigned int q, n, i, seen[QUEUES] = { 0 };

	for (q = 0; q < QUEUES; q++) {
		txqs[q] = (struct fake_txq){ .q = q, .qlen = 64 };
		assert_int_equal(fake_txq_enable(fake, &txqs[q]), 0);
		model_reg_set(fake->model, QINT_TQCTL(q), INT_CTL_CAUSE_ENA | q);
		for (n = 0; n < ROUNDS; n++) {
			uint8_t *frame = fake_alloc(fake, LEN);

			make_frame(frame, q, n);
			fake_tx_put(fake, &txqs[q], frame, LEN,
				    CMD(E810_TXD_CMD_EOP | E810_TXD_CMD_RS));
		}
		fake_tx_ring(fake, &txqs[q]);
	}
	while (model_tx_step(fake->model, 64, 1) != 0)
		;
	assert_int_equal(fake->n_tx, QUEUES * ROUNDS);
	for (i = 0; i < fake->n_tx; i++) {
		q = fake->tx_data[i][20];
		/* In order within a queue. */
		assert_int_equal(fake->tx_data[i][21], seen[q]++);
	}
	for (q = 0; q < QUEUES; q++) {
		assert_int_equal(seen[q], ROUNDS);
		assert_int_equal(txqs[q].ring[ROUNDS - 1].cmd_type_offset_bsz &
				 E810_TXD_QW1_DTYPE_M, E810_TXD_DTYPE_DESC_DONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_receive, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_transmit, fake_setup, fake_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
