/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef E810_LINK_HW_H
#define E810_LINK_HW_H

/**
 * @file
 * Facts about modules and the health of the link: the memory maps of pluggable modules (SFF-8024,
 * SFF-8472, SFF-8636) as far as the firmware and drivers read them, and the admin commands that
 * report health.
 */

#include "e810_hw.h"

/* ------------------------------------------------------------------ modules ----------------- */

/** Bus addresses, 7 bits: the module's memory; an SFP's second memory (diagnostics). */
#define SFF_I2C_ADDR			0x50
#define SFF_I2C_ADDR_DIAG		0x51
/** Bytes that one address and page show: the lower half is the same on every page. */
#define SFF_HALF			128
#define SFF_MEMORY			256

/** Byte 0: identifier (SFF-8024, table 4-1). */
#define SFF8024_ID_SFP			0x03
#define SFF8024_ID_QSFP_PLUS		0x0D
#define SFF8024_ID_QSFP28		0x11
/** Connectors (SFF-8024, table 4-3). */
#define SFF8024_CONNECTOR_LC		0x07
#define SFF8024_CONNECTOR_MPO_1X12	0x0C
#define SFF8024_CONNECTOR_NONE		0x23	/* no separable connector: a cable assembly */
/** Extended compliance (SFF-8024, table 4-4). */
#define SFF8024_EXT_SR			0x02	/* 100GBASE-SR4 or 25GBASE-SR */
#define SFF8024_EXT_LR			0x03	/* 100GBASE-LR4 or 25GBASE-LR */
#define SFF8024_EXT_CR4			0x0B	/* 100GBASE-CR4, 25GBASE-CR CA-25G-L */
#define SFF8024_EXT_CR_S		0x0C	/* 25GBASE-CR CA-25G-S */

/** SFF-8636: page select stands in the last byte of the lower half. */
enum {
	SFF8636_ID = 0,
	SFF8636_REVISION = 1,
	SFF8636_STATUS = 2,
	SFF8636_LOS = 3,
	SFF8636_TEMPERATURE = 22,
	SFF8636_VOLTAGE = 26,
	SFF8636_RX_POWER = 34,		/* four lanes, 2 bytes each; the next two as well */
	SFF8636_TX_BIAS = 42,
	SFF8636_TX_POWER = 50,
	SFF8636_TX_DISABLE = 86,
	SFF8636_POWER_CONTROL = 93,
	SFF8636_PAGE = 127,
	/* Upper page 00h. */
	SFF8636_ID_UPPER = 128,
	SFF8636_EXT_ID = 129,
	SFF8636_CONNECTOR = 130,
	SFF8636_COMPLIANCE = 131,
	SFF8636_ENCODING = 139,
	SFF8636_BIT_RATE = 140,
	SFF8636_LENGTH_SMF = 142,	/* km */
	SFF8636_LENGTH_OM3 = 143,	/* 2 m */
	SFF8636_LENGTH_OM4 = 146,	/* 2 m; of copper: 1 m */
	SFF8636_TECHNOLOGY = 147,
	SFF8636_VENDOR = 148,
	SFF8636_OUI = 165,
	SFF8636_PART = 168,
	SFF8636_PART_REVISION = 184,
	SFF8636_WAVELENGTH = 186,	/* 0.05 nm; of copper: attenuation */
	SFF8636_MAX_TEMP = 190,
	SFF8636_CC_BASE = 191,		/* sum of 128 to 190 */
	SFF8636_EXT_COMPLIANCE = 192,
	SFF8636_OPTIONS = 195,
	SFF8636_SERIAL = 196,
	SFF8636_DATE = 212,
	SFF8636_DIAG_TYPE = 220,
	SFF8636_LANE_RATE = 222,	/* 250 MBd */
	SFF8636_CC_EXT = 223,		/* sum of 192 to 222 */
};
#define SFF8636_REV_28			0x08
#define SFF8636_STATUS_FLAT		0x04	/* upper page 00h only */
#define SFF8636_PAGE_THRESHOLDS		3
/** Lower half, upper pages 00h to 03h: what drivers show of a QSFP module. */
#define SFF8636_BYTES			640

