/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Interrupts of two ports that a cable joins: one has more Rx queues with interrupts than a door
 * enables vectors for at first. It sleeps, is woken by a packet, and, once told by the script
 * that the cable is pulled, by the link.
 *
 *     intr-app <EAL arguments>
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>

#define QUEUES	20
#define RING	64
#define ROUNDS	100
#define WAIT_MS	5000
#define GIVE_UP_S	20

#define CHECK(condition) do { \
	if (!(condition)) { \
		printf("FAIL: line %d: %s (%s)\n", __LINE__, #condition, \
		       rte_strerror(rte_errno)); \
		exit(1); \
	} \
} while (0)

static bool link_changed;

static int
link_event(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_store_n(&link_changed, true, __ATOMIC_RELEASE);
	return 0;
}

static void
set_up_port(uint16_t port, uint16_t n_rx, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	uint16_t q;

	conf.intr_conf.lsc = 1;
	conf.intr_conf.rxq = n_rx > 1;
	CHECK(rte_eth_dev_configure(port, n_rx, 1, &conf) == 0);
	for (q = 0; q < n_rx; q++)
		CHECK(rte_eth_rx_queue_setup(port, q, RING, SOCKET_ID_ANY, NULL, pool) == 0);
	CHECK(rte_eth_tx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL) == 0);
	CHECK(rte_eth_promiscuous_enable(port) == 0);
	CHECK(rte_eth_dev_start(port) == 0);
}

static void
send_one(struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data;

	CHECK(m != NULL);
	data = rte_pktmbuf_append(m, RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN);
	memset(data, 0xff, m->data_len);
	CHECK(rte_eth_tx_burst(0, 0, &m, 1) == 1);
}

/** Take the wakes of queues that were there when the door enabled more vectors. */
static void
drain(void)
{
	struct rte_epoll_event events[QUEUES];

	while (rte_epoll_wait(RTE_EPOLL_PER_THREAD, events, QUEUES, 0) > 0)
		;
}

/** Sleep on queue 0 of port 1 until a packet comes. */
static void
be_woken(struct rte_mempool *pool)
{
	struct rte_epoll_event event;
	struct rte_mbuf *m;

	CHECK(rte_eth_dev_rx_intr_enable(1, 0) == 0);
	send_one(pool);
	CHECK(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, WAIT_MS) == 1);
	CHECK(rte_eth_dev_rx_intr_disable(1, 0) == 0);
	CHECK(rte_eth_rx_burst(1, 0, &m, 1) == 1);
	rte_pktmbuf_free(m);
}

static void
wait_for_link(void)
{
	unsigned int ms;

	for (ms = 0; ms < 1000 * GIVE_UP_S; ms++) {
		if (__atomic_load_n(&link_changed, __ATOMIC_ACQUIRE))
			return;
		rte_delay_us_sleep(1000);
	}
	CHECK(link_changed);
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	char line[16];
	unsigned int i;

	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "EAL: %s\n", rte_strerror(rte_errno));
	CHECK(rte_eth_dev_count_avail() == 2);
	pool = rte_pktmbuf_pool_create("pool", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	CHECK(pool != NULL);
	set_up_port(0, 1, pool);
	set_up_port(1, QUEUES, pool);
	for (i = 0; i < QUEUES; i++)
		CHECK(rte_eth_dev_rx_intr_ctl_q(1, i, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
						NULL) == 0);
	drain();
	for (i = 0; i < ROUNDS; i++)
		be_woken(pool);

	CHECK(rte_eth_dev_callback_register(1, RTE_ETH_EVENT_INTR_LSC, link_event, NULL) == 0);
	printf("pull the cable\n");
	fflush(stdout);
	CHECK(fgets(line, sizeof(line), stdin) != NULL);
	wait_for_link();
	for (i = 0; i < 2; i++) {
		CHECK(rte_eth_dev_stop(i) == 0);
		CHECK(rte_eth_dev_close(i) == 0);
	}
	CHECK(rte_mempool_avail_count(pool) == 4095);
	CHECK(rte_eal_cleanup() == 0);
	printf("woken by %u packets and the link, with %u vectors\n", ROUNDS, QUEUES + 1);
	return 0;
}
