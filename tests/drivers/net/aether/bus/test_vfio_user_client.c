/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The vfio-user client against a server that follows a script: what is good is taken, each wrong
 * reply is refused by name and ends the connection, and no descriptor is left.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_log.h>

#include "bus/vfio_user_client.h"
#include "count_fds.h"
#include "scripted_server.h"

#define TIMEOUT_MS	40	/* for what is waited for in vain */
#define SLACK_MS	5000	/* of a busy machine */

static FILE *log_stream;
static char *log_text;
static size_t log_len;

static struct scripted_server server;
static struct aether_vfu_conn *conn;
static unsigned int fds_before;

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}

static void
connect_both(void)
{
	assert_int_equal(server_open(&server), 0);
	assert_int_equal(aether_vfu_conn_adopt("net_aether0", server.client_fd, TIMEOUT_MS, &conn),
			 0);
}

static void
close_both(void)
{
	server_hang_up(&server);
	aether_vfu_conn_close(conn);
	close(server.fd);
}

static int
setup(void **state)
{
	(void)state;
	rewind(log_stream);
	fds_before = count_fds();
	connect_both();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	close_both();
	assert_int_equal(count_fds(), fds_before);
	return 0;
}

static bool
removal_told(void)
{
	struct pollfd poll_fd = { .fd = aether_vfu_conn_removal_fd(conn), .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLIN) != 0;
}

static void
logged(const char *word)
{
	fputc('\0', log_stream);
	fflush(log_stream);
	if (strstr(log_text, word) == NULL)
		fail_msg("'%s' is not in: %s", word, log_text);
	rewind(log_stream);
}

/** The connection was ended for that reason. Another one begins. */
static void
refused_for(int ret, const char *word)
{
	assert_int_equal(ret, -ENODEV);
	logged(word);
	assert_true(aether_vfu_conn_lost(conn));
	assert_true(removal_told());
	/* For good, and nothing is asked any more. */
	assert_int_equal(aether_vfu_reset(conn), -ENODEV);
	close_both();
	assert_int_equal(count_fds(), fds_before);
	connect_both();
}

/* ------------------------------------------------------------------ good -------------------- */

static void
say_version(const char *caps, size_t caps_len)
{
	struct {
		struct vfio_user_version version;
		char caps[5000];
	} answer = { { VFIO_USER_MAJOR, VFIO_USER_MINOR }, "" };

	memcpy(answer.caps, caps, caps_len);
	assert_int_equal(server_good(&server, VFIO_USER_VERSION, &answer,
				     sizeof(answer.version) + caps_len), 0);
}

/** What the client said; cmd: where its payload goes. @return bytes of payload */
static size_t
take_command(uint16_t command, void *payload, size_t room, int *fd)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct vfio_user_header header;
	struct iovec iov[] = { { &header, sizeof(header) }, { payload, room } };
	struct msghdr msg = {
		.msg_iov = iov, .msg_iovlen = 2,
		.msg_control = control.bytes, .msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(server.fd, &msg, MSG_CMSG_CLOEXEC);

	assert_true(n >= (ssize_t)sizeof(header));
	assert_int_equal(header.size, n);
	assert_int_equal(header.command, command);
	assert_int_equal(header.flags, VFIO_USER_F_COMMAND);
	if (fd != NULL) {
		*fd = -1;
		if (CMSG_FIRSTHDR(&msg) != NULL)
			memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(*fd));
	} else {
		assert_null(CMSG_FIRSTHDR(&msg));
	}
	return n - sizeof(header);
}

