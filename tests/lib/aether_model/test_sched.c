/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Transmit scheduler and LAN transmit queues. */

#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"

#define LAYERS		E810_SCHED_MAX_LAYERS
#define SIBLINGS	8

static struct e810_aqc_get_topo_elem topo;

static int
setup(void **state)
{
	static struct host host;
	struct e810_aqc_get_topo get = {0};

	host_open(&host, NULL);
	host_aq_start(&host);
	assert_int_equal(host_aq(&host, E810_AQC_GET_DFLT_TOPO, &get, &topo, sizeof(topo), false),
			 0);
	assert_int_equal(get.num_branches, 1);
	*state = &host;
	return 0;
}

static int
teardown(void **state)
{
	host_close(*state);
	return 0;
}

static int
get_elem(struct host *host, uint32_t teid, struct e810_sched_elem_data *data)
{
	struct e810_aqc_sched_elem_cmd cmd = { .num_elem_req = 1 };

	memset(data, 0, sizeof(*data));
	data->node_teid = teid;
	return host_aq(host, E810_AQC_GET_SCHED_ELEMS, &cmd, data, sizeof(*data), true);
}

/** Delete one node. */
static int
delete_elem(struct host *host, uint32_t parent, uint32_t teid)
{
	struct { struct e810_sched_group_hdr hdr; uint32_t teid; } buf = {
		.hdr = { .parent_teid = parent, .num_elems = 1 }, .teid = teid,
	};
	struct e810_aqc_sched_elem_cmd cmd = { .num_elem_req = 1 };
	int rc = host_aq(host, E810_AQC_DELETE_SCHED_ELEMS, &cmd, &buf, sizeof(buf), true);

	if (rc == 0)
		assert_int_equal(cmd.num_elem_resp, 1);
	return rc;
}

struct add_buf {
	struct e810_sched_group_hdr hdr;
	struct e810_sched_elem_data elem[SIBLINGS + 1];
};

static struct add_buf
add_request(uint32_t parent, unsigned int n)
{
	struct add_buf buf = { .hdr = { .parent_teid = parent, .num_elems = n } };
	unsigned int i;

	for (i = 0; i < RTE_MIN(n, SIBLINGS + 1u); i++) {
		buf.elem[i].parent_teid = parent;
		buf.elem[i].data.elem_type = E810_ELEM_TYPE_SE_GENERIC;
		buf.elem[i].data.valid_sections = E810_ELEM_VALID_GENERIC | E810_ELEM_VALID_CIR |
						  E810_ELEM_VALID_EIR;
		buf.elem[i].data.cir_alloc = E810_SCHED_DFLT_BW_WT;
		buf.elem[i].data.eir_alloc = E810_SCHED_DFLT_BW_WT;
	}
	return buf;
}

static int
send_add(struct host *host, struct add_buf *buf, size_t len)
{
	struct e810_aqc_sched_elem_cmd cmd = { .num_elem_req = 1 };

	return host_aq(host, E810_AQC_ADD_SCHED_ELEMS, &cmd, buf, len, true);
}

/** Add one node. @return its TEID */
static uint32_t
add_elem(struct host *host, uint32_t parent)
{
	struct add_buf buf = add_request(parent, 1);

	assert_int_equal(send_add(host, &buf, sizeof(buf.hdr) + sizeof(buf.elem[0])), 0);
	return buf.elem[0].node_teid;
}

static void
default_topology(void **state)
{
	static const uint8_t types[LAYERS] = {
		E810_ELEM_TYPE_ROOT_PORT, E810_ELEM_TYPE_TC, E810_ELEM_TYPE_ENTRY_POINT,
		E810_ELEM_TYPE_SE_GENERIC, E810_ELEM_TYPE_SE_GENERIC, E810_ELEM_TYPE_SE_GENERIC,
		E810_ELEM_TYPE_SE_GENERIC, E810_ELEM_TYPE_SE_GENERIC, E810_ELEM_TYPE_LEAF,
	};
	struct e810_sched_elem_data data;
	struct host *host = *state;
	unsigned int i;

	assert_int_equal(topo.hdr.num_elems, LAYERS);
	assert_int_equal(topo.generic[0].parent_teid, E810_INVAL_TEID);
	for (i = 0; i < LAYERS; i++) {
		assert_int_equal(topo.generic[i].data.elem_type, types[i]);
		if (i > 0)
			assert_int_equal(topo.generic[i].parent_teid,
					 topo.generic[i - 1].node_teid);
		assert_int_equal(get_elem(host, topo.generic[i].node_teid, &data), 0);
		assert_memory_equal(&data, &topo.generic[i], sizeof(data));
	}
	assert_int_equal(get_elem(host, E810_INVAL_TEID, &data), E810_AQ_RC_ENOENT);
	assert_int_equal(get_elem(host, 0, &data), E810_AQ_RC_ENOENT);
}

