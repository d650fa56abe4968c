/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Dynamic device personalisation: which package is in force on the card, and the commands about
 * it (datasheet section 9.5.9). A package is for the whole card and survives resets of functions;
 * from a core reset on it has to be downloaded again. What a function updates is its own.
 */

#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>

#include "fw_ddp.h"
#include "model_card.h"
#include "model_flex.h"

struct fw_ddp *
fw_ddp(struct aether_model *model)
{
	return model->card->ddp;
}

bool
fw_ddp_active(struct fw_ddp *ddp)
{
	bool active;

	rte_ticketlock_lock(&ddp->lock);
	active = ddp->active;
	rte_ticketlock_unlock(&ddp->lock);
	return active;
}

struct fw_flex_tables *
fw_ddp_tables(struct aether_model *model)
{
	struct fw_ddp *ddp = fw_ddp(model);
	struct fw_flex_tables *tables;

	rte_ticketlock_lock(&ddp->lock);
	tables = model_flex_sync(model, ddp->active ? ddp->tables : NULL, ddp->generation);
	rte_ticketlock_unlock(&ddp->lock);
	return tables;
}

/* ------------------------------------------------------------------ in force ---------------- */

/** The image is complete: it is the card's package from now on. */
static void
put_in_force(struct fw_ddp *ddp)
{
	free(ddp->tables);
	ddp->tables = ddp->image.tables;
	ddp->image.tables = NULL;
	ddp->meta = ddp->image.meta;
	ddp->active = true;
	ddp->modified = false;
	ddp->downloading = false;
	/* Release: functions look at it without the lock, to see whether they have to take it. */
	__atomic_store_n(&ddp->generation, ddp->generation + 1, __ATOMIC_RELEASE);
	fw_pkg_image_free(&ddp->image);
}

/** ddp=preloaded: what another function's driver would have done by now. */
static int
preload(const struct aether_model *model, struct fw_ddp *ddp)
{
	size_t len = fw_pkg_default(NULL, 0);
	struct fw_pkg_error error = { .why = "no memory" };
	uint8_t *file = malloc(len);
	bool loaded;

	loaded = file != NULL && fw_pkg_default(file, len) == len &&
		 fw_pkg_image_init(&ddp->image) == 0 &&
		 fw_pkg_load(&ddp->image, file, len, ddp->device_id, &error);
	free(file);
	if (loaded) {
		put_in_force(ddp);
		return 0;
	}
	MODEL_LOG(ERR, model, "the model's own DDP package was not loaded: %s", error.why);
	fw_pkg_image_free(&ddp->image);
	return -1;
}

struct fw_ddp *
fw_ddp_create(const struct aether_model *model)
{
	struct fw_ddp *ddp = calloc(1, sizeof(*ddp));

	if (ddp == NULL)
		return NULL;
	ddp->generation = 1;
	ddp->preload = model->conf.ddp == AETHER_MODEL_DDP_PRELOADED;
	ddp->device_id = model->conf.device_id;
	rte_ticketlock_init(&ddp->lock);
	if (ddp->preload && preload(model, ddp) != 0) {
		fw_ddp_destroy(ddp);
		return NULL;
	}
	return ddp;
}

void
fw_ddp_destroy(struct fw_ddp *ddp)
{
	if (ddp == NULL)
		return;
	fw_pkg_image_free(&ddp->image);
	free(ddp->tables);
	free(ddp);
}

void
fw_ddp_card_reset(const struct aether_model *model, struct fw_ddp *ddp)
{
	rte_ticketlock_lock(&ddp->lock);
	ddp->active = false;
	ddp->modified = false;
	ddp->downloading = false;
	ddp->failed = false;
	__atomic_store_n(&ddp->generation, ddp->generation + 1, __ATOMIC_RELEASE);
	fw_pkg_image_free(&ddp->image);
	if (ddp->preload)
		preload(model, ddp);
	rte_ticketlock_unlock(&ddp->lock);
}

/* ------------------------------------------------------------------ commands ---------------- */

/** Until when (TSC) this function holds a lock of the card; 0: it does not. */
static uint64_t
held_until(struct aether_model *model, enum model_card_res res)
{
	const struct model_card_lock *lock = &model->card->res[res];
	uint64_t until = 0;

	rte_rwlock_read_lock(&model->card->lock);
	if (lock->held && lock->owner == model->conf.pf_id && rte_rdtsc() < lock->expires)
		until = lock->expires;
	rte_rwlock_read_unlock(&model->card->lock);
	return until;
}

/** Answer with what is wrong with the buffer, in the buffer. */
static enum e810_aq_err
refuse(struct fw_cmd *cmd, const struct fw_pkg_error *error)
{
	struct e810_pkg_error *answer = (void *)cmd->buf;

	MODEL_LOG(WARNING, cmd->model, "0x%04x refused: %s (offset %u, info %u)", cmd->opcode,
		  error->why, error->offset, error->info);
	answer->offset = rte_cpu_to_le_32(error->offset);
	answer->info = rte_cpu_to_le_32(error->info);
	cmd->resp_len = sizeof(*answer);
	cmd->answer_buf = true;
	return error->rc;
}

static enum e810_aq_err
not_allowed(struct fw_cmd *cmd, const char *why)
{
	const struct fw_pkg_error error = { .rc = E810_AQ_RC_EPERM, .why = why };

	return refuse(cmd, &error);
}

