/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "telemetry.h"

/* Later versions of DPDK have it by another name, and the old name of the type as a macro. */
#ifdef RTE_TEL_U64_VAL
#define rte_tel_data_add_dict_u64	rte_tel_data_add_dict_uint
#endif

/* Telemetry's threads live as long as the process: they look devices up under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct device *const *devices;
static unsigned int n_devices;

/** The device that the first of the parameters names; the others are left in *rest. Locked. */
static struct device *
find(const char *params, const char **rest)
{
	size_t len = params != NULL ? strcspn(params, ",") : 0;
	unsigned int i;

	*rest = "";
	for (i = 0; i < n_devices; i++) {
		const char *name = device_name(devices[i]);

		if (len == 0 || strlen(name) != len || strncmp(name, params, len) != 0)
			continue;
		if (params[len] == ',')
			*rest = params + len + 1;
		return devices[i];
	}
	return NULL;
}

static int
list(const char *cmd, const char *params, struct rte_tel_data *data)
{
	unsigned int i;

	RTE_SET_USED(cmd);
	RTE_SET_USED(params);
	rte_tel_data_start_array(data, RTE_TEL_STRING_VAL);
	pthread_mutex_lock(&lock);
	for (i = 0; i < n_devices; i++)
		rte_tel_data_add_array_string(data, device_name(devices[i]));
	pthread_mutex_unlock(&lock);
	return 0;
}

static void
add_stats(struct rte_tel_data *data, struct aether_model *model)
{
	struct aether_model_wire_stats wire;
	struct aether_model_stats stats;

	aether_model_stats_get(model, &stats);
	aether_model_wire_stats_get(model, &wire);
#define ADD(from, field)	rte_tel_data_add_dict_u64(data, #field, (from).field)
	ADD(stats, dma_faults);
	ADD(stats, dma_fault_iova);
	ADD(stats, aq_commands);
	ADD(stats, aq_errors);
	ADD(stats, aq_unmodelled);
	ADD(stats, mdd_events);
	ADD(stats, interrupts);
	ADD(stats, steps);
	ADD(wire, rx_offered);
	ADD(wire, rx_offered_bytes);
	ADD(wire, rx_delivered);
	ADD(wire, rx_dropped);
	ADD(wire, rx_dropped_in_stall);
	ADD(wire, rx_pending);
	ADD(wire, tx_packets);
	ADD(wire, tx_bytes);
	ADD(wire, tx_dropped);
	ADD(wire, tx_missing);
	ADD(wire, tx_reordered);
	ADD(wire, stall_windows);
	ADD(wire, stall_ns);
	ADD(wire, elapsed_ns);
	ADD(wire, finished);
#undef ADD
}

static void
add_port(struct rte_tel_data *data, struct aether_model *model)
{
	struct aether_model_port port;
	char types[32];

	aether_model_port_get(model, &port);
	snprintf(types, sizeof(types), "0x%" PRIx64, port.phy_types);
	rte_tel_data_add_dict_string(data, "link", port.link ? "up" : "down");
	rte_tel_data_add_dict_string(data, "reason", port.reason);
	rte_tel_data_add_dict_u64(data, "speed_mbps", port.speed_mbps);
	rte_tel_data_add_dict_string(data, "fec", port.fec);
	rte_tel_data_add_dict_int(data, "pause_tx", port.pause_tx);
	rte_tel_data_add_dict_int(data, "pause_rx", port.pause_rx);
	rte_tel_data_add_dict_int(data, "led_blinks", port.led_blinks);
	rte_tel_data_add_dict_string(data, "phy_types", types);
	rte_tel_data_add_dict_int(data, "phy_caps", port.phy_caps);
	rte_tel_data_add_dict_int(data, "phy_fec", port.phy_fec);
	rte_tel_data_add_dict_int(data, "max_frame", port.max_frame);
	rte_tel_data_add_dict_int(data, "pause_quanta", port.pause_quanta);
	rte_tel_data_add_dict_int(data, "pause_refresh", port.pause_refresh);
	rte_tel_data_add_dict_int(data, "event_mask", port.event_mask);
	rte_tel_data_add_dict_int(data, "health_sources", port.health_sources);
	rte_tel_data_add_dict_int(data, "lldp_agent", port.lldp_agent);
}

static void
add_locks(struct rte_tel_data *data, const struct aether_model_asked *asked)
{
	static const char *const names[AETHER_MODEL_LOCKS] = {
		[AETHER_MODEL_LOCK_NVM] = "nvm", [AETHER_MODEL_LOCK_SDP] = "sdp",
		[AETHER_MODEL_LOCK_CHANGE] = "change", [AETHER_MODEL_LOCK_GLOBAL] = "global",
	};
	unsigned int i;

	for (i = 0; i < AETHER_MODEL_LOCKS; i++) {
		const struct aether_model_lock_use *use = &asked->lock[i];
		struct rte_tel_data *lock = rte_tel_data_alloc();

		if (lock == NULL)
			return;
		rte_tel_data_start_dict(lock);
#define ADD(field)	rte_tel_data_add_dict_u64(lock, #field, use->field)
		ADD(granted);
		ADD(busy);
		ADD(released);
		ADD(expired);
		ADD(dropped);
		ADD(not_held);
		ADD(held_ns_max);
		ADD(held);
#undef ADD
		rte_tel_data_add_dict_container(data, names[i], lock, 0);
	}
}

