/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Records of what hosts used (model_coverage.h says of what, and when).
 *
 * A file is written when a device goes and brings something new, and at the end of the process:
 * one that is killed loses only what its last devices did.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_pause.h>

#include "model_coverage.h"
#include "model_fw.h"

#define COVERAGE_ANSWERS	1024	/* of commands that exist; unknown opcodes share one */
#define COVERAGE_UNKNOWN	0x10000	/* the opcode that stands for these */
#define COVERAGE_BLOCKS		160
#define COVERAGE_PAGE		4096
#define COVERAGE_LOOK_US	1000	/* from one block to the next */
#define COVERAGE_PAGES		(E810_BAR0_SIZE / COVERAGE_PAGE)
#define COVERAGE_LOCK_TRIES	10000

#define USED_READ		0x1
#define USED_WRITTEN		0x2

struct coverage_answer {
	uint32_t opcode;
	uint8_t queue;			/* enum model_coverage_queue */
	uint8_t rc;
	uint64_t count;
};

/** Of a device, or of all devices of the process. */
struct model_coverage {
	struct model_coverage *next;
	struct aether_model *model;
	unsigned int next_block;	/* to look through, */
	uint64_t next_look;		/* at this TSC */
	bool no_reads;			/* BAR memory mode: reads of the host are not seen */
	unsigned int n_answers;
	uint8_t block[COVERAGE_BLOCKS];	/* USED_* */
	uint8_t config[16];
	uint8_t page[COVERAGE_PAGES];	/* with registers that are in no block */
	struct coverage_answer answer[COVERAGE_ANSWERS];
};

static pthread_mutex_t coverage_lock = PTHREAD_MUTEX_INITIALIZER;
/* Under coverage_lock. */
static struct model_coverage *living;
static struct model_coverage total;
static char directory[4096];
static char witness[64];
static bool unwritten;			/* total has counts that the file has not */

/* ------------------------------------------------------------------ what hosts do ----------- */

/** The block that has this offset, or NULL. */
static const struct model_block *
block_find(uint32_t offset)
{
	unsigned int low = 0, high = model_n_blocks, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (offset >= model_blocks[middle].end)
			low = middle + 1;
		else
			high = middle;
	}
	return low < model_n_blocks && offset >= model_blocks[low].first ? &model_blocks[low] : NULL;
}

void
model_coverage_note_register(struct model_coverage *coverage, uint32_t offset, bool write)
{
	const struct model_block *block = block_find(offset);
	uint8_t how = write ? USED_WRITTEN : USED_READ;

	if (coverage->no_reads && !write)
		return;
	if (block != NULL)
		coverage->block[block - model_blocks] |= how;
	else
		coverage->page[offset / COVERAGE_PAGE] |= how;
}

void
model_coverage_note_config(struct model_coverage *coverage, uint32_t offset, size_t len, bool write)
{
	unsigned int i;

	if (coverage->no_reads && !write)
		return;
	for (i = 0; i < model_n_config_blocks; i++)
		if (offset < model_config_blocks[i].end &&
		    offset + len > model_config_blocks[i].first)
			coverage->config[i] |= write ? USED_WRITTEN : USED_READ;
}

/** @return whether there was no such answer before */
static bool
answer_add(struct model_coverage *coverage, const struct coverage_answer *more)
{
	struct coverage_answer *answer;
	unsigned int i;

	for (i = 0; i < coverage->n_answers; i++) {
		answer = &coverage->answer[i];
		if (answer->opcode != more->opcode || answer->queue != more->queue ||
		    answer->rc != more->rc)
			continue;
		answer->count += more->count;
		return false;
	}
	if (coverage->n_answers == COVERAGE_ANSWERS)
		return false;
	coverage->answer[coverage->n_answers++] = *more;
	return true;
}

