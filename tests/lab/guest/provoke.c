/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * provoke <what> <times>: a thread that looks for gaps on CPU 2, and something that takes the CPU
 * away from it so many times: fault (the thread touches new memory), shootdown (another thread of
 * the process on CPU 0 takes away the right to write to what both have used), call (another process
 * has CPU 2 pass a memory barrier), timer (a timer of the thread expires). Prints each gap.
 *
 * provoke each <times> <command> [argument...]: on CPU 0, run the command so many times; the CPU is
 * watched by somebody else. provoke packets <times>: on CPU 2, send packets to the loopback interface,
 * whose softirq is on the same CPU; provoke spin <times>: on CPU 2, be busy for 30 ms; provoke line
 * <times>: have the serial port's interrupt come, whose CPU is 2.
 *
 * Of each time it prints {"from": F, "to": T}, in seconds of CLOCK_MONOTONIC: what it makes comes
 * between these.
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_aether_partition_noise.h>

#define PAGE	4096
#define MOST	1000
#define EACH_NS	20000000	/* of the timer */

static unsigned int times, done;
static struct { uint64_t from, to; } events[MOST];
static bool looking, stop;
static char *shared;
static pthread_barrier_t barrier;

static uint64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

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

	if (memory == MAP_FAILED)
		exit(3);
	/* A kernel without huge pages refuses. */
	madvise(memory, (size_t)times * PAGE, MADV_NOHUGEPAGE);
	for (; done < times; done++) {
		events[done].from = now();
		memory[(size_t)done * PAGE] = 1;
		events[done].to = now();
		tick(noise, 20000);
	}
}

static void
protect(unsigned int i)
{
	mprotect(shared + (size_t)i * PAGE, PAGE, PROT_READ);
}

