/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* A DDP package into force on the device model, or why not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <aether_model.h>

#include "base/aether_internal.h"
#include "ddp_bench.h"
#include "fake_e810.h"
#include "pkg_build.h"

static uint8_t *model_pkg;		/* the model's own package, as a file */
static int model_pkg_len;

static int
group_setup(void **state)
{
	model_pkg_len = aether_model_ddp_default(NULL, 0);
	model_pkg = malloc(model_pkg_len);
	if (model_pkg == NULL ||
	    aether_model_ddp_default(model_pkg, model_pkg_len) != model_pkg_len)
		return -1;
	return test_eal_init(state);
}

static int
group_teardown(void **state)
{
	free(model_pkg);
	return test_eal_cleanup(state);
}

/** Bring up and expect a failure whose log holds the text; nothing is left. */
static void
refused(struct ddp_bench *b, int error, const char *text)
{
	char *log;

	test_log_begin();
	assert_int_equal(aether_hw_init(&b->hw), error);
	log = test_log_end();
	if (strstr(log, text) == NULL)
		fail_msg("\"%s\" does not hold \"%s\"", log, text);
	free(log);
	assert_int_equal(b->hw.init_done, 0);
}

static void
test_download(void **state)
{
	struct aether_model_stats stats;
	struct ddp_bench b;

	(void)state;
	ddp_bench_open(&b, NULL, 0, "", model_pkg, model_pkg_len);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_true(b.hw.ddp.active);
	assert_true(b.hw.ddp.downloaded);
	assert_string_equal(b.hw.ddp.name, "Aether model default");
	assert_false(b.hw.caps.safe_mode);
	assert_true(b.hw.caps.rx_queues > 1);
	assert_true(b.hw.caps.rss_table_size >= 512);
	assert_true(b.hw.flex.valid);
	assert_int_equal(b.loads, 1);
	aether_model_stats_get(b.model, &stats);
	assert_int_equal(stats.aq_errors, 0);

	/* The card keeps it when the function is reset. */
	aether_hw_fini(&b.hw);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_true(b.hw.ddp.active);
	assert_false(b.hw.ddp.downloaded);
	assert_int_equal(b.loads, 1);

	/* A reset of the card empties it: the same way again. */
	aether_hw_fini(&b.hw);
	aether_model_card_reset(b.model, AETHER_MODEL_CARD_RESET_CORE);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_true(b.hw.ddp.downloaded);
	assert_int_equal(b.loads, 2);
	ddp_bench_close(&b);
}

/* The tables from the file and those from the device are the same. */
static void
test_upload(void **state)
{
	uint8_t ptg[E810_PTYPES];
	struct ddp_bench b;

	(void)state;
	ddp_bench_open(&b, NULL, 0, "", model_pkg, model_pkg_len);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	memcpy(ptg, b.hw.flex.ptg, sizeof(ptg));
	assert_int_equal(ptg[E810_PTYPE_IPV4_UDP], E810_RSS_PTG_IPV4_UDP);
	memset(b.hw.flex.ptg, 0xee, sizeof(b.hw.flex.ptg));
	assert_int_equal(aether_flex_init(&b.hw, NULL), 0);
	assert_memory_equal(ptg, b.hw.flex.ptg, sizeof(ptg));
	ddp_bench_close(&b);
}

static void
test_signed_package(void **state)
{
	struct pkg_built pkg;
	struct ddp_bench b;

	(void)state;
	pkg_build(&(struct pkg_conf){ .is_signed = true }, &pkg);
	ddp_bench_open(&b, NULL, 0, "", pkg.data, pkg.len);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_true(b.hw.ddp.downloaded);
	assert_string_equal(b.hw.ddp.name, "Test package");
	assert_int_equal(b.hw.flex.ptg[42], 42);
	ddp_bench_close(&b);
	free(pkg.data);
}

static void
test_without_package(void **state)
{
	struct ddp_bench b;

	(void)state;
	ddp_bench_open(&b, NULL, 0, "", NULL, 0);
	refused(&b, -ENOENT, "cannot bring a DDP package into force");
	b.hw.ddp_source.safe_mode = true;
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_true(b.hw.caps.safe_mode);
	assert_int_equal(b.hw.caps.rx_queues, 1);
	aether_hw_fini(&b.hw);
	/* One that was named is wanted, safe mode or not. */
	b.hw.ddp_source.by_name = true;
	refused(&b, -ENOENT, "cannot bring a DDP package into force");
	b.hw.ddp_source = (struct aether_ddp_source){ 0 };
	refused(&b, -ENOENT, "none was given");
	ddp_bench_close(&b);
}

