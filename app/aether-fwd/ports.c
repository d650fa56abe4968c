/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include "pktmbuf_pool.h"
#include "ports.h"

/* Ethernet header and CRC: what a driver counts beyond the MTU when it does not say. */
#define ETHER_OVERHEAD (RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN)
/* Buffers that an lcore's mempool cache may hold back; mempool lets it overshoot by half. */
#define POOL_CACHE 256
#define POOL_CACHE_MOST (POOL_CACHE * 3 / 2)
/*
 * How long the last packets may take to leave the Tx rings: as long as some still do, and then a
 * pause that is longer than a busy machine keeps a device model's thread away (facts: 25 to 50 ms).
 */
#define SETTLE_STEP_MS 5
#define SETTLE_STILL_MS 200
#define SETTLE_MS 2000

static int
fail(const struct fwd_port *port, int error, const char *what, const char *todo)
{
	fprintf(stderr, "aether-fwd: port %u (%s, driver %s): %s: %s; %s\n", port->id, port->name,
		port->driver, what, rte_strerror(-error), todo);
	return error;
}

/* What the option asks for, within the driver's limits; a request outside them is refused. */
static int
choose_mtu(struct fwd_port *port, const struct rte_eth_dev_info *info,
	   const struct fwd_options *opt)
{
	uint32_t overhead = ETHER_OVERHEAD;
	uint32_t mtu;

	if (opt->mtu != 0)
		mtu = opt->mtu;
	else if (opt->max_pkt_len != 0)
		mtu = opt->max_pkt_len - ETHER_OVERHEAD;
	else
		mtu = RTE_MIN(RTE_ETHER_MTU, info->max_mtu);

	if (mtu < info->min_mtu || mtu > info->max_mtu) {
		fprintf(stderr, "aether-fwd: port %u (%s): found MTU %u, wanted %u to %u as driver"
			" %s takes; correct --mtu or --max-pkt-len\n", port->id, port->name, mtu,
			info->min_mtu, info->max_mtu, port->driver);
		return -EINVAL;
	}
	if (info->max_rx_pktlen != UINT32_MAX && info->max_mtu != UINT16_MAX &&
	    info->max_rx_pktlen > info->max_mtu)
		overhead = info->max_rx_pktlen - info->max_mtu;
	port->mtu = mtu;
	port->frame = mtu + overhead;
	return 0;
}

static int
inspect(struct fwd_port *port, uint16_t id, const struct fwd_options *opt)
{
	struct rte_eth_dev_info info;
	int ret;

	port->id = id;
	snprintf(port->driver, sizeof(port->driver), "unknown");
	rte_eth_dev_get_name_by_port(id, port->name);
	ret = rte_eth_dev_info_get(id, &info);
	if (ret != 0)
		return fail(port, ret, "cannot read what the device offers",
			    "it may have gone; look at EAL's messages above");
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	port->rx_capa = info.rx_offload_capa;
	port->tx_capa = info.tx_offload_capa;
	port->socket = rte_eth_dev_socket_id(id);
	rte_eth_macaddr_get(id, &port->mac);
	return choose_mtu(port, &info, opt);
}

/*
 * Frames longer than a default buffer are received in several where every port can receive and
 * send that, else each buffer is made long enough for the longest frame.
 */
