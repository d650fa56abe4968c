/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Admin queue: rings, descriptors, buffers, events, ownership, faults, hostile drivers. */

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>

#include "ctl_host.h"

static struct aether_model_stats
stats_of(struct host *host)
{
	struct aether_model_stats stats;

	aether_model_stats_get(host->model, &stats);
	return stats;
}

static void
version(void **state)
{
	struct e810_aqc_get_ver ver;
	struct host *host = *state;

	memset(&ver, 0xA5, sizeof(ver));
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, &ver, NULL, 0, false), 0);
	assert_int_equal(ver.api_major, 1);
	assert_true(ver.api_minor >= 5 && ver.api_minor <= 7);
	assert_int_equal(ver.api_branch, 0);
	assert_int_equal(ver.fw_major, 6);
}

/* The thread that steps the device may not get its CPU for a second. */
static void
host_that_waits_lends_its_cpu(void **state)
{
	struct e810_aq_desc desc = { .opcode = E810_AQC_GET_VER, .flags = E810_AQ_FLAG_SI };
	struct host *host = *state;

	host_post(host, &desc);
	host_write(host, PF_FW_ATQT, host->tail);
	assert_int_equal(host_read(host, PF_FW_ATQH), host->tail);
	assert_true(host_desc(host, 0)->flags & E810_AQ_FLAG_DD);
}

static void
ring_wraps(void **state)
{
	struct host *host = *state;
	unsigned int i;

	for (i = 0; i < 5 * HOST_RING_LEN + 3; i++) {
		assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
		assert_int_equal(host_read(host, PF_FW_ATQH), (i + 1) % HOST_RING_LEN);
	}
	assert_int_equal(stats_of(host).aq_commands, 5 * HOST_RING_LEN + 3);
}

static void
several_at_once(void **state)
{
	const struct e810_aq_desc desc = { .opcode = E810_AQC_GET_VER };
	struct host *host = *state;
	unsigned int i;

	for (i = 0; i < HOST_RING_LEN - 1; i++)
		host_post(host, &desc);
	host_kick(host);
	for (i = 0; i < HOST_RING_LEN - 1; i++)
		assert_int_equal(host_desc(host, i)->flags & E810_AQ_FLAG_DD, E810_AQ_FLAG_DD);
}

static void
unknown_opcode(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_aq(host, 0x7777, NULL, NULL, 0, false), E810_AQ_RC_ENOSYS);
	assert_int_equal(host_aq(host, 0x7777, NULL, NULL, 0, false), E810_AQ_RC_ENOSYS);
	assert_int_equal(host_aq(host, 0xFFFF, NULL, NULL, 0, false), E810_AQ_RC_ENOSYS);
	assert_int_equal(stats_of(host).aq_unmodelled, 3);
	assert_int_equal(stats_of(host).aq_errors, 3);
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
}

/** Run one descriptor as it is. */
static uint16_t
run_raw(struct host *host, struct e810_aq_desc *desc)
{
	unsigned int index = host->tail;

	host_post(host, desc);
	host_kick(host);
	assert_true((host_desc(host, index)->flags & E810_AQ_FLAG_DD) != 0);
	return host_desc(host, index)->retval;
}

static void
set_addr(struct e810_aq_desc *desc, uint64_t iova)
{
	uint32_t addr[2] = { iova >> 32, (uint32_t)iova };

	memcpy(desc->params + 8, addr, sizeof(addr));
}

static void
bad_buffers(void **state)
{
	struct host *host = *state;
	struct e810_aq_desc caps = { .opcode = E810_AQC_LIST_FUNC_CAPS };
	struct e810_aq_desc desc;
	uint64_t faults;

	/* No buffer where one is needed. */
	desc = caps;
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_EINVAL);
	/* More than the firmware takes, and a large one that does not say so. */
	desc = caps;
	desc.flags = E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB;
	desc.datalen = 4097;
	set_addr(&desc, HOST_IOVA + HOST_BUF_AT);
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_EINVAL);
	desc.flags = E810_AQ_FLAG_BUF;
	desc.datalen = 513;
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_EINVAL);
	desc.flags |= E810_AQ_FLAG_LB;
	assert_int_equal(run_raw(host, &desc), 0);
	/* Too small for the answer: how much is needed comes back. */
	desc.flags = E810_AQ_FLAG_BUF;
	desc.datalen = 32;
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_ENOMEM);
	/* Addresses that are not mapped, at the end of the mapping, wrapping, null. */
	assert_int_equal(stats_of(host).dma_faults, 0);
	desc.flags = E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB;
	desc.datalen = 4096;
	set_addr(&desc, 0x123456000);
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_BAD_ADDR);
	set_addr(&desc, HOST_IOVA + HOST_BYTES - 4095);
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_BAD_ADDR);
	set_addr(&desc, UINT64_MAX - 100);
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_BAD_ADDR);
	set_addr(&desc, 0);
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_BAD_ADDR);
	faults = stats_of(host).dma_faults;
	assert_int_equal(faults, 4);
	set_addr(&desc, HOST_IOVA + HOST_BYTES - 4096);
	assert_int_equal(run_raw(host, &desc), 0);
	assert_int_equal(stats_of(host).dma_faults, faults);
}

