/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <string.h>

#include <rte_atomic.h>
#include <rte_byteorder.h>
#include <rte_common.h>

#include "rogue.h"

#define CMD(bits)	((uint64_t)(bits) << E810_TXD_QW1_CMD_S)
#define WAITS		10000		/* runs of the device, at most, for what must happen */
#define CONFIG_STATUS	6
#define STATUS_MASTER_ABORT	0x2000

/* ------------------------------------------------------------------ memory ------------------ */

static uint8_t
pattern(size_t at)
{
	return (uint8_t)(at * 13 + (at >> 8) * 7 + 1);
}

static void
fill(struct rogue_door *door)
{
	size_t at;

	for (at = 0; at < ROGUE_BYTES; at++)
		door->memory[at] = pattern(at);
}

static void
check_untouched(const struct rogue_door *door, size_t first, size_t len)
{
	size_t at;

	for (at = first; at < first + len; at++)
		if (door->memory[at] != pattern(at))
			fail_msg("byte 0x%zx of host memory was written", at);
}

void
rogue_check_memory(const struct rogue *rogue)
{
	const struct rogue_door *door = rogue->door;

	check_untouched(door, 0, ROGUE_MOAT);
	check_untouched(door, ROGUE_MAIN_AT + ROGUE_MAIN_BYTES,
			ROGUE_MOAT + ROGUE_RO_BYTES + ROGUE_MOAT);
	check_untouched(door, ROGUE_RING_AT + ROGUE_RING_BYTES, ROGUE_MOAT);
}

void
rogue_map(struct rogue *rogue)
{
	struct rogue_door *door = rogue->door;

	fill(door);
	door->map(door, ROGUE_MAIN_IOVA, ROGUE_MAIN_AT, ROGUE_MAIN_BYTES, true);
	door->map(door, ROGUE_RO_IOVA, ROGUE_RO_AT, ROGUE_RO_BYTES, false);
	door->map(door, ROGUE_RING_IOVA, ROGUE_RING_AT, ROGUE_RING_BYTES, true);
}

static void
unmap_all(struct rogue_door *door)
{
	door->unmap(door, ROGUE_MAIN_IOVA, ROGUE_MAIN_BYTES);
	door->unmap(door, ROGUE_RO_IOVA, ROGUE_RO_BYTES);
	door->unmap(door, ROGUE_RING_IOVA, ROGUE_RING_BYTES);
}

/* ------------------------------------------------------------------ admin queue ------------- */

static uint32_t
get(struct rogue *rogue, uint32_t reg)
{
	return rogue->door->read(rogue->door, reg);
}

static void
put(struct rogue *rogue, uint32_t reg, uint32_t value)
{
	rogue->door->write(rogue->door, reg, value);
}

void
rogue_settle(struct rogue *rogue)
{
	unsigned int i;

	for (i = 0; i < rogue->door->settle; i++)
		rogue->door->run(rogue->door);
}

bool
rogue_wait_equal(struct rogue *rogue, const void *a, const void *b, size_t len)
{
	unsigned int i;

	for (i = 0; i < WAITS && memcmp(a, b, len) != 0; i++)
		rogue->door->run(rogue->door);
	return memcmp(a, b, len) == 0;
}

static void
ctlq_start(struct rogue *rogue, uint32_t first, uint64_t base)
{
	/* The five registers of a queue, as PF_FW_ATQBAL stands to the others. */
	put(rogue, first + (PF_FW_ATQH - PF_FW_ATQBAL), 0);
	put(rogue, first + (PF_FW_ATQT - PF_FW_ATQBAL), 0);
	put(rogue, first + (PF_FW_ATQLEN - PF_FW_ATQBAL), ROGUE_AQ_LEN | PF_CTLQ_LEN_ENABLE);
	put(rogue, first, (uint32_t)base);
	put(rogue, first + (PF_FW_ATQBAH - PF_FW_ATQBAL), base >> 32);
}

