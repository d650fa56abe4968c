/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Resets of a port under traffic: by the application, by a sibling function of the card (a core
 * reset, written to its registers), by the device itself (a global reset). Two ports of the driver
 * are on the card, and a third function that no driver has, from which resets come. The right
 * event arrives, bursts stay safe, rte_eth_dev_reset() brings the port back as it was, and no mbuf
 * is lost.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include <aether_model.h>
#include <e810_hw.h>

#include "port_util.h"

#define PORTS		2
#define QUEUES		4
#define DESCRIPTORS	128	/* all rings of both ports together fit the pool */
#define VLAN		77
#define MTU		3000
#define EVENT_MS	2000
#define BURST		16

static const char *const names[PORTS] = { "net_aether0", "net_aether1" };
static const char *const devargs[PORTS] = {
	"wire=loop,card=c,pf=0,mac=02:00:00:00:0a:00",
	"wire=loop,card=c,pf=1,mac=02:00:00:00:0b:00",
};
static const struct rte_ether_addr primary = { .addr_bytes = { 2, 0, 0, 0, 0, 0x10 } };
static const struct rte_ether_addr extra = { .addr_bytes = { 2, 0, 0, 0, 0, 0x11 } };
static const struct rte_ether_addr group = { .addr_bytes = { 1, 0, 0x5e, 0, 0, 0x12 } };
static const struct rte_ether_addr foreign = { .addr_bytes = { 2, 0, 0, 0, 0, 0x99 } };

/* ---------------------------------------------------------------- configuration ------------- */

/** What an application sees of a port's configuration. */
struct view {
	uint16_t mtu;
	struct rte_ether_addr mac[4];
	int promiscuous, allmulticast, vlan_offload;
	uint64_t rx_offloads, tx_offloads;
	uint16_t n_rx, n_tx, n_desc;
	uint64_t rss_hf;
	uint8_t key[E810_RSS_KEY_BYTES];
	uint16_t reta[RTE_ETH_RSS_RETA_SIZE_512];
	unsigned int reta_size;
};

static void
reta_query(uint16_t port, struct view *view)
{
	struct rte_eth_rss_reta_entry64 reta[RTE_DIM(view->reta) / RTE_ETH_RETA_GROUP_SIZE];
	unsigned int i;

	memset(reta, 0xff, sizeof(reta));
	assert_true(view->reta_size <= RTE_DIM(view->reta));
	assert_int_equal(rte_eth_dev_rss_reta_query(port, reta, view->reta_size), 0);
	for (i = 0; i < view->reta_size; i++)
		view->reta[i] = reta[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
}

static void
look(uint16_t port, struct view *view)
{
	struct rte_eth_rss_conf rss = { .rss_key = view->key, .rss_key_len = sizeof(view->key) };
	struct rte_eth_dev_info info;
	struct rte_eth_rxq_info rxq;
	struct rte_eth_conf conf;

	memset(view, 0, sizeof(*view));
	assert_int_equal(rte_eth_dev_get_mtu(port, &view->mtu), 0);
	assert_true(rte_eth_macaddrs_get(port, view->mac, RTE_DIM(view->mac)) > 0);
	view->promiscuous = rte_eth_promiscuous_get(port);
	view->allmulticast = rte_eth_allmulticast_get(port);
	view->vlan_offload = rte_eth_dev_get_vlan_offload(port);
	assert_int_equal(rte_eth_dev_conf_get(port, &conf), 0);
	view->rx_offloads = conf.rxmode.offloads;
	view->tx_offloads = conf.txmode.offloads;
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	view->n_rx = info.nb_rx_queues;
	view->n_tx = info.nb_tx_queues;
	assert_int_equal(rte_eth_rx_queue_info_get(port, 0, &rxq), 0);
	view->n_desc = rxq.nb_desc;
	assert_int_equal(rte_eth_dev_rss_hash_conf_get(port, &rss), 0);
	view->rss_hf = rss.rss_hf;
	view->reta_size = info.reta_size;
	reta_query(port, view);
}

/** Configure and set up queues as an application does, the first time and after a reset. */
static void
configure(uint16_t port)
{
	static uint8_t key[E810_RSS_KEY_BYTES];
	const struct rte_eth_conf conf = {
		.rxmode = {
			.mq_mode = RTE_ETH_MQ_RX_RSS,
			.mtu = MTU,
			.offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_SCATTER |
				    RTE_ETH_RX_OFFLOAD_VLAN_FILTER | RTE_ETH_RX_OFFLOAD_RSS_HASH,
		},
		.rx_adv_conf.rss_conf = {
			.rss_key = key, .rss_key_len = sizeof(key),
			.rss_hf = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_UDP,
		},
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM,
	};
	unsigned int i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = 3 * i + 1;
	assert_int_equal(rte_eth_dev_configure(port, QUEUES, QUEUES, &conf), 0);
	for (i = 0; i < QUEUES; i++) {
		assert_int_equal(rte_eth_rx_queue_setup(port, i, DESCRIPTORS, SOCKET_ID_ANY, NULL,
							test_pool), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port, i, DESCRIPTORS, SOCKET_ID_ANY, NULL),
				 0);
	}
}

