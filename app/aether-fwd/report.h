/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_REPORT_H
#define AETHER_FWD_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <rte_ethdev.h>

#include "cost.h"
#include "forward.h"
#include "options.h"
#include "plan.h"
#include "ports.h"

/** The machine that the run was made on. */
struct fwd_host {
	char hostname[65];
	char kernel[130];
	char cpu_model[128];
	char isolation[512]; /**< kernel parameters that keep work off cores, "" without */
	char isolated[128];  /**< CPUs that the scheduler leaves alone, "" without */
	unsigned int cpus;
	uint64_t tsc_hz;
};

/** One stream's result. */
struct fwd_stream_report {
	uint16_t rx_port;
	uint16_t tx_port;
	uint16_t lcore;
	uint64_t rx;
	uint64_t tx;
	uint64_t tx_dropped;
	uint64_t runts;
	double active_s; /**< first to last iteration that moved a packet */
	double mpps;     /**< tx / active_s, 0 where active_s is */
};

/** One port's result: the application's count; the device's and the wire's are in port. */
struct fwd_port_report {
	const struct fwd_port *port;
	uint64_t rx;         /**< packets that the application received */
	uint64_t tx;         /**< packets that the driver took for sending */
	uint64_t tx_dropped; /**< packets that the application gave up on */
	double rx_mpps;      /**< rx / the receiving stream's active time */
	double tx_mpps;
};

/** One lcore's result. */
struct fwd_lcore_report {
	uint16_t id;
	bool is_main;
	double run_s;
	uint64_t stalls;
	double stall_s;
	double stall_longest_us;
	double stall_share; /**< of run_s, 0 to 1 */
	struct fwd_cost_report noise_cost; /**< all 0 where it was not measured */
};

/** Everything a run found, ready to be written in any format. */
struct fwd_report {
	const struct fwd_options *opt;
	const struct fwd_ports *ports;
	struct fwd_host host;
	struct timespec began;
	struct timespec ended;
	enum fwd_stop stop;
	double active_s; /**< first received to last moved packet, over all streams */
	double mpps;     /**< packets sent / active_s, over all streams */
	uint64_t rx;
	uint64_t tx;
	uint64_t tx_dropped;
	unsigned int nb_streams;
	struct fwd_stream_report stream[FWD_MAX_STREAMS];
	unsigned int nb_ports;
	struct fwd_port_report port[RTE_MAX_ETHPORTS];
	unsigned int nb_lcores;
	struct fwd_lcore_report lcore[RTE_MAX_LCORE];
	bool on_model;            /**< at least one port is the embedded device model */
	unsigned int leaked;      /**< buffers missing from the pool after the ports closed */
	char problem[8][256];     /**< what does not add up */
	unsigned int nb_problems;
};

/** Fill in what is known of the machine; what cannot be read stays empty. */
void fwd_host_read(struct fwd_host *host);

/**
 * Gather the results after the lcores have left and the ports' counters were read.
 *
 * @param report
 *   opt, ports, began and stop are set; the rest zero.
 * @param lcores
 *   nb_lcores pointers.
 */
void fwd_report_gather(struct fwd_report *report, struct fwd_lcore *const *lcores,
		       unsigned int nb_lcores);

/** Note something that does not add up; the run's exit code will say so. */
void fwd_report_problem(struct fwd_report *report, const char *format, ...)
	__rte_format_printf(2, 3);

/** Check the counts against each other; notes a problem for each that does not add up. */
void fwd_report_check(struct fwd_report *report);

/** Words for why the run ended. */
const char *fwd_stop_name(enum fwd_stop stop);

/** Write the report for people. */
void fwd_table_write(FILE *out, const struct fwd_report *report);

/** Where a JSON report goes. */
struct fwd_json {
	FILE *file;
	const char *path;
	bool created; /**< the file did not exist before */
};

/**
 * Open the destination of the JSON report, before the run, so that a bad name costs no run.
 * What a file holds is kept until the report is written.
 *
 * @return
 *   0, or negative errno after a message on standard error.
 */
int fwd_json_open(struct fwd_json *json, const char *path);

/** Write the report and close. Returns 0, or negative errno after a message. */
int fwd_json_write(struct fwd_json *json, const struct fwd_report *report);

/** Close without a report; a file that fwd_json_open() made is removed. Harmless when not open. */
void fwd_json_discard(struct fwd_json *json);

#endif /* AETHER_FWD_REPORT_H */