void
model_coverage_note_answer(struct model_coverage *coverage, enum model_coverage_queue queue,
			   uint16_t opcode, unsigned int rc)
{
	struct coverage_answer answer = {
		.opcode = opcode, .queue = queue, .rc = rc, .count = 1,
	};

	/* Events are the device's own, and not all are answers to a command of that number. */
	if (queue == MODEL_COVERAGE_COMMAND && !model_fw_opcode_known(opcode))
		answer.opcode = COVERAGE_UNKNOWN;
	answer_add(coverage, &answer);
}

/* ------------------------------------------------------------------ what hosts left --------- */

/** Doorbells are memory in either mode. */
static void
doorbells_note(struct aether_model *model)
{
	unsigned int q;

	for (q = 0; q < MODEL_RX_QUEUES; q++)
		if (model_reg_get(model, QRX_TAIL(q)) != 0)
			model_coverage_note_register(model->coverage, QRX_TAIL(q), true);
	for (q = 0; q < MODEL_TX_QUEUES; q++)
		if (model_reg_get(model, QTX_COMM_DBELL(q)) != 0)
			model_coverage_note_register(model->coverage, QTX_COMM_DBELL(q), true);
}

/** BAR memory mode: what differs from the registers as the device showed them is the host's. */
static void
range_note(struct aether_model *model, uint32_t first, uint32_t end)
{
	const uint32_t *shadow = model->watch->shadow;
	const struct model_block *block;
	uint32_t offset;

	if (memcmp(model->bar0 + first, shadow + first / 4, end - first) == 0)
		return;
	for (offset = first; offset < end; offset += 4) {
		if (model_reg_get(model, offset) == shadow[offset / 4])
			continue;
		block = block_find(offset);
		if (block == NULL || block->kind != MODEL_BLOCK_SHOWS)
			model_coverage_note_register(model->coverage, offset, true);
	}
}

static void
block_note(struct aether_model *model, unsigned int i)
{
	const struct model_block *block = &model_blocks[i];

	if (block->kind != MODEL_BLOCK_SHOWS &&
	    (model->coverage->block[i] & USED_WRITTEN) == 0)
		range_note(model, block->first, block->end);
}

void
model_coverage_note_storage(struct aether_model *model)
{
	unsigned int i;

	if (model->watch == NULL) {
		doorbells_note(model);
		return;
	}
	for (i = 0; i < model_n_blocks; i++)
		block_note(model, i);
}

/** All of BAR 0, which takes milliseconds, but for pages that nobody has touched. */
static void
everything_note(struct aether_model *model)
{
	unsigned char *present;
	unsigned int i;

	model_coverage_note_storage(model);
	present = model->watch != NULL ? malloc(COVERAGE_PAGES) : NULL;
	if (present != NULL && mincore(model->bar0, E810_BAR0_SIZE, present) == 0)
		for (i = 0; i < COVERAGE_PAGES; i++)
			if ((present[i] & 1) != 0)
				range_note(model, i * COVERAGE_PAGE, (i + 1) * COVERAGE_PAGE);
	free(present);
}

/** One block at a time: some microseconds, not to look like a stall. */
void
model_coverage_note_next(struct aether_model *model, uint64_t tsc)
{
	struct model_coverage *coverage = model->coverage;

	if (tsc < coverage->next_look)
		return;
	coverage->next_look = tsc + model_us(model, COVERAGE_LOOK_US);
	block_note(model, coverage->next_block);
	coverage->next_block = (coverage->next_block + 1) % model_n_blocks;
}

/* ------------------------------------------------------------------ adding up --------------- */

static bool
bytes_or(uint8_t *all, const uint8_t *more, size_t n)
{
	bool new = false;
	size_t i;

	for (i = 0; i < n; i++) {
		new |= (more[i] & ~all[i]) != 0;
		all[i] |= more[i];
	}
	return new;
}

