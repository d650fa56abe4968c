/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What a link becomes: the PHY types of each kind of media, and the outcome of what both ends can
 * do and ask for. Both ends of a cable compute it from the same facts, so they agree.
 *
 * - A cable joins two modules of one kind: same media, same speed=. Otherwise no link.
 * - The fastest type that both configurations allow is used.
 * - FEC: each end's wish is what it requests, or by automatic FEC all that it is able to; a wish
 *   that the type does not know falls to no FEC. Without a common wish there is no link; as on
 *   silicon, automatic FEC does not fall back to none for a partner that uses none.
 * - Pause (802.3x): an end sends it when it may send and the partner obeys.
 */

#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

#define ANY	(FW_FEC_NONE | FW_FEC_BASER | FW_FEC_RS)

static const struct fw_phy_type types[] = {	/* the fastest first */
	{ 100000, E810_LINK_SPEED_100GB, FW_MEDIA_DAC, FW_FEC_NONE | FW_FEC_RS,
	  E810_PHY_LOW_100GBASE_CR4 },
	{ 100000, E810_LINK_SPEED_100GB, FW_MEDIA_SR, FW_FEC_NONE | FW_FEC_RS,
	  E810_PHY_LOW_100GBASE_SR4 },
	{ 100000, E810_LINK_SPEED_100GB, FW_MEDIA_LR, FW_FEC_NONE, E810_PHY_LOW_100GBASE_LR4 },
	{ 100000, E810_LINK_SPEED_100GB, FW_MEDIA_BACKPLANE, FW_FEC_NONE | FW_FEC_RS,
	  E810_PHY_LOW_100GBASE_KR4 },
	{ 50000, E810_LINK_SPEED_50GB, FW_MEDIA_DAC, ANY, E810_PHY_LOW_50GBASE_CR2 },
	{ 50000, E810_LINK_SPEED_50GB, FW_MEDIA_SR, ANY, E810_PHY_LOW_50GBASE_SR2 },
	{ 50000, E810_LINK_SPEED_50GB, FW_MEDIA_LR, ANY, E810_PHY_LOW_50GBASE_LR2 },
	{ 50000, E810_LINK_SPEED_50GB, FW_MEDIA_BACKPLANE, ANY, E810_PHY_LOW_50GBASE_KR2 },
	{ 40000, E810_LINK_SPEED_40GB, FW_MEDIA_DAC, FW_FEC_NONE | FW_FEC_BASER,
	  E810_PHY_LOW_40GBASE_CR4 },
	{ 40000, E810_LINK_SPEED_40GB, FW_MEDIA_SR, FW_FEC_NONE, E810_PHY_LOW_40GBASE_SR4 },
	{ 40000, E810_LINK_SPEED_40GB, FW_MEDIA_LR, FW_FEC_NONE, E810_PHY_LOW_40GBASE_LR4 },
	{ 40000, E810_LINK_SPEED_40GB, FW_MEDIA_BACKPLANE, FW_FEC_NONE | FW_FEC_BASER,
	  E810_PHY_LOW_40GBASE_KR4 },
	{ 25000, E810_LINK_SPEED_25GB, FW_MEDIA_DAC, ANY, E810_PHY_LOW_25GBASE_CR },
	{ 25000, E810_LINK_SPEED_25GB, FW_MEDIA_SR, ANY, E810_PHY_LOW_25GBASE_SR },
	{ 25000, E810_LINK_SPEED_25GB, FW_MEDIA_LR, ANY, E810_PHY_LOW_25GBASE_LR },
	{ 25000, E810_LINK_SPEED_25GB, FW_MEDIA_BACKPLANE, ANY, E810_PHY_LOW_25GBASE_KR },
	{ 10000, E810_LINK_SPEED_10GB, FW_MEDIA_DAC, FW_FEC_NONE, E810_PHY_LOW_10G_SFI_DA },
	{ 10000, E810_LINK_SPEED_10GB, FW_MEDIA_SR, FW_FEC_NONE, E810_PHY_LOW_10GBASE_SR },
	{ 10000, E810_LINK_SPEED_10GB, FW_MEDIA_LR, FW_FEC_NONE, E810_PHY_LOW_10GBASE_LR },
	{ 10000, E810_LINK_SPEED_10GB, FW_MEDIA_BACKPLANE, FW_FEC_NONE | FW_FEC_BASER,
	  E810_PHY_LOW_10GBASE_KR_CR1 },
};

