/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_LCORES_H
#define PART_LCORES_H

#include "part_cpus.h"

#define PART_MAX_LCORES	1024	/* RTE_MAX_LCORE is at most that in any build of DPDK's */

enum part_role { PART_ROLE_MAIN, PART_ROLE_WORKER, PART_ROLE_SERVICE };

struct part_lcore {
	unsigned int id;
	enum part_role role;
	struct part_cpus cpus;
};

struct part_lcores {
	struct part_lcore *all;
	unsigned int n;
	struct part_cpus main, workers, service;	/* their CPUs */
};

/**
 * As EAL's --lcores: "1,2@(5-7),(3-5)@(0,2),(0,6),7-8". The lowest lcore is the main one; if it is
 * the only one, it is a worker. All zero after an error.
 *
 * @return 0; -EINVAL; -ENOMEM
 */
int part_lcores_parse(const char *text, struct part_lcores *lcores);

/** EAL's own lcores, which it knows once it has parsed its options. */
int part_lcores_from_eal(struct part_lcores *lcores);

/** Each CPU as a worker of its own, no main lcore. */
int part_lcores_from_cpus(const struct part_cpus *cpus, struct part_lcores *lcores);

void part_lcores_free(struct part_lcores *lcores);

#endif /* PART_LCORES_H */
