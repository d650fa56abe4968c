/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include "cmocka_all.h"
#include "plan.c"

static struct fwd_options opt;
static struct fwd_host_view host;
static struct fwd_plan plan;
static char err[512];

/* Ports 0..n-1, main lcore 0 and workers 1..w. */
static int
set_up(unsigned int ports, unsigned int workers)
{
	unsigned int i;

	memset(&opt, 0, sizeof(opt));
	memset(&host, 0, sizeof(host));
	host.nb_ports = ports;
	for (i = 0; i < ports; i++)
		host.ports[i] = i;
	host.nb_workers = workers;
	for (i = 0; i < workers; i++)
		host.workers[i] = i + 1;
	return 0;
}

static int
make(void)
{
	return fwd_plan_make(&opt, &host, &plan, err, sizeof(err));
}

static void
expect_stream(unsigned int i, uint16_t rx, uint16_t tx, uint16_t lcore)
{
	assert_true(i < plan.nb_streams);
	assert_int_equal(plan.streams[i].rx_port, rx);
	assert_int_equal(plan.streams[i].tx_port, tx);
	assert_int_equal(plan.streams[i].lcore, lcore);
}

static void
default_pairs(void **state)
{
	(void)state;
	set_up(5, 3);
	assert_int_equal(make(), 0);
	assert_int_equal(plan.nb_streams, 5);
	expect_stream(0, 0, 1, 1);
	expect_stream(1, 1, 0, 1);
	expect_stream(2, 2, 3, 2);
	expect_stream(3, 3, 2, 2);
	expect_stream(4, 4, 4, 3);
	assert_int_equal(plan.nb_ports, 5);
}

static void
one_port_to_itself_on_main(void **state)
{
	(void)state;
	set_up(1, 0);
	assert_int_equal(make(), 0);
	assert_int_equal(plan.nb_streams, 1);
	expect_stream(0, 0, 0, 0);
	assert_int_equal(plan.nb_ports, 1);
}

static void
main_joins_when_workers_are_few(void **state)
{
	(void)state;
	set_up(4, 1);
	assert_int_equal(make(), 0);
	expect_stream(0, 0, 1, 1);
	expect_stream(2, 2, 3, 0);
	/* And with fewer lcores than pairs they take turns. */
	set_up(6, 1);
	assert_int_equal(make(), 0);
	expect_stream(4, 4, 5, 1);
}

static void
main_only_watches_when_workers_suffice(void **state)
{
	unsigned int i;

	(void)state;
	set_up(4, 2);
	assert_int_equal(make(), 0);
	for (i = 0; i < plan.nb_streams; i++)
		assert_int_not_equal(plan.streams[i].lcore, 0);
}

static void
assignment_is_obeyed(void **state)
{
	(void)state;
	set_up(4, 2);
	opt.assign[0] = (struct fwd_assign){ 1, 0 };
	opt.nb_assign = 1;
	assert_int_equal(make(), 0);
	expect_stream(0, 0, 1, 1);
	expect_stream(2, 2, 3, 0);
}

static void
refusals(void **state)
{
	(void)state;
	set_up(0, 1);
	assert_int_equal(make(), -ENODEV);
	assert_non_null(strstr(err, "--vdev"));

	set_up(2, 1);
	opt.map[0] = (struct fwd_map_entry){ 0, 7, 0 };
	opt.nb_map = 1;
	assert_int_equal(make(), -EINVAL);
	assert_non_null(strstr(err, "port 7"));

	set_up(2, 1);
	opt.assign[0] = (struct fwd_assign){ 1, 1 };
	opt.nb_assign = 1;
	assert_int_equal(make(), -EINVAL);
	assert_non_null(strstr(err, "pair 1"));

	opt.assign[0] = (struct fwd_assign){ 0, 9 };
	assert_int_equal(make(), -EINVAL);
	assert_non_null(strstr(err, "lcore 9"));
}

/* Two lcores on one Tx queue would corrupt it. */
static void
one_lcore_a_tx_queue(void **state)
{
	(void)state;
	set_up(3, 2);
	opt.map[0] = (struct fwd_map_entry){ 0, 2, 0 };
	opt.map[1] = (struct fwd_map_entry){ 1, 2, 1 };
	opt.nb_map = 2;
	assert_int_equal(make(), -EINVAL);
	assert_non_null(strstr(err, "port 2"));

	opt.assign[0] = (struct fwd_assign){ 1, 1 };
	opt.nb_assign = 1;
	assert_int_equal(make(), 0);
	assert_int_equal(plan.nb_ports, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_pairs),
		cmocka_unit_test(one_port_to_itself_on_main),
		cmocka_unit_test(main_joins_when_workers_are_few),
		cmocka_unit_test(main_only_watches_when_workers_suffice),
		cmocka_unit_test(assignment_is_obeyed),
		cmocka_unit_test(refusals),
		cmocka_unit_test(one_lcore_a_tx_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
