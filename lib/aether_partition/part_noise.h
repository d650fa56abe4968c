/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_NOISE_H
#define PART_NOISE_H

/* Gaps, from who finds them to what is told of their causes. */

#include <pthread.h>
#include <sys/types.h>

#include "part_cpus.h"
#include "part_root.h"
#include "part_text.h"
#include "rte_aether_partition_noise.h"

#define PART_GAPS	1024		/* of one thread that nobody has looked at yet; 2^n */
#define PART_SUB	32		/* buckets of a histogram for each power of two */
#define PART_BUCKETS	(36 * PART_SUB)	/* up to 2^40 cycles, which is minutes */
#define PART_CAUSE	64		/* characters of a cause's name */
#define PART_SOURCES	256		/* counters of one CPU that are told apart */

struct part_gap {
	uint64_t begin, end;	/* TSC */
};

/** What may take a CPU, the most telling first. */
enum part_cause_kind {
	PART_CAUSE_TASK,	/* another program or kernel thread had the CPU */
	PART_CAUSE_FIRMWARE,	/* SMI, machine check, NMI */
	PART_CAUSE_DEVICE,	/* an interrupt line */
	PART_CAUSE_IPI,		/* another CPU's doing */
	PART_CAUSE_FAULT,	/* the thread's own memory */
	PART_CAUSE_TIMER,
	PART_CAUSE_SOFTIRQ,
	PART_CAUSE_UNKNOWN,	/* nothing that the kernel knows of */
	PART_CAUSE_KINDS
};

struct part_cause {
	enum part_cause_kind kind;
	char name[PART_CAUSE];
	uint64_t gaps, cycles, longest;
};

/** Something that is counted, on one CPU or of one thread. */
struct part_source {
	enum part_cause_kind kind;
	char name[PART_CAUSE];
	uint64_t count;
};

struct part_counts {
	unsigned int n;
	struct part_source all[PART_SOURCES];
};

/** What a thread that looks has. Its own line first; who reports reads the others. */
struct part_noise {
	struct rte_aether_partition_noise hot;
	uint64_t head;		/* gaps written, ever */
	struct part_gap gaps[PART_GAPS];
	uint64_t n_gaps, cycles, longest, buckets[PART_BUCKETS];
	uint64_t began, ended;	/* TSC; ended 0: it still looks */
	unsigned int cpu;
	pid_t tid;
	/* The helper's. */
	uint64_t tail;		/* gaps it has looked at */
	struct part_counts *before, *after;
	struct part_noise *next;
} __rte_cache_aligned;

/** All causes so far, of one CPU or of all. */
struct part_causes {
	unsigned int n;
	struct part_cause all[PART_SOURCES];
};

/* part_counts.c: the kernel's counters. */

/** Read what is counted of a CPU, and of the thread on it. */
void part_counts_read(struct part_root *root, unsigned int cpu, pid_t tid,
		      struct part_counts *counts);
/** What has been counted between two reads, in `after`'s place; sources that were not drop out. */
void part_counts_difference(const struct part_counts *before, struct part_counts *after);
/** Take one that is left, the most telling one. @return NULL: none is */
struct part_source *part_counts_take(struct part_counts *difference);
/** Parse a table as /proc/interrupts and /proc/softirqs are, the column of one CPU. */
void part_counts_parse(const char *text, unsigned int cpu, bool softirqs,
		       struct part_counts *counts);

/* part_trace.c: the kernel's trace events. */

struct part_trace;

/** @return NULL: they are not to be had */
struct part_trace *part_trace_open(const struct part_cpus *cpus);
void part_trace_close(struct part_trace *trace);
/** Read what was traced on a CPU since the last time. */
void part_trace_read(struct part_trace *trace, unsigned int cpu);
/** Which event between two times is the most telling. @return false: there is none */
bool part_trace_explain(const struct part_trace *trace, unsigned int cpu, const struct part_gap *gap,
			pid_t tid, enum part_cause_kind *kind, char name[PART_CAUSE]);
/** Parse one line of a trace. @return false: it is no event that takes a CPU away */
bool part_trace_parse(const char *line, unsigned int cpu, pid_t tid, uint64_t *when,
		      enum part_cause_kind *kind, char name[PART_CAUSE]);

/* part_cause.c */

void part_cause_add(struct part_causes *causes, enum part_cause_kind kind, const char *name,
		    uint64_t cycles);
/** Worst first, by time lost. */
void part_causes_sort(struct part_causes *causes);
/** What can be done about it. */
void part_cause_advice(const struct part_cause *cause, struct part_text *text);
const char *part_cause_kind_name(enum part_cause_kind kind);

/* part_noise.c */

extern pthread_mutex_t part_noise_lock;
extern struct part_noise *part_noise_all;
uint64_t part_tsc_hz(void);
uint64_t part_noise_percentile(const struct part_noise *noise, double percent);
unsigned int part_noise_bucket(uint64_t cycles);
/** The largest number of cycles that is in the bucket. */
uint64_t part_noise_bucket_end(unsigned int bucket);

/** part_watch.c: the causes so far, copied. */
void part_watch_causes(struct part_causes *causes, bool *traced);

#endif /* PART_NOISE_H */
