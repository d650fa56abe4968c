/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * bench-prefetch-lookup [EAL arguments] -- [capture.pcap]: TSC cycles a look-up in a flow table
 * (rte_hash and an entry of a cache line a flow), in bursts as a port gives them, by the number of
 * flows and how packets choose them. Prefetching is
 *   off        - look up a key, use its entry, the next key;
 *   always     - a pass over the burst that hashes and prefetches (rte_hash_lookup_bulk), one that
 *                prefetches the entries, one that uses them;
 *   reference  - always, where the reference policy says yes to the last burst's entries;
 *   adaptive   - off, and the entries that the adaptive policy names are prefetched a burst ahead.
 * The policies' own time is in it.
 */

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ether.h>
#include <rte_hash.h>
#include <rte_ip.h>
#include <rte_jhash.h>
#include <rte_prefetch.h>

#include "rte_aether_prefetch.h"
#include "rte_aether_prefetch_adaptive.h"

#define BURST		32
#define WINDOW		16	/* entries that a policy sees of a burst */
#define RUNS		11	/* alternating */
#define BURSTS		4096	/* in a run */
#define ARRIVALS	(BURST * BURSTS)

struct key {
	uint32_t source, destination;
	uint16_t source_port, destination_port;
	uint32_t protocol;
};

struct entry {
	uint64_t packets, bytes;
	uint64_t rest[6];
} __rte_cache_aligned;

struct table {
	struct rte_hash *hash;
	struct entry *entries;
	struct key *keys;
	uint32_t n;
};

enum mode { OFF, ALWAYS, REFERENCE, ADAPTIVE, MODES };
static const char *const mode_names[] = { "off", "always", "reference", "adaptive" };

struct policies {
	struct rte_aether_prefetch reference;
	struct rte_aether_prefetch_adaptive adaptive;
	struct rte_aether_prefetch_candidate named[RTE_AETHER_PREFETCH_MAX];
	unsigned int n_named;
	uint64_t window[WINDOW];
	bool yes;
};

/* splitmix64 */
static uint64_t
next_random(void)
{
	static uint64_t seed = 1;
	uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static void
table_create(struct table *t, struct key *keys, uint32_t n)
{
	struct rte_hash_parameters p = { .name = "flows", .entries = n + n / 4 + 8,
		.key_len = sizeof(struct key), .hash_func = rte_jhash, .socket_id = 0 };
	uint32_t i;

	t->hash = rte_hash_create(&p);
	t->n = n;
	t->keys = keys;
	/* Positions of keys may be any up to the table's size. */
	t->entries = aligned_alloc(RTE_CACHE_LINE_SIZE, (p.entries + 1ul) * sizeof(*t->entries));
	if (t->hash == NULL || t->entries == NULL)
		rte_exit(1, "no memory for %u flows: give EAL more (-m)\n", n);
	memset(t->entries, 0, (p.entries + 1ul) * sizeof(*t->entries));
	for (i = 0; i < n; i++)
		if (rte_hash_add_key(t->hash, &keys[i]) < 0)
			rte_exit(1, "the table is full at flow %u of %u\n", i, n);
}

static void
table_free(struct table *t)
{
	rte_hash_free(t->hash);
	free(t->entries);
}

static inline void
use(struct table *t, int32_t position)
{
	t->entries[position].packets++;
	t->entries[position].bytes += 64;
}

static inline uint64_t
line_of(const struct table *t, int32_t position)
{
	return (uintptr_t)&t->entries[position] / RTE_CACHE_LINE_SIZE;
}

static void
burst_off(struct table *t, const void **keys, int32_t *at)
{
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		at[i] = rte_hash_lookup(t->hash, keys[i]);
		use(t, at[i]);
	}
}

static void
burst_always(struct table *t, const void **keys, int32_t *at)
{
	unsigned int i;

	rte_hash_lookup_bulk(t->hash, keys, BURST, at);
	for (i = 0; i < BURST; i++)
		rte_prefetch0(&t->entries[at[i]]);
	for (i = 0; i < BURST; i++)
		use(t, at[i]);
}

