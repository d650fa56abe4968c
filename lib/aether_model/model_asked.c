/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What a host's driver asked of the card (model_asked.h).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_cycles.h>

#include "model_asked.h"
#include "model_card.h"
#include "model_fw.h"

#define ASKED_ENTRIES	1024
#define ASKED_OPCODES	256	/* different ones; of more, only the list knows */

/* Change the flash, and are known to the model by name alone. */
#define NVM_CONFIG_WRITE	0x0705
#define NVM_UPDATE_EMPR		0x0709

struct model_asked {
	struct aether_model_asked total;	/* but for the locks, which are the card's */
	uint64_t next;			/* number of the next entry */
	struct aether_model_asked_entry entry[ASKED_ENTRIES];
	unsigned int n_opcodes;
	struct {
		uint16_t opcode;
		uint64_t count;
	} opcode[ASKED_OPCODES];
};

int
model_asked_create(struct aether_model *model)
{
	RTE_BUILD_BUG_ON((int)AETHER_MODEL_LOCKS != (int)MODEL_CARD_RES);
	RTE_BUILD_BUG_ON((int)AETHER_MODEL_LOCK_CHANGE != (int)MODEL_CARD_CHANGE);
	model->asked = calloc(1, sizeof(*model->asked));
	return model->asked == NULL ? -ENOMEM : 0;
}

static struct aether_model_asked_entry *
entry_add(struct model_asked *asked)
{
	struct aether_model_asked_entry *entry = &asked->entry[asked->next % ASKED_ENTRIES];

	*entry = (struct aether_model_asked_entry){ .number = asked->next++, .tsc = rte_rdtsc() };
	return entry;
}

static void
opcode_count(struct model_asked *asked, uint16_t opcode)
{
	unsigned int i;

	for (i = 0; i < asked->n_opcodes && asked->opcode[i].opcode != opcode; i++)
		;
	if (i == ASKED_OPCODES)
		return;
	if (i == asked->n_opcodes)
		asked->opcode[asked->n_opcodes++].opcode = opcode;
	asked->opcode[i].count++;
}

static bool
changes_nvm(uint16_t opcode, const uint8_t *params)
{
	switch (opcode) {
	case E810_AQC_NVM_ERASE:
	case E810_AQC_NVM_WRITE:
	case E810_AQC_NVM_WRITE_ACTIVATE:
	case NVM_CONFIG_WRITE:
	case NVM_UPDATE_EMPR:
		return true;
	case E810_AQC_NVM_CHECKSUM:
		return (params[0] & E810_NVM_CHECKSUM_VERIFY) == 0;
	default:
		return false;
	}
}

/** Count a command that needs a lock which its function does not hold (any more). */
static void
lock_check(struct aether_model *model, uint16_t opcode)
{
	static const struct {
		uint16_t opcode;
		uint8_t lock, or_lock;
	} needs[] = {
		{ E810_AQC_NVM_READ, MODEL_CARD_NVM, MODEL_CARD_NVM },
		{ E810_AQC_NVM_ERASE, MODEL_CARD_NVM, MODEL_CARD_NVM },
		{ E810_AQC_NVM_WRITE, MODEL_CARD_NVM, MODEL_CARD_NVM },
		{ E810_AQC_NVM_CHECKSUM, MODEL_CARD_NVM, MODEL_CARD_NVM },
		{ E810_AQC_DOWNLOAD_PKG, MODEL_CARD_GLOBAL, MODEL_CARD_GLOBAL },
		{ E810_AQC_UPDATE_PKG, MODEL_CARD_CHANGE, MODEL_CARD_GLOBAL },
	};
	const unsigned int pf = model->conf.pf_id;
	struct model_card *card = model->card;
	const struct model_card_lock *lock;
	bool held = false;
	unsigned int i, j;

	for (i = 0; i < RTE_DIM(needs) && needs[i].opcode != opcode; i++)
		;
	if (i == RTE_DIM(needs))
		return;
	rte_rwlock_write_lock(&card->lock);
	for (j = 0; j < 2; j++) {
		lock = &card->res[j == 0 ? needs[i].lock : needs[i].or_lock];
		held |= lock->held && lock->owner == pf && rte_rdtsc() < lock->expires;
	}
	if (!held)
		card->use[pf][needs[i].lock].not_held++;
	rte_rwlock_write_unlock(&card->lock);
}

