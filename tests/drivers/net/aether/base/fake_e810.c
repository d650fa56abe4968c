/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_e810.h"

#define MAX_FRAME_AT_POWER_ON	1518
#define EVENT_MASK_AT_POWER_ON	0xffff
#define FIRST_FREE_NODE		16	/* below: the default topology */

/* ---------------------------------------------------------------- registers ----------------- */

static inline struct fake_e810 *
to_fake(struct aether_bus *bus)
{
	return (struct fake_e810 *)bus;
}

uint32_t
fake_get(const struct fake_e810 *fake, uint32_t offset)
{
	uint32_t value;

	assert_true(offset < E810_BAR0_SIZE && offset % 4 == 0);
	memcpy(&value, fake->bar + offset, sizeof(value));
	return value;
}

void
fake_set(struct fake_e810 *fake, uint32_t offset, uint32_t value)
{
	assert_true(offset < E810_BAR0_SIZE && offset % 4 == 0);
	memcpy(fake->bar + offset, &value, sizeof(value));
}

static bool
is_gone(struct fake_e810 *fake)
{
	return fake->accesses++ >= fake->gone_after;
}

static uint32_t
reg_read(struct aether_bus *bus, uint32_t offset)
{
	struct fake_e810 *fake = to_fake(bus);
	uint32_t value;

	if (is_gone(fake))
		return UINT32_MAX;
	value = fake_get(fake, offset);
	if (offset == PFINT_OICR)
		fake_set(fake, offset, 0);
	if (offset == GLGEN_RSTAT && fake->global_reset > 0) {
		fake->global_reset--;
		return 1;
	}
	return value;
}

static void
default_topology(struct fake_e810 *fake)
{
	unsigned int i;

	memset(fake->node, 0, sizeof(fake->node));
	/* A branch of one node a layer, teid = 1 + layer. */
	for (i = 0; i < fake->layers; i++) {
		fake->node[1 + i].used = true;
		fake->node[1 + i].parent = i;
		fake->node[1 + i].layer = i;
	}
}

/* What a PF reset does; PHY and MAC settings are the port's and stay. */
static void
pf_reset(struct fake_e810 *fake)
{
	static const uint32_t aq_regs[] = {
		PF_FW_ATQBAL, PF_FW_ATQBAH, PF_FW_ATQLEN, PF_FW_ATQH, PF_FW_ATQT,
		PF_FW_ARQBAL, PF_FW_ARQBAH, PF_FW_ARQLEN, PF_FW_ARQH, PF_FW_ARQT,
	};
	unsigned int i;

	fake->pf_resets++;
	for (i = 0; i < RTE_DIM(aq_regs); i++)
		fake_set(fake, aq_regs[i], 0);
	for (i = 0; i < FAKE_QUEUES; i++)
		fake_set(fake, QRX_CTRL(i), 0);
	memset(fake->vsi, 0, sizeof(fake->vsi));
	memset(fake->rule, 0, sizeof(fake->rule));
	fake->prune_list = false;
	memset(fake->txq, 0, sizeof(fake->txq));
	fake->nvm_locked = false;
	fake->change_locked = false;
	fake->lse = false;
	fake->event_mask = EVENT_MASK_AT_POWER_ON;
	default_topology(fake);
}

static void atq_run(struct fake_e810 *fake);

static void
reg_write(struct aether_bus *bus, uint32_t offset, uint32_t value)
{
	struct fake_e810 *fake = to_fake(bus);

	if (is_gone(fake))
		return;
	if (offset == PFGEN_CTRL && (value & PFGEN_CTRL_PFSWR)) {
		if (fake->reset_stuck) {
			fake_set(fake, offset, value);
			return;
		}
		pf_reset(fake);
		value &= ~PFGEN_CTRL_PFSWR;
	}
	if (offset >= QRX_CTRL(0) && offset < QRX_CTRL(FAKE_QUEUES)) {
		if (fake->rxq_stuck)
			value = (value & ~QRX_CTRL_QENA_STAT) |
				(fake_get(fake, offset) & QRX_CTRL_QENA_STAT);
		else if (value & QRX_CTRL_QENA_REQ)
			value |= QRX_CTRL_QENA_STAT;
		else
			value &= ~QRX_CTRL_QENA_STAT;
	}
	fake_set(fake, offset, value);
	if (offset == PF_FW_ATQT)
		atq_run(fake);
}

