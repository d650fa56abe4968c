/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Any bytes as what a driver does to the device: admin commands, messages, registers, doorbells,
 * configuration space, mappings and resets. Nothing may crash, hang, or reach memory that is not
 * mapped for the device: around each mapping lie pages that must stay as they are, and what is
 * mapped read-only too. After each input, a device that is reset must answer a command.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <rte_log.h>

#include "aether_model.h"
#include "e810_hw.h"
#include "model_aq.h"

#define PAGE		4096
#define CANARY		(4 * PAGE)
#define CANARY_BYTE	0xC5
#define RING		16
#define RECEIVE_AT	0x8000
#define EVENTS_AT	0x10000
#define BUFFERS_AT	0x40000
#define STEPS		8
#define RESET_MS	100

struct queue {
	struct { uint32_t bal, bah, len, head, tail; } transmit, receive;
	uint16_t next;
};

unsigned long aq_answered, aq_well;

static struct aether_model *model;
static uint8_t *memory, *read_only;	/* with a canary before and behind */
static struct queue queues[AQ_QUEUES] = {
	[AQ_ADMIN] = {
		{ PF_FW_ATQBAL, PF_FW_ATQBAH, PF_FW_ATQLEN, PF_FW_ATQH, PF_FW_ATQT },
		{ PF_FW_ARQBAL, PF_FW_ARQBAH, PF_FW_ARQLEN, PF_FW_ARQH, PF_FW_ARQT }, 0,
	},
	[AQ_MAILBOX] = {
		{ PF_MBX_ATQBAL, PF_MBX_ATQBAH, PF_MBX_ATQLEN, PF_MBX_ATQH, PF_MBX_ATQT },
		{ PF_MBX_ARQBAL, PF_MBX_ARQBAH, PF_MBX_ARQLEN, PF_MBX_ARQH, PF_MBX_ARQT }, 0,
	},
	[AQ_SIDEBAND] = {
		{ PF_SB_ATQBAL, PF_SB_ATQBAH, PF_SB_ATQLEN, PF_SB_ATQH, PF_SB_ATQT },
		{ PF_SB_ARQBAL, PF_SB_ARQBAH, PF_SB_ARQLEN, PF_SB_ARQH, PF_SB_ARQT }, 0,
	},
};

/* ------------------------------------------------------------------ the host ---------------- */

