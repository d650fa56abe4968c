/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl_host.h"

void
host_open(struct host *host, const struct aether_model_conf *conf)
{
	const struct aether_model_conf dflt = { .name = "ctl" };

	memset(host, 0, sizeof(*host));
	host->model = aether_model_create(conf == NULL ? &dflt : conf);
	assert_non_null(host->model);
	host->mem = aligned_alloc(4096, HOST_BYTES);
	assert_non_null(host->mem);
	memset(host->mem, 0, HOST_BYTES);
	assert_int_equal(aether_model_dma_map(host->model, HOST_IOVA, HOST_BYTES, host->mem, true),
			 0);
}

void
host_close(struct host *host)
{
	aether_model_destroy(host->model);
	free(host->mem);
}

uint32_t
host_read(struct host *host, uint32_t reg)
{
	return aether_model_reg_read32(host->model, reg);
}

void
host_write(struct host *host, uint32_t reg, uint32_t value)
{
	aether_model_reg_write32(host->model, reg, value);
}

static void
post_arq(struct host *host, unsigned int index)
{
	struct e810_aq_desc *desc = (void *)(host->mem + HOST_ARQ_AT + index * sizeof(*desc));
	uint32_t addr[2] = {
		HOST_IOVA >> 32, (uint32_t)(HOST_IOVA + HOST_ARQ_BUFS_AT + 4096 * index),
	};

	memset(desc, 0, sizeof(*desc));
	desc->flags = E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB;
	desc->datalen = 4096;
	memcpy(desc->params + 8, addr, sizeof(addr));
}

void
host_aq_start(struct host *host)
{
	unsigned int i;

	host->tail = host->arq_next = 0;
	memset(host->mem + HOST_ATQ_AT, 0, HOST_RING_LEN * sizeof(struct e810_aq_desc));
	host_write(host, PF_FW_ATQH, 0);
	host_write(host, PF_FW_ATQT, 0);
	host_write(host, PF_FW_ATQLEN, HOST_RING_LEN | PF_CTLQ_LEN_ENABLE);
	host_write(host, PF_FW_ATQBAL, (uint32_t)(HOST_IOVA + HOST_ATQ_AT));
	host_write(host, PF_FW_ATQBAH, HOST_IOVA >> 32);
	for (i = 0; i < HOST_RING_LEN; i++)
		post_arq(host, i);
	host_write(host, PF_FW_ARQH, 0);
	host_write(host, PF_FW_ARQT, 0);
	host_write(host, PF_FW_ARQLEN, HOST_RING_LEN | PF_CTLQ_LEN_ENABLE);
	host_write(host, PF_FW_ARQBAL, (uint32_t)(HOST_IOVA + HOST_ARQ_AT));
	host_write(host, PF_FW_ARQBAH, HOST_IOVA >> 32);
	host_write(host, PF_FW_ARQT, HOST_RING_LEN - 1);
}

struct e810_aq_desc *
host_desc(struct host *host, unsigned int index)
{
	return (void *)(host->mem + HOST_ATQ_AT + index * sizeof(struct e810_aq_desc));
}

void
host_post(struct host *host, const struct e810_aq_desc *desc)
{
	*host_desc(host, host->tail) = *desc;
	host->tail = (host->tail + 1) % HOST_RING_LEN;
}

void
host_kick(struct host *host)
{
	unsigned int i;

	host_write(host, PF_FW_ATQT, host->tail);
	for (i = 0; i < HOST_RING_LEN && host_read(host, PF_FW_ATQH) != host->tail; i++)
		aether_model_step(host->model, 32);
}

int
host_aq(struct host *host, uint16_t opcode, void *params, void *buf, uint16_t len, bool read)
{
	uint32_t addr[2] = { HOST_IOVA >> 32, (uint32_t)(HOST_IOVA + HOST_BUF_AT) };
	struct e810_aq_desc desc = { .opcode = opcode, .flags = E810_AQ_FLAG_SI };
	unsigned int index = host->tail;

	if (params != NULL)
		memcpy(desc.params, params, sizeof(desc.params));
	if (buf != NULL) {
		desc.flags |= E810_AQ_FLAG_BUF | (read ? E810_AQ_FLAG_RD : 0) |
			      (len > E810_AQ_LARGE_BUF ? E810_AQ_FLAG_LB : 0);
		desc.datalen = len;
		memcpy(desc.params + 8, addr, sizeof(addr));
		memcpy(host->mem + HOST_BUF_AT, buf, len);
	}
	host_post(host, &desc);
	host_kick(host);
	host->answer = *host_desc(host, index);
	if ((host->answer.flags & E810_AQ_FLAG_DD) == 0)
		return HOST_NO_ANSWER;
	assert_true((host->answer.flags & E810_AQ_FLAG_CMP) != 0);
	assert_int_equal((host->answer.flags & E810_AQ_FLAG_ERR) != 0, host->answer.retval != 0);
	assert_int_equal(host->answer.opcode, opcode);
	if (params != NULL)
		memcpy(params, host->answer.params, sizeof(host->answer.params));
	if (buf != NULL)
		memcpy(buf, host->mem + HOST_BUF_AT, len);
	return host->answer.retval;
}

const struct e810_aq_desc *
host_event(struct host *host, const uint8_t **buf)
{
	static struct e810_aq_desc event;
	unsigned int index = host->arq_next;

	if (host_read(host, PF_FW_ARQH) == index)
		return NULL;
	memcpy(&event, host->mem + HOST_ARQ_AT + index * sizeof(event), sizeof(event));
	if (buf != NULL)
		*buf = host->mem + HOST_ARQ_BUFS_AT + 4096 * index;
	post_arq(host, index);
	host_write(host, PF_FW_ARQT, index);
	host->arq_next = (index + 1) % HOST_RING_LEN;
	return &event;
}

bool
host_reset_done(struct host *host)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		aether_model_step(host->model, 32);
		if ((host_read(host, PFGEN_CTRL) & PFGEN_CTRL_PFSWR) == 0 &&
		    (host_read(host, GLGEN_RSTAT) & GLGEN_RSTAT_DEVSTATE_M) == 0 &&
		    (host_read(host, GLNVM_ULD) & GLNVM_ULD_DONE_M) == GLNVM_ULD_DONE_M)
			return true;
		nanosleep(&nap, NULL);
	}
	return false;
}

unsigned int
host_add_vsi(struct host *host, unsigned int first, unsigned int n)
{
	struct e810_aqc_vsi_cmd cmd = { .vsi_flags = E810_VSI_TYPE_PF };
	struct e810_aqc_vsi_props props = {
		.valid_sections = E810_VSI_PROP_SW_VALID | E810_VSI_PROP_RXQ_MAP_VALID,
		.sw_flags2 = E810_VSI_SW_FLAG_LAN_ENA,
		.mapping_flags = E810_VSI_Q_MAP_CONTIG,
		.q_mapping = { first, n },
	};

	assert_int_equal(host_aq(host, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true), 0);
	return cmd.vsi_num & E810_VSI_NUM_M;
}

int
host_setup(void **state)
{
	static struct host host;

	host_open(&host, NULL);
	host_aq_start(&host);
	*state = &host;
	return 0;
}

int
host_teardown(void **state)
{
	host_close(*state);
	return 0;
}
