/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* cpu sets */
#endif

#include <dirent.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "port_util.h"

/* AddressSanitizer's allocator maps more and more. */
#ifdef __SANITIZE_ADDRESS__
#define COUNT_MAPPINGS	0
#else
#define COUNT_MAPPINGS	1
#endif

struct rte_mempool *test_pool;

static FILE *log_stream;
static char *log_text;
static size_t log_len;

int
test_group_setup(void **state)
{
	static char prefix[64], lcore[16];
	char *argv[] = {
		(char *)(uintptr_t)"test", (char *)(uintptr_t)"--no-huge",
		(char *)(uintptr_t)"-m128", (char *)(uintptr_t)"--no-pci",
		(char *)(uintptr_t)"--no-telemetry", lcore, prefix, NULL,
	};
	cpu_set_t cpus;
	int cpu = 0;

	(void)state;
	/* Or threads that happen to allocate at once make arenas, two mappings each, that stay. A
	 * sanitizer's allocator has no such setting, and says so. */
	mallopt(M_ARENA_MAX, 1);
	/* One lcore: the model's thread gets another CPU, if there is one. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return -1;
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	snprintf(lcore, sizeof(lcore), "-l%d", cpu);
	snprintf(prefix, sizeof(prefix), "--file-prefix=aether_port_%d", (int)getpid());
	if (rte_eal_init(RTE_DIM(argv) - 1, argv) < 0)
		return -1;
	log_stream = open_memstream(&log_text, &log_len);
	if (log_stream == NULL || rte_openlog_stream(log_stream) != 0)
		return -1;
	test_pool = rte_pktmbuf_pool_create("test_pool", 4095, 64, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					    SOCKET_ID_ANY);
	return test_pool == NULL ? -1 : 0;
}

int
test_group_teardown(void **state)
{
	(void)state;
	rte_mempool_free(test_pool);
	rte_openlog_stream(NULL);
	fclose(log_stream);
	free(log_text);
	return rte_eal_cleanup();
}

const char *
test_log(void)
{
	/* Other threads log, too: nothing of theirs may come in between. */
	flockfile(log_stream);
	fputc('\0', log_stream);
	fflush(log_stream);
	rewind(log_stream);
	funlockfile(log_stream);
	return log_text;
}

bool
test_log_says(const char *words)
{
	unsigned int ms;

	for (ms = 0; ms < 2000; ms++) {
		if (strstr(test_log(), words) != NULL)
			return true;
		rte_delay_us_sleep(1000);
	}
	return false;
}

int
test_plug(const char *name, const char *args)
{
	uint16_t port;
	int ret;

	test_log();
	ret = rte_eal_hotplug_add("vdev", name, args);
	if (ret != 0)
		return ret < 0 ? ret : -EIO;
	if (rte_eth_dev_get_port_by_name(name, &port) != 0)
		fail_msg("%s was plugged and has no port", name);
	return port;
}

void
test_unplug(const char *name)
{
	assert_int_equal(rte_eal_hotplug_remove("vdev", name), 0);
}