/** @return whether this brought something new */
static bool
coverage_merge(struct model_coverage *all, const struct model_coverage *more)
{
	bool new = bytes_or(all->block, more->block, sizeof(all->block));
	unsigned int i;

	new |= bytes_or(all->config, more->config, sizeof(all->config));
	new |= bytes_or(all->page, more->page, sizeof(all->page));
	for (i = 0; i < more->n_answers; i++)
		new |= answer_add(all, &more->answer[i]);
	return new;
}

/* ------------------------------------------------------------------ the file ---------------- */

static void
write_used(FILE *file, const char *key, uint32_t first, uint32_t end, const char *name,
	   uint8_t used, const char *more)
{
	fprintf(file, "%s\n  {\"first\": %" PRIu32 ", \"end\": %" PRIu32 ", \"name\": \"%s\", "
		"\"read\": %s, \"written\": %s%s}", key, first, end, name,
		(used & USED_READ) != 0 ? "true" : "false",
		(used & USED_WRITTEN) != 0 ? "true" : "false", more);
}

static void
write_blocks(FILE *file)
{
	static const char *const kinds[] = {
		[MODEL_BLOCK_ACTS] = ", \"kind\": \"acts\"",
		[MODEL_BLOCK_SHOWS] = ", \"kind\": \"shows\"",
		[MODEL_BLOCK_STORES] = ", \"kind\": \"stores\"",
	};
	const struct model_block *block;
	const char *sep = "";
	unsigned int i;

	fprintf(file, " \"registers\": [");
	for (i = 0; i < model_n_blocks; i++) {
		block = &model_blocks[i];
		write_used(file, i == 0 ? "" : ",", block->first, block->end, block->name,
			   total.block[i], kinds[block->kind]);
	}
	fprintf(file, "],\n \"other\": [");
	for (i = 0; i < COVERAGE_PAGES; i++) {
		if (total.page[i] == 0)
			continue;
		write_used(file, sep, i * COVERAGE_PAGE, (i + 1) * COVERAGE_PAGE, "",
			   total.page[i], "");
		sep = ",";
	}
	fprintf(file, "],\n \"config\": [");
	for (i = 0; i < model_n_config_blocks; i++) {
		block = &model_config_blocks[i];
		write_used(file, i == 0 ? "" : ",", block->first, block->end, block->name,
			   total.config[i], "");
	}
	fprintf(file, "],\n");
}

static void
write_answers(FILE *file)
{
	static const char *const queues[] = {
		[MODEL_COVERAGE_COMMAND] = "command", [MODEL_COVERAGE_EVENT] = "event",
		[MODEL_COVERAGE_MAILBOX] = "mailbox", [MODEL_COVERAGE_SIDEBAND] = "sideband",
	};
	const struct coverage_answer *answer;
	const char *name;
	uint16_t opcode;
	bool modelled;
	unsigned int i;

	fprintf(file, " \"opcodes\": [");
	for (i = 0; model_fw_opcode_get(i, &opcode, &name, &modelled); i++)
		fprintf(file, "%s\n  {\"opcode\": %u, \"name\": \"%s\", \"modelled\": %s}",
			i == 0 ? "" : ",", opcode, name, modelled ? "true" : "false");
	fprintf(file, "],\n \"answers\": [");
	for (i = 0; i < total.n_answers; i++) {
		answer = &total.answer[i];
		fprintf(file, "%s\n  {\"queue\": \"%s\", \"opcode\": %" PRIu32 ", \"rc\": %u, "
			"\"count\": %" PRIu64 "}", i == 0 ? "" : ",", queues[answer->queue],
			answer->opcode, answer->rc, answer->count);
	}
	fprintf(file, "]\n");
}

/** As a JSON string, and a file name: what could break either becomes '_'. */
static void
copy_plain(char *out, size_t size, const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0' && i < size - 1; i++)
		out[i] = text[i] < ' ' || text[i] > '~' || strchr("\"\\/", text[i]) != NULL ?
			 '_' : text[i];
	out[i] = '\0';
}

