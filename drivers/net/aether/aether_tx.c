/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The scalar transmit bursts: aether_rxtx.h says in which order mbufs change hands. */

#include <errno.h>

#include <rte_branch_prediction.h>
#include <rte_errno.h>
#include <rte_mempool.h>
#include <rte_net.h>

#include <ethdev_driver.h>

#include "aether_rxtx.h"

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

	/* Only a full block: what the others held may be gone, with its pool. */
	while (txq->n_desc - 1 - txq->n_free >= txq->rs_thresh) {
		packets = tx_block_packets(txq);
		if (packets > max - done || !(txq->full ? tx_clean_full(txq) : tx_clean(txq)))
			break;
		done += packets;
	}
	return done;
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
