/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What the engines cost: one thread plays the device and, untimed, the host. Prints TSC cycles
 * and nanoseconds a packet of the device's part for Rx alone, Tx alone and both over a loop.
 *
 *     bench_engine [frame bytes [seconds per case]]
 *
 * Not a test: it fails only when packets get lost.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_memcpy.h>
#include <rte_udp.h>

#include "data_fake.h"

#define RING		1024
#define ROOM		2048		/* bytes between buffers */
#define BUDGET		256
#define LOOP_SLOTS	1024

enum bench_case { BENCH_RX, BENCH_TX, BENCH_LOOP };

/** A wire with an endless source and a bottomless sink, or a ring from one to the other. */
struct bench_wire {
	struct model_wire wire;
	bool loop;
	uint32_t len;
	uint8_t *slots;
	uint32_t head, tail;
	uint64_t sum;			/* of a word of each frame sent: they are looked at */
};

struct bench {
	struct fake *fake;
	struct bench_wire wire;
	struct fake_rxq rxq;
	struct fake_txq txq;
	uint8_t *tx_buffers;
	uint32_t rx_next, tx_done;	/* the host's places */
	uint64_t packets, cycles;
};

static unsigned int
wire_peek(struct model_wire *base, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct bench_wire *wire = (struct bench_wire *)base;
	unsigned int i;

	(void)tsc;
	if (wire->loop)
		n = RTE_MIN(n, wire->tail - wire->head);
	for (i = 0; i < n; i++) {
		frames[i].data = wire->slots + (size_t)((wire->head + i) % LOOP_SLOTS) * ROOM;
		frames[i].len = wire->len;
	}
	return n;
}

static void
wire_take(struct model_wire *base, unsigned int n)
{
	((struct bench_wire *)base)->head += n;
}

static unsigned int
wire_tx(struct model_wire *base, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	struct bench_wire *wire = (struct bench_wire *)base;
	unsigned int i;

	(void)tsc;
	if (wire->loop)
		n = RTE_MIN(n, LOOP_SLOTS - (wire->tail - wire->head));
	for (i = 0; i < n; i++) {
		uint64_t word;

		if (wire->loop)
			rte_memcpy(wire->slots + (size_t)((wire->tail + i) % LOOP_SLOTS) * ROOM,
				   frames[i].data, frames[i].len);
		memcpy(&word, frames[i].data + 16, sizeof(word));
		wire->sum += word;
	}
	wire->tail += n;
	return n;
}

static const struct model_wire_ops wire_ops = {
	.rx_peek = wire_peek,
	.rx_take = wire_take,
	.tx = wire_tx,
};

/** UDP with good checksums: the device verifies them. */
static void
bench_frame(uint8_t *frame, uint32_t len, unsigned int seed)
{
	struct rte_ipv4_hdr *ip = (void *)(frame + RTE_ETHER_HDR_LEN);
	struct rte_udp_hdr *udp = (void *)(ip + 1);

	fake_frame(frame, len, 0x020000000001, RTE_ETHER_TYPE_IPV4, seed);
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16(len - RTE_ETHER_HDR_LEN);
	ip->next_proto_id = IPPROTO_UDP;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->dgram_len = rte_cpu_to_be_16(len - RTE_ETHER_HDR_LEN - sizeof(*ip));
	udp->dgram_cksum = 0;
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
}

static void
bench_open(struct bench *bench, enum bench_case what, uint32_t len)
{
	unsigned int i;

	memset(bench, 0, sizeof(*bench));
	bench->fake = fake_create();
	bench->fake->model->tsc_hz = 1;
	bench->wire.wire.ops = &wire_ops;
	bench->wire.wire.lossless = true;
	bench->wire.loop = what == BENCH_LOOP;
	bench->wire.len = len;
	bench->wire.slots = malloc((size_t)LOOP_SLOTS * ROOM);
	assert_non_null(bench->wire.slots);
	for (i = 0; i < LOOP_SLOTS; i++)
		bench_frame(bench->wire.slots + (size_t)i * ROOM, len, i);
	bench->fake->model->wire = &bench->wire.wire;
	bench->rxq = (struct fake_rxq){ .qlen = RING, .rxdid = E810_RXDID_FLEX_NIC };
	bench->txq = (struct fake_txq){ .qlen = RING };
	assert_int_equal(fake_rxq_enable(bench->fake, &bench->rxq), 0);
	assert_int_equal(fake_txq_enable(bench->fake, &bench->txq), 0);
	fake_rxq_post(bench->fake, &bench->rxq, RING - 8);
	bench->tx_buffers = fake_alloc(bench->fake, (size_t)RING * ROOM);
	for (i = 0; i < RING; i++)
		bench_frame(bench->tx_buffers + (size_t)i * ROOM, len, i);
}

