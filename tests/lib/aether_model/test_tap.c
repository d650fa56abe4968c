/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Tap wires, with real interfaces in a network namespace of the test's own. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

#include "wire_fake.h"

#define ETHERTYPE	0x88B5		/* IEEE 802's, for local experiments */
#define QUEUE		500		/* frames: Linux's txqueuelen of a tap */

static int first_netns;			/* a namespace that the test has left */
static uint64_t now = 5 * FAKE_HZ;

static uint64_t
later(void)
{
	return now += FAKE_MS;
}

static void
run(const char *command)
{
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

static struct ifreq
ask(const char *name, unsigned long request)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ifreq ifr;

	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, name);
	assert_int_equal(ioctl(fd, request, &ifr), 0);
	close(fd);
	return ifr;
}

static bool
has_flag(const char *name, int flag)
{
	return (ask(name, SIOCGIFFLAGS).ifr_flags & flag) != 0;
}

/* Linux is told about the carrier, and learns it, in its own time. */
static void
wait_carrier(const char *name, bool wanted)
{
	unsigned int ms;

	for (ms = 0; ms < 2000; ms++) {
		if (has_flag(name, IFF_RUNNING) == wanted)
			return;
		usleep(1000);
	}
	fail_msg("%s: carrier is not %d within 2 s", name, wanted);
}

/* A socket for the frames of ETHERTYPE that go through the interface. */
static int
open_packets(const char *name)
{
	const struct timeval second = { .tv_sec = 1 };
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETHERTYPE),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETHERTYPE));

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)), 0);
	return fd;
}

/* A tap with carrier, as a port that is up has it. */
static struct aether_model *
open_up(const char *name, const char *spec)
{
	struct aether_model *model = fake_open("tapped", spec);

	model_wire_step(model, later());
	assert_true(model->link);
	wait_carrier(name, true);
	return model;
}

static uint32_t
make_frame(uint8_t *frame, uint32_t i)
{
	uint32_t len = 18 + i * 37 % 1496;

	memset(frame, (int)(i * 7 + 1), len);
	memcpy(frame, "\x02\x11\x22\x33\x44\x55\x02\x66\x77\x88\x99\xaa\x88\xb5", 14);
	memcpy(frame + 14, &i, sizeof(i));
	return len;
}

/* Linux talks by itself, too (IPv6): the next frame of ours, or none. */
static uint32_t
receive(struct aether_model *model, uint8_t *frame)
{
	struct model_frame shown;
	uint32_t len;

	for (;;) {
		if (model->wire->ops->rx_peek(model->wire, &shown, 1, later()) == 0)
			return 0;
		assert_in_range(shown.len, WIRE_MIN_FRAME, WIRE_MAX_FRAME + 1);
		len = shown.len;
		memcpy(frame, shown.data, len);
		model->wire->ops->rx_take(model->wire, 1);
		model->wire_stats.rx_delivered++;
		if (frame[12] == ETHERTYPE >> 8 && frame[13] == (ETHERTYPE & 0xFF))
			return len;
	}
}

/* ------------------------------------------------------------------ frames ------------------ */

static void
test_from_linux(void **state)
{
	struct aether_model *model = open_up("tapt0", "tap:tapt0");
	static uint8_t sent[MODEL_MAX_FRAME], got[MODEL_MAX_FRAME];
	int fd = open_packets("tapt0");
	uint64_t ours = 0, bytes = 0;
	uint32_t i, j, len;

	RTE_SET_USED(state);
	/* In rounds, of which the last fills the queue while the host has no room. */
	for (i = 0; i < 1000; i = j) {
		for (j = i; j < 1000 && j - i < (i < 600 ? 60 : QUEUE - 60); j++) {
			len = make_frame(sent, j);
			assert_int_equal(send(fd, sent, len, 0), len);
		}
		for (; ours < j; ours++) {
			memset(got, 0xEE, sizeof(got));
			len = make_frame(sent, (uint32_t)ours);
			memset(sent + len, 0, WIRE_MIN_FRAME);
			len = RTE_MAX(len, (uint32_t)WIRE_MIN_FRAME);
			assert_int_equal(receive(model, got), len);
			assert_memory_equal(got, sent, len);
			bytes += len;
		}
	}
	assert_int_equal(receive(model, got), 0);
	assert_true(model->wire_stats.rx_offered >= 1000);
	assert_int_equal(model->wire_stats.rx_offered, model->wire_stats.rx_delivered);
	if (model->wire_stats.rx_offered == 1000)
		assert_int_equal(model->wire_stats.rx_offered_bytes, bytes);
	close(fd);
	fake_close(model);
}

