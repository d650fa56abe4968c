/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_malloc.h>

#include "base/aether_internal.h"
#include "fake_e810.h"

/* A bring-up that must fail with `err`, leave nothing behind and say `words`. */
static void
init_fails(struct fake_bench *b, int err, const char *words)
{
	char *log;

	test_log_begin();
	assert_int_equal(aether_hw_init(&b->hw), -err);
	log = test_log_end();
	if (strstr(log, words) == NULL)
		fail_msg("\"%s\" is not in the log:\n%s", words, log);
	free(log);
	assert_int_equal(test_memzones(), b->memzones);
	assert_int_equal(b->hw.init_done, 0);
	fake_assert_clean(b->fake);
}

static void
test_bring_up(void **state)
{
	struct fake_bench *b = *state;
	struct aether_hw *hw = &b->hw;

	assert_int_equal(aether_hw_init(hw), 0);
	assert_int_equal(hw->pf_id, 1);
	assert_int_equal(hw->device_id, E810_DEV_ID_C_QSFP);
	assert_true(hw->serial == UINT64_C(0x0123456789abcdef));
	assert_int_equal(hw->versions.fw_major, 7);
	assert_int_equal(hw->versions.fw_build, 0x1234);
	assert_int_equal(hw->versions.api_minor, 5);
	assert_int_equal(hw->versions.nvm_major, 4);
	assert_int_equal(hw->versions.nvm_minor, 0x20);
	assert_int_equal(hw->versions.eetrack, 0x80015678);
	assert_memory_equal(&hw->perm_mac, b->fake->mac, 6);
	assert_int_equal(hw->lport, 1);
	assert_int_equal(hw->sw_id, 5);
	assert_int_equal(b->fake->pf_resets, 1);
	/* The flash is read and never written. */
	assert_int_equal(fake_count(b->fake, E810_AQC_NVM_WRITE), 0);
	assert_int_equal(fake_count(b->fake, E810_AQC_NVM_ERASE), 0);
	assert_int_equal(b->fake->max_frame, E810_MAX_FRAME_SIZE);
	/* The firmware's LLDP agent is left alone. */
	assert_int_equal(fake_count(b->fake, E810_AQC_LLDP_STOP), 0);

	aether_hw_fini(hw);
	assert_true(b->fake->unloaded);
	assert_int_equal(b->fake->pf_resets, 2);
	fake_assert_clean(b->fake);
}

static void
test_link(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_true(b->hw.link.up);
	assert_true(b->hw.link.media);
	assert_true(b->hw.link.autoneg);
	assert_true(b->hw.link.pause_rx);
	assert_false(b->hw.link.pause_tx);
	assert_int_equal(b->hw.link.speed_mbps, 100000);
	assert_int_equal(b->hw.link.fec, E810_LINK_25G_RS_528_FEC_EN);
	assert_int_equal(b->fake->event_mask & E810_LINK_EVENT_UPDOWN, 0);
	assert_int_not_equal(b->fake->event_mask & E810_LINK_EVENT_PHY_TEMP_ALARM, 0);
	assert_true(b->hw.phy_types_low == E810_PHY_LOW_100GBASE_CR4);

	b->fake->link = false;
	assert_int_equal(aether_link_update(&b->hw, true), 0);
	assert_true(b->fake->lse);
	assert_false(b->hw.link.up);
	assert_int_equal(b->hw.link.speed_mbps, 0);

	/* Up, at a speed that has no name. */
	b->fake->link = true;
	b->fake->link_speed = E810_LINK_SPEED_UNKNOWN;
	assert_int_equal(aether_link_update(&b->hw, true), 0);
	assert_true(b->hw.link.up);
	assert_true(b->hw.link.speed_mbps == AETHER_SPEED_UNKNOWN);
}

