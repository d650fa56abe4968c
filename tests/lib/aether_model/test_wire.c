/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>

#include "wire_fake.h"

#define START	(5 * FAKE_HZ)	/* any moment */

/* ------------------------------------------------------------------ the wire string --------- */

static void
test_spec_accepted(void **state)
{
	static const char *const good[] = {
		"loop", "sink", "loop:pace=1000000", "loop:pace=line:lossless", "gen",
		"gen:size=64:pace=5000000", "gen:size=9728:count=10:flows=16777216:start=5",
		"gen:dst=broadcast:src=02-00-00-00-00-07", "gen:dst=02\\:00\\:00\\:00\\:00\\:07",
		"pcap:in=a.pcap", "pcap:out=b.pcap", "pcap:in=a\\:b:out=c:pace=real:loop=0",
		"pcap:in=a:loop=link",
		"pcap:in=a:truncated=skip", "cable:blue", "cable:blue:pace=lossless",
		"tap:aether0", "tap:a:mtu=68", "tap:a23456789012345:mtu=9702:netns=left:pace=line",
	};
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(good); i++)
		if (aether_model_wire_check(good[i]) != 0)
			fail_msg("%s is refused", good[i]);
}

static void
test_spec_refused(void **state)
{
	/* The string, and what the message must name: the culprit and what is accepted. */
	static const struct { const char *spec, *culprit, *accepted; } bad[] = {
		{ "", "kind ''", "loop, gen, sink, pcap, cable and tap" },
		{ "Loop", "kind 'Loop'", "loop, gen" },
		{ "loop:", "no ''", "pace=" },
		{ "loop:size=64", "a loop has no 'size'", "pace=, lossless" },
		{ "gen:size=63", "'size=63'", "64 to 9728" },
		{ "gen:size=9729", "'size=9729'", "64 to 9728" },
		{ "gen:size=64x", "'size=64x'", "64 to 9728" },
		{ "gen:size=-64", "'size=-64'", "64 to 9728" },
		{ "gen:size", "'size' has no value", "64 to 9728" },
		{ "gen:size=64:size=64", "'size' is given twice", "once" },
		{ "gen:pace=0", "'pace=0'", "line, lossless" },
		{ "gen:pace=1000000001", "'pace=1000000001'", "1 to 1000000000" },
		{ "gen:pace=real", "pace=real", "pcap wire with in=" },
		{ "gen:count=99999999999999999999", "'count=9", "number of packets" },
		{ "gen:flows=0", "'flows=0'", "1 to 16777216" },
		{ "gen:dst=02-00-00", "'dst=02-00-00'", "broadcast" },
		{ "gen:src=ff-ff-ff-ff-ff-ff", "'src=ff", "one station" },
		{ "gen:lossless=1", "'lossless' takes no value", "'1'" },
		{ "gen:dst=02:00", "'dst=02'", "address" },
		{ "pcap", "no file", "in=<file>" },
		{ "pcap:in=", "'in='", "file name" },
		{ "pcap:out=a:loop=2", "not given", "in=<file>" },
		{ "pcap:out=a:loop=link", "not given", "in=<file>" },
		{ "pcap:in=a:truncated=keep", "'truncated=keep'", "skip" },
		{ "pcap:out=a:pace=real", "pace=real", "in=<file>" },
		{ "cable", "a cable has a name", "cable:blue" },
		{ "cable:", "a cable has a name", "cable:blue" },
		{ "cable:pace=lossless", "a cable has a name", "cable:blue" },
		{ "cable:blue:green", "no 'green'", "pace=" },
		{ "tap", "'' is no name", "1 to 15 characters" },
		{ "tap:mtu=1500", "'mtu=1500' is no name", "tap:aether0" },
		{ "tap:a234567890123456", "'a234567890123456' is no name", "1 to 15 characters" },
		{ "tap:a/b", "'a/b' is no name", "without '/'" },
		{ "tap:..", "'..' is no name", "tap:aether0" },
		{ "tap:tap%d", "'tap%d' is no name", "'%'" },
		{ "tap:a b", "'a b' is no name", "blanks" },
		{ "tap:a:mtu=67", "'mtu=67'", "68 to 9702" },
		{ "tap:a:mtu=9703", "'mtu=9703'", "68 to 9702" },
		{ "tap:a:netns=", "'netns='", "ip netns" },
		{ "tap:a:netns=..", "'netns=..'", "a path" },
		{ "tap:a:pace=real", "pace=real", "pcap wire" },
		{ "loop:mtu=1500", "no 'mtu'", "pace=, lossless" },
	};
	char longest[WIRE_SPEC_MAX + 1];
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(bad); i++) {
		fake_log();
		if (aether_model_wire_check(bad[i].spec) != -EINVAL)
			fail_msg("%s is not refused", bad[i].spec);
		assert_logged(bad[i].culprit, bad[i].accepted, NULL);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(aether_model_wire_check(longest), -EINVAL);
	assert_int_equal(aether_model_wire_check(NULL), -EINVAL);
	assert_int_equal(fake_open_fails("gen:size=63"), -EINVAL);
}

