/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The network card. */

#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "part_judge.h"

static bool
has_device(const struct part_case *c, struct part_finding *f)
{
	if (!c->host->device.wanted)
		part_not_applicable(f, "no card was named");
	return c->host->device.wanted;
}

static void
unknown_value(const struct part_case *c, struct part_finding *f, const struct part_value *value)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/%s", c->host->device.bdf,
		 value->path);
	part_unknown(f, value->state == PART_KNOWN ? PART_GARBLED : value->state, path);
}

static void
judge_present(const struct part_case *c, struct part_finding *f)
{
	const struct part_device *device = &c->host->device;

	if (!has_device(c, f))
		return;
	part_text_add(&f->wanted, "a PCI device %s", device->bdf);
	if (device->state == PART_KNOWN)
		part_fine(f, "%s is there", device->bdf);
	else if (device->state == PART_ABSENT)
		part_broken(f, "there is none at %s", device->bdf);
	else
		part_unknown(f, device->state, "sys/bus/pci/devices");
}

static void
judge_node(const struct part_case *c, struct part_finding *f)
{
	const struct part_host *host = c->host;
	const struct part_value *value = &host->device.values[PART_DEVICE_NODE];
	struct part_cpus far = *c->workers;
	char *list;
	uint64_t node;

	if (!has_device(c, f))
		return;
	/* The firmware need not tell. */
	if (value->state == PART_KNOWN && strcmp(value->text, "-1") == 0 &&
	    host->nodes_state == PART_KNOWN && host->n_nodes == 1) {
		part_fine(f, "there is one node");
		return;
	}
	if (value->state != PART_KNOWN || !part_number(value->text, &node) ||
	    node >= PART_NODES || host->nodes[node] == NULL) {
		unknown_value(c, f, value);
		return;
	}
	list = part_list_text(&host->nodes[node]->cpus);
	part_text_add(&f->wanted, "lcores on CPUs of node %s: %s", value->text,
		      list != NULL ? list : "");
	free(list);
	part_cpus_without(&far, &host->nodes[node]->cpus);
	if (part_cpus_empty(&far)) {
		part_fine(f, "card and workers are on node %s", value->text);
		return;
	}
	/* Others may be there for another card. */
	if (!part_cpus_equal(&far, c->workers))
		f->severity = RTE_AETHER_PARTITION_WARNING;
	part_broken(f, "the card is on node %s, elsewhere are ", value->text);
	part_add_named(&f->found, &far);
}

static void
judge_iommu(const struct part_case *c, struct part_finding *f)
{
	const struct part_device *device = &c->host->device;

	if (!has_device(c, f))
		return;
	part_text_add(&f->wanted, "an IOMMU group of its own");
	part_text_add(&f->boot, "intel_iommu=on iommu=pt");
	if (device->group_state == PART_ABSENT && device->state == PART_KNOWN)
		part_broken(f, "it is in no group: there is no IOMMU, or it is off");
	else if (device->group_state != PART_KNOWN)
		part_unknown(f, device->group_state, "sys/bus/pci/devices/*/iommu_group");
	else if (device->group_devices > 1)
		part_broken(f, "group %s has %u devices, which all have to be given to vfio-pci",
			    device->group, device->group_devices);
	else if (device->group_devices == 0)
		part_unknown(f, PART_GARBLED, "sys/kernel/iommu_groups/*/devices");
	else
		part_fine(f, "group %s", device->group);
}

static void
judge_power(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *value = &c->host->device.values[PART_DEVICE_POWER];

	if (!has_device(c, f))
		return;
	part_text_add(&f->wanted, "on");
	if (value->state == PART_KNOWN && strcmp(value->text, "on") == 0) {
		part_fine(f, "on");
	} else if (value->state == PART_KNOWN && strcmp(value->text, "auto") == 0) {
		part_broken(f, "auto");
		part_text_add(&f->now, "echo on >/sys/bus/pci/devices/%s/power/control\n",
			      c->host->device.bdf);
	} else {
		unknown_value(c, f, value);
	}
}

