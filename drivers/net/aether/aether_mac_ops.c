/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Which frames a port receives: addresses, promiscuous and allmulticast mode. The rules belong to
 * the port's VSI, which lives from start to stop. Changes in between are made at once; others are
 * noted, here or by the ethdev layer, and aether_mac_start() makes them.
 */

#include <errno.h>

#include "aether_ethdev.h"

enum aether_rx_mode { RX_MODE_PROMISC, RX_MODE_ALLMULTI };

static int
set_mode(struct rte_eth_dev *dev, enum aether_rx_mode mode, bool on)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = 0;

	if (hw->vsi_valid)
		ret = mode == RX_MODE_PROMISC ? aether_promisc_set(hw, on) :
			aether_allmulti_set(hw, on);
	aether_unlock(dev);
	return ret;
}

int
aether_dev_promiscuous_enable(struct rte_eth_dev *dev)
{
	return set_mode(dev, RX_MODE_PROMISC, true);
}

int
aether_dev_promiscuous_disable(struct rte_eth_dev *dev)
{
	return set_mode(dev, RX_MODE_PROMISC, false);
}

int
aether_dev_allmulticast_enable(struct rte_eth_dev *dev)
{
	return set_mode(dev, RX_MODE_ALLMULTI, true);
}

int
aether_dev_allmulticast_disable(struct rte_eth_dev *dev)
{
	return set_mode(dev, RX_MODE_ALLMULTI, false);
}

static const struct rte_ether_addr broadcast = {
	.addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
};

/* Not one of the port's addresses; for owned_otherwise(). */
#define NO_INDEX	UINT32_MAX

static bool
listed(const struct rte_ether_addr *addr, const struct rte_ether_addr *list, uint32_t n)
{
	while (n-- > 0)
		if (rte_is_same_ether_addr(addr, &list[n]))
			return true;
	return false;
}

/**
 * Whether an address has its rule for another reason, too: as broadcast, as an address of the port
 * other than number `but`, or in the multicast list.
 */
static bool
owned_otherwise(const struct rte_eth_dev *dev, const struct rte_ether_addr *addr, uint32_t but,
		bool but_group)
{
	const struct aether_port *port = aether_port(dev);
	uint32_t i;

	if (rte_is_broadcast_ether_addr(addr))
		return true;
	for (i = 0; i < AETHER_MAX_MAC_ADDRS; i++)
		if (i != but && rte_is_same_ether_addr(addr, i == 0 ? &port->mac_addr :
						       &dev->data->mac_addrs[i]))
			return true;
	return !but_group && listed(addr, port->mc_addrs, port->n_mc_addrs);
}

int
aether_dev_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *addr, uint32_t index,
			uint32_t pool)
{
	struct aether_hw *hw = aether_lock(dev);
	int ret = 0;

	RTE_SET_USED(index);
	RTE_SET_USED(pool);
	if (hw->vsi_valid)
		ret = aether_mac_rule_add(hw, addr);
	aether_unlock(dev);
	return ret;
}

void
aether_dev_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	const struct rte_ether_addr *addr = &dev->data->mac_addrs[index];
	struct aether_hw *hw = aether_lock(dev);
	int ret = 0;

	if (hw->vsi_valid && !owned_otherwise(dev, addr, index, false))
		ret = aether_mac_rule_del(hw, addr);
	if (ret != 0)
		AETHER_LOG(ERR, "%s: the rule for " RTE_ETHER_ADDR_PRT_FMT " was not removed (%s): "
			   "frames to it still arrive", dev->data->name,
			   RTE_ETHER_ADDR_BYTES(addr), rte_strerror(-ret));
	aether_unlock(dev);
}

int
aether_dev_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *addr)
{
	struct aether_port *port = aether_port(dev);
	struct aether_hw *hw = aether_lock(dev);
	int ret = 0;

	if (!hw->vsi_valid || rte_is_same_ether_addr(&port->mac_addr, addr))
		goto out;
	/* The new one first: if it is refused, all stays as it was. */
	ret = aether_mac_rule_add(hw, addr);
	if (ret != 0)
		goto out;
	if (!owned_otherwise(dev, &port->mac_addr, 0, false)) {
		ret = aether_mac_rule_del(hw, &port->mac_addr);
		if (ret == -ENOENT)
			ret = 0;
		if (ret != 0 && !owned_otherwise(dev, addr, NO_INDEX, false))
			aether_mac_rule_del(hw, addr);
	}
out:
	if (ret == 0)
		rte_ether_addr_copy(addr, &port->mac_addr);
	aether_unlock(dev);
	return ret;
}

