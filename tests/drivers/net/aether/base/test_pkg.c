/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The package parser: sound packages, each field wrong in turn, and every cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "base/aether_pkg.h"
#include "pkg_build.h"

#define DEVICE	0x1592

static char why[256];

static int
parse(const struct pkg_built *built, struct aether_pkg *pkg)
{
	why[0] = '\0';
	return aether_pkg_parse(built->data, built->len, DEVICE, pkg, why, sizeof(why));
}

static void
test_plain(void **state)
{
	struct pkg_built built;
	struct aether_pkg pkg;

	(void)state;
	pkg_build(&(struct pkg_conf){0}, &built);
	assert_int_equal(parse(&built, &pkg), 0);
	assert_string_equal(pkg.name, "Test package");
	assert_int_equal(pkg.ver.major, 1);
	assert_int_equal(pkg.ver.minor, 3);
	assert_int_equal(pkg.ver.update, 7);
	assert_int_equal(pkg.ver.draft, 2);
	assert_true(pkg.track_id == 0xC0000042);
	assert_int_equal(pkg.seg_ver.major, 1);
	assert_false(pkg.is_signed);
	assert_int_equal(pkg.n_bufs, PKG_BUFS);
	assert_int_equal(pkg.n_parts, 1);
	assert_true(pkg.part[0].config);
	assert_int_equal(pkg.part[0].n, PKG_BUFS);
	assert_ptr_equal(pkg.part[0].bufs, built.data + built.buf[0]);
	free(built.data);
}

static void
test_signed(void **state)
{
	struct pkg_built built;
	struct aether_pkg pkg;

	(void)state;
	pkg_build(&(struct pkg_conf){ .is_signed = true }, &built);
	assert_int_equal(parse(&built, &pkg), 0);
	assert_true(pkg.is_signed);
	assert_int_equal(pkg.n_parts, 2);
	assert_false(pkg.part[0].config);
	assert_int_equal(pkg.part[0].n, 1);
	assert_ptr_equal(pkg.part[0].bufs, built.data + built.signing + 112);
	assert_true(pkg.part[1].config);
	assert_int_equal(pkg.part[1].n, PKG_BUFS);
	/* Some of the buffers only. */
	pkg_put32(built.data + built.signing + 44 + 12, 1);
	pkg_put32(built.data + built.signing + 44 + 16, 2);
	assert_int_equal(parse(&built, &pkg), 0);
	assert_ptr_equal(pkg.part[1].bufs, built.data + built.buf[1]);
	assert_int_equal(pkg.part[1].n, 2);
	free(built.data);
}

static void
test_sections(void **state)
{
	struct aether_pkg_iter iter = { 0 };
	struct pkg_built built;
	struct aether_pkg pkg;
	const uint8_t *section;
	uint16_t size;

	(void)state;
	pkg_build(&(struct pkg_conf){0}, &built);
	assert_int_equal(parse(&built, &pkg), 0);
	section = aether_pkg_section(&pkg, &iter, E810_SID(E810_BLK_RSS, E810_TBL_XLT1), &size);
	assert_ptr_equal(section, built.data + built.buf[1] + 12);
	assert_int_equal(size, 4 + E810_PTYPES);
	assert_null(aether_pkg_section(&pkg, &iter, E810_SID(E810_BLK_RSS, E810_TBL_XLT1), &size));
	iter = (struct aether_pkg_iter){ 0 };
	assert_null(aether_pkg_section(&pkg, &iter, 4711, &size));
	assert_false(aether_pkg_buf_is_metadata(built.data + built.buf[2]));
	assert_true(aether_pkg_buf_is_metadata(built.data + built.buf[3]));
	free(built.data);
}

static void
test_devices(void **state)
{
	struct pkg_built built;
	struct aether_pkg pkg;

	(void)state;
	pkg_build(&(struct pkg_conf){ .device_id = DEVICE }, &built);
	assert_int_equal(parse(&built, &pkg), 0);
	free(built.data);
	pkg_build(&(struct pkg_conf){ .device_id = 0x1593 }, &built);
	assert_int_equal(parse(&built, &pkg), -ENOTSUP);
	assert_non_null(strstr(why, "8086:1592"));
	free(built.data);
}

static void
test_versions(void **state)
{
	static const uint8_t bad[][4] = { {1, 2, 9, 9}, {1, 4, 0, 0}, {2, 3, 0, 0}, {255, 255} };
	struct pkg_built built;
	struct aether_pkg pkg;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(bad); i++) {
		struct pkg_conf conf = { 0 };

		memcpy(conf.ver, bad[i], 4);
		pkg_build(&conf, &built);
		assert_int_equal(parse(&built, &pkg), -ENOTSUP);
		assert_non_null(strstr(why, "this driver takes 1.3.x.x"));
		free(built.data);
	}
}

/** A 32-bit field (16-bit when short_field), its bad values, and what must be said. */
static void
bad_field(bool is_signed, bool short_field, size_t (*where)(const struct pkg_built *built),
	  const uint32_t *values, unsigned int n, const char *text)
{
	struct pkg_built built;
	struct aether_pkg pkg;
	unsigned int i;

	for (i = 0; i < n; i++) {
		pkg_build(&(struct pkg_conf){ .is_signed = is_signed, .device_id = DEVICE },
			  &built);
		assert_int_equal(parse(&built, &pkg), 0);
		if (short_field)
			pkg_put16(built.data + where(&built), values[i]);
		else
			pkg_put32(built.data + where(&built), values[i]);
		if (parse(&built, &pkg) == 0)
			fail_msg("value 0x%x was taken (%s)", values[i], text);
		if (strstr(why, text) == NULL)
			fail_msg("value 0x%x: \"%s\" does not hold \"%s\"", values[i], why, text);
		free(built.data);
	}
}

