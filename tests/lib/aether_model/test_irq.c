/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Interrupts of queues: which vector a cause goes to, what holds it back (INTENA, the ITR), and
 * that nothing is lost meanwhile. Time is the test's own: each call gets a TSC.
 */

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "ctl_host.h"
#include "model_priv.h"

#define VECTORS		4
#define ITR_US		50

struct bench {
	struct host host;
	int fd[VECTORS];
	uint64_t now;			/* TSC */
};

static int
setup(void **state)
{
	static struct bench bench;
	unsigned int v;

	memset(&bench, 0, sizeof(bench));
	host_open(&bench.host, NULL);
	for (v = 0; v < VECTORS; v++) {
		bench.fd[v] = eventfd(0, EFD_NONBLOCK);
		assert_int_equal(aether_model_irq_bind(bench.host.model, v, bench.fd[v]), 0);
	}
	/* Long after anything that set-up has raised. */
	bench.now = UINT64_C(1) << 62;
	*state = &bench;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;
	unsigned int v;

	host_close(&b->host);
	for (v = 0; v < VECTORS; v++)
		close(b->fd[v]);
	return 0;
}

static uint64_t
us(const struct bench *b, uint64_t n)
{
	return b->host.model->tsc_hz / 1000000 * n;
}

/** @return how often the vector was raised since the last call */
static uint64_t
raised(const struct bench *b, unsigned int vector)
{
	uint64_t count = 0;

	return read(b->fd[vector], &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/** A write-back of a queue that is bound by such a register. */
static void
event(struct bench *b, uint32_t cause)
{
	model_irq_queue(b->host.model, cause, b->now);
}

/** Let time pass, in steps as the device makes them. */
static void
pass(struct bench *b, uint64_t n_us)
{
	uint64_t end = b->now + us(b, n_us);

	while (b->now < end) {
		b->now = RTE_MIN(end, b->now + us(b, 1));
		model_irq_step(b->host.model, b->now);
	}
}

static void
arm(struct bench *b, unsigned int vector)
{
	host_write(&b->host, GLINT_DYN_CTL(vector),
		   GLINT_DYN_CTL_INTENA | GLINT_DYN_CTL_CLEARPBA |
		   3 << GLINT_DYN_CTL_ITR_INDX_S);
}

static void
test_cause_and_vector(void **state)
{
	struct bench *b = *state;

	host_write(&b->host, QINT_RQCTL(5), 2);		/* CAUSE_ENA is clear */
	arm(b, 1);
	arm(b, 2);
	event(b, QINT_RQCTL(5));
	pass(b, 10);
	assert_int_equal(raised(b, 2), 0);
	host_write(&b->host, QINT_RQCTL(5), 2 | INT_CTL_CAUSE_ENA);
	host_write(&b->host, QINT_TQCTL(5), 1 | INT_CTL_CAUSE_ENA);
	event(b, QINT_RQCTL(5));
	assert_int_equal(raised(b, 2), 1);
	assert_int_equal(raised(b, 1), 0);
	event(b, QINT_TQCTL(5));
	assert_int_equal(raised(b, 1), 1);
	assert_int_equal(raised(b, 2), 0);
	/* Raising masks the vector. */
	assert_int_equal(host_read(&b->host, GLINT_DYN_CTL(2)) & GLINT_DYN_CTL_INTENA, 0);
	event(b, QINT_RQCTL(5));
	pass(b, 10);
	assert_int_equal(raised(b, 2), 0);
	/* A vector that the function does not have. */
	host_write(&b->host, QINT_RQCTL(6), INT_CTL_MSIX_INDX_M | INT_CTL_CAUSE_ENA);
	event(b, QINT_RQCTL(6));
}

/** Any number of events while INTENA is clear: one interrupt, when it is set. */
static void
test_not_lost_while_masked(void **state)
{
	struct bench *b = *state;
	unsigned int i;

	host_write(&b->host, QINT_RQCTL(0), 1 | INT_CTL_CAUSE_ENA);
	for (i = 0; i < 10; i++) {
		event(b, QINT_RQCTL(0));
		pass(b, 3);
	}
	assert_int_equal(raised(b, 1), 0);
	/* WB_ON_ITR alone raises nothing: it is for those who poll. */
	host_write(&b->host, GLINT_DYN_CTL(1), GLINT_DYN_CTL_WB_ON_ITR);
	pass(b, 10);
	assert_int_equal(raised(b, 1), 0);
	arm(b, 1);
	pass(b, 1);
	assert_int_equal(raised(b, 1), 1);
	/* And no second one without an event. */
	arm(b, 1);
	pass(b, 100);
	assert_int_equal(raised(b, 1), 0);
}

/** N events within an interval: one interrupt, at its end, and at no other time. */
static void
test_moderation(void **state)
{
	struct bench *b = *state;
	unsigned int i;

	host_write(&b->host, GLINT_ITR(0, 1), ITR_US / 2);	/* in 2 us */
	host_write(&b->host, QINT_RQCTL(0), 1 | INT_CTL_CAUSE_ENA);
	arm(b, 1);
	event(b, QINT_RQCTL(0));
	assert_int_equal(raised(b, 1), 1);
	arm(b, 1);
	for (i = 0; i < ITR_US - 1; i++) {
		event(b, QINT_RQCTL(0));
		pass(b, 1);
		assert_int_equal(raised(b, 1), 0);
	}
	pass(b, 1);
	assert_int_equal(raised(b, 1), 1);
	/* The next interval begins there; what comes after it is raised at once. */
	arm(b, 1);
	pass(b, ITR_US - 1);
	event(b, QINT_RQCTL(0));
	assert_int_equal(raised(b, 1), 0);
	pass(b, 1);
	assert_int_equal(raised(b, 1), 1);
	arm(b, 1);
	pass(b, ITR_US + 1);
	event(b, QINT_RQCTL(0));
	assert_int_equal(raised(b, 1), 1);
}

/** Over a second of back-to-back packets at once armed again: the rate is the interval's. */
static void
test_rate(void **state)
{
	struct bench *b = *state;
	unsigned int i, n = 0;

	host_write(&b->host, GLINT_ITR(0, 1), 10);		/* 20 us */
	host_write(&b->host, QINT_RQCTL(0), 1 | INT_CTL_CAUSE_ENA);
	arm(b, 1);
	for (i = 0; i < 10000; i++) {
		event(b, QINT_RQCTL(0));
		pass(b, 1);
		if (raised(b, 1) != 0) {
			n++;
			arm(b, 1);
		}
	}
	assert_in_range(n, 10000 / 20, 10000 / 20 + 1);
}

/** Each vector has its own intervals, each cause names one of three or none. */
static void
test_intervals(void **state)
{
	struct bench *b = *state;
	unsigned int itr;

	for (itr = 0; itr < 3; itr++)
		host_write(&b->host, GLINT_ITR(itr, 1), 10 * (itr + 1));
	for (itr = 0; itr <= 3; itr++) {
		const unsigned int interval = itr < 3 ? 20 * (itr + 1) : 0;

		host_write(&b->host, QINT_RQCTL(0),
			   1 | INT_CTL_CAUSE_ENA | itr << INT_CTL_ITR_INDX_S);
		pass(b, 100);
		arm(b, 1);
		event(b, QINT_RQCTL(0));
		assert_int_equal(raised(b, 1), 1);
		arm(b, 1);
		if (interval != 0) {
			event(b, QINT_RQCTL(0));
			pass(b, interval - 1);
			assert_int_equal(raised(b, 1), 0);
			pass(b, 1);
		} else {
			event(b, QINT_RQCTL(0));
		}
		assert_int_equal(raised(b, 1), 1);
	}
	/* Vector 2 knows nothing of it. */
	host_write(&b->host, QINT_RQCTL(1), 2 | INT_CTL_CAUSE_ENA);
	arm(b, 2);
	event(b, QINT_RQCTL(1));
	arm(b, 2);
	event(b, QINT_RQCTL(1));
	assert_int_equal(raised(b, 2), 2);
}

/** GLINT_DYN_CTL sets an interval too, in the same write that enables. */
static void
test_interval_by_dyn_ctl(void **state)
{
	struct bench *b = *state;
	const uint32_t on = GLINT_DYN_CTL_INTENA | 25 << GLINT_DYN_CTL_INTERVAL_S;

	host_write(&b->host, QINT_RQCTL(0), 1 | INT_CTL_CAUSE_ENA);
	host_write(&b->host, GLINT_DYN_CTL(1), on);
	assert_int_equal(host_read(&b->host, GLINT_ITR(0, 1)), 25);
	event(b, QINT_RQCTL(0));
	assert_int_equal(raised(b, 1), 1);
	host_write(&b->host, GLINT_DYN_CTL(1), on);
	event(b, QINT_RQCTL(0));
	pass(b, 49);
	assert_int_equal(raised(b, 1), 0);
	pass(b, 1);
	assert_int_equal(raised(b, 1), 1);
	/* Index 3: none is changed. */
	host_write(&b->host, GLINT_DYN_CTL(1), GLINT_DYN_CTL_INTENA |
		   3 << GLINT_DYN_CTL_ITR_INDX_S | 7 << GLINT_DYN_CTL_INTERVAL_S);
	assert_int_equal(host_read(&b->host, GLINT_ITR(0, 1)), 25);
}

/** An interval of 0 is set too: it moderates no longer. */
static void
test_interval_zero(void **state)
{
	struct bench *b = *state;

	host_write(&b->host, GLINT_ITR(1, 1), ITR_US / 2);
	host_write(&b->host, GLINT_DYN_CTL(1), 1 << GLINT_DYN_CTL_ITR_INDX_S);
	assert_int_equal(host_read(&b->host, GLINT_ITR(1, 1)), 0);
}

/** The rate limit holds for the vector, whatever its causes' intervals are. */
static void
test_rate_limit(void **state)
{
	struct bench *b = *state;
	unsigned int i, n = 0;

	host_write(&b->host, GLINT_RATE(1), GLINT_RATE_INTRL_ENA | 5);	/* 20 us */
	host_write(&b->host, QINT_RQCTL(0), 1 | INT_CTL_CAUSE_ENA | 3 << INT_CTL_ITR_INDX_S);
	arm(b, 1);
	for (i = 0; i < 10000; i++) {
		event(b, QINT_RQCTL(0));
		pass(b, 1);
		if (raised(b, 1) != 0) {
			n++;
			arm(b, 1);
		}
	}
	assert_in_range(n, 10000 / 20, 10000 / 20 + 1);
	/* Not enabled: the field alone limits nothing. */
	host_write(&b->host, GLINT_RATE(1), 5);
	for (i = 0; i < 5; i++) {
		pass(b, 1);
		arm(b, 1);
		event(b, QINT_RQCTL(0));
		raised(b, 1);
	}
	pass(b, 1);
	arm(b, 1);
	event(b, QINT_RQCTL(0));
	assert_int_equal(raised(b, 1), 1);
}

/** Causes of several ITRs wait for one vector: the shortest interval decides. */
static void
test_shortest_interval(void **state)
{
	struct bench *b = *state;

	host_write(&b->host, GLINT_ITR(0, 1), 10);		/* 20 us */
	host_write(&b->host, GLINT_ITR(1, 1), 100);		/* 200 us */
	host_write(&b->host, QINT_RQCTL(0), 1 | INT_CTL_CAUSE_ENA);
	host_write(&b->host, QINT_TQCTL(0), 1 | INT_CTL_CAUSE_ENA | 1 << INT_CTL_ITR_INDX_S);
	arm(b, 1);
	event(b, QINT_RQCTL(0));
	assert_int_equal(raised(b, 1), 1);
	arm(b, 1);
	event(b, QINT_RQCTL(0));
	event(b, QINT_TQCTL(0));	/* the longer one, later */
	pass(b, 19);
	assert_int_equal(raised(b, 1), 0);
	pass(b, 1);
	assert_int_equal(raised(b, 1), 1);
}

/**
 * A software interrupt: of a queue's vector as drivers give one when they end polling, moderated
 * by an ITR of its own; of the vector of other causes with its bit there, which a self-test of
 * the interrupt looks for.
 */
static void
test_software_interrupt(void **state)
{
	struct bench *b = *state;

	b->now = rte_rdtsc();	/* what the device itself reads for these */
	host_write(&b->host, GLINT_DYN_CTL(1), GLINT_DYN_CTL_SWINT_TRIG | GLINT_DYN_CTL_INTENA |
		   3 << GLINT_DYN_CTL_ITR_INDX_S);
	assert_int_equal(raised(b, 1), 1);
	assert_int_equal(host_read(&b->host, PFINT_OICR), 0);
	host_write(&b->host, GLINT_DYN_CTL(1), GLINT_DYN_CTL_SWINT_TRIG | GLINT_DYN_CTL_INTENA |
		   2 << GLINT_DYN_CTL_ITR_INDX_S | 4000 << GLINT_DYN_CTL_INTERVAL_S |
		   GLINT_DYN_CTL_SW_ITR_INDX_ENA | 2 << GLINT_DYN_CTL_SW_ITR_INDX_S);
	assert_int_equal(raised(b, 1), 0);
	b->now = rte_rdtsc() + us(b, 8000);
	pass(b, 1);
	assert_int_equal(raised(b, 1), 1);

	host_write(&b->host, PFINT_OICR_CTL, INT_CTL_CAUSE_ENA);
	host_write(&b->host, GLINT_DYN_CTL(0), GLINT_DYN_CTL_INTENA | 3 <<
		   GLINT_DYN_CTL_ITR_INDX_S);
	host_write(&b->host, GLINT_DYN_CTL(0), 3 << GLINT_DYN_CTL_SW_ITR_INDX_S |
		   GLINT_DYN_CTL_INTENA_MSK | GLINT_DYN_CTL_SWINT_TRIG);
	assert_int_equal(raised(b, 0), 1);
	assert_int_equal(host_read(&b->host, PFINT_OICR), PFINT_OICR_SWINT);
}

/** Disabled while an interval runs: the cause waits for both. */
static void
test_masked_within_interval(void **state)
{
	struct bench *b = *state;

	host_write(&b->host, GLINT_ITR(0, 1), ITR_US / 2);
	host_write(&b->host, QINT_RQCTL(0), 1 | INT_CTL_CAUSE_ENA);
	arm(b, 1);
	event(b, QINT_RQCTL(0));
	assert_int_equal(raised(b, 1), 1);
	arm(b, 1);
	event(b, QINT_RQCTL(0));
	host_write(&b->host, GLINT_DYN_CTL(1), GLINT_DYN_CTL_WB_ON_ITR |
		   3 << GLINT_DYN_CTL_ITR_INDX_S);
	pass(b, 2 * ITR_US);
	assert_int_equal(raised(b, 1), 0);
	arm(b, 1);
	pass(b, 1);
	assert_int_equal(raised(b, 1), 1);
}

/** Queues that share a vector share its interrupts. */
static void
test_shared_vector(void **state)
{
	struct bench *b = *state;
	unsigned int q;

	for (q = 0; q < 64; q++)
		host_write(&b->host, QINT_RQCTL(q), 3 | INT_CTL_CAUSE_ENA);
	arm(b, 3);
	for (q = 0; q < 64; q++)
		event(b, QINT_RQCTL(q));
	assert_int_equal(raised(b, 3), 1);
	pass(b, 10);
	assert_int_equal(raised(b, 3), 0);
	arm(b, 3);
	pass(b, 1);
	/* Those after the first are pending. */
	assert_int_equal(raised(b, 3), 1);
}

/**
 * BAR memory mode: the host may enable a vector at any time, also after a step has looked for it
 * and before a cause comes that is pending there already. Nothing may count as pending for ever.
 */
static void
test_enabled_behind_the_back(void **state)
{
	const struct aether_model_conf conf = {
		.name = "memory", .bar_mode = AETHER_MODEL_BAR_MEMORY,
	};
	const uint32_t cause = 1 | INT_CTL_CAUSE_ENA;
	struct aether_model *model;
	struct host host;

	(void)state;
	host_open(&host, &conf);
	model = host.model;
	model_reg_set(model, QINT_RQCTL(0), cause);
	aether_model_step(model, 1);
	model_irq_queue(model, QINT_RQCTL(0), UINT64_C(1) << 62);
	assert_int_equal(model->irq_n_pending, 0);
	model_reg_set(model, GLINT_DYN_CTL(1), GLINT_DYN_CTL_INTENA);
	model_irq_queue(model, QINT_RQCTL(0), UINT64_C(1) << 62);
	assert_int_equal(model->stats.interrupts, 1);
	model_irq_step(model, UINT64_C(1) << 62);
	assert_int_equal(model->irq_n_pending, 0);
	host_close(&host);
}

/* An eventfd that is full and blocks stops nobody. */
static void
test_full_eventfd(void **state)
{
	struct bench *b = *state;
	const uint64_t most = UINT64_MAX - 1;
	int full = eventfd(0, 0);

	assert_int_equal(write(full, &most, sizeof(most)), sizeof(most));
	assert_int_equal(aether_model_irq_bind(b->host.model, 1, full), 0);
	aether_model_reg_write32(b->host.model, GLINT_DYN_CTL(1), GLINT_DYN_CTL_INTENA |
				 GLINT_DYN_CTL_SWINT_TRIG);
	assert_int_equal(aether_model_irq_bind(b->host.model, 1, b->fd[1]), 0);
	close(full);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_cause_and_vector),
		TEST(test_not_lost_while_masked),
		TEST(test_moderation),
		TEST(test_rate),
		TEST(test_intervals),
		TEST(test_interval_by_dyn_ctl),
		TEST(test_interval_zero),
		TEST(test_rate_limit),
		TEST(test_shortest_interval),
		TEST(test_software_interrupt),
		TEST(test_masked_within_interval),
		TEST(test_shared_vector),
		TEST(test_full_eventfd),
		cmocka_unit_test(test_enabled_behind_the_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
