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
/*
 * Seconds. Before an interrupt is there nothing is seen of it; where a hypervisor delivers it, that
 * takes 10 us. If nothing is seen for longer, the interrupt has waited for the end of something else.
 */
#define LONGEST_WAY_IN	50e-6

/** A moment by both clocks. */
struct moment {
	uint64_t tsc, ns;	/* ns: CLOCK_MONOTONIC */
};

static struct {
	pthread_mutex_t lock;		/* of all below; taken before part_noise_lock */
	pthread_cond_t wake;
	pthread_t thread;
	bool running, ending, bound, was_traced;
	struct rte_aether_partition_watch_conf conf;
	struct part_cpus cpus;		/* where it may run */
	struct part_cpus watched, online;
	struct part_trace *trace;
	uint64_t traced_since;		/* TSC */
	struct moment then, now;	/* at the last two looks */
	struct part_root root;
	unsigned int looks;
	struct part_causes causes;
} watch = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake = PTHREAD_COND_INITIALIZER,
};

/** The best of a few, since the CPU may be taken away in between. */
static struct moment
get_moment(void)
{
	struct moment best = { 0 };
	uint64_t shortest = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		struct timespec time;
		const uint64_t before = rte_rdtsc();
		uint64_t took;

		clock_gettime(CLOCK_MONOTONIC, &time);
		took = rte_rdtsc() - before;
		if (took >= shortest)
			continue;
		shortest = took;
		best.tsc = before + took / 2;
		best.ns = time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
	}
	return best;
}

static uint64_t
to_ns(uint64_t tsc)
{
	const int64_t cycles = tsc - watch.now.tsc;
	double ns_a_cycle = 1e9 / part_tsc_hz();

	if (watch.now.tsc > watch.then.tsc)
		ns_a_cycle = (double)(watch.now.ns - watch.then.ns) /
			     (watch.now.tsc - watch.then.tsc);
	return watch.now.ns + (int64_t)(cycles * ns_a_cycle);
}

/** The kernel traces the CPUs of those that look, as these come. */
static void
follow_cpus(bool first)
{
	struct part_cpus cpus = { 0 };
	const struct part_noise *noise;

	for (noise = part_noise_all; noise != NULL; noise = noise->next)
		part_cpus_set(&cpus, noise->cpu);
	if (!first && part_cpus_equal(&cpus, &watch.watched))
		return;
	watch.watched = cpus;
	if (watch.conf.no_trace)
		return;
	part_trace_close(watch.trace);
	watch.trace = part_trace_open(&cpus);
	watch.traced_since = rte_rdtsc();
	watch.was_traced = watch.trace != NULL;
}

static void
call(const struct part_noise *noise, const struct part_gap *gap, const struct part_shares *shares)
{
	struct rte_aether_partition_share told[PART_SHARES];
	char labels[PART_SHARES][PART_LABEL];
	const double us = 1e6 / part_tsc_hz();
	const struct rte_aether_partition_gap all = {
		.begin_ns = to_ns(gap->begin),
		.cpu = noise->cpu,
		.us = (gap->end - gap->begin) * us,
		.n_shares = shares->n,
		.shares = told,
	};
	unsigned int i;

	for (i = 0; i < shares->n; i++) {
		part_who_label(&shares->all[i].who, false, labels[i]);
		told[i].kind = part_cause_kind_name(shares->all[i].who.kind);
		told[i].name = labels[i];
		told[i].us = shares->all[i].cycles * us;
	}
	watch.conf.gap(watch.conf.gap_ctx, &all);
}

/** Whether somebody below the kernel had a part. */
static bool
has_nobody(const struct part_shares *shares)
{
	unsigned int i;

	for (i = 0; i < shares->n; i++)
		if (strcmp(shares->all[i].who.name, PART_NOBODY) == 0)
			return true;
	return false;
}

void
part_watch_tell(struct part_noise *noise, const struct part_gap *gap, struct part_shares *shares)
{
	unsigned int i;

	/* Once a look. */
	if (noise->smi.looked != watch.looks && has_nobody(shares)) {
		noise->smi.looked = watch.looks;
		part_smi_read(&noise->smi, &watch.root, noise->cpu);
	}
	part_smi_take(&noise->smi, shares);
	for (i = 0; i < shares->n; i++) {
		const struct part_who *who = &shares->all[i].who;
		struct part_cause *cause = part_cause_add(&watch.causes, who, noise->cpu,
							  shares->all[i].cycles);

		/* As long as it is there. */
		if (cause->gaps == 1)
			cause->flags = part_task_flags(&watch.root, &cause->who);
	}
	if (watch.conf.gap != NULL)
		call(noise, gap, shares);
}

