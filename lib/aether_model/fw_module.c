/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The module in the cage, and its memory as Read/Write SFF EEPROM (0x06EE) shows it: SFF-8636 in a
 * QSFP28 cage, SFF-8472 in an SFP28 one. Pages are built when they are read, since the diagnostics
 * follow the link.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_fw.h"

/* Module type bytes: connector, copper and passive, connector as its own memory says. */
#define MODULE_QSFP		0x80
#define MODULE_SFP		0xA0
#define MODULE_CU_PASSIVE	0x01
#define MODULE_10G_SR		0x10
#define MODULE_10G_LR		0x20
#define MODULE_MEMORY_QSFP	0x86
#define MODULE_MEMORY_SFP	0xA0

/* Diagnostics, in the units of the memory maps: 1/256 K, 100 uV, 0.1 uW, 2 uA. */
#define TEMPERATURE(celsius)	((uint16_t)((celsius) * 256))
#define MODULE_TEMPERATURE	TEMPERATURE(36)
#define MODULE_VOLTAGE		33000
#define MODULE_BIAS		3500
#define MODULE_RX_POWER		8500
#define MODULE_TX_POWER		9800
#define MAX_TEMPERATURE		70

#define LANE_RATE_25G		103	/* 25.78125 GBd in 250 MBd */
#define LANE_RATE_10G		41	/* 10.3125 GBd */
#define RATE_BEYOND_BYTE	0xFF
#define DAC_METRES		3

static const struct {
	const char *name;
	enum fw_media media;
} media_names[] = {
	{ "dac", FW_MEDIA_DAC }, { "sr", FW_MEDIA_SR }, { "lr", FW_MEDIA_LR },
	{ "none", FW_MEDIA_NONE }, { "unsupported", FW_MEDIA_UNSUPPORTED },
	{ "power", FW_MEDIA_POWER },
};

int
fw_module_parse(struct aether_model *model, const char *name)
{
	unsigned int i;

	model->media = fw_module_is_backplane(model) ? FW_MEDIA_BACKPLANE : FW_MEDIA_DAC;
	if (name == NULL || *name == '\0')
		return 0;
	if (model->media == FW_MEDIA_BACKPLANE) {
		MODEL_LOG(ERR, model, "media: found '%s', but device 0x%04x is wired to a "
			  "backplane and takes no module; leave it out", name,
			  model->conf.device_id);
		return -EINVAL;
	}
	for (i = 0; i < RTE_DIM(media_names); i++) {
		if (strcmp(media_names[i].name, name) == 0) {
			model->media = media_names[i].media;
			return 0;
		}
	}
	MODEL_LOG(ERR, model, "media: found '%s', wanted dac, sr, lr, none, unsupported or power",
		  name);
	return -EINVAL;
}

bool
fw_module_is_backplane(const struct aether_model *model)
{
	return model->conf.device_id == E810_DEV_ID_C_BACKPLANE ||
	       model->conf.device_id == E810_DEV_ID_XXV_BACKPLANE;
}

bool
fw_module_is_qsfp(const struct aether_model *model)
{
	return model->conf.device_id == E810_DEV_ID_C_QSFP ||
	       model->conf.device_id == E810_DEV_ID_XXV_QSFP;
}

bool
fw_module_present(const struct aether_model *model)
{
	return model->cable_up && model->media != FW_MEDIA_NONE;
}

enum fw_media
fw_module_media(const struct aether_model *model)
{
	if (!model->cable_up || model->media == FW_MEDIA_UNSUPPORTED)
		return FW_MEDIA_NONE;
	return model->media == FW_MEDIA_POWER ? FW_MEDIA_LR : (enum fw_media)model->media;
}

void
fw_module_type(const struct aether_model *model, uint8_t type[3])
{
	const bool qsfp = fw_module_is_qsfp(model);

	memset(type, 0, 3);
	if (!fw_module_present(model) || fw_module_is_backplane(model))
		return;
	type[0] = qsfp ? MODULE_QSFP : MODULE_SFP;
	type[1] = model->media == FW_MEDIA_DAC ? MODULE_CU_PASSIVE :
		  model->media == FW_MEDIA_SR ? MODULE_10G_SR :
		  model->media == FW_MEDIA_LR ? MODULE_10G_LR : 0;
	type[2] = qsfp ? MODULE_MEMORY_QSFP : MODULE_MEMORY_SFP;
}