static void
test_help_names_every_key(void **state)
{
	static const char *const words[] = { "loop", "gen", "sink", "pcap", "cable:", "tap:",
		"pace=", "size=", "count=", "flows=", "start=", "dst=", "src=", "in=", "out=",
		"loop=", "truncated=", "mtu=", "netns=", "lossless", "real", "line" };
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(words); i++)
		assert_non_null(strstr(aether_model_wire_help(), words[i]));
}

/* ------------------------------------------------------------------ generator --------------- */

static unsigned int
peek(struct aether_model *model, struct model_frame *frames, unsigned int n, uint64_t tsc)
{
	return model->wire->ops->rx_peek(model->wire, frames, n, tsc);
}

static uint32_t
ip_sum(const uint8_t *ip)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum;
}

static void
test_gen_frame(void **state)
{
	static const uint32_t sizes[] = { 64, 65, 1518, 9728 };
	static uint8_t frame[MODEL_MAX_FRAME];
	struct aether_model *model;
	struct wire_stamp stamp;
	char spec[64];
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < RTE_DIM(sizes); i++) {
		snprintf(spec, sizeof(spec), "gen:size=%u:pace=lossless", sizes[i]);
		model = fake_open("a", spec);
		assert_int_equal(fake_receive(model, 1, START, frame), 1);
		assert_int_equal(model->wire_stats.rx_offered_bytes, sizes[i] - 4);
		assert_memory_equal(frame, model->conf.mac, 6);
		assert_int_equal(frame[6] & 0x03, 0x02);	/* local, one station */
		assert_int_equal(frame[12] << 8 | frame[13], 0x0800);
		assert_int_equal(frame[16] << 8 | frame[17], sizes[i] - 4 - 14);
		assert_int_equal(frame[23], 17);
		assert_int_equal(ip_sum(frame + 14), 0xFFFF);
		assert_int_equal(frame[38] << 8 | frame[39], sizes[i] - 4 - 34);
		assert_int_equal(frame[40] | frame[41], 0);
		memcpy(&stamp, frame + WIRE_STAMP_OFFSET, sizeof(stamp));
		assert_int_equal(stamp.magic, WIRE_STAMP_MAGIC);
		assert_int_equal(stamp.tsc, START);
		fake_close(model);
	}
}

static void
test_gen_addresses(void **state)
{
	static uint8_t frame[MODEL_MAX_FRAME];
	static const uint8_t src[6] = { 0x02, 0xAA, 0, 0, 0, 7 };
	static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
	struct aether_model *model;

	RTE_SET_USED(state);
	model = fake_open("a", "gen:dst=broadcast:src=02\\:aA\\:00\\:00\\:00\\:07:pace=lossless");
	fake_receive(model, 1, START, frame);
	assert_memory_equal(frame, broadcast, 6);
	assert_memory_equal(frame + 6, src, 6);
	fake_close(model);
}

/* Each flow has its own pair of source address and port, and a valid header. */
static void
test_gen_flows(void **state)
{
	enum { FLOWS = 70000 };
	struct aether_model *model = fake_open("a", "gen:flows=70000:pace=lossless");
	uint64_t *seen = calloc(FLOWS, sizeof(*seen)), key;
	static uint8_t frame[MODEL_MAX_FRAME];
	unsigned int i;

	RTE_SET_USED(state);
	assert_non_null(seen);
	for (i = 0; i < 2 * FLOWS; i++) {
		assert_int_equal(fake_receive(model, 1, START, frame), 1);
		assert_int_equal(ip_sum(frame + 14), 0xFFFF);
		key = 0;
		memcpy(&key, frame + 26, 4);
		memcpy((uint8_t *)&key + 4, frame + 34, 2);
		if (i < FLOWS)
			seen[i] = key;
		else
			assert_int_equal(key, seen[i - FLOWS]);
		if (i != 0 && i < FLOWS)
			assert_int_not_equal(key, seen[i - 1]);
	}
	/* The same port with the next address. */
	assert_int_not_equal(seen[0], seen[32768]);
	free(seen);
	fake_close(model);
}

