/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The scalar data path. Bursts take no lock and make no system call; mbufs come from and go to
 * the pool in blocks of 32 through the lcore's cache.
 *
 * A process can be killed at any instruction, and the primary process then frees what the
 * positions of the queue say that it owns. So positions and mbufs change hands in an order in
 * which a mbuf belongs to nobody in between, never to two: it may be lost, but not freed twice.
 * Only the compiler has to be kept from changing that order (rte_compiler_barrier()), for what a
 * killed process has done is a prefix of its program.
 */

#include <stddef.h>

#include <rte_branch_prediction.h>
#include <rte_mempool.h>
#include <rte_net.h>
#include <rte_string_fns.h>

#include <ethdev_driver.h>

#include "aether_rxtx.h"

_Static_assert(offsetof(struct rte_mbuf, ol_flags) ==
	       offsetof(struct rte_mbuf, data_off) + sizeof(uint64_t) &&
	       offsetof(struct rte_mbuf, pkt_len) == offsetof(struct rte_mbuf, packet_type) + 4 &&
	       offsetof(struct rte_mbuf, data_len) == offsetof(struct rte_mbuf, packet_type) + 8 &&
	       offsetof(struct rte_mbuf, vlan_tci) == offsetof(struct rte_mbuf, packet_type) + 10 &&
	       offsetof(struct rte_mbuf, hash) == offsetof(struct rte_mbuf, packet_type) + 12,
	       "Rx fills an mbuf by 8-byte stores that assume this layout");
_Static_assert(E810_RXD_FLEX_STATUS0_L3L4P == 1 << AETHER_RXQ1_CSUM_S &&
	       E810_RXD_FLEX_STATUS0_EIPE == 8 << AETHER_RXQ1_CSUM_S,
	       "checksum bits of status_error0 must be the index that rx_csum_flags expects");
_Static_assert(E810_RXD_FLEX_STATUS0_RSS_VALID == 1 << AETHER_RXQ1_TAG_S &&
	       E810_RXD_FLEX_STATUS0_L2TAG1P == 2 << AETHER_RXQ1_TAG_S,
	       "two bits of status_error0 must be the index that rx_tag_flags expects");

/** Packet types of the device's default parser (datasheet section 7.6), as DPDK names them. */
static const uint32_t rx_ptypes[E810_RXD_FLEX_PTYPE_M + 1] = {
	[E810_PTYPE_MAC_PAY] = RTE_PTYPE_L2_ETHER,
	[E810_PTYPE_MAC_ARP] = RTE_PTYPE_L2_ETHER_ARP,
	[E810_PTYPE_IPV4_FRAG] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
				 RTE_PTYPE_L4_FRAG,
	[E810_PTYPE_IPV4] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
			    RTE_PTYPE_L4_NONFRAG,
	[E810_PTYPE_IPV4_UDP] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
				RTE_PTYPE_L4_UDP,
	[E810_PTYPE_IPV4_TCP] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
				RTE_PTYPE_L4_TCP,
	[E810_PTYPE_IPV4_SCTP] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
				 RTE_PTYPE_L4_SCTP,
	[E810_PTYPE_IPV4_ICMP] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
				 RTE_PTYPE_L4_ICMP,
	[E810_PTYPE_IPV6_FRAG] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN |
				 RTE_PTYPE_L4_FRAG,
	[E810_PTYPE_IPV6] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN |
			    RTE_PTYPE_L4_NONFRAG,
	[E810_PTYPE_IPV6_UDP] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN |
				RTE_PTYPE_L4_UDP,
	[E810_PTYPE_IPV6_TCP] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN |
				RTE_PTYPE_L4_TCP,
	[E810_PTYPE_IPV6_SCTP] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN |
				 RTE_PTYPE_L4_SCTP,
	[E810_PTYPE_IPV6_ICMP] = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN |
				 RTE_PTYPE_L4_ICMP,
};

