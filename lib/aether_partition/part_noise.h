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

#define PART_GAPS	16384		/* of one thread that nobody has looked at yet; 2^n */
#define PART_SUB	32		/* buckets of a histogram for each power of two */
#define PART_BUCKETS	(36 * PART_SUB)	/* up to 2^40 cycles, which is minutes */
#define PART_CAUSE	64		/* characters of a cause's name */
#define PART_SOURCES	256		/* counters of one CPU that are told apart */
#define PART_SHARES	64		/* who is told apart in one gap */
#define PART_EVENTS	8192		/* of one CPU that are kept; 2^n */
#define PART_OTHERS	"others"	/* what there was no room for */
#define PART_ANOTHER	"another task"
#define PART_NOBODY	"hypervisor or hardware"

struct part_gap {
	uint64_t begin, end;	/* TSC */
	uint64_t before;	/* cycles in all gaps before this one */
};

/** What may take a CPU, the most telling first. */
enum part_cause_kind {
	PART_CAUSE_TASK,	/* another program or kernel thread had the CPU */
	PART_CAUSE_OWN,		/* the thread itself has given it up */
	PART_CAUSE_FIRMWARE,	/* SMI, machine check, NMI */
	PART_CAUSE_DEVICE,	/* an interrupt line */
	PART_CAUSE_IPI,		/* another CPU's doing */
	PART_CAUSE_FAULT,	/* the thread's own memory */
	PART_CAUSE_TIMER,
	PART_CAUSE_SOFTIRQ,
	PART_CAUSE_UNKNOWN,	/* nothing that the kernel knows of */
	PART_CAUSE_KINDS
};

/** Somebody or something that had the CPU. */
struct part_who {
	enum part_cause_kind kind;
	long id;		/* process, or line of an interrupt; 0: it has none */
	char name[PART_CAUSE];
	char detail[48];	/* what a kworker did; "": not known */
};

/** Who had how much of a gap. */
struct part_shares {
	unsigned int n;
	struct part_share {
		struct part_who who;
		uint64_t cycles;
	} all[PART_SHARES];
};

/* Flags of tasks, as /proc/<pid>/stat has them (include/linux/sched.h). */
#define PART_TASK_KERNEL	0x00200000u	/* PF_KTHREAD */
#define PART_TASK_BOUND		0x04000000u	/* PF_NO_SETAFFINITY: taskset does not move it */

struct part_cause {
	struct part_who who;	/* the last of those that have one name */
	bool several;		/* of different numbers */
	unsigned int cpu;	/* the last one on which it was seen */
	unsigned int flags;	/* of the task, when it was first seen; 0: not known */
	uint64_t gaps, cycles, longest;
};

/** Something that is counted, on one CPU or of one thread. */
struct part_source {
	enum part_cause_kind kind;
	char name[PART_CAUSE];
	long id;
	uint64_t count;
};

struct part_counts {
	unsigned int n;
	struct part_source all[PART_SOURCES];
};