/** Whatever the fields of the link status, there is a reason, and causes come before effects. */
static void
test_link_reasons(void **state)
{
	static const struct {
		struct aether_link link;
		const char *words;
	} cases[] = {
		{ { .topo_conflict = 0x80 }, "no module" },
		{ { .media = true, .topo_conflict = 0x80, .cfg_err = 0x20 }, "of a type" },
		{ { .media = true, .cfg_err = 0x20 }, "more power" },
		{ { .media = true, .cfg_err = 0x01 }, "configured speeds" },
		{ { .media = true, .topo_conflict = 0x02, .an_info = 0x04 }, "another kind" },
		{ { .media = true, .an_info = 0x04, .info = 0x08 }, "no common speed" },
		{ { .media = true, .info = 0x0A }, "FEC of both ends" },
		{ { .media = true, .info = 0x12 }, "far end reports" },
		{ { .media = true, .info = 0x06 }, "port has a fault" },
		{ { .media = true, .info = 0x40 }, "no signal" },
		{ { .media = true, .info = 0xC0 }, "no reason" },
	};
	struct fake_bench *b = *state;
	unsigned int i;

	b->hw.phy_now.caps = E810_PHY_EN_LINK;
	for (i = 0; i < RTE_DIM(cases); i++) {
		b->hw.link = cases[i].link;
		if (strstr(aether_link_reason(&b->hw), cases[i].words) == NULL)
			fail_msg("'%s' is not: %s", cases[i].words, aether_link_reason(&b->hw));
	}
	b->hw.phy_now.caps = 0;
	assert_string_equal(aether_link_reason(&b->hw), "switched off");
	b->hw.link.up = true;
	assert_null(aether_link_reason(&b->hw));
}

static void
test_settings_are_put_back(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_link_update(&b->hw, true), 0);
	assert_int_equal(aether_link_set(&b->hw, false), 0);
	assert_int_equal(b->fake->phy.caps, E810_PHY_EN_AUTO_FEC);
	assert_int_equal(aether_mac_cfg(&b->hw, 2000), 0);
	aether_hw_fini(&b->hw);
	fake_assert_clean(b->fake);
}

static void
test_link_set_is_idle_when_there(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_link_set(&b->hw, true), 0);
	assert_int_equal(fake_count(b->fake, E810_AQC_SET_PHY_CFG), 0);
	assert_int_equal(aether_link_set(&b->hw, false), 0);
	assert_int_equal(aether_link_set(&b->hw, true), 0);
	assert_int_equal(fake_count(b->fake, E810_AQC_SET_PHY_CFG), 2);
	assert_int_equal(b->fake->phy.caps, E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC);
}

static void
test_safe_mode(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_true(b->hw.caps.safe_mode);
	assert_int_equal(b->hw.caps.rx_queues, 1);
	assert_int_equal(b->hw.caps.tx_queues, 1);
	assert_int_equal(b->hw.caps.msix_vectors, 2);
	assert_int_equal(b->hw.caps.rss_table_size, 0);
	assert_int_equal(b->hw.caps.max_mtu, 9702);
	assert_int_equal(b->hw.caps.functions, 3);
	assert_int_equal(b->hw.caps.rx_first, 32);
	assert_int_equal(b->hw.caps.tx_first, 64);
}

static void
test_full_mode(void **state)
{
	struct fake_bench *b = *state;

	b->fake->ddp_active = true;
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_false(b->hw.caps.safe_mode);
	assert_int_equal(b->hw.caps.rx_queues, 64);
	assert_int_equal(b->hw.caps.tx_queues, 48);
	assert_int_equal(b->hw.caps.msix_vectors, 128);
	assert_int_equal(b->hw.caps.rss_table_size, 2048);
}

static void
test_capabilities_are_bounded(void **state)
{
	struct fake_bench *b = *state;

	b->fake->ddp_active = true;
	b->fake->cap_rxqs = UINT32_MAX;
	b->fake->cap_txqs = 0x10001;
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(b->hw.caps.rx_queues, AETHER_MAX_QUEUES);
	assert_int_equal(b->hw.caps.tx_queues, AETHER_MAX_QUEUES);
}

static void
test_no_queues(void **state)
{
	struct fake_bench *b = *state;

	b->fake->cap_txqs = 0;
	init_fails(b, ENODEV, "0 Tx queues");
}

