/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <string.h>

#include <rte_common.h>
#ifdef RTE_NET_AETHER
#include <rte_pmd_aether.h>
#endif

#include "wire.h"

#ifdef RTE_NET_AETHER
static void
copy_latency(struct fwd_latency *to, const struct rte_pmd_aether_latency *from)
{
	*to = (struct fwd_latency){
		.count = from->count,
		.min = from->min,
		.p50 = from->p50,
		.p90 = from->p90,
		.p99 = from->p99,
		.p999 = from->p999,
		.p9999 = from->p9999,
		.max = from->max,
		.mean = from->mean,
		.jitter = from->stddev,
	};
}

static void
copy_wire(struct fwd_wire *to, const struct rte_pmd_aether_wire_stats *from)
{
	*to = (struct fwd_wire){
		.available = true,
		.on_model = true, /* the only wire that the driver reads */
		.finished = from->finished,
		.rx_offered = from->rx_offered,
		.rx_delivered = from->rx_delivered,
		.rx_dropped = from->rx_dropped,
		.rx_dropped_in_stall = from->rx_dropped_in_stall,
		.rx_pending = from->rx_pending,
		.tx_packets = from->tx_packets,
		.tx_dropped = from->tx_dropped,
		.late_max_ns = from->gen_late_max_ns,
		.late_mean_ns = from->gen_late_mean_ns,
		.stall_windows = from->stall_windows,
		.stall_ns = from->stall_ns,
		.stall_max_ns = from->stall_max_ns,
		.elapsed_ns = from->elapsed_ns,
	};
	copy_latency(&to->all, &from->latency);
	copy_latency(&to->clear, &from->latency_clear);
}

void
fwd_wire_read(uint16_t port, struct fwd_wire *wire)
{
	struct rte_pmd_aether_model_stats model;
	struct rte_pmd_aether_wire_stats stats;

	memset(wire, 0, sizeof(*wire));
	if (rte_pmd_aether_wire_stats_get(port, &stats) != 0)
		return;
	copy_wire(wire, &stats);
	if (rte_pmd_aether_model_stats_get(port, &model) != 0)
		return;
	wire->dma_faults = model.dma_faults;
	wire->mdd_events = model.mdd_events;
}
#else
void
fwd_wire_read(uint16_t port __rte_unused, struct fwd_wire *wire)
{
	memset(wire, 0, sizeof(*wire));
}
#endif

void
fwd_wire_put_back_rx(struct fwd_wire *wire, const struct fwd_wire *before)
{
	wire->finished = before->finished;
	wire->rx_offered = before->rx_offered;
	wire->rx_delivered = before->rx_delivered;
	wire->rx_dropped = before->rx_dropped;
	wire->rx_dropped_in_stall = before->rx_dropped_in_stall;
	wire->rx_pending = before->rx_pending;
	wire->late_max_ns = before->late_max_ns;
	wire->late_mean_ns = before->late_mean_ns;
	wire->stall_windows = before->stall_windows;
	wire->stall_ns = before->stall_ns;
	wire->stall_max_ns = before->stall_max_ns;
	wire->elapsed_ns = before->elapsed_ns;
}

int64_t
fwd_wire_unaccounted(const struct fwd_wire *wire)
{
	return wire->rx_offered - (wire->rx_delivered + wire->rx_dropped + wire->rx_pending);
}
