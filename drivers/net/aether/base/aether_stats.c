/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stddef.h>

#include "aether_internal.h"

/*
 * Statistics, section 10.6. The registers only count up, wrap at their width and survive resets of
 * the function, so what counts is how far each has moved since the last reading.
 */

#define READ40_TRIES	3

enum scope { PORT, VSI, CARD };

struct counter {
	uint32_t offset;	/* of index 0 */
	uint8_t stride;		/* bytes from one index to the next */
	uint8_t width;		/* bits */
	uint8_t scope;		/* what the index is */
	uint16_t field;		/* in struct aether_hw_stats */
};

#define FIELD(name)		offsetof(struct aether_hw_stats, name)
#define PORT40(reg, name)	{reg(0), 8, 40, PORT, FIELD(name)}
#define PORT32(reg, name)	{reg(0), 8, 32, PORT, FIELD(name)}
#define VSI40(reg, name)	{reg(0), 8, 40, VSI, FIELD(name)}
#define VSI32(reg, name)	{reg(0), 4, 32, VSI, FIELD(name)}

static const struct counter counters[] = {
	PORT40(GLPRT_GORCL, rx_bytes),
	PORT40(GLPRT_UPRCL, rx_unicast),
	PORT40(GLPRT_MPRCL, rx_multicast),
	PORT40(GLPRT_BPRCL, rx_broadcast),
	PORT40(GLPRT_GOTCL, tx_bytes),
	PORT40(GLPRT_UPTCL, tx_unicast),
	PORT40(GLPRT_MPTCL, tx_multicast),
	PORT40(GLPRT_BPTCL, tx_broadcast),
	PORT40(GLPRT_PRC64L, rx_size[0]),
	PORT40(GLPRT_PRC127L, rx_size[1]),
	PORT40(GLPRT_PRC255L, rx_size[2]),
	PORT40(GLPRT_PRC511L, rx_size[3]),
	PORT40(GLPRT_PRC1023L, rx_size[4]),
	PORT40(GLPRT_PRC1522L, rx_size[5]),
	PORT40(GLPRT_PRC9522L, rx_size[6]),
	PORT40(GLPRT_PTC64L, tx_size[0]),
	PORT40(GLPRT_PTC127L, tx_size[1]),
	PORT40(GLPRT_PTC255L, tx_size[2]),
	PORT40(GLPRT_PTC511L, tx_size[3]),
	PORT40(GLPRT_PTC1023L, tx_size[4]),
	PORT40(GLPRT_PTC1522L, tx_size[5]),
	PORT40(GLPRT_PTC9522L, tx_size[6]),
	PORT32(GLPRT_RUC, rx_undersize),
	PORT32(GLPRT_ROC, rx_oversize),
	PORT32(GLPRT_RFC, rx_fragments),
	PORT32(GLPRT_RJC, rx_jabber),
	PORT32(GLPRT_CRCERRS, crc_errors),
	PORT32(GLPRT_ILLERRC, illegal_bytes),
	PORT32(GLPRT_RLEC, length_errors),
	PORT32(GLPRT_MLFC, local_faults),
	PORT32(GLPRT_MRFC, remote_faults),
	PORT32(GLPRT_LXONRXC, xon_rx),
	PORT32(GLPRT_LXOFFRXC, xoff_rx),
	PORT32(GLPRT_LXONTXC, xon_tx),
	PORT32(GLPRT_LXOFFTXC, xoff_tx),
	PORT32(GLPRT_TDOLD, tx_dropped_link_down),
	{PRTRPB_RDPC, 0, 32, CARD, FIELD(rx_no_buffer)},
	VSI40(GLV_GORCL, vsi_rx_bytes),
	VSI40(GLV_UPRCL, vsi_rx_unicast),
	VSI40(GLV_MPRCL, vsi_rx_multicast),
	VSI40(GLV_BPRCL, vsi_rx_broadcast),
	VSI32(GLV_RDPC, vsi_rx_discards),
	VSI40(GLV_GOTCL, vsi_tx_bytes),
	VSI40(GLV_UPTCL, vsi_tx_unicast),
	VSI40(GLV_MPTCL, vsi_tx_multicast),
	VSI40(GLV_BPTCL, vsi_tx_broadcast),
	VSI32(GLV_TEPC, vsi_tx_errors),
};

static uint64_t *
field_of(struct aether_hw_stats *stats, uint16_t field)
{
	return (uint64_t *)(void *)((uint8_t *)stats + field);
}

/* A 40-bit counter is read in two halves: again, when the low one wrapped in between. That takes
 * hardware 300 ms and more: what does it every time is no counter, and is not waited for. */
static uint64_t
read40(struct aether_hw *hw, uint32_t offset)
{
	uint32_t low, again, high = aether_read(hw, offset + 4);
	unsigned int tries;

	for (tries = 0; tries < READ40_TRIES; tries++) {
		low = aether_read(hw, offset);
		again = aether_read(hw, offset + 4);
		if (again == high)
			break;
		high = again;
	}
	return (uint64_t)(high & 0xff) << 32 | low;
}

/* Add how far a counter of this width went; `primed`: the last reading is of the same epoch. */
static void
account(struct aether_stats_state *state, uint16_t field, uint64_t value, unsigned int width,
	bool primed)
{
	const uint64_t mask = (UINT64_C(1) << width) - 1;
	uint64_t *last = field_of(&state->last, field);

	if (primed)
		*field_of(&state->total, field) += (value - *last) & mask;
	*last = value;
}

static void
counter_update(struct aether_hw *hw, struct aether_stats_state *state, const struct counter *c,
	       uint32_t index, bool primed)
{
	const uint32_t offset = c->offset + index * c->stride;

	account(state, c->field, c->width == 40 ? read40(hw, offset) : aether_read(hw, offset),
		c->width, primed);
}

static void
port_update(struct aether_hw *hw, struct aether_stats_state *state)
{
	const bool primed = state->epoch == hw->epoch;
	unsigned int i;

	for (i = 0; i < RTE_DIM(counters); i++)
		if (counters[i].scope != VSI)
			counter_update(hw, state, &counters[i],
				       counters[i].scope == PORT ? hw->lport : 0, primed);
	state->epoch = hw->epoch;
}

static void
vsi_update(struct aether_hw *hw, struct aether_stats_state *state)
{
	const bool primed = state->vsi_epoch == hw->vsi_epoch;
	unsigned int i;
	uint32_t repc;

	for (i = 0; i < RTE_DIM(counters); i++)
		if (counters[i].scope == VSI)
			counter_update(hw, state, &counters[i], hw->vsi_num, primed);
	/* Two counters of 16 bits in one register. */
	repc = aether_read(hw, GLV_REPC(hw->vsi_num));
	account(state, FIELD(vsi_rx_no_desc), repc & 0xffff, 16, primed);
	account(state, FIELD(vsi_rx_errors), repc >> 16, 16, primed);
	state->vsi_epoch = hw->vsi_epoch;
}

void
aether_stats_update(struct aether_hw *hw, struct aether_stats_state *state)
{
	const struct aether_stats_state before = *state;

	if (!aether_present(hw) || aether_hw_lost(hw))
		return;
	port_update(hw, state);
	if (hw->vsi_valid)
		vsi_update(hw, state);
	/* A reset in between has zeroed what was read after it; a device that went read all ones. */
	if (!aether_present(hw) || aether_hw_lost(hw))
		*state = before;
}

void
aether_stats_reset(struct aether_hw *hw, struct aether_stats_state *state)
{
	aether_stats_update(hw, state);
	memset(&state->total, 0, sizeof(state->total));
}