static void
call(unsigned int i)
{
	(void)i;
	/* Of all CPUs that run threads of this process; the first use only registers it. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/** On CPU 0, while the other thread looks. */
static void *
disturb(void *arg)
{
	void (*what)(unsigned int i) = *(void (**)(unsigned int i))arg;

	bind_to(0);
	pthread_barrier_wait(&barrier);
	/* To a CPU on which no thread of the process runs no IPI is sent. */
	while (!__atomic_load_n(&looking, __ATOMIC_RELAXED))
		pause_ms(1);
	for (; done < times; done++) {
		events[done].from = now();
		what(done);
		events[done].to = now();
		pause_ms(10);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	return NULL;
}

static void
be_disturbed(struct rte_aether_partition_noise *noise, void (*what)(unsigned int i))
{
	pthread_t thread;

	shared = mmap(NULL, (size_t)times * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	if (shared == MAP_FAILED || pthread_barrier_init(&barrier, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, disturb, &what) != 0)
		exit(3);
	memset(shared, 1, (size_t)times * PAGE);
	pthread_barrier_wait(&barrier);
	tick(noise, 1000);
	__atomic_store_n(&looking, true, __ATOMIC_RELAXED);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		tick(noise, 100);
	pthread_join(thread, NULL);
}

static void
shootdown(struct rte_aether_partition_noise *noise)
{
	be_disturbed(noise, protect);
}

static void
function_call(struct rte_aether_partition_noise *noise)
{
	be_disturbed(noise, call);
}

static void
on_timer(int signum)
{
	(void)signum;
	if (done < times)
		events[done++].to = now();
}

static void
timer(struct rte_aether_partition_noise *noise)
{
	const uint64_t first = now() + EACH_NS;
	const struct itimerspec each = { { 0, EACH_NS },
		{ first / 1000000000, first % 1000000000 } };
	struct sigaction action = { .sa_handler = on_timer };
	unsigned int i;
	timer_t id;

	for (i = 0; i < times; i++)
		events[i].from = first + (uint64_t)i * EACH_NS;
	sigaction(SIGALRM, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, NULL, &id) != 0 ||
	    timer_settime(id, TIMER_ABSTIME, &each, NULL) != 0)
		exit(3);
	while (*(volatile unsigned int *)&done < times)
		tick(noise, 100);
	timer_delete(id);
}

static void
print_events(void)
{
	unsigned int i;

	for (i = 0; i < done; i++)
		printf("{\"from\": %.9f, \"to\": %.9f}\n", events[i].from * 1e-9,
		       events[i].to * 1e-9);
}

static void
print_gap(void *ctx, const struct rte_aether_partition_gap *gap)
{
	unsigned int i;

	(void)ctx;
	printf("{\"time\": %.9f, \"us\": %.3f, \"causes\": [", gap->begin_ns * 1e-9, gap->us);
	for (i = 0; i < gap->n_shares; i++)
		printf("%s{\"kind\": \"%s\", \"name\": \"%s\", \"us\": %.3f}", i == 0 ? "" : ", ",
		       gap->shares[i].kind, gap->shares[i].name, gap->shares[i].us);
	puts("]}");
}

static int
look(void (*what)(struct rte_aether_partition_noise *noise))
{
	const struct rte_aether_partition_watch_conf conf = { .cpus = "0", .gap = print_gap };
	struct rte_aether_partition_noise *noise;
	bool traced;

	bind_to(2);
	noise = rte_aether_partition_noise_start(5);
	if (noise == NULL || rte_aether_partition_watch_start(&conf, &traced) != 0)
		return 1;
	noise->last = rte_rdtsc();
	what(noise);
	rte_aether_partition_noise_stop(noise);
	rte_aether_partition_watch_stop();
	print_events();
	rte_aether_partition_noise_print_json(stdout);
	return traced ? 0 : 4;
}

static void
each(char **command)
{
	int status;
	pid_t child;

	bind_to(0);
	for (; done < times; done++) {
		events[done].from = now();
		child = fork();
		if (child == 0) {
			execvp(command[0], command);
			_exit(127);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
			exit(3);
		events[done].to = now();
		pause_ms(50);
	}
}

static void
packets(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	bind_to(2);
	for (; done < times; done++) {
		events[done].from = now();
		if (sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) != 1)
			exit(3);
		events[done].to = now();
		pause_ms(50);
	}
	close(fd);
}

/** Interrupts of the serial port that CPU 2 has had. */
static unsigned long
count_interrupts(void)
{
	unsigned long count = 0;
	char line[512];
	FILE *file = fopen("/proc/interrupts", "r");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strstr(line, "ttyS0") != NULL)
			sscanf(line, " %*u: %*u %*u %lu", &count);
	if (file != NULL)
		fclose(file);
	return count;
}

/** What is written may go out with something else, without an interrupt of its own: once more. */
static void
serial_line(void)
{
	const int fd = open("/dev/ttyS0", O_WRONLY | O_NOCTTY);
	unsigned int tries, wait;

	bind_to(0);
	for (tries = 0; done < times && tries < 2 * times; tries++) {
		const unsigned long before = count_interrupts();

		events[done].from = now();
		if (write(fd, "line\n", 5) != 5)
			exit(3);
		for (wait = 0; count_interrupts() == before && wait < 20; wait++)
			pause_ms(5);
		events[done].to = now();
		done += count_interrupts() != before;
		pause_ms(50);
	}
	close(fd);
}

static void
spin(void)
{
	bind_to(2);
	for (; done < times; done++) {
		events[done].from = now();
		do
			events[done].to = now();
		while (events[done].to < events[done].from + 30000000);
		pause_ms(100);
	}
}

int
main(int argc, char **argv)
{
	if (argc < 3 || (times = strtoul(argv[2], NULL, 10)) > MOST)
		return 1;
	if (strcmp(argv[1], "fault") == 0)
		return look(fault);
	if (strcmp(argv[1], "shootdown") == 0)
		return look(shootdown);
	if (strcmp(argv[1], "call") == 0)
		return look(function_call);
	if (strcmp(argv[1], "timer") == 0)
		return look(timer);
	if (strcmp(argv[1], "packets") == 0)
		packets();
	else if (strcmp(argv[1], "line") == 0)
		serial_line();
	else if (strcmp(argv[1], "spin") == 0)
		spin();
	else if (strcmp(argv[1], "each") == 0 && argc > 3)
		each(&argv[3]);
	else
		return 1;
	print_events();
	return 0;
}
