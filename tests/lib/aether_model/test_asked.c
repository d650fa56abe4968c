/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The record of what a driver asked of the card: what harms is counted as such, in order, and no
 * reset loses it.
 */

#include <string.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "ctl_host.h"

struct pair {
	struct host a, b;
};

static void
open_function(struct host *host, const char *name, uint8_t pf, const char *fault)
{
	const struct aether_model_conf conf = {
		.name = name, .card = "asked", .pf_id = pf, .fault = fault,
		.ddp = AETHER_MODEL_DDP_PRELOADED,
	};

	host_open(host, &conf);
	host_aq_start(host);
}

static int
setup(void **state)
{
	static struct pair pair;

	open_function(&pair.a, "asked_a", 0, "lock-ms:40");
	open_function(&pair.b, "asked_b", 1, "");
	*state = &pair;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *pair = *state;

	host_close(&pair->a);
	host_close(&pair->b);
	return 0;
}

static struct aether_model_asked
asked_of(struct host *host)
{
	struct aether_model_asked asked;

	aether_model_asked_get(host->model, &asked);
	return asked;
}

static int
resource(struct host *host, uint16_t opcode, uint16_t id)
{
	struct e810_aqc_req_res req = {
		.res_id = id, .access_type = E810_RES_ACCESS_WRITE, .timeout = 1000,
	};

	return host_aq(host, opcode, &req, NULL, 0, false);
}

static int
nvm_read(struct host *host)
{
	struct e810_aqc_nvm cmd = { .length = 2 };
	uint16_t word;

	return host_aq(host, E810_AQC_NVM_READ, &cmd, &word, sizeof(word), false);
}

static void
test_nvm_changes(void **state)
{
	static const uint16_t opcodes[] = {
		E810_AQC_NVM_ERASE, E810_AQC_NVM_WRITE, E810_AQC_NVM_CHECKSUM,
		E810_AQC_NVM_WRITE_ACTIVATE, 0x0705, 0x0709,
	};
	struct e810_aqc_nvm_checksum verify = { .flags = E810_NVM_CHECKSUM_VERIFY };
	struct pair *pair = *state;
	unsigned int i;

	for (i = 0; i < RTE_DIM(opcodes); i++) {
		assert_int_not_equal(host_aq(&pair->a, opcodes[i], NULL, NULL, 0, false), 0);
		assert_int_equal(asked_of(&pair->a).nvm_changes, i + 1);
	}
	assert_int_equal(host_aq(&pair->a, E810_AQC_NVM_CHECKSUM, &verify, NULL, 0, false), 0);
	assert_int_equal(nvm_read(&pair->a), 0);
	assert_int_equal(asked_of(&pair->a).nvm_changes, RTE_DIM(opcodes));
	assert_int_equal(asked_of(&pair->b).nvm_changes, 0);
	assert_int_equal(aether_model_asked_command(pair->a.model, E810_AQC_NVM_CHECKSUM), 2);
	assert_int_equal(aether_model_asked_command(pair->a.model, E810_AQC_GET_VER), 0);
}

