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

static int
setup(void **state)
{
	struct fake_bench *b;

	fake_bench_new(state);
	b = *state;
	assert_int_equal(aether_adminq_alloc(&b->hw), 0);
	return aether_adminq_init(&b->hw);
}

static int
teardown(void **state)
{
	struct fake_bench *b = *state;

	aether_adminq_fini(&b->hw, true);
	aether_adminq_free(&b->hw);
	return fake_bench_free(state);
}

static int
get_version(struct fake_bench *b, struct e810_aq_desc *desc)
{
	aether_aq_fill(desc, E810_AQC_GET_VER, NULL);
	return aether_adminq_send(&b->hw, desc, NULL, 0, false);
}

static void
test_rings_are_programmed(void **state)
{
	struct fake_bench *b = *state;
	const uint64_t base = b->hw.aq.mz->iova;

	assert_int_equal(fake_get(b->fake, PF_FW_ATQBAL), (uint32_t)base);
	assert_int_equal(fake_get(b->fake, PF_FW_ATQBAH), base >> 32);
	assert_int_equal(fake_get(b->fake, PF_FW_ATQLEN),
			 AETHER_ADMINQ_LEN | PF_CTLQ_LEN_ENABLE);
	assert_int_equal(fake_get(b->fake, PF_FW_ARQLEN),
			 AETHER_ADMINQ_LEN | PF_CTLQ_LEN_ENABLE);
	assert_int_equal(fake_get(b->fake, PF_FW_ARQT), AETHER_ADMINQ_LEN - 1);
	assert_int_equal(base % 4096, 0);
}

static void
test_direct_command(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aqc_get_ver resp;
	struct e810_aq_desc desc;

	assert_int_equal(get_version(b, &desc), 0);
	aether_aq_params(&desc, &resp);
	assert_int_equal(resp.fw_major, 7);
	assert_int_equal(resp.fw_build, 0x1234);
	assert_int_equal(b->fake->last.flags, E810_AQ_FLAG_SI);
	assert_int_equal(b->fake->last.datalen, 0);
}

/* LB from 513 bytes on, not at 512. The fake checks it against the length; here the length. */
static void
test_large_buffer_flag(void **state)
{
	struct fake_bench *b = *state;
	uint8_t buf[513] = {0};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_DRIVER_VER, NULL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, buf, 512, true), 0);
	assert_int_equal(b->fake->last.flags,
			 E810_AQ_FLAG_SI | E810_AQ_FLAG_BUF | E810_AQ_FLAG_RD);
	assert_int_equal(b->fake->last.datalen, 512);
	aether_aq_fill(&desc, E810_AQC_DRIVER_VER, NULL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, buf, 513, true), 0);
	assert_int_equal(b->fake->last.flags, E810_AQ_FLAG_SI | E810_AQ_FLAG_BUF |
			 E810_AQ_FLAG_RD | E810_AQ_FLAG_LB);
}

static void
test_buffer_goes_both_ways(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aqc_link_status status;
	struct e810_aq_desc desc;
	char name[] = "net_aether";

	aether_aq_fill(&desc, E810_AQC_DRIVER_VER, NULL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, name, sizeof(name), true), 0);
	assert_memory_equal(b->fake->last_buf, "net_aether", sizeof(name));

	memset(&status, 0xa5, sizeof(status));
	aether_aq_fill(&desc, E810_AQC_GET_LINK_STATUS, NULL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, &status, sizeof(status), false), 0);
	assert_int_equal(status.max_frame_size, 1518);
}

/* What the firmware did not answer must not be left over from before. */
static void
test_short_answer_is_zero_filled(void **state)
{
	struct fake_bench *b = *state;
	uint8_t buf[256];
	struct e810_aq_desc desc;
	unsigned int i;

	memset(buf, 0xa5, sizeof(buf));
	aether_aq_fill(&desc, E810_AQC_GET_LINK_STATUS, NULL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, buf, sizeof(buf), false), 0);
	for (i = sizeof(struct e810_aqc_link_status); i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0);
}

static void
test_ring_wraps(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	unsigned int i;

	for (i = 0; i < 3 * AETHER_ADMINQ_LEN + 1; i++)
		assert_int_equal(get_version(b, &desc), 0);
	assert_int_equal(b->fake->n_cmds, 3 * AETHER_ADMINQ_LEN + 1);
	assert_int_equal(fake_get(b->fake, PF_FW_ATQT), 1);
}

