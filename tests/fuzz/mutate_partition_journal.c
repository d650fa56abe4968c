/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * mutate_partition_journal <journals>: that many journals that are made up, most of them damaged a
 * little, to the parser; some of them are restored on a made-up host as well. What they say may be
 * anything, but nothing else is written than what is repaired. The same ones in each run.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "fake_kernel.h"
#include "part_fix.h"
#include "splitmix.h"

#define MOST_OWNERS	5
#define MOST_KNOBS	24
#define MOST_BYTES	65536
#define INPUT_SECONDS	60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state = 20261128, written, restored, refused;

static uint32_t
below(uint32_t n)
{
	return splitmix64(&state) % n;
}

#define PICK(array)	((array)[below(RTE_DIM(array))])

static const char *
any_value(void)
{
	static const char *const values[] = {
		"", "-", "0-7", "ff", "f3", "0-1,4-7", "2-3", "2", "8191", "0-8191", "8192", "all", "N",
		"always", "never", "madvise", "performance", "powersave", "0", "1", "10", "-1", "950000",
		"+cpuset", "-cpuset", "+memory", "none", "n/a", "a b", "%", "%00", "\n", "\x7f", "\xff",
		"isolated", "L3:0=7ff", "L3:0=7f0;1=7f0 MB:0=50", "resctrl", "tmpfs", "..", "/", "0x1",
	};

	return PICK(values);
}

/** Now and then something is not as it may be: one such thing, and the parser takes none of it. */
static bool
is_odd(void)
{
	return below(100) == 0;
}

static const char *
any_path(enum part_kind kind)
{
	static const struct {
		enum part_kind kind;
		const char *path;
	} all[] = {
		{ PART_KIND_LIST, "proc/irq/16/smp_affinity_list" },
		{ PART_KIND_LIST, "proc/irq/17/smp_affinity_list" },
		{ PART_KIND_LIST, "proc/irq/./smp_affinity_list" },
		{ PART_KIND_LIST, "proc/irq/../smp_affinity_list" },
		{ PART_KIND_LIST, "proc/sys/kernel/watchdog_cpumask" },
		{ PART_KIND_MASK, "proc/irq/default_smp_affinity" },
		{ PART_KIND_MASK, "sys/devices/virtual/workqueue/cpumask" },
		{ PART_KIND_WORD, "sys/devices/system/cpu/cpu3/cpufreq/scaling_governor" },
		{ PART_KIND_WORD, "sys/devices/system/cpu/cpu9/cpufreq/scaling_governor" },
		{ PART_KIND_WORD, "sys/kernel/mm/ksm/run" },
		{ PART_KIND_WORD, "proc/sys/kernel/core_pattern" },
		{ PART_KIND_CHOICE, "sys/kernel/mm/transparent_hugepage/enabled" },
		{ PART_KIND_CHOICE, "sys/kernel/mm/transparent_hugepage/defrag" },
		{ PART_KIND_TASK, "proc/1000@5" },
		{ PART_KIND_TASK, "proc/1@5" },
		{ PART_KIND_TASK, "proc/-1@5" },
		{ PART_KIND_TASK, "proc/1000@5/x" },
		{ PART_KIND_TASK, "proc/99999999999999999999@5" },
		{ PART_KIND_THREAD, "proc/1003@5" },
		{ PART_KIND_THREAD, "proc/self@" },
		{ PART_KIND_CONTROLLER, "sys/fs/cgroup/cgroup.subtree_control" },
		{ PART_KIND_CONTROLLER, "sys/fs/cgroup/user.slice/cgroup.subtree_control" },
		{ PART_KIND_GROUP, "sys/fs/cgroup/aether-1" },
		{ PART_KIND_GROUP, "sys/fs/cgroup/aether-" },
		{ PART_KIND_GROUP, "sys/fs/cgroup/unified/aether-4294967296" },
		{ PART_KIND_GROUP, "sys/fs/cgroup/user.slice" },
		{ PART_KIND_MOUNT, "sys/fs/resctrl" },
		{ PART_KIND_MOUNT, "sys/fs/cgroup" },
		{ PART_KIND_SCHEMATA, "sys/fs/resctrl/schemata" },
		{ PART_KIND_SCHEMATA, "sys/fs/resctrl/other/schemata" },
		{ PART_KIND_RESCTRL, "sys/fs/resctrl/aether-1" },
		{ PART_KIND_WORD, "sys/devices/system/clocksource/clocksource0/current_clocksource" },
		{ PART_KIND_WORD, "sys/bus/pci/devices/0000:18:00.0/power/control" },
		{ PART_KIND_BALANCE, "run/irqbalance/irqbalance7.sock" },
		{ PART_KIND_BALANCE, "run/irqbalance/../docker.sock" },
	};
	const bool odd = is_odd();
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		unsigned int n = below(RTE_DIM(all));

		if (odd || (all[n].kind == kind && part_journal_path_fits(kind, all[n].path)))
			return all[n].path;
	}
	abort();
}

