/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* LLDP and DCB: the firmware's agent does not run, and says so. */

#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"

static int
direct(struct host *host, uint16_t opcode, uint8_t command)
{
	uint8_t params[16] = { command };

	return host_aq(host, opcode, params, NULL, 0, false);
}

static void
agent_is_stopped(void **state)
{
	struct e810_aqc_lldp_get_mib get = {0};
	struct host *host = *state;
	uint8_t mib[1500];

	assert_int_equal(host_read(host, PRTDCB_GENS) & 7, 7);	/* DCBX is disabled */
	assert_int_equal(direct(host, E810_AQC_LLDP_STOP, E810_LLDP_AGENT_SHUTDOWN),
			 E810_AQ_RC_EPERM);
	assert_int_equal(direct(host, E810_AQC_LLDP_START, E810_LLDP_AGENT_START),
			 E810_AQ_RC_EPERM);
	assert_int_equal(direct(host, E810_AQC_LLDP_STOP_START_AGENT, 1), E810_AQ_RC_EPERM);
	assert_int_equal(direct(host, E810_AQC_LLDP_SET_MIB_CHANGE, 0), E810_AQ_RC_EPERM);
	assert_int_equal(host_aq(host, E810_AQC_LLDP_GET_MIB, &get, mib, sizeof(mib), false),
			 E810_AQ_RC_EPERM);
	assert_int_equal(host_aq(host, E810_AQC_GET_CEE_DCB_CFG, NULL, mib, 40, false),
			 E810_AQ_RC_ENOENT);
	/* Nonsense is refused as such. */
	assert_int_equal(direct(host, E810_AQC_LLDP_STOP, 0x80), E810_AQ_RC_EINVAL);
	assert_int_equal(direct(host, E810_AQC_LLDP_START, 0), E810_AQ_RC_EINVAL);
	assert_int_equal(host_read(host, PRTDCB_GENS) & 7, 7);
}

static int
local_mib(struct host *host, uint8_t type, uint16_t length, const uint8_t *mib, uint16_t len)
{
	uint8_t params[16] = { type, 0, (uint8_t)length, (uint8_t)(length >> 8) };
	uint8_t copy[64];

	memcpy(copy, mib, len);
	return host_aq(host, E810_AQC_LLDP_SET_LOCAL_MIB, params, copy, len, true);
}

static void
drivers_own_mib(void **state)
{
	/* An organizational TLV of 4 bytes, and the end. */
	static const uint8_t mib[] = { 0xFE, 0x04, 0x00, 0x80, 0xC2, 0x09, 0x00, 0x00 };
	static const uint8_t torn[] = { 0xFE, 0x14, 0x00, 0x80, 0xC2, 0x09 };
	struct host *host = *state;

	assert_int_equal(local_mib(host, 0, sizeof(mib), mib, sizeof(mib)), 0);
	assert_int_equal(local_mib(host, 0, sizeof(mib) + 1, mib, sizeof(mib)),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(local_mib(host, 0, 0, mib, sizeof(mib)), E810_AQ_RC_EINVAL);
	assert_int_equal(local_mib(host, 4, sizeof(mib), mib, sizeof(mib)), E810_AQ_RC_EINVAL);
	assert_int_equal(local_mib(host, 0, sizeof(torn), torn, sizeof(torn)),
			 E810_AQ_RC_EINVAL);
}

static void
filter_control(void **state)
{
	struct host *host = *state;
	struct e810_aqc_lldp_ctrl cmd = { .vsi_num = host_add_vsi(host, 0, 1) };

	assert_int_equal(host_aq(host, E810_AQC_LLDP_FILTER_CTRL, &cmd, NULL, 0, false), 0);
	cmd.command = 3;
	assert_int_equal(host_aq(host, E810_AQC_LLDP_FILTER_CTRL, &cmd, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	cmd.command = 1;
	cmd.vsi_num = 700;
	assert_int_equal(host_aq(host, E810_AQC_LLDP_FILTER_CTRL, &cmd, NULL, 0, false),
			 E810_AQ_RC_ENOENT);
}

/** Linux asks for it at probe, its own agent being the one that runs. */
static void
pfc_mode(void **state)
{
	struct host *host = *state;
	uint8_t params[16] = { E810_PFC_MODE_VLAN };

	assert_int_equal(host_aq(host, E810_AQC_SET_PFC_MODE, params, NULL, 0, false), 0);
	assert_int_equal(params[0], E810_PFC_MODE_VLAN);	/* else: not taken */
	params[0] = 0;
	assert_int_equal(host_aq(host, E810_AQC_QUERY_PFC_MODE, params, NULL, 0, false), 0);
	assert_int_equal(params[0], E810_PFC_MODE_VLAN);
	params[0] = 3;
	assert_int_equal(host_aq(host, E810_AQC_SET_PFC_MODE, params, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)
		T(agent_is_stopped), T(drivers_own_mib), T(filter_control), T(pfc_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