/* What was shown and not taken is shown again, and first. */
static void
test_shown_again(void **state)
{
	struct aether_model *model = open_up("tapt0", "tap:tapt0");
	struct model_frame shown[MODEL_BURST];
	uint8_t sent[2048], got[MODEL_MAX_FRAME];
	int fd = open_packets("tapt0");
	uint32_t i, number, len;

	RTE_SET_USED(state);
	while (receive(model, got) != 0)
		continue;
	for (i = 0; i < 200; i++) {
		len = make_frame(sent, i);
		assert_int_equal(send(fd, sent, len, 0), len);
	}
	for (i = 0; i < 200; i += 5) {
		uint32_t want = RTE_MIN(200 - i, (uint32_t)MODEL_BURST);

		assert_true(model->wire->ops->rx_peek(model->wire, shown, MODEL_BURST,
						      later()) >= want);
		memcpy(&number, shown[want - 1].data + 14, sizeof(number));
		assert_int_equal(number, i + want - 1);
		model->wire->ops->rx_take(model->wire, 5);
		model->wire_stats.rx_delivered += 5;
	}
	assert_int_equal(model->wire_stats.rx_offered, model->wire_stats.rx_delivered);
	close(fd);
	fake_close(model);
}

static void
test_to_linux(void **state)
{
	struct aether_model *model = open_up("tapt0", "tap:tapt0:mtu=9702");
	static uint8_t sent[MODEL_MAX_FRAME], got[MODEL_MAX_FRAME];
	int fd = open_packets("tapt0");
	uint32_t i, len;

	RTE_SET_USED(state);
	assert_int_equal(ask("tapt0", SIOCGIFMTU).ifr_mtu, 9702);
	for (i = 0; i < 300; i++) {
		len = RTE_MAX(make_frame(sent, i), (uint32_t)WIRE_MIN_FRAME);
		if (i == 299) {
			len = 9702 + 14;
			memset(sent + 18, 0x5A, len - 18);
		}
		assert_int_equal(fake_send(model, sent, len, later()), 1);
		assert_int_equal(recv(fd, got, sizeof(got), 0), len);
		assert_memory_equal(got, sent, len);
	}
	/* And the longest the other way. */
	assert_int_equal(send(fd, sent, len, 0), len);
	assert_int_equal(receive(model, got), len);
	assert_memory_equal(got, sent, len);
	assert_int_equal(model->wire_stats.tx_dropped, 0);
	close(fd);
	fake_close(model);
}

/* A frame longer than any that the device knows arrives as too long, not cut to fit. */
static void
test_too_long(void **state)
{
	struct aether_model *model = open_up("tapt0", "tap:tapt0");
	static uint8_t frame[20000];
	struct model_frame shown;
	int fd = open_packets("tapt0");

	RTE_SET_USED(state);
	run("ip link set tapt0 mtu 30000");
	while (receive(model, frame) != 0)
		continue;
	make_frame(frame, 0);
	assert_int_equal(send(fd, frame, sizeof(frame), 0), sizeof(frame));
	assert_int_equal(model->wire->ops->rx_peek(model->wire, &shown, 1, later()), 1);
	assert_int_equal(shown.len, WIRE_MAX_FRAME + 1);
	close(fd);
	fake_close(model);
}

