/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_COMPAT_H
#define AETHER_COMPAT_H

/**
 * @file
 * All that differs between the DPDK versions that the driver compiles on, 22.11 to 26.07: the
 * only file of the driver that asks for RTE_VERSION.
 */

#include <stdbool.h>

#include <rte_mbuf.h>
#include <rte_version.h>

#include <ethdev_driver.h>

#define AETHER_DPDK_SINCE(year, month) \
	(RTE_VERSION >= RTE_VERSION_NUM(year, month, 0, 0))

/*
 * From 25.07 a symbol is exported by a macro beside its definition instead of in version.map. The
 * header exists only inside a DPDK tree; outside of one, version.map does the work.
 */
#if defined(__has_include)
#if __has_include(<eal_export.h>)
#include <eal_export.h>
#endif
#endif
#ifndef RTE_EXPORT_EXPERIMENTAL_SYMBOL
#define RTE_EXPORT_EXPERIMENTAL_SYMBOL(symbol, version)
#endif

/*
 * From 25.11 stats_get takes a second structure for the counters of queues, which used to be
 * arrays in struct rte_eth_stats. The driver fills the latter layout's arrays through this.
 */
#if AETHER_DPDK_SINCE(25, 11)
#define AETHER_STATS_GET_PARAMS \
	struct rte_eth_dev *dev, struct rte_eth_stats *stats, struct eth_queue_stats *queue_stats
#define AETHER_QUEUE_STATS_TYPE struct eth_queue_stats
#define AETHER_QUEUE_STATS(stats) (queue_stats)
#define AETHER_STATS_GET_CALL(op, dev, stats, queues) op(dev, stats, queues)
#else
#define AETHER_STATS_GET_PARAMS struct rte_eth_dev *dev, struct rte_eth_stats *stats
#define AETHER_QUEUE_STATS_TYPE struct rte_eth_stats
#define AETHER_QUEUE_STATS(stats) (stats)
/* queues becomes the same as stats, of which it takes the arrays. */
#define AETHER_STATS_GET_CALL(op, dev, stats, queues) aether_stats_get_call(op, dev, stats, queues)
static inline int
aether_stats_get_call(eth_stats_get_t op, struct rte_eth_dev *dev, struct rte_eth_stats *stats,
		      struct rte_eth_stats *queues)
{
	int ret = op(dev, stats);

	*queues = *stats;
	return ret;
}
#endif

/* From 26.07 on a bus's drivers are in a list of struct rte_driver, before in one of each bus's
 * own structure. */
#if AETHER_DPDK_SINCE(26, 7)
#define AETHER_PCI_LISTED_TAG rte_driver
#define AETHER_PCI_LISTED(pci_driver) (&(pci_driver)->driver)
#else
#define AETHER_PCI_LISTED_TAG rte_pci_driver
#define AETHER_PCI_LISTED(pci_driver) (pci_driver)
#endif
#define AETHER_PCI_LISTED_TYPE struct AETHER_PCI_LISTED_TAG

/* Where ethdev fills the extended statistics of queues without being asked, the flag is gone. */
#ifndef RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS
#define RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS 0
#endif

/* From 24.03 the list of packet types has a count beside its terminator. */
#if AETHER_DPDK_SINCE(24, 3)
#define AETHER_PTYPES_GET_PARAMS struct rte_eth_dev *dev, size_t *n_elements
#define AETHER_PTYPES_RETURN(list) \
	do { \
		*n_elements = RTE_DIM(list) - 1; \
		return list; \
	} while (0)
#else
#define AETHER_PTYPES_GET_PARAMS struct rte_eth_dev *dev
#define AETHER_PTYPES_RETURN(list) return list
#endif

/* From 23.11 the hash function is chosen with the rest of the RSS configuration. */
#if AETHER_DPDK_SINCE(23, 11)
static inline void
aether_rss_info_algorithms(struct rte_eth_dev_info *info)
{
	info->rss_algo_capa = RTE_ETH_HASH_ALGO_CAPA_MASK(DEFAULT) |
		RTE_ETH_HASH_ALGO_CAPA_MASK(TOEPLITZ) |
		RTE_ETH_HASH_ALGO_CAPA_MASK(SYMMETRIC_TOEPLITZ);
}

static inline bool
aether_rss_conf_is_symmetric(const struct rte_eth_rss_conf *conf)
{
	return conf->algorithm == RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ;
}

static inline void
aether_rss_conf_set_symmetric(struct rte_eth_rss_conf *conf, bool symmetric)
{
	conf->algorithm = symmetric ? RTE_ETH_HASH_FUNCTION_SYMMETRIC_TOEPLITZ :
		RTE_ETH_HASH_FUNCTION_TOEPLITZ;
}
#else
static inline void
aether_rss_info_algorithms(struct rte_eth_dev_info *info)
{
	RTE_SET_USED(info);
}

static inline bool
aether_rss_conf_is_symmetric(const struct rte_eth_rss_conf *conf)
{
	RTE_SET_USED(conf);
	return false;
}

static inline void
aether_rss_conf_set_symmetric(struct rte_eth_rss_conf *conf, bool symmetric)
{
	RTE_SET_USED(conf);
	RTE_SET_USED(symmetric);
}
#endif

/** What rx_queue_count returns: uint32_t in 22.11, int later. */
typedef __typeof__(((eth_rx_queue_count_t)0)(NULL)) aether_queue_count_t;

/**
 * The 8 bytes of an mbuf that hold data_off, refcnt, nb_segs and port. A marker of no size in
 * 22.11, a union member later; the address is the same.
 */
static inline uint64_t *
aether_mbuf_rearm(struct rte_mbuf *m)
{
	return (uint64_t *)(void *)&m->rearm_data;
}

/* Fields of that word. */
#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
static inline uint16_t
aether_mbuf_data_off(uint64_t rearm)
{
	return rearm;
}

static inline uint16_t
aether_mbuf_nb_segs(uint64_t rearm)
{
	return rearm >> 32;
}
#else
static inline uint16_t
aether_mbuf_data_off(uint64_t rearm)
{
	return rearm >> 48;
}

static inline uint16_t
aether_mbuf_nb_segs(uint64_t rearm)
{
	return rearm >> 16;
}
#endif

/** The 16 bytes that begin with packet_type: type, lengths, VLAN tag and hash. */
static inline uint64_t *
aether_mbuf_rx_fields(struct rte_mbuf *m)
{
	return (uint64_t *)(void *)&m->packet_type;
}

#endif /* AETHER_COMPAT_H */
