/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <rte_version.h>

#include <rte_aether_partition_noise.h>

#include "report.h"

/* Bumped when a member changes its meaning or goes. */
#define FORMAT_VERSION 1

/* What the machine or the user named may be in any encoding, and jansson refuses all but UTF-8. */
static json_t *
from_text(const char *text)
{
	char ascii[512];
	size_t i;

	for (i = 0; text[i] != '\0' && i < sizeof(ascii) - 1; i++)
		ascii[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	ascii[i] = '\0';
	return json_string(ascii);
}

/* JSON has no infinity and no NaN; a driver's floating point may. */
static json_t *
from_real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *
from_latency(const struct fwd_latency *l)
{
	if (l->count == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
			 "count", (json_int_t)l->count, "min_ns", (json_int_t)l->min,
			 "p50_ns", (json_int_t)l->p50, "p90_ns", (json_int_t)l->p90,
			 "p99_ns", (json_int_t)l->p99, "p99_9_ns", (json_int_t)l->p999,
			 "p99_99_ns", (json_int_t)l->p9999, "max_ns", (json_int_t)l->max,
			 "mean_ns", from_real(l->mean), "jitter_stddev_ns", from_real(l->jitter));
}

static json_t *
from_wire(const struct fwd_wire *w)
{
	json_t *rx, *source, *stalls;

	if (!w->available)
		return json_null();
	rx = json_pack("{s:I, s:I, s:I, s:I, s:I}",
		       "offered", (json_int_t)w->rx_offered,
		       "delivered", (json_int_t)w->rx_delivered,
		       "dropped", (json_int_t)w->rx_dropped,
		       "dropped_in_stall", (json_int_t)w->rx_dropped_in_stall,
		       "pending", (json_int_t)w->rx_pending);
	source = json_pack("{s:b, s:I, s:I}", "finished", w->finished,
			   "late_mean_ns", (json_int_t)w->late_mean_ns,
			   "late_max_ns", (json_int_t)w->late_max_ns);
	stalls = json_pack("{s:I, s:I, s:I, s:f}", "windows", (json_int_t)w->stall_windows,
			   "total_ns", (json_int_t)w->stall_ns,
			   "longest_ns", (json_int_t)w->stall_max_ns,
			   "share", w->elapsed_ns != 0 ?
			   (double)w->stall_ns / w->elapsed_ns : 0.0);
	return json_pack("{s:b, s:o, s:{s:I, s:I}, s:I, s:I, s:o, s:o, s:o, s:o}",
			 "on_device_model", w->on_model, "rx", rx,
			 "tx", "packets", (json_int_t)w->tx_packets,
			 "dropped", (json_int_t)w->tx_dropped,
			 "dma_faults", (json_int_t)w->dma_faults,
			 "mdd_events", (json_int_t)w->mdd_events,
			 "source", source, "stalls", stalls,
			 "latency", from_latency(&w->all),
			 "latency_outside_stalls", from_latency(&w->clear));
}

static json_t *
from_device_stats(const struct rte_eth_stats *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "ipackets", (json_int_t)s->ipackets, "opackets", (json_int_t)s->opackets,
			 "ibytes", (json_int_t)s->ibytes, "obytes", (json_int_t)s->obytes,
			 "imissed", (json_int_t)s->imissed, "ierrors", (json_int_t)s->ierrors,
			 "oerrors", (json_int_t)s->oerrors,
			 "rx_nombuf", (json_int_t)s->rx_nombuf);
}

static json_t *
from_port(const struct fwd_port_report *p)
{
	const struct fwd_port *port = p->port;
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(mac, sizeof(mac), &port->mac);
	return json_pack("{s:i, s:o, s:o, s:s, s:i, s:i, s:i, s:i, s:b, s:I,"
			 " s:I, s:I, s:I, s:f, s:f, s:o, s:o}",
			 "port", port->id, "device", from_text(port->name),
			 "driver", from_text(port->driver),
			 "mac", mac, "numa_node", port->socket, "mtu", port->mtu,
			 "rxd", port->rxd, "txd", port->txd, "link_up", port->link_up,
			 "link_mbps", (json_int_t)port->link_mbps,
			 "rx_packets", (json_int_t)p->rx, "tx_packets", (json_int_t)p->tx,
			 "tx_dropped", (json_int_t)p->tx_dropped,
			 "rx_mpps", p->rx_mpps, "tx_mpps", p->tx_mpps,
			 "device_counters", from_device_stats(&port->stats),
			 "wire", from_wire(&p->port->wire));
}

