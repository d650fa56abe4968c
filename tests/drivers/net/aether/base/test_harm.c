/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Do no harm to a card. The driver goes through its whole life on a function of the model, with a
 * sibling on the same card, undisturbed and with everything that can come between; the model's own
 * record says what it asked of the card. It never writes flash, never resets more than its function,
 * does nothing without the lock that it takes, and leaves settings as it found them.
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <aether_model.h>

#include "base/aether_internal.h"
#include "ddp_bench.h"
#include "fake_e810.h"

static unsigned int stride = 1;	/* of the tests that take each command in turn: the first argument */

#define HOLD_MS		800	/* a sibling holds a lock at most */
#define SHORT_MS	1000	/* the time that locks are granted for, where it is short */

static uint8_t *package;
static size_t package_len;

/* ---------------------------------------------------------------- the bench ----------------- */

/** A function of the card, with its driver; between them a bus that can be disturbed. */
struct side {
	struct ddp_bench ddp;
	const struct aether_bus_ops *real;
	struct aether_bus_ops ops;
	unsigned int commands;		/* that the driver has given to the device */
	unsigned int at;		/* the one at which `event` comes */
	void (*event)(struct side *side);
	struct aether_model *other;	/* the sibling's device */
	bool dead;			/* the driver has died: it reaches nothing any more */
	/* What happens as the driver is about to ask for this resource; 0: nothing. */
	uint16_t res_id;
	void (*res_event)(uint16_t id);
	uint16_t slow_opcode;		/* takes so long: */
	useconds_t slow_us;
	bool slow_once;			/* and the next one not */
	unsigned int triggers;		/* writes to GLGEN_RTRIG */
};

static struct side *
side_of(struct aether_bus *bus);

static struct side us, them;

static struct side *
side_of(struct aether_bus *bus)
{
	return bus == us.ddp.bus ? &us : &them;
}

static uint32_t
reg_read(struct aether_bus *bus, uint32_t offset)
{
	struct side *side = side_of(bus);

	return side->dead ? AETHER_ALL_ONES : side->real->reg_read(bus, offset);
}

/** Of the command that a tail gives to the device. */
static uint16_t
opcode_before(const struct side *side, uint32_t tail)
{
	const unsigned int slot = (tail + AETHER_ADMINQ_LEN - 1) % AETHER_ADMINQ_LEN;

	return rte_le_to_cpu_16(side->ddp.hw.aq.atq[slot].opcode);
}

/** Whether that command asks for the resource that a test waits for. */
static bool
asks_for_it(const struct side *side, uint32_t tail)
{
	const unsigned int slot = (tail + AETHER_ADMINQ_LEN - 1) % AETHER_ADMINQ_LEN;
	struct e810_aqc_req_res cmd;

	if (side->res_id == 0 || opcode_before(side, tail) != E810_AQC_REQ_RES)
		return false;
	aether_aq_params(&side->ddp.hw.aq.atq[slot], &cmd);
	return rte_le_to_cpu_16(cmd.res_id) == side->res_id;
}

static void
reg_write(struct aether_bus *bus, uint32_t offset, uint32_t value)
{
	struct side *side = side_of(bus);
	/* Not while the queue is being set up. */
	const bool command = offset == PF_FW_ATQT && side->ddp.hw.aq.alive;
	const uint16_t res = side->res_id;

	if (command && side->commands++ == side->at && side->event != NULL)
		side->event(side);
	if (side->dead)
		return;
	if (command && asks_for_it(side, value)) {
		side->res_id = 0;
		side->res_event(res);
	}
	side->triggers += offset == GLGEN_RTRIG;
	side->real->reg_write(bus, offset, value);
	if (command && side->slow_us != 0 && opcode_before(side, value) == side->slow_opcode) {
		rte_delay_us_sleep(side->slow_us);
		if (side->slow_once)
			side->slow_us = 0;
	}
}

