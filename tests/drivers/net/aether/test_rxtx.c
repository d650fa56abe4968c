/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The bursts against a device that is played by hand: descriptors and doorbells are memory, and
 * every step of the device is chosen here, those that no sane one would make included.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_log.h>
#include <rte_malloc.h>

#include "aether_bursts.c"
#include "aether_rx.c"
#include "aether_rxtx_status.c"
#include "aether_tx.c"

#define N_DESC		128
#define N_MBUFS		1023
#define PORT		7
#define DATA_ROOM	512		/* small, so that frames take several buffers */

static struct rte_mempool *pool;
static struct aether_rxq *rxq;
static struct aether_txq *txq;
static uint32_t rx_doorbell, tx_doorbell;
static uint16_t rx_head, tx_head;	/* the device's places in its rings */

/* ---------------------------------------------------------------- queues and device --------- */

static int
group_setup(void **state)
{
	static char prefix[64];
	char *argv[] = {
		(char *)(uintptr_t)"test", (char *)(uintptr_t)"--no-huge",
		(char *)(uintptr_t)"-m64", (char *)(uintptr_t)"--no-pci",
		(char *)(uintptr_t)"--no-telemetry",
		(char *)(uintptr_t)"--no-shconf", (char *)(uintptr_t)"-l0", prefix,
		(char *)(uintptr_t)"--log-level=*:critical", NULL,
	};

	(void)state;
	snprintf(prefix, sizeof(prefix), "--file-prefix=aether_rxtx_%d", (int)getpid());
	if (rte_eal_init(RTE_DIM(argv) - 1, argv) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("rxtx", N_MBUFS, 64, 0, RTE_PKTMBUF_HEADROOM + DATA_ROOM,
				       SOCKET_ID_ANY);
	return pool == NULL ? -1 : 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	return rte_eal_cleanup();
}

static int
setup(void **state)
{
	struct rte_mbuf m = { .data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1, .port = PORT };

	(void)state;
	rte_mbuf_refcnt_set(&m, 1);
	rxq = rte_zmalloc(NULL, sizeof(*rxq), 64);
	rxq->ring = rte_zmalloc(NULL, N_DESC * sizeof(*rxq->ring), 128);
	rxq->sw_ring = rte_zmalloc(NULL, N_DESC * sizeof(*rxq->sw_ring), 64);
	rxq->doorbell = &rx_doorbell;
	rxq->mbuf_init = *aether_mbuf_rearm(&m);
	rxq->n_desc = N_DESC;
	rxq->n_empty = N_DESC;
	rxq->refill_thresh = AETHER_RX_BLOCK;
	rxq->buf_len = DATA_ROOM;
	rxq->pool = pool;
	rx_head = 0;
	aether_rx_refill(rxq);

	txq = rte_zmalloc(NULL, sizeof(*txq), 64);
	txq->ring = rte_zmalloc(NULL, N_DESC * sizeof(*txq->ring), 128);
	txq->sw_ring = rte_zmalloc(NULL, N_DESC * sizeof(*txq->sw_ring), 64);
	txq->rs_at = rte_zmalloc(NULL, N_DESC * sizeof(*txq->rs_at), 64);
	memset(txq->rs_at, 0xff, N_DESC * sizeof(*txq->rs_at));
	txq->doorbell = &tx_doorbell;
	txq->n_desc = N_DESC;
	txq->n_free = N_DESC - 1;
	txq->rs_thresh = 32;
	txq->free_thresh = 32;
	txq->next_rs = 31;
	txq->offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
		RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	tx_head = 0;
	tx_doorbell = 0;
	return 0;
}

/** All mbufs come home, whatever the test did. */
static int
teardown(void **state)
{
	uint16_t at = (rxq->refill + rxq->n_empty) % N_DESC;
	uint16_t i;

	(void)state;
	for (; rxq->n_empty < N_DESC; rxq->n_empty++, at = (at + 1) % N_DESC)
		rte_mbuf_raw_free(rxq->sw_ring[at]);
	rte_pktmbuf_free(rxq->first);
	for (i = txq->clean; i != txq->next; i = (i + 1) % N_DESC)
		rte_pktmbuf_free_seg(txq->sw_ring[i]);
	rte_free(rxq->ring);
	rte_free(rxq->sw_ring);
	rte_free(rxq);
	rte_free(txq->ring);
	rte_free(txq->sw_ring);
	rte_free(txq->rs_at);
	rte_free(txq);
	if (rte_mempool_avail_count(pool) != N_MBUFS) {
		print_error("%u of %u mbufs came back\n", rte_mempool_avail_count(pool), N_MBUFS);
		return -1;
	}
	return 0;
}

/** The device may use descriptors from its head up to the tail, whose low bits do not count. */
static uint16_t
rx_room(void)
{
	return ((rx_doorbell & ~7u) + N_DESC - rx_head) % N_DESC;
}

/** Write back one descriptor. @return its buffer, filled with len times `fill` */
static void
deliver(uint16_t len, uint16_t status, uint8_t fill)
{
	union aether_rx_desc *desc = &rxq->ring[rx_head];

	assert_true(rx_room() > 0);
	assert_int_equal(desc->read.hdr_addr, 0);
	if (len <= DATA_ROOM)
		memset((void *)(uintptr_t)desc->read.pkt_addr, fill, len);
	desc->qword[0] = (uint64_t)len << AETHER_RXQ0_LEN_S |
		(uint64_t)E810_PTYPE_IPV4_UDP << AETHER_RXQ0_PTYPE_S | E810_RXDID_FLEX_NIC;
	desc->qword[1] = status | E810_RXD_FLEX_STATUS0_DD;
	rx_head = (rx_head + 1) % N_DESC;
}

static void
deliver_frame(uint16_t len, uint8_t fill)
{
	deliver(len, E810_RXD_FLEX_STATUS0_EOF, fill);
}

static void
expect_frame(struct rte_mbuf *m, uint16_t len, uint8_t fill)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	uint16_t i;

	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->data_len, len);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(m->port, PORT);
	assert_int_equal(m->data_off, RTE_PKTMBUF_HEADROOM);
	assert_int_equal(rte_mbuf_refcnt_read(m), 1);
	assert_null(m->next);
	assert_int_equal(m->packet_type, RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
			 RTE_PTYPE_L4_UDP);
	for (i = 0; i < len; i++)
		assert_int_equal(data[i], fill);
}

