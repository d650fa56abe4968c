/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Capabilities of the function and of the device.
 */

#include <rte_byteorder.h>

#include "e810_mgmt_hw.h"
#include "model_card.h"

/** A driver subtracts Ethernet overhead by itself; this is what the E810 reports. */
#define MAX_MTU			9702
#define PF_LUT_SIZE		2048
#define PF_LUT_WIDTH		9
#define MAX_TC			8
#define NVM_MGMT_UPDATE_DISABLED	0x2

struct cap {
	uint16_t id;
	uint32_t number, logical, phys;
};

/** @param shares of the device: 1 for what the function was promised, or all functions' */
static unsigned int
caps_common(struct aether_model *model, struct cap *cap, unsigned int shares)
{
	unsigned int msix = RTE_MIN(MODEL_MSIX * shares, E810_MAX_MSIX);
	unsigned int n = 0;

	cap[n++] = (struct cap){ E810_CAP_VALID_FUNCTIONS, model_card_functions(model), 0, 0 };
	cap[n++] = (struct cap){ E810_CAP_DCB, 1, 1, MAX_TC };
	cap[n++] = (struct cap){ E810_CAP_RSS, PF_LUT_SIZE, PF_LUT_WIDTH, 0 };
	cap[n++] = (struct cap){ E810_CAP_RXQS, MODEL_RX_QUEUES * shares, 0, 0 };
	cap[n++] = (struct cap){ E810_CAP_TXQS, MODEL_TX_QUEUES * shares, 0, 0 };
	cap[n++] = (struct cap){ E810_CAP_MSIX, msix, 0, 0 };
	cap[n++] = (struct cap){ E810_CAP_FD, MODEL_FD_GUARANTEED + MODEL_FD_SHARED, 0, 0 };
	cap[n++] = (struct cap){ E810_CAP_MAX_MTU, MAX_MTU, 0, 0 };
	cap[n++] = (struct cap){ E810_CAP_PCIE_RESET_AVOIDANCE, 1, 0, 0 };
	/* NVM writes are refused, and this is how a device says so. */
	cap[n++] = (struct cap){ E810_CAP_NVM_MGMT, NVM_MGMT_UPDATE_DISABLED, 0, 0 };
	cap[n++] = (struct cap){ E810_CAP_TX_TOPO, 1, 0, 0 };
	if (model->conf.rdma)
		cap[n++] = (struct cap){ E810_CAP_RDMA, 1, 0, 0 };
	cap[n++] = (struct cap){ E810_CAP_VSI, MODEL_VSIS * shares, 0, 0 };
	return n;
}

static enum e810_aq_err
list_caps(struct fw_cmd *cmd)
{
	bool dev = cmd->opcode == E810_AQC_LIST_DEV_CAPS;
	struct e810_aqc_list_caps_elem *elem;
	struct cap cap[20];
	unsigned int n, i;

	n = caps_common(cmd->model, cap, dev ? E810_MAX_FUNCTIONS : 1);
	cap[n++] = (struct cap){ E810_CAP_SWITCHING_MODE, 0, 0, 0 };
	if (dev) {
		cap[n++] = (struct cap){ E810_CAP_LED, 1, 0, 0 };
		cap[n++] = (struct cap){ E810_CAP_SENSORS,
					 E810_BIT(E810_SENSOR_INTERNAL_TEMP), 0, 0 };
	}

	cmd->p.list_caps.count = rte_cpu_to_le_32(n);
	if (cmd->buf_len < n * sizeof(*elem))
		return E810_AQ_RC_ENOMEM;
	elem = (struct e810_aqc_list_caps_elem *)(void *)cmd->buf;
	for (i = 0; i < n; i++) {
		elem[i].cap = rte_cpu_to_le_16(cap[i].id);
		elem[i].major_ver = 1;
		elem[i].number = rte_cpu_to_le_32(cap[i].number);
		elem[i].logical_id = rte_cpu_to_le_32(cap[i].logical);
		elem[i].phys_id = rte_cpu_to_le_32(cap[i].phys);
	}
	cmd->resp_len = n * sizeof(*elem);
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_caps_opcodes[] = {
	{ E810_AQC_LIST_FUNC_CAPS, FW_BUF, 0, "List Function Capabilities", list_caps },
	{ E810_AQC_LIST_DEV_CAPS, FW_BUF, 0, "List Device Capabilities", list_caps },
	{ 0, 0, 0, NULL, NULL },
};
