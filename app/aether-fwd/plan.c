/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"

#define REFUSE(code, ...) (snprintf(err, errlen, __VA_ARGS__), -(code))

static unsigned int
default_map(const struct fwd_host_view *host, struct fwd_map_entry *map)
{
	unsigned int i, n = 0;
	uint16_t a, b;

	for (i = 0; i < host->nb_ports; i += 2) {
		a = host->ports[i];
		b = i + 1 < host->nb_ports ? host->ports[i + 1] : a;
		map[n++] = (struct fwd_map_entry){ a, b, i / 2 };
		if (a != b)
			map[n++] = (struct fwd_map_entry){ b, a, i / 2 };
	}
	return n;
}

static bool
contains(const uint16_t *list, unsigned int n, uint16_t value)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (list[i] == value)
			return true;
	return false;
}

static int
check_ports(const struct fwd_map_entry *map, unsigned int n, const struct fwd_host_view *host,
	    char *err, size_t errlen)
{
	unsigned int i;
	uint16_t port;

	for (i = 0; i < 2 * n; i++) {
		port = i % 2 == 0 ? map[i / 2].rx_port : map[i / 2].tx_port;
		if (!contains(host->ports, host->nb_ports, port))
			return REFUSE(EINVAL, "port %u: named by the port map but not present,"
				      " wanted one of the %u ports that EAL probed (its messages"
				      " above say why a device is missing); correct --pairs or"
				      " --portmap, or add the device with -a or --vdev", port,
				      host->nb_ports);
	}
	return 0;
}

static unsigned int
count_pairs(const struct fwd_map_entry *map, unsigned int n)
{
	unsigned int i, pairs = 0;

	for (i = 0; i < n; i++)
		if (map[i].pair >= pairs)
			pairs = map[i].pair + 1;
	return pairs;
}

/* Workers first; the main lcore only when they are fewer than the pairs. */
static void
default_lcores(const struct fwd_host_view *host, unsigned int pairs, uint16_t *lcore_of)
{
	unsigned int i, n = host->nb_workers;

	if (n < pairs)
		n++;
	for (i = 0; i < pairs; i++)
		lcore_of[i] = i % n < host->nb_workers ? host->workers[i % n] : host->main_lcore;
}

static int
assigned_lcores(const struct fwd_options *opt, const struct fwd_host_view *host,
		unsigned int pairs, uint16_t *lcore_of, char *err, size_t errlen)
{
	uint16_t pair, lcore;
	unsigned int i;

	for (i = 0; i < opt->nb_assign; i++) {
		pair = opt->assign[i].pair;
		lcore = opt->assign[i].lcore;
		if (pair >= pairs)
			return REFUSE(EINVAL, "--assign: found pair %u, wanted one of the %u pairs"
				      " of this run, counted from 0", pair, pairs);
		if (lcore != host->main_lcore &&
		    !contains(host->workers, host->nb_workers, lcore))
			return REFUSE(EINVAL, "--assign: found lcore %u, wanted one that EAL was"
				      " given; add it to -l or --lcores", lcore);
		lcore_of[pair] = lcore;
	}
	return 0;
}

/*
 * A Tx queue has one user at a time. Every stream uses queue 0 of its Tx port, so streams that
 * meet in a port must be walked by one lcore.
 */
static int
check_tx_owners(const struct fwd_plan *plan, char *err, size_t errlen)
{
	const struct fwd_plan_stream *a, *b;
	unsigned int i, j;

	for (i = 0; i < plan->nb_streams; i++) {
		for (j = i + 1; j < plan->nb_streams; j++) {
			a = &plan->streams[i];
			b = &plan->streams[j];
			if (a->tx_port == b->tx_port && a->lcore != b->lcore)
				return REFUSE(EINVAL, "port %u: lcores %u and %u would both"
					      " transmit on its queue, wanted one; give --assign"
					      " with the same lcore for both pairs", a->tx_port,
					      a->lcore, b->lcore);
		}
	}
	return 0;
}

static void
collect_ports(struct fwd_plan *plan)
{
	unsigned int i;
	uint16_t port;

	for (i = 0; i < 2 * plan->nb_streams; i++) {
		port = i % 2 == 0 ? plan->streams[i / 2].rx_port : plan->streams[i / 2].tx_port;
		if (!contains(plan->ports, plan->nb_ports, port))
			plan->ports[plan->nb_ports++] = port;
	}
}

int
fwd_plan_make(const struct fwd_options *opt, const struct fwd_host_view *host,
	      struct fwd_plan *plan, char *err, size_t errlen)
{
	struct fwd_map_entry map[FWD_MAX_STREAMS];
	uint16_t lcore_of[FWD_MAX_STREAMS];
	unsigned int i, n, pairs;
	int ret;

	memset(plan, 0, sizeof(*plan));
	if (host->nb_ports == 0)
		return REFUSE(ENODEV, "found no port, wanted at least one; name a device with -a"
			      " <PCI address> or --vdev <name>, and its driver with -d if it is a"
			      " plug-in (EAL's messages above say why a device is missing)");
	n = opt->nb_map;
	memcpy(map, opt->map, sizeof(map));
	if (n == 0)
		n = default_map(host, map);

	ret = check_ports(map, n, host, err, errlen);
	if (ret != 0)
		return ret;
	pairs = count_pairs(map, n);
	default_lcores(host, pairs, lcore_of);
	ret = assigned_lcores(opt, host, pairs, lcore_of, err, errlen);
	if (ret != 0)
		return ret;

	for (i = 0; i < n; i++)
		plan->streams[i] = (struct fwd_plan_stream){
			map[i].rx_port, map[i].tx_port, lcore_of[map[i].pair]
		};
	plan->nb_streams = n;
	collect_ports(plan);
	return check_tx_owners(plan, err, errlen);
}