/** Send what the doorbell shows; report where it is asked for. @return packets that were sent */
static uint16_t
send_out(void)
{
	uint16_t packets = 0;

	while (tx_head != tx_doorbell) {
		struct e810_tx_desc *desc = &txq->ring[tx_head];
		const uint64_t qword1 = desc->cmd_type_offset_bsz;
		const uint32_t cmd = qword1 >> E810_TXD_QW1_CMD_S & 0xFFF;

		assert_int_equal(qword1 & E810_TXD_QW1_DTYPE_M, E810_TXD_DTYPE_DATA);
		assert_true((qword1 & E810_TXD_QW1_BUF_SZ_M) != 0);
		if (cmd & E810_TXD_CMD_RS) {
			/* Section 10.5.2: on the last descriptor of a packet only. */
			assert_true(cmd & E810_TXD_CMD_EOP);
			desc->cmd_type_offset_bsz = E810_TXD_DTYPE_DESC_DONE;
		}
		packets += (cmd & E810_TXD_CMD_EOP) != 0;
		tx_head = (tx_head + 1) % N_DESC;
	}
	return packets;
}

static struct rte_mbuf *
make_packet(uint16_t n_segs, uint16_t seg_len)
{
	struct rte_mbuf *first = NULL, *m;
	uint16_t i;

	for (i = 0; i < n_segs; i++) {
		m = rte_pktmbuf_alloc(pool);
		assert_non_null(m);
		assert_non_null(rte_pktmbuf_append(m, seg_len));
		if (first == NULL)
			first = m;
		else
			assert_int_equal(rte_pktmbuf_chain(first, m), 0);
	}
	return first;
}

/* ---------------------------------------------------------------- receive ------------------- */

