/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PROBE_H
#define PROBE_H

/**
 * @file
 * What an acceptance run asks of ports, whatever driver they have: to which port each is wired, how
 * long a frame takes there, and whether offloads do what they say. One lcore polls everything.
 */

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define PROBE_PORTS	2
#define PROBE_QUEUES	4
#define PROBE_BURST	32
#define PROBE_ETHERTYPE	0x88B5		/* IEEE 802: for local experiments */
#define PROBE_COMES_MS	1000		/* for what has to come */

struct probe_port {
	uint16_t id;
	uint16_t n_rxq;
	uint64_t rx_offloads, tx_offloads;
	struct rte_ether_addr mac;
	struct rte_eth_link link;
	char driver[32], name[64], fw[64];
	int socket;
	int peer;			/* where its frames arrive, index; -1: nowhere */
	/* Received and not yet taken, of one queue. */
	struct rte_mbuf *stash[PROBE_BURST];
	uint16_t n_stash, next, queue;
	unsigned int foreign;		/* frames that none of ours sent */
	uint16_t foreign_types[8];	/* Ethertypes of these, 0: no more */
};

struct probe {
	struct probe_port port[PROBE_PORTS];
	unsigned int n_ports;
	struct rte_mempool *pool;
	unsigned int probes, pings, size;	/* options: frames, frames, bytes without FCS */
};

/* port.c */

/** Configure, start, and wait for the link, at most 5 s. @return 0 or negative errno */
int probe_port_open(struct probe *probe, unsigned int i);
void probe_port_close(struct probe_port *port);
json_t *probe_port_json(const struct probe_port *port);
/** Send one frame. @return whether the port took it; if not, it is freed */
bool probe_send(struct probe_port *port, struct rte_mbuf *m);
/**
 * The next frame, of any queue; NULL: none now. A whole burst is asked for, since drivers exist that
 * give none to who asks for few (net_ice's vectors).
 *
 * @param[out] queue where it came; may be NULL
 */
struct rte_mbuf *probe_receive(struct probe_port *port, uint16_t *queue);
/** Note a frame that is not ours. */
void probe_foreign(struct probe_port *port, const struct rte_mbuf *m);

/* frames.c */

/** A frame of ours, of probe->size bytes. */
struct rte_mbuf *probe_frame(const struct probe *probe, const struct probe_port *from,
			     uint32_t number);
/** @param[out] from index of the sending port @return whether it is one, whole */
bool probe_is_frame(const struct probe *probe, const struct rte_mbuf *m, unsigned int *from,
		    uint32_t *number);
/** A frame of IPv4 and UDP, from this port to that, with right checksums. */
struct rte_mbuf *probe_udp(const struct probe *probe, const struct probe_port *from,
			   const struct probe_port *to, uint16_t src_port);
/** Whether its checksums are right, in the frame as it is. */
bool probe_udp_is_right(const struct rte_mbuf *m);
/** Whether it is one of probe_udp()'s, by its ports. @param[out] src_port */
bool probe_is_udp(const struct rte_mbuf *m, uint16_t *src_port);

/* wiring.c, latency.c, offloads.c: each gives a part of the report. */
json_t *probe_wiring(struct probe *probe);
json_t *probe_latency(struct probe *probe);
json_t *probe_offloads(struct probe *probe);

#endif /* PROBE_H */