static void
side_open(struct side *side, const char *card, uint8_t pf, const char *fault)
{
	memset(side, 0, sizeof(*side));
	ddp_bench_open(&side->ddp, card, pf, fault, package, package_len);
	side->real = side->ddp.bus->ops;
	side->ops = *side->real;
	side->ops.reg_read = reg_read;
	side->ops.reg_write = reg_write;
	side->ddp.bus->ops = &side->ops;
	side->at = UINT32_MAX;
	side->ddp.hw.timing.adminq_us = 20000;
	side->ddp.hw.timing.reset_us = 200000;
}

static void
side_close(struct side *side)
{
	aether_hw_close(&side->ddp.hw);
	side->ddp.bus->ops = side->real;
	side->real->close(side->ddp.bus);
}

/** Both functions; the sibling's driver is at work, in safe mode, for the package is ours to bring. */
static void
open_both(const char *fault)
{
	side_open(&us, "harm", 0, fault);
	side_open(&them, "harm", 1, "");
	us.other = them.ddp.model;
	them.ddp.data = NULL;
	them.ddp.hw.ddp_source.safe_mode = true;
	assert_int_equal(aether_hw_init(&them.ddp.hw), 0);
}

/** Frames were shorter before: by an earlier driver, which left nothing else. */
static void
frames_shorter_before(void)
{
	assert_int_equal(aether_hw_init(&us.ddp.hw), 0);
	assert_int_equal(aether_mac_cfg(&us.ddp.hw, 2000), 0);
	us.ddp.hw.mac_changed = false;
	assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
}

static int
teardown(void **state)
{
	(void)state;
	side_close(&them);
	side_close(&us);
	return 0;
}

/* ---------------------------------------------------------------- a life -------------------- */

/** Everything that base/ does for a port, whatever becomes of each. @return the first error */
static int
live(struct aether_hw *hw)
{
	const struct aether_phy_wish wish = {
		.speeds = E810_LINK_SPEED_25GB | E810_LINK_SPEED_10GB, .fec = AETHER_FEC_BASER,
		.pause_given = true, .pause_tx = true, .pause_rx = true, .up = false,
	};
	const struct aether_rss_flow flow = {
		.kind = AETHER_RSS_IPV4_UDP, .fields = AETHER_RSS_SRC_ADDR | AETHER_RSS_DST_PORT,
	};
	const struct rte_ether_addr addr = { .addr_bytes = { 2, 0, 0, 0, 0, 9 } };
	static uint8_t flash[3 * E810_NVM_SECTOR_SIZE], lut[128];
	static const uint8_t key[E810_RSS_KEY_BYTES] = { 1 };
	int ret;

#define DO(call)	do { const int r_ = (call); if (ret == 0) ret = r_; } while (0)
	ret = aether_hw_init(hw);
	if (ret != 0)
		return ret;
	DO(aether_vsi_add(hw, 4, 4));
	DO(aether_rss_key_set(hw, key));
	DO(aether_rss_lut_set(hw, lut, sizeof(lut)));
	DO(aether_rss_flows_set(hw, &flow, 1));
	DO(aether_mac_rule_add(hw, &addr));
	DO(aether_promisc_set(hw, true));
	DO(aether_allmulti_set(hw, true));
	DO(aether_vlan_rule_add(hw, 7));
	DO(aether_vlan_filter_set(hw, true));
	DO(aether_txq_start(hw, 0, us.ddp.hw.aq.mz != NULL ? us.ddp.hw.aq.mz->iova : 0, 64));
	DO(aether_phy_apply(hw, &wish));
	DO(aether_pause_quanta_set(hw, 0x100));
	DO(aether_led_set(hw, true));
	DO(aether_link_update(hw, true));
	DO(aether_nvm_read(hw, 100, sizeof(flash) - 100, flash));
	DO(aether_rss_flows_set(hw, NULL, 0));
	DO(aether_mac_rule_del(hw, &addr));
	DO(aether_txq_stop(hw, 0));
	DO(aether_vsi_free(hw));
#undef DO
	return ret;
}

