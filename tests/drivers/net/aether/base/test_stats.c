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

#define PORT	1	/* the fake's logical port */
#define VSI	3	/* the number that it gives */

/* Add to a counter of 40 bits, as hardware does. */
static void
add40(struct fake_bench *b, uint32_t offset, uint64_t n)
{
	const uint64_t value = ((uint64_t)fake_get(b->fake, offset + 4) << 32 |
				fake_get(b->fake, offset)) + n;

	fake_set(b->fake, offset, (uint32_t)value);
	fake_set(b->fake, offset + 4, value >> 32 & 0xff);
}

static void
add32(struct fake_bench *b, uint32_t offset, uint32_t n)
{
	fake_set(b->fake, offset, fake_get(b->fake, offset) + n);
}

static void
test_first_reading_counts_nothing(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};

	add40(b, GLPRT_GORCL(PORT), UINT64_C(0x1234567890));
	add32(b, GLPRT_CRCERRS(PORT), 77);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.rx_bytes == 0);
	assert_true(stats.total.crc_errors == 0);
	add40(b, GLPRT_GORCL(PORT), 64);
	add32(b, GLPRT_CRCERRS(PORT), 1);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.rx_bytes == 64);
	assert_true(stats.total.crc_errors == 1);
	/* Another port's counters are not ours. */
	add40(b, GLPRT_GORCL(PORT + 1), 1000);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.rx_bytes == 64);
}

static void
test_wrap_at_40_bits(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};

	add40(b, GLPRT_GOTCL(PORT), (UINT64_C(1) << 40) - 10);
	aether_stats_update(&b->hw, &stats);
	add40(b, GLPRT_GOTCL(PORT), 25);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.tx_bytes == 25);
	/* Nearly once around. */
	add40(b, GLPRT_GOTCL(PORT), (UINT64_C(1) << 40) - 1);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.tx_bytes == 25 + (UINT64_C(1) << 40) - 1);
}

static void
test_wrap_at_32_bits(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};

	add32(b, GLPRT_LXOFFTXC(PORT), UINT32_MAX);
	add32(b, PRTRPB_RDPC, UINT32_MAX - 1);
	aether_stats_update(&b->hw, &stats);
	add32(b, GLPRT_LXOFFTXC(PORT), 5);
	add32(b, PRTRPB_RDPC, 5);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.xoff_tx == 5);
	assert_true(stats.total.rx_no_buffer == 5);
}

/* Two counters share a register: one wraps without touching the other. */
static void
test_wrap_at_16_bits(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	fake_set(b->fake, GLV_REPC(VSI), 0x0007fffe);
	aether_stats_update(&b->hw, &stats);
	fake_set(b->fake, GLV_REPC(VSI), 0x00080003);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.vsi_rx_no_desc == 5);
	assert_true(stats.total.vsi_rx_errors == 1);
}

static unsigned int restless_reads;
static const struct aether_bus_ops *restful;

static uint32_t
restless_read(struct aether_bus *bus, uint32_t offset)
{
	if (offset != GLPRT_GORCL(PORT) + 4 || restless_reads >= 10000)
		return restful->reg_read(bus, offset);
	return restless_reads++;
}

/* Whoever serves the device need not be a device. */
static void
test_high_half_that_never_rests(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};
	struct aether_bus_ops restless;

	restful = b->fake->bus.ops;
	restless = *restful;
	restless.reg_read = restless_read;
	restless_reads = 0;
	b->fake->bus.ops = &restless;
	aether_stats_update(&b->hw, &stats);
	b->fake->bus.ops = restful;
	assert_true(restless_reads < 10);
}

static void
test_reset(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};

	aether_stats_update(&b->hw, &stats);
	add40(b, GLPRT_UPRCL(PORT), 5);
	aether_stats_reset(&b->hw, &stats);
	assert_true(stats.total.rx_unicast == 0);
	add40(b, GLPRT_UPRCL(PORT), 3);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.rx_unicast == 3);
}

