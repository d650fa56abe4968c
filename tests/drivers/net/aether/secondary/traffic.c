/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * An application of several processes, for processes.py: one binary, primary or secondary by
 * --proc-type=auto. Each process has one queue pair, its slot; slots count the queues of the
 * first port, then those of the next. What it sends comes back over the loop to its own queue, for
 * the primary has tried which flows lead where.
 *
 * Commands come by stdin, a line each; every one is answered by one line.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>
#include <rte_udp.h>

#define MAX_SLOTS	8
#define FLOWS		8
#define RING		512
#define POOL		4095
#define BURST		32
/* Packets on their way: fewer than the ring has room for, so that none may be lost. */
#define WINDOW		256
#define GIVE_UP_S	20

struct plan {
	uint16_t n_ports, n_queues;
	uint16_t n_flows[MAX_SLOTS];
	uint16_t flow[MAX_SLOTS][FLOWS];	/* UDP source ports that lead to the slot's queue */
};

struct payload {
	uint32_t slot;
	uint32_t seq;
	uint8_t bytes[];
} __rte_packed;

#define HEADERS	(RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_udp_hdr))

static struct plan *plan;
static unsigned int slot;
static uint16_t port, queue;
static struct rte_mempool *pool;
static uint32_t next_seq, expected_seq;

static const char *
pool_name(unsigned int of)
{
	static char name[32];

	snprintf(name, sizeof(name), "pool%u", of);
	return name;
}

static void
answer(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("> ", stdout);
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	va_end(args);
}

/* ---------------------------------------------------------------- packets ------------------- */

static uint8_t
pattern(uint32_t of_slot, uint32_t seq, unsigned int i)
{
	return (seq * 2654435761u >> 13) + of_slot * 31 + i * 7;
}

static struct rte_mbuf *
make(uint32_t seq, uint16_t flow)
{
	const uint16_t len = sizeof(struct payload) + 10 + seq % 900;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *eth;
	struct rte_ipv4_hdr *ip;
	struct rte_udp_hdr *udp;
	struct payload *payload;
	unsigned int i;

	if (m == NULL)
		return NULL;
	eth = (struct rte_ether_hdr *)rte_pktmbuf_append(m, HEADERS + len);
	ip = (struct rte_ipv4_hdr *)(eth + 1);
	udp = (struct rte_udp_hdr *)(ip + 1);
	payload = (struct payload *)(udp + 1);
	memset(eth, 0, HEADERS);
	rte_eth_macaddr_get(port, &eth->dst_addr);
	eth->src_addr.addr_bytes[0] = 2;
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16(HEADERS - RTE_ETHER_HDR_LEN + len);
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	ip->src_addr = RTE_BE32(RTE_IPV4(198u, 51, 100, 1));
	ip->dst_addr = RTE_BE32(RTE_IPV4(198u, 51, 100, 2));
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->src_port = rte_cpu_to_be_16(flow);
	udp->dst_port = RTE_BE16(4000);
	udp->dgram_len = rte_cpu_to_be_16(sizeof(*udp) + len);
	payload->slot = slot;
	payload->seq = seq;
	for (i = 0; i < len - sizeof(*payload); i++)
		payload->bytes[i] = pattern(slot, seq, i);
	return m;
}

/** Whether m is the packet with that number of this process, byte for byte. */
static bool
is_mine(const struct rte_mbuf *m, uint32_t seq)
{
	const struct payload *payload = rte_pktmbuf_mtod_offset(m, const struct payload *, HEADERS);
	const uint16_t len = sizeof(*payload) + 10 + seq % 900;
	unsigned int i;

	if (m->nb_segs != 1 || m->data_len != RTE_MAX(HEADERS + len, 60u) || m->port != port ||
	    payload->slot != slot || payload->seq != seq)
		return false;
	for (i = 0; i < len - sizeof(*payload); i++) {
		if (payload->bytes[i] != pattern(slot, seq, i))
			return false;
	}
	return true;
}

static bool
line_waits(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&in, 1, 0) > 0;
}

static unsigned int
send_some(unsigned int n)
{
	struct rte_mbuf *pkts[BURST];
	unsigned int i, sent;

	for (i = 0; i < RTE_MIN(n, (unsigned int)BURST); i++) {
		const uint32_t seq = next_seq + i;

		pkts[i] = make(seq, plan->flow[slot][seq % plan->n_flows[slot]]);
		if (pkts[i] == NULL)
			break;
	}
	sent = rte_eth_tx_burst(port, queue, pkts, i);
	rte_pktmbuf_free_bulk(pkts + sent, i - sent);
	next_seq += sent;
	return sent;
}

