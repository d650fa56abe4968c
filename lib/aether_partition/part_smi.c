/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Interrupts of the firmware, which the kernel knows nothing of: the CPU counts them. To read that
 * takes an IPI to the CPU, which makes a gap by itself, so it is read only when there is one that
 * nothing else explains.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_noise.h"

#define MSR_SMI_COUNT	0x34	/* Intel SDM vol. 4: MSR_SMI_COUNT, bits 31:0 */

void
part_smi_read(struct part_smi *smi, struct part_root *root, unsigned int cpu)
{
	uint64_t count;
	char path[64];

	if (smi->state == PART_SMI_NONE)
		return;
	snprintf(path, sizeof(path), "dev/cpu/%u/msr", cpu);
	if (part_read_at(root, path, MSR_SMI_COUNT, &count, sizeof(count)) != PART_KNOWN) {
		smi->state = PART_SMI_NONE;
		return;
	}
	if (smi->state == PART_SMI_COUNTED)
		smi->left += (uint32_t)(count - smi->count);
	smi->count = count;
	smi->state = PART_SMI_COUNTED;
}

bool
part_smi_take(struct part_smi *smi, struct part_shares *shares)
{
	unsigned int i;

	for (i = 0; smi->left != 0 && i < shares->n; i++) {
		struct part_who *who = &shares->all[i].who;

		if (strcmp(who->name, PART_NOBODY) != 0)
			continue;
		who->kind = PART_CAUSE_FIRMWARE;
		strcpy(who->name, "SMI");
		smi->left--;
		return true;
	}
	return false;
}