static void
read_only_buffer(void **state)
{
	static uint8_t page[4096] __rte_aligned(4096);
	struct host *host = *state;
	struct e810_aq_desc desc = {
		.opcode = E810_AQC_LIST_FUNC_CAPS, .flags = E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB,
		.datalen = 4096,
	};

	assert_int_equal(aether_model_dma_map(host->model, 0x5000, 4096, page, false), 0);
	set_addr(&desc, 0x5000);
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_BAD_ADDR);
	assert_int_equal(page[0], 0);
	assert_int_equal(stats_of(host).dma_fault_iova, 0x5000);
}

static void
missing_rd(void **state)
{
	struct host *host = *state;
	struct e810_aq_desc desc = {
		.opcode = E810_AQC_ADD_VSI, .flags = E810_AQ_FLAG_BUF, .datalen = 128,
	};

	set_addr(&desc, HOST_IOVA + HOST_BUF_AT);
	assert_int_equal(run_raw(host, &desc), E810_AQ_RC_EINVAL);
}

/** The firmware hands back no more bytes than it has, and leaves the rest alone. */
static void
answer_length(void **state)
{
	struct host *host = *state;
	uint8_t buf[4096];

	memset(buf, 0xEE, sizeof(buf));
	assert_int_equal(host_aq(host, E810_AQC_MANAGE_MAC_READ, NULL, buf, sizeof(buf), false), 0);
	assert_int_equal(host->answer.datalen, sizeof(struct e810_aqc_manage_mac_read_resp));
	assert_int_not_equal(buf[2], 0xEE);
	assert_int_equal(buf[8], 0xEE);
	assert_int_equal(buf[4095], 0xEE);
}

static void
critical(struct host *host)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		aether_model_step(host->model, 1);
	assert_true((host_read(host, PF_FW_ATQLEN) & PF_CTLQ_LEN_CRIT) != 0);
	host_aq_start(host);
	assert_int_equal(host_read(host, PF_FW_ATQLEN) & PF_CTLQ_LEN_CRIT, 0);
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
}

static void
bad_rings(void **state)
{
	struct host *host = *state;

	/* Tail beyond the ring. */
	host_write(host, PF_FW_ATQT, HOST_RING_LEN);
	critical(host);
	host_write(host, PF_FW_ATQT, UINT32_MAX);
	critical(host);
	/* Head beyond the ring. */
	host_write(host, PF_FW_ATQH, HOST_RING_LEN);
	host_write(host, PF_FW_ATQT, 0);
	critical(host);
	/* Ring that is not mapped, or only in part. */
	host_write(host, PF_FW_ATQBAH, 0x77);
	host_write(host, PF_FW_ATQT, 2);
	critical(host);
	host_write(host, PF_FW_ATQBAL, (uint32_t)(HOST_IOVA + HOST_BYTES - 32 * 4));
	host_write(host, PF_FW_ATQT, 6);
	critical(host);
	/* No length. */
	host_write(host, PF_FW_ATQLEN, PF_CTLQ_LEN_ENABLE);
	host_write(host, PF_FW_ATQT, 2);
	critical(host);
}

static void
disabled_queue_stays_silent(void **state)
{
	struct host *host = *state;

	host_write(host, PF_FW_ATQLEN, HOST_RING_LEN);
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), HOST_NO_ANSWER);
	assert_int_equal(host_read(host, PF_FW_ATQLEN), HOST_RING_LEN);
}

static void
base_is_aligned(void **state)
{
	struct host *host = *state;

	host_write(host, PF_FW_ATQBAL, 0x1234567F);
	assert_int_equal(host_read(host, PF_FW_ATQBAL), 0x12345640);
}