static void
resources(void **state)
{
	struct e810_aqc_query_sched_res res;
	struct host *host = *state;
	unsigned int i;

	assert_int_equal(host_aq(host, E810_AQC_QUERY_SCHED_RES, NULL, &res, sizeof(res), false),
			 0);
	assert_int_equal(res.sched.logical_levels, LAYERS);
	for (i = 1; i < LAYERS; i++)
		assert_int_equal(res.layer[i].max_sibl_grp_sz, SIBLINGS);
	assert_int_equal(host_aq(host, E810_AQC_QUERY_SCHED_RES, NULL, &res, sizeof(res) - 1,
				 false), E810_AQ_RC_EINVAL);
}

/** What a driver does first: the default branch goes, up to the entry point. */
static void
delete_default_branch(struct host *host)
{
	unsigned int i;

	for (i = LAYERS - 1; i >= 2; i--)
		assert_int_equal(delete_elem(host, topo.generic[i - 1].node_teid,
					     topo.generic[i].node_teid), 0);
}

static void
deletion(void **state)
{
	struct e810_sched_elem_data data;
	struct host *host = *state;

	/* A node with children, a wrong parent, the traffic class, the root. */
	assert_int_equal(delete_elem(host, topo.generic[1].node_teid, topo.generic[2].node_teid),
			 E810_AQ_RC_EBUSY);
	assert_int_equal(delete_elem(host, topo.generic[6].node_teid, topo.generic[8].node_teid),
			 E810_AQ_RC_EINVAL);
	delete_default_branch(host);
	assert_int_equal(get_elem(host, topo.generic[2].node_teid, &data), E810_AQ_RC_ENOENT);
	assert_int_equal(delete_elem(host, topo.generic[0].node_teid, topo.generic[1].node_teid),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(delete_elem(host, E810_INVAL_TEID, topo.generic[0].node_teid),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(delete_elem(host, topo.generic[1].node_teid, topo.generic[2].node_teid),
			 E810_AQ_RC_ENOENT);
	/* A reset brings the branch back. */
	host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(host));
	host_aq_start(host);
	assert_int_equal(get_elem(host, topo.generic[8].node_teid, &data), 0);
}

static void
adding(void **state)
{
	struct host *host = *state;
	uint32_t tc = topo.generic[1].node_teid;
	struct add_buf buf;
	size_t one = sizeof(buf.hdr) + sizeof(buf.elem[0]);
	struct e810_sched_elem_data data;
	uint32_t parent;

	/* The class has one child already. */
	buf = add_request(tc, SIBLINGS);
	assert_int_equal(send_add(host, &buf, sizeof(buf)), E810_AQ_RC_ENOSPC);
	buf = add_request(tc, SIBLINGS - 1);
	assert_int_equal(send_add(host, &buf, sizeof(buf)), 0);
	assert_int_equal(get_elem(host, buf.elem[SIBLINGS - 2].node_teid, &data), 0);
	assert_int_equal(data.parent_teid, tc);
	parent = buf.elem[0].node_teid;
	buf = add_request(tc, 1);
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_ENOSPC);
	/* Counts beyond the buffer. */
	buf = add_request(parent, 2);
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_EINVAL);
	buf = add_request(parent, UINT16_MAX);
	assert_int_equal(send_add(host, &buf, sizeof(buf)), E810_AQ_RC_EINVAL);
	buf = add_request(parent, 0);
	assert_int_equal(send_add(host, &buf, sizeof(buf)), E810_AQ_RC_EINVAL);
	/* Parents: none, the root, one above the leaves; and one that does not match. */
	buf = add_request(0x55, 1);
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_ENOENT);
	buf = add_request(topo.generic[0].node_teid, 1);
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_EINVAL);
	buf = add_request(topo.generic[7].node_teid, 1);
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_EINVAL);
	buf = add_request(parent, 1);
	buf.elem[0].parent_teid = tc;
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_EINVAL);
	/* Element: wrong type, no generic section, a rate limit that is not there. */
	buf = add_request(parent, 1);
	buf.elem[0].data.elem_type = E810_ELEM_TYPE_TC;
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_EINVAL);
	buf = add_request(parent, 1);
	buf.elem[0].data.valid_sections = E810_ELEM_VALID_CIR;
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_EINVAL);
	buf = add_request(parent, 1);
	buf.elem[0].data.eir_profile = 9;
	assert_int_equal(send_add(host, &buf, one), E810_AQ_RC_EINVAL);
	buf = add_request(parent, 1);
	assert_int_equal(send_add(host, &buf, one), 0);
}

