/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "data_fake.h"

int aether_model_logtype;
static struct fake *the_fake;

/* ------------------------------------------------------------------ control side ------------ */

int
model_switch_lookup(struct aether_model *model, const uint8_t *frame, uint32_t len)
{
	(void)model;
	(void)frame;
	(void)len;
	the_fake->lookups++;
	return the_fake->copies != 0 ? MODEL_SWITCH_COPIES : the_fake->vsi;
}

uint64_t
model_switch_copies(const struct aether_model *model)
{
	(void)model;
	return the_fake->copies;
}

struct model_rss_result
model_rss(struct aether_model *model, unsigned int vsi, const uint8_t *frame, uint32_t len,
	  uint16_t ptype)
{
	(void)model;
	(void)vsi;
	(void)ptype;
	return (struct model_rss_result){
		.queue = the_fake->queue_of(frame, len), .hashed = the_fake->hashed,
		.hash = the_fake->hash,
	};
}

int
model_vsi_only_rx_queue(struct aether_model *model, unsigned int vsi)
{
	(void)model;
	return the_fake->copies != 0 && the_fake->queue >= 0 ? (int)vsi : the_fake->queue;
}

const struct e810_aqc_vsi_props *
model_vsi_props(struct aether_model *model, unsigned int vsi)
{
	(void)model;
	(void)vsi;
	return &the_fake->props;
}

bool
model_switch_tx_is_checked(const struct aether_model *model, unsigned int vsi)
{
	(void)model;
	(void)vsi;
	return the_fake->tx_refused != NULL;
}

const char *
model_switch_tx_refused(const struct aether_model *model, unsigned int vsi, const uint8_t *frame,
			uint32_t len)
{
	(void)model;
	(void)vsi;
	return len >= 60 && frame[6] == 0x66 ? the_fake->tx_refused : NULL;
}

bool
model_vsi_tx_allowed(struct aether_model *model, unsigned int vsi)
{
	(void)model;
	(void)vsi;
	return the_fake->tx_allowed;
}

void
model_irq_queue(struct aether_model *model, uint32_t cause_reg, uint64_t tsc)
{
	(void)model;
	(void)tsc;
	the_fake->irqs++;
	the_fake->irq_cause = cause_reg;
}

void
model_config_master_abort(struct aether_model *model)
{
	model->config[7] |= 0x20;
}

void
model_irq_oicr(struct aether_model *model, uint32_t bits)
{
	(void)model;
	the_fake->oicr |= bits;
}

void
model_stall_host(struct aether_model *model, struct model_rxq *rxq, uint64_t tsc,
		 bool tail_moved, unsigned int descriptors)
{
	(void)model;
	(void)rxq;
	(void)tsc;
	the_fake->stall_calls++;
	the_fake->stall_moved = tail_moved;
	the_fake->stall_descriptors = descriptors;
}

void
model_wire_link_changed(struct aether_model *model)
{
	(void)model;
	the_fake->link_changes++;
}

/* ------------------------------------------------------------------ wire -------------------- */

static unsigned int
fake_rx_peek(struct model_wire *wire, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	unsigned int i;

	(void)wire;
	(void)tsc;
	n = RTE_MIN(n, the_fake->rx_tail - the_fake->rx_head);
	for (i = 0; i < n; i++)
		frames[i] = the_fake->rx[(the_fake->rx_head + i) % FAKE_FRAMES];
	return n;
}

static void
fake_rx_take(struct model_wire *wire, unsigned int n)
{
	(void)wire;
	assert_true(n <= the_fake->rx_tail - the_fake->rx_head);
	the_fake->rx_head += n;
}

static unsigned int
fake_tx(struct model_wire *wire, const struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	unsigned int i;

	(void)wire;
	(void)tsc;
	n = RTE_MIN(n, the_fake->tx_room);
	for (i = 0; i < n; i++) {
		unsigned int at = the_fake->n_tx++;

		assert_true(at < FAKE_FRAMES);
		the_fake->tx_data[at] = malloc(frames[i].len);
		assert_non_null(the_fake->tx_data[at]);
		memcpy(the_fake->tx_data[at], frames[i].data, frames[i].len);
		the_fake->tx_len[at] = frames[i].len;
		the_fake->tx_in_place[at] = frames[i].data >= the_fake->memory &&
					    frames[i].data < the_fake->memory + FAKE_MEMORY;
	}
	the_fake->tx_room -= n;
	return n;
}

