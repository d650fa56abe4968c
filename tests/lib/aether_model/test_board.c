/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What Linux asks of the board: netlist, port options, sensor, SerDes, sideband, topology. */

#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"
#include "e810_mgmt_hw.h"

static int
link_topo(struct host *host, uint8_t type, uint8_t ctx, uint8_t index,
	  struct e810_aqc_link_topo *topo)
{
	*topo = (struct e810_aqc_link_topo){
		.node_type_ctx = ctx << E810_TOPO_CTX_S | type, .index = index,
	};
	return host_aq(host, E810_AQC_GET_LINK_TOPO, topo, NULL, 0, false);
}

/** The only node is the cage: everything else that Linux looks for is absent. */
static void
netlist(void **state)
{
	struct host *host = *state;
	struct e810_aqc_link_topo topo;
	unsigned int type, ctx;
	uint16_t handle;

	for (type = 0; type < 16; type++)
		for (ctx = 0; ctx < 4; ctx++)
			assert_int_equal(link_topo(host, type, ctx, 0, &topo),
					 type == E810_TOPO_TYPE_CAGE && ctx == E810_TOPO_CTX_PORT ?
					 E810_AQ_RC_OK : E810_AQ_RC_ENXIO);
	assert_int_equal(link_topo(host, E810_TOPO_TYPE_CAGE, E810_TOPO_CTX_PORT, 1, &topo),
			 E810_AQ_RC_ENXIO);
	assert_int_equal(link_topo(host, E810_TOPO_TYPE_CAGE, E810_TOPO_CTX_PORT, 0, &topo), 0);
	assert_int_equal(topo.part_number, E810_TOPO_PART_QSFP28);
	/* The same by its handle. */
	handle = topo.handle;
	topo = (struct e810_aqc_link_topo){
		.node_type_ctx = E810_TOPO_CTX_NODE_HANDLE << E810_TOPO_CTX_S, .handle = handle,
	};
	assert_int_equal(host_aq(host, E810_AQC_GET_LINK_TOPO, &topo, NULL, 0, false), 0);
	assert_int_equal(topo.part_number, E810_TOPO_PART_QSFP28);
	topo.handle = handle + 1;
	assert_int_equal(host_aq(host, E810_AQC_GET_LINK_TOPO, &topo, NULL, 0, false),
			 E810_AQ_RC_ENXIO);
}

static void
cage_of_devices(void **state)
{
	static const struct {
		uint16_t device;
		int part;			/* 0: no cage */
	} cases[] = {
		{ E810_DEV_ID_C_QSFP, E810_TOPO_PART_QSFP28 },
		{ E810_DEV_ID_XXV_SFP, E810_TOPO_PART_SFP28 },
		{ E810_DEV_ID_C_BACKPLANE, 0 },
	};
	struct e810_aqc_link_topo topo;
	struct host host;
	unsigned int i;
	int rc;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(cases); i++) {
		const struct aether_model_conf conf = {
			.name = "board", .device_id = cases[i].device,
		};

		host_open(&host, &conf);
		host_aq_start(&host);
		rc = link_topo(&host, E810_TOPO_TYPE_CAGE, E810_TOPO_CTX_PORT, 0, &topo);
		assert_int_equal(rc, cases[i].part == 0 ? E810_AQ_RC_ENXIO : E810_AQ_RC_OK);
		if (rc == E810_AQ_RC_OK)
			assert_int_equal(topo.part_number, cases[i].part);
		host_close(&host);
	}
}

