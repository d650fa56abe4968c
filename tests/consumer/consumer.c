/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * An application outside of Aether's tree. It sends packets of seeded sizes and contents
 * through port 0, whose wire loops them back, and compares every byte that returns.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#ifdef PRINT_VERSION
#include <rte_aether.h>
#endif

#define PACKETS 1000
#define POOL_SIZE 4095
#define BURST 32
#define DESCRIPTORS 512
#define TIMEOUT_S 20

static const uint16_t port;

/* The size and each byte of a packet follow from its number alone. */
static uint32_t
mix(uint32_t x)
{
	x = (x ^ (x >> 16)) * 0x45d9f3bu;
	x = (x ^ (x >> 16)) * 0x45d9f3bu;
	return x ^ (x >> 16);
}

static uint16_t
packet_size(uint32_t number)
{
	return RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN +
		mix(number) % (RTE_ETHER_MAX_LEN - RTE_ETHER_MIN_LEN + 1);
}

static void
fill_packet(uint8_t *data, uint32_t number, const struct rte_ether_addr *mac)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)data;
	uint16_t i;

	eth->dst_addr = *mac;
	eth->src_addr = *mac;
	/* IEEE 802 local experimental EtherType 1 */
	eth->ether_type = rte_cpu_to_be_16(0x88B5);
	for (i = sizeof(*eth); i < packet_size(number); i++)
		data[i] = mix(number << 16 | i);
}

static struct rte_mbuf *
make_packet(struct rte_mempool *pool, uint32_t number, const struct rte_ether_addr *mac)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data = m == NULL ? NULL : rte_pktmbuf_append(m, packet_size(number));

	if (data == NULL)
		rte_exit(EXIT_FAILURE, "no mbuf for packet %" PRIu32 "\n", number);
	fill_packet((uint8_t *)data, number, mac);
	return m;
}

static void
check_packet(const struct rte_mbuf *m, uint32_t number, const struct rte_ether_addr *mac)
{
	uint8_t wanted[RTE_ETHER_MAX_LEN], space[RTE_ETHER_MAX_LEN];
	const uint8_t *found;
	uint16_t i, size = packet_size(number);

	if (m->pkt_len != size)
		rte_exit(EXIT_FAILURE, "packet %" PRIu32 " has %" PRIu32 " bytes, wanted %u\n",
				number, m->pkt_len, size);
	fill_packet(wanted, number, mac);
	found = rte_pktmbuf_read(m, 0, size, space);
	for (i = 0; i < size; i++)
		if (found[i] != wanted[i])
			rte_exit(EXIT_FAILURE, "packet %" PRIu32 ", byte %u is 0x%02x, "
				 "wanted 0x%02x\n", number, i, found[i], wanted[i]);
}

static struct rte_mempool *
start_port(void)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_mempool *pool = rte_pktmbuf_pool_create("consumer", POOL_SIZE, 0, 0,
			RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	int ret;

	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no mempool: %s\n", rte_strerror(rte_errno));
	ret = rte_eth_dev_configure(port, 1, 1, &conf);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	if (ret != 0)
		rte_exit(EXIT_FAILURE, "port %u does not start: %s\n", port, rte_strerror(-ret));
	return pool;
}

static void
wait_for_link(void)
{
	struct rte_eth_link link = { 0 };
	int ret = rte_eth_link_get(port, &link); /* waits up to 9 s */

	if (ret != 0 || link.link_status != RTE_ETH_LINK_UP)
		rte_exit(EXIT_FAILURE, "the link of port %u is not up (%d)\n", port, ret);
}

/* At most BURST packets are under way, so that no queue can overflow. */
static void
exchange(struct rte_mempool *pool, const struct rte_ether_addr *mac)
{
	uint64_t deadline = rte_get_timer_cycles() + TIMEOUT_S * rte_get_timer_hz();
	uint32_t sent = 0, received = 0;
	struct rte_mbuf *m[BURST];
	uint16_t i, n;

	while (received < PACKETS) {
		while (sent < PACKETS && sent - received < BURST) {
			m[0] = make_packet(pool, sent, mac);
			if (rte_eth_tx_burst(port, 0, m, 1) == 0) {
				rte_pktmbuf_free(m[0]);
				break;
			}
			sent++;
		}
		n = rte_eth_rx_burst(port, 0, m, BURST);
		for (i = 0; i < n; i++) {
			check_packet(m[i], received++, mac);
			rte_pktmbuf_free(m[i]);
		}
		if (rte_get_timer_cycles() > deadline)
			rte_exit(EXIT_FAILURE, "%" PRIu32 " packets sent, %" PRIu32
					" received after %d s\n", sent, received, TIMEOUT_S);
	}
}

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	struct rte_ether_addr mac;
	unsigned int kept;

#ifdef PRINT_VERSION
	printf("%s\n", rte_aether_version());
#endif
	if (rte_eal_init(argc, argv) < 0)
		rte_exit(EXIT_FAILURE, "EAL does not start: %s\n", rte_strerror(rte_errno));
	if (rte_eth_dev_count_avail() != 1)
		rte_exit(EXIT_FAILURE, "%u ports found, wanted 1: is the net_aether driver "
			 "linked?\n", rte_eth_dev_count_avail());
	pool = start_port();
	wait_for_link();
	if (rte_eth_macaddr_get(port, &mac) != 0)
		rte_exit(EXIT_FAILURE, "port %u has no MAC address\n", port);
	exchange(pool, &mac);
	if (rte_eth_dev_stop(port) != 0 || rte_eth_dev_close(port) != 0)
		rte_exit(EXIT_FAILURE, "port %u does not stop and close\n", port);
	kept = rte_mempool_in_use_count(pool);
	if (kept != 0)
		rte_exit(EXIT_FAILURE, "%u mbufs did not come back to the pool\n", kept);
	rte_mempool_free(pool);
	printf("%d packets came back, every byte as sent\n", PACKETS);
	return rte_eal_cleanup() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
