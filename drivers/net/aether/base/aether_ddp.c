/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <ctype.h>
#include <stdlib.h>

#include "aether_internal.h"
#include "aether_pkg.h"

/*
 * Section 7.6 and 9.5.9: which package is in force, and its download. The card keeps a package
 * until its next core reset, for all functions: the first one downloads, under the global
 * configuration lock, and the others find the work done.
 */

#define LOCK_US			(10 * 1000 * 1000)
#define GLOBAL_HOLD_MS		5000	/* how long we announce to hold the lock, as Linux ice does */
#define CHANGE_HOLD_MS		1000
#define CHANGE_WAIT_US		(1000 * 1000)

/** The firmware lists at most four: the flash's, the loaded one, and what it started with. */
#define INFO_MAX		8

/** What net_ice and Linux write after a download: all 48 bits of the switch's input count. */
#define PREEXT_L2_PMASK0_ALL	0xFFFFFFFFu
#define PREEXT_L2_PMASK1_ALL	0x0000FFFFu

/* ---------------------------------------------------------------- what is in force ---------- */

/** A name from a file or a device, fit for a log. */
static void
name_copy(char *to, const char *from, size_t size)
{
	size_t i;

	for (i = 0; i < size && from[i] != '\0'; i++)
		to[i] = isprint((unsigned char)from[i]) ? from[i] : '?';
	to[i] = '\0';
}

static void
info_take(struct aether_ddp *ddp, const struct e810_aqc_pkg_info *info)
{
	const uint8_t ver[4] = {
		info->ver_major, info->ver_minor, info->ver_update, info->ver_draft
	};

	if (info->is_in_nvm && !ddp->nvm_known) {
		ddp->nvm_known = true;
		memcpy(ddp->nvm_ver, ver, sizeof(ver));
	}
	/* Doubt: the flash's own minimal package may be listed as active; it gives safe mode only,
	 * so it does not count. Not seen on hardware. */
	if (!info->is_active || info->is_in_nvm)
		return;
	ddp->active = true;
	memcpy(ddp->ver, ver, sizeof(ver));
	name_copy(ddp->name, info->name, sizeof(info->name));
	ddp->track_id = rte_le_to_cpu_32(info->track_id);
}

static int
info_read(struct aether_hw *hw)
{
	struct {
		rte_le32_t count;
		struct e810_aqc_pkg_info pkg[INFO_MAX];
	} list;
	struct e810_aq_desc desc;
	uint32_t i, n;
	int ret;

	memset(&hw->ddp, 0, sizeof(hw->ddp));
	aether_aq_fill(&desc, E810_AQC_GET_PKG_INFO_LIST, NULL);
	ret = aether_adminq_send(hw, &desc, &list, sizeof(list), false);
	if (ret != 0)
		return ret;
	n = RTE_MIN(rte_le_to_cpu_32(list.count), (uint32_t)INFO_MAX);
	for (i = 0; i < n; i++)
		info_take(&hw->ddp, &list.pkg[i]);
	return 0;
}

static bool
is_the_same(const struct aether_ddp *ddp, const struct aether_pkg *pkg)
{
	char name[sizeof(pkg->name)];

	name_copy(name, pkg->name, sizeof(pkg->name) - 1);
	return memcmp(ddp->ver, &pkg->ver, sizeof(ddp->ver)) == 0 && strcmp(ddp->name, name) == 0;
}

/* ---------------------------------------------------------------- locks --------------------- */

static int
global_lock(struct aether_hw *hw, struct aether_res *lock)
{
	int ret;

	*lock = (struct aether_res){
		.id = E810_RES_ID_GLBL_LOCK,
		.access = E810_RES_ACCESS_WRITE,
		.hold_ms = GLOBAL_HOLD_MS,
		.wait_us = hw->timing.ddp_lock_us != 0 ? hw->timing.ddp_lock_us : LOCK_US,
	};
	ret = aether_res_take(hw, lock);
	if (ret == -EBUSY)
		AETHER_LOG(ERR, hw, "another function of the card holds the configuration lock for "
			   "more than %u ms: see what its driver is doing, or reset the card",
			   lock->wait_us / 1000);
	else if (ret != 0 && ret != -EALREADY)
		AETHER_LOG(ERR, hw, "the configuration lock cannot be taken: %s (firmware: %s)",
			   strerror(-ret), aether_aq_err_name(hw->aq.last_rc));
	return ret;
}

int
aether_change_lock(struct aether_hw *hw, struct aether_res *lock)
{
	int ret;

	*lock = (struct aether_res){
		.id = E810_RES_ID_CHNG_LOCK,
		.access = E810_RES_ACCESS_WRITE,
		.hold_ms = CHANGE_HOLD_MS,
		.wait_us = CHANGE_WAIT_US,
	};
	ret = aether_res_take(hw, lock);
	if (ret != 0)
		AETHER_LOG(ERR, hw, "the lock for changing the package's tables cannot be taken: "
			   "%s (firmware: %s); another function may be changing them, try again",
			   strerror(-ret), aether_aq_err_name(hw->aq.last_rc));
	return ret;
}