/** What a driver may ask for; whoever adds to it has thought of what it does to a card. */
static bool
is_harmless(uint16_t opcode)
{
	static const uint16_t harmless[] = {
		E810_AQC_GET_VER, E810_AQC_DRIVER_VER, E810_AQC_Q_SHUTDOWN, E810_AQC_REQ_RES,
		E810_AQC_RELEASE_RES, E810_AQC_LIST_FUNC_CAPS, E810_AQC_LIST_DEV_CAPS,
		E810_AQC_MANAGE_MAC_READ, E810_AQC_CLEAR_PXE_MODE, E810_AQC_GET_SW_CFG,
		E810_AQC_ADD_VSI, E810_AQC_UPDATE_VSI, E810_AQC_FREE_VSI, E810_AQC_ADD_SW_RULES,
		E810_AQC_REMOVE_SW_RULES, E810_AQC_CLEAR_PF_CFG, E810_AQC_GET_DFLT_TOPO,
		E810_AQC_ADD_SCHED_ELEMS, E810_AQC_DELETE_SCHED_ELEMS, E810_AQC_QUERY_SCHED_RES,
		E810_AQC_GET_PHY_CAPS, E810_AQC_SET_PHY_CFG, E810_AQC_SET_MAC_CFG,
		E810_AQC_GET_LINK_STATUS, E810_AQC_SET_EVENT_MASK, E810_AQC_NVM_READ,
		E810_AQC_NVM_CHECKSUM, E810_AQC_SET_PORT_ID_LED,
		E810_AQC_SET_HEALTH_STATUS_CONFIG, E810_AQC_ADD_TXQS, E810_AQC_DIS_TXQS,
		E810_AQC_ALLOC_RES, E810_AQC_FREE_RES, E810_AQC_SET_RSS_KEY, E810_AQC_SET_RSS_LUT,
		E810_AQC_DOWNLOAD_PKG, E810_AQC_UPLOAD_SECTION, E810_AQC_UPDATE_PKG,
		E810_AQC_GET_PKG_INFO_LIST,
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(harmless); i++)
		if (harmless[i] == opcode)
			return true;
	return false;
}

/** How the locks have to end that the driver was granted. */
enum end {
	RELEASED,
	RELEASED_OR_DROPPED,		/* a reset in mid-work may have taken them away */
	ANYHOW,				/* the firmware has refused a release */
};

static void
assert_no_harm(enum end end)
{
	struct aether_model_asked asked;
	const char *name;
	uint16_t opcode;
	unsigned int i;

	aether_model_asked_get(us.ddp.model, &asked);
	assert_int_equal(asked.nvm_changes, 0);
	assert_int_equal(asked.resets[AETHER_MODEL_ASKED_CORER], 0);
	assert_int_equal(asked.resets[AETHER_MODEL_ASKED_GLOBR], 0);
	assert_int_equal(asked.resets[AETHER_MODEL_ASKED_EMPR], 0);
	assert_int_equal(asked.resets_with_sibling, 0);
	assert_int_equal(us.triggers, 0);
	for (i = 0; i < AETHER_MODEL_LOCKS; i++) {
		const struct aether_model_lock_use *use = &asked.lock[i];

		if (use->not_held != 0 || use->held || (end != ANYHOW && use->expired != 0) ||
		    (end == RELEASED && use->dropped != 0) ||
		    use->granted != use->released + use->dropped + use->expired)
			fail_msg("lock %u: granted %ju, released %ju, expired %ju, dropped %ju, "
				 "used without it %ju, %s", i, (uintmax_t)use->granted,
				 (uintmax_t)use->released, (uintmax_t)use->expired,
				 (uintmax_t)use->dropped, (uintmax_t)use->not_held,
				 use->held ? "held" : "not held");
	}
	for (i = 0; aether_model_asked_opcode(us.ddp.model, i, &opcode, &name) != 0; i++)
		if (!is_harmless(opcode))
			fail_msg("0x%04x (%s) is not among the commands that do no harm", opcode,
				 name);
}