void
rogue_aq_start(struct rogue *rogue, uint64_t atq, uint64_t arq)
{
	unsigned int i;

	rogue->atq_tail = 0;
	memset(rogue_main(rogue, ROGUE_ATQ), 0, ROGUE_AQ_LEN * sizeof(struct e810_aq_desc));
	for (i = 0; i < ROGUE_AQ_LEN; i++) {
		struct e810_aq_desc *desc = (void *)(rogue_main(rogue, ROGUE_ARQ) +
						     i * sizeof(*desc));
		uint64_t iova = ROGUE_MAIN_IOVA + ROGUE_ARQ_BUFS + i * 4096;
		uint32_t addr[2] = { iova >> 32, (uint32_t)iova };

		memset(desc, 0, sizeof(*desc));
		desc->flags = rte_cpu_to_le_16(E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB);
		desc->datalen = rte_cpu_to_le_16(4096);
		memcpy(desc->params + 8, addr, sizeof(addr));
	}
	ctlq_start(rogue, PF_FW_ATQBAL, atq);
	ctlq_start(rogue, PF_FW_ARQBAL, arq);
	put(rogue, PF_FW_ARQT, ROGUE_AQ_LEN - 1);
}

uint16_t
rogue_aq_raw(struct rogue *rogue, const struct e810_aq_desc *desc)
{
	volatile struct e810_aq_desc *ring = (void *)(rogue_main(rogue, ROGUE_ATQ) +
						      rogue->atq_tail * sizeof(*desc));
	unsigned int i;

	memcpy((void *)(uintptr_t)ring, desc, sizeof(*desc));
	rogue->atq_tail = (rogue->atq_tail + 1) % ROGUE_AQ_LEN;
	rte_wmb();
	put(rogue, PF_FW_ATQT, rogue->atq_tail);
	for (i = 0; i < WAITS && (ring->flags & E810_AQ_FLAG_DD) == 0; i++) {
		if (get(rogue, PF_FW_ATQLEN) & PF_CTLQ_LEN_CRIT)
			break;
		rogue->door->run(rogue->door);
	}
	rte_rmb();
	rogue->answer = (ring->flags & E810_AQ_FLAG_DD) != 0 ? ring->retval : ROGUE_NO_ANSWER;
	return rogue->answer;
}

uint16_t
rogue_aq(struct rogue *rogue, uint16_t opcode, void *params, void *buf, uint16_t len, bool read)
{
	uint64_t iova = ROGUE_MAIN_IOVA + ROGUE_AQ_BUF;
	uint32_t addr[2] = { iova >> 32, (uint32_t)iova };
	struct e810_aq_desc desc = { .opcode = opcode, .flags = E810_AQ_FLAG_SI };
	uint8_t *ring = rogue_main(rogue, ROGUE_ATQ) + rogue->atq_tail * sizeof(desc);
	uint16_t rc;

	if (params != NULL)
		memcpy(desc.params, params, sizeof(desc.params));
	if (buf != NULL) {
		desc.flags |= E810_AQ_FLAG_BUF | (read ? E810_AQ_FLAG_RD : 0) |
			      (len > E810_AQ_LARGE_BUF ? E810_AQ_FLAG_LB : 0);
		desc.datalen = len;
		memcpy(desc.params + 8, addr, sizeof(addr));
		memcpy(rogue_main(rogue, ROGUE_AQ_BUF), buf, len);
	}
	rc = rogue_aq_raw(rogue, &desc);
	if (params != NULL)
		memcpy(params, ((struct e810_aq_desc *)(void *)ring)->params,
		       sizeof(desc.params));
	if (buf != NULL)
		memcpy(buf, rogue_main(rogue, ROGUE_AQ_BUF), len);
	return rc;
}

/* ------------------------------------------------------------------ queues ------------------ */

