/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_launch.h>
#include <rte_malloc.h>

#include "forward.h"
#include "plan.h"
#include "ports.h"
#include "report.h"
#include "run.h"
#include "spare.h"
#include "status.h"

/* How often main looks at signals, limits and the status line. */
#define HOUSEKEEP_MS 10
/* With --idle-exit-ms, the first packet has this long to come. */
#define FIRST_PACKET_MS 10000
/* A link that takes longer than this is reported and not waited for. */
#define LINK_WAIT_MS 5000

/* One run: who forwards, on what, and what main keeps an eye on. */
struct run {
	const struct fwd_options *opt;
	const volatile sig_atomic_t *signals;
	struct fwd_control control;
	struct fwd_plan plan;
	struct fwd_ports ports;
	struct fwd_lcore *lcores[RTE_MAX_LCORE];
	unsigned int nb_lcores;
	struct fwd_lcore *main_share; /* NULL: main only watches */
	struct fwd_status status;
	struct fwd_report report;
	struct fwd_json json;
	uint64_t began;               /* TSC */
};

static uint64_t
from_ms(uint64_t ms)
{
	return rte_get_tsc_hz() / 1000 * ms;
}

static void
see_host(struct fwd_host_view *host)
{
	uint16_t id;
	unsigned int lcore;

	host->main_lcore = rte_get_main_lcore();
	RTE_ETH_FOREACH_DEV(id)
		host->ports[host->nb_ports++] = id;
	RTE_LCORE_FOREACH_WORKER(lcore)
		host->workers[host->nb_workers++] = lcore;
}

static int
make_plan(struct run *run)
{
	struct fwd_host_view host = { 0 };
	char why[512];
	int ret;

	see_host(&host);
	ret = fwd_plan_make(run->opt, &host, &run->plan, why, sizeof(why));
	if (ret != 0)
		fprintf(stderr, "aether-fwd: %s\n", why);
	return ret;
}

static void
add_up(const struct run *run, struct fwd_counters *sum)
{
	const struct fwd_counters *c;
	unsigned int i, j;

	*sum = (struct fwd_counters){ 0 };
	for (i = 0; i < run->nb_lcores; i++) {
		for (j = 0; j < run->lcores[i]->nb_streams; j++) {
			c = &run->lcores[i]->streams[j]->counters;
			sum->rx += fwd_counter_read(&c->rx);
			sum->tx += fwd_counter_read(&c->tx);
			sum->tx_dropped += fwd_counter_read(&c->tx_dropped);
			sum->last_tsc = RTE_MAX(sum->last_tsc, fwd_counter_read(&c->last_tsc));
		}
	}
}

/* Nothing for the time that --idle-exit-ms gives, or not even a first packet. */
static bool
is_idle(const struct run *run, const struct fwd_counters *sum, uint64_t now)
{
	uint64_t since = sum->rx != 0 ? sum->last_tsc : run->began + from_ms(FIRST_PACKET_MS);

	/* Signed: an lcore may have moved a packet after main read the clock. */
	return run->opt->idle_exit_ms != 0 &&
	       (int64_t)(now - since) > (int64_t)from_ms(run->opt->idle_exit_ms);
}

/* What main does beside forwarding, every HOUSEKEEP_MS. */
static void
housekeep(void *arg)
{
	struct run *run = arg;
	const struct fwd_options *opt = run->opt;
	uint64_t now = rte_rdtsc();
	struct fwd_counters sum;

	if (*run->signals > 0)
		fwd_request_stop(&run->control, FWD_STOP_SIGNAL);
	if (*run->signals > 1)
		__atomic_store_n(&run->control.abort, 1, __ATOMIC_RELAXED);
	if (opt->duration_s != 0 && now - run->began >= from_ms(opt->duration_s * UINT64_C(1000)))
		fwd_request_stop(&run->control, FWD_STOP_DURATION);

	add_up(run, &sum);
	if (opt->packets != 0 && sum.rx >= opt->packets)
		fwd_request_stop(&run->control, FWD_STOP_PACKETS);
	if (is_idle(run, &sum, now))
		fwd_request_stop(&run->control, FWD_STOP_IDLE);
	if (fwd_status_due(&run->status, now))
		fwd_status_show(&run->status, now, sum.rx, sum.tx, sum.tx_dropped);
}

/* Which lcore reads a port's Rx counters: who polls it or, if nobody does, who sends to it. */
static uint16_t
owner_of(const struct fwd_plan *plan, uint16_t port)
{
	unsigned int i, sender = 0;

	for (i = 0; i < plan->nb_streams; i++) {
		if (plan->streams[i].rx_port == port)
			return plan->streams[i].lcore;
		if (plan->streams[i].tx_port == port)
			sender = i;
	}
	return plan->streams[sender].lcore;
}