const uint32_t *
aether_dev_supported_ptypes_get(AETHER_PTYPES_GET_PARAMS)
{
	static const uint32_t ptypes[] = {
		RTE_PTYPE_L2_ETHER,
		RTE_PTYPE_L2_ETHER_ARP,
		RTE_PTYPE_L3_IPV4_EXT_UNKNOWN,
		RTE_PTYPE_L3_IPV6_EXT_UNKNOWN,
		RTE_PTYPE_L4_FRAG,
		RTE_PTYPE_L4_NONFRAG,
		RTE_PTYPE_L4_UDP,
		RTE_PTYPE_L4_TCP,
		RTE_PTYPE_L4_SCTP,
		RTE_PTYPE_L4_ICMP,
		RTE_PTYPE_UNKNOWN,
	};

	RTE_SET_USED(dev);
	AETHER_PTYPES_RETURN(ptypes);
}

/* ---------------------------------------------------------------- receive ------------------- */

/** By RSS_VALID (1) and L2TAG1P (2). */
static const uint64_t rx_tag_flags[AETHER_RXQ1_TAG_M + 1] = {
	[1] = RTE_MBUF_F_RX_RSS_HASH,
	[2] = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED,
	[1 | 2] = RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED,
};

/** By L3L4P (1), IPE (2), L4E (4), EIPE (8): without L3L4P the device has not looked. */
static const uint64_t rx_csum_flags[AETHER_RXQ1_CSUM_M + 1] = {
	[1] = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD,
	[1 | 2] = RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD,
	[1 | 4] = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD,
	[1 | 2 | 4] = RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD,
	[1 | 8] = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD |
		  RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD,
	[1 | 2 | 8] = RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD |
		      RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD,
	[1 | 4 | 8] = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD |
		      RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD,
	[1 | 2 | 4 | 8] = RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD |
			  RTE_MBUF_F_RX_OUTER_IP_CKSUM_BAD,
};

static inline uint64_t
rx_flags(uint64_t qword1)
{
	return rx_csum_flags[(qword1 >> AETHER_RXQ1_CSUM_S) & AETHER_RXQ1_CSUM_M] |
		rx_tag_flags[(qword1 >> AETHER_RXQ1_TAG_S) & AETHER_RXQ1_TAG_M];
}

static __rte_always_inline uint16_t
rx_len(uint64_t qword0)
{
	return (qword0 >> AETHER_RXQ0_LEN_S) & E810_RXD_FLEX_PKT_LEN_M;
}

/** Make the mbuf of a descriptor a packet of len bytes in one segment. */
static __rte_always_inline void
rx_fill(struct rte_mbuf *m, uint64_t init, uint64_t qword0, uint64_t qword1, uint64_t len,
	bool offload)
{
	uint64_t *fields = aether_mbuf_rx_fields(m);
	uint32_t ptype = rx_ptypes[(qword0 >> AETHER_RXQ0_PTYPE_S) & E810_RXD_FLEX_PTYPE_M];

	*aether_mbuf_rearm(m) = init;
	m->ol_flags = offload ? rx_flags(qword1) : 0;
#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
	fields[0] = ptype | len << 32;
	/* The tag and the hash lie in qword1 as they do in the mbuf; below them, the length. */
	fields[1] = (qword1 & ~UINT64_C(0xFFFF)) | len;
#else
	RTE_SET_USED(fields);
	m->packet_type = ptype;
	m->pkt_len = len;
	m->data_len = len;
	m->vlan_tci = qword1 >> AETHER_RXQ1_L2TAG1_S;
	m->hash.rss = qword1 >> AETHER_RXQ1_HASH_S;
#endif
}

/**
 * Receive up to n frames of one buffer each from descriptors that do not wrap.
 *
 * @param[out] last second word of the descriptor that ended the run
 * @return frames stored to pkts; when fewer than n, *last says whether the next descriptor is not
 *   done, or is odd and has to be dropped
 */
