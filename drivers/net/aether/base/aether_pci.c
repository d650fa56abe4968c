/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/* Configuration space, PCI Express base specification. */
#define PCI_VENDOR_ID			0x00
#define PCI_EXT_CAP_FIRST		0x100
#define PCI_EXT_CAP_END			0x1000
#define PCI_EXT_CAP_ID_SERIAL		0x0003
#define PCI_EXT_CAP_SERIAL_LOW		4	/* from the capability's start */
/** Capabilities that fit into the space: a longer chain is a loop. */
#define PCI_EXT_CAPS_MAX		((PCI_EXT_CAP_END - PCI_EXT_CAP_FIRST) / 8)

static const struct {
	uint16_t device_id;
	const char *name;
} devices[] = {
	{E810_DEV_ID_C_BACKPLANE, "E810-C backplane"},
	{E810_DEV_ID_C_QSFP, "E810-C QSFP"},
	{E810_DEV_ID_C_SFP, "E810-C SFP"},
	{E810_DEV_ID_XXV_BACKPLANE, "E810-XXV backplane"},
	{E810_DEV_ID_XXV_QSFP, "E810-XXV QSFP"},
	{E810_DEV_ID_XXV_SFP, "E810-XXV SFP"},
};

static int
config_read(struct aether_hw *hw, void *buf, size_t len, uint32_t offset)
{
	const int n = hw->bus->ops->config_read(hw->bus, buf, len, offset);

	return n == (int)len ? 0 : -EIO;
}

static void
serial_read(struct aether_hw *hw)
{
	uint32_t offset = PCI_EXT_CAP_FIRST;
	unsigned int i;
	rte_le32_t raw;
	rte_le64_t serial;

	hw->serial = 0;
	for (i = 0; i < PCI_EXT_CAPS_MAX && offset >= PCI_EXT_CAP_FIRST; i++) {
		uint32_t header;

		if (config_read(hw, &raw, sizeof(raw), offset) != 0)
			return;
		header = rte_le_to_cpu_32(raw);
		if (header == 0 || header == AETHER_ALL_ONES)
			return;
		if ((header & 0xffff) == PCI_EXT_CAP_ID_SERIAL) {
			if (config_read(hw, &serial, sizeof(serial),
					offset + PCI_EXT_CAP_SERIAL_LOW) == 0)
				hw->serial = rte_le_to_cpu_64(serial);
			return;
		}
		offset = header >> 20;
	}
}

/** Place in devices[], or their number. */
static unsigned int
find(uint16_t vendor, uint16_t device)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(devices); i++) {
		if (vendor == E810_PCI_VENDOR_INTEL && device == devices[i].device_id)
			break;
	}
	return i;
}

bool
aether_pci_known(uint16_t vendor, uint16_t device)
{
	return find(vendor, device) < RTE_DIM(devices);
}

int
aether_pci_identify(struct aether_hw *hw)
{
	rte_le16_t ids[2];
	unsigned int i;

	if (config_read(hw, ids, sizeof(ids), PCI_VENDOR_ID) != 0) {
		AETHER_LOG(ERR, hw, "the PCI configuration space cannot be read (bus %s)",
			   hw->bus->ops->name);
		return -EIO;
	}
	hw->device_id = rte_le_to_cpu_16(ids[1]);
	i = find(rte_le_to_cpu_16(ids[0]), hw->device_id);
	if (i < RTE_DIM(devices)) {
		/* A missing serial number is no reason to refuse: it only names a package file. */
		serial_read(hw);
		hw->pf_id = aether_field(aether_read(hw, PF_FUNC_RID),
					 PF_FUNC_RID_FUNCTION_NUMBER_M);
		AETHER_LOG(INFO, hw, "%s, function %u, serial number %016" PRIx64,
			   devices[i].name, hw->pf_id, hw->serial);
		return 0;
	}
	AETHER_LOG(ERR, hw, "PCI device %04x:%04x is no E810 that this driver knows "
		   "(8086:1591-1593, 8086:1599-159b)", rte_le_to_cpu_16(ids[0]), hw->device_id);
	return -ENODEV;
}