static void
port_options(void **state)
{
	struct host *host = *state;
	struct e810_aqc_port_options req;
	struct e810_port_option option[16];
	uint8_t set[16] = { 0, 1, 0 };
	unsigned int lport;

	for (lport = 0; lport < E810_MAX_PORTS; lport++) {
		req = (struct e810_aqc_port_options){ .lport_num = lport, .lport_num_valid = 1 };
		memset(option, 0xA5, sizeof(option));
		assert_int_equal(host_aq(host, E810_AQC_GET_PORT_OPTIONS, &req, option,
					 sizeof(option), false), 0);
		assert_int_equal(req.count, 1);
		assert_int_equal(req.active, E810_PORT_OPT_VALID);
		assert_int_equal(req.pending, 0);
		assert_int_equal(option[0].pmds, 1);
		assert_int_equal(option[0].max_lane_speed,
				 lport == 0 ? E810_PORT_OPT_100G : E810_PORT_OPT_NONE);
	}
	req = (struct e810_aqc_port_options){ .lport_num = 8, .lport_num_valid = 1 };
	assert_int_equal(host_aq(host, E810_AQC_GET_PORT_OPTIONS, &req, option, sizeof(option),
				 false), E810_AQ_RC_EINVAL);
	assert_int_equal(host_aq(host, E810_AQC_SET_PORT_OPTION, set, NULL, 0, false), 0);
	set[2] = 1;
	assert_int_equal(host_aq(host, E810_AQC_SET_PORT_OPTION, set, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
}

static void
sensor(void **state)
{
	struct host *host = *state;
	struct e810_sensor_temp temp = {0};
	struct e810_aqc_sensor other = { .sensor = 1 };

	assert_int_equal(host_aq(host, E810_AQC_GET_SENSOR, &temp, NULL, 0, false), 0);
	assert_in_range(temp.temp, 1, temp.warning - 1);
	assert_in_range(temp.critical, temp.warning + 1, temp.fatal - 1);
	assert_int_equal(host_aq(host, E810_AQC_GET_SENSOR, &other, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	other = (struct e810_aqc_sensor){ .format = 1 };
	assert_int_equal(host_aq(host, E810_AQC_GET_SENSOR, &other, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
}

static void
equalization(void **state)
{
	struct host *host = *state;
	struct e810_aqc_dnl_call call = { .activity = E810_DNL_SERDES_EQUALIZATION };
	struct e810_dnl_equalization eq = { .coefficient = 0x1000, .op_serdes = E810_DNL_OP_RX };

	assert_int_equal(host_aq(host, E810_AQC_DNL_CALL, &call, &eq, sizeof(eq), true), 0);
	assert_int_equal(eq.coefficient, 0);
	eq = (struct e810_dnl_equalization){ .op_serdes = E810_DNL_OP_TX | 8 };
	assert_int_equal(host_aq(host, E810_AQC_DNL_CALL, &call, &eq, sizeof(eq), true),
			 E810_AQ_RC_EINVAL);
	eq = (struct e810_dnl_equalization){ .op_serdes = 0x0050 };
	assert_int_equal(host_aq(host, E810_AQC_DNL_CALL, &call, &eq, sizeof(eq), true),
			 E810_AQ_RC_EINVAL);
	call = (struct e810_aqc_dnl_call){ .activity = 1 };
	assert_int_equal(host_aq(host, E810_AQC_DNL_CALL, &call, &eq, sizeof(eq), true),
			 E810_AQ_RC_ENOENT);
	assert_int_equal(host_aq(host, E810_AQC_DNL_CALL, &call, &eq, sizeof(eq) - 1, true),
			 E810_AQ_RC_EINVAL);
}

static void
sideband(void **state)
{
	struct host *host = *state;
	struct e810_sideband_req req = {
		.dest = E810_SIDEBAND_RMN_0, .addr_high = E810_SIDEBAND_PCS_1, .addr_low = 8,
	};
	struct e810_sideband_resp resp;

	assert_int_equal(host_aq(host, E810_AQC_NEIGHBOUR_REQ, NULL, &req, 12, true), 0);
	memcpy(&resp, &req, sizeof(resp));
	assert_int_equal(resp.data, 0);
	assert_int_equal(resp.src, E810_SIDEBAND_RMN_0);
	req = (struct e810_sideband_req){
		.dest = E810_SIDEBAND_RMN_0, .addr_high = E810_SIDEBAND_PCS_0,
		.opcode = E810_SIDEBAND_WRITE,
	};
	assert_int_equal(host_aq(host, E810_AQC_NEIGHBOUR_REQ, NULL, &req, sizeof(req), true),
			 E810_AQ_RC_EINVAL);
	req = (struct e810_sideband_req){ .dest = 6 };
	assert_int_equal(host_aq(host, E810_AQC_NEIGHBOUR_REQ, NULL, &req, 12, true),
			 E810_AQ_RC_EINVAL);
}

static void
tx_topology(void **state)
{
	struct host *host = *state;
	struct e810_aqc_tx_topo topo = { .get_flags = 2 };
	uint8_t buf[E810_AQ_MAX_BUF_LEN] = {0};

	assert_int_equal(host_aq(host, E810_AQC_GET_TX_TOPO, &topo, buf, sizeof(buf), true), 0);
	assert_int_equal(topo.set_flags, 0);	/* the default one, and nobody has set it */
	topo = (struct e810_aqc_tx_topo){
		.set_flags = E810_TX_TOPO_LOAD_NEW | E810_TX_TOPO_SRC_RAM | E810_TX_TOPO_ISSUED,
	};
	assert_int_equal(host_aq(host, E810_AQC_SET_TX_TOPO, &topo, buf, 100, true),
			 E810_AQ_RC_EPERM);
	topo = (struct e810_aqc_tx_topo){ .set_flags = E810_TX_TOPO_ISSUED };
	assert_int_equal(host_aq(host, E810_AQC_SET_TX_TOPO, &topo, NULL, 0, false), 0);
}

/** @return the capability's number, -1: it is not there */
static int64_t
capability(struct host *host, uint16_t opcode, uint16_t id)
{
	struct e810_aqc_list_caps_elem elem[40];
	struct e810_aqc_list_caps list = {0};
	unsigned int i;

	assert_int_equal(host_aq(host, opcode, &list, elem, sizeof(elem), false), 0);
	assert_in_range(list.count, 1, RTE_DIM(elem));
	for (i = 0; i < list.count; i++)
		if (elem[i].cap == id)
			return elem[i].number;
	return -1;
}

static void
capabilities(void **state)
{
	const struct aether_model_conf conf = { .name = "rdma", .rdma = true };
	static const uint16_t lists[] = { E810_AQC_LIST_FUNC_CAPS, E810_AQC_LIST_DEV_CAPS };
	struct host *host = *state;
	struct host other;
	unsigned int i;

	host_open(&other, &conf);
	host_aq_start(&other);
	for (i = 0; i < RTE_DIM(lists); i++) {
		assert_int_equal(capability(host, lists[i], E810_CAP_TX_TOPO), 1);
		assert_int_equal(capability(host, lists[i], E810_CAP_RDMA), -1);
		assert_int_equal(capability(&other, lists[i], E810_CAP_RDMA), 1);
		assert_int_equal(capability(host, lists[i], E810_CAP_1588), -1);
		assert_int_equal(capability(host, lists[i], E810_CAP_SRIOV), -1);
	}
	assert_int_equal(capability(host, E810_AQC_LIST_DEV_CAPS, E810_CAP_SENSORS), 1);
	assert_int_equal(capability(host, E810_AQC_LIST_FUNC_CAPS, E810_CAP_SENSORS), -1);
	host_close(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(netlist, host_setup, host_teardown),
		cmocka_unit_test(cage_of_devices),
		cmocka_unit_test_setup_teardown(port_options, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(sensor, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(equalization, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(sideband, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(tx_topology, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(capabilities, host_setup, host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
