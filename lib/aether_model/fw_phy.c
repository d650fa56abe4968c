/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * PHY and link (datasheet section 9.6): capabilities, configuration, status, events.
 *
 * The port has a direct attach copper module that does the port's speed and those below it, and
 * the far end does them all: the link comes up at the fastest type that the configuration allows.
 */

#include <inttypes.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

/* Module type bytes: connector, copper and passive, connector as its own memory says. */
#define MODULE_QSFP		0x80
#define MODULE_SFP		0xA0
#define MODULE_CU_PASSIVE	0x01
#define MODULE_MEMORY_QSFP	0x86
#define MODULE_MEMORY_SFP	0xA0
#define SFF8024_QSFP28		0x11
#define SFF8024_SFP		0x03
#define PHY_CAPS_BYTES		48	/* without the qualified modules */
#define FEC_SUPPORTED		(E810_PHY_FEC_10G_KR_EN | E810_PHY_FEC_10G_KR_REQ | \
				 E810_PHY_FEC_25G_RS_528_REQ | E810_PHY_FEC_25G_KR_REQ | \
				 E810_PHY_FEC_25G_RS_544_REQ | E810_PHY_FEC_25G_RS_EN | \
				 E810_PHY_FEC_25G_KR_EN)
#define CFG_CAPS_VALID		0xEF
#define PHY_CAPS_COMMON		(E810_PHY_EN_TX_LINK_PAUSE | E810_PHY_EN_RX_LINK_PAUSE)
#define MIN_FRAME_SIZE		64
#define SFF_EEPROM_BYTES	256
/* Pause timers: entries 0-7 are the priorities', 8 is the link's. */
#define PAUSE_LINK		8
#define PAUSE_QUANTA		0xFFFF
#define PAUSE_REFRESH		0x7FFF

static const struct {
	uint32_t mbps;
	uint64_t type;
	uint16_t speed;
} phy_types[] = {	/* the fastest first */
	{ 100000, E810_PHY_LOW_100GBASE_CR4, E810_LINK_SPEED_100GB },
	{ 50000, E810_PHY_LOW_50GBASE_CR2, E810_LINK_SPEED_50GB },
	{ 40000, E810_PHY_LOW_40GBASE_CR4, E810_LINK_SPEED_40GB },
	{ 25000, E810_PHY_LOW_25GBASE_CR, E810_LINK_SPEED_25GB },
	{ 10000, E810_PHY_LOW_10G_SFI_DA, E810_LINK_SPEED_10GB },
};

/** The entry of phy_types in use: the fastest one configured; -1: none. */
static int
phy_active(const struct fw_phy *phy)
{
	uint64_t types = rte_le_to_cpu_64(phy->cfg.phy_type_low);
	unsigned int i;

	for (i = 0; i < RTE_DIM(phy_types); i++)
		if ((phy_types[i].type & phy->supported & types) != 0)
			return i;
	return -1;
}

bool
model_port_lit(const struct aether_model *model)
{
	const struct fw_phy *phy = &model->fw->phy;

	return model->cable_up && (phy->cfg.caps & E810_PHY_EN_LINK) != 0 &&
	       phy_active(phy) >= 0 && !model_fault_active(model, MODEL_FAULT_LINK_DOWN) &&
	       !(model->in_reset && model->reset_level >= MODEL_RESET_GLOBAL);
}

bool
model_link_up(const struct aether_model *model)
{
	return model_port_lit(model) && model->wire != NULL &&
	       model->wire->ops->link(model->wire);
}

