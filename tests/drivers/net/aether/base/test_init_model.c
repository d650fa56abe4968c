/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * base/ and the in-process door on the device model: two parties that share nothing but the header
 * of hardware facts.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_io.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include <aether_model.h>

#include "base/aether_internal.h"
#include "fake_e810.h"

#define WAIT_MS		2000
#define N_DESC		64
#define FRAME_LEN	100

struct bench {
	struct aether_bus *bus;
	struct aether_model *model;
	struct aether_hw hw;
};

static const uint8_t our_mac[6] = {0x02, 0xae, 0x00, 0x00, 0x00, 0x01};

static int
bench_open(struct bench *b, const char *wire, const char *fault)
{
	const struct aether_bus_model_conf conf = {
		.name = "base_test", .wire = wire, .fault = fault, .speed_mbps = 100000,
		.cpu = -1, .mac = our_mac, .ddp_preloaded = true,
	};
	int ret;

	memset(b, 0, sizeof(*b));
	ret = aether_bus_model_open(&conf, &b->bus);
	if (ret != 0)
		return ret;
	b->model = aether_bus_model_get(b->bus);
	b->hw.bus = b->bus;
	snprintf(b->hw.name, sizeof(b->hw.name), "base_test");
	return 0;
}

static void
bench_close(struct bench *b)
{
	aether_hw_fini(&b->hw);
	b->bus->ops->close(b->bus);
}

static unsigned int
count_dir(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* Mappings of files, and memory files: those without a name are the allocator's, which leak
 * detection looks after. */
static unsigned int
count_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned int n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strchr(line, '/') != NULL;
	fclose(file);
	return n;
}

/* ---------------------------------------------------------------- bring-up ------------------ */

static void
test_bring_up(void **state)
{
	struct aether_model_stats stats;
	struct bench b;

	(void)state;
	assert_int_equal(bench_open(&b, "loop", ""), 0);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_int_equal(b.hw.device_id, E810_DEV_ID_C_QSFP);
	assert_true(b.hw.serial != 0);
	assert_memory_equal(&b.hw.perm_mac, our_mac, 6);
	assert_int_equal(b.hw.versions.api_major, 1);
	assert_int_not_equal(b.hw.versions.fw_major, 0);
	assert_int_not_equal(b.hw.versions.nvm_major, 0);
	assert_int_not_equal(b.hw.versions.eetrack, 0);
	assert_false(b.hw.caps.safe_mode);
	assert_true(b.hw.ddp.active);
	assert_false(b.hw.ddp.downloaded);
	assert_true(b.hw.flex.valid);
	assert_true(b.hw.caps.rx_queues > 1);
	assert_true(b.hw.caps.tx_queues > 1);
	assert_in_range(b.hw.caps.max_mtu, 9000, 9728);
	assert_true(b.hw.link.up);
	assert_true(b.hw.link.media);
	assert_int_equal(b.hw.link.speed_mbps, 100000);
	assert_int_not_equal(b.hw.phy_types_low, 0);
	aether_hw_fini(&b.hw);
	/* Not one command that the device did not know or did not like, no stray DMA. */
	aether_model_stats_get(b.model, &stats);
	assert_int_equal(stats.aq_errors, 0);
	assert_int_equal(stats.aq_unmodelled, 0);
	assert_int_equal(stats.dma_faults, 0);
	assert_int_not_equal(stats.aq_commands, 0);
	bench_close(&b);
}

static void
test_slower_port(void **state)
{
	const struct aether_bus_model_conf conf = {
		.name = "base_test", .wire = "loop", .speed_mbps = 25000, .cpu = -1,
		.ddp_preloaded = true,
	};
	struct bench b = {0};

	(void)state;
	assert_int_equal(aether_bus_model_open(&conf, &b.bus), 0);
	b.hw.bus = b.bus;
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_int_equal(b.hw.link.speed_mbps, 25000);
	/* Derived from the name when none is given: there, and locally administered. */
	assert_true(rte_is_local_admin_ether_addr(&b.hw.perm_mac));
	bench_close(&b);
}