static uint32_t
sum16(const uint8_t *data, uint32_t len, uint32_t sum)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		sum += (uint32_t)data[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum;
}

/* Linux computes checksums before a frame comes, also where a program before us wanted none. */
static void
test_checksums_are_complete(void **state)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(7),
		.sin_addr = { htonl(0xC0000202) },
	};
	struct ifreq ifr = { .ifr_name = "tapt0", .ifr_flags = IFF_TAP | IFF_NO_PI };
	int before = open("/dev/net/tun", O_RDWR), fd;
	struct aether_model *model;
	uint8_t frame[MODEL_MAX_FRAME];
	struct model_frame shown;

	RTE_SET_USED(state);
	assert_int_equal(ioctl(before, TUNSETIFF, &ifr), 0);
	assert_int_equal(ioctl(before, TUNSETOFFLOAD, (unsigned long)TUN_F_CSUM), 0);
	assert_int_equal(ioctl(before, TUNSETPERSIST, 1UL), 0);
	close(before);
	model = open_up("tapt0", "tap:tapt0");
	run("ip addr add 192.0.2.1/24 dev tapt0");
	run("ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev tapt0");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(sendto(fd, "a datagram", 10, 0, (const struct sockaddr *)&to,
				sizeof(to)), 10);
	do {
		assert_int_equal(model->wire->ops->rx_peek(model->wire, &shown, 1, later()), 1);
		memcpy(frame, shown.data, shown.len);
		model->wire->ops->rx_take(model->wire, 1);
	} while (frame[12] != 8 || frame[13] != 0 || frame[14 + 9] != IPPROTO_UDP ||
		 frame[14 + 19] != 2);
	/* RFC 768: addresses, protocol and length besides the datagram. */
	assert_int_equal(sum16(frame + 14 + 20, 8 + 10,
			       sum16(frame + 14 + 12, 8, IPPROTO_UDP + 8 + 10)), 0xFFFF);
	close(fd);
	fake_close(model);
	run("ip link del tapt0");
}

/* ------------------------------------------------------------------ link -------------------- */

static void
test_link(void **state)
{
	struct aether_model *model = open_up("tapt0", "tap:tapt0");
	uint8_t frame[64] = { 0 };

	RTE_SET_USED(state);
	/* Linux's side. */
	run("ip link set tapt0 down");
	model_wire_step(model, now += 11 * FAKE_MS);
	assert_false(model->link);
	assert_int_equal(fake_send(model, frame, sizeof(frame), later()), 1);
	assert_int_equal(model->wire_stats.tx_dropped, 1);
	run("ip link set tapt0 name tapt1");
	run("ip link set tapt1 up");
	model_wire_step(model, now += 11 * FAKE_MS);
	assert_true(model->link);
	assert_int_equal(fake_send(model, frame, sizeof(frame), later()), 1);
	assert_int_equal(model->wire_stats.tx_dropped, 1);
	/* The port's. */
	model->cable_up = false;
	model_wire_link_changed(model);
	wait_carrier("tapt1", false);
	model->cable_up = true;
	model_wire_step(model, later());
	wait_carrier("tapt1", true);
	fake_close(model);
}

static void
test_deleted(void **state)
{
	struct aether_model *model = open_up("tapt0", "tap:tapt0");
	uint8_t frame[MODEL_MAX_FRAME] = { 0 };

	RTE_SET_USED(state);
	fake_log();
	run("ip link del tapt0");
	assert_int_equal(fake_send(model, frame, 60, later()), 1);
	assert_int_equal(model->wire_stats.tx_dropped, 1);
	receive(model, frame);
	model_wire_step(model, later());
	assert_false(model->link);
	assert_logged("tapt0 was deleted", "create it anew", NULL);
	assert_int_equal(receive(model, frame), 0);
	fake_close(model);
}

