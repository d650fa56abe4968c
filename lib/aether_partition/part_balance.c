/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>

#include "part_balance.h"

#define DIGITS	"0123456789"

void
part_balance_path(pid_t pid, char *path, size_t size)
{
	snprintf(path, size, "run/irqbalance/irqbalance%d.sock", pid);
}

bool
part_balance_pid(const char *path, pid_t *pid)
{
	long long number;
	int end = 0;

	if (sscanf(path, "run/irqbalance/irqbalance%lld.sock%n", &number, &end) != 1 ||
	    end == 0 || path[end] != '\0' || number <= 0 || number > INT_MAX)
		return false;
	*pid = number;
	return true;
}

/**
 * Where the socket may be: since 1.6 in a folder of its own; 1.5; up to 1.4 it has no file. Where
 * there is no such folder later versions bind to a name that is all zeros.
 *
 * @return false: there is no more
 */
static bool
find_door(const struct part_root *root, pid_t pid, unsigned int door, struct sockaddr_un *to)
{
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	switch (door) {
	case 0:
		snprintf(to->sun_path, sizeof(to->sun_path),
			 "/proc/self/fd/%d/run/irqbalance/irqbalance%d.sock", root->fd, pid);
		return true;
	case 1:
		snprintf(to->sun_path, sizeof(to->sun_path),
			 "/proc/self/fd/%d/run/irqbalance%d.sock", root->fd, pid);
		return true;
	case 2:
		snprintf(to->sun_path + 1, sizeof(to->sun_path) - 1, "irqbalance%d.sock", pid);
		return root->live;
	case 3:
		return root->live;
	default:
		return false;
	}
}

/** Whoever may bind to the name can say that he is irqbalance; the kernel knows who it is. */
static bool
is_peer(int fd, pid_t pid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == pid &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

/** @return a descriptor or negative errno */
static int
open_door(const struct part_root *root, pid_t pid, unsigned int patience_ms)
{
	const struct timeval patience = {
		.tv_sec = patience_ms / 1000, .tv_usec = patience_ms % 1000 * 1000,
	};
	struct sockaddr_un to;
	unsigned int door;
	int fd, ret = -ENOENT;

	for (door = 0; find_door(root, pid, door, &to); door++) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return -errno;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
			if (is_peer(fd, pid))
				return fd;
		} else if (errno != ENOENT && errno != ECONNREFUSED && errno != ENOTDIR) {
			ret = errno == EAGAIN ? -ETIMEDOUT : -errno;
		}
		close(fd);
	}
	return ret;
}

/** With the NUL, which old versions lack otherwise, and who it is from, which it asks for. */
static int
send_request(int fd, const char *request)
{
	const struct ucred self = { getpid(), geteuid(), getegid() };
	struct iovec piece = { (void *)(uintptr_t)request, strlen(request) + 1 };
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t sent;

	memset(&control, 0, sizeof(control));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_CREDENTIALS;
	control.header.cmsg_len = CMSG_LEN(sizeof(self));
	memcpy(CMSG_DATA(&control.header), &self, sizeof(self));
	do {
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent == (ssize_t)piece.iov_len)
		return 0;
	return sent >= 0 ? -EIO : errno == EAGAIN ? -ETIMEDOUT : -errno;
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}

/** All of it: it closes the connection behind its answer. */
static int
receive(int fd, unsigned int patience_ms, char *answer, size_t size)
{
	const uint64_t end = now_ms() + patience_ms;
	size_t len = 0;
	ssize_t got;

	while (len < size - 1) {
		got = recv(fd, answer + len, size - 1 - len, 0);
		if (got == 0) {
			answer[len] = '\0';
			return len;
		}
		if (got > 0)
			len += got;
		else if (errno != EINTR)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		/* Byte by byte would take for ever otherwise. */
		if (now_ms() > end)
			return -ETIMEDOUT;
	}
	return -EMSGSIZE;
}

/** One request; irqbalance takes one a connection. */
static int
ask_once(const struct part_root *root, pid_t pid, unsigned int patience_ms, const char *request,
	 char *answer, size_t size)
{
	int fd = open_door(root, pid, patience_ms), ret;

	if (fd < 0)
		return fd;
	ret = send_request(fd, request);
	if (ret == 0)
		ret = receive(fd, patience_ms, answer, size);
	if (ret < 0)
		answer[0] = '\0';
	close(fd);
	return ret;
}

/**
 * An answer that nobody waits for any more ends irqbalance, by SIGPIPE. So it is asked for one when
 * it listens: a word that is no request has no answer, and when it is read the connection ends.
 */
int
part_balance_ask(const struct part_root *root, const char *path, unsigned int patience_ms,
		 const char *request, char *answer, size_t size)
{
	const bool answers = strcmp(request, "setup") == 0;
	pid_t pid;
	int ret = 0;

	answer[0] = '\0';
	if (!part_balance_pid(path, &pid))
		return -EINVAL;
	if (answers)
		ret = ask_once(root, pid, patience_ms, "hello", answer, size);
	if (ret < 0)
		return ret;
	return ask_once(root, pid, answers ? PART_BALANCE_CHANGE_MS : patience_ms, request, answer,
			size);
}

/** "SLEEP 10 IRQ 24 LOAD 5 DIFF 0 CLASS 1 BANNED 0000000c", with any number of interrupts. */
int
part_balance_parse(const char *answer, struct part_cpus *banned)
{
	static const char first[] = "SLEEP ", last[] = " BANNED ";
	const char *p = answer + strlen(first), *mask;
	size_t len;

	part_cpus_zero(banned);
	if (strncmp(answer, first, strlen(first)) != 0 || strspn(p, DIGITS) == 0)
		return -EINVAL;
	mask = strstr(p, last);
	if (mask == NULL || strspn(p, DIGITS " ABCDEFGHIJKLMNOPQRSTUVWXYZ") < (size_t)(mask - p))
		return -EINVAL;
	mask += strlen(last);
	len = strspn(mask, DIGITS "abcdef,");
	if (len == 0 || mask[len] != '\0')
		return -EINVAL;
	return part_cpus_parse_mask(mask, PART_MAX_CPUS, banned) == 0 ? 0 : -EINVAL;
}
