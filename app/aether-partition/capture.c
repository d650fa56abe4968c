/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include <rte_aether_partition_capture.h>

#include "capture.h"
#include "tar.h"

struct archive {
	FILE *file;
	int error;
	unsigned int members;
};

/** Parameters of the kernel that a rule looks at; others may hold passwords and addresses. */
static bool
is_told(const char *word, size_t len)
{
	static const char *const told[] = {
		"isolcpus=", "nohz_full=", "rcu_nocbs", "irqaffinity=", "tsc=", "nosmt",
		"skew_tick=", "nowatchdog", "nosoftlockup", "nmi_watchdog=", "mce=",
		"transparent_hugepage=", "numa_balancing=", "intel_iommu=", "amd_iommu=", "iommu=",
		"hugepages=", "hugepagesz=", "default_hugepagesz=", "intel_idle.max_cstate=",
		"processor.max_cstate=", "idle=", "clocksource=", "maxcpus=", "nr_cpus=",
		"pcie_aspm", "workqueue.unbound_cpus=", "cpufreq.default_governor=",
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(told); i++)
		if (len >= strlen(told[i]) && strncmp(word, told[i], strlen(told[i])) == 0)
			return true;
	return false;
}

/** Of the command line. @return bytes in `to`, which has room for all */
static size_t
keep_words(const char *text, char *to)
{
	size_t len, n = 0;

	for (; *text != '\0'; text += len) {
		text += strspn(text, " \n");
		len = strcspn(text, " \n");
		if (len == 2 && strncmp(text, "--", 2) == 0)
			break;
		if (!is_told(text, len))
			continue;
		if (n != 0)
			to[n++] = ' ';
		memcpy(to + n, text, len);
		n += len;
	}
	to[n++] = '\n';
	return n;
}

/** Lines of a status that a rule looks at. */
static size_t
keep_lines(const char *text, char *to)
{
	static const char *const told[] = {
		"Name:", "Pid:", "PPid:", "Kthread:", "Threads:", "Cpus_allowed_list:",
	};
	size_t len, n = 0;
	unsigned int i;

	for (; *text != '\0'; text += len) {
		len = strcspn(text, "\n");
		len += text[len] == '\n';
		for (i = 0; i < RTE_DIM(told); i++)
			if (strncmp(text, told[i], strlen(told[i])) == 0)
				break;
		if (i == RTE_DIM(told))
			continue;
		memcpy(to + n, text, len);
		n += len;
	}
	return n;
}

/** What a regular file becomes in the archive. @return its length in `to` */
static size_t
filter(const char *path, const char *data, size_t len, char *to)
{
	const char *name = strrchr(path, '/');

	if (strlen(data) == len && strcmp(path, "proc/cmdline") == 0)
		return keep_words(data, to);
	if (strlen(data) == len && strncmp(path, "proc/", 5) == 0 && name != NULL &&
	    strcmp(name, "/status") == 0)
		return keep_lines(data, to);
	memcpy(to, data, len);
	return len;
}

static void
seen(void *ctx, enum rte_aether_partition_file kind, const char *path, unsigned int mode,
     const char *data, size_t len)
{
	struct archive *archive = ctx;
	char *kept;
	int ret;

	if (archive->error != 0)
		return;
	/* As much as there was, and a newline. */
	kept = malloc(len + 2);
	if (kept == NULL) {
		archive->error = -ENOMEM;
		return;
	}
	switch (kind) {
	case RTE_AETHER_PARTITION_REGULAR:
		len = filter(path, data, len, kept);
		ret = tar_add(archive->file, TAR_FILE, path, mode, kept, len);
		break;
	case RTE_AETHER_PARTITION_LINK:
		ret = tar_add(archive->file, TAR_LINK, path, mode, data, len);
		break;
	default:
		ret = tar_add(archive->file, TAR_FOLDER, path, mode, NULL, 0);
	}
	free(kept);
	/* A name too long for the format is one file less. */
	if (ret != -ENAMETOOLONG)
		archive->error = ret;
	archive->members += ret == 0;
}

int
capture(const struct rte_aether_partition_conf *conf, const char *path)
{
	struct rte_aether_partition_verdict *verdict;
	struct archive archive = { 0 };
	int ret, fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	archive.file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (archive.file == NULL) {
		ret = -errno;
		fprintf(stderr, "aether-partition: %s: %s; wanted the name of a new file\n", path,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	ret = rte_aether_partition_capture(conf, seen, &archive, &verdict);
	if (ret == 0) {
		rte_aether_partition_free(verdict);
		ret = archive.error;
	}
	if (ret == 0)
		ret = tar_end(archive.file);
	if (fclose(archive.file) != 0 && ret == 0)
		ret = -errno;
	if (ret != 0) {
		unlink(path);
		fprintf(stderr, "aether-partition: %s: %s\n", path, strerror(-ret));
		return ret;
	}
	printf("%s: %u files, folders and links. Judge it by\n"
	       "  mkdir host && tar -xf %s -C host && aether-partition check --root host\n", path,
	       archive.members, path);
	return 0;
}
