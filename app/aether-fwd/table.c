/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <inttypes.h>
#include <stdio.h>

#include <rte_version.h>

#include "report.h"

static void
write_head(FILE *out, const struct fwd_report *r)
{
	fprintf(out, "\naether-fwd: %s, burst %u, stopped by %s%s\n", fwd_mode_name(r->opt->mode),
		r->opt->burst, fwd_stop_name(r->stop),
		r->on_model ? ", measured on the device model" : "");
	fprintf(out, "%s on %s, %u CPUs, Linux %s; isolation: %s\n", rte_version(),
		r->host.cpu_model, r->host.cpus, r->host.kernel,
		r->host.isolation[0] != '\0' ? r->host.isolation : "none on the command line");
}

/* A rate, or a dash where no time passed between first and last packet. */
static void
write_rate(FILE *out, double mpps, uint64_t packets)
{
	if (mpps > 0 || packets == 0)
		fprintf(out, " %9.3f", mpps);
	else
		fprintf(out, " %9s", "-");
}

static void
write_ports(FILE *out, const struct fwd_report *r)
{
	const struct rte_eth_stats *hw;
	const struct fwd_port_report *p;
	unsigned int i;

	fprintf(out, "\n%-4s %-14s %12s %12s %9s %9s %9s %9s %9s %9s %9s\n", "port", "driver",
		"rx packets", "tx packets", "rx Mpps", "tx Mpps", "tx drops", "rx missed",
		"no mbuf", "rx errors", "tx errors");
	for (i = 0; i < r->nb_ports; i++) {
		p = &r->port[i];
		hw = &p->port->stats;
		fprintf(out, "%-4u %-14s %12" PRIu64 " %12" PRIu64, p->port->id,
			p->port->driver, p->rx, p->tx);
		write_rate(out, p->rx_mpps, p->rx);
		write_rate(out, p->tx_mpps, p->tx);
		fprintf(out, " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64
			"\n", p->tx_dropped, hw->imissed, hw->rx_nombuf, hw->ierrors,
			hw->oerrors);
	}
	fprintf(out, "all: %" PRIu64 " received, %" PRIu64 " sent, %" PRIu64 " dropped, ", r->rx,
		r->tx, r->tx_dropped);
	if (r->mpps > 0)
		fprintf(out, "%.3f Mpps (packets sent / active time, which is first to last"
			" packet: %.3f s)\n", r->mpps, r->active_s);
	else
		fprintf(out, "no rate (no time between first and last packet)\n");
}

static void
write_runts(FILE *out, const struct fwd_report *r)
{
	unsigned int i;

	for (i = 0; i < r->nb_streams; i++)
		if (r->stream[i].runts != 0)
			fprintf(out, "port %u: %" PRIu64 " packets without a whole Ethernet header"
				" forwarded unchanged\n", r->stream[i].rx_port,
				r->stream[i].runts);
}

static void
write_lcores(FILE *out, const struct fwd_report *r)
{
	const struct fwd_lcore_report *l;
	unsigned int i;

	fprintf(out, "\nlcore stalls (away from the loop for over %u us)\n", r->opt->stall_us);
	fprintf(out, "%-10s %9s %9s %12s %12s %9s\n", "lcore", "run s", "stalls", "total ms",
		"longest us", "share");
	for (i = 0; i < r->nb_lcores; i++) {
		l = &r->lcore[i];
		fprintf(out, "%-3u%-7s %9.3f %9" PRIu64 " %12.3f %12.1f %8.4f%%\n", l->id,
			l->is_main ? " (main)" : "", l->run_s, l->stalls, l->stall_s * 1e3,
			l->stall_longest_us, l->stall_share * 100);
	}
}

static void
write_noise_cost(FILE *out, const struct fwd_report *r)
{
	const double ns = 1e9 / r->host.tsc_hz;
	const struct fwd_cost_report *c;
	unsigned int i;

	for (i = 0; i < r->nb_lcores; i++) {
		c = &r->lcore[i].noise_cost;
		fprintf(out, "lcore %u: --noise-us %u costs ", r->lcore[i].id, r->opt->noise_us);
		if (c->nb_pairs < FWD_COST_LEAST_PAIRS)
			fprintf(out, "what %u pairs of slices of %u us cannot tell, wanted %u with"
				" packets and without stalls; let it run longer\n", c->nb_pairs,
				FWD_COST_SLICE_US, FWD_COST_LEAST_PAIRS);
		else
			fprintf(out, "%.2f %% of the packets (%.2f to %.2f %%): %.2f ns a packet,"
				" %.2f without; medians of %u pairs of slices of %u us\n",
				c->percent, c->low, c->high, c->with * ns, c->without * ns,
				c->nb_pairs, FWD_COST_SLICE_US);
	}
}