static void
flush_on_error(void **state)
{
	struct host *host = *state;
	struct e810_aq_desc bad = { .opcode = 0x7777, .flags = E810_AQ_FLAG_FE };
	struct e810_aq_desc good = { .opcode = E810_AQC_GET_VER };

	host_post(host, &good);
	host_post(host, &bad);
	host_post(host, &good);
	host_post(host, &good);
	host_kick(host);
	assert_int_equal(host_desc(host, 0)->retval, 0);
	assert_int_equal(host_desc(host, 1)->retval, E810_AQ_RC_ENOSYS);
	assert_int_equal(host_desc(host, 2)->retval, E810_AQ_RC_EFLUSHED);
	assert_int_equal(host_desc(host, 3)->retval, E810_AQ_RC_EFLUSHED);
	assert_true((host_desc(host, 3)->flags & E810_AQ_FLAG_ERR) != 0);
	/* Without the flag the others are run. */
	bad.flags = 0;
	host_post(host, &bad);
	host_post(host, &good);
	host_kick(host);
	assert_int_equal(host_desc(host, 5)->retval, 0);
}

static void
completion_interrupt(void **state)
{
	struct host *host = *state;
	struct e810_aq_desc desc = { .opcode = E810_AQC_GET_VER };
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t count;

	assert_int_equal(aether_model_irq_bind(host->model, 1, fd), 0);
	host_write(host, PFINT_FW_CTL, INT_CTL_CAUSE_ENA | 3 << INT_CTL_ITR_INDX_S | 1);
	host_write(host, GLINT_DYN_CTL(1), GLINT_DYN_CTL_INTENA);
	run_raw(host, &desc);
	assert_int_equal(read(fd, &count, 8), 8);
	assert_true((host_read(host, PFINT_FW_CTL) & INT_CTL_INTEVENT) != 0);
	assert_int_equal(host_read(host, PFINT_FW_CTL) & INT_CTL_INTEVENT, 0);
	/* SI: none, unless there is an error and EI. */
	host_write(host, GLINT_DYN_CTL(1), GLINT_DYN_CTL_INTENA);
	desc.flags = E810_AQ_FLAG_SI | E810_AQ_FLAG_EI;
	run_raw(host, &desc);
	assert_int_equal(read(fd, &count, 8), -1);
	desc.opcode = 0x7777;
	run_raw(host, &desc);
	assert_int_equal(read(fd, &count, 8), 8);
	close(fd);
}

/* ------------------------------------------------------------------ events ------------------ */

static void
enable_link_events(struct host *host)
{
	struct e810_aqc_get_link_status link = { .cmd_flags = E810_LSE_ENA };
	struct e810_aqc_link_status status;

	assert_int_equal(host_aq(host, E810_AQC_GET_LINK_STATUS, &link, &status, sizeof(status),
				 false), 0);
	assert_int_equal(link.cmd_flags & E810_LSE_IS_ENABLED, E810_LSE_IS_ENABLED);
	assert_true((status.link_info & E810_LINK_UP) != 0);
}

static void
link_event(void **state)
{
	const struct e810_aqc_link_status *status;
	const struct e810_aq_desc *event;
	struct host *host = *state;
	const uint8_t *buf;

	/* Nobody asked for one. */
	aether_model_link_set(host->model, false);
	aether_model_link_set(host->model, true);
	aether_model_step(host->model, 1);
	assert_null(host_event(host, NULL));

	enable_link_events(host);
	aether_model_link_set(host->model, false);
	aether_model_step(host->model, 1);
	event = host_event(host, &buf);
	assert_non_null(event);
	assert_int_equal(event->opcode, E810_AQC_GET_LINK_STATUS);
	assert_true((event->flags & E810_AQ_FLAG_DD) != 0);
	assert_int_equal(event->datalen, sizeof(*status));
	status = (const void *)buf;
	assert_int_equal(status->link_info & E810_LINK_UP, 0);
	assert_null(host_event(host, NULL));
	/* The same state again is no news. */
	aether_model_link_set(host->model, false);
	aether_model_step(host->model, 1);
	assert_null(host_event(host, NULL));
}