static void
test_bad_lengths_are_refused(void **state)
{
	struct fake_bench *b = *state;
	uint8_t *buf = calloc(1, E810_AQ_MAX_BUF_LEN + 1);
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_DRIVER_VER, NULL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, buf, E810_AQ_MAX_BUF_LEN + 1, true),
			 -EINVAL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, buf, 0, true), -EINVAL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, NULL, 8, true), -EINVAL);
	assert_int_equal(b->fake->n_cmds, 0);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, buf, E810_AQ_MAX_BUF_LEN, true), 0);
	free(buf);
}

static void
test_errors_become_errno(void **state)
{
	static const struct {
		uint16_t rc;
		int err;
	} map[] = {
		{E810_AQ_RC_EPERM, EPERM}, {E810_AQ_RC_ENOENT, ENOENT},
		{E810_AQ_RC_EIO, EIO}, {E810_AQ_RC_EAGAIN, EAGAIN},
		{E810_AQ_RC_ENOMEM, ENOMEM}, {E810_AQ_RC_EBUSY, EBUSY},
		{E810_AQ_RC_EEXIST, EEXIST}, {E810_AQ_RC_EINVAL, EINVAL},
		{E810_AQ_RC_ENOSPC, ENOSPC}, {E810_AQ_RC_ENOSYS, ENOSYS},
		{E810_AQ_RC_EFLUSHED, ECANCELED}, {E810_AQ_RC_EMODE, EOPNOTSUPP},
		{23, EIO}, {99, EIO},	/* not in the datasheet */
	};
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	unsigned int i;

	b->fake->fail_opcode = E810_AQC_GET_VER;
	for (i = 0; i < RTE_DIM(map); i++) {
		b->fake->fail_rc = map[i].rc;
		assert_int_equal(get_version(b, &desc), -map[i].err);
		assert_int_equal(b->hw.aq.last_rc, map[i].rc);
	}
	/* The queue works on after a refusal. */
	b->fake->fail_opcode = 0;
	assert_int_equal(get_version(b, &desc), 0);
	assert_int_equal(b->hw.aq.last_rc, E810_AQ_RC_OK);
}

static void
test_refusal_is_logged(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	char *log;

	b->fake->fail_opcode = E810_AQC_GET_VER;
	b->fake->fail_rc = E810_AQ_RC_EACCES;
	test_log_begin();
	get_version(b, &desc);
	log = test_log_end();
	assert_non_null(strstr(log, "0x0001"));
	assert_non_null(strstr(log, "Get Version"));
	assert_non_null(strstr(log, "EACCES"));
	assert_non_null(strstr(log, "fake0"));
	free(log);
}

static void
test_timeout_stops_the_queue(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	uint32_t n_cmds;

	b->fake->silent_opcode = E810_AQC_GET_VER;
	assert_int_equal(get_version(b, &desc), -ETIMEDOUT);
	assert_false(b->hw.aq.alive);
	/* No further waiting: what the firmware does with the ring is not known any more. */
	n_cmds = b->fake->n_cmds;
	b->fake->silent_opcode = 0;
	assert_int_equal(get_version(b, &desc), -EIO);
	assert_int_equal(b->fake->n_cmds, n_cmds);
}

static void
test_critical_error_is_named(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	char *log;

	b->fake->silent_opcode = E810_AQC_GET_VER;
	fake_set(b->fake, PF_FW_ATQLEN, fake_get(b->fake, PF_FW_ATQLEN) | PF_CTLQ_LEN_CRIT);
	test_log_begin();
	assert_int_equal(get_version(b, &desc), -ETIMEDOUT);
	log = test_log_end();
	assert_non_null(strstr(log, "critical firmware error"));
	free(log);
}

static void
test_gone_device(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	uint8_t buf[E810_AQ_MAX_BUF_LEN];

	b->fake->gone_after = 0;
	assert_int_equal(aether_adminq_event(&b->hw, &desc, buf), -ENODEV);
	assert_int_equal(get_version(b, &desc), -ENODEV);
	assert_false(b->hw.aq.alive);
}

static void
test_gone_while_waiting(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;

	b->fake->gone_after = b->fake->accesses + 1;	/* the tail still arrives */
	assert_int_equal(get_version(b, &desc), -ENODEV);
	assert_int_equal(get_version(b, &desc), -ENODEV);
}

static void
test_damaged_completions(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aqc_link_status status;
	struct e810_aq_desc desc;

	b->fake->damage_opcode = E810_AQC_GET_VER;
	assert_int_equal(get_version(b, &desc), -EIO);

	b->fake->oversize_opcode = E810_AQC_GET_LINK_STATUS;
	aether_aq_fill(&desc, E810_AQC_GET_LINK_STATUS, NULL);
	assert_int_equal(aether_adminq_send(&b->hw, &desc, &status, sizeof(status), false), -EIO);
}