/** Of gaps that were written over, as many as they were. */
static void
skip_lost(struct part_noise *noise, uint64_t head)
{
	const uint64_t oldest = head - PART_GAPS + 1;
	const struct part_gap *gap = &noise->gaps[oldest % PART_GAPS];
	const uint64_t before = __atomic_load_n(&gap->before, __ATOMIC_RELAXED);
	static const struct part_who who = { .kind = PART_CAUSE_UNKNOWN,
		.name = "not told: more gaps than are kept" };
	struct part_cause *cause;

	cause = part_cause_add(&watch.causes, &who, noise->cpu, before - noise->told);
	cause->gaps += oldest - noise->tail - 1;
	cause->longest = 0;
	noise->told = before;
	noise->tail = oldest;
}

bool
part_watch_next_gap(struct part_noise *noise, uint64_t until, struct part_gap *gap)
{
	const uint64_t head = __atomic_load_n(&noise->head, __ATOMIC_ACQUIRE);
	const struct part_gap *at;

	/* One may be about to be written over. */
	if (head - noise->tail >= PART_GAPS)
		skip_lost(noise, head);
	if (noise->tail == head)
		return false;
	at = &noise->gaps[noise->tail % PART_GAPS];
	gap->begin = __atomic_load_n(&at->begin, __ATOMIC_RELAXED);
	gap->end = __atomic_load_n(&at->end, __ATOMIC_RELAXED);
	if (gap->end > until)
		return false;
	noise->told += gap->end - gap->begin;
	noise->tail++;
	return true;
}

static void
explain_traced(struct part_noise *noise, uint64_t until)
{
	const struct part_events *events = part_trace_events(watch.trace, noise->cpu);
	const uint64_t way_in = LONGEST_WAY_IN * part_tsc_hz();
	struct part_shares shares;
	struct part_gap gap;

	while (part_watch_next_gap(noise, until, &gap)) {
		if (events == NULL || gap.begin < watch.traced_since)
			part_blame_one(&gap, PART_CAUSE_UNKNOWN, "not told: before it was traced",
				       0, &shares);
		else
			part_blame(events, &gap, noise->tid,
				   RTE_MAX(noise->hot.threshold, way_in), &shares);
		part_watch_tell(noise, &gap, &shares);
	}
}

/** Gaps are explained as what was traced is read, which may be more than is kept. */
static void
look_traced(unsigned int cpu)
{
	const struct part_events *events = part_trace_events(watch.trace, cpu);
	const uint64_t now = rte_rdtsc();
	struct part_noise *noise;
	uint64_t until;
	bool more;

	do {
		more = part_trace_read(watch.trace, cpu);
		until = now;
		if (more)
			until = events->n == 0 ? 0 : events->all[(events->n - 1) % PART_EVENTS].when;
		for (noise = part_noise_all; noise != NULL; noise = noise->next)
			if (noise->cpu == cpu)
				explain_traced(noise, RTE_MIN(until, now));
	} while (more && until <= now);
}

static void
look(void)
{
	struct part_noise *noise;

	watch.looks++;
	watch.then = watch.now;
	watch.now = get_moment();
	pthread_mutex_lock(&part_noise_lock);
	follow_cpus(false);
	for (noise = part_noise_all; noise != NULL; noise = noise->next) {
		if (noise->smi.state == PART_SMI_NEW)
			part_smi_read(&noise->smi, &watch.root, noise->cpu);
		if (watch.trace != NULL)
			look_traced(noise->cpu);
		else
			part_counted_look(&watch.root, noise, watch.ending);
	}
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
		until.tv_nsec += watch.conf.interval_ms * 1000000L;
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
		watch.conf = *conf;
		watch.conf.cpus = NULL;
		watch.conf.interval_ms = conf->interval_ms != 0 ? RTE_MIN(conf->interval_ms, 1000u) :
					 INTERVAL_MS;
		watch.ending = false;
		watch.causes.n = 0;
		watch.was_traced = false;
		part_cpus_zero(&watch.online);
		if (part_read(&watch.root, "sys/devices/system/cpu/online") == PART_KNOWN)
			part_cpus_parse(watch.root.text, PART_MAX_CPUS, &watch.online);
		watch.then = watch.now = get_moment();
		pthread_mutex_lock(&part_noise_lock);
		follow_cpus(true);
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
part_watch_causes(struct part_causes *causes, struct part_cpus *watched, struct part_cpus *others,
		  bool *traced)
{
	pthread_mutex_lock(&watch.lock);
	*causes = watch.causes;
	*watched = watch.watched;
	*others = watch.online;
	part_cpus_without(others, watched);
	*traced = watch.was_traced;
	pthread_mutex_unlock(&watch.lock);
	part_causes_sort(causes);
}

/** A tracing instance outlives its process. */
RTE_FINI(part_watch_fini)
{
	rte_aether_partition_watch_stop();
}