static void
link_event_masked(void **state)
{
	struct e810_aqc_set_event_mask mask = { .event_mask = UINT16_MAX };
	struct host *host = *state;

	enable_link_events(host);
	assert_int_equal(host_aq(host, E810_AQC_SET_EVENT_MASK, &mask, NULL, 0, false), 0);
	aether_model_link_set(host->model, false);
	aether_model_step(host->model, 1);
	assert_null(host_event(host, NULL));
	/* The link goes, and so does the module: either is a cause. */
	mask.event_mask = (uint16_t)~E810_LINK_EVENT_MEDIA_NA;
	assert_int_equal(host_aq(host, E810_AQC_SET_EVENT_MASK, &mask, NULL, 0, false), 0);
	aether_model_link_set(host->model, true);
	aether_model_step(host->model, 1);
	assert_non_null(host_event(host, NULL));
	mask.event_mask = E810_LINK_EVENT_MEDIA_NA;
	assert_int_equal(host_aq(host, E810_AQC_SET_EVENT_MASK, &mask, NULL, 0, false), 0);
	aether_model_link_set(host->model, false);
	aether_model_step(host->model, 1);
	assert_non_null(host_event(host, NULL));
}

static void
events_wrap_and_overflow(void **state)
{
	struct host *host = *state;
	unsigned int i, n = 0;
	bool up = false;

	enable_link_events(host);
	for (i = 0; i < 4 * HOST_RING_LEN; i++, up = !up) {
		aether_model_link_set(host->model, up);
		aether_model_step(host->model, 1);
		assert_non_null(host_event(host, NULL));
	}
	/* Nobody takes them: the ring, then the firmware's own room, then no more. */
	for (i = 0; i < 100; i++, up = !up) {
		aether_model_link_set(host->model, up);
		aether_model_step(host->model, 1);
	}
	assert_true((host_read(host, PF_FW_ARQLEN) & PF_CTLQ_LEN_OVFL) != 0);
	while (n < 100 && host_event(host, NULL) != NULL) {
		aether_model_step(host->model, 1);
		n++;
	}
	assert_true(n >= HOST_RING_LEN - 1 && n < 100);
}

static void
event_buffer_too_small(void **state)
{
	struct host *host = *state;
	struct e810_aq_desc *desc = (void *)(host->mem + HOST_ARQ_AT);

	enable_link_events(host);
	desc->datalen = 8;
	aether_model_link_set(host->model, false);
	aether_model_step(host->model, 1);
	assert_null(host_event(host, NULL));
	assert_true((host_read(host, PF_FW_ARQLEN) & PF_CTLQ_LEN_CRIT) != 0);
	/* Commands still work. */
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
}

static void
event_buffer_unmapped(void **state)
{
	struct host *host = *state;
	struct e810_aq_desc *desc = (void *)(host->mem + HOST_ARQ_AT);

	enable_link_events(host);
	set_addr(desc, 0x666000);
	aether_model_link_set(host->model, false);
	aether_model_step(host->model, 1);
	assert_true((host_read(host, PF_FW_ARQLEN) & PF_CTLQ_LEN_CRIT) != 0);
	assert_int_equal(stats_of(host).dma_faults, 1);
}

/* ------------------------------------------------------------------ generic commands -------- */

static void
ownership(void **state)
{
	struct host *host = *state;
	struct e810_aqc_req_res req = {
		.res_id = E810_RES_ID_NVM, .access_type = E810_RES_ACCESS_READ, .timeout = 180000,
	};

	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), 0);
	assert_int_equal(req.timeout, 3000);
	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), E810_AQ_RC_EBUSY);
	assert_true(req.timeout > 0 && req.timeout <= 3001);
	assert_int_equal(host_aq(host, E810_AQC_RELEASE_RES, &req, NULL, 0, false), 0);
	assert_int_equal(host_aq(host, E810_AQC_RELEASE_RES, &req, NULL, 0, false),
			 E810_AQ_RC_EPERM);
	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), 0);
	/* A reset gives it back. */
	host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(host));
	host_aq_start(host);
	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), 0);
	/* Another resource is another lock; one that does not exist is none. */
	req.res_id = E810_RES_ID_CHNG_LOCK;
	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), 0);
	req.res_id = 9;
	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), E810_AQ_RC_EINVAL);
	req.res_id = E810_RES_ID_SDP;
	req.access_type = 0;
	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), E810_AQ_RC_EINVAL);
}

static void
ownership_expires(void **state)
{
	const struct timespec nap = { .tv_sec = 1, .tv_nsec = 50000000 };
	struct e810_aqc_req_res req = {
		.res_id = E810_RES_ID_CHNG_LOCK, .access_type = E810_RES_ACCESS_WRITE,
	};
	struct host *host = *state;

	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), 0);
	assert_int_equal(req.timeout, 1000);
	nanosleep(&nap, NULL);
	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), 0);
}

