/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* irqbalance by its socket: a process that stands in for it, well-behaved or not. */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <rte_common.h>

#include "host_tree.h"
#include "part_balance.h"
#include "part_host.h"
#include "part_hands.h"
#include "part_store.h"

#define SOON_MS	200

enum manner { WELL, LATE, SILENT, ENDLESS, DRIBBLING };

static char *top;
static struct part_root *root;
static struct part_host *host;

static int
set_up(void **state)
{
	RTE_SET_USED(state);
	top = host_tree_make(&host_small);
	tree_folder(top, "run/irqbalance");
	root = malloc(sizeof(*root));
	host = calloc(1, sizeof(*host));
	assert_int_equal(part_root_open(root, top), 0);
	return 0;
}

static int
tear_down(void **state)
{
	RTE_SET_USED(state);
	part_root_close(root);
	free(root);
	free(host);
	host_tree_remove(top);
	return 0;
}

/** It wants to know who asks. @return the length of the request; 0: not root or this user */
static size_t
take_request(int fd, char *request, size_t size)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec piece = { request, size - 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t len = recvmsg(fd, &message, 0);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct ucred who;

	if (len <= 0 || header == NULL || header->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&who, CMSG_DATA(header), sizeof(who));
	request[len] = '\0';
	return who.uid == geteuid() ? len : 0;
}

static void
serve(int listener, enum manner manner)
{
	/* As much as it reads itself. */
	char request[PART_BALANCE_REQUEST + 1], list[256] = "", mask[256], answer[512];
	struct part_cpus cpus;
	int fd, i;

	for (;; manner = manner == LATE ? WELL : manner) {
		if (manner == LATE)
			usleep(3 * SOON_MS * 1000);
		fd = accept(listener, NULL, NULL);
		if (fd < 0 || take_request(fd, request, sizeof(request)) == 0)
			_exit(1);
		if (manner == SILENT)
			pause();
		if (manner == ENDLESS)
			while (send(fd, "SLEEP 10 BANNED 0", 17, MSG_NOSIGNAL) > 0)
				;
		for (i = 0; manner == DRIBBLING && i < 100; i++) {
			send(fd, "0", 1, MSG_NOSIGNAL);
			usleep(SOON_MS * 1000 / 10);
		}
		if (strncmp(request, "settings cpus ", 14) == 0)
			snprintf(list, sizeof(list), "%.200s", strcmp(request + 14, "NULL") == 0 ?
				 "" : request + 14);
		if (strcmp(request, "setup") == 0) {
			part_cpus_parse(list, PART_MAX_CPUS, &cpus);
			part_cpus_mask(&cpus, mask, sizeof(mask));
			i = snprintf(answer, sizeof(answer), "SLEEP 10 IRQ 16 LOAD 12 DIFF 0 "
				     "CLASS 3 BANNED %s", mask);
			/* As irqbalance does: SIGPIPE ends it. */
			send(fd, answer, i, 0);
		}
		close(fd);
	}
}

