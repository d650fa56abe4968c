/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What wires cost a packet of 64 bytes, on one core and without a host. Not a test: run by hand.
 * The median of several rounds is printed, because the machines are noisy.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire_fake.h"

#define ROUNDS		31
#define PACKETS		(1 << 17)

static uint8_t host[1024][128] __rte_cache_aligned;	/* buffers of a host */
static double ns_per_cycle;

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
report(const char *what, unsigned int (*round)(struct aether_model *from, struct aether_model *to),
       struct aether_model *from, struct aether_model *to)
{
	double ns[ROUNDS];
	unsigned int i, n;
	uint64_t tsc;

	for (i = 0; i < ROUNDS; i++) {
		tsc = rte_rdtsc();
		for (n = 0; n < PACKETS; )
			n += round(from, to);
		ns[i] = (double)(rte_rdtsc() - tsc) / n * ns_per_cycle;
	}
	qsort(ns, ROUNDS, sizeof(ns[0]), compare);
	printf("%-34s %6.2f ns a packet (best %.2f)\n", what, ns[ROUNDS / 2], ns[0]);
}

static unsigned int
receive(struct aether_model *from, struct aether_model *to)
{
	struct model_frame frames[MODEL_BURST];
	unsigned int n;

	RTE_SET_USED(to);
	model_wire_step(from, rte_rdtsc());
	n = from->wire->ops->rx_peek(from->wire, frames, MODEL_BURST, rte_rdtsc());
	from->wire->ops->rx_take(from->wire, n);
	return n;
}

/* In between the frames are copied, which is the engines' share: subtract the third figure. */
static unsigned int
receive_and_send(struct aether_model *from, struct aether_model *to)
{
	static unsigned int at;
	struct model_frame frames[MODEL_BURST];
	unsigned int i, n;

	model_wire_step(from, rte_rdtsc());
	n = from->wire->ops->rx_peek(from->wire, frames, MODEL_BURST, rte_rdtsc());
	for (i = 0; i < n; i++, at++) {
		memcpy(host[at % 1024], frames[i].data, 60);
		frames[i].data = host[at % 1024];
	}
	from->wire->ops->rx_take(from->wire, n);
	return to->wire->ops->tx(to->wire, frames, n, rte_rdtsc());
}

static unsigned int
copy(struct aether_model *from, struct aether_model *to)
{
	static unsigned int at;
	struct model_frame frames[MODEL_BURST];
	unsigned int i;

	RTE_SET_USED(from);
	RTE_SET_USED(to);
	for (i = 0; i < MODEL_BURST; i++, at++) {
		frames[i].data = host[(at + 512) % 1024];
		memcpy(host[at % 1024], frames[i].data, 60);
		frames[i].data = host[at % 1024];
		frames[i].len = 60;
		__asm__ volatile("" : : "r"(&frames[i]) : "memory");
	}
	return MODEL_BURST;
}

static unsigned int
send_and_receive(struct aether_model *from, struct aether_model *to)
{
	static unsigned int at;
	struct model_frame frames[MODEL_BURST];
	unsigned int i, n;

	for (i = 0; i < MODEL_BURST; i++, at++) {
		frames[i].data = host[at % 1024];
		frames[i].len = 60;
	}
	from->wire->ops->tx(from->wire, frames, MODEL_BURST, rte_rdtsc());
	n = to->wire->ops->rx_peek(to->wire, frames, MODEL_BURST, rte_rdtsc());
	to->wire->ops->rx_take(to->wire, n);
	return n;
}

static unsigned int
record(struct aether_model *from, struct aether_model *to)
{
	static uint64_t value = 1;
	unsigned int i;

	RTE_SET_USED(to);
	for (i = 0; i < 64; i++) {
		value = value * 6364136223846793005u + 1442695040888963407u;
		model_histogram_record(&from->wire_latency->clear, 2000 + (value >> 52));
	}
	return 64;
}

int
main(void)
{
	struct aether_model *gen, *flows, *loop, *a, *b;
	struct timespec from, to;
	uint64_t tsc;

	clock_gettime(CLOCK_MONOTONIC, &from);
	tsc = rte_rdtsc();
	nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	tsc = rte_rdtsc() - tsc;
	ns_per_cycle = ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / tsc;

	/* A rate that is never reached: each packet is late, and its lateness recorded. */
	gen = fake_open("gen", "gen:pace=1000000000");
	flows = fake_open("flows", "gen:pace=1000000000:flows=1000");
	loop = fake_open("loop", "loop");
	a = fake_open("a", "cable:bench");
	b = fake_open("b", "cable:bench");
	model_wire_step(a, rte_rdtsc());
	model_wire_step(b, rte_rdtsc());

	report("generator", receive, gen, NULL);
	report("generator, 1000 flows", receive, flows, NULL);
	report("copy of 60 bytes", copy, NULL, NULL);
	report("generator, copy, sink", receive_and_send, gen, gen);
	report("loop", send_and_receive, loop, loop);
	report("cable", send_and_receive, a, b);
	report("histogram", record, gen, NULL);
	fake_close(gen);
	fake_close(flows);
	fake_close(loop);
	fake_close(a);
	fake_close(b);
	return 0;
}