int
test_start(uint16_t port, const struct test_port_conf *conf)
{
	struct rte_eth_conf eth_conf = {
		.rxmode.mtu = conf->mtu != 0 ? conf->mtu : RTE_ETHER_MTU,
		.rxmode.mq_mode = conf->rss_hf != 0 ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE,
		.rx_adv_conf.rss_conf.rss_hf = conf->rss_hf,
		.rxmode.offloads = conf->rx_offloads,
		.txmode.offloads = conf->tx_offloads,
		.intr_conf.lsc = conf->lsc,
		.intr_conf.rxq = conf->rx_intr,
	};
	const uint16_t n_desc = conf->n_desc != 0 ? conf->n_desc : 256;
	const uint16_t n_rx = RTE_MAX(conf->n_rx, 1), n_tx = RTE_MAX(conf->n_tx, 1);
	struct rte_mempool *pool = conf->pool != NULL ? conf->pool : test_pool;
	uint16_t q;
	int ret;

	ret = rte_eth_dev_configure(port, n_rx, n_tx, &eth_conf);
	for (q = 0; q < n_rx && ret == 0; q++)
		ret = rte_eth_rx_queue_setup(port, q, n_desc, SOCKET_ID_ANY, NULL, pool);
	for (q = 0; q < n_tx && ret == 0; q++)
		ret = rte_eth_tx_queue_setup(port, q, n_desc, SOCKET_ID_ANY, NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	return ret;
}

bool
test_wait_link(uint16_t port, bool up)
{
	struct rte_eth_link link;
	unsigned int ms;

	for (ms = 0; ms < 2000; ms++) {
		assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
		if (link.link_status == (up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN))
			return true;
		rte_delay_us_sleep(1000);
	}
	return false;
}

static uint8_t
payload(uint32_t seed, uint32_t at)
{
	return (seed * UINT32_C(2654435761) + at * UINT32_C(40503)) >> 13;
}

struct rte_mbuf *
test_frame(const struct rte_ether_addr *dst, uint32_t len, uint32_t seed)
{
	static const struct rte_ether_addr src = { .addr_bytes = { 2, 0, 0, 0, 0, 1 } };
	struct rte_mbuf *m = rte_pktmbuf_alloc(test_pool);
	struct rte_ether_hdr *eth;
	uint8_t *data;
	uint32_t i;

	assert_non_null(m);
	data = (uint8_t *)rte_pktmbuf_append(m, len);
	assert_non_null(data);
	eth = (struct rte_ether_hdr *)data;
	rte_ether_addr_copy(dst, &eth->dst_addr);
	rte_ether_addr_copy(&src, &eth->src_addr);
	eth->ether_type = rte_cpu_to_be_16(0x88b5);	/* IEEE 802 local experimental */
	for (i = sizeof(*eth); i < len; i++)
		data[i] = payload(seed, i);
	return m;
}

bool
test_send(uint16_t port, struct rte_mbuf *m)
{
	if (rte_eth_tx_burst(port, 0, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

struct rte_mbuf *
test_receive(uint16_t port, unsigned int ms)
{
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * ms;
	struct rte_mbuf *m;

	do {
		if (rte_eth_rx_burst(port, 0, &m, 1) == 1)
			return m;
		rte_delay_us_sleep(20);
	} while (rte_rdtsc() < end);
	return NULL;
}

bool
test_is_frame(const struct rte_mbuf *m, uint32_t len, uint32_t seed)
{
	uint8_t byte;
	uint32_t i;

	if (m->pkt_len != len)
		return false;
	for (i = sizeof(struct rte_ether_hdr); i < len; i++) {
		if (*(const uint8_t *)rte_pktmbuf_read(m, i, 1, &byte) != payload(seed, i))
			return false;
	}
	return true;
}

uint64_t
test_xstat(uint16_t port, const char *name)
{
	uint64_t id, value;

	if (rte_eth_xstats_get_id_by_name(port, name, &id) != 0)
		fail_msg("there is no statistic %s", name);
	assert_int_equal(rte_eth_xstats_get_by_id(port, &id, &value, 1), 1);
	return value;
}

bool
test_wait_xstat(uint16_t port, const char *name, uint64_t value)
{
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * TEST_COMES_MS;

	while (test_xstat(port, name) < value) {
		if (rte_rdtsc() >= end)
			return false;
		rte_delay_us_sleep(200);
	}
	return true;
}

static unsigned int
count_entries(const char *dir)
{
	unsigned int n = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static unsigned int
count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int n = 0;
	int c;

	assert_non_null(file);
	while ((c = fgetc(file)) != EOF)
		n += c == '\n';
	fclose(file);
	return n;
}

static void
count_memzone(const struct rte_memzone *zone, void *arg)
{
	(void)zone;
	(*(unsigned int *)arg)++;
}

void
test_resources_get(struct test_resources *now)
{
	struct rte_malloc_socket_stats heap;

	memset(now, 0, sizeof(*now));
	now->mbufs = rte_mempool_avail_count(test_pool);
	now->fds = count_entries("/proc/self/fd");
	now->threads = count_entries("/proc/self/task");
	now->mappings = COUNT_MAPPINGS ? count_lines("/proc/self/maps") : 0;
	rte_memzone_walk(count_memzone, &now->memzones);
	assert_int_equal(rte_malloc_get_socket_stats(0, &heap), 0);
	now->heap = heap.heap_allocsz_bytes;
	now->ports = rte_eth_dev_count_total();
}

static bool
resources_are(const struct test_resources *now, const struct test_resources *before)
{
	return now->mbufs == before->mbufs && now->fds == before->fds &&
	       now->threads == before->threads && now->mappings <= before->mappings &&
	       now->memzones == before->memzones && now->heap == before->heap &&
	       now->ports == before->ports;
}

void
test_resources_same(const struct test_resources *before)
{
	struct test_resources now;
	unsigned int ms;

	test_resources_get(&now);
	/* The kernel may list a thread for a moment after it was joined. */
	for (ms = 0; ms < 1000 && !resources_are(&now, before); ms++) {
		rte_delay_us_sleep(1000);
		test_resources_get(&now);
	}
	if (!resources_are(&now, before))
		fail_msg("leaked: mbufs %u -> %u, fds %u -> %u, threads %u -> %u, mappings %u -> "
			 "%u, memzones %u -> %u, heap %zu -> %zu, ports %u -> %u", before->mbufs,
			 now.mbufs, before->fds, now.fds, before->threads, now.threads,
			 before->mappings, now.mappings, before->memzones, now.memzones,
			 before->heap, now.heap, before->ports, now.ports);
}

int
test_group_setup_port(void **state)
{
	if (test_group_setup(state) != 0 || test_plug(TEST_PORT, "") < 0)
		return -1;
	test_unplug(TEST_PORT);
	return 0;
}

/** What there was before TEST_PORT. */
static struct test_resources before_port;

uint16_t
test_port_plug(const char *args, struct rte_ether_addr *own)
{
	int port;

	test_resources_get(&before_port);
	port = test_plug(TEST_PORT, args);
	assert_true(port >= 0);
	assert_int_equal(rte_eth_macaddr_get(port, own), 0);
	return port;
}

int
test_port_teardown(void **state)
{
	uint16_t port;

	(void)state;
	if (rte_eth_dev_get_port_by_name(TEST_PORT, &port) == 0)
		rte_eth_dev_stop(port);
	test_unplug(TEST_PORT);
	test_resources_same(&before_port);
	return 0;
}

void
test_use_commands(uint16_t port, uint64_t n)
{
	struct rte_eth_link link;

	while (test_xstat(port, "model_aq_commands") < n)
		assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	assert_int_equal(test_xstat(port, "model_aq_commands"), n);
}
