/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire_fake.h"

/* Steps of each device since it was opened, and gaps between them of over 20 us that the stall
 * detection was told of, or not. Written by the service thread. */
static struct count {
	struct aether_model *model;
	uint64_t steps, last, told, untold;
} counts[4];

static bool receive;			/* whether a step takes what the wire brings */

static unsigned int
counting_step(struct aether_model *model)
{
	struct count *count = counts;
	uint64_t now = rte_rdtsc();
	unsigned int moved = 0;

	while (count->model != model)
		count++;
	rte_ticketlock_lock(&model->lock);
	if (count->last != 0 && now - count->last > model->tsc_hz / 50000) {
		if (model->stall.last_step == 0)
			__atomic_fetch_add(&count->told, 1, __ATOMIC_RELAXED);
		else
			__atomic_fetch_add(&count->untold, 1, __ATOMIC_RELAXED);
	}
	count->last = now;
	__atomic_fetch_add(&count->steps, 1, __ATOMIC_RELAXED);
	model_stall_step(model, now);
	if (receive)
		moved = fake_receive(model, MODEL_BURST, now, NULL);
	rte_ticketlock_unlock(&model->lock);
	return moved;
}

static uint64_t
steps(unsigned int i)
{
	return __atomic_load_n(&counts[i].steps, __ATOMIC_RELAXED);
}

static void
pass_ms(unsigned int ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

/* The device does get steps: waits for up to 10 s. */
static void
assert_stepped(unsigned int i)
{
	uint64_t before = steps(i);
	unsigned int ms;

	for (ms = 0; ms < 10000; ms++) {
		if (steps(i) > before + 2)
			return;
		pass_ms(1);
	}
	fail_msg("device %u gets no steps", i);
}

static uint64_t
real_tsc_hz(void)
{
	struct timespec from, to;
	uint64_t tsc;

	clock_gettime(CLOCK_MONOTONIC, &from);
	tsc = rte_rdtsc();
	pass_ms(10);
	clock_gettime(CLOCK_MONOTONIC, &to);
	tsc = rte_rdtsc() - tsc;
	return (uint64_t)(tsc * 1e9 / ((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec -
				       from.tv_nsec));
}

static struct aether_model *
open_device(unsigned int i, const char *wire)
{
	struct aether_model *model = fake_open("a", wire);

	model->tsc_hz = real_tsc_hz();
	model_wire_close(model);
	assert_int_equal(model_wire_open(model, wire), 0);
	counts[i] = (struct count){ .model = model };
	receive = false;
	fake_step = counting_step;
	return model;
}

/* The task id of the only thread of that name; 0: there is none. */
static int
service_tid(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	char path[300], name[32];
	int tid = 0;
	FILE *file;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (file == NULL)
			continue;
		if (fgets(name, sizeof(name), file) != NULL &&
		    strcmp(name, "aether-model\n") == 0) {
			assert_int_equal(tid, 0);
			tid = atoi(entry->d_name);
		}
		fclose(file);
	}
	closedir(dir);
	return tid;
}

static int
wait_for_tid(void)
{
	unsigned int ms;
	int tid = 0;

	for (ms = 0; ms < 10000 && tid == 0; ms++) {
		tid = service_tid();
		pass_ms(1);
	}
	assert_int_not_equal(tid, 0);
	return tid;
}

/* It may be listed for a moment after it was joined. */
static void
assert_thread_ended(void)
{
	unsigned int ms;

	for (ms = 0; ms < 10000 && service_tid() != 0; ms++)
		pass_ms(1);
	assert_int_equal(service_tid(), 0);
}

/* ------------------------------------------------------------------ tests ------------------- */

static void
test_thread(void **state)
{
	struct aether_model *model = open_device(0, "loop");
	char path[64], line[128];
	unsigned long long blocked = 0;
	int tid;
	FILE *file;

	RTE_SET_USED(state);
	assert_int_equal(aether_model_service_add(model, -1, NULL, 0), 0);
	assert_stepped(0);
	tid = wait_for_tid();
	assert_int_equal(sched_getscheduler(tid), SCHED_OTHER);
	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "SigBlk: %llx", &blocked);
	fclose(file);
	assert_true(blocked & 1ull << (SIGINT - 1));
	assert_true(blocked & 1ull << (SIGTERM - 1));
	assert_true(blocked & 1ull << (SIGUSR1 - 1));

	aether_model_service_remove(model);
	assert_thread_ended();
	aether_model_service_remove(model);
	fake_close(model);
}

static void
test_refused(void **state)
{
	struct aether_model *a = open_device(0, "loop"), *b = open_device(1, "loop");
	cpu_set_t cpus;
	char named[32];
	int cpu;

	RTE_SET_USED(state);
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	for (cpu = 0; !CPU_ISSET(cpu, &cpus); cpu++)
		;
	fake_log();
	assert_int_equal(aether_model_service_add(a, 100000, NULL, 0), -EINVAL);
	assert_logged("no CPU 100000", NULL);
	assert_int_equal(aether_model_service_add(a, -2, NULL, 0), -EINVAL);
	assert_int_equal(service_tid(), 0);

	assert_int_equal(aether_model_service_add(a, cpu, NULL, 0), 0);
	assert_int_equal(aether_model_service_add(a, cpu, NULL, 0), -EBUSY);
	snprintf(named, sizeof(named), "runs on CPU %d", cpu);
	fake_log();
	if (CPU_COUNT(&cpus) > 1) {
		int other = cpu + 1;

		while (!CPU_ISSET(other, &cpus))
			other++;
		assert_int_equal(aether_model_service_add(b, other, NULL, 0), -EINVAL);
		assert_logged(named, NULL);
	}
	assert_int_equal(aether_model_service_add(b, cpu, NULL, 0), 0);
	assert_stepped(1);
	aether_model_service_remove(a);
	aether_model_service_remove(b);
	assert_thread_ended();
	fake_close(a);
	fake_close(b);
}

