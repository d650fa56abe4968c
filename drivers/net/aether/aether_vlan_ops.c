/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * VLANs of a port: filtering and stripping. The ethdev layer keeps what an application asked for,
 * in the Rx offloads and in vlan_filter_conf; the rules belong to the port's VSI, which lives from
 * start to stop. So changes in between are made at once, and every start makes them all.
 */

#include <errno.h>

#include "aether_ethdev.h"

static bool
filter_wanted(const struct rte_eth_dev *dev)
{
	return (dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER) != 0;
}

static bool
id_listed(const struct rte_eth_dev *dev, uint16_t id)
{
	return (dev->data->vlan_filter_conf.ids[id / 64] >> (id % 64) & 1) != 0;
}

int
aether_dev_vlan_filter_set(struct rte_eth_dev *dev, uint16_t id, int on)
{
	struct aether_hw *hw;
	int ret = 0;

	/* Untagged frames, and tags that hold a priority alone, are never filtered. */
	if (id == 0)
		return 0;
	if (!on && !id_listed(dev, id))
		return -ENOENT;
	hw = aether_lock(dev);
	if (hw->vsi_valid)
		ret = on ? aether_vlan_rule_add(hw, id) : aether_vlan_rule_del(hw, id);
	aether_unlock(dev);
	if (ret == -ENOSPC)
		AETHER_LOG(ERR, "%s: the device has no room for a rule for VLAN %u; remove other "
			   "ids, or switch the VLAN filter off", dev->data->name, id);
	return ret;
}

int
aether_dev_vlan_offload_set(struct rte_eth_dev *dev, int mask)
{
	struct aether_hw *hw = aether_lock(dev);
	const bool filtered = hw->vlan.filtering;
	int ret = 0;

	if (hw->vsi_valid && (mask & RTE_ETH_VLAN_FILTER_MASK) != 0)
		ret = aether_vlan_filter_set(hw, filter_wanted(dev));
	if (ret == 0 && (mask & RTE_ETH_VLAN_STRIP_MASK) != 0)
		ret = aether_rx_vlan_strip_set(dev, hw, (dev->data->dev_conf.rxmode.offloads &
							 RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0);
	/* The ethdev layer takes all of it back. */
	if (ret != 0 && hw->vsi_valid)
		aether_vlan_filter_set(hw, filtered);
	aether_unlock(dev);
	return ret;
}

int
aether_vlan_start(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	uint16_t id;
	int ret = 0;

	for (id = 1; id <= RTE_ETHER_MAX_VLAN_ID && ret == 0; id++)
		if (id_listed(dev, id))
			ret = aether_vlan_rule_add(hw, id);
	/* The ids come first, so that no frame of theirs is filtered. */
	return ret == 0 ? aether_vlan_filter_set(hw, filter_wanted(dev)) : ret;
}
