/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>

#include <aether_model.h>
#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "rte_pmd_aether.h"

/**
 * The model of a port.
 *
 * @return 0, -ENODEV or -ENOTSUP as rte_pmd_aether.h has them
 */
static int
port_model(uint16_t port_id, struct aether_model **model)
{
	const struct rte_eth_dev *dev;

	if (!rte_eth_dev_is_valid_port(port_id))
		return -ENODEV;
	dev = &rte_eth_devices[port_id];
	if (!aether_is_port(dev))
		return -ENOTSUP;
	*model = aether_bus_model_get(aether_process(dev)->hw.bus);
	return *model == NULL ? -ENOTSUP : 0;
}

/** The same where the application asks for something, which must have somewhere to go. */
static int
port_model_answer(uint16_t port_id, const void *answer, struct aether_model **model)
{
	const int ret = port_model(port_id, model);

	return ret == 0 && answer == NULL ? -EINVAL : ret;
}

static void
copy_latency(const struct aether_model_latency *from, struct rte_pmd_aether_latency *to)
{
	to->count = from->count;
	to->min = from->min;
	to->p50 = from->p50;
	to->p90 = from->p90;
	to->p99 = from->p99;
	to->p999 = from->p999;
	to->p9999 = from->p9999;
	to->max = from->max;
	to->mean = from->mean;
	to->stddev = from->stddev;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_pmd_aether_is_model, 26.11)
bool
rte_pmd_aether_is_model(uint16_t port_id)
{
	struct aether_model *model;

	return port_model(port_id, &model) == 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_pmd_aether_wire_stats_get, 26.11)
int
rte_pmd_aether_wire_stats_get(uint16_t port_id, struct rte_pmd_aether_wire_stats *stats)
{
	struct aether_model_wire_stats wire;
	struct aether_model *model;
	int ret;

	ret = port_model_answer(port_id, stats, &model);
	if (ret != 0)
		return ret;
	aether_model_wire_stats_get(model, &wire);
	stats->rx_offered = wire.rx_offered;
	stats->rx_offered_bytes = wire.rx_offered_bytes;
	stats->rx_delivered = wire.rx_delivered;
	stats->rx_dropped = wire.rx_dropped;
	stats->rx_dropped_in_stall = wire.rx_dropped_in_stall;
	stats->rx_pending = wire.rx_pending;
	stats->tx_packets = wire.tx_packets;
	stats->tx_bytes = wire.tx_bytes;
	stats->tx_dropped = wire.tx_dropped;
	stats->gen_late_max_ns = wire.gen_late_max_ns;
	stats->gen_late_mean_ns = wire.gen_late_mean_ns;
	stats->stall_windows = wire.stall_windows;
	stats->stall_ns = wire.stall_ns;
	stats->stall_max_ns = wire.stall_max_ns;
	stats->elapsed_ns = wire.elapsed_ns;
	copy_latency(&wire.latency, &stats->latency);
	copy_latency(&wire.latency_clear, &stats->latency_clear);
	stats->finished = wire.finished;
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_pmd_aether_wire_stats_reset, 26.11)
int
rte_pmd_aether_wire_stats_reset(uint16_t port_id)
{
	struct aether_model *model;
	int ret;

	ret = port_model(port_id, &model);
	if (ret == 0)
		aether_model_wire_stats_reset(model);
	return ret;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_pmd_aether_wire_finished, 26.11)
int
rte_pmd_aether_wire_finished(uint16_t port_id)
{
	struct aether_model_wire_stats wire;
	struct aether_model *model;
	int ret;

	ret = port_model(port_id, &model);
	if (ret != 0)
		return ret;
	aether_model_wire_stats_get(model, &wire);
	return wire.finished && wire.rx_pending == 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_pmd_aether_link_set, 26.11)
int
rte_pmd_aether_link_set(uint16_t port_id, bool up)
{
	struct aether_model *model;
	int ret;

	ret = port_model(port_id, &model);
	if (ret == 0)
		aether_model_link_set(model, up);
	return ret;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_pmd_aether_model_stats_get, 26.11)
int
rte_pmd_aether_model_stats_get(uint16_t port_id, struct rte_pmd_aether_model_stats *stats)
{
	struct aether_model_stats inside;
	struct aether_model *model;
	int ret;

	ret = port_model_answer(port_id, stats, &model);
	if (ret != 0)
		return ret;
	aether_model_stats_get(model, &inside);
	stats->dma_faults = inside.dma_faults;
	stats->dma_fault_iova = inside.dma_fault_iova;
	stats->aq_commands = inside.aq_commands;
	stats->aq_errors = inside.aq_errors;
	stats->aq_unmodelled = inside.aq_unmodelled;
	stats->mdd_events = inside.mdd_events;
	stats->interrupts = inside.interrupts;
	stats->steps = inside.steps;
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_pmd_aether_help, 26.11)
const char *
rte_pmd_aether_help(void)
{
	return aether_model_help();
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_pmd_aether_model_port_get, 26.11)
int
rte_pmd_aether_model_port_get(uint16_t port_id, struct rte_pmd_aether_model_port *state)
{
	struct aether_model_port inside;
	struct aether_model *model;
	int ret;

	ret = port_model_answer(port_id, state, &model);
	if (ret != 0)
		return ret;
	aether_model_port_get(model, &inside);
	state->reason = inside.reason;
	state->fec = inside.fec;
	state->led_blinks = inside.led_blinks;
	state->pause_quanta = inside.pause_quanta;
	return 0;
}
