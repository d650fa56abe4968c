/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_aether_partition_noise.h>

#include "watch.h"

#define MOST_CPUS	1024

static volatile sig_atomic_t ended;

static void
end(int signum)
{
	(void)signum;
	ended = 1;
}

/** Once a second; on a terminal in place of what was there. */
static bool
show(void *ctx)
{
	if (*(const bool *)ctx && !ended) {
		fputs("\033[H\033[J", stdout);
		rte_aether_partition_noise_print(stdout);
		fflush(stdout);
	}
	return !ended;
}

/** @return how many CPUs have more than is allowed */
static int
judge(const struct options *opt)
{
	static struct rte_aether_partition_noise_stats stats[MOST_CPUS];
	unsigned int i, n = rte_aether_partition_noise_stats(stats, MOST_CPUS);
	int bad = 0;

	for (i = 0; i < n && i < MOST_CPUS; i++) {
		const bool long_one = opt->max_us > 0 && stats[i].max_us > opt->max_us;
		const bool often = opt->max_percent > 0 &&
				   stats[i].lost_percent > opt->max_percent;

		if (long_one)
			fprintf(stderr, "aether-partition: CPU %u: found a gap of %.1f us, wanted %.1f "
				"at most\n", stats[i].cpu, stats[i].max_us, opt->max_us);
		if (often)
			fprintf(stderr, "aether-partition: CPU %u: found %.5f %% of the time lost, wanted "
				"%.5f at most\n", stats[i].cpu, stats[i].lost_percent,
				opt->max_percent);
		bad += long_one || often;
	}
	return bad;
}

/** Names are printable ASCII. */
static void
print_quoted(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void
log_text(void *ctx, const struct rte_aether_partition_gap *gap)
{
	FILE *out = ctx;
	unsigned int i;

	fprintf(out, "%llu.%09llu cpu %u %.3f us:", (unsigned long long)gap->begin_ns / 1000000000,
		(unsigned long long)gap->begin_ns % 1000000000, gap->cpu, gap->us);
	for (i = 0; i < gap->n_shares; i++)
		fprintf(out, "%s %s %.3f us", i == 0 ? "" : ";", gap->shares[i].name,
			gap->shares[i].us);
	fputc('\n', out);
}

static void
log_json(void *ctx, const struct rte_aether_partition_gap *gap)
{
	FILE *out = ctx;
	unsigned int i;

	fprintf(out, "{\"time\": %llu.%09llu, \"cpu\": %u, \"us\": %.3f, \"causes\": [",
		(unsigned long long)gap->begin_ns / 1000000000,
		(unsigned long long)gap->begin_ns % 1000000000, gap->cpu, gap->us);
	for (i = 0; i < gap->n_shares; i++) {
		fprintf(out, "%s{\"kind\": \"%s\", \"name\": ", i == 0 ? "" : ", ",
			gap->shares[i].kind);
		print_quoted(gap->shares[i].name, out);
		fprintf(out, ", \"us\": %.3f}", gap->shares[i].us);
	}
	fputs("]}\n", out);
}

/** @return NULL: none is wanted, or it cannot be had */
static FILE *
open_log(const struct options *opt)
{
	FILE *log;

	if (opt->log == NULL)
		return NULL;
	log = strcmp(opt->log, "-") == 0 ? stdout : fopen(opt->log, "we");
	if (log == NULL)
		fprintf(stderr, "aether-partition: %s: %s; wanted a file that can be written for "
			"--log\n", opt->log, strerror(errno));
	else
		/* Whoever reads it meanwhile has whole lines. */
		setvbuf(log, NULL, _IOLBF, 1 << 16);
	return log;
}

/** @return whether all is in the file */
static bool
close_log(const struct options *opt, FILE *log)
{
	bool failed;

	if (log == NULL)
		return true;
	errno = 0;
	failed = fflush(log) != 0 || ferror(log) != 0;
	if (log != stdout)
		failed = fclose(log) != 0 || failed;
	if (failed)
		fprintf(stderr, "aether-partition: %s: not all could be written: %s\n", opt->log,
			errno == 0 ? "an earlier line failed" : strerror(errno));
	return !failed;
}

static void
report(const struct options *opt, bool live, bool traced)
{
	if (live)
		fputs("\033[H\033[J", stdout);
	if (opt->json)
		rte_aether_partition_noise_print_json(stdout);
	else
		rte_aether_partition_noise_print(stdout);
	if (!traced && !opt->json && !opt->no_trace)
		puts("\nTrace events would name causes exactly: run as root, with tracefs at "
		     "/sys/kernel/tracing.");
}

int
watch(const struct options *opt, const char *cpus)
{
	FILE *log = open_log(opt);
	const struct rte_aether_partition_watch_conf conf = {
		.no_trace = opt->no_trace,
		.gap = log == NULL ? NULL : opt->json ? log_json : log_text,
		.gap_ctx = log,
	};
	struct sigaction action = { .sa_handler = end };
	bool live = !opt->json && log != stdout && isatty(STDOUT_FILENO), traced;
	int ret;

	if (opt->log != NULL && log == NULL)
		return -1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	ret = rte_aether_partition_noise_measure(cpus, opt->seconds, opt->threshold_us, &conf, show,
						 &live, &traced);
	if (!close_log(opt, log))
		return -1;
	if (ret != 0) {
		fprintf(stderr, "aether-partition: CPUs %s cannot be measured: %s; wanted CPUs that are "
			"online, and that this process may use\n", cpus, strerror(-ret));
		return -1;
	}
	report(opt, live, traced);
	return judge(opt) != 0;
}