static void
test_whole_flash(void **state)
{
	struct bench b;
	uint8_t *flash;
	uint32_t size;
	uint16_t eetrack[2];

	(void)state;
	assert_int_equal(bench_open(&b, "loop", ""), 0);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	size = 1024u << aether_field(aether_read(&b.hw, GLNVM_GENS), GLNVM_GENS_SR_SIZE_M);
	flash = malloc(size);
	assert_int_equal(aether_nvm_read(&b.hw, 0, size, flash), 0);
	memcpy(eetrack, flash + 2 * E810_SR_NVM_EETRACK_LO, sizeof(eetrack));
	assert_int_equal((uint32_t)eetrack[1] << 16 | eetrack[0], b.hw.versions.eetrack);
	assert_int_equal(aether_nvm_read(&b.hw, size, 1, flash), -EINVAL);
	free(flash);
	bench_close(&b);
}

static void
test_second_bring_up(void **state)
{
	struct bench b;
	unsigned int i;

	(void)state;
	assert_int_equal(bench_open(&b, "loop", ""), 0);
	for (i = 0; i < 5; i++) {
		assert_int_equal(aether_hw_init(&b.hw), 0);
		assert_int_equal(aether_vsi_add(&b.hw, 1, 1), 0);
		aether_hw_fini(&b.hw);
	}
	bench_close(&b);
}

/* ---------------------------------------------------------------- failures ------------------ */

/* Each command of a bring-up in turn is refused, until there is none left to refuse. */
static void
test_each_command_refused(void **state)
{
	static const unsigned int codes[] = {E810_AQ_RC_EIO, E810_AQ_RC_ENOSPC};
	const unsigned int memzones = test_memzones();
	struct aether_model_stats stats;
	unsigned int c, n, failed;
	char fault[32];
	struct bench b;

	(void)state;
	for (c = 0; c < RTE_DIM(codes); c++) {
		failed = 0;
		for (n = 0;; n++) {
			int ret;

			snprintf(fault, sizeof(fault), "aq:nth:%u:%u", n, codes[c]);
			assert_int_equal(bench_open(&b, "loop", fault), 0);
			ret = aether_hw_init(&b.hw);
			aether_model_stats_get(b.model, &stats);
			if (ret == 0 && stats.aq_errors == 0)
				break;
			if (ret != 0) {
				failed++;
				assert_int_equal(b.hw.init_done, 0);
				assert_int_equal(test_memzones(), memzones);
				assert_int_equal(aether_read(&b.hw, PF_FW_ATQLEN), 0);
			}
			bench_close(&b);
			assert_int_equal(test_memzones(), memzones);
		}
		bench_close(&b);
		assert_in_range(failed, 18, n);
	}
}

static void
test_command_without_answer(void **state)
{
	const unsigned int memzones = test_memzones();
	struct bench b;

	(void)state;
	assert_int_equal(bench_open(&b, "loop", "aq-timeout:0x0107"), 0);
	b.hw.timing.adminq_us = 20000;
	assert_int_equal(aether_hw_init(&b.hw), -ETIMEDOUT);
	assert_int_equal(test_memzones(), memzones);
	bench_close(&b);
}

static void
test_reset_never_ends(void **state)
{
	const unsigned int memzones = test_memzones();
	struct bench b;
	char *log;

	(void)state;
	assert_int_equal(bench_open(&b, "loop", "reset-stuck"), 0);
	b.hw.timing.reset_us = 20000;
	test_log_begin();
	assert_int_equal(aether_hw_init(&b.hw), -ETIMEDOUT);
	log = test_log_end();
	assert_non_null(strstr(log, "stuck in reset"));
	free(log);
	assert_int_equal(test_memzones(), memzones);
	bench_close(&b);
}

