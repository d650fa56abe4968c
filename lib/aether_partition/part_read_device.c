/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The network card: its node, IOMMU group, power management and link to the CPU. */

#include <stdio.h>
#include <string.h>

#include "part_host.h"
#include "part_text.h"

#define DEVICES	"sys/bus/pci/devices"

static const char *const values[PART_DEVICE_VALUES] = {
	[PART_DEVICE_NODE] = "numa_node",
	[PART_DEVICE_POWER] = "power/control",
	[PART_DEVICE_SPEED] = "current_link_speed",
	[PART_DEVICE_SPEED_MAX] = "max_link_speed",
	[PART_DEVICE_WIDTH] = "current_link_width",
	[PART_DEVICE_WIDTH_MAX] = "max_link_width",
};

static bool
count_device(void *ctx, const char *name)
{
	RTE_SET_USED(name);
	++*(unsigned int *)ctx;
	return true;
}

void
part_read_device(struct part_root *root, const char *bdf, struct part_host *host)
{
	struct part_device *device = &host->device;
	const char *slash;
	char path[128];
	unsigned int i;
	mode_t mode;

	device->wanted = true;
	part_text_copy(device->bdf, sizeof(device->bdf), bdf);
	/* A name, never a way to somewhere else. */
	if (strchr(bdf, '/') != NULL || bdf[0] == '.' || strlen(bdf) >= sizeof(device->bdf))
		return;
	snprintf(path, sizeof(path), DEVICES "/%s", bdf);
	device->state = part_mode(root, path, &mode);
	for (i = 0; i < PART_DEVICE_VALUES; i++) {
		snprintf(path, sizeof(path), DEVICES "/%s/%s", bdf, values[i]);
		part_read_value(root, path, &device->values[i]);
		device->values[i].path = values[i];
	}
	snprintf(path, sizeof(path), DEVICES "/%s/iommu_group", bdf);
	device->group_state = part_read_link(root, path);
	if (device->group_state != PART_KNOWN)
		return;
	slash = strrchr(root->text, '/');
	part_text_copy(device->group, sizeof(device->group),
		       slash != NULL ? slash + 1 : root->text);
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%s/devices", device->group);
	device->group_state = part_list(root, path, count_device, &device->group_devices);
}