static void
test_version(void **state)
{
	static const char text[] = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":"
		"65536,\"max_dma_maps\":100}}";
	struct {
		struct vfio_user_version version;
		char caps[256];
	} said;
	struct aether_vfu_caps caps;
	size_t n;

	(void)state;
	say_version(text, sizeof(text));
	assert_int_equal(aether_vfu_version(conn, &caps), 0);
	assert_int_equal(caps.max_msg_fds, 8);
	assert_int_equal(caps.max_data_xfer_size, 65536);
	assert_int_equal(caps.max_dma_maps, 100);
	n = take_command(VFIO_USER_VERSION, &said, sizeof(said), NULL);
	assert_int_equal(said.version.major, 0);
	assert_int_equal(said.version.minor, 0);
	assert_int_equal(said.caps[n - sizeof(said.version) - 1], '\0');

	/* A server without capabilities has the specification's. */
	say_version("", 0);
	assert_int_equal(aether_vfu_version(conn, &caps), 0);
	assert_int_equal(caps.max_msg_fds, 1);
	assert_int_equal(caps.max_dma_maps, 65535);
}

static void
test_bad_version(void **state)
{
	const struct vfio_user_version other = { 1, 0 }, newer = { 0, 1 };
	char much[4500];
	struct aether_vfu_caps caps;

	(void)state;
	server_good(&server, VFIO_USER_VERSION, &other, sizeof(other));
	refused_for(aether_vfu_version(conn, &caps), "version 1.0");
	server_good(&server, VFIO_USER_VERSION, &newer, sizeof(newer));
	refused_for(aether_vfu_version(conn, &caps), "version 0.1");
	say_version("{}", 2);
	refused_for(aether_vfu_version(conn, &caps), "NUL at its end");
	say_version("{\"capabilities\":{\"max_dma_maps\":0}}", 36);
	refused_for(aether_vfu_version(conn, &caps), "limits that are none");
	memset(much, ' ', sizeof(much));
	say_version(much, sizeof(much));
	refused_for(aether_vfu_version(conn, &caps), "wanted 4 to 4112");
	server_good(&server, VFIO_USER_VERSION, &other, 3);
	refused_for(aether_vfu_version(conn, &caps), "has 3 bytes");
}

static void
test_caps(void **state)
{
	static const char *const good[] = {
		"{}", " {\n} ", "{\"capabilities\":{}}",
		"{\"x\":[1,2,{\"max_dma_maps\":3}],\"y\":\"a\\\"b\",\"z\":-1.5e3,\"t\":true}",
		/* Elsewhere the name means nothing. */
		"{\"max_dma_maps\":0}", "{\"capabilities\":{\"a\":{\"max_dma_maps\":0}}}",
		"{\"capabilities\":[\"max_dma_maps\",0]}",
		"{\"capabilities\":{\"migration\":{\"pgsize\":4096},\"twin_socket\":false}}",
	};
	static const char *const bad[] = {
		"[]", "x", "{", "}", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a:1}",
		"{\"a\":1", "{\"a\\", "{\"a\":[1}", "[[[[[[[[[[[[", "{\"a\":[[[[[[[[[[]]]]]]]]]]}",
		"{\"capabilities\":{\"max_dma_maps\":-1}}",
		"{\"capabilities\":{\"max_dma_maps\":\"1\"}}",
		"{\"capabilities\":{\"max_dma_maps\":4294967296}}",
		"{\"capabilities\":{\"max_dma_maps\":99999999999999999999999999}}",
		"{\"capabilities\":{\"max_dma_maps\":1.5}}",
		"{\"capabilities\":{\"max_msg_fds\":}}",
	};
	struct aether_vfu_caps caps;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(good); i++) {
		if (aether_vfu_caps_parse(good[i], strlen(good[i]), &caps) != 0)
			fail_msg("refused: %s", good[i]);
		assert_int_equal(caps.max_dma_maps, 65535);
	}
	for (i = 0; i < RTE_DIM(bad); i++)
		if (aether_vfu_caps_parse(bad[i], strlen(bad[i]), &caps) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
	/* NULs within are not the end. */
	assert_int_equal(aether_vfu_caps_parse("{\0}", 3, &caps), -EINVAL);
	assert_int_equal(aether_vfu_caps_parse("{}\0", 3, &caps), -EINVAL);
	assert_int_equal(aether_vfu_caps_parse("{\"capabilities\":{\"max_dma_maps\":7}}xxxx", 35,
					       &caps), 0);
	assert_int_equal(caps.max_dma_maps, 7);
}