static const struct model_wire_ops fake_wire_ops = {
	.rx_peek = fake_rx_peek,
	.rx_take = fake_rx_take,
	.tx = fake_tx,
};

void
fake_arrive(struct fake *fake, const void *data, uint32_t len)
{
	assert_true(fake->rx_tail - fake->rx_head < FAKE_FRAMES);
	fake->rx[fake->rx_tail++ % FAKE_FRAMES] = (struct model_frame){ data, len };
	fake->model->wire_stats.rx_offered++;
}

/* ------------------------------------------------------------------ device ------------------ */

struct fake *
fake_create(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	the_fake = fake;
	fake->model = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*fake->model));
	assert_non_null(fake->model);
	memset(fake->model, 0, sizeof(*fake->model));
	rte_ticketlock_init(&fake->model->lock);
	strcpy(fake->model->name, "fake");
	fake->model->bar0 = mmap(NULL, E810_BAR0_SIZE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(fake->model->bar0, MAP_FAILED);
	fake->memory = aligned_alloc(4096, FAKE_MEMORY);
	assert_non_null(fake->memory);
	memset(fake->memory, 0, FAKE_MEMORY);
	fake->model->link = true;
	fake->wire.ops = &fake_wire_ops;
	fake->wire.model = fake->model;
	fake->model->wire = &fake->wire;
	fake->tx_room = UINT32_MAX;
	fake->tx_allowed = true;
	fake->props.inner_vlan_flags = E810_VSI_INNER_VLAN_TX_ALL |
				       E810_VSI_INNER_VLAN_EMODE_NOTHING;
	assert_int_equal(aether_model_dma_map(fake->model, FAKE_IOVA, FAKE_MEMORY, fake->memory,
					      true), 0);
	return fake;
}

void
fake_destroy(struct fake *fake)
{
	unsigned int i;

	for (i = 0; i < fake->n_tx; i++)
		free(fake->tx_data[i]);
	model_iommu_free(fake->model);
	munmap(fake->model->bar0, E810_BAR0_SIZE);
	free(fake->memory);
	free(fake->model);
	free(fake);
	the_fake = NULL;
}

int
fake_setup(void **state)
{
	*state = fake_create();
	return 0;
}

int
fake_teardown(void **state)
{
	fake_destroy(*state);
	return 0;
}

void *
fake_alloc(struct fake *fake, size_t len)
{
	uint8_t *va = fake->memory + fake->used;

	fake->used += RTE_ALIGN_CEIL(len, (size_t)E810_RLAN_BASE_UNIT);
	assert_true(fake->used <= FAKE_MEMORY);
	return va;
}

uint64_t
fake_iova(const struct fake *fake, const void *va)
{
	return FAKE_IOVA + (uint64_t)((const uint8_t *)va - fake->memory);
}

void
fake_ctx_set(uint8_t *ctx, uint64_t value, unsigned int lsb, unsigned int width)
{
	unsigned int i;

	for (i = 0; i < width; i++)
		if (value >> i & 1)
			ctx[(lsb + i) / 8] |= 1 << (lsb + i) % 8;
		else
			ctx[(lsb + i) / 8] &= ~(1 << (lsb + i) % 8);
}