static void
broken(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static uint8_t *
mapping_make(size_t len)
{
	uint8_t *all = mmap(NULL, len + 2 * CANARY, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED)
		broken("no memory");
	memset(all, CANARY_BYTE, len + 2 * CANARY);
	return all + CANARY;
}

static bool
is_canary(const uint8_t *at, size_t len)
{
	return *at == CANARY_BYTE && memcmp(at, at + 1, len - 1) == 0;
}

static void
memory_map(void)
{
	aether_model_dma_map(model, AQ_IOVA, AQ_BYTES, memory, true);
	aether_model_dma_map(model, AQ_READ_ONLY_IOVA, AQ_READ_ONLY_BYTES, read_only, false);
}

static void
memory_check(void)
{
	if (!is_canary(memory - CANARY, CANARY) || !is_canary(memory + AQ_BYTES, CANARY))
		broken("memory beside a mapping was written");
	if (!is_canary(read_only - CANARY, AQ_READ_ONLY_BYTES + 2 * CANARY))
		broken("memory that is not mapped for writing was written");
}

static void
host_open(void)
{
	const struct aether_model_conf conf = {
		.name = "fuzzed", .wire = "loop", .ddp = AETHER_MODEL_DDP_PRELOADED,
	};

	/* What the device says is made, and not read: that is where strings go wrong. */
	rte_openlog_stream(fopen("/dev/null", "w"));
	/* What no driver does is no witness of what the device is used for. */
	unsetenv("AETHER_MODEL_COVERAGE");
	memory = mapping_make(AQ_BYTES);
	read_only = mapping_make(AQ_READ_ONLY_BYTES);
	model = aether_model_create(&conf);
	if (model == NULL)
		broken("no device");
}

/** The buffer's address, high half first, as descriptors have it. */
static void
put_address(uint8_t *params, uint64_t iova)
{
	const uint32_t address[2] = { iova >> 32, (uint32_t)iova };

	memcpy(params + 8, address, sizeof(address));
}

static void
queue_start(unsigned int q)
{
	struct queue *queue = &queues[q];
	struct e810_aq_desc *desc = (void *)(memory + RECEIVE_AT + q * PAGE);
	unsigned int i;

	queue->next = 0;
	memset(memory + q * PAGE, 0, RING * sizeof(*desc));
	memset(desc, 0, RING * sizeof(*desc));
	for (i = 0; i < RING; i++) {
		desc[i].flags = E810_AQ_FLAG_BUF | E810_AQ_FLAG_LB;
		desc[i].datalen = PAGE;
		put_address(desc[i].params, AQ_IOVA + EVENTS_AT + (q * RING + i) * PAGE);
	}
	aether_model_reg_write32(model, queue->transmit.head, 0);
	aether_model_reg_write32(model, queue->transmit.tail, 0);
	aether_model_reg_write32(model, queue->transmit.bal, (uint32_t)AQ_IOVA + q * PAGE);
	aether_model_reg_write32(model, queue->transmit.bah, AQ_IOVA >> 32);
	aether_model_reg_write32(model, queue->transmit.len, RING | PF_CTLQ_LEN_ENABLE);
	aether_model_reg_write32(model, queue->receive.head, 0);
	aether_model_reg_write32(model, queue->receive.bal,
				 (uint32_t)AQ_IOVA + RECEIVE_AT + q * PAGE);
	aether_model_reg_write32(model, queue->receive.bah, AQ_IOVA >> 32);
	aether_model_reg_write32(model, queue->receive.len, RING | PF_CTLQ_LEN_ENABLE);
	aether_model_reg_write32(model, queue->receive.tail, RING - 1);
}

static void
steps(unsigned int n)
{
	while (n-- > 0)
		aether_model_step(model, 32);
}

/** A device in the state in which a driver finds it. */
static void
host_begin(void)
{
	unsigned int q;

	aether_model_dma_unmap(model, 0, SIZE_MAX);
	memory_map();
	aether_model_flr(model);
	for (q = 0; q < AQ_QUEUES; q++)
		queue_start(q);
}

static bool
in_reset(void)
{
	return (aether_model_reg_read32(model, PFGEN_CTRL) & PFGEN_CTRL_PFSWR) != 0 ||
	       (aether_model_reg_read32(model, GLGEN_RSTAT) & GLGEN_RSTAT_DEVSTATE_M) != 0;
}

/** Whatever was done: reset and asked for its version, the device answers. */
static void
host_end(void)
{
	const struct timespec nap = { .tv_nsec = 100000 };
	struct e810_aq_desc *desc = (void *)memory;
	unsigned int i;

	for (i = 0; i < RESET_MS * 10 && in_reset(); i++) {
		steps(1);
		nanosleep(&nap, NULL);
	}
	host_begin();
	memset(desc, 0, sizeof(*desc));
	desc->opcode = E810_AQC_GET_VER;
	aether_model_reg_write32(model, PF_FW_ATQT, 1);
	steps(STEPS);
	if (desc->flags != (E810_AQ_FLAG_DD | E810_AQ_FLAG_CMP) || desc->retval != 0)
		broken("after a reset the device answers no more");
	memory_check();
}

/* ------------------------------------------------------------------ records ----------------- */

struct input {
	const uint8_t *at, *end;
};

static bool
take(struct input *in, void *out, size_t n)
{
	if ((size_t)(in->end - in->at) < n)
		return false;
	memcpy(out, in->at, n);
	in->at += n;
	return true;
}

static uint16_t
get16(const uint8_t *at)
{
	return at[0] | at[1] << 8;
}

static uint64_t
buffer_address(const struct aq_command *command, unsigned int slot)
{
	const uint16_t len = get16(command->datalen);
	uint32_t given[2];

	switch (command->where % AQ_WHERES) {
	case AQ_GOOD:
		return AQ_IOVA + BUFFERS_AT + slot * PAGE;
	case AQ_READ_ONLY:
		return AQ_READ_ONLY_IOVA;
	case AQ_EDGE:
		return AQ_IOVA + AQ_BYTES - len / 2;
	case AQ_BEFORE:
		return AQ_IOVA - 1;
	case AQ_RING:
		return AQ_IOVA + slot * sizeof(struct e810_aq_desc);
	default:
		memcpy(given, command->params + 8, sizeof(given));
		return (uint64_t)given[0] << 32 | given[1];
	}
}

/** The answer, if there is one, is counted; the descriptors are then zero again. */
static void
answers_look(const struct queue *queue, struct e810_aq_desc *ring, unsigned int first)
{
	for (; first != queue->next; first = (first + 1) % RING) {
		if ((ring[first].flags & E810_AQ_FLAG_DD) == 0)
			continue;
		aq_answered++;
		aq_well += ring[first].retval == 0;
	}
}

static bool
run_command(struct input *in)
{
	static unsigned int waiting[AQ_QUEUES];
	struct aq_command command;
	struct e810_aq_desc *ring, *desc;
	struct queue *queue;
	unsigned int q, slot;
	size_t n;

	if (!take(in, &command, sizeof(command)))
		return false;
	q = command.queue % AQ_QUEUES;
	queue = &queues[q];
	slot = queue->next;
	ring = (void *)(memory + q * PAGE);
	desc = &ring[slot];
	memset(desc, 0, sizeof(*desc));
	desc->flags = get16(command.flags);
	desc->opcode = get16(command.opcode);
	desc->datalen = get16(command.datalen);
	memcpy(desc->params, command.params, sizeof(desc->params));
	if ((desc->flags & E810_AQ_FLAG_BUF) != 0)
		put_address(desc->params, buffer_address(&command, slot));
	n = get16(command.n);
	if (n > PAGE || n > (size_t)(in->end - in->at))
		n = in->end - in->at < PAGE ? in->end - in->at : PAGE;
	memset(memory + BUFFERS_AT + slot * PAGE, 0, PAGE);
	memcpy(memory + BUFFERS_AT + slot * PAGE, in->at, n);
	in->at += n;
	queue->next = (slot + 1) % RING;
	waiting[q]++;
	if (command.together % 2 != 0 && waiting[q] < RING - 1)
		return true;
	aether_model_reg_write32(model, queue->transmit.tail, queue->next);
	steps(2);
	answers_look(queue, ring, (queue->next + RING - waiting[q]) % RING);
	waiting[q] = 0;
	return true;
}

static bool
run_config(struct input *in)
{
	uint16_t offset;
	uint32_t value, found;

	if (!take(in, &offset, sizeof(offset)) || !take(in, &value, sizeof(value)))
		return false;
	aether_model_config_read(model, &found, sizeof(found), offset);
	aether_model_config_write(model, &value, sizeof(value), offset);
	return true;
}

static void
run_memory(uint8_t which)
{
	switch (which % 4) {
	case 0:
		aether_model_dma_unmap(model, AQ_IOVA, AQ_BYTES);
		break;
	case 1:
		aether_model_dma_unmap(model, AQ_READ_ONLY_IOVA, AQ_READ_ONLY_BYTES);
		break;
	default:
		memory_map();
	}
}

static void
run_reset(uint8_t which)
{
	if (which % 4 == 0)
		aether_model_flr(model);
	else
		aether_model_card_reset(model, which % 4);
}

/** @return false: no record is left */
static bool
run_record(struct input *in)
{
	uint32_t offset, value;
	uint8_t kind, which;

	if (!take(in, &kind, 1))
		return false;
	switch (kind % AQ_RECORDS) {
	case AQ_COMMAND:
		return run_command(in);
	case AQ_WRITE:
		if (!take(in, &offset, 4) || !take(in, &value, 4))
			return false;
		aether_model_reg_write32(model, offset, value);
		break;
	case AQ_READ:
		if (!take(in, &offset, 4))
			return false;
		aether_model_reg_read32(model, offset);
		break;
	case AQ_DOORBELL:
		if (!take(in, &offset, 4) || !take(in, &value, 4))
			return false;
		offset %= E810_BAR0_SIZE;
		memcpy((uint8_t *)aether_model_bar0(model) + (offset & ~3u), &value, 4);
		break;
	case AQ_CONFIG:
		return run_config(in);
	default:
		if (!take(in, &which, 1))
			return false;
		if (kind % AQ_RECORDS == AQ_MEMORY)
			run_memory(which);
		else
			run_reset(which);
	}
	steps(1);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };

	if (model == NULL)
		host_open();
	host_begin();
	while (run_record(&in))
		;
	steps(STEPS);
	host_end();
	return 0;
}
