/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "data_fake.h"
#include "model_pktparse.h"

static uint64_t
read_40(struct aether_model *model, uint32_t offset)
{
	uint32_t low = 1, high = 1;

	assert_true(model_counter_read(model, offset, &low));
	assert_true(model_counter_read(model, offset + 4, &high));
	return (uint64_t)high << 32 | low;
}

static uint32_t
read_32(struct aether_model *model, uint32_t offset)
{
	uint32_t value = 1;

	assert_true(model_counter_read(model, offset, &value));
	return value;
}

/** Each register shows its own counter: all counters differ. */
static void
test_each_register(void **state)
{
	static const uint32_t wide[] = {
		GLPRT_GORCL(2), GLPRT_UPRCL(2), GLPRT_MPRCL(2), GLPRT_BPRCL(2),
		GLPRT_GOTCL(2), GLPRT_UPTCL(2), GLPRT_MPTCL(2), GLPRT_BPTCL(2),
		GLPRT_PRC64L(2), GLPRT_PRC127L(2), GLPRT_PRC255L(2), GLPRT_PRC511L(2),
		GLPRT_PRC1023L(2), GLPRT_PRC1522L(2), GLPRT_PRC9522L(2),
		GLPRT_PTC64L(2), GLPRT_PTC127L(2), GLPRT_PTC255L(2), GLPRT_PTC511L(2),
		GLPRT_PTC1023L(2), GLPRT_PTC1522L(2), GLPRT_PTC9522L(2),
	};
	static const uint32_t narrow[] = {
		GLPRT_RUC(2), GLPRT_ROC(2), GLPRT_RFC(2), GLPRT_RJC(2), GLPRT_CRCERRS(2),
		GLPRT_ILLERRC(2), GLPRT_RLEC(2), GLPRT_MLFC(2), GLPRT_MRFC(2),
		GLPRT_LXONRXC(2), GLPRT_LXOFFRXC(2), GLPRT_LXONTXC(2), GLPRT_LXOFFTXC(2),
		GLPRT_TDOLD(2), PRTRPB_RDPC,
	};
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	uint64_t *counters = (uint64_t *)&model->port;
	unsigned int i;

	model->lport = 2;
	for (i = 0; i < sizeof(model->port) / 8; i++)
		counters[i] = UINT64_C(0x55AB12345600) + i;
	assert_int_equal(RTE_DIM(wide) + RTE_DIM(narrow), sizeof(model->port) / 8);
	for (i = 0; i < RTE_DIM(wide); i++) {
		/* Bits from 40 on are not there. */
		assert_int_equal(read_40(model, wide[i]), UINT64_C(0xAB12345600) + i);
		assert_int_equal(read_32(model, wide[i] - 8), 0);	/* another port's */
	}
	for (; i < RTE_DIM(wide) + RTE_DIM(narrow); i++)
		assert_int_equal(read_32(model, narrow[i - RTE_DIM(wide)]), 0x12345600 + i);
}

static void
test_vsi_registers(void **state)
{
	static const uint32_t wide[] = {
		GLV_GORCL(63), GLV_UPRCL(63), GLV_MPRCL(63), GLV_BPRCL(63),
	};
	static const uint32_t wide_tx[] = {
		GLV_GOTCL(63), GLV_UPTCL(63), GLV_MPTCL(63), GLV_BPTCL(63),
	};
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	uint64_t *counters = (uint64_t *)&model->vsi[63];
	unsigned int i;

	for (i = 0; i < sizeof(model->vsi[63]) / 8; i++)
		counters[i] = UINT64_C(0x0100000000) + i;
	for (i = 0; i < 4; i++) {
		assert_int_equal(read_40(model, wide[i]), UINT64_C(0x0100000000) + i);
		assert_int_equal(read_40(model, wide_tx[i]), UINT64_C(0x0100000000) + 7 + i);
	}
	assert_int_equal(read_32(model, GLV_RDPC(63)), 4);
	assert_int_equal(read_32(model, GLV_REPC(63)), 6 << 16 | 5);
	assert_int_equal(read_32(model, GLV_TEPC(63)), 11);
	assert_int_equal(read_32(model, GLV_RDPC(0)), 0);
	assert_int_equal(read_32(model, GLV_RDPC(767)), 0);
}