const struct fw_phy_type *
fw_phy_type_get(unsigned int index)
{
	return index < RTE_DIM(types) ? &types[index] : NULL;
}

/** Copper and backplanes run everything up to their speed; optics run one speed, those of 25G also
 * 10G (dual-rate modules). */
uint64_t
fw_link_module_types(const struct aether_model *model)
{
	const uint32_t mbps = model->conf.speed_mbps;
	uint64_t all = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(types); i++) {
		const bool optical = types[i].media == FW_MEDIA_SR || types[i].media == FW_MEDIA_LR;

		if (types[i].media != fw_module_media(model) || types[i].mbps > mbps)
			continue;
		if (!optical || types[i].mbps == mbps ||
		    (mbps == 25000 && types[i].mbps == 10000))
			all |= types[i].bit;
	}
	return all;
}

uint64_t
fw_link_port_types(const struct aether_model *model)
{
	const bool backplane = fw_module_is_backplane(model);
	uint64_t all = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(types); i++)
		if (types[i].mbps <= model->conf.speed_mbps &&
		    (types[i].media == FW_MEDIA_BACKPLANE) == backplane)
			all |= types[i].bit;
	return all;
}

void
model_link_ability(const struct aether_model *model, struct model_link_ability *ability)
{
	const struct fw_phy *phy = &model->fw->phy;

	ability->types = rte_le_to_cpu_64(phy->cfg.phy_type_low) & fw_link_module_types(model);
	ability->module = (uint32_t)fw_module_media(model) << 24 | model->conf.speed_mbps / 100;
	ability->caps = phy->cfg.caps;
	ability->fec = phy->cfg.link_fec_opt;
}

/** What keeps this end dark, or FW_LINK_UP. */
static enum fw_link_reason
near_reason(const struct aether_model *model)
{
	const struct fw_phy *phy = &model->fw->phy;
	struct model_link_ability ability;

	if (model->in_reset && model->reset_level >= MODEL_RESET_GLOBAL)
		return FW_LINK_RESET;
	if (!fw_module_present(model))
		return FW_LINK_NO_MEDIA;
	if (model->media == FW_MEDIA_UNSUPPORTED)
		return FW_LINK_MODULE_UNSUPPORTED;
	if (model->media == FW_MEDIA_POWER)
		return FW_LINK_MODULE_POWER;
	if ((phy->cfg.caps & E810_PHY_EN_LINK) == 0)
		return FW_LINK_ADMIN_DOWN;
	if (model_fault_active(model, MODEL_FAULT_LINK_DOWN))
		return FW_LINK_FAULT;
	model_link_ability(model, &ability);
	return ability.types == 0 ? FW_LINK_NO_TYPE : FW_LINK_UP;
}

bool
model_port_lit(const struct aether_model *model)
{
	return near_reason(model) == FW_LINK_UP;
}

static uint8_t
fec_wish(const struct model_link_ability *end, const struct fw_phy_type *type)
{
	uint8_t wish = 0;

	if ((end->fec & (E810_PHY_FEC_25G_RS_528_REQ | E810_PHY_FEC_25G_RS_544_REQ)) != 0)
		wish |= FW_FEC_RS;
	if ((end->fec & (E810_PHY_FEC_10G_KR_REQ | E810_PHY_FEC_25G_KR_REQ)) != 0)
		wish |= FW_FEC_BASER;
	if (wish == 0 && (end->caps & E810_PHY_EN_AUTO_FEC) != 0) {
		if ((end->fec & E810_PHY_FEC_25G_RS_EN) != 0)
			wish |= FW_FEC_RS;
		if ((end->fec & (E810_PHY_FEC_10G_KR_EN | E810_PHY_FEC_25G_KR_EN)) != 0)
			wish |= FW_FEC_BASER;
	}
	if (wish == 0 || (end->fec & E810_PHY_FEC_DIS) != 0)
		wish |= FW_FEC_NONE;
	wish &= type->fec;
	return wish != 0 ? wish : FW_FEC_NONE;
}