static void
global_lock(void **state)
{
	struct e810_aqc_req_res req = {
		.res_id = E810_RES_ID_GLBL_LOCK, .access_type = E810_RES_ACCESS_WRITE,
		.status = 0xFFFF,
	};
	struct host *host = *state;

	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), 0);
	assert_int_equal(req.status, E810_RES_GLBL_SUCCESS);
	assert_int_equal(host_aq(host, E810_AQC_REQ_RES, &req, NULL, 0, false), 0);
	assert_int_equal(req.status, E810_RES_GLBL_IN_PROG);
	assert_true(req.timeout > 0);
}

static void
capabilities(void **state)
{
	struct e810_aqc_list_caps_elem caps[32];
	struct e810_aqc_list_caps list;
	struct host *host = *state;
	unsigned int i, op, seen;
	bool dev;

	for (op = E810_AQC_LIST_FUNC_CAPS; op <= E810_AQC_LIST_DEV_CAPS; op++) {
		dev = op == E810_AQC_LIST_DEV_CAPS;
		memset(&list, 0, sizeof(list));
		assert_int_equal(host_aq(host, op, &list, caps, sizeof(caps), false), 0);
		assert_int_equal(host->answer.datalen, list.count * sizeof(caps[0]));
		for (i = 0, seen = 0; i < list.count; i++) {
			if (caps[i].cap == E810_CAP_RXQS || caps[i].cap == E810_CAP_TXQS) {
				assert_int_equal(caps[i].number, dev ? 2048 : 256);
				seen |= 1;
			} else if (caps[i].cap == E810_CAP_MSIX) {
				assert_int_equal(caps[i].number, dev ? 2048 : 257);
				seen |= 2;
			} else if (caps[i].cap == E810_CAP_VALID_FUNCTIONS) {
				assert_int_equal(caps[i].number, 1);
				seen |= 4;
			} else if (caps[i].cap == E810_CAP_FD) {
				assert_int_equal(caps[i].number, 16384);
				seen |= 8;
			}
		}
		assert_int_equal(seen, 15);
	}
}

static void
mac_address(void **state)
{
	struct e810_aqc_manage_mac_write write = { .mac_addr = { 2, 1, 2, 3, 4, 5 } };
	struct e810_aqc_manage_mac_read read = {0};
	struct e810_aqc_manage_mac_read_resp first, resp;
	struct host *host = *state;

	assert_int_equal(host_aq(host, E810_AQC_MANAGE_MAC_READ, &read, &first, sizeof(first),
				 false), 0);
	assert_true((read.flags & E810_MAN_MAC_LAN_ADDR_VALID) != 0);
	assert_int_equal(read.num_addr, 1);
	assert_int_equal(first.mac_addr[0] & 3, 2);
	assert_int_equal(host_aq(host, E810_AQC_MANAGE_MAC_WRITE, &write, NULL, 0, false), 0);
	host_aq(host, E810_AQC_MANAGE_MAC_READ, &read, &resp, sizeof(resp), false);
	assert_memory_equal(resp.mac_addr, write.mac_addr, 6);
	write.mac_addr[0] = 1;
	assert_int_equal(host_aq(host, E810_AQC_MANAGE_MAC_WRITE, &write, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	/* The device keeps its own. */
	host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(host));
	host_aq_start(host);
	host_aq(host, E810_AQC_MANAGE_MAC_READ, &read, &resp, sizeof(resp), false);
	assert_memory_equal(&resp, &first, sizeof(resp));
}

static void
pxe_mode(void **state)
{
	struct e810_aqc_clear_pxe pxe = { .rx_cnt = 1 };
	struct host *host = *state;

	assert_true((host_read(host, GLLAN_RCTL_0) & GLLAN_RCTL_0_PXE_MODE) != 0);
	assert_int_equal(host_aq(host, E810_AQC_CLEAR_PXE_MODE, &pxe, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
	pxe.rx_cnt = E810_CLEAR_PXE_RX_CNT;
	assert_int_equal(host_aq(host, E810_AQC_CLEAR_PXE_MODE, &pxe, NULL, 0, false), 0);
	assert_int_equal(host_read(host, GLLAN_RCTL_0) & GLLAN_RCTL_0_PXE_MODE, 0);
	assert_int_equal(host_aq(host, E810_AQC_CLEAR_PXE_MODE, &pxe, NULL, 0, false),
			 E810_AQ_RC_EEXIST);
}

static void
resources(void **state)
{
	struct { struct e810_aqc_alloc_free_res_elem h; rte_le16_t id[300]; } res;
	struct e810_aqc_alloc_free_res cmd = { .num_entries = 1 };
	struct host *host = *state;
	unsigned int i;

	/* More elements than the buffer holds, none at all. */
	res.h.res_type = E810_RES_TYPE_FDIR_COUNTER_BLOCK;
	res.h.num_elems = 2;
	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, 6, true), E810_AQ_RC_EINVAL);
	res.h.num_elems = UINT16_MAX;
	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, sizeof(res), true),
			 E810_AQ_RC_EINVAL);
	res.h.num_elems = 0;
	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, 6, true), E810_AQ_RC_EINVAL);
	/* All of them; then none is left, and none was taken by the attempt. */
	res.h.num_elems = 257;
	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, sizeof(res), true),
			 E810_AQ_RC_ENOSPC);
	res.h.num_elems = 256;
	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, sizeof(res), true), 0);
	for (i = 0; i < 256; i++)
		assert_int_equal(res.id[i], i);
	res.h.num_elems = 1;
	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, 6, true), E810_AQ_RC_ENOSPC);
	res.id[0] = 77;
	assert_int_equal(host_aq(host, E810_AQC_FREE_RES, &cmd, &res, 6, true), 0);
	assert_int_equal(host_aq(host, E810_AQC_FREE_RES, &cmd, &res, 6, true), E810_AQ_RC_EINVAL);
	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, 6, true), 0);
	assert_int_equal(res.id[0], 77);
	res.id[0] = UINT16_MAX;
	assert_int_equal(host_aq(host, E810_AQC_FREE_RES, &cmd, &res, 6, true), E810_AQ_RC_EINVAL);
}