static int
config_read(struct aether_bus *bus, void *buf, size_t len, uint32_t offset)
{
	struct fake_e810 *fake = to_fake(bus);
	uint8_t space[4096] = {0};

	/* Two extended capabilities; the second is the serial number. */
	static const uint32_t aer = 0x0001 | 1 << 16 | 0x140u << 20;
	static const uint32_t dsn = 0x0003 | 1 << 16;
	static const uint64_t serial = UINT64_C(0x0123456789abcdef);

	memcpy(space, &fake->vendor_id, 2);
	memcpy(space + 2, &fake->device_id, 2);
	memcpy(space + 0x100, &aer, 4);
	memcpy(space + 0x140, &dsn, 4);
	memcpy(space + 0x144, &serial, 8);
	if (offset + len > sizeof(space))
		return -EINVAL;
	memcpy(buf, space + offset, len);
	return len;
}

static void
bus_close(struct aether_bus *bus)
{
	to_fake(bus)->closed = true;
}

static const struct aether_bus_ops fake_ops = {
	.name = "fake",
	.reg_read = reg_read,
	.reg_write = reg_write,
	.config_read = config_read,
	.close = bus_close,
};

/* ---------------------------------------------------------------- firmware ------------------ */

/* A handler gets command and buffer, changes both into the answer and returns the error code;
 * *len is the buffer's length, and what of it is answered. */
typedef enum e810_aq_err (*handler)(struct fake_e810 *fake, void *params, uint8_t *buf,
				    uint16_t *len);