/** The far end of a wire that says nothing of it is as able as this port, and does pause when the
 * wire is lossless. */
static void
partner_ability(const struct aether_model *model, const struct model_link_ability *near,
		struct model_link_ability *far)
{
	*far = *near;
	far->caps &= (uint8_t)~FW_PAUSE;
	if (model->wire->lossless)
		far->caps |= FW_PAUSE;
	if (model->wire->ops->partner != NULL)
		model->wire->ops->partner(model->wire, far);
}

static enum fw_link_reason
negotiate(const struct model_link_ability *near, const struct model_link_ability *far,
	  struct fw_link *link)
{
	uint8_t fec;
	unsigned int i;

	if (near->module != far->module)
		return FW_LINK_OTHER_MODULE;
	for (i = 0; i < RTE_DIM(types); i++)
		if ((near->types & far->types & types[i].bit) != 0)
			break;
	if (i == RTE_DIM(types))
		return FW_LINK_NO_COMMON_TYPE;
	link->type = &types[i];
	fec = fec_wish(near, &types[i]) & fec_wish(far, &types[i]);
	if (fec == 0)
		return FW_LINK_NO_COMMON_FEC;
	link->fec = (fec & FW_FEC_RS) != 0 ? FW_FEC_RS :
		    (fec & FW_FEC_BASER) != 0 ? FW_FEC_BASER : FW_FEC_NONE;
	link->pause_tx = (near->caps & E810_PHY_EN_TX_LINK_PAUSE) != 0 &&
			 (far->caps & E810_PHY_EN_RX_LINK_PAUSE) != 0;
	link->pause_rx = (near->caps & E810_PHY_EN_RX_LINK_PAUSE) != 0 &&
			 (far->caps & E810_PHY_EN_TX_LINK_PAUSE) != 0;
	return FW_LINK_UP;
}

void
fw_link_resolve(const struct aether_model *model, struct fw_link *link)
{
	struct model_link_ability near, far;

	memset(link, 0, sizeof(*link));
	link->reason = near_reason(model);
	if (link->reason != FW_LINK_UP)
		return;
	if (model->wire == NULL || !model->wire->ops->link(model->wire)) {
		link->reason = FW_LINK_NO_SIGNAL;
		return;
	}
	model_link_ability(model, &near);
	partner_ability(model, &near, &far);
	link->reason = negotiate(&near, &far, link);
}

bool
model_link_up(const struct aether_model *model)
{
	struct fw_link link;

	fw_link_resolve(model, &link);
	return link.reason == FW_LINK_UP;
}

const char *
fw_link_reason_name(enum fw_link_reason reason)
{
	static const char *const names[] = {
		[FW_LINK_UP] = "up",
		[FW_LINK_RESET] = "the device is in reset",
		[FW_LINK_NO_MEDIA] = "no module or cable",
		[FW_LINK_MODULE_UNSUPPORTED] = "the module is of a type that the port cannot use",
		[FW_LINK_MODULE_POWER] = "the module needs more power than the port gives",
		[FW_LINK_ADMIN_DOWN] = "switched off by the driver",
		[FW_LINK_FAULT] = "fault link-down",
		[FW_LINK_NO_TYPE] = "the module does none of the configured types",
		[FW_LINK_NO_SIGNAL] = "no signal from the far end",
		[FW_LINK_OTHER_MODULE] = "the far end has another kind of module",
		[FW_LINK_NO_COMMON_TYPE] = "no type or speed is common with the far end",
		[FW_LINK_NO_COMMON_FEC] = "no FEC is common with the far end",
	};

	return names[reason];
}

const char *
fw_fec_name(uint8_t fec)
{
	return fec == FW_FEC_RS ? "RS" : fec == FW_FEC_BASER ? "BASE-R" : "none";
}
