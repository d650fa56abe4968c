/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * PHY and link (datasheet section 9.6): capabilities, configuration, status, events. What the link
 * becomes is fw_link.c's.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

#define PHY_CAPS_BYTES		48	/* without the qualified modules */
#define FEC_BASER		(E810_PHY_FEC_10G_KR_EN | E810_PHY_FEC_10G_KR_REQ | \
				 E810_PHY_FEC_25G_KR_EN | E810_PHY_FEC_25G_KR_REQ)
#define FEC_RS			(E810_PHY_FEC_25G_RS_EN | E810_PHY_FEC_25G_RS_528_REQ | \
				 E810_PHY_FEC_25G_RS_544_REQ)
#define CFG_CAPS_VALID		0xEF
#define LINK_FAULTS		(E810_LINK_FAULT | E810_LINK_FAULT_TX | E810_LINK_FAULT_RX | \
				 E810_LINK_FAULT_REMOTE)
#define MIN_FRAME_SIZE		64
/* Pause timers: entries 0-7 are the priorities', 8 is the link's. */
#define PAUSE_LINK		8
#define PAUSE_QUANTA		0xFFFF
#define PAUSE_REFRESH		0x7FFF

static const struct {
	const char *name;
	uint8_t fec;			/* 0: automatic */
} fec_names[] = {
	{ "auto", 0 }, { "none", FW_FEC_NONE }, { "baser", FW_FEC_BASER }, { "rs", FW_FEC_RS },
};

int
fw_phy_fec_parse(struct aether_model *model, const char *name)
{
	unsigned int i;

	if (name == NULL || *name == '\0')
		return 0;
	for (i = 0; i < RTE_DIM(fec_names); i++) {
		if (strcmp(fec_names[i].name, name) == 0) {
			model->fec_default = fec_names[i].fec;
			return 0;
		}
	}
	MODEL_LOG(ERR, model, "fec: found '%s', wanted auto, none, baser or rs", name);
	return -EINVAL;
}

/* ------------------------------------------------------------------ status ------------------ */

/** Why there is no link, in the fields that drivers look at. */
static void
status_down(const struct fw_link *link, struct e810_aqc_link_status *status)
{
	switch (link->reason) {
	case FW_LINK_MODULE_UNSUPPORTED:
		status->topo_media_conflict |= E810_LINK_TOPO_UNSUPP_MEDIA;
		break;
	case FW_LINK_MODULE_POWER:
		status->link_cfg_err |= E810_LINK_MODULE_POWER_UNSUPPORTED;
		break;
	case FW_LINK_NO_TYPE:
		status->link_cfg_err |= E810_LINK_CFG_ERR;
		break;
	case FW_LINK_FAULT:
		status->link_info |= E810_LINK_FAULT | E810_LINK_FAULT_TX;
		break;
	case FW_LINK_OTHER_MODULE:
		status->topo_media_conflict |= E810_LINK_MEDIA_CONFLICT;
		status->an_info |= E810_PD_FAULT;
		break;
	case FW_LINK_NO_COMMON_TYPE:
		status->an_info |= E810_PD_FAULT;
		break;
	case FW_LINK_NO_COMMON_FEC:
		/* Light comes in, and no code word is ever found in it. */
		status->link_info |= E810_LINK_FAULT | E810_LINK_FAULT_RX;
		break;
	default:
		break;
	}
}

static void
status_up(const struct fw_link *link, struct e810_aqc_link_status *status)
{
	status->link_info |= E810_LINK_UP | E810_LINK_UP_PORT;
	/* Copper and backplanes negotiate (clause 73); optics do not. */
	if (link->type->media == FW_MEDIA_DAC || link->type->media == FW_MEDIA_BACKPLANE)
		status->an_info |= E810_AN_COMPLETED | E810_LP_AN_ABILITY;
	if (link->pause_tx)
		status->an_info |= E810_LINK_PAUSE_TX;
	if (link->pause_rx)
		status->an_info |= E810_LINK_PAUSE_RX;
	if (link->fec != FW_FEC_NONE)
		status->an_info |= E810_FEC_EN;
	if (link->fec == FW_FEC_RS)
		status->cfg |= E810_LINK_25G_RS_528_FEC_EN;
	else if (link->fec == FW_FEC_BASER)
		status->cfg |= E810_LINK_25G_KR_FEC_EN;
	status->link_speed = rte_cpu_to_le_16(link->type->speed);
	status->phy_type_low = rte_cpu_to_le_64(link->type->bit);
}

