/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Register dump, and extended statistics by number. The dump holds 32-bit values in the order of
 * the table below; registers whose reading has an effect (PFINT_OICR clears itself) are left out.
 */

#include <errno.h>
#include <stdlib.h>

#include <ethdev_driver.h>

#include "aether_ethdev.h"

/** count registers from first on, stride bytes apart. */
struct reg_range {
	uint32_t first;
	uint16_t count;
	uint16_t stride;
};

static const struct reg_range fixed[] = {
	/* Function and device. */
	{ PF_FUNC_RID, 1, 0 }, { PFGEN_CTRL, 1, 0 }, { GLGEN_RSTCTL, 1, 0 },
	{ GLGEN_RSTAT, 1, 0 }, { GLNVM_ULD, 1, 0 }, { GLNVM_GENS, 1, 0 }, { GLNVM_FLA, 1, 0 },
	{ GL_MNG_FWSM, 1, 0 },
	/* Admin queue: bases, lengths, heads, tails of both rings. */
	{ PF_FW_ATQBAL, 10, 0x80 },
	/* Interrupts. */
	{ GLINT_CTL, 1, 0 }, { PFINT_OICR_ENA, 1, 0 }, { PFINT_OICR_CTL, 1, 0 },
	{ PFINT_FW_CTL, 1, 0 },
	/* Queues of the function. */
	{ PFLAN_RX_QALLOC, 1, 0 }, { PFLAN_TX_QALLOC, 1, 0 },
	/* Malicious driver detection. */
	{ GL_MDET_RX, 1, 0 }, { GL_MDET_TX_PQM, 1, 0 }, { GL_MDET_TX_TCLAN, 1, 0 },
	{ GL_MDET_TX_TDPU, 1, 0 }, { PF_MDET_RX, 1, 0 }, { PF_MDET_TX_PQM, 1, 0 },
	{ PF_MDET_TX_TCLAN, 1, 0 }, { PF_MDET_TX_TDPU, 1, 0 },
	/* DCB, pause timers of the link. */
	{ PRTDCB_GENS, 1, 0 }, { PRTMAC_HSEC_CTL_TX_PAUSE_QUANTA(8), 1, 0 },
	{ PRTMAC_HSEC_CTL_TX_PAUSE_REFRESH_TIMER(8), 1, 0 },
};
#define N_FIXED		RTE_DIM(fixed)
#define N_PER_QUEUE	6

/** The i-th range of a port: the fixed ones, then those of a register a queue. */
static bool
range_at(const struct rte_eth_dev *dev, unsigned int i, struct reg_range *range)
{
	const uint16_t rx = dev->data->nb_rx_queues, tx = dev->data->nb_tx_queues;
	const struct reg_range per_queue[N_PER_QUEUE] = {
		{ QRX_CTRL(0), rx, 4 }, { QRX_TAIL(0), rx, 4 }, { QINT_RQCTL(0), rx, 4 },
		{ QTX_COMM_HEAD(0), tx, 4 }, { QTX_COMM_DBELL(0), tx, 4 }, { QINT_TQCTL(0), tx, 4 },
	};

	if (i < N_FIXED)
		*range = fixed[i];
	else if (i < N_FIXED + N_PER_QUEUE)
		*range = per_queue[i - N_FIXED];
	else
		return false;
	return true;
}

static uint32_t
count_regs(const struct rte_eth_dev *dev)
{
	struct reg_range range;
	uint32_t n = 0;
	unsigned int i;

	for (i = 0; range_at(dev, i, &range); i++)
		n += range.count;
	return n;
}

/** Registers [from, from + n) of the dump. Under the lock. */
static void
read_regs(struct rte_eth_dev *dev, struct aether_hw *hw, uint32_t from, uint32_t n,
	  uint32_t *values)
{
	struct reg_range range;
	uint32_t index = 0;
	unsigned int i, r;

	for (i = 0; range_at(dev, i, &range); i++)
		for (r = 0; r < range.count; r++, index++)
			if (index >= from && index - from < n)
				values[index - from] =
					aether_bus_read32(hw->bus, range.first + r * range.stride);
}

int
aether_dev_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	const uint32_t all = count_regs(dev);
	struct aether_hw *hw;

	if (info->data == NULL) {
		info->length = all;
		info->width = sizeof(uint32_t);
		return 0;
	}
	/* 0 means all, as drivers of DPDK have it. */
	if (info->length == 0)
		info->length = all;
	if (info->offset >= all || info->length > all - info->offset) {
		AETHER_LOG(ERR, "%s: registers from %u on, %u of them: there are %u",
			   dev->data->name, info->offset, info->length, all);
		return -EINVAL;
	}
	hw = aether_lock(dev);
	info->width = sizeof(uint32_t);
	info->version = hw->device_id;
	read_regs(dev, hw, info->offset, info->length, info->data);
	aether_unlock(dev);
	return 0;
}

/* ---------------------------------------------------------------- statistics by number ------ */

int
aether_dev_xstats_get_by_id(struct rte_eth_dev *dev, const uint64_t *ids, uint64_t *values,
			    unsigned int n)
{
	const int count = aether_dev_xstats_get(dev, NULL, 0);
	struct rte_eth_xstat *all;
	unsigned int i;
	int ret = n;

	if (values == NULL || (ids == NULL && n < (unsigned int)count))
		return count;
	all = malloc(count * sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	if (ids == NULL)
		ret = n = count;
	if (aether_dev_xstats_get(dev, all, count) != count)
		ret = -EIO;
	for (i = 0; i < n && ret >= 0; i++) {
		const uint64_t id = ids == NULL ? i : ids[i];

		if (id < (unsigned int)count)
			values[i] = all[id].value;
		else
			ret = -EINVAL;
	}
	free(all);
	return ret;
}

int
aether_dev_xstats_get_names_by_id(struct rte_eth_dev *dev, const uint64_t *ids,
				  struct rte_eth_xstat_name *names, unsigned int n)
{
	const int count = aether_dev_xstats_get_names(dev, NULL, 0);
	struct rte_eth_xstat_name *all;
	unsigned int i;
	int ret = n;

	if (ids == NULL || names == NULL)
		return aether_dev_xstats_get_names(dev, names, n);
	all = malloc(count * sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	if (aether_dev_xstats_get_names(dev, all, count) != count)
		ret = -EIO;
	for (i = 0; i < n && ret >= 0; i++) {
		if (ids[i] < (unsigned int)count)
			names[i] = all[ids[i]];
		else
			ret = -EINVAL;
	}
	free(all);
	return ret;
}