static int
choose_buffers(struct fwd_ports *ports)
{
	uint32_t frame = 0, room;
	bool scatter = true;
	unsigned int i;

	for (i = 0; i < ports->nb; i++) {
		frame = RTE_MAX(frame, ports->port[i].frame);
		scatter &= (ports->port[i].rx_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0 &&
			   (ports->port[i].tx_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
	}
	ports->data_room = RTE_MBUF_DEFAULT_BUF_SIZE;
	if (frame <= RTE_MBUF_DEFAULT_DATAROOM)
		return 0;
	ports->scatter = scatter;
	if (scatter)
		return 0;
	room = RTE_ALIGN_CEIL(frame + RTE_PKTMBUF_HEADROOM, RTE_CACHE_LINE_SIZE);
	if (room > UINT16_MAX) {
		fprintf(stderr, "aether-fwd: found frames of %u bytes on ports that cannot scatter"
			" them, wanted at most %u; lower --mtu\n", frame,
			UINT16_MAX - RTE_PKTMBUF_HEADROOM);
		return -EINVAL;
	}
	ports->data_room = room;
	return 0;
}

/* Every place that can hold a buffer at the same time, so that Rx never starves. */
static uint32_t
buffers_needed(const struct fwd_ports *ports, const struct fwd_plan *plan,
	       const struct fwd_options *opt)
{
	uint32_t n = (plan->nb_streams + 1) * (POOL_CACHE_MOST + opt->burst);
	uint32_t segments = 1;
	unsigned int i;

	if (ports->scatter)
		for (i = 0; i < ports->nb; i++)
			segments = RTE_MAX(segments, 1 + ports->port[i].frame /
						     RTE_MBUF_DEFAULT_DATAROOM);
	for (i = 0; i < ports->nb; i++)
		n += ports->port[i].rxd + segments * ports->port[i].txd;
	return n;
}

static int
create_pool(struct fwd_ports *ports, const struct fwd_plan *plan, const struct fwd_options *opt)
{
	uint32_t needed = buffers_needed(ports, plan, opt);
	uint32_t n = opt->mbufs != 0 ? opt->mbufs : needed;

	if (n < needed) {
		fprintf(stderr, "aether-fwd: found --mbufs %u, wanted at least %u to fill the"
			" rings, caches and bursts; raise it or lower --rxd and --txd\n", n,
			needed);
		return -EINVAL;
	}
	ports->pool = fwd_pktmbuf_pool_create("aether_fwd", n, POOL_CACHE, ports->data_room,
					      ports->port[0].socket);
	if (ports->pool == NULL) {
		fprintf(stderr, "aether-fwd: found no memory for %u buffers of %u bytes (%s),"
			" wanted about %" PRIu64 " MB; raise -m, reserve huge pages, or lower"
			" --mbufs, --rxd and --txd\n", n, ports->data_room,
			rte_strerror(rte_errno),
			((uint64_t)n * (ports->data_room + 256) >> 20) + 1);
		return -ENOMEM;
	}
	ports->pool_size = n;
	ports->pool_sets = fwd_pktmbuf_pool_spread(ports->pool);
	return 0;
}

static int
configure(struct fwd_ports *ports, struct fwd_port *port, const struct fwd_options *opt)
{
	struct rte_eth_conf conf = { .rxmode.mtu = port->mtu };
	int ret;

	if (ports->scatter) {
		conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	} else {
		/* Sound because all packets come from one pool and are never shared. */
		conf.txmode.offloads |= port->tx_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	}
	ret = rte_eth_dev_configure(port->id, 1, 1, &conf);
	if (ret != 0)
		return fail(port, ret, "the driver refuses one Rx and one Tx queue",
			    "check the device's devargs and --mtu");
	port->configured = true;
	port->rxd = opt->rxd;
	port->txd = opt->txd;
	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &port->rxd, &port->txd);
	if (ret != 0)
		return fail(port, ret, "the driver refuses the ring sizes",
			    "correct --rxd and --txd");
	if (port->rxd != opt->rxd || port->txd != opt->txd)
		fprintf(stderr, "aether-fwd: port %u: rings of %u Rx and %u Tx descriptors adjusted"
			" to %u and %u, as driver %s takes\n", port->id, opt->rxd, opt->txd,
			port->rxd, port->txd, port->driver);
	return 0;
}

static int
set_up_queues(struct fwd_ports *ports, struct fwd_port *port)
{
	int ret;

	ret = rte_eth_rx_queue_setup(port->id, 0, port->rxd, port->socket, NULL, ports->pool);
	if (ret != 0)
		return fail(port, ret, "cannot set up Rx queue 0", "correct --rxd or --mtu");
	ret = rte_eth_tx_queue_setup(port->id, 0, port->txd, port->socket, NULL);
	if (ret != 0)
		return fail(port, ret, "cannot set up Tx queue 0", "correct --txd");
	return 0;
}

static int
set_promiscuous(struct fwd_port *port, bool on)
{
	int ret;

	ret = on ? rte_eth_promiscuous_enable(port->id) : rte_eth_promiscuous_disable(port->id);
	if (ret == 0)
		return 0;
	if (ret != -ENOTSUP && ret != -ENOSYS)
		return fail(port, ret, "cannot set promiscuous mode",
			    "look at the driver's messages above");
	fprintf(stderr, "aether-fwd: port %u: driver %s cannot switch promiscuous mode; going on"
		" without\n", port->id, port->driver);
	return 0;
}

static int
start(struct fwd_port *port, const struct fwd_options *opt)
{
	int ret;

	/* Before the start, so that what arrives ahead of the first poll is counted too. A driver
	 * that cannot reset has just been probed and counts from zero.
	 */
	rte_eth_stats_reset(port->id);
	/* Also before the start, or what arrives during it is filtered. Not every driver can do it
	 * this early; the call that follows the start is the one that must succeed.
	 */
	if (opt->promiscuous)
		rte_eth_promiscuous_enable(port->id);
	ret = rte_eth_dev_start(port->id);
	if (ret != 0)
		return fail(port, ret, "cannot start the device",
			    "the driver's messages above say why");
	port->started = true;
	return set_promiscuous(port, opt->promiscuous);
}

int
fwd_ports_open(struct fwd_ports *ports, const struct fwd_plan *plan,
	       const struct fwd_options *opt)
{
	unsigned int i;
	int ret = 0;

	ports->nb = plan->nb_ports;
	for (i = 0; ret == 0 && i < ports->nb; i++)
		ret = inspect(&ports->port[i], plan->ports[i], opt);
	if (ret == 0)
		ret = choose_buffers(ports);
	for (i = 0; ret == 0 && i < ports->nb; i++)
		ret = configure(ports, &ports->port[i], opt);
	if (ret == 0)
		ret = create_pool(ports, plan, opt);
	for (i = 0; ret == 0 && i < ports->nb; i++)
		ret = set_up_queues(ports, &ports->port[i]);
	return ret;
}

int
fwd_ports_start(struct fwd_ports *ports, const struct fwd_options *opt)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < ports->nb; i++)
		ret = start(&ports->port[i], opt);
	return ret;
}

