/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The process's service thread: steps all devices that were added to it, in turn.
 *
 * There are two lists of devices: the thread works from one while the other is written. It
 * announces, at the start of each round, which one it works from; who takes a device off waits
 * until the thread has announced the list without it. So a round costs no lock, a change never
 * fails for lack of memory, and a removed device is at rest.
 *
 * When nothing moves the thread spins for SPIN_US (or yields, if it has no CPU of its own), and
 * then sleeps, twice as long each time up to SLEEP_MAX_US. A doorbell is seen when it wakes: the
 * first packet after an idle time waits up to that long, and the kernel's wake-up besides. It does
 * not sleep into the schedule of a generator.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "model_priv.h"

#define SERVICE_NAME		"aether-model"
#define SERVICE_BUDGET		MODEL_BURST
#define SPIN_US			50
#define SLEEP_MIN_US		2
#define SLEEP_MAX_US		64
/* A sleep may last this much longer than it was asked for without a generator being late. */
#define SLEEP_MARGIN_US		150
#define SLACK_NS		1000	/* of the thread's timers; the kernel's default is 50 us */

#define SERVICE_DEVICES		256

struct service_list {
	unsigned int n;
	struct aether_model *models[SERVICE_DEVICES];
};

static struct service {
	pthread_mutex_t mutex;		/* held by control calls */
	struct service_list lists[2];
	struct service_list *list;	/* the thread's orders; NULL: end */
	const struct service_list *seen;	/* what the thread works from; it writes this */
	pthread_t thread;
	bool running;
	int cpu;			/* as asked for; -1: chosen */
	cpu_set_t busy;			/* CPUs that poll, of all devices added */
	int spare;			/* of these, the one to share when none is left; or -1 */
	bool shared;			/* the thread may share its CPU with one that polls */
} service = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.cpu = -1,
	.spare = -1,
};

/* The CPUs that the process was given. EAL pins the thread that initialises it, so this is taken
 * when the library is loaded. */
static cpu_set_t process_cpus;

RTE_INIT(service_note_cpus)
{
	/* More CPUs than a cpu_set_t holds: the kernel ignores those that there are not. */
	if (sched_getaffinity(0, sizeof(process_cpus), &process_cpus) != 0)
		memset(&process_cpus, 0xFF, sizeof(process_cpus));
}

/* ------------------------------------------------------------------ the thread -------------- */

struct idle {
	uint64_t since;			/* TSC of the first round without movement; 0: none yet */
	unsigned int sleep_us;
};

/* TSC at which the first of the devices has something scheduled. */
static uint64_t
first_due(const struct service_list *list)
{
	uint64_t first = UINT64_MAX, due;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		rte_ticketlock_lock(&list->models[i]->lock);
		/* An interrupt that moderation holds back is due within microseconds. */
		due = list->models[i]->irq_n_pending != 0 ? 0 :
			model_wire_next_due(list->models[i]);
		rte_ticketlock_unlock(&list->models[i]->lock);
		first = RTE_MIN(first, due);
	}
	return first;
}

static void
go_to_sleep(const struct service_list *list, unsigned int us)
{
	const struct timespec time = { .tv_nsec = us * 1000L };
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		rte_ticketlock_lock(&list->models[i]->lock);
		model_stall_sleep(list->models[i]);
		rte_ticketlock_unlock(&list->models[i]->lock);
	}
	nanosleep(&time, NULL);
}

/* Stay awake. Where the host polls on the same CPU, it must run before anything can move. */
static void
wait_awake(void)
{
	if (__atomic_load_n(&service.shared, __ATOMIC_RELAXED))
		sched_yield();
	else
		rte_pause();
}

/* A round in which nothing moved. */
static void
rest(struct idle *idle, const struct service_list *list)
{
	uint64_t us = list->models[0]->tsc_hz / US_PER_S, now = rte_rdtsc(), due;

	if (idle->since == 0) {		/* the first */
		idle->since = now;
		idle->sleep_us = SLEEP_MIN_US;
	}
	if (now - idle->since < SPIN_US * us) {
		wait_awake();
		return;
	}
	due = first_due(list);
	if (due != UINT64_MAX && due < now + (idle->sleep_us + SLEEP_MARGIN_US) * us) {
		wait_awake();
		return;
	}
	go_to_sleep(list, idle->sleep_us);
	idle->sleep_us = RTE_MIN(2 * idle->sleep_us, (unsigned int)SLEEP_MAX_US);
}