static __rte_always_inline uint16_t
rx_run(struct aether_rxq *rxq, struct rte_mbuf **pkts, uint16_t n, uint64_t *last, bool offload)
{
	const union aether_rx_desc *desc = rxq->ring + rxq->next;
	struct rte_mbuf **sw = rxq->sw_ring + rxq->next;
	const uint64_t init = rxq->mbuf_init;
	const uint16_t buf_len = rxq->buf_len;
	const uint16_t crc_len = rxq->crc_len;
	uint64_t qword0, qword1 = 0, bytes = 0;
	uint16_t i, len;

	for (i = 0; i < n; i++) {
		/*
		 * Acquire: the load of DD comes before those of the rest of the descriptor (just
		 * below) and of the packet (by the application), which the device stored before it
		 * stored DD.
		 */
		qword1 = rte_le_to_cpu_64(__atomic_load_n(&desc[i].qword[1], __ATOMIC_ACQUIRE));
		if ((qword1 & (E810_RXD_FLEX_STATUS0_DD | E810_RXD_FLEX_STATUS0_EOF |
			       E810_RXD_FLEX_STATUS0_RXE)) !=
		    (E810_RXD_FLEX_STATUS0_DD | E810_RXD_FLEX_STATUS0_EOF))
			break;
		qword0 = rte_le_to_cpu_64(desc[i].qword[0]);
		len = rx_len(qword0) - crc_len;
		if (unlikely(len > buf_len))	/* as a device that lies would have it */
			break;
		rx_fill(sw[i], init, qword0, qword1, len, offload);
		pkts[i] = sw[i];
		bytes += len;
	}
	rxq->bytes += bytes;
	*last = qword1;
	return i;
}

static __rte_always_inline void
rx_advance(struct aether_rxq *rxq, uint16_t n)
{
	rxq->next += n;
	if (rxq->next == rxq->n_desc)
		rxq->next = 0;
	rxq->n_empty += n;
}

/** Give back the buffer of a frame that is no good for the application. */
static __rte_noinline void
rx_drop(struct aether_rxq *rxq)
{
	struct rte_mbuf *m = rxq->sw_ring[rxq->next];

	rxq->bad++;
	rx_advance(rxq, 1);
	rte_compiler_barrier();
	rte_mbuf_raw_free(m);
}

void
aether_rx_refill(struct aether_rxq *rxq)
{
	uint16_t i;

	while (rxq->n_empty >= AETHER_RX_BLOCK) {
		union aether_rx_desc *desc = rxq->ring + rxq->refill;
		struct rte_mbuf **sw = rxq->sw_ring + rxq->refill;

		if (unlikely(rte_mempool_get_bulk(rxq->pool, (void **)sw, AETHER_RX_BLOCK) != 0)) {
			rxq->no_mbuf += AETHER_RX_BLOCK;
			break;
		}
		for (i = 0; i < AETHER_RX_BLOCK; i++) {
			desc[i].read.pkt_addr =
				rte_cpu_to_le_64(rte_mbuf_data_iova_default(sw[i]));
			desc[i].read.hdr_addr = 0;	/* and with it DD */
		}
		/* After a kill between the two, the oldest block counts as empty: lost. */
		rxq->refill = rxq->refill + AETHER_RX_BLOCK == rxq->n_desc ? 0 :
			rxq->refill + AETHER_RX_BLOCK;
		rte_compiler_barrier();
		rxq->n_empty -= AETHER_RX_BLOCK;
	}
	/* Orders the stores to the descriptors above before the tail that gives them away. */
	aether_doorbell(rxq->doorbell, rxq->refill >= AETHER_RX_RESERVE ?
			rxq->refill - AETHER_RX_RESERVE :
			rxq->n_desc - AETHER_RX_RESERVE);
}

static __rte_always_inline uint16_t
recv_burst(struct aether_rxq *rxq, struct rte_mbuf **pkts, uint16_t n, bool offload)
{
	uint64_t last = 0;
	uint16_t done, run, got;

	/* Descriptors beyond have no mbuf, whatever the device may have written there. */
	n = RTE_MIN(n, rxq->n_desc - rxq->n_empty);
	for (done = 0; done < n; done += got) {
		run = RTE_MIN(n - done, rxq->n_desc - rxq->next);
		got = rx_run(rxq, pkts + done, run, &last, offload);
		rx_advance(rxq, got);
		if (got < run) {
			done += got;
			break;
		}
	}
	rxq->packets += done;
	if (unlikely(done < n && (last & E810_RXD_FLEX_STATUS0_DD)))
		rx_drop(rxq);
	if (rxq->n_empty >= rxq->refill_thresh)
		aether_rx_refill(rxq);
	return done;
}