/* ---------------------------------------------------------------- download ------------------ */

/** What the firmware's refusals of a package mean, and what to do. */
static const char *
refusal(enum e810_aq_err rc)
{
	switch (rc) {
	case E810_AQ_RC_ENOSEC:
		return "it has no security manifest: take a package that Intel has signed";
	case E810_AQ_RC_EBADSIG:
		return "its signature is wrong: the file is damaged or not Intel's, fetch it anew";
	case E810_AQ_RC_ESVN:
		return "its security revision is older than the flash allows: take a newer "
			"package";
	case E810_AQ_RC_EBADMAN:
		return "its manifest is wrong: the file is damaged, fetch it anew";
	case E810_AQ_RC_EBADBUF:
		return "a buffer is not what the manifest says: the file is damaged, fetch it "
			"anew";
	default:
		return "take the package that was released with the card's firmware, or update "
			"the firmware";
	}
}

/** Send one buffer. The firmware's answer overwrites scratch, E810_PKG_BUF_SIZE bytes. */
static int
buffer_download(struct aether_hw *hw, const struct aether_res *lock, const uint8_t *buf, bool last,
		uint8_t *scratch)
{
	struct e810_aqc_pkg_cmd cmd = {.flags = last ? E810_PKG_CMD_LAST_BUF : 0};
	struct e810_pkg_error error;
	struct e810_aq_desc desc;
	int ret;

	if (!aether_res_held(lock)) {
		AETHER_LOG(ERR, hw, "the download took longer than the configuration lock is "
			   "granted for (at most %u ms); probe the port again", lock->hold_ms);
		return -ETIME;
	}
	memcpy(scratch, buf, E810_PKG_BUF_SIZE);
	aether_aq_fill(&desc, E810_AQC_DOWNLOAD_PKG, &cmd);
	ret = aether_adminq_try(hw, &desc, scratch, E810_PKG_BUF_SIZE, true);
	if (ret == 0)
		return 0;
	memcpy(&error, scratch, sizeof(error));
	AETHER_LOG(ERR, hw, "the firmware refuses the DDP package: %s (at byte %u of a buffer, "
		   "detail %u): %s", aether_aq_err_name(hw->aq.last_rc),
		   rte_le_to_cpu_32(error.offset), rte_le_to_cpu_32(error.info),
		   refusal(hw->aq.last_rc));
	return ret;
}

static int
part_download(struct aether_hw *hw, const struct aether_res *lock,
	      const struct aether_pkg_part *part, uint8_t *scratch)
{
	uint32_t i;
	int ret;

	for (i = 0; i < part->n; i++) {
		const uint8_t *buf = part->bufs + (size_t)i * E810_PKG_BUF_SIZE;
		bool last = false;

		/* What is for drivers only stands at the end and stays here. */
		if (aether_pkg_buf_is_metadata(buf))
			return 0;
		if (part->config)
			last = i + 1 == part->n ||
				aether_pkg_buf_is_metadata(buf + E810_PKG_BUF_SIZE);
		ret = buffer_download(hw, lock, buf, last, scratch);
		if (ret != 0)
			return ret;
	}
	return 0;
}

static int
parts_download(struct aether_hw *hw, const struct aether_res *lock, const struct aether_pkg *pkg)
{
	uint8_t *scratch = malloc(E810_PKG_BUF_SIZE);
	unsigned int i;
	int ret = 0;

	if (scratch == NULL)
		return -ENOMEM;
	for (i = 0; i < pkg->n_parts && ret == 0; i++)
		ret = part_download(hw, lock, &pkg->part[i], scratch);
	free(scratch);
	return ret;
}

/** Whether the flash takes packages of this format. */
static int
check_flash(struct aether_hw *hw, const struct aether_pkg *pkg)
{
	const struct aether_ddp *ddp = &hw->ddp;

	if (!ddp->nvm_known || (pkg->seg_ver.major == ddp->nvm_ver[0] &&
				pkg->seg_ver.minor <= ddp->nvm_ver[1]))
		return 0;
	AETHER_LOG(ERR, hw, "the DDP package %s %u.%u.%u.%u has format %u.%u, the flash takes "
		   "%u.%u: %s", pkg->name, pkg->ver.major, pkg->ver.minor, pkg->ver.update,
		   pkg->ver.draft, pkg->seg_ver.major, pkg->seg_ver.minor, ddp->nvm_ver[0],
		   ddp->nvm_ver[1], pkg->seg_ver.major < ddp->nvm_ver[0] ?
		   "take a newer package" : "update the card's flash with the vendor's tool");
	return -EPROTONOSUPPORT;
}