#define WHERE(name, expr) \
	static size_t \
	name(const struct pkg_built *built) \
	{ \
		return expr; \
	}

WHERE(at_format, 0 * built->len)
WHERE(at_seg_count, built->seg_table - 4)
WHERE(at_seg_offset, built->seg_table)
WHERE(at_config_type, built->config)
WHERE(at_config_size, built->config + 8)
WHERE(at_devices, built->devices)
WHERE(at_nvm, built->versions)
WHERE(at_buf_count, built->buf_count)
WHERE(at_section_count, built->buf[1])
WHERE(at_data_end, built->buf[1] + 2)
WHERE(at_section_offset, built->buf[1] + 8)
WHERE(at_section_size, built->buf[1] + 10)
WHERE(at_meta_type, built->buf[0] + 4)
WHERE(at_meta_size, built->buf[0] + 10)
WHERE(at_signing_size, built->signing + 8)
WHERE(at_sign_type, built->signing + 48)
WHERE(at_signed_index, built->signing + 52)
WHERE(at_signed_start, built->signing + 56)
WHERE(at_signed_count, built->signing + 60)
WHERE(at_signing_bufs, built->signing + 108)

#define BAD(is_signed, short_field, where, text, ...) \
	do { \
		static const uint32_t values[] = { __VA_ARGS__ }; \
		bad_field(is_signed, short_field, where, values, RTE_DIM(values), text); \
	} while (0)

static void
test_each_field(void **state)
{
	(void)state;
	BAD(false, false, at_format, "is no DDP package", 0, 2, 0x101, 0x464c457f, 0x10001);
	BAD(false, false, at_seg_count, "segments in", 0, 0xffff, UINT32_MAX, 0x40000001);
	BAD(false, false, at_seg_offset, "begins at byte", 0, 4, 11, 0xffffff, UINT32_MAX,
	    UINT32_MAX - 43);
	BAD(false, false, at_config_type, "no segment for the E810", 0, 1, 0x20, 0x1001);
	BAD(false, false, at_config_size, "has", 0, 43, 0xffffff, UINT32_MAX);
	BAD(false, false, at_config_size, "damaged", 44, 47, 56, 60, 64, 68, 4164);
	BAD(false, false, at_devices, "listed in", 10000, UINT32_MAX, 0x20000000, 0x20000001);
	BAD(false, false, at_nvm, "flash versions", 10000, UINT32_MAX, 0x40000000, 0x3fffffff);
	BAD(false, false, at_buf_count, "buffers in", 0, 5, 0x100000, UINT32_MAX);
	BAD(false, true, at_section_count, "lie outside", 0, 129, 512, 0xffff);
	BAD(false, true, at_data_end, "lie outside", 0, 11, 12, 1039, 4097, 0xffff);
	BAD(false, true, at_section_offset, "lie outside", 0, 11, 13, 4095, 4096, 0xffff);
	BAD(false, true, at_section_size, "lie outside", 0, 1029, 4084, 0xffff);
	BAD(false, false, at_meta_type, "does not tell its version", 0, 2, 0x80000001);
	BAD(false, true, at_meta_size, "does not tell its version", 1, 35);
}

static void
test_each_signing_field(void **state)
{
	(void)state;
	BAD(true, false, at_seg_count, "no segment for the E810", 1);
	BAD(true, false, at_signing_size, "signing segment", 44, 111, 112, 4000);
	BAD(true, false, at_sign_type, "no signature that an E810 verifies", 0, 2, 3, UINT32_MAX);
	BAD(true, false, at_signed_index, "is signed, the E810's is", 0, 2, UINT32_MAX);
	BAD(true, false, at_signed_start, "are signed, there are", 1, 4, UINT32_MAX);
	BAD(true, false, at_signed_count, "are signed, there are", 0, 5, UINT32_MAX);
	BAD(true, false, at_signing_bufs, "buffers in", 0, 2, UINT32_MAX, 0x100000);
}

/* As long as it is cut, it is refused, and nothing behind the cut is read (ASan sees it). */
static void
test_cut(void **state)
{
	struct pkg_built built;
	struct aether_pkg pkg;
	uint8_t *copy;
	size_t len;

	(void)state;
	pkg_build(&(struct pkg_conf){ .is_signed = true }, &built);
	for (len = 0; len < built.len; len += len < 300 ? 1 : 97) {
		copy = malloc(len);
		assert_true(copy != NULL || len == 0);
		if (len > 0)
			memcpy(copy, built.data, len);
		assert_int_not_equal(aether_pkg_parse(copy, len, DEVICE, &pkg, why, sizeof(why)),
				     0);
		free(copy);
	}
	free(built.data);
}

/* Segments that lie in one another, or twice in the table, are no harm: all is checked. */
static void
test_same_segment_twice(void **state)
{
	struct pkg_built built;
	struct aether_pkg pkg;

	(void)state;
	pkg_build(&(struct pkg_conf){ .is_signed = true }, &built);
	pkg_put32(built.data + built.seg_table, built.config);
	assert_int_equal(parse(&built, &pkg), 0);
	assert_false(pkg.is_signed);
	assert_int_equal(pkg.n_parts, 1);
	free(built.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_each_field),
		cmocka_unit_test(test_each_signing_field),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_same_segment_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