static void
test_rx_as_many_as_asked(void **state)
{
	static const uint16_t asked[] = { 1, 3, 4, 7, 32, 5 };
	struct rte_mbuf *pkts[64];
	unsigned int i, j;
	uint8_t fill = 0, seen = 0;

	(void)state;
	for (i = 0; i < 52; i++)
		deliver_frame(60 + i, fill++);
	for (i = 0; i < RTE_DIM(asked); i++) {
		assert_int_equal(aether_recv(rxq, pkts, asked[i]), asked[i]);
		for (j = 0; j < asked[i]; j++) {
			expect_frame(pkts[j], 60 + seen, seen);
			rte_pktmbuf_free(pkts[j]);
			seen++;
		}
	}
	assert_int_equal(aether_recv(rxq, pkts, 32), 0);
	/* Four that are ready are four, not none. */
	for (i = 0; i < 4; i++)
		deliver_frame(64, i);
	assert_int_equal(aether_recv(rxq, pkts, 32), 4);
	rte_pktmbuf_free_bulk(pkts, 4);
	assert_int_equal(rxq->packets, 56);
	assert_int_equal(rxq->bytes, 52 * 60 + 51 * 52 / 2 + 4 * 64);
}

static void
test_rx_around_the_ring(void **state)
{
	struct rte_mbuf *pkts[64];
	unsigned int round, i;
	uint16_t n, got;
	uint32_t seen = 0, sent = 0;

	(void)state;
	for (round = 0; round < 2000; round++) {
		n = RTE_MIN(rand() % 50, rx_room());
		for (i = 0; i < n; i++, sent++)
			deliver_frame(60 + sent % 400, sent);
		got = aether_recv(rxq, pkts, rand() % 64);
		for (i = 0; i < got; i++, seen++) {
			expect_frame(pkts[i], 60 + seen % 400, seen);
			rte_pktmbuf_free(pkts[i]);
		}
		/* A tail on the hardware's grid, never one that makes a full ring look empty. */
		assert_int_equal(rx_doorbell % 8, 0);
		assert_true(rx_doorbell < N_DESC);
	}
	assert_true(seen > 10000);
}

static void
test_rx_offload_flags(void **state)
{
	static const struct {
		uint16_t status;
		uint64_t flags;
	} cases[] = {
		{ 0, 0 },
		{ E810_RXD_FLEX_STATUS0_IPE, 0 },	/* without L3L4P it means nothing */
		{ E810_RXD_FLEX_STATUS0_L3L4P,
		  RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ E810_RXD_FLEX_STATUS0_L3L4P | E810_RXD_FLEX_STATUS0_IPE,
		  RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_GOOD },
		{ E810_RXD_FLEX_STATUS0_L3L4P | E810_RXD_FLEX_STATUS0_L4E,
		  RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_BAD },
		{ E810_RXD_FLEX_STATUS0_L2TAG1P,
		  RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED },
		{ E810_RXD_FLEX_STATUS0_RSS_VALID, RTE_MBUF_F_RX_RSS_HASH },
	};
	struct rte_mbuf *m;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		deliver(60, cases[i].status | E810_RXD_FLEX_STATUS0_EOF, 0);
		rxq->ring[rx_head - 1].flex.l2tag1 = 0x1234;
		rxq->ring[rx_head - 1].flex.rss_hash = 0x56789abc;
		assert_int_equal(aether_recv_offload(rxq, &m, 1), 1);
		assert_int_equal(m->ol_flags, cases[i].flags);
		assert_int_equal(m->vlan_tci, 0x1234);
		assert_int_equal(m->hash.rss, 0x56789abc);
		expect_frame(m, 60, 0);
		rte_pktmbuf_free(m);
	}
}