/* Each counter has its own register: none is missed and none is counted twice. */
static void
test_every_counter(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};
	static const struct {
		uint32_t offset;
		size_t field;
		bool wide;
	} map[] = {
#define P(reg, name)	{reg(PORT), offsetof(struct aether_hw_stats, name), true}
#define Q(reg, name)	{reg(PORT), offsetof(struct aether_hw_stats, name), false}
#define V(reg, name)	{reg(VSI), offsetof(struct aether_hw_stats, name), true}
#define W(reg, name)	{reg(VSI), offsetof(struct aether_hw_stats, name), false}
		P(GLPRT_GORCL, rx_bytes), P(GLPRT_UPRCL, rx_unicast),
		P(GLPRT_MPRCL, rx_multicast), P(GLPRT_BPRCL, rx_broadcast),
		P(GLPRT_GOTCL, tx_bytes), P(GLPRT_UPTCL, tx_unicast),
		P(GLPRT_MPTCL, tx_multicast), P(GLPRT_BPTCL, tx_broadcast),
		P(GLPRT_PRC64L, rx_size[0]), P(GLPRT_PRC127L, rx_size[1]),
		P(GLPRT_PRC255L, rx_size[2]), P(GLPRT_PRC511L, rx_size[3]),
		P(GLPRT_PRC1023L, rx_size[4]), P(GLPRT_PRC1522L, rx_size[5]),
		P(GLPRT_PRC9522L, rx_size[6]),
		P(GLPRT_PTC64L, tx_size[0]), P(GLPRT_PTC127L, tx_size[1]),
		P(GLPRT_PTC255L, tx_size[2]), P(GLPRT_PTC511L, tx_size[3]),
		P(GLPRT_PTC1023L, tx_size[4]), P(GLPRT_PTC1522L, tx_size[5]),
		P(GLPRT_PTC9522L, tx_size[6]),
		Q(GLPRT_RUC, rx_undersize), Q(GLPRT_ROC, rx_oversize),
		Q(GLPRT_RFC, rx_fragments), Q(GLPRT_RJC, rx_jabber),
		Q(GLPRT_CRCERRS, crc_errors), Q(GLPRT_ILLERRC, illegal_bytes),
		Q(GLPRT_RLEC, length_errors), Q(GLPRT_MLFC, local_faults),
		Q(GLPRT_MRFC, remote_faults), Q(GLPRT_LXONRXC, xon_rx),
		Q(GLPRT_LXOFFRXC, xoff_rx), Q(GLPRT_LXONTXC, xon_tx),
		Q(GLPRT_LXOFFTXC, xoff_tx), Q(GLPRT_TDOLD, tx_dropped_link_down),
		V(GLV_GORCL, vsi_rx_bytes), V(GLV_UPRCL, vsi_rx_unicast),
		V(GLV_MPRCL, vsi_rx_multicast), V(GLV_BPRCL, vsi_rx_broadcast),
		V(GLV_GOTCL, vsi_tx_bytes), V(GLV_UPTCL, vsi_tx_unicast),
		V(GLV_MPTCL, vsi_tx_multicast), V(GLV_BPTCL, vsi_tx_broadcast),
		W(GLV_RDPC, vsi_rx_discards), W(GLV_TEPC, vsi_tx_errors),
	};
	struct aether_hw_stats expected = {0};
	unsigned int i;

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	aether_stats_update(&b->hw, &stats);
	for (i = 0; i < RTE_DIM(map); i++) {
		/* Beyond 32 bits where the counter is. */
		const uint64_t n = 1000 + i + (map[i].wide ? UINT64_C(7) << 32 : 0);

		if (map[i].wide)
			add40(b, map[i].offset, n);
		else
			add32(b, map[i].offset, n);
		memcpy((uint8_t *)&expected + map[i].field, &n, sizeof(n));
	}
	aether_stats_update(&b->hw, &stats);
	assert_memory_equal(&stats.total, &expected, sizeof(expected));
}