static void
ctx_set(uint8_t *ctx, uint64_t value, unsigned int lsb, unsigned int width)
{
	unsigned int i;

	for (i = 0; i < width; i++)
		if (value >> i & 1)
			ctx[(lsb + i) / 8] |= 1u << (lsb + i) % 8;
}

uint16_t
rogue_txq_enable(struct rogue *rogue, uint64_t iova, unsigned int qlen)
{
	struct {
		uint32_t parent_teid;
		uint8_t num_txqs, rsvd[3];
		struct e810_aqc_add_txqs_perq q;
	} buf = { .parent_teid = rogue->group, .num_txqs = 1 };
	struct e810_aqc_add_txqs cmd = { .num_qgrps = 1 };

	buf.q.txq_id = ROGUE_QUEUE;
	buf.q.info.valid_sections = E810_ELEM_VALID_GENERIC;
	ctx_set(buf.q.txq_ctx, iova / 128, E810_TLAN_CTX_BASE);
	ctx_set(buf.q.txq_ctx, qlen, E810_TLAN_CTX_QLEN);
	ctx_set(buf.q.txq_ctx, E810_TLAN_VMVF_TYPE_PF, E810_TLAN_CTX_VMVF_TYPE);
	ctx_set(buf.q.txq_ctx, rogue->vsi, E810_TLAN_CTX_SRC_VSI);
	ctx_set(buf.q.txq_ctx, ROGUE_QUEUE, E810_TLAN_CTX_QNUM_IN_FUNC);
	ctx_set(buf.q.txq_ctx, 1, E810_TLAN_CTX_TSO_ENA);
	ctx_set(buf.q.txq_ctx, 1, E810_TLAN_CTX_LEGACY_INT);
	rogue->tx_tail = 0;
	memset(rogue->ring_tx, 0, ROGUE_RING_LEN * sizeof(struct e810_tx_desc));
	return rogue_aq(rogue, E810_AQC_ADD_TXQS, &cmd, &buf, sizeof(buf), true);
}

uint16_t
rogue_txq_disable(struct rogue *rogue)
{
	struct { uint32_t parent; uint8_t n, rsvd; uint16_t id; } buf = {
		rogue->group, 1, 0, ROGUE_QUEUE
	};
	struct e810_aqc_dis_txqs cmd = { .cmd_type = E810_Q_DIS_CMD_FLUSH_PIPE, .num_entries = 1 };

	return rogue_aq(rogue, E810_AQC_DIS_TXQS, &cmd, &buf, sizeof(buf), true);
}

struct rogue_rx_ctx
rogue_rx_ctx_good(void)
{
	return (struct rogue_rx_ctx){
		.iova = ROGUE_RING_IOVA + ROGUE_RX_RING, .qlen = ROGUE_RING_LEN,
		.dbuf = ROGUE_DBUF, .rxmax = 5 * ROGUE_DBUF > E810_MAX_FRAME_SIZE ?
			E810_MAX_FRAME_SIZE : 5 * ROGUE_DBUF,
	};
}