/** Owners that live, that have ended, and that never were. */
static void
add_owners(struct part_journal *journal)
{
	static const char *const from[] = { "", "/", "/user.slice", "/a b" };
	static const char *const odd[] = { "/../..", "relative", "/..", "x/../y" };
	const pid_t pids[] = { 0, 0, 1, 1, 99999999, INT32_MAX };
	unsigned int id, n = below(MOST_OWNERS + 1);

	for (id = 1; id <= n; id++)
		part_journal_add_owner(journal, is_odd() ? 1 : id, PICK(pids), below(3),
				       is_odd() ? PICK(odd) : PICK(from));
}

static char *
make_journal(const char *boot, size_t *len)
{
	struct part_journal journal = { 0 };
	unsigned int n = below(MOST_KNOBS), owner;
	char *text;

	snprintf(journal.boot, sizeof(journal.boot), "%s", below(16) == 0 ? "other" : boot);
	add_owners(&journal);
	while (n-- != 0) {
		const enum part_kind kind = below(PART_KINDS);
		const char *path = any_path(kind);
		struct part_knob *knob;

		if (part_journal_knob(&journal, kind, path) != NULL && !is_odd())
			continue;
		knob = part_journal_add_knob(&journal, kind, path, any_value());
		part_journal_set(&knob->believed, any_value());
		part_journal_set(&knob->target, any_value());
		for (owner = 1; owner <= journal.n_owners + is_odd(); owner++)
			if (below(2))
				part_knob_add_share(knob, owner, any_value());
	}
	text = part_journal_text(&journal, len);
	part_journal_free(&journal);
	return text;
}

/** In place; the checksum is put right by who gets it. */
static void
damage(char *text, size_t len)
{
	static const char bytes[] = "%- \n\t0@/.";
	unsigned int n = below(4);

	while (n-- != 0) {
		char *at = text + below(len);

		*at = below(3) == 0 ? (char)below(256) : below(2) ? bytes[below(sizeof(bytes))] :
		      text[below(len)];
	}
}

/** Nothing but what is repaired, the files of groups of ours, and where processes go from these. */
static void
check_path(const char *path)
{
	const size_t len = strlen(path);
	char folder[512];
	unsigned int kind;

	if (strstr(path, "..") != NULL)
		abort();
	for (kind = 0; kind < PART_KINDS; kind++)
		if (part_journal_path_fits(kind, path))
			return;
	if (strncmp(path, "sys/fs/cgroup/", 14) == 0 && len > 13 &&
	    strcmp(path + len - 13, "/cgroup.procs") == 0)
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (!part_journal_path_fits(PART_KIND_GROUP, folder) &&
	    !part_journal_path_fits(PART_KIND_RESCTRL, folder))
		abort();
}

static int
outcome(void)
{
	static const int errors[] = { -EIO, -ENOENT, -EINVAL, -EROFS, -ESRCH };

	written++;
	return below(8) == 0 ? PICK(errors) : 0;
}

static int
write_file(void *ctx, const struct part_root *root, const char *path, const char *text)
{
	RTE_SET_USED(ctx);
	RTE_SET_USED(root);
	RTE_SET_USED(text);
	check_path(path);
	return outcome();
}

