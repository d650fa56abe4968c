/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

RTE_LOG_REGISTER_SUFFIX(aether_base_logtype, base, NOTICE);

#define DRIVER_NAME		"net_aether"

static int
firmware_mode_check(struct aether_hw *hw)
{
	const uint32_t fwsm = aether_read(hw, GL_MNG_FWSM);

	if (fwsm == AETHER_ALL_ONES) {
		AETHER_LOG(ERR, hw, "registers read all ones: the device is gone from the bus, or "
			   "its memory space is not enabled");
		return -ENODEV;
	}
	if (fwsm & GL_MNG_FWSM_FW_MODE_RECOVERY) {
		AETHER_LOG(ERR, hw, "the firmware is in recovery mode (GL_MNG_FWSM 0x%08x): repair "
			   "the flash with the vendor's update tool", fwsm);
		return -EIO;
	}
	if (fwsm & GL_MNG_FWSM_FW_MODE_ROLLBACK)
		AETHER_LOG(WARNING, hw, "the firmware rolled back to an older image: update it");
	return 0;
}

static void
adminq_leave(struct aether_hw *hw)
{
	aether_adminq_fini(hw, true);
}

static int
firmware_version_read(struct aether_hw *hw)
{
	struct aether_versions *v = &hw->versions;
	struct e810_aqc_get_ver resp;
	struct e810_aq_desc desc;
	int ret;

	aether_aq_fill(&desc, E810_AQC_GET_VER, NULL);
	ret = aether_adminq_send(hw, &desc, NULL, 0, false);
	if (ret != 0)
		return ret;
	aether_aq_params(&desc, &resp);
	v->fw_major = resp.fw_major;
	v->fw_minor = resp.fw_minor;
	v->fw_patch = resp.fw_patch;
	v->fw_build = rte_le_to_cpu_32(resp.fw_build);
	v->api_major = resp.api_major;
	v->api_minor = resp.api_minor;
	v->api_patch = resp.api_patch;
	return aether_api_check(hw);
}

static int
flash_versions_read(struct aether_hw *hw)
{
	const int ret = aether_nvm_read_versions(hw);

	if (ret == 0)
		aether_versions_report(hw);
	return ret;
}

static int
driver_version_send(struct aether_hw *hw)
{
	struct e810_aqc_driver_ver cmd = {.major_ver = 0, .minor_ver = 1};
	char name[] = DRIVER_NAME;
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_DRIVER_VER, &cmd);
	return aether_adminq_send(hw, &desc, name, sizeof(name), true);
}

/* What an earlier driver of this function left in switch and scheduler. */
static int
pf_config_clear(struct aether_hw *hw)
{
	return aether_adminq_simple(hw, E810_AQC_CLEAR_PF_CFG);
}

/* The boot ROM's single-descriptor mode of the receive queues ends. */
static int
pxe_mode_leave(struct aether_hw *hw)
{
	struct e810_aqc_clear_pxe cmd = {.rx_cnt = E810_CLEAR_PXE_RX_CNT};
	struct e810_aq_desc desc;
	int ret;

	aether_aq_fill(&desc, E810_AQC_CLEAR_PXE_MODE, &cmd);
	ret = aether_adminq_try(hw, &desc, NULL, 0, false);
	if (ret == -EEXIST)	/* an earlier driver has done it; no reset undoes it */
		return 0;
	if (ret != 0)
		AETHER_LOG(ERR, hw, "PXE mode cannot be left: %s (firmware: %s)", strerror(-ret),
			   aether_aq_err_name(hw->aq.last_rc));
	return ret;
}

static int
mac_address_read(struct aether_hw *hw)
{
	struct e810_aqc_manage_mac_read_resp addrs[2];	/* LAN and wake-on-LAN */
	struct e810_aqc_manage_mac_read resp;
	struct e810_aq_desc desc;
	unsigned int i;
	int ret;

	aether_aq_fill(&desc, E810_AQC_MANAGE_MAC_READ, NULL);
	ret = aether_adminq_send(hw, &desc, addrs, sizeof(addrs), false);
	if (ret != 0)
		return ret;
	aether_aq_params(&desc, &resp);
	for (i = 0; i < RTE_MIN(resp.num_addr, RTE_DIM(addrs)); i++) {
		if (!(rte_le_to_cpu_16(resp.flags) & E810_MAN_MAC_LAN_ADDR_VALID) ||
		    addrs[i].addr_type != E810_MAN_MAC_ADDR_TYPE_LAN)
			continue;
		memcpy(&hw->perm_mac, addrs[i].mac_addr, sizeof(hw->perm_mac));
		if (rte_is_valid_assigned_ether_addr(&hw->perm_mac))
			return 0;
	}
	AETHER_LOG(ERR, hw, "the firmware names no valid LAN address for this function (flags "
		   "0x%04x, %u addresses): repair the card's configuration with the vendor's tool",
		   rte_le_to_cpu_16(resp.flags), resp.num_addr);
	return -EADDRNOTAVAIL;
}

static void
vsi_leave(struct aether_hw *hw)
{
	aether_irq0_disable(hw);
	aether_queues_stop_all(hw);
	aether_vsi_free(hw);
}