/** Nodes that can be added below this one, depth first, until the firmware has no more. */
static unsigned int
fill_below(struct host *host, uint32_t teid, unsigned int layer)
{
	struct add_buf buf = add_request(teid, 1);
	unsigned int i, n = 0;

	for (i = 0; layer < LAYERS - 2 && i < SIBLINGS; i++) {
		if (send_add(host, &buf, sizeof(buf)) != 0) {
			assert_int_equal(host->answer.retval, E810_AQ_RC_ENOSPC);
			break;
		}
		n += 1 + fill_below(host, buf.elem[0].node_teid, layer + 1);
		buf = add_request(teid, 1);
	}
	return n;
}

/** The firmware runs out of nodes, says so, and goes on with those that are given back. */
static void
tree_runs_full(void **state)
{
	struct e810_aqc_query_sched_res res;
	struct host *host = *state;
	uint32_t teid;

	assert_int_equal(host_aq(host, E810_AQC_QUERY_SCHED_RES, NULL, &res, sizeof(res), false),
			 0);
	assert_int_equal(fill_below(host, topo.generic[1].node_teid, 1),
			 res.layer[5].max_pf_nodes - LAYERS);
	assert_int_equal(delete_elem(host, topo.generic[7].node_teid, topo.generic[8].node_teid),
			 0);
	teid = add_elem(host, topo.generic[4].node_teid);
	assert_int_equal(delete_elem(host, topo.generic[4].node_teid, teid), 0);
}

static void
configure_and_suspend(void **state)
{
	struct e810_aqc_sched_elem_cmd cmd = { .num_elem_req = 1 };
	struct e810_sched_elem_data data;
	struct host *host = *state;
	uint32_t teid = topo.generic[4].node_teid;

	assert_int_equal(get_elem(host, teid, &data), 0);
	data.data.cir_alloc = 77;
	data.data.elem_type = E810_ELEM_TYPE_LEAF;	/* not a driver's to change */
	assert_int_equal(host_aq(host, E810_AQC_CFG_SCHED_ELEMS, &cmd, &data, sizeof(data), true),
			 0);
	assert_int_equal(get_elem(host, teid, &data), 0);
	assert_int_equal(data.data.cir_alloc, 77);
	assert_int_equal(data.data.elem_type, E810_ELEM_TYPE_SE_GENERIC);
	assert_int_equal(host_aq(host, E810_AQC_SUSPEND_SCHED_ELEMS, &cmd, &teid, 4, true), 0);
	assert_int_equal(cmd.num_elem_resp, 1);
	get_elem(host, teid, &data);
	assert_true((data.data.flags & E810_ELEM_FLAG_SUSPEND) != 0);
	assert_int_equal(host_aq(host, E810_AQC_RESUME_SCHED_ELEMS, &cmd, &teid, 4, true), 0);
	get_elem(host, teid, &data);
	assert_int_equal(data.data.flags & E810_ELEM_FLAG_SUSPEND, 0);
	cmd.num_elem_req = 2;
	assert_int_equal(host_aq(host, E810_AQC_SUSPEND_SCHED_ELEMS, &cmd, &teid, 4, true),
			 E810_AQ_RC_EINVAL);
	cmd.num_elem_req = UINT16_MAX;
	assert_int_equal(host_aq(host, E810_AQC_CFG_SCHED_ELEMS, &cmd, &data, sizeof(data), true),
			 E810_AQ_RC_EINVAL);
	assert_int_equal(host_aq(host, E810_AQC_GET_SCHED_ELEMS, &cmd, &data, sizeof(data), true),
			 E810_AQ_RC_EINVAL);
}