static enum e810_aq_err
do_nothing(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	RTE_SET_USED(fake);
	RTE_SET_USED(params);
	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
get_ver(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_get_ver *ver = params;

	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	ver->fw_major = 7;
	ver->fw_minor = 3;
	ver->fw_patch = 4;
	ver->fw_build = 0x1234;
	ver->api_major = fake->api_major;
	ver->api_minor = fake->api_minor;
	ver->api_patch = 2;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
q_shutdown(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	fake->unloaded = ((struct e810_aqc_q_shutdown *)params)->driver_unloading & 1;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
req_res(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_req_res *res = params;

	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	if (res->res_id == E810_RES_ID_CHNG_LOCK && res->access_type == E810_RES_ACCESS_WRITE) {
		if (fake->change_locked)
			return E810_AQ_RC_EBUSY;
		fake->change_locked = true;
		return E810_AQ_RC_OK;
	}
	if (res->res_id != E810_RES_ID_NVM || res->access_type != E810_RES_ACCESS_READ)
		return E810_AQ_RC_EINVAL;
	if (fake->nvm_busy > 0) {
		fake->nvm_busy--;
		return E810_AQ_RC_EBUSY;
	}
	if (fake->nvm_locked)
		return E810_AQ_RC_EBUSY;
	fake->nvm_locked = true;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
release_res(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	const struct e810_aqc_req_res *res = params;
	bool *locked = res->res_id == E810_RES_ID_CHNG_LOCK ? &fake->change_locked :
		&fake->nvm_locked;

	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	if (!*locked)
		return E810_AQ_RC_EINVAL;
	*locked = false;
	return E810_AQ_RC_OK;
}

static void
cap_put(struct e810_aqc_list_caps_elem **elem, uint16_t cap, uint32_t number, uint32_t phys_id)
{
	memset(*elem, 0, sizeof(**elem));
	(*elem)->cap = cap;
	(*elem)->number = number;
	(*elem)->phys_id = phys_id;
	(*elem)++;
}

static enum e810_aq_err
list_caps(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_list_caps_elem *first = (void *)buf, *elem = first;

	cap_put(&elem, E810_CAP_VALID_FUNCTIONS, 0x03, 0);
	cap_put(&elem, E810_CAP_VSI, 384, 0);
	cap_put(&elem, 0x7777, 1, 1);	/* one that nobody knows */
	cap_put(&elem, E810_CAP_RSS, 2048, 0);
	cap_put(&elem, E810_CAP_RXQS, fake->cap_rxqs, 32);
	cap_put(&elem, E810_CAP_TXQS, fake->cap_txqs, 64);
	cap_put(&elem, E810_CAP_MSIX, fake->cap_msix, 0);
	cap_put(&elem, E810_CAP_MAX_MTU, fake->cap_mtu, 0);
	((struct e810_aqc_list_caps *)params)->count = elem - first;
	*len = (uint8_t *)elem - buf;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
mac_read(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_manage_mac_read *resp = params;
	struct e810_aqc_manage_mac_read_resp *addr = (void *)buf;

	resp->flags = E810_MAN_MAC_LAN_ADDR_VALID | E810_MAN_MAC_WOL_ADDR_VALID;
	resp->num_addr = 2;
	memset(addr, 0, 2 * sizeof(*addr));
	addr[0].addr_type = E810_MAN_MAC_ADDR_TYPE_WOL;
	addr[0].mac_addr[0] = 0x02;
	addr[1].addr_type = E810_MAN_MAC_ADDR_TYPE_LAN;
	memcpy(addr[1].mac_addr, fake->mac, sizeof(fake->mac));
	*len = 2 * sizeof(*addr);
	return E810_AQ_RC_OK;
}

/* Two rounds: a VSI in the first, the port in the second. */
static enum e810_aq_err
get_sw_cfg(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_get_sw_cfg *cmd = params;
	struct e810_aqc_get_sw_cfg_elem *elem = (void *)buf;

	memset(elem, 0, sizeof(*elem));
	if (cmd->element == 0 || fake->switch_loops) {
		elem->vsi_port_num = E810_SW_CFG_VSI << E810_SW_CFG_TYPE_S | 3;
		cmd->element = 17;
	} else {
		elem->vsi_port_num = E810_SW_CFG_PHYS_PORT << E810_SW_CFG_TYPE_S | fake->lport;
		elem->swid = fake->sw_id;
		cmd->element = 0;
	}
	cmd->num_elems = 1;
	*len = sizeof(*elem);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
add_vsi(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_vsi_resp *resp = params;
	unsigned int i;

	for (i = 3; i < RTE_DIM(fake->vsi); i++)
		if (!fake->vsi[i])
			break;
	if (i == RTE_DIM(fake->vsi) || *len != sizeof(fake->vsi_props))
		return E810_AQ_RC_EINVAL;
	fake->vsi[i] = true;
	memcpy(&fake->vsi_props, buf, sizeof(fake->vsi_props));
	resp->vsi_num = E810_VSI_IS_VALID | i;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
free_vsi(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	const uint16_t num = ((struct e810_aqc_vsi_cmd *)params)->vsi_num & E810_VSI_NUM_M;

	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	/* A VSI that rules still name cannot go. */
	if (num >= RTE_DIM(fake->vsi) || !fake->vsi[num] || fake_rules(fake) != 0)
		return E810_AQ_RC_EINVAL;
	fake->vsi[num] = false;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
update_vsi(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	const uint16_t num = ((struct e810_aqc_vsi_cmd *)params)->vsi_num & E810_VSI_NUM_M;
	const struct e810_aqc_vsi_props *props = (void *)buf;

	if (num >= RTE_DIM(fake->vsi) || !fake->vsi[num] || *len != sizeof(*props))
		return E810_AQ_RC_ENOENT;
	fake->vsi_updates++;
	if ((props->valid_sections & E810_VSI_PROP_SW_VALID) != 0) {
		fake->vsi_props.sw_id = props->sw_id;
		fake->vsi_props.sw_flags = props->sw_flags;
		fake->vsi_props.sw_flags2 = props->sw_flags2;
	}
	if ((props->valid_sections & E810_VSI_PROP_VLAN_VALID) != 0)
		fake->vsi_props.inner_vlan_flags = props->inner_vlan_flags;
	return E810_AQ_RC_OK;
}

/* One VSI list for pruning is all that there is. */
static enum e810_aq_err
list_resource(struct fake_e810 *fake, uint8_t *buf, const uint16_t *len, bool alloc)
{
	struct e810_aqc_alloc_free_res_elem *elem = (void *)buf;

	if (elem->res_type != E810_RES_TYPE_VSI_LIST_PRUNE || elem->num_elems != 1 || *len != 6)
		return E810_AQ_RC_EINVAL;
	if (alloc == fake->prune_list)
		return alloc ? E810_AQ_RC_ENOSPC : E810_AQ_RC_ENOENT;
	if (!alloc && (elem->elem[0] != FAKE_PRUNE_LIST || fake_rules(fake) != 0))
		return E810_AQ_RC_EINVAL;
	fake->prune_list = alloc;
	fake->prune_vsi = 0;
	elem->elem[0] = FAKE_PRUNE_LIST;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
alloc_res(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	RTE_SET_USED(params);
	return list_resource(fake, buf, len, true);
}

static enum e810_aq_err
free_res(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	RTE_SET_USED(params);
	return list_resource(fake, buf, len, false);
}

static enum e810_aq_err
list_set(struct fake_e810 *fake, const uint8_t *buf)
{
	const struct e810_sw_rule_vsi_list *list = (const void *)buf;

	if (!fake->prune_list || list->index != FAKE_PRUNE_LIST || list->number_vsi != 1)
		return E810_AQ_RC_ENOENT;
	fake->prune_vsi = list->vsi[0];
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
add_rules(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_sw_rule_lkup *lkup = (void *)buf;
	unsigned int i;

	RTE_SET_USED(params);
	if (lkup->hdr.type == E810_SW_RULE_PRUNE_LIST_SET)
		return list_set(fake, buf);
	for (i = 0; i < FAKE_RULES && fake->rule[i].used; i++)
		;
	if (i == FAKE_RULES)
		return E810_AQ_RC_ENOSPC;
	if (lkup->hdr_len != 16 || *len != sizeof(*lkup) + 16)
		return E810_AQ_RC_EINVAL;
	fake->rule[i].used = true;
	fake->rule[i].type = lkup->hdr.type;
	fake->rule[i].recipe = lkup->recipe_id;
	fake->rule[i].src = lkup->src;
	fake->rule[i].act = lkup->act;
	memcpy(fake->rule[i].hdr, lkup->hdr_data, 16);
	lkup->index = 1000 + i;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
remove_rules(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_sw_rule_lkup *lkup = (void *)buf;
	const unsigned int i = lkup->index - 1000u;

	RTE_SET_USED(params);
	RTE_SET_USED(len);
	if (i >= FAKE_RULES || !fake->rule[i].used || fake->rule[i].recipe != lkup->recipe_id)
		return E810_AQ_RC_ENOENT;
	fake->rule[i].used = false;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
query_sched(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_query_sched_res *res = (void *)buf;
	unsigned int i;

	RTE_SET_USED(params);
	memset(res, 0, sizeof(*res));
	res->sched.logical_levels = fake->layers;
	res->sched.phys_levels = 9;
	for (i = 0; i < E810_SCHED_MAX_LAYERS; i++)
		res->layer[i].max_sibl_grp_sz = fake->siblings;
	*len = sizeof(*res);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
get_topo(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_get_topo_elem *branch = (void *)buf;
	unsigned int i;

	((struct e810_aqc_get_topo *)params)->num_branches = 1;
	memset(branch, 0, sizeof(*branch));
	branch->hdr.num_elems = fake->layers;
	for (i = 0; i < fake->layers && i < E810_SCHED_MAX_LAYERS; i++) {
		struct e810_sched_elem_data *elem = &branch->generic[i];

		elem->parent_teid = i == 0 ? E810_INVAL_TEID : i;
		elem->node_teid = 1 + i;
		elem->data.elem_type = E810_ELEM_TYPE_SE_GENERIC;
		if (i == 0)
			elem->data.elem_type = E810_ELEM_TYPE_ROOT_PORT;
		else if (i == fake->entry_layer)
			elem->data.elem_type = E810_ELEM_TYPE_ENTRY_POINT;
		else if (i == 1)
			elem->data.elem_type = E810_ELEM_TYPE_TC;
		else if (i + 1u == fake->layers)
			elem->data.elem_type = E810_ELEM_TYPE_LEAF;
	}
	*len = sizeof(*branch);
	return E810_AQ_RC_OK;
}

static unsigned int
children(const struct fake_e810 *fake, uint32_t teid)
{
	unsigned int i, n = 0;

	for (i = 1; i < FAKE_NODES; i++)
		n += fake->node[i].used && fake->node[i].parent == teid;
	for (i = 0; i < FAKE_QUEUES; i++)
		n += fake->txq[i] && fake->txq_parent[i] == teid;
	return n;
}

static enum e810_aq_err
add_node(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_sched_elem_data *elem = (void *)(buf + sizeof(struct e810_sched_group_hdr));
	const uint32_t parent = ((struct e810_sched_group_hdr *)(void *)buf)->parent_teid;
	unsigned int i;

	RTE_SET_USED(len);
	if (parent == 0 || parent >= FAKE_NODES || !fake->node[parent].used)
		return E810_AQ_RC_ENOENT;
	if (fake->node[parent].layer + 1 >= fake->layers - 1 || elem->parent_teid != parent ||
	    elem->data.valid_sections != 7)
		return E810_AQ_RC_EINVAL;
	if (children(fake, parent) >= fake->siblings)
		return E810_AQ_RC_ENOSPC;
	for (i = FIRST_FREE_NODE; i < FAKE_NODES && fake->node[i].used; i++)
		;
	if (i == FAKE_NODES)
		return E810_AQ_RC_ENOSPC;
	fake->node[i].used = true;
	fake->node[i].parent = parent;
	fake->node[i].layer = fake->node[parent].layer + 1;
	elem->node_teid = i;
	((struct e810_aqc_sched_elem_cmd *)params)->num_elem_resp = 1;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
delete_node(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	const uint32_t parent = ((struct e810_sched_group_hdr *)(void *)buf)->parent_teid;
	uint32_t teid;

	RTE_SET_USED(params);
	RTE_SET_USED(len);
	memcpy(&teid, buf + sizeof(struct e810_sched_group_hdr), sizeof(teid));
	if (teid == 0 || teid >= FAKE_NODES || !fake->node[teid].used ||
	    fake->node[teid].parent != parent)
		return E810_AQ_RC_ENOENT;
	if (children(fake, teid) != 0)
		return E810_AQ_RC_EBUSY;
	fake->node[teid].used = false;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
phy_caps(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_phy_caps *caps = (void *)buf;

	RTE_SET_USED(params);
	memset(caps, 0, sizeof(*caps));
	caps->phy_type_low = fake->phy.phy_type_low;
	caps->caps = fake->phy.caps | E810_PHY_AN_MODE | E810_PHY_EN_MOD_QUAL;
	caps->link_fec_options = fake->phy.link_fec_opt;
	*len = sizeof(*caps);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
phy_set(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	RTE_SET_USED(params);
	if (*len != sizeof(fake->phy))
		return E810_AQ_RC_EINVAL;
	memcpy(&fake->phy, buf, sizeof(fake->phy));
	if (!(fake->phy.caps & E810_PHY_ENA_AUTO_LINK_UPDT) || (fake->phy.caps & 0x10))
		return E810_AQ_RC_EINVAL;
	fake->phy.caps &= ~E810_PHY_ENA_AUTO_LINK_UPDT;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
mac_set(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	fake->max_frame = ((struct e810_aqc_set_mac_cfg *)params)->max_frame_size;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
link_status(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_link_status *status = (void *)buf;
	const uint16_t lse = ((struct e810_aqc_get_link_status *)params)->cmd_flags & E810_LSE_M;

	if (lse != E810_LSE_NOP)
		fake->lse = lse == E810_LSE_ENA;
	memset(status, 0, sizeof(*status));
	status->max_frame_size = fake->max_frame;
	status->link_info = E810_MEDIA_AVAILABLE;
	if (fake->link && (fake->phy.caps & E810_PHY_EN_LINK))
		status->link_info |= E810_LINK_UP;
	status->an_info = E810_AN_COMPLETED | E810_LINK_PAUSE_RX;
	status->cfg = E810_LINK_25G_RS_528_FEC_EN | 0x80;
	status->link_speed = fake->link_speed;
	*len = sizeof(*status);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
set_event_mask(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	fake->event_mask = ((struct e810_aqc_set_event_mask *)params)->event_mask;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
nvm_read(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	const struct e810_aqc_nvm *cmd = params;
	const uint32_t offset = cmd->offset_high << 16 | cmd->offset_low;

	if (!fake->nvm_locked)
		return E810_AQ_RC_EPERM;
	/* One command may not leave its sector of 4 KiB. */
	if (cmd->length != *len || offset / 4096 != (offset + *len - 1) / 4096 ||
	    offset + *len > sizeof(fake->sr) || cmd->module_typeid != 0)
		return E810_AQ_RC_EINVAL;
	memcpy(buf, (uint8_t *)fake->sr + offset, *len);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
nvm_checksum(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	RTE_SET_USED(buf);
	RTE_SET_USED(len);
	((struct e810_aqc_nvm_checksum *)params)->checksum = fake->checksum;
	return fake->nvm_locked ? E810_AQ_RC_OK : E810_AQ_RC_EPERM;
}

static enum e810_aq_err
add_txq(struct fake_e810 *fake, uint32_t parent, struct e810_aqc_add_txqs_perq *perq)
{
	if (perq->info.valid_sections != 7)
		return E810_AQ_RC_EINVAL;
	if (perq->txq_id >= FAKE_QUEUES || parent >= FAKE_NODES || !fake->node[parent].used ||
	    fake->node[parent].layer != fake->layers - 2)
		return E810_AQ_RC_ENOENT;
	if (fake->txq[perq->txq_id] || children(fake, parent) >= fake->siblings)
		return E810_AQ_RC_EEXIST;
	fake->txq[perq->txq_id] = true;
	fake->txq_parent[perq->txq_id] = parent;
	memcpy(fake->txq_ctx[perq->txq_id], perq->txq_ctx, E810_TLAN_CTX_BYTES);
	perq->q_teid = 5000 + perq->txq_id;
	return E810_AQ_RC_OK;
}

/* Each group once, and the buffer exactly as long as its list. */
static enum e810_aq_err
add_txqs(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	unsigned int n = ((struct e810_aqc_add_txqs *)params)->num_qgrps;
	uint32_t last_parent = UINT32_MAX;
	enum e810_aq_err rc;
	uint16_t at = 0;

	for (; n > 0; n--) {
		struct e810_aqc_add_tx_qgrp *group = (void *)(buf + at);
		unsigned int i;

		at += sizeof(*group);
		if (at > *len || group->num_txqs == 0 || group->parent_teid == last_parent ||
		    group->num_txqs > (*len - at) / sizeof(group->txqs[0]))
			return E810_AQ_RC_EINVAL;
		last_parent = group->parent_teid;
		for (i = 0; i < group->num_txqs; i++) {
			rc = add_txq(fake, group->parent_teid, &group->txqs[i]);
			if (rc != E810_AQ_RC_OK)
				return rc;
		}
		at += group->num_txqs * sizeof(group->txqs[0]);
	}
	return at == *len && at != 0 ? E810_AQ_RC_OK : E810_AQ_RC_EINVAL;
}

static enum e810_aq_err
dis_txqs(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_dis_txq_item item;
	unsigned int i;
	uint16_t q;

	memcpy(&item, buf, sizeof(item));
	if (((struct e810_aqc_dis_txqs *)params)->num_entries != 1 || item.num_qs == 0 ||
	    *len != RTE_ALIGN_CEIL(sizeof(item) + item.num_qs * sizeof(q), 4))
		return E810_AQ_RC_EINVAL;
	for (i = 0; i < item.num_qs; i++) {
		memcpy(&q, buf + sizeof(item) + i * sizeof(q), sizeof(q));
		if (q >= FAKE_QUEUES || !fake->txq[q] || fake->txq_parent[q] != item.parent_teid)
			return E810_AQ_RC_ENOENT;
		fake->txq[q] = false;
	}
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
pkg_list(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	struct e810_aqc_pkg_info *pkg = (void *)(buf + 4);
	const uint32_t count = 2;

	RTE_SET_USED(params);
	memcpy(buf, &count, 4);
	memset(pkg, 0, 2 * sizeof(*pkg));
	/* The flash's own is active as long as no other is. */
	pkg[0].is_in_nvm = 1;
	pkg[0].is_active = !fake->ddp_active;
	pkg[1].is_active = fake->ddp_active;
	pkg[1].ver_major = 1;
	pkg[1].ver_minor = 3;
	*len = 4 + 2 * sizeof(*pkg);
	return E810_AQ_RC_OK;
}

/* The table of packet type groups, one section: each packet type is in the group of its number's
 * low byte. */
static enum e810_aq_err
upload_section(struct fake_e810 *fake, void *params, uint8_t *buf, uint16_t *len)
{
	unsigned int i;

	RTE_SET_USED(params);
	RTE_SET_USED(len);
	if (!fake->change_locked || !fake->ddp_active)
		return E810_AQ_RC_EPERM;
	for (i = 0; i < E810_PTYPES; i++)
		buf[16 + i] = i;
	return E810_AQ_RC_OK;
}

static const struct {
	uint16_t opcode;
	bool buf, rd;		/* what the command must come with */
	handler fn;
} handlers[] = {
	{E810_AQC_GET_VER, false, false, get_ver},
	{E810_AQC_DRIVER_VER, true, true, do_nothing},
	{E810_AQC_Q_SHUTDOWN, false, false, q_shutdown},
	{E810_AQC_REQ_RES, false, false, req_res},
	{E810_AQC_RELEASE_RES, false, false, release_res},
	{E810_AQC_LIST_FUNC_CAPS, true, false, list_caps},
	{E810_AQC_LIST_DEV_CAPS, true, false, list_caps},
	{E810_AQC_MANAGE_MAC_READ, true, false, mac_read},
	{E810_AQC_CLEAR_PXE_MODE, false, false, do_nothing},
	{E810_AQC_GET_SW_CFG, true, false, get_sw_cfg},
	{E810_AQC_ADD_VSI, true, true, add_vsi},
	{E810_AQC_FREE_VSI, false, false, free_vsi},
	{E810_AQC_UPDATE_VSI, true, true, update_vsi},
	{E810_AQC_ALLOC_RES, true, true, alloc_res},
	{E810_AQC_FREE_RES, true, true, free_res},
	{E810_AQC_ADD_SW_RULES, true, true, add_rules},
	{E810_AQC_REMOVE_SW_RULES, true, true, remove_rules},
	{E810_AQC_CLEAR_PF_CFG, false, false, do_nothing},
	{E810_AQC_GET_DFLT_TOPO, true, false, get_topo},
	{E810_AQC_ADD_SCHED_ELEMS, true, true, add_node},
	{E810_AQC_DELETE_SCHED_ELEMS, true, true, delete_node},
	{E810_AQC_QUERY_SCHED_RES, true, false, query_sched},
	{E810_AQC_GET_PHY_CAPS, true, false, phy_caps},
	{E810_AQC_SET_PHY_CFG, true, true, phy_set},
	{E810_AQC_SET_MAC_CFG, false, false, mac_set},
	{E810_AQC_GET_LINK_STATUS, true, false, link_status},
	{E810_AQC_SET_EVENT_MASK, false, false, set_event_mask},
	{E810_AQC_NVM_READ, true, false, nvm_read},
	{E810_AQC_NVM_CHECKSUM, false, false, nvm_checksum},
	{E810_AQC_ADD_TXQS, true, true, add_txqs},
	{E810_AQC_DIS_TXQS, true, true, dis_txqs},
	{E810_AQC_GET_PKG_INFO_LIST, true, false, pkg_list},
	{E810_AQC_UPLOAD_SECTION, true, true, upload_section},
};

static enum e810_aq_err
command_run(struct fake_e810 *fake, struct e810_aq_desc *desc, uint8_t *buf, uint16_t *len)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(handlers); i++) {
		if (handlers[i].opcode != desc->opcode)
			continue;
		/* The flags are part of the command's definition. */
		assert_int_equal(!!(desc->flags & E810_AQ_FLAG_BUF), handlers[i].buf);
		assert_int_equal(!!(desc->flags & E810_AQ_FLAG_RD), handlers[i].rd);
		assert_int_equal(!!(desc->flags & E810_AQ_FLAG_LB), *len > 512);
		assert_true(desc->flags & E810_AQ_FLAG_SI);
		return handlers[i].fn(fake, desc->params, buf, len);
	}
	return E810_AQ_RC_ENOSYS;
}

/* IOVA is VA without huge pages, so a device address is a pointer. */
static void *
dma(uint32_t high, uint32_t low)
{
	return (void *)(uintptr_t)((uint64_t)high << 32 | low);
}

/* @return false when the command stays unanswered */
static bool
command_answer(struct fake_e810 *fake, struct e810_aq_desc *desc)
{
	const uint32_t number = fake->n_cmds++;
	struct e810_aqc_generic generic;
	uint16_t len = desc->flags & E810_AQ_FLAG_BUF ? desc->datalen : 0;
	uint16_t rc;
	uint8_t *buf;

	assert_true(number < FAKE_LOG);
	fake->log[number] = desc->opcode;
	fake->last = *desc;
	memcpy(&generic, desc->params, sizeof(generic));
	buf = dma(generic.addr_high, generic.addr_low);
	if (len != 0)
		memcpy(fake->last_buf, buf, len);
	if (fake->silent_opcode == desc->opcode)
		return false;

	if (fake->fail_nth == number || fake->fail_opcode == desc->opcode) {
		rc = fake->fail_rc;
		len = 0;
	} else {
		rc = command_run(fake, desc, buf, &len);
	}
	if (fake->oversize_opcode == desc->opcode)
		len = desc->datalen + 1;
	desc->datalen = len;
	desc->retval = rc == 0 ? 0 : rc | 0x4200;	/* with a firmware detail on top */
	desc->flags |= E810_AQ_FLAG_CMP | (rc != 0 ? E810_AQ_FLAG_ERR : 0);
	if (fake->damage_opcode != desc->opcode)
		desc->flags |= E810_AQ_FLAG_DD;
	return true;
}

static void
atq_run(struct fake_e810 *fake)
{
	const uint32_t len = fake_get(fake, PF_FW_ATQLEN);
	const uint32_t n = len & PF_CTLQ_LEN_M;
	struct e810_aq_desc *ring = dma(fake_get(fake, PF_FW_ATQBAH),
					fake_get(fake, PF_FW_ATQBAL));
	uint32_t head = fake_get(fake, PF_FW_ATQH);

	if (!(len & PF_CTLQ_LEN_ENABLE))
		return;
	while (head != fake_get(fake, PF_FW_ATQT)) {
		if (!command_answer(fake, &ring[head]))
			return;
		head = (head + 1) % n;
		fake_set(fake, PF_FW_ATQH, head);
	}
}

bool
fake_event(struct fake_e810 *fake, uint16_t opcode, const void *buf, uint16_t len)
{
	struct e810_aq_desc *ring = dma(fake_get(fake, PF_FW_ARQBAH),
					fake_get(fake, PF_FW_ARQBAL));
	const uint32_t n = fake_get(fake, PF_FW_ARQLEN) & PF_CTLQ_LEN_M;
	const uint32_t head = fake_get(fake, PF_FW_ARQH);
	struct e810_aqc_generic generic;

	if (head == fake_get(fake, PF_FW_ARQT))
		return false;
	memcpy(&generic, ring[head].params, sizeof(generic));
	assert_int_equal(ring[head].datalen, E810_AQ_MAX_BUF_LEN);
	assert_int_equal(ring[head].flags, E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB);
	memcpy(dma(generic.addr_high, generic.addr_low), buf,
	       RTE_MIN(len, E810_AQ_MAX_BUF_LEN));
	ring[head].opcode = opcode;
	ring[head].datalen = len;
	ring[head].flags = E810_AQ_FLAG_DD | E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB;
	fake_set(fake, PF_FW_ARQH, (head + 1) % n);
	return true;
}

/* ---------------------------------------------------------------- the card ------------------ */

struct fake_e810 *
fake_new(void)
{
	static const uint8_t mac[] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
	struct fake_e810 *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	fake->bar = calloc(1, E810_BAR0_SIZE);
	assert_non_null(fake->bar);
	fake->bus.ops = &fake_ops;
	fake->bus.bar0 = fake->bar;
	fake->bus.bar0_len = E810_BAR0_SIZE;
	fake->vendor_id = E810_PCI_VENDOR_INTEL;
	fake->device_id = E810_DEV_ID_C_QSFP;
	fake->api_major = 1;
	fake->api_minor = 5;
	fake->sr[E810_SR_CTRL_WORD] = 1 << E810_SR_CTRL_WORD_VALID_S;
	fake->sr[E810_SR_NVM_DEV_STARTER_VER] = 0x4020;
	fake->sr[E810_SR_NVM_EETRACK_LO] = 0x5678;
	fake->sr[E810_SR_NVM_EETRACK_HI] = 0x8001;
	fake->layers = 9;
	fake->entry_layer = 2;
	fake->siblings = 8;
	fake->lport = 1;
	fake->sw_id = 5;
	fake->cap_rxqs = 64;
	fake->cap_txqs = 48;
	fake->cap_msix = 128;
	fake->cap_mtu = 9702;
	memcpy(fake->mac, mac, sizeof(mac));
	fake->checksum = E810_NVM_CHECKSUM_CORRECT;
	fake->gone_after = FAKE_NEVER;
	fake->fail_nth = FAKE_NEVER;
	fake->fail_rc = E810_AQ_RC_EIO;
	fake->phy.phy_type_low = E810_PHY_LOW_100GBASE_CR4;
	fake->phy.caps = E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC;
	fake->phy.link_fec_opt = E810_PHY_FEC_25G_RS_528_REQ;
	fake->max_frame = MAX_FRAME_AT_POWER_ON;
	fake->link = true;
	fake->link_speed = E810_LINK_SPEED_100GB;
	fake_set(fake, PF_FUNC_RID, 1);
	fake_set(fake, GLNVM_ULD, GLNVM_ULD_DONE_M);
	fake_set(fake, GLNVM_GENS, GLNVM_GENS_NVM_PRES | 6 << GLNVM_GENS_SR_SIZE_S);
	pf_reset(fake);
	fake->pf_resets = 0;
	return fake;
}

void
fake_free(struct fake_e810 *fake)
{
	free(fake->bar);
	free(fake);
}

unsigned int
fake_count(const struct fake_e810 *fake, uint16_t opcode)
{
	unsigned int i, n = 0;

	for (i = 0; i < fake->n_cmds; i++)
		n += fake->log[i] == opcode;
	return n;
}

unsigned int
fake_rules(const struct fake_e810 *fake)
{
	unsigned int i, n = 0;

	for (i = 0; i < FAKE_RULES; i++)
		n += fake->rule[i].used;
	return n;
}

unsigned int
fake_nodes(const struct fake_e810 *fake)
{
	unsigned int i, n = 0;

	for (i = FIRST_FREE_NODE; i < FAKE_NODES; i++)
		n += fake->node[i].used;
	return n;
}

void
fake_assert_clean(const struct fake_e810 *fake)
{
	unsigned int i;

	assert_false(fake->nvm_locked);
	assert_false(fake->change_locked);
	for (i = 0; i < RTE_DIM(fake->vsi); i++)
		assert_false(fake->vsi[i]);
	for (i = 0; i < FAKE_QUEUES; i++) {
		assert_false(fake->txq[i]);
		assert_int_equal(fake_get(fake, QRX_CTRL(i)) & QRX_CTRL_QENA_STAT, 0);
	}
	assert_int_equal(fake_rules(fake), 0);
	assert_false(fake->prune_list);
	assert_int_equal(fake_nodes(fake), 0);
	assert_int_equal(fake_get(fake, PF_FW_ATQLEN), 0);
	assert_int_equal(fake_get(fake, PF_FW_ARQLEN), 0);
	assert_int_equal(fake->phy.caps, E810_PHY_EN_LINK | E810_PHY_EN_AUTO_FEC);
	assert_int_equal(fake->phy.link_fec_opt, E810_PHY_FEC_25G_RS_528_REQ);
	assert_true(fake->phy.phy_type_low == E810_PHY_LOW_100GBASE_CR4);
	assert_int_equal(fake->max_frame, MAX_FRAME_AT_POWER_ON);
	assert_false(fake->lse);
	assert_int_equal(fake->event_mask, EVENT_MASK_AT_POWER_ON);
}
