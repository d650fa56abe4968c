/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * mutate_vfio_user <messages> <seed file>...: the vfio-user server on damaged copies of what
 * clients said, until that many messages have been damaged. The same copies in each run. Messages
 * are damaged one by one, and mostly so that the stream can still be followed: the next is heard.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "vfu_record.h"
#include "vfu_priv.h"
#include "splitmix.h"

#define MAX_SEEDS	16
#define MAX_RECORDS	4096
#define INPUT_BYTES	(1u << 20)
#define INPUT_SECONDS	60
#define HEADER		sizeof(struct vfio_user_header)

struct seed {
	uint8_t data[1 << 16];
	size_t start[MAX_RECORDS + 1];	/* of each record, and the end of the last */
	unsigned int n;
};

struct output {
	uint8_t data[INPUT_BYTES];
	size_t len;
};

static struct seed seeds[MAX_SEEDS];
static unsigned int n_seeds;
static uint64_t state = 20261127;
static uint64_t damaged;		/* records */

static uint64_t
next_random(void)
{
	return splitmix64(&state);
}

static uint32_t
below(uint32_t n)
{
	return next_random() % n;
}

static bool
chance(uint32_t one_in)
{
	return below(one_in) == 0;
}

static size_t
record_len(const uint8_t *record)
{
	return sizeof(struct vfu_record) + (record[1] | (size_t)record[2] << 8);
}

static void
seed_read(struct seed *seed, const char *name)
{
	FILE *file = fopen(name, "rb");
	size_t size, at = 0;

	if (file == NULL) {
		perror(name);
		exit(1);
	}
	size = fread(seed->data, 1, sizeof(seed->data), file);
	fclose(file);
	while (size - at >= sizeof(struct vfu_record) && record_len(seed->data + at) <= size - at &&
	       seed->n < MAX_RECORDS) {
		seed->start[seed->n++] = at;
		at += record_len(seed->data + at);
	}
	seed->start[seed->n] = at;
}

/** A number as those that checks forget. */
static uint64_t
interesting(void)
{
	static const uint64_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 20, 24, 31, 32, 36, 40, 48, 64, 255, 256, 257,
		4095, 4096, 4097, 65535, 65536, 65537, 0x00290000, 0x002C0000, 0x01FFFFFC,
		0x02000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF, UINT64_C(1) << 32,
		UINT64_C(1) << 47, UINT64_C(1) << 63, 0 - UINT64_C(4096), 0 - UINT64_C(8),
		UINT64_MAX,
	};

	if (chance(4))
		return next_random();
	return values[below(RTE_DIM(values))];
}

static void
damage_bytes(uint8_t *data, size_t len)
{
	static const unsigned int widths[] = { 1, 2, 4, 4, 8 };
	unsigned int width = widths[below(RTE_DIM(widths))];
	uint64_t value = interesting();
	size_t at;

	if (len < width)
		return;
	/* Fields are aligned to their size, most of the time. */
	at = below(len - width + 1);
	if (!chance(8))
		at -= at % width;
	if (chance(3))
		data[at] ^= (uint8_t)(1u << below(8));
	else
		memcpy(data + at, &value, width);
}

static void
set_size(uint8_t *message, uint32_t size)
{
	memcpy(message + offsetof(struct vfio_user_header, size), &size, sizeof(size));
}

/** Damage a record in place; there is room behind it. */
static void
damage(uint8_t *record)
{
	uint8_t *message = record + sizeof(struct vfu_record);
	size_t len = record_len(record) - sizeof(struct vfu_record), new_len;

	damaged++;
	switch (below(12)) {
	case 0:		/* other descriptors */
		record[0] = next_random();
		break;
	case 1:		/* another number of them */
		record[0] = (record[0] & ~VFU_FDS_COUNT) | below(20);
		break;
	case 2:		/* longer or shorter, and saying so */
		new_len = chance(2) ? below(200) : len + below(16);
		if (new_len > len)
			memset(message + len, below(256), new_len - len);
		record[1] = new_len;
		record[2] = new_len >> 8;
		if (new_len >= HEADER)
			set_size(message, new_len);
		break;
	case 3:		/* in pieces: the rest comes with what follows, which is taken for it */
		if (chance(4) && len > 0)
			record[1] = below(len);
		break;
	case 4:
		if (len >= HEADER)
			message[2] = below(20);		/* another command */
		break;
	case 5:
		if (len >= HEADER && chance(8))
			damage_bytes(message, HEADER);
		else if (len >= HEADER)
			message[8] ^= VFIO_USER_F_NO_REPLY;
		break;
	default:
		if (len > HEADER)
			damage_bytes(message + HEADER, len - HEADER);
	}
}

/** A seed with some of its records changed, repeated, left out, or those of others between. */
static void
mutate(struct output *out)
{
	const struct seed *seed = &seeds[below(n_seeds)], *other = &seeds[below(n_seeds)];
	const unsigned int rate = 1 + below(12);
	unsigned int i, from;
	const struct seed *source;
	size_t size;

	out->len = 0;
	for (i = 0; i < seed->n; i++) {
		source = i > 0 && chance(4 * rate) ? other : seed;
		from = source == seed ? i : below(other->n);
		size = source->start[from + 1] - source->start[from];
		if (sizeof(out->data) - out->len < size + 256)
			return;
		memcpy(out->data + out->len, source->data + source->start[from], size);
		/* VERSION is spared most of the time: without it nothing else is heard. */
		if (chance(rate) && (i > 0 || chance(16)))
			damage(out->data + out->len);
		out->len += record_len(out->data + out->len);
		if (chance(16 * rate))
			i += below(16);
		else if (chance(16 * rate))
			i -= RTE_MIN(i, below(16));
	}
}

static void
hangs(int number)
{
	static const char text[] = "an input takes longer than a server may\n";

	(void)number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) > 0)
		abort();
	_exit(1);
}

int
main(int argc, char **argv)
{
	static struct output out;
	uint64_t wanted = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, inputs = 0, messages, well;
	int i;

	if (wanted == 0 || argc > MAX_SEEDS + 2) {
		fprintf(stderr, "usage: %s <messages> <seed file>...\n", argv[0]);
		return 1;
	}
	signal(SIGALRM, hangs);
	for (i = 2; i < argc; i++) {
		seed_read(&seeds[n_seeds++], argv[i]);
		LLVMFuzzerTestOneInput(seeds[n_seeds - 1].data,
				       seeds[n_seeds - 1].start[seeds[n_seeds - 1].n]);
	}
	/* As they are they are in order, or mostly. */
	messages = fuzz_messages;
	well = fuzz_well;
	if (messages == 0 || well * 10 < messages * 9) {
		fprintf(stderr, "of %" PRIu64 " messages of the seeds only %" PRIu64 " were in "
			"order\n", messages, well);
		return 1;
	}
	for (; damaged < wanted; inputs++) {
		mutate(&out);
		alarm(INPUT_SECONDS);
		LLVMFuzzerTestOneInput(out.data, out.len);
		alarm(0);
	}
	printf("%" PRIu64 " damaged messages in %" PRIu64 " inputs; of %" PRIu64 " received %"
	       PRIu64 " were in order\n", damaged, inputs, fuzz_messages - messages,
	       fuzz_well - well);
	/* Some damage is none to the server, and some is. */
	return fuzz_well == well || fuzz_well - well == fuzz_messages - messages;
}