static void
test_rx_bad_descriptors(void **state)
{
	struct rte_mbuf *pkts[8];

	(void)state;
	deliver_frame(60, 1);
	deliver(60, 0, 2);						/* goes on, and may not */
	deliver(60, E810_RXD_FLEX_STATUS0_EOF | E810_RXD_FLEX_STATUS0_RXE, 3);
	deliver(DATA_ROOM + 1, E810_RXD_FLEX_STATUS0_EOF, 4);		/* longer than its buffer */
	deliver_frame(DATA_ROOM, 5);
	assert_int_equal(aether_recv(rxq, pkts, 8), 1);
	assert_int_equal(aether_recv(rxq, pkts + 1, 7), 0);
	assert_int_equal(aether_recv(rxq, pkts + 1, 7), 0);
	assert_int_equal(aether_recv(rxq, pkts + 1, 7), 1);
	expect_frame(pkts[0], 60, 1);
	expect_frame(pkts[1], DATA_ROOM, 5);
	rte_pktmbuf_free_bulk(pkts, 2);
	assert_int_equal(rxq->bad, 3);
	assert_int_equal(rxq->packets, 2);
}

/** A device that marks everything done, again and again, gets no mbuf delivered twice. */
static void
test_rx_lying_device(void **state)
{
	struct rte_mbuf *pkts[2 * N_DESC];
	uint16_t i, j, got = 0, n;

	(void)state;
	for (i = 0; i < N_DESC; i++) {
		rxq->ring[i].qword[0] = UINT64_C(60) << AETHER_RXQ0_LEN_S;
		rxq->ring[i].qword[1] = E810_RXD_FLEX_STATUS0_DD | E810_RXD_FLEX_STATUS0_EOF;
	}
	rxq->refill_thresh = UINT16_MAX;	/* as with a pool that has no more */
	do {
		n = aether_recv(rxq, pkts + got, 50);
		got += n;
	} while (n > 0);
	assert_int_equal(got, N_DESC);
	for (i = 0; i < got; i++) {
		for (j = 0; j < i; j++)
			assert_ptr_not_equal(pkts[i], pkts[j]);
	}
	rte_pktmbuf_free_bulk(pkts, got);
	rxq->refill_thresh = AETHER_RX_BLOCK;
}

static void
test_rx_empty_pool(void **state)
{
	struct rte_mbuf *hoard[N_MBUFS], *pkts[N_DESC];
	unsigned int n_hoard = 0, i;
	uint16_t got;

	(void)state;
	while ((hoard[n_hoard] = rte_pktmbuf_alloc(pool)) != NULL)
		n_hoard++;
	for (i = 0; i < 64; i++)
		deliver_frame(60, i);
	got = aether_recv(rxq, pkts, 64);
	assert_int_equal(got, 64);
	assert_int_equal(rxq->no_mbuf, AETHER_RX_BLOCK);
	for (i = 0; i < got; i++)
		expect_frame(pkts[i], 60, i);
	/* Memory comes back, and with the next burst, even an empty one, so do the buffers. */
	rte_pktmbuf_free_bulk(hoard, n_hoard);
	assert_int_equal(aether_recv(rxq, pkts + got, 1), 0);
	assert_int_equal(rxq->n_empty, 0);
	rte_pktmbuf_free_bulk(pkts, got);
	for (i = 0; i < 100; i++)
		deliver_frame(60, i);
	assert_int_equal(aether_recv(rxq, pkts, N_DESC), 100);
	rte_pktmbuf_free_bulk(pkts, 100);
}

static void
expect_chain(struct rte_mbuf *m, uint32_t len, uint16_t n_segs)
{
	uint32_t sum = 0;
	uint16_t n = 0;

	rte_mbuf_sanity_check(m, 1);
	assert_int_equal(m->pkt_len, len);
	assert_int_equal(m->nb_segs, n_segs);
	for (; m != NULL; m = m->next, n++)
		sum += m->data_len;
	assert_int_equal(sum, len);
	assert_int_equal(n, n_segs);
}