/** Settings that outlive a driver. */
static struct aether_model_port
settings(void)
{
	struct aether_model_port port;

	aether_model_port_get(us.ddp.model, &port);
	return port;
}

/** Types of other modules than the one in the port are not for a driver to see, or to put back. */
static void
assert_as_found(const struct aether_model_port *found, const char *what, unsigned int n)
{
	const struct aether_model_port now = settings();
	const uint64_t types = E810_PHY_LOW_100GBASE_CR4 | E810_PHY_LOW_25GBASE_CR;

	if ((now.phy_types & types) != (found->phy_types & types) ||
	    now.phy_caps != found->phy_caps || now.phy_fec != found->phy_fec ||
	    now.max_frame != found->max_frame || now.pause_quanta != found->pause_quanta ||
	    now.pause_refresh != found->pause_refresh || now.led_blinks != found->led_blinks ||
	    now.event_mask != found->event_mask || now.health_sources != found->health_sources ||
	    now.lldp_agent != found->lldp_agent || now.pfc_mode != found->pfc_mode ||
	    now.link != found->link)
		fail_msg("%s %u: left with types 0x%jx caps 0x%x fec 0x%x frame %u pause %u/%u led "
			 "%d events 0x%x health 0x%x link %d; found 0x%jx 0x%x 0x%x %u %u/%u %d "
			 "0x%x 0x%x %d", what, n, (uintmax_t)now.phy_types, now.phy_caps,
			 now.phy_fec, now.max_frame, now.pause_quanta, now.pause_refresh,
			 now.led_blinks, now.event_mask, now.health_sources, now.link,
			 (uintmax_t)found->phy_types, found->phy_caps, found->phy_fec,
			 found->max_frame, found->pause_quanta, found->pause_refresh,
			 found->led_blinks, found->event_mask, found->health_sources, found->link);
}

/** Commands of a whole life. */
static unsigned int
commands_of_a_life(void)
{
	unsigned int n;

	open_both("");
	assert_int_equal(live(&us.ddp.hw), 0);
	assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
	n = us.commands;
	teardown(NULL);
	assert_in_range(n, 50, 500);
	return n;
}

/* ---------------------------------------------------------------- undisturbed --------------- */

static void
test_whole_life(void **state)
{
	struct aether_model_port found, changed;
	struct aether_model_asked asked;
	unsigned int round;

	(void)state;
	open_both("");
	frames_shorter_before();
	found = settings();
	assert_int_equal(found.max_frame, 2000);
	for (round = 0; round < 3; round++) {
		assert_int_equal(live(&us.ddp.hw), 0);
		changed = settings();
		/* The test is of something. */
		assert_int_not_equal(changed.phy_caps, found.phy_caps);
		assert_int_not_equal(changed.phy_fec, found.phy_fec);
		assert_int_not_equal(changed.max_frame, found.max_frame);
		assert_int_not_equal(changed.pause_quanta, found.pause_quanta);
		assert_int_not_equal(changed.pause_refresh, found.pause_refresh);
		assert_int_not_equal(changed.health_sources, found.health_sources);
		assert_int_not_equal(changed.event_mask, found.event_mask);
		assert_true(changed.led_blinks && !changed.link);
		/* Another life in between, as by rte_eth_dev_reset(). */
		if (round == 1) {
			assert_int_equal(aether_hw_fini(&us.ddp.hw), 0);
			assert_as_found(&found, "reset in round", round);
			assert_int_equal(live(&us.ddp.hw), 0);
		}
		assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
		assert_as_found(&found, "round", round);
	}
	assert_no_harm(RELEASED);
	aether_model_asked_get(us.ddp.model, &asked);
	assert_true(asked.lock[AETHER_MODEL_LOCK_NVM].granted >= 6);
	assert_true(asked.lock[AETHER_MODEL_LOCK_CHANGE].granted >= 6);
	assert_int_equal(asked.lock[AETHER_MODEL_LOCK_GLOBAL].granted, 1);
	assert_int_equal(asked.lock[AETHER_MODEL_LOCK_SDP].granted, 0);
	assert_true(asked.resets[AETHER_MODEL_ASKED_PFR] >= 8);
	/* The sibling has not suffered. */
	assert_false(aether_hw_lost(&them.ddp.hw));
	aether_model_asked_get(them.ddp.model, &asked);
	assert_int_equal(asked.resets_suffered, 0);
}