static void
link_status(struct aether_model *model, struct e810_aqc_link_status *status)
{
	const struct fw_phy *phy = &model->fw->phy;
	int active = phy_active(phy);

	memset(status, 0, sizeof(*status));
	status->max_frame_size = rte_cpu_to_le_16(model->max_frame != 0 ? model->max_frame :
						  E810_MAX_FRAME_SIZE);
	if (model->cable_up)
		status->link_info |= E810_MEDIA_AVAILABLE | E810_SIGNAL_DETECT;
	if (!model->link)
		return;
	status->link_info |= E810_LINK_UP | E810_LINK_UP_PORT;
	status->an_info = E810_AN_COMPLETED | E810_LP_AN_ABILITY | E810_QUALIFIED_MODULE;
	/* A lossless wire's far end does 802.3x pause; another's does not. */
	if (model->wire->lossless && (phy->cfg.caps & E810_PHY_EN_TX_LINK_PAUSE) != 0)
		status->an_info |= E810_LINK_PAUSE_TX;
	if (model->wire->lossless && (phy->cfg.caps & E810_PHY_EN_RX_LINK_PAUSE) != 0)
		status->an_info |= E810_LINK_PAUSE_RX;
	if (active >= 0) {
		status->link_speed = rte_cpu_to_le_16(phy_types[active].speed);
		status->phy_type_low = rte_cpu_to_le_64(phy_types[active].type);
		if (phy_types[active].mbps == 100000 || phy_types[active].mbps == 25000) {
			status->an_info |= E810_FEC_EN;
			status->cfg |= E810_LINK_25G_RS_528_FEC_EN;
		}
	}
}

void
model_fw_link_event(struct aether_model *model)
{
	struct fw_phy *phy = &model->fw->phy;
	struct e810_aqc_get_link_status params = {
		.lport_num = model->lport,
		.cmd_flags = rte_cpu_to_le_16(E810_LSE_IS_ENABLED),
	};
	struct e810_aqc_link_status status;

	if (!phy->lse || (phy->event_mask & E810_LINK_EVENT_UPDOWN) != 0)
		return;
	link_status(model, &status);
	model_fw_event(model, E810_AQC_GET_LINK_STATUS, &params, &status, sizeof(status));
}

void
model_fw_link_update(struct aether_model *model)
{
	bool lit = model_port_lit(model);
	bool up;

	if (lit != model->fw->phy.lit && model->wire != NULL) {
		model->fw->phy.lit = lit;
		model_wire_link_changed(model);
	}
	up = model_link_up(model);
	if (up == model->link)
		return;
	model->link = up;
	MODEL_LOG(INFO, model, "link %s", up ? "up" : "down");
	if (model->in_reset)
		return;
	model_irq_oicr(model, PFINT_OICR_LINK_STAT_CHANGE);
	model_fw_link_event(model);
}

void
fw_phy_reset(struct aether_model *model)
{
	struct fw_phy *phy = &model->fw->phy;
	bool lit = phy->lit;
	unsigned int i;

	memset(phy, 0, sizeof(*phy));
	phy->lit = lit;
	for (i = 0; i < RTE_DIM(phy_types); i++)
		if (phy_types[i].mbps <= model->conf.speed_mbps)
			phy->supported |= phy_types[i].type;
	phy->cfg.phy_type_low = rte_cpu_to_le_64(phy->supported);
	phy->cfg.caps = PHY_CAPS_COMMON | E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC;
	phy->cfg.link_fec_opt = FEC_SUPPORTED;
	phy->pending = phy->cfg;
	model_reg_put(model, PRTMAC_HSEC_CTL_TX_PAUSE_QUANTA(PAUSE_LINK), PAUSE_QUANTA);
	model_reg_put(model, PRTMAC_HSEC_CTL_TX_PAUSE_REFRESH_TIMER(PAUSE_LINK), PAUSE_REFRESH);
}

/* ------------------------------------------------------------------ commands ---------------- */

static bool
lport_ok(const struct fw_cmd *cmd, uint8_t lport)
{
	return lport == cmd->model->lport;
}

