/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* A verdict for people. */

#include <string.h>

#include <rte_common.h>

#include "rte_aether_partition.h"

#define COLUMNS	96
#define INDENT	12

static const char *
overall_text(enum rte_aether_partition_overall overall)
{
	switch (overall) {
	case RTE_AETHER_PARTITION_QUIET:
		return "QUIET: nothing was found that interrupts the workers";
	case RTE_AETHER_PARTITION_WARNED:
		return "MOSTLY QUIET: the workers are isolated, some things cost latency";
	case RTE_AETHER_PARTITION_UNPROVEN:
		return "NOT PROVEN: some of what matters most could not be found out";
	case RTE_AETHER_PARTITION_NOISY:
		break;
	}
	return "NOISY: the workers' CPUs are not theirs alone";
}

static const char *
label(const struct rte_aether_partition_finding *f)
{
	static const char *const broken[] = {
		[RTE_AETHER_PARTITION_NOTE] = "note",
		[RTE_AETHER_PARTITION_WARNING] = "warning",
		[RTE_AETHER_PARTITION_ERROR] = "ERROR",
	};
	static const char *const others[] = {
		[RTE_AETHER_PARTITION_FINE] = "fine",
		[RTE_AETHER_PARTITION_NOT_APPLICABLE] = "n/a",
		[RTE_AETHER_PARTITION_IGNORED] = "ignored",
		[RTE_AETHER_PARTITION_UNKNOWN] = "unknown",
	};

	return f->result == RTE_AETHER_PARTITION_BROKEN ? broken[f->severity] : others[f->result];
}

/** Words of a text, in lines that begin below one another. */
static void
print_wrapped(FILE *out, const char *name, const char *text)
{
	size_t column = INDENT, len;

	fprintf(out, "  %-*s", INDENT - 2, name);
	while (*text != '\0') {
		len = strcspn(text, " ");
		if (column + len > COLUMNS && column > INDENT) {
			fprintf(out, "\n%*s", INDENT, "");
			column = INDENT;
		}
		fprintf(out, "%.*s", (int)len, text);
		column += len;
		text += len;
		if (*text == ' ') {
			fputc(' ', out);
			column++;
			text++;
		}
	}
	fputc('\n', out);
}

/** Commands stay as they are, to be copied. */
static void
print_commands(FILE *out, const char *commands)
{
	const char *name = "now";
	size_t len;

	for (; *commands != '\0'; commands += len + (commands[len] != '\0')) {
		len = strcspn(commands, "\n");
		fprintf(out, "  %-*s%.*s\n", INDENT - 2, name, (int)len, commands);
		name = "";
	}
}

static void
print_finding(FILE *out, const struct rte_aether_partition_finding *f)
{
	const bool broken = f->result == RTE_AETHER_PARTITION_BROKEN;

	fprintf(out, "\n%-*s%s\n", INDENT, label(f), f->rule);
	print_wrapped(out, "rule", f->title);
	print_wrapped(out, "found", f->found);
	print_wrapped(out, "wanted", f->wanted);
	print_wrapped(out, "why", f->why);
	print_wrapped(out, "", f->document);
	if (broken && f->mend_now[0] != '\0')
		print_commands(out, f->mend_now);
	else if (broken && f->mend_boot[0] != '\0')
		print_wrapped(out, "now", "not while the kernel runs, or not from here");
	if (f->mend_boot[0] != '\0')
		print_wrapped(out, "for good", f->mend_boot);
}

/** Whether a finding is told at length. */
static bool
at_length(const struct rte_aether_partition_finding *f, enum rte_aether_partition_detail detail)
{
	if (f->result != RTE_AETHER_PARTITION_BROKEN)
		return f->result == RTE_AETHER_PARTITION_UNKNOWN &&
		       f->severity == RTE_AETHER_PARTITION_ERROR;
	return detail == RTE_AETHER_PARTITION_FULL || f->severity != RTE_AETHER_PARTITION_NOTE;
}

static void
print_others(const struct rte_aether_partition_verdict *v, FILE *out)
{
	unsigned int i;

	fputs("\nThe others:\n", out);
	for (i = 0; i < v->n_findings; i++) {
		const struct rte_aether_partition_finding *f = &v->findings[i];

		if (!at_length(f, RTE_AETHER_PARTITION_FULL))
			fprintf(out, "  %-8s%-24s %s\n", label(f), f->rule, f->found);
	}
}

static void
print_cpus(FILE *out, const char *what, const char *list)
{
	if (strcmp(list, "none") != 0)
		fprintf(out, "%s CPU%s %s.\n", what, strpbrk(list, ",-") != NULL ? "s" : "", list);
}

void
rte_aether_partition_print(const struct rte_aether_partition_verdict *v,
			   enum rte_aether_partition_detail detail, FILE *out)
{
	enum rte_aether_partition_severity severity;
	unsigned int i;

	fprintf(out, "%s\nErrors %u, warnings %u, notes %u; unknown %u; rules %u. Kernel %s.\n",
		overall_text(v->overall), v->errors, v->warnings, v->notes, v->unknown,
		v->n_findings, v->kernel);
	print_cpus(out, "The application polls on", v->workers);
	print_cpus(out, "Its main lcore is on", v->main_cpus);
	print_cpus(out, "Left for everything else:", v->housekeeping);
	/* The worst first. */
	for (severity = RTE_AETHER_PARTITION_ERROR;; severity--) {
		for (i = 0; i < v->n_findings; i++)
			if (v->findings[i].severity == severity &&
			    at_length(&v->findings[i], detail))
				print_finding(out, &v->findings[i]);
		if (severity == RTE_AETHER_PARTITION_NOTE)
			break;
	}
	if (detail == RTE_AETHER_PARTITION_FULL)
		print_others(v, out);
	if (v->errors != 0)
		fprintf(out, "\nFor good, on the kernel's command line:\n  %s\n",
			v->command_line);
}
