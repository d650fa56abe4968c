/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What an application asks of the PHY: speeds, forward error correction, flow control, the LED.
 * The wishes are kept with the port, since a reset of the device forgets them: each start applies
 * them all. Closing the port puts the PHY back as it was found.
 */

#include <errno.h>
#include <inttypes.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"

static const struct {
	uint32_t rte;			/* RTE_ETH_LINK_SPEED_* */
	uint32_t mbps;			/* RTE_ETH_SPEED_NUM_* */
	uint16_t e810;			/* E810_LINK_SPEED_* */
} speeds[] = {
	{ RTE_ETH_LINK_SPEED_100M, RTE_ETH_SPEED_NUM_100M, E810_LINK_SPEED_100MB },
	{ RTE_ETH_LINK_SPEED_1G, RTE_ETH_SPEED_NUM_1G, E810_LINK_SPEED_1000MB },
	{ RTE_ETH_LINK_SPEED_2_5G, RTE_ETH_SPEED_NUM_2_5G, E810_LINK_SPEED_2500MB },
	{ RTE_ETH_LINK_SPEED_5G, RTE_ETH_SPEED_NUM_5G, E810_LINK_SPEED_5GB },
	{ RTE_ETH_LINK_SPEED_10G, RTE_ETH_SPEED_NUM_10G, E810_LINK_SPEED_10GB },
	{ RTE_ETH_LINK_SPEED_25G, RTE_ETH_SPEED_NUM_25G, E810_LINK_SPEED_25GB },
	{ RTE_ETH_LINK_SPEED_40G, RTE_ETH_SPEED_NUM_40G, E810_LINK_SPEED_40GB },
	{ RTE_ETH_LINK_SPEED_50G, RTE_ETH_SPEED_NUM_50G, E810_LINK_SPEED_50GB },
	{ RTE_ETH_LINK_SPEED_100G, RTE_ETH_SPEED_NUM_100G, E810_LINK_SPEED_100GB },
};

/** The same mode in the words of DPDK and of base/. */
static const struct {
	uint32_t rte;
	uint8_t base;
} fec_modes[] = {
	{ RTE_ETH_FEC_MODE_CAPA_MASK(NOFEC), AETHER_FEC_NONE },
	{ RTE_ETH_FEC_MODE_CAPA_MASK(BASER), AETHER_FEC_BASER },
	{ RTE_ETH_FEC_MODE_CAPA_MASK(RS), AETHER_FEC_RS },
	{ RTE_ETH_FEC_MODE_CAPA_MASK(AUTO), AETHER_FEC_AUTO },
};

/* ---------------------------------------------------------------- speeds -------------------- */

uint32_t
aether_speed_capa(const struct aether_hw *hw)
{
	const uint16_t able = aether_phy_speeds(hw);
	uint32_t capa = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(speeds); i++)
		if (able & speeds[i].e810)
			capa |= speeds[i].rte;
	return capa;
}

/** E810_LINK_SPEED_* of a link_speeds; 0 for "all". */
static uint16_t
speeds_wanted(uint32_t link_speeds)
{
	uint16_t wanted = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(speeds); i++)
		if (link_speeds & speeds[i].rte)
			wanted |= speeds[i].e810;
	return wanted;
}

int
aether_check_link_speeds(const struct rte_eth_dev *dev)
{
	const uint32_t given = dev->data->dev_conf.link_speeds;
	const uint32_t capa = aether_speed_capa(&aether_process(dev)->hw);
	const uint32_t named = given & ~RTE_ETH_LINK_SPEED_FIXED;

	if (named & ~capa) {
		AETHER_LOG(ERR, "%s: link_speeds 0x%x names speeds that port and module do not "
			   "have (theirs are 0x%x); configure some of those, or 0 for all",
			   dev->data->name, given, capa);
		return -EINVAL;
	}
	if ((given & RTE_ETH_LINK_SPEED_FIXED) && __builtin_popcount(named) != 1) {
		AETHER_LOG(ERR, "%s: link_speeds 0x%x fixes the speed, but names %u speeds; name "
			   "exactly one with RTE_ETH_LINK_SPEED_FIXED", dev->data->name, given,
			   __builtin_popcount(named));
		return -EINVAL;
	}
	return 0;
}

