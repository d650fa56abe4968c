/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Memories that an application may read: the module's, and the card's flash. Neither is ever
 * written by this driver.
 */

#include <errno.h>

#include <ethdev_driver.h>

#include <e810_link_hw.h>

#include "aether_ethdev.h"

/** Kinds of module memory, and what DPDK calls them. */
struct module {
	bool qsfp;
	bool flat;			/* QSFP: no pages but 00h */
	bool page1, page2;		/* QSFP: those that are optional */
	uint32_t type, len;
};

static int
log_unreadable(const struct rte_eth_dev *dev, int ret)
{
	if (ret == -ENXIO)
		AETHER_LOG(ERR, "%s: no module is in the port, or it has no memory",
			   dev->data->name);
	else
		AETHER_LOG(ERR, "%s: the module's memory cannot be read: %s; try again, the bus "
			   "may be busy", dev->data->name, rte_strerror(-ret));
	return ret;
}

static int
qsfp_identify(struct aether_hw *hw, const uint8_t *lower, struct module *module)
{
	uint8_t options = 0;
	int ret;

	module->qsfp = true;
	module->flat = lower[SFF8636_STATUS] & SFF8636_STATUS_FLAT;
	/* Revisions up to 2 are SFF-8436's. */
	module->type = lower[SFF8636_REVISION] > 0x02 ? RTE_ETH_MODULE_SFF_8636 :
		       RTE_ETH_MODULE_SFF_8436;
	module->len = SFF8636_BYTES;
	ret = aether_module_read(hw, SFF_I2C_ADDR, 0, SFF8636_OPTIONS, &options, 1);
	module->page1 = options & 0x40;
	module->page2 = options & 0x80;
	return ret;
}

static int
sfp_identify(struct aether_hw *hw, struct module *module)
{
	uint8_t diag[3];		/* type, options, revision */
	int ret;

	ret = aether_module_read(hw, SFF_I2C_ADDR, -1, SFF8472_DIAG_TYPE, diag, sizeof(diag));
	if (ret != 0)
		return ret;
	if ((diag[0] & SFF8472_DIAG_IMPLEMENTED) && !(diag[0] & SFF8472_DIAG_ADDRESS_CHANGE) &&
	    diag[2] != 0) {
		module->type = RTE_ETH_MODULE_SFF_8472;
		module->len = SFF8472_BYTES;
	} else {
		module->type = RTE_ETH_MODULE_SFF_8079;
		module->len = SFF8079_BYTES;
	}
	return 0;
}

/** Which module is it? Under the lock. */
static int
identify(struct rte_eth_dev *dev, struct aether_hw *hw, struct module *module)
{
	uint8_t lower[3];
	int ret;

	memset(module, 0, sizeof(*module));
	ret = aether_module_read(hw, SFF_I2C_ADDR, -1, 0, lower, sizeof(lower));
	if (ret == 0) {
		switch (lower[0]) {
		case SFF8024_ID_QSFP_PLUS:
		case SFF8024_ID_QSFP28:
			ret = qsfp_identify(hw, lower, module);
			break;
		case SFF8024_ID_SFP:
			ret = sfp_identify(hw, module);
			break;
		default:
			AETHER_LOG(ERR, "%s: module identifier 0x%02x: only SFP (0x03), QSFP+ "
				   "(0x0d) and QSFP28 (0x11) are known", dev->data->name, lower[0]);
			return -ENOTSUP;
		}
	}
	return ret == 0 ? 0 : log_unreadable(dev, ret);
}

int
aether_dev_get_module_info(struct rte_eth_dev *dev, struct rte_eth_dev_module_info *info)
{
	struct aether_hw *hw = aether_lock(dev);
	struct module module;
	int ret;

	ret = identify(dev, hw, &module);
	aether_unlock(dev);
	info->type = module.type;
	info->eeprom_len = module.len;
	return ret;
}

/** Whether the module has this upper page; where it has not, zeroes are shown. */
static bool
qsfp_has_page(const struct module *module, unsigned int page)
{
	if (page == 0)
		return true;
	return !module->flat && (page != 1 || module->page1) && (page != 2 || module->page2);
}

/** Read the part of [offset, offset + len) that lies in one memory. @return bytes, or error */
static int
read_part(struct aether_hw *hw, const struct module *module, uint32_t offset, uint32_t len,
	  uint8_t *data)
{
	uint8_t addr = SFF_I2C_ADDR;
	uint32_t at = offset, n;
	int page = -1, ret;

	if (!module->qsfp) {
		if (at >= SFF_MEMORY) {
			addr = SFF_I2C_ADDR_DIAG;
			at -= SFF_MEMORY;
		}
		n = RTE_MIN(len, SFF_MEMORY - at);
	} else {
		if (at >= SFF_HALF) {
			page = at / SFF_HALF - 1;
			at = SFF_HALF + at % SFF_HALF;
		}
		n = RTE_MIN(len, SFF_HALF - at % SFF_HALF);
	}
	if (page > 0 && !qsfp_has_page(module, page)) {
		memset(data, 0, n);
		return n;
	}
	ret = aether_module_read(hw, addr, page, at, data, n);
	return ret == 0 ? (int)n : ret;
}

int
aether_dev_get_module_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info)
{
	struct aether_hw *hw = aether_lock(dev);
	struct module module;
	uint32_t done = 0;
	int ret;

	ret = identify(dev, hw, &module);
	if (ret == 0 && (info->data == NULL || info->length == 0 || info->offset >= module.len ||
			 info->length > module.len - info->offset)) {
		AETHER_LOG(ERR, "%s: module memory from %u on, %u bytes: it has %u",
			   dev->data->name, info->offset, info->length, module.len);
		ret = -EINVAL;
	}
	while (ret == 0 && done < info->length) {
		ret = read_part(hw, &module, info->offset + done, info->length - done,
				(uint8_t *)info->data + done);
		if (ret < 0) {
			log_unreadable(dev, ret);
			break;
		}
		done += ret;
		ret = 0;
	}
	/* Leave the page that modules show after power-on. */
	if (module.qsfp)
		aether_module_read(hw, SFF_I2C_ADDR, 0, SFF8636_ID_UPPER, &(uint8_t){0}, 1);
	aether_unlock(dev);
	return ret;
}

/* ---------------------------------------------------------------- flash --------------------- */

int
aether_dev_get_eeprom_length(struct rte_eth_dev *dev)
{
	const uint32_t size = aether_nvm_size(aether_lock(dev));

	aether_unlock(dev);
	return size;
}

int
aether_dev_get_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info)
{
	struct aether_hw *hw = aether_lock(dev);
	const uint32_t size = aether_nvm_size(hw);
	int ret = -EINVAL;

	if (info->data == NULL || info->length == 0 || info->offset >= size ||
	    info->length > size - info->offset) {
		AETHER_LOG(ERR, "%s: EEPROM from %u on, %u bytes: the shadow RAM has %u",
			   dev->data->name, info->offset, info->length, size);
	} else {
		info->magic = E810_PCI_VENDOR_INTEL | (uint32_t)hw->device_id << 16;
		ret = aether_nvm_read(hw, info->offset, info->length, info->data);
	}
	aether_unlock(dev);
	return ret;
}
