/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <e810_hw.h>

#include "base/aether_ctx.h"

/* Expected bytes are worked out by hand from the bit positions. */

static void
test_fields_land_on_their_bits(void **state)
{
	uint8_t ctx[4] = {0};
	static const uint8_t expected[4] = {0x00, 0xd0, 0x02, 0x80};

	(void)state;
	/* 0b101101 at bit 12: byte 1 bits 4-7 = 1101, byte 2 bits 0-1 = 10. */
	aether_ctx_put(ctx, 12, 6, 0x2d);
	aether_ctx_put(ctx, 31, 1, 1);
	assert_memory_equal(ctx, expected, sizeof(ctx));
}

static void
test_neighbours_are_kept(void **state)
{
	uint8_t ctx[3] = {0xff, 0xff, 0xff};
	static const uint8_t cleared[3] = {0xff, 0x81, 0xff};
	static const uint8_t set[3] = {0xff, 0xa5, 0xff};

	(void)state;
	aether_ctx_put(ctx, 9, 6, 0);
	assert_memory_equal(ctx, cleared, sizeof(ctx));
	aether_ctx_put(ctx, 9, 6, 0x12);
	assert_memory_equal(ctx, set, sizeof(ctx));
}

static void
test_value_is_cut_to_the_width(void **state)
{
	uint8_t ctx[2] = {0};
	static const uint8_t expected[2] = {0x70, 0x00};

	(void)state;
	aether_ctx_put(ctx, 4, 3, 0xff);
	assert_memory_equal(ctx, expected, sizeof(ctx));
}

static void
test_rx_context(void **state)
{
	uint8_t ctx[E810_RLAN_CTX_BYTES] = {0};
	uint8_t expected[E810_RLAN_CTX_BYTES] = {0};

	(void)state;
	/* Base 0x123456780 / 128 = 0x2468ACF at bit 32: bytes 4-7. */
	aether_ctx_set(ctx, E810_RLAN_CTX_BASE, UINT64_C(0x123456780) / 128);
	expected[4] = 0xcf;
	expected[5] = 0x8a;
	expected[6] = 0x46;
	expected[7] = 0x02;
	/* 1024 = bit 10 of the field at bit 89: bit 99, byte 12 bit 3. */
	aether_ctx_set(ctx, E810_RLAN_CTX_QLEN, 1024);
	expected[12] = 0x08;
	/* 2048 / 128 = 16 = bit 4 of the field at bit 102: bit 106, byte 13 bit 2. */
	aether_ctx_set(ctx, E810_RLAN_CTX_DBUF, 2048 / 128);
	expected[13] = 0x04;
	/* Bit 117: byte 14 bit 5. */
	aether_ctx_set(ctx, E810_RLAN_CTX_CRCSTRIP, 1);
	expected[14] = 0x20;
	/* 1522 = 0x5f2 at bit 174: byte 21 bits 6-7 = 10, byte 22 = 0x7c, byte 23 = 1. */
	aether_ctx_set(ctx, E810_RLAN_CTX_RXMAX, 1522);
	expected[21] = 0x80;
	expected[22] = 0x7c;
	expected[23] = 0x01;
	/* Bit 201: byte 25 bit 1. */
	aether_ctx_set(ctx, E810_RLAN_CTX_PREFENA, 1);
	expected[25] = 0x02;
	assert_memory_equal(ctx, expected, sizeof(ctx));
}

static void
test_widest_field(void **state)
{
	uint8_t ctx[E810_TLAN_CTX_BYTES] = {0};
	uint8_t expected[E810_TLAN_CTX_BYTES] = {0};

	(void)state;
	/* 57 bits from bit 0, then 3 bits of port number 5 = 101: byte 7 bits 1-3. */
	aether_ctx_set(ctx, E810_TLAN_CTX_BASE, UINT64_MAX);
	aether_ctx_set(ctx, E810_TLAN_CTX_PORT_NUM, 5);
	memset(expected, 0xff, 7);
	expected[7] = 0x01 | 0x0a;
	assert_memory_equal(ctx, expected, sizeof(ctx));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_land_on_their_bits),
		cmocka_unit_test(test_neighbours_are_kept),
		cmocka_unit_test(test_value_is_cut_to_the_width),
		cmocka_unit_test(test_rx_context),
		cmocka_unit_test(test_widest_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