uint16_t
aether_recv(void *rx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	const struct aether_rxq *rxq = rx_queue;

	/* Asked for while the port runs: then tags are stripped that the mbufs must tell of. */
	if (unlikely(rxq->offload))
		return aether_recv_offload(rx_queue, pkts, n);
	return recv_burst(rx_queue, pkts, n, false);
}

uint16_t
aether_recv_offload(void *rx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	return recv_burst(rx_queue, pkts, n, true);
}

/** Append a segment to the frame in work, or begin one with it. */
static inline void
rx_chain(struct aether_rxq *rxq, struct rte_mbuf *m, uint16_t len)
{
	*aether_mbuf_rearm(m) = rxq->mbuf_init;
	m->data_len = len;
	if (rxq->first == NULL) {
		m->pkt_len = len;
		rxq->first = m;
	} else {
		rxq->first->nb_segs++;
		rxq->first->pkt_len += len;
		rxq->last->next = m;
	}
	rxq->last = m;
}

/** Take the FCS off the end of the frame in work; it may have begun in the segment before. */
static void
rx_trim_crc(struct aether_rxq *rxq)
{
	struct rte_mbuf *first = rxq->first, *before;
	uint16_t left;

	first->pkt_len -= rxq->crc_len;
	if (rxq->last->data_len > rxq->crc_len || first == rxq->last) {
		rxq->last->data_len -= rxq->crc_len;
		return;
	}
	left = rxq->crc_len - rxq->last->data_len;
	for (before = first; before->next != rxq->last; before = before->next)
		;
	rte_pktmbuf_free_seg(rxq->last);
	before->next = NULL;
	before->data_len -= left;
	first->nb_segs--;
	rxq->last = before;
}

/**
 * End the frame in work.
 *
 * @return the packet, or NULL when it was no good and is freed
 */
static struct rte_mbuf *
rx_complete(struct aether_rxq *rxq, uint64_t qword0, uint64_t qword1)
{
	struct rte_mbuf *m = rxq->first;

	if (unlikely((qword1 & E810_RXD_FLEX_STATUS0_RXE) != 0 || m->pkt_len <= rxq->crc_len)) {
		rxq->first = NULL;
		rte_compiler_barrier();
		rte_pktmbuf_free(m);
		rxq->bad++;
		return NULL;
	}
	if (rxq->crc_len != 0)
		rx_trim_crc(rxq);
	m->ol_flags = rx_flags(qword1);
	m->packet_type = rx_ptypes[(qword0 >> AETHER_RXQ0_PTYPE_S) & E810_RXD_FLEX_PTYPE_M];
	m->vlan_tci = qword1 >> AETHER_RXQ1_L2TAG1_S;
	m->hash.rss = qword1 >> AETHER_RXQ1_HASH_S;
	rxq->first = NULL;
	return m;
}

/** A frame that claims more buffers than an E810 uses, or more bytes than a buffer holds. */
static __rte_noinline void
rx_drop_frame(struct aether_rxq *rxq)
{
	struct rte_mbuf *first = rxq->first;

	rxq->first = NULL;
	rte_compiler_barrier();
	rte_pktmbuf_free(first);
	rx_drop(rxq);
}

uint16_t
aether_recv_scattered(void *rx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct aether_rxq *rxq = rx_queue;
	uint16_t left = rxq->n_desc - rxq->n_empty;
	uint64_t qword0, qword1;
	struct rte_mbuf *m;
	uint16_t done = 0, len;

	while (done < n && left-- > 0) {
		const union aether_rx_desc *desc = rxq->ring + rxq->next;

		/* Acquire: as in rx_run(). */
		qword1 = rte_le_to_cpu_64(__atomic_load_n(&desc->qword[1], __ATOMIC_ACQUIRE));
		if (!(qword1 & E810_RXD_FLEX_STATUS0_DD))
			break;
		qword0 = rte_le_to_cpu_64(desc->qword[0]);
		len = rx_len(qword0);
		if (unlikely(len > rxq->buf_len || (rxq->first != NULL &&
				rxq->first->nb_segs == E810_RLAN_RXMAX_MAX_CHAIN))) {
			rx_drop_frame(rxq);
			continue;
		}
		m = rxq->sw_ring[rxq->next];
		rx_advance(rxq, 1);
		rte_compiler_barrier();
		rx_chain(rxq, m, len);
		if (!(qword1 & E810_RXD_FLEX_STATUS0_EOF))
			continue;
		m = rx_complete(rxq, qword0, qword1);
		if (likely(m != NULL)) {
			pkts[done++] = m;
			rxq->bytes += m->pkt_len;
		}
	}
	rxq->packets += done;
	if (rxq->n_empty >= rxq->refill_thresh)
		aether_rx_refill(rxq);
	return done;
}