/* Another package is in force: it stays, and its tables count. */
static void
test_other_in_force(void **state)
{
	struct pkg_built pkg;
	struct ddp_bench b;
	char *log;

	(void)state;
	pkg_build(&(struct pkg_conf){0}, &pkg);
	ddp_bench_open(&b, NULL, 0, "", model_pkg, model_pkg_len);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	aether_hw_fini(&b.hw);
	b.data = pkg.data;
	b.len = pkg.len;
	b.hw.ddp_source.by_name = true;
	test_log_begin();
	assert_int_equal(aether_hw_init(&b.hw), 0);
	log = test_log_end();
	assert_non_null(strstr(log, "Test package 1.3.7.2 is not used"));
	free(log);
	assert_string_equal(b.hw.ddp.name, "Aether model default");
	assert_int_equal(b.hw.flex.ptg[E810_PTYPE_IPV4_UDP], E810_RSS_PTG_IPV4_UDP);
	ddp_bench_close(&b);
	free(pkg.data);
}

/* A second function of the card finds the package in force. */
static void
test_second_function(void **state)
{
	struct ddp_bench first, second;

	(void)state;
	ddp_bench_open(&first, "ddp_card", 0, "", model_pkg, model_pkg_len);
	ddp_bench_open(&second, "ddp_card", 1, "", NULL, 0);
	assert_int_equal(aether_hw_init(&first.hw), 0);
	assert_true(first.hw.ddp.downloaded);
	assert_int_equal(aether_hw_init(&second.hw), 0);
	assert_true(second.hw.ddp.active);
	assert_false(second.hw.ddp.downloaded);
	assert_int_equal(second.loads, 0);
	assert_memory_equal(first.hw.flex.ptg, second.hw.flex.ptg, E810_PTYPES);
	ddp_bench_close(&second);
	ddp_bench_close(&first);
}

static int
global_lock(struct aether_hw *hw, uint16_t opcode)
{
	struct e810_aqc_req_res cmd = {
		.res_id = rte_cpu_to_le_16(E810_RES_ID_GLBL_LOCK),
		.access_type = rte_cpu_to_le_16(E810_RES_ACCESS_WRITE),
		.timeout = rte_cpu_to_le_32(3000),
	};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, opcode, &cmd);
	return aether_adminq_send(hw, &desc, NULL, 0, false);
}

/* While another function holds the lock, a download waits, and then gives up. */
static void
test_lock_held(void **state)
{
	struct ddp_bench first, second;

	(void)state;
	ddp_bench_open(&first, "ddp_card2", 0, "", NULL, 0);
	ddp_bench_open(&second, "ddp_card2", 1, "", model_pkg, model_pkg_len);
	first.hw.ddp_source.safe_mode = true;
	assert_int_equal(aether_hw_init(&first.hw), 0);
	assert_int_equal(global_lock(&first.hw, E810_AQC_REQ_RES), 0);
	second.hw.timing.ddp_lock_us = 30000;
	refused(&second, -EBUSY, "holds the configuration lock for more than 30 ms");
	assert_int_equal(global_lock(&first.hw, E810_AQC_RELEASE_RES), 0);
	assert_int_equal(aether_hw_init(&second.hw), 0);
	assert_true(second.hw.ddp.downloaded);
	ddp_bench_close(&second);
	ddp_bench_close(&first);
}

/* Each refusal of the firmware is explained, and the lock is given back. */
static void
test_firmware_refuses(void **state)
{
	static const struct {
		unsigned int rc;
		int error;
		const char *text;
	} cases[] = {
		{ E810_AQ_RC_ENOSEC, -EACCES, "no security manifest" },
		{ E810_AQ_RC_EBADSIG, -EACCES, "signature is wrong" },
		{ E810_AQ_RC_ESVN, -EACCES, "security revision is older" },
		{ E810_AQ_RC_EBADMAN, -EBADMSG, "manifest is wrong" },
		{ E810_AQ_RC_EBADBUF, -EBADMSG, "not what the manifest says" },
		{ E810_AQ_RC_EIO, -EIO, "released with the card's firmware" },
	};
	char fault[32];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		struct ddp_bench b;

		snprintf(fault, sizeof(fault), "aq:0x%04x:%u", E810_AQC_DOWNLOAD_PKG, cases[i].rc);
		ddp_bench_open(&b, NULL, 0, fault, model_pkg, model_pkg_len);
		refused(&b, cases[i].error, cases[i].text);
		refused(&b, cases[i].error, cases[i].text);
		b.hw.ddp_source.safe_mode = true;
		assert_int_equal(aether_hw_init(&b.hw), 0);
		assert_true(b.hw.caps.safe_mode);
		ddp_bench_close(&b);
	}
}

/* Sound for the parser, but the device finds an entry beyond its table. */
static void
test_device_finds_fault(void **state)
{
	struct pkg_built pkg;
	struct ddp_bench b;

	(void)state;
	pkg_build(&(struct pkg_conf){0}, &pkg);
	pkg_put16(pkg.data + pkg.buf[2] + 12, 0xffff);
	ddp_bench_open(&b, NULL, 0, "", pkg.data, pkg.len);
	refused(&b, -EBADMSG, "refuses the DDP package");
	/* The next attempt begins anew. */
	pkg_put16(pkg.data + pkg.buf[2] + 12, 1);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_true(b.hw.ddp.downloaded);
	ddp_bench_close(&b);
	free(pkg.data);
}

