/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What the port tells about itself, and functions of the whole card. */

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_dev_info.h>
#include <rte_tm.h>

#include "features.h"

#define PACKETS		20

/* PACKETS there and back, of which the port's counters are to tell. */
static enum feature_result
exchange(struct rig *rig)
{
	static const struct packet plain;
	struct rte_mbuf *m;
	int i, ret = rig_start(rig, 1);

	if (ret != 0)
		return broken(rig, "does not start: %d", ret);
	for (i = 0; i < PACKETS; i++) {
		m = rig_echo(rig, rig_packet(rig, &plain));
		if (m == NULL)
			return broken(rig, "a packet does not come back");
		rte_pktmbuf_free(m);
	}
	return FEATURE_YES;
}

static enum feature_result
basic_stats(struct rig *rig)
{
	struct rte_eth_stats stats;
	int ret;

	if (exchange(rig) != FEATURE_YES)
		return FEATURE_BROKEN;
	ret = rte_eth_stats_get(rig->port, &stats);
	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret != 0 || stats.ipackets != PACKETS || stats.opackets != PACKETS)
		return broken(rig, "%u packets: %" PRIu64 " in, %" PRIu64 " out (%d)", PACKETS,
			      stats.ipackets, stats.opackets, ret);
	ret = rte_eth_stats_reset(rig->port);
	if (ret == 0)
		ret = rte_eth_stats_get(rig->port, &stats);
	return ret == 0 && stats.ipackets == 0 && stats.opackets == 0 ? FEATURE_YES :
		broken(rig, "%" PRIu64 " in, %" PRIu64 " out after a reset (%d)", stats.ipackets,
		       stats.opackets, ret);
}

/* A counter of the device's own, beyond what ethdev adds by itself. */
static enum feature_result
extended_stats(struct rig *rig)
{
	uint64_t id, value = 0;
	int ret;

	if (exchange(rig) != FEATURE_YES)
		return FEATURE_BROKEN;
	if (rte_eth_xstats_get_id_by_name(rig->port, "rx_size_64_packets", &id) != 0)
		return FEATURE_NO;
	ret = rte_eth_xstats_get_by_id(rig->port, &id, &value, 1);
	return ret == 1 && value == PACKETS ? FEATURE_YES :
		broken(rig, "rx_size_64_packets is %" PRIu64 " (%d)", value, ret);
}

static enum feature_result
queue_stats(struct rig *rig)
{
	uint64_t id, value = 0;
	int ret;

	if (exchange(rig) != FEATURE_YES)
		return FEATURE_BROKEN;
	if (rte_eth_xstats_get_id_by_name(rig->port, "rx_q0_packets", &id) != 0)
		return FEATURE_NO;
	ret = rte_eth_xstats_get_by_id(rig->port, &id, &value, 1);
	return ret == 1 && value == PACKETS ? FEATURE_YES :
		broken(rig, "rx_q0_packets is %" PRIu64 " (%d)", value, ret);
}

static enum feature_result
fw_version(struct rig *rig)
{
	char version[128] = "";
	int ret = rte_eth_dev_fw_version_get(rig->port, version, sizeof(version));

	if (ret == -ENOTSUP)
		return FEATURE_NO;
	return ret == 0 && version[0] != '\0' ? FEATURE_YES :
		broken(rig, "firmware '%s' (%d)", version, ret);
}

/* Whether the bytes are not all the same, as what nobody wrote would be. */
static bool
has_content(const uint8_t *data, size_t len)
{
	return len > 1 && memcmp(data, data + 1, len - 1) != 0;
}

static enum feature_result
eeprom(struct rig *rig)
{
	static uint8_t data[4096];
	struct rte_dev_eeprom_info info = { .data = data };
	int len = rte_eth_dev_get_eeprom_length(rig->port), ret;

	if (len == -ENOTSUP)
		return FEATURE_NO;
	info.length = RTE_MIN(len, (int)sizeof(data));
	ret = len > 0 ? rte_eth_dev_get_eeprom(rig->port, &info) : -EIO;
	return ret == 0 && has_content(data, info.length) ? FEATURE_YES :
		broken(rig, "EEPROM of %d bytes: %d", len, ret);
}

static enum feature_result
module_eeprom(struct rig *rig)
{
	static uint8_t data[4096];
	struct rte_eth_dev_module_info module;
	struct rte_dev_eeprom_info info = { .data = data };
	int ret = rte_eth_dev_get_module_info(rig->port, &module);

	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret != 0 || module.eeprom_len == 0 || module.eeprom_len > sizeof(data))
		return broken(rig, "module: %u bytes (%d)", module.eeprom_len, ret);
	info.length = module.eeprom_len;
	ret = rte_eth_dev_get_module_eeprom(rig->port, &info);
	/* The first byte is the kind of module (SFF-8024): none is 0. */
	return ret == 0 && has_content(data, info.length) && data[0] != 0 ? FEATURE_YES :
		broken(rig, "module EEPROM: kind %#x (%d)", data[0], ret);
}