/** @return packets received; of them *wrong were not the next one of this process's own */
static unsigned int
receive_some(unsigned int *wrong)
{
	struct rte_mbuf *pkts[BURST];
	const unsigned int n = rte_eth_rx_burst(port, queue, pkts, BURST);
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!is_mine(pkts[i], expected_seq++))
			(*wrong)++;
	}
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

/** Send n packets and receive them again; 0: until the next command waits. */
static void
traffic(unsigned long n)
{
	unsigned long sent = 0, received = 0;
	uint64_t progress = rte_get_timer_cycles();
	unsigned int wrong = 0, idle = 0, got, put;
	bool more = true;

	while (more || received < sent) {
		put = 0;
		if (more && sent - received < WINDOW)
			put = send_some(n == 0 ? BURST : RTE_MIN(n - sent, (unsigned long)BURST));
		got = receive_some(&wrong);
		sent += put;
		received += got;
		more = n == 0 ? !line_waits() : sent < n;
		if (put + got > 0) {
			progress = rte_get_timer_cycles();
			idle = 0;
			continue;
		}
		if (++idle > 100)	/* three processes and a model on two cores */
			sched_yield();
		if (rte_get_timer_cycles() - progress > GIVE_UP_S * rte_get_timer_hz())
			break;
	}
	answer("traffic sent=%lu received=%lu wrong=%u", sent, received, wrong);
}

/** One burst each way. */
static void
poll_once(void)
{
	unsigned int wrong = 0;
	const unsigned int sent = send_some(1), received = receive_some(&wrong);

	answer("poll sent=%u received=%u count=%d rx=%d tx=%d", sent, received,
	       rte_eth_rx_queue_count(port, queue),
	       rte_eth_rx_descriptor_status(port, queue, 0),
	       rte_eth_tx_descriptor_status(port, queue, 0));
}

/** Throw away what is in the ring. */
static void
drain(void)
{
	unsigned int wrong, n = 0, got, idle = 0;

	for (;;) {
		got = receive_some(&wrong);
		n += got;
		if (got == 0 && ++idle > 50)
			break;
		if (got == 0)
			rte_delay_us_sleep(1000);
	}
	expected_seq = next_seq;
	answer("drain received=%u", n);
}

/* ---------------------------------------------------------------- control ------------------- */

static void
print_stats(void)
{
	struct rte_eth_stats s;
	int ret = rte_eth_stats_get(port, &s);

	answer("stats ret=%d ipackets=%" PRIu64 " opackets=%" PRIu64 " ibytes=%" PRIu64
	       " obytes=%" PRIu64 " imissed=%" PRIu64 " ierrors=%" PRIu64 " oerrors=%" PRIu64
	       " q0_rx=%" PRIu64 " q1_rx=%" PRIu64 " q2_rx=%" PRIu64, ret, s.ipackets, s.opackets,
	       s.ibytes, s.obytes, s.imissed, s.ierrors, s.oerrors, s.q_ipackets[0],
	       s.q_ipackets[1], s.q_ipackets[2]);
}

static void
print_xstats(void)
{
	struct rte_eth_xstat_name names[512];
	struct rte_eth_xstat values[512];
	const int n = rte_eth_xstats_get_names(port, names, RTE_DIM(names));
	const int m = rte_eth_xstats_get(port, values, RTE_DIM(values));
	int i;

	if (n != m || n > (int)RTE_DIM(names)) {
		answer("xstats ret=%d names=%d", m, n);
		return;
	}
	fputs("> xstats ret=0", stdout);
	for (i = 0; i < n; i++)
		printf(" %s=%" PRIu64, names[values[i].id].name, values[i].value);
	putchar('\n');
	fflush(stdout);
}

