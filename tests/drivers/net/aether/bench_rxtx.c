/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What the bursts cost: TSC cycles a packet for one Rx and one Tx burst, the device's side played
 * by this program and not timed, so that its descriptors are warm in this core's cache. Not part
 * of the tests; run it by hand:
 *
 *   bench-net-aether-rxtx <EAL arguments> -- [ring size [burst]]
 *
 * Rows are mbuf pools: the stock kind, the driver's packed kind, and that on huge pages.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "aether_mempool.c"
#include "aether_rx.c"
#include "aether_tx.c"

#define ROUNDS		9
#define BURSTS		4000
#define HUGE_PAGE	(UINT64_C(2) << 20)

int aether_ethdev_logtype;

struct bench {
	struct aether_rxq *rxq;
	struct aether_txq *txq;
	uint32_t rx_doorbell, tx_doorbell;
	uint16_t rx_at;			/* the device's place in its ring */
	uint16_t tx_at;
};

/** What the device does between two bursts: n frames of 60 bytes arrive, all sent are reported. */
static void
play_device(struct bench *bench, uint16_t n)
{
	struct aether_rxq *rxq = bench->rxq;
	struct aether_txq *txq = bench->txq;
	uint16_t i;

	for (i = 0; i < n; i++) {
		union aether_rx_desc *desc = &rxq->ring[bench->rx_at];

		desc->qword[0] = UINT64_C(60) << AETHER_RXQ0_LEN_S |
			(uint64_t)E810_PTYPE_IPV4_UDP << AETHER_RXQ0_PTYPE_S | E810_RXDID_FLEX_NIC;
		desc->qword[1] = E810_RXD_FLEX_STATUS0_DD | E810_RXD_FLEX_STATUS0_EOF;
		bench->rx_at = (bench->rx_at + 1) % rxq->n_desc;
	}
	while (bench->tx_at != bench->tx_doorbell) {
		struct e810_tx_desc *desc = &txq->ring[bench->tx_at];

		if (desc->cmd_type_offset_bsz >> E810_TXD_QW1_CMD_S & E810_TXD_CMD_RS)
			desc->cmd_type_offset_bsz = E810_TXD_DTYPE_DESC_DONE;
		bench->tx_at = (bench->tx_at + 1) % txq->n_desc;
	}
}

static void *
zmalloc(size_t len)
{
	void *p = rte_zmalloc(NULL, len, 128);

	if (p == NULL)
		rte_exit(EXIT_FAILURE, "no memory for %zu bytes\n", len);
	return p;
}

static void
make_queues(struct bench *bench, struct rte_mempool *pool, uint16_t n_desc)
{
	struct rte_mbuf m = { .data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1 };
	struct aether_rxq *rxq = zmalloc(sizeof(*rxq));
	struct aether_txq *txq = zmalloc(sizeof(*txq));

	rte_mbuf_refcnt_set(&m, 1);
	rxq->ring = zmalloc(n_desc * sizeof(*rxq->ring));
	rxq->sw_ring = zmalloc(n_desc * sizeof(*rxq->sw_ring));
	rxq->doorbell = &bench->rx_doorbell;
	rxq->mbuf_init = *aether_mbuf_rearm(&m);
	rxq->n_desc = n_desc;
	rxq->n_empty = n_desc;
	rxq->refill_thresh = AETHER_RX_BLOCK;
	rxq->buf_len = RTE_MBUF_DEFAULT_DATAROOM;
	rxq->pool = pool;
	aether_rx_refill(rxq);

	txq->ring = zmalloc(n_desc * sizeof(*txq->ring));
	txq->sw_ring = zmalloc(n_desc * sizeof(*txq->sw_ring));
	txq->rs_at = zmalloc(n_desc * sizeof(*txq->rs_at));
	txq->doorbell = &bench->tx_doorbell;
	txq->n_desc = n_desc;
	txq->n_free = n_desc - 1;
	txq->rs_thresh = AETHER_TX_RS_THRESH;
	txq->free_thresh = AETHER_TX_FREE_THRESH;
	txq->next_rs = AETHER_TX_RS_THRESH - 1;
	txq->fast_free = true;
	*bench = (struct bench){ .rxq = rxq, .txq = txq };
}