/* Packet i is due at start + i / rate, to the cycle, whatever the size of the steps. */
static void
test_gen_schedule(void **state)
{
	struct aether_model *model = fake_open("a", "gen:pace=3000000");
	unsigned int done = 0;
	uint64_t t;

	RTE_SET_USED(state);
	/* 333.3 cycles apart; the fraction of a cycle is cut off: by t, all i with
	 * i * 1000 / 3 < t + 1. */
	for (t = 0; t < FAKE_HZ / 10; t += 1 + t % 7919) {
		done += fake_receive(model, UINT32_MAX, START + t, NULL);
		assert_int_equal(done, ((t + 1) * 3 + 999) / 1000);
	}
	assert_int_equal(model->wire_stats.rx_offered, done);
	assert_false(model->wire->finished);
	fake_close(model);
}

/* 10 Gb/s carry 14,880,952 packets of 64 bytes a second, and 820 thousand of 1,518. */
static void
test_gen_line_rate(void **state)
{
	struct aether_model *model = fake_open("a", "gen:pace=line");

	RTE_SET_USED(state);
	fake_receive(model, UINT32_MAX, START, NULL);
	fake_receive(model, UINT32_MAX, START + FAKE_HZ, NULL);
	assert_int_equal(model->wire_stats.rx_offered, 14880952 + 1);
	fake_close(model);

	model = fake_open("a", "gen:size=1518");
	fake_receive(model, UINT32_MAX, START, NULL);
	fake_receive(model, UINT32_MAX, START + FAKE_HZ, NULL);
	assert_int_equal(model->wire_stats.rx_offered, 10000000000 / 8 / 1538 + 1);
	fake_close(model);
}

/* What is late leaves at once, nothing is skipped, and the lateness is recorded. */
static void
test_gen_lateness(void **state)
{
	struct aether_model *model = fake_open("a", "gen:pace=1000000");
	struct aether_model_wire_stats stats;
	struct model_frame frames[MODEL_BURST];
	struct wire_stamp stamp;

	RTE_SET_USED(state);
	fake_receive(model, 1, START, NULL);
	assert_int_equal(peek(model, frames, 4, START + 3 * FAKE_US), 3);
	memcpy(&stamp, frames[0].data + WIRE_STAMP_OFFSET, sizeof(stamp));
	assert_int_equal(stamp.tsc, START + 3 * FAKE_US);
	assert_int_equal(stamp.sequence, 1);
	aether_model_wire_stats_get(model, &stats);
	assert_int_equal(stats.gen_late_max_ns, 2000);
	assert_int_equal(stats.gen_late_mean_ns, (0 + 2000 + 1000 + 0) / 4);
	assert_int_equal(stats.rx_offered, 4);
	assert_int_equal(stats.rx_pending, 3);

	/* A reset keeps what waits as offered, and the schedule goes on. */
	aether_model_wire_stats_reset(model);
	assert_int_equal(fake_receive(model, 10, START + 4 * FAKE_US, NULL), 4);
	aether_model_wire_stats_get(model, &stats);
	assert_int_equal(stats.rx_offered, 4);
	assert_int_equal(stats.rx_delivered, 4);
	assert_int_equal(stats.rx_pending, 0);
	assert_int_equal(stats.gen_late_max_ns, 0);
	fake_close(model);
}

/* It waits for link and a filled Rx queue, then for start=; when they go, the schedule moves. */
static void
test_gen_waits_for_receiver(void **state)
{
	struct aether_model *model = fake_open("a", "gen:pace=1000000:start=3");
	uint64_t t = START;

	RTE_SET_USED(state);
	model->link = false;
	assert_int_equal(fake_receive(model, 10, t, NULL), 0);
	model->link = true;
	model->n_rx_active = 0;
	t += FAKE_HZ;
	assert_int_equal(fake_receive(model, 10, t, NULL), 0);
	model->n_rx_active = 1;
	model->rxq[0].tail_moved_tsc = 0;
	assert_int_equal(fake_receive(model, 10, t, NULL), 0);
	assert_true(model_wire_next_due(model) == UINT64_MAX);
	model->rxq[0].tail_moved_tsc = t;
	assert_int_equal(fake_receive(model, 10, t, NULL), 0);
	assert_int_equal(model_wire_next_due(model), t + 3 * FAKE_MS);
	t += 3 * FAKE_MS;
	assert_int_equal(fake_receive(model, 10, t - 1, NULL), 0);
	assert_int_equal(fake_receive(model, 10, t, NULL), 1);

	model->link = false;
	assert_int_equal(fake_receive(model, 10, t + 300, NULL), 0);
	assert_int_equal(fake_receive(model, 10, t + FAKE_HZ, NULL), 0);
	assert_true(model_wire_next_due(model) == UINT64_MAX);
	model->link = true;
	t += FAKE_HZ;
	assert_int_equal(fake_receive(model, 10, t + 300, NULL), 0);
	assert_int_equal(fake_receive(model, 10, t + 999, NULL), 0);
	assert_int_equal(fake_receive(model, 10, t + 1000, NULL), 1);
	fake_close(model);
}

