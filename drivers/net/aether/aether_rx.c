/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The scalar receive bursts: aether_rxtx.h says in which order mbufs change hands. */

#include <stddef.h>

#include <rte_branch_prediction.h>
#include <rte_mempool.h>

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
aether_rx_fill(struct aether_rxq *rxq)
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
}

void
aether_rx_give(struct aether_rxq *rxq)
{
	/* Orders aether_rx_fill()'s stores to the descriptors before the tail that gives them
	 * away. */
	aether_doorbell(rxq->doorbell, rxq->refill >= AETHER_RX_RESERVE ?
			rxq->refill - AETHER_RX_RESERVE :
			rxq->n_desc - AETHER_RX_RESERVE);
}

void
aether_rx_refill(struct aether_rxq *rxq)
{
	aether_rx_fill(rxq);
	aether_rx_give(rxq);
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
