/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <e810_link_hw.h>

#include "aether_internal.h"

/*
 * The pluggable module's memory, read only, over the two-wire bus that the firmware owns. The
 * firmware uses the bus itself, so a read may find it busy.
 */

/** Bytes a command: what other drivers of the E810 ask for. */
#define BLOCK		8
#define BUSY_TRIES	4
#define BUSY_SLEEP_US	2000

static int
block_read(struct aether_hw *hw, uint8_t addr, int page, uint16_t at, void *buf, uint16_t len)
{
	struct e810_aqc_sff_eeprom cmd = {
		.lport_num = hw->lport,
		.lport_num_valid = 1,
		.i2c_bus_addr = rte_cpu_to_le_16(addr |
						 (page >= 0 ? 1 << E810_SFF_SET_PAGE_S : 0)),
		.i2c_mem_addr = rte_cpu_to_le_16(at),
		.eeprom_page = rte_cpu_to_le_16(page >= 0 ? page << 8 : 0),
	};
	struct e810_aq_desc desc;
	unsigned int i;
	int ret;

	for (i = 0; i < BUSY_TRIES; i++) {
		aether_aq_fill(&desc, E810_AQC_SFF_EEPROM, &cmd);
		ret = aether_adminq_try(hw, &desc, buf, len, true);
		if (ret != -EBUSY)
			break;
		rte_delay_us_sleep(BUSY_SLEEP_US);
	}
	return ret;
}

int
aether_module_read(struct aether_hw *hw, uint8_t addr, int page, uint16_t at, void *buf,
		   uint16_t len)
{
	uint8_t *out = buf;

	if (at >= SFF_MEMORY || len > SFF_MEMORY - at)
		return -EINVAL;
	while (len > 0) {
		/* The other half is another memory: a block does not cross into it. */
		const uint16_t n = RTE_MIN(RTE_MIN(len, BLOCK), SFF_HALF - at % SFF_HALF);
		uint8_t block[BLOCK] = {0};
		const int ret = block_read(hw, addr, page, at, block, n);

		if (ret != 0)
			return ret;
		memcpy(out, block, n);
		out += n;
		at += n;
		len -= n;
	}
	return 0;
}