/** Interrupts of the firmware on one CPU. */
struct part_smi {
	enum { PART_SMI_NEW, PART_SMI_COUNTED, PART_SMI_NONE } state;
	uint32_t count;		/* as it was read last */
	unsigned int left;	/* that no gap was put down to yet */
	unsigned int looked;	/* the helper's last look at them */
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
	uint64_t told;		/* cycles in these */
	unsigned int waits;	/* for gaps that went on when they were looked at, */
	uint64_t waits_for;	/* the last of them by its begin */
	struct part_counts *before, *after;
	struct part_tasks *tasks;
	struct part_smi smi;
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
/** What is left of one by its name. */
uint64_t part_counts_of(const struct part_counts *difference, const char *name);
/** Take one that is left, the most telling one. @return NULL: none is */
struct part_source *part_counts_take(struct part_counts *difference);
/** Parse a table as /proc/interrupts and /proc/softirqs are, the column of one CPU. */
void part_counts_parse(const char *text, unsigned int cpu, bool softirqs,
		       struct part_counts *counts);

/* part_event.c: lines of a trace. */

enum part_event_type {
	PART_EVENT_ENTER, PART_EVENT_EXIT,	/* a frame */
	PART_EVENT_SWITCH,	/* from one task to another */
	PART_EVENT_EXEC,	/* the task that runs is another program now */
	PART_EVENT_WORK,	/* what the task that runs does now */
	PART_EVENT_OWN,		/* what the task that runs is stopped by */
	PART_EVENT_FLUSH,	/* of the TLB */
	PART_EVENT_NMI,		/* is over */
	PART_EVENT_LOST,	/* the kernel has written over events */
};

/** What is entered and left, on top of a task. */
enum part_frame { PART_FRAME_VECTOR = 1, PART_FRAME_INTERRUPT, PART_FRAME_SOFTIRQ,
	PART_FRAME_HRTIMER, PART_FRAME_TIMER, PART_FRAME_CALL };

struct part_event {
	uint64_t when;		/* TSC */
	enum part_event_type type;
	enum part_frame frame;
	enum part_cause_kind kind;
	pid_t from, to;
	char state;		/* of the task that is switched from */
	int64_t ns;		/* of an NMI */
	char name[PART_CAUSE];
};

/** The last ones of a CPU, as they came; n is how many there ever were. */
struct part_events {
	uint64_t n;
	struct part_event all[PART_EVENTS];
};

/** Parse one line. @return false: it is no event that takes a CPU away, or of another CPU */
bool part_event_parse(const char *line, unsigned int cpu, struct part_event *event);
/**
 * Take the events of whole lines.
 *
 * @param text NUL-terminated; is written to
 * @return bytes of these lines
 */
size_t part_events_take(struct part_events *events, unsigned int cpu, char *text);

/* part_blame.c */

/**
 * Who had the CPU in a gap, most of it first; the cycles sum up to the gap's.
 *
 * @param own the thread that found it
 * @param threshold cycles; a longer piece in which nothing was seen is no way in or out
 */
void part_blame(const struct part_events *events, const struct part_gap *gap, pid_t own,
		uint64_t threshold, struct part_shares *shares);

/** All of a gap is the same one's. */
void part_blame_one(const struct part_gap *gap, enum part_cause_kind kind, const char *name, long id,
		    struct part_shares *shares);

/* part_smi.c */

/** Read their number; the first time only to know where it begins. */
void part_smi_read(struct part_smi *smi, struct part_root *root, unsigned int cpu);
/** Put what nobody else had down to one of them, if one is left. @return whether that was done */
bool part_smi_take(struct part_smi *smi, struct part_shares *shares);

/* part_trace.c: the kernel's trace events. */

struct part_trace;

/** @return NULL: they are not to be had */
struct part_trace *part_trace_open(const struct part_cpus *cpus);
void part_trace_close(struct part_trace *trace);
/** Read some of what was traced on a CPU since the last time. @return false: that was all */
bool part_trace_read(struct part_trace *trace, unsigned int cpu);
/** What was read of a CPU. @return NULL: it is not traced */
const struct part_events *part_trace_events(const struct part_trace *trace, unsigned int cpu);

/* part_task.c: who may have been the other task, where trace events do not say. */

/** Of one CPU: what tasks have run, as far as was looked. */
struct part_tasks;

struct part_task_stat {
	pid_t tid;
	char comm[64];		/* of a kworker longer than a task's name (fs/proc/array.c) */
	char state;
	unsigned int flags, threads, cpu;
	uint64_t ticks;		/* that it has run */
	uint64_t start;		/* ticks after boot */
};

struct part_tasks *part_tasks_new(void);
void part_tasks_free(struct part_tasks *tasks);
/**
 * Look at tasks, within a bound.
 *
 * @param longest_ns the longest gap since the last time in which another task may have run; 0: none
 */
void part_tasks_read(struct part_tasks *tasks, struct part_root *root, unsigned int cpu,
		     uint64_t longest_ns);
/**
 * Take who had a gap, as far as what has run on the CPU since then tells.
 *
 * @param all_ns of this gap and of those that are not told yet; nobody has run much longer
 * @param ns of this gap
 * @return false: nobody that is known
 */
bool part_tasks_take(struct part_tasks *tasks, unsigned int cpu, pid_t own, uint64_t all_ns,
		     uint64_t ns, struct part_who *who);
/** Flags of a task; 0: it is gone. */
unsigned int part_task_flags(struct part_root *root, struct part_who *who);
/** Parse /proc/<tid>/stat. @return false: it is no such file */
bool part_task_parse(const char *text, struct part_task_stat *task);

/* part_cause.c */

/** @return what it was added to */
struct part_cause *part_cause_add(struct part_causes *causes, const struct part_who *who,
				  unsigned int cpu, uint64_t cycles);
/** How it is called: "task kworker/2:1 (33), vmstat_update". */
#define PART_LABEL	(PART_CAUSE + 96)
void part_who_label(const struct part_who *who, bool several, char label[PART_LABEL]);
/** Worst first, by time lost. */
void part_causes_sort(struct part_causes *causes);
/**
 * What can be done about it. Commands have numbers and CPUs in them, never a name.
 *
 * @param watched the CPUs that are to be left alone
 * @param others CPUs for everything else; none: there are no others
 */
void part_cause_advice(const struct part_cause *cause, const struct part_cpus *watched,
		       const struct part_cpus *others, struct part_text *text);
/** What programs are told. These words do not change. */
const char *part_cause_kind_name(enum part_cause_kind kind);

/* part_noise.c */

extern pthread_mutex_t part_noise_lock;
extern struct part_noise *part_noise_all;
uint64_t part_tsc_hz(void);
/** As if it had begun then, by the TSC. By the thread that looks. */
void part_noise_restart(struct rte_aether_partition_noise *noise, uint64_t now);
uint64_t part_noise_percentile(const struct part_noise *noise, double percent);
unsigned int part_noise_bucket(uint64_t cycles);
/** The largest number of cycles that is in the bucket. */
uint64_t part_noise_bucket_end(unsigned int bucket);

/* part_counted.c */

/** Tell the gaps of a thread by counters. @param last there is no other look to wait for */
void part_counted_look(struct part_root *root, struct part_noise *noise, bool last);

/* part_watch.c, in the helper thread */

/** Take the next gap that nobody has told. @return false: there is none that had ended by then */
bool part_watch_next_gap(struct part_noise *noise, uint64_t until, struct part_gap *gap);
/** Its causes are known. */
void part_watch_tell(struct part_noise *noise, const struct part_gap *gap,
		     struct part_shares *shares);

/* part_watch.c */

/** The causes so far, copied; which CPUs were watched, and which there are beside them. */
void part_watch_causes(struct part_causes *causes, struct part_cpus *watched,
		       struct part_cpus *others, bool *traced);

#endif /* PART_NOISE_H */