/* ------------------------------------------------------------------ building pages ---------- */

static bool
is_copper(const struct aether_model *model)
{
	return model->media == FW_MEDIA_DAC;
}

static bool
is_long_range(const struct aether_model *model)
{
	return model->media == FW_MEDIA_LR || model->media == FW_MEDIA_POWER;
}

/** Text in a field: padded with spaces, not terminated. */
static void
put_text(uint8_t *field, size_t len, const char *text)
{
	memset(field, ' ', len);
	memcpy(field, text, RTE_MIN(len, strlen(text)));
}

static void
put_be16(uint8_t *field, uint16_t value)
{
	field[0] = value >> 8;
	field[1] = (uint8_t)value;
}

static void
put_sum(uint8_t *page, unsigned int first, unsigned int last)
{
	uint8_t sum = 0;
	unsigned int i;

	for (i = first; i <= last; i++)
		sum += page[i];
	page[last + 1] = sum;
}

/** Vendor, part, serial number and date: those of the model. */
static void
put_names(const struct aether_model *model, uint8_t *vendor, uint8_t *oui, uint8_t *part,
	  uint8_t *serial, uint8_t *date)
{
	const char *kind = is_copper(model) ? "CR" : is_long_range(model) ? "LR" : "SR";
	char text[32];

	put_text(vendor, 16, "Aether model");
	memset(oui, 0, 3);	/* "not specified": the model owns none */
	snprintf(text, sizeof(text), "AM-%s-%uG", kind, model->conf.speed_mbps / 1000);
	put_text(part, 16, text);
	snprintf(text, sizeof(text), "AM%02X%02X%02X%02X", model->conf.mac[2], model->conf.mac[3],
		 model->conf.mac[4], model->conf.mac[5]);
	put_text(serial, 16, text);
	put_text(date, 8, "260101");
}

/** High and low alarm, high and low warning: how all maps list thresholds. */
static void
put_thresholds(uint8_t *field, uint16_t high, uint16_t low)
{
	const uint16_t margin = (high - low) / 10;

	put_be16(field, high);
	put_be16(field + 2, low);
	put_be16(field + 4, high - margin);
	put_be16(field + 6, low + margin);
}

static uint16_t
light_received(const struct aether_model *model)
{
	return model->wire != NULL && model->wire->ops->link(model->wire) ? MODULE_RX_POWER : 0;
}

static void
qsfp_lower(const struct aether_model *model, uint8_t *page)
{
	const struct fw_module *module = &model->fw->module;
	const bool lit = model_port_lit(model);
	unsigned int lane;

	page[SFF8636_ID] = SFF8024_ID_QSFP28;
	page[SFF8636_REVISION] = SFF8636_REV_28;
	page[SFF8636_STATUS] = is_copper(model) ? SFF8636_STATUS_FLAT : 0;
	page[SFF8636_TX_DISABLE] = module->tx_disable;
	page[SFF8636_POWER_CONTROL] = module->power_control;
	page[SFF8636_PAGE] = module->page;
	if (is_copper(model))
		return;
	page[SFF8636_LOS] = light_received(model) == 0 ? 0x0F : 0;
	put_be16(page + SFF8636_TEMPERATURE, MODULE_TEMPERATURE);
	put_be16(page + SFF8636_VOLTAGE, MODULE_VOLTAGE);
	for (lane = 0; lane < 4; lane++) {
		const bool on = lit && (module->tx_disable & 1u << lane) == 0;

		put_be16(page + SFF8636_RX_POWER + 2 * lane, light_received(model));
		put_be16(page + SFF8636_TX_BIAS + 2 * lane, on ? MODULE_BIAS : 0);
		put_be16(page + SFF8636_TX_POWER + 2 * lane, on ? MODULE_TX_POWER : 0);
	}
}