static void
coverage_lost(void)
{
	MODEL_LOG(ERR, (struct aether_model *)NULL, "AETHER_MODEL_COVERAGE=%s: %s; the record of "
		  "this process is lost", directory, strerror(errno));
}

/** Written beside and renamed, so that a reader never sees half a file. */
static void
coverage_write(void)
{
	static uint64_t born;
	char path[4352], beside[4400], program[64];
	struct timespec now;
	FILE *file;

	if (born == 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		born = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
	}
	copy_plain(program, sizeof(program), program_invocation_short_name);
	snprintf(path, sizeof(path), "%s/%s-%d-%" PRIx64 ".json", directory, witness, getpid(),
		 born);
	snprintf(beside, sizeof(beside), "%s.part", path);
	file = fopen(beside, "w");
	if (file == NULL) {
		coverage_lost();
		return;
	}
	fprintf(file, "{\"witness\": \"%s\", \"program\": \"%s\",\n", witness, program);
	write_blocks(file);
	write_answers(file);
	fprintf(file, "}\n");
	if (fclose(file) != 0 || rename(beside, path) != 0)
		coverage_lost();
	unwritten = false;
}

/* ------------------------------------------------------------------ devices come and go ----- */

void
model_coverage_start(struct aether_model *model)
{
	const char *where = getenv("AETHER_MODEL_COVERAGE");
	const char *who = getenv("AETHER_MODEL_WITNESS");
	struct model_coverage *coverage;

	RTE_BUILD_BUG_ON(sizeof(total.page) != COVERAGE_PAGES);
	if (where == NULL || *where == '\0' || strlen(where) >= sizeof(directory) ||
	    model_n_blocks > COVERAGE_BLOCKS)
		return;
	coverage = calloc(1, sizeof(*coverage));
	if (coverage == NULL)
		return;
	coverage->model = model;
	coverage->no_reads = model->conf.bar_mode == AETHER_MODEL_BAR_MEMORY;
	pthread_mutex_lock(&coverage_lock);
	strcpy(directory, where);
	/* Only the last folder of the path is made. That it is there, the first writing finds. */
	(void)mkdir(directory, 0755);
	copy_plain(witness, sizeof(witness), who != NULL && *who != '\0' ? who : "unnamed");
	coverage->next = living;
	living = coverage;
	model->coverage = coverage;
	pthread_mutex_unlock(&coverage_lock);
}

void
model_coverage_stop(struct aether_model *model)
{
	struct model_coverage *coverage = model->coverage, **it = &living;

	if (coverage == NULL)
		return;
	if (model->bar0 != NULL)
		everything_note(model);
	pthread_mutex_lock(&coverage_lock);
	while (*it != coverage)
		it = &(*it)->next;
	*it = coverage->next;
	unwritten = true;
	if (coverage_merge(&total, coverage))
		coverage_write();
	pthread_mutex_unlock(&coverage_lock);
	model->coverage = NULL;
	free(coverage);
}

/** Its lock, unless who holds it is gone: a process may end at any place. */
static bool
lock_at_exit(struct aether_model *model)
{
	unsigned int i;

	for (i = 0; i < COVERAGE_LOCK_TRIES; i++) {
		if (rte_ticketlock_trylock(&model->lock))
			return true;
		rte_pause();
	}
	return false;
}

/** Devices that are still there when the process ends. */
RTE_FINI(coverage_end)
{
	struct model_coverage *coverage;

	if (pthread_mutex_trylock(&coverage_lock) != 0)
		return;
	for (coverage = living; coverage != NULL; coverage = coverage->next) {
		if (!lock_at_exit(coverage->model))
			continue;
		everything_note(coverage->model);
		coverage_merge(&total, coverage);
		unwritten = true;
		rte_ticketlock_unlock(&coverage->model->lock);
	}
	if (unwritten)
		coverage_write();
	pthread_mutex_unlock(&coverage_lock);
}
