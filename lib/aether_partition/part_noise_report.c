/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* What was found, for people, for programs and for telemetry. */

#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>

#include "part_noise.h"

/* From DPDK 23.03 on it is called so; the name until then is deprecated. */
#ifdef RTE_TEL_U64_VAL
#define rte_tel_data_add_dict_u64	rte_tel_data_add_dict_uint
#endif

#define MOST_THREADS	1024
#define MOST_TOLD	64	/* causes in telemetry, whose answers have a limit */

struct report {
	struct rte_aether_partition_noise_stats *stats;
	unsigned int n;
	struct part_causes *causes;
	struct part_cpus watched, others;
	bool traced;
	double us;		/* of a TSC cycle */
	double lost_us;		/* in all gaps whose cause was looked for */
};

static void
free_report(struct report *report)
{
	free(report->stats);
	free(report->causes);
}

/** @return false: no memory */
static bool
get_report(struct report *report)
{
	unsigned int i;

	memset(report, 0, sizeof(*report));
	report->stats = calloc(MOST_THREADS, sizeof(*report->stats));
	report->causes = calloc(1, sizeof(*report->causes));
	if (report->stats == NULL || report->causes == NULL) {
		free_report(report);
		return false;
	}
	report->n = RTE_MIN(rte_aether_partition_noise_stats(report->stats, MOST_THREADS),
			    (unsigned int)MOST_THREADS);
	part_watch_causes(report->causes, &report->watched, &report->others, &report->traced);
	report->us = 1e6 / part_tsc_hz();
	for (i = 0; i < report->causes->n; i++)
		report->lost_us += report->causes->all[i].cycles * report->us;
	return true;
}

static double
share(const struct report *report, const struct part_cause *cause)
{
	return report->lost_us == 0 ? 0 : 100 * cause->cycles * report->us / report->lost_us;
}

static void
print_causes(const struct report *report, FILE *out)
{
	char label[PART_LABEL];
	unsigned int i;

	fprintf(out, "\nCauses, by %s, worst first:\n  share      gaps     total us       max us  "
		"what\n", report->traced ? "the kernel's trace events" : "the kernel's counters, "
		"which tell less than trace events would");
	for (i = 0; i < report->causes->n; i++) {
		const struct part_cause *cause = &report->causes->all[i];

		part_who_label(&cause->who, cause->several, label);
		fprintf(out, "%6.1f%% %9llu %12.1f %12.1f  %s\n", share(report, cause),
			(unsigned long long)cause->gaps, cause->cycles * report->us,
			cause->longest * report->us, label);
	}
}

static void
print_advice(const struct report *report, FILE *out)
{
	struct part_text text = { 0 };
	char *advice, label[PART_LABEL];
	unsigned int i;

	fputs("\nWhat to do, in this order:\n", out);
	for (i = 0; i < report->causes->n && i < 10; i++) {
		const struct part_cause *cause = &report->causes->all[i];

		part_cause_advice(cause, &report->watched, &report->others, &text);
		advice = part_text_take(&text);
		part_who_label(&cause->who, cause->several, label);
		fprintf(out, "%3u. %s (%.1f%%): %s\n", i + 1, label, share(report, cause),
			advice == NULL ? "" : advice);
		free(advice);
	}
}

void
rte_aether_partition_noise_print(FILE *out)
{
	struct report report;
	unsigned int i;

	if (!get_report(&report))
		return;
	fputs(" CPU   seconds      gaps     lost %     P50 us     P99 us   P99.9 us     max us\n",
	      out);
	for (i = 0; i < report.n; i++)
		fprintf(out, "%4u %9.1f %9llu %10.5f %10.1f %10.1f %10.1f %10.1f\n",
			report.stats[i].cpu, report.stats[i].seconds,
			(unsigned long long)report.stats[i].gaps, report.stats[i].lost_percent,
			report.stats[i].p50_us, report.stats[i].p99_us, report.stats[i].p999_us,
			report.stats[i].max_us);
	if (report.causes->n != 0) {
		print_causes(&report, out);
		print_advice(&report, out);
	}
	free_report(&report);
}