static void
print_info(void)
{
	char mac[RTE_ETHER_ADDR_FMT_SIZE], firmware[64] = "";
	struct rte_eth_burst_mode mode = {0};
	struct rte_eth_dev_info info = {0};
	struct rte_eth_link link = {0};
	struct rte_eth_rxq_info rxq = {0};
	struct rte_eth_txq_info txq = {0};
	struct rte_ether_addr addr = {0};
	const int ret = rte_eth_dev_info_get(port, &info);

	rte_eth_link_get_nowait(port, &link);
	rte_eth_macaddr_get(port, &addr);
	rte_ether_format_addr(mac, sizeof(mac), &addr);
	rte_eth_dev_fw_version_get(port, firmware, sizeof(firmware));
	rte_eth_rx_queue_info_get(port, queue, &rxq);
	rte_eth_tx_queue_info_get(port, queue, &txq);
	rte_eth_rx_burst_mode_get(port, queue, &mode);
	answer("info ret=%d driver=%s queues=%u/%u max=%u/%u link=%u speed=%u mac=%s firmware=%s "
	       "ring=%u/%u pool=%s burst=%s ptypes=%d domain=%u", ret,
	       info.driver_name == NULL ? "none" : info.driver_name, info.nb_rx_queues,
	       info.nb_tx_queues, info.max_rx_queues, info.max_tx_queues, link.link_status,
	       link.link_speed, mac, firmware, rxq.nb_desc, txq.nb_desc,
	       rxq.mp == NULL ? "none" : rxq.mp->name, mode.info,
	       rte_eth_dev_get_supported_ptypes(port, RTE_PTYPE_ALL_MASK, NULL, 0),
	       info.switch_info.domain_id);
}

static int
map_memory(void)
{
	static uint8_t memory[4096] __rte_aligned(4096);
	struct rte_eth_dev_info info;
	int ret;

	ret = rte_eth_dev_info_get(port, &info);
	if (ret != 0)
		return ret;
	if (rte_extmem_register(memory, sizeof(memory), NULL, 0, sizeof(memory)) != 0)
		return -rte_errno;
	if (rte_dev_dma_map(info.device, memory, 0, sizeof(memory)) != 0)
		ret = -rte_errno;
	rte_extmem_unregister(memory, sizeof(memory));
	return ret;
}

/** What only the primary process may do, and what each call of it returns. */
static void
try_control(void)
{
	const struct rte_eth_conf conf = {0};
	struct rte_ether_addr addr = { .addr_bytes = { 2, 1, 1, 1, 1, 1 } };

	answer("control configure=%d stop=%d reset=%d rx_setup=%d tx_setup=%d rx_stop=%d "
	       "promisc=%d allmulti=%d mac_add=%d mac_set=%d down=%d map=%d",
	       rte_eth_dev_configure(port, 1, 1, &conf), rte_eth_dev_stop(port),
	       rte_eth_dev_reset(port), rte_eth_rx_queue_setup(port, 0, RING, 0, NULL, pool),
	       rte_eth_tx_queue_setup(port, 0, RING, 0, NULL),
	       rte_eth_dev_rx_queue_stop(port, queue), rte_eth_promiscuous_enable(port),
	       rte_eth_allmulticast_enable(port), rte_eth_dev_mac_addr_add(port, &addr, 0),
	       rte_eth_dev_default_mac_addr_set(port, &addr), rte_eth_dev_set_link_down(port),
	       map_memory());
}

static uint32_t removals;		/* atomic */

static int
on_removal(uint16_t p, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(p);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_fetch_add(&removals, 1, __ATOMIC_RELAXED);
	return 0;
}

/** Keeps the thread of alarms and interrupts from all else. */
static void
stay_long(void *ms)
{
	rte_delay_us_sleep(1000 * (uintptr_t)ms);
}

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	answer("failed: %s: %s", what, rte_strerror(rte_errno));
	_exit(1);
}

static void *
restart_port(void *arg)
{
	const uint16_t p = (uintptr_t)arg;
	int ret = rte_eth_dev_stop(p);

	return (void *)(intptr_t)(ret == 0 ? rte_eth_dev_start(p) : ret);
}

/** All ports, each by a thread of its own. */
static void
restart_at_once(void)
{
	pthread_t threads[RTE_MAX_ETHPORTS];
	void *failed;
	int ret = 0;
	uint16_t p;

	for (p = 0; p < plan->n_ports; p++)
		must(pthread_create(&threads[p], NULL, restart_port, (void *)(uintptr_t)p) == 0,
		     "thread");
	for (p = 0; p < plan->n_ports; p++) {
		pthread_join(threads[p], &failed);
		ret = ret != 0 ? ret : (int)(intptr_t)failed;
	}
	answer("restart_at_once ret=%d", ret);
}