static void *
service_main(void *arg)
{
	struct idle idle = { 0 };
	const struct service_list *list;
	unsigned int i, moved;

	RTE_SET_USED(arg);
	pthread_setname_np(pthread_self(), SERVICE_NAME);
	prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
	for (;;) {
		/* Acquire: the list is read after the pointer to it. */
		list = __atomic_load_n(&service.list, __ATOMIC_ACQUIRE);
		/* Release: the last round's accesses to an older list and its devices come
		 * before the announcement that they are over. */
		__atomic_store_n(&service.seen, list, __ATOMIC_RELEASE);
		if (list == NULL)
			return NULL;
		moved = 0;
		for (i = 0; i < list->n; i++)
			moved += aether_model_step(list->models[i], SERVICE_BUDGET);
		if (moved != 0)
			idle.since = 0;
		else
			rest(&idle, list);
	}
}

/* ------------------------------------------------------------------ where it runs ----------- */

/* CPUs that the kernel keeps free of other tasks (isolcpus=), which are not for housekeeping. */
static void
read_isolated(cpu_set_t *isolated)
{
	FILE *file = fopen("/sys/devices/system/cpu/isolated", "re");
	unsigned int first, last;
	int n;

	CPU_ZERO(isolated);
	if (file == NULL)
		return;
	while (fscanf(file, "%u", &first) == 1) {
		last = first;
		n = fgetc(file);
		if (n == '-' && fscanf(file, "%u", &last) == 1)
			n = fgetc(file);
		for (; first <= last && first < CPU_SETSIZE; first++)
			CPU_SET(first, isolated);
		if (n != ',')
			break;
	}
	fclose(file);
}

/*
 * A CPU of the process on which nothing polls; one that is not isolated is better, and of several
 * the last, because interrupts tend to the first. If none is left, the one that polls least.
 */
static int
choose_cpu(void)
{
	int cpu, chosen = service.spare;
	bool chosen_isolated = true;
	cpu_set_t isolated;

	read_isolated(&isolated);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &process_cpus) || CPU_ISSET(cpu, &service.busy))
			continue;
		if (CPU_ISSET(cpu, &isolated) && !chosen_isolated)
			continue;
		chosen = cpu;
		chosen_isolated = CPU_ISSET(cpu, &isolated);
	}
	return chosen;
}

/* The thread's CPUs, by what was asked for and which CPUs poll. */
static void
pick_cpus(cpu_set_t *cpus)
{
	int cpu = service.cpu >= 0 ? service.cpu : choose_cpu();
	bool shared = cpu < 0 || CPU_ISSET(cpu, &service.busy);

	__atomic_store_n(&service.shared, shared, __ATOMIC_RELAXED);
	if (cpu < 0) {
		*cpus = process_cpus;
		return;
	}
	CPU_ZERO(cpus);
	CPU_SET(cpu, cpus);
}

static bool
cpu_exists(int cpu)
{
	char path[64];

	if (cpu >= CPU_SETSIZE)
		return false;
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d", cpu);
	return access(path, F_OK) == 0;
}

static int
start_thread(void)
{
	sigset_t all, before;
	pthread_attr_t attr;
	cpu_set_t cpus;
	int ret;

	pick_cpus(&cpus);
	ret = pthread_attr_init(&attr);
	if (ret != 0)
		return -ret;
	ret = pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	/* Not the creator's policy, which may be a real-time one. */
	if (ret == 0)
		ret = pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	if (ret == 0)
		ret = pthread_attr_setschedpolicy(&attr, SCHED_OTHER);
	if (ret == 0) {
		/* The application's signals are not for this thread; but a fault that is blocked
		 * ends the process, whatever handler it has. */
		sigfillset(&all);
		sigdelset(&all, SIGBUS);
		sigdelset(&all, SIGSEGV);
		sigdelset(&all, SIGFPE);
		sigdelset(&all, SIGILL);
		pthread_sigmask(SIG_BLOCK, &all, &before);
		ret = pthread_create(&service.thread, &attr, service_main, NULL);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attr);
	service.running = ret == 0;
	return -ret;
}

/* ------------------------------------------------------------------ devices ----------------- */

static bool
is_in(const struct service_list *list, const struct aether_model *model)
{
	unsigned int i;

	for (i = 0; list != NULL && i < list->n; i++)
		if (list->models[i] == model)
			return true;
	return false;
}