static void
test_gen_count(void **state)
{
	struct aether_model *model = fake_open("a", "gen:count=100:pace=1000000000");
	struct aether_model_wire_stats stats;
	struct model_frame frames[MODEL_BURST];

	RTE_SET_USED(state);
	assert_int_equal(fake_receive(model, 60, START, NULL), 1);
	assert_int_equal(fake_receive(model, 59, START + FAKE_MS, NULL), 59);
	assert_int_equal(peek(model, frames, 64, START + FAKE_MS), 40);
	aether_model_wire_stats_get(model, &stats);
	assert_false(stats.finished);
	assert_int_equal(fake_receive(model, 1000, START + FAKE_MS, NULL), 40);
	aether_model_wire_stats_get(model, &stats);
	assert_true(stats.finished);
	assert_int_equal(stats.rx_offered, 100);
	assert_true(model_wire_next_due(model) == UINT64_MAX);
	assert_int_equal(fake_receive(model, 1000, START + 2 * FAKE_MS, NULL), 0);
	fake_close(model);
}

/* A frame that waits for a descriptor keeps the stamp of its first presentation. */
static void
test_gen_lossless_stamp(void **state)
{
	struct aether_model *model = fake_open("a", "gen:pace=lossless");
	struct model_frame frames[MODEL_BURST];
	struct wire_stamp stamp;

	RTE_SET_USED(state);
	assert_true(model->wire->lossless);
	model_wire_step(model, START);
	assert_int_equal(peek(model, frames, 2, START), 2);
	model->wire->ops->rx_take(model->wire, 1);
	assert_int_equal(peek(model, frames, 2, START + 777), 2);
	memcpy(&stamp, frames[0].data + WIRE_STAMP_OFFSET, sizeof(stamp));
	assert_int_equal(stamp.sequence, 1);
	assert_int_equal(stamp.tsc, START);
	memcpy(&stamp, frames[1].data + WIRE_STAMP_OFFSET, sizeof(stamp));
	assert_int_equal(stamp.sequence, 2);
	assert_int_equal(stamp.tsc, START + 777);
	assert_int_equal(model->wire_stats.rx_offered, 3);
	fake_close(model);
}

/* ------------------------------------------------------------------ sink -------------------- */

static void
test_sink_latency(void **state)
{
	struct aether_model *from = fake_open("a", "gen:pace=lossless");
	struct aether_model *to = fake_open("b", "sink");
	static uint8_t frame[MODEL_MAX_FRAME], swap[6];
	struct aether_model_wire_stats stats;
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < 1000; i++) {
		fake_receive(from, 1, START + i, frame);
		/* As a forwarder does it. */
		memcpy(swap, frame, 6);
		memcpy(frame, frame + 6, 6);
		memcpy(frame + 6, swap, 6);
		assert_int_equal(fake_send(to, frame, 60, START + 2 * i + 100), 1);
	}
	aether_model_wire_stats_get(to, &stats);
	assert_int_equal(stats.latency.count, 1000);
	assert_int_equal(stats.latency.min, 100);
	assert_int_equal(stats.latency.max, 1099);
	assert_in_range(stats.latency.p50, 599, 599 * 1.01);
	assert_int_equal(stats.latency_clear.count, 1000);
	assert_int_equal(stats.tx_missing, 0);
	assert_int_equal(stats.tx_reordered, 0);
	assert_int_equal(stats.rx_offered, 0);
	aether_model_wire_stats_reset(to);
	aether_model_wire_stats_get(to, &stats);
	assert_int_equal(stats.latency.count, 0);
	fake_close(from);
	fake_close(to);
}