static void
move(void **state)
{
	struct { struct e810_aqc_move_elem h; uint32_t teid[2]; } buf;
	struct e810_aqc_sched_elem_cmd cmd = { .num_elem_req = 1 };
	struct e810_sched_elem_data data;
	struct host *host = *state;
	uint32_t a = add_elem(host, topo.generic[1].node_teid);
	uint32_t b = add_elem(host, topo.generic[1].node_teid);
	uint32_t child = add_elem(host, a);

	memset(&buf, 0, sizeof(buf));
	buf.h.src_parent_teid = a;
	buf.h.dest_parent_teid = b;
	buf.h.num_elems = 1;
	buf.teid[0] = child;
	assert_int_equal(host_aq(host, E810_AQC_MOVE_SCHED_ELEMS, &cmd, &buf, sizeof(buf), true),
			 0);
	get_elem(host, child, &data);
	assert_int_equal(data.parent_teid, b);
	assert_int_equal(delete_elem(host, topo.generic[1].node_teid, a), 0);
	/* It is not there any more; another layer; more than the buffer has. */
	buf.h.src_parent_teid = b;
	buf.h.dest_parent_teid = topo.generic[1].node_teid;
	assert_int_equal(host_aq(host, E810_AQC_MOVE_SCHED_ELEMS, &cmd, &buf, sizeof(buf), true),
			 E810_AQ_RC_EINVAL);
	buf.h.num_elems = 3;
	assert_int_equal(host_aq(host, E810_AQC_MOVE_SCHED_ELEMS, &cmd, &buf, sizeof(buf), true),
			 E810_AQ_RC_EINVAL);
}

static void
rate_limits(void **state)
{
	struct e810_rl_profile profile = { .level = 3, .flags = E810_RL_PROFILE_TYPE_CIR };
	struct e810_aqc_rl_profile_cmd cmd = { .num_profiles = 1 };
	struct host *host = *state;
	struct add_buf buf;
	unsigned int i;

	assert_int_equal(host_aq(host, E810_AQC_ADD_RL_PROFILES, &cmd, &profile, sizeof(profile),
				 true), 0);
	assert_int_equal(cmd.num_processed, 1);
	assert_int_equal(profile.profile_id, 1);
	buf = add_request(topo.generic[1].node_teid, 1);
	buf.elem[0].data.cir_profile = 1;
	assert_int_equal(send_add(host, &buf, sizeof(buf)), 0);
	assert_int_equal(host_aq(host, E810_AQC_REMOVE_RL_PROFILES, &cmd, &profile,
				 sizeof(profile), true), 0);
	assert_int_equal(host_aq(host, E810_AQC_REMOVE_RL_PROFILES, &cmd, &profile,
				 sizeof(profile), true), E810_AQ_RC_ENOENT);
	assert_int_equal(host_aq(host, E810_AQC_QUERY_RL_PROFILES, &cmd, &profile,
				 sizeof(profile), true), 0);
	assert_true((profile.flags & E810_RL_PROFILE_INVAL) != 0);
	for (i = 0; i < 70; i++) {
		profile.flags = E810_RL_PROFILE_TYPE_EIR;
		if (host_aq(host, E810_AQC_ADD_RL_PROFILES, &cmd, &profile, sizeof(profile), true))
			break;
	}
	assert_int_equal(i, 63);
	profile.level = 0;
	assert_int_equal(host_aq(host, E810_AQC_ADD_RL_PROFILES, &cmd, &profile, sizeof(profile),
				 true), E810_AQ_RC_EINVAL);
	profile.level = 10;
	assert_int_equal(host_aq(host, E810_AQC_ADD_RL_PROFILES, &cmd, &profile, sizeof(profile),
				 true), E810_AQ_RC_EINVAL);
	profile.level = 3;
	profile.flags = 3;
	assert_int_equal(host_aq(host, E810_AQC_ADD_RL_PROFILES, &cmd, &profile, sizeof(profile),
				 true), E810_AQ_RC_EINVAL);
	cmd.num_profiles = 2;
	assert_int_equal(host_aq(host, E810_AQC_ADD_RL_PROFILES, &cmd, &profile, sizeof(profile),
				 true), E810_AQ_RC_EINVAL);
}