/** How often each opcode was asked for; a dictionary holds 256 entries. */
static void
add_opcodes(struct rte_tel_data *data, struct aether_model *model)
{
	struct rte_tel_data *opcodes = rte_tel_data_alloc();
	uint16_t opcode;
	const char *name;
	uint64_t count;
	char key[16];
	unsigned int i;

	if (opcodes == NULL)
		return;
	rte_tel_data_start_dict(opcodes);
	for (i = 0; (count = aether_model_asked_opcode(model, i, &opcode, &name)) != 0; i++) {
		snprintf(key, sizeof(key), "%04x", opcode);
		rte_tel_data_add_dict_u64(opcodes, key, count);
	}
	rte_tel_data_add_dict_container(data, "opcodes", opcodes, 0);
}

static void
add_asked(struct rte_tel_data *data, struct aether_model *model)
{
	static const char *const resets[AETHER_MODEL_ASKED_RESETS] = {
		[AETHER_MODEL_ASKED_PFR] = "pfr", [AETHER_MODEL_ASKED_FLR] = "flr",
		[AETHER_MODEL_ASKED_CORER] = "corer", [AETHER_MODEL_ASKED_GLOBR] = "globr",
		[AETHER_MODEL_ASKED_EMPR] = "empr",
	};
	struct aether_model_asked asked;
	unsigned int i;

	aether_model_asked_get(model, &asked);
	rte_tel_data_add_dict_u64(data, "commands", asked.commands);
	rte_tel_data_add_dict_u64(data, "nvm_changes", asked.nvm_changes);
	for (i = 0; i < RTE_DIM(resets); i++)
		rte_tel_data_add_dict_u64(data, resets[i], asked.resets[i]);
	rte_tel_data_add_dict_u64(data, "resets_with_sibling", asked.resets_with_sibling);
	rte_tel_data_add_dict_u64(data, "resets_suffered", asked.resets_suffered);
	add_locks(data, &asked);
	add_opcodes(data, model);
}

/** Answer with a dictionary about the device that the parameters name. */
static int
about(const char *params, struct rte_tel_data *data,
      void (*add)(struct rte_tel_data *data, struct aether_model *model))
{
	const char *rest;
	struct device *device;

	rte_tel_data_start_dict(data);
	pthread_mutex_lock(&lock);
	device = find(params, &rest);
	if (device != NULL && *rest == '\0')
		add(data, device_model(device));
	pthread_mutex_unlock(&lock);
	return device != NULL && *rest == '\0' ? 0 : -EINVAL;
}

static int
stats(const char *cmd, const char *params, struct rte_tel_data *data)
{
	RTE_SET_USED(cmd);
	return about(params, data, add_stats);
}

static int
port(const char *cmd, const char *params, struct rte_tel_data *data)
{
	RTE_SET_USED(cmd);
	return about(params, data, add_port);
}

static int
asked(const char *cmd, const char *params, struct rte_tel_data *data)
{
	RTE_SET_USED(cmd);
	return about(params, data, add_asked);
}

static int
link_set(const char *cmd, const char *params, struct rte_tel_data *data)
{
	const char *wanted;
	struct device *device;
	int ret = -EINVAL;

	RTE_SET_USED(cmd);
	rte_tel_data_start_dict(data);
	pthread_mutex_lock(&lock);
	device = find(params, &wanted);
	if (device != NULL && (strcmp(wanted, "up") == 0 || strcmp(wanted, "down") == 0)) {
		aether_model_link_set(device_model(device), strcmp(wanted, "up") == 0);
		add_port(data, device_model(device));
		ret = 0;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

int
telemetry_start(struct device *const *offered, unsigned int n)
{
	int ret;

	pthread_mutex_lock(&lock);
	devices = offered;
	n_devices = n;
	pthread_mutex_unlock(&lock);
	ret = rte_telemetry_register_cmd("/aether/model/list", list,
			"Returns the names of the devices. No parameters");
	if (ret == 0)
		ret = rte_telemetry_register_cmd("/aether/model/stats", stats,
			"Returns what device and wire have counted. Parameters: name");
	if (ret == 0)
		ret = rte_telemetry_register_cmd("/aether/model/port", port,
			"Returns the port as its firmware sees it. Parameters: name");
	if (ret == 0)
		ret = rte_telemetry_register_cmd("/aether/model/asked", asked,
			"Returns what the host's driver asked of the card: commands, changes of the "
			"flash, resets, locks. Parameters: name");
	if (ret == 0)
		ret = rte_telemetry_register_cmd("/aether/model/link", link_set,
			"Plugs the cable in, or pulls it; returns the port. "
			"Parameters: name,up|down");
	return ret;
}

void
telemetry_stop(void)
{
	pthread_mutex_lock(&lock);
	n_devices = 0;
	pthread_mutex_unlock(&lock);
}
