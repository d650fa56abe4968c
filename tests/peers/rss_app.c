/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What a driver says of frames that come back over a loop: queue, hash and flags of each. A small
 * application on any port of DPDK, for run_rss.
 *
 *   rss-app <EAL options> -- <queues> <key, 52 bytes in hex> <rss_hf, hex> <frames>
 *
 * <frames> is a file of frames, each preceded by its length (32 bits, little endian); the last
 * four bytes of a frame are its number. Commands come on standard input, one a line, each answered
 * by a line that begins with "ok" or "error":
 *
 *   update <rss_hf, hex>   rte_eth_dev_rss_hash_update() with these types
 *   flow <rss_hf, hex>     in place of types: rte_flow rules that hash IPv4 and IPv6 by these
 *   run <file>             send all frames and receive them; a line each: number, queue, hash,
 *                          whether the hash is valid, packet type
 *   quit
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_mbuf.h>

#define MAX_QUEUES	16
#define KEY_BYTES	52
#define DESCRIPTORS	1024
#define BURST		32
#define IDLE_MS		10000	/* other programs may have the CPUs */
#define LINK_MS		10000

struct app {
	uint16_t port;
	uint16_t queues;
	uint8_t key[KEY_BYTES];
	uint64_t hf;
	struct rte_mempool *pool;
	uint8_t *frames;		/* the file */
	size_t frames_len;
	struct rte_flow *flow[2];
};

static int
parse_key(const char *text, uint8_t key[KEY_BYTES])
{
	unsigned int i, byte;

	if (strlen(text) != 2 * KEY_BYTES)
		return -EINVAL;
	for (i = 0; i < KEY_BYTES; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return -EINVAL;
		key[i] = byte;
	}
	return 0;
}

static int
read_frames(struct app *app, const char *path)
{
	FILE *file = fopen(path, "rb");
	long len;

	if (file == NULL)
		return -errno;
	fseek(file, 0, SEEK_END);
	len = ftell(file);
	rewind(file);
	app->frames = malloc(len);
	app->frames_len = len;
	if (app->frames == NULL || fread(app->frames, 1, len, file) != (size_t)len) {
		fclose(file);
		return -EIO;
	}
	fclose(file);
	return 0;
}

/* ---------------------------------------------------------------- port ---------------------- */