/** Compliance, reach and technology. SFF-8636, tables 6-15 to 6-18. */
static void
qsfp_media(const struct aether_model *model, uint8_t *page)
{
	const bool at_100g = model->conf.speed_mbps >= 50000;

	if (is_copper(model)) {
		page[SFF8636_CONNECTOR] = SFF8024_CONNECTOR_NONE;
		page[SFF8636_COMPLIANCE] = at_100g ? 0x88 : 0x08;	/* extended; 40G CR4 */
		page[SFF8636_LENGTH_OM4] = DAC_METRES;
		page[SFF8636_TECHNOLOGY] = 0xA0;	/* copper, unequalized */
		page[SFF8636_WAVELENGTH] = 5;		/* dB at 2.5 GHz, then 5 GHz */
		page[SFF8636_WAVELENGTH + 1] = 8;
		page[SFF8636_EXT_COMPLIANCE] = SFF8024_EXT_CR4;
	} else if (is_long_range(model)) {
		page[SFF8636_CONNECTOR] = SFF8024_CONNECTOR_LC;
		page[SFF8636_COMPLIANCE] = at_100g ? 0x80 : 0x02;
		page[SFF8636_LENGTH_SMF] = 10;
		page[SFF8636_TECHNOLOGY] = 0x40;	/* 1310 nm DFB */
		put_be16(page + SFF8636_WAVELENGTH, 1310 * 20);
		page[SFF8636_EXT_COMPLIANCE] = at_100g ? SFF8024_EXT_LR : 0;
	} else {
		page[SFF8636_CONNECTOR] = SFF8024_CONNECTOR_MPO_1X12;
		page[SFF8636_COMPLIANCE] = at_100g ? 0x80 : 0x04;
		page[SFF8636_LENGTH_OM3] = 70 / 2;
		page[SFF8636_LENGTH_OM4] = 100 / 2;
		page[SFF8636_TECHNOLOGY] = 0x00;	/* 850 nm VCSEL */
		put_be16(page + SFF8636_WAVELENGTH, 850 * 20);
		page[SFF8636_EXT_COMPLIANCE] = at_100g ? SFF8024_EXT_SR : 0;
	}
}

static void
qsfp_upper(const struct aether_model *model, uint8_t *page)
{
	const uint32_t speed = model->conf.speed_mbps;
	const bool at_25g_lanes = speed != 40000 && speed != 10000;

	page[SFF8636_ID_UPPER] = SFF8024_ID_QSFP28;
	/* Power class 1 (1.5 W), 4 (3.5 W), or 7 (5 W) that this port does not give. */
	page[SFF8636_EXT_ID] = is_copper(model) ? 0x00 :
		model->media == FW_MEDIA_POWER ? 0xC3 : 0xC0;
	page[SFF8636_ENCODING] = 0x05;	/* 64B/66B */
	page[SFF8636_BIT_RATE] = at_25g_lanes ? RATE_BEYOND_BYTE : 103;
	page[SFF8636_MAX_TEMP] = MAX_TEMPERATURE;
	page[SFF8636_LANE_RATE] = at_25g_lanes ? LANE_RATE_25G : LANE_RATE_10G;
	/* Average power is measured both ways. */
	page[SFF8636_DIAG_TYPE] = is_copper(model) ? 0 : 0x0C;
	qsfp_media(model, page);
	put_names(model, page + SFF8636_VENDOR, page + SFF8636_OUI, page + SFF8636_PART,
		  page + SFF8636_SERIAL, page + SFF8636_DATE);
	put_text(page + SFF8636_PART_REVISION, 2, "A");
	put_sum(page, SFF8636_ID_UPPER, SFF8636_CC_BASE - 1);
	put_sum(page, SFF8636_EXT_COMPLIANCE, SFF8636_CC_EXT - 1);
}

static void
qsfp_thresholds(uint8_t *page)
{
	put_thresholds(page + 128, TEMPERATURE(75), TEMPERATURE(0));
	put_thresholds(page + 144, 36300, 29700);
	put_thresholds(page + 176, 22000, 400);		/* Rx power */
	put_thresholds(page + 184, 6000, 500);		/* Tx bias */
	put_thresholds(page + 192, 22000, 800);		/* Tx power */
}