/* A VSI that is made anew has another's counters, or its old ones: they are noted, not added. */
static void
test_new_vsi_starts_anew(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};

	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	add40(b, GLV_UPRCL(VSI), 100);
	aether_stats_update(&b->hw, &stats);
	add40(b, GLV_UPRCL(VSI), 10);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.vsi_rx_unicast == 10);

	assert_int_equal(aether_vsi_free(&b->hw), 0);
	aether_stats_update(&b->hw, &stats);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	fake_set(b->fake, GLV_UPRCL(VSI), 3);
	fake_set(b->fake, GLV_UPRCL(VSI) + 4, 0);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.vsi_rx_unicast == 10);
	add40(b, GLV_UPRCL(VSI), 2);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.vsi_rx_unicast == 12);
}

/* A reset may clear the port's counters. */
static void
test_new_bring_up_starts_anew(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};

	aether_stats_update(&b->hw, &stats);
	add40(b, GLPRT_GORCL(PORT), 1000);
	aether_stats_update(&b->hw, &stats);
	aether_hw_fini(&b->hw);
	fake_set(b->fake, GLPRT_GORCL(PORT), 7);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.rx_bytes == 1000);
}

static void
test_gone_device_adds_nothing(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};

	aether_stats_update(&b->hw, &stats);
	b->fake->gone_after = 0;
	aether_stats_update(&b->hw, &stats);
	assert_true(stats.total.rx_bytes == 0);
	assert_true(stats.total.crc_errors == 0);
}

/* All ones are no counts, whenever they begin to be read. */
static void
test_going_device_adds_nothing(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};
	const struct aether_hw_stats before = stats.total;
	uint32_t begin, accesses, n;

	aether_stats_update(&b->hw, &stats);
	begin = b->fake->accesses;
	aether_stats_update(&b->hw, &stats);
	accesses = b->fake->accesses - begin;
	assert_true(accesses > 20);
	for (n = 0; n < accesses; n++) {
		b->fake->gone_after = b->fake->accesses + n;
		aether_stats_update(&b->hw, &stats);
		assert_memory_equal(&stats.total, &before, sizeof(before));
		b->fake->gone_after = FAKE_NEVER;
	}
}

/* The low half wraps between the reading of the halves; the bus plays the passing of time. */
static struct fake_bench *carry_bench;
static unsigned int carry_reads;

static uint32_t
carry_read(struct aether_bus *bus, uint32_t offset)
{
	struct fake_bench *b = carry_bench;
	uint32_t value;

	(void)bus;
	value = fake_get(b->fake, offset);
	/* High half read: the counter goes on by one, from 0x4ffffffff to 0x500000000. */
	if (offset == GLPRT_GORCL(PORT) + 4 && carry_reads++ == 0)
		add40(b, GLPRT_GORCL(PORT), 1);
	return value;
}

static void
test_halves_belong_together(void **state)
{
	struct fake_bench *b = *state;
	struct aether_stats_state stats = {0};
	struct aether_bus_ops ops = *b->hw.bus->ops;
	const struct aether_bus_ops *saved = b->hw.bus->ops;

	add40(b, GLPRT_GORCL(PORT), UINT64_C(0x4fffffffe));
	aether_stats_update(&b->hw, &stats);
	add40(b, GLPRT_GORCL(PORT), 1);
	carry_bench = b;
	ops.reg_read = carry_read;
	b->hw.bus->ops = &ops;
	aether_stats_update(&b->hw, &stats);
	b->hw.bus->ops = saved;
	assert_int_not_equal(carry_reads, 0);
	assert_true(stats.total.rx_bytes == 2);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, fake_bench_up, fake_bench_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_reading_counts_nothing),
		TEST(test_wrap_at_40_bits),
		TEST(test_wrap_at_32_bits),
		TEST(test_wrap_at_16_bits),
		TEST(test_high_half_that_never_rests),
		TEST(test_reset),
		TEST(test_every_counter),
		TEST(test_new_vsi_starts_anew),
		TEST(test_new_bring_up_starts_anew),
		TEST(test_gone_device_adds_nothing),
		TEST(test_going_device_adds_nothing),
		TEST(test_halves_belong_together),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
