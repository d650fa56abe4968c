/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * die_at <n> <command>...: a command that is killed when it is about to change something for the
 * n-th time: files, folders, names, affinities, whatever thread does it. Exits with 137 if it came
 * to that, else as the command does. With 0 it is not killed: files that are written and tasks that
 * get other CPUs are printed to stderr, "changes /path" and "changes task PID".
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
changes(long number)
{
	switch (number) {
	case SYS_write:
	case SYS_fsync:
	case SYS_mkdir:
	case SYS_mkdirat:
	case SYS_unlinkat:
	case SYS_rename:
	case SYS_renameat:
	case SYS_renameat2:
	case SYS_sched_setaffinity:
		return true;
	default:
		return false;
	}
}

static void
trace(const char *what, long done)
{
	if (done < 0 && errno != ESRCH) {
		perror(what);
		exit(125);
	}
}

/** A process that gives itself other CPUs only prepares itself. */
static void
print_change(pid_t thread, const struct __ptrace_syscall_info *info)
{
	char link[64], path[4096];
	ssize_t len;

	if (info->entry.nr == SYS_sched_setaffinity && info->entry.args[0] != 0)
		fprintf(stderr, "changes task %llu\n", (unsigned long long)info->entry.args[0]);
	if (info->entry.nr != SYS_write)
		return;
	snprintf(link, sizeof(link), "/proc/%d/fd/%llu", thread,
		 (unsigned long long)info->entry.args[0]);
	len = readlink(link, path, sizeof(path) - 1);
	path[len < 0 ? 0 : len] = '\0';
	if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0)
		fprintf(stderr, "changes %s\n", path);
}

/** What a thread has stopped for. @return whether it was about to change something */
static bool
is_change(pid_t thread, int status, bool print)
{
	struct __ptrace_syscall_info info;

	if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
		return false;
	trace("PTRACE_GET_SYSCALL_INFO",
	      ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info));
	if (print && info.op == PTRACE_SYSCALL_INFO_ENTRY)
		print_change(thread, &info);
	return info.op == PTRACE_SYSCALL_INFO_ENTRY && changes(info.entry.nr);
}

/** A signal that is the command's own goes on to it; what tracing stops for does not. */
static int
own_signal(int status)
{
	int number = WSTOPSIG(status);

	return number == SIGTRAP || number == (SIGTRAP | 0x80) || number == SIGSTOP ? 0 : number;
}

int
main(int argc, char **argv)
{
	long seen = 0, at = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	pid_t child, thread;
	int status;

	if (argc < 3)
		return 125;
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[2], &argv[2]);
		perror(argv[2]);
		_exit(126);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 125;
	trace("PTRACE_SETOPTIONS", ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD |
					  PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL));
	trace("PTRACE_SYSCALL", ptrace(PTRACE_SYSCALL, child, NULL, NULL));
	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		if (thread == child && (WIFEXITED(status) || WIFSIGNALED(status)))
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (!WIFSTOPPED(status))
			continue;
		if (is_change(thread, status, at == 0) && ++seen == at)
			kill(child, SIGKILL);
		else
			trace("PTRACE_SYSCALL", ptrace(PTRACE_SYSCALL, thread, NULL,
						       own_signal(status)));
	}
	return 125;
}