static int
compare(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

static double
median(double *values)
{
	qsort(values, ROUNDS, sizeof(values[0]), compare);
	return values[ROUNDS / 2];
}

/** Cycles a packet, medians over the rounds. */
static void
run(struct bench *bench, uint16_t burst, double *rx_cycles, double *tx_cycles)
{
	double rx[ROUNDS], tx[ROUNDS];
	struct rte_mbuf *pkts[256];
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++) {
		uint64_t rx_sum = 0, tx_sum = 0, t0, t1, t2;

		for (i = 0; i < BURSTS; i++) {
			uint16_t got, sent;

			play_device(bench, burst);
			t0 = rte_rdtsc_precise();
			got = aether_recv(bench->rxq, pkts, burst);
			t1 = rte_rdtsc();
			sent = aether_xmit(bench->txq, pkts, got);
			t2 = rte_rdtsc_precise();
			if (got != burst || sent != burst)
				rte_exit(EXIT_FAILURE, "got %u, sent %u of %u\n", got, sent, burst);
			rx_sum += t1 - t0;
			tx_sum += t2 - t1;
		}
		rx[round] = (double)rx_sum / BURSTS / burst;
		tx[round] = (double)tx_sum / BURSTS / burst;
	}
	*rx_cycles = median(rx);
	*tx_cycles = median(tx);
}

/** A pool of the usual mbufs on memory of its own: 2 MiB pages, if the kernel has them to give. */
static struct rte_mempool *
make_huge_pool(unsigned int n)
{
	const size_t len = RTE_ALIGN_CEIL((size_t)n * 4096, HUGE_PAGE);
	struct rte_mempool *pool;
	char *va;

	va = mmap(NULL, len + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		  0);
	if (va == MAP_FAILED)
		return NULL;
	va = RTE_PTR_ALIGN_CEIL(va, HUGE_PAGE);
	madvise(va, len, MADV_HUGEPAGE);
	pool = rte_mempool_create_empty("bench", n, sizeof(struct rte_mbuf) +
					RTE_MBUF_DEFAULT_BUF_SIZE, 256,
					sizeof(struct rte_pktmbuf_pool_private), SOCKET_ID_ANY, 0);
	if (pool == NULL || rte_mempool_set_ops_byname(pool, "aether_packed", NULL) != 0)
		return NULL;
	rte_pktmbuf_pool_init(pool, NULL);
	if (rte_mempool_populate_iova(pool, va, (rte_iova_t)(uintptr_t)va, len, NULL, NULL) < 0)
		return NULL;
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

/** @param ops kind of pool, on EAL's memory; NULL: the packed kind, on huge pages */
static void
bench_pool(const char *ops, uint16_t n_desc, uint16_t burst)
{
	const unsigned int n = 4 * n_desc + 512;
	struct bench bench;
	struct rte_mempool *pool;
	double rx, tx;

	if (ops == NULL)
		pool = make_huge_pool(n);
	else
		pool = rte_pktmbuf_pool_create_by_ops("bench", n, 256, 0,
						      RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY,
						      ops);
	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no pool of kind %s: %s\n", ops, rte_strerror(rte_errno));
	make_queues(&bench, pool, n_desc);
	run(&bench, burst, &rx, &tx);
	printf("%-26s ring %4u burst %3u: %5.1f cycles a packet (Rx %.1f, Tx %.1f)\n",
	       ops == NULL ? "aether_packed, huge pages" : ops, n_desc, burst, rx + tx, rx, tx);
	rte_mempool_free(pool);
}

int
main(int argc, char **argv)
{
	uint16_t n_desc = 1024, burst = 32;
	int n;

	n = rte_eal_init(argc, argv);
	if (n < 0)
		return EXIT_FAILURE;
	if (argc > n + 1)
		n_desc = atoi(argv[n + 1]);
	if (argc > n + 2)
		burst = RTE_MIN(atoi(argv[n + 2]), 256);
	bench_pool("ring_mp_mc", n_desc, burst);
	bench_pool("aether_packed", n_desc, burst);
	bench_pool(NULL, n_desc, burst);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
