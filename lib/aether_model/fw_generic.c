/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Generic commands: versions, queue shutdown, resource ownership.
 */

#include <rte_byteorder.h>
#include <rte_cycles.h>

#include "model_card.h"

/* Firmware 6.2; API 1.7.6, from which on Linux 7 asks for health reports. */
#define FW_MAJOR		6
#define FW_MINOR		2
#define FW_PATCH		9
#define FW_BUILD		0x1769AC21
#define API_MAJOR		1
#define API_MINOR		7
#define API_PATCH		6

/* How long a resource may be held, ms. */
#define NVM_READ_MS		3000
#define NVM_WRITE_MS		180000
#define CHANGE_LOCK_MS		1000
#define GLOBAL_LOCK_MS		3000
#define SDP_MS			3000

static enum e810_aq_err
get_ver(struct fw_cmd *cmd)
{
	struct e810_aqc_get_ver *ver = &cmd->p.get_ver;

	ver->rom_ver = rte_cpu_to_le_32(1);
	ver->fw_build = rte_cpu_to_le_32(FW_BUILD);
	ver->fw_branch = 0;
	ver->fw_major = FW_MAJOR;
	ver->fw_minor = FW_MINOR;
	ver->fw_patch = FW_PATCH;
	ver->api_branch = 0;
	ver->api_major = API_MAJOR;
	ver->api_minor = API_MINOR;
	ver->api_patch = API_PATCH;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
driver_ver(struct fw_cmd *cmd)
{
	const struct e810_aqc_driver_ver *ver = &cmd->p.driver_ver;

	MODEL_LOG(INFO, cmd->model, "driver '%.*s' %u.%u.%u.%u", cmd->buf_len,
		  (const char *)cmd->buf, ver->major_ver, ver->minor_ver, ver->build_ver,
		  ver->subbuild_ver);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
q_shutdown(struct fw_cmd *cmd)
{
	/* What was pending for a driver that goes is not for the next one. */
	cmd->fw->n_events = 0;
	cmd->detach = true;
	return E810_AQ_RC_OK;
}

/** Which resource a command names, and how long it may be held; -1: there is no such resource. */
static int
resource(const struct fw_cmd *cmd, uint32_t *ms)
{
	bool write = cmd->p.req_res.access_type == rte_cpu_to_le_16(E810_RES_ACCESS_WRITE);

	switch (rte_le_to_cpu_16(cmd->p.req_res.res_id)) {
	case E810_RES_ID_NVM:
		*ms = write ? NVM_WRITE_MS : NVM_READ_MS;
		return MODEL_CARD_NVM;
	case E810_RES_ID_SDP:
		*ms = SDP_MS;
		return MODEL_CARD_SDP;
	case E810_RES_ID_CHNG_LOCK:
		*ms = CHANGE_LOCK_MS;
		return MODEL_CARD_CHANGE;
	case E810_RES_ID_GLBL_LOCK:
		*ms = GLOBAL_LOCK_MS;
		return MODEL_CARD_GLOBAL;
	default:
		return -1;
	}
}

/** Somebody holds it: tell how long to wait for them at most. */
static enum e810_aq_err
res_busy(struct fw_cmd *cmd, int res, uint64_t cycles)
{
	struct e810_aqc_req_res *req = &cmd->p.req_res;

	req->timeout = rte_cpu_to_le_32(cycles / (cmd->model->tsc_hz / 1000) + 1);
	if (res != MODEL_CARD_GLOBAL)
		return E810_AQ_RC_EBUSY;
	req->status = rte_cpu_to_le_16(E810_RES_GLBL_IN_PROG);
	return E810_AQ_RC_OK;
}

/** Card's lock held. */
static enum e810_aq_err
res_take(struct fw_cmd *cmd, int res, uint32_t ms)
{
	struct model_card_lock *lock = &cmd->model->card->res[res];
	struct e810_aqc_req_res *req = &cmd->p.req_res;
	uint64_t now = rte_rdtsc();

	if (lock->held && now < lock->expires) {
		cmd->model->card->use[cmd->model->conf.pf_id][res].busy++;
		return res_busy(cmd, res, lock->expires - now);
	}
	/* The card is personalised until its next reset: nobody downloads twice. */
	if (res == MODEL_CARD_GLOBAL && fw_ddp_active(cmd->model->card->ddp)) {
		req->timeout = 0;
		req->status = rte_cpu_to_le_16(E810_RES_GLBL_DONE);
		return E810_AQ_RC_OK;
	}
	ms = model_fault_lock_ms(cmd->model, ms);
	model_card_lock_take(cmd->model, res, now + model_us(cmd->model, 1000) * ms);
	req->timeout = rte_cpu_to_le_32(ms);
	req->status = rte_cpu_to_le_16(E810_RES_GLBL_SUCCESS);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
req_res(struct fw_cmd *cmd)
{
	uint16_t access = rte_le_to_cpu_16(cmd->p.req_res.access_type);
	struct model_card *card = cmd->model->card;
	uint32_t ms = 0;
	int res = resource(cmd, &ms);
	enum e810_aq_err rc;

	if (res < 0 || (access != E810_RES_ACCESS_READ && access != E810_RES_ACCESS_WRITE))
		return E810_AQ_RC_EINVAL;
	rte_rwlock_write_lock(&card->lock);
	rc = res_take(cmd, res, ms);
	rte_rwlock_write_unlock(&card->lock);
	return rc;
}

static enum e810_aq_err
release_res(struct fw_cmd *cmd)
{
	struct model_card *card = cmd->model->card;
	enum e810_aq_err rc = E810_AQ_RC_OK;
	uint32_t ms;
	int res = resource(cmd, &ms);

	if (res < 0)
		return E810_AQ_RC_EINVAL;
	rte_rwlock_write_lock(&card->lock);
	if (card->res[res].held && card->res[res].owner == cmd->model->conf.pf_id) {
		model_card_lock_end(card, res, false);
	} else {
		card->use[cmd->model->conf.pf_id][res].not_held++;
		rc = E810_AQ_RC_EPERM;
	}
	rte_rwlock_write_unlock(&card->lock);
	return rc;
}

static enum e810_aq_err
shared_params(struct fw_cmd *cmd)
{
	struct e810_aqc_driver_shared_params *param = &cmd->p.shared;
	struct model_card *card = cmd->model->card;

	if (param->index >= E810_DRIVER_PARAM_MAX)
		return E810_AQ_RC_EINVAL;
	rte_rwlock_write_lock(&card->lock);
	if ((param->op & E810_DRIVER_PARAM_GET) != 0)
		param->value = rte_cpu_to_le_32(card->shared_param[param->index]);
	else
		card->shared_param[param->index] = rte_le_to_cpu_32(param->value);
	rte_rwlock_write_unlock(&card->lock);
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_generic_opcodes[] = {
	{ E810_AQC_GET_VER, 0, 0, "Get Version", get_ver },
	{ E810_AQC_DRIVER_VER, FW_RD, 1, "Driver Version", driver_ver },
	{ E810_AQC_Q_SHUTDOWN, 0, 0, "Queue Shutdown", q_shutdown },
	{ E810_AQC_REQ_RES, 0, 0, "Request Resource Ownership", req_res },
	{ E810_AQC_RELEASE_RES, 0, 0, "Release Resource Ownership", release_res },
	{ E810_AQC_DRIVER_SHARED_PARAMS, 0, 0, "Driver Shared Parameters", shared_params },
	{ 0, 0, 0, NULL, NULL },
};