static void
read_rx(void *arg, const struct fwd_lcore *lcore)
{
	struct run *run = arg;
	unsigned int i;

	for (i = 0; i < run->ports.nb; i++)
		if (owner_of(&run->plan, run->ports.port[i].id) == lcore->id)
			fwd_port_read_rx(&run->ports.port[i]);
}

static void
set_control(struct run *run)
{
	run->control.packet_limit = run->opt->packets != 0 ? run->opt->packets : UINT64_MAX;
	run->control.drain_quiet = from_ms(FWD_DRAIN_QUIET_MS);
	run->control.drain_bound = from_ms(FWD_DRAIN_BOUND_MS);
}

static int
add_cost(struct fwd_lcore *lcore, uint16_t id)
{
	lcore->cost = rte_zmalloc_socket("fwd_cost", sizeof(*lcore->cost), RTE_CACHE_LINE_SIZE,
					 rte_lcore_to_socket_id(id));
	if (lcore->cost == NULL)
		return -ENOMEM;
	lcore->cost->slice = rte_get_tsc_hz() * FWD_COST_SLICE_US / 1000000;
	return 0;
}

static struct fwd_lcore *
lcore_share(struct run *run, uint16_t id)
{
	struct fwd_lcore *lcore;
	unsigned int i;

	for (i = 0; i < run->nb_lcores; i++)
		if (run->lcores[i]->id == id)
			return run->lcores[i];
	lcore = rte_zmalloc_socket("fwd_lcore", sizeof(*lcore), RTE_CACHE_LINE_SIZE,
				   rte_lcore_to_socket_id(id));
	if (lcore == NULL)
		return NULL;
	if (run->opt->noise_cost && add_cost(lcore, id) != 0) {
		rte_free(lcore);
		return NULL;
	}
	lcore->id = id;
	lcore->mode = run->opt->mode;
	lcore->control = &run->control;
	lcore->stall.threshold = rte_get_tsc_hz() * run->opt->stall_us / 1000000;
	lcore->noise_us = run->opt->noise_us;
	lcore->housekeep_next = UINT64_MAX;
	lcore->leaving = read_rx;
	lcore->arg = run;
	if (id == rte_get_main_lcore()) {
		lcore->housekeep = housekeep;
		lcore->housekeep_every = from_ms(HOUSEKEEP_MS);
		lcore->housekeep_next = 0;
		run->main_share = lcore;
	}
	run->lcores[run->nb_lcores++] = lcore;
	return lcore;
}

static const struct fwd_port *
find_port(const struct fwd_ports *ports, uint16_t id)
{
	unsigned int i = 0;

	while (ports->port[i].id != id)
		i++;
	return &ports->port[i];
}

/* Correct, but no measure of either: every packet crosses between the nodes. */
static void
warn_if_remote(const struct fwd_port *port, uint16_t lcore)
{
	int node = rte_lcore_to_socket_id(lcore);

	if (port->socket >= 0 && port->socket != node)
		fprintf(stderr, "aether-fwd: port %u is on NUMA node %d but forwarded by lcore %u"
			" on node %d, wanted the same; choose other lcores with -l or --assign\n",
			port->id, port->socket, lcore, node);
}

static int
add_stream(struct run *run, const struct fwd_plan_stream *planned)
{
	struct fwd_lcore *lcore = lcore_share(run, planned->lcore);
	struct fwd_stream *stream;

	stream = rte_zmalloc_socket("fwd_stream", sizeof(*stream), RTE_CACHE_LINE_SIZE,
				    rte_lcore_to_socket_id(planned->lcore));
	if (lcore == NULL || stream == NULL) {
		fprintf(stderr, "aether-fwd: found no memory for lcore %u's state, wanted about"
			" %zu KB; raise -m\n", planned->lcore,
			(sizeof(*lcore) + sizeof(*stream)) / 1024 + 1);
		rte_free(stream);
		return -ENOMEM;
	}
	warn_if_remote(find_port(&run->ports, planned->rx_port), planned->lcore);
	stream->rx_port = planned->rx_port;
	stream->tx_port = planned->tx_port;
	stream->burst = run->opt->burst;
	stream->max_tries = run->opt->tx_retry;
	stream->mac.dst = run->opt->eth_dest[planned->tx_port];
	stream->mac.src = find_port(&run->ports, planned->tx_port)->mac;
	lcore->streams[lcore->nb_streams++] = stream;
	return 0;
}

static int
share_out(struct run *run)
{
	unsigned int i;
	int ret = 0;

	set_control(run);
	for (i = 0; ret == 0 && i < run->plan.nb_streams; i++)
		ret = add_stream(run, &run->plan.streams[i]);
	return ret;
}

static void
launch_workers(struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->nb_lcores; i++)
		if (run->lcores[i] != run->main_share)
			rte_eal_remote_launch(fwd_lcore_run, run->lcores[i], run->lcores[i]->id);
}

