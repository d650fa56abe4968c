/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Statistics registers (datasheet section 10.6): the counters at the width that hardware has, so
 * that drivers meet the wraps. A 40-bit counter is a register of 32 bits and 8 more bits at +4.
 */

#include <inttypes.h>

#include "model_priv.h"

/** One kind of counter: an array of registers, one a port or VSI. */
struct counter {
	uint32_t base;			/* of index 0 */
	uint8_t stride;			/* bytes to the next index; 8: 40 bits wide, else 32 */
	bool wide;
	uint16_t field;			/* in struct model_port_counters or model_vsi_counters */
};

#define PORT(width_40, reg, member) \
	{ reg(0), 8, width_40, offsetof(struct model_port_counters, member) }
#define VSI_40(reg, member) \
	{ reg(0), 8, true, offsetof(struct model_vsi_counters, member) }
#define VSI_32(reg, member) \
	{ reg(0), 4, false, offsetof(struct model_vsi_counters, member) }

static const struct counter port_counters[] = {
	PORT(true, GLPRT_GORCL, rx_bytes),
	PORT(true, GLPRT_UPRCL, rx_unicast),
	PORT(true, GLPRT_MPRCL, rx_multicast),
	PORT(true, GLPRT_BPRCL, rx_broadcast),
	PORT(true, GLPRT_GOTCL, tx_bytes),
	PORT(true, GLPRT_UPTCL, tx_unicast),
	PORT(true, GLPRT_MPTCL, tx_multicast),
	PORT(true, GLPRT_BPTCL, tx_broadcast),
	PORT(true, GLPRT_PRC64L, rx_size[0]),
	PORT(true, GLPRT_PRC127L, rx_size[1]),
	PORT(true, GLPRT_PRC255L, rx_size[2]),
	PORT(true, GLPRT_PRC511L, rx_size[3]),
	PORT(true, GLPRT_PRC1023L, rx_size[4]),
	PORT(true, GLPRT_PRC1522L, rx_size[5]),
	PORT(true, GLPRT_PRC9522L, rx_size[6]),
	PORT(true, GLPRT_PTC64L, tx_size[0]),
	PORT(true, GLPRT_PTC127L, tx_size[1]),
	PORT(true, GLPRT_PTC255L, tx_size[2]),
	PORT(true, GLPRT_PTC511L, tx_size[3]),
	PORT(true, GLPRT_PTC1023L, tx_size[4]),
	PORT(true, GLPRT_PTC1522L, tx_size[5]),
	PORT(true, GLPRT_PTC9522L, tx_size[6]),
	PORT(false, GLPRT_MLFC, local_faults),
	PORT(false, GLPRT_MRFC, remote_faults),
	PORT(false, GLPRT_CRCERRS, crc_errors),
	PORT(false, GLPRT_RLEC, length_errors),
	PORT(false, GLPRT_ILLERRC, illegal_bytes),
	PORT(false, GLPRT_RUC, rx_undersize),
	PORT(false, GLPRT_ROC, rx_oversize),
	PORT(false, GLPRT_RFC, rx_fragments),
	PORT(false, GLPRT_RJC, rx_jabber),
	PORT(false, GLPRT_LXONRXC, xon_rx),
	PORT(false, GLPRT_LXOFFRXC, xoff_rx),
	PORT(false, GLPRT_LXONTXC, xon_tx),
	PORT(false, GLPRT_LXOFFTXC, xoff_tx),
	PORT(false, GLPRT_TDOLD, tx_dropped_link_down),
};

static const struct counter vsi_counters[] = {
	VSI_40(GLV_GORCL, rx_bytes),
	VSI_40(GLV_UPRCL, rx_unicast),
	VSI_40(GLV_MPRCL, rx_multicast),
	VSI_40(GLV_BPRCL, rx_broadcast),
	VSI_40(GLV_GOTCL, tx_bytes),
	VSI_40(GLV_UPTCL, tx_unicast),
	VSI_40(GLV_MPTCL, tx_multicast),
	VSI_40(GLV_BPTCL, tx_broadcast),
	VSI_32(GLV_RDPC, rx_discards),
	VSI_32(GLV_TEPC, tx_errors),
};

#define HIGH_M	E810_MASK(8, 0)

