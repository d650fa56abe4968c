/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What a VSI may send (datasheet section 7.8, security section of Add VSI): its own source
 * addresses, its own VLANs.
 *
 * Everything else goes to the LAN. That a frame comes back to another VSI of the function
 * (loopback) is not modelled: it takes a VSI with the flag to allow it, which no driver of a
 * function with one VSI for traffic needs.
 */

#include "model_fw.h"
#include "model_pktparse.h"

/** Whether a MAC rule gives this address to the VSI. */
static bool
address_is_own(const struct model_fw *fw, unsigned int vsi, const uint8_t *mac)
{
	const struct fw_sw_rule *rule = fw_switch_mac_rule(&fw->sw, mac);

	return rule != NULL && (fw_switch_action_vsis(fw, rule->act) >> vsi & 1) != 0;
}

bool
model_switch_tx_is_checked(const struct aether_model *model, unsigned int vsi)
{
	return (model->fw->vsi[vsi].props.sec_flags &
		(E810_VSI_SEC_FLAG_MAC_ANTI_SPOOF | E810_VSI_SEC_TX_VLAN_PRUNE_ENA)) != 0;
}

const char *
model_switch_tx_refused(const struct aether_model *model, unsigned int vsi, const uint8_t *frame,
			uint32_t len)
{
	const struct model_fw *fw = model->fw;
	const uint8_t flags = fw->vsi[vsi].props.sec_flags;
	uint16_t etype;

	if ((flags & E810_VSI_SEC_FLAG_MAC_ANTI_SPOOF) != 0 &&
	    !address_is_own(fw, vsi, frame + PKT_ETH_ALEN))
		return "its source address has no rule for the VSI (MAC anti-spoof)";
	if ((flags & E810_VSI_SEC_TX_VLAN_PRUNE_ENA) != 0 &&
	    fw_switch_pruned(&fw->vsi[vsi], fw_switch_frame_vlan(frame, len, &etype)))
		return "its VLAN has no rule for the VSI (VLAN pruning)";
	return NULL;
}