static void
allocated_resources(void **state)
{
	struct { struct e810_aqc_alloc_free_res_elem h; rte_le16_t id[5]; } res = {
		.h = { .res_type = E810_RES_TYPE_RECIPE, .num_elems = 5 },
	};
	struct e810_aqc_alloc_free_res cmd = { .num_entries = 1 };
	union {
		struct e810_aqc_get_allocd_res cmd;
		struct e810_aqc_get_allocd_res_resp resp;
	} get = { .cmd = { .res_type = E810_RES_TYPE_RECIPE, .first_desc = 1 } };
	struct host *host = *state;
	uint16_t ids[3];

	assert_int_equal(host_aq(host, E810_AQC_GET_ALLOCD_RES_DESC, &get, ids, sizeof(ids),
				 false), 0);
	assert_int_equal(get.resp.num_desc, 0);
	assert_int_equal(host_aq(host, E810_AQC_ALLOC_RES, &cmd, &res, sizeof(res), true), 0);
	get.cmd.first_desc = 1;
	assert_int_equal(host_aq(host, E810_AQC_GET_ALLOCD_RES_DESC, &get, ids, sizeof(ids),
				 false), 0);
	assert_int_equal(get.resp.num_desc, 3);
	assert_int_equal(get.resp.next_desc, 4);
	assert_int_equal(host_aq(host, E810_AQC_GET_ALLOCD_RES_DESC, &get, ids, sizeof(ids),
				 false), 0);
	assert_int_equal(get.resp.num_desc, 2);
	assert_int_equal(get.resp.next_desc, 0);
	assert_int_equal(ids[1], 4);
}

static void
shared_parameters(void **state)
{
	struct e810_aqc_driver_shared_params p = { .index = 3, .value = 0xABCD };
	struct host *host = *state;

	assert_int_equal(host_aq(host, E810_AQC_DRIVER_SHARED_PARAMS, &p, NULL, 0, false), 0);
	p.op = E810_DRIVER_PARAM_GET;
	p.value = 0;
	assert_int_equal(host_aq(host, E810_AQC_DRIVER_SHARED_PARAMS, &p, NULL, 0, false), 0);
	assert_int_equal(p.value, 0xABCD);
	p.index = 16;
	assert_int_equal(host_aq(host, E810_AQC_DRIVER_SHARED_PARAMS, &p, NULL, 0, false),
			 E810_AQ_RC_EINVAL);
}

static void
no_package(void **state)
{
	struct host *host = *state;
	uint32_t count = 99;

	assert_int_equal(host_aq(host, E810_AQC_GET_PKG_INFO_LIST, NULL, &count, 4, false), 0);
	assert_int_equal(count, 0);
}