/* ---------------------------------------------------------------- applying ------------------ */

int
aether_phy_start(struct rte_eth_dev *dev, struct aether_hw *hw, bool up)
{
	struct aether_port *port = aether_port(dev);
	int ret;

	port->phy.speeds = speeds_wanted(dev->data->dev_conf.link_speeds);
	port->phy.up = up;
	port->phy_started = true;
	ret = aether_phy_apply(hw, &port->phy);
	if (ret == 0 && port->pause_quanta != 0)
		ret = aether_pause_quanta_set(hw, port->pause_quanta);
	return ret;
}

/** Apply a changed wish to a running port; a wish that fails is forgotten. */
static int
wish_change(struct rte_eth_dev *dev, const struct aether_phy_wish *wish)
{
	struct aether_port *port = aether_port(dev);
	struct aether_hw *hw = aether_lock(dev);
	struct aether_phy_wish next = *wish;
	int ret;

	/* Before the first start the link stays on or off as it was found. */
	if (!port->phy_started)
		next.up = (hw->phy_now.caps & E810_PHY_EN_LINK) != 0;
	ret = aether_phy_apply(hw, &next);
	if (ret == 0) {
		port->phy = next;
		if (aether_link_update(hw, true) == 0)
			aether_link_publish(dev, hw);
	}
	aether_unlock(dev);
	return ret;
}

/* ---------------------------------------------------------------- FEC ----------------------- */

static uint32_t
fec_to_rte(uint8_t modes)
{
	uint32_t capa = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(fec_modes); i++)
		if (modes & fec_modes[i].base)
			capa |= fec_modes[i].rte;
	return capa;
}

int
aether_dev_fec_get_capability(struct rte_eth_dev *dev, struct rte_eth_fec_capa *capa,
			      unsigned int num)
{
	struct aether_hw *hw = aether_lock(dev);
	const uint16_t able = aether_phy_speeds(hw);
	unsigned int i, n = 0;

	for (i = 0; i < RTE_DIM(speeds); i++) {
		if (!(able & speeds[i].e810))
			continue;
		if (capa != NULL && n < num) {
			capa[n].speed = speeds[i].mbps;
			capa[n].capa = fec_to_rte(aether_phy_fec_able(hw, speeds[i].e810));
		}
		n++;
	}
	aether_unlock(dev);
	return n;
}

/** FEC in force on a link that is up. */
static uint8_t
fec_in_force(const struct aether_link *link)
{
	if (link->fec & (E810_LINK_25G_RS_528_FEC_EN | E810_LINK_25G_RS_544_FEC_EN))
		return AETHER_FEC_RS;
	return link->fec & E810_LINK_25G_KR_FEC_EN ? AETHER_FEC_BASER : AETHER_FEC_NONE;
}

int
aether_dev_fec_get(struct rte_eth_dev *dev, uint32_t *capa)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = aether_link_update(hw, true);
	uint8_t asked;

	if (ret == 0) {
		asked = aether_phy_fec_asked(hw);
		if (hw->link.up)
			asked = fec_in_force(&hw->link);
		else if (asked & AETHER_FEC_AUTO)
			asked = AETHER_FEC_AUTO;
		*capa = fec_to_rte(asked);
	}
	aether_unlock(dev);
	return ret;
}