static void
sfp_media(const struct aether_model *model, uint8_t *page)
{
	const bool at_25g = model->conf.speed_mbps >= 25000;

	if (is_copper(model)) {
		page[SFF8472_CONNECTOR] = SFF8024_CONNECTOR_NONE;
		page[SFF8472_CABLE] = 0x04;		/* passive */
		page[SFF8472_LENGTH_OM4] = DAC_METRES;
		page[SFF8472_EXT_COMPLIANCE] = at_25g ? SFF8024_EXT_CR_S : 0;
	} else if (is_long_range(model)) {
		page[SFF8472_CONNECTOR] = SFF8024_CONNECTOR_LC;
		page[SFF8472_COMPLIANCE_10G] = 0x20;
		page[SFF8472_LENGTH_SMF_KM] = 10;
		put_be16(page + SFF8472_WAVELENGTH, 1310);
		page[SFF8472_EXT_COMPLIANCE] = at_25g ? SFF8024_EXT_LR : 0;
	} else {
		page[SFF8472_CONNECTOR] = SFF8024_CONNECTOR_LC;
		page[SFF8472_COMPLIANCE_10G] = 0x10;
		page[SFF8472_LENGTH_OM4] = 10;
		page[SFF8472_LENGTH_OM3] = 7;
		put_be16(page + SFF8472_WAVELENGTH, 850);
		page[SFF8472_EXT_COMPLIANCE] = at_25g ? SFF8024_EXT_SR : 0;
	}
}

static void
sfp_serial_id(const struct aether_model *model, uint8_t *page)
{
	const bool at_25g = model->conf.speed_mbps >= 25000;

	page[SFF8472_ID] = SFF8024_ID_SFP;
	page[SFF8472_EXT_ID] = 0x04;		/* by two-wire interface only */
	page[SFF8472_ENCODING] = 0x06;		/* 64B/66B */
	page[SFF8472_BIT_RATE] = at_25g ? RATE_BEYOND_BYTE : 103;
	page[SFF8472_BIT_RATE_250] = at_25g ? LANE_RATE_25G : 0;
	sfp_media(model, page);
	put_names(model, page + SFF8472_VENDOR, page + SFF8472_OUI, page + SFF8472_PART,
		  page + SFF8472_SERIAL, page + SFF8472_DATE);
	put_text(page + SFF8472_PART_REVISION, 4, "A");
	if (!is_copper(model)) {
		put_be16(page + SFF8472_OPTIONS, 0x001A);	/* disable, fault, loss of signal */
		/* Implemented, internally calibrated, average power. */
		page[SFF8472_DIAG_TYPE] = SFF8472_DIAG_IMPLEMENTED | 0x28;
		page[SFF8472_REVISION] = 0x08;			/* SFF-8472 rev. 12.3 */
	}
	put_sum(page, 0, SFF8472_CC_BASE - 1);
	put_sum(page, SFF8472_OPTIONS, SFF8472_CC_EXT - 1);
}

static void
sfp_diagnostics(const struct aether_model *model, uint8_t *page)
{
	const bool lit = model_port_lit(model);

	put_thresholds(page, TEMPERATURE(75), TEMPERATURE(0));
	put_thresholds(page + 8, 36300, 29700);
	put_thresholds(page + 16, 6000, 500);
	put_thresholds(page + 24, 22000, 800);
	put_thresholds(page + 32, 22000, 400);
	put_sum(page, 0, SFF8472_D_CHECKSUM - 1);
	put_be16(page + SFF8472_D_TEMPERATURE, MODULE_TEMPERATURE);
	put_be16(page + SFF8472_D_VOLTAGE, MODULE_VOLTAGE);
	put_be16(page + SFF8472_D_TX_BIAS, lit ? MODULE_BIAS : 0);
	put_be16(page + SFF8472_D_TX_POWER, lit ? MODULE_TX_POWER : 0);
	put_be16(page + SFF8472_D_RX_POWER, light_received(model));
	page[SFF8472_D_STATUS] = light_received(model) == 0 ? SFF8472_D_STATUS_RX_LOS : 0;
	page[SFF8472_D_PAGE] = model->fw->module.page;
}