/** Everything that goes beyond configure(), once. */
static void
adjust(uint16_t port)
{
	struct rte_ether_addr list = group;

	assert_int_equal(rte_eth_dev_default_mac_addr_set(port,
			 (struct rte_ether_addr *)(uintptr_t)&primary), 0);
	assert_int_equal(rte_eth_dev_mac_addr_add(port,
			 (struct rte_ether_addr *)(uintptr_t)&extra, 0), 0);
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port, &list, 1), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, VLAN, 1), 0);
}

/* ---------------------------------------------------------------- traffic ------------------- */

/** A UDP packet, tagged with a VLAN unless that is 0. */
static struct rte_mbuf *
packet(const struct rte_ether_addr *dst, uint16_t vlan, uint16_t seed)
{
	static const uint8_t ip[] = {
		0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x12, 0x34, 0x56, 0x78, 0, 26, 0, 0,
	};
	struct rte_mbuf *m = test_frame(dst, vlan != 0 ? 64 : 60, seed);
	uint8_t *at = rte_pktmbuf_mtod_offset(m, uint8_t *, 12);

	if (vlan != 0) {
		memcpy(at, &(rte_be16_t){ RTE_BE16(RTE_ETHER_TYPE_VLAN) }, 2);
		memcpy(at + 2, &(rte_be16_t){ rte_cpu_to_be_16(vlan) }, 2);
		at += 4;
	}
	memcpy(at, &(rte_be16_t){ RTE_BE16(RTE_ETHER_TYPE_IPV4) }, 2);
	memcpy(at + 2, ip, sizeof(ip));
	memcpy(at + 2 + 22, &(rte_be16_t){ rte_cpu_to_be_16(seed) }, 2);
	return m;
}

static struct rte_mbuf *
poll_once(uint16_t port)
{
	struct rte_mbuf *m;
	uint16_t q;

	for (q = 0; q < QUEUES; q++)
		if (rte_eth_rx_burst(port, q, &m, 1) == 1)
			return m;
	return NULL;
}

/** A packet that any queue gets within so many ms; NULL: none. */
static struct rte_mbuf *
receive_any(uint16_t port, unsigned int ms)
{
	const uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * ms;
	struct rte_mbuf *m;

	while ((m = poll_once(port)) == NULL && rte_rdtsc() < end)
		rte_delay_us_sleep(20);
	return m;
}

/** Whether a packet comes back over the loop. */
static bool
passes(uint16_t port, const struct rte_ether_addr *dst, uint16_t vlan)
{
	struct rte_mbuf *m;

	assert_true(test_send(port, packet(dst, vlan, 1)));
	m = receive_any(port, TEST_COMES_MS);
	rte_pktmbuf_free(m);
	return m != NULL;
}

/** Whether a packet does not come back, though one that is sent after it does. */
static bool
is_dropped(uint16_t port, const struct rte_ether_addr *dst, uint16_t vlan)
{
	bool first;
	struct rte_mbuf *m;

	assert_true(test_send(port, packet(dst, vlan, 1)));
	assert_true(test_send(port, packet(&primary, 0, 1)));
	m = receive_any(port, TEST_COMES_MS);
	assert_non_null(m);
	first = m->pkt_len == 60 &&
		rte_is_same_ether_addr(rte_pktmbuf_mtod(m, struct rte_ether_addr *), &primary);
	rte_pktmbuf_free(m);
	m = poll_once(port);
	rte_pktmbuf_free(m);
	return first && m == NULL;
}

