/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_ADVICE_H
#define PART_ADVICE_H

#include "part_judge.h"

/** Kernel parameters that satisfy the rules about what is decided at boot. To be freed. */
char *part_advice_command_line(const struct part_case *c);
/** The same as variables of TuneD's profile cpu-partitioning. To be freed. */
char *part_advice_tuned(const struct part_case *c);

#endif /* PART_ADVICE_H */
