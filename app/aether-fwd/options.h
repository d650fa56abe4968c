/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_FWD_OPTIONS_H
#define AETHER_FWD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_config.h>
#include <rte_ether.h>

/** Largest burst that --burst accepts: the size of a stream's packet array. */
#define FWD_MAX_BURST 512
/** Most one-way streams that one run forwards. */
#define FWD_MAX_STREAMS (2 * RTE_MAX_ETHPORTS)
/** --tx-retry value that never drops: a full Tx ring holds Rx back instead. */
#define FWD_TX_RETRY_FOREVER UINT32_MAX

/** What is done to a packet between Rx and Tx. */
enum fwd_mode {
	FWD_MODE_IO,      /**< nothing: the packet's bytes are not touched */
	FWD_MODE_MAC,     /**< source = Tx port's MAC, destination = --eth-dest */
	FWD_MODE_MACSWAP, /**< source and destination exchanged */
};

/** One way through the forwarder, as named by --portmap or --pairs. */
struct fwd_map_entry {
	uint16_t rx_port;
	uint16_t tx_port;
	uint16_t pair; /**< the unit that is given to an lcore */
};

/** One --assign item: pair number to lcore id. */
struct fwd_assign {
	uint16_t pair;
	uint16_t lcore;
};

/** Everything the command line decides. Port numbers are not yet checked to exist. */
struct fwd_options {
	enum fwd_mode mode;
	struct fwd_map_entry map[FWD_MAX_STREAMS];
	unsigned int nb_map; /**< 0: default map over all ports */
	struct fwd_assign assign[FWD_MAX_STREAMS];
	unsigned int nb_assign;
	uint16_t burst;
	uint16_t rxd;
	uint16_t txd;
	uint32_t mbufs;           /**< 0: as many as the rings and caches need */
	uint16_t mtu;             /**< bytes; 0: not given */
	uint32_t max_pkt_len;     /**< bytes with Ethernet header and CRC; 0: not given */
	uint32_t duration_s;      /**< 0: no limit */
	uint64_t packets;         /**< 0: no limit */
	uint32_t idle_exit_ms;    /**< 0: never */
	uint32_t tx_retry;        /**< loop iterations, or FWD_TX_RETRY_FOREVER */
	uint32_t stall_us;        /**< loop gaps longer than this are stalls */
	uint32_t noise_us;        /**< loop gaps longer than this get a cause; 0: none does */
	bool noise_cost;          /**< measure what noise_us costs */
	uint32_t stats_interval_ms; /**< 0: no status line */
	struct rte_ether_addr eth_dest[RTE_MAX_ETHPORTS];
	bool eth_dest_set[RTE_MAX_ETHPORTS];
	bool promiscuous;
	bool help;
	const char *json; /**< NULL: no JSON; "-": standard output */
};

/**
 * Parse the arguments that follow "--".
 *
 * @param argc
 *   Number of entries of argv.
 * @param argv
 *   argv[0] is the program's name and not looked at. Strings must outlive opt.
 * @param opt
 *   Filled with defaults, then with what argv says.
 * @param err
 *   On failure: a sentence saying what was found, what was wanted and what to do.
 * @param errlen
 *   Size of err in bytes.
 * @return
 *   0, or -EINVAL with err filled.
 */
int fwd_options_parse(int argc, char **argv, struct fwd_options *opt, char *err, size_t errlen);

/** Print the help text of every option to the stream. */
void fwd_options_usage(FILE *out, const char *program);

/** The --mode word of a mode. */
const char *fwd_mode_name(enum fwd_mode mode);

#endif /* AETHER_FWD_OPTIONS_H */
