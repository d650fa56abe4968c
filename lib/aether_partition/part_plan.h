/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_PLAN_H
#define PART_PLAN_H

/* What would have to be changed on a host, whether it is so already or not. */

#include "part_host.h"
#include "part_journal.h"
#include "part_lcores.h"

/** One setting that is wanted. */
struct part_want {
	enum part_kind kind;
	char *path;
	char *text;	/* as of a part_share */
};

struct part_wants {
	struct part_want *all;
	unsigned int n;
	bool failed;	/* no memory */
	bool awake;	/* sleep is to be bound for the whole host: workers have no bound of their own */
};

/** Who repairs, for which CPUs. */
struct part_aim {
	const struct part_lcores *lcores;
	const char *ignore;		/* rules that are not repaired */
	unsigned int owner;
	const struct part_cpus *helpers; /* CPUs that the process's helper threads will ask for */
	bool join;
	bool keep;			/* it lasts for longer than this process */
	const struct part_journal *journal;
	const struct part_knob *home;	/* a partition in it that has all CPUs of the lcores */
	unsigned int cache, bandwidth;	/* per cent; 0: not asked for */
};

/**
 * The partition.
 *
 * @param[out] why what keeps it from being made, where the CPUs are not isolated otherwise; "":
 *   nothing
 */
void part_plan_group(struct part_root *root, const struct part_host *host,
		     const struct part_aim *aim, struct part_wants *wants, char *why, size_t size);

/** CPUs of all lcores, which are one process, which is in one group. */
void part_plan_lcores(const struct part_aim *aim, struct part_cpus *cpus);

/** Kernel threads that are bound to some CPUs, which a partition lets forget that. */
void part_plan_threads(struct part_root *root, const struct part_host *host,
		       struct part_wants *wants);

/** Everything else. */
void part_plan_rest(struct part_root *root, const struct part_host *host,
		    const struct part_aim *aim, struct part_wants *wants);

void part_want_add(struct part_wants *wants, enum part_kind kind, const char *text,
		   const char *format, ...) __rte_format_printf(4, 5);
void part_wants_free(struct part_wants *wants);

#endif /* PART_PLAN_H */