static void
judge_aspm(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *value = &c->host->values[PART_VALUE_ASPM];

	if (!has_device(c, f))
		return;
	part_text_add(&f->wanted, "performance");
	part_text_add(&f->boot, "pcie_aspm.policy=performance");
	if (value->state != PART_KNOWN) {
		part_unknown(f, value->state, value->path);
	} else if (strstr(value->text, "[performance]") != NULL) {
		part_fine(f, "performance");
	} else if (strchr(value->text, '[') != NULL) {
		/* The default is what the firmware chose, which is off on most servers. */
		if (strstr(value->text, "[default]") != NULL)
			f->severity = RTE_AETHER_PARTITION_NOTE;
		part_broken(f, "%s", value->text);
		part_text_add(&f->now, "echo performance >/%s\n", value->path);
	} else {
		part_unknown(f, PART_GARBLED, value->path);
	}
}

static void
judge_link(const struct part_case *c, struct part_finding *f)
{
	const struct part_value *values = c->host->device.values;
	const struct part_value *width = &values[PART_DEVICE_WIDTH];
	const struct part_value *most = &values[PART_DEVICE_WIDTH_MAX];
	const struct part_value *speed = &values[PART_DEVICE_SPEED];
	const struct part_value *top = &values[PART_DEVICE_SPEED_MAX];
	uint64_t lanes, lanes_max;

	if (!has_device(c, f))
		return;
	part_text_add(&f->wanted, "the most that the card can do: another slot, or the slot's "
		      "setting in the firmware");
	if (width->state != PART_KNOWN || !part_number(width->text, &lanes)) {
		unknown_value(c, f, width);
	} else if (most->state != PART_KNOWN || !part_number(most->text, &lanes_max)) {
		unknown_value(c, f, most);
	} else if (speed->state != PART_KNOWN || top->state != PART_KNOWN) {
		unknown_value(c, f, speed->state != PART_KNOWN ? speed : top);
	} else if (lanes < lanes_max || strtod(speed->text, NULL) < strtod(top->text, NULL)) {
		part_broken(f, "x%s at %s, of x%s at %s", width->text, speed->text, most->text,
			    top->text);
	} else {
		part_fine(f, "x%s at %s", width->text, speed->text);
	}
}

const struct part_rule part_rules_device[] = {
	{ "device.present", RTE_AETHER_PARTITION_ERROR,
	  "The card is there", "Without it there is no port.",
	  "Documentation/PCI/sysfs-pci.rst", judge_present },
	{ "device.node", RTE_AETHER_PARTITION_ERROR,
	  "Card and workers are on the same NUMA node",
	  "A card writes packets into the cache of its own node. From another node each descriptor "
	  "and packet is fetched through the link between the sockets, 100 ns and more each.",
	  "Documentation/mm/numa.rst", judge_node },
	{ "device.iommu", RTE_AETHER_PARTITION_WARNING,
	  "The card can be given to an application alone",
	  "VFIO hands out whole IOMMU groups; without an IOMMU nothing keeps the card from any "
	  "memory.",
	  "Documentation/driver-api/vfio.rst", judge_iommu },
	{ "device.power", RTE_AETHER_PARTITION_WARNING,
	  "The card does not sleep",
	  "A card that is put to sleep while idle takes milliseconds to wake up.",
	  "Documentation/power/runtime_pm.rst", judge_power },
	{ "device.aspm", RTE_AETHER_PARTITION_WARNING,
	  "The PCIe link does not sleep",
	  "A link that saves power takes microseconds to wake up at the first packet after a "
	  "pause.",
	  "Documentation/admin-guide/kernel-parameters.txt, pcie_aspm.policy=", judge_aspm },
	{ "device.link", RTE_AETHER_PARTITION_WARNING,
	  "The PCIe link has its full width and speed",
	  "With half the lanes each packet takes twice as long across, and bursts wait.",
	  "Documentation/ABI/testing/sysfs-bus-pci", judge_link },
	{ .id = NULL },
};