static void
test_fini_twice_and_init_again(void **state)
{
	struct fake_bench *b = *state;
	unsigned int i;

	aether_hw_fini(&b->hw);	/* of what was never brought up */
	for (i = 0; i < 20; i++) {
		assert_int_equal(aether_hw_init(&b->hw), 0);
		assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
		aether_hw_fini(&b->hw);
		aether_hw_fini(&b->hw);
		fake_assert_clean(b->fake);
	}
	assert_int_equal(test_memzones(), b->memzones);
}

/* Everything that a port can hold at once, given back by close alone. */
static void
hold_everything(struct fake_bench *b)
{
	static const struct rte_ether_addr broadcast = {
		.addr_bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};
	const struct aether_rxq_conf conf = {
		.ring_iova = 0x10000, .n_desc = 64, .buf_len = 2048, .max_frame = 1518,
	};

	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &b->hw.perm_mac), 0);
	assert_int_equal(aether_mac_rule_add(&b->hw, &broadcast), 0);
	assert_int_equal(aether_promisc_set(&b->hw, true), 0);
	assert_int_equal(aether_allmulti_set(&b->hw, true), 0);
	assert_int_equal(aether_link_update(&b->hw, true), 0);
	assert_int_equal(aether_link_set(&b->hw, false), 0);
	assert_int_equal(aether_rxq_start(&b->hw, 0, &conf), 0);
	assert_int_equal(aether_txq_start(&b->hw, 0, 0x20000, 64), 0);
}

/* The reset at the end hides what was not given back, so it is held off here. */
static void
test_close_gives_everything_back(void **state)
{
	struct fake_bench *b = *state;

	hold_everything(b);
	b->fake->reset_stuck = true;
	aether_hw_fini(&b->hw);
	assert_int_equal(fake_rules(b->fake), 0);
	assert_int_equal(fake_nodes(b->fake), 0);
	assert_false(b->fake->txq[0]);
	assert_false(b->fake->vsi[3]);
	assert_false(b->fake->lse);
	assert_int_equal(b->fake->max_frame, 1518);
	assert_int_equal(b->fake->phy.caps, E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC);
	assert_int_equal(fake_get(b->fake, QRX_CTRL(0)), 0);
	assert_int_equal(fake_get(b->fake, GLINT_DYN_CTL(0)) & GLINT_DYN_CTL_INTENA, 0);
}

/* Each command in turn is refused, with each of two codes, until there is none left to refuse. */
static void
test_each_command_refused(void **state)
{
	static const uint16_t codes[] = {E810_AQ_RC_EIO, E810_AQ_RC_EINVAL, E810_AQ_RC_EBUSY};
	struct fake_bench *b = *state;
	unsigned int c, n, failed;

	b->hw.timing.nvm_lock_us = 1;
	for (c = 0; c < RTE_DIM(codes); c++) {
		failed = 0;
		for (n = 0;; n++) {
			int ret;

			b->fake->n_cmds = 0;
			b->fake->fail_nth = n;
			b->fake->fail_rc = codes[c];
			ret = aether_hw_init(&b->hw);
			if (ret == 0 && b->fake->n_cmds <= n)
				break;
			if (ret != 0)
				failed++;
			else
				aether_hw_fini(&b->hw);
			assert_int_equal(b->hw.init_done, 0);
			assert_int_equal(test_memzones(), b->memzones);
			fake_assert_clean(b->fake);
		}
		b->fake->fail_nth = FAKE_NEVER;
		aether_hw_fini(&b->hw);
		fake_assert_clean(b->fake);
		/* All but the checksum, the release of the lock and the deletion of default nodes
		 * decide whether the port works. */
		assert_in_range(failed, 18, n);
		assert_in_range(n, 22, FAKE_LOG);
	}
}

