/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/*
 * The flash, section 6, read only: this driver never writes it. Access is by the firmware, under
 * a lock that all functions of the card share.
 */

#define NVM_LOCK_US		(5 * 1000 * 1000)
#define NVM_LOCK_HOLD_MS	3000	/* how long we announce to hold it */

static int
nvm_acquire(struct aether_hw *hw, struct aether_res *lock)
{
	int ret;

	*lock = (struct aether_res){
		.id = E810_RES_ID_NVM,
		.access = E810_RES_ACCESS_READ,
		.hold_ms = NVM_LOCK_HOLD_MS,
		.wait_us = hw->timing.nvm_lock_us != 0 ? hw->timing.nvm_lock_us : NVM_LOCK_US,
	};
	ret = aether_res_take(hw, lock);
	if (ret == -EBUSY)
		AETHER_LOG(ERR, hw, "another function of the card holds the flash for more than "
			   "%u ms: a firmware update may be running, try again after it",
			   lock->wait_us / 1000);
	else if (ret != 0)
		AETHER_LOG(ERR, hw, "the flash cannot be locked for reading: %s (firmware: %s)",
			   strerror(-ret), aether_aq_err_name(hw->aq.last_rc));
	return ret;
}

/* Nobody else's read is harmed by ours, so when the time is over it is asked for anew. */
static int
nvm_keep(struct aether_hw *hw, struct aether_res *lock)
{
	return aether_res_held(lock) ? 0 : nvm_acquire(hw, lock);
}

/* One command: may not cross a sector. */
static int
sector_read(struct aether_hw *hw, uint32_t offset, uint16_t len, bool last, void *buf)
{
	struct e810_aqc_nvm cmd = {
		.offset_low = rte_cpu_to_le_16(offset & 0xffff),
		.offset_high = offset >> 16,
		.cmd_flags = last ? E810_NVM_LAST_CMD : 0,
		.length = rte_cpu_to_le_16(len),
	};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_NVM_READ, &cmd);
	return aether_adminq_send(hw, &desc, buf, len, false);
}

static int
locked_read(struct aether_hw *hw, struct aether_res *lock, uint32_t offset, uint32_t len,
	    uint8_t *buf)
{
	while (len > 0) {
		const uint32_t n = RTE_MIN(len, E810_NVM_SECTOR_SIZE -
						offset % E810_NVM_SECTOR_SIZE);
		int ret = nvm_keep(hw, lock);

		if (ret == 0)
			ret = sector_read(hw, offset, n, n == len, buf);
		if (ret != 0)
			return ret;
		buf += n;
		offset += n;
		len -= n;
	}
	return 0;
}

uint32_t
aether_nvm_size(struct aether_hw *hw)
{
	return 1024u << aether_field(aether_read(hw, GLNVM_GENS), GLNVM_GENS_SR_SIZE_M);
}

int
aether_nvm_read(struct aether_hw *hw, uint32_t offset, uint32_t len, void *buf)
{
	const uint32_t size = aether_nvm_size(hw);
	struct aether_res lock;
	int ret;

	if (len == 0 || offset >= size || len > size - offset)
		return -EINVAL;
	ret = nvm_acquire(hw, &lock);
	if (ret != 0)
		return ret;
	ret = locked_read(hw, &lock, offset, len, buf);
	aether_res_release(hw, &lock);
	return ret;
}

static int
word_read(struct aether_hw *hw, struct aether_res *lock, uint32_t word, uint16_t *value)
{
	rte_le16_t raw = 0;
	const int ret = locked_read(hw, lock, 2 * word, sizeof(raw), (uint8_t *)&raw);

	*value = rte_le_to_cpu_16(raw);
	return ret;
}

static int
versions_read(struct aether_hw *hw, struct aether_res *lock)
{
	uint16_t control, starter, lo, hi;
	int ret;

	ret = word_read(hw, lock, E810_SR_CTRL_WORD, &control);
	if (ret != 0)
		return ret;
	if ((control & E810_SR_CTRL_WORD_VALID_M) >> E810_SR_CTRL_WORD_VALID_S != 1) {
		AETHER_LOG(ERR, hw, "the shadow RAM's control word is 0x%04x, bits 7:6 must be 01: "
			   "the flash is blank or damaged, repair it with the vendor's update tool",
			   control);
		return -EBADMSG;
	}
	ret = word_read(hw, lock, E810_SR_NVM_DEV_STARTER_VER, &starter);
	if (ret == 0)
		ret = word_read(hw, lock, E810_SR_NVM_EETRACK_LO, &lo);
	if (ret == 0)
		ret = word_read(hw, lock, E810_SR_NVM_EETRACK_HI, &hi);
	if (ret != 0)
		return ret;
	/* Major in bits 15:12, minor in 7:0, to be printed in hexadecimal. */
	hw->versions.nvm_major = starter >> 12;
	hw->versions.nvm_minor = starter & 0xff;
	hw->versions.eetrack = (uint32_t)hi << 16 | lo;
	return 0;
}

/* The firmware runs from what it loaded, so a wrong sum is worth a word and no refusal. */
static void
checksum_check(struct aether_hw *hw, struct aether_res *lock)
{
	struct e810_aqc_nvm_checksum cmd = {.flags = E810_NVM_CHECKSUM_VERIFY};
	struct e810_aq_desc desc;

	if (nvm_keep(hw, lock) != 0)
		return;
	aether_aq_fill(&desc, E810_AQC_NVM_CHECKSUM, &cmd);
	if (aether_adminq_send(hw, &desc, NULL, 0, false) != 0)
		return;
	aether_aq_params(&desc, &cmd);
	if (rte_le_to_cpu_16(cmd.checksum) != E810_NVM_CHECKSUM_CORRECT)
		AETHER_LOG(WARNING, hw, "the flash's checksum is wrong (firmware says 0x%04x, good "
			   "is 0x%04x): update the card's firmware", rte_le_to_cpu_16(cmd.checksum),
			   E810_NVM_CHECKSUM_CORRECT);
}

int
aether_nvm_read_versions(struct aether_hw *hw)
{
	struct aether_res lock;
	int ret;

	if (!(aether_read(hw, GLNVM_GENS) & GLNVM_GENS_NVM_PRES)) {
		AETHER_LOG(ERR, hw, "the device reports no flash (GLNVM_GENS 0x%08x)",
			   aether_read(hw, GLNVM_GENS));
		return -ENODEV;
	}
	ret = nvm_acquire(hw, &lock);
	if (ret != 0)
		return ret;
	ret = versions_read(hw, &lock);
	if (ret == 0)
		checksum_check(hw, &lock);
	aether_res_release(hw, &lock);
	return ret;
}
