/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * PCI configuration space (PCI Express base specification 7.5; datasheet section 13.1).
 *
 * What software may write is described by a mask beside each byte; everything else is read-only.
 */

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>

#include "model_asked.h"
#include "model_coverage.h"
#include "model_fw.h"

#define CFG_VENDOR		0x00
#define CFG_DEVICE		0x02
#define CFG_COMMAND		0x04
#define CFG_COMMAND_M		0x0546	/* memory, bus master, parity, SERR#, INTx disable */
#define CFG_STATUS		0x06
#define CFG_STATUS_CAP_LIST	0x0010
#define CFG_STATUS_MASTER_ABORT	0x2000
#define CFG_REVISION		0x08
#define CFG_CLASS		0x09
#define CFG_CACHE_LINE		0x0C
#define CFG_BAR(n)		(0x10 + 4 * (n))
#define CFG_BAR_MEM64		0x4
#define CFG_BAR_PREFETCH	0x8
#define CFG_SUBSYS_VENDOR	0x2C
#define CFG_SUBSYS_DEVICE	0x2E
#define CFG_CAP_PTR		0x34
#define CFG_INT_LINE		0x3C
#define CFG_INT_PIN		0x3D

#define CAP_PM			0x40
#define CAP_MSI			0x50
#define CAP_MSIX		0x70
#define CAP_PCIE		0xA0
#define EXT_AER			0x100
#define EXT_DSN			0x148

#define CAP_ID_PM		0x01
#define CAP_ID_MSI		0x05
#define CAP_ID_PCIE		0x10
#define CAP_ID_MSIX		0x11
#define EXT_ID_AER		0x0001
#define EXT_ID_DSN		0x0003

#define PM_CTRL			(CAP_PM + 4)
#define MSIX_CTRL		(CAP_MSIX + 2)
#define MSIX_CTRL_M		0xC000	/* enable, function mask */
#define MSIX_BIR		3
#define MSIX_PBA_OFFSET		0x8000
#define PCIE_DEVCAP		(CAP_PCIE + 4)
#define PCIE_DEVCAP_FLR		(1u << 28)
#define PCIE_DEVCTL		(CAP_PCIE + 8)
#define PCIE_DEVCTL_FLR		0x8000
#define PCIE_DEVSTA		(CAP_PCIE + 0x0A)
#define PCIE_LNKCAP		(CAP_PCIE + 0x0C)
#define PCIE_LNKCTL		(CAP_PCIE + 0x10)
#define PCIE_LNKSTA		(CAP_PCIE + 0x12)
#define PCIE_DEVCAP2		(CAP_PCIE + 0x24)
#define PCIE_DEVCTL2		(CAP_PCIE + 0x28)
#define PCIE_LNKCAP2		(CAP_PCIE + 0x2C)
#define PCIE_LNKCTL2		(CAP_PCIE + 0x30)
#define PCIE_LINK_16GT_X16	((16u << 4) | 4)
#define PCIE_SPEEDS_TO_16GT	0x0000001E	/* 2.5, 5, 8 and 16 GT/s */

#define CONFIG_BYTES		4096

static void
put16(uint8_t *cfg, uint32_t at, uint16_t value)
{
	value = rte_cpu_to_le_16(value);
	memcpy(cfg + at, &value, sizeof(value));
}

static void
put32(uint8_t *cfg, uint32_t at, uint32_t value)
{
	value = rte_cpu_to_le_32(value);
	memcpy(cfg + at, &value, sizeof(value));
}

static uint16_t
get16(const uint8_t *cfg, uint32_t at)
{
	uint16_t value;

	memcpy(&value, cfg + at, sizeof(value));
	return rte_le_to_cpu_16(value);
}

