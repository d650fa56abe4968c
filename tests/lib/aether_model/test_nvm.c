/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* NVM: what a driver finds in the flash, and that nobody can write it. */

#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"

#define SR_BYTES	(64 * 1024)

static int
nvm_read(struct host *host, uint16_t module, uint32_t offset, uint16_t len, bool flash, void *out)
{
	uint8_t buf[4096];
	struct e810_aqc_nvm cmd = {
		.offset_low = offset & 0xFFFF, .offset_high = offset >> 16,
		.cmd_flags = E810_NVM_LAST_CMD | (flash ? E810_NVM_FLASH_ONLY : 0),
		.module_typeid = module, .length = len,
	};
	int rc;

	memset(buf, 0, sizeof(buf));
	rc = host_aq(host, E810_AQC_NVM_READ, &cmd, buf, RTE_MAX(len, (uint16_t)1), false);
	if (rc == 0) {
		assert_int_equal(host->answer.datalen, len);
		memcpy(out, buf, len);
	}
	return rc;
}

static uint16_t
sr_word(struct host *host, uint16_t at)
{
	uint16_t value = 0;

	assert_int_equal(nvm_read(host, 0, 2 * at, 2, false, &value), 0);
	return value;
}

static uint16_t
flash_word(struct host *host, uint32_t offset)
{
	uint16_t value = 0;

	assert_int_equal(nvm_read(host, 0, offset, 2, true, &value), 0);
	return value;
}

static uint32_t
sr_pointer(struct host *host, uint16_t at)
{
	uint16_t value = sr_word(host, at);

	return value & E810_SR_PTR_4KB_UNITS ? (value & 0x7FFFu) * 4096 : 2u * value;
}

static void
control_word_and_checksum(void **state)
{
	struct e810_aqc_nvm_checksum check = { .flags = E810_NVM_CHECKSUM_VERIFY };
	struct host *host = *state;
	uint16_t page[2048], sum = 0;
	unsigned int at, i;

	assert_int_equal((sr_word(host, E810_SR_CTRL_WORD) & E810_SR_CTRL_WORD_VALID_M) >>
			 E810_SR_CTRL_WORD_VALID_S, 1);
	for (at = 0; at < SR_BYTES; at += 4096) {
		assert_int_equal(nvm_read(host, 0, at, 4096, false, page), 0);
		for (i = 0; i < 2048; i++)
			sum += page[i];
	}
	assert_int_equal(sum, E810_SR_CHECKSUM_BASE);
	assert_int_equal(host_aq(host, E810_AQC_NVM_CHECKSUM, &check, NULL, 0, false), 0);
	assert_int_equal(check.checksum, E810_NVM_CHECKSUM_CORRECT);
	check.flags = 0x02;	/* recalculate: would write */
	assert_int_equal(host_aq(host, E810_AQC_NVM_CHECKSUM, &check, NULL, 0, false),
			 E810_AQ_RC_EPERM);
}

static void
flash_size(void **state)
{
	struct host *host = *state;
	uint32_t low = 0, high = E810_NVM_MAX_OFFSET + 1;
	uint8_t byte;
	int rc;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		rc = nvm_read(host, 0, middle, 1, true, &byte);
		assert_true(rc == 0 || rc == E810_AQ_RC_EINVAL);
		if (rc == 0)
			low = middle;
		else
			high = middle;
	}
	assert_int_equal(high, 8 << 20);
	/* Where nothing is, flash is erased. */
	assert_int_equal(nvm_read(host, 0, low, 1, true, &byte), 0);
	assert_int_equal(byte, 0xFF);
}

static void
nvm_bank(void **state)
{
	struct host *host = *state;
	uint32_t bank = sr_pointer(host, E810_SR_1ST_NVM_BANK_PTR);
	uint32_t size = sr_word(host, E810_SR_NVM_BANK_SIZE) * 4096u;
	uint32_t words, copy;

	assert_true(bank >= SR_BYTES && bank + 2 * size <= 8u << 20);
	words = (flash_word(host, bank + 4) | flash_word(host, bank + 6) << 16) * 2 + 8;
	copy = bank + 2 * RTE_ALIGN_CEIL(words, 32);
	assert_int_equal(flash_word(host, copy + 2 * E810_SR_NVM_DEV_STARTER_VER),
			 sr_word(host, E810_SR_NVM_DEV_STARTER_VER));
	assert_int_equal(flash_word(host, copy + 2 * E810_SR_NVM_EETRACK_LO),
			 sr_word(host, E810_SR_NVM_EETRACK_LO));
	assert_int_not_equal(sr_word(host, E810_SR_NVM_EETRACK_HI), 0);
	/* Offsets from a module's own start give the same. */
	assert_int_equal(nvm_read(host, E810_SR_1ST_NVM_BANK_PTR, 4, 2, false, &words), 0);
	assert_int_equal(words & 0xFFFF, flash_word(host, bank + 4));
	assert_int_equal(nvm_read(host, 0x20, 0, 2, false, &words), E810_AQ_RC_ENOENT);
	assert_int_equal(nvm_read(host, UINT16_MAX, 0, 2, false, &words), E810_AQ_RC_ENOENT);
}