/** @param folder of its socket below /run; "" is where 1.5 had it */
static pid_t
start(enum manner manner, const char *folder)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int ready[2], on = 1, listener;
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		listener = socket(AF_UNIX, SOCK_STREAM, 0);
		snprintf(at.sun_path, sizeof(at.sun_path), "%.60s/run/%.20sirqbalance%d.sock",
			 top, folder, getpid());
		if (bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
		    setsockopt(listener, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0 ||
		    listen(listener, 1) != 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		serve(listener, manner);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
stop(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int
ask(pid_t pid, const char *request, char *answer, size_t size)
{
	char path[64];

	part_balance_path(pid, path, sizeof(path));
	return part_balance_ask(root, path, SOON_MS, request, answer, size);
}

static void
converse(const char *folder)
{
	pid_t pid = start(WELL, folder);
	struct part_cpus banned;
	char answer[256];

	assert_int_equal(ask(pid, "settings cpus 2-3", answer, sizeof(answer)), 0);
	assert_true(ask(pid, "setup", answer, sizeof(answer)) > 0);
	assert_int_equal(part_balance_parse(answer, &banned), 0);
	assert_true(part_cpus_has(&banned, 2) && part_cpus_has(&banned, 3));
	assert_int_equal(part_cpus_count(&banned), 2);
	assert_int_equal(ask(pid, "settings cpus NULL", answer, sizeof(answer)), 0);
	assert_true(ask(pid, "setup", answer, sizeof(answer)) > 0);
	assert_int_equal(part_balance_parse(answer, &banned), 0);
	assert_true(part_cpus_empty(&banned));
	/* The file of one that was killed stays. */
	stop(pid);
	assert_int_equal(ask(pid, "setup", answer, sizeof(answer)), -ENOENT);
}

static void
test_converse(void **state)
{
	RTE_SET_USED(state);
	converse("irqbalance/");
	converse("");
}

/** It is busy, and must survive who does not wait for it. */
static void
test_late(void **state)
{
	pid_t pid = start(LATE, "irqbalance/");
	char answer[256];

	RTE_SET_USED(state);
	assert_int_equal(ask(pid, "setup", answer, sizeof(answer)), -ETIMEDOUT);
	assert_int_equal(ask(pid, "settings cpus 3", answer, sizeof(answer)), -ETIMEDOUT);
	usleep(4 * SOON_MS * 1000);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	/* What it was told it has done. */
	assert_true(ask(pid, "setup", answer, sizeof(answer)) > 0);
	assert_non_null(strstr(answer, "BANNED 8"));
	stop(pid);
}

static void
test_hostile(void **state)
{
	char answer[256], old[128], new[128];
	pid_t pid, other;

	RTE_SET_USED(state);
	pid = start(SILENT, "irqbalance/");
	assert_int_equal(ask(pid, "setup", answer, sizeof(answer)), -ETIMEDOUT);
	/* Its queue is full. */
	assert_int_equal(ask(pid, "setup", answer, sizeof(answer)), -ETIMEDOUT);
	assert_int_equal(ask(pid, "setup", answer, sizeof(answer)), -ETIMEDOUT);
	assert_int_equal(ask(pid, "setup", answer, sizeof(answer)), -ETIMEDOUT);
	stop(pid);
	pid = start(ENDLESS, "irqbalance/");
	assert_int_equal(ask(pid, "setup", answer, sizeof(answer)), -EMSGSIZE);
	assert_string_equal(answer, "");
	stop(pid);
	pid = start(DRIBBLING, "irqbalance/");
	assert_int_equal(ask(pid, "setup", answer, sizeof(answer)), -ETIMEDOUT);
	stop(pid);
	/* Somebody else at its name. */
	pid = start(WELL, "irqbalance/");
	other = fork();
	if (other == 0)
		_exit(0);
	waitpid(other, NULL, 0);
	snprintf(old, sizeof(old), "%s/run/irqbalance/irqbalance%d.sock", top, pid);
	snprintf(new, sizeof(new), "%s/run/irqbalance/irqbalance%d.sock", top, other);
	assert_int_equal(rename(old, new), 0);
	assert_int_equal(ask(other, "setup", answer, sizeof(answer)), -ENOENT);
	stop(pid);
	assert_int_equal(part_balance_ask(root, "run/irqbalance/../x", 1, "setup", answer,
					  sizeof(answer)), -EINVAL);
	/* What is in a captured tree is no socket. */
	assert_int_equal(part_hands_live.ask(NULL, root, "run/irqbalance/irqbalance1.sock", "setup",
					     answer, sizeof(answer)), -ENOENT);
}

static void
test_parse(void **state)
{
	static const char *const bad[] = {
		"", "SLEEP", "SLEEP ", "SLEEP 10", "SLEEP 10 BANNED", "SLEEP 10 BANNED ",
		"SLEEP 10 BANNED g", "SLEEP 10 BANNED 1 ", "SLEEP 10 BANNED 1\n",
		"SLEEP x BANNED 1", "BANNED 1", " SLEEP 10 BANNED 1", "SLEEP 10 irq BANNED 1",
		"SLEEP 10 BANNED 123456789", "SLEEP 10 BANNED 1,", "SLEEP 10 BANNED ,1",
	};
	struct part_cpus banned;
	unsigned int i;
	pid_t pid;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(bad); i++)
		if (part_balance_parse(bad[i], &banned) != -EINVAL || !part_cpus_empty(&banned))
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(part_balance_parse("SLEEP 1 BANNED 00000003,80000000", &banned), 0);
	assert_int_equal(part_cpus_count(&banned), 3);
	assert_true(part_cpus_has(&banned, 31) && part_cpus_has(&banned, 33));
	assert_false(part_balance_pid("run/irqbalance/irqbalance-1.sock", &pid));
	assert_false(part_balance_pid("run/irqbalance/irqbalance99999999999.sock", &pid));
	assert_false(part_balance_pid("run/irqbalance/irqbalance1.sockx", &pid));
	assert_false(part_balance_pid("run/irqbalance/irqbalance1", &pid));
	assert_true(part_balance_pid("run/irqbalance/irqbalance77.sock", &pid));
	assert_int_equal(pid, 77);
}

static void
write_journal(const char *path, const char *list, const char *boot)
{
	struct part_journal journal = { 0 };
	char *text;
	size_t len;

	snprintf(journal.boot, sizeof(journal.boot), "%s", boot);
	assert_non_null(part_journal_add_owner(&journal, 1, 0, 0, ""));
	assert_non_null(part_journal_add_knob(&journal, PART_KIND_BALANCE, path, ""));
	assert_true(part_knob_add_share(&journal.knobs[0], 1, list));
	assert_true(part_journal_set(&journal.knobs[0].target, list));
	text = part_journal_text(&journal, &len);
	tree_write(top, "run/aether/partition.journal", "%s", text);
	free(text);
	part_journal_free(&journal);
}

static void
read_again(pid_t pid)
{
	memset(host, 0, sizeof(*host));
	host->limit = 8;
	host->irqbalance.running = true;
	host->irqbalance.pid = pid;
	part_read_irqbalance(root, host);
}

/** What it says counts, not what a file says that it may have read; and what it was told. */
static void
test_read(void **state)
{
	char path[64], answer[256];
	pid_t pid = start(WELL, "irqbalance/");

	RTE_SET_USED(state);
	tree_write(top, "etc/default/irqbalance", "IRQBALANCE_BANNED_CPULIST=5\n");
	tree_write(top, "proc/sys/kernel/random/boot_id", "this-boot\n");
	part_balance_path(pid, path, sizeof(path));
	assert_int_equal(ask(pid, "settings cpus 2", answer, sizeof(answer)), 0);
	read_again(pid);
	assert_false(host->irqbalance.asked);
	assert_true(part_cpus_has(&host->irqbalance.banned, 5));
	root->live = true;
	read_again(pid);
	assert_true(host->irqbalance.asked);
	assert_false(part_cpus_has(&host->irqbalance.banned, 5));
	assert_true(part_cpus_has(&host->irqbalance.banned, 2));
	assert_true(part_cpus_empty(&host->irqbalance.told));
	write_journal(path, "2-3", "this-boot");
	read_again(pid);
	assert_int_equal(part_cpus_count(&host->irqbalance.told), 2);
	write_journal(path, "2-3", "another");
	read_again(pid);
	assert_true(part_cpus_empty(&host->irqbalance.told));
	stop(pid);
	write_journal(path, "2-3", "this-boot");
	read_again(pid);
	assert_false(host->irqbalance.asked);
	assert_true(part_cpus_has(&host->irqbalance.banned, 5));
	assert_int_equal(part_cpus_count(&host->irqbalance.told), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_converse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_late, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test(test_parse),
		cmocka_unit_test_setup_teardown(test_read, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