static json_t *
from_stream(const struct fwd_stream_report *s)
{
	return json_pack("{s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:f, s:f}",
			 "rx_port", s->rx_port, "tx_port", s->tx_port, "lcore", s->lcore,
			 "rx_packets", (json_int_t)s->rx, "tx_packets", (json_int_t)s->tx,
			 "tx_dropped", (json_int_t)s->tx_dropped,
			 "runts", (json_int_t)s->runts, "active_s", s->active_s, "mpps", s->mpps);
}

static json_t *
from_noise_cost(const struct fwd_cost_report *c, uint64_t tsc_hz)
{
	if (c->nb_pairs < FWD_COST_LEAST_PAIRS)
		return json_null();
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:I, s:i}", "percent", c->percent,
			 "percent_low", c->low, "percent_high", c->high,
			 "with_ns_per_packet", c->with * 1e9 / tsc_hz,
			 "without_ns_per_packet", c->without * 1e9 / tsc_hz,
			 "pairs", (json_int_t)c->nb_pairs, "slice_us", FWD_COST_SLICE_US);
}

static json_t *
from_lcore(const struct fwd_lcore_report *l, uint64_t tsc_hz)
{
	return json_pack("{s:i, s:b, s:f, s:I, s:f, s:f, s:f, s:o}", "lcore", l->id, "main", l->is_main,
			 "run_s", l->run_s, "stalls", (json_int_t)l->stalls,
			 "stall_total_s", l->stall_s, "stall_longest_us", l->stall_longest_us,
			 "stall_share", l->stall_share,
			 "noise_cost", from_noise_cost(&l->noise_cost, tsc_hz));
}

/* What the library has to say, as it says it. */
static json_t *
from_noise(const struct fwd_report *r)
{
	json_t *noise = NULL;
	char *text = NULL;
	size_t size;
	FILE *file;

	if (r->opt->noise_us == 0)
		return json_null();
	file = open_memstream(&text, &size);
	if (file == NULL)
		return json_null();
	rte_aether_partition_noise_print_json(file);
	if (fclose(file) == 0)
		noise = json_loads(text, 0, NULL);
	free(text);
	return noise != NULL ? noise : json_null();
}

static json_t *
from_host(const struct fwd_host *h)
{
	return json_pack("{s:o, s:o, s:o, s:i, s:I, s:o, s:o}",
			 "hostname", from_text(h->hostname), "kernel", from_text(h->kernel),
			 "cpu_model", from_text(h->cpu_model),
			 "cpus", h->cpus, "tsc_hz", (json_int_t)h->tsc_hz,
			 "isolation_parameters", from_text(h->isolation),
			 "isolated_cpus", from_text(h->isolated));
}

static json_t *
from_configuration(const struct fwd_report *r)
{
	const struct fwd_options *o = r->opt;
	json_t *retry = o->tx_retry == FWD_TX_RETRY_FOREVER ? json_string("forever") :
			json_integer(o->tx_retry);

	return json_pack("{s:s, s:i, s:I, s:i, s:i, s:b, s:I, s:I, s:I, s:o, s:I, s:I, s:b}",
			 "mode", fwd_mode_name(o->mode), "burst", o->burst,
			 "mbufs", (json_int_t)r->ports->pool_size,
			 "mbuf_header_l1_sets", r->ports->pool_sets,
			 "mbuf_data_room", r->ports->data_room, "scatter", r->ports->scatter,
			 "duration_s", (json_int_t)o->duration_s,
			 "packets", (json_int_t)o->packets,
			 "idle_exit_ms", (json_int_t)o->idle_exit_ms, "tx_retry", retry,
			 "stall_us", (json_int_t)o->stall_us,
			 "noise_us", (json_int_t)o->noise_us, "promiscuous", o->promiscuous);
}

