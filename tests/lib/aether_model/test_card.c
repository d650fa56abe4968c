/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Two functions of one card: what they share (locks, package, parameters, serial number), what
 * each has for itself (VSIs, its own reset), and what happens to one when the other resets all.
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_errno.h>

#include "model_card.h"
#include "pkg_util.h"

#define CONFIG_DSN	0x148	/* device serial number: two dwords after its header */

/** Two functions, 0 and 1, of card "c". */
struct pair {
	struct host a, b;
};

static void
open_function(struct host *host, const char *name, uint8_t pf, enum aether_model_ddp ddp)
{
	const struct aether_model_conf conf = {
		.name = name, .card = "c", .pf_id = pf, .ddp = ddp,
	};

	host_open(host, &conf);
	host_aq_start(host);
}

static int
setup(void **state)
{
	static struct pair pair;

	open_function(&pair.a, "a", 0, AETHER_MODEL_DDP_NONE);
	open_function(&pair.b, "b", 1, AETHER_MODEL_DDP_NONE);
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

/** Ask for a resource, or give it back. *req is the answer. */
static int
resource(struct host *host, uint16_t opcode, uint16_t id, struct e810_aqc_req_res *req)
{
	*req = (struct e810_aqc_req_res){
		.res_id = id, .access_type = E810_RES_ACCESS_WRITE, .timeout = 1000,
	};
	return host_aq(host, opcode, req, NULL, 0, false);
}

static int
take(struct host *host, uint16_t id)
{
	struct e810_aqc_req_res req;

	return resource(host, E810_AQC_REQ_RES, id, &req);
}

static int
release(struct host *host, uint16_t id)
{
	struct e810_aqc_req_res req;

	return resource(host, E810_AQC_RELEASE_RES, id, &req);
}

/** Ask for the global configuration lock. @return its status */
static unsigned int
global_status(struct host *host)
{
	struct e810_aqc_req_res req;

	assert_int_equal(resource(host, E810_AQC_REQ_RES, E810_RES_ID_GLBL_LOCK, &req), 0);
	return req.status;
}

static bool
vsi_exists(struct host *host, unsigned int number)
{
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = number | E810_VSI_IS_VALID };
	struct e810_aqc_vsi_props props;
	int rc;

	memset(&props, 0, sizeof(props));
	rc = host_aq(host, E810_AQC_GET_VSI, &cmd, &props, sizeof(props), false);
	assert_true(rc == 0 || rc == E810_AQ_RC_ENOENT);
	return rc == 0;
}

static unsigned int
reset_type(uint32_t rstat)
{
	return (rstat & GLGEN_RSTAT_RESET_TYPE_M) >> GLGEN_RSTAT_RESET_TYPE_S;
}

static uint64_t
serial(struct host *host)
{
	uint64_t value;

	assert_int_equal(aether_model_config_read(host->model, &value, sizeof(value),
						  CONFIG_DSN + 4), sizeof(value));
	return value;
}

static uint32_t
capability(struct host *host, uint16_t id)
{
	struct e810_aqc_list_caps_elem caps[32];
	struct e810_aqc_list_caps list = { 0 };
	unsigned int i;

	assert_int_equal(host_aq(host, E810_AQC_LIST_FUNC_CAPS, &list, caps, sizeof(caps), false),
			 0);
	for (i = 0; i < list.count; i++)
		if (caps[i].cap == id)
			return caps[i].number;
	fail_msg("no capability 0x%x", id);
	return 0;
}

/* ------------------------------------------------------------------ what is whose ----------- */

static void
test_identity(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(host_read(&pair->a, PF_FUNC_RID) & 7, 0);
	assert_int_equal(host_read(&pair->b, PF_FUNC_RID) & 7, 1);
	assert_true(serial(&pair->a) == serial(&pair->b));
	assert_int_equal(capability(&pair->a, E810_CAP_VALID_FUNCTIONS), 3);
	assert_int_equal(capability(&pair->b, E810_CAP_VALID_FUNCTIONS), 3);
}