int
aether_dev_fec_set(struct rte_eth_dev *dev, uint32_t capa)
{
	struct aether_phy_wish wish = aether_port(dev)->phy;
	const struct aether_hw *hw = &aether_process(dev)->hw;
	const uint16_t wanted = wish.speeds != 0 ? wish.speeds : UINT16_MAX;
	const uint32_t able = fec_to_rte(aether_phy_fec_able(hw, wanted));
	unsigned int i;

	if (capa & ~able) {
		AETHER_LOG(ERR, "%s: FEC modes 0x%x: port, module and configured speeds have 0x%x; "
			   "choose from rte_eth_fec_get_capability()", dev->data->name, capa,
			   able);
		return -EINVAL;
	}
	if (!(capa & RTE_ETH_FEC_MODE_CAPA_MASK(AUTO)) && __builtin_popcount(capa) != 1) {
		AETHER_LOG(ERR, "%s: FEC modes 0x%x: several are a choice for RTE_ETH_FEC_AUTO; "
			   "give one, or add it", dev->data->name, capa);
		return -EINVAL;
	}
	wish.fec = 0;
	for (i = 0; i < RTE_DIM(fec_modes); i++)
		if (capa & fec_modes[i].rte)
			wish.fec |= fec_modes[i].base;
	return wish_change(dev, &wish);
}

/* ---------------------------------------------------------------- flow control -------------- */

static enum rte_eth_fc_mode
fc_mode(bool tx, bool rx)
{
	if (tx)
		return rx ? RTE_ETH_FC_FULL : RTE_ETH_FC_TX_PAUSE;
	return rx ? RTE_ETH_FC_RX_PAUSE : RTE_ETH_FC_NONE;
}

int
aether_dev_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = aether_link_update(hw, true);
	const uint8_t caps = hw->phy_now.caps;

	memset(conf, 0, sizeof(*conf));
	if (ret == 0) {
		/* What both ends agreed on; without a link, what this end asks for. */
		conf->mode = hw->link.up ? fc_mode(hw->link.pause_tx, hw->link.pause_rx) :
			     fc_mode(caps & E810_PHY_EN_TX_LINK_PAUSE,
				     caps & E810_PHY_EN_RX_LINK_PAUSE);
		conf->pause_time = aether_pause_quanta_get(hw);
		conf->send_xon = 1;
		conf->autoneg = 1;
	}
	aether_unlock(dev);
	return ret;
}

/** What the device does by itself, and nobody can set. */
static int
fc_check(const struct rte_eth_dev *dev, const struct rte_eth_fc_conf *conf)
{
	const char *what = NULL;

	if (conf->high_water != 0 || conf->low_water != 0)
		what = "high_water and low_water must be 0: the device decides when to pause";
	else if (conf->mac_ctrl_frame_fwd)
		what = "mac_ctrl_frame_fwd must be 0: the MAC keeps pause frames to itself";
	/* No pause needs no agreement, and is what OVS asks of every port. */
	else if (!conf->autoneg && conf->mode != RTE_ETH_FC_NONE)
		what = "autoneg must be 1: pause is what both ends agree on";
	else if (!conf->send_xon)
		what = "send_xon must be 1: the device always ends a pause by XON";
	else if (conf->mode > RTE_ETH_FC_FULL)
		what = "the mode is none of RTE_ETH_FC_*";
	if (what == NULL)
		return 0;
	AETHER_LOG(ERR, "%s: flow control: %s", dev->data->name, what);
	return -ENOTSUP;
}

int
aether_dev_flow_ctrl_set(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	struct aether_port *port = aether_port(dev);
	struct aether_phy_wish wish = port->phy;
	int ret;

	ret = fc_check(dev, conf);
	if (ret != 0)
		return ret;
	wish.pause_given = true;
	wish.pause_tx = conf->mode == RTE_ETH_FC_FULL || conf->mode == RTE_ETH_FC_TX_PAUSE;
	wish.pause_rx = conf->mode == RTE_ETH_FC_FULL || conf->mode == RTE_ETH_FC_RX_PAUSE;
	ret = wish_change(dev, &wish);
	if (ret != 0 || conf->pause_time == 0)
		return ret;
	ret = aether_pause_quanta_set(aether_lock(dev), conf->pause_time);
	aether_unlock(dev);
	if (ret == 0)
		port->pause_quanta = conf->pause_time;
	return ret;
}

