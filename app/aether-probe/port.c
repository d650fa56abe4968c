/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "probe.h"

#define DESCRIPTORS	512
#define LINK_MS		5000

/** What the phases use, as far as the port has it. */
#define RX_WANTED	(RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP | \
			 RTE_ETH_RX_OFFLOAD_RSS_HASH)
#define TX_WANTED	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
			 RTE_ETH_TX_OFFLOAD_VLAN_INSERT)

static int
queues_setup(const struct probe *probe, const struct probe_port *port)
{
	uint16_t q;
	int ret = 0;

	for (q = 0; q < port->n_rxq && ret == 0; q++)
		ret = rte_eth_rx_queue_setup(port->id, q, DESCRIPTORS, port->socket, NULL,
					     probe->pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port->id, 0, DESCRIPTORS, port->socket, NULL);
	return ret;
}

static void
wait_link(struct probe_port *port)
{
	unsigned int ms;

	for (ms = 0; ms < LINK_MS; ms += 20) {
		if (rte_eth_link_get_nowait(port->id, &port->link) == 0 &&
		    port->link.link_status == RTE_ETH_LINK_UP)
			return;
		rte_delay_us_sleep(20 * 1000);
	}
}

int
probe_port_open(struct probe *probe, unsigned int i)
{
	struct probe_port *port = &probe->port[i];
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int ret;

	port->peer = -1;
	ret = rte_eth_dev_info_get(port->id, &info);
	if (ret != 0)
		return ret;
	port->n_rxq = RTE_MIN(info.max_rx_queues, PROBE_QUEUES);
	port->rx_offloads = info.rx_offload_capa & RX_WANTED;
	port->tx_offloads = info.tx_offload_capa & TX_WANTED;
	port->socket = rte_eth_dev_socket_id(port->id);
	snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name);
	rte_eth_dev_get_name_by_port(port->id, port->name);
	if (rte_eth_dev_fw_version_get(port->id, port->fw, sizeof(port->fw)) != 0)
		port->fw[0] = '\0';
	rte_eth_macaddr_get(port->id, &port->mac);
	conf.rxmode.offloads = port->rx_offloads;
	conf.txmode.offloads = port->tx_offloads;
	if (port->n_rxq > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf =
			info.flow_type_rss_offloads & RTE_ETH_RSS_NONFRAG_IPV4_UDP;
	}
	ret = rte_eth_dev_configure(port->id, port->n_rxq, 1, &conf);
	if (ret == 0)
		ret = queues_setup(probe, port);
	if (ret == 0)
		ret = rte_eth_dev_start(port->id);
	if (ret == 0)
		ret = rte_eth_promiscuous_enable(port->id);
	if (ret == 0)
		wait_link(port);
	return ret;
}

void
probe_port_close(struct probe_port *port)
{
	while (port->next < port->n_stash)
		rte_pktmbuf_free(port->stash[port->next++]);
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
}

bool
probe_send(struct probe_port *port, struct rte_mbuf *m)
{
	if (m == NULL)
		return false;
	if (rte_eth_tx_burst(port->id, 0, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

struct rte_mbuf *
probe_receive(struct probe_port *port, uint16_t *queue)
{
	uint16_t q;

	for (q = 0; q < port->n_rxq && port->next == port->n_stash; q++) {
		port->n_stash = rte_eth_rx_burst(port->id, q, port->stash, PROBE_BURST);
		port->next = 0;
		port->queue = q;
	}
	if (port->next == port->n_stash)
		return NULL;
	if (queue != NULL)
		*queue = port->queue;
	return port->stash[port->next++];
}

void
probe_foreign(struct probe_port *port, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const uint16_t type = rte_be_to_cpu_16(eth->ether_type);
	unsigned int i;

	port->foreign++;
	for (i = 0; i < RTE_DIM(port->foreign_types); i++) {
		if (port->foreign_types[i] == 0)
			port->foreign_types[i] = type;
		if (port->foreign_types[i] == type)
			return;
	}
}

json_t *
probe_port_json(const struct probe_port *port)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE], type[8];
	json_t *types = json_array();
	unsigned int i;

	rte_ether_format_addr(mac, sizeof(mac), &port->mac);
	for (i = 0; i < RTE_DIM(port->foreign_types) && port->foreign_types[i] != 0; i++) {
		snprintf(type, sizeof(type), "0x%04x", port->foreign_types[i]);
		json_array_append_new(types, json_string(type));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:i, s:i, s:i, s:o}",
			 "name", port->name, "driver", port->driver, "mac", mac, "firmware",
			 port->fw, "link", port->link.link_status == RTE_ETH_LINK_UP, "speed_mbps",
			 (json_int_t)(port->link.link_status ? port->link.link_speed : 0),
			 "numa_node", port->socket, "rx_queues", port->n_rxq, "foreign_frames",
			 (int)port->foreign, "foreign_ethertypes", types);
}