static void
test_device_info(void **state)
{
	struct vfio_user_device_info answer = {
		sizeof(answer), VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET, 9, 5,
	};
	struct aether_vfu_device device;

	(void)state;
	server_good(&server, VFIO_USER_DEVICE_GET_INFO, &answer,
		     sizeof(answer));
	assert_int_equal(aether_vfu_device_info(conn, &device), 0);
	assert_int_equal(device.n_regions, 9);
	assert_int_equal(device.n_irqs, 5);
	assert_true(device.pci && device.can_reset);
	answer.flags = 0;
	server_good(&server, VFIO_USER_DEVICE_GET_INFO, &answer,
		     sizeof(answer));
	assert_int_equal(aether_vfu_device_info(conn, &device), 0);
	assert_false(device.pci || device.can_reset);
}

/* ------------------------------------------------------------------ headers ----------------- */

/** A reply to DEVICE_RESET that goes wrong. */
static void
bad_reset(const struct scripted_reply *reply, size_t len, const char *word)
{
	static const uint8_t payload[256];

	assert_int_equal(server_reply(&server, reply, payload, len), 0);
	refused_for(aether_vfu_reset(conn), word);
}

#define RESET(...)	(&(struct scripted_reply){ .command = VFIO_USER_DEVICE_RESET, __VA_ARGS__ })

static void
test_bad_headers(void **state)
{
	(void)state;
	bad_reset(RESET(.id_off = 1), 0, "id 1; wanted was one to command 13, id 0");
	bad_reset(RESET(.id_off = 0xFFFF), 0, "id 65535");
	bad_reset(&(struct scripted_reply){ .command = VFIO_USER_VERSION }, 0, "is to command 1,");
	bad_reset(RESET(.flags = 0x10), 0, "flags 0x10");	/* a command of the server's */
	bad_reset(RESET(.flags = 0x11), 0, "flags 0x11");
	bad_reset(RESET(.flags = 0x80000001), 0, "flags 0x80000001");
	bad_reset(RESET(.flags = 0x2), 0, "flags 0x2");
	bad_reset(RESET(.size = 15), 0, "less than its header");
	bad_reset(RESET(.size = 1), 0, "less than its header");
	bad_reset(RESET(.size = UINT32_MAX), 0, "wanted 0 to 0");
	bad_reset(RESET(.size = 17), 1, "has 1 bytes");
	bad_reset(RESET(), 200, "has 200 bytes");
	bad_reset(RESET(.flags = 0x21), 0, "error 0 and 0 bytes");
	bad_reset(RESET(.flags = 0x21, .error = EIO), 4, "error 5 and 4 bytes");
}

/** A server may fail, which is not the end. */
static void
test_errors(void **state)
{
	(void)state;
	server_reply(&server, RESET(.flags = 0x21, .error = EBUSY), NULL, 0);
	assert_int_equal(aether_vfu_reset(conn), -EBUSY);
	server_reply(&server, RESET(.flags = 0x21, .error = 4096), NULL, 0);
	assert_int_equal(aether_vfu_reset(conn), -EIO);
	server_reply(&server, RESET(.flags = 0x21, .error = UINT32_MAX), NULL, 0);
	assert_int_equal(aether_vfu_reset(conn), -EIO);
	server_reply(&server, RESET(), NULL, 0);
	assert_int_equal(aether_vfu_reset(conn), 0);
	assert_false(aether_vfu_conn_lost(conn));
	assert_false(removal_told());
}