static int
make_or_remove(void *ctx, const struct part_root *root, const char *path)
{
	return write_file(ctx, root, path, "");
}

static int
bind_task(void *ctx, const struct part_root *root, pid_t pid, const struct part_cpus *cpus)
{
	RTE_SET_USED(ctx);
	RTE_SET_USED(root);
	/* 0 would be this process. */
	if (pid <= 0 || part_cpus_empty(cpus))
		abort();
	return outcome();
}

static int
mount_there(void *ctx, const struct part_root *root, const char *path, const char *type)
{
	if (strcmp(path, "sys/fs/resctrl") != 0 || (type != NULL && strcmp(type, "resctrl") != 0))
		abort();
	return write_file(ctx, root, path, "");
}

static int
ask(void *ctx, const struct part_root *root, const char *path, const char *request, char *answer,
    size_t size)
{
	RTE_SET_USED(request);
	snprintf(answer, size, "%s", any_value());
	return write_file(ctx, root, path, "");
}

static int
hold(void *ctx, const struct part_root *root, const char *path, const void *bytes, size_t len)
{
	RTE_SET_USED(ctx);
	RTE_SET_USED(root);
	RTE_SET_USED(path);
	RTE_SET_USED(bytes);
	RTE_SET_USED(len);
	/* A restore holds nothing. */
	abort();
}

static const struct part_hands hands = {
	.write = write_file, .make_folder = make_or_remove, .remove_folder = make_or_remove,
	.bind = bind_task, .mount = mount_there, .ask = ask, .hold = hold,
};

static void
restore(const char *folder, const char *top, const char *text, size_t len)
{
	char path[128];
	FILE *file;
	int ret;

	snprintf(path, sizeof(path), "%s/partition.journal", folder);
	file = fopen(path, "w");
	if (file == NULL || fwrite(text, 1, len, file) != len || fclose(file) != 0)
		abort();
	ret = part_restore(folder, top, &hands, true, NULL);
	if (ret == -EINVAL)
		refused++;
	else
		restored++;
	/* What could not be put back is there still, whole. */
	ret = part_restore(folder, top, &hands, true, NULL);
	if (ret == -EINVAL)
		abort();
	unlink(path);
}

static void
read_boot(char boot[PART_BOOT_LEN])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");

	if (file == NULL || fgets(boot, PART_BOOT_LEN, file) == NULL)
		abort();
	fclose(file);
	boot[strcspn(boot, "\n")] = '\0';
}

static void
hangs(int number)
{
	static const char words[] = "a journal takes longer than it may\n";

	(void)number;
	if (write(STDERR_FILENO, words, sizeof(words) - 1) > 0)
		abort();
	_exit(1);
}

int
main(int argc, char **argv)
{
	uint64_t wanted = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, done;
	char folder[] = "/dev/shm/aether-journals-XXXXXX", boot[PART_BOOT_LEN], *text;
	struct fake_kernel kernel;
	size_t len;

	if (wanted == 0 || mkdtemp(folder) == NULL) {
		fprintf(stderr, "usage: %s <journals>\n", argv[0]);
		return 1;
	}
	read_boot(boot);
	fake_kernel_start(&kernel);
	signal(SIGALRM, hangs);
	for (done = 0; done < wanted; done++) {
		text = make_journal(boot, &len);
		if (text == NULL || len > MOST_BYTES)
			abort();
		alarm(INPUT_SECONDS);
		if (below(8) == 0)
			restore(folder, kernel.top, text, len);
		damage(text, len);
		LLVMFuzzerTestOneInput((const uint8_t *)text, len);
		alarm(0);
		free(text);
	}
	fake_kernel_stop(&kernel);
	tree_remove(folder, "");
	printf("%" PRIu64 " journals; %" PRIu64 " were restored, %" PRIu64 " refused; %" PRIu64
	       " changes\n", done, restored, refused, written);
	return restored == 0 || refused == 0 || written == 0;
}
