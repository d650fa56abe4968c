/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Gaps are counted as they are, and put down to what the kernel tells. */

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>

#include "part_noise.h"

static const char interrupts[] =
	"           CPU0       CPU2       CPU3\n"
	"   0:        123          0          7   IO-APIC    2-edge      timer\n"
	"  24:          1         22        333   PCI-MSI 65536-edge      nvme0q1, nvme0q2\n"
	"  25:          9          8          7   PCI-MSIX-0000:00:01.0   1-edge      virtio0-req.0\n"
	" NMI:          0          0          5   Non-maskable interrupts\n"
	" LOC:       1000       2000       3000   Local timer interrupts\n"
	" TLB:          1          2          3   TLB shootdowns\n"
	" ERR:          4\n"
	" MIS:          0\n";
static const char softirqs[] =
	"                    CPU0       CPU2       CPU3\n"
	"          HI:          0          0          1\n"
	"       TIMER:         10         20         30\n";

static uint64_t
count_of(const struct part_counts *counts, const char *name)
{
	unsigned int i;

	for (i = 0; i < counts->n; i++)
		if (strcmp(counts->all[i].name, name) == 0)
			return counts->all[i].count;
	return UINT64_MAX;
}

static void
test_counts(void **state)
{
	struct part_counts *counts = calloc(2, sizeof(*counts)), *before = &counts[1];
	struct part_source *source;

	RTE_SET_USED(state);
	part_counts_parse(interrupts, 3, false, counts);
	part_counts_parse(softirqs, 3, true, counts);
	assert_int_equal(count_of(counts, "interrupt 0 timer"), 7);
	assert_int_equal(count_of(counts, "interrupt 24 nvme0q1, nvme0q2"), 333);
	assert_int_equal(count_of(counts, "interrupt 25 virtio0-req.0"), 7);
	assert_int_equal(count_of(counts, "NMI"), 5);
	assert_int_equal(count_of(counts, "local timer"), 3000);
	assert_int_equal(count_of(counts, "IPI: TLB shootdown"), 3);
	assert_int_equal(count_of(counts, "softirq TIMER"), 30);
	assert_int_equal(counts->n, 8);
	/* One that is offline has no column. */
	part_counts_parse(interrupts, 1, false, before);
	assert_int_equal(before->n, 0);
	*before = *counts;
	counts->all[1].count += 2;
	counts->all[4].count += 1;
	part_counts_difference(before, counts);
	assert_int_equal(counts->n, 2);
	source = part_counts_take(counts);
	assert_string_equal(source->name, "interrupt 24 nvme0q1, nvme0q2");
	part_counts_take(counts);
	assert_string_equal(part_counts_take(counts)->name, "local timer");
	assert_null(part_counts_take(counts));
	free(counts);
}

/** Whatever is in these files, nothing is read or written beyond. */
static void
test_damaged(void **state)
{
	static const char line[] = "    aether-watch-77      [002] d..2.  5000: sched_switch: "
		"prev_comm=w ==> next_comm=kworker/2:1 next_pid=33 next_prio=120";
	struct part_counts *counts = malloc(sizeof(*counts));
	struct part_event event;
	unsigned int seed = 20261127, i, j;

	RTE_SET_USED(state);
	for (i = 0; i < 40000; i++) {
		const char *good = i % 3 == 0 ? interrupts : i % 3 == 1 ? softirqs : line;
		size_t len = strlen(good);
		char *text = malloc(len + 1);

		memcpy(text, good, len + 1);
		for (j = 0; j < 1 + i % 7; j++) {
			size_t at = rand_r(&seed) % len;

			if (rand_r(&seed) % 4 == 0 && len > 1) {
				memmove(text + at, text + at + 1, len - at);
				len--;
			} else {
				text[at] = rand_r(&seed) % 3 == 0 ? " \n:,[]0C="[rand_r(&seed) % 9] :
					   (char)(rand_r(&seed) % 256);
			}
		}
		counts->n = 0;
		part_counts_parse(text, 3, i % 2 == 0, counts);
		for (j = 0; j < counts->n; j++)
			assert_in_range(strlen(counts->all[j].name), 1, PART_CAUSE - 1);
		if (part_event_parse(text, 2, &event))
			assert_in_range(strlen(event.name), 1, PART_CAUSE - 1);
		free(text);
	}
	free(counts);
}

