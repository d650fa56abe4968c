/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdlib.h>
#include <string.h>

#include "part_advice.h"

char *
part_advice_command_line(const struct part_case *c)
{
	const char *workers = c->workers_list;
	struct part_text text = { 0 };

	part_text_add(&text, "isolcpus=managed_irq,domain,%s nohz_full=%s rcu_nocbs=%s", workers,
		      workers, workers);
	if (!part_cpus_empty(&c->housekeeping))
		part_text_add(&text, " irqaffinity=%s", c->housekeeping_list);
	part_text_add(&text, " skew_tick=1 tsc=reliable nowatchdog mce=ignore_ce "
		      "transparent_hugepage=madvise");
	if (c->host->n_nodes > 1)
		part_text_add(&text, " numa_balancing=disable");
	if (c->host->device.wanted)
		part_text_add(&text, " intel_iommu=on iommu=pt pcie_aspm.policy=performance");
	return part_text_take(&text);
}

char *
part_advice_tuned(const struct part_case *c)
{
	struct part_text text = { 0 };

	part_text_add(&text, "isolated_cores=%s\nno_balance_cores=%s\n", c->workers_list,
		      c->workers_list);
	return part_text_take(&text);
}