void
model_asked_command(struct aether_model *model, uint16_t opcode, const uint8_t *params)
{
	struct model_asked *asked = model->asked;
	struct aether_model_asked_entry *entry = entry_add(asked);

	entry->what = opcode;
	entry->rc = UINT16_MAX;
	memcpy(entry->params, params, sizeof(entry->params));
	asked->total.commands++;
	if (changes_nvm(opcode, params))
		asked->total.nvm_changes++;
	opcode_count(asked, opcode);
	lock_check(model, opcode);
}

void
model_asked_answer(struct aether_model *model, uint16_t rc)
{
	struct model_asked *asked = model->asked;

	asked->entry[(asked->next - 1) % ASKED_ENTRIES].rc = rc;
}

/** Whether another function of the card has a driver: its admin queue is on. */
static bool
sibling_at_work(struct aether_model *model)
{
	struct model_card *card = model->card;
	bool found = false;
	unsigned int pf;

	rte_rwlock_read_lock(&card->lock);
	for (pf = 0; pf < E810_MAX_FUNCTIONS; pf++)
		if (card->function[pf] != NULL && card->function[pf] != model)
			found |= (model_reg_get(card->function[pf], PF_FW_ATQLEN) &
				  PF_CTLQ_LEN_ENABLE) != 0;
	rte_rwlock_read_unlock(&card->lock);
	return found;
}

void
model_asked_reset(struct aether_model *model, enum aether_model_asked_reset reset)
{
	struct model_asked *asked = model->asked;
	struct aether_model_asked_entry *entry = entry_add(asked);

	entry->is_reset = true;
	entry->what = reset;
	asked->total.resets[reset]++;
	if (reset >= AETHER_MODEL_ASKED_CORER && sibling_at_work(model))
		asked->total.resets_with_sibling++;
}

void
model_asked_suffered(struct aether_model *model)
{
	model->asked->total.resets_suffered++;
}

/* ------------------------------------------------------------------ looking in -------------- */

void
aether_model_asked_get(struct aether_model *model, struct aether_model_asked *asked)
{
	struct model_card *card = model->card;
	unsigned int i;

	rte_ticketlock_lock(&model->lock);
	*asked = model->asked->total;
	rte_rwlock_read_lock(&card->lock);
	for (i = 0; i < MODEL_CARD_RES; i++) {
		asked->lock[i] = card->use[model->conf.pf_id][i];
		asked->lock[i].held_ns_max = (double)asked->lock[i].held_ns_max *
					     1000000000 / model->tsc_hz;
		asked->lock[i].held = card->res[i].held && card->res[i].owner == model->conf.pf_id;
		/* Nobody has come since who would have noticed. */
		asked->lock[i].expired += asked->lock[i].held &&
					  rte_rdtsc() >= card->res[i].expires;
	}
	rte_rwlock_read_unlock(&card->lock);
	rte_ticketlock_unlock(&model->lock);
}

unsigned int
aether_model_asked_list(struct aether_model *model, uint64_t from,
			struct aether_model_asked_entry *entries, unsigned int max)
{
	const struct model_asked *asked = model->asked;
	unsigned int n = 0;

	rte_ticketlock_lock(&model->lock);
	if (asked->next > ASKED_ENTRIES)
		from = RTE_MAX(from, asked->next - ASKED_ENTRIES);
	for (; from < asked->next && n < max; from++)
		entries[n++] = asked->entry[from % ASKED_ENTRIES];
	rte_ticketlock_unlock(&model->lock);
	return n;
}

uint64_t
aether_model_asked_command(struct aether_model *model, uint16_t opcode)
{
	uint16_t asked;
	const char *name;
	uint64_t count;
	unsigned int i;

	for (i = 0; (count = aether_model_asked_opcode(model, i, &asked, &name)) != 0; i++)
		if (asked == opcode)
			return count;
	return 0;
}

uint64_t
aether_model_asked_opcode(struct aether_model *model, unsigned int n, uint16_t *opcode,
			  const char **name)
{
	const struct model_asked *asked = model->asked;
	uint64_t count = 0;

	rte_ticketlock_lock(&model->lock);
	if (n < asked->n_opcodes) {
		*opcode = asked->opcode[n].opcode;
		*name = model_fw_opcode_name(*opcode);
		count = asked->opcode[n].count;
	}
	rte_ticketlock_unlock(&model->lock);
	return count;
}