/* A removed device gets no step any more, the others do; in the end the thread is gone. */
static void
test_removal(void **state)
{
	struct aether_model *models[3];
	uint64_t before;
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < 3; i++)
		models[i] = open_device(i, "loop");
	for (i = 0; i < 3; i++)
		assert_int_equal(aether_model_service_add(models[i], -1, NULL, 0), 0);
	for (i = 0; i < 3; i++)
		assert_stepped(i);
	aether_model_service_remove(models[1]);
	before = steps(1);
	fake_close(models[1]);
	assert_stepped(0);
	assert_stepped(2);
	assert_int_equal(steps(1), before);
	aether_model_service_remove(models[0]);
	assert_stepped(2);
	aether_model_service_remove(models[2]);
	assert_thread_ended();
	fake_close(models[0]);
	fake_close(models[2]);
}

static void
test_many_times(void **state)
{
	struct aether_model *a = open_device(0, "loop"), *b = open_device(1, "loop");
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < 200; i++) {
		assert_int_equal(aether_model_service_add(a, -1, NULL, 0), 0);
		assert_int_equal(aether_model_service_add(b, -1, NULL, 0), 0);
		aether_model_service_remove(i % 2 != 0 ? a : b);
		aether_model_service_remove(i % 2 != 0 ? b : a);
	}
	assert_thread_ended();
	fake_close(a);
	fake_close(b);
}

/* Where CPUs are free of polling it takes one of those, else it floats over all. */
static void
test_cpu_choice(void **state)
{
	struct aether_model *a = open_device(0, "loop"), *b = open_device(1, "loop");
	unsigned int busy[CPU_SETSIZE], n = 0;
	cpu_set_t process, thread;
	int cpu, tid;

	RTE_SET_USED(state);
	assert_int_equal(sched_getaffinity(0, sizeof(process), &process), 0);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &process))
			busy[n++] = (unsigned int)cpu;
	if (n < 2) {
		print_message("SKIP: one CPU leaves no choice\n");
		fake_close(a);
		fake_close(b);
		skip();
	}
	/* All but the second poll. */
	RTE_SWAP(busy[0], busy[1]);
	assert_int_equal(aether_model_service_add(a, -1, busy + 1, n - 1), 0);
	tid = wait_for_tid();
	assert_int_equal(sched_getaffinity(tid, sizeof(thread), &thread), 0);
	assert_int_equal(CPU_COUNT(&thread), 1);
	assert_true(CPU_ISSET(busy[0], &thread));
	/* Then the second, too: of all that poll, the first named last is shared. */
	assert_int_equal(aether_model_service_add(b, -1, busy, 1), 0);
	assert_int_equal(sched_getaffinity(tid, sizeof(thread), &thread), 0);
	assert_int_equal(CPU_COUNT(&thread), 1);
	assert_true(CPU_ISSET(busy[0], &thread));
	assert_stepped(0);
	assert_stepped(1);
	aether_model_service_remove(a);
	aether_model_service_remove(b);
	assert_thread_ended();
	fake_close(a);
	fake_close(b);
}

/* Nothing moves: it sleeps most of the time, and no sleep counts as a stall. */
static void
test_idle(void **state)
{
	struct aether_model *model = open_device(0, "loop");
	unsigned long long ran = 0;
	struct count count;
	char path[64];
	FILE *file;
	int tid;

	RTE_SET_USED(state);
	assert_int_equal(aether_model_service_add(model, -1, NULL, 0), 0);
	tid = wait_for_tid();
	pass_ms(500);
	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", tid);
	file = fopen(path, "r");
	if (file != NULL) {
		assert_int_equal(fscanf(file, "%llu", &ran), 1);
		fclose(file);
	}
	aether_model_service_remove(model);
	assert_thread_ended();
	count = counts[0];
	assert_true(count.told > 100);
	assert_true(count.told > count.untold);
	if (ran > 250000000)
		fail_msg("it ran for %llu ms of 500", ran / 1000000);
	fake_close(model);
}

/* It does not sleep into a generator's schedule. */
static void
test_scheduled(void **state)
{
	struct aether_model *model = open_device(0, "gen:pace=20000");
	struct aether_model_wire_stats stats;

	RTE_SET_USED(state);
	receive = true;
	assert_int_equal(aether_model_service_add(model, -1, NULL, 0), 0);
	assert_stepped(0);
	pass_ms(200);
	aether_model_service_remove(model);
	assert_thread_ended();
	aether_model_wire_stats_get(model, &stats);
	assert_true(stats.rx_delivered > 100);
	assert_int_equal(counts[0].told, 0);
	fake_close(model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_removal),
		cmocka_unit_test(test_many_times),
		cmocka_unit_test(test_cpu_choice),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_scheduled),
	};

	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
