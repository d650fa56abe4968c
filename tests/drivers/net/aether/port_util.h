/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PORT_UTIL_H
#define PORT_UTIL_H

/**
 * @file
 * Ports of net_aether as an application sees them, for tests: EAL, plugging, starting, traffic,
 * and a count of everything that a port could leak.
 */

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

/** Pool that all ports of a test use. */
extern struct rte_mempool *test_pool;

/** Group set-up: EAL without huge pages, a pool of the usual mbufs, the log collected. */
int test_group_setup(void **state);
int test_group_teardown(void **state);

/** What has been logged since the last call. */
const char *test_log(void);
/** Wait for words in the log, at most 2 s, for what another thread logs. @return whether they came */
bool test_log_says(const char *words);

/** Create a device. @return its port, or negative errno (of rte_eal_hotplug_add()) */
int test_plug(const char *name, const char *args);
/** Remove it, whether its port was closed or not. */
void test_unplug(const char *name);

/** Name of the port in tests that are about one port. */
#define TEST_PORT	"net_aether0"

/** Group set-up for them: the first port of a process leaves a few things of DPDK's that stay. */
int test_group_setup_port(void **state);
/**
 * Create TEST_PORT, from the resources of which the teardown knows.
 *
 * @param[out] own its address
 * @return its port
 */
uint16_t test_port_plug(const char *args, struct rte_ether_addr *own);
/** Teardown: TEST_PORT is stopped and removed, and has left nothing behind. */
int test_port_teardown(void **state);

/** How test_start() shall configure a port; zeroes are the defaults in brackets. */
struct test_port_conf {
	uint16_t n_desc;		/* [256] */
	uint16_t mtu;			/* [1500] */
	uint64_t rx_offloads, tx_offloads;
	uint16_t n_rx, n_tx;		/* queues [1] */
	uint64_t rss_hf;		/* spread frames over Rx queues by these fields */
	bool rx_intr;
	bool lsc;
	struct rte_mempool *pool;	/* [test_pool] */
};

/** Configure, set up the queues, start. @return 0 or the first error */
int test_start(uint16_t port, const struct test_port_conf *conf);
/** Wait for the link, at most 2 s. @return whether it is as wanted */
bool test_wait_link(uint16_t port, bool up);

/** An Ethernet frame of len bytes in one mbuf, its payload made from seed. */
struct rte_mbuf *test_frame(const struct rte_ether_addr *dst, uint32_t len, uint32_t seed);
/** Send one packet. @return whether the port took it; if not, it is freed */
bool test_send(uint16_t port, struct rte_mbuf *m);
/** Receive one packet. @return NULL when none came for so long */
struct rte_mbuf *test_receive(uint16_t port, unsigned int ms);
#define TEST_COMES_MS	10000	/* for what has to come: other programs may have the CPUs */
#define TEST_NONE_MS	200	/* for what may not come */
/** Whether m holds what test_frame() made. */
bool test_is_frame(const struct rte_mbuf *m, uint32_t len, uint32_t seed);

/** Value of an extended statistic. */
uint64_t test_xstat(uint16_t port, const char *name);
/** Wait until it is not below value. @return whether it came to that */
bool test_wait_xstat(uint16_t port, const char *name, uint64_t value);

/** Have the model's device answer admin commands, by asking for the link, until it has had n. */
void test_use_commands(uint16_t port, uint64_t n);

/** Everything that could leak. */
struct test_resources {
	unsigned int mbufs;		/* in the pool, lcore caches included */
	unsigned int fds;
	unsigned int threads;
	unsigned int mappings;
	unsigned int memzones;
	size_t heap;			/* bytes allocated of EAL's heap */
	unsigned int ports;
};

void test_resources_get(struct test_resources *now);
/** Fail unless all is as it was. */
void test_resources_same(const struct test_resources *before);

#endif /* PORT_UTIL_H */