/* ---------------------------------------------------------------- transmit ------------------ */

#define TX_QW1(cmd, offset, len, tag) \
	((uint64_t)E810_TXD_DTYPE_DATA | \
	 (uint64_t)(cmd) << E810_TXD_QW1_CMD_S | \
	 (uint64_t)(offset) << E810_TXD_QW1_MACLEN_S | \
	 (uint64_t)(len) << E810_TXD_QW1_BUF_SZ_S | \
	 (uint64_t)(tag) << E810_TXD_QW1_L2TAG1_S)

/** Lengths of packets that may be sent, from E810_TX_MIN_LEN on. */
#define TX_LEN_RANGE	(E810_MAX_FRAME_SIZE - RTE_ETHER_CRC_LEN - E810_TX_MIN_LEN)

/** Give n mbufs back, of any pool, of any reference count. */
static void
tx_put_checked(struct rte_mbuf **mbufs, uint16_t n)
{
	struct rte_mbuf *batch[AETHER_TX_RS_THRESH];
	struct rte_mbuf *m;
	uint16_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (mbufs[i] == NULL)
			continue;
		m = rte_pktmbuf_prefree_seg(mbufs[i]);
		if (m == NULL)
			continue;
		if (k == RTE_DIM(batch) || (k > 0 && batch[0]->pool != m->pool)) {
			rte_mempool_put_bulk(batch[0]->pool, (void **)batch, k);
			k = 0;
		}
		batch[k++] = m;
	}
	if (k > 0)
		rte_mempool_put_bulk(batch[0]->pool, (void **)batch, k);
}

static __rte_always_inline void
tx_clean_advance(struct aether_txq *txq)
{
	txq->clean += txq->rs_thresh;
	if (txq->clean == txq->n_desc)
		txq->clean = 0;
	txq->n_free += txq->rs_thresh;
}

/**
 * Take back the oldest block of descriptors with a packet each, if the device is done with it.
 * The report is wiped: it must not count again before the block has been sent anew.
 */
static inline bool
tx_clean(struct aether_txq *txq)
{
	struct e810_tx_desc *reports = txq->ring + txq->clean + txq->rs_thresh - 1;
	struct rte_mbuf **mbufs = txq->sw_ring + txq->clean;

	if (!aether_tx_done(reports))
		return false;
	reports->cmd_type_offset_bsz = 0;
	tx_clean_advance(txq);
	rte_compiler_barrier();
	if (txq->fast_free)
		rte_mempool_put_bulk(mbufs[0]->pool, (void **)mbufs, txq->rs_thresh);
	else
		tx_put_checked(mbufs, txq->rs_thresh);
	return true;
}

/** Put report requests on the last descriptors of the blocks that [next, next + n) fills. */
static __rte_always_inline void
tx_request_reports(struct aether_txq *txq, uint16_t n)
{
	while (txq->next_rs < txq->next + n) {
		txq->ring[txq->next_rs].cmd_type_offset_bsz |=
			rte_cpu_to_le_64(TX_QW1(E810_TXD_CMD_RS, 0, 0, 0));
		txq->next_rs += txq->rs_thresh;
	}
	rte_compiler_barrier();
	txq->next += n;
	if (txq->next == txq->n_desc) {
		txq->next = 0;
		txq->next_rs = txq->rs_thresh - 1;
	}
}

/**
 * Fill up to n descriptors that do not wrap, a packet each.
 *
 * @return how many; fewer than n: the next packet is one that no E810 can send
 */
