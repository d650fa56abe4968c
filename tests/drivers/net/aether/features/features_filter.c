/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Which frames the port takes. */

#include <rte_cycles.h>

#include "features.h"

static const struct rte_ether_addr other = { .addr_bytes = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 } };
static const struct rte_ether_addr group = { .addr_bytes = { 1, 0, 0x5e, 1, 2, 3 } };

static const struct packet to_other = { .dst = &other };
static const struct packet to_group = { .dst = &group };

/* A mode, or a filter: frames pass while it is on. */
static enum feature_result
on_and_off(struct rig *rig, const struct packet *packet, int (*set)(struct rig *rig, bool on))
{
	bool before, with, after;
	int ret = rig_start(rig, 1);

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	before = rig_passes(rig, packet);
	ret = set(rig, true);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	with = rig_passes(rig, packet);
	if (ret == 0)
		ret = set(rig, false);
	after = rig_passes(rig, packet);
	if (ret != 0 || before || !with || after)
		return broken(rig, "frames pass before: %d, with: %d, after: %d (%d)", before, with,
			      after, ret);
	return FEATURE_YES;
}

static int
set_promiscuous(struct rig *rig, bool on)
{
	return on ? rte_eth_promiscuous_enable(rig->port) : rte_eth_promiscuous_disable(rig->port);
}

static enum feature_result
promiscuous(struct rig *rig)
{
	return on_and_off(rig, &to_other, set_promiscuous);
}

static int
set_allmulticast(struct rig *rig, bool on)
{
	return on ? rte_eth_allmulticast_enable(rig->port) :
		rte_eth_allmulticast_disable(rig->port);
}

static enum feature_result
allmulticast(struct rig *rig)
{
	return on_and_off(rig, &to_group, set_allmulticast);
}

static int
set_address(struct rig *rig, bool on)
{
	struct rte_ether_addr addr = other;

	return on ? rte_eth_dev_mac_addr_add(rig->port, &addr, 0) :
		rte_eth_dev_mac_addr_remove(rig->port, &addr);
}

static enum feature_result
unicast_filter(struct rig *rig)
{
	return on_and_off(rig, &to_other, set_address);
}

static int
set_group(struct rig *rig, bool on)
{
	struct rte_ether_addr addr = group;

	return rte_eth_dev_set_mc_addr_list(rig->port, &addr, on ? 1 : 0);
}

static enum feature_result
multicast_filter(struct rig *rig)
{
	return on_and_off(rig, &to_group, set_group);
}

static int
set_vlan(struct rig *rig, bool on)
{
	return rte_eth_dev_vlan_filter(rig->port, 5, on);
}

static enum feature_result
vlan_filter(struct rig *rig)
{
	static const struct packet tagged = { .tagged = true, .tci = 5 };

	if ((rig->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_FILTER) == 0)
		return FEATURE_NO;
	rig->conf.rxmode.offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
	return on_and_off(rig, &tagged, set_vlan);
}

/* A frame of 3014 bytes, which 1500 does not let in. */
static enum feature_result
mtu_update(struct rig *rig)
{
	static const struct packet jumbo = { .payload = 3000 - 28 };
	bool before, running;
	int ret;

	rig->conf.rxmode.offloads = rig->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	rig->conf.txmode.offloads = rig->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	ret = rig_start(rig, 1);
	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	before = rig_passes(rig, &jumbo);
	ret = rte_eth_dev_set_mtu(rig->port, 3000);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	running = ret == 0;
	if (!running) {
		rte_eth_dev_stop(rig->port);
		ret = rte_eth_dev_set_mtu(rig->port, 3000);
		if (ret == 0)
			ret = rte_eth_dev_start(rig->port);
		rte_delay_us_sleep(50000);
	}
	if (ret != 0 || before || !rig_passes(rig, &jumbo))
		return broken(rig, "a long frame %s (%d)", before ? "passes before" :
			      "does not pass", ret);
	snprintf(rig->note, sizeof(rig->note), running ? "also while the port runs" :
		 "while the port is stopped");
	return FEATURE_YES;
}

const struct feature features_filter[] = {
	{ "MTU update", "a longer frame passes then, not before", mtu_update },
	{ "Promiscuous mode", "another station's frames, while it is on", promiscuous },
	{ "Allmulticast mode", "any group's frames, while it is on", allmulticast },
	{ "Unicast MAC filter", "a second address, while it is there", unicast_filter },
	{ "Multicast MAC filter", "one group of a list, while it is there", multicast_filter },
	{ "VLAN filter", "a VLAN's frames, while it is there", vlan_filter },
	{ NULL, NULL, NULL },
};
