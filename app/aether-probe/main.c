/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * aether-probe [EAL options] -- [options]: see probe.h. Used by scripts/hw-acceptance; the report,
 * as JSON, is on standard output.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "probe.h"

#define POOL_MBUFS	8191
#define FRAME_MIN	60
#define FRAME_MAX	1514

static void
usage(FILE *out, const char *program)
{
	fprintf(out, "usage: %s [EAL options] -- [options]\n"
		"Asks one or two ports how they are wired, how long a frame takes, and whether\n"
		"offloads work; prints a report in JSON.\n"
		"  --probes N    frames that each port sends to see where they arrive [100]\n"
		"  --pings N     frames whose time is taken, each way; 0: none [10000]\n"
		"  --size N      bytes of a frame without FCS, %u to %u [60]\n"
		"  --no-offloads leave the offload checks out\n"
		"  --help\n", program, FRAME_MIN, FRAME_MAX);
}

static int
parse_uint(const char *text, unsigned int min, unsigned int max, unsigned int *value)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || number < min || number > max) {
		fprintf(stderr, "aether-probe: found '%s', wanted a number from %u to %u\n", text,
			min, max);
		return -1;
	}
	*value = number;
	return 0;
}

/** @return 0, 1: all is said, -1: wrong */
static int
parse(int argc, char **argv, struct probe *probe, bool *offloads)
{
	static const struct option options[] = {
		{ "probes", required_argument, NULL, 'p' },
		{ "pings", required_argument, NULL, 'n' },
		{ "size", required_argument, NULL, 's' },
		{ "no-offloads", no_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt, ret = 0;

	*probe = (struct probe){ .probes = 100, .pings = 10000, .size = FRAME_MIN };
	*offloads = true;
	optind = 0;
	while (ret == 0 && (opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'p')
			ret = parse_uint(optarg, 1, 100000, &probe->probes);
		else if (opt == 'n')
			ret = parse_uint(optarg, 0, 10000000, &probe->pings);
		else if (opt == 's')
			ret = parse_uint(optarg, FRAME_MIN, FRAME_MAX, &probe->size);
		else if (opt == 'o')
			*offloads = false;
		else
			ret = opt == 'h' ? 1 : -1;
	}
	if (ret == 0 && optind != argc)
		ret = -1;
	if (ret != 0)
		usage(ret > 0 ? stdout : stderr, "aether-probe");
	return ret;
}

static int
ports_open(struct probe *probe)
{
	uint16_t id;
	int ret;

	RTE_ETH_FOREACH_DEV(id) {
		if (probe->n_ports == PROBE_PORTS)
			break;
		probe->port[probe->n_ports].id = id;
		ret = probe_port_open(probe, probe->n_ports);
		if (ret != 0) {
			fprintf(stderr, "aether-probe: port %u: %s; the messages before this say "
				"why\n", id, rte_strerror(-ret));
			return -1;
		}
		probe->n_ports++;
	}
	if (probe->n_ports > 0)
		return 0;
	fprintf(stderr, "aether-probe: no ports; give one or two by EAL's -a or --vdev\n");
	return -1;
}

static json_t *
run(struct probe *probe, bool offloads)
{
	json_t *report = json_object(), *ports = json_array();
	unsigned int i;

	json_object_set_new(report, "wiring", probe_wiring(probe));
	json_object_set_new(report, "latency", probe_latency(probe));
	json_object_set_new(report, "offloads",
			    offloads ? probe_offloads(probe) : json_array());
	for (i = 0; i < probe->n_ports; i++)
		json_array_append_new(ports, probe_port_json(&probe->port[i]));
	json_object_set_new(report, "ports", ports);
	json_object_set_new(report, "lcore", json_integer(rte_lcore_id()));
	json_object_set_new(report, "lcore_numa_node", json_integer(rte_socket_id()));
	return report;
}

int
main(int argc, char **argv)
{
	struct probe probe;
	bool offloads;
	json_t *report;
	unsigned int i;
	int n, ret;

	n = rte_eal_init(argc, argv);
	if (n < 0) {
		fprintf(stderr, "aether-probe: EAL: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	ret = parse(argc - n, argv + n, &probe, &offloads);
	if (ret != 0) {
		rte_eal_cleanup();
		return ret > 0 ? 0 : 2;
	}
	probe.pool = rte_pktmbuf_pool_create("probe", POOL_MBUFS, 256, 0,
					     RTE_MBUF_DEFAULT_BUF_SIZE, rte_socket_id());
	if (probe.pool == NULL)
		fprintf(stderr, "aether-probe: no memory for %u buffers; give EAL more (-m)\n",
			POOL_MBUFS);
	ret = probe.pool == NULL ? -1 : ports_open(&probe);
	if (ret == 0) {
		report = run(&probe, offloads);
		json_dumpf(report, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
		printf("\n");
		json_decref(report);
	}
	for (i = 0; i < probe.n_ports; i++)
		probe_port_close(&probe.port[i]);
	rte_mempool_free(probe.pool);
	rte_eal_cleanup();
	return ret == 0 ? 0 : 1;
}