/** Where there is no other way than a reset of the whole card, there is none. */
static void
test_reset_that_never_ends(void **state)
{
	(void)state;
	open_both("reset-stuck");
	assert_int_equal(live(&us.ddp.hw), -ETIMEDOUT);
	assert_int_equal(aether_hw_close(&us.ddp.hw), -ETIMEDOUT);
	assert_int_equal(live(&us.ddp.hw), -ETIMEDOUT);
	assert_no_harm(RELEASED);
	assert_false(aether_hw_lost(&them.ddp.hw));
}

/* ---------------------------------------------------------------- disturbed ----------------- */

static void
die(struct side *side)
{
	side->dead = true;
}

/** The process is killed at each command in turn; its successor finds the card as it left it. */
static void
test_killed_at_each_command(void **state)
{
	const unsigned int total = commands_of_a_life();
	unsigned int n;

	(void)state;
	for (n = 0; n < total; n += stride) {
		open_both("");
		us.at = n;
		us.event = die;
		live(&us.ddp.hw);
		aether_hw_close(&us.ddp.hw);
		assert_true(us.dead);
		us.dead = false;
		/* A new process knows nothing of the old one. */
		us.ddp.hw = (struct aether_hw){
			.bus = us.ddp.bus, .ddp_source = us.ddp.hw.ddp_source,
			.timing = us.ddp.hw.timing, .name = "successor",
		};
		if (live(&us.ddp.hw) != 0)
			fail_msg("no successor of a driver that was killed at command %u", n);
		assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
		assert_no_harm(RELEASED_OR_DROPPED);
		if (n + stride < total)
			teardown(NULL);
	}
}

/** Whichever command is refused, of start or of close, settings are as they were. */
static void
test_refused_at_each_command(void **state)
{
	const unsigned int total = commands_of_a_life();
	static struct aether_model_asked_entry list[1000];
	struct aether_model_port found;
	unsigned int n, i, len, failed = 0;
	char fault[32];
	enum end end;

	(void)state;
	for (n = 0; n < total; n += stride) {
		snprintf(fault, sizeof(fault), "aq:nth:%u:5", n);	/* EIO */
		open_both(fault);
		found = settings();
		failed += live(&us.ddp.hw) != 0;
		assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
		assert_as_found(&found, "refused: command", n);
		len = aether_model_asked_list(us.ddp.model, 0, list, RTE_DIM(list));
		for (i = 0, end = RELEASED_OR_DROPPED; i < len; i++)
			if (!list[i].is_reset && list[i].rc == E810_AQ_RC_EIO &&
			    list[i].what == E810_AQC_RELEASE_RES)
				end = ANYHOW;
		assert_no_harm(end);
		if (n + stride < total)
			teardown(NULL);
	}
	assert_in_range(failed, 30 / stride, total);
}

/** A command that is never answered ends the admin queue, and not the duty to put back. */
static void
test_no_answer(void **state)
{
	static const uint16_t opcodes[] = {
		E810_AQC_NVM_READ, E810_AQC_NVM_CHECKSUM, E810_AQC_DOWNLOAD_PKG,
		E810_AQC_UPDATE_PKG, E810_AQC_ADD_VSI, E810_AQC_ADD_TXQS, E810_AQC_DIS_TXQS,
		E810_AQC_SET_PORT_ID_LED, E810_AQC_FREE_VSI, E810_AQC_MANAGE_MAC_READ,
		E810_AQC_SET_HEALTH_STATUS_CONFIG, E810_AQC_RELEASE_RES, E810_AQC_Q_SHUTDOWN,
	};
	struct aether_model_port found;
	char fault[32];
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(opcodes); i++) {
		snprintf(fault, sizeof(fault), "aq-timeout:0x%04x", opcodes[i]);
		open_both(fault);
		found = settings();
		live(&us.ddp.hw);
		assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
		assert_as_found(&found, "not answered: opcode", opcodes[i]);
		assert_no_harm(RELEASED_OR_DROPPED);
		if (i + 1 < RTE_DIM(opcodes))
			teardown(NULL);
	}
}