static enum feature_result
registers(struct rig *rig)
{
	struct rte_dev_reg_info info = { 0 };
	bool content;
	int ret = rte_eth_dev_get_reg_info(rig->port, &info);

	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret != 0 || info.length == 0 || info.width != sizeof(uint32_t))
		return broken(rig, "%u registers of %u bytes (%d)", info.length, info.width, ret);
	info.data = calloc(info.length, info.width);
	ret = rte_eth_dev_get_reg_info(rig->port, &info);
	content = info.data != NULL && has_content(info.data, (size_t)info.length * info.width);
	free(info.data);
	return ret == 0 && content ? FEATURE_YES : broken(rig, "registers: %d", ret);
}

static enum feature_result
led(struct rig *rig)
{
	int ret = rte_eth_led_on(rig->port);

	if (ret == -ENOTSUP)
		return FEATURE_NO;
	if (ret == 0)
		ret = rte_eth_led_off(rig->port);
	return ret == 0 ? FEATURE_YES : broken(rig, "the LED: %d", ret);
}

static enum feature_result
timesync(struct rig *rig)
{
	int ret = rig_start(rig, 1);

	if (ret == 0)
		ret = rte_eth_timesync_enable(rig->port);
	return ret == -ENOTSUP ? FEATURE_NO :
		broken(rig, "timesync answers %d, and this test does not try it", ret);
}

static enum feature_result
vmdq(struct rig *rig)
{
	return rig->info.max_vmdq_pools == 0 ? FEATURE_NO :
		broken(rig, "pools are advertised, and this test does not try them");
}

static enum feature_result
sriov(struct rig *rig)
{
	return rig->info.max_vfs == 0 ? FEATURE_NO :
		broken(rig, "VFs are advertised, and this test does not try them");
}

static enum feature_result
dcb(struct rig *rig)
{
	struct rte_eth_dcb_info info;
	int ret = rte_eth_dev_get_dcb_info(rig->port, &info);

	return ret == -ENOTSUP ? FEATURE_NO :
		broken(rig, "DCB answers %d, and this test does not try it", ret);
}

static enum feature_result
rate_limitation(struct rig *rig)
{
	int ret = rig_start(rig, 1);

	if (ret == 0)
		ret = rte_eth_set_queue_rate_limit(rig->port, 0, 1000);
	return ret == -ENOTSUP ? FEATURE_NO :
		broken(rig, "a rate limit answers %d, and this test does not try it", ret);
}

static enum feature_result
congestion(struct rig *rig)
{
	struct rte_eth_cman_info info;
	int ret = rte_eth_cman_info_get(rig->port, &info);

	return ret == -ENOTSUP ? FEATURE_NO :
		broken(rig, "congestion management answers %d, and this test does not try it",
		       ret);
}

static enum feature_result
traffic_manager(struct rig *rig)
{
	struct rte_tm_capabilities capa;
	struct rte_tm_error error;
	int ret = rte_tm_capabilities_get(rig->port, &capa, &error);

	return ret == -ENOSYS || ret == -ENOTSUP ? FEATURE_NO :
		broken(rig, "the traffic manager answers %d, and this test does not try it", ret);
}

const struct feature features_info[] = {
	{ "VMDq", "the number of pools", vmdq },
	{ "SR-IOV", "the number of VFs", sriov },
	{ "DCB", "the call for its state", dcb },
	{ "Rate limitation", "the call for a queue's limit", rate_limitation },
	{ "Congestion management", "the call for its capabilities", congestion },
	{ "Traffic manager", "the call for its capabilities", traffic_manager },
	{ "Timesync", "the call that enables it", timesync },
	{ "Basic stats", "20 packets counted, then reset", basic_stats },
	{ "Extended stats", "20 packets in a counter of the device's", extended_stats },
	{ "Stats per queue", "20 packets in a counter of the queue's", queue_stats },
	{ "FW version", "a text", fw_version },
	{ "EEPROM dump", "bytes that say something", eeprom },
	{ "Module EEPROM dump", "bytes that name a kind of module", module_eeprom },
	{ "Registers dump", "registers that are not all the same", registers },
	{ "LED", "on and off", led },
	{ NULL, NULL, NULL },
};
