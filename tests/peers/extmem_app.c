/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Buffers in memory that this program allocated: registered, mapped for each of two ports that a
 * cable joins, received into and sent from, every byte checked, and given back.
 *
 *     extmem-app <EAL arguments> -- [packets each way]
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define PORTS		2
#define BUFFERS		4096
#define BUFFER_LEN	2176
#define PAGE		4096
#define REGION_LEN	RTE_ALIGN_CEIL(BUFFERS * BUFFER_LEN, PAGE)
#define RING		512
#define FRAME_LEN	(RTE_ETHER_HDR_LEN + 500)
#define WINDOW		256
#define GIVE_UP_S	20

#define CHECK(condition) do { \
	if (!(condition)) { \
		printf("FAIL: line %d: %s (%s)\n", __LINE__, #condition, \
		       rte_strerror(rte_errno)); \
		exit(1); \
	} \
} while (0)

static uint8_t *region;
static struct rte_device *devices[PORTS];

static void
set_up_port(uint16_t port, struct rte_mempool *pool)
{
	const struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;

	CHECK(rte_eth_dev_info_get(port, &info) == 0);
	devices[port] = info.device;
	CHECK(rte_dev_dma_map(info.device, region, (uintptr_t)region, REGION_LEN) == 0);
	CHECK(rte_eth_dev_configure(port, 1, 1, &conf) == 0);
	CHECK(rte_eth_rx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL, pool) == 0);
	CHECK(rte_eth_tx_queue_setup(port, 0, RING, SOCKET_ID_ANY, NULL) == 0);
	CHECK(rte_eth_promiscuous_enable(port) == 0);
}

static bool
in_region(const struct rte_mbuf *m)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

	return data >= region && data + m->data_len <= region + REGION_LEN;
}

static bool
send_one(uint16_t port, struct rte_mempool *pool, uint32_t number)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *eth;
	uint8_t *payload;
	unsigned int i;

	if (m == NULL)
		return false;
	eth = (struct rte_ether_hdr *)(void *)rte_pktmbuf_append(m, FRAME_LEN);
	CHECK(eth != NULL && in_region(m));
	memset(&eth->dst_addr, 0xff, sizeof(eth->dst_addr));
	rte_eth_macaddr_get(port, &eth->src_addr);
	eth->ether_type = rte_cpu_to_be_16(0x88b5);	/* for experiments */
	payload = (uint8_t *)(eth + 1);
	memcpy(payload, &number, sizeof(number));
	for (i = sizeof(number); i < FRAME_LEN - sizeof(*eth); i++)
		payload[i] = number + i;
	if (rte_eth_tx_burst(port, 0, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

static void
check_one(struct rte_mbuf *m, uint32_t number)
{
	const uint8_t *payload = rte_pktmbuf_mtod_offset(m, const uint8_t *, RTE_ETHER_HDR_LEN);
	uint32_t found;
	unsigned int i;

	CHECK(in_region(m) && m->pkt_len == FRAME_LEN);
	memcpy(&found, payload, sizeof(found));
	CHECK(found == number);
	for (i = sizeof(number); i < FRAME_LEN - RTE_ETHER_HDR_LEN; i++)
		CHECK(payload[i] == (uint8_t)(number + i));
	rte_pktmbuf_free(m);
}

/** From one port to the other, in order and without loss. */
static void
pass(uint16_t from, uint16_t to, struct rte_mempool *pool, uint32_t packets)
{
	const uint64_t end = rte_get_timer_cycles() + GIVE_UP_S * rte_get_timer_hz();
	uint32_t sent = 0, received = 0;
	struct rte_mbuf *burst[32];
	uint16_t i, n;

	while (received < packets) {
		while (sent < packets && sent - received < WINDOW && send_one(from, pool, sent))
			sent++;
		n = rte_eth_rx_burst(to, 0, burst, RTE_DIM(burst));
		for (i = 0; i < n; i++)
			check_one(burst[i], received++);
		CHECK(rte_get_timer_cycles() < end);
	}
}

static void
pass_both_ways(struct rte_mempool *pool, uint32_t packets)
{
	struct rte_eth_link link;
	unsigned int port;

	for (port = 0; port < PORTS; port++)
		CHECK(rte_eth_dev_start(port) == 0);
	for (port = 0; port < PORTS; port++)
		CHECK(rte_eth_link_get(port, &link) == 0 && link.link_status);
	pass(0, 1, pool, packets);
	pass(1, 0, pool, packets);
	for (port = 0; port < PORTS; port++)
		CHECK(rte_eth_dev_stop(port) == 0);
}

int
main(int argc, char **argv)
{
	struct rte_pktmbuf_extmem memory = {
		.buf_len = REGION_LEN, .elt_size = BUFFER_LEN,
	};
	const int used = rte_eal_init(argc, argv);
	struct rte_mempool *pool;
	uint32_t packets;
	uint16_t port;

	if (used < 0)
		rte_exit(EXIT_FAILURE, "EAL: %s\n", rte_strerror(rte_errno));
	packets = argc - used > 1 ? atoi(argv[used + 1]) : 10000;
	CHECK(rte_eth_dev_count_avail() == PORTS);
	region = mmap(NULL, REGION_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(region != MAP_FAILED);
	CHECK(rte_extmem_register(region, REGION_LEN, NULL, 0, PAGE) == 0);
	memory.buf_ptr = region;
	memory.buf_iova = (uintptr_t)region;
	pool = rte_pktmbuf_pool_create_extbuf("external", BUFFERS - 1, 0, 0, BUFFER_LEN,
					      SOCKET_ID_ANY, &memory, 1);
	CHECK(pool != NULL);
	for (port = 0; port < PORTS; port++)
		set_up_port(port, pool);
	pass_both_ways(pool, packets);

	/* The ports share what is mapped: given back for one, it is still the other's. */
	CHECK(rte_dev_dma_unmap(devices[0], region, (uintptr_t)region, REGION_LEN) == 0);
	CHECK(rte_dev_dma_unmap(devices[0], region, (uintptr_t)region, REGION_LEN) != 0);
	CHECK(rte_dev_dma_map(devices[0], region, (uintptr_t)region, REGION_LEN) == 0);
	/* Not whole pages. */
	CHECK(rte_dev_dma_map(devices[0], region + 1, (uintptr_t)region + 1, PAGE) != 0);
	pass_both_ways(pool, packets);

	for (port = 0; port < PORTS; port++) {
		CHECK(rte_eth_dev_close(port) == 0);
		CHECK(rte_dev_remove(devices[port]) == 0);
	}
	CHECK(rte_mempool_avail_count(pool) == BUFFERS - 1);
	rte_mempool_free(pool);
	CHECK(rte_extmem_unregister(region, REGION_LEN) == 0);
	CHECK(rte_eal_cleanup() == 0);
	printf("%u packets each way, twice, from and to external memory\n", packets);
	return 0;
}