static void
test_resets(void **state)
{
	struct pair *pair = *state;
	struct aether_model_asked a;

	host_write(&pair->a, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(&pair->a));
	aether_model_flr(pair->a.model);
	assert_true(host_reset_done(&pair->a));
	a = asked_of(&pair->a);
	assert_int_equal(a.resets[AETHER_MODEL_ASKED_PFR], 1);
	assert_int_equal(a.resets[AETHER_MODEL_ASKED_FLR], 1);
	assert_int_equal(a.resets_with_sibling, 0);
	/* The sibling's driver is at work. */
	host_write(&pair->a, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
	assert_true(host_reset_done(&pair->a));
	assert_true(host_reset_done(&pair->b));
	a = asked_of(&pair->a);
	assert_int_equal(a.resets[AETHER_MODEL_ASKED_CORER], 1);
	assert_int_equal(a.resets_with_sibling, 1);
	assert_int_equal(a.resets_suffered, 0);
	assert_int_equal(asked_of(&pair->b).resets_suffered, 1);
	/* It is not any more. */
	host_write(&pair->a, GLGEN_RTRIG, GLGEN_RTRIG_GLOBR);
	assert_true(host_reset_done(&pair->a));
	assert_true(host_reset_done(&pair->b));
	host_write(&pair->a, GLGEN_RTRIG, GLGEN_RTRIG_EMPFWR);
	assert_true(host_reset_done(&pair->a));
	a = asked_of(&pair->a);
	assert_int_equal(a.resets[AETHER_MODEL_ASKED_GLOBR], 1);
	assert_int_equal(a.resets[AETHER_MODEL_ASKED_EMPR], 1);
	assert_int_equal(a.resets_with_sibling, 1);
}

static void
test_locks(void **state)
{
	struct pair *pair = *state;
	struct aether_model_lock_use use;

	/* Without it, granted and released, and again without. */
	assert_int_equal(nvm_read(&pair->a), 0);
	assert_int_equal(resource(&pair->a, E810_AQC_REQ_RES, E810_RES_ID_NVM), 0);
	assert_int_equal(resource(&pair->b, E810_AQC_REQ_RES, E810_RES_ID_NVM),
			 E810_AQ_RC_EBUSY);
	assert_int_equal(asked_of(&pair->b).lock[AETHER_MODEL_LOCK_NVM].busy, 1);
	assert_true(asked_of(&pair->a).lock[AETHER_MODEL_LOCK_NVM].held);
	assert_int_equal(nvm_read(&pair->a), 0);
	assert_int_equal(resource(&pair->a, E810_AQC_RELEASE_RES, E810_RES_ID_NVM), 0);
	assert_int_equal(resource(&pair->a, E810_AQC_RELEASE_RES, E810_RES_ID_NVM),
			 E810_AQ_RC_EPERM);
	use = asked_of(&pair->a).lock[AETHER_MODEL_LOCK_NVM];
	assert_int_equal(use.granted, 1);
	assert_int_equal(use.released, 1);
	assert_int_equal(use.not_held, 2);
	assert_int_equal(use.expired + use.dropped, 0);
	assert_true(use.held_ns_max > 0 && use.held_ns_max < 40000000);
	assert_false(use.held);
}

static void
test_time_is_over(void **state)
{
	struct pair *pair = *state;
	struct aether_model_lock_use use;

	assert_int_equal(resource(&pair->a, E810_AQC_REQ_RES, E810_RES_ID_NVM), 0);
	rte_delay_us_sleep(50000);
	assert_int_equal(asked_of(&pair->a).lock[AETHER_MODEL_LOCK_NVM].expired, 1);
	assert_int_equal(nvm_read(&pair->a), 0);
	assert_int_equal(asked_of(&pair->a).lock[AETHER_MODEL_LOCK_NVM].not_held, 1);
	/* Another function takes it, from a holder that has not noticed. */
	assert_int_equal(resource(&pair->b, E810_AQC_REQ_RES, E810_RES_ID_NVM), 0);
	assert_int_equal(resource(&pair->a, E810_AQC_RELEASE_RES, E810_RES_ID_NVM),
			 E810_AQ_RC_EPERM);
	use = asked_of(&pair->a).lock[AETHER_MODEL_LOCK_NVM];
	assert_int_equal(use.expired, 1);
	assert_int_equal(use.released, 0);
	assert_int_equal(use.not_held, 2);
	/* A reset takes the sibling's away. */
	host_write(&pair->b, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(&pair->b));
	use = asked_of(&pair->b).lock[AETHER_MODEL_LOCK_NVM];
	assert_int_equal(use.dropped, 1);
	assert_int_equal(use.expired, 0);
}

/** In order, with parameters and answers; long ones forget their beginning. */
static void
test_list(void **state)
{
	static struct aether_model_asked_entry entries[2000];
	struct e810_aqc_nvm_checksum verify = { .flags = E810_NVM_CHECKSUM_VERIFY };
	struct pair *pair = *state;
	unsigned int i, n;

	assert_int_equal(host_aq(&pair->a, E810_AQC_NVM_CHECKSUM, &verify, NULL, 0, false), 0);
	assert_int_not_equal(host_aq(&pair->a, E810_AQC_NVM_ERASE, NULL, NULL, 0, false), 0);
	host_write(&pair->a, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(&pair->a));
	host_aq_start(&pair->a);
	n = aether_model_asked_list(pair->a.model, 0, entries, RTE_DIM(entries));
	assert_int_equal(n, 3);
	assert_int_equal(entries[0].what, E810_AQC_NVM_CHECKSUM);
	assert_int_equal(entries[0].rc, 0);
	assert_int_equal(entries[0].params[0], E810_NVM_CHECKSUM_VERIFY);
	assert_int_equal(entries[1].what, E810_AQC_NVM_ERASE);
	assert_int_equal(entries[1].rc, E810_AQ_RC_EPERM);
	assert_true(entries[2].is_reset);
	assert_int_equal(entries[2].what, AETHER_MODEL_ASKED_PFR);
	assert_true(entries[0].tsc <= entries[1].tsc && entries[1].tsc <= entries[2].tsc);
	for (i = 0; i < 1500; i++)
		assert_int_equal(host_aq(&pair->a, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
	n = aether_model_asked_list(pair->a.model, 0, entries, RTE_DIM(entries));
	assert_int_equal(n, 1024);
	assert_int_equal(entries[0].number, 3 + 1500 - 1024);
	assert_int_equal(entries[n - 1].number, 3 + 1500 - 1);
	assert_int_equal(asked_of(&pair->a).commands, 1502);
	assert_int_equal(asked_of(&pair->a).nvm_changes, 1);
	n = aether_model_asked_list(pair->a.model, 1500, entries, 2);
	assert_int_equal(n, 2);
	assert_int_equal(entries[1].number, 1501);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_nvm_changes), T(test_resets), T(test_locks), T(test_time_is_over),
		T(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
