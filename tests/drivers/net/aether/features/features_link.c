/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Link, speed, and what the link partner is told. */

#include <string.h>

#include <rte_cycles.h>

#include <rte_pmd_aether.h>

#include "../port_util.h"
#include "features.h"

static enum feature_result
speed_capabilities(struct rig *rig)
{
	struct rte_eth_link link;
	int ret;

	if (rig->info.speed_capa == 0)
		return FEATURE_NO;
	ret = rig_start(rig, 1);
	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	rte_eth_link_get_nowait(rig->port, &link);
	if ((rig->info.speed_capa & rte_eth_speed_bitflag(link.link_speed, 1)) == 0)
		return broken(rig, "the link has a speed that is no capability: %u",
			      link.link_speed);
	return FEATURE_YES;
}

/* The slowest that the port can. */
static enum feature_result
link_speed_configuration(struct rig *rig)
{
	static const struct { uint32_t flag, mbps; } speeds[] = {
		{ RTE_ETH_LINK_SPEED_10G, 10000 }, { RTE_ETH_LINK_SPEED_25G, 25000 },
		{ RTE_ETH_LINK_SPEED_40G, 40000 }, { RTE_ETH_LINK_SPEED_50G, 50000 },
	};
	struct rte_eth_link link = { 0 };
	unsigned int i = 0, ms;
	int ret;

	while (i < RTE_DIM(speeds) && (rig->info.speed_capa & speeds[i].flag) == 0)
		i++;
	if (i == RTE_DIM(speeds))
		return FEATURE_NO;
	rig->conf.link_speeds = RTE_ETH_LINK_SPEED_FIXED | speeds[i].flag;
	ret = rig_start(rig, 1);
	if (ret == -ENOTSUP || ret == -EINVAL)
		return FEATURE_NO;
	if (ret != 0)
		return broken(rig, "does not start with a fixed speed: %d", ret);
	for (ms = 0; ms < 1000 && link.link_speed != speeds[i].mbps; ms += 10) {
		rte_delay_us_sleep(10000);
		rte_eth_link_get_nowait(rig->port, &link);
	}
	return link.link_speed == speeds[i].mbps ? FEATURE_YES : FEATURE_NO;
}

static enum feature_result
link_status(struct rig *rig)
{
	int ret = rig_start(rig, 1);

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	ret = rte_pmd_aether_link_set(rig->port, false);
	if (ret != 0 || !test_wait_link(rig->port, false))
		return broken(rig, "the cable is pulled and the link is up (%d)", ret);
	ret = rte_pmd_aether_link_set(rig->port, true);
	if (ret != 0 || !test_wait_link(rig->port, true))
		return broken(rig, "the cable is plugged and the link is down (%d)", ret);
	return FEATURE_YES;
}

static enum feature_result
link_status_event(struct rig *rig)
{
	int ret;

	if ((*rig->info.dev_flags & RTE_ETH_DEV_INTR_LSC) == 0)
		return FEATURE_NO;
	rig->conf.intr_conf.lsc = 1;
	ret = rig_start(rig, 1);
	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	rte_delay_us_sleep(50000);
	rig_count_events(rig, RTE_ETH_EVENT_INTR_LSC);
	rte_pmd_aether_link_set(rig->port, false);
	return rig_wait_event(rig) ? FEATURE_YES : broken(rig, "no event for a pulled cable");
}

static enum feature_result
removal_event(struct rig *rig)
{
	if ((*rig->info.dev_flags & RTE_ETH_DEV_INTR_RMV) == 0)
		return FEATURE_NO;
	return broken(rig, "RTE_ETH_DEV_INTR_RMV is set, and this test does not remove a device");
}

/* Raised by drivers whose other end disables queues, as a hypervisor does. */
static enum feature_result
queue_status_event(struct rig *rig)
{
	int ret;

	rig_count_events(rig, RTE_ETH_EVENT_QUEUE_STATE);
	ret = rig_start(rig, 1);
	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	rte_eth_dev_rx_queue_stop(rig->port, 0);
	rte_eth_dev_rx_queue_start(rig->port, 0);
	return rig->events != 0 ? FEATURE_YES : FEATURE_NO;
}

static enum feature_result
flow_control(struct rig *rig)
{
	struct rte_eth_fc_conf conf;
	int ret;

	ret = rig_start(rig, 1);
	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	memset(&conf, 0, sizeof(conf));
	ret = rte_eth_dev_flow_ctrl_get(rig->port, &conf);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	conf.mode = RTE_ETH_FC_FULL;
	if (ret == 0)
		ret = rte_eth_dev_flow_ctrl_set(rig->port, &conf);
	if (ret == 0)
		ret = rte_eth_dev_flow_ctrl_get(rig->port, &conf);
	if (ret != 0)
		return broken(rig, "flow control can be read and not set: %d", ret);
	return FEATURE_YES;
}

static enum feature_result
fec(struct rig *rig)
{
	struct rte_eth_fec_capa capa[8];
	uint32_t mode = 0;
	int n = rte_eth_fec_get_capability(rig->port, capa, RTE_DIM(capa)), ret;

	if (n == -ENOTSUP)
		return FEATURE_NO;
	if (n <= 0)
		return broken(rig, "no FEC capability: %d", n);
	ret = rig_start(rig, 1);
	if (ret == 0)
		ret = rte_eth_fec_set(rig->port, RTE_ETH_FEC_MODE_CAPA_MASK(RS));
	if (ret == 0 && !test_wait_link(rig->port, true))
		ret = -ETIMEDOUT;
	if (ret == 0)
		ret = rte_eth_fec_get(rig->port, &mode);
	if (ret != 0 || mode != RTE_ETH_FEC_MODE_CAPA_MASK(RS))
		return broken(rig, "RS-FEC is asked for, mode is %#x (%d)", mode, ret);
	return FEATURE_YES;
}

const struct feature features_link[] = {
	{ "Speed capabilities", "the link's speed is one of them", speed_capabilities },
	{ "Link speed configuration", "a fixed speed below the fastest", link_speed_configuration },
	{ "Link status", "follows a cable that is pulled and plugged", link_status },
	{ "Link status event", "a callback when the cable is pulled", link_status_event },
	{ "Removal event", "the device flag", removal_event },
	{ "Queue status event", "a callback when a queue stops and starts", queue_status_event },
	{ "Flow control", "read, set to both ways, read", flow_control },
	{ "FEC", "RS-FEC set and read", fec },
	{ NULL, NULL, NULL },
};
