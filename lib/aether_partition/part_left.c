/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What a repair has left broken though a command would mend it: that is the user's to decide. */

#include <stdlib.h>
#include <string.h>

#include "part_fix.h"
#include "part_text.h"

/** Commands of several lines in one. */
static void
say_finding(const struct part_work *work, const struct rte_aether_partition_finding *finding)
{
	struct part_text text = { 0 };
	const char *line;
	char *all;
	size_t len;

	for (line = finding->mend_now; *line != '\0'; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		part_text_add(&text, "%s%.*s", text.len != 0 ? "; " : "", (int)len, line);
	}
	all = part_text_take(&text);
	part_say(work, "left to you: %s: %s", finding->rule, all == NULL ? "" : all);
	free(all);
}

static bool
has_changed(const struct part_work *work, enum part_kind kind, unsigned int owner)
{
	unsigned int i;

	for (i = 0; i < work->journal.n_knobs; i++)
		if (work->journal.knobs[i].kind == kind &&
		    part_knob_share(&work->journal.knobs[i], owner) != NULL)
			return true;
	return false;
}

/** irqbalance says later what it was told; and where the application has to start is told. */
static bool
is_done(const struct part_work *work, const char *rule, unsigned int owner)
{
	return (strcmp(rule, "irq.irqbalance") == 0 &&
		has_changed(work, PART_KIND_BALANCE, owner)) ||
	       (strcmp(rule, "app.cpuset") == 0 && has_changed(work, PART_KIND_GROUP, owner));
}

void
part_say_left(const struct part_work *work, const struct rte_aether_partition_conf *asked,
	      const char *root, unsigned int owner)
{
	struct rte_aether_partition_conf conf = *asked;
	struct rte_aether_partition_verdict *verdict;
	unsigned int i;

	/* Nobody listens. */
	if (work->out == NULL)
		return;
	conf.root = root;
	conf.before_start = true;
	if (rte_aether_partition_check(&conf, &verdict) != 0)
		return;
	for (i = 0; i < verdict->n_findings; i++) {
		const struct rte_aether_partition_finding *finding = &verdict->findings[i];

		if (finding->result == RTE_AETHER_PARTITION_BROKEN &&
		    finding->mend_now[0] != '\0' && !is_done(work, finding->rule, owner))
			say_finding(work, finding);
	}
	rte_aether_partition_free(verdict);
}
