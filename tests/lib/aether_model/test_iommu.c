/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <stdlib.h>

#include "data_fake.h"

#define PAGE	4096u
#define BASE	UINT64_C(0x10000000)

static void
test_map_refuses(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	uint8_t *va = fake->memory;

	assert_int_equal(aether_model_dma_map(model, BASE, 0, va, true), -EINVAL);
	assert_int_equal(aether_model_dma_map(model, BASE, PAGE, NULL, true), -EINVAL);
	assert_int_equal(aether_model_dma_map(model, UINT64_MAX - 10, PAGE, va, true), -EINVAL);
	assert_int_equal(aether_model_dma_map(model, BASE, 2 * PAGE, va, true), 0);
	assert_int_equal(aether_model_dma_map(model, BASE, 2 * PAGE, va, true), -EEXIST);
	assert_int_equal(aether_model_dma_map(model, BASE + PAGE, PAGE, va, true), -EEXIST);
	assert_int_equal(aether_model_dma_map(model, BASE - PAGE, PAGE + 1, va, true), -EEXIST);
	assert_int_equal(aether_model_dma_map(model, BASE - PAGE, 9 * PAGE, va, true), -EEXIST);
	assert_int_equal(aether_model_dma_map(model, BASE - PAGE, PAGE, va, true), 0);
	assert_int_equal(aether_model_dma_map(model, BASE + 2 * PAGE, PAGE, va, true), 0);
}

static void
test_access_inside_only(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct aether_model_stats *stats = &model->stats;

	assert_int_equal(aether_model_dma_map(model, BASE, PAGE, fake->memory, false), 0);
	assert_ptr_equal(model_dma(model, BASE, PAGE, false), fake->memory);
	assert_ptr_equal(model_dma(model, BASE + 5, PAGE - 5, false), fake->memory + 5);
	assert_int_equal(stats->dma_faults, 0);

	assert_null(model_dma(model, BASE - 1, 2, false));
	assert_int_equal(stats->dma_faults, 1);
	assert_int_equal(stats->dma_fault_iova, BASE - 1);
	assert_null(model_dma(model, BASE + 1, PAGE, false));
	assert_null(model_dma(model, BASE + PAGE, 1, false));
	assert_null(model_dma(model, BASE + PAGE - 1, SIZE_MAX, false));
	assert_null(model_dma(model, 0, 1, false));
	assert_null(model_dma(model, UINT64_MAX, 1, false));
	assert_int_equal(stats->dma_faults, 6);
	assert_null(model_dma(model, BASE, 1, true));	/* read only */
	assert_int_equal(stats->dma_faults, 7);
	assert_int_equal(stats->dma_fault_iova, BASE);
}

/** Pages mapped one by one, in a bad order, serve one access, and go one by one. */
static void
test_merge_and_partial_unmap(void **state)
{
	static const unsigned int order[] = { 3, 0, 5, 1, 4, 2, 7, 6 };
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	unsigned int spans = model->iommu.n_spans;
	unsigned int i;

	for (i = 0; i < RTE_DIM(order); i++)
		assert_int_equal(aether_model_dma_map(model, BASE + order[i] * PAGE, PAGE,
				fake->memory + order[i] * PAGE, true), 0);
	assert_int_equal(model->iommu.n_spans, spans + 1);
	assert_ptr_equal(model_dma(model, BASE + 10, 8 * PAGE - 10, true), fake->memory + 10);

	/* A hole in the middle: both sides stay. */
	assert_int_equal(aether_model_dma_unmap(model, BASE + 3 * PAGE, PAGE), 0);
	assert_int_equal(model->iommu.n_spans, spans + 2);
	assert_null(model_dma(model, BASE + 3 * PAGE, 1, false));
	assert_null(model_dma(model, BASE + 3 * PAGE - 1, 2, false));
	assert_ptr_equal(model_dma(model, BASE + 3 * PAGE - 1, 1, false),
			 fake->memory + 3 * PAGE - 1);
	assert_ptr_equal(model_dma(model, BASE + 4 * PAGE, 4 * PAGE, true),
			 fake->memory + 4 * PAGE);

	/* Over the hole, several mappings and their ends at once. */
	assert_int_equal(aether_model_dma_unmap(model, BASE + 2 * PAGE, 4 * PAGE), 0);
	assert_null(model_dma(model, BASE + 5 * PAGE, 1, false));
	assert_non_null(model_dma(model, BASE + 6 * PAGE, 1, false));
	assert_int_equal(aether_model_dma_unmap(model, BASE, UINT64_MAX - BASE), 0);
	assert_null(model_dma(model, BASE, 1, false));
	assert_null(model_dma(model, BASE + 7 * PAGE, 1, false));
}

static void
test_unmap_refuses(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;

	assert_int_equal(aether_model_dma_map(model, BASE, 4 * PAGE, fake->memory, true), 0);
	assert_int_equal(aether_model_dma_unmap(model, BASE + PAGE, PAGE), -EINVAL);
	assert_int_equal(aether_model_dma_unmap(model, BASE, 3 * PAGE), -EINVAL);
	assert_int_equal(aether_model_dma_unmap(model, BASE + 3 * PAGE, 9 * PAGE), -EINVAL);
	assert_non_null(model_dma(model, BASE, 4 * PAGE, true));
	assert_int_equal(aether_model_dma_unmap(model, BASE + 4 * PAGE, PAGE), -ENOENT);
	assert_int_equal(aether_model_dma_unmap(model, BASE - PAGE, PAGE), -ENOENT);
	assert_int_equal(aether_model_dma_unmap(model, BASE, 0), -ENOENT);
	assert_int_equal(aether_model_dma_unmap(model, BASE - PAGE, 9 * PAGE), 0);
	assert_int_equal(aether_model_dma_unmap(model, BASE, 4 * PAGE), -ENOENT);
}