static void
core_reset(struct side *side)
{
	aether_model_card_reset(side->other, AETHER_MODEL_CARD_RESET_CORE);
}

static void
global_reset(struct side *side)
{
	aether_model_card_reset(side->other, AETHER_MODEL_CARD_RESET_GLOBAL);
}

/** A sibling resets the card at each command in turn: no lock is used that the reset took away, no
 * reset answers it, and a close puts back what a core reset leaves standing. */
static void
test_reset_at_each_command(void **state)
{
	const unsigned int total = commands_of_a_life();
	struct aether_model_asked asked;
	struct aether_model_port found;
	unsigned int n;

	(void)state;
	for (n = 0; n < total; n += stride) {
		open_both("");
		found = settings();
		us.at = n;
		us.event = n / stride % 4 == 3 ? global_reset : core_reset;
		live(&us.ddp.hw);
		assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
		assert_as_found(&found, "reset at command", n);
		aether_model_asked_get(us.ddp.model, &asked);
		assert_int_equal(asked.resets_suffered, 1);
		assert_no_harm(RELEASED_OR_DROPPED);
		us.event = NULL;
		if (live(&us.ddp.hw) != 0)
			fail_msg("not up again after a reset at command %u", n);
		assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
		assert_as_found(&found, "after a reset at command", n);
		assert_no_harm(RELEASED_OR_DROPPED);
		if (n + stride < total)
			teardown(NULL);
	}
}

/** The port lives on after a sibling's reset, and its end puts back what was before that. */
static void
test_settings_over_a_reset(void **state)
{
	struct aether_model_port found;

	(void)state;
	open_both("");
	frames_shorter_before();
	found = settings();
	assert_int_equal(live(&us.ddp.hw), 0);
	core_reset(&us);
	assert_true(aether_hw_lost(&us.ddp.hw));
	assert_int_equal(aether_hw_fini(&us.ddp.hw), 0);
	assert_int_equal(live(&us.ddp.hw), 0);
	assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
	assert_as_found(&found, "closed after resets:", 1);
	/* And at once, without another start. */
	assert_int_equal(live(&us.ddp.hw), 0);
	core_reset(&us);
	assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
	assert_as_found(&found, "closed after resets:", 2);
	assert_no_harm(RELEASED_OR_DROPPED);
}

/* ---------------------------------------------------------------- locks --------------------- */

static struct aether_res held;

static int
them_take(uint16_t id)
{
	held = (struct aether_res){
		.id = id, .access = id == E810_RES_ID_NVM ? E810_RES_ACCESS_READ :
		E810_RES_ACCESS_WRITE, .hold_ms = 1000,
	};
	return aether_res_take(&them.ddp.hw, &held);
}

static pthread_t releaser;
static enum aether_model_lock held_lock;

static void *
release_when_asked(void *arg)
{
	struct aether_model_asked asked;
	unsigned int ms;

	(void)arg;
	for (ms = 0; ms < HOLD_MS; ms++) {
		aether_model_asked_get(us.ddp.model, &asked);
		if (asked.lock[held_lock].busy > 0)
			break;
		rte_delay_us_sleep(1000);
	}
	rte_delay_us_sleep(20000);
	aether_res_release(&them.ddp.hw, &held);
	return NULL;
}

/** The sibling is faster, by a little. */
static void
them_first(uint16_t id)
{
	assert_int_equal(them_take(id), 0);
	assert_int_equal(pthread_create(&releaser, NULL, release_when_asked, NULL), 0);
}