static void
test_descriptors_unasked(void **state)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .size = 4096, .flags = VFIO_REGION_INFO_FLAG_MMAP,
	};
	struct aether_vfu_region region;
	int fds[20], i;

	(void)state;
	for (i = 0; i < 20; i++)
		fds[i] = server.fd;
	bad_reset(RESET(.fds = fds, .n_fds = 1), 0, "came with 1 descriptors");
	fds[0] = server.fd;
	bad_reset(RESET(.fds = fds, .n_fds = 1, .flags = 0x21, .error = EIO), 0,
		  "wanted at most 0");
	for (i = 0; i < 20; i++)
		fds[i] = server.fd;
	bad_reset(RESET(.fds = fds, .n_fds = 20), 0, "descriptors and more");
	for (i = 0; i < 20; i++)
		fds[i] = server.fd;
	server_reply(&server, &(struct scripted_reply){
		.command = VFIO_USER_DEVICE_GET_REGION_INFO, .fds = fds, .n_fds = 2 }, &info,
		sizeof(info));
	refused_for(aether_vfu_region_info(conn, 0, &region), "came with 2 descriptors");
	/* One comes with the header, and one with the rest. */
	fds[0] = server.fd;
	server_reply(&server, &(struct scripted_reply){
		.command = VFIO_USER_DEVICE_GET_REGION_INFO, .fds = fds, .n_fds = 1,
		.size = sizeof(struct vfio_user_header) + sizeof(info) }, NULL, 0);
	server_send(&server, &info, sizeof(info), fds, 1);
	refused_for(aether_vfu_region_info(conn, 0, &region), "came with 2 descriptors");
}

/* ------------------------------------------------------------------ time -------------------- */

static void
test_silence(void **state)
{
	uint64_t start = now_ms();

	(void)state;
	assert_int_equal(aether_vfu_reset(conn), -ENODEV);
	logged("does not answer in 40 ms");
	assert_in_range(now_ms() - start, TIMEOUT_MS, 2 * TIMEOUT_MS + SLACK_MS);
	assert_true(removal_told());
	start = now_ms();
	assert_int_equal(aether_vfu_reset(conn), -ENODEV);
	assert_in_range(now_ms() - start, 0, SLACK_MS);
}

struct dripper {
	pthread_t thread;
	uint32_t stop;			/* atomic */
};

