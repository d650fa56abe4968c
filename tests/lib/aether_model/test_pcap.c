/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire_fake.h"

#define START		(5 * FAKE_HZ)
#define FILE_HEADER	24
#define RECORD_HEADER	16

static char dir[] = "/tmp/aether-pcap-XXXXXX";

static char *
path(const char *name)
{
	static char paths[4][128];
	static unsigned int next;
	char *at = paths[next++ % 4];

	snprintf(at, sizeof(paths[0]), "%s/%s", dir, name);
	return at;
}

static const char *
spec(const char *format, const char *a, const char *b)
{
	static char text[512];

	snprintf(text, sizeof(text), format, a, b);
	return text;
}

static int
make_dir(void **state)
{
	RTE_SET_USED(state);
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
remove_dir(void **state)
{
	char command[64];

	RTE_SET_USED(state);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

/* Packet i of a test capture: 60 to 1,059 bytes, of which the first 4 are its number. */
static uint32_t
make_packet(uint8_t *data, uint32_t i)
{
	uint32_t len = 60 + i * 37 % 1000;

	memset(data, (int)(i * 11 + 3), len);
	memcpy(data, &i, sizeof(i));
	return len;
}

/* Written by libpcap: n packets, `gap` nanoseconds apart; packet `cut` (from 1) is truncated. */
static void
write_capture(const char *name, int linktype, uint32_t n, uint64_t gap, uint32_t cut)
{
	pcap_t *pcap = pcap_open_dead_with_tstamp_precision(linktype, 65535,
							    PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, name);
	struct pcap_pkthdr header;
	static uint8_t data[2048];
	uint32_t i;

	assert_non_null(dumper);
	for (i = 0; i < n; i++) {
		header.len = make_packet(data, i);
		header.caplen = i + 1 == cut ? header.len - 1 : header.len;
		header.ts.tv_sec = 1700000000 + i * gap / NS_PER_S;
		header.ts.tv_usec = i * gap % NS_PER_S;
		pcap_dump((uint8_t *)dumper, &header, data);
	}
	pcap_dump_close(dumper);
	pcap_close(pcap);
}

/* Whatever bytes. */
static void
write_file(const char *name, const void *data, size_t len)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void
patch(const char *name, long offset, uint32_t value)
{
	FILE *file = fopen(name, "r+b");

	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	assert_int_equal(fwrite(&value, 1, sizeof(value), file), sizeof(value));
	assert_int_equal(fclose(file), 0);
}

/* ------------------------------------------------------------------ in ---------------------- */

static void
test_in_lossless(void **state)
{
	static uint8_t want[2048];
	struct model_frame frames[MODEL_BURST];
	struct aether_model *model;
	uint32_t got = 0, i, n;

	RTE_SET_USED(state);
	write_capture(path("in.pcap"), DLT_EN10MB, 3000, 1000, 0);
	model = fake_open("a", spec("pcap:in=%s:loop=2", path("in.pcap"), NULL));
	assert_true(model->wire->lossless);
	assert_false(model->wire->finished);
	model_wire_step(model, START);
	while (got < 6000) {
		/* Some are shown again, as when the host has no room. */
		n = model->wire->ops->rx_peek(model->wire, frames, 1 + got % 64, START);
		assert_true(n > 0);
		for (i = 0; i < n; i++) {
			uint32_t len = make_packet(want, (got + i) % 3000);

			assert_int_equal(frames[i].len, len);
			assert_memory_equal(frames[i].data, want, len);
		}
		n = (n + 1) / 2;
		model->wire->ops->rx_take(model->wire, n);
		got += n;
	}
	assert_int_equal(model->wire->ops->rx_peek(model->wire, frames, 64, START), 0);
	assert_true(model->wire->finished);
	assert_int_equal(model->wire_stats.rx_offered, 6000);
	fake_close(model);
}

static void
test_in_endless(void **state)
{
	struct aether_model *model;

	RTE_SET_USED(state);
	write_capture(path("in.pcap"), DLT_EN10MB, 7, 1000, 0);
	model = fake_open("a", spec("pcap:in=%s:loop=0", path("in.pcap"), NULL));
	assert_int_equal(fake_receive(model, 1000, START, NULL), 1000);
	assert_false(model->wire->finished);
	fake_close(model);
}

/* A round each time that the port becomes able to receive, whatever became of the one before. */
static void
test_in_each_link(void **state)
{
	struct model_frame frames[MODEL_BURST];
	struct aether_model *model;
	unsigned int round;

	RTE_SET_USED(state);
	write_capture(path("in.pcap"), DLT_EN10MB, 7, 1000, 0);
	model = fake_open("a", spec("pcap:in=%s:loop=link", path("in.pcap"), NULL));
	for (round = 1; round <= 3; round++) {
		model->n_rx_active = 1;
		assert_int_equal(fake_receive(model, 100, START, NULL), 7);
		assert_true(model->wire->finished);
		assert_int_equal(model->wire_stats.rx_offered, 7 * round);
		model->n_rx_active = 0;
		assert_int_equal(fake_receive(model, 100, START, NULL), 0);
	}
	/* The link was away between two steps only. */
	model->n_rx_active = 1;
	assert_int_equal(fake_receive(model, 100, START, NULL), 7);
	model->cable_up = false;
	model_wire_link_changed(model);
	model->cable_up = true;
	model_wire_link_changed(model);
	assert_int_equal(fake_receive(model, 100, START, NULL), 7);
	assert_int_equal(fake_receive(model, 100, START, NULL), 0);
	model->n_rx_active = 0;
	assert_int_equal(fake_receive(model, 100, START, NULL), 0);
	/* Cut off in the middle: the next round is whole again. */
	model->n_rx_active = 1;
	assert_int_equal(fake_receive(model, 3, START, NULL), 3);
	model->n_rx_active = 0;
	fake_receive(model, 0, START, NULL);
	model->n_rx_active = 1;
	model_wire_step(model, START);
	assert_int_equal(model->wire->ops->rx_peek(model->wire, frames, MODEL_BURST, START), 7);
	assert_false(model->wire->finished);
	fake_close(model);
}

/* As captured: 2.5 us apart. At a rate, at line rate; it waits for a receiver. */
static void
test_in_pace(void **state)
{
	struct aether_model *model;

	RTE_SET_USED(state);
	write_capture(path("in.pcap"), DLT_EN10MB, 100, 2500, 0);
	model = fake_open("a", spec("pcap:in=%s:pace=real", path("in.pcap"), NULL));
	assert_false(model->wire->lossless);
	model->n_rx_active = 0;
	assert_int_equal(fake_receive(model, 100, START - FAKE_MS, NULL), 0);
	model->n_rx_active = 1;
	assert_int_equal(fake_receive(model, 100, START, NULL), 1);
	assert_int_equal(fake_receive(model, 100, START + 2499, NULL), 0);
	assert_int_equal(fake_receive(model, 100, START + 2500, NULL), 1);
	assert_int_equal(fake_receive(model, 100, START + 24999, NULL), 8);
	assert_int_equal(model_wire_next_due(model), START + 25000);
	assert_int_equal(fake_receive(model, 1000, START + FAKE_MS, NULL), 90);
	assert_true(model->wire->finished);
	assert_true(model->wire->late_max > 700000);
	fake_close(model);

	model = fake_open("a", spec("pcap:in=%s:pace=1000000", path("in.pcap"), NULL));
	assert_int_equal(fake_receive(model, 100, START, NULL), 1);
	assert_int_equal(fake_receive(model, 100, START + 10 * FAKE_US, NULL), 10);
	fake_close(model);

	/* 60 + 24 bytes at 10 Gb/s take 67.2 ns, the next packet of 97 + 24 take 96.8. */
	model = fake_open("a", spec("pcap:in=%s:pace=line", path("in.pcap"), NULL));
	assert_int_equal(fake_receive(model, 100, START, NULL), 1);
	assert_int_equal(fake_receive(model, 100, START + 66, NULL), 0);
	assert_int_equal(fake_receive(model, 100, START + 67, NULL), 1);
	assert_int_equal(fake_receive(model, 100, START + 163, NULL), 0);
	assert_int_equal(fake_receive(model, 100, START + 164, NULL), 1);
	fake_close(model);
}

/* Short frames come padded with zeros to what Ethernet requires. */
static void
test_in_padding(void **state)
{
	static const uint8_t record[] = {
		0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
		1, 0, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0, 14, 0, 0, 0,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	};
	static uint8_t frame[MODEL_MAX_FRAME], zeros[46];
	struct aether_model *model;

	RTE_SET_USED(state);
	write_file(path("short.pcap"), record, sizeof(record));
	memset(frame, 0xEE, sizeof(frame));
	model = fake_open("a", spec("pcap:in=%s", path("short.pcap"), NULL));
	assert_int_equal(fake_receive(model, 10, START, frame), 1);
	assert_int_equal(model->wire_stats.rx_offered_bytes, 60);
	assert_memory_equal(frame, record + 40, 14);
	assert_memory_equal(frame + 14, zeros, 46);
	fake_close(model);

	write_file(path("empty.pcap"), record, 24);
	model = fake_open("a", spec("pcap:in=%s", path("empty.pcap"), NULL));
	assert_true(model->wire->finished);
	assert_int_equal(fake_receive(model, 10, START, frame), 0);
	fake_close(model);
}

static void
test_in_truncated_packets(void **state)
{
	struct aether_model *model;

	RTE_SET_USED(state);
	write_capture(path("cut.pcap"), DLT_EN10MB, 10, 1000, 4);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", path("cut.pcap"), NULL)), -EBADMSG);
	assert_logged(path("cut.pcap"), "packet 4", "170 of its 171", "truncated=skip", NULL);
	model = fake_open("a", spec("pcap:in=%s:truncated=skip", path("cut.pcap"), NULL));
	assert_int_equal(fake_receive(model, 100, START, NULL), 9);
	fake_close(model);
}

static void
test_in_damaged(void **state)
{
	char *name = path("damaged.pcap");

	RTE_SET_USED(state);
	write_file(name, "this is a text and no capture", 29);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", name, NULL)), -EBADMSG);
	assert_logged("damaged.pcap", "no capture", "pcap or pcapng", NULL);
	write_file(name, "", 0);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", name, NULL)), -EBADMSG);

	/* The file ends inside packet 10, or inside its header. */
	write_capture(name, DLT_EN10MB, 10, 1000, 0);
	assert_int_equal(truncate(name, FILE_HEADER + 10 * (RECORD_HEADER + 60) + 37 * 45 - 1), 0);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s:truncated=skip", name, NULL)), -EBADMSG);
	assert_logged("damaged.pcap", "packet 10", "truncated", NULL);
	assert_int_equal(truncate(name, FILE_HEADER + 9 * (RECORD_HEADER + 60) + 37 * 36 + 5), 0);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", name, NULL)), -EBADMSG);
	assert_logged("packet 10", NULL);

	/* Lengths that cannot be: huge, longer than the device takes, shorter than a header. */
	write_capture(name, DLT_EN10MB, 2, 1000, 0);
	patch(name, FILE_HEADER + 8, 0x7FFFFFFF);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", name, NULL)), -EBADMSG);
	assert_logged("damaged.pcap", "packet 1", NULL);
	write_capture(name, DLT_EN10MB, 2, 1000, 0);
	patch(name, FILE_HEADER + 8, 13);
	patch(name, FILE_HEADER + 12, 13);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", name, NULL)), -EBADMSG);
	assert_logged("packet 1", "13 bytes", "14 to 9724", NULL);

	write_capture(name, DLT_IEEE802_11, 2, 1000, 0);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", name, NULL)), -EINVAL);
	assert_logged("link type 105", "Ethernet", NULL);
}

/* A record of 9,725 bytes, which no device takes, in a file that is otherwise good. */
static void
test_in_oversize(void **state)
{
	static uint8_t file[FILE_HEADER + RECORD_HEADER + 9725] = {
		0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1,
	};
	uint32_t len = 9725;

	RTE_SET_USED(state);
	memcpy(file + FILE_HEADER + 8, &len, sizeof(len));
	memcpy(file + FILE_HEADER + 12, &len, sizeof(len));
	write_file(path("long.pcap"), file, sizeof(file));
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", path("long.pcap"), NULL)), -EBADMSG);
	assert_logged("packet 1", "9725 bytes", NULL);
}

static void
test_in_unreadable(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", path("missing"), NULL)), -ENOENT);
	assert_logged("missing", "No such file", NULL);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", dir, NULL)), -EISDIR);
	assert_logged(dir, "a directory", "regular file", NULL);
	assert_int_equal(mkfifo(path("fifo"), 0600), 0);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s", path("fifo"), NULL)), -EINVAL);
	assert_logged("fifo", "regular file", NULL);
}

/* ------------------------------------------------------------------ out --------------------- */

static void
read_back(const char *name, uint32_t n)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline_with_tstamp_precision(name, PCAP_TSTAMP_PRECISION_NANO,
							       error);
	static uint8_t want[2048];
	struct pcap_pkthdr *header;
	const uint8_t *data;
	uint32_t i;

	if (pcap == NULL)
		fail_msg("%s", error);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	for (i = 0; i < n; i++) {
		assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
		assert_int_equal(header->len, make_packet(want, i));
		assert_int_equal(header->caplen, header->len);
		assert_memory_equal(data, want, header->len);
	}
	assert_int_equal(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

static void
test_out(void **state)
{
	static uint8_t data[2048];
	struct aether_model *model;
	uint64_t now = rte_rdtsc();
	uint32_t i;

	RTE_SET_USED(state);
	write_file(path("out.pcap"), "old contents", 12);
	model = fake_open("a", spec("pcap:out=%s", path("out.pcap"), NULL));
	assert_true(model->wire->finished);
	assert_int_equal(fake_receive(model, 10, now, NULL), 0);
	for (i = 0; i < 5000; i++)
		assert_int_equal(fake_send(model, data, make_packet(data, i), now + i), 1);
	/* Idle for a while: all is in the file while the wire is open. */
	model_wire_step(model, now + FAKE_HZ);
	read_back(path("out.pcap"), 5000);
	for (; i < 5001; i++)
		fake_send(model, data, make_packet(data, i), now + 2 * FAKE_HZ);
	fake_close(model);
	read_back(path("out.pcap"), 5001);
}

static void
test_out_times(void **state)
{
	struct aether_model *model = fake_open("a", spec("pcap:out=%s", path("t.pcap"), NULL));
	uint64_t now = rte_rdtsc();
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	static uint8_t data[60];
	const uint8_t *read;
	struct timeval first;
	pcap_t *pcap;

	RTE_SET_USED(state);
	fake_send(model, data, sizeof(data), now);
	fake_send(model, data, sizeof(data), now + 123456789);
	fake_close(model);
	pcap = pcap_open_offline_with_tstamp_precision(path("t.pcap"), PCAP_TSTAMP_PRECISION_NANO,
						       error);
	assert_non_null(pcap);
	assert_int_equal(pcap_next_ex(pcap, &header, &read), 1);
	first = header->ts;
	assert_in_range(first.tv_sec, time(NULL) - 100, time(NULL) + 100);
	assert_int_equal(pcap_next_ex(pcap, &header, &read), 1);
	assert_int_equal((header->ts.tv_sec - first.tv_sec) * (int64_t)NS_PER_S +
			 header->ts.tv_usec - first.tv_usec, 123456789);
	pcap_close(pcap);
}

static void
test_out_unwritable(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(fake_open_fails(spec("pcap:out=%s", dir, NULL)), -EISDIR);
	assert_logged(dir, "write", NULL);
	assert_int_equal(fake_open_fails(spec("pcap:out=%s/no/file", dir, NULL)), -ENOENT);
	/* The input is not overwritten. */
	write_capture(path("same.pcap"), DLT_EN10MB, 10, 1000, 0);
	assert_int_equal(fake_open_fails(spec("pcap:in=%s:out=%s", path("same.pcap"),
					      path("same.pcap"))), -EINVAL);
	assert_logged("same.pcap", "overwrite", NULL);
	read_back(path("same.pcap"), 10);
}

/* A full disk: said once, every packet that is not in the file is counted. */
static void
test_out_disk_full(void **state)
{
	static uint8_t data[2048];
	struct aether_model *model;
	const char *text;
	uint32_t i;

	RTE_SET_USED(state);
	if (access("/dev/full", W_OK) != 0) {
		print_message("SKIP: there is no /dev/full\n");
		skip();
	}
	model = fake_open("a", "pcap:out=/dev/full");
	fake_log();
	for (i = 0; i < 5000; i++)
		assert_int_equal(fake_send(model, data, make_packet(data, i), START), 1);
	model_wire_step(model, START + FAKE_HZ);
	assert_int_equal(model->wire_stats.tx_dropped, 5000);
	text = fake_log();
	assert_non_null(strstr(text, "No space left"));
	assert_null(strstr(strstr(text, "No space left") + 1, "No space left"));
	fake_close(model);
}

/* The file may not grow beyond a limit in the middle of a record: it ends with a whole one. */
static void
test_out_cut(void **state)
{
	const struct rlimit limit = { .rlim_cur = 300000, .rlim_max = RLIM_INFINITY };
	struct aether_model *model = fake_open("a", spec("pcap:out=%s", path("cut.out"), NULL));
	static uint8_t data[2048];
	struct rlimit before;
	uint32_t i, written, size = FILE_HEADER;

	RTE_SET_USED(state);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (i = 0; i < 2000; i++)
		fake_send(model, data, make_packet(data, i), START);
	model_wire_step(model, START + FAKE_HZ);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	for (written = 0; ; written++) {
		size += RECORD_HEADER + make_packet(data, written);
		if (size > 300000)
			break;
	}
	assert_int_equal(model->wire_stats.tx_dropped, 2000 - written);
	fake_close(model);
	read_back(path("cut.out"), written);
}

/* ------------------------------------------------------------------ of any wire ------------- */

static void
assert_tee(const char *name, uint32_t n)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(name, error);
	struct pcap_pkthdr *header;
	const uint8_t *data;

	if (pcap == NULL)
		fail_msg("%s", error);
	while (n-- != 0)
		assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

/* What a loop takes and gives back, in order; a frame that is shown twice is there once. */
static void
test_tee_loop(void **state)
{
	struct aether_model *model = fake_open("a", "loop");
	struct model_frame frames[MODEL_BURST];
	static uint8_t data[2048];
	uint64_t now = rte_rdtsc();
	uint32_t i;

	RTE_SET_USED(state);
	assert_int_equal(wire_tee_open(model->wire, path("tee.pcap")), 0);
	for (i = 0; i < 40; i++)
		assert_int_equal(fake_send(model, data, make_packet(data, i), now), 1);
	model_wire_step(model, now + FAKE_HZ);
	read_back(path("tee.pcap"), 40);
	assert_int_equal(model->wire->ops->rx_peek(model->wire, frames, 10, now), 10);
	assert_int_equal(model->wire->ops->rx_peek(model->wire, frames, 20, now), 20);
	model_wire_step(model, now + 2 * FAKE_HZ);
	read_back(path("tee.pcap"), 40);
	model->wire->ops->rx_take(model->wire, 20);
	for (i = 40; i < 45; i++)
		fake_send(model, data, make_packet(data, i), now);
	assert_int_equal(fake_receive(model, 5, now, NULL), 5);
	/* 40 out, 20 in, 5 out, 5 in. */
	fake_close(model);
	assert_tee(path("tee.pcap"), 70);
}

/* The wire's own state and optional operations are reached as before. */
static void
test_tee_is_transparent(void **state)
{
	struct aether_model *model = fake_open("a", "gen:count=100:pace=1000");
	uint64_t now = rte_rdtsc();

	RTE_SET_USED(state);
	assert_int_equal(wire_tee_open(model->wire, path("gen.pcap")), 0);
	assert_true(model->wire->ops->link(model->wire));
	assert_int_equal(fake_receive(model, 1, now, NULL), 1);
	assert_int_not_equal(model_wire_next_due(model), UINT64_MAX);
	model_wire_link_changed(model);
	assert_int_equal(fake_receive(model, 200, now + FAKE_HZ, NULL), 99);
	assert_true(model->wire->finished);
	fake_close(model);
	assert_tee(path("gen.pcap"), 100);
}

/* A full disk ends the capture, is said once, and no packet is lost for it. */
static void
test_tee_disk_full(void **state)
{
	struct aether_model *model = fake_open("a", "sink");
	static uint8_t data[2048];
	const char *text;
	uint32_t i;

	RTE_SET_USED(state);
	assert_int_equal(wire_tee_open(model->wire, "/dev/full"), 0);
	fake_log();
	for (i = 0; i < 5000; i++)
		assert_int_equal(fake_send(model, data, make_packet(data, i), START), 1);
	model_wire_step(model, START + FAKE_HZ);
	fake_close(model);
	text = fake_log();
	assert_non_null(strstr(text, "the traffic goes on"));
	assert_null(strstr(strstr(text, "No space left") + 1, "No space left"));
}

static void
test_tee_unwritable(void **state)
{
	struct aether_model *model = fake_open("a", "loop");
	const struct model_wire_ops *before = model->wire->ops;

	RTE_SET_USED(state);
	fake_log();
	assert_int_equal(wire_tee_open(model->wire, dir), -EISDIR);
	assert_logged(dir, "cannot open to write", NULL);
	assert_ptr_equal(model->wire->ops, before);
	fake_close(model);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_lossless),
		cmocka_unit_test(test_in_endless),
		cmocka_unit_test(test_in_each_link),
		cmocka_unit_test(test_in_pace),
		cmocka_unit_test(test_in_padding),
		cmocka_unit_test(test_in_truncated_packets),
		cmocka_unit_test(test_in_damaged),
		cmocka_unit_test(test_in_oversize),
		cmocka_unit_test(test_in_unreadable),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_out_times),
		cmocka_unit_test(test_out_unwritable),
		cmocka_unit_test(test_out_disk_full),
		cmocka_unit_test(test_out_cut),
		cmocka_unit_test(test_tee_loop),
		cmocka_unit_test(test_tee_is_transparent),
		cmocka_unit_test(test_tee_disk_full),
		cmocka_unit_test(test_tee_unwritable),
	};

	return cmocka_run_group_tests_name("pcap", tests, make_dir, remove_dir);
}