static __rte_always_inline uint16_t
tx_run(struct aether_txq *txq, struct rte_mbuf **pkts, uint16_t n)
{
	struct e810_tx_desc *desc = txq->ring + txq->next;
	struct rte_mbuf **sw = txq->sw_ring + txq->next;
	uint64_t bytes = 0;
	uint16_t i, len;

	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];
		const uint64_t rearm = *aether_mbuf_rearm(m);

		len = m->data_len;
		/* One segment is what was agreed on: more is an offload, and not asked for. */
		if (unlikely((uint16_t)(len - E810_TX_MIN_LEN) > TX_LEN_RANGE ||
			     aether_mbuf_nb_segs(rearm) != 1))
			break;
		desc[i].buf_addr = rte_cpu_to_le_64(rte_mbuf_iova_get(m) +
						    aether_mbuf_data_off(rearm));
		desc[i].cmd_type_offset_bsz =
			rte_cpu_to_le_64(TX_QW1(E810_TXD_CMD_EOP, 0, len, 0));
		sw[i] = m;
		bytes += len;
	}
	txq->bytes += bytes;
	return i;
}

uint16_t
aether_xmit(void *tx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct aether_txq *txq = tx_queue;
	const uint16_t want = RTE_MAX(n, txq->free_thresh);
	uint16_t done = 0, run, got;

	while (txq->n_free < want && tx_clean(txq))
		;
	n = RTE_MIN(n, txq->n_free);
	while (done < n) {
		run = RTE_MIN(n - done, txq->n_desc - txq->next);
		got = tx_run(txq, pkts + done, run);
		tx_request_reports(txq, got);
		txq->n_free -= got;
		txq->packets += got;
		done += got;
		if (unlikely(got < run)) {
			/* Sent, it would stop the queue (malicious driver detection). */
			rte_pktmbuf_free(pkts[done++]);
			txq->bad++;
		}
	}
	if (likely(n > 0))
		/* Orders the stores to descriptors and packets before the tail that shows them. */
		aether_doorbell(txq->doorbell, txq->next);
	return n;
}

/** tx_clean() where packets may have several segments: the report stands at rs_at. */
static inline bool
tx_clean_full(struct aether_txq *txq)
{
	uint16_t *rs_at = &txq->rs_at[txq->clean / txq->rs_thresh];
	struct rte_mbuf **mbufs = txq->sw_ring + txq->clean;

	if (*rs_at == UINT16_MAX || !aether_tx_done(txq->ring + *rs_at))
		return false;
	txq->ring[*rs_at].cmd_type_offset_bsz = 0;
	*rs_at = UINT16_MAX;
	tx_clean_advance(txq);
	rte_compiler_barrier();
	tx_put_checked(mbufs, txq->rs_thresh);
	return true;
}

/** Whether an E810 can send it, as far as a wrong answer would stop the queue. */
static inline bool
tx_sendable(const struct rte_mbuf *m)
{
	uint32_t sum = 0;
	uint16_t n = 0;

	if (m->nb_segs > E810_TX_MAX_DESC_PER_PKT || m->pkt_len < E810_TX_MIN_LEN ||
	    m->pkt_len > E810_MAX_FRAME_SIZE - RTE_ETHER_CRC_LEN)
		return false;
	for (const struct rte_mbuf *s = m; s != NULL; s = s->next) {
		if (s->data_len == 0 || ++n > m->nb_segs)
			return false;
		sum += s->data_len;
	}
	return n == m->nb_segs && sum == m->pkt_len;
}