static void
test_sink_ignores_what_is_not_stamped(void **state)
{
	struct aether_model *model = fake_open("a", "gen:pace=lossless");
	static uint8_t frame[MODEL_MAX_FRAME], other[64] = "no stamp";
	struct aether_model_wire_stats stats;

	RTE_SET_USED(state);
	fake_receive(model, 1, START, frame);
	assert_int_equal(fake_send(model, other, sizeof(other), START), 1);
	assert_int_equal(fake_send(model, frame, 59, START), 1);	/* cut: half a stamp */
	assert_int_equal(fake_send(model, frame, 60, START - 1), 1);	/* from the future */
	assert_int_equal(fake_send(model, frame, 60, START + 101 * FAKE_HZ), 1);
	aether_model_wire_stats_get(model, &stats);
	assert_int_equal(stats.latency.count, 0);
	assert_int_equal(fake_send(model, frame, 60, START + 7), 1);
	aether_model_wire_stats_get(model, &stats);
	assert_int_equal(stats.latency.count, 1);
	fake_close(model);
}

static void
test_sink_order(void **state)
{
	static const unsigned int order[] = { 5, 6, 9, 7, 10, 10, 11 };
	struct aether_model *model = fake_open("a", "gen:pace=lossless");
	static uint8_t frames[16][MODEL_MAX_FRAME];
	unsigned int i;

	RTE_SET_USED(state);
	for (i = 0; i < 16; i++)
		fake_receive(model, 1, START, frames[i]);
	for (i = 0; i < RTE_DIM(order); i++)
		fake_send(model, frames[order[i]], 60, START + 1);
	assert_int_equal(model->wire_stats.tx_missing, 2);	/* 7 and 8, when 9 came */
	assert_int_equal(model->wire_stats.tx_reordered, 2);	/* 7, and 10 again */
	fake_close(model);
}

/* A packet that entered before the end of a window of its own port or of its generator's. */
static void
test_sink_stall_windows(void **state)
{
	struct aether_model *from = fake_open("a", "gen:pace=lossless");
	struct aether_model *to = fake_open("b", "sink");
	static uint8_t before[MODEL_MAX_FRAME], after[MODEL_MAX_FRAME];
	struct aether_model_wire_stats stats;

	RTE_SET_USED(state);
	fake_receive(from, 1, START, before);
	model_stall_step(from, START);
	model_stall_step(from, START + FAKE_MS);
	fake_send(to, before, 60, START + FAKE_MS);
	model_stall_step(from, START + FAKE_MS + 1);
	assert_int_equal(from->stall.start, 0);
	fake_send(to, before, 60, START + FAKE_MS + 2);
	fake_receive(from, 1, START + FAKE_MS + 3, after);
	fake_send(to, after, 60, START + FAKE_MS + 4);
	aether_model_wire_stats_get(to, &stats);
	assert_int_equal(stats.latency.count, 3);
	assert_int_equal(stats.latency_clear.count, 1);
	assert_int_equal(stats.latency_clear.max, 1);

	model_stall_step(to, START + 2 * FAKE_MS);
	model_stall_step(to, START + 3 * FAKE_MS);
	fake_send(to, after, 60, START + 3 * FAKE_MS);
	aether_model_wire_stats_get(to, &stats);
	assert_int_equal(stats.latency.count, 4);
	assert_int_equal(stats.latency_clear.count, 1);
	fake_close(from);
	fake_close(to);
}

static void
test_sink_pace(void **state)
{
	struct aether_model *model = fake_open("a", "sink:pace=1000000");
	static uint8_t frame[60];
	uint64_t t, sent = 0;

	RTE_SET_USED(state);
	for (t = 0; t < FAKE_HZ / 100; t += 700)
		while (fake_send(model, frame, sizeof(frame), START + t) == 1)
			sent++;
	/* 10 ms, and what may be caught up on at the start. */
	assert_in_range(sent, 10000, 10021);
	fake_close(model);
}

/* ------------------------------------------------------------------ loop -------------------- */

/* Contents and length that only packet i has. */
static uint32_t
make_packet(uint8_t *data, uint32_t i)
{
	uint32_t len = WIRE_MIN_FRAME + i * 2654435761u % (WIRE_MAX_FRAME - WIRE_MIN_FRAME + 1);

	if (i % 3 != 0)
		len = WIRE_MIN_FRAME + i % 200;
	memset(data, (int)(i * 7), len);
	memcpy(data, &i, sizeof(i));
	memcpy(data + len - sizeof(i), &i, sizeof(i));
	return len;
}