bool
rogue_rxq_enable(struct rogue *rogue, const struct rogue_rx_ctx *rx)
{
	uint8_t ctx[E810_RLAN_CTX_BYTES] = { 0 };
	unsigned int i;
	uint32_t word;

	ctx_set(ctx, rx->iova / 128, E810_RLAN_CTX_BASE);
	ctx_set(ctx, rx->qlen, E810_RLAN_CTX_QLEN);
	ctx_set(ctx, rx->head, E810_RLAN_CTX_HEAD);
	ctx_set(ctx, rx->dbuf / 128, E810_RLAN_CTX_DBUF);
	ctx_set(ctx, rx->rxmax, E810_RLAN_CTX_RXMAX);
	ctx_set(ctx, rx->dtype, E810_RLAN_CTX_DTYPE);
	ctx_set(ctx, 1, E810_RLAN_CTX_DSIZE);
	ctx_set(ctx, 1, E810_RLAN_CTX_CRCSTRIP);
	ctx_set(ctx, 1, E810_RLAN_CTX_PREFENA);
	for (i = 0; i < QRX_CONTEXT_WORDS; i++) {
		memcpy(&word, ctx + 4 * i, sizeof(word));
		put(rogue, QRX_CONTEXT(i, ROGUE_QUEUE), rte_le_to_cpu_32(word));
	}
	put(rogue, QRXFLXP_CNTXT(ROGUE_QUEUE), E810_RXDID_FLEX_NIC);
	put(rogue, QRX_TAIL(ROGUE_QUEUE), 0);
	put(rogue, QRX_CTRL(ROGUE_QUEUE), QRX_CTRL_QENA_REQ);
	rogue->rx_next = 0;
	return (get(rogue, QRX_CTRL(ROGUE_QUEUE)) & QRX_CTRL_QENA_STAT) != 0;
}

void
rogue_rxq_disable(struct rogue *rogue)
{
	put(rogue, QRX_CTRL(ROGUE_QUEUE), 0);
}

void
rogue_rx_post(struct rogue *rogue, unsigned int slot, uint64_t iova)
{
	uint64_t *desc;
	unsigned int i;

	for (i = 0; i < ROGUE_RING_LEN; i++) {
		desc = (uint64_t *)(void *)(rogue->ring_rx + 32 * i);
		memset(desc, 0, 32);
		desc[0] = i == slot ? iova : ROGUE_MAIN_IOVA + ROGUE_RX_BUFS + i * ROGUE_DBUF;
	}
	rte_wmb();
	put(rogue, QRX_TAIL(ROGUE_QUEUE), ROGUE_RING_LEN - 8);
}

void
rogue_tx_put(struct rogue *rogue, uint64_t qword0, uint64_t qword1)
{
	struct e810_tx_desc *desc = (struct e810_tx_desc *)(void *)rogue->ring_tx +
				    rogue->tx_tail;

	desc->buf_addr = rte_cpu_to_le_64(qword0);
	desc->cmd_type_offset_bsz = rte_cpu_to_le_64(qword1);
	rogue->tx_tail = (rogue->tx_tail + 1) % ROGUE_RING_LEN;
}

void
rogue_tx_ring(struct rogue *rogue)
{
	rte_wmb();
	put(rogue, QTX_COMM_DBELL(ROGUE_QUEUE), rogue->tx_tail);
}

uint64_t
rogue_frame(struct rogue *rogue, uint32_t len)
{
	static const uint8_t head[] = { 0x02, 0xAA, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x88, 0xB5 };
	uint8_t *frame = rogue_main(rogue, ROGUE_TX_BUFS);
	uint32_t i;

	for (i = 0; i < len; i++)
		frame[i] = i < sizeof(head) ? head[i] : (uint8_t)i;
	return ROGUE_MAIN_IOVA + ROGUE_TX_BUFS;
}

/** Give the buffer that was looked at last to the device again; it is told of eight at a time. */
static void
repost(struct rogue *rogue)
{
	uint64_t *desc = (uint64_t *)(void *)(rogue->ring_rx + 32 * rogue->rx_next);

	memset(desc, 0, 32);
	desc[0] = ROGUE_MAIN_IOVA + ROGUE_RX_BUFS + rogue->rx_next * ROGUE_DBUF;
	rogue->rx_next = (rogue->rx_next + 1) % ROGUE_RING_LEN;
	rte_wmb();
	if (rogue->rx_next % 8 == 0)
		put(rogue, QRX_TAIL(ROGUE_QUEUE),
		    (rogue->rx_next + ROGUE_RING_LEN - 8) % ROGUE_RING_LEN);
}

/** Frames of len bytes (0: any) that have arrived since the last call. `error` becomes true when
 * one is marked, whatever its length. */