static bool
port_is_qsfp(const struct aether_model *model)
{
	return model->conf.device_id == E810_DEV_ID_C_QSFP ||
	       model->conf.device_id == E810_DEV_ID_XXV_QSFP;
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

static enum e810_aq_err
get_phy_caps(struct fw_cmd *cmd)
{
	const struct fw_phy *phy = &cmd->fw->phy;
	struct e810_aqc_phy_caps *caps = (void *)cmd->buf;
	uint16_t mode = rte_le_to_cpu_16(cmd->p.phy_caps.param0) & E810_PHY_REPORT_MODE_M;

	if (!lport_ok(cmd, cmd->p.phy_caps.lport_num))
		return E810_AQ_RC_EINVAL;
	memset(caps, 0, RTE_MIN(cmd->buf_len, sizeof(*caps)));
	switch (mode) {
	case E810_PHY_REPORT_TOPO_NO_MEDIA:
	case E810_PHY_REPORT_TOPO_MEDIA:
	case E810_PHY_REPORT_DFLT_CFG:
		caps->phy_type_low = rte_cpu_to_le_64(phy->supported);
		caps->caps = PHY_CAPS_COMMON | E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC;
		caps->link_fec_options = FEC_SUPPORTED;
		break;
	case E810_PHY_REPORT_ACTIVE_CFG:
		caps_from_cfg(caps, &phy->cfg);
		break;
	default:
		return E810_AQ_RC_EINVAL;
	}
	if (cmd->model->cable_up) {
		caps->module_type[0] = port_is_qsfp(cmd->model) ? MODULE_QSFP : MODULE_SFP;
		caps->module_type[1] = MODULE_CU_PASSIVE;
		caps->module_type[2] = port_is_qsfp(cmd->model) ? MODULE_MEMORY_QSFP :
				       MODULE_MEMORY_SFP;
	}
	cmd->resp_len = RTE_MIN(cmd->buf_len, sizeof(*caps));
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
set_phy_cfg(struct fw_cmd *cmd)
{
	const struct e810_aqc_phy_cfg *cfg = (void *)cmd->buf;
	struct fw_phy *phy = &cmd->fw->phy;

	if (!lport_ok(cmd, cmd->p.phy_cfg.lport_num))
		return E810_AQ_RC_EINVAL;
	if ((cfg->caps & ~CFG_CAPS_VALID) != 0 || cfg->phy_type_high != 0 ||
	    (rte_le_to_cpu_64(cfg->phy_type_low) & ~phy->supported) != 0) {
		MODEL_LOG(INFO, cmd->model, "PHY configuration refused: types 0x%016" PRIx64
			  " caps 0x%02x, supported types 0x%016" PRIx64,
			  rte_le_to_cpu_64(cfg->phy_type_low), cfg->caps, phy->supported);
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

/** Loopback inside the device is not modelled: use the loop wire. */
static enum e810_aq_err
set_mac_lb(struct fw_cmd *cmd)
{
	return (cmd->p.mac_lb.lb_mode & E810_MAC_LB_EN) != 0 ? E810_AQ_RC_ENOSYS : E810_AQ_RC_OK;
}

static enum e810_aq_err
set_port_id_led(struct fw_cmd *cmd)
{
	/* There is no lamp to look at; nonsense is refused all the same. */
	if ((cmd->p.led.ident_mode & ~E810_PORT_IDENT_LED_BLINK) != 0 ||
	    (cmd->p.led.lport_num_valid != 0 && !lport_ok(cmd, cmd->p.led.lport_num)))
		return E810_AQ_RC_EINVAL;
	return E810_AQ_RC_OK;
}

/** There is no topology to show: every node is absent. */
static enum e810_aq_err
get_link_topo(struct fw_cmd *cmd)
{
	RTE_SET_USED(cmd);
	return E810_AQ_RC_ENXIO;
}

/** The module's EEPROM is not modelled beyond its identifier (SFF-8024). */
static enum e810_aq_err
sff_eeprom(struct fw_cmd *cmd)
{
	uint16_t addr = rte_le_to_cpu_16(cmd->p.sff.i2c_mem_addr);
	uint16_t bus = rte_le_to_cpu_16(cmd->p.sff.i2c_bus_addr);

	if (!cmd->model->cable_up)
		return E810_AQ_RC_ENXIO;
	if ((bus & E810_SFF_IS_WRITE) != 0)
		return E810_AQ_RC_EACCES;
	if (addr >= SFF_EEPROM_BYTES || cmd->buf_len > SFF_EEPROM_BYTES - addr)
		return E810_AQ_RC_EINVAL;
	memset(cmd->buf, 0, cmd->buf_len);
	if (addr == 0)
		cmd->buf[0] = port_is_qsfp(cmd->model) ? SFF8024_QSFP28 : SFF8024_SFP;
	return E810_AQ_RC_OK;
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
	{ E810_AQC_GET_LINK_TOPO, 0, 0, "Get Link Topology", get_link_topo },
	{ E810_AQC_SET_PORT_ID_LED, 0, 0, "Set Port Identification LED", set_port_id_led },
	{ E810_AQC_SFF_EEPROM, FW_BUF, 1, "Read SFF EEPROM", sff_eeprom },
	{ 0, 0, 0, NULL, NULL },
};
