/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "aether_internal.h"

/* The names are those of the datasheet's section 9.5.4, as printed in logs. */
static const struct {
	uint16_t opcode;
	const char *name;
} opcode_names[] = {
	{E810_AQC_GET_VER, "Get Version"},
	{E810_AQC_DRIVER_VER, "Driver Version"},
	{E810_AQC_Q_SHUTDOWN, "Queue Shutdown"},
	{E810_AQC_REQ_RES, "Request Resource Ownership"},
	{E810_AQC_RELEASE_RES, "Release Resource Ownership"},
	{E810_AQC_LIST_FUNC_CAPS, "Discover Function Capabilities"},
	{E810_AQC_LIST_DEV_CAPS, "Discover Device Capabilities"},
	{E810_AQC_MANAGE_MAC_READ, "Manage MAC Address Read"},
	{E810_AQC_CLEAR_PXE_MODE, "Clear PXE Mode"},
	{E810_AQC_GET_SW_CFG, "Get Switch Configuration"},
	{E810_AQC_ADD_VSI, "Add VSI"},
	{E810_AQC_UPDATE_VSI, "Update VSI"},
	{E810_AQC_GET_VSI, "Get VSI Parameters"},
	{E810_AQC_FREE_VSI, "Free VSI"},
	{E810_AQC_ADD_SW_RULES, "Add Switch Rules"},
	{E810_AQC_REMOVE_SW_RULES, "Remove Switch Rules"},
	{E810_AQC_CLEAR_PF_CFG, "Clear PF Configuration"},
	{E810_AQC_GET_DFLT_TOPO, "Get Default Scheduler Topology"},
	{E810_AQC_ADD_SCHED_ELEMS, "Add Scheduling Elements"},
	{E810_AQC_DELETE_SCHED_ELEMS, "Delete Scheduling Elements"},
	{E810_AQC_QUERY_SCHED_RES, "Query Scheduler Resource Allocation"},
	{E810_AQC_GET_PHY_CAPS, "Get PHY Abilities"},
	{E810_AQC_SET_PHY_CFG, "Set PHY Configuration"},
	{E810_AQC_SET_MAC_CFG, "Set MAC Configuration"},
	{E810_AQC_RESTART_AN, "Setup Link and Restart Auto-Negotiation"},
	{E810_AQC_GET_LINK_STATUS, "Get Link Status"},
	{E810_AQC_SET_EVENT_MASK, "Set Event Mask"},
	{E810_AQC_NVM_READ, "NVM Read"},
	{E810_AQC_SET_PORT_ID_LED, "Set Port Identification LED"},
	{E810_AQC_SFF_EEPROM, "Read/Write SFF EEPROM"},
	{E810_AQC_SET_HEALTH_STATUS_CONFIG, "Set Health Status Configuration"},
	{E810_AQC_NVM_CHECKSUM, "NVM Checksum"},
	{E810_AQC_ADD_TXQS, "Add LAN Tx Queues"},
	{E810_AQC_DIS_TXQS, "Disable LAN Tx Queues"},
	{E810_AQC_ALLOC_RES, "Allocate Resources"},
	{E810_AQC_FREE_RES, "Free Resources"},
	{E810_AQC_SET_RSS_KEY, "Set RSS Key"},
	{E810_AQC_SET_RSS_LUT, "Set RSS LUT"},
	{E810_AQC_DOWNLOAD_PKG, "Download Package"},
	{E810_AQC_UPLOAD_SECTION, "Upload Section"},
	{E810_AQC_UPDATE_PKG, "Update Package"},
	{E810_AQC_GET_PKG_INFO_LIST, "Get Package Info List"},
};

static const struct {
	enum e810_aq_err rc;
	int err;
	const char *name;
} errors[] = {
	{E810_AQ_RC_OK, 0, "OK"},
	{E810_AQ_RC_EPERM, EPERM, "EPERM"},
	{E810_AQ_RC_ENOENT, ENOENT, "ENOENT"},
	{E810_AQ_RC_ESRCH, ESRCH, "ESRCH"},
	{E810_AQ_RC_EINTR, EINTR, "EINTR"},
	{E810_AQ_RC_EIO, EIO, "EIO"},
	{E810_AQ_RC_ENXIO, ENXIO, "ENXIO"},
	{E810_AQ_RC_E2BIG, E2BIG, "E2BIG"},
	{E810_AQ_RC_EAGAIN, EAGAIN, "EAGAIN"},
	{E810_AQ_RC_ENOMEM, ENOMEM, "ENOMEM"},
	{E810_AQ_RC_EACCES, EACCES, "EACCES"},
	{E810_AQ_RC_EFAULT, EFAULT, "EFAULT"},
	{E810_AQ_RC_EBUSY, EBUSY, "EBUSY"},
	{E810_AQ_RC_EEXIST, EEXIST, "EEXIST"},
	{E810_AQ_RC_EINVAL, EINVAL, "EINVAL"},
	{E810_AQ_RC_ENOTTY, ENOTTY, "ENOTTY"},
	{E810_AQ_RC_ENOSPC, ENOSPC, "ENOSPC"},
	{E810_AQ_RC_ENOSYS, ENOSYS, "ENOSYS"},
	{E810_AQ_RC_ERANGE, ERANGE, "ERANGE"},
	{E810_AQ_RC_EFLUSHED, ECANCELED, "EFLUSHED"},
	{E810_AQ_RC_BAD_ADDR, EFAULT, "BAD_ADDR"},
	{E810_AQ_RC_EMODE, EOPNOTSUPP, "EMODE"},
	{E810_AQ_RC_EFBIG, EFBIG, "EFBIG"},
	{E810_AQ_RC_ENOSEC, EACCES, "ENOSEC"},
	{E810_AQ_RC_EBADSIG, EACCES, "EBADSIG"},
	{E810_AQ_RC_ESVN, EACCES, "ESVN"},
	{E810_AQ_RC_EBADMAN, EBADMSG, "EBADMAN"},
	{E810_AQ_RC_EBADBUF, EBADMSG, "EBADBUF"},
};

const char *
aether_aq_opcode_name(uint16_t opcode)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(opcode_names); i++)
		if (opcode_names[i].opcode == opcode)
			return opcode_names[i].name;
	return "unnamed command";
}

const char *
aether_aq_err_name(enum e810_aq_err rc)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(errors); i++)
		if (errors[i].rc == rc)
			return errors[i].name;
	return "unknown code";
}

int
aether_aq_err_to_errno(enum e810_aq_err rc)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(errors); i++)
		if (errors[i].rc == rc)
			return -errors[i].err;
	return -EIO;
}