static void
test_door_refuses(void **state)
{
	unsigned int fds = count_dir("/proc/self/fd"), threads = count_dir("/proc/self/task");
	struct aether_bus_model_conf conf = {.name = "base_test", .cpu = -1};
	struct aether_bus *bus = NULL, *twin = NULL;

	(void)state;
	conf.wire = "moonbeam";
	assert_true(aether_bus_model_open(&conf, &bus) < 0);
	conf.wire = "loop";
	conf.fault = "nonsense";
	assert_true(aether_bus_model_open(&conf, &bus) < 0);
	conf.fault = NULL;
	conf.cpu = 4711;
	assert_true(aether_bus_model_open(&conf, &bus) < 0);
	conf.cpu = -1;
	assert_null(bus);
	assert_int_equal(count_dir("/proc/self/fd"), fds);
	assert_int_equal(count_dir("/proc/self/task"), threads);

	assert_int_equal(aether_bus_model_open(&conf, &bus), 0);
	assert_int_equal(aether_bus_model_open(&conf, &twin), -EEXIST);
	bus->ops->close(bus);
	assert_int_equal(count_dir("/proc/self/fd"), fds);
	assert_int_equal(count_dir("/proc/self/task"), threads);
}

/* ---------------------------------------------------------------- link and interrupts ------- */

static void
test_link_event(void **state)
{
	uint8_t *buf = malloc(E810_AQ_MAX_BUF_LEN);
	struct pollfd poll_fd = {.events = POLLIN};
	struct e810_aq_desc desc;
	eventfd_t count;
	struct bench b;
	int i;

	(void)state;
	assert_int_equal(bench_open(&b, "loop", ""), 0);
	assert_in_range(b.bus->ops->irq_count(b.bus), 2, E810_MAX_MSIX);
	poll_fd.fd = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(b.bus->ops->irq_bind(b.bus, 0, poll_fd.fd), 0);
	assert_int_equal(b.bus->ops->irq_bind(b.bus, 1 << 20, poll_fd.fd), -EINVAL);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_int_equal(aether_link_update(&b.hw, true), 0);
	aether_irq0_enable(&b.hw);

	/* Twice: the event must be asked for again, and the vector armed again. */
	for (i = 0; i < 2; i++) {
		aether_model_link_set(b.model, i == 1);
		assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
		assert_int_equal(eventfd_read(poll_fd.fd, &count), 0);
		assert_int_equal(aether_irq0_cause(&b.hw) & PFINT_OICR_MAL_DETECT, 0);
		assert_int_equal(aether_adminq_event(&b.hw, &desc, buf), 1);
		assert_int_equal(rte_le_to_cpu_16(desc.opcode), E810_AQC_GET_LINK_STATUS);
		if (i == 0) {	/* and what is wrong with it */
			assert_int_equal(aether_adminq_event(&b.hw, &desc, buf), 1);
			assert_int_equal(rte_le_to_cpu_16(desc.opcode),
					 E810_AQC_GET_HEALTH_STATUS);
		}
		assert_int_equal(aether_adminq_event(&b.hw, &desc, buf), 0);
		assert_int_equal(aether_link_update(&b.hw, true), 0);
		assert_int_equal(b.hw.link.up, i == 1);
		aether_irq0_enable(&b.hw);
	}

	/* Disabled, it is silent. */
	aether_irq0_disable(&b.hw);
	aether_model_link_set(b.model, false);
	assert_int_equal(poll(&poll_fd, 1, 50), 0);
	bench_close(&b);
	close(poll_fd.fd);
	free(buf);
}

static void
test_phy_is_put_back(void **state)
{
	struct bench b;

	(void)state;
	assert_int_equal(bench_open(&b, "loop", ""), 0);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_int_equal(aether_link_set(&b.hw, false), 0);
	assert_int_equal(aether_link_update(&b.hw, false), 0);
	assert_false(b.hw.link.up);
	aether_hw_fini(&b.hw);

	assert_int_equal(aether_hw_init(&b.hw), 0);
	assert_true(b.hw.link.up);
	bench_close(&b);
}

/* ---------------------------------------------------------------- queues -------------------- */