/** Which bits software may write, and which it clears by writing one. */
static void
config_masks(uint8_t *write, uint8_t *clear)
{
	memset(write, 0, CONFIG_BYTES);
	memset(clear, 0, CONFIG_BYTES);
	put16(write, CFG_COMMAND, CFG_COMMAND_M);
	put16(clear, CFG_STATUS, 0xF900);
	write[CFG_CACHE_LINE] = 0xFF;
	write[CFG_INT_LINE] = 0xFF;
	/* Address bits below the size stay 0: that is how a BAR is sized. */
	put32(write, CFG_BAR(0), ~(E810_BAR0_SIZE - 1));
	put32(write, CFG_BAR(1), UINT32_MAX);
	put32(write, CFG_BAR(3), ~(E810_BAR3_SIZE - 1));
	put32(write, CFG_BAR(4), UINT32_MAX);
	put16(write, PM_CTRL, 0x0103);		/* power state, PME enable */
	put16(clear, PM_CTRL, 0x8000);
	put16(write, CAP_MSI + 2, 0x0071);	/* enable, multiple message */
	put32(write, CAP_MSI + 4, ~3u);
	put32(write, CAP_MSI + 8, UINT32_MAX);
	put16(write, CAP_MSI + 12, UINT16_MAX);
	put16(write, MSIX_CTRL, MSIX_CTRL_M);
	put16(write, PCIE_DEVCTL, 0x7FFF);	/* the FLR bit always reads 0 */
	put16(clear, PCIE_DEVSTA, 0x000F);
	put16(write, PCIE_LNKCTL, 0x01C3);
	put16(write, PCIE_DEVCTL2, 0x0FFF);
	put16(write, PCIE_LNKCTL2, 0xFFFF);
	put32(clear, EXT_AER + 0x04, UINT32_MAX);	/* uncorrectable status */
	put32(write, EXT_AER + 0x08, UINT32_MAX);
	put32(write, EXT_AER + 0x0C, UINT32_MAX);
	put32(clear, EXT_AER + 0x10, UINT32_MAX);	/* correctable status */
	put32(write, EXT_AER + 0x14, UINT32_MAX);
	put32(write, EXT_AER + 0x18, 0x00000140);
}

static void
config_capabilities(uint8_t *cfg)
{
	cfg[CFG_CAP_PTR] = CAP_PM;
	cfg[CAP_PM] = CAP_ID_PM;
	cfg[CAP_PM + 1] = CAP_MSI;
	put16(cfg, CAP_PM + 2, 0xC803);		/* version 3, PME from D0 and D3 */
	put16(cfg, PM_CTRL, 0x0008);		/* no soft reset */
	cfg[CAP_MSI] = CAP_ID_MSI;
	cfg[CAP_MSI + 1] = CAP_MSIX;
	put16(cfg, CAP_MSI + 2, 0x0080);	/* 64-bit addresses, one vector */
	cfg[CAP_MSIX] = CAP_ID_MSIX;
	cfg[CAP_MSIX + 1] = CAP_PCIE;
	put16(cfg, MSIX_CTRL, MODEL_MSIX - 1);
	put32(cfg, CAP_MSIX + 4, MSIX_BIR);
	put32(cfg, CAP_MSIX + 8, MSIX_PBA_OFFSET | MSIX_BIR);
	cfg[CAP_PCIE] = CAP_ID_PCIE;
	put16(cfg, CAP_PCIE + 2, 0x0002);	/* version 2, endpoint */
	put32(cfg, PCIE_DEVCAP, PCIE_DEVCAP_FLR | 0x8000 | 0x0002);	/* 512-byte payload */
	put16(cfg, PCIE_DEVCTL, 0x2910);
	put32(cfg, PCIE_LNKCAP, PCIE_LINK_16GT_X16);
	put16(cfg, PCIE_LNKSTA, PCIE_LINK_16GT_X16 | 0x1000);
	put32(cfg, PCIE_DEVCAP2, 0x0000001F);
	put32(cfg, PCIE_LNKCAP2, PCIE_SPEEDS_TO_16GT);
	put16(cfg, PCIE_LNKCTL2, 0x0004);
}

