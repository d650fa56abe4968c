/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * provoke <what> <times>: a thread that looks for gaps on CPU 2, and something that takes the CPU
 * away from it so many times: fault (the thread touches new memory), shootdown (another thread of
 * the process on CPU 0 unmaps what both have used), timer (a timer of the thread expires).
 */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <rte_aether_partition_noise.h>

#define PAGE	4096

static unsigned int times;
static bool stop;
static char *shared;
static pthread_barrier_t barrier;

static void
bind_to(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0)
		exit(2);
}

static void
pause_ms(unsigned int ms)
{
	const struct timespec time = { .tv_nsec = ms * 1000000L };

	nanosleep(&time, NULL);
}

static void
tick(struct rte_aether_partition_noise *noise, unsigned int turns)
{
	while (turns-- != 0)
		rte_aether_partition_noise_tick(noise);
}

static void
fault(struct rte_aether_partition_noise *noise)
{
	char *memory = mmap(NULL, (size_t)times * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i;

	if (memory == MAP_FAILED || madvise(memory, (size_t)times * PAGE, MADV_NOHUGEPAGE) != 0)
		exit(3);
	for (i = 0; i < times; i++) {
		memory[(size_t)i * PAGE] = 1;
		tick(noise, 20000);
	}
}

static void *
unmap(void *arg)
{
	unsigned int i;

	(void)arg;
	bind_to(0);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < times; i++) {
		mprotect(shared + (size_t)i * PAGE, PAGE, PROT_READ);
		pause_ms(10);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	return NULL;
}

static void
shootdown(struct rte_aether_partition_noise *noise)
{
	pthread_t thread;

	shared = mmap(NULL, (size_t)times * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (shared == MAP_FAILED || pthread_barrier_init(&barrier, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, unmap, NULL) != 0)
		exit(3);
	memset(shared, 1, (size_t)times * PAGE);
	pthread_barrier_wait(&barrier);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		tick(noise, 100);
	pthread_join(thread, NULL);
}

static void
on_timer(int signum)
{
	(void)signum;
	times--;
}

static void
timer(struct rte_aether_partition_noise *noise)
{
	const struct itimerspec each = { { 0, 20000000 }, { 0, 20000000 } };
	struct sigaction action = { .sa_handler = on_timer };
	timer_t id;

	sigaction(SIGALRM, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, NULL, &id) != 0 ||
	    timer_settime(id, 0, &each, NULL) != 0)
		exit(3);
	while (*(volatile unsigned int *)&times != 0 && times < 100000)
		tick(noise, 100);
	timer_delete(id);
}

int
main(int argc, char **argv)
{
	const struct rte_aether_partition_watch_conf conf = { .cpus = "0" };
	struct rte_aether_partition_noise *noise;
	bool traced;

	if (argc != 3)
		return 1;
	times = strtoul(argv[2], NULL, 10);
	bind_to(2);
	noise = rte_aether_partition_noise_start(5);
	if (noise == NULL || rte_aether_partition_watch_start(&conf, &traced) != 0)
		return 1;
	/* The kernel begins to trace. */
	pause_ms(300);
	noise->last = rte_rdtsc();
	if (strcmp(argv[1], "fault") == 0)
		fault(noise);
	else if (strcmp(argv[1], "shootdown") == 0)
		shootdown(noise);
	else if (strcmp(argv[1], "timer") == 0)
		timer(noise);
	rte_aether_partition_noise_stop(noise);
	pause_ms(300);
	rte_aether_partition_watch_stop();
	rte_aether_partition_noise_print_json(stdout);
	return traced ? 0 : 4;
}
