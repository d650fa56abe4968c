/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/*
 * PHY and link, sections 3.2 and 9.5.10. Everything that is changed here is taken down first and
 * put back by the functions named _restore and _leave.
 */

/** Bits that mean the same in a report of abilities and in a configuration. Bit 5 does not:
 * there it says "qualify modules", here "apply at once"; bit 4 is not ours to set. */
#define PHY_CFG_CAPS_M	((uint8_t)~(E810_PHY_AN_MODE | E810_PHY_ENA_AUTO_LINK_UPDT))

/** Link changes that we want an event for. */
#define LINK_EVENTS	(E810_LINK_EVENT_UPDOWN | E810_LINK_EVENT_MEDIA_NA | \
			 E810_LINK_EVENT_MODULE_QUAL_FAIL)

/** The pause timer of 802.3x among those of the priorities. */
#define PAUSE_LFC_INDEX	8

static const struct {
	uint16_t bit;
	uint32_t mbps;
} speeds[] = {
	{E810_LINK_SPEED_10MB, 10},
	{E810_LINK_SPEED_100MB, 100},
	{E810_LINK_SPEED_1000MB, 1000},
	{E810_LINK_SPEED_2500MB, 2500},
	{E810_LINK_SPEED_5GB, 5000},
	{E810_LINK_SPEED_10GB, 10000},
	{E810_LINK_SPEED_20GB, 20000},
	{E810_LINK_SPEED_25GB, 25000},
	{E810_LINK_SPEED_40GB, 40000},
	{E810_LINK_SPEED_50GB, 50000},
	{E810_LINK_SPEED_100GB, 100000},
};

static uint32_t
speed_mbps(uint16_t link_speed)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(speeds); i++)
		if (speeds[i].bit == link_speed)
			return speeds[i].mbps;
	return AETHER_SPEED_UNKNOWN;
}

static int
phy_caps_get(struct aether_hw *hw, uint16_t report, struct e810_aqc_phy_caps *caps)
{
	struct e810_aqc_get_phy_caps cmd = {
		.lport_num = hw->lport,
		.param0 = rte_cpu_to_le_16(report),
	};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_GET_PHY_CAPS, &cmd);
	return aether_adminq_send(hw, &desc, caps, sizeof(*caps), false);
}

static void
phy_caps_to_cfg(const struct e810_aqc_phy_caps *caps, struct e810_aqc_phy_cfg *cfg)
{
	cfg->phy_type_low = caps->phy_type_low;
	cfg->phy_type_high = caps->phy_type_high;
	cfg->caps = caps->caps & PHY_CFG_CAPS_M;
	cfg->low_power_ctrl_an = caps->low_power_ctrl_an;
	cfg->eee_cap = caps->eee_cap;
	cfg->eeer_value = caps->eeer_value;
	cfg->link_fec_opt = caps->link_fec_options;
	cfg->module_compliance_enforcement = caps->module_compliance_enforcement;
}

int
aether_phy_cfg_send(struct aether_hw *hw, struct e810_aqc_phy_cfg cfg)
{
	struct e810_aqc_set_phy_cfg cmd = {.lport_num = hw->lport};
	struct e810_aq_desc desc;

	cfg.caps |= E810_PHY_ENA_AUTO_LINK_UPDT;
	aether_aq_fill(&desc, E810_AQC_SET_PHY_CFG, &cmd);
	return aether_adminq_send(hw, &desc, &cfg, sizeof(cfg), true);
}

int
aether_phy_read(struct aether_hw *hw)
{
	struct e810_aqc_phy_caps caps;
	int ret;

	ret = phy_caps_get(hw, E810_PHY_REPORT_TOPO_MEDIA, &caps);
	/* No module, no types: what the port can do with one. */
	if (ret == 0 && caps.phy_type_low == 0 && caps.phy_type_high == 0)
		ret = phy_caps_get(hw, E810_PHY_REPORT_TOPO_NO_MEDIA, &caps);
	if (ret != 0)
		return ret;
	hw->phy_types_low = rte_le_to_cpu_64(caps.phy_type_low);
	hw->phy_types_high = rte_le_to_cpu_64(caps.phy_type_high);
	hw->phy_fec_able = caps.link_fec_options;

	ret = phy_caps_get(hw, E810_PHY_REPORT_ACTIVE_CFG, &caps);
	if (ret == 0)
		phy_caps_to_cfg(&caps, &hw->phy_now);
	return ret;
}

int
aether_phy_remember(struct aether_hw *hw)
{
	const int ret = aether_phy_read(hw);

	if (ret != 0)
		return ret;
	/* After a reset that was not ours we find what we have set: that is not to be kept. */
	if (!hw->phy_changed)
		hw->phy_found = hw->phy_now;
	return 0;
}

void
aether_phy_restore(struct aether_hw *hw)
{
	/* A core reset leaves the PHY as it is: put it back another time. */
	if (!hw->aq.alive)
		return;
	if (hw->led_on)
		aether_led_set(hw, false);
	if (hw->phy_changed && aether_phy_cfg_send(hw, hw->phy_found) == 0)
		hw->phy_changed = false;
}

int
aether_link_set(struct aether_hw *hw, bool up)
{
	struct e810_aqc_phy_cfg cfg;
	int ret;

	ret = aether_phy_read(hw);
	if (ret != 0 || !!(hw->phy_now.caps & E810_PHY_EN_LINK) == up)
		return ret;
	cfg = hw->phy_now;
	cfg.caps ^= E810_PHY_EN_LINK;
	ret = aether_phy_cfg_send(hw, cfg);
	if (ret != 0)
		return ret;
	hw->phy_changed = true;
	hw->phy_now = cfg;
	return 0;
}

