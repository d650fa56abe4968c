/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef AETHER_RXTX_H
#define AETHER_RXTX_H

/**
 * @file
 * Queues and what a burst needs of them: the data path.
 *
 * Positions in a ring are indices from 0 to n_desc - 1. n_desc is a multiple of 32, and Rx refills
 * and Tx cleans in whole blocks that divide the ring, so that no block wraps.
 *
 * Bursts take no lock and make no system call; mbufs come from and go to the pool in blocks of 32
 * through the lcore's cache.
 *
 * A process can be killed at any instruction, and the primary process then frees what the
 * positions of the queue say that it owns. So positions and mbufs change hands in an order in
 * which a mbuf belongs to nobody in between, never to two: it may be lost, but not freed twice.
 * Only the compiler has to be kept from changing that order (rte_compiler_barrier()), for what a
 * killed process has done is a prefix of its program.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_io.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>

#include <e810_hw.h>

#include "aether_compat.h"

/** Rx descriptors that are refilled at once. */
#define AETHER_RX_BLOCK		32
/**
 * Rx descriptors that are never given to the device, of n_desc: the hardware ignores the low
 * three bits of the tail, and a tail that equals the head means an empty ring.
 */
#define AETHER_RX_RESERVE	8
/** Largest buffer that a queue context can express, in bytes (7 bits of 128). */
#define AETHER_RX_MAX_BUF	(0x7F * E810_RLAN_DBUF_UNIT)
#define AETHER_TX_RS_THRESH	32
#define AETHER_TX_FREE_THRESH	32
/** Fewest descriptors from one report-status to the next: a packet then spans at most one. */
#define AETHER_TX_RS_MIN	E810_TX_MAX_DESC_PER_PKT

/** A receive descriptor of 16 bytes as the data path sees it. */
union aether_rx_desc {
	struct e810_rx_desc_read read;
	struct e810_rx_desc_flex flex;
	rte_le64_t qword[2];		/* qword[1] holds DD */
};

/* The flexible descriptor in two loads; bits of qword[0] ... */
#define AETHER_RXQ0_PTYPE_S	16
#define AETHER_RXQ0_LEN_S	32
/* ... and of qword[1], whose low 16 bits are status_error0. */
#define AETHER_RXQ1_L2TAG1_S	16
#define AETHER_RXQ1_HASH_S	32
/** Bits of qword[1] that say what the checksum engines found, as an index of 0-15. */
#define AETHER_RXQ1_CSUM_S	3
#define AETHER_RXQ1_CSUM_M	0xF
/** The same of RSS hash and VLAN tag, as an index of 0-3. */
#define AETHER_RXQ1_TAG_S	12
#define AETHER_RXQ1_TAG_M	0x3

/** A receive queue. The first line is all that a burst touches besides rings and mbufs. */
struct __rte_cache_aligned aether_rxq {
	union aether_rx_desc *ring;
	struct rte_mbuf **sw_ring;	/* the mbuf posted in each descriptor */
	volatile uint32_t *doorbell;	/* QRX_TAIL in BAR 0 as memory */
	uint64_t mbuf_init;		/* data_off, refcnt, nb_segs and port of a fresh mbuf */
	uint16_t n_desc;
	uint16_t next;			/* the descriptor to look at */
	uint16_t refill;		/* first descriptor without an mbuf, a multiple of 32 */
	uint16_t n_empty;		/* descriptors without an mbuf, from refill on */
	uint16_t refill_thresh;
	uint16_t buf_len;		/* bytes the device may put into one buffer */
	uint16_t crc_len;		/* bytes of FCS that the device leaves on, 4 or 0 */
	bool scattered;			/* frames may take several buffers */
	bool offload;			/* descriptors have more to tell than lengths and types */
	uint64_t packets;
	uint64_t bytes;

	/* Second line: once per refill, per odd frame, or in the scattered burst only. */
	struct rte_mempool *pool __rte_cache_aligned;
	struct rte_mbuf *first, *last;	/* a frame of which the end is still to come */
	uint64_t no_mbuf;		/* mbufs that the pool did not give */
	uint64_t bad;			/* frames dropped: marked bad, or wrongly described */

	/* Control path. */
	uint64_t packets_base, bytes_base;	/* at the last reset of statistics ... */
	uint64_t no_mbuf_base, bad_base;	/* ... these as well */
	const struct rte_memzone *zone;	/* of ring */
	uint16_t queue_id;
	uint16_t port_id;
	bool started;			/* the device knows the queue */
	bool stuck;			/* it did not let go of it: buffers are not ours yet */
	struct rte_eth_rxconf conf;
};

/** A transmit queue. The first line is all that a burst touches besides rings and mbufs. */
struct __rte_cache_aligned aether_txq {
	struct e810_tx_desc *ring;
	struct rte_mbuf **sw_ring;	/* the segment in each descriptor; NULL: freed */
	volatile uint32_t *doorbell;	/* QTX_COMM_DBELL in BAR 0 as memory */
	uint16_t n_desc;
	uint16_t next;			/* the descriptor to fill */
	uint16_t n_free;		/* that may be filled; one of n_desc is never */
	uint16_t clean;			/* oldest descriptor not yet cleaned: begins a block */
	uint16_t next_rs;		/* last descriptor of the block that is being filled */
	uint16_t rs_thresh;		/* descriptors in a block: one report-status each */
	uint16_t free_thresh;		/* clean when fewer are free */
	bool fast_free;			/* one pool, refcnt 1: give back without a look */
	uint64_t packets;
	uint64_t bytes;