/** What the configuration says is what the port does. */
static void
check_filters(uint16_t port)
{
	assert_true(passes(port, &primary, 0));
	assert_true(passes(port, &extra, 0));
	assert_true(passes(port, &group, 0));
	assert_true(passes(port, &primary, VLAN));
	assert_true(is_dropped(port, &primary, VLAN + 1));
	assert_true(is_dropped(port, &foreign, 0));
}

/** Hash and queue of flows: a fingerprint of key, types and table. */
static void
fingerprint(uint16_t port, uint32_t hashes[BURST])
{
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		assert_true(test_send(port, packet(&primary, 0, 100 + i)));
		m = receive_any(port, TEST_COMES_MS);
		assert_non_null(m);
		assert_true((m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0);
		hashes[i] = m->hash.rss;
		rte_pktmbuf_free(m);
	}
}

struct worker {
	pthread_t thread;
	uint16_t port;
	bool stop;			/* atomic */
	uint64_t received;		/* atomic */
};

/** Send and receive on all queues until told to stop, whatever happens to the port. */
static void *
work(void *arg)
{
	struct worker *w = arg;
	struct rte_mbuf *burst[BURST];
	uint16_t q, n, i;

	if (rte_thread_register() != 0)
		return NULL;
	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		for (q = 0; q < QUEUES; q++) {
			for (i = 0; i < BURST; i++)
				burst[i] = packet(&primary, 0, i);
			n = rte_eth_tx_burst(w->port, q, burst, BURST);
			rte_pktmbuf_free_bulk(burst + n, BURST - n);
			n = rte_eth_rx_burst(w->port, q, burst, BURST);
			rte_pktmbuf_free_bulk(burst, n);
			__atomic_add_fetch(&w->received, n, __ATOMIC_RELAXED);
		}
		sched_yield();
	}
	rte_thread_unregister();
	return NULL;
}

static void
worker_start(struct worker *w, uint16_t port)
{
	unsigned int ms;

	*w = (struct worker){ .port = port };
	assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
	for (ms = 0; ms < 2000 && __atomic_load_n(&w->received, __ATOMIC_RELAXED) < 1000; ms++)
		rte_delay_us_sleep(1000);
	assert_true(__atomic_load_n(&w->received, __ATOMIC_RELAXED) >= 1000);
}

static void
worker_stop(struct worker *w)
{
	__atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
	pthread_join(w->thread, NULL);
}

/* ---------------------------------------------------------------- resets -------------------- */

enum cause { BY_APPLICATION, BY_SIBLING, BY_DEVICE };

static unsigned int events[PORTS];	/* atomic */

static int
reset_event(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)port;
	(void)type;
	(void)ret;
	__atomic_add_fetch((unsigned int *)arg, 1, __ATOMIC_RELAXED);
	return 0;
}

static unsigned int
events_of(unsigned int i)
{
	return __atomic_load_n(&events[i], __ATOMIC_RELAXED);
}

struct bench {
	struct test_resources before;
	struct aether_model *third;	/* function 2, of no driver */
	int port[PORTS];
};

/** @param more further devargs of the ports */
static int
setup_with(void **state, const char *more)
{
	static struct bench bench;
	const struct aether_model_conf third = { .name = "third", .card = "c", .pf_id = 2 };
	char args[256];
	unsigned int i;

	test_resources_get(&bench.before);
	for (i = 0; i < PORTS; i++) {
		snprintf(args, sizeof(args), "%s%s", devargs[i], more);
		bench.port[i] = test_plug(names[i], args);
		assert_true(bench.port[i] >= 0);
		__atomic_store_n(&events[i], 0, __ATOMIC_RELAXED);
		assert_int_equal(rte_eth_dev_callback_register(bench.port[i],
				 RTE_ETH_EVENT_INTR_RESET, reset_event, &events[i]), 0);
		configure(bench.port[i]);
		assert_int_equal(rte_eth_dev_start(bench.port[i]), 0);
		adjust(bench.port[i]);
		assert_true(test_wait_link(bench.port[i], true));
	}
	bench.third = aether_model_create(&third);
	assert_non_null(bench.third);
	*state = &bench;
	return 0;
}

static int
setup(void **state)
{
	return setup_with(state, "");
}

static char package_path[64];

