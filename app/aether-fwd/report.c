/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "report.h"

const char *
fwd_stop_name(enum fwd_stop stop)
{
	static const char *const names[] = {
		[FWD_STOP_NONE] = "not stopped",
		[FWD_STOP_SIGNAL] = "signal",
		[FWD_STOP_DURATION] = "duration",
		[FWD_STOP_PACKETS] = "packets",
		[FWD_STOP_IDLE] = "idle",
	};

	return names[stop];
}

void
fwd_report_problem(struct fwd_report *report, const char *format, ...)
{
	va_list ap;

	if (report->nb_problems == RTE_DIM(report->problem))
		return;
	va_start(ap, format);
	vsnprintf(report->problem[report->nb_problems++], sizeof(report->problem[0]), format, ap);
	va_end(ap);
}

static double
seconds(uint64_t cycles)
{
	return (double)cycles / rte_get_tsc_hz();
}

/* 0 where no time passed: one burst has no rate. */
static double
mpps(uint64_t packets, double active_s)
{
	return active_s > 0 ? packets / active_s / 1e6 : 0;
}

static struct fwd_port_report *
port_report(struct fwd_report *report, uint16_t id)
{
	unsigned int i;

	for (i = 0; i < report->nb_ports - 1; i++)
		if (report->port[i].port->id == id)
			break;
	return &report->port[i];
}

static void
gather_stream(struct fwd_report *report, const struct fwd_stream *stream, uint16_t lcore)
{
	struct fwd_stream_report *out = &report->stream[report->nb_streams++];
	const struct fwd_counters *c = &stream->counters;
	struct fwd_port_report *port;

	*out = (struct fwd_stream_report){
		.rx_port = stream->rx_port,
		.tx_port = stream->tx_port,
		.lcore = lcore,
		.rx = c->rx,
		.tx = c->tx,
		.tx_dropped = c->tx_dropped,
		.runts = c->runts,
		.active_s = seconds(c->last_tsc - c->first_tsc),
	};
	out->mpps = mpps(out->tx, out->active_s);
	report->rx += out->rx;
	report->tx += out->tx;
	report->tx_dropped += out->tx_dropped;

	port = port_report(report, stream->rx_port);
	port->rx += out->rx;
	port->rx_mpps += mpps(out->rx, out->active_s);
	port = port_report(report, stream->tx_port);
	port->tx += out->tx;
	port->tx_mpps += out->mpps;
	port->tx_dropped += out->tx_dropped;
}

static void
gather_lcore(struct fwd_report *report, const struct fwd_lcore *lcore)
{
	struct fwd_lcore_report *out = &report->lcore[report->nb_lcores++];
	uint64_t run = lcore->end_tsc - lcore->start_tsc;

	*out = (struct fwd_lcore_report){
		.id = lcore->id,
		.is_main = lcore->id == rte_get_main_lcore(),
		.run_s = seconds(run),
		.stalls = lcore->stall.count,
		.stall_s = seconds(lcore->stall.total),
		.stall_longest_us = seconds(lcore->stall.longest) * 1e6,
		.stall_share = run != 0 ? (double)lcore->stall.total / run : 0,
	};
	if (lcore->cost != NULL)
		fwd_cost_evaluate(lcore->cost, &out->noise_cost);
}

static void
gather_active_time(struct fwd_report *report, struct fwd_lcore *const *lcores,
		   unsigned int nb_lcores)
{
	uint64_t first = UINT64_MAX, last = 0;
	const struct fwd_counters *c;
	unsigned int i, j;

	for (i = 0; i < nb_lcores; i++) {
		for (j = 0; j < lcores[i]->nb_streams; j++) {
			c = &lcores[i]->streams[j]->counters;
			if (c->rx == 0)
				continue;
			first = RTE_MIN(first, c->first_tsc);
			last = RTE_MAX(last, c->last_tsc);
		}
	}
	report->active_s = last > first ? seconds(last - first) : 0;
	report->mpps = mpps(report->tx, report->active_s);
}

void
fwd_report_gather(struct fwd_report *report, struct fwd_lcore *const *lcores,
		  unsigned int nb_lcores)
{
	unsigned int i, j;

	report->nb_ports = report->ports->nb;
	for (i = 0; i < report->nb_ports; i++) {
		report->port[i].port = &report->ports->port[i];
		report->on_model |= report->ports->port[i].wire.available &&
				    report->ports->port[i].wire.on_model;
	}
	for (i = 0; i < nb_lcores; i++) {
		gather_lcore(report, lcores[i]);
		for (j = 0; j < lcores[i]->nb_streams; j++)
			gather_stream(report, lcores[i]->streams[j], lcores[i]->id);
	}
	gather_active_time(report, lcores, nb_lcores);
}

static void
check_wire(struct fwd_report *report, const struct fwd_port_report *port)
{
	const struct fwd_wire *wire = &port->port->wire;
	int64_t missing = fwd_wire_unaccounted(wire);

	if (missing != 0)
		fwd_report_problem(report, "port %u: the wire offered %" PRIu64 " packets but"
				   " accounts for %" PRIi64 " fewer: delivered %" PRIu64
				   ", dropped %" PRIu64 ", pending %" PRIu64, port->port->id,
				   wire->rx_offered, missing, wire->rx_delivered,
				   wire->rx_dropped, wire->rx_pending);
	if (port->rx > wire->rx_delivered)
		fwd_report_problem(report, "port %u: received %" PRIu64 " packets but its wire"
				   " delivered only %" PRIu64, port->port->id, port->rx,
				   wire->rx_delivered);
	if (wire->dma_faults != 0 || wire->mdd_events != 0)
		fwd_report_problem(report, "port %u: the device blocked %" PRIu64 " DMA accesses"
				   " and reported %" PRIu64 " malicious driver events: a driver"
				   " gave it wrong addresses or descriptors", port->port->id,
				   wire->dma_faults, wire->mdd_events);
	if (port->tx != wire->tx_packets + wire->tx_dropped)
		fwd_report_problem(report, "port %u: sent %" PRIu64 " packets but %" PRIu64
				   " left through its wire and %" PRIu64 " were dropped there",
				   port->port->id, port->tx, wire->tx_packets,
				   wire->tx_dropped);
}

void
fwd_report_check(struct fwd_report *report)
{
	unsigned int i;

	if (report->stop == FWD_STOP_IDLE && report->rx == 0)
		fwd_report_problem(report, "no packet arrived: check the source, the link and what"
				   " the ports filter");
	if (report->rx != report->tx + report->tx_dropped)
		fwd_report_problem(report, "received %" PRIu64 " packets but sent %" PRIu64
				   " and dropped %" PRIu64, report->rx, report->tx,
				   report->tx_dropped);
	for (i = 0; i < report->nb_ports; i++)
		if (report->port[i].port->wire.available)
			check_wire(report, &report->port[i]);
	if (report->leaked != 0)
		fwd_report_problem(report, "%u buffers did not come back to the pool after the"
				   " ports were closed: a driver or this program leaked them",
				   report->leaked);
}