/** While a sibling holds a lock it is waited for, and nothing is done before it is ours. */
static void
test_locks_are_waited_for(void **state)
{
	static const struct {
		uint16_t id;
		enum aether_model_lock lock;
	} cases[] = {
		{ E810_RES_ID_GLBL_LOCK, AETHER_MODEL_LOCK_GLOBAL },	/* before there is a package */
		{ E810_RES_ID_NVM, AETHER_MODEL_LOCK_NVM },
		{ E810_RES_ID_CHNG_LOCK, AETHER_MODEL_LOCK_CHANGE },
	};
	struct aether_model_asked asked;
	unsigned int i;

	(void)state;
	open_both("");
	for (i = 0; i < RTE_DIM(cases); i++) {
		held_lock = cases[i].lock;
		us.res_event = them_first;
		us.res_id = cases[i].id;
		assert_int_equal(live(&us.ddp.hw), 0);
		assert_int_equal(us.res_id, 0);
		pthread_join(releaser, NULL);
		assert_int_equal(aether_hw_close(&us.ddp.hw), 0);
		aether_model_asked_get(us.ddp.model, &asked);
		assert_true(asked.lock[cases[i].lock].busy > 0);
		assert_no_harm(RELEASED);
	}
}

/** A lock that does not come is given up, with nothing done in its name. */
static void
test_lock_never_comes(void **state)
{
	struct aether_model_asked asked;

	(void)state;
	open_both("");
	us.ddp.hw.timing.nvm_lock_us = 20000;
	us.ddp.hw.timing.ddp_lock_us = 20000;
	assert_int_equal(them_take(E810_RES_ID_NVM), 0);
	assert_int_equal(live(&us.ddp.hw), -EBUSY);
	aether_res_release(&them.ddp.hw, &held);
	assert_int_equal(them_take(E810_RES_ID_GLBL_LOCK), 0);
	assert_int_equal(live(&us.ddp.hw), -EBUSY);
	aether_res_release(&them.ddp.hw, &held);
	assert_int_equal(aether_model_asked_command(us.ddp.model, E810_AQC_DOWNLOAD_PKG), 0);
	aether_model_asked_get(us.ddp.model, &asked);
	assert_int_equal(asked.lock[AETHER_MODEL_LOCK_GLOBAL].granted, 0);
	assert_no_harm(RELEASED);
}

/** On a busy machine even a download that is not slow may be too late. */
static void
up_in_time(void)
{
	unsigned int tries = 0;
	int ret;

	do {
		ret = aether_hw_init(&us.ddp.hw);
	} while (ret == -ETIME && ++tries < 10);
	assert_int_equal(ret, 0);
}

/**
 * Locks are granted for less time than the work takes. The flash is locked anew for the rest; a
 * download and a change of tables end there. A lock whose time is over is not released either, for
 * it may be another's by then.
 */