static void
test_function_taken(void **state)
{
	struct aether_model_conf conf = { .name = "again", .card = "c", .pf_id = 1 };

	(void)state;
	assert_null(aether_model_create(&conf));
	assert_int_equal(rte_errno, EEXIST);
	/* There is no card with two kinds of functions. */
	conf.pf_id = 2;
	conf.device_id = E810_DEV_ID_XXV_SFP;
	assert_null(aether_model_create(&conf));
	assert_int_equal(rte_errno, EINVAL);
	conf.card = "";
	assert_null(aether_model_create(&conf));
	assert_int_equal(rte_errno, EINVAL);
	conf.card = "0123456789012345678901234567890123456789012345678901234567890123";
	assert_null(aether_model_create(&conf));
	assert_int_equal(rte_errno, EINVAL);
}

static void
test_vsi_numbers(void **state)
{
	struct pair *pair = *state;
	unsigned int a = host_add_vsi(&pair->a, 0, 1), b = host_add_vsi(&pair->b, 0, 1);
	struct e810_aqc_vsi_cmd cmd = { .vsi_num = a | E810_VSI_IS_VALID };

	assert_int_not_equal(a, b);
	assert_true(a < E810_MAX_VSI && b < E810_MAX_VSI);
	assert_true(vsi_exists(&pair->a, a));
	assert_true(vsi_exists(&pair->b, b));
	assert_false(vsi_exists(&pair->a, b));
	assert_false(vsi_exists(&pair->b, a));
	assert_int_equal(host_aq(&pair->b, E810_AQC_FREE_VSI, &cmd, NULL, 0, false),
			 E810_AQ_RC_ENOENT);
	assert_true(vsi_exists(&pair->a, a));
}

static void
test_shared_params(void **state)
{
	struct pair *pair = *state;
	struct e810_aqc_driver_shared_params param = { .index = 3, .value = 0x12345678 };

	assert_int_equal(host_aq(&pair->a, E810_AQC_DRIVER_SHARED_PARAMS, &param, NULL, 0, false),
			 0);
	param = (struct e810_aqc_driver_shared_params){ .op = E810_DRIVER_PARAM_GET, .index = 3 };
	assert_int_equal(host_aq(&pair->b, E810_AQC_DRIVER_SHARED_PARAMS, &param, NULL, 0, false),
			 0);
	assert_int_equal(param.value, 0x12345678);
}

static void
test_pxe_mode_is_left_once(void **state)
{
	struct pair *pair = *state;
	struct e810_aqc_clear_pxe cmd = { .rx_cnt = E810_CLEAR_PXE_RX_CNT };

	assert_int_equal(host_aq(&pair->a, E810_AQC_CLEAR_PXE_MODE, &cmd, NULL, 0, false), 0);
	assert_int_equal(host_aq(&pair->b, E810_AQC_CLEAR_PXE_MODE, &cmd, NULL, 0, false),
			 E810_AQ_RC_EEXIST);
	assert_int_equal(host_read(&pair->b, GLLAN_RCTL_0) & GLLAN_RCTL_0_PXE_MODE, 0);
}

/* ------------------------------------------------------------------ locks ------------------- */

static void
test_locks(void **state)
{
	static const uint16_t ids[] = {
		E810_RES_ID_NVM, E810_RES_ID_SDP, E810_RES_ID_CHNG_LOCK,
	};
	struct pair *pair = *state;
	struct e810_aqc_req_res req;
	unsigned int i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_int_equal(take(&pair->a, ids[i]), 0);
		assert_int_equal(resource(&pair->b, E810_AQC_REQ_RES, ids[i], &req),
				 E810_AQ_RC_EBUSY);
		assert_true(req.timeout > 0 && req.timeout <= 180000);
		/* Only the owner releases. */
		assert_int_equal(release(&pair->b, ids[i]), E810_AQ_RC_EPERM);
		assert_int_equal(take(&pair->b, ids[i]), E810_AQ_RC_EBUSY);
		assert_int_equal(release(&pair->a, ids[i]), 0);
		assert_int_equal(take(&pair->b, ids[i]), 0);
		assert_int_equal(release(&pair->b, ids[i]), 0);
	}
}

