/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Registers, resets, interrupts, configuration space, power-on. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_errno.h>

#include "ctl_host.h"
#include "model_priv.h"

static int
setup(void **state)
{
	static struct host host;

	host_open(&host, NULL);
	*state = &host;
	return 0;
}

static int
teardown(void **state)
{
	host_close(*state);
	return 0;
}

static uint64_t
eventfd_count(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void
reset_values(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_read(host, PF_FUNC_RID), 0);
	assert_int_equal(host_read(host, GLNVM_ULD) & GLNVM_ULD_DONE_M, GLNVM_ULD_DONE_M);
	assert_int_equal(host_read(host, GLGEN_RSTAT) & GLGEN_RSTAT_DEVSTATE_M, 0);
	assert_int_equal(host_read(host, GLNVM_FLA) & GLNVM_FLA_LOCKED, GLNVM_FLA_LOCKED);
	/* 2^6 KiB of shadow RAM. */
	assert_int_equal((host_read(host, GLNVM_GENS) & GLNVM_GENS_SR_SIZE_M) >>
			 GLNVM_GENS_SR_SIZE_S, 6);
	assert_true((host_read(host, PFLAN_RX_QALLOC) & PFLAN_QALLOC_VALID) != 0);
	/* The flexible descriptor profile that net_ice asks for. */
	assert_int_not_equal(host_read(host, GLFLXP_RXDID_FLAGS(E810_RXDID_COMMS_OVS, 0)) & 0x3F,
			     0);
	assert_int_equal(host_read(host, GLFLXP_RXDID_FLAGS(40, 0)), 0);
}

static void
read_only_registers_stay(void **state)
{
	static const uint32_t regs[] = {
		PF_FUNC_RID, GLGEN_RSTAT, GLNVM_ULD, GLNVM_GENS, PFINT_OICR, GLPRT_GORCL(0),
		GLV_UPRCL(3),
	};
	struct host *host = *state;
	unsigned int i;
	uint32_t old;

	for (i = 0; i < RTE_DIM(regs); i++) {
		old = host_read(host, regs[i]);
		host_write(host, regs[i], ~old);
		assert_int_equal(host_read(host, regs[i]), old);
	}
}

static void
bad_offsets(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_read(host, E810_BAR0_SIZE), 0xDEADBEEF);
	assert_int_equal(host_read(host, UINT32_MAX - 3), 0xDEADBEEF);
	assert_int_equal(host_read(host, PF_FUNC_RID + 2), 0xDEADBEEF);
	host_write(host, E810_BAR0_SIZE, 1);
	host_write(host, QINT_RQCTL(0) + 1, UINT32_MAX);
	assert_int_equal(host_read(host, QINT_RQCTL(0)), 0);
	/* The last register there is. */
	host_write(host, E810_BAR0_SIZE - 4, 5);
	assert_int_equal(host_read(host, E810_BAR0_SIZE - 4), 5);
}