static unsigned int
receive(struct rogue *rogue, uint32_t len, bool *error)
{
	volatile struct e810_rx_desc_flex *desc;
	unsigned int n = 0;

	for (;;) {
		desc = (void *)(rogue->ring_rx + 32 * rogue->rx_next);
		if ((desc->status_error0 & E810_RXD_FLEX_STATUS0_DD) == 0)
			return n;
		rte_rmb();
		*error |= (desc->status_error0 & E810_RXD_FLEX_STATUS0_RXE) != 0;
		n += len == 0 || (desc->pkt_len & E810_RXD_FLEX_PKT_LEN_M) == len;
		repost(rogue);
	}
}

bool
rogue_exchange(struct rogue *rogue, uint32_t len)
{
	uint64_t iova = rogue_frame(rogue, len);
	bool error = false;
	unsigned int i, n = 0;

	rogue_tx_put(rogue, iova, CMD(E810_TXD_CMD_EOP | E810_TXD_CMD_RS) |
		     (uint64_t)len << E810_TXD_QW1_BUF_SZ_S);
	rogue_tx_ring(rogue);
	for (i = 0; i < WAITS && n == 0; i++) {
		rogue->door->run(rogue->door);
		n = receive(rogue, len, &error);
	}
	return n == 1 && !error;
}

/* ------------------------------------------------------------------ the good driver --------- */