static void
restart_queue(unsigned int which)
{
	const uint16_t p = which / plan->n_queues, q = which % plan->n_queues;
	const int rx_stop = rte_eth_dev_rx_queue_stop(p, q);
	const int tx_stop = rte_eth_dev_tx_queue_stop(p, q);
	const unsigned int left = rte_mempool_avail_count(rte_mempool_lookup(pool_name(which)));
	const int tx_start = rte_eth_dev_tx_queue_start(p, q);
	const int rx_start = rte_eth_dev_rx_queue_start(p, q);

	answer("restart rx_stop=%d tx_stop=%d rx_start=%d tx_start=%d lost=%d", rx_stop, tx_stop,
	       rx_start, tx_start, POOL - (int)left);
}

/** @param args of the device; NULL: take it away */
static void
plug(const char *name, const char *args)
{
	const int ret = args == NULL ? rte_eal_hotplug_remove("vdev", name) :
		rte_eal_hotplug_add("vdev", name, args);

	answer("plug ret=%d ports=%u", ret, rte_eth_dev_count_avail());
}

/** For all ports; @return the first error */
static int
each_port(int (*act)(uint16_t))
{
	uint16_t p;
	int ret = 0;

	for (p = 0; p < plan->n_ports && ret == 0; p++)
		ret = act(p);
	return ret;
}

/** @return whether to go on */
static bool
obey(const char *line)
{
	char name[64], args[128];
	unsigned long n;

	if (sscanf(line, "plug %63s %127s", name, args) == 2)
		plug(name, args);
	else if (sscanf(line, "unplug %63s", name) == 1)
		plug(name, NULL);
	else if (strcmp(line, "ports") == 0)
		answer("ports ports=%u", rte_eth_dev_count_avail());
	else if (sscanf(line, "traffic %lu", &n) == 1)
		traffic(n);
	else if (strcmp(line, "restart_at_once") == 0)
		restart_at_once();
	else if (sscanf(line, "restart %lu", &n) == 1)
		restart_queue(n);
	else if (strcmp(line, "poll") == 0)
		poll_once();
	else if (strcmp(line, "drain") == 0)
		drain();
	else if (strcmp(line, "stats") == 0)
		print_stats();
	else if (strcmp(line, "xstats") == 0)
		print_xstats();
	else if (strcmp(line, "reset_stats") == 0)
		answer("reset_stats ret=%d", rte_eth_stats_reset(port));
	else if (strcmp(line, "info") == 0)
		print_info();
	else if (strcmp(line, "control") == 0)
		try_control();
	else if (strcmp(line, "stop") == 0)
		answer("stop ret=%d", each_port(rte_eth_dev_stop));
	else if (strcmp(line, "start") == 0)
		answer("start ret=%d", each_port(rte_eth_dev_start));
	else if (strcmp(line, "close") == 0)
		answer("close ret=%d", each_port(rte_eth_dev_close));
	else if (strcmp(line, "removals") == 0)
		answer("removals n=%u removed=%d", __atomic_load_n(&removals, __ATOMIC_RELAXED),
		       rte_eth_dev_is_removed(port));
	else if (sscanf(line, "busy %lu", &n) == 1)
		answer("busy ret=%d", rte_eal_alarm_set(1, stay_long, (void *)(uintptr_t)n));
	else if (strcmp(line, "pool") == 0)
		answer("pool free=%u", rte_mempool_avail_count(pool));
	else if (strcmp(line, "quit") == 0)
		return false;
	else
		answer("unknown command");
	return true;
}

/* ---------------------------------------------------------------- set-up -------------------- */

/** Of its own for each process: one that is killed inside a pool made of a ring leaves that
 * unusable to all others, while a stack without locks only loses what it held. */
static void
make_pool(unsigned int of)
{
	must(rte_pktmbuf_pool_create_by_ops(pool_name(of), POOL, 128, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					    SOCKET_ID_ANY, "lf_stack") != NULL, "pool");
}

