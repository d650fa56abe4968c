/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Statistics: the device's counters, and the few that only software can keep. Extended ones carry
 * the names that other E810 drivers of DPDK use, so that tools know them; those of the
 * embedded model begin with model_ and wire_.
 */

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_string_fns.h>

#include <aether_model.h>
#include <ethdev_driver.h>

#include "aether_ethdev.h"
#include "aether_rxtx.h"

/** Sums over all queues of what the bursts count. */
struct sw_counters {
	uint64_t rx_no_mbuf;		/* mbufs that the pool did not give */
	uint64_t rx_bad;		/* frames marked bad by the device, or described wrongly */
	uint64_t tx_bad;		/* packets that no E810 can send */
};

/** Counters of one port, from all places. */
struct port_counters {
	struct aether_hw_stats hw;
	struct sw_counters sw;
	struct aether_model_stats model;
	struct aether_model_wire_stats wire;
};

struct xstat {
	const char *name;
	size_t offset;			/* in struct port_counters */
};

#define HW_XSTAT(name, field)	{ name, offsetof(struct port_counters, hw.field) }
#define SW_XSTAT(name, field)	{ name, offsetof(struct port_counters, sw.field) }
#define MODEL_XSTAT(field)	{ "model_" #field, offsetof(struct port_counters, model.field) }
#define WIRE_XSTAT(field)	{ "wire_" #field, offsetof(struct port_counters, wire.field) }

static const struct xstat device_xstats[] = {
	HW_XSTAT("rx_unicast_packets", vsi_rx_unicast),
	HW_XSTAT("rx_multicast_packets", vsi_rx_multicast),
	HW_XSTAT("rx_broadcast_packets", vsi_rx_broadcast),
	HW_XSTAT("rx_dropped_packets", vsi_rx_discards),
	HW_XSTAT("rx_no_desc_errors", vsi_rx_no_desc),
	HW_XSTAT("rx_vsi_errors", vsi_rx_errors),
	HW_XSTAT("tx_unicast_packets", vsi_tx_unicast),
	HW_XSTAT("tx_multicast_packets", vsi_tx_multicast),
	HW_XSTAT("tx_broadcast_packets", vsi_tx_broadcast),
	HW_XSTAT("tx_dropped_packets", vsi_tx_errors),
	HW_XSTAT("rx_port_bytes", rx_bytes),
	HW_XSTAT("rx_port_unicast_packets", rx_unicast),
	HW_XSTAT("rx_port_multicast_packets", rx_multicast),
	HW_XSTAT("rx_port_broadcast_packets", rx_broadcast),
	HW_XSTAT("tx_port_bytes", tx_bytes),
	HW_XSTAT("tx_port_unicast_packets", tx_unicast),
	HW_XSTAT("tx_port_multicast_packets", tx_multicast),
	HW_XSTAT("tx_port_broadcast_packets", tx_broadcast),
	HW_XSTAT("rx_buffer_full_packets", rx_no_buffer),
	HW_XSTAT("tx_link_down_dropped", tx_dropped_link_down),
	HW_XSTAT("rx_crc_errors", crc_errors),
	HW_XSTAT("rx_illegal_byte_errors", illegal_bytes),
	HW_XSTAT("mac_local_errors", local_faults),
	HW_XSTAT("mac_remote_errors", remote_faults),
	HW_XSTAT("rx_len_errors", length_errors),
	HW_XSTAT("tx_xon_packets", xon_tx),
	HW_XSTAT("rx_xon_packets", xon_rx),
	HW_XSTAT("tx_xoff_packets", xoff_tx),
	HW_XSTAT("rx_xoff_packets", xoff_rx),
	HW_XSTAT("rx_size_64_packets", rx_size[0]),
	HW_XSTAT("rx_size_65_to_127_packets", rx_size[1]),
	HW_XSTAT("rx_size_128_to_255_packets", rx_size[2]),
	HW_XSTAT("rx_size_256_to_511_packets", rx_size[3]),
	HW_XSTAT("rx_size_512_to_1023_packets", rx_size[4]),
	HW_XSTAT("rx_size_1024_to_1522_packets", rx_size[5]),
	HW_XSTAT("rx_size_1523_to_max_packets", rx_size[6]),
	HW_XSTAT("rx_undersized_errors", rx_undersize),
	HW_XSTAT("rx_oversize_errors", rx_oversize),
	HW_XSTAT("rx_fragmented_errors", rx_fragments),
	HW_XSTAT("rx_jabber_errors", rx_jabber),
	HW_XSTAT("tx_size_64_packets", tx_size[0]),
	HW_XSTAT("tx_size_65_to_127_packets", tx_size[1]),
	HW_XSTAT("tx_size_128_to_255_packets", tx_size[2]),
	HW_XSTAT("tx_size_256_to_511_packets", tx_size[3]),
	HW_XSTAT("tx_size_512_to_1023_packets", tx_size[4]),
	HW_XSTAT("tx_size_1024_to_1522_packets", tx_size[5]),
	HW_XSTAT("tx_size_1523_to_max_packets", tx_size[6]),
	SW_XSTAT("rx_bad_descriptor_packets", rx_bad),
	SW_XSTAT("tx_malformed_packets", tx_bad),
};