/** A queue pair without ethdev: rings and buffers in one allocation. */
struct rings {
	struct e810_rx_desc_flex rx[N_DESC] __rte_aligned(128);
	struct e810_tx_desc tx[N_DESC] __rte_aligned(128);
	uint8_t rx_buf[N_DESC][2048] __rte_aligned(128);
	uint8_t tx_buf[2048];
	unsigned int rx_next, tx_next;
};

static struct rings *
queues_start(struct bench *b)
{
	struct rings *rings = rte_zmalloc(NULL, sizeof(*rings), 128);
	struct aether_rxq_conf conf = {
		.n_desc = N_DESC, .buf_len = 2048, .max_frame = 1518,
		.rxdid = E810_RXDID_FLEX_NIC,
	};
	unsigned int i;

	assert_non_null(rings);
	conf.ring_iova = rte_mem_virt2iova(rings->rx);
	for (i = 0; i < N_DESC; i++) {
		const struct e810_rx_desc_read desc = {
			.pkt_addr = rte_cpu_to_le_64(rte_mem_virt2iova(rings->rx_buf[i])),
		};

		memcpy(&rings->rx[i], &desc, sizeof(desc));
	}
	assert_int_equal(aether_vsi_add(&b->hw, 1, 1), 0);
	assert_int_equal(aether_rxq_start(&b->hw, 0, &conf), 0);
	aether_vector_poll(&b->hw, 1);
	aether_rxq_irq_bind(&b->hw, 0, 1);
	aether_txq_irq_bind(&b->hw, 0, 1);
	rte_io_wmb();
	*aether_bus_doorbell(b->bus, QRX_TAIL(0)) = N_DESC - 1;
	assert_int_equal(aether_txq_start(&b->hw, 0, rte_mem_virt2iova(rings->tx), N_DESC), 0);
	return rings;
}

static void
queues_stop(struct bench *b, struct rings *rings)
{
	assert_int_equal(aether_txq_stop(&b->hw, 0), 0);
	assert_int_equal(aether_rxq_stop(&b->hw, 0), 0);
	assert_int_equal(aether_vsi_free(&b->hw), 0);
	rte_free(rings);
}

/* Until the device has sent it: what is to become of it is then decided within one more step. */
static void
send_frame(struct bench *b, struct rings *rings, uint64_t buf_iova)
{
	volatile struct e810_tx_desc *desc = &rings->tx[rings->tx_next];
	unsigned int i;

	desc->buf_addr = rte_cpu_to_le_64(buf_iova);
	desc->cmd_type_offset_bsz =
		rte_cpu_to_le_64(E810_TXD_DTYPE_DATA |
				 (uint64_t)(E810_TXD_CMD_EOP | E810_TXD_CMD_RS) <<
				 E810_TXD_QW1_CMD_S |
				 (uint64_t)FRAME_LEN << E810_TXD_QW1_BUF_SZ_S);
	rings->tx_next = (rings->tx_next + 1) % N_DESC;
	rte_io_wmb();
	*aether_bus_doorbell(b->bus, QTX_COMM_DBELL(0)) = rings->tx_next;
	for (i = 0; i < WAIT_MS * 10 && (desc->cmd_type_offset_bsz &
			rte_cpu_to_le_64(E810_TXD_QW1_DTYPE_M)) !=
			rte_cpu_to_le_64(E810_TXD_DTYPE_DESC_DONE); i++)
		rte_delay_us_sleep(100);
}

static void
fill_frame(uint8_t *frame, const void *dst, uint8_t seed)
{
	unsigned int i;

	for (i = 0; i < FRAME_LEN; i++)
		frame[i] = seed + 37 * i;
	memcpy(frame, dst, 6);
	memset(frame + 6, 0x02, 6);
	frame[12] = 0x08;
	frame[13] = 0x00;
}