static void
test_events(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	uint8_t buf[E810_AQ_MAX_BUF_LEN];
	uint32_t i, value;

	assert_int_equal(aether_adminq_event(&b->hw, &desc, buf), 0);
	for (i = 0; i < 3 * AETHER_ADMINQ_LEN; i++) {
		assert_true(fake_event(b->fake, E810_AQC_GET_LINK_STATUS, &i, sizeof(i)));
		assert_int_equal(aether_adminq_event(&b->hw, &desc, buf), 1);
		assert_int_equal(desc.opcode, E810_AQC_GET_LINK_STATUS);
		assert_int_equal(desc.datalen, sizeof(i));
		memcpy(&value, buf, sizeof(value));
		assert_int_equal(value, i);
	}
	assert_int_equal(aether_adminq_event(&b->hw, &desc, buf), 0);
}

/* A full ring loses nothing that was in it, and works again once it is emptied. */
static void
test_event_ring_full(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	uint8_t buf[E810_AQ_MAX_BUF_LEN];
	uint32_t n = 0, i, value;

	while (fake_event(b->fake, 0x0607, &n, sizeof(n)))
		n++;
	assert_int_equal(n, AETHER_ADMINQ_LEN - 1);
	for (i = 0; i < n; i++) {
		assert_int_equal(aether_adminq_event(&b->hw, &desc, buf), 1);
		memcpy(&value, buf, sizeof(value));
		assert_int_equal(value, i);
	}
	assert_int_equal(aether_adminq_event(&b->hw, &desc, buf), 0);
	assert_true(fake_event(b->fake, 0x0607, &n, sizeof(n)));
	assert_int_equal(aether_adminq_event(&b->hw, &desc, buf), 1);
}

static void
test_event_length_is_bounded(void **state)
{
	struct fake_bench *b = *state;
	struct e810_aq_desc desc;
	uint8_t *buf = malloc(E810_AQ_MAX_BUF_LEN);	/* so that ASan sees its end */
	static const uint8_t data[E810_AQ_MAX_BUF_LEN];

	assert_true(fake_event(b->fake, 0x0607, data, UINT16_MAX));
	assert_int_equal(aether_adminq_event(&b->hw, &desc, buf), 1);
	assert_int_equal(desc.datalen, E810_AQ_MAX_BUF_LEN);
	free(buf);
}

static void
test_shutdown_tells_the_firmware(void **state)
{
	struct fake_bench *b = *state;

	aether_adminq_fini(&b->hw, true);
	assert_true(b->fake->unloaded);
	assert_int_equal(fake_get(b->fake, PF_FW_ATQLEN), 0);
	assert_int_equal(fake_get(b->fake, PF_FW_ARQLEN), 0);
	assert_int_equal(fake_get(b->fake, PF_FW_ATQBAL), 0);
	/* Twice is no harm. */
	aether_adminq_fini(&b->hw, true);
	assert_int_equal(fake_count(b->fake, E810_AQC_Q_SHUTDOWN), 1);
}

static void
test_many_fit_side_by_side(void **state)
{
	struct fake_bench *b = *state;
	struct fake_e810 *fake = fake_new();
	struct aether_hw other;

	test_hw(&other, fake);	/* of the same name, even */
	assert_int_equal(aether_adminq_alloc(&other), 0);
	assert_int_equal(aether_adminq_init(&other), 0);
	assert_int_equal(test_memzones(), b->memzones + 2);
	aether_adminq_fini(&other, false);
	aether_adminq_free(&other);
	assert_false(fake->unloaded);
	fake_free(fake);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rings_are_programmed),
		TEST(test_direct_command),
		TEST(test_large_buffer_flag),
		TEST(test_buffer_goes_both_ways),
		TEST(test_short_answer_is_zero_filled),
		TEST(test_ring_wraps),
		TEST(test_bad_lengths_are_refused),
		TEST(test_errors_become_errno),
		TEST(test_refusal_is_logged),
		TEST(test_timeout_stops_the_queue),
		TEST(test_critical_error_is_named),
		TEST(test_gone_device),
		TEST(test_gone_while_waiting),
		TEST(test_damaged_completions),
		TEST(test_events),
		TEST(test_event_ring_full),
		TEST(test_event_length_is_bounded),
		TEST(test_shutdown_tells_the_firmware),
		TEST(test_many_fit_side_by_side),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