static void
test_lock_runs_out(void **state)
{
	const struct timespec nap = { .tv_nsec = 50000000 };
	struct pair *pair = *state;
	unsigned int i;
	int rc;

	assert_int_equal(take(&pair->a, E810_RES_ID_CHNG_LOCK), 0);
	rc = take(&pair->b, E810_RES_ID_CHNG_LOCK);
	assert_int_equal(rc, E810_AQ_RC_EBUSY);
	/* After a second, by a clock that a busy machine may have measured badly. */
	for (i = 0; i < 60 && rc == E810_AQ_RC_EBUSY; i++) {
		nanosleep(&nap, NULL);
		rc = take(&pair->b, E810_RES_ID_CHNG_LOCK);
	}
	assert_int_equal(rc, 0);
	assert_true(i > 10);
	assert_int_equal(release(&pair->a, E810_RES_ID_CHNG_LOCK), E810_AQ_RC_EPERM);
	assert_int_equal(release(&pair->b, E810_RES_ID_CHNG_LOCK), 0);
}

static void
test_global_lock(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(global_status(&pair->a), E810_RES_GLBL_SUCCESS);
	assert_int_equal(global_status(&pair->b), E810_RES_GLBL_IN_PROG);
	assert_int_equal(release(&pair->b, E810_RES_ID_GLBL_LOCK), E810_AQ_RC_EPERM);
	/* Given back without a package: the next one may try. */
	assert_int_equal(release(&pair->a, E810_RES_ID_GLBL_LOCK), 0);
	assert_int_equal(global_status(&pair->b), E810_RES_GLBL_SUCCESS);
	assert_int_equal(release(&pair->b, E810_RES_ID_GLBL_LOCK), 0);
}

static void
test_reset_releases_own_locks(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(take(&pair->a, E810_RES_ID_NVM), 0);
	assert_int_equal(take(&pair->b, E810_RES_ID_CHNG_LOCK), 0);
	host_write(&pair->a, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(&pair->a));
	host_aq_start(&pair->a);
	assert_int_equal(take(&pair->b, E810_RES_ID_NVM), 0);
	assert_int_equal(take(&pair->a, E810_RES_ID_CHNG_LOCK), E810_AQ_RC_EBUSY);
	aether_model_flr(pair->b.model);
	assert_int_equal(take(&pair->a, E810_RES_ID_CHNG_LOCK), 0);
	assert_int_equal(take(&pair->a, E810_RES_ID_NVM), 0);
}

/* ------------------------------------------------------------------ package ----------------- */

/** How many packages the list of packages names. */
static uint32_t
packages(struct host *host)
{
	uint8_t list[1024] = { 0 };
	uint32_t count;

	assert_int_equal(host_aq(host, E810_AQC_GET_PKG_INFO_LIST, NULL, list, sizeof(list),
				 false), 0);
	memcpy(&count, list, sizeof(count));
	return count;
}

static void
test_package_is_the_cards(void **state)
{
	struct host a, b;

	(void)state;
	open_function(&a, "a", 0, AETHER_MODEL_DDP_PRELOADED);
	/* What the second one asks for does not count. */
	open_function(&b, "b", 5, AETHER_MODEL_DDP_NONE);
	assert_int_equal(packages(&a), 1);
	assert_int_equal(packages(&b), 1);
	assert_int_equal(global_status(&b), E810_RES_GLBL_DONE);
	/* A reset of one function leaves the package alone, and so does its end. */
	host_write(&a, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(&a));
	host_close(&a);
	assert_int_equal(packages(&b), 1);
	assert_int_equal(global_status(&b), E810_RES_GLBL_DONE);
	host_close(&b);
}

