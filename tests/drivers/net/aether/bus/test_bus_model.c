/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * bus_model.c and bus_memory.c against a fake EAL memory and a fake model: what is mapped and
 * unmapped when, and that each failure of opening gives everything back. The files under test are
 * included, with the functions that they call renamed.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include <aether_model.h>

#define MAX_MAPS	64
#define MODEL_BAR0_FD	1234
#define PAGE		4096

struct map {
	uint64_t iova;
	size_t len;
	void *va;
};

static struct {
	/* EAL */
	bool hugepages;
	struct rte_memseg_list msl;
	struct rte_memseg ms[16];
	unsigned int n_ms;
	int register_errno;
	rte_mem_event_callback_t callback;
	void *callback_arg;
	char callback_name[RTE_MEM_EVENT_CALLBACK_NAME_LEN];
	int locked;
	/* model */
	int create_errno;
	unsigned int models;
	struct aether_model_conf conf;
	unsigned int map_fails_at;	/* n-th map call from 0 */
	unsigned int n_map_calls;
	struct map maps[MAX_MAPS];
	unsigned int n_maps;
	int service_ret;
	bool in_service;
	int cpu;
	unsigned int busy[16];
	unsigned int n_busy;
	char order[16];			/* s: service out, u: callback out, d: destroyed */
} fake;

static bool
fake_rte_eal_has_hugepages(void)
{
	return fake.hugepages;
}

static void
fake_rte_mcfg_mem_read_lock(void)
{
	fake.locked++;
}

static void
fake_rte_mcfg_mem_read_unlock(void)
{
	fake.locked--;
}

static int
fake_rte_memseg_walk_thread_unsafe(rte_memseg_walk_t fn, void *arg)
{
	unsigned int i;

	assert_int_equal(fake.locked, 1);
	for (i = 0; i < fake.n_ms; i++)
		if (fn(&fake.msl, &fake.ms[i], arg) != 0)
			return -1;
	return 0;
}

static int
fake_rte_mem_event_callback_register(const char *name, rte_mem_event_callback_t fn, void *arg)
{
	/* Else a page could come between the walk and here. */
	assert_int_equal(fake.locked, 1);
	if (fake.register_errno != 0) {
		rte_errno = fake.register_errno;
		return -1;
	}
	snprintf(fake.callback_name, sizeof(fake.callback_name), "%s", name);
	fake.callback = fn;
	fake.callback_arg = arg;
	return 0;
}

static int
fake_rte_mem_event_callback_unregister(const char *name, void *arg)
{
	assert_string_equal(name, fake.callback_name);
	assert_ptr_equal(arg, fake.callback_arg);
	fake.callback = NULL;
	strcat(fake.order, "u");
	return 0;
}

static struct rte_memseg_list *
fake_rte_mem_virt2memseg_list(const void *addr)
{
	(void)addr;
	return &fake.msl;
}

static struct rte_memseg *
fake_rte_mem_virt2memseg(const void *addr, const struct rte_memseg_list *msl)
{
	unsigned int i;

	(void)msl;
	for (i = 0; i < fake.n_ms; i++)
		if (fake.ms[i].addr == addr)
			return &fake.ms[i];
	return NULL;
}

static unsigned int
fake_rte_get_next_lcore(unsigned int i, int skip_main, int wrap)
{
	(void)wrap;
	do
		i++;
	while (skip_main && i == 0);
	return i < 2 ? i : RTE_MAX_LCORE;
}

/* The main lcore, 0, may run on CPUs 9 and 5, lcore 1 on 5 and 7. */
static rte_cpuset_t
fake_rte_lcore_cpuset(unsigned int lcore)
{
	rte_cpuset_t set;

	CPU_ZERO(&set);
	CPU_SET(5, &set);
	CPU_SET(lcore == 0 ? 9 : 7, &set);
	return set;
}

static char model_memory[8];

static struct aether_model *
fake_aether_model_create(const struct aether_model_conf *conf)
{
	if (fake.create_errno != 0) {
		rte_errno = fake.create_errno;
		return NULL;
	}
	fake.models++;
	fake.conf = *conf;
	return (struct aether_model *)(void *)model_memory;
}

static void
fake_aether_model_destroy(struct aether_model *model)
{
	if (model == NULL)
		return;
	assert_false(fake.in_service);
	fake.models--;
	fake.n_maps = 0;
	strcat(fake.order, "d");
}

static void *
fake_aether_model_bar0(struct aether_model *model)
{
	return model;
}

static int
fake_aether_model_bar0_fd(const struct aether_model *model)
{
	assert_ptr_equal(model, model_memory);
	return MODEL_BAR0_FD;
}