static void
assert_packet(const struct model_frame *frame, uint32_t i)
{
	static __thread uint8_t want[MODEL_MAX_FRAME];
	uint32_t len = make_packet(want, i);

	if (frame->len != len || memcmp(frame->data, want, len) != 0)
		fail_msg("packet %u: %u of %u bytes came, or others", i, frame->len, len);
}

/* Many times round the ring: all sizes come back whole and in order, held back when it is full. */
static void
test_loop_lossless(void **state)
{
	struct aether_model *model = fake_open("a", "loop:pace=lossless");
	static uint8_t data[MODEL_MAX_FRAME];
	struct model_frame frames[MODEL_BURST];
	uint32_t sent = 0, got = 0, held = 0, i, n;

	RTE_SET_USED(state);
	while (got < 60000) {
		while (sent < 60000) {
			if (fake_send(model, data, make_packet(data, sent), START) == 0) {
				held++;
				break;
			}
			sent++;
		}
		n = peek(model, frames, 1 + got % MODEL_BURST, START);
		for (i = 0; i < n; i++)
			assert_packet(&frames[i], got + i);
		model->wire->ops->rx_take(model->wire, n);
		got += n;
	}
	assert_true(held > 100);
	assert_int_equal(sent, 60000);
	assert_int_equal(model->wire_stats.rx_offered, 60000);
	assert_int_equal(model->wire_stats.tx_dropped, 0);
	assert_int_equal(peek(model, frames, 1, START), 0);
	fake_close(model);
}

/** MAC loopback: the port hears itself, and its wire nothing. */
static void
test_port_loopback(void **state)
{
	struct aether_model *model = fake_open("a", "sink");
	const struct aether_model_wire_stats *stats = &model->wire_stats;
	struct model_frame frames[4];
	uint8_t data[64] = "there and back", back[MODEL_MAX_FRAME];

	RTE_SET_USED(state);
	assert_int_equal(model_wire_loopback(model, true), 0);
	assert_int_equal(model_wire_loopback(model, true), 0);	/* it does already */
	assert_int_equal(fake_send(model, data, sizeof(data), 1), 1);
	assert_int_equal(fake_receive(model, 4, 2, back), 1);
	assert_memory_equal(back, data, sizeof(data));
	/* What was on its way back is lost, and counted. */
	assert_int_equal(fake_send(model, data, sizeof(data), 3), 1);
	assert_int_equal(model->wire->ops->rx_peek(model->wire, frames, 4, 4), 1);
	assert_int_equal(model_wire_loopback(model, false), 0);
	assert_int_equal(stats->rx_offered, 2);
	assert_int_equal(stats->rx_delivered + stats->rx_dropped, 2);
	assert_int_equal(fake_send(model, data, sizeof(data), 5), 1);
	assert_int_equal(fake_receive(model, 4, 6, back), 0);
	/* The port goes while it loops back: nothing is left (the sanitizers see that). */
	assert_int_equal(model_wire_loopback(model, true), 0);
	fake_close(model);
}

static void
test_loop_lossy(void **state)
{
	struct aether_model *model = fake_open("a", "loop");
	static uint8_t data[60];
	unsigned int i, got;

	RTE_SET_USED(state);
	for (i = 0; i < 3 * WIRE_RING_SLOTS; i++)
		assert_int_equal(fake_send(model, data, sizeof(data), START), 1);
	got = fake_receive(model, UINT32_MAX, START, NULL);
	assert_int_equal(got, WIRE_RING_SLOTS);
	assert_int_equal(model->wire_stats.tx_dropped, 2 * WIRE_RING_SLOTS);
	assert_int_equal(model->wire_stats.rx_offered_bytes, got * sizeof(data));
	fake_close(model);
}

/* ------------------------------------------------------------------ cable ------------------- */

static void
step(struct aether_model *model)
{
	model_wire_step(model, START);
}