static void
test_damaged_package(void **state)
{
	struct pkg_built pkg;
	struct ddp_bench b;

	(void)state;
	pkg_build(&(struct pkg_conf){0}, &pkg);
	ddp_bench_open(&b, NULL, 0, "", pkg.data, pkg.len - 1);
	refused(&b, -EINVAL, "is damaged");
	ddp_bench_close(&b);
	free(pkg.data);
}

/* ---------------------------------------------------------------- RSS block ----------------- */

/** Profiles and entries that can still be had. */
static unsigned int
free_profiles(struct ddp_bench *b)
{
	struct aether_rss_flow flow = { .kind = AETHER_RSS_IPV4_UDP, .fields = 1 };
	unsigned int n;

	for (n = 0; aether_rss_flows_set(&b->hw, &flow, 1) == 0 && n < 200; n++)
		flow.fields = 1 + n % 15;
	return n;
}

/* A set that cannot be had leaves the old one, and nothing leaks. */
static void
test_flows_all_or_nothing(void **state)
{
	static const struct aether_rss_flow one[] = {
		{ AETHER_RSS_IPV4_UDP, AETHER_RSS_SRC_ADDR, false },
	};
	static const struct aether_rss_flow four[] = {
		{ AETHER_RSS_IPV4, AETHER_RSS_SRC_ADDR | AETHER_RSS_DST_ADDR, false },
		{ AETHER_RSS_IPV6, AETHER_RSS_SRC_ADDR | AETHER_RSS_DST_ADDR, false },
		{ AETHER_RSS_IPV4_UDP, 15, false },
		{ AETHER_RSS_IPV6_TCP, 15, true },
	};
	struct ddp_bench b;
	uint16_t vsig;

	(void)state;
	ddp_bench_open(&b, NULL, 0, "", model_pkg, model_pkg_len);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_int_equal(aether_rss_flows_set(&b.hw, one, 1), -ENOTSUP);
	assert_int_equal(aether_vsi_add(&b.hw, 4, 1), 0);
	assert_int_equal(aether_rss_flows_set(&b.hw, one, 1), 0);
	assert_int_equal(b.hw.flex.n_profiles, 1);
	assert_int_equal(b.hw.flex.n_entries, 1);
	vsig = b.hw.flex.vsig;
	assert_int_not_equal(vsig, 0);
	assert_int_equal(aether_rss_flows_set(&b.hw, four, RTE_DIM(four)), 0);
	assert_int_equal(b.hw.flex.n_profiles, 4);
	assert_int_not_equal(b.hw.flex.vsig, vsig);
	assert_int_equal(free_profiles(&b), 200);
	assert_int_equal(aether_rss_flows_set(&b.hw, NULL, 0), 0);
	assert_int_equal(b.hw.flex.vsig, 0);
	assert_int_equal(b.hw.flex.n_profiles, 0);
	assert_int_equal(b.hw.flex.n_entries, 0);
	assert_int_equal(aether_vsi_free(&b.hw), 0);
	ddp_bench_close(&b);
}

/* A refused change leaves nothing allocated: far more attempts than the card has profiles. */
static void
test_flows_refused(void **state)
{
	static const struct aether_rss_flow flow[] = {
		{ AETHER_RSS_IPV4_UDP, 15, false },
		{ AETHER_RSS_IPV6_UDP, 15, false },
	};
	struct ddp_bench b;
	char fault[32];
	unsigned int i;

	(void)state;
	snprintf(fault, sizeof(fault), "aq:0x%04x:%u", E810_AQC_UPDATE_PKG, E810_AQ_RC_EIO);
	ddp_bench_open(&b, NULL, 0, fault, model_pkg, model_pkg_len);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_int_equal(aether_vsi_add(&b.hw, 4, 1), 0);
	for (i = 0; i < 2 * E810_RSS_PROFILES; i++)
		assert_int_equal(aether_rss_flows_set(&b.hw, flow, RTE_DIM(flow)), -EIO);
	assert_int_equal(b.hw.flex.n_profiles, 0);
	assert_int_equal(b.hw.flex.vsig, 0);
	assert_int_equal(aether_vsi_free(&b.hw), 0);
	ddp_bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_download),
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_signed_package),
		cmocka_unit_test(test_without_package),
		cmocka_unit_test(test_other_in_force),
		cmocka_unit_test(test_second_function),
		cmocka_unit_test(test_lock_held),
		cmocka_unit_test(test_firmware_refuses),
		cmocka_unit_test(test_device_finds_fault),
		cmocka_unit_test(test_damaged_package),
		cmocka_unit_test(test_flows_all_or_nothing),
		cmocka_unit_test(test_flows_refused),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