static void
reset(struct rogue *rogue)
{
	unsigned int i;

	put(rogue, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	for (i = 0; i < WAITS * 10; i++) {
		rogue->door->run(rogue->door);
		if ((get(rogue, PFGEN_CTRL) & PFGEN_CTRL_PFSWR) == 0 &&
		    (get(rogue, GLNVM_ULD) & GLNVM_ULD_DONE_M) == GLNVM_ULD_DONE_M)
			return;
	}
	fail_msg("the reset does not end");
}

static void
add_vsi(struct rogue *rogue)
{
	struct e810_aqc_vsi_cmd cmd = { .vsi_flags = E810_VSI_TYPE_PF };
	struct e810_aqc_vsi_props props = {
		.valid_sections = E810_VSI_PROP_SW_VALID | E810_VSI_PROP_RXQ_MAP_VALID |
				  E810_VSI_PROP_VLAN_VALID,
		.sw_flags2 = E810_VSI_SW_FLAG_LAN_ENA,
		.inner_vlan_flags = E810_VSI_INNER_VLAN_TX_ALL |
				    E810_VSI_INNER_VLAN_EMODE_NOTHING,
		.mapping_flags = E810_VSI_Q_MAP_CONTIG,
		.q_mapping = { ROGUE_QUEUE, 1 },
	};

	assert_int_equal(rogue_aq(rogue, E810_AQC_ADD_VSI, &cmd, &props, sizeof(props), true), 0);
	rogue->vsi = cmd.vsi_num & E810_VSI_NUM_M;
}

/** Frames for the address of rogue_frame() go to the VSI. */
static void
add_rule(struct rogue *rogue)
{
	struct {
		struct e810_sw_rule_lkup lkup;
		uint8_t hdr[E810_SW_DUMMY_ETH_HDR_LEN];
	} rule = {
		.lkup = {
			.hdr = { .type = E810_SW_RULE_LKUP_TX },
			.recipe_id = E810_SW_LKUP_MAC, .src = rogue->vsi,
			.act = E810_SW_ACT_VSI_FORWARDING | E810_SW_ACT_VALID |
			       rogue->vsi << E810_SW_ACT_VSI_ID_S,
			.hdr_len = sizeof(rule.hdr),
		},
		.hdr = { 0x02, 0xAA, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 0, 0x81, 0, 0, 0 },
	};
	struct e810_aqc_sw_rules cmd = { .num_rules = 1 };

	rule.hdr[12] = rule.hdr[13] = 0;
	assert_int_equal(rogue_aq(rogue, E810_AQC_ADD_SW_RULES, &cmd, &rule, sizeof(rule), true),
			 0);
}

static void
find_group(struct rogue *rogue)
{
	struct {
		struct e810_sched_group_hdr hdr;
		struct e810_sched_elem_data elem[9];
	} topo;
	struct e810_aqc_get_topo cmd = { 0 };
	unsigned int n;

	memset(&topo, 0, sizeof(topo));
	assert_int_equal(rogue_aq(rogue, E810_AQC_GET_DFLT_TOPO, &cmd, &topo, sizeof(topo), false),
			 0);
	n = rte_le_to_cpu_16(topo.hdr.num_elems);
	assert_in_range(n, 2, 9);
	/* The last one is a leaf; queues hang under the one before it. */
	rogue->group = topo.elem[n - 2].node_teid;
}

void
rogue_start(struct rogue *rogue)
{
	const struct rogue_rx_ctx rx = rogue_rx_ctx_good();

	rogue->ring_tx = rogue->door->memory + ROGUE_RING_AT + ROGUE_TX_RING;
	rogue->ring_rx = rogue->door->memory + ROGUE_RING_AT + ROGUE_RX_RING;
	reset(rogue);
	rogue_aq_start(rogue, ROGUE_MAIN_IOVA + ROGUE_ATQ, ROGUE_MAIN_IOVA + ROGUE_ARQ);
	find_group(rogue);
	add_vsi(rogue);
	add_rule(rogue);
	assert_int_equal(rogue_txq_enable(rogue, ROGUE_RING_IOVA + ROGUE_TX_RING, ROGUE_RING_LEN),
			 0);
	assert_true(rogue_rxq_enable(rogue, &rx));
	rogue_rx_post(rogue, ROGUE_RING_LEN, 0);
	assert_true(rogue_exchange(rogue, 100));
}

/* ------------------------------------------------------------------ judgement --------------- */

/** What a unit of the device shows of malicious drivers. */
static const struct {
	uint32_t global, function;
	unsigned int queue_shift;
} mdets[] = {
	[ROGUE_MDD_RX] = { GL_MDET_RX, PF_MDET_RX, GL_MDET_QNUM_S },
	[ROGUE_MDD_TX_PQM] = { GL_MDET_TX_PQM, PF_MDET_TX_PQM, GL_MDET_TX_PQM_QNUM_S },
	[ROGUE_MDD_TX_TCLAN] = { GL_MDET_TX_TCLAN, PF_MDET_TX_TCLAN, GL_MDET_QNUM_S },
	[ROGUE_MDD_TX_TDPU] = { GL_MDET_TX_TDPU, PF_MDET_TX_TDPU, GL_MDET_QNUM_S },
};

static void
clear_reports(struct rogue *rogue)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(mdets); i++) {
		put(rogue, mdets[i].global, UINT32_MAX);
		put(rogue, mdets[i].function, UINT32_MAX);
	}
	get(rogue, PFINT_OICR);
}

static void
check_mdets(struct rogue *rogue, const struct rogue_case *rogue_case)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(mdets); i++) {
		uint32_t want = 0;

		if (i == (unsigned int)rogue_case->report)
			want = GL_MDET_VALID | rogue_case->event << GL_MDET_MAL_TYPE_S |
			       ROGUE_QUEUE << mdets[i].queue_shift;
		assert_int_equal(get(rogue, mdets[i].global), want);
		assert_int_equal(get(rogue, mdets[i].function), want != 0 ? PF_MDET_VALID : 0);
	}
}

static bool
is_read_fault(enum rogue_report report)
{
	return report == ROGUE_READ_FAULT || report == ROGUE_REFUSED_FAULT ||
	       report == ROGUE_AQ_STOPPED_FAULT;
}

static bool
is_fault(enum rogue_report report)
{
	return is_read_fault(report) || report == ROGUE_WRITE_FAULT ||
	       report == ROGUE_AQ_ADDRESS || report == ROGUE_AQ_STOPPED_WRITE;
}

