/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Which port hears which: each sends in turn, all listen.
 */

#include <rte_cycles.h>

#include "probe.h"

#define QUIET_MS	50	/* after the last frame that was to come */

struct heard {
	unsigned int frames[PROBE_PORTS];
};

/** Listen on all ports. @return how many frames of ours have come */
static unsigned int
hear(struct probe *probe, unsigned int from, struct heard *heard)
{
	unsigned int i, sender, n = 0;
	uint32_t number;
	struct rte_mbuf *m;

	for (i = 0; i < probe->n_ports; i++) {
		while ((m = probe_receive(&probe->port[i], NULL)) != NULL) {
			if (probe_is_frame(probe, m, &sender, &number) && sender == from) {
				heard->frames[i]++;
				n++;
			} else {
				probe_foreign(&probe->port[i], m);
			}
			rte_pktmbuf_free(m);
		}
	}
	return n;
}

static json_t *
one_sends(struct probe *probe, unsigned int from)
{
	const uint64_t ms = rte_get_tsc_hz() / 1000;
	struct heard heard = {0};
	unsigned int i, sent = 0, come = 0;
	uint64_t end = rte_rdtsc() + PROBE_COMES_MS * ms;
	json_t *arrived = json_object();
	char key[16];

	while (sent < probe->probes && rte_rdtsc() < end) {
		sent += probe_send(&probe->port[from],
				   probe_frame(probe, &probe->port[from], sent));
		come += hear(probe, from, &heard);
	}
	/* When all are there, what comes beside them has a little more time. */
	end = rte_rdtsc() + PROBE_COMES_MS * ms;
	while (come < sent && rte_rdtsc() < end)
		come += hear(probe, from, &heard);
	end = rte_rdtsc() + QUIET_MS * ms;
	while (rte_rdtsc() < end)
		hear(probe, from, &heard);
	for (i = 0; i < probe->n_ports; i++) {
		if (heard.frames[i] > 0)
			probe->port[from].peer = i;
		snprintf(key, sizeof(key), "%u", i);
		json_object_set_new(arrived, key, json_integer(heard.frames[i]));
	}
	return json_pack("{s:i, s:i, s:o}", "from", (int)from, "sent", (int)sent, "arrived_at",
			 arrived);
}

json_t *
probe_wiring(struct probe *probe)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < probe->n_ports; i++)
		json_array_append_new(list, one_sends(probe, i));
	return list;
}
