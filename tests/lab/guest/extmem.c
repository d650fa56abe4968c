/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * extmem <EAL's arguments> -- <huge|small> <packets>: two ports joined by a cable, whose buffers
 * all lie in memory that is not EAL's: registered by rte_extmem_register() and mapped for each
 * device by rte_dev_dma_map(). Each packet is received into such a buffer and sent from one, and
 * has to arrive as it was sent. In the end no buffer is missing and the memory is given back.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#define PORTS		2
#define AREA		(8 << 20)
#define BUFFER		2304
#define RING		512
#define BURST		32
#define LENGTH		200
#define SECONDS		60

/** The memory, and how it is divided. */
struct area {
	void *at;
	size_t page;
};

static void
fail(const char *what, int error)
{
	printf("extmem: %s failed: %s\n", what, rte_strerror(error < 0 ? -error : error));
	exit(1);
}

static struct area
take_area(bool huge)
{
	struct area area = { .page = huge ? 2 << 20 : 4096 };

	area.at = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | (huge ? MAP_HUGETLB : 0), -1, 0);
	if (area.at == MAP_FAILED)
		fail("mmap", errno);
	if (rte_extmem_register(area.at, AREA, NULL, 0, area.page) != 0)
		fail("rte_extmem_register", rte_errno);
	return area;
}

static struct rte_device *
device_of(uint16_t port)
{
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(port, &info);

	if (ret != 0)
		fail("rte_eth_dev_info_get", ret);
	/* Public functions of 22.11 take what they call const here. */
	return (struct rte_device *)(uintptr_t)info.device;
}

/** Addresses that the devices see are virtual ones. */
static void
map_area(const struct area *area, bool map)
{
	uint16_t port;
	int ret;

	for (port = 0; port < PORTS; port++) {
		ret = map ? rte_dev_dma_map(device_of(port), area->at, (uintptr_t)area->at, AREA) :
			rte_dev_dma_unmap(device_of(port), area->at, (uintptr_t)area->at, AREA);
		if (ret != 0)
			fail(map ? "rte_dev_dma_map" : "rte_dev_dma_unmap", rte_errno);
	}
}

static struct rte_mempool *
make_pool(const struct area *area)
{
	const struct rte_pktmbuf_extmem extmem = {
		.buf_ptr = area->at,
		.buf_iova = (uintptr_t)area->at,
		.buf_len = AREA,
		.elt_size = BUFFER,
	};
	struct rte_mempool *pool;

	pool = rte_pktmbuf_pool_create_extbuf("external", 3000, 0, 0, BUFFER, rte_socket_id(),
					      &extmem, 1);
	if (pool == NULL)
		fail("rte_pktmbuf_pool_create_extbuf", rte_errno);
	return pool;
}

static void
start_port(uint16_t port, struct rte_mempool *pool)
{
	const struct rte_eth_conf conf = { .rxmode.mtu = 1500 };
	struct rte_eth_link link;
	int ret, i;

	ret = rte_eth_dev_configure(port, 1, 1, &conf);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port, 0, RING, rte_eth_dev_socket_id(port), NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port, 0, RING, rte_eth_dev_socket_id(port), NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	if (ret == 0)
		ret = rte_eth_promiscuous_enable(port);
	if (ret != 0)
		fail("starting a port", ret);
	for (i = 0; i < 100; i++) {
		if (rte_eth_link_get_nowait(port, &link) == 0 && link.link_status)
			return;
		rte_delay_ms(100);
	}
	fail("waiting for the link", ETIMEDOUT);
}

static void
check_place(const struct area *area, const struct rte_mbuf *m)
{
	const char *at = m->buf_addr;

	if (at < (char *)area->at || at + BUFFER > (char *)area->at + AREA) {
		printf("extmem: a buffer at %p is not in the area\n", m->buf_addr);
		exit(1);
	}
}