static void
set_up_port(uint16_t p)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	uint16_t q;

	if (plan->n_queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP;
	}
	if (rte_eth_dev_info_get(p, &info) == 0)
		conf.intr_conf.rmv = (*info.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
	must(rte_eth_dev_configure(p, plan->n_queues, plan->n_queues, &conf) == 0, "configure");
	for (q = 0; q < plan->n_queues; q++) {
		must(rte_eth_rx_queue_setup(p, q, RING, SOCKET_ID_ANY, NULL,
					    rte_mempool_lookup(pool_name(p *
					    plan->n_queues + q))) == 0, "Rx queue");
		must(rte_eth_tx_queue_setup(p, q, RING, SOCKET_ID_ANY, NULL) == 0, "Tx queue");
	}
	must(rte_eth_dev_start(p) == 0, "start");
}

/** Send one packet and see where it arrives. @return the queue */
static uint16_t
find_queue(uint16_t p, uint16_t flow)
{
	struct rte_mbuf *m;
	unsigned int tries;
	uint16_t q;

	m = make(0, flow);
	must(m != NULL, "mbuf");
	must(rte_eth_tx_burst(p, 0, &m, 1) == 1, "send");
	for (tries = 0; tries < 2000; tries++) {
		for (q = 0; q < plan->n_queues; q++) {
			if (rte_eth_rx_burst(p, q, &m, 1) == 1) {
				rte_pktmbuf_free(m);
				return q;
			}
		}
		rte_delay_us_sleep(1000);
	}
	must(0, "a packet came back to no queue");
	return 0;
}

static void
try_flows(uint16_t p)
{
	unsigned int full = 0;
	uint16_t flow;

	port = p;
	for (flow = 1000; flow < 1400 && full < plan->n_queues; flow++) {
		const unsigned int of = p * plan->n_queues + find_queue(p, flow);

		if (plan->n_flows[of] == FLOWS)
			continue;
		plan->flow[of][plan->n_flows[of]++] = flow;
		full += plan->n_flows[of] == FLOWS;
	}
	must(full == plan->n_queues, "every queue gets flows");
}

static void
set_up(uint16_t n_queues)
{
	const struct rte_memzone *zone;
	unsigned int i;
	uint16_t p;

	zone = rte_memzone_reserve("plan", sizeof(*plan), SOCKET_ID_ANY, 0);
	must(zone != NULL, "plan");
	plan = zone->addr;
	memset(plan, 0, sizeof(*plan));
	plan->n_ports = rte_eth_dev_count_avail();
	plan->n_queues = n_queues;
	for (i = 0; i < (unsigned int)plan->n_ports * n_queues; i++)
		make_pool(i);
	for (p = 0; p < plan->n_ports; p++)
		set_up_port(p);
	pool = rte_mempool_lookup(pool_name(0));
	for (p = 0; p < plan->n_ports; p++)
		try_flows(p);
}

/** Take the addresses that the driver will need, if the test says where they are. */
static void
take_addresses(void)
{
	const char *address = getenv("TAKE_ADDRESS");

	if (address != NULL)
		must(mmap((void *)strtoul(address, NULL, 16), 4096, PROT_NONE, MAP_PRIVATE |
			  MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED, "mmap");
}

int
main(int argc, char **argv)
{
	const struct rte_memzone *zone;
	char line[256];
	int used;

	take_addresses();
	used = rte_eal_init(argc, argv);
	if (used < 0)
		rte_exit(EXIT_FAILURE, "EAL: %s\n", rte_strerror(rte_errno));
	slot = argc - used > 1 ? atoi(argv[used + 1]) : 0;
	if (rte_eal_process_type() == RTE_PROC_PRIMARY) {
		set_up(argc - used > 2 ? atoi(argv[used + 2]) : 1);
	} else {
		zone = rte_memzone_lookup("plan");
		must(zone != NULL, "plan");
		plan = zone->addr;
		must(rte_eth_dev_count_avail() == plan->n_ports, "as many ports as the primary");
	}
	pool = rte_mempool_lookup(pool_name(slot));
	must(pool != NULL, "pool");
	port = slot / plan->n_queues;
	queue = slot % plan->n_queues;
	must(rte_eth_dev_callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_INTR_RMV, on_removal,
					   NULL) == 0, "event");
	answer("ready type=%s ports=%u", rte_eal_process_type() == RTE_PROC_PRIMARY ? "primary" :
	       "secondary", rte_eth_dev_count_avail());

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (!obey(line))
			break;
	}
	used = rte_eal_cleanup();
	answer("end ret=%d", used);
	return used == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