static void *
drip(void *arg)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000 };
	const struct vfio_user_header header = {
		0, VFIO_USER_DEVICE_RESET, sizeof(header), VFIO_USER_F_REPLY, 0,
	};
	struct dripper *dripper = arg;
	unsigned int i;

	for (i = 0; i < sizeof(header) - 1 && !__atomic_load_n(&dripper->stop, __ATOMIC_RELAXED);
	     i++) {
		server_send(&server, (const uint8_t *)&header + i, 1, NULL, 0);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/** A byte at a time is progress, and not enough of it. */
static void
test_slow(void **state)
{
	struct dripper dripper = { .stop = 0 };
	const uint64_t start = now_ms();

	(void)state;
	assert_int_equal(pthread_create(&dripper.thread, NULL, drip, &dripper), 0);
	assert_int_equal(aether_vfu_reset(conn), -ENODEV);
	assert_in_range(now_ms() - start, TIMEOUT_MS, 2 * TIMEOUT_MS + SLACK_MS);
	__atomic_store_n(&dripper.stop, 1, __ATOMIC_RELAXED);
	pthread_join(dripper.thread, NULL);
	logged("does not answer in 40 ms");
}

/** A server that takes no commands, and has answered more than it was asked. */
static void
test_deaf(void **state)
{
	static const uint8_t data[4096];
	unsigned int i, ret = 0;

	(void)state;
	for (i = 0; i < 1000 && ret == 0; i++) {
		const struct vfio_user_region_access answer = { 0, 0, sizeof(data) };

		server_good(&server, VFIO_USER_REGION_WRITE, &answer,
			     sizeof(answer));
		ret = aether_vfu_region_write(conn, 0, 0, data, sizeof(data));
	}
	refused_for(ret, "takes no command");
}

static void
test_gone(void **state)
{
	(void)state;
	assert_false(removal_told());
	/* Data alone is no removal. */
	server_reply(&server, RESET(), NULL, 0);
	assert_false(removal_told());
	assert_int_equal(aether_vfu_reset(conn), 0);
	server_hang_up(&server);
	assert_true(removal_told());
	assert_true(removal_told());
	refused_for(aether_vfu_reset(conn), "the server has gone");
	/* In the midst of a reply. */
	server_send(&server, "abc", 3, NULL, 0);
	server_hang_up(&server);
	refused_for(aether_vfu_reset(conn), "the server has gone");
	/* Without having read what it was asked. */
	close(server.fd);
	server.fd = -1;
	refused_for(aether_vfu_reset(conn), "the server has gone");
}

/* ------------------------------------------------------------------ regions ----------------- */

struct region_reply {
	struct vfio_region_info info;
	struct vfio_region_info_cap_sparse_mmap cap;
	struct vfio_region_sparse_mmap_area areas[20];
};

static const struct region_reply good_region = {
	.info = {
		.argsz = sizeof(struct region_reply),
		.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
		.index = 2,
		.cap_offset = sizeof(struct vfio_region_info),
		.size = 0x10000,
		.offset = 0x3000,
	},
	.cap = {
		.header = { VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1, 0 },
		.nr_areas = 2,
	},
	.areas = { { 0x1000, 0x2000 }, { 0x3000, 0xD000 } },
};

static int
ask_region(const struct region_reply *reply, size_t len, bool with_fd,
	   struct aether_vfu_region *region)
{
	assert_int_equal(server_reply(&server, &(struct scripted_reply){
		.command = VFIO_USER_DEVICE_GET_REGION_INFO, .fds = &server.fd,
		.n_fds = with_fd ? 1 : 0 }, reply, len), 0);
	return aether_vfu_region_info(conn, 2, region);
}

static void
test_region(void **state)
{
	struct region_reply whole = good_region;
	struct aether_vfu_region region;
	struct vfio_region_info asked;

	(void)state;
	assert_int_equal(ask_region(&good_region, sizeof(good_region), true, &region), 0);
	assert_int_equal(take_command(VFIO_USER_DEVICE_GET_REGION_INFO, &asked, sizeof(asked),
				      NULL), sizeof(asked));
	assert_int_equal(asked.index, 2);
	assert_int_equal(region.size, 0x10000);
	assert_int_equal(region.fd_offset, 0x3000);
	assert_true(region.readable && region.writable);
	assert_int_equal(region.n_areas, 2);
	assert_int_equal(region.areas[1].offset, 0x3000);
	assert_int_equal(region.areas[1].size, 0xD000);
	assert_true(region.fd >= 0);
	assert_true((fcntl(region.fd, F_GETFD) & FD_CLOEXEC) != 0);
	close(region.fd);

	/* Without a list it is one area. */
	whole.info.flags &= ~VFIO_REGION_INFO_FLAG_CAPS;
	assert_int_equal(ask_region(&whole, sizeof(whole.info), true, &region), 0);
	assert_int_equal(region.n_areas, 1);
	assert_int_equal(region.areas[0].offset, 0);
	assert_int_equal(region.areas[0].size, 0x10000);
	close(region.fd);

	/* Cannot be mapped at all. */
	whole.info.flags = VFIO_REGION_INFO_FLAG_READ;
	assert_int_equal(ask_region(&whole, sizeof(whole.info), false, &region), 0);
	assert_int_equal(region.fd, -1);
	assert_int_equal(region.n_areas, 0);
	assert_false(region.writable);

	/* Capabilities that are not known are stepped over. */
	whole = good_region;
	whole.cap.header.id = 77;
	whole.cap.header.next = offsetof(struct region_reply, areas[4]);
	memcpy(&whole.areas[4], &good_region.cap, sizeof(good_region.cap) + 32);
	assert_int_equal(ask_region(&whole, sizeof(whole), true, &region), 0);
	assert_int_equal(region.n_areas, 2);
	close(region.fd);
}

static void
bad_region(const struct region_reply *reply, size_t len, const char *word)
{
	struct aether_vfu_region region;

	refused_for(ask_region(reply, len, true, &region), word);
}

#define BAD_REGION(word, ...) do { \
	struct region_reply bad = good_region; \
	__VA_ARGS__; \
	bad_region(&bad, sizeof(bad), word); \
} while (0)

