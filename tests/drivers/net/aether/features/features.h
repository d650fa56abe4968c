/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef FEATURES_H
#define FEATURES_H

/**
 * @file
 * Each feature of DPDK's list (doc/guides/nics/features/default.ini) as something that a run can
 * do with a port on a wire that brings back what it sends.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

/** What the run has shown. */
enum feature_result {
	FEATURE_NO,		/* not advertised, or the call answers ENOTSUP */
	FEATURE_PARTIAL,	/* a part of it works, and the driver says so */
	FEATURE_YES,
	FEATURE_BROKEN,		/* advertised, and does not work: the test fails */
};

/** A port for one feature. */
struct rig {
	uint16_t port;
	uint16_t n_queues;		/* as configured */
	bool started;
	struct rte_ether_addr mac;
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf;	/* of the next rig_start() */
	uint16_t queue;			/* the last packet came from this one */
	enum rte_eth_event_type event;
	unsigned int events;
	char note[80];			/* for the table: what a "partial" is, or "" */
};

struct feature {
	const char *name;	/* as in DPDK's list */
	const char *how;	/* what the run does */
	enum feature_result (*run)(struct rig *rig);
};

/* Tables, each ended by an entry without name. */
extern const struct feature features_link[], features_queue[], features_filter[], features_rss[],
	features_offload[], features_info[], features_flow[];

/** Say on stderr what does not work. @return FEATURE_BROKEN */
enum feature_result broken(const struct rig *rig, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Configure (rig->conf), set up n_queues pairs, start, wait for the link. A port that runs is
 * stopped first. @return 0 or the first error
 */
int rig_start(struct rig *rig, uint16_t n_queues);
void rig_stop(struct rig *rig);
/** From now on rig->events counts these. */
void rig_count_events(struct rig *rig, enum rte_eth_event_type event);
/** Wait for one, at most 2 s. */
bool rig_wait_event(const struct rig *rig);
/** A new port on a wire that brings back what it sends. @return 0 or an error */
int rig_plug(struct rig *rig);
void rig_unplug(struct rig *rig);

/** A packet to build. All zero: a UDP datagram over IPv4 to the port itself. */
struct packet {
	const struct rte_ether_addr *dst;	/* NULL: the port's address */
	uint16_t outer_tpid, outer_tci;		/* a tag before the other; 0: none */
	bool tagged;
	uint16_t tci;
	bool ipv6, tcp;
	uint32_t flow;				/* into the source address and port */
	uint32_t payload;			/* bytes [18] */
	bool bad_l3, bad_l4;			/* checksums */
};

/** @return the packet in as many mbufs as it takes */
struct rte_mbuf *rig_packet(const struct rig *rig, const struct packet *packet);
/** Send one. @return whether the port took it; if not, it is freed */
bool rig_send(const struct rig *rig, struct rte_mbuf *m);
/** Send one and wait for it. @return what came back (the sender frees it), NULL: nothing did */
struct rte_mbuf *rig_echo(struct rig *rig, struct rte_mbuf *m);
/** The next packet of any queue, at most ms later; NULL: none. */
struct rte_mbuf *rig_receive(struct rig *rig, unsigned int ms);
/** Whether a frame to dst comes back: it is sent before one that must. */
bool rig_passes(struct rig *rig, const struct packet *packet);

/** Where the L3 header of a packet begins. */
uint32_t packet_l2_len(const struct packet *packet);

#endif /* FEATURES_H */