static void
fill(char *data, uint32_t number)
{
	uint32_t i;

	memset(data, 0x02, 12);
	memcpy(data + 12, "\x88\xb5", 2);
	for (i = 14; i < LENGTH; i++)
		data[i] = number * 7 + i;
}

static uint16_t
send_some(uint16_t port, const struct area *area, struct rte_mempool *pool, uint32_t number)
{
	struct rte_mbuf *m[BURST];
	uint16_t i, sent;

	if (rte_pktmbuf_alloc_bulk(pool, m, BURST) != 0)
		return 0;
	for (i = 0; i < BURST; i++) {
		check_place(area, m[i]);
		fill(rte_pktmbuf_append(m[i], LENGTH), number + i);
	}
	sent = rte_eth_tx_burst(port, 0, m, BURST);
	rte_pktmbuf_free_bulk(m + sent, BURST - sent);
	return sent;
}

static uint16_t
receive_some(uint16_t port, const struct area *area, uint32_t number)
{
	struct rte_mbuf *m[BURST];
	char wanted[LENGTH];
	uint16_t i, n = rte_eth_rx_burst(port, 0, m, BURST);

	for (i = 0; i < n; i++) {
		check_place(area, m[i]);
		fill(wanted, number + i);
		if (m[i]->pkt_len != LENGTH ||
		    memcmp(rte_pktmbuf_mtod(m[i], char *), wanted, LENGTH) != 0) {
			printf("extmem: packet %u of port %u is not as it was sent\n", number + i,
			       port);
			exit(1);
		}
	}
	rte_pktmbuf_free_bulk(m, n);
	return n;
}

static void
exchange(const struct area *area, struct rte_mempool *pool, uint32_t packets)
{
	const uint64_t end = rte_get_timer_cycles() + SECONDS * rte_get_timer_hz();
	uint32_t sent[PORTS] = { 0 }, received[PORTS] = { 0 };
	uint16_t port;

	while (received[0] < packets || received[1] < packets) {
		for (port = 0; port < PORTS; port++) {
			/* No more on the way than a ring holds: none is lost. */
			if (sent[port] < packets && sent[port] - received[1 - port] < RING - BURST)
				sent[port] += send_some(port, area, pool, sent[port]);
			received[port] += receive_some(port, area, received[port]);
		}
		if (rte_get_timer_cycles() > end) {
			printf("extmem: %u and %u of %u packets came in %u s\n", received[0],
			       received[1], packets, SECONDS);
			exit(1);
		}
	}
	printf("extmem: %u and %u packets\n", received[0], received[1]);
}

static void
finish(const struct area *area, struct rte_mempool *pool)
{
	uint16_t port;

	for (port = 0; port < PORTS; port++)
		if (rte_eth_dev_stop(port) != 0)
			fail("rte_eth_dev_stop", rte_errno);
	printf("extmem: %u of %u buffers are free\n", rte_mempool_avail_count(pool), pool->size);
	map_area(area, false);
	for (port = 0; port < PORTS; port++)
		if (rte_eth_dev_close(port) != 0)
			fail("rte_eth_dev_close", rte_errno);
	rte_mempool_free(pool);
	if (rte_extmem_unregister(area->at, AREA) != 0)
		fail("rte_extmem_unregister", rte_errno);
	printf("extmem: done\n");
}

int
main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv);
	struct rte_mempool *pool;
	struct area area;
	uint16_t port;

	setlinebuf(stdout);
	if (used < 0 || argc - used != 3 || rte_eth_dev_count_avail() != PORTS) {
		printf("extmem: wanted are two ports, huge or small, and a number\n");
		return 2;
	}
	area = take_area(strcmp(argv[used + 1], "huge") == 0);
	map_area(&area, true);
	pool = make_pool(&area);
	for (port = 0; port < PORTS; port++)
		start_port(port, pool);
	exchange(&area, pool, atoi(argv[used + 2]));
	finish(&area, pool);
	return rte_eal_cleanup() == 0 ? 0 : 1;
}