/** Names come from files and tasks, as printable ASCII. */
static void
print_string(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void
rte_aether_partition_noise_print_json(FILE *out)
{
	struct part_text text = { 0 };
	struct report report;
	char *advice, label[PART_LABEL];
	unsigned int i;

	if (!get_report(&report))
		return;
	fprintf(out, "{\"by\": \"%s\", \"cpus\": [", report.traced ? "trace" : "counters");
	for (i = 0; i < report.n; i++)
		fprintf(out, "%s{\"cpu\": %u, \"seconds\": %.3f, \"gaps\": %llu, "
			"\"lost_percent\": %.6f, \"p50_us\": %.3f, \"p99_us\": %.3f, "
			"\"p999_us\": %.3f, \"max_us\": %.3f}", i == 0 ? "" : ", ",
			report.stats[i].cpu, report.stats[i].seconds,
			(unsigned long long)report.stats[i].gaps, report.stats[i].lost_percent,
			report.stats[i].p50_us, report.stats[i].p99_us, report.stats[i].p999_us,
			report.stats[i].max_us);
	fputs("], \"causes\": [", out);
	for (i = 0; i < report.causes->n; i++) {
		const struct part_cause *cause = &report.causes->all[i];

		part_cause_advice(cause, &report.watched, &report.others, &text);
		advice = part_text_take(&text);
		fprintf(out, "%s{\"kind\": \"%s\", \"name\": ", i == 0 ? "" : ", ",
			part_cause_kind_name(cause->who.kind));
		part_who_label(&cause->who, cause->several, label);
		print_string(label, out);
		fprintf(out, ", \"gaps\": %llu, \"share_percent\": %.3f, \"total_us\": %.3f, "
			"\"max_us\": %.3f, \"advice\": ", (unsigned long long)cause->gaps,
			share(&report, cause), cause->cycles * report.us,
			cause->longest * report.us);
		print_string(advice == NULL ? "" : advice, out);
		fputc('}', out);
		free(advice);
	}
	fputs("]}\n", out);
	free_report(&report);
}

/** Telemetry has no fractions: nanoseconds, and millionths of the time. */
static void
tell_threads(const struct report *report, struct rte_tel_data *data)
{
	char name[RTE_TEL_MAX_STRING_LEN];
	unsigned int i;

	for (i = 0; i < report->n; i++) {
		const struct rte_aether_partition_noise_stats *stats = &report->stats[i];
		struct rte_tel_data *one = rte_tel_data_alloc();

		if (one == NULL)
			return;
		rte_tel_data_start_dict(one);
		rte_tel_data_add_dict_u64(one, "gaps", stats->gaps);
		rte_tel_data_add_dict_u64(one, "lost_ppm", stats->lost_percent * 1e4);
		rte_tel_data_add_dict_u64(one, "p50_ns", stats->p50_us * 1000);
		rte_tel_data_add_dict_u64(one, "p99_ns", stats->p99_us * 1000);
		rte_tel_data_add_dict_u64(one, "p999_ns", stats->p999_us * 1000);
		rte_tel_data_add_dict_u64(one, "max_ns", stats->max_us * 1000);
		snprintf(name, sizeof(name), "cpu%u", stats->cpu);
		rte_tel_data_add_dict_container(data, name, one, 0);
	}
}

static int
answer(const char *cmd, const char *params, struct rte_tel_data *data)
{
	struct rte_tel_data *causes = rte_tel_data_alloc();
	struct report report;
	char line[RTE_TEL_MAX_SINGLE_STRING_LEN], label[PART_LABEL];
	unsigned int i;

	RTE_SET_USED(cmd);
	RTE_SET_USED(params);
	if (causes == NULL || !get_report(&report)) {
		rte_tel_data_free(causes);
		return -1;
	}
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_string(data, "by", report.traced ? "trace" : "counters");
	tell_threads(&report, data);
	rte_tel_data_start_array(causes, RTE_TEL_STRING_VAL);
	for (i = 0; i < report.causes->n && i < MOST_TOLD; i++) {
		const struct part_cause *cause = &report.causes->all[i];

		part_who_label(&cause->who, cause->several, label);
		snprintf(line, sizeof(line), "%s: %llu gaps, %.1f us, at most %.1f us", label,
			 (unsigned long long)cause->gaps, cause->cycles * report.us,
			 cause->longest * report.us);
		rte_tel_data_add_array_string(causes, line);
	}
	rte_tel_data_add_dict_container(data, "causes", causes, 0);
	free_report(&report);
	return 0;
}

RTE_INIT(part_noise_telemetry)
{
	rte_telemetry_register_cmd("/aether/partition/noise", answer,
			"Returns gaps in which lcores did not run, and their causes. No parameters");
}
