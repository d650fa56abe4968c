/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The module's memory, as a driver reads it: SFF-8636 and SFF-8472. Offsets are the standards',
 * written out here, not those of the header that the model uses. */

#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"

#define QSFP	0
#define SFP	E810_DEV_ID_XXV_SFP

static struct host host;

static void
plug(uint16_t device, const char *media, uint32_t mbps)
{
	const struct aether_model_conf conf = {
		.name = "module", .device_id = device, .media = media, .speed_mbps = mbps,
	};

	host_open(&host, &conf);
	host_aq_start(&host);
}

/** page -1: leave it. @return the firmware's answer */
static int
sff(uint8_t addr, int page, uint16_t at, uint8_t *buf, uint16_t len)
{
	struct e810_aqc_sff_eeprom cmd = {
		.i2c_bus_addr = addr | (page >= 0 ? 0x0800 : 0),
		.i2c_mem_addr = at,
		.eeprom_page = page >= 0 ? page << 8 : 0,
	};

	return host_aq(&host, E810_AQC_SFF_EEPROM, &cmd, buf, len, true);
}

static int
sff_write(uint8_t addr, uint16_t at, uint8_t value)
{
	struct e810_aqc_sff_eeprom cmd = { .i2c_bus_addr = addr | 0x8000, .i2c_mem_addr = at };

	return host_aq(&host, E810_AQC_SFF_EEPROM, &cmd, &value, 1, true);
}

static void
read_all(uint8_t addr, int page, uint8_t memory[256])
{
	assert_int_equal(sff(addr, page, 0, memory, 256), 0);
}

static uint8_t
sum(const uint8_t *from, unsigned int n)
{
	uint8_t total = 0;

	while (n-- > 0)
		total += *from++;
	return total;
}

static unsigned int
be16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static void
qsfp_copper(void **state)
{
	uint8_t memory[256];

	RTE_SET_USED(state);
	plug(QSFP, NULL, 0);
	read_all(0x50, -1, memory);
	assert_int_equal(memory[0], 0x11);
	assert_int_equal(memory[1], 0x08);
	assert_int_equal(memory[2] & 4, 4);	/* flat: there is but one upper page */
	assert_int_equal(memory[128], 0x11);
	assert_int_equal(memory[130], 0x23);
	assert_memory_equal(memory + 148, "Aether model    ", 16);
	assert_int_equal(memory[191], sum(memory + 128, 63));
	assert_int_equal(memory[192], 0x0B);	/* 100GBASE-CR4 */
	assert_int_equal(memory[223], sum(memory + 192, 31));
	assert_int_equal(be16(memory + 22), 0);	/* copper has no thermometer */
	assert_int_equal(sff(0x51, -1, 0, memory, 8), E810_AQ_RC_ENXIO);
	assert_int_equal(sff(0x50, -1, 250, memory, 8), E810_AQ_RC_EINVAL);
	assert_int_equal(sff(0x50, -1, UINT16_MAX, memory, 1), E810_AQ_RC_EINVAL);
	host_close(&host);
}

static void
qsfp_optics(void **state)
{
	uint8_t memory[256];

	RTE_SET_USED(state);
	plug(QSFP, "sr", 0);
	read_all(0x50, 0, memory);
	assert_int_equal(memory[2] & 4, 0);
	assert_int_equal(memory[129] >> 6, 3);		/* power class 4 */
	assert_int_equal(memory[130], 0x0C);
	assert_int_equal(memory[192], 0x02);		/* 100GBASE-SR4 */
	assert_int_equal(be16(memory + 186), 850 * 20);
	assert_int_equal(memory[191], sum(memory + 128, 63));
	assert_int_equal(memory[3] & 0x0F, 0);
	assert_in_range(be16(memory + 22), 20 * 256, 60 * 256);
	assert_in_range(be16(memory + 26), 30000, 36000);
	assert_int_not_equal(be16(memory + 34), 0);	/* light of lane 1, in and out */
	assert_int_not_equal(be16(memory + 50), 0);
	/* Thresholds are on page 3 and hold what is measured. */
	read_all(0x50, 3, memory);
	assert_int_equal(memory[127], 3);
	assert_true(be16(memory + 128) > be16(memory + 22));
	assert_true(be16(memory + 130) < be16(memory + 22));
	assert_true(be16(memory + 176) > be16(memory + 34));
	/* It stays selected; a page that is not there is page 0. */
	read_all(0x50, -1, memory);
	assert_int_equal(memory[127], 3);
	read_all(0x50, 9, memory);
	assert_int_equal(memory[127], 0);
	assert_int_equal(memory[128], 0x11);
	host_close(&host);

	plug(QSFP, "lr", 40000);
	read_all(0x50, 0, memory);
	assert_int_equal(memory[131], 0x02);		/* 40GBASE-LR4 */
	assert_int_equal(memory[142], 10);		/* km */
	host_close(&host);
}