/* UTC with milliseconds, as RFC 3339 writes it. */
static json_t *
from_time(const struct timespec *t)
{
	char text[32];
	struct tm tm;
	size_t n;

	gmtime_r(&t->tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03ldZ", t->tv_nsec / 1000000 % 1000);
	return json_string(text);
}

static json_t *
from_report(const struct fwd_report *r)
{
	json_t *ports = json_array(), *streams = json_array(), *lcores = json_array();
	json_t *problems = json_array();
	unsigned int i;

	for (i = 0; i < r->nb_ports; i++)
		json_array_append_new(ports, from_port(&r->port[i]));
	for (i = 0; i < r->nb_streams; i++)
		json_array_append_new(streams, from_stream(&r->stream[i]));
	for (i = 0; i < r->nb_lcores; i++)
		json_array_append_new(lcores, from_lcore(&r->lcore[i], r->host.tsc_hz));
	for (i = 0; i < r->nb_problems; i++)
		json_array_append_new(problems, json_string(r->problem[i]));

	return json_pack("{s:s, s:i, s:s, s:o, s:o, s:s, s:b, s:o, s:o,"
			 " s:I, s:I, s:I, s:f, s:f, s:o, s:o, s:o, s:o, s:I, s:o}",
			 "program", "aether-fwd", "format_version", FORMAT_VERSION,
			 "dpdk", rte_version(),
			 "began", from_time(&r->began), "ended", from_time(&r->ended),
			 "stopped_by", fwd_stop_name(r->stop),
			 "measured_on_device_model", r->on_model,
			 "host", from_host(&r->host), "configuration", from_configuration(r),
			 "rx_packets", (json_int_t)r->rx, "tx_packets", (json_int_t)r->tx,
			 "tx_dropped", (json_int_t)r->tx_dropped,
			 "active_s", r->active_s, "mpps", r->mpps,
			 "ports", ports, "streams", streams, "lcores", lcores, "noise", from_noise(r),
			 "leaked_buffers", (json_int_t)r->leaked, "problems", problems);
}

static int
complain(const struct fwd_json *json, int error, const char *what)
{
	fprintf(stderr, "aether-fwd: --json %s: %s: %s; wanted a file that can be written\n",
		json->path, what, strerror(error));
	return -error;
}

int
fwd_json_open(struct fwd_json *json, const char *path)
{
	int fd;

	json->path = path;
	if (strcmp(path, "-") == 0) {
		json->file = stdout;
		return 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	json->created = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(json, errno, "cannot open it");
	json->file = fdopen(fd, "w");
	if (json->file == NULL) {
		close(fd);
		return complain(json, ENOMEM, "cannot open it");
	}
	return 0;
}

static int
close_file(struct fwd_json *json)
{
	int ret = json->file == stdout ? fflush(stdout) : fclose(json->file);

	json->file = NULL;
	return ret;
}

int
fwd_json_write(struct fwd_json *json, const struct fwd_report *report)
{
	json_t *root = from_report(report);
	struct stat st;
	bool good;

	if (root == NULL)
		return complain(json, ENOMEM, "cannot compose the report");
	/* An old report must not show behind a shorter new one; a pipe or device has no length. */
	good = fstat(fileno(json->file), &st) == 0 &&
	       (!S_ISREG(st.st_mode) || json->file == stdout ||
		ftruncate(fileno(json->file), 0) == 0);
	good = good && json_dumpf(root, json->file, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0;
	good = good && fputc('\n', json->file) != EOF;
	json_decref(root);
	if (close_file(json) != 0 || !good)
		return complain(json, errno != 0 ? errno : EIO, "cannot write it");
	return 0;
}

void
fwd_json_discard(struct fwd_json *json)
{
	if (json->file == NULL)
		return;
	close_file(json);
	if (json->created)
		unlink(json->path);
}