/** Download, and see that it came into force. @return -EALREADY: another function was faster */
static int
download(struct aether_hw *hw, const struct aether_pkg *pkg)
{
	struct aether_res lock;
	int ret;

	ret = check_flash(hw, pkg);
	if (ret == 0)
		ret = global_lock(hw, &lock);
	if (ret != 0)
		return ret;
	ret = parts_download(hw, &lock, pkg);
	if (ret == 0) {
		aether_write(hw, GL_PREEXT_L2_PMASK0(0), PREEXT_L2_PMASK0_ALL);
		aether_write(hw, GL_PREEXT_L2_PMASK1(0), PREEXT_L2_PMASK1_ALL);
	}
	aether_res_release(hw, &lock);
	if (ret == 0)
		ret = info_read(hw);
	if (ret != 0)
		return ret;
	if (!hw->ddp.active || !is_the_same(&hw->ddp, pkg)) {
		AETHER_LOG(ERR, hw, "the firmware took the DDP package %s and reports %s in force: "
			   "reset the card and try again", pkg->name,
			   hw->ddp.active ? hw->ddp.name : "none");
		return -EIO;
	}
	hw->ddp.downloaded = true;
	return 0;
}

/* ---------------------------------------------------------------- bring-up ------------------ */

/** A package that another function (or boot software) brought into force. pkg may be NULL. */
static int
already_loaded(struct aether_hw *hw, const struct aether_pkg *pkg)
{
	const struct aether_ddp *ddp = &hw->ddp;

	if (ddp->ver[0] != E810_PKG_SUPP_MAJOR || ddp->ver[1] != E810_PKG_SUPP_MINOR) {
		AETHER_LOG(ERR, hw, "the card runs the DDP package %s %u.%u.%u.%u, this driver "
			   "works with %u.%u.x.x: no reset of a function takes it away; power-cycle "
			   "the machine and start this driver first", ddp->name,
			   ddp->ver[0], ddp->ver[1], ddp->ver[2], ddp->ver[3],
			   E810_PKG_SUPP_MAJOR, E810_PKG_SUPP_MINOR);
		return -EPROTONOSUPPORT;
	}
	if (pkg == NULL)
		return aether_flex_init(hw, NULL);
	if (is_the_same(ddp, pkg))
		return aether_flex_init(hw, pkg);
	AETHER_LOG(WARNING, hw, "the card runs the DDP package %s %u.%u.%u.%u already and keeps it "
		   "until it is reset; %s %u.%u.%u.%u is not used", ddp->name, ddp->ver[0],
		   ddp->ver[1], ddp->ver[2], ddp->ver[3], pkg->name, pkg->ver.major,
		   pkg->ver.minor, pkg->ver.update, pkg->ver.draft);
	return aether_flex_init(hw, NULL);
}

static int
with_package(struct aether_hw *hw, const struct aether_pkg *pkg)
{
	int ret;

	if (hw->ddp.active)
		return already_loaded(hw, pkg);
	ret = download(hw, pkg);
	if (ret == 0)
		return aether_flex_init(hw, pkg);
	if (ret != -EALREADY)
		return ret;
	ret = info_read(hw);
	if (ret != 0)
		return ret;
	if (!hw->ddp.active) {
		AETHER_LOG(ERR, hw, "the firmware says that another function has downloaded a DDP "
			   "package, and lists none: reset the card");
		return -EIO;
	}
	return already_loaded(hw, pkg);
}

/** Load and parse the source's package. @return -ENOENT: there is none */
static int
from_source(struct aether_hw *hw)
{
	struct aether_pkg pkg;
	char why[256];
	size_t len = 0;
	void *data;
	int ret;

	if (hw->ddp_source.load == NULL) {
		AETHER_LOG(ERR, hw, "the card has no DDP package, and none was given");
		return -ENOENT;
	}
	ret = hw->ddp_source.load(hw, hw->ddp_source.arg, &data, &len);
	if (ret != 0)
		return ret;
	ret = aether_pkg_parse(data, len, hw->device_id, &pkg, why, sizeof(why));
	if (ret == 0)
		ret = with_package(hw, &pkg);
	else
		AETHER_LOG(ERR, hw, "the DDP package %s", why);
	free(data);
	return ret;
}

int
aether_ddp_init(struct aether_hw *hw)
{
	int ret;

	ret = info_read(hw);
	if (ret != 0)
		return ret;
	/* The device knows its tables; a file is only wanted when there is nothing in force. */
	if (hw->ddp.active && !hw->ddp_source.by_name)
		ret = already_loaded(hw, NULL);
	else
		ret = from_source(hw);
	if (ret == 0) {
		AETHER_LOG(INFO, hw, "DDP package %s %u.%u.%u.%u %s", hw->ddp.name, hw->ddp.ver[0],
			   hw->ddp.ver[1], hw->ddp.ver[2], hw->ddp.ver[3],
			   hw->ddp.downloaded ? "downloaded" : "was in force");
		return 0;
	}
	hw->ddp.active = false;
	hw->flex.valid = false;
	/* A device that does not answer any more is no case for safe mode. */
	if (!hw->ddp_source.safe_mode || !hw->aq.alive ||
	    (ret == -ENOENT && hw->ddp_source.by_name))
		return ret;
	AETHER_LOG(NOTICE, hw, "goes on without a DDP package (%s), as safe-mode=1 allows",
		   strerror(-ret));
	return 0;
}