/** On a card without a package, which the first port downloads. */
static int
setup_download(void **state)
{
	const int len = aether_model_ddp_default(NULL, 0);
	uint8_t *package = malloc(len);
	char more[128];
	FILE *file;

	snprintf(package_path, sizeof(package_path), "reset_%d.pkg", (int)getpid());
	snprintf(more, sizeof(more), ",ddp=none,ddp_pkg_file=%s", package_path);
	file = fopen(package_path, "wb");
	assert_non_null(package);
	assert_non_null(file);
	assert_int_equal(aether_model_ddp_default(package, len), len);
	assert_int_equal(fwrite(package, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	free(package);
	return setup_with(state, more);
}

static int
finish(void **state)
{
	struct bench *bench = *state;
	unsigned int i;

	aether_model_destroy(bench->third);
	for (i = 0; i < PORTS; i++) {
		assert_int_equal(rte_eth_dev_stop(bench->port[i]), 0);
		assert_int_equal(rte_eth_dev_callback_unregister(bench->port[i],
				 RTE_ETH_EVENT_INTR_RESET, reset_event, &events[i]), 0);
		assert_int_equal(rte_eth_dev_close(bench->port[i]), 0);
		test_unplug(names[i]);
	}
	return 0;
}

static int
teardown(void **state)
{
	struct bench *bench = *state;

	finish(state);
	/* libc keeps what it mapped for the test's own threads. */
	bench->before.mappings = UINT32_MAX;
	test_resources_same(&bench->before);
	return 0;
}

/** Let it happen, and see that who has to hear of it does. */
static void
provoke(struct bench *bench, enum cause cause)
{
	unsigned int i, ms;

	if (cause == BY_SIBLING)
		aether_model_reg_write32(bench->third, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
	else if (cause == BY_DEVICE)
		aether_model_card_reset(bench->third, AETHER_MODEL_CARD_RESET_GLOBAL);
	else
		return;
	for (i = 0; i < PORTS; i++) {
		for (ms = 0; ms < EVENT_MS && events_of(i) == 0; ms++)
			rte_delay_us_sleep(1000);
		assert_int_equal(events_of(i), 1);
	}
}

static void
recover(uint16_t port, bool reconfigure)
{
	assert_int_equal(rte_eth_dev_reset(port), 0);
	if (reconfigure)
		configure(port);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_true(test_wait_link(port, true));
}

static void
check_same(uint16_t port, const struct view *before, const uint32_t hashes[BURST])
{
	uint32_t now[BURST];
	struct view after;

	look(port, &after);
	assert_memory_equal(&after, before, sizeof(after));
	check_filters(port);
	fingerprint(port, now);
	assert_memory_equal(now, hashes, sizeof(now));
}

static void
reset_under_traffic(struct bench *bench, enum cause cause, bool reconfigure)
{
	const unsigned int affected = cause == BY_APPLICATION ? 1 : PORTS;
	struct worker workers[PORTS];
	uint32_t hashes[PORTS][BURST];
	struct view before[PORTS];
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		look(bench->port[i], &before[i]);
		check_filters(bench->port[i]);
		fingerprint(bench->port[i], hashes[i]);
	}
	for (i = 0; i < PORTS; i++)
		worker_start(&workers[i], bench->port[i]);
	provoke(bench, cause);
	/* Bursts go on for a while on a port that has been reset. */
	rte_delay_us_sleep(20000);
	for (i = 0; i < affected; i++)
		worker_stop(&workers[i]);
	for (i = 0; i < affected; i++)
		recover(bench->port[i], reconfigure);
	/* The sibling of a port that was reset alone never stopped. */
	for (; i < PORTS; i++)
		worker_stop(&workers[i]);
	for (i = 0; i < PORTS; i++) {
		struct rte_mbuf *m;

		while ((m = receive_any(bench->port[i], TEST_NONE_MS)) != NULL)
			rte_pktmbuf_free(m);
		check_same(bench->port[i], &before[i], hashes[i]);
		assert_int_equal(events_of(i), cause == BY_APPLICATION ? 0 : 1);
	}
}

static void
test_by_application(void **state)
{
	reset_under_traffic(*state, BY_APPLICATION, true);
	reset_under_traffic(*state, BY_APPLICATION, false);
}

static void
test_by_sibling(void **state)
{
	reset_under_traffic(*state, BY_SIBLING, true);
}

static void
test_by_sibling_start_alone(void **state)
{
	reset_under_traffic(*state, BY_SIBLING, false);
}

static void
test_by_device(void **state)
{
	reset_under_traffic(*state, BY_DEVICE, true);
}

static void *
recover_in_thread(void *arg)
{
	const uint16_t *port = arg;
	int ret = rte_eth_dev_reset(*port);

	if (ret == 0)
		ret = rte_eth_dev_start(*port);
	return ret == 0 ? NULL : arg;
}

/** The reset took the package, too: of two ports that come back at once, one downloads it. */
static void
test_download_again(void **state)
{
	struct bench *bench = *state;
	uint16_t ports[PORTS];
	pthread_t threads[PORTS];
	struct view before[PORTS];
	uint32_t hashes[PORTS][BURST];
	void *failed;
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		look(bench->port[i], &before[i]);
		fingerprint(bench->port[i], hashes[i]);
	}
	provoke(bench, BY_SIBLING);
	for (i = 0; i < PORTS; i++) {
		ports[i] = bench->port[i];
		assert_int_equal(pthread_create(&threads[i], NULL, recover_in_thread, &ports[i]),
				 0);
	}
	for (i = 0; i < PORTS; i++) {
		pthread_join(threads[i], &failed);
		if (failed != NULL)
			fail_msg("port %u did not come back: %s", i, test_log());
	}
	for (i = 0; i < PORTS; i++) {
		assert_true(test_wait_link(bench->port[i], true));
		check_same(bench->port[i], &before[i], hashes[i]);
	}
}

static int
teardown_download(void **state)
{
	unlink(package_path);
	return teardown(state);
}

/** Counters of the port go on from where they were, though the device's began anew. */
static void
test_counters_survive(void **state)
{
	struct bench *bench = *state;
	struct rte_eth_stats before, after;

	assert_true(passes(bench->port[0], &primary, 0));
	assert_int_equal(rte_eth_stats_get(bench->port[0], &before), 0);
	assert_true(before.ipackets >= 1);
	provoke(bench, BY_DEVICE);
	assert_int_equal(rte_eth_stats_get(bench->port[0], &after), 0);
	assert_true(after.ipackets >= before.ipackets);
	recover(bench->port[0], false);
	recover(bench->port[1], false);
	assert_true(passes(bench->port[0], &primary, 0));
	assert_int_equal(rte_eth_stats_get(bench->port[0], &after), 0);
	assert_true(after.ipackets > before.ipackets && after.ipackets < before.ipackets + 100);
	assert_true(after.ibytes < before.ibytes + 100000);
}

/** A port that is stopped hears of it, too, and a start is all that it needs. */
static void
test_stopped_port(void **state)
{
	struct bench *bench = *state;
	struct view before, after;

	look(bench->port[1], &before);
	assert_int_equal(rte_eth_dev_stop(bench->port[1]), 0);
	provoke(bench, BY_DEVICE);
	recover(bench->port[0], false);
	assert_int_equal(rte_eth_dev_start(bench->port[1]), 0);
	assert_true(test_wait_link(bench->port[1], true));
	check_filters(bench->port[0]);
	check_filters(bench->port[1]);
	look(bench->port[1], &after);
	assert_memory_equal(&after, &before, sizeof(after));
}

/** A port that is closed without being brought up again leaves nothing behind either. */
static void
test_close_after_reset(void **state)
{
	struct bench *bench = *state;
	struct worker worker;

	worker_start(&worker, bench->port[0]);
	provoke(bench, BY_SIBLING);
	worker_stop(&worker);
}

/** What EAL, ethdev and libc allocate once comes with the first port and thread. */
static int
group_setup(void **state)
{
	int ret = test_group_setup(state);
	struct worker workers[PORTS];
	struct bench *bench;
	unsigned int i;

	if (ret == 0)
		ret = setup(state);
	if (ret != 0)
		return ret;
	bench = *state;
	for (i = 0; i < PORTS; i++)
		worker_start(&workers[i], bench->port[i]);
	for (i = 0; i < PORTS; i++)
		worker_stop(&workers[i]);
	return finish(state);
}

#define BENCH(test)	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH(test_by_application),
		BENCH(test_by_sibling),
		BENCH(test_by_sibling_start_alone),
		BENCH(test_by_device),
		cmocka_unit_test_setup_teardown(test_download_again, setup_download,
						teardown_download),
		BENCH(test_counters_survive),
		BENCH(test_stopped_port),
		BENCH(test_close_after_reset),
	};

	return cmocka_run_group_tests(tests, group_setup, test_group_teardown);
}