static void
test_buckets(void **state)
{
	unsigned int i;
	uint64_t n;

	RTE_SET_USED(state);
	for (n = 1; n < UINT64_C(1) << 39; n += n / 7 + 1) {
		i = part_noise_bucket(n);
		assert_true(part_noise_bucket_end(i) >= n);
		assert_true(i == 0 || part_noise_bucket_end(i - 1) < n);
		assert_true(part_noise_bucket_end(i) - n <= n / PART_SUB + 1);
	}
	assert_int_equal(part_noise_bucket(UINT64_MAX), PART_BUCKETS - 1);
}

static void
sleep_us(unsigned int us)
{
	struct timespec time = { .tv_nsec = us * 1000L };

	nanosleep(&time, NULL);
}

/** @return whether that it was away by its own will is told; counters that others add to may hide it */
static bool
tells_own_waiting(void)
{
	struct rte_aether_partition_noise_stats stats;
	struct rte_aether_partition_noise *noise;
	double away = 0, us = 1e6 / part_tsc_hz();
	unsigned int i, turn;
	uint64_t from;
	char *text;
	size_t size;
	FILE *out;
	bool told;

	noise = rte_aether_partition_noise_start(1500);
	assert_non_null(noise);
	assert_int_equal(rte_aether_partition_watch_start(&(struct
		rte_aether_partition_watch_conf){ .no_trace = true, .interval_ms = 5 }, NULL), 0);
	assert_int_equal(rte_aether_partition_watch_start(NULL, NULL), -EALREADY);
	for (i = 0; i < 20; i++) {
		for (turn = 0; turn < 1000; turn++)
			rte_aether_partition_noise_tick(noise);
		from = rte_rdtsc();
		sleep_us(2000 + 500 * (i % 3));
		away += (rte_rdtsc() - from) * us;
		rte_aether_partition_noise_tick(noise);
	}
	rte_aether_partition_noise_stop(noise);
	assert_int_equal(rte_aether_partition_watch_stop(), 0);
	assert_int_equal(rte_aether_partition_watch_stop(), -EALREADY);
	assert_int_equal(rte_aether_partition_noise_stats(&stats, 1), 1);
	/* The machine may take the CPU away once more in between. */
	assert_in_range(stats.gaps, 20, 40);
	assert_true(stats.p50_us >= 2000 && stats.max_us >= stats.p99_us);
	assert_true(stats.lost_percent * 1e4 * stats.seconds >= away * 0.99);
	out = open_memstream(&text, &size);
	rte_aether_partition_noise_print(out);
	rte_aether_partition_noise_print_json(out);
	fclose(out);
	assert_non_null(strstr(text, "What to do"));
	assert_non_null(strstr(text, "\"by\": \"counters\""));
	told = strstr(text, "its own waiting") != NULL;
	free(text);
	rte_aether_partition_noise_forget();
	assert_int_equal(rte_aether_partition_noise_stats(NULL, 0), 0);
	return told;
}

/** A thread that is away on purpose: each time is a gap, as long as that. */
static void
test_gaps(void **state)
{
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < 5; i++)
		if (tells_own_waiting())
			return;
	fail_msg("its own waiting is not told");
}

static void
test_measure(void **state)
{
	struct rte_aether_partition_noise_stats stats;
	const struct rte_aether_partition_watch_conf conf = { .no_trace = true };
	cpu_set_t cpus;
	char list[16];
	int cpu = 0;

	RTE_SET_USED(state);
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	snprintf(list, sizeof(list), "%d", cpu);
	assert_int_equal(rte_aether_partition_noise_measure("x", 1, 5, &conf, NULL, NULL, NULL),
			 -EINVAL);
	assert_int_equal(rte_aether_partition_noise_measure("8000", 1, 5, &conf, NULL, NULL, NULL),
			 -EINVAL);
	rte_aether_partition_noise_forget();
	assert_int_equal(rte_aether_partition_noise_measure(list, 0.3, 5, &conf, NULL, NULL, NULL),
			 0);
	assert_int_equal(rte_aether_partition_noise_stats(&stats, 1), 1);
	assert_int_equal(stats.cpu, cpu);
	/* However late the thread was, it is measured from the same moment on. */
	assert_true(stats.seconds >= 0.29 && stats.lost_percent < 100);
	rte_aether_partition_noise_forget();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