/** The diagnostics are those of this link. */
static void
dark(void **state)
{
	struct e810_aqc_set_phy_cfg cmd = {0};
	struct e810_aqc_phy_cfg off = { .caps = E810_PHY_ENA_AUTO_LINK_UPDT };
	uint8_t memory[256];

	RTE_SET_USED(state);
	plug(QSFP, "sr", 0);
	assert_int_equal(host_aq(&host, E810_AQC_SET_PHY_CFG, &cmd, &off, sizeof(off), true), 0);
	read_all(0x50, 0, memory);
	assert_int_equal(be16(memory + 50), 0);
	assert_int_equal(be16(memory + 42), 0);
	host_close(&host);
}

static void
writes(void **state)
{
	uint8_t memory[256];

	RTE_SET_USED(state);
	plug(QSFP, "sr", 0);
	assert_int_equal(sff_write(0x50, 0, 0), E810_AQ_RC_EACCES);
	assert_int_equal(sff_write(0x50, 150, 'x'), E810_AQ_RC_EACCES);
	assert_int_equal(sff_write(0x50, 127, 3), 0);
	assert_int_equal(sff_write(0x50, 86, 0x02), 0);		/* lane 2 off */
	read_all(0x50, -1, memory);
	assert_int_equal(memory[127], 3);
	assert_int_equal(memory[86], 0x02);
	assert_int_not_equal(be16(memory + 50), 0);
	assert_int_equal(be16(memory + 52), 0);
	host_close(&host);
}

static void
sfp(void **state)
{
	uint8_t memory[256];

	RTE_SET_USED(state);
	plug(SFP, "lr", 0);
	read_all(0x50, -1, memory);
	assert_int_equal(memory[0], 0x03);
	assert_int_equal(memory[2], 0x07);		/* LC */
	assert_int_equal(memory[36], 0x03);		/* 25GBASE-LR */
	assert_int_equal(memory[63], sum(memory, 63));
	assert_int_equal(memory[95], sum(memory + 64, 31));
	assert_int_equal(memory[92] & 0x44, 0x40);	/* diagnostics, no address change */
	assert_int_equal(be16(memory + 60), 1310);
	read_all(0x51, -1, memory);
	assert_int_equal(memory[95], sum(memory, 95));
	assert_in_range(be16(memory + 96), 20 * 256, 60 * 256);
	assert_int_not_equal(be16(memory + 104), 0);
	assert_int_equal(memory[110] & 2, 0);
	host_close(&host);

	plug(SFP, "dac", 0);
	read_all(0x50, -1, memory);
	assert_int_equal(memory[8] & 4, 4);		/* passive copper */
	assert_int_equal(memory[92], 0);
	assert_int_equal(sff(0x51, -1, 0, memory, 8), E810_AQ_RC_ENXIO);
	host_close(&host);
}

static void
absent(void **state)
{
	struct e810_aqc_get_phy_caps cmd = { .param0 = E810_PHY_REPORT_TOPO_MEDIA };
	struct e810_aqc_phy_caps caps;
	uint8_t byte;

	RTE_SET_USED(state);
	plug(QSFP, "none", 0);
	assert_int_equal(sff(0x50, -1, 0, &byte, 1), E810_AQ_RC_ENXIO);
	assert_int_equal(host_aq(&host, E810_AQC_GET_PHY_CAPS, &cmd, &caps, sizeof(caps), false),
			 0);
	assert_int_equal(caps.phy_type_low, 0);
	assert_int_equal(caps.module_type[0], 0);
	cmd = (struct e810_aqc_get_phy_caps){ .param0 = E810_PHY_REPORT_TOPO_NO_MEDIA };
	assert_int_equal(host_aq(&host, E810_AQC_GET_PHY_CAPS, &cmd, &caps, sizeof(caps), false),
			 0);
	assert_true((caps.phy_type_low & E810_PHY_LOW_100GBASE_SR4) != 0);
	assert_true((caps.phy_type_low & E810_PHY_LOW_100GBASE_CR4) != 0);
	host_close(&host);

	plug(E810_DEV_ID_C_BACKPLANE, NULL, 0);
	assert_int_equal(sff(0x50, -1, 0, &byte, 1), E810_AQ_RC_ENXIO);
	host_close(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qsfp_copper), cmocka_unit_test(qsfp_optics),
		cmocka_unit_test(dark), cmocka_unit_test(writes), cmocka_unit_test(sfp),
		cmocka_unit_test(absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
