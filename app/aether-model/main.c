/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>

#ifdef AETHER_MODEL_RTE_AETHER
#include <rte_aether.h>
#else
#include <rte_version.h>
#endif

#include "options.h"
#include "serve.h"
#include "telemetry.h"

enum exit_code { EXIT_CODE_OK, EXIT_CODE_FAILED, EXIT_CODE_USAGE };

/** Aether's, or in a DPDK tree DPDK's. */
static const char *
version(void)
{
#ifdef AETHER_MODEL_RTE_AETHER
	return rte_aether_version();
#else
	return rte_version();
#endif
}

/** EAL is here for its telemetry and its log: it gets no memory, cores or devices to speak of. */
static int
init_eal(const struct options *opt)
{
	char core[16], *args[16 + 2 * OPTIONS_MAX_LOG_LEVELS];
	const char *fixed[] = {
		"aether-model", "--lcores", core, "--no-huge", "-m", "4", "--no-pci",
		"--file-prefix", opt->file_prefix,
	};
	cpu_set_t cpus;
	unsigned int i, n;
	int cpu = 0, ret;

	/* EAL pins the thread that starts it: to one of its CPUs, and not for long. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		CPU_ZERO(&cpus);
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &cpus))
		cpu++;
	snprintf(core, sizeof(core), "0@%d", cpu);
	for (n = 0; n < RTE_DIM(fixed); n++)
		args[n] = (char *)(uintptr_t)fixed[n];
	for (i = 0; i < opt->n_log_levels; i++) {
		args[n++] = (char *)(uintptr_t)"--log-level";
		args[n++] = (char *)(uintptr_t)opt->log_levels[i];
	}
	args[n] = NULL;
	ret = rte_eal_init(n, args);
	if (CPU_COUNT(&cpus) != 0)
		pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	if (ret >= 0)
		return 0;
	/* rte_errno often says nothing. */
	fprintf(stderr, "aether-model: DPDK's EAL did not start; its messages above say why. If "
		"another process has the prefix '%s', give --file-prefix another one\n",
		opt->file_prefix);
	return -1;
}

/** Signals that end the program arrive by a descriptor, and at no other time than when read. */
static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
start_devices(const struct options *opt, struct device **devices, unsigned int *n)
{
	const struct device_args *args;
	int ret;

	for (*n = 0; *n < opt->n_devices; (*n)++) {
		args = &opt->devices[*n];
		devices[*n] = device_create(args);
		if (devices[*n] == NULL) {
			fprintf(stderr, "aether-model: device %s did not start (%s); messages "
				"above say why\n", args->name, rte_strerror(rte_errno));
			return -1;
		}
		ret = aether_model_service_add(device_model(devices[*n]), opt->cpu, NULL, 0);
		if (ret != 0) {
			fprintf(stderr, "aether-model: device %s cannot be run (%s)\n", args->name,
				strerror(abs(ret)));
			device_destroy(devices[*n]);
			return -1;
		}
	}
	return 0;
}

static void
stop_devices(struct device **devices, unsigned int n, bool summary)
{
	unsigned int i;

	telemetry_stop();
	for (i = 0; i < n; i++) {
		aether_model_service_remove(device_model(devices[i]));
		if (summary)
			device_print_summary(devices[i], stdout);
	}
	for (i = 0; i < n; i++)
		device_destroy(devices[i]);
}

static int
run(const struct options *opt, int stop_fd)
{
	struct device *devices[OPTIONS_MAX_DEVICES];
	unsigned int i, n;
	int ret;

	ret = start_devices(opt, devices, &n);
	if (ret == 0)
		ret = telemetry_start(devices, n);
	if (ret == 0) {
		for (i = 0; i < n; i++)
			printf("%s: listening on %s\n", device_name(devices[i]),
			       opt->devices[i].socket);
		fflush(stdout);
		ret = serve_devices(devices, n, stop_fd);
	}
	stop_devices(devices, n, ret == 0);
	return ret == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

int
main(int argc, char **argv)
{
	/* Static for its size. */
	static struct options opt;
	char why[1024];
	int code = EXIT_CODE_FAILED, stop_fd;

	if (options_parse(argc, argv, &opt, why, sizeof(why)) != 0) {
		fprintf(stderr, "aether-model: %s\n", why);
		return EXIT_CODE_USAGE;
	}
	if (opt.help || opt.version) {
		if (opt.help)
			options_usage(stdout);
		else
			printf("%s\n", version());
		options_free(&opt);
		return EXIT_CODE_OK;
	}
	/* Before EAL's threads, which inherit what is blocked. */
	stop_fd = open_signals();
	if (stop_fd < 0)
		fprintf(stderr, "aether-model: signals cannot be caught: %s\n", strerror(errno));
	else if (init_eal(&opt) == 0) {
		code = run(&opt, stop_fd);
		rte_eal_cleanup();
	}
	if (stop_fd >= 0)
		close(stop_fd);
	options_free(&opt);
	return code;
}