	/*
	 * Second line. Packets of several segments cross the end of a block: rs_at[b] is where
	 * the report-status of block b was put.
	 */
	uint16_t *rs_at __rte_cache_aligned;
	uint64_t bad;			/* packets dropped: no E810 can send them */

	/* Control path. */
	uint64_t packets_base, bytes_base, bad_base;
	const struct rte_memzone *zone;
	uint64_t offloads;
	uint16_t queue_id;
	uint16_t port_id;
	bool started;
	bool stuck;
	bool full;			/* aether_xmit_full() sends, so that rs_at is in use */
	struct rte_eth_txconf conf;
};

_Static_assert(offsetof(struct aether_rxq, bytes) + sizeof(uint64_t) <= RTE_CACHE_LINE_SIZE,
	       "a plain Rx burst must stay in the first line of its queue");
_Static_assert(offsetof(struct aether_rxq, pool) == RTE_CACHE_LINE_SIZE &&
	       offsetof(struct aether_rxq, bad) < 2 * RTE_CACHE_LINE_SIZE,
	       "refill state must stay in the second line");
_Static_assert(offsetof(struct aether_txq, bytes) + sizeof(uint64_t) <= RTE_CACHE_LINE_SIZE,
	       "a plain Tx burst must stay in the first line of its queue");
_Static_assert(offsetof(struct aether_txq, bad) < 2 * RTE_CACHE_LINE_SIZE,
	       "state of full Tx bursts must stay in the second line");
_Static_assert(sizeof(union aether_rx_desc) == 16 && sizeof(struct e810_tx_desc) == 16,
	       "rings hold descriptors of 16 bytes");

/**
 * Tell the device a new tail.
 *
 * The descriptors (and on Tx the packets) that the caller stored before must be visible before the
 * tail is. rte_io_wmb() orders stores to memory before a store to a device, which is what
 * the hardware's doorbell is; the release store orders them for another thread that loads the
 * tail with acquire, which is what the model's doorbell is. On x86 both cost nothing. A
 * write-combining store (rte_write32_wc, MOVDIRI) is weakly ordered and would need an sfence.
 */
static __rte_always_inline void
aether_doorbell(volatile uint32_t *doorbell, uint16_t tail)
{
	rte_io_wmb();
	__atomic_store_n(doorbell, rte_cpu_to_le_32(tail), __ATOMIC_RELEASE);
}

/** Whether the device is done with a descriptor that asked for a report. */
static __rte_always_inline bool
aether_tx_done(const struct e810_tx_desc *desc)
{
	/*
	 * Acquire: the load of the report comes before what is done with the buffers from then on,
	 * in any core that gets them from the pool; the device read them before it reported.
	 */
	uint64_t qword1 = __atomic_load_n(&desc->cmd_type_offset_bsz, __ATOMIC_ACQUIRE);

	return (qword1 & rte_cpu_to_le_64(E810_TXD_QW1_DTYPE_M)) ==
		rte_cpu_to_le_64(E810_TXD_DTYPE_DESC_DONE);
}

/**
 * Post mbufs in all empty descriptors from rxq->refill on, in whole blocks. What the pool cannot
 * give is counted, and tried again at the next burst.
 */
void aether_rx_fill(struct aether_rxq *rxq);
/** Give the device what was posted: ring the doorbell. */
void aether_rx_give(struct aether_rxq *rxq);
/** aether_rx_fill() and aether_rx_give(). */
void aether_rx_refill(struct aether_rxq *rxq);

/* Bursts; chosen by aether_set_bursts(). All are eth_rx_burst_t or eth_tx_burst_t. */
uint16_t aether_recv(void *rx_queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t aether_recv_offload(void *rx_queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t aether_recv_scattered(void *rx_queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t aether_xmit(void *tx_queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t aether_xmit_full(void *tx_queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t aether_xmit_prepare(void *tx_queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t aether_recv_stopped(void *rx_queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t aether_xmit_stopped(void *tx_queue, struct rte_mbuf **pkts, uint16_t n);

/** Offloads that need a look at the flags of Rx descriptors. */
#define AETHER_RX_FLAG_OFFLOADS \
	(RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_RSS_HASH)

/** Choose the bursts that the configuration of the port allows. */
void aether_set_bursts(struct rte_eth_dev *dev);
/** While the port is stopped: bursts that do nothing. */
void aether_clear_bursts(struct rte_eth_dev *dev);

int aether_dev_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue,
				 struct rte_eth_burst_mode *mode);
int aether_dev_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue,
				 struct rte_eth_burst_mode *mode);
/** What an lcore can watch instead of polling (UMONITOR): the next descriptor's report. */
int aether_dev_get_monitor_addr(void *rx_queue, struct rte_power_monitor_cond *cond);
aether_queue_count_t aether_rx_queue_count(void *rx_queue);
int aether_rx_descriptor_status(void *rx_queue, uint16_t offset);
int aether_tx_descriptor_status(void *tx_queue, uint16_t offset);
/**
 * Give back mbufs of packets that have been sent, in whole blocks of tx_rs_thresh descriptors, as
 * the device reports them.
 *
 * @param n at most so many packets; 0: all that have been sent
 * @return packets given back: 0 also when n is less than the oldest block has
 */
int aether_dev_tx_done_cleanup(void *tx_queue, uint32_t n);
const uint32_t *aether_dev_supported_ptypes_get(AETHER_PTYPES_GET_PARAMS);

#endif /* AETHER_RXTX_H */