static bool
is_mdd(enum rogue_report report)
{
	return report <= ROGUE_MDD_TX_TDPU;
}

/** Causes in PFINT_OICR, once those are there that must come. */
static uint32_t
wait_for_report(struct rogue *rogue, enum rogue_report report)
{
	uint32_t want = 0, oicr = 0;
	unsigned int i;

	if (is_mdd(report))
		want = PFINT_OICR_MAL_DETECT;
	else if (is_read_fault(report))
		want = PFINT_OICR_PCI_EXCEPTION;
	for (i = 0; i < WAITS; i++) {
		oicr |= get(rogue, PFINT_OICR);
		if ((oicr & want) == want)
			break;
		rogue->door->run(rogue->door);
	}
	rogue_settle(rogue);
	return oicr | get(rogue, PFINT_OICR);
}

static void
check_report(struct rogue *rogue, const struct rogue_case *rogue_case,
	     const struct aether_model_stats *before)
{
	enum rogue_report report = rogue_case->report;
	uint32_t oicr = wait_for_report(rogue, report);
	struct aether_model_stats now;

	assert_int_equal((oicr & PFINT_OICR_MAL_DETECT) != 0, is_mdd(report));
	assert_int_equal((oicr & PFINT_OICR_PCI_EXCEPTION) != 0, is_read_fault(report));
	check_mdets(rogue, rogue_case);
	if (is_read_fault(report))
		assert_int_not_equal(rogue->door->config(rogue->door, CONFIG_STATUS) &
				     STATUS_MASTER_ABORT, 0);
	if (report == ROGUE_AQ_STOPPED || report == ROGUE_AQ_STOPPED_FAULT ||
	    report == ROGUE_AQ_STOPPED_WRITE)
		assert_int_not_equal((get(rogue, PF_FW_ATQLEN) | get(rogue, PF_FW_ARQLEN)) &
				     PF_CTLQ_LEN_CRIT, 0);
	if (rogue->door->stats(rogue->door, &now)) {
		assert_int_equal(now.mdd_events - before->mdd_events, is_mdd(report));
		assert_int_equal(now.dma_faults != before->dma_faults, is_fault(report));
	}
}

/** What is left of the device: nothing was sent, or a good frame passes. */
static void
check_traffic(struct rogue *rogue, const struct rogue_case *rogue_case)
{
	bool error = false;
	unsigned int i, n = receive(rogue, 0, &error);

	switch (rogue_case->report) {
	case ROGUE_AQ_ADDRESS:
	case ROGUE_HARMLESS:
		assert_false(error);
		assert_true(rogue_exchange(rogue, 200));
		break;
	case ROGUE_WRITE_FAULT:
		for (i = 0; i < WAITS && n == 0; i++) {
			rogue->door->run(rogue->door);
			n = receive(rogue, 0, &error);
		}
		assert_int_equal(n, 1);
		assert_true(error);
		assert_true(rogue_exchange(rogue, 200));
		break;
	default:
		assert_int_equal(n, 0);
		break;
	}
}

void
rogue_run(struct rogue_door *door, const struct rogue_case *rogue_case)
{
	struct aether_model_stats before = { 0 };
	struct rogue rogue = { .door = door };

	rogue_map(&rogue);
	rogue_start(&rogue);
	clear_reports(&rogue);
	door->stats(door, &before);
	rogue_case->misbehave(&rogue, rogue_case->a, rogue_case->b);
	check_report(&rogue, rogue_case, &before);
	check_traffic(&rogue, rogue_case);
	rogue_check_memory(&rogue);

	/* A good driver gets a good device. */
	rogue_start(&rogue);
	assert_true(rogue_exchange(&rogue, 1500));
	rogue_check_memory(&rogue);
	unmap_all(door);
}