/** The 256 bytes that an address of the bus shows. @return false: nobody answers there */
static bool
memory_at(const struct aether_model *model, uint16_t addr, uint8_t page[SFF_MEMORY])
{
	const uint8_t selected = model->fw->module.page;

	memset(page, 0, SFF_MEMORY);
	if (fw_module_is_qsfp(model)) {
		if (addr != SFF_I2C_ADDR)
			return false;
		qsfp_lower(model, page);
		if (selected == 0)
			qsfp_upper(model, page);
		else if (selected == SFF8636_PAGE_THRESHOLDS)
			qsfp_thresholds(page);
		return true;
	}
	if (addr == SFF_I2C_ADDR)
		sfp_serial_id(model, page);
	else if (addr == SFF_I2C_ADDR_DIAG && !is_copper(model))
		sfp_diagnostics(model, page);
	else
		return false;
	return true;
}

/* ------------------------------------------------------------------ command ----------------- */

/** A page that a module does not have selects page 00h (SFF-8636, 6.2.11). */
static void
select_page(struct aether_model *model, uint8_t page)
{
	const bool has = page == SFF8636_PAGE_THRESHOLDS && fw_module_is_qsfp(model) &&
			 !is_copper(model);

	model->fw->module.page = has ? page : 0;
}

/** Write what a driver may write: page, and a QSFP's controls; the rest is read-only. */
static enum e810_aq_err
write_byte(struct aether_model *model, uint16_t addr, unsigned int at, uint8_t value)
{
	struct fw_module *module = &model->fw->module;
	const bool qsfp = fw_module_is_qsfp(model);

	if (qsfp && at == SFF8636_TX_DISABLE)
		module->tx_disable = value & 0x0F;
	else if (qsfp && at == SFF8636_POWER_CONTROL)
		module->power_control = value & 0x07;
	else if ((qsfp && at == SFF8636_PAGE) ||
		 (!qsfp && addr == SFF_I2C_ADDR_DIAG && at == SFF8472_D_PAGE))
		select_page(model, value);
	else
		return E810_AQ_RC_EACCES;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
sff_eeprom(struct fw_cmd *cmd)
{
	struct aether_model *model = cmd->model;
	const uint16_t bus = rte_le_to_cpu_16(cmd->p.sff.i2c_bus_addr);
	const uint16_t addr = bus & E810_SFF_I2C_ADDR_M;
	const uint16_t at = rte_le_to_cpu_16(cmd->p.sff.i2c_mem_addr);
	uint8_t page[SFF_MEMORY];
	enum e810_aq_err rc = E810_AQ_RC_OK;
	unsigned int i;

	if ((cmd->p.sff.lport_num_valid & 1) != 0 && cmd->p.sff.lport_num != model->lport)
		return E810_AQ_RC_EINVAL;
	if (!fw_module_present(model) || fw_module_is_backplane(model))
		return E810_AQ_RC_ENXIO;
	if (at >= SFF_MEMORY || cmd->buf_len > SFF_MEMORY - at)
		return E810_AQ_RC_EINVAL;
	if ((bus & E810_SFF_SET_PAGE_M) != 0)
		select_page(model, rte_le_to_cpu_16(cmd->p.sff.eeprom_page) >> 8);
	if (!memory_at(model, addr, page))
		return E810_AQ_RC_ENXIO;
	if ((bus & E810_SFF_IS_WRITE) != 0) {
		for (i = 0; i < cmd->buf_len && rc == E810_AQ_RC_OK; i++)
			rc = write_byte(model, addr, at + i, cmd->buf[i]);
		return rc;
	}
	memcpy(cmd->buf, page + at, cmd->buf_len);
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_module_opcodes[] = {
	{ E810_AQC_SFF_EEPROM, FW_BUF, 1, "Read/Write SFF EEPROM", sff_eeprom },
	{ 0, 0, 0, NULL, NULL },
};