/** Adjacent for the device but not for the host, or with other rights: not one range. */
static void
test_no_false_merge(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;

	assert_int_equal(aether_model_dma_map(model, BASE, PAGE, fake->memory, true), 0);
	assert_int_equal(aether_model_dma_map(model, BASE + PAGE, PAGE,
					      fake->memory + 2 * PAGE, true), 0);
	assert_null(model_dma(model, BASE + PAGE - 1, 2, true));
	assert_int_equal(aether_model_dma_map(model, BASE + 2 * PAGE, PAGE,
					      fake->memory + 3 * PAGE, false), 0);
	assert_null(model_dma(model, BASE + 2 * PAGE - 1, 2, false));
	assert_null(model_dma(model, BASE + 2 * PAGE, 1, true));
	assert_non_null(model_dma(model, BASE + 2 * PAGE, 1, false));
}

/** Any order of maps and unmaps answers as a page table does. */
static void
test_random_against_page_table(void **state)
{
	enum { PAGES = 64, ROUNDS = 20000 };
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	int first[PAGES];	/* of the mapping that the page belongs to; -1: none */
	bool writable[PAGES];
	unsigned int seed = 4711, i, round;

	for (i = 0; i < PAGES; i++)
		first[i] = -1;
	for (round = 0; round < ROUNDS; round++) {
		unsigned int at = rand_r(&seed) % PAGES;
		unsigned int n = 1 + rand_r(&seed) % 6;
		bool rw = rand_r(&seed) % 4 != 0;
		bool used = false, partial = false;

		n = RTE_MIN(n, PAGES - at);
		for (i = at; i < at + n; i++)
			used = used || first[i] >= 0;
		if (first[at] >= 0 && first[at] < (int)at)
			partial = true;
		if (at + n < PAGES && first[at + n] >= 0 && first[at + n] < (int)(at + n))
			partial = true;
		if (rand_r(&seed) % 2) {
			int ret = aether_model_dma_map(model, BASE + at * PAGE, n * PAGE,
						       fake->memory + at * PAGE, rw);

			assert_int_equal(ret, used ? -EEXIST : 0);
			for (i = at; !used && i < at + n; i++) {
				first[i] = at;
				writable[i] = rw;
			}
		} else {
			int ret = aether_model_dma_unmap(model, BASE + at * PAGE, n * PAGE);

			/* Partly inside on the right: the mapping began inside and goes on. */
			if (at + n < PAGES && first[at + n] >= 0 && first[at + n - 1] ==
			    first[at + n])
				partial = true;
			if (!used)
				partial = false;
			assert_int_equal(ret, partial ? -EINVAL : used ? 0 : -ENOENT);
			for (i = at; ret == 0 && i < at + n; i++)
				first[i] = -1;
		}
		i = rand_r(&seed) % PAGES;
		assert_ptr_equal(model_dma_try(model, NULL, BASE + i * PAGE, PAGE, false),
				 first[i] >= 0 ? fake->memory + i * PAGE : NULL);
		assert_ptr_equal(model_dma_try(model, NULL, BASE + i * PAGE, PAGE, true),
				 first[i] >= 0 && writable[i] ? fake->memory + i * PAGE : NULL);
	}
	assert_true(model->iommu.n_spans <= model->iommu.n_maps);
}

/** What a queue remembers of the table goes with the mapping. */
static void
test_unmap_reaches_queues(void **state)
{
	struct fake *fake = *state;
	struct aether_model *model = fake->model;
	struct fake_rxq rxq = { .rxdid = E810_RXDID_FLEX_NIC };
	struct fake_txq txq = { 0 };
	uint8_t frame[64], *buffer = malloc(PAGE);
	unsigned int i;

	assert_int_equal(fake_rxq_enable(fake, &rxq), 0);
	assert_int_equal(fake_txq_enable(fake, &txq), 0);
	assert_non_null(buffer);
	assert_int_equal(aether_model_dma_map(model, BASE, PAGE, buffer, true), 0);
	fake_rxq_post(fake, &rxq, 56);
	for (i = 0; i < rxq.qlen; i++)
		fake_rx_desc(&rxq, i)[0] = BASE;
	fake_frame(frame, sizeof(frame), 0x020000000001, 0x88B5, 1);
	fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, 64, 1), 1);
	assert_memory_equal(buffer, frame, sizeof(frame));
	assert_int_equal(model->stats.dma_faults, 0);

	assert_int_equal(aether_model_dma_unmap(model, BASE, PAGE), 0);
	free(buffer);		/* a touch is an error under the address sanitizer */
	fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, 64, 1), 1);
	assert_int_equal(model->stats.dma_faults, 1);
	assert_int_equal(model->n_rx_active, 1);

	/* The rings go: the queues stop, and say so. */
	assert_int_equal(aether_model_dma_unmap(model, FAKE_IOVA, FAKE_MEMORY), 0);
	assert_int_equal(model->n_rx_active, 0);
	assert_int_equal(model->n_tx_active, 0);
	assert_int_equal(model->stats.dma_faults, 3);
	assert_int_equal(fake->oicr & PFINT_OICR_PCI_EXCEPTION, PFINT_OICR_PCI_EXCEPTION);
	fake_arrive(fake, frame, sizeof(frame));
	assert_int_equal(model_rx_step(model, 64, 1), 1);
	assert_int_equal(model_tx_step(model, 64, 1), 0);
	assert_int_equal(model->wire_stats.rx_dropped, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
		T(test_map_refuses),
		T(test_access_inside_only),
		T(test_merge_and_partial_unmap),
		T(test_unmap_refuses),
		T(test_no_false_merge),
		T(test_random_against_page_table),
		T(test_unmap_reaches_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