static void
link_status(struct aether_model *model, struct e810_aqc_link_status *status)
{
	const struct fw_link *link = &model->fw->phy.link;

	memset(status, 0, sizeof(*status));
	status->max_frame_size = rte_cpu_to_le_16(model->max_frame != 0 ? model->max_frame :
						  E810_MAX_FRAME_SIZE);
	if (fw_module_present(model)) {
		status->link_info |= E810_MEDIA_AVAILABLE;
		if (model->wire != NULL && model->wire->ops->link(model->wire))
			status->link_info |= E810_SIGNAL_DETECT;
		if (link->reason != FW_LINK_MODULE_UNSUPPORTED)
			status->an_info |= E810_QUALIFIED_MODULE;
	}
	if (model->outer_wire != NULL)
		status->lb_status = E810_LINK_LB_MAC;
	if (link->reason == FW_LINK_UP)
		status_up(link, status);
	else
		status_down(link, status);
}

/* ------------------------------------------------------------------ events ------------------ */

/** What changed between two states of the link, as causes of an event. */
static uint16_t
event_causes(const struct e810_aqc_link_status *old, const struct e810_aqc_link_status *now)
{
	const uint8_t info = old->link_info ^ now->link_info;
	const uint8_t an = old->an_info ^ now->an_info;
	const uint8_t topo = old->topo_media_conflict ^ now->topo_media_conflict;
	uint16_t causes = 0;

	if ((info & E810_LINK_UP) != 0 || old->link_speed != now->link_speed ||
	    old->cfg != now->cfg || (an & (E810_LINK_PAUSE_TX | E810_LINK_PAUSE_RX)) != 0)
		causes |= E810_LINK_EVENT_UPDOWN;
	if ((info & E810_MEDIA_AVAILABLE) != 0)
		causes |= E810_LINK_EVENT_MEDIA_NA;
	if ((info & LINK_FAULTS) != 0 || (an & E810_PD_FAULT) != 0)
		causes |= E810_LINK_EVENT_LINK_FAULT;
	if ((info & E810_SIGNAL_DETECT) != 0)
		causes |= E810_LINK_EVENT_SIGNAL_DETECT;
	if ((an & E810_AN_COMPLETED) != 0)
		causes |= E810_LINK_EVENT_AN_COMPLETED;
	if ((topo & E810_LINK_TOPO_UNSUPP_MEDIA) != 0 || old->link_cfg_err != now->link_cfg_err)
		causes |= E810_LINK_EVENT_MODULE_QUAL_FAIL;
	if ((topo & E810_LINK_MEDIA_CONFLICT) != 0)
		causes |= E810_LINK_EVENT_MEDIA_CONFLICT;
	return causes;
}

static void
link_event(struct aether_model *model, const struct e810_aqc_link_status *status,
	   uint16_t causes)
{
	const struct fw_phy *phy = &model->fw->phy;
	const struct e810_aqc_get_link_status params = {
		.lport_num = model->lport,
		.cmd_flags = rte_cpu_to_le_16(E810_LSE_IS_ENABLED),
	};

	if (phy->lse && (causes & ~phy->event_mask) != 0)
		model_fw_event(model, E810_AQC_GET_LINK_STATUS, &params, status, sizeof(*status));
}

static void
log_link(struct aether_model *model, const struct fw_link *old, const struct fw_link *now)
{
	fw_log(model, E810_FW_LOG_MODULE_LINK, E810_FW_LOG_NORMAL, "port %u: %s", model->lport,
	       fw_link_reason_name(now->reason));
	if (now->reason == FW_LINK_UP)
		MODEL_LOG(INFO, model, "link up: %" PRIu32 " Mb/s, FEC %s, pause %s%s",
			  now->type->mbps, fw_fec_name(now->fec), now->pause_tx ? "tx" : "",
			  now->pause_rx ? "rx" : now->pause_tx ? "" : "off");
	else if (now->reason != old->reason)
		MODEL_LOG(INFO, model, "link down: %s", fw_link_reason_name(now->reason));
}

void
model_fw_link_update(struct aether_model *model)
{
	struct fw_phy *phy = &model->fw->phy;
	struct e810_aqc_link_status status;
	const struct fw_link old = phy->link;
	uint16_t causes;

	/* The far end hears first: a cable whose ends change at once meets in its next step. */
	model_wire_link_changed(model);
	fw_link_resolve(model, &phy->link);
	if (model->wire != NULL) {
		model->wire->pause_tx = phy->link.pause_tx;
		model->wire->pause_rx = phy->link.pause_rx;
	}
	link_status(model, &status);
	causes = event_causes(&phy->told, &status);
	if (causes == 0 && old.reason == phy->link.reason)
		return;
	phy->told = status;
	model->link = phy->link.reason == FW_LINK_UP;
	log_link(model, &old, &phy->link);
	if (!model->in_reset) {
		if ((causes & E810_LINK_EVENT_UPDOWN) != 0)
			model_irq_oicr(model, PFINT_OICR_LINK_STAT_CHANGE);
		link_event(model, &status, causes);
	}
	/* A reset has ended the wish for events; what is wrong is noted all the same. */
	fw_health_link(model, &phy->link);
}

