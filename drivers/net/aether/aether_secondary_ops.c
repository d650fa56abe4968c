/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Operations of a port in a secondary process that look at the device, and so are done by the
 * primary. Each packs its arguments and results into the buffer that aether_secondary.h names
 * for it, and asks.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "aether_ethdev.h"
#include "aether_secondary.h"

#define LINK_WAIT_MS	1000
#define LINK_POLL_MS	20

int
aether_secondary_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	struct rte_eth_dev_info answer = *info;	/* with what the ethdev layer begins with */
	int ret;

	ret = aether_secondary_call(dev, AETHER_MP_INFO, &answer, sizeof(answer));
	if (ret != 0)
		return ret;
	/* Pointers are of one process; those of this one the ethdev layer fills in. */
	answer.device = info->device;
	answer.driver_name = NULL;
	answer.dev_flags = NULL;
	answer.switch_info.name = NULL;
	*info = answer;
	return 0;
}

int
aether_secondary_stats_get(AETHER_STATS_GET_PARAMS)
{
	struct aether_mp_stats answer = {0};
	AETHER_QUEUE_STATS_TYPE *queues = AETHER_QUEUE_STATS(stats);
	int ret;

	ret = aether_secondary_call(dev, AETHER_MP_STATS_GET, &answer, sizeof(answer));
	if (ret != 0)
		return ret;
	*stats = answer.port;
	if (queues != NULL)
		*queues = answer.queues;
	return 0;
}

int
aether_secondary_stats_reset(struct rte_eth_dev *dev)
{
	return aether_secondary_call(dev, AETHER_MP_STATS_RESET, NULL, 0);
}

int
aether_secondary_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	return aether_secondary_call(dev, AETHER_MP_XSTATS_GET, xstats,
				     xstats == NULL ? 0 : n * sizeof(*xstats));
}

int
aether_secondary_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names,
				  unsigned int n)
{
	return aether_secondary_call(dev, AETHER_MP_XSTATS_NAMES, names,
				     names == NULL ? 0 : n * sizeof(*names));
}

int
aether_secondary_fw_version_get(struct rte_eth_dev *dev, char *version, size_t size)
{
	return aether_secondary_call(dev, AETHER_MP_FW_VERSION, version, size);
}

/** The primary's interrupt handler keeps the link status that all processes share. */
int
aether_secondary_link_update(struct rte_eth_dev *dev, int wait_to_complete)
{
	unsigned int waited;

	for (waited = 0; wait_to_complete && waited < LINK_WAIT_MS; waited += LINK_POLL_MS) {
		struct rte_eth_link link;

		rte_eth_linkstatus_get(dev, &link);
		if (link.link_status == RTE_ETH_LINK_UP)
			break;
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
	}
	return -1;	/* as far as this process knows, nothing has changed */
}

int
aether_secondary_flow_ctrl_get(struct rte_eth_dev *dev, struct rte_eth_fc_conf *conf)
{
	return aether_secondary_call(dev, AETHER_MP_FLOW_CTRL_GET, conf, sizeof(*conf));
}

int
aether_secondary_fec_get(struct rte_eth_dev *dev, uint32_t *capa)
{
	return aether_secondary_call(dev, AETHER_MP_FEC_GET, capa, sizeof(*capa));
}

int
aether_secondary_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *reta,
			    uint16_t size)
{
	return aether_secondary_call(dev, AETHER_MP_RETA_QUERY, reta,
				     size / RTE_ETH_RETA_GROUP_SIZE * sizeof(*reta));
}

int
aether_secondary_get_module_info(struct rte_eth_dev *dev, struct rte_eth_dev_module_info *info)
{
	return aether_secondary_call(dev, AETHER_MP_MODULE_INFO, info, sizeof(*info));
}

/** An operation whose result is an array of len bytes. */
static int
call_with_data(struct rte_eth_dev *dev, enum aether_mp_op op, struct aether_mp_data *head,
	       void *data, size_t len)
{
	struct aether_mp_data *buf = malloc(sizeof(*buf) + len);
	int ret;

	if (buf == NULL)
		return -ENOMEM;
	*buf = *head;
	memset(buf->data, 0, len);
	ret = aether_secondary_call(dev, op, buf, sizeof(*buf) + len);
	if (ret == 0) {
		*head = *buf;
		memcpy(data, buf->data, len);
	}
	free(buf);
	return ret;
}

int
aether_secondary_get_module_eeprom(struct rte_eth_dev *dev, struct rte_dev_eeprom_info *info)
{
	struct aether_mp_data head = { .offset = info->offset, .length = info->length };

	if (info->data == NULL)
		return -EINVAL;
	return call_with_data(dev, AETHER_MP_MODULE_EEPROM, &head, info->data, info->length);
}

int
aether_secondary_get_reg(struct rte_eth_dev *dev, struct rte_dev_reg_info *info)
{
	struct aether_mp_data head = {0};
	int ret;

	/* How many there are, and of which width. */
	ret = aether_secondary_call(dev, AETHER_MP_REGS, &head, sizeof(head));
	if (ret != 0)
		return ret;
	info->width = head.width;
	if (info->data == NULL) {
		info->length = head.length;
		return 0;
	}
	if (info->length != 0)
		head.length = info->length;
	head.offset = info->offset;
	ret = call_with_data(dev, AETHER_MP_REGS, &head, info->data,
			     (size_t)head.length * head.width);
	if (ret == 0) {
		info->length = head.length;
		info->version = head.version;
	}
	return ret;
}