static void
think_reference(struct table *t, struct policies *p, const int32_t *at)
{
	unsigned int i;

	for (i = 0; i < WINDOW; i++)
		p->window[i] = line_of(t, at[i]);
	p->yes = rte_aether_prefetch_decide(&p->reference, p->window, WINDOW);
}

static void
think_adaptive(struct table *t, struct policies *p, const int32_t *at)
{
	uint32_t used = 0;
	unsigned int i, k;

	for (i = 0; i < WINDOW; i++)
		p->window[i] = line_of(t, at[i]);
	for (k = 0; k < p->n_named; k++)
		for (i = 0; i < WINDOW; i++)
			used |= (uint32_t)(p->window[i] == p->named[k].address) << k;
	rte_aether_prefetch_adaptive_outcome(&p->adaptive, used);
	p->n_named = rte_aether_prefetch_adaptive_decide(&p->adaptive, p->window, WINDOW, p->named);
	for (k = 0; k < p->n_named; k++)
		rte_prefetch0((const void *)(uintptr_t)(p->named[k].address * RTE_CACHE_LINE_SIZE));
}

static int
compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Cycles a look-up, without the hundredth of the bursts that took longest: interrupted ones. */
static double
run(struct table *t, const uint32_t *arrivals, enum mode mode, struct policies *p)
{
	static double cycles[BURSTS];
	const void *keys[BURST];
	const unsigned int counted = BURSTS - BURSTS / 100;
	int32_t at[BURST];
	unsigned int b, i;
	uint64_t begin;
	double sum = 0;

	for (b = 0; b < BURSTS; b++) {
		for (i = 0; i < BURST; i++)
			keys[i] = &t->keys[arrivals[b * BURST + i]];
		begin = rte_rdtsc_precise();
		if (mode == ALWAYS || (mode == REFERENCE && p->yes))
			burst_always(t, keys, at);
		else
			burst_off(t, keys, at);
		if (mode == REFERENCE)
			think_reference(t, p, at);
		else if (mode == ADAPTIVE)
			think_adaptive(t, p, at);
		cycles[b] = (double)(rte_rdtsc_precise() - begin);
	}
	qsort(cycles, BURSTS, sizeof(cycles[0]), compare_doubles);
	for (b = 0; b < counted; b++)
		sum += cycles[b];
	return sum / counted / BURST;
}

static void
measure(struct table *t, const uint32_t *arrivals, const char *what)
{
	struct rte_aether_prefetch_params params;
	static struct policies policies[MODES];
	double cycles[MODES][RUNS];
	unsigned int r, m;

	if (rte_aether_prefetch_preset(RTE_AETHER_PREFETCH_DEFAULT, &params) != 0)
		abort();
	for (m = 0; m < MODES; m++) {
		memset(&policies[m], 0, sizeof(policies[m]));
		if (rte_aether_prefetch_init(&policies[m].reference, &params,
				RTE_AETHER_PREFETCH_FAST) != 0 ||
		    rte_aether_prefetch_adaptive_init(&policies[m].adaptive, NULL) != 0)
			abort();
		run(t, arrivals, (enum mode)m, &policies[m]);
	}
	for (r = 0; r < RUNS; r++)
		for (m = 0; m < MODES; m++)
			cycles[m][r] = run(t, arrivals, (enum mode)m, &policies[m]);
	printf("| %-8s | %8u |", what, t->n);
	for (m = 0; m < MODES; m++) {
		qsort(cycles[m], RUNS, sizeof(double), compare_doubles);
		printf(" %6.1f (%.1f-%.1f) |", cycles[m][RUNS / 2], cycles[m][0],
				cycles[m][RUNS - 1]);
	}
	printf("\n");
	fflush(stdout);
}