/** The next buffer of the download that goes on while the lock is held until then. */
static bool
take_buffer(struct fw_ddp *ddp, struct fw_cmd *cmd, uint64_t until, bool last,
	    struct fw_pkg_error *error)
{
	if (ddp->held_until != until) {		/* of an earlier download nothing is left */
		fw_pkg_image_free(&ddp->image);
		ddp->downloading = ddp->failed = false;
		ddp->held_until = until;
	}
	error->rc = E810_AQ_RC_EPERM;
	if (ddp->active || ddp->failed) {
		error->why = ddp->active ? "a package is in force already" :
			"an earlier buffer was bad: take the global configuration lock anew and "
			"begin again";
		return false;
	}
	if (!ddp->downloading && fw_pkg_image_init(&ddp->image) != 0) {
		error->rc = E810_AQ_RC_ENOMEM;
		error->why = "no memory";
		return false;
	}
	ddp->downloading = true;
	if (!fw_pkg_image_buffer(&ddp->image, cmd->buf, cmd->buf_len, last, error)) {
		ddp->downloading = false;
		ddp->failed = true;
		fw_pkg_image_free(&ddp->image);
		return false;
	}
	if (last)
		put_in_force(ddp);
	return true;
}

static enum e810_aq_err
download_pkg(struct fw_cmd *cmd)
{
	uint64_t until = held_until(cmd->model, MODEL_CARD_GLOBAL);
	bool last = (cmd->p.pkg.flags & E810_PKG_CMD_LAST_BUF) != 0;
	struct fw_pkg_error error = { .rc = E810_AQ_RC_OK };
	struct fw_ddp *ddp = fw_ddp(cmd->model);
	struct e810_sect_metadata meta;
	bool taken;

	if (until == 0)
		return not_allowed(cmd, "the global configuration lock is not held");
	rte_ticketlock_lock(&ddp->lock);
	taken = take_buffer(ddp, cmd, until, last, &error);
	meta = ddp->meta;
	rte_ticketlock_unlock(&ddp->lock);
	if (!taken)
		return refuse(cmd, &error);
	if (last)
		MODEL_LOG(INFO, cmd->model, "DDP package '%s' %u.%u.%u.%u in force", meta.name,
			  meta.ver.major, meta.ver.minor, meta.ver.update, meta.ver.draft);
	cmd->resp_len = 0;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
update_pkg(struct fw_cmd *cmd)
{
	struct fw_flex_tables *tables = fw_ddp_tables(cmd->model);
	struct fw_pkg_error error = { .rc = E810_AQ_RC_EPERM };
	struct fw_ddp *ddp = fw_ddp(cmd->model);

	if (held_until(cmd->model, MODEL_CARD_CHANGE) == 0 &&
	    held_until(cmd->model, MODEL_CARD_GLOBAL) == 0)
		return not_allowed(cmd, "neither the change lock nor the global configuration "
				   "lock is held");
	if (tables == NULL)
		return not_allowed(cmd, "no package is in force that could be updated");
	if (!fw_pkg_update(tables, cmd->buf, cmd->buf_len, &error))
		return refuse(cmd, &error);
	model_flex_changed(cmd->model);
	rte_ticketlock_lock(&ddp->lock);
	ddp->modified = true;
	rte_ticketlock_unlock(&ddp->lock);
	cmd->resp_len = 0;
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
upload_section(struct fw_cmd *cmd)
{
	const struct fw_flex_tables *tables = fw_ddp_tables(cmd->model);
	struct fw_pkg_error error;

	if (tables == NULL)
		return not_allowed(cmd, "no package is in force that could be read");
	if (!fw_pkg_upload(tables, cmd->buf, cmd->buf_len, &error))
		return refuse(cmd, &error);
	return E810_AQ_RC_OK;
}

static enum e810_aq_err
get_pkg_info_list(struct fw_cmd *cmd)
{
	struct e810_pkg_info_list *list = (void *)cmd->buf;
	struct e810_aqc_pkg_info info = { .is_active = 1 };
	struct fw_ddp *ddp = fw_ddp(cmd->model);
	bool active;

	rte_ticketlock_lock(&ddp->lock);
	active = ddp->active;
	info.ver_major = ddp->meta.ver.major;
	info.ver_minor = ddp->meta.ver.minor;
	info.ver_update = ddp->meta.ver.update;
	info.ver_draft = ddp->meta.ver.draft;
	memcpy(info.name, ddp->meta.name, sizeof(info.name));
	info.track_id = ddp->meta.track_id;
	info.is_modified = ddp->modified;
	rte_ticketlock_unlock(&ddp->lock);

	list->count = rte_cpu_to_le_32(active);
	cmd->resp_len = sizeof(*list) + (active ? sizeof(info) : 0);
	if (cmd->buf_len < cmd->resp_len)
		return E810_AQ_RC_ENOMEM;
	if (active)
		memcpy(list + 1, &info, sizeof(info));
	return E810_AQ_RC_OK;
}

const struct fw_opcode fw_ddp_opcodes[] = {
	{ E810_AQC_DOWNLOAD_PKG, FW_RD, sizeof(struct e810_pkg_error), "Download Package",
	  download_pkg },
	{ E810_AQC_UPLOAD_SECTION, FW_RD, sizeof(struct e810_pkg_error), "Upload Section",
	  upload_section },
	{ E810_AQC_UPDATE_PKG, FW_RD, sizeof(struct e810_pkg_error), "Update Package",
	  update_pkg },
	{ E810_AQC_GET_PKG_INFO_LIST, FW_BUF, sizeof(struct e810_pkg_info_list),
	  "Get Package Info List", get_pkg_info_list },
	{ 0, 0, 0, NULL, NULL },
};
