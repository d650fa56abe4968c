/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>

#include "aether_internal.h"

/* Section 9.5.5. A list is asked for with the longest buffer at once: there is no longer one that
 * a second try could use. */
#define CAPS_MAX	(E810_AQ_MAX_BUF_LEN / sizeof(struct e810_aqc_list_caps_elem))

/* What safe mode leaves: without a package the parser knows no queue but the first. Two vectors:
 * one for the traffic, one for everything else. */
#define SAFE_QUEUES	1
#define SAFE_MSIX	2

static void
cap_take(struct aether_caps *caps, const struct e810_aqc_list_caps_elem *elem)
{
	const uint32_t number = rte_le_to_cpu_32(elem->number);
	const uint32_t phys_id = rte_le_to_cpu_32(elem->phys_id);

	switch (rte_le_to_cpu_16(elem->cap)) {
	case E810_CAP_VALID_FUNCTIONS:
		caps->functions = number;
		break;
	case E810_CAP_VSI:
		caps->vsis = RTE_MIN(number, (uint32_t)E810_MAX_VSI);
		break;
	case E810_CAP_RSS:
		caps->rss_table_size = RTE_MIN(number, (uint32_t)UINT16_MAX);
		break;
	case E810_CAP_RXQS:
		caps->rx_queues = RTE_MIN(number, (uint32_t)AETHER_MAX_QUEUES);
		caps->rx_first = phys_id;
		break;
	case E810_CAP_TXQS:
		caps->tx_queues = RTE_MIN(number, (uint32_t)AETHER_MAX_QUEUES);
		caps->tx_first = phys_id;
		break;
	case E810_CAP_MSIX:
		caps->msix_vectors = RTE_MIN(number, (uint32_t)E810_MAX_MSIX);
		break;
	case E810_CAP_MAX_MTU:
		caps->max_mtu = RTE_MIN(number, (uint32_t)UINT16_MAX);
		break;
	default:	/* of other drivers' concern, or of newer firmware */
		break;
	}
}

static int
list_read(struct aether_hw *hw, uint16_t opcode, struct aether_caps *caps)
{
	struct e810_aqc_list_caps_elem *list;
	struct e810_aqc_list_caps resp;
	struct e810_aq_desc desc;
	uint32_t n, i;
	int ret;

	list = calloc(1, E810_AQ_MAX_BUF_LEN);
	if (list == NULL)
		return -ENOMEM;
	aether_aq_fill(&desc, opcode, NULL);
	ret = aether_adminq_send(hw, &desc, list, E810_AQ_MAX_BUF_LEN, false);
	if (ret == 0) {
		aether_aq_params(&desc, &resp);
		n = RTE_MIN(rte_le_to_cpu_32(resp.count), (uint32_t)CAPS_MAX);
		for (i = 0; i < n; i++)
			cap_take(caps, &list[i]);
	}
	free(list);
	return ret;
}

/* A capability list that leaves out what no port can do without is not worth starting with. */
static int
caps_check(struct aether_hw *hw)
{
	const struct aether_caps *caps = &hw->caps;

	if (caps->rx_queues > 0 && caps->tx_queues > 0 && caps->msix_vectors > 0 &&
	    caps->max_mtu >= RTE_ETHER_MTU)
		return 0;
	AETHER_LOG(ERR, hw, "the firmware gives this function %u Rx queues, %u Tx queues, %u "
		   "vectors and an MTU of %u; a port needs at least 1, 1, 1 and %u: enable the "
		   "function in the card's configuration", caps->rx_queues, caps->tx_queues,
		   caps->msix_vectors, caps->max_mtu, RTE_ETHER_MTU);
	return -ENODEV;
}

int
aether_caps_read(struct aether_hw *hw)
{
	struct aether_caps device = {0};
	int ret;

	memset(&hw->caps, 0, sizeof(hw->caps));
	ret = list_read(hw, E810_AQC_LIST_FUNC_CAPS, &hw->caps);
	if (ret == 0)
		ret = list_read(hw, E810_AQC_LIST_DEV_CAPS, &device);
	if (ret != 0)
		return ret;

	/* Only the device's list knows which functions there are. */
	hw->caps.functions = device.functions;
	ret = caps_check(hw);
	if (ret != 0 || hw->ddp.active)
		return ret;

	hw->caps.safe_mode = true;
	hw->caps.rx_queues = SAFE_QUEUES;
	hw->caps.tx_queues = SAFE_QUEUES;
	hw->caps.msix_vectors = RTE_MIN(hw->caps.msix_vectors, SAFE_MSIX);
	hw->caps.vsis = 1;
	hw->caps.rss_table_size = 0;
	AETHER_LOG(INFO, hw, "no DDP package is active: safe mode, one queue pair and no RSS");
	return 0;
}
