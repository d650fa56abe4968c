/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * mutate_aq <commands> <seed file>...: what drivers did (the seeds), changed in many ways, until the
 * device has answered so many commands. The same changes in each run. Unlike a fuzzer that knows
 * bytes this one knows records: it changes opcodes, lengths, flags, addresses and buffers of some,
 * leaves out, repeats and swaps others, and puts registers, resets and lost memory in between.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aether_model.h"
#include "e810_hw.h"
#include "model_aq.h"
#include "splitmix.h"

#define MAX_SEED	(64u << 10)
#define INPUT_BYTES	(256u << 10)
#define MAX_RECORDS	1024
#define MAX_SEEDS	16
#define COMMAND_BYTES	(1 + sizeof(struct aq_command))
#define INPUT_SECONDS	10	/* for some hundred commands; measured: milliseconds */

struct seed {
	uint8_t data[MAX_SEED];
	size_t start[MAX_RECORDS + 1];	/* of each record; the last one: of what follows */
	unsigned int n;
};

struct output {
	uint8_t data[INPUT_BYTES];
	size_t len;
};

static struct seed seeds[MAX_SEEDS];
static unsigned int n_seeds;
static uint64_t random_state = 20261127;

static uint64_t
next_random(void)
{
	return splitmix64(&random_state);
}

static unsigned int
below(unsigned int n)
{
	return next_random() % n;
}

/** One time in n. */
static bool
chance(unsigned int n)
{
	return below(n) == 0;
}

