/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>

#include "aether_flex_update.h"
#include "aether_internal.h"

/** Where data begins: behind the table of sections. */
#define DATA_BEGIN	(sizeof(struct e810_pkg_buf_hdr) + \
			 AETHER_UPDATE_MAX_SECTIONS * sizeof(struct e810_pkg_section))
/** Sections begin at multiples of 4 bytes, as in Intel's packages. */
#define SECTION_ALIGN	4

int
aether_update_begin(struct aether_update *update)
{
	update->n_bufs = 0;
	update->data = calloc(AETHER_UPDATE_MAX_BUFS, E810_PKG_BUF_SIZE);
	return update->data == NULL ? -ENOMEM : 0;
}

void
aether_update_end(struct aether_update *update)
{
	free(update->data);
	update->data = NULL;
}

static struct e810_pkg_buf_hdr *
buf_at(struct aether_update *update, unsigned int i)
{
	return (void *)(update->data + (size_t)i * E810_PKG_BUF_SIZE);
}

/** The last buffer, if the section fits it; else a new one. */
static struct e810_pkg_buf_hdr *
buf_for(struct aether_update *update, uint16_t size)
{
	struct e810_pkg_buf_hdr *hdr;

	if (update->n_bufs > 0) {
		hdr = buf_at(update, update->n_bufs - 1);
		if (rte_le_to_cpu_16(hdr->section_count) < AETHER_UPDATE_MAX_SECTIONS &&
		    RTE_ALIGN_CEIL(rte_le_to_cpu_16(hdr->data_end), SECTION_ALIGN) + size <=
		    E810_PKG_BUF_SIZE)
			return hdr;
	}
	if (update->n_bufs == AETHER_UPDATE_MAX_BUFS || DATA_BEGIN + size > E810_PKG_BUF_SIZE)
		return NULL;
	hdr = buf_at(update, update->n_bufs++);
	hdr->data_end = rte_cpu_to_le_16(DATA_BEGIN);
	return hdr;
}

uint8_t *
aether_update_section(struct aether_update *update, uint32_t type, uint16_t size)
{
	struct e810_pkg_buf_hdr *hdr = buf_for(update, size);
	uint16_t at, n;

	if (hdr == NULL)
		return NULL;
	at = RTE_ALIGN_CEIL(rte_le_to_cpu_16(hdr->data_end), SECTION_ALIGN);
	n = rte_le_to_cpu_16(hdr->section_count);
	hdr->section[n].type = rte_cpu_to_le_32(type);
	hdr->section[n].offset = rte_cpu_to_le_16(at);
	hdr->section[n].size = rte_cpu_to_le_16(size);
	hdr->section_count = rte_cpu_to_le_16(n + 1);
	hdr->data_end = rte_cpu_to_le_16(at + size);
	return (uint8_t *)hdr + at;
}

int
aether_update_send(struct aether_hw *hw, struct aether_update *update)
{
	struct aether_res lock;
	unsigned int i;
	int ret;

	if (update->n_bufs == 0)
		return 0;
	ret = aether_change_lock(hw, &lock);
	if (ret != 0)
		return ret;
	for (i = 0; i < update->n_bufs && ret == 0; i++) {
		struct e810_aqc_pkg_cmd cmd = {
			.flags = i + 1 == update->n_bufs ? E810_PKG_CMD_LAST_BUF : 0,
		};
		struct e810_pkg_buf_hdr *hdr = buf_at(update, i);
		struct e810_aq_desc desc;

		if (!aether_res_held(&lock)) {
			AETHER_LOG(ERR, hw, "changing the package's tables took longer than their "
				   "lock is granted for (at most %u ms); try again", lock.hold_ms);
			ret = -ETIME;
			break;
		}
		aether_aq_fill(&desc, E810_AQC_UPDATE_PKG, &cmd);
		ret = aether_adminq_send(hw, &desc, hdr, rte_le_to_cpu_16(hdr->data_end), true);
	}
	aether_res_release(hw, &lock);
	return ret;
}
