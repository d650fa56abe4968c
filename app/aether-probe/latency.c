/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * From rte_eth_tx_burst() on one port until rte_eth_rx_burst() gives the frame on the other, one
 * frame at a time: two crossings of PCIe, the cable, and the wait for descriptors to be written
 * back. Frames are no IP, so they come to the first queue.
 */

#include <stdlib.h>

#include <rte_cycles.h>

#include "probe.h"

#define LOST_MS		1000	/* where programs share CPUs, a model may be away for long */

/** Look at a burst. @return whether the frame of this number is in it */
static bool
look(struct probe *probe, struct probe_port *to, uint32_t number, uint64_t *now)
{
	struct rte_mbuf *burst[PROBE_BURST];
	const uint16_t n = rte_eth_rx_burst(to->id, 0, burst, PROBE_BURST);
	unsigned int sender;
	bool found = false;
	uint32_t got;
	uint16_t i;

	*now = rte_rdtsc_precise();
	for (i = 0; i < n; i++) {
		if (!probe_is_frame(probe, burst[i], &sender, &got))
			probe_foreign(to, burst[i]);
		else
			found |= got == number;
		rte_pktmbuf_free(burst[i]);
	}
	return found;
}

/** @return TSC cycles, 0: it did not come */
static uint64_t
ping(struct probe *probe, struct probe_port *from, struct probe_port *to, uint32_t number)
{
	struct rte_mbuf *m = probe_frame(probe, from, number);
	uint64_t start, now, end;

	start = rte_rdtsc_precise();
	if (!probe_send(from, m))
		return 0;
	end = start + rte_get_tsc_hz() / 1000 * LOST_MS;
	do {
		if (look(probe, to, number, &now))
			return now - start;
	} while (now < end);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static json_int_t
ns(const uint64_t *sorted, unsigned int n, double part)
{
	const unsigned int i = RTE_MIN((unsigned int)(part * n), n - 1);

	return (double)sorted[i] * 1e9 / rte_get_tsc_hz();
}

static json_t *
one_direction(struct probe *probe, unsigned int i)
{
	struct probe_port *from = &probe->port[i], *to = &probe->port[from->peer];
	uint64_t *cycles = calloc(probe->pings, sizeof(*cycles));
	unsigned int k, n = 0;
	json_t *result;

	if (cycles == NULL)
		return json_null();
	for (k = 0; k < probe->pings; k++) {
		cycles[n] = ping(probe, from, to, k);
		n += cycles[n] != 0;
		/* A link that is down makes no more of them. */
		if (k == 4 && n == 0)
			break;
	}
	qsort(cycles, n, sizeof(*cycles), compare);
	result = json_pack("{s:i, s:i, s:i, s:i, s:i}", "from", (int)i, "to", from->peer, "bytes",
			   (int)probe->size, "count", (int)n, "lost",
			   (int)(RTE_MIN(k + 1, probe->pings) - n));
	if (n > 0)
		json_object_update_missing(result, json_pack(
			"{s:I, s:I, s:I, s:I, s:I, s:I}", "min_ns", ns(cycles, n, 0), "p50_ns",
			ns(cycles, n, 0.5), "p90_ns", ns(cycles, n, 0.9), "p99_ns",
			ns(cycles, n, 0.99), "p999_ns", ns(cycles, n, 0.999), "max_ns",
			ns(cycles, n, 1)));
	free(cycles);
	return result;
}

json_t *
probe_latency(struct probe *probe)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < probe->n_ports && probe->pings > 0; i++)
		if (probe->port[i].peer >= 0)
			json_array_append_new(list, one_direction(probe, i));
	return list;
}