/* ------------------------------------------------------------------ the interface ----------- */

static void
test_life(void **state)
{
	struct aether_model *model = fake_open("tapped", "tap:tapt0");

	RTE_SET_USED(state);
	/* Up and without carrier until the port sends light. */
	assert_true(has_flag("tapt0", IFF_UP));
	wait_carrier("tapt0", false);
	fake_close(model);
	assert_int_equal(if_nametoindex("tapt0"), 0);

	run("ip tuntap add dev tapt0 mode tap");
	model = open_up("tapt0", "tap:tapt0:mtu=1400");
	assert_int_equal(ask("tapt0", SIOCGIFMTU).ifr_mtu, 1400);
	fake_close(model);
	assert_int_not_equal(if_nametoindex("tapt0"), 0);
	run("ip link del tapt0");
}

static void
test_namespace(void **state)
{
	struct aether_model *model;
	char spec[64];
	int here = open("/proc/self/ns/net", O_RDONLY);

	RTE_SET_USED(state);
	snprintf(spec, sizeof(spec), "tap:tapt0:netns=/proc/self/fd/%d", first_netns);
	model = fake_open("tapped", spec);
	model_wire_step(model, later());
	assert_true(model->link);
	assert_int_equal(if_nametoindex("tapt0"), 0);
	assert_int_equal(setns(first_netns, CLONE_NEWNET), 0);
	wait_carrier("tapt0", true);
	fake_close(model);
	assert_int_equal(if_nametoindex("tapt0"), 0);
	assert_int_equal(setns(here, CLONE_NEWNET), 0);
	close(here);
}

static void
test_refused(void **state)
{
	struct aether_model *model = open_up("tapt0", "tap:tapt0");

	RTE_SET_USED(state);
	assert_int_equal(fake_open_fails("tap:tapt0"), -EBUSY);
	assert_logged("tap tapt0", "another program's, or another port's", "another name", NULL);
	assert_int_equal(fake_open_fails("tap:lo"), -EINVAL);
	assert_logged("tap lo", "is no tap", "another name", NULL);
	assert_int_equal(fake_open_fails("tap:tapt1:netns=no-such-namespace"), -ENOENT);
	assert_logged("netns/no-such-namespace", "ip netns list", NULL);
	assert_int_equal(fake_open_fails("tap:tapt1:netns=/dev/null"), -EINVAL);
	assert_logged("/dev/null", "is a network namespace", NULL);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(fake_open_fails("tap:tapt1"), -EPERM);
	assert_logged("tap tapt1", "CAP_NET_ADMIN", "ip tuntap add", NULL);
	assert_int_equal(seteuid(0), 0);
	fake_close(model);
	assert_int_equal(if_nametoindex("tapt1"), 0);
}

/* ------------------------------------------------------------------ set-up ------------------ */

static void
skip_all(const char *what)
{
	printf("SKIP: %s: %s\n", what, strerror(errno));
	exit(77);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_linux),
		cmocka_unit_test(test_shown_again),
		cmocka_unit_test(test_to_linux),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_checksums_are_complete),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_namespace),
		cmocka_unit_test(test_refused),
	};

	if (access("/dev/net/tun", R_OK | W_OK) != 0)
		skip_all("/dev/net/tun cannot be opened (modprobe tun, run as root)");
	if (unshare(CLONE_NEWNET) != 0)
		skip_all("no network namespace of its own (run as root)");
	first_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (first_netns < 0 || unshare(CLONE_NEWNET) != 0)
		skip_all("no second network namespace");
	/* Linux would send frames of its own at any moment. Where there is no IPv6, it has none. */
	if (system("echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/default/disable_ipv6") != 0)
		fprintf(stderr, "IPv6 is not there, or cannot be switched off\n");
	if (system("ip link set lo up") != 0)
		skip_all("no ip (apt-get install iproute2)");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