/** What one function downloads is there for the other; half a download is worth nothing. */
static void
test_package_of_a_sibling(void **state)
{
	struct pair *pair = *state;
	unsigned int n;
	struct pkg_buf *bufs = pkg_default_bufs(&n);

	assert_true(n > 1);
	assert_int_equal(global_status(&pair->a), E810_RES_GLBL_SUCCESS);
	assert_int_equal(pkg_download_buf(&pair->a, &bufs[0], false, NULL), 0);
	assert_int_equal(global_status(&pair->b), E810_RES_GLBL_IN_PROG);
	/* Who does not hold the lock does not download. */
	assert_int_equal(pkg_download_buf(&pair->b, &bufs[1], false, NULL), E810_AQ_RC_EPERM);
	host_write(&pair->a, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(&pair->a));
	host_aq_start(&pair->a);
	assert_int_equal(packages(&pair->b), 0);
	/* From its beginning, not from where the other was. */
	assert_int_equal(pkg_download(&pair->b, bufs, n), 0);
	assert_int_equal(global_status(&pair->a), E810_RES_GLBL_DONE);
	assert_int_equal(packages(&pair->a), 1);
	assert_int_equal(packages(&pair->b), 1);

	host_write(&pair->a, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
	assert_true(host_reset_done(&pair->a));
	assert_true(host_reset_done(&pair->b));
	host_aq_start(&pair->a);
	host_aq_start(&pair->b);
	assert_int_equal(packages(&pair->a), 0);
	assert_int_equal(packages(&pair->b), 0);
	assert_int_equal(pkg_download(&pair->a, bufs, n), 0);
	assert_int_equal(packages(&pair->b), 1);
	free(bufs);
}

/* ------------------------------------------------------------------ resets ------------------ */

static void
test_function_reset_is_its_own(void **state)
{
	struct pair *pair = *state;
	unsigned int a = host_add_vsi(&pair->a, 0, 1), b = host_add_vsi(&pair->b, 0, 1);

	host_write(&pair->a, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_int_equal(host_read(&pair->b, GLGEN_RSTAT) & GLGEN_RSTAT_DEVSTATE_M, 0);
	assert_int_equal(host_read(&pair->b, PFINT_OICR) & PFINT_OICR_GRST, 0);
	assert_true(vsi_exists(&pair->b, b));
	assert_true(host_reset_done(&pair->a));
	host_aq_start(&pair->a);
	assert_false(vsi_exists(&pair->a, a));
}

/** Both functions went through a reset of this type, and are usable after it. */
static void
check_both_reset(struct pair *pair, unsigned int type, unsigned int count_shift)
{
	struct host *hosts[] = { &pair->b, &pair->a };
	struct e810_aqc_driver_shared_params param = { .op = E810_DRIVER_PARAM_GET };
	unsigned int i;
	uint32_t rstat;

	for (i = 0; i < 2; i++) {
		/* On a busy machine it may be over by now; test_regs looks at DEVSTATE in time. */
		rstat = host_read(hosts[i], GLGEN_RSTAT);
		assert_int_equal(reset_type(rstat), type);
		assert_int_equal(host_read(hosts[i], PFINT_OICR) & PFINT_OICR_GRST,
				 PFINT_OICR_GRST);
	}
	for (i = 0; i < 2; i++) {
		assert_true(host_reset_done(hosts[i]));
		rstat = host_read(hosts[i], GLGEN_RSTAT);
		assert_int_equal(rstat >> count_shift & 3, 1);
		host_aq_start(hosts[i]);
		assert_false(vsi_exists(hosts[i], i == 0 ? 64 : 0));
		assert_int_equal(host_aq(hosts[i], E810_AQC_DRIVER_SHARED_PARAMS, &param, NULL, 0,
					 false), 0);
		assert_int_equal(param.value, 0);
	}
	/* Nobody holds what was held, and the package, of which there was none, is not there. */
	assert_int_equal(take(&pair->b, E810_RES_ID_NVM), 0);
	assert_int_equal(release(&pair->a, E810_RES_ID_NVM), E810_AQ_RC_EPERM);
}

/** Something in each function and on the card that a reset takes away. */
static void
fill(struct pair *pair)
{
	struct e810_aqc_driver_shared_params param = { .value = 7 };

	assert_int_equal(host_add_vsi(&pair->a, 0, 1), 0);
	assert_int_equal(host_add_vsi(&pair->b, 0, 1), 64);
	assert_int_equal(host_aq(&pair->a, E810_AQC_DRIVER_SHARED_PARAMS, &param, NULL, 0, false),
			 0);
	assert_int_equal(take(&pair->a, E810_RES_ID_NVM), 0);
}

static void
test_core_reset_by_a_sibling(void **state)
{
	struct pair *pair = *state;

	fill(pair);
	host_write(&pair->a, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
	check_both_reset(pair, 1, GLGEN_RSTAT_CORERCNT_S);
}

static void
test_global_reset_by_a_sibling(void **state)
{
	struct pair *pair = *state;

	fill(pair);
	host_write(&pair->b, GLGEN_RTRIG, GLGEN_RTRIG_GLOBR);
	check_both_reset(pair, 2, GLGEN_RSTAT_GLOBRCNT_S);
}

static void
test_reset_by_the_device(void **state)
{
	struct pair *pair = *state;

	fill(pair);
	aether_model_card_reset(pair->a.model, AETHER_MODEL_CARD_RESET_EMP);
	check_both_reset(pair, 3, GLGEN_RSTAT_EMPRCNT_S);
}

/** A sibling that is only stepped notices, and its vector is raised while it still can be. */
static void
test_sibling_notices_in_a_step(void **state)
{
	struct pair *pair = *state;
	struct aether_model_stats before, after;

	host_write(&pair->b, PFINT_OICR_ENA, PFINT_OICR_GRST);
	host_write(&pair->b, PFINT_OICR_CTL, INT_CTL_CAUSE_ENA);
	host_write(&pair->b, GLINT_DYN_CTL(0), GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA);
	aether_model_stats_get(pair->b.model, &before);
	aether_model_card_reset(pair->a.model, AETHER_MODEL_CARD_RESET_CORE);
	aether_model_step(pair->b.model, 1);
	aether_model_stats_get(pair->b.model, &after);
	assert_int_equal(after.interrupts, before.interrupts + 1);
	assert_int_equal(host_read(&pair->b, PFINT_OICR) & PFINT_OICR_GRST, PFINT_OICR_GRST);
}

/** A late sibling goes through the highest of several, once; not through one that it began. */
static void
test_several_resets(void **state)
{
	struct pair *pair = *state;
	uint32_t rstat;

	aether_model_card_reset(pair->a.model, AETHER_MODEL_CARD_RESET_CORE);
	assert_true(host_reset_done(&pair->a));
	aether_model_card_reset(pair->a.model, AETHER_MODEL_CARD_RESET_GLOBAL);
	assert_true(host_reset_done(&pair->a));
	aether_model_card_reset(pair->a.model, AETHER_MODEL_CARD_RESET_CORE);
	assert_true(host_reset_done(&pair->a));
	rstat = host_read(&pair->b, GLGEN_RSTAT);
	assert_int_equal(reset_type(rstat), 2);
	assert_true(host_reset_done(&pair->b));
	rstat = host_read(&pair->b, GLGEN_RSTAT);
	assert_int_equal(rstat >> GLGEN_RSTAT_GLOBRCNT_S & 3, 1);
	assert_int_equal(rstat >> GLGEN_RSTAT_CORERCNT_S & 3, 0);
	assert_int_equal(rstat & GLGEN_RSTAT_DEVSTATE_M, 0);
}

/* ------------------------------------------------------------------ coming and going -------- */

static void
test_end_of_a_function(void **state)
{
	struct host a, b;
	uint64_t first;

	(void)state;
	open_function(&a, "a", 0, AETHER_MODEL_DDP_NONE);
	first = serial(&a);
	open_function(&b, "b", 1, AETHER_MODEL_DDP_NONE);
	assert_int_equal(take(&a, E810_RES_ID_NVM), 0);
	assert_int_equal(take(&b, E810_RES_ID_NVM), E810_AQ_RC_EBUSY);
	host_close(&a);
	assert_int_equal(take(&b, E810_RES_ID_NVM), 0);
	assert_int_equal(capability(&b, E810_CAP_VALID_FUNCTIONS), 2);
	/* The card lives on: its serial number is its first function's still. */
	assert_true(serial(&b) == first);
	open_function(&a, "other", 0, AETHER_MODEL_DDP_NONE);
	assert_true(serial(&a) == first);
	assert_int_equal(take(&a, E810_RES_ID_NVM), E810_AQ_RC_EBUSY);
	host_close(&b);
	host_close(&a);
	/* With its last function the card is gone. */
	open_function(&b, "b", 1, AETHER_MODEL_DDP_NONE);
	assert_true(serial(&b) != first);
	host_close(&b);
}

/* ------------------------------------------------------------------ threads ----------------- */

#define ROUNDS		200

static void *
step_and_ask(void *arg)
{
	struct host *host = arg;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		/* In a reset there is no admin queue: then there is no answer. */
		if (take(host, E810_RES_ID_NVM) == 0)
			release(host, E810_RES_ID_NVM);
		if (i % 16 == 0)
			host_write(host, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
		if (i % 4 == 0 && host_reset_done(host))
			host_aq_start(host);
	}
	return NULL;
}

/** Both reset the card while they work. ThreadSanitizer looks on. */
static void
test_threads(void **state)
{
	struct pair *pair = *state;
	pthread_t threads[2];
	unsigned int i;

	assert_int_equal(pthread_create(&threads[0], NULL, step_and_ask, &pair->a), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, step_and_ask, &pair->b), 0);
	for (i = 0; i < 20; i++) {
		aether_model_card_reset(pair->b.model, AETHER_MODEL_CARD_RESET_GLOBAL);
		aether_model_flr(pair->a.model);
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	assert_true(host_reset_done(&pair->a));
	assert_true(host_reset_done(&pair->b));
	host_aq_start(&pair->a);
	host_aq_start(&pair->b);
	assert_int_equal(take(&pair->a, E810_RES_ID_NVM), 0);
	assert_int_equal(take(&pair->b, E810_RES_ID_NVM), E810_AQ_RC_EBUSY);
}

/** What a function takes between a sibling's reset of the card and its own step is lost, too. */
static void
test_lock_taken_too_late(void **state)
{
	struct pair *pair = *state;
	struct model_card *card = pair->a.model->card;

	aether_model_card_reset(pair->a.model, AETHER_MODEL_CARD_RESET_CORE);
	/* As by a command of the other's that was on its way. */
	card->res[MODEL_CARD_CHANGE] = (struct model_card_lock){
		.held = true, .owner = 1, .expires = UINT64_MAX,
	};
	aether_model_step(pair->b.model, 1);
	assert_true(pair->b.model->in_reset);
	assert_false(card->res[MODEL_CARD_CHANGE].held);
}

#define PAIR(test)	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR(test_identity),
		PAIR(test_function_taken),
		PAIR(test_vsi_numbers),
		PAIR(test_shared_params),
		PAIR(test_pxe_mode_is_left_once),
		PAIR(test_locks),
		PAIR(test_lock_runs_out),
		PAIR(test_global_lock),
		PAIR(test_reset_releases_own_locks),
		cmocka_unit_test(test_package_is_the_cards),
		PAIR(test_package_of_a_sibling),
		PAIR(test_function_reset_is_its_own),
		PAIR(test_core_reset_by_a_sibling),
		PAIR(test_global_reset_by_a_sibling),
		PAIR(test_reset_by_the_device),
		PAIR(test_sibling_notices_in_a_step),
		PAIR(test_several_resets),
		cmocka_unit_test(test_end_of_a_function),
		PAIR(test_lock_taken_too_late),
		PAIR(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