/* On the embedded model only. These count from the model's start: it knows no reset of ours. */
static const struct xstat model_xstats[] = {
	MODEL_XSTAT(dma_faults),
	MODEL_XSTAT(mdd_events),
	MODEL_XSTAT(aq_commands),
	MODEL_XSTAT(aq_errors),
	MODEL_XSTAT(aq_unmodelled),
	MODEL_XSTAT(interrupts),
	WIRE_XSTAT(rx_offered),
	WIRE_XSTAT(rx_delivered),
	WIRE_XSTAT(rx_dropped),
	WIRE_XSTAT(rx_dropped_in_stall),
	WIRE_XSTAT(rx_pending),
	WIRE_XSTAT(tx_packets),
	WIRE_XSTAT(tx_dropped),
	WIRE_XSTAT(stall_windows),
	WIRE_XSTAT(stall_ns),
};

static void
sum_queues(const struct rte_eth_dev *dev, struct sw_counters *sum)
{
	uint16_t q;

	memset(sum, 0, sizeof(*sum));
	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		const struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq == NULL)
			continue;
		sum->rx_no_mbuf += rxq->no_mbuf - rxq->no_mbuf_base;
		sum->rx_bad += rxq->bad - rxq->bad_base;
	}
	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		const struct aether_txq *txq = dev->data->tx_queues[q];

		if (txq != NULL)
			sum->tx_bad += txq->bad - txq->bad_base;
	}
}

static void
read_counters(struct rte_eth_dev *dev, struct port_counters *counters)
{
	struct aether_port *port = aether_port(dev);
	struct aether_hw *hw = aether_lock(dev);

	aether_stats_update(hw, &port->stats);
	counters->hw = port->stats.total;
	aether_unlock(dev);
	sum_queues(dev, &counters->sw);
}

static void
fill_queue_stats(const struct rte_eth_dev *dev, AETHER_QUEUE_STATS_TYPE *stats)
{
	uint16_t q;

	if (stats == NULL)
		return;
	for (q = 0; q < RTE_MIN(dev->data->nb_rx_queues, RTE_ETHDEV_QUEUE_STAT_CNTRS); q++) {
		const struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq == NULL)
			continue;
		stats->q_ipackets[q] = rxq->packets - rxq->packets_base;
		stats->q_ibytes[q] = rxq->bytes - rxq->bytes_base;
		stats->q_errors[q] = rxq->bad - rxq->bad_base;
	}
	for (q = 0; q < RTE_MIN(dev->data->nb_tx_queues, RTE_ETHDEV_QUEUE_STAT_CNTRS); q++) {
		const struct aether_txq *txq = dev->data->tx_queues[q];

		if (txq == NULL)
			continue;
		stats->q_opackets[q] = txq->packets - txq->packets_base;
		stats->q_obytes[q] = txq->bytes - txq->bytes_base;
	}
}

