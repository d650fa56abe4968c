/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What all wires share: opening and closing, and the statistics of a port's wire. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model_wire.h"

void *
wire_alloc(struct aether_model *model, size_t size)
{
	void *memory;

	size = RTE_CACHE_LINE_ROUNDUP(size);
	memory = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (memory == NULL)
		MODEL_LOG(ERR, model, "no memory for the wire: %zu bytes", size);
	else
		memset(memory, 0, size);
	return memory;
}

static int
open_kind(struct aether_model *model, const char *spec, struct model_wire **wire)
{
	static const wire_open_fn open_fns[] = {
		[WIRE_LOOP] = wire_loop_open,
		[WIRE_GEN] = wire_gen_open,
		[WIRE_SINK] = wire_sink_open,
		[WIRE_PCAP] = wire_pcap_open,
		[WIRE_CABLE] = wire_cable_open,
		[WIRE_TAP] = wire_tap_open,
	};
	struct wire_conf *conf = wire_alloc(model, sizeof(*conf));
	int ret;

	if (conf == NULL)
		return -ENOMEM;
	ret = wire_spec_parse(model, spec, conf);
	if (ret == 0)
		ret = open_fns[conf->kind](model, conf, wire);
	if (ret == 0) {
		(*wire)->model = model;
		(*wire)->lossless = conf->lossless;
		if (model->conf.pcap != NULL)
			ret = wire_tee_open(*wire, model->conf.pcap);
		if (ret != 0)
			(*wire)->ops->close(*wire);
	}
	free(conf);
	return ret;
}

int
model_wire_open(struct aether_model *model, const char *spec)
{
	struct model_wire *wire;
	int ret;

	model->wire_latency = model_latency_create();
	if (model->wire_latency == NULL) {
		MODEL_LOG(ERR, model, "no memory for latency histograms: %zu bytes",
			  sizeof(*model->wire_latency));
		return -ENOMEM;
	}
	model_stall_init(model);
	ret = open_kind(model, spec, &wire);
	if (ret != 0) {
		free(model->wire_latency);
		model->wire_latency = NULL;
		return ret;
	}
	wire->stats_since = rte_rdtsc();
	model->wire = wire;
	return 0;
}

void
model_wire_close(struct aether_model *model)
{
	(void)model_wire_loopback(model, false);
	if (model->wire != NULL)
		model->wire->ops->close(model->wire);
	model->wire = NULL;
	free(model->wire_latency);
	model->wire_latency = NULL;
}

int
model_wire_loopback(struct aether_model *model, bool on)
{
	struct model_wire *loop;
	int ret;

	if (on == (model->outer_wire != NULL))
		return 0;
	if (!on) {
		model->wire->ops->close(model->wire);
		model->wire = model->outer_wire;
		model->outer_wire = NULL;
		return 0;
	}
	ret = open_kind(model, "loop:pace=lossless", &loop);
	if (ret != 0)
		return ret;
	loop->stats_since = model->wire->stats_since;
	model->outer_wire = model->wire;
	model->wire = loop;
	return 0;
}

void
model_wire_link_changed(struct aether_model *model)
{
	if (model->wire != NULL && model->wire->ops->changed != NULL)
		model->wire->ops->changed(model->wire);
}

void
model_wire_step(struct aether_model *model, uint64_t tsc)
{
	if (model->wire->ops->step != NULL)
		model->wire->ops->step(model->wire, tsc);
}

uint64_t
model_wire_next_due(const struct aether_model *model)
{
	if (model->wire->ops->next_due == NULL)
		return UINT64_MAX;
	return model->wire->ops->next_due(model->wire);
}

/* ------------------------------------------------------------------ statistics -------------- */

static uint64_t
cycles_to_ns(const struct aether_model *model, uint64_t cycles)
{
	return (uint64_t)((unsigned __int128)cycles * NS_PER_S / model->tsc_hz);
}

/* Lock held. */
static void
get_counts(const struct aether_model *model, struct aether_model_wire_stats *stats)
{
	const struct model_wire *wire = model->wire;
	struct model_stall stall = model->stall;
	uint64_t now = rte_rdtsc();

	*stats = model->wire_stats;
	stats->rx_pending = stats->rx_offered - stats->rx_delivered - stats->rx_dropped;
	stats->finished = wire->finished;
	stats->gen_late_max_ns = cycles_to_ns(model, wire->late_max);
	if (wire->late_count != 0)
		stats->gen_late_mean_ns = cycles_to_ns(model, wire->late_sum / wire->late_count);
	/* A window that is still open counts as if it ended now. */
	if (stall.start != 0)
		model_stall_close(&stall, RTE_MAX(now, stall.back));
	stats->stall_windows = stall.windows;
	stats->stall_ns = cycles_to_ns(model, stall.total);
	stats->stall_max_ns = cycles_to_ns(model, stall.longest);
	stats->stall_recovery_ns = cycles_to_ns(model, stall.recovery);
	stats->elapsed_ns = cycles_to_ns(model, now - wire->stats_since);
}

void
aether_model_wire_stats_get(struct aether_model *model, struct aether_model_wire_stats *stats)
{
	/* Percentiles take longer than a step may wait: they are computed from a copy. */
	struct model_latency *copy = model_latency_create();
	struct model_latency *latency = copy;
	double ns_per_cycle;

	rte_ticketlock_lock(&model->lock);
	get_counts(model, stats);
	if (copy != NULL) {
		*copy = *model->wire_latency;
		rte_ticketlock_unlock(&model->lock);
	} else {
		latency = model->wire_latency;
	}
	ns_per_cycle = (double)NS_PER_S / (double)model->tsc_hz;
	model_histogram_summary(&latency->clear, &latency->touched, ns_per_cycle,
				&stats->latency);
	model_histogram_summary(&latency->clear, NULL, ns_per_cycle, &stats->latency_clear);
	if (copy == NULL)
		rte_ticketlock_unlock(&model->lock);
	free(copy);
}

void
aether_model_wire_stats_reset(struct aether_model *model)
{
	struct aether_model_wire_stats *stats = &model->wire_stats;
	struct model_wire *wire = model->wire;
	uint64_t pending;

	rte_ticketlock_lock(&model->lock);
	/* What waits now will be delivered or dropped later: it stays offered. */
	pending = stats->rx_offered - stats->rx_delivered - stats->rx_dropped;
	memset(stats, 0, sizeof(*stats));
	stats->rx_offered = pending;
	model_latency_reset(model->wire_latency);
	wire->late_sum = 0;
	wire->late_count = 0;
	wire->late_max = 0;
	wire->stats_since = rte_rdtsc();
	model_stall_reset(model, wire->stats_since);
	rte_ticketlock_unlock(&model->lock);
}
