/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Mailbox and sideband queues: what a driver sends there is answered. */

#include <string.h>

#include <rte_common.h>

#include "ctl_host.h"
#include "e810_mgmt_hw.h"

#define RING_AT		0x80000
#define RING_LEN	4
#define BUF_AT		0x90000
#define OP_SEND_TO_VF	0x0802

struct queue {
	uint32_t bal, bah, len, head, tail, cause;
};

static const struct queue mailbox = {
	PF_MBX_ATQBAL, PF_MBX_ATQBAH, PF_MBX_ATQLEN, PF_MBX_ATQH, PF_MBX_ATQT, PFINT_MBX_CTL,
};
static const struct queue sideband = {
	PF_SB_ATQBAL, PF_SB_ATQBAH, PF_SB_ATQLEN, PF_SB_ATQH, PF_SB_ATQT, PFINT_SB_CTL,
};

static void
queue_start(struct host *host, const struct queue *q, uint64_t iova)
{
	memset(host->mem + RING_AT, 0, RING_LEN * sizeof(struct e810_aq_desc));
	host_write(host, q->head, 0);
	host_write(host, q->tail, 0);
	host_write(host, q->len, RING_LEN | PF_CTLQ_LEN_ENABLE);
	host_write(host, q->bal, (uint32_t)iova);
	host_write(host, q->bah, iova >> 32);
	host_write(host, q->cause, INT_CTL_CAUSE_ENA | 1);
}

/** Send the message at index. @return its answer, HOST_NO_ANSWER: none */
static int
queue_send(struct host *host, const struct queue *q, unsigned int index, uint16_t opcode,
	   const void *buf, uint16_t len)
{
	const uint32_t addr[2] = { HOST_IOVA >> 32, (uint32_t)(HOST_IOVA + BUF_AT) };
	struct e810_aq_desc *desc = (void *)(host->mem + RING_AT + index * sizeof(*desc));

	*desc = (struct e810_aq_desc){
		.opcode = opcode, .datalen = len, .flags = E810_AQ_FLAG_BUF | E810_AQ_FLAG_RD,
	};
	memcpy(desc->params + 8, addr, sizeof(addr));
	memcpy(host->mem + BUF_AT, buf, len);
	host_write(host, q->tail, (index + 1) % RING_LEN);
	aether_model_step(host->model, 32);
	if ((desc->flags & E810_AQ_FLAG_DD) == 0)
		return HOST_NO_ANSWER;
	assert_int_equal(host_read(host, q->head), (index + 1) % RING_LEN);
	return desc->retval;
}

/** Messages are for virtual functions, of which there are none; the queue goes on. */
static void
mailbox_has_nobody(void **state)
{
	struct host *host = *state;
	unsigned int i;

	queue_start(host, &mailbox, HOST_IOVA + RING_AT);
	for (i = 0; i < 2 * RING_LEN; i++) {
		assert_int_equal(queue_send(host, &mailbox, i % RING_LEN, OP_SEND_TO_VF, "hello", 6),
				 E810_AQ_RC_ENOENT);
		assert_true((host_read(host, PFINT_MBX_CTL) & INT_CTL_INTEVENT) != 0);
		assert_true((host_read(host, PFINT_MBX_CTL) & INT_CTL_INTEVENT) == 0);
	}
	assert_memory_equal(host->mem + BUF_AT, "hello", 6);
}

static void
sideband_reads(void **state)
{
	struct host *host = *state;
	const struct e810_sideband_req req = {
		.dest = E810_SIDEBAND_RMN_0, .addr_high = E810_SIDEBAND_PCS_1, .addr_low = 8,
	};
	const struct e810_sideband_resp *resp = (const void *)(host->mem + BUF_AT);
	struct aether_model_stats before, after;

	aether_model_stats_get(host->model, &before);
	queue_start(host, &sideband, HOST_IOVA + RING_AT);
	assert_int_equal(queue_send(host, &sideband, 0, E810_AQC_NEIGHBOUR_REQ, &req, 12), 0);
	assert_int_equal(resp->src, E810_SIDEBAND_RMN_0);
	assert_true((host_read(host, PFINT_SB_CTL) & INT_CTL_INTEVENT) != 0);
	/* It is no second admin queue. */
	assert_int_equal(queue_send(host, &sideband, 1, E810_AQC_GET_VER, &req, 12),
			 E810_AQ_RC_ENOSYS);
	aether_model_stats_get(host->model, &after);
	assert_int_equal(after.aq_commands, before.aq_commands);
}

/** A ring outside of memory, or a tail beyond it, stops that queue alone, until it is set up anew. */
static void
rings_are_checked(void **state)
{
	struct host *host = *state;
	struct e810_aqc_get_ver ver = {0};
	const struct queue *q;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		q = i == 0 ? &mailbox : &sideband;
		queue_start(host, q, HOST_IOVA + HOST_BYTES);
		assert_int_equal(queue_send(host, q, 0, OP_SEND_TO_VF, "", 1), HOST_NO_ANSWER);
		assert_true((host_read(host, q->len) & PF_CTLQ_LEN_CRIT) != 0);
		queue_start(host, q, HOST_IOVA + RING_AT);
		host_write(host, q->tail, RING_LEN);
		aether_model_step(host->model, 32);
		assert_true((host_read(host, q->len) & PF_CTLQ_LEN_CRIT) != 0);
		assert_int_equal(host_aq(host, E810_AQC_GET_VER, &ver, NULL, 0, false), 0);
		queue_start(host, q, HOST_IOVA + RING_AT);
		assert_true(queue_send(host, q, 0, OP_SEND_TO_VF, "", 1) > 0);
	}
}

/** A reset of the function ends the queues. */
static void
reset_ends_them(void **state)
{
	struct host *host = *state;

	queue_start(host, &mailbox, HOST_IOVA + RING_AT);
	host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	assert_true(host_reset_done(host));
	assert_int_equal(host_read(host, PF_MBX_ATQLEN), 0);
	assert_int_equal(queue_send(host, &mailbox, 0, OP_SEND_TO_VF, "", 1), HOST_NO_ANSWER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mailbox_has_nobody, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(sideband_reads, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(rings_are_checked, host_setup, host_teardown),
		cmocka_unit_test_setup_teardown(reset_ends_them, host_setup, host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