/* Copy the list, without `except`, to where the thread does not look. */
static struct service_list *
copy_list(const struct aether_model *except)
{
	struct service_list *copy = &service.lists[service.list == &service.lists[0]];
	unsigned int i;

	copy->n = 0;
	for (i = 0; service.list != NULL && i < service.list->n; i++)
		if (service.list->models[i] != except)
			copy->models[copy->n++] = service.list->models[i];
	return copy;
}

/* Give the thread other orders, and wait until it follows them. */
static void
replace_list(struct service_list *list)
{
	const struct timespec nap = { .tv_nsec = 20000 };

	/* Release: the list is complete before the thread can see it. */
	__atomic_store_n(&service.list, list, __ATOMIC_RELEASE);
	/* Acquire: the thread's last accesses to the old list and its devices come before what
	 * the caller does with them. */
	while (__atomic_load_n(&service.seen, __ATOMIC_ACQUIRE) != list)
		nanosleep(&nap, NULL);
}

static int
check_cpu(struct aether_model *model, int cpu)
{
	if (cpu < -1 || (cpu >= 0 && !cpu_exists(cpu))) {
		MODEL_LOG(ERR, model, "service thread: there is no CPU %d; name one of this "
			  "machine or -1 to have one chosen", cpu);
		return -EINVAL;
	}
	if (service.running && cpu >= 0 && cpu != service.cpu) {
		if (service.cpu >= 0)
			MODEL_LOG(ERR, model, "service thread: it runs on CPU %d for other "
				  "devices, not on %d; ask for the same", service.cpu, cpu);
		else
			MODEL_LOG(ERR, model, "service thread: it runs on a chosen CPU for other "
				  "devices, not on %d; ask for -1, or add this device first", cpu);
		return -EINVAL;
	}
	return 0;
}

/* The devices' CPUs that poll may have become more. */
static void
move_thread(struct aether_model *model)
{
	cpu_set_t cpus;

	pick_cpus(&cpus);
	if (pthread_setaffinity_np(service.thread, sizeof(cpus), &cpus) != 0)
		MODEL_LOG(WARNING, model, "service thread: cannot move it off the CPUs that poll");
}

/* Mutex held. */
static int
service_add(struct aether_model *model, int cpu)
{
	struct service_list *list = copy_list(NULL);
	int ret;

	if (list->n == SERVICE_DEVICES) {
		MODEL_LOG(ERR, model, "service thread: it has %u devices, which is all it takes",
			  SERVICE_DEVICES);
		return -ENOSPC;
	}
	list->models[list->n++] = model;
	if (service.running) {
		move_thread(model);
		replace_list(list);
		return 0;
	}
	service.cpu = cpu;
	service.list = list;
	ret = start_thread();
	if (ret != 0) {
		MODEL_LOG(ERR, model, "service thread: cannot start it for CPU %d (-1: any): %s",
			  cpu, strerror(-ret));
		service.list = NULL;
	}
	return ret;
}

int
aether_model_service_add(struct aether_model *model, int cpu, const unsigned int *busy_cpus,
			 unsigned int n_busy)
{
	unsigned int i;
	int ret;

	pthread_mutex_lock(&service.mutex);
	ret = check_cpu(model, cpu);
	if (ret == 0 && is_in(service.list, model))
		ret = -EBUSY;
	if (ret == 0) {
		if (!service.running) {
			CPU_ZERO(&service.busy);
			service.spare = -1;
		}
		if (n_busy != 0 && busy_cpus[0] < CPU_SETSIZE)
			service.spare = (int)busy_cpus[0];
		for (i = 0; i < n_busy; i++)
			if (busy_cpus[i] < CPU_SETSIZE)
				CPU_SET(busy_cpus[i], &service.busy);
		ret = service_add(model, cpu);
	}
	pthread_mutex_unlock(&service.mutex);
	return ret;
}

void
aether_model_service_remove(struct aether_model *model)
{
	struct service_list *list;

	pthread_mutex_lock(&service.mutex);
	if (is_in(service.list, model)) {
		list = copy_list(model);
		if (list->n != 0) {
			replace_list(list);
		} else {
			__atomic_store_n(&service.list, NULL, __ATOMIC_RELEASE);
			pthread_join(service.thread, NULL);
			service.running = false;
		}
	}
	pthread_mutex_unlock(&service.mutex);
}