static void
option_rom(void **state)
{
	struct host *host = *state;
	uint32_t bank = sr_pointer(host, E810_SR_1ST_OROM_BANK_PTR);
	uint32_t size = sr_word(host, E810_SR_OROM_BANK_SIZE) * 4096u;
	uint8_t civd[74], sum = 0;
	uint32_t at;
	unsigned int i;

	for (at = 0; at < size; at += 512) {
		assert_int_equal(nvm_read(host, 0, bank + at, sizeof(civd), true, civd), 0);
		if (memcmp(civd, "$CIV", 4) == 0)
			break;
	}
	assert_true(at < size);
	for (i = 0; i < sizeof(civd); i++)
		sum += civd[i];
	assert_int_equal(sum, 0);
	assert_true(civd[9] > 0 && civd[9] <= 32);
}

static void
netlist(void **state)
{
	struct host *host = *state;
	uint32_t bank = sr_pointer(host, E810_SR_NETLIST_BANK_PTR);

	assert_int_equal(flash_word(host, bank), 0x011B);
	assert_true(flash_word(host, bank + 4) >= 0x30);
}

static void
part_number(void **state)
{
	struct host *host = *state;
	uint16_t pfa = sr_word(host, E810_SR_PFA_PTR);
	uint16_t end = pfa + sr_word(host, pfa) - 1;
	uint16_t at = pfa + 1, len;
	char text[33] = "";
	unsigned int i;

	while (at < end && sr_word(host, at) != E810_SR_PBA_BLOCK_PTR)
		at += 2 + sr_word(host, at + 1);
	assert_true(at < end);
	len = sr_word(host, at + 2);
	assert_true(len > 1 && len <= sr_word(host, at + 1) && len <= 16);
	for (i = 0; i < len - 1u; i++) {
		text[2 * i] = sr_word(host, at + 3 + i) >> 8;
		text[2 * i + 1] = sr_word(host, at + 3 + i) & 0xFF;
	}
	assert_string_equal(text, "M12345-001");
}

/** Preserved fields are modules, too: Linux's devlink reads one by its type. */
static void
preserved_modules(void **state)
{
	struct host *host = *state;
	uint8_t out[4];

	assert_int_equal(nvm_read(host, E810_PFA_TX_TOPO, 0, sizeof(out), false, out), 0);
	assert_memory_equal(out, "\x01\x00\x00\x00", sizeof(out));
	assert_int_equal(nvm_read(host, 0x14C, 0, sizeof(out), false, out), E810_AQ_RC_ENOENT);
	/* No port wakes the host. */
	assert_int_equal(sr_word(host, E810_SR_WOL_CFG), 0xFFFF);
}

static void
bad_reads(void **state)
{
	struct host *host = *state;
	uint8_t out[4096];

	/* Beyond the shadow RAM, across a sector, nothing, more than the buffer. */
	assert_int_equal(nvm_read(host, 0, SR_BYTES, 2, false, out), E810_AQ_RC_EINVAL);
	assert_int_equal(nvm_read(host, 0, SR_BYTES - 1, 2, false, out), E810_AQ_RC_EINVAL);
	assert_int_equal(nvm_read(host, 0, 4095, 2, true, out), E810_AQ_RC_EINVAL);
	assert_int_equal(nvm_read(host, 0, 0, 0, true, out), E810_AQ_RC_EINVAL);
	assert_int_equal(nvm_read(host, 0, 0xFFFFFF, 1, true, out), E810_AQ_RC_EINVAL);
	{
		struct e810_aqc_nvm cmd = { .length = 4096 };

		assert_int_equal(host_aq(host, E810_AQC_NVM_READ, &cmd, out, 100, false),
				 E810_AQ_RC_EINVAL);
	}
}

static void
writes_are_refused(void **state)
{
	struct host *host = *state;
	uint16_t before = sr_word(host, E810_SR_NVM_EETRACK_LO);
	struct e810_aqc_nvm cmd = { .offset_low = 2 * E810_SR_NVM_EETRACK_LO, .length = 2 };
	uint16_t zero = 0;

	assert_int_equal(host_aq(host, E810_AQC_NVM_WRITE, &cmd, &zero, 2, true), E810_AQ_RC_EPERM);
	assert_int_equal(host_aq(host, E810_AQC_NVM_ERASE, &cmd, NULL, 0, false), E810_AQ_RC_EPERM);
	assert_int_equal(host_aq(host, E810_AQC_NVM_WRITE_ACTIVATE, &cmd, NULL, 0, false),
			 E810_AQ_RC_EPERM);
	assert_int_equal(sr_word(host, E810_SR_NVM_EETRACK_LO), before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)
		T(control_word_and_checksum), T(flash_size), T(nvm_bank), T(option_rom),
		T(netlist), T(part_number), T(preserved_modules), T(bad_reads), T(writes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
