/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef E810_MGMT_HW_H
#define E810_MGMT_HW_H

/**
 * @file
 * Facts about the admin commands that manage the board rather than move packets: firmware logs,
 * link topology, port options, sensors, SerDes and sideband registers, the transmit topology.
 */

#include "e810_hw.h"

/* ------------------------------------------------------------------ firmware log ------------ */

/** 0xFF30 (configure), 0xFF31 (register), 0xFF32 (query) and 0xFF33 (event). */
struct e810_aqc_fw_log {
	uint8_t flags;
#define E810_FW_LOG_CFG_UART		0x01	/* 0xFF30, and the answer of 0xFF32 */
#define E810_FW_LOG_CFG_AQ		0x02
#define E810_FW_LOG_CFG_REGISTERED	0x04	/* answer only */
#define E810_FW_LOG_CFG_VALID		0x08	/* 0xFF30: the buffer counts */
#define E810_FW_LOG_REGISTER		0x01	/* 0xFF31; clear: no more events */
#define E810_FW_LOG_QUERY		0x04	/* 0xFF32 */
	uint8_t resp_flags;
	rte_le16_t time_high;
	rte_le16_t resolution;			/* 0xFF33: lines an event; time, low half */
	rte_le16_t modules;			/* entries in the buffer */
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};
#define E810_FW_LOG_MAX_RESOLUTION	128

/** 0xFF30 and 0xFF32, buffer: one a module. */
struct e810_fw_log_entry {
	rte_le16_t module;
	uint8_t level;
#define E810_FW_LOG_NONE		0
#define E810_FW_LOG_ERROR		1
#define E810_FW_LOG_WARNING		2
#define E810_FW_LOG_NORMAL		3
#define E810_FW_LOG_VERBOSE		4
	uint8_t reserved;
};
#define E810_FW_LOG_MODULES		32
#define E810_FW_LOG_MODULE_LINK		2
#define E810_FW_LOG_MODULE_XLR		13	/* resets */

/* ------------------------------------------------------------------ board ------------------- */

/** 0x06E0: a node by its type, context and index, or by its handle. */
struct e810_aqc_link_topo {
	uint8_t lport_num;
	uint8_t lport_num_valid;
	uint8_t node_type_ctx;
#define E810_TOPO_TYPE_M		0x0F
#define E810_TOPO_TYPE_PHY		0
#define E810_TOPO_TYPE_CAGE		6
#define E810_TOPO_CTX_S			4
#define E810_TOPO_CTX_GLOBAL		0
#define E810_TOPO_CTX_BOARD		1
#define E810_TOPO_CTX_PORT		2
#define E810_TOPO_CTX_NODE		3
#define E810_TOPO_CTX_NODE_HANDLE	4
	uint8_t index;
	rte_le16_t handle;
	uint8_t part_number;			/* response */
#define E810_TOPO_PART_SFP28		0x12
#define E810_TOPO_PART_QSFP28		0x14
	uint8_t rsvd[9];
};

/** 0x06EA; the buffer holds the options. */
struct e810_aqc_port_options {
	uint8_t lport_num;
	uint8_t lport_num_valid;
	uint8_t count;
	uint8_t innermost_phy;
	uint8_t active;
	uint8_t pending;
#define E810_PORT_OPT_INDEX_M		0x0F
#define E810_PORT_OPT_VALID		0x80	/* of active and pending */
	uint8_t rsvd[2];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

struct e810_port_option {
	uint8_t pmds;				/* ports that the cage is split into */
	uint8_t max_lane_speed;
#define E810_PORT_OPT_10G		4
#define E810_PORT_OPT_25G		5
#define E810_PORT_OPT_50G		6
#define E810_PORT_OPT_100G		7
#define E810_PORT_OPT_40G		9
#define E810_PORT_OPT_NONE		0x0F	/* nothing is on this logical port */
	uint8_t global_scid[2];
	uint8_t phy_scid[2];
	uint8_t pf2port_cid[2];
};

/** 0x0632. */
struct e810_aqc_sensor {
	uint8_t sensor;
#define E810_SENSOR_INTERNAL_TEMP	0
	uint8_t format;
	uint8_t reserved[6];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** 0x0632, answer for the temperature, degrees Celsius. */
struct e810_sensor_temp {
	int8_t temp;
	uint8_t warning, critical, fatal;
	uint8_t reserved[12];
};

/** 0x0682: run one of the firmware's link programs on four words. */
struct e810_aqc_dnl_call {
	uint8_t ctx;
	uint8_t reserved;
	rte_le16_t activity;
#define E810_DNL_SERDES_EQUALIZATION	0x1129
	rte_le32_t reserved1;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

/** Of E810_DNL_SERDES_EQUALIZATION; the first word of the answer is the coefficient, signed. */
struct e810_dnl_equalization {
	rte_le16_t coefficient;
	rte_le16_t op_serdes;
#define E810_DNL_SERDES_M		0x000F
#define E810_DNL_OP_M			0xFFF0
#define E810_DNL_OP_RX			0x0090
#define E810_DNL_OP_TX			0x0100
	rte_le32_t reserved[3];
};

/** 0x0C00: a register of another block of the chip, by the sideband network. */
struct e810_aqc_neighbour {
	rte_le16_t len;
	uint8_t reserved[6];
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

struct e810_sideband_req {
	uint8_t dest;
#define E810_SIDEBAND_RMN_0		0x02
	uint8_t src;
	uint8_t opcode;
#define E810_SIDEBAND_READ		0
#define E810_SIDEBAND_WRITE		1
	uint8_t flags;
	uint8_t sbe_fbe;
	uint8_t function;
	rte_le16_t addr_low;
	rte_le32_t addr_high;			/* the receiver */
#define E810_SIDEBAND_PCS_0		0x330	/* PCS of the quads: counters of FEC blocks */
#define E810_SIDEBAND_PCS_1		0x340
	rte_le32_t data;			/* of a write; a read ends before it */
};

struct e810_sideband_resp {
	uint8_t dest, src, opcode, flags;
	rte_le32_t data;
};

/* ------------------------------------------------------------------ transmit topology ------- */

/** 0x0417 (set) and 0x0418 (get). */
struct e810_aqc_tx_topo {
	uint8_t set_flags;			/* and the answer of get */
#define E810_TX_TOPO_CORER		0x01
#define E810_TX_TOPO_SRC_RAM		0x02
#define E810_TX_TOPO_LOAD_NEW		0x10	/* not the default topology of nine layers */
#define E810_TX_TOPO_ISSUED		0x20	/* a function has set it already */
	uint8_t get_flags;
	rte_le16_t reserved1;
	rte_le32_t reserved2;
	rte_le32_t addr_high;
	rte_le32_t addr_low;
};

#endif /* E810_MGMT_HW_H */
