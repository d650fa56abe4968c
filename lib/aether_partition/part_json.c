/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* A verdict for programs. */

#include "rte_aether_partition.h"
#include "part_names.h"

/* Raised when a member changes its meaning or goes. */
#define FORMAT_VERSION	1

/** RFC 8259: what is not printable ASCII is escaped; the library's texts have nothing else. */
static void
print_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < ' ' || c > '~')
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void
print_member(FILE *out, const char *indent, const char *name, const char *value, const char *end)
{
	fprintf(out, "%s\"%s\": ", indent, name);
	print_string(out, value);
	fputs(end, out);
}

static void
print_finding(FILE *out, const struct rte_aether_partition_finding *f, const char *end)
{
	static const char indent[] = "      ";

	fputs("    {\n", out);
	print_member(out, indent, "rule", f->rule, ",\n");
	print_member(out, indent, "severity", part_severity_name(f->severity), ",\n");
	print_member(out, indent, "result", part_result_name(f->result), ",\n");
	print_member(out, indent, "title", f->title, ",\n");
	print_member(out, indent, "found", f->found, ",\n");
	print_member(out, indent, "wanted", f->wanted, ",\n");
	print_member(out, indent, "why", f->why, ",\n");
	print_member(out, indent, "document", f->document, ",\n");
	print_member(out, indent, "mend_now", f->mend_now, ",\n");
	print_member(out, indent, "mend_boot", f->mend_boot, "\n");
	fprintf(out, "    }%s\n", end);
}

void
rte_aether_partition_print_json(const struct rte_aether_partition_verdict *v, FILE *out)
{
	static const char indent[] = "  ";
	unsigned int i;

	fprintf(out, "{\n  \"format_version\": %d,\n", FORMAT_VERSION);
	print_member(out, indent, "overall", part_overall_name(v->overall), ",\n");
	fprintf(out, "  \"errors\": %u,\n  \"warnings\": %u,\n  \"notes\": %u,\n"
		"  \"unknown\": %u,\n", v->errors, v->warnings, v->notes, v->unknown);
	print_member(out, indent, "kernel", v->kernel, ",\n");
	print_member(out, indent, "workers", v->workers, ",\n");
	print_member(out, indent, "main_cpus", v->main_cpus, ",\n");
	print_member(out, indent, "housekeeping", v->housekeeping, ",\n");
	print_member(out, indent, "command_line", v->command_line, ",\n");
	print_member(out, indent, "tuned", v->tuned, ",\n");
	fputs("  \"findings\": [\n", out);
	for (i = 0; i < v->n_findings; i++)
		print_finding(out, &v->findings[i], i + 1 < v->n_findings ? "," : "");
	fputs("  ]\n}\n", out);
}