/** Command and header lengths of the checksums that a packet asks for, in place in qword 1. */
static inline uint64_t
tx_offload_bits(const struct rte_mbuf *m)
{
	const uint64_t flags = m->ol_flags;
	uint64_t cmd = 0, offset = 0;

	if (flags & RTE_MBUF_F_TX_VLAN)
		cmd |= E810_TXD_CMD_IL2TAG1;
	if (flags & (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)) {
		offset |= (uint64_t)(m->l2_len >> 1) << E810_TXD_QW1_MACLEN_S;
		offset |= (uint64_t)(m->l3_len >> 2) << E810_TXD_QW1_IPLEN_S;
		if (flags & RTE_MBUF_F_TX_IP_CKSUM)
			cmd |= E810_TXD_CMD_IIPT_IPV4_CSUM;
		else if (flags & RTE_MBUF_F_TX_IPV6)
			cmd |= E810_TXD_CMD_IIPT_IPV6;
		else
			cmd |= E810_TXD_CMD_IIPT_IPV4;
	}
	switch (flags & RTE_MBUF_F_TX_L4_MASK) {
	case RTE_MBUF_F_TX_TCP_CKSUM:
		cmd |= E810_TXD_CMD_L4T_TCP;
		offset |= (uint64_t)(sizeof(struct rte_tcp_hdr) >> 2) << E810_TXD_QW1_L4LEN_S;
		break;
	case RTE_MBUF_F_TX_SCTP_CKSUM:
		cmd |= E810_TXD_CMD_L4T_SCTP;
		offset |= (uint64_t)(sizeof(struct rte_sctp_hdr) >> 2) << E810_TXD_QW1_L4LEN_S;
		break;
	case RTE_MBUF_F_TX_UDP_CKSUM:
		cmd |= E810_TXD_CMD_L4T_UDP;
		offset |= (uint64_t)(sizeof(struct rte_udp_hdr) >> 2) << E810_TXD_QW1_L4LEN_S;
		break;
	}
	return cmd << E810_TXD_QW1_CMD_S | offset;
}

/** Fill the descriptors of one packet; ask for a report where it reaches the end of a block. */
static inline void
tx_packet(struct aether_txq *txq, struct rte_mbuf *m)
{
	const uint64_t bits = tx_offload_bits(m) |
		TX_QW1(0, 0, 0, m->ol_flags & RTE_MBUF_F_TX_VLAN ? m->vlan_tci : 0);
	uint64_t cmd = 0;
	uint16_t at, report = UINT16_MAX;

	txq->n_free -= m->nb_segs;
	txq->packets++;
	txq->bytes += m->pkt_len;
	for (; m != NULL; m = m->next) {
		at = txq->next;
		if (at == txq->next_rs) {
			report = at / txq->rs_thresh;
			txq->next_rs = (at + txq->rs_thresh) % txq->n_desc;
		}
		if (m->next == NULL) {
			cmd = E810_TXD_CMD_EOP;
			/* A report may be asked for on the last descriptor of a packet only. */
			if (report != UINT16_MAX) {
				cmd |= E810_TXD_CMD_RS;
				txq->rs_at[report] = at;
			}
		}
		txq->ring[at].buf_addr = rte_cpu_to_le_64(rte_mbuf_data_iova(m));
		txq->ring[at].cmd_type_offset_bsz =
			rte_cpu_to_le_64(bits | TX_QW1(cmd, 0, m->data_len, 0));
		txq->sw_ring[at] = m;
		rte_compiler_barrier();
		txq->next = at + 1 == txq->n_desc ? 0 : at + 1;
	}
}

uint16_t
aether_xmit_full(void *tx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct aether_txq *txq = tx_queue;
	const uint16_t before = txq->next;
	uint16_t i;

	for (i = 0; i < n; i++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(!tx_sendable(m))) {
			rte_pktmbuf_free(m);
			txq->bad++;
			continue;
		}
		while (txq->n_free < RTE_MAX(m->nb_segs, txq->free_thresh) && tx_clean_full(txq))
			;
		if (m->nb_segs > txq->n_free)
			break;
		tx_packet(txq, m);
	}
	if (txq->next != before)
		/* Orders the stores to descriptors and packets before the tail that shows them. */
		aether_doorbell(txq->doorbell, txq->next);
	return i;
}

/** Packets that end in the oldest block. */
static uint32_t
tx_block_packets(const struct aether_txq *txq)
{
	struct rte_mbuf **mbufs = txq->sw_ring + txq->clean;
	uint32_t n = 0;
	uint16_t i;

	for (i = 0; i < txq->rs_thresh; i++)
		n += mbufs[i] != NULL && mbufs[i]->next == NULL;
	return n;
}

int
aether_dev_tx_done_cleanup(void *tx_queue, uint32_t n)
{
	const uint32_t max = n == 0 ? INT32_MAX : n;
	struct aether_txq *txq = tx_queue;
	uint32_t done = 0, packets;

	for (;;) {
		packets = tx_block_packets(txq);
		if (packets > max - done || !(txq->full ? tx_clean_full(txq) : tx_clean(txq)))
			return done;
		done += packets;
	}
}