static int
event_mask_set(struct aether_hw *hw, uint16_t wanted)
{
	struct e810_aqc_set_event_mask cmd = {
		.lport_num = hw->lport,
		.event_mask = rte_cpu_to_le_16((uint16_t)~wanted),
	};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_SET_EVENT_MASK, &cmd);
	return aether_adminq_send(hw, &desc, NULL, 0, false);
}

static int
link_status_get(struct aether_hw *hw, uint16_t flags, struct e810_aqc_link_status *status)
{
	struct e810_aqc_get_link_status cmd = {
		.lport_num = hw->lport,
		.cmd_flags = rte_cpu_to_le_16(flags),
	};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_GET_LINK_STATUS, &cmd);
	return aether_adminq_send(hw, &desc, status, sizeof(*status), false);
}

static void
link_take(struct aether_link *link, const struct e810_aqc_link_status *status)
{
	link->up = status->link_info & E810_LINK_UP;
	link->media = status->link_info & E810_MEDIA_AVAILABLE;
	link->autoneg = status->an_info & E810_AN_COMPLETED;
	link->pause_tx = status->an_info & E810_LINK_PAUSE_TX;
	link->pause_rx = status->an_info & E810_LINK_PAUSE_RX;
	link->fec = status->cfg & (E810_LINK_25G_KR_FEC_EN | E810_LINK_25G_RS_528_FEC_EN |
				   E810_LINK_25G_RS_544_FEC_EN);
	link->speed_mbps = link->up ? speed_mbps(rte_le_to_cpu_16(status->link_speed)) : 0;
	link->topo_conflict = status->topo_media_conflict;
	link->cfg_err = status->link_cfg_err;
	link->info = status->link_info;
	link->an_info = status->an_info;
}

int
aether_link_update(struct aether_hw *hw, bool enable_events)
{
	struct e810_aqc_link_status status;
	int ret;

	const bool had_media = hw->link.media;

	ret = link_status_get(hw, enable_events ? E810_LSE_ENA : E810_LSE_DIS, &status);
	if (ret != 0)
		return ret;
	link_take(&hw->link, &status);
	/* Another module can do other things. */
	return hw->link.media != had_media ? aether_phy_read(hw) : 0;
}

int
aether_link_first(struct aether_hw *hw)
{
	struct e810_aqc_link_status status;
	int ret;

	ret = link_status_get(hw, E810_LSE_NOP, &status);
	if (ret != 0)
		return ret;
	link_take(&hw->link, &status);
	if (!hw->mac_changed)
		hw->mac_frame_found = rte_le_to_cpu_16(status.max_frame_size);
	/* The mask of events is lost at a PF reset, so there is nothing to remember. */
	return event_mask_set(hw, LINK_EVENTS);
}

void
aether_link_leave(struct aether_hw *hw)
{
	struct e810_aqc_link_status status;

	if (!hw->aq.alive)
		return;
	link_status_get(hw, E810_LSE_DIS, &status);
	event_mask_set(hw, 0);
}

uint16_t
aether_pause_quanta_get(struct aether_hw *hw)
{
	return aether_read(hw, PRTMAC_HSEC_CTL_TX_PAUSE_QUANTA(PAUSE_LFC_INDEX));
}

static uint16_t
pause_refresh_get(struct aether_hw *hw)
{
	return aether_read(hw, PRTMAC_HSEC_CTL_TX_PAUSE_REFRESH_TIMER(PAUSE_LFC_INDEX));
}

/* One command sets frame size and pause timers: who changes one gives the others as they are. */
static int
mac_cfg_send(struct aether_hw *hw, uint16_t max_frame, uint16_t quanta, uint16_t refresh)
{
	struct e810_aqc_set_mac_cfg cmd = {
		.max_frame_size = rte_cpu_to_le_16(max_frame),
		.tx_tmr_value = rte_cpu_to_le_16(quanta),
		.fc_refresh_threshold = rte_cpu_to_le_16(refresh),
	};
	struct e810_aq_desc desc;
	int ret;

	aether_aq_fill(&desc, E810_AQC_SET_MAC_CFG, &cmd);
	ret = aether_adminq_send(hw, &desc, NULL, 0, false);
	if (ret == 0)
		hw->mac_changed = true;
	return ret;
}

int
aether_mac_cfg(struct aether_hw *hw, uint16_t max_frame)
{
	if (max_frame < RTE_ETHER_MIN_LEN || max_frame > E810_MAX_FRAME_SIZE)
		return -EINVAL;
	return mac_cfg_send(hw, max_frame, aether_pause_quanta_get(hw), pause_refresh_get(hw));
}

int
aether_pause_quanta_set(struct aether_hw *hw, uint16_t quanta)
{
	if (quanta == aether_pause_quanta_get(hw))
		return 0;
	/* Repeat a pause well before it runs out: after half of it. */
	return mac_cfg_send(hw, E810_MAX_FRAME_SIZE, quanta, quanta / 2);
}

int
aether_mac_jumbo(struct aether_hw *hw)
{
	if (!hw->mac_changed) {
		hw->pause_quanta_found = aether_pause_quanta_get(hw);
		hw->pause_refresh_found = pause_refresh_get(hw);
	}
	return aether_mac_cfg(hw, E810_MAX_FRAME_SIZE);
}

void
aether_mac_restore(struct aether_hw *hw)
{
	if (hw->mac_changed && hw->aq.alive &&
	    (hw->mac_frame_found == 0 ||
	     mac_cfg_send(hw, hw->mac_frame_found, hw->pause_quanta_found,
			  hw->pause_refresh_found) == 0))
		hw->mac_changed = false;
}