static void
write_wire(FILE *out, const struct fwd_port_report *p)
{
	const struct fwd_wire *w = &p->port->wire;

	fprintf(out, "port %u wire: %" PRIu64 " offered = %" PRIu64 " delivered + %" PRIu64
		" dropped (%" PRIu64 " in stall windows) + %" PRIu64 " pending; %" PRIu64
		" left, %" PRIu64 " lost at the other end\n", p->port->id, w->rx_offered,
		w->rx_delivered, w->rx_dropped, w->rx_dropped_in_stall, w->rx_pending,
		w->tx_packets, w->tx_dropped);
	if (w->rx_delivered > p->rx)
		fprintf(out, "port %u: %" PRIu64 " delivered packets were still in the Rx ring when"
			" receiving ended\n", p->port->id, w->rx_delivered - p->rx);
	fprintf(out, "port %u wire: %" PRIu64 " stall windows, %.3f ms in all, longest %.1f us,"
		" share %.4f%%\n", p->port->id, w->stall_windows, w->stall_ns / 1e6,
		w->stall_max_ns / 1e3,
		w->elapsed_ns != 0 ? 100.0 * w->stall_ns / w->elapsed_ns : 0.0);
	if (w->rx_offered != 0)
		fprintf(out, "port %u wire: its source was late by %" PRIu64 " ns on average, %"
			PRIu64 " ns at most\n", p->port->id, w->late_mean_ns, w->late_max_ns);
}

static void
write_latency_row(FILE *out, const struct fwd_port_report *p, const char *which,
		  const struct fwd_latency *l)
{
	fprintf(out, "%-4u %-22s %10" PRIu64 " %8.2f %8.2f %8.2f %8.2f %8.2f %9.2f %8.2f\n",
		p->port->id, which, l->count, l->p50 / 1e3, l->p90 / 1e3, l->p99 / 1e3,
		l->p999 / 1e3, l->p9999 / 1e3, l->max / 1e3, l->jitter / 1e3);
}

static void
write_latency(FILE *out, const struct fwd_report *r)
{
	const struct fwd_port_report *p;
	bool head = false;
	unsigned int i;

	for (i = 0; i < r->nb_ports; i++) {
		p = &r->port[i];
		if (!p->port->wire.available || p->port->wire.all.count == 0)
			continue;
		if (!head)
			fprintf(out, "\nlatency, wire to wire, us%s\n%-4s %-22s %10s %8s %8s %8s"
				" %8s %8s %9s %8s\n", r->on_model ?
				", measured on the device model" : "", "port", "packets",
				"count", "P50", "P90", "P99", "P99.9", "P99.99", "max",
				"jitter");
		head = true;
		write_latency_row(out, p, "all", &p->port->wire.all);
		write_latency_row(out, p, "outside stall windows", &p->port->wire.clear);
	}
	if (head)
		fprintf(out, "jitter is the standard deviation\n");
}

static void
write_unmeasured(FILE *out, const struct fwd_report *r)
{
	const struct fwd_port_report *p;
	unsigned int i;

	for (i = 0; i < r->nb_ports; i++) {
		p = &r->port[i];
		if (p->port->wire.available && p->port->wire.all.count != 0)
			continue;
		fprintf(out, "port %u latency: not measured: %s\n", p->port->id,
			p->port->wire.available ? "no stamped packet left through it" :
			"this port's driver has no timestamping wire");
	}
}

void
fwd_table_write(FILE *out, const struct fwd_report *r)
{
	unsigned int i;

	write_head(out, r);
	write_ports(out, r);
	write_runts(out, r);
	write_lcores(out, r);
	if (r->opt->noise_cost)
		write_noise_cost(out, r);
	fprintf(out, "\n");
	for (i = 0; i < r->nb_ports; i++)
		if (r->port[i].port->wire.available)
			write_wire(out, &r->port[i]);
	write_latency(out, r);
	write_unmeasured(out, r);
	for (i = 0; i < r->nb_problems; i++)
		fprintf(out, "ERROR: %s\n", r->problem[i]);
	fflush(out);
}
