/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * mutate_partition <files>: the check on that many damaged files of the kernel's, some at a time
 * among others that are whole. The same ones in each run.
 */

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "partition.h"
#include "splitmix.h"

#define MOST_AT_A_TIME	24
#define INPUT_SECONDS	60

static uint64_t state = 20261127;

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

struct text {
	char data[PARTITION_MAX_FILE + 64];
	size_t len;
};

/** Put this in place of `cut` bytes at a position. */
static void
splice(struct text *text, size_t at, size_t cut, const char *with, size_t len)
{
	cut = RTE_MIN(cut, text->len - at);
	if (text->len - cut + len > PARTITION_MAX_FILE)
		return;
	memmove(text->data + at + len, text->data + at + cut, text->len - at - cut);
	memcpy(text->data + at, with, len);
	text->len += len - cut;
}

static void
damage(struct text *text)
{
	static const char *const words[] = {
		"N", "all", "ALL", ",", "-", ":", "/", "\n", " ", "\t", "0", "1", "2", "3", "2-3",
		"7", "8", "0-7", "0-N", ":1/2", ":3/4", "all:1/2", "8191", "8192", "4294967295",
		"4294967296", "99999999999999999999", "(null)\n", "0x3", "f3", "ff", "00000000,",
		"\xa0", "-1", "Cpus_allowed_list:\t", "Name:\t", "Kthread:\t1\n", "PPid:\t2\n",
		"performance", "[madvise]", "[always]", "isolcpus=", "rcu_nocbs=2-3 ", " -- ",
		"0::/", "..", "\"", "unlimited", "constant_tsc",
		"L3:", "L3CODE:0=", "MB:0= 100", "L3DATA:1=4", ";1=7ff", "=7", "exclusive\n", " L3:0=3",
	};
	const char *word = words[below(RTE_DIM(words))];
	size_t at = below(text->len + 1), len = below(8);
	char byte = next_random(), again[8];

	switch (below(8)) {
	case 0:
		splice(text, at, 0, word, strlen(word));
		break;
	case 1:
		splice(text, at, 1 + below(4), word, strlen(word));
		break;
	case 2:
		splice(text, at, 1 + len, "", 0);
		break;
	case 3:
		splice(text, at, 1, &byte, 1);
		break;
	case 4:
		splice(text, at, 0, &byte, 1);
		break;
	case 5:			/* some of it again */
		len = RTE_MIN(len, text->len / 2);
		memcpy(again, text->data + below(text->len + 1) / 2, len);
		splice(text, at, 0, again, len);
		break;
	case 6:
		text->len = below(4) == 0 ? 0 : at;
		break;
	default:
		if (text->len != 0)
			text->data[at % text->len] ^= 1 << below(8);
	}
}

/** A record: a file, good or bad as it was, and then damaged mostly a little. */
static size_t
write_record(uint8_t *out)
{
	static struct text text;
	const unsigned int file = below(partition_n_files);
	const char *from = below(2) ? partition_files[file].good : partition_files[file].bad;
	unsigned int n = 1 + below(below(4) == 0 ? 12 : 2);

	text.len = strlen(from);
	memcpy(text.data, from, text.len);
	while (n-- != 0)
		damage(&text);
	/* Most of what the kernel writes ends so, and what does not is told by that alone. */
	if (below(4) != 0 && text.len < PARTITION_MAX_FILE &&
	    (text.len == 0 || text.data[text.len - 1] != '\n'))
		text.data[text.len++] = '\n';
	out[0] = file;
	out[1] = text.len;
	out[2] = text.len >> 8;
	memcpy(out + 3, text.data, text.len);
	return 3 + text.len;
}

static void
hangs(int number)
{
	static const char words[] = "an input takes longer than a check may\n";

	(void)number;
	if (write(STDERR_FILENO, words, sizeof(words) - 1) > 0)
		abort();
	_exit(1);
}

int
main(int argc, char **argv)
{
	static uint8_t input[MOST_AT_A_TIME * (PARTITION_MAX_FILE + 3)];
	uint64_t wanted = argc == 2 ? strtoul(argv[1], NULL, 10) : 0, done = 0, fine;
	unsigned int n;
	size_t len;

	if (wanted == 0) {
		fprintf(stderr, "usage: %s <files>\n", argv[0]);
		return 1;
	}
	signal(SIGALRM, hangs);
	LLVMFuzzerTestOneInput(NULL, 0);
	fine = partition_fine;
	while (done < wanted) {
		for (n = 1 + below(MOST_AT_A_TIME), len = 0; n-- != 0; done++)
			len += write_record(input + len);
		alarm(INPUT_SECONDS);
		LLVMFuzzerTestOneInput(input, len);
		alarm(0);
	}
	printf("%" PRIu64 " damaged files in %" PRIu64 " checks; %" PRIu64 " times a rule was fine, %"
	       PRIu64 " times not; on the whole host %" PRIu64 " rules were fine\n", done,
	       partition_checks - 1, partition_fine - fine, partition_other, fine);
	/* Some damage is none to a rule, and some is. */
	return partition_fine == fine || partition_other < partition_checks;
}
