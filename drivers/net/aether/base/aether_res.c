/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/*
 * Resources of the card that one function's driver holds at a time, section 9.5.9.1: the flash,
 * the package's tables, the package itself. The firmware grants one for a time that it names, and
 * takes it back when that is over: nothing may be done in its name from then on.
 */

#define POLL_US		10000
/* Grants that were over before they were looked at, on a machine that was away that long: these
 * say nothing of other functions, so they do not count against the time to wait. */
#define LATE_MAX	3

/** Ask once. @return 0: it is ours, -EBUSY: another function holds it, -EALREADY: see there */
static int
ask(struct aether_hw *hw, struct aether_res *res)
{
	struct e810_aqc_req_res cmd = {
		.res_id = rte_cpu_to_le_16(res->id),
		.access_type = rte_cpu_to_le_16(res->access),
		.timeout = rte_cpu_to_le_32(res->hold_ms),
	};
	/* From before the question: the firmware's time does not begin earlier. */
	const uint64_t now = rte_get_tsc_cycles();
	struct e810_aq_desc desc;
	uint32_t ms;
	int ret;

	aether_aq_fill(&desc, E810_AQC_REQ_RES, &cmd);
	ret = aether_adminq_try(hw, &desc, NULL, 0, false);
	aether_aq_params(&desc, &cmd);
	/* This resource has a status of its own, whatever the command returned. */
	if (res->id == E810_RES_ID_GLBL_LOCK && (ret == 0 || ret == -EBUSY || ret == -EEXIST)) {
		switch (rte_le_to_cpu_16(cmd.status)) {
		case E810_RES_GLBL_SUCCESS:
			break;
		case E810_RES_GLBL_IN_PROG:
			return -EBUSY;
		case E810_RES_GLBL_DONE:
			return -EALREADY;
		default:
			return -EPROTO;
		}
	}
	if (ret != 0)
		return ret;
	ms = rte_le_to_cpu_32(cmd.timeout);
	if (ms == 0 || ms > res->hold_ms)
		ms = res->hold_ms;
	res->until = now + ms * rte_get_tsc_hz() / MS_PER_S;
	/* Away for longer than that already. */
	return aether_res_held(res) ? 0 : -ETIME;
}

int
aether_res_take(struct aether_hw *hw, struct aether_res *res)
{
	const uint64_t end = rte_get_tsc_cycles() + res->wait_us * rte_get_tsc_hz() / US_PER_S;
	unsigned int late = 0;
	int ret;

	for (;;) {
		const bool last = rte_get_tsc_cycles() >= end;

		ret = ask(hw, res);
		if (ret == -ETIME && late++ < LATE_MAX)
			continue;
		if ((ret != -EBUSY && ret != -ETIME) || last)
			return ret;
		rte_delay_us_sleep(POLL_US);
	}
}

bool
aether_res_held(const struct aether_res *res)
{
	return rte_get_tsc_cycles() < res->until;
}

void
aether_res_release(struct aether_hw *hw, struct aether_res *res)
{
	struct e810_aqc_req_res cmd = {.res_id = rte_cpu_to_le_16(res->id)};
	struct e810_aq_desc desc;

	/* What the firmware took back may be another function's by now. */
	if (aether_res_held(res)) {
		/* A release that fails is logged there; the time ends by itself. */
		aether_aq_fill(&desc, E810_AQC_RELEASE_RES, &cmd);
		aether_adminq_send(hw, &desc, NULL, 0, false);
	}
	res->until = 0;
}
