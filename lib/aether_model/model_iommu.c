/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The device's view of host memory: nothing is touched that the driver did not map.
 *
 * Two sorted tables. `maps` has the mappings as they were made, because they can only be taken
 * away as they were made; `spans` has the same addresses merged, so that memory mapped page by
 * page is one entry where it is contiguous on both sides, and a buffer may cross the pages.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model_priv.h"

#define IOMMU_FIRST_SIZE	16

/** Index of the first entry that ends after iova; n when there is none. */
static unsigned int
iommu_find(const struct model_iommu_map *table, unsigned int n, uint64_t iova)
{
	unsigned int low = 0, high = n;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (table[middle].end <= iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
table_insert(struct model_iommu_map *table, unsigned int *n, unsigned int at,
	     const struct model_iommu_map *entry)
{
	memmove(&table[at + 1], &table[at], (*n - at) * sizeof(*table));
	table[at] = *entry;
	(*n)++;
}

static void
table_remove(struct model_iommu_map *table, unsigned int *n, unsigned int at, unsigned int count)
{
	memmove(&table[at], &table[at + count], (*n - at - count) * sizeof(*table));
	*n -= count;
}

/** Whether b goes on where a ends, as the device and as the host see it. */
static bool
spans_join(const struct model_iommu_map *a, const struct model_iommu_map *b)
{
	return a->end == b->iova && a->va + (a->end - a->iova) == b->va &&
	       a->writable == b->writable;
}

static int
iommu_grow(struct model_iommu *iommu)
{
	unsigned int size = iommu->size == 0 ? IOMMU_FIRST_SIZE : 2 * iommu->size;
	struct model_iommu_map *table;

	if (iommu->n_maps < iommu->size)
		return 0;
	table = realloc(iommu->maps, size * sizeof(*table));
	if (table == NULL)
		return -ENOMEM;
	iommu->maps = table;
	table = realloc(iommu->spans, size * sizeof(*table));
	if (table == NULL)
		return -ENOMEM;
	iommu->spans = table;
	iommu->size = size;
	return 0;
}

static void
spans_add(struct model_iommu *iommu, const struct model_iommu_map *map)
{
	unsigned int at = iommu_find(iommu->spans, iommu->n_spans, map->iova);
	struct model_iommu_map *before = at > 0 ? &iommu->spans[at - 1] : NULL;
	struct model_iommu_map *after = at < iommu->n_spans ? &iommu->spans[at] : NULL;
	bool join_after = after != NULL && spans_join(map, after);

	if (before != NULL && spans_join(before, map)) {
		before->end = map->end;
		if (join_after) {
			before->end = after->end;
			table_remove(iommu->spans, &iommu->n_spans, at, 1);
		}
	} else if (join_after) {
		after->iova = map->iova;
		after->va = map->va;
	} else {
		table_insert(iommu->spans, &iommu->n_spans, at, map);
	}
}

/** Cut [iova, end) out. There is room: cutting in the middle leaves a mapping on each side. */
static void
spans_cut(struct model_iommu *iommu, uint64_t iova, uint64_t end)
{
	unsigned int at = iommu_find(iommu->spans, iommu->n_spans, iova);

	while (at < iommu->n_spans && iommu->spans[at].iova < end) {
		struct model_iommu_map *span = &iommu->spans[at];
		struct model_iommu_map tail = *span;

		if (end < span->end) {
			tail.va += end - span->iova;
			tail.iova = end;
		}
		if (span->iova < iova) {
			span->end = iova;
			at++;
			if (end < tail.end)
				table_insert(iommu->spans, &iommu->n_spans, at, &tail);
		} else if (end < tail.end) {
			*span = tail;
		} else {
			table_remove(iommu->spans, &iommu->n_spans, at, 1);
		}
		if (end < tail.end)
			return;
	}
}

int
aether_model_dma_map(struct aether_model *model, uint64_t iova, size_t len, void *va,
		     bool writable)
{
	struct model_iommu *iommu = &model->iommu;
	struct model_iommu_map map = {
		.iova = iova, .end = iova + len, .va = va, .writable = writable,
	};
	unsigned int at;
	int ret;

	/* An end of 0, the last byte of the address space, is refused too: ends are exclusive. */
	if (len == 0 || map.end <= iova || va == NULL)
		return -EINVAL;
	rte_ticketlock_lock(&model->lock);
	at = iommu_find(iommu->maps, iommu->n_maps, iova);
	if (at < iommu->n_maps && iommu->maps[at].iova < map.end) {
		ret = -EEXIST;
	} else {
		ret = iommu_grow(iommu);
		if (ret == 0) {
			table_insert(iommu->maps, &iommu->n_maps, at, &map);
			spans_add(iommu, &map);
		}
	}
	rte_ticketlock_unlock(&model->lock);
	return ret;
}

/** Forget what queues remember of the tables. */
static void
iommu_flush(struct aether_model *model)
{
	unsigned int i;

	model->iommu.last = 0;
	for (i = 0; i < MODEL_RX_QUEUES; i++)
		model->rxq[i].tlb.end = 0;
	for (i = 0; i < MODEL_TX_QUEUES; i++)
		model->txq[i].tlb.end = 0;
	model_queues_remap(model);
}

static int
iommu_unmap(struct model_iommu *iommu, uint64_t iova, uint64_t end)
{
	unsigned int at = iommu_find(iommu->maps, iommu->n_maps, iova);
	unsigned int count = 0;

	while (at + count < iommu->n_maps && iommu->maps[at + count].iova < end) {
		if (iommu->maps[at + count].iova < iova || iommu->maps[at + count].end > end)
			return -EINVAL;
		count++;
	}
	if (count == 0)
		return -ENOENT;
	table_remove(iommu->maps, &iommu->n_maps, at, count);
	spans_cut(iommu, iova, end);
	return 0;
}

int
aether_model_dma_unmap(struct aether_model *model, uint64_t iova, size_t len)
{
	uint64_t end = iova + len;
	int ret;

	if (len == 0)
		return -ENOENT;
	if (end < iova)
		end = UINT64_MAX;	/* no mapping reaches further */
	rte_ticketlock_lock(&model->lock);
	ret = iommu_unmap(&model->iommu, iova, end);
	if (ret == 0)
		iommu_flush(model);
	rte_ticketlock_unlock(&model->lock);
	return ret;
}

void
model_iommu_free(struct aether_model *model)
{
	free(model->iommu.maps);
	free(model->iommu.spans);
	memset(&model->iommu, 0, sizeof(model->iommu));
}

void
model_dma_read_failed(struct aether_model *model)
{
	model_config_master_abort(model);
	model_irq_oicr(model, PFINT_OICR_PCI_EXCEPTION);
}

/** Count a fault. Logged at powers of two: a driver that runs wild makes millions. */
static void
iommu_fault(struct aether_model *model, uint64_t iova, size_t len, bool write, bool read_only)
{
	uint64_t n = ++model->stats.dma_faults;

	model->stats.dma_fault_iova = iova;
	if (!write)
		model_dma_read_failed(model);
	if ((n & (n - 1)) != 0)
		return;
	MODEL_LOG(ERR, model, "DMA fault %"PRIu64": %s of %zu bytes at 0x%"PRIx64" %s; blocked. "
		  "The driver must map the memory (%s) before it gives the address to the device",
		  n, write ? "write" : "read", len, iova,
		  read_only ? "hits a read-only mapping" : "is outside of all mappings",
		  write ? "writable" : "readable");
}

static const struct model_iommu_map *
iommu_lookup(struct model_iommu *iommu, uint64_t iova, size_t len)
{
	const struct model_iommu_map *span;

	if (iommu->last < iommu->n_spans) {
		span = &iommu->spans[iommu->last];
		if (model_dma_hit(span, iova, len) != NULL)
			return span;
	}
	iommu->last = iommu_find(iommu->spans, iommu->n_spans, iova);
	if (iommu->last == iommu->n_spans)
		return NULL;
	span = &iommu->spans[iommu->last];
	return model_dma_hit(span, iova, len) != NULL ? span : NULL;
}

void *
model_dma_try(struct aether_model *model, struct model_iommu_map *tlb, uint64_t iova, size_t len,
	      bool write)
{
	const struct model_iommu_map *span = iommu_lookup(&model->iommu, iova, len);

	if (span == NULL || (write && !span->writable))
		return NULL;
	if (tlb != NULL)
		*tlb = *span;
	return span->va + (iova - span->iova);
}

void *
model_dma_fill(struct aether_model *model, struct model_iommu_map *tlb, uint64_t iova, size_t len,
	       bool write)
{
	void *va = model_dma_try(model, tlb, iova, len, write);

	if (va == NULL)
		iommu_fault(model, iova, len, write,
			    iommu_lookup(&model->iommu, iova, len) != NULL);
	return va;
}

void *
model_dma(struct aether_model *model, uint64_t iova, size_t len, bool write)
{
	return model_dma_fill(model, NULL, iova, len, write);
}