/** Remove the rules of the multicast list's addresses that are not in `keep`, too. */
static int
mc_rules_del(struct rte_eth_dev *dev, struct aether_hw *hw, const struct rte_ether_addr *addrs,
	     uint32_t n, const struct rte_ether_addr *keep, uint32_t n_keep)
{
	int ret = 0, err;

	while (n-- > 0) {
		if (listed(&addrs[n], keep, n_keep) ||
		    owned_otherwise(dev, &addrs[n], NO_INDEX, true))
			continue;
		err = aether_mac_rule_del(hw, &addrs[n]);
		if (err != 0 && err != -ENOENT)
			ret = err;
	}
	return ret;
}

/** Make the multicast list's rules those of addrs. The new ones come first: an address in both
 * lists never misses a frame, and what is refused leaves the old list as it was. */
static int
mc_rules_replace(struct rte_eth_dev *dev, struct aether_hw *hw,
		 const struct rte_ether_addr *addrs, uint32_t n)
{
	const struct aether_port *port = aether_port(dev);
	uint32_t i;
	int ret;

	for (i = 0; i < n; i++) {
		ret = aether_mac_rule_add(hw, &addrs[i]);
		if (ret != 0) {
			mc_rules_del(dev, hw, addrs, i, port->mc_addrs, port->n_mc_addrs);
			return ret;
		}
	}
	return mc_rules_del(dev, hw, port->mc_addrs, port->n_mc_addrs, addrs, n);
}

int
aether_dev_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addrs, uint32_t n)
{
	struct aether_port *port = aether_port(dev);
	struct aether_hw *hw;
	uint32_t i;
	int ret = 0;

	if (n > AETHER_MAX_MC_ADDRS) {
		AETHER_LOG(ERR, "%s: %u multicast addresses; at most %u are filtered, use "
			   "allmulticast for more", dev->data->name, n, AETHER_MAX_MC_ADDRS);
		return -ENOSPC;
	}
	for (i = 0; i < n; i++) {
		if (rte_is_multicast_ether_addr(&addrs[i]))
			continue;
		AETHER_LOG(ERR, "%s: " RTE_ETHER_ADDR_PRT_FMT " in the multicast list is no group "
			   "address; give it to rte_eth_dev_mac_addr_add()", dev->data->name,
			   RTE_ETHER_ADDR_BYTES(&addrs[i]));
		return -EINVAL;
	}
	hw = aether_lock(dev);
	if (hw->vsi_valid)
		ret = mc_rules_replace(dev, hw, addrs, n);
	if (ret == 0) {
		for (i = 0; i < n; i++)
			rte_ether_addr_copy(&addrs[i], &port->mc_addrs[i]);
		port->n_mc_addrs = n;
	}
	aether_unlock(dev);
	return ret;
}

/** Rules for these addresses; unset ones are passed over. */
static int
rules_add(struct aether_hw *hw, const struct rte_ether_addr *addrs, uint32_t n)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++)
		if (!rte_is_zero_ether_addr(&addrs[i]))
			ret = aether_mac_rule_add(hw, &addrs[i]);
	return ret;
}

int
aether_mac_start(struct rte_eth_dev *dev, struct aether_hw *hw)
{
	struct aether_port *port = aether_port(dev);
	int ret;

	/* The ethdev layer does some of this after the start, when the first packets have been
	 * filtered. */
	rte_ether_addr_copy(&dev->data->mac_addrs[0], &port->mac_addr);
	ret = rules_add(hw, dev->data->mac_addrs, AETHER_MAX_MAC_ADDRS);
	if (ret == 0)
		ret = rules_add(hw, &broadcast, 1);
	if (ret == 0)
		ret = rules_add(hw, port->mc_addrs, port->n_mc_addrs);
	if (ret == 0 && dev->data->promiscuous)
		ret = aether_promisc_set(hw, true);
	if (ret == 0 && dev->data->all_multicast)
		ret = aether_allmulti_set(hw, true);
	return ret;
}