static void
test_cable_both_ways(void **state)
{
	struct aether_model *a = fake_open("a", "cable:both"), *b;
	static uint8_t data[MODEL_MAX_FRAME];
	struct model_frame frame;
	uint32_t i;

	RTE_SET_USED(state);
	assert_false(a->wire->ops->link(a->wire));
	b = fake_open("b", "cable:both");
	step(a);
	step(b);
	step(a);
	assert_true(a->link && b->link);
	for (i = 0; i < 20000; i++) {
		struct aether_model *from = i % 2 != 0 ? a : b, *to = i % 2 != 0 ? b : a;

		assert_int_equal(fake_send(from, data, make_packet(data, i), START), 1);
		assert_int_equal(peek(from, &frame, 1, START), 0);
		assert_int_equal(peek(to, &frame, 1, START), 1);
		assert_packet(&frame, i);
		to->wire->ops->rx_take(to->wire, 1);
	}
	assert_int_equal(a->wire_stats.rx_offered, 10000);
	assert_int_equal(b->wire_stats.rx_offered, 10000);
	assert_int_equal(a->wire_stats.tx_dropped + b->wire_stats.tx_dropped, 0);
	fake_close(a);
	fake_close(b);
}

static void
test_cable_third_end(void **state)
{
	struct aether_model *a = fake_open("first", "cable:third"), *b, *c;

	RTE_SET_USED(state);
	b = fake_open("second", "cable:third");
	assert_int_equal(fake_open_fails("cable:third"), -EEXIST);
	assert_logged("'third'", "first", "second", NULL);
	c = fake_open("c", "cable:fourth");
	fake_close(c);
	fake_close(a);
	a = fake_open("first", "cable:third");
	fake_close(a);
	fake_close(b);
}

static void
test_cable_ends_agree(void **state)
{
	struct aether_model *a = fake_open("first", "cable:agree:pace=lossless");

	RTE_SET_USED(state);
	assert_int_equal(fake_open_fails("cable:agree"), -EINVAL);
	assert_logged("'agree'", "lossless at first", NULL);
	fake_close(a);
	a = fake_open("first", "cable:agree");
	fake_close(a);
}

/* Every packet that left is offered to the far end or counted as dropped, whatever closes. */
static void
test_cable_close_in_flight(void **state)
{
	struct aether_model *a = fake_open("a", "cable:flight"), *b;
	unsigned int updates, i;
	static uint8_t data[60];

	RTE_SET_USED(state);
	/* Nobody there. */
	assert_int_equal(fake_send(a, data, sizeof(data), START), 1);
	assert_int_equal(a->wire_stats.tx_dropped, 1);
	b = fake_open("b", "cable:flight");
	step(b);
	step(a);
	assert_true(a->link);
	for (i = 0; i < 10; i++)
		fake_send(a, data, sizeof(data), START);
	for (i = 0; i < 5; i++)
		fake_send(b, data, sizeof(data), START);
	assert_int_equal(fake_receive(b, 3, START, NULL), 3);

	/* The far end closes: its 7 are lost, those that it sent still arrive, the link goes. */
	fake_close(b);
	updates = fake_link_updates;
	step(a);
	assert_int_equal(fake_link_updates, updates + 1);
	assert_false(a->link);
	assert_int_equal(a->wire_stats.tx_dropped, 1 + 7);
	assert_int_equal(fake_receive(a, 10, START, NULL), 5);

	/* It comes back without old frames. */
	b = fake_open("b", "cable:flight");
	step(b);
	step(a);
	step(b);
	assert_true(a->link && b->link);
	assert_int_equal(fake_receive(b, 10, START, NULL), 0);
	fake_send(a, data, sizeof(data), START);
	assert_int_equal(fake_receive(b, 10, START, NULL), 1);

	/* Reopened before this end could notice: what was in flight is counted all the same. */
	fake_send(a, data, sizeof(data), START);
	fake_send(b, data, sizeof(data), START);
	fake_close(b);
	b = fake_open("b", "cable:flight");
	step(b);
	step(a);
	assert_int_equal(a->wire_stats.tx_dropped, 1 + 7 + 1);
	assert_int_equal(fake_receive(b, 10, START, NULL), 0);
	assert_int_equal(fake_receive(a, 10, START, NULL), 1);
	fake_close(a);
	fake_close(b);
}

static void
test_cable_unplugged(void **state)
{
	struct aether_model *a = fake_open("a", "cable:plug"), *b = fake_open("b", "cable:plug");
	static uint8_t data[60];

	RTE_SET_USED(state);
	step(a);
	step(b);
	step(a);
	assert_true(a->link && b->link);
	b->cable_up = false;
	model_wire_link_changed(b);
	step(a);
	assert_false(a->link);
	assert_int_equal(fake_send(a, data, sizeof(data), START), 1);
	assert_int_equal(a->wire_stats.tx_dropped, 1);
	b->cable_up = true;
	step(b);
	step(a);
	assert_true(a->link);
	fake_close(a);
	fake_close(b);
}