/** Entry i of the table leads to queue 3 i modulo the number of queues: not the usual i. */
static int
set_table(const struct app *app)
{
	struct rte_eth_rss_reta_entry64 reta[RTE_ETH_RSS_RETA_SIZE_512 / RTE_ETH_RETA_GROUP_SIZE];
	struct rte_eth_dev_info info;
	unsigned int i;
	int ret;

	ret = rte_eth_dev_info_get(app->port, &info);
	if (ret != 0)
		return ret;
	if (info.reta_size == 0 || info.reta_size > RTE_ETH_RSS_RETA_SIZE_512)
		return -ENOTSUP;
	memset(reta, 0, sizeof(reta));
	for (i = 0; i < info.reta_size; i++) {
		reta[i / RTE_ETH_RETA_GROUP_SIZE].mask = UINT64_MAX;
		reta[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
			3 * i % app->queues;
	}
	return rte_eth_dev_rss_reta_update(app->port, reta, info.reta_size);
}

static int
set_queues(const struct app *app)
{
	uint16_t q;
	int ret = 0;

	for (q = 0; q < app->queues && ret == 0; q++) {
		ret = rte_eth_rx_queue_setup(app->port, q, DESCRIPTORS, SOCKET_ID_ANY, NULL,
					     app->pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(app->port, q, DESCRIPTORS, SOCKET_ID_ANY,
						     NULL);
	}
	return ret;
}

static int
wait_link(uint16_t port)
{
	struct rte_eth_link link;
	unsigned int ms;

	for (ms = 0; ms < LINK_MS; ms++) {
		if (rte_eth_link_get_nowait(port, &link) == 0 && link.link_status)
			return 0;
		rte_delay_us_sleep(1000);
	}
	return -ENETDOWN;
}

static int
start(struct app *app)
{
	struct rte_eth_conf conf = {
		.rxmode = {
			.mq_mode = RTE_ETH_MQ_RX_RSS,
			.offloads = RTE_ETH_RX_OFFLOAD_RSS_HASH,
		},
		.rx_adv_conf.rss_conf = {
			.rss_key = app->key, .rss_key_len = KEY_BYTES, .rss_hf = app->hf,
		},
	};
	int ret;

	app->pool = rte_pktmbuf_pool_create("frames", 16383, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					    SOCKET_ID_ANY);
	if (app->pool == NULL)
		return -rte_errno;
	ret = rte_eth_dev_configure(app->port, app->queues, app->queues, &conf);
	if (ret == 0)
		ret = set_queues(app);
	if (ret == 0)
		ret = rte_eth_dev_start(app->port);
	if (ret == 0)
		ret = rte_eth_promiscuous_enable(app->port);
	if (ret == 0)
		ret = set_table(app);
	return ret == 0 ? wait_link(app->port) : ret;
}

/* ---------------------------------------------------------------- commands ------------------ */

static struct rte_mbuf *
make(const struct app *app, size_t *at)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(app->pool);
	uint32_t len;
	char *data;

	if (m == NULL)
		return NULL;
	memcpy(&len, app->frames + *at, sizeof(len));
	data = rte_pktmbuf_append(m, len);
	if (data == NULL || app->frames_len - *at - sizeof(len) < len) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(data, app->frames + *at + sizeof(len), len);
	*at += sizeof(len) + len;
	return m;
}

static void
print(FILE *out, uint16_t q, const struct rte_mbuf *m)
{
	uint32_t number = 0;

	if (m->pkt_len >= sizeof(number))
		memcpy(&number, rte_pktmbuf_mtod_offset(m, uint8_t *,
							m->pkt_len - sizeof(number)),
		       sizeof(number));
	fprintf(out, "%" PRIu32 " %u %08x %u %08x\n", number, q,
		m->ol_flags & RTE_MBUF_F_RX_RSS_HASH ? m->hash.rss : 0,
		(m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0, m->packet_type);
}

static unsigned int
receive(const struct app *app, FILE *out)
{
	struct rte_mbuf *burst[BURST];
	unsigned int done = 0;
	uint16_t q, n, i;

	for (q = 0; q < app->queues; q++) {
		n = rte_eth_rx_burst(app->port, q, burst, BURST);
		for (i = 0; i < n; i++)
			print(out, q, burst[i]);
		rte_pktmbuf_free_bulk(burst, n);
		done += n;
	}
	return done;
}

/** Send the frames in order, a ring's worth ahead at most, and receive what comes back. */
static int
exchange(const struct app *app, FILE *out, unsigned int *sent, unsigned int *received)
{
	const uint64_t idle = rte_get_tsc_hz() / 1000 * IDLE_MS;
	uint64_t last = rte_rdtsc();
	struct rte_mbuf *m = NULL;
	unsigned int n;
	size_t at = 0;

	while (rte_rdtsc() - last < idle) {
		while (*sent - *received < DESCRIPTORS / 2 && (m != NULL || at < app->frames_len)) {
			if (m == NULL)
				m = make(app, &at);
			if (m == NULL)
				return -EINVAL;
			if (rte_eth_tx_burst(app->port, 0, &m, 1) != 1)
				break;
			m = NULL;
			(*sent)++;
		}
		n = receive(app, out);
		if (n != 0)
			last = rte_rdtsc();
		*received += n;
		if (*received >= *sent && m == NULL && at >= app->frames_len)
			return 0;
	}
	rte_pktmbuf_free(m);
	return -ETIMEDOUT;
}

static int
run(const struct app *app, const char *path)
{
	unsigned int sent = 0, received = 0;
	FILE *out = fopen(path, "w");
	int ret;

	if (out == NULL)
		return -errno;
	ret = exchange(app, out, &sent, &received);
	fclose(out);
	printf("sent %u received %u\n", sent, received);
	return ret;
}

static int
update(const struct app *app, uint64_t hf)
{
	struct rte_eth_rss_conf conf = { .rss_hf = hf };

	return rte_eth_dev_rss_hash_update(app->port, &conf);
}

static int
flow(struct app *app, uint64_t hf)
{
	static const enum rte_flow_item_type ip[] = {
		RTE_FLOW_ITEM_TYPE_IPV4, RTE_FLOW_ITEM_TYPE_IPV6,
	};
	static const uint64_t types[] = { RTE_ETH_RSS_IPV4, RTE_ETH_RSS_IPV6 };
	const struct rte_flow_attr attr = { .ingress = 1 };
	struct rte_flow_error error = { .message = "no reason given" };
	unsigned int i;

	for (i = 0; i < RTE_DIM(ip); i++) {
		const struct rte_flow_item pattern[] = {
			{ .type = RTE_FLOW_ITEM_TYPE_ETH }, { .type = ip[i] },
			{ .type = RTE_FLOW_ITEM_TYPE_END },
		};
		const struct rte_flow_action_rss rss = { .types = hf | types[i] };
		const struct rte_flow_action actions[] = {
			{ .type = RTE_FLOW_ACTION_TYPE_RSS, .conf = &rss },
			{ .type = RTE_FLOW_ACTION_TYPE_END },
		};

		app->flow[i] = rte_flow_create(app->port, &attr, pattern, actions, &error);
		if (app->flow[i] == NULL) {
			printf("rte_flow: %s\n", error.message);
			return -rte_errno;
		}
	}
	return 0;
}

static int
command(struct app *app, char *line)
{
	char *verb = strtok(line, " \n"), *value = strtok(NULL, " \n");

	if (verb == NULL || value == NULL)
		return -EINVAL;
	if (strcmp(verb, "update") == 0)
		return update(app, strtoull(value, NULL, 16));
	if (strcmp(verb, "flow") == 0)
		return flow(app, strtoull(value, NULL, 16));
	if (strcmp(verb, "run") == 0)
		return run(app, value);
	return -EINVAL;
}

static void
answer(int ret)
{
	if (ret == 0)
		printf("ok\n");
	else
		printf("error %d %s\n", ret, rte_strerror(-ret));
	fflush(stdout);
}

static int
application(struct app *app, int argc, char **argv)
{
	char line[4096];
	int ret;

	if (argc != 5 || parse_key(argv[2], app->key) != 0 ||
	    (app->queues = strtoul(argv[1], NULL, 10)) == 0 || app->queues > MAX_QUEUES) {
		fprintf(stderr, "rss-app: wanted: <queues> <key> <rss_hf> <frames>\n");
		return -EINVAL;
	}
	app->hf = strtoull(argv[3], NULL, 16);
	ret = read_frames(app, argv[4]);
	if (ret == 0)
		ret = start(app);
	answer(ret);
	while (ret == 0 && fgets(line, sizeof(line), stdin) != NULL &&
	       strncmp(line, "quit", 4) != 0)
		answer(command(app, line));
	return ret;
}

int
main(int argc, char **argv)
{
	static struct app app;
	int ret = rte_eal_init(argc, argv);

	if (ret < 0)
		return EXIT_FAILURE;
	app.port = rte_eth_find_next(0);
	if (app.port == RTE_MAX_ETHPORTS) {
		fprintf(stderr, "rss-app: there is no port\n");
		answer(-ENODEV);
		return EXIT_FAILURE;
	}
	ret = application(&app, argc - ret, argv + ret);
	rte_eth_dev_stop(app.port);
	rte_eth_dev_close(app.port);
	free(app.frames);
	rte_eal_cleanup();
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
