/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/*
 * What is asked of the PHY: speeds, forward error correction, pause, link on or off. All of it is
 * one configuration of the firmware, so all of it is applied together, on top of what was found at
 * bring-up.
 */

#define BASER_ABLE	(E810_PHY_FEC_10G_KR_EN | E810_PHY_FEC_25G_KR_EN)
#define BASER_REQUESTS	(E810_PHY_FEC_10G_KR_REQ | E810_PHY_FEC_25G_KR_REQ)
#define RS_REQUESTS	(E810_PHY_FEC_25G_RS_528_REQ | E810_PHY_FEC_25G_RS_544_REQ)

/** First and last bit of phy_type_low that runs at a speed; the types are numbered by speed. */
static const struct {
	uint16_t speed;
	uint8_t first, last;
} type_ranges[] = {
	{E810_LINK_SPEED_100MB, 0, 1},
	{E810_LINK_SPEED_1000MB, 2, 6},
	{E810_LINK_SPEED_2500MB, 7, 9},
	{E810_LINK_SPEED_5GB, 10, 11},
	{E810_LINK_SPEED_10GB, 12, 18},
	{E810_LINK_SPEED_25GB, 19, 29},
	{E810_LINK_SPEED_40GB, 30, 35},
	{E810_LINK_SPEED_50GB, 36, 50},
	{E810_LINK_SPEED_100GB, 51, 63},
};
/** All of phy_type_high runs at this one. */
#define TYPES_HIGH_SPEED	E810_LINK_SPEED_100GB

/** Types for which IEEE 802.3 and the 25G consortium define a FEC that can be chosen. */
#define BASER_TYPES \
	(E810_PHY_LOW_10GBASE_KR_CR1 | E810_PHY_LOW_40GBASE_CR4 | E810_PHY_LOW_40GBASE_KR4 | \
	 ANY_FEC_TYPES)
#define RS_TYPES \
	(E810_PHY_LOW_100GBASE_CR4 | E810_PHY_LOW_100GBASE_SR4 | E810_PHY_LOW_100GBASE_KR4 | \
	 ANY_FEC_TYPES)
#define ANY_FEC_TYPES \
	(E810_PHY_LOW_25GBASE_CR | E810_PHY_LOW_25GBASE_SR | E810_PHY_LOW_25GBASE_LR | \
	 E810_PHY_LOW_25GBASE_KR | E810_PHY_LOW_50GBASE_CR2 | E810_PHY_LOW_50GBASE_SR2 | \
	 E810_PHY_LOW_50GBASE_LR2 | E810_PHY_LOW_50GBASE_KR2)

/** Bits of phy_type_low that run at one of these speeds. */
static uint64_t
types_low_of(uint16_t speeds)
{
	uint64_t types = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(type_ranges); i++)
		if (speeds & type_ranges[i].speed)
			types |= UINT64_MAX >> (63 - type_ranges[i].last) &
				 UINT64_MAX << type_ranges[i].first;
	return types;
}

uint16_t
aether_phy_speeds(const struct aether_hw *hw)
{
	uint16_t speeds = hw->phy_types_high != 0 ? TYPES_HIGH_SPEED : 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(type_ranges); i++)
		if (hw->phy_types_low & types_low_of(type_ranges[i].speed))
			speeds |= type_ranges[i].speed;
	return speeds;
}

uint8_t
aether_phy_fec_able(const struct aether_hw *hw, uint16_t speeds)
{
	const uint64_t types = hw->phy_types_low & types_low_of(speeds);
	uint8_t able = AETHER_FEC_NONE;

	if ((types & BASER_TYPES) && (hw->phy_fec_able & BASER_ABLE))
		able |= AETHER_FEC_BASER | AETHER_FEC_AUTO;
	if ((types & RS_TYPES) && (hw->phy_fec_able & E810_PHY_FEC_25G_RS_EN))
		able |= AETHER_FEC_RS | AETHER_FEC_AUTO;
	return able;
}

uint8_t
aether_phy_fec_asked(const struct aether_hw *hw)
{
	const uint8_t opt = hw->phy_now.link_fec_opt;
	uint8_t asked = 0;

	if (opt & RS_REQUESTS)
		asked |= AETHER_FEC_RS;
	if (opt & BASER_REQUESTS)
		asked |= AETHER_FEC_BASER;
	if (asked == 0 || (opt & E810_PHY_FEC_DIS))
		asked |= AETHER_FEC_NONE;
	if (hw->phy_now.caps & E810_PHY_EN_AUTO_FEC)
		asked |= AETHER_FEC_AUTO;
	return asked;
}

