/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Any bytes as what a vfio-user client says to aether-model: the server and the whole device behind
 * it, which works between the messages. Client and server share this thread.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_log.h>

#include "count_fds.h"
#include "device.h"
#include "vfu_record.h"
#include "vfu_priv.h"

#define MEMORY_BYTES	(INT64_C(4) << 30)	/* sparse; as QEMU's memory and its hole */
#define STEP_BUDGET	16
#define HANDLE_ROUNDS	1000

uint64_t fuzz_messages, fuzz_well;

static struct device *device;
static struct aether_vfio_user *server;
static int fds[VFU_HANG_UP + 1];	/* by enum vfu_fds */
static int client = -1;
static unsigned int fds_at_rest;

static void
fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	abort();
}

/* Once: the device stays, and has to stay as it was. */
static void
prepare(void)
{
	const struct device_args args = { .name = "fuzz", .wire = "loop" };
	int pair[2];

	if (device != NULL)
		return;
	rte_log_set_global_level(RTE_LOG_EMERG);
	/* What no driver does is no witness of what the device is used for. */
	unsetenv("AETHER_MODEL_COVERAGE");
	device = device_create(&args);
	if (device == NULL || pipe(pair) != 0)
		fail("there is no device");
	server = device_server(device);
	fds[VFU_FDS_PIPE] = pair[1];
	fds[VFU_FDS_EVENT] = eventfd(0, EFD_NONBLOCK);
	fds[VFU_FDS_SOCKET] = socket(AF_UNIX, SOCK_STREAM, 0);
	fds[VFU_FDS_MEMORY] = memfd_create("fuzz", 0);
	if (ftruncate(fds[VFU_FDS_MEMORY], MEMORY_BYTES) != 0)
		fail("there is no memory");
	fds[VFU_FDS_READ_ONLY] = open("/proc/self/fd/0", O_RDONLY);
	if (fds[VFU_FDS_READ_ONLY] < 0)
		fds[VFU_FDS_READ_ONLY] = open("/dev/null", O_RDONLY);
	fds_at_rest = count_fds();
}

static void
hang_up(void)
{
	close(client);
	client = -1;
	aether_vfio_user_handle(server);
	if (server->conn.fd >= 0 || server->dma.n != 0 || server->irq_fds[2][0] >= 0)
		fail("a client has gone and left something behind");
}

static void
come(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		fail("there are no sockets");
	client = pair[0];
	if (vfu_server_adopt(server, pair[1]) != 0)
		fail("the server is busy with nobody");
}

/* The server works, the client throws away what it answers. */
static void
let_work(void)
{
	struct pollfd poll_fd = { .fd = aether_vfio_user_fd(server), .events = POLLIN };
	static uint8_t replies[1 << 16];
	unsigned int rounds;

	for (rounds = 0; poll(&poll_fd, 1, 0) == 1; rounds++) {
		if (rounds == HANDLE_ROUNDS)
			fail("the server finds no end");
		aether_vfio_user_handle(server);
		while (recv(client, replies, sizeof(replies), MSG_DONTWAIT) > 0)
			;
	}
	aether_model_step(device_model(device), STEP_BUDGET);
}

static void
say(const struct vfu_record *record, const uint8_t *data, size_t len)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int) * VFU_FDS_COUNT)];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	static const struct {
		struct vfio_user_header header;
		struct vfio_user_version version;
	} version = { .header = { .command = VFIO_USER_VERSION, .size = sizeof(version) } };
	const unsigned int n = record->fds & VFU_FDS_COUNT, kind = record->fds >> 5;
	int sent[VFU_FDS_COUNT];
	struct cmsghdr *cmsg;
	unsigned int i;

	for (i = 0; i < n; i++)
		sent[i] = kind == VFU_FDS_MIXED ? fds[i % VFU_FDS_MIXED] :
			kind > VFU_FDS_MIXED ? fds[VFU_FDS_MEMORY] : fds[kind];
	if (n != 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(cmsg), sent, sizeof(int) * n);
	}
	if (len != 0 && sendmsg(client, &msg, MSG_NOSIGNAL) < 0) {
		/* Disconnected, as it deserves. The next one has manners, or nothing would be
		 * heard of what follows. */
		hang_up();
		come();
		if (send(client, &version, sizeof(version), 0) != sizeof(version))
			fail("nobody listens");
	}
	let_work();
	if (kind == VFU_SHRINK && (ftruncate(fds[VFU_FDS_MEMORY], 0) != 0))
		fail("the memory cannot be shrunk");
	if (kind == VFU_SHRINK) {
		let_work();
		if (ftruncate(fds[VFU_FDS_MEMORY], MEMORY_BYTES) != 0)
			fail("the memory cannot be grown");
	}
	if (kind == VFU_HANG_UP) {
		hang_up();
		come();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aether_vfio_user_stats stats;
	struct vfu_record record;
	size_t len;

	prepare();
	come();
	while (size >= sizeof(record)) {
		memcpy(&record, data, sizeof(record));
		data += sizeof(record);
		size -= sizeof(record);
		len = record.len[0] | (size_t)record.len[1] << 8;
		if (len > size)
			break;
		say(&record, data, len);
		data += len;
		size -= len;
	}
	hang_up();
	if (count_fds() != fds_at_rest)
		fail("descriptors are left");
	/* Pages that were written stay until the file is emptied. */
	if (ftruncate(fds[VFU_FDS_MEMORY], 0) != 0 ||
	    ftruncate(fds[VFU_FDS_MEMORY], MEMORY_BYTES) != 0)
		fail("the memory cannot be emptied");
	aether_vfio_user_stats_get(server, &stats);
	fuzz_messages = stats.messages;
	fuzz_well = stats.messages - stats.errors;
	return 0;
}