static struct key *
make_keys(uint32_t n)
{
	struct key *keys = calloc(n, sizeof(*keys));
	uint32_t i;

	if (keys == NULL)
		rte_exit(1, "no memory for %u keys\n", n);
	for (i = 0; i < n; i++)
		keys[i] = (struct key){ .source = 0x0a000000 + i, .destination = 0xc0a80001,
			.source_port = (uint16_t)next_random(), .destination_port = 443,
			.protocol = 17 };
	return keys;
}

/* Zipf with exponent 1: the k-th flow has 1/k of the first's share. */
static uint32_t
zipf(uint32_t n)
{
	const double u = (double)(next_random() >> 11) * 0x1p-53;
	const double x = exp(u * log((double)n + 1)) - 1;

	return RTE_MIN((uint32_t)x, n - 1);
}

static void
measure_size(uint32_t n)
{
	uint32_t *arrivals = calloc(ARRIVALS, sizeof(*arrivals)), i;
	struct key *keys = make_keys(n);
	struct table t;

	if (arrivals == NULL)
		rte_exit(1, "no memory for arrivals\n");
	table_create(&t, keys, n);
	for (i = 0; i < ARRIVALS; i++)
		arrivals[i] = (uint32_t)(next_random() % n);
	measure(&t, arrivals, "uniform");
	for (i = 0; i < ARRIVALS; i++)
		arrivals[i] = zipf(n);
	measure(&t, arrivals, "Zipf");
	table_free(&t);
	free(keys);
	free(arrivals);
}

static bool
key_of(const u_char *frame, uint32_t length, struct key *key)
{
	const struct rte_ipv4_hdr *ip = (const void *)(frame + RTE_ETHER_HDR_LEN);
	const uint16_t *ports = (const void *)(ip + 1);

	if (length < RTE_ETHER_HDR_LEN + sizeof(*ip) + 4 || frame[12] != 8 || frame[13] != 0)
		return false;
	*key = (struct key){ .source = ip->src_addr, .destination = ip->dst_addr,
		.source_port = ports[0], .destination_port = ports[1],
		.protocol = ip->next_proto_id };
	return true;
}

/* The flows of a capture, in its order, again and again. */
static void
measure_capture(const char *path)
{
	static struct key keys[1 << 16];
	static uint32_t order[1 << 16];
	uint32_t *arrivals = calloc(ARRIVALS, sizeof(*arrivals)), n = 0, packets = 0, i;
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);
	struct pcap_pkthdr *head;
	const u_char *frame;
	struct table t;
	struct key key;

	if (pcap == NULL || arrivals == NULL)
		rte_exit(1, "cannot read %s: %s\n", path, error);
	while (pcap_next_ex(pcap, &head, &frame) == 1 && packets < RTE_DIM(order)) {
		if (!key_of(frame, head->caplen, &key))
			continue;
		for (i = 0; i < n && memcmp(&keys[i], &key, sizeof(key)) != 0; i++)
			;
		if (i == n)
			keys[n++] = key;
		order[packets++] = i;
	}
	pcap_close(pcap);
	if (packets == 0)
		rte_exit(1, "%s has no IPv4 packets\n", path);
	for (i = 0; i < ARRIVALS; i++)
		arrivals[i] = order[i % packets];
	table_create(&t, keys, n);
	measure(&t, arrivals, "capture");
	table_free(&t);
	free(arrivals);
}

int
main(int argc, char **argv)
{
	const int used = rte_eal_init(argc, argv);
	uint32_t n;

	if (used < 0)
		rte_exit(1, "EAL did not start: try --no-huge -m 2048 --no-pci\n");
	printf("TSC cycles a look-up: median of %u alternating runs (lowest - highest)\n\n"
		"| arrivals |    flows |", RUNS);
	for (n = 0; n < MODES; n++)
		printf(" %-19s |", mode_names[n]);
	printf("\n|----------|----------|---------------------|---------------------|"
		"---------------------|---------------------|\n");
	for (n = 256; n <= 8 << 20; n *= 8)
		measure_size(n);
	if (used + 1 < argc)
		measure_capture(argv[used + 1]);
	rte_eal_cleanup();
	return 0;
}
