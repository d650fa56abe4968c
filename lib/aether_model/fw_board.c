/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The board around the chip: what its netlist has, how ports may be split, sensors, SerDes and the
 * registers that only the sideband network reaches. It is a plain adapter: a cage a port, and no
 * controller, clock or multiplexer that software could reach.
 */

#include <stddef.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_card.h"

#define CAGE_HANDLE		0x0010	/* and the port's number */
#define TEMPERATURE		46	/* degrees Celsius: a card at work in a server */
#define TEMPERATURE_WARNING	95
#define TEMPERATURE_CRITICAL	105
#define TEMPERATURE_FATAL	110
#define SERDES_LANES		8

/** The one node that a port has: its cage. Backplanes have none. */
static bool
find_node(const struct fw_cmd *cmd, const struct e810_aqc_link_topo *want)
{
	const unsigned int type = want->node_type_ctx & E810_TOPO_TYPE_M;
	const unsigned int ctx = want->node_type_ctx >> E810_TOPO_CTX_S;

	if (fw_module_is_backplane(cmd->model))
		return false;
	if (ctx == E810_TOPO_CTX_NODE_HANDLE)
		return rte_le_to_cpu_16(want->handle) == CAGE_HANDLE + cmd->model->lport;
	if ((want->lport_num_valid & 1) != 0 && want->lport_num != cmd->model->lport)
		return false;
	return type == E810_TOPO_TYPE_CAGE && ctx == E810_TOPO_CTX_PORT && want->index == 0;
}

static enum e810_aq_err
get_link_topo(struct fw_cmd *cmd)
{
	struct e810_aqc_link_topo *topo = &cmd->p.topo;

	if (!find_node(cmd, topo))
		return E810_AQ_RC_ENXIO;
	topo->handle = rte_cpu_to_le_16(CAGE_HANDLE + cmd->model->lport);
	topo->part_number = fw_module_is_qsfp(cmd->model) ? E810_TOPO_PART_QSFP28 :
			    E810_TOPO_PART_SFP28;
	return E810_AQ_RC_OK;
}

static uint8_t
lane_speed(uint32_t mbps)
{
	switch (mbps) {
	case 10000:
		return E810_PORT_OPT_10G;
	case 25000:
		return E810_PORT_OPT_25G;
	case 40000:
		return E810_PORT_OPT_40G;
	case 50000:
		return E810_PORT_OPT_50G;
	default:
		return E810_PORT_OPT_100G;
	}
}

/** One way to use the cages, and it is in force: no port can be split. */
static enum e810_aq_err
get_port_options(struct fw_cmd *cmd)
{
	struct e810_aqc_port_options *req = &cmd->p.port_options;
	const unsigned int lport = (req->lport_num_valid & 1) != 0 ? req->lport_num :
				   cmd->model->lport;
	const uint8_t ports = model_card_functions(cmd->model);	/* a function has one each */
	struct e810_port_option *option = (void *)cmd->buf;

	if (lport >= E810_MAX_PORTS)
		return E810_AQ_RC_EINVAL;
	memset(option, 0, sizeof(*option));
	option->pmds = __builtin_popcount(ports);
	option->max_lane_speed = (ports & E810_BIT(lport)) != 0 ?
				 lane_speed(cmd->model->conf.speed_mbps) : E810_PORT_OPT_NONE;
	req->count = 1;
	req->innermost_phy = 0;
	req->active = E810_PORT_OPT_VALID;
	req->pending = 0;
	cmd->resp_len = sizeof(*option);
	return E810_AQ_RC_OK;
}

/** The option in force may be chosen again; there is no other. */
static enum e810_aq_err
set_port_option(struct fw_cmd *cmd)
{
	return cmd->p.raw[2] == 0 ? E810_AQ_RC_OK : E810_AQ_RC_EINVAL;
}

static enum e810_aq_err
get_sensor(struct fw_cmd *cmd)
{
	const struct e810_sensor_temp temp = {
		.temp = TEMPERATURE, .warning = TEMPERATURE_WARNING,
		.critical = TEMPERATURE_CRITICAL, .fatal = TEMPERATURE_FATAL,
	};

	RTE_BUILD_BUG_ON(sizeof(temp) != sizeof(cmd->p.raw));
	if (cmd->p.sensor.sensor != E810_SENSOR_INTERNAL_TEMP || cmd->p.sensor.format != 0)
		return E810_AQ_RC_EINVAL;
	memcpy(cmd->p.raw, &temp, sizeof(temp));
	return E810_AQ_RC_OK;
}

/** Equalisation of a SerDes: a wire here has no loss, so that every coefficient stays 0. */
static enum e810_aq_err
dnl_call(struct fw_cmd *cmd)
{
	struct e810_dnl_equalization *call = (void *)cmd->buf;
	const uint16_t op = rte_le_to_cpu_16(call->op_serdes);

	if (rte_le_to_cpu_16(cmd->p.dnl.activity) != E810_DNL_SERDES_EQUALIZATION)
		return E810_AQ_RC_ENOENT;
	if (((op & E810_DNL_OP_M) != E810_DNL_OP_RX && (op & E810_DNL_OP_M) != E810_DNL_OP_TX) ||
	    (op & E810_DNL_SERDES_M) >= SERDES_LANES)
		return E810_AQ_RC_EINVAL;
	memset(call, 0, sizeof(*call));
	cmd->resp_len = sizeof(*call);
	return E810_AQ_RC_OK;
}

/** The counters of FEC blocks can be read; no bit is ever wrong, so that they stay 0. */
static enum e810_aq_err
neighbour(struct fw_cmd *cmd)
{
	const struct e810_sideband_req *req = (const void *)cmd->buf;
	const uint32_t receiver = rte_le_to_cpu_32(req->addr_high);
	struct e810_sideband_resp resp = {
		.dest = req->src, .src = req->dest, .opcode = req->opcode,
	};

	if (req->dest != E810_SIDEBAND_RMN_0 || req->opcode != E810_SIDEBAND_READ ||
	    (receiver != E810_SIDEBAND_PCS_0 && receiver != E810_SIDEBAND_PCS_1)) {
		MODEL_LOG(INFO, cmd->model, "sideband %s of 0x%04x at 0x%x refused: only the FEC "
			  "counters can be read",
			  req->opcode == E810_SIDEBAND_READ ? "read" : "write",
			  rte_le_to_cpu_16(req->addr_low), receiver);
		return E810_AQ_RC_EINVAL;
	}
	memcpy(cmd->buf, &resp, sizeof(resp));
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_board_opcodes[] = {
	{ E810_AQC_GET_LINK_TOPO, 0, 0, "Get Link Topology", get_link_topo },
	{ E810_AQC_GET_PORT_OPTIONS, FW_BUF, sizeof(struct e810_port_option), "Get Port Options",
	  get_port_options },
	{ E810_AQC_SET_PORT_OPTION, 0, 0, "Set Port Option", set_port_option },
	{ E810_AQC_GET_SENSOR, 0, 0, "Get Sensor Reading", get_sensor },
	{ E810_AQC_DNL_CALL, FW_RD, sizeof(struct e810_dnl_equalization), "DNL Call", dnl_call },
	{ E810_AQC_NEIGHBOUR_REQ, FW_RD, offsetof(struct e810_sideband_req, data),
	  "Neighbour Device Request", neighbour },
	{ 0, 0, 0, NULL, NULL },
};