static void
lldp_is_stopped(void **state)
{
	struct host *host = *state;
	uint8_t buf[64] = {0};

	assert_int_equal(host_aq(host, E810_AQC_LLDP_STOP, NULL, NULL, 0, false), E810_AQ_RC_EPERM);
	assert_int_equal(host_aq(host, E810_AQC_GET_CEE_DCB_CFG, NULL, buf, sizeof(buf), false),
			 E810_AQ_RC_ENOENT);
	assert_int_equal(host_read(host, PRTDCB_GENS) & 7, 7);
}

static void
queue_shutdown(void **state)
{
	struct e810_aqc_q_shutdown down = { .driver_unloading = 1 };
	struct host *host = *state;

	assert_int_equal(host_aq(host, E810_AQC_Q_SHUTDOWN, &down, NULL, 0, false), 0);
}

/* A driver takes its queue away head first; what lies between 0 and the old tail is no command. */
static void
head_is_rewritten_first(void **state)
{
	struct host *host = *state;
	struct aether_model_stats before, after;

	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
	aether_model_stats_get(host->model, &before);
	host_write(host, PF_FW_ATQH, 0);
	aether_model_step(host->model, 32);
	host_write(host, PF_FW_ATQT, 0);
	aether_model_step(host->model, 32);
	host_write(host, PF_FW_ATQLEN, 0);
	aether_model_step(host->model, 32);
	aether_model_stats_get(host->model, &after);
	assert_int_equal(after.aq_commands, before.aq_commands);
	host_aq_start(host);
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
}

/* ------------------------------------------------------------------ faults ------------------ */

static void
injected_errors(void **state)
{
	const struct aether_model_conf conf = {
		.name = "faulty", .fault = "aq:0x0001:14,aq:nth:3:5,aq:nth:4:8",
	};
	struct host host;

	RTE_SET_USED(state);
	host_open(&host, &conf);
	host_aq_start(&host);
	assert_int_equal(host_aq(&host, E810_AQC_GET_VER, NULL, NULL, 0, false), 14);
	assert_int_equal(host_aq(&host, E810_AQC_GET_VER, NULL, NULL, 0, false), 14);
	assert_int_equal(host_aq(&host, E810_AQC_CLEAR_PF_CFG, NULL, NULL, 0, false), 0);
	assert_int_equal(host_aq(&host, E810_AQC_CLEAR_PF_CFG, NULL, NULL, 0, false), 5);
	assert_int_equal(host_aq(&host, E810_AQC_CLEAR_PF_CFG, NULL, NULL, 0, false), 8);
	assert_int_equal(host_aq(&host, E810_AQC_CLEAR_PF_CFG, NULL, NULL, 0, false), 0);
	host_close(&host);
}