static void
fec_put(const struct aether_hw *hw, uint8_t fec, struct e810_aqc_phy_cfg *cfg)
{
	cfg->link_fec_opt = 0;
	cfg->caps &= (uint8_t)~E810_PHY_EN_AUTO_FEC;
	if (fec == AETHER_FEC_AUTO)	/* whatever the port is able to */
		fec |= AETHER_FEC_BASER | AETHER_FEC_RS;
	if (fec & AETHER_FEC_RS)
		cfg->link_fec_opt |= (hw->phy_fec_able & E810_PHY_FEC_25G_RS_EN) | RS_REQUESTS;
	if (fec & AETHER_FEC_BASER)
		cfg->link_fec_opt |= (hw->phy_fec_able & BASER_ABLE) | BASER_REQUESTS;
	if (fec & AETHER_FEC_AUTO) {
		cfg->caps |= E810_PHY_EN_AUTO_FEC;
		if (fec & AETHER_FEC_NONE)
			cfg->link_fec_opt |= E810_PHY_FEC_DIS;
	}
}

static void
bit_put(uint8_t *caps, uint8_t bit, bool on)
{
	if (on)
		*caps |= bit;
	else
		*caps &= (uint8_t)~bit;
}

/** The configuration that the wish makes of the one that was found. */
static void
wish_put(const struct aether_hw *hw, const struct aether_phy_wish *wish,
	 struct e810_aqc_phy_cfg *cfg)
{
	uint64_t low = hw->phy_types_low, high = hw->phy_types_high;

	*cfg = hw->phy_found;
	if (wish->speeds != 0) {
		low &= types_low_of(wish->speeds);
		if (!(wish->speeds & TYPES_HIGH_SPEED))
			high = 0;
	}
	cfg->phy_type_low = rte_cpu_to_le_64(low);
	cfg->phy_type_high = rte_cpu_to_le_64(high);
	if (wish->fec != 0)
		fec_put(hw, wish->fec, cfg);
	if (wish->pause_given) {
		bit_put(&cfg->caps, E810_PHY_EN_TX_LINK_PAUSE, wish->pause_tx);
		bit_put(&cfg->caps, E810_PHY_EN_RX_LINK_PAUSE, wish->pause_rx);
	}
	bit_put(&cfg->caps, E810_PHY_EN_LINK, wish->up);
}

int
aether_phy_apply(struct aether_hw *hw, const struct aether_phy_wish *wish)
{
	struct e810_aqc_phy_cfg cfg;
	int ret;

	/* A module may have come or gone; and another agent may have had its hands in. */
	ret = aether_phy_read(hw);
	if (ret != 0)
		return ret;
	wish_put(hw, wish, &cfg);
	if (memcmp(&cfg, &hw->phy_now, sizeof(cfg)) == 0)
		return 0;
	if (cfg.phy_type_low == 0 && cfg.phy_type_high == 0 && wish->speeds != 0) {
		AETHER_LOG(ERR, hw, "none of the configured speeds is one of the port's with this "
			   "module; configure link_speeds from speed_capa of "
			   "rte_eth_dev_info_get()");
		return -EINVAL;
	}
	ret = aether_phy_cfg_send(hw, cfg);
	if (ret != 0)
		return ret;
	hw->phy_changed = true;
	hw->phy_now = cfg;
	return 0;
}

int
aether_led_set(struct aether_hw *hw, bool on)
{
	struct e810_aqc_set_port_id_led cmd = {
		.lport_num = hw->lport,
		.lport_num_valid = 1,
		.ident_mode = on ? E810_PORT_IDENT_LED_BLINK : E810_PORT_IDENT_LED_ORIG,
	};
	struct e810_aq_desc desc;
	int ret;

	aether_aq_fill(&desc, E810_AQC_SET_PORT_ID_LED, &cmd);
	ret = aether_adminq_send(hw, &desc, NULL, 0, false);
	if (ret == 0)
		hw->led_on = on;
	return ret;
}

/* ---------------------------------------------------------------- why there is no link ------- */

const char *
aether_link_reason(const struct aether_hw *hw)
{
	const struct aether_link *link = &hw->link;

	if (link->up)
		return NULL;
	if (!link->media)
		return "no module or cable is in the port";
	if (link->topo_conflict & E810_LINK_TOPO_UNSUPP_MEDIA)
		return "the module is of a type that the port cannot use; plug another";
	if (link->cfg_err & E810_LINK_MODULE_POWER_UNSUPPORTED)
		return "the module needs more power than the port gives; plug another";
	if (!(hw->phy_now.caps & E810_PHY_EN_LINK))
		return "switched off";
	if (link->cfg_err & E810_LINK_CFG_ERR)
		return "the module runs at none of the configured speeds; check link_speeds";
	if (link->topo_conflict & E810_LINK_MEDIA_CONFLICT)
		return "the far end has a module of another kind or speed";
	if (link->an_info & E810_PD_FAULT)
		return "no common speed with the far end; check the speeds of both";
	if (link->info & E810_LINK_FAULT_RX)
		return "a signal comes in and cannot be decoded; check the FEC of both ends";
	if (link->info & E810_LINK_FAULT_REMOTE)
		return "the far end reports a fault";
	if (link->info & E810_LINK_FAULT)
		return "the port has a fault";
	if (!(link->info & E810_SIGNAL_DETECT))
		return "no signal from the far end";
	return "the firmware gives no reason";
}