int
aether_dev_stats_get(AETHER_STATS_GET_PARAMS)
{
	struct port_counters c;
	uint64_t received, sent;

	read_counters(dev, &c);
	received = c.hw.vsi_rx_unicast + c.hw.vsi_rx_multicast + c.hw.vsi_rx_broadcast;
	sent = c.hw.vsi_tx_unicast + c.hw.vsi_tx_multicast + c.hw.vsi_tx_broadcast;
	/* The VSI counts frames as it gets them, before it looks for a descriptor (section 10.6);
	 * what it receives has the FCS, what it sends gets that later, in the MAC. */
	stats->ipackets = received - c.hw.vsi_rx_discards;
	stats->ibytes = c.hw.vsi_rx_bytes - received * RTE_ETHER_CRC_LEN;
	stats->opackets = sent;
	stats->obytes = c.hw.vsi_tx_bytes;
	stats->imissed = c.hw.vsi_rx_discards + c.hw.rx_no_buffer;
	stats->ierrors = c.hw.crc_errors + c.hw.illegal_bytes + c.hw.length_errors +
		c.hw.rx_undersize + c.hw.rx_oversize + c.hw.rx_fragments + c.hw.rx_jabber +
		c.sw.rx_bad;
	stats->oerrors = c.hw.vsi_tx_errors + c.hw.tx_dropped_link_down + c.sw.tx_bad;
	stats->rx_nombuf = c.sw.rx_no_mbuf;
	fill_queue_stats(dev, AETHER_QUEUE_STATS(stats));
	return 0;
}

int
aether_dev_stats_reset(struct rte_eth_dev *dev)
{
	struct aether_port *port = aether_port(dev);
	struct aether_hw *hw = aether_lock(dev);
	uint16_t q;

	aether_stats_reset(hw, &port->stats);
	aether_unlock(dev);
	/* The bursts own their counters, so that those go on; what they showed is subtracted. */
	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		struct aether_rxq *rxq = dev->data->rx_queues[q];

		if (rxq == NULL)
			continue;
		rxq->packets_base = rxq->packets;
		rxq->bytes_base = rxq->bytes;
		rxq->no_mbuf_base = rxq->no_mbuf;
		rxq->bad_base = rxq->bad;
	}
	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		struct aether_txq *txq = dev->data->tx_queues[q];

		if (txq == NULL)
			continue;
		txq->packets_base = txq->packets;
		txq->bytes_base = txq->bytes;
		txq->bad_base = txq->bad;
	}
	return 0;
}

/** Number of extended statistics that the port has. */
static unsigned int
count_xstats(const struct rte_eth_dev *dev)
{
	unsigned int n = RTE_DIM(device_xstats);

	if (aether_bus_model_get(aether_process(dev)->hw.bus) != NULL)
		n += RTE_DIM(model_xstats);
	return n;
}

static const struct xstat *
xstat_at(unsigned int i)
{
	return i < RTE_DIM(device_xstats) ? &device_xstats[i] :
		&model_xstats[i - RTE_DIM(device_xstats)];
}

int
aether_dev_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
			    unsigned int n)
{
	const unsigned int count = count_xstats(dev);
	unsigned int i;

	if (names == NULL || n < count)
		return count;
	for (i = 0; i < count; i++)
		rte_strscpy(names[i].name, xstat_at(i)->name, sizeof(names[i].name));
	return count;
}

int
aether_dev_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	struct aether_model *model = aether_bus_model_get(aether_process(dev)->hw.bus);
	const unsigned int count = count_xstats(dev);
	struct port_counters c;
	unsigned int i;

	if (xstats == NULL || n < count)
		return count;
	read_counters(dev, &c);
	if (model != NULL) {
		aether_model_stats_get(model, &c.model);
		aether_model_wire_stats_get(model, &c.wire);
	}
	for (i = 0; i < count; i++) {
		xstats[i].id = i;
		memcpy(&xstats[i].value, (const uint8_t *)&c + xstat_at(i)->offset,
		       sizeof(xstats[i].value));
	}
	return count;
}

/* ---------------------------------------------------------------- before they wrap ---------- */

static void
stats_timer(void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct aether_port *port = aether_port(dev);
	struct aether_hw *hw = aether_lock(dev);

	aether_stats_update(hw, &port->stats);
	aether_unlock(dev);
	if (rte_eal_alarm_set(AETHER_STATS_PERIOD_S * US_PER_S, stats_timer, dev) != 0)
		AETHER_LOG(ERR, "%s: counters are not read any more by themselves; read them "
			   "(rte_eth_stats_get) every minute, or they wrap unseen",
			   dev->data->name);
}

int
aether_stats_init(struct rte_eth_dev *dev)
{
	struct aether_hw *hw = aether_lock(dev);

	aether_stats_update(hw, &aether_port(dev)->stats);
	aether_unlock(dev);
	return rte_eal_alarm_set(AETHER_STATS_PERIOD_S * US_PER_S, stats_timer, dev);
}

void
aether_stats_fini(struct rte_eth_dev *dev)
{
	/* Waits for a timer that runs, and also takes the one that this sets. */
	rte_eal_alarm_cancel(stats_timer, dev);
}