static void
queries(void **state)
{
	struct e810_aqc_query_node_to_root up = { .teid = topo.generic[5].node_teid };
	struct e810_aqc_query_port_ets ets_cmd = { .port_teid = topo.generic[0].node_teid };
	struct e810_sched_elem_data path[LAYERS];
	struct e810_aqc_port_ets ets;
	struct host *host = *state;

	assert_int_equal(host_aq(host, E810_AQC_QUERY_NODE_TO_ROOT, &up, path, sizeof(path), false),
			 0);
	assert_int_equal(up.num_nodes, 6);
	assert_int_equal(path[5].node_teid, topo.generic[0].node_teid);
	up.teid = topo.generic[8].node_teid;
	assert_int_equal(host_aq(host, E810_AQC_QUERY_NODE_TO_ROOT, &up, path, 24 * 8, false),
			 E810_AQ_RC_ENOMEM);
	assert_int_equal(host_aq(host, E810_AQC_QUERY_PORT_ETS, &ets_cmd, &ets, sizeof(ets), false),
			 0);
	assert_int_equal(ets.tc_valid_bits, 1);
	assert_int_equal(ets.tc_node_teid[0], topo.generic[1].node_teid);
	ets_cmd.port_teid = topo.generic[1].node_teid;
	assert_int_equal(host_aq(host, E810_AQC_QUERY_PORT_ETS, &ets_cmd, &ets, sizeof(ets), false),
			 E810_AQ_RC_ENOENT);
}

/* ------------------------------------------------------------------ queues ------------------ */

static void
ctx_put(uint8_t *ctx, unsigned int lsb, unsigned int width, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < width; i++)
		if ((value >> i & 1) != 0)
			ctx[(lsb + i) / 8] |= 1u << ((lsb + i) % 8);
}

struct add_txq {
	uint32_t parent_teid;
	uint8_t num_txqs;
	uint8_t rsvd[3];
	struct e810_aqc_add_txqs_perq q[2];
};

static struct add_txq
txq_request(uint32_t parent, unsigned int txq, unsigned int vsi)
{
	struct add_txq buf = { .parent_teid = parent, .num_txqs = 1 };

	buf.q[0].txq_id = txq;
	buf.q[0].info.valid_sections = E810_ELEM_VALID_GENERIC;
	ctx_put(buf.q[0].txq_ctx, E810_TLAN_CTX_BASE, (HOST_IOVA + 0x80000) / 128);
	ctx_put(buf.q[0].txq_ctx, E810_TLAN_CTX_QLEN, 64);
	ctx_put(buf.q[0].txq_ctx, E810_TLAN_CTX_VMVF_TYPE, E810_TLAN_VMVF_TYPE_PF);
	ctx_put(buf.q[0].txq_ctx, E810_TLAN_CTX_SRC_VSI, vsi);
	ctx_put(buf.q[0].txq_ctx, E810_TLAN_CTX_QNUM_IN_FUNC, txq);
	ctx_put(buf.q[0].txq_ctx, E810_TLAN_CTX_LEGACY_INT, 1);
	return buf;
}

static int
add_txq(struct host *host, struct add_txq *buf)
{
	struct e810_aqc_add_txqs cmd = { .num_qgrps = 1 };

	return host_aq(host, E810_AQC_ADD_TXQS, &cmd, buf, 8 + sizeof(buf->q[0]), true);
}

static int
dis_txq(struct host *host, uint32_t parent, uint16_t txq)
{
	struct { uint32_t parent; uint8_t n, rsvd; uint16_t id; } buf = { parent, 1, 0, txq };
	struct e810_aqc_dis_txqs cmd = { .cmd_type = E810_Q_DIS_CMD_FLUSH_PIPE, .num_entries = 1 };

	return host_aq(host, E810_AQC_DIS_TXQS, &cmd, &buf, sizeof(buf), true);
}