static bool
read_link(struct fwd_port *port)
{
	struct rte_eth_link link = { 0 };

	if (rte_eth_link_get_nowait(port->id, &link) != 0)
		return false;
	port->link_up = link.link_status == RTE_ETH_LINK_UP;
	port->link_mbps = link.link_speed;
	return port->link_up;
}

void
fwd_ports_wait_link(struct fwd_ports *ports, unsigned int timeout_ms,
		    const volatile sig_atomic_t *interrupt)
{
	unsigned int i, up, waited;

	for (waited = 0;; waited += 10) {
		up = 0;
		for (i = 0; i < ports->nb; i++)
			up += read_link(&ports->port[i]);
		if (up == ports->nb || *interrupt != 0)
			return;
		if (waited >= timeout_ms)
			break;
		rte_delay_us_sleep(10 * 1000);
	}
	for (i = 0; i < ports->nb; i++)
		if (!ports->port[i].link_up)
			fprintf(stderr, "aether-fwd: port %u (%s): found the link down after %u ms,"
				" wanted it up; check the cable and the peer, going on\n",
				ports->port[i].id, ports->port[i].name, timeout_ms);
}

void
fwd_port_read_rx(struct fwd_port *port)
{
	fwd_wire_read(port->id, &port->wire);
	rte_eth_stats_get(port->id, &port->stats);
}

void
fwd_ports_read_tx(struct fwd_ports *ports)
{
	struct rte_eth_stats stats;
	struct fwd_port *port;
	struct fwd_wire wire;
	unsigned int i;

	for (i = 0; i < ports->nb; i++) {
		port = &ports->port[i];
		fwd_wire_read(port->id, &wire);
		fwd_wire_put_back_rx(&wire, &port->wire);
		port->wire = wire;
		if (rte_eth_stats_get(port->id, &stats) != 0)
			continue;
		port->stats.opackets = stats.opackets;
		port->stats.obytes = stats.obytes;
		port->stats.oerrors = stats.oerrors;
	}
}

/* Packets that the devices have sent or given up on. */
static uint64_t
gone_so_far(const struct fwd_ports *ports)
{
	struct rte_eth_stats stats;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < ports->nb; i++)
		if (rte_eth_stats_get(ports->port[i].id, &stats) == 0)
			sum += stats.opackets + stats.oerrors;
	return sum;
}

void
fwd_ports_settle_tx(struct fwd_ports *ports, uint64_t sent)
{
	uint64_t gone = gone_so_far(ports), before = gone;
	unsigned int waited, still = 0;

	for (waited = 0; gone < sent && waited < SETTLE_MS && still < SETTLE_STILL_MS;
	     waited += SETTLE_STEP_MS) {
		rte_delay_us_sleep(SETTLE_STEP_MS * 1000);
		gone = gone_so_far(ports);
		still = gone == before ? still + SETTLE_STEP_MS : 0;
		before = gone;
	}
}

int
fwd_ports_stop(struct fwd_ports *ports)
{
	unsigned int i;
	int ret, first = 0;

	for (i = 0; i < ports->nb; i++) {
		if (!ports->port[i].started)
			continue;
		ret = rte_eth_dev_stop(ports->port[i].id);
		if (ret != 0)
			fail(&ports->port[i], ret, "cannot stop the device",
			     "look at the driver's messages above");
		if (first == 0)
			first = ret;
		ports->port[i].started = false;
	}
	return first;
}

unsigned int
fwd_ports_close(struct fwd_ports *ports)
{
	unsigned int i, missing = 0;

	fwd_ports_stop(ports);
	for (i = 0; i < ports->nb; i++)
		if (ports->port[i].configured)
			rte_eth_dev_close(ports->port[i].id);
	if (ports->pool != NULL) {
		missing = rte_mempool_in_use_count(ports->pool);
		rte_mempool_free(ports->pool);
		ports->pool = NULL;
	}
	return missing;
}