static void
pause_end(struct aether_model *model, bool pause)
{
	model->wire->paused = pause;
	model_wire_link_changed(model);
}

static void
test_cable_pause_frames(void **state)
{
	struct aether_model *a = fake_open("a", "cable:pause:pace=lossless");
	struct aether_model *b = fake_open("b", "cable:pause:pace=lossless");

	a->wire->pause_rx = true;
	b->wire->pause_tx = true;
	static uint8_t data[60];
	unsigned int sent = 0;

	RTE_SET_USED(state);
	step(b);
	step(a);
	pause_end(b, true);
	pause_end(b, true);
	step(a);
	step(a);
	assert_int_equal(a->port.xoff_rx, 1);
	assert_int_equal(a->port.xon_rx, 0);
	pause_end(b, false);
	pause_end(b, true);
	step(a);
	assert_int_equal(a->port.xoff_rx, 2);
	assert_int_equal(a->port.xon_rx, 1);
	assert_int_equal(b->port.xoff_rx, 0);

	/* Nothing is lost when the far end takes nothing. */
	while (fake_send(a, data, sizeof(data), START) == 1)
		sent++;
	assert_int_equal(sent, WIRE_RING_SLOTS);
	assert_int_equal(fake_receive(b, UINT32_MAX, START, NULL), sent);
	assert_int_equal(a->wire_stats.tx_dropped, 0);

	/* A new far end starts from zero. */
	fake_close(b);
	b = fake_open("b", "cable:pause:pace=lossless");
	step(a);
	assert_int_equal(a->port.xoff_rx, 2);
	fake_close(a);
	fake_close(b);
}

/* Two threads, one an end, jumbo and small frames. */
#define THREAD_PACKETS	30000u

static void *
send_all(void *arg)
{
	struct aether_model *model = arg;
	static uint8_t data[MODEL_MAX_FRAME];
	uint32_t i, len;

	for (i = 0; i < THREAD_PACKETS; i++) {
		len = make_packet(data, i);
		while (fake_send(model, data, len, START) == 0)
			sched_yield();
	}
	return NULL;
}

static void
test_cable_two_threads(void **state)
{
	struct aether_model *a = fake_open("a", "cable:threads:pace=lossless");
	struct aether_model *b = fake_open("b", "cable:threads:pace=lossless");
	struct model_frame frames[MODEL_BURST];
	uint32_t got = 0, n, i;
	pthread_t thread;

	RTE_SET_USED(state);
	step(a);
	step(b);
	assert_int_equal(pthread_create(&thread, NULL, send_all, a), 0);
	while (got < THREAD_PACKETS) {
		n = peek(b, frames, MODEL_BURST, START);
		if (n == 0)
			sched_yield();
		for (i = 0; i < n; i++)
			assert_packet(&frames[i], got + i);
		b->wire->ops->rx_take(b->wire, n);
		got += n;
	}
	pthread_join(thread, NULL);
	assert_int_equal(b->wire_stats.rx_offered, THREAD_PACKETS);
	fake_close(a);
	fake_close(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spec_accepted),
		cmocka_unit_test(test_spec_refused),
		cmocka_unit_test(test_help_names_every_key),
		cmocka_unit_test(test_gen_frame),
		cmocka_unit_test(test_gen_addresses),
		cmocka_unit_test(test_gen_flows),
		cmocka_unit_test(test_gen_schedule),
		cmocka_unit_test(test_gen_line_rate),
		cmocka_unit_test(test_gen_lateness),
		cmocka_unit_test(test_gen_waits_for_receiver),
		cmocka_unit_test(test_gen_count),
		cmocka_unit_test(test_gen_lossless_stamp),
		cmocka_unit_test(test_sink_latency),
		cmocka_unit_test(test_sink_ignores_what_is_not_stamped),
		cmocka_unit_test(test_sink_order),
		cmocka_unit_test(test_sink_stall_windows),
		cmocka_unit_test(test_sink_pace),
		cmocka_unit_test(test_loop_lossless),
		cmocka_unit_test(test_port_loopback),
		cmocka_unit_test(test_loop_lossy),
		cmocka_unit_test(test_cable_both_ways),
		cmocka_unit_test(test_cable_third_end),
		cmocka_unit_test(test_cable_ends_agree),
		cmocka_unit_test(test_cable_close_in_flight),
		cmocka_unit_test(test_cable_unplugged),
		cmocka_unit_test(test_cable_pause_frames),
		cmocka_unit_test(test_cable_two_threads),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