static void
transmit_queues(void **state)
{
	struct e810_sched_elem_data data;
	struct e810_aqc_vsi_cmd vsi_cmd;
	struct host *host = *state;
	uint32_t group = topo.generic[7].node_teid;
	unsigned int vsi = host_add_vsi(host, 1, 4);
	struct add_txq buf = txq_request(group, 3, vsi);

	assert_int_equal(add_txq(host, &buf), 0);
	assert_int_equal(get_elem(host, buf.q[0].q_teid, &data), 0);
	assert_int_equal(data.data.elem_type, E810_ELEM_TYPE_LEAF);
	assert_int_equal(data.parent_teid, group);
	/* Twice; its leaf while enabled; its VSI while enabled. */
	buf = txq_request(group, 3, vsi);
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EEXIST);
	assert_int_equal(delete_elem(host, group, data.node_teid), E810_AQ_RC_EBUSY);
	memset(&vsi_cmd, 0, sizeof(vsi_cmd));
	vsi_cmd.vsi_num = vsi | E810_VSI_IS_VALID;
	assert_int_equal(host_aq(host, E810_AQC_FREE_VSI, &vsi_cmd, NULL, 0, false),
			 E810_AQ_RC_EBUSY);
	/* Wrong group, wrong queue, then right, then again. */
	assert_int_equal(dis_txq(host, topo.generic[6].node_teid, 3), E810_AQ_RC_EINVAL);
	assert_int_equal(dis_txq(host, group, 4), E810_AQ_RC_ENOENT);
	assert_int_equal(dis_txq(host, group, UINT16_MAX), E810_AQ_RC_ENOENT);
	assert_int_equal(dis_txq(host, group, 3), 0);
	assert_int_equal(dis_txq(host, group, 3), E810_AQ_RC_ENOENT);
	assert_int_equal(get_elem(host, data.node_teid, &data), E810_AQ_RC_ENOENT);
	/* Enabled once more. */
	buf = txq_request(group, 3, vsi);
	assert_int_equal(add_txq(host, &buf), 0);
}

static void
bad_transmit_queues(void **state)
{
	struct e810_aqc_add_txqs cmd = { .num_qgrps = 1 };
	struct host *host = *state;
	uint32_t group = topo.generic[7].node_teid;
	unsigned int vsi = host_add_vsi(host, 1, 4);
	struct add_txq buf;

	buf = txq_request(group, 256, vsi);
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EINVAL);
	buf = txq_request(topo.generic[6].node_teid, 3, vsi);
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EINVAL);
	buf = txq_request(topo.generic[8].node_teid, 3, vsi);
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EINVAL);
	buf = txq_request(group, 3, vsi + 1);
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EINVAL);
	/* Without the generic section the firmware refuses. */
	buf = txq_request(group, 3, vsi);
	buf.q[0].info.valid_sections = E810_ELEM_VALID_CIR;
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EINVAL);
	/* A context without a ring leaves nothing behind. */
	buf = txq_request(group, 3, vsi);
	memset(buf.q[0].txq_ctx, 0, sizeof(buf.q[0].txq_ctx));
	ctx_put(buf.q[0].txq_ctx, E810_TLAN_CTX_SRC_VSI, vsi);
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EINVAL);
	/* More queues or groups than the buffer holds. */
	buf = txq_request(group, 3, vsi);
	buf.num_txqs = 2;
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EINVAL);
	buf.num_txqs = 255;
	assert_int_equal(add_txq(host, &buf), E810_AQ_RC_EINVAL);
	buf = txq_request(group, 3, vsi);
	cmd.num_qgrps = 0;
	assert_int_equal(host_aq(host, E810_AQC_ADD_TXQS, &cmd, &buf, sizeof(buf), true),
			 E810_AQ_RC_EINVAL);
	buf = txq_request(group, 3, vsi);
	assert_int_equal(add_txq(host, &buf), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(default_topology), T(resources), T(deletion), T(adding), T(tree_runs_full),
		T(configure_and_suspend), T(move), T(rate_limits), T(queries),
		T(transmit_queues), T(bad_transmit_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
