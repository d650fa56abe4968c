/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A million damaged packages (or as many as the argument says): each is refused by the parser, or
 * goes down to the device model and is refused or loaded there. Memory that is as long as the
 * package shows reads beyond it to AddressSanitizer.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <aether_model.h>

#include "base/aether_internal.h"
#include "ddp_bench.h"
#include "fake_e810.h"
#include "pkg_build.h"

static unsigned int n_packages = 1000000;

/* splitmix64 */
static uint64_t
next_random(void)
{
	static uint64_t seed = 20261120;
	uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

/** A field of a segment's head, not its name. */
static size_t
in_segment(size_t segment, unsigned int fields)
{
	const size_t at = next_random() % (12 + fields);

	return segment + (at < 12 ? at : at + 32);
}

/** One place: in the tables of segments, or the head of a buffer, or (seldom) anywhere. */
static size_t
choose_place(const struct pkg_built *pkg)
{
	const unsigned int kind = next_random() % 32;
	size_t at;

	if (kind == 0)
		at = next_random() % pkg->len;
	else if (kind < 8)
		at = next_random() % (pkg->signing != 0 ? 16 : 12);
	else if (kind < 14)
		at = in_segment(pkg->config, pkg->buf[0] - pkg->config - 44);
	else if (kind < 20 && pkg->signing != 0)
		at = in_segment(pkg->signing, 20);
	else
		at = pkg->buf[next_random() % PKG_BUFS] + next_random() % 12;
	return at < pkg->len ? at : pkg->len - 1;
}

static void
damage(uint8_t *data, const struct pkg_built *pkg)
{
	static const uint32_t values[] = {
		0, 1, 2, 4, 11, 12, 13, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x1001, 0x7fff,
		0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff,
	};
	unsigned int n = 1 + next_random() % 3;

	for (; n > 0; n--) {
		const size_t at = choose_place(pkg);

		switch (next_random() % 4) {
		case 0:
			data[at] ^= 1u << next_random() % 8;
			break;
		case 1:
			data[at] = next_random();
			break;
		case 2:
			if (at + 2 <= pkg->len)
				pkg_put16(data + at, values[next_random() % RTE_DIM(values)]);
			break;
		default:
			if (at + 4 <= pkg->len)
				pkg_put32(data + at, values[next_random() % RTE_DIM(values)]);
			break;
		}
	}
}

/** The card is empty again: as much of a bring-up as a download needs, for speed. */
static void
empty_card(struct ddp_bench *b)
{
	aether_adminq_fini(&b->hw, false);
	aether_model_card_reset(b->model, AETHER_MODEL_CARD_RESET_CORE);
	assert_int_equal(aether_reset_pf(&b->hw), 0);
	assert_int_equal(aether_adminq_init(&b->hw), 0);
}

static void
test_mutated(void **state)
{
	unsigned int i, refused = 0, loaded = 0;
	struct pkg_built pkg[2];
	struct ddp_bench b;

	(void)state;
	pkg_build(&(struct pkg_conf){ .device_id = E810_DEV_ID_C_QSFP }, &pkg[0]);
	pkg_build(&(struct pkg_conf){ .is_signed = true }, &pkg[1]);
	ddp_bench_open(&b, NULL, 0, "", NULL, 0);
	b.hw.ddp_source.safe_mode = true;
	assert_int_equal(aether_hw_init(&b.hw), 0);
	b.hw.ddp_source.safe_mode = false;
	for (i = 0; i < n_packages; i++) {
		const struct pkg_built *one = &pkg[i % 2];
		const size_t len = next_random() % 16 == 0 ? next_random() % one->len : one->len;
		uint8_t *data = malloc(one->len);
		int ret;

		assert_non_null(data);
		memcpy(data, one->data, one->len);
		do
			damage(data, one);
		while (memcmp(data, one->data, one->len) == 0);
		b.data = data;
		b.len = len;
		ret = aether_ddp_init(&b.hw);
		assert_int_equal(ret == 0, b.hw.ddp.active);
		assert_true(b.hw.aq.alive);
		if (ret == 0)
			loaded++;
		else
			refused++;
		/* -EIO: the device took it, and has another version than the file tells, as when
		 * the buffer with the version is not among those that are signed. */
		if (ret == 0 || ret == -EIO)
			empty_card(&b);
		free(data);
	}
	ddp_bench_close(&b);
	free(pkg[0].data);
	free(pkg[1].data);
	printf("%u packages: %u refused, %u loaded\n", n_packages, refused, loaded);
	/* Both happen, or the damage is not of the kind that it should be. */
	assert_true(refused > n_packages / 10);
	assert_true(loaded > n_packages / 1000);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutated),
	};

	if (argc > 1)
		n_packages = strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