static uint64_t
counter_get(const void *counters, const struct counter *c)
{
	return *(const uint64_t *)(const void *)((const uint8_t *)counters + c->field);
}

/**
 * Whether `offset` lies in these registers: then the index and, for wide counters, which half.
 */
static bool
counter_find(const struct counter *table, size_t n, unsigned int indices, uint32_t offset,
	     const struct counter **found, unsigned int *index, bool *high)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct counter *c = &table[i];
		uint32_t at = offset - c->base;

		if (offset < c->base || at >= indices * c->stride)
			continue;
		*found = c;
		*index = at / c->stride;
		*high = at % c->stride != 0;
		return true;
	}
	return false;
}

static uint32_t
counter_half(const struct counter *c, const void *counters, bool high)
{
	uint64_t value = counter_get(counters, c);

	if (!high)
		return (uint32_t)value;
	return c->wide ? (uint32_t)(value >> 32) & HIGH_M : 0;
}

/** GLV_REPC has two counters of 16 bits. */
static uint32_t
repc_value(const struct model_vsi_counters *vsi)
{
	return (uint32_t)(vsi->rx_no_desc & UINT16_MAX) |
	       (uint32_t)(vsi->rx_errors & UINT16_MAX) << 16;
}

bool
model_counter_read(struct aether_model *model, uint32_t offset, uint32_t *value)
{
	const struct counter *c;
	unsigned int index;
	bool high;

	if (counter_find(port_counters, RTE_DIM(port_counters), E810_MAX_PORTS, offset, &c,
			 &index, &high)) {
		*value = index == model->lport ? counter_half(c, &model->port, high) : 0;
		return true;
	}
	if (counter_find(vsi_counters, RTE_DIM(vsi_counters), E810_MAX_VSI, offset, &c, &index,
			 &high)) {
		index -= model->vsi_first;
		*value = index < MODEL_VSIS ? counter_half(c, &model->vsi[index], high) : 0;
		return true;
	}
	if (offset >= GLV_REPC(0) && offset < GLV_REPC(E810_MAX_VSI)) {
		index = (offset - GLV_REPC(0)) / 4 - model->vsi_first;
		*value = index < MODEL_VSIS ? repc_value(&model->vsi[index]) : 0;
		return true;
	}
	if (offset == PRTRPB_RDPC) {
		*value = (uint32_t)model->port.rx_no_buffer;
		return true;
	}
	return false;
}

static void
publish(struct aether_model *model, const struct counter *table, size_t n, unsigned int index,
	const void *counters)
{
	size_t i;

	for (i = 0; i < n; i++) {
		uint32_t offset = table[i].base + index * table[i].stride;
		uint64_t value = counter_get(counters, &table[i]);

		if (!table[i].wide) {
			model_reg_set(model, offset, (uint32_t)value);
			continue;
		}
		/* One store for both halves: a reader that sees the low one wrap sees the high
		 * one too, which its low-high-low loop relies on. */
		value &= UINT64_MAX >> 24;
		__atomic_store_n((uint64_t *)(void *)(model->bar0 + offset),
				 rte_cpu_to_le_64(value), __ATOMIC_RELAXED);
	}
}

static bool
vsi_is_silent(const struct model_vsi_counters *vsi)
{
	return (vsi->rx_bytes | vsi->tx_bytes | vsi->tx_errors | vsi->rx_discards |
		vsi->rx_errors) == 0;
}

void
model_counters_publish(struct aether_model *model)
{
	unsigned int v;

	publish(model, port_counters, RTE_DIM(port_counters), model->lport, &model->port);
	model_reg_set(model, PRTRPB_RDPC, (uint32_t)model->port.rx_no_buffer);
	for (v = 0; v < MODEL_VSIS; v++) {
		bool silent = vsi_is_silent(&model->vsi[v]);

		/* After a reset of the core the zeros are shown, once. */
		if (silent && !model->vsi_published[v])
			continue;
		model->vsi_published[v] = !silent;
		publish(model, vsi_counters, RTE_DIM(vsi_counters), model->vsi_first + v,
			&model->vsi[v]);
		model_reg_set(model, GLV_REPC(model->vsi_first + v), repc_value(&model->vsi[v]));
	}
}