/* Each command in turn is never answered: a time-out, no hang, nothing left behind. */
static void
test_each_command_silent(void **state)
{
	struct fake_bench *b = *state;
	uint16_t opcodes[64];
	unsigned int i, n;

	assert_int_equal(aether_hw_init(&b->hw), 0);
	n = RTE_MIN(b->fake->n_cmds, RTE_DIM(opcodes));
	memcpy(opcodes, b->fake->log, n * sizeof(opcodes[0]));
	aether_hw_fini(&b->hw);

	for (i = 0; i < n; i++) {
		b->fake->n_cmds = 0;
		b->fake->silent_opcode = opcodes[i];
		assert_true(aether_hw_init(&b->hw) < 0);
		assert_int_equal(test_memzones(), b->memzones);
		fake_assert_clean(b->fake);
	}
}

/* The card is pulled at each register access of a whole life in turn. */
static void
test_removed_at_each_access(void **state)
{
	struct fake_bench *b = *state;
	uint32_t total, n;

	hold_everything(b);
	aether_hw_fini(&b->hw);
	total = b->fake->accesses;
	assert_in_range(total, 100, 10000);
	for (n = 0; n < total; n++) {
		const struct aether_rxq_conf conf = {
			.ring_iova = 0x10000, .n_desc = 64, .buf_len = 2048, .max_frame = 1518,
		};

		fake_free(b->fake);
		b->fake = fake_new();
		b->hw.bus = &b->fake->bus;
		b->fake->gone_after = n;
		if (aether_hw_init(&b->hw) == 0 && aether_vsi_add(&b->hw, 1, 1) == 0 &&
		    aether_mac_rule_add(&b->hw, &b->hw.perm_mac) == 0 &&
		    aether_promisc_set(&b->hw, true) == 0 &&
		    aether_rxq_start(&b->hw, 0, &conf) == 0)
			aether_txq_start(&b->hw, 0, 0x20000, 64);
		aether_hw_fini(&b->hw);
		assert_int_equal(b->hw.init_done, 0);
		assert_int_equal(test_memzones(), b->memzones);
	}
}

static void
test_removed_is_said(void **state)
{
	struct fake_bench *b = *state;

	b->fake->gone_after = 0;
	init_fails(b, ENODEV, "gone from the bus");
}

static void
test_pf_reset_never_ends(void **state)
{
	struct fake_bench *b = *state;

	b->fake->reset_stuck = true;
	init_fails(b, ETIMEDOUT, "PF reset did not come within");
}

static void
test_global_reset_never_ends(void **state)
{
	struct fake_bench *b = *state;

	fake_set(b->fake, GLGEN_RSTAT, 1);
	init_fails(b, ETIMEDOUT, "global reset did not come within");
	assert_int_equal(b->fake->pf_resets, 0);
}

/* Somebody else's reset has reset us too: it is waited for, and no other follows. */
static void
test_global_reset_is_waited_for(void **state)
{
	struct fake_bench *b = *state;

	b->hw.timing.reset_us = 1000000;
	b->fake->global_reset = 5;
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(b->fake->global_reset, 0);
	assert_int_equal(b->fake->pf_resets, 0);
}

/* Who gave memory to a queue must learn whether the device has let go of it. */
static void
test_close_says_whether_dma_ended(void **state)
{
	struct fake_bench *b = *state;

	assert_int_equal(aether_hw_fini(&b->hw), 0);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	b->fake->reset_stuck = true;
	assert_int_equal(aether_hw_fini(&b->hw), -ETIMEDOUT);
	assert_int_equal(aether_hw_fini(&b->hw), -ETIMEDOUT);
	assert_int_equal(aether_hw_init(&b->hw), -ETIMEDOUT);
	assert_int_equal(aether_hw_fini(&b->hw), -ETIMEDOUT);
	b->fake->reset_stuck = false;
	fake_set(b->fake, PFGEN_CTRL, 0);
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(aether_hw_fini(&b->hw), 0);

	/* What is gone writes nowhere. */
	assert_int_equal(aether_hw_init(&b->hw), 0);
	b->fake->gone_after = 0;
	assert_int_equal(aether_hw_fini(&b->hw), 0);
}

/* The admin queue's memory must outlive the reset, until which the device may write to it. */
static const struct aether_bus_ops *order_ops;
static unsigned int order_memzones;

