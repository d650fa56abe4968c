/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The feature matrix: every feature of DPDK's list is tried on a port of its own, and what
 * happened is printed as a table. With --check FILE the table must be what the file has. Exits
 * with 1 when that differs, or when something is advertised that does not work.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../port_util.h"
#include "features.h"

/* DPDK 22.11's list without its last part, which is about systems and documents. */
static const char *const order[] = {
	"Speed capabilities", "Link speed configuration", "Link status", "Link status event",
	"Removal event", "Queue status event", "Rx interrupt", "Lock-free Tx queue",
	"Fast mbuf free", "Free Tx mbuf on demand", "Queue start/stop",
	"Runtime Rx queue setup", "Runtime Tx queue setup", "Shared Rx queue",
	"Burst mode info", "Power mgmt address monitor", "MTU update", "Buffer split on Rx",
	"Scattered Rx", "LRO", "TSO", "Promiscuous mode", "Allmulticast mode",
	"Unicast MAC filter", "Multicast MAC filter", "RSS hash", "RSS key update",
	"RSS reta update", "Inner RSS", "VMDq", "SR-IOV", "DCB", "VLAN filter", "Flow control",
	"Rate limitation", "Congestion management", "Traffic manager", "Inline crypto",
	"Inline protocol", "CRC offload", "VLAN offload", "QinQ offload", "FEC",
	"IP reassembly", "L3 checksum offload", "L4 checksum offload", "Timestamp offload",
	"MACsec offload", "Inner L3 checksum", "Inner L4 checksum", "Packet type parsing",
	"Timesync", "Rx descriptor status", "Tx descriptor status", "Basic stats",
	"Extended stats", "Stats per queue", "FW version", "EEPROM dump",
	"Module EEPROM dump", "Registers dump", "LED",
	/* A choice of its lists of flow items and actions. */
	"rte_flow item eth", "rte_flow item vlan", "rte_flow item ipv4", "rte_flow item ipv6",
	"rte_flow item udp", "rte_flow item tcp", "rte_flow item sctp", "rte_flow action rss",
	"rte_flow action queue", "rte_flow action drop", "rte_flow action mark",
	"rte_flow action count",
};

static const struct feature *const tables[] = {
	features_link, features_queue, features_filter, features_rss, features_offload,
	features_info, features_flow,
};

static const struct feature *
find(const char *name)
{
	const struct feature *feature;
	unsigned int i;

	for (i = 0; i < RTE_DIM(tables); i++)
		for (feature = tables[i]; feature->name != NULL; feature++)
			if (strcmp(feature->name, name) == 0)
				return feature;
	return NULL;
}

static enum feature_result
try(const struct feature *feature, char *note, size_t size)
{
	enum feature_result result;
	struct rig rig;
	int ret = rig_plug(&rig);

	if (ret != 0) {
		fprintf(stderr, "%s: no port: %d\n%s\n", feature->name, ret, test_log());
		return FEATURE_BROKEN;
	}
	result = feature->run(&rig);
	rig_unplug(&rig);
	if (result == FEATURE_BROKEN)
		fprintf(stderr, "%s: does not work (above). The log:\n%s\n", feature->name,
			test_log());
	snprintf(note, size, "%s%s", rig.note[0] != '\0' ? "; " : "", rig.note);
	return result;
}

/* @return features that are broken */
static unsigned int
print_table(FILE *out)
{
	static const char *const words[] = { "no", "partial", "yes", "BROKEN" };
	unsigned int i, n_broken = 0;
	char note[96];

	fprintf(out, "# The features of net_aether\n\n"
		"Generated, and checked by a test: on the device model, in a port of its own, each "
		"feature of\nDPDK's list was tried. *yes*: it did what the last column says. *no*: "
		"the driver does not offer it.\nWhat is about hardware, systems and processes is "
		"in [net_aether.md](net_aether.md).\n\n"
		"| feature | | tried by |\n|---|---|---|\n");
	for (i = 0; i < RTE_DIM(order); i++) {
		const struct feature *feature = find(order[i]);
		enum feature_result result = FEATURE_BROKEN;

		note[0] = '\0';
		if (feature != NULL)
			result = try(feature, note, sizeof(note));
		else
			fprintf(stderr, "%s: not tried by any function\n", order[i]);
		n_broken += result == FEATURE_BROKEN;
		fprintf(out, "| %s | %s | %s%s |\n", order[i], words[result],
			feature != NULL ? feature->how : "", note);
	}
	return n_broken;
}

/* @return lines that differ */
static unsigned int
compare(char *table, const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int n = 0;
	char line[512], *found, *rest = table;

	if (file == NULL) {
		fprintf(stderr, "%s cannot be read\n", path);
		return 1;
	}
	while (fgets(line, sizeof(line), file) != NULL || *rest != '\0') {
		line[strcspn(line, "\n")] = '\0';
		found = rest;
		rest += strcspn(rest, "\n");
		if (*rest != '\0')
			*rest++ = '\0';
		if (strcmp(line, found) != 0) {
			fprintf(stderr, "in the file: %s\nthis run:    %s\n", line, found);
			n++;
		}
		line[0] = '\0';
	}
	fclose(file);
	return n;
}

int
main(int argc, char **argv)
{
	const char *path = argc == 3 && strcmp(argv[1], "--check") == 0 ? argv[2] : NULL;
	unsigned int n_broken, n_different = 0;
	char *table = NULL;
	size_t size = 0;
	FILE *out;

	if (argc != 1 && path == NULL) {
		fprintf(stderr, "usage: %s [--check docs/net_aether_features.md]\n", argv[0]);
		return 2;
	}
	if (test_group_setup(NULL) != 0) {
		fprintf(stderr, "EAL does not start, see above\n");
		return 1;
	}
	out = open_memstream(&table, &size);
	n_broken = print_table(out);
	fclose(out);
	if (path != NULL)
		n_different = compare(table, path);
	else
		fputs(table, stdout);
	if (n_different != 0)
		fprintf(stderr, "%u lines of %s are not what this run has seen. If the change is "
			"meant:\n    %s > docs/net_aether_features.md\n", n_different, path,
			argv[0]);
	free(table);
	test_group_teardown(NULL);
	return n_broken != 0 || n_different != 0;
}