/*
 * Section 4.1 and 9.5: from power-on or whatever another driver left to "ready for queues", in
 * this order. `leave` undoes a step; they run backwards, after an error and at close. The LLDP
 * agent of the firmware is not touched at all, so there is nothing to put back.
 */
static const struct {
	const char *name;
	int (*enter)(struct aether_hw *hw);
	void (*leave)(struct aether_hw *hw);
} steps[] = {
	{"identify the device", aether_pci_identify, NULL},
	{"check the firmware's mode", firmware_mode_check, NULL},
	{"reserve the admin queue's memory", aether_adminq_alloc, aether_adminq_free},
	{"reset the function", aether_reset_pf, aether_reset_leave},
	{"set up the admin queue", aether_adminq_init, adminq_leave},
	{"read the firmware's version", firmware_version_read, NULL},
	{"announce the driver", driver_version_send, NULL},
	{"read the flash", flash_versions_read, NULL},
	{"clear the function's configuration", pf_config_clear, NULL},
	{"leave PXE mode", pxe_mode_leave, NULL},
	/* Before the capabilities: without a package they are cut down to safe mode. */
	{"bring a DDP package into force", aether_ddp_init, NULL},
	{"read the capabilities", aether_caps_read, NULL},
	{"read the switch configuration", aether_switch_config_read, NULL},
	{"read the transmit scheduler", aether_sched_init, NULL},
	{"read the PHY's settings", aether_phy_remember, aether_phy_restore},
	{"read the link", aether_link_first, aether_link_leave},
	{"ask for health reports", aether_health_ask, aether_health_leave},
	{"read the MAC address", mac_address_read, NULL},
	{"allow jumbo frames", aether_mac_jumbo, aether_mac_restore},
	{"be ready for queues", NULL, vsi_leave},
};

/* What could not be put back, because the device was being reset or did not answer, is in force yet:
 * what was found before that is what is to be put back. */
static void
settings_keep(const struct aether_hw *hw, struct aether_hw *fresh)
{
	fresh->phy_found = hw->phy_found;
	fresh->phy_changed = hw->phy_changed;
	fresh->mac_frame_found = hw->mac_frame_found;
	fresh->pause_quanta_found = hw->pause_quanta_found;
	fresh->pause_refresh_found = hw->pause_refresh_found;
	fresh->mac_changed = hw->mac_changed;
	fresh->led_on = hw->led_on;
}

/* Everything that describes the device is read anew; bus, name and timing are the caller's, the
 * epochs tell readings of counters before from those after, and a reset that failed is only made
 * good by one that works. */
static void
state_clear(struct aether_hw *hw)
{
	struct aether_hw fresh = {
		.bus = hw->bus,
		.timing = hw->timing,
		.ddp_source = hw->ddp_source,
		.writeback_given = hw->writeback_given,
		.writeback_us = hw->writeback_us,
		.epoch = hw->epoch + 1,
		.vsi_epoch = hw->vsi_epoch,
		.reset_ret = hw->reset_ret,
		.removed = hw->removed,
	};

	settings_keep(hw, &fresh);
	memcpy(fresh.name, hw->name, sizeof(fresh.name));
	*hw = fresh;
}

int
aether_hw_init(struct aether_hw *hw)
{
	state_clear(hw);
	if (hw->removed) {
		AETHER_LOG(ERR, hw, "the device is gone, or about to go: close the port");
		return -ENODEV;
	}
	for (hw->init_done = 0; hw->init_done < RTE_DIM(steps); hw->init_done++) {
		int ret = 0;

		if (steps[hw->init_done].enter != NULL)
			ret = steps[hw->init_done].enter(hw);
		if (ret != 0) {
			AETHER_LOG(ERR, hw, "bring-up failed: cannot %s: %s",
				   steps[hw->init_done].name, strerror(-ret));
			aether_hw_fini(hw);
			return ret;
		}
	}
	AETHER_LOG(INFO, hw, "firmware %u.%u.%u, NVM %x.%02x 0x%08x, port %u, link %s",
		   hw->versions.fw_major, hw->versions.fw_minor, hw->versions.fw_patch,
		   hw->versions.nvm_major, hw->versions.nvm_minor, hw->versions.eetrack,
		   hw->lport, hw->link.up ? "up" : "down");
	return 0;
}

int
aether_hw_fini(struct aether_hw *hw)
{
	while (hw->init_done > 0) {
		hw->init_done--;
		if (steps[hw->init_done].leave != NULL)
			steps[hw->init_done].leave(hw);
	}
	return hw->reset_ret;
}

/* Bring up no more of the device than takes to send commands, and put back. */
static void
settings_put_back(struct aether_hw *hw)
{
	if (aether_adminq_alloc(hw) != 0)
		return;
	if (aether_reset_pf(hw) == 0 && aether_adminq_init(hw) == 0) {
		hw->lost = false;
		aether_mac_restore(hw);
		aether_phy_restore(hw);
		adminq_leave(hw);
	}
	aether_reset_leave(hw);
	aether_adminq_free(hw);
}

int
aether_hw_close(struct aether_hw *hw)
{
	const int ret = aether_hw_fini(hw);

	if (ret != 0 || !(hw->phy_changed || hw->mac_changed || hw->led_on) || hw->removed ||
	    !aether_present(hw))
		return ret;
	settings_put_back(hw);
	return hw->reset_ret;
}