static void
order_write(struct aether_bus *bus, uint32_t offset, uint32_t value)
{
	if (offset == PFGEN_CTRL)
		order_memzones = test_memzones();
	order_ops->reg_write(bus, offset, value);
}

static void
test_memory_outlives_the_reset(void **state)
{
	struct fake_bench *b = *state;
	struct aether_bus_ops ops = *b->fake->bus.ops;

	assert_int_equal(aether_hw_init(&b->hw), 0);
	order_ops = b->fake->bus.ops;
	order_memzones = 0;
	b->fake->pf_resets = 0;
	ops.reg_write = order_write;
	b->fake->bus.ops = &ops;
	assert_int_equal(aether_hw_fini(&b->hw), 0);
	b->fake->bus.ops = order_ops;
	assert_int_equal(b->fake->pf_resets, 1);
	assert_int_equal(order_memzones, b->memzones + 1);
}

/* The memory for the admin queue is not there. */
static void
test_no_memory(void **state)
{
	struct fake_bench *b = *state;
	void *blocks[1024];
	unsigned int n = 0;

	while (n < RTE_DIM(blocks) && (blocks[n] = rte_malloc(NULL, 200 << 10, 0)) != NULL)
		n++;
	assert_in_range(n, 1, RTE_DIM(blocks) - 1);
	init_fails(b, ENOMEM, "give EAL more memory");
	while (n > 0)
		rte_free(blocks[--n]);
	assert_int_equal(aether_hw_init(&b->hw), 0);
}

static void
test_autoload_never_ends(void **state)
{
	struct fake_bench *b = *state;

	fake_set(b->fake, GLNVM_ULD, GLNVM_ULD_DONE_M & ~GLNVM_ULD_CORER_DONE);
	init_fails(b, ETIMEDOUT, "auto-load");
}

static void
test_blank_flash(void **state)
{
	struct fake_bench *b = *state;

	b->fake->sr[E810_SR_CTRL_WORD] = 0xffff;
	init_fails(b, EBADMSG, "0xffff");
}

static void
test_no_flash(void **state)
{
	struct fake_bench *b = *state;

	fake_set(b->fake, GLNVM_GENS, 0);
	init_fails(b, ENODEV, "no flash");
}

static void
test_wrong_checksum_is_a_warning(void **state)
{
	struct fake_bench *b = *state;
	char *log;

	b->fake->checksum = 0x1234;
	test_log_begin();
	assert_int_equal(aether_hw_init(&b->hw), 0);
	log = test_log_end();
	assert_non_null(strstr(log, "checksum is wrong"));
	free(log);
}

static void
test_flash_lock_is_waited_for(void **state)
{
	struct fake_bench *b = *state;

	b->fake->nvm_busy = 2;
	assert_int_equal(aether_hw_init(&b->hw), 0);
	assert_int_equal(b->fake->nvm_busy, 0);
	assert_false(b->fake->nvm_locked);
}

static void
test_flash_lock_is_given_up(void **state)
{
	struct fake_bench *b = *state;

	b->fake->nvm_busy = 1000;
	init_fails(b, EBUSY, "holds the flash");
}

static void
test_flash_read_range(void **state)
{
	struct fake_bench *b = *state;
	uint8_t *buf = malloc(12000);
	unsigned int i;

	for (i = 0x80; i < RTE_DIM(b->fake->sr); i++)
		b->fake->sr[i] = i * 7919;
	assert_int_equal(aether_hw_init(&b->hw), 0);
	/* Crosses sectors, starts and ends inside one. */
	assert_int_equal(aether_nvm_read(&b->hw, 3000, 12000, buf), 0);
	assert_memory_equal(buf, (uint8_t *)b->fake->sr + 3000, 12000);
	assert_int_equal(aether_nvm_read(&b->hw, 65535, 1, buf), 0);
	assert_int_equal(aether_nvm_read(&b->hw, 65535, 2, buf), -EINVAL);
	assert_int_equal(aether_nvm_read(&b->hw, 65536, 1, buf), -EINVAL);
	assert_int_equal(aether_nvm_read(&b->hw, UINT32_MAX, 8, buf), -EINVAL);
	assert_int_equal(aether_nvm_read(&b->hw, 0, 0, buf), -EINVAL);
	assert_false(b->fake->nvm_locked);
	/* A read that fails in the middle releases the lock too. */
	b->fake->fail_opcode = E810_AQC_NVM_READ;
	assert_int_equal(aether_nvm_read(&b->hw, 0, 8, buf), -EIO);
	assert_false(b->fake->nvm_locked);
	b->fake->fail_opcode = 0;
	free(buf);
}