static void
test_rx_scattered(void **state)
{
	struct rte_mbuf *pkts[8];

	(void)state;
	deliver(DATA_ROOM, 0, 1);
	deliver(DATA_ROOM, 0, 2);
	assert_int_equal(aether_recv_scattered(rxq, pkts, 8), 0);	/* not whole yet */
	deliver(100, E810_RXD_FLEX_STATUS0_EOF, 3);
	deliver_frame(60, 4);
	assert_int_equal(aether_recv_scattered(rxq, pkts, 8), 2);
	expect_chain(pkts[0], 2 * DATA_ROOM + 100, 3);
	assert_int_equal(*rte_pktmbuf_mtod(pkts[0], uint8_t *), 1);
	assert_int_equal(*rte_pktmbuf_mtod(pkts[0]->next, uint8_t *), 2);
	assert_int_equal(*rte_pktmbuf_mtod(pkts[0]->next->next, uint8_t *), 3);
	expect_frame(pkts[1], 60, 4);
	rte_pktmbuf_free_bulk(pkts, 2);
	assert_int_equal(rxq->packets, 2);
	assert_int_equal(rxq->bytes, 2 * DATA_ROOM + 160);
}

static void
test_rx_scattered_crc(void **state)
{
	struct rte_mbuf *pkts[8];

	(void)state;
	rxq->crc_len = 4;
	deliver(DATA_ROOM, 0, 1);
	deliver(100, E810_RXD_FLEX_STATUS0_EOF, 2);	/* the FCS lies in the last segment */
	deliver(DATA_ROOM, 0, 3);
	deliver(4, E810_RXD_FLEX_STATUS0_EOF, 4);	/* the FCS is the last segment */
	deliver(DATA_ROOM, 0, 5);
	deliver(1, E810_RXD_FLEX_STATUS0_EOF, 6);	/* the FCS begins in the one before */
	deliver_frame(64, 7);
	deliver_frame(3, 8);				/* not even an FCS */
	assert_int_equal(aether_recv_scattered(rxq, pkts, 8), 4);
	expect_chain(pkts[0], DATA_ROOM + 96, 2);
	expect_chain(pkts[1], DATA_ROOM, 1);
	expect_chain(pkts[2], DATA_ROOM - 3, 1);
	expect_chain(pkts[3], 60, 1);
	rte_pktmbuf_free_bulk(pkts, 4);
	assert_int_equal(rxq->bad, 1);
}

static void
test_rx_scattered_bad(void **state)
{
	struct rte_mbuf *pkts[8];
	unsigned int i;

	(void)state;
	for (i = 0; i < 6; i++)				/* an E810 uses five at most */
		deliver(DATA_ROOM, 0, i);
	deliver_frame(60, 9);
	deliver(DATA_ROOM, 0, 1);			/* whole, and marked bad */
	deliver(10, E810_RXD_FLEX_STATUS0_EOF | E810_RXD_FLEX_STATUS0_RXE, 2);
	deliver(DATA_ROOM + 1, 0, 3);
	deliver_frame(61, 10);
	assert_int_equal(aether_recv_scattered(rxq, pkts, 8), 2);
	expect_frame(pkts[0], 60, 9);
	expect_frame(pkts[1], 61, 10);
	rte_pktmbuf_free_bulk(pkts, 2);
	assert_int_equal(rxq->bad, 3);
}

static void
test_rx_status(void **state)
{
	struct rte_mbuf *pkts[32];
	unsigned int i;

	(void)state;
	assert_int_equal(aether_rx_queue_count(rxq), 0);
	assert_int_equal(aether_rx_descriptor_status(rxq, 0), RTE_ETH_RX_DESC_AVAIL);
	for (i = 0; i < 10; i++)
		deliver_frame(60, i);
	assert_int_equal(aether_rx_queue_count(rxq), 10);
	assert_int_equal(aether_rx_descriptor_status(rxq, 9), RTE_ETH_RX_DESC_DONE);
	assert_int_equal(aether_rx_descriptor_status(rxq, 10), RTE_ETH_RX_DESC_AVAIL);
	assert_int_equal(aether_recv(rxq, pkts, 4), 4);
	rte_pktmbuf_free_bulk(pkts, 4);
	assert_int_equal(aether_rx_queue_count(rxq), 6);
	/* The four are not refilled yet, and eight are never given to the device. */
	assert_int_equal(aether_rx_descriptor_status(rxq, N_DESC - 4 - 9), RTE_ETH_RX_DESC_AVAIL);
	assert_int_equal(aether_rx_descriptor_status(rxq, N_DESC - 4 - 8),
			 RTE_ETH_RX_DESC_UNAVAIL);
	assert_int_equal(aether_rx_descriptor_status(rxq, N_DESC - 1), RTE_ETH_RX_DESC_UNAVAIL);
	assert_int_equal(aether_rx_descriptor_status(rxq, N_DESC), -EINVAL);
}