static int
fake_aether_model_dma_map(struct aether_model *model, uint64_t iova, size_t len, void *va,
			  bool writable)
{
	unsigned int i;

	(void)model;
	assert_true(writable);
	assert_int_not_equal(len, 0);
	if (fake.n_map_calls++ == fake.map_fails_at)
		return -ENOMEM;
	for (i = 0; i < fake.n_maps; i++)
		if (iova < fake.maps[i].iova + fake.maps[i].len && fake.maps[i].iova < iova + len)
			return -EEXIST;
	assert_true(fake.n_maps < MAX_MAPS);
	fake.maps[fake.n_maps++] = (struct map){iova, len, va};
	return 0;
}

/* As the model's: a mapping goes as it came, or not at all. */
static int
fake_aether_model_dma_unmap(struct aether_model *model, uint64_t iova, size_t len)
{
	unsigned int i;

	(void)model;
	for (i = 0; i < fake.n_maps; i++) {
		if (fake.maps[i].iova == iova && fake.maps[i].len == len) {
			fake.maps[i] = fake.maps[--fake.n_maps];
			return 0;
		}
	}
	return -ENOENT;
}

static int
fake_aether_model_service_add(struct aether_model *model, int cpu, const unsigned int *busy,
			      unsigned int n_busy)
{
	(void)model;
	/* The thread must not find the device without its memory. */
	assert_true(fake.n_maps > 0 || fake.n_ms == 0);
	fake.cpu = cpu;
	fake.n_busy = RTE_MIN(n_busy, RTE_DIM(fake.busy));
	memcpy(fake.busy, busy, fake.n_busy * sizeof(*busy));
	fake.in_service = fake.service_ret == 0;
	return fake.service_ret;
}

static void
fake_aether_model_service_remove(struct aether_model *model)
{
	(void)model;
	assert_true(fake.in_service);
	fake.in_service = false;
	strcat(fake.order, "s");
}

static int
fake_aether_model_irq_bind(struct aether_model *model, unsigned int vector, int eventfd)
{
	(void)model;
	return vector == 1 && eventfd == 42 ? 0 : -EINVAL;
}

#define rte_eal_has_hugepages			fake_rte_eal_has_hugepages
#define rte_mcfg_mem_read_lock			fake_rte_mcfg_mem_read_lock
#define rte_mcfg_mem_read_unlock		fake_rte_mcfg_mem_read_unlock
#define rte_memseg_walk_thread_unsafe		fake_rte_memseg_walk_thread_unsafe
#define rte_mem_event_callback_register		fake_rte_mem_event_callback_register
#define rte_mem_event_callback_unregister	fake_rte_mem_event_callback_unregister
#define rte_mem_virt2memseg_list		fake_rte_mem_virt2memseg_list
#define rte_mem_virt2memseg			fake_rte_mem_virt2memseg
#define rte_get_next_lcore			fake_rte_get_next_lcore
#define rte_lcore_cpuset			fake_rte_lcore_cpuset
#define aether_model_create			fake_aether_model_create
#define aether_model_destroy			fake_aether_model_destroy
#define aether_model_bar0			fake_aether_model_bar0
#define aether_model_bar0_fd			fake_aether_model_bar0_fd
#define aether_model_dma_map			fake_aether_model_dma_map
#define aether_model_dma_unmap			fake_aether_model_dma_unmap
#define aether_model_service_add		fake_aether_model_service_add
#define aether_model_service_remove		fake_aether_model_service_remove
#define aether_model_irq_bind			fake_aether_model_irq_bind
#include "bus/bus_memory.c"
#include "bus/bus_model.c"

static const struct aether_bus_model_conf conf = {
	.name = "net_aether0", .wire = "loop", .fault = "", .speed_mbps = 25000, .cpu = 3,
};

static void
add_segment(uint64_t va, uint64_t iova)
{
	struct rte_memseg *ms = &fake.ms[fake.n_ms++];

	ms->addr = (void *)(uintptr_t)va;
	ms->iova = iova;
	ms->len = PAGE;
}

static int
setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.map_fails_at = UINT32_MAX;
	rte_log_set_level(aether_bus_logtype, RTE_LOG_EMERG);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(fake.models, 0);
	assert_int_equal(fake.locked, 0);
	assert_false(fake.in_service);
	assert_null(fake.callback);
	return 0;
}

static struct aether_bus *
open_bus(void)
{
	struct aether_bus *bus = NULL;

	assert_int_equal(aether_bus_model_open(&conf, &bus), 0);
	assert_non_null(bus);
	return bus;
}