static bool
workers_run(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->nb_lcores; i++)
		if (run->lcores[i] != run->main_share &&
		    rte_eal_get_lcore_state(run->lcores[i]->id) == RUNNING)
			return true;
	return false;
}

static void
watch_noise(void)
{
	const struct rte_aether_partition_watch_conf conf = { .cpus = fwd_spare_list() };

	if (rte_aether_partition_watch_start(&conf, NULL) != 0)
		fprintf(stderr, "aether-fwd: found no way to watch for noise; go on without\n");
}

/* Forward until something says stop and every lcore has drained. */
static void
forward(struct run *run)
{
	clock_gettime(CLOCK_REALTIME, &run->report.began);
	run->began = rte_rdtsc();
	fwd_status_start(&run->status, run->opt->stats_interval_ms, run->began);
	if (run->opt->noise_us != 0)
		watch_noise();

	/* Release pairs with wait_for_go(): the ports' start before the lcores' first poll. */
	__atomic_store_n(&run->control.go, 1, __ATOMIC_RELEASE);
	if (run->main_share != NULL)
		fwd_lcore_run(run->main_share);
	while (workers_run(run)) {
		housekeep(run);
		rte_delay_us_sleep(HOUSEKEEP_MS * 1000);
	}
	rte_eal_mp_wait_lcore();
	if (run->opt->noise_us != 0)
		rte_aether_partition_watch_stop();

	fwd_status_end(&run->status);
	clock_gettime(CLOCK_REALTIME, &run->report.ended);
	run->report.stop = run->control.stop;
}

static int
run_ports(struct run *run)
{
	struct fwd_counters sum;
	int ret;

	ret = fwd_ports_open(&run->ports, &run->plan, run->opt);
	if (ret != 0)
		return ret;
	ret = share_out(run);
	if (ret != 0)
		return ret;

	launch_workers(run);
	ret = fwd_ports_start(&run->ports, run->opt);
	if (ret != 0) {
		fwd_request_stop(&run->control, FWD_STOP_SIGNAL);
		rte_eal_mp_wait_lcore();
		return ret;
	}
	fwd_ports_wait_link(&run->ports, LINK_WAIT_MS, run->signals);
	forward(run);
	add_up(run, &sum);
	fwd_ports_settle_tx(&run->ports, sum.tx);
	fwd_ports_read_tx(&run->ports);
	fwd_report_gather(&run->report, run->lcores, run->nb_lcores);
	if (fwd_ports_stop(&run->ports) != 0)
		fwd_report_problem(&run->report, "a port could not be stopped");
	return 0;
}

static void
free_shares(struct run *run)
{
	unsigned int i, j;

	for (i = 0; i < run->nb_lcores; i++) {
		for (j = 0; j < run->lcores[i]->nb_streams; j++)
			rte_free(run->lcores[i]->streams[j]);
		rte_free(run->lcores[i]->cost);
		rte_free(run->lcores[i]);
	}
	run->nb_lcores = 0;
}

static int
write_report(struct run *run)
{
	struct fwd_report *report = &run->report;
	bool json_on_stdout = run->json.file == stdout;
	int ret = 0;

	fwd_report_check(report);
	fwd_table_write(json_on_stdout ? stderr : stdout, report);
	if (report->opt->noise_us != 0) {
		fputc('\n', json_on_stdout ? stderr : stdout);
		rte_aether_partition_noise_print(json_on_stdout ? stderr : stdout);
	}
	if (run->json.file != NULL)
		ret = fwd_json_write(&run->json, report);
	if (ret != 0)
		return FWD_EXIT_FAILED;
	return report->nb_problems != 0 ? FWD_EXIT_PROBLEM : FWD_EXIT_OK;
}

static int
run_planned(struct run *run)
{
	int ret;

	if (run->opt->json != NULL && fwd_json_open(&run->json, run->opt->json) != 0)
		return FWD_EXIT_FAILED;
	ret = run_ports(run);
	free_shares(run);
	run->report.leaked = fwd_ports_close(&run->ports);
	if (ret == 0)
		return write_report(run);
	fwd_json_discard(&run->json);
	if (run->report.leaked != 0)
		fprintf(stderr, "aether-fwd: %u buffers did not come back to the pool\n",
			run->report.leaked);
	return FWD_EXIT_FAILED;
}

int
fwd_run(const struct fwd_options *opt, const volatile sig_atomic_t *signals)
{
	/* Static for its size; a process makes one run. */
	static struct run run;

	run.opt = opt;
	run.signals = signals;
	run.report.opt = opt;
	run.report.ports = &run.ports;
	fwd_host_read(&run.report.host);
	if (make_plan(&run) != 0)
		return FWD_EXIT_FAILED;
	return run_planned(&run);
}