static void
test_bad_regions(void **state)
{
	static const uint8_t much[8000];
	struct aether_vfu_region region;
	struct region_reply no_file = good_region;

	(void)state;
	bad_region(&good_region, sizeof(good_region.info) - 1, "has 31 bytes");
	server_good(&server, VFIO_USER_DEVICE_GET_REGION_INFO, much, sizeof(much));
	refused_for(aether_vfu_region_info(conn, 2, &region), "has 8000 bytes");
	BAD_REGION("region 3 is described", bad.info.index = 3);
	BAD_REGION("has 4097 bytes", bad.info.argsz = 4097);
	BAD_REGION("cannot be mapped", bad.info.flags = VFIO_REGION_INFO_FLAG_READ);
	no_file.info.flags = VFIO_REGION_INFO_FLAG_MMAP;
	refused_for(ask_region(&no_file, sizeof(no_file), false, &region), "came with no file");
	BAD_REGION("wanted pages", bad.info.flags = VFIO_REGION_INFO_FLAG_MMAP;
		   bad.info.size = 0x1001);
	BAD_REGION("wanted pages", bad.info.flags = VFIO_REGION_INFO_FLAG_MMAP; bad.info.size = 0);
}

static void
test_bad_capabilities(void **state)
{
	(void)state;
	BAD_REGION("damaged", bad.info.cap_offset = 8);
	BAD_REGION("damaged", bad.info.cap_offset = 36);
	BAD_REGION("damaged", bad.info.cap_offset = sizeof(bad));
	BAD_REGION("damaged", bad.info.cap_offset = sizeof(bad) - 4);
	BAD_REGION("damaged", bad.info.cap_offset = 0xFFFFFFF8);
	/* Round and round. */
	BAD_REGION("damaged", bad.cap.header.id = 9; bad.cap.header.next = bad.info.cap_offset);
	BAD_REGION("damaged", bad.cap.header.id = 9; bad.cap.header.next = 8);
	/* A list behind the list. */
	BAD_REGION("damaged", bad.cap.header.next = offsetof(struct region_reply, areas[4]);
		   memcpy(&bad.areas[4], &good_region.cap, sizeof(bad.cap) + 32));
	BAD_REGION("damaged", bad.cap.header.version = 2);
	BAD_REGION("damaged", bad.cap.nr_areas = 0);
	BAD_REGION("damaged", bad.cap.nr_areas = 17);
	BAD_REGION("damaged", bad.cap.nr_areas = UINT32_MAX);
	/* More than the reply has. */
	bad_region(&good_region, offsetof(struct region_reply, areas[1]) + 8, "damaged");
}

static void
test_bad_areas(void **state)
{
	(void)state;
	BAD_REGION("pages inside", bad.areas[0].size = 0);
	BAD_REGION("pages inside", bad.areas[0].size = 0x800);
	BAD_REGION("pages inside", bad.areas[0].offset = 0x1010);
	BAD_REGION("pages inside", bad.areas[1].offset = 0x2000);
	BAD_REGION("pages inside", bad.areas[1].offset = 0);
	BAD_REGION("pages inside", bad.areas[1].size = 0xE000);
	BAD_REGION("pages inside", bad.areas[1].offset = 0x11000);
	BAD_REGION("pages inside", bad.areas[1].size = UINT64_MAX - 0xFFF);
	BAD_REGION("pages inside", bad.areas[1].offset = UINT64_MAX - 0xFFF);
}

static void
reply_access(uint16_t command, uint64_t offset, uint32_t region, uint32_t count, size_t data_len)
{
	struct {
		struct vfio_user_region_access access;
		uint8_t data[4096];
	} answer = { { offset, region, count }, { 1, 2, 3, 4 } };

	server_good(&server, command, &answer,
		     sizeof(answer.access) + data_len);
}