/* @return bytes received, 0: nothing came within ms */
static unsigned int
receive(struct rings *rings, unsigned int ms, const uint8_t **frame)
{
	volatile struct e810_rx_desc_flex *desc = &rings->rx[rings->rx_next];
	unsigned int i;

	for (i = 0; i < ms * 10; i++) {
		if (desc->status_error0 & rte_cpu_to_le_16(E810_RXD_FLEX_STATUS0_DD)) {
			rte_io_rmb();
			*frame = rings->rx_buf[rings->rx_next];
			rings->rx_next++;
			return rte_le_to_cpu_16(desc->pkt_len) & E810_RXD_FLEX_PKT_LEN_M;
		}
		rte_delay_us_sleep(100);
	}
	return 0;
}

static void
expect(struct bench *b, struct rings *rings, const void *dst, bool comes)
{
	const uint8_t *frame = NULL;
	unsigned int len;

	fill_frame(rings->tx_buf, dst, rings->rx_next);
	send_frame(b, rings, rte_mem_virt2iova(rings->tx_buf));
	len = receive(rings, comes ? WAIT_MS : 50, &frame);
	assert_int_equal(len, comes ? FRAME_LEN : 0);
	if (comes)
		assert_memory_equal(frame, rings->tx_buf, FRAME_LEN);
}

/* What the rules let in, seen by frames that go out and come back. */
static void
test_frames_and_rules(void **state)
{
	static const struct rte_ether_addr stranger = {.addr_bytes = {0, 1, 2, 3, 4, 5}};
	static const struct rte_ether_addr group = {.addr_bytes = {1, 0, 0x5e, 1, 2, 3}};
	static const struct rte_ether_addr broadcast = {
		.addr_bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};
	struct aether_stats_state stats = {0};
	struct aether_model_stats model_stats;
	struct rings *rings;
	struct bench b;

	(void)state;
	assert_int_equal(bench_open(&b, "loop", ""), 0);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	rings = queues_start(&b);
	aether_stats_update(&b.hw, &stats);

	expect(&b, rings, &b.hw.perm_mac, false);
	assert_int_equal(aether_mac_rule_add(&b.hw, &b.hw.perm_mac), 0);
	expect(&b, rings, &b.hw.perm_mac, true);
	expect(&b, rings, &broadcast, false);
	assert_int_equal(aether_mac_rule_add(&b.hw, &broadcast), 0);
	expect(&b, rings, &broadcast, true);
	expect(&b, rings, &group, false);
	assert_int_equal(aether_allmulti_set(&b.hw, true), 0);
	expect(&b, rings, &group, true);
	assert_int_equal(aether_allmulti_set(&b.hw, false), 0);
	expect(&b, rings, &group, false);
	expect(&b, rings, &stranger, false);
	assert_int_equal(aether_promisc_set(&b.hw, true), 0);
	expect(&b, rings, &stranger, true);
	expect(&b, rings, &group, true);
	assert_int_equal(aether_promisc_set(&b.hw, false), 0);
	expect(&b, rings, &stranger, false);

	aether_stats_update(&b.hw, &stats);
	/* Ours: 2; strangers: 3. Group: 4, broadcast: 2. The wire brought all back. */
	assert_int_equal(stats.total.tx_unicast, 5);
	assert_int_equal(stats.total.tx_multicast, 4);
	assert_int_equal(stats.total.tx_broadcast, 2);
	assert_int_equal(stats.total.rx_unicast, 5);
	assert_int_equal(stats.total.tx_bytes, 11 * (FRAME_LEN + RTE_ETHER_CRC_LEN));
	assert_int_equal(stats.total.vsi_tx_bytes, 11 * FRAME_LEN);
	assert_int_equal(stats.total.vsi_rx_unicast, 2);
	assert_int_equal(stats.total.vsi_rx_multicast, 2);
	assert_int_equal(stats.total.vsi_rx_broadcast, 1);
	assert_int_equal(stats.total.vsi_rx_bytes, 5 * (FRAME_LEN + RTE_ETHER_CRC_LEN));
	assert_int_equal(stats.total.rx_size[1], 11);

	queues_stop(&b, rings);
	aether_model_stats_get(b.model, &model_stats);
	assert_int_equal(model_stats.dma_faults, 0);
	assert_int_equal(model_stats.mdd_events, 0);
	assert_int_equal(model_stats.aq_errors, 0);
	bench_close(&b);
}

