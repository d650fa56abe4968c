/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* The helper thread: it takes gaps from those that find them, and finds out what happened. */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "part_noise.h"

#define INTERVAL_MS	50

static struct {
	pthread_mutex_t lock;		/* of all below; taken before part_noise_lock */
	pthread_cond_t wake;
	pthread_t thread;
	bool running, ending, bound, no_trace, was_traced;
	unsigned int interval_ms;
	struct part_cpus cpus;		/* where it may run */
	struct part_cpus traced;
	struct part_trace *trace;
	struct part_root root;
	struct part_causes causes;
} watch = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake = PTHREAD_COND_INITIALIZER,
};

/** The kernel traces the CPUs of those that look, as these come. */
static void
follow_cpus(void)
{
	struct part_cpus cpus = { 0 };
	const struct part_noise *noise;

	for (noise = part_noise_all; noise != NULL; noise = noise->next)
		part_cpus_set(&cpus, noise->cpu);
	if (watch.no_trace || part_cpus_equal(&cpus, &watch.traced))
		return;
	part_trace_close(watch.trace);
	watch.trace = part_trace_open(&cpus);
	watch.traced = cpus;
	watch.was_traced = watch.trace != NULL;
}

static void
explain(struct part_noise *noise, const struct part_gap *gap)
{
	enum part_cause_kind kind = PART_CAUSE_UNKNOWN;
	char name[PART_CAUSE] = "hypervisor or hardware";
	const struct part_source *source;

	if (watch.trace != NULL) {
		part_trace_explain(watch.trace, noise->cpu, gap, noise->tid, &kind, name);
	} else {
		source = part_counts_take(noise->after);
		if (source != NULL) {
			kind = source->kind;
			strcpy(name, source->name);
		}
	}
	part_cause_add(&watch.causes, kind, name, gap->end - gap->begin);
}

/** Take the gaps that had ended before the counters were read. */
static void
take_gaps(struct part_noise *noise, uint64_t until)
{
	const uint64_t head = __atomic_load_n(&noise->head, __ATOMIC_ACQUIRE);
	struct part_gap gap;

	/* What was written over is in the histogram only; one may be about to be. */
	if (head - noise->tail >= PART_GAPS)
		noise->tail = head - PART_GAPS + 1;
	for (; noise->tail != head; noise->tail++) {
		const struct part_gap *at = &noise->gaps[noise->tail % PART_GAPS];

		gap.begin = __atomic_load_n(&at->begin, __ATOMIC_RELAXED);
		gap.end = __atomic_load_n(&at->end, __ATOMIC_RELAXED);
		if (gap.end > until)
			break;
		explain(noise, &gap);
	}
}

static void
look_at(struct part_noise *noise)
{
	const uint64_t now = rte_rdtsc();
	const bool new_gaps = noise->tail != __atomic_load_n(&noise->head, __ATOMIC_ACQUIRE);
	struct part_counts *kept;

	if (watch.trace != NULL) {
		part_trace_read(watch.trace, noise->cpu);
		take_gaps(noise, now);
		return;
	}
	part_counts_read(&watch.root, noise->cpu, noise->tid, noise->after);
	kept = noise->before;
	if (new_gaps) {
		struct part_counts *all = malloc(sizeof(*all));

		if (all == NULL)
			return;
		*all = *noise->after;
		part_counts_difference(noise->before, noise->after);
		take_gaps(noise, now);
		*noise->before = *all;
		free(all);
		return;
	}
	noise->before = noise->after;
	noise->after = kept;
}

static void
look(void)
{
	struct part_noise *noise;

	pthread_mutex_lock(&part_noise_lock);
	follow_cpus();
	for (noise = part_noise_all; noise != NULL; noise = noise->next)
		look_at(noise);
	pthread_mutex_unlock(&part_noise_lock);
}

static void *
run(void *arg)
{
	struct timespec until;

	RTE_SET_USED(arg);
	if (watch.bound)
		sched_setaffinity(0, sizeof(watch.cpus.words),
				  (const cpu_set_t *)watch.cpus.words);
	pthread_mutex_lock(&watch.lock);
	while (!watch.ending) {
		look();
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += watch.interval_ms * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&watch.wake, &watch.lock, &until);
	}
	look();
	pthread_mutex_unlock(&watch.lock);
	return NULL;
}

static int
start_thread(void)
{
	sigset_t all, before;
	int ret;

	/* The application's signals are not for this thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	ret = -pthread_create(&watch.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret == 0)
		pthread_setname_np(watch.thread, "aether-watch");
	return ret;
}

int
rte_aether_partition_watch_start(const struct rte_aether_partition_watch_conf *conf, bool *traced)
{
	static const struct rte_aether_partition_watch_conf all_zero;
	int ret = 0;

	if (conf == NULL)
		conf = &all_zero;
	pthread_mutex_lock(&watch.lock);
	if (watch.running)
		ret = -EALREADY;
	else if (conf->cpus != NULL &&
		 part_cpus_parse(conf->cpus, PART_MAX_CPUS, &watch.cpus) != 0)
		ret = -EINVAL;
	else
		ret = part_root_open(&watch.root, NULL);
	if (ret == 0) {
		watch.bound = conf->cpus != NULL;
		watch.no_trace = conf->no_trace;
		watch.interval_ms = conf->interval_ms != 0 ? RTE_MIN(conf->interval_ms, 1000u) :
				    INTERVAL_MS;
		watch.ending = false;
		watch.causes.n = 0;
		watch.was_traced = false;
		part_cpus_zero(&watch.traced);
		pthread_mutex_lock(&part_noise_lock);
		follow_cpus();
		pthread_mutex_unlock(&part_noise_lock);
		ret = start_thread();
		watch.running = ret == 0;
	}
	if (traced != NULL)
		*traced = watch.trace != NULL;
	pthread_mutex_unlock(&watch.lock);
	return ret;
}

int
rte_aether_partition_watch_stop(void)
{
	pthread_mutex_lock(&watch.lock);
	if (!watch.running) {
		pthread_mutex_unlock(&watch.lock);
		return -EALREADY;
	}
	watch.running = false;
	watch.ending = true;
	pthread_cond_signal(&watch.wake);
	pthread_mutex_unlock(&watch.lock);
	pthread_join(watch.thread, NULL);
	pthread_mutex_lock(&watch.lock);
	part_trace_close(watch.trace);
	watch.trace = NULL;
	part_root_close(&watch.root);
	pthread_mutex_unlock(&watch.lock);
	return 0;
}

void
part_watch_causes(struct part_causes *causes, bool *traced)
{
	pthread_mutex_lock(&watch.lock);
	*causes = watch.causes;
	*traced = watch.was_traced;
	pthread_mutex_unlock(&watch.lock);
	part_causes_sort(causes);
}

/** A tracing instance outlives its process. */
RTE_FINI(part_watch_fini)
{
	rte_aether_partition_watch_stop();
}
