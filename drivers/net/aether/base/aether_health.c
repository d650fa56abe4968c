/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <e810_link_hw.h>

#include "aether_internal.h"

/*
 * Health reports of the firmware. Firmware that knows none refuses, and there are none then.
 */

static int
sources_set(struct aether_hw *hw, uint8_t sources)
{
	struct e810_aqc_set_health_config cmd = {.event_source = sources};
	struct e810_aq_desc desc;

	aether_aq_fill(&desc, E810_AQC_SET_HEALTH_STATUS_CONFIG, &cmd);
	return aether_adminq_try(hw, &desc, NULL, 0, false);
}

int
aether_health_ask(struct aether_hw *hw)
{
	const int ret = sources_set(hw, E810_HEALTH_PF);

	hw->health_asked = ret == 0;
	/* Told without it or not, the port works; but a device that is gone is no refusal. */
	return ret == -ENODEV || ret == -ETIMEDOUT ? ret : 0;
}

void
aether_health_leave(struct aether_hw *hw)
{
	if (hw->health_asked && hw->aq.alive)
		sources_set(hw, 0);
	hw->health_asked = false;
}

const char *
aether_health_text(uint16_t code)
{
	static const struct {
		uint16_t code;
		const char *text;
	} texts[] = {
		{E810_HEALTH_UNKNOWN_MODULE_STRICT, "unknown module, refused in strict mode"},
		{E810_HEALTH_MODULE_TYPE, "module of a type that the port cannot use"},
		{E810_HEALTH_MODULE_QUALIFICATION, "module that is not qualified"},
		{E810_HEALTH_MODULE_COMMUNICATION, "no communication with the module"},
		{E810_HEALTH_MODULE_CONFLICT, "module in conflict with the port's configuration"},
		{E810_HEALTH_MODULE_ABSENT, "no module"},
		{E810_HEALTH_MODULE_UNDERUTILIZED, "the port uses less than the module can do"},
		{E810_HEALTH_UNKNOWN_MODULE_LENIENT, "unknown module, used all the same"},
		{E810_HEALTH_INVALID_LINK_CFG, "link configuration that is not possible"},
		{E810_HEALTH_PORT_UNREACHABLE, "port out of reach of the configured options"},
		{E810_HEALTH_SPEED_MODULE_LIMITED, "speed limited by the module"},
		{E810_HEALTH_PARALLEL_FAULT, "all configured types tried, none links: check the "
					     "far end's speeds and FEC"},
		{E810_HEALTH_SPEED_PHY_LIMITED, "speed limited by the PHY"},
		{E810_HEALTH_LINK_HW_ACCESS, "link hardware out of reach"},
		{E810_HEALTH_LINK_RUNTIME, "link hardware in error"},
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(texts); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "a code that this driver does not know";
}

void
aether_health_log(struct aether_hw *hw, const struct e810_aq_desc *desc, const void *buf)
{
	const struct e810_health_elem *elem = buf;
	const uint16_t len = rte_le_to_cpu_16(desc->datalen);
	struct e810_aqc_get_health params;
	unsigned int i, n;

	aether_aq_params(desc, &params);
	/* Both counts are the device's word; the shorter one is inside the buffer. */
	n = RTE_MIN((unsigned int)rte_le_to_cpu_16(params.count),
		    RTE_MIN(len, E810_AQ_MAX_BUF_LEN) / (unsigned int)sizeof(*elem));
	for (i = 0; i < n; i++)
		AETHER_LOG(NOTICE, hw, "the firmware reports 0x%03x: %s",
			   rte_le_to_cpu_16(elem[i].code),
			   aether_health_text(rte_le_to_cpu_16(elem[i].code)));
}