static void
test_other_device(void **state)
{
	struct fake_bench *b = *state;

	b->fake->device_id = 0x1572;	/* an X710 */
	init_fails(b, ENODEV, "8086:1572");
	assert_int_equal(b->fake->n_cmds, 0);
	assert_int_equal(b->fake->pf_resets, 0);
}

static void
test_recovery_mode(void **state)
{
	struct fake_bench *b = *state;

	fake_set(b->fake, GL_MNG_FWSM, GL_MNG_FWSM_FW_MODE_RECOVERY);
	init_fails(b, EIO, "recovery mode");
	assert_int_equal(b->fake->pf_resets, 0);
}

static void
test_newer_interface(void **state)
{
	struct fake_bench *b = *state;

	b->fake->api_major = 2;
	init_fails(b, EPROTONOSUPPORT, "update the driver");
}

static void
test_pxe_left_before(void **state)
{
	struct fake_bench *b = *state;

	b->fake->fail_opcode = E810_AQC_CLEAR_PXE_MODE;
	b->fake->fail_rc = E810_AQ_RC_EEXIST;
	assert_int_equal(aether_hw_init(&b->hw), 0);
}

static void
test_no_port(void **state)
{
	struct fake_bench *b = *state;

	b->fake->switch_loops = true;
	init_fails(b, ENODEV, "no physical port");
}

static void
test_no_address(void **state)
{
	struct fake_bench *b = *state;

	memset(b->fake->mac, 0, sizeof(b->fake->mac));
	init_fails(b, EADDRNOTAVAIL, "no valid LAN address");
}

static void
test_unbelievable_scheduler(void **state)
{
	struct fake_bench *b = *state;

	b->fake->layers = 12;
	init_fails(b, EPROTO, "12 layers");
	b->fake->layers = 9;
	b->fake->entry_layer = 99;
	init_fails(b, EPROTO, "entry point");
	b->fake->entry_layer = 8;	/* no room for a queue group below */
	init_fails(b, EPROTO, "entry point");
	b->fake->entry_layer = 2;
	b->fake->siblings = 0;
	init_fails(b, EPROTO, "no nodes");
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, fake_bench_new, fake_bench_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bring_up),
		TEST(test_link),
		TEST(test_link_reasons),
		TEST(test_settings_are_put_back),
		TEST(test_link_set_is_idle_when_there),
		TEST(test_safe_mode),
		TEST(test_full_mode),
		TEST(test_capabilities_are_bounded),
		TEST(test_no_queues),
		TEST(test_fini_twice_and_init_again),
		TEST(test_close_gives_everything_back),
		TEST(test_each_command_refused),
		TEST(test_each_command_silent),
		TEST(test_removed_at_each_access),
		TEST(test_removed_is_said),
		TEST(test_pf_reset_never_ends),
		TEST(test_global_reset_never_ends),
		TEST(test_global_reset_is_waited_for),
		TEST(test_close_says_whether_dma_ended),
		TEST(test_memory_outlives_the_reset),
		TEST(test_no_memory),
		TEST(test_autoload_never_ends),
		TEST(test_blank_flash),
		TEST(test_no_flash),
		TEST(test_wrong_checksum_is_a_warning),
		TEST(test_flash_lock_is_waited_for),
		TEST(test_flash_lock_is_given_up),
		TEST(test_flash_read_range),
		TEST(test_other_device),
		TEST(test_recovery_mode),
		TEST(test_newer_interface),
		TEST(test_pxe_left_before),
		TEST(test_no_port),
		TEST(test_no_address),
		TEST(test_unbelievable_scheduler),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