uint16_t
aether_xmit_prepare(void *tx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	const struct aether_txq *txq = tx_queue;
	uint64_t supported = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6;
	uint16_t i;
	int ret;

	if (txq->offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM)
		supported |= RTE_MBUF_F_TX_IP_CKSUM;
	if (txq->offloads & (RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
			     RTE_ETH_TX_OFFLOAD_SCTP_CKSUM))
		supported |= RTE_MBUF_F_TX_L4_MASK;
	if (txq->offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT)
		supported |= RTE_MBUF_F_TX_VLAN;

	for (i = 0; i < n; i++) {
		if (pkts[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK & ~supported) {
			rte_errno = ENOTSUP;
			break;
		}
		if (!tx_sendable(pkts[i])) {
			rte_errno = EINVAL;
			break;
		}
		ret = rte_net_intel_cksum_prepare(pkts[i]);
		if (ret != 0) {
			rte_errno = -ret;
			break;
		}
	}
	return i;
}

/* ---------------------------------------------------------------- while stopped ------------- */

uint16_t
aether_recv_stopped(void *rx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	RTE_SET_USED(rx_queue);
	RTE_SET_USED(pkts);
	RTE_SET_USED(n);
	return 0;
}

uint16_t
aether_xmit_stopped(void *tx_queue, struct rte_mbuf **pkts, uint16_t n)
{
	RTE_SET_USED(tx_queue);
	RTE_SET_USED(pkts);
	RTE_SET_USED(n);
	return 0;
}

void
aether_clear_bursts(struct rte_eth_dev *dev)
{
	dev->rx_pkt_burst = aether_recv_stopped;
	dev->tx_pkt_burst = aether_xmit_stopped;
	dev->tx_pkt_prepare = aether_xmit_stopped;
}

/* ---------------------------------------------------------------- choice -------------------- */

/** Offloads of a queue for which the full Tx burst is needed. */
#define TX_FULL_OFFLOADS	(~(uint64_t)RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)

void
aether_set_bursts(struct rte_eth_dev *dev)
{
	bool scattered = false, full = false;
	uint16_t q;

	for (q = 0; q < dev->data->nb_rx_queues; q++) {
		const struct aether_rxq *rxq = dev->data->rx_queues[q];

		scattered |= rxq->scattered;
	}
	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		const struct aether_txq *txq = dev->data->tx_queues[q];

		full |= (txq->offloads & TX_FULL_OFFLOADS) != 0;
	}
	for (q = 0; q < dev->data->nb_tx_queues; q++) {
		struct aether_txq *txq = dev->data->tx_queues[q];

		txq->full = full;
	}
	dev->data->scattered_rx = scattered;
	if (scattered)
		dev->rx_pkt_burst = aether_recv_scattered;
	else if (dev->data->dev_conf.rxmode.offloads & AETHER_RX_FLAG_OFFLOADS)
		dev->rx_pkt_burst = aether_recv_offload;
	else
		dev->rx_pkt_burst = aether_recv;
	dev->tx_pkt_burst = full ? aether_xmit_full : aether_xmit;
	dev->tx_pkt_prepare = aether_xmit_prepare;
}

int
aether_dev_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue,
			     struct rte_eth_burst_mode *mode)
{
	const char *info;

	RTE_SET_USED(queue);
	if (dev->rx_pkt_burst == aether_recv)
		info = "Scalar";
	else if (dev->rx_pkt_burst == aether_recv_offload)
		info = "Scalar Offload";
	else if (dev->rx_pkt_burst == aether_recv_scattered)
		info = "Scalar Scattered";
	else
		return -EINVAL;
	rte_strscpy(mode->info, info, sizeof(mode->info));
	return 0;
}

int
aether_dev_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue,
			     struct rte_eth_burst_mode *mode)
{
	const char *info;

	RTE_SET_USED(queue);
	if (dev->tx_pkt_burst == aether_xmit)
		info = "Scalar Simple";
	else if (dev->tx_pkt_burst == aether_xmit_full)
		info = "Scalar";
	else
		return -EINVAL;
	rte_strscpy(mode->info, info, sizeof(mode->info));
	return 0;
}
