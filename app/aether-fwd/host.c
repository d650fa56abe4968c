/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "report.h"

/* Kernel parameters that keep work off cores or keep cores and clock from changing speed, as
 * TuneD's cpu-partitioning and realtime profiles set them.
 */
static const char *const isolation_parameters[] = {
	"isolcpus=", "nohz_full=", "nohz=", "rcu_nocbs=", "rcu_nocb_poll", "irqaffinity=",
	"skew_tick=", "tsc=", "nosoftlockup", "nosmt", "intel_pstate=", "intel_idle.max_cstate=",
	"processor.max_cstate=", "idle=", "rcutree.nohz_full_patience_delay=",
};

/* The file's first line without its newline; "" when it cannot be read. */
static void
read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "r");

	line[0] = '\0';
	if (file == NULL)
		return;
	if (fgets(line, size, file) != NULL)
		line[strcspn(line, "\n")] = '\0';
	fclose(file);
}

static void
read_cpu_model(char *model, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256];
	const char *value;

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "model name", strlen("model name")) != 0)
			continue;
		value = strchr(line, ':');
		if (value != NULL)
			snprintf(model, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
		break;
	}
	fclose(file);
}

static bool
is_isolation(const char *word)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(isolation_parameters); i++)
		if (strncmp(word, isolation_parameters[i], strlen(isolation_parameters[i])) == 0)
			return true;
	return false;
}

static void
read_isolation(char *found, size_t size)
{
	char line[4096], *word, *rest = line;
	size_t used = 0;

	read_line("/proc/cmdline", line, sizeof(line));
	while ((word = strtok_r(rest, " ", &rest)) != NULL && used < size)
		if (is_isolation(word))
			used += snprintf(found + used, size - used, "%s%s", used ? " " : "",
					 word);
}

void
fwd_host_read(struct fwd_host *host)
{
	struct utsname name;

	memset(host, 0, sizeof(*host));
	if (uname(&name) == 0) {
		snprintf(host->hostname, sizeof(host->hostname), "%s", name.nodename);
		snprintf(host->kernel, sizeof(host->kernel), "%.63s %.63s", name.release,
			 name.machine);
	}
	read_cpu_model(host->cpu_model, sizeof(host->cpu_model));
	read_isolation(host->isolation, sizeof(host->isolation));
	read_line("/sys/devices/system/cpu/isolated", host->isolated, sizeof(host->isolated));
	host->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	host->tsc_hz = rte_get_tsc_hz();
}