static void
test_time_of_a_lock(void **state)
{
	const struct aether_rss_flow flow = {
		.kind = AETHER_RSS_IPV4_UDP, .fields = AETHER_RSS_SRC_ADDR,
	};
	static uint8_t flash[5 * E810_NVM_SECTOR_SIZE];
	struct aether_model_asked asked;
	unsigned int before;
	int ret;

	(void)state;
	open_both("lock-ms:1000");
	up_in_time();
	assert_int_equal(aether_vsi_add(&us.ddp.hw, 4, 4), 0);
	aether_model_asked_get(us.ddp.model, &asked);
	before = asked.lock[AETHER_MODEL_LOCK_NVM].granted;
	us.slow_opcode = E810_AQC_NVM_READ;
	us.slow_us = SHORT_MS * 1000 / 2 - 100000;
	assert_int_equal(aether_nvm_read(&us.ddp.hw, 0, sizeof(flash), flash), 0);
	us.slow_us = 0;
	aether_model_asked_get(us.ddp.model, &asked);
	assert_true(asked.lock[AETHER_MODEL_LOCK_NVM].granted >= before + 2);
	assert_int_equal(asked.lock[AETHER_MODEL_LOCK_NVM].not_held, 0);
	assert_true(asked.lock[AETHER_MODEL_LOCK_NVM].expired >= 1);

	us.slow_opcode = E810_AQC_REQ_RES;
	us.slow_us = SHORT_MS * 1000 + 50000;
	before = aether_model_asked_command(us.ddp.model, E810_AQC_UPDATE_PKG);
	ret = aether_rss_flows_set(&us.ddp.hw, &flow, 1);
	us.slow_us = 0;
	/* Not ours any more, or not ours yet again. */
	assert_true(ret == -ETIME || ret == -EBUSY);
	assert_int_equal(aether_model_asked_command(us.ddp.model, E810_AQC_UPDATE_PKG), before);
	aether_model_asked_get(us.ddp.model, &asked);
	assert_int_equal(asked.lock[AETHER_MODEL_LOCK_CHANGE].not_held, 0);
	assert_int_equal(aether_rss_flows_set(&us.ddp.hw, &flow, 1), 0);
}

/** Away between a grant and the look at it for longer than it lasts: no other function's doing, so
 * it does not count as waiting for one. */
static void
test_grant_that_comes_late(void **state)
{
	struct aether_res lock = {
		.id = E810_RES_ID_NVM, .access = E810_RES_ACCESS_READ, .hold_ms = SHORT_MS,
	};

	(void)state;
	open_both("lock-ms:1000");
	up_in_time();
	us.slow_opcode = E810_AQC_REQ_RES;
	us.slow_us = SHORT_MS * 1000 + 50000;
	us.slow_once = true;
	assert_int_equal(aether_res_take(&us.ddp.hw, &lock), 0);
	assert_int_equal(us.slow_us, 0);
	aether_res_release(&us.ddp.hw, &lock);
}

/** The package is longer than the time: another function may begin with its own by then. */
static void
test_time_of_a_download(void **state)
{
	struct aether_model_asked asked;
	char *log;

	(void)state;
	open_both("lock-ms:1000");
	us.slow_opcode = E810_AQC_DOWNLOAD_PKG;
	us.slow_us = SHORT_MS * 1000 / 2 + 50000;
	test_log_begin();
	assert_int_equal(aether_hw_init(&us.ddp.hw), -ETIME);
	log = test_log_end();
	if (strstr(log, "took longer than the configuration lock is granted for") == NULL)
		fail_msg("the reason is not in the log:\n%s", log);
	free(log);
	aether_model_asked_get(us.ddp.model, &asked);
	assert_int_equal(asked.lock[AETHER_MODEL_LOCK_GLOBAL].not_held, 0);
	assert_int_equal(asked.lock[AETHER_MODEL_LOCK_GLOBAL].released, 0);
	assert_true(aether_model_asked_command(us.ddp.model, E810_AQC_DOWNLOAD_PKG) <= 2);
	us.slow_us = 0;
	up_in_time();
	assert_true(us.ddp.hw.ddp.downloaded);
}

static int
group_setup(void **state)
{
	package_len = aether_model_ddp_default(NULL, 0);
	package = malloc(package_len);
	if (package == NULL || aether_model_ddp_default(package, package_len) < 0)
		return -1;
	return test_eal_init(state);
}

static int
group_teardown(void **state)
{
	free(package);
	return test_eal_cleanup(state);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_teardown(f, teardown)
		T(test_whole_life), T(test_reset_that_never_ends), T(test_killed_at_each_command),
		T(test_refused_at_each_command), T(test_no_answer), T(test_reset_at_each_command),
		T(test_settings_over_a_reset), T(test_locks_are_waited_for),
		T(test_lock_never_comes), T(test_time_of_a_lock), T(test_grant_that_comes_late),
		T(test_time_of_a_download),
	};

	if (argc > 1 && atoi(argv[1]) > 0)
		stride = atoi(argv[1]);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