static void
test_access(void **state)
{
	uint8_t buf[5000] = { 0 };
	struct {
		struct vfio_user_region_access access;
		uint8_t data[8];
	} said;

	(void)state;
	reply_access(VFIO_USER_REGION_READ, 0x100, 7, 4, 4);
	assert_int_equal(aether_vfu_region_read(conn, 7, 0x100, buf, 4), 0);
	assert_memory_equal(buf, "\1\2\3\4", 5);
	assert_int_equal(take_command(VFIO_USER_REGION_READ, &said, sizeof(said), NULL), 16);
	assert_int_equal(said.access.offset, 0x100);
	assert_int_equal(said.access.count, 4);

	reply_access(VFIO_USER_REGION_WRITE, 0x200, 0, 4, 0);
	assert_int_equal(aether_vfu_region_write(conn, 0, 0x200, "wxyz", 4), 0);
	assert_int_equal(take_command(VFIO_USER_REGION_WRITE, &said, sizeof(said), NULL), 20);
	assert_memory_equal(said.data, "wxyz", 4);

	/* In pieces. */
	reply_access(VFIO_USER_REGION_READ, 0, 7, 4096, 4096);
	reply_access(VFIO_USER_REGION_READ, 4096, 7, 904, 904);
	assert_int_equal(aether_vfu_region_read(conn, 7, 0, buf, sizeof(buf)), 0);
	assert_memory_equal(buf + 4096, "\1\2\3\4", 4);
}

static void
test_bad_access(void **state)
{
	uint8_t buf[4] = { 0xEE, 0xEE, 0xEE, 0xEE };

	(void)state;
	reply_access(VFIO_USER_REGION_READ, 0x104, 7, 4, 4);
	refused_for(aether_vfu_region_read(conn, 7, 0x100, buf, 4), "at 0x104 of region 7");
	reply_access(VFIO_USER_REGION_READ, 0x100, 0, 4, 4);
	refused_for(aether_vfu_region_read(conn, 7, 0x100, buf, 4), "of region 0");
	reply_access(VFIO_USER_REGION_READ, 0x100, 7, 8, 4);
	refused_for(aether_vfu_region_read(conn, 7, 0x100, buf, 4), "8 bytes at 0x100");
	reply_access(VFIO_USER_REGION_READ, 0x100, 7, 4, 3);
	refused_for(aether_vfu_region_read(conn, 7, 0x100, buf, 4), "has 19 bytes");
	reply_access(VFIO_USER_REGION_READ, 0x100, 7, 4, 8);
	refused_for(aether_vfu_region_read(conn, 7, 0x100, buf, 4), "has 24 bytes");
	reply_access(VFIO_USER_REGION_WRITE, 0x100, 7, 2, 0);
	refused_for(aether_vfu_region_write(conn, 7, 0x100, buf, 4), "2 bytes at 0x100");
	assert_memory_equal(buf, "\xEE\xEE\xEE\xEE", 4);
}

/* ------------------------------------------------------------------ interrupts, DMA --------- */

static void
test_irqs(void **state)
{
	struct vfio_irq_info info = {
		sizeof(info), VFIO_IRQ_INFO_EVENTFD, VFIO_PCI_MSIX_IRQ_INDEX, 64,
	};
	const int event = eventfd(0, EFD_CLOEXEC);
	struct vfio_irq_set said;
	uint32_t count = 0;
	int fd;

	(void)state;
	server_good(&server, VFIO_USER_DEVICE_GET_IRQ_INFO, &info,
		     sizeof(info));
	assert_int_equal(aether_vfu_irq_info(conn, 2, &count), 0);
	assert_int_equal(count, 64);
	info.flags = 0;
	server_good(&server, VFIO_USER_DEVICE_GET_IRQ_INFO, &info,
		     sizeof(info));
	assert_int_equal(aether_vfu_irq_info(conn, 2, &count), 0);
	assert_int_equal(count, 0);
	take_command(VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info), NULL);
	take_command(VFIO_USER_DEVICE_GET_IRQ_INFO, &info, sizeof(info), NULL);

	server_good(&server, VFIO_USER_DEVICE_SET_IRQS, NULL, 0);
	assert_int_equal(aether_vfu_irq_set(conn, 2, 5, event), 0);
	take_command(VFIO_USER_DEVICE_SET_IRQS, &said, sizeof(said), &fd);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(said.index, 2);
	assert_int_equal(said.start, 5);
	assert_int_equal(said.count, 1);
	server_good(&server, VFIO_USER_DEVICE_SET_IRQS, NULL, 0);
	assert_int_equal(aether_vfu_irq_set(conn, 2, 5, -1), 0);
	take_command(VFIO_USER_DEVICE_SET_IRQS, &said, sizeof(said), &fd);
	assert_int_equal(fd, -1);
	close(event);

	info.index = 1;
	server_good(&server, VFIO_USER_DEVICE_GET_IRQ_INFO, &info,
		     sizeof(info));
	refused_for(aether_vfu_irq_info(conn, 2, &count), "type 1 are described");
	info.index = 2;
	info.count = 2049;
	server_good(&server, VFIO_USER_DEVICE_GET_IRQ_INFO, &info,
		     sizeof(info));
	refused_for(aether_vfu_irq_info(conn, 2, &count), "2049 interrupts");
}