static void
test_configuration_is_passed(void **state)
{
	static const uint8_t mac[] = {2, 3, 4, 5, 6, 7};
	struct aether_bus_model_conf with_mac = conf;
	struct aether_bus *bus;

	(void)state;
	with_mac.mac = mac;
	assert_int_equal(aether_bus_model_open(&with_mac, &bus), 0);
	assert_string_equal(fake.conf.name, "net_aether0");
	assert_string_equal(fake.conf.wire, "loop");
	assert_int_equal(fake.conf.speed_mbps, 25000);
	assert_int_equal(fake.conf.bar0_fd, -1);
	assert_int_equal(fake.conf.bar_mode, AETHER_MODEL_BAR_CALL);
	assert_memory_equal(fake.conf.mac, mac, sizeof(mac));
	assert_int_equal(fake.cpu, 3);
	assert_ptr_equal(bus->bar0, model_memory);
	assert_int_equal(bus->bar0_len, 32u << 20);
	assert_ptr_equal(aether_bus_model_get(bus), model_memory);
	assert_int_equal(bus->bar0_fd, MODEL_BAR0_FD);
	assert_int_equal(bus->bar0_offset, 0);
	assert_int_equal(bus->ops->removal_fd(bus), -1);
	assert_int_equal(bus->ops->irq_bind(bus, 1, 42), 0);
	bus->ops->close(bus);
}

static void
test_busy_cpus(void **state)
{
	struct aether_bus *bus = open_bus();

	(void)state;
	assert_int_equal(fake.n_busy, 3);
	/* Main's own comes first, as the one to share if need be. */
	assert_int_equal(fake.busy[0], 9);
	assert_int_equal(fake.busy[1], 5);
	assert_int_equal(fake.busy[2], 7);
	bus->ops->close(bus);
}

/* Without huge pages: few mappings for many pages, split where either side is not contiguous. */
static void
test_small_pages_are_merged(void **state)
{
	struct aether_bus *bus;

	(void)state;
	add_segment(0x10000, 0x10000);
	add_segment(0x11000, 0x11000);
	add_segment(0x12000, 0x90000);	/* jumps in IOVA */
	add_segment(0x14000, 0x91000);	/* jumps in VA */
	add_segment(0x15000, 0x92000);
	bus = open_bus();
	assert_int_equal(fake.n_maps, 3);
	assert_int_equal(fake.maps[0].iova, 0x10000);
	assert_int_equal(fake.maps[0].len, 2 * PAGE);
	assert_int_equal(fake.maps[1].iova, 0x90000);
	assert_int_equal(fake.maps[1].len, PAGE);
	assert_int_equal(fake.maps[2].iova, 0x91000);
	assert_int_equal(fake.maps[2].len, 2 * PAGE);
	assert_ptr_equal(fake.maps[2].va, (void *)0x14000);
	bus->ops->close(bus);
}

/* With huge pages EAL frees one by one what came together, and mappings only go as they came. */
static void
test_huge_pages_come_and_go(void **state)
{
	struct aether_bus *bus;

	(void)state;
	fake.hugepages = true;
	add_segment(0x10000, 0x10000);
	add_segment(0x11000, 0x11000);
	bus = open_bus();
	assert_int_equal(fake.n_maps, 2);
	fake.callback(RTE_MEM_EVENT_FREE, (void *)0x10000, PAGE, fake.callback_arg);
	assert_int_equal(fake.n_maps, 1);
	assert_int_equal(fake.maps[0].iova, 0x11000);

	add_segment(0x20000, 0x70000);
	add_segment(0x21000, 0x50000);	/* physical addresses: anywhere */
	fake.callback(RTE_MEM_EVENT_ALLOC, (void *)0x20000, 2 * PAGE, fake.callback_arg);
	assert_int_equal(fake.n_maps, 3);
	fake.callback(RTE_MEM_EVENT_FREE, (void *)0x21000, PAGE, fake.callback_arg);
	assert_int_equal(fake.n_maps, 2);
	fake.callback(RTE_MEM_EVENT_FREE, (void *)0x20000, PAGE, fake.callback_arg);
	fake.callback(RTE_MEM_EVENT_FREE, (void *)0x11000, PAGE, fake.callback_arg);
	assert_int_equal(fake.n_maps, 0);
	bus->ops->close(bus);
}

/* A heap may have a million pages, and what is wrong with one is wrong with the next: one word. */
static void
test_event_fails(void **state)
{
	struct aether_bus *bus = open_bus();
	char *text = NULL, *line;
	unsigned int i, n = 0;
	size_t len = 0;
	FILE *log;

	(void)state;
	fake.hugepages = true;
	for (i = 0; i < 4; i++)
		add_segment(0x10000 + i * PAGE, 0x10000 + i * PAGE);
	log = open_memstream(&text, &len);
	assert_non_null(log);
	rte_openlog_stream(log);
	rte_log_set_level(aether_bus_logtype, RTE_LOG_NOTICE);
	fake.map_fails_at = fake.n_map_calls + 1;
	fake.callback(RTE_MEM_EVENT_ALLOC, (void *)0x10000, 4 * PAGE, fake.callback_arg);
	assert_int_equal(fake.n_maps, 1);
	fflush(log);
	assert_non_null(strstr(text, "8192 bytes that came with it are not tried"));
	/* What is mapped goes all the same. */
	fake.callback(RTE_MEM_EVENT_FREE, (void *)0x10000, 4 * PAGE, fake.callback_arg);
	assert_int_equal(fake.n_maps, 0);
	rte_openlog_stream(NULL);
	fclose(log);
	for (line = text; (line = strstr(line, "cannot ")) != NULL; line++)
		n++;
	assert_int_equal(n, 2);
	free(text);
	bus->ops->close(bus);
}