static void
bench_close(struct bench *bench)
{
	free(bench->wire.slots);
	fake_destroy(bench->fake);
}

/** The host: take what was received and give the buffers back. */
static void
host_rx(struct bench *bench)
{
	uint32_t next = bench->rx_next;

	while (fake_rx_desc(&bench->rxq, next)[1] & E810_RXD_FLEX_STATUS0_DD) {
		uint64_t *desc = fake_rx_desc(&bench->rxq, next);

		desc[0] = fake_iova(bench->fake, fake_rx_buffer(&bench->rxq, next));
		desc[1] = 0;
		next = (next + 1) % RING;
	}
	bench->rx_next = next;
	model_reg_set(bench->fake->model, QRX_TAIL(0), ((next + RING - 8) % RING) & ~7u);
}

/** The host: fill the ring, a report each 32 packets. */
static void
host_tx(struct bench *bench)
{
	struct fake_txq *txq = &bench->txq;
	uint32_t head = model_reg_get(bench->fake->model, QTX_COMM_HEAD(0));

	while ((txq->tail + 1) % RING != head) {
		uint64_t flags = (uint64_t)E810_TXD_CMD_EOP << E810_TXD_QW1_CMD_S;

		if (txq->tail % 32 == 31)
			flags |= (uint64_t)E810_TXD_CMD_RS << E810_TXD_QW1_CMD_S;
		fake_tx_put(bench->fake, txq, bench->tx_buffers + (size_t)txq->tail * ROOM,
			    bench->wire.len, flags);
	}
	fake_tx_ring(bench->fake, txq);
}

static void
bench_round(struct bench *bench, enum bench_case what)
{
	struct aether_model *model = bench->fake->model;
	uint64_t start, n = 0;

	if (what != BENCH_RX)
		host_tx(bench);
	start = rte_rdtsc();
	if (what != BENCH_RX)
		n += model_tx_step(model, BUDGET, start);
	if (what == BENCH_RX)
		n += model_rx_step(model, BUDGET, start);
	else if (what == BENCH_LOOP)
		model_rx_step(model, BUDGET, start);
	bench->cycles += rte_rdtsc() - start;
	bench->packets += n;
	if (what != BENCH_TX)
		host_rx(bench);
}

static double
tsc_per_ns(void)
{
	struct timespec a, b, nap = { .tv_nsec = 20 * 1000 * 1000 };
	uint64_t start = rte_rdtsc(), end;

	clock_gettime(CLOCK_MONOTONIC, &a);
	nanosleep(&nap, NULL);
	end = rte_rdtsc();
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (double)(end - start) /
	       ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec));
}

/** Median of slices: other work on the machine disturbs some of them. */
static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
bench_run(enum bench_case what, const char *name, uint32_t len, double seconds, double per_ns)
{
	enum { SLICES = 101 };
	double cycles[SLICES];
	struct bench bench;
	unsigned int i;

	bench_open(&bench, what, len);
	for (i = 0; i < SLICES; i++) {
		uint64_t end = rte_rdtsc() + (uint64_t)(seconds * 1e9 * per_ns / SLICES);

		bench.packets = bench.cycles = 0;
		while (rte_rdtsc() < end)
			bench_round(&bench, what);
		cycles[i] = (double)bench.cycles / (double)bench.packets;
	}
	qsort(cycles, SLICES, sizeof(cycles[0]), compare_double);
	printf("%-8s %5u bytes  %7.1f cycles a packet, %6.1f ns (best slice %.1f cycles)\n", name,
	       len, cycles[SLICES / 2], cycles[SLICES / 2] / per_ns, cycles[0]);
	assert_int_equal(bench.fake->model->stats.dma_faults, 0);
	assert_int_equal(bench.fake->model->wire_stats.rx_dropped, 0);
	bench_close(&bench);
}

int
main(int argc, char **argv)
{
	uint32_t len = argc > 1 ? (uint32_t)atoi(argv[1]) - 4 : 60;
	double seconds = argc > 2 ? atof(argv[2]) : 1;
	double per_ns = tsc_per_ns();

	if (len < 60 || len > 1514 || seconds <= 0 || seconds > 60) {
		fprintf(stderr, "frame bytes are 64 to 1518, seconds up to 60\n");
		return 2;
	}
	bench_run(BENCH_RX, "Rx", len, seconds, per_ns);
	bench_run(BENCH_TX, "Tx", len, seconds, per_ns);
	bench_run(BENCH_LOOP, "loop", len, seconds, per_ns);
	return 0;
}