/** SFF-8472: address A0h. */
enum {
	SFF8472_ID = 0,
	SFF8472_EXT_ID = 1,
	SFF8472_CONNECTOR = 2,
	SFF8472_COMPLIANCE_10G = 3,
	SFF8472_CABLE = 8,
	SFF8472_ENCODING = 11,
	SFF8472_BIT_RATE = 12,		/* 100 MBd; 0xFF: see byte 66 */
	SFF8472_LENGTH_SMF_KM = 14,
	SFF8472_LENGTH_OM4 = 18,	/* 10 m; of copper: 1 m */
	SFF8472_LENGTH_OM3 = 19,	/* 10 m */
	SFF8472_VENDOR = 20,
	SFF8472_EXT_COMPLIANCE = 36,
	SFF8472_OUI = 37,
	SFF8472_PART = 40,
	SFF8472_PART_REVISION = 56,
	SFF8472_WAVELENGTH = 60,	/* nm */
	SFF8472_CC_BASE = 63,		/* sum of 0 to 62 */
	SFF8472_OPTIONS = 64,
	SFF8472_BIT_RATE_250 = 66,	/* 250 MBd */
	SFF8472_SERIAL = 68,
	SFF8472_DATE = 84,
	SFF8472_DIAG_TYPE = 92,
	SFF8472_ENHANCED = 93,
	SFF8472_REVISION = 94,
	SFF8472_CC_EXT = 95,		/* sum of 64 to 94 */
};
#define SFF8472_DIAG_ADDRESS_CHANGE	0x04
#define SFF8472_DIAG_IMPLEMENTED	0x40
/** Address A2h: diagnostics. */
enum {
	SFF8472_D_THRESHOLDS = 0,
	SFF8472_D_CALIBRATION = 56,
	SFF8472_D_CHECKSUM = 95,	/* sum of 0 to 94 */
	SFF8472_D_TEMPERATURE = 96,
	SFF8472_D_VOLTAGE = 98,
	SFF8472_D_TX_BIAS = 100,
	SFF8472_D_TX_POWER = 102,
	SFF8472_D_RX_POWER = 104,
	SFF8472_D_STATUS = 110,
	SFF8472_D_PAGE = 127,
};
#define SFF8472_D_STATUS_RX_LOS		0x02
#define SFF8079_BYTES			256
#define SFF8472_BYTES			512

/* ------------------------------------------------------------------ health ------------------ */

/** 0xFF20: whose reports the function wants as events. */
struct e810_aqc_set_health_config {
	uint8_t event_source;
#define E810_HEALTH_PF			0x01
#define E810_HEALTH_ALL_PF		0x02
#define E810_HEALTH_GLOBAL		0x04
#define E810_HEALTH_SOURCES_M		0x07
	uint8_t reserved[15];
};

/** 0xFF21, buffer: codes of 2 bytes; and 0xFF22, buffer: struct e810_health_elem. */
struct e810_aqc_get_health {
	rte_le16_t count;
	uint8_t reserved[6];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0xFF22, one report. */
struct e810_health_elem {
	rte_le16_t code;
	rte_le16_t source;
#define E810_HEALTH_SOURCE_PF		0x1
#define E810_HEALTH_SOURCE_PORT		0x2
#define E810_HEALTH_SOURCE_GLOBAL	0x3
	rte_le32_t data[2];
#define E810_HEALTH_NO_DATA		0xDEADBEEF
};

enum e810_health_code {
	E810_HEALTH_UNKNOWN_MODULE_STRICT = 0x101,
	E810_HEALTH_MODULE_TYPE = 0x102,
	E810_HEALTH_MODULE_QUALIFICATION = 0x103,
	E810_HEALTH_MODULE_COMMUNICATION = 0x104,
	E810_HEALTH_MODULE_CONFLICT = 0x105,
	E810_HEALTH_MODULE_ABSENT = 0x106,
	E810_HEALTH_MODULE_UNDERUTILIZED = 0x107,
	E810_HEALTH_UNKNOWN_MODULE_LENIENT = 0x108,
	E810_HEALTH_INVALID_LINK_CFG = 0x10B,
	E810_HEALTH_PORT_UNREACHABLE = 0x10D,
	E810_HEALTH_SPEED_MODULE_LIMITED = 0x10F,
	E810_HEALTH_PARALLEL_FAULT = 0x110,
	E810_HEALTH_SPEED_PHY_LIMITED = 0x111,
	E810_HEALTH_LINK_HW_ACCESS = 0x115,
	E810_HEALTH_LINK_RUNTIME = 0x116,
};

#endif /* E810_LINK_HW_H */