static void
test_dma(void **state)
{
	struct vfio_user_dma_unmap unmap = { sizeof(unmap), 0, 0x10000, 0x2000 };
	struct vfio_user_dma_map said;
	const int memory = memfd_create("test", MFD_CLOEXEC);
	int fd;

	(void)state;
	server_good(&server, VFIO_USER_DMA_MAP, NULL, 0);
	assert_int_equal(aether_vfu_dma_map(conn, 0x10000, 0x2000, memory, 0x5000), 0);
	assert_int_equal(take_command(VFIO_USER_DMA_MAP, &said, sizeof(said), &fd), sizeof(said));
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(said.iova, 0x10000);
	assert_int_equal(said.size, 0x2000);
	assert_int_equal(said.offset, 0x5000);
	assert_int_equal(said.flags, VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE);
	server_good(&server, VFIO_USER_DMA_UNMAP, &unmap,
		     sizeof(unmap));
	assert_int_equal(aether_vfu_dma_unmap(conn, 0x10000, 0x2000), 0);
	close(memory);

	unmap.size = 0x1000;
	server_good(&server, VFIO_USER_DMA_UNMAP, &unmap,
		     sizeof(unmap));
	refused_for(aether_vfu_dma_unmap(conn, 0x10000, 0x2000), "0x1000 bytes at I/O address");
}

/* ------------------------------------------------------------------ sockets ----------------- */

static int
open_path(const char *path)
{
	struct aether_vfu_conn *opened = NULL;
	const int ret = aether_vfu_conn_open("net_aether0", path, TIMEOUT_MS, &opened);

	aether_vfu_conn_close(opened);
	return ret;
}

static void
test_sockets(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/aether_vfu_XXXXXX", path[64], name[120];
	int listening, waiting[4];
	unsigned int i;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	strcpy(address.sun_path, path);
	assert_int_equal(open_path(path), -ENOENT);
	logged("aether-model --device");
	assert_int_equal(open_path(""), -ENAMETOOLONG);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(open_path(name), -ENAMETOOLONG);
	logged("1 to 107");

	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(open_path(path), -ECONNREFUSED);
	assert_int_equal(listen(listening, 0), 0);
	assert_int_equal(open_path(path), 0);
	/* Nobody accepts, and the queue is full: not for ever. */
	for (i = 0; i < RTE_DIM(waiting); i++) {
		waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(waiting[i], (struct sockaddr *)&address, sizeof(address));
	}
	assert_int_equal(open_path(path), -ETIMEDOUT);
	for (i = 0; i < RTE_DIM(waiting); i++)
		close(waiting[i]);
	close(listening);
	unlink(path);
	rmdir(folder);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_version),
		TEST(test_bad_version),
		TEST(test_caps),
		TEST(test_device_info),
		TEST(test_bad_headers),
		TEST(test_errors),
		TEST(test_descriptors_unasked),
		TEST(test_silence),
		TEST(test_slow),
		TEST(test_deaf),
		TEST(test_gone),
		TEST(test_region),
		TEST(test_bad_regions),
		TEST(test_bad_capabilities),
		TEST(test_bad_areas),
		TEST(test_access),
		TEST(test_bad_access),
		TEST(test_irqs),
		TEST(test_dma),
		TEST(test_sockets),
	};

	log_stream = open_memstream(&log_text, &log_len);
	rte_openlog_stream(log_stream);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
