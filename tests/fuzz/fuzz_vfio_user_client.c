/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Any bytes as what a vfio-user server answers to net_aether: the client, and the door on it, which
 * opens the device, uses all that a bus has, and closes. All answers wait in the socket before the
 * first question. Records are those of vfu_record.h; their descriptors are of other kinds here.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_log.h>
#include <rte_memory.h>

#include "bus/vfio_user_client.h"
#include "count_fds.h"
#include "vfu_record.h"

#define TIMEOUT_MS	50	/* nothing is waited for: what there is has come */
#define SEGMENTS	2
#define SEGMENT_BYTES	4096u
#define LOOK_EVERY	64	/* inputs between two looks at the mappings */

uint64_t fuzz_messages, fuzz_well;

/* Descriptors that a server sends, by what vfu_record.h says of a client's. */
enum server_fds {
	FDS_SEALED = VFU_FDS_MEMORY,	/* as the doorbells of aether-model */
	FDS_EVENT = VFU_FDS_EVENT,
	FDS_PIPE = VFU_FDS_PIPE,
	FDS_SOCKET = VFU_FDS_SOCKET,
	FDS_READ_ONLY = VFU_FDS_READ_ONLY,
	FDS_MIXED = VFU_FDS_MIXED,
	FDS_UNSEALED = VFU_SHRINK,
	FDS_SHORT = VFU_HANG_UP,	/* sealed, and has no doorbells */
	FDS_KINDS,
};

static int fds[FDS_KINDS], event_fd;
static unsigned int fds_at_rest, inputs;
static int server_fd, client_fd;

static void
fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	abort();
}

/* ------------------------------------------------------------------ EAL's memory ------------ */

static uint8_t segment_memory[SEGMENTS][SEGMENT_BYTES] __rte_aligned(SEGMENT_BYTES);
static struct rte_memseg segments[SEGMENTS];
static struct rte_memseg_list segment_list;

static struct rte_memseg *
fuzz_virt2memseg(const void *va, const struct rte_memseg_list *msl)
{
	const size_t at = (const uint8_t *)va - segment_memory[0];

	(void)msl;
	return at < sizeof(segment_memory) ? &segments[at / SEGMENT_BYTES] : NULL;
}

static struct rte_memseg_list *
fuzz_virt2memseg_list(const void *va)
{
	return fuzz_virt2memseg(va, NULL) != NULL ? &segment_list : NULL;
}

static int
fuzz_get_fd(const struct rte_memseg *ms)
{
	(void)ms;
	return fds[FDS_UNSEALED];
}

static int
fuzz_get_offset(const struct rte_memseg *ms, size_t *offset)
{
	*offset = (ms - segments) * SEGMENT_BYTES;
	return 0;
}

static int
fuzz_conn_open(const char *name, const char *path, uint32_t timeout_ms,
	       struct aether_vfu_conn **conn)
{
	(void)path;
	(void)timeout_ms;
	return aether_vfu_conn_adopt(name, client_fd, TIMEOUT_MS, conn);
}

static void
fuzz_nothing(void)
{
}

struct aether_bus_memory;
static int fuzz_memory_start(struct aether_bus_memory *memory);

static void
fuzz_memory_stop(struct aether_bus_memory *memory)
{
	(void)memory;
}

static void *
fuzz_place(size_t len)
{
	(void)len;
	return NULL;
}

#define aether_vfu_conn_open			fuzz_conn_open
#define aether_bus_memory_start			fuzz_memory_start
#define aether_bus_memory_stop			fuzz_memory_stop
#define aether_bus_place			fuzz_place
#define rte_mem_virt2memseg			fuzz_virt2memseg
#define rte_mem_virt2memseg_list		fuzz_virt2memseg_list
#define rte_memseg_get_fd_thread_unsafe		fuzz_get_fd
#define rte_memseg_get_fd_offset_thread_unsafe	fuzz_get_offset
#define rte_mcfg_mem_read_lock			fuzz_nothing
#define rte_mcfg_mem_read_unlock		fuzz_nothing
#include "bus/bus_vfio_user.c"

int aether_bus_logtype = RTE_LOGTYPE_USER1;

static int
fuzz_memory_start(struct aether_bus_memory *memory)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < SEGMENTS && ret == 0; i++)
		ret = memory->map(memory->ctx, segments[i].addr, segments[i].iova, SEGMENT_BYTES);
	return ret;
}

/* ------------------------------------------------------------------ the server -------------- */

static void
look_for_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strstr(line, "memfd:fuzz") != NULL)
			fail("doorbells are left");
	if (file != NULL)
		fclose(file);
}

static int
memory_file(size_t len, int seals)
{
	const int fd = memfd_create("fuzz", MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, len) != 0 || fcntl(fd, F_ADD_SEALS, seals) != 0)
		fail("there is no memory");
	return fd;
}