/* ---------------------------------------------------------------- link, LED ----------------- */

static int
set_link(struct rte_eth_dev *dev, bool up)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret;

	ret = aether_phy_start(dev, hw, up);
	/* An application that listens for changes hears of this one, too: by the event. */
	if (ret == 0 && !dev->data->dev_conf.intr_conf.lsc) {
		ret = aether_link_update(hw, true);
		if (ret == 0)
			aether_link_publish(dev, hw);
	}
	aether_unlock(dev);
	return ret;
}

int
aether_dev_set_link_up(struct rte_eth_dev *dev)
{
	return set_link(dev, true);
}

int
aether_dev_set_link_down(struct rte_eth_dev *dev)
{
	return set_link(dev, false);
}

int
aether_dev_led_on(struct rte_eth_dev *dev)
{
	const int ret = aether_led_set(aether_lock(dev), true);

	aether_unlock(dev);
	return ret;
}

int
aether_dev_led_off(struct rte_eth_dev *dev)
{
	const int ret = aether_led_set(aether_lock(dev), false);

	aether_unlock(dev);
	return ret;
}

/* ---------------------------------------------------------------- what became of it --------- */

static const char *
fec_name(uint8_t fec)
{
	return fec & AETHER_FEC_RS ? "RS" : fec & AETHER_FEC_BASER ? "BASE-R" : "none";
}

/** A mode was asked for, alone, and another is in force: the speed does not have it. */
static void
log_fec(const struct rte_eth_dev *dev, const struct aether_hw *hw)
{
	const uint8_t asked = aether_phy_fec_asked(hw), now = fec_in_force(&hw->link);

	if (asked & (AETHER_FEC_AUTO | now))
		return;
	AETHER_LOG(NOTICE, "%s: FEC %s was asked for and %s is in force: the link runs at %" PRIu32
		   " Mb/s, which does not have it; choose another FEC or speed", dev->data->name,
		   fec_name(asked), fec_name(now), hw->link.speed_mbps);
}

void
aether_link_log(struct rte_eth_dev *dev, const struct aether_hw *hw)
{
	struct aether_link_told *told = &aether_process(dev)->link_told;
	const struct aether_link_told now = {
		.known = true,
		.speed_mbps = hw->link.speed_mbps,
		.fec = hw->link.fec,
		.reason = aether_link_reason(hw),
	};

	if (told->known && told->speed_mbps == now.speed_mbps && told->fec == now.fec &&
	    told->reason == now.reason)
		return;
	*told = now;
	if (hw->link.up) {
		AETHER_LOG(INFO, "%s: link up at %" PRIu32 " Mb/s, FEC %s, pause %s",
			   dev->data->name, now.speed_mbps, fec_name(fec_in_force(&hw->link)),
			   hw->link.pause_tx ? hw->link.pause_rx ? "both ways" : "sent" :
			   hw->link.pause_rx ? "obeyed" : "off");
		log_fec(dev, hw);
	} else if (!(hw->phy_now.caps & E810_PHY_EN_LINK)) {
		AETHER_LOG(INFO, "%s: link down: %s", dev->data->name, now.reason);
	} else {
		const uint32_t speeds = dev->data->dev_conf.link_speeds;
		char asked[32] = "all speeds";

		if (speeds != RTE_ETH_LINK_SPEED_AUTONEG)
			snprintf(asked, sizeof(asked), "link_speeds 0x%x", speeds);
		AETHER_LOG(NOTICE, "%s: link down: %s (asked for: FEC %s%s, %s)",
			   dev->data->name, now.reason,
			   aether_phy_fec_asked(hw) & AETHER_FEC_AUTO ? "auto, " : "",
			   fec_name(aether_phy_fec_asked(hw)), asked);
	}
}