/* Memory that is not EAL's: out of the device's reach until it is mapped, and after. */
static void
test_external_memory(void **state)
{
	struct aether_model_stats stats;
	const uint8_t *frame;
	struct rings *rings;
	uint8_t *outside = aligned_alloc(4096, 4096);
	struct bench b;

	(void)state;
	assert_non_null(outside);
	assert_int_equal(bench_open(&b, "loop", ""), 0);
	assert_int_equal(aether_hw_init(&b.hw), 0);
	rings = queues_start(&b);
	assert_int_equal(aether_promisc_set(&b.hw, true), 0);
	fill_frame(outside, our_mac, 1);

	assert_int_equal(b.bus->ops->dma_map(b.bus, outside, UINT64_C(1) << 40, 4096), 0);
	assert_int_equal(b.bus->ops->dma_map(b.bus, outside, UINT64_C(1) << 40, 4096), -EEXIST);
	send_frame(&b, rings, UINT64_C(1) << 40);
	assert_int_equal(receive(rings, WAIT_MS, &frame), FRAME_LEN);
	assert_memory_equal(frame, outside, FRAME_LEN);
	assert_int_equal(b.bus->ops->dma_unmap(b.bus, outside, UINT64_C(1) << 40, 4096), 0);
	aether_model_stats_get(b.model, &stats);
	assert_int_equal(stats.dma_faults, 0);

	send_frame(&b, rings, UINT64_C(1) << 40);
	assert_int_equal(receive(rings, 20, &frame), 0);
	aether_model_stats_get(b.model, &stats);
	assert_int_not_equal(stats.dma_faults, 0);
	aether_hw_fini(&b.hw);
	rte_free(rings);
	bench_close(&b);
	free(outside);
}

static void
test_many_lives_leak_nothing(void **state)
{
	unsigned int fds = 0, threads = 0, maps = 0, i;
	const unsigned int memzones = test_memzones();
	struct rings *rings;
	struct bench b;

	(void)state;
	for (i = 0; i < 60; i++) {
		assert_int_equal(bench_open(&b, "loop", ""), 0);
		assert_int_equal(aether_hw_init(&b.hw), 0);
		rings = queues_start(&b);
		assert_int_equal(aether_mac_rule_add(&b.hw, &b.hw.perm_mac), 0);
		expect(&b, rings, &b.hw.perm_mac, true);
		if (i % 2 == 0) {
			queues_stop(&b, rings);
		} else {
			/* Close alone must do. */
			aether_hw_fini(&b.hw);
			rte_free(rings);
		}
		bench_close(&b);
		if (i == 9) {
			fds = count_dir("/proc/self/fd");
			threads = count_dir("/proc/self/task");
			maps = count_maps();
		}
	}
	assert_int_equal(count_dir("/proc/self/fd"), fds);
	assert_int_equal(count_dir("/proc/self/task"), threads);
	assert_int_equal(count_maps(), maps);
	assert_int_equal(test_memzones(), memzones);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bring_up),
		cmocka_unit_test(test_slower_port),
		cmocka_unit_test(test_whole_flash),
		cmocka_unit_test(test_second_bring_up),
		cmocka_unit_test(test_each_command_refused),
		cmocka_unit_test(test_command_without_answer),
		cmocka_unit_test(test_reset_never_ends),
		cmocka_unit_test(test_door_refuses),
		cmocka_unit_test(test_link_event),
		cmocka_unit_test(test_phy_is_put_back),
		cmocka_unit_test(test_frames_and_rules),
		cmocka_unit_test(test_external_memory),
		cmocka_unit_test(test_many_lives_leak_nothing),
	};

	return cmocka_run_group_tests(tests, test_eal_init, test_eal_cleanup);
}