/* ------------------------------------------------------------------ configuration ----------- */

/** The way of negotiating that the media have: clause 73 of copper and backplanes; optics none. */
static uint8_t
negotiation(const struct aether_model *model)
{
	const enum fw_media media = fw_module_media(model);

	return media == FW_MEDIA_DAC || media == FW_MEDIA_BACKPLANE ? E810_PHY_AN_CLAUSE73 : 0;
}

/** What the flash configures: all types, FEC as fec= says, no pause. */
static void
default_config(const struct aether_model *model, struct e810_aqc_phy_cfg *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->phy_type_low = rte_cpu_to_le_64(fw_link_port_types(model));
	cfg->caps = E810_PHY_EN_LINK;
	cfg->low_power_ctrl_an = negotiation(model);
	switch (model->fec_default) {
	case FW_FEC_NONE:
		break;
	case FW_FEC_BASER:
		cfg->link_fec_opt = FEC_BASER;
		break;
	case FW_FEC_RS:
		cfg->link_fec_opt = FEC_RS;
		break;
	default:
		cfg->caps |= E810_PHY_EN_AUTO_FEC;
		cfg->link_fec_opt = FEC_BASER | FEC_RS;
		break;
	}
}

void
fw_phy_reset(struct aether_model *model)
{
	struct fw_phy *phy = &model->fw->phy;

	default_config(model, &phy->cfg);
	phy->pending = phy->cfg;
	phy->lse = false;
	phy->led_blinks = false;
	phy->event_mask = 0;
	memset(&model->fw->module, 0, sizeof(model->fw->module));
	model->fw->health.sources = 0;
	model_reg_put(model, PRTMAC_HSEC_CTL_TX_PAUSE_QUANTA(PAUSE_LINK), PAUSE_QUANTA);
	model_reg_put(model, PRTMAC_HSEC_CTL_TX_PAUSE_REFRESH_TIMER(PAUSE_LINK), PAUSE_REFRESH);
}

/* ------------------------------------------------------------------ commands ---------------- */

static bool
lport_ok(const struct fw_cmd *cmd, uint8_t lport)
{
	return lport == cmd->model->lport;
}

static void
caps_from_cfg(struct e810_aqc_phy_caps *caps, const struct e810_aqc_phy_cfg *cfg)
{
	caps->phy_type_low = cfg->phy_type_low;
	caps->phy_type_high = cfg->phy_type_high;
	caps->caps = cfg->caps & (uint8_t)~E810_PHY_ENA_AUTO_LINK_UPDT;
	caps->low_power_ctrl_an = cfg->low_power_ctrl_an;
	caps->eee_cap = cfg->eee_cap;
	caps->eeer_value = cfg->eeer_value;
	caps->link_fec_options = cfg->link_fec_opt;
	caps->module_compliance_enforcement = cfg->module_compliance_enforcement;
}

/** What port and module could do, whatever is configured. */
static void
caps_abilities(const struct aether_model *model, struct e810_aqc_phy_caps *caps, uint64_t types)
{
	caps->low_power_ctrl_an = negotiation(model);
	caps->phy_type_low = rte_cpu_to_le_64(types);
	caps->caps = FW_PAUSE | E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC;
	caps->link_fec_options = FEC_BASER | FEC_RS;
}