/* An event about memory that is not there must not run away. */
static void
test_event_without_segments(void **state)
{
	struct aether_bus *bus = open_bus();

	(void)state;
	fake.callback(RTE_MEM_EVENT_ALLOC, (void *)0x5000, 10 * PAGE, fake.callback_arg);
	assert_int_equal(fake.n_maps, 0);
	bus->ops->close(bus);
}

static void
test_foreign_memory_is_left_out(void **state)
{
	struct aether_bus *bus;

	(void)state;
	add_segment(0x10000, 0x10000);
	add_segment(0x11000, RTE_BAD_IOVA);
	bus = open_bus();
	assert_int_equal(fake.n_maps, 1);
	bus->ops->close(bus);

	fake.msl.external = 1;	/* rte_extmem_register() */
	fake.n_ms = 0;
	bus = open_bus();
	assert_int_equal(fake.n_maps, 0);
	bus->ops->close(bus);

	fake.msl.heap = 1;	/* rte_malloc_heap_memory_add() */
	add_segment(0x10000, 0x10000);
	bus = open_bus();
	assert_int_equal(fake.n_maps, 1);
	bus->ops->close(bus);
}

static void
test_external_memory_by_hand(void **state)
{
	struct aether_bus *bus = open_bus();

	(void)state;
	assert_int_equal(bus->ops->dma_map(bus, (void *)0x7000, 0x7000, PAGE), 0);
	assert_int_equal(fake.n_maps, 1);
	assert_ptr_equal(fake.maps[0].va, (void *)0x7000);
	assert_int_equal(bus->ops->dma_map(bus, (void *)0x7000, 0x7000, PAGE), -EEXIST);
	assert_int_equal(bus->ops->dma_unmap(bus, (void *)0x7000, 0x7000, PAGE), 0);
	assert_int_equal(bus->ops->dma_unmap(bus, (void *)0x7000, 0x7000, PAGE), -ENOENT);
	bus->ops->close(bus);
}

/* The thread is out first, events stop before the device goes. */
static void
test_close_in_order(void **state)
{
	struct aether_bus *bus = open_bus();

	(void)state;
	bus->ops->close(bus);
	assert_string_equal(fake.order, "sud");
}

/* --legacy-mem has no events to follow. */
static void
test_legacy_memory(void **state)
{
	struct aether_bus *bus;

	(void)state;
	fake.register_errno = ENOTSUP;
	bus = open_bus();
	assert_null(fake.callback);
	bus->ops->close(bus);
	assert_string_equal(fake.order, "sd");
}

static void
open_fails(int err, const char *order)
{
	struct aether_bus *bus = (struct aether_bus *)(uintptr_t)0x1;

	fake.order[0] = '\0';
	assert_int_equal(aether_bus_model_open(&conf, &bus), -err);
	/* Nothing is handed out. */
	assert_ptr_equal(bus, (struct aether_bus *)(uintptr_t)0x1);
	assert_string_equal(fake.order, order);
	assert_int_equal(fake.models, 0);
}

static void
test_open_fails(void **state)
{
	(void)state;
	add_segment(0x10000, 0x10000);
	add_segment(0x20000, 0x20000);

	fake.create_errno = EEXIST;
	open_fails(EEXIST, "");
	fake.create_errno = 0;

	fake.map_fails_at = 0;
	open_fails(ENOMEM, "d");
	fake.n_map_calls = 0;
	fake.map_fails_at = 1;	/* the one after the walk */
	open_fails(ENOMEM, "d");
	fake.map_fails_at = UINT32_MAX;

	fake.register_errno = ENOMEM;
	open_fails(ENOMEM, "d");
	fake.register_errno = 0;

	/* The service may return pthread's positive errors. */
	fake.service_ret = EAGAIN;
	open_fails(EAGAIN, "ud");
	fake.service_ret = -EINVAL;
	open_fails(EINVAL, "ud");
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_configuration_is_passed),
		TEST(test_busy_cpus),
		TEST(test_small_pages_are_merged),
		TEST(test_huge_pages_come_and_go),
		TEST(test_event_fails),
		TEST(test_event_without_segments),
		TEST(test_foreign_memory_is_left_out),
		TEST(test_external_memory_by_hand),
		TEST(test_close_in_order),
		TEST(test_legacy_memory),
		TEST(test_open_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