static void
pf_reset(void **state)
{
	struct host *host = *state;

	host_aq_start(host);
	host_write(host, QINT_RQCTL(7), INT_CTL_CAUSE_ENA | 3);
	host_write(host, QRX_CONTEXT(2, 7), 0x1234);
	host_write(host, GLINT_DYN_CTL(3), GLINT_DYN_CTL_INTENA);
	host_write(host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	/* Not over at once, and the function is empty already. */
	assert_true((host_read(host, PFGEN_CTRL) & PFGEN_CTRL_PFSWR) != 0);
	assert_int_equal(host_read(host, QINT_RQCTL(7)), 0);
	assert_int_equal(host_read(host, QRX_CONTEXT(2, 7)), 0);
	assert_int_equal(host_read(host, GLINT_DYN_CTL(3)), 0);
	assert_int_equal(host_read(host, PF_FW_ATQLEN), 0);
	assert_true(host_reset_done(host));
	/* A PF reset is none of the device: no count, no GRST. */
	assert_int_equal(host_read(host, GLGEN_RSTAT), 0);
	assert_int_equal(host_read(host, PFINT_OICR) & PFINT_OICR_GRST, 0);
	/* And it works afterwards. */
	host_aq_start(host);
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
}

static void
device_reset(void **state)
{
	static const struct {
		uint32_t trigger, type, shift;
	} resets[] = {
		{ GLGEN_RTRIG_CORER, 1, GLGEN_RSTAT_CORERCNT_S },
		{ GLGEN_RTRIG_GLOBR, 2, GLGEN_RSTAT_GLOBRCNT_S },
	};
	struct host *host = *state;
	unsigned int i, n;
	uint32_t rstat;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(aether_model_irq_bind(host->model, 5, fd), 0);
	for (i = 0; i < RTE_DIM(resets); i++) {
		for (n = 1; n <= 5; n++) {
			host_write(host, PFINT_OICR_ENA, PFINT_OICR_GRST);
			host_write(host, PFINT_OICR_CTL,
				   INT_CTL_CAUSE_ENA | 3 << INT_CTL_ITR_INDX_S | 5);
			host_write(host, GLINT_DYN_CTL(5), GLINT_DYN_CTL_INTENA);
			host_write(host, GLGEN_RTRIG, resets[i].trigger);
			rstat = host_read(host, GLGEN_RSTAT);
			assert_int_not_equal(rstat & GLGEN_RSTAT_DEVSTATE_M, 0);
			assert_int_equal((rstat & GLGEN_RSTAT_RESET_TYPE_M) >>
					 GLGEN_RSTAT_RESET_TYPE_S, resets[i].type);
			assert_int_equal(host_read(host, GLNVM_ULD) & GLNVM_ULD_CORER_DONE, 0);
			assert_int_equal(eventfd_count(fd), 1);
			assert_true((host_read(host, PFINT_OICR) & PFINT_OICR_GRST) != 0);
			assert_true(host_reset_done(host));
			assert_int_equal(host_read(host, GLGEN_RTRIG), 0);
			/* Counters of two bits. */
			rstat = host_read(host, GLGEN_RSTAT);
			assert_int_equal(rstat >> resets[i].shift & 3, n & 3);
		}
	}
	close(fd);
}

/** A core reset gives the device's own registers back, a PF reset does not touch them. */
static void
core_reset_restores(void **state)
{
	struct e810_aqc_clear_pxe pxe = { .rx_cnt = E810_CLEAR_PXE_RX_CNT };
	struct host *host = *state;

	host_aq_start(host);
	assert_int_equal(host_aq(host, E810_AQC_CLEAR_PXE_MODE, &pxe, NULL, 0, false), 0);
	host_write(host, GLINT_CTL, GLINT_CTL_DIS_AUTOMASK);
	aether_model_flr(host->model);
	assert_int_equal(host_read(host, GLINT_CTL), GLINT_CTL_DIS_AUTOMASK);
	assert_int_equal(host_read(host, GLLAN_RCTL_0) & GLLAN_RCTL_0_PXE_MODE, 0);
	host_write(host, GLGEN_RTRIG, GLGEN_RTRIG_CORER);
	assert_true(host_reset_done(host));
	assert_int_equal(host_read(host, GLINT_CTL), 0);
	assert_true((host_read(host, GLLAN_RCTL_0) & GLLAN_RCTL_0_PXE_MODE) != 0);
	host_aq_start(host);
	assert_int_equal(host_aq(host, E810_AQC_CLEAR_PXE_MODE, &pxe, NULL, 0, false), 0);
}

static void
reset_that_never_ends(void **state)
{
	const struct aether_model_conf conf = { .name = "stuck", .fault = "reset-stuck" };
	const struct timespec nap = { .tv_nsec = 5000000 };
	struct host host;

	RTE_SET_USED(state);
	host_open(&host, &conf);
	host_write(&host, PFGEN_CTRL, PFGEN_CTRL_PFSWR);
	nanosleep(&nap, NULL);
	aether_model_step(host.model, 32);
	assert_true((host_read(&host, PFGEN_CTRL) & PFGEN_CTRL_PFSWR) != 0);
	host_close(&host);
}

static void
oicr_clears_on_read(void **state)
{
	struct host *host = *state;

	host_write(host, PFINT_OICR_ENA, UINT32_MAX & ~1u);
	aether_model_link_set(host->model, false);
	assert_int_equal(host_read(host, PFINT_OICR), PFINT_OICR_LINK_STAT_CHANGE |
			 PFINT_OICR_INTEVENT);
	assert_int_equal(host_read(host, PFINT_OICR), 0);
	/* A cause that is not enabled shows, and raises nothing. */
	host_write(host, PFINT_OICR_ENA, 0);
	aether_model_link_set(host->model, true);
	assert_int_equal(host_read(host, PFINT_OICR), PFINT_OICR_LINK_STAT_CHANGE);
}

static void
dyn_ctl(void **state)
{
	const uint32_t reg = GLINT_DYN_CTL(9);
	struct host *host = *state;
	int fd = eventfd(0, EFD_NONBLOCK);

	assert_int_equal(aether_model_irq_bind(host->model, 9, fd), 0);
	/* Software interrupt while disabled: kept until the vector is enabled. */
	host_write(host, reg, GLINT_DYN_CTL_SWINT_TRIG);
	aether_model_step(host->model, 1);
	assert_int_equal(eventfd_count(fd), 0);
	host_write(host, reg, GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA);
	aether_model_step(host->model, 1);
	assert_int_equal(eventfd_count(fd), 1);
	/* Raising it masked it. */
	assert_int_equal(host_read(host, reg), 0);
	/* INTENA_MSK: the rest is written, INTENA is not. */
	host_write(host, reg, GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_INTENA_MSK |
		   GLINT_DYN_CTL_WB_ON_ITR);
	assert_int_equal(host_read(host, reg), GLINT_DYN_CTL_WB_ON_ITR);
	host_write(host, reg, GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_SWINT_TRIG);
	assert_int_equal(eventfd_count(fd), 1);
	/* Without automask the vector stays enabled. */
	host_write(host, GLINT_CTL, GLINT_CTL_DIS_AUTOMASK);
	host_write(host, reg, GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_SWINT_TRIG);
	assert_int_equal(host_read(host, reg), GLINT_DYN_CTL_INTENA);
	assert_int_equal(eventfd_count(fd), 1);
	assert_int_equal(aether_model_irq_bind(host->model, 9, -1), 0);
	close(fd);
}

/** Linux's self-test triggers the vector of other causes, and looks for the cause. */
static void
software_interrupt_of_oicr(void **state)
{
	struct host *host = *state;

	host_write(host, PFINT_OICR_CTL, INT_CTL_CAUSE_ENA | 4);
	host_write(host, GLINT_DYN_CTL(5), GLINT_DYN_CTL_SWINT_TRIG);
	assert_int_equal(host_read(host, PFINT_OICR) & PFINT_OICR_SWINT, 0);
	host_write(host, GLINT_DYN_CTL(4), GLINT_DYN_CTL_SWINT_TRIG | GLINT_DYN_CTL_INTENA_MSK);
	assert_int_equal(host_read(host, PFINT_OICR) & PFINT_OICR_SWINT, PFINT_OICR_SWINT);
	assert_int_equal(host_read(host, PFINT_OICR) & PFINT_OICR_SWINT, 0);
}

static void
moderation(void **state)
{
	const struct timespec nap = { .tv_nsec = 3000000 };
	const uint32_t soft = GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_SWINT_TRIG |
			      GLINT_DYN_CTL_SW_ITR_INDX_ENA | 1u << GLINT_DYN_CTL_SW_ITR_INDX_S;
	struct host *host = *state;
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t first, second, start;

	assert_int_equal(aether_model_irq_bind(host->model, 2, fd), 0);
	host_write(host, GLINT_ITR(1, 2), 1000);	/* 2 ms */
	/* Again, if this process was away for so long that the second was due as well. */
	do {
		nanosleep(&nap, NULL);
		aether_model_step(host->model, 1);
		eventfd_count(fd);
		start = rte_rdtsc();
		host_write(host, GLINT_DYN_CTL(2), soft);
		first = eventfd_count(fd);
		host_write(host, GLINT_DYN_CTL(2), soft);
		aether_model_step(host->model, 1);
		second = eventfd_count(fd);
	} while (rte_rdtsc() - start >= host->model->tsc_hz / 500);
	assert_int_equal(first, 1);
	assert_int_equal(second, 0);
	nanosleep(&nap, NULL);
	aether_model_step(host->model, 1);
	assert_int_equal(eventfd_count(fd), 1);
	/* Nothing is left behind. */
	nanosleep(&nap, NULL);
	host_write(host, GLINT_DYN_CTL(2), GLINT_DYN_CTL_INTENA);
	aether_model_step(host->model, 1);
	assert_int_equal(eventfd_count(fd), 0);
	close(fd);
}

static void
irq_arguments(void **state)
{
	struct host *host = *state;

	assert_int_equal(aether_model_irq_count(host->model), 257);
	assert_int_equal(aether_model_irq_bind(host->model, 257, 0), -EINVAL);
	assert_int_equal(aether_model_irq_bind(host->model, UINT32_MAX, 0), -EINVAL);
	/* A cause that names a vector the function does not have. */
	host_write(host, PFINT_OICR_ENA, UINT32_MAX);
	host_write(host, PFINT_OICR_CTL, INT_CTL_CAUSE_ENA | INT_CTL_MSIX_INDX_M);
	aether_model_link_set(host->model, false);
	aether_model_step(host->model, 1);
}

static void
rx_queue_with_a_bad_context(void **state)
{
	struct host *host = *state;

	/* All zero: no ring. */
	host_write(host, QRX_CTRL(1), QRX_CTRL_QENA_REQ);
	assert_int_equal(host_read(host, QRX_CTRL(1)), QRX_CTRL_QENA_REQ);
	host_write(host, QRX_CTRL(1), 0);
	assert_int_equal(host_read(host, QRX_CTRL(1)), 0);
	/* A queue that belongs to another function. */
	host_write(host, QRX_CTRL(2000), QRX_CTRL_QENA_REQ);
	assert_int_equal(host_read(host, QRX_CTRL(2000)) & QRX_CTRL_QENA_STAT, 0);
}

/** Context of a valid Rx queue: 64 legacy descriptors of 16 bytes at the start of host memory. */
static void
start_rx_queue(struct host *host, unsigned int q)
{
	const uint64_t base = (HOST_IOVA + HOST_BUF_AT) / E810_RLAN_BASE_UNIT;
	uint32_t words[QRX_CONTEXT_WORDS] = { 0 };
	unsigned int i;

	words[1] = (uint32_t)base;
	words[2] = (uint32_t)(base >> 32) | 64u << 25;		/* BASE, QLEN from bit 89 */
	words[3] = 16u << (102 - 96);				/* DBUF: 2048 bytes */
	words[5] = 1518u << (174 - 160);			/* RXMAX from bit 174 */
	words[6] = 1u << (201 - 192);				/* PREFENA */
	for (i = 0; i < QRX_CONTEXT_WORDS; i++)
		host_write(host, QRX_CONTEXT(i, q), words[i]);
	host_write(host, QRX_CTRL(q), QRX_CTRL_QENA_REQ);
	assert_int_equal(host_read(host, QRX_CTRL(q)) & QRX_CTRL_QENA_STAT, QRX_CTRL_QENA_STAT);
}

/** Drivers clear the detection registers by writing ones (Linux ice: all of them). */
static void
mdd_registers_clear_by_ones(void **state)
{
	struct host *host = *state;
	unsigned int q;
	uint32_t *bar;

	for (q = 3; q < 5; q++) {
		start_rx_queue(host, q);
		bar = aether_model_bar0(host->model);
		bar[QRX_TAIL(q) / 4] = 64;	/* beyond the ring */
		aether_model_step(host->model, 32);
		assert_true((host_read(host, GL_MDET_RX) & GL_MDET_VALID) != 0);
		assert_int_equal(host_read(host, PF_MDET_RX), PF_MDET_VALID);
		/* Zeroes clear nothing. */
		host_write(host, GL_MDET_RX, 0);
		host_write(host, PF_MDET_RX, 0);
		assert_true((host_read(host, GL_MDET_RX) & GL_MDET_VALID) != 0);
		assert_int_equal(host_read(host, PF_MDET_RX), PF_MDET_VALID);
		host_write(host, GL_MDET_RX, UINT32_MAX);
		host_write(host, PF_MDET_RX, UINT32_MAX);
		assert_int_equal(host_read(host, GL_MDET_RX), 0);
		assert_int_equal(host_read(host, PF_MDET_RX), 0);
	}
}

/** Linux clears the reasons for a wake-up with all ones, and prints what it reads the next time. */
static void
no_wake_up_reason_is_left(void **state)
{
	struct host *host = *state;

	assert_int_equal(host_read(host, PFPM_WUS), 0);
	host_write(host, PFPM_WUS, UINT32_MAX);
	assert_int_equal(host_read(host, PFPM_WUS), 0);
}

/** Linux ice reads GLV_REPC, adds it up itself and writes 0. */
static void
repc_clears_by_a_write(void **state)
{
	struct host *host = *state;

	host->model->vsi[2].rx_no_desc = 5;
	host->model->vsi[2].rx_errors = 6;
	host->model->vsi[2].rx_discards = 7;
	assert_int_equal(host_read(host, GLV_REPC(2)), 6 << 16 | 5);
	host_write(host, GLV_REPC(2), 0);
	assert_int_equal(host_read(host, GLV_REPC(2)), 0);
	assert_int_equal(host_read(host, GLV_RDPC(2)), 7);
}

static uint32_t
config32(struct host *host, uint32_t at)
{
	uint32_t value = 0;

	assert_int_equal(aether_model_config_read(host->model, &value, 4, at), 4);
	return value;
}

/** Place of a capability in configuration space, 0: none. */
static uint32_t
find_cap(struct host *host, uint8_t id)
{
	uint32_t at = config32(host, 0x34) & 0xFF;
	unsigned int n;

	for (n = 0; at != 0 && n < 48; n++) {
		if ((config32(host, at) & 0xFF) == id)
			return at;
		at = config32(host, at) >> 8 & 0xFF;
	}
	return 0;
}

static void
config_identity(void **state)
{
	struct host *host = *state;
	uint32_t at, next;

	assert_int_equal(config32(host, 0), 0x15928086);
	assert_int_equal(config32(host, 8) >> 8, 0x020000);
	assert_true((config32(host, 4) >> 16 & 0x10) != 0);
	at = find_cap(host, 0x11);
	assert_int_not_equal(at, 0);
	assert_int_equal((config32(host, at) >> 16 & 0x7FF) + 1, 257);
	assert_int_equal(config32(host, at + 4) & 7, 3);
	at = find_cap(host, 0x10);
	assert_int_not_equal(at, 0);
	assert_true((config32(host, at + 4) & 1u << 28) != 0);
	/* 16 lanes of 16 GT/s: Linux takes the speed from the second of these. */
	assert_int_equal(config32(host, at + 0x0C) & 0x3FF, 16 << 4 | 4);
	assert_int_equal(config32(host, at + 0x2C), 0x1E);
	assert_int_equal(config32(host, at + 0x10) >> 16 & 0x3FF, 16 << 4 | 4);
	assert_int_not_equal(find_cap(host, 0x01), 0);
	/* Extended: AER, then the serial number. */
	for (at = 0x100, next = 0; at != 0; at = next) {
		next = config32(host, at) >> 20;
		if ((config32(host, at) & 0xFFFF) == 3)
			break;
	}
	assert_int_not_equal(at, 0);
	assert_int_equal(config32(host, at + 4) >> 24 & 0xFF, 0xFF);
	assert_int_not_equal(config32(host, at + 8), 0);
}

static void
config_bar_sizing(void **state)
{
	const uint32_t ones = UINT32_MAX;
	struct host *host = *state;
	uint64_t bar;

	assert_int_equal(config32(host, 0x10) & 0xF, 0xC);
	assert_int_equal(aether_model_config_write(host->model, &ones, 4, 0x10), 4);
	assert_int_equal(aether_model_config_write(host->model, &ones, 4, 0x14), 4);
	bar = (uint64_t)config32(host, 0x14) << 32 | (config32(host, 0x10) & ~0xFu);
	assert_int_equal(~bar + 1, E810_BAR0_SIZE);
	assert_int_equal(aether_model_config_write(host->model, &ones, 4, 0x1C), 4);
	assert_int_equal(aether_model_config_write(host->model, &ones, 4, 0x20), 4);
	bar = (uint64_t)config32(host, 0x20) << 32 | (config32(host, 0x1C) & ~0xFu);
	assert_int_equal(~bar + 1, E810_BAR3_SIZE);
	/* BAR 2 does not exist. */
	assert_int_equal(aether_model_config_write(host->model, &ones, 4, 0x18), 4);
	assert_int_equal(config32(host, 0x18), 0);
	/* Ids are read-only, and so is everything else without a mask. */
	assert_int_equal(aether_model_config_write(host->model, &ones, 4, 0), 4);
	assert_int_equal(config32(host, 0), 0x15928086);
}

static void
config_ranges(void **state)
{
	struct host *host = *state;
	uint8_t buf[8] = {0};

	assert_int_equal(aether_model_config_read(host->model, buf, 8, 4088), 8);
	assert_int_equal(aether_model_config_read(host->model, buf, 8, 4089), -EINVAL);
	assert_int_equal(aether_model_config_read(host->model, buf, SIZE_MAX, 8), -EINVAL);
	assert_int_equal(aether_model_config_write(host->model, buf, 1, 4096), -EINVAL);
	assert_int_equal(aether_model_config_write(host->model, buf, 8, UINT32_MAX), -EINVAL);
}

static void
function_level_reset(void **state)
{
	struct host *host = *state;
	uint32_t pcie = find_cap(host, 0x10);
	uint16_t command = 0x0006, flr = 0x8000;

	assert_int_equal(aether_model_config_write(host->model, &command, 2, 4), 2);
	host_write(host, QINT_RQCTL(7), INT_CTL_CAUSE_ENA);
	host_aq_start(host);
	assert_int_equal(aether_model_config_write(host->model, &flr, 2, pcie + 8), 2);
	assert_int_equal(config32(host, 4) & 0xFFFF, 0);
	assert_int_equal(config32(host, pcie + 8) & 0x8000, 0);
	assert_int_equal(host_read(host, QINT_RQCTL(7)), 0);
	assert_int_equal(host_read(host, PF_FW_ATQLEN), 0);
	assert_true(host_reset_done(host));
	host_aq_start(host);
	assert_int_equal(host_aq(host, E810_AQC_GET_VER, NULL, NULL, 0, false), 0);
}

/* ------------------------------------------------------------------ BAR memory mode --------- */

static uint32_t *
bar(struct host *host, uint32_t reg)
{
	return (uint32_t *)(void *)((uint8_t *)aether_model_bar0(host->model) + reg);
}

static void
memory_open(struct host *host)
{
	const struct aether_model_conf conf = {
		.name = "memory", .bar_mode = AETHER_MODEL_BAR_MEMORY, .pf_id = 2,
	};

	host_open(host, &conf);
	aether_model_step(host->model, 1);
}

static void
memory_reset(void **state)
{
	const struct timespec nap = { .tv_nsec = 2000000 };
	struct host host;
	unsigned int i;

	RTE_SET_USED(state);
	memory_open(&host);
	assert_int_equal(*bar(&host, PF_FUNC_RID), 2);
	assert_int_equal(*bar(&host, GLNVM_ULD) & GLNVM_ULD_DONE_M, GLNVM_ULD_DONE_M);
	*bar(&host, QINT_RQCTL(3)) = INT_CTL_CAUSE_ENA;
	*bar(&host, PFGEN_CTRL) = PFGEN_CTRL_PFSWR;
	aether_model_step(host.model, 1);
	assert_int_equal(*bar(&host, QINT_RQCTL(3)), 0);
	for (i = 0; i < 10 && *bar(&host, PFGEN_CTRL) != 0; i++) {
		nanosleep(&nap, NULL);
		aether_model_step(host.model, 1);
	}
	assert_int_equal(*bar(&host, PFGEN_CTRL), 0);
	/* What the host overwrites and may not is put back. */
	*bar(&host, PF_FUNC_RID) = 7;
	nanosleep(&nap, NULL);
	aether_model_step(host.model, 1);
	assert_int_equal(*bar(&host, PF_FUNC_RID), 2);
	host_close(&host);
}

static void
memory_admin_queue(void **state)
{
	struct host host;
	unsigned int round;

	RTE_SET_USED(state);
	memory_open(&host);
	for (round = 0; round < 3; round++) {
		memset(host.mem, 0, 4096);
		*bar(&host, PF_FW_ATQH) = 0;
		aether_model_step(host.model, 1);	/* an old tail beside a new head: wait */
		*bar(&host, PF_FW_ATQT) = 0;
		*bar(&host, PF_FW_ATQLEN) = 8 | PF_CTLQ_LEN_ENABLE;
		*bar(&host, PF_FW_ATQBAL) = (uint32_t)HOST_IOVA;
		*bar(&host, PF_FW_ATQBAH) = HOST_IOVA >> 32;
		aether_model_step(host.model, 1);
		assert_int_equal(*bar(&host, PF_FW_ATQH), 0);
		assert_int_equal(host_desc(&host, 0)->flags, 0);
		host_desc(&host, 0)->opcode = E810_AQC_GET_VER;
		host_desc(&host, 1)->opcode = E810_AQC_GET_VER;
		*bar(&host, PF_FW_ATQT) = 2;
		aether_model_step(host.model, 1);
		assert_int_equal(*bar(&host, PF_FW_ATQH), 2);
		assert_true((host_desc(&host, 1)->flags & E810_AQ_FLAG_DD) != 0);
		assert_int_equal(host_desc(&host, 1)->retval, 0);
		*bar(&host, PF_FW_ATQH) = 0;
		*bar(&host, PF_FW_ATQT) = 0;
		*bar(&host, PF_FW_ATQLEN) = 0;
		aether_model_step(host.model, 1);
	}
	host_close(&host);
}

static void
memory_interrupt(void **state)
{
	const uint32_t enable = GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA |
				GLINT_DYN_CTL_ITR_INDX_M;
	struct host host;
	int fd = eventfd(0, EFD_NONBLOCK);

	RTE_SET_USED(state);
	memory_open(&host);
	assert_int_equal(aether_model_irq_bind(host.model, 0, fd), 0);
	*bar(&host, PFINT_OICR_ENA) = UINT32_MAX & ~1u;
	*bar(&host, GLINT_DYN_CTL(0)) = enable;
	aether_model_step(host.model, 1);
	assert_int_equal(*bar(&host, GLINT_DYN_CTL(0)) & GLINT_DYN_CTL_CLEARPBA, 0);
	aether_model_link_set(host.model, false);
	assert_int_equal(eventfd_count(fd), 1);
	assert_int_equal(*bar(&host, PFINT_OICR),
			 PFINT_OICR_LINK_STAT_CHANGE | PFINT_OICR_INTEVENT);
	/* Another change while the host has not enabled the vector again. */
	aether_model_link_set(host.model, true);
	assert_int_equal(eventfd_count(fd), 0);
	*bar(&host, GLINT_DYN_CTL(0)) = enable;
	aether_model_step(host.model, 1);
	assert_int_equal(eventfd_count(fd), 1);
	assert_int_equal(*bar(&host, PFINT_OICR),
			 PFINT_OICR_LINK_STAT_CHANGE | PFINT_OICR_INTEVENT);
	*bar(&host, GLINT_DYN_CTL(0)) = enable;
	aether_model_step(host.model, 1);
	assert_int_equal(*bar(&host, PFINT_OICR), 0);
	host_close(&host);
	close(fd);
}

/** A queue that the device stopped is not taken for one that the host has just requested. */
static void
memory_stopped_queue(void **state)
{
	struct host host;

	RTE_SET_USED(state);
	memory_open(&host);
	start_rx_queue(&host, 3);
	*bar(&host, QRX_TAIL(3)) = 64;		/* beyond the ring */
	aether_model_step(host.model, 1);
	assert_true(host.model->rxq[3].enabled == false);
	aether_model_step(host.model, 1);
	assert_true(host.model->rxq[3].enabled == false);
	assert_int_equal(*bar(&host, PF_MDET_RX), PF_MDET_VALID);
	*bar(&host, GL_MDET_RX) = UINT32_MAX;
	*bar(&host, PF_MDET_RX) = UINT32_MAX;
	aether_model_step(host.model, 1);
	assert_int_equal(*bar(&host, GL_MDET_RX), 0);
	assert_int_equal(*bar(&host, PF_MDET_RX), 0);
	/* Off and on again, it works. */
	*bar(&host, QRX_CTRL(3)) = 0;
	aether_model_step(host.model, 1);
	assert_int_equal(*bar(&host, QRX_CTRL(3)), 0);
	*bar(&host, QRX_TAIL(3)) = 0;
	*bar(&host, QRX_CTRL(3)) = QRX_CTRL_QENA_REQ;
	aether_model_step(host.model, 1);
	assert_int_equal(*bar(&host, QRX_CTRL(3)), QRX_CTRL_QENA_REQ | QRX_CTRL_QENA_STAT);
	aether_model_step(host.model, 1);
	assert_true(host.model->rxq[3].enabled);
	host_close(&host);
}

/* ------------------------------------------------------------------ power-on ---------------- */

static void
refused(const struct aether_model_conf *conf, int error)
{
	rte_errno = 0;
	assert_null(aether_model_create(conf));
	assert_int_equal(rte_errno, error);
}

static void
bad_configurations(void **state)
{
	static char name[200];
	const struct aether_model_conf bad[] = {
		{ .name = NULL }, { .name = "" }, { .name = "with space" }, { .name = name },
		{ .name = "bad", .device_id = 0x1533 },
		{ .name = "bad", .pf_id = 8 },
		{ .name = "bad", .speed_mbps = 1000 },
		{ .name = "bad", .speed_mbps = 12345 },
		{ .name = "bad", .device_id = E810_DEV_ID_XXV_SFP, .speed_mbps = 100000 },
		{ .name = "bad", .mac = { 0x01, 0, 0, 0, 0, 1 } },
		{ .name = "bad", .ddp = 2 },
		{ .name = "bad", .bar_mode = 2 },
		{ .name = "bad", .wire = "nonsense" },
		{ .name = "bad", .fault = "nonsense" },
		{ .name = "bad", .fault = "aq:0x0001" },
		{ .name = "bad", .fault = "aq:0x0001:0" },
		{ .name = "bad", .fault = "aq:0x10000:1" },
		{ .name = "bad", .fault = "aq:1:256" },
		{ .name = "bad", .fault = "aq:1:2," },
		{ .name = "bad", .fault = "aq-timeout:-1" },
		{ .name = "bad", .fault = name },
	};
	unsigned int i;

	RTE_SET_USED(state);
	memset(name, 'n', sizeof(name) - 1);
	refused(NULL, EINVAL);
	for (i = 0; i < RTE_DIM(bad); i++)
		refused(&bad[i], EINVAL);
}

static void
bar_file(void **state)
{
	struct aether_model_conf conf = { .name = "file" };
	struct aether_model *model;
	uint32_t value = 0;
	int fd = memfd_create("bar", 0);

	RTE_SET_USED(state);
	conf.bar0_fd = fd;
	assert_int_equal(ftruncate(fd, E810_BAR0_SIZE - 1), 0);
	refused(&conf, EINVAL);
	assert_int_equal(ftruncate(fd, 4096 + E810_BAR0_SIZE), 0);
	conf.bar0_offset = 4095;
	refused(&conf, EINVAL);
	conf.bar0_offset = 8192;
	refused(&conf, EINVAL);
	conf.bar0_offset = UINT64_MAX;
	refused(&conf, EINVAL);
	conf.bar0_offset = 4096;
	model = aether_model_create(&conf);
	assert_non_null(model);
	assert_int_equal(aether_model_bar0_fd(model), fd);
	assert_int_equal(pread(fd, &value, 4, 4096 + GLNVM_ULD), 4);
	assert_int_equal(value & GLNVM_ULD_DONE_M, GLNVM_ULD_DONE_M);
	aether_model_destroy(model);
	/* The caller's file is still the caller's. */
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
}

static void
names_are_unique(void **state)
{
	const struct aether_model_conf conf = { .name = "ctl" };
	const struct aether_model_conf other = { .name = "other" };
	struct aether_model *model;

	RTE_SET_USED(state);
	refused(&conf, EEXIST);
	model = aether_model_create(&other);
	assert_non_null(model);
	aether_model_destroy(model);
	model = aether_model_create(&other);
	assert_non_null(model);
	aether_model_destroy(model);
	aether_model_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(reset_values), T(read_only_registers_stay), T(bad_offsets), T(pf_reset),
		T(device_reset), T(core_reset_restores), T(reset_that_never_ends),
		T(oicr_clears_on_read), T(dyn_ctl), T(software_interrupt_of_oicr), T(moderation),
		T(irq_arguments), T(rx_queue_with_a_bad_context),
		T(mdd_registers_clear_by_ones), T(no_wake_up_reason_is_left), T(repc_clears_by_a_write),
		T(config_identity), T(config_bar_sizing), T(config_ranges),
		T(function_level_reset), T(memory_reset), T(memory_admin_queue),
		T(memory_interrupt), T(memory_stopped_queue),
		T(bad_configurations), T(bar_file), T(names_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
