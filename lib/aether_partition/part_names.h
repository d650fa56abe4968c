/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef PART_NAMES_H
#define PART_NAMES_H

#include "rte_aether_partition.h"

/* What programs are told, by JSON and telemetry. These words do not change. */

static inline const char *
part_severity_name(enum rte_aether_partition_severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

static inline const char *
part_result_name(enum rte_aether_partition_result result)
{
	static const char *const names[] = {
		"fine", "not applicable", "ignored", "unknown", "broken",
	};

	return names[result];
}

static inline const char *
part_overall_name(enum rte_aether_partition_overall overall)
{
	static const char *const names[] = { "quiet", "warned", "unproven", "noisy" };

	return names[overall];
}

#endif /* PART_NAMES_H */