static void
append(struct output *out, const void *data, size_t len)
{
	if (len > sizeof(out->data) - out->len)
		return;
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

/* ------------------------------------------------------------------ seeds ------------------- */

/** Length of the record at `at`, 0: there is none. */
static size_t
record_len(const uint8_t *at, size_t left)
{
	static const uint8_t lens[AQ_RECORDS] = {
		[AQ_COMMAND] = COMMAND_BYTES, [AQ_WRITE] = 9, [AQ_READ] = 5, [AQ_DOORBELL] = 9,
		[AQ_CONFIG] = 7, [AQ_MEMORY] = 2, [AQ_RESET] = 2,
	};
	size_t len;

	if (left == 0)
		return 0;
	len = lens[*at % AQ_RECORDS];
	if (len <= left && *at % AQ_RECORDS == AQ_COMMAND)
		len += at[COMMAND_BYTES - 2] | at[COMMAND_BYTES - 1] << 8;
	return len <= left ? len : 0;
}

static void
seed_read(struct seed *seed, const char *name)
{
	FILE *file = fopen(name, "rb");
	size_t size, at = 0, len;

	if (file == NULL) {
		perror(name);
		exit(1);
	}
	size = fread(seed->data, 1, sizeof(seed->data), file);
	fclose(file);
	while (seed->n < MAX_RECORDS && (len = record_len(seed->data + at, size - at)) != 0) {
		seed->start[seed->n++] = at;
		at += len;
	}
	seed->start[seed->n] = at;
	if (seed->n == 0 || at != size) {
		fprintf(stderr, "%s: a record is cut short, or there are more than %u\n", name,
			MAX_RECORDS);
		exit(1);
	}
}

/* ------------------------------------------------------------------ changes ----------------- */

static uint32_t
some_value(void)
{
	static const uint32_t values[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 65, 127, 128, 255, 256, 257, 511, 512,
		513, 767, 768, 1023, 1024, 2047, 2048, 4095, 4096, 4097, 8191, 0x3FFF, 0x7FFF,
		0x8000, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
	};

	return chance(4) ? next_random() : values[below(sizeof(values) / sizeof(*values))];
}

static uint32_t
some_register(void)
{
	static const uint32_t registers[] = {
		PF_FW_ATQBAL, PF_FW_ATQBAH, PF_FW_ATQLEN, PF_FW_ATQH, PF_FW_ATQT, PF_FW_ARQBAL,
		PF_FW_ARQBAH, PF_FW_ARQLEN, PF_FW_ARQH, PF_FW_ARQT, PF_MBX_ATQBAL, PF_MBX_ATQLEN,
		PF_MBX_ATQH, PF_MBX_ATQT, PF_MBX_ARQLEN, PF_MBX_ARQH, PF_MBX_ARQT, PF_SB_ATQBAL,
		PF_SB_ATQLEN, PF_SB_ATQH, PF_SB_ATQT, PF_SB_ARQLEN, PF_SB_ARQH, PF_SB_ARQT,
		PFINT_OICR, PFINT_OICR_ENA, PFINT_OICR_CTL, PFINT_FW_CTL, GLINT_CTL, PFGEN_CTRL,
		GLGEN_RTRIG, QRX_CTRL(0), QRX_CONTEXT(3, 0), QRX_TAIL(0), QTX_COMM_DBELL(0),
		QINT_RQCTL(0), QINT_TQCTL(0), GLINT_DYN_CTL(0), GLINT_ITR(0, 0), VSIQF_HASH_CTL(0),
		GLQF_HMASK(0), GLQF_HMASK_SEL(0), GLQF_HSYMM(0, 0), QRXFLXP_CNTXT(0),
		GL_MDET_RX, PF_MDET_TX_PQM, GLTSYN_TIME_L(0), GLPRT_GORCL(0), GLV_REPC(0),
	};
	uint32_t offset = registers[below(sizeof(registers) / sizeof(*registers))];

	if (chance(16))
		return next_random();
	return chance(4) ? offset + 4 * below(300) : offset;
}

/** Something between commands. */
static void
interlude(struct output *out)
{
	uint8_t record[9] = { chance(3) ? AQ_READ : AQ_WRITE };
	const uint32_t words[2] = { some_register(), some_value() };

	memcpy(record + 1, words, sizeof(words));
	switch (below(24)) {
	case 0:
		record[0] = AQ_MEMORY;
		append(out, record, 2);
		break;
	case 1:
		record[0] = AQ_RESET;
		append(out, record, 2);
		break;
	case 2:
	case 3:
		record[0] = AQ_CONFIG;
		append(out, record, 7);
		break;
	case 4:
	case 5:
	case 6:
		record[0] = AQ_DOORBELL;
		append(out, record, 9);
		break;
	default:
		append(out, record, record[0] == AQ_READ ? 5 : 9);
	}
}

/** One to four bytes anywhere. */
static void
damage(uint8_t *data, size_t len)
{
	const uint32_t value = some_value();
	size_t n = 1u << below(3);

	if (n > len)
		return;
	memcpy(data + below(len - n + 1), &value, n);
}

/** Another opcode: of another command, or any; with the buffer as it is. */
static void
other_opcode(uint8_t opcode[2])
{
	const struct seed *seed = &seeds[below(n_seeds)];
	const uint8_t *record = seed->data + seed->start[below(seed->n)];
	const struct aq_command *other = (const void *)(record + 1);

	if (*record == AQ_COMMAND && !chance(8))
		memcpy(opcode, other->opcode, 2);
	else
		opcode[below(4) == 0] = next_random();
}

static void
command_change(uint8_t *record, size_t len)
{
	struct aq_command *command = (void *)(record + 1);
	uint32_t value = some_value();

	switch (below(10)) {
	case 0:
		other_opcode(command->opcode);
		break;
	case 1:
		command->flags[1] ^= 1u << below(8);
		break;
	case 2:
		memcpy(command->datalen, &value, 2);
		break;
	case 3:
		command->where = below(AQ_WHERES);
		break;
	case 4:
		command->queue = below(8);
		command->together ^= below(2);
		break;
	case 5:
	case 6:
	case 7:
		damage(command->params, sizeof(command->params));
		break;
	default:
		if (len > COMMAND_BYTES)
			damage(record + COMMAND_BYTES, len - COMMAND_BYTES);
		else
			damage(command->params, 8);
	}
}

static void
record_change(uint8_t *record, size_t len)
{
	unsigned int n = 1 + below(3);

	while (n-- > 0) {
		if (*record == AQ_COMMAND)
			command_change(record, len);
		else if (len > 1)
			damage(record + 1, len - 1);
	}
}

/** A seed with some of its records changed. */
static void
mutate(struct output *out)
{
	const struct seed *seed = &seeds[below(n_seeds)];
	const unsigned int rate = 2 + below(16);
	size_t at;
	unsigned int i, from;

	out->len = 0;
	for (i = 0; i < seed->n; i++) {
		from = chance(4 * rate) ? below(seed->n) : i;
		at = out->len;
		append(out, seed->data + seed->start[from],
		       seed->start[from + 1] - seed->start[from]);
		if (out->len == at)
			return;
		if (chance(rate))
			record_change(out->data + at, out->len - at);
		if (chance(4 * rate))
			interlude(out);
		if (chance(16 * rate))
			i += below(16);
		else if (chance(16 * rate))
			i -= below(i + 1);
	}
}

/* ------------------------------------------------------------------ run --------------------- */

static void
hangs(int number)
{
	static const char text[] = "an input takes longer than the device may\n";

	(void)number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) > 0)
		abort();
	_exit(1);
}

int
main(int argc, char **argv)
{
	static struct output out;
	unsigned long wanted = argc > 2 ? strtoul(argv[1], NULL, 10) : 0, inputs = 0;
	int i;

	if (wanted == 0 || argc > MAX_SEEDS + 2) {
		fprintf(stderr, "usage: %s <commands> <seed file>...\n", argv[0]);
		return 1;
	}
	signal(SIGALRM, hangs);
	for (i = 2; i < argc; i++) {
		seed_read(&seeds[n_seeds++], argv[i]);
		LLVMFuzzerTestOneInput(seeds[n_seeds - 1].data,
				       seeds[n_seeds - 1].start[seeds[n_seeds - 1].n]);
	}
	/* As they are they are what drivers do, or mostly. */
	if (aq_well * 2 < aq_answered) {
		fprintf(stderr, "of %lu commands of the seeds only %lu were answered well\n",
			aq_answered, aq_well);
		return 1;
	}
	for (aq_answered = aq_well = 0; aq_answered < wanted; inputs++) {
		mutate(&out);
		alarm(INPUT_SECONDS);
		LLVMFuzzerTestOneInput(out.data, out.len);
		alarm(0);
	}
	printf("%lu commands in %lu inputs answered, %lu of them well\n", aq_answered, inputs,
	       aq_well);
	/* Some changes are none to the device, and some are. */
	return aq_well == 0 || aq_well == aq_answered;
}