static void
test_no_counter_there(void **state)
{
	struct fake *fake = *state;
	uint32_t value = 77;

	assert_false(model_counter_read(fake->model, 0, &value));
	assert_false(model_counter_read(fake->model, PFGEN_CTRL, &value));
	assert_false(model_counter_read(fake->model, GLPRT_CRCERRS(0) - 4, &value));
	assert_false(model_counter_read(fake->model, GLV_GOTCL(768), &value));
	assert_int_equal(value, 77);
}

/** A driver that adds differences modulo 2^40 keeps counting over the wrap. */
static void
test_wraps_in_operation(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	uint8_t frame[60];
	uint64_t before;
	unsigned int i;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	fake_rxq_post(fake, &rxq, 56);
	fake_frame(frame, sizeof(frame), 0x020000000001, 0x88B5, 1);
	model->port.rx_bytes = (UINT64_C(1) << 40) - 100;
	model->port.rx_unicast = (UINT64_C(1) << 40) - 1;
	before = read_40(model, GLPRT_GORCL(0));
	for (i = 0; i < 3; i++)
		fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, 64, 1), 3);
	assert_int_equal((read_40(model, GLPRT_GORCL(0)) - before) & (UINT64_MAX >> 24), 3 * 64);
	assert_int_equal(read_40(model, GLPRT_GORCL(0)), 3 * 64 - 100);
	assert_int_equal(read_40(model, GLPRT_UPRCL(0)), 2);
}

/** BAR memory mode: the registers in memory are what a read by call gives. */
static void
test_publish(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	uint64_t *counters = (uint64_t *)&model->port;
	uint32_t offset, value, shown = 0;
	unsigned int i;

	for (i = 0; i < sizeof(model->port) / 8; i++)
		counters[i] = UINT64_C(0x77FF00000011) * (i + 1);
	counters = (uint64_t *)&model->vsi[5];
	for (i = 0; i < sizeof(model->vsi[5]) / 8; i++)
		counters[i] = UINT64_C(0x66EE00000013) * (i + 1);
	model_counters_publish(model);
	for (offset = 0; offset < 0x400000; offset += 4) {
		if (!model_counter_read(model, offset, &value))
			value = 0;
		else if (value != 0)
			shown++;
		assert_int_equal(model_reg_get(model, offset), value);
	}
	assert_true(shown > 60);
	/* A reset of the core clears them, and that is shown, too. */
	memset(&model->vsi[5], 0, sizeof(model->vsi[5]));
	model_counters_publish(model);
	assert_int_equal(model_reg_get(model, GLV_GORCL(5)), 0);
	assert_int_equal(model_reg_get(model, GLV_REPC(5)), 0);
}

static void
test_size_bins(void **state)
{
	(void)state;
	assert_int_equal(pkt_size_bin(64), 0);
	assert_int_equal(pkt_size_bin(65), 1);
	assert_int_equal(pkt_size_bin(127), 1);
	assert_int_equal(pkt_size_bin(128), 2);
	assert_int_equal(pkt_size_bin(255), 2);
	assert_int_equal(pkt_size_bin(256), 3);
	assert_int_equal(pkt_size_bin(511), 3);
	assert_int_equal(pkt_size_bin(512), 4);
	assert_int_equal(pkt_size_bin(1023), 4);
	assert_int_equal(pkt_size_bin(1024), 5);
	assert_int_equal(pkt_size_bin(1522), 5);
	assert_int_equal(pkt_size_bin(1523), 6);
	assert_int_equal(pkt_size_bin(9728), 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_register, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_vsi_registers, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_no_counter_there, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_wraps_in_operation, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_publish, fake_setup, fake_teardown),
		cmocka_unit_test(test_size_bins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