int
fake_rxq_enable(struct fake *fake, struct fake_rxq *rxq)
{
	uint8_t ctx[E810_RLAN_CTX_BYTES] = { 0 };
	unsigned int i;

	rxq->qlen = rxq->qlen ? rxq->qlen : 64;
	rxq->dbuf = rxq->dbuf ? rxq->dbuf : 2048;
	rxq->rxmax = rxq->rxmax ? rxq->rxmax : 1518;
	rxq->dsize = rxq->dsize ? rxq->dsize : 32;
	rxq->ring = fake_alloc(fake, (size_t)rxq->qlen * rxq->dsize);
	rxq->buffers = fake_alloc(fake, (size_t)rxq->qlen * rxq->dbuf);
	fake_ctx_set(ctx, fake_iova(fake, rxq->ring) / 128, E810_RLAN_CTX_BASE);
	fake_ctx_set(ctx, rxq->qlen, E810_RLAN_CTX_QLEN);
	fake_ctx_set(ctx, rxq->dbuf / 128, E810_RLAN_CTX_DBUF);
	fake_ctx_set(ctx, rxq->dsize == 32, E810_RLAN_CTX_DSIZE);
	fake_ctx_set(ctx, rxq->rxmax, E810_RLAN_CTX_RXMAX);
	fake_ctx_set(ctx, !rxq->keep_crc, E810_RLAN_CTX_CRCSTRIP);
	fake_ctx_set(ctx, !rxq->to_l2tag2, E810_RLAN_CTX_L2TSEL);
	fake_ctx_set(ctx, 1, E810_RLAN_CTX_PREFENA);
	for (i = 0; i < QRX_CONTEXT_WORDS; i++) {
		uint32_t word = ctx[4 * i] | ctx[4 * i + 1] << 8 | ctx[4 * i + 2] << 16 |
				(uint32_t)ctx[4 * i + 3] << 24;

		model_reg_set(fake->model, QRX_CONTEXT(i, rxq->q), word);
	}
	model_reg_set(fake->model, QRXFLXP_CNTXT(rxq->q), rxq->rxdid);
	return model_rxq_enable(fake->model, rxq->q);
}

void
fake_rxq_post(struct fake *fake, struct fake_rxq *rxq, uint32_t tail)
{
	unsigned int i;

	for (i = 0; i < rxq->qlen; i++) {
		uint64_t *desc = fake_rx_desc(rxq, i);

		memset(desc, 0, rxq->dsize);
		desc[0] = fake_iova(fake, fake_rx_buffer(rxq, i));
	}
	model_reg_set(fake->model, QRX_TAIL(rxq->q), tail);
}

int
fake_txq_enable(struct fake *fake, struct fake_txq *txq)
{
	uint8_t ctx[E810_TLAN_CTX_BYTES] = { 0 };

	txq->qlen = txq->qlen ? txq->qlen : 64;
	txq->ring = fake_alloc(fake, txq->qlen * sizeof(*txq->ring));
	fake_ctx_set(ctx, fake_iova(fake, txq->ring) / 128, E810_TLAN_CTX_BASE);
	fake_ctx_set(ctx, txq->qlen, E810_TLAN_CTX_QLEN);
	fake_ctx_set(ctx, txq->vsi, E810_TLAN_CTX_SRC_VSI);
	fake_ctx_set(ctx, E810_TLAN_VMVF_TYPE_PF, E810_TLAN_CTX_VMVF_TYPE);
	fake_ctx_set(ctx, !txq->no_tso, E810_TLAN_CTX_TSO_ENA);
	fake_ctx_set(ctx, 1, E810_TLAN_CTX_LEGACY_INT);
	return model_txq_enable(fake->model, txq->q, ctx);
}

void
fake_tx_put(struct fake *fake, struct fake_txq *txq, const void *data, uint32_t len,
	    uint64_t flags)
{
	txq->ring[txq->tail].buf_addr = data != NULL ? fake_iova(fake, data) : 0;
	txq->ring[txq->tail].cmd_type_offset_bsz = flags | (uint64_t)len << E810_TXD_QW1_BUF_SZ_S;
	txq->tail = (txq->tail + 1) % txq->qlen;
}

void
fake_tx_ring(struct fake *fake, struct fake_txq *txq)
{
	model_reg_set(fake->model, QTX_COMM_DBELL(txq->q), txq->tail);
}

void
fake_frame(uint8_t *frame, uint32_t len, uint64_t dst, uint16_t type, unsigned int seed)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		frame[i] = (uint8_t)(seed * 131 + i * 7 + (i >> 8));
	for (i = 0; i < 6; i++)
		frame[i] = (uint8_t)(dst >> (40 - 8 * i));
	frame[6] = 0x02;
	frame[12] = type >> 8;
	frame[13] = (uint8_t)type;
}