/* ---------------------------------------------------------------- transmit ------------------ */

typedef uint16_t (*xmit_fn)(void *queue, struct rte_mbuf **pkts, uint16_t n);

static void
fill_and_drain(xmit_fn xmit)
{
	struct rte_mbuf *pkts[N_DESC + 10];
	uint16_t i, sent;

	for (i = 0; i < RTE_DIM(pkts); i++)
		pkts[i] = make_packet(1, 60 + i);
	sent = xmit(txq, pkts, RTE_DIM(pkts));
	assert_int_equal(sent, N_DESC - 1);
	assert_int_equal(tx_doorbell, N_DESC - 1);
	assert_int_equal(xmit(txq, pkts + sent, 1), 0);		/* full, nothing reported */
	for (i = 0; i < sent; i++) {
		const struct e810_tx_desc *desc = &txq->ring[i];

		assert_int_equal(desc->buf_addr, rte_pktmbuf_iova(pkts[i]));
		assert_int_equal((desc->cmd_type_offset_bsz & E810_TXD_QW1_BUF_SZ_M) >>
				 E810_TXD_QW1_BUF_SZ_S, 60 + i);
		assert_int_equal((desc->cmd_type_offset_bsz >> E810_TXD_QW1_CMD_S &
				  E810_TXD_CMD_RS) != 0, i % 32 == 31);
	}
	assert_int_equal(send_out(), sent);
	assert_int_equal(xmit(txq, pkts + sent, RTE_DIM(pkts) - sent), RTE_DIM(pkts) - sent);
	assert_int_equal(txq->packets, RTE_DIM(pkts));
	assert_int_equal(send_out(), RTE_DIM(pkts) - sent);
}

static void
test_tx_full_ring(void **state)
{
	(void)state;
	fill_and_drain(aether_xmit);
}

static void
test_tx_full_ring_of_full(void **state)
{
	(void)state;
	fill_and_drain(aether_xmit_full);
}

/** Any bursts, a device that lags by any amount: nothing is lost, nothing freed too early. */
static void
around_the_ring(xmit_fn xmit, uint16_t max_segs)
{
	struct rte_mbuf *pkts[64];
	uint32_t taken = 0, sent = 0;
	unsigned int round;
	uint16_t i, n, done;

	txq->packets = 0;
	for (round = 0; round < 3000; round++) {
		n = rand() % 40;
		for (i = 0; i < n; i++)
			pkts[i] = make_packet(1 + rand() % max_segs, 30);
		done = xmit(txq, pkts, n);
		taken += done;
		if (done < n)
			rte_pktmbuf_free_bulk(pkts + done, n - done);
		if (rand() % 3 == 0)
			sent += send_out();
	}
	sent += send_out();
	assert_int_equal(sent, taken);
	assert_int_equal(txq->packets, taken);
	assert_true(sent > 10000);
}

static void
test_tx_around_the_ring(void **state)
{
	(void)state;
	around_the_ring(aether_xmit, 1);
	txq->fast_free = true;
	around_the_ring(aether_xmit, 1);
}

static void
test_tx_segments_around_the_ring(void **state)
{
	(void)state;
	around_the_ring(aether_xmit_full, 1);
	around_the_ring(aether_xmit_full, E810_TX_MAX_DESC_PER_PKT);
}

/** The smallest distance of reports: a packet of eight segments covers each end of a block. */
static void
test_tx_segments_of_small_blocks(void **state)
{
	(void)state;
	txq->rs_thresh = AETHER_TX_RS_MIN;
	txq->next_rs = AETHER_TX_RS_MIN - 1;
	around_the_ring(aether_xmit_full, E810_TX_MAX_DESC_PER_PKT);
}