static enum e810_aq_err
get_phy_caps(struct fw_cmd *cmd)
{
	const struct fw_phy *phy = &cmd->fw->phy;
	struct e810_aqc_phy_caps *caps = (void *)cmd->buf;
	uint16_t mode = rte_le_to_cpu_16(cmd->p.phy_caps.param0) & E810_PHY_REPORT_MODE_M;
	struct e810_aqc_phy_cfg cfg;

	/* Linux names no port here, whichever function it is. */
	if (cmd->p.phy_caps.lport_num != 0 && !lport_ok(cmd, cmd->p.phy_caps.lport_num))
		return E810_AQ_RC_EINVAL;
	memset(caps, 0, RTE_MIN(cmd->buf_len, sizeof(*caps)));
	switch (mode) {
	case E810_PHY_REPORT_TOPO_NO_MEDIA:
		caps_abilities(cmd->model, caps, fw_link_port_types(cmd->model));
		break;
	case E810_PHY_REPORT_TOPO_MEDIA:
		caps_abilities(cmd->model, caps, fw_link_module_types(cmd->model));
		break;
	case E810_PHY_REPORT_DFLT_CFG:
		default_config(cmd->model, &cfg);
		caps_from_cfg(caps, &cfg);
		break;
	case E810_PHY_REPORT_ACTIVE_CFG:
		caps_from_cfg(caps, &phy->cfg);
		break;
	default:
		return E810_AQ_RC_EINVAL;
	}
	/* A configuration is a port's; what the module does of it is what counts. */
	if ((mode == E810_PHY_REPORT_DFLT_CFG || mode == E810_PHY_REPORT_ACTIVE_CFG) &&
	    fw_link_module_types(cmd->model) != 0)
		caps->phy_type_low &= rte_cpu_to_le_64(fw_link_module_types(cmd->model));
	fw_module_type(cmd->model, caps->module_type);
	cmd->resp_len = RTE_MIN(cmd->buf_len, sizeof(*caps));
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
set_phy_cfg(struct fw_cmd *cmd)
{
	const struct e810_aqc_phy_cfg *cfg = (void *)cmd->buf;
	struct fw_phy *phy = &cmd->fw->phy;
	uint64_t able = fw_link_module_types(cmd->model);

	if (!lport_ok(cmd, cmd->p.phy_cfg.lport_num))
		return E810_AQ_RC_EINVAL;
	/* Without a module that works, it is for the one that will come. */
	if (able == 0)
		able = fw_link_port_types(cmd->model);
	if ((cfg->caps & ~CFG_CAPS_VALID) != 0 || cfg->phy_type_high != 0 ||
	    (rte_le_to_cpu_64(cfg->phy_type_low) & ~able) != 0) {
		MODEL_LOG(INFO, cmd->model, "PHY configuration refused: types 0x%016" PRIx64
			  " caps 0x%02x, supported types 0x%016" PRIx64,
			  rte_le_to_cpu_64(cfg->phy_type_low), cfg->caps, able);
		return E810_AQ_RC_EINVAL;
	}
	phy->pending = *cfg;
	if ((cfg->caps & E810_PHY_ENA_AUTO_LINK_UPDT) != 0) {
		phy->cfg = *cfg;
		model_fw_link_update(cmd->model);
	}
	cmd->resp_len = sizeof(*cfg);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
restart_an(struct fw_cmd *cmd)
{
	struct fw_phy *phy = &cmd->fw->phy;

	if (!lport_ok(cmd, cmd->p.restart_an.lport_num))
		return E810_AQ_RC_EINVAL;
	phy->cfg = phy->pending;
	if ((cmd->p.restart_an.cmd_flags & E810_RESTART_AN_LINK_ENABLE) != 0)
		phy->cfg.caps |= E810_PHY_EN_LINK;
	else
		phy->cfg.caps &= ~E810_PHY_EN_LINK;
	phy->pending = phy->cfg;
	model_fw_link_update(cmd->model);
	return E810_AQ_RC_OK;
}

/** The frame size with FCS; a driver that sends nonsense gets told so. */
static enum e810_aq_err
set_mac_cfg(struct fw_cmd *cmd)
{
	uint16_t size = rte_le_to_cpu_16(cmd->p.mac_cfg.max_frame_size);

	if (size < MIN_FRAME_SIZE || size > E810_MAX_FRAME_SIZE)
		return E810_AQ_RC_EINVAL;
	cmd->model->max_frame = size;
	model_reg_put(cmd->model, PRTMAC_HSEC_CTL_TX_PAUSE_QUANTA(PAUSE_LINK),
		      rte_le_to_cpu_16(cmd->p.mac_cfg.tx_tmr_value));
	model_reg_put(cmd->model, PRTMAC_HSEC_CTL_TX_PAUSE_REFRESH_TIMER(PAUSE_LINK),
		      rte_le_to_cpu_16(cmd->p.mac_cfg.fc_refresh_threshold));
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
get_link_status(struct fw_cmd *cmd)
{
	struct fw_phy *phy = &cmd->fw->phy;
	struct e810_aqc_link_status status;

	if (!lport_ok(cmd, cmd->p.link.lport_num))
		return E810_AQ_RC_EINVAL;
	switch (rte_le_to_cpu_16(cmd->p.link.cmd_flags) & E810_LSE_M) {
	case E810_LSE_ENA:
		phy->lse = true;
		break;
	case E810_LSE_DIS:
		phy->lse = false;
		break;
	default:
		break;
	}
	link_status(cmd->model, &status);
	cmd->resp_len = RTE_MIN(cmd->buf_len, sizeof(status));
	memcpy(cmd->buf, &status, cmd->resp_len);
	cmd->p.link.cmd_flags = rte_cpu_to_le_16(phy->lse ? E810_LSE_IS_ENABLED : 0);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
set_event_mask(struct fw_cmd *cmd)
{
	if (!lport_ok(cmd, cmd->p.event_mask.lport_num))
		return E810_AQ_RC_EINVAL;
	cmd->fw->phy.event_mask = rte_le_to_cpu_16(cmd->p.event_mask.event_mask);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
set_mac_lb(struct fw_cmd *cmd)
{
	const bool on = (cmd->p.mac_lb.lb_mode & E810_MAC_LB_EN) != 0;

	if (model_wire_loopback(cmd->model, on) != 0)
		return E810_AQ_RC_ENOMEM;
	model_fw_link_update(cmd->model);
	return E810_AQ_RC_OK;
}

/** The lamp itself is aether_model_port::led_blinks. */
static enum e810_aq_err
set_port_id_led(struct fw_cmd *cmd)
{
	if ((cmd->p.led.ident_mode & ~E810_PORT_IDENT_LED_BLINK) != 0 ||
	    (cmd->p.led.lport_num_valid != 0 && !lport_ok(cmd, cmd->p.led.lport_num)))
		return E810_AQ_RC_EINVAL;
	cmd->fw->phy.led_blinks = (cmd->p.led.ident_mode & E810_PORT_IDENT_LED_BLINK) != 0;
	return E810_AQ_RC_OK;
}

/* ------------------------------------------------------------------ looking in -------------- */

void
aether_model_port_get(struct aether_model *model, struct aether_model_port *port)
{
	const struct fw_phy *phy = &model->fw->phy;

	memset(port, 0, sizeof(*port));
	rte_ticketlock_lock(&model->lock);
	port->link = model->link;
	port->reason = fw_link_reason_name(phy->link.reason);
	port->fec = fw_fec_name(phy->link.fec);
	if (model->link)
		port->speed_mbps = phy->link.type->mbps;
	port->pause_tx = phy->link.pause_tx;
	port->pause_rx = phy->link.pause_rx;
	port->led_blinks = phy->led_blinks;
	port->phy_types = rte_le_to_cpu_64(phy->cfg.phy_type_low);
	port->phy_caps = phy->cfg.caps & (uint8_t)~E810_PHY_ENA_AUTO_LINK_UPDT;
	port->phy_fec = phy->cfg.link_fec_opt;
	port->max_frame = model->max_frame != 0 ? model->max_frame : E810_MAX_FRAME_SIZE;
	port->pause_quanta =
		(uint16_t)model_reg_get(model, PRTMAC_HSEC_CTL_TX_PAUSE_QUANTA(PAUSE_LINK));
	port->pause_refresh = (uint16_t)
		model_reg_get(model, PRTMAC_HSEC_CTL_TX_PAUSE_REFRESH_TIMER(PAUSE_LINK));
	port->event_mask = phy->event_mask;
	port->health_sources = model->fw->health.sources;
	port->lldp_agent = model->fw->lldp_running;
	port->pfc_mode = model->fw->pfc_mode;
	rte_ticketlock_unlock(&model->lock);
}

const struct fw_opcode fw_phy_opcodes[] = {
	{ E810_AQC_GET_PHY_CAPS, FW_BUF, PHY_CAPS_BYTES, "Get PHY Capabilities", get_phy_caps },
	{ E810_AQC_SET_PHY_CFG, FW_RD, sizeof(struct e810_aqc_phy_cfg), "Set PHY Configuration",
	  set_phy_cfg },
	{ E810_AQC_SET_MAC_CFG, 0, 0, "Set MAC Configuration", set_mac_cfg },
	{ E810_AQC_RESTART_AN, 0, 0, "Restart Autonegotiation", restart_an },
	{ E810_AQC_GET_LINK_STATUS, FW_BUF, 16, "Get Link Status", get_link_status },
	{ E810_AQC_SET_EVENT_MASK, 0, 0, "Set Event Mask", set_event_mask },
	{ E810_AQC_SET_MAC_LB, 0, 0, "Set MAC Loopback", set_mac_lb },
	{ E810_AQC_SET_PORT_ID_LED, 0, 0, "Set Port Identification LED", set_port_id_led },
	{ 0, 0, 0, NULL, NULL },
};