void
model_config_init(struct aether_model *model)
{
	uint8_t *cfg = model->config;

	memset(cfg, 0, sizeof(model->config));
	put16(cfg, CFG_VENDOR, E810_PCI_VENDOR_INTEL);
	put16(cfg, CFG_DEVICE, model->conf.device_id);
	put16(cfg, CFG_STATUS, CFG_STATUS_CAP_LIST);
	cfg[CFG_REVISION] = 0x02;
	cfg[CFG_CLASS + 2] = 0x02;		/* 0x020000: Ethernet controller */
	put32(cfg, CFG_BAR(0), CFG_BAR_MEM64 | CFG_BAR_PREFETCH);
	put32(cfg, CFG_BAR(3), CFG_BAR_MEM64 | CFG_BAR_PREFETCH);
	put16(cfg, CFG_SUBSYS_VENDOR, E810_PCI_VENDOR_INTEL);
	put16(cfg, CFG_SUBSYS_DEVICE, 0x0002);
	cfg[CFG_INT_PIN] = 1 + model->conf.pf_id % 4;
	config_capabilities(cfg);

	put32(cfg, EXT_AER, EXT_ID_AER | (2u << 16) | ((uint32_t)EXT_DSN << 20));
	put32(cfg, EXT_AER + 0x08, 0x00400000);
	put32(cfg, EXT_AER + 0x0C, 0x00462030);
	put32(cfg, EXT_AER + 0x14, 0x00002000);
	put32(cfg, EXT_AER + 0x18, 0x000000A0);
	put32(cfg, EXT_DSN, EXT_ID_DSN | (1u << 16));
	put32(cfg, EXT_DSN + 4, (uint32_t)model->conf.serial);
	put32(cfg, EXT_DSN + 8, (uint32_t)(model->conf.serial >> 32));
}

/** FLR leaves what the specification calls sticky; we have none but the error masks. */
void
model_config_reset(struct aether_model *model)
{
	uint8_t line = model->config[CFG_INT_LINE];
	uint8_t aer[EXT_DSN - EXT_AER];

	memcpy(aer, model->config + EXT_AER, sizeof(aer));
	model_config_init(model);
	memcpy(model->config + EXT_AER, aer, sizeof(aer));
	model->config[CFG_INT_LINE] = line;
}

void
model_config_master_abort(struct aether_model *model)
{
	put16(model->config, CFG_STATUS,
	      get16(model->config, CFG_STATUS) | CFG_STATUS_MASTER_ABORT);
}

/** No register shows how far an FLR is: it is over when the host's write or call is. */
static void
function_level_reset(struct aether_model *model)
{
	model_config_reset(model);
	model_asked_reset(model, AETHER_MODEL_ASKED_FLR);
	model_reset_start(model, MODEL_RESET_PF);
	if (model->reset_level == MODEL_RESET_PF && !model->reset_stuck)
		model_reset_step(model, model->reset_done_tsc);
}

static bool
config_range_ok(size_t len, uint32_t offset)
{
	return offset <= CONFIG_BYTES && len <= CONFIG_BYTES - offset;
}

int
aether_model_config_read(struct aether_model *model, void *buf, size_t len, uint32_t offset)
{
	if (!config_range_ok(len, offset))
		return -EINVAL;
	rte_ticketlock_lock(&model->lock);
	model_coverage_config(model, offset, len, false);
	memcpy(buf, model->config + offset, len);
	rte_ticketlock_unlock(&model->lock);
	return (int)len;
}

int
aether_model_config_write(struct aether_model *model, const void *buf, size_t len,
			  uint32_t offset)
{
	uint8_t writable[CONFIG_BYTES], clear[CONFIG_BYTES], written[2] = {0};
	const uint8_t *in = buf;
	uint8_t *cfg = model->config;
	uint32_t at;
	size_t i;

	if (!config_range_ok(len, offset))
		return -EINVAL;
	config_masks(writable, clear);

	rte_ticketlock_lock(&model->lock);
	model_coverage_config(model, offset, len, true);
	for (i = 0; i < len; i++) {
		at = offset + i;
		cfg[at] = (cfg[at] & ~writable[at] & ~(in[i] & clear[at])) |
			  (in[i] & writable[at]);
		if (at - PCIE_DEVCTL < sizeof(written))
			written[at - PCIE_DEVCTL] = in[i];
	}
	if ((get16(written, 0) & PCIE_DEVCTL_FLR) != 0)
		function_level_reset(model);
	rte_ticketlock_unlock(&model->lock);
	return (int)len;
}

void
aether_model_flr(struct aether_model *model)
{
	rte_ticketlock_lock(&model->lock);
	function_level_reset(model);
	rte_ticketlock_unlock(&model->lock);
}
