/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Generic commands: versions, queue shutdown, resource ownership.
 */

#include <rte_byteorder.h>
#include <rte_cycles.h>

#include "model_fw.h"

/* Firmware 6.2 of the 25th release package; API 1.7.5. */
#define FW_MAJOR		6
#define FW_MINOR		2
#define FW_PATCH		9
#define FW_BUILD		0x1769AC21
#define API_MAJOR		1
#define API_MINOR		7
#define API_PATCH		5

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

/** Lock of a resource, and how long it may be held; NULL when there is no such resource. */
static struct fw_lock *
resource(struct fw_cmd *cmd, uint32_t *ms)
{
	bool write = cmd->p.req_res.access_type == rte_cpu_to_le_16(E810_RES_ACCESS_WRITE);

	switch (rte_le_to_cpu_16(cmd->p.req_res.res_id)) {
	case E810_RES_ID_NVM:
		*ms = write ? NVM_WRITE_MS : NVM_READ_MS;
		return &cmd->fw->nvm_lock;
	case E810_RES_ID_SDP:
		*ms = SDP_MS;
		return &cmd->fw->sdp_lock;
	case E810_RES_ID_CHNG_LOCK:
		*ms = CHANGE_LOCK_MS;
		return &cmd->fw->change_lock;
	case E810_RES_ID_GLBL_LOCK:
		*ms = GLOBAL_LOCK_MS;
		return &cmd->fw->global_lock;
	default:
		return NULL;
	}
}

static enum e810_aq_err
req_res(struct fw_cmd *cmd)
{
	struct e810_aqc_req_res *req = &cmd->p.req_res;
	uint16_t access = rte_le_to_cpu_16(req->access_type);
	uint64_t now = rte_rdtsc();
	uint32_t ms = 0;
	struct fw_lock *lock = resource(cmd, &ms);
	bool global = lock == &cmd->fw->global_lock;

	if (lock == NULL || (access != E810_RES_ACCESS_READ && access != E810_RES_ACCESS_WRITE))
		return E810_AQ_RC_EINVAL;
	if (lock->held && now < lock->expires) {
		/* How long to wait for the owner at most. */
		req->timeout = rte_cpu_to_le_32((lock->expires - now) /
						(cmd->model->tsc_hz / 1000) + 1);
		if (!global)
			return E810_AQ_RC_EBUSY;
		req->status = rte_cpu_to_le_16(E810_RES_GLBL_IN_PROG);
		return E810_AQ_RC_OK;
	}
	lock->held = true;
	lock->expires = now + model_us(cmd->model, 1000) * ms;
	req->timeout = rte_cpu_to_le_32(ms);
	req->status = rte_cpu_to_le_16(E810_RES_GLBL_SUCCESS);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
release_res(struct fw_cmd *cmd)
{
	uint32_t ms;
	struct fw_lock *lock = resource(cmd, &ms);

	if (lock == NULL)
		return E810_AQ_RC_EINVAL;
	if (!lock->held)
		return E810_AQ_RC_EPERM;
	lock->held = false;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
shared_params(struct fw_cmd *cmd)
{
	struct e810_aqc_driver_shared_params *param = &cmd->p.shared;

	if (param->index >= E810_DRIVER_PARAM_MAX)
		return E810_AQ_RC_EINVAL;
	if ((param->op & E810_DRIVER_PARAM_GET) != 0)
		param->value = rte_cpu_to_le_32(cmd->fw->shared_param[param->index]);
	else
		cmd->fw->shared_param[param->index] = rte_le_to_cpu_32(param->value);
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