/* Once. */
static void
prepare(void)
{
	const size_t len = QTX_COMM_DBELL(0) + 4 * 16384;
	char path[32];
	unsigned int i;
	int pair[2];

	if (fds_at_rest != 0)
		return;
	rte_log_set_global_level(RTE_LOG_EMERG);
	if (pipe(pair) != 0)
		fail("there is no pipe");
	fds[FDS_SEALED] = memory_file(len, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	fds[FDS_UNSEALED] = memory_file(len, 0);
	fds[FDS_SHORT] = memory_file(4096, F_SEAL_SHRINK);
	fds[FDS_EVENT] = eventfd(0, EFD_NONBLOCK);
	fds[FDS_PIPE] = pair[1];
	fds[FDS_SOCKET] = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[FDS_SEALED]);
	fds[FDS_READ_ONLY] = open(path, O_RDONLY);
	event_fd = eventfd(0, EFD_NONBLOCK);
	for (i = 0; i < SEGMENTS; i++) {
		segments[i].addr = segment_memory[i];
		/* As the records have it. */
		segments[i].iova = 0x100000 + i * SEGMENT_BYTES;
		segments[i].len = SEGMENT_BYTES;
	}
	fds_at_rest = count_fds();
}

/** Put a record's bytes into the socket. @return false: there is no room for more */
static bool
say(const struct vfu_record *record, const uint8_t *data, size_t len)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int) * VFU_FDS_COUNT)];
	} control = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	const unsigned int n = record->fds & VFU_FDS_COUNT, kind = record->fds >> 5;
	int sent[VFU_FDS_COUNT];
	struct cmsghdr *cmsg;
	unsigned int i;

	if (len == 0)
		return true;
	for (i = 0; i < n; i++)
		sent[i] = kind == FDS_MIXED ? fds[i % FDS_MIXED] : fds[kind];
	if (n != 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * n);
		memcpy(CMSG_DATA(cmsg), sent, sizeof(int) * n);
	}
	return sendmsg(server_fd, &msg, MSG_NOSIGNAL) == (ssize_t)len;
}

static void
say_all(const uint8_t *data, size_t size)
{
	struct vfu_record record;
	size_t len;

	while (size >= sizeof(record)) {
		memcpy(&record, data, sizeof(record));
		data += sizeof(record);
		size -= sizeof(record);
		len = record.len[0] | (size_t)record.len[1] << 8;
		if (len > size || !say(&record, data, len))
			break;
		data += len;
		size -= len;
	}
	shutdown(server_fd, SHUT_WR);
}

/* ------------------------------------------------------------------ the driver -------------- */

/** Note an operation of so many messages. @return whether it was well */
static bool
note(int ret, unsigned int messages)
{
	fuzz_messages += messages;
	fuzz_well += ret >= 0 ? messages : 0;
	return ret >= 0;
}

static void
use_registers(struct aether_bus *bus)
{
	struct bus_vfio_user *door = to_vfio_user(bus);
	uint8_t config[256];
	unsigned int i;

	for (i = 0; i < 4 && !aether_vfu_conn_lost(door->conn); i++) {
		(void)aether_bus_read32(bus, 0xB8188 + 4 * i);
		note(aether_vfu_conn_lost(door->conn) ? -ENODEV : 0, 1);
	}
	if (aether_vfu_conn_lost(door->conn) && aether_bus_read32(bus, 0) != UINT32_MAX)
		fail("a device that is gone has registers");
	if (!aether_vfu_conn_lost(door->conn)) {
		aether_bus_write32(bus, 0x80080, 1);
		note(aether_vfu_conn_lost(door->conn) ? -ENODEV : 0, 1);
	}
	if (!aether_vfu_conn_lost(door->conn))
		note(bus->ops->config_read(bus, config, sizeof(config), 0), 1);
}

static void
use_doorbells(struct aether_bus *bus)
{
	unsigned int i;

	/* Whatever the server has given, there is memory. */
	for (i = 0; i < DOORBELL_QUEUES; i += 15) {
		*aether_bus_doorbell(bus, QRX_TAIL(i)) = i;
		*aether_bus_doorbell(bus, QTX_COMM_DBELL(i)) = i;
	}
}

static void
use(struct aether_bus *bus)
{
	struct pollfd removal = { .fd = bus->ops->removal_fd(bus), .events = POLLIN };
	struct bus_vfio_user *door = to_vfio_user(bus);

	if (bus->ops->irq_count(bus) > 2048)
		fail("there are more vectors than there can be");
	use_doorbells(bus);
	use_registers(bus);
	if (!aether_vfu_conn_lost(door->conn))
		note(bus->ops->irq_bind(bus, 0, event_fd), 1);
	if (!aether_vfu_conn_lost(door->conn))
		note(bus->ops->irq_bind(bus, 0, -1), 1);
	if (!aether_vfu_conn_lost(door->conn))
		note(bus->ops->dma_unmap(bus, segments[1].addr, segments[1].iova, SEGMENT_BYTES), 1);
	if (!aether_vfu_conn_lost(door->conn))
		note(bus->ops->dma_map(bus, segments[1].addr, segments[1].iova, SEGMENT_BYTES), 1);
	if (poll(&removal, 1, 0) != 1)
		fail("a server that has hung up is not told of");
	use_doorbells(bus);
	bus->ops->close(bus);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct aether_bus_vfio_user_conf conf = { "fuzz", "/" };
	struct aether_bus *bus = NULL;
	int pair[2], ret;

	prepare();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		fail("there are no sockets");
	server_fd = pair[0];
	client_fd = pair[1];
	say_all(data, size);
	ret = aether_bus_vfio_user_open(&conf, &bus);
	if (note(ret, 8 + SEGMENTS))
		use(bus);
	else if (bus != NULL)
		fail("a door that did not open was given out");
	close(server_fd);
	if (count_fds() != fds_at_rest)
		fail("descriptors are left");
	if (inputs++ % LOOK_EVERY == 0)
		look_for_mappings();
	return 0;
}
