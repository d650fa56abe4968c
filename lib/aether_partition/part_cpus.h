/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_CPUS_H
#define PART_CPUS_H

/*
 * Sets of CPUs, and the two notations that the kernel has for them: lists ("0-3,8-15:2/4") and
 * masks ("ff,ffffffff").
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PART_MAX_CPUS	8192	/* the largest NR_CPUS of x86 (arch/x86/Kconfig, MAXSMP) */
#define PART_CPU_WORDS	(PART_MAX_CPUS / 64)

struct part_cpus {
	uint64_t words[PART_CPU_WORDS];
};

/**
 * Read a list as the kernel reads it (Documentation/admin-guide/kernel-parameters.rst, cpu lists):
 * numbers and ranges, between commas or white space; a range may end in ":used/group"; "N" is the
 * last CPU, "all" every one. An empty list is a set without CPUs.
 *
 * @param limit the number of CPUs there can be; at most PART_MAX_CPUS
 * @param[out] cpus without CPUs after an error
 * @return 0; -EINVAL: no list; -ERANGE: a CPU at or beyond the limit; -EOVERFLOW: a number that
 *   does not fit into 32 bits. The kernel gives the same.
 */
int part_cpus_parse(const char *text, unsigned int limit, struct part_cpus *cpus);

/** Read a mask: hexadecimal words of 32 bits, the highest first, commas between. As above. */
int part_cpus_parse_mask(const char *text, unsigned int limit, struct part_cpus *cpus);

/** Write as list or mask, cut to the buffer. @return bytes of all of it, as snprintf() */
size_t part_cpus_list(const struct part_cpus *cpus, char *buf, size_t size);
size_t part_cpus_mask(const struct part_cpus *cpus, char *buf, size_t size);

void part_cpus_zero(struct part_cpus *cpus);
void part_cpus_set(struct part_cpus *cpus, unsigned int cpu);
bool part_cpus_has(const struct part_cpus *cpus, unsigned int cpu);
/** All from first to last, without any if last is below. */
void part_cpus_set_range(struct part_cpus *cpus, unsigned int first, unsigned int last);
bool part_cpus_empty(const struct part_cpus *cpus);
unsigned int part_cpus_count(const struct part_cpus *cpus);
/** The first at or after `from`; PART_MAX_CPUS: there is none. */
unsigned int part_cpus_next(const struct part_cpus *cpus, unsigned int from);
bool part_cpus_intersect(const struct part_cpus *a, const struct part_cpus *b);
/** Whether all of a are in b. */
bool part_cpus_within(const struct part_cpus *a, const struct part_cpus *b);
bool part_cpus_equal(const struct part_cpus *a, const struct part_cpus *b);
/* The first set takes the result. */
void part_cpus_or(struct part_cpus *to, const struct part_cpus *with);
void part_cpus_and(struct part_cpus *to, const struct part_cpus *with);
void part_cpus_without(struct part_cpus *to, const struct part_cpus *these);

#define PART_CPUS_FOREACH(cpu, cpus) \
	for ((cpu) = part_cpus_next(cpus, 0); (cpu) < PART_MAX_CPUS; \
	     (cpu) = part_cpus_next(cpus, (cpu) + 1))

#endif /* PART_CPUS_H */