static void
test_tx_unsendable(void **state)
{
	struct rte_mbuf *pkts[6];

	(void)state;
	pkts[0] = make_packet(1, 60);
	pkts[1] = make_packet(1, E810_TX_MIN_LEN - 1);
	pkts[2] = make_packet(1, E810_TX_MIN_LEN);
	pkts[3] = make_packet(1, 60);
	pkts[3]->data_len = 0;
	pkts[4] = make_packet(1, 60);
	pkts[4]->data_len = E810_MAX_FRAME_SIZE - RTE_ETHER_CRC_LEN + 1;
	pkts[5] = make_packet(1, 61);
	assert_int_equal(aether_xmit(txq, pkts, 6), 6);
	assert_int_equal(tx_doorbell, 3);
	assert_int_equal(txq->bad, 3);
	assert_int_equal(txq->packets, 3);
	assert_int_equal(send_out(), 3);
}

static void
test_tx_unsendable_chains(void **state)
{
	struct rte_mbuf *pkts[6], *extra;

	(void)state;
	pkts[0] = make_packet(E810_TX_MAX_DESC_PER_PKT + 1, 60);
	pkts[1] = make_packet(E810_TX_MAX_DESC_PER_PKT, 60);
	pkts[2] = make_packet(2, 8);			/* 16 bytes in all */
	pkts[3] = make_packet(3, 60);
	pkts[3]->next->data_len = 0;			/* an empty segment */
	pkts[4] = make_packet(2, 60);
	extra = make_packet(1, 60);
	pkts[4]->next->next = extra;			/* more segments than it says */
	pkts[5] = make_packet(2, 60);
	pkts[5]->pkt_len += 1;
	assert_int_equal(aether_xmit_full(txq, pkts, 6), 6);
	assert_int_equal(tx_doorbell, E810_TX_MAX_DESC_PER_PKT);
	assert_int_equal(txq->bad, 5);
	assert_int_equal(send_out(), 1);
}

static void
test_tx_shared_mbufs(void **state)
{
	struct rte_mbuf *pkts[32];
	unsigned int i;

	(void)state;
	for (i = 0; i < 32; i++) {
		pkts[i] = make_packet(1, 60);
		rte_mbuf_refcnt_update(pkts[i], 1);
	}
	assert_int_equal(aether_xmit(txq, pkts, 32), 32);
	assert_int_equal(send_out(), 32);
	assert_true(tx_clean(txq));
	for (i = 0; i < 32; i++) {
		assert_int_equal(rte_mbuf_refcnt_read(pkts[i]), 1);
		rte_pktmbuf_free(pkts[i]);
	}
}

static void
test_tx_checksum_bits(void **state)
{
	struct rte_mbuf *m = make_packet(1, 100);
	uint64_t qword1;

	(void)state;
	m->l2_len = 18;
	m->l3_len = 24;
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_UDP_CKSUM;
	assert_int_equal(aether_xmit_full(txq, &m, 1), 1);
	qword1 = txq->ring[0].cmd_type_offset_bsz;
	assert_int_equal(qword1 >> E810_TXD_QW1_CMD_S & 0xFFF, E810_TXD_CMD_EOP |
			 E810_TXD_CMD_IIPT_IPV4_CSUM | E810_TXD_CMD_L4T_UDP);
	assert_int_equal(qword1 >> E810_TXD_QW1_MACLEN_S & 0x7F, 9);
	assert_int_equal(qword1 >> E810_TXD_QW1_IPLEN_S & 0x7F, 6);
	assert_int_equal(qword1 >> E810_TXD_QW1_L4LEN_S & 0xF, 2);

	m = make_packet(1, 100);
	m->l2_len = 14;
	m->l3_len = 40;
	m->ol_flags = RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM;
	assert_int_equal(aether_xmit_full(txq, &m, 1), 1);
	qword1 = txq->ring[1].cmd_type_offset_bsz;
	assert_int_equal(qword1 >> E810_TXD_QW1_CMD_S & 0xFFF, E810_TXD_CMD_EOP |
			 E810_TXD_CMD_IIPT_IPV6 | E810_TXD_CMD_L4T_TCP);
	assert_int_equal(qword1 >> E810_TXD_QW1_MACLEN_S & 0x7F, 7);
	assert_int_equal(qword1 >> E810_TXD_QW1_IPLEN_S & 0x7F, 10);
	assert_int_equal(qword1 >> E810_TXD_QW1_L4LEN_S & 0xF, 5);
	assert_int_equal(send_out(), 2);
}

