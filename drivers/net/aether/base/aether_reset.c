/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/* A PF reset was seen to end within 300 ms; while a package download holds the global lock it may
 * wait for that (3 s). Neither figure is in the datasheet; they are those that the vendor's
 * drivers wait. */
#define PF_RESET_US		(300 * 1000 + 3000 * 1000)
#define GRSTDEL_UNIT_US		(100 * 1000)
#define RESET_EXTRA_US		(1000 * 1000)	/* for admin commands that are still under way */
#define POLL_RESET_US		1000

int
aether_reg_wait(struct aether_hw *hw, uint32_t offset, uint32_t mask, uint32_t want,
		uint32_t timeout_us, uint32_t interval_us)
{
	const uint64_t hz = rte_get_tsc_hz();
	const uint64_t end = rte_get_tsc_cycles() + timeout_us * hz / US_PER_S;

	for (;;) {
		const bool last = rte_get_tsc_cycles() >= end;
		const uint32_t value = aether_read(hw, offset);

		if (value == AETHER_ALL_ONES)
			return -ENODEV;
		if ((value & mask) == want)
			return 0;
		if (last)
			return -ETIMEDOUT;
		rte_delay_us_sleep(interval_us);
	}
}

bool
aether_present(struct aether_hw *hw)
{
	return aether_read(hw, GLGEN_RSTAT) != AETHER_ALL_ONES;
}

static int
reset_failed(struct aether_hw *hw, int ret, const char *what, uint32_t reg, uint32_t timeout_us)
{
	if (ret == -ENODEV)
		AETHER_LOG(ERR, hw, "registers read all ones while waiting for %s: the device is "
			   "gone from the bus; check slot, power and dmesg", what);
	else if (ret != 0)
		AETHER_LOG(ERR, hw, "%s did not come within %u ms (register 0x%08x reads 0x%08x): "
			   "the device is stuck in reset; power-cycle the machine",
			   what, timeout_us / 1000, reg, aether_read(hw, reg));
	return ret;
}

/* Section 4.1: a core, global or EMP reset is over when the device state is "active" and every
 * auto-load step is done. */
static int
global_reset_wait(struct aether_hw *hw)
{
	uint32_t timeout_us = hw->timing.reset_us;
	int ret;

	if (timeout_us == 0)
		timeout_us = aether_field(aether_read(hw, GLGEN_RSTCTL), GLGEN_RSTCTL_GRSTDEL_M) *
			     GRSTDEL_UNIT_US + RESET_EXTRA_US;

	ret = aether_reg_wait(hw, GLGEN_RSTAT, GLGEN_RSTAT_DEVSTATE_M, 0, timeout_us,
			      POLL_RESET_US);
	if (ret != 0)
		return reset_failed(hw, ret, "the end of a global reset", GLGEN_RSTAT, timeout_us);

	ret = aether_reg_wait(hw, GLNVM_ULD, GLNVM_ULD_DONE_M, GLNVM_ULD_DONE_M, timeout_us,
			      POLL_RESET_US);
	if (ret != 0)
		return reset_failed(hw, ret, "the auto-load from flash", GLNVM_ULD, timeout_us);
	return 0;
}

static int
pf_reset(struct aether_hw *hw)
{
	const uint32_t timeout_us = hw->timing.reset_us != 0 ? hw->timing.reset_us : PF_RESET_US;
	bool resetting;
	int ret;

	hw->aq.alive = false;	/* the reset takes the rings away from the firmware */
	resetting = aether_field(aether_read(hw, GLGEN_RSTAT), GLGEN_RSTAT_DEVSTATE_M) != 0 ||
		    (aether_read(hw, GLNVM_ULD) & GLNVM_ULD_DONE_M) != GLNVM_ULD_DONE_M;

	/* A global reset that a sibling function or the firmware started resets us as well. */
	ret = global_reset_wait(hw);
	if (ret != 0 || resetting)
		return ret;

	aether_write(hw, PFGEN_CTRL, aether_read(hw, PFGEN_CTRL) | PFGEN_CTRL_PFSWR);
	ret = aether_reg_wait(hw, PFGEN_CTRL, PFGEN_CTRL_PFSWR, 0, timeout_us, POLL_RESET_US);
	return reset_failed(hw, ret, "the end of the PF reset", PFGEN_CTRL, timeout_us);
}

int
aether_reset_pf(struct aether_hw *hw)
{
	const int ret = pf_reset(hw);

	hw->reset_ret = ret == -ENODEV ? 0 : ret;
	return ret;
}

static void
lose(struct aether_hw *hw)
{
	hw->lost = true;
	hw->aq.alive = false;
	hw->link.up = false;
}

/* Section 9.5.3: each kind of reset clears the registers of the admin queue. */
bool
aether_hw_lost(struct aether_hw *hw)
{
	if (!hw->lost && hw->aq.alive &&
	    (aether_read(hw, PF_FW_ATQLEN) & PF_CTLQ_LEN_ENABLE) == 0)
		lose(hw);
	return hw->lost;
}

void
aether_hw_removed(struct aether_hw *hw)
{
	hw->removed = true;
	if (!aether_present(hw))
		lose(hw);
}

bool
aether_hw_reset_announced(struct aether_hw *hw)
{
	if (aether_field(aether_read(hw, GLGEN_RSTAT), GLGEN_RSTAT_DEVSTATE_M) != 0)
		lose(hw);
	return aether_hw_lost(hw);
}

void
aether_reset_leave(struct aether_hw *hw)
{
	if (aether_present(hw))
		aether_reset_pf(hw);
	else
		hw->reset_ret = 0;
}