static void
injected_timeout(void **state)
{
	const struct aether_model_conf conf = { .name = "silent", .fault = "aq-timeout:0x02a4" };
	struct host host;

	RTE_SET_USED(state);
	host_open(&host, &conf);
	host_aq_start(&host);
	assert_int_equal(host_aq(&host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
	assert_int_equal(host_aq(&host, E810_AQC_CLEAR_PF_CFG, NULL, NULL, 0, false),
			 HOST_NO_ANSWER);
	assert_int_equal(host_read(&host, PF_FW_ATQLEN) & PF_CTLQ_LEN_CRIT, 0);
	/* Set up again, the queue goes on. */
	host_aq_start(&host);
	assert_int_equal(host_aq(&host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
	host_close(&host);
}

static void
injected_link_down(void **state)
{
	const struct aether_model_conf conf = { .name = "dark", .fault = "link-down" };
	struct e810_aqc_get_link_status link = {0};
	struct e810_aqc_link_status status;
	struct host host;

	RTE_SET_USED(state);
	host_open(&host, &conf);
	host_aq_start(&host);
	assert_int_equal(host_aq(&host, E810_AQC_GET_LINK_STATUS, &link, &status, sizeof(status),
				 false), 0);
	assert_int_equal(status.link_info & E810_LINK_UP, 0);
	host_close(&host);
}

/* ------------------------------------------------------------------ a hostile driver -------- */

static uint32_t
rnd(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static uint16_t
random_opcode(uint64_t *seed)
{
	static const uint16_t opcodes[] = {
		0x0001, 0x0002, 0x0003, 0x0008, 0x0009, 0x000A, 0x000B, 0x0107, 0x0108, 0x0110,
		0x0200, 0x0203, 0x0204, 0x0208, 0x0209, 0x020A, 0x020C, 0x020D, 0x0210, 0x0211,
		0x0212, 0x0213, 0x0290, 0x0292, 0x0293, 0x02A0, 0x02A1, 0x02A2, 0x02A3, 0x02A4,
		0x0400, 0x0401, 0x0403, 0x0404, 0x0408, 0x0409, 0x040A, 0x040E, 0x040F, 0x0410,
		0x0411, 0x0412, 0x0413, 0x0415, 0x0600, 0x0601, 0x0603, 0x0605, 0x0607, 0x0613,
		0x0303, 0x0417, 0x0418, 0x0632, 0x0682, 0x06EA, 0x06EB, 0x0C00, 0xFF30, 0xFF31,
		0xFF32, 0x0620, 0x06E0, 0x06E9, 0x06EE, 0x0701, 0x0702, 0x0703, 0x0706, 0x0707, 0x0A00,
		0x0A01, 0x0A05, 0x0A06, 0x0A07, 0x0A08, 0x0A09, 0x0A0A, 0x0B02, 0x0B03, 0x0B04,
		0x0B05, 0x0C30, 0x0C31, 0x0C40, 0x0C43, 0x0C90, 0xFF20, 0xFF21, 0xFF22, 0xFF23,
	};

	return rnd(seed) % 50 == 0 ? rnd(seed) : opcodes[rnd(seed) % RTE_DIM(opcodes)];
}

/** A number such as drivers use, or any. */
static uint16_t
random_field(uint64_t *seed)
{
	switch (rnd(seed) % 4) {
	case 0:
		return rnd(seed) % 4;
	case 1:
		return 0x100 + rnd(seed) % 16;		/* scheduler nodes */
	case 2:
		return rnd(seed) % 300;
	default:
		return rnd(seed);
	}
}

static void
random_command(struct host *host, uint64_t *seed)
{
	struct e810_aq_desc desc = {
		.opcode = random_opcode(seed),
		.flags = E810_AQ_FLAG_SI | E810_AQ_FLAG_BUF | E810_AQ_FLAG_RD | E810_AQ_FLAG_LB,
		.datalen = rnd(seed) % 3 == 0 ? rnd(seed) : rnd(seed) % 200,
	};
	uint16_t *words = (void *)(host->mem + HOST_BUF_AT);
	uint16_t *params = (void *)desc.params;
	unsigned int i;

	for (i = 0; i < 4; i++)
		params[i] = random_field(seed);
	for (i = 0; i < 100; i++)
		words[i] = random_field(seed);
	if (rnd(seed) % 10 == 0)
		desc.flags = rnd(seed);
	set_addr(&desc, HOST_IOVA + HOST_BUF_AT);
	if (rnd(seed) % 20 == 0)
		set_addr(&desc, (uint64_t)rnd(seed) << 32 | rnd(seed));
	host_post(host, &desc);
	host_kick(host);
}

/** Whatever a driver sends, the device lives, stays in its bounds (sanitizers), and resets. */
static void
hostile_commands(void **state)
{
	struct host *host = *state;
	uint64_t seed = 20261120;
	unsigned int i;

	for (i = 0; i < 30000; i++) {
		random_command(host, &seed);
		if (rnd(&seed) % 1000 == 0) {
			host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
			assert_true(host_reset_done(host));
			host_aq_start(host);
		}
	}
	host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(host));
	host_aq_start(host);
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
	assert_int_equal(host_add_vsi(host, 1, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, host_setup, host_teardown)
		T(version), T(host_that_waits_lends_its_cpu), T(ring_wraps),
		T(several_at_once), T(unknown_opcode), T(bad_buffers),
		T(read_only_buffer), T(missing_rd), T(answer_length), T(bad_rings),
		T(disabled_queue_stays_silent), T(base_is_aligned), T(flush_on_error),
		T(completion_interrupt), T(link_event), T(link_event_masked),
		T(events_wrap_and_overflow), T(event_buffer_too_small), T(event_buffer_unmapped),
		T(ownership), T(ownership_expires), T(global_lock), T(capabilities),
		T(mac_address), T(pxe_mode), T(resources), T(allocated_resources),
		T(shared_parameters), T(no_package), T(lldp_is_stopped), T(queue_shutdown),
		T(head_is_rewritten_first),
		cmocka_unit_test(injected_errors), cmocka_unit_test(injected_timeout),
		cmocka_unit_test(injected_link_down), T(hostile_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