static void
test_tx_prepare(void **state)
{
	struct rte_mbuf *pkts[3];

	(void)state;
	pkts[0] = make_packet(1, 100);
	pkts[1] = make_packet(2, 100);
	pkts[2] = make_packet(1, 10);
	assert_int_equal(aether_xmit_prepare(txq, pkts, 3), 2);
	assert_int_equal(rte_errno, EINVAL);
	pkts[1]->ol_flags = RTE_MBUF_F_TX_TCP_SEG;
	assert_int_equal(aether_xmit_prepare(txq, pkts, 3), 1);
	assert_int_equal(rte_errno, ENOTSUP);
	rte_pktmbuf_free_bulk(pkts, 3);
}

static void
test_tx_status(void **state)
{
	struct rte_mbuf *pkts[40];
	unsigned int i;

	(void)state;
	assert_int_equal(aether_tx_descriptor_status(txq, 0), RTE_ETH_TX_DESC_DONE);
	assert_int_equal(aether_tx_descriptor_status(txq, N_DESC - 1), RTE_ETH_TX_DESC_DONE);
	for (i = 0; i < 40; i++)
		pkts[i] = make_packet(1, 60);
	assert_int_equal(aether_xmit(txq, pkts, 40), 40);
	/* Offsets count from the next one to fill: the oldest of the 40 is the last but 39. */
	assert_int_equal(aether_tx_descriptor_status(txq, N_DESC - 40), RTE_ETH_TX_DESC_FULL);
	assert_int_equal(aether_tx_descriptor_status(txq, N_DESC - 1), RTE_ETH_TX_DESC_FULL);
	assert_int_equal(aether_tx_descriptor_status(txq, N_DESC - 41), RTE_ETH_TX_DESC_DONE);
	assert_int_equal(send_out(), 40);
	assert_int_equal(aether_tx_descriptor_status(txq, N_DESC - 40), RTE_ETH_TX_DESC_DONE);
	/* Of the eight in the second block no report was asked for yet. */
	assert_int_equal(aether_tx_descriptor_status(txq, N_DESC - 8), RTE_ETH_TX_DESC_FULL);
	assert_int_equal(aether_tx_descriptor_status(txq, N_DESC), -EINVAL);
}

/** What a cleaned block held is nobody's any more, and may be gone with its pool. */
static void
test_tx_cleanup_of_nothing(void **state)
{
	const uint16_t n_free = txq->n_free;
	uint16_t i;

	(void)state;
	for (i = 0; i < N_DESC; i++)
		txq->sw_ring[i] = (struct rte_mbuf *)RTE_CACHE_LINE_SIZE;
	assert_int_equal(aether_dev_tx_done_cleanup(txq, 0), 0);
	assert_int_equal(txq->n_free, n_free);
	memset(txq->sw_ring, 0, N_DESC * sizeof(*txq->sw_ring));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rx_as_many_as_asked),
		TEST(test_rx_around_the_ring),
		TEST(test_rx_offload_flags),
		TEST(test_rx_bad_descriptors),
		TEST(test_rx_lying_device),
		TEST(test_rx_empty_pool),
		TEST(test_rx_scattered),
		TEST(test_rx_scattered_crc),
		TEST(test_rx_scattered_bad),
		TEST(test_rx_status),
		TEST(test_tx_full_ring),
		TEST(test_tx_full_ring_of_full),
		TEST(test_tx_around_the_ring),
		TEST(test_tx_segments_around_the_ring),
		TEST(test_tx_segments_of_small_blocks),
		TEST(test_tx_unsendable),
		TEST(test_tx_unsendable_chains),
		TEST(test_tx_shared_mbufs),
		TEST(test_tx_checksum_bits),
		TEST(test_tx_prepare),
		TEST(test_tx_status),
		TEST(test_tx_cleanup_of_nothing),
	};

	srand(2);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
